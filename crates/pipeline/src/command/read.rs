//! `kofu read`: what the ingest stage reads from documents. No store is touched.

use super::Done;
use crate::cli::KindArg;
use crate::config::Config;
use crate::file::{Fault, Links, read_plain};
use crate::output::output_error;
use anyhow::Result;
use claim::{DocumentKind, Lang, Place, Problem, ProblemCode, Reading, ReadingView};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

pub(crate) async fn run(
    files: &[PathBuf],
    kind: Option<KindArg>,
    config: &Config,
    json: bool,
    lang: Lang,
) -> Result<Done> {
    let reader =
        ingest::Reader::new(std::env::current_exe()?, vec!["reader-process".to_owned()], config.reader.clone());
    let kind = kind.map(|kind| match kind {
        KindArg::Receipt => DocumentKind::Receipt,
        KindArg::Itemization => DocumentKind::Itemization,
    });
    // For people on a terminal the JSON is spread over lines; for scripts one line a file.
    let spread = !json && std::io::stdout().is_terminal();
    let bar = progress(files.len() as u64);
    let mut good = true;
    // As many at once as there are cores, each in a process of its own; what comes out keeps the order of the files.
    let slots = std::thread::available_parallelism().map_or(1, usize::from);
    let mut waiting = files.iter();
    let mut running = VecDeque::new();
    loop {
        while running.len() < slots
            && let Some(file) = waiting.next()
        {
            let name =
                file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
            let (reader, file, limits) = (reader.clone(), file.clone(), config.reader.clone());
            running.push_back(tokio::spawn(async move {
                let read = read(&reader, &file, &name, kind, &limits, lang).await;
                (name, read)
            }));
        }
        let Some(next) = running.pop_front() else { break };
        let (name, read) = next.await?;
        let read = read?;
        bar.inc(1);
        good &= read.as_ref().is_ok_and(|reading| !reading.is_unreadable() && !reading.holds_nothing());
        let view = match &read {
            Ok(reading) => reading.view(lang),
            Err(problem) => ReadingView::unopened(&name, problem, lang),
        };
        let text = if spread { serde_json::to_string_pretty(&view)? } else { serde_json::to_string(&view)? };
        bar.suspend(|| writeln!(std::io::stdout().lock(), "{text}")).map_err(output_error)?;
    }
    bar.finish_and_clear();
    reader.rest().await;
    Ok(Done::all_if(good))
}

/// What is read of a file, or why it was not even opened: it is not there, no file, or too large.
async fn read(
    reader: &ingest::Reader,
    file: &Path,
    name: &str,
    kind: Option<DocumentKind>,
    limits: &ingest::Limits,
    lang: Lang,
) -> Result<Result<Reading, Problem>> {
    let place = Place::file(&file.display().to_string());
    let fault = match read_plain(file, limits.file_bytes, Links::Followed) {
        Ok(bytes) => return Ok(Ok(reader.read(name, &bytes, kind).await?)),
        Err(fault) => fault,
    };
    let problem = match &fault {
        Fault::TooLarge => {
            let expected = format!("{} bytes", limits.file_bytes);
            Problem::new(ProblemCode::TooLarge).with("found", format!("> {expected}")).with("expected", expected)
        }
        Fault::NotOpened(_) | Fault::NotAFile(..) => {
            Problem::new(ProblemCode::NotFound).with("found", fault.message(lang))
        }
    };
    Ok(Err(problem.at(place)))
}

/// A bar on standard error; hidden when that is no terminal or there is only one thing to do.
pub(crate) fn progress(count: u64) -> ProgressBar {
    if count < 2 {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count).with_style(style)
}
