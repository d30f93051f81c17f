//! The Merkle tree of RFC 6962 over the payloads, by `tlog_tiles`: its root, its hashes in tiles of 256
//! (c2sp.org/tlog-tiles), and proofs that an entry is in it or that one tree goes on where an earlier one stopped.
//!
//! A tile of level 0 holds the hashes of 256 entries, one of level 1 the roots of 256 full tiles below, and so on. A tile
//! that is full never changes; of those that are not there is one a level. So adding and proving take a handful of tiles
//! however long the log is.

use claim::Sha256;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tlog_tiles::{Hash, HashReader, Tile};

/// The leaf of a payload: SHA-256 of a zero byte and the payload.
pub fn leaf_hash(payload: &[u8]) -> Sha256 {
    Sha256(tlog_tiles::record_hash(payload).0)
}

fn hash(sha256: Sha256) -> Hash {
    Hash(sha256.0)
}

/// A tile has 2 to this power hashes; the layout knows no other.
const HEIGHT: u8 = 8;
/// How many hashes a full tile has.
const WIDTH: usize = 1 << HEIGHT;
/// The bytes of a hash.
const HASH_BYTES: usize = 32;

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    /// 0 for the hashes of entries.
    pub level: u8,
    /// Its place within the level.
    pub number: u64,
}

impl TileId {
    /// How many hashes it has in a tree of `size` entries; 0 where the tree does not reach it.
    pub fn width(self, size: u64) -> usize {
        let hashes = size.checked_shr(u32::from(HEIGHT) * u32::from(self.level)).unwrap_or(0);
        let before = self.number.saturating_mul(WIDTH as u64);
        usize::try_from(hashes.saturating_sub(before)).unwrap_or(WIDTH).min(WIDTH)
    }

    /// Where it lies with `width` hashes, as C2SP lays tiles out: `tile/0/x001/234.p/5`.
    pub fn path(self, width: usize) -> String {
        let mut number = format!("{:03}", self.number % 1000);
        let mut rest = self.number / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        let partial = if width < WIDTH { format!(".p/{width}") } else { String::new() };
        format!("tile/{}/{number}{partial}", self.level)
    }

    /// The first entry below it and the first after it.
    pub fn entries(self) -> (u64, u64) {
        let below = u32::from(HEIGHT) * (u32::from(self.level) + 1);
        let at = |number: u64| u64::try_from(u128::from(number) << below).unwrap_or(u64::MAX);
        (at(self.number), at(self.number.saturating_add(1)))
    }
}

/// The right edge of a tree: the tiles that are not full, which is all that its root needs and all that adding needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frontier {
    size: u64,
    /// The hashes of each level's last tile, from the entries up; fewer than 256 each.
    levels: Vec<Vec<u8>>,
}

impl Frontier {
    /// Of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The tiles that [`Frontier::resume`] asks for.
    pub fn tiles(size: u64) -> Vec<TileId> {
        let levels = (0..=u8::MAX).take_while(|level| size.checked_shr(u32::from(HEIGHT * level)).unwrap_or(0) > 0);
        levels
            .map(|level| TileId { level, number: (size >> (HEIGHT * level)) >> HEIGHT })
            .filter(|tile| tile.width(size) > 0)
            .collect()
    }

    /// Of a tree of `size` entries, by the tiles of its edge. A kept tile may have grown since; only its first hashes count.
    pub fn resume(size: u64, tiles: &BTreeMap<TileId, Vec<u8>>) -> Result<Frontier, ProofError> {
        let mut frontier = Frontier { size, levels: Vec::new() };
        for tile in Frontier::tiles(size) {
            let width = tile.width(size);
            let hashes = tiles.get(&tile).and_then(|hashes| hashes.get(..width * HASH_BYTES));
            let hashes = hashes.ok_or(ProofError::Tile { tile, width })?;
            frontier.levels.resize(usize::from(tile.level) + 1, Vec::new());
            frontier.levels[usize::from(tile.level)] = hashes.to_vec();
        }
        Ok(frontier)
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a payload; gives its index.
    pub fn append(&mut self, payload: &[u8]) -> u64 {
        self.append_leaf(leaf_hash(payload), |_, _| ())
    }

    /// Adds a leaf; gives its index. `full` gets each tile that this one makes full.
    pub fn append_leaf(&mut self, leaf: Sha256, mut full: impl FnMut(TileId, &[u8])) -> u64 {
        let index = self.size;
        let mut node = hash(leaf);
        for level in 0u8.. {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::with_capacity(WIDTH * HASH_BYTES));
            }
            let hashes = &mut self.levels[usize::from(level)];
            hashes.extend_from_slice(&node.0);
            if hashes.len() < WIDTH * HASH_BYTES {
                break;
            }
            full(TileId { level, number: index >> HEIGHT >> (HEIGHT * level) }, hashes);
            node = Tile::subtree_hash(hashes);
            hashes.clear();
        }
        self.size += 1;
        index
    }

    /// The tiles that are not full, with their hashes.
    pub fn partial(&self) -> impl Iterator<Item = (TileId, &[u8])> {
        let levels = (0u8..).zip(&self.levels).filter(|(_, hashes)| !hashes.is_empty());
        levels.map(|(level, hashes)| {
            (TileId { level, number: self.size >> HEIGHT >> (HEIGHT * level) }, hashes.as_slice())
        })
    }

    /// The tree's root; of the empty tree, the SHA-256 of nothing.
    pub fn root(&self) -> Sha256 {
        let mut root: Option<Hash> = None;
        for hashes in &self.levels {
            // The complete subtrees of a tile, from the last and smallest to the first and largest.
            let (mut end, mut width) = (hashes.len(), hashes.len() / HASH_BYTES);
            while width > 0 {
                let count = 1 << width.trailing_zeros();
                let begin = end - count * HASH_BYTES;
                let left = Tile::subtree_hash(&hashes[begin..end]);
                root = Some(root.map_or(left, |right| tlog_tiles::node_hash(left, right)));
                (end, width) = (begin, width - count);
            }
        }
        Sha256(root.unwrap_or(tlog_tiles::EMPTY_HASH).0)
    }
}

/// A tree by those of its tiles that are held. What it proves is as true as they are: whoever gets a proof checks it
/// against a root.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    tiles: BTreeMap<TileId, Vec<u8>>,
}

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let one = |index: &u64| {
            let needed = Tile::from_index(HEIGHT, *index);
            let hashes = self.tiles.get(&TileId { level: needed.level(), number: needed.level_index() });
            needed.hash_at_index(hashes.ok_or(tlog_tiles::Error::IndexesNotInTree)?, *index)
        };
        indexes.iter().map(one).collect()
    }
}

/// Takes down which tiles are asked for, and answers with nothing that counts.
struct Asked(RefCell<BTreeSet<TileId>>);

impl Asked {
    fn by(ask: impl FnOnce(&Asked) -> Result<(), tlog_tiles::Error>) -> BTreeSet<TileId> {
        let asked = Asked(RefCell::default());
        // It answers every question, so that nothing can fail.
        ask(&asked).expect("hashes were given");
        asked.0.into_inner()
    }
}

impl HashReader for Asked {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        self.0.borrow_mut().extend(indexes.iter().map(|index| {
            let tile = Tile::from_index(HEIGHT, *index);
            TileId { level: tile.level(), number: tile.level_index() }
        }));
        Ok(vec![tlog_tiles::EMPTY_HASH; indexes.len()])
    }
}

impl Tree {
    /// A tree of `size` entries of which no tile is held yet.
    pub fn new(size: u64) -> Tree {
        Tree { size, tiles: BTreeMap::new() }
    }

    /// The whole tree over `payloads`.
    pub fn from_payloads<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>) -> Tree {
        let (mut frontier, mut tiles) = (Frontier::new(), BTreeMap::new());
        for payload in payloads {
            frontier.append_leaf(leaf_hash(payload.as_ref()), |tile, hashes| {
                tiles.insert(tile, hashes.to_vec());
            });
        }
        tiles.extend(frontier.partial().map(|(tile, hashes)| (tile, hashes.to_vec())));
        Tree { size: frontier.size(), tiles }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes a tile. One that has grown since the tree had this size is cut.
    pub fn hold(&mut self, tile: TileId, mut hashes: Vec<u8>) -> Result<(), ProofError> {
        let width = tile.width(self.size);
        if hashes.len() < width * HASH_BYTES {
            return Err(ProofError::Tile { tile, width });
        }
        hashes.truncate(width * HASH_BYTES);
        self.tiles.insert(tile, hashes);
        Ok(())
    }

    /// Lets go of the tiles that hold hashes of entries before `index`: of use where proofs go forward.
    pub fn release_before(&mut self, index: u64) {
        let keep = index >> HEIGHT;
        let edge = self.size >> HEIGHT;
        self.tiles.retain(|tile, _| tile.level > 0 || tile.number >= keep || tile.number == edge);
    }

    /// Which tiles that are not held the root of the first `size` entries takes.
    pub fn lacking_for_root(&self, size: u64) -> Result<Vec<TileId>, ProofError> {
        self.within(size)?;
        Ok(self.lacking(Asked::by(|asked| tlog_tiles::tree_hash(size, asked).map(drop))))
    }

    /// Which tiles that are not held the proof of an entry takes.
    pub fn lacking_for_inclusion(&self, index: u64) -> Result<Vec<TileId>, ProofError> {
        self.contains(index)?;
        let mut asked = Asked::by(|asked| tlog_tiles::prove_record(self.size, index, asked).map(drop));
        asked.insert(TileId { level: 0, number: index >> HEIGHT });
        Ok(self.lacking(asked))
    }

    /// Which tiles that are not held the proof from an earlier size takes.
    pub fn lacking_for_consistency(&self, earlier: u64) -> Result<Vec<TileId>, ProofError> {
        self.within(earlier)?;
        if earlier == 0 {
            return Ok(Vec::new());
        }
        Ok(self.lacking(Asked::by(|asked| tlog_tiles::prove_tree(self.size, earlier, asked).map(drop))))
    }

    fn lacking(&self, asked: BTreeSet<TileId>) -> Vec<TileId> {
        asked.into_iter().filter(|tile| !self.tiles.contains_key(tile)).collect()
    }

    /// The leaf of an entry.
    pub fn leaf(&self, index: u64) -> Result<Sha256, ProofError> {
        self.contains(index)?;
        let hashes = self.read_hashes(&[tlog_tiles::stored_hash_index(0, index)]).map_err(|_| ProofError::Lacking)?;
        Ok(Sha256(hashes[0].0))
    }

    /// The root.
    pub fn root(&self) -> Result<Sha256, ProofError> {
        self.root_at(self.size)
    }

    /// The root that the tree had when it had `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Sha256, ProofError> {
        self.within(size)?;
        let root = tlog_tiles::tree_hash(size, self).map_err(|_| ProofError::Lacking)?;
        Ok(Sha256(root.0))
    }

    /// The proof that the entry of `index` is in this tree.
    pub fn inclusion_proof(&self, index: u64) -> Result<InclusionProof, ProofError> {
        self.contains(index)?;
        let hashes = tlog_tiles::prove_record(self.size, index, self).map_err(|_| ProofError::Lacking)?;
        Ok(InclusionProof { index, size: self.size, hashes: outward(hashes) })
    }

    /// The proof that this tree begins with the tree of its first `earlier` entries.
    pub fn consistency_proof(&self, earlier: u64) -> Result<ConsistencyProof, ProofError> {
        self.within(earlier)?;
        let hashes = match earlier {
            // Every tree begins with the empty one; there is nothing to show.
            0 => Vec::new(),
            _ => tlog_tiles::prove_tree(self.size, earlier, self).map_err(|_| ProofError::Lacking)?,
        };
        Ok(ConsistencyProof { earlier, size: self.size, hashes: outward(hashes) })
    }

    fn contains(&self, index: u64) -> Result<(), ProofError> {
        if index >= self.size {
            return Err(ProofError::NotInTree { index, size: self.size });
        }
        Ok(())
    }

    fn within(&self, earlier: u64) -> Result<(), ProofError> {
        if earlier > self.size {
            return Err(ProofError::LargerThanTree { earlier, size: self.size });
        }
        Ok(())
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path(WIDTH))
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
    /// A tile is not there, or has fewer hashes than the tree's size says.
    #[error(
        "the tile {tile} of the decision log has not the {width} hashes that belong there: restore the store from a backup"
    )]
    Tile {
        /// Which.
        tile: TileId,
        /// How many hashes it should have.
        width: usize,
    },
    /// A tile that was not asked for beforehand is needed.
    #[error("a tile of the tree is not at hand")]
    Lacking,
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
