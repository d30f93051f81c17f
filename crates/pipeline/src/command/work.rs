//! `kofu work`: run the stages on what is queued.

use super::Done;
use crate::app::App;
use crate::output;
use crate::worker::{self, Summary, Until};
use anyhow::Result;
use claim::Lang;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) async fn run(app: &App, drain: bool) -> Result<Done> {
    let until = if drain { Until::Drained } else { Until::Stopped };
    let summary = with_progress(app, until).await?;
    let line = match app.lang {
        Lang::Ja => format!("{} 件の処理が終わりました。担当者の確認を待つもの {} 件。", summary.done, summary.parked),
        Lang::En => format!("{} jobs done, {} parked for a person.", summary.done, summary.parked),
    };
    output::say(&line);
    Ok(Done::all_if(summary.parked == 0))
}

/// Works with a bar on standard error, until `until` or a signal to stop.
pub(crate) async fn with_progress(app: &App, until: Until) -> Result<Summary> {
    let open = worker::open_jobs(&app.store).await?;
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
