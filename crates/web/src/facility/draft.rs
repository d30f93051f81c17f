//! A draft: its documents with what was read of them, what it asks for, and what the rules would say of it.

use super::{Judged, time_left};
use crate::WebState;
use crate::document::{self, Correctable, Shown, Wanted, correctable, size};
use crate::fault::{Fault, wants_json};
use crate::page::{Frame, html};
use crate::session::{Form, OnlyButton, Person, draft_for};
use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use claim::{Category, Choice, DocumentKind, Facility, ProductId, Sha256, Yen};
use office::{DOCUMENT_BYTES_MOST, DOCUMENTS_MOST, OfficeError, Told};
use serde::{Deserialize, Serialize};
use store::{Draft, DraftDocument, StoreError};

/// What a script is told of a change.
#[derive(Serialize)]
pub(super) struct Saved {
    /// Of the draft, for the next change.
    pub(super) version: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) taken: Vec<Taken>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refused: Vec<Refused>,
}

/// A file that was taken.
#[derive(Serialize)]
pub(super) struct Taken {
    pub(super) position: u32,
    pub(super) sha256: String,
    pub(super) log_position: u64,
}

/// A file that was not taken, and why.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) file: String,
    pub(super) code: &'static str,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "facility_draft.html")]
struct DraftPage {
    frame: Frame,
    id: String,
    version: u64,
    programme: String,
    programme_id: String,
    facility: String,
    facility_code: String,
    /// Until when; none for the answer to a return.
    left: Option<(String, String)>,
    /// The claim that it answers.
    revises: Option<Returned>,
    documents: Vec<Card>,
    refused: Vec<Refused>,
    needs_documents: bool,
    /// Products to choose from, where the programme grants in kind.
    products: Vec<(ProductId, String)>,
    choices: Vec<Wish>,
    /// As it stands in the field.
    claimed: String,
    preview: Preview,
    file_bytes_most: u64,
    documents_most: usize,
    categories: Vec<(&'static str, &'static str)>,
}

/// What was said of the claim when it was returned.
struct Returned {
    claim: String,
    reason: Option<String>,
    judged: Option<Judged>,
}

/// A document of the draft.
struct Card {
    position: u32,
    file: String,
    declared: DocumentKind,
    size: String,
    sha256: Sha256,
    log_position: u64,
    base: String,
    shown: Option<Shown>,
    /// What can be corrected, with what is stated or was read.
    fields: Vec<Correctable>,
    /// What is stated: its name, what was read, what is stated, its code.
    stated: Vec<(String, String, String, String)>,
    /// Why the claim was returned, where that was about this file.
    reasons: Vec<String>,
}

impl Card {
    fn is(&self, code: &str) -> bool {
        matches!(
            (self.declared, code),
            (DocumentKind::Receipt, "receipt")
                | (DocumentKind::Itemization, "itemization")
                | (DocumentKind::Other, "other")
        )
    }
}

/// A choice of a product as the form has it.
struct Wish {
    rank: u8,
    name: &'static str,
    product: String,
    units: String,
}

/// What the rules would say.
pub(super) struct Preview {
    pub(super) judged: Judged,
    pub(super) outcome: &'static str,
    pub(super) outcome_text: &'static str,
    /// The sum, or the products.
    pub(super) grant: String,
    /// Documents that have not been read yet.
    pub(super) unread: usize,
    /// Nothing is in the draft yet.
    pub(super) empty: bool,
}

impl Preview {
    pub(super) async fn of(state: &WebState, draft: &Draft, frame: &Frame) -> Result<Preview, Fault> {
        let assessed = state.office.preview(draft).await?;
        let assessment = &assessed.assessment;
        let units: Vec<String> = assessment
            .computed_units
            .iter()
            .map(|one| format!("{} {}{}", one.label(), one.units, frame.t("台", "")))
            .collect();
        let grant =
            if units.is_empty() { frame.yen(&assessment.computed_yen) } else { units.join(frame.t("、", ", ")) };
        let outcome_text = match assessment.outcome {
            claim::Outcome::Approve => frame.t("交付の対象となる見込みです。", "It would be granted."),
            claim::Outcome::Review => {
                frame.t("担当者が確認してから決定します。", "A person would check it before it is decided.")
            }
            claim::Outcome::Return => frame.t(
                "このままでは差戻しとなります。次の点を訂正してください。",
                "It would be sent back: correct the following.",
            ),
            claim::Outcome::Reject => frame.t("このままでは交付されません。", "It would not be granted."),
        };
        Ok(Preview {
            judged: Judged::new(assessment, frame),
            outcome: assessment.outcome.code(),
            outcome_text,
            grant,
            unread: draft.documents.iter().filter(|one| one.reading.is_none()).count(),
            empty: draft.documents.is_empty() && draft.choices.is_empty(),
        })
    }
}

/// Why the claim was returned that a draft answers.
async fn returned(state: &WebState, draft: &Draft, frame: &Frame) -> Result<Option<Returned>, Fault> {
    let Some(id) = &draft.revises else { return Ok(None) };
    let record = state.office.claim(id).await?;
    let last = record.decisions.last().map(|record| &record.decision);
    let assessed = match last {
        Some(decision) => state.office.assessed(id, decision.revision).await?,
        None => None,
    };
    Ok(Some(Returned {
        claim: id.to_string(),
        reason: last.and_then(|decision| decision.reason.clone()),
        judged: assessed.map(|assessed| Judged::new(&assessed.assessment, frame)),
    }))
}

fn card(draft: &Draft, one: &DraftDocument, returned: Option<&Returned>, frame: &Frame) -> Card {
    let document = &one.document;
    let findings =
        returned.and_then(|returned| returned.judged.as_ref()).into_iter().flat_map(|judged| &judged.findings);
    Card {
        position: document.position,
        file: document.file.clone(),
        declared: document.declared,
        size: size(document.size_bytes),
        sha256: document.sha256,
        log_position: one.log_position,
        base: format!("/drafts/{}/documents/{}", draft.id, document.position),
        fields: one.reading.as_ref().map(|reading| correctable(reading, frame.lang())).unwrap_or_default(),
        stated: stated(draft, one, frame),
        shown: one.reading.as_ref().map(|reading| Shown::new(reading, document.declared, frame)),
        reasons: findings
            .filter(|finding| finding.severity == "return" && finding.file.as_ref() == Some(&document.file))
            .map(|finding| finding.message.clone())
            .collect(),
    }
}

/// What the facility states of a document, beside what was read.
fn stated(draft: &Draft, one: &DraftDocument, frame: &Frame) -> Vec<(String, String, String, String)> {
    let of_document = draft.stated.iter().filter(|stated| stated.position == one.document.position);
    of_document
        .map(|stated| {
            let read = one.reading.as_ref().and_then(|reading| stated.field.value(reading));
            let read = read.unwrap_or_else(|| frame.t("なし", "nothing").to_owned());
            (stated.field.name(frame.lang()), read, stated.value.clone(), stated.field.to_string())
        })
        .collect()
}

#[derive(Deserialize)]
pub(crate) struct Stated {
    #[serde(default)]
    field: String,
    /// Empty to take back what was stated.
    #[serde(default)]
    value: String,
}

/// States what a field says, where it was not read rightly.
pub(crate) async fn state_field(
    State(state): State<WebState>,
    person: Person,
    Path((id, position)): Path<(String, u32)>,
    headers: HeaderMap,
    Form(form): Form<Stated>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    let field = form.field.parse().map_err(|_| Fault::status(StatusCode::BAD_REQUEST))?;
    state.office.state_field(&draft, position, field, &form.value).await?;
    saved(&state, &person, &id, &headers, "saved").await
}

/// The page of a draft.
pub(super) async fn shown(
    state: &WebState,
    frame: Frame,
    draft: &Draft,
    status: StatusCode,
    refused: Vec<Refused>,
) -> Result<Response, Fault> {
    let lang = frame.lang();
    let today = state.office.today();
    let ruleset = state.office.rulebook.on(today).await?;
    let programme = ruleset.programme(&draft.programme);
    let facility: Option<Facility> = state.office.store.facility(&draft.facility_code).await?;
    let returned = returned(state, draft, &frame).await?;
    let products: Vec<(ProductId, String)> = programme
        .map(|programme| programme.products(today).into_iter().map(|(id, label)| (id.clone(), label)).collect())
        .unwrap_or_default();
    let wish = |rank: u8| {
        let choice = draft.choices.iter().find(|choice| choice.rank == rank);
        Wish {
            rank,
            name: if rank == 1 {
                frame.t("第一希望", "First choice")
            } else {
                frame.t("第二希望（任意）", "Second choice (optional)")
            },
            product: choice.map(|choice| choice.product.to_string()).unwrap_or_default(),
            units: choice.map(|choice| choice.units.to_string()).unwrap_or_default(),
        }
    };
    let page = DraftPage {
        id: draft.id.clone(),
        version: draft.version,
        programme: super::programme_name(&ruleset, &draft.programme, today, lang),
        programme_id: draft.programme.to_string(),
        facility: facility.map_or_else(|| draft.facility_code.to_string(), |facility| facility.name),
        facility_code: draft.facility_code.to_string(),
        left: programme
            .filter(|_| draft.revises.is_none())
            .map(|programme| (frame.day(&programme.deadline(today)), time_left(programme, state.office.now(), &frame))),
        documents: draft.documents.iter().map(|one| card(draft, one, returned.as_ref(), &frame)).collect(),
        revises: returned,
        needs_documents: programme.is_none_or(|programme| !programme.grants_in_kind()),
        choices: if products.is_empty() { Vec::new() } else { Choice::RANKS.map(wish).collect() },
        products,
        claimed: draft.claimed_yen.map(|yen| yen.get().to_string()).unwrap_or_default(),
        preview: Preview::of(state, draft, &frame).await?,
        file_bytes_most: DOCUMENT_BYTES_MOST,
        documents_most: DOCUMENTS_MOST,
        categories: Category::ALL.map(|category| (category.code(), category.name(lang))).to_vec(),
        refused,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

/// Where a draft is that cannot be changed any more.
fn beyond(draft: &Draft) -> Option<Response> {
    draft.sent_at?;
    Some(match &draft.claim_id {
        Some(claim) => Redirect::to(&format!("/claims/{claim}")).into_response(),
        // It was broken off: it has to be sent again, as it is.
        None => Redirect::to(&format!("/drafts/{}/send", draft.id)).into_response(),
    })
}

pub(crate) async fn show(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    match beyond(&draft) {
        Some(elsewhere) => Ok(elsewhere),
        None => shown(&state, frame, &draft, StatusCode::OK, Vec::new()).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct Changed {
    version: u64,
    #[serde(default)]
    claimed_yen: String,
    /// In the order of the ranks, as the form has them.
    #[serde(default)]
    product: Vec<String>,
    #[serde(default)]
    units: Vec<String>,
}

/// A whole number as people type it: full-width digits, separators and 円 are no mistake.
fn number(text: &str) -> Option<i64> {
    let digits: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            c => c,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，' | '、' | '円' | '¥' | '￥' | '台'))
        .collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { digits.parse().ok() }
}

fn told(code: &'static str, ja: &str, en: &str) -> Fault {
    OfficeError::from(Told::new(ja, en).coded(code)).into()
}

impl Changed {
    fn claimed_yen(&self) -> Result<Option<Yen>, Fault> {
        if self.claimed_yen.trim().is_empty() {
            return Ok(None);
        }
        number(&self.claimed_yen).and_then(|yen| Yen::new(yen).ok()).map(Some).ok_or_else(|| {
            told(
                "claimed-yen",
                "申請額は、円単位の数字で入力してください（例: 128000）。",
                "enter the amount as a whole number of yen, such as 128000",
            )
        })
    }

    fn choices(&self) -> Result<Vec<Choice>, Fault> {
        let mut choices = Vec::new();
        for ((rank, product), units) in Choice::RANKS.zip(&self.product).zip(&self.units) {
            if product.is_empty() {
                continue;
            }
            let units = number(units).and_then(|units| u32::try_from(units).ok()).ok_or_else(|| {
                told("units", "希望する製品の台数を、数字で入力してください。", "enter how many units, as a number")
            })?;
            choices.push(Choice { rank, product: product.as_str().into(), units });
        }
        Ok(choices)
    }
}

/// Saves what a draft asks for.
pub(crate) async fn change(
    State(state): State<WebState>,
    person: Person,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Changed>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    state.office.change_draft(&draft, form.version, form.claimed_yen()?, &form.choices()?).await?;
    saved(&state, &person, &id, &headers, "saved").await
}

/// A change was saved: for a script the new version, for a plain form the page.
async fn saved(
    state: &WebState,
    person: &Person,
    id: &str,
    headers: &HeaderMap,
    done: &str,
) -> Result<Response, Fault> {
    if wants_json(headers) {
        let version = draft_for(state, person, id).await?.version;
        return Ok(Json(Saved { version, taken: Vec::new(), refused: Vec::new() }).into_response());
    }
    Ok(Redirect::to(&format!("/drafts/{id}?done={done}#documents")).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Declared {
    kind: String,
}

/// Says what a document is; it is read as that.
pub(crate) async fn declare(
    State(state): State<WebState>,
    person: Person,
    Path((id, position)): Path<(String, u32)>,
    headers: HeaderMap,
    Form(form): Form<Declared>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    let kind = match form.kind.as_str() {
        "receipt" => DocumentKind::Receipt,
        "itemization" => DocumentKind::Itemization,
        _ => return Err(Fault::status(StatusCode::BAD_REQUEST)),
    };
    state.office.declare_draft_document(&draft, position, kind).await?;
    saved(&state, &person, &id, &headers, "saved").await
}

/// Reads a document, or reads it again.
pub(crate) async fn read(
    State(state): State<WebState>,
    person: Person,
    Path((id, position)): Path<(String, u32)>,
    headers: HeaderMap,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    state.office.read_draft_document(&draft, position).await?;
    saved(&state, &person, &id, &headers, "saved").await
}

/// Takes a document out.
pub(crate) async fn remove(
    State(state): State<WebState>,
    person: Person,
    Path((id, position)): Path<(String, u32)>,
    headers: HeaderMap,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    state.office.remove_draft_document(&draft, position).await?;
    saved(&state, &person, &id, &headers, "removed").await
}

#[derive(Deserialize)]
pub(crate) struct Discarded {
    version: u64,
}

/// Gives a draft up.
pub(crate) async fn discard(
    State(state): State<WebState>,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<Discarded>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    state.office.discard_draft(&draft, form.version).await?;
    Ok(Redirect::to("/claims?done=removed").into_response())
}

fn of(draft: &Draft, position: u32) -> Result<&DraftDocument, Fault> {
    draft
        .documents
        .iter()
        .find(|one| one.document.position == position)
        .ok_or_else(|| StoreError::NotFound { what: "document of the draft", id: draft.id.clone() }.into())
}

/// A document as it came.
pub(crate) async fn original(
    State(state): State<WebState>,
    person: Person,
    Path((id, position)): Path<(String, u32)>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    document::original(&state, &of(&draft, position)?.document).await
}

/// A page of a document as a picture.
pub(crate) async fn picture(
    State(state): State<WebState>,
    person: Person,
    Path((id, position, page)): Path<(String, u32, u32)>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    document::picture(&state, &of(&draft, position)?.document.sha256, page).await
}

/// A document beside what was read of it.
pub(crate) async fn view(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path((id, position)): Path<(String, u32)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let draft = draft_for(&state, &person, &id).await?;
    let one = of(&draft, position)?;
    let (base, back) = (format!("/drafts/{id}/documents/{position}"), format!("/drafts/{id}"));
    document::page(&state, frame, &one.document, one.reading.as_ref(), &wanted, base, back).await
}
