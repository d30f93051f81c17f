//! The parent's side of the reader process: starts it, feeds it, ends it when its time is over, and never falls with it.

use crate::child::{Answer, Entry, MOST_ENTRY_BYTES, Request, Task};
use crate::document::{finish, hash, refused_by_size};
use crate::limits::Limits;
use crate::sandbox::SandboxStatus;
use crate::sniff;
use crate::view::View;
use crate::zygote::Zygote;
use claim::{DocumentKind, Problem, ProblemCode, Reading, Sha256};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

/// Reads documents, each in a process of its own that may die: parsers and recognition work on bytes from anybody.
///
/// After the first document that had to be recognised it keeps a process with the models loaded for as many documents as
/// were read at once, and those belong to the runtime they were started in. They end with the last clone of the reader.
#[derive(Clone, Debug)]
pub struct Reader {
    program: PathBuf,
    args: Vec<String>,
    limits: Limits,
    /// Those that have no copy now.
    zygotes: Arc<Mutex<Vec<Zygote>>>,
    /// Files of fonts for [`Reader::view`].
    gothic: Option<PathBuf>,
    mincho: Option<PathBuf>,
}

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
        let font = |file: &str| Some(Path::new(DEBIAN).join(file)).filter(|file| file.is_file());
        let (gothic, mincho) = (font("ipaexfont-gothic/ipaexg.ttf"), font("ipaexfont-mincho/ipaexm.ttf"));
        Reader { program, args, limits, zygotes: Arc::default(), gothic, mincho }
    }

    /// The same reader with these files for text of PDFs whose Japanese font is not in the file, when they are not where
    /// Debian's packages of the IPAex fonts put them. They change what [`Reader::view`] shows and nothing that is read.
    #[must_use]
    pub fn with_fonts(self, gothic: PathBuf, mincho: PathBuf) -> Reader {
        Reader { gothic: Some(gothic), mincho: Some(mincho), ..self }
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
        let mut outcome = self.ask(Task::Read { as_kind, recognise: sniff::is_picture(bytes) }, bytes).await?;
        if let Outcome::Answer(Answer::WantsRecognition, lacks) = outcome {
            if let Some(found) = lacks {
                return Err(ReaderError::Recognition { found });
            }
            outcome = self.ask(Task::Read { as_kind, recognise: true }, bytes).await?;
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
            Outcome::Answer(Answer::Status(_) | Answer::WantsRecognition | Answer::View(_), _) => {
                unreadable(Problem::new(ProblemCode::ReaderFailed).with("found", "wrong answer"))
            }
            Outcome::TimedOut { seconds } => unreadable(timed_out(sha256, seconds)),
            Outcome::Failed { why } => unreadable(failed(sha256, why)),
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
        Ok(match self.ask(task, bytes).await? {
            Outcome::Answer(Answer::View(view), _) => *view,
            Outcome::NotEntered(found) => return Err(ReaderError::Sandbox { found }),
            Outcome::NoReader(found) => {
                return Err(ReaderError::NotAReader { program: self.program.clone(), found });
            }
            Outcome::Answer(Answer::Status(_) | Answer::WantsRecognition | Answer::Reading(_), _) => {
                View::Unreadable(Problem::new(ProblemCode::ReaderFailed).with("found", "wrong answer"))
            }
            Outcome::TimedOut { seconds } => View::Unreadable(timed_out(hash(bytes), seconds)),
            Outcome::Failed { why } => View::Unreadable(failed(hash(bytes), why)),
        })
    }

    /// What holds in the reader process on this machine, by trying: for a line at the start of a program and for checks
    /// of an installation.
    pub async fn sandbox_status(&self) -> Result<SandboxStatus, ReaderError> {
        let found = match self.ask(Task::Probe, &[]).await? {
            Outcome::Answer(Answer::Status(status), _) => return Ok(status),
            Outcome::NotEntered(found) => return Err(ReaderError::Sandbox { found }),
            Outcome::Answer(Answer::Reading(_) | Answer::WantsRecognition | Answer::View(_), _) => {
                "another answer".to_owned()
            }
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

    async fn ask(&self, task: Task, bytes: &[u8]) -> Result<Outcome, ReaderError> {
        let io_error = |source| ReaderError::Io { program: self.program.clone(), source };
        let limits = match task {
            Task::Read { recognise: false, .. } | Task::View { .. } => self.limits.of_parsing(),
            Task::Probe | Task::BeCopied | Task::Read { recognise: true, .. } => self.limits.clone(),
        };
        let copied = matches!(task, Task::Read { recognise: true, .. });
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
                let _ = input.write_all(bytes).await;
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
                return Ok(Outcome::TimedOut { seconds: limits.wall().as_secs() });
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
        Ok(judge(entry, &answer, &complaint, status, &limits))
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
