//! What looks wrong in programmes that can be read: ceilings that nothing reaches, values that no claim meets, categories
//! that nobody supports. A ruleset with remarks works; somebody should look at it before it decides anything.

use crate::programme::{Dated, Grant, KindTerms, MoneyTerms, ProductTerms, Programme, Timeline};
use crate::ruleset::Ruleset;
use claim::{Category, FacilityKind, Lang, ProgrammeId, Rounding, RoundingMode, Yen, wareki};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeSet;

/// The printed ceilings are in units of 0.1 万円: what is cut off is less than this (domain.md 5.2).
const PRINTED_UNIT: i64 = 1_000;

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// In which programme; `None` for all of them together.
    pub programme: Option<ProgrammeId>,
    /// Which item, such as `grant_ceiling`.
    pub item: &'static str,
    /// For which kind of facility, where it is of one.
    pub kind: Option<FacilityKind>,
    /// From which day it is so; `None` for from the beginning.
    pub from: Option<Date>,
    ja: String,
    en: String,
}

impl Remark {
    /// What was found and what was expected, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

impl Ruleset {
    /// All that looks wrong, programme by programme; empty is good.
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        for programme in self.programmes() {
            Remarks { programme, out: &mut remarks }.all();
        }
        let supported = |category: Category| {
            self.programmes().any(|programme| match &programme.grant {
                Grant::Money(money) => {
                    money.kinds.values().any(|terms| terms.categories.iter().any(|one| one.category == category))
                }
                Grant::Products(_) => false,
            })
        };
        for category in Category::ALL.into_iter().filter(|one| *one != Category::Other && !supported(*one)) {
            remarks.push(Remark {
                programme: None,
                item: "eligible_category",
                kind: None,
                from: None,
                ja: format!("経費の区分「{}」を対象とする補助事業がありません。", category.name(Lang::Ja)),
                en: format!("no programme supports the category {}", category.code()),
            });
        }
        remarks
    }
}

struct Remarks<'a> {
    programme: &'a Programme,
    out: &'a mut Vec<Remark>,
}

impl Remarks<'_> {
    fn add(&mut self, item: &'static str, kind: Option<FacilityKind>, from: Option<Date>, ja: String, en: String) {
        let remark = Remark { programme: Some(self.programme.id.clone()), item, kind, from, ja, en };
        // What is so in one period is mostly so in the next: it is said from its first day only.
        let said = |one: &Remark| one.programme == remark.programme && one.item == item && one.kind == kind;
        if !self.out.iter().any(|one| said(one) && one.ja == remark.ja) {
            self.out.push(remark);
        }
    }

    fn all(&mut self) {
        let programme = self.programme;
        self.application_period();
        match &programme.grant {
            Grant::Money(money) => self.money(money),
            Grant::Products(products) => self.products(products),
        }
        self.never_met("required_documents", None, &programme.required_documents);
        self.never_met("transitional_measures", None, &programme.transitional_measures);
    }

    fn money(&mut self, money: &MoneyTerms) {
        for (kind, terms) in &money.kinds {
            for from in periods(self.programme, money, terms) {
                let day = from.unwrap_or(Date::MIN);
                if self.programme.undecided(*kind, day).is_none() {
                    self.ceilings(*kind, money, terms, from, day);
                }
            }
            self.never_met("cost_ceiling", Some(*kind), &terms.cost_ceiling);
            self.never_met("rate", Some(*kind), &terms.rate);
            self.never_met("grant_ceiling", Some(*kind), &terms.grant_ceiling);
            for category in &terms.categories {
                self.never_met("category_ceiling", Some(*kind), &category.ceiling);
            }
        }
        self.never_met("rounding_mode", None, &money.rounding_mode);
        self.never_met("rounding_unit", None, &money.rounding_unit);
    }

    fn products(&mut self, products: &ProductTerms) {
        for (kind, ceiling) in &products.units_ceiling {
            self.never_met("units_ceiling", Some(*kind), ceiling);
        }
        self.never_met("first_deadline", None, &products.first_deadline);
        let days: BTreeSet<Option<Date>> = products
            .first_deadline
            .all()
            .map(|dated| dated.from)
            .chain(self.programme.deadline.all().map(|dated| dated.from))
            .collect();
        for from in days {
            let day = from.unwrap_or(Date::MIN);
            let (first, last) = (products.first_deadline.on(day).value, self.programme.deadline(day));
            if let Some(first) = first.filter(|first| *first >= last) {
                self.add(
                    "first_deadline",
                    None,
                    from,
                    format!("最初の締切（{}）が申請期限（{}）より前ではありません。", wareki(first), wareki(last)),
                    format!("found a first deadline {first} that is not before the deadline {last}"),
                );
            }
        }
        // Somebody who applies on such a day finds an empty table on the form.
        let last = self.programme.deadline.all().map(|dated| dated.value).max();
        let mut starts: BTreeSet<Option<Date>> = [None].into();
        for dated in &products.products {
            starts.insert(dated.from);
            starts.extend(dated.until.map(|day| day.tomorrow().ok()));
        }
        for from in starts.into_iter().filter(|from| from.zip(last).is_none_or(|(from, last)| from <= last)) {
            if products.on(from.unwrap_or(Date::MIN)).next().is_none() {
                self.add(
                    "product",
                    None,
                    from,
                    "申し込むことのできる製品が1つもない日があります。".to_owned(),
                    "there are days on which no product is offered".to_owned(),
                );
            }
        }
    }

    /// A first day after the last one.
    fn application_period(&mut self) {
        let days: BTreeSet<Option<Date>> = self
            .programme
            .opens_on
            .all()
            .map(|d| d.from)
            .chain(self.programme.deadline.all().map(|d| d.from))
            .collect();
        for from in days {
            let day = from.unwrap_or(Date::MIN);
            let (opens, deadline) = (self.programme.opens_on(day), self.programme.deadline(day));
            if let Some(opens) = opens.filter(|opens| *opens > deadline) {
                self.add(
                    "opens_on",
                    None,
                    from,
                    format!("受付開始日（{}）が申請期限（{}）より後です。", wareki(opens), wareki(deadline)),
                    format!("found a first day {opens} after the deadline {deadline}"),
                );
            }
        }
    }

    fn ceilings(&mut self, kind: FacilityKind, money: &MoneyTerms, terms: &KindTerms, from: Option<Date>, day: Date) {
        let rate = terms.rate.on(day).value;
        let cost = terms.cost_ceiling.on(day).value;
        let grant = terms.grant_ceiling.on(day).value;
        let eligible: Vec<_> = terms.eligible_on(day).map(|(terms, _)| terms).collect();
        let ceilings: Option<Vec<Yen>> = eligible.iter().map(|terms| terms.ceiling.on(day).value).collect();
        let together = ceilings.as_ref().and_then(|all| Yen::checked_sum(all.iter().copied()));
        if let (Some(cost), Some(together)) = (cost, together)
            && together < cost
        {
            self.add(
                "cost_ceiling",
                Some(kind),
                from,
                format!("事業額上限（{cost}円）に届くことがありません。区分の上限の合計は{together}円です。"),
                format!("nothing reaches the cost ceiling of {cost} yen: the category ceilings come to {together} yen"),
            );
        }
        for category in &eligible {
            if let (Some(cost), Some(ceiling)) = (cost, category.ceiling.on(day).value)
                && ceiling > cost
            {
                let name = category.category;
                self.add(
                    "category_ceiling",
                    Some(kind),
                    from,
                    format!("{}の上限（{ceiling}円）が事業額上限（{cost}円）を超えています。", name.name(Lang::Ja)),
                    format!("the ceiling of {} ({ceiling} yen) is above the cost ceiling ({cost} yen)", name.code()),
                );
            }
        }
        // The most that the rate can give: of the cost ceiling, or of all categories at theirs.
        let most_cost = match (cost, together) {
            (Some(cost), Some(together)) => Some(cost.min(together)),
            (cost, together) => cost.or(together),
        };
        let whole_yen = Rounding { mode: RoundingMode::Down, unit_yen: money.rounding_unit.on(day).value };
        let (Some(most_cost), Some(grant)) = (most_cost, grant) else { return };
        let Some(most) = most_cost.times(rate, whole_yen) else { return };
        if grant > most {
            self.add(
                "grant_ceiling",
                Some(kind),
                from,
                format!("補助限度額（{grant}円）に届くことがありません。{most_cost}円 × {rate} は{most}円です。"),
                format!("nothing reaches the grant ceiling of {grant} yen: {most_cost} yen × {rate} is {most} yen"),
            );
        } else if most.get() - grant.get() >= PRINTED_UNIT {
            self.add(
                "grant_ceiling",
                Some(kind),
                from,
                format!(
                    "補助限度額（{grant}円）が、{most_cost}円 × {rate} = {most}円より、千円未満の端数を超えて少なくなっています。"
                ),
                format!(
                    "the grant ceiling of {grant} yen is below {most_cost} yen × {rate} = {most} yen by more than what is cut off below 1,000 yen"
                ),
            );
        }
    }

    /// Values that hold only before the programme takes claims or after it has stopped.
    fn never_met<T>(&mut self, item: &'static str, kind: Option<FacilityKind>, timeline: &Timeline<T>) {
        let last = self.programme.deadline.all().map(|dated| dated.value).max();
        let first: Option<Date> = self.programme.opens_on.all().map(|dated| dated.value).min().flatten();
        for dated in timeline.all() {
            let (too_late, too_early) = (starts_after(dated, last), ends_before(dated, first));
            if too_late || too_early {
                self.add(
                    item,
                    kind,
                    dated.from,
                    "申請を受け付けている期間に、この値が用いられる日がありません。".to_owned(),
                    "this value holds on no day on which claims are taken".to_owned(),
                );
            }
        }
    }
}

fn starts_after<T>(dated: &Dated<T>, last: Option<Date>) -> bool {
    dated.from.zip(last).is_some_and(|(from, last)| from > last)
}

fn ends_before<T>(dated: &Dated<T>, first: Option<Date>) -> bool {
    dated.until.zip(first).is_some_and(|(until, first)| until < first)
}

/// The first days of the periods in which the terms of a kind stay the same.
fn periods(programme: &Programme, money: &MoneyTerms, terms: &KindTerms) -> BTreeSet<Option<Date>> {
    fn starts<T>(timeline: &Timeline<T>) -> impl Iterator<Item = Option<Date>> {
        timeline.all().map(|dated| dated.from)
    }
    let mut days: BTreeSet<Option<Date>> = [None].into();
    days.extend(starts(&terms.cost_ceiling));
    days.extend(starts(&terms.rate));
    days.extend(starts(&terms.grant_ceiling));
    days.extend(starts(&money.rounding_unit));
    for category in &terms.categories {
        days.extend(starts(&category.ceiling));
        for dated in &category.eligible {
            days.insert(dated.from);
            days.extend(dated.until.map(|day| day.tomorrow().ok()));
        }
    }
    for undecided in &programme.undecided {
        days.insert(undecided.reason.from);
        days.extend(undecided.reason.until.map(|day| day.tomorrow().ok()));
    }
    days
}
