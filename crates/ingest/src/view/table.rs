//! A sheet as cells that a page can draw as a table.

use super::View;
use crate::limits::Limits;
use crate::page::{Cell, Grid, cell_name};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A sheet as cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// From 1: which of `sheets` it is.
    pub page: u32,
    /// All sheets of the workbook, in the order in which they are numbered; one without a name for a CSV.
    pub sheets: Vec<Sheet>,
    /// From A to the last that holds anything.
    pub columns: Vec<Column>,
    /// From the first.
    pub rows: Vec<Row>,
    /// How many rows follow that are not here, because a sheet is shown only so far.
    pub more_rows: u32,
}

/// A sheet by its name, as spots name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// `None` for a CSV.
    pub name: Option<String>,
    /// Nobody sees it who opens the workbook.
    pub hidden: bool,
}

/// A column of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Such as `B`.
    pub name: String,
    /// Nobody sees it who opens the workbook. Of an old workbook (XLS) this is not known.
    pub hidden: bool,
}

/// A row of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// From 1, as spreadsheets show it.
    pub number: u32,
    /// Nobody sees it who opens the workbook. Of an old workbook (XLS) this is not known.
    pub hidden: bool,
    /// From column A to the last that holds anything, but for those that a merged cell covers.
    pub cells: Vec<TableCell>,
}

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCell {
    /// As spots name it: `B7`.
    pub name: String,
    /// What it shows: text as it stands, a plain decimal, a day as 2025-06-15.
    pub text: String,
    /// The rest of a text that is too long to show was left out.
    pub cut: bool,
    /// What it holds.
    pub kind: TableCellKind,
    /// Columns that it takes, those that are merged into it included.
    pub columns: u32,
    /// Rows that it takes.
    pub rows: u32,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableCellKind {
    /// Nothing.
    Empty,
    /// Text.
    Text,
    /// A number.
    Number,
    /// A day.
    Day,
    /// A formula whose result was not saved.
    FormulaWithoutValue,
}

/// Characters of one cell that are shown: more than a screen of a table holds.
const MOST_IN_CELL: usize = 500;

/// Sheet `number` of these, from 1.
pub(super) fn of_grids(grids: Vec<Grid>, number: u32, limits: &Limits) -> View {
    let sheets: Vec<Sheet> = grids
        .iter()
        .map(|grid| Sheet { name: Some(grid.sheet.clone()).filter(|name| !name.is_empty()), hidden: grid.hidden })
        .collect();
    let Some(grid) = number.checked_sub(1).and_then(|index| grids.get(index as usize)) else {
        return View::NoSuchPage { pages: count(sheets.len()) };
    };
    let spans = Spans::of(grid, limits);
    let mut rows = Vec::new();
    let (mut cells_left, mut characters_left) = (limits.view_cells as usize, limits.view_characters as usize);
    for (y, cells) in grid.rows.iter().enumerate().take(limits.view_rows as usize) {
        let width = cells.len().max(spans.width(y));
        if width > cells_left {
            break;
        }
        cells_left -= width;
        let shown = (0..width).filter(|x| !spans.covered.contains(&(y, *x))).map(|x| {
            let (text, kind) = shown(cells.get(x).unwrap_or(&Cell::Empty));
            let most = characters_left.min(MOST_IN_CELL);
            let part: String = text.chars().take(most).collect();
            characters_left -= part.chars().count();
            let (rows, columns) = spans.sizes.get(&(y, x)).copied().unwrap_or((1, 1));
            let cut = part.len() < text.len();
            TableCell { name: cell_name(y, x), text: part, cut, kind, columns: count(columns), rows: count(rows) }
        });
        let cells = shown.collect();
        rows.push(Row { number: count(y + 1), hidden: grid.unseen.rows.contains(&y), cells });
    }
    // A merged cell must not reach beyond the rows that are here.
    let shown_rows = rows.len();
    for row in &mut rows {
        let left = count(shown_rows + 1) - row.number;
        row.cells.iter_mut().for_each(|cell| cell.rows = cell.rows.min(left));
    }
    let width = (0..shown_rows).map(|y| grid.rows[y].len().max(spans.width(y))).max().unwrap_or(0);
    let columns =
        (0..width).map(|x| Column { name: column_name(x), hidden: grid.unseen.columns.contains(&x) }).collect();
    View::Table(Table { page: number, sheets, columns, more_rows: count(grid.rows.len() - rows.len()), rows })
}

fn shown(cell: &Cell) -> (String, TableCellKind) {
    match cell {
        Cell::Empty => (String::new(), TableCellKind::Empty),
        Cell::Text(text) => (text.clone(), TableCellKind::Text),
        Cell::Number(number) => (number.clone(), TableCellKind::Number),
        Cell::Day(day) => (day.to_string(), TableCellKind::Day),
        Cell::FormulaWithoutValue => (String::new(), TableCellKind::FormulaWithoutValue),
    }
}

/// Merged cells that can be drawn as such.
struct Spans {
    /// Rows and columns, by the row and the column of the top left.
    sizes: BTreeMap<(usize, usize), (usize, usize)>,
    covered: BTreeSet<(usize, usize)>,
    /// The first column beyond all merged cells of a row.
    widths: BTreeMap<usize, usize>,
}

impl Spans {
    fn of(grid: &Grid, limits: &Limits) -> Spans {
        let mut spans = Spans { sizes: BTreeMap::new(), covered: BTreeSet::new(), widths: BTreeMap::new() };
        let mut left = limits.view_cells as usize;
        let places: BTreeSet<(usize, usize)> = grid.merged.keys().chain(grid.tall.keys()).copied().collect();
        for place @ (top, first) in places {
            let rows = grid.tall.get(&place).copied().unwrap_or(1).min(grid.rows.len().saturating_sub(top));
            let columns = grid.merged.get(&place).copied().unwrap_or(1);
            // Millions of cells can be merged in a few bytes.
            if rows == 0 || rows * columns > left {
                continue;
            }
            left -= rows * columns;
            let cells = || (top..top + rows).flat_map(|y| (first..first + columns).map(move |x| (y, x)));
            let holds = |(y, x): (usize, usize)| {
                grid.rows.get(y).and_then(|row| row.get(x)).is_some_and(|cell| *cell != Cell::Empty)
            };
            // Spreadsheets hide what a merged cell covers, and reading does not; two merged cells do not overlap.
            if spans.covered.contains(&place)
                || cells().any(|cell| {
                    cell != place && (holds(cell) || spans.covered.contains(&cell) || spans.sizes.contains_key(&cell))
                })
            {
                continue;
            }
            spans.sizes.insert(place, (rows, columns));
            spans.covered.extend(cells().filter(|cell| *cell != place));
            for y in top..top + rows {
                let width = spans.widths.entry(y).or_default();
                *width = (*width).max(first + columns);
            }
        }
        spans
    }

    fn width(&self, row: usize) -> usize {
        self.widths.get(&row).copied().unwrap_or(0)
    }
}

/// `B` for 1.
fn column_name(column: usize) -> String {
    cell_name(0, column).trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
}

/// The limits keep rows, columns and sheets far below.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
