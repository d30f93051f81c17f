//! The facility register (医療機関等).

use crate::database::{Tx, read, within};
use crate::row::{At, json};
use crate::{Store, StoreError, bank_accounts, log, sql};
use claim::{Facility, FacilityKind, InstitutionCode, LogEntry, TransitionalMeasure};
use std::ops::Range;

#[derive(sqlx::FromRow)]
struct FacilityRow {
    code: String,
    kind: String,
    name: String,
    founder: String,
    postal_code: String,
    address: String,
    measure_number: Option<i64>,
    measure_ended_on: Option<String>,
    earlier_grants: String,
    account: Option<String>,
}

impl FacilityRow {
    fn facility(self) -> Result<Facility, StoreError> {
        let at = At::new("facilities", &self.code);
        let transitional_measure = match self.measure_number {
            None => None,
            Some(number) => Some(TransitionalMeasure {
                number: u8::try_from(number)
                    .map_err(|_| at.wrong(format!("found measure {number}, expected 1 to 6")))?,
                ended_on: self.measure_ended_on.map(|day| at.day(&day)).transpose()?,
            }),
        };
        Ok(Facility {
            code: at.facility_code(&self.code)?,
            kind: FacilityKind::from_code(&self.kind)
                .ok_or_else(|| at.wrong(format!("found {:?}, expected a kind of facility", self.kind)))?,
            transitional_measure,
            earlier_grants: at.json(&self.earlier_grants)?,
            account: at.account(self.account.as_deref())?,
            name: self.name,
            founder: self.founder,
            postal_code: self.postal_code,
            address: self.address,
        })
    }
}

/// The register's row, inside a transaction.
pub(crate) async fn get(tx: &mut Tx, code: &InstitutionCode) -> Result<Option<Facility>, StoreError> {
    let row: Option<FacilityRow> =
        within!(*tx, |c| sqlx::query_as(sql::FACILITY_GET).bind(code.as_str()).fetch_optional(c).await?);
    row.map(FacilityRow::facility).transpose()
}

impl Store {
    /// Adds facilities to the register, or replaces their rows. An account that a facility did not have before waits for a
    /// second person; who brought it is who wrote the first of `entries`. Returns the positions of `entries` in the log.
    pub async fn upsert_facilities(
        &self,
        facilities: &[Facility],
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        for facility in facilities {
            let measure = facility.transitional_measure;
            let account = facility.account.as_ref().map(json).transpose()?;
            let earlier_grants = json(&facility.earlier_grants)?;
            within!(tx, |c| sqlx::query(sql::FACILITY_UPSERT)
                .bind(facility.code.as_str())
                .bind(facility.kind.code())
                .bind(&facility.name)
                .bind(&facility.founder)
                .bind(&facility.postal_code)
                .bind(&facility.address)
                .bind(measure.map(|measure| i64::from(measure.number)))
                .bind(measure.and_then(|measure| measure.ended_on).map(|day| day.to_string()))
                .bind(&earlier_grants)
                .bind(&account)
                .execute(c)
                .await
                .map(drop))?;
            if let Some(entry) = entries.first() {
                let about = &entry.about;
                bank_accounts::bring(&mut tx, &facility.code, facility.account.as_ref(), (&about.by, about.at), false)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// The register's row for a code.
    pub async fn facility(&self, code: &InstitutionCode) -> Result<Option<Facility>, StoreError> {
        let row: Option<FacilityRow> =
            read!(self.db, |c| sqlx::query_as(sql::FACILITY_GET).bind(code.as_str()).fetch_optional(c).await?);
        row.map(FacilityRow::facility).transpose()
    }

    /// At most `limit` rows in the order of their codes, after a code.
    pub async fn facilities(&self, after: Option<&InstitutionCode>, limit: u32) -> Result<Vec<Facility>, StoreError> {
        let rows: Vec<FacilityRow> = read!(self.db, |c| sqlx::query_as(sql::FACILITY_PAGE)
            .bind(after.map_or("", InstitutionCode::as_str))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        rows.into_iter().map(FacilityRow::facility).collect()
    }
}
