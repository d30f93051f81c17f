//! The oracle and the rules side by side: random claims, and every difference with what it takes to see it again.

use super::random_facts::RandomFacts;
use super::{Answer, decide};
use anyhow::{Result, anyhow};
use claim::{Facts, Lang};
use rules::Ruleset;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many claims are drawn from one seed: threads take seeds in turn, and any of them can be drawn again alone.
pub const CLAIMS_A_SEED: u64 = 1_000;

/// A claim on which the two do not agree.
#[derive(Debug)]
pub struct Difference {
    /// Of which seed it is one of the first [`CLAIMS_A_SEED`] lines.
    pub seed: u64,
    /// Its facts.
    pub line: String,
    /// What the oracle says.
    pub oracle: Result<Answer>,
    /// What the rules say.
    pub rules: Result<Answer>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |answer: &Result<Answer>| match answer {
            Ok(answer) => answer.to_string(),
            Err(error) => format!("no answer: {error:#}"),
        };
        writeln!(f, "seed {}: {}", self.seed, self.line)?;
        writeln!(f, "  oracle: {}", shown(&self.oracle))?;
        write!(f, "  rules:  {}", shown(&self.rules))
    }
}

/// What two opinions on many claims came to.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many claims were compared.
    pub claims: u64,
    /// How many of them are granted.
    pub approved: u64,
    /// The claims on which they do not agree.
    pub differences: Vec<Difference>,
}

/// Compares `claims` random claims, rounded up to whole seeds from `first_seed` on, on all cores. `seen` is told of
/// every [`CLAIMS_A_SEED`] claims.
pub fn compare(ruleset: &Ruleset, first_seed: u64, claims: u64, seen: impl Fn() + Sync) -> Comparison {
    let past_the_last = first_seed + claims.div_ceil(CLAIMS_A_SEED);
    let next_seed = AtomicU64::new(first_seed);
    let whole = Mutex::new(Comparison::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next_seed.fetch_add(1, Ordering::Relaxed);
                    if seed >= past_the_last {
                        break;
                    }
                    let part = of_seed(ruleset, seed);
                    let mut whole = whole.lock().expect("no other thread has panicked");
                    whole.claims += part.claims;
                    whole.approved += part.approved;
                    whole.differences.extend(part.differences);
                    drop(whole);
                    seen();
                }
            });
        }
    });
    let mut whole = whole.into_inner().expect("no thread has panicked");
    whole.differences.sort_by_key(|difference| difference.seed);
    whole
}

fn of_seed(ruleset: &Ruleset, seed: u64) -> Comparison {
    let mut part = Comparison::default();
    for line in RandomFacts::seeded(seed)
        .with_unread_days()
        .with_applications()
        .take(usize::try_from(CLAIMS_A_SEED).unwrap_or(0))
    {
        let (oracle, rules) = (decide(&line), answer_of_rules(ruleset, &line));
        part.claims += 1;
        if let (Ok(oracle), Ok(rules)) = (&oracle, &rules)
            && oracle == rules
        {
            part.approved += u64::from(rules.outcome == "approve");
        } else {
            part.differences.push(Difference { seed, line, oracle, rules });
        }
    }
    part
}

/// What `rules` say of a line of facts.
fn answer_of_rules(ruleset: &Ruleset, line: &str) -> Result<Answer> {
    let facts = match ruleset.parse_facts(line) {
        Ok(facts) => facts,
        // A day that could not be read comes from documents and never on a line: such facts are taken as they are kept.
        Err(error) if error.place() == "purchased_on" && error.problems().count() == 1 => {
            serde_json::from_str::<Facts>(line)?
        }
        Err(error) => return Err(anyhow!("{}", error.message(Lang::En).to_owned())),
    };
    let assessment = ruleset.assess(&facts, &[])?;
    let mut findings: Vec<String> = assessment.findings.iter().map(|one| one.code.code().to_owned()).collect();
    findings.sort_unstable();
    Ok(Answer {
        outcome: assessment.outcome.code().to_owned(),
        grant_yen: i128::from(assessment.grant_yen.get()),
        computed_yen: i128::from(assessment.computed_yen.get()),
        grant_units: assessment.grant_units.map(|granted| (granted.product.to_string(), i64::from(granted.units))),
        findings,
    })
}
