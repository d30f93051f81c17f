//! Sign-ins under way, which come back once and in time, and identities, which are one account's.

use super::accounts::account_of;
use super::*;
use crate::objects::hash;
use crate::{Credentials, Identity, OpenIdAttempt, StoreError};

on_both! { a_sign_in_comes_back_once_and_an_identity_is_one_accounts }

async fn a_sign_in_comes_back_once_and_an_identity_is_one_accounts(fixture: Fixture) {
    let store = &fixture.store;
    for id in ["sato", "tanaka"] {
        store.add_account(&account_of(id, &[CLINIC]), &Credentials::default(), &entry("added")).await.unwrap();
    }
    let attempt = |minute: u32, account: Option<&str>| OpenIdAttempt {
        state: "state".to_owned(),
        nonce: "nonce".to_owned(),
        verifier: "verifier".to_owned(),
        next: "/queue".to_owned(),
        account_id: account.map(str::to_owned),
        expires_at: at(&format!("2026-01-10T00:{minute:02}:00Z")),
    };
    let now = at("2026-01-10T00:05:00Z");
    store.begin_openid(&hash(b"one"), &attempt(10, Some("sato")), now).await.unwrap();
    store.begin_openid(&hash(b"late"), &attempt(6, None), now).await.unwrap();
    assert!(!format!("{:?}", attempt(10, None)).contains("verifier\": \""), "what is secret is not printed");
    assert_eq!(store.take_openid(&hash(b"other"), now).await.unwrap(), None);
    assert_eq!(store.take_openid(&hash(b"one"), now).await.unwrap(), Some(attempt(10, Some("sato"))));
    assert_eq!(store.take_openid(&hash(b"one"), now).await.unwrap(), None, "once");
    assert_eq!(store.take_openid(&hash(b"late"), at("2026-01-10T00:06:00Z")).await.unwrap(), None, "in time");
    store.begin_openid(&hash(b"old"), &attempt(6, None), now).await.unwrap();
    store.begin_openid(&hash(b"new"), &attempt(20, None), at("2026-01-10T00:07:00Z")).await.unwrap();
    assert_eq!(fixture.number("SELECT COUNT(*) FROM openid_attempts").await, 1, "what did not come back is forgotten");

    let identity = |issuer: &str, subject: &str| Identity { issuer: issuer.to_owned(), subject: subject.to_owned() };
    let here = identity("https://id.example.jp", "s-1");
    store.link_identity(&here, "sato", now, &entry("linked")).await.unwrap();
    assert_eq!(store.account_of_identity(&here).await.unwrap().as_deref(), Some("sato"));
    assert_eq!(store.account_of_identity(&identity("https://other.example.jp", "s-1")).await.unwrap(), None);
    let size = store.log_size().await.unwrap();
    for (identity, account) in [(&here, "tanaka"), (&identity("https://id.example.jp", "s-2"), "sato")] {
        let error = store.link_identity(identity, account, now, &entry("linked")).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { what: "identity", .. }), "{error}");
    }
    assert_eq!(store.log_size().await.unwrap(), size, "what was not done is not logged");
    assert!(store.has_identity(&here.issuer, "sato").await.unwrap());
    assert!(!store.has_identity(&here.issuer, "tanaka").await.unwrap());
    store.unlink_identity(&here.issuer, "sato", &entry("unlinked")).await.unwrap();
    assert!(!store.has_identity(&here.issuer, "sato").await.unwrap());
    let error = store.unlink_identity(&here.issuer, "sato", &entry("unlinked")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}
