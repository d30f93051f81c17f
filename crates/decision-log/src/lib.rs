//! The decision log (決定記録): an append-only record of everything that was done with claims and money, built so that a
//! change to any entry can be proved by somebody who trusts nobody here.
//!
//! - [`Entry`] is one record; [`Entry::commit`] gives its exact bytes (its *payload*), which are stored and hashed as they
//!   are and never written anew, and the personal data that they only commit to.
//! - [`Frontier`] and [`Tree`] are the RFC 6962 Merkle tree over the payloads, in tiles: what adding and the root need, and
//!   what proofs need.
//! - [`SigningKey::checkpoint`] signs size and root as a C2SP checkpoint; [`Checkpoint::open`] reads one.
//! - [`FolderExport`] writes what an auditor carries away; [`verify`] and [`verify_folder`] prove it, in constant memory.
//!
//! # What a proof says, and what it does not
//! An export that verifies holds, byte for byte, the entries that the key's owner signed. Each changed byte is found and
//! placed; entries that were exchanged, left out, repeated, or taken off the end are named.
//!
//! Who has the key can still sign another history. With an earlier checkpoint in hand, from a place that the owner cannot
//! reach, that shows: whatever was written anew before it, taken away, or forked from it. So checkpoints have to leave the
//! machine, and the verifier key has to come from elsewhere than the export. Not found, with or without one:
//!
//! - without an earlier checkpoint, a history written anew as a whole and signed again, and two histories that are shown
//!   to two auditors who never compare their checkpoints;
//! - what was changed after the last checkpoint that anybody has kept, and an entry that was changed between its
//!   transaction and the signature that follows within seconds;
//! - that an entry says what did not happen, or that something was done past kofu and not logged;
//! - of a selection, that an entry was left out that belongs to it: the count and the criteria are the signer's word;
//! - that personal data was left out of an export: of what is there each text is what its commitment says, and the
//!   commitment stands in the entry.
//!
//! Pure apart from the files of [`FolderExport`] and [`verify_folder`]: no clock, no randomness, no database.

pub mod audit;
mod checkpoint;
mod entry;
mod export;
mod key;
mod manifest;
mod personal;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{
    AdjustedField, AssessedClaim, BatchPayment, Entry, EntryError, Event, PreparedBatch, ReadDocument, ReceivedResults,
    SubmittedClaim, SubmittedDocument,
};
pub use export::{
    CHECKPOINT_FILE, CONSISTENCY_FILE, CSV_FILE, ExportError, FolderExport, KEY_FILE, LOG_FILE, MANIFEST_FILE,
    MAX_PAYLOAD_BYTES, PERSONAL_FILE, SELECTED_FILE, XLSX_FILE,
};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use manifest::Selection;
pub use personal::{commitment, committed};
pub use tree::{ConsistencyProof, Frontier, InclusionProof, ProofError, TileId, Tree, leaf_hash};
pub use verify::{Difference, Differences, Verified, VerifyError, verify, verify_folder};
