//! Rules as drafts, as a fund's staff try them: checked, simulated on all stored claims, proposed, agreed to by two
//! people. Nothing that was decided changes.

use std::path::{Path, PathBuf};
use tests::{Printed, kofu, root, run};

/// A folder with a draft of home-consent: the ceilings of clinics and pharmacies lowered to `ceiling`.
fn draft(folder: &Path, ceiling: &str) -> PathBuf {
    let to = folder.join("draft/home-consent");
    std::fs::create_dir_all(&to).unwrap();
    for file in ["programme.toml", "changes.toml", "cases.toml"] {
        let text = std::fs::read_to_string(root().join("crates/rules/programmes/home-consent").join(file)).unwrap();
        std::fs::write(to.join(file), text.replace("= 128_000", &format!("= {ceiling}"))).unwrap();
    }
    folder.join("draft")
}

struct Fund {
    folder: tempfile::TempDir,
}

impl Fund {
    fn new() -> Fund {
        let fund = Fund { folder: tempfile::tempdir().unwrap() };
        fund.kofu(&["facilities", "import", "samples/facilities.csv"]).expect_code(0);
        fund.kofu(&[
            "claims",
            "import",
            "samples/clinic-over-ceilings",
            "samples/hospital",
            "samples/facility-unknown",
        ])
        .expect_code(0);
        fund.kofu(&["work", "--drain"]).expect_code(0);
        fund
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn kofu(&self, args: &[&str]) -> Printed {
        kofu().args(args).arg("--data").arg(self.data()).args(["--lang", "en"]).output().unwrap().into()
    }
}

#[test]
fn a_draft_is_tried_on_all_stored_claims_and_changes_none_of_them() {
    let fund = Fund::new();
    let draft = draft(fund.folder.path(), "120_000");
    let before = fund.kofu(&["claims", "list", "--json"]).expect_code(0).out;
    let out = fund.folder.path().join("simulation");
    let simulate = |further: &[&str]| {
        let mut args = vec!["simulate", "--programmes", draft.to_str().unwrap()];
        args.extend(further);
        fund.kofu(&args)
    };
    let groups = simulate(&["--out", out.to_str().unwrap(), "--json"]).expect_code(0).json_lines();
    let of = |kind: &str| groups.iter().find(|group| group["kind"] == kind).unwrap();
    let (clinic, hospital) = (of("clinic"), of("hospital"));
    assert_eq!((&clinic["claims"], &clinic["changed"]), (&1.into(), &1.into()), "{clinic}");
    assert_eq!((&clinic["before_yen"], &clinic["after_yen"]), (&128_000.into(), &120_000.into()), "{clinic}");
    assert_eq!(clinic["difference_yen"], -8_000);
    assert_eq!((&hospital["changed"], &hospital["difference_yen"]), (&0.into(), &0.into()), "{hospital}");

    let csv = std::fs::read_to_string(out.join("simulation.csv")).unwrap();
    assert!(csv.starts_with("claim_id,programme,kind,outcome_before,outcome_after,grant_before_yen,"), "{csv}");
    assert_eq!(csv.lines().count(), 3, "two claims with facts: {csv}");
    assert!(
        csv.contains(",home-consent,clinic,approve,approve,128000,120000,-8000,,,claimed-amount-differs,"),
        "{csv}"
    );
    let chart = std::fs::read_to_string(out.join("simulation.svg")).unwrap();
    assert!(chart.contains("<title>") && chart.contains("−8,000（1／1）"), "{chart}");
    let workbook = std::fs::read(out.join("simulation.xlsx")).unwrap();
    assert!(workbook.starts_with(b"PK"));

    let said = simulate(&[]).expect_code(0);
    assert!(said.err.contains("not worked out: 1 claims without facts"), "{}", said.err);
    let later = simulate(&["--since", "2026-01-01", "--json"]).expect_code(0);
    assert!(later.json_lines().iter().all(|group| group["kind"] != "clinic"), "{}", later.out);
    assert_eq!(fund.kofu(&["claims", "list", "--json"]).expect_code(0).out, before);
}

#[test]
fn rules_hold_only_when_two_people_have_agreed_and_both_are_in_the_log() {
    let fund = Fund::new();
    let draft = draft(fund.folder.path(), "127_500");
    let folder = draft.to_str().unwrap();
    let past = fund.kofu(&["programmes", "propose", "--programmes", folder, "--from", "2026-01-01", "--by", "a"]);
    assert_eq!(past.code, 1);
    assert!(past.err.contains("expected a day after today"), "{}", past.err);
    fund.kofu(&["programmes", "propose", "--programmes", folder, "--from", "2099-04-01", "--by", "a"]).expect_code(0);
    let twice = fund.kofu(&["programmes", "propose", "--programmes", folder, "--from", "2099-04-01", "--by", "a"]);
    assert!(twice.code == 1 && twice.err.contains("have been proposed already"), "{}", twice.err);

    fund.kofu(&["programmes", "agree", "last", "--by", "a"]).expect_code(0);
    let again = fund.kofu(&["programmes", "agree", "last", "--by", "a"]);
    assert!(again.code == 1 && again.err.contains("another person has to"), "{}", again.err);
    let unknown = fund.kofu(&["programmes", "agree", "sha256:0", "--by", "b"]);
    assert!(unknown.code == 1 && unknown.err.contains("found no proposed rules"), "{}", unknown.err);
    fund.kofu(&["programmes", "agree", "last", "--by", "b"]).expect_code(0);
    let drafts = fund.kofu(&["programmes", "drafts", "--json"]).expect_code(0).json_lines();
    assert_eq!(drafts[0]["agreed_by"], serde_json::json!(["staff:a", "staff:b"]));
    assert_eq!(drafts[0]["in_force"], false, "its day has not come");
    let on_the_day = fund.kofu(&["programmes", "home-consent", "--on", "2099-04-01", "--json"]).expect_code(0);
    assert!(on_the_day.json_lines().iter().any(|v| v["item"] == "grant_ceiling" && v["value"] == 127_500));
    let today = fund.kofu(&["programmes", "home-consent", "--json"]).expect_code(0);
    assert!(today.json_lines().iter().any(|v| v["item"] == "grant_ceiling" && v["value"] == 128_000));

    let export = fund.folder.path().join("export");
    fund.kofu(&["log", "export", "--out", export.to_str().unwrap()]).expect_code(0);
    let log = std::fs::read_to_string(export.join("decision-log.jsonl")).unwrap();
    assert_eq!(log.matches("ruleset-proposed").count(), 1);
    assert_eq!(log.matches("ruleset-agreed").count(), 2);
    fund.kofu(&["log", "replay"]).expect_code(0);
    fund.kofu(&["check"]).expect_code(0);
}

#[test]
fn programmes_are_checked_before_anybody_relies_on_them() {
    let folder = tempfile::tempdir().unwrap();
    let good = run(&["programmes", "check", "--lang", "en"]).expect_code(0);
    assert!(good.out.contains("found nothing wrong in 6 programmes"), "{}", good.out);
    let low = draft(folder.path(), "120_000");
    let remarked = run(&["programmes", "check", "--programmes", low.to_str().unwrap(), "--json", "--lang", "en"]);
    assert_eq!(remarked.code, 1);
    let remarks = remarked.json_lines();
    assert_eq!((&remarks[0]["item"], &remarks[0]["kind"]), (&"grant_ceiling".into(), &"clinic".into()), "{remarks:?}");

    // A fund's own programme is assessed like the carried ones.
    let facts = std::fs::read_to_string(low.join("home-consent/cases.toml")).unwrap();
    let line = facts.split('\'').nth(1).unwrap();
    let input = folder.path().join("facts.jsonl");
    std::fs::write(&input, format!("{line}\n")).unwrap();
    let assess = ["assess", input.to_str().unwrap()];
    assert_eq!(run(&assess).expect_code(0).json_lines()[0]["grant_yen"], 128_000);
    let with_own = [&assess[..], &["--programmes", low.to_str().unwrap()]].concat();
    assert_eq!(run(&with_own).expect_code(0).json_lines()[0]["grant_yen"], 120_000);

    // A worked case that comes out differently: refused, with the case and both results.
    let cases = low.join("home-consent/cases.toml");
    std::fs::write(&cases, facts.replace("= 120_000", "= 119_999")).unwrap();
    let refused = run(&["programmes", "check", "--programmes", low.to_str().unwrap(), "--lang", "en"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("found approve, 120,000 yen") && refused.err.contains("119,999"), "{}", refused.err);

    let changes = run(&["programmes", "changes", "home-visit", "--json"]).expect_code(0).json_lines();
    assert_eq!(changes[1]["from"], "2025-05-12");
}
