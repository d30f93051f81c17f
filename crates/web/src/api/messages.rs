//! Mail to facilities: that of a claim, and for administrators all of it and what was given up.

use super::call::{All, Call, Done, NoBody, Nothing, Page, Shown, page_size, place};
use super::claims::Id;
use crate::fault::{Asked, Fault};
use crate::session::claim_for;
use claim::ClaimId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{MessageFilter, MessageRecord};
use utoipa::{IntoParams, ToSchema};

/// The most messages of one claim.
const OF_CLAIM: u32 = 100;

/// A message.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageShown {
    id: i64,
    /// What it tells of, as people read it.
    about: &'static str,
    claim_id: ClaimId,
    revision: u32,
    /// To which account; no address is told.
    account: String,
    /// Such as `waiting`, `sent` or `failed`.
    state: &'static str,
    attempts: u32,
    created_at: Timestamp,
    sent_at: Option<Timestamp>,
    /// Why it was not sent.
    reason: Option<String>,
}

fn shown(message: MessageRecord, lang: claim::Lang) -> MessageShown {
    MessageShown {
        id: message.id,
        about: message.kind.name(lang),
        claim_id: message.claim_id,
        revision: message.revision,
        account: message.account_id,
        state: message.state.code(),
        attempts: message.attempts,
        created_at: message.created_at,
        sent_at: message.sent_at,
        reason: message.reason,
    }
}

/// The oldest first.
pub(super) async fn of_claim(call: Call<Id>) -> Result<Shown<All<MessageShown>>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let found = call.state.office.store.messages(MessageFilter::Claim(&record.claim.id), None, OF_CLAIM).await?;
    Ok(Shown::all(found.into_iter().map(|message| shown(message, call.lang))))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `failed` or `all`; all if it is not said.
    which: Option<String>,
}

pub(super) async fn list(call: Call<Nothing, Wanted>) -> Result<Shown<Page<MessageShown>>, Fault> {
    let limit = page_size(call.query.limit)?;
    let filter = match call.query.which.as_deref() {
        None | Some("all") => MessageFilter::All,
        Some("failed") => MessageFilter::Failed,
        Some(other) => {
            return Err(Asked::query(
                "which",
                format!("「{other}」は使用できません。failed 又は all としてください。"),
                format!("found {other:?}, expected failed or all"),
            ));
        }
    };
    let after = place(call.query.after.as_deref(), |text| text.parse().ok())?;
    let found = call.state.office.store.messages(filter, after, limit + 1).await?;
    Ok(Shown::new(Page::of(found, limit, |one| one.id.to_string(), |one| shown(one, call.lang))))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Number {
    /// The message.
    id: i64,
}

pub(super) async fn again(call: Call<Number, Nothing, NoBody>) -> Result<Done, Fault> {
    call.state.office.send_again(call.at.id).await?;
    Ok(Done)
}
