//! `kofu log`: the decision log signed, written out, verified, and worked out again.

mod export;
mod replay;
mod seal;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use export::whole as export;
pub(crate) use seal::seal;
pub(crate) use stored::verify as verify_stored;

use super::Done;
use crate::app::App;
use crate::cli::LogCommand;
use crate::output;
use anyhow::{Context, Result};
use claim::Lang;
use decision_log::audit::Audit;
use office::Told;
use std::path::Path;

/// How many entries one page asks of the store.
const PAGE: u32 = 1000;

pub(crate) async fn run(app: &App, command: LogCommand) -> Result<Done> {
    match command {
        LogCommand::Export(args) => {
            for path in export::run(app, &args).await? {
                output::say(&path.display().to_string());
            }
            Ok(Done::All)
        }
        LogCommand::Verify { export: Some(folder), key, earlier, json } => {
            verify_export(&folder, key.as_deref(), earlier.as_deref(), json.json, app.lang)
        }
        LogCommand::Verify { export: None, earlier, .. } => {
            let earlier = earlier.as_deref().map(earlier_checkpoint).transpose()?;
            let stored = verify_stored(app, earlier.as_deref()).await?;
            output::say(&stored.message(app.lang));
            Ok(Done::All)
        }
        LogCommand::Replay => replay::replay(app).await,
        LogCommand::Erase { claim, by } => replay::erase(app, &claim, &by).await,
    }
}

/// Verifies an export as `kofu-audit` does: it needs no store, and makes none.
pub(crate) fn verify_export(
    folder: &Path,
    key: Option<&Path>,
    earlier: Option<&Path>,
    json: bool,
    lang: Lang,
) -> Result<Done> {
    let report = Audit { folder, key, earlier }
        .run()
        .map_err(|error| Told::new(error.message(Lang::Ja), error.message(Lang::En)))?;
    if json {
        report.json_lines(lang).lines().for_each(output::say);
    } else if report.exit_code() == 0 {
        output::say(&report.text(lang));
    } else {
        return Err(Told::new(report.text(Lang::Ja), report.text(Lang::En)).into());
    }
    Ok(Done::all_if(report.exit_code() == 0))
}

fn earlier_checkpoint(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("the earlier checkpoint {} cannot be read", path.display()))
}

/// Calls `each` with every entry of the log, in order, without holding more than a page.
pub(crate) async fn each_entry(app: &App, mut each: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<u64> {
    let mut next = 0;
    loop {
        let page = app.office.store.log_entries(next, PAGE).await?;
        if page.is_empty() {
            return Ok(next);
        }
        for (position, payload) in &page {
            if *position != next {
                return Err(entries_missing(*position, next).into());
            }
            each(*position, payload)?;
            next += 1;
        }
    }
}

fn entries_missing(found: u64, expected: u64) -> Told {
    Told::new(
        format!("記録 {expected} があるべきところに、記録 {found} があります。記録が失われています。"),
        format!("the log has entry {found} where entry {expected} was expected: an entry is missing"),
    )
}
