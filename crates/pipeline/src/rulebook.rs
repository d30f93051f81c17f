//! Which rules decide: those that the program carries, a fund's own programmes beside them, and drafts from the day on
//! which they hold.

use crate::told::Told;
use anyhow::{Context, Result};
use claim::Lang;
use jiff::civil::Date;
use rules::{ProgrammeFile, Ruleset, RulesetError};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Store, StoreError};

/// Why rules cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulebookError {
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
#[derive(Clone)]
pub(crate) struct Rulebook {
    store: Store,
    known: Arc<Mutex<BTreeMap<String, Arc<Ruleset>>>>,
}

impl Rulebook {
    pub(crate) fn new(store: Store) -> Rulebook {
        Rulebook { store, known: Arc::default() }
    }

    /// The rules that decide on `day`: the latest draft that two people have agreed to and whose day has come, else
    /// those that the program carries. They are kept in the store, so that what they decide can be worked out again.
    pub(crate) async fn on(&self, day: Date) -> Result<Arc<Ruleset>, RulebookError> {
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
    pub(crate) async fn named(&self, hash: &str) -> Result<Option<Arc<Ruleset>>, RulebookError> {
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

/// The programmes that the program carries, with those of `folder` beside them: a folder a programme. One of the same
/// name takes the place of the carried one.
pub(crate) fn with_own(folder: &Path) -> Result<Ruleset> {
    let mut files: BTreeMap<String, String> =
        Ruleset::embedded_files().iter().map(|file| (file.path.to_owned(), file.text.to_owned())).collect();
    let mut found = false;
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Told::new(
            format!("{shown} の補助事業を読めません。フォルダーを指定してください"),
            format!("the programmes in {shown} cannot be read; name a folder"),
        )
        .because(error)
    })?;
    for entry in entries {
        let path = entry?.path();
        // A folder without a programme holds something else, such as source documents.
        if !path.join("programme.toml").is_file() {
            continue;
        }
        found = true;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.retain(|file, _| !file.starts_with(&format!("{name}/")));
        for file in std::fs::read_dir(&path).with_context(|| format!("{} cannot be read", path.display()))? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&file)
                    .with_context(|| format!("{} cannot be read as UTF-8", file.display()))?;
                let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.insert(format!("{name}/{file}"), text);
            }
        }
    }
    if !found {
        return Err(Told::new(
            format!("{shown} に補助事業がありません。programme.toml のあるフォルダーを置いてください（crates/rules/programmes に例があります）。"),
            format!("found no programme in {shown}, expected folders with a programme.toml (crates/rules/programmes has examples)"),
        )
        .into());
    }
    let files: Vec<ProgrammeFile<'_>> = files.iter().map(|(path, text)| ProgrammeFile { path, text }).collect();
    Ok(Ruleset::parse(&files).map_err(|error| {
        Told::new(
            format!("{shown} の補助事業は使用できません。次の点を訂正してください。\n{}", error.message(Lang::Ja)),
            format!("the programmes in {shown} cannot be used; correct what follows\n{}", error.message(Lang::En)),
        )
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use claim::Actor;
    use std::path::PathBuf;
    use store::{RulesetDraft, StoreConfig};

    /// A folder with a draft of home-consent whose ceiling for clinics is 120,000 yen.
    fn draft(folder: &Path) -> PathBuf {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/programmes/home-consent");
        let to = folder.join("draft/home-consent");
        std::fs::create_dir_all(&to).unwrap();
        for file in ["programme.toml", "changes.toml", "cases.toml"] {
            let text = std::fs::read_to_string(from.join(file)).unwrap();
            std::fs::write(to.join(file), text.replace("= 128_000", "= 120_000")).unwrap();
        }
        folder.join("draft")
    }

    /// A draft decides from its day on, if two people agreed, and what it decided can be worked out again.
    #[tokio::test]
    async fn a_draft_decides_from_its_day_once_two_people_have_agreed() {
        let folder = tempfile::tempdir().unwrap();
        let draft = with_own(&draft(folder.path())).unwrap();
        let store = Store::open(&StoreConfig::in_folder(folder.path()).unwrap()).await.unwrap();
        let (day, before): (Date, Date) = ("2027-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let proposed = RulesetDraft {
            hash: draft.hash().to_owned(),
            active_from: day,
            proposed_by: Actor::staff("a"),
            proposed_at: now,
            agreements: Vec::new(),
        };
        store.propose_ruleset(&proposed, draft.to_bytes(), &[b"proposed".to_vec()]).await.unwrap();
        let carried = Ruleset::embedded().hash();
        for (by, expected) in [("a", carried), ("b", draft.hash())] {
            store.agree_ruleset(draft.hash(), &Actor::staff(by), now, &[b"agreed".to_vec()]).await.unwrap();
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

    #[test]
    fn a_folder_of_ones_own_stands_beside_the_carried_programmes_or_is_refused_with_all_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let empty = with_own(folder.path()).unwrap_err();
        assert!(empty.to_string().contains("found no programme"), "{empty}");
        let draft = draft(folder.path());
        let ruleset = with_own(&draft).unwrap();
        assert_ne!(ruleset.hash(), Ruleset::embedded().hash());
        assert_eq!(ruleset.programmes().count(), Ruleset::embedded().programmes().count());

        std::fs::write(draft.join("home-consent/notes.toml"), "").unwrap();
        let stray = format!("{:#}", with_own(&draft).unwrap_err());
        assert!(stray.contains("notes.toml: found an unknown file"), "{stray}");
        std::fs::remove_file(draft.join("home-consent/notes.toml")).unwrap();
        std::fs::remove_file(draft.join("home-consent/changes.toml")).unwrap();
        let missing = format!("{:#}", with_own(&draft).unwrap_err());
        assert!(missing.contains("home-consent: changes.toml: found nothing"), "{missing}");
    }
}
