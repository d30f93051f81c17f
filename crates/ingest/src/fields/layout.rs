//! One view of pages and of sheets for the field finding: rows of pieces of folded text, each with a box and its spot.

use crate::page::{Cell, Grid, Line, Page, Word, cell_name};
use claim::{Method, Spot};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The grid is laid out as if printed: every cell of the same size, so that "left of" and "above" mean the same.
const CELL: [f32; 2] = [100.0, 20.0];

/// A document as rows of pieces, from the top.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) rows: Vec<Row>,
    /// Rows of the second reading of the same pages, where one was made.
    pub(super) second: Vec<Row>,
    pub(super) method: Method,
    /// The middle one of the heights of all pieces.
    pub(super) typical_height: f32,
}

/// Pieces that stand side by side, from left to right; never none.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Which page or sheet, from 0.
    pub(super) sheet: usize,
    pub(super) pieces: Vec<Piece>,
    pub(super) bounds: [f32; 4],
    /// How tall the whole page is.
    pub(super) page_height: f32,
}

/// What kind of content a piece is; text on pages is always `Text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    /// A cell that holds a number: its text is a plain decimal.
    Number,
    /// A cell whose formula has no saved result: its text is empty.
    Formula,
}

/// A word or a cell.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// As it stood.
    raw: String,
    /// Folded: NFKC but for circled digits, one kind of space and hyphen, none at the ends.
    pub(super) text: String,
    /// Where each cluster of `raw` begins in `text` and in `raw`.
    map: Vec<(usize, usize)>,
    pub(super) bounds: [f32; 4],
    pub(super) spot: Spot,
    pub(super) content: Content,
    /// How many rows it covers: more than one for merged cells.
    pub(super) covers: usize,
}

impl Layout {
    pub(super) fn of_pages(pages: &[Page], method: Method) -> Layout {
        let rows = |lines: fn(&Page) -> &Vec<Line>| -> Vec<Row> {
            pages.iter().enumerate().flat_map(|(at, page)| page_rows(at, page, lines(page))).collect()
        };
        Layout::new(rows(|page| &page.lines), rows(|page| &page.second), method)
    }

    pub(super) fn of_grids<'a>(sheets: impl IntoIterator<Item = &'a Grid>) -> Layout {
        let rows = sheets.into_iter().enumerate().flat_map(|(at, grid)| grid_rows(at, grid)).collect();
        Layout::new(rows, Vec::new(), Method::Sheet)
    }

    fn new(rows: Vec<Row>, second: Vec<Row>, method: Method) -> Layout {
        let mut heights: Vec<f32> = rows.iter().flat_map(|row| row.pieces.iter().map(Piece::height)).collect();
        heights.sort_by(f32::total_cmp);
        let typical_height = heights.get(heights.len() / 2).copied().unwrap_or(1.0).max(0.1);
        Layout { rows, second, method, typical_height }
    }

    /// The part of it on some pages or sheets.
    pub(super) fn only(&self, wanted: impl Fn(usize) -> bool) -> Layout {
        let keep = |rows: &[Row]| rows.iter().filter(|row| wanted(row.sheet)).cloned().collect();
        Layout { rows: keep(&self.rows), second: keep(&self.second), ..*self }
    }

    /// Whether digits may be misread.
    pub(super) fn noisy(&self) -> bool {
        self.method == Method::Ocr
    }

    /// The text above a spot: the nearest piece over `bounds` in the rows before `row`, and where it is. Numbers in
    /// between, as in a column of a table, are passed over.
    pub(super) fn above(&self, row: usize, bounds: [f32; 4]) -> Option<(usize, &Piece)> {
        let mut top = bounds[1];
        let sheet = self.rows.get(row)?.sheet;
        for (at, candidate) in self.rows.iter().enumerate().take(row).rev().take(40) {
            if candidate.sheet != sheet || top - candidate.bounds[3] > 3.5 * self.typical_height {
                return None;
            }
            let over = candidate
                .pieces
                .iter()
                .filter(|piece| {
                    piece.bounds[0] < bounds[2] && bounds[0] < piece.bounds[2] && piece.bounds[3] <= top + 1.0
                })
                .min_by(|a, b| f32::total_cmp(&gap(a.bounds, bounds), &gap(b.bounds, bounds)));
            if let Some(piece) = over {
                let wordless = !piece.text.chars().any(char::is_alphabetic);
                if !wordless {
                    return Some((at, piece));
                }
                top = piece.bounds[1];
            }
        }
        None
    }
}

/// How far the middles of two boxes are apart sideways.
fn gap(a: [f32; 4], b: [f32; 4]) -> f32 {
    ((a[0] + a[2]) - (b[0] + b[2])).abs() / 2.0
}

impl Row {
    fn new(sheet: usize, page_height: f32, mut pieces: Vec<Piece>) -> Option<Row> {
        pieces.sort_by(|a, b| f32::total_cmp(&a.bounds[0], &b.bounds[0]));
        let bounds = pieces.iter().map(|piece| piece.bounds).reduce(around)?;
        Some(Row { sheet, pieces, bounds, page_height })
    }

    /// How far down its page the row stands, from 0 to 1.
    pub(super) fn depth(&self) -> f32 {
        if self.page_height > 0.0 { (self.bounds[1] / self.page_height).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The pieces as one text with a space between them.
    pub(super) fn joined(&self) -> Joined {
        Joined::new(&self.pieces)
    }

    /// The text without any space.
    pub(super) fn squashed(&self) -> String {
        self.pieces.iter().map(Piece::squashed).collect()
    }
}

/// The texts of pieces in one string, which knows what came from which.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) text: String,
    ranges: Vec<Range<usize>>,
}

impl Joined {
    fn new(pieces: &[Piece]) -> Joined {
        let (mut text, mut ranges) = (String::new(), Vec::with_capacity(pieces.len()));
        for piece in pieces {
            if !text.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            text.push_str(&piece.text);
            ranges.push(start..text.len());
        }
        Joined { text, ranges }
    }

    /// The part of `pieces` (those that were joined) that `range` covers, as one piece; `None` for an empty range.
    pub(super) fn part(&self, pieces: &[Piece], range: Range<usize>) -> Option<Piece> {
        self.ranges
            .iter()
            .zip(pieces)
            .filter(|(there, _)| there.start < range.end && range.start < there.end)
            .map(|(there, piece)| {
                piece.part(range.start.max(there.start) - there.start..range.end.min(there.end) - there.start)
            })
            .reduce(|a, b| a.and(&b, " "))
    }
}

impl Piece {
    fn new(raw: &str, bounds: [f32; 4], spot: Spot, content: Content) -> Option<Piece> {
        let (text, map) = fold(raw);
        let bounds = bounds.map(|side| if side.is_finite() { side } else { 0.0 });
        (!text.is_empty() || content == Content::Formula).then(|| Piece {
            raw: raw.to_owned(),
            text,
            map,
            bounds,
            spot,
            content,
            covers: 1,
        })
    }

    pub(super) fn height(&self) -> f32 {
        self.bounds[3] - self.bounds[1]
    }

    /// The text without any space.
    pub(super) fn squashed(&self) -> String {
        squash(&self.text)
    }

    /// As it stood, without spaces at the ends.
    pub(super) fn raw(&self) -> &str {
        self.raw.trim()
    }

    /// A part of it by a range of the folded text; its box is estimated from the widths of the characters.
    pub(super) fn part(&self, range: Range<usize>) -> Piece {
        let range = floor(&self.text, range.start)..floor(&self.text, range.end).max(floor(&self.text, range.start));
        let text = &self.text[range.clone()];
        if text.len() == self.text.len() {
            return self.clone();
        }
        let raw_at = |at: usize| {
            let next = self.map.partition_point(|(folded, _)| *folded < at);
            self.map.get(next).map_or(self.raw.len(), |(_, raw)| *raw)
        };
        let first = self.map.partition_point(|(folded, _)| *folded <= range.start).saturating_sub(1);
        let start = self.map.get(first).map_or(0, |(_, raw)| *raw);
        let raw = self.raw.get(start..raw_at(range.end).max(start)).unwrap_or(text).to_owned();
        let all = columns(&self.text).max(1.0);
        let width = self.bounds[2] - self.bounds[0];
        let x = |at: usize| self.bounds[0] + width * columns(&self.text[..at]) / all;
        let bounds = [x(range.start), self.bounds[1], x(range.end), self.bounds[3]];
        // Of a page the spot names the part; a cell is named as a whole.
        let mut spot = self.spot.clone();
        if spot.bounds.is_some() {
            spot.bounds = Some(whole_box(bounds));
        }
        let (folded, map) = fold(&raw);
        // Folding the part again gives the same text but for spaces at its ends.
        Piece { raw, text: folded, map, bounds, spot, ..*self }
    }

    /// Its parts between spaces.
    pub(super) fn parts(&self) -> Vec<Piece> {
        if !self.text.contains(' ') {
            return vec![self.clone()];
        }
        let mut at = 0;
        let mut parts = Vec::new();
        for part in self.text.split(' ') {
            if !part.is_empty() {
                parts.push(self.part(at..at + part.len()));
            }
            at += part.len() + 1;
        }
        parts
    }

    /// Both as one piece, with `between` them.
    pub(super) fn and(&self, next: &Piece, between: &str) -> Piece {
        let raw = format!("{}{between}{}", self.raw.trim_end(), next.raw.trim_start());
        let (text, map) = fold(&raw);
        let bounds = around(self.bounds, next.bounds);
        let mut spot = self.spot.clone();
        if spot.bounds.is_some() {
            spot.bounds = Some(whole_box(bounds));
        }
        Piece { raw, text, map, bounds, spot, content: Content::Text, covers: self.covers }
    }
}

/// `text` without spaces.
pub(super) fn squash(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The box around both.
pub(super) fn around(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// Whether two boxes cover one another in part, with `slack` added on every side.
pub(super) fn touch(a: [f32; 4], b: [f32; 4], slack: f32) -> bool {
    a[0] - slack < b[2] && b[0] - slack < a[2] && a[1] - slack < b[3] && b[1] - slack < a[3]
}

/// How many half-width columns a text takes.
fn columns(text: &str) -> f32 {
    text.chars().map(|c| if c.is_ascii() { 1.0 } else { 2.0 }).sum()
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

#[expect(clippy::cast_possible_truncation, reason = "`as` keeps a box inside i32, and boxes are for people to look at")]
fn whole_box(bounds: [f32; 4]) -> [i32; 4] {
    bounds.map(|side| side.round() as i32)
}

/// Folds the way text of documents is compared: NFKC (full width, half-width kana, ㈱) but circled digits stay, as ① in
/// front of an amount is no digit of it; one kind of hyphen and space; no variation selectors.
fn fold(raw: &str) -> (String, Vec<(usize, usize)>) {
    let mut text = String::with_capacity(raw.len());
    let mut map = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        let mut chars = rest.char_indices();
        // A letter and the marks on it fold together: ｶ and ﾞ become ガ.
        let Some((_, first)) = chars.next() else { break };
        let length =
            chars.find(|(_, c)| !(is_combining_mark(*c) || matches!(c, 'ﾞ' | 'ﾟ'))).map_or(rest.len(), |(i, _)| i);
        let cluster = &rest[..length];
        let before = text.len();
        match first {
            '①'..='⑳' | '⓪' | '²' | '³' | '¹' => text.push(first),
            c if is_selector(c) => {}
            '‐' | '‑' | '‒' | '–' | '−' | '－' | '﹣' => text.push('-'),
            c if c.is_whitespace() || c.is_control() => {
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            _ => text.extend(cluster.nfkc().filter(|c| !is_selector(*c)).map(common_form)),
        }
        if text.len() > before {
            map.push((before, at));
        }
        at += length;
    }
    let trimmed = text.trim_end().len();
    text.truncate(trimmed);
    map.retain(|(folded, _)| *folded < trimmed);
    (text, map)
}

/// Characters without a shape of their own.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

/// Radicals that some PDF writers put in place of the character (NFKC leaves them), and old forms of a few characters.
fn common_form(c: char) -> char {
    match c {
        '⺠' => '民',
        '⻁' => '虎',
        '⻄' => '西',
        '⻅' => '見',
        '⻆' => '角',
        '⻑' => '長',
        '⻘' => '青',
        '⻝' => '食',
        '⻤' => '鬼',
        '⻨' => '麦',
        '⻩' => '黄',
        '⻫' => '斉',
        '⻭' => '歯',
        '⻯' => '竜',
        '⻲' => '亀',
        '樣' => '様',
        '收' => '収',
        '證' => '証',
        '價' => '価',
        '總' => '総',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

fn page_rows(sheet: usize, page: &Page, lines: &[Line]) -> Vec<Row> {
    let piece = |word: &Word| {
        let spot = Spot { page: Some(page.number), bounds: Some(whole_box(word.bounds)), ..Spot::default() };
        Piece::new(&word.text, word.bounds, spot, Content::Text)
    };
    let mut rows: Vec<Row> = Vec::new();
    for line in lines {
        let Some(row) = Row::new(sheet, page.height, line.words.iter().filter_map(piece).collect()) else { continue };
        // A label and a larger value beside it may have come as two lines.
        match rows.last_mut() {
            Some(last) if side_by_side(last, &row) => {
                let pieces = std::mem::take(&mut last.pieces).into_iter().chain(row.pieces).collect();
                if let Some(merged) = Row::new(sheet, page.height, pieces) {
                    *last = merged;
                }
            }
            _ => rows.push(row),
        }
    }
    rows.sort_by(|a, b| f32::total_cmp(&a.bounds[1], &b.bounds[1]));
    for row in &mut rows {
        row.pieces = join_amounts(join_spaced(std::mem::take(&mut row.pieces)));
    }
    rows
}

/// Joins the parts of one amount that a wide setting parted: 「金」「弐拾参万」「円也」, 「¥」「143,000」, 「459,」「602」.
fn join_amounts(pieces: Vec<Piece>) -> Vec<Piece> {
    let numeral = |c: char| c.is_ascii_digit() || "〇零一二三四五六七八九壱弐参肆伍陸漆捌玖拾百千万萬億".contains(c);
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let goes_on = out.last().is_some_and(|last| {
            let height = last.height().max(piece.height()).max(0.1);
            let gap = (piece.bounds[0] - last.bounds[2]) / height;
            let (before, after) = (last.text.as_str(), piece.text.as_str());
            let (Some(end), Some(start)) = (before.chars().next_back(), after.chars().next()) else { return false };
            let group = || {
                let digits = before.trim_end_matches(',').chars().rev().take_while(char::is_ascii_digit).count();
                (1..=3).contains(&digits) && after.chars().take_while(char::is_ascii_digit).count() == 3
            };
            let yen = |c: char| matches!(c, '¥' | '\\');
            match (end, start) {
                ('金', start) if matches!(before, "金" | "一金") => gap < 6.0 && (numeral(start) || yen(start)),
                (end, start) if yen(end) && start.is_ascii_digit() => gap < 3.0,
                (end, '円' | '圓') if numeral(end) => gap < 3.0,
                (',', start) if start.is_ascii_digit() => gap < 1.7 && group(),
                (end, ',') if end.is_ascii_digit() => gap < 1.0 && after.chars().skip(1).take(3).all(numeral),
                _ => false,
            }
        });
        match out.last_mut() {
            Some(last) if goes_on => {
                let between = if last.text.ends_with('金') { " " } else { "" };
                *last = last.and(&piece, between);
            }
            _ => out.push(piece),
        }
    }
    out
}

/// Whether two rows overlap in height by more than half and nowhere in width.
fn side_by_side(a: &Row, b: &Row) -> bool {
    let shared = a.bounds[3].min(b.bounds[3]) - a.bounds[1].max(b.bounds[1]);
    let lower = (a.bounds[3] - a.bounds[1]).min(b.bounds[3] - b.bounds[1]);
    shared > 0.55 * lower
        && a.pieces.len() + b.pieces.len() <= 60
        && !a.pieces.iter().any(|p| b.pieces.iter().any(|q| p.bounds[0] < q.bounds[2] && q.bounds[0] < p.bounds[2]))
}

fn grid_rows(sheet: usize, grid: &Grid) -> Vec<Row> {
    let page_height = number(grid.rows.len()) * CELL[1];
    let mut rows = Vec::new();
    for (y, cells) in grid.rows.iter().enumerate() {
        let pieces = cells.iter().enumerate().filter_map(|(x, cell)| {
            let (raw, content) = match cell {
                Cell::Empty => return None,
                Cell::Text(text) => (text.clone(), Content::Text),
                Cell::Number(number) => (number.clone(), Content::Number),
                Cell::Day(day) => (day.to_string(), Content::Text),
                Cell::FormulaWithoutValue => (String::new(), Content::Formula),
            };
            let (left, top) = (number(x) * CELL[0], number(y) * CELL[1]);
            let spot = Spot {
                sheet: (!grid.sheet.is_empty()).then(|| grid.sheet.clone()),
                cell: Some(cell_name(y, x)),
                ..Spot::default()
            };
            let columns = number(grid.merged.get(&(y, x)).copied().unwrap_or(1));
            let bounds = [left, top, left + (columns - 0.1) * CELL[0], top + 0.8 * CELL[1]];
            let piece = Piece::new(&raw, bounds, spot, content)?;
            Some(Piece { covers: grid.tall.get(&(y, x)).copied().unwrap_or(1), ..piece })
        });
        let pieces: Vec<Piece> = pieces.collect();
        rows.extend(Row::new(sheet, page_height, join_spaced(pieces)));
    }
    rows
}

/// The cell of a sheet under `head` in the row that begins at `top`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole multiples of a cell's size")]
pub(super) fn cell_under(head: [f32; 4], top: f32) -> String {
    cell_name((top / CELL[1]).round() as usize, (head[0] / CELL[0]).round() as usize)
}

fn number(n: usize) -> f32 {
    n as f32
}

/// Two-character words that are often set wide.
const SPACED_WORDS: [&str; 22] = [
    "合計", "金額", "小計", "総額", "但し", "御中", "単価", "数量", "項目", "内訳", "品名", "税率", "摘要", "備考",
    "品目", "名称", "内容", "税額", "日付", "住所", "電話", "現金",
];

/// Joins what is one thing in pieces of one character: digits in boxes, and words set wide.
fn join_spaced(pieces: Vec<Piece>) -> Vec<Piece> {
    let one_char = |piece: &Piece| {
        let mut chars = piece.text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let digit = |c: char| c.is_ascii_digit() || matches!(c, '¥' | '\\' | ',' | '円');
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while at < pieces.len() {
        let run = |fits: &dyn Fn(char) -> bool, widest: f32| {
            let mut end = at;
            while end < pieces.len()
                && one_char(&pieces[end]).is_some_and(fits)
                && (end == at || pieces[end].bounds[0] - pieces[end - 1].bounds[2] <= widest * pieces[end].height())
            {
                end += 1;
            }
            end
        };
        let digits = run(&digit, 3.0);
        let count =
            pieces[at..digits].iter().filter(|piece| one_char(piece).is_some_and(|c| c.is_ascii_digit())).count();
        let letters = run(&|c: char| !c.is_ascii() && c.is_alphabetic(), 6.0);
        let word: String = pieces[at..letters].iter().filter_map(one_char).collect();
        let (end, between) = if count >= 4 || (count == 3 && matches!(one_char(&pieces[at]), Some('¥' | '\\'))) {
            (digits, "")
        } else if letters - at >= 3 || SPACED_WORDS.contains(&word.as_str()) {
            (letters, " ")
        } else {
            (at + 1, "")
        };
        let joined = pieces[at..end].iter().skip(1).fold(pieces[at].clone(), |joined, next| joined.and(next, between));
        out.push(joined);
        at = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn piece(raw: &str) -> Option<Piece> {
        Piece::new(
            raw,
            [0.0, 0.0, 100.0, 10.0],
            Spot { bounds: Some([0, 0, 100, 10]), ..Spot::default() },
            Content::Text,
        )
    }

    #[test]
    fn text_is_folded_without_losing_what_circled_digits_and_raw_text_say() {
        for (raw, folded) in [
            ("￥１４３，０００－", "¥143,000-"),
            ("㈱ｱｵｿﾞﾗ", "(株)アオゾラ"),
            ("①補助対象金額", "①補助対象金額"),
            ("領　収　書", "領 収 書"),
            ("  合計\t\n 1 ", "合計 1"),
            ("⻘空⻭科", "青空歯科"),
            ("葛\u{e0100}城", "葛城"),
        ] {
            assert_eq!(piece(raw).unwrap().text, folded, "{raw}");
        }
        let whole = piece("合計　￥１４３，０００－ 税込").unwrap();
        let from = whole.text.find('¥').unwrap();
        let amount = whole.part(from..from + "¥143,000-".len());
        assert_eq!((amount.raw(), amount.text.as_str()), ("￥１４３，０００－", "¥143,000-"));
        assert!(amount.bounds[0] > 10.0 && amount.bounds[2] < 90.0, "{:?}", amount.bounds);
    }

    #[test]
    fn an_amount_that_was_parted_by_a_wide_setting_comes_together() {
        let at = |left: f32, text: &str| {
            let width = 10.0 * text.chars().count() as f32;
            Piece::new(text, [left, 0.0, left + width, 10.0], Spot::default(), Content::Text).unwrap()
        };
        for (pieces, joined) in [
            (vec![at(0.0, "金"), at(40.0, "弐拾参万"), at(100.0, "円也")], vec!["金 弐拾参万円也"]),
            (vec![at(0.0, "合計"), at(60.0, "¥"), at(85.0, "9922")], vec!["合計", "¥9922"]),
            (vec![at(0.0, "¥459,"), at(62.0, "602")], vec!["¥459,602"]),
            (vec![at(0.0, "459"), at(35.0, ",602円")], vec!["459,602円"]),
            // Columns, and numbers that go on with something else.
            (vec![at(0.0, "4,"), at(37.0, "5900")], vec!["4,", "5900"]),
            (vec![at(0.0, "27,500"), at(100.0, "55,000")], vec!["27,500", "55,000"]),
            (vec![at(0.0, "金額"), at(40.0, "123")], vec!["金額", "123"]),
        ] {
            let found: Vec<String> = join_amounts(pieces).into_iter().map(|piece| piece.text).collect();
            assert_eq!(found, joined);
        }
    }

    #[test]
    fn cells_are_named_as_spreadsheets_name_them() {
        for (column, row, name) in [(0, 0, "A1"), (1, 6, "B7"), (25, 9, "Z10"), (26, 0, "AA1"), (16_383, 0, "XFD1")] {
            assert_eq!(cell_name(row, column), name);
        }
    }

    proptest! {
        #[test]
        fn any_part_of_any_text_can_be_taken(raw in r"[\PC\s]{0,24}", from in 0usize..30, to in 0usize..30) {
            if let Some(piece) = piece(&raw) {
                let _ = piece.part(from.min(to)..to.max(from)).raw();
                let _ = piece.parts();
            }
        }
    }
}
