//! Budgets (予算): what each programme may grant, what is reserved and paid, which approvals wait for money, and the ledger
//! behind it. Payment officers set a budget; everybody of the office sees it.

use crate::WebState;
use crate::fault::{self, Fault};
use crate::page::{Frame, html};
use crate::review::programme_name;
use crate::session::{Form, Person};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{ProgrammeId, Role, Yen};
use office::Told;
use serde::Deserialize;

/// Entries of the ledger on one page.
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "budgets.html")]
struct BudgetsPage {
    frame: Frame,
    sets: bool,
    budgets: Vec<BudgetRow>,
    waits: Vec<WaitRow>,
    error: Option<String>,
}

struct BudgetRow {
    id: String,
    name: String,
    budget: String,
    available: String,
    reserved: String,
    paid: String,
    waiting: usize,
}

struct WaitRow {
    claim: String,
    programme: String,
    submitted: String,
    grant: String,
    by: String,
}

async fn listed(
    state: &WebState,
    frame: Frame,
    person: &Person,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let ruleset = state.ruleset.borrow().clone();
    let today = state.office.today();
    let name = |id: &ProgrammeId| programme_name(&ruleset, id, today, frame.lang());
    let none = || frame.t("設定なし", "none set").to_owned();
    let (mut budgets, mut waits) = (Vec::new(), Vec::new());
    for budget in state.office.budgets().await? {
        let balance = budget.balance;
        budgets.push(BudgetRow {
            id: budget.programme.to_string(),
            name: name(&budget.programme),
            budget: balance.budget.map_or_else(none, |yen| frame.yen(&yen)),
            available: balance.available().map_or_else(none, |yen| frame.yen(&yen)),
            reserved: frame.yen(&balance.reserved),
            paid: frame.yen(&balance.paid),
            waiting: budget.waits.len(),
        });
        waits.extend(budget.waits.iter().map(|wait| WaitRow {
            claim: wait.claim_id.to_string(),
            programme: name(&wait.programme),
            submitted: frame.moment(&wait.submitted_at),
            grant: frame.yen(&wait.decision.grant_yen),
            by: wait.decision.decided_by.to_string(),
        }));
    }
    let (status, error) = match error {
        Some((status, error)) => (status, Some(error)),
        None => (StatusCode::OK, None),
    };
    let page = BudgetsPage { sets: person.role() == Role::PaymentOfficer, budgets, waits, error, frame };
    Ok(html(status, &page.frame, &page))
}

/// GET /budgets
pub(crate) async fn list(State(state): State<WebState>, frame: Frame, person: Person) -> Result<Response, Fault> {
    listed(&state, frame, &person, None).await
}

#[derive(Deserialize)]
pub(crate) struct BudgetForm {
    programme: String,
    yen: String,
    reason: String,
}

/// POST /budgets
pub(crate) async fn set(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Form(form): Form<BudgetForm>,
) -> Result<Response, Fault> {
    let digits: String = form.yen.chars().filter(|c| !matches!(c, ',' | '，' | ' ' | '円')).collect();
    let set = match digits.parse().ok().and_then(|yen: i64| Yen::new(yen).ok()) {
        Some(yen) => {
            let programme: ProgrammeId = form.programme.as_str().into();
            state.office.set_budget(&programme, yen, &form.reason, &person.actor()).await
        }
        None => Err(Told::new(
            "予算額は、0以上の数字（円）で入力してください。",
            "enter the budget in yen, as a whole number of 0 or more",
        )
        .coded("budget-form")
        .into()),
    };
    match set {
        Ok(_) => Ok(Redirect::to("/budgets?done=budget-set").into_response()),
        Err(error) => {
            let error = fault::said(error, &frame)?;
            listed(&state, frame, &person, Some(error)).await
        }
    }
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct LedgerPage {
    frame: Frame,
    name: String,
    entries: Vec<EntryRow>,
    next: Option<String>,
}

struct EntryRow {
    number: u64,
    at: String,
    kind: &'static str,
    yen: String,
    claim: Option<String>,
    by: String,
    reason: String,
    available: String,
    reserved: String,
    paid: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct Before {
    before: Option<u64>,
}

/// GET /budgets/{id}
pub(crate) async fn ledger(
    State(state): State<WebState>,
    frame: Frame,
    Path(id): Path<String>,
    Query(before): Query<Before>,
) -> Result<Response, Fault> {
    let programme: ProgrammeId = id.as_str().into();
    let ruleset = state.ruleset.borrow().clone();
    let known = state.office.budgets().await?.iter().any(|budget| budget.programme == programme);
    if !known {
        return Err(Fault::status(StatusCode::NOT_FOUND));
    }
    let page = state.office.store.ledger(&programme, before.before, PAGE).await?;
    let next = page.last().filter(|last| last.number > 1).map(|last| format!("/budgets/{id}?before={}", last.number));
    let entries = page
        .into_iter()
        .map(|entry| EntryRow {
            number: entry.number,
            at: frame.moment(&entry.at),
            kind: entry.kind.name(frame.lang()),
            yen: frame.yen(&entry.yen),
            claim: entry.claim_id.map(|id| id.to_string()),
            by: entry.by.to_string(),
            reason: entry.reason.unwrap_or_default(),
            available: entry.balance.available().map_or_else(|| "-".to_owned(), |yen| frame.yen(&yen)),
            reserved: frame.yen(&entry.balance.reserved),
            paid: frame.yen(&entry.balance.paid),
        })
        .collect();
    let name = programme_name(&ruleset, &programme, state.office.today(), frame.lang());
    let page = LedgerPage { name, entries, next, frame };
    Ok(html(StatusCode::OK, &page.frame, &page))
}
