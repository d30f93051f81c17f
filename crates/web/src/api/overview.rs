//! The overview as numbers: what the page of it shows.

use super::call::{Call, Nothing, Shown};
use super::judged::sum;
use crate::fault::Fault;
use crate::overview::{DAYS, DECIDED_DAYS, begins};
use claim::{DecisionKind, FindingCode, ProgrammeId, Severity, Yen};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Counts of all claims.
#[derive(Serialize, ToSchema)]
pub(crate) struct Overview {
    /// How many claims there are.
    claims: u64,
    /// What was granted, in all.
    granted_yen: Yen,
    /// How many by state.
    states: BTreeMap<&'static str, u64>,
    programmes: Vec<OfProgramme>,
    /// How many by number of the prefecture.
    prefectures: BTreeMap<String, u64>,
    /// The last 30 days, the first first.
    days: Vec<OfDay>,
    /// Of the decisions of the last 90 days; null where there are none.
    time_to_decision: Option<Took>,
    /// What the claims that were returned in the last 90 days had among their findings: how many.
    returned_for: BTreeMap<&'static str, u64>,
}

/// Claims under one programme.
#[derive(Serialize, ToSchema)]
struct OfProgramme {
    programme: ProgrammeId,
    claims: u64,
    granted_yen: Yen,
}

/// What came and was decided on a day in Japan.
#[derive(Serialize, ToSchema)]
struct OfDay {
    day: Date,
    submitted: u64,
    approved: u64,
    returned: u64,
    rejected: u64,
}

/// How long decisions took, in hours that had begun.
#[derive(Serialize, ToSchema)]
struct Took {
    decisions: u64,
    median_hours: u64,
    ninetieth_hours: u64,
}

pub(super) async fn show(call: Call<Nothing>) -> Result<Shown<Overview>, Fault> {
    let (store, today) = (&call.state.office.store, call.state.office.today());
    let counts = store.count_claims().await?;
    let (mut states, mut prefectures) = (BTreeMap::new(), BTreeMap::new());
    let mut programmes: BTreeMap<ProgrammeId, (u64, Vec<Yen>)> = BTreeMap::new();
    for count in &counts {
        *states.entry(count.state.code()).or_default() += count.claims;
        *prefectures.entry(count.prefecture.to_string()).or_default() += count.claims;
        let of = programmes.entry(count.programme.clone()).or_default();
        of.0 += count.claims;
        of.1.push(count.granted_yen);
    }
    let first = today.checked_sub((DAYS - 1).days()).unwrap_or(today);
    let submitted: BTreeMap<Date, u64> = store.submitted_by_day(begins(first)?).await?.into_iter().collect();
    let mut decided: BTreeMap<(Date, DecisionKind), u64> = BTreeMap::new();
    for (day, kind, decisions) in store.decided_by_day(begins(first)?).await? {
        decided.insert((day, kind), decisions);
    }
    let of_day = |day: Date| {
        let decided = |kind| decided.get(&(day, kind)).copied().unwrap_or(0);
        OfDay {
            day,
            submitted: submitted.get(&day).copied().unwrap_or(0),
            approved: decided(DecisionKind::Approve),
            returned: decided(DecisionKind::Return),
            rejected: decided(DecisionKind::Reject),
        }
    };
    let since = begins(today.checked_sub((DECIDED_DAYS - 1).days()).unwrap_or(today))?;
    let took = store.time_to_decision(since).await?;
    let returned = store.returned_for(since).await?;
    let grave = |code: &FindingCode| code.severity() >= Severity::Review;
    let of_programme = |(programme, (claims, yen)): (ProgrammeId, (u64, Vec<Yen>))| {
        Ok(OfProgramme { programme, claims, granted_yen: sum(yen)? })
    };
    Ok(Shown::new(Overview {
        claims: counts.iter().map(|count| count.claims).sum(),
        granted_yen: sum(counts.iter().map(|count| count.granted_yen))?,
        states,
        programmes: programmes.into_iter().map(of_programme).collect::<Result<_, Fault>>()?,
        prefectures,
        days: first.series(1.day()).take_while(|day| *day <= today).map(of_day).collect(),
        time_to_decision: took.map(|took| Took {
            decisions: took.decisions,
            median_hours: took.median_hours,
            ninetieth_hours: took.ninetieth_hours,
        }),
        returned_for: returned.into_iter().filter(|(code, _)| grave(code)).map(|(code, n)| (code.code(), n)).collect(),
    }))
}
