//! XLSX and XLS: cells as a stream, each part weighed before it is parsed.

use super::formula::{self, Open};
use super::{Gatherer, compound, unseen};
use crate::document::damaged;
use crate::limits::Limits;
use crate::page::{Cell, Grid};
use calamine::{
    Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError, XlsxFormulaMetadata,
};
use claim::{Problem, ProblemCode};
use std::io::{self, Cursor, Read};

/// More parts than any workbook of ours has; each costs a header.
pub(crate) const MOST_PARTS: usize = 4_096;

/// Opening brackets of XML for each cell that a workbook may have: a cell with a text in it has eight of both kinds.
const MARKUP_PER_CELL: u64 = 10;

/// Counts bytes and opening brackets of what is written to it.
#[derive(Default)]
struct Scale {
    bytes: u64,
    brackets: u64,
}

impl io::Write for Scale {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.brackets += bytes.iter().filter(|byte| **byte == b'<').count() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Inflates every part of a workbook into nothing and counts. The sizes that the archive states are not believed: a part
/// of a few kilobytes can inflate to gigabytes, and the parser keeps whole parts in memory.
pub(crate) fn weigh(bytes: &[u8], limits: &Limits) -> Result<(), Problem> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged("zip", error))?;
    let most = limits.inflated_bytes;
    let mut scale = Scale::default();
    for index in 0..zip.len() {
        let part = match zip.by_index(index) {
            Ok(part) => part,
            Err(zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED)) => {
                return Err(Problem::new(ProblemCode::Encrypted));
            }
            Err(error) => return Err(damaged("zip", error)),
        };
        let left = most - scale.bytes;
        io::copy(&mut part.take(left + 1), &mut scale).map_err(|error| damaged("zip", error))?;
        let too_large = |expected: String| {
            Problem::new(ProblemCode::TooLarge).with("found", format!("> {expected}")).with("expected", expected)
        };
        if scale.bytes > most {
            return Err(too_large(format!("{} MiB", most / (1024 * 1024))));
        }
        // Ten million empty cells fit into that; the parser goes through each.
        if scale.brackets > MARKUP_PER_CELL.saturating_mul(u64::from(limits.cells)) {
            return Err(too_large(format!("{} cells", limits.cells)));
        }
    }
    Ok(())
}

/// Reads an XLSX that was weighed before.
pub(crate) fn read_xlsx(bytes: &[u8], limits: &Limits) -> Result<Vec<Grid>, Problem> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(xlsx_problem)?;
    let sheets = sheets(workbook.sheets_metadata(), limits)?;
    let worked_out = results_are_saved(bytes);
    let mut gatherer = Gatherer::new(limits);
    let mut grids = Vec::new();
    for mut grid in sheets {
        let mut cells = workbook.worksheet_cells_reader(&grid.sheet).map_err(xlsx_problem)?;
        let mut open = Open::new();
        while let Some(record) = cells.next_cell_with_formula_metadata().map_err(xlsx_problem)? {
            let (row, column) = record.pos;
            if let Some(XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. }) =
                &record.formula
                && is_open(&record.value, worked_out)
                && formula.len() <= formula::MOST_CHARACTERS
            {
                open.insert((row as usize, column as usize), formula.clone());
            }
            let cell = match record.value {
                DataRef::Empty if record.formula.is_some() => Cell::FormulaWithoutValue,
                DataRef::Int(0) if record.formula.is_some() && !worked_out => Cell::FormulaWithoutValue,
                DataRef::Float(0.0) if record.formula.is_some() && !worked_out => Cell::FormulaWithoutValue,
                DataRef::Empty => Cell::Empty,
                DataRef::Int(number) => Cell::Number(number.to_string()),
                DataRef::Float(number) => float(number),
                DataRef::String(text) => words(&text),
                DataRef::SharedString(text) => words(text),
                DataRef::Bool(truth) => boolean(truth),
                DataRef::DateTime(moment) => day(moment),
                DataRef::DateTimeIso(text) => iso_day(&text),
                DataRef::DurationIso(text) => words(&text),
                DataRef::Error(error) => Cell::Text(error.to_string()),
            };
            gatherer.put(&mut grid, row, column, cell)?;
        }
        drop(cells);
        formula::work_out(&mut grid, &open);
        // The cells are good without it; the list only helps to understand headers.
        let merged = workbook.merge_cells_by_sheet_name(&grid.sheet).unwrap_or_default();
        gatherer.merge(&mut grid, &merged);
        grids.push(grid);
    }
    unseen::mark(bytes, &mut grids, limits);
    Ok(visible_first(grids))
}

/// Whether what is saved beside a formula is no result of it: nothing, a 0 of a library, or an error, which may come of
/// numbers that were entered as text.
fn is_open(saved: &DataRef<'_>, worked_out: bool) -> bool {
    match saved {
        DataRef::Empty | DataRef::Error(_) => true,
        DataRef::Int(0) | DataRef::Float(0.0) => !worked_out,
        _ => false,
    }
}

/// Whether a spreadsheet program worked the formulas out. Libraries that write workbooks cannot: they save nothing or 0 as
/// the result and ask the program that opens the workbook to work everything out. There a 0 is no result.
fn results_are_saved(bytes: &[u8]) -> bool {
    let mut workbook = String::new();
    let read = zip::ZipArchive::new(Cursor::new(bytes))
        .ok()
        .and_then(|mut zip| zip.by_name("xl/workbook.xml").ok()?.read_to_string(&mut workbook).ok());
    // Weighed before, so it fits into memory. One that cannot be read here could not be opened either.
    read.is_none() || !["\"1\"", "\"true\""].iter().any(|on| workbook.contains(&format!("fullCalcOnLoad={on}")))
}

/// Reads an XLS. The parser builds whole sheets; their size is bounded by the format (65,536 rows of 256 columns) and by
/// the memory of the reader process.
pub(crate) fn read_xls(bytes: &[u8], limits: &Limits) -> Result<Vec<Grid>, Problem> {
    compound::check(bytes, limits)?;
    let mut workbook = Xls::new(Cursor::new(bytes)).map_err(xls_problem)?;
    let sheets = sheets(workbook.sheets_metadata(), limits)?;
    let mut gatherer = Gatherer::new(limits);
    let mut grids = Vec::new();
    for mut grid in sheets {
        let range = workbook.worksheet_range(&grid.sheet).map_err(xls_problem)?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let cell = match value {
                Data::Empty => Cell::Empty,
                Data::Int(number) => Cell::Number(number.to_string()),
                Data::Float(number) => float(*number),
                Data::String(text) => words(text),
                Data::Bool(truth) => boolean(*truth),
                Data::DateTime(moment) => day(*moment),
                Data::DateTimeIso(text) => iso_day(text),
                Data::DurationIso(text) => words(text),
                Data::Error(error) => Cell::Text(error.to_string()),
            };
            // A sheet has at most 65,536 rows and 256 columns; beyond the limits all the same if it should have more.
            let at = |offset: usize, start: u32| u32::try_from(offset).unwrap_or(u32::MAX).saturating_add(start);
            gatherer.put(&mut grid, at(row, top), at(column, left), cell)?;
        }
        let merged = workbook.merge_cells_by_sheet_name(&grid.sheet).unwrap_or_default();
        gatherer.merge(&mut grid, &merged);
        grids.push(grid);
    }
    Ok(visible_first(grids))
}

/// The worksheets as empty grids, or too many of them.
fn sheets(metadata: &[calamine::Sheet], limits: &Limits) -> Result<Vec<Grid>, Problem> {
    let sheets: Vec<Grid> = metadata
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| Grid {
            sheet: sheet.name.clone(),
            hidden: sheet.visible != SheetVisible::Visible,
            ..Grid::default()
        })
        .collect();
    if sheets.len() > limits.pages as usize {
        return Err(Problem::new(ProblemCode::TooManyPages)
            .with("found", i64::try_from(sheets.len()).unwrap_or(i64::MAX))
            .with("expected", limits.pages));
    }
    Ok(sheets)
}

/// Hidden sheets last, otherwise in the order of the workbook.
fn visible_first(mut grids: Vec<Grid>) -> Vec<Grid> {
    grids.sort_by_key(|grid| grid.hidden);
    grids
}

fn words(text: &str) -> Cell {
    if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

fn boolean(truth: bool) -> Cell {
    Cell::Text(if truth { "TRUE" } else { "FALSE" }.to_owned())
}

/// The number as a spreadsheet shows it, to 15 digits: `=41000*1.1` is saved as 45100.00000000001 and shown as 45100.
/// Then the shortest decimal that gives it back; Rust writes it without an exponent.
fn float(number: f64) -> Cell {
    let shown = format!("{number:.14e}").parse().unwrap_or(number);
    // Adding zero turns minus zero into zero.
    Cell::Number((shown + 0.0).to_string())
}

/// A day, from a cell whose format shows one (an era's years too); times and durations stay numbers.
fn day(moment: ExcelDateTime) -> Cell {
    let serial = moment.as_f64();
    if moment.is_duration() || !(1.0..2_958_466.0).contains(&serial) {
        return float(serial);
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    let date = i16::try_from(year)
        .ok()
        .zip(i8::try_from(month).ok())
        .zip(i8::try_from(day).ok())
        .and_then(|((year, month), day)| jiff::civil::Date::new(year, month, day).ok());
    // 1900-02-29 exists for Excel only.
    date.map_or_else(|| float(serial), Cell::Day)
}

fn iso_day(text: &str) -> Cell {
    text.get(..10).and_then(|day| day.parse().ok()).map_or_else(|| words(text), Cell::Day)
}

fn xlsx_problem(error: XlsxError) -> Problem {
    match error {
        XlsxError::Password => Problem::new(ProblemCode::Encrypted),
        error => damaged("XLSX", error),
    }
}

fn xls_problem(error: XlsError) -> Problem {
    match error {
        XlsError::Password => Problem::new(ProblemCode::Encrypted),
        error => damaged("XLS", error),
    }
}
