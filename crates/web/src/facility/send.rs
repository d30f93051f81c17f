//! Sending a draft: once more all that is sent, and then it is a claim.

use super::draft::Preview;
use crate::WebState;
use crate::document::size;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::{Form, Person, draft_for};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{DocumentKind, Sha256};
use office::OfficeError;
use serde::Deserialize;
use store::Draft;

#[derive(Template)]
#[template(path = "facility_send.html")]
struct SendPage {
    frame: Frame,
    id: String,
    version: u64,
    programme: String,
    facility: String,
    claimed: Option<String>,
    choices: Vec<String>,
    documents: Vec<(String, &'static str, String, Sha256)>,
    /// Documents of which nobody has said what they are.
    undeclared: bool,
    preview: Preview,
    /// It was sent before, and that broke off.
    broken_off: bool,
    error: Option<String>,
}

async fn shown(
    state: &WebState,
    frame: Frame,
    draft: &Draft,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let lang = frame.lang();
    let today = state.office.today();
    let ruleset = state.office.rulebook.on(today).await?;
    let products = ruleset.programme(&draft.programme).map(|one| one.products(today)).unwrap_or_default();
    let facility = state.office.store.facility(&draft.facility_code).await?;
    let (status, error) = match error {
        Some((status, error)) => (status, Some(error)),
        None => (StatusCode::OK, None),
    };
    let choices = draft.choices.iter().map(|choice| {
        let product = products.iter().find(|(id, _)| **id == choice.product);
        let name = product.map_or_else(|| choice.product.to_string(), |(_, label)| label.clone());
        format!("{}{}. {name} {}{}", frame.t("希望", ""), choice.rank, choice.units, frame.t("台", ""))
    });
    let page = SendPage {
        id: draft.id.clone(),
        version: draft.version,
        programme: super::programme_name(&ruleset, &draft.programme, today, lang),
        facility: facility.map_or_else(|| draft.facility_code.to_string(), |facility| facility.name),
        claimed: draft.claimed_yen.map(|yen| frame.yen(&yen)),
        choices: choices.collect(),
        documents: draft
            .documents
            .iter()
            .map(|one| &one.document)
            .map(|one| (one.file.clone(), one.declared.name(lang), size(one.size_bytes), one.sha256))
            .collect(),
        undeclared: draft.documents.iter().any(|one| one.document.declared == DocumentKind::Other),
        preview: Preview::of(state, draft, &frame).await?,
        broken_off: draft.sent_at.is_some(),
        error,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

/// What would be sent, for a last look.
pub(crate) async fn confirm(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    if let Some(claim) = &draft.claim_id {
        return Ok(Redirect::to(&format!("/claims/{claim}")).into_response());
    }
    shown(&state, frame, &draft, None).await
}

#[derive(Deserialize)]
pub(crate) struct Sent {
    version: u64,
    #[serde(default)]
    checked: Option<String>,
}

/// Sends it.
pub(crate) async fn send(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<Sent>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    if form.checked.is_none() {
        let text = frame.t(
            "申請する内容を確かめ、「内容を確かめました」にチェックを付けてください。",
            "Look through what is sent and tick the box.",
        );
        let text = text.to_owned();
        return shown(&state, frame, &draft, Some((StatusCode::UNPROCESSABLE_ENTITY, text))).await;
    }
    match state.office.send_draft(person.account(), &draft, form.version).await {
        Ok(claim) => Ok(Redirect::to(&format!("/claims/{claim}?done=sent")).into_response()),
        Err(error @ OfficeError::Told(_)) => {
            let text = error.text(frame.lang());
            shown(&state, frame, &draft, Some((StatusCode::UNPROCESSABLE_ENTITY, text))).await
        }
        Err(error) => Err(error.into()),
    }
}
