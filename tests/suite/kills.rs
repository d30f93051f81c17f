//! `kill -9` at any moment, then start again: nothing that was accepted is lost, nothing is done twice.
//!
//! The moments are random (the seed is printed; `KOFU_TEST_SEED` sets it). What is checked at the end does not depend on
//! them: every accepted claim is there, every stage of each claim stands in the log once, and every sample comes out as
//! it does without kills.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tests::{Printed, kofu, root};

struct Installation {
    folder: tempfile::TempDir,
    database_url: Option<String>,
}

impl Installation {
    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = kofu();
        command.args(args).arg("--data").arg(self.folder.path().join("data"));
        command.arg("--config").arg(self.folder.path().join("kofu.toml")).args(["--lang", "en"]);
        if let Some(url) = &self.database_url {
            command.env("KOFU_DATABASE_URL", url);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Printed {
        self.command(args).output().unwrap().into()
    }

    /// Starts `kofu`, kills it after `after`, and returns what it had printed.
    fn run_and_kill(&self, args: &[&str], after: Duration) -> String {
        let mut child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(after);
        // SIGKILL; a process that has ended by itself is fine too.
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Small bundles without a receipt: read, assessed and returned with a notice, all in tenths of a second.
fn small_bundles(folder: &Path, count: usize) -> Vec<PathBuf> {
    (0..count)
        .map(|i| {
            let path = folder.join(format!("small-{i:03}"));
            std::fs::create_dir_all(&path).unwrap();
            let csv = format!("項目,金額\nタブレット端末 {i}号機,{}\n合計,{}\n", 30_000 + i, 30_000 + i);
            std::fs::write(path.join("内訳書.csv"), csv).unwrap();
            let facility = facility_code();
            let description = format!(
                "programme = \"home-consent\"\nfacility = \"{facility}\"\nsubmitted_at = \"2025-12-20T10:15:{:02}+09:00\"\n\
                 [[documents]]\nkind = \"itemization\"\nfile = \"内訳書.csv\"\n",
                i % 60
            );
            std::fs::write(path.join("claim.toml"), description).unwrap();
            path
        })
        .collect()
}

fn facility_code() -> String {
    let text = std::fs::read_to_string(root().join("samples/clinic-over-ceilings/claim.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table["facility"].as_str().unwrap().to_owned()
}

fn stories() -> Vec<PathBuf> {
    let mut stories: Vec<PathBuf> = std::fs::read_dir(root().join("samples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("claim.toml").is_file())
        .collect();
    stories.sort();
    stories
}

fn survive(database_url: Option<String>, kills: u32, small: usize) {
    let seed = std::env::var("KOFU_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_120);
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let installation = Installation { folder: tempfile::tempdir().unwrap(), database_url };
    // Short leases so that killed work is soon taken up; attempts without end, since killing is no fault of a job.
    std::fs::write(installation.folder.path().join("kofu.toml"), "[work]\nlease_ms = 1500\nattempts_max = 1000000\n")
        .unwrap();
    let register = root().join("samples/facilities.csv");
    installation.run(&["facilities", "import", register.to_str().unwrap()]).expect_code(0);
    let mut bundles = small_bundles(installation.folder.path(), small);
    bundles.extend(stories());
    let mut accepted = BTreeSet::new();
    for _ in 0..kills {
        let after = Duration::from_millis(random.random_range(1..400));
        if random.random_range(0..4) == 0 {
            let first = random.random_range(0..bundles.len());
            let mut args = vec!["claims", "import"];
            args.extend(bundles[first..].iter().take(8).map(|path| path.to_str().unwrap()));
            let printed = installation.run_and_kill(&args, after);
            // A line that was cut off by the kill promises nothing.
            let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
            for line in whole.lines().filter(|line| line.contains("  accepted  ")) {
                accepted.insert(line.split_whitespace().next().unwrap().to_owned());
            }
        } else {
            installation.run_and_kill(&["work", "--drain"], after);
        }
    }
    let listed = |installation: &Installation| -> Vec<serde_json::Value> {
        installation.run(&["claims", "list", "--json"]).expect_code(0).json_lines()
    };
    let there: BTreeSet<String> =
        listed(&installation).iter().map(|claim| claim["claim_id"].as_str().unwrap().to_owned()).collect();
    assert!(accepted.is_subset(&there), "accepted, then lost: {:?}", accepted.difference(&there));

    // Now without kills: the rest is taken, and all work is finished.
    let mut args = vec!["claims", "import"];
    args.extend(bundles.iter().map(|path| path.to_str().unwrap()));
    installation.run(&args).expect_code(0);
    installation.run(&["work", "--drain"]).expect_code(0);
    let claims = listed(&installation);
    assert_eq!(claims.len(), bundles.len());
    for claim in &claims {
        let state = claim["state"].as_str().unwrap();
        assert!(matches!(state, "approved" | "returned" | "rejected" | "in-review"), "{claim}");
    }
    // Every stage of every claim once in the log, every document and sum as it was.
    let checked = installation.run(&["check", "--json"]);
    assert_eq!(checked.code, 0, "{}\n{}", checked.out, checked.err);
    let export = installation.folder.path().join("export");
    installation.run(&["log", "export", "--out", export.to_str().unwrap()]).expect_code(0);
    installation.run(&["log", "verify", export.to_str().unwrap()]).expect_code(0);
    for claim in claims.iter().filter(|claim| claim["state"] == "returned") {
        let out = installation.folder.path().join("notices").join(claim["claim_id"].as_str().unwrap());
        let printed = installation
            .run(&["notices", "--claim", claim["claim_id"].as_str().unwrap(), "--out", out.to_str().unwrap()])
            .expect_code(0);
        assert_eq!(printed.out.lines().count(), 1, "one notice a decision: {}", printed.out);
    }
}

#[test]
fn two_hundred_kills_lose_nothing_and_do_nothing_twice_on_sqlite() {
    survive(None, 200, 40);
}

#[test]
fn kills_lose_nothing_and_do_nothing_twice_on_postgresql() {
    let postgres = store::testing::Postgres::start().expect("PostgreSQL starts");
    let url = postgres.fresh_database_url().unwrap();
    survive(Some(url), 40, 20);
}
