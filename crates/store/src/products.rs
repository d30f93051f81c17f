//! What was granted in kind, for the lists by which makers deliver.

use crate::database::read;
use crate::row::At;
use crate::{Store, StoreError, sql};
use claim::{ClaimId, InstitutionCode, ProductUnits, ProgrammeId};
use jiff::Timestamp;

/// Units of a product that a claim was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitsGranted {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// To whom.
    pub facility_code: InstitutionCode,
    /// What and how many.
    pub units: ProductUnits,
    /// When it was approved.
    pub decided_at: Timestamp,
    /// Where the log tells of the decision.
    pub log_position: u64,
}

#[derive(sqlx::FromRow)]
struct UnitsRow {
    claim_id: String,
    programme: String,
    facility_code: String,
    granted_units: String,
    decided_at_ms: i64,
    log_position: i64,
}

impl Store {
    /// At most `limit` grants in kind in the order of their claims, after one, of one programme or all.
    pub async fn units_granted(
        &self,
        programme: Option<&ProgrammeId>,
        after: Option<&ClaimId>,
        limit: u32,
    ) -> Result<Vec<UnitsGranted>, StoreError> {
        let rows: Vec<UnitsRow> = read!(self.db, |c| sqlx::query_as(sql::UNITS_GRANTED)
            .bind(after.map_or("", ClaimId::as_str))
            .bind(i64::from(limit))
            .bind(programme.map(ProgrammeId::as_str))
            .fetch_all(c)
            .await?);
        rows.into_iter()
            .map(|row| {
                let at = At::new("claims", &row.claim_id);
                Ok(UnitsGranted {
                    programme: row.programme.into(),
                    facility_code: at.facility_code(&row.facility_code)?,
                    units: at.json(&row.granted_units)?,
                    decided_at: at.time(row.decided_at_ms)?,
                    log_position: at.count(row.log_position)?,
                    claim_id: row.claim_id.into(),
                })
            })
            .collect()
    }
}
