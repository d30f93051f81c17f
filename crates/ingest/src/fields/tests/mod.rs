//! The field finding on drawn layouts: text at positions, as the formats and the OCR hand it over.

mod itemizations;
mod noise;
mod receipts;

use crate::page::{Cell, Grid, Line, Page, Word};
use claim::Confidence;

/// Text at left and top with a height, in points.
type Text<'a> = (f32, f32, f32, &'a str);

/// An A4 page with `texts`; those of the same top are one line, as a reader would hand them over.
fn page(number: u32, texts: &[Text]) -> Page {
    Page { number, width: 595.0, height: 842.0, lines: lines(texts), ..Page::default() }
}

fn lines(texts: &[Text]) -> Vec<Line> {
    let mut lines: Vec<(f32, Vec<Word>)> = Vec::new();
    for (left, top, height, text) in texts {
        let columns: f32 = text.chars().map(|c| if c.is_ascii() { 0.55 } else { 1.0 }).sum();
        let bounds = [*left, *top, left + columns * height, top + height];
        let word = Word { text: (*text).to_owned(), bounds, confidence: 1.0 };
        match lines.iter_mut().find(|(there, _)| (*there - top).abs() < 0.5) {
            Some((_, words)) => words.push(word),
            None => lines.push((*top, vec![word])),
        }
    }
    lines.sort_by(|a, b| f32::total_cmp(&a.0, &b.0));
    lines
        .into_iter()
        .map(|(_, mut words)| {
            words.sort_by(|a, b| f32::total_cmp(&a.bounds[0], &b.bounds[0]));
            Line { words }
        })
        .collect()
}

/// A sheet from rows of cells: empty text is an empty cell, digits a number, `=` a formula without value.
fn grid(sheet: &str, rows: &[&[&str]]) -> Grid {
    let cell = |text: &&str| match *text {
        "" => Cell::Empty,
        "=" => Cell::FormulaWithoutValue,
        text if text.parse::<rust_decimal::Decimal>().is_ok() => Cell::Number(text.to_owned()),
        text => Cell::Text(text.to_owned()),
    };
    Grid {
        sheet: sheet.to_owned(),
        rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        ..Grid::default()
    }
}

fn sure(confidence: Confidence) -> bool {
    confidence.per_mille() >= 950
}

/// Below what a reviewer lets pass unseen.
fn doubtful(confidence: Confidence) -> bool {
    confidence.per_mille() < 800
}
