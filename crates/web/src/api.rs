//! The API for programs: claims as JSON, and decisions, for a token (`Authorization: Bearer kofu_…`) of an account. A cookie
//! is worth nothing here, so no page of another site can use it. What goes wrong is told as RFC 9457 problems.

use crate::WebState;
use crate::fault::Fault;
use crate::session::{Person, claim_for};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use claim::{AssessmentView, ClaimId, ClaimState, Decision, DecisionKind, Document, InstitutionCode, Lang, Role, Yen};
use jiff::Timestamp;
use office::{Assessed, OfficeError, Will};
use serde::{Deserialize, Serialize};
use store::{ClaimFilter, ClaimSummary};

/// Claims on one page.
const PAGE: u32 = 100;

/// A claim in a list.
#[derive(Serialize)]
pub(crate) struct Listed {
    claim_id: ClaimId,
    state: ClaimState,
    revision: u32,
    /// What a decision has to name as `seen`.
    version: u64,
    programme: String,
    facility: String,
    submitted_at: Timestamp,
    claimed_yen: Option<Yen>,
    granted_yen: Option<Yen>,
}

impl From<&ClaimSummary> for Listed {
    fn from(claim: &ClaimSummary) -> Listed {
        Listed {
            claim_id: claim.id.clone(),
            state: claim.state,
            revision: claim.revision,
            version: claim.version,
            programme: claim.programme.to_string(),
            facility: claim.facility_code.to_string(),
            submitted_at: claim.submitted_at,
            claimed_yen: claim.claimed_yen,
            granted_yen: claim.granted_yen,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The cursor that the page before gave.
    after: Option<String>,
    /// Only in this state.
    state: Option<String>,
    /// Only of this institution; for a facility's account the first of its own if none is named.
    facility: Option<String>,
}

/// A page of claims in the order of their ids.
#[derive(Serialize)]
pub(crate) struct Page {
    claims: Vec<Listed>,
    /// The cursor of the next page, if there is one.
    next: Option<ClaimId>,
}

pub(crate) async fn claims(
    State(state): State<WebState>,
    person: Person,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Page>, Fault> {
    let bad = || Fault::status(StatusCode::BAD_REQUEST);
    let Query(wanted) = wanted.map_err(|_| bad())?;
    let code = wanted.facility.as_deref().map(InstitutionCode::parse).transpose().map_err(|_| bad())?;
    let facility = match (person.role(), code) {
        (Role::Facility, None) => Some(person.account().facilities.first().cloned().ok_or_else(bad)?),
        (_, code) => code,
    };
    if facility.as_ref().is_some_and(|code| !person.reaches(code)) {
        return Err(Fault::status(StatusCode::NOT_FOUND));
    }
    let claim_state = match wanted.state.as_deref() {
        Some(code) => Some(ClaimState::from_code(code).ok_or_else(bad)?),
        None => None,
    };
    let filter = ClaimFilter { state: claim_state, facility, ..ClaimFilter::default() };
    let after = wanted.after.map(ClaimId::from);
    let mut found = state.office.store.claims(&filter, after.as_ref(), PAGE + 1).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|claim| claim.id.clone());
    Ok(Json(Page { claims: found.iter().map(Listed::from).collect(), next }))
}

/// A claim with its papers, what the rules say of it, and what was decided.
#[derive(Serialize)]
pub(crate) struct Whole {
    #[serde(flatten)]
    claim: Listed,
    documents: Vec<Document>,
    assessment: Option<serde_json::Value>,
    decisions: Vec<Decision>,
}

fn value(view: &AssessmentView<'_>) -> Result<serde_json::Value, OfficeError> {
    serde_json::to_value(view).map_err(|error| OfficeError::Inconsistent(format!("an assessment: {error}")))
}

pub(crate) async fn claim(
    State(state): State<WebState>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Json<Whole>, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let stored = state.office.store.assessment(&record.claim.id, record.claim.revision).await?;
    let assessment = match stored {
        None => None,
        Some(stored) => {
            let assessed: Assessed = serde_json::from_slice(&stored.bytes)
                .map_err(|error| OfficeError::Inconsistent(format!("the assessment of claim {id}: {error}")))?;
            Some(value(&assessed.assessment.view(Lang::Ja))?)
        }
    };
    Ok(Json(Whole {
        claim: Listed::from(&record.claim),
        documents: record.documents,
        assessment,
        decisions: record.decisions.into_iter().map(|one| one.decision).collect(),
    }))
}

/// What a reviewer's program wants to decide.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    decision: DecisionKind,
    /// The version of the claim that was looked at.
    seen: u64,
    reason: Option<String>,
    choice: Option<u8>,
    /// Codes of the findings that forbid a grant, where it is granted all the same.
    #[serde(default, rename = "override")]
    overridden: Vec<String>,
}

pub(crate) async fn decide(
    State(state): State<WebState>,
    person: Person,
    Path(id): Path<String>,
    wish: Result<Json<Wish>, JsonRejection>,
) -> Result<Json<Decision>, Fault> {
    let Json(wish) = wish.map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    let record = claim_for(&state, &person, &id).await?;
    let will = Will {
        kind: wish.decision,
        by: &person.actor(),
        reason: wish.reason.as_deref(),
        choice: wish.choice,
        overridden: &wish.overridden,
        seen: Some(wish.seen),
    };
    Ok(Json(state.office.decide(&record.claim.id, will).await?))
}
