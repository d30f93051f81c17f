//! Claims: lists of them, one with all its revisions, its documents and notices, and the answer to a return.

use super::call::{All, Attached, Call, Done, Made, Nothing, Page, Shown, page_size, place, still};
use super::document::{self, Drawn};
use super::judged::{Decided, Judged, Notice};
use crate::fault::{Asked, Fault};
use crate::session::claim_for;
use axum::http::StatusCode;
use claim::{Choice, ClaimId, ClaimState, Document, InstitutionCode, ProductUnits, ProgrammeId, Reading, Role, Yen};
use decision_log::Entry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{ClaimFilter, ClaimRecord, ClaimSummary, LogQuery};
use utoipa::{IntoParams, ToSchema};

/// The most entries of a claim's history.
const HISTORY_MOST: u32 = 200;

/// A claim in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    claim_id: ClaimId,
    state: ClaimState,
    revision: u32,
    /// Grows with every change; it stands in the ETag.
    version: u64,
    programme: ProgrammeId,
    /// 医療機関等コード.
    facility: InstitutionCode,
    /// When it was first sent.
    submitted_at: Timestamp,
    claimed_yen: Option<Yen>,
    granted_yen: Option<Yen>,
    /// What was granted in kind.
    granted_units: Option<ProductUnits>,
}

impl From<&ClaimSummary> for Listed {
    fn from(claim: &ClaimSummary) -> Listed {
        Listed {
            claim_id: claim.id.clone(),
            state: claim.state,
            revision: claim.revision,
            version: claim.version,
            programme: claim.programme.clone(),
            facility: claim.facility_code.clone(),
            submitted_at: claim.submitted_at,
            claimed_yen: claim.claimed_yen,
            granted_yen: claim.granted_yen,
            granted_units: claim.granted_units.clone(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Only in this state.
    #[param(value_type = Option<ClaimState>)]
    state: Option<String>,
    /// Only under this programme.
    programme: Option<String>,
    /// Only of this institution; for a facility's account all of its own if none is named.
    facility: Option<String>,
}

/// Of a facility's account the last sent first; else in the order of the ids.
pub(super) async fn list(call: Call<Nothing, Wanted>) -> Result<Shown<Page<Listed>>, Fault> {
    let wanted = call.query;
    let limit = page_size(wanted.limit)?;
    let facility = wanted.facility.as_deref().map(InstitutionCode::parse).transpose().map_err(|error| {
        Asked::query("facility", "医療機関等コードは、10桁の数字で指定してください。", error.to_string())
    })?;
    if facility.as_ref().is_some_and(|code| !call.person.reaches(code)) {
        return Err(Fault::status(StatusCode::NOT_FOUND));
    }
    let state = match wanted.state.as_deref() {
        Some(code) => Some(ClaimState::from_code(code).ok_or_else(|| {
            Asked::query(
                "state",
                format!("「{code}」という状態はありません。"),
                format!("found {code:?}, expected a state of a claim"),
            )
        })?),
        None => None,
    };
    let store = &call.state.office.store;
    let plain = state.is_none() && facility.is_none() && wanted.programme.is_none();
    if call.person.role() == Role::Facility && plain {
        let after = place(wanted.after.as_deref(), |text| {
            let (at, id) = text.split_once(' ')?;
            Some((Timestamp::from_millisecond(at.parse().ok()?).ok()?, ClaimId::from(id)))
        })?;
        let after = after.as_ref().map(|(at, id)| (*at, id));
        let found = store.claims_of_account(&call.person.account().id, after, limit + 1).await?;
        let place = |claim: &ClaimSummary| format!("{} {}", claim.submitted_at.as_millisecond(), claim.id);
        return Ok(Shown::new(Page::of(found, limit, place, |claim| Listed::from(&claim))));
    }
    // A facility's account that asks for less than all asks for one institution.
    let facility = match (call.person.role(), facility) {
        (Role::Facility, None) => match call.person.account().facilities.as_slice() {
            [only] => Some(only.clone()),
            _ => {
                return Err(Asked::query(
                    "facility",
                    "複数の医療機関等を扱う利用者は、医療機関等コードを指定してください。",
                    "an account of several institutions has to name one of them",
                ));
            }
        },
        (_, facility) => facility,
    };
    let filter = ClaimFilter { state, facility, programme: wanted.programme.map(ProgrammeId::from) };
    let after = place(wanted.after.as_deref(), |text| Some(ClaimId::from(text)))?;
    let found = store.claims(&filter, after.as_ref(), limit + 1).await?;
    Ok(Shown::new(Page::of(found, limit, |claim| claim.id.to_string(), |claim| Listed::from(&claim))))
}

/// A claim with all that was sent and decided.
#[derive(Serialize, ToSchema)]
#[schema(as = Claim)]
pub(crate) struct Whole {
    #[serde(flatten)]
    claim: Listed,
    /// The facility's name, if the register has it.
    facility_name: Option<String>,
    /// The last first.
    revisions: Vec<Revision>,
    /// The account that it was handed to; not for facilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    hand: Option<String>,
}

/// What was sent at one time, and what came of it.
#[derive(Serialize, ToSchema)]
struct Revision {
    revision: u32,
    submitted_at: Timestamp,
    claimed_yen: Option<Yen>,
    choices: Vec<Choice>,
    documents: Vec<Document>,
    /// What the rules said; for a facility once it is decided.
    assessment: Option<Judged>,
    decision: Option<Decided>,
    notice: Option<Notice>,
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Id {
    /// 受付番号.
    pub(super) id: String,
}

pub(super) async fn show(call: Call<Id>) -> Result<Shown<Whole>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let own = call.person.role() == Role::Facility;
    let (office, id) = (&call.state.office, &record.claim.id);
    let mut revisions = Vec::with_capacity(record.revisions.len());
    for sent in record.revisions.iter().rev() {
        let decision = record.decisions.iter().map(|one| &one.decision).find(|one| one.revision == sent.revision);
        let assessed = match own && decision.is_none() {
            true => None,
            false => office.assessed(id, sent.revision).await?,
        };
        revisions.push(Revision {
            revision: sent.revision,
            submitted_at: sent.submitted_at,
            claimed_yen: sent.claimed_yen,
            choices: sent.choices.clone(),
            documents: sent.documents.clone(),
            assessment: assessed.map(|assessed| Judged::new(&assessed.assessment, call.lang, own)),
            decision: decision.map(|decision| Decided::new(decision.clone(), own)),
            notice: record.notices.iter().find(|one| one.revision == sent.revision).map(Notice::new),
        });
    }
    let facility = office.store.facility(&record.claim.facility_code).await?;
    let whole = Whole {
        claim: Listed::from(&record.claim),
        facility_name: facility.map(|facility| facility.name),
        revisions,
        hand: if own { None } else { office.store.hand_of(id).await? },
    };
    Ok(Shown::at(whole, record.claim.version))
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Happened {
    /// Of the entry in the decision log.
    position: u64,
    at: Timestamp,
    by: String,
    /// Such as `claim-submitted`.
    event: &'static str,
    /// As people read it.
    text: String,
}

/// The first first, at most the last 200.
pub(super) async fn history(call: Call<Id>) -> Result<Shown<All<Happened>>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let query = LogQuery { claim: Some(record.claim.id), ..LogQuery::default() };
    let found = call.state.office.store.find_in_log(&query, None, HISTORY_MOST).await?;
    let happened = found.into_iter().rev().filter_map(|(position, payload)| {
        let entry = Entry::from_bytes(&payload).ok()?;
        Some(Happened {
            position,
            at: entry.at,
            by: entry.by.to_string(),
            event: entry.event.code(),
            text: entry.event.name(call.lang).to_owned(),
        })
    });
    Ok(Shown::all(happened))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct NoticeAt {
    /// 受付番号.
    id: String,
    /// The revision that was decided, from 1.
    revision: u32,
}

fn not_there() -> Fault {
    Fault::status(StatusCode::NOT_FOUND)
}

pub(super) async fn notice(call: Call<NoticeAt>) -> Result<Attached, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let notice = record.notices.iter().find(|one| one.revision == call.at.revision).ok_or_else(not_there)?;
    let bytes = call.state.office.store.document(&notice.pdf).await?;
    Ok(Attached { file: format!("{}.pdf", notice.number), media_type: "application/pdf".to_owned(), bytes })
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct DocumentAt {
    /// 受付番号.
    id: String,
    /// The revision, from 1.
    revision: u32,
    /// The document's place in it, from 0.
    position: u32,
}

fn of(record: &ClaimRecord, revision: u32, position: u32) -> Result<&Document, Fault> {
    let sent = record.revisions.iter().find(|one| one.revision == revision).ok_or_else(not_there)?;
    sent.documents.iter().find(|document| document.position == position).ok_or_else(not_there)
}

pub(super) async fn original(call: Call<DocumentAt>) -> Result<Attached, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    document::original(&call.state, of(&record, call.at.revision, call.at.position)?).await
}

pub(super) async fn reading(call: Call<DocumentAt>) -> Result<Shown<Reading>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    of(&record, call.at.revision, call.at.position)?;
    let (readings, _) = call.state.office.corrected(&record.claim.id, call.at.revision).await?;
    let position = usize::try_from(call.at.position).map_err(|_| not_there())?;
    readings.into_iter().nth(position).map(Shown::new).ok_or_else(not_there)
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct PageAt {
    /// 受付番号.
    id: String,
    /// The revision, from 1.
    revision: u32,
    /// The document's place in it, from 0.
    position: u32,
    /// From 1; of a workbook, the sheet.
    page: u32,
}

pub(super) async fn page(call: Call<PageAt>) -> Result<Drawn, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    document::page(&call.state, &of(&record, call.at.revision, call.at.position)?.sha256, call.at.page).await
}

/// A draft that was begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct Begun {
    draft_id: String,
}

pub(super) async fn answer(call: Call<Id>) -> Result<Made<Begun>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let draft_id = call.state.office.open_answer(call.person.account(), &record.claim.id).await?;
    let location = format!("/api/v1/drafts/{draft_id}");
    Ok(Made::at(Shown::new(Begun { draft_id }), location))
}

pub(super) async fn withdraw(call: Call<Id>) -> Result<Done, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    still(record.claim.version, call.seen)?;
    call.state.office.withdraw(&record.claim.id, call.seen, &call.person.actor()).await?;
    Ok(Done)
}
