//! What a file of a programme that pays says for each kind of facility.

use super::{Entry, Reader, Value};
use crate::programme::{CategoryTerms, Dated, KindTerms, Undecided};
use crate::words::Words;
use claim::{Category, FacilityKind, Yen};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A value that some kinds of facility share.
pub(super) struct ForKinds<T> {
    pub(super) kinds: Vec<FacilityKind>,
    category: Option<Category>,
    dated: Dated<T>,
}

pub(super) fn of_kind<T: Clone>(values: &[ForKinds<T>], kind: FacilityKind) -> impl Iterator<Item = Dated<T>> {
    values.iter().filter(move |one| one.kinds.contains(&kind)).map(|one| one.dated.clone())
}

/// Whether it is said of a kind on every day that it cannot be decided.
pub(super) fn is_always_undecided(undecided: &[Undecided], kind: FacilityKind) -> bool {
    let mut days: Vec<_> = undecided
        .iter()
        .filter(|one| one.kinds.contains(&kind))
        .map(|one| (one.reason.from.unwrap_or(Date::MIN), one.reason.until.unwrap_or(Date::MAX)))
        .collect();
    days.sort();
    // The first day of which nothing has been said yet; `None` behind the last of all days.
    let mut open = Some(Date::MIN);
    for (from, until) in days {
        if open.is_some_and(|day| from <= day && day <= until) {
            open = until.tomorrow().ok();
        }
    }
    open.is_none()
}

impl Reader<'_> {
    /// The terms of each kind of facility for which anything is said.
    pub(super) fn kinds(
        &mut self,
        eligible: &[Entry<'_, '_>],
        ceilings: &[Entry<'_, '_>],
        costs: &[Entry<'_, '_>],
        rates: &[Entry<'_, '_>],
        grants: &[Entry<'_, '_>],
        undecided: &[Undecided],
    ) -> BTreeMap<FacilityKind, KindTerms> {
        let eligible = self.values(eligible, Self::category);
        let ceilings = self.values(ceilings, Self::yen_or_none);
        let costs = self.values(costs, Self::yen_or_none);
        let rates = self.values(rates, Self::rate);
        let grants = self.values(grants, Self::yen_or_none);
        let mut kinds = BTreeMap::new();
        if !self.mistakes.is_empty() {
            return kinds;
        }
        for kind in FacilityKind::ALL {
            let said = eligible.iter().any(|one| one.kinds.contains(&kind))
                || ceilings.iter().any(|one| one.kinds.contains(&kind))
                || [&costs, &grants].iter().any(|all| all.iter().any(|one| one.kinds.contains(&kind)))
                || rates.iter().any(|one| one.kinds.contains(&kind));
            if !said {
                // Silence about a kind would reject its claims; that has to be meant.
                if !is_always_undecided(undecided, kind) {
                    let expected = (
                        "すべての施設区分の補助率と上限、または理由を書いた [[undecided]]",
                        "a rate and ceilings for every kind of facility, or an [[undecided]] with the reason",
                    );
                    self.missing::<()>(&format!("rate ({})", kind.code()), expected);
                }
                continue;
            }
            let mut categories = Vec::new();
            for category in Category::ALL {
                let key = format!("category_ceiling ({}, {})", kind.code(), category.code());
                let days: Vec<Dated<Category>> =
                    of_kind(&eligible, kind).filter(|dated| dated.value == category).collect();
                let dated: Vec<Dated<Option<Yen>>> = ceilings
                    .iter()
                    .filter(|one| one.kinds.contains(&kind) && one.category == Some(category))
                    .map(|one| one.dated.clone())
                    .collect();
                match (days.is_empty(), dated.is_empty()) {
                    (true, true) => {}
                    (true, false) => {
                        self.missing::<()>(
                            &format!("eligible_category ({}, {})", kind.code(), category.code()),
                            (
                                "上限のある経費の区分の eligible_category",
                                "an eligible_category for the category that a ceiling names",
                            ),
                        );
                    }
                    (false, _) => {
                        self.no_overlap(&format!("eligible_category ({}, {})", kind.code(), category.code()), &days);
                        if let Some(ceiling) = self.covering(&key, dated) {
                            categories.push(CategoryTerms { category, eligible: days, ceiling });
                        }
                    }
                }
            }
            if categories.is_empty() && self.mistakes.is_empty() {
                let expected = (
                    "対象となる経費の区分を1つ以上、または理由を書いた [[undecided]]",
                    "at least one category that is supported, or an [[undecided]] with the reason",
                );
                self.missing::<()>(&format!("eligible_category ({})", kind.code()), expected);
            }
            let place = |item: &str| format!("{item} ({})", kind.code());
            let cost_ceiling = self.covering(&place("cost_ceiling"), of_kind(&costs, kind).collect());
            let rate = self.covering(&place("rate"), of_kind(&rates, kind).collect());
            let grant_ceiling = self.covering(&place("grant_ceiling"), of_kind(&grants, kind).collect());
            if let (Some(cost_ceiling), Some(rate), Some(grant_ceiling)) = (cost_ceiling, rate, grant_ceiling) {
                kinds.insert(kind, KindTerms { categories, cost_ceiling, rate, grant_ceiling });
            }
        }
        kinds
    }

    /// Where the programme cannot be decided.
    pub(super) fn undecided(&mut self, entries: &[Entry<'_, '_>]) -> Vec<Undecided> {
        entries
            .iter()
            .filter_map(|entry| {
                let expected = ("判断できない理由（日本語、引用符で囲む）", "the reason in Japanese, in quotes");
                let reason = self.words(entry.value, &format!("{}.value", entry.key), expected)?;
                let reason_en = entry.english.clone();
                Some(Undecided { kinds: entry.kinds.clone(), reason: entry.dated(reason), reason_en })
            })
            .collect()
    }

    pub(super) fn values<T>(
        &mut self,
        entries: &[Entry<'_, '_>],
        value: impl Fn(&mut Self, &Value<'_>, &str) -> Option<T>,
    ) -> Vec<ForKinds<T>> {
        entries
            .iter()
            .filter_map(|entry| {
                let value = value(self, entry.value, &format!("{}.value", entry.key))?;
                Some(ForKinds { kinds: entry.kinds.clone(), category: entry.category, dated: entry.dated(value) })
            })
            .collect()
    }

    pub(super) fn no_overlap<T>(&mut self, key: &str, days: &[Dated<T>]) {
        for (i, one) in days.iter().enumerate() {
            for other in days.iter().skip(i + 1) {
                let from = one.from.max(other.from).unwrap_or(Date::MIN);
                if one.holds_on(from) && other.holds_on(from) {
                    let found = match from {
                        Date::MIN => Words::new("from のない値が2つ", "two values without from"),
                        from => Words::new(format!("{from} に値が2つ"), format!("two values on {from}")),
                    };
                    self.overall::<()>(key, found, ("どの日にも値は1つまで", "at most one value on a day"));
                }
            }
        }
    }
}
