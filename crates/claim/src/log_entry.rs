//! An entry of the decision log on its way to the store: the bytes that are hashed, and the personal data that they only
//! commit to.

use crate::Sha256;

/// What the store appends in one step with the effect that it records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The exact bytes that are stored and hashed, and never changed.
    pub payload: Vec<u8>,
    /// The personal data that stands in them as commitments. It is kept beside them and can be erased.
    pub personal: Vec<PersonalValue>,
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
