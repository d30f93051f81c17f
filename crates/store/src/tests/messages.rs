//! The outbox: written with what it tells of, taken by one sender at a time, and never told twice.

use super::accounts::account_of;
use super::*;
use crate::{Account, Credentials, MessageFilter, MessageState, NewNotice, StoreError};
use std::time::Duration;

on_both! { messages_are_written_with_their_claim_and_sent_by_one_sender }

async fn messages_are_written_with_their_claim_and_sent_by_one_sender(fixture: Fixture) {
    let store = &fixture.store;
    let silent = Account { email: None, ..account_of("silent", &[CLINIC]) };
    let other = account_of("other", &[PHARMACY]);
    let closed = Account { active: false, ..account_of("closed", &[CLINIC]) };
    for account in [account_of("aozora", &[CLINIC, PHARMACY]), account_of("b", &[CLINIC]), silent, other, closed] {
        store.add_account(&account, &Credentials::default(), &entry("added")).await.unwrap();
    }
    assert_eq!(store.messages_ready().await.unwrap(), 0);
    let record = fixture.in_review("A", CLINIC).await;
    let all = store.messages(MessageFilter::All, None, 10).await.unwrap();
    let to: Vec<&str> = all.iter().map(|one| one.account_id.as_str()).collect();
    assert_eq!(to, ["aozora", "b"], "those of the facility that are open and have an address");
    assert!(all.iter().all(|one| one.kind == MessageKind::Received && one.state == MessageState::Waiting));

    // No two senders get the same one, and who lost it cannot say what became of it.
    let mut first = store.take_messages(Duration::from_millis(1), 10).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!((first[0].email.as_deref(), first[0].attempts), (Some("uketsuke@example.jp"), 1));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = store.take_messages(LEASE, 10).await.unwrap();
    assert_eq!((second.len(), second[0].attempts), (2, 2), "the first sender did not come back");
    assert_eq!(store.take_messages(LEASE, 10).await.unwrap(), []);
    let lost = store.message_sent(&first.remove(0), at("2026-01-15T00:00:00Z")).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost}");
    let lost = store.message_not_sent(&first.remove(0), "late", None).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost}");

    store.message_sent(&second[0], at("2026-01-15T00:00:00Z")).await.unwrap();
    store.message_not_sent(&second[1], "the mail server answered 550", None).await.unwrap();
    let failed = store.messages(MessageFilter::Failed, None, 10).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].reason.as_deref(), Some("the mail server answered 550"));
    assert!(!store.send_again(second[0].id).await.unwrap(), "what was sent is not sent again");
    assert!(store.send_again(failed[0].id).await.unwrap());
    let again = store.take_messages(LEASE, 10).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (1, 1));
    store.message_not_sent(&again[0], "busy", Some(Duration::from_secs(600))).await.unwrap();
    assert_eq!(store.messages_ready().await.unwrap(), 0, "it waits for its back-off");

    // The notice tells: once, and only when it is there. An address that was given up meanwhile gets nothing.
    let decision = decision(&record, DecisionKind::Approve, 31_000);
    store.decide(&decision, record.claim.version, &entry("approved")).await.unwrap();
    assert_eq!(store.messages_ready().await.unwrap(), 0);
    let job = fixture.job(JobKind::Notice).await;
    let pdf = store.put_document(b"%PDF notice".to_vec()).await.unwrap();
    let issued_on = "2026-01-15".parse().unwrap();
    let new = NewNotice { kind: NoticeKind::Approval, number: "交付第1号".to_owned(), issued_on, pdf };
    store.finish_notice(&job, &new, at("2026-01-15T04:00:00Z"), &entry("told")).await.unwrap();
    store.set_email("b", None, &entry("contact")).await.unwrap();
    let told = store.take_messages(LEASE, 10).await.unwrap();
    let told: Vec<(&str, Option<&str>)> =
        told.iter().map(|one| (one.account_id.as_str(), one.email.as_deref())).collect();
    assert_eq!(told, [("aozora", Some("uketsuke@example.jp")), ("b", None)]);
    assert_eq!(store.messages(MessageFilter::Claim(&"A".into()), None, 10).await.unwrap().len(), 4);
    assert_eq!(store.messages(MessageFilter::Claim(&"B".into()), None, 10).await.unwrap().len(), 0);
    let error = store.set_email("closed", None, &entry("contact")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}
