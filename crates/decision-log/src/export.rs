//! Exports: what an auditor carries away, one folder.
//!
//! Of the whole log:
//! - `decision-log.jsonl`: one line an entry, `{"index":0,"leaf":"<64 hex digits>","payload":<payload>}`. The payload stands
//!   there as its exact bytes (an entry is JSON on one line), so the line is readable as it is and there is no second
//!   copy that could say something else: the leaf is the SHA-256 of a zero byte and the bytes between `"payload":` and
//!   the last `}`.
//! - `tile/`: the tree's hashes as c2sp.org/tlog-tiles lays them out. Entries are in the file above and not in bundles,
//!   which cannot hold an entry of more than 65,535 bytes, and a payment batch may have more.
//!
//! Of a selection: `selected.jsonl`, whose lines have `"proof":[…]` before the payload: the hashes that lead from the leaf
//! to the checkpoint's root.
//!
//! Of both:
//! - `checkpoint`: the signed size and root of the whole log.
//! - `key.pub`: the key that verifies it. It is here for convenience; one from elsewhere is worth more.
//! - `manifest`: what was exported and the hashes of all other files, signed.
//! - `decision-log.csv`, `decision-log.xlsx`: the entries for reading, where they were asked for.
//! - `personal.jsonl`: the personal data that entries commit to, where it was asked for.
//! - `consistency.json`: the proof that the log goes on from an earlier checkpoint, where one was given.

use crate::manifest::{ListedFile, Manifest, Selection};
use crate::{Checkpoint, ConsistencyProof, Frontier, InclusionProof, SigningKey, TileId, leaf_hash};
use claim::{PersonalValue, Sha256};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The entries of a whole log.
pub const LOG_FILE: &str = "decision-log.jsonl";
/// The entries of a selection.
pub const SELECTED_FILE: &str = "selected.jsonl";
/// The signed checkpoint.
pub const CHECKPOINT_FILE: &str = "checkpoint";
/// The verifier key.
pub const KEY_FILE: &str = "key.pub";
/// The signed manifest.
pub const MANIFEST_FILE: &str = "manifest";
/// The entries as CSV.
pub const CSV_FILE: &str = "decision-log.csv";
/// The entries as a workbook.
pub const XLSX_FILE: &str = "decision-log.xlsx";
/// The personal data.
pub const PERSONAL_FILE: &str = "personal.jsonl";
/// The proof from an earlier checkpoint.
pub const CONSISTENCY_FILE: &str = "consistency.json";
/// The folder of the tiles.
const TILE_FOLDER: &str = "tile";
/// Where an export is until it is whole.
const PARTIAL_FOLDER: &str = "export.partial";
/// What a manifest lists, where it is there.
pub(crate) const LISTED_FILES: [&str; 7] =
    [CHECKPOINT_FILE, KEY_FILE, SELECTED_FILE, CSV_FILE, XLSX_FILE, PERSONAL_FILE, CONSISTENCY_FILE];

/// The largest payload that is exported and verified: 64 MiB, far above a batch of 300,000 payments. It bounds the
/// memory that a hostile export can make a verifier use.
pub const MAX_PAYLOAD_BYTES: usize = 64 << 20;

/// What stands on a line before the index, the leaf, a proof and the payload, and after the payload.
pub(crate) const BEFORE_INDEX: &str = "{\"index\":";
pub(crate) const BEFORE_LEAF: &str = ",\"leaf\":\"";
pub(crate) const BEFORE_PROOF: &str = "\",\"proof\":[";
pub(crate) const BEFORE_PAYLOAD: &str = ",\"payload\":";
pub(crate) const AFTER_PAYLOAD: &str = "}";

/// A line of `personal.jsonl`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonalLine {
    /// The entry that commits to it.
    pub(crate) entry: u64,
    pub(crate) commitment: Sha256,
    /// 64 hexadecimal digits, as a hash is written.
    pub(crate) salt: Sha256,
    pub(crate) text: String,
}

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file could not be written.
    #[error("{path} could not be written; check the folder's permissions and free space")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A payload that cannot stand on a line of its own: the store holds something else than what was appended.
    #[error(
        "entry {index} is not JSON on one line in UTF-8 of at most {MAX_PAYLOAD_BYTES} bytes: the stored payload was changed; restore it from a backup"
    )]
    Payload {
        /// The entry.
        index: u64,
    },
    /// The entries are not those of the checkpoint.
    #[error(
        "the {size} entries have the root {found}, the checkpoint has {expected}: an entry was changed; compare with an earlier export"
    )]
    Root {
        /// How many entries.
        size: u64,
        /// Their root.
        found: Sha256,
        /// The signed root.
        expected: Sha256,
    },
}

/// A file that is written.
struct Target {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Target {
    fn create(path: PathBuf) -> Result<Target, ExportError> {
        let file = File::create(&path).map_err(at(&path))?;
        Ok(Target { path, file: BufWriter::with_capacity(1 << 16, file) })
    }

    fn write(&mut self, parts: &[&[u8]]) -> Result<(), ExportError> {
        parts.iter().try_for_each(|part| self.file.write_all(part)).map_err(at(&self.path))
    }

    fn finish(self) -> Result<(), ExportError> {
        let file = self.file.into_inner().map_err(|error| at(&self.path)(error.into_error()))?;
        file.sync_all().map_err(at(&self.path))
    }
}

/// Where an export is until it is whole. It goes away with whoever writes it: it may hold personal data.
struct Partial {
    path: PathBuf,
    /// The folder around it, where it was made for the export.
    made: Option<PathBuf>,
}

impl Partial {
    fn create(folder: &Path) -> Result<Partial, ExportError> {
        let path = folder.join(PARTIAL_FOLDER);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&path)(error)),
            _ => {}
        }
        let made = if folder.exists() { None } else { Some(folder.to_owned()) };
        std::fs::create_dir_all(&path).map_err(at(&path))?;
        Ok(Partial { path, made })
    }

    fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a whole export it is gone already; a folder that holds something stays.
        let _ = std::fs::remove_dir_all(&self.path);
        if let Some(made) = &self.made {
            let _ = std::fs::remove_dir(made);
        }
    }
}

/// Writes an export into a folder, in constant memory. What was there before stays until [`FolderExport::finish`]; only
/// files that an export has are ever replaced or removed.
pub struct FolderExport {
    folder: PathBuf,
    partial: Partial,
    entries: Target,
    personal: Option<Target>,
    selection: Option<Selection>,
    frontier: Frontier,
}

impl FolderExport {
    /// Begins an export of the whole log into `folder`, which is made if it is not there.
    pub fn whole(folder: &Path) -> Result<FolderExport, ExportError> {
        FolderExport::create(folder, None)
    }

    /// Begins an export of a selection; how many entries it has is counted.
    pub fn selected(folder: &Path, selection: Selection) -> Result<FolderExport, ExportError> {
        FolderExport::create(folder, Some(Selection { entries: 0, ..selection }))
    }

    fn create(folder: &Path, selection: Option<Selection>) -> Result<FolderExport, ExportError> {
        let partial = Partial::create(folder)?;
        let name = if selection.is_some() { SELECTED_FILE } else { LOG_FILE };
        Ok(FolderExport {
            folder: folder.to_owned(),
            entries: Target::create(partial.join(name))?,
            partial,
            personal: None,
            selection,
            frontier: Frontier::new(),
        })
    }

    /// Where to write one of the files for reading, [`CSV_FILE`] or [`XLSX_FILE`].
    pub fn path(&self, name: &str) -> PathBuf {
        self.partial.join(name)
    }

    /// Writes the next payload of a whole log; gives its index.
    pub fn push(&mut self, payload: &[u8]) -> Result<u64, ExportError> {
        let index = self.frontier.size();
        let leaf = checked_leaf(index, payload)?;
        let head = format!("{BEFORE_INDEX}{index}{BEFORE_LEAF}{leaf}\"{BEFORE_PAYLOAD}");
        self.entries.write(&[head.as_bytes(), payload, AFTER_PAYLOAD.as_bytes(), b"\n"])?;
        let (mut written, partial) = (Ok(()), &self.partial.path);
        self.frontier.append_leaf(leaf, |tile, hashes| {
            if written.is_ok() {
                written = write_tile(partial, tile, hashes);
            }
        });
        written.map(|()| index)
    }

    /// Writes a payload of a selection with the proof that it is in the log.
    pub fn push_selected(&mut self, payload: &[u8], proof: &InclusionProof) -> Result<(), ExportError> {
        let leaf = checked_leaf(proof.index, payload)?;
        let hashes: Vec<String> = proof.hashes.iter().map(|hash| format!("\"{hash}\"")).collect();
        let (index, hashes) = (proof.index, hashes.join(","));
        let head = format!("{BEFORE_INDEX}{index}{BEFORE_LEAF}{leaf}{BEFORE_PROOF}{hashes}]{BEFORE_PAYLOAD}");
        self.entries.write(&[head.as_bytes(), payload, AFTER_PAYLOAD.as_bytes(), b"\n"])?;
        if let Some(selection) = &mut self.selection {
            selection.entries += 1;
        }
        Ok(())
    }

    /// Writes personal data that the entry of `index` commits to.
    pub fn push_personal(&mut self, index: u64, value: &PersonalValue) -> Result<(), ExportError> {
        let line = PersonalLine {
            entry: index,
            commitment: value.commitment,
            salt: Sha256(value.salt),
            text: value.text.clone(),
        };
        let line = serde_json::to_vec(&line).expect("texts and numbers have a JSON form");
        let file = match &mut self.personal {
            Some(file) => file,
            none => none.insert(Target::create(self.partial.join(PERSONAL_FILE))?),
        };
        file.write(&[&line, b"\n"])
    }

    /// Adds the proof that the log goes on from an earlier checkpoint.
    pub fn prove_earlier(&self, proof: &ConsistencyProof) -> Result<(), ExportError> {
        let json = serde_json::to_vec(proof).expect("numbers and hashes have a JSON form");
        write(&self.partial.join(CONSISTENCY_FILE), &json)
    }

    /// Puts the signed manifest to it and gives the export its place. `checkpoint` is the text of `signed`; a whole log
    /// that is not what was signed is not exported.
    pub fn finish(self, text: &str, signed: &Checkpoint, key: &SigningKey) -> Result<Vec<PathBuf>, ExportError> {
        if self.selection.is_none() {
            let (size, found, expected) = (self.frontier.size(), self.frontier.root(), signed.root());
            if size != signed.size() || found != expected {
                return Err(ExportError::Root { size, found, expected });
            }
            for (tile, hashes) in self.frontier.partial() {
                write_tile(&self.partial.path, tile, hashes)?;
            }
        }
        self.entries.finish()?;
        self.personal.map_or(Ok(()), Target::finish)?;
        write(&self.partial.join(CHECKPOINT_FILE), text.as_bytes())?;
        write(&self.partial.join(KEY_FILE), format!("{}\n", key.verifying_key()).as_bytes())?;
        let mut files = Vec::new();
        for name in LISTED_FILES {
            let path = self.partial.join(name);
            if path.exists() {
                let (bytes, sha256) = hash_file(&path).map_err(at(&path))?;
                files.push(ListedFile { name: name.to_owned(), bytes, sha256 });
            }
        }
        let manifest =
            Manifest { origin: key.name().to_owned(), size: signed.size(), selection: self.selection, files };
        write(&self.partial.join(MANIFEST_FILE), manifest.sign(key).as_bytes())?;
        move_in(&self.partial.path, &self.folder)
    }
}

/// The leaf of a payload that can stand on a line.
fn checked_leaf(index: u64, payload: &[u8]) -> Result<Sha256, ExportError> {
    let one_line = payload.len() <= MAX_PAYLOAD_BYTES && !payload.contains(&b'\n');
    if !one_line || serde_json::from_slice::<IgnoredAny>(payload).is_err() || std::str::from_utf8(payload).is_err() {
        return Err(ExportError::Payload { index });
    }
    Ok(leaf_hash(payload))
}

fn write_tile(folder: &Path, tile: TileId, hashes: &[u8]) -> Result<(), ExportError> {
    let path = folder.join(tile.path(hashes.len() / 32));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(at(parent))?;
    }
    // Not synced one by one: a tile that a power cut took is found by verification, and the export is made again.
    std::fs::write(&path, hashes).map_err(at(&path))
}

/// Moves a whole export to its place, and takes away what an earlier one had and this one has not.
fn move_in(partial: &Path, folder: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let mut written = Vec::new();
    for name in [LOG_FILE, TILE_FOLDER, MANIFEST_FILE].into_iter().chain(LISTED_FILES) {
        let (from, to) = (partial.join(name), folder.join(name));
        let gone = if name == TILE_FOLDER { std::fs::remove_dir_all(&to) } else { std::fs::remove_file(&to) };
        match gone {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&to)(error)),
            _ => {}
        }
        if from.exists() {
            std::fs::rename(&from, &to).map_err(at(&to))?;
            written.push(to);
        }
    }
    std::fs::remove_dir(partial).map_err(at(partial))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))?;
    written.sort();
    Ok(written)
}

/// How many bytes a file has, and their hash.
pub(crate) fn hash_file(path: &Path) -> io::Result<(u64, Sha256)> {
    let mut file = File::open(path)?;
    let (mut hasher, mut bytes, mut buffer) = (sha2::Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, Sha256(hasher.finalize().into())));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::File { path, source }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let whole = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    whole().map_err(at(path))
}
