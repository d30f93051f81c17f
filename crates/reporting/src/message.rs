//! Messages by mail: subject and plain text, from templates with one file a kind.

use askama::Template;
use claim::{Lang, Message, MessageKind, wareki};

/// The text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    /// 件名.
    pub subject: String,
    /// 本文, lines ended by `\n`.
    pub body: String,
}

macro_rules! bodies {
    ($($name:ident $path:literal)*) => {
        $(#[derive(Template)]
        #[template(path = $path, escape = "none")]
        struct $name<'a> {
            message: &'a Message,
            submitted_on: String,
            // Only a return asks for something by a day.
            #[allow(dead_code, reason = "the templates of one kind share their fields")]
            answer_by: Option<String>,
        })*
    };
}

bodies! {
    Received "messages/received.txt"
    Approval "messages/approval.txt"
    Return "messages/return.txt"
    Rejection "messages/rejection.txt"
    Bounced "messages/bounced.txt"
    GrantWithdrawn "messages/grant_withdrawn.txt"
}

/// The text of a message, in Japanese.
///
/// Control characters in names are left out: a subject is one line, and a body's lines are the template's.
pub fn message_text(message: &Message) -> Result<MessageText, askama::Error> {
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let message =
        &Message { to: plain(&message.to), programme_name: plain(&message.programme_name), ..message.clone() };
    let submitted_on = wareki(message.submitted_on);
    let answer_by = message.answer_by.map(wareki);
    let body = match message.kind {
        MessageKind::Received => Received { message, submitted_on, answer_by }.render()?,
        MessageKind::Approval => Approval { message, submitted_on, answer_by }.render()?,
        MessageKind::Return => Return { message, submitted_on, answer_by }.render()?,
        MessageKind::Rejection => Rejection { message, submitted_on, answer_by }.render()?,
        MessageKind::Bounced => Bounced { message, submitted_on, answer_by }.render()?,
        MessageKind::GrantWithdrawn => GrantWithdrawn { message, submitted_on, answer_by }.render()?,
    };
    let subject = format!("【{}】{}（受付番号 {}）", message.contact.sender, what(message.kind), message.claim_id);
    Ok(MessageText { subject: plain(&subject), body })
}

/// A rejection is not told in a subject, which shows on locked screens.
const fn what(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Received => "申請を受け付けました",
        MessageKind::Approval | MessageKind::Rejection => "審査の結果のお知らせ",
        MessageKind::Return => "申請の訂正のお願い",
        MessageKind::Bounced => "振込先の口座の確認のお願い",
        MessageKind::GrantWithdrawn => "交付決定の取りやめのお知らせ",
    }
}

/// The text by which an administrator tries whether mail is delivered.
pub fn trial_text(sender: &str, lang: Lang) -> MessageText {
    match lang {
        Lang::Ja => MessageText {
            subject: format!("【{sender}】メール送信の確認"),
            body: "kofu からのメールが届くことを確かめるために送信しました。返信は不要です。\n".to_owned(),
        },
        Lang::En => MessageText {
            subject: format!("[{sender}] trying mail"),
            body: "This was sent to see whether mail from kofu arrives. No answer is needed.\n".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claim::Contact;
    use jiff::civil::date;

    fn message(kind: MessageKind) -> Message {
        Message {
            kind,
            to: "みほん診療所".to_owned(),
            claim_id: "K-0001".into(),
            programme_name: "オンライン資格確認の導入補助".to_owned(),
            submitted_on: date(2026, 2, 10),
            answer_by: Some(date(2026, 3, 31)),
            link: Some("https://kofu.example.jp/claims/K-0001".to_owned()),
            contact: Contact {
                sender: "交付基金（見本）".to_owned(),
                office: "助成課".to_owned(),
                address: "東京都".to_owned(),
                phone: "03-0000-0000".to_owned(),
                email: "kofu@example.jp".to_owned(),
                hours: "平日".to_owned(),
            },
        }
    }

    #[test]
    fn each_kind_says_what_happened_and_what_to_do() {
        let mut all = String::new();
        for kind in MessageKind::ALL {
            let text = message_text(&message(kind)).unwrap();
            all.push_str(&format!("===== {}\n{}\n\n{}\n", kind.code(), text.subject, text.body));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn a_name_cannot_add_lines_to_a_subject_or_body() {
        let wicked = Message { to: "a\r\nBcc: x@example.jp\n\n偽".to_owned(), ..message(MessageKind::Received) };
        let text = message_text(&wicked).unwrap();
        assert!(text.body.starts_with("aBcc: x@example.jp偽 様\n"), "{}", text.body);
        assert!(!text.subject.contains(['\r', '\n']));
    }
}
