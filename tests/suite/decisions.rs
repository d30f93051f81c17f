//! What a person may decide with `kofu claims decide`, what it needs, and that nobody's decision goes untold.

use super::office::Office;

#[test]
fn a_grant_that_a_finding_forbids_needs_that_finding_by_name_and_a_reason() {
    let office = Office::with(&["already-granted"]);
    let id = office.claims("in-review").remove(0);
    let decide =
        |args: &[&str]| office.kofu(&[&["claims", "decide", &id, "approve", "--by", "officer-a"], args].concat());
    for (args, said) in [
        (&[][..], "--override already-granted"),
        (&["--reason", "because"], "--override already-granted"),
        (&["--override", "already-granted"], "--reason"),
        (&["--override", "already-granted", "--reason", "  "], "--reason"),
        (&["--override", "deadline-passed,already-granted", "--reason", "x"], "deadline-passed"),
    ] {
        let refused = decide(args).expect_code(1);
        assert!(refused.err.contains(said), "{args:?}: {}", refused.err);
    }
    let japanese = office.run(&["claims", "decide", &id, "approve", "--by", "officer-a"]).expect_code(1);
    assert!(japanese.err.contains("交付決定とすることができない所見があります"), "{}", japanese.err);
    assert_eq!(office.claims("in-review"), [id.as_str()], "a refusal changes nothing");

    // Another decision than that of the finding needs a reason; the id is taken in any case.
    let lower = id.to_lowercase();
    office.kofu(&["claims", "decide", &lower, "return", "--by", "officer-a"]).expect_code(1);
    let decided =
        decide(&["--override", "already-granted", "--reason", "前回の交付は取り消されています。"]).expect_code(0);
    assert_eq!(decided.out.lines().count(), 1, "{}", decided.out);
    assert!(decided.out.contains(&id) && decided.out.contains("approval"), "{}", decided.out);

    let shown = office.kofu(&["claims", "show", &lower, "--json"]).expect_code(0).json_lines();
    let reason = shown[0]["decision"]["reason"].as_str().unwrap();
    assert!(
        reason.contains("取り消されています") && reason.contains("所見 already-granted を承知のうえで決定"),
        "{reason}"
    );
    let shown = office.kofu(&["claims", "show", &id]).expect_code(0).out;
    assert!(
        shown.contains("reason: 前回の交付") && shown.contains("staff:officer-a") && shown.contains("JST"),
        "{shown}"
    );

    let again = office.kofu(&["claims", "decide", &id, "reject", "--by", "officer-b"]).expect_code(1);
    for said in ["decided already", "approval", "staff:officer-a", "batch prepare"] {
        assert!(again.err.contains(said), "{said}: {}", again.err);
    }
    office.kofu(&["work", "--drain"]).expect_code(0);
    office.kofu(&["check"]).expect_code(0);
}

#[test]
fn a_decision_that_nobody_proposed_needs_a_reason_that_the_notice_can_show() {
    let office = Office::with(&["payee-differs"]);
    let id = office.claims("in-review").remove(0);
    let decide = |decision: &str, reason: &str| {
        office.kofu(&["claims", "decide", &id, decision, "--by", "officer-a", "--reason", reason])
    };
    for decision in ["approve", "return", "reject"] {
        for reason in ["", " \n ", "a\u{1b}[31m", "\u{13000}"] {
            decide(decision, reason).expect_code(1);
        }
    }
    assert_eq!(office.claims("in-review").len(), 1);
    let waiting = office.kofu(&["work", "--drain"]).expect_code(0);
    assert!(waiting.out.contains("1 claims wait for a person, 0 jobs are parked"), "{}", waiting.out);
    decide("approve", "宛名は開設者の関連法人と確認しました。\n（電話 2月10日）").expect_code(0);
    office.kofu(&["work", "--drain"]).expect_code(0);
    let out = office.path("notices");
    office.kofu(&["notices", "--claim", &id, "--out", out.to_str().unwrap()]).expect_code(0);
    assert_eq!(std::fs::read_dir(out).unwrap().count(), 1);
}

#[test]
fn a_decision_whose_notice_cannot_be_made_is_named_until_it_can() {
    let office = Office::with_register();
    office.import(&["clinic-over-ceilings"]);
    let config = office.path("kofu.toml");
    std::fs::write(&config, "[fonts]\nfolders = [\"/nowhere\"]\n").unwrap();
    let work = office.kofu(&["work", "--drain", "--config", config.to_str().unwrap()]).expect_code(1);
    let id = office.claims("approved").remove(0);
    assert!(work.out.contains(&id) && work.out.contains("IPAexMincho"), "{}", work.out);
    let parked = office.kofu(&["work", "--parked", "--json"]).expect_code(0).json_lines();
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0]["claim_id"].as_str(), parked[0]["job"].as_str()), (Some(id.as_str()), Some("notice")));
    let found = office.kofu(&["check", "--json"]).expect_code(1).json_lines();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["code"], "notice-missing");
    office.kofu(&["work", "--retry", &id, "--drain"]).expect_code(0);
    office.kofu(&["check"]).expect_code(0);
    assert!(office.kofu(&["work", "--retry", &id]).expect_code(1).err.contains("no parked job"));
}

#[test]
fn an_account_that_could_pass_for_another_person_is_wrong_usage() {
    let office = Office::with_register();
    for account in ["", " ", "officer a", "officer-a\n"] {
        for command in [
            &["batch", "prepare"][..],
            &["batch", "release", "last"],
            &["claims", "decide", "K-1", "approve"],
            &["programmes", "agree", "last"],
            &["facilities", "import", "x.csv"],
        ] {
            office.kofu(&[command, &["--by", account]].concat()).expect_code(2);
        }
    }
}
