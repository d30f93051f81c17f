//! The rules against the oracle: random claims, the same answer to the yen. `cargo xtask bench rules --oracle N` does
//! the same with as many claims as one has time for.

use rules::{ProgrammeFile, Ruleset};
use tests::oracle::comparison::compare;
use tests::oracle::decide;

/// A few seconds without optimisation.
const CLAIMS: u64 = 60_000;

#[test]
fn rules_and_oracle_say_the_same_of_random_claims() {
    let comparison = compare(Ruleset::embedded(), 0, CLAIMS, || ());
    let shown: Vec<String> = comparison.differences.iter().take(5).map(ToString::to_string).collect();
    assert!(
        comparison.differences.is_empty(),
        "{} of {} claims differ:\n{}",
        comparison.differences.len(),
        comparison.claims,
        shown.join("\n")
    );
    assert_eq!(comparison.claims, CLAIMS);
    // Were hardly anything approved, the sums would hardly be compared.
    assert!(comparison.approved > CLAIMS / 10, "only {} of {CLAIMS} are approved", comparison.approved);
}

#[test]
fn the_oracle_itself_says_what_was_worked_out_by_hand() {
    // 41,000 + 130,000 = 171,000, x 3/4 = 128,250, at most 128,000 (domain.md 1.1).
    let line = |submitted_at: &str, code: &str| {
        format!(
            "{{\"claim_id\":\"C-1\",\"programme\":\"home-consent\",\"submitted_at\":\"{submitted_at}\",\
             \"purchased_on\":\"2025-06-15\",\"facility\":{{\"code\":\"{code}\",\"kind\":\"clinic\",\
             \"transitional_measure\":null}},\"expenses\":[{{\"category\":\"mobile_terminal\",\"amount_yen\":45100}},\
             {{\"category\":\"receipt_computer\",\"amount_yen\":143000}}],\"documents\":[\"receipt\",\"itemization\"],\
             \"earlier_grants\":[]}}"
        )
    };
    let cut = ["category-ceiling-applied", "category-ceiling-applied", "grant-ceiling-applied"];
    for in_time in ["2026-01-31T14:59:59Z", "2026-02-01T03:59:59.999+13:00", "2026-01-31T09:59:59-05:00"] {
        let answer = decide(&line(in_time, "1310110049")).unwrap();
        assert_eq!(
            (answer.outcome.as_str(), answer.grant_yen, answer.findings),
            ("approve", 128_000, cut.map(str::to_owned).to_vec())
        );
    }
    for late in ["2026-01-31T15:00:00Z", "2026-02-01T00:00:00+09:00", "2026-01-31T10:00:00-05:00"] {
        let answer = decide(&line(late, "1310110049")).unwrap();
        assert_eq!((answer.outcome.as_str(), answer.grant_yen, answer.computed_yen), ("reject", 0, 128_000), "{late}");
    }
    // A pharmacy in Tokyo: the rule is not known, and 0 is neither of the two digits, 2 and 5.
    assert_eq!(decide(&line("2026-01-31T14:59:59Z", "1340123450")).unwrap().outcome, "review");
}

/// The rules with one value of a programme changed. Its worked cases would refuse the change, which is what they are for;
/// one that no sum hangs on stands in for them.
fn with_one_change(programme: &str, from: &str, to: &str) -> Ruleset {
    let late = format!(
        "[[case]]\nwhat = \"期限後\"\nfacts = '{{\"claim_id\":\"C-1\",\"programme\":\"{programme}\",\
         \"submitted_at\":\"2090-01-01T00:00:00+09:00\",\"purchased_on\":\"2024-12-01\",\
         \"facility\":{{\"code\":\"1310110049\",\"kind\":\"pharmacy\",\"transitional_measure\":{{\"number\":2,\"ended_on\":null}}}},\
         \"expenses\":[{{\"category\":\"mobile_terminal\",\"amount_yen\":100}}],\
         \"documents\":[\"receipt\",\"itemization\"],\"earlier_grants\":[]}}'\n\
         outcome = \"reject\"\ngrant_yen = 0\nfindings = [\"deadline-passed\"]\n"
    );
    let (values, cases) = (format!("{programme}/programme.toml"), format!("{programme}/cases.toml"));
    let texts: Vec<(&str, String)> = Ruleset::embedded_files()
        .iter()
        .map(|file| match file.path {
            path if path == values => {
                assert_eq!(file.text.matches(from).count(), 1, "{from:?} in {path}");
                (path, file.text.replace(from, to))
            }
            path if path == cases => (path, late.clone()),
            path => (path, file.text.to_owned()),
        })
        .collect();
    let files: Vec<ProgrammeFile<'_>> = texts.iter().map(|(path, text)| ProgrammeFile { path, text }).collect();
    Ruleset::parse(&files).unwrap()
}

#[test]
fn one_value_that_is_slightly_wrong_does_not_escape_the_oracle() {
    for (programme, from, to) in [
        ("home-consent", "value = 2026-01-31", "value = 2026-01-30"),
        ("home-consent", "value = 41_000", "value = 41_001"),
        ("home-consent", "value = 781_000", "value = 780_999"),
        ("home-consent", "value = 822_000", "value = 821_999"),
        ("home-consent", "value = 411_000", "value = 410_999"),
        ("home-consent", "value = 128_000", "value = 128_001"),
        ("home-consent", "value = 85_000", "value = 85_001"),
        ("home-consent", "value = \"down\"", "value = \"half-up\""),
        ("home-consent", "value = [\"home-consent\"]", "value = [\"home-consent\", \"home-visit\"]"),
        ("limited-type", "value = 2025-02-01", "value = 2025-02-02"),
        ("limited-type", "value = [2, 4, 6]", "value = [2, 4, 5, 6]"),
        ("limited-type", "value = 31_000", "value = 30_999"),
        ("limited-type", "value = \"3/4\"", "value = \"74/100\""),
    ] {
        let comparison = compare(&with_one_change(programme, from, to), 0, 2_000, || ());
        assert!(!comparison.differences.is_empty(), "{programme}: {from} became {to} and nobody noticed");
    }
}
