//! What reviewers do with a claim: decide, say whether two receipts are one, correct what was read, have it assessed
//! again, leave a note, hand it over, and say that they have it before them. Each is an act of the office.

use super::Asked;
use super::claim_page::{Typed, shown};
use crate::WebState;
use crate::fault::Fault;
use crate::page::Frame;
use crate::session::{Form, OnlyButton, Person, claim_for};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{ClaimId, DecisionKind, DuplicateVerdict, Lang};
use office::{Correction, OfficeError, Told, Will};
use serde::{Deserialize, Serialize};
use store::{ClaimRecord, StoreError};

/// Back to the claim, in the same view of the queue.
fn back(id: &str, view: &str, done: &str) -> Response {
    let asked = Asked::parse(view);
    Redirect::to(&asked.path(&format!("/claims/{id}"), &[("done", done)])).into_response()
}

/// That the claim is still as it was looked at; else who changed it.
fn still(record: &ClaimRecord, seen: u64) -> Result<(), OfficeError> {
    if record.claim.version == seen {
        return Ok(());
    }
    let decided = record.decisions.iter().find(|one| one.decision.revision == record.claim.revision);
    let (ja, en) = match decided {
        Some(stored) => {
            let decision = &stored.decision;
            (
                format!(
                    "この申請は、{} が先に「{}」と決定しました。入力された内容は記録していません。",
                    decision.decided_by,
                    decision.kind.name(Lang::Ja)
                ),
                format!(
                    "{} has decided this claim meanwhile ({}); what you entered was not kept",
                    decision.decided_by,
                    decision.kind.name(Lang::En)
                ),
            )
        }
        None => (
            "画面を開いた後に、この申請の内容（審査結果、訂正など）が変わりました。画面を開き直して、もう一度確かめてください。"
                .to_owned(),
            "this claim was changed after you opened it (assessed again or corrected); open it again".to_owned(),
        ),
    };
    Err(Told::new(ja, en).coded("changed-meanwhile").into())
}

/// What can be said on the page of the claim; anything else is a fault of its own.
fn on_the_page(error: OfficeError, frame: &Frame) -> Result<String, Fault> {
    match &error {
        OfficeError::Told(told) if told.code() != "changed-meanwhile" => Ok(error.text(frame.lang())),
        OfficeError::Store(StoreError::FactsChanged { .. }) => Ok(frame
            .t(
                "審査の後に、この医療機関等への交付が決定されました。「もう一度審査する」を行ってから決定してください。",
                "this facility was granted something after the assessment; have the claim assessed again first",
            )
            .to_owned()),
        _ => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct DecisionForm {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    overridden: Vec<String>,
    seen: u64,
    #[serde(default)]
    view: String,
}

/// POST /claims/{id}/decision; the next claim of the view opens at once.
pub(crate) async fn decide(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    still(&record, form.seen)?;
    let place = state.office.store.review_place(&record.claim.id).await?;
    let decided = match DecisionKind::from_code(&form.decision) {
        Some(kind) => {
            let reason = form.reason.replace("\r\n", "\n");
            let will = Will {
                kind,
                by: &person.actor(),
                reason: Some(&reason),
                choice: form.choice.parse().ok().filter(|_| kind == DecisionKind::Approve),
                overridden: if kind == DecisionKind::Approve { &form.overridden } else { &[] },
                seen: Some(form.seen),
            };
            state.office.decide(&record.claim.id, will).await
        }
        None => Err(Told::new(
            "交付決定、差戻し、不交付のいずれかを選んでください。",
            "choose approval, return or rejection",
        )
        .coded("decision-missing")
        .into()),
    };
    match decided {
        Ok(_) => {
            let waits = state.office.store.budget_wait(&record.claim.id).await?.is_some();
            let done = if waits { "awaits-budget" } else { "decided" };
            let after = place.map(|place| place.to_string()).unwrap_or_default();
            let asked = Asked::parse(&form.view);
            Ok(Redirect::to(&asked.path("/queue/next", &[("after", &after), ("done", done)])).into_response())
        }
        Err(OfficeError::Store(StoreError::Conflict { .. } | StoreError::AssessmentDiffers { .. })) => {
            // Somebody was faster by less than this request took.
            let now = state.office.claim(&record.claim.id).await?;
            still(&now, form.seen)?;
            Err(Fault::status(StatusCode::CONFLICT))
        }
        Err(error) => {
            let error = on_the_page(error, &frame)?;
            let typed = Typed { decision: form.decision, reason: form.reason, overridden: form.overridden };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            shown(&state, frame, &person, record, status, Some(error), typed, Some(&form.view)).await
        }
    }
}

/// The answer to an act that is done on the page of the claim itself.
async fn done_on_page(
    state: &WebState,
    frame: Frame,
    person: &Person,
    record: ClaimRecord,
    view: &str,
    acted: Result<(), OfficeError>,
    done: &str,
) -> Result<Response, Fault> {
    match acted {
        Ok(()) => Ok(back(record.claim.id.as_str(), view, done)),
        Err(error) => {
            let error = on_the_page(error, &frame)?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            shown(state, frame, person, record, status, Some(error), Typed::default(), Some(view)).await
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct VerdictForm {
    other: String,
    verdict: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    view: String,
}

/// POST /claims/{id}/duplicates
pub(crate) async fn judge_duplicate(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<VerdictForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let verdict = DuplicateVerdict::from_code(&form.verdict).ok_or_else(|| Fault::status(StatusCode::BAD_REQUEST))?;
    let other = ClaimId::from(form.other);
    let acted = state.office.judge_duplicate(&record.claim.id, &other, verdict, &person.actor(), &form.reason).await;
    done_on_page(&state, frame, &person, record, &form.view, acted, "judged").await
}

#[derive(Deserialize)]
pub(crate) struct FieldForm {
    position: u32,
    field: String,
    value: String,
    #[serde(default)]
    reason: String,
    seen: u64,
    #[serde(default)]
    view: String,
}

/// POST /claims/{id}/fields
pub(crate) async fn adjust(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<FieldForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    still(&record, form.seen)?;
    let field = form.field.parse().map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    let wanted =
        Correction { position: form.position, field, value: &form.value, reason: &form.reason, seen: form.seen };
    let acted = state.office.correct(&record.claim.id, wanted, &person.actor()).await;
    done_on_page(&state, frame, &person, record, &form.view, acted, "corrected").await
}

#[derive(Deserialize)]
pub(crate) struct SeenForm {
    seen: u64,
    #[serde(default)]
    view: String,
}

/// POST /claims/{id}/reassess
pub(crate) async fn reassess(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<SeenForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    still(&record, form.seen)?;
    let acted = state.office.reassess(&record.claim.id, form.seen, &person.actor()).await;
    done_on_page(&state, frame, &person, record, &form.view, acted, "assessing").await
}

#[derive(Deserialize)]
pub(crate) struct NoteForm {
    #[serde(default)]
    note: String,
    #[serde(default)]
    view: String,
}

/// POST /claims/{id}/notes
pub(crate) async fn note(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<NoteForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let acted = state.office.note(&record.claim.id, &form.note.replace("\r\n", "\n"), &person.actor()).await;
    done_on_page(&state, frame, &person, record, &form.view, acted, "noted").await
}

#[derive(Deserialize)]
pub(crate) struct HandForm {
    #[serde(default)]
    account: String,
    #[serde(default)]
    view: String,
}

/// POST /claims/{id}/hand
pub(crate) async fn hand_over(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<HandForm>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let acted = state.office.hand_over(&record.claim.id, &form.account, &person.actor()).await;
    done_on_page(&state, frame, &person, record, &form.view, acted, "handed").await
}

/// Who else has a claim before them, and whether it is still as it was, for the script of an open page.
#[derive(Serialize)]
struct Looking {
    version: u64,
    text: Option<String>,
}

/// POST /claims/{id}/look
pub(crate) async fn look(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let looks = state.office.look(&record.claim.id, &person.account().id).await?;
    let names: Vec<String> = looks.into_iter().map(|look| look.name).collect();
    let text = (!names.is_empty()).then(|| {
        let names = names.join(frame.t("、", ", "));
        format!("{}: {names}", frame.t("他の担当者が表示中", "others have it open"))
    });
    Ok(Json(Looking { version: record.claim.version, text }).into_response())
}
