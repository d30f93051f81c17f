//! The hostile set through the real door: each document gets what it should, within its budget, and the next good one is
//! read. `cargo test -p tests --test hostile` runs what is quick; after `--`, `all` runs all, `write FOLDER` writes the
//! documents down (the fuzzer begins with them), and any other word picks the documents whose name has it.
//!
//! A `main` of its own, because this program is also the process between reader and `kofu reader-process` that measures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(unsafe_code, reason = "asking the kernel what a process took, and to end it with its parent")]

mod cases;
mod packed;
mod pdf;
mod picture;
mod sheet;
mod small;

use cases::{Case, Expected, cut_documents, documents, slow_documents};
use claim::{Lang, ProblemCode, Reading};
use ingest::{Limits, Reader};
use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use tests::kofu;

/// What a document may cost at most: memory of its process, growth of the parent, time.
const CHILD_MIB: u64 = 1024;
const PARENT_MIB: u64 = 100;
const TIME: Duration = Duration::from_secs(60);
/// What the parent holds anyhow: the document itself.
const MIB: u64 = 1024 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [first, report, program] = arguments.as_slice()
        && first == "measured"
    {
        return measured(Path::new(report), program);
    }
    if let [first, folder] = arguments.as_slice()
        && first == "write"
    {
        return write(Path::new(folder));
    }
    let words: Vec<String> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .filter(|argument| !argument.starts_with('-'))
        .map(str::to_owned)
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(&words))
}

/// Writes every document that is not too large for a fuzzer into a folder for its format.
fn write(folder: &Path) -> ExitCode {
    const MOST: usize = 32 * 1024;
    let good = cases::good_documents();
    let all = documents(folder).into_iter().chain(slow_documents()).chain(good);
    for (index, case) in all.enumerate() {
        let bytes = (case.bytes)();
        let format = folder.join(Path::new(case.file).extension().unwrap());
        if bytes.len() <= MOST {
            std::fs::create_dir_all(&format).unwrap();
            std::fs::write(format.join(index.to_string()), bytes).unwrap();
        }
    }
    // All seeds of a run are as long as the longest, so the small ones are read without the others.
    let small = folder.join("pdf-small");
    std::fs::create_dir_all(&small).unwrap();
    for (index, bytes) in small::pdfs().into_iter().enumerate() {
        std::fs::write(small.join(index.to_string()), bytes).unwrap();
    }
    ExitCode::SUCCESS
}

async fn run(words: &[String]) -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let forbidden = folder.path().join("forbidden");
    std::fs::create_dir(&forbidden).unwrap();
    let report = folder.path().join("report");
    let this = std::env::current_exe().unwrap();
    // Another build may be named, such as the released one.
    let program = std::env::var("KOFU_PROGRAM").unwrap_or_else(|_| kofu().get_program().to_str().unwrap().to_owned());
    let arguments = vec!["measured".to_owned(), report.to_str().unwrap().to_owned(), program];
    let door = Door { reader: Reader::new(this, arguments, Limits::default()), report: &report };

    let all = words.iter().any(|word| word == "all");
    let wanted = |case: &Case| all || words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str()));
    let mut wrong = 0;
    let good = sheet::good();
    println!("{:<52} {:>9} {:>9} {:>7}  came of it", "document", "child", "parent", "time");
    let slow = if words.is_empty() { Vec::new() } else { slow_documents() };
    let cases = documents(&forbidden).into_iter().chain(slow).chain(cut_documents(all));
    for case in cases.filter(wanted) {
        let bytes = (case.bytes)();
        let cost = door.read(case.file, &bytes).await;
        let mut complaints = complaints(&case, &cost);
        // The next one is read, whatever that was.
        let next = door.read("next.xlsx", &good).await;
        if next.reading.is_unreadable() || !next.reading.problems.is_empty() {
            complaints.push(format!("the next document: {:?}", next.reading.problems));
        }
        if std::fs::read_dir(&forbidden).unwrap().next().is_some() {
            complaints.push("something was written".to_owned());
        }
        println!(
            "{:<52} {:>5} MiB {:>5} MiB {:>5.2} s  {}",
            case.name,
            cost.child / MIB,
            cost.parent / MIB,
            cost.time.as_secs_f32(),
            shown(&cost.reading)
        );
        for complaint in &complaints {
            println!("    WRONG: {complaint}");
        }
        wrong += complaints.len();
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The way into the reader, with a process in between that measures.
struct Door<'a> {
    reader: Reader,
    report: &'a Path,
}

/// What came of a document, and what it cost.
struct Cost {
    reading: Reading,
    /// The most memory of its process, in bytes; nothing when none was started.
    child: u64,
    /// By how much the most memory of this process grew meanwhile.
    parent: u64,
    time: Duration,
}

impl Door<'_> {
    async fn read(&self, file: &str, bytes: &[u8]) -> Cost {
        // Where it cannot be set back, the most that this process ever had counts, which is more.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let _ = std::fs::remove_file(self.report);
        let before = own_memory("VmRSS:");
        let from = Instant::now();
        let reading = self.reader.read(file, bytes, None).await.unwrap();
        let time = from.elapsed();
        // What a process took is written down when it has ended, and one with the models loaded is kept for the next.
        self.reader.rest().await;
        let parent = own_memory("VmHWM:").saturating_sub(before);
        // None is started for what is refused by its length.
        let child = std::fs::read_to_string(self.report).map_or(0, |text| text.trim().parse().unwrap());
        Cost { reading, child, parent, time }
    }
}

/// What is not as it should be.
fn complaints(case: &Case, cost: &Cost) -> Vec<String> {
    let Cost { reading, child, parent, time } = cost;
    let codes: Vec<ProblemCode> = reading.problems.iter().map(|problem| problem.code).collect();
    let only = |allowed: &[ProblemCode]| matches!(codes.as_slice(), [code] if allowed.contains(code));
    let nothing_worse = codes.iter().all(|code| *code == ProblemCode::NothingFound);
    let as_expected = match case.expected {
        Expected::Refused(allowed) => only(allowed) && (reading.is_unreadable() || reading.holds_nothing()),
        Expected::OnAPage(code) => {
            codes.contains(&code) && reading.problems.iter().any(|problem| problem.place.spot.page.is_some())
        }
        Expected::Opened => !reading.is_unreadable() && nothing_worse,
        Expected::OpenedOr(allowed) => (!reading.is_unreadable() && nothing_worse) || only(allowed),
    };
    let mut wrong = Vec::new();
    if !as_expected {
        wrong.push(format!("expected {:?}, found {:?}", case.expected, reading.problems));
    }
    for problem in &reading.problems {
        if problem.place.file.as_deref() != Some(case.file) || problem.message(Lang::Ja).contains('—') {
            wrong.push(format!("a problem that says too little: {problem:?}"));
        }
    }
    // Nothing of this machine comes with a document.
    let text = serde_json::to_string(reading).unwrap();
    if text.contains("root:") || text.contains("/bin/") {
        wrong.push(format!("what is in a file of this machine: {text}"));
    }
    if *child > CHILD_MIB * MIB {
        wrong.push(format!("found {} MiB in its process, expected at most {CHILD_MIB}", child / MIB));
    }
    if *parent > PARENT_MIB * MIB {
        wrong.push(format!("found {} MiB of growth here, expected at most {PARENT_MIB}", parent / MIB));
    }
    if *time > TIME {
        wrong.push(format!("found {time:?}, expected at most {TIME:?}"));
    }
    wrong
}

fn shown(reading: &Reading) -> String {
    let problems: Vec<String> = reading.problems.iter().map(|problem| problem.message(Lang::En)).collect();
    if problems.is_empty() { format!("read, {} pages", reading.pages) } else { problems.join(" / ") }
}

/// A line of what the kernel says of this process's memory, in bytes.
fn own_memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Runs the reader process, its standard streams being ours, writes down what it took, and ends as it ended.
fn measured(report: &Path, program: &OsString) -> ExitCode {
    let mut command = Command::new(program);
    command.arg("reader-process");
    // SAFETY: one system call without memory of its own, between fork and exec: whoever ends this process ends that one.
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    let status = command.status().expect("kofu starts");
    // SAFETY: a structure of numbers, for which zeros are values, filled in by the kernel.
    let peak = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage), 0);
        usage.ru_maxrss
    };
    // Of several processes of one document the largest counts.
    let before = std::fs::read_to_string(report).map_or(0, |text| text.trim().parse().unwrap_or(0));
    std::fs::write(report, (u64::try_from(peak).unwrap() * 1024).max(before).to_string()).unwrap();
    if let Some(signal) = status.signal() {
        // SAFETY: a signal to ourselves, without a core file.
        unsafe {
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::setrlimit(libc::RLIMIT_CORE, &none);
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}
