//! Counts for the overview: how many claims there are by programme, prefecture and state, what came and was decided by
//! day, how long it took, and why claims were returned. They are kept with what they count (triggers of 0016_counts), so
//! that no page reads a million rows to say how many there are.

use crate::database::read;
use crate::row::At;
use crate::{Store, StoreError, sql};
use claim::{ClaimState, DecisionKind, FindingCode, ProgrammeId, Yen};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// How many claims of one programme and prefecture are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimCount {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// The prefecture, 1 to 47.
    pub prefecture: u8,
    /// In which state.
    pub state: ClaimState,
    /// How many.
    pub claims: u64,
    /// What they were granted in yen.
    pub granted_yen: Yen,
}

/// How long decisions took, from the submission of the revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeToDecision {
    /// How many decisions.
    pub decisions: u64,
    /// Half of them took at most so many hours: the hours that had begun.
    pub median_hours: u64,
    /// Nine of ten took at most so many.
    pub ninetieth_hours: u64,
}

/// The day in Japan of an instant, counted from 1970-01-01.
fn day_number(at: Timestamp) -> i64 {
    (at.as_millisecond() + 32_400_000).div_euclid(86_400_000)
}

fn day(number: i64) -> Date {
    let first = jiff::civil::date(1970, 1, 1);
    // Times are within the calendar, so their days are.
    first.checked_add(number.days()).unwrap_or(first)
}

impl Store {
    /// How many claims there are by programme, prefecture and state.
    pub async fn count_claims(&self) -> Result<Vec<ClaimCount>, StoreError> {
        let rows: Vec<(String, String, String, i64, i64)> =
            read!(self.db, |c| sqlx::query_as(sql::OVERVIEW_COUNTS).fetch_all(c).await?);
        let mut counts: Vec<ClaimCount> = Vec::new();
        for (programme, area, state, claims, granted_yen) in rows {
            let at = At::new("claims", format_args!("(counted: {programme} {area} {state})"));
            let area: u8 = area.parse().map_err(|_| at.wrong(format!("found {area:?}, expected a prefecture")))?;
            let count = ClaimCount {
                programme: programme.into(),
                // The second range of numbers is the same prefectures again.
                prefecture: if area > 50 { area - 50 } else { area },
                state: at.state(&state)?,
                claims: at.count(claims)?,
                granted_yen: at.yen(granted_yen)?,
            };
            counts.push(count);
        }
        Ok(counts)
    }

    /// How many claims came on each day in Japan from the day of an instant on; days without any are left out.
    pub async fn submitted_by_day(&self, since: Timestamp) -> Result<Vec<(Date, u64)>, StoreError> {
        let rows: Vec<(i64, i64)> =
            read!(self.db, |c| sqlx::query_as(sql::OVERVIEW_SUBMITTED).bind(day_number(since)).fetch_all(c).await?);
        let at = At::new("claims", "(counted by day)");
        rows.into_iter().map(|(number, claims)| Ok((day(number), at.count(claims)?))).collect()
    }

    /// How many claims were decided how on each day in Japan from that of an instant on.
    pub async fn decided_by_day(&self, since: Timestamp) -> Result<Vec<(Date, DecisionKind, u64)>, StoreError> {
        let rows: Vec<(i64, String, i64)> =
            read!(self.db, |c| sqlx::query_as(sql::OVERVIEW_DECIDED).bind(day_number(since)).fetch_all(c).await?);
        let at = At::new("decisions", "(counted by day)");
        rows.into_iter().map(|(number, kind, claims)| Ok((day(number), at.code(&kind)?, at.count(claims)?))).collect()
    }

    /// How long the decisions from the day of an instant on took; `None` where there are none.
    pub async fn time_to_decision(&self, since: Timestamp) -> Result<Option<TimeToDecision>, StoreError> {
        let rows: Vec<(i64, i64)> =
            read!(self.db, |c| sqlx::query_as(sql::OVERVIEW_TOOK).bind(day_number(since)).fetch_all(c).await?);
        let at = At::new("decision_days", "(counted by hours)");
        let all: u64 = rows.iter().map(|(_, count)| at.count(*count)).sum::<Result<u64, _>>()?;
        if all == 0 {
            return Ok(None);
        }
        let mut took = [0; 2];
        for (took, of_ten) in took.iter_mut().zip([5, 9]) {
            // The smallest that so many tenths do not exceed.
            let mut left = (all * of_ten).div_ceil(10);
            for (hours, count) in &rows {
                // Hours that have begun: a decision within the first took up to one.
                *took = at.count(*hours)? + 1;
                let count = at.count(*count)?;
                if count >= left {
                    break;
                }
                left -= count;
            }
        }
        Ok(Some(TimeToDecision { decisions: all, median_hours: took[0], ninetieth_hours: took[1] }))
    }

    /// What the claims that were returned from the day of an instant on had among their findings, the most frequent first.
    pub async fn returned_for(&self, since: Timestamp) -> Result<Vec<(FindingCode, u64)>, StoreError> {
        let rows: Vec<(String, i64)> =
            read!(self.db, |c| sqlx::query_as(sql::OVERVIEW_RETURNED_FOR).bind(day_number(since)).fetch_all(c).await?);
        let at = At::new("assessment_findings", "(counted)");
        rows.into_iter().map(|(finding, claims)| Ok((at.code(&finding)?, at.count(claims)?))).collect()
    }

    /// Counts that are not what they count, at most 100: where, what is kept, and what there is. Reads every row.
    pub async fn wrong_counts(&self) -> Result<Vec<(String, i64, i64)>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_as(sql::COUNTS_WRONG).fetch_all(c).await?))
    }
}
