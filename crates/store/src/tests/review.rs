//! Review, overview and finding again in the log, on both databases.

use super::*;
use crate::{Account, KeptAdjustment, LogQuery, Note, QueueCounts, QueueFilter, QueuePlace, QueueRow, StoreError};
use std::collections::BTreeMap;

on_both! {
    the_pages_of_the_queue_together_list_each_claim_once_in_its_order
    notes_corrections_hands_and_looks_are_kept
    entries_are_found_again_by_all_that_they_are_about
    the_overview_counts_what_is_there
    a_multiplied_store_counts_what_it_has
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

const FACILITIES: [&str; 3] = [CLINIC, PHARMACY, "0110113719"];

fn random_waiting(id: &str, numbers: &mut Numbers) -> Waiting {
    let findings = [FindingCode::PossibleDuplicate, FindingCode::PayeeDiffers, FindingCode::ReadingUncertain];
    let findings: Vec<FindingCode> = findings.into_iter().filter(|_| numbers.below(2) == 0).collect();
    Waiting {
        programme: ["home-consent", "limited-type"][numbers.below(2) as usize].into(),
        facility: code(FACILITIES[numbers.below(3) as usize]),
        kind: [None, Some(FacilityKind::Clinic), Some(FacilityKind::Pharmacy)][numbers.below(3) as usize],
        due_on: ["2026-01-03", "2026-01-04"][numbers.below(2) as usize].parse().unwrap(),
        deadline: [None, Some("2026-01-31".parse().unwrap())][numbers.below(2) as usize],
        duplicate: findings.contains(&FindingCode::PossibleDuplicate),
        doubts: u32::try_from(findings.len()).unwrap(),
        amount_yen: yen(i64::try_from(numbers.below(3)).unwrap() * 10_000),
        findings,
        ..waiting(id, CLINIC)
    }
}

/// The whole queue by pages of three.
async fn all_pages(store: &Store, filter: &QueueFilter) -> (QueueCounts, Vec<QueueRow>) {
    let counts = store.review_counts(filter).await.unwrap();
    let (mut all, mut after): (Vec<QueueRow>, Option<QueuePlace>) = (Vec::new(), None);
    loop {
        let page = store.review_page(filter, &counts, after.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { return (counts, all) };
        // A place survives its way through an address.
        after = Some(last.place.to_string().parse().unwrap());
        all.extend(page);
    }
}

fn shows(filter: &QueueFilter, one: &Waiting) -> bool {
    filter.programme.as_ref().is_none_or(|programme| *programme == one.programme)
        && filter.kind.is_none_or(|kind| one.kind == Some(kind))
        && filter.prefecture.is_none_or(|prefecture| one.facility.prefecture() == prefecture)
        && filter.finding.is_none_or(|finding| one.findings.contains(&finding))
}

async fn the_pages_of_the_queue_together_list_each_claim_once_in_its_order(fixture: Fixture) {
    let store = &fixture.store;
    let mut numbers = Numbers(7);
    let mut expected: Vec<Waiting> = Vec::new();
    for number in 0..25 {
        let id = format!("Q{number:02}");
        fixture.read(&id, CLINIC, id.as_bytes(), &id).await;
        let place = random_waiting(&id, &mut numbers);
        let (bytes, sha256) = assessment(&id);
        let job = fixture.job(JobKind::Assess).await;
        store.finish_assess(&job, &bytes, sha256, &place, Settled::ForAPerson, &entry("assessed")).await.unwrap();
        expected.push(place);
    }
    let key = |one: &Waiting| {
        let amount = std::cmp::Reverse(one.amount_yen);
        let doubts = std::cmp::Reverse(one.doubts);
        (one.due_on, !one.duplicate, doubts, amount, one.claim_id.clone())
    };
    expected.sort_by_key(key);
    let filters = [
        QueueFilter::default(),
        QueueFilter { programme: Some("limited-type".into()), ..QueueFilter::default() },
        QueueFilter { kind: Some(FacilityKind::Pharmacy), ..QueueFilter::default() },
        QueueFilter { prefecture: Some(34), ..QueueFilter::default() },
        QueueFilter { finding: Some(FindingCode::PayeeDiffers), ..QueueFilter::default() },
        QueueFilter {
            programme: Some("home-consent".into()),
            kind: Some(FacilityKind::Clinic),
            finding: Some(FindingCode::PossibleDuplicate),
            ..QueueFilter::default()
        },
        QueueFilter { programme: Some("unknown".into()), ..QueueFilter::default() },
    ];
    let check = async |expected: &[Waiting]| {
        for filter in &filters {
            let (counts, rows) = all_pages(store, filter).await;
            let found: Vec<&Waiting> = rows.iter().map(|row| &row.waiting).collect();
            let wanted: Vec<&Waiting> = expected.iter().filter(|one| shows(filter, one)).collect();
            assert_eq!(found, wanted, "{filter:?}");
            assert_eq!(counts.shown, wanted.len() as u64, "{filter:?}");
            // Each count is what the filter would show with that one thing in its place.
            for (finding, count) in &counts.findings {
                let with = QueueFilter { finding: Some(*finding), ..filter.clone() };
                assert_eq!(*count, expected.iter().filter(|one| shows(&with, one)).count() as u64);
            }
            let mut kinds: BTreeMap<Option<FacilityKind>, u64> = BTreeMap::new();
            let without = QueueFilter { kind: None, ..filter.clone() };
            expected.iter().filter(|one| shows(&without, one)).for_each(|one| *kinds.entry(one.kind).or_default() += 1);
            assert_eq!(counts.kinds, kinds, "{filter:?}");
        }
    };
    check(&expected).await;

    // What is decided leaves, and what is assessed again stands in its new place.
    let gone = expected.remove(3);
    let record = fixture.record(gone.claim_id.as_str()).await;
    let rejected = Decision { grant_yen: Yen::ZERO, ..decision(&record, DecisionKind::Reject, 0) };
    store.decide(&rejected, record.claim.version, &entry("rejected")).await.unwrap();
    assert_eq!(store.review_place(&gone.claim_id).await.unwrap(), None);
    let id = expected[0].claim_id.clone();
    let version = fixture.record(id.as_str()).await.claim.version;
    store.reassess(&id, version, &entry("again")).await.unwrap();
    let (bytes, sha256) = assessment(id.as_str());
    let job = fixture.job(JobKind::Assess).await;
    expected[0].due_on = "2026-02-28".parse().unwrap();
    store.finish_assess(&job, &bytes, sha256, &expected[0], Settled::ForAPerson, &entry("assessed")).await.unwrap();
    expected.sort_by_key(key);
    check(&expected).await;
    let last = store.review_place(&id).await.unwrap().unwrap();
    assert_eq!((last.claim_id, last.due_on), (id, "2026-02-28".parse().unwrap()));
}

async fn notes_corrections_hands_and_looks_are_kept(fixture: Fixture) {
    let store = &fixture.store;
    let record = fixture.in_review("A", CLINIC).await;
    let (id, by, now) = (record.claim.id.clone(), Actor::staff("sato"), at("2026-01-10T00:00:00Z"));
    for (name, account) in [("佐藤", "sato"), ("鈴木", "suzuki")] {
        let account = Account {
            id: account.to_owned(),
            role: Role::Reviewer,
            name: name.to_owned(),
            email: None,
            facilities: Vec::new(),
            active: true,
            created_at: now,
            version: 1,
        };
        store.add_account(&account, &crate::Credentials::default(), &entry("account")).await.unwrap();
    }

    let note = Note { claim_id: id.clone(), by: by.clone(), at: now, note: "電話で確認".to_owned() };
    store.add_note(&note, &entry("noted")).await.unwrap();
    assert_eq!(store.notes(&id).await.unwrap(), [note]);

    store.look(&id, "sato", now).await.unwrap();
    store.look(&id, "suzuki", at("2026-01-10T00:10:00Z")).await.unwrap();
    let names = async |since: &str| -> Vec<String> {
        store.looks(&id, at(since)).await.unwrap().into_iter().map(|look| look.name).collect()
    };
    assert_eq!(names("2026-01-10T00:00:00Z").await, ["鈴木", "佐藤"]);
    assert_eq!(names("2026-01-10T00:05:00Z").await, ["鈴木"]);

    assert_eq!(store.hand_of(&id).await.unwrap(), None);
    store.hand_over(&id, "suzuki", &by, now, &entry("handed")).await.unwrap();
    assert_eq!(store.hand_of(&id).await.unwrap().as_deref(), Some("suzuki"));
    for (hand, claims) in [("suzuki", 1), ("sato", 0)] {
        let filter = QueueFilter { hand: Some(hand.to_owned()), ..QueueFilter::default() };
        assert_eq!(all_pages(store, &filter).await.1.len(), claims, "{hand}");
    }

    // A correction is in the dossier, certain; what was read stays.
    let correction = |value: &str| KeptAdjustment {
        adjustment: Adjustment { position: 0, field: ReadField::ReceiptTotal, value: value.to_owned(), by: by.clone() },
        old: Some("143000".to_owned()),
        reason: "原本では150,000円".to_owned(),
        at: now,
    };
    let stale = store.adjust(&id, &correction("150000"), record.claim.version + 1, &entry("adjusted")).await;
    assert!(matches!(stale.unwrap_err(), StoreError::Conflict { .. }));
    store.adjust(&id, &correction("150000"), record.claim.version, &entry("adjusted")).await.unwrap();
    assert_eq!(fixture.record("A").await.claim.version, record.claim.version + 1);
    assert_eq!(store.adjustments(&id, 1).await.unwrap(), [correction("150000")]);
    let total = store.dossier(&id).await.unwrap().documents[0].reading.receipt.clone().unwrap().total_yen.unwrap();
    assert_eq!((total.value, total.confidence), (yen(150_000), Confidence::CERTAIN));
    assert_eq!(
        store.readings(&id, 1).await.unwrap()[0].receipt.as_ref().unwrap().total_yen.as_ref().unwrap().value,
        yen(143_000)
    );
    assert_eq!(fixture.job(JobKind::Assess).await.claim_id, id, "it is assessed again");
    // The same receipt elsewhere is found by what it was corrected to.
    assert_eq!(fixture.number("SELECT total_yen FROM receipt_facts WHERE claim_id = 'A'").await, 150_000);
    let other = fixture.in_review("B", PHARMACY).await;
    store.decide(&decision(&other, DecisionKind::Approve, 31_000), other.claim.version, &entry("x")).await.unwrap();
    let late = store.adjust(&"B".into(), &correction("1"), other.claim.version + 1, &entry("adjusted")).await;
    assert!(matches!(late.unwrap_err(), StoreError::Argument { what: "state of a claim to be corrected", .. }));
    for sql in ["UPDATE claim_notes SET note = 'x'", "DELETE FROM claim_adjustments"] {
        assert!(fixture.sql(sql).await.unwrap_err().to_string().contains("append_only"), "{sql}");
    }
}

async fn entries_are_found_again_by_all_that_they_are_about(fixture: Fixture) {
    let store = &fixture.store;
    fixture.approved("A", CLINIC).await;
    fixture.approved("B", PHARMACY).await;
    let log = async |event: &'static str, by: &str, when: &str, claims: &[&str], batch: Option<&str>| {
        let mut one = logged(event, claims);
        one.about =
            LogAbout { at: at(when), by: Actor::staff(by), event, batch: batch.map(str::to_owned), ..one.about };
        store.record(&[one]).await.unwrap().start
    };
    let noted = log("noted", "sato", "2026-02-01T00:00:00Z", &["A"], None).await;
    let both = log("judged", "suzuki", "2026-02-02T00:00:00Z", &["A", "B"], None).await;
    let new = crate::NewBatch {
        id: "P".to_owned(),
        pay_on: "2026-02-27".parse().unwrap(),
        prepared_by: Actor::staff("preparer"),
        prepared_at: at("2026-02-03T00:00:00Z"),
        releasers: 1,
        most_yen: None,
        payments: vec![payment(&fixture.record("B").await)],
    };
    store.prepare_batch(&new, &entry("prepared")).await.unwrap();
    let released = log("released", "approver", "2026-02-04T00:00:00Z", &[], Some("P")).await;
    let find = async |query: LogQuery| -> Vec<u64> {
        store.find_in_log(&query, None, 100).await.unwrap().into_iter().map(|(position, _)| position).collect()
    };
    assert_eq!(find(LogQuery { claim: Some("A".into()), ..LogQuery::default() }).await, [both, noted]);
    assert_eq!(find(LogQuery { claim: Some("B".into()), ..LogQuery::default() }).await, [released, both]);
    assert_eq!(find(LogQuery { facility: Some(code(PHARMACY)), ..LogQuery::default() }).await, [released, both]);
    assert_eq!(find(LogQuery { event: Some("noted".to_owned()), ..LogQuery::default() }).await, [noted]);
    assert_eq!(find(LogQuery { by: Some(Actor::staff("suzuki")), ..LogQuery::default() }).await, [both]);
    let between = LogQuery {
        from: Some(at("2026-02-02T00:00:00Z")),
        until: Some(at("2026-02-04T00:00:00Z")),
        ..LogQuery::default()
    };
    assert_eq!(find(between.clone()).await, [both]);
    assert_eq!(find(LogQuery { claim: Some("A".into()), by: Some(Actor::staff("sato")), ..between }).await, [0u64; 0]);
    // Pages from the newest on together are the whole log.
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = store.find_in_log(&LogQuery::default(), before, 4).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        all.extend(page);
    }
    all.reverse();
    assert_eq!(all, store.log_entries(0, u32::MAX).await.unwrap());

    let acted =
        async |by: &str, since: &str| store.acted_since(&"A".into(), "noted", &Actor::staff(by), at(since)).await;
    assert_eq!(acted("sato", "2026-02-01T00:00:00Z").await.unwrap(), Some(noted));
    assert_eq!(acted("sato", "2026-02-01T00:00:01Z").await.unwrap(), None);
    assert_eq!(acted("suzuki", "2026-01-01T00:00:00Z").await.unwrap(), None);
    assert_eq!(store.decided_among("P", &Actor::staff("reviewer")).await.unwrap(), Some("B".into()));
    assert_eq!(store.decided_among("P", &Actor::staff("approver")).await.unwrap(), None);
    assert_eq!(store.claims_of_batch("P").await.unwrap(), ["B".into()]);
    let subject = Some(("home-consent".into(), code(PHARMACY)));
    assert_eq!(store.subject(&"B".into()).await.unwrap(), subject);
    store.save_checkpoint(2, "two").await.unwrap();
    assert_eq!(store.checkpoints().await.unwrap(), [(2, "two".to_owned())]);
}

async fn the_overview_counts_what_is_there(fixture: Fixture) {
    let store = &fixture.store;
    let since = at("2025-12-01T00:00:00Z");
    assert_eq!(store.count_claims().await.unwrap(), []);
    assert_eq!(store.time_to_decision(since).await.unwrap(), None);
    fixture.approved("A", CLINIC).await;
    fixture.in_review("B", PHARMACY).await;
    fixture.read("C", PHARMACY, b"C", "C").await;
    let place =
        Waiting { findings: vec![FindingCode::TotalsDiffer, FindingCode::PayeeDiffers], ..waiting("C", PHARMACY) };
    let (bytes, sha256) = assessment("C");
    let job = fixture.job(JobKind::Assess).await;
    store.finish_assess(&job, &bytes, sha256, &place, Settled::ForAPerson, &entry("assessed")).await.unwrap();
    let record = fixture.record("C").await;
    let returned = Decision { decided_at: at("2026-01-20T03:00:00Z"), ..decision(&record, DecisionKind::Return, 0) };
    store.decide(&returned, record.claim.version, &entry("returned")).await.unwrap();

    let mut counts = store.count_claims().await.unwrap();
    counts.sort_by_key(|count| count.state);
    let found: Vec<(u8, ClaimState, u64, i64)> =
        counts.iter().map(|one| (one.prefecture, one.state, one.claims, one.granted_yen.get())).collect();
    assert_eq!(
        found,
        [(34, ClaimState::InReview, 1, 0), (13, ClaimState::Approved, 1, 31_000), (34, ClaimState::Returned, 1, 0),]
    );
    // Sent at 10:15 in Japan on the 20th of December.
    assert_eq!(store.submitted_by_day(since).await.unwrap(), [("2025-12-20".parse().unwrap(), 3)]);
    assert_eq!(
        store.decided_by_day(since).await.unwrap(),
        [
            ("2026-01-15".parse().unwrap(), DecisionKind::Approve, 1),
            ("2026-01-20".parse().unwrap(), DecisionKind::Return, 1)
        ]
    );
    let took = store.time_to_decision(since).await.unwrap().unwrap();
    // 26 days and 1 h 45 min, and five days more; hours count once they have begun.
    assert_eq!((took.decisions, took.median_hours, took.ninetieth_hours), (2, 26 * 24 + 2, 31 * 24 + 2));
    assert_eq!(
        store.returned_for(since).await.unwrap(),
        [(FindingCode::PayeeDiffers, 1), (FindingCode::TotalsDiffer, 1)]
    );
}

/// What benches measure with: a multiplied store is still a store, and its counts are those of its rows.
async fn a_multiplied_store_counts_what_it_has(fixture: Fixture) {
    let store = &fixture.store;
    fixture.approved("A", CLINIC).await;
    fixture.in_review("B", PHARMACY).await;
    store.multiply(9, |_| {}).await.unwrap();
    let counts = store.count_claims().await.unwrap();
    assert_eq!(counts.iter().map(|one| one.claims).sum::<u64>(), 20);
    let queue = store.review_counts(&QueueFilter::default()).await.unwrap();
    assert_eq!(queue.shown, 10);
    let page = store.review_page(&QueueFilter::default(), &queue, None, 50).await.unwrap();
    assert_eq!(page.len(), 10);
    let copy = fixture.record("A~9").await;
    assert_eq!((copy.claim.state, copy.decisions.len(), copy.documents.len()), (ClaimState::Approved, 1, 1));
    let waiting = store.payable().await.unwrap();
    assert_eq!(waiting.claims + waiting.without_account + waiting.account_unlooked, 10);
    assert_eq!(store.wrong_counts().await.unwrap(), []);
    fixture.sql("UPDATE claim_counts SET claims = claims + 1 WHERE state = 'approved'").await.unwrap();
    let wrong = store.wrong_counts().await.unwrap();
    assert!(matches!(&wrong[..], [(place, 11, 10)] if place.ends_with("approved")), "{wrong:?}");
}
