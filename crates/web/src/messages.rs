//! Mail to facilities as it is shown: beside its claim, and for administrators all that was given up.

use crate::WebState;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::{Form, OnlyButton, Person};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::ClaimId;
use serde::Deserialize;
use store::{MessageFilter, MessageRecord, MessageState};

/// Messages on one page.
const PAGE: u32 = 50;
/// The most messages that are shown of one claim: a claim has a few revisions, and a facility a few accounts.
const OF_CLAIM: u32 = 100;

/// A message as a page shows it.
pub(crate) struct MailShown {
    id: i64,
    claim: ClaimId,
    pub(crate) what: &'static str,
    pub(crate) account: String,
    pub(crate) state: &'static str,
    code: &'static str,
    pub(crate) at: String,
    failed: bool,
    reason: String,
}

impl MailShown {
    fn new(message: MessageRecord, frame: &Frame) -> MailShown {
        MailShown {
            id: message.id,
            what: message.kind.name(frame.lang()),
            state: message.state.name(frame.lang()),
            code: message.state.code(),
            at: frame.moment(&message.sent_at.unwrap_or(message.created_at)),
            failed: message.state == MessageState::Failed,
            reason: message.reason.unwrap_or_default(),
            account: message.account_id,
            claim: message.claim_id,
        }
    }
}

/// The mail that tells of a claim, the oldest first.
pub(crate) async fn of_claim(state: &WebState, claim: &ClaimId, frame: &Frame) -> Result<Vec<MailShown>, Fault> {
    let messages = state.office.store.messages(MessageFilter::Claim(claim), None, OF_CLAIM).await;
    let messages = messages.map_err(office::OfficeError::from)?;
    Ok(messages.into_iter().map(|message| MailShown::new(message, frame)).collect())
}

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    frame: Frame,
    mails: Vec<MailShown>,
    failed: bool,
    /// Whether a mail server is configured.
    sends: bool,
    next: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Which {
    after: Option<i64>,
    /// `failed`, or anything else for all.
    #[serde(default)]
    which: String,
}

pub(crate) async fn list(
    State(state): State<WebState>,
    frame: Frame,
    Query(query): Query<Which>,
) -> Result<Response, Fault> {
    let failed = query.which != "all";
    let filter = if failed { MessageFilter::Failed } else { MessageFilter::All };
    let mut messages =
        state.office.store.messages(filter, query.after, PAGE + 1).await.map_err(office::OfficeError::from)?;
    let more = messages.len() > PAGE as usize;
    messages.truncate(PAGE as usize);
    let page = MessagesPage {
        next: messages.last().filter(|_| more).map(|message| message.id),
        mails: messages.into_iter().map(|message| MailShown::new(message, &frame)).collect(),
        failed,
        sends: state.office.sends_mail(),
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

pub(crate) async fn again(
    State(state): State<WebState>,
    _: Person,
    Path(id): Path<i64>,
    Form(OnlyButton {}): Form<OnlyButton>,
) -> Result<Response, Fault> {
    state.office.send_again(id).await?;
    Ok(Redirect::to("/messages?done=mail-again").into_response())
}
