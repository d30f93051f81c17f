//! Drafts: kept as they change, closed when they are sent, and what the rules would look at.

use super::accounts::account_of;
use super::*;
use crate::{Draft, NewDraft, StoreError};

on_both! { a_draft_is_kept_changed_sent_once_and_becomes_a_claim a_return_is_answered_by_a_draft }

fn new_draft(id: &str, facility: &str, at_time: &str) -> NewDraft {
    NewDraft {
        id: id.to_owned(),
        facility_code: code(facility),
        programme: "home-consent".into(),
        revises: None,
        claimed_yen: None,
        choices: Vec::new(),
        created_by: "aozora".to_owned(),
        at: at(at_time),
    }
}

async fn draft(fixture: &Fixture, id: &str) -> Draft {
    fixture.store.draft(id).await.unwrap().unwrap()
}

async fn a_draft_is_kept_changed_sent_once_and_becomes_a_claim(fixture: Fixture) {
    let store = &fixture.store;
    let credentials = crate::Credentials::default();
    store.add_account(&account_of("aozora", &[CLINIC]), &credentials, &entry("account")).await.unwrap();
    store.add_account(&account_of("other", &[PHARMACY]), &credentials, &entry("account")).await.unwrap();
    store.upsert_facilities(&[facility(CLINIC)], &entry("register")).await.unwrap();

    store.open_draft(&new_draft("d-1", CLINIC, "2026-01-10T00:00:00Z")).await.unwrap();
    store.open_draft(&new_draft("d-2", CLINIC, "2026-01-11T00:00:00Z")).await.unwrap();
    let ids = async |account: &str, limit| {
        let drafts = store.drafts_of_account(account, limit).await.unwrap();
        drafts.into_iter().map(|draft| draft.id).collect::<Vec<_>>()
    };
    assert_eq!(ids("aozora", 10).await, ["d-2", "d-1"], "the last changed first");
    assert_eq!(ids("aozora", 1).await, ["d-2"]);
    assert_eq!(ids("other", 10).await, [""; 0], "nothing of another institution");
    assert_eq!(store.draft("d-9").await.unwrap(), None);

    // Changed as it was looked at, and only then.
    let choices = [Choice { rank: 1, product: "fujitsu-caora".into(), units: 2 }];
    store.change_draft("d-1", 1, Some(yen(128_000)), &choices, at("2026-01-12T00:00:00Z")).await.unwrap();
    let now = draft(&fixture, "d-1").await;
    assert_eq!((now.version, now.claimed_yen, now.choices.as_slice()), (2, Some(yen(128_000)), &choices[..]));
    assert_eq!((now.created_at, now.changed_at), (at("2026-01-10T00:00:00Z"), at("2026-01-12T00:00:00Z")));
    let stale = store.change_draft("d-1", 1, None, &[], at("2026-01-13T00:00:00Z")).await.unwrap_err();
    assert!(matches!(stale, StoreError::DraftConflict { .. }), "{stale}");
    assert_eq!(draft(&fixture, "d-1").await, now);

    // Documents: stored first, logged with it, numbered in order; nothing is logged for one that is not there.
    let later = at("2026-01-13T00:00:00Z");
    let receipt = fixture.document(7, DocumentKind::Other, b"receipt").await;
    let itemization = fixture.document(7, DocumentKind::Itemization, b"itemization").await;
    let before = fixture.everything().await;
    let missing = Document { sha256: crate::objects::hash(b"never stored"), ..receipt.clone() };
    let error = store.add_draft_document("d-1", &missing, None, later, &entry("received")).await.unwrap_err();
    assert!(matches!(error, StoreError::ObjectMissing(_)), "{error}");
    assert!(store.add_draft_document("d-9", &receipt, None, later, &entry("received")).await.is_err());
    assert_eq!(fixture.everything().await, before, "and no entry of the log");
    let (first, logged) = store.add_draft_document("d-1", &receipt, None, later, &entry("received")).await.unwrap();
    let reading = receipt_reading(&itemization, "店");
    let (second, _) =
        store.add_draft_document("d-1", &itemization, Some(&reading), later, &entry("received")).await.unwrap();
    assert_eq!((first, second), (0, 1));
    let now = draft(&fixture, "d-1").await;
    assert_eq!((now.documents[0].log_position, now.documents[0].reading.as_ref()), (logged.start, None));
    assert_eq!(now.documents[1].reading.as_ref(), Some(&reading));
    assert_eq!(now.version, 4);

    // What was read tells what a file is where nobody has said it, and never against what somebody has.
    let read = receipt_reading(&receipt, "店");
    store.read_draft_document("d-1", 0, &read, DocumentKind::Receipt, later).await.unwrap();
    store.read_draft_document("d-1", 1, &reading, DocumentKind::Receipt, later).await.unwrap();
    let now = draft(&fixture, "d-1").await;
    let declared: Vec<DocumentKind> = now.documents.iter().map(|one| one.document.declared).collect();
    assert_eq!(declared, [DocumentKind::Receipt, DocumentKind::Itemization]);
    store.declare_draft_document("d-1", 0, DocumentKind::Itemization, later).await.unwrap();
    assert_eq!(draft(&fixture, "d-1").await.documents[0].document.declared, DocumentKind::Itemization);
    store.declare_draft_document("d-1", 0, DocumentKind::Receipt, later).await.unwrap();
    let error = store.declare_draft_document("d-1", 9, DocumentKind::Receipt, later).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");

    // What a facility states goes with its document, and away with it; what was read stays.
    let stated = |position, field, value: &str| StatedField { position, field, value: value.to_owned() };
    let total = stated(0, ReadField::ReceiptTotal, "144000");
    store.state_draft_field("d-1", &stated(0, ReadField::ReceiptTotal, "1"), later).await.unwrap();
    store.state_draft_field("d-1", &total, later).await.unwrap();
    store.state_draft_field("d-1", &stated(0, ReadField::ReceiptPayee, "見本"), later).await.unwrap();
    store.state_draft_field("d-1", &stated(1, ReadField::ReceiptPayee, "見本"), later).await.unwrap();
    store.unstate_draft_field("d-1", 0, ReadField::ReceiptPayee, later).await.unwrap();
    assert_eq!(draft(&fixture, "d-1").await.stated, [total.clone(), stated(1, ReadField::ReceiptPayee, "見本")]);
    let dossier = store.draft_dossier("d-1", later).await.unwrap();
    assert_eq!(ReadField::ReceiptTotal.value(&dossier.documents[0].reading).as_deref(), Some("144000"));

    // A place that was given to another file keeps no reading of the one before.
    store.remove_draft_document("d-1", 1, later).await.unwrap();
    let other = fixture.document(0, DocumentKind::Itemization, b"another itemization").await;
    let (again, _) = store.add_draft_document("d-1", &other, None, later, &entry("received")).await.unwrap();
    assert_eq!(again, 1);
    store.read_draft_document("d-1", 1, &reading, DocumentKind::Receipt, later).await.unwrap();
    assert_eq!(draft(&fixture, "d-1").await.documents[1].reading, None);
    assert_eq!(draft(&fixture, "d-1").await.stated, [total], "what was stated of a file goes with it");
    assert!(store.remove_draft_document("d-1", 9, later).await.is_err());

    let dossier = store.draft_dossier("d-1", later).await.unwrap();
    assert_eq!((dossier.submitted_at, dossier.claimed_yen), (later, Some(yen(128_000))));
    assert_eq!(dossier.facility.as_ref().map(|row| row.name.as_str()), Some("さくら診療所"));
    assert_eq!(dossier.earlier_grants, ["online-consultation".into()]);
    assert_eq!(dossier.documents.len(), 1, "what was not read is not looked at");

    // Sent once, as it was looked at; sent again it keeps its time; then nothing changes it.
    let now = draft(&fixture, "d-1").await;
    let error = store.send_draft("d-1", now.version - 1, later).await.unwrap_err();
    assert!(matches!(error, StoreError::DraftConflict { .. }), "{error}");
    assert!(store.draft_became("d-1", &"A".into()).await.is_err(), "it was not sent");
    let sent = store.send_draft("d-1", now.version, at("2026-01-14T00:00:00Z")).await.unwrap();
    assert_eq!(store.send_draft("d-1", 1, at("2026-01-15T00:00:00Z")).await.unwrap(), sent);
    let closed = draft(&fixture, "d-1").await;
    let before = fixture.everything().await;
    assert!(store.change_draft("d-1", closed.version, None, &[], later).await.is_err());
    assert!(store.add_draft_document("d-1", &itemization, None, later, &entry("received")).await.is_err());
    assert!(store.declare_draft_document("d-1", 0, DocumentKind::Itemization, later).await.is_err());
    assert!(store.read_draft_document("d-1", 0, &read, DocumentKind::Receipt, later).await.is_err());
    assert!(store.remove_draft_document("d-1", 0, later).await.is_err());
    assert!(store.state_draft_field("d-1", &stated(0, ReadField::ReceiptTotal, "1"), later).await.is_err());
    assert!(store.delete_draft("d-1", closed.version).await.is_err());
    assert_eq!(draft(&fixture, "d-1").await, closed);
    assert_eq!(fixture.everything().await, before);

    // Until it is known as a claim it is still shown: the sending may have been broken off.
    assert_eq!(ids("aozora", 10).await, ["d-1", "d-2"]);
    fixture.submitted("A", CLINIC, b"receipt of A").await;
    store.draft_became("d-1", &"A".into()).await.unwrap();
    assert_eq!(draft(&fixture, "d-1").await.claim_id, Some("A".into()));
    assert_eq!(ids("aozora", 10).await, ["d-2"]);
    let now = draft(&fixture, "d-2").await;
    assert!(store.delete_draft("d-2", now.version + 1).await.is_err());
    store.delete_draft("d-2", now.version).await.unwrap();
    assert_eq!(ids("aozora", 10).await, [""; 0]);
}

async fn a_return_is_answered_by_a_draft(fixture: Fixture) {
    let store = &fixture.store;
    let credentials = crate::Credentials::default();
    store.add_account(&account_of("aozora", &[CLINIC, PHARMACY]), &credentials, &entry("account")).await.unwrap();
    let record = fixture.in_review("A", CLINIC).await;
    assert_eq!(store.draft_of_revision(&"A".into()).await.unwrap(), None);
    let returned = decision(&record, DecisionKind::Return, 0);
    store.decide(&returned, record.claim.version, &entry("returned")).await.unwrap();
    let answer = NewDraft { revises: Some("A".into()), ..new_draft("d-1", CLINIC, "2026-02-20T00:00:00Z") };
    store.open_draft(&answer).await.unwrap();
    assert_eq!(store.draft_of_revision(&"A".into()).await.unwrap().as_deref(), Some("d-1"));
    let dossier = store.draft_dossier("d-1", at("2026-02-21T00:00:00Z")).await.unwrap();
    assert_eq!(dossier.claim_id, "A".into());
    assert_eq!(dossier.submitted_at, record.claim.submitted_at, "an answer counts from the first day");
    assert_eq!(dossier.filed_before, [], "a claim does not stand in its own way");
    store.send_draft("d-1", 1, at("2026-02-21T00:00:00Z")).await.unwrap();
    assert_eq!(store.draft_of_revision(&"A".into()).await.unwrap(), None);

    // The claims of an account, page by page, the last first; of one instant by their ids.
    for id in ["B", "C"] {
        fixture.submitted(id, PHARMACY, id.as_bytes()).await;
    }
    let ids = async |after: Option<(Timestamp, &ClaimId)>, limit| {
        let claims = store.claims_of_account("aozora", after, limit).await.unwrap();
        claims.into_iter().map(|claim| claim.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 10).await, ["A", "B", "C"]);
    assert_eq!(ids(None, 2).await, ["A", "B"]);
    let (sent, b) = (record.claim.submitted_at, ClaimId::from("B"));
    assert_eq!(ids(Some((sent, &b)), 2).await, ["C"]);
    assert_eq!(store.claims_of_account("nobody", None, 10).await.unwrap(), []);
}
