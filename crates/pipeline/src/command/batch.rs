//! `kofu batch`: payment batches, from approved claims to the bank's file.

use super::Done;
use crate::app::App;
use crate::cli::BatchCommand;
use crate::output;
use anyhow::{Context, Result};
use claim::{Actor, Lang, PaymentBatch, Yen, wareki};
use jiff::civil::Date;
use office::{BatchFiles, OfficeError, Told};
use serde::Serialize;
use std::path::{Path, PathBuf};
use store::BatchRecord;

pub(crate) async fn run(app: &App, command: BatchCommand) -> Result<Done> {
    match command {
        BatchCommand::Prepare { by, pay_on } => {
            match prepare(app, &by, pay_on).await? {
                Some(batch) => {
                    let (count, total) = (batch.payments.len(), batch.total_yen().unwrap_or(Yen::MAX));
                    output::say(&match app.lang {
                        Lang::Ja => format!("{}  {}  {count}件  {total}円", batch.id, wareki(batch.pay_on)),
                        Lang::En => format!("{}  {}  {count} payments  {total} yen", batch.id, batch.pay_on),
                    });
                }
                None => output::say(app.text("支払を待つ申請はありません。", "No approved claim waits for payment.")),
            }
            Ok(Done::All)
        }
        BatchCommand::Release { id, by } => {
            let id = named(app, id).await?;
            app.office.release_batch(&id, &by, None).await.map_err(with_commands)?;
            output::say(&format!("{id}  {}", app.text("承認しました。", "released.")));
            Ok(Done::All)
        }
        BatchCommand::Cancel { id, by } => {
            let id = named(app, id).await?;
            app.office.cancel_batch(&id, &by).await.map_err(with_commands)?;
            output::say(&format!(
                "{id}  {}",
                app.text(
                    "取り消しました。申請は、次の支払バッチに入れることができます。",
                    "cancelled; its claims can go into the next batch."
                )
            ));
            Ok(Done::All)
        }
        BatchCommand::Export { id, out } => {
            let id = named(app, id).await?;
            for path in export(app, &id, &out).await? {
                output::say(&path.display().to_string());
            }
            Ok(Done::All)
        }
        BatchCommand::List { json } => {
            let batches = app.office.store.batches().await?;
            if json.json {
                for batch in &batches {
                    output::json_line(&Listed::of(app, batch))?;
                }
                return Ok(Done::All);
            }
            let header = match app.lang {
                Lang::Ja => ["支払バッチ", "振込指定日", "状態", "件数", "円", "準備", "承認"],
                Lang::En => ["batch", "pays on", "state", "payments", "yen", "prepared by", "released by"],
            };
            output::table(
                &header,
                &[3, 4],
                batches.iter().map(|batch| {
                    vec![
                        batch.id.clone(),
                        match app.lang {
                            Lang::Ja => wareki(batch.pay_on),
                            Lang::En => batch.pay_on.to_string(),
                        },
                        batch.state.name(app.lang).to_owned(),
                        batch.payments.len().to_string(),
                        app.office.batch_content(batch).0.total_yen().unwrap_or(Yen::MAX).to_string(),
                        batch.prepared_by.to_string(),
                        batch.released_by.as_ref().map(ToString::to_string).unwrap_or_default(),
                    ]
                }),
            );
            Ok(Done::All)
        }
    }
}

/// Which command helps, where one does.
fn with_commands(error: OfficeError) -> OfficeError {
    match error {
        OfficeError::Told(told) => OfficeError::Told(match told.code() {
            "account-changed" => told.with(
                " 取消しは kofu batch cancel、準備は kofu batch prepare で行います。",
                ": kofu batch cancel, then kofu batch prepare",
            ),
            "not-released" => told.with(" 承認は kofu batch release で行います。", "; kofu batch release does it"),
            "unknown-batch" => {
                told.with(" 番号は kofu batch list で確かめることができます。", "; kofu batch list names them")
            }
            _ => told,
        }),
        other => other,
    }
}

/// The batch that an argument names: its id, or `last` for the one prepared last.
async fn named(app: &App, id: String) -> Result<String> {
    if id != "last" {
        return Ok(id);
    }
    let last = app.office.store.batches().await?.into_iter().max_by_key(|batch| (batch.prepared_at, batch.id.clone()));
    let last = last.ok_or_else(|| {
        Told::new(
            "支払バッチはまだありません。kofu batch prepare で準備してください。",
            "found no batch; `kofu batch prepare` makes one",
        )
    })?;
    Ok(last.id)
}

/// One row of a listing.
#[derive(Serialize)]
struct Listed<'a> {
    batch: &'a str,
    pay_on: Date,
    state: &'static str,
    payments: usize,
    total_yen: Option<Yen>,
    prepared_by: &'a Actor,
    released_by: Option<&'a Actor>,
}

impl<'a> Listed<'a> {
    fn of(app: &App, record: &'a BatchRecord) -> Listed<'a> {
        Listed {
            batch: &record.id,
            pay_on: record.pay_on,
            state: record.state.code(),
            payments: record.payments.len(),
            total_yen: app.office.batch_content(record).0.total_yen(),
            prepared_by: &record.prepared_by,
            released_by: record.released_by.as_ref(),
        }
    }
}

/// Gathers all approved claims into a batch; `None` when there are none. Claims without an account stay behind and are
/// named on standard error.
pub(crate) async fn prepare(app: &App, by: &Actor, pay_on: Option<Date>) -> Result<Option<PaymentBatch>> {
    let prepared = app.office.prepare_batch(by, pay_on).await?;
    for claim in &prepared.without_account {
        let text = app
            .text("振込先口座が名簿にありません。名簿に追加してください。", "no bank account in the register; add one");
        eprintln!("{claim} [account-missing] {text}");
    }
    Ok(prepared.batch)
}

/// Writes the bank's file and the list of a released batch; the same bytes however often.
pub(crate) async fn export(app: &App, id: &str, out: &Path) -> Result<Vec<PathBuf>> {
    let BatchFiles { bank_file, list } = app.office.batch_files(id).await.map_err(with_commands)?;
    let paths = [(out.join(format!("{id}-総合振込.txt")), bank_file), (out.join(format!("{id}-支払一覧.xlsx")), list)];
    for (path, bytes) in &paths {
        write(path, bytes)?;
    }
    Ok(paths.into_iter().map(|(path, _)| path).collect())
}

/// Writes a file whole or not at all: a reader never sees half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    written.with_context(|| format!("{} cannot be written", path.display()))
}
