//! The doors of each format for the fuzz targets (`fuzz/`): compiled for the fuzzer only, never into the product.
//!
//! Everything up to recognition runs, and what comes after it on text that the fuzzer makes up. Tesseract itself is no code
//! of ours, takes a second a page, and the process around it is there to die.

use crate::child::{Answer, Entry, Request};
use crate::document;
use crate::fields;
use crate::limits::Limits;
use crate::ocr::{self, Recognition};
use crate::page::{Cell, Grid, Line, Page, Word};
use crate::pdf;
use crate::sheet;
use crate::sniff::{Kind, sniff};
use crate::view;
use claim::{DocumentKind, Method};

/// A tenth of what a document may cost, so that the fuzzer gets on; nothing else is different.
fn limits() -> Limits {
    const MIB: u64 = 1024 * 1024;
    Limits {
        pixels_per_page: 500_000,
        pixels_in_all: 1_000_000,
        drawn_pixels: 100_000,
        cells: 20_000,
        inflated_bytes: 4 * MIB,
        ..Limits::default()
    }
}

/// Any document, as the reader process gets it.
pub fn document(bytes: &[u8]) {
    let reading = document::read(bytes, "file", None, &limits());
    assert_eq!(reading.file, "file");
}

/// The first page or sheet of any document as people see it.
pub fn view(bytes: &[u8]) {
    let limits = Limits { view_pixels: 50_000, ..limits() };
    view::view(bytes, 1, &limits, &pdf::Fonts::default());
}

/// A PDF.
pub fn pdf(bytes: &[u8]) {
    if let Ok(read) = pdf::read(bytes, &limits(), &mut Recognition::Here) {
        fields::read_pages(&read.pages, read.method, None);
    }
}

/// A PNG, JPEG, WebP or BMP, whichever its first bytes say.
pub fn picture(bytes: &[u8]) {
    let sniffed = sniff(bytes, &limits());
    if matches!(sniffed.kind, Ok(Kind::Picture)) {
        let _ = ocr::read_image(bytes, sniffed.media_type, &limits(), &mut Recognition::Here);
    }
}

/// A TIFF.
pub fn tiff(bytes: &[u8]) {
    let _ = ocr::read_image(bytes, "image/tiff", &limits(), &mut Recognition::Here);
}

/// A workbook, weighed first as it always is.
pub fn xlsx(bytes: &[u8]) {
    if sheet::weigh(bytes, &limits()).is_ok()
        && let Ok(grids) = sheet::read_xlsx(bytes, &limits())
    {
        fields::read_grid(&grids, None);
    }
}

/// An old workbook.
pub fn xls(bytes: &[u8]) {
    if let Ok(grids) = sheet::read_xls(bytes, &limits()) {
        fields::read_grid(&grids, None);
    }
}

/// Text: its encoding, then cells.
pub fn csv(bytes: &[u8]) {
    if let Ok(Kind::Csv(text)) = sniff(bytes, &limits()).kind
        && let Ok(grids) = sheet::read_csv(&text, &limits())
    {
        fields::read_grid(&grids, None);
    }
}

/// Arbitrary text of pages and cells: a form feed ends a page, a line feed a line, a tab a word. The first byte says what
/// the document is taken for and by which method it was read.
pub fn fields(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let as_kind = [None, Some(DocumentKind::Receipt), Some(DocumentKind::Itemization)][usize::from(first % 3)];
    if first & 0x80 != 0 {
        let grids: Vec<Grid> = text.split('\u{c}').map(grid).collect();
        fields::read_grid(&grids, as_kind);
        return;
    }
    let method = if first & 0x40 != 0 { Method::Ocr } else { Method::Text };
    let pages: Vec<Page> = (1..).zip(text.split('\u{c}').take(30)).map(|(number, text)| page(number, text)).collect();
    fields::read_pages(&pages, method, as_kind);
}

/// What a parent says to its reader process, and what it hears from one.
pub fn request(bytes: &[u8]) {
    let _ = Request::from_reader(&mut &*bytes);
    let _ = serde_json::from_slice::<Entry>(bytes);
    let _ = Answer::from_bytes(bytes);
}

/// A page on which every character is as wide as it is high. What stands after a vertical tab is the second reading.
fn page(number: u32, text: &str) -> Page {
    const EM: f32 = 12.0;
    let lines = |text: &str| -> Vec<Line> {
        let mut top = 0.0;
        let line = |(line, top): (&str, f32)| {
            let mut left = 0.0;
            let words = line.split('\t').map(|word| {
                let from = left;
                left += word.chars().map(|_| EM).sum::<f32>();
                let bounds = [from, top, left, top + EM];
                left += 2.0 * EM;
                Word { text: word.to_owned(), bounds, confidence: 0.9 }
            });
            Line { words: words.filter(|word| !word.text.is_empty()).collect() }
        };
        let placed = text.split('\n').map(|text| {
            top += 1.5 * EM;
            (text, top)
        });
        placed.map(line).collect()
    };
    let (first, second) = text.split_once('\u{b}').unwrap_or((text, ""));
    Page { number, width: 595.0, height: 842.0, lines: lines(first), second: lines(second), ..Page::default() }
}

fn grid(text: &str) -> Grid {
    let cell = |text: &str| {
        if text.is_empty() {
            Cell::Empty
        } else if text == "=" {
            Cell::FormulaWithoutValue
        } else if let Ok(day) = text.parse() {
            Cell::Day(day)
        } else if text.parse::<f64>().is_ok_and(f64::is_finite) {
            Cell::Number(text.to_owned())
        } else {
            Cell::Text(text.to_owned())
        }
    };
    let rows = text.split('\n').take(2_000).map(|row| row.split('\t').take(50).map(cell).collect()).collect();
    Grid { rows, ..Grid::default() }
}
