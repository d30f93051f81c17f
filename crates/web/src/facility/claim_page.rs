//! A claim as its facility follows it: where it is, what was decided and why, and the answer to a return.

use super::{Judged, next_step, sum};
use crate::WebState;
use crate::document::size;
use crate::fault::Fault;
use crate::messages::{self, MailShown};
use crate::page::{Frame, html};
use crate::session::{Form, OnlyButton, Person, claim_for};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{AccountKind, ClaimState, DecisionKind, Sha256};
use serde::Deserialize;
use store::{ClaimRecord, RevisionRecord};

#[derive(Template)]
#[template(path = "facility_claim.html")]
struct ClaimPage {
    frame: Frame,
    id: String,
    state: ClaimState,
    next: &'static str,
    programme: String,
    facility: String,
    sum: String,
    submitted: String,
    returned: bool,
    /// It may be taken back.
    withdrawable: bool,
    version: u64,
    /// The bank sent the payment back.
    bounced: Option<Bounced>,
    error: Option<String>,
    /// The last first.
    revisions: Vec<Revision>,
    history: Vec<(String, String)>,
    mails: Vec<MailShown>,
}

/// What is asked of the facility after the bank sent the payment back.
struct Bounced {
    /// The bank's reason.
    reason: String,
    /// A corrected account waits for the fund's second look.
    corrected: bool,
    kinds: [(&'static str, &'static str); 4],
}

/// What was sent at one time, and what came of it.
struct Revision {
    number: u32,
    submitted: String,
    claimed: Option<String>,
    choices: Vec<String>,
    documents: Vec<SentDocument>,
    decision: Option<DecisionShown>,
}

struct SentDocument {
    file: String,
    declared: &'static str,
    size: String,
    sha256: Sha256,
    base: String,
}

struct DecisionShown {
    kind: &'static str,
    code: &'static str,
    day: String,
    grant: Option<String>,
    reason: Option<String>,
    judged: Option<Judged>,
    notice: Option<(String, String)>,
}

async fn decision(
    state: &WebState,
    frame: &Frame,
    record: &ClaimRecord,
    revision: u32,
) -> Result<Option<DecisionShown>, Fault> {
    let found = record.decisions.iter().map(|one| &one.decision).find(|one| one.revision == revision);
    let Some(decision) = found else { return Ok(None) };
    let assessed = state.office.assessed(&record.claim.id, revision).await?;
    let grant = match (&decision.grant_units, decision.kind) {
        (Some(units), _) => Some(format!("{} {}{}", units.label(), units.units, frame.t("台", ""))),
        (None, DecisionKind::Approve) => Some(frame.yen(&decision.grant_yen)),
        (None, _) => None,
    };
    let notice = record.notices.iter().find(|notice| notice.revision == revision);
    Ok(Some(DecisionShown {
        kind: decision.kind.name(frame.lang()),
        code: decision.kind.code(),
        day: frame.day(&claim::day_in_japan(decision.decided_at)),
        grant,
        reason: decision.reason.clone(),
        judged: assessed.map(|assessed| Judged::new(&assessed.assessment, frame)),
        notice: notice.map(|notice| {
            let path = format!("/claims/{}/notices/{}", record.claim.id, notice.revision);
            (path, format!("{}（{}）", notice.kind.name(frame.lang()), notice.number))
        }),
    }))
}

/// What happened, the first first.
fn history(record: &ClaimRecord, frame: &Frame) -> Vec<(String, String)> {
    let mut events = Vec::new();
    for sent in &record.revisions {
        let what = if sent.revision == 1 { frame.t("申請", "Sent") } else { frame.t("再申請", "Sent again") };
        events.push((sent.submitted_at, what.to_owned()));
    }
    for one in &record.decisions {
        events.push((one.decision.decided_at, one.decision.kind.name(frame.lang()).to_owned()));
    }
    events.sort_by_key(|event| event.0);
    events.into_iter().map(|(at, what)| (frame.moment(&at), what)).collect()
}

fn documents(id: &str, sent: &RevisionRecord, frame: &Frame) -> Vec<SentDocument> {
    let one = |document: &claim::Document| SentDocument {
        file: document.file.clone(),
        declared: document.declared.name(frame.lang()),
        size: size(document.size_bytes),
        sha256: document.sha256,
        base: format!("/claims/{id}/documents/{}/{}", sent.revision, document.position),
    };
    sent.documents.iter().map(one).collect()
}

/// The page of a claim for its facility, which was seen to be its own.
pub(crate) async fn claim_page(state: &WebState, frame: Frame, record: ClaimRecord) -> Result<Response, Fault> {
    shown_with(state, frame, record, None).await
}

async fn bounced(state: &WebState, frame: &Frame, record: &ClaimRecord) -> Result<Option<Bounced>, Fault> {
    let claim = &record.claim;
    if claim.state != ClaimState::Bounced {
        return Ok(None);
    }
    let all = state.office.store.bounced_of(&claim.facility_code).await?;
    let reason = all.into_iter().find(|(id, _)| *id == claim.id).and_then(|(_, reason)| reason);
    let held = state.office.store.facility_account(&claim.facility_code).await?;
    let kinds = [AccountKind::Ordinary, AccountKind::Current, AccountKind::Savings, AccountKind::Other];
    let codes = ["ordinary", "current", "savings", "other"];
    Ok(Some(Bounced {
        reason: reason.unwrap_or_else(|| frame.t("不明", "unknown").to_owned()),
        corrected: held.is_some_and(|held| held.looked.is_none()),
        kinds: std::array::from_fn(|i| (codes[i], crate::bank_accounts::kind_name(kinds[i], frame.lang()))),
    }))
}

/// The same, with what could not be done.
pub(super) async fn shown_with(
    state: &WebState,
    frame: Frame,
    record: ClaimRecord,
    error: Option<(StatusCode, String)>,
) -> Result<Response, Fault> {
    let claim = &record.claim;
    let (id, lang) = (claim.id.to_string(), frame.lang());
    let today = state.office.today();
    let ruleset = state.office.rulebook.on(today).await?;
    let products = ruleset.programme(&claim.programme).map(|one| one.products(today)).unwrap_or_default();
    let facility = state.office.store.facility(&claim.facility_code).await?;
    let mut revisions = Vec::with_capacity(record.revisions.len());
    for sent in record.revisions.iter().rev() {
        let choices = sent.choices.iter().map(|choice| {
            let product = products.iter().find(|(id, _)| **id == choice.product);
            let name = product.map_or_else(|| choice.product.to_string(), |(_, label)| label.clone());
            format!("{}. {name} {}{}", choice.rank, choice.units, frame.t("台", ""))
        });
        revisions.push(Revision {
            number: sent.revision,
            submitted: frame.moment(&sent.submitted_at),
            claimed: sent.claimed_yen.map(|yen| frame.yen(&yen)),
            choices: choices.collect(),
            documents: documents(&id, sent, &frame),
            decision: decision(state, &frame, &record, sent.revision).await?,
        });
    }
    let page = ClaimPage {
        id,
        state: claim.state,
        next: next_step(claim.state, &frame),
        programme: super::programme_name(&ruleset, &claim.programme, today, lang),
        facility: facility.map_or_else(|| claim.facility_code.to_string(), |facility| facility.name),
        sum: sum(claim, &frame),
        submitted: frame.moment(&claim.submitted_at),
        returned: claim.state == ClaimState::Returned,
        withdrawable: claim.state.may_be_taken_back(),
        version: claim.version,
        bounced: bounced(state, &frame, &record).await?,
        error: error.as_ref().map(|(_, text)| text.clone()),
        history: history(&record, &frame),
        mails: messages::of_claim(state, &claim.id, &frame).await?,
        revisions,
        frame,
    };
    Ok(html(error.map_or(StatusCode::OK, |(status, _)| status), &page.frame, &page))
}

#[derive(Deserialize)]
pub(crate) struct Seen {
    /// The version of the claim that was looked at.
    seen: u64,
}

/// Takes a claim back.
pub(crate) async fn withdraw(
    State(state): State<WebState>,
    person: Person,
    Path(id): Path<String>,
    Form(form): Form<Seen>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    state.office.withdraw(&record.claim.id, form.seen, &person.actor()).await?;
    Ok(Redirect::to(&format!("/claims/{id}?done=withdrawn")).into_response())
}

/// Begins the answer to a return, or goes on with it.
pub(crate) async fn answer(
    State(state): State<WebState>,
    person: Person,
    Path(id): Path<String>,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    let record = claim_for(&state, &person, &id).await?;
    let draft = state.office.open_answer(person.account(), &record.claim.id).await?;
    Ok(Redirect::to(&format!("/drafts/{draft}")).into_response())
}
