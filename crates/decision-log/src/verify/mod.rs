//! Verification of an export: every payload hashed again, the root worked out again and compared with what was signed,
//! every other file compared with the signed manifest.
//!
//! One pass over each file, in the memory of a few blocks of lines. All differences are given, the first hundred by name; a
//! difference in one place does not hide those elsewhere.

mod difference;
mod lines;
mod pass;

pub use difference::{Difference, Differences};

use crate::export::{self, LISTED_FILES, PersonalLine};
use crate::manifest::Manifest;
use crate::{
    CHECKPOINT_FILE, CONSISTENCY_FILE, Checkpoint, CheckpointError, ConsistencyProof, KEY_FILE, LOG_FILE,
    MANIFEST_FILE, PERSONAL_FILE, SELECTED_FILE, Selection, VerifyingKey, commitment,
};
use claim::{Lang, Sha256};
use lines::{Kind, each_line};
use pass::{Pass, SelectedPass};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Checkpoints, keys, manifests and proofs are a few lines.
const MAX_SMALL_FILE_BYTES: u64 = 1 << 16;
/// A reason or a name has a few thousand characters at most.
const MAX_PERSONAL_LINE_BYTES: u64 = 1 << 24;

/// An export that is what was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Sha256,
    /// How many of them are in the export, and by what they were selected; `None` where it has them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// How many of them an earlier checkpoint covers too, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_size: Option<u64>,
}

/// Why an export is not proved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file could not be read: nothing is known of it.
    #[error("{path} could not be read")]
    Read {
        /// The file, or `the log` where it is no file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The earlier checkpoint that was given is none by the key.
    #[error("the earlier checkpoint: {0}")]
    Earlier(#[source] CheckpointError),
    /// A selection was exported without the proof from the earlier checkpoint that was given.
    #[error(
        "the selection has no proof from the earlier checkpoint of {size} entries; ask for an export made with `--earlier` and this checkpoint"
    )]
    NoConsistency {
        /// How many entries the earlier checkpoint covers.
        size: u64,
    },
    /// The export is not what was signed.
    #[error(transparent)]
    Differs(#[from] Differences),
}

impl VerifyError {
    /// What is wrong and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (VerifyError::Differs(differences), _) => differences.message(lang),
            (VerifyError::Read { path, source }, Lang::Ja) => {
                format!("{} を読み取れません（{source}）。", path.display())
            }
            (VerifyError::Read { path, source }, Lang::En) => format!("{} could not be read: {source}", path.display()),
            (VerifyError::Earlier(error), Lang::Ja) => {
                format!("指定された以前のチェックポイント: {}", error.message(lang))
            }
            (VerifyError::NoConsistency { size }, Lang::Ja) => format!(
                "この抜粋には、指定された以前のチェックポイント（{size}件）からの証明がありません。そのチェックポイントを --earlier に指定した書出しを請求してください。"
            ),
            (_, Lang::En) => self.to_string(),
        }
    }
}

/// Proves that the lines of `log` are exactly the entries of `checkpoint`, and that they begin with those of `earlier`.
///
/// `earlier` is a checkpoint of the same log that was kept elsewhere; without one, a history that was written anew and
/// signed again by the key's owner cannot be told from the true one.
pub fn verify(log: impl Read, checkpoint: &Checkpoint, earlier: Option<&Checkpoint>) -> Result<Verified, VerifyError> {
    let mut pass = Pass::new(checkpoint, earlier, None);
    each_line(log, Kind::Whole, |seen| pass.line(&seen))
        .map_err(|source| VerifyError::Read { path: PathBuf::from("the log"), source })?;
    let (root, differences) = pass.end();
    if !differences.named.is_empty() {
        return Err(differences.into());
    }
    Ok(Verified { size: checkpoint.size(), root, selection: None, earlier_size: earlier.map(Checkpoint::size) })
}

/// Proves a folder as [`FolderExport`](crate::FolderExport) writes it.
///
/// `key` is the log's verifier key from elsewhere, and `earlier` the text of an earlier checkpoint. Without `key`, the
/// folder's own is taken: that proves that the folder is whole, not who signed it.
pub fn verify_folder(
    folder: &Path,
    key: Option<&VerifyingKey>,
    earlier: Option<&str>,
) -> Result<Verified, VerifyError> {
    Folder { path: folder, found: Differences::default() }.verify(key, earlier)
}

struct Folder<'a> {
    path: &'a Path,
    found: Differences,
}

impl Folder<'_> {
    fn verify(mut self, key: Option<&VerifyingKey>, earlier: Option<&str>) -> Result<Verified, VerifyError> {
        if let Err(source) = std::fs::read_dir(self.path) {
            return Err(VerifyError::Read { path: self.path.to_owned(), source });
        }
        let Some(key) = self.key(key)? else { return Err(self.found.into()) };
        let earlier = earlier.map(|text| Checkpoint::open(text, &key)).transpose().map_err(VerifyError::Earlier)?;
        let manifest = self.signed(MANIFEST_FILE, |text| Manifest::open(text, &key))?;
        let checkpoint = self.signed(CHECKPOINT_FILE, |text| Checkpoint::open(text, &key))?;
        if let Some(manifest) = &manifest {
            self.files(manifest)?;
        }
        let Some(checkpoint) = checkpoint else { return Err(self.found.into()) };
        if let Some(found) = manifest.as_ref().map(|manifest| manifest.size).filter(|size| *size != checkpoint.size()) {
            self.found.push(Difference::Manifest { found, expected: checkpoint.size() });
        }
        // Where the manifest is damaged, what is there says which kind of export it is.
        let selected = match &manifest {
            Some(manifest) => manifest.selection.is_some(),
            None => self.path.join(SELECTED_FILE).exists(),
        };
        let root = if selected {
            let expected = manifest.as_ref().and_then(|manifest| manifest.selection.as_ref());
            self.selected(&checkpoint, expected.map(|selection| selection.entries))?;
            self.consistent(&checkpoint, earlier.as_ref())?;
            checkpoint.root()
        } else {
            self.whole(&checkpoint, earlier.as_ref())?
        };
        self.personal()?;
        if !self.found.named.is_empty() {
            return Err(self.found.into());
        }
        Ok(Verified {
            size: checkpoint.size(),
            root,
            selection: manifest.and_then(|manifest| manifest.selection),
            earlier_size: earlier.map(|earlier| earlier.size()),
        })
    }

    /// The key that verifies: the one from elsewhere, else the export's own.
    fn key(&mut self, expected: Option<&VerifyingKey>) -> Result<Option<VerifyingKey>, VerifyError> {
        let own: Option<VerifyingKey> = match self.text(KEY_FILE)?.map(|text| text.parse::<VerifyingKey>()) {
            None => None,
            Some(Ok(key)) => Some(key),
            Some(Err(error)) => {
                let (why_ja, why_en) = (error.message(Lang::Ja), error.message(Lang::En));
                self.found.push(Difference::Key { file: KEY_FILE.to_owned(), why_ja, why_en });
                None
            }
        };
        match (own, expected) {
            (Some(own), Some(expected)) if own != *expected => {
                self.found.push(Difference::OtherKey {
                    file: KEY_FILE.to_owned(),
                    found: own.to_string(),
                    expected: expected.to_string(),
                });
                Ok(Some(expected.clone()))
            }
            (own, expected) => Ok(expected.cloned().or(own)),
        }
    }

    /// A signed file; what it is not is taken down.
    fn signed<T>(
        &mut self,
        name: &str,
        open: impl FnOnce(&str) -> Result<T, CheckpointError>,
    ) -> Result<Option<T>, VerifyError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match open(&text) {
            Ok(signed) => Ok(Some(signed)),
            Err(error) => {
                let (why_ja, why_en) = (error.message(Lang::Ja), error.message(Lang::En));
                self.found.push(Difference::Signed { file: name.to_owned(), why_ja, why_en });
                Ok(None)
            }
        }
    }

    /// A small file as text; `None` where it is missing, which is taken down. Bytes that are no text are shown as such, and
    /// no signature holds over them.
    fn text(&mut self, name: &str) -> Result<Option<String>, VerifyError> {
        let mut bytes = Vec::new();
        let Some(file) = self.file(name)? else { return Ok(None) };
        file.take(MAX_SMALL_FILE_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|source| VerifyError::Read { path: self.path.join(name), source })?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn file(&mut self, name: &str) -> Result<Option<File>, VerifyError> {
        let path = self.path.join(name);
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.found.push(Difference::Missing { file: name.to_owned() });
                Ok(None)
            }
            Err(source) => Err(VerifyError::Read { path, source }),
        }
    }

    /// Compares each file that no tree proves with the manifest.
    fn files(&mut self, manifest: &Manifest) -> Result<(), VerifyError> {
        for listed in &manifest.files {
            // A manifest is signed, but what it names stays in the folder.
            if !LISTED_FILES.contains(&listed.name.as_str()) {
                continue;
            }
            if self.file(&listed.name)?.is_none() {
                continue;
            }
            let path = self.path.join(&listed.name);
            let (_, found) = export::hash_file(&path).map_err(|source| VerifyError::Read { path, source })?;
            if found != listed.sha256 {
                self.found.push(Difference::File { file: listed.name.clone(), found, expected: listed.sha256 });
            }
        }
        let added = LISTED_FILES
            .into_iter()
            .filter(|name| !manifest.files.iter().any(|listed| listed.name == **name))
            .chain(if manifest.selection.is_some() { Some(LOG_FILE) } else { None });
        for name in added {
            if self.path.join(name).exists() {
                self.found.push(Difference::Unlisted { file: name.to_owned() });
            }
        }
        Ok(())
    }

    fn whole(&mut self, checkpoint: &Checkpoint, earlier: Option<&Checkpoint>) -> Result<Sha256, VerifyError> {
        let Some(file) = self.file(LOG_FILE)? else { return Ok(checkpoint.root()) };
        let mut pass = Pass::new(checkpoint, earlier, Some(self.path));
        each_line(file, Kind::Whole, |seen| pass.line(&seen))
            .map_err(|source| VerifyError::Read { path: self.path.join(LOG_FILE), source })?;
        let (root, differences) = pass.end();
        self.add(differences);
        Ok(root)
    }

    fn selected(&mut self, checkpoint: &Checkpoint, expected: Option<u64>) -> Result<(), VerifyError> {
        let Some(file) = self.file(SELECTED_FILE)? else { return Ok(()) };
        let mut pass = SelectedPass::new();
        let kind = Kind::Selected { size: checkpoint.size(), root: checkpoint.root() };
        each_line(file, kind, |seen| pass.line(&seen))
            .map_err(|source| VerifyError::Read { path: self.path.join(SELECTED_FILE), source })?;
        self.add(pass.end(expected));
        Ok(())
    }

    /// That the checkpoint of a selection goes on from an earlier one.
    fn consistent(&mut self, checkpoint: &Checkpoint, earlier: Option<&Checkpoint>) -> Result<(), VerifyError> {
        let Some(earlier) = earlier else { return Ok(()) };
        let (size, expected) = (earlier.size(), earlier.root());
        if size > checkpoint.size() {
            self.found.push(Difference::EarlierLarger { found: checkpoint.size(), earlier: size });
            return Ok(());
        }
        let proof = if size == checkpoint.size() {
            Some(ConsistencyProof { earlier: size, size, hashes: Vec::new() })
        } else if self.path.join(CONSISTENCY_FILE).exists() {
            let text = self.text(CONSISTENCY_FILE)?.unwrap_or_default();
            serde_json::from_str(&text).ok().filter(|proof: &ConsistencyProof| proof.earlier == size)
        } else {
            None
        };
        let proof = proof.ok_or(VerifyError::NoConsistency { size })?;
        if proof.size != checkpoint.size() || proof.verify(expected, checkpoint.root()).is_err() {
            self.found.push(Difference::EarlierRoot { size, expected });
        }
        Ok(())
    }

    /// That each text of the personal data is what its commitment says.
    fn personal(&mut self) -> Result<(), VerifyError> {
        let path = self.path.join(PERSONAL_FILE);
        if !path.exists() {
            return Ok(());
        }
        let Some(file) = self.file(PERSONAL_FILE)? else { return Ok(()) };
        let (mut lines, mut bytes) = (BufReader::new(file), Vec::new());
        for line in 1.. {
            bytes.clear();
            let read = lines
                .by_ref()
                .take(MAX_PERSONAL_LINE_BYTES)
                .read_until(b'\n', &mut bytes)
                .map_err(|source| VerifyError::Read { path: path.clone(), source })?;
            if read == 0 {
                break;
            }
            let held = serde_json::from_slice(&bytes)
                .is_ok_and(|line: PersonalLine| commitment(&line.salt.0, &line.text) == line.commitment);
            if !held {
                self.found.push(Difference::Personal { line });
            }
        }
        Ok(())
    }

    fn add(&mut self, differences: Differences) {
        differences.named.into_iter().for_each(|difference| self.found.push(difference));
        self.found.more += differences.more;
    }
}
