//! Hand-worked amounts at every ceiling, one yen below and above it, for every kind of facility; and the record of the
//! steps.

use crate::cases::{
    HOME_CONSENT, LIMITED_TYPE, NO_CHANGE, assess, changed, codes, expense, home_consent, limited_type, ruleset,
    try_ruleset, without_hash, yen,
};
use claim::Category::{CardReader, MobileTerminal, Other, ReceiptComputer};
use claim::FacilityKind::{self, Clinic, Hospital, LargeChainPharmacy, Pharmacy};
use claim::{Expense, Lang, Outcome, Step, Value};

const CATEGORY: &str = "category-ceiling-applied";
const GRANT: &str = "grant-ceiling-applied";

/// Mobile terminals, receipt computer, the grant, and what was cut.
type Row = (i64, i64, i64, &'static [&'static str]);

/// Rate 1/2; ceilings 41,000, 781,000; cost 822,000; grant 411,000.
const HOSPITAL: [Row; 12] = [
    (41_000, 781_000, 411_000, &[]),                   // 822,000 / 2
    (40_999, 781_000, 410_999, &[]),                   // 821,999 / 2 = 410,999.5
    (41_001, 781_000, 411_000, &[CATEGORY]),           // the yen above the ceiling does not count
    (41_000, 780_999, 410_999, &[]),                   // 821,999 / 2
    (41_000, 781_001, 411_000, &[CATEGORY]),           //
    (41_001, 781_001, 411_000, &[CATEGORY, CATEGORY]), // each category is cut alone
    (40_998, 781_000, 410_999, &[]),                   // 821,998 / 2 = 410,999 exactly
    (100_000, 50_000, 45_500, &[CATEGORY]),            // (41,000 + 50,000) / 2: no room is handed to the other category
    (41_000, 0, 20_500, &[]),                          //
    (0, 781_001, 390_500, &[CATEGORY]),                //
    (1, 0, 0, &[]),                                    // 0.5 rounds down
    (2, 0, 1, &[]),
];

/// Rate 3/4; ceilings 41,000, 130,000; cost 171,000; grant 128,000. Clinics and pharmacies alike.
const CLINIC: [Row; 14] = [
    (41_000, 130_000, 128_000, &[GRANT]), // 171,000 x 3/4 = 128,250
    (45_100, 143_000, 128_000, &[CATEGORY, CATEGORY, GRANT]),
    (41_000, 129_667, 128_000, &[]), // 170,667 x 3/4 = 128,000.25: rounds to the ceiling, nothing is cut
    (41_000, 129_666, 127_999, &[]), // 170,666 x 3/4 = 127,999.5
    (41_000, 129_668, 128_000, &[GRANT]), // 170,668 x 3/4 = 128,001
    (41_000, 0, 30_750, &[]),        //
    (40_999, 0, 30_749, &[]),        // 30,749.25
    (41_001, 0, 30_750, &[CATEGORY]), //
    (0, 130_000, 97_500, &[]),       //
    (0, 129_999, 97_499, &[]),       // 97,499.25
    (0, 130_001, 97_500, &[CATEGORY]), //
    (40_999, 130_000, 128_000, &[GRANT]), // 170,999 x 3/4 = 128,249.25
    (100_000, 50_000, 68_250, &[CATEGORY]), // (41,000 + 50,000) x 3/4
    (1, 0, 0, &[]),                  // 0.75
];

/// Rate 1/2; ceilings 41,000, 130,000; cost 171,000; grant 85,000.
const LARGE_CHAIN: [Row; 8] = [
    (41_000, 130_000, 85_000, &[GRANT]), // 85,500
    (41_000, 129_000, 85_000, &[]),      // 170,000 / 2, just the ceiling
    (41_000, 128_999, 84_999, &[]),      // 84,999.5
    (41_000, 129_001, 85_000, &[]),      // 85,000.5 rounds to the ceiling
    (41_000, 129_002, 85_000, &[GRANT]), // 85,001
    (41_001, 128_998, 84_999, &[CATEGORY]),
    (0, 130_000, 65_000, &[]),
    (0, 130_001, 65_000, &[CATEGORY]),
];

#[test]
fn home_consent_pays_the_hand_worked_amounts_for_every_kind() {
    let tables: [(FacilityKind, &[Row]); 4] =
        [(Hospital, &HOSPITAL), (Clinic, &CLINIC), (Pharmacy, &CLINIC), (LargeChainPharmacy, &LARGE_CHAIN)];
    for (kind, rows) in tables {
        for (mobile, computer, grant, cut) in rows {
            let expenses = [expense(MobileTerminal, *mobile), expense(ReceiptComputer, *computer)];
            let assessment = assess(&home_consent(kind, &expenses));
            assert_eq!(assessment.grant_yen, yen(*grant), "{kind:?} {mobile} {computer}");
            assert_eq!(assessment.computed_yen, yen(*grant));
            assert_eq!(assessment.outcome, Outcome::Approve);
            assert_eq!(codes(&assessment.findings), *cut, "{kind:?} {mobile} {computer}");
        }
    }
}

#[test]
fn limited_type_pays_three_quarters_up_to_its_ceiling_for_every_kind() {
    // Mobile terminals, card readers, the grant, and what was cut. No category or cost ceiling.
    let rows: [Row; 10] = [
        (0, 41_333, 30_999, &[]),      // 30,999.75
        (0, 41_334, 31_000, &[]),      // 31,000.5 rounds to the ceiling
        (0, 41_335, 31_000, &[GRANT]), // 31,001.25
        (41_333, 0, 30_999, &[]),      //
        (41_335, 0, 31_000, &[GRANT]), //
        (20_667, 20_667, 31_000, &[]), // 41,334 together
        (20_000, 10_000, 22_500, &[]), //
        (999_999, 999_999, 31_000, &[GRANT]),
        (1, 0, 0, &[]),
        (3, 1, 3, &[]),
    ];
    for kind in FacilityKind::ALL {
        for (mobile, reader, grant, cut) in rows {
            let expenses = [expense(MobileTerminal, mobile), expense(CardReader, reader)];
            let assessment = assess(&limited_type(kind, &expenses));
            assert_eq!(assessment.grant_yen, yen(grant), "{kind:?} {mobile} {reader}");
            assert_eq!(codes(&assessment.findings), cut, "{kind:?} {mobile} {reader}");
        }
    }
}

#[test]
fn what_a_programme_does_not_support_counts_nothing_and_is_said_once_a_category() {
    let expenses = [
        expense(Other, 10_000),
        expense(ReceiptComputer, 20_000),
        expense(CardReader, 3_000),
        expense(Other, 5_000),
        expense(CardReader, 4_000),
    ];
    let home = assess(&home_consent(Clinic, &expenses));
    assert_eq!((home.grant_yen, home.outcome), (yen(15_000), Outcome::Approve));
    assert_eq!(codes(&home.findings), ["expense-not-eligible", "expense-not-eligible"]);
    let amounts: Vec<_> = home.findings.iter().map(|finding| finding.values["amount_yen"].clone()).collect();
    assert_eq!(amounts, [Value::from(7_000i64), Value::from(15_000i64)]);

    let limited = assess(&limited_type(Clinic, &expenses));
    assert_eq!(limited.grant_yen, yen(5_250));
    assert_eq!(codes(&limited.findings), ["expense-not-eligible", "expense-not-eligible"]);
}

#[test]
fn the_cost_ceiling_cuts_what_the_category_ceilings_let_through() {
    // In the embedded data the category ceilings add up to the cost ceiling, so it never cuts; with others it does.
    let text = changed(
        HOME_CONSENT,
        &[
            ("category = \"mobile_terminal\"\nvalue = 41_000", "category = \"mobile_terminal\"\nvalue = 60_000"),
            (
                "kinds = [\"clinic\", \"pharmacy\"]\nvalue = 128_000",
                "kinds = [\"clinic\", \"pharmacy\"]\nvalue = \"none\"",
            ),
        ],
    );
    let rules = ruleset(&text, LIMITED_TYPE);
    for (mobile, grant, cut) in [(40_999, 128_249, 0), (41_000, 128_250, 0), (41_001, 128_250, 1), (60_000, 128_250, 1)]
    {
        let expenses: [Expense; 2] = [expense(MobileTerminal, mobile), expense(ReceiptComputer, 130_000)];
        let assessment = rules.assess(&home_consent(Clinic, &expenses), &[]).unwrap();
        assert_eq!(assessment.grant_yen, yen(grant), "{mobile}");
        assert_eq!(codes(&assessment.findings), vec!["cost-ceiling-applied"; cut], "{mobile}");
        // Without a grant ceiling there is no step for it.
        assert_eq!(assessment.trace.last().unwrap().step, Step::Rounding);
    }
}

#[test]
fn the_steps_are_on_the_record_with_their_sources() {
    let expenses = [expense(MobileTerminal, 45_100), expense(ReceiptComputer, 143_000), expense(Other, 5_000)];
    let clinic = assess(&home_consent(Clinic, &expenses));
    for step in &clinic.trace {
        assert_eq!(step.source.is_none(), step.step == Step::EligibleCost, "{:?}", step.step);
    }
    insta::assert_json_snapshot!("clinic_over_its_ceilings", without_hash(clinic).view(Lang::Ja));
    let limited = assess(&limited_type(Pharmacy, &[expense(CardReader, 33_333)]));
    insta::assert_json_snapshot!("limited_type_below_its_ceiling", without_hash(limited).view(Lang::En));
}

#[test]
fn the_grant_is_nothing_unless_it_is_approved_but_the_sum_is_still_shown() {
    let mut facts = crate::cases::clinic();
    facts.documents.clear();
    let assessment = assess(&facts);
    assert_eq!(assessment.outcome, Outcome::Return);
    assert_eq!((assessment.grant_yen, assessment.computed_yen), (yen(0), yen(97_500)));
    assert_eq!(assessment.trace.len(), assess(&crate::cases::clinic()).trace.len());
}

#[test]
fn values_are_those_of_the_day_of_submission() {
    // A rate that changes on 1 December 2025; the day is a day in Japan.
    let rate = "[[rate]]\nkinds = [\"clinic\", \"pharmacy\"]\nvalue = \"3/4\"\nunit = \"fraction\"\n";
    let text = changed(
        HOME_CONSENT,
        &[(
            rate,
            &format!(
                "{}until = 2025-11-30\nsource = \"決定: 試験\"\nchecked_on = 2026-11-20\n\n{rate}from = 2025-12-01\n",
                rate.replace("3/4", "1/4")
            ),
        )],
    );
    let change = NO_CHANGE.replace("source =", "from = 2025-12-01\nsource =");
    let changes = format!("{NO_CHANGE}\n{change}");
    let rules = try_ruleset(&[("home-consent", &text, &changes), ("limited-type", LIMITED_TYPE, NO_CHANGE)]).unwrap();
    for (submitted_at, grant) in [
        ("2025-11-30T14:59:59Z", 32_500),
        ("2025-11-30T15:00:00Z", 97_500),
        ("2025-01-01T00:00:00Z", 32_500),
        ("2026-01-31T00:00:00Z", 97_500),
    ] {
        let mut facts = crate::cases::clinic();
        facts.purchased_on = Some("2024-12-01".parse().unwrap());
        facts.submitted_at = submitted_at.parse().unwrap();
        assert_eq!(rules.assess(&facts, &[]).unwrap().grant_yen, yen(grant), "{submitted_at}");
    }
}

#[test]
fn sums_that_no_yen_holds_are_refused_and_not_cut() {
    let facts = home_consent(Clinic, &[expense(Other, 999_999_999_999_999), expense(ReceiptComputer, 1)]);
    let error = rules::Ruleset::embedded().assess(&facts, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "claim C-1: expenses: found a sum above 999,999,999,999,999 yen, expected at most that"
    );
}
