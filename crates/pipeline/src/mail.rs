//! Hands messages of the outbox to the mail server.
//!
//! The server is asked first whether it is there: while it is not, messages wait and no attempt of theirs is counted. A
//! message that the server refuses for good is given up; anything else is tried again, later each time. What is kept of
//! an answer is its code: its text may name the address.

use crate::app::App;
use crate::config::{Mail, MailSecurity, is_this_machine};
use crate::worker::chain;
use anyhow::{Context, Result, bail};
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use office::mail_again_after;
use reporting::MessageText;
use std::sync::Arc;
use std::time::Duration;
use store::{Outgoing, StoreError};

/// How often the outbox is looked at.
const EVERY: Duration = Duration::from_secs(5);
/// How long a mail server that is not there is left alone.
const AWAY: Duration = Duration::from_secs(60);
/// How long a message is held while it is sent.
const LEASE: Duration = Duration::from_secs(120);
/// How long the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many messages are taken at once.
const TAKEN: u32 = 20;

/// A mail server, and who sends.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// What became of one look at the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The server took so many.
    pub(crate) sent: u64,
    /// So many were not sent, now or ever.
    pub(crate) not_sent: u64,
    /// The server did not answer, so that nothing was tried.
    pub(crate) away: bool,
}

impl Mailer {
    /// Of a configuration; `None` where there is no mail server.
    pub(crate) fn new(config: Option<&Mail>) -> Result<Option<Mailer>> {
        let Some(mail) = config else { return Ok(None) };
        Mailer::of(mail).context("the configuration's [mail]").map(Some)
    }

    fn of(mail: &Mail) -> Result<Mailer> {
        let mailbox = |key: &str, text: &str| {
            text.parse::<Mailbox>()
                .with_context(|| format!("{key}: found {text:?}, expected an address, or 名前 <address>"))
        };
        let tls = || -> Result<TlsParameters> {
            let mut parameters = TlsParameters::builder(mail.server.clone());
            if let Some(path) = &mail.authority_file {
                let pem =
                    std::fs::read(path).with_context(|| format!("authority_file {} cannot be read", path.display()))?;
                let certificate = Certificate::from_pem(&pem)
                    .with_context(|| format!("authority_file {} holds no certificate in PEM", path.display()))?;
                parameters = parameters.add_root_certificate(certificate);
            }
            Ok(parameters.build_rustls()?)
        };
        let (tls, port) = match mail.security {
            MailSecurity::Tls => (Tls::Wrapper(tls()?), 465),
            MailSecurity::Starttls => (Tls::Required(tls()?), 587),
            MailSecurity::None if is_this_machine(Some(&mail.server)) => (Tls::None, 25),
            MailSecurity::None => bail!(
                "security: found none for the server {:?}, expected tls or starttls: only a server on this machine is spoken to in the clear",
                mail.server
            ),
        };
        let from = mailbox("from", &mail.from)?;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
            .port(mail.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        match (&mail.user, &mail.password_file) {
            (None, None) => {}
            (Some(_), _) if mail.security == MailSecurity::None => {
                bail!("user: found one without TLS, expected security = \"tls\" or \"starttls\"")
            }
            (Some(user), Some(path)) => {
                let password = std::fs::read_to_string(path)
                    .with_context(|| format!("password_file {} cannot be read", path.display()))?;
                transport =
                    transport.credentials(Credentials::new(user.clone(), password.trim_end_matches('\n').to_owned()));
            }
            _ => bail!("user and password_file: found one, expected both or neither"),
        }
        Ok(Mailer {
            transport: transport.build(),
            reply_to: mail.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?,
            from,
        })
    }

    /// Sends one text. `id` makes the Message-ID, so that a mail that came twice is seen to be one.
    pub(crate) async fn send(&self, to: Mailbox, text: MessageText, id: Option<&str>) -> Result<(), NotSent> {
        let id = id.map(|id| format!("<{id}@{}>", self.from.email.domain()));
        let mut mail = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(text.subject)
            .message_id(id)
            // Answers by machines would answer a machine (RFC 3834).
            .raw_header(lettre::message::header::HeaderValue::new(
                lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN);
        if let Some(reply_to) = &self.reply_to {
            mail = mail.reply_to(reply_to.clone());
        }
        let mail = mail.body(text.body).map_err(|_| NotSent::for_good("the mail could not be made"))?;
        self.transport.send(mail).await.map(drop).map_err(|error| NotSent::of(&error))
    }

    /// Whether the server answers, and lets us in.
    pub(crate) async fn test(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the server did not answer in order".to_owned()),
            Err(error) => Err(chain(&error)),
        }
    }
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotSent {
    /// Without addresses.
    pub(crate) reason: String,
    /// Whether trying again would not help.
    pub(crate) for_good: bool,
}

impl NotSent {
    fn for_good(reason: &str) -> NotSent {
        NotSent { reason: reason.to_owned(), for_good: true }
    }

    fn of(error: &lettre::transport::smtp::Error) -> NotSent {
        let reason = match error.status() {
            Some(code) => format!("the mail server answered {code}"),
            None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
            None if error.is_tls() => "no secure connection to the mail server".to_owned(),
            None => "the connection to the mail server failed".to_owned(),
        };
        NotSent { reason, for_good: error.is_permanent() }
    }
}

/// Sends what is in the outbox, again and again, until it is aborted.
pub(crate) async fn deliver_regularly(app: App, mailer: Arc<Mailer>) {
    loop {
        let wait = match deliver(&app, &mailer).await {
            Ok(delivered) if delivered.away => AWAY,
            Ok(_) => EVERY,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the outbox could not be looked at");
                AWAY
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Sends all that is to be sent now.
pub(crate) async fn deliver(app: &App, mailer: &Mailer) -> Result<Delivered> {
    let mut delivered = Delivered::default();
    loop {
        if app.office.store.messages_ready().await? == 0 {
            return Ok(delivered);
        }
        if let Err(reason) = mailer.test().await {
            tracing::warn!(reason, "the mail server is not there; messages wait");
            return Ok(Delivered { away: true, ..delivered });
        }
        let taken = app.office.store.take_messages(LEASE, TAKEN).await?;
        if taken.is_empty() {
            return Ok(delivered);
        }
        for message in taken {
            match attempt(app, mailer, &message).await {
                Ok(true) => delivered.sent += 1,
                Ok(false) => delivered.not_sent += 1,
                // Another sender has it: it took us longer than the lease.
                Err(StoreError::LeaseLost { .. }) => {
                    tracing::warn!(message.id, "a message was sent for longer than its lease");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

async fn attempt(app: &App, mailer: &Mailer, message: &Outgoing) -> Result<bool, StoreError> {
    match send(app, mailer, message).await {
        Ok(()) => {
            app.office.store.message_sent(message, app.office.now()).await?;
            tracing::info!(message.id, kind = message.kind.code(), claim = %message.claim_id, "message sent");
            Ok(true)
        }
        Err(NotSent { reason, for_good }) => {
            let again = mail_again_after(message.attempts).filter(|_| !for_good);
            tracing::warn!(message.id, kind = message.kind.code(), claim = %message.claim_id, reason, given_up = again.is_none(), "message not sent");
            app.office.store.message_not_sent(message, &reason, again).await?;
            Ok(false)
        }
    }
}

async fn send(app: &App, mailer: &Mailer, message: &Outgoing) -> Result<(), NotSent> {
    let email =
        message.email.as_deref().ok_or_else(|| NotSent::for_good("the account has no mail address any more"))?;
    let address = email.parse().map_err(|_| NotSent::for_good("the account's mail address is none"))?;
    let text =
        app.office.message_text(message).await.map_err(|error| NotSent { reason: chain(&error), for_good: false })?;
    // The number alone would be the same in every installation of one domain.
    let id = format!("kofu.{}.{}.{}", message.id, message.kind.code(), message.claim_id);
    mailer.send(Mailbox::new(None, address), text, Some(&id)).await
}
