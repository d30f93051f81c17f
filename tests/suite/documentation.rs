//! What the documents say is true: files that they name are there, and commands that they show work.

use super::architecture::tracked;
use std::collections::BTreeSet;
use std::process::Command;
use tests::{kofu, root};

/// Texts in back quotes that look like a path of this repository.
fn named_paths(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| {
            let has_form = quoted.contains('/') || quoted.ends_with(".md");
            has_form
                && !quoted.contains([' ', '<', '*', '{', '…', '$', '~', ':', '\n', '=', '('])
                && !quoted.starts_with(['/', '.', '-'])
        })
        .map(str::to_owned)
        .collect()
}

/// What links and pictures of a document lead to, within this repository.
fn linked_paths(text: &str) -> BTreeSet<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains(':') && !target.contains('{'))
        .collect()
}

#[test]
fn files_that_the_documents_name_exist() {
    let documents: Vec<String> = tracked().into_iter().filter(|file| file.ends_with(".md")).collect();
    assert!(documents.contains(&"README.md".to_owned()) && documents.contains(&"crates/README.md".to_owned()));
    let mut wrong = Vec::new();
    for document in &documents {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        let folder = root().join(document).parent().unwrap().to_owned();
        for path in named_paths(&text).union(&linked_paths(&text)) {
            // What a run makes, and what a bundle holds, is not in the repository.
            let made = ["kofu-data", "kofu-demo", "out/", "target/"].iter().any(|prefix| path.starts_with(prefix));
            if !made && !root().join(path).exists() && !folder.join(path).exists() {
                wrong.push(format!("{document} names {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The commands of a document's `sh` blocks, a line each, without comments.
fn commands(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let mut commands = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && !line.trim().is_empty() {
            commands.push(line.split(" #").next().unwrap_or(line).trim().to_owned());
        }
    }
    commands
}

#[test]
fn every_command_of_the_readme_works_as_it_is_written() {
    let commands = commands("README.md");
    assert!(commands.contains(&"cargo xtask demo".to_owned()) && commands.contains(&"cargo xtask test".to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let program = kofu();
    let program_folder = std::path::Path::new(program.get_program()).parent().unwrap().to_owned();
    let path = format!("{}:{}", program_folder.display(), std::env::var("PATH").unwrap());
    // The README's commands are run in the order of the README, in a copy of what they need.
    for needed in ["samples", "crates"] {
        std::os::unix::fs::symlink(root().join(needed), folder.path().join(needed)).unwrap();
    }
    for command in commands {
        match command.as_str() {
            // What is running now, what comes to the same as the next command, and what tests/browser starts.
            "cargo xtask test" | "cargo xtask demo" | "cargo xtask demo --serve" => {
                let xtask = std::fs::read_to_string(root().join(".cargo/config.toml")).unwrap();
                assert!(xtask.contains("xtask ="), "{command}");
            }
            _ if command.starts_with("git ") || command.starts_with("cd ") => {}
            _ => {
                let line = command.replace("target/debug/kofu", "kofu");
                assert!(line.contains("kofu"), "a command that no test knows: {command}");
                // A server does not end by itself: that it answers is another test's matter.
                if line.contains(" serve") {
                    let help = kofu().args(["serve", "--help"]).output().unwrap();
                    assert!(help.status.success());
                    continue;
                }
                let output = Command::new("bash")
                    .args(["-o", "pipefail", "-c", &line])
                    .current_dir(folder.path())
                    .env("PATH", &path)
                    .env_remove("KOFU_DATA")
                    .env_remove("LANG")
                    .output()
                    .unwrap();
                assert!(
                    output.status.success(),
                    "{command}\n{}\n{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                );
            }
        }
    }
}

#[test]
fn every_command_explains_itself() {
    for args in [
        "demo",
        "read",
        "assess",
        "programmes",
        "facilities",
        "facilities import",
        "accounts",
        "accounts add",
        "accounts list",
        "accounts reset",
        "accounts close",
        "accounts invite",
        "claims",
        "claims import",
        "claims show",
        "claims decide",
        "work",
        "batch",
        "batch prepare",
        "batch release",
        "batch cancel",
        "batch export",
        "notices",
        "log",
        "log export",
        "log verify",
        "log replay",
        "log erase",
        "serve",
        "check",
    ] {
        let output = kofu().args(args.split(' ')).arg("--help").output().unwrap();
        assert!(output.status.success(), "{args}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Usage: kofu"), "{args}");
    }
}
