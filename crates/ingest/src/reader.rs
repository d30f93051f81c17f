//! The parent's side of the reader process: starts it, feeds it, ends it when its time is over, and never falls with it.

use crate::child::{Answer, Entry, MOST_ENTRY_BYTES, Recognised, Request, Task, pages_to_bytes};
use crate::document::{finish, hash, refused_by_size};
use crate::limits::Limits;
use crate::ocr::Outcome as OfPage;
use crate::sandbox::SandboxStatus;
use crate::sniff;
use crate::view::View;
use crate::zygote::Zygote;
use claim::{DocumentKind, Problem, ProblemCode, Reading, Sha256};
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::{OnceCell, Semaphore};

/// Reads documents, each in processes of its own that may die: parsers and recognition work on bytes from anybody.
///
/// The pages of a document that must be recognised are shared out among processes that read them side by side; of all
/// documents together, [`Limits::recognising`] processes recognise at once. After the first such document it keeps as many
/// processes with the models loaded as recognised at once, and those belong to the runtime they were started in. They end
/// with the last clone of the reader.
#[derive(Clone, Debug)]
pub struct Reader {
    program: PathBuf,
    args: Vec<String>,
    limits: Limits,
    /// Those that have no copy now.
    zygotes: Arc<Mutex<Vec<Zygote>>>,
    /// How many processes may recognise at once, and a permit for each.
    at_once: usize,
    recognising: Arc<Semaphore>,
    /// What the sandbox keeps away here, once it was found out.
    status: Arc<OnceCell<SandboxStatus>>,
    /// Files of fonts for [`Reader::view`].
    gothic: Option<PathBuf>,
    mincho: Option<PathBuf>,
}

/// A process opens the document anew for its share of the pages, which costs a few hundredths of recognising one. Small
/// shares let other documents have their turn, and leave less to be done again where a process fails.
const LARGEST_SHARE: usize = 3;
/// More processes at once are no use to any machine, and each takes memory.
const MOST_AT_ONCE: usize = 1024;
/// How deep folders with fonts are searched.
const FONT_FOLDERS_DEEP: usize = 4;
/// Where Debian's and Ubuntu's packages `fonts-ipaexfont-gothic` and `fonts-ipaexfont-mincho` put their fonts.
const DEBIAN: &str = "/usr/share/fonts/opentype";

/// Why no document can be read on this machine. It says nothing about any document, so a job that meets it should wait
/// rather than blame the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The program could not be started.
    #[error(
        "the reader process {program:?} could not be started: {source}. Check that the program is there and that processes may still be started."
    )]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system did not let the parent talk to the process or wait for its end.
    #[error("the reader process {program:?} could not be talked to: {source}.")]
    Io {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The document needs recognition, and this machine lacks a model for it.
    #[error("documents cannot be recognised on this machine: {found}.")]
    Recognition {
        /// What is missing, and how to install it.
        found: String,
    },
    /// The process could not give up its rights.
    #[error(
        "the reader process could not enter its sandbox: {found}. Run on a kernel that has what is named, or set the sandbox policy to \"warn\"."
    )]
    Sandbox {
        /// What it said.
        found: String,
    },
    /// The program is not a reader.
    #[error(
        "the program {program:?} did not answer as a reader process: {found}. It must call ingest::child_main first thing."
    )]
    NotAReader {
        /// The program.
        program: PathBuf,
        /// What came instead.
        found: String,
    },
}

impl Reader {
    /// A reader that starts `program` with `args` for every document; that program must call [`crate::child_main`] first
    /// thing. Programs usually start themselves with a hidden subcommand.
    pub fn new(program: PathBuf, args: Vec<String>, limits: Limits) -> Reader {
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        let at_once = limits.recognising.map_or_else(processors, |most| usize::from(most.get())).min(MOST_AT_ONCE);
        let reader = Reader {
            program,
            args,
            limits,
            zygotes: Arc::default(),
            at_once,
            recognising: Arc::new(Semaphore::new(at_once)),
            status: Arc::default(),
            gothic: None,
            mincho: None,
        };
        reader.with_fonts_in(&[DEBIAN])
    }

    /// The same reader with the IPAex fonts that are found in these folders and the folders in them, instead of those that
    /// Debian's packages hold: for text of PDFs whose Japanese font is not in the file. They change what [`Reader::view`]
    /// shows and nothing that is read.
    #[must_use]
    pub fn with_fonts_in(self, folders: &[impl AsRef<Path>]) -> Reader {
        let font = |name: &str| folders.iter().find_map(|folder| file_in(folder.as_ref(), name, FONT_FOLDERS_DEEP));
        Reader { gothic: font("ipaexg.ttf"), mincho: font("ipaexm.ttf"), ..self }
    }

    /// Ends the processes that are kept for the next documents, and waits until they are gone; the next document starts
    /// new ones.
    pub async fn rest(&self) {
        let idle = std::mem::take(&mut *self.zygotes.lock().unwrap_or_else(PoisonError::into_inner));
        for zygote in idle {
            let mut process = zygote.let_go();
            if !matches!(tokio::time::timeout(END, process.wait()).await, Ok(Ok(_))) {
                end(process).await;
            }
        }
    }

    /// Reads a document. What is wrong with the document, and whatever it does to the reader process, stands in the
    /// problems of the reading: `timed-out` when its time was over, `reader-failed` when it brought the process down.
    /// `Err` means that no document could be read.
    pub async fn read(&self, file: &str, bytes: &[u8], as_kind: Option<DocumentKind>) -> Result<Reading, ReaderError> {
        let sha256 = hash(bytes);
        let unreadable = |problem| Ok(finish(Reading::unreadable(file, sha256, "application/octet-stream", problem)));
        if let Some(problem) = refused_by_size(bytes, &self.limits) {
            return unreadable(problem);
        }
        // A picture is always recognised. For anything else the models are loaded when it turns out that they are wanted:
        // most documents hold text, and the process that finds a page without any has cost little.
        let recognised = if sniff::is_one_picture(bytes) { Recognised::Here } else { Recognised::NotYet };
        let mut outcome = self.ask(Task::Read { as_kind, recognised }, &[bytes]).await?;
        if let Outcome::Answer(Answer::WantsRecognition { pages }, lacks) = outcome {
            if let Some(found) = lacks {
                return Err(ReaderError::Recognition { found });
            }
            outcome = if pages.len() > 1 {
                let parts = self.recognised(&pages, bytes, sha256).await?;
                let lengths = parts.iter().map(|part| part.len() as u64).collect();
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).chain([bytes]).collect();
                self.ask(Task::Read { as_kind, recognised: Recognised::Before(lengths) }, &parts).await?
            } else {
                self.ask(Task::Read { as_kind, recognised: Recognised::Here }, &[bytes]).await?
            };
        }
        match outcome {
            // Recognition failed, and before the document was sent it was known that it would.
            Outcome::Answer(Answer::Reading(reading), Some(found))
                if reading.problems.iter().any(|problem| problem.code == ProblemCode::ReaderFailed) =>
            {
                Err(ReaderError::Recognition { found })
            }
            // The process saw bytes from anybody, so what the parent knows itself is not taken from it.
            Outcome::Answer(Answer::Reading(reading), _) => {
                Ok(finish(Reading { file: file.to_owned(), sha256, ..*reading }))
            }
            Outcome::NotEntered(found) => Err(ReaderError::Sandbox { found }),
            Outcome::NoReader(found) => Err(ReaderError::NotAReader { program: self.program.clone(), found }),
            Outcome::Answer(
                Answer::Status(_) | Answer::WantsRecognition { .. } | Answer::Pages { .. } | Answer::View(_),
                _,
            ) => unreadable(Problem::new(ProblemCode::ReaderFailed).with("found", "wrong answer")),
            Outcome::TimedOut { seconds } => unreadable(timed_out(sha256, seconds)),
            Outcome::Failed { why } => unreadable(failed(sha256, why)),
        }
    }

    /// What came of these pages of a document, in as many parts as it was shared out in, for the process that reads it.
    ///
    /// All its processes together have the wall time of a document, waiting for their turn not counted. A share whose
    /// process fell or took too long is done once more page by page, so that only the page that brought it down is lost.
    async fn recognised(
        &self,
        pages: &BTreeSet<u32>,
        bytes: &[u8],
        sha256: Sha256,
    ) -> Result<Vec<Vec<u8>>, ReaderError> {
        // A process that was taken over may say that there are any pages.
        let pages: Vec<u32> = pages.iter().copied().filter(|page| (1..=self.limits.pages).contains(page)).collect();
        let mut waiting = VecDeque::from(shares(&pages, self.at_once));
        let mut left = self.limits.wall();
        let mut running = FuturesUnordered::new();
        let mut parts = Vec::new();
        loop {
            while running.len() < self.at_once
                && let Some(share) = waiting.pop_front()
            {
                let most = left;
                running.push(async move {
                    let asked = if most.is_zero() {
                        Ok((Outcome::TimedOut { seconds: 0 }, most))
                    } else {
                        self.ask_within(Task::Recognise { pages: share.clone() }, &[bytes], most).await
                    };
                    (share, most, asked)
                });
            }
            let Some((share, most, asked)) = running.next().await else { return Ok(parts) };
            let (outcome, took) = asked?;
            left = left.saturating_sub(took);
            let problem = match outcome {
                Outcome::Answer(Answer::Pages { bytes }, _) => {
                    parts.push(bytes);
                    continue;
                }
                Outcome::Failed { .. } | Outcome::TimedOut { .. } if share.len() > 1 && !left.is_zero() => {
                    waiting.extend(share.into_iter().map(|page| BTreeSet::from([page])));
                    continue;
                }
                Outcome::NotEntered(found) => return Err(ReaderError::Sandbox { found }),
                Outcome::NoReader(found) => {
                    return Err(ReaderError::NotAReader { program: self.program.clone(), found });
                }
                // What was left to it was what the others had left of the document's time.
                Outcome::TimedOut { .. } if took >= most => timed_out(sha256, self.limits.wall().as_secs()),
                Outcome::TimedOut { seconds } => timed_out(sha256, seconds),
                Outcome::Failed { why } => failed(sha256, why),
                Outcome::Answer(..) => failed(sha256, "wrong answer".to_owned()),
            };
            let lost: BTreeMap<u32, OfPage> = share.into_iter().map(|page| (page, Err(problem.clone()))).collect();
            parts.push(
                pages_to_bytes(&lost).map_err(|source| ReaderError::Io { program: self.program.clone(), source })?,
            );
        }
    }

    /// What people see of a page of a document (from 1), or of a sheet: a picture made anew from its pixels, or cells, in
    /// the units and names of the spots that [`Reader::read`] gives. It needs no recognition, so it takes tenths of a
    /// second at most. `Err` means that no document could be shown, as with reading.
    ///
    /// The same bytes and page give the same answer on one version of the program with the same fonts, but where the
    /// machine was too slow.
    pub async fn view(&self, bytes: &[u8], page: u32) -> Result<View, ReaderError> {
        if let Some(problem) = refused_by_size(bytes, &self.limits) {
            return Ok(View::Unreadable(problem));
        }
        // Only a PDF names fonts; they are as large as a document.
        let fonts = |font: &Option<PathBuf>| font.clone().filter(|_| sniff::may_be_pdf(bytes));
        let task = Task::View { page, gothic: fonts(&self.gothic), mincho: fonts(&self.mincho) };
        Ok(match self.ask(task, &[bytes]).await? {
            Outcome::Answer(Answer::View(view), _) => *view,
            Outcome::NotEntered(found) => return Err(ReaderError::Sandbox { found }),
            Outcome::NoReader(found) => {
                return Err(ReaderError::NotAReader { program: self.program.clone(), found });
            }
            Outcome::Answer(
                Answer::Status(_) | Answer::WantsRecognition { .. } | Answer::Pages { .. } | Answer::Reading(_),
                _,
            ) => View::Unreadable(Problem::new(ProblemCode::ReaderFailed).with("found", "wrong answer")),
            Outcome::TimedOut { seconds } => View::Unreadable(timed_out(hash(bytes), seconds)),
            Outcome::Failed { why } => View::Unreadable(failed(hash(bytes), why)),
        })
    }

    /// What holds in the reader process on this machine, by trying: for a line at the start of a program, for checks of an
    /// installation, and for pages. It is tried once; a machine where that failed is tried again.
    pub async fn sandbox_status(&self) -> Result<SandboxStatus, ReaderError> {
        self.status.get_or_try_init(|| self.probe()).await.cloned()
    }

    async fn probe(&self) -> Result<SandboxStatus, ReaderError> {
        let found = match self.ask(Task::Probe, &[]).await? {
            Outcome::Answer(Answer::Status(status), _) => return Ok(status),
            Outcome::NotEntered(found) => return Err(ReaderError::Sandbox { found }),
            Outcome::Answer(
                Answer::Reading(_) | Answer::WantsRecognition { .. } | Answer::Pages { .. } | Answer::View(_),
                _,
            ) => "another answer".to_owned(),
            Outcome::NoReader(found) => found,
            Outcome::TimedOut { seconds } => format!("nothing within {seconds} s"),
            Outcome::Failed { why } => why,
        };
        Err(ReaderError::NotAReader { program: self.program.clone(), found })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            // Keys and passwords of the parent are no business of the process; these are what it needs.
            .env_clear()
            .envs(std::env::var_os("TESSDATA_PREFIX").map(|folder| ("TESSDATA_PREFIX", folder)))
            .env("LANG", "C.UTF-8")
            // Read when the library is loaded, so it must be set from outside. More threads make a page slower.
            .env("OMP_THREAD_LIMIT", "1")
            .kill_on_drop(true);
        command
    }

    fn spawn_error(&self, source: io::Error) -> ReaderError {
        ReaderError::Spawn { program: self.program.clone(), source }
    }

    /// A process with these streams.
    fn started(&self, [input, output, errors]: [OwnedFd; 3]) -> Result<Child, ReaderError> {
        let mut command = self.command();
        command.stdin(input).stdout(output).stderr(errors);
        command.spawn().map_err(|error| self.spawn_error(error))
    }

    /// A copy, with these streams, of a process that has loaded the models.
    async fn copied(&self, streams: [OwnedFd; 3]) -> Result<Process, ReaderError> {
        let idle = || self.zygotes.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // One that was kept may have been ended meanwhile, by whoever needed its memory.
        while let Some(zygote) = idle() {
            if zygote.copy(&streams).await.is_ok() {
                return Ok(Process::Copy(zygote));
            }
        }
        let zygote = Zygote::start(self.command()).map_err(|error| self.spawn_error(error))?;
        match zygote.copy(&streams).await {
            Ok(()) => Ok(Process::Copy(zygote)),
            Err(source) => Err(ReaderError::Io { program: self.program.clone(), source }),
        }
    }

    async fn ask(&self, task: Task, parts: &[&[u8]]) -> Result<Outcome, ReaderError> {
        Ok(self.ask_within(task, parts, self.limits.wall()).await?.0)
    }

    /// What comes of a task within this time and its own; and the time that it took, waiting for its turn not counted. The
    /// process is given `parts` one after another.
    async fn ask_within(
        &self,
        task: Task,
        parts: &[&[u8]],
        most: Duration,
    ) -> Result<(Outcome, Duration), ReaderError> {
        let io_error = |source| ReaderError::Io { program: self.program.clone(), source };
        let copied = matches!(task, Task::Recognise { .. } | Task::Read { recognised: Recognised::Here, .. });
        let parses = !copied && matches!(task, Task::Read { .. } | Task::View { .. });
        let limits = if parses { self.limits.of_parsing() } else { self.limits.clone() }.within(most);
        // Never closed, so a permit always comes.
        let _permit = if copied { self.recognising.acquire().await.ok() } else { None };
        let from = Instant::now();
        let header = Request { task, limits: limits.clone() }.to_bytes().map_err(io_error)?;
        let (Streams { mut input, output, errors }, its) = Streams::new().map_err(io_error)?;
        let mut process = if copied { self.copied(its).await? } else { Process::Own(self.started(its)?) };
        let most = limits.answer_bytes;
        let speak = async {
            let mut output = BufReader::new(output);
            // The process may end before it has read all; what it said or its exit tells what happened.
            let _ = input.write_all(&header).await;
            let entry = first_line(&mut output).await;
            if !matches!(entry, Some(Entry::Entered { .. })) {
                return (entry, Vec::new());
            }
            // Only now, as nothing that it says of the machine from here on is believed.
            let feed = async {
                for part in parts {
                    let _ = input.write_all(part).await;
                }
                drop(input);
            };
            let ((), answer) = tokio::join!(feed, up_to(output, most.saturating_add(1)));
            (entry, answer)
        };
        let talk = async {
            let ((entry, answer), complaint) = tokio::join!(speak, up_to(errors, 4096));
            if answer.len() as u64 > most {
                // Its pipe is closed, so it can write no more; how it ends says nothing, and it is ended below.
                return Ok((entry, answer, complaint, None));
            }
            Ok((entry, answer, complaint, Some(process.wait().await?)))
        };
        let finished = tokio::time::timeout(limits.wall(), talk).await;
        let (entry, answer, complaint, status) = match finished {
            Err(_elapsed) => {
                process.end().await;
                return Ok((Outcome::TimedOut { seconds: limits.wall().as_secs() }, from.elapsed()));
            }
            Ok(Err(error)) => return Err(io_error(error)),
            Ok(Ok(talked)) => talked,
        };
        match (process, status) {
            // One whose copy did not end well makes no other: whoever tries again meets another layout of memory.
            (Process::Copy(zygote), Some(status)) if status.success() && entry.is_some() => {
                self.zygotes.lock().unwrap_or_else(PoisonError::into_inner).push(zygote);
            }
            (process, _) => process.end().await,
        }
        Ok((judge(entry, &answer, &complaint, status, &limits), from.elapsed()))
    }
}

/// The parent's ends of the streams of a process.
struct Streams {
    input: pipe::Sender,
    output: pipe::Receiver,
    errors: pipe::Receiver,
}

impl Streams {
    /// With the other ends: standard input, output and error.
    fn new() -> io::Result<(Streams, [OwnedFd; 3])> {
        let (its_input, input) = io::pipe()?;
        let (output, its_output) = io::pipe()?;
        let (errors, its_errors) = io::pipe()?;
        let ours = Streams {
            input: pipe::Sender::from_owned_fd(input.into())?,
            output: pipe::Receiver::from_owned_fd(output.into())?,
            errors: pipe::Receiver::from_owned_fd(errors.into())?,
        };
        Ok((ours, [its_input.into(), its_output.into(), its_errors.into()]))
    }
}

/// The process that reads a document.
enum Process {
    Own(Child),
    /// A copy of this one.
    Copy(Zygote),
}

impl Process {
    async fn wait(&mut self) -> io::Result<ExitStatus> {
        match self {
            Process::Own(child) => child.wait().await,
            Process::Copy(zygote) => zygote.wait().await,
        }
    }

    async fn end(self) {
        match self {
            Process::Own(child) => end(child).await,
            Process::Copy(zygote) => end(zygote.let_go()).await,
        }
    }
}

fn timed_out(sha256: Sha256, seconds: u64) -> Problem {
    tracing::warn!(%sha256, seconds, "the reader process took too long and was ended");
    Problem::new(ProblemCode::TimedOut).with("expected", format!("{seconds} s"))
}

fn failed(sha256: Sha256, why: String) -> Problem {
    tracing::warn!(%sha256, why, "the reader process failed");
    Problem::new(ProblemCode::ReaderFailed).with("found", why)
}

/// What came of a process.
enum Outcome {
    /// An answer, and what recognition lacks on this machine.
    Answer(Answer, Option<String>),
    /// It did not enter its sandbox.
    NotEntered(String),
    /// It ended before it was in its sandbox, or said something else: no document was sent to it.
    NoReader(String),
    TimedOut {
        seconds: u64,
    },
    Failed {
        why: String,
    },
}

fn judge(
    entry: Option<Entry>,
    answer: &[u8],
    complaint: &[u8],
    status: Option<ExitStatus>,
    limits: &Limits,
) -> Outcome {
    let recognition = match entry {
        Some(Entry::Entered { recognition }) => recognition,
        Some(Entry::Refused(why)) => return Outcome::NotEntered(why.to_string()),
        None => {
            let how = status.map_or("no end".to_owned(), |status| status.to_string());
            return Outcome::NoReader(format!("no first line that is understood, {how}"));
        }
    };
    let failed = |why: &str| Outcome::Failed { why: why.to_owned() };
    let Some(status) = status else { return failed("answer too long") };
    if status.success() {
        return match Answer::from_bytes(answer) {
            Some(answer) => Outcome::Answer(answer, recognition),
            None => failed("answer not understood"),
        };
    }
    // Only known phrases are taken from what it wrote: the rest might quote the document.
    let complaint = String::from_utf8_lossy(complaint);
    match status.signal() {
        Some(libc::SIGXCPU) => Outcome::TimedOut { seconds: limits.cpu_seconds },
        _ if complaint.contains("memory allocation of") || complaint.contains("bad_alloc") => failed("out of memory"),
        _ if complaint.contains("has overflowed its stack") => failed("stack overflow"),
        Some(signal) => failed(&format!("signal {signal}")),
        None => failed(&format!("exit code {}", status.code().unwrap_or_default())),
    }
}

/// The first file of this name in a folder or the folders in it, so many levels deep.
fn file_in(folder: &Path, name: &str, levels: usize) -> Option<PathBuf> {
    let file = folder.join(name);
    if file.is_file() {
        return Some(file);
    }
    let levels = levels.checked_sub(1)?;
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort_unstable();
    folders.iter().find_map(|folder| file_in(folder, name, levels))
}

/// Pages shared out among processes of which `at_once` run at a time: evenly, and at most [`LARGEST_SHARE`] to one.
fn shares(pages: &[u32], at_once: usize) -> Vec<BTreeSet<u32>> {
    let count = pages.len().div_ceil(LARGEST_SHARE).next_multiple_of(at_once.max(1)).min(pages.len());
    let end = |share: usize| share * pages.len() / count.max(1);
    (0..count).map(|share| pages[end(share)..end(share + 1)].iter().copied().collect()).collect()
}

/// How long is waited for a process that was killed: one that hangs in the kernel must not hold up its parent.
const END: Duration = Duration::from_secs(5);

/// Kills a process and waits until it is gone, so that none is left behind.
async fn end(mut child: Child) {
    // In both cases it is killed once more when it is dropped, and the runtime waits for it.
    match tokio::time::timeout(END, child.kill()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a reader process could not be ended"),
        Err(_elapsed) => tracing::warn!("a reader process was killed and has not ended"),
    }
}

/// The first line, if it is one that a reader process writes.
async fn first_line(source: &mut (impl AsyncBufRead + Unpin)) -> Option<Entry> {
    let mut line = Vec::new();
    source.take(MOST_ENTRY_BYTES).read_until(b'\n', &mut line).await.ok()?;
    serde_json::from_slice(&line).ok()
}

/// What comes, up to so many bytes; what came before an error counts.
async fn up_to(source: impl AsyncRead + Unpin, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = source.take(most).read_to_end(&mut bytes).await;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_shared_out_evenly_each_once_and_a_few_at_a_time() {
        for (count, at_once, sizes) in [
            (2, 1, &[2][..]),
            (2, 2, &[1, 1]),
            (3, 2, &[1, 2]),
            (10, 2, &[2, 3, 2, 3]),
            (10, 4, &[2, 3, 2, 3]),
            (30, 4, &[2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3]),
            (4, 16, &[1, 1, 1, 1]),
        ] {
            let pages: Vec<u32> = (1..=count).collect();
            let shares = shares(&pages, at_once);
            assert_eq!(shares.iter().map(BTreeSet::len).collect::<Vec<_>>(), sizes, "{count} pages, {at_once} at once");
            assert_eq!(shares.into_iter().flatten().collect::<Vec<_>>(), pages);
        }
        assert!(shares(&[], 2).is_empty());
    }
}
