//! Programme files: the embedded ones are whole and sourced, broken ones are refused with file, line and key, and the
//! listing shows every value.

use crate::cases::{HOME_CONSENT, LIMITED_TYPE, changed, ruleset};
use claim::{FacilityKind, Lang, ProgrammeId};
use rules::{ProgrammeFile, Ruleset};
use std::fmt::Write as _;

#[test]
fn every_value_of_every_programme_has_its_source_and_the_day_of_its_check() {
    for programme in Ruleset::embedded().programmes() {
        for lang in [Lang::Ja, Lang::En] {
            let listing = programme.listing(None, lang);
            // Nine items for all kinds, and for each kind two categories with their ceilings, and three more.
            assert_eq!(listing.len(), 9 + 4 * (2 * 2 + 3), "{}", programme.id());
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
    assert_eq!(ids, ["home-consent", "limited-type"]);
    let home = Ruleset::embedded().programme(&ProgrammeId::from("home-consent")).unwrap();
    assert_eq!(home.name(day, Lang::Ja), "居宅同意取得型（地域診療情報連携推進費補助金）");
    assert_eq!(home.deadline(day).to_string(), "2026-01-31");
    assert_eq!(home.opens_on(day), None);
    assert!(Ruleset::embedded().programme(&ProgrammeId::from("x")).is_none());
}

#[test]
fn the_hash_names_the_rules_and_not_the_order_of_their_files() {
    let files = [ProgrammeFile { path: "b", text: LIMITED_TYPE }, ProgrammeFile { path: "a", text: HOME_CONSENT }];
    let hash = Ruleset::embedded().hash();
    assert_eq!(Ruleset::parse(&files).unwrap().hash(), hash);
    assert!(hash.starts_with("sha256:") && hash.len() == 71);
    let other = changed(HOME_CONSENT, &[("value = 128_000", "value = 128_001")]);
    assert_ne!(ruleset(&other, LIMITED_TYPE).hash(), hash);
    assert_ne!(Ruleset::parse(&files[1..]).unwrap().hash(), hash);
}

#[test]
fn a_new_programme_needs_no_code() {
    let text = changed(
        LIMITED_TYPE,
        &[("id = \"limited-type\"", "id = \"next-year\""), ("[\"limited-type\"]", "[\"next-year\", \"limited-type\"]")],
    );
    let rules = Ruleset::parse(&[
        ProgrammeFile { path: "next-year/programme.toml", text: &text },
        ProgrammeFile { path: "limited-type/programme.toml", text: LIMITED_TYPE },
    ])
    .unwrap();
    let mut facts =
        crate::cases::limited_type(FacilityKind::Clinic, &[crate::cases::expense(claim::Category::CardReader, 10_000)]);
    facts.programme = ProgrammeId::from("next-year");
    assert_eq!(rules.assess(&facts, &[]).unwrap().grant_yen.get(), 7_500);
    facts.earlier_grants = vec![ProgrammeId::from("limited-type")];
    let refused = rules.assess(&facts, &[]).unwrap();
    assert_eq!(crate::cases::codes(&refused.findings), ["already-granted"]);
}

#[test]
fn broken_files_are_refused_with_file_line_key_found_and_expected() {
    let rate = "[[rate]]\nkinds = [\"hospital\"]\nvalue = \"1/2\"\nunit = \"fraction\"\n";
    let deadline = "value = 2026-01-31\nunit = \"day\"\n";
    let second_rate = format!("{rate}source = \"決定: 試験\"\nchecked_on = 2026-11-20\n\n{rate}");
    let table: [(&str, &str, &str); 33] = [
        ("no TOML", "id = \"home-consent\"", "id = home-consent"),
        ("id missing", "id = \"home-consent\"\n", ""),
        ("id of another form", "id = \"home-consent\"", "id = \"居宅\""),
        ("unknown item", "[[name_en]]", "[[name_eng]]"),
        ("unknown key of a value", deadline, "value = 2026-01-31\nunit = \"day\"\nnote = \"x\"\n"),
        ("kinds where there are none", deadline, "value = 2026-01-31\nunit = \"day\"\nkinds = [\"clinic\"]\n"),
        ("source missing", "source = \"001 病院 補助率 1 / 2\"\n", ""),
        ("source empty", "source = \"001 病院 補助率 1 / 2\"", "source = \"\""),
        ("source without a phrase", "source = \"001 病院 補助率 1 / 2\"", "source = \"001 \""),
        ("source of an unknown document", "source = \"001 病院 補助率 1 / 2\"", "source = \"002 病院\""),
        ("checked_on missing", "source = \"001 病院 補助率 1 / 2\"\nchecked_on = 2026-11-20", "source = \"001 病院\""),
        ("documents missing", "[source_documents]\n001", "[source]\n001"),
        ("unit missing", rate, "[[rate]]\nkinds = [\"hospital\"]\nvalue = \"1/2\"\n"),
        ("unit of another item", rate, "[[rate]]\nkinds = [\"hospital\"]\nvalue = \"1/2\"\nunit = \"yen\"\n"),
        ("rate above one", rate, "[[rate]]\nkinds = [\"hospital\"]\nvalue = \"3/2\"\nunit = \"fraction\"\n"),
        ("rate a number", rate, "[[rate]]\nkinds = [\"hospital\"]\nvalue = 0.5\nunit = \"fraction\"\n"),
        ("rate of an unknown kind", rate, "[[rate]]\nkinds = [\"hospitals\"]\nvalue = \"1/2\"\nunit = \"fraction\"\n"),
        ("rate of no kind", rate, "[[rate]]\nkinds = []\nvalue = \"1/2\"\nunit = \"fraction\"\n"),
        ("rate missing for a kind", rate, "[[rate]]\nkinds = [\"clinic\"]\nvalue = \"1/2\"\nunit = \"fraction\"\n"),
        ("two rates at once", rate, &second_rate),
        ("rate that ends", rate, &format!("{rate}until = 2026-01-31\n")),
        ("rate that begins", rate, &format!("{rate}from = 2026-01-31\n")),
        ("days the wrong way round", rate, &format!("{rate}from = 2026-02-01\nuntil = 2026-01-31\n")),
        ("yen with a fraction", "value = 822_000", "value = 822_000.5"),
        ("yen negative", "value = 822_000", "value = -1"),
        ("yen in quotes", "value = 822_000", "value = \"822,000\""),
        ("deadline with a time", "value = 2026-01-31", "value = 2026-01-31T23:59:59"),
        ("no such deadline", "value = 2026-01-31", "value = 2026-02-30"),
        ("rounding unknown", "value = \"down\"", "value = \"floor\""),
        ("rounding to nothing", "value = 1\nunit = \"yen\"", "value = 0\nunit = \"yen\""),
        ("category unknown", "value = \"receipt_computer\"", "value = \"other\""),
        ("own id not excluded", "[\"home-consent\"]", "[]"),
        ("unknown programme excluded", "[\"home-consent\"]", "[\"home-consent\", \"home-visit\"]"),
    ];
    let mut shown = String::new();
    for (name, from, to) in table {
        let text = changed(HOME_CONSENT, &[(from, to)]);
        let files = [
            ProgrammeFile { path: "home-consent/programme.toml", text: &text },
            ProgrammeFile { path: "limited-type/programme.toml", text: LIMITED_TYPE },
        ];
        let error = Ruleset::parse(&files).expect_err(name);
        for mistake in &error.mistakes {
            assert_eq!(mistake.file, "home-consent/programme.toml");
            assert!(!mistake.key.is_empty());
        }
        writeln!(shown, "# {name}\n{error}").unwrap();
    }
    insta::assert_snapshot!("broken_files", shown);
}

#[test]
fn all_mistakes_of_all_files_come_at_once() {
    let home = changed(HOME_CONSENT, &[("value = 822_000", "value = -1"), ("\"down\"", "\"floor\"")]);
    let limited = changed(LIMITED_TYPE, &[("[2, 4, 6]", "[2, 4, 7]")]);
    let files = [
        ProgrammeFile { path: "a.toml", text: &home },
        ProgrammeFile { path: "b.toml", text: &limited },
        ProgrammeFile { path: "c.toml", text: LIMITED_TYPE },
        ProgrammeFile { path: "d.toml", text: LIMITED_TYPE },
    ];
    let mistakes = Ruleset::parse(&files).unwrap_err().mistakes;
    let places: Vec<(&str, &str)> =
        mistakes.iter().map(|mistake| (mistake.file.as_str(), mistake.key.as_str())).collect();
    assert_eq!(
        places,
        [
            ("a.toml", "cost_ceiling[0].value"),
            ("a.toml", "rounding_mode[0].value"),
            ("b.toml", "transitional_measures[0].value[2]"),
            ("d.toml", "id"),
        ]
    );
}
