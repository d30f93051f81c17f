//! Decisions: who said what of which assessment, and when.

use crate::{ClaimId, Lang, ProductUnits, Sha256, Yen};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who did something: `staff:…`, `facility:…`, `auditor:…`, `policy:…` or `system:…`. Never a person's name, only an account's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// Whether it is a facility, and not the fund.
    pub fn is_facility(&self) -> bool {
        self.0.starts_with("facility:")
    }

    /// A member of the fund's staff.
    pub fn staff(account: &str) -> Actor {
        Actor(format!("staff:{account}"))
    }
    /// A facility, by its institution code.
    pub fn facility(code: &str) -> Actor {
        Actor(format!("facility:{code}"))
    }
    /// An auditor, who reads and changes nothing.
    pub fn auditor(account: &str) -> Actor {
        Actor(format!("auditor:{account}"))
    }
    /// A policy of the configuration that lets something pass without a person.
    pub fn policy(name: &str) -> Actor {
        Actor(format!("policy:{name}"))
    }
    /// The machinery itself.
    pub fn system() -> Actor {
        Actor("system:kofu".to_owned())
    }
    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Actor {
    fn from(text: String) -> Actor {
        Actor(text)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What is decided of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// 交付決定.
    Approve,
    /// 差戻し.
    Return,
    /// 不交付.
    Reject,
}

impl DecisionKind {
    /// The code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            DecisionKind::Approve => "approve",
            DecisionKind::Return => "return",
            DecisionKind::Reject => "reject",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<DecisionKind> {
        [DecisionKind::Approve, DecisionKind::Return, DecisionKind::Reject].into_iter().find(|kind| kind.code() == code)
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (DecisionKind::Approve, Lang::Ja) => "交付決定",
            (DecisionKind::Return, Lang::Ja) => "差戻し",
            (DecisionKind::Reject, Lang::Ja) => "不交付",
            (DecisionKind::Approve, Lang::En) => "approval",
            (DecisionKind::Return, Lang::En) => "return",
            (DecisionKind::Reject, Lang::En) => "rejection",
        }
    }
}

/// One decision, bound to the hash of what was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Of which claim.
    pub claim_id: ClaimId,
    /// Of which of its revisions, from 1.
    pub revision: u32,
    /// What.
    pub kind: DecisionKind,
    /// The grant; 0 unless it is an approval of money.
    pub grant_yen: Yen,
    /// The grant, where an approval grants in kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grant_units: Option<ProductUnits>,
    /// The SHA-256 of the assessment's stored bytes.
    pub assessment: Sha256,
    /// By whom.
    pub decided_by: Actor,
    /// When.
    pub decided_at: Timestamp,
    /// A note by the person, if any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}
