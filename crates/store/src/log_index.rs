//! By what entries of the log are found again: event, actor, time, and the claims and facilities that they are about.

use crate::database::{Tx, read, within};
use crate::log::signed;
use crate::row::At;
use crate::{Store, StoreError, sql};
use claim::{Actor, ClaimId, InstitutionCode, LogAbout};
use jiff::Timestamp;

/// How many entries may stand between two whose times are in the other order: clocks of nodes differ by little.
const OUT_OF_ORDER: i64 = 1000;

/// Which entries are looked for; all that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// About this claim.
    pub claim: Option<ClaimId>,
    /// About this facility, by itself or through a claim.
    pub facility: Option<InstitutionCode>,
    /// What happened, by its code.
    pub event: Option<String>,
    /// By whom.
    pub by: Option<Actor>,
    /// Written at this instant or later.
    pub from: Option<Timestamp>,
    /// Written before this instant.
    pub until: Option<Timestamp>,
}

/// Adds an entry at a position.
pub(crate) async fn add(tx: &mut Tx, position: i64, about: &LogAbout) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::LOG_INDEX_ADD)
        .bind(position)
        .bind(about.at.as_millisecond())
        .bind(about.event)
        .bind(about.by.as_str())
        .execute(c)
        .await
        .map(drop))?;
    for claim in &about.claims {
        within!(*tx, |c| sqlx::query(sql::LOG_CLAIM_ADD)
            .bind(claim.as_str())
            .bind(position)
            .execute(c)
            .await
            .map(drop))?;
        // A claim that comes in with this entry is not there yet; the entry names its facility itself.
        within!(*tx, |c| sqlx::query(sql::LOG_FACILITIES_ADD_CLAIMS)
            .bind(position)
            .bind(claim.as_str())
            .execute(c)
            .await
            .map(drop))?;
    }
    for facility in &about.facilities {
        within!(*tx, |c| sqlx::query(sql::LOG_FACILITY_ADD)
            .bind(facility.as_str())
            .bind(position)
            .execute(c)
            .await
            .map(drop))?;
    }
    if let Some(batch) = &about.batch {
        for statement in [sql::LOG_CLAIMS_ADD_BATCH, sql::LOG_FACILITIES_ADD_BATCH] {
            within!(*tx, |c| sqlx::query(statement).bind(batch).bind(position).execute(c).await.map(drop))?;
        }
    }
    Ok(())
}

impl Store {
    /// At most `limit` entries that a query finds, the newest first, below a position if one is given.
    pub async fn find_in_log(
        &self,
        query: &LogQuery,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        // The narrowest index first.
        let statement = match query {
            LogQuery { claim: Some(_), .. } => sql::LOG_PAGE_OF_CLAIM,
            LogQuery { facility: Some(_), .. } => sql::LOG_PAGE_OF_FACILITY,
            LogQuery { by: Some(_), .. } => sql::LOG_PAGE_BY_ACTOR,
            LogQuery { event: Some(_), .. } => sql::LOG_PAGE_OF_EVENT,
            _ => sql::LOG_PAGE,
        };
        let (from, until) = (query.from.map(|at| at.as_millisecond()), query.until.map(|at| at.as_millisecond()));
        // Where a time begins and ends is looked up, so that nothing far from it is read.
        let lowest = match from {
            Some(at) => self.position(sql::LOG_FIRST_FROM, at).await?.map_or(i64::MAX, |at| at - OUT_OF_ORDER),
            None => 0,
        };
        let highest = match until {
            Some(at) => self.position(sql::LOG_LAST_BEFORE, at).await?.map_or(0, |at| at + OUT_OF_ORDER),
            None => i64::MAX,
        };
        let rows: Vec<(i64, Vec<u8>)> = read!(self.db, |c| sqlx::query_as(statement)
            .bind(before.map_or(i64::MAX, signed).min(highest))
            .bind(lowest)
            .bind(i64::from(limit))
            .bind(query.event.as_deref())
            .bind(query.by.as_ref().map(Actor::as_str))
            .bind(from)
            .bind(until)
            .bind(query.claim.as_ref().map(ClaimId::as_str))
            .bind(query.facility.as_ref().map(InstitutionCode::as_str))
            .fetch_all(c)
            .await?);
        rows.into_iter()
            .map(|(position, payload)| Ok((At::new("log_entries", position).count(position)?, payload)))
            .collect()
    }

    async fn position(&self, statement: &'static str, at_ms: i64) -> Result<Option<i64>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(statement).bind(at_ms).fetch_optional(c).await?))
    }

    /// Where somebody last did something with a claim, at an instant or later.
    pub async fn acted_since(
        &self,
        claim: &ClaimId,
        event: &str,
        by: &Actor,
        since: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let position: Option<i64> = read!(self.db, |c| sqlx::query_scalar(sql::LOG_ACTED_SINCE)
            .bind(claim.as_str())
            .bind(event)
            .bind(by.as_str())
            .bind(since.as_millisecond())
            .fetch_optional(c)
            .await?);
        position.map(|position| At::new("log_claims", position).count(position)).transpose()
    }
}
