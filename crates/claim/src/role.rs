//! Roles of accounts: what kind of person signs in.

use crate::Lang;
use serde::{Deserialize, Serialize};

/// What an account is for. One account has one role: who does two things has two accounts, and the log tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 医療機関等: applies for its institutions.
    Facility,
    /// 審査担当者: reviews and decides claims.
    Reviewer,
    /// 支払担当者: prepares payment batches.
    PaymentOfficer,
    /// 承認者: releases payment batches.
    Approver,
    /// 監査担当者: reads everything and changes nothing.
    Auditor,
    /// 管理者: accounts, and nothing of claims.
    Administrator,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 6] =
        [Role::Facility, Role::Reviewer, Role::PaymentOfficer, Role::Approver, Role::Auditor, Role::Administrator];

    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            Role::Facility => "facility",
            Role::Reviewer => "reviewer",
            Role::PaymentOfficer => "payment-officer",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    /// The role of a code.
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Role::Facility, Lang::Ja) => "医療機関等",
            (Role::Reviewer, Lang::Ja) => "審査担当者",
            (Role::PaymentOfficer, Lang::Ja) => "支払担当者",
            (Role::Approver, Lang::Ja) => "承認者",
            (Role::Auditor, Lang::Ja) => "監査担当者",
            (Role::Administrator, Lang::Ja) => "管理者",
            (Role::Facility, Lang::En) => "facility",
            (Role::Reviewer, Lang::En) => "reviewer",
            (Role::PaymentOfficer, Lang::En) => "payment officer",
            (Role::Approver, Lang::En) => "approver",
            (Role::Auditor, Lang::En) => "auditor",
            (Role::Administrator, Lang::En) => "administrator",
        }
    }

    /// Whether it signs in with a second step. Only a facility may do without.
    pub const fn needs_second_step(self) -> bool {
        !matches!(self, Role::Facility)
    }
}
