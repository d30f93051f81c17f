//! Who asks: the cookie, the session behind it, and what a request must prove before it may change something.

use crate::WebState;
use crate::access::{Gate, Who};
use crate::fault::Fault;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{Actor, InstitutionCode, Role};
use office::{OfficeError, Told, actor};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use store::{Account, ApiToken, ClaimRecord, Draft, Session, TokenScope};
use subtle::ConstantTimeEq;

/// The cookie of a session. `__Host-` has browsers take it only from this very host, over a safe connection, for all paths.
const COOKIE: &str = "__Host-kofu";
/// The most bytes of a form without files.
const FORM_BYTES_MOST: usize = 256 * 1024;

/// Somebody who is signed in, perhaps not wholly.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) session: Arc<Session>,
    /// What the cookie holds.
    pub(crate) token: Arc<str>,
}

impl Person {
    pub(crate) fn account(&self) -> &Account {
        &self.session.account
    }

    pub(crate) fn role(&self) -> Role {
        self.session.account.role
    }

    /// As the log names who acts.
    pub(crate) fn actor(&self) -> Actor {
        actor(self.account(), None)
    }

    /// Whether a claim of an institution is for this person's eyes.
    pub(crate) fn reaches(&self, facility: &InstitutionCode) -> bool {
        match self.role() {
            Role::Facility => self.account().facilities.contains(facility),
            Role::Reviewer | Role::PaymentOfficer | Role::Approver | Role::Auditor => true,
            Role::Administrator => false,
        }
    }
}

/// The person who asks; the route's gate has seen to it that there is one.
impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Person, Fault> {
        parts.extensions.get::<Person>().cloned().ok_or_else(|| Fault::status(StatusCode::UNAUTHORIZED))
    }
}

/// The person who asks, if somebody is signed in.
#[derive(Clone, Debug)]
pub(crate) struct MaybePerson(pub(crate) Option<Person>);

impl<S: Send + Sync> FromRequestParts<S> for MaybePerson {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<MaybePerson, Infallible> {
        Ok(MaybePerson(parts.extensions.get::<Person>().cloned()))
    }
}

/// Where a request comes from, for counting attempts.
#[derive(Clone, Debug)]
pub(crate) struct Address(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Address, Infallible> {
        let peer = parts.extensions.get::<axum::extract::ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        // An IPv6 host has a network of its own: its addresses are one.
        Ok(Address(match peer {
            Some(IpAddr::V6(address)) => format!("{:x?}", &address.segments()[..4]),
            Some(IpAddr::V4(address)) => address.to_string(),
            None => "unknown".to_owned(),
        }))
    }
}

/// The value of a cookie.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(one, _)| *one == name)
        .map(|(_, value)| value)
}

/// The cookie of a session that begins. It ends with the browser; the server ends it sooner.
pub(crate) fn cookie(token: &str) -> (header::HeaderName, HeaderValue) {
    let text = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax");
    // A token is hexadecimal digits.
    (header::SET_COOKIE, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))
}

/// The cookie of a session that has ended.
pub(crate) fn no_cookie() -> (header::HeaderName, HeaderValue) {
    (header::SET_COOKIE, HeaderValue::from_static("__Host-kofu=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"))
}

/// Finds who asks, before any gate.
pub(crate) async fn recognise(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    if is_api(request.uri().path()) {
        // Programs have tokens and no cookies.
        match program(&state, request.headers()).await {
            Ok(Some((person, token))) => {
                request.extensions_mut().insert(person);
                request.extensions_mut().insert(Arc::new(token));
            }
            Ok(None) => {}
            Err(error) => return Fault::from(error).into_response(),
        }
    } else if let Some(token) = cookie_value(request.headers(), COOKIE) {
        let token: Arc<str> = Arc::from(token);
        match state.office.session(&token).await {
            Ok(Some(session)) => {
                request.extensions_mut().insert(Person { session: Arc::new(session), token });
            }
            Ok(None) => {}
            Err(error) => return Fault::from(error).into_response(),
        }
    }
    next.run(request).await
}

/// Whether a path is the API's.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Whose token a request carries, if it holds.
async fn program(state: &WebState, headers: &HeaderMap) -> Result<Option<(Person, ApiToken)>, OfficeError> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, token)) = bearer.and_then(|value| value.split_once(' ')) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let now = state.office.now();
    Ok(state.office.token(token.trim()).await?.map(|(token, account)| {
        // The second step was taken when the token was made.
        let session = Session { account, form_token: String::new(), second_step: true, created_at: now, seen_at: now };
        (Person { session: Arc::new(session), token: Arc::from("") }, token)
    }))
}

/// Lets a program's request through its gate, or says why not.
async fn pass_program(gate: Arc<Gate>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let (person, token) = (request.extensions().get::<Person>(), request.extensions().get::<Arc<ApiToken>>());
    let refused = match (gate.who, person, token) {
        // What the API is, is no secret.
        (Who::Anyone, _, _) if safe => None,
        (who, Some(person), Some(token)) if who.lets(person.role()) => {
            (!safe && token.scope != TokenScope::Write).then_some(StatusCode::FORBIDDEN)
        }
        (_, Some(_), _) => Some(StatusCode::FORBIDDEN),
        (_, None, _) => Some(StatusCode::UNAUTHORIZED),
    };
    match refused {
        Some(status) => Fault::status(status).into_response(),
        None => next.run(request).await,
    }
}

/// Lets a request through its gate, or says why not.
pub(crate) async fn pass(gate: Arc<Gate>, request: Request, next: Next) -> Response {
    if is_api(request.uri().path()) {
        return pass_program(gate, request, next).await;
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !safe && !comes_from_here(request.headers()) {
        return Fault::from(not_from_here()).into_response();
    }
    let person = request.extensions().get::<Person>();
    match (gate.who, person) {
        (Who::Anyone, _) | (Who::Beginning, Some(_)) => next.run(request).await,
        (Who::Beginning | Who::Roles(_), None) => {
            if safe {
                let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let to = format!("/sign-in?next={}", in_query(asked));
                return Redirect::to(&to).into_response();
            }
            Fault::from(signed_out()).into_response()
        }
        (Who::Roles(_), Some(person)) if !person.session.second_step => {
            if safe {
                Redirect::to("/second-step").into_response()
            } else {
                Fault::from(signed_out()).into_response()
            }
        }
        (who @ Who::Roles(_), Some(person)) if who.lets(person.role()) => next.run(request).await,
        // That there is such a page is no secret; what is on it is.
        (Who::Roles(_), Some(_)) => Fault::status(StatusCode::FORBIDDEN).into_response(),
    }
}

/// Whether a request that changes something was made by a page of this server: browsers say so themselves.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        // An old browser: the origin's host is the one that was asked.
        (None, Some(origin)) => {
            origin.split_once("://").map(|(_, host)| host) == text("host") && text("host").is_some()
        }
        (None, None) => false,
    }
}

fn not_from_here() -> OfficeError {
    Told::new("この操作は、このサイトの画面から行ってください。", "this has to be asked for from a page of this site")
        .coded("other-origin")
        .into()
}

fn signed_out() -> OfficeError {
    Told::new(
        "一定時間操作がなかったため、サインアウトしました。もう一度サインインしてください。保存済みの下書きは残っています。",
        "you were signed out because nothing was done for a while; sign in again: drafts are kept",
    )
    .coded("signed-out")
    .into()
}

/// For a query string: all but letters, digits and a few marks as percent-codes.
pub(crate) fn in_query(text: &str) -> String {
    let mut coded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    coded
}

/// A path of this server to go on with after signing in; anything else is the start.
pub(crate) fn local_path(path: &str) -> &str {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/\\")
        && !path.chars().any(|c| c.is_control() || c == '\\');
    if local { path } else { "/home" }
}

/// A form that is only a button.
#[derive(Deserialize)]
pub(crate) struct OnlyButton {}

/// A form of a page: its fields, once the token of the session stands among them.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<WebState> for Form<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &WebState) -> Result<Form<T>, Fault> {
        let person = request.extensions().get::<Person>().cloned();
        let bytes = axum::body::to_bytes(request.into_body(), FORM_BYTES_MOST)
            .await
            .map_err(|_| Fault::status(StatusCode::PAYLOAD_TOO_LARGE))?;
        if let Some(person) = person {
            let pairs: Vec<(String, String)> =
                serde_urlencoded::from_bytes(&bytes).map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
            let given = pairs.iter().find(|(name, _)| name == "form_token").map_or("", |(_, value)| value);
            person.proves(given)?;
        }
        serde_html_form::from_bytes(&bytes).map(Form).map_err(|error| {
            tracing::info!(%error, "a form could not be read");
            Fault::from(OfficeError::from(
                Told::new(
                    "入力の内容を読み取れませんでした。前の画面に戻って、もう一度入力してください。",
                    "the form could not be read; go back and fill it in again",
                )
                .coded("form"),
            ))
        })
    }
}

impl Person {
    /// That a form was made for this session.
    pub(crate) fn proves(&self, form_token: &str) -> Result<(), Fault> {
        if bool::from(self.session.form_token.as_bytes().ct_eq(form_token.as_bytes())) {
            return Ok(());
        }
        Err(OfficeError::from(
            Told::new(
                "この画面は古くなっています。画面を開き直して、もう一度操作してください。",
                "this page is out of date; open it again and try once more",
            )
            .coded("form-token"),
        )
        .into())
    }
}

/// A claim that this person may see. One that is not for their eyes is one that is not there.
pub(crate) async fn claim_for(state: &WebState, person: &Person, id: &str) -> Result<ClaimRecord, Fault> {
    let record = state.office.claim(&id.into()).await?;
    if !person.reaches(&record.claim.facility_code) {
        return Err(Fault::status(StatusCode::NOT_FOUND));
    }
    if person.role() == Role::Auditor {
        // Whatever of it they asked for: page, document, picture or notice.
        state.office.viewed(&record.claim.id, &person.actor()).await?;
    }
    Ok(record)
}

/// A draft of one of this person's institutions.
pub(crate) async fn draft_for(state: &WebState, person: &Person, id: &str) -> Result<Draft, Fault> {
    let draft = state.office.draft(id).await?;
    let own = person.role() == Role::Facility && person.account().facilities.contains(&draft.facility_code);
    if own { Ok(draft) } else { Err(Fault::status(StatusCode::NOT_FOUND)) }
}
