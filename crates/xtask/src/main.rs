//! `cargo xtask`: what a fresh machine needs, then the thing itself.
//!
//! The default build has few and small dependencies, links no C library and compiles in seconds, because it runs before
//! the system packages are there. Drawing the sample documents needs much more and sits behind the feature `samples`.

mod bench;
mod fuzz;
mod machine;
mod options;
#[cfg(feature = "samples")]
mod samples;
mod sources;
mod tasks;

use options::Task;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let task = match options::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(wrong) => {
            eprintln!("xtask: {wrong}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    // xtask lives two levels below the top of the workspace, and every task runs there.
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    match run(&task, top) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task, top: &Path) -> anyhow::Result<()> {
    match task {
        Task::Help => {
            println!("{}", options::HELP);
            Ok(())
        }
        Task::Setup => {
            machine::set_up(&machine::Purpose::ALL)?;
            tasks::axe()?;
            tasks::openid_provider()?;
            tasks::schemathesis().map(drop)
        }
        Task::Demo(arguments) => tasks::demo(top, arguments),
        Task::Test(arguments) => tasks::test(top, arguments),
        Task::Ci => tasks::ci(top),
        Task::Sources { documents } => sources::run(top, documents),
        Task::BenchRules(arguments) => bench::rules(top, arguments),
        Task::BenchReading(arguments) => bench::reading(top, arguments),
        Task::BenchAudit(arguments) => bench::audit(top, arguments),
        Task::BenchSimulator(seeds) => bench::simulator(top, seeds),
        Task::BenchOutput(arguments) => bench::output(top, arguments),
        Task::BenchZengin(batches) => bench::zengin(top, batches),
        Task::BenchHostile(words) => fuzz::hostile(top, words),
        Task::BenchFuzz(arguments) => fuzz::run(top, arguments),
        Task::BenchMemory => bench::memory(top),
        Task::BenchPages(arguments) => bench::pages(top, arguments),
        Task::BenchApi(arguments) => bench::api(top, arguments),
        #[cfg(not(feature = "samples"))]
        Task::Samples { check } => tasks::samples(top, *check),
        #[cfg(feature = "samples")]
        Task::Samples { check } => samples::run(&top.join("samples"), *check),
    }
}
