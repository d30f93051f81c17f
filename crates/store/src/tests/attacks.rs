//! Attacks on money and proof, by hand-written SQL past the store: the database refuses each, by the rule it breaks.

use super::*;
use crate::{Rule, StoreError};

on_both! { hand_written_sql_is_refused two_grants_at_the_same_time_are_one a_receipt_of_two_claims_is_seen_by_one_at_least }

/// Batch `ready` is prepared by `preparer` and holds claim `A`, which `reviewer` approved; batch `sent` is released and
/// holds `S`; claim `B` is approved and in no batch.
async fn hand_written_sql_is_refused(fixture: Fixture) {
    for (id, facility) in [("A", CLINIC), ("B", PHARMACY), ("S", "0110113719")] {
        fixture.approved(id, facility).await;
    }
    fixture.looked_at(&[CLINIC, "0110113719"]).await;
    fixture.prepared("ready", &["A"], 1, None).await;
    fixture.prepared("sent", &["S"], 1, None).await;
    fixture.released("sent").await;
    let content = crate::objects::hash(b"the payment file");
    let checkpoint = "a checkpoint";
    fixture.store.save_checkpoint(1, checkpoint).await.unwrap();

    let on_sqlite = matches!(fixture.store.db, Db::Sqlite { .. });
    let (yes, no) = if on_sqlite { ("1", "0") } else { ("true", "false") };
    let release = |person: &str| {
        format!(
            "UPDATE batches SET state = 'released', released_by = '{person}', released_at_ms = 1,
                 content_sha256 = '{content}' WHERE id = 'ready'"
        )
    };
    let pay = |batch: &str, claim: &str, facility: &str, amount: i64, live: &str| {
        format!("INSERT INTO payments VALUES ('{batch}', '{claim}', '{facility}', 'x', {amount}, '{{}}', {live})")
    };
    let batch = |verb: &str, state: &str, released: &str| {
        format!("{verb} INTO batches VALUES ('new', '2026-02-27', 'staff:preparer', 1, '{state}', {released}, 1, NULL)")
    };
    let decide = |claim: &str, person: &str| {
        format!(
            "INSERT INTO decisions SELECT claim_id, revision, kind, grant_yen, grant_units, assessment_sha256, '{person}', 1, NULL, 0
             FROM decisions WHERE claim_id = '{claim}'"
        )
    };
    let mut attacks: Vec<(String, Rule)> = vec![
        // Two people.
        (release("staff:preparer"), Rule::ReleasedByPreparer),
        (release("staff:Preparer "), Rule::ReleasedByPreparer),
        (release("staff:reviewer"), Rule::ReleasedByDecider),
        (release("policy:nightly"), Rule::ReleasedByStaff),
        (release("staff:"), Rule::ReleasedByStaff),
        (release("").replace("released_by = ''", "released_by = NULL"), Rule::ReleaseComplete),
        ("UPDATE batches SET state = 'released' WHERE id = 'ready'".into(), Rule::ReleaseComplete),
        ("UPDATE batches SET prepared_by = 'staff:nobody' WHERE id = 'ready'".into(), Rule::BatchFrozen),
        (release("staff:preparer").replace("SET", "SET prepared_by = 'staff:nobody',"), Rule::BatchFrozen),
        ("UPDATE batches SET released_by = 'staff:other' WHERE id = 'sent'".into(), Rule::BatchFrozen),
        ("UPDATE batches SET pay_on = '2026-03-31' WHERE id = 'sent'".into(), Rule::BatchFrozen),
        (
            "UPDATE batches SET state = 'prepared', released_by = NULL, released_at_ms = NULL, content_sha256 = NULL
             WHERE id = 'sent'"
                .into(),
            Rule::BatchFrozen,
        ),
        ("UPDATE batches SET id = 'other' WHERE id = 'ready'".into(), Rule::BatchFrozen),
        (batch("INSERT", "released", &format!("'staff:x', 1, '{content}'")), Rule::BatchStartsPrepared),
        ("DELETE FROM batches WHERE id = 'sent'".into(), Rule::AppendOnly),
        ("UPDATE decisions SET decided_by = 'staff:other' WHERE claim_id = 'A'".into(), Rule::AppendOnly),
        ("DELETE FROM decisions WHERE claim_id = 'A'".into(), Rule::AppendOnly),
        // No money twice, and only what was granted.
        (pay("sent", "B", PHARMACY, 31_000, yes), Rule::PaymentIntoPreparedBatch),
        (pay("ready", "S", "0110113719", 31_000, yes), Rule::OneLiveBatch),
        (pay("ready", "B", PHARMACY, 31_001, yes), Rule::PaymentIsTheGrant),
        (pay("ready", "B", CLINIC, 31_000, yes), Rule::PaymentIsTheGrant),
        (pay("ready", "B", PHARMACY, 31_000, no), Rule::PaymentIntoPreparedBatch),
        ("UPDATE payments SET amount_yen = 99 WHERE claim_id = 'A'".into(), Rule::PaymentFrozen),
        ("UPDATE payments SET account = '{\"number\":\"mine\"}' WHERE claim_id = 'S'".into(), Rule::PaymentFrozen),
        ("UPDATE payments SET batch_id = 'ready' WHERE claim_id = 'S'".into(), Rule::PaymentFrozen),
        ("DELETE FROM payments WHERE claim_id = 'A'".into(), Rule::AppendOnly),
        ("UPDATE claims SET granted_yen = 99 WHERE id = 'A'".into(), Rule::GrantStays),
        ("UPDATE claims SET granted_yen = NULL WHERE id = 'B'".into(), Rule::GrantWhenApproved),
        (format!("UPDATE claims SET facility_code = '{PHARMACY}' WHERE id = 'S'"), Rule::GrantStays),
        // Proof.
        ("UPDATE log_entries SET payload = payload WHERE position = 0".into(), Rule::AppendOnly),
        ("DELETE FROM log_entries WHERE position = 0".into(), Rule::AppendOnly),
        ("UPDATE log_head SET size = size - 1".into(), Rule::AppendOnly),
        ("DELETE FROM log_head".into(), Rule::AppendOnly),
        ("UPDATE log_checkpoints SET note = 'forged'".into(), Rule::AppendOnly),
        ("DELETE FROM log_checkpoints".into(), Rule::AppendOnly),
        ("UPDATE documents SET file = 'x' WHERE claim_id = 'A'".into(), Rule::AppendOnly),
        ("DELETE FROM documents WHERE claim_id = 'A'".into(), Rule::AppendOnly),
        (format!("UPDATE assessments SET content = {}", if on_sqlite { "x'00'" } else { "'x'" }), Rule::AppendOnly),
    ];
    if on_sqlite {
        let replace_payment = pay("ready", "S", "0110113719", 31_000, yes).replace("INSERT", "INSERT OR REPLACE");
        attacks.extend([
            (
                batch("INSERT OR REPLACE", "prepared", "NULL, NULL, NULL").replace("'new'", "'sent'"),
                Rule::BatchStartsPrepared,
            ),
            (replace_payment, Rule::OneLiveBatch),
            ("INSERT OR REPLACE INTO log_entries VALUES (0, x'00')".into(), Rule::AppendOnly),
            ("INSERT OR REPLACE INTO log_head VALUES (1, 0)".into(), Rule::AppendOnly),
            (decide("B", "staff:x").replace("INSERT", "INSERT OR REPLACE"), Rule::AppendOnly),
            ("INSERT OR REPLACE INTO documents SELECT * FROM documents WHERE claim_id = 'A'".into(), Rule::AppendOnly),
            ("INSERT OR REPLACE INTO claims SELECT * FROM claims WHERE id = 'A'".into(), Rule::GrantStays),
        ]);
    } else {
        let tables = "log_entries, log_checkpoints, documents, readings, receipt_facts, page_hashes, page_bands, duplicate_verdicts,
                      decisions, notices, batches,
                      payments, assessments, claim_revisions, claims, jobs";
        attacks.extend([
            (format!("TRUNCATE {tables} CASCADE"), Rule::AppendOnly),
            // By the unique index itself: the trigger is SQLite's, against INSERT OR REPLACE.
            (decide("A", "staff:x").replace("revision,", "revision + 1,"), Rule::DecisionBeforePayment),
        ]);
    }

    let before = contents(&fixture).await;
    for (attack, rule) in attacks {
        let error = StoreError::from(fixture.sql(&attack).await.expect_err(&attack));
        assert_eq!(error.rule(), Some(rule), "{attack}\n{error:?}");
        // People read the rule once, in their language, and nothing of the database's own words.
        assert_eq!(error.to_string(), format!("refused: {}", rule.text(Lang::En)));
        assert_eq!(error.text(Lang::Ja), rule.text(Lang::Ja));
        assert!(std::error::Error::source(&error).is_none());
    }
    assert_eq!(contents(&fixture).await, before);
    // And the honest way still works.
    fixture.released("ready").await;
}

/// What an attack must not change.
async fn contents(
    fixture: &Fixture,
) -> (Vec<i64>, Vec<crate::BatchRecord>, Vec<Option<ClaimRecord>>, Vec<(u64, Vec<u8>)>) {
    let mut claims = Vec::new();
    for id in ["A", "B", "S"] {
        claims.push(fixture.store.claim(&id.into()).await.unwrap());
    }
    let batches = fixture.store.batches().await.unwrap();
    (fixture.everything().await, batches, claims, fixture.store.log_entries(0, 1000).await.unwrap())
}

/// Two claims of one facility, assessed before either was granted: one of two approvals at the same moment goes through.
async fn two_grants_at_the_same_time_are_one(fixture: Fixture) {
    for round in 0..10 {
        let ids = [format!("{round}-a"), format!("{round}-b")];
        // A facility of its own for each round.
        let facility = [CLINIC, PHARMACY, "0110113719", "1840140055", "2739400105"][round % 5];
        let mut approvals = Vec::new();
        for id in &ids {
            fixture.read(id, facility, id.as_bytes(), id).await;
        }
        let jobs = fixture.store.take("tester", &[JobKind::Assess], LEASE, 2).await.unwrap();
        for job in jobs {
            let store = fixture.store.clone();
            let record = fixture.record(job.claim_id.as_str()).await;
            approvals.push(tokio::spawn(async move {
                let (bytes, sha256) = assessment(job.claim_id.as_str());
                let approval = decision(&record, DecisionKind::Approve, 31_000);
                store
                    .finish_assess(
                        &job,
                        &bytes,
                        sha256,
                        &waiting(job.claim_id.as_str(), CLINIC),
                        Settled::Decided(&approval),
                        &entry("approved"),
                    )
                    .await
            }));
        }
        let mut granted = 0;
        for approval in approvals {
            match approval.await.unwrap() {
                Ok(_) => granted += 1,
                Err(error) => {
                    assert!(matches!(error, StoreError::FactsChanged { .. }), "{error:?}");
                    assert!(error.is_transient(), "the job is done again, with the grant among its facts");
                }
            }
        }
        assert_eq!(granted, 1, "round {round}");
        // The other one is out of the way of the next round.
        fixture.sql("UPDATE jobs SET state = 'done', lease_owner = NULL, lease_until_ms = NULL").await.unwrap();
    }
}

/// The same receipt of two sellers' names that fold alike, read at the same moment: whichever is assessed later sees it.
async fn a_receipt_of_two_claims_is_seen_by_one_at_least(fixture: Fixture) {
    fixture.submitted("X", CLINIC, b"one").await;
    fixture.submitted("Y", PHARMACY, b"two").await;
    let jobs = fixture.store.take("tester", &[JobKind::Read], LEASE, 2).await.unwrap();
    let mut reading = Vec::new();
    for job in jobs {
        let store = fixture.store.clone();
        let document = fixture.record(job.claim_id.as_str()).await.documents[0].clone();
        reading.push(tokio::spawn(async move {
            store.finish_read(&job, &[receipt_reading(&document, "㈱店")], &[], &entry("read")).await.unwrap();
            store.dossier(&job.claim_id).await.unwrap().duplicates.len()
        }));
    }
    let mut seen = 0;
    for each in reading {
        seen += each.await.unwrap();
    }
    assert!(seen >= 1);
}
