//! Checkpoints: a log's name, size and root, signed, as text that anybody can keep (c2sp.org/tlog-checkpoint in a
//! c2sp.org/signed-note).
//!
//! ```text
//! fund.example/decision-log
//! 3
//! rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8ynga3c=
//!
//! — fund.example/decision-log Az3grl…
//! ```

use crate::{SigningKey, VerifyingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claim::{Lang, Sha256};

/// Witnesses may have signed too; more lines than this are not a checkpoint.
const MAX_SIGNATURES: usize = 100;

/// A checkpoint whose signature has been verified: there is no other way to have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Sha256,
}

/// Why a text is not a checkpoint by the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note.
    #[error("not a signed note: {what}; get the checkpoint again")]
    Note {
        /// What is wrong.
        what: &'static str,
    },
    /// No signature by the key.
    #[error("found signatures by {}, expected one by {expected}: another key signed it, or its signature line was changed", found.join(", "))]
    NotSigned {
        /// Name and hash of the keys that signed.
        found: Vec<String>,
        /// Name and hash of the key.
        expected: String,
    },
    /// A signature that does not hold.
    #[error("the signature by {by} does not hold: the checkpoint was changed after it was signed")]
    Signature {
        /// Name and hash of the key.
        by: String,
    },
    /// Signed, but not name, size and root.
    #[error("signed, but not a checkpoint: expected the log's name, its size and its root on three lines")]
    Body,
    /// Of another log.
    #[error("found a checkpoint of the log {found:?}, expected {expected:?}")]
    Origin {
        /// The log's name in the checkpoint.
        found: String,
        /// The key's name.
        expected: String,
    },
}

impl CheckpointError {
    /// What is wrong and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (_, Lang::En) => self.to_string(),
            (CheckpointError::Note { .. }, Lang::Ja) => {
                "署名付きの文書の形式ではありません。もう一度入手してください。".to_owned()
            }
            (CheckpointError::NotSigned { found, expected }, Lang::Ja) => format!(
                "{} の署名があり、{expected} の署名がありません。別の鍵で署名されたか、署名の行が変更されています。",
                found.join("、")
            ),
            (CheckpointError::Signature { by }, Lang::Ja) => {
                format!("{by} の署名が内容と一致しません。署名の後に変更されています。")
            }
            (CheckpointError::Body, Lang::Ja) => {
                "署名はありますが、チェックポイント（記録の名称・件数・ルートハッシュの3行）ではありません。".to_owned()
            }
            (CheckpointError::Origin { found, expected }, Lang::Ja) => {
                format!("別の記録「{found}」のチェックポイントです（あるべき名称: 「{expected}」）。")
            }
        }
    }
}

fn identity(name: &str, hash: &[u8]) -> String {
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}+{digits}")
}

impl SigningKey {
    /// The signed checkpoint of the log called as this key, at `size` entries with `root`.
    pub fn checkpoint(&self, size: u64, root: Sha256) -> String {
        self.note(&format!("{}\n{size}\n{}\n", self.name(), STANDARD.encode(root.0)))
    }

    /// The signed note of a text of whole lines.
    pub(crate) fn note(&self, text: &str) -> String {
        let signature = STANDARD.encode(self.sign_note(text));
        format!("{text}\n\u{2014} {} {signature}\n", self.name())
    }
}

impl Checkpoint {
    /// Reads a signed checkpoint of the log that `key` belongs to. Signatures by other keys (witnesses) are let pass and
    /// not looked at.
    pub fn open(text: &str, key: &VerifyingKey) -> Result<Checkpoint, CheckpointError> {
        let (body, _) = signed_text(text, key)?;
        let checkpoint = tlog_tiles::Checkpoint::from_bytes(body.as_bytes()).map_err(|_| CheckpointError::Body)?;
        if checkpoint.origin() != key.name() {
            return Err(CheckpointError::Origin {
                found: checkpoint.origin().to_owned(),
                expected: key.name().to_owned(),
            });
        }
        Ok(Checkpoint {
            origin: checkpoint.origin().to_owned(),
            size: checkpoint.size(),
            root: Sha256(checkpoint.hash().0),
        })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries it covers.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    pub fn root(&self) -> Sha256 {
        self.root
    }
}

/// The text of a note, once `key`'s signature of it has been verified, and how many signatures there are.
pub(crate) fn signed_text<'a>(note: &'a str, key: &VerifyingKey) -> Result<(&'a str, usize), CheckpointError> {
    let wrong = |what| CheckpointError::Note { what };
    if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
        return Err(wrong("it has control characters"));
    }
    let split = note.rfind("\n\n").ok_or_else(|| wrong("no empty line stands before the signatures"))?;
    let (text, signatures) = (&note[..=split], &note[split + 2..]);
    let signatures = signatures.strip_suffix('\n').ok_or_else(|| wrong("its last line has no end"))?;
    let mut found = Vec::new();
    let mut verified = false;
    for line in signatures.split('\n') {
        if found.len() == MAX_SIGNATURES {
            return Err(wrong("it has more than 100 signatures"));
        }
        let line =
            line.strip_prefix("\u{2014} ").ok_or_else(|| wrong("a signature line does not begin with a dash"))?;
        let (name, bytes) = line.split_once(' ').ok_or_else(|| wrong("a signature line has no key name"))?;
        let bytes = STANDARD.decode(bytes).map_err(|_| wrong("a signature is not base64"))?;
        let Some((hash, signature)) = bytes.split_at_checked(4) else {
            return Err(wrong("a signature is too short"));
        };
        if name == key.name() && hash == key.hash() && !verified {
            // The first one of the key decides, as in Go's note package.
            if !key.verifies(text, signature) {
                return Err(CheckpointError::Signature { by: identity(name, hash) });
            }
            verified = true;
        }
        found.push(identity(name, hash));
    }
    if verified {
        Ok((text, found.len()))
    } else {
        Err(CheckpointError::NotSigned { found, expected: identity(key.name(), &key.hash()) })
    }
}
