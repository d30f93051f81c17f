//! The outbox (送信箱): messages to people, each written in the transaction of what it tells of, and what became of them.
//!
//! A message is handed to a mail server at least once: a sender that dies after the server took it leaves a lease that
//! runs out, and it is sent again under the same Message-ID. What stands here are codes and ids; the address is looked
//! up when it is sent, so that a message never goes to one that its owner has given up.

use crate::database::{Tx, change, read, within};
use crate::row::{At, codes};
use crate::{Store, StoreError, dialect, log, sql};
use claim::{ClaimId, Lang, MessageKind, ProgrammeId};
use jiff::Timestamp;
use std::time::Duration;

codes! {
    /// Where a message is.
    MessageState "a state of messages" {
        /// It is to be sent, perhaps after a back-off.
        Waiting "waiting"
        /// Somebody is sending it.
        Leased "leased"
        /// A mail server took it.
        Sent "sent"
        /// It was given up, with the reason.
        Failed "failed"
    }
}

impl MessageState {
    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (MessageState::Waiting, Lang::Ja) => "送信待ち",
            (MessageState::Leased, Lang::Ja) => "送信中",
            (MessageState::Sent, Lang::Ja) => "送信済み",
            (MessageState::Failed, Lang::Ja) => "送信できず",
            (MessageState::Waiting, Lang::En) => "waits",
            (MessageState::Leased, Lang::En) => "is being sent",
            (MessageState::Sent, Lang::En) => "sent",
            (MessageState::Failed, Lang::En) => "given up",
        }
    }
}

/// A message that this sender has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number.
    pub id: i64,
    /// What it tells of.
    pub kind: MessageKind,
    /// Of which claim.
    pub claim_id: ClaimId,
    /// Of which of its revisions.
    pub revision: u32,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// When the claim was first sent.
    pub submitted_at: Timestamp,
    /// To which account.
    pub account_id: String,
    /// As it is addressed.
    pub name: String,
    /// Where to; `None` if the account has no address any more or is closed.
    pub email: Option<String>,
    /// Which attempt this is, from 1.
    pub attempts: u32,
    /// The fence: only the lease with this number can say what became of it.
    lease_token: i64,
}

/// A message as people look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// Its number.
    pub id: i64,
    /// What it tells of.
    pub kind: MessageKind,
    /// Of which claim.
    pub claim_id: ClaimId,
    /// Of which of its revisions.
    pub revision: u32,
    /// To which account.
    pub account_id: String,
    /// Where it is.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When a mail server took it.
    pub sent_at: Option<Timestamp>,
    /// Why it was not sent.
    pub reason: Option<String>,
}

/// Which messages are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFilter<'a> {
    /// All.
    All,
    /// Those that were given up.
    Failed,
    /// Those of one claim.
    Claim(&'a ClaimId),
}

#[derive(sqlx::FromRow)]
struct OutgoingRow {
    id: i64,
    kind: String,
    claim_id: String,
    revision: i64,
    programme: String,
    submitted_at_ms: i64,
    account_id: String,
    name: String,
    email: Option<String>,
    attempts: i64,
    lease_token: i64,
}

impl OutgoingRow {
    fn outgoing(self) -> Result<Outgoing, StoreError> {
        let at = At::new("messages", self.id);
        Ok(Outgoing {
            id: self.id,
            kind: kind(&at, &self.kind)?,
            revision: at.small(self.revision)?,
            submitted_at: at.time(self.submitted_at_ms)?,
            attempts: at.small(self.attempts)?,
            lease_token: self.lease_token,
            claim_id: self.claim_id.into(),
            programme: self.programme.into(),
            account_id: self.account_id,
            name: self.name,
            email: self.email,
        })
    }
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: i64,
    kind: String,
    claim_id: String,
    revision: i64,
    account_id: String,
    state: String,
    attempts: i64,
    created_at_ms: i64,
    sent_at_ms: Option<i64>,
    reason: Option<String>,
}

impl MessageRow {
    fn record(self) -> Result<MessageRecord, StoreError> {
        let at = At::new("messages", self.id);
        Ok(MessageRecord {
            id: self.id,
            kind: kind(&at, &self.kind)?,
            revision: at.small(self.revision)?,
            state: MessageState::from_code(&at, &self.state)?,
            attempts: at.small(self.attempts)?,
            created_at: at.time(self.created_at_ms)?,
            sent_at: self.sent_at_ms.map(|ms| at.time(ms)).transpose()?,
            claim_id: self.claim_id.into(),
            account_id: self.account_id,
            reason: self.reason,
        })
    }
}

fn kind(at: &At, code: &str) -> Result<MessageKind, StoreError> {
    MessageKind::from_code(code).ok_or_else(|| at.wrong(format!("found {code:?}, expected a kind of message")))
}

/// Writes a message to every open account of a claim's facility that has an address, inside the transaction of what it
/// tells of. Told once for each revision and `occasion` (the claim's version, of what can happen to it more than once): a
/// second time adds nothing.
pub(crate) async fn tell(
    tx: &mut Tx,
    kind: MessageKind,
    (claim, revision, occasion): (&ClaimId, u32, u64),
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = tx.pick(dialect::MESSAGES_WRITE);
    within!(*tx, |c| sqlx::query(statement)
        .bind(kind.code())
        .bind(claim.as_str())
        .bind(i64::from(revision))
        .bind(at.as_millisecond())
        .bind(log::signed(occasion))
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

impl Store {
    /// Takes at most `limit` messages that are to be sent, oldest first, for the time of `lease`. No two senders get the
    /// same one while the lease lasts.
    pub async fn take_messages(&self, lease: Duration, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let statement = self.db.pick(dialect::MESSAGES_TAKE);
        let ids: Vec<(i64, i64)> = change!(self.db, |c| sqlx::query_as(statement)
            .bind(crate::queue::milliseconds(lease))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        let mut taken = Vec::with_capacity(ids.len());
        for (id, _) in &ids {
            let row: OutgoingRow =
                read!(self.db, |c| sqlx::query_as(sql::MESSAGE_OUTGOING).bind(id).fetch_one(c).await?);
            taken.push(row.outgoing()?);
        }
        taken.sort_by_key(|message| message.id);
        Ok(taken)
    }

    /// How many messages could be taken now.
    pub async fn messages_ready(&self) -> Result<u64, StoreError> {
        let statement = self.db.pick(dialect::MESSAGES_READY);
        let ready: i64 = read!(self.db, |c| sqlx::query_scalar(statement).fetch_one(c).await?);
        At::new("messages", "(counted)").count(ready)
    }

    /// A mail server took a message at `at`. [`StoreError::LeaseLost`] if it is another sender's by now.
    pub async fn message_sent(&self, message: &Outgoing, at: Timestamp) -> Result<(), StoreError> {
        let rows = change!(self.db, |c| sqlx::query(sql::MESSAGE_SENT)
            .bind(message.id)
            .bind(message.lease_token)
            .bind(at.as_millisecond())
            .execute(c)
            .await?
            .rows_affected());
        if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost { job: message.id }) }
    }

    /// A message was not sent: it is tried again after `again`, or given up without one. `reason` holds no address.
    pub async fn message_not_sent(
        &self,
        message: &Outgoing,
        reason: &str,
        again: Option<Duration>,
    ) -> Result<(), StoreError> {
        let statement = self.db.pick(dialect::MESSAGE_NOT_SENT);
        let state = if again.is_some() { MessageState::Waiting } else { MessageState::Failed };
        let rows = change!(self.db, |c| sqlx::query(statement)
            .bind(message.id)
            .bind(message.lease_token)
            .bind(crate::queue::milliseconds(again.unwrap_or_default()))
            .bind(state.code())
            .bind(reason)
            .execute(c)
            .await?
            .rows_affected());
        if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost { job: message.id }) }
    }

    /// Has a message that was given up sent again, with all its attempts. `false` if there is none such.
    pub async fn send_again(&self, id: i64) -> Result<bool, StoreError> {
        let statement = self.db.pick(dialect::MESSAGE_AGAIN);
        let rows = change!(self.db, |c| sqlx::query(statement).bind(id).execute(c).await?.rows_affected());
        Ok(rows == 1)
    }

    /// At most `limit` messages after a message's number, oldest first.
    pub async fn messages(
        &self,
        which: MessageFilter<'_>,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let (statement, claim) = match which {
            MessageFilter::All => (sql::MESSAGES_PAGE, None),
            MessageFilter::Failed => (sql::MESSAGES_FAILED, None),
            MessageFilter::Claim(id) => (sql::MESSAGES_OF_CLAIM, Some(id.as_str())),
        };
        let rows: Vec<MessageRow> = read!(self.db, |c| {
            let query = sqlx::query_as(statement).bind(after.unwrap_or(0)).bind(log::signed(u64::from(limit)));
            match claim {
                Some(claim) => query.bind(claim).fetch_all(c).await?,
                None => query.fetch_all(c).await?,
            }
        });
        rows.into_iter().map(MessageRow::record).collect()
    }
}
