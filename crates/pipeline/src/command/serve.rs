//! `kofu serve`: the web pages and the API, with workers unless told otherwise.

use super::Done;
use super::work::signal;
use crate::app::App;
use crate::worker::{self, Until};
use anyhow::{Result, anyhow};
use office::Told;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the pages look whether other rules are in force: a draft's day may come while the server runs.
const RULES_EVERY: Duration = Duration::from_secs(60);

pub(crate) async fn run(app: &App, listen: SocketAddr, no_work: bool) -> Result<Done> {
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
        Told::new(
            format!("{listen} で待ち受けられません。ほかで使われていないか確かめ、--listen で別のアドレスを指定してください。"),
            format!("cannot listen on {listen}; see whether something else does, or give another address with --listen"),
        )
        .because(error)
    })?;
    let address = listener.local_addr()?;
    eprintln!("{} http://{address}/", app.text("待ち受けています:", "listening on"));
    let (stop, stopped) = watch::channel(false);
    let work = (!no_work).then(|| {
        let (app, stopped) = (app.clone(), stopped.clone());
        tokio::spawn(async move { worker::run(&app, Until::Stopped, stopped, &|_| {}).await })
    });
    let (rules_today, ruleset) = watch::channel(app.office.rulebook.on(app.office.today()).await?);
    let following = tokio::spawn(follow_rules(app.clone(), rules_today));
    let openid = provider(app)?;
    let requests_a_minute = app.config.api.requests_a_minute;
    let exports = exports(app);
    let state = web::WebState { office: app.office.clone(), ruleset, openid, requests_a_minute, exports };
    let stop_serving = stop.clone();
    let served = web::serve(listener, state, async move {
        signal().await;
        // The workers hear it too; without workers nobody listens.
        let _ = stop_serving.send(true);
    })
    .await;
    // Also when serving ended by an error: the workers finish what they have and stop.
    let _ = stop.send(true);
    following.abort();
    if let Some(work) = work {
        work.await??;
    }
    // Drafts are read by the pages, with or without workers.
    app.office.reader.rest().await;
    served?;
    Ok(Done::All)
}

/// Exports for auditors, and the verifier that is installed beside this program.
fn exports(app: &App) -> web::Exports {
    let app = app.clone();
    let write = Arc::new(move |out: PathBuf| -> web::WrittenExport {
        let app = app.clone();
        // With its causes, of which the page tells none and the server's log all.
        Box::pin(
            async move { super::log::export(&app, &out).await.map(drop).map_err(|error| format!("{error:#}").into()) },
        )
    });
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name("kofu-audit"));
    web::Exports::new(write, beside.filter(|path| path.is_file()))
}

/// The provider by which staff may sign in, where one is configured.
pub(crate) fn provider(app: &App) -> Result<Option<Arc<web::OpenId>>> {
    let Some(settings) = app.config.openid_settings()? else { return Ok(None) };
    let openid = web::OpenId::new(settings).map_err(|error| anyhow!("the configuration's [openid]: {error}"))?;
    Ok(Some(Arc::new(openid)))
}

async fn follow_rules(app: App, rules_today: watch::Sender<Arc<rules::Ruleset>>) {
    loop {
        tokio::time::sleep(RULES_EVERY).await;
        match app.office.rulebook.on(app.office.today()).await {
            Ok(ruleset) => rules_today.send_if_modified(|shown| {
                let changed = shown.hash() != ruleset.hash();
                *shown = ruleset;
                changed
            }),
            // What was shown stays; the next look may be better.
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the rules in force could not be looked up");
                false
            }
        };
    }
}
