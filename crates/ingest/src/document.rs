//! One document from bytes to reading, in this process. The reader process calls this once and ends.

use crate::limits::Limits;
use crate::ocr::{self, Outcome, Recognition};
use crate::page::{Cell, Grid, Page};
use crate::sniff::{Kind, sniff};
use crate::{fields, pdf, sheet};
use claim::{
    DocumentKind, ItemizationReading, Method, PageHash, Place, Problem, ProblemCode, Reading, ReceiptReading, Sha256,
    Spot,
};
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads a document in this process. Whatever the bytes are, the answer is a reading: what could not be read is named in
/// its problems. A panic of a parser is one of those (`damaged`); an abort is not to be caught here, which is why
/// [`crate::Reader`] does this in a process of its own. Files from outside should only be read that way.
///
/// `file` is shown and never trusted. `as_kind` says what the caller takes the document for: it guides which reading is
/// made, while `kind` of the answer is what the contents show.
pub fn read(bytes: &[u8], file: &str, as_kind: Option<DocumentKind>, limits: &Limits) -> Reading {
    read_with(bytes, file, as_kind, limits, &mut Recognition::Here)
}

/// The same, where recognition may be done elsewhere. What is read of a document that wants it and does not get it here
/// says nothing of the document.
pub(crate) fn read_with(
    bytes: &[u8],
    file: &str,
    as_kind: Option<DocumentKind>,
    limits: &Limits,
    recognition: &mut Recognition,
) -> Reading {
    let sha256 = hash(bytes);
    if let Some(problem) = refused_by_size(bytes, limits) {
        return finish(Reading::unreadable(file, sha256, "application/octet-stream", problem));
    }
    let mut media_type = "application/octet-stream";
    // Nothing is shared with the outside but the name of the media type, which is written in one step.
    let parts = catch_unwind(AssertUnwindSafe(|| {
        let sniffed = sniff(bytes, limits);
        media_type = sniffed.media_type;
        read_kind(bytes, sniffed.kind?, sniffed.media_type, as_kind, limits, recognition)
    }))
    .unwrap_or_else(|_| Err(damaged(media_type, "the reader gave up")));
    finish(match parts {
        Ok(parts) => Reading {
            file: file.to_owned(),
            sha256,
            media_type: media_type.to_owned(),
            pages: parts.pages,
            method: Some(parts.method),
            kind: parts.found.kind,
            page_hashes: parts.page_hashes,
            receipt: parts.found.receipt,
            itemization: parts.found.itemization,
            problems: parts.problems.into_iter().chain(parts.found.problems).collect(),
        },
        Err(problem) => Reading::unreadable(file, sha256, media_type, problem),
    })
}

/// Recognises some pages of a document, and does nothing else with it.
pub(crate) fn recognise(bytes: &[u8], pages: BTreeSet<u32>, limits: &Limits) -> BTreeMap<u32, Outcome> {
    let mut share = Recognition::Share { pages, done: BTreeMap::new() };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let sniffed = sniff(bytes, limits);
        match sniffed.kind? {
            Kind::Pdf => pdf::read(bytes, limits, &mut share).map(drop),
            Kind::Picture => ocr::read_image(bytes, sniffed.media_type, limits, &mut share).map(drop),
            Kind::Xlsx | Kind::Xls | Kind::Csv(_) => Ok(()),
        }
    }))
    .unwrap_or_else(|_| Err(damaged(sniff(bytes, limits).media_type, "the reader gave up")));
    let Recognition::Share { pages, mut done } = share else { return BTreeMap::new() };
    let left = ended.err().unwrap_or_else(|| Problem::new(ProblemCode::ReaderFailed).with("found", "no such page"));
    done.extend(pages.into_iter().map(|page| (page, Err(left.clone()))));
    done
}

/// What is found in the text that the `tesseract` command gives for one picture as its table (`tsv`): its text, our finding.
#[cfg(feature = "peers")]
pub fn receipt_of_table(table: &str) -> ReceiptReading {
    let page = ocr::page_of_table(table);
    fields::read_pages(&[page], Method::Ocr, Some(DocumentKind::Receipt)).receipt.unwrap_or_default()
}

/// The name by which the bytes are known.
pub(crate) fn hash(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

/// What can be said of a file from its length alone.
pub(crate) fn refused_by_size(bytes: &[u8], limits: &Limits) -> Option<Problem> {
    let length = bytes.len() as u64;
    if length == 0 {
        Some(Problem::new(ProblemCode::Empty))
    } else if length > limits.file_bytes {
        Some(
            Problem::new(ProblemCode::TooLarge)
                .with("found", mebibytes(length))
                .with("expected", mebibytes(limits.file_bytes)),
        )
    } else {
        None
    }
}

/// Rounded up to tenths, so that what is over a limit never shows as the limit.
fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// Every problem is a problem of this file.
pub(crate) fn finish(mut reading: Reading) -> Reading {
    for problem in &mut reading.problems {
        problem.place = Place { file: Some(reading.file.clone()), ..std::mem::take(&mut problem.place) };
    }
    reading
}

/// A document that was opened, with what was found in it.
struct Parts {
    pages: u32,
    method: Method,
    found: fields::Found,
    /// In the order of the pages; of a blank one all zeros.
    page_hashes: Vec<PageHash>,
    problems: Vec<Problem>,
}

fn read_kind(
    bytes: &[u8],
    kind: Kind,
    media_type: &str,
    as_kind: Option<DocumentKind>,
    limits: &Limits,
    recognition: &mut Recognition,
) -> Result<Parts, Problem> {
    match kind {
        Kind::Pdf => {
            let pdf::Read { pages, method, problems } = pdf::read(bytes, limits, recognition)?;
            Ok(of_pages(&pages, method, problems, as_kind))
        }
        Kind::Picture => {
            let (pages, problems) = ocr::read_image(bytes, media_type, limits, recognition)?;
            Ok(of_pages(&pages, Method::Ocr, problems, as_kind))
        }
        Kind::Xlsx => Ok(of_grids(&sheet::read_xlsx(bytes, limits)?, as_kind)),
        Kind::Xls => Ok(of_grids(&sheet::read_xls(bytes, limits)?, as_kind)),
        Kind::Csv(text) => {
            let grids = sheet::read_csv(&text, limits)?;
            // Any text at all can be taken for cells: a letter is none of what is looked for.
            Ok(if may_be_table(&grids) { of_grids(&grids, as_kind) } else { of_grids(&[Grid::default()], as_kind) })
        }
    }
}

/// Whether cells of a text can be a table: it has a second column, or at least a figure.
fn may_be_table(grids: &[Grid]) -> bool {
    grids.iter().flat_map(|grid| &grid.rows).any(|row| {
        row.iter().skip(1).any(|cell| *cell != Cell::Empty)
            || row.iter().any(|cell| matches!(cell, Cell::Text(text) if text.contains(char::is_numeric)))
    })
}

fn of_pages(pages: &[Page], method: Method, mut problems: Vec<Problem>, as_kind: Option<DocumentKind>) -> Parts {
    let mut found = fields::read_pages(pages, method, as_kind);
    for spot in spots(&mut found) {
        let page = pages.iter().find(|page| Some(page.number) == spot.page && page.quarters != 0);
        if let (Some(page), Some(bounds)) = (page, &mut spot.bounds) {
            *bounds = whole_box(page.as_it_came(bounds.map(|side| side as f32)));
        }
    }
    let blank = pages.iter().all(|page| page.lines.iter().all(|line| line.words.is_empty()));
    if blank && problems.is_empty() && found.problems.is_empty() {
        problems.push(Problem::new(ProblemCode::NothingFound));
    }
    let page_hashes = pages.iter().map(|page| page.look.unwrap_or(PageHash([0; 32]))).collect();
    Parts { pages: count(pages.len()), method, found, page_hashes, problems }
}

#[expect(clippy::cast_possible_truncation, reason = "beyond i32 it saturates, and no page is that large")]
fn whole_box(bounds: [f32; 4]) -> [i32; 4] {
    bounds.map(|side| side.round() as i32)
}

/// The spots of all that was found. Nothing is left out by `..`, so that a new field cannot be forgotten.
fn spots(found: &mut fields::Found) -> Vec<&mut Spot> {
    let fields::Found { kind: _, receipt, itemization, problems } = found;
    let mut spots: Vec<&mut Spot> = problems.iter_mut().map(|problem| &mut problem.place.spot).collect();
    if let Some(receipt) = receipt {
        let ReceiptReading { total_yen, issued_on, payee, issuer, registration_number, proviso, tax: _ } = receipt;
        spots.extend(total_yen.as_mut().map(|field| &mut field.spot));
        spots.extend(issued_on.as_mut().map(|field| &mut field.spot));
        let words = [payee, issuer, registration_number, proviso].into_iter().flatten();
        spots.extend(words.map(|field| &mut field.spot));
    }
    if let Some(itemization) = itemization {
        let ItemizationReading { lines, total_yen, payee, facility_code } = itemization;
        spots.extend(lines.iter_mut().map(|line| &mut line.spot));
        spots.extend(total_yen.as_mut().map(|field| &mut field.spot));
        spots.extend([payee, facility_code].into_iter().flatten().map(|field| &mut field.spot));
    }
    spots
}

fn of_grids(grids: &[Grid], as_kind: Option<DocumentKind>) -> Parts {
    let found = fields::read_grid(grids, as_kind);
    let blank = grids.iter().flat_map(|grid| &grid.rows).flatten().all(|cell| *cell == Cell::Empty);
    let mut problems = Vec::new();
    if blank && found.problems.is_empty() {
        problems.push(Problem::new(ProblemCode::NothingFound));
    }
    Parts { pages: count(grids.len()), method: Method::Sheet, found, page_hashes: Vec::new(), problems }
}

/// The limits keep pages and sheets far below.
fn count(pages: usize) -> u32 {
    u32::try_from(pages).unwrap_or(u32::MAX)
}

/// A file that is not what its first bytes promise. `detail` is what the parser says, in its own words: it is kept for
/// whoever looks into it, and left out of the sentence that people read.
pub(crate) fn damaged(format: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::Damaged).with("found", format).with("detail", detail.to_string())
}
