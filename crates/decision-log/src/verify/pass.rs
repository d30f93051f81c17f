//! The state of one pass over the entries: what follows from their order, their tree, and the checkpoints.

use super::difference::{Difference, Differences};
use super::lines::Seen;
use crate::{Checkpoint, Frontier, TileId};
use claim::Sha256;
use std::path::Path;

/// A pass over a whole log.
pub(super) struct Pass<'a> {
    checkpoint: &'a Checkpoint,
    earlier: Option<&'a Checkpoint>,
    /// The folder that has the tree's tiles, if there is one.
    tiles: Option<&'a Path>,
    /// Over the payloads as they are, as long as they are in order.
    frontier: Frontier,
    in_order: bool,
    /// Entries whose payload is not the leaf beside it.
    changed: Vec<u64>,
    /// Hashes of tiles that are not those of the entries: which tile, its width, which hash, what it is and should be.
    strange: Vec<(TileId, usize, usize, Sha256, Sha256)>,
    /// Lines seen.
    line: u64,
    order: Order,
    beyond: bool,
    found: Differences,
}

/// The order of indexes.
#[derive(Default)]
struct Order {
    /// The index of the next line: by counting on, or from the last line whose index was another one.
    next: u64,
    next_by_line: Option<u64>,
}

impl Order {
    /// Takes note of a line's index; the index that belonged there, if it was another. After such a one the next may go on
    /// by counting or from it, so that one exchanged, missing or repeated line is not said again at every line after it.
    fn step(&mut self, index: u64) -> Option<u64> {
        if index != self.next && self.next_by_line != Some(index) {
            let expected = self.next;
            self.next_by_line = index.checked_add(1);
            self.next = self.next.saturating_add(1);
            return Some(expected);
        }
        self.next = index.saturating_add(1);
        self.next_by_line = None;
        None
    }

    fn skip(&mut self) {
        self.next = self.next.saturating_add(1);
        self.next_by_line = None;
    }
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        checkpoint: &'a Checkpoint,
        earlier: Option<&'a Checkpoint>,
        tiles: Option<&'a Path>,
    ) -> Pass<'a> {
        let mut pass = Pass {
            checkpoint,
            earlier,
            tiles,
            frontier: Frontier::new(),
            in_order: true,
            changed: Vec::new(),
            strange: Vec::new(),
            line: 0,
            order: Order::default(),
            beyond: false,
            found: Differences::default(),
        };
        match earlier {
            Some(earlier) if earlier.size() > checkpoint.size() => {
                pass.found.push(Difference::EarlierLarger { found: checkpoint.size(), earlier: earlier.size() });
            }
            _ => pass.compare_with_earlier(),
        }
        pass
    }

    pub(super) fn line(&mut self, seen: &Seen) {
        self.line += 1;
        let line = self.line;
        if self.order.next >= self.checkpoint.size() && !self.beyond {
            self.beyond = true;
            self.in_order = false;
            self.found.push(Difference::BeyondCheckpoint { line, expected: self.checkpoint.size() });
        }
        match *seen {
            Seen::Form { byte, expected } => {
                self.in_order = false;
                self.found.push(Difference::Form { line, entry: self.order.next, byte, expected });
                self.order.skip();
            }
            // Only selections have proofs.
            Seen::Unproved { .. } => {}
            Seen::Entry { index, leaf, stated } => {
                if let Some(expected) = self.order.step(index) {
                    self.in_order = false;
                    self.found.push(Difference::Index { line, found: index, expected });
                }
                if leaf != stated {
                    self.found.push(Difference::Payload { line, entry: index, found: leaf, expected: stated });
                    if self.found.more == 0 {
                        self.changed.push(index);
                    }
                }
                if self.in_order {
                    self.grow(leaf);
                    self.compare_with_earlier();
                }
            }
        }
    }

    fn grow(&mut self, leaf: Sha256) {
        let (tiles, found, strange) = (self.tiles, &mut self.found, &mut self.strange);
        self.frontier.append_leaf(leaf, |tile, hashes| {
            if let Some(folder) = tiles {
                compare_tile(folder, tile, hashes, found, strange);
            }
        });
    }

    fn compare_with_earlier(&mut self) {
        let Some(earlier) = self.earlier.filter(|earlier| earlier.size() == self.frontier.size()) else { return };
        // Where a line differed, that has been said.
        if self.changed.is_empty() && self.frontier.root() != earlier.root() {
            self.found.push(Difference::EarlierRoot { size: earlier.size(), expected: earlier.root() });
        }
    }

    /// The root of the entries, or all differences.
    pub(super) fn end(mut self) -> (Sha256, Differences) {
        let expected = self.checkpoint.size();
        if self.order.next < expected {
            self.in_order = false;
            self.found.push(Difference::TailMissing { found: self.order.next, expected });
        }
        let root = self.frontier.root();
        if self.in_order {
            if let Some(folder) = self.tiles {
                for (tile, hashes) in self.frontier.partial() {
                    compare_tile(folder, tile, hashes, &mut self.found, &mut self.strange);
                }
            }
            self.tell_tiles(root);
            // Where a line or a tile differed, the root says nothing more.
            if self.found.named.is_empty() && root != self.checkpoint.root() {
                let unchanged_before = self.earlier.map_or(0, Checkpoint::size);
                self.found.push(Difference::Root { found: root, expected: self.checkpoint.root(), unchanged_before });
            }
        } else {
            // Which of the two was changed cannot be told any more.
            for (tile, width, at, _, _) in std::mem::take(&mut self.strange) {
                self.found.push(Difference::Tile { file: tile.path(width), entry: first_entry(tile, at) });
            }
        }
        (root, self.found)
    }

    /// Says of each strange hash of a tile whether the tile was changed or the entries below it: the root tells.
    fn tell_tiles(&mut self, root: Sha256) {
        let entries_are_signed = root == self.checkpoint.root();
        for (tile, width, at, expected, found) in std::mem::take(&mut self.strange) {
            let entry = first_entry(tile, at);
            if entries_are_signed {
                self.found.push(Difference::Tile { file: tile.path(width), entry });
            } else if tile.level == 0 && !self.changed.contains(&entry) {
                // A changed entry has been named already, and the levels above follow from it.
                self.found.push(Difference::Replaced { line: entry + 1, entry, found, expected });
            }
        }
    }
}

fn first_entry(tile: TileId, hash: usize) -> u64 {
    let below = TileId { level: tile.level, number: 0 }.entries().1 >> 8;
    tile.entries().0 + hash as u64 * below
}

/// Compares a tile with its file, hash by hash.
fn compare_tile(
    folder: &Path,
    tile: TileId,
    hashes: &[u8],
    found: &mut Differences,
    strange: &mut Vec<(TileId, usize, usize, Sha256, Sha256)>,
) {
    let width = hashes.len() / 32;
    let file = tile.path(width);
    let Ok(kept) = std::fs::read(folder.join(&file)) else {
        found.push(Difference::Missing { file });
        return;
    };
    if kept == hashes {
        return;
    }
    let differs = kept.chunks(32).zip(hashes.chunks(32)).position(|(kept, hash)| kept != hash);
    // Of another length: from where the shorter one ends.
    let at = differs.unwrap_or((kept.len() / 32).min(width.saturating_sub(1)));
    let hash = |bytes: &[u8]| {
        let bytes = bytes.get(at * 32..(at + 1) * 32).and_then(|bytes| bytes.try_into().ok());
        Sha256(bytes.unwrap_or([0; 32]))
    };
    if strange.len() < 100 {
        strange.push((tile, width, at, hash(&kept), hash(hashes)));
    } else {
        found.more += 1;
    }
}

/// A pass over a selection: each line has been proved by itself, so that only their order and number are left.
pub(super) struct SelectedPass {
    line: u64,
    /// One more than the last index.
    least: u64,
    found: Differences,
}

impl SelectedPass {
    pub(super) fn new() -> SelectedPass {
        SelectedPass { line: 0, least: 0, found: Differences::default() }
    }

    pub(super) fn line(&mut self, seen: &Seen) {
        self.line += 1;
        let line = self.line;
        let index = match *seen {
            Seen::Form { byte, expected } => {
                self.found.push(Difference::Form { line, entry: line - 1, byte, expected });
                return;
            }
            Seen::Unproved { index } => {
                self.found.push(Difference::Proof { line, entry: index });
                index
            }
            Seen::Entry { index, leaf, stated } => {
                if leaf != stated {
                    self.found.push(Difference::Payload { line, entry: index, found: leaf, expected: stated });
                }
                index
            }
        };
        if index < self.least {
            self.found.push(Difference::Index { line, found: index, expected: self.least });
        }
        self.least = index.saturating_add(1);
    }

    pub(super) fn end(mut self, expected: Option<u64>) -> Differences {
        match expected {
            Some(expected) if self.line < expected => {
                self.found.push(Difference::TailMissing { found: self.line, expected });
            }
            Some(expected) if self.line > expected => {
                self.found.push(Difference::BeyondCheckpoint { line: expected + 1, expected });
            }
            _ => {}
        }
        self.found
    }
}
