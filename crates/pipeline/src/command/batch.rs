//! `kofu batch`: payment batches, from approved claims to the bank's file.

use super::Done;
use crate::app::App;
use crate::bundle::hash;
use crate::cli::BatchCommand;
use crate::output;
use crate::stage::json;
use crate::told::Told;
use crate::worker::chain;
use anyhow::{Context, Result, bail};
use claim::{Actor, Calendar, Lang, Payment, PaymentBatch, Sha256, Yen, day_in_japan, wareki};
use decision_log::{BatchPayment, Event, PreparedBatch};
use jiff::civil::Date;
use serde::Serialize;
use std::path::{Path, PathBuf};
use store::{BatchRecord, BatchState, NewBatch};

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
            release(app, &id, &by).await?;
            output::say(&format!("{id}  {}", app.text("承認しました。", "released.")));
            Ok(Done::All)
        }
        BatchCommand::Cancel { id, by } => {
            let id = named(app, id).await?;
            found(app, &id).await?;
            let entry = app.entry(&by, Event::BatchCancelled { id: id.clone(), cancelled_by: by.clone() });
            app.store.cancel_batch(&id, &[entry]).await?;
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
            let batches = app.store.batches().await?;
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
                        content(app, batch).0.total_yen().unwrap_or(Yen::MAX).to_string(),
                        batch.prepared_by.to_string(),
                        batch.released_by.as_ref().map(ToString::to_string).unwrap_or_default(),
                    ]
                }),
            );
            Ok(Done::All)
        }
    }
}

/// The batch that an argument names: its id, or `last` for the one prepared last.
async fn named(app: &App, id: String) -> Result<String> {
    if id != "last" {
        return Ok(id);
    }
    let last = app.store.batches().await?.into_iter().max_by_key(|batch| (batch.prepared_at, batch.id.clone()));
    let last = last.ok_or_else(|| {
        Told::new(
            "支払バッチはまだありません。kofu batch prepare で準備してください。",
            "found no batch; `kofu batch prepare` makes one",
        )
    })?;
    Ok(last.id)
}

/// A batch that has to be there.
async fn found(app: &App, id: &str) -> Result<BatchRecord> {
    let record = app.store.batch(id).await?.ok_or_else(|| {
        Told::new(
            format!("支払バッチ「{id}」はありません。kofu batch list で番号を確かめてください。"),
            format!("found no batch {id}; `kofu batch list` names them"),
        )
    })?;
    Ok(record)
}

/// Gathers all approved claims into a batch; `None` when there are none. Claims without an account stay behind and are
/// named on standard error.
pub(crate) async fn prepare(app: &App, by: &Actor, pay_on: Option<Date>) -> Result<Option<PaymentBatch>> {
    let today = day_in_japan(app.clock.now());
    let pay_on = match pay_on {
        Some(day) => day,
        None => Calendar::Bank.last_of_next_month(today)?,
    };
    if pay_on < today {
        bail!(Told::new(
            format!(
                "振込指定日（{}）が過ぎています。本日（{}）以後の日を指定してください。",
                wareki(pay_on),
                wareki(today)
            ),
            format!("found {pay_on} as the day of payment, expected today ({today}) or later"),
        ));
    }
    if !Calendar::Bank.is_open(pay_on)? {
        bail!(Told::new(
            format!("振込指定日（{}）は銀行の休業日です。営業日を指定してください。", wareki(pay_on)),
            format!("found {pay_on} as the day of payment, expected a day on which banks are open"),
        ));
    }
    let mut payments = Vec::new();
    for approved in app.store.approved_claims(None).await? {
        match approved.account {
            Some(account) => payments.push(Payment {
                claim_id: approved.claim_id,
                facility_code: approved.facility_code,
                facility_name: approved.facility_name.unwrap_or_default(),
                amount_yen: approved.granted_yen,
                account,
            }),
            None => eprintln!(
                "{} [account-missing] {}",
                approved.claim_id,
                app.text(
                    "振込先口座が名簿にありません。名簿に追加してください。",
                    "no bank account in the register; add one"
                )
            ),
        }
    }
    if payments.is_empty() {
        return Ok(None);
    }
    let number = app.store.batches().await?.iter().filter(|batch| batch.pay_on == pay_on).count() + 1;
    let batch = PaymentBatch {
        id: format!("B-{}-{number:02}", pay_on.strftime("%Y%m%d")),
        pay_on,
        payer: app.config.payer.clone(),
        payments,
    };
    // A batch that no bank would take is not made: what cannot be written is told now, not after its release.
    if let Err(error) = reporting::payment_file(&batch, &app.config.bank_file) {
        bail!(no_bank_file(&batch.id, &error));
    }
    let total_yen = batch.total_yen().context("the batch's total is too large")?;
    let event = Event::BatchPrepared(PreparedBatch {
        id: batch.id.clone(),
        pay_on,
        payments: batch
            .payments
            .iter()
            .map(|payment| BatchPayment {
                claim_id: payment.claim_id.clone(),
                facility: payment.facility_code.clone(),
                amount_yen: payment.amount_yen,
            })
            .collect(),
        total_yen,
        prepared_by: by.clone(),
    });
    let entry = app.entry(by, event);
    let new = NewBatch {
        id: batch.id.clone(),
        pay_on,
        prepared_by: by.clone(),
        prepared_at: app.clock.now(),
        payments: batch.payments.clone(),
    };
    app.store.prepare_batch(&new, &[entry]).await?;
    Ok(Some(batch))
}

/// What a batch pays and from which account, and the hash of that: what a release is bound to.
fn content(app: &App, record: &BatchRecord) -> (PaymentBatch, Sha256) {
    let batch = PaymentBatch {
        id: record.id.clone(),
        pay_on: record.pay_on,
        payer: app.config.payer.clone(),
        payments: record.payments.clone(),
    };
    let sha256 = hash(&json(&batch));
    (batch, sha256)
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
            total_yen: content(app, record).0.total_yen(),
            prepared_by: &record.prepared_by,
            released_by: record.released_by.as_ref(),
        }
    }
}

/// Releases a batch: what is released is the hash of what was prepared.
pub(crate) async fn release(app: &App, id: &str, by: &Actor) -> Result<()> {
    let record = found(app, id).await?;
    accounts_as_prepared(app, &record).await?;
    let sha256 = content(app, &record).1;
    let entry = app.entry(by, Event::BatchReleased { id: id.to_owned(), sha256, released_by: by.clone() });
    app.store.release_batch(id, by, app.clock.now(), sha256, &[entry]).await?;
    Ok(())
}

/// That every facility of a batch still has the account that the batch pays to: who releases it must not send money to
/// an account that the register no longer has.
async fn accounts_as_prepared(app: &App, record: &BatchRecord) -> Result<()> {
    if record.state != BatchState::Prepared {
        // The store says why it cannot be released.
        return Ok(());
    }
    let mut changed = Vec::new();
    for payment in &record.payments {
        let facility = app.store.facility(&payment.facility_code).await?;
        if facility.and_then(|facility| facility.account).as_ref() != Some(&payment.account) {
            changed.push(payment.facility_code.to_string());
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let (id, codes) = (&record.id, changed.join(", "));
    bail!(Told::new(
        format!(
            "支払バッチ {id} を準備した後に、振込先口座が変わった医療機関等があります: {codes}。名簿を確かめ、kofu batch cancel {id} で取り消してから、もう一度準備してください。"
        ),
        format!(
            "the bank accounts of these facilities were changed after batch {id} was prepared: {codes}; check the \
             register, give it up with `kofu batch cancel {id}`, and prepare again"
        ),
    ))
}

fn no_bank_file(id: &str, error: &reporting::PaymentFileError) -> Told {
    Told::new(error.message(Lang::Ja), format!("the bank file of {id} could not be written: {}", chain(error)))
}

/// Writes the bank's file and the list of a released batch; the same bytes however often.
pub(crate) async fn export(app: &App, id: &str, out: &Path) -> Result<Vec<PathBuf>> {
    let record = found(app, id).await?;
    let Some(released) = record.content_sha256 else {
        bail!(Told::new(
            format!(
                "支払バッチ {id} は「{}」の状態です。書き出せるのは、承認されたものだけです。準備した職員とは別の職員が kofu batch release {id} を実行してください。",
                record.state.name(Lang::Ja)
            ),
            format!(
                "batch {id} is {} and has not been released; another person than who prepared it has to run `kofu batch \
                 release {id}`",
                record.state.code()
            ),
        ));
    };
    let (batch, sha256) = content(app, &record);
    if sha256 != released {
        bail!(Told::new(
            format!(
                "支払バッチ {id} の内容（{sha256}）が、承認されたもの（{released}）と異なります。設定の振込依頼人が変わっています。元に戻してください。"
            ),
            format!(
                "batch {id} has the content {sha256}, but {released} was released: the payer in the configuration was \
                 changed; put it back"
            ),
        ));
    }
    let file = reporting::payment_file(&batch, &app.config.bank_file).map_err(|error| no_bank_file(id, &error))?;
    let list = reporting::payment_list(&batch)?;
    let paths = [(out.join(format!("{id}-総合振込.txt")), file), (out.join(format!("{id}-支払一覧.xlsx")), list)];
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
