//! The decision log as an auditor meets it: exports whole and in part, `kofu-audit`, personal data and its erasure, and a
//! store that somebody has changed behind kofu's back.

use super::office::Office;
use std::path::Path;
use std::sync::OnceLock;
use tests::{Printed, kofu_audit, run};

fn audit(args: &[&str]) -> Printed {
    kofu_audit().args(args).output().unwrap().into()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// One office for the tests that only look: a claim by a decided reason with a name in it, one that was paid out.
fn office() -> &'static Office {
    static OFFICE: OnceLock<Office> = OnceLock::new();
    OFFICE.get_or_init(|| {
        let office = Office::with(&["payee-differs", "clinic-over-ceilings", "limited-type-at-ceiling"]);
        decide(&office);
        office.confirm_accounts();
        office.kofu(&["batch", "prepare", "--by", "officer-b"]).expect_code(0);
        office
    })
}

const REASON: &str = "山田太郎様に電話で確認しました。";

fn decide(office: &Office) -> String {
    let id = office.claims("in-review").remove(0);
    let args = ["claims", "decide", &id, "approve", "--by", "officer-a", "--reason", REASON];
    office.kofu(&args).expect_code(0);
    office.kofu(&["work", "--drain"]).expect_code(0);
    id
}

#[test]
fn an_auditor_verifies_an_export_alone_and_is_told_what_was_proved() {
    let out = office().path("whole");
    let listed = office().kofu(&["log", "export", "--out", text(&out), "--csv", "--xlsx"]).expect_code(0);
    let names: Vec<_> = listed.out.lines().map(|line| Path::new(line).file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        ["checkpoint", "decision-log.csv", "decision-log.jsonl", "decision-log.xlsx", "key.pub", "manifest", "tile"]
    );
    let japanese = audit(&[text(&out)]).expect_code(0).out;
    for said in ["すべて一致しています", "署名者は確かめていません", "--earlier"] {
        assert!(japanese.contains(said), "{said}: {japanese}");
    }
    let (key, checkpoint) = (out.join("key.pub"), out.join("checkpoint"));
    let args = [text(&out), "--key", text(&key), "--earlier", text(&checkpoint), "--lang", "en"];
    let english = audit(&args).expect_code(0).out;
    for said in ["all agree", "The given key signed them", "were not written anew"] {
        assert!(english.contains(said), "{said}: {english}");
    }
    let json = audit(&[&args[..], &["--json"]].concat()).expect_code(0).json_lines();
    assert_eq!((json.len(), &json[0]["verified"]), (1, &true.into()));
    assert_eq!(json[0]["size"], json[0]["earlier_size"]);

    // The lists for reading have every entry; nobody's words are in them.
    let csv = std::fs::read_to_string(out.join("decision-log.csv")).unwrap();
    let entries = std::fs::read_to_string(out.join("decision-log.jsonl")).unwrap();
    assert_eq!(csv.lines().count(), entries.lines().count() + 1);
    assert!(csv.contains("支払バッチの準備") || csv.contains("batch-prepared"), "{csv}");
    for file in [&csv, &entries] {
        assert!(!file.contains("山田太郎") && file.contains("committed:"));
    }
    let help = audit(&["--help"]).expect_code(0).out;
    assert!(help.contains("--earlier") && help.contains("検証できない"), "{help}");
}

#[test]
fn what_was_changed_in_an_export_is_named_and_what_cannot_be_read_is_another_code() {
    let out = office().path("changed");
    office().kofu(&["log", "export", "--out", text(&out), "--csv"]).expect_code(0);
    let log = out.join("decision-log.jsonl");
    let honest = std::fs::read_to_string(&log).unwrap();
    let line = honest.lines().position(|line| line.contains("\"batch-prepared\"")).unwrap();
    let forged = honest.replace("\"total_yen\":", "\"total_yen\":9");
    assert_ne!(forged, honest);
    std::fs::write(&log, forged).unwrap();
    let said = audit(&[text(&out)]).expect_code(1).out;
    assert!(said.contains(&format!("{}行目: 記録 {line} の内容が変更されています", line + 1)), "{said}");
    let json = audit(&[text(&out), "--json", "--lang", "en"]).expect_code(1).json_lines();
    assert_eq!((&json[0]["code"], &json[0]["entry"]), (&"payload".into(), &line.into()));
    assert_eq!(json.last().unwrap()["verified"], false);
    // `kofu log verify` is the same door.
    let verified = run(&["log", "verify", text(&out), "--lang", "en"]).expect_code(1);
    assert!(verified.err.contains(&format!("entry {line} was changed")), "{}", verified.err);
    let json = run(&["log", "verify", text(&out), "--json", "--lang", "en"]).expect_code(1).json_lines();
    assert_eq!(json[0]["entry"], line);
    std::fs::write(&log, honest).unwrap();

    let csv = out.join("decision-log.csv");
    std::fs::write(&csv, std::fs::read_to_string(&csv).unwrap().replace("staff:officer-b", "staff:officer-c")).unwrap();
    let said = audit(&[text(&out), "--lang", "en"]).expect_code(1).out;
    assert!(said.contains("decision-log.csv was changed"), "{said}");

    for args in
        [&[text(&out.join("nowhere"))][..], &[text(&out), "--key", "/nowhere"], &[], &[text(&out), "--unheard-of"]]
    {
        let refused = audit(args).expect_code(2);
        assert!(!refused.err.is_empty() || !refused.out.is_empty());
    }
}

#[test]
fn a_selection_has_what_was_asked_for_and_a_proof_for_each() {
    let office = office();
    let export = |name: &str, args: &[&str]| {
        let out = office.path(name);
        office.kofu(&[&["log", "export", "--out", text(&out)], args].concat()).expect_code(0);
        let json = audit(&[text(&out), "--json"]).expect_code(0).json_lines().remove(0);
        let lines = std::fs::read_to_string(out.join("selected.jsonl")).unwrap();
        assert_eq!(json["selection"]["entries"], lines.lines().count());
        let of = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["payload"].clone();
        lines.lines().map(of).collect::<Vec<_>>()
    };
    let kinds = |entries: &[serde_json::Value]| -> Vec<String> {
        entries.iter().map(|entry| entry["event"]["type"].as_str().unwrap().to_owned()).collect()
    };
    let limited = export("programme", &["--programme", "limited-type"]);
    let kinds_of_limited = kinds(&limited);
    for kind in ["claim-submitted", "claim-read", "claim-assessed", "claim-decided", "notice-issued", "batch-prepared"]
    {
        assert!(kinds_of_limited.iter().any(|one| one == kind), "{kind}: {kinds_of_limited:?}");
    }
    assert!(!kinds_of_limited.iter().any(|kind| kind == "facility-register-changed"));
    let programmes: Vec<_> = limited.iter().filter_map(|entry| entry["event"]["programme"].as_str()).collect();
    assert_eq!(programmes, ["limited-type"]);

    let facility = limited.iter().find_map(|entry| entry["event"]["facility"].as_str()).unwrap();
    let of_facility = export("facility", &["--facility", facility]);
    // That somebody looked at its account is of the facility and of no programme.
    let of_claim: Vec<String> =
        kinds(&of_facility).into_iter().filter(|kind| kind != "facility-account-looked").collect();
    assert_eq!(of_claim, kinds_of_limited, "the programme has one claim, of this facility");
    assert!(export("both", &["--facility", facility, "--programme", "home-consent"]).is_empty());

    let today = export("today", &["--from", "2020-01-01", "--until", "2099-12-31"]);
    assert!(kinds(&today).contains(&"facility-register-changed".to_owned()));
    assert!(export("past", &["--until", "2020-01-01"]).is_empty());

    // A checkpoint that the auditor has kept, proved for the selection too.
    let whole = office.path("kept");
    office.kofu(&["log", "export", "--out", text(&whole)]).expect_code(0);
    let (kept, out) = (whole.join("checkpoint"), office.path("from-kept"));
    let args = ["log", "export", "--out", text(&out), "--facility", facility, "--earlier", text(&kept)];
    office.kofu(&args).expect_code(0);
    audit(&[text(&out), "--earlier", text(&kept)]).expect_code(0);
    let refused = office.kofu(&["log", "export", "--out", text(&out), "--facility", "123"]).expect_code(2);
    assert!(refused.err.contains("--facility"), "{}", refused.err);
}

#[test]
fn personal_data_leaves_only_when_asked_for_and_can_be_erased_without_breaking_a_proof() {
    let office = Office::with(&["payee-differs", "clinic-over-ceilings"]);
    let id = decide(&office);
    let (before, after) = (office.path("before"), office.path("after"));
    let export = |out: &Path| {
        office.kofu(&["log", "export", "--out", text(out), "--csv", "--personal-data"]).expect_code(0);
        audit(&[text(out)]).expect_code(0);
        (
            std::fs::read_to_string(out.join("personal.jsonl")),
            std::fs::read_to_string(out.join("decision-log.csv")).unwrap(),
        )
    };
    let (personal, csv) = export(&before);
    let personal = personal.unwrap();
    assert!(personal.contains("山田太郎") && csv.contains("山田太郎"));
    let forged = personal.replace("山田太郎", "山田次郎");
    std::fs::write(before.join("personal.jsonl"), forged).unwrap();
    let said = audit(&[text(&before), "--lang", "en"]).expect_code(1).out;
    assert!(said.contains("of personal.jsonl: not what the entry commits to"), "{said}");
    std::fs::write(before.join("personal.jsonl"), &personal).unwrap();

    office.kofu(&["log", "erase", "--claim", &id, "--by", "officer-d"]).expect_code(0);
    let again = office.kofu(&["log", "erase", "--claim", &id, "--by", "officer-d"]).expect_code(1);
    assert!(again.err.contains("no personal data"), "{}", again.err);
    office.kofu(&["log", "erase", "--claim", "NOBODY", "--by", "officer-d"]).expect_code(1);
    // Nothing of it is left in the file, not even between its pages: the words of the register and of documents are
    // elsewhere, the reason was in the log and in the decision alone.
    let (personal, csv) = export(&after);
    assert!(!csv.contains("山田太郎") && csv.contains("personal-data-erased"), "{csv}");
    assert!(personal.is_err() || !personal.unwrap().contains("山田太郎"));
    // What was exported before still goes with what is exported now.
    let kept = before.join("checkpoint");
    audit(&[text(&after), "--earlier", text(&kept)]).expect_code(0);
    let replayed = office.kofu(&["log", "replay"]).expect_code(0).out;
    assert!(replayed.contains("2 the same, 0 different") && replayed.contains("erased in 2 entries"), "{replayed}");
    office.kofu(&["check"]).expect_code(0);
    office.kofu(&["log", "verify"]).expect_code(0);
}

/// Somebody with a hex editor: SQLite has no checksums, and no trigger runs.
#[test]
fn an_entry_changed_in_the_database_file_is_named_and_not_exported() {
    let office = Office::with(&["clinic-over-ceilings"]);
    let database = office.data().join("kofu.sqlite");
    let mut bytes = std::fs::read(&database).unwrap();
    let entry = b"\"event\":{\"type\":\"claim-decided\"";
    let places: Vec<usize> = (0..bytes.len() - entry.len()).filter(|at| bytes[*at..].starts_with(entry)).collect();
    assert!(!places.is_empty(), "the write-ahead log has been written back");
    for at in places {
        let yen = bytes[at..].windows(11).position(|part| part == b"grant_yen\":").unwrap();
        bytes[at + yen + 11] = b'9';
    }
    std::fs::write(&database, bytes).unwrap();
    let log = office.path("log");
    let verified = office.kofu(&["log", "verify"]).expect_code(1);
    let exported = office.kofu(&["log", "export", "--out", text(&log)]).expect_code(1);
    for refused in [verified, exported] {
        let place = refused.err.find("entry ").map(|at| &refused.err[at..]).unwrap_or_default();
        assert!(place.contains("is not what it was when it was logged"), "{}", refused.err);
    }
    assert!(!log.join("manifest").exists(), "nothing leaves with a signature");
    let check = office.kofu(&["check"]).expect_code(1);
    assert!(check.out.contains("log-checkpoint") || check.err.contains("log-checkpoint"), "{check:?}");
}

/// Several nodes at once: every one appends and seals, and what comes out is one log with one tree.
#[test]
fn nodes_that_seal_at_the_same_time_make_one_tree() {
    let office = Office::with_register();
    let samples = ["clinic-over-ceilings", "limited-type-at-ceiling", "pharmacy-below-ceilings", "hospital"];
    std::thread::scope(|scope| {
        for sample in samples {
            let office = &office;
            scope.spawn(move || office.import(&[sample]));
        }
    });
    let verified = office.kofu(&["log", "verify"]).expect_code(0).out;
    assert!(verified.contains("5 entries verified; all agree"), "{verified}");
}
