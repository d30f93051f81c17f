//! Pages and API: what facilities, staff and auditors see, and the acts of the room `office` behind buttons.
//!
//! [`router`] builds the routes from one table of who may ask for what ([`gates`]); [`serve`] answers on a socket until
//! it is told to stop. Pages are made on the server, Japanese unless the reader asks for English (`?lang=en`, a cookie, or
//! the browser's languages), and work without scripts; what script there is is ours and comes from here: every answer
//! carries a content security policy that allows this server's own files and no more. What is on a page was worked out
//! elsewhere: this room decides nothing.

mod access;
mod accounts;
mod api;
mod audit;
mod bank_accounts;
mod batches;
mod budgets;
mod claims;
mod document;
mod export;
mod facility;
mod fault;
mod health;
mod language;
mod messages;
mod openid;
mod overview;
mod page;
mod results;
mod review;
mod session;
mod sign_in;
mod start;

pub use access::{Gate, Owner, Who};
pub use api::REQUESTS_A_MINUTE;
pub use export::{Exports, WriteExport, WrittenExport};
pub use openid::{BACK as OPENID_BACK, OpenId, OpenIdSettings};

use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use claim::Lang;
use fault::Fault;
use office::Office;
use page::Frame;
use rules::Ruleset;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests that are under way may take once the server has been told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Answers may load this server's own style sheet, script and pictures, send to this server, and stand in no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the pages show and work with.
#[derive(Clone)]
pub struct WebState {
    /// What people do with claims.
    pub office: Office,
    /// The rules that are in force; whoever serves sees to it that they stay so.
    pub ruleset: watch::Receiver<Arc<Ruleset>>,
    /// The provider by which staff may sign in, where there is one.
    pub openid: Option<Arc<OpenId>>,
    /// How many requests a minute a program's token has ([`REQUESTS_A_MINUTE`]).
    pub requests_a_minute: u32,
    /// What auditors carry away.
    pub exports: Exports,
}

impl fmt::Debug for WebState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebState").field("office", &self.office).finish_non_exhaustive()
    }
}

/// A route: its gate, and what answers.
type Route = (Gate, MethodRouter<WebState>);

/// All routes, each with who may ask for it.
fn routes() -> Vec<Route> {
    use Owner::{Claim, Draft, Nobody, Self_};
    use Who::{Anyone, Beginning};
    use access::{
        ADMINISTRATOR, AUDIT, BANK, EVERYONE, FACILITY, OFFICE, PAYMENTS, PREPARER, READERS, RELEASER, REVIEWER, STAFF,
    };
    let of =
        |method: Method, path, who, owner, answer: MethodRouter<WebState>| (Gate { method, path, who, owner }, answer);
    let mut all = vec![
        of(Method::GET, "/", Anyone, Nobody, get(start::start)),
        of(Method::GET, "/healthz", Anyone, Nobody, get(health::health)),
        of(Method::GET, "/static/{file}", Anyone, Nobody, get(own_file)),
        of(Method::GET, "/proof/{position}", Anyone, Nobody, get(audit::proof)),
        of(Method::GET, "/sign-in", Anyone, Nobody, get(sign_in::sign_in_page)),
        of(Method::POST, "/sign-in", Anyone, Nobody, post(sign_in::sign_in)),
        of(Method::GET, "/sign-in/openid", Anyone, Nobody, get(openid::begin)),
        of(Method::GET, openid::BACK, Anyone, Nobody, get(openid::back)),
        of(Method::GET, "/sign-up", Anyone, Nobody, get(sign_in::sign_up_page)),
        of(Method::POST, "/sign-up", Anyone, Nobody, post(sign_in::sign_up)),
        of(Method::GET, "/second-step", Beginning, Self_, get(sign_in::second_step_page)),
        of(Method::POST, "/second-step", Beginning, Self_, post(sign_in::second_step)),
        of(Method::POST, "/sign-out", Beginning, Self_, post(sign_in::sign_out)),
        of(Method::GET, "/home", EVERYONE, Self_, get(sign_in::home)),
        of(Method::GET, "/account", EVERYONE, Self_, get(sign_in::account_page)),
        of(Method::POST, "/account/email", EVERYONE, Self_, post(sign_in::change_email)),
        of(Method::POST, "/account/password", EVERYONE, Self_, post(sign_in::change_password)),
        of(Method::GET, "/account/openid", STAFF, Self_, get(openid::link)),
        of(Method::POST, "/account/openid/unlink", STAFF, Self_, post(openid::unlink)),
        of(Method::POST, "/account/tokens", EVERYONE, Self_, post(sign_in::add_token)),
        of(Method::POST, "/account/tokens/end", EVERYONE, Self_, post(sign_in::end_token)),
        // What facilities do
        of(Method::GET, "/claims", FACILITY, Self_, get(facility::claims)),
        of(Method::GET, "/apply", FACILITY, Self_, get(facility::apply)),
        of(Method::GET, "/template", FACILITY, Self_, get(facility::template)),
        of(Method::POST, "/drafts", FACILITY, Self_, post(facility::begin)),
        of(Method::GET, "/drafts/{id}", FACILITY, Draft, get(facility::show)),
        of(Method::POST, "/drafts/{id}", FACILITY, Draft, post(facility::change)),
        of(Method::POST, "/drafts/{id}/discard", FACILITY, Draft, post(facility::discard)),
        of(Method::GET, "/drafts/{id}/send", FACILITY, Draft, get(facility::confirm)),
        of(Method::POST, "/drafts/{id}/send", FACILITY, Draft, post(facility::send)),
        of(
            Method::POST,
            "/drafts/{id}/documents",
            FACILITY,
            Draft,
            post(facility::upload).layer(DefaultBodyLimit::max(facility::FORM_BYTES_MOST)),
        ),
        of(Method::GET, "/drafts/{id}/documents/{position}", FACILITY, Draft, get(facility::original)),
        of(Method::POST, "/drafts/{id}/documents/{position}", FACILITY, Draft, post(facility::declare)),
        of(Method::POST, "/drafts/{id}/documents/{position}/read", FACILITY, Draft, post(facility::read)),
        of(Method::POST, "/drafts/{id}/documents/{position}/fields", FACILITY, Draft, post(facility::state_field)),
        of(Method::POST, "/drafts/{id}/documents/{position}/remove", FACILITY, Draft, post(facility::remove)),
        of(Method::GET, "/drafts/{id}/documents/{position}/view", FACILITY, Draft, get(facility::view)),
        of(Method::GET, "/drafts/{id}/documents/{position}/pages/{page}", FACILITY, Draft, get(facility::picture)),
        of(Method::POST, "/claims/{id}/withdraw", FACILITY, Claim, post(facility::withdraw)),
        of(Method::POST, "/claims/{id}/answer", FACILITY, Claim, post(facility::answer)),
        of(Method::POST, "/claims/{id}/account", FACILITY, Claim, post(facility::correct)),
        // Claims, for everybody who may see them
        of(Method::GET, "/claims/{id}", READERS, Claim, get(claims::page)),
        of(Method::GET, "/claims/{id}/notices/{revision}", READERS, Claim, get(claims::notice)),
        of(Method::GET, "/claims/{id}/documents/{revision}/{position}", READERS, Claim, get(claims::original)),
        of(Method::GET, "/claims/{id}/documents/{revision}/{position}/view", READERS, Claim, get(claims::view)),
        of(
            Method::GET,
            "/claims/{id}/documents/{revision}/{position}/pages/{page}",
            READERS,
            Claim,
            get(claims::picture),
        ),
        // Review
        of(Method::GET, "/queue", OFFICE, Nobody, get(review::queue)),
        of(Method::GET, "/queue/next", REVIEWER, Nobody, get(review::next)),
        of(Method::POST, "/claims/{id}/decision", REVIEWER, Claim, post(review::decide)),
        of(Method::POST, "/claims/{id}/duplicates", REVIEWER, Claim, post(review::judge_duplicate)),
        of(Method::POST, "/claims/{id}/fields", REVIEWER, Claim, post(review::adjust)),
        of(Method::POST, "/claims/{id}/reassess", REVIEWER, Claim, post(review::reassess)),
        of(Method::POST, "/claims/{id}/notes", REVIEWER, Claim, post(review::note)),
        of(Method::POST, "/claims/{id}/hand", REVIEWER, Claim, post(review::hand_over)),
        of(Method::POST, "/claims/{id}/look", REVIEWER, Claim, post(review::look)),
        of(Method::GET, "/overview", OFFICE, Nobody, get(overview::overview)),
        // Payments
        of(Method::GET, "/batches", PAYMENTS, Nobody, get(batches::list)),
        of(Method::POST, "/batches", PREPARER, Nobody, post(batches::prepare)),
        of(Method::GET, "/batches/{id}", PAYMENTS, Nobody, get(batches::show)),
        of(Method::POST, "/batches/{id}/release", RELEASER, Nobody, post(batches::release)),
        of(Method::POST, "/batches/{id}/cancel", BANK, Nobody, post(batches::cancel)),
        of(Method::GET, "/batches/{id}/bank-file", BANK, Nobody, get(batches::bank_file)),
        of(Method::GET, "/batches/{id}/list", BANK, Nobody, get(batches::payment_list)),
        of(
            Method::POST,
            "/batches/{id}/results",
            BANK,
            Nobody,
            post(results::receive).layer(DefaultBodyLimit::max(results::FILE_BYTES_MOST)),
        ),
        of(Method::POST, "/batches/{id}/results/correct", BANK, Nobody, post(results::correct)),
        of(Method::GET, "/bank-accounts", PAYMENTS, Nobody, get(bank_accounts::list)),
        of(Method::POST, "/bank-accounts/{id}", BANK, Nobody, post(bank_accounts::confirm)),
        of(Method::GET, "/budgets", OFFICE, Nobody, get(budgets::list)),
        of(Method::POST, "/budgets", PREPARER, Nobody, post(budgets::set)),
        of(Method::GET, "/budgets/{id}", OFFICE, Nobody, get(budgets::ledger)),
        // The decision log
        of(Method::GET, "/log", AUDIT, Nobody, get(audit::search)),
        of(Method::GET, "/log/checkpoint", AUDIT, Nobody, get(audit::checkpoint)),
        of(Method::GET, "/log/checkpoint/note", AUDIT, Nobody, get(audit::checkpoint_note)),
        of(Method::POST, "/log/export", AUDIT, Nobody, post(export::export)),
        of(Method::GET, "/log/verifier", AUDIT, Nobody, get(export::verifier)),
        of(Method::GET, "/log/{position}", AUDIT, Nobody, get(audit::entry)),
        of(Method::GET, "/log/{position}/replay", AUDIT, Nobody, get(audit::replay)),
        // For programs: what the API is; its operations stand in `api::rows`
        of(Method::GET, "/api", Anyone, Nobody, get(api::reference)),
        of(Method::GET, "/api/v1/openapi.json", Anyone, Nobody, get(api::openapi_json)),
        // Accounts
        of(Method::GET, "/accounts", ADMINISTRATOR, Nobody, get(accounts::list)),
        of(Method::POST, "/accounts", ADMINISTRATOR, Nobody, post(accounts::add)),
        of(Method::POST, "/accounts/{id}", ADMINISTRATOR, Nobody, post(accounts::change)),
        of(Method::POST, "/accounts/{id}/reset", ADMINISTRATOR, Nobody, post(accounts::reset)),
        of(Method::POST, "/invitations", ADMINISTRATOR, Nobody, post(accounts::invite)),
        of(Method::GET, "/messages", ADMINISTRATOR, Nobody, get(messages::list)),
        of(Method::POST, "/messages/{id}/again", ADMINISTRATOR, Nobody, post(messages::again)),
    ];
    all.extend(api::rows().into_iter().map(|row| (row.gate, row.answer)));
    all
}

/// The navigation: who sees which entry.
fn navigation() -> Vec<(Who, &'static str, &'static str, &'static str)> {
    vec![
        (access::FACILITY, "/claims", "申請の一覧", "My claims"),
        (access::FACILITY, "/apply", "新しく申請する", "Apply"),
        (access::OFFICE, "/queue", "審査の一覧", "Review"),
        (access::PAYMENTS, "/batches", "支払バッチ", "Payments"),
        (access::PAYMENTS, "/bank-accounts", "口座の確認", "Bank accounts"),
        (access::OFFICE, "/budgets", "予算", "Budgets"),
        (access::AUDIT, "/log", "決定記録", "Decision log"),
        (access::OFFICE, "/overview", "全体の状況", "Overview"),
        (access::ADMINISTRATOR, "/accounts", "利用者", "Accounts"),
        (access::ADMINISTRATOR, "/messages", "メール", "Mail"),
        (access::EVERYONE, "/account", "自分の設定", "My account"),
    ]
}

/// Who may ask for what, for tests and for whoever wants to know.
pub fn gates() -> Vec<Gate> {
    routes().into_iter().map(|(gate, _)| gate).collect()
}

/// The routes of [`gates`], and a page that says that there is no such page.
pub fn router(state: WebState) -> Router {
    let mut router = Router::new();
    let limits = api::Limits::new(state.requests_a_minute);
    for (gate, answer) in routes() {
        let (path, gate) = (gate.path, Arc::new(gate));
        let layered = answer.layer(middleware::from_fn(move |request: Request, next: Next| {
            session::pass(Arc::clone(&gate), request, next)
        }));
        router = router.route(path, layered);
    }
    router
        .fallback(|| async { Fault::status(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { Fault::status(StatusCode::METHOD_NOT_ALLOWED) })
        .layer(Extension(limits))
        .layer(middleware::from_fn(explain))
        .layer(middleware::from_fn_with_state(state.clone(), session::recognise))
        .layer(middleware::from_fn(guarded))
        .with_state(state)
}

/// Puts what went wrong into a page, in the language of the request.
async fn explain(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(frame) = Frame::from_request_parts(&mut parts, &()).await;
    let for_program = parts.uri.path().starts_with("/api/") || fault::wants_json(&parts.headers);
    let asked = parts.uri.query().and_then(language::from_query);
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = fault::explained(response, frame, for_program);
    if let Some(lang) = asked {
        // It holds until another is asked for.
        let cookie = match lang {
            Lang::Ja => "kofu-lang=ja; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            Lang::En => "kofu-lang=en; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        };
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    }
    response
}

/// Answers on `listener` until `shutdown` is done; then takes no new connections and lets the requests under way finish,
/// for at most 20 seconds.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, router(state).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            shutdown.await;
            // The receiver is gone only when the server has ended already.
            let _ = stopping.send(());
        });
    let overdue = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = server => served,
        () = overdue => {
            tracing::warn!(seconds = GRACE.as_secs(), "requests were still under way and were broken off");
            Ok(())
        }
    }
}

/// The style sheet and the script.
async fn own_file(Path(file): Path<String>) -> Result<Response, Fault> {
    let (kind, text) = match file.as_str() {
        "kofu.css" => ("text/css; charset=utf-8", include_str!("../static/kofu.css")),
        "kofu.js" => ("text/javascript; charset=utf-8", include_str!("../static/kofu.js")),
        _ => return Err(Fault::status(StatusCode::NOT_FOUND)),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        // Pages name it with the version of this program, so a new version is fetched at once.
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    Ok((headers, text).into_response())
}

/// Puts the headers that guard readers on every answer.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let guards: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in guards {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What a page shows changes and may be for one reader only; what may be kept says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
