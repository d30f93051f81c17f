//! Pages and API. For now: health and a start page.
//!
//! [`router`] gives the routes, [`serve`] answers on a socket until it is told to stop. Pages are Japanese unless the
//! reader asks for English (`?lang=en`, or the browser's languages). They need no scripts and nothing from elsewhere:
//! every answer carries a content security policy that allows this server's own style sheet and no more.

mod health;
mod language;
mod page;
mod start;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use rules::Ruleset;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests that are under way may take once the server has been told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Answers may load this server's style sheet and pictures, be sent to this server, and stand in no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What the pages show and work with.
#[derive(Clone)]
pub struct WebState {
    /// Claims and their states.
    pub store: Store,
    /// The rules that are in force; whoever serves sees to it that they stay so.
    pub ruleset: watch::Receiver<Arc<Ruleset>>,
    /// The present instant.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for WebState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebState").field("store", &self.store).finish_non_exhaustive()
    }
}

/// The routes: `/`, `/healthz`, `/static/kofu.css`, and a page that says that there is no such page.
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(start::start))
        .route("/healthz", get(health::health))
        .route("/static/kofu.css", get(style))
        .fallback(page::not_found)
        .layer(middleware::from_fn(guarded))
        .with_state(state)
}

/// Answers on `listener` until `shutdown` is done; then takes no new connections and lets the requests under way finish,
/// for at most 20 seconds.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, router(state)).with_graceful_shutdown(async move {
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

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        // Pages name it with the version of this program, so a new version is fetched at once.
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../static/kofu.css")).into_response()
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
