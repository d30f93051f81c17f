//! `/healthz`: whether this server can do its work, for load balancers and monitors.

use crate::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::time::Duration;
use store::StoreError;

/// A monitor waits no longer either.
const PATIENCE: Duration = Duration::from_secs(5);

/// `ok`, or `unavailable` with what does not answer. Addresses, versions and errors are in the server's log only.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<&'static str>,
}

pub(crate) async fn health(State(state): State<WebState>) -> (StatusCode, Json<Health>) {
    let unavailable = match tokio::time::timeout(PATIENCE, state.office.store.ping()).await {
        Ok(Ok(())) => return (StatusCode::OK, Json(Health { status: "ok", unavailable: None })),
        Ok(Err(error)) => {
            let what = if matches!(error, StoreError::Object { .. }) { "objects" } else { "database" };
            tracing::error!(error = &error as &dyn std::error::Error, what, "the store does not answer");
            what
        }
        Err(_) => {
            tracing::error!(seconds = PATIENCE.as_secs(), "the store does not answer in time");
            "store"
        }
    };
    let health = Health { status: "unavailable", unavailable: Some(unavailable) };
    (StatusCode::SERVICE_UNAVAILABLE, Json(health))
}
