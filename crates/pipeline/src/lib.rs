//! The binary `kofu` as a library: configuration, clock, workers, the stages wired together, and the subcommands.
//!
//! Nothing depends on this crate. It is the only one that reads the clock and the environment.

mod app;
mod bundle;
mod cli;
mod clock;
mod command;
mod config;
mod file;
mod mail;
mod output;
mod own_programmes;
mod register;
mod stage;
mod told;
mod worker;

use app::App;
use clap::Parser;
use cli::{BatchCommand, Cli, Command, LogCommand, Need};
use clock::Clock;
use command::Done;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Runs the command line and returns its exit code: 0 done, 1 it could not be done, 2 wrong usage.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    if matches!(cli.command, Command::ReaderProcess) {
        // Before anything else is set up: this process gives up its rights and then reads hostile bytes.
        return ingest::child_main();
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // Colours only where a terminal obeys them: in a file they are noise.
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("KOFU_LOG").unwrap_or_else(|_| "warn,sqlx=error".into()),
        )
        .init();
    let lang = cli.global.lang();
    match execute(cli) {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::NotAll) => ExitCode::FAILURE,
        // Whoever read the output has seen enough.
        Err(error) if error.is::<output::Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kofu: {}", told::in_language(&error, lang));
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> anyhow::Result<Done> {
    let global = &cli.global;
    let lang = global.lang();
    match cli.command {
        // These touch no store.
        Command::Assess { file, own } => return command::assess::run(&file, own.programmes.as_deref(), lang),
        Command::Programmes(ref args) => {
            let today = claim::day_in_japan(Clock::System.now());
            if let Some(done) = command::programmes::run_without_store(global, args, today)? {
                return Ok(done);
            }
        }
        Command::Batch(BatchCommand::Validate { file, json }) => {
            return command::batch::validate(&file, json.json, lang);
        }
        Command::Log(LogCommand::Verify { export: Some(folder), key, earlier, json }) => {
            return command::log::verify_export(&folder, key.as_deref(), earlier.as_deref(), json.json, lang);
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Read { files, kind, json } => {
                let config = config::Config::read(global.config.as_deref())?;
                command::read::run(&files, kind, &config, json.json, lang).await
            }
            Command::Demo { samples, serve: true, listen, .. } => {
                command::demo_serve::run(global, &samples, listen).await
            }
            Command::Demo { samples, json, .. } => command::demo::run(global, &samples, json.json).await,
            command => {
                let need = command.need();
                let app = App::open(global, Clock::System, need).await?;
                let done = on_store(&app, command).await;
                // Also after an error: what was done before it is in the log.
                if need != Need::Reads {
                    command::log::seal(&app).await;
                }
                app.office.store.close().await;
                done
            }
        }
    })
}

async fn on_store(app: &App, command: Command) -> anyhow::Result<Done> {
    match command {
        Command::Facilities(command) => command::facilities::run(app, command).await,
        Command::Accounts(command) => command::accounts::run(app, command).await,
        Command::Claims(command) => command::claims::run(app, command).await,
        Command::Template { facility, programme, out } => {
            command::template::run(app, &facility, programme.as_deref(), out.as_deref()).await
        }
        Command::Programmes(args) => command::programmes::run(app, args).await,
        Command::Messages(command) => command::messages::run(app, command).await,
        Command::Duplicates(command) => command::duplicates::run(app, command).await,
        Command::Products(args) => command::products::run(app, &args).await,
        Command::Simulate { programmes, since, out, json } => {
            command::simulate::run(app, &programmes, since, out.as_deref(), json.json).await
        }
        Command::Work(args) => command::work::run(app, args).await,
        Command::Budget(command) => command::budget::run(app, command).await,
        Command::Banks(command) => command::banks::run(app, command).await,
        Command::Batch(command) => command::batch::run(app, command).await,
        Command::Notices { claim, out } => command::notices::run(app, claim.as_ref(), &out).await,
        Command::Log(command) => command::log::run(app, command).await,
        Command::Serve { listen, no_work } => command::serve::run(app, listen, no_work).await,
        Command::Check { json } => command::check::run(app, json.json).await,
        Command::Demo { .. } | Command::Read { .. } | Command::Assess { .. } | Command::ReaderProcess => {
            unreachable!("handled before a store was opened")
        }
    }
}
