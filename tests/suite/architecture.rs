//! The shape of the house, held by tests: who may know whom, and what may lie at the top level.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use tests::root;

/// Who may know whom (crates/README.md). `claim` knows nobody; nothing but `bench` may know `pipeline`, and nothing `bench`.
const MAY_KNOW: [(&str, &[&str]); 13] = [
    ("claim", &[]),
    ("rules", &["claim"]),
    ("ingest", &["claim"]),
    ("reporting", &["claim"]),
    ("decision-log", &["claim"]),
    ("store", &["claim"]),
    ("office", &["claim", "rules", "ingest", "reporting", "decision-log", "store"]),
    ("web", &["claim", "rules", "decision-log", "store", "office"]),
    ("pipeline", &["claim", "rules", "ingest", "reporting", "decision-log", "store", "office", "web"]),
    ("papers", &[]),
    ("xtask", &["claim", "papers"]),
    ("tests", &["claim", "rules", "store", "ingest", "office", "reporting", "decision-log"]),
    (
        "bench",
        &[
            "claim",
            "rules",
            "ingest",
            "reporting",
            "decision-log",
            "store",
            "office",
            "web",
            "pipeline",
            "papers",
            "tests",
        ],
    ),
];

#[test]
fn no_room_knows_a_room_that_it_must_not_know() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = MAY_KNOW.into_iter().collect();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "a crate was added or removed: say here whom it may know");
    for package in &metadata.packages {
        for dependency in package.dependencies.iter().filter(|d| ours.contains(d.name.as_str())) {
            // `tests` is for tests alone; there every kind of dependency counts.
            let counts = dependency.kind != DependencyKind::Development || package.name.as_str() == "tests";
            assert!(
                !counts || allowed[package.name.as_str()].contains(&dependency.name.as_str()),
                "{} must not know {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn the_pure_rooms_have_no_library_that_does_io() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let outside = ["tokio", "sqlx", "object_store", "getrandom", "rand", "axum", "tracing", "anyhow"];
    for package in metadata.packages.iter().filter(|package| matches!(package.name.as_str(), "claim" | "rules")) {
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            assert!(!outside.contains(&dependency.name.as_str()), "{} must not know {}", package.name, dependency.name);
        }
    }
    // The bans on clock, files and network stand in each pure crate, because a nested file replaces the one above it.
    let bans = |room: &str| std::fs::read_to_string(root().join("crates").join(room).join("clippy.toml")).unwrap();
    assert_eq!(bans("claim"), bans("rules"));
    assert!(bans("claim").contains("jiff::Timestamp::now"));
}

#[test]
fn only_the_store_has_sql() {
    let files = tracked();
    for file in files.iter().filter(|file| file.starts_with("crates/") && file.ends_with("Cargo.toml")) {
        let manifest = std::fs::read_to_string(root().join(file)).unwrap();
        assert!(!manifest.contains("sqlx") || file.starts_with("crates/store/"), "{file} knows sqlx");
    }
}

#[test]
fn the_top_level_holds_what_was_agreed_and_no_more() {
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "crates",
        "migrations",
        "samples",
        "tests",
        "deploy",
    ];
    for file in tracked() {
        let top = file.split('/').next().unwrap().to_owned();
        assert!(top.starts_with('.') || agreed.contains(&top.as_str()), "{top} lies at the top level");
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for file in tracked().into_iter().filter(|file| file.ends_with(".rs")) {
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        assert!(text.starts_with("//!"), "{file} does not begin with what it is for");
    }
}

#[test]
fn both_databases_have_the_same_migrations_by_name() {
    let names = |side: &str| -> BTreeSet<String> {
        std::fs::read_dir(root().join("migrations").join(side))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

/// The files that are under version control, or would be.
pub(crate) fn tracked() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .expect("git is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .split('\0')
        .filter(|file| !file.is_empty() && root().join(file).exists())
        .map(str::to_owned)
        .collect()
}
