//! Programme files: the embedded ones are whole and sourced, broken ones are refused with file, line and key, and the
//! listing shows every value.

use crate::cases::{HOME_CONSENT, LIMITED_TYPE, NO_CHANGE, changed, late_case, ruleset, try_ruleset};
use claim::{FacilityKind, Lang, ProgrammeId};
use rules::{ProgrammeFile, Ruleset};
use std::fmt::Write as _;

#[test]
fn every_value_of_every_programme_has_its_source_and_the_day_of_its_check() {
    for programme in Ruleset::embedded().programmes() {
        for lang in [Lang::Ja, Lang::En] {
            let listing = programme.listing(None, lang);
            // Seven items of every programme, and for each kind of facility at least why it cannot be decided.
            assert!(listing.len() >= 7 + 4, "{}", programme.id());
            for value in listing {
                let (number, phrase) = value.source.split_once(' ').unwrap();
                assert!(number == "決定:" || programme.source_documents().contains_key(number), "{}", value.source);
                assert!(!phrase.trim().is_empty());
                assert!(!value.label.is_empty() && !value.text.is_empty() && !value.unit.is_empty(), "{value:?}");
                assert!(value.checked_on.year() >= 2026);
            }
        }
    }
}

#[test]
fn each_programme_lists_its_values_for_people_and_machines() {
    let mut shown = String::new();
    for programme in Ruleset::embedded().programmes() {
        for value in programme.listing(Some("2026-01-31".parse().unwrap()), Lang::Ja) {
            let kind = value.kind.map_or("", FacilityKind::code);
            let category = value.category.map_or("", claim::Category::code);
            let [programme, item] = [value.programme.as_str(), value.item];
            writeln!(shown, "{programme} | {item} | {kind} | {category} | {} | {}", value.text, value.source).unwrap();
        }
    }
    insta::assert_snapshot!("listing", shown);
    let limited = Ruleset::embedded().programme(&ProgrammeId::from("limited-type")).unwrap();
    let listing = limited.listing(None, Lang::En);
    let some: Vec<_> = listing
        .iter()
        .filter(|value| {
            !matches!(value.kind, Some(kind) if kind != FacilityKind::Clinic) && !value.item.starts_with("name")
        })
        .collect();
    insta::assert_json_snapshot!("listing_json", some);
}

#[test]
fn names_days_and_ids_can_be_asked_for() {
    let day = "2026-01-31".parse().unwrap();
    let ids: Vec<&str> = Ruleset::embedded().programmes().map(|programme| programme.id().as_str()).collect();
    assert_eq!(
        ids,
        [
            "card-reader-2022",
            "card-reader-provision",
            "home-consent",
            "home-visit",
            "limited-type",
            "online-consultation"
        ]
    );
    let home = Ruleset::embedded().programme(&ProgrammeId::from("home-consent")).unwrap();
    assert_eq!(home.name(day, Lang::Ja), "居宅同意取得型（地域診療情報連携推進費補助金）");
    assert_eq!(home.deadline(day).to_string(), "2026-01-31");
    assert_eq!(home.opens_on(day), None);
    assert!(Ruleset::embedded().programme(&ProgrammeId::from("x")).is_none());
}

#[test]
fn the_hash_names_the_rules_and_not_the_order_of_their_files() {
    let hash = Ruleset::embedded().hash();
    let mut files = Ruleset::embedded_files().to_vec();
    files.reverse();
    let turned = Ruleset::parse(&files).unwrap();
    assert_eq!(turned.hash(), hash);
    assert!(hash.starts_with("sha256:") && hash.len() == 71);
    let other = changed(HOME_CONSENT, &[("value = 128_000", "value = 128_001")]);
    assert_ne!(ruleset(&other, LIMITED_TYPE).hash(), ruleset(HOME_CONSENT, LIMITED_TYPE).hash());
    assert_ne!(Ruleset::parse(&files[3..]).unwrap().hash(), hash);
    // What is kept beside the decisions is all that is needed to work them out again.
    let kept = Ruleset::from_bytes(turned.to_bytes()).unwrap();
    assert_eq!((kept.hash(), kept.to_bytes()), (hash, Ruleset::embedded().to_bytes()));
    assert!(format!("{kept:?}").contains(hash), "a ruleset is named by its hash");
    assert!(Ruleset::from_bytes(b"[]").unwrap_err().to_string().contains("a JSON object of paths and texts"));
}

#[test]
fn a_new_programme_needs_no_code() {
    let text = changed(
        LIMITED_TYPE,
        &[("id = \"limited-type\"", "id = \"next-year\""), ("[\"limited-type\"]", "[\"next-year\", \"limited-type\"]")],
    );
    let rules = try_ruleset(&[("next-year", &text, NO_CHANGE), ("limited-type", LIMITED_TYPE, NO_CHANGE)]).unwrap();
    let mut facts =
        crate::cases::limited_type(FacilityKind::Clinic, &[crate::cases::expense(claim::Category::CardReader, 10_000)]);
    facts.programme = ProgrammeId::from("next-year");
    assert_eq!(rules.assess(&facts, &[]).unwrap().grant_yen.get(), 7_500);
    facts.earlier_grants = vec![ProgrammeId::from("limited-type")];
    let refused = rules.assess(&facts, &[]).unwrap();
    assert_eq!(crate::cases::codes(&refused.findings), ["already-granted"]);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the broken files are read from their folder")]
fn broken_files_are_refused_with_file_line_key_found_and_expected() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() > 40);
    let mut shown = String::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let error = try_ruleset(&[("example", &text, NO_CHANGE)]).expect_err(&name);
        for mistake in &error.mistakes {
            assert!(mistake.file.starts_with("example") && !mistake.key.is_empty(), "{mistake}");
            assert_eq!(mistake.to_string(), mistake.message(Lang::En), "in a log a mistake reads as in a terminal");
        }
        writeln!(shown, "# {name}\n{error}\n{}", error.message(Lang::Ja)).unwrap();
    }
    insta::assert_snapshot!("broken_files", shown);
}

/// A kind that any one value names is told what else it wants; only a kind that none names is told that it is missing.
#[test]
fn a_kind_that_one_value_names_is_told_which_others_it_wants() {
    let three = r#"kinds = ["hospital", "clinic", "pharmacy"]"#;
    let four = r#"kinds = ["hospital", "clinic", "pharmacy", "large_chain_pharmacy"]"#;
    let silent = include_str!("../broken/kind-not-mentioned.toml");
    for (item, wanted) in [
        (
            "eligible_category",
            ["category_ceiling (large_chain_pharmacy, mobile_terminal)", "cost_ceiling", "rate", "grant_ceiling"],
        ),
        (
            "category_ceiling",
            ["eligible_category (large_chain_pharmacy, mobile_terminal)", "cost_ceiling", "rate", "grant_ceiling"],
        ),
        ("cost_ceiling", ["eligible_category (large_chain_pharmacy)", "", "rate", "grant_ceiling"]),
        ("rate", ["eligible_category (large_chain_pharmacy)", "cost_ceiling", "", "grant_ceiling"]),
        ("grant_ceiling", ["eligible_category (large_chain_pharmacy)", "cost_ceiling", "rate", ""]),
    ] {
        let heading = format!("[[{item}]]\n");
        let (before, after) = silent.split_once(&heading).unwrap();
        let text = format!("{before}{heading}{}", after.replacen(three, four, 1));
        let mistakes = try_ruleset(&[("example", &text, NO_CHANGE)]).unwrap_err().mistakes;
        let keys: Vec<&str> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
        let wanted: Vec<String> = wanted
            .iter()
            .filter(|key| !key.is_empty())
            .map(|key| if key.contains('(') { (*key).to_owned() } else { format!("{key} (large_chain_pharmacy)") })
            .collect();
        assert_eq!(keys, wanted, "{item}");
    }
}

/// A category may be supported, dropped and supported again.
#[test]
fn a_category_may_be_eligible_in_two_periods_that_do_not_touch() {
    let kinds = "kinds = [\"hospital\", \"clinic\", \"pharmacy\", \"large_chain_pharmacy\"]\n";
    let base = include_str!("../broken/kinds-empty.toml").replace("kinds = []\n", kinds);
    let (whole, parts) = split(
        "eligible_category",
        kinds,
        "\"mobile_terminal\"",
        "\"mobile_terminal\"",
        "category",
        ("2025-11-30", "2025-12-05"),
    );
    let changes =
        format!("{}\n{}", changing_on("2025-12-01"), NO_CHANGE.replace("source =", "from = 2025-12-05\nsource ="));
    let two = changed(&base, &[(&whole, &parts)]);
    if let Err(error) = try_ruleset(&[("example", &two, &changes)]) {
        panic!("{error}");
    }
    let touching = changed(&two, &[("until = 2025-11-30", "until = 2025-12-05")]);
    let error = try_ruleset(&[("example", &touching, &changes)]).unwrap_err();
    assert!(error.mistakes.iter().any(|mistake| mistake.key.starts_with("eligible_category (hospital")), "{error}");
}

#[test]
fn what_stands_beside_a_programme_is_checked_as_strictly() {
    let late = late_case("limited-type");
    let change = |from: &str| NO_CHANGE.replace("checked_on", &format!("{from}checked_on"));
    let twice = format!("{NO_CHANGE}\n{}", change("from = 2025-04-01\n"));
    let table: [(&str, &str, String, String); 12] = [
        ("no changes", "changes.toml", String::new(), late.clone()),
        ("change without source", "", NO_CHANGE.replace("source = \"決定: 試験\"\n", ""), late.clone()),
        ("change with an unknown key", "", format!("{NO_CHANGE}who = \"x\"\n"), late.clone()),
        ("first change with a day", "", change("from = 2025-04-01\n"), late.clone()),
        ("two first changes", "", format!("{NO_CHANGE}\n{NO_CHANGE}"), late.clone()),
        ("a change of nothing", "", twice, late.clone()),
        ("no cases", "cases.toml", NO_CHANGE.to_owned(), String::new()),
        ("empty cases", "", NO_CHANGE.to_owned(), "# nothing yet\n".to_owned()),
        ("case without facts", "", NO_CHANGE.to_owned(), late.replace("facts", "fact")),
        ("case of another programme", "", NO_CHANGE.to_owned(), late_case("home-consent")),
        ("case that is no facts", "", NO_CHANGE.to_owned(), late.replace("\"kind\":\"pharmacy\"", "\"kind\":\"shop\"")),
        ("case that comes out differently", "", NO_CHANGE.to_owned(), late.replace("grant_yen = 0", "grant_yen = 75")),
    ];
    let mut shown = String::new();
    for (name, without, changes, cases) in table {
        let files = [
            ProgrammeFile { path: "limited-type/programme.toml", text: LIMITED_TYPE },
            ProgrammeFile { path: "limited-type/changes.toml", text: &changes },
            ProgrammeFile { path: "limited-type/cases.toml", text: &cases },
        ];
        let files: Vec<_> =
            files.into_iter().filter(|file| without.is_empty() || !file.path.ends_with(without)).collect();
        let error = Ruleset::parse(&files).expect_err(name);
        writeln!(shown, "# {name}\n{error}\n{}", error.message(Lang::Ja)).unwrap();
    }
    let stray =
        [ProgrammeFile { path: "x/notes.toml", text: "" }, ProgrammeFile { path: "x/programme.toml", text: "" }];
    writeln!(shown, "# a stray file\n{}", Ruleset::parse(&stray).unwrap_err()).unwrap();
    insta::assert_snapshot!("broken_beside", shown);
}

#[test]
fn all_mistakes_of_all_files_come_at_once() {
    let home = changed(HOME_CONSENT, &[("value = 822_000", "value = -1"), ("\"down\"", "\"floor\"")]);
    let limited = changed(LIMITED_TYPE, &[("[2, 4, 6]", "[2, 4, 7]")]);
    let mistakes = try_ruleset(&[
        ("home-consent", &home, NO_CHANGE),
        ("limited-type", &limited, NO_CHANGE),
        ("c/limited-type", LIMITED_TYPE, NO_CHANGE),
        ("d/limited-type", LIMITED_TYPE, NO_CHANGE),
    ])
    .unwrap_err()
    .mistakes;
    let places: Vec<(&str, &str)> =
        mistakes.iter().map(|mistake| (mistake.file.as_str(), mistake.key.as_str())).collect();
    assert_eq!(
        places,
        [
            ("home-consent/programme.toml", "cost_ceiling[0].value"),
            ("home-consent/programme.toml", "rounding_mode[0].value"),
            ("limited-type/programme.toml", "transitional_measures[0].value[2]"),
            ("d/limited-type", "id"),
        ]
    );
}

#[test]
fn the_embedded_programmes_give_nothing_to_remark() {
    let remarks = Ruleset::embedded().remarks();
    assert!(remarks.is_empty(), "{remarks:#?}");
}

#[test]
fn what_looks_wrong_in_a_readable_programme_is_remarked() {
    let opens = "value = \"none\"\nunit = \"day\"";
    let rounding = "[[rounding_unit]]\nvalue = 1\nunit = \"yen\"\n";
    let late = format!(
        "{rounding}source = \"決定: 試験\"\nchecked_on = 2026-11-20\nuntil = 2026-03-31\n\n\
         {rounding}from = 2026-04-01\n"
    );
    let change = NO_CHANGE.replace("source =", "from = 2026-04-01\nsource =");
    let two = format!("{NO_CHANGE}\n{change}");
    let table: [(&str, &str, &str, &str); 6] = [
        ("the grant ceiling is above what the rate gives", "value = 128_000", "value = 129_000", NO_CHANGE),
        ("the grant ceiling is a thousand yen too low", "value = 85_000", "value = 84_500", NO_CHANGE),
        ("the cost ceiling is above the categories", "value = 822_000", "value = 822_001", NO_CHANGE),
        ("a category is above the cost ceiling", "value = 781_000", "value = 830_000", NO_CHANGE),
        ("the first day is after the last", opens, "value = 2026-02-01\nunit = \"day\"", NO_CHANGE),
        ("a value begins after the deadline", rounding, &late, &two),
    ];
    let mut shown = String::new();
    for (name, from, to, changes) in table {
        let text = changed(HOME_CONSENT, &[(from, to)]);
        let rules =
            try_ruleset(&[("home-consent", &text, changes), ("limited-type", LIMITED_TYPE, NO_CHANGE)]).unwrap();
        writeln!(shown, "# {name}").unwrap();
        for remark in rules.remarks() {
            let kind = remark.kind.map_or("", FacilityKind::code);
            let from = remark.from.map_or_else(String::new, |day| day.to_string());
            for lang in [Lang::Ja, Lang::En] {
                writeln!(shown, "{} {kind} {from}: {}", remark.item, remark.message(lang)).unwrap();
            }
        }
    }
    // Without limited-type nobody supports card readers.
    let alone = try_ruleset(&[("home-consent", HOME_CONSENT, NO_CHANGE)]).unwrap();
    writeln!(shown, "# a category that nobody supports\n{}", alone.remarks()[0].message(Lang::Ja)).unwrap();
    insta::assert_snapshot!("remarks", shown);
}

/// A value split in two at a day: the same before and after, or another after.
fn split(item: &str, kinds: &str, before: &str, after: &str, unit: &str, day: (&str, &str)) -> (String, String) {
    let entry = |value: &str, limit: &str| format!("[[{item}]]\n{kinds}value = {value}\nunit = \"{unit}\"\n{limit}");
    let first = format!(
        "{}source = \"決定: 試験\"\nchecked_on = 2026-11-20\n\n",
        entry(before, &format!("until = {}\n", day.0))
    );
    (entry(before, ""), first + &entry(after, &format!("from = {}\n", day.1)))
}

fn changing_on(day: &str) -> String {
    format!("{NO_CHANGE}\n{}", NO_CHANGE.replace("source =", &format!("from = {day}\nsource =")))
}

/// Remarks of home-consent with texts replaced, as (item, kind, from).
fn remarks_of(replaced: &[(&str, &str)], changes: &str) -> Vec<(&'static str, String, String)> {
    let text = changed(HOME_CONSENT, replaced);
    let rules = try_ruleset(&[("home-consent", &text, changes), ("limited-type", LIMITED_TYPE, NO_CHANGE)]).unwrap();
    rules
        .remarks()
        .iter()
        .map(|remark| {
            let kind = remark.kind.map_or("", FacilityKind::code).to_owned();
            (remark.item, kind, remark.from.map_or_else(String::new, |day| day.to_string()))
        })
        .collect()
}

#[test]
fn a_remark_names_the_first_day_of_its_period_and_is_made_once() {
    let days = ("2025-11-30", "2025-12-01");
    let kinds = "kinds = [\"clinic\", \"pharmacy\"]\n";
    let (rate, halved) = split("rate", kinds, "\"3/4\"", "\"1/2\"", "fraction", days);
    let from_december: Vec<_> =
        ["clinic", "pharmacy"].map(|kind| ("grant_ceiling", kind.to_owned(), "2025-12-01".to_owned())).into();
    assert_eq!(remarks_of(&[(&rate, &halved)], &changing_on("2025-12-01")), from_december);

    // Wrong in both periods in the same words: said once for each kind, from the beginning.
    let (unit, again) = split("rounding_unit", "", "1", "1", "yen", days);
    let from_the_start: Vec<_> =
        ["clinic", "pharmacy"].map(|kind| ("grant_ceiling", kind.to_owned(), String::new())).into();
    let too_high = ("value = 128_000", "value = 129_000");
    assert_eq!(remarks_of(&[(&unit, &again), too_high], &changing_on("2025-12-01")), from_the_start);

    // Every kind of value opens a period of its own.
    for (item, kinds, before, after, further) in [
        ("cost_ceiling", "kinds = [\"hospital\"]\n", "822_000", "823_000", ""),
        ("grant_ceiling", "kinds = [\"hospital\"]\n", "411_000", "412_000", ""),
        ("category_ceiling", "kinds = [\"hospital\"]\ncategory = \"receipt_computer\"\n", "781_000", "780_000", ""),
    ] {
        let (whole, parts) = split(item, kinds, before, after, "yen", days);
        let found = remarks_of(&[(&whole, &parts)], &changing_on("2025-12-01"));
        assert!(
            !found.is_empty() && found.iter().all(|(_, _, from)| from == "2025-12-01"),
            "{item}{further}: {found:?}"
        );
    }
}

#[test]
fn limits_that_are_just_reached_are_nothing_to_remark() {
    // A first day that is the last day, and a category that reaches the whole cost ceiling.
    let opens = "value = \"none\"\nunit = \"day\"";
    assert_eq!(remarks_of(&[(opens, "value = 2026-01-31\nunit = \"day\"")], NO_CHANGE), []);
    let category = ("value = 781_000", "value = 822_000");
    assert!(remarks_of(&[category], NO_CHANGE).iter().all(|(item, ..)| *item != "category_ceiling"));
    // Values that hold only up to the day before the first, or only after the last; and those of the days themselves.
    let first = (opens, "value = 2025-07-01\nunit = \"day\"");
    for (until, from, met) in [
        ("2025-06-30", "2025-07-01", false),
        ("2025-07-01", "2025-07-02", true),
        ("2026-01-30", "2026-01-31", true),
        ("2026-01-31", "2026-02-01", false),
    ] {
        let (unit, parts) = split("rounding_unit", "", "1", "1", "yen", (until, from));
        let found = remarks_of(&[first, (&unit, &parts)], &changing_on(from));
        assert_eq!(found.is_empty(), met, "until {until}, from {from}: {found:?}");
    }
}

#[test]
fn changes_are_told_in_order_with_their_days() {
    let visit = Ruleset::embedded().programme(&ProgrammeId::from("home-visit")).unwrap();
    let days: Vec<Option<String>> =
        visit.changes().iter().map(|change| change.from.map(|day| day.to_string())).collect();
    assert_eq!(days, [None, Some("2025-05-12".to_owned())]);
}

/// What staff read of a rounding is the word for it.
#[test]
fn each_mode_of_rounding_has_its_word() {
    for (mode, ja, en) in [("down", "切捨て", "down"), ("up", "切上げ", "up"), ("half-up", "四捨五入", "half-up")]
    {
        let text = changed(HOME_CONSENT, &[("value = \"down\"", &format!("value = \"{mode}\""))]);
        let rules = ruleset(&text, LIMITED_TYPE);
        let programme = rules.programme(&ProgrammeId::from("home-consent")).unwrap();
        for (lang, word) in [(Lang::Ja, ja), (Lang::En, en)] {
            let listing = programme.listing(None, lang);
            assert_eq!(listing.iter().find(|value| value.item == "rounding_mode").unwrap().text, word);
        }
    }
}

/// A value of one day is a period like any other.
#[test]
fn a_value_may_hold_for_one_day() {
    let kinds = "kinds = [\"hospital\"]\n";
    let (whole, parts) = split("rate", kinds, "\"1/2\"", "\"1/2\"", "fraction", ("2025-11-30", "2025-12-01"));
    let one_day = parts.replacen("from = 2025-12-01\n", "from = 2025-12-01\nuntil = 2025-12-01\n", 1)
        + "source = \"決定: 試験\"\nchecked_on = 2026-11-20\n\n"
        + &whole.replace("unit = \"fraction\"\n", "unit = \"fraction\"\nfrom = 2025-12-02\n");
    let changes =
        format!("{}\n{}", changing_on("2025-12-01"), NO_CHANGE.replace("source =", "from = 2025-12-02\nsource ="));
    assert_eq!(remarks_of(&[(&whole, &one_day)], &changes), []);
}
