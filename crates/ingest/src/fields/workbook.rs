//! The sheets of a workbook: which of them hold the document, when several are one, and what is hidden.

use super::layout::Layout;
use super::{Found, kind, read};
use crate::page::Grid;
use claim::{
    Confidence, DocumentKind, ItemizationLine, ItemizationReading, Lang, Place, Problem, ProblemCode, Spot, Yen,
};
use std::borrow::Cow;

/// Names of sheets that show how to fill in the form.
const EXAMPLES: [&str; 6] = ["記入例", "記載例", "入力例", "見本", "サンプル", "記入要領"];
/// Words in the names of sheets that say the same once more.
const COPIES: [&str; 5] = ["控", "写", "コピー", "copy", "Copy"];
/// How many hidden amounts are named.
const MOST_NAMED: usize = 5;

/// Finds the fields of a document in the cells of its sheets. What is hidden is no part of it: an itemization that is
/// hidden in part or whole says where, and a receipt is looked for in hidden sheets only when no other holds it.
pub(crate) fn read_grid(sheets: &[Grid], as_kind: Option<DocumentKind>) -> Found {
    let shown: Vec<Cow<'_, Grid>> =
        sheets.iter().map(|grid| grid.shown().map_or(Cow::Borrowed(grid), Cow::Owned)).collect();
    let shown: Vec<&Grid> = shown.iter().map(AsRef::as_ref).collect();
    let (hidden, visible): (Vec<&Grid>, Vec<&Grid>) = shown.iter().partition(|sheet| sheet.hidden);
    let mut found = read_sheets(&visible, as_kind);
    let mut in_cells: Vec<ItemizationLine> = Vec::new();
    for grid in sheets.iter().filter(|grid| !grid.hidden && grid.shown().is_some()) {
        in_cells.extend(lines_of(read_sheets(&[grid], as_kind)).into_iter().filter(|line| is_hidden(grid, line)));
    }
    if !in_cells.is_empty() {
        // Nothing was filled in where one can see it; what was is said.
        found.problems.retain(|problem| !matches!(problem.code, ProblemCode::NotFilledIn | ProblemCode::TableMissing));
        found.problems.extend(hidden_amounts(&in_cells));
    }
    if hidden.is_empty() {
        return found;
    }
    if found.holds_something() {
        if found.itemization.is_some() {
            let titled =
                |grid: &&&Grid| kind::kind(&Layout::of_grids([**grid]), None) == Some(DocumentKind::Itemization);
            let there = hidden.iter().filter(titled).flat_map(|grid| lines_of(read_sheets(&[*grid], as_kind)));
            found.problems.extend(hidden_amounts(&there.collect::<Vec<_>>()));
        }
        return found;
    }
    let mut behind = read_sheets(&hidden, as_kind);
    if !behind.holds_something() {
        return found;
    }
    if let Some(reading) = &mut behind.itemization {
        let lines = std::mem::take(reading).lines;
        behind.problems = hidden_amounts(&lines).into_iter().collect();
    }
    behind
}

fn lines_of(found: Found) -> Vec<ItemizationLine> {
    found.itemization.map(|reading| reading.lines).unwrap_or_default()
}

fn is_hidden(grid: &Grid, line: &ItemizationLine) -> bool {
    line.spot.cell.as_deref().is_some_and(|cell| grid.hides(cell))
}

/// That there are hidden amounts, if there are: placed at the first, naming a few.
fn hidden_amounts(lines: &[ItemizationLine]) -> Option<Problem> {
    let spot = lines.first()?.spot.clone();
    let named = |lang: Lang| {
        let mut named: Vec<String> = lines
            .iter()
            .take(MOST_NAMED)
            .map(|line| {
                let cell = line.spot.cell.as_deref().unwrap_or_default();
                match lang {
                    Lang::Ja => format!("{cell} {} {}円", line.description, line.amount_yen),
                    Lang::En => format!("{cell} {} {} yen", line.description, line.amount_yen),
                }
            })
            .collect();
        if lines.len() > MOST_NAMED {
            named.push(match lang {
                Lang::Ja => format!("ほか{}件", lines.len() - MOST_NAMED),
                Lang::En => format!("{} more", lines.len() - MOST_NAMED),
            });
        }
        named.join(if lang == Lang::Ja { "、" } else { ", " })
    };
    Some(
        Problem::new(ProblemCode::HiddenAmounts)
            .at(Place { spot, ..Place::default() })
            .with("found_ja", named(Lang::Ja))
            .with("found_en", named(Lang::En)),
    )
}

/// Reads the sheet that holds the document, or those that together are an itemization. Where nothing shows that sheets
/// belong together, amounts of two never come together: one may be a draft, a copy or another document.
fn read_sheets(sheets: &[&Grid], as_kind: Option<DocumentKind>) -> Found {
    let filled: Vec<&Grid> =
        sheets.iter().copied().filter(|grid| !EXAMPLES.iter().any(|name| grid.sheet.contains(name))).collect();
    let sheets = if filled.is_empty() { sheets } else { &filled };
    let mut holders: Vec<(&Grid, Found)> = Vec::new();
    let mut empty_form = None;
    if sheets.len() > 1 {
        for grid in sheets {
            let found = read(&Layout::of_grids([*grid]), as_kind);
            if found.holds_something() {
                holders.push((grid, found));
            } else if found.problems.iter().any(|problem| problem.code == ProblemCode::NotFilledIn) {
                empty_form.get_or_insert(found);
            }
        }
    }
    let wanted = holders.iter().map(|(_, found)| found.kind).find(|kind| Some(*kind) == as_kind);
    let Some(wanted) = wanted.or(holders.first().map(|(_, found)| found.kind)) else {
        return empty_form.unwrap_or_else(|| read(&Layout::of_grids(sheets.iter().copied()), as_kind));
    };
    holders.retain(|(_, found)| found.kind == wanted);
    if wanted == DocumentKind::Itemization {
        without_copies(&mut holders);
        if let Some(whole) = put_together(&holders) {
            return whole;
        }
    }
    let named: Vec<&str> = holders.iter().map(|(grid, _)| grid.sheet.as_str()).collect();
    // The copy of a receipt says the same once more; lines that stand twice may be twice as many.
    let copies =
        wanted != DocumentKind::Itemization && holders.iter().all(|(_, found)| found.amount() == holders[0].1.amount());
    let several = holders.get(1).filter(|_| !copies).map(|(second, _)| {
        let spot = Spot { sheet: Some(second.sheet.clone()), ..Spot::default() };
        Problem::new(ProblemCode::SeveralDocuments)
            .at(Place { spot, ..Place::default() })
            .with("found", named.join("、"))
    });
    let mut found = holders.swap_remove(0).1;
    found.problems.extend(several);
    found
}

/// What the lines of an itemization say, wherever they stand.
fn said(found: &Found) -> Vec<(&str, Yen)> {
    let lines = found.itemization.as_ref().map(|reading| reading.lines.as_slice()).unwrap_or_default();
    lines.iter().map(|line| (line.description.as_str(), line.amount_yen)).collect()
}

/// Leaves out sheets that are named as copies and say what another says.
fn without_copies(holders: &mut Vec<(&Grid, Found)>) {
    let mut at = 0;
    while at < holders.len() {
        let (grid, found) = &holders[at];
        let named = COPIES.iter().any(|word| grid.sheet.contains(word));
        let again = holders.iter().enumerate().any(|(other, (_, of))| other != at && said(of) == said(found));
        if named && again {
            holders.remove(at);
        } else {
            at += 1;
        }
    }
}

/// One itemization of several sheets, where a total says that they are one: a sheet whose lines are the sums of the
/// others (総括表), or a total over all their lines.
fn put_together(holders: &[(&Grid, Found)]) -> Option<Found> {
    let readings: Vec<&ItemizationReading> =
        holders.iter().map(|(_, found)| found.itemization.as_ref()).collect::<Option<_>>()?;
    if readings.len() < 2 || readings.iter().any(|reading| reading.lines.is_empty()) {
        return None;
    }
    let sum = |reading: &ItemizationReading| Yen::checked_sum(reading.lines.iter().map(|line| line.amount_yen));
    let sums: Vec<Yen> = readings.iter().map(|reading| sum(reading)).collect::<Option<_>>()?;
    let summary = (0..readings.len()).find(|at| {
        let mut of_sheets: Vec<Yen> = sums.iter().enumerate().filter(|(i, _)| i != at).map(|(_, sum)| *sum).collect();
        let mut of_lines: Vec<Yen> = readings[*at].lines.iter().map(|line| line.amount_yen).collect();
        of_sheets.sort();
        of_lines.sort();
        let more = readings.iter().map(|reading| reading.lines.len()).sum::<usize>() > 2 * of_lines.len();
        of_sheets == of_lines && (more || of_lines.len() > 1)
    });
    let all = Yen::checked_sum(sums.iter().enumerate().filter(|(at, _)| Some(*at) != summary).map(|(_, sum)| *sum))?;
    let total = match summary {
        Some(at) => readings[at].total_yen.clone(),
        None => Some(
            readings.iter().filter_map(|reading| reading.total_yen.as_ref()).find(|total| total.value == all)?.clone(),
        ),
    };
    let total = total.map(|mut total| {
        if total.value == all {
            total.confidence = Confidence::from_per_mille(990);
            total.reasons.retain(|reason| !reason.starts_with("明細の和"));
            total.reasons.push("すべてのシートの明細の和に一致".to_owned());
        }
        total
    });
    let parts = || readings.iter().enumerate().filter(|(at, _)| Some(*at) != summary).map(|(_, reading)| *reading);
    Some(Found {
        kind: DocumentKind::Itemization,
        receipt: None,
        itemization: Some(ItemizationReading {
            lines: parts().flat_map(|reading| reading.lines.iter().cloned()).collect(),
            total_yen: total,
            payee: readings.iter().find_map(|reading| reading.payee.clone()),
            facility_code: readings.iter().find_map(|reading| reading.facility_code.clone()),
        }),
        problems: holders.iter().flat_map(|(_, found)| found.problems.iter().cloned()).collect(),
    })
}
