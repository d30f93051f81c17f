//! Sign-in of staff by OpenID Connect: the way to the provider and back (code flow with PKCE, state and nonce), and what
//! its token is worth here.
//!
//! What the provider says is who somebody is; which account that is, and what it may do, is said here. Its metadata and
//! keys are fetched when they are first needed and again after an hour, or when a token does not verify: providers change keys.

use crate::WebState;
use crate::fault::Fault;
use crate::page::Frame;
use crate::session::{Address, Form, OnlyButton, Person, cookie, cookie_value, in_query, local_path};
use crate::sign_in::{account_refused, sign_in_refused};
use axum::extract::{Query, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use claim::Role;
use office::{OfficeError, SecondStep, Told};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, TokenResponse,
};
use serde::Deserialize;
use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};
use store::{Identity, OpenIdAttempt};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

/// The path that the provider sends people back to.
pub const BACK: &str = "/sign-in/openid/back";
/// The key of a sign-in that is under way; gone with the browser.
const COOKIE: &str = "__Host-kofu-openid";
/// How long what a provider says of itself is believed.
const BELIEVED: Duration = Duration::from_secs(3600);
/// How long a provider may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer of a provider that is read.
const ANSWER_BYTES_MOST: usize = 1024 * 1024;

/// What an installation says of its provider.
#[derive(Clone)]
pub struct OpenIdSettings {
    /// Its address, as it stands in its tokens.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// What we prove that with; `None` for a public client, which PKCE alone protects.
    pub client_secret: Option<String>,
    /// Where our pages are, without a slash at the end.
    pub site: String,
    /// What the button says: `府内共通認証`.
    pub name: String,
    /// Values of `acr`, or among `amr`, with which the provider says that it asked for a second step; without one of them
    /// in its token we ask for ours.
    pub second_step: Vec<String>,
}

impl fmt::Debug for OpenIdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdSettings")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A provider of OpenID Connect, and our place with it.
pub struct OpenId {
    settings: OpenIdSettings,
    issuer: IssuerUrl,
    back: RedirectUrl,
    questions: Questions,
    known: Mutex<Option<(Instant, Client)>>,
}

impl fmt::Debug for OpenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenId").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Why a conversation with the provider came to nothing. Only the log says more: whoever signs in can do nothing about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(String);

impl Broken {
    fn of(what: &str, error: &(dyn std::error::Error + 'static)) -> Broken {
        let mut text = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        Broken(text)
    }
}

/// How the provider is asked: no redirects, in good time, and no more of an answer than is read.
struct Questions(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Questions {
    type Error = Broken;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Broken>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

impl Questions {
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Broken> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let mut asked = self.0.request(parts.method, &url).body(body);
        for (name, value) in &parts.headers {
            asked = asked.header(name, value);
        }
        let mut answer = asked.send().await.map_err(|error| Broken::of("no answer", &error))?;
        let mut response = axum::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| Broken::of("the answer broke off", &error))? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MOST {
                return Err(Broken(format!("an answer of more than {ANSWER_BYTES_MOST} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        response.body(bytes).map_err(|error| Broken::of("the answer cannot be read", &error))
    }
}

/// Who the provider says that it is.
struct Known {
    identity: Identity,
    second_step: bool,
}

impl OpenId {
    /// Of an installation's settings. Nothing is fetched yet: the provider may be away while kofu starts.
    pub fn new(settings: OpenIdSettings) -> Result<OpenId, String> {
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|error| format!("issuer: {error}"))?;
        let back = RedirectUrl::new(format!("{}{BACK}", settings.site)).map_err(|error| format!("site: {error}"))?;
        let http = reqwest::Client::builder()
            // A provider that sends us elsewhere would have us ask addresses of its choice.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(OpenId { settings, issuer, back, questions: Questions(http), known: Mutex::new(None) })
    }

    /// What the button says.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// The provider's address, by which identities are kept.
    pub(crate) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// The provider as it describes itself, with its keys.
    async fn client(&self, fresh: bool) -> Result<Client, Broken> {
        // Whoever comes meanwhile waits: one question is enough.
        let mut known = self.known.lock().await;
        if let Some((at, client)) = known.as_ref()
            && !fresh
            && at.elapsed() < BELIEVED
        {
            return Ok(client.clone());
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.questions)
            .await
            .map_err(|error| Broken::of("the provider's description", &error))?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.settings.client_id.clone()),
            self.settings.client_secret.clone().map(ClientSecret::new),
        )
        .set_redirect_uri(self.back.clone());
        *known = Some((Instant::now(), client.clone()));
        Ok(client)
    }

    /// The address at the provider to which somebody is sent, with state, nonce and verifier.
    async fn way(&self) -> Result<(String, [String; 3]), Broken> {
        let client = self.client(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.to_string(), [state.into_secret(), nonce.secret().clone(), verifier.into_secret()]))
    }

    /// Fetches the token for a code, and says whose it is.
    async fn known(&self, state: &WebState, code: String, attempt: OpenIdAttempt) -> Result<Known, Broken> {
        let client = self.client(false).await?;
        let response = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Broken::of("the provider has no place for tokens", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
            .request_async(&self.questions)
            .await
            .map_err(|error| Broken::of("no token", &error))?;
        let token = response.id_token().ok_or_else(|| Broken("the provider gave no ID token".to_owned()))?;
        let nonce = Nonce::new(attempt.nonce);
        let now = state.office.now().as_millisecond();
        // As the tokens' times are judged: by the clock of everything else here.
        let at = move || chrono::DateTime::from_timestamp_millis(now).unwrap_or_default();
        fn judged<'a>(
            client: &'a Client,
            at: impl Fn() -> chrono::DateTime<chrono::Utc> + Send + Sync + 'a,
        ) -> CoreIdTokenVerifier<'a> {
            client.id_token_verifier().set_time_fn(at)
        }
        let renewed;
        let mut verifier = judged(&client, at);
        let claims = match token.claims(&verifier, &nonce) {
            Ok(claims) => claims,
            // It may be signed by a key that is newer than what we know.
            Err(_) => {
                renewed = self.client(true).await?;
                verifier = judged(&renewed, at);
                token.claims(&verifier, &nonce).map_err(|error| Broken::of("the ID token", &error))?
            }
        };
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|error| Broken::of("the ID token's algorithm", &error))?;
            let key = token.signing_key(&verifier).map_err(|error| Broken::of("the ID token's key", &error))?;
            let found = AccessTokenHash::from_token(response.access_token(), algorithm, key)
                .map_err(|error| Broken::of("the access token's hash", &error))?;
            if found != *expected {
                return Err(Broken("the access token is not that of the ID token".to_owned()));
            }
        }
        let says = |value: &str| self.settings.second_step.iter().any(|one| one == value);
        let second_step = claims.auth_context_ref().is_some_and(|acr| says(acr.as_str()))
            || claims.auth_method_refs().is_some_and(|methods| methods.iter().any(|method| says(method.as_str())));
        let subject = claims.subject().as_str().to_owned();
        Ok(Known { identity: Identity { issuer: self.settings.issuer.clone(), subject }, second_step })
    }
}

fn key_cookie(key: &str) -> (HeaderName, HeaderValue) {
    let age = if key.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{COOKIE}={key}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    // A key is hexadecimal digits.
    (header::SET_COOKIE, HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))
}

/// The provider cannot be talked to, or said something that cannot be believed.
fn came_to_nothing(broken: &Broken) -> OfficeError {
    tracing::warn!(error = %broken, "a sign-in by OpenID Connect came to nothing");
    Told::new(
        "外部の認証によるサインインができませんでした。時間をおいてもう一度行うか、利用者IDとパスワードでサインインしてください。",
        "signing in by the provider did not work; try again later, or sign in with your password",
    )
    .coded("openid-failed")
    .into()
}

fn not_configured() -> Fault {
    Fault::status(axum::http::StatusCode::NOT_FOUND)
}

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// Sends somebody to the provider to sign in.
pub(crate) async fn begin(
    State(state): State<WebState>,
    frame: Frame,
    Address(address): Address,
    Query(query): Query<Next>,
) -> Result<Response, Fault> {
    let openid = state.openid.as_ref().ok_or_else(not_configured)?;
    let next = local_path(&query.next).to_owned();
    match openid.way().await {
        Ok((url, secrets)) => {
            let key = state.office.begin_openid(secrets, &next, None, &address).await?;
            Ok(([key_cookie(&key)], Redirect::to(&url)).into_response())
        }
        Err(broken) => sign_in_refused(&state, frame, next, came_to_nothing(&broken)),
    }
}

/// Sends who is signed in to the provider, so that the identity there is linked to the account.
pub(crate) async fn link(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Address(address): Address,
) -> Result<Response, Fault> {
    let openid = state.openid.as_ref().ok_or_else(not_configured)?;
    match openid.way().await {
        Ok((url, secrets)) => {
            let key = state.office.begin_openid(secrets, "/account", Some(person.account()), &address).await?;
            Ok(([key_cookie(&key)], Redirect::to(&url)).into_response())
        }
        Err(broken) => account_refused(&state, frame, &person, came_to_nothing(&broken)).await,
    }
}

/// What the provider sends back.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// Takes up a sign-in that comes back from the provider.
pub(crate) async fn back(
    State(state): State<WebState>,
    frame: Frame,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Fault> {
    let openid = state.openid.as_ref().ok_or_else(not_configured)?;
    let key = cookie_value(&headers, COOKIE).unwrap_or_default().to_owned();
    let person = frame.person().cloned();
    let mut answer = match came_back(&state, openid, &key, back, person.as_ref()).await {
        Ok(done) => done,
        Err(error) => match person.filter(|person| person.session.second_step) {
            Some(person) => account_refused(&state, frame, &person, error).await?,
            None => sign_in_refused(&state, frame, String::new(), error)?,
        },
    };
    // Beside the cookie of the session that begins, and not in its place.
    let (name, value) = key_cookie("");
    answer.headers_mut().append(name, value);
    Ok(answer)
}

async fn came_back(
    state: &WebState,
    openid: &OpenId,
    key: &str,
    back: Back,
    person: Option<&Person>,
) -> Result<Response, OfficeError> {
    let attempt = state.office.take_openid(key).await?;
    // A link to the way back that somebody else made would sign in as them.
    if !bool::from(attempt.state.as_bytes().ct_eq(back.state.as_bytes())) {
        return Err(came_to_nothing(&Broken("the state is another one".to_owned())));
    }
    let Some(code) = back.code else {
        let said: String = back.error.unwrap_or_default().chars().filter(char::is_ascii_graphic).take(60).collect();
        return Err(came_to_nothing(&Broken(format!("the provider said {said:?}"))));
    };
    let next = attempt.next.clone();
    let linked = attempt.account_id.clone();
    let known = openid.known(state, code, attempt).await.map_err(|broken| came_to_nothing(&broken))?;
    if let Some(account) = linked {
        // Whoever went to the provider is who is here now.
        let person = person.filter(|person| person.session.second_step && person.account().id == account);
        let Some(person) = person else {
            return Err(came_to_nothing(&Broken("another account is signed in by now".to_owned())));
        };
        state.office.link_identity(&account, &known.identity, &person.actor()).await?;
        return Ok(Redirect::to("/account?done=linked").into_response());
    }
    if let Some(person) = person {
        state.office.sign_out(&person.token).await?;
    }
    let signed_in = state.office.sign_in_by_openid(&known.identity, known.second_step).await?;
    let to = match signed_in.second_step {
        SecondStep::Done => next,
        SecondStep::Needed | SecondStep::SetUp => format!("/second-step?next={}", in_query(&next)),
    };
    Ok(([cookie(&signed_in.token)], Redirect::to(&to)).into_response())
}

/// Takes the link between this account and the provider away.
pub(crate) async fn unlink(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    let openid = state.openid.as_ref().ok_or_else(not_configured)?;
    match state.office.unlink_identity(&person.account().id, openid.issuer(), &person.actor()).await {
        Ok(()) => Ok(Redirect::to("/account?done=unlinked").into_response()),
        Err(error) => account_refused(&state, frame, &person, error).await,
    }
}

/// What an account's page says of the provider: its name, and whether the account is linked; nothing for a facility.
pub(crate) async fn shown(state: &WebState, person: &Person) -> Result<Option<(String, bool)>, Fault> {
    let Some(openid) = state.openid.as_ref().filter(|_| person.role() != Role::Facility) else { return Ok(None) };
    let linked = state.office.store.has_identity(openid.issuer(), &person.account().id).await;
    Ok(Some((openid.name().to_owned(), linked.map_err(OfficeError::from)?)))
}
