//! Notices (通知書): what a facility is told of a decision.

use crate::{Facility, Finding, Lang, ProductUnits, TraceStep, Yen};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// 交付決定通知書.
    Approval,
    /// 不交付決定通知書.
    Rejection,
    /// 差戻し通知書.
    Return,
}

impl NoticeKind {
    /// The title.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (NoticeKind::Approval, Lang::Ja) => "交付決定通知書",
            (NoticeKind::Rejection, Lang::Ja) => "不交付決定通知書",
            (NoticeKind::Return, Lang::Ja) => "差戻し通知書",
            (NoticeKind::Approval, Lang::En) => "notice of approval",
            (NoticeKind::Rejection, Lang::En) => "notice of rejection",
            (NoticeKind::Return, Lang::En) => "notice of return",
        }
    }
}

/// Whom to ask, and who sends: from the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The sender (名義), such as a fund's president's office.
    pub sender: String,
    /// 問合せ先.
    pub office: String,
    /// Its address.
    pub address: String,
    /// Its telephone number.
    pub phone: String,
    /// Its mail address.
    pub email: String,
    /// When it answers.
    pub hours: String,
}

/// All that a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which kind.
    pub kind: NoticeKind,
    /// 文書番号.
    pub number: String,
    /// The day of the document; the day of the decision in Japan.
    pub issued_on: Date,
    /// To whom.
    pub facility: Facility,
    /// 受付番号 of the claim.
    pub claim_id: String,
    /// The programme's name.
    pub programme_name: String,
    /// The day of the first submission, in Japan.
    pub submitted_on: Date,
    /// What was asked for, if it was said.
    pub claimed_yen: Option<Yen>,
    /// What is granted; 0 unless it is an approval of money.
    pub grant_yen: Yen,
    /// What is granted in kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grant_units: Option<ProductUnits>,
    /// When it is paid, for an approval.
    pub pay_on: Option<Date>,
    /// What was found, gravest first.
    pub findings: Vec<Finding>,
    /// The sum, step by step.
    pub trace: Vec<TraceStep>,
    /// The documents that sources name by their numbers: number and title.
    pub source_documents: BTreeMap<String, String>,
    /// `sha256:…` of the rules.
    pub ruleset: String,
    /// The position of the decision in the decision log.
    pub log_index: u64,
    /// The page that proves the decision's entry, for the QR code; `None` if nobody said where the pages are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof_link: Option<String>,
    /// A note by the person who decided.
    pub reason: Option<String>,
    /// Whom to ask.
    pub contact: Contact,
    /// 教示, when the configuration has one.
    pub appeal: Option<String>,
}
