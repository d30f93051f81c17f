//! The least that could be done: the same line of facts into plain structures, an answer of kofu's form and length out,
//! and nothing decided in between.

use super::race::Racer;
use ::rules::Ruleset;
use anyhow::{Context, Result, ensure};
use claim::Lang;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hint::black_box;

/// So many of kofu's answers are kept as models; claims take them in turn, so that the mix of lengths is kofu's.
const MODELS: usize = 4_096;

/// A line of facts. Nothing is read of the fields: they are there for the JSON reader to fill.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the bare loop reads a line and looks at nothing but the claim's id")]
struct Facts<'a> {
    #[serde(borrow)]
    claim_id: Cow<'a, str>,
    #[serde(borrow)]
    programme: Cow<'a, str>,
    #[serde(borrow)]
    submitted_at: Cow<'a, str>,
    #[serde(borrow)]
    purchased_on: Cow<'a, str>,
    #[serde(borrow)]
    facility: Facility<'a>,
    #[serde(borrow)]
    expenses: Vec<Expense<'a>>,
    #[serde(borrow)]
    documents: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    earlier_grants: Vec<Cow<'a, str>>,
    claimed_yen: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "see Facts")]
struct Facility<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    transitional_measure: Option<Measure<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "see Facts")]
struct Measure<'a> {
    number: u8,
    #[serde(borrow)]
    ended_on: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "see Facts")]
struct Expense<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
    amount_yen: i64,
}

/// An answer of kofu's form, ready to be written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    claim_id: String,
    programme: String,
    outcome: String,
    grant_yen: i64,
    computed_yen: i64,
    findings: Vec<Finding>,
    trace: Vec<Step>,
    ruleset: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    code: String,
    severity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    source: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    values: BTreeMap<String, Value>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Place {
    key: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Step {
    step: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    inputs: BTreeMap<String, Value>,
    value: Value,
    source: Option<String>,
    sentence: String,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Value {
    Whole(i64),
    Text(String),
    List(Vec<Value>),
}

/// The bare loop.
pub(crate) struct Bare {
    models: Vec<Answer>,
}

impl Bare {
    /// With answers of kofu to the first of `lines` as models.
    pub(crate) fn like_kofu(ruleset: &Ruleset, lines: &[String]) -> Result<Bare> {
        let mut models = Vec::new();
        for line in lines.iter().take(MODELS) {
            let written = serde_json::to_string(&ruleset.assess(&ruleset.parse_facts(line)?, &[])?.view(Lang::Ja))?;
            let model: Answer = serde_json::from_str(&written)
                .context("kofu's answers have got another form: crates/bench/src/rules/bare.rs has to follow")?;
            ensure!(serde_json::to_string(&model)? == written, "the bare loop does not write what kofu writes");
            models.push(model);
        }
        Ok(Bare { models })
    }
}

impl Racer for Bare {
    fn name(&self) -> &'static str {
        "bare loop, JSON to JSON, decides nothing"
    }

    fn prepare(&mut self, _: &[String]) -> Result<()> {
        Ok(())
    }

    fn answer(&mut self, lines: &[String]) -> Result<usize> {
        let mut out = Vec::new();
        let mut bytes = 0;
        for (line, model) in lines.iter().zip(self.models.iter().cycle()) {
            out.clear();
            black_box(serde_json::from_str::<Facts<'_>>(line)?);
            serde_json::to_writer(&mut out, model)?;
            out.push(b'\n');
            bytes += black_box(&out).len();
        }
        Ok(bytes)
    }
}
