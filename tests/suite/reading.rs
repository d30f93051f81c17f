//! `kofu read` through its door: every format of the samples, and bad files beside good ones.

use super::office::pipe;
use tests::{root, run};

/// The documents that a sample's `claim.toml` names: (kind, path).
fn documents(story: &std::path::Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(story.join("claim.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table
        .get("documents")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .map(|document| {
            let text = |key: &str| document[key].as_str().unwrap().to_owned();
            (text("kind"), story.join(text("file")).to_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn a_born_digital_receipt_is_read_with_places_and_confidence() {
    let story = root().join("samples/clinic-over-ceilings");
    for (kind, path) in documents(&story) {
        let readings = run(&["read", &path, "--json"]).expect_code(0).json_lines();
        let reading = &readings[0];
        assert_eq!(reading["kind"], kind.as_str(), "told from the contents: {reading:#}");
        assert_eq!(reading["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(reading["problems"].as_array().unwrap().len(), 0);
        if kind == "receipt" {
            assert_eq!(reading["media_type"], "application/pdf");
            assert_eq!(reading["method"], "text");
            let total = &reading["receipt"]["total_yen"];
            assert!(total["value"].as_i64().unwrap() > 0);
            assert!(total["confidence"].as_f64().unwrap() >= 0.95);
            assert_eq!(total["page"], 1);
            assert_eq!(total["box"].as_array().unwrap().len(), 4);
            for field in ["issued_on", "payee", "issuer", "registration_number", "proviso"] {
                assert!(reading["receipt"][field]["value"].is_string(), "{field}: {reading:#}");
            }
        } else {
            let lines = reading["itemization"]["lines"].as_array().unwrap();
            assert!(!lines.is_empty());
            for line in lines {
                assert!(line["description"].is_string() && line["amount_yen"].is_i64() && line["cell"].is_string());
            }
        }
    }
}

#[test]
fn every_format_gives_its_method_and_the_declared_kind_is_taken() {
    for (story, kind, method) in
        [("scanned-pdf", "receipt", "ocr"), ("phone-photo", "receipt", "ocr"), ("cp932-csv", "itemization", "sheet")]
    {
        let all = documents(&root().join("samples").join(story));
        let (_, path) = all.iter().find(|(declared, _)| declared == kind).unwrap();
        let readings = run(&["read", path, "--as", kind, "--json"]).expect_code(0).json_lines();
        assert_eq!(readings[0]["method"], method, "{story}");
        assert!(readings[0][kind].is_object(), "{story}: {}", readings[0]);
        let total = &readings[0][kind]["total_yen"]["value"];
        assert!(total.as_i64().is_some_and(|yen| yen > 0), "{story}: {}", readings[0]);
    }
}

#[test]
fn files_that_cannot_be_read_get_their_problem_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let piped = folder.path().join("pipe.pdf");
    pipe(&piped);
    let good = documents(&root().join("samples/clinic-over-ceilings"));
    let pdf = std::fs::read(&good[0].1).unwrap();
    let cases = [
        (write("empty.pdf", b""), "empty"),
        (write("cut.pdf", &pdf[..pdf.len() / 3]), "damaged"),
        (write("program.pdf", b"\x7fELF\x02\x01\x01 not a document \x00\x00"), "unsupported"),
        (write("big.pdf", &vec![b' '; 21 * 1024 * 1024]), "too-large"),
        (folder.path().join("nowhere.pdf").to_str().unwrap().to_owned(), "not-found"),
        // A pipe that nobody writes to is not waited for.
        (piped.to_str().unwrap().to_owned(), "not-found"),
        // Any text can be taken for cells; a letter is no table.
        (write("letter.txt", "拝啓 時下ますますご清栄のこととお慶び申し上げます。\n".as_bytes()), "nothing-found"),
    ];
    let mut args = vec!["read", "--json", "--lang", "en"];
    args.extend(cases.iter().map(|(path, _)| path.as_str()));
    args.push(&good[0].1);
    let readings = run(&args).expect_code(1).json_lines();
    assert_eq!(readings.len(), cases.len() + 1);
    for ((path, code), reading) in cases.iter().zip(&readings) {
        let problem = &reading["problems"][0];
        assert_eq!(problem["code"], *code, "{path}: {reading:#}");
        assert!(!problem["message"].as_str().unwrap().is_empty());
        assert!(problem["place"]["file"].is_string(), "{reading:#}");
        // What was not opened has no bytes, and so no hash: not that of nothing.
        let opened = !["too-large", "not-found"].contains(code);
        assert_eq!(reading["sha256"].is_string(), opened, "{reading:#}");
        assert_eq!(run(&["read", path]).code, 1, "{path}");
    }
    assert!(readings.last().unwrap()["receipt"]["total_yen"]["value"].is_i64());
}

#[test]
fn a_damaged_file_does_not_take_the_other_file_of_its_claim_with_it() {
    let all = documents(&root().join("samples/damaged-file"));
    let mut args = vec!["read", "--json"];
    args.extend(all.iter().map(|(_, path)| path.as_str()));
    let readings = run(&args).expect_code(1).json_lines();
    let damaged = readings.iter().filter(|r| r["problems"][0]["code"] == "damaged").count();
    assert_eq!(damaged, 1);
    assert!(readings.iter().any(|r| r["itemization"]["lines"].as_array().is_some_and(|lines| !lines.is_empty())));
}
