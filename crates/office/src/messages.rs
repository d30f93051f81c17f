//! Messages by mail: what one says, when it is tried again, and where people want theirs.

use crate::{Office, OfficeError, Told, actor};
use claim::{Lang, Message, MessageKind, day_in_japan};
use decision_log::Event;
use reporting::MessageText;
use std::time::Duration;
use store::{Account, Outgoing, StoreError};

/// After so many attempts a message is given up: about a day and a half after the first.
pub const MAIL_ATTEMPTS_MOST: u32 = 14;
/// No wait between two attempts is longer.
const WAIT_MOST: Duration = Duration::from_secs(4 * 3600);
/// The longest address (RFC 5321, a path without its brackets).
const ADDRESS_MOST: usize = 254;

/// How long to wait after an attempt that failed, from 1; `None` once it was the last.
pub fn mail_again_after(attempts: u32) -> Option<Duration> {
    (attempts < MAIL_ATTEMPTS_MOST).then(|| Duration::from_secs(60 << attempts.min(20)).min(WAIT_MOST))
}

/// That a text can be an address: whether anybody is there only a mail can tell.
pub(crate) fn check_email(email: &str) -> Result<(), OfficeError> {
    let fits = email.len() <= ADDRESS_MOST
        && email.split_once('@').is_some_and(|(who, host)| {
            !who.is_empty()
                && host.contains('.')
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        })
        && email.chars().all(|c| c.is_ascii_graphic() && !"<>()[],;:\"\\".contains(c));
    if fits {
        return Ok(());
    }
    Err(Told::new(
        "メールアドレスの形が正しくありません。半角の「名前@ドメイン」の形で入力してください。",
        "this is no mail address; it has the form name@host",
    )
    .coded("email-form")
    .into())
}

impl Office {
    /// The text of a message that is to be sent.
    pub async fn message_text(&self, message: &Outgoing) -> Result<MessageText, OfficeError> {
        let ruleset = self.rulebook.on(self.today()).await?;
        let programme = ruleset.programme(&message.programme);
        let submitted_on = day_in_japan(message.submitted_at);
        let lang = Lang::Ja;
        let message = Message {
            kind: message.kind,
            to: message.name.clone(),
            claim_id: message.claim_id.clone(),
            programme_name: programme
                .map_or_else(|| message.programme.to_string(), |one| one.name(submitted_on, lang).to_owned()),
            submitted_on,
            answer_by: programme.filter(|_| message.kind == MessageKind::Return).map(|one| one.deadline(self.today())),
            link: self.settings.site.as_ref().map(|site| format!("{site}/claims/{}", message.claim_id)),
            contact: self.settings.contact.clone(),
        };
        reporting::message_text(&message)
            .map_err(|error| OfficeError::Inconsistent(format!("the text of a message could not be made: {error}")))
    }

    /// Has a message that was given up sent again.
    pub async fn send_again(&self, id: i64) -> Result<(), OfficeError> {
        if self.store.send_again(id).await? {
            return Ok(());
        }
        Err(Told::new(
            format!("メッセージ {id} は、送信できなかったものの中にありません。一覧を確かめてください。"),
            format!("message {id} is not among those that were given up; look at the list"),
        )
        .coded("not-found")
        .into())
    }

    /// Sets where whoever is signed in gets mail; an empty text is nowhere.
    pub async fn change_email(&self, account: &Account, email: &str) -> Result<(), OfficeError> {
        let email = Some(email.trim()).filter(|email| !email.is_empty());
        email.map(check_email).transpose()?;
        let event = Event::AccountContactChanged { account: account.id.clone() };
        match self.store.set_email(&account.id, email, &[self.entry(&actor(account, None), event)]).await {
            Err(StoreError::NotFound { .. }) => Err(Told::new(
                "この利用者は無効になっています。管理者に連絡してください。",
                "this account is closed; ask an administrator",
            )
            .coded("not-found")
            .into()),
            other => Ok(other.map(drop)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_longer_each_time_and_is_given_up_after_more_than_a_day() {
        let waits: Vec<u64> = (1..MAIL_ATTEMPTS_MOST).map(|one| mail_again_after(one).unwrap().as_secs()).collect();
        assert_eq!(waits[..4], [120, 240, 480, 960]);
        assert!(waits.windows(2).all(|two| two[0] <= two[1]));
        assert!(waits.iter().sum::<u64>() > 24 * 3600);
        assert_eq!(mail_again_after(MAIL_ATTEMPTS_MOST), None);
        assert_eq!(mail_again_after(u32::MAX), None);
    }

    #[test]
    fn an_address_is_one_name_at_one_host() {
        for right in ["a@example.jp", "first.last+tag@mail.example.co.jp"] {
            check_email(right).unwrap();
        }
        let long = format!("{}@example.jp", "a".repeat(250));
        for wrong in [
            "a",
            "@example.jp",
            "a@",
            "a@host",
            "a@b@example.jp",
            "a b@example.jp",
            "a@example.jp\r\nBcc: b@example.jp",
            "<a@example.jp>",
            "あ@example.jp",
            "a@.jp",
            "a@example.",
            long.as_str(),
        ] {
            assert!(check_email(wrong).is_err(), "{wrong:?}");
        }
    }
}
