//! `kofu log`: the decision log written out, verified, and worked out again.

use super::Done;
use crate::app::App;
use crate::cli::LogCommand;
use crate::output;
use crate::stage::json;
use anyhow::{Context, Result, bail};
use claim::Lang;
use decision_log::{CHECKPOINT_FILE, Checkpoint, Entry, Event, FolderExport, KEY_FILE, LOG_FILE, Tree, VerifyingKey};
use std::path::{Path, PathBuf};

/// How many entries one page asks of the store.
const PAGE: u32 = 1000;

pub(crate) async fn run(app: &App, command: LogCommand) -> Result<Done> {
    match command {
        LogCommand::Export { out } => {
            let paths = export(app, &out).await?;
            for path in paths {
                output::say(&path.display().to_string());
            }
            Ok(Done::All)
        }
        LogCommand::Verify { export, key, earlier } => {
            let earlier = match &earlier {
                Some(path) => Some(
                    std::fs::read_to_string(path)
                        .with_context(|| format!("the earlier checkpoint {} cannot be read", path.display()))?,
                ),
                None => None,
            };
            let key: Option<VerifyingKey> = match &key {
                Some(path) => Some(
                    std::fs::read_to_string(path)
                        .with_context(|| format!("the key {} cannot be read", path.display()))?
                        .parse()
                        .with_context(|| format!("{} is not a public key of a log", path.display()))?,
                ),
                None => None,
            };
            let size = match export {
                Some(folder) => decision_log::verify_folder(&folder, key.as_ref(), earlier.as_deref())?.size,
                None => verify_stored(app, earlier.as_deref()).await?,
            };
            output::say(&match app.lang {
                Lang::Ja => format!("決定記録 {size} 件を検証しました。すべて一致しています。"),
                Lang::En => format!("{size} entries verified; all agree."),
            });
            Ok(Done::All)
        }
        LogCommand::Replay => replay(app).await,
    }
}

/// Calls `each` with every entry of the log, in order, without holding more than a page.
pub(crate) async fn each_entry(app: &App, mut each: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<u64> {
    let mut next = 0;
    loop {
        let page = app.store.log_entries(next, PAGE).await?;
        if page.is_empty() {
            return Ok(next);
        }
        for (position, payload) in &page {
            if *position != next {
                bail!("the log has entry {position} where entry {next} was expected: an entry is missing");
            }
            each(*position, payload)?;
            next += 1;
        }
    }
}

/// Writes `decision-log.jsonl`, the signed checkpoint over just these entries, and the public key.
pub(crate) async fn export(app: &App, out: &Path) -> Result<Vec<PathBuf>> {
    let key = app.signing_key()?;
    let mut export = FolderExport::create(out)?;
    let size = each_entry(app, |_, payload| {
        export.push(payload)?;
        Ok(())
    })
    .await?;
    let checkpoint = export.finish(&key)?;
    app.store.save_checkpoint(size, &checkpoint).await?;
    Ok([LOG_FILE, CHECKPOINT_FILE, KEY_FILE].map(|file| out.join(file)).to_vec())
}

/// Verifies what is stored against the checkpoint that was last signed.
pub(crate) async fn verify_stored(app: &App, earlier: Option<&str>) -> Result<u64> {
    let key = app.signing_key()?;
    let mut tree = Tree::new();
    let size = each_entry(app, |_, payload| {
        tree.append(payload);
        Ok(())
    })
    .await?;
    let last = app.store.latest_checkpoint().await?;
    for text in last.as_ref().map(|(_, text)| text.as_str()).into_iter().chain(earlier) {
        let signed = Checkpoint::open(text, &key.verifying_key())?;
        let root = tree.root_at(signed.size()).with_context(|| {
            format!(
                "found {size} entries, expected at least the {} that were signed: entries are missing",
                signed.size()
            )
        })?;
        if root != signed.root() {
            bail!(
                "the first {} entries have the root {root}, the signed checkpoint has {}: an entry was changed; compare with an earlier export",
                signed.size(),
                signed.root()
            );
        }
    }
    Ok(size)
}

/// Works every stored assessment out again with the rules that it names, and compares byte by byte.
async fn replay(app: &App) -> Result<Done> {
    let (mut same, mut without_rules, mut different) = (0u64, 0u64, 0u64);
    let mut from = 0;
    loop {
        let entries = app.store.log_entries(from, PAGE).await?;
        let Some((last, _)) = entries.last() else { break };
        from = last + 1;
        for (position, payload) in entries {
            let entry = Entry::from_bytes(&payload).with_context(|| format!("entry {position} cannot be read"))?;
            let Event::ClaimAssessed(assessed) = entry.event else { continue };
            // Without facts there was nothing to work out: the findings on the documents alone made the outcome.
            let Some(facts) = &assessed.facts else { continue };
            let named = &assessed.assessment.ruleset;
            let Some(ruleset) = app.rulebook.named(named).await? else {
                without_rules += 1;
                eprintln!("entry {position}: claim {}: found no files of the rules {named}", assessed.claim_id);
                continue;
            };
            let again = ruleset.assess(facts, &assessed.observed)?;
            if json(&again) == json(&assessed.assessment) {
                same += 1;
            } else {
                different += 1;
                eprintln!("entry {position}: claim {} comes out differently", assessed.claim_id);
            }
        }
    }
    output::say(&match app.lang {
        Lang::Ja => {
            format!("再計算: 一致 {same} 件、不一致 {different} 件、規則が保存されていないもの {without_rules} 件。")
        }
        Lang::En => {
            format!("replayed: {same} the same, {different} different, {without_rules} under rules that are not kept.")
        }
    });
    Ok(Done::all_if(different == 0 && without_rules == 0))
}
