//! What went wrong with a request, and the page or answer that says so.

use crate::page::{Frame, html};
use askama::Template;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claim::Lang;
use office::OfficeError;
use serde::Serialize;
use std::sync::Arc;
use store::StoreError;

/// Why a request was not answered as it was asked. The page that says so is made where language and person are known
/// ([`explained`]).
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Only a status: not there, not allowed, too large.
    Status(StatusCode),
    /// An act that was not done.
    Office(Arc<OfficeError>),
    /// A program's request that is not as it has to be.
    Asked(Arc<Asked>),
}

/// What is wrong with a program's request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    status: StatusCode,
    code: &'static str,
    ja: String,
    en: String,
    /// Where: `query.limit`, `body.choices[0].units`.
    place: Option<String>,
    /// After how many seconds it may be tried again.
    pub(crate) retry_after: Option<u64>,
}

impl Asked {
    pub(crate) fn new(status: StatusCode, code: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Asked {
        Asked { status, code, ja: ja.into(), en: en.into(), place: None, retry_after: None }
    }

    pub(crate) fn fault(status: StatusCode, code: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Fault {
        Asked::new(status, code, ja, en).into()
    }

    /// Something of the query; `name` is empty where it is all of it.
    pub(crate) fn query(name: &str, ja: impl Into<String>, en: impl Into<String>) -> Fault {
        Asked::at("query", name, ja, en)
    }

    /// Something of the body, by its path in it.
    pub(crate) fn body(path: &str, ja: impl Into<String>, en: impl Into<String>) -> Fault {
        Asked::at("body", path, ja, en)
    }

    fn at(part: &str, path: &str, ja: impl Into<String>, en: impl Into<String>) -> Fault {
        let place = if path.is_empty() { part.to_owned() } else { format!("{part}.{path}") };
        Asked { place: Some(place), ..Asked::new(StatusCode::BAD_REQUEST, "bad-request", ja, en) }.into()
    }
}

impl From<Asked> for Fault {
    fn from(asked: Asked) -> Fault {
        Fault::Asked(Arc::new(asked))
    }
}

impl Fault {
    pub(crate) fn status(status: StatusCode) -> Fault {
        Fault::Status(status)
    }

    fn http(&self) -> StatusCode {
        match self {
            Fault::Status(status) => *status,
            Fault::Asked(asked) => asked.status,
            Fault::Office(error) => match error.code() {
                "not-found" | "unknown-claim" | "unknown-draft" | "unknown-batch" => StatusCode::NOT_FOUND,
                "changed-meanwhile" => StatusCode::CONFLICT,
                "too-often" => StatusCode::TOO_MANY_REQUESTS,
                "signed-out" => StatusCode::UNAUTHORIZED,
                "other-origin" | "form-token" => StatusCode::FORBIDDEN,
                "try-again" => StatusCode::SERVICE_UNAVAILABLE,
                "internal" => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
        }
    }

    /// The same with another status.
    pub(crate) fn with_status(&self, status: StatusCode) -> Fault {
        Asked::fault(status, self.code(), self.text(Lang::Ja), self.text(Lang::En))
    }

    /// What programs tell it by.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Fault::Office(error) => error.code(),
            Fault::Asked(asked) => asked.code,
            Fault::Status(StatusCode::NOT_FOUND) => "not-found",
            Fault::Status(StatusCode::FORBIDDEN) => "not-allowed",
            Fault::Status(StatusCode::UNAUTHORIZED) => "signed-out",
            Fault::Status(StatusCode::PAYLOAD_TOO_LARGE) => "too-large",
            Fault::Status(StatusCode::METHOD_NOT_ALLOWED) => "method",
            Fault::Status(_) => "bad-request",
        }
    }

    /// What happened and what to do.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let two = |ja: &str, en: &str| if lang == Lang::Ja { ja.to_owned() } else { en.to_owned() };
        match self {
            Fault::Asked(asked) => two(&asked.ja, &asked.en),
            Fault::Office(error) if error.code() == "internal" => two(
                "システムの不具合により、処理できませんでした。入力済みの内容は保存されています。時間をおいて、もう一度お試しください。続くときは、お問い合わせください。",
                "something went wrong on our side; what was saved is kept. Try again in a while, and tell us if it goes on",
            ),
            Fault::Office(error) if error.code() == "try-again" => two(
                "ただいま混み合っています。少し待ってから、もう一度お試しください。",
                "the service is busy; wait a moment and try again",
            ),
            Fault::Office(error) => error.text(lang),
            Fault::Status(StatusCode::NOT_FOUND) => two(
                "お探しのページはありません。アドレスを確かめるか、最初のページからお探しください。",
                "there is no such page; check the address or begin at the start page",
            ),
            Fault::Status(StatusCode::FORBIDDEN) => two(
                "このページを使用する権限がありません。必要なときは、管理者にお問い合わせください。",
                "your account may not use this page; ask an administrator if it should",
            ),
            Fault::Status(StatusCode::UNAUTHORIZED) => two("サインインしてください。", "sign in first"),
            Fault::Status(StatusCode::PAYLOAD_TOO_LARGE) => two(
                "送信された内容が大きすぎます。ファイルは1件20MB以内としてください。",
                "what was sent is too large; a file has at most 20 MB",
            ),
            Fault::Status(_) => two(
                "要求の内容を読み取れませんでした。前の画面に戻って、もう一度お試しください。",
                "the request could not be read; go back and try again",
            ),
        }
    }
}

/// What is said on the page itself, above the form that was refused, with the status of the answer. What the form cannot
/// mend is a fault of its own.
pub(crate) fn said(error: OfficeError, frame: &Frame) -> Result<(StatusCode, String), Fault> {
    let fault = Fault::from(error);
    match fault.http() {
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
            Ok((fault.http(), fault.text(frame.lang())))
        }
        _ => Err(fault),
    }
}

impl From<OfficeError> for Fault {
    fn from(error: OfficeError) -> Fault {
        Fault::Office(Arc::new(error))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        OfficeError::from(error).into()
    }
}

impl From<office::RulebookError> for Fault {
    fn from(error: office::RulebookError) -> Fault {
        OfficeError::from(error).into()
    }
}

/// The status, and the fault itself for [`explained`].
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.http().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    status: StatusCode,
    title: &'static str,
    text: String,
    code: &'static str,
}

/// What went wrong (RFC 9457).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemJson {
    /// Always `about:blank`: `code` tells problems apart.
    r#type: &'static str,
    /// The kind of problem, in the language that was asked for.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What programs tell it by, such as `changed-meanwhile`; never translated.
    code: &'static str,
    /// What happened and what to do, in the language that was asked for.
    detail: String,
    /// Where in the request: `query.limit`, `body.choices[0].units`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The codes of the findings that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<String>,
}

impl ProblemJson {
    fn new(fault: &Fault, title: &'static str, lang: Lang) -> ProblemJson {
        let (place, findings) = match fault {
            Fault::Asked(asked) => (asked.place.clone(), Vec::new()),
            Fault::Office(error) => match &**error {
                OfficeError::Told(told) => (None, told.names().iter().map(|name| (*name).to_owned()).collect()),
                _ => (None, Vec::new()),
            },
            Fault::Status(_) => (None, Vec::new()),
        };
        let detail = match fault {
            // No page was asked for.
            Fault::Status(StatusCode::NOT_FOUND) if lang == Lang::Ja => "指定されたものはありません。".to_owned(),
            Fault::Status(StatusCode::NOT_FOUND) => "there is no such thing".to_owned(),
            Fault::Status(StatusCode::UNAUTHORIZED) if lang == Lang::Ja => {
                "有効なAPIトークンを Authorization: Bearer で示してください。".to_owned()
            }
            Fault::Status(StatusCode::UNAUTHORIZED) => "give a valid token as Authorization: Bearer".to_owned(),
            Fault::Status(StatusCode::FORBIDDEN) if lang == Lang::Ja => {
                "この利用者の役割又はトークンの範囲では、この操作はできません。".to_owned()
            }
            Fault::Status(StatusCode::FORBIDDEN) => "neither this role nor this token's scope may do that".to_owned(),
            other => other.text(lang),
        };
        let (status, code) = (fault.http().as_u16(), fault.code());
        ProblemJson { r#type: "about:blank", title, status, code, detail, place, findings }
    }
}

/// Whether a request wants values and no page: so do our own scripts.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"))
}

/// Makes the page, or the JSON for programs, of a response that carries a fault.
pub(crate) fn explained(response: Response, frame: Frame, for_program: bool) -> Response {
    let Some(fault) = response.extensions().get::<Fault>().cloned() else { return response };
    let allow = response.headers().get(header::ALLOW).cloned();
    if let Fault::Office(error) = &fault
        && error.code() == "internal"
    {
        tracing::error!(error = &**error as &dyn std::error::Error, "a request failed");
    }
    let status = fault.http();
    let title = match status {
        StatusCode::NOT_FOUND => frame.t("ページがありません", "Not found"),
        StatusCode::FORBIDDEN => frame.t("使用できません", "Not allowed"),
        StatusCode::UNAUTHORIZED => frame.t("サインインが必要です", "Sign in"),
        StatusCode::CONFLICT => frame.t("内容が変更されています", "Changed meanwhile"),
        StatusCode::TOO_MANY_REQUESTS => frame.t("しばらくお待ちください", "Please wait"),
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE => {
            frame.t("処理できませんでした", "Not done")
        }
        _ => frame.t("受け付けられません", "Not accepted"),
    };
    if for_program {
        let body = ProblemJson::new(&fault, title, frame.lang());
        let mut answer = (status, Json(body)).into_response();
        let head = answer.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            head.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Fault::Asked(asked) = &fault
            && let Some(seconds) = asked.retry_after
        {
            head.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = allow {
            head.insert(header::ALLOW, allow);
        }
        return answer;
    }
    let page = FaultPage { status, title, text: fault.text(frame.lang()), code: fault.code(), frame };
    html(status, &page.frame, &page)
}
