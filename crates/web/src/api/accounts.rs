//! Accounts as an administrator keeps them, and invitations of facilities.

use super::call::{Call, Json, Made, NoBody, Nothing, Page, Paging, Shown, page_size, place};
use crate::fault::Fault;
use axum::http::StatusCode;
use claim::{InstitutionCode, Role};
use jiff::Timestamp;
use office::fresh_password;
use serde::{Deserialize, Serialize};
use store::Account;
use utoipa::{IntoParams, ToSchema};

/// An account (利用者).
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountShown {
    /// What is typed to sign in.
    id: String,
    role: Role,
    name: String,
    email: Option<String>,
    /// The institutions that it acts for; only a facility's account has any.
    facilities: Vec<InstitutionCode>,
    /// False once it is closed.
    active: bool,
    created_at: Timestamp,
}

impl AccountShown {
    pub(super) fn new(account: &Account) -> AccountShown {
        AccountShown {
            id: account.id.clone(),
            role: account.role,
            name: account.name.clone(),
            email: account.email.clone(),
            facilities: account.facilities.clone(),
            active: account.active,
            created_at: account.created_at,
        }
    }
}

/// In the order of their ids.
pub(super) async fn list(call: Call<Nothing, Paging>) -> Result<Shown<Page<AccountShown>>, Fault> {
    let limit = page_size(call.query.limit)?;
    let after = place(call.query.after.as_deref(), |text| Some(text.to_owned()))?;
    let found = call.state.office.store.accounts(after.as_deref(), limit + 1).await?;
    let shown = |account: Account| AccountShown::new(&account);
    Ok(Shown::new(Page::of(found, limit, |account| account.id.clone(), shown)))
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewAccount)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// 3 to 40 small letters, digits and `-`, `_`, `.`.
    id: String,
    role: Role,
    /// 1 to 100 characters.
    name: String,
    email: Option<String>,
    /// At least one for a facility's account, none for others.
    #[serde(default)]
    facilities: Vec<InstitutionCode>,
}

/// A password, told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Password {
    account: String,
    password: String,
}

pub(super) async fn add(call: Call<Nothing, Nothing, Json<New>>) -> Result<Made<Password>, Fault> {
    let Json(new) = call.body;
    let password = fresh_password()?;
    let account = Account {
        id: new.id.trim().to_owned(),
        role: new.role,
        name: new.name.trim().to_owned(),
        email: new.email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty()),
        facilities: new.facilities,
        active: true,
        created_at: call.state.office.now(),
        version: 1,
    };
    call.state.office.add_account(&account, &password, &call.person.actor()).await?;
    Ok(Made::once(Password { account: account.id, password }))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Id {
    /// The account.
    id: String,
}

async fn known(call: &crate::WebState, id: &str) -> Result<Account, Fault> {
    call.office.store.account(id).await?.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))
}

pub(super) async fn show(call: Call<Id>) -> Result<Shown<AccountShown>, Fault> {
    let account = known(&call.state, &call.at.id).await?;
    Ok(Shown::at(AccountShown::new(&account), account.version))
}

/// What an account becomes.
#[derive(Deserialize, ToSchema)]
#[schema(as = AccountChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changed {
    role: Role,
    #[serde(default)]
    facilities: Vec<InstitutionCode>,
    /// False closes it: it cannot sign in any more and its tokens end.
    active: bool,
}

pub(super) async fn change(call: Call<Id, Nothing, Json<Changed>>) -> Result<Shown<AccountShown>, Fault> {
    let Json(body) = call.body;
    let account = known(&call.state, &call.at.id).await?;
    let changed =
        Account { role: body.role, facilities: body.facilities, active: body.active, version: call.seen, ..account };
    call.state.office.change_account(&changed, &call.person.actor()).await?;
    let now = known(&call.state, &call.at.id).await?;
    Ok(Shown::at(AccountShown::new(&now), now.version))
}

pub(super) async fn reset(call: Call<Id, Nothing, NoBody>) -> Result<Made<Password>, Fault> {
    let account = known(&call.state, &call.at.id).await?.id;
    let password = call.state.office.reset_credentials(&account, &call.person.actor()).await?;
    Ok(Made::once(Password { account, password }))
}

/// Which institution is invited.
#[derive(Deserialize, ToSchema)]
#[schema(as = InvitedFacility)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invited {
    /// 医療機関等コード.
    facility: InstitutionCode,
}

/// An invitation, told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    facility: InstitutionCode,
    /// For the letter.
    invitation: String,
    expires_at: Timestamp,
}

pub(super) async fn invite(call: Call<Nothing, Nothing, Json<Invited>>) -> Result<Made<Invitation>, Fault> {
    let Json(Invited { facility }) = call.body;
    let (invitation, expires_at) = call.state.office.invite(&facility, &call.person.actor()).await?;
    Ok(Made::once(Invitation { facility, invitation, expires_at }))
}
