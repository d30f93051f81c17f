//! A facility corrects its bank account after the bank sent a payment back: a second person of the fund looks at it, and then
//! the grant is paid again.

use crate::WebState;
use crate::fault::{self, Fault};
use crate::page::Frame;
use crate::session::{Form, Person, claim_for};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use claim::{AccountKind, BankAccount, ClaimState};
use office::Told;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct AccountForm {
    bank_code: String,
    #[serde(default)]
    bank_name: String,
    branch_code: String,
    #[serde(default)]
    branch_name: String,
    kind: AccountKind,
    number: String,
    holder: String,
}

/// POST /claims/{id}/account
pub(crate) async fn correct(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<AccountForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let plain = |text: &str| text.trim().to_owned();
    let account = BankAccount {
        bank_code: plain(&form.bank_code),
        bank_name: plain(&form.bank_name),
        branch_code: plain(&form.branch_code),
        branch_name: plain(&form.branch_name),
        kind: form.kind,
        number: plain(&form.number),
        holder: plain(&form.holder),
    };
    let set = if record.claim.state == ClaimState::Bounced {
        state.office.set_account(&record.claim.facility_code, account, &person.actor()).await
    } else {
        Err(Told::new(
            "振込先口座を訂正できるのは、振込不能となった申請だけです。口座の変更は、問合せ先に届け出てください。",
            "an account can be corrected here only after a payment was sent back; tell the fund of other changes",
        )
        .coded("not-bounced")
        .into())
    };
    match set {
        Ok(()) => Ok(Redirect::to(&format!("/claims/{id}?done=account-sent")).into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            super::claim_page::shown_with(&state, frame, record, Some(error)).await
        }
    }
}
