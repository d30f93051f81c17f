//! `kofu budget`: budgets of programmes, their ledger, and what waits for money.

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::cli::BudgetCommand;
use crate::output;
use anyhow::Result;
use claim::{Actor, ClaimId, Lang, ProgrammeId, Yen};
use office::{Budget, Told};
use serde::Serialize;
use store::{BudgetWait, LedgerEntry};

pub(crate) async fn run(app: &App, command: BudgetCommand) -> Result<Done> {
    match command {
        BudgetCommand::Set { programme, yen, reason, by } => {
            let budget = Yen::new(yen).map_err(|error| {
                Told::new("予算額は、0円以上の整数で指定してください。", "a budget is a whole number of yen, 0 or more")
                    .because(error)
            })?;
            let programme: ProgrammeId = programme.as_str().into();
            let taken = app.office.set_budget(&programme, budget, &reason, &by).await?;
            output::say(&match app.lang {
                Lang::Ja => format!("{programme}  予算額を {budget}円としました。"),
                Lang::En => format!("{programme}  the budget is {budget} yen now."),
            });
            say_taken(app, &taken);
            Ok(Done::All)
        }
        BudgetCommand::Show { json } => show(app, json.json).await,
        BudgetCommand::Ledger { programme, json } => ledger(app, &programme.as_str().into(), json.json).await,
        BudgetCommand::Waiting { json } => waiting(app, json.json).await,
    }
}

/// The claims that got their money because there was room again.
pub(super) fn say_taken(app: &App, taken: &[ClaimId]) {
    for claim in taken {
        let text = app.text("予算を確保し、交付決定としました。", "approved: there is money for it now.");
        output::say(&format!("  {claim}  {text}"));
    }
}

#[derive(Serialize)]
struct ListedBudget<'a> {
    programme: &'a ProgrammeId,
    budget_yen: Option<Yen>,
    available_yen: Option<Yen>,
    reserved_yen: Yen,
    paid_yen: Yen,
    waiting: usize,
}

impl<'a> From<&'a Budget> for ListedBudget<'a> {
    fn from(budget: &'a Budget) -> Self {
        ListedBudget {
            programme: &budget.programme,
            budget_yen: budget.balance.budget,
            available_yen: budget.balance.available(),
            reserved_yen: budget.balance.reserved,
            paid_yen: budget.balance.paid,
            waiting: budget.waits.len(),
        }
    }
}

async fn show(app: &App, json: bool) -> Result<Done> {
    let budgets = app.office.budgets().await?;
    if json {
        budgets.iter().try_for_each(|budget| output::json_line(&ListedBudget::from(budget)))?;
        return Ok(Done::All);
    }
    let header = match app.lang {
        Lang::Ja => ["補助事業", "予算額", "残額", "確保額", "支払済額", "予算待ち"],
        Lang::En => ["programme", "budget", "available", "reserved", "paid", "waiting"],
    };
    let unlimited = app.text("設定なし", "none set");
    output::table(
        &header,
        &[1, 2, 3, 4, 5],
        budgets.iter().map(|budget| {
            let or_none = |yen: Option<Yen>| yen.map_or_else(|| unlimited.to_owned(), |yen| yen.to_string());
            vec![
                budget.programme.to_string(),
                or_none(budget.balance.budget),
                or_none(budget.balance.available()),
                budget.balance.reserved.to_string(),
                budget.balance.paid.to_string(),
                budget.waits.len().to_string(),
            ]
        }),
    );
    Ok(Done::All)
}

#[derive(Serialize)]
struct ListedEntry<'a> {
    number: u64,
    at: String,
    kind: &'static str,
    from: &'a str,
    to: &'a str,
    yen: Yen,
    claim_id: Option<&'a ClaimId>,
    by: &'a Actor,
    reason: Option<&'a str>,
    log_index: u64,
    budget_yen: Option<Yen>,
    available_yen: Option<Yen>,
    reserved_yen: Yen,
    paid_yen: Yen,
}

async fn ledger(app: &App, programme: &ProgrammeId, json: bool) -> Result<Done> {
    let mut rows = Vec::new();
    let mut before = None;
    loop {
        let page: Vec<LedgerEntry> = app.office.store.ledger(programme, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        for entry in &page {
            if json {
                output::json_line(&ListedEntry {
                    number: entry.number,
                    at: entry.at.to_string(),
                    kind: entry.kind.code(),
                    from: &entry.from,
                    to: &entry.to,
                    yen: entry.yen,
                    claim_id: entry.claim_id.as_ref(),
                    by: &entry.by,
                    reason: entry.reason.as_deref(),
                    log_index: entry.log_position,
                    budget_yen: entry.balance.budget,
                    available_yen: entry.balance.available(),
                    reserved_yen: entry.balance.reserved,
                    paid_yen: entry.balance.paid,
                })?;
                continue;
            }
            rows.push(vec![
                entry.number.to_string(),
                output::moment(entry.at, app.lang),
                entry.kind.name(app.lang).to_owned(),
                entry.yen.to_string(),
                entry.claim_id.as_ref().map(ToString::to_string).unwrap_or_default(),
                entry.by.to_string(),
                entry.reason.clone().unwrap_or_default(),
                entry.balance.available().map_or_else(|| "-".to_owned(), |yen| yen.to_string()),
                entry.balance.reserved.to_string(),
                entry.balance.paid.to_string(),
            ]);
        }
    }
    if !json {
        let header = match app.lang {
            Lang::Ja => ["番号", "日時", "種類", "円", "申請", "記入者", "理由", "残額", "確保額", "支払済額"],
            Lang::En => ["number", "at", "kind", "yen", "claim", "by", "reason", "available", "reserved", "paid"],
        };
        output::table(&header, &[0, 3, 7, 8, 9], rows);
    }
    Ok(Done::All)
}

#[derive(Serialize)]
struct ListedWait<'a> {
    programme: &'a ProgrammeId,
    claim_id: &'a ClaimId,
    submitted_at: String,
    grant_yen: Yen,
    decided_by: &'a Actor,
    since: String,
}

async fn waiting(app: &App, json: bool) -> Result<Done> {
    let waits: Vec<BudgetWait> = app.office.store.budget_waits(None).await?;
    if json {
        waits.iter().try_for_each(|wait| {
            output::json_line(&ListedWait {
                programme: &wait.programme,
                claim_id: &wait.claim_id,
                submitted_at: wait.submitted_at.to_string(),
                grant_yen: wait.decision.grant_yen,
                decided_by: &wait.decision.decided_by,
                since: wait.since.to_string(),
            })
        })?;
        return Ok(Done::All);
    }
    let header = match app.lang {
        Lang::Ja => ["補助事業", "申請", "申請日時", "円", "決定", "予算待ちの開始"],
        Lang::En => ["programme", "claim", "submitted", "yen", "decided by", "waits since"],
    };
    output::table(
        &header,
        &[3],
        waits.iter().map(|wait| {
            vec![
                wait.programme.to_string(),
                wait.claim_id.to_string(),
                output::moment(wait.submitted_at, app.lang),
                wait.decision.grant_yen.to_string(),
                wait.decision.decided_by.to_string(),
                output::moment(wait.since, app.lang),
            ]
        }),
    );
    Ok(Done::All)
}
