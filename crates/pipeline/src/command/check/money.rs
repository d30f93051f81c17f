//! `kofu check` of money: the ledger against the claims, batches against the log, results against what was paid, accounts
//! against the register. Everything is worked out again from the single rows.

use super::Differences;
use crate::app::App;
use crate::command::facilities::PAGE;
use anyhow::Result;
use claim::{Actor, ClaimId, ClaimState, ProgrammeId, Sha256, Yen};
use decision_log::{Entry, Event, PreparedBatch, ReceivedResults};
use std::collections::{BTreeMap, BTreeSet};
use store::{BatchRecord, BatchState, ClaimFilter, LedgerEntry, LedgerKind, ResultVerdict};

/// What the log says of money.
#[derive(Default)]
pub(super) struct LoggedMoney {
    /// Claims whose grant was given up.
    pub(super) withdrawn: BTreeSet<ClaimId>,
    prepared: BTreeMap<String, PreparedBatch>,
    released: BTreeMap<String, (Sha256, Actor)>,
    /// Who agreed to which release, the last one too.
    agreed: BTreeSet<(String, Actor)>,
    cancelled: BTreeSet<String>,
    /// The last budget of each programme.
    budgets: BTreeMap<ProgrammeId, Yen>,
    results: BTreeMap<Sha256, ReceivedResults>,
    corrected: BTreeSet<(String, ClaimId)>,
    /// The accounts that a second person has looked at.
    looked: BTreeSet<(String, u64)>,
}

impl LoggedMoney {
    /// Takes in an entry of the log.
    pub(super) fn hear(&mut self, entry: &Entry) {
        match &entry.event {
            Event::BatchPrepared(batch) => drop(self.prepared.insert(batch.id.clone(), batch.clone())),
            Event::BatchReleaseAgreed { id, agreed_by, .. } => {
                self.agreed.insert((id.clone(), agreed_by.clone()));
            }
            Event::BatchReleased { id, sha256, released_by } => {
                self.agreed.insert((id.clone(), released_by.clone()));
                self.released.insert(id.clone(), (*sha256, released_by.clone()));
            }
            Event::BatchCancelled { id, .. } => drop(self.cancelled.insert(id.clone())),
            Event::BudgetSet { programme, budget_yen, .. } => {
                self.budgets.insert(programme.clone(), *budget_yen);
            }
            Event::ResultsReceived(results) => drop(self.results.insert(results.sha256, results.clone())),
            Event::ResultCorrected { batch, claim_id, .. } => {
                self.corrected.insert((batch.clone(), claim_id.clone()));
            }
            Event::GrantWithdrawn { claim_id, .. } => drop(self.withdrawn.insert(claim_id.clone())),
            Event::FacilityAccountLooked { facility, number, .. } => {
                self.looked.insert((facility.to_string(), *number));
            }
            _ => {}
        }
    }
}

/// What of a claim matters here.
struct Granted {
    state: ClaimState,
    yen: Option<Yen>,
}

pub(super) async fn check(app: &App, logged: &super::Logged, differences: &mut Differences) -> Result<()> {
    let mut claims = BTreeMap::new();
    let mut after = None;
    loop {
        let page = app.office.store.claims(&ClaimFilter::default(), after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for claim in page {
            let granted = Granted { state: claim.state, yen: claim.granted_yen };
            claims.insert(claim.id, granted);
        }
    }
    ledger(app, &claims, &logged.money, differences).await?;
    let paid = results(app, &logged.money, differences).await?;
    batches(app, &claims, &paid, &logged.money, differences).await?;
    accounts(app, &logged.money, differences).await
}

/// The whole ledger of a programme, the first entry first.
async fn entries(app: &App, programme: &ProgrammeId) -> Result<Vec<LedgerEntry>> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = app.office.store.ledger(programme, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        all.extend(page);
    }
    all.reverse();
    Ok(all)
}

/// Every entry is worked out again, and what the ledger holds of each claim is what its state says.
async fn ledger(
    app: &App,
    claims: &BTreeMap<ClaimId, Granted>,
    logged: &LoggedMoney,
    differences: &mut Differences,
) -> Result<()> {
    // What each claim has reserved and paid.
    let mut held: BTreeMap<ClaimId, (i64, i64)> = BTreeMap::new();
    for (programme, _) in app.office.store.balances().await? {
        let (mut budget, mut reserved, mut paid) = (0_i64, 0_i64, 0_i64);
        let mut limited = false;
        for (expected, entry) in (1..).zip(entries(app, &programme).await?) {
            let place = format!("{programme} entry {}", entry.number);
            if entry.number != expected {
                differences.push("ledger-gap", &place, entry.number, expected);
            }
            let yen = entry.yen.get();
            let of_claim = entry.claim_id.as_ref().map(|id| held.entry(id.clone()).or_default());
            match (entry.kind, of_claim) {
                (LedgerKind::Budget, _) => {
                    budget += if entry.from == "budget" { yen } else { -yen };
                    limited = true;
                }
                (LedgerKind::Reserve, Some(of)) => (reserved, of.0) = (reserved + yen, of.0 + yen),
                (LedgerKind::Release, Some(of)) => (reserved, of.0) = (reserved - yen, of.0 - yen),
                (LedgerKind::Post, Some(of)) => {
                    (reserved, of.0) = (reserved - yen, of.0 - yen);
                    (paid, of.1) = (paid + yen, of.1 + yen);
                }
                (LedgerKind::Correct, Some(of)) => {
                    (reserved, of.0) = (reserved + yen, of.0 + yen);
                    (paid, of.1) = (paid - yen, of.1 - yen);
                }
                (_, None) => differences.push("ledger-claim", &place, "no claim", "a claim"),
            }
            let balance = entry.balance;
            let found = (balance.budget.map(Yen::get), balance.reserved.get(), balance.paid.get());
            let worked_out = (limited.then_some(budget), reserved, paid);
            if found != worked_out {
                differences.push("ledger-balance", &place, format!("{found:?}"), format!("{worked_out:?}"));
            }
        }
        if limited && budget < reserved + paid {
            differences.push("ledger-overdrawn", &programme, reserved + paid, format!("at most {budget}"));
        }
        let last = logged.budgets.get(&programme).map(|yen| yen.get());
        if limited.then_some(budget) != last {
            differences.push(
                "budget-log",
                &programme,
                budget,
                last.map_or_else(|| "none".to_owned(), |yen| yen.to_string()),
            );
        }
    }
    for (id, claim) in claims {
        let yen = claim.yen.map_or(0, Yen::get);
        let expected = match claim.state {
            ClaimState::Paid => (0, yen),
            _ => (yen, 0),
        };
        let found = held.remove(id).unwrap_or_default();
        if found != expected {
            let show = |(reserved, paid): (i64, i64)| format!("{reserved} reserved, {paid} paid");
            differences.push("ledger-claim", id, show(found), show(expected));
        }
    }
    for (id, _) in held {
        differences.push("ledger-claim", id, "an entry", "a claim");
    }
    let waits = app.office.store.budget_waits(None).await?;
    let mut first = BTreeSet::new();
    for wait in &waits {
        let state = claims.get(&wait.claim_id).map(|claim| claim.state);
        if state != Some(ClaimState::InReview) {
            let found = state.map_or("no claim", ClaimState::code);
            differences.push("budget-wait", &wait.claim_id, found, ClaimState::InReview.code());
        }
        // Who comes first and fits should not wait any more.
        if first.insert(wait.programme.clone()) {
            let balances = app.office.store.balances().await?;
            let balance = balances.into_iter().find(|(id, _)| *id == wait.programme).map(|(_, balance)| balance);
            let available = balance.unwrap_or_default().available();
            if available.is_none_or(|available| available >= wait.decision.grant_yen) {
                let found = available.map_or_else(|| "no limit".to_owned(), |yen| format!("{yen} yen available"));
                differences.push("budget-wait", &wait.claim_id, found, "to be taken up: run kofu work --drain");
            }
        }
    }
    Ok(())
}

/// What the kept results say was paid last and sent back last, by batch and claim.
async fn results(
    app: &App,
    logged: &LoggedMoney,
    differences: &mut Differences,
) -> Result<BTreeMap<(String, ClaimId), ResultVerdict>> {
    let mut words = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for batch in app.office.store.batches().await? {
        for file in app.office.store.results(&batch.id).await? {
            seen.insert(file.sha256);
            let place = format!("{} sha256:{}", batch.id, file.sha256);
            if let Err(error) = app.office.store.document(&file.sha256).await {
                differences.push("result-file", &place, crate::worker::chain(&error), "the bank's file");
            }
            let clear = |verdict| -> Vec<ClaimId> {
                file.rows.iter().filter(|row| row.verdict == verdict).filter_map(|row| row.claim_id.clone()).collect()
            };
            let found = (clear(ResultVerdict::Paid), clear(ResultVerdict::Bounced));
            let told = logged.results.get(&file.sha256).map(|told| (told.paid.clone(), told.bounced.clone()));
            if told.as_ref() != Some(&found) {
                differences.push("result-log", &place, format!("{found:?}"), format!("{told:?}"));
            }
            for row in &file.rows {
                if let (ResultVerdict::Paid | ResultVerdict::Bounced, Some(id)) = (row.verdict, &row.claim_id) {
                    words.insert((batch.id.clone(), id.clone()), row.verdict);
                }
            }
        }
    }
    for sha256 in logged.results.keys().filter(|sha256| !seen.contains(sha256)) {
        differences.push(
            "result-file",
            format!("sha256:{sha256}"),
            "nothing",
            "a result that the decision log tells of",
        );
    }
    for corrected in &logged.corrected {
        words.insert(corrected.clone(), ResultVerdict::Bounced);
    }
    Ok(words)
}

/// Batches, their payments and the states of their claims against one another and against the log.
async fn batches(
    app: &App,
    claims: &BTreeMap<ClaimId, Granted>,
    words: &BTreeMap<(String, ClaimId), ResultVerdict>,
    logged: &LoggedMoney,
    differences: &mut Differences,
) -> Result<()> {
    // In which batch each claim is on its way.
    let mut live: BTreeMap<ClaimId, (String, ClaimState)> = BTreeMap::new();
    let mut told: BTreeSet<&String> = logged.prepared.keys().collect();
    for record in app.office.store.batches().await? {
        told.remove(&record.id);
        against_log(app, &record, logged, differences);
        let states = app.office.store.payment_states(&record.id).await?;
        for payment in &record.payments {
            let place = format!("{} {}", record.id, payment.claim_id);
            let Some(claim) = claims.get(&payment.claim_id) else {
                differences.push("payment", &place, "no claim", "a claim");
                continue;
            };
            let word = words.get(&(record.id.clone(), payment.claim_id.clone()));
            let should_live = record.state != BatchState::Cancelled && word != Some(&ResultVerdict::Bounced);
            let lives = states.iter().any(|state| state.claim_id == payment.claim_id && state.live);
            if lives != should_live {
                differences.push("payment-live", &place, lives, should_live);
            }
            if !should_live {
                continue;
            }
            if claim.yen != Some(payment.amount_yen) {
                differences.push("payment", &place, payment.amount_yen, format!("{:?}", claim.yen));
            }
            let state = match (record.state, word) {
                (BatchState::Prepared, _) => ClaimState::Batched,
                (_, Some(ResultVerdict::Paid)) => ClaimState::Paid,
                _ => ClaimState::Sent,
            };
            if let Some((other, _)) = live.insert(payment.claim_id.clone(), (record.id.clone(), state)) {
                differences.push("payment-twice", &payment.claim_id, format!("{other}, {}", record.id), "one batch");
            }
        }
    }
    for id in told {
        differences.push("batch", id, "nothing", "a batch that the decision log tells of");
    }
    for (id, claim) in claims {
        let expected = live.get(id).map(|(_, state)| *state);
        let on_its_way = matches!(claim.state, ClaimState::Batched | ClaimState::Sent | ClaimState::Paid);
        if expected != on_its_way.then_some(claim.state) {
            let (batch, expected) =
                live.get(id).map_or(("no batch", "not on its way"), |(batch, state)| (batch, state.code()));
            differences.push("claim-state", id, claim.state.code(), format!("{expected} ({batch})"));
        }
    }
    Ok(())
}

fn against_log(app: &App, record: &BatchRecord, logged: &LoggedMoney, differences: &mut Differences) {
    let id = &record.id;
    let pays = |prepared: &PreparedBatch| -> Vec<(ClaimId, String, Yen)> {
        let each = prepared.payments.iter();
        each.map(|one| (one.claim_id.clone(), one.facility.to_string(), one.amount_yen)).collect()
    };
    let stored: Vec<(ClaimId, String, Yen)> = record
        .payments
        .iter()
        .map(|one| (one.claim_id.clone(), one.facility_code.to_string(), one.amount_yen))
        .collect();
    let prepared = logged.prepared.get(id);
    let good = prepared.is_some_and(|prepared| {
        let mut pays = pays(prepared);
        pays.sort();
        let mut stored = stored.clone();
        stored.sort();
        pays == stored && prepared.pay_on == record.pay_on && prepared.prepared_by == record.prepared_by
    });
    if !good {
        let found = format!("{} payments on {} by {}", stored.len(), record.pay_on, record.prepared_by);
        let expected = prepared.map_or_else(
            || "nothing".to_owned(),
            |one| format!("{} payments on {} by {}", one.payments.len(), one.pay_on, one.prepared_by),
        );
        differences.push("batch-log", id, found, expected);
    }
    let released = record.content_sha256.zip(record.released_by.clone());
    if released.as_ref() != logged.released.get(id) {
        let show = |one: Option<&(Sha256, Actor)>| {
            one.map_or_else(|| "not released".to_owned(), |(sha256, by)| format!("{sha256} by {by}"))
        };
        differences.push("batch-log", id, show(released.as_ref()), show(logged.released.get(id)));
    }
    if (record.state == BatchState::Cancelled) != logged.cancelled.contains(id) {
        differences.push("batch-log", id, record.state.code(), "what the decision log says of its cancelling");
    }
    for release in &record.releases {
        if !logged.agreed.contains(&(id.clone(), release.by.clone())) {
            differences.push(
                "batch-log",
                id,
                format!("a release by {}", release.by),
                "one that the decision log tells of",
            );
        }
    }
    if let Some(sha256) = record.content_sha256 {
        let again = app.office.batch_content(record).1;
        if again != sha256 {
            differences.push("batch-content", id, again, sha256);
        }
    }
}

/// The register's account of each facility is the last one that came, and who looked at it is in the log.
async fn accounts(app: &App, logged: &LoggedMoney, differences: &mut Differences) -> Result<()> {
    let mut after = None;
    loop {
        let page = app.office.store.facilities(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.code.clone());
        for facility in page {
            let held = app.office.store.facility_account(&facility.code).await?;
            if held.as_ref().and_then(|held| held.account.clone()) != facility.account {
                // The accounts themselves stay out of what is printed.
                differences.push(
                    "account",
                    &facility.code,
                    "another account in the register",
                    "the last one that came",
                );
            }
            if let Some(held) = held.filter(|held| held.looked.is_some())
                && !logged.looked.contains(&(facility.code.to_string(), held.number))
            {
                differences.push(
                    "account-log",
                    &facility.code,
                    "a confirmed account",
                    "one that the decision log tells of",
                );
            }
        }
    }
    Ok(())
}
