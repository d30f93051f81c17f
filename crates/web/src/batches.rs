//! Payment batches (支払バッチ): one person prepares, another releases, and then the bank's file can be carried away. That
//! it is another person, and nobody who decided a claim in it, the database holds; the page says so before it is tried.

use crate::WebState;
use crate::document::attachment;
use crate::fault::{self, Fault};
use crate::page::{Frame, html};
use crate::results::{self, ResultsShown};
use crate::session::{Form, OnlyButton, Person};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{Actor, Lang, Payment, Role, Sha256, Yen};
use jiff::civil::Date;
use office::{OfficeError, Released};
use serde::Deserialize;
use store::{BatchRecord, BatchState, BatchSummary};

/// Batches on one page.
const BATCHES: u32 = 50;
/// Payments on one page.
const PAGE: usize = 200;

#[derive(Template)]
#[template(path = "batches.html")]
struct BatchesPage {
    frame: Frame,
    prepares: bool,
    /// Approved claims that wait: how many, and their sum.
    waiting: (u64, String),
    without_account: u64,
    /// Approved claims whose facility's account no second person has looked at yet.
    account_unlooked: u64,
    batches: Vec<BatchRow>,
    /// The address of the next page, if there is one.
    next: Option<String>,
    error: Option<String>,
}

struct BatchRow {
    id: String,
    state: &'static str,
    code: &'static str,
    pay_on: String,
    payments: u64,
    total: String,
    prepared_by: String,
    released_by: String,
}

fn total(payments: &[Payment], frame: &Frame) -> Result<String, Fault> {
    let total = Yen::checked_sum(payments.iter().map(|payment| payment.amount_yen));
    let total = total.ok_or_else(|| OfficeError::Inconsistent("the total of a batch is too large".to_owned()))?;
    Ok(frame.yen(&total))
}

async fn listed(
    state: &WebState,
    frame: Frame,
    person: &Person,
    before: Option<&str>,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let lang = frame.lang();
    let waiting = state.office.store.payable().await?;
    let mut found = state.office.store.batch_page(before, BATCHES + 1).await?;
    let more = found.len() > BATCHES as usize;
    found.truncate(BATCHES as usize);
    let next = found.last().filter(|_| more).map(|batch| format!("/batches?before={}", batch.id));
    let row = |batch: BatchSummary| BatchRow {
        state: batch.state.name(lang),
        code: batch.state.code(),
        pay_on: frame.day(&batch.pay_on),
        payments: batch.payments,
        total: frame.yen(&batch.total_yen),
        prepared_by: batch.prepared_by.to_string(),
        released_by: batch.released_by.map_or_else(|| "-".to_owned(), |by| by.to_string()),
        id: batch.id,
    };
    let batches = found.into_iter().map(row).collect();
    let (status, error) = match error {
        Some((status, error)) => (status, Some(error)),
        None => (StatusCode::OK, None),
    };
    let page = BatchesPage {
        prepares: person.role() == Role::PaymentOfficer,
        waiting: (waiting.claims, frame.yen(&waiting.total_yen)),
        without_account: waiting.without_account,
        account_unlooked: waiting.account_unlooked,
        batches,
        next,
        error,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

#[derive(Default, Deserialize)]
pub(crate) struct Before {
    before: Option<String>,
}

/// GET /batches
pub(crate) async fn list(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(query): Query<Before>,
) -> Result<Response, Fault> {
    listed(&state, frame, &person, query.before.as_deref(), None).await
}

#[derive(Deserialize)]
pub(crate) struct PrepareForm {
    /// Empty: the last business day of the next month.
    #[serde(default)]
    pay_on: String,
}

/// POST /batches
pub(crate) async fn prepare(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<PrepareForm>,
) -> Result<Response, Fault> {
    let day = Some(form.pay_on.trim()).filter(|day| !day.is_empty());
    let day: Option<Date> = match day.map(claim::parse_day).transpose() {
        Ok(day) => day,
        Err(_) => {
            let text = frame.t(
                "振込指定日は、2026-02-27 又は 令和8年2月27日 の形で入力してください。",
                "enter the day of payment as 2026-02-27",
            );
            let error = (StatusCode::UNPROCESSABLE_ENTITY, text.to_owned());
            return listed(&state, frame, &person, None, Some(error)).await;
        }
    };
    match state.office.prepare_batch(&person.actor(), day).await {
        Ok(prepared) => Ok(match prepared.batch {
            Some(batch) => Redirect::to(&format!("/batches/{}?done=prepared", batch.id)).into_response(),
            None => Redirect::to("/batches?done=nothing-to-pay").into_response(),
        }),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            listed(&state, frame, &person, None, Some(error)).await
        }
    }
}

#[derive(Template)]
#[template(path = "batch.html")]
struct BatchPage {
    frame: Frame,
    id: String,
    state: &'static str,
    code: &'static str,
    facts: Vec<(&'static str, String)>,
    sha256: Sha256,
    rows: Vec<PaymentRow>,
    next: Option<String>,
    /// May release it by their role, and it waits for that.
    releases: bool,
    /// Why this person may not, in words.
    barred: Option<String>,
    cancels: bool,
    carries: bool,
    /// What the bank said, of a released batch.
    results: Option<ResultsShown>,
    error: Option<String>,
}

struct PaymentRow {
    claim: String,
    facility: String,
    code: String,
    amount: String,
    account: String,
}

/// Why somebody may not release a batch although their role may: two people.
async fn barred(state: &WebState, batch: &BatchRecord, by: &Actor, frame: &Frame) -> Result<Option<String>, Fault> {
    if batch.prepared_by == *by {
        return Ok(Some(
            frame
                .t(
                    "この支払バッチは、あなたが準備したものです。準備した職員は、承認することができません。別の職員が承認してください。",
                    "you prepared this batch; who prepared it cannot release it, and another person has to",
                )
                .to_owned(),
        ));
    }
    if batch.releases.iter().any(|release| release.by == *by) {
        return Ok(Some(
            frame
                .t(
                    "あなたは、この支払バッチを既に承認しています。この金額では、ほかの職員の承認も必要です。",
                    "you have agreed to this batch already; its sum asks for further persons",
                )
                .to_owned(),
        ));
    }
    let decided = state.office.store.decided_among(&batch.id, by).await?;
    Ok(decided.map(|claim| match frame.lang() {
        Lang::Ja => format!(
            "この支払バッチには、あなたが決定した申請（{claim}）が入っています。申請を決定した職員は、その支払を承認することができません。別の職員が承認してください。"
        ),
        Lang::En => format!(
            "you decided a claim in this batch ({claim}); who decided a claim cannot release its payment, and another \
             person has to"
        ),
    }))
}

pub(crate) async fn shown(
    state: &WebState,
    frame: Frame,
    person: &Person,
    id: &str,
    after: Option<&str>,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let batch = state.office.batch(id).await?;
    let lang = frame.lang();
    let sha256 = batch.content_sha256.unwrap_or_else(|| state.office.batch_content(&batch).1);
    let prepared = batch.state == BatchState::Prepared;
    let releases = prepared && person.role() == Role::Approver;
    let barred = match releases {
        true => barred(state, &batch, &person.actor(), &frame).await?,
        false => None,
    };
    let mut facts = vec![
        (frame.t("振込指定日", "Day of payment"), frame.day(&batch.pay_on)),
        (frame.t("件数", "Payments"), batch.payments.len().to_string()),
        (frame.t("合計", "Total"), total(&batch.payments, &frame)?),
        (frame.t("準備した職員", "Prepared by"), batch.prepared_by.to_string()),
        (frame.t("準備の日時", "Prepared at"), frame.moment(&batch.prepared_at)),
    ];
    if batch.releasers > 1 {
        let agreed: Vec<String> = batch.releases.iter().map(|release| release.by.to_string()).collect();
        let (held, needed) = (agreed.len(), batch.releasers);
        let names = agreed.join(frame.t("、", ", "));
        let words = match lang {
            Lang::Ja => format!("{needed}人のうち{held}人 {names}"),
            Lang::En => format!("{held} of {needed} {names}"),
        };
        facts.push((frame.t("承認の人数", "Agreed"), words));
    }
    if let (Some(by), Some(at)) = (&batch.released_by, &batch.released_at) {
        facts.push((frame.t("承認した職員", "Released by"), by.to_string()));
        facts.push((frame.t("承認の日時", "Released at"), frame.moment(at)));
    }
    let rest = batch.payments.iter().filter(|payment| after.is_none_or(|after| payment.claim_id.as_str() > after));
    let mut rows: Vec<PaymentRow> = rest.take(PAGE + 1).map(payment_row(&frame)).collect();
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| format!("/batches/{id}?after={}", row.claim));
    let (status, error) = match error {
        Some((status, error)) => (status, Some(error)),
        None => (StatusCode::OK, None),
    };
    let page = BatchPage {
        id: id.to_owned(),
        state: batch.state.name(lang),
        code: batch.state.code(),
        facts,
        sha256,
        rows,
        next,
        releases,
        barred,
        cancels: prepared && matches!(person.role(), Role::PaymentOfficer | Role::Approver),
        carries: batch.state == BatchState::Released && matches!(person.role(), Role::PaymentOfficer | Role::Approver),
        results: match batch.state {
            BatchState::Released => Some(results::shown(state, &frame, id).await?),
            BatchState::Prepared | BatchState::Cancelled => None,
        },
        error,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

fn payment_row(frame: &Frame) -> impl Fn(&Payment) -> PaymentRow {
    move |payment| PaymentRow {
        claim: payment.claim_id.to_string(),
        facility: payment.facility_name.clone(),
        code: payment.facility_code.to_string(),
        amount: frame.yen(&payment.amount_yen),
        // Whoever checks it compares the last digits; the whole number is in the files.
        account: {
            let account = &payment.account;
            let digits: Vec<char> = account.number.chars().rev().take(3).collect();
            let end: String = digits.into_iter().rev().collect();
            format!("{} {} …{end}", account.bank_name, account.branch_name)
        },
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct After {
    after: Option<String>,
}

/// GET /batches/{id}
pub(crate) async fn show(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Fault> {
    shown(&state, frame, &person, &id, after.after.as_deref(), None).await
}

#[derive(Deserialize)]
pub(crate) struct ReleaseForm {
    sha256: String,
}

/// POST /batches/{id}/release
pub(crate) async fn release(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, Fault> {
    let seen: Sha256 = form.sha256.parse().map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    match state.office.release_batch(&id, &person.actor(), Some(seen)).await {
        Ok(Released::Wholly) => Ok(Redirect::to(&format!("/batches/{id}?done=released")).into_response()),
        Ok(Released::Agreed(..)) => Ok(Redirect::to(&format!("/batches/{id}?done=agreed")).into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            shown(&state, frame, &person, &id, None, Some(error)).await
        }
    }
}

/// POST /batches/{id}/cancel
pub(crate) async fn cancel(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    match state.office.cancel_batch(&id, &person.actor()).await {
        Ok(()) => Ok(Redirect::to(&format!("/batches/{id}?done=cancelled")).into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            shown(&state, frame, &person, &id, None, Some(error)).await
        }
    }
}

/// GET /batches/{id}/bank-file
pub(crate) async fn bank_file(State(state): State<WebState>, Path(id): Path<String>) -> Result<Response, Fault> {
    let files = state.office.batch_files(&id).await?;
    Ok(attachment(&format!("{id}.{}", files.extension), "application/octet-stream", files.bank_file))
}

/// GET /batches/{id}/list
pub(crate) async fn payment_list(State(state): State<WebState>, Path(id): Path<String>) -> Result<Response, Fault> {
    let files = state.office.batch_files(&id).await?;
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(attachment(&format!("{id}.xlsx"), media_type, files.list))
}
