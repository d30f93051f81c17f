//! Payment batches (支払バッチ): prepared by one person, released by another. The database holds that rule, and that no
//! claim is in two live batches; here its refusals only get their names.

use crate::database::{Tx, read, within};
use crate::row::{At, json};
use crate::{Store, StoreError, claims, log, sql};
use claim::{
    Actor, BankAccount, ClaimId, ClaimState, InstitutionCode, Lang, LogEntry, Payment, ProgrammeId, Sha256, Yen,
};
use jiff::{Timestamp, civil::Date};
use std::ops::Range;

/// Where a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Waits for its release by another person.
    Prepared,
    /// Frozen: it may be sent to the bank.
    Released,
    /// Given up; its claims are approved again.
    Cancelled,
}

impl BatchState {
    /// All of them.
    pub const ALL: [BatchState; 3] = [BatchState::Prepared, BatchState::Released, BatchState::Cancelled];

    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            BatchState::Prepared => "prepared",
            BatchState::Released => "released",
            BatchState::Cancelled => "cancelled",
        }
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (BatchState::Prepared, Lang::Ja) => "承認待ち",
            (BatchState::Released, Lang::Ja) => "承認済み",
            (BatchState::Cancelled, Lang::Ja) => "取消し",
            (_, Lang::En) => self.code(),
        }
    }

    fn from_code(at: &At, code: &str) -> Result<BatchState, StoreError> {
        BatchState::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .ok_or_else(|| at.wrong(format!("found {code:?}, expected a state of a batch")))
    }
}

/// A batch to be prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// Its id, chosen by the caller; unique in the store.
    pub id: String,
    /// 振込指定日.
    pub pay_on: Date,
    /// By whom.
    pub prepared_by: Actor,
    /// When.
    pub prepared_at: Timestamp,
    /// How many persons have to release it.
    pub releasers: u32,
    /// The most that so many may release; `None` for any amount.
    pub most_yen: Option<Yen>,
    /// One an approved claim: its whole grant.
    pub payments: Vec<Payment>,
}

/// That one person agreed to a batch's release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// A batch as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    /// Its id.
    pub id: String,
    /// 振込指定日.
    pub pay_on: Date,
    /// Where it is.
    pub state: BatchState,
    /// By whom it was prepared.
    pub prepared_by: Actor,
    /// When.
    pub prepared_at: Timestamp,
    /// How many persons have to release it.
    pub releasers: u32,
    /// The most that so many may release; `None` for any amount.
    pub most_yen: Option<Yen>,
    /// Who has agreed to its release, in order; the last of a released batch is who released it.
    pub releases: Vec<Release>,
    /// By whom it was released.
    pub released_by: Option<Actor>,
    /// When.
    pub released_at: Option<Timestamp>,
    /// The hash of the content that was released.
    pub content_sha256: Option<Sha256>,
    /// Its payments, in the order of their claims' ids.
    pub payments: Vec<Payment>,
}

/// A claim whose grant waits to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedClaim {
    /// Which.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// To whom.
    pub facility_code: InstitutionCode,
    /// Its name, if the register has it.
    pub facility_name: Option<String>,
    /// How much.
    pub granted_yen: Yen,
    /// Where to; `None` until the register says, and then it cannot be paid.
    pub account: Option<BankAccount>,
    /// Whether a second person has looked at that account.
    pub account_looked: bool,
    /// When it was approved.
    pub decided_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ApprovedRow {
    claim_id: String,
    programme: String,
    facility_code: String,
    facility_name: Option<String>,
    granted_yen: i64,
    account: Option<String>,
    account_looked: Option<bool>,
    decided_at_ms: i64,
}

/// A batch as lists show it, without its payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSummary {
    /// Such as `B-20260227-01`.
    pub id: String,
    /// 振込指定日.
    pub pay_on: Date,
    /// Where it is in its life.
    pub state: BatchState,
    /// By whom it was prepared.
    pub prepared_by: Actor,
    /// When.
    pub prepared_at: Timestamp,
    /// By whom it was released.
    pub released_by: Option<Actor>,
    /// When.
    pub released_at: Option<Timestamp>,
    /// The hash of what was released.
    pub content_sha256: Option<Sha256>,
    /// How many payments it has.
    pub payments: u64,
    /// What they come to.
    pub total_yen: Yen,
}

/// Approved claims that wait for payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payable {
    /// How many can be paid.
    pub claims: u64,
    /// What they come to.
    pub total_yen: Yen,
    /// How many cannot, because the register has no account of their facility.
    pub without_account: u64,
    /// How many cannot yet, because no second person has looked at that account.
    pub account_unlooked: u64,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    #[sqlx(flatten)]
    batch: BatchRow,
    payments: i64,
    total_yen: i64,
}

impl SummaryRow {
    fn summary(self) -> Result<BatchSummary, StoreError> {
        let row = self.batch;
        let at = At::new("batches", &row.id);
        Ok(BatchSummary {
            payments: at.count(self.payments)?,
            total_yen: at.yen(self.total_yen)?,
            pay_on: at.day(&row.pay_on)?,
            state: BatchState::from_code(&at, &row.state)?,
            prepared_by: Actor::from(row.prepared_by),
            prepared_at: at.time(row.prepared_at_ms)?,
            released_by: row.released_by.map(Actor::from),
            released_at: row.released_at_ms.map(|at_ms| at.time(at_ms)).transpose()?,
            content_sha256: row.content_sha256.map(|hash| at.hash(&hash)).transpose()?,
            id: row.id,
        })
    }
}

#[derive(sqlx::FromRow)]
struct BatchRow {
    id: String,
    pay_on: String,
    prepared_by: String,
    prepared_at_ms: i64,
    state: String,
    released_by: Option<String>,
    released_at_ms: Option<i64>,
    content_sha256: Option<String>,
    releasers: i64,
    most_yen: Option<i64>,
}

type PaymentRow = (String, String, String, i64, String);

async fn payments(tx: &mut Tx, batch: &str) -> Result<Vec<Payment>, StoreError> {
    let rows: Vec<PaymentRow> = within!(*tx, |c| sqlx::query_as(sql::PAYMENTS_GET).bind(batch).fetch_all(c).await?);
    of_batch(batch, rows)
}

fn of_batch(batch: &str, rows: Vec<PaymentRow>) -> Result<Vec<Payment>, StoreError> {
    rows.into_iter()
        .map(|(claim_id, facility_code, facility_name, amount_yen, account)| {
            let at = At::new("payments", format_args!("{batch} {claim_id}"));
            Ok(Payment {
                facility_code: at.facility_code(&facility_code)?,
                facility_name,
                amount_yen: at.yen(amount_yen)?,
                account: at.json(&account)?,
                claim_id: claim_id.into(),
            })
        })
        .collect()
}

async fn releases(tx: &mut Tx, batch: &str) -> Result<Vec<Release>, StoreError> {
    let rows: Vec<(String, i64)> =
        within!(*tx, |c| sqlx::query_as(sql::BATCH_RELEASES).bind(batch).fetch_all(c).await?);
    let at = At::new("batch_releases", batch);
    rows.into_iter().map(|(by, at_ms)| Ok(Release { by: Actor::from(by), at: at.time(at_ms)? })).collect()
}

async fn with_payments(tx: &mut Tx, row: BatchRow) -> Result<BatchRecord, StoreError> {
    let at = At::new("batches", &row.id);
    Ok(BatchRecord {
        payments: payments(tx, &row.id).await?,
        releases: releases(tx, &row.id).await?,
        releasers: at.small(row.releasers)?,
        most_yen: row.most_yen.map(|yen| at.yen(yen)).transpose()?,
        pay_on: at.day(&row.pay_on)?,
        state: BatchState::from_code(&at, &row.state)?,
        prepared_by: Actor::from(row.prepared_by),
        prepared_at: at.time(row.prepared_at_ms)?,
        released_by: row.released_by.map(Actor::from),
        released_at: row.released_at_ms.map(|at_ms| at.time(at_ms)).transpose()?,
        content_sha256: row.content_sha256.map(|hash| at.hash(&hash)).transpose()?,
        id: row.id,
    })
}

async fn state(tx: &mut Tx, id: &str) -> Result<Option<BatchState>, StoreError> {
    let code: Option<String> =
        within!(*tx, |c| sqlx::query_scalar(sql::BATCH_STATE).bind(id).fetch_optional(c).await?);
    code.map(|code| BatchState::from_code(&At::new("batches", id), &code)).transpose()
}

async fn must_be_prepared(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    match state(tx, id).await? {
        Some(BatchState::Prepared) => Ok(()),
        Some(other) => Err(StoreError::BatchState {
            batch: id.to_owned(),
            found: other.code(),
            expected: BatchState::Prepared.code(),
        }),
        None => Err(StoreError::NotFound { what: "payment batch", id: id.to_owned() }),
    }
}

async fn agree(tx: &mut Tx, id: &str, by: &Actor, at: Timestamp, content: Sha256) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::BATCH_RELEASE_ADD)
        .bind(id)
        .bind(by.as_str())
        .bind(at.as_millisecond())
        .bind(content.to_string())
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes every claim of a batch one step on.
async fn step_all(tx: &mut Tx, batch: &str, to: ClaimState) -> Result<(), StoreError> {
    for payment in payments(tx, batch).await? {
        let id = payment.claim_id.as_str();
        let mut claim = claims::summary(tx, &payment.claim_id).await?.ok_or_else(|| StoreError::no_claim(id))?;
        claims::step(tx, &mut claim, to).await?;
    }
    Ok(())
}

impl Store {
    /// The approved claims that are in no batch, of one programme or all, in the order of their ids.
    pub async fn approved_claims(&self, programme: Option<&ProgrammeId>) -> Result<Vec<ApprovedClaim>, StoreError> {
        let rows: Vec<ApprovedRow> = read!(self.db, |c| sqlx::query_as(sql::APPROVED_CLAIMS)
            .bind(programme.map(ProgrammeId::as_str))
            .fetch_all(c)
            .await?);
        rows.into_iter()
            .map(|row| {
                let at = At::new("claims", &row.claim_id);
                Ok(ApprovedClaim {
                    programme: row.programme.into(),
                    facility_code: at.facility_code(&row.facility_code)?,
                    facility_name: row.facility_name,
                    granted_yen: at.yen(row.granted_yen)?,
                    account: At::new("facilities", &row.facility_code).account(row.account.as_deref())?,
                    account_looked: row.account_looked.unwrap_or(false),
                    decided_at: at.time(row.decided_at_ms)?,
                    claim_id: row.claim_id.into(),
                })
            })
            .collect()
    }

    /// Prepares a batch: its claims are approved before and batched after. Returns the positions of `entries`.
    pub async fn prepare_batch(&self, new: &NewBatch, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        if new.payments.is_empty() {
            return Err(StoreError::Argument {
                what: "payments of a batch",
                found: "none".to_owned(),
                expected: "at least one".to_owned(),
            });
        }
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        if state(&mut tx, &new.id).await?.is_some() {
            return Err(StoreError::Taken { what: "payment batch", id: new.id.clone() });
        }
        within!(tx, |c| sqlx::query(sql::BATCH_INSERT)
            .bind(&new.id)
            .bind(new.pay_on.to_string())
            .bind(new.prepared_by.as_str())
            .bind(new.prepared_at.as_millisecond())
            .bind(i64::from(new.releasers))
            .bind(new.most_yen.map(Yen::get))
            .execute(c)
            .await
            .map(drop))?;
        for payment in &new.payments {
            let id = payment.claim_id.as_str();
            let mut claim =
                claims::summary(&mut tx, &payment.claim_id).await?.ok_or_else(|| StoreError::no_claim(id))?;
            let account = json(&payment.account)?;
            claims::step(&mut tx, &mut claim, ClaimState::Batched).await?;
            within!(tx, |c| sqlx::query(sql::PAYMENT_INSERT)
                .bind(&new.id)
                .bind(id)
                .bind(payment.facility_code.as_str())
                .bind(&payment.facility_name)
                .bind(payment.amount_yen.get())
                .bind(&account)
                .bind(true)
                .execute(c)
                .await
                .map(drop))?;
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// One person agrees to the release of a prepared batch that needs more of them. Refused ([`crate::Rule`]) to who
    /// prepared it, to who decided a claim in it, and to who has agreed already.
    pub async fn agree_to_release(
        &self,
        id: &str,
        by: &Actor,
        at: Timestamp,
        content_sha256: Sha256,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        must_be_prepared(&mut tx, id).await?;
        agree(&mut tx, id, by, at, content_sha256).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Releases a prepared batch by its last releaser: its content is frozen under `content_sha256`, its claims are sent.
    /// Refused ([`crate::Rule`]) to who prepared it and to who decided a claim in it, before as many have agreed as its
    /// amount asks for, and where an account has changed or nobody has looked at it.
    pub async fn release_batch(
        &self,
        id: &str,
        released_by: &Actor,
        released_at: Timestamp,
        content_sha256: Sha256,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        must_be_prepared(&mut tx, id).await?;
        agree(&mut tx, id, released_by, released_at, content_sha256).await?;
        within!(tx, |c| sqlx::query(sql::BATCH_RELEASE)
            .bind(id)
            .bind(released_by.as_str())
            .bind(released_at.as_millisecond())
            .bind(content_sha256.to_string())
            .execute(c)
            .await
            .map(drop))?;
        step_all(&mut tx, id, ClaimState::Sent).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Gives up a batch that was not released: its claims are approved again and may be batched anew.
    pub async fn cancel_batch(&self, id: &str, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        must_be_prepared(&mut tx, id).await?;
        within!(tx, |c| sqlx::query(sql::BATCH_CANCEL).bind(id).execute(c).await.map(drop))?;
        within!(tx, |c| sqlx::query(sql::PAYMENTS_END).bind(id).bind(false).execute(c).await.map(drop))?;
        step_all(&mut tx, id, ClaimState::Approved).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// A batch with its payments.
    pub async fn batch(&self, id: &str) -> Result<Option<BatchRecord>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let row: Option<BatchRow> = within!(tx, |c| sqlx::query_as(sql::BATCH_GET).bind(id).fetch_optional(c).await?);
        match row {
            Some(row) => Ok(Some(with_payments(&mut tx, row).await?)),
            None => Ok(None),
        }
    }

    /// A batch without its payments.
    pub async fn batch_summary(&self, id: &str) -> Result<Option<BatchSummary>, StoreError> {
        let row: Option<SummaryRow> =
            read!(self.db, |c| sqlx::query_as(sql::BATCH_SUMMARY).bind(id).fetch_optional(c).await?);
        row.map(SummaryRow::summary).transpose()
    }

    /// At most `limit` batches before an id, the last first, without their payments.
    pub async fn batch_page(&self, before: Option<&str>, limit: u32) -> Result<Vec<BatchSummary>, StoreError> {
        let rows: Vec<SummaryRow> = read!(self.db, |c| sqlx::query_as(sql::BATCHES_PAGE)
            .bind(before.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(SummaryRow::summary).collect()
    }

    /// At most `limit` payments of a batch after a claim, in the order of the claims' ids.
    pub async fn payment_page(&self, batch: &str, after: Option<&str>, limit: u32) -> Result<Vec<Payment>, StoreError> {
        let rows: Vec<PaymentRow> = read!(self.db, |c| sqlx::query_as(sql::PAYMENTS_PAGE)
            .bind(batch)
            .bind(after.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        of_batch(batch, rows)
    }

    /// How many approved claims wait for payment, and what they come to.
    pub async fn payable(&self) -> Result<Payable, StoreError> {
        let (claims, yen, payable, without_account): (i64, i64, i64, i64) =
            read!(self.db, |c| sqlx::query_as(sql::PAYABLE).fetch_one(c).await?);
        let at = At::new("claims", "(waiting for payment)");
        Ok(Payable {
            claims: at.count(payable)?,
            total_yen: at.yen(yen)?,
            without_account: at.count(without_account)?,
            account_unlooked: at.count(claims - payable - without_account)?,
        })
    }

    /// All batches with their payments, in the order of their ids.
    pub async fn batches(&self) -> Result<Vec<BatchRecord>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let rows: Vec<BatchRow> = within!(tx, |c| sqlx::query_as(sql::BATCHES_GET).fetch_all(c).await?);
        let mut batches = Vec::with_capacity(rows.len());
        for row in rows {
            batches.push(with_payments(&mut tx, row).await?);
        }
        Ok(batches)
    }
}
