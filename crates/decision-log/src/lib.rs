//! The append-only decision log: Merkle tree, signed checkpoints, exports, verification.
