//! The worker: takes jobs from the store's queue, runs their stage, and lets go of them safely.
//!
//! A job may run twice (a worker dies, a lease runs out); its effect happens once, because finishing is fenced by the
//! lease in the transaction of the effect. So a worker needs no care when it is killed: it may be, at any moment.

use crate::app::App;
use crate::mail::{self, Mailer};
use crate::stage::{self, Stages};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;
use store::{Job, JobKind, JobState, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often a worker looks for work when there was none.
const POLL: Duration = Duration::from_millis(250);
/// How often what was added to the log is signed while workers go on for days.
const SEAL_EVERY: Duration = Duration::from_secs(600);
/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// When nothing is left to do (parked jobs wait for a person and do not count).
    Drained,
    /// When told to.
    Stopped,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summary {
    /// Jobs finished.
    pub(crate) done: u64,
    /// Jobs parked for a person.
    pub(crate) parked: u64,
}

/// Runs jobs until `until`, or until `stop` says so; `progress` hears of each finished one.
pub(crate) async fn run(
    app: &App,
    until: Until,
    stop: watch::Receiver<bool>,
    progress: &(dyn Fn(&Summary) + Send + Sync),
) -> Result<Summary> {
    let mailer = Mailer::new(app.config.mail.as_ref())?.map(Arc::new);
    let sealing = tokio::spawn(seal_regularly(app.clone()));
    let mailing = mailer.clone().map(|mailer| tokio::spawn(mail::deliver_regularly(app.clone(), mailer)));
    let summary = take_turns(app, until, stop, progress).await;
    sealing.abort();
    if let Some(mailing) = mailing {
        // What it holds is taken up again when its lease has run out.
        mailing.abort();
    }
    if let (Some(mailer), Until::Drained, Ok(_)) = (mailer, until, &summary) {
        mail::deliver(app, &mailer).await?;
    }
    // Nothing of this program is left behind when it says that it has ended.
    app.office.reader.rest().await;
    summary
}

async fn seal_regularly(app: App) {
    loop {
        tokio::time::sleep(SEAL_EVERY).await;
        crate::command::log::seal(&app).await;
    }
}

async fn take_turns(
    app: &App,
    until: Until,
    mut stop: watch::Receiver<bool>,
    progress: &(dyn Fn(&Summary) + Send + Sync),
) -> Result<Summary> {
    let stages = Arc::new(Stages::new(app.clone()));
    stages.report_sandbox().await;
    let worker = worker_id();
    let lease = Duration::from_millis(u64::from(app.config.work.lease_ms));
    let slots = std::thread::available_parallelism().map_or(1, usize::from);
    let mut running: JoinSet<Ended> = JoinSet::new();
    let mut summary = Summary::default();
    loop {
        if !*stop.borrow() && running.len() < slots {
            app.office.store.reap().await?;
            // The slots are few, so the difference is a small number.
            let free = u32::try_from(slots - running.len()).unwrap_or(1);
            for job in app.office.store.take(&worker, JobKind::ALL, lease, free).await? {
                let stages = Arc::clone(&stages);
                running.spawn(async move { attempt(stages, job, lease).await });
            }
        }
        if running.is_empty() {
            if *stop.borrow() {
                return Ok(summary);
            }
            // Whoever makes room in a budget takes up what waits for it; what broke off in between is done here.
            if let Err(error) = app.office.take_up_waiting().await {
                tracing::warn!(error = %chain(&error), "approvals that wait for money could not be taken up");
            }
            if until == Until::Drained && open_jobs(&app.office.store).await? == 0 {
                return Ok(summary);
            }
        }
        tokio::select! {
            Some(ended) = running.join_next(), if !running.is_empty() => {
                match ended? {
                    Ended::Done => summary.done += 1,
                    Ended::Parked => summary.parked += 1,
                    Ended::LetGo => {}
                }
                progress(&summary);
            }
            _ = stop.changed(), if !*stop.borrow() => {}
            () = tokio::time::sleep(POLL), if running.len() < slots => {}
        }
    }
}

/// How an attempt at a job ended.
enum Ended {
    Done,
    Parked,
    /// To be tried again later, or taken over by another worker.
    LetGo,
}

async fn attempt(stages: Arc<Stages>, job: Job, lease: Duration) -> Ended {
    let store = stages.store().clone();
    let heartbeat = {
        let (store, job) = (store.clone(), job.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(lease / 3).await;
                match store.heartbeat(&job, lease).await {
                    Ok(true) => {}
                    // The lease is gone: finishing will be refused, so there is nothing to keep alive.
                    Ok(false) => return,
                    Err(error) => tracing::warn!(job.id, error = %chain(&error), "heartbeat failed"),
                }
            }
        })
    };
    let result = stages.run(&job).await;
    heartbeat.abort();
    let failure = match result {
        Ok(()) => {
            tracing::info!(job.id, kind = job.kind.code(), claim = %job.claim_id, attempt = job.attempts, "job done");
            return Ended::Done;
        }
        Err(failure) => failure,
    };
    if matches!(failure, stage::Failure::Store(StoreError::LeaseLost { .. })) {
        tracing::warn!(job.id, claim = %job.claim_id, "the lease was lost; another worker has the job");
        return Ended::LetGo;
    }
    let reason = chain(&failure);
    let park = !failure.is_transient() || job.attempts >= job.max_attempts;
    tracing::warn!(job.id, kind = job.kind.code(), claim = %job.claim_id, attempt = job.attempts, park, reason, "job failed");
    let let_go = if park {
        store.park(&job, &reason).await
    } else {
        store.retry(&job, &reason, Duration::from_secs(1 << job.attempts.min(6))).await.map(drop)
    };
    match let_go {
        Ok(()) if park => Ended::Parked,
        Ok(()) => Ended::LetGo,
        Err(error) => {
            // The lease will run out, and the job be taken up again.
            tracing::error!(job.id, error = %chain(&error), "a failed job could not be let go");
            Ended::LetGo
        }
    }
}

/// How many jobs are ready, leased or waiting for their back-off; parked ones wait for a person.
pub(crate) async fn open_jobs(store: &Store) -> Result<u64, StoreError> {
    let counts = store.queue_counts().await?;
    let open = counts.iter().filter(|count| matches!(count.state, JobState::Ready | JobState::Leased));
    Ok(open.map(|count| count.jobs).sum())
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// A name for this process among the workers; only a lease's owner, so it needs to be unique, not secret.
fn worker_id() -> String {
    let mut bytes = [0u8; 8];
    // Without random bytes the process id alone tells workers of one machine apart.
    let _ = getrandom::fill(&mut bytes);
    format!("{}-{}", std::process::id(), hex::encode(bytes))
}
