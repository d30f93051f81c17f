//! Results of banks (振込結果): what a bank said of a released batch, every record of it, and what became of the claims.

use crate::database::{Tx, read, within};
use crate::ledger::{self, LedgerKind, Written};
use crate::row::At;
use crate::{Store, StoreError, claims, log, messages, sql};
use claim::{Actor, ClaimId, ClaimState, InstitutionCode, Lang, LogEntry, MessageKind, Sha256, Yen};
use jiff::Timestamp;
use std::ops::Range;

macro_rules! verdicts {
    ($($(#[$doc:meta])* $name:ident $code:literal $ja:literal $en:literal)*) => {
        /// What a record of a bank's result was taken for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ResultVerdict { $($(#[$doc])* $name,)* }

        impl ResultVerdict {
            /// All of them.
            pub const ALL: &'static [ResultVerdict] = &[$(ResultVerdict::$name,)*];

            /// As stored.
            pub const fn code(self) -> &'static str {
                match self { $(ResultVerdict::$name => $code,)* }
            }

            /// As people read it.
            pub const fn name(self, lang: Lang) -> &'static str {
                match (self, lang) { $((ResultVerdict::$name, Lang::Ja) => $ja, (ResultVerdict::$name, Lang::En) => $en,)* }
            }
        }
    };
}

verdicts! {
    /// The payment went through, to the yen.
    Paid "paid" "振込済み" "paid"
    /// The bank sent it back.
    Bounced "bounced" "振込不能" "bounced"
    /// The file does not have this payment.
    Missing "missing" "結果なし" "missing"
    /// The record is of no payment of the batch.
    Unknown "unknown" "該当する支払なし" "unknown"
    /// Another record of the file is of the same payment.
    Twice "twice" "重複" "twice"
    /// The record has another amount than the payment.
    WrongAmount "wrong-amount" "金額の不一致" "wrong amount"
    /// Several payments are alike, and the bank says different things of them.
    Ambiguous "ambiguous" "特定できない" "ambiguous"
    /// Something else was recorded of this payment before.
    Contradicts "contradicts" "記録済みの結果と相違" "contradicts what was recorded"
    /// The same was recorded of this payment before.
    Known "known" "記録済み" "recorded before"
    /// The record cannot be read.
    Unreadable "unreadable" "読取り不可" "unreadable"
    /// The file's own sums do not add up.
    WrongTotal "wrong-total" "合計の不一致" "wrong total"
}

impl ResultVerdict {
    /// Whether a person has to look at it.
    pub const fn is_amiss(self) -> bool {
        !matches!(self, ResultVerdict::Paid | ResultVerdict::Bounced | ResultVerdict::Known)
    }
}

/// One record of a bank's result, or a payment that it does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// Where in the file; `None` for what is missing there.
    pub place: Option<String>,
    /// What it was taken for.
    pub verdict: ResultVerdict,
    /// The payment that it was taken for.
    pub claim_id: Option<ClaimId>,
    /// The sum that stands there; of a missing one, the payment's.
    pub amount: Option<Yen>,
    /// The bank's reason, or what is wrong with the record.
    pub reason: Option<String>,
    /// What stands there, as people read it.
    pub said: Option<String>,
}

/// A bank's result of one batch, matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewResults {
    /// Of the file, whose bytes are in object storage already ([`Store::put_document`]).
    pub sha256: Sha256,
    /// Of which batch.
    pub batch: String,
    /// The name under which it came.
    pub file: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Every record, and every payment that is missing.
    pub rows: Vec<ResultRow>,
}

/// A bank's result as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    /// Of the file.
    pub sha256: Sha256,
    /// The name under which it came.
    pub file: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Every record, and every payment that is missing.
    pub rows: Vec<ResultRow>,
}

/// Where a payment of a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentState {
    /// Which claim it pays.
    pub claim_id: ClaimId,
    /// Where that claim is now; it may be in another batch by now.
    pub state: ClaimState,
    /// False once the bank sent it back, or the batch was cancelled.
    pub live: bool,
}

type Row = (Option<String>, String, Option<String>, Option<i64>, Option<String>, Option<String>);

async fn rows(tx: &mut Tx, file: &str) -> Result<Vec<ResultRow>, StoreError> {
    let rows: Vec<Row> = within!(*tx, |c| sqlx::query_as(sql::RESULT_ROWS).bind(file).fetch_all(c).await?);
    let at = At::new("result_rows", file);
    rows.into_iter()
        .map(|(place, verdict, claim_id, amount, reason, said)| {
            Ok(ResultRow {
                verdict: ResultVerdict::ALL
                    .iter()
                    .copied()
                    .find(|one| one.code() == verdict)
                    .ok_or_else(|| at.wrong(format!("found {verdict:?}, expected a verdict on a result")))?,
                amount: amount.map(|yen| at.yen(yen)).transpose()?,
                claim_id: claim_id.map(ClaimId::from),
                place,
                reason,
                said,
            })
        })
        .collect()
}

/// The payment of a batch ends: the bank sent it back. The grant's money is released and reserved anew in one step: the
/// grant stands, and nobody else's claim may take what it is to be paid with.
async fn bounce(
    tx: &mut Tx,
    batch: &str,
    claim: &mut crate::ClaimSummary,
    written: &Written<'_>,
) -> Result<(), StoreError> {
    claims::step(tx, claim, ClaimState::Bounced).await?;
    within!(*tx, |c| sqlx::query(sql::PAYMENT_END)
        .bind(batch)
        .bind(claim.id.as_str())
        .bind(false)
        .execute(c)
        .await
        .map(drop))?;
    ledger::move_grant(tx, claim, LedgerKind::Release, written).await?;
    ledger::move_grant(tx, claim, LedgerKind::Reserve, written).await?;
    messages::tell(tx, MessageKind::Bounced, (&claim.id, claim.revision, claim.version), written.at).await
}

impl Store {
    /// Whose result a file is, if it has been received before.
    pub async fn result_batch(&self, sha256: &Sha256) -> Result<Option<String>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::RESULT_FILE_GET)
            .bind(sha256.to_string())
            .fetch_optional(c)
            .await?))
    }

    /// Keeps a bank's result with all its records, and takes the claims that it is clear about on: paid, or bounced. The
    /// batch has to be released, and the claims to be sent.
    pub async fn receive_results(&self, new: &NewResults, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        self.objects.size(&new.sha256).await?;
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let position = logged.end - 1;
        let sha256 = new.sha256.to_string();
        let known: Option<String> =
            within!(tx, |c| sqlx::query_scalar(sql::RESULT_FILE_GET).bind(&sha256).fetch_optional(c).await?);
        if known.is_some() {
            return Err(StoreError::Taken { what: "result of a bank", id: sha256 });
        }
        within!(tx, |c| sqlx::query(sql::RESULT_FILE_ADD)
            .bind(&sha256)
            .bind(&new.batch)
            .bind(&new.file)
            .bind(new.by.as_str())
            .bind(new.at.as_millisecond())
            .bind(log::signed(position))
            .execute(c)
            .await
            .map(drop))?;
        for (number, row) in (1_i64..).zip(&new.rows) {
            within!(tx, |c| sqlx::query(sql::RESULT_ROW_ADD)
                .bind(&sha256)
                .bind(number)
                .bind(&row.place)
                .bind(row.verdict.code())
                .bind(row.claim_id.as_ref().map(ClaimId::as_str))
                .bind(row.amount.map(Yen::get))
                .bind(&row.reason)
                .bind(&row.said)
                .execute(c)
                .await
                .map(drop))?;
        }
        for row in &new.rows {
            let Some(id) = &row.claim_id else { continue };
            let to_paid = match row.verdict {
                ResultVerdict::Paid => true,
                ResultVerdict::Bounced => false,
                _ => continue,
            };
            let mut claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
            let written = Written {
                by: &new.by,
                at: new.at,
                reason: if to_paid { None } else { row.reason.as_deref().or(Some("振込不能")) },
                log_position: position,
            };
            if to_paid {
                ledger::move_grant(&mut tx, &claim, LedgerKind::Post, &written).await?;
                claims::step(&mut tx, &mut claim, ClaimState::Paid).await?;
            } else {
                bounce(&mut tx, &new.batch, &mut claim, &written).await?;
            }
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// A payment that was recorded as paid was not (組戻し): its claim is bounced after all.
    pub async fn correct_result(
        &self,
        batch: &str,
        id: &ClaimId,
        (by, at, reason): (&Actor, Timestamp, &str),
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        if claim.state != ClaimState::Paid {
            return Err(StoreError::Argument {
                what: "state of a claim whose result is corrected",
                found: claim.state.code().to_owned(),
                expected: ClaimState::Paid.code().to_owned(),
            });
        }
        let written = Written { by, at, reason: Some(reason), log_position: logged.end - 1 };
        ledger::move_grant(&mut tx, &claim, LedgerKind::Correct, &written).await?;
        bounce(&mut tx, batch, &mut claim, &written).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// The results of a batch, in the order in which they came.
    pub async fn results(&self, batch: &str) -> Result<Vec<ResultFile>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let files: Vec<(String, String, String, i64)> =
            within!(tx, |c| sqlx::query_as(sql::RESULT_FILES_OF_BATCH).bind(batch).fetch_all(c).await?);
        let mut results = Vec::with_capacity(files.len());
        for (sha256, file, by, at_ms) in files {
            let at = At::new("result_files", &sha256);
            let rows = rows(&mut tx, &sha256).await?;
            results.push(ResultFile {
                sha256: at.hash(&sha256)?,
                file,
                by: Actor::from(by),
                at: at.time(at_ms)?,
                rows,
            });
        }
        Ok(results)
    }

    /// Where the payments of a batch are, in the order of their claims.
    pub async fn payment_states(&self, batch: &str) -> Result<Vec<PaymentState>, StoreError> {
        let rows: Vec<(String, String, bool)> =
            read!(self.db, |c| sqlx::query_as(sql::PAYMENT_STATES).bind(batch).fetch_all(c).await?);
        rows.into_iter()
            .map(|(claim_id, state, live)| {
                let state = At::new("claims", &claim_id).state(&state)?;
                Ok(PaymentState { claim_id: claim_id.into(), state, live })
            })
            .collect()
    }

    /// The claims of a facility whose payment the bank sent back, each with the reason.
    pub async fn bounced_of(&self, code: &InstitutionCode) -> Result<Vec<(ClaimId, Option<String>)>, StoreError> {
        let ids: Vec<String> =
            read!(self.db, |c| sqlx::query_scalar(sql::BOUNCED_OF_FACILITY).bind(code.as_str()).fetch_all(c).await?);
        let mut bounced = Vec::with_capacity(ids.len());
        for id in ids {
            let reason: Option<Option<String>> =
                read!(self.db, |c| sqlx::query_scalar(sql::BOUNCED_FOR).bind(&id).fetch_optional(c).await?);
            bounced.push((ClaimId::from(id), reason.flatten()));
        }
        Ok(bounced)
    }
}
