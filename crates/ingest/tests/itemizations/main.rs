//! Itemizations as facilities send them: made workbooks and CSV files, each with what is expected of it.
//!
//! A table of cases, not a list of tests: a case is what a person would say of a file ("a header in the middle of the
//! sheet"), the file, and all that is read from it. One run says every case that differs.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod amounts;
mod files;
mod forms;
mod headers;
mod hidden;
mod messages;
mod sheets;
mod sums;
mod vendors;

use claim::{Category, DocumentKind, ProblemCode, Reading};
use ingest::Limits;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

const M: Option<Category> = Some(Category::MobileTerminal);
const R: Option<Category> = Some(Category::ReceiptComputer);
const O: Option<Category> = Some(Category::Other);

/// A cell to be written.
#[derive(Clone, Debug)]
enum Cell {
    Blank,
    Text(String),
    Number(f64),
    /// A formula with the result that a spreadsheet program saves with it.
    Formula(&'static str, &'static str),
    /// A formula as a library writes it: without a result.
    Unsaved(&'static str),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        if text.is_empty() { Cell::Blank } else { Cell::Text(text.to_owned()) }
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Cell {
        Cell::Number(f64::from(number))
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Cell {
        Cell::Number(number)
    }
}

/// A formula and its saved result.
fn f(formula: &'static str, result: &'static str) -> Cell {
    Cell::Formula(formula, result)
}

/// A formula without a saved result.
fn u(formula: &'static str) -> Cell {
    Cell::Unsaved(formula)
}

/// A row of cells.
macro_rules! row {
    ($($cell:expr),* $(,)?) => { vec![$(crate::Cell::from($cell)),*] };
}
use row;

type Rows = Vec<Vec<Cell>>;

/// Writes rows from a cell on.
fn put(sheet: &mut Worksheet, top: u32, left: u16, rows: &Rows) {
    for (y, row) in (top..).zip(rows) {
        for (x, cell) in (left..).zip(row) {
            match cell {
                Cell::Blank => continue,
                Cell::Text(text) => sheet.write_string(y, x, text).unwrap(),
                Cell::Number(number) => sheet.write_number(y, x, *number).unwrap(),
                Cell::Formula(formula, result) => {
                    sheet.write_formula(y, x, Formula::new(*formula).set_result(*result)).unwrap()
                }
                Cell::Unsaved(formula) => sheet.write_formula(y, x, *formula).unwrap(),
            };
        }
    }
}

/// A workbook of sheets with their names and rows.
fn book(sheets: &[(&str, Rows)]) -> Vec<u8> {
    book_with(sheets, |_| {})
}

/// The same, with more done to it before it is saved.
fn book_with(sheets: &[(&str, Rows)], more: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        put(book.add_worksheet().set_name(*name).unwrap(), 0, 0, rows);
    }
    more(&mut book);
    book.save_to_buffer().unwrap()
}

/// One sheet 「内訳」.
fn one(rows: Rows) -> Vec<u8> {
    book(&[("内訳", rows)])
}

/// One sheet 「内訳」, with more done to it.
fn one_with(rows: Rows, more: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    book_with(&[("内訳", rows)], |book| more(book.worksheet_from_index(0).unwrap()))
}

/// Merges cells and writes into them.
fn merge(sheet: &mut Worksheet, area: [u32; 4], cell: impl Into<Cell>) {
    let [top, left, bottom, right] = area;
    let (left, right) = (u16::try_from(left).unwrap(), u16::try_from(right).unwrap());
    sheet.merge_range(top, left, bottom, right, "", &Format::new()).unwrap();
    put(sheet, top, left, &vec![vec![cell.into()]]);
}

/// What is expected of a file.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expect {
    /// Description, yen, category, cell.
    lines: Vec<(String, i64, Option<Category>, String)>,
    total: Option<i64>,
    /// Code and place: `内訳!C4`.
    problems: Vec<(ProblemCode, String)>,
}

impl Expect {
    fn of(reading: &Reading) -> Expect {
        let at = |spot: &claim::Spot| match (&spot.sheet, &spot.cell) {
            (Some(sheet), Some(cell)) => format!("{sheet}!{cell}"),
            (sheet, cell) => format!("{}{}", sheet.clone().unwrap_or_default(), cell.clone().unwrap_or_default()),
        };
        let itemization = reading.itemization.clone().unwrap_or_default();
        Expect {
            lines: itemization
                .lines
                .iter()
                .map(|line| {
                    let cell = line.spot.cell.clone().unwrap_or_default();
                    (line.description.clone(), line.amount_yen.get(), line.category, cell)
                })
                .collect(),
            total: itemization.total_yen.map(|field| field.value.get()),
            problems: reading.problems.iter().map(|problem| (problem.code, at(&problem.place.spot))).collect(),
        }
    }
}

/// Lines and a total; nothing is wrong.
fn good(lines: &[(&str, i64, Option<Category>, &str)], total: Option<i64>) -> Expect {
    Expect {
        lines: lines.iter().map(|(d, y, c, at)| ((*d).to_owned(), *y, *c, (*at).to_owned())).collect(),
        total,
        ..Expect::default()
    }
}

/// The same with problems.
fn with(expect: Expect, problems: &[(ProblemCode, &str)]) -> Expect {
    Expect { problems: problems.iter().map(|(code, at)| (*code, (*at).to_owned())).collect(), ..expect }
}

/// A file and what is expected of it.
struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    expect: Expect,
}

fn case(what: &'static str, bytes: Vec<u8>, expect: Expect) -> Case {
    Case { what, bytes, expect }
}

fn read(bytes: &[u8]) -> Reading {
    ingest::read(bytes, "内訳書", Some(DocumentKind::Itemization), &Limits::default())
}

/// Reads all cases and says all that differ. A line that is right and not sure would still cost a person's time, so
/// where nothing is wrong every line is sure.
#[track_caller]
fn hold(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for Case { what, bytes, expect } in &cases {
        let reading = read(bytes);
        let found = Expect::of(&reading);
        if found != *expect {
            wrong.push(format!("{what}\n  found    {found:?}\n  expected {expect:?}"));
        } else if expect.problems.is_empty() {
            let itemization = reading.itemization.unwrap();
            let unsure = itemization.lines.iter().any(|line| line.confidence.per_mille() < 950);
            if unsure || reading.kind != DocumentKind::Itemization {
                wrong.push(format!("{what}: not sure, or {:?}: {itemization:?}", reading.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The two lines of most cases, their amounts in a column.
fn two(column: &str, first: u32) -> Expect {
    good(
        &[
            ("タブレット端末", 45_100, M, &format!("{column}{first}")),
            ("レセコン改修", 143_000, R, &format!("{column}{}", first + 1)),
        ],
        Some(188_100),
    )
}
