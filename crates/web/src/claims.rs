//! A claim and its documents and notices: what everybody who may see the claim reaches by the same address.

use crate::WebState;
use crate::document::{self, Wanted};
use crate::facility;
use crate::fault::Fault;
use crate::page::Frame;
use crate::session::{Person, claim_for};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use claim::{Document, Role};
use store::ClaimRecord;

/// The page of a claim: for a facility what became of it, for staff what there is to decide.
pub(crate) async fn page(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    match person.role() {
        Role::Facility => facility::claim_page(&state, frame, record).await,
        _ => crate::review::claim_page(&state, frame, &person, record).await,
    }
}

fn not_there() -> Fault {
    Fault::status(StatusCode::NOT_FOUND)
}

/// A notice as PDF.
pub(crate) async fn notice(
    State(state): State<WebState>,
    person: Person,
    Path((id, revision)): Path<(String, u32)>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let notice = record.notices.iter().find(|notice| notice.revision == revision).ok_or_else(not_there)?;
    let bytes = state.office.store.document(&notice.pdf).await?;
    Ok(document::attachment(&format!("{}.pdf", notice.number), "application/pdf", bytes))
}

fn of_revision(record: &ClaimRecord, revision: u32, position: u32) -> Result<&Document, Fault> {
    let sent = record.revisions.iter().find(|one| one.revision == revision).ok_or_else(not_there)?;
    sent.documents.iter().find(|document| document.position == position).ok_or_else(not_there)
}

/// A document as it came.
pub(crate) async fn original(
    State(state): State<WebState>,
    person: Person,
    Path((id, revision, position)): Path<(String, u32, u32)>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    document::original(&state, of_revision(&record, revision, position)?).await
}

/// A page of a document as a picture.
pub(crate) async fn picture(
    State(state): State<WebState>,
    person: Person,
    Path((id, revision, position, page)): Path<(String, u32, u32, u32)>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    document::picture(&state, &of_revision(&record, revision, position)?.sha256, page).await
}

/// A document beside what was read of it.
pub(crate) async fn view(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path((id, revision, position)): Path<(String, u32, u32)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let document = of_revision(&record, revision, position)?;
    let readings = state.office.store.readings(&record.claim.id, revision).await?;
    let reading = usize::try_from(position).ok().and_then(|position| readings.get(position));
    let base = format!("/claims/{id}/documents/{revision}/{position}");
    document::page(&state, frame, document, reading, &wanted, base, format!("/claims/{id}")).await
}
