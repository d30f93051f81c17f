//! A dossier: what the store knows of a claim when it is to be assessed. The rules turn it into facts and findings.

use crate::{ClaimId, DocumentKind, Facility, InstitutionCode, ProgrammeId, Reading, Yen};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything about one claim that its assessment rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// When it was first submitted.
    pub submitted_at: Timestamp,
    /// What the facility asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The code that the claim names.
    pub facility_code: InstitutionCode,
    /// The register's row for that code, if there is one.
    pub facility: Option<Facility>,
    /// Programmes that have paid this facility: the register's and this store's own.
    pub earlier_grants: Vec<ProgrammeId>,
    /// The documents with what was read from them, in the order of the claim.
    pub documents: Vec<DossierDocument>,
    /// Receipts that stand in other claims too.
    pub duplicates: Vec<PossibleDuplicate>,
}

/// A document of a dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierDocument {
    /// What the facility says it is: receipt or itemization.
    pub declared: DocumentKind,
    /// What was read from it.
    pub reading: Reading,
}

/// A receipt that stands in another claim too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleDuplicate {
    /// The file of this claim.
    pub file: String,
    /// The other claim.
    pub other_claim: ClaimId,
    /// Its facility.
    pub other_facility: InstitutionCode,
    /// `same-bytes`, or `same-facts` (issuer or registration number, day and amount).
    pub why: String,
}
