//! What changed from one revision of a claim to the next: what was asked for, files, and what was read of them.

use crate::page::Frame;
use claim::{Document, Reading, Yen};
use store::RevisionRecord;

/// One thing that is not as it was.
pub(super) struct Difference {
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
}

fn total(readings: &[Reading], of: impl Fn(&Reading) -> Option<Yen>) -> Option<Yen> {
    let known: Vec<Yen> = readings.iter().filter_map(of).collect();
    if known.is_empty() { None } else { Yen::checked_sum(known) }
}

/// From an earlier revision to a later one, with what was read of each.
pub(super) fn differences(
    (earlier, read_before): (&RevisionRecord, &[Reading]),
    (later, read_after): (&RevisionRecord, &[Reading]),
    frame: &Frame,
) -> Vec<Difference> {
    let none = || "-".to_owned();
    let yen = |yen: Option<Yen>| yen.map_or_else(none, |yen| frame.yen(&yen));
    let mut found = Vec::new();
    let mut add = |what: &str, before: String, after: String| {
        if before != after {
            found.push(Difference { what: what.to_owned(), before, after });
        }
    };
    add(frame.t("申請額", "Asked for"), yen(earlier.claimed_yen), yen(later.claimed_yen));
    let choices = |revision: &RevisionRecord| {
        let one = |choice: &claim::Choice| format!("{}. {} {}", choice.rank, choice.product, choice.units);
        revision.choices.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    add(frame.t("希望する製品", "Products"), choices(earlier), choices(later));
    let same = |one: &Document, all: &[Document]| all.iter().any(|other| other.sha256 == one.sha256);
    for gone in earlier.documents.iter().filter(|one| !same(one, &later.documents)) {
        add(frame.t("取り除かれた書類", "File taken away"), gone.file.clone(), none());
    }
    for new in later.documents.iter().filter(|one| !same(one, &earlier.documents)) {
        add(frame.t("加えられた書類", "File added"), none(), new.file.clone());
    }
    let receipts = |readings| total(readings, |one: &Reading| Some(one.receipt.as_ref()?.total_yen.as_ref()?.value));
    add(frame.t("領収金額の合計", "Receipts in all"), yen(receipts(read_before)), yen(receipts(read_after)));
    let lines = |readings| {
        total(readings, |one: &Reading| {
            Yen::checked_sum(one.itemization.as_ref()?.lines.iter().map(|line| line.amount_yen))
        })
    };
    add(frame.t("内訳の合計", "Lines in all"), yen(lines(read_before)), yen(lines(read_after)));
    found
}
