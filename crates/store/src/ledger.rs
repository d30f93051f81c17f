//! The ledger of each programme's budget (予算): what is available, reserved by approvals and paid, entry by entry; and the
//! approvals that wait because they did not fit. Every entry is made in the transaction of what it records, and the
//! database takes none that does not follow from the one before it.

use crate::database::{Tx, read, within};
use crate::row::{At, json};
use crate::{ClaimSummary, Rule, Store, StoreError, claims, log, messages, review, sql};
use claim::{Actor, ClaimId, ClaimState, Decision, Lang, LogEntry, MessageKind, ProgrammeId, Yen};
use jiff::Timestamp;
use std::ops::Range;

/// What an entry of the ledger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerKind {
    /// The budget is set: more or less becomes available.
    Budget,
    /// An approval reserves its grant.
    Reserve,
    /// The bank has paid it.
    Post,
    /// It is available again: the bank sent it back, or the grant was withdrawn.
    Release,
    /// It was recorded as paid and was not.
    Correct,
}

impl LedgerKind {
    /// All of them.
    pub const ALL: [LedgerKind; 5] =
        [LedgerKind::Budget, LedgerKind::Reserve, LedgerKind::Post, LedgerKind::Release, LedgerKind::Correct];

    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            LedgerKind::Budget => "budget",
            LedgerKind::Reserve => "reserve",
            LedgerKind::Post => "post",
            LedgerKind::Release => "release",
            LedgerKind::Correct => "correct",
        }
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (LedgerKind::Budget, Lang::Ja) => "予算の設定",
            (LedgerKind::Reserve, Lang::Ja) => "交付決定による確保",
            (LedgerKind::Post, Lang::Ja) => "振込済みの計上",
            (LedgerKind::Release, Lang::Ja) => "確保の解除",
            (LedgerKind::Correct, Lang::Ja) => "振込結果の訂正",
            (_, Lang::En) => self.code(),
        }
    }

    /// From which account to which, for all but budgets, which go either way.
    const fn accounts(self) -> (&'static str, &'static str) {
        match self {
            LedgerKind::Budget => ("budget", "available"),
            LedgerKind::Reserve => ("available", "reserved"),
            LedgerKind::Post => ("reserved", "paid"),
            LedgerKind::Release => ("reserved", "available"),
            LedgerKind::Correct => ("paid", "reserved"),
        }
    }
}

/// What the accounts of a programme hold, in yen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The budget; `None` while none was set, and then nothing runs out.
    pub budget: Option<Yen>,
    /// What approvals have reserved and the bank has not paid.
    pub reserved: Yen,
    /// What the bank has paid.
    pub paid: Yen,
}

impl Balance {
    /// What is left of the budget; `None` where there is none.
    pub fn available(&self) -> Option<Yen> {
        // The database holds that it is not below zero.
        self.budget.map(|budget| Yen::new(budget.get() - self.reserved.get() - self.paid.get()).unwrap_or(Yen::ZERO))
    }
}

/// An entry of the ledger, and what the accounts hold after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Of which programme.
    pub programme: ProgrammeId,
    /// Its place within the programme, from 1.
    pub number: u64,
    /// What it does.
    pub kind: LedgerKind,
    /// From which account.
    pub from: String,
    /// To which.
    pub to: String,
    /// How much.
    pub yen: Yen,
    /// The claim whose grant it moves.
    pub claim_id: Option<ClaimId>,
    /// Why, where it has to be said.
    pub reason: Option<String>,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Where the log tells of it.
    pub log_position: u64,
    /// What the accounts hold then.
    pub balance: Balance,
}

/// A budget to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBudget {
    /// Of which programme.
    pub programme: ProgrammeId,
    /// The whole budget, what is reserved and paid with it.
    pub budget: Yen,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// An approval that waits until the budget has room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetWait {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// When it was first submitted: its place in the order.
    pub submitted_at: Timestamp,
    /// The decision that is entered then.
    pub decision: Decision,
    /// Since when it waits.
    pub since: Timestamp,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    programme: String,
    number: i64,
    kind: String,
    from_account: String,
    to_account: String,
    yen: i64,
    claim_id: Option<String>,
    reason: Option<String>,
    entered_by: String,
    entered_at_ms: i64,
    log_position: i64,
    limited: bool,
    budget_yen: i64,
    reserved_yen: i64,
    paid_yen: i64,
}

impl EntryRow {
    fn entry(self) -> Result<LedgerEntry, StoreError> {
        let at = At::new("ledger_entries", format_args!("{} {}", self.programme, self.number));
        Ok(LedgerEntry {
            number: at.count(self.number)?,
            kind: LedgerKind::ALL
                .into_iter()
                .find(|kind| kind.code() == self.kind)
                .ok_or_else(|| at.wrong(format!("found {:?}, expected a kind of entry", self.kind)))?,
            from: self.from_account,
            to: self.to_account,
            yen: at.yen(self.yen)?,
            claim_id: self.claim_id.map(ClaimId::from),
            reason: self.reason,
            by: Actor::from(self.entered_by),
            at: at.time(self.entered_at_ms)?,
            log_position: at.count(self.log_position)?,
            balance: Balance {
                budget: self.limited.then(|| at.yen(self.budget_yen)).transpose()?,
                reserved: at.yen(self.reserved_yen)?,
                paid: at.yen(self.paid_yen)?,
            },
            programme: self.programme.into(),
        })
    }
}

#[derive(sqlx::FromRow)]
struct WaitRow {
    claim_id: String,
    programme: String,
    submitted_at_ms: i64,
    decision: String,
    waits_since_ms: i64,
}

impl WaitRow {
    fn wait(self) -> Result<BudgetWait, StoreError> {
        let at = At::new("budget_waits", &self.claim_id);
        Ok(BudgetWait {
            programme: self.programme.into(),
            submitted_at: at.time(self.submitted_at_ms)?,
            decision: at.json(&self.decision)?,
            since: at.time(self.waits_since_ms)?,
            claim_id: self.claim_id.into(),
        })
    }
}

/// The last entry of a programme: its balance.
async fn last(tx: &mut Tx, programme: &ProgrammeId) -> Result<Option<LedgerEntry>, StoreError> {
    let row: Option<EntryRow> =
        within!(*tx, |c| sqlx::query_as(sql::LEDGER_LAST).bind(programme.as_str()).fetch_optional(c).await?);
    row.map(EntryRow::entry).transpose()
}

/// Who enters something, when, why, and where the log tells of it.
pub(crate) struct Written<'a> {
    pub(crate) by: &'a Actor,
    pub(crate) at: Timestamp,
    pub(crate) reason: Option<&'a str>,
    pub(crate) log_position: u64,
}

/// Adds an entry after the last one of its programme.
async fn add(
    tx: &mut Tx,
    programme: &ProgrammeId,
    kind: LedgerKind,
    (from, to): (&str, &str),
    yen: Yen,
    claim: Option<&ClaimId>,
    written: &Written<'_>,
) -> Result<(), StoreError> {
    let before = last(tx, programme).await?;
    let number = before.as_ref().map_or(0, |entry| entry.number) + 1;
    let balance = before.map(|entry| entry.balance).unwrap_or_default();
    let moved = |account: &str| match account {
        _ if account == to => yen.get(),
        _ if account == from => -yen.get(),
        _ => 0,
    };
    let overflow = || StoreError::Argument {
        what: "sum in the ledger",
        found: format!("more than {}", Yen::MAX),
        expected: format!("at most {}", Yen::MAX),
    };
    let sum = |held: Yen, moved: i64| held.get().checked_add(moved).ok_or_else(overflow);
    // The budget is where the money comes from, so it grows by what leaves that account.
    let budget = sum(balance.budget.unwrap_or(Yen::ZERO), -moved("budget"))?;
    let reserved = sum(balance.reserved, moved("reserved"))?;
    let paid = sum(balance.paid, moved("paid"))?;
    let available = reserved.checked_add(paid).and_then(|used| budget.checked_sub(used)).ok_or_else(overflow)?;
    within!(*tx, |c| sqlx::query(sql::LEDGER_ADD)
        .bind(programme.as_str())
        .bind(log::signed(number))
        .bind(kind.code())
        .bind(from)
        .bind(to)
        .bind(yen.get())
        .bind(claim.map(ClaimId::as_str))
        .bind(written.reason)
        .bind(written.by.as_str())
        .bind(written.at.as_millisecond())
        .bind(log::signed(written.log_position))
        .bind(kind == LedgerKind::Budget || balance.budget.is_some())
        .bind(budget)
        .bind(available)
        .bind(reserved)
        .bind(paid)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Moves the grant of a claim, which is in the state that this asks for.
pub(crate) async fn move_grant(
    tx: &mut Tx,
    claim: &ClaimSummary,
    kind: LedgerKind,
    written: &Written<'_>,
) -> Result<(), StoreError> {
    // Products are no money.
    let Some(yen) = claim.granted_yen else { return Ok(()) };
    add(tx, &claim.programme, kind, kind.accounts(), yen, Some(&claim.id), written).await
}

/// That the budget has room for a grant, and that nobody who came earlier waits for it.
pub(crate) async fn must_fit(tx: &mut Tx, claim: &ClaimSummary, grant: Yen) -> Result<(), StoreError> {
    let balance = last(tx, &claim.programme).await?.map(|entry| entry.balance).unwrap_or_default();
    let Some(available) = balance.available() else { return Ok(()) };
    let ahead: i64 = within!(*tx, |c| sqlx::query_scalar(sql::BUDGET_WAITS_AHEAD)
        .bind(claim.programme.as_str())
        .bind(claim.submitted_at.as_millisecond())
        .bind(claim.id.as_str())
        .fetch_one(c)
        .await?);
    let ahead = At::new("budget_waits", &claim.id).count(ahead)?;
    if grant <= available && ahead == 0 {
        return Ok(());
    }
    Err(StoreError::BudgetShort {
        claim: claim.id.to_string(),
        programme: claim.programme.clone(),
        needed: grant,
        available,
        ahead,
    })
}

/// Puts an approval that does not fit among those that wait. The claim is in review and stays there.
pub(crate) async fn enter_wait(
    tx: &mut Tx,
    claim: &ClaimSummary,
    decision: &Decision,
    logged: &Range<u64>,
) -> Result<(), StoreError> {
    match must_fit(tx, claim, decision.grant_yen).await {
        Err(StoreError::BudgetShort { .. }) => {}
        Err(error) => return Err(error),
        Ok(()) => return Err(StoreError::BudgetFits { claim: claim.id.to_string() }),
    }
    // Nobody has to look at it: it has been decided.
    review::leave(tx, &claim.id).await?;
    let text = json(decision)?;
    within!(*tx, |c| sqlx::query(sql::BUDGET_WAIT_PUT)
        .bind(claim.id.as_str())
        .bind(claim.programme.as_str())
        .bind(claim.submitted_at.as_millisecond())
        .bind(decision.grant_yen.get())
        .bind(&text)
        .bind(decision.decided_at.as_millisecond())
        .bind(log::signed(logged.end - 1))
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes a claim from those that wait, if it is there.
pub(crate) async fn leave_wait(tx: &mut Tx, id: &ClaimId) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::BUDGET_WAIT_END).bind(id.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

impl Store {
    /// Sets the budget of a programme. Refused ([`Rule::LedgerBudgetKept`]) below what is reserved and paid already.
    pub async fn set_budget(&self, new: &NewBudget, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let held = last(&mut tx, &new.programme).await?.and_then(|entry| entry.balance.budget).unwrap_or(Yen::ZERO);
        let (from, to) = LedgerKind::Budget.accounts();
        let accounts = if new.budget >= held { (from, to) } else { (to, from) };
        let yen = Yen::new((new.budget.get() - held.get()).abs()).unwrap_or(Yen::ZERO);
        let written = Written { by: &new.by, at: new.at, reason: Some(&new.reason), log_position: logged.end - 1 };
        add(&mut tx, &new.programme, LedgerKind::Budget, accounts, yen, None, &written).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// What each programme with a ledger holds, in the order of their ids.
    pub async fn balances(&self) -> Result<Vec<(ProgrammeId, Balance)>, StoreError> {
        let rows: Vec<EntryRow> = read!(self.db, |c| sqlx::query_as(sql::LEDGER_LASTS).fetch_all(c).await?);
        rows.into_iter().map(|row| row.entry().map(|entry| (entry.programme, entry.balance))).collect()
    }

    /// At most `limit` entries of a programme's ledger, the newest first, before a number.
    pub async fn ledger(
        &self,
        programme: &ProgrammeId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let rows: Vec<EntryRow> = read!(self.db, |c| sqlx::query_as(sql::LEDGER_PAGE)
            .bind(programme.as_str())
            .bind(before.map_or(i64::MAX, log::signed))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(EntryRow::entry).collect()
    }

    /// The approvals that wait for money, of one programme or all, in the order in which they are taken up.
    pub async fn budget_waits(&self, programme: Option<&ProgrammeId>) -> Result<Vec<BudgetWait>, StoreError> {
        let rows: Vec<WaitRow> = read!(self.db, |c| sqlx::query_as(sql::BUDGET_WAITS)
            .bind(programme.map(ProgrammeId::as_str))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(WaitRow::wait).collect()
    }

    /// Whether and how a claim waits for money.
    pub async fn budget_wait(&self, id: &ClaimId) -> Result<Option<BudgetWait>, StoreError> {
        let row: Option<WaitRow> =
            read!(self.db, |c| sqlx::query_as(sql::BUDGET_WAIT_GET).bind(id.as_str()).fetch_optional(c).await?);
        row.map(WaitRow::wait).transpose()
    }

    /// Puts a person's approval that does not fit among those that wait. [`StoreError::BudgetFits`] where it does fit by
    /// now, and then nothing has been done.
    pub async fn wait_for_budget(
        &self,
        decision: &Decision,
        expected_version: u64,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let id = decision.claim_id.as_str();
        let mut claim = claims::summary(&mut tx, &decision.claim_id).await?.ok_or_else(|| StoreError::no_claim(id))?;
        claims::as_seen(&claim, expected_version)?;
        if claim.state != ClaimState::InReview {
            return Err(StoreError::Argument {
                what: "state of a claim that waits for money",
                found: claim.state.code().to_owned(),
                expected: ClaimState::InReview.code().to_owned(),
            });
        }
        self.good_decision(&mut tx, &claim, decision).await?;
        enter_wait(&mut tx, &claim, decision, &logged).await?;
        crate::stages::touch(&mut tx, &mut claim).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Gives a grant up that is not on its way: the claim is withdrawn, and its money is available again.
    pub async fn withdraw_grant(
        &self,
        id: &ClaimId,
        expected_version: u64,
        (by, at, reason): (&Actor, Timestamp, &str),
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        claims::as_seen(&claim, expected_version)?;
        if !matches!(claim.state, ClaimState::Approved | ClaimState::Bounced) {
            return Err(StoreError::Argument {
                what: "state of a claim whose grant is withdrawn",
                found: claim.state.code().to_owned(),
                expected: format!("{} or {}", ClaimState::Approved.code(), ClaimState::Bounced.code()),
            });
        }
        let written = Written { by, at, reason: Some(reason), log_position: logged.end - 1 };
        move_grant(&mut tx, &claim, LedgerKind::Release, &written).await?;
        claims::give_up(&mut tx, &mut claim).await?;
        messages::tell(&mut tx, MessageKind::GrantWithdrawn, (&claim.id, claim.revision, 0), at).await?;
        tx.commit().await?;
        Ok(logged)
    }
}

impl StoreError {
    /// Whether a budget was to be set below what is reserved and paid.
    pub fn is_budget_below_use(&self) -> bool {
        self.rule() == Some(Rule::LedgerBudgetKept)
    }
}
