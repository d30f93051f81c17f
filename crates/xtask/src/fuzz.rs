//! Trying what the readers of documents withstand: the hostile set, and fuzzing (crates/ingest/fuzz) with its tool, its
//! seeds, its build, and so many minutes for each target.

use crate::machine::{self, Purpose};
use crate::tasks::{cache_folder, call, cargo, quiet_success};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each target and the endings of the files that it begins with.
const TARGETS: [(&str, &[&str]); 10] = [
    ("document", &["pdf-small", "xlsx", "xls", "csv", "png", "jpg", "tif", "webp", "bmp"]),
    // A run over a small file takes a hundredth of the time of one over a sample.
    ("pdf", &["pdf-small"]),
    ("picture", &["png", "jpg", "webp", "bmp"]),
    ("tiff", &["tif"]),
    ("xlsx", &["xlsx"]),
    ("xls", &["xls"]),
    ("csv", &["csv"]),
    ("fields", &["csv"]),
    ("view", &["pdf-small", "xlsx", "xls", "csv", "png", "jpg", "tif", "webp", "bmp"]),
    ("request", &[]),
];
const MINUTES: u64 = 10;
/// Larger files slow the fuzzer down more than they teach it.
const MOST_SEED_BYTES: u64 = 64 * 1024;
/// The memory of a target, with what the sanitizer adds. An input that takes more is a defect.
const MOST_MEMORY_MIB: u64 = 1536;
/// An input that takes longer is a defect.
const MOST_SECONDS: u64 = 20;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    minutes: u64,
    targets: Vec<&'static str>,
}

impl Plan {
    /// `[--minutes N] [TARGET…]`; all targets if none is named.
    fn parse(arguments: &[String]) -> anyhow::Result<Plan> {
        let mut plan = Plan { minutes: MINUTES, targets: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--minutes" {
                let minutes = arguments.next().and_then(|minutes| minutes.parse().ok()).filter(|minutes| *minutes > 0);
                plan.minutes = minutes.context("found no number after --minutes, expected 1 or more")?;
                continue;
            }
            let known = TARGETS.iter().map(|(name, _)| *name).find(|name| name == argument);
            let names = || TARGETS.map(|(name, _)| name).join(", ");
            plan.targets.push(known.with_context(|| format!("found target {argument:?}, expected {}", names()))?);
        }
        if plan.targets.is_empty() {
            plan.targets = TARGETS.iter().map(|(name, _)| *name).collect();
        }
        Ok(plan)
    }
}

/// Builds the targets and runs them one after another. All of them run, also after one found a defect.
pub(crate) fn run(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let plan = Plan::parse(arguments)?;
    machine::set_up(&[Purpose::Build, Purpose::Run])?;
    let cache = cache_folder().context("neither XDG_CACHE_HOME nor HOME is set: there is no place to build in")?;
    let cache = cache.join("kofu");
    let (target, work) = (cache.join("fuzz-target"), cache.join("fuzz"));
    let tool = install(top, &cache.join("tools"))?;
    let project = top.join("crates/ingest/fuzz");
    // A workspace of its own would choose versions of its own; what is fuzzed is what the product has.
    std::fs::copy(top.join("Cargo.lock"), project.join("Cargo.lock")).context("Cargo.lock cannot be copied")?;
    let seeds = work.join("seeds");
    call(cargo(top).args(["test", "--package", "tests", "--test", "hostile", "--", "write"]).arg(&seeds))?;
    copy_samples(&top.join("samples"), &seeds)?;
    for name in &plan.targets {
        let mut build = Command::new(&tool);
        // The sanitizer and its coverage are for nightly compilers, or for those that are told to take it.
        build.current_dir(top).env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "build", "--fuzz-dir"]).arg(&project);
        call(build.arg("--target-dir").arg(&target).arg(name))?;
    }
    let mut failed = Vec::new();
    for name in &plan.targets {
        if let Err(error) = fuzz(name, plan.minutes, &target, &work) {
            eprintln!("xtask: {error:#}");
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        bail!(
            "the fuzzer found defects in {}; their inputs are in {}",
            failed.join(", "),
            work.join("artifacts").display()
        );
    }
    Ok(())
}

/// The whole hostile set, with the program as it is released.
pub(crate) fn hostile(top: &Path, words: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run])?;
    call(cargo(top).args(["build", "--release", "--package", "pipeline", "--bin", "kofu"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| top.join("target"), PathBuf::from);
    let all = if words.is_empty() { vec!["all".to_owned()] } else { words.to_vec() };
    call(
        cargo(top)
            .args(["test", "--package", "tests", "--test", "hostile", "--"])
            .args(all)
            .env("KOFU_PROGRAM", target.join("release/kofu")),
    )
}

/// cargo-fuzz, installed beside our other tools if the machine has none.
fn install(top: &Path, tools: &Path) -> anyhow::Result<PathBuf> {
    let ours = tools.join("bin/cargo-fuzz");
    for tool in [ours.clone(), PathBuf::from("cargo-fuzz")] {
        if quiet_success(Command::new(&tool).arg("--version")) {
            return Ok(tool);
        }
    }
    call(cargo(top).args(["install", "cargo-fuzz", "--locked", "--root"]).arg(tools))?;
    Ok(ours)
}

/// The samples, beside the hostile documents.
fn copy_samples(samples: &Path, seeds: &Path) -> anyhow::Result<()> {
    let stories = std::fs::read_dir(samples).with_context(|| format!("{} cannot be read", samples.display()))?;
    for story in stories.filter_map(Result::ok).filter(|story| story.path().is_dir()) {
        for file in std::fs::read_dir(story.path())?.filter_map(Result::ok) {
            let path = file.path();
            let Some(ending) = path.extension().filter(|_| file.metadata().is_ok_and(|m| m.len() <= MOST_SEED_BYTES))
            else {
                continue;
            };
            let folder = seeds.join(ending);
            std::fs::create_dir_all(&folder)?;
            let name = format!("{}-{}", story.file_name().display(), file.file_name().display());
            std::fs::copy(&path, folder.join(name))?;
        }
    }
    Ok(())
}

fn fuzz(name: &str, minutes: u64, target: &Path, work: &Path) -> anyhow::Result<()> {
    let (corpus, artifacts) = (work.join("corpus").join(name), work.join("artifacts").join(name));
    std::fs::create_dir_all(&corpus)?;
    std::fs::create_dir_all(&artifacts)?;
    let program = target.join(format!("{}-unknown-linux-gnu/release/{name}", std::env::consts::ARCH));
    let endings = TARGETS.iter().find(|(target, _)| *target == name).map_or(&[][..], |(_, endings)| endings);
    let seeds = endings.iter().map(|ending| work.join("seeds").join(ending)).filter(|folder| folder.is_dir());
    // What a target finds is written to the first folder; those after it are only read.
    call(
        Command::new(program)
            .arg(corpus)
            .args(seeds)
            .arg(format!("-max_total_time={}", minutes * 60))
            .arg(format!("-rss_limit_mb={MOST_MEMORY_MIB}"))
            .arg(format!("-timeout={MOST_SECONDS}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .args(["-print_final_stats=1", "-verbosity=1"])
            // Recognition's C++ library is linked and not called.
            .env("ASAN_OPTIONS", "detect_odr_violation=0"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> anyhow::Result<Plan> {
        Plan::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn all_targets_run_unless_some_are_named() {
        assert_eq!(plan("").unwrap(), Plan { minutes: 10, targets: TARGETS.map(|(name, _)| name).to_vec() });
        assert_eq!(plan("--minutes 1 pdf csv").unwrap(), Plan { minutes: 1, targets: vec!["pdf", "csv"] });
        assert!(plan("pfd").unwrap_err().to_string().contains("\"pfd\", expected document, pdf"));
        assert!(plan("--minutes").unwrap_err().to_string().contains("expected 1 or more"));
    }

    /// A target that is built and never run would find nothing.
    #[test]
    fn the_targets_are_those_that_are_built() {
        let manifest = include_str!("../../ingest/fuzz/Cargo.toml");
        let built: Vec<&str> = manifest
            .split("[[bin]]")
            .skip(1)
            .filter_map(|part| part.split_once("name = \"")?.1.split_once('"').map(|(name, _)| name))
            .collect();
        assert_eq!(built, TARGETS.map(|(name, _)| name));
    }
}
