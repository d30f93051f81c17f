//! What the same work costs others, and how cost is counted: processor time of everything that was started for it.

use super::documents::Document;
use anyhow::{Context, Result, ensure};
use claim::DocumentKind;
use ingest::{Limits, Reader};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What some work took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) documents: usize,
    pub(crate) pages: usize,
    pub(crate) processor: Duration,
    pub(crate) passing: Duration,
}

impl Cost {
    pub(crate) fn add(&mut self, more: Cost) {
        self.documents += more.documents;
        self.pages += more.pages;
        self.processor += more.processor;
        self.passing += more.passing;
    }

    /// Milliseconds on a processor for a page.
    pub(crate) fn a_page(&self) -> f64 {
        self.processor.as_secs_f64() * 1e3 / self.pages.max(1) as f64
    }
}

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    /// kofu over the pictures, a process a document.
    pub(crate) kofu_pictures: Cost,
    /// The `tesseract` command over the same, a process a picture.
    pub(crate) tesseract: Cost,
    /// kofu over the born-digital PDFs, a process a document.
    pub(crate) kofu_digital: Cost,
    /// kofu's library over the same within this process.
    pub(crate) in_process: Cost,
    /// The `pdftotext` command, a process a document.
    pub(crate) pdftotext: Cost,
    /// pdfplumber, all documents in one process that has it loaded.
    pub(crate) pdfplumber: Cost,
    /// A scan of many pages.
    pub(crate) many_pages: Option<ManyPages>,
}

/// A running count of this process and of the processes that it started and that have ended.
pub(crate) struct Spent {
    processor: Duration,
    passing: Instant,
}

impl Spent {
    pub(crate) fn start() -> Spent {
        Spent { processor: processor_time(), passing: Instant::now() }
    }

    pub(crate) fn end(self, documents: usize, pages: usize) -> Cost {
        let processor = processor_time().saturating_sub(self.processor);
        Cost { documents, pages, processor, passing: self.passing.elapsed() }
    }
}

/// Linux counts in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

fn processor_time() -> Duration {
    std::fs::read_to_string("/proc/self/stat")
        .ok()
        .and_then(|stat| ticks(&stat))
        .map_or(Duration::ZERO, |ticks| TICK * ticks)
}

/// utime, stime, cutime and cstime, which stand at places 14 to 17; the second is the program's name in brackets.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().skip(11).take(4).map(|part| part.parse::<u32>().ok()).sum()
}

/// The bare command over every picture, in the language that kofu reads first and the same page mode; also the table of
/// words with their boxes (`tsv`) that it gave for each document.
pub(crate) fn tesseract(part: &[Document], jobs: usize) -> Result<(Cost, Vec<String>)> {
    let pictures: Vec<(usize, &Path)> = part
        .iter()
        .enumerate()
        // A TIFF is one file with all its pages, and the command reads them all.
        .flat_map(|(at, document)| {
            let again = move |page: usize, picture: &PathBuf| page > 0 && document.pictures[0] == *picture;
            let each = document.pictures.iter().enumerate().filter(move |(page, picture)| !again(*page, picture));
            each.map(move |(_, picture)| (at, picture.as_path()))
        })
        .collect();
    let tables = Mutex::new(vec![String::new(); part.len()]);
    let pages = part.iter().map(|document| document.pictures.len()).sum();
    let spent = Spent::start();
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some((at, picture)) = pictures.get(next.fetch_add(1, Ordering::Relaxed)) {
            let output = Command::new("tesseract")
                .arg(picture)
                .args(["stdout", "-l", "Japanese", "--psm", "4", "tsv"])
                .env("OMP_THREAD_LIMIT", "1")
                .output()
                .context("the command `tesseract` cannot be started; `cargo xtask bench reading` installs it")?;
            ensure!(output.status.success(), "tesseract failed on {}", picture.display());
            let mut tables = tables.lock().unwrap_or_else(PoisonError::into_inner);
            tables[*at].push_str(&String::from_utf8_lossy(&output.stdout));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    Ok((spent.end(part.len(), pages), tables.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// kofu's own library over born-digital PDFs, without a process for each.
pub(crate) fn in_process(part: &[Document]) -> Result<Cost> {
    let files: Vec<Vec<u8>> =
        part.iter().map(|document| std::fs::read(&document.file)).collect::<std::io::Result<_>>()?;
    let limits = Limits::default();
    let spent = Spent::start();
    for bytes in &files {
        let reading = ingest::read(bytes, "receipt.pdf", Some(DocumentKind::Receipt), &limits);
        ensure!(!reading.is_unreadable(), "a born-digital PDF could not be read");
    }
    Ok(spent.end(part.len(), part.len()))
}

/// The command `pdftotext` over born-digital PDFs.
pub(crate) fn pdftotext(part: &[Document]) -> Result<Cost> {
    let spent = Spent::start();
    for document in part {
        let output = Command::new("pdftotext")
            .arg("-layout")
            .arg(&document.file)
            .arg("-")
            .output()
            .context("the command `pdftotext` cannot be started; `cargo xtask bench reading` installs it")?;
        ensure!(output.status.success(), "pdftotext failed on {}", document.file.display());
    }
    Ok(spent.end(part.len(), part.len()))
}

/// What pdfplumber does is counted from when it is loaded: the seconds on a processor stand in its only line.
const PDFPLUMBER: &str = "\
import sys, time, pdfplumber
start = time.process_time()
for path in sys.argv[1:]:
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            page.extract_text()
print(time.process_time() - start)
";

/// pdfplumber over born-digital PDFs.
pub(crate) fn pdfplumber(python: &Path, part: &[Document]) -> Result<Cost> {
    let passing = Instant::now();
    let output = Command::new(python)
        .args(["-c", PDFPLUMBER])
        .args(part.iter().map(|document| &document.file))
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} cannot be started", python.display()))?;
    ensure!(output.status.success(), "pdfplumber failed");
    let seconds: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().context("pdfplumber told no time")?;
    Ok(Cost {
        documents: part.len(),
        pages: part.len(),
        processor: Duration::try_from_secs_f64(seconds)?,
        passing: passing.elapsed(),
    })
}

/// The words of such a table, as text.
pub(crate) fn words(table: &str) -> String {
    table.lines().filter(|row| row.starts_with("5\t")).filter_map(|row| row.split('\t').nth(11)).collect()
}

/// A scan of many pages in one file: seconds with one process recognising at a time, and with one for each processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ManyPages {
    pub(crate) pages: usize,
    pub(crate) alone: Duration,
    pub(crate) side_by_side: Duration,
    pub(crate) at_once: usize,
}

/// Pages of the scan, and how often it is read each way; the fastest counts.
const MANY: usize = 10;
const TIMES: usize = 3;

/// Reads pages of scanned PDFs that were put into one, in turn both ways; none when there are too few.
pub(crate) async fn many_pages(
    documents: &[Document],
    reader: impl Fn(Limits) -> Reader,
    at_once: usize,
) -> Result<Option<ManyPages>> {
    let pages: Vec<Vec<u8>> = documents
        .iter()
        .filter(|document| document.format == "scanned PDF")
        .flat_map(|document| &document.pictures)
        .take(MANY)
        .map(std::fs::read)
        .collect::<std::io::Result<_>>()?;
    if pages.len() < MANY {
        return Ok(None);
    }
    let bytes = papers::scanned_pdf(&pages, 200)?;
    let one = reader(Limits { recognising: NonZeroU16::new(1), ..Limits::default() });
    let all = reader(Limits::default());
    let (mut alone, mut side_by_side) = (Duration::MAX, Duration::MAX);
    for _ in 0..TIMES {
        for (reader, best) in [(&one, &mut alone), (&all, &mut side_by_side)] {
            let from = Instant::now();
            let reading = reader.read("scan.pdf", &bytes, Some(DocumentKind::Receipt)).await?;
            *best = (*best).min(from.elapsed());
            ensure!(reading.pages as usize == MANY, "found {} pages, expected {MANY}", reading.pages);
        }
    }
    one.rest().await;
    all.rest().await;
    Ok(Some(ManyPages { pages: MANY, alone, side_by_side, at_once }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_table_are_its_text() {
        let table = "level\tpage\n4\t1\t1\t1\t1\t0\t10\t10\t80\t20\t-1\t\n5\t1\t1\t1\t1\t1\t10\t10\t30\t20\t91.5\t領収\n\
                     5\t1\t1\t1\t1\t2\t42\t10\t20\t20\t88\t書\n";
        assert_eq!(words(table), "領収書");
    }

    #[test]
    fn processor_time_is_that_of_the_process_and_its_children() {
        let stat = "4242 (kofu) bench) S 1 4242 4242 0 -1 4194304 500 900 0 0 7 3 20 5 20 0 1 0 1000 0 0";
        assert_eq!(ticks(stat), Some(35));
        assert_eq!(ticks("no brackets"), None);
    }
}
