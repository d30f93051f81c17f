//! An assessment of the log worked out again, with the rules that it names, and compared byte by byte.

use crate::{Office, OfficeError, json};
use claim::{Assessment, Sha256};
use decision_log::{AssessedClaim, Entry, Event};
use std::collections::BTreeMap;
use std::ops::Range;
use store::KeptPersonal;

/// What came of working an assessment out again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The same, to the byte.
    Same,
    /// Something else: what comes out now.
    Different(Box<Assessment>),
    /// The rules that it names are not kept.
    NoRules,
    /// There was nothing to work out: what was found on the documents alone made the outcome.
    NoFacts,
}

/// What is kept of personal data, by the commitments that stand in its place.
pub type Personal = BTreeMap<Sha256, KeptPersonal>;

/// Puts personal data back into an entry; gives how many values were erased.
pub fn put_back(entry: &mut Entry, personal: &Personal) -> u64 {
    entry.open(|commitment| personal.get(commitment)?.content.as_ref().map(|(_, text)| text.as_str()))
}

impl Office {
    /// What is kept of the personal data of some entries.
    pub async fn personal_of(&self, positions: Range<u64>) -> Result<Personal, OfficeError> {
        let kept = self.store.log_personal(positions).await?;
        Ok(kept.into_iter().map(|kept| (kept.commitment, kept)).collect())
    }

    /// Works an assessment out again. What was erased from `assessed` stays a commitment on both sides.
    pub async fn replay(&self, assessed: &AssessedClaim) -> Result<Replayed, OfficeError> {
        let Some(facts) = &assessed.facts else { return Ok(Replayed::NoFacts) };
        let Some(ruleset) = self.rulebook.named(&assessed.assessment.ruleset).await? else {
            return Ok(Replayed::NoRules);
        };
        let again = ruleset
            .assess(facts, &assessed.observed)
            .map_err(|error| OfficeError::Inconsistent(format!("claim {}: {error}", assessed.claim_id)))?;
        Ok(match json(&again) == json(&assessed.assessment) {
            true => Replayed::Same,
            false => Replayed::Different(Box::new(again)),
        })
    }

    /// The assessment of an entry, with its personal data, and what comes of working it out again; `None` if the entry is
    /// of another kind.
    pub async fn replay_entry(
        &self,
        position: u64,
        payload: &[u8],
    ) -> Result<Option<(Box<AssessedClaim>, Replayed)>, OfficeError> {
        let mut entry = Entry::from_bytes(payload)
            .map_err(|error| OfficeError::Inconsistent(format!("entry {position} cannot be read: {error}")))?;
        put_back(&mut entry, &self.personal_of(position..position + 1).await?);
        let Event::ClaimAssessed(assessed) = entry.event else { return Ok(None) };
        let replayed = self.replay(&assessed).await?;
        Ok(Some((assessed, replayed)))
    }
}
