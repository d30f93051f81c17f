//! `kofu-bench`: measurements for the people who change kofu. Started by `cargo xtask bench`.

#[cfg(feature = "reading")]
mod reading;
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
    /// How much of invented receipts is read right, how sure the reading is of it, and what it costs beside others.
    #[cfg(feature = "reading")]
    Reading(reading::Options),
}

fn main() -> ExitCode {
    // Before anything else: the reader process gives up its rights, and must not have done anything with them.
    #[cfg(feature = "reading")]
    if std::env::args().nth(1).as_deref() == Some(reading::READER_PROCESS) {
        return ingest::child_main();
    }
    let done = match Cli::parse().what {
        What::Rules(options) => rules::run(&options),
        #[cfg(feature = "reading")]
        What::Reading(options) => reading::run(&options).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kofu-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
