//! Claims that wait for a person: in which order, and why.
//!
//! # The order
//! Every such claim has a day by which a person should have looked at it, and the earliest day comes first:
//! [`LOOK_WITHIN_DAYS`] after its first submission, so that the oldest is never overtaken for good and a claim that was
//! returned does not begin again at the end; or, where that is sooner, [`BEFORE_DEADLINE_DAYS`] before the programme's
//! last day, while the facility can still file another claim.
//! Among claims of one day, those whose receipt may stand in another claim come first (money could go twice), then
//! those with more findings that a person has to look at, then the larger amount, then the id.
//!
//! Nothing of this depends on the present day, so a claim keeps its place while others come and go.

use crate::{
    Assessment, ClaimId, FacilityKind, FindingCode, InstitutionCode, ProgrammeId, Severity, Yen, day_in_japan,
};
use jiff::{Timestamp, ToSpan, civil::Date};

/// Within how many days of its first submission a claim should be looked at.
pub const LOOK_WITHIN_DAYS: i64 = 14;
/// How many days before the programme's last day a claim should be looked at.
pub const BEFORE_DEADLINE_DAYS: i64 = 3;

/// Beyond so many findings a claim is as doubtful as can be.
const MOST_DOUBTS: u32 = 99;
/// One more than the largest amount that makes a difference.
const AMOUNTS: i64 = 10_000_000_000_000;

/// A claim that waits for a person: what its place rests on, and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// By which facility.
    pub facility: InstitutionCode,
    /// What that is, if the register says.
    pub kind: Option<FacilityKind>,
    /// The day by which a person should have looked at it.
    pub due_on: Date,
    /// The programme's last day, where that set the day.
    pub deadline: Option<Date>,
    /// Whether its receipt may stand in another claim.
    pub duplicate: bool,
    /// How many findings a person has to look at.
    pub doubts: u32,
    /// What it comes to.
    pub amount_yen: Yen,
    /// When it was first submitted.
    pub submitted_at: Timestamp,
    /// The codes of all its findings, each once.
    pub findings: Vec<FindingCode>,
}

impl Waiting {
    /// A claim that was just assessed. `deadline` is the programme's last day, if one is known.
    pub fn of(
        facility: &InstitutionCode,
        kind: Option<FacilityKind>,
        submitted_at: Timestamp,
        deadline: Option<Date>,
        assessment: &Assessment,
    ) -> Waiting {
        let by_age = later(day_in_japan(submitted_at), LOOK_WITHIN_DAYS);
        let before = deadline.map(|last| (later(last, -BEFORE_DEADLINE_DAYS), last));
        let (due_on, deadline) = match before {
            Some((day, last)) if day < by_age => (day.max(day_in_japan(submitted_at)), Some(last)),
            _ => (by_age, None),
        };
        let mut findings: Vec<FindingCode> = assessment.findings.iter().map(|finding| finding.code).collect();
        findings.sort_unstable();
        findings.dedup();
        let doubts = assessment.findings.iter().filter(|finding| finding.severity() == Severity::Review).count();
        Waiting {
            claim_id: assessment.claim_id.clone(),
            programme: assessment.programme.clone(),
            facility: facility.clone(),
            kind,
            due_on,
            deadline,
            duplicate: findings
                .iter()
                .any(|code| matches!(code, FindingCode::PossibleDuplicate | FindingCode::DuplicateConfirmed)),
            doubts: u32::try_from(doubts).unwrap_or(u32::MAX),
            amount_yen: assessment.computed_yen,
            submitted_at,
            findings,
        }
    }

    /// Its place among the claims of one day, the smallest first: duplicates, then doubts, then amount in one number.
    pub fn weight(&self) -> i64 {
        let unlike = i64::from(!self.duplicate);
        let sure = i64::from(MOST_DOUBTS - self.doubts.min(MOST_DOUBTS));
        let small = AMOUNTS - 1 - self.amount_yen.get().min(AMOUNTS - 1);
        (unlike * i64::from(MOST_DOUBTS + 1) + sure) * AMOUNTS + small
    }
}

/// Days of the far future and past are where the calendar ends.
fn later(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Finding, Outcome};
    use proptest::prelude::*;

    fn assessment(findings: &[FindingCode], yen: i64) -> Assessment {
        Assessment {
            claim_id: "K-1".into(),
            programme: "home-consent".into(),
            outcome: Outcome::Review,
            grant_yen: Yen::ZERO,
            computed_yen: Yen::new(yen).unwrap(),
            grant_units: None,
            computed_units: Vec::new(),
            findings: findings.iter().map(|code| Finding::new(*code)).collect(),
            trace: Vec::new(),
            ruleset: String::new(),
        }
    }

    fn waiting(submitted: &str, deadline: Option<&str>, findings: &[FindingCode], yen: i64) -> Waiting {
        let code = InstitutionCode::parse("1310110049").unwrap();
        let deadline = deadline.map(|day| day.parse().unwrap());
        Waiting::of(&code, None, submitted.parse().unwrap(), deadline, &assessment(findings, yen))
    }

    #[test]
    fn the_day_is_set_by_age_or_by_a_deadline_that_is_near() {
        let far = waiting("2025-12-01T00:00:00Z", Some("2026-01-31"), &[], 1);
        assert_eq!((far.due_on.to_string().as_str(), far.deadline), ("2025-12-15", None));
        let near = waiting("2026-01-20T00:00:00Z", Some("2026-01-31"), &[], 1);
        assert_eq!((near.due_on.to_string().as_str(), near.deadline.is_some()), ("2026-01-28", true));
        // On the last day, or after it: at once, and not before it came.
        let last = waiting("2026-01-31T00:00:00Z", Some("2026-01-31"), &[], 1);
        assert_eq!(last.due_on.to_string(), "2026-01-31");
        assert_eq!(waiting("2025-12-01T00:00:00Z", None, &[], 1).due_on.to_string(), "2025-12-15");
    }

    proptest! {
        /// The one number orders as the words at the head of this file say.
        #[test]
        fn the_weight_is_duplicate_then_doubts_then_amount(
            (d1, n1, y1) in (any::<bool>(), 0u32..120, 0i64..20_000_000_000_000),
            (d2, n2, y2) in (any::<bool>(), 0u32..120, 0i64..20_000_000_000_000),
        ) {
            let one = |duplicate, doubts, yen| Waiting {
                duplicate, doubts, amount_yen: Yen::new(yen).unwrap(), ..waiting("2025-12-01T00:00:00Z", None, &[], 1)
            };
            let key = |d: bool, n: u32, y: i64| (d, n.min(99), y.min(9_999_999_999_999));
            let expected = key(d2, n2, y2).cmp(&key(d1, n1, y1));
            prop_assert_eq!(one(d1, n1, y1).weight().cmp(&one(d2, n2, y2).weight()), expected);
            prop_assert!(one(d1, n1, y1).weight() >= 0);
        }
    }
}
