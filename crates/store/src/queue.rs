//! The queue: jobs with leases, heartbeats, attempts, back-off and a place to park. Its clock is the database's.

use crate::database::{Tx, change, read, within};
use crate::log::signed;
use crate::row::{At, codes};
use crate::{Store, StoreError, dialect, sql};
use claim::ClaimId;
use std::time::Duration;

codes! {
    /// What a job is to do.
    JobKind "a kind of job" {
        /// Read the documents of a claim's revision ([`Store::finish_read`]).
        Read "read"
        /// Assess it ([`Store::finish_assess`]).
        Assess "assess"
        /// Write the notice of its decision ([`Store::finish_notice`]).
        Notice "notice"
    }
}

codes! {
    /// Where a job is.
    JobState "a state of jobs" {
        /// Waits to be taken, perhaps for its back-off to end.
        Ready "ready"
        /// A worker has it.
        Leased "leased"
        /// Its effect is there, or it was called off.
        Done "done"
        /// Waits for a person, with the reason.
        Parked "parked"
    }
}

/// A job that this worker has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What to do.
    pub kind: JobKind,
    /// With which claim.
    pub claim_id: ClaimId,
    /// With which of its revisions.
    pub revision: u32,
    /// Which attempt this is, from 1.
    pub attempts: u32,
    /// After how many it is parked.
    pub max_attempts: u32,
    /// The fence: only the lease with this number can finish the job.
    lease_token: i64,
    /// How long the log was when it was taken; grants logged later may be missing from what the worker sees.
    pub(crate) basis_log_size: u64,
}

/// A job as people look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Its number, for [`Store::unpark`].
    pub id: i64,
    /// What it does, as stored: a newer program may have other kinds.
    pub kind: String,
    /// With which claim.
    pub claim_id: ClaimId,
    /// With which of its revisions.
    pub revision: u32,
    /// Where it is.
    pub state: JobState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was tried again, parked or called off.
    pub reason: Option<String>,
}

/// How many jobs of a kind are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCount {
    /// What they do, as stored.
    pub kind: String,
    /// Where they are.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
}

/// What became of jobs whose lease ran out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Ready again.
    pub ready: u64,
    /// Parked: tried too often.
    pub parked: u64,
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    id: i64,
    kind: String,
    claim_id: String,
    revision: i64,
    attempts: i64,
    max_attempts: i64,
    lease_token: i64,
    basis_log_size: i64,
    run_after_ms: i64,
}

impl TakenRow {
    fn job(self) -> Result<Job, StoreError> {
        let at = At::new("jobs", self.id);
        Ok(Job {
            id: self.id,
            kind: JobKind::from_code(&at, &self.kind)?,
            revision: at.small(self.revision)?,
            attempts: at.small(self.attempts)?,
            max_attempts: at.small(self.max_attempts)?,
            lease_token: self.lease_token,
            basis_log_size: at.count(self.basis_log_size)?,
            claim_id: self.claim_id.into(),
        })
    }
}

type JobRow = (i64, String, String, i64, String, i64, Option<String>);

fn record((id, kind, claim_id, revision, state, attempts, reason): JobRow) -> Result<JobRecord, StoreError> {
    let at = At::new("jobs", id);
    Ok(JobRecord {
        id,
        kind,
        claim_id: claim_id.into(),
        revision: at.small(revision)?,
        state: JobState::from_code(&at, &state)?,
        attempts: at.small(attempts)?,
        reason,
    })
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// Makes a job ready. One of the same kind, claim and revision that is done or parked becomes ready again.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    kind: JobKind,
    claim: &ClaimId,
    revision: u32,
    max_attempts: u32,
) -> Result<(), StoreError> {
    let statement = tx.pick(dialect::JOB_ENQUEUE);
    within!(*tx, |c| sqlx::query(statement)
        .bind(kind.code())
        .bind(claim.as_str())
        .bind(i64::from(revision))
        .bind(i64::from(max_attempts))
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// The fence, and the first statement of a job's effect: from here on the job is done, if the rest is committed.
pub(crate) async fn finish(tx: &mut Tx, job: &Job, kind: JobKind) -> Result<(), StoreError> {
    if job.kind != kind {
        return Err(StoreError::Argument {
            what: "kind of a job",
            found: job.kind.code().to_owned(),
            expected: kind.code().to_owned(),
        });
    }
    let rows = within!(*tx, |c| sqlx::query(sql::JOB_FINISH)
        .bind(job.id)
        .bind(job.lease_token)
        .execute(c)
        .await?
        .rows_affected());
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost { job: job.id }) }
}

/// Takes all jobs of a claim off the queue.
pub(crate) async fn call_off(tx: &mut Tx, claim: &ClaimId, reason: &str) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::JOBS_CALL_OFF).bind(claim.as_str()).bind(reason).execute(c).await.map(drop))?;
    Ok(())
}

impl Store {
    /// Takes at most `limit` jobs of some kinds, oldest first, for the time of `lease`. No two workers get the same job;
    /// `worker` only says in messages who has it.
    pub async fn take(
        &self,
        worker: &str,
        kinds: &[JobKind],
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        let kinds: String = kinds.iter().map(|kind| format!(",{}", kind.code())).chain([",".to_owned()]).collect();
        let statement = self.db.pick(dialect::JOB_TAKE);
        let mut rows: Vec<TakenRow> = change!(self.db, |c| sqlx::query_as(statement)
            .bind(worker)
            .bind(milliseconds(lease))
            .bind(i64::from(limit))
            .bind(&kinds)
            .fetch_all(c)
            .await?);
        // RETURNING has no order.
        rows.sort_by_key(|row| (row.run_after_ms, row.id));
        rows.into_iter().map(TakenRow::job).collect()
    }

    /// Says that the worker is still at it: the lease lasts for another `lease` from now. `false` if the job is no
    /// longer this worker's, which should then stop. To be called every third of the lease.
    pub async fn heartbeat(&self, job: &Job, lease: Duration) -> Result<bool, StoreError> {
        let statement = self.db.pick(dialect::JOB_HEARTBEAT);
        let rows = change!(self.db, |c| sqlx::query(statement)
            .bind(job.id)
            .bind(job.lease_token)
            .bind(milliseconds(lease))
            .execute(c)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }

    /// Gives a job back to be tried again after `back_off`; parks it, with the reason, if this was its last attempt.
    /// Returns which of the two.
    pub async fn retry(&self, job: &Job, reason: &str, back_off: Duration) -> Result<JobState, StoreError> {
        let statement = self.db.pick(dialect::JOB_RETRY);
        let state: Option<String> = change!(self.db, |c| sqlx::query_scalar(statement)
            .bind(job.id)
            .bind(job.lease_token)
            .bind(milliseconds(back_off))
            .bind(reason)
            .fetch_optional(c)
            .await?);
        let state = state.ok_or(StoreError::LeaseLost { job: job.id })?;
        JobState::from_code(&At::new("jobs", job.id), &state)
    }

    /// Parks a job for a person, with the reason.
    pub async fn park(&self, job: &Job, reason: &str) -> Result<(), StoreError> {
        let rows = change!(self.db, |c| sqlx::query(sql::JOB_PARK)
            .bind(job.id)
            .bind(job.lease_token)
            .bind(reason)
            .execute(c)
            .await?
            .rows_affected());
        if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost { job: job.id }) }
    }

    /// Makes jobs ready again whose lease has run out; parks those that have been tried as often as they may.
    pub async fn reap(&self) -> Result<Reaped, StoreError> {
        let statement = self.db.pick(dialect::JOBS_REAP);
        let states: Vec<String> = change!(self.db, |c| sqlx::query_scalar(statement).fetch_all(c).await?);
        let parked = states.iter().filter(|state| *state == JobState::Parked.code()).count();
        Ok(Reaped { ready: (states.len() - parked) as u64, parked: parked as u64 })
    }

    /// Makes a parked job ready again, with all its attempts. `false` if it is not parked.
    pub async fn unpark(&self, job: i64) -> Result<bool, StoreError> {
        let statement = self.db.pick(dialect::JOB_UNPARK);
        let rows = change!(self.db, |c| sqlx::query(statement).bind(job).execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// How many jobs of each kind are in each state. Nothing is left to do when none is ready or leased.
    pub async fn queue_counts(&self) -> Result<Vec<QueueCount>, StoreError> {
        let rows: Vec<(String, String, i64)> = read!(self.db, |c| sqlx::query_as(sql::JOB_COUNTS).fetch_all(c).await?);
        rows.into_iter()
            .map(|(kind, state, jobs)| {
                let at = At::new("jobs", format_args!("(counted: {kind} {state})"));
                Ok(QueueCount { state: JobState::from_code(&at, &state)?, jobs: at.count(jobs)?, kind })
            })
            .collect()
    }

    /// The jobs of a claim, oldest first.
    pub async fn jobs_of(&self, claim: &ClaimId) -> Result<Vec<JobRecord>, StoreError> {
        let rows: Vec<JobRow> =
            read!(self.db, |c| sqlx::query_as(sql::JOBS_OF_CLAIM).bind(claim.as_str()).fetch_all(c).await?);
        rows.into_iter().map(record).collect()
    }

    /// At most `limit` parked jobs with their reasons, after a job's number.
    pub async fn parked_jobs(&self, after: Option<i64>, limit: u32) -> Result<Vec<JobRecord>, StoreError> {
        let rows: Vec<JobRow> = read!(self.db, |c| sqlx::query_as(sql::JOBS_PARKED)
            .bind(after.unwrap_or(0))
            .bind(signed(u64::from(limit)))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(record).collect()
    }
}
