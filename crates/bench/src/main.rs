//! `kofu-bench`: measurements for the people who change kofu. Started by `cargo xtask bench`.

mod rules;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Measures kofu.
#[derive(Parser)]
#[command(name = "kofu-bench")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// How fast claims are assessed, beside a peer and beside the least that could be done, all in one run.
    Rules(rules::Options),
}

fn main() -> ExitCode {
    let What::Rules(options) = Cli::parse().what;
    match rules::run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kofu-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
