//! The API as a program uses it: a token, its scope, its account's role and institutions.

use crate::desk::SENT;
use crate::site::{Answer, CLINIC, PASSWORD, PHARMACY, Site};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use claim::Role;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use store::TokenScope;
use tower::ServiceExt;

/// A token of a fresh account.
pub(crate) async fn token(site: &Site, id: &str, role: Role, facility: Option<&str>, scope: TokenScope) -> String {
    site.account(id, role, facility).await;
    let account = site.state.office.store.account(id).await.unwrap().unwrap();
    site.state.office.add_token(&account, "test", scope, 30).await.unwrap()
}

/// A program with its token.
pub(crate) struct Program {
    router: Router,
    token: Option<String>,
    keys: AtomicU64,
}

impl Program {
    pub(crate) async fn new(site: &Site, id: &str, role: Role, facility: Option<&str>) -> Program {
        Program::with(site, Some(token(site, id, role, facility, TokenScope::Write).await))
    }

    pub(crate) fn with(site: &Site, token: Option<String>) -> Program {
        Program { router: web::router(site.state.clone()), token, keys: AtomicU64::new(0) }
    }

    /// Asks with further headers; without a body it sends none.
    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("accept-language", "en");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, bytes, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// With a fresh key, and the ETag of what was looked at if there is one.
    pub(crate) async fn act(&self, method: Method, path: &str, etag: Option<&str>, body: Option<Value>) -> Answer {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let mut headers = vec![("idempotency-key", key.as_str())];
        headers.extend(etag.map(|etag| ("if-match", etag)));
        let body = body.map(|body| body.to_string().into_bytes());
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.send(method, path, &headers, body.unwrap_or_default()).await
    }
}

/// The ETag of an answer.
pub(crate) fn etag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.bytes).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

/// The code of a problem, and that it is one.
pub(crate) fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.body);
    let told = json(answer);
    assert_eq!(told["status"], answer.status.as_u16());
    (answer.status.as_u16(), told["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_program_sees_what_its_account_may_see_and_changes_what_its_scope_lets_it() {
    let site = Site::new().await;
    let id = site.waits(SENT).await.to_string();
    let reading = Program::with(&site, Some(token(&site, "sato", Role::Reviewer, None, TokenScope::Read).await));
    let writing = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    let clinic = Program::new(&site, "aozora", Role::Facility, Some(CLINIC)).await;
    let other = Program::new(&site, "midori", Role::Facility, Some(PHARMACY)).await;
    let admin = Program::new(&site, "root-admin", Role::Administrator, None).await;
    let (nobody, unknown) = (Program::with(&site, None), Program::with(&site, Some("kofu_0".to_owned())));
    let (list, one) = ("/api/v1/claims", format!("/api/v1/claims/{id}"));
    for (who, status, count) in [
        (&nobody, 401, 0),
        (&unknown, 401, 0),
        (&admin, 403, 0),
        (&reading, 200, 1),
        (&clinic, 200, 1),
        (&other, 200, 0),
    ] {
        let answer = who.get(list).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        match status {
            200 => assert_eq!(json(&answer)["items"].as_array().unwrap().len(), count),
            _ => assert_eq!(problem(&answer).0, status),
        }
    }
    assert_eq!(nobody.get(list).await.headers["www-authenticate"], "Bearer");
    assert_eq!(problem(&other.get(&one).await).0, 404);
    assert_eq!(problem(&other.get(&format!("{list}?facility={CLINIC}")).await).0, 404);
    let whole = json(&clinic.get(&one).await);
    assert_eq!((whole["claim_id"].as_str(), whole["state"].as_str()), (Some(id.as_str()), Some("in-review")));

    let decision = format!("{one}/decision");
    let wish = || Some(serde_json::json!({ "decision": "return", "reason": "領収書を添えてください。" }));
    let seen = etag(&writing.get(&one).await);
    for who in [&reading, &clinic, &other] {
        assert_eq!(problem(&who.act(Method::POST, &decision, Some(&seen), wish()).await).0, 403);
    }
    let missing = writing.act(Method::POST, &decision, None, wish()).await;
    assert_eq!(problem(&missing), (428, "if-match-missing".to_owned()));
    let stale = writing.act(Method::POST, &decision, Some("\"1-x\""), wish()).await;
    assert_eq!(problem(&stale), (412, "changed-meanwhile".to_owned()));
    let answer = writing.act(Method::POST, &decision, Some(&seen), wish()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(json(&answer)["decided_by"], "staff:suzuki");
    let again = writing.act(Method::POST, &decision, Some(&seen), wish()).await;
    assert_eq!(problem(&again).0, 412, "the claim is another version now");
}

/// Findings of a claim in review are the office's; and one may name the claim of another institution.
#[tokio::test]
async fn a_facility_is_told_what_its_pages_tell_and_no_more() {
    let site = Site::new().await;
    let theirs = site.waits(crate::desk::Sent { facility: PHARMACY, ..SENT }).await;
    let id = site.waits(SENT).await;
    let clinic = Program::new(&site, "aozora", Role::Facility, Some(CLINIC)).await;
    let reviewer = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    let path = format!("/api/v1/claims/{id}");
    assert!(json(&clinic.get(&path).await)["revisions"][0]["assessment"].is_null());
    let seen = reviewer.get(&path).await;
    assert!(seen.body.contains(theirs.as_str()), "the same receipt is found: {}", seen.body);
    let wish = serde_json::json!({ "decision": "return", "reason": "別の領収書を添えてください。" });
    let decided = reviewer.act(Method::POST, &format!("{path}/decision"), Some(&etag(&seen)), Some(wish)).await;
    assert_eq!(decided.status, StatusCode::CREATED, "{}", decided.body);
    let told = clinic.get(&path).await;
    let revision = &json(&told)["revisions"][0];
    assert_eq!(revision["decision"]["kind"], "return");
    assert!(revision["assessment"]["findings"].to_string().contains("possible-duplicate"), "{revision}");
    assert!(!told.body.contains(theirs.as_str()) && !told.body.contains("suzuki"), "{}", told.body);
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

/// From a draft to the payment, each step by the program of who does it.
#[tokio::test]
async fn a_claim_goes_all_the_way_by_programs() {
    let site = Site::new().await;
    // What a reader would have found is given to this claim, which goes on to its payment.
    let id = site.waits(SENT).await;
    let clinic = Program::new(&site, "aozora", Role::Facility, Some(CLINIC)).await;
    let new = serde_json::json!({ "facility": CLINIC, "programme": "home-consent" });
    let opened = clinic.act(Method::POST, "/api/v1/drafts", None, Some(new)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let draft = opened.location().to_owned();
    let changed =
        clinic.act(Method::PUT, &draft, Some(&etag(&opened)), Some(serde_json::json!({ "claimed_yen": 31_000 }))).await;
    assert_eq!(json(&changed)["claimed_yen"], 31_000);
    let stale = clinic.act(Method::PUT, &draft, Some(&etag(&opened)), Some(serde_json::json!({}))).await;
    assert_eq!(problem(&stale), (412, "changed-meanwhile".to_owned()));
    let upload = format!("{draft}/documents?file=%E9%A0%98%E5%8F%8E%E6%9B%B8.pdf&declared=receipt");
    let sent = clinic.send(Method::POST, &upload, &[("idempotency-key", "file-1")], b"a receipt".to_vec()).await;
    assert_eq!((sent.status, json(&sent)["size_bytes"].as_u64()), (StatusCode::CREATED, Some(9)), "{}", sent.body);
    assert_eq!(clinic.get(sent.location()).await.bytes, b"a receipt");
    let shown = clinic.get(&draft).await;
    assert_eq!(json(&shown)["documents"][0]["file"], "領収書.pdf");
    assert_eq!(json(&clinic.get(&format!("{draft}/preview")).await)["unread"], 1);
    let gone = clinic.send(Method::POST, &format!("{draft}/send"), &[("idempotency-key", "s")], Vec::new()).await;
    assert_eq!(problem(&gone), (428, "if-match-missing".to_owned()));
    let claim = clinic.act(Method::POST, &format!("{draft}/send"), Some(&etag(&shown)), None).await;
    assert_eq!(claim.status, StatusCode::CREATED, "{}", claim.body);
    assert_eq!(json(&clinic.get(claim.location()).await)["claimed_yen"], 31_000);

    let reviewer = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    let queue = json(&reviewer.get("/api/v1/review?finding=payee-differs").await);
    assert_eq!(queue["items"][0]["claim_id"], id.as_str(), "{queue}");
    assert_eq!(json(&reviewer.get("/api/v1/review/next").await)["claim_id"], id.as_str());
    let path = format!("/api/v1/claims/{id}");
    let note = serde_json::json!({ "note": "電話で確認済み" });
    let noted = reviewer.act(Method::POST, &format!("{path}/notes"), None, Some(note)).await;
    assert_eq!(noted.status, StatusCode::NO_CONTENT, "{}", noted.body);
    assert_eq!(json(&reviewer.get(&format!("{path}/notes")).await)[0]["by"], "staff:suzuki");
    let seen = etag(&reviewer.get(&path).await);
    let wish = serde_json::json!({ "decision": "approve", "reason": "宛名は通称であることを確認した。" });
    let decided = reviewer.act(Method::POST, &format!("{path}/decision"), Some(&seen), Some(wish)).await;
    assert_eq!(decided.status, StatusCode::CREATED, "{}", decided.body);

    let officer = Program::new(&site, "payer-1", Role::PaymentOfficer, None).await;
    let approver = Program::new(&site, "boss-1", Role::Approver, None).await;
    assert_eq!(json(&officer.get("/api/v1/batches/waiting").await)["claims"], 1);
    let pay_on = serde_json::json!({ "pay_on": "2026-02-27" });
    let prepared = officer.act(Method::POST, "/api/v1/batches", None, Some(pay_on)).await;
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.body);
    let batch = prepared.location().to_owned();
    let content = json(&approver.get(&batch).await)["content_sha256"].clone();
    let body = || Some(serde_json::json!({ "content_sha256": content }));
    assert_eq!(problem(&officer.act(Method::POST, &format!("{batch}/release"), None, body()).await).0, 403);
    let released = approver.act(Method::POST, &format!("{batch}/release"), None, body()).await;
    assert_eq!(released.status, StatusCode::NO_CONTENT, "{}", released.body);
    let payments = json(&approver.get(&format!("{batch}/payments")).await);
    assert_eq!((payments["items"][0]["claim_id"].as_str(), payments["next"].is_null()), (Some(id.as_str()), true));
    assert!(approver.get(&format!("{batch}/bank-file")).await.bytes.starts_with(b"1"));
    assert_eq!(json(&officer.get("/api/v1/batches").await)["items"][0]["state"], "released");

    let auditor = Program::new(&site, "audit-1", Role::Auditor, None).await;
    let found = json(&auditor.get(&format!("/api/v1/log?claim={id}&event=claim-decided")).await);
    let position = found["items"][0]["position"].as_u64().unwrap();
    let entry = json(&auditor.get(&format!("/api/v1/log/{position}")).await);
    let lines = auditor.get("/api/v1/log/entries").await.body;
    assert_eq!(lines.lines().nth(usize::try_from(position).unwrap()), entry["payload"].as_str());
    let overview = json(&auditor.get("/api/v1/overview").await);
    assert_eq!((overview["claims"].as_u64(), overview["states"]["sent"].as_u64()), (Some(2), Some(1)), "{overview}");
}
