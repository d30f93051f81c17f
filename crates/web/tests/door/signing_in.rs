//! Signing in and out, the second step, invitations, and what an administrator does with accounts.

use crate::site::{CLINIC, PASSWORD, PHARMACY, Site, between};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use claim::{Actor, InstitutionCode, Role};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_facility_signs_up_with_its_invitation_once_and_signs_in() {
    let site = Site::new().await;
    let code = InstitutionCode::parse(CLINIC).unwrap();
    let (invitation, _) = site.state.office.invite(&code, &Actor::staff("admin")).await.unwrap();
    let mut browser = site.browser();
    let form = |facility: &str, invitation: &str, id: &str, password: &str| {
        [("facility", facility), ("invitation", invitation), ("id", id), ("name", "受付"), ("password", password)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |browser: &mut crate::site::Browser, form: [(String, String); 5]| {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post("/sign-up", &pairs).await
    };
    for (facility, given, id, password, words) in [
        ("131011", invitation.as_str(), "aozora", PASSWORD, "10桁"),
        (PHARMACY, &invitation, "aozora", PASSWORD, "招待コード"),
        (CLINIC, "abcd-efgh-jkmn-pqrs-tuvw", "aozora", PASSWORD, "招待コード"),
        (CLINIC, &invitation, "A", PASSWORD, "利用者ID"),
        (CLINIC, &invitation, "aozora", "short", "12文字以上"),
        (CLINIC, &invitation, "aozora", "password1234", "推測されやすい"),
    ] {
        let answer = send(&mut browser, form(facility, given, id, password)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(between(&answer.body, "role=\"alert\"", "</div>").contains(words), "{words}");
        assert!(!answer.body.contains(password) || password == "short", "a password is never shown again");
        site.wait(16 * 60);
    }
    let answer = send(&mut browser, form(CLINIC, &invitation.to_uppercase(), "aozora", PASSWORD)).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?done=signed-up"));
    // Nobody else can use it.
    let answer = send(&mut browser, form(CLINIC, &invitation, "aozora2", PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(site.state.office.store.account("aozora2").await.unwrap().is_none());

    let answer = browser.post("/sign-in", &[("id", "Aozora "), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/home"));
    assert_eq!(browser.get("/home").await.location(), "/claims");
    assert!(browser.get("/account").await.body.contains(CLINIC));
}

#[tokio::test]
async fn staff_set_a_second_step_up_and_take_it_each_time_with_a_number_that_holds_once() {
    let site = Site::new().await;
    site.account("sato", Role::Reviewer, None).await;
    let mut browser = site.browser();
    let answer = browser.post("/sign-in", &[("id", "sato"), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/second-step?next=/home");
    assert_eq!(
        browser.get("/account").await.location(),
        "/second-step",
        "before the second step there is nothing else"
    );
    let page = browser.get("/second-step").await;
    assert!(page.body.contains("<svg"), "a picture for the camera");
    let secret = between(&page.body, "<code class=\"secret\">", "</code>").replace(' ', "");
    let wrong = browser.post("/second-step", &[("secret", &secret), ("number", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains(&secret[..4]), "the same secret again: it may be in the app already");
    let before = browser.cookie.clone();
    let number = site.number(&secret);
    let answer = browser.post("/second-step", &[("secret", &secret), ("number", &number), ("next", "/account")]).await;
    assert_eq!(answer.location(), "/account");
    assert_ne!(browser.cookie, before, "a session is a new one after the second step");
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);

    // Again, from another browser: the number that was used is worth nothing.
    let mut other = site.browser();
    other.post("/sign-in", &[("id", "sato"), ("password", PASSWORD)]).await;
    assert!(!other.get("/second-step").await.body.contains("<svg"), "the secret is never shown again");
    let answer = other.post("/second-step", &[("number", &number)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.wait(30);
    let answer = other.post("/second-step", &[("number", &site.number(&secret))]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    // A session without the second step cannot set another secret.
    let mut third = site.browser();
    third.post("/sign-in", &[("id", "sato"), ("password", PASSWORD)]).await;
    third.get("/second-step").await;
    let answer = third.post("/second-step", &[("secret", &secret), ("number", &number)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_sign_in_that_fails_says_the_same_whether_the_account_exists() {
    let site = Site::new().await;
    site.account("aozora", Role::Facility, Some(CLINIC)).await;
    site.account("closed", Role::Facility, Some(CLINIC)).await;
    let mut closed = site.state.office.store.account("closed").await.unwrap().unwrap();
    closed.active = false;
    site.state.office.change_account(&closed, &Actor::staff("admin")).await.unwrap();
    let mut said = BTreeSet::new();
    for (id, password) in [("aozora", "wrong-wrong-wrong"), ("nobody", PASSWORD), ("closed", PASSWORD), ("aozora", "")]
    {
        let answer = site.browser().post("/sign-in", &[("id", id), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        said.insert(between(&answer.body, "role=\"alert\"", "</div>").to_owned());
    }
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn attempts_are_counted_by_account_and_time_lets_them_be_forgotten() {
    let site = Site::new().await;
    site.account("aozora", Role::Facility, Some(CLINIC)).await;
    for id in ["aozora", "nobody"] {
        let mut last = StatusCode::OK;
        for _ in 0..11 {
            last = site.browser().post("/sign-in", &[("id", id), ("password", "wrong-wrong-wrong")]).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "{id}");
    }
    let right = |site: &Site| {
        let mut browser = site.browser();
        async move { browser.post("/sign-in", &[("id", "aozora"), ("password", PASSWORD)]).await.status }
    };
    assert_eq!(right(&site).await, StatusCode::TOO_MANY_REQUESTS);
    site.wait(15 * 60);
    assert_eq!(right(&site).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_by_itself_by_its_owner_and_by_an_administrator() {
    let site = Site::new().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    for _ in 0..3 {
        site.wait(29 * 60);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK, "it is in use");
    }
    site.wait(31 * 60);
    assert_eq!(browser.get("/account?x=1&y=2").await.location(), "/sign-in?next=/account%3Fx%3D1%26y%3D2");
    let answer =
        browser.post("/sign-in", &[("id", "aozora"), ("password", PASSWORD), ("next", "/account?x=1&y=2")]).await;
    assert_eq!(answer.location(), "/account?x=1&y=2", "one goes on where one was");
    browser.get("/account").await;
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/?done=signed-out");
    assert_eq!(browser.cookie, None);
    // What was signed out of is over for whoever kept the cookie, too.
    let mut browser = site.browser();
    browser.post("/sign-in", &[("id", "aozora"), ("password", PASSWORD)]).await;
    let mut thief = browser.clone();
    let account = site.state.office.store.account("aozora").await.unwrap().unwrap();
    site.state.office.change_account(&account, &Actor::staff("admin")).await.unwrap();
    assert_eq!(thief.get("/account").await.status, StatusCode::SEE_OTHER);
    for far in ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let answer = site.browser().post("/sign-in", &[("id", "aozora"), ("password", PASSWORD), ("next", far)]).await;
        assert_eq!(answer.location(), "/home", "{far}");
    }
}

#[tokio::test]
async fn nothing_is_changed_for_another_site_or_without_the_forms_token() {
    let site = Site::new().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    browser.get("/account").await;
    let body = serde_urlencoded::to_string([("form_token", browser.last.as_str())]).unwrap();
    for (name, value, expected) in [
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("x-nothing", "x", StatusCode::FORBIDDEN),
        ("origin", "https://kofu.example", StatusCode::SEE_OTHER),
    ] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/sign-out")
            .header(name, value)
            .header("host", "kofu.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.clone()))
            .unwrap();
        assert_eq!(browser.clone().send(request).await.status, expected, "{name} {value}");
    }
    let mut browser = site.browser();
    browser.post("/sign-in", &[("id", "aozora"), ("password", PASSWORD)]).await;
    browser.last = "0".repeat(64);
    assert_eq!(browser.post("/sign-out", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn an_administrator_makes_changes_and_resets_accounts_and_never_its_own() {
    let site = Site::new().await;
    let mut admin = site.signed_in("root-admin", Role::Administrator, None).await;
    admin.get("/accounts").await;
    let made = admin.post("/accounts", &[("id", "suzuki"), ("role", "approver"), ("name", "鈴木")]).await;
    assert_eq!(made.status, StatusCode::OK);
    let password = between(&made.body, "<code class=\"secret\">", "</code>").to_owned();
    let mut suzuki = site.browser();
    assert_eq!(
        suzuki.post("/sign-in", &[("id", "suzuki"), ("password", &password)]).await.status,
        StatusCode::SEE_OTHER
    );
    let again = admin.post("/accounts", &[("id", "suzuki"), ("role", "approver"), ("name", "鈴木")]).await;
    assert!(again.body.contains("この利用者IDは使用できません"));
    let wrong = admin.post("/accounts", &[("id", "tanaka"), ("role", "facility"), ("name", "田中")]).await;
    assert!(wrong.body.contains("医療機関等コードが1つ以上必要"));

    let changed = admin.post("/accounts/suzuki", &[("version", "1"), ("role", "reviewer"), ("active", "on")]).await;
    assert_eq!(changed.location(), "/accounts?done=saved");
    let stale = admin.post("/accounts/suzuki", &[("version", "1"), ("role", "auditor"), ("active", "on")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let own = admin.post("/accounts/root-admin", &[("version", "2"), ("role", "approver"), ("active", "on")]).await;
    assert!(own.body.contains("別の管理者が行ってください"), "{}", own.body);
    admin.get("/accounts").await;
    let reset = admin.post("/accounts/suzuki/reset", &[]).await;
    let fresh = between(&reset.body, "<code class=\"secret\">", "</code>").to_owned();
    assert_ne!(fresh, password);
    let old = site.browser().post("/sign-in", &[("id", "suzuki"), ("password", &password)]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let invited = admin.post("/invitations", &[("facility", CLINIC)]).await;
    assert_eq!(invited.status, StatusCode::OK);
    assert!(admin.post("/invitations", &[("facility", "4710110045")]).await.status.is_client_error());
    // All of it is in the log, and no name and no secret.
    let log = site.state.office.store.log_entries(0, 100).await.unwrap();
    let text: String = log.iter().map(|(_, payload)| String::from_utf8_lossy(payload).into_owned()).collect();
    for event in ["account-added", "account-changed", "credentials-changed", "facility-invited"] {
        assert!(text.contains(event), "{event}");
    }
    assert!(!text.contains("鈴木") && !text.contains(&fresh) && !text.contains(&password));
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_and_tokens_are_shown_once() {
    let site = Site::new().await;
    let mut browser = site.signed_in("aozora", Role::Facility, Some(CLINIC)).await;
    browser.get("/account").await;
    let wrong = browser.post("/account/password", &[("old", "x"), ("new", "kumo-posto-yubin-88")]).await;
    assert!(wrong.body.contains("現在のパスワードが正しくありません"));
    let made = browser.post("/account/tokens", &[("name", "会計"), ("scope", "read"), ("days", "30")]).await;
    let token = between(&made.body, "<code class=\"secret\">", "</code>").to_owned();
    assert!(site.state.office.token(&token).await.unwrap().is_some());
    let page = browser.get("/account").await;
    assert!(!page.body.contains(&token) && page.body.contains("会計"));
    site.wait(20 * 60);
    let sha256 = between(&page.body, "name=\"sha256\" value=\"", "\"").to_owned();
    assert_eq!(browser.post("/account/tokens/end", &[("sha256", &sha256)]).await.status, StatusCode::SEE_OTHER);
    assert!(site.state.office.token(&token).await.unwrap().is_none());
    let changed = browser.post("/account/password", &[("old", PASSWORD), ("new", "kumo-posto-yubin-88")]).await;
    assert_eq!(changed.location(), "/sign-in?done=password");
    let new = site.browser().post("/sign-in", &[("id", "aozora"), ("password", "kumo-posto-yubin-88")]).await;
    assert_eq!(new.status, StatusCode::SEE_OTHER);
}
