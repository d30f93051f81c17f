//! Which rules decide: those that the program carries, and drafts from the day on which they hold.

use jiff::civil::Date;
use rules::{Ruleset, RulesetError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Store, StoreError};

/// Why rules cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    /// The store.
    #[error("the rules cannot be looked up")]
    Store(#[from] StoreError),
    /// They are in force or named by a decision, and not there.
    #[error("the rules {0} are not kept in the store; restore it from a backup")]
    NotKept(String),
    /// They are kept and this version cannot read them.
    #[error("the rules kept as {hash} cannot be read")]
    Unreadable {
        /// Under which they are kept.
        hash: String,
        /// What is wrong with them.
        source: RulesetError,
    },
    /// What is kept is something else.
    #[error("the rules kept as {hash} are others: found {found}; restore the store from a backup")]
    Other {
        /// Under which they are kept.
        hash: String,
        /// What they are.
        found: String,
    },
}

/// The rules of an installation, each ruleset read once.
#[derive(Clone, Debug)]
pub struct Rulebook {
    store: Store,
    known: Arc<Mutex<BTreeMap<String, Arc<Ruleset>>>>,
}

impl Rulebook {
    /// Of an installation.
    pub fn new(store: Store) -> Rulebook {
        Rulebook { store, known: Arc::default() }
    }

    /// The rules that decide on `day`: the latest draft that two people have agreed to and whose day has come, else
    /// those that the program carries. They are kept in the store, so that what they decide can be worked out again.
    pub async fn on(&self, day: Date) -> Result<Arc<Ruleset>, RulebookError> {
        if let Some(hash) = self.store.ruleset_in_force(day).await? {
            return self.named(&hash).await?.ok_or(RulebookError::NotKept(hash));
        }
        let carried = Ruleset::embedded();
        if let Some(ruleset) = self.known(carried.hash()) {
            return Ok(ruleset);
        }
        self.store.keep_ruleset(carried.hash(), carried.to_bytes()).await?;
        Ok(self.learn(carried.clone()))
    }

    /// The rules of a hash, as they are kept.
    pub async fn named(&self, hash: &str) -> Result<Option<Arc<Ruleset>>, RulebookError> {
        if let Some(ruleset) = self.known(hash) {
            return Ok(Some(ruleset));
        }
        let Some(bytes) = self.store.ruleset(hash).await? else { return Ok(None) };
        let ruleset = Ruleset::from_bytes(&bytes)
            .map_err(|source| RulebookError::Unreadable { hash: hash.to_owned(), source })?;
        if ruleset.hash() != hash {
            return Err(RulebookError::Other { hash: hash.to_owned(), found: ruleset.hash().to_owned() });
        }
        Ok(Some(self.learn(ruleset)))
    }

    fn known(&self, hash: &str) -> Option<Arc<Ruleset>> {
        // A map of whole values: a panic elsewhere leaves it as it was.
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn learn(&self, ruleset: Ruleset) -> Arc<Ruleset> {
        let ruleset = Arc::new(ruleset);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(ruleset.hash().to_owned(), Arc::clone(&ruleset));
        ruleset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claim::Actor;
    use store::{RulesetDraft, StoreConfig};

    /// A draft decides from its day on, if two people agreed, and what it decided can be worked out again.
    #[tokio::test]
    async fn a_draft_decides_from_its_day_once_two_people_have_agreed() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<(String, String)> = Ruleset::embedded_files()
            .iter()
            .map(|file| (file.path.to_owned(), file.text.replace("= 128_000", "= 120_000")))
            .collect();
        let files: Vec<_> = files.iter().map(|(path, text)| rules::ProgrammeFile { path, text }).collect();
        let draft = Ruleset::parse(&files).unwrap();
        let store = Store::open(&StoreConfig::in_folder(folder.path()).unwrap()).await.unwrap();
        let (day, before): (Date, Date) = ("2027-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let logged = |event| {
            let entry = decision_log::Entry { at: now, by: Actor::system(), event };
            [entry.commit(|| [0; 32])]
        };
        let hash = draft.hash().to_owned();
        let entries = (
            logged(decision_log::Event::RulesetProposed { ruleset: hash.clone(), active_from: day }),
            logged(decision_log::Event::RulesetAgreed { ruleset: hash }),
        );
        let proposed = RulesetDraft {
            hash: draft.hash().to_owned(),
            active_from: day,
            proposed_by: Actor::staff("a"),
            proposed_at: now,
            agreements: Vec::new(),
        };
        store.propose_ruleset(&proposed, draft.to_bytes(), &entries.0).await.unwrap();
        let carried = Ruleset::embedded().hash();
        for (by, expected) in [("a", carried), ("b", draft.hash())] {
            store.agree_ruleset(draft.hash(), &Actor::staff(by), now, &entries.1).await.unwrap();
            let rulebook = Rulebook::new(store.clone());
            assert_eq!(rulebook.on(day).await.unwrap().hash(), expected);
            assert_eq!(rulebook.on(before).await.unwrap().hash(), carried);
        }
        // Another process, later: both are there by their hashes, byte for byte.
        let rulebook = Rulebook::new(store.clone());
        for ruleset in [&draft, Ruleset::embedded()] {
            let kept = rulebook.named(ruleset.hash()).await.unwrap().unwrap();
            assert_eq!(kept.to_bytes(), ruleset.to_bytes());
        }
        assert!(rulebook.named("sha256:0").await.unwrap().is_none());
    }
}
