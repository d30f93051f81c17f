//! `kofu-bench reading`: invented receipts of many forms through the reader, in the process of its own that it has in the
//! product, and what was right.
//!
//! Accuracy and confidence are judged against what was printed. Cost is compared within the run: the bare `tesseract`
//! command over the same pictures, `pdftotext` and pdfplumber over the same PDFs.

mod documents;
mod invented;
mod numerals;
mod peers;
mod picture;
mod report;
mod score;

use crate::READER_PROCESS;
use anyhow::{Context, Result, ensure};
use claim::{DocumentKind, Reading};
use documents::{Condition, Document};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use ingest::{Limits, Reader};
use invented::Set;
use score::{Answer, Tally};
use std::path::PathBuf;

/// What `kofu-bench reading` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which set of documents
    #[arg(long, value_enum, default_value_t = Set::Reported)]
    set: Set,
    /// How many documents of each of the 12 layouts; 28 hold every format in every condition
    #[arg(long, value_name = "N", default_value_t = 28)]
    a_layout: usize,
    /// Which random receipts
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the documents in DIR, and read those that are there already without drawing them again
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Only documents whose name holds TEXT
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Only the reading: no other programs beside it
    #[arg(long)]
    alone: bool,
    /// A Python that has pdfplumber
    #[arg(long, value_name = "PROGRAM")]
    pdfplumber: Option<PathBuf>,
    /// List every field that was read wrong or not at all
    #[arg(long)]
    errors: bool,
    /// Draw accuracy and calibration as SVG into FILE
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// JSON Lines instead of tables
    #[arg(long)]
    json: bool,
    /// How many documents are read at a time; by default one for each processor
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

/// Documents that are read by kofu, then by its peers, before the next are: so that both meet the same machine.
const IN_TURN: usize = 24;

/// Does what is asked for.
pub(crate) fn run(options: &Options) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = options.jobs.unwrap_or(cores).max(1);
    let temporary;
    let folder = match &options.keep {
        Some(folder) => folder.clone(),
        None => {
            temporary = tempfile::tempdir().context("no temporary folder can be made")?;
            temporary.path().to_owned()
        }
    };
    let progress = bar(options.a_layout * options.set.layouts().len(), "documents drawn");
    let mut documents = documents::documents(options.set, options.a_layout, options.seed, &folder, cores, &progress)?;
    progress.finish_and_clear();
    documents.retain(|document| document.name.contains(&options.only));
    ensure!(!documents.is_empty(), "no document is left to read: found none whose name holds {:?}", options.only);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let program = std::env::current_exe()?;
    let reader_with = |limits| Reader::new(program.clone(), vec![READER_PROCESS.to_owned()], limits);
    let reader = reader_with(Limits::default());
    let (digital, scanned): (Vec<Document>, Vec<Document>) =
        documents.into_iter().partition(|document| document.condition == Condition::Digital);
    let mut tally = Tally::default();
    let mut wrong: Vec<(String, Answer)> = Vec::new();
    let mut costs = peers::Costs::default();
    let progress = bar(digital.len() + scanned.len(), "documents read");
    for (part, is_scan) in
        digital.chunks(IN_TURN).map(|part| (part, false)).chain(scanned.chunks(IN_TURN).map(|p| (p, true)))
    {
        let spent = peers::Spent::start();
        let readings = runtime.block_on(async {
            let readings = read(&reader, part, jobs, &progress).await;
            // What its processes took is counted when they have ended.
            reader.rest().await;
            readings
        })?;
        let own = spent.end(part.len(), part.iter().map(|document| document.pictures.len().max(1)).sum());
        if is_scan { &mut costs.kofu_pictures } else { &mut costs.kofu_digital }.add(own);
        for (document, reading) in part.iter().zip(&readings) {
            let answers = score::answers(document, reading.receipt.clone().unwrap_or_default());
            tally.add(document, &answers);
            wrong.extend(answers.into_iter().filter(|one| !one.right).map(|one| (document.name.clone(), one)));
        }
        if options.alone {
            continue;
        }
        if is_scan {
            let (cost, tables) = peers::tesseract(part, jobs)?;
            costs.tesseract.add(cost);
            for (document, table) in part.iter().zip(&tables) {
                let held = score::holds_total(document, &peers::words(table));
                tally.bare.entry(document.condition).or_default().add(held);
                let found = score::answers(document, ingest::receipt_of_table(table));
                tally.add_bare(document, &found);
            }
        } else {
            costs.in_process.add(peers::in_process(part)?);
            costs.pdftotext.add(peers::pdftotext(part)?);
            if let Some(python) = &options.pdfplumber {
                costs.pdfplumber.add(peers::pdfplumber(python, part)?);
            }
        }
    }
    progress.finish_and_clear();
    if !options.alone {
        costs.many_pages = runtime.block_on(peers::many_pages(&scanned, reader_with, cores))?;
    }
    if !options.alone && options.pdfplumber.is_none() {
        eprintln!("pdfplumber does not run: no --pdfplumber PROGRAM (`cargo xtask bench reading` installs it)");
    }
    if let Some(file) = &options.picture {
        std::fs::write(file, picture::svg(&tally)).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    if options.errors {
        for (name, answer) in &wrong {
            let sure = answer.per_mille.map_or(String::new(), |per_mille| format!(" at {per_mille}"));
            println!(
                "{name} {}: found {:?}{sure}, expected {:?} ({})",
                answer.what.name(),
                answer.found,
                answer.expected,
                answer.reasons
            );
        }
    }
    report::print(options.set.name(), options.seed, &tally, &costs, options.json);
    Ok(())
}

/// The readings of some documents, in their order.
async fn read(reader: &Reader, part: &[Document], jobs: usize, progress: &ProgressBar) -> Result<Vec<Reading>> {
    let readings: Vec<Result<Reading>> = futures::stream::iter(part)
        .map(|document| async move {
            let bytes = std::fs::read(&document.file)?;
            let name = document.file.file_name().unwrap_or_default().to_string_lossy();
            let reading = reader.read(&name, &bytes, Some(DocumentKind::Receipt)).await?;
            progress.inc(1);
            Ok(reading)
        })
        .buffered(jobs)
        .collect()
        .await;
    readings.into_iter().collect()
}

fn bar(length: usize, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    ProgressBar::new(length as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(what)
}
