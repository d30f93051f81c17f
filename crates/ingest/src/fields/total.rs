//! Which of the amounts of a receipt was paid, and its tax by rate.
//!
//! A misread amount looks as good as any (`¥8,250` read as `¥6,250`), and the engine's own confidence does not tell. So
//! an amount read by OCR is held sure only when arithmetic with other amounts, or the second model at the same place,
//! gives the same.

use super::figures::{Figure, Figures, Role};
use claim::{Confidence, Field, Method, TaxLine, Yen};
use std::collections::{BTreeMap, BTreeSet};

/// More amounts than any receipt has; a hostile page may have any number.
const MOST_AMOUNTS: usize = 300;

/// How arithmetic bears on a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Other amounts give exactly this one.
    Exact(&'static str),
    /// The tax fits; the last digits may still differ.
    Near(&'static str),
    None,
}

/// The total that was paid.
pub(super) fn total(figures: &Figures, method: Method) -> Option<Field<Yen>> {
    let sums = Sums::of(figures);
    let mut by_value: BTreeMap<Yen, Vec<(&Figure, bool)>> = BTreeMap::new();
    let all = figures.first.iter().map(|f| (f, false)).chain(figures.second.iter().map(|f| (f, true)));
    let mut candidates: Vec<(&Figure, bool)> =
        all.filter(|(figure, _)| figure.yen() > Yen::ZERO && may_be_total(figure)).collect();
    // What the tax of a rate is on is all that was paid only where no other amount can be.
    let is_base = |figure: &Figure| matches!(figure.role, Role::Base(_));
    let bases: BTreeSet<Yen> = candidates.iter().filter(|(f, _)| is_base(f)).map(|(f, _)| f.yen()).collect();
    if bases.len() > 1 || candidates.iter().any(|(figure, _)| !is_base(figure)) {
        candidates.retain(|(figure, _)| !is_base(figure));
    }
    for (figure, second) in candidates.iter().take(2 * MOST_AMOUNTS) {
        by_value.entry(figure.yen()).or_default().push((figure, *second));
    }
    let labelled = candidates.iter().any(|(figure, second)| !second && is_labelled_total(figure, 1));
    let scored = by_value.iter().map(|(yen, seen)| {
        let best = seen.iter().map(|(figure, second)| strength(figure) - i32::from(*second)).max().unwrap_or(0);
        let agreement = match sums.agreement(*yen) {
            Agreement::Exact(_) => 40,
            // The price of one thing has a tax within it as well as the total has.
            Agreement::Near(_) if labelled && !seen.iter().any(|(figure, _)| is_main(figure)) => 0,
            Agreement::Near(_) => 30,
            Agreement::None => 0,
        };
        // What is printed in digits beside an amount in words, read alike by both models, goes before it.
        let confirmed = agreement > 0
            && method == Method::Ocr
            && seen.iter().any(|(figure, second)| !second && figures.second_at(figure) == Some(true));
        let agreement = agreement + if confirmed { 25 } else { 0 };
        let twice = i32::from(seen.iter().filter(|(_, second)| !second).count() > 1) * 5;
        // What both models see, be it at two places, goes before what one of them sees at the better place.
        let in_both = seen.iter().any(|(_, second)| *second) && seen.iter().any(|(_, second)| !second);
        (best + agreement + twice + i32::from(in_both) * 4, *yen)
    });
    let (score, yen) = scored.max()?;
    if score < 10 {
        return None;
    }
    let seen = &by_value[&yen];
    let (figure, from_second) = *seen.iter().max_by_key(|(figure, second)| strength(figure) - i32::from(*second))?;
    let agreement = sums.agreement(yen);
    let strength_of_figure = strength(figure);

    let mut reasons = Vec::new();
    if !figure.label.is_empty() {
        reasons.push(format!("見出し「{}」", figure.label));
    }
    if figure.amount.formal {
        reasons.push("領収書の金額の書き方".to_owned());
    }
    if figure.scale >= 1.3 {
        reasons.push("文字が大きい".to_owned());
    }
    if let Agreement::Exact(why) | Agreement::Near(why) = agreement {
        reasons.push(why.to_owned());
    }
    // Another amount that is as plainly called the total, unless the other reading sees this one there.
    let misread = |rival: &Figure| figures.second.iter().any(|second| second.is_at(rival) && second.yen() == yen);
    let rivals: Vec<Yen> = by_value
        .iter()
        .filter(|(other, seen)| {
            let discounted = sums.taken_off().any(|off| other.checked_add(off) == Some(yen));
            **other != yen
                && seen.iter().any(|(figure, second)| {
                    let plain = is_labelled_total(figure, 3) || strength(figure) >= strength_of_figure.max(25);
                    !second && !misread(figure) && !figure.cut && (plain || discounted)
                })
        })
        .map(|(other, _)| *other)
        .collect();
    let rival = rivals.iter().find(|rival| !sums.explain(yen, **rival)).or(rivals.first());
    let second_says = if from_second {
        Some(figures.first.iter().any(|f| f.is_at(figure) && f.yen() == yen))
    } else {
        figures.second_at(figure)
    };
    let second_agrees = second_says == Some(true)
        || (!from_second && seen.iter().any(|(first, second)| !second && figures.second_at(first) == Some(true)));

    let in_kanji = !figure.piece.text.contains(|c: char| c.is_ascii_digit());
    let per_mille = match method {
        Method::Ocr => {
            if second_agrees {
                reasons.push("二つの読み取りが一致".to_owned());
            }
            match (agreement, second_agrees, second_says) {
                (Agreement::Exact(_), true, _) => 980,
                (Agreement::Exact(_), ..) => 965,
                (Agreement::Near(_), true, _) => 970,
                // Two models that may give nothing but numerals are not as far apart as two that read freely: 47 of 47
                // right on the tuned set do not show 95 in 100.
                (_, true, _) if rival.is_none() && figure.amount.formal && in_kanji => 940,
                (_, true, _) if rival.is_none() && figure.amount.formal => 955,
                // A label may have lost its own amount and stand beside another, which both models read alike; and the
                // last digits of a total whose tax fits may be wrong. Kept below what the rules take for sure.
                (_, true, _) if rival.is_none() => 790,
                (Agreement::Near(_), ..) => 790,
                (Agreement::None, true, _) => 600,
                (Agreement::None, false, Some(false)) => 500,
                (Agreement::None, false, _) if figure.amount.repaired => 600,
                (Agreement::None, false, _) if strength_of_figure >= 25 => 720,
                (Agreement::None, false, _) => 620,
            }
        }
        Method::Text | Method::Sheet => match agreement {
            Agreement::Exact(_) | Agreement::Near(_) => 990,
            Agreement::None if strength_of_figure >= 25 => 990,
            Agreement::None if figure.amount.marked && by_value.len() == 1 => 950,
            Agreement::None => 700,
        },
    };
    let mut per_mille: u16 = per_mille;
    if let Some(other) = rival {
        match agreement {
            // Arithmetic holds for the sum before a discount too, so it chooses between two totals only where the
            // difference is accounted for.
            Agreement::Exact(_) | Agreement::Near(_) if sums.explain(yen, *other) => {}
            Agreement::Exact(_) | Agreement::Near(_) => {
                reasons.push(format!("ほかにも合計と読める金額 {other}円"));
                per_mille = per_mille.min(740);
            }
            Agreement::None => {
                reasons.push(format!("ほかにも合計と読める金額 {other}円"));
                per_mille = per_mille.min(600);
            }
        }
    }
    if matches!(agreement, Agreement::Near(_)) && !seen.iter().any(|(figure, _)| is_main(figure)) && by_value.len() > 1
    {
        reasons.push("見出しのない金額がほかにもある".to_owned());
        per_mille = per_mille.min(740);
    }
    if agreement == Agreement::None && seen.iter().all(|(figure, _)| figure.cut) {
        reasons.push("数字が途中で切れている可能性".to_owned());
        per_mille = per_mille.min(500);
    }
    if candidates.len() > 2 * MOST_AMOUNTS {
        reasons.push("金額が多すぎる".to_owned());
        per_mille = per_mille.min(600);
    }
    if agreement == Agreement::None && sums.contradict(yen) {
        reasons.push("小計・消費税と合わない".to_owned());
        per_mille = per_mille.min(700);
    }
    Some(Field {
        value: yen,
        confidence: Confidence::from_per_mille(per_mille),
        spot: figure.piece.spot.clone(),
        text: figure.piece.raw().to_owned(),
        reasons,
    })
}

fn may_be_total(figure: &Figure) -> bool {
    match figure.role {
        Role::Total(_) => true,
        // The main line of a receipt often has no word beside it.
        Role::Unknown => figure.amount.marked || figure.amount.formal,
        // A base that is said to include its tax may be the only total of a short receipt.
        Role::Base(Some(true)) => true,
        _ => false,
    }
}

/// Whether label, form or size set an amount apart as the one that the receipt is about.
fn is_main(figure: &Figure) -> bool {
    is_labelled_total(figure, 1) || figure.amount.formal || figure.scale >= 1.25
}

fn is_labelled_total(figure: &Figure, at_least: u8) -> bool {
    matches!(figure.role, Role::Total(strength) if strength >= at_least)
}

/// How much label, form and size speak for an amount being the total.
fn strength(figure: &Figure) -> i32 {
    let label = match figure.role {
        Role::Total(3) => 40,
        Role::Total(2) => 28,
        Role::Total(_) => 14,
        Role::Base(_) => 5,
        _ => 0,
    };
    let form = if figure.amount.formal {
        15
    } else if figure.amount.marked {
        6
    } else {
        0
    };
    let size = if figure.scale >= 1.6 {
        14
    } else if figure.scale >= 1.25 {
        8
    } else {
        0
    };
    label + form + size
}

/// The other amounts, by what they are, for arithmetic.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Anything that could be a sum before tax.
    parts: Vec<Yen>,
    taxes: Vec<(Option<u8>, Yen)>,
    nets: Vec<Yen>,
    bases: Vec<(Option<u8>, Option<bool>, Yen)>,
    lines: Vec<Yen>,
    tendered: Vec<Yen>,
    change: Vec<Yen>,
    discounts: Vec<Yen>,
    /// Totals and sums before them, from which a discount may have been taken off.
    before: Vec<Yen>,
}

impl Sums {
    pub(super) fn of(figures: &Figures) -> Sums {
        let mut sums = Sums::default();
        fn add<T: PartialEq>(list: &mut Vec<T>, value: T) {
            if list.len() < MOST_AMOUNTS && !list.contains(&value) {
                list.push(value);
            }
        }
        for figure in figures.both() {
            let yen = figure.yen();
            if yen == Yen::ZERO {
                continue;
            }
            match figure.role {
                Role::Tax => add(&mut sums.taxes, (figure.rate, yen)),
                Role::Subtotal | Role::Net => add(&mut sums.nets, yen),
                Role::Base(included) => add(&mut sums.bases, (figure.rate, included, yen)),
                Role::Tendered => add(&mut sums.tendered, yen),
                Role::Change => add(&mut sums.change, yen),
                Role::Discount => add(&mut sums.discounts, yen),
                _ => {}
            }
            if matches!(figure.role, Role::Total(_) | Role::Subtotal | Role::Net) {
                add(&mut sums.before, yen);
            }
            if !matches!(figure.role, Role::Tax | Role::Change | Role::Elsewhere | Role::Discount) {
                add(&mut sums.parts, yen);
            }
        }
        // Lines may be equal; only those of the first reading are added up.
        sums.lines = figures.first.iter().filter(|figure| figure.role == Role::Line).map(Figure::yen).collect();
        sums
    }

    /// How the other amounts agree with `total`.
    pub(super) fn agreement(&self, total: Yen) -> Agreement {
        let by_rate = self.with_tax();
        let whole = Yen::checked_sum(by_rate.iter().copied());
        if by_rate.len() > 1 && whole.is_some_and(|whole| self.parts.contains(&whole)) {
            // A table by rates states each with its tax, and only the whole beside it is what was paid.
            if whole == Some(total) {
                return Agreement::Exact("税率ごとの額の和に一致");
            }
            if by_rate.contains(&total) {
                return Agreement::None;
            }
        }
        // What was given is the total and the change, too: a sum counts only where one part can be the tax of the other.
        let net_of = |tax: Yen| {
            let net = total.checked_sub(tax).filter(|net| self.parts.contains(net));
            net.filter(|net| i128::from(tax.get()) * 9 <= i128::from(net.get()))
        };
        if self.taxes.iter().any(|(_, tax)| net_of(*tax).is_some()) {
            return Agreement::Exact("税抜額と消費税の和に一致");
        }
        let all_taxes = Yen::checked_sum(self.taxes.iter().map(|(_, tax)| *tax));
        if self.taxes.len() > 1
            && let Some(tax) = all_taxes
            && net_of(tax).is_some()
        {
            return Agreement::Exact("税抜額と消費税の和に一致");
        }
        if self.bases.len() > 1
            && let Some(bases) = Yen::checked_sum(self.bases.iter().map(|(.., base)| *base))
            && (bases == total || all_taxes.and_then(|tax| bases.checked_add(tax)) == Some(total))
        {
            return Agreement::Exact("税率ごとの額の和に一致");
        }
        if self
            .tendered
            .iter()
            .any(|given| self.change.iter().any(|back| given.checked_sub(*back) == Some(total) && *given != total))
        {
            return Agreement::Exact("お預りとお釣りの差に一致");
        }
        if self.lines.len() > 1 && self.discounts.is_empty() {
            let sum = Yen::checked_sum(self.lines.iter().copied());
            if sum == Some(total) {
                return Agreement::Exact("明細の和に一致");
            }
        }
        if self.taken_off().any(|off| total.checked_add(off).is_some_and(|before| self.before.contains(&before))) {
            return Agreement::Exact("値引後の額に一致");
        }
        let fits = |rate: Option<u8>, tax: Yen| match rate {
            Some(rate) => tax_fits(total, rate, tax),
            None => tax_fits(total, 10, tax) || tax_fits(total, 8, tax),
        };
        if total.get() >= 1000 && self.taxes.iter().any(|(rate, tax)| fits(*rate, *tax)) {
            return Agreement::Near("内税の額と合う");
        }
        Agreement::None
    }

    /// Amounts that are one of the others and its tax: of a table by rates, each row's.
    fn with_tax(&self) -> Vec<Yen> {
        let of = |part: Yen| {
            self.taxes.iter().any(|(_, tax)| {
                let net = part.checked_sub(*tax).filter(|net| self.parts.contains(net));
                net.is_some_and(|net| [10, 8].iter().any(|rate| tax_on(net, *rate, *tax)))
            })
        };
        self.parts.iter().copied().filter(|part| of(*part)).collect()
    }

    /// Each discount, and all of them.
    fn taken_off(&self) -> impl Iterator<Item = Yen> {
        let all = Yen::checked_sum(self.discounts.iter().copied()).filter(|sum| *sum > Yen::ZERO);
        self.discounts.iter().copied().chain(all)
    }

    /// Whether tax or a discount accounts for `rival`, which is called the total as plainly as `total`: what was paid is
    /// the larger of two that a tax parts, and the smaller of two that a discount parts.
    fn explain(&self, total: Yen, rival: Yen) -> bool {
        let all = Yen::checked_sum(self.taxes.iter().map(|(_, tax)| *tax));
        let by_rate = self.with_tax();
        if by_rate.contains(&rival) && by_rate.len() > 1 && Yen::checked_sum(by_rate.iter().copied()) == Some(total) {
            return true;
        }
        let mut taxes = self.taxes.iter().map(|(_, tax)| *tax).chain(all);
        taxes.any(|tax| rival.checked_add(tax) == Some(total))
            || self.taken_off().any(|off| total.checked_add(off) == Some(rival))
    }

    /// Whether a sum before tax and a tax are given whose sum is not `total`.
    fn contradict(&self, total: Yen) -> bool {
        !self.taxes.is_empty() && !self.nets.is_empty() && self.discounts.is_empty() && !self.nets.contains(&total)
    }
}

/// Whether `tax` is the tax of `rate` percent inside `total`, in whichever way it was rounded.
fn tax_fits(total: Yen, rate: u8, tax: Yen) -> bool {
    let (total, rate, tax) = (i128::from(total.get()), i128::from(rate), i128::from(tax.get()));
    let exact = total * rate;
    (tax * (100 + rate) - exact).abs() < 100 + rate && tax > 0
}

/// Whether `tax` is the tax of `rate` percent on `base`, in whichever way it was rounded.
pub(super) fn tax_on(base: Yen, rate: u8, tax: Yen) -> bool {
    let (base, rate, tax) = (i128::from(base.get()), i128::from(rate), i128::from(tax.get()));
    (tax * 100 - base * rate).abs() < 100 && tax > 0
}

/// The tax by rate, highest first.
pub(super) fn tax_lines(figures: &Figures, total: Option<Yen>) -> Vec<TaxLine> {
    let bases: Vec<(Option<u8>, Option<bool>, Yen)> = figures
        .first
        .iter()
        .filter_map(|figure| match figure.role {
            Role::Base(included) => Some((figure.rate, included, figure.yen())),
            Role::Net | Role::Subtotal => Some((figure.rate, None, figure.yen())),
            _ => None,
        })
        .collect();
    let rate_of = |tax: Yen| {
        [10u8, 8].into_iter().find(|rate| {
            total.is_some_and(|total| {
                tax_fits(total, *rate, tax) || total.checked_sub(tax).is_some_and(|net| tax_on(net, *rate, tax))
            }) || bases.iter().any(|(named, _, base)| {
                named.is_none_or(|named| named == *rate) && (tax_on(*base, *rate, tax) || tax_fits(*base, *rate, tax))
            })
        })
    };
    let taxes: Vec<(u8, Yen)> = figures
        .first
        .iter()
        .filter(|figure| figure.role == Role::Tax)
        .filter_map(|figure| Some((figure.rate.or_else(|| rate_of(figure.yen()))?, figure.yen())))
        .collect();
    let mut lines = Vec::new();
    for rate in [10u8, 8] {
        let tax = taxes.iter().find(|(r, _)| *r == rate).map(|(_, tax)| *tax);
        let named: Vec<&(Option<u8>, Option<bool>, Yen)> = bases.iter().filter(|(r, ..)| *r == Some(rate)).collect();
        // The base whose tax this is, else the one named with the rate, else what remains of the total.
        let fits = |base: &&(Option<u8>, Option<bool>, Yen)| {
            tax.is_some_and(|tax| tax_on(base.2, rate, tax) || tax_fits(base.2, rate, tax))
        };
        let unnamed = || bases.iter().filter(|(r, ..)| r.is_none()).find(|base| fits(base));
        let base = named.iter().copied().find(|base| fits(base)).or_else(|| named.first().copied()).or_else(unnamed);
        if tax.is_none() && base.is_none() {
            continue;
        }
        let base_includes_tax = match (base, tax) {
            (Some((_, Some(said), _)), _) => *said,
            (Some((.., base)), Some(tax)) if tax_on(*base, rate, tax) => false,
            (Some((.., base)), Some(tax)) if tax_fits(*base, rate, tax) => true,
            (Some((.., base)), _) => Some(*base) == total,
            (None, _) => false,
        };
        lines.push(TaxLine { rate, base_yen: base.map(|(.., base)| *base), tax_yen: tax, base_includes_tax });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_agrees_in_any_rounding_and_in_no_other_way() {
        let yen = |n| Yen::new(n).unwrap();
        for (total, rate, tax, fits) in [
            (143_000, 10, 13_000, true),
            (45_100, 10, 4_100, true),
            (99_999, 10, 9_090, true),
            (99_999, 10, 9_091, true),
            (99_999, 10, 9_092, false),
            (5_620, 10, 1_420, false),
            (1_080, 8, 80, true),
            (1_080, 10, 80, false),
        ] {
            assert_eq!(tax_fits(yen(total), rate, yen(tax)), fits, "{total} {rate} {tax}");
        }
        assert!(tax_on(yen(130_000), 10, yen(13_000)) && !tax_on(yen(143_000), 10, yen(13_000)));
    }
}
