//! What the store keeps of an assessment, and the bytes and hashes of our own values.

use claim::{Assessment, Facts, Finding, Sha256};
use serde::{Deserialize, Serialize};
use sha2::Digest;

/// What the store keeps of an assessment: all that it can be worked out from again, and what came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assessed {
    /// `None` where the documents and the register gave no facts.
    pub facts: Option<Facts>,
    /// What the documents gave rise to.
    pub observed: Vec<Finding>,
    /// What the rules said.
    pub assessment: Assessment,
}

/// The JSON of a value of our own types, which always has one.
pub fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("our own types have a JSON form")
}

/// The SHA-256 of bytes.
pub fn hash(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}
