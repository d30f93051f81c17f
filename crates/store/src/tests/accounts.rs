//! Accounts: who may sign in, what ends a session, what is used only once, and how attempts are counted.

use super::*;
use crate::objects::hash;
use crate::{Account, ApiToken, Credentials, KeyedRequest, KnownKey, NewSession, StoreError, TokenScope};
use std::time::Duration;

on_both! { accounts_sessions_tokens_and_attempts }

pub(super) fn account_of(id: &str, facilities: &[&str]) -> Account {
    Account {
        id: id.to_owned(),
        role: Role::Facility,
        name: "受付".to_owned(),
        email: Some("uketsuke@example.jp".to_owned()),
        facilities: facilities.iter().map(|facility| code(facility)).collect(),
        active: true,
        created_at: at("2026-01-05T00:00:00Z"),
        version: 1,
    }
}

const IDLE: Duration = Duration::from_secs(1800);
const LIFE: Duration = Duration::from_secs(12 * 3600);

async fn accounts_sessions_tokens_and_attempts(fixture: Fixture) {
    accounts(&fixture.store).await;
    invitations(&fixture).await;
    sessions(&fixture.store).await;
    tokens(&fixture.store).await;
    attempts(&fixture.store).await;
    keys(&fixture.store).await;
}

async fn accounts(store: &Store) {
    let credentials = Credentials { password_hash: Some("$argon2id$…".to_owned()), totp_secret: None };
    let aozora = account_of("aozora", &[CLINIC, PHARMACY]);
    assert_eq!(store.add_account(&aozora, &credentials, &entry("added")).await.unwrap(), 0..1);
    let error = store.add_account(&aozora, &credentials, &entry("added")).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { what: "account", .. }), "{error}");
    assert_eq!(store.log_size().await.unwrap(), 1, "what was not done is not logged");
    assert_eq!(store.account("aozora").await.unwrap(), Some(aozora.clone()));
    assert_eq!(store.credentials("aozora").await.unwrap(), Some(credentials.clone()));
    assert!(!format!("{credentials:?}").contains("argon2id"), "what proves an account is never printed");
    assert_eq!(store.account("nobody").await.unwrap(), None);
    assert_eq!(store.credentials("nobody").await.unwrap(), None);

    let sato = Account { role: Role::Reviewer, email: None, ..account_of("sato", &[]) };
    store.add_account(&sato, &Credentials::default(), &entry("added")).await.unwrap();
    let ids = async |after, limit| {
        let accounts = store.accounts(after, limit).await.unwrap();
        accounts.into_iter().map(|account| account.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 10).await, ["aozora", "sato"]);
    assert_eq!(ids(None, 1).await, ["aozora"]);
    assert_eq!(ids(Some("aozora"), 10).await, ["sato"]);

    let changed = Account { facilities: vec![code(CLINIC)], name: "新しい名称".to_owned(), ..aozora };
    store.change_account(&changed, &entry("changed")).await.unwrap();
    let error = store.change_account(&changed, &entry("changed")).await.unwrap_err();
    assert!(matches!(error, StoreError::AccountConflict { found: 2, expected: 1, .. }), "{error}");
    let nobody = account_of("nobody", &[]);
    let error = store.change_account(&nobody, &entry("changed")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "account", .. }), "{error}");
    assert_eq!(store.account("aozora").await.unwrap(), Some(Account { version: 2, ..changed }));

    let secret = Credentials { totp_secret: Some("JBSWY3DP".to_owned()), ..credentials };
    store.set_credentials("sato", &secret, &entry("set")).await.unwrap();
    assert_eq!(store.credentials("sato").await.unwrap(), Some(secret.clone()));
    assert!(store.set_credentials("nobody", &secret, &entry("set")).await.is_err());
    // A number holds once, and none of before it.
    for (step, taken) in [(100, true), (100, false), (99, false), (101, true)] {
        assert_eq!(store.use_totp_step("sato", step).await.unwrap(), taken, "{step}");
    }
}

async fn invitations(fixture: &Fixture) {
    let store = &fixture.store;
    let (letter, ends) = (hash(b"letter"), at("2026-02-01T00:00:00Z"));
    store.invite(&letter, &code(CLINIC), ends, &entry("invited")).await.unwrap();
    let new =
        |id: &str, facility: &str, at_time: &str| Account { created_at: at(at_time), ..account_of(id, &[facility]) };
    let before = fixture.everything().await;
    for (wrong, given) in [
        (new("a", PHARMACY, "2026-01-10T00:00:00Z"), letter),
        (new("b", CLINIC, "2026-01-10T00:00:00Z"), hash(b"another letter")),
        (new("c", CLINIC, "2026-02-01T00:00:00Z"), letter),
    ] {
        let error = store.add_invited_account(&given, &wrong, &Credentials::default(), &entry("added")).await;
        assert!(matches!(error, Err(StoreError::NotFound { .. })), "{}: {error:?}", wrong.id);
    }
    assert_eq!(fixture.everything().await, before, "neither account nor entry");
    let right = new("midori", CLINIC, "2026-01-10T00:00:00Z");
    store.add_invited_account(&letter, &right, &Credentials::default(), &entry("added")).await.unwrap();
    let again = Account { id: "d".to_owned(), ..right };
    assert!(store.add_invited_account(&letter, &again, &Credentials::default(), &entry("added")).await.is_err());
}

async fn sessions(store: &Store) {
    let begin = async |token: &[u8], account: &str, at_time: &str| {
        let new = NewSession {
            token_sha256: hash(token),
            account_id: account.to_owned(),
            form_token: "f".repeat(64),
            second_step: false,
            at: at(at_time),
        };
        store.begin_session(&new).await.unwrap();
    };
    let used = async |token: &[u8], at_time: &str| store.session(&hash(token), at(at_time), IDLE, LIFE).await.unwrap();
    begin(b"t1", "aozora", "2026-01-10T00:00:00Z").await;
    let session = used(b"t1", "2026-01-10T00:10:00Z").await.unwrap();
    assert_eq!((session.account.id.as_str(), session.second_step), ("aozora", false));
    assert_eq!(used(b"other", "2026-01-10T00:10:00Z").await, None);
    // Used again and again it lives, but not for ever; left alone it ends.
    assert!(used(b"t1", "2026-01-10T00:39:00Z").await.is_some(), "29 minutes after it was last used");
    assert_eq!(used(b"t1", "2026-01-10T01:09:01Z").await, None, "30 minutes after that");
    begin(b"t2", "aozora", "2026-01-11T00:00:00Z").await;
    for minutes in (20..=12 * 60).step_by(20) {
        let now = at("2026-01-11T00:00:00Z") + Duration::from_secs(minutes * 60);
        assert!(store.session(&hash(b"t2"), now, IDLE, LIFE).await.unwrap().is_some(), "{minutes}");
    }
    assert_eq!(used(b"t2", "2026-01-11T12:00:01Z").await, None);

    // What changes an account ends what is open with it.
    begin(b"t3", "aozora", "2026-01-12T00:00:00Z").await;
    let account = store.account("aozora").await.unwrap().unwrap();
    store.change_account(&account, &entry("changed")).await.unwrap();
    assert_eq!(used(b"t3", "2026-01-12T00:01:00Z").await, None);
    begin(b"t4", "aozora", "2026-01-12T00:00:00Z").await;
    store.set_credentials("aozora", &Credentials::default(), &entry("set")).await.unwrap();
    assert_eq!(used(b"t4", "2026-01-12T00:01:00Z").await, None);
    begin(b"t5", "aozora", "2026-01-12T00:00:00Z").await;
    store.end_session(&hash(b"t5")).await.unwrap();
    assert_eq!(used(b"t5", "2026-01-12T00:01:00Z").await, None);

    begin(b"t6", "sato", "2026-01-12T00:00:00Z").await;
    begin(b"t7", "sato", "2026-01-12T06:00:00Z").await;
    let old = at("2026-01-12T03:00:00Z");
    assert_eq!(store.end_old_sessions(old, old).await.unwrap(), 1);
    assert_eq!(used(b"t6", "2026-01-12T00:01:00Z").await, None);
    assert!(used(b"t7", "2026-01-12T06:01:00Z").await.is_some());
}

async fn tokens(store: &Store) {
    let token = |name: &str, account: &str| ApiToken {
        token_sha256: hash(name.as_bytes()),
        account_id: account.to_owned(),
        name: name.to_owned(),
        scope: TokenScope::Read,
        created_at: at("2026-01-10T00:00:00Z"),
        expires_at: at("2026-02-10T00:00:00Z"),
    };
    let (one, two) = (token("one", "aozora"), token("two", "aozora"));
    for token in [&one, &two] {
        store.add_token(token, &entry("token")).await.unwrap();
    }
    let held = async |of: &ApiToken, at_time: &str| store.token(&of.token_sha256, at(at_time)).await.unwrap();
    let (found, account) = held(&one, "2026-02-09T23:59:59Z").await.unwrap();
    assert_eq!((found, account.id.as_str()), (one.clone(), "aozora"));
    assert!(held(&one, "2026-02-10T00:00:00Z").await.is_none(), "it has expired");
    assert_eq!(store.tokens("aozora").await.unwrap().len(), 2);
    assert!(store.end_token("sato", &one.token_sha256, &entry("ended")).await.is_err(), "somebody else's");
    store.end_token("aozora", &one.token_sha256, &entry("ended")).await.unwrap();
    assert!(held(&one, "2026-01-11T00:00:00Z").await.is_none());
    // A closed account has none.
    let account = store.account("aozora").await.unwrap().unwrap();
    store.change_account(&Account { active: false, ..account }, &entry("closed")).await.unwrap();
    assert!(held(&two, "2026-01-11T00:00:00Z").await.is_none());
    assert_eq!(store.tokens("aozora").await.unwrap(), []);
}

async fn attempts(store: &Store) {
    let window = Duration::from_secs(900);
    let count = async |key: &str, at_time: &str| store.count_attempt(key, at(at_time), window).await.unwrap();
    assert_eq!(count("a", "2026-01-10T00:00:00Z").await, 1);
    assert_eq!(count("a", "2026-01-10T00:14:59Z").await, 2);
    assert_eq!(count("b", "2026-01-10T00:14:59Z").await, 1);
    assert_eq!(count("a", "2026-01-10T00:15:00Z").await, 1, "another window");
    assert_eq!(count("a", "2026-01-10T00:15:01Z").await, 2);
    store.forget_attempts("a").await.unwrap();
    assert_eq!(count("a", "2026-01-10T00:15:02Z").await, 1);
}

async fn keys(store: &Store) {
    let request = |key: &str, request: &str, at_time: &str| KeyedRequest {
        account: "sato".to_owned(),
        key: hash(key.as_bytes()),
        request: hash(request.as_bytes()),
        at: at(at_time),
        expires_at: at("2026-01-11T00:00:00Z"),
    };
    let first = request("k", "r", "2026-01-10T00:00:00Z");
    assert_eq!(store.begin_request(&first).await.unwrap(), KnownKey::New);
    let again = request("k", "r", "2026-01-10T00:00:01Z");
    assert_eq!(store.begin_request(&again).await.unwrap(), KnownKey::Begun(at("2026-01-10T00:00:00Z")));
    assert_eq!(store.begin_request(&request("k", "x", "2026-01-10T00:00:01Z")).await.unwrap(), KnownKey::OfAnother);
    store.forget_request(&first).await.unwrap();
    assert_eq!(store.begin_request(&again).await.unwrap(), KnownKey::New);
    store.answer_request(&again, 201, Some("{}")).await.unwrap();
    // What was answered stays, whoever forgets it.
    store.forget_request(&again).await.unwrap();
    let answered = KnownKey::Answered(201, Some("{}".to_owned()));
    assert_eq!(store.begin_request(&again).await.unwrap(), answered);
    let late = request("k", "x", "2026-01-11T00:00:00Z");
    assert_eq!(store.begin_request(&late).await.unwrap(), KnownKey::New, "it is over");
}
