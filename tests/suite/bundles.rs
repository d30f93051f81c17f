//! Bundles that facilities send, good and bad, through `kofu claims import` and the commands that follow.

use super::office::Office;
use std::path::Path;
use tests::{root, run};

fn import(data: &Path, paths: &[&Path]) -> tests::Printed {
    let mut args = vec!["claims", "import", "--data", data.to_str().unwrap(), "--lang", "en"];
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    run(&args)
}

#[test]
fn bad_bundles_are_named_and_the_good_one_beside_them_is_taken_once() {
    let data = tempfile::tempdir().unwrap();
    let bad = tempfile::tempdir().unwrap();
    std::fs::write(
        bad.path().join("claim.toml"),
        "programme = \"moon\"\nfacility = \"123\"\nsubmitted_at = \"yesterday\"\n[[documents]]\nkind = \"receipt\"\nfile = \"gone.pdf\"\n",
    )
    .unwrap();
    let good = root().join("samples/clinic-over-ceilings");
    let nowhere = data.path().join("nowhere");
    let printed = import(data.path(), &[bad.path(), &good, &nowhere]).expect_code(1);
    for code in ["unknown-programme", "invalid-value", "file-missing", "bundle-missing"] {
        assert!(printed.err.contains(&format!("[{code}]")), "{code}: {}", printed.err);
    }
    assert_eq!(printed.out.matches("not accepted").count(), 2, "{}", printed.out);
    assert_eq!(printed.out.matches("  accepted").count(), 1, "{}", printed.out);
    let again = import(data.path(), &[&good]).expect_code(0);
    assert!(again.out.contains("already there"), "{}", again.out);
    let listed =
        run(&["claims", "list", "--json", "--data", data.path().to_str().unwrap()]).expect_code(0).json_lines();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["state"], "submitted");
}

#[test]
fn a_claim_goes_by_hand_from_bundle_to_bank_file_and_two_people_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let out = folder.path().join("out");
    let kofu = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--data", data, "--lang", "en"]);
        run(&all)
    };
    let samples = root().join("samples");
    kofu(&["facilities", "import", samples.join("facilities.csv").to_str().unwrap()]).expect_code(0);
    kofu(&["claims", "import", samples.join("clinic-over-ceilings").to_str().unwrap()]).expect_code(0);
    kofu(&["work", "--drain"]).expect_code(0);
    let claims = kofu(&["claims", "list", "--state", "approved", "--json"]).expect_code(0).json_lines();
    let id = claims[0]["claim_id"].as_str().unwrap().to_owned();
    let shown = kofu(&["claims", "show", &id, "--json"]).expect_code(0).json_lines();
    assert_eq!(shown[0]["assessment"]["grant_yen"], 128_000);
    assert_eq!(shown[0]["decision"]["decided_by"], "policy:approve-without-person");
    assert!(kofu(&["claims", "show", &id]).expect_code(0).out.contains("128,000"));
    // A decided claim cannot be decided again.
    kofu(&["claims", "decide", &id, "reject", "--by", "somebody"]).expect_code(1);

    kofu(&["facilities", "confirm", "1310110049", "--by", "officer-x"]).expect_code(0);
    let prepared = kofu(&["batch", "prepare", "--by", "officer-a"]).expect_code(0);
    let batch = prepared.out.split_whitespace().next().unwrap().to_owned();
    kofu(&["batch", "prepare", "--by", "officer-a", "--pay-on", "2026-02-27"]).expect_code(1);
    assert!(kofu(&["batch", "export", &batch, "--out", out.to_str().unwrap()]).expect_code(1).err.contains("released"));
    assert!(!out.exists(), "nothing leaves before the release");
    kofu(&["batch", "release", &batch, "--by", "officer-a"]).expect_code(1);
    kofu(&["batch", "release", &batch, "--by", "officer-b"]).expect_code(0);
    kofu(&["batch", "release", &batch, "--by", "officer-c"]).expect_code(1);
    kofu(&["batch", "export", &batch, "--out", out.to_str().unwrap()]).expect_code(0);
    assert!(kofu(&["batch", "prepare", "--by", "officer-a"]).expect_code(0).out.contains("No approved claim"));
    let listed = kofu(&["claims", "list", "--state", "sent", "--json"]).expect_code(0).json_lines();
    assert_eq!(listed.len(), 1);
    kofu(&["notices", "--claim", &id, "--out", out.to_str().unwrap()]).expect_code(0);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 3, "bank file, list, notice");
    kofu(&["check"]).expect_code(0);
}

#[test]
fn a_returned_claim_is_sent_again_as_a_new_revision_and_keeps_its_first_day() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let kofu = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--data", data, "--lang", "en"]);
        run(&all)
    };
    let samples = root().join("samples");
    kofu(&["facilities", "import", samples.join("facilities.csv").to_str().unwrap()]).expect_code(0);
    kofu(&["claims", "import", samples.join("itemization-missing").to_str().unwrap()]).expect_code(0);
    kofu(&["work", "--drain"]).expect_code(0);
    let returned = kofu(&["claims", "list", "--state", "returned", "--json"]).expect_code(0).json_lines();
    let id = returned[0]["claim_id"].as_str().unwrap();

    // The same documents again, after the deadline, as a revision of the returned claim.
    let revision = folder.path().join("revision");
    std::fs::create_dir(&revision).unwrap();
    let original = samples.join("itemization-missing");
    for entry in std::fs::read_dir(&original).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, revision.join(path.file_name().unwrap())).unwrap();
    }
    let description = std::fs::read_to_string(original.join("claim.toml")).unwrap();
    let lines: Vec<&str> = description.lines().filter(|line| !line.starts_with("submitted_at")).collect();
    let text = format!("submitted_at = \"2026-03-01T09:00:00+09:00\"\nrevises = \"{id}\"\n{}\n", lines.join("\n"));
    std::fs::write(revision.join("claim.toml"), text).unwrap();
    kofu(&["claims", "import", revision.to_str().unwrap()]).expect_code(0);
    kofu(&["work", "--drain"]).expect_code(0);
    let shown = kofu(&["claims", "show", id, "--json"]).expect_code(0).json_lines();
    assert_eq!(shown[0]["revision"], 2);
    let codes: Vec<&str> =
        shown[0]["assessment"]["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"itemization-missing") && !codes.contains(&"deadline-passed"), "{codes:?}");
    kofu(&["check"]).expect_code(0);
}

#[test]
fn what_is_wrong_in_the_store_is_named_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    run(&["claims", "import", "--data", data, root().join("samples/clinic-over-ceilings").to_str().unwrap()])
        .expect_code(0);
    run(&["check", "--data", data]).expect_code(0);
    // A byte of a stored document changes on the disk.
    let mut folders = vec![folder.path().join("objects")];
    let mut changed = false;
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !changed {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[0] ^= 1;
                std::fs::write(&path, bytes).unwrap();
                changed = true;
            }
        }
    }
    assert!(changed);
    let found = run(&["check", "--json", "--data", data]).expect_code(1).json_lines();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["code"], "document");
}

/// A revision is of the facility and programme that the claim is of, and only of a claim that was returned.
#[test]
fn a_bundle_that_revises_somebody_elses_claim_is_refused_and_the_good_one_beside_it_is_taken() {
    let office = Office::with(&["itemization-missing", "clinic-over-ceilings"]);
    let (returned, approved) = (office.claims("returned").remove(0), office.claims("approved").remove(0));
    let samples = root().join("samples");
    let bundle = |name: &str, sample: &str, revises: &str| {
        let path = office.path(name);
        std::fs::create_dir(&path).unwrap();
        for entry in std::fs::read_dir(samples.join(sample)).unwrap() {
            let file = entry.unwrap().path();
            std::fs::copy(&file, path.join(file.file_name().unwrap())).unwrap();
        }
        let text = std::fs::read_to_string(path.join("claim.toml")).unwrap();
        std::fs::write(path.join("claim.toml"), format!("revises = \"{revises}\"\n{text}")).unwrap();
        path
    };
    let others = bundle("others", "pharmacy-below-ceilings", &returned);
    let unknown = bundle("unknown", "pharmacy-below-ceilings", "K-0000-0000-0000");
    let early = bundle("early", "clinic-over-ceilings", &approved);
    let good = samples.join("hospital");
    let printed = import(&office.data(), &[&others, &unknown, &early, &good]).expect_code(1);
    for code in ["other-claim", "unknown-claim", "not-returned"] {
        assert!(printed.err.contains(&format!("claim.toml revises [{code}]")), "{code}: {}", printed.err);
    }
    assert_eq!(printed.out.matches("  accepted").count(), 1, "{}", printed.out);
    assert_eq!(office.claims("returned"), [returned]);
}
