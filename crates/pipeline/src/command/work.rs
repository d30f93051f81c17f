//! `kofu work`: run the stages on what is queued.

use super::Done;
use crate::app::App;
use crate::cli::WorkArgs;
use crate::output;
use crate::worker::{self, Summary, Until};
use anyhow::{Result, bail};
use claim::{ClaimId, ClaimState, Lang};
use indicatif::{ProgressBar, ProgressStyle};
use office::Told;
use serde::Serialize;
use store::{JobKind, JobRecord, JobState};

/// How many parked jobs one page asks of the store.
const PAGE: u32 = 500;

pub(crate) async fn run(app: &App, args: WorkArgs) -> Result<Done> {
    if args.parked {
        let jobs = parked(app).await?;
        if args.json {
            jobs.iter().try_for_each(|job| output::json_line(&ParkedLine::from(job)))?;
        } else {
            list(app, &jobs);
        }
        return Ok(Done::All);
    }
    if let Some(claim) = &args.retry {
        retry(app, claim).await?;
        if !args.drain {
            return Ok(Done::All);
        }
    }
    let until = if args.drain { Until::Drained } else { Until::Stopped };
    let summary = with_progress(app, until).await?;
    let in_review = app.office.store.count_by_state().await?.get(&ClaimState::InReview).copied().unwrap_or(0);
    let jobs = parked(app).await?;
    output::say(&match app.lang {
        Lang::Ja => format!(
            "{} 件の処理が終わりました。担当者の確認を待つ申請 {in_review} 件、止まっている処理 {} 件。",
            summary.done,
            jobs.len()
        ),
        Lang::En => {
            format!("{} jobs done; {in_review} claims wait for a person, {} jobs are parked.", summary.done, jobs.len())
        }
    });
    list(app, &jobs);
    Ok(Done::all_if(summary.parked == 0))
}

/// All parked jobs, oldest first.
async fn parked(app: &App) -> Result<Vec<JobRecord>> {
    let mut jobs: Vec<JobRecord> = Vec::new();
    loop {
        let page = app.office.store.parked_jobs(jobs.last().map(|job| job.id), PAGE).await?;
        if page.is_empty() {
            return Ok(jobs);
        }
        jobs.extend(page);
    }
}

/// A parked job as it is listed.
#[derive(Serialize)]
struct ParkedLine<'a> {
    claim_id: &'a ClaimId,
    revision: u32,
    job: &'a str,
    attempts: u32,
    reason: Option<&'a str>,
}

impl<'a> From<&'a JobRecord> for ParkedLine<'a> {
    fn from(job: &'a JobRecord) -> ParkedLine<'a> {
        ParkedLine {
            claim_id: &job.claim_id,
            revision: job.revision,
            job: &job.kind,
            attempts: job.attempts,
            reason: job.reason.as_deref(),
        }
    }
}

/// What a job does, as people read it; a newer program may have other kinds.
fn job_name(kind: &str, lang: Lang) -> &str {
    match (JobKind::ALL.iter().find(|known| known.code() == kind), lang) {
        (Some(JobKind::Read), Lang::Ja) => "読取り",
        (Some(JobKind::Assess), Lang::Ja) => "審査",
        (Some(JobKind::Notice), Lang::Ja) => "通知書",
        _ => kind,
    }
}

fn list(app: &App, jobs: &[JobRecord]) {
    if jobs.is_empty() {
        return;
    }
    let header = match app.lang {
        Lang::Ja => ["受付番号", "処理", "止まっている理由"],
        Lang::En => ["claim", "job", "why it is parked"],
    };
    let rows = jobs.iter().map(|job| {
        // The reason may have several lines; in a table it is one.
        let reason = job.reason.as_deref().unwrap_or_default().replace('\n', " ");
        vec![job.claim_id.to_string(), job_name(&job.kind, app.lang).to_owned(), reason]
    });
    output::table(&header, &[], rows);
    output::say(app.text(
        "原因を取り除いてから、kofu work --retry 受付番号 で、もう一度処理できます。",
        "Once the cause is gone, kofu work --retry CLAIM puts them back into the queue.",
    ));
}

/// Puts the parked jobs of a claim back into the queue.
async fn retry(app: &App, claim: &ClaimId) -> Result<()> {
    app.office.claim(claim).await?;
    let mut again = 0;
    for job in app.office.store.jobs_of(claim).await? {
        again += u32::from(job.state == JobState::Parked && app.office.store.unpark(job.id).await?);
    }
    if again == 0 {
        bail!(Told::new(
            format!("申請 {claim} に、止まっている処理はありません。kofu work --parked で一覧を確かめてください。"),
            format!("claim {claim} has no parked job; kofu work --parked lists them"),
        ));
    }
    output::say(&match app.lang {
        Lang::Ja => format!("{claim}  {again} 件の処理を、もう一度待ち行列に入れました。"),
        Lang::En => format!("{claim}  {again} jobs put back into the queue."),
    });
    Ok(())
}

/// Works with a bar on standard error, until `until` or a signal to stop.
pub(crate) async fn with_progress(app: &App, until: Until) -> Result<Summary> {
    let open = worker::open_jobs(&app.office.store).await?;
    // Each claim has up to three jobs one after another, so the length grows while the work goes on.
    let bar = if open > 1 { ProgressBar::new(open) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(app.text("件の処理が終わりました", "jobs done"));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let signals = tokio::spawn(async move {
        signal().await;
        // A receiver that is gone has stopped already.
        let _ = stop.send(true);
        std::future::pending::<()>().await;
    });
    let summary = worker::run(app, until, stopped, &|summary| bar.set_position(summary.done)).await;
    signals.abort();
    bar.finish_and_clear();
    summary
}

/// Waits for ctrl-c or a polite request to end.
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "no handler for the terminate signal");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
