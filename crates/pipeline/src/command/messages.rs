//! `kofu messages`: mail to facilities, what became of it, and sending it again.

use super::Done;
use crate::app::App;
use crate::cli::MessagesCommand;
use crate::mail::Mailer;
use crate::output;
use anyhow::{Result, bail};
use claim::{ClaimId, Lang};
use office::Told;
use serde::Serialize;
use store::{MessageFilter, MessageRecord};

/// How many messages one page asks of the store.
const PAGE: u32 = 500;

pub(crate) async fn run(app: &App, command: MessagesCommand) -> Result<Done> {
    match command {
        MessagesCommand::List { failed, claim, json } => {
            let which = match &claim {
                Some(claim) => MessageFilter::Claim(claim),
                None if failed => MessageFilter::Failed,
                None => MessageFilter::All,
            };
            list(app, which, json.json).await
        }
        MessagesCommand::Retry { which } => retry(app, &which).await,
        MessagesCommand::Try { address } => attempt(app, &address).await,
    }
}

/// A message as it is listed.
#[derive(Serialize)]
struct MessageLine<'a> {
    id: i64,
    kind: &'static str,
    claim_id: &'a ClaimId,
    revision: u32,
    account: &'a str,
    state: &'static str,
    attempts: u32,
    created_at: jiff::Timestamp,
    sent_at: Option<jiff::Timestamp>,
    reason: Option<&'a str>,
}

impl<'a> From<&'a MessageRecord> for MessageLine<'a> {
    fn from(message: &'a MessageRecord) -> MessageLine<'a> {
        MessageLine {
            id: message.id,
            kind: message.kind.code(),
            claim_id: &message.claim_id,
            revision: message.revision,
            account: &message.account_id,
            state: message.state.code(),
            attempts: message.attempts,
            created_at: message.created_at,
            sent_at: message.sent_at,
            reason: message.reason.as_deref(),
        }
    }
}

async fn list(app: &App, which: MessageFilter<'_>, json: bool) -> Result<Done> {
    if let MessageFilter::Claim(id) = which {
        app.office.claim(id).await?;
    }
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = app.office.store.messages(which, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for message in &page {
            if json {
                output::json_line(&MessageLine::from(message))?;
                continue;
            }
            rows.push(vec![
                message.id.to_string(),
                message.claim_id.to_string(),
                message.kind.name(app.lang).to_owned(),
                message.account_id.clone(),
                message.state.name(app.lang).to_owned(),
                message.reason.clone().unwrap_or_default(),
            ]);
        }
    }
    if !json {
        let header = match app.lang {
            Lang::Ja => ["番号", "受付番号", "内容", "利用者ID", "状態", "送信できない理由"],
            Lang::En => ["number", "claim", "about", "account", "state", "why it was not sent"],
        };
        output::table(&header, &[0], rows);
        if app.config.mail.is_none() {
            output::say(app.text(
                "メールサーバーが設定されていないため、送信していません。設定の [mail] を記入してください。",
                "No mail server is configured, so nothing is sent; fill in [mail] of the configuration.",
            ));
        }
    }
    Ok(Done::All)
}

async fn retry(app: &App, which: &str) -> Result<Done> {
    if which != "all" {
        let id = which.parse::<i64>().map_err(|_| {
            Told::new(
                format!(
                    "「{which}」は番号ではありません。kofu messages list --failed の番号か、all を指定してください。"
                ),
                format!("{which:?} is no number; give one of kofu messages list --failed, or all"),
            )
        })?;
        app.office.send_again(id).await?;
        output::say(app.text("もう一度送信します。", "It is sent again."));
        return Ok(Done::All);
    }
    let mut again = 0u64;
    loop {
        // Those that are sent again are not among the failed any more.
        let failed = app.office.store.messages(MessageFilter::Failed, None, PAGE).await?;
        if failed.is_empty() {
            break;
        }
        for message in failed {
            again += u64::from(app.office.store.send_again(message.id).await?);
        }
    }
    output::say(&match app.lang {
        Lang::Ja => format!("{again} 通を、もう一度送信します。"),
        Lang::En => format!("{again} messages are sent again."),
    });
    Ok(Done::All)
}

async fn attempt(app: &App, address: &str) -> Result<Done> {
    let Some(mailer) = Mailer::new(app.config.mail.as_ref())? else {
        bail!(Told::new(
            "メールサーバーが設定されていません。設定の [mail] を記入してください。",
            "no mail server is configured; fill in [mail] of the configuration",
        ));
    };
    let to = address.parse().map_err(|_| {
        Told::new(
            format!("「{address}」はメールアドレスではありません。"),
            format!("{address:?} is no mail address; it has the form name@host"),
        )
    })?;
    let text = reporting::trial_text(&app.config.fund.sender, app.lang);
    if let Err(error) = mailer.send(to, text, None).await {
        bail!(Told::new(
            format!("送信できませんでした（{}）。設定の [mail] を確かめてください。", error.reason),
            format!("it was not sent ({}); check [mail] of the configuration", error.reason),
        ));
    }
    output::say(app.text(
        "メールサーバーに渡しました。届いたことを確かめてください。",
        "The mail server took it. See whether it arrives.",
    ));
    Ok(Done::All)
}
