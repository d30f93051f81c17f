//! What banks say: paid and bounced move claims and the ledger, everything else is kept and moves nothing.

use super::accounts::account_of;
use super::*;
use crate::{Credentials, LedgerKind, MessageFilter, NewResults, ResultRow, ResultVerdict, Rule, StoreError};

on_both! { a_bank_s_word_moves_the_claim_and_the_ledger_and_nothing_else_does }

const FILE: &[u8] = b"the bank's file";

fn row(verdict: ResultVerdict, claim: Option<&str>, reason: Option<&str>) -> ResultRow {
    ResultRow {
        place: Some("2行目".to_owned()),
        verdict,
        claim_id: claim.map(ClaimId::from),
        amount: Some(yen(31_000)),
        reason: reason.map(str::to_owned),
        said: Some("0001 001 …567 31,000".to_owned()),
    }
}

async fn a_bank_s_word_moves_the_claim_and_the_ledger_and_nothing_else_does(fixture: Fixture) {
    let store = &fixture.store;
    let facilities = [("A", CLINIC), ("B", PHARMACY), ("C", "0110113719")];
    store.add_account(&account_of("told", &[PHARMACY]), &Credentials::default(), &entry("added")).await.unwrap();
    let told = async |wanted: MessageKind| {
        let all = store.messages(MessageFilter::All, None, 100).await.unwrap();
        all.iter().filter(|one| one.kind == wanted).map(|one| one.claim_id.to_string()).collect::<Vec<_>>()
    };
    for (id, facility) in facilities {
        fixture.approved(id, facility).await;
        fixture.looked_at(&[facility]).await;
    }
    fixture.prepared("P", &["A", "B", "C"], 1, None).await;
    fixture.released("P").await;

    // Not without a bank's file, by whatever SQL.
    let post = "INSERT INTO ledger_entries SELECT programme, number + 1, 'post', 'reserved', 'paid', yen, 'A', NULL,
        'staff:x', 1, 0, limited, 0, -93000, 62000, 31000 FROM ledger_entries ORDER BY number DESC LIMIT 1";
    let paid = "UPDATE claims SET state = 'paid' WHERE id = 'A'";
    let refused = StoreError::from(fixture.sql(paid).await.unwrap_err()).rule();
    assert!(matches!(refused, Some(Rule::PaidIsPosted | Rule::PaidByResult)), "either forbids it: {refused:?}");
    // Both in one transaction, which several statements are on PostgreSQL by themselves.
    let on_sqlite = matches!(store.db, Db::Sqlite { .. });
    let both = if on_sqlite { format!("BEGIN; {post}; {paid}; COMMIT") } else { format!("{post}; {paid}") };
    let both = fixture.sql(&both).await.unwrap_err();
    assert_eq!(StoreError::from(both).rule(), Some(Rule::PaidByResult));
    if on_sqlite {
        fixture.sql("ROLLBACK").await.unwrap();
    }

    let sha256 = store.put_document(FILE.to_vec()).await.unwrap();
    let when = at("2026-03-02T00:00:00Z");
    let new = NewResults {
        sha256,
        batch: "P".to_owned(),
        file: "結果.txt".to_owned(),
        by: Actor::staff("officer"),
        at: when,
        rows: vec![
            row(ResultVerdict::Paid, Some("A"), None),
            row(ResultVerdict::Bounced, Some("B"), Some("該当口座なし")),
            row(ResultVerdict::Unknown, None, None),
            row(ResultVerdict::WrongAmount, Some("C"), None),
        ],
    };
    assert_eq!(store.result_batch(&sha256).await.unwrap(), None);
    store.receive_results(&new, &entry("results")).await.unwrap();
    assert_eq!(store.result_batch(&sha256).await.unwrap().as_deref(), Some("P"));
    assert!(store.receive_results(&new, &entry("results")).await.is_err(), "once");
    let kept = store.results("P").await.unwrap();
    assert_eq!((kept.len(), &kept[0].rows, &kept[0].file), (1, &new.rows, &new.file));
    let states: Vec<(&str, bool)> =
        store.payment_states("P").await.unwrap().iter().map(|one| (one.state.code(), one.live)).collect();
    assert_eq!(states, [("paid", true), ("bounced", false), ("sent", true)]);
    let balance = store.balances().await.unwrap()[0].1;
    assert_eq!((balance.reserved, balance.paid), (yen(62_000), yen(31_000)), "a grant that bounced keeps its money");
    assert_eq!(told(MessageKind::Bounced).await, ["B"]);
    assert_eq!(store.bounced_of(&code(PHARMACY)).await.unwrap(), [("B".into(), Some("該当口座なし".to_owned()))]);

    // A corrected account that a second person has seen makes it payable again, and it is paid once.
    let mut right = account();
    right.number = "7654321".to_owned();
    let clerk = Actor::staff("clerk");
    store.set_facility_account(&code(PHARMACY), &right, &clerk, when, &entry("set")).await.unwrap();
    assert_eq!(fixture.record("B").await.claim.state, ClaimState::Bounced);
    let again =
        store.look_at_account(&code(PHARMACY), 2, &Actor::staff("looker"), when, &entry("looked")).await.unwrap();
    assert_eq!(again, ["B".into()]);
    let mut payment = payment(&fixture.record("B").await);
    payment.account = right;
    let batch = NewBatch {
        id: "Q".to_owned(),
        pay_on: "2026-03-31".parse().unwrap(),
        prepared_by: Actor::staff("preparer"),
        prepared_at: when,
        releasers: 1,
        most_yen: None,
        payments: vec![payment],
    };
    store.prepare_batch(&batch, &entry("prepared")).await.unwrap();
    fixture.released("Q").await;
    let second = store.put_document(b"the second file".to_vec()).await.unwrap();
    let rows = vec![row(ResultVerdict::Paid, Some("B"), None)];
    let new = NewResults { sha256: second, batch: "Q".to_owned(), rows, ..new };
    store.receive_results(&new, &entry("results")).await.unwrap();
    assert_eq!(store.balances().await.unwrap()[0].1.paid, yen(62_000));

    // The bank takes its word back: a correction with a reason, and the claim is bounced after all.
    let why = (&clerk, when, "組戻し");
    store.correct_result("P", &"A".into(), why, &entry("corrected")).await.unwrap();
    assert!(store.correct_result("P", &"A".into(), why, &entry("corrected")).await.is_err());
    assert_eq!(fixture.record("A").await.claim.state, ClaimState::Bounced);
    let balance = store.balances().await.unwrap()[0].1;
    assert_eq!((balance.reserved, balance.paid), (yen(62_000), yen(31_000)));
    let ledger = store.ledger(&"home-consent".into(), None, 100).await.unwrap();
    let of_a: Vec<LedgerKind> =
        ledger.iter().rev().filter(|one| one.claim_id == Some("A".into())).map(|one| one.kind).collect();
    assert_eq!(
        of_a,
        [LedgerKind::Reserve, LedgerKind::Post, LedgerKind::Correct, LedgerKind::Release, LedgerKind::Reserve]
    );

    // The facility is told each time, and when its grant is given up.
    store.correct_result("Q", &"B".into(), why, &entry("corrected")).await.unwrap();
    assert_eq!(told(MessageKind::Bounced).await, ["B", "B"]);
    let version = fixture.record("B").await.claim.version;
    store.withdraw_grant(&"B".into(), version, (&clerk, when, "廃止"), &entry("withdrawn")).await.unwrap();
    assert_eq!(told(MessageKind::GrantWithdrawn).await, ["B"]);

    for attack in ["UPDATE result_rows SET verdict = 'paid'", "DELETE FROM result_rows", "DELETE FROM result_files"] {
        let error = StoreError::from(fixture.sql(attack).await.expect_err(attack));
        assert_eq!(error.rule(), Some(Rule::AppendOnly), "{attack}");
    }
}
