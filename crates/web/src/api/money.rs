//! Budgets, accounts of facilities and results of banks, for programs.

use super::call::{All, Call, Done, File, Json, Made, Nothing, Page, Paging, Shown, page_size, place};
use crate::fault::{Asked, Fault};
use crate::session::claim_for;
use axum::http::StatusCode;
use claim::{BankAccount, ClaimId, InstitutionCode, ProgrammeId, Sha256, Yen};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{FacilityAccount, LedgerEntry, ResultRow};
use utoipa::{IntoParams, ToSchema};

/// A programme's money.
#[derive(Serialize, ToSchema)]
#[schema(as = Budget)]
pub(crate) struct BudgetShown {
    programme: ProgrammeId,
    /// Null where no budget was set: then nothing runs out.
    budget_yen: Option<Yen>,
    available_yen: Option<Yen>,
    reserved_yen: Yen,
    paid_yen: Yen,
    /// Claims whose approval waits for money, in the order in which they are taken up.
    waiting: Vec<ClaimId>,
}

impl From<office::Budget> for BudgetShown {
    fn from(budget: office::Budget) -> BudgetShown {
        BudgetShown {
            programme: budget.programme,
            budget_yen: budget.balance.budget,
            available_yen: budget.balance.available(),
            reserved_yen: budget.balance.reserved,
            paid_yen: budget.balance.paid,
            waiting: budget.waits.into_iter().map(|wait| wait.claim_id).collect(),
        }
    }
}

pub(super) async fn budgets(call: Call<Nothing>) -> Result<Shown<All<BudgetShown>>, Fault> {
    Ok(Shown::all(call.state.office.budgets().await?.into_iter().map(BudgetShown::from)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct ProgrammeAt {
    /// The programme.
    id: String,
}

/// A budget to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBudget {
    /// The whole budget, what is reserved and paid with it.
    budget_yen: Yen,
    reason: String,
}

/// Claims that were approved because there is money now.
#[derive(Serialize, ToSchema)]
pub(crate) struct TakenUp {
    approved: Vec<ClaimId>,
}

pub(super) async fn set_budget(call: Call<ProgrammeAt, Nothing, Json<NewBudget>>) -> Result<Shown<TakenUp>, Fault> {
    let Json(new) = call.body;
    let programme: ProgrammeId = call.at.id.as_str().into();
    let approved = call.state.office.set_budget(&programme, new.budget_yen, &new.reason, &call.person.actor()).await?;
    Ok(Shown::new(TakenUp { approved }))
}

/// An entry of the ledger, and what the accounts hold after it.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub(crate) struct EntryShown {
    number: u64,
    /// `budget`, `reserve`, `post`, `release` or `correct`.
    kind: &'static str,
    from: String,
    to: String,
    yen: Yen,
    claim_id: Option<ClaimId>,
    reason: Option<String>,
    by: String,
    at: Timestamp,
    log_position: u64,
    reserved_yen: Yen,
    paid_yen: Yen,
}

impl From<LedgerEntry> for EntryShown {
    fn from(entry: LedgerEntry) -> EntryShown {
        EntryShown {
            number: entry.number,
            kind: entry.kind.code(),
            from: entry.from,
            to: entry.to,
            yen: entry.yen,
            claim_id: entry.claim_id,
            reason: entry.reason,
            by: entry.by.to_string(),
            at: entry.at,
            log_position: entry.log_position,
            reserved_yen: entry.balance.reserved,
            paid_yen: entry.balance.paid,
        }
    }
}

/// The last entry first.
pub(super) async fn ledger(call: Call<ProgrammeAt, Paging>) -> Result<Shown<Page<EntryShown>>, Fault> {
    let limit = page_size(call.query.limit)?;
    let before = place(call.query.after.as_deref(), |text| text.parse().ok())?;
    let programme: ProgrammeId = call.at.id.as_str().into();
    let known = call.state.office.budgets().await?.iter().any(|budget| budget.programme == programme);
    if !known {
        return Err(Fault::status(StatusCode::NOT_FOUND));
    }
    let found = call.state.office.store.ledger(&programme, before, limit + 1).await?;
    Ok(Shown::new(Page::of(found, limit, |entry| entry.number.to_string(), EntryShown::from)))
}

/// An account of a facility that waits for a second person.
#[derive(Serialize, ToSchema)]
#[schema(as = FacilityAccount)]
pub(crate) struct AccountShown {
    facility: InstitutionCode,
    facility_name: String,
    bank: String,
    branch: String,
    /// The last three digits.
    account_ends: String,
    brought_by: String,
    brought_at: Timestamp,
    /// What a confirmation names.
    sha256: Option<Sha256>,
}

impl From<FacilityAccount> for AccountShown {
    fn from(held: FacilityAccount) -> AccountShown {
        let account = held.account.as_ref();
        let digits: Vec<char> = account.map(|one| one.number.chars().collect()).unwrap_or_default();
        AccountShown {
            facility: held.facility_code,
            facility_name: held.facility_name,
            bank: account.map(|one| one.bank_name.clone()).unwrap_or_default(),
            branch: account.map(|one| one.branch_name.clone()).unwrap_or_default(),
            account_ends: digits[digits.len().saturating_sub(3)..].iter().collect(),
            brought_by: held.brought_by.to_string(),
            brought_at: held.brought_at,
            sha256: account.map(office::account_sha256),
        }
    }
}

pub(super) async fn accounts(call: Call<Nothing, Paging>) -> Result<Shown<Page<AccountShown>>, Fault> {
    let limit = page_size(call.query.limit)?;
    let after = place(call.query.after.as_deref(), |text| InstitutionCode::parse(text).ok())?;
    let found = call.state.office.store.unlooked_accounts(after.as_ref(), limit + 1).await?;
    Ok(Shown::new(Page::of(found, limit, |held| held.facility_code.to_string(), AccountShown::from)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct FacilityAt {
    /// The institution code.
    id: String,
}

/// An account that was looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looked {
    /// The `sha256` of the account as it was looked at.
    sha256: Sha256,
}

/// Claims that can be paid again.
#[derive(Serialize, ToSchema)]
pub(crate) struct PayableAgain {
    claims: Vec<ClaimId>,
}

pub(super) async fn confirm_account(
    call: Call<FacilityAt, Nothing, Json<Looked>>,
) -> Result<Made<PayableAgain>, Fault> {
    let Json(looked) = call.body;
    let code = InstitutionCode::parse(&call.at.id).map_err(|_| Fault::status(StatusCode::NOT_FOUND))?;
    let claims = call.state.office.look_at_account(&code, &call.person.actor(), Some(looked.sha256)).await?;
    Ok(Made::here(PayableAgain { claims }))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct ClaimAt {
    /// The claim.
    id: String,
}

/// Another account, after a payment was sent back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBankAccount)]
pub(crate) struct NewAccount {
    bank_code: String,
    bank_name: String,
    branch_code: String,
    branch_name: String,
    kind: claim::AccountKind,
    number: String,
    holder: String,
}

pub(super) async fn correct_account(call: Call<ClaimAt, Nothing, Json<NewAccount>>) -> Result<Done, Fault> {
    let Json(new) = call.body;
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    if record.claim.state != claim::ClaimState::Bounced {
        return Err(Asked::fault(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not-bounced",
            "振込先口座を訂正できるのは、振込不能となった申請だけです。",
            "an account can be corrected here only after a payment was sent back",
        ));
    }
    let account = BankAccount {
        bank_code: new.bank_code,
        bank_name: new.bank_name,
        branch_code: new.branch_code,
        branch_name: new.branch_name,
        kind: new.kind,
        number: new.number,
        holder: new.holder,
    };
    call.state.office.set_account(&record.claim.facility_code, account, &call.person.actor()).await?;
    Ok(Done)
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct BatchAt {
    /// The batch.
    id: String,
}

/// A record of a bank's result, or a payment that it does not have.
#[derive(Serialize, ToSchema)]
#[schema(as = BankResult)]
pub(crate) struct RowShown {
    /// Where in the file; null for what is missing there.
    place: Option<String>,
    /// What it was taken for: `paid`, `bounced`, `missing`, `unknown`, `twice`, `wrong-amount` and so on.
    verdict: &'static str,
    claim_id: Option<ClaimId>,
    amount_yen: Option<Yen>,
    reason: Option<String>,
}

impl From<ResultRow> for RowShown {
    fn from(row: ResultRow) -> RowShown {
        RowShown {
            place: row.place,
            verdict: row.verdict.code(),
            claim_id: row.claim_id,
            amount_yen: row.amount,
            reason: row.reason,
        }
    }
}

/// A file of results as it was matched.
#[derive(Serialize, ToSchema)]
#[schema(as = BankResults)]
pub(crate) struct ResultsShown {
    /// Of the file; null in the answer to the file itself.
    sha256: Option<Sha256>,
    batch: String,
    /// The file had been received before; nothing was changed.
    known: bool,
    rows: Vec<RowShown>,
}

pub(super) async fn results(call: Call<BatchAt>) -> Result<Shown<All<ResultsShown>>, Fault> {
    let batch = call.state.office.batch(&call.at.id).await?.id;
    let files = call.state.office.store.results(&batch).await?.into_iter().map(|file| ResultsShown {
        sha256: Some(file.sha256),
        batch: batch.clone(),
        known: true,
        rows: file.rows.into_iter().map(RowShown::from).collect(),
    });
    Ok(Shown::all(files))
}

/// How a file of results is called.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    /// The file's name.
    file: String,
}

pub(super) async fn receive_results(call: Call<BatchAt, Upload, File>) -> Result<Made<ResultsShown>, Fault> {
    let File(bytes) = call.body;
    let by = call.person.actor();
    let done = call.state.office.receive_results(&bytes, &call.query.file, Some(&call.at.id), &by, call.lang).await?;
    let rows = done.rows.into_iter().map(RowShown::from).collect();
    Ok(Made::here(ResultsShown { sha256: None, batch: done.batch, known: done.known, rows }))
}

/// A payment that was recorded as paid and was not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrong {
    claim_id: ClaimId,
    reason: String,
}

pub(super) async fn correct_result(call: Call<BatchAt, Nothing, Json<Wrong>>) -> Result<Done, Fault> {
    let Json(wrong) = call.body;
    call.state.office.correct_result(&call.at.id, &wrong.claim_id, &wrong.reason, &call.person.actor()).await?;
    Ok(Done)
}
