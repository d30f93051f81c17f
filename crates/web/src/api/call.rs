//! What a program asks and what it is answered. Every operation has the same frame: the rate of its token, path, query,
//! condition and body are looked at here, the act is done by a function of these types, and what comes out gets its status,
//! ETag and form here. The OpenAPI document is made from the very same types ([`super::openapi`]).

use super::keys;
use super::limits::Limits;
use super::openapi::Doc;
use crate::WebState;
use crate::access::{Gate, Owner, Who};
use crate::fault::{Asked, Fault};
use crate::language::Language;
use crate::session::Person;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claim::{Lang, Sha256};
use office::hash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use store::ApiToken;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ArrayBuilder, ContentBuilder, KnownFormat, ObjectBuilder, RefOr, Required, Schema, SchemaFormat, Type,
};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// The most bytes of a body of JSON.
const JSON_BYTES_MOST: usize = 256 * 1024;
/// Things on a page of a list, unless more or fewer are asked for.
const PAGE: u32 = 50;
/// The most things on a page of a list.
pub(super) const PAGE_MOST: u32 = 200;

/// What is asked: by whom, in which language, of which thing, with which query and body.
pub(crate) struct Call<A, Q = Nothing, B = NoBody> {
    pub(crate) state: WebState,
    pub(crate) person: Person,
    /// With which token.
    pub(crate) token: Arc<ApiToken>,
    pub(crate) lang: Lang,
    pub(crate) at: A,
    pub(crate) query: Q,
    pub(crate) body: B,
    /// The version that the request is meant for (If-Match); 0 of operations that need none.
    pub(crate) seen: u64,
}

/// No parameters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Which page of a list without filters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
    /// How many, 1 to 200; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
}

/// How a page of a list is asked for.
pub(crate) fn page_size(limit: Option<u32>) -> Result<u32, Fault> {
    match limit {
        None => Ok(PAGE),
        Some(limit) if (1..=PAGE_MOST).contains(&limit) => Ok(limit),
        Some(limit) => Err(Asked::query(
            "limit",
            format!("{limit} は使用できません。1から{PAGE_MOST}までとしてください。"),
            format!("found {limit}, expected 1 to {PAGE_MOST}"),
        )),
    }
}

/// A part of a list.
#[derive(Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The cursor of the next page (`after`); null on the last.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// Of what was looked up, one more than the page has: the last tells that there is a next page.
    pub(crate) fn of<R>(mut found: Vec<R>, limit: u32, place: impl Fn(&R) -> String, item: impl Fn(R) -> T) -> Page<T> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| more).map(|last| cursor(&place(last)));
        Page { items: found.into_iter().map(item).collect(), next }
    }
}

/// A place in a list as programs get it: nothing that they should take apart.
pub(super) fn cursor(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// The place that a cursor stands for.
pub(crate) fn place<T>(cursor: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Fault> {
    let Some(cursor) = cursor else { return Ok(None) };
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.filter(|text| !text.contains('\0')).and_then(|text| read(&text));
    place.map(Some).ok_or_else(|| {
        Asked::query(
            "after",
            "一覧の続きを示す値ではありません。前の応答の next をそのまま指定してください。",
            "found no cursor of this list; pass on the `next` of the page before",
        )
    })
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(utoipa::openapi::Ref::from_schema_name(T::name()));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The cursor of the next page (`after`); null on the last."));
        ObjectBuilder::new().property("items", items).required("items").property("next", next).required("next").into()
    }
}

// By hand: what a list is of may stand in no other place of the document.
impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Page")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// A list that comes whole.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct All<T>(pub(crate) Vec<T>);

impl<T: ToSchema> PartialSchema for All<T> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(utoipa::openapi::Ref::from_schema_name(T::name())).into()
    }
}

impl<T: ToSchema> ToSchema for All<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("All")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// A body that is taken.
pub(crate) trait Taken: Sized + Send {
    /// The most bytes of it.
    const MOST: usize;
    /// Reads it.
    fn read(headers: &HeaderMap, bytes: Bytes) -> Result<Self, Fault>;
    /// How it looks, for the document.
    fn body(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Option<RequestBodyBuilder>;
}

/// No body.
pub(crate) struct NoBody;

impl Taken for NoBody {
    const MOST: usize = 1024;

    fn read(_: &HeaderMap, bytes: Bytes) -> Result<NoBody, Fault> {
        if bytes.is_empty() {
            return Ok(NoBody);
        }
        Err(Asked::body("", "本文は不要です。", "found a body, expected none"))
    }

    fn body(_: &mut Vec<(String, RefOr<Schema>)>) -> Option<RequestBodyBuilder> {
        None
    }
}

/// A body of JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema + Send> Taken for Json<T> {
    const MOST: usize = JSON_BYTES_MOST;

    fn read(headers: &HeaderMap, bytes: Bytes) -> Result<Json<T>, Fault> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().unwrap_or_default().trim() != "application/json" {
            return Err(Asked::fault(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "本文は application/json で送信してください。",
                format!("found a body of the type {kind:?}, expected application/json"),
            ));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            // `?` and `.` stand for a part that has no name.
            let path = error.path().to_string();
            Asked::body(
                path.trim_end_matches(['?', '.']),
                format!("本文を読み取れません（{}）。", error.inner()),
                error.inner().to_string(),
            )
        })?;
        reader.end().map_err(|error| {
            Asked::body("", format!("本文の後に余分な文字があります（{error}）。"), error.to_string())
        })?;
        Ok(Json(read))
    }

    fn body(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Option<RequestBodyBuilder> {
        let content = ContentBuilder::new().schema(Some(schema_of::<T>(schemas))).build();
        Some(RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)))
    }
}

/// A body that is a file, whatever its type.
pub(crate) struct File(pub(crate) Vec<u8>);

impl Taken for File {
    // The office says what is too large, with what to do; one more tells that there is more.
    #[expect(clippy::cast_possible_truncation, reason = "20 MB")]
    const MOST: usize = office::DOCUMENT_BYTES_MOST as usize + 1;

    fn read(_: &HeaderMap, bytes: Bytes) -> Result<File, Fault> {
        Ok(File(bytes.into()))
    }

    fn body(_: &mut Vec<(String, RefOr<Schema>)>) -> Option<RequestBodyBuilder> {
        Some(RequestBodyBuilder::new().content("application/octet-stream", binary()).required(Some(Required::True)))
    }
}

/// The schema of bytes.
fn binary() -> utoipa::openapi::Content {
    let bytes = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .build();
    ContentBuilder::new().schema(Some(bytes)).build()
}

/// A reference to the schema of a type, which is put with those that it refers to among `schemas`.
pub(super) fn schema_of<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    // Lists of different things have one name: they stand where they are.
    if ["Page", "All"].contains(&&*T::name()) {
        T::schemas(schemas);
        return T::schema();
    }
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()))
}

/// An answer before it has its form.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Vec<u8>,
    /// The version of what it shows, for If-Match.
    pub(super) version: Option<u64>,
    /// It holds a secret, which is told once.
    pub(super) once: bool,
}

impl Reply {
    pub(super) fn new(status: StatusCode, media_type: &str, body: Vec<u8>) -> Reply {
        let headers = HeaderValue::from_str(media_type).map(|kind| (header::CONTENT_TYPE, kind)).into_iter().collect();
        Reply { status, headers, body, version: None, once: false }
    }

    /// What an answer is known by: the version that a change has to name, and what the bytes are.
    fn etag(&self) -> String {
        let bytes = hash(&self.body).to_string();
        match self.version {
            Some(version) => format!("\"{version}-{}\"", &bytes[..16]),
            None => format!("\"{}\"", &bytes[..32]),
        }
    }

    fn into_response(self, head: Vec<(HeaderName, HeaderValue)>) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers.into_iter().chain(head) {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What an operation answers with.
pub(crate) trait Answer: Send {
    /// The status when all went well.
    const STATUS: StatusCode;
    /// The bytes.
    fn reply(self) -> Reply;
    /// The media types and how they look; empty for no body.
    fn content(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Vec<(&'static str, utoipa::openapi::Content)>;
}

fn json_content<T: ToSchema>(
    schemas: &mut Vec<(String, RefOr<Schema>)>,
) -> Vec<(&'static str, utoipa::openapi::Content)> {
    vec![("application/json", ContentBuilder::new().schema(Some(schema_of::<T>(schemas))).build())]
}

/// A thing as JSON.
pub(crate) struct Shown<T> {
    thing: T,
    version: Option<u64>,
}

impl<T> Shown<T> {
    pub(crate) fn new(thing: T) -> Shown<T> {
        Shown { thing, version: None }
    }

    /// Of a thing that is changed as it was looked at.
    pub(crate) fn at(thing: T, version: u64) -> Shown<T> {
        Shown { thing, version: Some(version) }
    }
}

impl<T> Shown<All<T>> {
    /// A list that comes whole.
    pub(crate) fn all(things: impl IntoIterator<Item = T>) -> Shown<All<T>> {
        Shown::new(All(things.into_iter().collect()))
    }
}

impl<T: Serialize + ToSchema + Send> Answer for Shown<T> {
    const STATUS: StatusCode = StatusCode::OK;

    fn reply(self) -> Reply {
        let reply = Reply::new(StatusCode::OK, "application/json", office::json(&self.thing));
        Reply { version: self.version, ..reply }
    }

    fn content(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Vec<(&'static str, utoipa::openapi::Content)> {
        json_content::<T>(schemas)
    }
}

/// A thing that was made, and where it is.
pub(crate) struct Made<T> {
    shown: Shown<T>,
    location: Option<String>,
    once: bool,
}

impl<T> Made<T> {
    pub(crate) fn at(shown: Shown<T>, location: String) -> Made<T> {
        Made { shown, location: Some(location), once: false }
    }

    /// With a secret, which is told this once.
    pub(crate) fn once(thing: T) -> Made<T> {
        Made { shown: Shown::new(thing), location: None, once: true }
    }

    /// A thing that has no address of its own.
    pub(crate) fn here(thing: T) -> Made<T> {
        Made { shown: Shown::new(thing), location: None, once: false }
    }
}

impl<T: Serialize + ToSchema + Send> Answer for Made<T> {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn reply(self) -> Reply {
        let mut reply = self.shown.reply();
        reply.status = StatusCode::CREATED;
        let location = self.location.and_then(|path| HeaderValue::from_str(&path).ok());
        reply.headers.extend(location.map(|path| (header::LOCATION, path)));
        Reply { once: self.once, ..reply }
    }

    fn content(schemas: &mut Vec<(String, RefOr<Schema>)>) -> Vec<(&'static str, utoipa::openapi::Content)> {
        json_content::<T>(schemas)
    }
}

/// It was done, and there is nothing to show.
pub(crate) struct Done;

impl Answer for Done {
    const STATUS: StatusCode = StatusCode::NO_CONTENT;

    fn reply(self) -> Reply {
        Reply { status: Self::STATUS, headers: Vec::new(), body: Vec::new(), version: None, once: false }
    }

    fn content(_: &mut Vec<(String, RefOr<Schema>)>) -> Vec<(&'static str, utoipa::openapi::Content)> {
        Vec::new()
    }
}

/// A file.
pub(crate) struct Attached {
    pub(crate) file: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer for Attached {
    const STATUS: StatusCode = StatusCode::OK;

    fn reply(self) -> Reply {
        let mut reply = Reply::new(StatusCode::OK, &self.media_type, self.bytes);
        reply.headers.push((header::CONTENT_DISPOSITION, crate::document::disposition(&self.file)));
        reply
    }

    fn content(_: &mut Vec<(String, RefOr<Schema>)>) -> Vec<(&'static str, utoipa::openapi::Content)> {
        vec![("*/*", binary())]
    }
}

/// A route of the API: its gate, what answers, and what the document says of it.
pub(crate) struct Row {
    pub(crate) gate: Gate,
    pub(crate) answer: MethodRouter<WebState>,
    pub(crate) doc: Doc,
    pub(crate) describe: super::openapi::Describe,
}

/// What of an operation the frame has to know.
#[derive(Clone, Copy)]
struct Frame {
    /// The path has `{…}`.
    named: bool,
    /// A change of a thing as it was looked at.
    changes: bool,
    /// It may be done once only.
    keyed: bool,
}

/// A row of the table: an operation whose types say what it takes and gives.
pub(crate) fn row<A, Q, B, O, F, Fut>(
    method: Method,
    path: &'static str,
    who: Who,
    owner: Owner,
    doc: Doc,
    act: F,
) -> Row
where
    A: DeserializeOwned + IntoParams + Send + 'static,
    Q: DeserializeOwned + IntoParams + Send + 'static,
    B: Taken + 'static,
    O: Answer + 'static,
    F: Fn(Call<A, Q, B>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Fault>> + Send + 'static,
{
    let frame =
        Frame { named: path.contains('{'), changes: doc.changes, keyed: method == Method::POST && !doc.repeatable };
    // The table has no other methods.
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::TRACE);
    let answer = on(filter, move |State(state): State<WebState>, request: Request| {
        let act = act.clone();
        async move { framed(state, request, frame, act).await.unwrap_or_else(Fault::into_response) }
    });
    Row { gate: Gate { method, path, who, owner }, answer, doc, describe: super::openapi::describe::<A, Q, B, O> }
}

async fn framed<A, Q, B, O, F, Fut>(state: WebState, request: Request, frame: Frame, act: F) -> Result<Response, Fault>
where
    A: DeserializeOwned + Send + 'static,
    Q: DeserializeOwned + Send + 'static,
    B: Taken + 'static,
    O: Answer + 'static,
    F: Fn(Call<A, Q, B>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<O, Fault>> + Send + 'static,
{
    let (mut parts, body) = request.into_parts();
    let signed_out = || Fault::status(StatusCode::UNAUTHORIZED);
    let person = parts.extensions.get::<Person>().cloned().ok_or_else(signed_out)?;
    let token = parts.extensions.get::<Arc<ApiToken>>().cloned().ok_or_else(signed_out)?;
    if let Some(limits) = parts.extensions.get::<Limits>() {
        limits.take(&token.token_sha256, state.office.now())?;
    }
    let Ok(Language(lang)) = Language::from_request_parts(&mut parts, &()).await;
    let at = path_of::<A>(&mut parts, frame.named).await?;
    let query = query_of::<Q>(&parts)?;
    let seen = if frame.changes { condition(&parts.headers)? } else { 0 };
    let bytes = axum::body::to_bytes(body, B::MOST).await.map_err(|_| Fault::status(StatusCode::PAYLOAD_TOO_LARGE))?;
    let keyed = match frame.keyed {
        true => Some(keys::request(&parts, &bytes, person.account(), state.office.now())?),
        false => None,
    };
    let call =
        Call { state: state.clone(), person, token, lang, at, query, body: B::read(&parts.headers, bytes)?, seen };
    let done = match keyed {
        None => act(call).await.map(Answer::reply),
        Some(keyed) => keys::once(state.office.store, keyed, act(call)).await,
    };
    let reply = done.map_err(|fault| match fault.code() {
        // What the request was meant for is no more.
        "changed-meanwhile" if frame.changes => fault.with_status(StatusCode::PRECONDITION_FAILED),
        _ => fault,
    })?;
    Ok(formed(&parts, reply))
}

/// The answer with its ETag; nothing of it where the program has it already.
fn formed(parts: &Parts, reply: Reply) -> Response {
    let shown = reply.status == StatusCode::OK || reply.version.is_some();
    let Some(etag) = shown.then(|| reply.etag()) else { return reply.into_response(Vec::new()) };
    let mut head: Vec<(HeaderName, HeaderValue)> = Vec::new();
    head.extend(HeaderValue::from_str(&etag).map(|etag| (header::ETAG, etag)));
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    if reads {
        // To be asked for again each time; then it may turn out to be the same.
        head.push((header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")));
        head.push((header::VARY, HeaderValue::from_static("Authorization, Accept-Language")));
    }
    let had = parts.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut had = had.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    if reads && had.any(|tag| tag == etag || tag == "*") {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        response.headers_mut().extend(head);
        return response;
    }
    reply.into_response(head)
}

async fn path_of<A: DeserializeOwned + Send>(parts: &mut Parts, named: bool) -> Result<A, Fault> {
    if named {
        // A part that is no number names nothing.
        let Path(at) =
            Path::<A>::from_request_parts(parts, &()).await.map_err(|_| Fault::status(StatusCode::NOT_FOUND))?;
        return Ok(at);
    }
    serde_json::from_value(serde_json::json!({})).map_err(|_| Fault::status(StatusCode::NOT_FOUND))
}

fn query_of<Q: DeserializeOwned>(parts: &Parts) -> Result<Q, Fault> {
    let pairs = parts.uri.query().unwrap_or_default().split('&');
    // The language is everybody's.
    let own: Vec<&str> = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
    serde_html_form::from_str(&own.join("&")).map_err(|error| {
        Asked::query("", format!("クエリを読み取れません（{error}）。"), format!("the query cannot be read: {error}"))
    })
}

/// The version that If-Match names.
fn condition(headers: &HeaderMap) -> Result<u64, Fault> {
    let Some(given) = headers.get(header::IF_MATCH) else {
        return Err(Asked::fault(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-missing",
            "どの内容に対する操作かを If-Match で示してください。取得したときの応答の ETag を指定します。",
            "say by If-Match what you looked at: the ETag of the answer that showed it",
        ));
    };
    let tag = given.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
    let version = tag.and_then(|tag| tag.split('-').next()).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    version.and_then(|version| version.parse().ok()).ok_or_else(|| {
        Asked::fault(
            StatusCode::PRECONDITION_FAILED,
            "if-match",
            "If-Match の値が、この対象の ETag ではありません。もう一度取得してください。",
            "found no ETag of this thing in If-Match; get it again",
        )
    })
}

/// That a thing is still the version that the request is meant for.
pub(crate) fn still(now: u64, seen: u64) -> Result<(), Fault> {
    if now == seen {
        return Ok(());
    }
    Err(Asked::fault(
        StatusCode::PRECONDITION_FAILED,
        "changed-meanwhile",
        "取得した後に、内容が変更されています。もう一度取得して確かめてください。",
        "it was changed after you looked at it; get it again",
    ))
}

/// A hash in a path.
pub(crate) fn sha256(text: &str) -> Result<Sha256, Fault> {
    text.parse().map_err(|_| Fault::status(StatusCode::NOT_FOUND))
}
