//! Which store a command works on, and what is known of its decision log: no store is made by looking for one, the demo
//! leaves real claims alone, and what is not signed is said.

use super::office::{Office, register};
use std::path::Path;
use tests::{root, run};

#[test]
fn a_mistyped_data_folder_is_no_empty_store_where_all_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let (nowhere, empty, out) =
        (folder.path().join("mistyped"), folder.path().join("empty"), folder.path().join("out"));
    std::fs::create_dir(&empty).unwrap();
    let out = out.to_str().unwrap();
    for data in [&nowhere, &empty] {
        let data = data.to_str().unwrap();
        for args in [
            &["check"][..],
            &["claims", "list"],
            &["claims", "show", "K-1"],
            &["claims", "decide", "K-1", "reject", "--by", "officer-a", "--reason", "x"],
            &["facilities", "list"],
            &["batch", "list"],
            &["batch", "prepare", "--by", "officer-a"],
            &["batch", "export", "last", "--out", out],
            &["notices", "--out", out],
            &["log", "export", "--out", out],
            &["log", "verify"],
            &["log", "replay"],
            &["simulate", "--programmes", "crates/rules/programmes"],
            &["work", "--parked"],
        ] {
            let ja = run(&[args, &["--data", data]].concat()).expect_code(1);
            assert!(
                ja.err.contains("データの保存先がありません") && ja.err.contains("kofu.sqlite"),
                "{args:?}: {}",
                ja.err
            );
            let en = run(&[args, &["--data", data, "--lang", "en"]].concat()).expect_code(1);
            assert!(en.err.contains("there is no store"), "{args:?}: {}", en.err);
        }
        // Rules can be looked at without one.
        run(&["programmes", "--data", data]).expect_code(0);
    }
    assert!(!nowhere.exists() && std::fs::read_dir(&empty).unwrap().next().is_none() && !Path::new(out).exists());
}

#[test]
fn the_demo_leaves_a_store_alone_that_holds_anything_but_its_samples() {
    let office = Office::with_register();
    let register = std::fs::read_to_string(register()).unwrap();
    let others = office.path("register.csv");
    std::fs::write(&others, register.replace("りんどう内科医院", "本物の医院")).unwrap();
    let real = office.path("real");
    copy(&root().join("samples/clinic-over-ceilings"), &real);
    let description = std::fs::read_to_string(real.join("claim.toml")).unwrap();
    std::fs::write(real.join("claim.toml"), description.replace("submitted_at = \"2025", "submitted_at = \"2024"))
        .unwrap();

    for args in [["claims", "import", real.to_str().unwrap()], ["facilities", "import", others.to_str().unwrap()]] {
        let other = Office::with_register();
        other.kofu(&args).expect_code(0);
        let state = || {
            let list = |what: &str| other.kofu(&[what, "list", "--json"]).expect_code(0).out;
            (list("claims"), list("facilities"), other.kofu(&["log", "verify"]).expect_code(0).out)
        };
        let before = state();
        let refused = other.kofu(&["demo"]).expect_code(1);
        assert!(
            refused.err.contains("empty data folder") && refused.err.contains("Nothing was changed"),
            "{}",
            refused.err
        );
        assert_eq!(state(), before);
        assert!(!other.data().join("out").exists());
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn every_command_that_adds_to_the_log_signs_it_and_a_lost_key_is_not_replaced() {
    let office = Office::with_register();
    let verify = || office.kofu(&["log", "verify"]);
    assert!(verify().expect_code(0).out.contains("all agree"));
    let key = office.data().join("decision-log.key");
    let aside = office.path("aside.key");
    std::fs::rename(&key, &aside).unwrap();

    // What was asked is done; that it is not signed is said.
    let imported = office.import(&["clinic-over-ceilings"]);
    assert!(imported.err.contains("could not be signed") && imported.err.contains("restore it"), "{}", imported.err);
    for args in [&["log", "verify"][..], &["log", "export", "--out", office.path("out").to_str().unwrap()]] {
        let refused = office.kofu(args).expect_code(1);
        assert!(
            refused.err.contains("decision-log.key is missing") || refused.err.contains("restore it"),
            "{}",
            refused.err
        );
    }
    assert!(!key.exists() && !office.path("out").exists(), "a key that is lost is not replaced");

    std::fs::rename(&aside, &key).unwrap();
    let said = "1 entries after the last signed checkpoint are not covered by a signature";
    assert!(verify().expect_code(0).out.contains(said), "{}", verify().out);
    let check = office.kofu(&["check"]).expect_code(0);
    assert!(check.err.contains(said), "{}", check.err);
    office.kofu(&["work", "--drain"]).expect_code(0);
    assert!(verify().expect_code(0).out.contains("all agree"));
    assert!(!office.kofu(&["check"]).expect_code(0).err.contains("signature"));
}

#[test]
fn a_log_that_was_never_signed_does_not_pass_for_a_proved_one() {
    let office = Office::with_register();
    let config = office.path("kofu.toml");
    std::fs::write(&config, "[log]\nkey_file = \"/nowhere/log.key\"\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kofu = |args: &[&str]| {
        let place = ["--data", folder.path().to_str().unwrap(), "--config", config.to_str().unwrap(), "--lang", "en"];
        run(&[args, &place].concat())
    };
    assert!(kofu(&["facilities", "import", register().to_str().unwrap()]).expect_code(0).err.contains("signed"));
    let verified = kofu(&["log", "verify"]).expect_code(0);
    assert!(
        verified.out.contains("There is no signed checkpoint") && !verified.out.contains("all agree"),
        "{verified:?}"
    );
}

#[test]
fn an_export_is_verified_without_a_store_and_says_whose_key_it_was() {
    let office = Office::with(&["clinic-over-ceilings"]);
    let out = office.path("log");
    let folder = out.to_str().unwrap();
    office.kofu(&["log", "export", "--out", folder]).expect_code(0);
    let nowhere = office.path("nowhere");
    let verify = |args: &[&str]| {
        let place = ["--data", nowhere.to_str().unwrap()];
        run(&[&["log", "verify", folder], args, &place].concat()).expect_code(0).out
    };
    assert!(verify(&["--lang", "en"]).contains("the signer was not checked"));
    assert!(verify(&[]).contains("署名者は確かめていません"));
    let key = out.join("key.pub");
    assert!(verify(&["--lang", "en", "--key", key.to_str().unwrap()]).contains("The given key signed them"));
    assert!(!nowhere.exists());
}
