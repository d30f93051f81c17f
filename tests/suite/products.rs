//! Applications for products, as a fund and its facilities live through them: filed, returned, refused, granted, listed
//! for the makers, replayed. No yen moves.

use crate::office::Office;
use std::fmt::Write as _;
use std::process::Command;

const HOSPITAL: &str = "0410119010";
const CLINIC: &str = "1310110049";
const PHARMACY: &str = "1840249021";

/// Files an application and has it assessed; its id.
fn file(office: &Office, name: &str, facility: &str, at: &str, choices: &[(u8, &str, u32)], further: &str) -> String {
    let folder = office.path(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut text = format!(
        "programme = \"card-reader-provision\"\nfacility = \"{facility}\"\nsubmitted_at = \"{at}\"\n{further}\n"
    );
    for (rank, product, units) in choices {
        writeln!(text, "[[choices]]\nrank = {rank}\nproduct = \"{product}\"\nunits = {units}").unwrap();
    }
    std::fs::write(folder.join("claim.toml"), text).unwrap();
    let said = office.kofu(&["claims", "import", folder.to_str().unwrap()]).expect_code(0).out;
    office.kofu(&["work", "--drain"]).expect_code(0);
    said.split_whitespace().next().unwrap().to_owned()
}

fn state(office: &Office, id: &str) -> serde_json::Value {
    office.kofu(&["claims", "show", id, "--json"]).expect_code(0).json_lines().remove(0)
}

fn codes(claim: &serde_json::Value) -> Vec<&str> {
    claim["assessment"]["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn products_are_granted_and_listed_by_maker_and_prefecture_and_nothing_is_paid() {
    let office = Office::with_register();
    // In time and in order: granted without a person, the first choice.
    let hospital = file(
        &office,
        "hospital",
        HOSPITAL,
        "2022-09-20T09:00:00+09:00",
        &[(1, "fujitsu-caora", 3), (2, "canon-hi-cara", 3)],
        "",
    );
    let granted = state(&office, &hospital);
    assert_eq!((&granted["state"], &granted["granted_yen"]), (&"approved".into(), &serde_json::Value::Null));
    assert_eq!(granted["granted_units"]["units"], 3);
    assert_eq!(granted["assessment"]["grant_units"]["product"], "fujitsu-caora");

    // Two units for a clinic: returned. Sent again with another model: returned again. With the model filed: granted.
    let clinic = file(&office, "c1", CLINIC, "2022-10-03T09:00:00+09:00", &[(1, "canon-hi-cara", 2)], "");
    assert_eq!(codes(&state(&office, &clinic)), ["units-above-ceiling", "first-deadline-passed"]);
    let revises = format!("revises = \"{clinic}\"");
    let again = |name: &str, product: &str| {
        file(&office, name, CLINIC, "2022-10-05T09:00:00+09:00", &[(1, product, 1)], &revises)
    };
    assert_eq!(again("c2", "atlas-exc-9000"), clinic);
    assert_eq!(codes(&state(&office, &clinic)), ["choice-changed", "first-deadline-passed"]);
    again("c3", "canon-hi-cara");
    let granted = state(&office, &clinic);
    assert_eq!((&granted["state"], &granted["revision"]), (&"approved".into(), &3.into()));

    // A second application of the hospital is refused by the rules, and a person signs it.
    let second = file(&office, "second", HOSPITAL, "2022-09-25T09:00:00+09:00", &[(1, "atlas-exc-9000", 1)], "");
    assert_eq!(codes(&state(&office, &second)), ["already-granted", "already-filed"]);
    office.kofu(&["claims", "decide", &second, "reject", "--by", "officer-a"]).expect_code(0);

    // The maker has none of the first choice: a person grants the second, and says why.
    let config = office.path("kofu.toml");
    std::fs::write(&config, "[policy]\napprove_without_person = false\n").unwrap();
    let folder = office.path("pharmacy");
    std::fs::create_dir_all(&folder).unwrap();
    let at = "2022-09-21T09:00:00+09:00";
    std::fs::write(
        folder.join("claim.toml"),
        format!(
            "programme = \"card-reader-provision\"\nfacility = \"{PHARMACY}\"\nsubmitted_at = \"{at}\"\n\
             [[choices]]\nrank = 2\nproduct = \"fujitsu-caora\"\nunits = 1\n\
             [[choices]]\nrank = 1\nproduct = \"almex-sma-pa-mytouch\"\nunits = 1\n"
        ),
    )
    .unwrap();
    let said = office.kofu(&["claims", "import", folder.to_str().unwrap()]).expect_code(0).out;
    let pharmacy = said.split_whitespace().next().unwrap().to_owned();
    office.kofu(&["work", "--drain", "--config", config.to_str().unwrap()]).expect_code(0);
    let decide = |further: &[&str]| {
        office.kofu(&[&["claims", "decide", pharmacy.as_str(), "approve", "--by", "officer-a"], further].concat())
    };
    let silent = decide(&["--choice", "2"]);
    assert!(silent.code == 1 && silent.err.contains("needs a reason (--reason)"), "{}", silent.err);
    let reason = "第一希望の製品はメーカーに在庫がないため、第二希望の製品とします。";
    let said = decide(&["--choice", "2", "--reason", reason]).expect_code(0).out;
    assert!(said.contains("富士通 Caora 1 unit"), "{said}");
    office.kofu(&["work", "--drain"]).expect_code(0);
    assert_eq!(state(&office, &pharmacy)["granted_units"]["product"], "fujitsu-caora");

    // The lists, for people and for scripts.
    let counts = office.kofu(&["products", "--json"]).expect_code(0).json_lines();
    let shown: Vec<(&str, &str, u64)> = counts
        .iter()
        .map(|count| {
            let text = |key: &str| count[key].as_str().unwrap();
            (text("maker"), text("prefecture_name"), count["units"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(shown, [("キヤノン", "Tokyo", 1), ("富士通", "Miyagi", 3), ("富士通", "Fukui", 1)]);
    let out = office.path("lists");
    let table = office.run(&["products", "--out", out.to_str().unwrap()]).expect_code(0);
    assert!(table.out.contains("宮城県") && table.err.contains("products-card-reader-provision.xlsx"), "{}", table.out);
    assert!(std::fs::read(out.join("products-card-reader-provision.xlsx")).unwrap().starts_with(b"PK"));
    assert_eq!(office.kofu(&["products", "--from", "2099-01-01", "--json"]).expect_code(0).out, "");
    let wrong = office.kofu(&["products", "--programme", "home-consent"]);
    assert!(wrong.code == 1 && wrong.err.contains("card-reader-provision"), "{}", wrong.err);

    // The notices say what is granted, and that nothing is paid.
    let notices = office.path("notices");
    office.kofu(&["notices", "--claim", &pharmacy, "--out", notices.to_str().unwrap()]).expect_code(0);
    let pdf = std::fs::read_dir(&notices).unwrap().next().unwrap().unwrap().path();
    let text = Command::new("pdftotext").args(["-layout"]).arg(&pdf).arg("-").output().unwrap().stdout;
    let text: String = String::from_utf8(text).unwrap().chars().filter(|c| !c.is_whitespace()).collect();
    assert!(text.contains("富士通Caora1台") && text.contains("メーカーに在庫がない"), "{text}");
    assert!(!text.contains("支払予定日"), "{text}");

    // Nothing to pay, nothing out of order, everything worked out again.
    let batch = office.kofu(&["batch", "prepare", "--by", "officer-b"]);
    assert!(!batch.out.contains(&hospital) && !batch.err.contains(&hospital), "{} {}", batch.out, batch.err);
    office.kofu(&["check"]).expect_code(0);
    office.kofu(&["log", "replay"]).expect_code(0);
    office.kofu(&["log", "verify"]).expect_code(0);
}

#[test]
fn a_bundle_says_what_is_wrong_with_its_choices_all_at_once() {
    let office = Office::with_register();
    let folder = office.path("bad");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("claim.toml"),
        format!(
            "programme = \"card-reader-provision\"\nfacility = \"{CLINIC}\"\nsubmitted_at = \"2022-09-20T09:00:00+09:00\"\n\
             [[choices]]\nrank = 3\nproduct = \"fujitsu-caora\"\nunits = 0\n\
             [[choices]]\nrank = 1\nproduct = \" \"\n\
             [[choices]]\nrank = \"1\"\nproduct = \"x\"\nunits = 1\nnote = \"\"\n"
        ),
    )
    .unwrap();
    let refused = office.kofu(&["claims", "import", folder.to_str().unwrap()]);
    assert_eq!(refused.code, 1);
    for place in [
        "choices[0].rank [invalid-value]",
        "choices[0].units [invalid-value]",
        "choices[1].product [invalid-value]",
        "choices[1].units [missing-key]",
        "choices[2].rank [invalid-value]",
        "choices[2].note [unknown-key]",
    ] {
        assert!(refused.err.contains(place), "{place} in {}", refused.err);
    }
}
