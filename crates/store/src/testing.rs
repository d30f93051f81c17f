//! A real PostgreSQL for tests: a server of its own in a folder of its own, gone when the test is.
//!
//! ```no_run
//! let server = store::testing::Postgres::start().expect("PostgreSQL is installed");
//! let url = server.fresh_database_url().expect("a new, empty database");
//! // store::Store::open(&store::StoreConfig::new(&url, "file:///…")).await
//! ```

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Starts the server, says `ready`, waits until its standard input is closed, stops the server and removes the folder.
/// Standard input closes however the test's process ends, also when it is killed, so no server is left behind.
/// `$1` is the folder of PostgreSQL's programs, `$2` the folder to work in.
const KEEPER: &str = r#"
    "$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$2/initdb.log" 2>&1 &&
    "$1/pg_ctl" -D "$2/data" -w -t 120 -l "$2/server.log" -o "-k '$2' -c listen_addresses='' -c fsync=off \
        -c full_page_writes=off -c max_connections=300" start >"$2/pg_ctl.log" 2>&1 </dev/null || exit 1
    echo ready
    read -r _
    "$1/pg_ctl" -D "$2/data" -w -m immediate stop >/dev/null 2>&1
    cd / && rm -rf "$2"
"#;

/// A running PostgreSQL server. It speaks through a socket in its folder, takes anyone as the user `postgres`, does not
/// sync (tests lose nothing), and stops when this is dropped or the process ends.
#[derive(Debug)]
pub struct Postgres {
    keeper: Child,
    programs: PathBuf,
    folder: tempfile::TempDir,
    databases: AtomicU32,
}

impl Postgres {
    /// Makes and starts a server, with the newest PostgreSQL under `/usr/lib/postgresql` or the one on `PATH`. As root,
    /// which PostgreSQL refuses, it runs as the user `postgres`. The error says what to install or shows the log.
    pub fn start() -> io::Result<Postgres> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("kofu-pg-").tempdir()?;
        let mut keeper = Command::new("/bin/sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&programs).arg(folder.path()).current_dir(folder.path());
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // A group of its own: Ctrl-C in the terminal ends the test, and that ends the server.
        keeper.process_group(0);
        if fs::metadata("/proc/self")?.uid() == 0 {
            let (user, group) = user_postgres()?;
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))?;
            keeper.uid(user).gid(group);
        }
        // Others may go through to the socket, but not look around.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let mut keeper = keeper.spawn()?;
        let mut said = String::new();
        if let Some(stdout) = keeper.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        if said.trim() != "ready" {
            // It ends at once and leaves its logs, which go with the folder.
            let logs: Vec<String> = ["initdb.log", "pg_ctl.log", "server.log"]
                .iter()
                .filter_map(|log| fs::read_to_string(folder.path().join(log)).ok())
                .collect();
            keeper.wait()?;
            return Err(io::Error::other(format!("PostgreSQL did not start:\n{}", logs.join("\n"))));
        }
        Ok(Postgres { keeper, programs, folder, databases: AtomicU32::new(0) })
    }

    /// The address of a new, empty database.
    pub fn fresh_database_url(&self) -> io::Result<String> {
        let name = format!("kofu_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(self.programs.join("createdb"))
            .arg("-h")
            .arg(self.folder.path())
            .args(["-U", "postgres", &name])
            .output()?;
        if !made.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()));
        }
        Ok(format!("postgres://postgres@localhost/{name}?host={}", self.folder.path().display()))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ends once the server has; there is nobody left to tell if it does not.
        let _ = self.keeper.wait();
    }
}

/// The folder of `initdb`, `pg_ctl` and `createdb`.
fn programs() -> io::Result<PathBuf> {
    let complete = |folder: &Path| ["initdb", "pg_ctl", "createdb"].iter().all(|name| folder.join(name).is_file());
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| {
            let version = version.ok()?;
            let number = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    if let Some((_, newest)) = versions.pop() {
        return Ok(newest);
    }
    std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .find(|folder| complete(folder))
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no PostgreSQL server; apt-get install postgresql"))
}

/// The ids of the user and group `postgres`.
fn user_postgres() -> io::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    users
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some("postgres")).then_some(())?;
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no user postgres; apt-get install postgresql"))
}
