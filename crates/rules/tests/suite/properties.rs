//! What holds for all claims, whatever their amounts.

use crate::cases::{assess, expense, home_consent, limited_type};
use claim::{Category, Expense, FacilityKind, Facts, Yen};
use proptest::prelude::*;

fn kind() -> impl Strategy<Value = FacilityKind> {
    prop::sample::select(FacilityKind::ALL.to_vec())
}

/// Amounts around the ceilings more often than not.
fn lines() -> impl Strategy<Value = Vec<Expense>> {
    let amount = prop_oneof![0i64..200_000, 0i64..1_000_000, 40_990i64..41_010, 129_990i64..130_010];
    let line =
        (prop::sample::select(Category::ALL.to_vec()), amount).prop_map(|(category, yen)| expense(category, yen));
    prop::collection::vec(line, 0..8)
}

fn facts(home: bool, kind: FacilityKind, lines: &[Expense]) -> Facts {
    if home { home_consent(kind, lines) } else { limited_type(kind, lines) }
}

fn computed(home: bool, kind: FacilityKind, lines: &[Expense]) -> i64 {
    assess(&facts(home, kind, lines)).computed_yen.get()
}

fn grant_ceiling(home: bool, kind: FacilityKind) -> i64 {
    match (home, kind) {
        (true, FacilityKind::Hospital) => 411_000,
        (true, FacilityKind::LargeChainPharmacy) => 85_000,
        (true, _) => 128_000,
        (false, _) => 31_000,
    }
}

fn eligible(home: bool, category: Category) -> bool {
    match category {
        Category::MobileTerminal => true,
        Category::ReceiptComputer => home,
        Category::CardReader => !home,
        Category::Other => false,
    }
}

proptest! {
    #[test]
    fn a_grant_exceeds_neither_its_ceiling_nor_the_eligible_cost(home: bool, kind in kind(), lines in lines()) {
        let grant = computed(home, kind, &lines);
        prop_assert!(grant <= grant_ceiling(home, kind));
        let cost: i64 = lines.iter().filter(|line| eligible(home, line.category)).map(|line| line.amount_yen.get()).sum();
        prop_assert!(grant <= cost);
    }

    #[test]
    fn more_eligible_cost_is_never_worth_less(
        home: bool, kind in kind(), lines in lines(), at in any::<prop::sample::Index>(), more in 0i64..100_000,
    ) {
        prop_assume!(!lines.is_empty());
        let mut larger = lines.clone();
        let line = at.index(larger.len());
        larger[line].amount_yen = larger[line].amount_yen.checked_add(Yen::new(more).unwrap()).unwrap();
        prop_assert!(computed(home, kind, &larger) >= computed(home, kind, &lines));
        if !eligible(home, larger[line].category) {
            prop_assert_eq!(computed(home, kind, &larger), computed(home, kind, &lines));
        }
    }

    #[test]
    fn the_order_of_lines_changes_nothing(
        home: bool, kind in kind(), lines in lines(), mut other in any::<prop::sample::Index>().prop_map(|i| i.index(97)),
    ) {
        let mut shuffled = lines.clone();
        for i in (1..shuffled.len()).rev() {
            shuffled.swap(i, other % (i + 1));
            other = other * 31 + 7;
        }
        prop_assert_eq!(assess(&facts(home, kind, &lines)), assess(&facts(home, kind, &shuffled)));
    }

    #[test]
    fn splitting_a_line_changes_nothing(
        home: bool, kind in kind(), lines in lines(), at in any::<prop::sample::Index>(), share in 0i64..=100,
    ) {
        prop_assume!(!lines.is_empty());
        let line = at.index(lines.len());
        let whole = lines[line].amount_yen.get();
        let part = whole * share / 100;
        let mut split = lines.clone();
        split[line] = expense(lines[line].category, part);
        split.push(expense(lines[line].category, whole - part));
        let (before, after) = (assess(&facts(home, kind, &lines)), assess(&facts(home, kind, &split)));
        prop_assert_eq!(before.computed_yen, after.computed_yen);
        prop_assert_eq!(before.findings, after.findings);
        prop_assert_eq!(before.outcome, after.outcome);
    }

    #[test]
    fn the_same_facts_give_the_same_bytes(home: bool, kind in kind(), lines in lines()) {
        let facts = facts(home, kind, &lines);
        let kept: Facts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
        let bytes = |facts: &Facts| serde_json::to_string(&assess(facts)).unwrap();
        prop_assert_eq!(bytes(&facts), bytes(&kept));
    }

    #[test]
    fn no_line_of_text_is_a_crash(text in "[\\PC]{0,60}|\\{\"claim_id\":\"[a-z]{0,3}\",\"[a-z_]{0,12}\":[-0-9.eE\"\\[\\]]{0,12}\\}") {
        let _ = rules::Ruleset::embedded().parse_facts(&text);
    }
}
