//! Signing in, the second step, signing up with an invitation, signing out, and one's own account.

use crate::WebState;
use crate::fault::{self, Fault};
use crate::page::{Frame, html};
use crate::session::{Address, Form, MaybePerson, OnlyButton, Person, cookie, local_path, no_cookie};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{InstitutionCode, Role};
use office::{OfficeError, SecondStep, SecondStepSetup};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;
use store::{Account, ApiToken, TokenScope};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    id: String,
    /// What the button of the provider says, where there is one.
    openid: Option<String>,
    error: Option<String>,
}

fn provider(state: &WebState) -> Option<String> {
    state.openid.as_ref().map(|openid| openid.name().to_owned())
}

/// The page to sign in, with what was refused.
pub(crate) fn sign_in_refused(
    state: &WebState,
    frame: Frame,
    next: String,
    error: OfficeError,
) -> Result<Response, Fault> {
    let (status, error) = fault::said(error, &frame)?;
    let page = SignInPage { next, id: String::new(), openid: provider(state), error: Some(error), frame };
    Ok(html(status, &page.frame, &page))
}

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

pub(crate) async fn sign_in_page(
    State(state): State<WebState>,
    frame: Frame,
    MaybePerson(person): MaybePerson,
    Query(query): Query<Next>,
) -> Response {
    if person.is_some_and(|person| person.session.second_step) {
        return Redirect::to(local_path(&query.next)).into_response();
    }
    let page = SignInPage {
        next: local_path(&query.next).to_owned(),
        id: String::new(),
        openid: provider(&state),
        error: None,
        frame,
    };
    html(StatusCode::OK, &page.frame, &page)
}

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    id: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn sign_in(
    State(state): State<WebState>,
    frame: Frame,
    Address(address): Address,
    MaybePerson(person): MaybePerson,
    // No token of a form: there is no session yet. Where the request comes from was looked at.
    axum::Form(form): axum::Form<SignInForm>,
) -> Result<Response, Fault> {
    if let Some(person) = person {
        state.office.sign_out(&person.token).await?;
    }
    let next = local_path(&form.next).to_owned();
    match state.office.sign_in(&form.id, &form.password, &address).await {
        Ok(signed_in) => {
            let to = match signed_in.second_step {
                SecondStep::Done => next,
                SecondStep::Needed | SecondStep::SetUp => {
                    format!("/second-step?next={}", crate::session::in_query(&next))
                }
            };
            Ok(([cookie(&signed_in.token)], Redirect::to(&to)).into_response())
        }
        Err(error) => {
            let (status, error) = fault::said(error, &frame)?;
            let page = SignInPage { next, id: form.id, openid: provider(&state), error: Some(error), frame };
            Ok(html(status, &page.frame, &page))
        }
    }
}

#[derive(Template)]
#[template(path = "second_step.html")]
struct SecondStepPage {
    frame: Frame,
    next: String,
    /// Only while it is being set up: the secret, and its picture for a camera.
    setup: Option<(String, String)>,
    error: Option<String>,
}

fn setup_shown(setup: &SecondStepSetup) -> Result<(String, String), Fault> {
    let code = QrCode::new(setup.url.as_bytes())
        .map_err(|error| OfficeError::Inconsistent(format!("no picture of the second step's secret: {error}")))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // Without the XML heading, which has no place inside a page.
    let picture = picture.find("<svg").map_or(String::new(), |at| picture[at..].to_owned());
    let grouped: Vec<String> =
        setup.secret.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    Ok((grouped.join(" "), picture))
}

pub(crate) async fn second_step_page(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(query): Query<Next>,
) -> Result<Response, Fault> {
    let next = local_path(&query.next).to_owned();
    let setup = match state.office.second_step(&person.session).await? {
        SecondStep::Done => return Ok(Redirect::to(&next).into_response()),
        SecondStep::Needed => None,
        SecondStep::SetUp => Some(setup_shown(&state.office.second_step_setup(person.account())?)?),
    };
    let page = SecondStepPage { next, setup, error: None, frame };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

#[derive(Deserialize)]
pub(crate) struct SecondStepForm {
    number: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn second_step(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<SecondStepForm>,
) -> Result<Response, Fault> {
    let next = local_path(&form.next).to_owned();
    let secret: String = form.secret.chars().filter(|c| !c.is_whitespace()).collect();
    let step = state.office.second_step(&person.session).await?;
    let taken = match step {
        SecondStep::Done => return Ok(Redirect::to(&next).into_response()),
        SecondStep::Needed => state.office.take_second_step(&person.token, &person.session, &form.number).await,
        SecondStep::SetUp => state.office.set_second_step(&person.session, &secret, &form.number).await,
    };
    match taken {
        Ok(token) => Ok(([cookie(&token)], Redirect::to(&next)).into_response()),
        Err(error) => {
            let (status, error) = fault::said(error, &frame)?;
            let setup = match step {
                // The same secret again: it may be in the app already.
                SecondStep::SetUp => match state.office.second_step_of(person.account(), &secret) {
                    Ok(setup) => Some(setup_shown(&setup)?),
                    Err(_) => Some(setup_shown(&state.office.second_step_setup(person.account())?)?),
                },
                SecondStep::Done | SecondStep::Needed => None,
            };
            let page = SecondStepPage { next, setup, error: Some(error), frame };
            Ok(html(status, &page.frame, &page))
        }
    }
}

pub(crate) async fn sign_out(
    State(state): State<WebState>,
    person: Person,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    state.office.sign_out(&person.token).await?;
    Ok(([no_cookie()], Redirect::to("/?done=signed-out")).into_response())
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage {
    frame: Frame,
    form: SignUpForm,
    error: Option<String>,
    least: usize,
}

#[derive(Default, Deserialize)]
pub(crate) struct SignUpForm {
    #[serde(default)]
    facility: String,
    #[serde(default)]
    invitation: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub(crate) async fn sign_up_page(frame: Frame) -> Response {
    let page = SignUpPage { frame, form: SignUpForm::default(), error: None, least: office::PASSWORD_LEAST };
    html(StatusCode::OK, &page.frame, &page)
}

pub(crate) async fn sign_up(
    State(state): State<WebState>,
    frame: Frame,
    Address(address): Address,
    axum::Form(form): axum::Form<SignUpForm>,
) -> Result<Response, Fault> {
    let code = InstitutionCode::parse(form.facility.trim());
    let result = match code {
        Err(_) => Err(OfficeError::from(
            office::Told::new(
                "医療機関等コードは、10桁の数字で入力してください。",
                "an institution code has 10 digits",
            )
            .coded("institution-code"),
        )),
        Ok(code) => {
            let email = Some(form.email.trim().to_owned()).filter(|email| !email.is_empty());
            let new = Account {
                id: form.id.trim().to_ascii_lowercase(),
                role: Role::Facility,
                name: form.name.trim().to_owned(),
                email,
                facilities: vec![code],
                active: true,
                created_at: state.office.now(),
                version: 1,
            };
            state.office.sign_up(&new, &form.password, &form.invitation, &address).await
        }
    };
    match result {
        Ok(()) => Ok(Redirect::to("/sign-in?done=signed-up").into_response()),
        Err(error) => {
            let (status, error) = fault::said(error, &frame)?;
            let form = SignUpForm { password: String::new(), ..form };
            let page = SignUpPage { frame, form, error: Some(error), least: office::PASSWORD_LEAST };
            Ok(html(status, &page.frame, &page))
        }
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    role: &'static str,
    tokens: Vec<ApiToken>,
    /// A token that was just made: shown this once.
    made: Option<String>,
    error: Option<String>,
    second_step: bool,
    /// The provider's name, and whether this account is linked to an identity there.
    openid: Option<(String, bool)>,
}

/// The page of one's own account, with what was refused.
pub(crate) async fn account_refused(
    state: &WebState,
    frame: Frame,
    person: &Person,
    error: OfficeError,
) -> Result<Response, Fault> {
    let (status, error) = fault::said(error, &frame)?;
    account_shown(state, frame, person, status, None, Some(error)).await
}

async fn account_shown(
    state: &WebState,
    frame: Frame,
    person: &Person,
    status: StatusCode,
    made: Option<String>,
    error: Option<String>,
) -> Result<Response, Fault> {
    let account = person.account().clone();
    let credentials = state.office.store.credentials(&account.id).await?.unwrap_or_default();
    let page = AccountPage {
        role: account.role.name(frame.lang()),
        tokens: state.office.store.tokens(&account.id).await?,
        second_step: credentials.totp_secret.is_some(),
        openid: crate::openid::shown(state, person).await?,
        made,
        error,
        account,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

pub(crate) async fn account_page(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
) -> Result<Response, Fault> {
    account_shown(&state, frame, &person, StatusCode::OK, None, None).await
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    old: String,
    new: String,
}

pub(crate) async fn change_password(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Fault> {
    match state.office.change_password(person.account(), &form.old, &form.new).await {
        Ok(()) => Ok(([no_cookie()], Redirect::to("/sign-in?done=password")).into_response()),
        Err(error) => account_refused(&state, frame, &person, error).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct EmailForm {
    #[serde(default)]
    email: String,
}

pub(crate) async fn change_email(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<EmailForm>,
) -> Result<Response, Fault> {
    match state.office.change_email(person.account(), &form.email).await {
        Ok(()) => Ok(Redirect::to("/account?done=saved").into_response()),
        Err(error) => account_refused(&state, frame, &person, error).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct TokenForm {
    name: String,
    scope: String,
    days: u32,
}

pub(crate) async fn add_token(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<TokenForm>,
) -> Result<Response, Fault> {
    let scope = TokenScope::from_code(&form.scope).ok_or_else(|| Fault::status(StatusCode::BAD_REQUEST))?;
    match state.office.add_token(person.account(), &form.name, scope, form.days).await {
        // Shown once, so not after a redirect.
        Ok(token) => account_shown(&state, frame, &person, StatusCode::OK, Some(token), None).await,
        Err(error) => account_refused(&state, frame, &person, error).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct TokenEnd {
    sha256: String,
}

pub(crate) async fn end_token(
    State(state): State<WebState>,
    person: Person,
    Form(form): Form<TokenEnd>,
) -> Result<Response, Fault> {
    let sha256 = form.sha256.parse().map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    state.office.end_token(person.account(), &sha256).await?;
    Ok(Redirect::to("/account?done=token-ended").into_response())
}

/// Where each role begins.
pub(crate) async fn home(person: Person) -> Redirect {
    Redirect::to(match person.role() {
        Role::Facility => "/claims",
        Role::Reviewer => "/queue",
        Role::PaymentOfficer | Role::Approver => "/batches",
        Role::Auditor => "/log",
        Role::Administrator => "/accounts",
    })
}
