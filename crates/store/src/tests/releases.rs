//! Releases by as many persons as the amount asks for, and every way around that which the store's own doors would be
//! asked for.

use super::*;
use crate::{BatchState, Rule, StoreError};

on_both! { a_large_batch_needs_several_persons_who_are_different_and_saw_the_same nobody_gets_around_it_at_the_same_moment }

fn content() -> Sha256 {
    crate::objects::hash(b"the payment file")
}

async fn release(fixture: &Fixture, batch: &str, by: Actor, content: Sha256) -> Result<(), StoreError> {
    let when = at("2026-02-02T00:00:00Z");
    fixture.store.release_batch(batch, &by, when, content, &entry("released")).await.map(drop)
}

async fn agree(fixture: &Fixture, batch: &str, by: Actor, content: Sha256) -> Result<(), StoreError> {
    let when = at("2026-02-02T00:00:00Z");
    fixture.store.agree_to_release(batch, &by, when, content, &entry("agreed")).await.map(drop)
}

async fn a_large_batch_needs_several_persons_who_are_different_and_saw_the_same(fixture: Fixture) {
    for (id, facility) in [("A", CLINIC), ("B", PHARMACY)] {
        fixture.approved(id, facility).await;
    }
    fixture.looked_at(&[CLINIC, PHARMACY]).await;
    fixture.prepared("P", &["A"], 3, None).await;

    for (by, rule) in [
        (Actor::staff("preparer"), Rule::ReleasedByPreparer),
        (Actor::staff(" Preparer"), Rule::ReleasedByPreparer),
        (Actor::staff("reviewer"), Rule::ReleasedByDecider),
        (Actor::staff("REVIEWER "), Rule::ReleasedByDecider),
        (Actor::policy("nightly"), Rule::ReleasedByStaff),
        (Actor::facility(CLINIC), Rule::ReleasedByStaff),
        (Actor::auditor("sato"), Rule::ReleasedByStaff),
        (Actor::system(), Rule::ReleasedByStaff),
        (Actor::staff(""), Rule::ReleasedByStaff),
    ] {
        // Who may not agree may not release either.
        assert_eq!(agree(&fixture, "P", by.clone(), content()).await.unwrap_err().rule(), Some(rule), "{by}");
        let refused = release(&fixture, "P", by.clone(), content()).await.unwrap_err();
        assert_eq!(refused.rule(), Some(rule), "{by}");
    }
    // Alone nobody does.
    let refused = release(&fixture, "P", Actor::staff("one"), content()).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::ReleasersEnough));
    assert_eq!(fixture.store.batch("P").await.unwrap().unwrap().releases, [], "a refused release leaves nothing");
    agree(&fixture, "P", Actor::staff("one"), content()).await.unwrap();
    // The same person again, whatever they call themselves.
    for again in ["one", "ONE", "one "] {
        let refused = agree(&fixture, "P", Actor::staff(again), content()).await.unwrap_err();
        assert_eq!(refused.rule(), Some(Rule::ReleasedOnce), "{again:?}");
        let refused = release(&fixture, "P", Actor::staff(again), content()).await.unwrap_err();
        assert_eq!(refused.rule(), Some(Rule::ReleasedOnce), "{again:?}");
    }
    // Who looked at something else did not look at this.
    agree(&fixture, "P", Actor::staff("two"), crate::objects::hash(b"another")).await.unwrap();
    let refused = release(&fixture, "P", Actor::staff("three"), content()).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::ReleasersEnough));
    agree(&fixture, "P", Actor::staff("three"), content()).await.unwrap();
    release(&fixture, "P", Actor::staff("four"), content()).await.unwrap();
    let batch = fixture.store.batch("P").await.unwrap().unwrap();
    assert_eq!((batch.state, batch.releasers, batch.releases.len()), (BatchState::Released, 3, 4));
    let refused = agree(&fixture, "P", Actor::staff("five"), content()).await.unwrap_err();
    assert!(matches!(refused, StoreError::BatchState { found: "released", .. }));

    // By hand-written SQL it is no other.
    fixture.prepared("Q", &["B"], 2, Some(yen(31_000))).await;
    let set = |what: &str| format!("UPDATE batches SET {what} WHERE id = 'Q'");
    let released = |by: &str| {
        set(&format!("state = 'released', released_by = '{by}', released_at_ms = 1, content_sha256 = '{}'", content()))
    };
    let agreed = |by: &str| format!("INSERT INTO batch_releases VALUES ('Q', '{by}', 1, '{}')", content());
    let on_sqlite = matches!(fixture.store.db, Db::Sqlite { .. });
    let live = if on_sqlite { "1" } else { "TRUE" };
    let attacks = [
        (released("staff:one"), Rule::ReleasersEnough),
        (set("releasers = 1"), Rule::BatchFrozen),
        (set("releasers = 0"), Rule::BatchFrozen),
        (set("most_yen = NULL"), Rule::BatchFrozen),
        (agreed("staff:preparer"), Rule::ReleasedByPreparer),
        (agreed("staff:PREPARER"), Rule::ReleasedByPreparer),
        (agreed("staff:reviewer"), Rule::ReleasedByDecider),
        (agreed("policy:nightly"), Rule::ReleasedByStaff),
        (agreed("staff:"), Rule::ReleasedByStaff),
        (agreed("staff:nine").replace("'Q'", "'P'"), Rule::BatchFrozen),
        ("UPDATE batch_releases SET released_by = 'staff:x'".to_owned(), Rule::AppendOnly),
        ("DELETE FROM batch_releases".to_owned(), Rule::AppendOnly),
    ];
    for (attack, rule) in attacks {
        let error = StoreError::from(fixture.sql(&attack).await.expect_err(&attack));
        assert_eq!(error.rule(), Some(rule), "{attack}\n{error:?}");
    }
    fixture.sql(&agreed("staff:one")).await.unwrap();
    for (attack, rule) in [
        // One is not two, and a third who never agreed cannot be the one who releases.
        (released("staff:one"), Rule::ReleasersEnough),
        (released("staff:two"), Rule::ReleasersEnough),
        (agreed("staff:One "), Rule::ReleasedOnce),
        // What somebody has agreed to gets no further payments.
        (
            format!("INSERT INTO payments VALUES ('Q', 'A', '{CLINIC}', 'x', 31000, '{{}}', {live})"),
            Rule::PaymentIntoPreparedBatch,
        ),
    ] {
        let error = StoreError::from(fixture.sql(&attack).await.expect_err(&attack));
        if rule == Rule::PaymentIntoPreparedBatch {
            // A claim in a live batch is refused for that as well.
            assert!(matches!(error.rule(), Some(Rule::PaymentIntoPreparedBatch | Rule::OneLiveBatch)), "{error:?}");
        } else {
            assert_eq!(error.rule(), Some(rule), "{attack}\n{error:?}");
        }
    }
    fixture.sql(&agreed("staff:two")).await.unwrap();
    let error = StoreError::from(fixture.sql(&released("staff:three")).await.unwrap_err());
    assert_eq!(error.rule(), Some(Rule::ReleasersEnough));
    fixture.sql(&released("staff:two")).await.unwrap();

    // A batch that grew beyond what its releasers may release is not released.
    fixture.approved("C", "0110113719").await;
    fixture.looked_at(&["0110113719"]).await;
    fixture.prepared("R", &["C"], 1, Some(yen(30_999))).await;
    let refused = release(&fixture, "R", Actor::staff("one"), content()).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::WithinBand));
    // And one that needs nobody cannot be made.
    let nobody = "INSERT INTO batches VALUES ('Z', '2026-02-27', 'staff:x', 1, 'prepared', NULL, NULL, NULL, 0, NULL)";
    assert_eq!(StoreError::from(fixture.sql(nobody).await.unwrap_err()).rule(), Some(Rule::ReleasersOne));
}

async fn nobody_gets_around_it_at_the_same_moment(fixture: Fixture) {
    fixture.approved("A", CLINIC).await;
    fixture.looked_at(&[CLINIC]).await;
    fixture.prepared("P", &["A"], 2, None).await;
    // Many sessions of the same two names at once: each counts once.
    let mut tries = Vec::new();
    for i in 0..12 {
        let store = fixture.store.clone();
        tries.push(tokio::spawn(async move {
            let by = Actor::staff(if i % 2 == 0 { "preparer" } else { "one" });
            let when = at("2026-02-02T00:00:00Z");
            if i % 3 == 0 {
                store.release_batch("P", &by, when, content(), &entry("released")).await.is_ok()
            } else {
                store.agree_to_release("P", &by, when, content(), &entry("agreed")).await.is_ok()
            }
        }));
    }
    let mut through = 0;
    for one in tries {
        through += usize::from(one.await.unwrap());
    }
    assert_eq!(through, 1, "one person, once");
    let batch = fixture.store.batch("P").await.unwrap().unwrap();
    assert_eq!((batch.state, batch.releases.len()), (BatchState::Prepared, 1));
    release(&fixture, "P", Actor::staff("two"), content()).await.unwrap();
}
