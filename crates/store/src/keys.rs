//! Keys of programs' requests (Idempotency-Key): which request of an account was made already, and what was answered.

use crate::database::{change, within};
use crate::row::At;
use crate::{Store, StoreError, sql};
use claim::Sha256;
use jiff::Timestamp;

/// A request that a program makes with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Whose program.
    pub account: String,
    /// Of the key.
    pub key: Sha256,
    /// Of all that makes the request what it is.
    pub request: Sha256,
    /// When it is made.
    pub at: Timestamp,
    /// Until when the same key means the same request.
    pub expires_at: Timestamp,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownKey {
    /// Nothing: the request is begun with it now.
    New,
    /// It was given with another request.
    OfAnother,
    /// The request was begun at this time, and is under way or broke off.
    Begun(Timestamp),
    /// It was done: the status, and the answer unless that held a secret.
    Answered(u16, Option<String>),
}

impl Store {
    /// Begins a request, unless its key is known. Keys that are over are forgotten first.
    pub async fn begin_request(&self, new: &KeyedRequest) -> Result<KnownKey, StoreError> {
        let key = new.key.to_string();
        let mut tx = self.db.begin().await?;
        within!(tx, |c| sqlx::query(sql::KEYS_END_OLD).bind(new.at.as_millisecond()).execute(c).await.map(drop))?;
        let begun = within!(tx, |c| sqlx::query(sql::KEY_BEGIN)
            .bind(&new.account)
            .bind(&key)
            .bind(new.request.to_string())
            .bind(new.at.as_millisecond())
            .bind(new.expires_at.as_millisecond())
            .execute(c)
            .await?
            .rows_affected());
        if begun == 1 {
            tx.commit().await?;
            return Ok(KnownKey::New);
        }
        let row: Option<(String, i64, Option<i64>, Option<String>)> =
            within!(tx, |c| sqlx::query_as(sql::KEY_GET).bind(&new.account).bind(&key).fetch_optional(c).await?);
        tx.commit().await?;
        // Whoever began it may have forgotten it meanwhile: then it is still under way for who asks now.
        let Some((request, begun_at_ms, status, answer)) = row else { return Ok(KnownKey::Begun(new.at)) };
        let at = At::new("idempotency_keys", format_args!("{} {key}", new.account));
        if at.hash(&request)? != new.request {
            return Ok(KnownKey::OfAnother);
        }
        match status {
            None => Ok(KnownKey::Begun(at.time(begun_at_ms)?)),
            Some(status) => {
                let status = u16::try_from(status).map_err(|_| at.wrong(format!("found status {status}")))?;
                Ok(KnownKey::Answered(status, answer))
            }
        }
    }

    /// Keeps what was answered to a request that was begun.
    pub async fn answer_request(
        &self,
        request: &KeyedRequest,
        status: u16,
        answer: Option<&str>,
    ) -> Result<(), StoreError> {
        change!(self.db, |c| sqlx::query(sql::KEY_ANSWER)
            .bind(&request.account)
            .bind(request.key.to_string())
            .bind(i64::from(status))
            .bind(answer)
            .execute(c)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets a request that was begun and of which nothing was done: it may be made anew with the same key.
    pub async fn forget_request(&self, request: &KeyedRequest) -> Result<(), StoreError> {
        change!(self.db, |c| sqlx::query(sql::KEY_FORGET)
            .bind(&request.account)
            .bind(request.key.to_string())
            .execute(c)
            .await
            .map(drop))?;
        Ok(())
    }
}
