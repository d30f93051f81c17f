//! The same receipt in two claims: by its bytes, by what it says, by what its pages look like; and what people said of it.

use crate::database::{Tx, within};
use crate::row::At;
use crate::{ClaimSummary, Store, StoreError, claims, log, queue, sql};
use claim::{
    Actor, ClaimId, ClaimState, Confidence, DuplicateVerdict, Field, InstitutionCode, Likeness, LogEntry, PageHash,
    PossibleDuplicate, Reading, ReceiptReading, Yen,
};
use jiff::Timestamp;
use jiff::civil::Date;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Two pages look alike when at most so many of the 256 bits of their hashes differ: a page that was moved, scaled or
/// tilted differs in 0 to 27, two pages in 64 or more (drawn pages; `ingest/src/look.rs`).
const MOST_DIFFERENT_BITS: u32 = 32;
/// More pages than this are not compared one by one.
const MOST_CANDIDATES: i64 = 2_000;
/// A part of a hash with fewer bits than this is nearly blank paper, which all pages have in common.
const LEAST_BITS: u32 = 3;
/// What stands for an amount that was not read.
const UNREAD: i64 = -1;
/// A fact speaks against a likeness when both sides have read it at least so surely.
const SURE: Confidence = Confidence::from_per_mille(800);

/// What makes a receipt the same receipt although its bytes differ.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReceiptFacts {
    /// The registration number and the folded name of the issuer, as far as they were read.
    pub(crate) issuers: Vec<String>,
    pub(crate) issued_on: Date,
    pub(crate) total: Yen,
}

/// The facts of a receipt; `None` if day, amount or issuer could not be read.
pub(crate) fn receipt_facts(receipt: &ReceiptReading) -> Option<ReceiptFacts> {
    let number = receipt.registration_number.as_ref().map(|field| fold(&field.value));
    let name = receipt.issuer.as_ref().map(|field| fold(&field.value));
    let mut issuers: Vec<String> = number.into_iter().chain(name).filter(|issuer| !issuer.is_empty()).collect();
    issuers.dedup();
    if issuers.is_empty() {
        return None;
    }
    Some(ReceiptFacts {
        issuers,
        issued_on: receipt.issued_on.as_ref()?.value,
        total: receipt.total_yen.as_ref()?.value,
    })
}

/// A name for comparison: widths and compatibility forms (㈱) made one, spaces and case dropped, 株式会社 and 有限会社 as
/// people abbreviate them.
fn fold(name: &str) -> String {
    let plain: String = name
        .nfkc()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control())
        .flat_map(char::to_lowercase)
        .collect();
    plain.replace("株式会社", "(株)").replace("有限会社", "(有)")
}

/// A person's word on two claims that seem to have the same receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVerdict {
    /// One of the two claims.
    pub claim_id: ClaimId,
    /// The other.
    pub other_claim: ClaimId,
    /// What was said.
    pub verdict: DuplicateVerdict,
    /// By whom.
    pub judged_by: Actor,
    /// When.
    pub judged_at: Timestamp,
    /// Why.
    pub reason: String,
}

#[derive(sqlx::FromRow)]
struct DuplicateRow {
    position: i64,
    file: String,
    other_claim: String,
    other_facility: String,
    other_file: String,
}

#[derive(sqlx::FromRow)]
struct PageRow {
    position: i64,
    file: String,
    page: i64,
    hash: String,
    other_claim: String,
    other_facility: String,
    other_file: String,
    other_page: i64,
    other_hash: String,
    other_reading: String,
}

/// The parts of a hash that are looked up, each with its number.
fn bands(hash: &PageHash) -> Vec<i64> {
    let parts = hash.0.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    parts
        .enumerate()
        .filter(|(_, part)| part.count_ones() >= LEAST_BITS)
        .map(|(number, part)| ((number as i64) << 16) | i64::from(part))
        .collect()
}

/// Keeps what makes a receipt the same receipt: what it says, and what its pages look like.
pub(crate) async fn keep(
    tx: &mut Tx,
    claim: &ClaimSummary,
    position: u32,
    reading: &Reading,
) -> Result<(), StoreError> {
    let Some(receipt) = &reading.receipt else { return Ok(()) };
    keep_facts(tx, claim, position, receipt).await?;
    let (id, revision, position) = (claim.id.as_str(), i64::from(claim.revision), i64::from(position));
    let total = receipt.total_yen.as_ref().map_or(UNREAD, |field| field.value.get());
    for (page, hash) in (1i64..).zip(&reading.page_hashes).filter(|(_, hash)| !hash.is_blank()) {
        within!(*tx, |c| sqlx::query(sql::PAGE_HASH_INSERT)
            .bind(id)
            .bind(revision)
            .bind(position)
            .bind(page)
            .bind(hash.to_string())
            .execute(c)
            .await
            .map(drop))?;
        for band in bands(hash) {
            within!(*tx, |c| sqlx::query(sql::PAGE_BAND_INSERT)
                .bind(band)
                .bind(total)
                .bind(id)
                .bind(revision)
                .bind(position)
                .bind(page)
                .execute(c)
                .await
                .map(drop))?;
        }
    }
    Ok(())
}

async fn keep_facts(
    tx: &mut Tx,
    claim: &ClaimSummary,
    position: u32,
    receipt: &ReceiptReading,
) -> Result<(), StoreError> {
    let Some(facts) = receipt_facts(receipt) else { return Ok(()) };
    for issuer in &facts.issuers {
        within!(*tx, |c| sqlx::query(sql::RECEIPT_FACTS_INSERT)
            .bind(claim.id.as_str())
            .bind(i64::from(claim.revision))
            .bind(i64::from(position))
            .bind(issuer)
            .bind(facts.issued_on.to_string())
            .bind(facts.total.get())
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Keeps what a receipt says as a person corrected it.
pub(crate) async fn keep_facts_anew(
    tx: &mut Tx,
    claim: &ClaimSummary,
    position: u32,
    reading: &Reading,
) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::RECEIPT_FACTS_CLEAR)
        .bind(claim.id.as_str())
        .bind(i64::from(claim.revision))
        .bind(i64::from(position))
        .execute(c)
        .await
        .map(drop))?;
    match &reading.receipt {
        Some(receipt) => keep_facts(tx, claim, position, receipt).await,
        None => Ok(()),
    }
}

/// The receipts of a revision that seem to stand in other claims, in the order of its files, each other claim once with
/// the surest likeness.
pub(crate) async fn of(
    tx: &mut Tx,
    id: &ClaimId,
    revision: u32,
    readings: &[Reading],
) -> Result<Vec<PossibleDuplicate>, StoreError> {
    let mut found: Vec<(i64, PossibleDuplicate)> = Vec::new();
    for (statement, why) in
        [(sql::DUPLICATES_BY_BYTES, Likeness::SameBytes), (sql::DUPLICATES_BY_FACTS, Likeness::SameFacts)]
    {
        let rows: Vec<DuplicateRow> = within!(*tx, |c| sqlx::query_as(statement)
            .bind(id.as_str())
            .bind(i64::from(revision))
            .fetch_all(c)
            .await?);
        for row in rows {
            let other_facility = facility(&row.other_claim, &row.other_facility)?;
            found.push((
                row.position,
                PossibleDuplicate {
                    file: row.file,
                    page: None,
                    other_claim: row.other_claim.into(),
                    other_facility,
                    other_file: row.other_file,
                    other_page: None,
                    why,
                    verdict: None,
                },
            ));
        }
    }
    found.extend(by_page(tx, id, revision, readings).await?);
    found.sort_by(|(at, one), (other, two)| (at, &one.other_claim, one.why).cmp(&(other, &two.other_claim, two.why)));
    // The same bytes say the same and look alike: that is said once.
    found.dedup_by(|(at, later), (first_at, first)| at == first_at && later.other_claim == first.other_claim);
    let mut duplicates: Vec<PossibleDuplicate> = found.into_iter().map(|(_, duplicate)| duplicate).collect();
    for duplicate in &mut duplicates {
        duplicate.verdict = verdict(tx, id, &duplicate.other_claim).await?;
    }
    Ok(duplicates)
}

async fn by_page(
    tx: &mut Tx,
    id: &ClaimId,
    revision: u32,
    readings: &[Reading],
) -> Result<Vec<(i64, PossibleDuplicate)>, StoreError> {
    let rows: Vec<PageRow> = within!(*tx, |c| sqlx::query_as(sql::DUPLICATES_BY_PAGE)
        .bind(id.as_str())
        .bind(i64::from(revision))
        .bind(MOST_CANDIDATES)
        .fetch_all(c)
        .await?);
    let mut found = Vec::new();
    for row in rows {
        let at = At::new("page_hashes", &row.other_claim);
        let hash = |text: &str| text.parse::<PageHash>().map_err(|error| at.wrong(error));
        let other: Reading = at.json(&row.other_reading)?;
        let mine = usize::try_from(row.position).ok().and_then(|position| readings.get(position));
        if hash(&row.hash)?.distance(&hash(&row.other_hash)?) > MOST_DIFFERENT_BITS
            || mine.is_some_and(|mine| speaks_against(mine, &other))
        {
            continue;
        }
        found.push((
            row.position,
            PossibleDuplicate {
                file: row.file,
                page: Some(at.small(row.page)?),
                other_facility: facility(&row.other_claim, &row.other_facility)?,
                other_claim: row.other_claim.into(),
                other_file: row.other_file,
                other_page: Some(at.small(row.other_page)?),
                why: Likeness::SamePage,
                verdict: None,
            },
        ));
    }
    Ok(found)
}

/// Whether day or amount were read surely on both sides and are not the same. (Receipts of one seller look alike.)
fn speaks_against(one: &Reading, other: &Reading) -> bool {
    fn differ<T: PartialEq>(one: Option<&Field<T>>, other: Option<&Field<T>>) -> bool {
        let sure = |field: &&Field<T>| field.confidence >= SURE;
        one.filter(sure).zip(other.filter(sure)).is_some_and(|(one, other)| one.value != other.value)
    }
    let (Some(one), Some(other)) = (&one.receipt, &other.receipt) else { return false };
    differ(one.total_yen.as_ref(), other.total_yen.as_ref()) || differ(one.issued_on.as_ref(), other.issued_on.as_ref())
}

fn facility(claim: &str, code: &str) -> Result<InstitutionCode, StoreError> {
    At::new("claims", claim).facility_code(code)
}

/// The pair as it is stored.
fn pair<'a>(one: &'a ClaimId, other: &'a ClaimId) -> (&'a ClaimId, &'a ClaimId) {
    if one < other { (one, other) } else { (other, one) }
}

/// The last word on a pair.
async fn verdict(tx: &mut Tx, one: &ClaimId, other: &ClaimId) -> Result<Option<DuplicateVerdict>, StoreError> {
    let (first, second) = pair(one, other);
    let code: Option<String> = within!(*tx, |c| sqlx::query_scalar(sql::VERDICT_GET)
        .bind(first.as_str())
        .bind(second.as_str())
        .fetch_optional(c)
        .await?);
    let at = At::new("duplicate_verdicts", format_args!("{first} {second}"));
    code.map(|code| at.code(&code)).transpose()
}

impl Store {
    /// The receipts of a claim's current revision that seem to stand in other claims, with both places and what a person
    /// said of it: the same bytes, known from submission on; the same issuer (or registration number), day and amount,
    /// or pages that look alike, known once read. Claims that are rejected, returned or withdrawn do not count.
    pub async fn duplicates(&self, id: &ClaimId) -> Result<Vec<PossibleDuplicate>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        let readings = claims::corrected_readings(&mut tx, id, claim.revision).await?;
        of(&mut tx, id, claim.revision, &readings).await
    }

    /// Keeps a person's word on two claims. Both that wait for a person are assessed again, and know it then. The entry
    /// that tells of it is the last of `entries`.
    pub async fn judge_duplicate(&self, new: &NewVerdict, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        if new.claim_id == new.other_claim {
            return Err(StoreError::Argument {
                what: "the other claim of a duplicate",
                found: new.other_claim.to_string(),
                expected: "another claim".to_owned(),
            });
        }
        let mut tx = self.db.begin().await?;
        // Jobs before the log's head, in the order in which workers lock them.
        let mut waiting = Vec::new();
        for id in [&new.claim_id, &new.other_claim] {
            let seen = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
            if seen.state == ClaimState::InReview {
                queue::enqueue(&mut tx, crate::JobKind::Assess, id, seen.revision, self.max_attempts).await?;
                waiting.push(id);
            }
        }
        let logged = log::append(&mut tx, entries).await?;
        let (first, second) = pair(&new.claim_id, &new.other_claim);
        within!(tx, |c| sqlx::query(sql::VERDICT_INSERT)
            // `append` refuses to append nothing, so there is a last one.
            .bind(log::signed(logged.end - 1))
            .bind(first.as_str())
            .bind(second.as_str())
            .bind(new.verdict.code())
            .bind(new.judged_by.as_str())
            .bind(new.judged_at.as_millisecond())
            .bind(&new.reason)
            .execute(c)
            .await
            .map(drop))?;
        for id in waiting {
            let mut claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
            if claim.state != ClaimState::InReview {
                let (found, expected) = (claim.version + 1, claim.version);
                return Err(StoreError::Conflict { claim: id.to_string(), found, expected });
            }
            crate::stages::touch(&mut tx, &mut claim).await?;
            crate::ledger::leave_wait(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(logged)
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn an_issuer_is_the_same_however_its_name_is_written() {
        for written in ["株式会社 医療システム", "㈱医療システム", "(株)医療 システム", "（株）医療ｼｽﾃﾑ"]
        {
            assert_eq!(fold(written), "(株)医療システム");
        }
        assert_eq!(fold("Ｔ１２３"), fold("t123"));
        assert_ne!(fold("医療システム株式会社"), fold("株式会社医療システム"));
    }
}
