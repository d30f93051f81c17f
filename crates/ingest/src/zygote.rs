//! A process that has loaded the models of recognition and is copied for each document that needs them: loading them takes a
//! third of the time of a page. It never sees a document. A copy is a process of its own like any other reader process:
//! it gives up its rights before the first byte comes, reads one document and ends, and what it writes to its memory is
//! its own.
//!
//! Parent and zygote talk over one socket, in turn: the parent hands over the three standard streams of the next copy, the
//! zygote answers how that copy ended. So a zygote has one copy at a time, and the parent has as many zygotes as it reads
//! documents at once. Where something is wrong with a copy, its zygote is ended and the kernel ends the copy with it.

use crate::child::{Request, Task};
use crate::limits::Limits;
use crate::ocr;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use rustix::process::{Pid, Signal, WaitOptions};
use std::io::{self, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncReadExt, Interest};
use tokio::process::{Child, Command};

/// How many streams a copy is given: what it reads from, writes to and complains to.
const STREAMS: usize = 3;

// ------------------------------------------------------------------------------------------------- in the zygote itself

/// What a process is after it has been a zygote.
pub(crate) enum Side {
    /// A copy, whose standard streams are those of a document.
    Copy,
    /// The zygote, at its end: its parent wants no more copies.
    Original,
}

/// Loads the models and makes a copy of this process for each set of streams that comes over standard input, which is a
/// socket. To be called while the process has one thread.
pub(crate) fn serve() -> io::Result<Side> {
    // What is missing is found again, and said, by each copy.
    let _ = ocr::load();
    let parent = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let own = rustix::process::getpid();
    while let Some([input, output, errors]) = next_streams(&parent)? {
        let Some(copy) = fork()? else {
            // Before anything else, so that no copy outlives its zygote. Nothing in a sandbox can take it back.
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            if rustix::process::getppid() != Some(own) {
                return Err(io::Error::other("the zygote has ended"));
            }
            rustix::stdio::dup2_stdin(input)?;
            rustix::stdio::dup2_stdout(output)?;
            rustix::stdio::dup2_stderr(errors)?;
            return Ok(Side::Copy);
        };
        // The parent sees the end of a stream only when nobody else holds it.
        drop((input, output, errors));
        let status = loop {
            match rustix::process::waitpid(Some(copy), WaitOptions::empty()) {
                Ok(Some((_, status))) => break status.as_raw(),
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        (&parent).write_all(&status.to_ne_bytes())?;
    }
    Ok(Side::Original)
}

/// The next streams; none when the parent has closed its end.
fn next_streams(parent: &UnixStream) -> io::Result<Option<[OwnedFd; STREAMS]>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(STREAMS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0];
    let received = loop {
        let mut parts = [IoSliceMut::new(&mut word)];
        match rustix::net::recvmsg(parent, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
            Ok(received) => break received.bytes,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    };
    let mut streams = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            streams.extend(rights);
        }
    }
    match <[OwnedFd; STREAMS]>::try_from(streams) {
        Ok(streams) => Ok(Some(streams)),
        Err(_) if received == 0 => Ok(None),
        Err(other) => Err(io::Error::other(format!("found {} streams, expected {STREAMS}", other.len()))),
    }
}

/// The copy's id in the original, nothing in the copy.
fn fork() -> io::Result<Option<Pid>> {
    #[expect(
        unsafe_code,
        reason = "no library offers to go on in a copy, because with several threads it is not sound"
    )]
    // SAFETY: this process has one thread (the sandbox that the copy enters refuses more), so nothing is held by another.
    let id = unsafe { libc::fork() };
    match id {
        0 => Ok(None),
        id => Pid::from_raw(id).filter(|_| id > 0).map(Some).ok_or_else(io::Error::last_os_error),
    }
}

// ------------------------------------------------------------------------------------------------------- in the parent

/// A zygote as its parent has it.
#[derive(Debug)]
pub(crate) struct Zygote {
    socket: tokio::net::UnixStream,
    process: Child,
}

impl Zygote {
    /// Starts one: `command` is that of a reader process, whose standard streams are set here.
    pub(crate) fn start(mut command: Command) -> io::Result<Zygote> {
        let (ours, its) = UnixStream::pair()?;
        // It reads this when it has started; until then it lies in the socket.
        (&ours).write_all(&Request { task: Task::BeCopied, limits: Limits::default() }.to_bytes()?)?;
        ours.set_nonblocking(true)?;
        let process = command
            .stdin(Stdio::from(OwnedFd::from(its)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Zygote { socket: tokio::net::UnixStream::from_std(ours)?, process })
    }

    /// Has a copy made with these standard streams.
    pub(crate) async fn copy(&self, streams: &[OwnedFd; STREAMS]) -> io::Result<()> {
        let rights = streams.each_ref().map(AsFd::as_fd);
        let send = || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(STREAMS))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            // The space is that of one such message.
            let _ = ancillary.push(SendAncillaryMessage::ScmRights(&rights));
            let sent = rustix::net::sendmsg(&self.socket, &[IoSlice::new(&[1])], &mut ancillary, SendFlags::NOSIGNAL);
            sent.map(drop).map_err(io::Error::from)
        };
        self.socket.async_io(Interest::WRITABLE, send).await
    }

    /// How the copy ended; where the zygote did not live to say it, how the zygote ended.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let mut status = [0; 4];
        match self.socket.read_exact(&mut status).await {
            Ok(_) => Ok(ExitStatus::from_raw(i32::from_ne_bytes(status))),
            Err(_) => self.process.wait().await,
        }
    }

    /// Lets it end, as it does when nobody can want a copy any more; where it has one, both are killed.
    pub(crate) fn let_go(self) -> Child {
        drop(self.socket);
        self.process
    }
}
