//! Harness of the whole-system tests: the real `kofu` program, the samples, and folders that go away.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a harness fails the test that uses it")]

pub mod oracle;

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The project's top folder.
pub fn root() -> &'static Path {
    // This crate lies directly under it.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate has a parent folder")
}

/// The program under test, built from the present source once per run of the tests.
pub fn kofu() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| build("pipeline", "kofu").expect("kofu builds"));
    let mut command = Command::new(program);
    command.current_dir(root());
    for name in ["KOFU_DATA", "KOFU_DATABASE_URL", "KOFU_OBJECT_URL", "KOFU_CONFIG", "KOFU_LOG", "LANG", "LC_ALL"] {
        command.env_remove(name);
    }
    command
}

/// The auditor's program, built like [`kofu`].
pub fn kofu_audit() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| build("decision-log", "kofu-audit").expect("kofu-audit builds"));
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

fn build(package: &str, program: &str) -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", package, "--bin", program, "--message-format", "json-render-diagnostics"])
        .current_dir(root())
        .output()
        .context("cargo does not start")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout)?;
    // The last artifact with an executable is the program.
    messages
        .lines()
        .filter_map(|line| line.split_once("\"executable\":\"").map(|(_, rest)| rest))
        .filter_map(|rest| rest.split_once('"').map(|(path, _)| PathBuf::from(path)))
        .next_back()
        .context("cargo named no executable")
}

/// What a run printed, for people and asserts.
#[derive(Debug)]
pub struct Printed {
    /// The exit code; -1 when killed.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Printed {
    fn from(output: Output) -> Printed {
        Printed {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Printed {
    /// The JSON objects of standard output, one a line.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}\n{}", self.err))
            })
            .collect()
    }

    /// This, if the exit code is `code`.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Printed {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

/// Runs `kofu` with `args`.
pub fn run(args: &[&str]) -> Printed {
    kofu().args(args).output().expect("kofu starts").into()
}

/// Runs `kofu` with `args` and `input` on standard input.
pub fn run_with_input(args: &[&str], input: &str) -> Printed {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = kofu()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kofu starts");
    let mut stdin = child.stdin.take().expect("stdin was asked for");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A program that ends early closes the pipe; its exit code tells.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("kofu ends");
    writer.join().expect("the writer ends");
    output.into()
}
