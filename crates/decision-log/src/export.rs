//! Exports: what an auditor carries away. A folder of three files:
//!
//! - `decision-log.jsonl`: one line an entry, `{"index":0,"leaf":"<64 hex digits>","payload":<payload>}`. The payload stands
//!   there as its exact bytes (an entry is JSON on one line), so the line is readable as it is and there is no second
//!   copy that could say something else: the leaf is the SHA-256 of a zero byte and the bytes between `"payload":` and
//!   the last `}`.
//! - `checkpoint`: the signed size and root.
//! - `key.pub`: the key that verifies it. It is here for convenience; one from elsewhere is worth more.

use crate::{Frontier, SigningKey, leaf_hash};
use claim::Sha256;
use serde::de::IgnoredAny;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The entries.
pub const LOG_FILE: &str = "decision-log.jsonl";
/// The signed checkpoint.
pub const CHECKPOINT_FILE: &str = "checkpoint";
/// The verifier key.
pub const KEY_FILE: &str = "key.pub";
/// The largest payload that is exported and verified: 64 MiB, far above a batch of 300,000 payments. It bounds the
/// memory that a hostile export can make a verifier use.
pub const MAX_PAYLOAD_BYTES: usize = 64 << 20;

/// What stands on a line before the index, the leaf and the payload, and after the payload.
pub(crate) const BEFORE_INDEX: &str = "{\"index\":";
pub(crate) const BEFORE_LEAF: &str = ",\"leaf\":\"";
pub(crate) const BEFORE_PAYLOAD: &str = "\",\"payload\":";
pub(crate) const AFTER_PAYLOAD: &str = "}";

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The writer failed.
    #[error("entry {index} could not be written")]
    Write {
        /// The entry.
        index: u64,
        /// Why.
        source: io::Error,
    },
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
}

/// Writes the lines of an export one by one, in constant memory, and keeps the tree's edge.
pub struct ExportWriter<W: Write> {
    writer: W,
    frontier: Frontier,
}

impl<W: Write> ExportWriter<W> {
    /// An export with no line yet.
    pub fn new(writer: W) -> ExportWriter<W> {
        ExportWriter { writer, frontier: Frontier::new() }
    }

    /// Writes the next payload; gives its index.
    pub fn push(&mut self, payload: &[u8]) -> Result<u64, ExportError> {
        let index = self.frontier.size();
        let one_line = payload.len() <= MAX_PAYLOAD_BYTES && !payload.contains(&b'\n');
        if !one_line || serde_json::from_slice::<IgnoredAny>(payload).is_err() || std::str::from_utf8(payload).is_err()
        {
            return Err(ExportError::Payload { index });
        }
        let leaf = leaf_hash(payload);
        let mut line = || -> io::Result<()> {
            write!(self.writer, "{BEFORE_INDEX}{index}{BEFORE_LEAF}{leaf}{BEFORE_PAYLOAD}")?;
            self.writer.write_all(payload)?;
            self.writer.write_all(AFTER_PAYLOAD.as_bytes())?;
            self.writer.write_all(b"\n")
        };
        line().map_err(|source| ExportError::Write { index, source })?;
        Ok(self.frontier.append_leaf(leaf))
    }

    /// How many entries have been written.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of the tree over them.
    pub fn root(&self) -> Sha256 {
        self.frontier.root()
    }

    /// Flushes; gives the writer back.
    pub fn finish(mut self) -> Result<W, ExportError> {
        let index = self.frontier.size();
        self.writer.flush().map_err(|source| ExportError::Write { index, source })?;
        Ok(self.writer)
    }
}

/// Writes an export into a folder. The log's file has its name only once it is whole and synced: until
/// [`FolderExport::finish`] it is called `decision-log.jsonl.partial`.
pub struct FolderExport {
    folder: PathBuf,
    writer: ExportWriter<BufWriter<File>>,
}

impl FolderExport {
    /// Begins an export into `folder`, which is made if it is not there; an export that is there is replaced at the end.
    pub fn create(folder: &Path) -> Result<FolderExport, ExportError> {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let path = partial(folder);
        let file = File::create(&path).map_err(at(&path))?;
        Ok(FolderExport { folder: folder.to_owned(), writer: ExportWriter::new(BufWriter::new(file)) })
    }

    /// Writes the next payload; gives its index.
    pub fn push(&mut self, payload: &[u8]) -> Result<u64, ExportError> {
        self.writer.push(payload)
    }

    /// Signs what was written, and gives the checkpoint's text.
    pub fn finish(self, key: &SigningKey) -> Result<String, ExportError> {
        let checkpoint = key.checkpoint(self.writer.size(), self.writer.root());
        let path = partial(&self.folder);
        let file = self.writer.finish()?.into_inner().map_err(|error| at(&path)(error.into_error()))?;
        file.sync_all().map_err(at(&path))?;
        let log = self.folder.join(LOG_FILE);
        std::fs::rename(&path, &log).map_err(at(&log))?;
        write(&self.folder.join(CHECKPOINT_FILE), &checkpoint)?;
        write(&self.folder.join(KEY_FILE), &format!("{}\n", key.verifying_key()))?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(at(&self.folder))?;
        Ok(checkpoint)
    }
}

fn partial(folder: &Path) -> PathBuf {
    folder.join(format!("{LOG_FILE}.partial"))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::File { path, source }
}

fn write(path: &Path, text: &str) -> Result<(), ExportError> {
    let whole = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    whole().map_err(at(path))
}
