//! `kofu-bench`: measurements for the people who change kofu. Started by `cargo xtask bench`.

#[cfg(feature = "audit")]
mod audit;
#[cfg(feature = "output")]
mod output;
#[cfg(feature = "pages")]
mod pages;
#[cfg(feature = "reading")]
mod reading;
mod rules;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// With this as its first word the program is the process that reads one document.
#[cfg(any(feature = "reading", feature = "pages"))]
const READER_PROCESS: &str = "reader-process";

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
    /// How fast an export of the decision log is verified, and whether every changed byte is found.
    #[cfg(feature = "audit")]
    Audit(audit::Options),
    /// How long many notices and a long payment list take beside the libraries that they are made with.
    #[cfg(feature = "output")]
    Output(output::Options),
    /// How long the server takes for its pages with a million claims stored, beside a thousand, on both databases.
    #[cfg(feature = "pages")]
    Pages(pages::Options),
    /// Requests that schemathesis makes up from the OpenAPI document, by programs of every role, against a running server.
    #[cfg(feature = "pages")]
    Api(pages::api::Options),
}

fn main() -> ExitCode {
    // Before anything else: the reader process gives up its rights, and must not have done anything with them.
    #[cfg(any(feature = "reading", feature = "pages"))]
    if std::env::args().nth(1).as_deref() == Some(READER_PROCESS) {
        return ingest::child_main();
    }
    let done = match Cli::parse().what {
        What::Rules(options) => rules::run(&options),
        #[cfg(feature = "reading")]
        What::Reading(options) => reading::run(&options).map(|()| true),
        #[cfg(feature = "audit")]
        What::Audit(options) => audit::run(&options),
        #[cfg(feature = "output")]
        What::Output(options) => output::run(&options),
        #[cfg(feature = "pages")]
        What::Pages(options) => pages::run(&options),
        #[cfg(feature = "pages")]
        What::Api(options) => pages::api::run(&options),
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
