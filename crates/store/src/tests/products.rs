//! Claims for products: what was asked for, what was filed before, and a grant that no payment batch takes.

use super::*;
use crate::{NewBatch, Resubmission, Rule, StoreError};

on_both! { a_grant_in_kind_is_kept_listed_and_never_paid }

fn choice(rank: u8, product: &str, units: u32) -> Choice {
    Choice { rank, product: product.into(), units }
}

fn caora(units: u32) -> ProductUnits {
    ProductUnits { product: "fujitsu-caora".into(), maker: "富士通".to_owned(), name: "Caora".to_owned(), units }
}

async fn file(fixture: &Fixture, id: &str, at_time: &str, choices: &[Choice]) {
    let new = NewClaim {
        id: id.into(),
        programme: "card-reader-provision".into(),
        facility_code: code(CLINIC),
        submitted_at: at(at_time),
        claimed_yen: None,
        choices: choices.to_vec(),
        bundle_sha256: crate::objects::hash(id.as_bytes()),
        documents: Vec::new(),
        stated: Vec::new(),
    };
    assert_eq!(fixture.store.submit(&new, &entry("submitted")).await.unwrap(), Submitted::Accepted);
    read_and_assess(fixture, id).await;
}

async fn read_and_assess(fixture: &Fixture, id: &str) {
    // An application without documents is read all the same: the stages are the same for every claim.
    fixture.store.finish_read(&fixture.job(JobKind::Read).await, &[], &[], &entry("read")).await.unwrap();
    let (bytes, sha256) = assessment(id);
    let job = fixture.job(JobKind::Assess).await;
    fixture
        .store
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
}

async fn a_grant_in_kind_is_kept_listed_and_never_paid(fixture: Fixture) {
    let store = &fixture.store;
    let asked = [choice(1, "fujitsu-caora", 1), choice(2, "canon-hi-cara", 1)];
    file(&fixture, "P1", "2022-09-20T01:00:00Z", &asked).await;
    file(&fixture, "P2", "2022-09-20T01:00:00Z", &asked[..1]).await;
    let one = fixture.record("P1").await;
    assert_eq!((one.claim.choices.as_slice(), one.revisions[0].choices.as_slice()), (&asked[..], &asked[..]));
    assert_eq!(store.dossier(&"P1".into()).await.unwrap().choices, asked);
    // Of two at the same instant one came first, and only one.
    assert_eq!(store.dossier(&"P1".into()).await.unwrap().filed_before, []);
    assert_eq!(store.dossier(&"P2".into()).await.unwrap().filed_before, ["P1".into()]);

    // A returned claim that comes back says what was filed first.
    let returned = Decision { kind: DecisionKind::Return, ..decision(&one, DecisionKind::Return, 0) };
    store.decide(&returned, one.claim.version, &entry("returned")).await.unwrap();
    assert_eq!(store.dossier(&"P2".into()).await.unwrap().filed_before, ["P1".into()], "a return takes nothing back");
    let again = Resubmission {
        claim_id: "P1".into(),
        submitted_at: at("2022-09-21T01:00:00Z"),
        claimed_yen: None,
        choices: vec![choice(1, "canon-hi-cara", 1)],
        bundle_sha256: crate::objects::hash(b"again"),
        documents: Vec::new(),
        stated: Vec::new(),
    };
    store.resubmit(&again, &entry("again")).await.unwrap();
    let job = fixture.store.take("tester", &[JobKind::Notice], LEASE, 1).await.unwrap().pop().unwrap();
    assert_eq!(job.revision, 1);
    read_and_assess(&fixture, "P1").await;
    let dossier = store.dossier(&"P1".into()).await.unwrap();
    assert_eq!((dossier.choices, dossier.filed_choices), (again.choices, asked.to_vec()));

    // An approval grants yen or products, exactly one of them.
    let record = fixture.record("P1").await;
    let both = Decision { grant_units: Some(caora(1)), ..decision(&record, DecisionKind::Approve, 31_000) };
    for wrong in [
        Decision { grant_yen: Yen::ZERO, grant_units: None, ..both.clone() },
        both.clone(),
        Decision { kind: DecisionKind::Reject, grant_yen: Yen::ZERO, ..both.clone() },
    ] {
        let refused = store.decide(&wrong, record.claim.version, &entry("wrong")).await.unwrap_err();
        assert_eq!(refused.rule(), Some(Rule::DecisionGrant), "{refused}");
    }
    let right = Decision { grant_yen: Yen::ZERO, ..both };
    store.decide(&right, record.claim.version, &entry("granted")).await.unwrap();
    let granted = fixture.record("P1").await;
    assert_eq!((granted.claim.granted_yen, granted.claim.granted_units.clone()), (None, Some(caora(1))));
    assert_eq!(granted.decisions[1].decision, right);
    assert_eq!(store.dossier(&"P2".into()).await.unwrap().earlier_grants, ["card-reader-provision".into()]);

    // It is in the list of products, and in no list of payments.
    let listed = store.units_granted(None, None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].claim_id, &listed[0].units), (&"P1".into(), &caora(1)));
    assert_eq!((listed[0].decided_at, listed[0].log_position), (right.decided_at, granted.decisions[1].log_position));
    let of = async |programme: &str, after: Option<&str>| {
        store.units_granted(Some(&programme.into()), after.map(ClaimId::from).as_ref(), 10).await.unwrap().len()
    };
    assert_eq!((of("card-reader-provision", None).await, of("home-consent", None).await), (1, 0));
    assert_eq!(of("card-reader-provision", Some("P1")).await, 0);
    assert_eq!(store.approved_claims(None).await.unwrap(), []);
    let batch = NewBatch {
        id: "B".to_owned(),
        pay_on: "2026-02-27".parse().unwrap(),
        prepared_by: Actor::staff("preparer"),
        prepared_at: at("2026-02-01T00:00:00Z"),
        releasers: 1,
        most_yen: None,
        payments: vec![Payment {
            claim_id: granted.claim.id.clone(),
            facility_code: granted.claim.facility_code.clone(),
            facility_name: "さくら診療所".to_owned(),
            amount_yen: yen(1),
            account: account(),
        }],
    };
    let refused = store.prepare_batch(&batch, &entry("prepared")).await.unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::InKindIsNotPaid), "{refused}");
    for (attack, rule) in [
        ("UPDATE claims SET state = 'batched' WHERE id = 'P1'", Rule::InKindIsNotPaid),
        ("UPDATE claims SET granted_units = NULL WHERE id = 'P1'", Rule::GrantWhenApproved),
    ] {
        let refused = StoreError::from(fixture.sql(attack).await.unwrap_err());
        assert_eq!(refused.rule(), Some(rule), "{attack}: {refused}");
    }
    assert!(fixture.sql("UPDATE claims SET granted_yen = 1 WHERE id = 'P1'").await.is_err());
}
