//! Facts from outside: what is taken, and what each mistake gives.

use claim::{Category, DocumentKind, FacilityKind, Lang};
use rules::Ruleset;
use std::fmt::Write as _;

/// The example of the contract, a key to a line.
const GOOD: &str = r#"{"claim_id":"C-1",
"programme":"home-consent",
"submitted_at":"2026-01-31T14:59:59Z",
"purchased_on":"2025-06-15",
"facility":{"code":"1310110049","kind":"clinic","transitional_measure":{"number":2,"ended_on":null}},
"expenses":[{"category":"mobile_terminal","amount_yen":45100},{"category":"receipt_computer","amount_yen":143000}],
"documents":["receipt","itemization"],
"earlier_grants":[],
"claimed_yen":null}"#;

fn line(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "no {from:?} in the example");
    GOOD.replacen(from, to, 1).replace('\n', "")
}

#[test]
fn the_contracts_example_is_taken_and_comes_to_128_000_yen() {
    let facts = Ruleset::embedded().parse_facts(&line("", "")).unwrap();
    assert_eq!(facts.facility.kind, FacilityKind::Clinic);
    assert_eq!(facts.documents, [DocumentKind::Receipt, DocumentKind::Itemization]);
    assert_eq!(facts.expenses[1].category, Category::ReceiptComputer);
    let assessment = Ruleset::embedded().assess(&facts, &[]).unwrap();
    assert_eq!(assessment.grant_yen.get(), 128_000);
    assert_eq!(assessment.findings[0].source.as_deref(), Some("001 事業額上限は、モバイル端末：4.1万円"));
    // What is taken is what the log keeps.
    let kept = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<claim::Facts>(&kept).unwrap(), facts);
    assert_eq!(Ruleset::embedded().parse_facts(&kept).unwrap(), facts);
}

#[test]
fn what_may_be_left_out_or_null_may() {
    for (from, to) in [
        (",\n\"claimed_yen\":null", ""),
        ("\"claimed_yen\":null", "\"claimed_yen\":128000"),
        (r#"{"number":2,"ended_on":null}"#, "null"),
        (r#""ended_on":null"#, r#""ended_on":"2025-06-14""#),
        (r#"["receipt","itemization"]"#, "[]"),
        (r#"["receipt","itemization"]"#, r#"["estimate","invoice","delivery_note","other","receipt","receipt"]"#),
        (r#""earlier_grants":[]"#, r#""earlier_grants":["limited-type","home-consent"]"#),
        ("Z\"", "+00:00\""),
        ("2026-01-31T14:59:59Z", "2026-02-01T04:59:59+14:00"),
        ("2026-01-31T14:59:59Z", "2026-01-31T09:59:59-05:00"),
        ("1310110049", "13-1-01-1004-9"),
        ("45100", "0"),
        ("45100", "999999999856999"),
    ] {
        let result = Ruleset::embedded().parse_facts(&line(from, to));
        assert!(result.is_ok(), "{from} -> {to}: {}", result.unwrap_err());
    }
}

#[test]
fn every_mistake_has_its_code_place_and_words() {
    let table = [
        ("not JSON", "{\"claim_id\":\"C-1\",", "{\"claim_id\":\"C-1\""),
        ("nothing", GOOD, ""),
        ("two values", "\"claimed_yen\":null}", "\"claimed_yen\":null} {}"),
        ("a list", GOOD, "[1]"),
        ("id missing", "\"claim_id\":\"C-1\",\n", ""),
        ("id empty", "\"C-1\"", "\" \""),
        ("id a number", "\"C-1\"", "7"),
        ("programme missing", "\"programme\":\"home-consent\",\n", ""),
        ("programme unknown", "home-consent", "home-care"),
        ("time missing", "\"submitted_at\":\"2026-01-31T14:59:59Z\",\n", ""),
        ("time without offset", "14:59:59Z", "14:59:59"),
        ("no such time", "14:59:59Z", "24:59:59Z"),
        ("time a day", "2026-01-31T14:59:59Z", "2026-01-31"),
        ("time in another century", "2026-01-31T", "0206-01-31T"),
        ("day missing", "\"purchased_on\":\"2025-06-15\",\n", ""),
        ("day null", "\"2025-06-15\"", "null"),
        ("no such day", "2025-06-15", "2025-06-31"),
        ("day with a time", "2025-06-15", "2025-06-15T00:00:00"),
        ("day written short", "2025-06-15", "2025-6-15"),
        ("day in another century", "2025-06-15", "0205-06-15"),
        ("day in 和暦", "2025-06-15", "令和7年6月15日"),
        (
            "facility a text",
            r#"{"code":"1310110049","kind":"clinic","transitional_measure":{"number":2,"ended_on":null}}"#,
            "\"1310110049\"",
        ),
        ("code short", "1310110049", "131011004"),
        ("code a number", "\"1310110049\"", "1310110049"),
        ("code of no prefecture", "1310110049", "4810110049"),
        ("code of no fee table", "1310110049", "1380110049"),
        ("code with a wrong check digit", "1310110049", "1310110048"),
        ("code missing", "\"code\":\"1310110049\",", ""),
        ("kind unknown", "clinic", "dentist"),
        ("kind in Japanese", "clinic", "診療所"),
        ("kind missing", "\"kind\":\"clinic\",", ""),
        ("measure missing", ",\"transitional_measure\":{\"number\":2,\"ended_on\":null}", ""),
        ("measure unknown", "\"number\":2", "\"number\":7"),
        ("measure a text", "\"number\":2", "\"number\":\"2\""),
        ("measure without end", ",\"ended_on\":null", ""),
        ("measure with a key more", "\"ended_on\":null", "\"ended_on\":null,\"since\":null"),
        ("expenses null", GOOD.split("\"expenses\":").nth(1).unwrap().split(",\n").next().unwrap(), "null"),
        ("category unknown", "receipt_computer", "printer"),
        ("category missing", "\"category\":\"mobile_terminal\",", ""),
        ("amount missing", ",\"amount_yen\":143000", ""),
        ("amount negative", "143000", "-1"),
        ("amount with a fraction", "143000", "143000.5"),
        ("amount with a point", "143000", "143000.0"),
        ("amount with an exponent", "143000", "1.43e5"),
        ("amount a text", "143000", "\"143000\""),
        ("amount null", "143000", "null"),
        ("amount too large", "143000", "1000000000000000"),
        ("amount beyond 64 bits", "143000", "99999999999999999999"),
        ("sum too large", "143000", "999999999999999"),
        ("documents unknown", "\"receipt\",", "\"receit\","),
        ("documents missing", "\"documents\":[\"receipt\",\"itemization\"],\n", ""),
        ("documents a text", "[\"receipt\",\"itemization\"]", "\"receipt\""),
        ("grants unknown", "\"earlier_grants\":[]", "\"earlier_grants\":[\"home-consent\",\"houmon\"]"),
        ("grants missing", "\"earlier_grants\":[],\n", ""),
        ("claimed negative", "\"claimed_yen\":null", "\"claimed_yen\":-128000"),
        ("key unknown", "\"claimed_yen\":null", "\"claimed_yen\":null,\"note\":\"x\""),
        ("key misspelled", "\"claimed_yen\":null", "\"claimed\":null"),
        ("key twice", "\"claimed_yen\":null", "\"claimed_yen\":null,\"claim_id\":\"C-2\""),
        ("key twice below", "\"amount_yen\":143000", "\"amount_yen\":143000,\"amount_yen\":1"),
        ("three at once", "\"C-1\",\n\"programme\":\"home-consent\"", "\"C-1\",\"programm\":\"home-consent\""),
    ];
    let mut shown = String::new();
    for (name, from, to) in table {
        let error = Ruleset::embedded().parse_facts(&line(from, to)).expect_err(name);
        let ja = serde_json::to_string(&error.view(Lang::Ja)).unwrap();
        writeln!(shown, "# {name}\n{ja}\n{}", error.message(Lang::En)).unwrap();
        for problem in error.problems() {
            for lang in [Lang::Ja, Lang::En] {
                assert!(!problem.message(lang).is_empty() && !problem.message(lang).contains('\n'), "{name}");
            }
        }
    }
    insta::assert_snapshot!("bad_facts", shown);
}

#[test]
fn the_claim_is_named_whenever_the_line_is_json_with_an_id() {
    for (from, to, id) in [
        ("home-consent", "x", Some("C-1")),
        ("\"C-1\"", "7", None),
        ("\"claim_id\":\"C-1\",\n", "", None),
        ("\"claimed_yen\":null", "\"x\":[{\"claim_id\":\"C-2\"}]", Some("C-1")),
        ("\"claimed_yen\":null}", "\"claimed_yen\":null", None),
    ] {
        let error = Ruleset::embedded().parse_facts(&line(from, to)).unwrap_err();
        assert_eq!(error.claim_id.as_deref(), id, "{from} -> {to}");
    }
}

#[test]
fn a_hostile_line_is_an_error_and_not_a_crash() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(50_000), "\"\\ud800\"".to_owned(), "\u{0}".to_owned()] {
        assert_eq!(Ruleset::embedded().parse_facts(&text).unwrap_err().code(), "invalid-json");
    }
}

/// What was found is shown as it stood, short enough for a line, and never empty.
#[test]
fn what_was_found_is_shown_in_json_and_short() {
    let message = |from: &str, to: &str| {
        Ruleset::embedded().parse_facts(&line(from, to)).unwrap_err().message(Lang::En).to_owned()
    };
    let long = format!("\"{}\"", "あ".repeat(50));
    for (to, shown) in [
        ("[]", "found []"),
        ("[1]", "found […]"),
        ("{}", "found {…}"),
        ("true", "found true"),
        ("\"短い\"", "found \"短い\""),
        (&format!("\"{}\"", "あ".repeat(40)), &format!("found \"{}\"", "あ".repeat(40))),
        (&long, &format!("found \"{}…\"", "あ".repeat(40))),
    ] {
        let message = message("\"2025-06-15\"", to);
        assert!(message.contains(shown), "{to}: {message}");
    }
    // A day of the right length in another form is no day.
    for to in ["\"2025/06/15\"", "\"20250615xx\"", "\"2025-6-015\"", "\"15-06-2025\""] {
        assert!(message("\"2025-06-15\"", to).contains("purchased_on"), "{to}");
    }
}

#[test]
fn all_that_is_wrong_with_a_line_stands_in_one_message_each_once() {
    let text = line("\"kind\":\"clinic\"", "\"kind\":\"shop\"").replace("2025-06-15", "きのう");
    let error = Ruleset::embedded().parse_facts(&text).unwrap_err().to_string();
    assert_eq!(error.matches("; ").count(), 1, "{error}");
    assert!(!error.starts_with(';') && error.contains("purchased_on") && error.contains("facility.kind"), "{error}");
    assert_eq!(Ruleset::embedded().parse_facts(&text).unwrap_err().place(), "purchased_on");
    let facility = "\"facility\":{\"code\":\"1310110049\",\"kind\":\"clinic\",\"transitional_measure\":{\"number\":2,\"ended_on\":null}},\n";
    let error = Ruleset::embedded().parse_facts(&line(facility, "")).unwrap_err();
    assert!(error.message(Lang::En).contains("code, kind and transitional_measure"), "{error}");
}
