//! Glyphs to words and lines. Words grow in the order of drawing, so that a stamp over a name stays a word of its own;
//! lines are then made of words whose baselines agree.

use super::drawn::Glyph;
use crate::page::{Line, Word};

/// How far the face reaches above and below the baseline, in ems; what fonts of Japanese text have.
const ASCENT: f32 = 0.88;
const DESCENT: f32 = 0.12;

/// A word while it grows.
#[derive(Clone, Debug)]
struct Piece {
    text: String,
    left: f32,
    right: f32,
    /// The baseline; for a vertical word the bottom.
    baseline: f32,
    top: f32,
    size: f32,
    vertical: bool,
    /// How many glyphs.
    glyphs: usize,
    /// Where the first of them ends.
    first_right: f32,
    /// A space was drawn after it.
    space_after: bool,
}

impl Piece {
    fn of(glyph: &Glyph) -> Piece {
        let (right, top, baseline) = if glyph.vertical {
            (glyph.x + glyph.size, glyph.y, glyph.y + glyph.advance)
        } else {
            (glyph.x + glyph.advance, glyph.y - glyph.size * ASCENT, glyph.y)
        };
        Piece {
            text: shown(glyph),
            left: glyph.x,
            right,
            baseline,
            top,
            size: glyph.size,
            vertical: glyph.vertical,
            glyphs: 1,
            first_right: right,
            space_after: false,
        }
    }

    fn bottom(&self) -> f32 {
        if self.vertical { self.baseline } else { self.baseline + self.size * DESCENT }
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom())
    }

    /// Whether it is the last character of a label and what follows it: 限：令和7年7月31日.
    fn starts_with_colon_after_first(&self) -> bool {
        let mut characters = self.text.chars();
        characters.next().is_some_and(|c| Script::of_char(c) == Some(Script::Japanese))
            && matches!(characters.next(), Some('：' | ':'))
    }

    fn word(&self) -> Word {
        Word {
            text: self.text.trim().to_owned(),
            bounds: [self.left, self.top, self.right, self.bottom()],
            confidence: 1.0,
        }
    }

    /// Whether the glyph goes on where this word ends.
    fn takes(&self, glyph: &Glyph) -> bool {
        if self.vertical != glyph.vertical || !similar(self.size, glyph.size) {
            return false;
        }
        let size = self.size.max(glyph.size);
        if glyph.vertical {
            let gap = glyph.y - self.baseline;
            return (glyph.x - self.left).abs() < size * 0.3 && gap > size * -0.3 && gap < size * 0.4;
        }
        let gap = glyph.x - self.right;
        let widest = if self.space_after { 0.15 } else { 0.4 };
        (glyph.y - self.baseline).abs() < size * 0.25 && gap > size * -0.5 && gap < size * widest
    }

    fn take(&mut self, glyph: &Glyph) {
        let more = Piece::of(glyph);
        self.join(&more);
    }

    fn join(&mut self, more: &Piece) {
        self.text.push_str(&more.text);
        self.left = self.left.min(more.left);
        self.right = self.right.max(more.right);
        self.top = self.top.min(more.top);
        if self.vertical {
            self.baseline = self.baseline.max(more.baseline);
        }
        self.size = self.size.max(more.size);
        self.glyphs += more.glyphs;
        self.space_after = more.space_after;
    }

    /// Whether the two stand on one line: on one baseline, or, of different sizes, on one middle.
    fn beside(&self, other: &Piece) -> bool {
        let size = self.size.min(other.size);
        let level = (self.baseline - other.baseline).abs() < size * 0.35
            || (self.middle() - other.middle()).abs() < size * 0.25;
        let overlap = self.right.min(other.right) - self.left.max(other.left);
        let narrower = (self.right - self.left).min(other.right - other.left);
        level && overlap < narrower * 0.5 && self.vertical == other.vertical && !self.vertical
    }
}

/// Text as it stood; a glyph of which the file does not say what it is shows as one.
fn shown(glyph: &Glyph) -> String {
    if glyph.is_unknown() { '\u{fffd}'.to_string() } else { glyph.text.clone() }
}

fn similar(a: f32, b: f32) -> bool {
    a.min(b) > a.max(b) * 0.7
}

/// Puts glyphs, in the order of drawing, into lines from the top, each with its words from the left.
pub(super) fn lines(glyphs: Vec<Glyph>) -> Vec<Line> {
    let mut pieces: Vec<Piece> = Vec::new();
    for glyph in &glyphs {
        if glyph.is_space() {
            if let Some(last) = pieces.last_mut() {
                last.space_after = true;
            }
            continue;
        }
        match pieces.last_mut() {
            Some(last) if last.takes(glyph) => last.take(glyph),
            _ => pieces.push(Piece::of(glyph)),
        }
    }
    let mut rows = rows(pieces);
    for row in &mut rows {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        join_touching(row);
        join_spaced(row);
    }
    rows.sort_by(|a, b| height_of(a).total_cmp(&height_of(b)).then(leftmost(a).total_cmp(&leftmost(b))));
    rows.iter().map(|row| Line { words: row.iter().map(Piece::word).collect() }).collect()
}

/// Where a row stands: the middle of its widest piece.
fn height_of(row: &[Piece]) -> f32 {
    row.iter().max_by(|a, b| (a.right - a.left).total_cmp(&(b.right - b.left))).map_or(0.0, Piece::middle)
}

fn leftmost(row: &[Piece]) -> f32 {
    row.first().map_or(0.0, |piece| piece.left)
}

/// Pieces whose baselines agree, as rows.
fn rows(mut pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    // Stable, so that pieces of one baseline keep the order of drawing.
    pieces.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        // Rows whose lowest baseline is far above can take nothing more; the newest stand last.
        let fits = rows.iter().enumerate().rev().take(40).find(|(_, row)| {
            // A row is what it began with and what stands nearest; both must agree, or a slope would join all rows.
            let nearest = row.iter().min_by(|a, b| distance(a, &piece).total_cmp(&distance(b, &piece)));
            row.first().is_some_and(|first| first.beside(&piece) || larger_pair(first, &piece))
                && nearest.is_some_and(|nearest| nearest.beside(&piece))
                && !row.iter().any(|other| overlaps(other, &piece))
        });
        match fits.map(|(index, _)| index) {
            Some(index) => rows[index].push(piece),
            None => rows.push(vec![piece]),
        }
    }
    rows
}

/// Whether one of the two is so much larger that their baselines need not agree, only their heights.
fn larger_pair(a: &Piece, b: &Piece) -> bool {
    !similar(a.size, b.size) && a.top < b.middle() && b.middle() < a.bottom()
}

fn distance(a: &Piece, b: &Piece) -> f32 {
    (a.left - b.right).max(b.left - a.right)
}

fn overlaps(a: &Piece, b: &Piece) -> bool {
    let overlap = a.right.min(b.right) - a.left.max(b.left);
    overlap >= (a.right - a.left).min(b.right - b.left) * 0.5
}

/// Joins pieces that touch: a change of font within a phrase, or a file that draws letter by letter in any order.
fn join_touching(row: &mut Vec<Piece>) {
    let mut joined: Vec<Piece> = Vec::with_capacity(row.len());
    for piece in row.drain(..) {
        if let Some(last) = joined.last_mut() {
            let gap = piece.left - last.right;
            let size = last.size.min(piece.size);
            let level = (piece.baseline - last.baseline).abs() < size * 0.25;
            if level && !last.space_after && gap > size * -0.15 && gap < size * 0.2 && similar(last.size, piece.size) {
                last.join(&piece);
                continue;
            }
        }
        joined.push(piece);
    }
    *row = joined;
}

/// Joins single characters that stand at equal distances: a title spread out (領　収　書), digits in boxes.
fn join_spaced(row: &mut Vec<Piece>) {
    let mut joined: Vec<Piece> = Vec::with_capacity(row.len());
    let mut rest = row.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let length = spaced_run(rest);
        if length < 2 {
            joined.push(first.clone());
            rest = after;
            continue;
        }
        let mut word = first.clone();
        for piece in &rest[1..length] {
            word.join(piece);
        }
        joined.push(word);
        rest = &rest[length..];
    }
    *row = joined;
}

/// How many pieces from the first on are one spread-out word; 1 if it is none.
fn spaced_run(pieces: &[Piece]) -> usize {
    let Some(first) = pieces.first() else { return 0 };
    let Some(script) = Script::of(first) else { return 1 };
    let pitch = |pair: &[Piece]| (pair[1].left + pair[1].first_right - pair[0].left - pair[0].first_right) / 2.0;
    let mut length = 1;
    let mut usual: Option<f32> = None;
    for pair in pieces.windows(2) {
        let here = pitch(pair);
        let even = usual.is_none_or(|usual| (here - usual).abs() < usual * 0.15);
        let ends_label = script == Script::Japanese && pair[1].starts_with_colon_after_first();
        let same = (Script::of(&pair[1]) == Some(script) || ends_label)
            && similar(first.size, pair[1].size)
            && (first.baseline - pair[1].baseline).abs() < first.size * 0.1;
        if !even || !same {
            break;
        }
        usual = Some(here);
        length += 1;
        if ends_label {
            break;
        }
    }
    let pitch = usual.unwrap_or_default();
    let enough = match script {
        // Two digits side by side are more likely two columns.
        Script::Number => length >= 3 && pitch < first.size * 2.2,
        Script::Japanese => pitch < first.size * if length == 2 { 3.2 } else { 5.2 },
    };
    if enough { length } else { 1 }
}

/// What a single character belongs to; only such are written spread out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Script {
    Number,
    Japanese,
}

impl Script {
    fn of(piece: &Piece) -> Option<Script> {
        let mut characters = piece.text.chars();
        let c = characters.next()?;
        if piece.glyphs != 1 || characters.next().is_some() {
            return None;
        }
        Script::of_char(c)
    }

    fn of_char(c: char) -> Option<Script> {
        match c {
            '0'..='9' | '０'..='９' | '¥' | '￥' | '\\' | ',' | '，' | '-' | '－' | 'T' | 'Ｔ' => {
                Some(Script::Number)
            }
            '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{30ff}'
            | '\u{2e80}'..='\u{2fdf}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' => Some(Script::Japanese),
            _ => None,
        }
    }
}
