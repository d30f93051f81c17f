//! Field finding: pages or grids in, the fields of receipts and itemizations out.
//!
//! ```text
//! pages ─┐            ┌ kind ──────── what the document is
//!        ├─ layout ───┼ figures ───── amounts with their roles ── total, tax
//!   ▲                 ├ day, parties ─ the other fields of a receipt
//! workbook            └ table ─────── itemization ── category
//!   │
//! grids
//! ```

mod amount;
mod category;
mod day;
mod facility_code;
mod figures;
mod itemization;
mod kind;
mod layout;
mod numeral;
mod parties;
mod receipt;
mod row_kind;
mod table;
#[cfg(test)]
mod tests;
mod total;
mod workbook;

pub(crate) use workbook::read_grid;

use crate::page::Page;
use claim::{DocumentKind, ItemizationReading, Lang, Method, Place, Problem, ProblemCode, ReceiptReading, Spot, Yen};
use layout::{Layout, Piece};

/// What was found in a document.
#[derive(Debug)]
pub(crate) struct Found {
    /// What its content says it is, whatever it was sent as.
    pub(crate) kind: DocumentKind,
    /// Set when it was sent as a receipt or is one, or an estimate, invoice or delivery note in its place.
    pub(crate) receipt: Option<ReceiptReading>,
    /// Set when it was sent as an itemization or is one.
    pub(crate) itemization: Option<ItemizationReading>,
    /// Their place names no file.
    pub(crate) problems: Vec<Problem>,
}

/// Finds the fields of a document in the text of its pages. `as_kind` is what the facility says it is: it decides which
/// reading is made, and breaks ties about what the document is.
pub(crate) fn read_pages(pages: &[Page], method: Method, as_kind: Option<DocumentKind>) -> Found {
    read(&Layout::of_pages(pages, method), as_kind)
}

impl Found {
    /// What it comes to: the total of a receipt, or the lines of an itemization; `None` when it has neither.
    fn amount(&self) -> Option<Yen> {
        let lines = self.itemization.as_ref().map(|reading| &reading.lines).filter(|lines| !lines.is_empty());
        match lines {
            // The sum of the lines may be beyond any yen; that there are some is what counts.
            Some(lines) => Some(Yen::checked_sum(lines.iter().map(|line| line.amount_yen)).unwrap_or(Yen::MAX)),
            None => self.receipt.as_ref()?.total_yen.as_ref().map(|total| total.value),
        }
    }

    fn holds_something(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt.total_yen.is_some())
            || self.itemization.as_ref().is_some_and(|itemization| !itemization.lines.is_empty())
            // A line that could not be read is there all the same.
            || self.problems.iter().any(|problem| {
                !matches!(
                    problem.code,
                    ProblemCode::NothingFound | ProblemCode::NotFilledIn | ProblemCode::TableMissing
                )
            })
    }
}

fn read(layout: &Layout, as_kind: Option<DocumentKind>) -> Found {
    if layout.rows.is_empty() {
        let problem = Problem::new(ProblemCode::NothingFound);
        return Found { kind: DocumentKind::Other, receipt: None, itemization: None, problems: vec![problem] };
    }
    let mut problems = Vec::new();
    let documents = Documents::of(layout);
    problems.extend(documents.several());
    let wanted = as_kind.unwrap_or(documents.first_kind());
    let chosen = documents.layout_for(layout, wanted);
    let layout = chosen.as_ref().unwrap_or(layout);

    let told = kind::kind(layout, as_kind);
    let as_itemization = |told: Option<DocumentKind>| match as_kind {
        Some(declared) => declared == DocumentKind::Itemization,
        None => told == Some(DocumentKind::Itemization),
    };
    let mut receipt = None;
    let mut itemization = None;
    if as_itemization(told) {
        let (reading, mut found) = itemization::read(layout);
        // Another kind of document has no such table.
        found.retain(|problem| {
            problem.code != ProblemCode::TableMissing || told.is_none_or(|kind| kind == DocumentKind::Itemization)
        });
        problems.extend(found);
        itemization = Some(reading);
    } else {
        receipt = Some(receipt::read(layout));
    }
    let large_unit = large_unit(layout);
    let in_yen = large_unit.is_none();
    if let Some(problem) = large_unit {
        problems.retain(|problem| problem.code != ProblemCode::InvalidAmount);
        problems.push(problem);
        if let Some(receipt) = &mut receipt {
            (receipt.total_yen, receipt.tax) = (None, Vec::new());
        }
        if let Some(itemization) = &mut itemization {
            (itemization.total_yen, itemization.lines) = (None, Vec::new());
        }
    }
    // Without a title, what was found tells: lines make an itemization, a total a receipt.
    let holds_lines = itemization.as_ref().is_some_and(|reading| !reading.lines.is_empty());
    let holds_total = receipt.as_ref().is_some_and(|reading| reading.total_yen.is_some());
    let kind = told.unwrap_or(match as_kind {
        Some(DocumentKind::Itemization) if holds_lines => DocumentKind::Itemization,
        Some(DocumentKind::Receipt) if holds_total => DocumentKind::Receipt,
        _ => DocumentKind::Other,
    });
    if as_kind.is_none() && kind == DocumentKind::Other && !holds_total && in_yen {
        let (reading, found) = itemization::read(layout);
        receipt = None;
        if !reading.lines.is_empty() || found.iter().any(|problem| problem.code == ProblemCode::NotFilledIn) {
            problems.extend(found);
            itemization = Some(reading);
        }
    }
    Found { kind, receipt, itemization, problems }
}

/// The documents in one file, told by their titles: from the page of each title to the next.
struct Documents {
    /// The kind, its title as it stands, the page or sheet it begins on (from 0), and where the title stands.
    parts: Vec<(DocumentKind, String, usize, Spot)>,
    of_sheets: bool,
}

impl Documents {
    fn of(layout: &Layout) -> Documents {
        let mut parts: Vec<kind::Title> = Vec::new();
        for title in kind::titles(layout).into_iter().filter(|title| title.score >= kind::ACCEPTED) {
            match parts.iter_mut().find(|part| part.sheet == title.sheet) {
                None => parts.push(title),
                // Two receipts copied onto one page have the same title twice, side by side or one under the other.
                Some(first) => {
                    let apart = title.bounds[1] - first.bounds[3] > 8.0 * layout.typical_height
                        || title.bounds[0] - first.bounds[2] > 8.0 * layout.typical_height;
                    if apart && title.kind == first.kind && title.text == first.text && title.score >= kind::REPEATED {
                        parts.push(title);
                    }
                }
            }
        }
        let of_sheets = layout.method == Method::Sheet;
        let parts = parts.into_iter().map(|title| (title.kind, title.text, title.sheet, title.spot)).collect();
        Documents { parts, of_sheets }
    }

    fn first_kind(&self) -> DocumentKind {
        self.parts.first().map_or(DocumentKind::Other, |(kind, ..)| *kind)
    }

    /// The problem to report when there are several. A sheet beside another is a draft or a copy more often than not, so
    /// only pages count.
    fn several(&self) -> Option<Problem> {
        let (first, second) = (self.parts.first()?, self.parts.get(1)?);
        // The second page of one document often repeats its title.
        let continued = self.parts.iter().all(|part| part.0 == first.0 && part.1 == first.1)
            && self.parts.iter().any(|part| part.2 != first.2)
            && first.0 == DocumentKind::Itemization;
        if continued || self.of_sheets {
            return None;
        }
        let named: Vec<String> =
            self.parts.iter().map(|(kind, _, page, _)| format!("{} {}ページ", kind.name(Lang::Ja), page + 1)).collect();
        Some(
            Problem::new(ProblemCode::SeveralDocuments)
                .at(Place { spot: second.3.clone(), ..Place::default() })
                .with("found", named.join("、")),
        )
    }

    /// The pages of the document of the wanted kind, where a file holds several.
    fn layout_for(&self, layout: &Layout, wanted: DocumentKind) -> Option<Layout> {
        let pages: Vec<usize> = self.parts.iter().map(|(_, _, page, _)| *page).collect();
        let different = self.parts.iter().any(|(kind, ..)| *kind != self.parts[0].0);
        let first = self.parts.first()?;
        if self.parts.len() < 2 || (!different && (self.of_sheets || first.0 == DocumentKind::Itemization)) {
            return None;
        }
        let at = self.parts.iter().position(|(kind, ..)| *kind == wanted).unwrap_or(0);
        let begin = if at == 0 { 0 } else { pages[at] };
        let end = pages[at + 1..].iter().copied().find(|page| *page > begin).unwrap_or(usize::MAX);
        Some(layout.only(|sheet| (begin..end).contains(&sheet)))
    }
}

/// An amount that is none, with the words of its line.
fn invalid_amount(piece: &Piece, words: &str) -> Problem {
    let beside = words.replace(piece.raw(), "");
    let found = match beside.trim() {
        "" => piece.raw().to_owned(),
        beside => format!("{beside}: {}", piece.raw()),
    };
    Problem::new(ProblemCode::InvalidAmount)
        .at(Place { spot: piece.spot.clone(), ..Place::default() })
        .with("found", found)
        .with("expected_ja", "円単位の正の整数")
        .with("expected_en", "a positive whole number of yen")
}

/// The note or the head of a column by which amounts are in thousands or more. Such amounts are rounded, so they are never
/// turned into yen: 143 under 「千円」 need not be 143,000.
fn large_unit(layout: &Layout) -> Option<Problem> {
    let row = layout.rows.iter().find(|row| table::large_unit(&row.squashed()).is_some())?;
    let piece = row.pieces.iter().find(|piece| table::large_unit(&piece.text).is_some()).or(row.pieces.first())?;
    let problem = invalid_amount(piece, "");
    Some(
        problem
            .with("expected_ja", "千円などの単位にまとめず、円単位の整数")
            .with("expected_en", "whole yen, not thousands"),
    )
}
