//! `kofu batch`: payment batches, from approved claims to the bank's file.

use super::Done;
use crate::app::App;
use crate::cli::BatchCommand;
use crate::output;
use anyhow::{Context, Result};
use claim::{Actor, ClaimId, Lang, PaymentBatch, Yen, wareki};
use jiff::civil::Date;
use office::{BatchFiles, OfficeError, Released, Told};
use serde::Serialize;
use std::path::{Path, PathBuf};
use store::{BatchRecord, ResultRow};

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
            let released = app.office.release_batch(&id, &by, None).await.map_err(with_commands)?;
            output::say(&match (released, app.lang) {
                (Released::Wholly, Lang::Ja) => format!("{id}  承認しました。"),
                (Released::Wholly, Lang::En) => format!("{id}  released."),
                (Released::Agreed(agreed, releasers), Lang::Ja) => {
                    format!("{id}  承認を記録しました（{releasers}人のうち{agreed}人）。ほかの職員の承認が必要です。")
                }
                (Released::Agreed(agreed, releasers), Lang::En) => {
                    format!("{id}  agreed ({agreed} of {releasers}); further persons have to")
                }
            });
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
        BatchCommand::Reconcile { file, batch, by, json } => {
            let batch = match batch {
                Some(batch) => Some(named(app, batch).await?),
                None => None,
            };
            reconcile(app, &file, batch.as_deref(), &by, json.json).await
        }
        BatchCommand::Results { id, json } => {
            let id = named(app, id).await?;
            results(app, &id, json.json).await
        }
        BatchCommand::Correct { id, claim, reason, by } => {
            let id = named(app, id).await?;
            app.office.correct_result(&id, &claim, &reason, &by).await.map_err(with_commands)?;
            output::say(&format!("{claim}  {}", app.text("振込不能に訂正しました。", "recorded as bounced.")));
            Ok(Done::All)
        }
        BatchCommand::Validate { file, json } => validate(&file, json.json, app.lang),
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
            "which-batch" => told.with("（--batch）", " (--batch)"),
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
    for claim in &prepared.account_unlooked {
        let text = app.text(
            "振込先口座が、別の職員によってまだ確認されていません。kofu facilities unconfirmed で確かめ、kofu facilities confirm で確認してください。",
            "no second person has confirmed the bank account; see kofu facilities unconfirmed, then kofu facilities confirm",
        );
        eprintln!("{claim} [account-unconfirmed] {text}");
    }
    Ok(prepared.batch)
}

/// Writes the bank's file and the list of a released batch; the same bytes however often.
pub(crate) async fn export(app: &App, id: &str, out: &Path) -> Result<Vec<PathBuf>> {
    let BatchFiles { bank_file, extension, list } = app.office.batch_files(id).await.map_err(with_commands)?;
    let paths =
        [(out.join(format!("{id}-総合振込.{extension}")), bank_file), (out.join(format!("{id}-支払一覧.xlsx")), list)];
    for (path, bytes) in &paths {
        write(path, bytes)?;
    }
    Ok(paths.into_iter().map(|(path, _)| path).collect())
}

/// A file of the person who runs the command.
fn read_file(path: &Path) -> Result<Vec<u8>> {
    crate::file::read_plain(path, BANK_FILE_BYTES_MOST, crate::file::Links::Followed)
        .map_err(|fault| anyhow::anyhow!("{}: {}", path.display(), fault.message(Lang::En)))
}

/// The most bytes of a bank's file: a million records of 122 bytes.
const BANK_FILE_BYTES_MOST: u64 = 128 << 20;

/// One record of a bank's result.
#[derive(Serialize)]
struct ListedResult<'a> {
    batch: &'a str,
    verdict: &'static str,
    claim_id: Option<&'a ClaimId>,
    amount_yen: Option<Yen>,
    place: Option<&'a str>,
    reason: Option<&'a str>,
    said: Option<&'a str>,
}

fn list_results(app: &App, batch: &str, rows: &[ResultRow], json: bool) -> Result<()> {
    if json {
        return rows.iter().try_for_each(|row| {
            output::json_line(&ListedResult {
                batch,
                verdict: row.verdict.code(),
                claim_id: row.claim_id.as_ref(),
                amount_yen: row.amount,
                place: row.place.as_deref(),
                reason: row.reason.as_deref(),
                said: row.said.as_deref(),
            })
        });
    }
    let header = match app.lang {
        Lang::Ja => ["結果", "申請", "円", "箇所", "理由", "内容"],
        Lang::En => ["result", "claim", "yen", "place", "reason", "what stands there"],
    };
    output::table(
        &header,
        &[2],
        rows.iter().map(|row| {
            vec![
                row.verdict.name(app.lang).to_owned(),
                row.claim_id.as_ref().map(ToString::to_string).unwrap_or_default(),
                row.amount.map(|yen| yen.to_string()).unwrap_or_default(),
                row.place.clone().unwrap_or_default(),
                row.reason.clone().unwrap_or_default(),
                row.said.clone().unwrap_or_default(),
            ]
        }),
    );
    Ok(())
}

/// Takes a bank's file of results; done in part where something does not add up.
async fn reconcile(app: &App, file: &Path, batch: Option<&str>, by: &Actor, json: bool) -> Result<Done> {
    let bytes = read_file(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let reconciled = app.office.receive_results(&bytes, &name, batch, by, app.lang).await.map_err(with_commands)?;
    list_results(app, &reconciled.batch, &reconciled.rows, json)?;
    if !json {
        let id = &reconciled.batch;
        let (paid, bounced) =
            (reconciled.count(store::ResultVerdict::Paid), reconciled.count(store::ResultVerdict::Bounced));
        let amiss = reconciled.amiss();
        output::say(&match app.lang {
            Lang::Ja if reconciled.known => {
                format!(
                    "{id}  このファイルは取込み済みです。何も変更していません（振込済み {paid}件、振込不能 {bounced}件、要確認 {amiss}件）。"
                )
            }
            Lang::Ja => format!("{id}  振込済み {paid}件、振込不能 {bounced}件、要確認 {amiss}件。"),
            Lang::En if reconciled.known => {
                format!(
                    "{id}  this file was taken before, nothing was changed ({paid} paid, {bounced} bounced, {amiss} to look at)"
                )
            }
            Lang::En => format!("{id}  {paid} paid, {bounced} bounced, {amiss} to look at."),
        });
    }
    Ok(Done::all_if(reconciled.amiss() == 0))
}

/// What the bank said of a batch, file by file, and which payments are still open.
async fn results(app: &App, id: &str, json: bool) -> Result<Done> {
    app.office.batch(id).await.map_err(with_commands)?;
    for file in app.office.store.results(id).await? {
        if !json {
            let at = output::moment(file.at, app.lang);
            output::say(&format!("{}  {at}  {}  sha256:{}", file.file, file.by, file.sha256));
        }
        list_results(app, id, &file.rows, json)?;
    }
    if !json {
        let states = app.office.store.payment_states(id).await?;
        let open = states.iter().filter(|one| one.live && one.state == claim::ClaimState::Sent).count();
        output::say(&match app.lang {
            Lang::Ja => format!("結果を待つ支払 {open}件。"),
            Lang::En => format!("{open} payments wait for their result."),
        });
    }
    Ok(Done::All)
}

/// Checks a 総合振込 file, whoever wrote it.
pub(crate) fn validate(path: &Path, json: bool, lang: Lang) -> Result<Done> {
    #[derive(Serialize)]
    struct Fault<'a> {
        record: usize,
        byte: usize,
        field: &'a str,
        found: &'a str,
        expected: &'a str,
    }
    let file = reporting::read_payment_file(&read_file(path)?);
    for fault in &file.faults {
        if json {
            output::json_line(&Fault {
                record: fault.record,
                byte: fault.byte,
                field: fault.field.1,
                found: &fault.found,
                expected: &fault.expected.1,
            })?;
        } else {
            output::say(&fault.message(lang));
        }
    }
    if !json {
        let count = file.payments.len();
        let total = Yen::checked_sum(file.payments.iter().filter_map(|payment| payment.amount)).unwrap_or(Yen::MAX);
        output::say(&match lang {
            Lang::Ja => format!("{count}件、{total}円。誤り {}件。", file.faults.len()),
            Lang::En => format!("{count} payments, {total} yen; {} faults.", file.faults.len()),
        });
    }
    Ok(Done::all_if(file.faults.is_empty()))
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
