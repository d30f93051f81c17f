//! The shared model between the formats and the field finding: pages of positioned text, and grids of cells.

use claim::PageHash;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One page as text with positions. What was recognised in one process goes to another as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: u32,
    /// In the unit of the boxes (PDF points, or pixels of the upright picture).
    pub(crate) width: f32,
    /// In the unit of the boxes.
    pub(crate) height: f32,
    /// Words from top to bottom, then left to right. A word is a run without a wide gap; Japanese text has no spaces, so
    /// a word may be a whole phrase.
    pub(crate) lines: Vec<Line>,
    /// Text of a second pass (another model or other cleaning), where one was made; amounts that both give agree.
    pub(crate) second: Vec<Line>,
    /// What the page looks like; `None` of a blank one.
    pub(crate) look: Option<PageHash>,
    /// By how many quarters the page that came was turned clockwise so that its text stands upright.
    pub(crate) quarters: u8,
}

impl Page {
    /// A box of this page on the page that came, before it was turned: that is the one that people look at.
    pub(crate) fn as_it_came(&self, bounds: [f32; 4]) -> [f32; 4] {
        turned_box(bounds, (4 - self.quarters % 4) % 4, self.width, self.height)
    }
}

/// Where a box goes when its page of `width` and `height` is turned clockwise by so many quarters.
pub(crate) fn turned_box(bounds: [f32; 4], quarters: u8, width: f32, height: f32) -> [f32; 4] {
    let (mut turned, mut size) = (bounds, (width, height));
    for _ in 0..quarters % 4 {
        let [left, top, right, bottom] = turned;
        turned = [size.1 - bottom, left, size.1 - top, right];
        size = (size.1, size.0);
    }
    turned
}

/// One line: words that stand side by side.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Line {
    /// From left to right.
    pub(crate) words: Vec<Word>,
}

/// A run of text without a wide gap.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Word {
    /// As it stood, not folded.
    pub(crate) text: String,
    /// Left, top, right, bottom.
    pub(crate) bounds: [f32; 4],
    /// The engine's own confidence from 0 to 1; 1 for born-digital text. Not calibrated.
    pub(crate) confidence: f32,
}

impl Line {
    /// The words with a space between them.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The box around all words.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        self.words
            .iter()
            .map(|word| word.bounds)
            .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
            .unwrap_or_default()
    }
}

/// One sheet of a workbook, or a CSV.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// The sheet's name; empty for a CSV.
    pub(crate) sheet: String,
    /// Hidden sheets are read last and only when no visible one holds the document.
    pub(crate) hidden: bool,
    /// Rows from the top, each from column A; merged cells hold their value at their top left.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// How many columns a merged cell covers, by the row and the column (from 0) of its top left.
    pub(crate) merged: BTreeMap<(usize, usize), usize>,
    /// How many rows one covers.
    pub(crate) tall: BTreeMap<(usize, usize), usize>,
    /// What of it is hidden.
    pub(crate) unseen: Unseen,
}

/// Hidden rows and columns, from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unseen {
    pub(crate) rows: BTreeSet<usize>,
    pub(crate) columns: BTreeSet<usize>,
}

impl Grid {
    /// The grid with nothing in its hidden cells; `None` when none of them holds anything.
    pub(crate) fn shown(&self) -> Option<Grid> {
        let Unseen { rows, columns } = &self.unseen;
        let mut shown = Grid { unseen: Unseen::default(), rows: Vec::new(), ..self.clone() };
        let mut hides = false;
        for (y, cells) in self.rows.iter().enumerate() {
            let row = cells.iter().enumerate().map(|(x, cell)| {
                let hidden = rows.contains(&y) || columns.contains(&x);
                hides |= hidden && *cell != Cell::Empty;
                if hidden { Cell::Empty } else { cell.clone() }
            });
            shown.rows.push(row.collect());
        }
        hides.then_some(shown)
    }

    /// Whether the cell of this name is in a hidden row or column.
    pub(crate) fn hides(&self, cell: &str) -> bool {
        cell_place(cell)
            .is_some_and(|(row, column)| self.unseen.rows.contains(&row) || self.unseen.columns.contains(&column))
    }
}

/// The name a spreadsheet shows for a cell: `B7` for row 6 and column 1.
pub(crate) fn cell_name(row: usize, column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        // The remainder is below 26.
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    format!("{}{}", letters.iter().rev().collect::<String>(), row + 1)
}

/// The row and the column (from 0) of a cell's name: `B7`, `$B$7`.
pub(crate) fn cell_place(name: &str) -> Option<(usize, usize)> {
    let name = name.strip_prefix('$').unwrap_or(name);
    let letters = name.find(|c: char| !c.is_ascii_alphabetic()).filter(|count| (1..=3).contains(count))?;
    let (letters, digits) = name.split_at(letters);
    let digits = digits.strip_prefix('$').unwrap_or(digits);
    let row: usize = digits.parse().ok().filter(|row| (1..=1_048_576).contains(row))?;
    let column =
        letters.bytes().fold(0, |column, letter| column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    Some((row - 1, column - 1))
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// A whole or fractional number, as the shortest decimal text that gives it back (never a float again).
    Number(String),
    /// A day.
    Day(jiff::civil::Date),
    /// A formula whose result was not saved.
    FormulaWithoutValue,
}

/// A picture of a page, 8 bits of grey.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    /// Row by row from the top left, one byte a pixel, 0 black.
    pub(crate) grey: Vec<u8>,
    /// In pixels.
    pub(crate) width: u32,
    /// In pixels.
    pub(crate) height: u32,
    /// What to multiply pixel positions by to get the unit of the page's boxes.
    pub(crate) points_per_pixel: f32,
}
