//! The API as a program uses it: a token, its scope, its account's role and institutions.

use crate::desk::SENT;
use crate::site::{Answer, CLINIC, PASSWORD, PHARMACY, Site};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use claim::Role;
use store::TokenScope;

/// A token of a fresh account.
async fn token(site: &Site, id: &str, role: Role, facility: Option<&str>, scope: TokenScope) -> String {
    site.account(id, role, facility).await;
    let account = site.state.office.store.account(id).await.unwrap().unwrap();
    site.state.office.add_token(&account, "test", scope, 30).await.unwrap()
}

async fn ask(site: &Site, method: Method, path: &str, token: Option<&str>, body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    site.browser().send(request.body(Body::from(body.to_owned())).unwrap()).await
}

fn json(answer: &Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.bytes).unwrap()
}

#[tokio::test]
async fn a_program_sees_what_its_account_may_see_and_changes_what_its_scope_lets_it() {
    let site = Site::new().await;
    let id = site.waits(SENT).await.to_string();
    let reading = token(&site, "sato", Role::Reviewer, None, TokenScope::Read).await;
    let writing = token(&site, "suzuki", Role::Reviewer, None, TokenScope::Write).await;
    let clinic = token(&site, "aozora", Role::Facility, Some(CLINIC), TokenScope::Write).await;
    let other = token(&site, "midori", Role::Facility, Some(PHARMACY), TokenScope::Write).await;
    let admin = token(&site, "root-admin", Role::Administrator, None, TokenScope::Write).await;
    let (list, one) = ("/api/v1/claims", format!("/api/v1/claims/{id}"));
    let decision = format!("{one}/decision");
    for (who, status, count) in [
        (None, 401, 0),
        (Some("kofu_0"), 401, 0),
        (Some(admin.as_str()), 403, 0),
        (Some(&reading), 200, 1),
        (Some(&clinic), 200, 1),
        (Some(&other), 200, 0),
    ] {
        let answer = ask(&site, Method::GET, list, who, "").await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        if status == 200 {
            assert_eq!(json(&answer)["claims"].as_array().unwrap().len(), count);
        } else {
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
    }
    assert_eq!(ask(&site, Method::GET, &one, Some(&other), "").await.status, StatusCode::NOT_FOUND);
    let of_clinic = format!("{list}?facility={CLINIC}");
    assert_eq!(ask(&site, Method::GET, &of_clinic, Some(&other), "").await.status, StatusCode::NOT_FOUND);
    let whole = json(&ask(&site, Method::GET, &one, Some(&clinic), "").await);
    assert_eq!((whole["claim_id"].as_str(), whole["state"].as_str()), (Some(id.as_str()), Some("in-review")));
    assert!(whole["assessment"]["findings"].is_array(), "{whole}");

    let seen = whole["version"].as_u64().unwrap();
    let wish = format!("{{\"decision\":\"return\",\"seen\":{seen},\"reason\":\"領収書を添えてください。\"}}");
    for (who, status) in [(&reading, 403), (&clinic, 403), (&other, 403)] {
        assert_eq!(ask(&site, Method::POST, &decision, Some(who), &wish).await.status.as_u16(), status);
    }
    let stale = wish.replace(&format!("\"seen\":{seen}"), "\"seen\":1");
    if seen != 1 {
        let answer = ask(&site, Method::POST, &decision, Some(&writing), &stale).await;
        assert_eq!((answer.status, json(&answer)["code"].as_str()), (StatusCode::CONFLICT, Some("changed-meanwhile")));
    }
    let answer = ask(&site, Method::POST, &decision, Some(&writing), &wish).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(json(&answer)["decided_by"], "staff:suzuki");
    let again = ask(&site, Method::POST, &decision, Some(&writing), &wish).await;
    assert!(again.status.is_client_error(), "{}", again.body);
}

/// A page of another site has the reader's cookie and no token.
#[tokio::test]
async fn a_cookie_is_worth_nothing_to_the_api() {
    let site = Site::new().await;
    let mut browser = site.browser();
    site.account("aozora", Role::Facility, Some(CLINIC)).await;
    browser.post("/sign-in", &[("id", "aozora"), ("password", PASSWORD)]).await;
    assert!(browser.cookie.is_some());
    assert_eq!(browser.get("/api/v1/claims").await.status, StatusCode::UNAUTHORIZED);
}
