//! What people who review do with a claim besides deciding it: correct what was read, have it assessed again, hand it to
//! another, leave a note, and see who else has it before them. And what an auditor's look at it leaves behind.

use crate::{Assessed, Office, OfficeError, Told};
use claim::{
    Actor, Adjustment, AdjustmentError, ClaimId, ClaimState, Dossier, Lang, LogEntry, ReadField, Reading, Role,
    StatedField, Waiting,
};
use decision_log::{AdjustedField, Event};
use jiff::SignedDuration;
use rules::Ruleset;
use store::{ClaimSummary, KeptAdjustment, Look, Note};

/// For how long somebody who opened a claim is said to have it before them.
pub const LOOKING: SignedDuration = SignedDuration::from_mins(5);
/// Within what time an auditor's looks at one claim are one entry of the log.
pub const ONE_LOOK: SignedDuration = SignedDuration::from_hours(1);
/// The most characters of a note or a reason.
pub const NOTE_MOST: usize = 2000;

/// Why a facility's own correction is there.
const STATED: &str = "申請のときに医療機関等が訂正";

/// What a person corrects, as they typed it.
#[derive(Clone, Debug)]
pub struct Correction<'a> {
    /// Which document of the current revision, from 0.
    pub position: u32,
    /// Which field.
    pub field: ReadField,
    /// What it is.
    pub value: &'a str,
    /// Why.
    pub reason: &'a str,
    /// The version of the claim that was looked at.
    pub seen: u64,
}

fn in_review(claim: &ClaimSummary) -> Result<(), Told> {
    if claim.state == ClaimState::InReview {
        return Ok(());
    }
    Err(Told::new(
        format!("申請 {} は「{}」の状態で、担当者の決定を待っていません。", claim.id, claim.state.name(Lang::Ja)),
        format!("claim {} is {} and does not wait for a decision", claim.id, claim.state.code()),
    )
    .coded("not-waiting"))
}

fn words<'a>(text: &'a str, what: (&str, &str)) -> Result<&'a str, Told> {
    let text = text.trim();
    let (ja, en) = what;
    if text.is_empty() {
        return Err(Told::new(format!("{ja}を入力してください。"), format!("enter {en}")).coded("reason-missing"));
    }
    if text.chars().count() > NOTE_MOST {
        return Err(Told::new(
            format!("{ja}は{NOTE_MOST}文字以内としてください。"),
            format!("{en} has at most {NOTE_MOST} characters"),
        )
        .coded("too-long"));
    }
    Ok(text)
}

impl Office {
    /// Where a claim that was just assessed waits, if it waits for a person.
    pub fn waiting(dossier: &Dossier, ruleset: &Ruleset, assessed: &Assessed) -> Waiting {
        let day = claim::day_in_japan(dossier.submitted_at);
        let deadline = ruleset.programme(&dossier.programme).map(|programme| programme.deadline(day));
        let kind = dossier.facility.as_ref().map(|facility| facility.kind);
        Waiting::of(&dossier.facility_code, kind, dossier.submitted_at, deadline, &assessed.assessment)
    }

    /// What was read of a claim's revision, as people corrected it, and the corrections.
    pub async fn corrected(
        &self,
        id: &ClaimId,
        revision: u32,
    ) -> Result<(Vec<Reading>, Vec<KeptAdjustment>), OfficeError> {
        let mut readings = self.store.readings(id, revision).await?;
        let adjustments = self.store.adjustments(id, revision).await?;
        for kept in &adjustments {
            let position = usize::try_from(kept.adjustment.position).ok();
            let reading = position.and_then(|position| readings.get_mut(position)).ok_or_else(|| {
                OfficeError::Inconsistent(format!("a correction of claim {id} is of no document of it"))
            })?;
            kept.adjustment
                .apply(reading)
                .map_err(|error| OfficeError::Inconsistent(format!("a correction of claim {id}: {error}")))?;
        }
        Ok((readings, adjustments))
    }

    /// Corrects what was read from a document of a claim in review, and has it assessed again.
    pub async fn correct(&self, id: &ClaimId, wanted: Correction<'_>, by: &Actor) -> Result<(), OfficeError> {
        let claim = self.claim(id).await?.claim;
        in_review(&claim)?;
        let reason = words(wanted.reason, ("訂正の理由", "why it is corrected"))?;
        let told = |error: AdjustmentError| Told::new(error.message(Lang::Ja), error.message(Lang::En)).coded("value");
        let (mut readings, _) = self.corrected(id, claim.revision).await?;
        let reading = usize::try_from(wanted.position)
            .ok()
            .and_then(|position| readings.get_mut(position))
            .ok_or_else(|| told(AdjustmentError::NoField))?;
        let old = wanted.field.value(reading);
        let value = wanted.value.trim().to_owned();
        let adjustment = Adjustment { position: wanted.position, field: wanted.field, value, by: by.clone() };
        let mut tried = reading.clone();
        adjustment.apply(&mut tried).map_err(told)?;
        let kept = KeptAdjustment { adjustment, old, reason: reason.to_owned(), at: self.now() };
        self.store.adjust(id, &kept, wanted.seen, &[self.adjusted(id, claim.revision, &kept)]).await?;
        Ok(())
    }

    /// The entry that tells of a correction.
    pub fn adjusted(&self, id: &ClaimId, revision: u32, kept: &KeptAdjustment) -> LogEntry {
        let event = Event::FieldAdjusted(Box::new(AdjustedField {
            claim_id: id.clone(),
            revision,
            position: kept.adjustment.position,
            field: kept.adjustment.field.to_string(),
            old: kept.old.clone(),
            new: kept.adjustment.value.clone(),
            reason: kept.reason.clone(),
        }));
        self.entry(&kept.adjustment.by, event)
    }

    /// What a facility stated of documents that have been read now, as corrections of its own; `readings` are then as they
    /// say. What does not fit what was read is left out: the facility stated it of another reading.
    pub fn stated(
        &self,
        claim: &ClaimSummary,
        readings: &mut [Reading],
        stated: &[StatedField],
    ) -> Vec<KeptAdjustment> {
        let by = Actor::facility(claim.facility_code.as_str());
        let mut kept = Vec::new();
        for one in stated {
            let Some(reading) = usize::try_from(one.position).ok().and_then(|at| readings.get_mut(at)) else {
                continue;
            };
            let StatedField { position, field, value } = one.clone();
            let old = field.value(reading);
            let adjustment = Adjustment { position, field, value, by: by.clone() };
            if let Err(error) = adjustment.apply(reading) {
                tracing::warn!(claim = %claim.id, position, %field, %error, "what a facility stated does not fit what was read");
                continue;
            }
            kept.push(KeptAdjustment { adjustment, old, reason: STATED.to_owned(), at: self.now() });
        }
        kept
    }

    /// Has a claim in review assessed again on the facts as they are now.
    pub async fn reassess(&self, id: &ClaimId, seen: u64, by: &Actor) -> Result<(), OfficeError> {
        let claim = self.claim(id).await?.claim;
        in_review(&claim)?;
        let event = Event::ReassessmentAsked { claim_id: id.clone(), revision: claim.revision };
        self.store.reassess(id, seen, &[self.entry(by, event)]).await?;
        Ok(())
    }

    /// Leaves a note beside a claim, for staff.
    pub async fn note(&self, id: &ClaimId, note: &str, by: &Actor) -> Result<(), OfficeError> {
        self.claim(id).await?;
        let note = words(note, ("メモ", "a note"))?.to_owned();
        let event = Event::ClaimNoted { claim_id: id.clone(), note: note.clone() };
        let new = Note { claim_id: id.clone(), by: by.clone(), at: self.now(), note };
        self.store.add_note(&new, &[self.entry(by, event)]).await?;
        Ok(())
    }

    /// Hands a claim in review to a reviewer.
    pub async fn hand_over(&self, id: &ClaimId, account: &str, by: &Actor) -> Result<(), OfficeError> {
        in_review(&self.claim(id).await?.claim)?;
        let to = self.store.account(account.trim()).await?;
        let to = to.filter(|account| account.active && account.role == Role::Reviewer).ok_or_else(|| {
            Told::new(
                format!("「{}」は、使用できる審査担当者の利用者IDではありません。", account.trim()),
                format!("{:?} is no account of a reviewer that may sign in", account.trim()),
            )
            .coded("unknown-account")
        })?;
        let event = Event::ClaimHandedOver { claim_id: id.clone(), account: to.id.clone() };
        self.store.hand_over(id, &to.id, by, self.now(), &[self.entry(by, event)]).await?;
        Ok(())
    }

    /// Says that an account has a claim before it, and gives who else has.
    pub async fn look(&self, id: &ClaimId, account: &str) -> Result<Vec<Look>, OfficeError> {
        self.store.look(id, account, self.now()).await?;
        self.looked_at_by_others(id, account).await
    }

    /// Who else than an account has a claim before them.
    pub async fn looked_at_by_others(&self, id: &ClaimId, account: &str) -> Result<Vec<Look>, OfficeError> {
        let now = self.now();
        let since = now.checked_sub(LOOKING).unwrap_or(now);
        let mut looks = self.store.looks(id, since).await?;
        looks.retain(|look| look.account != account);
        Ok(looks)
    }

    /// Logs that an auditor looked at a claim with the personal data in it. Looks at one claim within an hour are one:
    /// what the log has to say is that this person saw it, not how often they loaded the page.
    pub async fn viewed(&self, id: &ClaimId, by: &Actor) -> Result<(), OfficeError> {
        let event = Event::ClaimViewed { claim_id: id.clone() };
        let now = self.now();
        let since = now.checked_sub(ONE_LOOK).unwrap_or(now);
        if self.store.acted_since(id, event.code(), by, since).await?.is_none() {
            self.store.record(&[self.entry(by, event)]).await?;
        }
        Ok(())
    }
}
