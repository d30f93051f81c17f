//! A dossier: what the store knows of a claim when it is to be assessed. The rules turn it into facts and findings.

use crate::{Choice, ClaimId, DocumentKind, Facility, InstitutionCode, PossibleDuplicate, ProgrammeId, Reading, Yen};
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
    /// The products that it asks for.
    pub choices: Vec<Choice>,
    /// What it asked for when it was first filed; empty unless this is a later revision.
    pub filed_choices: Vec<Choice>,
    /// The facility's other claims under the same programme that were submitted before this one and neither refused nor
    /// taken back.
    pub filed_before: Vec<ClaimId>,
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
