//! The same receipt in two claims: found by what its pages look like where its facts were misread, and a person's word
//! on it that is remembered.

use super::*;
use crate::{NewVerdict, Rule};

on_both! { pages_that_look_alike_are_found_and_a_verdict_is_remembered }

const LOOK: PageHash = PageHash([0b0110_1011; 32]);

/// The look of the same page, seen a little differently.
fn seen_again(bits: usize) -> PageHash {
    let mut bytes = LOOK.0;
    for bit in 0..bits {
        let bit = bit * 37 % 256;
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    PageHash(bytes)
}

/// A claim of which the receipt was read: its seller, its sum, its day and its look.
async fn read(fixture: &Fixture, id: &str, issuer: &str, total: Option<i64>, day: &str, look: PageHash) {
    let new = fixture.submitted(id, CLINIC, id.as_bytes()).await;
    let mut reading = receipt_reading(&new.documents[0], issuer);
    let receipt = reading.receipt.as_mut().unwrap();
    receipt.total_yen = total.and_then(|total| field(yen(total), ""));
    receipt.issued_on = field(day.parse().unwrap(), "");
    reading.page_hashes = vec![PageHash([0; 32]), look];
    fixture.store.finish_read(&fixture.job(JobKind::Read).await, &[reading], &[], &entry("read")).await.unwrap();
}

async fn pages_that_look_alike_are_found_and_a_verdict_is_remembered(fixture: Fixture) {
    let day = "2025-06-15";
    read(&fixture, "A", "甲社", Some(143_000), day, LOOK).await;
    // The seller was misread, a page is the second of its file.
    read(&fixture, "B", "申社", Some(143_000), day, seen_again(9)).await;
    // Nothing was read of the sum.
    read(&fixture, "C", "乙社", None, day, seen_again(20)).await;
    // Receipts of one seller look alike: another sum, another day, another page.
    read(&fixture, "D", "丙社", Some(143_001), day, seen_again(3)).await;
    read(&fixture, "E", "丁社", Some(143_000), "2025-06-16", seen_again(3)).await;
    read(&fixture, "F", "戊社", Some(143_000), day, seen_again(90)).await;
    let store = &fixture.store;
    let found = async |id: &str| -> Vec<(String, Likeness, Option<DuplicateVerdict>)> {
        let duplicates = store.duplicates(&id.into()).await.unwrap();
        assert_eq!(store.dossier(&id.into()).await.unwrap().duplicates, duplicates);
        duplicates.into_iter().map(|one| (one.other_claim.to_string(), one.why, one.verdict)).collect()
    };
    let alike = |id: &str, verdict| (id.to_owned(), Likeness::SamePage, verdict);
    assert_eq!(found("A").await, [alike("B", None), alike("C", None)]);
    assert_eq!(found("B").await, [alike("A", None), alike("C", None)]);
    assert_eq!(found("F").await, []);
    let places = &store.duplicates(&"A".into()).await.unwrap()[0];
    assert_eq!((places.page, places.other_page, places.other_file.as_str()), (Some(2), Some(2), "書類0.pdf"));

    // A person looks, and nobody has to look again.
    let verdict = |verdict, by: Actor| NewVerdict {
        claim_id: "B".into(),
        other_claim: "A".into(),
        verdict,
        judged_by: by,
        judged_at: at("2026-01-16T00:00:00Z"),
        reason: "原本を確認しました".to_owned(),
    };
    let judge = async |new: NewVerdict| store.judge_duplicate(&new, &entry("judged")).await;
    let refused = judge(verdict(DuplicateVerdict::Same, Actor::facility(CLINIC))).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::DuplicateJudgedByStaff), "{refused}");
    let itself = NewVerdict { other_claim: "B".into(), ..verdict(DuplicateVerdict::Same, Actor::staff("a")) };
    assert!(judge(itself).await.unwrap_err().to_string().contains("another claim"));
    judge(verdict(DuplicateVerdict::Different, Actor::staff("a"))).await.unwrap();
    assert_eq!(found("A").await, [alike("B", Some(DuplicateVerdict::Different)), alike("C", None)]);
    assert_eq!(found("B").await[0], alike("A", Some(DuplicateVerdict::Different)));
    // The last word counts, and the first stays.
    judge(verdict(DuplicateVerdict::Same, Actor::staff("b"))).await.unwrap();
    assert_eq!(found("A").await[0], alike("B", Some(DuplicateVerdict::Same)));
    assert_eq!(fixture.number("SELECT COUNT(*) FROM duplicate_verdicts").await, 2);
    assert!(fixture.sql("UPDATE duplicate_verdicts SET verdict = 'different'").await.is_err());
    assert!(fixture.sql("DELETE FROM duplicate_verdicts").await.is_err());
}
