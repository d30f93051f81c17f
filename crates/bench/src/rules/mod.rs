//! `kofu-bench rules`: random claims through kofu, the peer and the bare loop, one after another in the same run.
//!
//! The figures are for comparing within a run: nothing here judges a time. What is judged is what was answered: the
//! peer has to give the same grants, and the oracle the same answers.

mod bare;
mod kofu;
mod race;
#[cfg(feature = "peers")]
mod zen;

use ::rules::Ruleset;
use anyhow::{Context, Result, ensure};
use comfy_table::{CellAlignment, Table};
use indicatif::{ProgressBar, ProgressStyle};
use race::{Racer, Standing};
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tests::oracle::comparison::{CLAIMS_A_SEED, compare};
use tests::oracle::random_facts::RandomFacts;

/// What `kofu-bench rules` takes.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many random claims each runner goes through
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    claims: usize,
    /// In how many rounds; each runner goes through the same part of the claims in each
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Which random claims
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Only this runner, by its number in the table; for a profiler
    #[arg(long, value_name = "NUMBER")]
    only: Option<usize>,
    /// Also compare so many random claims with the oracle, on all cores; differences make the exit code 1
    #[arg(long, value_name = "N", default_value_t = 0)]
    oracle: u64,
    /// Only write the random claims to FILE (- is standard output), a line each, and measure nothing
    #[arg(long, value_name = "FILE", conflicts_with = "oracle")]
    generate: Option<PathBuf>,
    /// JSON Lines instead of tables
    #[arg(long)]
    json: bool,
}

/// Does what is asked for; whether all answers agreed.
pub(crate) fn run(options: &Options) -> Result<bool> {
    if let Some(file) = &options.generate {
        generate(options, file)?;
        return Ok(true);
    }
    if options.claims > 0 {
        measure(options)?;
    }
    if options.oracle > 0 { ask_the_oracle(options) } else { Ok(true) }
}

fn generate(options: &Options, file: &Path) -> Result<()> {
    let out: Box<dyn Write> = if file == Path::new("-") {
        Box::new(std::io::stdout().lock())
    } else {
        Box::new(std::fs::File::create(file).with_context(|| format!("{} cannot be written", file.display()))?)
    };
    let mut out = BufWriter::new(out);
    for line in RandomFacts::seeded(options.seed).take(options.claims) {
        writeln!(out, "{line}").with_context(|| format!("{} cannot be written on", file.display()))?;
    }
    out.flush().with_context(|| format!("{} cannot be written to its end", file.display()))
}

fn measure(options: &Options) -> Result<()> {
    let ruleset = Ruleset::embedded();
    let progress = bar(options.claims as u64, "claims drawn");
    let lines: Vec<String> =
        RandomFacts::seeded(options.seed).take(options.claims).inspect(|_| progress.inc(1)).collect();
    progress.finish_and_clear();

    let mut racers: Vec<Box<dyn Racer + '_>> = vec![
        Box::new(kofu::FromJson { ruleset, trace: true }),
        Box::new(kofu::FromJson { ruleset, trace: false }),
        Box::new(kofu::InMemory::new(ruleset)),
        Box::new(bare::Bare::like_kofu(ruleset, &lines)?),
    ];
    #[cfg(feature = "peers")]
    {
        let compared = zen::compare_grants(ruleset, &lines)?;
        eprintln!(
            "zen-engine gives the same sum for {} claims, {} of them approved by kofu",
            compared.claims, compared.approved
        );
        racers.push(Box::new(zen::Zen::new(zen::Form::InMemory)?));
        racers.push(Box::new(zen::Zen::new(zen::Form::Json)?));
    }
    #[cfg(not(feature = "peers"))]
    eprintln!("built without the feature `peers`: zen-engine does not run (`cargo xtask bench rules` builds with it)");

    if let Some(only) = options.only {
        ensure!((1..=racers.len()).contains(&only), "found runner {only}, expected one of 1 to {}", racers.len());
        racers = racers.into_iter().skip(only - 1).take(1).collect();
    }
    let progress = bar(options.claims as u64 * racers.len() as u64, "claims answered");
    let standings = race::run(&mut racers, &lines, usize::from(options.rounds), &progress)?;
    progress.finish_and_clear();
    ensure!(!standings.is_empty(), "there is nothing to measure with {} claims", options.claims);
    if options.json {
        print_json(options, &standings)
    } else {
        print_table(options, &standings)
    }
    Ok(())
}

fn print_json(options: &Options, standings: &[Standing]) {
    for one in standings {
        let against: serde_json::Map<String, serde_json::Value> =
            one.times_as_fast.iter().map(|(name, ratio)| ((*name).to_owned(), json!(ratio))).collect();
        let line = json!({
            "runner": one.name, "claims": options.claims, "rounds": options.rounds, "seed": options.seed,
            "claims_per_second": one.claims_per_second, "microseconds_a_claim": one.microseconds_a_claim,
            "bytes_a_claim": one.bytes_a_claim, "times_as_fast_as": against,
        });
        println!("{line}");
    }
}

fn print_table(options: &Options, standings: &[Standing]) {
    let mut table = Table::new();
    let mut header = vec!["".to_owned(), "claims/s".to_owned(), "µs/claim".to_owned(), "bytes out".to_owned()];
    header.extend(standings.iter().enumerate().map(|(i, _)| format!("÷ {}", i + 1)));
    table.set_header(header);
    for (i, one) in standings.iter().enumerate() {
        let mut row = vec![
            format!("{} {}", i + 1, one.name),
            format!("{:.0}", one.claims_per_second),
            format!("{:.2}", one.microseconds_a_claim),
            format!("{:.0}", one.bytes_a_claim),
        ];
        row.extend(one.times_as_fast.iter().map(|(_, ratio)| format!("{ratio:.2}")));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!(
        "{} random claims (seed {}) in {} rounds on one thread; medians of the rounds, in time on the processor. \
         “÷ 4” is how many times as many claims as runner 4 a runner answers.",
        options.claims, options.seed, options.rounds
    );
}

/// Differences that are shown; there are either none or very many.
const SHOWN: usize = 20;

fn ask_the_oracle(options: &Options) -> Result<bool> {
    let progress = bar(options.oracle, "claims compared with the oracle");
    let comparison = compare(Ruleset::embedded(), options.seed, options.oracle, || progress.inc(CLAIMS_A_SEED));
    progress.finish_and_clear();
    for difference in comparison.differences.iter().take(SHOWN) {
        println!("{difference}");
    }
    let (claims, approved, differences) = (comparison.claims, comparison.approved, comparison.differences.len());
    if options.json {
        println!("{}", json!({"oracle": {"claims": claims, "approved": approved, "differences": differences}}));
    } else {
        println!("oracle: {claims} claims compared, {approved} of them approved, {differences} differences");
    }
    Ok(differences == 0)
}

fn bar(length: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}
