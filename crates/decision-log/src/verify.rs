//! Verification of an export: every payload hashed again, the root worked out again and compared with what was signed.
//!
//! One pass over the lines, in the memory of the longest one. All differences are given, the first hundred by name; a
//! difference in one line does not hide those after it.

use crate::export::{AFTER_PAYLOAD, BEFORE_INDEX, BEFORE_LEAF, BEFORE_PAYLOAD};
use crate::{
    CHECKPOINT_FILE, Checkpoint, CheckpointError, Frontier, KEY_FILE, KeyError, LOG_FILE, MAX_PAYLOAD_BYTES,
    VerifyingKey, leaf_hash,
};
use claim::{Lang, Sha256};
use serde::de::IgnoredAny;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// How many differences are kept by name; the rest are counted.
const MAX_NAMED: usize = 100;
/// A line without its payload: the index has at most 20 digits.
const MAX_FRAME_BYTES: usize = 256;
/// Checkpoints and keys are a few lines.
const MAX_SMALL_FILE_BYTES: u64 = 1 << 16;

/// An export that is what was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Sha256,
    /// How many of them an earlier checkpoint covers too, where one was given.
    pub earlier_size: Option<u64>,
}

/// Why an export is not proved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file could not be read.
    #[error("{path} could not be read")]
    Read {
        /// The file, or `the log` where it is no file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key's file is not a key.
    #[error("{path}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The export's key is not the one that was expected.
    #[error(
        "{path}: found the key {found}, expected {expected}: the export was signed by somebody else, or its key was changed"
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The export's key.
        found: String,
        /// The key that was given.
        expected: String,
    },
    /// A checkpoint is not one by the key.
    #[error("{path}")]
    Checkpoint {
        /// The file, or which checkpoint it is.
        path: PathBuf,
        /// Why.
        source: CheckpointError,
    },
    /// The entries are not those that were signed.
    #[error(transparent)]
    Differs(#[from] Differences),
}

/// How an export differs from what was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines())]
pub struct Differences {
    /// The first hundred, in the order of the file.
    pub named: Vec<Difference>,
    /// How many more there are.
    pub more: u64,
}

impl Differences {
    fn lines(&self) -> String {
        let mut lines: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        if self.more > 0 {
            lines.push(format!("and {} more", self.more));
        }
        lines.join("\n")
    }
}

macro_rules! differences {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? } ja: $ja:literal en: $en:literal)*) => {
        /// One difference. `line` counts the lines of the log's file from 1, entries count from 0.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Difference { $($(#[$doc])* $name { $($(#[$field_doc])* $field: $type),* },)* }

        impl Difference {
            /// What was found and expected, as people of `lang` read it.
            pub fn message(&self, lang: Lang) -> String {
                match (self, lang) {
                    $((Difference::$name { $($field),* }, Lang::Ja) => format!($ja),
                      (Difference::$name { $($field),* }, Lang::En) => format!($en),)*
                }
            }
        }
    };
}

differences! {
    /// A line that is not in the form of an export.
    Form {
        /// Where.
        line: u64,
        /// The entry that belongs there.
        index: u64,
        /// The byte of the line from which on it is not, from 1.
        byte: usize,
        /// What stands in the form there.
        expected: &'static str,
    }
    ja: "{line}行目（記録 {index}）: {byte}バイト目からの形式が異なります（あるべきもの: {expected}）。"
    en: "line {line} (entry {index}): not in the form of an export from byte {byte} on, expected {expected}"
    /// A line with another entry's index: exchanged, left out or repeated.
    Index {
        /// Where.
        line: u64,
        /// The index on the line.
        found: u64,
        /// The index that belongs there.
        expected: u64,
    }
    ja: "{line}行目: 記録番号が {found} です（あるべき番号: {expected}）。記録の入替え、欠落又は重複があります。"
    en: "line {line}: found entry {found}, expected entry {expected}: entries were exchanged, left out or repeated"
    /// A payload whose hash is not the leaf beside it.
    Payload {
        /// Where.
        line: u64,
        /// The entry.
        index: u64,
        /// The payload's leaf.
        found: Sha256,
        /// The leaf on the line.
        expected: Sha256,
    }
    ja: "{line}行目: 記録 {index} の内容が変更されています（内容のハッシュ値 {found}、記載 {expected}）。"
    en: "line {line}: entry {index} was changed: its payload hashes to {found}, the line says {expected}"
    /// Entries beyond those that were signed.
    BeyondCheckpoint {
        /// Where the first of them is.
        line: u64,
        /// The signed size.
        expected: u64,
    }
    ja: "{line}行目以降: 署名された件数（{expected}件）を超える記録があります。"
    en: "from line {line} on: entries beyond the {expected} that were signed"
    /// The end is missing.
    TailMissing {
        /// How many entries there are.
        found: u64,
        /// The signed size.
        expected: u64,
    }
    ja: "記録が {found}件しかありません（署名された件数: {expected}件）。末尾が失われています。"
    en: "found {found} entries, expected the {expected} that were signed: the end is missing"
    /// The entries hold together but are not those that were signed.
    Root {
        /// The root of the entries.
        found: Sha256,
        /// The signed root.
        expected: Sha256,
        /// Entries before this one are proved by the earlier checkpoint, if one was given; else 0.
        unchanged_before: u64,
    }
    ja: "ルートハッシュが {found} です（署名された値: {expected}）。記録 {unchanged_before} 以降のいずれかが、ハッシュ値とともに差し替えられています。別に保管された写しと比べてください。"
    en: "found the root {found}, expected {expected}: an entry from {unchanged_before} on was replaced together with its hash; compare with a copy kept elsewhere"
    /// The history is not the one that the earlier checkpoint signed.
    EarlierRoot {
        /// How many entries the earlier checkpoint covers.
        size: u64,
        /// Their root now.
        found: Sha256,
        /// Their root as it was signed.
        expected: Sha256,
    }
    ja: "最初の {size}件のルートハッシュが {found} です（以前の署名: {expected}）。以前に署名された記録が、後から書き換えられています。"
    en: "the first {size} entries have the root {found}, an earlier checkpoint signed {expected}: history was written anew"
    /// The log is shorter than it was.
    EarlierLarger {
        /// The signed size.
        found: u64,
        /// The size that was signed earlier.
        earlier: u64,
    }
    ja: "署名された件数（{found}件）が、以前の署名の件数（{earlier}件）より少なくなっています。記録が取り除かれています。"
    en: "{found} entries were signed, an earlier checkpoint signed {earlier}: entries were taken away"
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

/// Proves that the lines of `log` are exactly the entries of `checkpoint`, and that they begin with those of `earlier`.
///
/// `earlier` is a checkpoint of the same log that was kept elsewhere; without one, a history that was written anew and
/// signed again by the key's owner cannot be told from the true one.
pub fn verify(
    log: impl BufRead,
    checkpoint: &Checkpoint,
    earlier: Option<&Checkpoint>,
) -> Result<Verified, VerifyError> {
    verify_lines(log, checkpoint, earlier, Path::new("the log"))
}

/// [`verify`] of a folder as [`FolderExport`](crate::FolderExport) writes it.
///
/// `key` is the log's verifier key from elsewhere, and `earlier` the text of an earlier checkpoint. Without `key`, the
/// folder's own is taken: that proves that the folder is whole, not who signed it.
pub fn verify_folder(
    folder: &Path,
    key: Option<&VerifyingKey>,
    earlier: Option<&str>,
) -> Result<Verified, VerifyError> {
    let key_path = folder.join(KEY_FILE);
    let own: VerifyingKey =
        small_file(&key_path)?.parse().map_err(|source| VerifyError::Key { path: key_path.clone(), source })?;
    if let Some(key) = key
        && *key != own
    {
        return Err(VerifyError::OtherKey { path: key_path, found: own.to_string(), expected: key.to_string() });
    }
    let open = |path: PathBuf, text: &str| {
        Checkpoint::open(text, &own).map_err(|source| VerifyError::Checkpoint { path, source })
    };
    let path = folder.join(CHECKPOINT_FILE);
    let text = small_file(&path)?;
    let checkpoint = open(path, &text)?;
    let earlier = earlier.map(|text| open(PathBuf::from("the earlier checkpoint"), text)).transpose()?;
    let path = folder.join(LOG_FILE);
    let file = File::open(&path).map_err(|source| VerifyError::Read { path: path.clone(), source })?;
    verify_lines(BufReader::with_capacity(1 << 17, file), &checkpoint, earlier.as_ref(), &path)
}

fn small_file(path: &Path) -> Result<String, VerifyError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_SMALL_FILE_BYTES).read_to_string(&mut text))
        .map_err(|source| VerifyError::Read { path: path.to_owned(), source })?;
    Ok(text)
}

/// What one line says.
struct Line<'a> {
    index: u64,
    leaf: Sha256,
    payload: &'a [u8],
}

fn verify_lines(
    mut log: impl BufRead,
    checkpoint: &Checkpoint,
    earlier: Option<&Checkpoint>,
    path: &Path,
) -> Result<Verified, VerifyError> {
    let mut pass = Pass::new(checkpoint, earlier);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // One byte more than a line may have, so that a longer one is seen to be longer.
        let limit = (MAX_PAYLOAD_BYTES + MAX_FRAME_BYTES + 1) as u64;
        let read = log
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| VerifyError::Read { path: path.to_owned(), source })?;
        if read == 0 {
            return Ok(pass.end()?);
        }
        if read as u64 == limit {
            // What follows is the rest of this line and nothing to be compared.
            let (line, index, byte) = (pass.line + 1, pass.next, bytes.len());
            pass.differs(Difference::Form { line, index, byte, expected: "the end of the line" });
            return Ok(pass.end()?);
        }
        pass.line(&bytes);
    }
}

/// The state of one pass over an export.
struct Pass<'a> {
    checkpoint: &'a Checkpoint,
    earlier: Option<&'a Checkpoint>,
    /// Over the payloads as they are, as long as nothing has differed.
    frontier: Frontier,
    /// Lines seen.
    line: u64,
    /// The index of the next line: by counting on, or from the last line whose index was another one.
    next: u64,
    next_by_line: Option<u64>,
    beyond: bool,
    found: Differences,
}

impl<'a> Pass<'a> {
    fn new(checkpoint: &'a Checkpoint, earlier: Option<&'a Checkpoint>) -> Pass<'a> {
        let mut pass = Pass {
            checkpoint,
            earlier,
            frontier: Frontier::new(),
            line: 0,
            next: 0,
            next_by_line: None,
            beyond: false,
            found: Differences { named: Vec::new(), more: 0 },
        };
        match earlier {
            Some(earlier) if earlier.size() > checkpoint.size() => {
                pass.differs(Difference::EarlierLarger { found: checkpoint.size(), earlier: earlier.size() });
            }
            _ => pass.compare_with_earlier(),
        }
        pass
    }

    fn differs(&mut self, difference: Difference) {
        if self.found.named.len() < MAX_NAMED {
            self.found.named.push(difference);
        } else {
            self.found.more += 1;
        }
    }

    fn sound(&self) -> bool {
        self.found.named.is_empty()
    }

    fn line(&mut self, bytes: &[u8]) {
        self.line += 1;
        let line = self.line;
        if self.next >= self.checkpoint.size() && !self.beyond {
            self.beyond = true;
            self.differs(Difference::BeyondCheckpoint { line, expected: self.checkpoint.size() });
        }
        match parse(bytes) {
            Err((byte, expected)) => {
                self.differs(Difference::Form { line, index: self.next, byte, expected });
                self.next = self.next.saturating_add(1);
                self.next_by_line = None;
            }
            Ok(parsed) => {
                self.index(parsed.index);
                let leaf = leaf_hash(parsed.payload);
                if leaf != parsed.leaf {
                    let (index, found, expected) = (parsed.index, leaf, parsed.leaf);
                    self.differs(Difference::Payload { line, index, found, expected });
                }
                if self.sound() {
                    self.frontier.append_leaf(leaf);
                    self.compare_with_earlier();
                }
            }
        }
    }

    /// Takes note of a line's index. After one that did not belong there, the next may go on by counting or from it, so
    /// that one exchanged, missing or repeated line is not said again at every line after it.
    fn index(&mut self, index: u64) {
        if index != self.next && self.next_by_line != Some(index) {
            self.differs(Difference::Index { line: self.line, found: index, expected: self.next });
            self.next_by_line = index.checked_add(1);
            self.next = self.next.saturating_add(1);
        } else {
            self.next = index.saturating_add(1);
            self.next_by_line = None;
        }
    }

    fn compare_with_earlier(&mut self) {
        let Some(earlier) = self.earlier.filter(|earlier| earlier.size() == self.frontier.size()) else { return };
        let (found, expected) = (self.frontier.root(), earlier.root());
        if found != expected {
            self.differs(Difference::EarlierRoot { size: earlier.size(), found, expected });
        }
    }

    fn end(mut self) -> Result<Verified, Differences> {
        let expected = self.checkpoint.size();
        if self.next < expected {
            self.differs(Difference::TailMissing { found: self.next, expected });
        }
        let (size, root) = (self.frontier.size(), self.frontier.root());
        // Where a line differed the root says nothing more.
        if self.sound() && root != self.checkpoint.root() {
            let unchanged_before = self.earlier.map_or(0, Checkpoint::size);
            self.differs(Difference::Root { found: root, expected: self.checkpoint.root(), unchanged_before });
        }
        if self.sound() {
            Ok(Verified { size, root, earlier_size: self.earlier.map(Checkpoint::size) })
        } else {
            Err(self.found)
        }
    }
}

/// Reads a line, which has exactly one form; else the byte (from 1) from which on it has not, and what the form has there.
fn parse(line: &[u8]) -> Result<Line<'_>, (usize, &'static str)> {
    let mut rest = line;
    let at = |rest: &[u8]| line.len() - rest.len() + 1;
    take(&mut rest, BEFORE_INDEX).ok_or_else(|| (at(rest), "{\"index\":"))?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, after) = rest.split_at(digits);
    let index = std::str::from_utf8(number)
        .ok()
        .filter(|number| *number == "0" || !number.starts_with('0'))
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| (at(rest), "a whole number"))?;
    rest = after;
    take(&mut rest, BEFORE_LEAF).ok_or_else(|| (at(rest), ",\"leaf\":\""))?;
    let (digits, after) = rest.split_at_checked(64).ok_or_else(|| (at(rest), "64 hexadecimal digits"))?;
    let leaf = leaf_from(digits).ok_or_else(|| (at(rest), "64 hexadecimal digits"))?;
    rest = after;
    take(&mut rest, BEFORE_PAYLOAD).ok_or_else(|| (at(rest), "\",\"payload\":"))?;
    let payload = rest
        .strip_suffix(b"\n")
        .and_then(|rest| rest.strip_suffix(AFTER_PAYLOAD.as_bytes()))
        .ok_or((line.len(), "} and the end of the line"))?;
    // One JSON value and nothing else: what a reader of JSON sees on this line is what was hashed.
    serde_json::from_slice::<IgnoredAny>(payload)
        .map_err(|error| (at(rest) + error.column().saturating_sub(1), "a payload in JSON"))?;
    Ok(Line { index, leaf, payload })
}

fn take(rest: &mut &[u8], text: &str) -> Option<()> {
    *rest = rest.strip_prefix(text.as_bytes())?;
    Some(())
}

fn leaf_from(digits: &[u8]) -> Option<Sha256> {
    let mut leaf = [0u8; 32];
    for (byte, pair) in leaf.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(Sha256(leaf))
}

/// Lower case only: an export has one form.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
