//! When each finding of the rules is given, and when it is not.

use crate::cases::{
    HOME_CONSENT, LIMITED_TYPE, NO_CHANGE, assess, changed, clinic, codes, every_sentence_is_whole, expense,
    home_consent, limited_type, observed, ruleset, try_ruleset, without_hash, yen,
};
use claim::{
    Category, DocumentKind, FacilityKind, Facts, Finding, FindingCode, InstitutionCode, Lang, Outcome, Place,
    ProgrammeId, TransitionalMeasure,
};
use rules::Ruleset;

fn found(facts: &Facts) -> Vec<&'static str> {
    codes(&assess(facts).findings)
}

#[test]
fn the_deadline_is_the_whole_last_day_in_japan_whatever_the_offset() {
    let last_second = [
        "2026-01-31T23:59:59+09:00",
        "2026-01-31T23:59:59.999999999+09:00",
        "2026-01-31T14:59:59Z",
        "2026-01-31T09:59:59-05:00",
        "2026-02-01T04:59:59+14:00",
    ];
    let next_second =
        ["2026-02-01T00:00:00+09:00", "2026-01-31T15:00:00Z", "2026-01-31T10:00:00-05:00", "2026-02-01T05:00:00+14:00"];
    // limited-type ends on the same day of the year before plus one day: 2025-02-01.
    let shift = |at: &str| at.replace("2026-02-01", "2025-02-02").replace("2026-01-31", "2025-02-01");
    for kind in FacilityKind::ALL {
        for (times, late) in [(&last_second[..], false), (&next_second[..], true)] {
            for at in times {
                let mut home = home_consent(kind, &[expense(Category::MobileTerminal, 41_000)]);
                home.submitted_at = at.parse().unwrap();
                let mut limited = limited_type(kind, &[expense(Category::CardReader, 1_000)]);
                limited.submitted_at = shift(at).parse().unwrap();
                for facts in [home, limited] {
                    let assessment = assess(&facts);
                    let expected = if late { Outcome::Reject } else { Outcome::Approve };
                    assert_eq!(assessment.outcome, expected, "{kind:?} {at}");
                    assert_eq!(codes(&assessment.findings).contains(&"deadline-passed"), late, "{kind:?} {at}");
                    assert_eq!(assessment.grant_yen == yen(0), late);
                    assert!(assessment.computed_yen > yen(0));
                }
            }
        }
    }
}

#[test]
fn a_claim_before_the_first_day_is_refused_where_a_programme_names_one() {
    let text = changed(
        HOME_CONSENT,
        &[(
            "value = \"none\"\nunit = \"day\"\nsource = \"決定: 001 に受付開始日の記載がないため、設けない\"",
            "value = 2025-07-01\nunit = \"day\"\nsource = \"決定: 試験\"",
        )],
    );
    let rules = ruleset(&text, LIMITED_TYPE);
    for (at, early) in [("2025-06-30T14:59:59Z", true), ("2025-06-30T15:00:00Z", false)] {
        let mut facts = clinic();
        facts.submitted_at = at.parse().unwrap();
        let assessment = rules.assess(&facts, &[]).unwrap();
        every_sentence_is_whole(&assessment);
        assert_eq!(codes(&assessment.findings) == ["not-yet-open"], early, "{at}");
    }
    assert_eq!(found(&clinic()), [""; 0]);
}

#[test]
fn limited_type_asks_for_one_of_three_measures_on_the_day_of_purchase() {
    let rejected = "transitional-measure-required";
    // Number, last day; bought on 2024-12-15.
    for (number, ended_on, refused) in [
        (1, None, true),
        (2, None, false),
        (3, None, true),
        (4, None, false),
        (5, None, true),
        (6, None, false),
        (2, Some("2024-12-14"), true),
        (2, Some("2024-12-15"), false),
        (2, Some("2024-12-16"), false),
        (3, Some("2099-01-01"), true),
    ] {
        let mut facts = limited_type(FacilityKind::Clinic, &[expense(Category::CardReader, 10_000)]);
        facts.facility.transitional_measure =
            Some(TransitionalMeasure { number, ended_on: ended_on.map(|day| day.parse().unwrap()) });
        assert_eq!(found(&facts).contains(&rejected), refused, "({number}) {ended_on:?}");
    }
    let mut without = limited_type(FacilityKind::Clinic, &[expense(Category::CardReader, 10_000)]);
    without.facility.transitional_measure = None;
    let assessment = assess(&without);
    assert_eq!(assessment.outcome, Outcome::Reject);
    assert_eq!(
        assessment.findings[0].message(Lang::Ja),
        "購入日（令和6年12月15日）に適用されている経過措置が確認できません（登録: なし、必要: 経過措置(2、4、6)のいずれか）。"
    );
    // home-consent asks for none.
    assert_eq!(found(&clinic()), [""; 0]);
}

/// Another doubt does not stand for this one: only what is said of the day itself, or of the receipt, is.
#[test]
fn an_unknown_day_is_said_unless_it_has_been_said() {
    let mut limited = limited_type(FacilityKind::Clinic, &[expense(Category::CardReader, 10_000)]);
    let mut home = clinic();
    (limited.purchased_on, home.purchased_on) = (None, None);
    let uncertain = |field: &str| {
        Finding::new(FindingCode::ReadingUncertain)
            .with("field", field)
            .with("field_ja", "項目")
            .with("field_en", "field")
            .with("found_ja", "1")
            .with("found_en", "1")
    };
    let unreadable = |document: &str| {
        Finding::new(FindingCode::DocumentUnreadable)
            .with("document", document)
            .with("problem_ja", "理由。")
            .with("problem_en", "why")
    };
    for (observed_findings, days_at_home, days_limited) in [
        (vec![], 1, 1),
        (vec![uncertain("purchased_on")], 0, 0),
        (vec![uncertain("amounts")], 1, 1),
        (vec![unreadable("itemization")], 1, 1),
        // Without a readable receipt the day matters only where a measure hangs on it.
        (vec![unreadable("receipt")], 0, 1),
    ] {
        for (facts, expected) in [(&home, days_at_home), (&limited, days_limited)] {
            let assessment = observed(facts, &observed_findings);
            let of_the_day: Vec<&Finding> = assessment
                .findings
                .iter()
                .filter(|finding| finding.place == Some(Place::key("purchased_on")))
                .collect();
            assert_eq!(of_the_day.len(), expected, "{observed_findings:?}");
            for finding in of_the_day {
                // Only a programme that asks for a measure has a source for asking the day.
                assert_eq!(finding.source.is_some(), facts.programme.as_str() == "limited-type");
            }
        }
    }
}

/// A category counts on the days on which a value says so, the first and the last included.
#[test]
fn a_category_is_eligible_on_its_days_only() {
    let entry = "[[eligible_category]]\nkinds = [\"hospital\", \"clinic\", \"pharmacy\", \"large_chain_pharmacy\"]\nvalue = \"receipt_computer\"\nunit = \"category\"\n";
    let text = changed(HOME_CONSENT, &[(entry, &format!("{entry}from = 2025-10-01\nuntil = 2025-12-31\n"))]);
    let change = |day: &str| NO_CHANGE.replace("source =", &format!("from = {day}\nsource ="));
    let changes = format!("{NO_CHANGE}\n{}\n{}", change("2025-10-01"), change("2026-01-01"));
    let rules = try_ruleset(&[("home-consent", &text, &changes), ("limited-type", LIMITED_TYPE, NO_CHANGE)]).unwrap();
    for (day, eligible) in [("2025-09-30", false), ("2025-10-01", true), ("2025-12-31", true), ("2026-01-01", false)] {
        let mut facts = clinic();
        facts.submitted_at = format!("{day}T12:00:00+09:00").parse().unwrap();
        let assessment = rules.assess(&facts, &[]).unwrap();
        assert_eq!(assessment.computed_yen > yen(0), eligible, "{day}");
        assert_eq!(codes(&assessment.findings).contains(&"no-eligible-expense"), !eligible, "{day}");
    }
}

#[test]
fn nothing_eligible_names_what_would_be_and_the_source() {
    let facts = home_consent(FacilityKind::Clinic, &[expense(Category::CardReader, 10_000)]);
    let assessment = assess(&facts);
    let finding = assessment.findings.iter().find(|one| one.code == FindingCode::NoEligibleExpense).unwrap();
    assert!(finding.message(Lang::Ja).contains("対象: モバイル端末等、レセプトコンピュータの改修"), "{finding:?}");
    let source = finding.source.as_deref().unwrap();
    assert!(source.contains("001 ① 顔認証付きカードリーダー") && source.contains(" / 001 ② レセプト"), "{source}");
}

#[test]
fn an_unknown_day_of_purchase_goes_to_a_person_and_never_refuses() {
    let mut limited = limited_type(FacilityKind::Clinic, &[expense(Category::CardReader, 10_000)]);
    limited.facility.transitional_measure = None;
    limited.purchased_on = None;
    let mut home = clinic();
    home.purchased_on = None;
    for facts in [&limited, &home] {
        let assessment = assess(facts);
        assert_eq!(codes(&assessment.findings), ["reading-uncertain"]);
        assert_eq!(assessment.outcome, Outcome::Review);
        // The examination says it with its place: then it is said once.
        let said = Finding::new(FindingCode::ReadingUncertain)
            .at(Place::file("領収書.pdf"))
            .with("field", "purchased_on")
            .with("field_ja", "領収書の日付")
            .with("field_en", "date")
            .with("found_ja", "なし")
            .with("found_en", "nothing");
        assert_eq!(observed(facts, std::slice::from_ref(&said)).findings, [said]);
    }
    // Without a receipt, that the receipt is missing says it all.
    home.documents = vec![DocumentKind::Itemization];
    assert_eq!(found(&home), ["receipt-missing"]);
}

#[test]
fn a_programme_is_granted_once() {
    for (programme, earlier, refused) in [
        ("home-consent", &["home-consent"][..], true),
        ("home-consent", &["limited-type"], false),
        ("home-consent", &["limited-type", "home-consent", "home-consent"], true),
        ("home-consent", &[], false),
        ("limited-type", &["limited-type"], true),
        ("limited-type", &["home-consent"], false),
    ] {
        let mut facts = match programme {
            "home-consent" => clinic(),
            _ => limited_type(FacilityKind::Clinic, &[expense(Category::CardReader, 10_000)]),
        };
        facts.earlier_grants = earlier.iter().map(|id| ProgrammeId::from(*id)).collect();
        let assessment = assess(&facts);
        assert_eq!(codes(&assessment.findings) == ["already-granted"], refused, "{programme} {earlier:?}");
        assert_eq!(assessment.outcome == Outcome::Reject, refused);
    }
}

#[test]
fn nothing_eligible_is_refused_unless_amounts_are_still_open() {
    let nothing: [&[claim::Expense]; 4] = [
        &[],
        &[expense(Category::Other, 50_000)],
        &[expense(Category::CardReader, 5_000)],
        &[expense(Category::ReceiptComputer, 0)],
    ];
    for expenses in nothing {
        let facts = home_consent(FacilityKind::Clinic, expenses);
        let assessment = assess(&facts);
        assert_eq!(assessment.outcome, Outcome::Reject);
        assert!(codes(&assessment.findings).contains(&"no-eligible-expense"));
        assert_eq!(assessment.computed_yen, yen(0));
        let open =
            Finding::new(FindingCode::DescriptionTooVague).with("description", "一式").with("amount_yen", yen(100));
        let assessment = observed(&facts, &[open]);
        assert_eq!(assessment.outcome, Outcome::Return);
        assert!(!codes(&assessment.findings).contains(&"no-eligible-expense"));
    }
    // An uncertain day says nothing about amounts.
    let day = Finding::new(FindingCode::ReadingUncertain)
        .with("field", "purchased_on")
        .with("field_ja", "領収書の日付")
        .with("field_en", "date")
        .with("found", "2025");
    let assessment = observed(&home_consent(FacilityKind::Clinic, &[]), &[day]);
    assert_eq!(codes(&assessment.findings), ["no-eligible-expense", "reading-uncertain"]);
}

#[test]
fn documents_are_asked_for_and_an_estimate_is_no_receipt() {
    use DocumentKind::{DeliveryNote, Estimate, Invoice, Itemization, Other, Receipt};
    for (documents, expected) in [
        (&[Receipt, Itemization][..], &[][..]),
        (&[Receipt, Receipt, Itemization, Itemization], &[]),
        (&[Receipt, Itemization, Other], &[]),
        (&[Itemization], &["receipt-missing"]),
        (&[Other, Itemization], &["receipt-missing"]),
        (&[Receipt], &["itemization-missing"]),
        (&[], &["receipt-missing", "itemization-missing"]),
        (&[Estimate, Itemization], &["estimate-not-receipt"]),
        (&[Invoice, Itemization], &["estimate-not-receipt"]),
        (&[DeliveryNote, Itemization], &["estimate-not-receipt"]),
        (&[Estimate], &["itemization-missing", "estimate-not-receipt"]),
        (&[Receipt, Estimate, Itemization], &["estimate-not-receipt"]),
        (&[Estimate, Invoice, Estimate, Itemization], &["estimate-not-receipt", "estimate-not-receipt"]),
    ] {
        let mut facts = clinic();
        facts.documents = documents.to_vec();
        assert_eq!(found(&facts), expected, "{documents:?}");
    }
}

#[test]
fn a_receipt_after_the_submission_is_looked_at() {
    for (purchased_on, submitted_at, later) in [
        ("2025-12-20", "2025-12-20T00:00:00+09:00", false),
        ("2025-12-20", "2025-12-19T15:00:00Z", false),
        ("2025-12-20", "2025-12-19T14:59:59Z", true),
        ("2025-12-21", "2025-12-20T23:59:59+09:00", true),
    ] {
        let mut facts = clinic();
        facts.purchased_on = Some(purchased_on.parse().unwrap());
        facts.submitted_at = submitted_at.parse().unwrap();
        let assessment = assess(&facts);
        assert_eq!(codes(&assessment.findings) == ["receipt-after-submission"], later, "{purchased_on} {submitted_at}");
        assert_eq!(assessment.outcome == Outcome::Review, later);
    }
}

#[test]
fn a_claimed_amount_is_compared_with_what_was_worked_out() {
    for (claimed, differs) in [(None, false), (Some(97_500), false), (Some(97_499), true), (Some(0), true)] {
        let mut facts = clinic();
        facts.claimed_yen = claimed.map(yen);
        let assessment = assess(&facts);
        assert_eq!(codes(&assessment.findings) == ["claimed-amount-differs"], differs, "{claimed:?}");
        assert_eq!(assessment.grant_yen, yen(97_500));
    }
}

#[test]
fn a_doubtful_institution_code_is_looked_at() {
    // A pharmacy in Tokyo may follow either rule; its neighbours by one digit follow neither.
    let doubtful = (0..10)
        .filter_map(|digit| InstitutionCode::parse(&format!("134012345{digit}")).ok())
        .find(|code| code.check_digit() == claim::CheckDigit::Doubtful)
        .unwrap();
    let mut facts = clinic();
    facts.facility.code = doubtful;
    assert_eq!(found(&facts), ["institution-code-doubtful"]);
}

#[test]
fn findings_come_gravest_first_and_all_of_them() {
    let mut facts =
        limited_type(FacilityKind::Clinic, &[expense(Category::Other, 10_000), expense(Category::CardReader, 100_000)]);
    facts.submitted_at = "2025-02-02T00:00:00+09:00".parse().unwrap();
    facts.purchased_on = Some("2025-02-03".parse().unwrap());
    facts.facility.transitional_measure = Some(TransitionalMeasure { number: 3, ended_on: None });
    facts.earlier_grants = vec![ProgrammeId::from("limited-type")];
    facts.documents = vec![DocumentKind::Invoice];
    facts.claimed_yen = Some(yen(1));
    let seen = [
        Finding::new(FindingCode::PossibleDuplicate)
            .with("other_claim", "C-9")
            .with("other_place", "x.pdf")
            .with("why", "same-bytes"),
        Finding::new(FindingCode::TotalsDiffer)
            .with("receipts_yen", yen(2))
            .with("itemization_yen", yen(1))
            .with("difference_yen", yen(1)),
    ];
    let assessment = observed(&facts, &seen);
    assert_eq!(
        codes(&assessment.findings),
        [
            "deadline-passed",
            "transitional-measure-required",
            "already-granted",
            "itemization-missing",
            "totals-differ",
            "estimate-not-receipt",
            "possible-duplicate",
            "receipt-after-submission",
            "expense-not-eligible",
            "grant-ceiling-applied",
            "claimed-amount-differs",
        ]
    );
    assert_eq!(assessment.outcome, Outcome::Reject);
    assert_eq!((assessment.grant_yen, assessment.computed_yen), (yen(0), yen(31_000)));
    insta::assert_json_snapshot!("everything_wrong_at_once", without_hash(assessment).view(Lang::Ja));
}

#[test]
fn an_unknown_programme_is_an_error_that_names_the_known_ones() {
    let mut facts = clinic();
    facts.programme = ProgrammeId::from("home-care");
    assert_eq!(
        Ruleset::embedded().assess(&facts, &[]).unwrap_err().to_string(),
        "claim C-1: programme: found \"home-care\", expected one of card-reader-2022, card-reader-provision, home-consent, home-visit, limited-type, online-consultation"
    );
}
