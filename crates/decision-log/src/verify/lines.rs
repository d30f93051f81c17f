//! The lines of an export, each looked at by itself: its form, its hash, its proof. That takes the most time, so blocks of
//! lines go to as many threads as the machine has, and come back in order.

use crate::export::{AFTER_PAYLOAD, BEFORE_INDEX, BEFORE_LEAF, BEFORE_PAYLOAD, BEFORE_PROOF};
use crate::{InclusionProof, MAX_PAYLOAD_BYTES, leaf_hash};
use claim::Sha256;
use serde::de::IgnoredAny;
use std::io::{self, BufRead, Read};
use std::sync::mpsc::sync_channel;

/// How much is read and given to a thread at once.
const BLOCK_BYTES: usize = 1 << 20;
/// A line without its payload: the index has at most 20 digits, a proof at most 64 hashes.
const MAX_FRAME_BYTES: usize = 8 << 10;
/// More threads than this wait for the disk.
const MAX_THREADS: usize = 8;

/// What a line is, seen by itself.
pub(super) enum Seen {
    /// An entry by its index, its payload's leaf, and the leaf that the line gives.
    Entry { index: u64, leaf: Sha256, stated: Sha256 },
    /// An entry whose proof leads elsewhere.
    Unproved { index: u64 },
    /// Not in the form of an export from this byte on (from 1), where this stands in the form.
    Form { byte: usize, expected: &'static str },
}

/// What lines have to be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Of a whole log.
    Whole,
    /// Of a selection, each with the proof that it is in the tree of this size and root.
    Selected { size: u64, root: Sha256 },
}

/// Calls `take` with what each line is, in their order.
pub(super) fn each_line(mut log: impl Read, kind: Kind, mut take: impl FnMut(Seen)) -> io::Result<()> {
    let mut blocks = Blocks { log: &mut log, rest: Vec::new(), ended: false };
    let Some(first) = blocks.next()? else { return Ok(()) };
    if blocks.ended {
        look(&first, kind).into_iter().for_each(take);
        return Ok(());
    }
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(MAX_THREADS));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (give, work) = sync_channel::<Vec<u8>>(1);
                let (hand, done) = sync_channel(1);
                scope.spawn(move || {
                    for block in work {
                        // Whoever waits for it is gone only when the reading failed.
                        if hand.send(look(&block, kind)).is_err() {
                            break;
                        }
                    }
                });
                (give, done)
            })
            .collect();
        let (mut given, mut taken, mut next) = (0, 0, Some(first));
        // Blocks go round; a worker has at most one in hand and one waiting, so that nobody waits for nobody.
        let mut take_one = |taken: &mut usize| {
            let seen: Vec<Seen> = workers[*taken % threads].1.recv().map_err(|_| io::Error::other("a thread ended"))?;
            seen.into_iter().for_each(&mut take);
            *taken += 1;
            io::Result::Ok(())
        };
        while let Some(block) = next {
            if given - taken == 2 * threads {
                take_one(&mut taken)?;
            }
            workers[given % threads].0.send(block).map_err(|_| io::Error::other("a thread ended"))?;
            given += 1;
            next = blocks.next()?;
        }
        while taken < given {
            take_one(&mut taken)?;
        }
        Ok(())
    })
}

/// Reads whole lines, about a block at a time.
struct Blocks<'a, R> {
    log: &'a mut R,
    /// The beginning of a line whose end has not been read.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Blocks<'_, R> {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        let mut block = std::mem::take(&mut self.rest);
        loop {
            let from = block.len();
            block.reserve(BLOCK_BYTES);
            let read = self.log.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
            if read < BLOCK_BYTES {
                self.ended = true;
                return Ok(Some(block).filter(|block| !block.is_empty()));
            }
            if let Some(end) = block[from..].iter().rposition(|byte| *byte == b'\n') {
                self.rest = block.split_off(from + end + 1);
                return Ok(Some(block));
            }
            if block.len() > MAX_PAYLOAD_BYTES + MAX_FRAME_BYTES {
                // A line longer than any can be; what follows is the rest of it and nothing to be compared.
                self.ended = true;
                return Ok(Some(block));
            }
        }
    }
}

fn look(block: &[u8], kind: Kind) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut rest = block;
    while !rest.is_empty() {
        let mut after = rest;
        // Reading from memory does not fail.
        let length = after.skip_until(b'\n').unwrap_or(rest.len());
        let line = &rest[..length];
        seen.push(parse(line, kind).unwrap_or_else(|(byte, expected)| Seen::Form { byte, expected }));
        rest = after;
    }
    seen
}

/// Reads a line, which has exactly one form; else the byte (from 1) from which on it has not, and what the form has there.
fn parse(line: &[u8], kind: Kind) -> Result<Seen, (usize, &'static str)> {
    if line.len() > MAX_PAYLOAD_BYTES + MAX_FRAME_BYTES {
        return Err((line.len(), "the end of the line"));
    }
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
    let stated = hash(&mut rest).ok_or_else(|| (at(rest), "64 hexadecimal digits"))?;
    let mut proof = Vec::new();
    match kind {
        Kind::Whole => take(&mut rest, "\"").ok_or_else(|| (at(rest), "\""))?,
        Kind::Selected { .. } => {
            take(&mut rest, BEFORE_PROOF).ok_or_else(|| (at(rest), "\",\"proof\":["))?;
            while take(&mut rest, "]").is_none() {
                let before = if proof.is_empty() { "\"" } else { ",\"" };
                take(&mut rest, before).ok_or_else(|| (at(rest), "a hash or ]"))?;
                proof.push(hash(&mut rest).ok_or_else(|| (at(rest), "64 hexadecimal digits"))?);
                take(&mut rest, "\"").ok_or_else(|| (at(rest), "\""))?;
            }
        }
    }
    take(&mut rest, BEFORE_PAYLOAD).ok_or_else(|| (at(rest), ",\"payload\":"))?;
    let payload = rest
        .strip_suffix(b"\n")
        .and_then(|rest| rest.strip_suffix(AFTER_PAYLOAD.as_bytes()))
        .ok_or((line.len(), "} and the end of the line"))?;
    // One JSON value and nothing else: what a reader of JSON sees on this line is what was hashed.
    serde_json::from_slice::<IgnoredAny>(payload)
        .map_err(|error| (at(rest) + error.column().saturating_sub(1), "a payload in JSON"))?;
    let leaf = leaf_hash(payload);
    if let Kind::Selected { size, root } = kind
        && leaf == stated
        && (InclusionProof { index, size, hashes: proof }).verify(payload, root).is_err()
    {
        return Ok(Seen::Unproved { index });
    }
    Ok(Seen::Entry { index, leaf, stated })
}

fn take(rest: &mut &[u8], text: &str) -> Option<()> {
    *rest = rest.strip_prefix(text.as_bytes())?;
    Some(())
}

/// Takes 64 hexadecimal digits, lower case only: an export has one form.
fn hash(rest: &mut &[u8]) -> Option<Sha256> {
    let (digits, after) = rest.split_at_checked(64)?;
    let mut hash = [0u8; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    *rest = after;
    Some(Sha256(hash))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
