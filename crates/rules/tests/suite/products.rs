//! Claims for products: what is granted in kind, and what each finding about choices and filing says.

use crate::cases::{assess, codes, every_sentence_is_whole, home_consent};
use claim::{
    Category, Choice, ClaimId, Dossier, Expense, Facility, FacilityKind, Facts, FindingCode, InstitutionCode, Lang,
    Outcome, ProgrammeId, Step, Yen,
};
use proptest::prelude::*;
use rules::{Programme, Ruleset};

const OFFERED: [&str; 5] =
    ["fujitsu-caora", "panasonic-face-reader", "almex-sma-pa-mytouch", "canon-hi-cara", "atlas-exc-9000"];

fn choice(rank: u8, product: &str, units: u32) -> Choice {
    Choice { rank, product: product.into(), units }
}

/// A claim with nothing wrong but what `choices` make of it.
fn facts(kind: FacilityKind, choices: &[Choice]) -> Facts {
    Facts {
        programme: ProgrammeId::from("card-reader-provision"),
        submitted_at: "2022-09-20T10:00:00+09:00".parse().unwrap(),
        purchased_on: None,
        documents: Vec::new(),
        choices: choices.to_vec(),
        ..home_consent(kind, &[])
    }
}

#[test]
fn what_is_granted_is_the_first_choice_and_the_second_is_kept_for_a_maker_without_stock() {
    let facts = facts(FacilityKind::Hospital, &[choice(2, "canon-hi-cara", 2), choice(1, "atlas-exc-9000", 3)]);
    let assessment = assess(&facts);
    assert_eq!(
        (assessment.outcome, assessment.grant_yen, assessment.computed_yen),
        (Outcome::Approve, Yen::ZERO, Yen::ZERO)
    );
    let granted = assessment.grant_units.clone().unwrap();
    assert_eq!((granted.label().as_str(), granted.units), ("アトラス EXC-9000", 3));
    let units: Vec<(&str, u32)> =
        assessment.computed_units.iter().map(|units| (units.product.as_str(), units.units)).collect();
    assert_eq!(units, [("atlas-exc-9000", 3), ("canon-hi-cara", 2)]);
    let sentences: Vec<String> = assessment.trace.iter().map(|step| step.sentence(Lang::Ja)).collect();
    assert_eq!(
        sentences,
        [
            "第1希望 アトラス EXC-9000: 申込み 3台（申込みできる台数 3台まで） = 3台",
            "第2希望 キヤノン Hi-CARA: 申込み 2台（申込みできる台数 3台まで） = 2台",
        ]
    );
    assert!(assessment.trace.iter().all(|step| step.step == Step::ChoiceUnits && step.source.is_some()));
    every_sentence_is_whole(&assessment);
}

#[test]
fn every_mistake_of_an_application_has_its_finding_and_nothing_is_granted_with_it() {
    use FacilityKind::{Clinic, Hospital, LargeChainPharmacy, Pharmacy};
    let first = |units| vec![choice(1, "fujitsu-caora", units)];
    let two = |a: (u8, &str), b: (u8, &str)| vec![choice(a.0, a.1, 1), choice(b.0, b.1, 1)];
    let table: [(FacilityKind, Vec<Choice>, &[&str]); 16] = [
        (Hospital, first(3), &[]),
        (Hospital, first(4), &["units-above-ceiling"]),
        (Clinic, first(1), &[]),
        (Clinic, first(2), &["units-above-ceiling"]),
        (Pharmacy, first(1), &[]),
        (Pharmacy, first(3), &["units-above-ceiling"]),
        (LargeChainPharmacy, first(1), &[]),
        (LargeChainPharmacy, first(2), &["units-above-ceiling"]),
        (Clinic, Vec::new(), &["choice-missing"]),
        (Clinic, two((1, "fujitsu-caora"), (2, "canon-hi-cara")), &[]),
        (Clinic, two((1, "fujitsu-caora"), (1, "canon-hi-cara")), &["choice-unclear"]),
        (Clinic, two((2, "fujitsu-caora"), (2, "canon-hi-cara")), &["choice-unclear"]),
        (Clinic, vec![choice(2, "fujitsu-caora", 1)], &["choice-unclear"]),
        (Clinic, two((1, "fujitsu-caora"), (2, "fujitsu-caora")), &["choice-unclear"]),
        (Clinic, two((1, "fujitsu-caora"), (2, "no-such-reader")), &["product-not-offered"]),
        // All that is wrong at once.
        (
            Clinic,
            vec![choice(1, "fujitsu-caora", 2), choice(1, "no-such-reader", 1)],
            &["choice-unclear", "product-not-offered", "units-above-ceiling"],
        ),
    ];
    for (kind, choices, expected) in table {
        let assessment = assess(&facts(kind, &choices));
        assert_eq!(codes(&assessment.findings), expected, "{kind:?} {choices:?}");
        assert_eq!(assessment.grant_units.is_some(), expected.is_empty(), "{kind:?} {choices:?}");
        assert_eq!(assessment.outcome, if expected.is_empty() { Outcome::Approve } else { Outcome::Return });
        every_sentence_is_whole(&assessment);
    }
}

#[test]
fn what_is_wrong_names_the_products_as_people_know_them() {
    let found = |choices: &[Choice]| {
        let assessment = assess(&facts(FacilityKind::Clinic, choices));
        let said = |lang| {
            let finding = &assessment.findings[0];
            format!("{} {}", finding.message(lang), finding.action(lang).unwrap_or_default())
        };
        [said(Lang::Ja), said(Lang::En)]
    };
    let all = "富士通 Caora、パナソニック 顔認証付きカードリーダー、アルメックス Sma-pa マイタッチ (ホワイト)、キヤノン Hi-CARA、アトラス EXC-9000";
    let [ja, en] = found(&[]);
    assert!(ja.contains(&format!("（製品: {all}）")) && en.contains(&all.replace('、', ", ")), "{ja} {en}");
    let [ja, en] = found(&[choice(1, "canon-hi-cara", 1), choice(1, "x-reader", 2)]);
    assert!(ja.contains("記入: 第1希望 キヤノン Hi-CARA 1台、第1希望 x-reader 2台"), "{ja}");
    assert!(en.contains("entered: choice 1, キヤノン Hi-CARA, 1 unit; choice 1, x-reader, 2 units"), "{en}");
    let [ja, _] = found(&[choice(1, "x-reader", 1)]);
    assert!(ja.contains("「x-reader」") && ja.contains(all), "{ja}");
    let [ja, en] = found(&[choice(1, "fujitsu-caora", 2)]);
    assert!(
        ja.starts_with("富士通 Caora の台数（2台）が、申し込むことのできる台数（診療所は1台まで）を超えています。"),
        "{ja}"
    );
    assert!(en.starts_with("2 units of 富士通 Caora are more"), "{en}");
}

#[test]
fn what_was_filed_stays_and_only_what_could_not_be_granted_may_change() {
    let filed = |choices: &[Choice]| {
        let mut facts = facts(FacilityKind::Clinic, &[choice(1, "fujitsu-caora", 1)]);
        facts.filed_choices = choices.to_vec();
        codes(&assess(&facts).findings).join(" ")
    };
    assert_eq!(filed(&[choice(1, "fujitsu-caora", 3)]), "", "the number may be mended");
    assert_eq!(filed(&[choice(1, "no-such-reader", 1)]), "", "so may a product that is not offered");
    assert_eq!(filed(&[choice(1, "canon-hi-cara", 1), choice(1, "atlas-exc-9000", 1)]), "", "and an unclear order");
    assert_eq!(filed(&[choice(1, "canon-hi-cara", 1)]), "choice-changed");
    assert_eq!(
        filed(&[choice(1, "fujitsu-caora", 1), choice(2, "canon-hi-cara", 1)]),
        "choice-changed",
        "a choice was taken back"
    );

    // It says which of the two choices has changed.
    let mut second = facts(FacilityKind::Hospital, &[choice(1, "fujitsu-caora", 1), choice(2, "atlas-exc-9000", 1)]);
    second.filed_choices = vec![choice(1, "fujitsu-caora", 1), choice(2, "canon-hi-cara", 1)];
    let changed = assess(&second);
    assert_eq!(
        changed.findings[0].message(Lang::Ja),
        "第2希望の製品が、最初に提出された申請書の製品（キヤノン Hi-CARA）から「アトラス EXC-9000」に変わっています。"
    );

    let mut again = facts(FacilityKind::Clinic, &[choice(1, "fujitsu-caora", 1)]);
    again.filed_before = vec![ClaimId::from("K-1"), ClaimId::from("K-2")];
    let refused = assess(&again);
    assert_eq!((refused.outcome, codes(&refused.findings)), (Outcome::Reject, vec!["already-filed"]));
    let finding = &refused.findings[0];
    assert!(finding.message(Lang::Ja).contains("K-1、K-2"), "{}", finding.message(Lang::Ja));
    assert!(finding.source.as_deref().unwrap().contains("キャンセル・機種変更はできません"));
}

#[test]
fn between_the_first_deadline_and_the_last_a_claim_is_taken_and_told_so() {
    for (at, expected) in [
        ("2022-09-30T23:59:59+09:00", &[][..]),
        ("2022-10-01T00:00:00+09:00", &["first-deadline-passed"]),
        ("2022-10-07T23:59:59+09:00", &["first-deadline-passed"]),
        ("2022-10-08T00:00:00+09:00", &["deadline-passed"]),
    ] {
        let mut facts = facts(FacilityKind::Clinic, &[choice(1, "fujitsu-caora", 1)]);
        facts.submitted_at = at.parse().unwrap();
        let assessment = assess(&facts);
        assert_eq!(codes(&assessment.findings), expected, "{at}");
        every_sentence_is_whole(&assessment);
    }
}

#[test]
fn yen_are_not_paid_where_products_are_given_and_products_not_where_yen_are_paid() {
    let mut products = facts(FacilityKind::Clinic, &[choice(1, "fujitsu-caora", 1)]);
    products.expenses = vec![Expense { category: Category::CardReader, amount_yen: Yen::new(99_000).unwrap() }];
    products.claimed_yen = Yen::new(99_000).ok();
    let assessment = assess(&products);
    assert_eq!(codes(&assessment.findings), ["expense-not-eligible", "claimed-amount-differs"]);
    assert_eq!((assessment.grant_yen, assessment.grant_units.is_some()), (Yen::ZERO, true));

    let mut money = home_consent(
        FacilityKind::Clinic,
        &[Expense { category: Category::MobileTerminal, amount_yen: Yen::new(41_000).unwrap() }],
    );
    money.choices = vec![choice(1, "fujitsu-caora", 1)];
    let assessment = assess(&money);
    assert_eq!(codes(&assessment.findings), ["product-not-offered"]);
    assert!(assessment.findings[0].action(Lang::Ja).unwrap().contains("製品: なし"));
    assert_eq!((assessment.outcome, assessment.grant_units), (Outcome::Return, None));
}

#[test]
fn a_dossier_for_products_rests_on_its_choices_and_not_on_documents() {
    let rules = Ruleset::embedded();
    let code = InstitutionCode::parse("1310110049").unwrap();
    let facility = Facility {
        code: code.clone(),
        kind: FacilityKind::Clinic,
        name: "かすみがせき診療所".to_owned(),
        founder: "医療法人社団霞".to_owned(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        transitional_measure: None,
        earlier_grants: Vec::new(),
        account: None,
    };
    let mut dossier = Dossier {
        claim_id: ClaimId::from("K-3"),
        programme: ProgrammeId::from("card-reader-provision"),
        submitted_at: "2022-09-20T10:00:00+09:00".parse().unwrap(),
        claimed_yen: None,
        choices: vec![choice(1, "fujitsu-caora", 1)],
        filed_choices: Vec::new(),
        filed_before: Vec::new(),
        facility_code: code,
        facility: Some(facility),
        earlier_grants: Vec::new(),
        documents: Vec::new(),
        duplicates: Vec::new(),
    };
    let assessed = rules.assess_dossier(&dossier).unwrap();
    assert_eq!((assessed.assessment.outcome, assessed.observed.len()), (Outcome::Approve, 0));
    // What a replay has is enough.
    let again = rules.assess(&assessed.facts.unwrap(), &assessed.observed).unwrap();
    assert_eq!(again, assessed.assessment);

    // A dossier for yen says what it asks for as well, and is told that it cannot have it.
    let money = Dossier { programme: ProgrammeId::from("home-consent"), ..dossier.clone() };
    let findings = codes(&rules.assess_dossier(&money).unwrap().assessment.findings).join(" ");
    assert!(findings.contains("product-not-offered"), "{findings}");

    dossier.filed_before = vec![ClaimId::from("K-1")];
    dossier.filed_choices = vec![choice(1, "canon-hi-cara", 1)];
    let assessed = rules.assess_dossier(&dossier).unwrap();
    assert_eq!(codes(&assessed.assessment.findings), ["already-filed", "choice-changed"]);
    dossier.facility = None;
    let assessed = rules.assess_dossier(&dossier).unwrap();
    assert_eq!((assessed.assessment.outcome, assessed.facts), (Outcome::Review, None));
    assert_eq!(codes(&assessed.assessment.findings), ["facility-unknown"]);
}

#[test]
fn a_line_of_facts_may_name_products_and_says_what_is_wrong_with_them() {
    let rules = Ruleset::embedded();
    let line = |choices: &str, more: &str| {
        format!(
            r#"{{"claim_id":"C-1","programme":"card-reader-provision","submitted_at":"2022-09-20T10:00:00+09:00","purchased_on":null,"facility":{{"code":"1310110049","kind":"clinic","transitional_measure":null}},"expenses":[],"documents":[],"earlier_grants":[],"choices":{choices}{more}}}"#
        )
    };
    let good = line(r#"[{"rank":1,"product":"fujitsu-caora","units":1}]"#, r#","filed_before":["C-0"]"#);
    let facts = rules.parse_facts(&good).unwrap();
    assert_eq!(facts.choices, [choice(1, "fujitsu-caora", 1)]);
    assert_eq!((facts.filed_before, facts.purchased_on), (vec![ClaimId::from("C-0")], None));
    for (choices, code, place, words) in [
        ("1", "invalid-value", "choices", "a list […] of choices (rank, product, units)"),
        (r#"[{"rank":3,"product":"x","units":1}]"#, "invalid-value", "choices[0].rank", "the choice's rank, 1 or 2"),
        (r#"[{"rank":0,"product":"x","units":1}]"#, "invalid-value", "choices[0].rank", "the choice's rank, 1 or 2"),
        (r#"[{"rank":1,"product":" ","units":1}]"#, "invalid-value", "choices[0].product", "the product's id"),
        (r#"[{"rank":1,"product":"x","units":0}]"#, "invalid-value", "choices[0].units", "units, 1 to 9999"),
        (r#"[{"rank":1,"product":"x","units":10000}]"#, "invalid-value", "choices[0].units", "units, 1 to 9999"),
        (r#"[{"rank":1,"product":"x","units":"1"}]"#, "invalid-value", "choices[0].units", "units, 1 to 9999"),
        (r#"[{"rank":1,"product":"x"}]"#, "missing-key", "choices[0].units", "the number of units, 1 to 9999"),
        (
            r#"[{"rank":1,"product":"x","units":1,"colour":"red"}]"#,
            "unknown-key",
            "choices[0].colour",
            "an unknown key",
        ),
    ] {
        let error = rules.parse_facts(&line(choices, "")).unwrap_err();
        assert_eq!((error.code(), error.place()), (code, place), "{choices}");
        assert!(error.message(Lang::En).contains(words), "{}", error.message(Lang::En));
        assert!(error.message(Lang::Ja) != error.message(Lang::En));
    }
    let filed = rules.parse_facts(&line("[]", r#","filed_before":1"#)).unwrap_err();
    assert!(filed.message(Lang::En).contains("a list […] of ids of claims filed before"), "{filed}");
    // A day of purchase can be left out only where nothing is bought.
    let money = good.replace("card-reader-provision", "home-consent");
    assert_eq!(rules.parse_facts(&money).unwrap_err().place(), "purchased_on");
}

/// The programme with a text replaced, and one case that hangs on none of its values.
fn changed_programme(from: &str, to: &str, more_changes: &str) -> Ruleset {
    let of = |file: &str| {
        let path = format!("card-reader-provision/{file}");
        Ruleset::embedded_files().iter().find(|one| one.path == path).unwrap().text
    };
    assert_eq!(of("programme.toml").matches(from).count(), 1, "{from:?}");
    let programme = of("programme.toml").replace(from, to);
    let changes = format!("{}{more_changes}", of("changes.toml"));
    let late = facts(FacilityKind::Clinic, &[]);
    let late = Facts { submitted_at: "2090-01-01T00:00:00+09:00".parse().unwrap(), ..late };
    let cases = format!(
        "[[case]]\nwhat = \"期限後\"\nfacts = '{}'\noutcome = \"reject\"\ngrant_yen = 0\nfindings = [\"choice-missing\", \"deadline-passed\"]\n",
        serde_json::to_string(&late).unwrap().replace(",\"claimed_yen\":null", "")
    );
    let file = |path, text| rules::ProgrammeFile { path, text };
    Ruleset::parse(&[
        file("card-reader-provision/programme.toml", &programme),
        file("card-reader-provision/changes.toml", &changes),
        file("card-reader-provision/cases.toml", &cases),
    ])
    .unwrap()
}

#[test]
fn what_looks_wrong_in_a_programme_for_products_is_remarked() {
    let remarks = |rules: &Ruleset| -> Vec<(&'static str, String)> {
        let of_it = |remark: &&rules::Remark| remark.programme.is_some();
        rules.remarks().iter().filter(of_it).map(|one| (one.item, one.message(Lang::En).to_owned())).collect()
    };
    let first = "value = 2022-09-30";
    assert_eq!(remarks(&changed_programme(first, "value = 2022-10-06", "")), []);
    assert_eq!(remarks(&changed_programme(first, "value = \"none\"", "")), []);
    for wrong in ["2022-10-07", "2022-10-08"] {
        let found = remarks(&changed_programme(first, &format!("value = {wrong}"), ""));
        assert_eq!(
            found,
            [("first_deadline", format!("found a first deadline {wrong} that is not before the deadline 2022-10-07"))]
        );
    }
    // All products end on a day: on the last day of applications, or after it.
    let ending = |day: &str, next: &str| {
        let change = format!(
            "\n[[change]]\nfrom = {next}\nwhat_ja = \"試験\"\nwhat_en = \"test\"\nsource = \"決定: 試験\"\nchecked_on = 2026-11-21\n"
        );
        let text = Ruleset::embedded_files()[3].text;
        assert!(text.contains("[[product]]"));
        let all: Vec<&str> = text.split("[[product]]").collect();
        let (from, to) = (all[1..].join("[[product]]"), {
            let ended = all[1..].iter().map(|one| {
                one.replacen("checked_on = 2026-11-21\n", &format!("checked_on = 2026-11-21\nuntil = {day}\n"), 1)
            });
            ended.collect::<Vec<_>>().join("[[product]]")
        });
        changed_programme(&from, &to, &change)
    };
    assert_eq!(remarks(&ending("2022-10-07", "2022-10-08")), []);
    assert_eq!(
        remarks(&ending("2022-10-06", "2022-10-07")),
        [("product", "there are days on which no product is offered".to_owned())]
    );
}

#[test]
fn a_programme_says_whether_it_grants_in_kind() {
    let in_kind: Vec<&str> = Ruleset::embedded()
        .programmes()
        .filter(|programme| Programme::grants_in_kind(programme))
        .map(|programme| programme.id().as_str())
        .collect();
    assert_eq!(in_kind, ["card-reader-provision"]);
}

proptest! {
    /// Whatever is asked for: never more units than the ceiling, never a product that is not offered, and a grant only
    /// with an approval. The order in which choices are written changes nothing.
    #[test]
    fn no_application_is_granted_more_than_its_ceiling(
        kind in prop::sample::select(FacilityKind::ALL.to_vec()),
        asked in prop::collection::vec((1u8..=2, 0usize..6, 1u32..6), 0..4),
        filed in prop::collection::vec((1u8..=2, 0usize..6, 1u32..6), 0..3),
    ) {
        let choices = |list: &[(u8, usize, u32)]| -> Vec<Choice> {
            list.iter().map(|(rank, i, units)| choice(*rank, OFFERED.get(*i).unwrap_or(&"no-such-reader"), *units)).collect()
        };
        let mut facts = facts(kind, &choices(&asked));
        facts.filed_choices = choices(&filed);
        let assessment = assess(&facts);
        let most = if kind == FacilityKind::Hospital { 3 } else { 1 };
        prop_assert_eq!(assessment.grant_units.is_some(), assessment.outcome == Outcome::Approve);
        prop_assert!(assessment.computed_units.iter().all(|units| units.units <= most));
        prop_assert!(assessment.computed_units.iter().all(|units| OFFERED.contains(&units.product.as_str())));
        prop_assert!(assessment.grant_yen == Yen::ZERO);
        if let Some(granted) = &assessment.grant_units {
            let first = facts.choices.iter().find(|choice| choice.rank == 1).unwrap();
            prop_assert_eq!((&granted.product, granted.units), (&first.product, first.units));
        }
        facts.choices.reverse();
        let turned = assess(&facts);
        prop_assert_eq!(&turned.grant_units, &assessment.grant_units);
        let sorted = |findings: &[claim::Finding]| {
            let mut codes: Vec<FindingCode> = findings.iter().map(|finding| finding.code).collect();
            codes.sort();
            codes
        };
        prop_assert_eq!(sorted(&turned.findings), sorted(&assessment.findings));
    }
}
