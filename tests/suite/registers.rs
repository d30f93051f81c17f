//! The register as fund staff change it, and that money does not go to an account it no longer has.

use super::office::{Office, pipe, register};

#[test]
fn what_an_import_changes_is_told_and_a_batch_of_old_accounts_is_not_released() {
    let office = Office::with(&["clinic-over-ceilings"]);
    let again = office.kofu(&["facilities", "import", register().to_str().unwrap()]).expect_code(0);
    assert!(again.out.contains("0 new, 0 changed"), "{}", again.out);
    let batch = |args: &[&str]| office.kofu(&[&["batch"], args].concat());
    // An account that no second person has looked at is not paid to.
    let nothing = batch(&["prepare", "--by", "officer-a"]).expect_code(0);
    assert!(nothing.err.contains("account-unconfirmed") && nothing.out.contains("No approved claim"), "{nothing:?}");
    office.confirm_accounts();
    batch(&["prepare", "--by", "officer-a"]).expect_code(0);

    // Somebody has another account registered.
    let id = office.claims("batched").remove(0);
    let shown = office.kofu(&["claims", "show", &id, "--json"]).expect_code(0).json_lines();
    let code = shown[0]["facility"].as_str().unwrap();
    let text = std::fs::read_to_string(register()).unwrap();
    let mut number = String::new();
    let changed: Vec<String> = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[0] == code {
                number = cells[14].to_owned();
                cells[14] = "7654321";
            }
            cells.join(",")
        })
        .collect();
    let file = office.path("register.csv");
    std::fs::write(&file, changed.join("\n")).unwrap();
    let import = ["facilities", "import", file.to_str().unwrap(), "--by", "registrar"];
    let taken = office.kofu(&import).expect_code(0);
    assert!(taken.out.contains("0 new, 1 changed"), "{}", taken.out);
    assert!(
        taken.out.contains(code) && taken.out.contains("account_number") && taken.out.contains("321"),
        "{}",
        taken.out
    );
    assert!(
        !taken.out.contains("7654321") && !taken.out.contains(&number),
        "no account's number in full: {}",
        taken.out
    );

    let refused = batch(&["release", "last", "--by", "officer-b"]).expect_code(1);
    assert!(refused.err.contains(code) && refused.err.contains("batch cancel"), "{}", refused.err);
    batch(&["cancel", "last", "--by", "officer-b"]).expect_code(0);
    let twice = batch(&["cancel", "last", "--by", "officer-b"]).expect_code(1);
    assert!(twice.err.contains("cancelled"), "{}", twice.err);
    // Who brought the new account cannot be the one who confirms it.
    assert!(batch(&["prepare", "--by", "officer-a"]).expect_code(0).err.contains("account-unconfirmed"));
    let unconfirmed = office.kofu(&["facilities", "unconfirmed", "--json"]).expect_code(0).json_lines();
    assert_eq!((unconfirmed.len(), unconfirmed[0]["account"]["number"].as_str()), (1, Some("7654321")));
    let alone = office.kofu(&["facilities", "confirm", code, "--by", "registrar"]).expect_code(1);
    assert!(alone.err.contains("another person has to"), "{}", alone.err);
    office.kofu(&["facilities", "confirm", code, "--by", "officer-x"]).expect_code(0);
    batch(&["prepare", "--by", "officer-a"]).expect_code(0);
    batch(&["release", "last", "--by", "officer-b"]).expect_code(0);
    let listed = office.run(&["batch", "list"]).expect_code(0).out;
    assert!(listed.contains("取消し") && listed.contains("承認済み") && listed.contains("128,000"), "{listed}");
    office.kofu(&["check"]).expect_code(0);

    let out = office.path("log");
    office.kofu(&["log", "export", "--out", out.to_str().unwrap()]).expect_code(0);
    let log = std::fs::read_to_string(out.join("decision-log.jsonl")).unwrap();
    for said in ["staff:registrar", "batch-cancelled", "batch-released"] {
        assert!(log.contains(said), "{said}");
    }
}

#[test]
fn a_register_that_is_no_plain_file_or_names_a_programme_nobody_knows_is_an_error() {
    let office = Office::with_register();
    let path = office.path("pipe");
    pipe(&path);
    let refused = office.run(&["facilities", "import", path.to_str().unwrap()]).expect_code(1);
    assert!(refused.err.contains("名前付きパイプ"), "{}", refused.err);
    let typo = office.path("typo.csv");
    let text = std::fs::read_to_string(register()).unwrap();
    std::fs::write(&typo, text.replace(",home-consent,", ",home-concent,")).unwrap();
    let refused = office.run(&["facilities", "import", typo.to_str().unwrap()]).expect_code(1);
    assert!(refused.err.contains("earlier_grants") && refused.err.contains("home-consent"), "{}", refused.err);
}
