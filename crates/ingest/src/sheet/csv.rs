//! CSV: decoded text in, one grid of texts out.

use super::Gatherer;
use crate::document::damaged;
use crate::limits::Limits;
use crate::page::{Cell, Grid};
use claim::{Problem, ProblemCode};

/// Reads separated values. Rows are counted as a spreadsheet shows them: a quoted line break stays within its row, and an
/// empty line is a row. Values stay text; what they mean is told where fields are found.
pub(crate) fn read_csv(text: &str, limits: &Limits) -> Result<Vec<Grid>, Problem> {
    let delimiter = delimiter(text);
    // A row is held whole, and an empty cell takes more than the comma behind it. Where all cells are empty but few, most
    // of them are no cells; twice as many as there may be are no table.
    let separators = text.bytes().filter(|byte| *byte == delimiter).count();
    if separators > 2 * limits.cells as usize {
        return Err(Problem::new(ProblemCode::TooLarge)
            .with("found", format!("> {} cells", limits.cells))
            .with("expected", format!("{} cells", limits.cells)));
    }
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut grid = Grid::default();
    let mut gatherer = Gatherer::new(limits);
    let mut record = ::csv::StringRecord::new();
    let mut row = 0u32;
    loop {
        let start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        // The text is valid UTF-8 and rows may have any length, so nothing is left to go wrong; were there, the file
        // would be no CSV.
        let more = reader.read_record(&mut record).map_err(|error| damaged("CSV", error))?;
        if !more {
            break;
        }
        // A row ends at the first of CR LF; the second is still to come and is no line of its own.
        let (before, after) = text.split_at_checked(start).unwrap_or_default();
        let after = after.strip_prefix('\n').filter(|_| before.ends_with('\r')).unwrap_or(after);
        row = row.saturating_add(empty_lines(after));
        for (column, value) in (0u32..).zip(&record) {
            let cell = if value.trim().is_empty() { Cell::Empty } else { Cell::Text(value.to_owned()) };
            gatherer.put(&mut grid, row, column, cell)?;
        }
        row = row.saturating_add(1);
    }
    Ok(vec![grid])
}

/// How many lines at the start of `text` are empty; the reader skips them silently.
fn empty_lines(mut text: &str) -> u32 {
    let mut lines = 0;
    while let Some(rest) = text.strip_prefix("\r\n").or_else(|| text.strip_prefix(['\n', '\r'])) {
        text = rest;
        lines += 1;
    }
    lines
}

/// Comma, tab or semicolon: whichever stands most often outside quotes in the first lines, the comma if none does.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0u32), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    let mut lines = 0;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                lines += 1;
                if lines == 50 {
                    break;
                }
            }
            _ if !quoted => counts.iter_mut().filter(|(one, _)| *one == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // Amounts carry commas ("1,000"), so a tab counts for more than a comma.
    if counts[1].1 > 0 && counts[1].1 * 3 >= counts[0].1 {
        b'\t'
    } else if counts[2].1 > 0 && counts[0].1 == 0 {
        b';'
    } else {
        b','
    }
}
