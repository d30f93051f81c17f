//! Review: the claims that wait for a person in their order, and what people leave beside a claim: notes, corrections of
//! what was read, whom it was handed to, and who has it before them.
//!
//! The queue's rows, the counts by which it is filtered and the state of a claim change in one transaction. What the order
//! is, `claim::Waiting` says.

use crate::database::{Tx, read, within};
use crate::row::At;
use crate::stages::touch;
use crate::{ClaimSummary, JobKind, Store, StoreError, claims, duplicates, log, queue, sql};
use claim::{
    Actor, Adjustment, ClaimId, ClaimState, FacilityKind, FindingCode, LogEntry, ProgrammeId, ReadField, Reading,
    Waiting,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A place in the queue. As text it can stand in an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueuePlace {
    /// The day by which a person should have looked.
    pub due_on: Date,
    /// The place among the claims of that day.
    pub weight: i64,
    /// The claim.
    pub claim_id: ClaimId,
}

impl fmt::Display for QueuePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.due_on, self.weight, self.claim_id)
    }
}

impl FromStr for QueuePlace {
    type Err = String;

    fn from_str(text: &str) -> Result<QueuePlace, String> {
        let wrong = || format!("found {text:?}, expected a place in the queue");
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or_else(wrong);
        Ok(QueuePlace {
            due_on: next()?.parse().map_err(|_| wrong())?,
            weight: next()?.parse().map_err(|_| wrong())?,
            claim_id: next()?.into(),
        })
    }
}

/// Which waiting claims are shown; all that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// Under this programme.
    pub programme: Option<ProgrammeId>,
    /// Of facilities of this kind.
    pub kind: Option<FacilityKind>,
    /// Of this prefecture, 1 to 47.
    pub prefecture: Option<u8>,
    /// With this finding.
    pub finding: Option<FindingCode>,
    /// Handed to this account.
    pub hand: Option<String>,
}

/// A claim that waits, as the queue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// What its place rests on.
    pub waiting: Waiting,
    /// Its place.
    pub place: QueuePlace,
    /// The facility's name, if the register has it.
    pub facility_name: Option<String>,
    /// The account that it was handed to.
    pub hand: Option<String>,
}

/// How many claims wait by each of the things that they are filtered by. Each count is of the claims that would be shown
/// if that one thing were asked for beside what is asked for already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// How many the filter shows, but for whom they were handed to.
    pub shown: u64,
    /// By programme.
    pub programmes: BTreeMap<ProgrammeId, u64>,
    /// By kind of facility; `None` where the register does not say.
    pub kinds: BTreeMap<Option<FacilityKind>, u64>,
    /// By prefecture.
    pub prefectures: BTreeMap<u8, u64>,
    /// By finding.
    pub findings: BTreeMap<FindingCode, u64>,
    ranges: Ranges,
}

/// How many waiting claims there are, for each thing that is asked for, whatever else is: how far a page may have to be looked
/// for where it is looked up by that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ranges {
    programme: u64,
    kind: u64,
    prefecture: u64,
    finding: u64,
    programme_and_kind: u64,
    finding_and_kind: u64,
}

/// A note of a member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Beside which claim.
    pub claim_id: ClaimId,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What.
    pub note: String,
}

/// A correction of what was read, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAdjustment {
    /// What was corrected, and by whom.
    pub adjustment: Adjustment,
    /// What it was before; `None` where nothing had been read.
    pub old: Option<String>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody who has a claim before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The account.
    pub account: String,
    /// As pages address it.
    pub name: String,
    /// When last.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    claim_id: String,
    programme: String,
    facility_code: String,
    kind: String,
    due_on: String,
    deadline_on: Option<String>,
    weight: i64,
    duplicate: i64,
    doubts: i64,
    amount_yen: i64,
    submitted_at_ms: i64,
    findings: String,
    facility_name: Option<String>,
    hand: Option<String>,
}

impl WaitingRow {
    fn row(self) -> Result<QueueRow, StoreError> {
        let at = At::new("review_queue", &self.claim_id);
        let waiting = Waiting {
            claim_id: self.claim_id.into(),
            programme: self.programme.into(),
            facility: at.facility_code(&self.facility_code)?,
            kind: kind(&at, &self.kind)?,
            due_on: at.day(&self.due_on)?,
            deadline: self.deadline_on.map(|day| at.day(&day)).transpose()?,
            duplicate: self.duplicate != 0,
            doubts: at.small(self.doubts)?,
            amount_yen: at.yen(self.amount_yen)?,
            submitted_at: at.time(self.submitted_at_ms)?,
            findings: codes(&self.findings).map(|code| at.code(code)).collect::<Result<_, _>>()?,
        };
        let place = QueuePlace { due_on: waiting.due_on, weight: self.weight, claim_id: waiting.claim_id.clone() };
        Ok(QueueRow { waiting, place, facility_name: self.facility_name, hand: self.hand })
    }
}

fn kind(at: &At, code: &str) -> Result<Option<FacilityKind>, StoreError> {
    if code.is_empty() {
        return Ok(None);
    }
    let found = FacilityKind::from_code(code);
    found.map(Some).ok_or_else(|| at.wrong(format!("found {code:?}, expected a kind of facility")))
}

fn codes(findings: &str) -> impl Iterator<Item = &str> {
    findings.split(',').filter(|code| !code.is_empty())
}

/// Puts a claim into the queue, or to its new place.
pub(crate) async fn enter(tx: &mut Tx, waiting: &Waiting) -> Result<(), StoreError> {
    leave(tx, &waiting.claim_id).await?;
    let id = waiting.claim_id.as_str();
    let findings: Vec<&str> = waiting.findings.iter().map(|finding| finding.code()).collect();
    let kind = waiting.kind.map_or("", FacilityKind::code);
    let prefecture = i64::from(waiting.facility.prefecture());
    let (due_on, weight) = (waiting.due_on.to_string(), waiting.weight());
    within!(*tx, |c| sqlx::query(sql::REVIEW_ENTER)
        .bind(id)
        .bind(waiting.programme.as_str())
        .bind(waiting.facility.as_str())
        .bind(kind)
        .bind(prefecture)
        .bind(&due_on)
        .bind(waiting.deadline.map(|day| day.to_string()))
        .bind(weight)
        .bind(i64::from(waiting.duplicate))
        .bind(i64::from(waiting.doubts))
        .bind(waiting.amount_yen.get())
        .bind(waiting.submitted_at.as_millisecond())
        .bind(findings.join(","))
        .execute(c)
        .await
        .map(drop))?;
    for finding in &findings {
        within!(*tx, |c| sqlx::query(sql::REVIEW_ENTER_FINDING)
            .bind(*finding)
            .bind(kind)
            .bind(&due_on)
            .bind(weight)
            .bind(id)
            .execute(c)
            .await
            .map(drop))?;
    }
    for finding in findings.into_iter().chain([""]) {
        within!(*tx, |c| sqlx::query(sql::REVIEW_COUNT)
            .bind(waiting.programme.as_str())
            .bind(kind)
            .bind(prefecture)
            .bind(finding)
            .bind(1_i64)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

type PlaceRow = (String, String, i64, String, String, i64);

/// Takes a claim out of the queue, if it is there.
pub(crate) async fn leave(tx: &mut Tx, id: &ClaimId) -> Result<(), StoreError> {
    let row: Option<PlaceRow> =
        within!(*tx, |c| sqlx::query_as(sql::REVIEW_GET).bind(id.as_str()).fetch_optional(c).await?);
    let Some((programme, kind, prefecture, findings, _, _)) = row else { return Ok(()) };
    for finding in codes(&findings).chain([""]) {
        within!(*tx, |c| sqlx::query(sql::REVIEW_UNCOUNT)
            .bind(&programme)
            .bind(&kind)
            .bind(prefecture)
            .bind(finding)
            .execute(c)
            .await
            .map(drop))?;
    }
    for statement in [sql::REVIEW_LEAVE_FINDINGS, sql::REVIEW_LEAVE] {
        within!(*tx, |c| sqlx::query(statement).bind(id.as_str()).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Keeps what an assessment of a claim's current revision found, for counting.
pub(crate) async fn keep_findings(
    tx: &mut Tx,
    claim: &ClaimSummary,
    findings: &[FindingCode],
) -> Result<(), StoreError> {
    let (id, revision) = (claim.id.as_str(), i64::from(claim.revision));
    within!(*tx, |c| sqlx::query(sql::FINDINGS_CLEAR).bind(id).bind(revision).execute(c).await.map(drop))?;
    for finding in findings {
        within!(*tx, |c| sqlx::query(sql::FINDING_ADD)
            .bind(id)
            .bind(revision)
            .bind(finding.code())
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

type AdjustmentRow = (i64, i64, String, Option<String>, String, String, String, i64);

/// The corrections of a revision, oldest first.
pub(crate) async fn adjustments(tx: &mut Tx, id: &ClaimId, revision: u32) -> Result<Vec<KeptAdjustment>, StoreError> {
    let rows: Vec<AdjustmentRow> = within!(*tx, |c| sqlx::query_as(sql::ADJUSTMENTS_GET)
        .bind(id.as_str())
        .bind(i64::from(revision))
        .fetch_all(c)
        .await?);
    rows.into_iter()
        .map(|(log_position, position, field, old, value, reason, by, at_ms)| {
            let at = At::new("claim_adjustments", log_position);
            Ok(KeptAdjustment {
                adjustment: Adjustment {
                    position: at.small(position)?,
                    field: field.parse().map_err(|error| at.wrong(error))?,
                    value,
                    by: by.into(),
                },
                old,
                reason,
                at: at.time(at_ms)?,
            })
        })
        .collect()
}

/// Keeps a correction of a claim's current revision; `log_position` is that of the entry that tells of it.
pub(crate) async fn keep_adjustment(
    tx: &mut Tx,
    claim: &ClaimSummary,
    new: &KeptAdjustment,
    log_position: u64,
) -> Result<(), StoreError> {
    let adjustment = &new.adjustment;
    within!(*tx, |c| sqlx::query(sql::ADJUSTMENT_ADD)
        .bind(log::signed(log_position))
        .bind(claim.id.as_str())
        .bind(i64::from(claim.revision))
        .bind(i64::from(adjustment.position))
        .bind(adjustment.field.to_string())
        .bind(&new.old)
        .bind(&adjustment.value)
        .bind(&new.reason)
        .bind(adjustment.by.as_str())
        .bind(new.at.as_millisecond())
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Puts corrections into what was read.
pub(crate) fn adjust(readings: &mut [Reading], adjustments: &[KeptAdjustment]) -> Result<(), StoreError> {
    for kept in adjustments {
        let adjustment = &kept.adjustment;
        let at = At::new("claim_adjustments", format_args!("document {}", adjustment.position));
        let reading = usize::try_from(adjustment.position).ok().and_then(|position| readings.get_mut(position));
        let reading = reading.ok_or_else(|| at.wrong("found no reading of that document".to_owned()))?;
        adjustment.apply(reading).map_err(|error| at.wrong(error.to_string()))?;
    }
    Ok(())
}

impl Store {
    /// At most `limit` waiting claims that a filter shows, in their order after a place. `counts` are those of the filter
    /// and say which index is the shortest way.
    pub async fn review_page(
        &self,
        filter: &QueueFilter,
        counts: &QueueCounts,
        after: Option<&QueuePlace>,
        limit: u32,
    ) -> Result<Vec<QueueRow>, StoreError> {
        if counts.shown == 0 {
            // To look for what is not there would be to look at all that is.
            return Ok(Vec::new());
        }
        let ranges = &counts.ranges;
        let (programme, kind, finding) = (filter.programme.is_some(), filter.kind.is_some(), filter.finding.is_some());
        let ways = [
            (filter.hand.is_some(), 0, sql::REVIEW_PAGE_BY_HAND),
            (programme && kind, ranges.programme_and_kind, sql::REVIEW_PAGE_BY_PROGRAMME_AND_KIND),
            (finding && kind, ranges.finding_and_kind, sql::REVIEW_PAGE_BY_FINDING_AND_KIND),
            (programme, ranges.programme, sql::REVIEW_PAGE_BY_PROGRAMME),
            (kind, ranges.kind, sql::REVIEW_PAGE_BY_KIND),
            (filter.prefecture.is_some(), ranges.prefecture, sql::REVIEW_PAGE_BY_PREFECTURE),
            (finding, ranges.finding, sql::REVIEW_PAGE_BY_FINDING),
        ];
        let shortest = ways.into_iter().filter(|way| way.0).min_by_key(|way| way.1);
        let statement = shortest.map_or(sql::REVIEW_PAGE, |way| way.2);
        let rows: Vec<WaitingRow> = read!(self.db, |c| sqlx::query_as(statement)
            .bind(after.map(|place| place.due_on.to_string()).unwrap_or_default())
            .bind(after.map_or(-1, |place| place.weight))
            .bind(after.map_or("", |place| place.claim_id.as_str()))
            .bind(i64::from(limit))
            .bind(filter.programme.as_ref().map(ProgrammeId::as_str))
            .bind(filter.kind.map(FacilityKind::code))
            .bind(filter.prefecture.map(i64::from))
            .bind(filter.finding.map(FindingCode::code))
            .bind(filter.hand.as_deref())
            .fetch_all(c)
            .await?);
        rows.into_iter().map(WaitingRow::row).collect()
    }

    /// How many claims wait, by what they are filtered by.
    pub async fn review_counts(&self, filter: &QueueFilter) -> Result<QueueCounts, StoreError> {
        let wanted = filter.finding.map_or("", FindingCode::code);
        let rows: Vec<(String, String, i64, String, i64)> = read!(self.db, |c| sqlx::query_as(sql::REVIEW_COUNTS)
            .bind(wanted)
            .bind(filter.programme.as_ref().map(ProgrammeId::as_str))
            .bind(filter.kind.map(FacilityKind::code))
            .bind(filter.prefecture.map(i64::from))
            .fetch_all(c)
            .await?);
        let mut counts = QueueCounts::default();
        for (programme, kind_code, prefecture, finding, claims) in rows {
            let at = At::new("review_counts", format_args!("{programme} {kind_code} {prefecture} {finding}"));
            let claims = at.count(claims)?;
            let kind = kind(&at, &kind_code)?;
            let prefecture = u8::try_from(prefecture).map_err(|_| at.wrong("found no prefecture".to_owned()))?;
            let programme = ProgrammeId::from(programme);
            let of_programme = filter.programme.as_ref().is_none_or(|one| *one == programme);
            let of_kind = filter.kind.is_none_or(|one| kind == Some(one));
            let of_prefecture = filter.prefecture.is_none_or(|one| one == prefecture);
            let ranges = &mut counts.ranges;
            if finding.is_empty() {
                ranges.programme += if of_programme { claims } else { 0 };
                ranges.kind += if of_kind { claims } else { 0 };
                ranges.prefecture += if of_prefecture { claims } else { 0 };
                ranges.programme_and_kind += if of_programme && of_kind { claims } else { 0 };
            }
            if finding == wanted {
                ranges.finding += claims;
                ranges.finding_and_kind += if of_kind { claims } else { 0 };
                if of_programme && of_kind && of_prefecture {
                    counts.shown += claims;
                }
                if of_kind && of_prefecture {
                    *counts.programmes.entry(programme).or_default() += claims;
                }
                if of_programme && of_prefecture {
                    *counts.kinds.entry(kind).or_default() += claims;
                }
                if of_programme && of_kind {
                    *counts.prefectures.entry(prefecture).or_default() += claims;
                }
            }
            if !finding.is_empty() && of_programme && of_kind && of_prefecture {
                *counts.findings.entry(at.code(&finding)?).or_default() += claims;
            }
        }
        Ok(counts)
    }

    /// Where a claim stands in the queue, if it waits.
    pub async fn review_place(&self, id: &ClaimId) -> Result<Option<QueuePlace>, StoreError> {
        let row: Option<PlaceRow> =
            read!(self.db, |c| sqlx::query_as(sql::REVIEW_GET).bind(id.as_str()).fetch_optional(c).await?);
        row.map(|(.., due_on, weight)| {
            let due_on = At::new("review_queue", id).day(&due_on)?;
            Ok(QueuePlace { due_on, weight, claim_id: id.clone() })
        })
        .transpose()
    }

    /// Hands a claim to an account.
    pub async fn hand_over(
        &self,
        id: &ClaimId,
        account: &str,
        by: &Actor,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::HAND_SET)
            .bind(id.as_str())
            .bind(account)
            .bind(by.as_str())
            .bind(at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// The account that a claim was handed to, if it was.
    pub async fn hand_of(&self, id: &ClaimId) -> Result<Option<String>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::HAND_GET).bind(id.as_str()).fetch_optional(c).await?))
    }

    /// Says that an account has a claim before it.
    pub async fn look(&self, id: &ClaimId, account: &str, at: Timestamp) -> Result<(), StoreError> {
        crate::database::change!(self.db, |c| sqlx::query(sql::LOOK)
            .bind(id.as_str())
            .bind(account)
            .bind(at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Who has had a claim before them since an instant, the latest first.
    pub async fn looks(&self, id: &ClaimId, since: Timestamp) -> Result<Vec<Look>, StoreError> {
        let rows: Vec<(String, String, i64)> = read!(self.db, |c| sqlx::query_as(sql::LOOKS_GET)
            .bind(id.as_str())
            .bind(since.as_millisecond())
            .fetch_all(c)
            .await?);
        rows.into_iter()
            .map(|(account, name, at_ms)| Ok(Look { at: At::new("claim_looks", id).time(at_ms)?, account, name }))
            .collect()
    }

    /// Keeps a note. The entry that tells of it is the last of `entries`.
    pub async fn add_note(&self, note: &Note, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::NOTE_ADD)
            // `append` refuses to append nothing, so there is a last one.
            .bind(log::signed(logged.end - 1))
            .bind(note.claim_id.as_str())
            .bind(note.by.as_str())
            .bind(note.at.as_millisecond())
            .bind(&note.note)
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// The notes beside a claim, oldest first.
    pub async fn notes(&self, id: &ClaimId) -> Result<Vec<Note>, StoreError> {
        let rows: Vec<(i64, String, i64, String)> =
            read!(self.db, |c| sqlx::query_as(sql::NOTES_GET).bind(id.as_str()).fetch_all(c).await?);
        rows.into_iter()
            .map(|(position, by, at_ms, note)| {
                let at = At::new("claim_notes", position).time(at_ms)?;
                Ok(Note { claim_id: id.clone(), by: by.into(), at, note })
            })
            .collect()
    }

    /// Keeps a correction of a claim in review, which is then assessed again. The entry that tells of it is the last of
    /// `entries`.
    pub async fn adjust(
        &self,
        id: &ClaimId,
        new: &KeptAdjustment,
        expected_version: u64,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let no_claim = || StoreError::no_claim(id.as_str());
        let seen = claims::summary(&mut tx, id).await?.ok_or_else(no_claim)?;
        // Jobs before the log's head, in the order in which workers lock them.
        queue::enqueue(&mut tx, JobKind::Assess, id, seen.revision, self.max_attempts).await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = claims::summary(&mut tx, id).await?.ok_or_else(no_claim)?;
        claims::as_seen(&claim, expected_version)?;
        if claim.state != ClaimState::InReview {
            return Err(StoreError::Argument {
                what: "state of a claim to be corrected",
                found: claim.state.code().to_owned(),
                expected: ClaimState::InReview.code().to_owned(),
            });
        }
        let adjustment = &new.adjustment;
        keep_adjustment(&mut tx, &claim, new, logged.end - 1).await?;
        let readings = claims::corrected_readings(&mut tx, id, claim.revision).await?;
        let position = usize::try_from(adjustment.position).unwrap_or(usize::MAX);
        if let Some(reading) = readings.get(position)
            && !matches!(
                adjustment.field,
                ReadField::ItemizationTotal
                    | ReadField::ItemizationFacility
                    | ReadField::LineAmount(_)
                    | ReadField::LineCategory(_)
            )
        {
            // What the receipt says is what the same receipt in another claim is found by.
            duplicates::keep_facts_anew(&mut tx, &claim, adjustment.position, reading).await?;
        }
        touch(&mut tx, &mut claim).await?;
        // What was to be granted is worked out anew before anybody waits for its money.
        crate::ledger::leave_wait(&mut tx, id).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// The corrections of a claim's revision, oldest first.
    pub async fn adjustments(&self, id: &ClaimId, revision: u32) -> Result<Vec<KeptAdjustment>, StoreError> {
        adjustments(&mut self.db.snapshot().await?, id, revision).await
    }

    /// A claim of a batch that somebody decided, if there is one: they cannot release it.
    pub async fn decided_among(&self, batch: &str, by: &Actor) -> Result<Option<ClaimId>, StoreError> {
        let found: Option<String> = read!(self.db, |c| sqlx::query_scalar(sql::DECIDED_BY_AMONG)
            .bind(batch)
            .bind(by.as_str())
            .fetch_optional(c)
            .await?);
        Ok(found.map(ClaimId::from))
    }
}
