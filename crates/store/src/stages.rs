//! The effects of the stages: read, assessed, decided, told. Each is one transaction that begins with the job's fence, so
//! that a job which runs twice has its effect once.

use crate::claims::{as_seen, changed_one};
use crate::database::{Tx, read, within};
use crate::ledger::{self, LedgerKind, Written};
use crate::row::{At, code, json};
use crate::{
    ClaimSummary, Job, JobKind, KeptAdjustment, Store, StoreError, claims, duplicates, log, messages, objects, queue,
    review, sql,
};
use claim::{ClaimId, ClaimState, Decision, DecisionKind, LogEntry, NoticeKind, Reading, Sha256, Waiting, Yen};
use jiff::Timestamp;
use jiff::civil::Date;
use std::ops::Range;

/// A notice as it is stored for a job's claim and revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// Which kind; it has to be that of the decision.
    pub kind: NoticeKind,
    /// 文書番号, unique in the store.
    pub number: String,
    /// The day printed on it.
    pub issued_on: Date,
    /// The PDF, in object storage already ([`Store::put_document`]).
    pub pdf: Sha256,
}

/// A notice that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRecord {
    /// Of which claim.
    pub claim_id: ClaimId,
    /// Of which of its revisions.
    pub revision: u32,
    /// Which kind.
    pub kind: NoticeKind,
    /// 文書番号.
    pub number: String,
    /// The day printed on it.
    pub issued_on: Date,
    /// The PDF, for [`Store::document`].
    pub pdf: Sha256,
}

type NoticeRow = (String, i64, String, String, String, String);

fn notice((claim_id, revision, kind, number, issued_on, pdf): NoticeRow) -> Result<NoticeRecord, StoreError> {
    let at = At::new("notices", format_args!("{claim_id} revision {revision}"));
    Ok(NoticeRecord {
        revision: at.small(revision)?,
        kind: at.code(&kind)?,
        issued_on: at.day(&issued_on)?,
        pdf: at.hash(&pdf)?,
        claim_id: claim_id.into(),
        number,
    })
}

/// The notices of a claim, inside a transaction.
pub(crate) async fn notices_of(tx: &mut Tx, id: &ClaimId) -> Result<Vec<NoticeRecord>, StoreError> {
    let rows: Vec<NoticeRow> =
        within!(*tx, |c| sqlx::query_as(sql::NOTICES_OF_CLAIM).bind(id.as_str()).fetch_all(c).await?);
    rows.into_iter().map(notice).collect()
}

/// What becomes of a claim that was assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled<'a> {
    /// It waits for a person.
    ForAPerson,
    /// It is decided by policy.
    Decided(&'a Decision),
    /// It is approved by policy as soon as the budget has room.
    AwaitsBudget(&'a Decision),
}

/// The kind of notice that tells of a decision.
fn told_by(kind: DecisionKind) -> NoticeKind {
    match kind {
        DecisionKind::Approve => NoticeKind::Approval,
        DecisionKind::Return => NoticeKind::Return,
        DecisionKind::Reject => NoticeKind::Rejection,
    }
}

fn argument(what: &'static str, found: impl ToString, expected: impl ToString) -> StoreError {
    StoreError::Argument { what, found: found.to_string(), expected: expected.to_string() }
}

impl Store {
    /// The effect of a `read` job: one reading a document, in order; the claim is read, and queued to be assessed.
    /// `adjustments` are what the facility stated; the entries that tell of them are the last of `entries`, in order.
    /// Returns the positions of `entries` in the log. [`StoreError::LeaseLost`] if the job is another worker's by now.
    pub async fn finish_read(
        &self,
        job: &Job,
        readings: &[Reading],
        adjustments: &[KeptAdjustment],
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        queue::finish(&mut tx, job, JobKind::Read).await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::of_job(&mut tx, job).await?;
        let documents = claims::documents(&mut tx, &claim.id, claim.revision).await?;
        if documents.len() != readings.len() {
            return Err(argument("number of readings", readings.len(), documents.len()));
        }
        for (document, reading) in documents.iter().zip(readings) {
            if document.sha256 != reading.sha256 {
                return Err(argument("hash of what was read", reading.sha256, document.sha256));
            }
            self.add_reading(&mut tx, &claim, document.position, reading).await?;
        }
        // By what was read, and not by what is stated, the same receipt elsewhere is found.
        let told_from = logged.end - adjustments.len() as u64;
        for (adjustment, position) in adjustments.iter().zip(told_from..) {
            review::keep_adjustment(&mut tx, &claim, adjustment, position).await?;
        }
        claims::step(&mut tx, &mut claim, ClaimState::Read).await?;
        queue::enqueue(&mut tx, JobKind::Assess, &claim.id, claim.revision, self.max_attempts).await?;
        tx.commit().await?;
        Ok(logged)
    }

    async fn add_reading(
        &self,
        tx: &mut Tx,
        claim: &ClaimSummary,
        position: u32,
        reading: &Reading,
    ) -> Result<(), StoreError> {
        let text = json(reading)?;
        within!(*tx, |c| sqlx::query(sql::READING_INSERT)
            .bind(claim.id.as_str())
            .bind(i64::from(claim.revision))
            .bind(i64::from(position))
            .bind(&text)
            .execute(c)
            .await
            .map(drop))?;
        duplicates::keep(tx, claim, position, reading).await
    }

    /// The effect of an `assess` job: the assessment's bytes, and what follows. Without a decision the claim waits for a
    /// person (in-review), at the place of `waiting`; with one it is decided by policy, and a notice is queued. The decision's log entry is the
    /// last of `entries`. An approval is refused with [`StoreError::FactsChanged`] (transient) if the facility was
    /// granted something after the job was taken, and with [`StoreError::BudgetShort`] if it does not fit.
    pub async fn finish_assess(
        &self,
        job: &Job,
        assessment: &[u8],
        sha256: Sha256,
        waiting: &Waiting,
        settled: Settled<'_>,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let found = objects::hash(assessment);
        if found != sha256 {
            return Err(argument("hash of the assessment", sha256, found));
        }
        if waiting.claim_id != job.claim_id {
            return Err(argument("claim that waits", &waiting.claim_id, &job.claim_id));
        }
        let mut tx = self.db.begin().await?;
        queue::finish(&mut tx, job, JobKind::Assess).await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::of_job(&mut tx, job).await?;
        within!(tx, |c| sqlx::query(sql::ASSESSMENT_PUT)
            .bind(claim.id.as_str())
            .bind(i64::from(claim.revision))
            .bind(sha256.to_string())
            .bind(assessment)
            .bind(log::signed(job.basis_log_size))
            .execute(c)
            .await
            .map(drop))?;
        review::keep_findings(&mut tx, &claim, &waiting.findings).await?;
        // A claim in review is assessed again (`reassess`) and stays there unless it is decided now.
        let again = claim.state == ClaimState::InReview;
        if !again {
            claims::step(&mut tx, &mut claim, ClaimState::Assessed).await?;
        }
        ledger::leave_wait(&mut tx, &claim.id).await?;
        match settled {
            Settled::Decided(decision) => self.enter_decision(&mut tx, &mut claim, decision, &logged).await?,
            Settled::ForAPerson | Settled::AwaitsBudget(_) if again => touch(&mut tx, &mut claim).await?,
            Settled::ForAPerson | Settled::AwaitsBudget(_) => {
                claims::step(&mut tx, &mut claim, ClaimState::InReview).await?;
            }
        }
        match settled {
            Settled::Decided(_) => {}
            Settled::ForAPerson => review::enter(&mut tx, waiting).await?,
            Settled::AwaitsBudget(decision) => {
                self.good_decision(&mut tx, &claim, decision).await?;
                ledger::enter_wait(&mut tx, &claim, decision, &logged).await?;
            }
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// The effect of a `notice` job: the notice is stored, and messages at `at` say that it is there.
    pub async fn finish_notice(
        &self,
        job: &Job,
        new: &NewNotice,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        self.objects.size(&new.pdf).await?;
        let kind = code(&new.kind)?;
        let mut tx = self.db.begin().await?;
        queue::finish(&mut tx, job, JobKind::Notice).await?;
        let logged = log::append(&mut tx, entries).await?;
        let decided = claims::decisions(&mut tx, &job.claim_id)
            .await?
            .into_iter()
            .find(|record| record.decision.revision == job.revision)
            .ok_or_else(|| StoreError::NotFound {
                what: "decision on",
                id: format!("{} revision {}", job.claim_id, job.revision),
            })?;
        let expected = told_by(decided.decision.kind);
        if new.kind != expected {
            return Err(argument("kind of the notice", kind, code(&expected)?));
        }
        within!(tx, |c| sqlx::query(sql::NOTICE_INSERT)
            .bind(job.claim_id.as_str())
            .bind(i64::from(job.revision))
            .bind(&kind)
            .bind(&new.number)
            .bind(new.issued_on.to_string())
            .bind(new.pdf.to_string())
            .execute(c)
            .await
            .map(drop))?;
        // Not before there is something to look at.
        messages::tell(&mut tx, new.kind.into(), (&job.claim_id, job.revision, 0), at).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// At most `limit` notices in the order of their numbers, after a number.
    pub async fn notices(&self, after: Option<&str>, limit: u32) -> Result<Vec<NoticeRecord>, StoreError> {
        let rows: Vec<NoticeRow> = read!(self.db, |c| sqlx::query_as(sql::NOTICES_PAGE)
            .bind(after.unwrap_or(""))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(notice).collect()
    }

    /// A person decides a claim in review, having looked at its `expected_version` and at the assessment whose hash the
    /// decision names. A notice is queued. The decision's log entry is the last of `entries`.
    pub async fn decide(
        &self,
        decision: &Decision,
        expected_version: u64,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let id = decision.claim_id.as_str();
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::summary(&mut tx, &decision.claim_id).await?.ok_or_else(|| StoreError::no_claim(id))?;
        as_seen(&claim, expected_version)?;
        self.enter_decision(&mut tx, &mut claim, decision, &logged).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Has a claim in review assessed again, on the facts as they are now. It stays in review meanwhile.
    pub async fn reassess(
        &self,
        id: &ClaimId,
        expected_version: u64,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let seen = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        // Jobs before the log's head, as in `withdraw`.
        queue::enqueue(&mut tx, JobKind::Assess, id, seen.revision, self.max_attempts).await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        as_seen(&claim, expected_version)?;
        if claim.state != ClaimState::InReview {
            return Err(argument("state of a claim to be assessed again", claim.state.code(), "in-review"));
        }
        touch(&mut tx, &mut claim).await?;
        // Nobody waits for money on facts that may not hold.
        ledger::leave_wait(&mut tx, id).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// That a decision is on the claim as it is, rests on its assessment, and grants nothing on facts that have changed.
    pub(crate) async fn good_decision(
        &self,
        tx: &mut Tx,
        claim: &ClaimSummary,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        if decision.claim_id != claim.id {
            return Err(argument("claim of the decision", &decision.claim_id, &claim.id));
        }
        if decision.revision != claim.revision {
            return Err(argument("revision of the decision", decision.revision, claim.revision));
        }
        let row: Option<(String, i64)> = within!(*tx, |c| sqlx::query_as(sql::ASSESSMENT_BASIS)
            .bind(claim.id.as_str())
            .bind(i64::from(claim.revision))
            .fetch_optional(c)
            .await?);
        let (stored, basis) = row.ok_or_else(|| StoreError::NotFound {
            what: "assessment of",
            id: format!("{} revision {}", claim.id, claim.revision),
        })?;
        let stored = At::new("assessments", &claim.id).hash(&stored)?;
        if stored != decision.assessment {
            let claim = claim.id.to_string();
            return Err(StoreError::AssessmentDiffers { claim, found: decision.assessment, expected: stored });
        }
        if decision.kind == DecisionKind::Approve {
            // Whoever grants has locked the log's head, so what was granted before is seen here, and nothing can be
            // granted between this look and the commit.
            let other: Option<String> = within!(*tx, |c| sqlx::query_scalar(sql::GRANTED_SINCE)
                .bind(claim.facility_code.as_str())
                .bind(claim.id.as_str())
                .bind(basis)
                .fetch_optional(c)
                .await?);
            if let Some(other) = other {
                return Err(StoreError::FactsChanged { claim: claim.id.to_string(), other });
            }
        }
        Ok(())
    }

    async fn enter_decision(
        &self,
        tx: &mut Tx,
        claim: &mut ClaimSummary,
        decision: &Decision,
        logged: &Range<u64>,
    ) -> Result<(), StoreError> {
        let to = state_after(decision.kind);
        claim.state.step(to).map_err(|error| StoreError::step(claim.id.as_str(), error))?;
        self.good_decision(tx, claim, decision).await?;
        if decision.kind == DecisionKind::Approve && decision.grant_yen > Yen::ZERO {
            ledger::must_fit(tx, claim, decision.grant_yen).await?;
        }
        let units = decision.grant_units.as_ref().map(json).transpose()?;
        // `append` refuses to append nothing, so there is a last one.
        let last = log::signed(logged.end - 1);
        within!(*tx, |c| sqlx::query(sql::DECISION_INSERT)
            .bind(claim.id.as_str())
            .bind(i64::from(claim.revision))
            .bind(decision.kind.code())
            .bind(decision.grant_yen.get())
            .bind(&units)
            .bind(decision.assessment.to_string())
            .bind(decision.decided_by.as_str())
            .bind(decision.decided_at.as_millisecond())
            .bind(&decision.reason)
            .bind(last)
            .execute(c)
            .await
            .map(drop))?;
        if decision.kind == DecisionKind::Approve {
            claims::approve(tx, claim, decision).await?;
            let written = Written {
                by: &decision.decided_by,
                at: decision.decided_at,
                reason: None,
                log_position: logged.end - 1,
            };
            ledger::move_grant(tx, claim, LedgerKind::Reserve, &written).await?;
        } else {
            claims::step(tx, claim, to).await?;
        }
        queue::enqueue(tx, JobKind::Notice, &claim.id, claim.revision, self.max_attempts).await
    }
}

const fn state_after(kind: DecisionKind) -> ClaimState {
    match kind {
        DecisionKind::Approve => ClaimState::Approved,
        DecisionKind::Return => ClaimState::Returned,
        DecisionKind::Reject => ClaimState::Rejected,
    }
}

/// A change that is not one of state: whoever looked at the claim before has to look again.
pub(crate) async fn touch(tx: &mut Tx, claim: &mut ClaimSummary) -> Result<(), StoreError> {
    let rows = within!(*tx, |c| sqlx::query(sql::CLAIM_TOUCH)
        .bind(claim.id.as_str())
        .bind(claim.state.code())
        .bind(log::signed(claim.version))
        .execute(c)
        .await?
        .rows_affected());
    changed_one(claim, rows)?;
    claim.version += 1;
    Ok(())
}
