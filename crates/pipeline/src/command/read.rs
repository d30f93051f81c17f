//! `kofu read`: what the ingest stage reads from documents. No store is touched.

use super::Done;
use crate::cli::KindArg;
use crate::config::Config;
use anyhow::Result;
use claim::{DocumentKind, Lang, Place, Problem, ProblemCode, Reading, Value};
use indicatif::{ProgressBar, ProgressStyle};
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
    for file in files {
        let reading = read(&reader, file, kind, &config.reader).await?;
        bar.inc(1);
        good &= !reading.is_unreadable();
        let view = reading.view(lang);
        let text = if spread { serde_json::to_string_pretty(&view)? } else { serde_json::to_string(&view)? };
        bar.suspend(|| writeln!(std::io::stdout().lock(), "{text}"))?;
    }
    bar.finish_and_clear();
    Ok(Done::all_if(good))
}

async fn read(
    reader: &ingest::Reader,
    file: &Path,
    kind: Option<DocumentKind>,
    limits: &ingest::Limits,
) -> Result<Reading> {
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let unreadable = |code, values: &[(&str, Value)]| {
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let problem = Problem { code, place: Place::file(&file.display().to_string()), values };
        Reading::unreadable(&name, crate::bundle::hash(&[]), "application/octet-stream", problem)
    };
    match std::fs::metadata(file) {
        // Not even opened: a file of any size may lie there.
        Ok(metadata) if metadata.len() > limits.file_bytes => Ok(unreadable(
            ProblemCode::TooLarge,
            &[
                ("found", Value::from(format!("{} bytes", metadata.len()))),
                ("expected", Value::from(format!("{} bytes", limits.file_bytes))),
            ],
        )),
        Ok(metadata) if !metadata.is_file() => {
            Ok(unreadable(ProblemCode::NotFound, &[("found", Value::from("not a file"))]))
        }
        _ => match std::fs::read(file) {
            Ok(bytes) => Ok(reader.read(&name, &bytes, kind).await?),
            Err(error) => Ok(unreadable(ProblemCode::NotFound, &[("found", Value::from(error.to_string()))])),
        },
    }
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
