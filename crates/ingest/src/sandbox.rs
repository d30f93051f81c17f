//! What is taken away from the reader process before it sees a document: memory, time, files, network, processes.

use crate::limits::{Limits, SandboxPolicy};
use crate::ocr;
use crate::page::Raster;
use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rlimit::Resource;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;

/// How far the kernel enforces a part of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// All of it.
    Full,
    /// What this kernel knows of it.
    Partial,
    /// None of it: the kernel lacks it or has it switched off.
    Missing,
}

impl Enforcement {
    /// Whether the kernel enforces all of it.
    pub const fn is_full(self) -> bool {
        matches!(self, Enforcement::Full)
    }

    /// Whether it enforces a part of it only.
    pub const fn is_partial(self) -> bool {
        matches!(self, Enforcement::Partial)
    }
}

/// What holds in the reader process, as the process itself found it: the first two as the kernel answered, the rest by
/// trying. For a line at the start of a program and for checks of an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxStatus {
    /// Landlock: the view of the file system.
    pub files: Enforcement,
    /// Seccomp: the system calls.
    pub system_calls: Enforcement,
    /// A connection could not be opened.
    pub network_denied: bool,
    /// A file could not be read.
    pub reading_denied: bool,
    /// A file could not be made.
    pub writing_denied: bool,
    /// A program could not be started.
    pub programs_denied: bool,
    /// A file could not be opened in any way that changes it, by the filter of system calls alone.
    pub changing_denied: bool,
    /// What recognition lacks within the sandbox (language data, mostly); `None` when it works.
    pub recognition: Option<String>,
}

impl SandboxStatus {
    /// Whether nothing of the sandbox is missing; recognition is another matter.
    pub fn is_complete(&self) -> bool {
        self.files.is_full()
            && self.system_calls.is_full()
            && self.network_denied
            && self.reading_denied
            && self.writing_denied
            && self.programs_denied
            && self.changing_denied
    }
}

/// Why the sandbox was not entered. Said before the process has seen anything of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refused {
    /// There are several threads, or it cannot be seen how many.
    #[error("found {0}, expected 1 thread: others would stay outside of the sandbox")]
    Threads(String),
    /// Limits of memory, time or files could not be set.
    #[error("resource limits: {0}")]
    Limits(String),
    /// The kernel knows Landlock and refused it.
    #[error("Landlock: {0}")]
    Landlock(String),
    /// The kernel knows the filter of system calls and refused it.
    #[error("seccomp: {0}")]
    Seccomp(String),
    /// The kernel does not know the filter of system calls.
    #[error("the kernel lacks seccomp, without which nothing is read")]
    NoSeccomp,
    /// The policy wants all of Landlock.
    #[error("the kernel has not all of Landlock ({0:?}), and the policy is to refuse then")]
    NotAllOfLandlock(Enforcement),
}

/// Whether documents are read with what this kernel enforces. Without the filter of system calls nothing keeps the
/// network away, so that is no matter of policy.
fn permitted(policy: SandboxPolicy, files: Enforcement, system_calls: Enforcement) -> Result<(), Refused> {
    match (policy, files, system_calls) {
        (_, _, Enforcement::Partial | Enforcement::Missing) => Err(Refused::NoSeccomp),
        (SandboxPolicy::Refuse, Enforcement::Partial | Enforcement::Missing, _) => {
            Err(Refused::NotAllOfLandlock(files))
        }
        _ => Ok(()),
    }
}

/// What was taken away from this process. [`crate::child_main`] enters it; others only to try what it keeps away.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox {
    files: Enforcement,
    system_calls: Enforcement,
}

impl Sandbox {
    /// Takes it away from this process, for good. To be called while the process has one thread only, and by a program
    /// that has opened nothing yet: of open files only the standard streams are left.
    pub fn enter(limits: &Limits) -> Result<Sandbox, Refused> {
        // Where it cannot be seen how many threads there are, there may be several.
        let threads = std::fs::read_dir("/proc/self/task").map_err(|error| Refused::Threads(error.to_string()))?;
        let threads = threads.count();
        if threads != 1 {
            return Err(Refused::Threads(format!("{threads} threads")));
        }
        close_all_but_streams().map_err(|error| Refused::Limits(error.to_string()))?;
        limit_resources(limits).map_err(|error| Refused::Limits(error.to_string()))?;
        let files = restrict_files()?;
        let system_calls = restrict_system_calls()?;
        permitted(limits.sandbox, files, system_calls)?;
        Ok(Sandbox { files, system_calls })
    }

    /// How far Landlock keeps files away.
    pub fn files(self) -> Enforcement {
        self.files
    }

    /// Tries what should fail, and recognition, which should not. Each attempt is harmless where it succeeds.
    pub(crate) fn probe(self, limits: &Limits) -> SandboxStatus {
        // Port 9 of this machine: where nothing listens, an open network refuses, which is not a denial.
        let network = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], 9)));
        let file = std::env::temp_dir().join(format!("kofu-sandbox-probe-{}", std::process::id()));
        let writing = std::fs::File::create(&file);
        let status = SandboxStatus {
            files: self.files,
            system_calls: self.system_calls,
            network_denied: network.is_err_and(|error| error.kind() != std::io::ErrorKind::ConnectionRefused),
            reading_denied: std::fs::File::open("/etc/passwd").is_err(),
            writing_denied: writing.is_err(),
            programs_denied: std::process::Command::new("/bin/true").status().is_err(),
            changing_denied: changing_is_filtered(),
            recognition: try_recognition(limits),
        };
        if file.exists() {
            // Best effort: the name says what it was.
            let _ = std::fs::remove_file(&file);
        }
        status
    }
}

/// Whether no way of opening a file gets past the filter: it answers otherwise than Landlock or the file system would.
fn changing_is_filtered() -> bool {
    let refused = |options: &std::fs::OpenOptions| {
        options.open("/dev/null").is_err_and(|error| error.raw_os_error() == Some(libc::ENOSYS))
    };
    let with = |flags| std::fs::OpenOptions::new().read(true).custom_flags(flags).clone();
    refused(std::fs::OpenOptions::new().read(true))
        && refused(std::fs::OpenOptions::new().write(true))
        && refused(std::fs::OpenOptions::new().read(true).write(true))
        && refused(std::fs::OpenOptions::new().append(true))
        && refused(&with(libc::O_CREAT))
        && refused(&with(libc::O_TRUNC))
}

/// Lets the engine look at black bars on white: without its language data it does not get that far.
fn try_recognition(limits: &Limits) -> Option<String> {
    const SIDE: u32 = 128;
    let grey = (0..SIDE * SIDE).map(|index| if index / SIDE % 32 < 8 { 0 } else { 255 }).collect();
    let bars = Raster { grey, width: SIDE, height: SIDE, points_per_pixel: 0.24 };
    let problem = ocr::read_raster(bars, 1, limits).err()?;
    let found = problem.values.get("found").map(|found| found.show("found", claim::Lang::En));
    Some(found.unwrap_or_else(|| problem.message(claim::Lang::En)))
}

/// Closes what was inherited by mistake: whoever started the parent may have left something open for all.
fn close_all_but_streams() -> std::io::Result<()> {
    let open = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&descriptor| descriptor > libc::STDERR_FILENO)
        .collect::<Vec<libc::c_int>>();
    for descriptor in open {
        #[expect(unsafe_code, reason = "no library closes what it did not open")]
        // SAFETY: nothing in this process owns it, because the process has opened nothing that is still open. The list was
        // one of them and is closed by now, which the kernel answers with an error that means nothing here.
        unsafe {
            libc::close(descriptor);
        }
    }
    Ok(())
}

fn limit_resources(limits: &Limits) -> std::io::Result<()> {
    Resource::AS.set(limits.memory_bytes, limits.memory_bytes)?;
    // The soft limit ends the process with a signal that tells the reason; the hard one is there if it should be ignored.
    Resource::CPU.set(limits.cpu_seconds, limits.cpu_seconds.saturating_add(1))?;
    Resource::NOFILE.set(32, 32)?;
    Resource::CORE.set(0, 0)?;
    // Nothing is written but the answer, which goes to a pipe; pipes do not count.
    Resource::FSIZE.set(0, 0)
}

fn restrict_files() -> Result<Enforcement, Refused> {
    // Best effort: an older kernel enforces the part it knows.
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| Refused::Landlock(error.to_string()))?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Enforcement::Full,
        RulesetStatus::PartiallyEnforced => Enforcement::Partial,
        RulesetStatus::NotEnforced => Enforcement::Missing,
    })
}

/// The filter of system calls for a process of this id.
fn filter(architecture: TargetArch, process: u32) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
    // Limits may be asked for, not changed: the address of the new ones must be null.
    let asks = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![asks])?]);
    // Memory may be had, but none that can be run: what is run was there before the document.
    for memory in [libc::SYS_mmap, libc::SYS_mprotect] {
        let op = SeccompCmpOp::MaskedEq(u64::from(libc::PROT_EXEC.unsigned_abs()));
        let inert = SeccompCondition::new(2, SeccompCmpArgLen::Dword, op, 0)?;
        rules.insert(memory, vec![SeccompRule::new(vec![inert])?]);
    }
    let one_of = |argument, values: &[u32]| {
        values
            .iter()
            .map(|value| {
                let op = SeccompCmpOp::Eq;
                let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, u64::from(*value))?;
                SeccompRule::new(vec![condition])
            })
            .collect::<Result<Vec<SeccompRule>, seccompiler::BackendError>>()
    };
    // A signal goes to this process (`abort`), never to another of the same user; nor may the kernel be asked to
    // send one to another when a descriptor is ready (F_SETOWN, F_SETSIG).
    rules.insert(libc::SYS_tgkill, one_of(0, &[process])?);
    let harmless = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC].map(i32::unsigned_abs);
    rules.insert(libc::SYS_fcntl, one_of(1, &harmless)?);
    // "Not implemented" rather than "forbidden": libraries fall back from it as they do on older kernels.
    let denied = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    SeccompFilter::new(rules, denied, SeccompAction::Allow, architecture)?.try_into()
}

fn restrict_system_calls() -> Result<Enforcement, Refused> {
    let Ok(architecture) = std::env::consts::ARCH.try_into() else { return Ok(Enforcement::Missing) };
    let program = filter(architecture, std::process::id()).map_err(|error| Refused::Seccomp(error.to_string()))?;
    match seccompiler::apply_filter(&program) {
        Ok(()) => Ok(Enforcement::Full),
        Err(seccompiler::Error::Prctl(error) | seccompiler::Error::Seccomp(error))
            if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) =>
        {
            Ok(Enforcement::Missing)
        }
        Err(error) => Err(Refused::Seccomp(error.to_string())),
    }
}

/// All that reading needs whatever its arguments: memory, the streams that are open, the clock, and the end; new memory,
/// signals to itself and the like have conditions, above. No sockets, no programs, no processes, no threads, and no files:
/// the models of recognition are in memory by then, so nothing can be opened, whatever Landlock does.
const ALLOWED: &[libc::c_long] = &[
    // memory
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // the streams
    libc::SYS_close,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_ppoll,
    // the clock and chance
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    // waiting and signals of its own
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_getpid,
    libc::SYS_gettid,
    // what it is and what it used
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    // the end
    libc::SYS_exit,
    libc::SYS_exit_group,
    // of older interfaces, on this architecture only
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter as the kernel does: a classic BPF program over the number of the call, the architecture, the
    /// instruction pointer and six arguments.
    fn allows(program: &BpfProgram, architecture: u32, call: libc::c_long, arguments: [u64; 3]) -> bool {
        let mut data = vec![u32::try_from(call).unwrap(), architecture, 0, 0];
        data.extend(arguments.iter().flat_map(|argument| {
            [u32::try_from(argument & 0xffff_ffff).unwrap(), u32::try_from(argument >> 32).unwrap()]
        }));
        let (mut at, mut accumulator) = (0usize, 0u32);
        loop {
            let step = &program[at];
            at += 1;
            let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
            match step.code {
                0x20 => accumulator = data[step.k as usize / 4],
                0x54 => accumulator &= step.k,
                0x05 => at += step.k as usize,
                0x15 => at += jump(accumulator == step.k),
                0x25 => at += jump(accumulator > step.k),
                0x35 => at += jump(accumulator >= step.k),
                0x06 => return step.k == libc::SECCOMP_RET_ALLOW,
                other => panic!("{other:#x} is no instruction of a filter"),
            }
        }
    }

    /// What a reader that serves another master could do with arguments of calls that it needs otherwise.
    #[test]
    fn the_filter_looks_at_the_arguments_of_calls_that_could_do_more() {
        const OWN: u32 = 4711;
        let architecture = TargetArch::try_from(std::env::consts::ARCH).unwrap();
        let audit = if architecture == TargetArch::x86_64 { 0xc000_003e } else { 0xc000_00b7 };
        let program = filter(architecture, OWN).unwrap();
        let flags = |flags: libc::c_int| u64::from(flags.unsigned_abs());
        let own = u64::from(OWN);
        for (what, call, arguments, allowed) in [
            ("reading a file", libc::SYS_openat, [0, 0, flags(libc::O_RDONLY | libc::O_CLOEXEC)], false),
            ("asking whether a file is there", libc::SYS_newfstatat, [0, 0, 0], false),
            ("memory", libc::SYS_mmap, [0, 4096, flags(libc::PROT_READ | libc::PROT_WRITE)], true),
            ("memory that can be run", libc::SYS_mmap, [0, 4096, flags(libc::PROT_READ | libc::PROT_EXEC)], false),
            ("memory that cannot be touched", libc::SYS_mprotect, [0, 4096, flags(libc::PROT_NONE)], true),
            ("memory made to run", libc::SYS_mprotect, [0, 4096, flags(libc::PROT_EXEC)], false),
            ("a signal to itself", libc::SYS_tgkill, [own, own, 6], true),
            ("a signal to its parent", libc::SYS_tgkill, [1, 1, 9], false),
            ("asking for flags", libc::SYS_fcntl, [0, flags(libc::F_GETFL), 0], true),
            ("a copy of a descriptor", libc::SYS_fcntl, [0, flags(libc::F_DUPFD_CLOEXEC), 3], true),
            ("signals through a descriptor", libc::SYS_fcntl, [0, flags(libc::F_SETOWN), 1], false),
            ("changing flags", libc::SYS_fcntl, [0, flags(libc::F_SETFL), 0], false),
            ("locking a file", libc::SYS_fcntl, [0, flags(libc::F_SETLK), 0], false),
            ("asking for limits", libc::SYS_prlimit64, [0, 0, 0], true),
            ("changing limits", libc::SYS_prlimit64, [0, 0, 1], false),
            ("a signal to anybody", libc::SYS_kill, [own, 9, 0], false),
            ("a socket", libc::SYS_socket, [2, 1, 0], false),
            ("a program", libc::SYS_execve, [0, 0, 0], false),
        ] {
            assert_eq!(allows(&program, audit, call, arguments), allowed, "{what}");
        }
    }

    /// No policy goes on without the filter of system calls, and the strict one not with half of Landlock.
    #[test]
    fn what_a_kernel_lacks_is_refused_as_the_policy_says() {
        use Enforcement::{Full, Missing, Partial};
        for (policy, files, system_calls, refused) in [
            (SandboxPolicy::Warn, Full, Full, None),
            (SandboxPolicy::Warn, Partial, Full, None),
            (SandboxPolicy::Warn, Missing, Full, None),
            (SandboxPolicy::Warn, Full, Missing, Some(Refused::NoSeccomp)),
            (SandboxPolicy::Refuse, Full, Full, None),
            (SandboxPolicy::Refuse, Partial, Full, Some(Refused::NotAllOfLandlock(Partial))),
            (SandboxPolicy::Refuse, Missing, Full, Some(Refused::NotAllOfLandlock(Missing))),
            (SandboxPolicy::Refuse, Full, Missing, Some(Refused::NoSeccomp)),
        ] {
            assert_eq!(permitted(policy, files, system_calls).err(), refused, "{policy:?} {files:?} {system_calls:?}");
        }
    }
}
