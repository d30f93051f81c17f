//! The demo, as a newcomer runs it: every sample comes out as its folder says, the files are those a bank, a facility and
//! an auditor can use, and a second run changes nothing. On SQLite and on PostgreSQL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::{Printed, kofu, root, run};

fn demo(data: &Path, database_url: Option<&str>, json: bool) -> Printed {
    let mut command = kofu();
    command.arg("demo").arg("--data").arg(data);
    if json {
        command.arg("--json");
    }
    if let Some(url) = database_url {
        command.env("KOFU_DATABASE_URL", url);
    }
    command.output().unwrap().into()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path, bytes);
            }
        }
    }
    found
}

fn stories() -> usize {
    std::fs::read_dir(root().join("samples"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().join("claim.toml").is_file())
        .count()
}

fn one_file<'a>(files: &'a BTreeMap<PathBuf, Vec<u8>>, end: &str) -> (&'a PathBuf, &'a Vec<u8>) {
    let found: Vec<_> = files.iter().filter(|(path, _)| path.to_string_lossy().ends_with(end)).collect();
    assert_eq!(found.len(), 1, "{end}: {:?}", files.keys());
    found[0]
}

fn pdf_text(path: &Path) -> String {
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(path)
        .arg("-")
        .output()
        .expect("pdftotext is there (Debian package poppler-utils; `cargo xtask setup` installs it)");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_sample_comes_out_as_expected_and_the_files_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let lines = demo(folder.path(), None, true).expect_code(0).json_lines();
    assert!(lines.len() >= 18 && lines.len() == stories(), "{} samples", lines.len());
    for line in &lines {
        assert_eq!(line["as_expected"], true, "{line:#}");
    }
    the_readme_shows(&lines);
    let granted: i64 = lines.iter().map(|line| line["grant_yen"].as_i64().unwrap()).sum();
    let paid = lines.iter().filter(|line| line["grant_yen"].as_i64().unwrap() > 0).count();
    assert!(paid >= 8);

    let out = folder.path().join("out");
    let before = files(&out);
    bank_file(one_file(&before, "総合振込.txt").1, paid, granted);
    notices(&before, &lines);
    let export = out.join("decision-log");
    run(&["log", "verify", export.to_str().unwrap(), "--data", folder.path().to_str().unwrap()]).expect_code(0);
    let data = folder.path().to_str().unwrap();
    run(&["check", "--data", data]).expect_code(0);
    run(&["log", "replay", "--data", data]).expect_code(0);

    let again = demo(folder.path(), None, false).expect_code(0);
    assert!(again.out.contains("新しい処理はありませんでした"), "{}", again.out);
    assert!(files(&out) == before, "the second run changed a file");
    for line in &lines {
        assert!(again.out.contains(line["claim_id"].as_str().unwrap()));
    }
}

/// The rows of the table in the README are rows of the real one.
fn the_readme_shows(lines: &[serde_json::Value]) {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut shown = 0;
    for row in readme.lines() {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let Some(line) = lines.iter().find(|line| line["story"] == cells[0] && cells.len() > 1) else { continue };
        let outcome = match line["outcome"].as_str().unwrap() {
            "approve" => "交付",
            "return" => "差戻し",
            "reject" => "不交付",
            _ => "要確認",
        };
        let why = line["why"][0].as_str().unwrap_or_default();
        let expected =
            [line["facility"].as_str().unwrap(), outcome, &separated(&line["grant_yen"]), why].map(str::to_owned);
        assert_eq!(cells[1..], expected, "README.md, row of {}", cells[0]);
        shown += 1;
    }
    assert!(shown >= 5, "the README shows {shown} rows of the demo's table");
}

/// `411,000`
fn separated(yen: &serde_json::Value) -> String {
    match yen.as_i64().unwrap() {
        yen if yen >= 1000 => format!("{},{:03}", yen / 1000, yen % 1000),
        yen => yen.to_string(),
    }
}

/// The file that the bank gets, by the layout of 全銀協 総合振込: 120 bytes a record, and sums that are right.
fn bank_file(bytes: &[u8], paid: usize, granted: i64) {
    let records: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|r| !r.is_empty()).collect();
    assert_eq!(records.len(), paid + 3);
    for record in &records {
        assert_eq!(record.len(), 121, "120 bytes and the line end");
    }
    let number = |record: &[u8], range: std::ops::Range<usize>| -> i64 {
        std::str::from_utf8(&record[range]).unwrap().parse().unwrap()
    };
    let kinds: Vec<u8> = records.iter().map(|record| record[0]).collect();
    assert_eq!(kinds.first(), Some(&b'1'));
    assert_eq!(&kinds[paid + 1..], b"89");
    let amounts: i64 = records[1..=paid].iter().map(|record| number(record, 80..90)).sum();
    assert_eq!(amounts, granted);
    assert_eq!(number(records[paid + 1], 1..7), i64::try_from(paid).unwrap());
    assert_eq!(number(records[paid + 1], 7..19), granted);
}

fn notices(files: &BTreeMap<PathBuf, Vec<u8>>, lines: &[serde_json::Value]) {
    for line in lines {
        let id = line["claim_id"].as_str().unwrap();
        let of_claim: Vec<&PathBuf> = files
            .keys()
            .filter(|path| path.to_string_lossy().contains(id) && path.extension().is_some_and(|e| e == "pdf"))
            .collect();
        let title = match line["outcome"].as_str().unwrap() {
            "approve" => "交付決定通知書",
            "return" => "差戻し通知書",
            "reject" => "不交付決定通知書",
            // A person still looks at it: nothing is told yet.
            _ => {
                assert!(of_claim.is_empty(), "{of_claim:?}");
                continue;
            }
        };
        assert_eq!(of_claim.len(), 1, "{line:#}");
        let text: String = pdf_text(of_claim[0]).chars().filter(|c| !c.is_whitespace()).collect();
        assert!(text.contains(title), "{line:#}\n{text}");
        assert!(text.contains("令和8年2月10日"), "the day of the demo in 和暦\n{text}");
        let yen = line["grant_yen"].as_i64().unwrap();
        if yen >= 1000 {
            let with_separators = format!("{}円", separated(&line["grant_yen"]));
            assert!(text.contains(&with_separators), "{with_separators}\n{text}");
        }
    }
}

#[test]
fn the_demo_gives_the_same_files_on_postgresql() {
    let postgres = store::testing::Postgres::start().expect("PostgreSQL starts");
    let url = postgres.fresh_database_url().unwrap();
    let (on_postgres, on_sqlite) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lines = demo(on_postgres.path(), Some(&url), true).expect_code(0).json_lines();
    assert_eq!(lines.len(), stories());
    assert_eq!(lines, demo(on_sqlite.path(), None, true).expect_code(0).json_lines());
    let relative = |folder: &Path| -> BTreeMap<PathBuf, Vec<u8>> {
        let out = folder.join("out");
        files(&out).into_iter().map(|(path, bytes)| (path.strip_prefix(&out).unwrap().to_owned(), bytes)).collect()
    };
    let (a, b) = (relative(on_postgres.path()), relative(on_sqlite.path()));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (path, bytes) in &a {
        // The order of log entries depends on which worker was first, and notices name their entry's place.
        if !path.starts_with("decision-log") && !path.starts_with("通知書") {
            assert!(bytes == &b[path], "{} differs", path.display());
        }
    }
    let mut again = kofu();
    again.args(["check", "--data"]).arg(on_postgres.path()).env("KOFU_DATABASE_URL", &url);
    Printed::from(again.output().unwrap()).expect_code(0);
}
