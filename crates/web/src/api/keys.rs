//! Requests that may be done once only: a program gives each a key of its own (Idempotency-Key), and the same request with
//! the same key again, after whatever broke off, is answered as before and not done again.
//!
//! The key is kept with the hash of the request before anything is done, and with the answer when it is done. What was
//! refused did nothing, and its key is free again. Where the answer was never kept, because the machine stopped in between,
//! nobody is told anything that may be wrong: the program has to look.

use super::call::{Answer, Reply};
use crate::fault::{Asked, Fault};
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use office::{OfficeError, hash};
use serde::{Deserialize, Serialize};
use std::future::Future;
use store::{Account, KeyedRequest, KnownKey, Store};

/// The header of the key (draft-ietf-httpapi-idempotency-key-header).
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that tells that an answer was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// How long a key means the same request.
pub(super) const KEPT_HOURS: i64 = 24;
/// For so long a request that was begun may be under way; after that it broke off.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(2);
/// The most characters of a key.
pub(super) const KEY_MOST: usize = 200;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: Option<u64>,
    headers: Vec<(String, String)>,
    body: String,
}

/// The request with its key, or that it has none.
pub(super) fn request(parts: &Parts, body: &Bytes, account: &Account, now: Timestamp) -> Result<KeyedRequest, Fault> {
    let key = parts.headers.get(&KEY).map(|value| value.to_str().unwrap_or_default().trim());
    let key = key.filter(|key| !key.is_empty() && key.len() <= KEY_MOST).ok_or_else(|| {
        Asked::fault(
            StatusCode::BAD_REQUEST,
            "idempotency-key-missing",
            format!("この要求には Idempotency-Key が必要です。要求ごとに異なる1文字以上{KEY_MOST}文字以内の値を付け、やり直すときは同じ値を付けてください。"),
            format!("give the request an Idempotency-Key of 1 to {KEY_MOST} characters, another for each request and the same when you try it again"),
        )
    })?;
    let condition = parts.headers.get(header::IF_MATCH).map_or(&b""[..], |value| value.as_bytes());
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    // Each part by its hash, so that no two requests run together.
    let whole = [parts.method.as_str().as_bytes(), target.as_bytes(), condition, body].map(|part| hash(part).0);
    Ok(KeyedRequest {
        account: account.id.clone(),
        key: hash(key.as_bytes()),
        request: hash(&whole.concat()),
        at: now,
        expires_at: now + SignedDuration::from_hours(KEPT_HOURS),
    })
}

/// Does a request once.
pub(super) async fn once<O: Answer + 'static>(
    store: Store,
    request: KeyedRequest,
    act: impl Future<Output = Result<O, Fault>> + Send + 'static,
) -> Result<Reply, Fault> {
    match store.begin_request(&request).await? {
        KnownKey::New => {}
        KnownKey::OfAnother => {
            return Err(Asked::fault(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "この Idempotency-Key は、別の要求に使用されています。新しい値を付けてください。",
                "this Idempotency-Key was given with another request; take a new one",
            ));
        }
        KnownKey::Begun(at) if request.at.duration_since(at) < UNDER_WAY => {
            return Err(Asked::fault(
                StatusCode::CONFLICT,
                "idempotency-key-in-use",
                "同じ要求を処理しています。少し待ってから、同じ値でもう一度お試しください。",
                "the same request is under way; wait a moment and try it again with the same key",
            ));
        }
        KnownKey::Begun(_) => {
            return Err(Asked::fault(
                StatusCode::CONFLICT,
                "outcome-unknown",
                "同じ要求の処理が途中で終わり、結果が記録されていません。対象を取得して、行われたかどうかを確かめてください。",
                "the same request broke off and what came of it was not kept; look at the thing whether it was done",
            ));
        }
        KnownKey::Answered(_, None) => {
            return Err(Asked::fault(
                StatusCode::CONFLICT,
                "told-once",
                "この要求は処理済みです。応答に含まれていた秘密の値は一度しか表示しません。",
                "this request was done; its answer held a secret, which is told once",
            ));
        }
        KnownKey::Answered(status, Some(answer)) => return replayed(status, &answer),
    }
    // It goes on when the program hangs up, so that what was done is kept.
    let done = tokio::spawn(async move {
        let done = act.await.map(Answer::reply);
        match &done {
            Ok(reply) => {
                let answer = (!reply.once).then(|| kept(reply));
                store.answer_request(&request, reply.status.as_u16(), answer.as_deref()).await?;
            }
            // It may have been done; nobody knows.
            Err(fault) if fault.code() == "internal" => {}
            Err(_) => store.forget_request(&request).await?,
        }
        done
    });
    done.await.unwrap_or_else(|error| Err(OfficeError::Inconsistent(format!("a request broke off: {error}")).into()))
}

fn kept(reply: &Reply) -> String {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let headers = reply.headers.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect();
    let kept = Kept { version: reply.version, headers, body: String::from_utf8_lossy(&reply.body).into_owned() };
    String::from_utf8(office::json(&kept)).unwrap_or_default()
}

fn replayed(status: u16, answer: &str) -> Result<Reply, Fault> {
    let broken = |what: String| Fault::from(OfficeError::Inconsistent(format!("a kept answer: {what}")));
    let kept: Kept = serde_json::from_str(answer).map_err(|error| broken(error.to_string()))?;
    let status = StatusCode::from_u16(status).map_err(|error| broken(error.to_string()))?;
    let mut reply = Reply::new(status, "application/json", kept.body.into_bytes());
    reply.headers = kept
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?)))
        .collect();
    reply.version = kept.version;
    reply.headers.push((REPLAYED, HeaderValue::from_static("true")));
    Ok(reply)
}
