//! Receipts and itemizations held against one another: the sums must be equal, to the yen.

use super::papers::{Paper, What};
use super::{Needed, SURE, uncertain};
use claim::{Field, Finding, FindingCode, ItemizationReading, Place, ProblemCode, Reading, Yen};

/// An amount, and whether everything that it was made of was read surely.
#[derive(Clone, Copy)]
struct Amount {
    yen: Yen,
    sure: bool,
}

/// Adds what does not fit. Where an amount is not sure, a difference may be the reader's mistake: it is said as such, to
/// a person, and the claim is not sent back for it.
pub(crate) fn compare(papers: &[Paper<'_>], findings: &mut Vec<Finding>) {
    let mut itemized = Some(Amount { yen: Yen::ZERO, sure: true });
    let mut itemization_file = None;
    for paper in papers {
        let Some(itemization) = paper.itemization() else { continue };
        let lines = sum_of_lines(itemization, paper.reading);
        let total = itemization.total_yen.as_ref();
        if let (Some(lines), Some(total)) = (lines, total)
            && lines.yen != total.value
        {
            let place = Place::spot(paper.file, total.spot.clone());
            if lines.sure && is_sure(total, paper.reading) {
                findings.push(
                    Finding::new(FindingCode::ItemizationSumDiffers)
                        .at(place)
                        .with("itemization_yen", total.value)
                        .with("lines_yen", lines.yen),
                );
            } else {
                let needed = Needed::Amounts {
                    ja: "内訳書の合計と各行の合計".to_owned(),
                    en: "total of the itemization and sum of its lines".to_owned(),
                };
                findings.push(uncertain(Some(place), &needed, Some(both(total.value, lines.yen))));
            }
        }
        let amount = match total {
            Some(total) => Some(Amount { yen: total.value, sure: is_sure(total, paper.reading) }),
            None if itemization.lines.is_empty() => None,
            None => lines,
        };
        itemized = plus(itemized, amount);
        itemization_file.get_or_insert(paper.file);
    }
    let (Some(itemized), Some(file)) = (itemized, itemization_file) else { return };

    let mut received = Some(Amount { yen: Yen::ZERO, sure: true });
    let mut receipts = 0;
    for paper in papers {
        match paper.what {
            What::Receipt(_) => {
                receipts += 1;
                let total = paper.receipt().and_then(|receipt| receipt.total_yen.as_ref());
                received =
                    plus(received, total.map(|total| Amount { yen: total.value, sure: is_sure(total, paper.reading) }));
            }
            What::Itemization(_) => {}
            // Its amount is not known, so neither is the sum; a finding says so already.
            What::NoReceipt(_) | What::Unreadable => received = None,
        }
    }
    let Some(received) = received.filter(|_| receipts > 0) else { return };
    if received.yen == itemized.yen {
        return;
    }
    let difference = received.yen.checked_sub(itemized.yen).or_else(|| itemized.yen.checked_sub(received.yen));
    if received.sure && itemized.sure {
        findings.push(
            Finding::new(FindingCode::TotalsDiffer)
                .at(Place::file(file))
                .with("receipts_yen", received.yen)
                .with("itemization_yen", itemized.yen)
                .with("difference_yen", difference.unwrap_or(Yen::ZERO)),
        );
    } else {
        let needed = Needed::Amounts {
            ja: "領収書の金額と領収書内訳書の合計".to_owned(),
            en: "total of the receipts and of the itemization".to_owned(),
        };
        findings.push(
            uncertain(Some(Place::file(file)), &needed, Some(both(received.yen, itemized.yen)))
                .with("receipts_yen", received.yen)
                .with("itemization_yen", itemized.yen),
        );
    }
}

fn both(one: Yen, other: Yen) -> (String, String) {
    (format!("{one}円と{other}円"), format!("{one} yen and {other} yen"))
}

/// A written total is sure when it was read surely and is the only one: pages after the first may have another.
fn is_sure(total: &Field<Yen>, reading: &Reading) -> bool {
    total.confidence >= SURE && !reading.problems.iter().any(|problem| problem.code == ProblemCode::SeveralDocuments)
}

/// `None` when the sum is too large; not sure when a line is not, or when a part of the document could not be read.
fn sum_of_lines(itemization: &ItemizationReading, reading: &Reading) -> Option<Amount> {
    let yen = Yen::checked_sum(itemization.lines.iter().map(|line| line.amount_yen))?;
    let sure = reading.problems.is_empty() && itemization.lines.iter().all(|line| line.confidence >= SURE);
    Some(Amount { yen, sure })
}

fn plus(sum: Option<Amount>, more: Option<Amount>) -> Option<Amount> {
    let (sum, more) = (sum?, more?);
    Some(Amount { yen: sum.yen.checked_add(more.yen)?, sure: sum.sure && more.sure })
}
