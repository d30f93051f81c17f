//! What a claim for products is granted: its choices held against what the programme offers, each step on the record.

use crate::programme::{Dated, Product, ProductTerms};
use crate::words::Words;
use claim::{
    Category, Choice, Facts, Finding, FindingCode, Lang, Place, ProductUnits, Step, TraceStep, Value, Values, Yen,
};
use jiff::civil::Date;

/// Choices that have been looked at.
pub(crate) struct Chosen {
    /// What can be granted, in the order of the choices.
    pub(crate) units: Vec<ProductUnits>,
    /// The steps, in order.
    pub(crate) trace: Vec<TraceStep>,
    /// What is wrong with them.
    pub(crate) findings: Vec<Finding>,
}

/// Holds the choices of `facts` against what is offered on `day`, a kind of facility at a time.
pub(crate) fn choose(products: &ProductTerms, facts: &Facts, day: Date) -> Chosen {
    let mut chosen = Chosen { units: Vec::new(), trace: Vec::new(), findings: Vec::new() };
    let offered: Vec<&Dated<Product>> = products.on(day).collect();
    if facts.choices.is_empty() {
        let mut finding =
            Finding::new(FindingCode::ChoiceMissing).at(Place::key("choices")).with("products", labels(&offered));
        finding.source = offered.first().map(|dated| dated.source.clone());
        chosen.findings.push(finding);
    } else if !is_clear(&facts.choices) {
        let listed = listed(&facts.choices, &offered);
        chosen.findings.push(
            Finding::new(FindingCode::ChoiceUnclear)
                .at(Place::key("choices"))
                .with("found_ja", listed.ja)
                .with("found_en", listed.en),
        );
    }
    let mut choices: Vec<(usize, &Choice)> = facts.choices.iter().enumerate().collect();
    choices.sort_by_key(|(_, choice)| choice.rank);
    let ceiling = products.units_ceiling.get(&facts.facility.kind).map(|ceiling| ceiling.on(day));
    for (i, choice) in choices {
        let place = |key: &str| Place::key(&format!("choices[{i}].{key}"));
        let Some(product) = offered.iter().find(|dated| dated.value.id == choice.product) else {
            chosen.findings.push(not_offered(choice, &offered).at(place("product")));
            continue;
        };
        // A kind without a ceiling is undecided on every day, and then nobody asks here.
        let Some(ceiling) = ceiling else { continue };
        let values: Values = [
            ("rank".to_owned(), Value::from(u32::from(choice.rank))),
            ("maker".to_owned(), Value::from(product.value.maker.as_str())),
            ("name".to_owned(), Value::from(product.value.name.as_str())),
            ("asked_units".to_owned(), Value::from(choice.units)),
            ("ceiling_units".to_owned(), Value::from(ceiling.value)),
        ]
        .into();
        if choice.units > ceiling.value {
            let mut finding = Finding::new(FindingCode::UnitsAboveCeiling)
                .at(place("units"))
                .on(&ceiling.source)
                .with("kind", facts.facility.kind);
            finding.values.extend(values);
            chosen.findings.push(finding);
            continue;
        }
        chosen.trace.push(TraceStep {
            step: Step::ChoiceUnits,
            inputs: values,
            value: Value::from(choice.units),
            source: Some(ceiling.source.clone()),
        });
        chosen.units.push(product.value.units(choice.units));
    }
    chosen.findings.extend(of_the_filing(products, facts, day, &offered));
    chosen.findings.extend(of_expenses(facts));
    chosen
}

/// That a product is none of those offered.
pub(crate) fn not_offered(choice: &Choice, offered: &[&Dated<Product>]) -> Finding {
    let names = labels(offered);
    let (ja, en) = match names.is_empty() {
        true => (Value::from("なし"), Value::from("none")),
        false => (Value::from(names.clone()), Value::from(names)),
    };
    Finding::new(FindingCode::ProductNotOffered)
        .with("found", &choice.product)
        .with("products_ja", ja)
        .with("products_en", en)
}

/// What was filed cannot be changed or taken back: neither by another claim nor by a later revision of this one.
fn of_the_filing(products: &ProductTerms, facts: &Facts, day: Date, offered: &[&Dated<Product>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let no_change = products.no_change_after_filing.on(day);
    if no_change.value.is_some() {
        if !facts.filed_before.is_empty() {
            let others: Vec<&str> = facts.filed_before.iter().map(claim::ClaimId::as_str).collect();
            findings.push(
                Finding::new(FindingCode::AlreadyFiled)
                    .at(Place::key("filed_before"))
                    .on(&no_change.source)
                    .with("other_claim", others),
            );
        }
        for rank in Choice::RANKS {
            // What could not be granted had to be changed.
            let Some(filed) = of_rank(&facts.filed_choices, rank)
                .and_then(|choice| offered.iter().find(|dated| dated.value.id == choice.product))
            else {
                continue;
            };
            let now = of_rank(&facts.choices, rank);
            if now.is_some_and(|choice| choice.product == filed.value.id) {
                continue;
            }
            let found = now.map(|choice| label_of(choice, offered));
            findings.push(
                Finding::new(FindingCode::ChoiceChanged)
                    .at(Place::key("choices"))
                    .on(&no_change.source)
                    .with("rank", u32::from(rank))
                    .with("filed", label(&filed.value))
                    .with(
                        "found_ja",
                        found.clone().map_or_else(|| "記入なし".to_owned(), |label| format!("「{label}」")),
                    )
                    .with("found_en", found.unwrap_or_else(|| "nothing".to_owned())),
            );
        }
    }
    findings
}

/// Nothing is paid: what was bought is said to be so, as where a category is not supported.
fn of_expenses(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for category in Category::ALL {
        let amounts = facts.expenses.iter().filter(|one| one.category == category).map(|one| one.amount_yen);
        // The whole was summed before, so a part of it can be.
        if let Some(amount) = Yen::checked_sum(amounts).filter(|amount| *amount > Yen::ZERO) {
            findings.push(
                Finding::new(FindingCode::ExpenseNotEligible).with("category", category).with("amount_yen", amount),
            );
        }
    }
    findings
}

/// One first choice, at most one second, and no product twice.
fn is_clear(choices: &[Choice]) -> bool {
    let count = |rank| choices.iter().filter(|choice| choice.rank == rank).count();
    let twice = choices
        .iter()
        .enumerate()
        .any(|(i, choice)| choices.iter().skip(i + 1).any(|other| other.product == choice.product));
    let (first, later) = (*Choice::RANKS.start(), *Choice::RANKS.end());
    count(first) == 1 && count(later) <= 1 && count(first) + count(later) == choices.len() && !twice
}

/// The only choice of a rank.
fn of_rank(choices: &[Choice], rank: u8) -> Option<&Choice> {
    let mut of_rank = choices.iter().filter(|choice| choice.rank == rank);
    of_rank.next().filter(|_| of_rank.next().is_none())
}

fn label(product: &Product) -> String {
    product.units(0).label()
}

fn labels(offered: &[&Dated<Product>]) -> Vec<String> {
    offered.iter().map(|dated| label(&dated.value)).collect()
}

fn label_of(choice: &Choice, offered: &[&Dated<Product>]) -> String {
    let product = offered.iter().find(|dated| dated.value.id == choice.product);
    product.map_or_else(|| choice.product.to_string(), |dated| label(&dated.value))
}

/// All choices in one line.
fn listed(choices: &[Choice], offered: &[&Dated<Product>]) -> Words {
    let each = |lang| -> Vec<String> {
        choices
            .iter()
            .map(|choice| {
                let units = Value::from(choice.units).show("asked_units", lang);
                let product = label_of(choice, offered);
                match lang {
                    Lang::Ja => format!("第{}希望 {product} {units}", choice.rank),
                    Lang::En => format!("choice {}, {product}, {units}", choice.rank),
                }
            })
            .collect()
    };
    Words::new(each(Lang::Ja).join("、"), each(Lang::En).join("; "))
}
