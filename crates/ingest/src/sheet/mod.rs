//! Workbooks and CSV: bytes in, grids of cells out.

mod compound;
mod csv;
mod formula;
#[cfg(test)]
mod tests;
mod unseen;
mod workbook;

pub(crate) use self::csv::read_csv;
pub(crate) use workbook::{MOST_PARTS, read_xls, read_xlsx, weigh};

use crate::limits::Limits;
use crate::page::{Cell, Grid, cell_name};
use calamine::Dimensions;
use claim::{Place, Problem, ProblemCode, Spot};

/// Cells being gathered into grids, with what may still come.
#[derive(Debug)]
struct Gatherer<'a> {
    limits: &'a Limits,
    /// Cells so far, with the empty ones that fill the rows.
    cells: usize,
    /// Characters of text so far: a workbook may name one long text from many cells.
    characters: usize,
}

impl<'a> Gatherer<'a> {
    fn new(limits: &'a Limits) -> Self {
        Gatherer { limits, cells: 0, characters: 0 }
    }

    /// Puts a cell where it belongs. Empty cells take no place: formatted ones far out are common and mean nothing.
    fn put(&mut self, grid: &mut Grid, row: u32, column: u32, cell: Cell) -> Result<(), Problem> {
        if cell == Cell::Empty {
            return Ok(());
        }
        let (row, column) = (row as usize, column as usize);
        let too_large = |expected: String| {
            let spot = Spot {
                sheet: Some(grid.sheet.clone()).filter(|sheet| !sheet.is_empty()),
                cell: Some(cell_name(row, column)),
                ..Spot::default()
            };
            Problem::new(ProblemCode::TooLarge)
                .at(Place { spot, ..Place::default() })
                .with("found", cell_name(row, column))
                .with("expected", expected)
        };
        let limits = self.limits;
        let (rows, columns) = (limits.rows as usize, limits.columns as usize);
        if row >= rows || column >= columns {
            return Err(too_large(cell_name(rows.saturating_sub(1), columns.saturating_sub(1))));
        }
        if let Cell::Text(text) | Cell::Number(text) = &cell {
            let characters = text.chars().count();
            self.characters += characters;
            if characters > limits.cell_characters as usize {
                return Err(too_large(format!("{} characters", limits.cell_characters)));
            }
            if self.characters as u64 > limits.inflated_bytes {
                return Err(too_large(format!("{} characters", limits.inflated_bytes)));
            }
        }
        if grid.rows.len() <= row {
            grid.rows.resize_with(row + 1, Vec::new);
        }
        let cells = &mut grid.rows[row];
        if cells.len() <= column {
            self.cells += column + 1 - cells.len();
            if self.cells > limits.cells as usize {
                return Err(too_large(format!("{} cells", limits.cells)));
            }
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }

    /// Remembers how wide and how tall merged cells are; those beyond the limits say nothing about a table.
    fn merge(&self, grid: &mut Grid, merged: &[Dimensions]) {
        for region in merged.iter().take(self.limits.cells as usize) {
            let [(top, first), (bottom, last)] = [region.start, region.end];
            let place = (top as usize, first as usize);
            if first < last && last < self.limits.columns {
                grid.merged.insert(place, (last - first + 1) as usize);
            }
            if top < bottom && bottom < self.limits.rows {
                grid.tall.insert(place, (bottom - top + 1) as usize);
            }
        }
    }
}
