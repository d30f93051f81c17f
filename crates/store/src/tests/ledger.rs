//! Budgets: what approvals reserve, what waits where money runs out, and entries that nobody can make up.

use super::*;
use crate::{Balance, LedgerKind, NewBudget, Rule, StoreError};

on_both! {
    a_budget_reserves_runs_out_and_is_taken_up_in_the_order_of_submission
    every_made_up_entry_is_refused
    approvals_at_the_same_moment_never_overdraw_a_budget
}

const PROGRAMME: &str = "home-consent";

fn budget(yen_of: i64, reason: &str) -> NewBudget {
    NewBudget {
        programme: PROGRAMME.into(),
        budget: yen(yen_of),
        reason: reason.to_owned(),
        by: Actor::staff("officer"),
        at: at("2026-01-05T00:00:00Z"),
    }
}

impl Fixture {
    async fn balance(&self) -> Balance {
        let all = self.store.balances().await.unwrap();
        all.into_iter().find(|(programme, _)| programme.as_str() == PROGRAMME).map(|(_, balance)| balance).unwrap()
    }

    async fn set_budget(&self, yen_of: i64) -> Result<(), StoreError> {
        self.store.set_budget(&budget(yen_of, "令和7年度当初予算"), &entry("budget")).await.map(drop)
    }
}

async fn a_budget_reserves_runs_out_and_is_taken_up_in_the_order_of_submission(fixture: Fixture) {
    let store = &fixture.store;
    // Without a budget nothing runs out, and all is in the ledger.
    fixture.approved("A", CLINIC).await;
    let balance = fixture.balance().await;
    assert_eq!((balance.budget, balance.available(), balance.reserved), (None, None, yen(31_000)));

    // A budget holds what is reserved already, and one more claim.
    let refused = fixture.set_budget(30_999).await.unwrap_err();
    assert!(refused.is_budget_below_use(), "{refused}");
    fixture.set_budget(70_000).await.unwrap();
    fixture.approved("B", PHARMACY).await;
    let balance = fixture.balance().await;
    assert_eq!((balance.available(), balance.reserved, balance.paid), (Some(yen(8_000)), yen(62_000), Yen::ZERO));

    // The next ones do not fit, by a person or by policy, and wait in the order of their submission.
    let mut waiting_ids = Vec::new();
    for (id, facility) in [("D", "0110113719"), ("C", "1840140055")] {
        let record = fixture.in_review(id, facility).await;
        let approval = decision(&record, DecisionKind::Approve, 31_000);
        let refused = store.decide(&approval, record.claim.version, &entry("approved")).await.unwrap_err();
        assert!(matches!(&refused, StoreError::BudgetShort { needed, .. } if *needed == yen(31_000)), "{refused}");
        assert!(!refused.is_transient());
        let before = fixture.record(id).await.claim;
        assert_eq!((before.state, before.awaits_budget), (ClaimState::InReview, false), "nothing was done");
        store.wait_for_budget(&approval, record.claim.version, &entry("waits")).await.unwrap();
        assert!(fixture.record(id).await.claim.awaits_budget);
        waiting_ids.push(id);
    }
    let order: Vec<String> = store
        .budget_waits(Some(&PROGRAMME.into()))
        .await
        .unwrap()
        .iter()
        .map(|wait| wait.claim_id.to_string())
        .collect();
    assert_eq!(order, ["C", "D"], "submitted at one moment: by their ids");
    assert_eq!(store.budget_wait(&"C".into()).await.unwrap().unwrap().decision.grant_yen, yen(31_000));
    assert_eq!(store.budget_wait(&"A".into()).await.unwrap(), None);
    assert_eq!(fixture.number("SELECT COUNT(*) FROM review_queue").await, 0, "nobody has to look at what is decided");
    // By policy too.
    fixture.read("E", "2739400105", b"E", "E").await;
    let job = fixture.job(JobKind::Assess).await;
    let (bytes, sha256) = assessment("E");
    let mut approval = decision(&fixture.record("E").await, DecisionKind::Approve, 31_000);
    approval.decided_by = Actor::policy("approve-without-person");
    let place = waiting("E", "2739400105");
    let decided = Settled::Decided(&approval);
    let refused = store.finish_assess(&job, &bytes, sha256, &place, decided, &entry("decided")).await.unwrap_err();
    assert!(matches!(refused, StoreError::BudgetShort { ahead: 2, .. }), "{refused}");
    let waits = Settled::AwaitsBudget(&approval);
    store.finish_assess(&job, &bytes, sha256, &place, waits, &entry("waits")).await.unwrap();
    assert_eq!(store.budget_waits(None).await.unwrap().len(), 3);
    // What is assessed again waits for no money meanwhile, and takes its old place when it comes back.
    let version = fixture.record("E").await.claim.version;
    store.reassess(&"E".into(), version, &entry("again")).await.unwrap();
    assert_eq!(store.budget_waits(None).await.unwrap().len(), 2);
    let job = fixture.job(JobKind::Assess).await;
    store.finish_assess(&job, &bytes, sha256, &place, waits, &entry("waits")).await.unwrap();
    assert_eq!(store.budget_waits(None).await.unwrap().len(), 3);

    // With money for two, D has to wait for C all the same.
    fixture.set_budget(70_000 + 54_000).await.unwrap();
    let take_up = async |id: &str| {
        let wait = store.budget_wait(&id.into()).await.unwrap().unwrap();
        let version = fixture.record(id).await.claim.version;
        store.decide(&wait.decision, version, &entry("taken up")).await.map(drop)
    };
    assert!(matches!(take_up("D").await.unwrap_err(), StoreError::BudgetShort { ahead: 1, .. }));
    take_up("C").await.unwrap();
    take_up("D").await.unwrap();
    let refused = take_up("E").await.unwrap_err();
    assert!(matches!(refused, StoreError::BudgetShort { ahead: 0, available, .. } if available == Yen::ZERO));
    assert_eq!(fixture.record("C").await.claim.state, ClaimState::Approved);
    assert!(!fixture.record("C").await.claim.awaits_budget);

    // A grant that is given up makes room, and a claim that waits may be decided otherwise.
    let a = fixture.record("A").await.claim;
    let why = (&Actor::staff("officer"), at("2026-01-20T00:00:00Z"), "医療機関等の廃止");
    store.withdraw_grant(&a.id, a.version, why, &entry("withdrawn")).await.unwrap();
    let withdrawn = fixture.record("A").await.claim;
    assert_eq!((withdrawn.state, withdrawn.granted_yen), (ClaimState::Withdrawn, None));
    assert!(store.withdraw_grant(&a.id, withdrawn.version, why, &entry("again")).await.is_err());
    assert_eq!(fixture.balance().await.available(), Some(yen(31_000)));
    let e = fixture.record("E").await;
    // It would fit now, so it is decided and does not wait.
    let late = store.wait_for_budget(&decision(&e, DecisionKind::Approve, 31_000), e.claim.version, &entry("x")).await;
    assert!(matches!(late.unwrap_err(), StoreError::BudgetFits { .. }));
    let mut rejection = decision(&e, DecisionKind::Reject, 0);
    rejection.grant_yen = Yen::ZERO;
    store.decide(&rejection, e.claim.version, &entry("rejected")).await.unwrap();
    assert_eq!(store.budget_waits(None).await.unwrap(), []);

    let ledger = store.ledger(&PROGRAMME.into(), None, 100).await.unwrap();
    let kinds: Vec<&str> = ledger.iter().rev().map(|entry| entry.kind.code()).collect();
    assert_eq!(kinds, ["reserve", "budget", "reserve", "budget", "reserve", "reserve", "release"]);
    assert_eq!(ledger[0].reason.as_deref(), Some("医療機関等の廃止"));
    assert_eq!((ledger[0].kind, ledger[0].number), (LedgerKind::Release, 7));
    assert_eq!(store.ledger(&PROGRAMME.into(), Some(3), 1).await.unwrap(), ledger[5..6]);
}

async fn every_made_up_entry_is_refused(fixture: Fixture) {
    fixture.set_budget(100_000).await.unwrap();
    fixture.approved("A", CLINIC).await;
    fixture.in_review("B", PHARMACY).await;
    let on_sqlite = matches!(fixture.store.db, Db::Sqlite { .. });
    let (yes, no) = if on_sqlite { ("1", "0") } else { ("TRUE", "FALSE") };
    let made_up = |number: i64, kind: &str, accounts: &str, sum: i64, claim: &str, held: &str, limited: &str| {
        format!(
            "INSERT INTO ledger_entries VALUES ('{PROGRAMME}', {number}, '{kind}', {accounts}, {sum}, {claim}, 'x',
                 'staff:thief', 1, 0, {limited}, {held})"
        )
    };
    let reserve = "'available', 'reserved'";
    for (attack, rule) in [
        // Out of nothing, out of turn, or without what there was before.
        (
            made_up(3, "budget", "'budget', 'available'", 1, "NULL", "200000, 169000, 31000, 0", yes),
            Rule::LedgerContinues,
        ),
        (
            made_up(4, "budget", "'budget', 'available'", 1, "NULL", "100001, 69001, 31000, 0", yes),
            Rule::LedgerContinues,
        ),
        (
            made_up(3, "budget", "'budget', 'available'", 1, "NULL", "100001, 69001, 31000, 0", no),
            Rule::LedgerContinues,
        ),
        (made_up(3, "budget", "'budget', 'available'", 5, "NULL", "100005, 69000, 31000, 0", yes), Rule::LedgerSum),
        (
            made_up(3, "budget", "'available', 'budget'", 69_001, "NULL", "30999, -1, 31000, 0", yes),
            Rule::LedgerBudgetKept,
        ),
        (made_up(3, "budget", "'budget', 'paid'", 5, "NULL", "100005, 69000, 31000, 5", yes), Rule::LedgerMove),
        (made_up(3, "budget", "'budget', 'available'", -5, "NULL", "99995, 68995, 31000, 0", yes), Rule::LedgerAmount),
        (
            made_up(3, "budget", "'budget', 'available'", 5, "'A'", "100005, 69005, 31000, 0", yes),
            Rule::LedgerFollowsClaim,
        ),
        // Of a claim that nobody approved, of more than was granted, twice, or paid without a bank.
        (made_up(3, "reserve", reserve, 31_000, "'B'", "100000, 38000, 62000, 0", yes), Rule::LedgerFollowsClaim),
        (made_up(3, "reserve", reserve, 31_000, "'A'", "100000, 38000, 62000, 0", yes), Rule::LedgerFollowsClaim),
        (
            made_up(3, "release", "'reserved', 'available'", 1, "'A'", "100000, 69001, 30999, 0", yes),
            Rule::LedgerFollowsClaim,
        ),
        (
            made_up(3, "post", "'reserved', 'paid'", 31_000, "'A'", "100000, 69000, 0, 31000", yes),
            Rule::LedgerFollowsClaim,
        ),
        (made_up(3, "reserve", reserve, 31_000, "NULL", "100000, 38000, 62000, 0", yes), Rule::LedgerClaim),
        (
            made_up(3, "budget", "'budget', 'available'", 1, "NULL", "100001, 69001, 31000, 0", yes)
                .replace("'x'", "' '"),
            Rule::LedgerReason,
        ),
        ("UPDATE ledger_entries SET yen = 1".to_owned(), Rule::AppendOnly),
        ("DELETE FROM ledger_entries".to_owned(), Rule::AppendOnly),
        // A claim cannot be called paid or withdrawn past the ledger.
        (
            "UPDATE claims SET state = 'withdrawn', granted_yen = NULL WHERE id = 'A'".to_owned(),
            Rule::WithdrawnIsReleased,
        ),
    ] {
        let error = StoreError::from(fixture.sql(&attack).await.expect_err(&attack));
        assert_eq!(error.rule(), Some(rule), "{attack}\n{error:?}");
    }
    if !on_sqlite {
        let error = StoreError::from(fixture.sql("TRUNCATE ledger_entries").await.unwrap_err());
        assert_eq!(error.rule(), Some(Rule::AppendOnly));
    }
    assert_eq!(fixture.balance().await.available(), Some(yen(69_000)));
    assert_eq!(fixture.number("SELECT COUNT(*) FROM ledger_entries").await, 2);
}

async fn approvals_at_the_same_moment_never_overdraw_a_budget(fixture: Fixture) {
    fixture.set_budget(31_000 * 2 + 1).await.unwrap();
    let facilities = [CLINIC, PHARMACY, "0110113719", "1840140055", "2739400105"];
    let mut approvals = Vec::new();
    for (i, facility) in facilities.iter().enumerate() {
        let record = fixture.in_review(&format!("C-{i}"), facility).await;
        let store = fixture.store.clone();
        approvals.push(tokio::spawn(async move {
            let approval = decision(&record, DecisionKind::Approve, 31_000);
            store.decide(&approval, record.claim.version, &entry("approved")).await.is_ok()
        }));
    }
    let mut through = 0;
    for approval in approvals {
        through += usize::from(approval.await.unwrap());
    }
    assert_eq!(through, 2);
    assert_eq!(fixture.balance().await.available(), Some(yen(1)));
}
