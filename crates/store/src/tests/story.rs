//! The story: every operation of the store, in the order of a claim's life, on both databases.

use super::*;
use crate::{BatchState, ClaimFilter, JobState, NewBatch, NewNotice, Resubmission, Rule, RulesetDraft, StoreError};
use std::collections::BTreeSet;

on_both! { every_operation_works a_store_that_was_closed_is_one_file }

async fn every_operation_works(fixture: Fixture) {
    let Fixture { store, config, .. } = &fixture;
    store.ping().await.unwrap();
    assert_eq!(store.log_size().await.unwrap(), 0);

    the_register(store).await;
    let first = a_claim_comes_in(&fixture).await;
    it_is_read_and_assessed(&fixture, &first).await;
    a_person_decides(&fixture).await;
    the_facility_is_told_and_sends_again(&fixture).await;
    the_second_revision_is_granted(&fixture).await;
    the_grant_excludes_the_next_claim(&fixture).await;
    the_queue_minds_what_goes_wrong(&fixture).await;
    the_rules_change(store).await;
    the_grant_is_paid(&fixture).await;
    the_log_has_told_all(store).await;

    // What was written is there for whoever opens the store next.
    let again = Store::open(config).await.unwrap();
    assert_eq!(again.claim(&"A".into()).await.unwrap(), store.claim(&"A".into()).await.unwrap());
    assert_eq!(again.log_size().await.unwrap(), store.log_size().await.unwrap());
}

async fn the_register(store: &Store) {
    let mut rows = vec![facility(CLINIC), facility(PHARMACY)];
    rows[1].kind = FacilityKind::LargeChainPharmacy;
    rows[1].transitional_measure = None;
    rows[1].account = None;
    rows[1].earlier_grants = vec![];
    assert_eq!(store.upsert_facilities(&rows, &entry("register")).await.unwrap(), 0..1);
    assert_eq!(store.facility(&code(CLINIC)).await.unwrap().as_ref(), Some(&rows[0]));
    rows[0].name = "さくら診療所（本院）".to_owned();
    assert_eq!(store.upsert_facilities(&rows[..1], &entry("corrected")).await.unwrap(), 1..2);
    assert_eq!(store.facilities(None, 10).await.unwrap(), rows);
    assert_eq!(store.facilities(Some(&code(CLINIC)), 10).await.unwrap(), rows[1..]);
    assert_eq!(store.facilities(None, 1).await.unwrap(), rows[..1]);
    assert_eq!(store.facility(&code("0110113719")).await.unwrap(), None);
    let unlogged = store.upsert_facilities(&rows, &[]).await.unwrap_err();
    assert!(unlogged.to_string().contains("what is not logged is not done"), "{unlogged}");
}

/// A draft decides from its day on, and only when two people have agreed.
async fn the_rules_change(store: &Store) {
    let hash = |digit: char| format!("sha256:{}", digit.to_string().repeat(64));
    store.keep_ruleset(&hash('a'), b"embedded").await.unwrap();
    store.keep_ruleset(&hash('a'), b"embedded").await.unwrap();
    assert_eq!(store.ruleset(&hash('a')).await.unwrap().as_deref(), Some(&b"embedded"[..]));
    assert_eq!(store.ruleset(&hash('b')).await.unwrap(), None);
    let draft = |digit, active_from: &str| RulesetDraft {
        hash: hash(digit),
        active_from: active_from.parse().unwrap(),
        proposed_by: Actor::staff("a"),
        proposed_at: at("2026-02-01T00:00:00Z"),
        agreements: Vec::new(),
    };
    let april = draft('b', "2026-04-01");
    store.propose_ruleset(&april, b"april", &entry("proposed")).await.unwrap();
    let again = store.propose_ruleset(&april, b"april", &entry("proposed")).await.unwrap_err();
    assert_eq!(again.rule(), Some(Rule::DraftProposedOnce), "{again}");
    let mut foreign = draft('c', "2026-04-01");
    foreign.proposed_by = Actor::facility(CLINIC);
    let refused = store.propose_ruleset(&foreign, b"x", &entry("proposed")).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::DraftProposedByStaff), "{refused}");

    let in_force = async |day: &str| store.ruleset_in_force(day.parse().unwrap()).await.unwrap();
    let agree = async |digit, by: &str| {
        store.agree_ruleset(&hash(digit), &Actor::staff(by), at("2026-02-02T00:00:00Z"), &entry("agreed")).await
    };
    assert_eq!(in_force("2026-05-01").await, None);
    agree('b', "a").await.unwrap();
    let twice = agree('b', "a").await.unwrap_err();
    assert_eq!(twice.rule(), Some(Rule::DraftAgreedOnce), "{twice}");
    assert_eq!(in_force("2026-05-01").await, None, "one person is not two");
    assert!(agree('d', "b").await.is_err(), "nothing of that hash is proposed");
    agree('b', "b").await.unwrap();
    assert_eq!(in_force("2026-03-31").await, None);
    assert_eq!(in_force("2026-04-01").await, Some(hash('b')));

    store.propose_ruleset(&draft('e', "2026-06-01"), b"june", &entry("proposed")).await.unwrap();
    agree('e', "b").await.unwrap();
    agree('e', "c").await.unwrap();
    assert_eq!(in_force("2026-05-31").await, Some(hash('b')));
    assert_eq!(in_force("2026-06-01").await, Some(hash('e')));
    let drafts = store.ruleset_drafts().await.unwrap();
    assert_eq!(drafts.iter().map(|draft| draft.hash.clone()).collect::<Vec<_>>(), [hash('b'), hash('e')]);
    let agreed: Vec<String> = drafts[0].agreements.iter().map(|(by, _)| by.to_string()).collect();
    assert_eq!(agreed, ["staff:a", "staff:b"]);
    assert_eq!(store.ruleset_hashes().await.unwrap(), [hash('a'), hash('b'), hash('e')]);
}

async fn a_claim_comes_in(fixture: &Fixture) -> NewClaim {
    let store = &fixture.store;
    let receipt = fixture.document(0, DocumentKind::Receipt, b"receipt").await;
    assert_eq!(store.document(&receipt.sha256).await.unwrap(), b"receipt");
    let mut new = NewClaim {
        id: "A".into(),
        programme: "home-consent".into(),
        facility_code: code(CLINIC),
        submitted_at: at("2025-12-20T01:15:00.123Z"),
        claimed_yen: Some(yen(128_000)),
        choices: Vec::new(),
        bundle_sha256: crate::objects::hash(b"bundle"),
        documents: vec![receipt, fixture.document(1, DocumentKind::Itemization, b"itemization").await],
        stated: vec![StatedField { position: 0, field: ReadField::ReceiptTotal, value: "1".to_owned() }],
    };
    let good = new.clone();

    // What is not in object storage is not accepted.
    new.documents[1].sha256 = crate::objects::hash(b"never uploaded");
    let error = store.submit(&new, &entry("submitted")).await.unwrap_err();
    assert!(matches!(error, StoreError::ObjectMissing(_)), "{error}");
    new = good.clone();
    new.documents[1].size_bytes = 1;
    let error = store.submit(&new, &entry("submitted")).await.unwrap_err();
    assert!(matches!(error, StoreError::Argument { what: "size of a document in bytes", .. }), "{error}");
    new = good.clone();
    new.documents[1].position = 7;
    assert!(store.submit(&new, &entry("submitted")).await.is_err());
    assert_eq!(store.log_size().await.unwrap(), 2);

    assert_eq!(store.submit(&good, &entry("submitted")).await.unwrap(), Submitted::Accepted);
    // The same bundle again, under whatever id, is the claim that it is; another bundle cannot take its id.
    new = good.clone();
    new.id = "A again".into();
    assert_eq!(store.submit(&new, &entry("again")).await.unwrap(), Submitted::AlreadyThere("A".into()));
    new = good.clone();
    new.bundle_sha256 = crate::objects::hash(b"another bundle");
    let error = store.submit(&new, &entry("taken")).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { what: "claim", .. }), "{error}");
    assert_eq!(store.log_size().await.unwrap(), 3);

    let record = fixture.record("A").await;
    assert_eq!(record.claim.state, ClaimState::Submitted);
    assert_eq!((record.claim.version, record.claim.revision), (1, 1));
    assert_eq!(record.claim.submitted_at, good.submitted_at);
    assert_eq!(record.claim.claimed_yen, good.claimed_yen);
    assert_eq!(record.documents, good.documents);
    assert_eq!(record.revisions.len(), 1);
    assert_eq!(store.claim(&"nobody".into()).await.unwrap(), None);

    // Three more of another facility: one with the same receipt, one with a copy of it, one that is taken back.
    fixture.submitted("B", PHARMACY, b"receipt").await;
    fixture.submitted("C", PHARMACY, b"receipt, scanned").await;
    fixture.submitted("D", PHARMACY, b"another receipt").await;
    let version = fixture.record("D").await.claim.version;
    let error = store.withdraw(&"D".into(), version + 1, &entry("withdrawn")).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { found: 1, expected: 2, .. }), "{error}");
    assert_eq!(store.withdraw(&"D".into(), version, &entry("withdrawn")).await.unwrap(), 6..7);
    assert_eq!(store.jobs_of(&"D".into()).await.unwrap()[0].state, JobState::Done);
    let error = store.withdraw(&"D".into(), version + 1, &entry("withdrawn")).await.unwrap_err();
    assert_eq!(error.refused_step(), Some((ClaimState::Withdrawn, ClaimState::Withdrawn)));

    let counts = store.count_by_state().await.unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(ClaimState::Submitted, 3), (ClaimState::Withdrawn, 1)]);
    the_lists(store).await;
    good
}

async fn the_lists(store: &Store) {
    let submitted = Some(ClaimState::Submitted);
    let pharmacy = Some(code(PHARMACY));
    let table: [(ClaimFilter, Option<&str>, u32, &[&str]); 8] = [
        (ClaimFilter::default(), None, 10, &["A", "B", "C", "D"]),
        (ClaimFilter::default(), Some("A"), 2, &["B", "C"]),
        (ClaimFilter { state: submitted, ..ClaimFilter::default() }, None, 10, &["A", "B", "C"]),
        (ClaimFilter { state: submitted, ..ClaimFilter::default() }, Some("B"), 10, &["C"]),
        (ClaimFilter { facility: pharmacy.clone(), ..ClaimFilter::default() }, None, 10, &["B", "C", "D"]),
        (ClaimFilter { facility: pharmacy, state: submitted, programme: None }, None, 10, &["B", "C"]),
        (ClaimFilter { programme: Some("home-consent".into()), ..ClaimFilter::default() }, Some("C"), 10, &["D"]),
        (ClaimFilter { programme: Some("limited-type".into()), ..ClaimFilter::default() }, None, 10, &[]),
    ];
    for (filter, after, limit, expected) in table {
        let after = after.map(ClaimId::from);
        let page = store.claims(&filter, after.as_ref(), limit).await.unwrap();
        let ids: Vec<&str> = page.iter().map(|claim| claim.id.as_str()).collect();
        assert_eq!(ids, expected, "{filter:?} after {after:?}");
    }
}

async fn it_is_read_and_assessed(fixture: &Fixture, first: &NewClaim) {
    let store = &fixture.store;
    let jobs = store.take("worker", &[JobKind::Read], LEASE, 10).await.unwrap();
    let claims: Vec<&str> = jobs.iter().map(|job| job.claim_id.as_str()).collect();
    assert_eq!(claims, ["A", "B", "C"], "oldest first, without what was withdrawn");
    assert!(store.heartbeat(&jobs[0], LEASE).await.unwrap());

    // Too few readings, or readings of other bytes, are refused whole: the job is still this worker's.
    let mut readings =
        vec![receipt_reading(&first.documents[0], "㈱医療システム"), receipt_reading(&first.documents[1], "")];
    let before = fixture.everything().await;
    assert!(store.finish_read(&jobs[0], &readings[..1], &[], &entry("read")).await.is_err());
    readings.swap(0, 1);
    assert!(store.finish_read(&jobs[0], &readings, &[], &entry("read")).await.is_err());
    readings.swap(0, 1);
    assert_eq!(fixture.everything().await, before);
    let (assessed, sha256) = assessment("A");
    assert!(
        store
            .finish_assess(
                &jobs[0],
                &assessed,
                sha256,
                &waiting(jobs[0].claim_id.as_str(), CLINIC),
                Settled::ForAPerson,
                &entry("assessed")
            )
            .await
            .is_err()
    );

    readings[1].kind = DocumentKind::Itemization;
    readings[1].receipt = None;
    let stated = store.stated_fields(&jobs[0].claim_id, 1).await.unwrap();
    assert_eq!(stated.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(), ["1"], "what the facility stated");
    store.finish_read(&jobs[0], &readings, &[], &entry("read")).await.unwrap();
    assert_eq!(store.readings(&"A".into(), 1).await.unwrap(), readings);
    assert_eq!(fixture.record("A").await.claim.state, ClaimState::Read);
    let error = store.dossier(&"B".into()).await.unwrap_err();
    assert!(error.to_string().contains("has to be read first"), "{error}");

    // B is the same file; C says the same of the same seller, in other bytes.
    for (job, issuer) in jobs[1..].iter().zip(["株式会社医療システム", "株式会社 医療システム"]) {
        let document = &fixture.record(job.claim_id.as_str()).await.documents[0];
        store.finish_read(job, &[receipt_reading(document, issuer)], &[], &entry("read")).await.unwrap();
    }
    let dossier = store.dossier(&"A".into()).await.unwrap();
    assert_eq!(dossier.submitted_at, first.submitted_at);
    assert_eq!(dossier.facility.as_ref().unwrap().name, "さくら診療所（本院）");
    assert_eq!(dossier.earlier_grants, ["online-consultation".into()]);
    assert_eq!(dossier.documents.len(), 2);
    assert_eq!(dossier.documents[1].declared, DocumentKind::Itemization);
    let duplicates: Vec<(&str, &str, &str)> = dossier
        .duplicates
        .iter()
        .map(|duplicate| (duplicate.file.as_str(), duplicate.other_claim.as_str(), duplicate.why.code()))
        .collect();
    assert_eq!(duplicates, [("書類0.pdf", "B", "same-bytes"), ("書類0.pdf", "C", "same-facts")]);
    assert_eq!(dossier.duplicates[0].other_facility, code(PHARMACY));

    assert_eq!(store.assessment(&"A".into(), 1).await.unwrap(), None);
    let job = fixture.job(JobKind::Assess).await;
    assert_eq!(job.claim_id, "A".into());
    let error = store
        .finish_assess(
            &job,
            b"other bytes",
            sha256,
            &waiting(job.claim_id.as_str(), CLINIC),
            Settled::ForAPerson,
            &entry("assessed"),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Argument { what: "hash of the assessment", .. }), "{error}");
    store
        .finish_assess(
            &job,
            &assessed,
            sha256,
            &waiting(job.claim_id.as_str(), CLINIC),
            Settled::ForAPerson,
            &entry("assessed"),
        )
        .await
        .unwrap();
    let stored = store.assessment(&"A".into(), 1).await.unwrap().unwrap();
    assert_eq!((stored.bytes, stored.sha256), (assessed, sha256));
    assert_eq!(fixture.record("A").await.claim.state, ClaimState::InReview);
}

async fn a_person_decides(fixture: &Fixture) {
    let store = &fixture.store;
    let record = fixture.record("A").await;
    let right = decision(&record, DecisionKind::Return, 0);
    let seen = record.claim.version;

    let error = store.decide(&right, seen - 1, &entry("returned")).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    let wrong = Decision { assessment: crate::objects::hash(b"what I had on my screen"), ..right.clone() };
    let error = store.decide(&wrong, seen, &entry("returned")).await.unwrap_err();
    assert!(matches!(error, StoreError::AssessmentDiffers { .. }), "{error}");
    let wrong = Decision { revision: 2, ..right.clone() };
    assert!(store.decide(&wrong, seen, &entry("returned")).await.is_err());
    let wrong = Decision { grant_yen: yen(1), ..right.clone() };
    assert_eq!(store.decide(&wrong, seen, &entry("returned")).await.unwrap_err().rule(), Some(Rule::DecisionGrant));
    let wrong = Decision { kind: DecisionKind::Approve, ..right.clone() };
    assert_eq!(store.decide(&wrong, seen, &entry("approved")).await.unwrap_err().rule(), Some(Rule::DecisionGrant));
    let wrong = Decision { claim_id: "B".into(), ..right.clone() };
    let error = store.decide(&wrong, fixture.record("B").await.claim.version, &entry("returned")).await.unwrap_err();
    assert_eq!(error.refused_step(), Some((ClaimState::Read, ClaimState::Returned)), "nobody has assessed it");

    let logged = store.decide(&right, seen, &entry("returned")).await.unwrap();
    let record = fixture.record("A").await;
    assert_eq!(record.claim.state, ClaimState::Returned);
    assert_eq!(record.decisions.len(), 1);
    assert_eq!(record.decisions[0].decision, right);
    assert_eq!(record.decisions[0].log_position, logged.start);
    let error = store.decide(&right, record.claim.version, &entry("returned")).await.unwrap_err();
    assert!(error.refused_step().is_some(), "{error}");
}

async fn the_facility_is_told_and_sends_again(fixture: &Fixture) {
    let store = &fixture.store;
    let job = fixture.job(JobKind::Notice).await;
    let pdf = store.put_document(b"%PDF notice".to_vec()).await.unwrap();
    let issued_on = "2026-01-15".parse().unwrap();
    let new = NewNotice { kind: NoticeKind::Return, number: "交付第1号".to_owned(), issued_on, pdf };
    let wrong = NewNotice { kind: NoticeKind::Approval, ..new.clone() };
    let error = store.finish_notice(&job, &wrong, at("2026-01-15T09:00:00+09:00"), &entry("told")).await.unwrap_err();
    assert!(matches!(error, StoreError::Argument { what: "kind of the notice", .. }), "{error}");
    store.finish_notice(&job, &new, at("2026-01-15T09:00:00+09:00"), &entry("told")).await.unwrap();
    let notices = store.notices(None, 10).await.unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!((notices[0].kind, notices[0].number.as_str(), notices[0].pdf), (new.kind, "交付第1号", pdf));
    assert_eq!(store.notices(Some("交付第1号"), 10).await.unwrap(), []);
    let record = fixture.record("A").await;
    assert_eq!(record.notices, notices);

    let mut sent = Resubmission {
        claim_id: "A".into(),
        submitted_at: at("2026-01-20T00:00:00Z"),
        claimed_yen: None,
        choices: Vec::new(),
        bundle_sha256: record.claim.bundle_sha256,
        documents: vec![fixture.document(0, DocumentKind::Receipt, b"receipt of another seller").await],
        stated: Vec::new(),
    };
    assert_eq!(store.resubmit(&sent, &entry("again")).await.unwrap(), Submitted::AlreadyThere("A".into()));
    sent.bundle_sha256 = crate::objects::hash(b"bundle, corrected");
    assert_eq!(store.resubmit(&sent, &entry("again")).await.unwrap(), Submitted::Accepted);
    let record = fixture.record("A").await;
    assert_eq!((record.claim.state, record.claim.revision), (ClaimState::Submitted, 2));
    assert_eq!(record.claim.submitted_at, at("2025-12-20T01:15:00.123Z"), "a return keeps the first day");
    assert_eq!(record.claim.revision_submitted_at, sent.submitted_at);
    assert_eq!(record.claim.claimed_yen, None);
    assert_eq!(record.documents, sent.documents);
    assert_eq!(record.revisions[0].documents.len(), 2, "the old revision is kept");
    assert_eq!(record.revisions[0].claimed_yen, Some(yen(128_000)));
    sent.bundle_sha256 = crate::objects::hash(b"bundle, once more");
    assert!(store.resubmit(&sent, &entry("again")).await.unwrap_err().refused_step().is_some());
}

async fn the_second_revision_is_granted(fixture: &Fixture) {
    let store = &fixture.store;
    let job = fixture.job(JobKind::Read).await;
    assert_eq!((job.claim_id.as_str(), job.revision), ("A", 2));
    let document = &fixture.record("A").await.documents[0];
    store.finish_read(&job, &[receipt_reading(document, "別の店")], &[], &entry("read")).await.unwrap();
    assert_eq!(store.dossier(&"A".into()).await.unwrap().duplicates, [], "only the current revision counts");

    // B and C wait for their assessment in front of it.
    let jobs = store.take("worker", &[JobKind::Assess], LEASE, 10).await.unwrap();
    let claims: Vec<&str> = jobs.iter().map(|job| job.claim_id.as_str()).collect();
    assert_eq!(claims, ["B", "C", "A"]);
    let record = fixture.record("A").await;
    let granted = Decision {
        decided_by: Actor::policy("certain"),
        reason: None,
        ..decision(&record, DecisionKind::Approve, 128_000)
    };
    let (bytes, sha256) = assessment("A");
    let entries = [entry("assessed"), entry("approved")].concat();
    let logged = store
        .finish_assess(
            &jobs[2],
            &bytes,
            sha256,
            &waiting(jobs[2].claim_id.as_str(), CLINIC),
            Settled::Decided(&granted),
            &entries,
        )
        .await
        .unwrap();
    let record = fixture.record("A").await;
    assert_eq!((record.claim.state, record.claim.granted_yen), (ClaimState::Approved, Some(yen(128_000))));
    assert_eq!(record.decisions[1].decision, granted);
    assert_eq!(record.decisions[1].log_position, logged.end - 1, "the last entry is the decision's");
    for job in &jobs[..2] {
        let (bytes, sha256) = assessment(job.claim_id.as_str());
        store
            .finish_assess(
                job,
                &bytes,
                sha256,
                &waiting(job.claim_id.as_str(), CLINIC),
                Settled::ForAPerson,
                &entry("assessed"),
            )
            .await
            .unwrap();
    }
}

async fn the_grant_excludes_the_next_claim(fixture: &Fixture) {
    let store = &fixture.store;
    // Both claims of the pharmacy are in review, assessed when it had no grant.
    let (b, c) = (fixture.record("B").await, fixture.record("C").await);
    let approve = |record: &ClaimRecord| decision(record, DecisionKind::Approve, 85_000);
    store.decide(&approve(&b), b.claim.version, &entry("approved")).await.unwrap();
    let error = store.decide(&approve(&c), c.claim.version, &entry("approved")).await.unwrap_err();
    assert!(matches!(&error, StoreError::FactsChanged { other, .. } if other == "B"), "{error}");

    // Assessed again, it knows; whether that excludes it is the rules' to say.
    store.reassess(&"C".into(), c.claim.version, &entry("again")).await.unwrap();
    assert!(store.reassess(&"A".into(), fixture.record("A").await.claim.version, &entry("again")).await.is_err());
    assert_eq!(store.dossier(&"C".into()).await.unwrap().earlier_grants, ["home-consent".into()]);
    let job = fixture.job(JobKind::Assess).await;
    let bytes = br#"{"already":"granted"}"#.to_vec();
    let sha256 = crate::objects::hash(&bytes);
    store
        .finish_assess(
            &job,
            &bytes,
            sha256,
            &waiting(job.claim_id.as_str(), CLINIC),
            Settled::ForAPerson,
            &entry("assessed"),
        )
        .await
        .unwrap();
    let now = fixture.record("C").await;
    assert_eq!(now.claim.state, ClaimState::InReview);
    let stale = Decision { kind: DecisionKind::Reject, grant_yen: Yen::ZERO, ..approve(&c) };
    let error = store.decide(&stale, now.claim.version, &entry("rejected")).await.unwrap_err();
    assert!(matches!(error, StoreError::AssessmentDiffers { .. }), "{error}");
    let rejection = Decision { assessment: sha256, ..stale };
    store.decide(&rejection, now.claim.version, &entry("rejected")).await.unwrap();
    assert_eq!(fixture.record("C").await.claim.state, ClaimState::Rejected);
}

async fn the_queue_minds_what_goes_wrong(fixture: &Fixture) {
    let store = &fixture.store;
    let job = fixture.job(JobKind::Notice).await;
    assert_eq!((job.claim_id.as_str(), job.revision, job.attempts), ("A", 2, 1));
    assert_eq!(store.retry(&job, "the disk is full", Duration::ZERO).await.unwrap(), JobState::Ready);
    assert!(!store.heartbeat(&job, LEASE).await.unwrap());
    // B's notice is older than A's now.
    let jobs = store.take("worker", &[JobKind::Notice, JobKind::Read], LEASE, 10).await.unwrap();
    assert_eq!(jobs.len(), 3);
    let job = jobs.iter().find(|job| job.claim_id.as_str() == "A").unwrap();
    assert_eq!(job.attempts, 2);
    store.park(job, "no template for this kind of notice").await.unwrap();
    assert!(matches!(store.park(job, "twice").await.unwrap_err(), StoreError::LeaseLost { .. }));
    let parked = store.parked_jobs(None, 10).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].reason.as_deref(), Some("no template for this kind of notice"));
    assert_eq!(store.parked_jobs(Some(parked[0].id), 10).await.unwrap(), []);
    assert!(store.unpark(parked[0].id).await.unwrap());
    assert!(!store.unpark(parked[0].id).await.unwrap());

    fixture.sql("UPDATE jobs SET lease_until_ms = 1 WHERE state = 'leased'").await.unwrap();
    let reaped = store.reap().await.unwrap();
    assert_eq!((reaped.ready, reaped.parked), (2, 0));
    let job = &store.jobs_of(&"B".into()).await.unwrap()[2];
    assert_eq!(job.reason.as_deref(), Some("attempt 1 by worker did not end: its lease ran out"));

    let counts = store.queue_counts().await.unwrap();
    let found: Vec<(&str, JobState, u64)> =
        counts.iter().map(|count| (count.kind.as_str(), count.state, count.jobs)).collect();
    assert_eq!(
        found,
        [
            ("assess", JobState::Done, 4),
            ("notice", JobState::Done, 1),
            ("notice", JobState::Ready, 3),
            ("read", JobState::Done, 5),
        ]
    );
}

async fn the_grant_is_paid(fixture: &Fixture) {
    let store = &fixture.store;
    let approved = store.approved_claims(None).await.unwrap();
    let found: Vec<(&str, Yen, bool)> =
        approved.iter().map(|claim| (claim.claim_id.as_str(), claim.granted_yen, claim.account.is_some())).collect();
    assert_eq!(found, [("A", yen(128_000), true), ("B", yen(85_000), false)]);
    assert_eq!(approved[0].decided_at, at("2026-01-15T03:00:00Z"));
    assert_eq!(store.approved_claims(Some(&"limited-type".into())).await.unwrap(), []);

    let (a, b) = (fixture.record("A").await, fixture.record("B").await);
    let new = |id: &str, payments: Vec<Payment>| NewBatch {
        id: id.to_owned(),
        pay_on: "2026-02-27".parse().unwrap(),
        prepared_by: Actor::staff("preparer"),
        prepared_at: at("2026-02-01T00:00:00Z"),
        releasers: 1,
        most_yen: None,
        payments,
    };
    // Not a yen more or less than the grant, not to someone else, not twice in one batch, not of a rejected claim.
    let before = fixture.everything().await;
    let mut wrong = payment(&a);
    wrong.amount_yen = yen(128_001);
    let error = store.prepare_batch(&new("1", vec![payment(&b), wrong]), &entry("prepared")).await.unwrap_err();
    assert_eq!(error.rule(), Some(Rule::PaymentIsTheGrant));
    let mut wrong = payment(&a);
    wrong.facility_code = code(PHARMACY);
    let error = store.prepare_batch(&new("1", vec![wrong]), &entry("prepared")).await.unwrap_err();
    assert_eq!(error.rule(), Some(Rule::PaymentIsTheGrant));
    let error = store.prepare_batch(&new("1", vec![payment(&a), payment(&a)]), &entry("prepared")).await.unwrap_err();
    assert!(error.refused_step().is_some(), "{error}");
    assert!(store.prepare_batch(&new("1", vec![]), &entry("prepared")).await.is_err());
    let mut wrong = payment(&a);
    wrong.claim_id = "C".into();
    assert!(store.prepare_batch(&new("1", vec![wrong]), &entry("prepared")).await.is_err());
    assert_eq!(fixture.everything().await, before);

    store.prepare_batch(&new("1", vec![payment(&b), payment(&a)]), &entry("prepared")).await.unwrap();
    assert!(matches!(
        store.prepare_batch(&new("1", vec![payment(&a)]), &entry("prepared")).await.unwrap_err(),
        StoreError::Taken { what: "payment batch", .. }
    ));
    store.cancel_batch("1", &entry("cancelled")).await.unwrap();
    assert_eq!(store.batch("1").await.unwrap().unwrap().state, BatchState::Cancelled);
    assert!(matches!(
        store.cancel_batch("1", &entry("cancelled")).await.unwrap_err(),
        StoreError::BatchState { found: "cancelled", .. }
    ));

    store.prepare_batch(&new("2", vec![payment(&b), payment(&a)]), &entry("prepared")).await.unwrap();
    assert_eq!(fixture.record("A").await.claim.state, ClaimState::Batched);
    assert_eq!(store.approved_claims(None).await.unwrap(), []);
    let content = crate::objects::hash(b"the payment file");
    let released_at = at("2026-02-02T00:00:00Z");
    fixture.looked_at(&[CLINIC, PHARMACY]).await;
    let before = fixture.everything().await;
    for (person, rule) in [
        (Actor::staff("preparer"), Rule::ReleasedByPreparer),
        (Actor::staff("PREPARER "), Rule::ReleasedByPreparer),
        (Actor::staff("reviewer"), Rule::ReleasedByDecider),
        (Actor::policy("certain"), Rule::ReleasedByDecider),
        (Actor::system(), Rule::ReleasedByStaff),
    ] {
        let error = store.release_batch("2", &person, released_at, content, &entry("released")).await.unwrap_err();
        assert_eq!(error.rule(), Some(rule), "{person}: {error}");
    }
    assert_eq!(fixture.everything().await, before);
    let releaser = Actor::staff("releaser");
    let error = store.release_batch("9", &releaser, released_at, content, &entry("released")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "payment batch", .. }), "{error}");
    store.release_batch("2", &releaser, released_at, content, &entry("released")).await.unwrap();
    assert!(matches!(
        store.release_batch("2", &releaser, released_at, content, &entry("released")).await.unwrap_err(),
        StoreError::BatchState { found: "released", .. }
    ));
    assert!(store.cancel_batch("2", &entry("cancelled")).await.is_err());

    let batch = store.batch("2").await.unwrap().unwrap();
    assert_eq!(batch.payments, [payment(&a), payment(&b)], "in the order of the claims");
    assert_eq!((batch.released_by, batch.content_sha256), (Some(releaser), Some(content)));
    assert_eq!(batch.released_at, Some(released_at));
    assert_eq!(batch.pay_on, "2026-02-27".parse().unwrap());
    let ids: Vec<String> = store.batches().await.unwrap().into_iter().map(|batch| batch.id).collect();
    assert_eq!(ids, ["1", "2"]);
    let pages = [store.batch_page(None, 1).await.unwrap(), store.batch_page(Some("2"), 5).await.unwrap()].concat();
    let listed: Vec<(&str, u64, Yen)> =
        pages.iter().map(|batch| (batch.id.as_str(), batch.payments, batch.total_yen)).collect();
    assert_eq!(listed[0], ("2", 2, yen(213_000)), "the last first");
    assert_eq!(listed.len(), 2);
    assert_eq!(store.batch_summary("2").await.unwrap().as_ref(), pages.first());
    assert_eq!(store.payment_page("2", None, 1).await.unwrap(), [payment(&a)]);
    assert_eq!(store.payment_page("2", Some("A"), 5).await.unwrap(), [payment(&b)]);
    assert_eq!(store.batch("3").await.unwrap(), None);
    assert_eq!(fixture.record("A").await.claim.state, ClaimState::Sent);
    assert_eq!(fixture.record("A").await.claim.granted_yen, Some(yen(128_000)));
}

async fn the_log_has_told_all(store: &Store) {
    let size = store.log_size().await.unwrap();
    let entries = store.log_entries(0, u32::MAX).await.unwrap();
    assert_eq!(entries.len() as u64, size);
    assert!(entries.iter().enumerate().all(|(i, (position, _))| i as u64 == *position), "no gap");
    assert_eq!(entries[0].1, b"register");
    assert_eq!(entries.last().unwrap().1, b"released");
    assert_eq!(store.log_entries(size - 1, 5).await.unwrap(), entries[entries.len() - 1..]);
    assert_eq!(store.log_entries(2, 1).await.unwrap(), entries[2..3]);

    assert_eq!(store.latest_checkpoint().await.unwrap(), None);
    store.save_checkpoint(size, "kofu\n…").await.unwrap();
    store.save_checkpoint(2, "kofu\n2\n…").await.unwrap();
    store.save_checkpoint(size, "kofu\n…").await.unwrap();
    assert_eq!(store.latest_checkpoint().await.unwrap(), Some((size, "kofu\n…".to_owned())));
    let error = store.save_checkpoint(2, "another history").await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { what: "checkpoint", .. }), "{error}");
    let error = store.save_checkpoint(size + 1, "the future").await.unwrap_err();
    assert!(matches!(error, StoreError::Argument { what: "size of a checkpoint", .. }), "{error}");
}

/// The story is only worth something if it leaves nothing out.
async fn a_store_that_was_closed_is_one_file(fixture: Fixture) {
    fixture.store.upsert_facilities(&[], &entry("register")).await.unwrap();
    fixture.store.close().await;
    assert!(fixture.store.ping().await.is_err(), "nothing can be asked of it any more");
    for beside in ["kofu.sqlite-wal", "kofu.sqlite-shm"] {
        assert!(!fixture.folder.path().join(beside).exists(), "{beside} is still there");
    }
}

#[test]
fn every_public_operation_is_in_the_story() {
    let story = concat!(
        include_str!("story.rs"),
        include_str!("products.rs"),
        include_str!("duplicates.rs"),
        include_str!("accounts.rs"),
        include_str!("drafts.rs"),
        include_str!("proofs.rs"),
        include_str!("messages.rs"),
        include_str!("openid.rs"),
        include_str!("review.rs"),
        include_str!("ledger.rs"),
        include_str!("releases.rs"),
        include_str!("bank_accounts.rs"),
        include_str!("results.rs"),
        include_str!("mod.rs"),
    );
    let mut operations = BTreeSet::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("testing.rs") {
            let text = std::fs::read_to_string(path).unwrap();
            for after in text.split("pub async fn ").skip(1) {
                operations.insert(after.split('(').next().unwrap().to_owned());
            }
        }
    }
    assert!(operations.len() > 40, "found only {operations:?}");
    // How stores are opened has tests of its own.
    for opening in ["in_folder", "open_existing"] {
        assert!(operations.remove(opening), "{opening}");
    }
    let missing: Vec<&String> = operations
        .iter()
        .filter(|name| !story.contains(&format!(".{name}(")) && !story.contains(&format!("Store::{name}(")))
        .collect();
    assert!(missing.is_empty(), "not in the story: {missing:?}");
}
