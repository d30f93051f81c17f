//! Tables: which words head a column, where the columns are, and what stands in them row by row.

use super::amount;
use super::layout::{Content, Layout, Piece, Row, around, squash};
use claim::Method;
use std::borrow::Cow;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Item,
    Detail,
    /// 区分: which of the programme's categories the line is said to be of.
    Category,
    Quantity,
    Unit,
    UnitPrice,
    /// Tax included, or not said.
    Amount,
    /// Without tax.
    Net,
    Tax,
    Rate,
    /// ①補助対象金額.
    Eligible,
    /// ②補助対象外金額.
    Ineligible,
    /// A running number.
    Number,
    Note,
    Day,
    /// Whether the line is eligible, by a mark: ○, 対象, 対象外.
    Mark,
}

impl Column {
    /// Whether yen stand in it.
    pub(super) fn holds_money(self) -> bool {
        matches!(
            self,
            Column::UnitPrice | Column::Amount | Column::Net | Column::Tax | Column::Eligible | Column::Ineligible
        )
    }

    /// Whether the amount of a line stands in it.
    pub(super) fn holds_amount(self) -> bool {
        matches!(self, Column::Amount | Column::Net | Column::Eligible | Column::Ineligible)
    }

    fn is_numeric(self) -> bool {
        self.holds_money() || matches!(self, Column::Quantity | Column::Rate | Column::Unit)
    }
}

/// A column and the box of its header.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) column: Column,
    pub(super) bounds: [f32; 4],
    /// Its word.
    pub(super) word: String,
    /// Whether its word may as well head the things bought: 「対象経費」.
    names_things: bool,
}

impl Head {
    fn new(column: Column, piece: &Piece) -> Head {
        let text = piece.squashed();
        let names_things = text.contains("経費") && !text.contains(['額', '円']);
        Head { column, bounds: piece.bounds, word: text, names_things }
    }
}

/// The header of a table.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Its first and last row.
    pub(super) rows: (usize, usize),
    /// From left to right.
    pub(super) heads: Vec<Head>,
    /// From where to where it goes, where another table stands beside it.
    beside: Option<[f32; 2]>,
}

impl Header {
    pub(super) fn has(&self, column: Column) -> bool {
        self.heads.iter().any(|head| head.column == column)
    }

    /// The part of a row that is of this table; `None` if there is none.
    pub(super) fn own<'r>(&self, row: &'r Row) -> Option<Cow<'r, Row>> {
        let Some([left, right]) = self.beside else { return Some(Cow::Borrowed(row)) };
        let pieces: Vec<Piece> =
            row.pieces.iter().filter(|p| left <= p.bounds[0] && p.bounds[0] < right).cloned().collect();
        let bounds = pieces.iter().map(|piece| piece.bounds).reduce(around)?;
        Some(Cow::Owned(Row { pieces, bounds, ..*row }))
    }
}

/// What a word at the head of a column says; `text` has no spaces.
pub(super) fn column(text: &str) -> Option<Column> {
    // A remark, not a head.
    if text.starts_with(['※', '注', '*']) || ["記入", "記載", "ください", "入力"].iter().any(|word| text.contains(word))
    {
        return None;
    }
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() || ('①'..='⑳').contains(&c));
    let length = text.chars().count();
    if length == 0 || length > 20 || text.ends_with('書') || text.contains('%') || text.contains("下記") {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is = |words: &[&str]| words.contains(&text);
    Some(if has(&["対象外"]) {
        Column::Ineligible
    } else if has(&["補助対象", "助成対象", "対象金額", "対象経費", "対象額"]) || is(&["対象"]) {
        Column::Eligible
    } else if has(&["単価"]) {
        Column::UnitPrice
    } else if has(&["数量", "個数", "台数", "員数"]) || is(&["数", "Qty", "QTY"]) {
        Column::Quantity
    } else if is(&["単位"]) {
        Column::Unit
    } else if has(&["税率"]) {
        Column::Rate
    } else if has(&["税抜", "税別", "本体価格", "本体金額"]) && !has(&["税込"]) {
        Column::Net
    } else if has(&["消費税", "税額"]) || is(&["税"]) {
        Column::Tax
    } else if is(&["No", "NO", "no", "番号", "項番", "行"]) || has(&["コード"]) {
        Column::Number
    } else if has(&["備考", "特記"]) {
        Column::Note
    } else if is(&["区分", "経費区分", "経費の区分", "費用区分", "費目区分"]) {
        Column::Category
    } else if has(&["品名", "商品", "品目", "項目", "件名", "名称", "費目", "区分", "経費"]) && length <= 10
    {
        Column::Item
    } else if has(&["内訳", "摘要", "内容", "明細", "仕様", "規格", "型番", "品番", "型式", "詳細"]) && length <= 10
    {
        Column::Detail
    } else if (has(&["金額", "価格", "税込", "小計", "合計", "代金", "費用"]) && length <= 12) || is(&["計", "総額"])
    {
        Column::Amount
    } else if has(&["日付", "年月日"]) && length <= 6 {
        Column::Day
    } else {
        return None;
    })
}

/// Headers that stand in one word with spaces: 「品名 数量 単価 金額」, also set wide (「品 名」).
fn split_heads(piece: &Piece) -> Vec<(Option<Column>, Piece)> {
    if let Some(column) =
        column(&piece.squashed()).filter(|_| !piece.text.contains(' ') || piece.text.chars().count() <= 5)
    {
        return vec![(Some(column), piece.clone())];
    }
    let parts = piece.parts();
    let mut out = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let longest = (1..=4.min(parts.len() - at)).rev().find_map(|count| {
            let joined = parts[at..at + count].iter().skip(1).fold(parts[at].clone(), |a, b| a.and(b, " "));
            let single = parts[at..at + count].iter().all(|part| part.text.chars().count() == 1);
            // Only letters set wide belong together; 「品名 数量」 are two.
            (count == 1 || single).then(|| Some((count, column(&joined.squashed())?, joined))).flatten()
        });
        match longest {
            Some((count, column, joined)) => {
                out.push((Some(column), joined));
                at += count;
            }
            None => {
                out.push((None, parts[at].clone()));
                at += 1;
            }
        }
    }
    if out.iter().any(|(column, _)| column.is_some()) { out } else { vec![(column(&piece.squashed()), piece.clone())] }
}

/// The unit other than the yen that a text names for amounts: 「(単位:千円)」, 「金額(千円)」.
pub(super) fn large_unit(text: &str) -> Option<&'static str> {
    let text = squash(text);
    ["百万円", "千円", "万円"].into_iter().find(|unit| {
        let bracketed = [["(", ")"], ["[", "]"], ["【", "】"]]
            .iter()
            .any(|[open, close]| text.contains(&format!("{open}{unit}{close}")));
        let named = text.match_indices("単位").any(|(at, word)| {
            text[at + word.len()..].trim_start_matches([':', '/', 'は', '、', ',', '=']).starts_with(unit)
        });
        bracketed || named
    })
}

fn is_amount(piece: &Piece) -> bool {
    if large_unit(&piece.text).is_some() {
        return false;
    }
    piece.content == Content::Number
        || amount::amounts(&piece.text, false)
            .iter()
            .any(|amount| amount.marked || amount.grouped || amount.yen.get() >= 1000)
}

/// The heads of a row if it is the header of a table: several, one of them of amounts, and little else.
fn heads(row: &Row) -> Option<Vec<Head>> {
    if row.pieces.iter().any(is_amount) {
        return None;
    }
    let mut heads: Vec<Head> = Vec::new();
    let mut others: Vec<Head> = Vec::new();
    for piece in &row.pieces {
        for (column, piece) in split_heads(piece) {
            match column {
                Some(column) => heads.push(Head::new(column, &piece)),
                None => others.push(Head::new(Column::Note, &piece)),
            }
        }
    }
    // Beside what was paid, other money may stand: 「見積金額」.
    let planned = |head: &Head| ["見積", "定価", "予算", "原価", "仕入", "概算"].iter().any(|w| head.word.contains(w));
    if heads.iter().any(|head| head.column.holds_amount() && !planned(head)) {
        for head in heads.iter_mut().filter(|head| planned(head)) {
            head.column = Column::Note;
        }
    }
    let mut kinds: Vec<Column> = heads.iter().map(|head| head.column).collect();
    kinds.dedup();
    let described = heads.iter().any(|head| {
        head.names_things
            || matches!(
                head.column,
                Column::Item | Column::Detail | Column::Category | Column::Quantity | Column::UnitPrice
            )
    });
    let money = kinds.iter().any(|c| c.holds_amount());
    if kinds.len() < 2 || !money || !described || others.len() > heads.len() {
        return None;
    }
    // In a sheet, what stands under a head whose word says nothing belongs to no other column.
    if row.pieces.iter().all(|piece| piece.spot.cell.is_some()) {
        heads.extend(others);
    }
    Some(heads)
}

/// The rows that head a table of lines.
pub(super) fn header_rows(layout: &Layout) -> Vec<usize> {
    layout.rows.iter().enumerate().filter(|(_, row)| heads(row).is_some()).map(|(at, _)| at).collect()
}

/// The headers of all tables, those of two rows put together.
pub(super) fn headers(layout: &Layout) -> Vec<Header> {
    let mut found: Vec<Header> = Vec::new();
    for (at, row) in layout.rows.iter().enumerate() {
        if found.last().is_some_and(|last| last.rows.1 >= at) {
            continue;
        }
        let Some(mut columns) = heads(row).or_else(|| two_rows(layout, at)) else { continue };
        let mut last = at;
        while last < at + 2
            && let Some(next) = layout.rows.get(last + 1)
            && continues(row, next)
        {
            add_row(&mut columns, next);
            last += 1;
        }
        columns.sort_by(|a, b| f32::total_cmp(&a.bounds[0], &b.bounds[0]));
        for mut header in side_by_side(columns, (at, last), layout.method) {
            told_by_cells(layout, &mut header);
            unheaded_names(layout, &mut header);
            found.push(header);
        }
    }
    found
}

/// The headers that stand in the same rows: in a sheet, the same words twice head two tables.
fn side_by_side(heads: Vec<Head>, rows: (usize, usize), method: Method) -> Vec<Header> {
    let of = |heads: &[Head]| -> Vec<Column> {
        heads.iter().map(|head| head.column).filter(|column| !matches!(column, Column::Note | Column::Number)).collect()
    };
    let again = (1..heads.len()).find(|at| {
        let (left, right) = (of(&heads[..*at]), of(&heads[*at..]));
        left == right && left.iter().any(|column| column.holds_amount()) && heads[*at].column != Column::Note
    });
    let Some(again) = again.filter(|_| method == Method::Sheet) else {
        return vec![Header { rows, heads, beside: None }];
    };
    let between = heads[again].bounds[0];
    let mut left = heads;
    let right = left.split_off(again);
    vec![
        Header { rows, heads: left, beside: Some([f32::MIN, between]) },
        Header { rows, heads: right, beside: Some([between, f32::MAX]) },
    ]
}

/// In a sheet the names of things may have no word over them: the column of words to the left of the numbers.
fn unheaded_names(layout: &Layout, header: &mut Header) {
    let named = |head: &Head| matches!(head.column, Column::Item | Column::Detail | Column::Category);
    if layout.method != Method::Sheet || header.heads.iter().any(named) {
        return;
    }
    let Some(first) = header.heads.iter().find(|head| head.column.is_numeric()).map(|head| head.bounds[0]) else {
        return;
    };
    let sheet = layout.rows[header.rows.0].sheet;
    let below = layout.rows.iter().skip(header.rows.1 + 1).take(ROWS_LOOKED_AT).take_while(|row| row.sheet == sheet);
    let names = below
        .filter(|row| row.pieces.iter().any(|piece| piece.content == Content::Number))
        .find_map(|row| row.pieces.iter().find(|p| p.bounds[0] < first && p.text.chars().any(char::is_alphabetic)));
    if let Some(names) = names {
        let head = Head { column: Column::Item, bounds: names.bounds, word: String::new(), names_things: false };
        let at = header.heads.iter().position(|other| other.bounds[0] > head.bounds[0]).unwrap_or(header.heads.len());
        header.heads.insert(at, head);
    }
}

/// How many rows below a header are looked at to tell what a column holds.
const ROWS_LOOKED_AT: usize = 60;

/// A column 「対象」 may hold amounts, marks (○, 対象外) or, as 「対象経費」, the things themselves: what stands in it tells.
fn told_by_cells(layout: &Layout, header: &mut Header) {
    let doubtful: Vec<usize> = (0..header.heads.len())
        .filter(|at| matches!(header.heads[*at].column, Column::Eligible | Column::Ineligible))
        .collect();
    if doubtful.is_empty() {
        return;
    }
    let (mut numbers, mut things, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    let sheet = layout.rows[header.rows.0].sheet;
    let below = layout.rows.iter().skip(header.rows.1 + 1).take(ROWS_LOOKED_AT);
    for row in below.take_while(|row| row.sheet == sheet && heads(row).is_none()) {
        for (at, piece) in Cells::of(header, row).cells {
            if piece.content != Content::Text || piece.text.chars().any(|c| c.is_ascii_digit()) {
                numbers.push(at);
            } else if mark(&piece.text).is_some() {
                marks.push(at);
            } else if piece.text.chars().any(char::is_alphabetic) {
                things.push(at);
            }
        }
    }
    let described =
        header.heads.iter().any(|head| matches!(head.column, Column::Item | Column::Detail | Column::Category));
    for at in doubtful {
        let named = header.heads[at].names_things;
        let count = |list: &[usize]| list.iter().filter(|column| **column == at).count();
        // A thing may have digits in its name (iPad 64GB), an amount no letters.
        if named && !described && count(&things) > 0 {
            header.heads[at].column = Column::Item;
        } else if count(&numbers) == 0 && count(&marks) > 0 {
            header.heads[at].column = Column::Mark;
        } else if count(&numbers) == 0 && count(&things) > 0 {
            header.heads[at].column = Column::Note;
        }
    }
}

/// What a mark in a column 「対象」 says.
pub(super) fn mark(text: &str) -> Option<bool> {
    match squash(text).as_str() {
        "○" | "◯" | "〇" | "●" | "◎" | "✓" | "✔" | "レ" | "対象" | "補助対象" | "有" | "はい" => {
            Some(true)
        }
        "×" | "✕" | "✗" | "対象外" | "補助対象外" | "外" | "無" | "いいえ" => Some(false),
        _ => None,
    }
}

/// A header of which each row alone says too little: 「項目 | 内訳 | 金額」 over 「①補助対象 | ②補助対象外」.
fn two_rows(layout: &Layout, at: usize) -> Option<Vec<Head>> {
    let (row, next) = (layout.rows.get(at)?, layout.rows.get(at + 1)?);
    if !continues(row, next) || row.pieces.iter().any(is_amount) || row.pieces.len() < 2 {
        return None;
    }
    let mut columns: Vec<Head> = row
        .pieces
        .iter()
        .flat_map(split_heads)
        .filter_map(|(column, piece)| Some(Head::new(column?, &piece)))
        .collect();
    if columns.is_empty() || columns.len() * 2 < row.pieces.len() {
        return None;
    }
    add_row(&mut columns, next);
    let described = columns.iter().any(|head| matches!(head.column, Column::Item | Column::Detail | Column::Category));
    let money = columns.iter().any(|head| head.column.holds_amount());
    (described && money && columns.len() >= 3).then_some(columns)
}

/// Whether `next` goes on with the header that `row` begins: close below it, and of words of headers only.
fn continues(row: &Row, next: &Row) -> bool {
    let height = row.bounds[3] - row.bounds[1];
    row.sheet == next.sheet
        && next.bounds[1] - row.bounds[3] < 1.2 * height
        && !next.pieces.iter().any(is_amount)
        && next.pieces.iter().all(|piece| {
            let text = piece.squashed();
            let bracketed = text.starts_with('(') && text.ends_with(')');
            bracketed || split_heads(piece).iter().all(|(column, _)| column.is_some())
        })
}

/// Puts the words of a further row of a header to those above them: one word below another finishes it
/// (「①補助対象」 over 「金額」), several divide it (「税抜」 over 「単価 | 金額」).
fn add_row(columns: &mut Vec<Head>, row: &Row) {
    let mut below: Vec<Vec<Head>> = vec![Vec::new(); columns.len()];
    for (column, piece) in row.pieces.iter().flat_map(split_heads) {
        let text = piece.squashed();
        let net = text.contains("税抜") || text.contains("税別");
        let Some(column) = (if net { Some(Column::Net) } else { column }) else { continue };
        let over = (0..below.len()).filter(|at| shared(columns[*at].bounds, piece.bounds) > 0.0).max_by(|a, b| {
            f32::total_cmp(&shared(columns[*a].bounds, piece.bounds), &shared(columns[*b].bounds, piece.bounds))
        });
        let head = Head::new(column, &piece);
        match over {
            Some(over) => below[over].push(head),
            None => columns.push(head),
        }
    }
    let whole = std::mem::take(columns);
    let mut below = below.into_iter();
    for mut head in whole {
        let parts = below.next().unwrap_or_default();
        match parts.as_slice() {
            [] => columns.push(head),
            [part] => {
                // 「金額」 over 「税抜」 or 「①補助対象」 says more than 「金額」.
                if head.column == Column::Amount && part.column.holds_amount() {
                    head.column = part.column;
                }
                head.bounds = around(head.bounds, part.bounds);
                columns.push(head);
            }
            _ => columns.extend(parts.into_iter().map(|part| match (head.column, part.column) {
                (Column::Net | Column::Eligible | Column::Ineligible, Column::Amount) => {
                    Head { column: head.column, word: format!("{}{}", head.word, part.word), ..part }
                }
                _ => part,
            })),
        }
    }
}

fn shared(a: [f32; 4], b: [f32; 4]) -> f32 {
    a[2].min(b[2]) - a[0].max(b[0])
}

/// What stands in a row of a table, by column.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The index of the head and what stands there.
    cells: Vec<(usize, Piece)>,
}

impl Cells {
    /// The cells of `row` under `header`.
    pub(super) fn of(header: &Header, row: &Row) -> Cells {
        if row.pieces.iter().all(|piece| piece.spot.cell.is_some()) {
            return Cells::of_sheet(header, row);
        }
        let parts = counts_joined(header, row.pieces.iter().flat_map(Piece::parts).collect());
        let mut columns: Vec<usize> = parts.iter().map(|part| place(header, part)).collect();
        in_order(header, &parts, &mut columns);
        let mut cells: Vec<(usize, Piece)> = Vec::new();
        for (part, column) in parts.into_iter().zip(columns) {
            match cells.iter_mut().find(|(there, _)| *there == column) {
                Some((_, cell)) => *cell = cell.and(&part, " "),
                None => cells.push((column, part)),
            }
        }
        Cells { cells }
    }

    /// In a sheet a cell belongs to the header over it, or, under a merged one, to the nearest to its left.
    fn of_sheet(header: &Header, row: &Row) -> Cells {
        let mut cells: Vec<(usize, Piece)> = Vec::new();
        let own = header.own(row);
        for piece in own.iter().flat_map(|row| &row.pieces) {
            let Some(column) = header.heads.iter().rposition(|head| head.bounds[0] <= piece.bounds[0] + 0.1) else {
                continue;
            };
            let exact = (header.heads[column].bounds[0] - piece.bounds[0]).abs() < 0.1;
            match cells.iter_mut().find(|(there, _)| *there == column) {
                // Beside the cell right under its header, what spreads to the right is a unit or a remark.
                Some((_, cell)) if header.heads[column].column.is_numeric() && !exact => {
                    if cell.text.is_empty() || cell.text == "¥" {
                        *cell = piece.clone();
                    }
                }
                Some((_, cell)) => *cell = cell.and(piece, " "),
                None => cells.push((column, piece.clone())),
            }
        }
        Cells { cells }
    }

    /// Whether anything stands where an amount should.
    pub(super) fn holds_amount(&self, header: &Header) -> bool {
        self.cells.iter().any(|(at, _)| header.heads[*at].column.holds_amount())
    }

    /// What stands in the columns of this kind, from left to right.
    pub(super) fn all<'c>(&'c self, header: &'c Header, column: Column) -> impl Iterator<Item = &'c Piece> {
        self.cells.iter().filter(move |(at, _)| header.heads[*at].column == column).map(|(_, piece)| piece)
    }

    /// What stands in the first column of this kind that is not empty here.
    pub(super) fn get(&self, header: &Header, column: Column) -> Option<&Piece> {
        self.cells.iter().find(|(at, _)| header.heads[*at].column == column).map(|(_, piece)| piece)
    }
}

/// Where a table has no column for quantities, 「1 式」 belongs to the words before it.
fn counts_joined(header: &Header, parts: Vec<Piece>) -> Vec<Piece> {
    if header.heads.iter().any(|head| matches!(head.column, Column::Quantity | Column::Unit)) {
        return parts;
    }
    let mut joined: Vec<Piece> = Vec::with_capacity(parts.len());
    for part in parts {
        let close = |before: &Piece| part.bounds[0] - before.bounds[2] < part.height();
        match joined.last_mut() {
            Some(number) if is_counter(&part.text) && is_count(&number.text) && close(number) => {
                *number = number.and(&part, "");
            }
            _ => joined.push(part),
        }
    }
    // From the end, so that words take what follows them.
    for at in (1..joined.len()).rev() {
        let counted = joined[at].text.strip_suffix(|c| COUNTERS.contains(c)).is_some_and(is_count);
        if counted && joined[at - 1].text.chars().any(is_word) {
            let count = joined.remove(at);
            joined[at - 1] = joined[at - 1].and(&count, " ");
        }
    }
    joined
}

const COUNTERS: &str = "式台個本枚組回件";

fn is_counter(text: &str) -> bool {
    text.chars().count() == 1 && COUNTERS.contains(text)
}

fn is_count(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The head under which a part of a row stands.
fn place(header: &Header, part: &Piece) -> usize {
    let number = part.text.chars().any(|c| c.is_ascii_digit()) && !part.text.chars().any(is_word);
    let distance = |head: &Head| {
        let over = shared(head.bounds, part.bounds);
        let apart = (-over).max(0.0);
        let middle = ((head.bounds[0] + head.bounds[2]) - (part.bounds[0] + part.bounds[2])).abs() / 2.0;
        // Words belong to columns of words, numbers to columns of numbers, unless they stand right under another.
        let foreign = if head.column.is_numeric() == number || over > 0.0 { 0.0 } else { 4.0 * part.height() };
        apart + 0.05 * middle + foreign
    };
    header
        .heads
        .iter()
        .enumerate()
        .min_by(|(_, a), (_, b)| f32::total_cmp(&distance(a), &distance(b)))
        .map_or(0, |(at, _)| at)
}

fn is_word(c: char) -> bool {
    c.is_alphabetic() && !"円式台個本枚組台ヶか月年人回件".contains(c)
}

/// Where numbers of two columns came under one head, and the row has one for every column of numbers, their order tells.
fn in_order(header: &Header, parts: &[Piece], columns: &mut [usize]) {
    let numeric: Vec<usize> = (0..header.heads.len())
        .filter(|at| matches!(header.heads[*at].column, Column::Quantity) || header.heads[*at].column.holds_money())
        .collect();
    let first = numeric.first().map_or(f32::MAX, |at| header.heads[*at].bounds[0]);
    let last_words = header.heads.iter().filter(|head| !head.column.is_numeric()).map(|head| head.bounds[2]);
    let words_end = last_words.filter(|right| *right < first).fold(0.0, f32::max);
    let numbers: Vec<usize> = (0..parts.len())
        .filter(|at| {
            let part = &parts[*at];
            part.bounds[0] > words_end
                && part.text.chars().next().is_some_and(|c| c.is_ascii_digit() || matches!(c, '¥' | '\\'))
                && !part.text.chars().any(is_word)
        })
        .collect();
    let clash = numbers.iter().enumerate().any(|(i, a)| numbers[..i].iter().any(|b| columns[*a] == columns[*b]));
    if clash && numbers.len() == numeric.len() {
        for (part, column) in numbers.into_iter().zip(numeric) {
            columns[part] = column;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_its_head_says_what_a_column_holds() {
        for (text, expected) in [
            ("項目", Some(Column::Item)),
            ("内訳", Some(Column::Detail)),
            ("品名・仕様", Some(Column::Item)),
            ("数量", Some(Column::Quantity)),
            ("単価(円)", Some(Column::UnitPrice)),
            ("税込単価", Some(Column::UnitPrice)),
            ("金額(税込)", Some(Column::Amount)),
            ("税抜金額", Some(Column::Net)),
            ("①補助対象金額", Some(Column::Eligible)),
            ("②補助対象外金額", Some(Column::Ineligible)),
            ("消費税額", Some(Column::Tax)),
            ("税率", Some(Column::Rate)),
            ("No.", Some(Column::Number)),
            ("領収書内訳書", None),
            ("10%対象額", None),
            ("タブレット", None),
            ("", None),
        ] {
            assert_eq!(column(text), expected, "{text}");
        }
    }
}
