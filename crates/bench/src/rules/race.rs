//! Several runners over the same claims in alternating rounds, so that whatever else the machine does hits them alike.

use anyhow::Result;
use indicatif::ProgressBar;
use std::time::{Duration, Instant};

/// Something that answers claims.
pub(crate) trait Racer {
    /// What it is and does.
    fn name(&self) -> &'static str;

    /// Gets claims ready, off the clock.
    fn prepare(&mut self, lines: &[String]) -> Result<()>;

    /// Answers the claims of `lines`, which are those that it prepared for; the bytes that it wrote.
    fn answer(&mut self, lines: &[String]) -> Result<usize>;
}

/// How a runner did.
#[derive(Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) name: &'static str,
    /// Median of the rounds.
    pub(crate) claims_per_second: f64,
    pub(crate) microseconds_a_claim: f64,
    pub(crate) bytes_a_claim: f64,
    /// How many times as fast as each of the runners, in their order: the median of the ratios within a round.
    pub(crate) times_as_fast: Vec<(&'static str, f64)>,
}

/// Runs all over `lines`, a part of them in each round.
pub(crate) fn run(
    racers: &mut [Box<dyn Racer + '_>],
    lines: &[String],
    rounds: usize,
    progress: &ProgressBar,
) -> Result<Vec<Standing>> {
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); racers.len()];
    let mut bytes = vec![0_usize; racers.len()];
    for part in lines.chunks(lines.len().div_ceil(rounds).max(1)) {
        for (i, racer) in racers.iter_mut().enumerate() {
            racer.prepare(part)?;
            let stopwatch = Stopwatch::start();
            bytes[i] += racer.answer(part)?;
            // Seconds a claim: the last part may be shorter than the others.
            seconds[i].push(stopwatch.elapsed().as_secs_f64() / count(part.len()));
            progress.inc(part.len() as u64);
        }
    }
    Ok(standings(racers.iter().map(|racer| racer.name()).collect(), &seconds, &bytes, lines.len()))
}

/// Time that this thread spends on a processor, so that waiting for a busy machine does not count. Where the kernel does
/// not tell, time that passes.
struct Stopwatch {
    on_processor: Option<Duration>,
    passing: Instant,
}

impl Stopwatch {
    fn start() -> Stopwatch {
        Stopwatch { on_processor: on_processor(), passing: Instant::now() }
    }

    fn elapsed(&self) -> Duration {
        let passed = self.passing.elapsed();
        match (self.on_processor, on_processor()) {
            (Some(start), Some(end)) if end > start => end - start,
            _ => passed,
        }
    }
}

/// The first figure of `schedstat`: nanoseconds on a processor so far.
fn on_processor() -> Option<Duration> {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    figures.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn standings(names: Vec<&'static str>, seconds: &[Vec<f64>], bytes: &[usize], claims: usize) -> Vec<Standing> {
    names
        .iter()
        .zip(seconds)
        .zip(bytes)
        .filter_map(|((name, own), bytes)| {
            let median_seconds = median(own.clone())?;
            let times_as_fast = names
                .iter()
                .zip(seconds)
                .filter_map(|(other, theirs)| {
                    Some((*other, median(theirs.iter().zip(own).map(|(theirs, own)| theirs / own).collect())?))
                })
                .collect();
            Some(Standing {
                name,
                claims_per_second: 1.0 / median_seconds,
                microseconds_a_claim: median_seconds * 1e6,
                bytes_a_claim: count(*bytes) / count(claims),
                times_as_fast,
            })
        })
        .collect()
}

/// A count as a number to divide by.
fn count(n: usize) -> f64 {
    n as f64
}

/// The middle one, or what lies between the middle two; `None` of nothing.
fn median(mut all: Vec<f64>) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let upper = *all.get(all.len() / 2)?;
    if all.len() % 2 == 1 {
        return Some(upper);
    }
    Some((all.get(all.len() / 2 - 1)? + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ratios_are_those_of_the_rounds() {
        // The second takes twice as long as the first in every round, and the machine was slow in the last one.
        let seconds = [vec![0.001, 0.001, 0.100], vec![0.002, 0.002, 0.200]];
        let found = standings(vec!["first", "second"], &seconds, &[3_000, 0], 3);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(found[0].claims_per_second, 1_000.0) && close(found[1].claims_per_second, 500.0));
        assert!(close(found[0].bytes_a_claim, 1_000.0) && close(found[1].microseconds_a_claim, 2_000.0));
        assert!(close(found[0].times_as_fast[1].1, 2.0) && close(found[1].times_as_fast[0].1, 0.5));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }
}
