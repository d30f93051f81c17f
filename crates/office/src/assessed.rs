//! What the store keeps of an assessment, and the bytes and hashes of our own values.

use crate::{Office, OfficeError};
use claim::{Assessment, ClaimId, Facts, Finding, Sha256};
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
    /// Random digits. The hash of all this stands in the decision log, and without them whoever knows the rest could find
    /// an erased name by trying names.
    #[serde(default)]
    pub salt: String,
}

impl Assessed {
    /// With a salt of its own.
    pub fn new(facts: Option<Facts>, observed: Vec<Finding>, assessment: Assessment) -> Assessed {
        Assessed { facts, observed, assessment, salt: Sha256(salt()).to_string() }
    }
}

/// 32 random bytes.
pub(crate) fn salt() -> [u8; 32] {
    let mut salt = [0; 32];
    // The kernel always has 32 random bytes once it has started; without them nothing may be written.
    getrandom::fill(&mut salt).expect("the kernel gives random bytes");
    salt
}

/// The JSON of a value of our own types, which always has one.
pub fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("our own types have a JSON form")
}

/// The SHA-256 of bytes.
pub fn hash(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

impl Office {
    /// What the rules said of a revision of a claim, if they have.
    pub async fn assessed(&self, id: &ClaimId, revision: u32) -> Result<Option<Assessed>, OfficeError> {
        let Some(stored) = self.store.assessment(id, revision).await? else { return Ok(None) };
        serde_json::from_slice(&stored.bytes)
            .map(Some)
            .map_err(|error| OfficeError::Inconsistent(format!("the assessment of claim {id}: {error}")))
    }
}
