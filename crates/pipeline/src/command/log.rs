//! `kofu log`: the decision log written out, verified, and worked out again.

use super::Done;
use crate::app::App;
use crate::cli::LogCommand;
use crate::output;
use crate::stage::json;
use crate::told::{Told, in_language};
use anyhow::{Context, Result, bail};
use claim::{Lang, Sha256};
use decision_log::{
    CHECKPOINT_FILE, Checkpoint, Entry, Event, FolderExport, Frontier, KEY_FILE, LOG_FILE, Tree, VerifyingKey,
};
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
        LogCommand::Verify { export: Some(folder), key, earlier } => {
            verify_export(&folder, key.as_deref(), earlier.as_deref(), app.lang)
        }
        LogCommand::Verify { export: None, earlier, .. } => {
            let earlier = earlier.as_deref().map(earlier_checkpoint).transpose()?;
            let stored = verify_stored(app, earlier.as_deref()).await?;
            output::say(&stored.message(app.lang));
            Ok(Done::All)
        }
        LogCommand::Replay => replay(app).await,
    }
}

/// Verifies an export: it needs no store, and makes none.
pub(crate) fn verify_export(folder: &Path, key: Option<&Path>, earlier: Option<&Path>, lang: Lang) -> Result<Done> {
    let earlier = earlier.map(earlier_checkpoint).transpose()?;
    let expected: Option<VerifyingKey> = match key {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .with_context(|| format!("the key {} cannot be read", path.display()))?
                .parse()
                .with_context(|| format!("{} is not a public key of a log", path.display()))?,
        ),
        None => None,
    };
    let size = decision_log::verify_folder(folder, expected.as_ref(), earlier.as_deref())?.size;
    output::say(&match (lang, expected.is_some()) {
        (Lang::Ja, true) => format!("決定記録 {size} 件を検証しました。すべて一致し、指定された鍵で署名されています。"),
        (Lang::En, true) => format!("{size} entries verified; all agree, and the given key signed them."),
        (Lang::Ja, false) => format!(
            "決定記録 {size} 件を検証しました。書き出されたものの中では、すべて一致しています。鍵も書き出されたものを使ったため、署名者は確かめていません。別の経路で受け取った公開鍵を --key で指定してください。"
        ),
        (Lang::En, false) => format!(
            "{size} entries verified; the export is whole. The key was the export's own, so the signer was not checked: \
             give the public key that you have from elsewhere with --key."
        ),
    });
    Ok(Done::All)
}

fn earlier_checkpoint(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("the earlier checkpoint {} cannot be read", path.display()))
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
    let key = app.signing_key().await?;
    // Nothing is written that does not begin with what was signed before.
    let size = sign(app).await?;
    let mut export = FolderExport::create(out)?;
    each_entry(app, |position, payload| {
        // What was added since belongs to the next checkpoint.
        if position < size {
            export.push(payload)?;
        }
        Ok(())
    })
    .await?;
    export.finish(&key)?;
    Ok([LOG_FILE, CHECKPOINT_FILE, KEY_FILE].map(|file| out.join(file)).to_vec())
}

/// Signs what the log holds now and keeps the checkpoint; returns how many entries it covers. Nothing is signed that
/// does not begin with what was signed before, since a new signature would hide that an entry was changed.
async fn sign(app: &App) -> Result<u64> {
    let key = app.signing_key().await?;
    let before = match app.store.latest_checkpoint().await? {
        Some((_, text)) => Some(Checkpoint::open(&text, &key.verifying_key()).map_err(|error| {
            Told::new(
                "最後の署名は、この署名鍵によるものではありません。元の署名鍵に戻してください。",
                "the last checkpoint was signed by another key; put that key back",
            )
            .because(error)
        })?),
        None => None,
    };
    let mut frontier = Frontier::new();
    let size = each_entry(app, |_, payload| {
        frontier.append(payload);
        if let Some(before) = before.as_ref().filter(|before| before.size() == frontier.size()) {
            agree(before, frontier.root())?;
        }
        Ok(())
    })
    .await?;
    if let Some(before) = before.filter(|before| before.size() > size) {
        return Err(too_short(size, before.size()).into());
    }
    app.store.save_checkpoint(size, &key.checkpoint(size, frontier.root())).await?;
    Ok(size)
}

/// Signs what was added to the log since the last checkpoint, if anything was. What was done stays done when that cannot
/// be; it is said on standard error, and by `check` until it can.
pub(crate) async fn seal(app: &App) {
    let sealed = async {
        let signed = app.store.latest_checkpoint().await?.map_or(0, |(size, _)| size);
        if app.store.log_size().await? > signed {
            sign(app).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = sealed.await {
        let what = app.text("決定記録に署名できませんでした:", "the decision log could not be signed:");
        eprintln!("kofu: {what} {}", in_language(&error, app.lang));
    }
}

/// What is stored, compared with the checkpoint that was last signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// How many entries there are.
    pub(crate) size: u64,
    /// How many of them the last checkpoint covers; `None` where there is none.
    signed: Option<u64>,
}

impl Stored {
    /// What no signature covers, in words; `None` where all is covered.
    pub(crate) fn unsigned(self, lang: Lang) -> Option<String> {
        let size = self.size;
        match (self.signed, lang) {
            (Some(signed), _) if signed >= size => None,
            (None, _) if size == 0 => None,
            (Some(signed), Lang::Ja) => Some(format!(
                "最後の署名の後の {} 件は、署名の対象になっていません。kofu log export で署名できます。",
                size - signed
            )),
            (Some(signed), Lang::En) => Some(format!(
                "{} entries after the last signed checkpoint are not covered by a signature; kofu log export signs them.",
                size - signed
            )),
            (None, Lang::Ja) => Some(format!(
                "署名が一つもないため、{size} 件が変更されていないことは確かめられません。kofu log export で署名できます。"
            )),
            (None, Lang::En) => Some(format!(
                "There is no signed checkpoint, so that the {size} entries were not changed cannot be verified; kofu log \
                 export signs them."
            )),
        }
    }

    fn message(self, lang: Lang) -> String {
        let size = self.size;
        match (self.unsigned(lang), lang) {
            (None, Lang::Ja) => format!("決定記録 {size} 件を検証しました。すべて一致しています。"),
            (None, Lang::En) => format!("{size} entries verified; all agree."),
            (Some(unsigned), Lang::Ja) => {
                format!(
                    "決定記録 {size} 件のうち、署名された {} 件は一致しています。{unsigned}",
                    self.signed.unwrap_or(0)
                )
            }
            (Some(unsigned), Lang::En) => {
                format!("{} of {size} entries are signed and agree. {unsigned}", self.signed.unwrap_or(0))
            }
        }
    }
}

/// Verifies what is stored against the checkpoint that was last signed. It makes no key.
pub(crate) async fn verify_stored(app: &App, earlier: Option<&str>) -> Result<Stored> {
    let last = app.store.latest_checkpoint().await?;
    let texts: Vec<&str> = last.iter().map(|(_, text)| text.as_str()).chain(earlier).collect();
    let mut checkpoints = Vec::new();
    if !texts.is_empty() {
        let key = app.kept_key()?.verifying_key();
        for text in texts {
            checkpoints.push(Checkpoint::open(text, &key)?);
        }
    }
    let mut tree = Tree::new();
    let size = each_entry(app, |_, payload| {
        tree.append(payload);
        Ok(())
    })
    .await?;
    for signed in &checkpoints {
        agree(signed, tree.root_at(signed.size()).map_err(|_| too_short(size, signed.size()))?)?;
    }
    Ok(Stored { size, signed: last.map(|(size, _)| size) })
}

/// That the entries have the root that was signed over them.
fn agree(signed: &Checkpoint, root: Sha256) -> Result<(), Told> {
    if root == signed.root() {
        return Ok(());
    }
    let (size, expected) = (signed.size(), signed.root());
    Err(Told::new(
        format!(
            "最初の {size} 件のルートハッシュが {root} です（署名された値: {expected}）。記録が変更されています。以前に書き出したものと比べてください。"
        ),
        format!(
            "the first {size} entries have the root {root}, the signed checkpoint has {expected}: an entry was changed; \
             compare with an earlier export"
        ),
    ))
}

fn too_short(size: u64, signed: u64) -> Told {
    Told::new(
        format!("記録が {size} 件しかありません（署名された件数: {signed} 件）。記録が失われています。"),
        format!("found {size} entries, expected at least the {signed} that were signed: entries are missing"),
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Global, Need};
    use crate::clock::Clock;
    use claim::Actor;

    /// A new signature over a history that is not the signed one would prove the forged one.
    #[tokio::test]
    async fn entries_that_are_not_those_that_were_signed_are_never_signed_again() {
        for forged in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().join("data");
            let global = Global { data, config: None, database_url: None, object_url: None, lang: None };
            let app = App::open(&global, Clock::System, Need::Makes).await.unwrap();
            let register = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/facilities.csv");
            crate::command::facilities::import(&app, &register, &Actor::system()).await.unwrap();
            let own = app.signing_key().await.unwrap();
            let other = decision_log::SigningKey::from_seed(own.name(), [7; 32]).unwrap();
            let key = if forged { own } else { other };
            app.store.save_checkpoint(1, &key.checkpoint(1, Sha256([7; 32]))).await.unwrap();
            let out = folder.path().join("out");
            let expected = if forged { "an entry was changed" } else { "signed by another key" };
            let refused = [sign(&app).await.unwrap_err(), export(&app, &out).await.unwrap_err()];
            for error in refused {
                assert!(in_language(&error, Lang::En).contains(expected), "{error:#}");
            }
            assert!(verify_stored(&app, None).await.is_err());
            assert!(!out.exists(), "nothing leaves with a signature");
        }
    }
}
