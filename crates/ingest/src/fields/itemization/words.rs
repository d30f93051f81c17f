//! What the words of a row say: what was bought, of which category, and whether the row only shows how to fill in the form.

use super::super::amount;
use super::super::category::{agreed, categorise, stated};
use super::super::layout::{Content, Piece, Row};
use super::super::table::{Cells, Column, Header};
use super::Draft;

/// The words of a line.
pub(super) struct Description {
    pub(super) item: Option<Piece>,
    pub(super) pieces: Vec<Piece>,
    /// What the column 「区分」 says, where it names a category.
    pub(super) stated: Option<String>,
}

impl Description {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn describe(cells: &Cells, header: &Header) -> Description {
    let worded = |column| {
        cells.all(header, column).filter(|piece| piece.text.chars().any(char::is_alphabetic)).cloned().collect()
    };
    let [mut category, items, details]: [Vec<Piece>; 3] = [Column::Category, Column::Item, Column::Detail].map(worded);
    // A category that stands alone is all that the line says; one that is none of ours is a word of it like others.
    let named = !items.is_empty() || !details.is_empty();
    let stated = category.first().filter(|piece| named && stated(&piece.text).is_some()).map(|p| p.raw().to_owned());
    if stated.is_some() {
        category.clear();
    }
    let pieces: Vec<Piece> = category.into_iter().chain(items).chain(details).collect();
    let item =
        cells.all(header, Column::Item).next().filter(|item| pieces.iter().any(|p| p.spot == item.spot)).cloned();
    Description { item, pieces, stated }
}

/// What a line was for: its category, whether it is said to be eligible, and why.
pub(super) fn category_of(
    said: Option<&str>,
    description: &str,
) -> (Option<claim::Category>, Option<bool>, Option<String>) {
    match said.and_then(|text| Some((text, stated(text)?))) {
        Some((text, (category, eligible))) => {
            let (category, reason) = agreed(category, text, description);
            (category, eligible, reason)
        }
        None => {
            let (category, reason) = categorise(description);
            (category, None, reason)
        }
    }
}

impl Draft {
    /// Words of a further row that the amount covers.
    pub(super) fn also(&mut self, description: &Description) {
        if description.is_empty() {
            return;
        }
        let line = &mut self.line;
        line.description = format!("{} {}", line.description, description.text());
        (line.category, _, line.category_reason) = category_of(self.stated.as_deref(), &line.description);
    }
}

/// Whether a row shows how to fill in the form: 「例」 in front of it, or before its words.
pub(super) fn is_example(row: &Row) -> bool {
    const MARKS: [&str; 5] = ["例", "記入例", "記載例", "入力例", "見本"];
    const OPENED: [&str; 8] = ["(例)", "【例】", "[例]", "<例>", "例)", "例:", "(記入例)", "【記入例】"];
    let first = row.pieces.first().map(Piece::squashed).unwrap_or_default();
    let bare = first.trim_matches(|c: char| !c.is_alphabetic());
    (MARKS.contains(&bare) && row.pieces.len() > 1)
        || row.pieces.iter().map(Piece::squashed).any(|text| OPENED.iter().any(|mark| text.starts_with(mark)))
}

/// The words of a row without its amounts.
pub(super) fn row_words(row: &Row, noisy: bool) -> String {
    let mut words = String::new();
    for piece in row.pieces.iter().filter(|piece| piece.content == Content::Text) {
        let mut used = 0;
        for written in amount::amounts(&piece.text, noisy) {
            words.push_str(&piece.text[used..written.range.start]);
            used = written.range.end;
        }
        words.push_str(&piece.text[used..]);
        words.push(' ');
    }
    words.trim().to_owned()
}
