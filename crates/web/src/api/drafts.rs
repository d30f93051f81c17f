//! Drafts of a facility: begun, filled with documents, looked through with the deciding rules, and sent.

use super::call::{All, Attached, Call, Done, File, Json, Made, NoBody, Nothing, Shown, still};
use super::document::{self, Drawn};
use super::judged::Judged;
use crate::fault::{Asked, Fault};
use crate::session::draft_for;
use axum::http::StatusCode;
use claim::{Choice, ClaimId, Document, DocumentKind, InstitutionCode, ProgrammeId, Reading, Sha256, Yen};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Draft, DraftDocument};
use utoipa::{IntoParams, ToSchema};

/// The most drafts that are listed.
const DRAFTS_MOST: u32 = 100;

/// A draft.
#[derive(Serialize, ToSchema)]
#[schema(as = Draft)]
pub(crate) struct DraftShown {
    id: String,
    /// 医療機関等コード.
    facility: InstitutionCode,
    programme: ProgrammeId,
    /// The returned claim that it answers.
    revises: Option<ClaimId>,
    claimed_yen: Option<Yen>,
    /// Products, where the programme grants in kind.
    choices: Vec<Choice>,
    documents: Vec<DocumentShown>,
    changed_at: Timestamp,
    /// When it was sent; then it does not change. Without `claim_id` the sending broke off: send it again.
    sent_at: Option<Timestamp>,
    /// The claim that it became.
    claim_id: Option<ClaimId>,
}

/// A document of a draft.
#[derive(Serialize, ToSchema)]
#[schema(as = DraftDocument)]
struct DocumentShown {
    /// Its place in the draft; there may be gaps.
    position: u32,
    /// `other` until somebody says or reading tells what it is.
    declared: DocumentKind,
    file: String,
    sha256: Sha256,
    size_bytes: u64,
    /// Where the decision log tells that it was received.
    log_position: u64,
    /// Whether it has been read.
    read: bool,
}

fn shown(draft: Draft) -> Shown<DraftShown> {
    let version = draft.version;
    Shown::at(whole(draft), version)
}

fn whole(draft: Draft) -> DraftShown {
    let document = |one: DraftDocument| DocumentShown {
        position: one.document.position,
        declared: one.document.declared,
        file: one.document.file,
        sha256: one.document.sha256,
        size_bytes: one.document.size_bytes,
        log_position: one.log_position,
        read: one.reading.is_some(),
    };
    DraftShown {
        facility: draft.facility_code,
        programme: draft.programme,
        revises: draft.revises,
        claimed_yen: draft.claimed_yen,
        choices: draft.choices,
        documents: draft.documents.into_iter().map(document).collect(),
        changed_at: draft.changed_at,
        sent_at: draft.sent_at,
        claim_id: draft.claim_id,
        id: draft.id,
    }
}

/// The last changed first, at most 100.
pub(super) async fn list(call: Call<Nothing>) -> Result<Shown<All<DraftShown>>, Fault> {
    let drafts = call.state.office.store.drafts_of_account(&call.person.account().id, DRAFTS_MOST).await?;
    Ok(Shown::all(drafts.into_iter().map(whole)))
}

/// What a draft is begun for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDraft {
    /// 医療機関等コード of one of the account's institutions.
    facility: InstitutionCode,
    programme: ProgrammeId,
}

pub(super) async fn open(call: Call<Nothing, Nothing, Json<NewDraft>>) -> Result<Made<DraftShown>, Fault> {
    let Json(new) = call.body;
    let account = call.person.account();
    if !account.facilities.contains(&new.facility) {
        return Err(Fault::status(StatusCode::NOT_FOUND));
    }
    let id = call.state.office.open_draft(account, &new.facility, &new.programme).await?;
    let draft = call.state.office.draft(&id).await?;
    Ok(Made::at(shown(draft), format!("/api/v1/drafts/{id}")))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Id {
    /// The draft.
    id: String,
}

pub(super) async fn show(call: Call<Id>) -> Result<Shown<DraftShown>, Fault> {
    Ok(shown(draft_for(&call.state, &call.person, &call.at.id).await?))
}

/// What a draft asks for, whole: what is left out is nothing.
#[derive(Deserialize, ToSchema)]
#[schema(as = DraftContent)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// What is asked for, if it is said.
    claimed_yen: Option<Yen>,
    /// Products, where the programme grants in kind: ranks 1 and 2, each once.
    #[serde(default)]
    choices: Vec<Choice>,
}

pub(super) async fn change(call: Call<Id, Nothing, Json<Wish>>) -> Result<Shown<DraftShown>, Fault> {
    let Json(wish) = call.body;
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    call.state.office.change_draft(&draft, call.seen, wish.claimed_yen, &wish.choices).await?;
    Ok(shown(draft_for(&call.state, &call.person, &call.at.id).await?))
}

pub(super) async fn discard(call: Call<Id>) -> Result<Done, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    call.state.office.discard_draft(&draft, call.seen).await?;
    Ok(Done)
}

/// What would come of a draft.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    assessment: Judged,
    /// Documents that have not been read yet and are not in it.
    unread: usize,
}

pub(super) async fn preview(call: Call<Id>) -> Result<Shown<Preview>, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    let assessed = call.state.office.preview(&draft).await?;
    let unread = draft.documents.iter().filter(|one| one.reading.is_none()).count();
    let assessment = Judged::new(&assessed.assessment, call.lang, true);
    Ok(Shown::at(Preview { assessment, unread }, draft.version))
}

/// A claim that was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = SentClaim)]
pub(crate) struct Sent {
    claim_id: ClaimId,
}

pub(super) async fn send(call: Call<Id>) -> Result<Made<Sent>, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    still(draft.version, call.seen)?;
    let claim_id = call.state.office.send_draft(call.person.account(), &draft, call.seen).await?;
    let location = format!("/api/v1/claims/{claim_id}");
    Ok(Made::at(Shown::new(Sent { claim_id }), location))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    /// The file's name.
    file: String,
    /// `receipt` or `itemization`; where it is left out, reading tells.
    declared: Option<String>,
}

fn kind_of(code: &str, place: fn(&str, String, String) -> Fault) -> Result<DocumentKind, Fault> {
    match code {
        "receipt" => Ok(DocumentKind::Receipt),
        "itemization" => Ok(DocumentKind::Itemization),
        other => Err(place(
            "declared",
            "書類の種類は receipt 又は itemization としてください。".to_owned(),
            format!("found {other:?}, expected receipt or itemization"),
        )),
    }
}

/// A document that was received.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceivedDocument)]
pub(crate) struct Received {
    /// Its place in the draft.
    position: u32,
    sha256: Sha256,
    size_bytes: u64,
    /// Where the decision log tells of it.
    log_position: u64,
}

/// It is kept and not read yet: ask for that with `read`.
pub(super) async fn upload(call: Call<Id, Upload, File>) -> Result<Made<Received>, Fault> {
    let declared = call.query.declared.as_deref().map(|code| kind_of(code, Asked::query));
    let declared = declared.transpose()?.unwrap_or(DocumentKind::Other);
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    let (office, account, File(bytes)) = (&call.state.office, call.person.account(), call.body);
    let received = office.receive(account, &draft, &call.query.file, declared, bytes).await?;
    let version = office.draft(&draft.id).await?.version;
    let location = format!("/api/v1/drafts/{}/documents/{}", draft.id, received.position);
    let kept = Received {
        position: received.position,
        sha256: received.sha256,
        size_bytes: received.size_bytes,
        log_position: received.log_position,
    };
    Ok(Made::at(Shown::at(kept, version), location))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct DocumentAt {
    /// The draft.
    id: String,
    /// The document's place in it.
    position: u32,
}

fn of(draft: &Draft, position: u32) -> Result<&DraftDocument, Fault> {
    let found = draft.documents.iter().find(|one| one.document.position == position);
    found.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))
}

pub(super) async fn original(call: Call<DocumentAt>) -> Result<Attached, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    let document: &Document = &of(&draft, call.at.position)?.document;
    document::original(&call.state, document).await
}

/// What a document is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    /// `receipt` or `itemization`.
    declared: String,
}

pub(super) async fn declare(call: Call<DocumentAt, Nothing, Json<Declared>>) -> Result<Shown<DraftShown>, Fault> {
    let Json(body) = call.body;
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    of(&draft, call.at.position)?;
    let kind = kind_of(&body.declared, Asked::body)?;
    still(draft.version, call.seen)?;
    call.state.office.declare_draft_document(&draft, call.at.position, kind).await?;
    Ok(shown(call.state.office.draft(&draft.id).await?))
}

pub(super) async fn read(call: Call<DocumentAt, Nothing, NoBody>) -> Result<Shown<Reading>, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    of(&draft, call.at.position)?;
    call.state.office.read_draft_document(&draft, call.at.position).await?;
    read_of(&call.state.office.draft(&draft.id).await?, call.at.position)
}

fn read_of(draft: &Draft, position: u32) -> Result<Shown<Reading>, Fault> {
    let reading = of(draft, position)?.reading.clone();
    reading.map(Shown::new).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))
}

pub(super) async fn reading(call: Call<DocumentAt>) -> Result<Shown<Reading>, Fault> {
    read_of(&draft_for(&call.state, &call.person, &call.at.id).await?, call.at.position)
}

/// What a field says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stated {
    /// Such as `receipt.total_yen`.
    field: String,
    /// Empty to take back what was stated.
    value: String,
}

/// What was read stays beside it, and a person compares.
pub(super) async fn state_field(call: Call<DocumentAt, Nothing, Json<Stated>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    of(&draft, call.at.position)?;
    let field = super::review::field_of(&body.field)?;
    still(draft.version, call.seen)?;
    call.state.office.state_field(&draft, call.at.position, field, &body.value).await?;
    Ok(Done)
}

pub(super) async fn remove(call: Call<DocumentAt>) -> Result<Done, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    of(&draft, call.at.position)?;
    still(draft.version, call.seen)?;
    call.state.office.remove_draft_document(&draft, call.at.position).await?;
    Ok(Done)
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct PageAt {
    /// The draft.
    id: String,
    /// The document's place in it.
    position: u32,
    /// From 1; of a workbook, the sheet.
    page: u32,
}

pub(super) async fn page(call: Call<PageAt>) -> Result<Drawn, Fault> {
    let draft = draft_for(&call.state, &call.person, &call.at.id).await?;
    document::page(&call.state, &of(&draft, call.at.position)?.document.sha256, call.at.page).await
}
