//! Measuring: the figures of `kofu-bench`, and the memory of the real `kofu assess` on a long stream.

use crate::machine::{self, Purpose};
use crate::tasks::{self, cache_folder, call, cargo, quiet_success};
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Few claims and many: memory that does not grow from one to the other is constant.
const CLAIMS: [&str; 2] = ["10000", "1000000"];
/// How often the memory of a running program is looked at. Its peak is kept by the kernel, so none is missed but what
/// it takes in its last moments.
const LOOKS_EVERY: Duration = Duration::from_millis(5);

/// `kofu-bench rules` with its peers.
pub(crate) fn rules(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build])?;
    call(bench(top, &["run"]).args(["--features", "peers", "--", "rules"]).args(arguments))
}

/// `kofu-bench reading` beside tesseract, pdftotext and pdfplumber.
pub(crate) fn reading(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run, Purpose::Bench])?;
    let pdfplumber = match pdfplumber() {
        Ok(python) => vec!["--pdfplumber".into(), python.into_os_string()],
        Err(error) => {
            eprintln!("xtask: pdfplumber is SKIPPED: {error:#}");
            Vec::new()
        }
    };
    call(bench(top, &["run"]).args(["--features", "reading", "--", "reading"]).args(pdfplumber).args(arguments))
}

/// `kofu-bench audit` with the real `kofu-audit`.
pub(crate) fn audit(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build])?;
    // Built before anything is measured.
    call(cargo(top).args(["build", "--release", "--package", "decision-log", "--bin", "kofu-audit"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), PathBuf::from);
    let program = target.join("release").join("kofu-audit");
    call(bench(top, &["run"]).args(["--features", "audit", "--", "audit", "--kofu-audit"]).arg(program).args(arguments))
}

/// The property of the payment files' tests, on many more batches.
pub(crate) fn zengin(top: &Path, batches: &str) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build])?;
    let began = std::time::Instant::now();
    call(cargo(top).env("KOFU_ZENGIN_BATCHES", batches).args([
        "test",
        "--package",
        "reporting",
        "--test",
        "suite",
        "every_file_is_read_back_equal_by_two_readers",
    ]))?;
    println!("{batches} batches, each read back equal by both readers, in {} s", began.elapsed().as_secs());
    Ok(())
}

/// The simulator of whole lives under faults, on many more seeds than the tests try.
pub(crate) fn simulator(top: &Path, seeds: &str) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Tests])?;
    // As the tests build it, so that nothing is built twice.
    let run = ["test", "--workspace", "--test", "simulator", "--", "--seeds", seeds];
    call(cargo(top).args(run))
}

/// `kofu-bench output`: notices and payment lists beside their libraries.
pub(crate) fn output(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run])?;
    call(bench(top, &["run"]).args(["--features", "output", "--", "output"]).args(arguments))
}

/// `kofu-bench pages`: the pages with a million claims stored.
pub(crate) fn pages(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Tests])?;
    call(bench(top, &["run"]).args(["--features", "pages", "--", "pages"]).args(arguments))
}

/// `kofu-bench api` with schemathesis.
pub(crate) fn api(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run, Purpose::Tests])?;
    let schemathesis = tasks::schemathesis()?;
    let run = ["--features", "pages", "--", "api", "--schemathesis"];
    call(bench(top, &["run"]).args(run).arg(schemathesis).args(arguments))
}

/// A Python that has pdfplumber, in an environment of its own among our tools.
fn pdfplumber() -> anyhow::Result<PathBuf> {
    let tools = cache_folder().context("neither XDG_CACHE_HOME nor HOME is set")?.join("kofu").join("tools");
    let environment = tools.join("pdfplumber");
    let python = environment.join("bin").join("python");
    let has_it = || quiet_success(Command::new(&python).args(["-c", "import pdfplumber"]));
    if !has_it() {
        call(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        call(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pdfplumber"]))?;
        ensure!(has_it(), "it was installed into {} and cannot be imported", environment.display());
    }
    Ok(python)
}

/// The peak memory of `kofu assess`, fed with random claims.
pub(crate) fn memory(top: &Path) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run])?;
    // Built before anything is measured, and without the peers: these claims are only drawn.
    call(&mut bench(top, &["build"]))?;
    call(&mut kofu(top, "build"))?;
    for claims in CLAIMS {
        let mut claims_drawn = bench(top, &["run", "--quiet"])
            .args(["--", "rules", "--generate", "-", "--claims", claims])
            .stdout(Stdio::piped())
            .spawn()
            .context("kofu-bench cannot be started")?;
        let lines = claims_drawn.stdout.take().context("kofu-bench has no standard output")?;
        // `cargo run` becomes the program that it runs, so this process is kofu as soon as it is named so.
        let mut assess = kofu(top, "run")
            .args(["--quiet", "--", "assess", "-"])
            .stdin(lines)
            .stdout(Stdio::null())
            .spawn()
            .context("kofu cannot be started")?;
        let mut peak = None;
        let status = loop {
            peak = peak_memory(assess.id()).or(peak);
            if let Some(status) = assess.try_wait()? {
                break status;
            }
            std::thread::sleep(LOOKS_EVERY);
        };
        ensure!(claims_drawn.wait()?.success(), "kofu-bench could not draw {claims} claims");
        if !status.success() {
            bail!("kofu assess failed on {claims} claims ({status})");
        }
        let peak = peak.context("/proc tells no memory of kofu: this is measured on Linux only")?;
        println!("kofu assess, {claims} claims: at most {peak} in memory");
    }
    Ok(())
}

fn bench(top: &Path, subcommand: &[&str]) -> Command {
    let mut command = cargo(top);
    command.args(subcommand).args(["--release", "--package", "bench"]);
    command
}

fn kofu(top: &Path, subcommand: &str) -> Command {
    let mut command = cargo(top);
    command.args([subcommand, "--release", "--package", "pipeline", "--bin", "kofu"]);
    command
}

/// The most that a process called kofu has had in memory, as the kernel words it; `None` when it has another name or
/// has ended.
fn peak_memory(process: u32) -> Option<String> {
    peak_of_kofu(&std::fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn peak_of_kofu(status: &str) -> Option<String> {
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    value("Name:").filter(|name| *name == "kofu")?;
    value("VmHWM:").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kofu_is_measured_and_only_while_it_runs() {
        assert_eq!(peak_of_kofu("Name:\tkofu\nVmPeak:\t 9 kB\nVmHWM:\t    8812 kB\n"), Some("8812 kB".to_owned()));
        assert_eq!(peak_of_kofu("Name:\tcargo\nVmHWM:\t    8812 kB\n"), None);
        assert_eq!(peak_of_kofu("Name:\tkofu\nState:\tZ (zombie)\n"), None);
    }
}
