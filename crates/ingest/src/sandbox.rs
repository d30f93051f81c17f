//! What is taken away from the reader process before it sees a document: memory, time, files, network, processes.

use crate::limits::{Limits, SandboxPolicy};
use crate::ocr;
use crate::page::Raster;
use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};
use rlimit::Resource;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

/// What may still be read: the language data of recognition and what the C library looks up beside it. Everything else
/// that the process needs is open before.
const READABLE: [&str; 3] = ["/usr/share", "/usr/local/share", "/usr/lib/locale"];

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
    /// A file outside of what recognition needs could not be read.
    pub reading_denied: bool,
    /// A file could not be made.
    pub writing_denied: bool,
    /// A program could not be started.
    pub programs_denied: bool,
    /// What recognition lacks within the sandbox (language data, mostly); `None` when it works.
    pub recognition: Option<String>,
}

impl SandboxStatus {
    /// Whether nothing of the sandbox is missing; recognition is another matter.
    pub fn is_complete(&self) -> bool {
        self.files != Enforcement::Missing
            && self.system_calls == Enforcement::Full
            && self.network_denied
            && self.reading_denied
            && self.writing_denied
            && self.programs_denied
    }
}

/// What was taken away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sandbox {
    files: Enforcement,
    system_calls: Enforcement,
}

impl Sandbox {
    /// Takes it away from this process, for good. `Err` says what could not be set, or what the kernel lacks when the
    /// policy is to refuse. To be called while the process has one thread only.
    pub(crate) fn enter(limits: &Limits) -> Result<Sandbox, String> {
        let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
        if threads != 1 {
            return Err(format!("found {threads} threads, expected 1: the others would stay outside of the sandbox"));
        }
        limit_resources(limits).map_err(|error| format!("resource limits: {error}"))?;
        let files = restrict_files()?;
        let system_calls = restrict_system_calls()?;
        let missing = [("Landlock", files), ("seccomp", system_calls)]
            .into_iter()
            .filter(|(_, enforcement)| *enforcement == Enforcement::Missing)
            .map(|(name, _)| name)
            .collect::<Vec<_>>();
        match limits.sandbox {
            SandboxPolicy::Refuse if !missing.is_empty() => {
                Err(format!("the kernel lacks {}, and the policy is to refuse then", missing.join(" and ")))
            }
            SandboxPolicy::Refuse | SandboxPolicy::Warn => Ok(Sandbox { files, system_calls }),
        }
    }

    /// Tries what should fail, and recognition, which should not. Each attempt is harmless where it succeeds.
    pub(crate) fn probe(self, limits: &Limits) -> SandboxStatus {
        // Port 9 of this machine: where nothing listens, an open network refuses, which is not a denial.
        let network = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], 9)));
        let file = std::env::temp_dir().join(format!("kofu-sandbox-probe-{}", std::process::id()));
        let writing = std::fs::File::create(&file);
        if writing.is_ok() {
            // Best effort: the name says what it was.
            let _ = std::fs::remove_file(&file);
        }
        SandboxStatus {
            files: self.files,
            system_calls: self.system_calls,
            network_denied: network.is_err_and(|error| error.kind() != std::io::ErrorKind::ConnectionRefused),
            reading_denied: std::fs::File::open("/etc/passwd").is_err(),
            writing_denied: writing.is_err(),
            programs_denied: std::process::Command::new("/bin/true").status().is_err(),
            recognition: try_recognition(limits),
        }
    }
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

fn limit_resources(limits: &Limits) -> std::io::Result<()> {
    Resource::AS.set(limits.memory_bytes, limits.memory_bytes)?;
    // The soft limit ends the process with a signal that tells the reason; the hard one is there if it should be ignored.
    Resource::CPU.set(limits.cpu_seconds, limits.cpu_seconds.saturating_add(1))?;
    Resource::NOFILE.set(32, 32)?;
    Resource::CORE.set(0, 0)?;
    // Nothing is written but the answer, which goes to a pipe; pipes do not count.
    Resource::FSIZE.set(0, 0)
}

/// Where Tesseract's language data lies when it is not in the system's folder.
fn language_data() -> Option<PathBuf> {
    std::env::var_os("TESSDATA_PREFIX").map(PathBuf::from)
}

fn restrict_files() -> Result<Enforcement, String> {
    // Best effort: an older kernel enforces the part it knows.
    let abi = ABI::V6;
    let readable = READABLE.iter().map(PathBuf::from).chain(language_data());
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(readable, AccessFs::ReadFile | AccessFs::ReadDir)))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| format!("Landlock: {error}"))?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Enforcement::Full,
        RulesetStatus::PartiallyEnforced => Enforcement::Partial,
        RulesetStatus::NotEnforced => Enforcement::Missing,
    })
}

fn restrict_system_calls() -> Result<Enforcement, String> {
    let Ok(architecture) = std::env::consts::ARCH.try_into() else { return Ok(Enforcement::Missing) };
    let filter = || -> Result<BpfProgram, seccompiler::BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
        // Limits may be asked for, not changed: the address of the new ones must be null.
        let asks = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
        rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![asks])?]);
        // "Not implemented" rather than "forbidden": libraries fall back from it as they do on older kernels.
        let denied = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        SeccompFilter::new(rules, denied, SeccompAction::Allow, architecture)?.try_into()
    };
    let program = filter().map_err(|error| format!("seccomp: {error}"))?;
    match seccompiler::apply_filter(&program) {
        Ok(()) => Ok(Enforcement::Full),
        Err(seccompiler::Error::Prctl(error) | seccompiler::Error::Seccomp(error))
            if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) =>
        {
            Ok(Enforcement::Missing)
        }
        Err(error) => Err(format!("seccomp: {error}")),
    }
}

/// All that reading needs: memory, files that are already open or that Landlock lets through, the clock, signals to
/// itself, and the end. No sockets, no programs, no processes, no threads, no changes to files.
const ALLOWED: &[libc::c_long] = &[
    // memory
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // files
    libc::SYS_openat,
    libc::SYS_close,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_fcntl,
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
    libc::SYS_tgkill,
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
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];
