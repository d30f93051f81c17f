//! The account of the token that asks, and its tokens. A password is a person's: no program sees or changes one.

use super::accounts::AccountShown;
use super::call::{All, Call, Done, Json, Made, Nothing, Shown, sha256};
use crate::fault::{Asked, Fault};
use axum::http::StatusCode;
use claim::Sha256;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::TokenScope;
use utoipa::{IntoParams, ToSchema};

/// Whose token asks.
#[derive(Serialize, ToSchema)]
#[schema(as = OwnAccount)]
pub(crate) struct Own {
    account: AccountShown,
    token: TokenShown,
}

/// A token of a program; the token itself is shown once and not kept.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenShown {
    /// Of the token.
    sha256: Sha256,
    /// What its owner calls it.
    name: String,
    /// `read` or `write`.
    scope: &'static str,
    created_at: Timestamp,
    expires_at: Timestamp,
}

fn shown(token: &store::ApiToken) -> TokenShown {
    TokenShown {
        sha256: token.token_sha256,
        name: token.name.clone(),
        scope: token.scope.code(),
        created_at: token.created_at,
        expires_at: token.expires_at,
    }
}

pub(super) async fn show(call: Call<Nothing>) -> Result<Shown<Own>, Fault> {
    Ok(Shown::new(Own { account: AccountShown::new(call.person.account()), token: shown(&call.token) }))
}

pub(super) async fn tokens(call: Call<Nothing>) -> Result<Shown<All<TokenShown>>, Fault> {
    let tokens = call.state.office.store.tokens(&call.person.account().id).await?;
    Ok(Shown::all(tokens.iter().map(shown)))
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = TokenWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// What for, 1 to 100 characters.
    name: String,
    /// `read` or `write`.
    scope: String,
    /// How many days it holds; at most as long as the token that asks.
    days: u32,
}

/// A token, told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    token: String,
    sha256: Sha256,
}

pub(super) async fn add_token(call: Call<Nothing, Nothing, Json<New>>) -> Result<Made<NewToken>, Fault> {
    let Json(new) = call.body;
    let scope = TokenScope::from_code(&new.scope).ok_or_else(|| {
        Asked::body(
            "scope",
            format!("「{}」は使用できません。read 又は write としてください。", new.scope),
            format!("found {:?}, expected read or write", new.scope),
        )
    })?;
    let office = &call.state.office;
    // Else a token that fell into wrong hands would never end.
    let until = office.now().checked_add(SignedDuration::from_hours(24 * i64::from(new.days)));
    if until.map_or(true, |until| until > call.token.expires_at) {
        return Err(Asked::fault(
            StatusCode::UNPROCESSABLE_ENTITY,
            "token-too-long",
            "この要求に使用したトークンの期限より後まで有効なトークンは、作成できません。画面から作成してください。",
            "a token that is made with a token holds no longer than that; make it on the page of the account",
        ));
    }
    let token = office.add_token(call.person.account(), &new.name, scope, new.days).await?;
    let sha256 = office::hash(token.as_bytes());
    Ok(Made::once(NewToken { token, sha256 }))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Id {
    /// Of the token.
    sha256: String,
}

pub(super) async fn end_token(call: Call<Id>) -> Result<Done, Fault> {
    let sha256 = sha256(&call.at.sha256)?;
    call.state.office.end_token(call.person.account(), &sha256).await?;
    Ok(Done)
}

/// Where messages go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Email {
    /// Null for none.
    email: Option<String>,
}

pub(super) async fn change_email(call: Call<Nothing, Nothing, Json<Email>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    call.state.office.change_email(call.person.account(), body.email.as_deref().unwrap_or_default()).await?;
    Ok(Done)
}
