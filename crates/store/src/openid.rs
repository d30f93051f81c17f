//! Sign-in by OpenID Connect: identities at providers, and sign-ins that are under way.

use crate::database::{change, read, within};
use crate::row::At;
use crate::{Store, StoreError, log, sql};
use claim::{LogEntry, Sha256};
use jiff::Timestamp;
use std::ops::Range;

/// Somebody as a provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Its name for them.
    pub subject: String,
}

/// A sign-in that was sent to a provider. What it holds is secret until it has come back.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenIdAttempt {
    /// What the provider gives back.
    pub state: String,
    /// What the token has to carry.
    pub nonce: String,
    /// The verifier of PKCE.
    pub verifier: String,
    /// Where to go on afterwards.
    pub next: String,
    /// The account that is to be linked; `None` for a sign-in.
    pub account_id: Option<String>,
    /// Until when it may come back.
    pub expires_at: Timestamp,
}

/// Says what there is, not what it is.
impl std::fmt::Debug for OpenIdAttempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenIdAttempt")
            .field("account_id", &self.account_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

type AttemptRow = (String, String, String, String, Option<String>, i64);

impl Store {
    /// Keeps a sign-in that is sent to a provider, and forgets those that did not come back until `now`.
    pub async fn begin_openid(&self, key: &Sha256, attempt: &OpenIdAttempt, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        within!(tx, |c| sqlx::query(sql::OPENID_ATTEMPTS_FORGET)
            .bind(now.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        within!(tx, |c| sqlx::query(sql::OPENID_ATTEMPT_INSERT)
            .bind(key.to_string())
            .bind(&attempt.state)
            .bind(&attempt.nonce)
            .bind(&attempt.verifier)
            .bind(&attempt.next)
            .bind(&attempt.account_id)
            .bind(attempt.expires_at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await
    }

    /// Takes a sign-in that came back; it is then gone. `None` if there is none, or it came too late.
    pub async fn take_openid(&self, key: &Sha256, now: Timestamp) -> Result<Option<OpenIdAttempt>, StoreError> {
        let row: Option<AttemptRow> = change!(self.db, |c| sqlx::query_as(sql::OPENID_ATTEMPT_TAKE)
            .bind(key.to_string())
            .fetch_optional(c)
            .await?);
        let Some((state, nonce, verifier, next, account_id, expires_at_ms)) = row else { return Ok(None) };
        let expires_at = At::new("openid_attempts", "(taken)").time(expires_at_ms)?;
        let attempt = OpenIdAttempt { state, nonce, verifier, next, account_id, expires_at };
        Ok(Some(attempt).filter(|attempt| attempt.expires_at > now))
    }

    /// Links an identity to an account. [`StoreError::Taken`] if it is another account's, or the account has another.
    pub async fn link_identity(
        &self,
        identity: &Identity,
        account: &str,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let rows = within!(tx, |c| sqlx::query(sql::IDENTITY_INSERT)
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .bind(account)
            .bind(at.as_millisecond())
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(StoreError::Taken { what: "identity", id: account.to_owned() });
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// Takes an account's identity at a provider away. [`StoreError::NotFound`] if it has none.
    pub async fn unlink_identity(
        &self,
        issuer: &str,
        account: &str,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let rows = within!(tx, |c| sqlx::query(sql::IDENTITY_DELETE)
            .bind(issuer)
            .bind(account)
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(StoreError::NotFound { what: "identity of account", id: account.to_owned() });
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// The account of an identity, by its id.
    pub async fn account_of_identity(&self, identity: &Identity) -> Result<Option<String>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::IDENTITY_ACCOUNT)
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(c)
            .await?))
    }

    /// Whether an account has an identity at a provider.
    pub async fn has_identity(&self, issuer: &str, account: &str) -> Result<bool, StoreError> {
        let found: Option<String> = read!(self.db, |c| sqlx::query_scalar(sql::IDENTITY_OF_ACCOUNT)
            .bind(issuer)
            .bind(account)
            .fetch_optional(c)
            .await?);
        Ok(found.is_some())
    }
}
