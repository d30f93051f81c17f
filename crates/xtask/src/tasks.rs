//! The tasks: each sets the machine up and then calls cargo at the top of the workspace.

use crate::machine::{self, Purpose};
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where cargo-deny's rules are.
const DENY_CONFIG: &str = ".cargo/deny.toml";

/// `kofu demo` on a machine that may be fresh.
pub(crate) fn demo(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run])?;
    if arguments.iter().any(|argument| argument == "--serve") {
        // Auditors carry it away from its place beside kofu.
        call(cargo(top).args(["build", "--package", "decision-log", "--bin", "kofu-audit"]))?;
    }
    call(
        cargo(top)
            .args(["run", "--package", "pipeline", "--bin", "kofu", "--", "demo"])
            .args(demo_arguments(arguments)),
    )
}

/// The demo's data has a folder of its own, so that it never mixes with real data in `./kofu-data`.
fn demo_arguments(arguments: &[String]) -> Vec<String> {
    let has_data = arguments.iter().any(|argument| argument == "--data" || argument.starts_with("--data="));
    let default = if has_data { Vec::new() } else { vec!["--data".to_owned(), "kofu-demo".to_owned()] };
    default.into_iter().chain(arguments.iter().cloned()).collect()
}

/// Every test of the workspace. The program is built first: whole-system tests start it.
pub(crate) fn test(top: &Path, arguments: &[String]) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run, Purpose::Tests])?;
    call(cargo(top).args(["build", "--package", "pipeline"]))?;
    let mut tests = cargo(top);
    tests.args(["test", "--workspace"]).args(arguments);
    call(tests.env("KOFU_AXE", axe()?).env("KOFU_OPENID_PROVIDER", openid_provider()?))
}

/// A real provider of OpenID Connect (the certified npm package oidc-provider), against which the tests sign in, among our
/// tools: the folder whose `node_modules` has it.
pub(crate) fn openid_provider() -> anyhow::Result<PathBuf> {
    // The last version that runs on Debian's Node.js.
    const PACKAGE: &str = "oidc-provider@8.8.1";
    let tools = cache_folder().context("neither XDG_CACHE_HOME nor HOME is set")?.join("kofu").join("tools");
    let folder = tools.join(PACKAGE);
    let installed = folder.join("node_modules").join("oidc-provider").join("package.json");
    if !installed.is_file() {
        std::fs::create_dir_all(&folder)?;
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        call(Command::new("npm").args(install).arg(&folder).arg(PACKAGE))?;
    }
    anyhow::ensure!(installed.is_file(), "{} is not there after it was installed", installed.display());
    Ok(folder)
}

/// The script axe-core, with which the tests look for what keeps people from using a page, among our tools. It is taken
/// out of a Python package that carries it; nothing of that package runs.
pub(crate) fn axe() -> anyhow::Result<PathBuf> {
    let tools = cache_folder().context("neither XDG_CACHE_HOME nor HOME is set")?.join("kofu").join("tools");
    let package = tools.join("axe-playwright-python-0.1.8");
    let script = package.join("axe_playwright_python").join("axe.min.js");
    if !script.is_file() {
        let environment = tools.join("python");
        call(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let python = environment.join("bin").join("python");
        let install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target"];
        call(Command::new(&python).args(install).arg(&package).arg("axe-playwright-python==0.1.8"))?;
    }
    anyhow::ensure!(script.is_file(), "{} is not there after it was installed", script.display());
    Ok(script)
}

/// The program schemathesis, which makes up requests from the document of the API, among our tools.
pub(crate) fn schemathesis() -> anyhow::Result<PathBuf> {
    let tools = cache_folder().context("neither XDG_CACHE_HOME nor HOME is set")?.join("kofu").join("tools");
    let environment = tools.join("schemathesis-4.32.5");
    let program = environment.join("bin").join("schemathesis");
    if !quiet_success(Command::new(&program).arg("--version")) {
        call(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let python = environment.join("bin").join("python");
        call(Command::new(&python).args(["-m", "pip", "install", "--quiet", "schemathesis==4.32.5"]))?;
    }
    anyhow::ensure!(
        quiet_success(Command::new(&program).arg("--version")),
        "{} does not run after it was installed",
        program.display()
    );
    Ok(program)
}

/// What a change has to pass.
pub(crate) fn ci(top: &Path) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run, Purpose::Tests])?;
    call(cargo(top).args(["fmt", "--all", "--check"]))?;
    call(cargo(top).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    deny(top)?;
    test(top, &[])
}

/// Draws the samples with the build of xtask that can.
#[cfg(not(feature = "samples"))]
pub(crate) fn samples(top: &Path, check: bool) -> anyhow::Result<()> {
    machine::set_up(&[Purpose::Build, Purpose::Run])?;
    call(
        cargo(top)
            .args(["run", "--package", "xtask", "--features", "samples", "--", "samples"])
            .args(check.then_some("--check")),
    )
}

/// `cargo deny` with our rules. It is no part of the toolchain, so a machine that cannot have it only misses this step,
/// and is told so; rules that are broken fail the task.
fn deny(top: &Path) -> anyhow::Result<()> {
    let tools = cache_folder().map(|cache| cache.join("kofu").join("tools"));
    let bin = tools.as_ref().map(|tools| tools.join("bin"));
    // Ours first, then whatever the machine has.
    let mut path: Vec<PathBuf> = bin.into_iter().collect();
    path.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let path = std::env::join_paths(path).context("PATH cannot be extended by the folder of our tools")?;
    let deny = |arguments: &[&str]| {
        let mut command = cargo(top);
        command.env("PATH", &path).args(["deny", "--config", DENY_CONFIG]).args(arguments);
        command
    };
    if !quiet_success(cargo(top).env("PATH", &path).args(["deny", "--version"])) {
        let Some(tools) = tools else {
            eprintln!("xtask: cargo deny was SKIPPED: it is not installed, and neither XDG_CACHE_HOME nor HOME is set");
            return Ok(());
        };
        eprintln!("xtask: cargo-deny is not installed; installing it into {}", tools.display());
        let installed = call(cargo(top).args(["install", "cargo-deny", "--locked", "--root"]).arg(&tools));
        if let Err(error) = installed {
            eprintln!("xtask: cargo deny was SKIPPED: it is not installed and could not be ({error:#})");
            return Ok(());
        }
    }
    if quiet_success(&mut deny(&["fetch", "db"])) {
        return call(&mut deny(&["check"]));
    }
    eprintln!(
        "xtask: the advisory database cannot be fetched here; advisories are SKIPPED, all other rules are checked"
    );
    call(&mut deny(&["check", "bans", "licenses", "sources"]))
}

/// Where tools are kept between runs: `$XDG_CACHE_HOME`, else `~/.cache`.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
}

/// The cargo that runs us, at the top of the workspace.
pub(crate) fn cargo(top: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(top);
    command
}

/// Runs a command with our standard streams.
pub(crate) fn call(command: &mut Command) -> anyhow::Result<()> {
    let shown = show(command);
    eprintln!("$ {shown}");
    let status = command.status().with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Whether a command ends well; what it prints is not shown.
pub(crate) fn quiet_success(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(' ') { format!("'{word}'") } else { word.into_owned() }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_a_data_folder_of_its_own_unless_told_otherwise() {
        let arguments =
            |line: &str| demo_arguments(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).join(" ");
        assert_eq!(arguments(""), "--data kofu-demo");
        assert_eq!(arguments("--json"), "--data kofu-demo --json");
        assert_eq!(arguments("--data /tmp/d --json"), "--data /tmp/d --json");
        assert_eq!(arguments("--data=/tmp/d"), "--data=/tmp/d");
    }

    #[test]
    fn a_command_that_fails_is_named_with_its_arguments() {
        let error = call(Command::new("false").arg("two words")).unwrap_err().to_string();
        assert!(error.contains("`false 'two words'` failed"), "{error}");
        let error = format!("{:#}", call(&mut Command::new("/no/such/program")).unwrap_err());
        assert!(error.contains("cannot be started"), "{error}");
    }
}
