//! Accounts as an administrator keeps them, and invitations of facilities.

use crate::WebState;
use crate::fault::{self, Fault};
use crate::page::{Frame, html};
use crate::session::{Form, OnlyButton, Person};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{InstitutionCode, Role};
use office::{OfficeError, Told, fresh_password};
use serde::Deserialize;
use store::Account;

/// Accounts on one page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Frame,
    accounts: Vec<Account>,
    /// After which id the next page begins, if there is one.
    next: Option<String>,
    roles: [Role; 6],
    /// What is told once: for whom, and a password or an invitation.
    told: Option<(String, String)>,
    error: Option<String>,
}

#[derive(Default, Deserialize)]
pub(crate) struct After {
    after: Option<String>,
}

async fn shown(
    state: &WebState,
    frame: Frame,
    after: Option<&str>,
    told: Option<(String, String)>,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let mut accounts = state.office.store.accounts(after, PAGE + 1).await?;
    let more = accounts.len() > PAGE as usize;
    accounts.truncate(PAGE as usize);
    let next = accounts.last().filter(|_| more).map(|account| account.id.clone());
    let (status, error) = match error {
        Some((status, error)) => (status, Some(error)),
        None => (StatusCode::OK, None),
    };
    let page = AccountsPage { accounts, next, roles: Role::ALL, told, error, frame };
    Ok(html(status, &page.frame, &page))
}

pub(crate) async fn list(
    State(state): State<WebState>,
    frame: Frame,
    Query(query): Query<After>,
) -> Result<Response, Fault> {
    shown(&state, frame, query.after.as_deref(), None, None).await
}

/// Institution codes as somebody lists them: with spaces, commas or lines between.
fn codes(text: &str) -> Result<Vec<InstitutionCode>, OfficeError> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '、' | '，'))
        .filter(|code| !code.is_empty())
        .map(|code| {
            InstitutionCode::parse(code).map_err(|_| {
                Told::new(
                    format!("「{code}」は医療機関等コードではありません。10桁の数字で入力してください。"),
                    format!("{code:?} is no institution code; it has 10 digits"),
                )
                .coded("institution-code")
                .into()
            })
        })
        .collect()
}

#[derive(Deserialize)]
pub(crate) struct NewAccount {
    id: String,
    role: String,
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    facilities: String,
}

pub(crate) async fn add(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<NewAccount>,
) -> Result<Response, Fault> {
    let role = Role::from_code(&form.role).ok_or_else(|| Fault::status(StatusCode::BAD_REQUEST))?;
    let password = fresh_password()?;
    let id = form.id.trim().to_owned();
    let added = match codes(&form.facilities) {
        Ok(facilities) => {
            let new = Account {
                id: id.clone(),
                role,
                name: form.name.trim().to_owned(),
                email: Some(form.email.trim().to_owned()).filter(|email| !email.is_empty()),
                facilities,
                active: true,
                created_at: state.office.now(),
                version: 1,
            };
            state.office.add_account(&new, &password, &person.actor()).await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => shown(&state, frame, None, Some((id, password)), None).await,
        Err(error) => {
            let error = fault::said(error, &frame)?;
            shown(&state, frame, None, None, Some(error)).await
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Changed {
    version: u64,
    role: String,
    #[serde(default)]
    facilities: String,
    #[serde(default)]
    active: Option<String>,
}

pub(crate) async fn change(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<Changed>,
) -> Result<Response, Fault> {
    let known = state.office.store.account(&id).await?.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let role = Role::from_code(&form.role).ok_or_else(|| Fault::status(StatusCode::BAD_REQUEST))?;
    let changed = match codes(&form.facilities) {
        Ok(facilities) => {
            let account = Account { role, facilities, active: form.active.is_some(), version: form.version, ..known };
            state.office.change_account(&account, &person.actor()).await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(Redirect::to("/accounts?done=saved").into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            shown(&state, frame, None, None, Some(error)).await
        }
    }
}

pub(crate) async fn reset(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    let password = state.office.reset_credentials(&id, &person.actor()).await?;
    shown(&state, frame, None, Some((id, password)), None).await
}

#[derive(Deserialize)]
pub(crate) struct Invitation {
    facility: String,
}

pub(crate) async fn invite(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<Invitation>,
) -> Result<Response, Fault> {
    let invited = match codes(&form.facility) {
        Ok(codes) => match codes.as_slice() {
            [code] => {
                state.office.invite(code, &person.actor()).await.map(|(invitation, _)| (code.to_string(), invitation))
            }
            _ => Err(Told::new("医療機関等コードを1つ入力してください。", "give one institution code")
                .coded("institution-code")
                .into()),
        },
        Err(error) => Err(error),
    };
    match invited {
        Ok(told) => shown(&state, frame, None, Some(told), None).await,
        Err(error) => {
            let error = fault::said(error, &frame)?;
            shown(&state, frame, None, None, Some(error)).await
        }
    }
}
