//! Messages by mail: what they tell of, and all that one says. Sums, findings and names of people are not among it: a mail
//! is read by whoever holds the mailbox.

use crate::{ClaimId, Contact, Lang, NoticeKind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a message tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A claim, or an answer to a return, was received.
    Received,
    /// It was approved, and the notice is there.
    Approval,
    /// It was returned, and the notice is there.
    Return,
    /// It was rejected, and the notice is there.
    Rejection,
    /// The bank sent its payment back.
    Bounced,
    /// Its grant was given up.
    GrantWithdrawn,
}

impl MessageKind {
    /// All of them.
    pub const ALL: [MessageKind; 6] = [
        MessageKind::Received,
        MessageKind::Approval,
        MessageKind::Return,
        MessageKind::Rejection,
        MessageKind::Bounced,
        MessageKind::GrantWithdrawn,
    ];

    /// As stored, and in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            MessageKind::Received => "received",
            MessageKind::Approval => "approval",
            MessageKind::Return => "return",
            MessageKind::Rejection => "rejection",
            MessageKind::Bounced => "bounced",
            MessageKind::GrantWithdrawn => "grant-withdrawn",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<MessageKind> {
        MessageKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What it tells of, in words.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (MessageKind::Received, Lang::Ja) => "申請の受付",
            (MessageKind::Approval, Lang::Ja) => "交付決定",
            (MessageKind::Return, Lang::Ja) => "差戻し",
            (MessageKind::Rejection, Lang::Ja) => "不交付決定",
            (MessageKind::Bounced, Lang::Ja) => "振込不能",
            (MessageKind::GrantWithdrawn, Lang::Ja) => "交付決定の取りやめ",
            (MessageKind::Received, Lang::En) => "claim received",
            (MessageKind::Approval, Lang::En) => "approval",
            (MessageKind::Return, Lang::En) => "return",
            (MessageKind::Rejection, Lang::En) => "rejection",
            (MessageKind::Bounced, Lang::En) => "payment sent back",
            (MessageKind::GrantWithdrawn, Lang::En) => "grant given up",
        }
    }
}

impl From<NoticeKind> for MessageKind {
    fn from(notice: NoticeKind) -> MessageKind {
        match notice {
            NoticeKind::Approval => MessageKind::Approval,
            NoticeKind::Return => MessageKind::Return,
            NoticeKind::Rejection => MessageKind::Rejection,
        }
    }
}

/// All that a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it tells of.
    pub kind: MessageKind,
    /// Whom it addresses, as the account is called.
    pub to: String,
    /// Which claim.
    pub claim_id: ClaimId,
    /// Under which programme, by its name.
    pub programme_name: String,
    /// When the claim was first sent, a day in Japan.
    pub submitted_on: Date,
    /// By when a return can be answered; `None` where the programme says nothing.
    pub answer_by: Option<Date>,
    /// The claim's page; `None` if the configuration does not say where the pages are.
    pub link: Option<String>,
    /// Whom to ask.
    pub contact: Contact,
}
