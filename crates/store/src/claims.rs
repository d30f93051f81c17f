//! Claims (申請): how they come in, and how they are looked at.

use crate::database::{Tx, read, within};
use crate::row::{At, code, json};
use crate::stages::NoticeRecord;
use crate::{Job, JobKind, Store, StoreError, drafts, ledger, log, messages, queue, review, sql};
use claim::{
    Actor, Choice, ClaimId, ClaimState, Decision, DecisionKind, Document, Facility, InstitutionCode, LogEntry,
    MessageKind, ProductUnits, ProgrammeId, Reading, Sha256, StatedField, Yen,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ops::Range;

/// A claim as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClaim {
    /// 受付番号, chosen by the caller; unique in the store.
    pub id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// By whom.
    pub facility_code: InstitutionCode,
    /// When.
    pub submitted_at: Timestamp,
    /// What it asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for.
    pub choices: Vec<Choice>,
    /// Of all that was sent: the same again is the same claim.
    pub bundle_sha256: Sha256,
    /// Its files, at positions 0, 1, …; their bytes are in object storage already ([`Store::put_document`]).
    pub documents: Vec<Document>,
    /// What the facility states of them.
    pub stated: Vec<StatedField>,
}

/// A returned claim as it comes back. It keeps the day of its first submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resubmission {
    /// Which claim.
    pub claim_id: ClaimId,
    /// When.
    pub submitted_at: Timestamp,
    /// What it asks for now, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for now.
    pub choices: Vec<Choice>,
    /// Of all that was sent.
    pub bundle_sha256: Sha256,
    /// All its files, also those that were good before.
    pub documents: Vec<Document>,
    /// What the facility states of them.
    pub stated: Vec<StatedField>,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is stored and queued to be read.
    Accepted,
    /// The same bundle is this claim already; nothing was written.
    AlreadyThere(ClaimId),
}

/// A claim as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimSummary {
    /// 受付番号.
    pub id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// By whom.
    pub facility_code: InstitutionCode,
    /// Its name, if the register has it.
    pub facility_name: Option<String>,
    /// Where it is in its life.
    pub state: ClaimState,
    /// Grows with every change; whoever decides says which one was looked at.
    pub version: u64,
    /// The current revision, from 1.
    pub revision: u32,
    /// When it was first submitted.
    pub submitted_at: Timestamp,
    /// When the current revision was.
    pub revision_submitted_at: Timestamp,
    /// What it asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for.
    pub choices: Vec<Choice>,
    /// Of what was sent as the current revision.
    pub bundle_sha256: Sha256,
    /// What was granted, once it is approved.
    pub granted_yen: Option<Yen>,
    /// What was granted in kind, once it is approved.
    pub granted_units: Option<ProductUnits>,
    /// It is approved in all but money: the approval waits until the programme's budget has room.
    pub awaits_budget: bool,
}

/// What a facility sent at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRecord {
    /// From 1.
    pub revision: u32,
    /// When.
    pub submitted_at: Timestamp,
    /// What it asked for, if it said.
    pub claimed_yen: Option<Yen>,
    /// The products that it asked for.
    pub choices: Vec<Choice>,
    /// Of all that was sent.
    pub bundle_sha256: Sha256,
    /// Its files.
    pub documents: Vec<Document>,
}

/// A decision, and where the log tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    /// What was decided.
    pub decision: Decision,
    /// The position of its entry: the last of those that were given with it.
    pub log_position: u64,
}

/// All that is known of a claim, but for its readings and assessments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRecord {
    /// As it is now.
    pub claim: ClaimSummary,
    /// The files of the current revision.
    pub documents: Vec<Document>,
    /// All its revisions, oldest first.
    pub revisions: Vec<RevisionRecord>,
    /// All its decisions, oldest first.
    pub decisions: Vec<DecisionRecord>,
    /// All its notices, oldest first.
    pub notices: Vec<NoticeRecord>,
}

/// Which claims are listed; all that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimFilter {
    /// In this state.
    pub state: Option<ClaimState>,
    /// Under this programme.
    pub programme: Option<ProgrammeId>,
    /// By this facility.
    pub facility: Option<InstitutionCode>,
}

/// An assessment as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAssessment {
    /// Of the bytes.
    pub sha256: Sha256,
    /// Facts, observations and assessment as JSON, byte for byte.
    pub bytes: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ClaimRow {
    id: String,
    programme: String,
    facility_code: String,
    facility_name: Option<String>,
    state: String,
    version: i64,
    revision: i64,
    submitted_at_ms: i64,
    revision_submitted_at_ms: i64,
    claimed_yen: Option<i64>,
    choices: Option<String>,
    bundle_sha256: String,
    granted_yen: Option<i64>,
    granted_units: Option<String>,
    awaits_budget: bool,
}

impl ClaimRow {
    fn summary(self) -> Result<ClaimSummary, StoreError> {
        let at = At::new("claims", &self.id);
        Ok(ClaimSummary {
            facility_code: at.facility_code(&self.facility_code)?,
            facility_name: self.facility_name,
            state: at.state(&self.state)?,
            version: at.count(self.version)?,
            revision: at.small(self.revision)?,
            submitted_at: at.time(self.submitted_at_ms)?,
            revision_submitted_at: at.time(self.revision_submitted_at_ms)?,
            claimed_yen: self.claimed_yen.map(|yen| at.yen(yen)).transpose()?,
            bundle_sha256: at.hash(&self.bundle_sha256)?,
            granted_yen: self.granted_yen.map(|yen| at.yen(yen)).transpose()?,
            granted_units: self.granted_units.map(|units| at.json(&units)).transpose()?,
            choices: choices(&at, self.choices.as_deref())?,
            awaits_budget: self.awaits_budget,
            programme: self.programme.into(),
            id: self.id.into(),
        })
    }
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    revision: i64,
    submitted_at_ms: i64,
    claimed_yen: Option<i64>,
    choices: Option<String>,
    bundle_sha256: String,
}

/// Choices as they are stored: nothing where there are none.
pub(crate) fn choices(at: &At, stored: Option<&str>) -> Result<Vec<Choice>, StoreError> {
    stored.map_or_else(|| Ok(Vec::new()), |text| at.json(text))
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    claim_id: String,
    revision: i64,
    kind: String,
    grant_yen: i64,
    grant_units: Option<String>,
    assessment_sha256: String,
    decided_by: String,
    decided_at_ms: i64,
    reason: Option<String>,
    log_position: i64,
}

impl DecisionRow {
    fn record(self) -> Result<DecisionRecord, StoreError> {
        let at = At::new("decisions", format_args!("{} revision {}", self.claim_id, self.revision));
        Ok(DecisionRecord {
            log_position: at.count(self.log_position)?,
            decision: Decision {
                revision: at.small(self.revision)?,
                kind: DecisionKind::from_code(&self.kind)
                    .ok_or_else(|| at.wrong(format!("found {:?}, expected a kind of decision", self.kind)))?,
                grant_yen: at.yen(self.grant_yen)?,
                grant_units: self.grant_units.map(|units| at.json(&units)).transpose()?,
                assessment: at.hash(&self.assessment_sha256)?,
                decided_by: Actor::from(self.decided_by),
                decided_at: at.time(self.decided_at_ms)?,
                reason: self.reason,
                claim_id: self.claim_id.into(),
            },
        })
    }
}

/// A claim as it is now, inside a transaction.
pub(crate) async fn summary(tx: &mut Tx, id: &ClaimId) -> Result<Option<ClaimSummary>, StoreError> {
    let row: Option<ClaimRow> =
        within!(*tx, |c| sqlx::query_as(sql::CLAIM_GET).bind(id.as_str()).fetch_optional(c).await?);
    row.map(ClaimRow::summary).transpose()
}

/// The files of a revision, in order.
pub(crate) async fn documents(tx: &mut Tx, id: &ClaimId, revision: u32) -> Result<Vec<Document>, StoreError> {
    let rows: Vec<(i64, String, String, String, i64)> = within!(*tx, |c| sqlx::query_as(sql::DOCUMENTS_GET)
        .bind(id.as_str())
        .bind(i64::from(revision))
        .fetch_all(c)
        .await?);
    rows.into_iter()
        .map(|(position, declared, file, sha256, size)| {
            let at = At::new("documents", format_args!("{id} revision {revision} position {position}"));
            Ok(Document {
                position: at.small(position)?,
                declared: at.code(&declared)?,
                file,
                sha256: at.hash(&sha256)?,
                size_bytes: at.count(size)?,
            })
        })
        .collect()
}

/// What was read of a revision, in the order of its files.
pub(crate) async fn readings(tx: &mut Tx, id: &ClaimId, revision: u32) -> Result<Vec<Reading>, StoreError> {
    let rows: Vec<String> = within!(*tx, |c| sqlx::query_scalar(sql::READINGS_GET)
        .bind(id.as_str())
        .bind(i64::from(revision))
        .fetch_all(c)
        .await?);
    let at = At::new("readings", format_args!("{id} revision {revision}"));
    rows.iter().map(|text| at.json(text)).collect()
}

/// What was read of a revision, as people corrected it.
pub(crate) async fn corrected_readings(tx: &mut Tx, id: &ClaimId, revision: u32) -> Result<Vec<Reading>, StoreError> {
    let mut readings = readings(tx, id, revision).await?;
    review::adjust(&mut readings, &review::adjustments(tx, id, revision).await?)?;
    Ok(readings)
}

/// All decisions on a claim, oldest first.
pub(crate) async fn decisions(tx: &mut Tx, id: &ClaimId) -> Result<Vec<DecisionRecord>, StoreError> {
    let rows: Vec<DecisionRow> =
        within!(*tx, |c| sqlx::query_as(sql::DECISIONS_GET).bind(id.as_str()).fetch_all(c).await?);
    rows.into_iter().map(DecisionRow::record).collect()
}

/// What a facility asked for when it first filed a claim.
pub(crate) async fn filed_choices(tx: &mut Tx, id: &ClaimId) -> Result<Vec<Choice>, StoreError> {
    let filed: Option<String> =
        within!(*tx, |c| sqlx::query_scalar(sql::FILED_CHOICES).bind(id.as_str()).fetch_one(c).await?);
    choices(&At::new("claim_revisions", format_args!("{id} revision 1")), filed.as_deref())
}

/// What a facility was granted and had filed before a claim.
pub(crate) struct History {
    /// Programmes that have paid it: the register's and this store's own.
    pub(crate) earlier_grants: Vec<ProgrammeId>,
    /// Its claims under the same programme that came before.
    pub(crate) filed_before: Vec<ClaimId>,
}

/// The history of a facility beside the claim `id`, which came at `submitted_at`.
pub(crate) async fn history_of_facility(
    tx: &mut Tx,
    id: &ClaimId,
    programme: &ProgrammeId,
    code: &InstitutionCode,
    facility: Option<&Facility>,
    submitted_at: Timestamp,
) -> Result<History, StoreError> {
    let mut earlier_grants = facility.map(|row| row.earlier_grants.clone()).unwrap_or_default();
    let own: Vec<String> = within!(*tx, |c| sqlx::query_scalar(sql::GRANTS_TO_FACILITY)
        .bind(code.as_str())
        .bind(id.as_str())
        .fetch_all(c)
        .await?);
    for programme in own.into_iter().map(ProgrammeId::from) {
        if !earlier_grants.contains(&programme) {
            earlier_grants.push(programme);
        }
    }
    let filed_before: Vec<String> = within!(*tx, |c| sqlx::query_scalar(sql::FILED_BEFORE)
        .bind(code.as_str())
        .bind(programme.as_str())
        .bind(id.as_str())
        .bind(submitted_at.as_millisecond())
        .fetch_all(c)
        .await?);
    Ok(History { earlier_grants, filed_before: filed_before.into_iter().map(ClaimId::from).collect() })
}

/// Takes a claim one step on, if that step is legal and the claim is still as it was looked at; `claim` is then as it is
/// in the database.
pub(crate) async fn step(tx: &mut Tx, claim: &mut ClaimSummary, to: ClaimState) -> Result<(), StoreError> {
    guarded(tx, claim, to, None).await
}

/// The step to approved, with the grant of a decision.
pub(crate) async fn approve(tx: &mut Tx, claim: &mut ClaimSummary, decision: &Decision) -> Result<(), StoreError> {
    guarded(tx, claim, ClaimState::Approved, Some(decision)).await
}

/// Withdraws a claim whose grant nobody will be paid; what it was granted is gone from it and stays in the decision.
pub(crate) async fn give_up(tx: &mut Tx, claim: &mut ClaimSummary) -> Result<(), StoreError> {
    let (id, to) = (claim.id.as_str(), ClaimState::Withdrawn);
    claim.state.step(to).map_err(|error| StoreError::step(id, error))?;
    let rows = within!(*tx, |c| sqlx::query(sql::CLAIM_GIVE_UP)
        .bind(id)
        .bind(claim.state.code())
        .bind(log::signed(claim.version))
        .execute(c)
        .await?
        .rows_affected());
    changed_one(claim, rows)?;
    claim.state = to;
    claim.version += 1;
    (claim.granted_yen, claim.granted_units) = (None, None);
    Ok(())
}

async fn guarded(
    tx: &mut Tx,
    claim: &mut ClaimSummary,
    to: ClaimState,
    approval: Option<&Decision>,
) -> Result<(), StoreError> {
    // An approval of products grants no yen, and the database takes exactly one of the two.
    let yen = approval.map(|decision| decision.grant_yen).filter(|yen| *yen > Yen::ZERO);
    let units = approval.and_then(|decision| decision.grant_units.clone());
    let stored = units.as_ref().map(json).transpose()?;
    let id = claim.id.as_str();
    claim.state.step(to).map_err(|error| StoreError::step(id, error))?;
    let statement = if approval.is_some() { sql::CLAIM_APPROVE } else { sql::CLAIM_STEP };
    let rows = within!(*tx, |c| {
        let query =
            sqlx::query(statement).bind(id).bind(claim.state.code()).bind(to.code()).bind(log::signed(claim.version));
        let query = if approval.is_some() { query.bind(yen.map(Yen::get)).bind(&stored) } else { query };
        query.execute(c).await?.rows_affected()
    });
    changed_one(claim, rows)?;
    if claim.state == ClaimState::InReview {
        review::leave(tx, &claim.id).await?;
        ledger::leave_wait(tx, &claim.id).await?;
        claim.awaits_budget = false;
    }
    claim.state = to;
    claim.version += 1;
    claim.granted_yen = yen.or(claim.granted_yen);
    claim.granted_units = units.or(claim.granted_units.take());
    Ok(())
}

/// The claim was read in this transaction after the log's head was locked; that it changed all the same means that
/// someone wrote past the store.
pub(crate) fn changed_one(claim: &ClaimSummary, rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    Err(StoreError::Conflict { claim: claim.id.to_string(), found: claim.version + 1, expected: claim.version })
}

/// That a claim is still the version that the caller looked at.
pub(crate) fn as_seen(claim: &ClaimSummary, expected_version: u64) -> Result<(), StoreError> {
    if claim.version == expected_version {
        return Ok(());
    }
    Err(StoreError::Conflict { claim: claim.id.to_string(), found: claim.version, expected: expected_version })
}

/// That a job's claim is there and still at the job's revision.
pub(crate) async fn of_job(tx: &mut Tx, job: &Job) -> Result<ClaimSummary, StoreError> {
    let claim = summary(tx, &job.claim_id).await?.ok_or_else(|| StoreError::no_claim(job.claim_id.as_str()))?;
    if claim.revision != job.revision {
        return Err(StoreError::Argument {
            what: "revision of a job",
            found: job.revision.to_string(),
            expected: format!("{}, the current one of {}", claim.revision, claim.id),
        });
    }
    Ok(claim)
}

impl Store {
    /// Accepts a claim: claim, revision, documents, the job to read them and the log's entries are one transaction.
    pub async fn submit(&self, new: &NewClaim, entries: &[LogEntry]) -> Result<Submitted, StoreError> {
        self.have_documents(&new.documents).await?;
        let mut tx = self.db.begin().await?;
        log::append(&mut tx, entries).await?;
        if let Some(id) = bundle(&mut tx, &new.bundle_sha256).await? {
            return Ok(Submitted::AlreadyThere(id));
        }
        if summary(&mut tx, &new.id).await?.is_some() {
            return Err(StoreError::Taken { what: "claim", id: new.id.to_string() });
        }
        within!(tx, |c| sqlx::query(sql::CLAIM_INSERT)
            .bind(new.id.as_str())
            .bind(new.programme.as_str())
            .bind(new.facility_code.as_str())
            .bind(new.submitted_at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        let sent = Resubmission {
            claim_id: new.id.clone(),
            submitted_at: new.submitted_at,
            claimed_yen: new.claimed_yen,
            choices: new.choices.clone(),
            bundle_sha256: new.bundle_sha256,
            documents: new.documents.clone(),
            stated: new.stated.clone(),
        };
        self.add_revision(&mut tx, &sent, 1).await?;
        tx.commit().await?;
        Ok(Submitted::Accepted)
    }

    /// Accepts the next revision of a returned claim. What was sent before is kept.
    pub async fn resubmit(&self, sent: &Resubmission, entries: &[LogEntry]) -> Result<Submitted, StoreError> {
        self.have_documents(&sent.documents).await?;
        let mut tx = self.db.begin().await?;
        log::append(&mut tx, entries).await?;
        if let Some(id) = bundle(&mut tx, &sent.bundle_sha256).await? {
            return Ok(Submitted::AlreadyThere(id));
        }
        let id = sent.claim_id.as_str();
        let claim = summary(&mut tx, &sent.claim_id).await?.ok_or_else(|| StoreError::no_claim(id))?;
        claim.state.step(ClaimState::Submitted).map_err(|error| StoreError::step(id, error))?;
        if claim.state != ClaimState::Returned {
            return Err(StoreError::Argument {
                what: "state of a claim that is sent again",
                found: claim.state.code().to_owned(),
                expected: ClaimState::Returned.code().to_owned(),
            });
        }
        let rows = within!(tx, |c| sqlx::query(sql::CLAIM_RESUBMIT)
            .bind(id)
            .bind(log::signed(claim.version))
            .execute(c)
            .await?
            .rows_affected());
        changed_one(&claim, rows)?;
        self.add_revision(&mut tx, sent, claim.revision + 1).await?;
        tx.commit().await?;
        Ok(Submitted::Accepted)
    }

    /// Takes a claim back that is not decided, and its jobs off the queue. Returns the positions of `entries`.
    pub async fn withdraw(
        &self,
        id: &ClaimId,
        expected_version: u64,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        // Jobs before the log's head, in the order in which workers lock them: so neither waits for the other for ever.
        queue::call_off(&mut tx, id, "the claim was withdrawn").await?;
        let logged = log::append(&mut tx, entries).await?;
        let mut claim = summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        as_seen(&claim, expected_version)?;
        if claim.granted_yen.is_some() || claim.granted_units.is_some() {
            return Err(StoreError::Argument {
                what: "state of a claim that is taken back",
                found: claim.state.code().to_owned(),
                expected: ClaimState::Submitted.code().to_owned(),
            });
        }
        step(&mut tx, &mut claim, ClaimState::Withdrawn).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// A claim with its documents, revisions, decisions and notices, all of one moment.
    pub async fn claim(&self, id: &ClaimId) -> Result<Option<ClaimRecord>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let Some(claim) = summary(&mut tx, id).await? else { return Ok(None) };
        let rows: Vec<RevisionRow> =
            within!(tx, |c| sqlx::query_as(sql::REVISIONS_GET).bind(id.as_str()).fetch_all(c).await?);
        let mut revisions = Vec::with_capacity(rows.len());
        for row in rows {
            let at = At::new("claim_revisions", format_args!("{id} revision {}", row.revision));
            let revision = at.small(row.revision)?;
            revisions.push(RevisionRecord {
                revision,
                submitted_at: at.time(row.submitted_at_ms)?,
                claimed_yen: row.claimed_yen.map(|yen| at.yen(yen)).transpose()?,
                choices: choices(&at, row.choices.as_deref())?,
                bundle_sha256: at.hash(&row.bundle_sha256)?,
                documents: documents(&mut tx, id, revision).await?,
            });
        }
        Ok(Some(ClaimRecord {
            documents: documents(&mut tx, id, claim.revision).await?,
            claim,
            revisions,
            decisions: decisions(&mut tx, id).await?,
            notices: crate::stages::notices_of(&mut tx, id).await?,
        }))
    }

    /// At most `limit` claims in the order of their ids, after an id.
    pub async fn claims(
        &self,
        filter: &ClaimFilter,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<ClaimSummary>, StoreError> {
        let programme = filter.programme.as_ref().map(ProgrammeId::as_str);
        let state = filter.state.map(ClaimState::code);
        let facility = filter.facility.as_ref().map(InstitutionCode::as_str);
        let (statement, filters) = match (facility, state, programme) {
            (Some(_), ..) => (sql::CLAIM_PAGE_OF_FACILITY, vec![facility, state, programme]),
            (None, Some(_), Some(_)) => (sql::CLAIM_PAGE_IN_STATE_UNDER_PROGRAMME, vec![state, programme]),
            (None, Some(_), None) => (sql::CLAIM_PAGE_IN_STATE, vec![state]),
            (None, None, Some(_)) => (sql::CLAIM_PAGE_UNDER_PROGRAMME, vec![programme]),
            (None, None, None) => (sql::CLAIM_PAGE, Vec::new()),
        };
        let rows: Vec<ClaimRow> = read!(self.db, |c| {
            let mut query = sqlx::query_as(statement).bind(after.map_or("", ClaimId::as_str)).bind(i64::from(limit));
            for filter in &filters {
                query = query.bind(*filter);
            }
            query.fetch_all(c).await?
        });
        rows.into_iter().map(ClaimRow::summary).collect()
    }

    /// At most `limit` claims of an account's institutions, the last submitted first; after the one that `after` names.
    pub async fn claims_of_account(
        &self,
        account: &str,
        after: Option<(Timestamp, &ClaimId)>,
        limit: u32,
    ) -> Result<Vec<ClaimSummary>, StoreError> {
        let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (at.as_millisecond(), id.as_str()));
        let rows: Vec<ClaimRow> = read!(self.db, |c| sqlx::query_as(sql::CLAIMS_OF_ACCOUNT)
            .bind(account)
            .bind(at)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(ClaimRow::summary).collect()
    }

    /// How many claims are in each state; states without claims are left out.
    pub async fn count_by_state(&self) -> Result<BTreeMap<ClaimState, u64>, StoreError> {
        let rows: Vec<(String, i64)> = read!(self.db, |c| sqlx::query_as(sql::CLAIM_COUNTS).fetch_all(c).await?);
        let at = At::new("claims", "(counted by state)");
        rows.iter().map(|(state, count)| Ok((at.state(state)?, at.count(*count)?))).collect()
    }

    /// What was read of a revision, in the order of its documents, without corrections; empty until it has been read.
    pub async fn readings(&self, id: &ClaimId, revision: u32) -> Result<Vec<Reading>, StoreError> {
        readings(&mut self.db.snapshot().await?, id, revision).await
    }

    /// What the facility stated of the documents of a revision.
    pub async fn stated_fields(&self, id: &ClaimId, revision: u32) -> Result<Vec<StatedField>, StoreError> {
        let rows: Vec<(i64, String, String)> = read!(self.db, |c| sqlx::query_as(sql::STATED_FIELDS)
            .bind(id.as_str())
            .bind(i64::from(revision))
            .fetch_all(c)
            .await?);
        let at = At::new("stated_fields", format_args!("{id} revision {revision}"));
        rows.into_iter().map(|row| drafts::stated_field(&at, row)).collect()
    }

    /// What the rules said of a revision, if they have.
    pub async fn assessment(&self, id: &ClaimId, revision: u32) -> Result<Option<StoredAssessment>, StoreError> {
        let row: Option<(String, Vec<u8>)> = read!(self.db, |c| sqlx::query_as(sql::ASSESSMENT_GET)
            .bind(id.as_str())
            .bind(i64::from(revision))
            .fetch_optional(c)
            .await?);
        let Some((sha256, bytes)) = row else { return Ok(None) };
        let at = At::new("assessments", format_args!("{id} revision {revision}"));
        let sha256 = at.hash(&sha256)?;
        let found = crate::objects::hash(&bytes);
        if found != sha256 {
            return Err(at.wrong(format!("its bytes have the hash {found}, expected {sha256}")));
        }
        Ok(Some(StoredAssessment { sha256, bytes }))
    }

    /// That documents are numbered 0, 1, … and in object storage with the size that they are said to have.
    async fn have_documents(&self, documents: &[Document]) -> Result<(), StoreError> {
        for (expected, document) in (0..).zip(documents) {
            if document.position != expected {
                return Err(StoreError::Argument {
                    what: "position of a document",
                    found: format!("{} for {}", document.position, document.file),
                    expected: format!("{expected}: 0, 1, … in order"),
                });
            }
            let size = self.objects.size(&document.sha256).await?;
            if size != document.size_bytes {
                return Err(StoreError::Argument {
                    what: "size of a document in bytes",
                    found: format!("{} for {}", document.size_bytes, document.file),
                    expected: format!("{size}, as it is in object storage"),
                });
            }
        }
        Ok(())
    }

    async fn add_revision(&self, tx: &mut Tx, sent: &Resubmission, revision: u32) -> Result<(), StoreError> {
        let id = sent.claim_id.as_str();
        let choices = (!sent.choices.is_empty()).then(|| json(&sent.choices)).transpose()?;
        within!(*tx, |c| sqlx::query(sql::REVISION_INSERT)
            .bind(id)
            .bind(i64::from(revision))
            .bind(sent.submitted_at.as_millisecond())
            .bind(sent.claimed_yen.map(Yen::get))
            .bind(&choices)
            .bind(sent.bundle_sha256.to_string())
            .execute(c)
            .await
            .map(drop))?;
        for document in &sent.documents {
            let declared = code(&document.declared)?;
            within!(*tx, |c| sqlx::query(sql::DOCUMENT_INSERT)
                .bind(id)
                .bind(i64::from(revision))
                .bind(i64::from(document.position))
                .bind(&declared)
                .bind(&document.file)
                .bind(document.sha256.to_string())
                .bind(log::signed(document.size_bytes))
                .execute(c)
                .await
                .map(drop))?;
        }
        for stated in &sent.stated {
            within!(*tx, |c| sqlx::query(sql::STATED_FIELD_INSERT)
                .bind(id)
                .bind(i64::from(revision))
                .bind(i64::from(stated.position))
                .bind(stated.field.to_string())
                .bind(&stated.value)
                .execute(c)
                .await
                .map(drop))?;
        }
        queue::enqueue(tx, JobKind::Read, &sent.claim_id, revision, self.max_attempts).await?;
        messages::tell(tx, MessageKind::Received, (&sent.claim_id, revision, 0), sent.submitted_at).await
    }
}

async fn bundle(tx: &mut Tx, sha256: &Sha256) -> Result<Option<ClaimId>, StoreError> {
    let found: Option<String> =
        within!(*tx, |c| sqlx::query_scalar(sql::BUNDLE_FIND).bind(sha256.to_string()).fetch_optional(c).await?);
    Ok(found.map(ClaimId::from))
}
