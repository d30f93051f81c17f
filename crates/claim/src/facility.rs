//! A facility (医療機関等) as the fund's register knows it.

use crate::{BankAccount, InstitutionCode, Lang, ProgrammeId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The kind of facility that rates and ceilings hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FacilityKind {
    /// 病院.
    Hospital,
    /// 診療所, dental ones too.
    Clinic,
    /// 薬局.
    Pharmacy,
    /// 大型チェーン薬局: a group that takes 40,000 prescriptions a month or more (domain.md 5.5).
    LargeChainPharmacy,
}

impl FacilityKind {
    /// All of them.
    pub const ALL: [FacilityKind; 4] =
        [FacilityKind::Hospital, FacilityKind::Clinic, FacilityKind::Pharmacy, FacilityKind::LargeChainPharmacy];

    /// The code of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            FacilityKind::Hospital => "hospital",
            FacilityKind::Clinic => "clinic",
            FacilityKind::Pharmacy => "pharmacy",
            FacilityKind::LargeChainPharmacy => "large_chain_pharmacy",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<FacilityKind> {
        FacilityKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (FacilityKind::Hospital, Lang::Ja) => "病院",
            (FacilityKind::Hospital, Lang::En) => "hospital",
            (FacilityKind::Clinic, Lang::Ja) => "診療所",
            (FacilityKind::Clinic, Lang::En) => "clinic",
            (FacilityKind::Pharmacy, Lang::Ja) => "薬局",
            (FacilityKind::Pharmacy, Lang::En) => "pharmacy",
            (FacilityKind::LargeChainPharmacy, Lang::Ja) => "大型チェーン薬局",
            (FacilityKind::LargeChainPharmacy, Lang::En) => "large chain pharmacy",
        }
    }
}

/// A transitional measure (経過措置) that a facility is under (domain.md 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionalMeasure {
    /// 1 to 6, the numbers of the source's table.
    #[serde(deserialize_with = "measure_number")]
    pub number: u8,
    /// The last day on which it was in force; `None` while it goes on.
    pub ended_on: Option<Date>,
}

fn measure_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(deserializer)?;
    if !(1..=6).contains(&number) {
        return Err(serde::de::Error::custom(format!("found {number}, expected a transitional measure from 1 to 6")));
    }
    Ok(number)
}

impl TransitionalMeasure {
    /// Whether it is in force on `day`.
    pub fn in_force_on(&self, day: Date) -> bool {
        self.ended_on.is_none_or(|last| day <= last)
    }
}

/// One row of the facility register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// 医療機関等コード.
    pub code: InstitutionCode,
    /// What it is.
    pub kind: FacilityKind,
    /// 名称.
    pub name: String,
    /// 開設者 (for a corporation, its name); receipts are often addressed to it.
    pub founder: String,
    /// `123-4567`.
    pub postal_code: String,
    /// 所在地.
    pub address: String,
    /// Its transitional measure, if it has one.
    pub transitional_measure: Option<TransitionalMeasure>,
    /// Programmes that have paid it outside this store (the register's word).
    pub earlier_grants: Vec<ProgrammeId>,
    /// Where its grants are paid: the account that receives its 診療報酬 unless arranged otherwise.
    pub account: Option<BankAccount>,
}
