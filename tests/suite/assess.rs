//! `kofu assess` through its door: amounts worked out by hand at every ceiling, deadlines to the second in any offset,
//! and bad lines that never keep the good ones from being answered.

use serde_json::{Value, json};
use tests::{run, run_with_input};

fn facts(id: &str) -> Value {
    json!({
        "claim_id": id,
        "programme": "home-consent",
        "submitted_at": "2025-12-20T10:15:00+09:00",
        "purchased_on": "2025-06-15",
        "facility": {"code": "1310110049", "kind": "clinic", "transitional_measure": null},
        "expenses": [{"category": "mobile_terminal", "amount_yen": 41000}],
        "documents": ["receipt", "itemization"],
        "earlier_grants": [],
        "claimed_yen": null
    })
}

fn limited(id: &str, category: &str, yen: i64) -> Value {
    let mut facts = facts(id);
    facts["programme"] = json!("limited-type");
    facts["submitted_at"] = json!("2025-01-20T10:15:00+09:00");
    facts["purchased_on"] = json!("2024-12-10");
    facts["facility"]["transitional_measure"] = json!({"number": 2, "ended_on": null});
    facts["expenses"] = json!([{"category": category, "amount_yen": yen}]);
    facts
}

fn assess(lines: &[Value]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    run_with_input(&["assess"], &input).expect_code(0).json_lines()
}

#[test]
fn amounts_worked_out_by_hand_come_out_at_every_ceiling_and_one_yen_beside_it() {
    // (kind, mobile terminal, receipt computer) -> grant. Category ceilings 41,000 and 130,000 (hospital 781,000),
    // rate 3/4 (hospital and large chain 1/2), down to whole yen, grant ceilings 128,000 / 411,000 / 85,000.
    let home_consent: [(&str, i64, i64, i64); 33] = [
        // Clinic: the mobile ceiling. 40,999 x 3/4 = 30,749.25; 41,000 x 3/4 = 30,750.
        ("clinic", 40_999, 0, 30_749),
        ("clinic", 41_000, 0, 30_750),
        ("clinic", 41_001, 0, 30_750),
        // The receipt computer ceiling. 129,999 x 3/4 = 97,499.25; 130,000 x 3/4 = 97,500.
        ("clinic", 0, 129_999, 97_499),
        ("clinic", 0, 130_000, 97_500),
        ("clinic", 0, 130_001, 97_500),
        // The grant ceiling: 128,000 x 4/3 = 170,666.67. 41,000 + 129,665 = 170,665 -> 127,998.75;
        // 170,666 -> 127,999.5; 170,667 -> 128,000.25; 170,668 -> 128,001.
        ("clinic", 41_000, 129_665, 127_998),
        ("clinic", 41_000, 129_666, 127_999),
        ("clinic", 41_000, 129_667, 128_000),
        ("clinic", 41_000, 129_668, 128_000),
        // Both ceilings: 171,000 x 3/4 = 128,250 -> 128,000.
        ("clinic", 45_100, 143_000, 128_000),
        ("clinic", 1, 0, 0),
        ("clinic", 2, 0, 1),
        ("pharmacy", 40_999, 0, 30_749),
        ("pharmacy", 41_001, 0, 30_750),
        ("pharmacy", 0, 129_999, 97_499),
        ("pharmacy", 0, 130_001, 97_500),
        ("pharmacy", 41_000, 129_666, 127_999),
        ("pharmacy", 41_000, 129_667, 128_000),
        // Large chain: 40,999 / 2 = 20,499.5; 170,000 / 2 = 85,000; 171,000 / 2 = 85,500 -> 85,000.
        ("large_chain_pharmacy", 40_999, 0, 20_499),
        ("large_chain_pharmacy", 41_001, 0, 20_500),
        ("large_chain_pharmacy", 0, 130_001, 65_000),
        ("large_chain_pharmacy", 41_000, 128_998, 84_999),
        ("large_chain_pharmacy", 41_000, 129_000, 85_000),
        ("large_chain_pharmacy", 41_000, 129_002, 85_000),
        ("large_chain_pharmacy", 41_000, 130_000, 85_000),
        // Hospital: 780,999 / 2 = 390,499.5; 781,000 / 2 = 390,500; 822,000 / 2 = 411,000 exactly.
        ("hospital", 40_999, 0, 20_499),
        ("hospital", 0, 780_999, 390_499),
        ("hospital", 0, 781_000, 390_500),
        ("hospital", 0, 781_001, 390_500),
        ("hospital", 41_000, 780_998, 410_999),
        ("hospital", 41_000, 781_000, 411_000),
        ("hospital", 99_999, 999_999, 411_000),
    ];
    let mut lines = Vec::new();
    let mut expected = Vec::new();
    for (i, (kind, mobile, computer, grant)) in home_consent.into_iter().enumerate() {
        let mut line = facts(&format!("H-{i}"));
        line["facility"]["kind"] = json!(kind);
        line["expenses"] = json!([
            {"category": "mobile_terminal", "amount_yen": mobile},
            {"category": "receipt_computer", "amount_yen": computer},
        ]);
        lines.push(line);
        expected.push(grant);
    }
    // Limited-type: 3/4, at most 31,000, no cost ceiling. 31,000 x 4/3 = 41,333.33: 41,332 -> 30,999; 41,333 -> 30,999.75;
    // 41,334 -> 31,000.5.
    for (yen, grant) in [(41_332, 30_999), (41_333, 30_999), (41_334, 31_000), (42_000, 31_000), (1_000_000, 31_000)] {
        for kind in ["hospital", "clinic", "pharmacy", "large_chain_pharmacy"] {
            for category in ["card_reader", "mobile_terminal"] {
                let mut line = limited(&format!("L-{yen}-{kind}-{category}"), category, yen);
                line["facility"]["kind"] = json!(kind);
                lines.push(line);
                expected.push(grant);
            }
        }
    }
    let answers = assess(&lines);
    assert_eq!(answers.len(), lines.len());
    for ((line, answer), grant) in lines.iter().zip(&answers).zip(expected) {
        assert_eq!(answer["claim_id"], line["claim_id"]);
        assert_eq!(answer["outcome"], "approve", "{line}\n{answer}");
        assert_eq!(answer["grant_yen"], grant, "{line}\n{answer}");
        assert!(answer["ruleset"].as_str().unwrap().starts_with("sha256:"));
        let steps = answer["trace"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["value"], grant);
        assert!(steps.iter().all(|step| step["step"].is_string() && step["sentence"].is_string()));
    }
}

#[test]
fn the_deadline_is_the_whole_day_in_japan_whatever_the_offset() {
    let cases = [
        ("home-consent", "2026-01-31T23:59:59+09:00", true),
        ("home-consent", "2026-01-31T14:59:59Z", true),
        ("home-consent", "2026-01-31T09:59:59-05:00", true),
        ("home-consent", "2026-02-01T03:59:59+13:00", true),
        ("home-consent", "2026-01-31T23:59:59.999999999+09:00", true),
        ("home-consent", "2026-02-01T00:00:00+09:00", false),
        ("home-consent", "2026-01-31T15:00:00Z", false),
        ("home-consent", "2026-01-31T10:00:00-05:00", false),
        ("home-consent", "2026-02-01T04:00:00+13:00", false),
        ("limited-type", "2025-02-01T23:59:59+09:00", true),
        ("limited-type", "2025-02-01T14:59:59Z", true),
        ("limited-type", "2025-02-02T00:00:00+09:00", false),
        ("limited-type", "2025-02-01T15:00:00Z", false),
        ("limited-type", "2025-02-01T10:00:00-05:00", false),
    ];
    let lines: Vec<Value> = cases
        .iter()
        .map(|(programme, at, _)| {
            let mut line = if *programme == "limited-type" { limited(at, "card_reader", 40_000) } else { facts(at) };
            line["submitted_at"] = json!(at);
            line["purchased_on"] = json!("2024-12-10");
            line
        })
        .collect();
    for ((_, at, in_time), answer) in cases.iter().zip(assess(&lines)) {
        let late = answer["findings"].as_array().unwrap().iter().any(|f| f["code"] == "deadline-passed");
        assert_eq!(late, !in_time, "{at}: {answer}");
        assert_eq!(answer["outcome"], if *in_time { "approve" } else { "reject" }, "{at}");
    }
}

#[test]
fn a_bad_line_is_answered_in_its_place_and_the_others_go_on() {
    let good = |id: &str| facts(id).to_string();
    let with = |id: &str, change: &dyn Fn(&mut Value)| {
        let mut line = facts(id);
        change(&mut line);
        line.to_string()
    };
    let bad: Vec<(String, &str, &str)> = vec![
        (with("C-1", &|f| f["colour"] = json!("red")), "unknown-key", "colour"),
        (with("C-1", &|f| f["facility"]["kind"] = json!("ward")), "unknown-name", "facility.kind"),
        (with("C-1", &|f| f["expenses"][0]["amount_yen"] = json!(-1)), "invalid-value", "expenses[0].amount_yen"),
        (with("C-1", &|f| f["expenses"][0]["amount_yen"] = json!(10.5)), "invalid-value", "expenses[0].amount_yen"),
        (with("C-1", &|f| f["expenses"][0]["category"] = json!("car")), "unknown-name", "expenses[0].category"),
        (with("C-1", &|f| f["programme"] = json!("moon")), "unknown-programme", "programme"),
        (with("C-1", &|f| f["submitted_at"] = json!("2025-12-20T10:15:00")), "invalid-value", "submitted_at"),
        (with("C-1", &|f| f["purchased_on"] = json!("2025-02-30")), "invalid-value", "purchased_on"),
        (with("C-1", &|f| f["purchased_on"] = Value::Null), "invalid-value", "purchased_on"),
        (with("C-1", &|f| f["facility"]["code"] = json!("1310110048")), "invalid-institution-code", "facility.code"),
        (with("C-1", &|f| f["documents"] = json!(["passport"])), "unknown-name", "documents[0]"),
        (
            with("C-1", &|f| {
                f.as_object_mut().unwrap().remove("expenses");
            }),
            "missing-key",
            "expenses",
        ),
        ("{\"claim_id\": \"C-1\", \"programme\"".to_owned(), "invalid-json", ""),
        ("not json".to_owned(), "invalid-json", ""),
        ("[1,2]".to_owned(), "invalid-value", ""),
    ];
    let mut input = String::new();
    for (i, (line, _, _)) in bad.iter().enumerate() {
        input.push_str(&format!("{}\n{line}\n", good(&format!("G-{i}"))));
    }
    input.push_str(&good("last"));
    let answers = run_with_input(&["assess", "-"], &input).expect_code(1).json_lines();
    assert_eq!(answers.len(), 2 * bad.len() + 1);
    for (i, (line, code, place)) in bad.iter().enumerate() {
        assert_eq!(answers[2 * i]["claim_id"], format!("G-{i}"));
        assert_eq!(answers[2 * i]["outcome"], "approve");
        let error = &answers[2 * i + 1]["error"];
        assert_eq!(error["code"], *code, "{line}\n{error}");
        assert_eq!(error["line"], 2 * i + 2, "{line}\n{error}");
        assert_eq!(error["place"].as_str().unwrap(), *place, "{line}\n{error}");
        assert!(error["message"].as_str().unwrap().chars().any(|c| c > '\u{3000}'), "Japanese by default: {error}");
        if line.starts_with('{') && *code != "invalid-json" {
            assert_eq!(answers[2 * i + 1]["claim_id"], "C-1");
        }
    }
    assert_eq!(answers.last().unwrap()["claim_id"], "last");
}

#[test]
fn english_is_asked_for_by_option_or_by_lang() {
    let line = "{\"claim_id\":\"C-1\"}\n";
    let by_option = run_with_input(&["assess", "--lang", "en"], line).expect_code(1);
    let error = &by_option.json_lines()[0]["error"];
    assert!(error["message"].as_str().unwrap().contains("expected the programme's id"), "{error}");
    let by_lang = tests::kofu().args(["programmes"]).env("LANG", "en_GB.UTF-8").output().unwrap();
    assert!(String::from_utf8_lossy(&by_lang.stdout).contains("rate"));
}

#[test]
fn the_rules_in_force_are_listed_with_a_source_at_every_value() {
    let values = run(&["programmes", "--json", "--on", "2025-12-01"]).expect_code(0).json_lines();
    assert!(values.len() > 30);
    for value in &values {
        assert!(!value["source"].as_str().unwrap_or_default().is_empty(), "{value}");
    }
    let of = |programme: &str| values.iter().filter(|v| v["programme"] == programme).count();
    assert!(of("home-consent") > 15 && of("limited-type") > 8);
    let one = run(&["programmes", "limited-type", "--json"]).expect_code(0).json_lines();
    assert!(one.iter().all(|value| value["programme"] == "limited-type"));
    let unknown = run(&["programmes", "moon"]).expect_code(1);
    assert!(unknown.err.contains("home-consent"), "{}", unknown.err);
}

#[test]
fn wrong_usage_ends_with_2() {
    for args in [&["assess", "--colour"][..], &["fly"], &["batch", "prepare"], &[]] {
        let printed = run(args);
        assert_eq!(printed.code, 2, "{args:?}: {}", printed.err);
    }
    let folder = tempfile::tempdir().unwrap();
    for file in ["/nowhere/facts.jsonl", folder.path().to_str().unwrap()] {
        let printed = run(&["assess", file]).expect_code(1);
        assert!(printed.err.contains(file) && printed.err.contains("読めません"), "{}", printed.err);
    }
}

#[test]
fn whoever_closes_the_output_has_seen_enough() {
    let input = format!("{}\n", facts("C-1")).repeat(5_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.jsonl");
    std::fs::write(&path, input).unwrap();
    let values = ["programmes", "--json"];
    for args in [&["assess", path.to_str().unwrap()][..], &values] {
        let mut child = tests::kofu()
            .args(args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{args:?}: {:?} {said}", output.status);
    }
}
