//! Pages, health and headers, as a browser or a monitor sees them.

use crate::site::{DURING, state_of};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use claim::{ClaimState, Document, DocumentKind, InstitutionCode, Lang};
use store::testing::Postgres;
use store::{NewClaim, Store, StoreConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;
use web::WebState;

async fn empty() -> (TempDir, WebState) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::in_folder(folder.path()).await.unwrap();
    (folder, state_of(store, DURING))
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

async fn ask(state: &WebState, method: Method, path: &str, language: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(language) = language {
        request = request.header("accept-language", language);
    }
    let response = web::router(state.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn get(state: &WebState, path: &str) -> Answer {
    ask(state, Method::GET, path, None).await
}

async fn submit(store: &Store, id: &str) {
    let file = format!("document of {id}").into_bytes();
    let (size_bytes, sha256) = (file.len() as u64, store.put_document(file).await.unwrap());
    let claim = NewClaim {
        id: id.into(),
        programme: "home-consent".into(),
        facility_code: InstitutionCode::parse("1310110049").unwrap(),
        submitted_at: DURING.parse().unwrap(),
        claimed_yen: None,
        choices: Vec::new(),
        bundle_sha256: sha256,
        stated: Vec::new(),
        documents: vec![Document {
            position: 0,
            declared: DocumentKind::Receipt,
            file: "領収書.pdf".to_owned(),
            sha256,
            size_bytes,
        }],
    };
    let about = claim::LogAbout {
        at: claim.submitted_at,
        by: claim::Actor::system(),
        event: "claim-submitted",
        claims: vec![claim.id.clone()],
        facilities: Vec::new(),
        batch: None,
    };
    store.submit(&claim, &[claim::LogEntry { payload: b"{}".to_vec(), personal: Vec::new(), about }]).await.unwrap();
}

#[tokio::test]
async fn health_is_ok_when_the_store_answers() {
    let (_folder, state) = empty().await;
    let answer = get(&state, "/healthz").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, r#"{"status":"ok"}"#));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn health_says_that_object_storage_is_gone_and_nothing_about_where_it_was() {
    let (folder, state) = empty().await;
    std::fs::remove_dir_all(folder.path().join("objects")).unwrap();
    let answer = get(&state, "/healthz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, r#"{"status":"unavailable","unavailable":"objects"}"#);
}

#[tokio::test]
async fn without_its_database_the_server_is_unwell_and_still_shows_the_programmes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Postgres::start().unwrap();
    let mut config = StoreConfig::in_folder(folder.path()).unwrap();
    config.database_url = server.fresh_database_url().unwrap();
    let state = state_of(Store::open(&config).await.unwrap(), DURING);
    assert_eq!(get(&state, "/healthz").await.status, StatusCode::OK);
    drop(server);
    let answer = get(&state, "/healthz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let health: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(health["status"], "unavailable");
    assert!(!answer.body.contains("postgres") && !answer.body.contains('/'), "{}", answer.body);
    let answer = get(&state, "/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("ただいま件数を表示できません"));
    assert!(answer.body.contains("居宅同意取得型"));
}

#[tokio::test]
async fn the_start_page_shows_what_the_rules_say() {
    let (_folder, state) = empty().await;
    let page = get(&state, "/").await;
    assert_eq!(page.status, StatusCode::OK);
    for programme in rules::Ruleset::embedded().programmes() {
        for value in programme.listing(Some(jiff::civil::date(2026, 1, 31)), Lang::Ja) {
            assert!(page.body.contains(&value.text), "{} {:?}: {}", value.item, value.kind, value.text);
        }
    }
    // The ceilings of the sources (domain.md 1.1), by themselves.
    for text in [
        "411,000円",
        "128,000円",
        "85,000円",
        "31,000円",
        "3/4",
        "令和8年1月31日",
        "決定: 001 に受付開始日の記載がない",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(page.body.contains(rules::Ruleset::embedded().hash()));
}

#[tokio::test]
async fn a_programme_is_open_to_the_last_second_of_its_deadline_in_japan() {
    let (_folder, during) = empty().await;
    let after = state_of(during.office.store.clone(), "2026-02-01T00:00:00+09:00");
    let home_consent = |page: &str| {
        let card = page.split("id=\"p-home-consent\"").nth(1).unwrap();
        card.split("</article>").next().unwrap().to_owned()
    };
    assert!(home_consent(&get(&during, "/").await.body).contains("受付中"));
    let card = home_consent(&get(&after, "/").await.body);
    assert!(card.contains("受付終了") && !card.contains("受付中"));
}

#[tokio::test]
async fn claims_are_counted_by_state() {
    let (_folder, state) = empty().await;
    for id in ["C-1", "C-2", "C-3"] {
        submit(&state.office.store, id).await;
    }
    let page = get(&state, "/").await.body;
    assert!(page.contains(r#"<b class="total">3</b>"#));
    assert!(page.contains(r#"<div><dt>申請済み</dt><dd>3<span"#));
    for claim_state in ClaimState::ALL {
        assert!(page.contains(&format!("<dt>{}</dt>", claim_state.name(Lang::Ja))), "{claim_state:?}");
    }
    assert_eq!(page.matches(r#"<div class="none">"#).count(), ClaimState::ALL.len() - 1);
}

#[tokio::test]
async fn a_page_is_japanese_unless_english_is_asked_for() {
    let (_folder, state) = empty().await;
    for (path, browser, lang, words) in [
        ("/", None, "ja", "補助限度額"),
        ("/", Some("fr"), "ja", "補助限度額"),
        ("/", Some("en-GB,en;q=0.9"), "en", "Grant ceiling"),
        ("/?lang=en", None, "en", "Grant ceiling"),
        ("/?lang=ja", Some("en"), "ja", "補助限度額"),
        ("/?lang=%00", Some("en"), "en", "Grant ceiling"),
        ("/nowhere", None, "ja", "ページがありません"),
        ("/nowhere?lang=en", None, "en", "Not found"),
    ] {
        let page = ask(&state, Method::GET, path, browser).await;
        assert!(page.body.contains(&format!("<html lang=\"{lang}\">")), "{path} {browser:?}");
        assert!(page.body.contains(words), "{path} {browser:?}");
        assert_eq!(page.headers["content-language"], lang);
        assert_eq!(page.headers["vary"], "Accept-Language, Cookie");
    }
}

#[tokio::test]
async fn every_answer_carries_the_guarding_headers_and_no_page_needs_more_than_they_allow() {
    let (_folder, state) = empty().await;
    for (path, status) in [
        ("/", StatusCode::OK),
        ("/static/kofu.css", StatusCode::OK),
        ("/healthz", StatusCode::OK),
        ("/nowhere", StatusCode::NOT_FOUND),
    ] {
        let answer = get(&state, path).await;
        assert_eq!(answer.status, status, "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        assert!(answer.headers.contains_key("cache-control"), "{path}");
        for refused in ["<script>", "<style", " style=", "javascript:", "http://", "https://", " onclick"] {
            assert!(!answer.body.contains(refused), "{path} has {refused}");
        }
    }
    assert_eq!(get(&state, "/static/kofu.css").await.headers["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn other_methods_are_refused_and_guarded_too() {
    let (_folder, state) = empty().await;
    let answer = ask(&state, Method::POST, "/", None).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.headers.contains_key("content-security-policy"));
    let answer = ask(&state, Method::HEAD, "/", None).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_page_can_be_used_without_sight_and_without_a_mouse() {
    let (_folder, state) = empty().await;
    let page = get(&state, "/").await.body;
    assert!(page.contains(r##"<a class="skip" href="#main">"##) && page.contains(r#"<main id="main""#));
    assert_eq!(page.matches("<h1>").count(), 1);
    assert_eq!(page.matches("<table>").count(), page.matches("<thead>").count());
    assert_eq!(page.matches(r#"class="scroll""#).count(), page.matches(r#"tabindex="0" aria-label="#).count());
    for open in ["section", "article", "table", "details", "dl", "ul", "ol", "div"] {
        let (opened, closed) = (page.matches(&format!("<{open}")).count(), page.matches(&format!("</{open}>")).count());
        assert_eq!(opened, closed, "{open}");
    }
}

#[tokio::test]
async fn the_server_answers_on_its_socket_and_stops_when_told() {
    let (_folder, state) = empty().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(web::serve(listener, state, async {
        let _ = stopped.await;
    }));
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: kofu\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with(r#"{"status":"ok"}"#), "{answer}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
