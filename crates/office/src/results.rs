//! Results of banks: each record is matched with a payment to the yen, and what cannot be is kept and told.

use crate::budget::reason_of;
use crate::told::told;
use crate::{Office, OfficeError, hash};
use claim::{AccountKind, Actor, ClaimId, ClaimState, Lang, Payment, Yen};
use decision_log::{Event, ReceivedResults};
use reporting::{BankResults, PaymentResult, read_results};
use std::collections::BTreeMap;
use store::{BatchRecord, BatchState, NewResults, ResultRow, ResultVerdict, StoreError};
use unicode_normalization::UnicodeNormalization;

/// What came of a bank's file.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// Of which batch.
    pub batch: String,
    /// The file has been received before; nothing was changed.
    pub known: bool,
    /// Every record, and every payment that the file does not have.
    pub rows: Vec<ResultRow>,
}

impl Reconciled {
    /// How many records have this verdict.
    pub fn count(&self, verdict: ResultVerdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// How many do not add up.
    pub fn amiss(&self) -> usize {
        self.rows.iter().filter(|row| row.verdict.is_amiss()).count()
    }
}

/// To which account how much: what a record and a payment have in common.
type Key = (String, String, u8, String);

const fn kind_number(kind: AccountKind) -> u8 {
    match kind {
        AccountKind::Ordinary => 1,
        AccountKind::Current => 2,
        AccountKind::Savings => 4,
        AccountKind::Other => 9,
    }
}

fn of_payment(payment: &Payment) -> Key {
    // As the bank file has them: digits of any width, the number with zeros before it.
    let account = &payment.account;
    let plain = |text: &str| text.trim().nfkc().collect::<String>();
    let number = plain(&account.number);
    (plain(&account.bank_code), plain(&account.branch_code), kind_number(account.kind), format!("{number:0>7}"))
}

fn of_result(result: &PaymentResult) -> Key {
    (result.bank_code.clone(), result.branch_code.clone(), kind_number(result.kind), result.number.clone())
}

impl Office {
    /// Takes a bank's file of results for `batch`, or for the one released batch that its header fits. The same file twice
    /// changes nothing.
    pub async fn receive_results(
        &self,
        bytes: &[u8],
        file: &str,
        batch: Option<&str>,
        by: &Actor,
        lang: Lang,
    ) -> Result<Reconciled, OfficeError> {
        let sha256 = hash(bytes);
        if let Some(known) = self.store.result_batch(&sha256).await? {
            let kept = self.store.results(&known).await?.into_iter().find(|kept| kept.sha256 == sha256);
            return Ok(Reconciled { batch: known, known: true, rows: kept.map(|kept| kept.rows).unwrap_or_default() });
        }
        let results = read_results(bytes, &self.settings.result_file, lang);
        if results.records.is_empty() {
            let why = results.faults.first().cloned().unwrap_or_default();
            return Err(told(
                "no-results",
                format!(
                    "振込結果のファイルに、読み取れるものがありません。{why} 設定（result_file）とファイルを確かめてください。"
                ),
                format!("the file holds no result; {why}; check the file and result_file in the configuration"),
            ));
        }
        let record = match batch {
            Some(id) => self.batch(id).await?,
            None => self.batch_of(&results).await?,
        };
        if record.state != BatchState::Released {
            return Err(told(
                "not-released",
                format!(
                    "支払バッチ {} は「{}」の状態です。振込結果を取り込めるのは、承認済みのものだけです。",
                    record.id,
                    record.state.name(Lang::Ja)
                ),
                format!("batch {} is {}; only a released one has results", record.id, record.state.code()),
            ));
        }
        let states: BTreeMap<ClaimId, (ClaimState, bool)> = self
            .store
            .payment_states(&record.id)
            .await?
            .into_iter()
            .map(|payment| (payment.claim_id, (payment.state, payment.live)))
            .collect();
        let rows = matched(&record, &states, &results);
        let of = |verdict| rows.iter().filter(move |row| row.verdict == verdict);
        let claims = |verdict| of(verdict).filter_map(|row| row.claim_id.clone()).collect();
        let paid_yen = Yen::checked_sum(of(ResultVerdict::Paid).filter_map(|row| row.amount)).unwrap_or(Yen::MAX);
        let event = Event::ResultsReceived(ReceivedResults {
            batch: record.id.clone(),
            sha256,
            paid: claims(ResultVerdict::Paid),
            paid_yen,
            bounced: claims(ResultVerdict::Bounced),
            amiss: rows.iter().filter(|row| row.verdict.is_amiss()).count() as u64,
        });
        self.store.put_document(bytes.to_vec()).await?;
        let new = NewResults {
            sha256,
            batch: record.id.clone(),
            file: file.to_owned(),
            by: by.clone(),
            at: self.now(),
            rows: rows.clone(),
        };
        match self.store.receive_results(&new, &[self.entry(by, event)]).await {
            Ok(_) => Ok(Reconciled { batch: record.id, known: false, rows }),
            // Somebody took the same file at the same moment.
            Err(StoreError::Taken { .. }) => Ok(Reconciled { batch: record.id, known: true, rows }),
            Err(error) => Err(error.into()),
        }
    }

    /// The one released batch with payments on their way that a file's header fits.
    async fn batch_of(&self, results: &BankResults) -> Result<BatchRecord, OfficeError> {
        let mut fitting = Vec::new();
        for batch in self.store.batches().await? {
            let day = (batch.pay_on.month().unsigned_abs(), batch.pay_on.day().unsigned_abs());
            let fits = match &results.header {
                Some((pay_on, consignor)) => *pay_on == day && *consignor == self.settings.payer.consignor_code,
                None => true,
            };
            if batch.state != BatchState::Released || !fits {
                continue;
            }
            let open = self.store.payment_states(&batch.id).await?;
            if open.iter().any(|payment| payment.live && payment.state == ClaimState::Sent) {
                fitting.push(batch);
            }
        }
        if let (1, Some(only)) = (fitting.len(), fitting.pop()) {
            return Ok(only);
        }
        Err(told(
            "which-batch",
            "どの支払バッチの結果か、ファイルからは決められません。支払バッチを指定してください。",
            "the file does not tell of which batch it is; name the batch",
        ))
    }

    /// A payment that was recorded as paid was not: its claim is bounced after all (組戻し).
    pub async fn correct_result(&self, batch: &str, id: &ClaimId, reason: &str, by: &Actor) -> Result<(), OfficeError> {
        let reason = reason_of(reason)?;
        let held = self.store.payment_states(&self.batch(batch).await?.id).await?;
        let paid = held.iter().any(|one| one.claim_id == *id && one.live && one.state == ClaimState::Paid);
        if !paid {
            return Err(told(
                "not-paid",
                format!("支払バッチ {batch} に、支払済みの申請 {id} はありません。"),
                format!("batch {batch} has no claim {id} that was paid"),
            ));
        }
        let event = Event::ResultCorrected { batch: batch.to_owned(), claim_id: id.clone(), reason: reason.to_owned() };
        let why = (by, self.now(), reason);
        self.store.correct_result(batch, id, why, &[self.entry(by, event)]).await?;
        Ok(())
    }
}

/// Matches each record with a payment: by account and sum. Payments that are alike are told apart by nothing, so records
/// of them are taken only where they all say the same.
fn matched(
    batch: &BatchRecord,
    states: &BTreeMap<ClaimId, (ClaimState, bool)>,
    results: &BankResults,
) -> Vec<ResultRow> {
    let mut by_account: BTreeMap<Key, Vec<&Payment>> = BTreeMap::new();
    for payment in &batch.payments {
        by_account.entry(of_payment(payment)).or_default().push(payment);
    }
    // What the records say of each account and sum: whether they disagree.
    let mut said: BTreeMap<(Key, Yen), Vec<Option<&String>>> = BTreeMap::new();
    for record in &results.records {
        if let Ok(result) = &record.content {
            said.entry((of_result(result), result.amount)).or_default().push(result.bounced.as_ref());
        }
    }
    let mut used: BTreeMap<(Key, Yen), usize> = BTreeMap::new();
    let mut answered: Vec<&ClaimId> = Vec::new();
    let mut rows = Vec::new();
    for record in &results.records {
        let mut row = ResultRow {
            place: Some(record.place.clone()),
            verdict: ResultVerdict::Unreadable,
            claim_id: None,
            amount: None,
            reason: None,
            said: Some(record.said.clone()),
        };
        match &record.content {
            Err(why) => row.reason = Some(why.clone()),
            Ok(result) => {
                row.amount = Some(result.amount);
                row.reason.clone_from(&result.bounced);
                let key = of_result(result);
                let to_account = by_account.get(&key).map_or(&[][..], Vec::as_slice);
                let alike: Vec<&&Payment> =
                    to_account.iter().filter(|payment| payment.amount_yen == result.amount).collect();
                let pair = (key, result.amount);
                let place = used.entry(pair.clone()).or_default();
                let all = &said[&pair];
                let disagree = alike.len() > 1 && all.iter().any(|one| one.is_some() != all[0].is_some());
                (row.verdict, row.claim_id) = match (to_account, alike.get(*place)) {
                    ([], _) => (ResultVerdict::Unknown, None),
                    ([only], None) if alike.is_empty() => (ResultVerdict::WrongAmount, Some(only.claim_id.clone())),
                    (_, None) if alike.is_empty() => (ResultVerdict::WrongAmount, None),
                    (_, None) => (ResultVerdict::Twice, alike.last().map(|payment| payment.claim_id.clone())),
                    // Two words on one payment that say different things: neither is taken.
                    (_, Some(payment))
                        if alike.len() == 1 && all.iter().any(|one| one.is_some() != all[0].is_some()) =>
                    {
                        (ResultVerdict::Ambiguous, Some(payment.claim_id.clone()))
                    }
                    (_, Some(_)) if disagree => (ResultVerdict::Ambiguous, None),
                    (_, Some(payment)) => {
                        let bounced = result.bounced.is_some();
                        (verdict_now(states.get(&payment.claim_id), bounced), Some(payment.claim_id.clone()))
                    }
                };
                // Of a payment with another sum the bank has said something as well.
                if row.verdict == ResultVerdict::WrongAmount
                    && let [only] = to_account
                {
                    answered.push(&only.claim_id);
                }
                if let Some(payment) = alike.get(*place) {
                    answered.push(&payment.claim_id);
                }
                *place += 1;
            }
        }
        rows.push(row);
    }
    for fault in &results.faults {
        rows.push(ResultRow {
            place: None,
            verdict: ResultVerdict::WrongTotal,
            claim_id: None,
            amount: None,
            reason: Some(fault.clone()),
            said: None,
        });
    }
    for payment in &batch.payments {
        let open = matches!(states.get(&payment.claim_id), Some((ClaimState::Sent, true)));
        if open && !answered.contains(&&payment.claim_id) {
            rows.push(ResultRow {
                place: None,
                verdict: ResultVerdict::Missing,
                claim_id: Some(payment.claim_id.clone()),
                amount: Some(payment.amount_yen),
                reason: None,
                said: None,
            });
        }
    }
    rows
}

/// What a clear word means, beside what was recorded of the payment before.
fn verdict_now(state: Option<&(ClaimState, bool)>, bounced: bool) -> ResultVerdict {
    match (state, bounced) {
        (Some((ClaimState::Sent, true)), false) => ResultVerdict::Paid,
        (Some((ClaimState::Sent, true)), true) => ResultVerdict::Bounced,
        (Some((ClaimState::Paid, true)), false) | (Some((_, false)), true) => ResultVerdict::Known,
        _ => ResultVerdict::Contradicts,
    }
}
