//! What commands print: tables for people, JSON Lines for scripts.

use anyhow::Result;
use claim::{Lang, ProductUnits, Value, day_in_japan, wareki};
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

/// Whoever read the output has closed it (`| head`): the run ends, and nobody made a mistake.
#[derive(Debug, thiserror::Error)]
#[error("standard output was closed")]
pub(crate) struct Closed;

/// An error of standard output: [`Closed`], if that is what it is.
pub(crate) fn output_error(error: impl Into<io::Error>) -> anyhow::Error {
    let error = error.into();
    if error.kind() == io::ErrorKind::BrokenPipe { Closed.into() } else { error.into() }
}

/// Prints one JSON object on a line of its own.
pub(crate) fn json_line(value: &impl Serialize) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value).map_err(output_error)?;
    out.write_all(b"\n").map_err(output_error)
}

/// One line under the header: rows of text need no more, and copy well.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
/// How wide a table is where no terminal says it: a file, a pipe.
const WIDTH_OUTSIDE_A_TERMINAL: u16 = 160;

/// Prints a table; columns whose numbers are in `right` are aligned to the right.
pub(crate) fn table(header: &[&str], right: &[usize], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    if !table.is_tty() {
        table.set_width(WIDTH_OUTSIDE_A_TERMINAL);
    }
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    say(&table.to_string());
}

/// Prints lines for people. A closed pipe (`| head`) is nobody's mistake.
pub(crate) fn say(lines: &str) {
    let mut out = io::stdout().lock();
    for line in lines.split('\n') {
        let _ = writeln!(out, "{}", visible(line));
    }
}

/// Text from outside on one line for people: what a terminal would obey (control characters) is shown escaped.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// An instant as people in Japan read it.
pub(crate) fn moment(at: Timestamp, lang: Lang) -> String {
    let there = at.to_zoned(TimeZone::fixed(Offset::constant(9)));
    match lang {
        Lang::Ja => format!("{}{}時{:02}分", wareki(day_in_japan(at)), there.hour(), there.minute()),
        Lang::En => format!("{} JST", there.strftime("%Y-%m-%d %H:%M")),
    }
}

/// A sum as people read it.
pub(crate) fn yen(yen: claim::Yen, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("{yen}円"),
        Lang::En => format!("{yen} yen"),
    }
}

/// What is granted, yen or units of a product, as people read it.
pub(crate) fn grant(yen: claim::Yen, units: Option<&ProductUnits>, lang: Lang) -> String {
    match units {
        Some(units) => format!("{} {}", units.label(), Value::from(units.units).show("grant_units", lang)),
        None => self::yen(yen, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(visible("領収書.pdf"), "領収書.pdf");
        assert_eq!(visible("a\u{1b}[31m\r\nb\u{9b}"), "a\\u{1b}[31m\\r\\nb\\u{9b}");
    }

    #[test]
    fn an_instant_is_told_in_japan_time() {
        let at = "2025-12-31T15:05:00Z".parse().unwrap();
        assert_eq!(moment(at, Lang::Ja), "令和8年1月1日0時05分");
        assert_eq!(moment(at, Lang::En), "2026-01-01 00:05 JST");
    }
}
