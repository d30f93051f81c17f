//! An entry of the decision log on its way to the store: the bytes that are hashed, the personal data that they only
//! commit to, and by what it is found again.

use crate::{Actor, ClaimId, InstitutionCode, Sha256};
use jiff::Timestamp;

/// What the store appends in one step with the effect that it records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The exact bytes that are stored and hashed, and never changed.
    pub payload: Vec<u8>,
    /// The personal data that stands in them as commitments. It is kept beside them and can be erased.
    pub personal: Vec<PersonalValue>,
    /// By what it is found again. It stands in the payload too; the store does not read that.
    pub about: LogAbout,
}

/// By what an entry is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogAbout {
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// The code of what happened.
    pub event: &'static str,
    /// The claims that it is about.
    pub claims: Vec<ClaimId>,
    /// The facilities that it is about by itself; those of its claims are known.
    pub facilities: Vec<InstitutionCode>,
    /// The payment batch that it is about: it is about the claims that the batch pays.
    pub batch: Option<String>,
}

/// A text that a payload names by its commitment only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalValue {
    /// SHA-256 of the salt and the text: what stands in the payload.
    pub commitment: Sha256,
    /// Random bytes, so that the text cannot be found by trying texts.
    pub salt: [u8; 32],
    /// The text.
    pub text: String,
}
