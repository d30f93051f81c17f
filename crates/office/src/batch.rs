//! Payment batches (支払バッチ): prepared by one person, released by another, written out as often as needed.

use crate::{Office, OfficeError, Told, hash, json};
use claim::{Actor, Calendar, ClaimId, Lang, Payment, PaymentBatch, Sha256, Yen, wareki};
use decision_log::{BatchPayment, Event, PreparedBatch};
use jiff::civil::Date;
use serde::Deserialize;
use store::{BatchRecord, BatchState, NewBatch};

/// From which sum on how many persons have to release a batch; part of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBand {
    /// From this sum on.
    pub from_yen: Yen,
    /// So many persons, none of whom prepared the batch or decided a claim in it.
    pub releasers: u32,
}

/// What came of a person's agreement to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The batch is released.
    Wholly,
    /// So many have agreed, and so many have to.
    Agreed(u32, u32),
}

/// What is written out of a released batch.
#[derive(Clone, Debug)]
pub struct BatchFiles {
    /// The bank's file (総合振込), in the bank's own form and encoding.
    pub bank_file: Vec<u8>,
    /// What its name ends with: `txt`, `csv` or `xml`.
    pub extension: &'static str,
    /// The list of payments (XLSX).
    pub list: Vec<u8>,
}

/// What came of preparing a batch.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The batch; `None` when no approved claim can be paid.
    pub batch: Option<PaymentBatch>,
    /// Approved claims that stay behind because the register has no bank account for their facility.
    pub without_account: Vec<ClaimId>,
    /// Approved claims that stay behind because no second person has looked at their facility's account yet.
    pub account_unlooked: Vec<ClaimId>,
}

impl Office {
    /// A batch that has to be there.
    pub async fn batch(&self, id: &str) -> Result<BatchRecord, OfficeError> {
        self.store.batch(id).await?.ok_or_else(|| {
            Told::new(
                format!("支払バッチ「{id}」はありません。番号を確かめてください。"),
                format!("there is no batch {id}; check its id"),
            )
            .coded("unknown-batch")
            .into()
        })
    }

    /// Gathers all approved claims into a batch that pays on `pay_on`, or on the last business day of the next month.
    pub async fn prepare_batch(&self, by: &Actor, pay_on: Option<Date>) -> Result<Prepared, OfficeError> {
        let today = self.today();
        let pay_on = match pay_on {
            Some(day) => day,
            None => Calendar::Bank.last_of_next_month(today)?,
        };
        if pay_on < today {
            return Err(Told::new(
                format!(
                    "振込指定日（{}）が過ぎています。本日（{}）以後の日を指定してください。",
                    wareki(pay_on),
                    wareki(today)
                ),
                format!("found {pay_on} as the day of payment, expected today ({today}) or later"),
            )
            .coded("day-over")
            .into());
        }
        if !Calendar::Bank.is_open(pay_on)? {
            return Err(Told::new(
                format!("振込指定日（{}）は銀行の休業日です。営業日を指定してください。", wareki(pay_on)),
                format!("found {pay_on} as the day of payment, expected a day on which banks are open"),
            )
            .coded("bank-holiday")
            .into());
        }
        let (mut payments, mut without_account, mut account_unlooked) = (Vec::new(), Vec::new(), Vec::new());
        for approved in self.store.approved_claims(None).await? {
            match approved.account {
                Some(_) if !approved.account_looked => account_unlooked.push(approved.claim_id),
                Some(account) => payments.push(Payment {
                    claim_id: approved.claim_id,
                    facility_code: approved.facility_code,
                    facility_name: approved.facility_name.unwrap_or_default(),
                    amount_yen: approved.granted_yen,
                    account,
                }),
                None => without_account.push(approved.claim_id),
            }
        }
        if payments.is_empty() {
            return Ok(Prepared { batch: None, without_account, account_unlooked });
        }
        let number = self.store.batches().await?.iter().filter(|batch| batch.pay_on == pay_on).count() + 1;
        let batch = PaymentBatch {
            id: format!("B-{}-{number:02}", pay_on.strftime("%Y%m%d")),
            pay_on,
            payer: self.settings.payer.clone(),
            payments,
        };
        // A batch that no bank would take is not made: what cannot be written is told now, not after its release.
        reporting::payment_file(&batch, &self.settings.bank_file).map_err(|error| no_bank_file(&batch.id, error))?;
        let total_yen = batch
            .total_yen()
            .ok_or_else(|| OfficeError::Inconsistent(format!("the total of batch {} is too large", batch.id)))?;
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
        let entry = self.entry(by, event);
        let (releasers, most_yen) = self.releasers(total_yen);
        let new = NewBatch {
            id: batch.id.clone(),
            pay_on,
            prepared_by: by.clone(),
            prepared_at: self.now(),
            releasers,
            most_yen,
            payments: batch.payments.clone(),
        };
        self.store.prepare_batch(&new, &[entry]).await?;
        Ok(Prepared { batch: Some(batch), without_account, account_unlooked })
    }

    /// How many persons have to release a batch of this sum, and the most that so many may release.
    pub fn releasers(&self, total: Yen) -> (u32, Option<Yen>) {
        let mut bands = self.settings.releases.clone();
        bands.sort_by_key(|band| band.from_yen);
        let held = bands.iter().rev().find(|band| band.from_yen <= total).map_or(1, |band| band.releasers.max(1));
        let next = bands.iter().find(|band| band.from_yen > total);
        (held, next.and_then(|band| Yen::new(band.from_yen.get() - 1).ok()))
    }

    /// What a batch pays and from which account, and the hash of that: what a release is bound to.
    pub fn batch_content(&self, record: &BatchRecord) -> (PaymentBatch, Sha256) {
        let batch = PaymentBatch {
            id: record.id.clone(),
            pay_on: record.pay_on,
            payer: self.settings.payer.clone(),
            payments: record.payments.clone(),
        };
        let sha256 = hash(&json(&batch));
        (batch, sha256)
    }

    /// Agrees to the release of a batch, and releases it with the last agreement that its sum asks for: what is released
    /// is the hash of what was prepared, or of what was `seen` before.
    pub async fn release_batch(&self, id: &str, by: &Actor, seen: Option<Sha256>) -> Result<Released, OfficeError> {
        let record = self.batch(id).await?;
        self.accounts_as_prepared(&record).await?;
        let sha256 = self.batch_content(&record).1;
        if seen.is_some_and(|seen| seen != sha256) {
            return Err(Told::new(
                format!("支払バッチ {id} の内容が、確認されたものと異なります。もう一度確かめてください。"),
                format!("batch {id} is not what was looked at; look at it again"),
            )
            .coded("changed-meanwhile")
            .into());
        }
        let agreed = u32::try_from(record.releases.len()).unwrap_or(u32::MAX).saturating_add(1);
        if agreed < record.releasers {
            let event = Event::BatchReleaseAgreed {
                id: id.to_owned(),
                sha256,
                agreed_by: by.clone(),
                agreed,
                releasers: record.releasers,
            };
            self.store.agree_to_release(id, by, self.now(), sha256, &[self.entry(by, event)]).await?;
            return Ok(Released::Agreed(agreed, record.releasers));
        }
        let entry = self.entry(by, Event::BatchReleased { id: id.to_owned(), sha256, released_by: by.clone() });
        self.store.release_batch(id, by, self.now(), sha256, &[entry]).await?;
        Ok(Released::Wholly)
    }

    /// Gives a prepared batch up: its claims wait for another.
    pub async fn cancel_batch(&self, id: &str, by: &Actor) -> Result<(), OfficeError> {
        self.batch(id).await?;
        let entry = self.entry(by, Event::BatchCancelled { id: id.to_owned(), cancelled_by: by.clone() });
        self.store.cancel_batch(id, &[entry]).await?;
        Ok(())
    }

    /// That every facility of a batch still has the account that the batch pays to, told with the facilities. The database
    /// holds it in the transaction of the release; here it only gets its names.
    async fn accounts_as_prepared(&self, record: &BatchRecord) -> Result<(), OfficeError> {
        if record.state != BatchState::Prepared {
            // The store says why it cannot be released.
            return Ok(());
        }
        let mut changed = Vec::new();
        for payment in &record.payments {
            let facility = self.store.facility(&payment.facility_code).await?;
            if facility.and_then(|facility| facility.account).as_ref() != Some(&payment.account) {
                changed.push(payment.facility_code.to_string());
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let (id, codes) = (&record.id, changed.join(", "));
        Err(Told::new(
            format!(
                "支払バッチ {id} を準備した後に、振込先口座が変わった医療機関等があります: {codes}。名簿を確かめ、支払バッチを取り消してから、もう一度準備してください。"
            ),
            format!(
                "the bank accounts of these facilities were changed after batch {id} was prepared: {codes}; check the \
                 register, give the batch up, and prepare again"
            ),
        )
        .coded("account-changed")
        .into())
    }

    /// The bank's file and the list of a released batch; the same bytes however often.
    pub async fn batch_files(&self, id: &str) -> Result<BatchFiles, OfficeError> {
        let record = self.batch(id).await?;
        let Some(released) = record.content_sha256 else {
            return Err(Told::new(
                format!(
                    "支払バッチ {id} は「{}」の状態です。書き出せるのは、準備した職員とは別の職員が承認したものだけです。",
                    record.state.name(Lang::Ja)
                ),
                format!(
                    "batch {id} is {} and has not been released by another person than who prepared it",
                    record.state.code()
                ),
            )
            .coded("not-released")
            .into());
        };
        let (batch, sha256) = self.batch_content(&record);
        if sha256 != released {
            return Err(Told::new(
                format!(
                    "支払バッチ {id} の内容（{sha256}）が、承認されたもの（{released}）と異なります。設定の振込依頼人が変わっています。元に戻してください。"
                ),
                format!(
                    "batch {id} has the content {sha256}, but {released} was released: the payer in the configuration \
                     was changed; put it back"
                ),
            )
            .coded("payer-changed")
            .into());
        }
        // The same instant each time, so that the same bytes are written however often.
        let created = record.released_at.unwrap_or(record.prepared_at);
        let bank_file =
            reporting::bank_file(&batch, &self.settings.bank_file, created).map_err(|error| no_bank_file(id, error))?;
        let extension = self.settings.bank_file.form.extension();
        Ok(BatchFiles { bank_file, extension, list: reporting::payment_list(&batch)? })
    }
}

fn no_bank_file(id: &str, error: reporting::PaymentFileError) -> Told {
    Told::new(error.message(Lang::Ja), format!("the bank file of {id} could not be written"))
        .coded("no-bank-file")
        .because(error)
}
