//! What somebody could try who has taken over the reader process: a program of its own enters the very same sandbox and
//! tries to get out, one way after another. Every way has to be shut, and those that are open to any program have to be
//! found open outside of the sandbox, or the attempt would prove nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(unsafe_code, reason = "system calls that no library offers, because nobody should want them")]

use ingest::{Enforcement, Limits, Sandbox};
use std::ffi::{CString, c_long, c_ulong};
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A way out.
struct Way {
    name: &'static str,
    /// Whether any program can go it outside of the sandbox.
    open_outside: bool,
    go: fn(&Ground) -> c_long,
}

/// What lies outside.
struct Ground {
    folder: PathBuf,
    parent: c_long,
    tcp_port: u16,
    udp_port: u16,
    /// A descriptor that the process inherited by mistake.
    inherited: c_long,
}

impl Ground {
    fn path(&self, name: &str) -> CString {
        CString::new(self.folder.join(name).to_str().unwrap()).unwrap()
    }

    /// The other claim's document.
    fn other_document(&self) -> CString {
        self.path("other-claim.pdf")
    }
}

/// A system call; what it answers, or minus what went wrong.
fn call(number: c_long, arguments: &[c_long]) -> c_long {
    let of = |index: usize| arguments.get(index).copied().unwrap_or(0);
    // SAFETY: what is handed over lives as long as the call, and is mutable where a call fills it in.
    let answer = unsafe { libc::syscall(number, of(0), of(1), of(2), of(3), of(4), of(5)) };
    if answer < 0 { -c_long::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(1)) } else { answer }
}

/// The address of something, as a system call takes it.
fn at<T: ?Sized>(thing: &T) -> c_long {
    std::ptr::from_ref(thing).cast::<u8>().addr().cast_signed() as c_long
}

/// The address of something that a system call fills in.
fn into<T: ?Sized>(thing: &mut T) -> c_long {
    std::ptr::from_mut(thing).cast::<u8>().addr().cast_signed() as c_long
}

fn text(text: &CString) -> c_long {
    at(text.as_bytes_with_nul())
}

const HERE: c_long = libc::AT_FDCWD as c_long;

fn open(path: &CString, flags: libc::c_int) -> c_long {
    call(libc::SYS_openat, &[HERE, text(path), c_long::from(flags), 0o600])
}

/// Opens a file and reads from it.
fn read(path: &CString) -> c_long {
    let file = open(path, libc::O_RDONLY);
    let mut buffer = [0u8; 16];
    if file < 0 { file } else { call(libc::SYS_read, &[file, into(&mut buffer), 16]) }
}

fn inet(port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&u16::try_from(libc::AF_INET).unwrap().to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    address
}

fn socket(family: libc::c_int, kind: libc::c_int) -> c_long {
    call(libc::SYS_socket, &[c_long::from(family), c_long::from(kind), 0])
}

/// Ends a child that should not have come to be.
fn only_parent(child: c_long) -> c_long {
    if child == 0 {
        call(libc::SYS_exit_group, &[0]);
    }
    child
}

const fn shut(name: &'static str, go: fn(&Ground) -> c_long) -> Way {
    Way { name, open_outside: false, go }
}

const fn open_to_any(name: &'static str, go: fn(&Ground) -> c_long) -> Way {
    Way { name, open_outside: true, go }
}

const WAYS: &[Way] = &[
    // The network.
    open_to_any("connect over TCP", |ground| {
        let socket = socket(libc::AF_INET, libc::SOCK_STREAM);
        if socket < 0 { socket } else { call(libc::SYS_connect, &[socket, at(&inet(ground.tcp_port)), 16]) }
    }),
    open_to_any("send over UDP", |ground| {
        let socket = socket(libc::AF_INET, libc::SOCK_DGRAM);
        if socket < 0 {
            socket
        } else {
            call(libc::SYS_sendto, &[socket, at(b"x"), 1, 0, at(&inet(ground.udp_port)), 16])
        }
    }),
    open_to_any("connect to a socket of this machine", |ground| {
        let socket = socket(libc::AF_UNIX, libc::SOCK_STREAM);
        let path = ground.path("socket");
        let mut address = u16::try_from(libc::AF_UNIX).unwrap().to_ne_bytes().to_vec();
        address.extend(path.as_bytes_with_nul());
        if socket < 0 { socket } else { call(libc::SYS_connect, &[socket, at(&address[..]), address.len() as c_long]) }
    }),
    shut("a socket to the kernel", |_| socket(libc::AF_NETLINK, libc::SOCK_RAW)),
    shut("a raw socket", |_| socket(libc::AF_INET, libc::SOCK_RAW)),
    shut("a socket to the host of a virtual machine", |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM)),
    open_to_any("a pair of sockets", |_| call(libc::SYS_socketpair, &[1, 1, 0, into(&mut [0u32; 2])])),
    // Some systems keep it from all.
    shut("io_uring, which calls in its own way", |_| call(libc::SYS_io_uring_setup, &[1, into(&mut [0u8; 512])])),
    // Processes.
    open_to_any("fork", |_| only_parent(call(libc::SYS_clone, &[c_long::from(libc::SIGCHLD)]))),
    open_to_any("fork, the new way", |_| {
        let mut arguments = [0u64; 11];
        arguments[4] = u64::from(libc::SIGCHLD.unsigned_abs());
        only_parent(call(libc::SYS_clone3, &[at(&arguments), 88]))
    }),
    #[cfg(target_arch = "x86_64")]
    open_to_any("fork, the old way", |_| only_parent(call(libc::SYS_fork, &[]))),
    open_to_any("a bomb of forks", |_| (0..64).map(|_| only_parent(call(libc::SYS_clone, &[17]))).max().unwrap_or(0)),
    open_to_any("a thread", |_| {
        // Without a stack of its own the kernel would run on ours; it is told to refuse after it would have agreed.
        let agreed = std::thread::Builder::new().spawn(|| ()).map(std::thread::JoinHandle::join);
        agreed.map_or_else(|error| -c_long::from(error.raw_os_error().unwrap_or(1)), |_| 0)
    }),
    shut("another program", |_| {
        // It would end this one, so it is asked for where there is none; the filter answers before that is found out.
        let path = CString::new("/nowhere").unwrap();
        call(libc::SYS_execve, &[text(&path), 0, 0])
    }),
    shut("another program, the new way", |_| {
        let path = CString::new("/nowhere").unwrap();
        call(libc::SYS_execveat, &[HERE, text(&path), 0, 0, 0])
    }),
    // Files.
    open_to_any("read /etc/passwd", |_| read(&CString::new("/etc/passwd").unwrap())),
    open_to_any("read another claim's document", |ground| read(&ground.other_document())),
    open_to_any("list a folder", |ground| open(&ground.path("."), libc::O_RDONLY | libc::O_DIRECTORY)),
    open_to_any("read what the parent was started with", |ground| {
        read(&CString::new(format!("/proc/{}/cmdline", ground.parent)).unwrap())
    }),
    open_to_any("read its own environment", |_| read(&CString::new("/proc/self/environ").unwrap())),
    open_to_any("go out through its own root", |_| read(&CString::new("/proc/self/root/etc/passwd").unwrap())),
    shut("read the parent's memory", |ground| {
        open(&CString::new(format!("/proc/{}/mem", ground.parent)).unwrap(), libc::O_RDONLY)
    }),
    shut("write the parent's memory", |ground| {
        open(&CString::new(format!("/proc/{}/mem", ground.parent)).unwrap(), libc::O_RDWR)
    }),
    open_to_any("open, the new way, which no filter sees into", |ground| {
        let how = [0u64; 3];
        call(libc::SYS_openat2, &[HERE, text(&ground.other_document()), at(&how), 24])
    }),
    shut("open by handle", |_| call(libc::SYS_open_by_handle_at, &[HERE, 0, 0])),
    open_to_any("write a file", |ground| open(&ground.path("made"), libc::O_WRONLY | libc::O_CREAT)),
    open_to_any("write a file of no name", |ground| open(&ground.path("."), libc::O_TMPFILE | libc::O_RDWR)),
    open_to_any("empty another claim's document", |ground| {
        open(&ground.path("to-be-emptied"), libc::O_RDWR | libc::O_TRUNC)
    }),
    open_to_any("cut a file short", |ground| call(libc::SYS_truncate, &[text(&ground.path("to-be-emptied")), 0])),
    open_to_any("make a folder", |ground| call(libc::SYS_mkdirat, &[HERE, text(&ground.path("folder")), 0o700])),
    open_to_any("rename a file", |ground| {
        call(libc::SYS_renameat2, &[HERE, text(&ground.path("renamed")), HERE, text(&ground.path("moved")), 0])
    }),
    open_to_any("remove a file", |ground| call(libc::SYS_unlinkat, &[HERE, text(&ground.path("removed")), 0])),
    open_to_any("a link to a file", |ground| {
        call(libc::SYS_linkat, &[HERE, text(&ground.path("linked")), HERE, text(&ground.path("link")), 0])
    }),
    open_to_any("a symbolic link", |ground| {
        call(libc::SYS_symlinkat, &[text(&ground.other_document()), HERE, text(&ground.path("symlink"))])
    }),
    open_to_any("a pipe with a name", |ground| {
        call(libc::SYS_mknodat, &[HERE, text(&ground.path("pipe")), c_long::from(libc::S_IFIFO | 0o600), 0])
    }),
    open_to_any("the rights of a file", |ground| {
        call(libc::SYS_fchmodat, &[HERE, text(&ground.path("linked")), 0o777])
    }),
    shut("the owner of a file", |ground| call(libc::SYS_fchownat, &[HERE, text(&ground.path("linked")), 1, 1, 0])),
    open_to_any("the times of a file", |ground| call(libc::SYS_utimensat, &[HERE, text(&ground.path("linked")), 0, 0])),
    open_to_any("a mark on a file", |ground| {
        let name = CString::new("user.x").unwrap();
        // File systems without marks refuse it outside, too, but do not say that there is no such call.
        match call(libc::SYS_setxattr, &[text(&ground.path("linked")), text(&name), at(b"x"), 1, 0]) {
            refused if refused == -c_long::from(libc::EOPNOTSUPP) => 0,
            answer => answer,
        }
    }),
    open_to_any("a file in memory, to run it", |_| call(libc::SYS_memfd_create, &[at(b"x\0"), 0])),
    open_to_any("watch files", |_| call(libc::SYS_inotify_init1, &[0])),
    open_to_any("another folder to be in", |ground| call(libc::SYS_chdir, &[text(&ground.path("."))])),
    shut("another root", |ground| call(libc::SYS_chroot, &[text(&ground.path("."))])),
    shut("mount", |ground| call(libc::SYS_mount, &[0, text(&ground.path(".")), 0, 4096, 0])),
    shut("unmount", |ground| call(libc::SYS_umount2, &[text(&ground.path(".")), 0])),
    open_to_any("a descriptor that was inherited by mistake", |ground| {
        let mut buffer = [0u8; 16];
        // Closed, so that it is as if there were none.
        match call(libc::SYS_read, &[ground.inherited, into(&mut buffer), 16]) {
            closed if closed == -c_long::from(libc::EBADF) => -c_long::from(libc::ENOSYS),
            answer => answer,
        }
    }),
    // Other processes.
    shut("trace the parent", |ground| call(libc::SYS_ptrace, &[c_long::from(libc::PTRACE_SEIZE), ground.parent, 0, 0])),
    shut("read from the parent", |ground| call(libc::SYS_process_vm_readv, &[ground.parent, 0, 0, 0, 0, 0])),
    shut("write into the parent", |ground| call(libc::SYS_process_vm_writev, &[ground.parent, 0, 0, 0, 0, 0])),
    open_to_any("a handle of the parent", |ground| call(libc::SYS_pidfd_open, &[ground.parent, 0])),
    open_to_any("a signal to the parent", |ground| call(libc::SYS_kill, &[ground.parent, c_long::from(libc::SIGCONT)])),
    open_to_any("a signal to a thread of the parent", |ground| {
        call(libc::SYS_tgkill, &[ground.parent, ground.parent, c_long::from(libc::SIGCONT)])
    }),
    open_to_any("a signal to a thread, the old way", |ground| {
        call(libc::SYS_tkill, &[ground.parent, c_long::from(libc::SIGCONT)])
    }),
    shut("a signal with a message", |ground| {
        call(libc::SYS_rt_sigqueueinfo, &[ground.parent, c_long::from(libc::SIGCONT), at(&[0u8; 128])])
    }),
    open_to_any("a signal to all of its group", |_| call(libc::SYS_kill, &[0, 0])),
    open_to_any("signals through a descriptor", |ground| {
        call(libc::SYS_fcntl, &[1, c_long::from(libc::F_SETOWN), ground.parent])
    }),
    shut("the limits of the parent", |ground| call(libc::SYS_prlimit64, &[ground.parent, 7, at(&[9u64; 2]), 0])),
    shut("the priority of the parent", |ground| call(libc::SYS_setpriority, &[0, ground.parent, 19])),
    open_to_any("memory shared with others", |_| call(libc::SYS_shmget, &[0, 4096, 0o1600])),
    open_to_any("messages to others", |_| call(libc::SYS_msgget, &[0, 0o1600])),
    // Rights.
    shut("more open files", |_| {
        let more = [1u64 << 20; 2];
        call(libc::SYS_prlimit64, &[0, c_long::from(libc::RLIMIT_NOFILE), at(&more), 0])
    }),
    open_to_any("more time", |_| {
        let all = [u64::MAX; 2];
        call(libc::SYS_setrlimit, &[c_long::from(libc::RLIMIT_CPU), at(&all)])
    }),
    open_to_any("be another user", |_| call(libc::SYS_setuid, &[call(libc::SYS_getuid, &[])])),
    open_to_any("be of another group", |_| call(libc::SYS_setgid, &[call(libc::SYS_getgid, &[])])),
    shut("be root by capabilities", |_| call(libc::SYS_capset, &[0, 0])),
    open_to_any("a namespace of users", |_| match call(libc::SYS_unshare, &[c_long::from(libc::CLONE_NEWUSER)]) {
        // Some systems keep it from ordinary users, but do not say that there is no such call.
        refused if refused == -c_long::from(libc::EPERM) => 0,
        answer => answer,
    }),
    shut("a namespace of networks", |_| call(libc::SYS_unshare, &[c_long::from(libc::CLONE_NEWNET)])),
    shut("somebody else's namespace", |_| call(libc::SYS_setns, &[0, 0])),
    open_to_any("other settings of this process", |_| {
        call(libc::SYS_prctl, &[c_long::from(libc::PR_SET_DUMPABLE), 1, 0, 0, 0])
    }),
    shut("another filter", |_| call(libc::SYS_seccomp, &[1, 0, 0])),
    open_to_any("another personality", |_| call(libc::SYS_personality, &[0xffff_ffff])),
    shut("keys of the kernel", |_| call(libc::SYS_keyctl, &[0, -3, 0])),
    shut("a key of one's own", |_| call(libc::SYS_add_key, &[at(b"user\0"), at(b"x\0"), at(b"x"), 1, -3])),
    shut("programs in the kernel", |_| call(libc::SYS_bpf, &[0, 0, 0])),
    shut("counters of the processor", |_| call(libc::SYS_perf_event_open, &[0, 0, -1, -1, 0])),
    shut("faults of memory", |_| call(libc::SYS_userfaultfd, &[0])),
    shut("modules of the kernel", |_| call(libc::SYS_finit_module, &[-1, 0, 0])),
    shut("another kernel", |_| call(libc::SYS_kexec_load, &[0, 0, 0, 0])),
    shut("the end of this machine", |_| call(libc::SYS_reboot, &[0, 0, 0, 0])),
    shut("the clock", |_| call(libc::SYS_clock_settime, &[0, 0])),
    shut("the log of the kernel", |_| call(libc::SYS_syslog, &[3, 0, 0])),
    shut("keys typed into the terminal", |_| {
        call(libc::SYS_ioctl, &[0, libc::TIOCSTI.cast_signed() as c_long, at(b"x")])
    }),
    // Memory that can be run, and calls under another name.
    open_to_any("new code in memory", |_| {
        let anywhere = c_long::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        call(libc::SYS_mmap, &[0, 4096, c_long::from(libc::PROT_READ | libc::PROT_EXEC), anywhere, -1, 0])
    }),
    open_to_any("data turned into code", |_| {
        let anywhere = c_long::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let page = call(libc::SYS_mmap, &[0, 4096, c_long::from(libc::PROT_READ | libc::PROT_WRITE), anywhere, -1, 0]);
        call(libc::SYS_mprotect, &[page, 4096, c_long::from(libc::PROT_READ | libc::PROT_EXEC)])
    }),
    #[cfg(target_arch = "x86_64")]
    shut("calls of the x32 interface", |_| call(0x4000_0000 | libc::SYS_socket, &[2, 1, 0])),
    shut("a call that is not known yet", |_| call(9_999, &[0])),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["probe", sandboxed, folder, parent, tcp_port, udp_port, inherited] => {
            let ground = Ground {
                folder: folder.into(),
                parent: parent.parse().unwrap(),
                tcp_port: tcp_port.parse().unwrap(),
                udp_port: udp_port.parse().unwrap(),
                inherited: inherited.parse().unwrap(),
            };
            return probe(*sandboxed == "inside", &ground);
        }
        #[cfg(target_arch = "x86_64")]
        ["old-interface", sandboxed] => return old_interface(*sandboxed == "inside"),
        _ => {}
    }
    every_way_out_is_shut();
    println!("test every_way_out_is_shut ... ok");
    #[cfg(target_arch = "x86_64")]
    {
        the_interface_of_32_bits_ends_the_process();
        println!("test the_interface_of_32_bits_ends_the_process ... ok");
    }
    ExitCode::SUCCESS
}

/// Goes every way, and says where each one led.
fn probe(inside: bool, ground: &Ground) -> ExitCode {
    let files = if inside { Sandbox::enter(&Limits::default()).unwrap().files() } else { Enforcement::Missing };
    println!("{files:?}");
    for way in WAYS {
        // What might do harm outside is tried inside only.
        println!("{}", if inside || way.open_outside { (way.go)(ground) } else { -c_long::from(libc::EPERM) });
    }
    ExitCode::SUCCESS
}

/// What a probe found: how far Landlock goes, and where each way led.
fn run_probe(sandboxed: &str) -> (String, Vec<c_long>) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["other-claim.pdf", "to-be-emptied", "renamed", "removed", "linked"] {
        std::fs::write(folder.path().join(name), "a document of somebody else").unwrap();
    }
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let _unix = UnixListener::bind(folder.path().join("socket")).unwrap();
    let leaked = inheritable(&folder.path().join("other-claim.pdf"));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["probe", sandboxed, folder.path().to_str().unwrap(), &std::process::id().to_string()])
        .args([tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port()].map(|port| port.to_string()))
        .arg(leaked.as_raw_fd().to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}: {text}", output.status);
    if sandboxed == "inside" {
        let document = std::fs::read_to_string(folder.path().join("to-be-emptied")).unwrap();
        assert_eq!(document, "a document of somebody else");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6, "something was made or removed");
    }
    let mut lines = text.lines();
    let files = lines.next().unwrap().to_owned();
    (files, lines.map(|line| line.parse().unwrap()).collect())
}

/// A file that is not closed for the programs that this one starts.
fn inheritable(path: &Path) -> std::fs::File {
    let file = std::fs::File::open(path).unwrap();
    // SAFETY: flags of a descriptor that is open.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) }, 0);
    file
}

fn every_way_out_is_shut() {
    let (_, outside) = run_probe("outside");
    let (files, inside) = run_probe("inside");
    assert_eq!((outside.len(), inside.len()), (WAYS.len(), WAYS.len()));
    let mut wrong = Vec::new();
    for ((way, outside), inside) in WAYS.iter().zip(outside).zip(inside) {
        let name = |answer: c_long| match answer {
            0.. => "open".to_owned(),
            code => std::io::Error::from_raw_os_error(i32::try_from(-code).unwrap_or(0)).to_string(),
        };
        println!("{:<48} outside: {:<34} inside: {}", way.name, name(outside), name(inside));
        if way.open_outside && outside < 0 {
            wrong.push(format!("{}: shut outside, too ({})", way.name, name(outside)));
        }
        // The filter says that there is no such call, whoever asks: shut by it, and not only to this user.
        if inside != -c_long::from(libc::ENOSYS) {
            wrong.push(format!("{}: {}", way.name, name(inside)));
        }
    }
    let _ = writeln!(
        std::io::stdout(),
        "{} ways, {} of them shut; Landlock: {files}",
        WAYS.len(),
        WAYS.len() - wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Calls by the interrupt of 32-bit programs, whose numbers mean something else.
#[cfg(target_arch = "x86_64")]
fn old_interface(inside: bool) -> ExitCode {
    if inside {
        Sandbox::enter(&Limits::default()).unwrap();
    }
    const GETPID: c_ulong = 20;
    let answer: c_ulong;
    // SAFETY: a call that takes nothing and changes nothing but its answer.
    unsafe { std::arch::asm!("int 0x80", inlateout("rax") GETPID => answer) };
    println!("{answer}");
    ExitCode::SUCCESS
}

#[cfg(target_arch = "x86_64")]
fn the_interface_of_32_bits_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let run = |sandboxed: &str| {
        let output =
            Command::new(std::env::current_exe().unwrap()).args(["old-interface", sandboxed]).output().unwrap();
        (output.status.signal(), String::from_utf8(output.stdout).unwrap())
    };
    let (signal, answer) = run("inside");
    assert_eq!((signal, answer.as_str()), (Some(libc::SIGSYS), ""));
    // Outside it answers, unless the kernel has no such interface at all.
    let (signal, _) = run("outside");
    assert!(matches!(signal, None | Some(libc::SIGSEGV)), "{signal:?}");
}
