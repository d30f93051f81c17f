//! Payment batches: prepared by one person, released by another, carried to the bank.

use super::call::{Attached, Call, Done, Json, Made, NoBody, Nothing, Page, Paging, Shown, page_size, place};
use crate::WebState;
use crate::fault::Fault;
use axum::http::StatusCode;
use claim::{ClaimId, InstitutionCode, Payment, Sha256, Yen};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{BatchState, BatchSummary};
use utoipa::{IntoParams, ToSchema};

/// A batch.
#[derive(Serialize, ToSchema)]
#[schema(as = Batch)]
pub(crate) struct BatchShown {
    /// Such as `B-20260227-01`.
    id: String,
    /// `prepared`, `released` or `cancelled`.
    state: &'static str,
    /// 振込指定日.
    pay_on: Date,
    /// How many.
    payments: u64,
    total_yen: Yen,
    prepared_by: String,
    prepared_at: Timestamp,
    released_by: Option<String>,
    released_at: Option<Timestamp>,
    /// Of what it pays and from which account: what a release has to name. In a list only of released ones.
    content_sha256: Option<Sha256>,
}

impl From<BatchSummary> for BatchShown {
    fn from(batch: BatchSummary) -> BatchShown {
        BatchShown {
            state: batch.state.code(),
            pay_on: batch.pay_on,
            payments: batch.payments,
            total_yen: batch.total_yen,
            prepared_by: batch.prepared_by.to_string(),
            prepared_at: batch.prepared_at,
            released_by: batch.released_by.map(|by| by.to_string()),
            released_at: batch.released_at,
            content_sha256: batch.content_sha256,
            id: batch.id,
        }
    }
}

pub(super) async fn list(call: Call<Nothing, Paging>) -> Result<Shown<Page<BatchShown>>, Fault> {
    let limit = page_size(call.query.limit)?;
    let before = place(call.query.after.as_deref(), |text| Some(text.to_owned()))?;
    let found = call.state.office.store.batch_page(before.as_deref(), limit + 1).await?;
    Ok(Shown::new(Page::of(found, limit, |batch| batch.id.clone(), BatchShown::from)))
}

/// Approved claims that wait for payment.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingForPayment)]
pub(crate) struct Waiting {
    /// How many can be paid.
    claims: u64,
    total_yen: Yen,
    /// How many cannot, because the register has no account of their facility.
    without_account: u64,
    /// How many cannot yet, because no second person has looked at that account.
    account_unlooked: u64,
}

pub(super) async fn waiting(call: Call<Nothing>) -> Result<Shown<Waiting>, Fault> {
    let waiting = call.state.office.store.payable().await?;
    Ok(Shown::new(Waiting {
        claims: waiting.claims,
        total_yen: waiting.total_yen,
        without_account: waiting.without_account,
        account_unlooked: waiting.account_unlooked,
    }))
}

/// How a batch is prepared.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewBatch)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// 振込指定日; the last business day of the next month if it is not said.
    pay_on: Option<Date>,
}

/// What came of preparing.
#[derive(Serialize, ToSchema)]
#[schema(as = PreparedBatch)]
pub(crate) struct Prepared {
    /// Null where no approved claim can be paid.
    batch: Option<BatchShown>,
    /// Claims that stay behind because the register has no account of their facility.
    without_account: Vec<ClaimId>,
    /// Claims that stay behind because no second person has looked at that account.
    account_unlooked: Vec<ClaimId>,
}

pub(super) async fn prepare(call: Call<Nothing, Nothing, Json<New>>) -> Result<Made<Prepared>, Fault> {
    let Json(new) = call.body;
    let prepared = call.state.office.prepare_batch(&call.person.actor(), new.pay_on).await?;
    let office::Prepared { batch, without_account, account_unlooked } = prepared;
    let Some(batch) = batch else {
        return Ok(Made::here(Prepared { batch: None, without_account, account_unlooked }));
    };
    let location = format!("/api/v1/batches/{}", batch.id);
    let batch = Some(whole(&call.state, &batch.id).await?);
    Ok(Made::at(Shown::new(Prepared { batch, without_account, account_unlooked }), location))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Id {
    /// The batch.
    id: String,
}

async fn summary(state: &WebState, id: &str) -> Result<BatchSummary, Fault> {
    state.office.store.batch_summary(id).await?.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))
}

async fn whole(state: &WebState, id: &str) -> Result<BatchShown, Fault> {
    let mut shown = BatchShown::from(summary(state, id).await?);
    if shown.state == BatchState::Prepared.code() {
        let content = state.office.batch_content(&state.office.batch(id).await?).1;
        shown.content_sha256 = Some(content);
    }
    Ok(shown)
}

pub(super) async fn show(call: Call<Id>) -> Result<Shown<BatchShown>, Fault> {
    Ok(Shown::new(whole(&call.state, &call.at.id).await?))
}

/// A payment of a batch.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentShown {
    claim_id: ClaimId,
    facility: InstitutionCode,
    facility_name: String,
    amount_yen: Yen,
    bank: String,
    branch: String,
    /// The last three digits; the whole number is in the files.
    account_ends: String,
}

impl From<Payment> for PaymentShown {
    fn from(payment: Payment) -> PaymentShown {
        let digits: Vec<char> = payment.account.number.chars().collect();
        PaymentShown {
            claim_id: payment.claim_id,
            facility: payment.facility_code,
            facility_name: payment.facility_name,
            amount_yen: payment.amount_yen,
            bank: payment.account.bank_name,
            branch: payment.account.branch_name,
            account_ends: digits[digits.len().saturating_sub(3)..].iter().collect(),
        }
    }
}

/// In the order of the claims' ids.
pub(super) async fn payments(call: Call<Id, Paging>) -> Result<Shown<Page<PaymentShown>>, Fault> {
    let limit = page_size(call.query.limit)?;
    summary(&call.state, &call.at.id).await?;
    let after = place(call.query.after.as_deref(), |text| Some(text.to_owned()))?;
    let found = call.state.office.store.payment_page(&call.at.id, after.as_deref(), limit + 1).await?;
    Ok(Shown::new(Page::of(found, limit, |payment| payment.claim_id.to_string(), PaymentShown::from)))
}

/// What is released.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {
    /// The `content_sha256` of the batch as it was looked at.
    content_sha256: Sha256,
}

pub(super) async fn release(call: Call<Id, Nothing, Json<Release>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    let by = call.person.actor();
    call.state.office.release_batch(&call.at.id, &by, Some(body.content_sha256)).await?;
    Ok(Done)
}

pub(super) async fn cancel(call: Call<Id, Nothing, NoBody>) -> Result<Done, Fault> {
    call.state.office.cancel_batch(&call.at.id, &call.person.actor()).await?;
    Ok(Done)
}

pub(super) async fn bank_file(call: Call<Id>) -> Result<Attached, Fault> {
    let files = call.state.office.batch_files(&call.at.id).await?;
    let media_type = "application/octet-stream".to_owned();
    Ok(Attached { file: format!("{}.txt", call.at.id), media_type, bytes: files.bank_file })
}

pub(super) async fn payment_list(call: Call<Id>) -> Result<Attached, Fault> {
    let files = call.state.office.batch_files(&call.at.id).await?;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned();
    Ok(Attached { file: format!("{}.xlsx", call.at.id), media_type, bytes: files.list })
}
