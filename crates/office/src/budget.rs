//! Budgets (予算): what a programme may grant, what approvals reserve of it, and what becomes of approvals that do not fit.

use crate::told::told;
use crate::{Office, OfficeError, Told};
use claim::{Actor, ClaimId, ClaimState, Decision, Lang, ProgrammeId, Yen};
use decision_log::Event;
use serde::Deserialize;
use store::{Balance, BudgetWait, NewBudget, StoreError};

/// What becomes of an approval for which the budget has no room; part of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenShort {
    /// It waits, and is taken up in the order of submission when there is money.
    #[default]
    Wait,
    /// It is refused: a person decides the claim otherwise, or asks for more money first.
    Refuse,
}

/// The longest reason of an act on money, in characters.
pub const REASON_MOST: usize = 500;

/// A programme's budget as people look at it.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Which programme.
    pub programme: ProgrammeId,
    /// What its accounts hold.
    pub balance: Balance,
    /// The approvals that wait for money, in the order in which they are taken up.
    pub waits: Vec<BudgetWait>,
}

/// A reason, without the spaces around it. One is needed wherever money moves without a decision or a bank's word.
pub(crate) fn reason_of(reason: &str) -> Result<&str, OfficeError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(told("reason-missing", "理由を入力してください。", "a reason is needed"));
    }
    if reason.chars().count() > REASON_MOST {
        return Err(told(
            "reason-too-long",
            format!("理由は{REASON_MOST}文字以内で入力してください。"),
            format!("a reason has at most {REASON_MOST} characters"),
        ));
    }
    Ok(reason)
}

impl Office {
    /// The budgets of all programmes that grant money today or have a ledger, in the order of their ids.
    pub async fn budgets(&self) -> Result<Vec<Budget>, OfficeError> {
        let ruleset = self.rulebook.on(self.today()).await?;
        let mut balances: std::collections::BTreeMap<ProgrammeId, Balance> = ruleset
            .programmes()
            .filter(|programme| !programme.grants_in_kind())
            .map(|programme| (programme.id().clone(), Balance::default()))
            .collect();
        balances.extend(self.store.balances().await?);
        let mut waits = self.store.budget_waits(None).await?;
        Ok(balances
            .into_iter()
            .map(|(programme, balance)| {
                let (own, rest) = std::mem::take(&mut waits).into_iter().partition(|wait| wait.programme == programme);
                waits = rest;
                Budget { programme, balance, waits: own }
            })
            .collect())
    }

    /// Sets the whole budget of a programme, and takes up what waited for it; gives the claims that were.
    pub async fn set_budget(
        &self,
        programme: &ProgrammeId,
        budget: Yen,
        reason: &str,
        by: &Actor,
    ) -> Result<Vec<ClaimId>, OfficeError> {
        let reason = reason_of(reason)?;
        let ruleset = self.rulebook.on(self.today()).await?;
        match ruleset.programme(programme) {
            None => {
                return Err(told(
                    "unknown-programme",
                    format!("補助事業「{programme}」はありません。番号を確かめてください。"),
                    format!("there is no programme {programme}; check its id"),
                ));
            }
            Some(known) if known.grants_in_kind() => {
                return Err(told(
                    "no-money",
                    format!("補助事業「{programme}」は製品を交付するため、予算額を設定できません。"),
                    format!("{programme} grants products and has no budget of money"),
                ));
            }
            Some(_) => {}
        }
        let held = self.budgets().await?.into_iter().find(|one| one.programme == *programme);
        let balance = held.map(|held| held.balance).unwrap_or_default();
        let event = Event::BudgetSet {
            programme: programme.clone(),
            budget_yen: budget,
            previous_yen: balance.budget,
            reason: reason.to_owned(),
        };
        let new = NewBudget {
            programme: programme.clone(),
            budget,
            reason: reason.to_owned(),
            by: by.clone(),
            at: self.now(),
        };
        self.store.set_budget(&new, &[self.entry(by, event)]).await.map_err(|error| {
            if !error.is_budget_below_use() {
                return OfficeError::from(error);
            }
            let used = balance.reserved.checked_add(balance.paid).unwrap_or(Yen::MAX);
            told(
                "budget-below-use",
                format!(
                    "予算額 {budget}円は、確保済みと支払済みの合計 {used}円を下回ります。{used}円以上としてください。"
                ),
                format!("the budget {budget} is below the {used} yen that are reserved and paid; set at least that"),
            )
        })?;
        self.take_up_waiting().await
    }

    /// Enters the decisions that waited for money and for which there is some, in the order of submission; gives the
    /// claims. Whoever makes room calls it, and workers do between their jobs, so that nothing waits longer than it must.
    pub async fn take_up_waiting(&self) -> Result<Vec<ClaimId>, OfficeError> {
        let mut taken = Vec::new();
        let waits = self.store.budget_waits(None).await?;
        let mut full: Option<ProgrammeId> = None;
        for wait in waits {
            // In the order of submission: once one does not fit, those after it wait as well.
            if full.as_ref() == Some(&wait.programme) {
                continue;
            }
            let version = self.claim(&wait.claim_id).await?.claim.version;
            let decision = Decision { decided_at: self.now(), ..wait.decision };
            let entry = self.entry(&Actor::system(), Event::ClaimDecided { decision: decision.clone() });
            match self.store.decide(&decision, version, &[entry]).await {
                Ok(_) => taken.push(wait.claim_id),
                Err(StoreError::BudgetShort { .. }) => full = Some(wait.programme),
                // Another has taken it up, or decided it otherwise.
                Err(StoreError::Conflict { .. } | StoreError::Step { .. }) => {}
                // What it rests on does not hold any more: it is assessed again.
                Err(StoreError::FactsChanged { .. } | StoreError::AssessmentDiffers { .. }) => {
                    self.reassess(&wait.claim_id, version, &Actor::system()).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(taken)
    }

    /// Enters a decision, or puts an approval that does not fit among those that wait, as the configuration says.
    pub(crate) async fn enter(&self, decision: &Decision, seen: u64) -> Result<(), OfficeError> {
        // Room may come and go between the two; somebody else is at work then, so it settles.
        let mut last = None;
        for _ in 0..3 {
            let event = Event::ClaimDecided { decision: decision.clone() };
            let short = match self.store.decide(decision, seen, &[self.entry(&decision.decided_by, event)]).await {
                Ok(_) => return Ok(()),
                Err(error @ StoreError::BudgetShort { .. }) => error,
                Err(error) => return Err(error.into()),
            };
            let StoreError::BudgetShort { available, ahead, .. } = &short else { return Err(short.into()) };
            if self.settings.when_budget_short == WhenShort::Refuse {
                return Err(Told::new(
                    format!("{} 予算の設定を確かめるか、別の決定としてください。", short.text(Lang::Ja)),
                    format!("{short}; have the budget raised, or decide otherwise"),
                )
                .coded("budget-short")
                .into());
            }
            let event =
                Event::ClaimAwaitsBudget { decision: decision.clone(), available_yen: *available, ahead: *ahead };
            let entry = self.entry(&decision.decided_by, event);
            match self.store.wait_for_budget(decision, seen, &[entry]).await {
                Ok(_) => return Ok(()),
                Err(error @ StoreError::BudgetFits { .. }) => last = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.map_or_else(|| OfficeError::Inconsistent("a budget that never settles".to_owned()), OfficeError::from))
    }

    /// Gives up a grant that is not on its way: approved and in no batch, or sent back by the bank. What it had reserved
    /// is available again; gives the claims that are taken up with it.
    pub async fn withdraw_grant(
        &self,
        id: &ClaimId,
        reason: &str,
        by: &Actor,
        seen: Option<u64>,
    ) -> Result<Vec<ClaimId>, OfficeError> {
        let reason = reason_of(reason)?;
        let claim = self.claim(id).await?.claim;
        if !matches!(claim.state, ClaimState::Approved | ClaimState::Bounced) {
            return Err(told(
                "not-withdrawable",
                format!(
                    "申請 {id} は「{}」の状態です。取り消すことができるのは、支払バッチに入っていない交付決定だけです。",
                    claim.state.name(Lang::Ja)
                ),
                format!("claim {id} is {}; only a grant in no payment batch can be withdrawn", claim.state.code()),
            ));
        }
        let event =
            Event::GrantWithdrawn { claim_id: id.clone(), granted_yen: claim.granted_yen, reason: reason.to_owned() };
        let why = (by, self.now(), reason);
        self.store.withdraw_grant(id, seen.unwrap_or(claim.version), why, &[self.entry(by, event)]).await?;
        self.take_up_waiting().await
    }
}
