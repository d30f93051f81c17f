//! The reader process: one request on standard input, one answer on standard output, and the end.

use crate::document::{read_with, recognise};
use crate::limits::Limits;
use crate::ocr::{self, Outcome, Recognition};
use crate::pdf::Fonts;
use crate::sandbox::{Refused, Sandbox, SandboxStatus};
use crate::view::{View, view};
use crate::zygote::{self, Side};
use claim::{DocumentKind, Reading};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// A header longer than this is none of ours.
const MOST_HEADER_BYTES: u32 = 64 * 1024;

/// What stands before the bytes of a document: its length in four bytes, the lowest first, then this as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) task: Task,
    pub(crate) limits: Limits,
}

/// What the process is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// To read the bytes that follow. What the file is called stays with the parent.
    Read { as_kind: Option<DocumentKind>, recognised: Recognised },
    /// To recognise these pages of the bytes that follow, and nothing else.
    Recognise { pages: BTreeSet<u32> },
    /// To show a page of the bytes that follow.
    View {
        /// From 1.
        page: u32,
        /// Files of fonts, to be loaded before the document comes.
        gothic: Option<PathBuf>,
        mincho: Option<PathBuf>,
    },
    /// To say what the sandbox keeps away.
    Probe,
    /// To load the models and be copied for documents.
    BeCopied,
}

/// Where pages are recognised whose text is to be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recognised {
    /// In this process. The models are loaded before the document comes, because later no file can be opened; that takes
    /// longer than reading most documents.
    Here,
    /// Nowhere yet: the answer may be that it is wanted.
    NotYet,
    /// It was done by other processes. What they answered stands before the document, of each so many bytes.
    Before(Vec<u64>),
}

/// The first line of what the process writes, and all that it says of the machine. It has seen nothing of a document
/// then, and the parent sends none before; what it says later may be what a document made of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// It is in its sandbox.
    Entered {
        /// What recognition lacks on this machine.
        recognition: Option<String>,
    },
    /// It is not, and ends.
    Refused(Refused),
}

/// More than the first line ever has.
pub(crate) const MOST_ENTRY_BYTES: u64 = 16 * 1024;

/// What the process answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Reading(Box<Reading>),
    /// These pages of the document must be recognised before it can be read.
    WantsRecognition {
        pages: BTreeSet<u32>,
    },
    /// What came of the pages, as [`pages_to_bytes`] writes it. It follows after a line feed; the parent hands it on and
    /// does not look into it.
    Pages {
        #[serde(skip)]
        bytes: Vec<u8>,
    },
    /// A picture's bytes follow after a line feed, up to the end.
    View(Box<View>),
    Status(SandboxStatus),
}

impl Answer {
    fn write(&self, output: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *output, self)?;
        let rest = match self {
            Answer::View(view) => match view.as_ref() {
                View::Picture(picture) => Some(&picture.bytes),
                View::Table(_) | View::NoSuchPage { .. } | View::Unreadable(_) => None,
            },
            Answer::Pages { bytes } => Some(bytes),
            Answer::Reading(_) | Answer::WantsRecognition { .. } | Answer::Status(_) => None,
        };
        if let Some(rest) = rest {
            output.write_all(b"\n")?;
            output.write_all(rest)?;
        }
        output.flush()
    }

    /// What was written, or `None` if it is none of ours.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Answer> {
        let mut parts = serde_json::Deserializer::from_slice(bytes).into_iter::<Answer>();
        let mut answer = parts.next()?.ok()?;
        let rest = &bytes[parts.byte_offset()..];
        if let Answer::View(view) = &mut answer
            && let View::Picture(picture) = view.as_mut()
        {
            picture.bytes = rest.strip_prefix(b"\n")?.to_vec();
            return picture.is_what_it_says().then_some(answer);
        }
        if let Answer::Pages { bytes } = &mut answer {
            *bytes = rest.strip_prefix(b"\n")?.to_vec();
            return Some(answer);
        }
        rest.is_empty().then_some(answer)
    }
}

/// What came of pages, as one process writes it for another.
pub(crate) fn pages_to_bytes(pages: &BTreeMap<u32, Outcome>) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(pages)?)
}

impl Request {
    /// As it stands before the bytes.
    pub(crate) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let json = serde_json::to_vec(self)?;
        let length = u32::try_from(json.len()).ok().filter(|&length| length <= MOST_HEADER_BYTES);
        let length = length.ok_or_else(|| io::Error::other("the header of the request is too long"))?;
        Ok([length.to_le_bytes().as_slice(), &json].concat())
    }

    pub(crate) fn from_reader(input: &mut impl Read) -> io::Result<Request> {
        let mut length = [0; 4];
        input.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > MOST_HEADER_BYTES {
            return Err(io::Error::other(format!("found a header of {length} bytes, expected {MOST_HEADER_BYTES}")));
        }
        let mut json = vec![0; length as usize];
        input.read_exact(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }
}

/// What the program that [`crate::Reader`] starts has to do: read a request from standard input, give up every right that
/// reading does not need, read the document, write the answer to standard output. To be called first thing in `main`,
/// before any thread is started, by the hidden subcommand that [`crate::Reader::new`] was given.
///
/// The exit code is 0 when an answer was written. Nothing of a document is written to standard error: of a panic it shows
/// the place in the source only, because messages of parsers quote what they choke on.
pub fn child_main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        // Nobody may be listening any more; then nothing is left to do.
        let _ = writeln!(io::stderr(), "panic at {place}");
    }));
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Standard input without a buffer, so that nothing is read before it is wanted.
struct Input;

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), buffer)?)
    }
}

fn answer() -> io::Result<()> {
    let mut input = Input;
    // The header comes from the parent and carries the limits; of the document nothing is read before they hold.
    let Request { task, limits } = Request::from_reader(&mut input)?;
    if matches!(task, Task::BeCopied) {
        return match zygote::serve()? {
            Side::Copy => answer(),
            Side::Original => Ok(()),
        };
    }
    let mut output = io::stdout().lock();
    let mut say = |entry: &Entry| -> io::Result<()> {
        serde_json::to_writer(&mut output, entry)?;
        output.write_all(b"\n")?;
        output.flush()
    };
    // The last files that this process opens; a copy has the models already.
    let mut fonts = Fonts::default();
    let recognition = match &task {
        Task::Read { recognised: Recognised::NotYet | Recognised::Before(_), .. } => ocr::missing(),
        Task::Read { recognised: Recognised::Here, .. } | Task::Recognise { .. } | Task::Probe | Task::BeCopied => {
            ocr::load().err()
        }
        Task::View { gothic, mincho, .. } => {
            fonts = Fonts::load(gothic.as_deref(), mincho.as_deref());
            None
        }
    };
    ocr::load_no_more();
    let sandbox = match Sandbox::enter(&limits) {
        Ok(sandbox) => sandbox,
        Err(why) => return say(&Entry::Refused(why)),
    };
    say(&Entry::Entered { recognition: recognition.clone() })?;
    let document = |input: &mut Input| {
        let mut bytes = Vec::new();
        input.take(limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes).map(|_| bytes)
    };
    let answer = match task {
        Task::Probe | Task::BeCopied => {
            let status = sandbox.probe(&limits);
            // Why the models were not loaded says more than that they were not.
            Answer::Status(SandboxStatus { recognition: recognition.or(status.recognition), ..status })
        }
        Task::Read { as_kind, recognised } => {
            let mut recognition = match recognised {
                Recognised::Here => Recognition::Here,
                Recognised::NotYet => Recognition::Noted(BTreeSet::new()),
                Recognised::Before(lengths) => {
                    let mut pages = BTreeMap::new();
                    for length in lengths {
                        let mut bytes = Vec::new();
                        (&mut input).take(length).read_to_end(&mut bytes)?;
                        // What is not understood is left out: its pages are missed, and the others stand.
                        pages.extend(serde_json::from_slice::<BTreeMap<u32, Outcome>>(&bytes).unwrap_or_default());
                    }
                    Recognition::Done(pages)
                }
            };
            let reading = read_with(&document(&mut input)?, "", as_kind, &limits, &mut recognition);
            match recognition {
                Recognition::Noted(pages) if !pages.is_empty() => Answer::WantsRecognition { pages },
                _ => Answer::Reading(Box::new(reading)),
            }
        }
        Task::Recognise { pages } => {
            Answer::Pages { bytes: pages_to_bytes(&recognise(&document(&mut input)?, pages, &limits))? }
        }
        Task::View { page, .. } => Answer::View(Box::new(view(&document(&mut input)?, page, &limits, &fonts))),
    };
    answer.write(&mut output)
}
