//! What a claim is worth: category sums under their ceilings, the cost ceiling, the rate, the rounding, the grant
//! ceiling, each step on the record.

use crate::listing::mode_code;
use crate::programme::MoneyTerms;
use claim::{
    Category, Expense, FacilityKind, Finding, FindingCode, Lang, Rounding, Step, TraceStep, Value, Values, Yen,
};
use jiff::civil::Date;

/// A sum that has been worked out.
pub(crate) struct Sum {
    /// What the steps come to.
    pub(crate) computed: Yen,
    /// The eligible expenses before any ceiling.
    pub(crate) eligible: Yen,
    /// The steps, in order.
    pub(crate) trace: Vec<TraceStep>,
    /// What was left out or cut.
    pub(crate) findings: Vec<Finding>,
}

/// Works out what `expenses` are worth to a facility of `kind` by the values that hold on `day`; `None` when a sum is
/// above [`Yen::MAX`].
pub(crate) fn work_out(money: &MoneyTerms, kind: FacilityKind, day: Date, expenses: &[Expense]) -> Option<Sum> {
    let mut sum = Sum::nothing();
    let terms = money.kinds.get(&kind);
    let mut supported = Vec::new();
    let mut counted = Yen::ZERO;
    for (category, eligible) in terms.iter().flat_map(|terms| terms.eligible_on(day)) {
        supported.push(category.category);
        let (total, lines) = of_category(expenses, category.category)?;
        if lines == 0 {
            continue;
        }
        sum.eligible = sum.eligible.checked_add(total)?;
        let inputs = [("category", Value::from(category.category)), ("lines", Value::from(lines))];
        sum.step(Step::CategorySum, inputs, total, Some(&eligible.source));
        let ceiling = category.ceiling.on(day);
        let mut under = total;
        if let Some(limit) = ceiling.value {
            under = total.min(limit);
            let inputs = [
                ("category", Value::from(category.category)),
                ("sum_yen", Value::from(total)),
                ("ceiling_yen", Value::from(limit)),
            ];
            sum.step(Step::CategoryCeiling, inputs, under, Some(&ceiling.source));
            if total > limit {
                sum.findings.push(
                    Finding::new(FindingCode::CategoryCeilingApplied)
                        .on(&ceiling.source)
                        .with("category", category.category)
                        .with("found_yen", total)
                        .with("ceiling_yen", limit),
                );
            }
        }
        counted = counted.checked_add(under)?;
    }
    sum.step(Step::EligibleCost, [], counted, None);
    for category in Category::ALL.into_iter().filter(|category| !supported.contains(category)) {
        let (amount, _) = of_category(expenses, category)?;
        if amount > Yen::ZERO {
            let sources: Vec<&str> =
                terms.iter().flat_map(|terms| terms.eligible_on(day)).map(|(_, dated)| dated.source.as_str()).collect();
            let mut finding =
                Finding::new(FindingCode::ExpenseNotEligible).with("category", category).with("amount_yen", amount);
            finding.source = joined(&sources);
            sum.findings.push(finding);
        }
    }
    let Some(terms) = terms else { return Some(sum) };

    let cost = terms.cost_ceiling.on(day);
    if let Some(limit) = cost.value {
        let inputs = [("sum_yen", Value::from(counted)), ("ceiling_yen", Value::from(limit))];
        if counted > limit {
            sum.findings.push(
                Finding::new(FindingCode::CostCeilingApplied)
                    .on(&cost.source)
                    .with("found_yen", counted)
                    .with("ceiling_yen", limit),
            );
        }
        counted = counted.min(limit);
        sum.step(Step::CostCeiling, inputs, counted, Some(&cost.source));
    }

    let rate = terms.rate.on(day);
    let exact = counted.times_exactly(rate.value);
    let inputs = [("cost_yen", Value::from(counted)), ("rate", Value::from(rate.value))];
    sum.step(Step::Rate, inputs, exact.as_str(), Some(&rate.source));

    let (mode, unit) = (money.rounding_mode.on(day), money.rounding_unit.on(day));
    let product = counted.times(rate.value, Rounding { mode: mode.value, unit_yen: unit.value })?;
    let inputs = [
        ("exact_yen", Value::from(exact)),
        ("unit_yen", Value::from(unit.value)),
        ("mode", Value::from(mode_code(mode.value))),
    ];
    let sources = [mode.source.as_str(), unit.source.as_str()];
    sum.step(Step::Rounding, inputs, product, joined(&sources).as_deref());

    let grant = terms.grant_ceiling.on(day);
    sum.computed = product;
    if let Some(limit) = grant.value {
        sum.computed = product.min(limit);
        let inputs = [("product_yen", Value::from(product)), ("ceiling_yen", Value::from(limit))];
        sum.step(Step::GrantCeiling, inputs, sum.computed, Some(&grant.source));
        if product > limit {
            sum.findings.push(
                Finding::new(FindingCode::GrantCeilingApplied)
                    .on(&grant.source)
                    .with("found_yen", product)
                    .with("ceiling_yen", limit),
            );
        }
    }
    Some(sum)
}

impl Sum {
    /// Of a claim that is not worked out.
    pub(crate) fn nothing() -> Sum {
        Sum { computed: Yen::ZERO, eligible: Yen::ZERO, trace: Vec::new(), findings: Vec::new() }
    }

    fn step<const N: usize>(
        &mut self,
        step: Step,
        inputs: [(&str, Value); N],
        value: impl Into<Value>,
        source: Option<&str>,
    ) {
        let inputs: Values = inputs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        self.trace.push(TraceStep { step, inputs, value: value.into(), source: source.map(str::to_owned) });
    }
}

/// The sum of the expenses of a category and how many there are.
fn of_category(expenses: &[Expense], category: Category) -> Option<(Yen, u32)> {
    let of = || expenses.iter().filter(|expense| expense.category == category);
    let lines = u32::try_from(of().count()).ok()?;
    Some((Yen::checked_sum(of().map(|expense| expense.amount_yen))?, lines))
}

/// Several sources as one text, each once.
pub(crate) fn joined(sources: &[&str]) -> Option<String> {
    let mut once: Vec<&str> = Vec::new();
    for source in sources {
        if !once.contains(source) {
            once.push(source);
        }
    }
    if once.is_empty() { None } else { Some(once.join(" / ")) }
}

/// The names of the categories that a programme supports for `kind` on `day`, and the sources that say so.
pub(crate) fn supported(
    money: &MoneyTerms,
    kind: FacilityKind,
    day: Date,
    lang: Lang,
) -> (Vec<&'static str>, Option<String>) {
    let all: Vec<_> = money.kinds.get(&kind).into_iter().flat_map(|terms| terms.eligible_on(day)).collect();
    let names = all.iter().map(|(terms, _)| terms.category.name(lang)).collect();
    let sources: Vec<&str> = all.iter().map(|(_, dated)| dated.source.as_str()).collect();
    (names, joined(&sources))
}
