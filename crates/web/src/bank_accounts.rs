//! Bank accounts of facilities (振込先口座): those that wait for a second person, whole, with what the list of banks says of
//! them. Only who looks at the whole number can say that it is right, so here it stands whole.

use crate::WebState;
use crate::fault::{self, Fault};
use crate::page::{Frame, html};
use crate::session::{Form, Person};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{AccountKind, InstitutionCode, Lang, Role, Sha256};
use office::account_sha256;
use serde::Deserialize;

/// Accounts on one page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "bank_accounts.html")]
struct AccountsPage {
    frame: Frame,
    confirms: bool,
    /// How many wait.
    count: u64,
    accounts: Vec<AccountRow>,
    /// Of which day the list of banks is.
    list: Option<String>,
    next: Option<String>,
    error: Option<String>,
}

struct AccountRow {
    code: String,
    name: String,
    facts: Vec<(&'static str, String)>,
    remarks: Vec<(bool, String)>,
    /// Why this person cannot confirm it.
    barred: Option<&'static str>,
    sha256: Sha256,
}

/// As people read it.
pub(crate) fn kind_name(kind: AccountKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (AccountKind::Ordinary, Lang::Ja) => "普通",
        (AccountKind::Current, Lang::Ja) => "当座",
        (AccountKind::Savings, Lang::Ja) => "貯蓄",
        (AccountKind::Other, Lang::Ja) => "その他",
        (AccountKind::Ordinary, Lang::En) => "ordinary",
        (AccountKind::Current, Lang::En) => "current",
        (AccountKind::Savings, Lang::En) => "savings",
        (AccountKind::Other, Lang::En) => "other",
    }
}

async fn listed(
    state: &WebState,
    frame: Frame,
    person: &Person,
    after: Option<&InstitutionCode>,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let lang = frame.lang();
    let confirms = matches!(person.role(), Role::PaymentOfficer | Role::Approver);
    let held = state.office.store.unlooked_accounts(after, PAGE + 1).await?;
    let more = held.len() > PAGE as usize;
    let mut accounts = Vec::new();
    for held in held.into_iter().take(PAGE as usize) {
        let Some(account) = held.account else { continue };
        let remarks = state.office.account_remarks(&account).await?;
        let mine = held.brought_by == person.actor();
        accounts.push(AccountRow {
            sha256: account_sha256(&account),
            barred: (confirms && mine).then(|| {
                frame.t(
                    "この口座は、あなたが登録したものです。別の職員が確認してください。",
                    "you brought this account; another person has to confirm it",
                )
            }),
            remarks: remarks.iter().map(|remark| (remark.bars, remark.message(lang).to_owned())).collect(),
            facts: vec![
                (frame.t("銀行", "Bank"), format!("{} {}", account.bank_code, account.bank_name)),
                (frame.t("支店", "Branch"), format!("{} {}", account.branch_code, account.branch_name)),
                (frame.t("預金種目", "Kind"), kind_name(account.kind, lang).to_owned()),
                (frame.t("口座番号", "Number"), account.number),
                (frame.t("口座名義", "Holder"), account.holder),
                (frame.t("登録", "Brought by"), format!("{} {}", held.brought_by, frame.moment(&held.brought_at))),
            ],
            code: held.facility_code.to_string(),
            name: held.facility_name,
        });
    }
    let (status, error) = match error {
        Some((status, error)) => (status, Some(error)),
        None => (StatusCode::OK, None),
    };
    let page = AccountsPage {
        confirms,
        count: state.office.store.unlooked_accounts_count().await?,
        list: state.office.store.bank_list().await?.map(|list| frame.day(&list.as_of)),
        next: accounts.last().filter(|_| more).map(|last| format!("/bank-accounts?after={}", last.code)),
        accounts,
        error,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

#[derive(Default, Deserialize)]
pub(crate) struct After {
    after: Option<String>,
}

/// GET /bank-accounts
pub(crate) async fn list(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(after): Query<After>,
) -> Result<Response, Fault> {
    let after = after.after.as_deref().map(InstitutionCode::parse).transpose();
    let after = after.map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    listed(&state, frame, &person, after.as_ref(), None).await
}

#[derive(Deserialize)]
pub(crate) struct ConfirmForm {
    sha256: String,
}

/// POST /bank-accounts/{id}
pub(crate) async fn confirm(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(code): Path<String>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Fault> {
    let code = InstitutionCode::parse(&code).map_err(|_| Fault::status(StatusCode::NOT_FOUND))?;
    let seen: Sha256 = form.sha256.parse().map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    match state.office.look_at_account(&code, &person.actor(), Some(seen)).await {
        Ok(_) => Ok(Redirect::to("/bank-accounts?done=account-confirmed").into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            listed(&state, frame, &person, None, Some(error)).await
        }
    }
}
