//! What holds for every operation of the API: it stands in the table and in the document, it is for whom its line names,
//! it is done once, it changes what was looked at, and its lists come in pages.

use crate::desk::{SENT, Sent};
use crate::matrix::{SECRET, concrete, things};
use crate::programs::{Program, etag, json, problem, token};
use crate::site::{CLINIC, PHARMACY, Site};
use axum::http::{Method, StatusCode};
use claim::Role;
use serde_json::Value;
use std::collections::BTreeSet;
use store::TokenScope;
use web::{Gate, Owner, Who, gates};

/// The operations of the table.
fn operations() -> Vec<Gate> {
    let own = |gate: &Gate| gate.path.starts_with("/api/v1/") && gate.path != "/api/v1/openapi.json";
    gates().into_iter().filter(own).collect()
}

/// What of the pages programs do how. A page that is not here has no counterpart: say here why, or build it.
const PAGES: &[(&str, &str, &[&str])] = &[
    ("GET", "/claims", &["GET /claims", "GET /drafts"]),
    ("GET", "/apply", &["GET /programmes", "GET /account"]),
    ("GET", "/template", &["GET /programmes/{id}/template"]),
    ("POST", "/drafts", &["POST /drafts"]),
    ("GET", "/drafts/{id}", &["GET /drafts/{id}"]),
    ("POST", "/drafts/{id}", &["PUT /drafts/{id}"]),
    ("POST", "/drafts/{id}/discard", &["DELETE /drafts/{id}"]),
    ("GET", "/drafts/{id}/send", &["GET /drafts/{id}/preview"]),
    ("POST", "/drafts/{id}/send", &["POST /drafts/{id}/send"]),
    ("POST", "/drafts/{id}/documents", &["POST /drafts/{id}/documents"]),
    ("GET", "/drafts/{id}/documents/{position}", &["GET /drafts/{id}/documents/{position}"]),
    ("POST", "/drafts/{id}/documents/{position}", &["PUT /drafts/{id}/documents/{position}"]),
    ("POST", "/drafts/{id}/documents/{position}/read", &["POST /drafts/{id}/documents/{position}/read"]),
    ("POST", "/drafts/{id}/documents/{position}/remove", &["DELETE /drafts/{id}/documents/{position}"]),
    ("GET", "/drafts/{id}/documents/{position}/view", &["GET /drafts/{id}/documents/{position}/reading"]),
    ("GET", "/drafts/{id}/documents/{position}/pages/{page}", &["GET /drafts/{id}/documents/{position}/pages/{page}"]),
    ("POST", "/claims/{id}/answer", &["POST /claims/{id}/answer"]),
    (
        "GET",
        "/claims/{id}",
        &[
            "GET /claims/{id}",
            "GET /claims/{id}/history",
            "GET /claims/{id}/duplicates",
            "GET /claims/{id}/notes",
            "GET /claims/{id}/fields",
        ],
    ),
    ("GET", "/claims/{id}/notices/{revision}", &["GET /claims/{id}/notices/{revision}"]),
    ("GET", "/claims/{id}/documents/{revision}/{position}", &["GET /claims/{id}/documents/{revision}/{position}"]),
    (
        "GET",
        "/claims/{id}/documents/{revision}/{position}/view",
        &["GET /claims/{id}/documents/{revision}/{position}/reading"],
    ),
    (
        "GET",
        "/claims/{id}/documents/{revision}/{position}/pages/{page}",
        &["GET /claims/{id}/documents/{revision}/{position}/pages/{page}"],
    ),
    ("GET", "/queue", &["GET /review", "GET /review/counts"]),
    ("GET", "/queue/next", &["GET /review/next"]),
    ("POST", "/claims/{id}/decision", &["POST /claims/{id}/decision"]),
    ("POST", "/claims/{id}/duplicates", &["POST /claims/{id}/duplicates"]),
    ("POST", "/claims/{id}/fields", &["POST /claims/{id}/fields"]),
    ("POST", "/claims/{id}/reassess", &["POST /claims/{id}/reassess"]),
    ("POST", "/claims/{id}/notes", &["POST /claims/{id}/notes"]),
    ("POST", "/claims/{id}/hand", &["POST /claims/{id}/hand"]),
    ("POST", "/claims/{id}/look", &["POST /claims/{id}/look"]),
    ("GET", "/overview", &["GET /overview"]),
    ("GET", "/batches", &["GET /batches", "GET /batches/waiting"]),
    ("POST", "/batches", &["POST /batches"]),
    ("GET", "/batches/{id}", &["GET /batches/{id}", "GET /batches/{id}/payments"]),
    ("POST", "/batches/{id}/release", &["POST /batches/{id}/release"]),
    ("POST", "/batches/{id}/cancel", &["POST /batches/{id}/cancel"]),
    ("GET", "/batches/{id}/bank-file", &["GET /batches/{id}/bank-file"]),
    ("GET", "/batches/{id}/list", &["GET /batches/{id}/list"]),
    ("GET", "/log", &["GET /log"]),
    ("GET", "/log/checkpoint", &["GET /log/checkpoint", "GET /log/entries", "GET /log/tiles/{level}/{number}"]),
    ("GET", "/log/checkpoint/note", &["GET /log/checkpoint/note"]),
    ("POST", "/log/export", &["GET /log/checkpoint/note", "GET /log/entries", "GET /log/tiles/{level}/{number}"]),
    ("GET", "/log/{position}", &["GET /log/{position}"]),
    ("GET", "/accounts", &["GET /accounts", "GET /accounts/{id}"]),
    ("POST", "/accounts", &["POST /accounts"]),
    ("POST", "/accounts/{id}", &["PUT /accounts/{id}"]),
    ("POST", "/accounts/{id}/reset", &["POST /accounts/{id}/reset"]),
    ("POST", "/invitations", &["POST /invitations"]),
    ("GET", "/account", &["GET /account", "GET /account/tokens"]),
    ("POST", "/account/tokens", &["POST /account/tokens"]),
    ("POST", "/account/tokens/end", &["DELETE /account/tokens/{sha256}"]),
    ("GET", "/", &["GET /programmes", "GET /programmes/{id}"]),
    ("POST", "/claims/{id}/account", &["POST /claims/{id}/account"]),
    ("GET", "/budgets", &["GET /budgets"]),
    ("POST", "/budgets", &["PUT /budgets/{id}"]),
    ("GET", "/budgets/{id}", &["GET /budgets/{id}/entries"]),
    ("GET", "/bank-accounts", &["GET /bank-accounts"]),
    ("POST", "/bank-accounts/{id}", &["POST /bank-accounts/{id}/confirm"]),
    ("POST", "/batches/{id}/results", &["GET /batches/{id}/results", "POST /batches/{id}/results"]),
    ("POST", "/batches/{id}/results/correct", &["POST /batches/{id}/results/correct"]),
    ("GET", "/proof/{position}", &["GET /proofs/{position}"]),
    ("POST", "/account/email", &["PUT /account/email"]),
    ("POST", "/drafts/{id}/documents/{position}/fields", &["POST /drafts/{id}/documents/{position}/fields"]),
    ("POST", "/claims/{id}/withdraw", &["POST /claims/{id}/withdraw"]),
    ("GET", "/log/{position}/replay", &["GET /log/{position}/replay"]),
    ("GET", "/messages", &["GET /messages", "GET /claims/{id}/messages"]),
    ("POST", "/messages/{id}/again", &["POST /messages/{id}/again"]),
];

/// Pages that programs have no part in, and why.
const PAGES_ONLY: &[(&str, &str, &str)] = &[
    ("GET", "/healthz", "it is for monitors and has a form of its own"),
    ("GET", "/static/{file}", "style sheet and script of the pages"),
    ("GET", "/sign-in", "programs have tokens"),
    ("POST", "/sign-in", "programs have tokens"),
    ("GET", "/sign-in/openid", "programs have tokens"),
    ("GET", "/sign-in/openid/back", "programs have tokens"),
    ("GET", "/account/openid", "a person proves who they are to the provider"),
    ("POST", "/account/openid/unlink", "how a person signs in is a person's"),
    ("GET", "/sign-up", "a person makes the account that has the tokens"),
    ("POST", "/sign-up", "a person makes the account that has the tokens"),
    ("GET", "/second-step", "programs have tokens"),
    ("POST", "/second-step", "programs have tokens"),
    ("POST", "/sign-out", "programs have tokens"),
    ("GET", "/home", "where a person begins"),
    ("POST", "/account/password", "a token that could set a password would be the account"),
    ("GET", "/log/verifier", "the same program for every installation of this version"),
    ("GET", "/api", "the reference"),
];

#[test]
fn what_the_pages_do_programs_can_do_and_nothing_else() {
    let here: BTreeSet<String> =
        operations().iter().map(|gate| format!("{} {}", gate.method, &gate.path[7..])).collect();
    let mut named = BTreeSet::new();
    let mut unnamed = Vec::new();
    for gate in gates().iter().filter(|gate| !gate.path.starts_with("/api/")) {
        let is = |method: &str, path: &str| gate.method == *method && gate.path == path;
        let counterparts = PAGES.iter().find(|(method, path, _)| is(method, path));
        let reason = PAGES_ONLY.iter().find(|(method, path, _)| is(method, path));
        match (counterparts, reason) {
            (Some((_, _, all)), None) => named.extend(all.iter().map(|one| (*one).to_owned())),
            (None, Some((_, _, why))) => assert!(!why.is_empty()),
            _ => unnamed.push(format!("{} {}", gate.method, gate.path)),
        }
    }
    assert_eq!(unnamed, [""; 0], "say in PAGES how programs do it, or in PAGES_ONLY why they do not");
    let pages = gates().len() - operations().len() - 1;
    assert_eq!(PAGES.len() + PAGES_ONLY.len(), pages, "a page that is no more is still named");
    assert_eq!(named, here, "each operation is the counterpart of a page, and each counterpart is there");
}

#[tokio::test]
async fn the_document_has_every_operation_of_the_table_and_no_other() {
    let site = Site::new().await;
    let answer = Program::with(&site, None).get("/api/v1/openapi.json").await;
    let document = json(&answer);
    assert_eq!(document["openapi"], "3.1.0");
    let mut there = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            there.insert(format!("{} {path}", method.to_uppercase()));
            let place = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{place}");
            let (reads, responses) = (method == "get", &operation["responses"]);
            let scope = if reads { "read" } else { "write" };
            assert_eq!(operation["security"][0]["token"][0], scope, "{place}");
            for status in ["401", "403", "429", "500"] {
                assert!(responses[status]["content"]["application/problem+json"].is_object(), "{place} {status}");
            }
            assert!(responses.as_object().unwrap().keys().any(|status| status.starts_with('2')), "{place}");
            for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|one| one["name"] == part && one["in"] == "path"), "{place} {part}");
            }
            assert!(operation["x-kofu-summary-ja"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
        }
    }
    let table: BTreeSet<String> = operations().iter().map(|gate| format!("{} {}", gate.method, gate.path)).collect();
    assert_eq!(there, table);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let findings: BTreeSet<&str> =
        schemas["FindingCode"]["enum"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(
        findings,
        claim::FindingCode::ALL.iter().map(|code| code.code()).collect(),
        "as they come, not as in Rust"
    );
    for reference in answer.body.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is referred to and not there");
    }
    let had = Program::with(&site, None)
        .send(Method::GET, "/api/v1/openapi.json", &[("if-none-match", &etag(&answer))], Vec::new())
        .await;
    assert_eq!(had.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_reference_shows_every_operation_in_both_languages() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let (japanese, english) = (browser.get("/api").await.body, browser.get("/api?lang=en").await.body);
    for gate in operations() {
        assert!(japanese.contains(&format!("<b>{}</b> <code>{}</code>", gate.method, gate.path)), "{}", gate.path);
    }
    assert!(japanese.contains("申請を一覧する") && english.contains("List claims"));
    assert!(!english.contains("申請を一覧する"));
}

/// Every operation with every role and with both owners.
#[tokio::test]
async fn every_operation_is_for_whom_its_line_names_and_tells_others_nothing() {
    let site = Site::new().await;
    let things = things(&site).await;
    let mut programs = vec![(None, false, Program::with(&site, None))];
    for role in Role::ALL {
        let facility = (role == Role::Facility).then_some(CLINIC);
        programs.push((Some(role), true, Program::new(&site, &format!("a-{}", role.code()), role, facility).await));
    }
    let other = Program::new(&site, "other-facility", Role::Facility, Some(PHARMACY)).await;
    programs.push((Some(Role::Facility), false, other));
    let mut cells = 0;
    for gate in operations() {
        let path = concrete(gate.path, gate.owner, &things);
        assert!(!path.contains('{'), "say in matrix.rs what {} stands for", gate.path);
        for (role, own, program) in &programs {
            let answer = match gate.method {
                Method::GET => program.get(&path).await,
                _ => program.act(gate.method.clone(), &path, Some("\"1-x\""), None).await,
            };
            let cell = format!("{} {path} as {role:?}, owner: {own}: {} {}", gate.method, answer.status, answer.body);
            cells += 1;
            assert!(!answer.status.is_server_error(), "{cell}");
            let allowed = matches!(role, Some(role) if gate.who.lets(*role));
            let reaches = *own || !matches!(gate.owner, Owner::Claim | Owner::Draft);
            match (allowed, role) {
                (false, None) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{cell}"),
                (false, Some(_)) => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{cell}"),
                (true, _) if !reaches => {
                    // The request itself may be wrong, whosever the thing is.
                    let told = matches!(answer.status.as_u16(), 400 | 404 | 415);
                    assert!(told, "{cell}");
                }
                (true, _) => assert!(!matches!(answer.status.as_u16(), 401 | 403), "{cell}"),
            }
            if !allowed || !reaches {
                assert!(!answer.body.contains(SECRET) && answer.headers["content-type"] == "application/problem+json");
            }
        }
    }
    assert!(cells > 400, "{cells}");
    assert!(matches!(gates().iter().find(|gate| gate.path == "/api").unwrap().who, Who::Anyone));
}

#[tokio::test]
async fn a_token_that_only_reads_changes_nothing() {
    let site = Site::new().await;
    for role in Role::ALL {
        let facility = (role == Role::Facility).then_some(CLINIC);
        let id = format!("r-{}", role.code());
        let program = Program::with(&site, Some(token(&site, &id, role, facility, TokenScope::Read).await));
        for gate in operations().iter().filter(|gate| gate.method != Method::GET) {
            let answer = program.act(gate.method.clone(), gate.path, Some("\"1-x\""), None).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {}", gate.method, gate.path);
        }
    }
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once() {
    let site = Site::new().await;
    // The programme takes claims on the next day too.
    site.wait(-10 * 24 * 3600);
    let clinic = Program::new(&site, "aozora", Role::Facility, Some(CLINIC)).await;
    let other = Program::new(&site, "midori", Role::Facility, Some(PHARMACY)).await;
    let open = async |program: &Program, key: &str, facility: &str, programme: &str| {
        let body = format!("{{\"facility\":\"{facility}\",\"programme\":\"{programme}\"}}");
        let headers = [("idempotency-key", key), ("content-type", "application/json")];
        program.send(Method::POST, "/api/v1/drafts", &headers, body.into_bytes()).await
    };
    let first = open(&clinic, "k", CLINIC, "home-consent").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = open(&clinic, "k", CLINIC, "home-consent").await;
    assert_eq!((again.status, &again.bytes, again.location()), (first.status, &first.bytes, first.location()));
    assert_eq!((etag(&again), &again.headers["idempotent-replayed"]), (etag(&first), &"true".parse().unwrap()));
    assert_eq!(json(&clinic.get("/api/v1/drafts").await).as_array().unwrap().len(), 1);
    let reused = open(&clinic, "k", CLINIC, "limited-type").await;
    assert_eq!(problem(&reused), (422, "idempotency-key-reused".to_owned()));
    assert_eq!(open(&other, "k", PHARMACY, "home-consent").await.status, StatusCode::CREATED, "keys are the account's");
    let missing = clinic.send(Method::POST, "/api/v1/drafts", &[("content-type", "application/json")], b"{}".to_vec());
    assert_eq!(problem(&missing.await), (400, "idempotency-key-missing".to_owned()));
    // What was refused did nothing: the key is free.
    let refused = open(&clinic, "free", CLINIC, "no-such-programme").await;
    assert_eq!(problem(&refused), (422, "unknown-programme".to_owned()));
    assert_eq!(open(&clinic, "free", CLINIC, "home-consent").await.status, StatusCode::CREATED);
    // After a day a key is forgotten.
    site.wait(24 * 3600 + 1);
    assert_eq!(open(&clinic, "k", CLINIC, "home-consent").await.status, StatusCode::CREATED);
    assert_eq!(json(&clinic.get("/api/v1/drafts").await).as_array().unwrap().len(), 3);
}

/// The machine may stop between the act and its answer.
#[tokio::test]
async fn a_request_that_broke_off_is_not_done_again_and_not_told_to_be_done() {
    let site = Site::new().await;
    let admin = Program::new(&site, "root-admin", Role::Administrator, None).await;
    let new = |id: &str| serde_json::json!({ "id": id, "role": "reviewer", "name": "佐藤" }).to_string().into_bytes();
    let add = async |key: &str, id: &str| {
        let headers = [("idempotency-key", key), ("content-type", "application/json")];
        admin.send(Method::POST, "/api/v1/accounts", &headers, new(id)).await
    };
    let made = add("a", "sato").await;
    assert!(made.status == StatusCode::CREATED && json(&made)["password"].is_string(), "{}", made.body);
    assert_eq!(problem(&add("a", "sato").await), (409, "told-once".to_owned()));
    // As if it had stopped: begun, and never answered.
    let hashes = |parts: [&[u8]; 4]| office::hash(&parts.map(|part| office::hash(part).0).concat());
    let begun = store::KeyedRequest {
        account: "root-admin".to_owned(),
        key: office::hash(b"b"),
        request: hashes([b"POST", b"/api/v1/accounts", b"", &new("suzuki")]),
        at: site.state.office.now(),
        expires_at: site.state.office.now() + jiff::SignedDuration::from_hours(24),
    };
    site.state.office.store.begin_request(&begun).await.unwrap();
    assert_eq!(problem(&add("b", "suzuki").await), (409, "idempotency-key-in-use".to_owned()));
    site.wait(121);
    assert_eq!(problem(&add("b", "suzuki").await), (409, "outcome-unknown".to_owned()));
}

#[tokio::test]
async fn lists_come_in_pages_and_say_what_is_wrong_with_how_they_are_asked_for() {
    let site = Site::new().await;
    for (receipt, facility) in [("a", CLINIC), ("b", PHARMACY), ("c", CLINIC)] {
        site.waits(Sent { facility, receipt, ..SENT }).await;
    }
    let reviewer = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    let clinic = Program::new(&site, "aozora", Role::Facility, Some(CLINIC)).await;
    for (program, path, all) in [
        (&reviewer, "/api/v1/claims?limit=1", 3),
        (&reviewer, "/api/v1/claims?limit=2&state=in-review", 3),
        (&reviewer, "/api/v1/review?limit=1", 3),
        (&clinic, "/api/v1/claims?limit=1", 2),
    ] {
        let (mut seen, mut next) = (BTreeSet::new(), String::new());
        loop {
            let page = json(&program.get(&format!("{path}{next}")).await);
            let ids = page["items"].as_array().unwrap().iter().map(|one| one["claim_id"].to_string());
            assert!(ids.into_iter().all(|id| seen.insert(id)), "{path}: a claim comes twice");
            match page["next"].as_str() {
                Some(cursor) => next = format!("&after={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), all, "{path}");
    }
    for (query, place) in [
        ("limit=0", "query.limit"),
        ("limit=201", "query.limit"),
        ("after=!", "query.after"),
        ("state=lost", "query.state"),
        ("facility=12", "query.facility"),
        ("stat=x", "query"),
    ] {
        let answer = reviewer.get(&format!("/api/v1/claims?{query}")).await;
        assert_eq!((problem(&answer).0, json(&answer)["place"].as_str()), (400, Some(place)), "{query}");
    }
    for query in ["prefecture=48", "kind=inn", "finding=x", "hand=you", "after=MQ"] {
        assert_eq!(problem(&reviewer.get(&format!("/api/v1/review?{query}")).await).0, 400, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_told_with_its_place() {
    let site = Site::new().await;
    let clinic = Program::new(&site, "aozora", Role::Facility, Some(CLINIC)).await;
    let new = serde_json::json!({ "facility": CLINIC, "programme": "home-consent" });
    let draft = clinic.act(Method::POST, "/api/v1/drafts", None, Some(new)).await;
    let put = async |body: &str, kind: &str| {
        let headers = [("if-match", &*etag(&draft)), ("content-type", kind)].map(|(a, b)| (a, b.to_owned()));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (*a, b.as_str())).collect();
        clinic.send(Method::PUT, draft.location(), &headers, body.as_bytes().to_vec()).await
    };
    for (body, place) in [
        ("{\"claimed_yen\":-1}", "body.claimed_yen"),
        ("{\"choices\":[{\"rank\":1,\"product\":\"a\",\"units\":\"x\"}]}", "body.choices[0].units"),
        ("{\"claimed\":1}", "body.claimed"),
        ("{", "body"),
        ("", "body"),
        ("{} {}", "body"),
    ] {
        let answer = put(body, "application/json").await;
        assert_eq!((problem(&answer).0, json(&answer)["place"].as_str()), (400, Some(place)), "{body}");
    }
    assert_eq!(problem(&put("{}", "text/plain").await), (415, "media-type".to_owned()));
    let long = format!("{{\"claimed_yen\":{}1}}", " ".repeat(300_000));
    assert_eq!(problem(&put(&long, "application/json").await).0, 413);
    let method = clinic.send(Method::DELETE, "/api/v1/claims", &[], Vec::new()).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(method.headers["allow"].to_str().unwrap().contains("GET"));
}

#[tokio::test]
async fn what_a_program_has_already_is_not_sent_again() {
    let site = Site::new().await;
    let id = site.waits(SENT).await;
    let reviewer = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    for path in
        [format!("/api/v1/claims/{id}"), "/api/v1/review".to_owned(), format!("/api/v1/claims/{id}/documents/1/0")]
    {
        let shown = reviewer.get(&path).await;
        let tag = etag(&shown);
        let again = reviewer.send(Method::GET, &path, &[("if-none-match", &tag)], Vec::new()).await;
        assert_eq!((again.status, again.bytes.len(), etag(&again)), (StatusCode::NOT_MODIFIED, 0, tag), "{path}");
        let other = reviewer.send(Method::GET, &path, &[("if-none-match", "\"x\"")], Vec::new()).await;
        assert_eq!((other.status, other.bytes), (StatusCode::OK, shown.bytes), "{path}");
    }
}

#[tokio::test]
async fn a_token_asks_so_often_and_no_more() {
    let mut site = Site::new().await;
    site.state.requests_a_minute = 3;
    let reviewer = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    for _ in 0..3 {
        assert_eq!(reviewer.get("/api/v1/review").await.status, StatusCode::OK);
    }
    let refused = reviewer.get("/api/v1/review").await;
    assert_eq!(problem(&refused), (429, "too-often".to_owned()));
    assert_eq!(refused.headers["retry-after"], "20");
    site.wait(20);
    assert_eq!(reviewer.get("/api/v1/review").await.status, StatusCode::OK);
}

/// A token in wrong hands must not make itself longer, nor the account's owner.
#[tokio::test]
async fn a_token_makes_no_token_that_outlives_it() {
    let site = Site::new().await;
    let reviewer = Program::new(&site, "suzuki", Role::Reviewer, None).await;
    let make = |days: u32| Some(serde_json::json!({ "name": "child", "scope": "read", "days": days }));
    let long = reviewer.act(Method::POST, "/api/v1/account/tokens", None, make(31)).await;
    assert_eq!(problem(&long), (422, "token-too-long".to_owned()));
    let made = json(&reviewer.act(Method::POST, "/api/v1/account/tokens", None, make(29)).await);
    let child = Program::with(&site, made["token"].as_str().map(str::to_owned));
    assert_eq!(child.get("/api/v1/account").await.status, StatusCode::OK);
    let own = format!("/api/v1/account/tokens/{}", made["sha256"].as_str().unwrap());
    assert_eq!(reviewer.act(Method::DELETE, &own, None, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(child.get("/api/v1/account").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(problem(&reviewer.act(Method::DELETE, &own, None, None).await).0, 404);
    let listed: Value = json(&reviewer.get("/api/v1/account/tokens").await);
    assert_eq!(listed.as_array().unwrap().len(), 1);
}
