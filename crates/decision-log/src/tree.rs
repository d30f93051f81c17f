//! The Merkle tree of RFC 6962 over the payloads, by `tlog_tiles`: roots, and proofs that an entry is in it or that one
//! tree goes on where an earlier one stopped.

use claim::Sha256;
use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash, HashReader};

/// The leaf of a payload: SHA-256 of a zero byte and the payload.
pub fn leaf_hash(payload: &[u8]) -> Sha256 {
    Sha256(tlog_tiles::record_hash(payload).0)
}

fn hash(sha256: Sha256) -> Hash {
    Hash(sha256.0)
}

/// The right edge of a tree: all that its root needs and all that appending needs, one hash for each bit of its size.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees from left to right; their sizes are the bits of `size`.
    complete: Vec<Hash>,
}

impl Frontier {
    /// Of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a payload; gives its index.
    pub fn append(&mut self, payload: &[u8]) -> u64 {
        self.append_leaf(leaf_hash(payload))
    }

    /// Adds a leaf; gives its index.
    pub fn append_leaf(&mut self, leaf: Sha256) -> u64 {
        let index = self.size;
        let mut node = hash(leaf);
        // Each trailing 1 bit of the size is a complete subtree that this leaf makes twice as large.
        for _ in 0..index.trailing_ones() {
            if let Some(left) = self.complete.pop() {
                node = tlog_tiles::node_hash(left, node);
            }
        }
        self.complete.push(node);
        self.size += 1;
        index
    }

    /// The tree's root; of the empty tree, the SHA-256 of nothing.
    pub fn root(&self) -> Sha256 {
        let root = self.complete.iter().rev().copied().reduce(|right, left| tlog_tiles::node_hash(left, right));
        Sha256(root.unwrap_or(tlog_tiles::EMPTY_HASH).0)
    }
}

/// A whole tree in memory (64 bytes an entry), which can prove.
#[derive(Clone, Default)]
pub struct Tree {
    size: u64,
    stored: Stored,
}

/// The hashes of all complete subtrees, in the order of `tlog_tiles::stored_hash_index`.
#[derive(Clone, Default)]
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let one = |index: &u64| usize::try_from(*index).ok().and_then(|index| self.0.get(index)).copied();
        indexes.iter().map(|index| one(index).ok_or(tlog_tiles::Error::IndexesNotInTree)).collect()
    }
}

impl Tree {
    /// The empty tree.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// The tree over `payloads`.
    pub fn from_payloads<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>) -> Tree {
        let mut tree = Tree::new();
        for payload in payloads {
            tree.append(payload.as_ref());
        }
        tree
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a payload; gives its index.
    pub fn append(&mut self, payload: &[u8]) -> u64 {
        self.append_leaf(leaf_hash(payload))
    }

    /// Adds a leaf; gives its index.
    pub fn append_leaf(&mut self, leaf: Sha256) -> u64 {
        let index = self.size;
        let new = tlog_tiles::stored_hashes_for_record_hash(index, hash(leaf), &self.stored);
        // Every hash that is asked for belongs to an earlier leaf, and those are all stored.
        self.stored.0.extend(new.expect("the hashes of earlier leaves are stored"));
        self.size += 1;
        index
    }

    /// The root.
    pub fn root(&self) -> Sha256 {
        let root = tlog_tiles::tree_hash(self.size, &self.stored);
        Sha256(root.expect("the hashes of all leaves are stored").0)
    }

    /// The root that the tree had when it had `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Sha256, ProofError> {
        self.within(size)?;
        let root = tlog_tiles::tree_hash(size, &self.stored);
        Ok(Sha256(root.expect("the hashes of all leaves are stored").0))
    }

    /// The proof that the entry of `index` is in this tree.
    pub fn inclusion_proof(&self, index: u64) -> Result<InclusionProof, ProofError> {
        if index >= self.size {
            return Err(ProofError::NotInTree { index, size: self.size });
        }
        let hashes = tlog_tiles::prove_record(self.size, index, &self.stored);
        let hashes = hashes.expect("the index is in the tree, whose hashes are all stored");
        Ok(InclusionProof { index, size: self.size, hashes: outward(hashes) })
    }

    /// The proof that this tree begins with the tree of its first `earlier` entries.
    pub fn consistency_proof(&self, earlier: u64) -> Result<ConsistencyProof, ProofError> {
        self.within(earlier)?;
        let hashes = match earlier {
            // Every tree begins with the empty one; there is nothing to show.
            0 => Vec::new(),
            _ => tlog_tiles::prove_tree(self.size, earlier, &self.stored)
                .expect("the earlier size is in the tree, whose hashes are all stored"),
        };
        Ok(ConsistencyProof { earlier, size: self.size, hashes: outward(hashes) })
    }

    fn within(&self, earlier: u64) -> Result<(), ProofError> {
        if earlier > self.size {
            return Err(ProofError::LargerThanTree { earlier, size: self.size });
        }
        Ok(())
    }
}

fn outward(hashes: Vec<Hash>) -> Vec<Sha256> {
    hashes.into_iter().map(|hash| Sha256(hash.0)).collect()
}

fn inward(hashes: &[Sha256]) -> Vec<Hash> {
    hashes.iter().copied().map(hash).collect()
}

/// The proof that an entry is in a tree (RFC 6962 §2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The entry's index, from 0.
    pub index: u64,
    /// The tree's size.
    pub size: u64,
    /// The audit path, from the leaf up.
    pub hashes: Vec<Sha256>,
}

impl InclusionProof {
    /// Whether it proves `payload` in the tree with `root`.
    pub fn verify(&self, payload: &[u8], root: Sha256) -> Result<(), ProofError> {
        if self.index >= self.size {
            return Err(ProofError::NotInTree { index: self.index, size: self.size });
        }
        let leaf = tlog_tiles::record_hash(payload);
        tlog_tiles::check_record(&inward(&self.hashes), self.size, hash(root), self.index, leaf)
            .map_err(|_| ProofError::Inclusion { index: self.index, size: self.size, root })
    }
}

/// The proof that a tree begins with an earlier one (RFC 6962 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The earlier tree's size.
    pub earlier: u64,
    /// The tree's size.
    pub size: u64,
    /// The hashes of the proof.
    pub hashes: Vec<Sha256>,
}

impl ConsistencyProof {
    /// Whether it proves that the tree with `root` begins with that of `earlier_root`.
    pub fn verify(&self, earlier_root: Sha256, root: Sha256) -> Result<(), ProofError> {
        if self.earlier > self.size {
            return Err(ProofError::LargerThanTree { earlier: self.earlier, size: self.size });
        }
        let differs = ProofError::Consistency { earlier: self.earlier, size: self.size, root };
        if self.earlier == 0 {
            // RFC 6962 leaves this out: the empty tree has one root, and no hash can prove more.
            let empty = hash(earlier_root) == tlog_tiles::EMPTY_HASH;
            return if empty && self.hashes.is_empty() { Ok(()) } else { Err(differs) };
        }
        tlog_tiles::check_tree(&inward(&self.hashes), self.size, hash(root), self.earlier, hash(earlier_root))
            .map_err(|_| differs)
    }
}

/// Why there is no proof, or why one does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// An index beyond the tree.
    #[error("found entry {index}, expected one below the tree's size {size}")]
    NotInTree {
        /// The index.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// An earlier size beyond the tree.
    #[error("found an earlier size of {earlier}, expected at most the tree's size {size}")]
    LargerThanTree {
        /// The earlier size.
        earlier: u64,
        /// The tree's size.
        size: u64,
    },
    /// The path does not lead from the entry to the root.
    #[error(
        "the proof does not lead from entry {index} to the root {root} of the tree of {size} entries: the entry, the proof or the root was changed"
    )]
    Inclusion {
        /// The index.
        index: u64,
        /// The tree's size.
        size: u64,
        /// The root.
        root: Sha256,
    },
    /// The trees are not one history.
    #[error(
        "the tree of {size} entries with root {root} does not begin with the earlier tree of {earlier}: one of them, or the proof, was changed"
    )]
    Consistency {
        /// The earlier size.
        earlier: u64,
        /// The tree's size.
        size: u64,
        /// The root.
        root: Sha256,
    },
}
