//! The manifest of an export: what was exported, and the hash of every file that no tree proves, signed with the log's
//! key (a signed note whose first line no checkpoint can have).

use crate::checkpoint::signed_text;
use crate::{CheckpointError, SigningKey, VerifyingKey};
use claim::Sha256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const FIRST_LINE: &str = "kofu-export/v1";

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The log's name.
    pub(crate) origin: String,
    /// How many entries the log had, which is the size of the checkpoint.
    pub(crate) size: u64,
    /// Which of them were exported; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) selection: Option<Selection>,
    /// The files that are covered by their hashes.
    pub(crate) files: Vec<ListedFile>,
}

/// By what entries were selected, and how many they are. That none was left out rests on the signature, not on the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Of claims under this programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// Of claims of the facility with this institution code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// Written at this instant or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Written before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How many entries that gave.
    pub entries: u64,
}

/// A file by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListedFile {
    /// Its name in the export's folder.
    pub(crate) name: String,
    /// How many bytes it has.
    pub(crate) bytes: u64,
    /// Their hash.
    pub(crate) sha256: Sha256,
}

impl Manifest {
    /// The manifest as it is written.
    pub(crate) fn sign(&self, key: &SigningKey) -> String {
        // Text keys and no floats: serialising cannot fail.
        let json = serde_json::to_string(self).expect("a manifest always has a JSON form");
        key.note(&format!("{FIRST_LINE}\n{json}\n"))
    }

    /// Reads a manifest that `key` signed.
    pub(crate) fn open(text: &str, key: &VerifyingKey) -> Result<Manifest, CheckpointError> {
        let (body, signatures) = signed_text(text, key)?;
        let wrong = |what| CheckpointError::Note { what };
        if signatures != 1 {
            return Err(wrong("a manifest has one signature"));
        }
        let json = body.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix('\n'));
        let manifest: Manifest = json
            .and_then(|json| serde_json::from_str(json).ok())
            .ok_or_else(|| wrong("it is signed, but not the manifest of an export"))?;
        if manifest.origin != key.name() {
            return Err(CheckpointError::Origin { found: manifest.origin, expected: key.name().to_owned() });
        }
        Ok(manifest)
    }
}
