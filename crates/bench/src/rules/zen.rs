//! GoRules' zen-engine with the same sum as a decision graph (`zen.json`: a table of terms, then one expression).
//!
//! It has less to do than kofu: amounts come summed by category, the day, the documents, the measure and the code are
//! not looked at, nothing is said of what was cut, and there is no trace. In memory, its input and output are not even
//! read and written.

use super::race::Racer;
use ::rules::Ruleset;
use anyhow::{Context, Result, anyhow, ensure};
use claim::{Category, Facts, Outcome, Yen};
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;
use tokio::runtime::Runtime;
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, Variable};

/// How claims come and answers go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    InMemory,
    Json,
}

/// The peer.
pub(crate) struct Zen {
    form: Form,
    decision: Decision,
    runtime: Runtime,
    in_memory: Vec<Variable>,
    json: Vec<String>,
}

impl Zen {
    /// With its expressions compiled ahead, which its authors advise for speed.
    pub(crate) fn new(form: Form) -> Result<Zen> {
        let content: DecisionContent = serde_json::from_str(include_str!("zen.json")).context("zen.json")?;
        let mut decision = Decision::from(Arc::new(content));
        decision.compile();
        decision.validate().map_err(|error| anyhow!("zen.json: {error:?}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Zen { form, decision, runtime, in_memory: Vec::new(), json: Vec::new() })
    }

    /// The grant that the graph comes to for what [`input`] gave.
    fn grant_yen(&self, input: Variable) -> Result<i64> {
        let response = self.runtime.block_on(self.decision.evaluate(input)).map_err(|error| anyhow!("{error:?}"))?;
        let grant = response.result.dot("grant_yen").context("zen-engine gave no grant_yen")?;
        grant.to_string().parse().with_context(|| format!("zen-engine gave {grant}, no whole yen"))
    }
}

/// What the graph takes of a claim.
fn input(facts: &Facts) -> Result<serde_json::Value> {
    let sum = |category: Category| {
        let of = facts.expenses.iter().filter(|expense| expense.category == category);
        Yen::checked_sum(of.map(|expense| expense.amount_yen)).map(Yen::get).context("facts sum up")
    };
    Ok(json!({
        "programme": facts.programme,
        "kind": facts.facility.kind,
        "mobile_terminal": sum(Category::MobileTerminal)?,
        "receipt_computer": sum(Category::ReceiptComputer)?,
        "card_reader": sum(Category::CardReader)?,
    }))
}

impl Racer for Zen {
    fn name(&self) -> &'static str {
        match self.form {
            Form::InMemory => "zen-engine, sums to grant in memory",
            Form::Json => "zen-engine, sums to grant, JSON to JSON",
        }
    }

    fn prepare(&mut self, lines: &[String]) -> Result<()> {
        let ruleset = Ruleset::embedded();
        self.in_memory.clear();
        self.json.clear();
        for line in lines {
            let input = input(&ruleset.parse_facts(line)?)?;
            match self.form {
                Form::InMemory => self.in_memory.push(input.into()),
                Form::Json => self.json.push(input.to_string()),
            }
        }
        Ok(())
    }

    fn answer(&mut self, _: &[String]) -> Result<usize> {
        let mut bytes = 0;
        // One entry into the runtime for all: what is measured is the engine.
        self.runtime.block_on(async {
            for input in &self.in_memory {
                black_box(self.decision.evaluate(input.clone()).await.map_err(|error| anyhow!("{error:?}"))?);
            }
            let mut out = Vec::new();
            for line in &self.json {
                out.clear();
                let input: Variable = serde_json::from_str(line)?;
                let response = self.decision.evaluate(input).await.map_err(|error| anyhow!("{error:?}"))?;
                serde_json::to_writer(&mut out, &response.result)?;
                out.push(b'\n');
                bytes += black_box(&out).len();
            }
            Ok(bytes)
        })
    }
}

/// On how many claims kofu and zen-engine came to the same sum.
pub(crate) struct Compared {
    pub(crate) claims: usize,
    /// Of them, how many kofu approves, so that the sum is the grant.
    pub(crate) approved: usize,
}

/// So many claims are compared before the race: the same graph answers all of them.
const COMPARED: usize = 100_000;

/// Whether both come to the same yen: a peer that did something else would be no measure.
pub(crate) fn compare_grants(ruleset: &Ruleset, lines: &[String]) -> Result<Compared> {
    let zen = Zen::new(Form::InMemory)?;
    let mut compared = Compared { claims: 0, approved: 0 };
    for line in lines.iter().take(COMPARED) {
        let facts = ruleset.parse_facts(line)?;
        let assessment = ruleset.assess(&facts, &[])?;
        let grant_yen = zen.grant_yen(input(&facts)?.into())?;
        ensure!(
            grant_yen == assessment.computed_yen.get(),
            "zen-engine comes to {grant_yen} yen, kofu to {}: {line}",
            assessment.computed_yen
        );
        compared.claims += 1;
        compared.approved += usize::from(assessment.outcome == Outcome::Approve);
    }
    Ok(compared)
}
