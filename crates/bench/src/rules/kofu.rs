//! kofu itself: what `kofu assess` does with a line, with and without the trace, and the assessment alone.

use super::race::Racer;
use ::rules::Ruleset;
use anyhow::Result;
use claim::{Facts, Lang};
use std::hint::black_box;

/// A line as `kofu assess` takes and answers it.
pub(crate) struct FromJson<'r> {
    pub(crate) ruleset: &'r Ruleset,
    /// Whether the steps of the sum are written.
    pub(crate) trace: bool,
}

impl Racer for FromJson<'_> {
    fn name(&self) -> &'static str {
        if self.trace { "kofu assess, JSON to JSON" } else { "kofu assess, JSON to JSON without the trace" }
    }

    fn prepare(&mut self, _: &[String]) -> Result<()> {
        Ok(())
    }

    fn answer(&mut self, lines: &[String]) -> Result<usize> {
        let mut out = Vec::new();
        let mut bytes = 0;
        for line in lines {
            out.clear();
            let facts = self.ruleset.parse_facts(line)?;
            let mut assessment = self.ruleset.assess(&facts, &[])?;
            if !self.trace {
                assessment.trace.clear();
            }
            serde_json::to_writer(&mut out, &assessment.view(Lang::Ja))?;
            out.push(b'\n');
            bytes += black_box(&out).len();
        }
        Ok(bytes)
    }
}

/// Facts that are in memory to an assessment in memory: findings and trace, but no words and no JSON.
pub(crate) struct InMemory<'r> {
    ruleset: &'r Ruleset,
    facts: Vec<Facts>,
}

impl<'r> InMemory<'r> {
    pub(crate) fn new(ruleset: &'r Ruleset) -> InMemory<'r> {
        InMemory { ruleset, facts: Vec::new() }
    }
}

impl Racer for InMemory<'_> {
    fn name(&self) -> &'static str {
        "kofu, facts to assessment in memory"
    }

    fn prepare(&mut self, lines: &[String]) -> Result<()> {
        self.facts = lines.iter().map(|line| self.ruleset.parse_facts(line)).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn answer(&mut self, _: &[String]) -> Result<usize> {
        for facts in &self.facts {
            black_box(self.ruleset.assess(facts, &[])?);
        }
        Ok(0)
    }
}
