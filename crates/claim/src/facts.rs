//! Facts: all that the rules need to know of a claim, and nothing else. They are what a decision can be replayed from.

use crate::{
    Category, Choice, ClaimId, DocumentKind, FacilityKind, InstitutionCode, ProgrammeId, TransitionalMeasure, Yen,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The facts of one claim. The JSON form is that of `kofu assess`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// When it was first submitted (a return keeps this).
    pub submitted_at: Timestamp,
    /// The day of purchase, the latest if there are several receipts; `None` where it could not be read, and then a
    /// finding says so, or where nothing is bought because the programme grants in kind. JSON from outside must state it.
    pub purchased_on: Option<Date>,
    /// By whom.
    pub facility: FactFacility,
    /// What was paid for.
    pub expenses: Vec<Expense>,
    /// What documents are there.
    pub documents: Vec<DocumentKind>,
    /// The programmes that have paid this facility.
    pub earlier_grants: Vec<ProgrammeId>,
    /// What the facility asks for, if it says.
    #[serde(default)]
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for, of a programme that grants in kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What it asked for when it was first filed, if it has been sent again after a return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filed_choices: Vec<Choice>,
    /// The facility's claims for products of the same programme that were filed before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filed_before: Vec<ClaimId>,
}

/// What the rules need to know of a facility.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactFacility {
    /// 医療機関等コード.
    pub code: InstitutionCode,
    /// What it is.
    pub kind: FacilityKind,
    /// Its transitional measure, if it has one.
    pub transitional_measure: Option<TransitionalMeasure>,
}

/// One expense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expense {
    /// What it was for.
    pub category: Category,
    /// Tax included, as printed on the receipt.
    pub amount_yen: Yen,
}
