//! `kofu serve`: the web pages and the API, with workers unless told otherwise.

use super::Done;
use super::work::signal;
use crate::app::App;
use crate::worker::{self, Until};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) async fn run(app: &App, listen: SocketAddr, no_work: bool) -> Result<Done> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    eprintln!("{} http://{address}/", app.text("待ち受けています:", "listening on"));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let work = (!no_work).then(|| {
        let (app, stopped) = (app.clone(), stopped.clone());
        tokio::spawn(async move { worker::run(&app, Until::Stopped, stopped, &|_| {}).await })
    });
    let clock = app.clock;
    let state = web::WebState { store: app.store.clone(), ruleset: app.ruleset, now: Arc::new(move || clock.now()) };
    let stop_serving = stop.clone();
    let served = web::serve(listener, state, async move {
        signal().await;
        // The workers hear it too; without workers nobody listens.
        let _ = stop_serving.send(true);
    })
    .await;
    // Also when serving ended by an error: the workers finish what they have and stop.
    let _ = stop.send(true);
    if let Some(work) = work {
        work.await??;
    }
    served?;
    Ok(Done::All)
}
