//! Accounts (利用者): who may sign in, their sessions and tokens, and how often something was tried.

use crate::database::{Tx, change, read, within};
use crate::row::At;
use crate::{Store, StoreError, log, sql};
use claim::{InstitutionCode, LogEntry, Role, Sha256};
use jiff::Timestamp;
use std::ops::Range;
use std::time::Duration;

/// An account as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What is typed to sign in.
    pub id: String,
    /// What it is for.
    pub role: Role,
    /// As pages address it.
    pub name: String,
    /// For messages.
    pub email: Option<String>,
    /// The institutions that it acts for; only a facility's account has any.
    pub facilities: Vec<InstitutionCode>,
    /// False once it is closed.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Grows with every change.
    pub version: u64,
}

/// What an account proves itself with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Argon2id, as a PHC string; `None` while no password is set.
    pub password_hash: Option<String>,
    /// The shared secret of the second step, in base 32; `None` while there is none.
    pub totp_secret: Option<String>,
}

/// Says what there is, not what it is.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("password", &self.password_hash.is_some())
            .field("totp", &self.totp_secret.is_some())
            .finish()
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The account.
    pub account: Account,
    /// What forms of this session carry.
    pub form_token: String,
    /// Whether the second step was taken.
    pub second_step: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
}

/// A session that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Of the token that the browser has.
    pub token_sha256: Sha256,
    /// Whose.
    pub account_id: String,
    /// What its forms carry.
    pub form_token: String,
    /// Whether the second step was taken.
    pub second_step: bool,
    /// When it begins.
    pub at: Timestamp,
}

/// What a token of a program may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenScope {
    /// Look.
    Read,
    /// Look and change, as far as its account may.
    Write,
}

impl TokenScope {
    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            TokenScope::Read => "read",
            TokenScope::Write => "write",
        }
    }

    /// The scope of a code.
    pub fn from_code(code: &str) -> Option<TokenScope> {
        [TokenScope::Read, TokenScope::Write].into_iter().find(|scope| scope.code() == code)
    }
}

/// A token of a program. The token itself is shown once and not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Of the token.
    pub token_sha256: Sha256,
    /// Whose.
    pub account_id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    role: String,
    name: String,
    email: Option<String>,
    active: i64,
    created_at_ms: i64,
    version: i64,
}

impl AccountRow {
    fn account(self, facilities: Vec<InstitutionCode>) -> Result<Account, StoreError> {
        let at = At::new("accounts", &self.id);
        Ok(Account {
            role: Role::from_code(&self.role)
                .ok_or_else(|| at.wrong(format!("found role {:?}, expected one of an account", self.role)))?,
            active: self.active == 1,
            created_at: at.time(self.created_at_ms)?,
            version: at.count(self.version)?,
            facilities,
            name: self.name,
            email: self.email,
            id: self.id,
        })
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    account_id: String,
    form_token: String,
    second_step: i64,
    created_at_ms: i64,
    seen_at_ms: i64,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    token_sha256: String,
    account_id: String,
    name: String,
    scope: String,
    created_at_ms: i64,
    expires_at_ms: i64,
}

impl TokenRow {
    fn token(self) -> Result<ApiToken, StoreError> {
        let at = At::new("api_tokens", &self.token_sha256);
        Ok(ApiToken {
            token_sha256: at.hash(&self.token_sha256)?,
            scope: TokenScope::from_code(&self.scope)
                .ok_or_else(|| at.wrong(format!("found scope {:?}, expected read or write", self.scope)))?,
            created_at: at.time(self.created_at_ms)?,
            expires_at: at.time(self.expires_at_ms)?,
            account_id: self.account_id,
            name: self.name,
        })
    }
}

async fn account(tx: &mut Tx, id: &str) -> Result<Option<Account>, StoreError> {
    let row: Option<AccountRow> = within!(*tx, |c| sqlx::query_as(sql::ACCOUNT_GET).bind(id).fetch_optional(c).await?);
    let Some(row) = row else { return Ok(None) };
    let codes: Vec<String> =
        within!(*tx, |c| sqlx::query_scalar(sql::ACCOUNT_FACILITIES).bind(id).fetch_all(c).await?);
    let at = At::new("account_facilities", id);
    let facilities = codes.iter().map(|code| at.facility_code(code)).collect::<Result<_, _>>()?;
    row.account(facilities).map(Some)
}

async fn put_facilities(tx: &mut Tx, account: &Account) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::ACCOUNT_FACILITIES_CLEAR).bind(&account.id).execute(c).await.map(drop))?;
    for code in &account.facilities {
        within!(*tx, |c| sqlx::query(sql::ACCOUNT_FACILITY_INSERT)
            .bind(&account.id)
            .bind(code.as_str())
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, new: &Account, credentials: &Credentials) -> Result<(), StoreError> {
    if account(tx, &new.id).await?.is_some() {
        return Err(StoreError::Taken { what: "account", id: new.id.clone() });
    }
    within!(*tx, |c| sqlx::query(sql::ACCOUNT_INSERT)
        .bind(&new.id)
        .bind(new.role.code())
        .bind(&new.name)
        .bind(&new.email)
        .bind(&credentials.password_hash)
        .bind(&credentials.totp_secret)
        .bind(i64::from(new.active))
        .bind(new.created_at.as_millisecond())
        .execute(c)
        .await
        .map(drop))?;
    put_facilities(tx, new).await
}

impl Store {
    /// Makes an account. [`StoreError::Taken`] if its id is taken.
    pub async fn add_account(
        &self,
        new: &Account,
        credentials: &Credentials,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        insert(&mut tx, new, credentials).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Makes an invitation for an institution to make its own account.
    pub async fn invite(
        &self,
        code_sha256: &Sha256,
        facility: &InstitutionCode,
        expires_at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::INVITATION_INSERT)
            .bind(code_sha256.to_string())
            .bind(facility.as_str())
            .bind(expires_at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Makes the account of a facility that was invited with this code; the invitation is then used.
    /// [`StoreError::NotFound`] if there is no such invitation of the account's one institution that is still open.
    pub async fn add_invited_account(
        &self,
        code_sha256: &Sha256,
        new: &Account,
        credentials: &Credentials,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        insert(&mut tx, new, credentials).await?;
        let facility = new.facilities.first().map(InstitutionCode::as_str).unwrap_or_default();
        let rows = within!(tx, |c| sqlx::query(sql::INVITATION_USE)
            .bind(code_sha256.to_string())
            .bind(facility)
            .bind(new.created_at.as_millisecond())
            .bind(&new.id)
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(StoreError::NotFound { what: "invitation for", id: facility.to_owned() });
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// Changes an account that was looked at as it is in `changed` (its version is the one that was looked at); whoever
    /// is signed in with it has to sign in again.
    pub async fn change_account(&self, changed: &Account, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let rows = within!(tx, |c| sqlx::query(sql::ACCOUNT_CHANGE)
            .bind(&changed.id)
            .bind(log::signed(changed.version))
            .bind(changed.role.code())
            .bind(&changed.name)
            .bind(&changed.email)
            .bind(i64::from(changed.active))
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            let now = account(&mut tx, &changed.id).await?;
            return Err(match now {
                None => StoreError::NotFound { what: "account", id: changed.id.clone() },
                Some(now) => StoreError::AccountConflict {
                    account: changed.id.clone(),
                    found: now.version,
                    expected: changed.version,
                },
            });
        }
        put_facilities(&mut tx, changed).await?;
        within!(tx, |c| sqlx::query(sql::SESSIONS_END_OF).bind(&changed.id).execute(c).await.map(drop))?;
        if !changed.active {
            within!(tx, |c| sqlx::query(sql::TOKENS_END_OF).bind(&changed.id).execute(c).await.map(drop))?;
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// Sets what an account proves itself with; whoever is signed in with it has to sign in again.
    pub async fn set_credentials(
        &self,
        id: &str,
        credentials: &Credentials,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let rows = within!(tx, |c| sqlx::query(sql::CREDENTIALS_SET)
            .bind(id)
            .bind(&credentials.password_hash)
            .bind(&credentials.totp_secret)
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(StoreError::NotFound { what: "account", id: id.to_owned() });
        }
        within!(tx, |c| sqlx::query(sql::SESSIONS_END_OF).bind(id).execute(c).await.map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// Sets where an open account gets its mail; `None` for nowhere.
    pub async fn set_email(
        &self,
        id: &str,
        email: Option<&str>,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let rows =
            within!(tx, |c| sqlx::query(sql::ACCOUNT_EMAIL_SET).bind(id).bind(email).execute(c).await?.rows_affected());
        if rows != 1 {
            return Err(StoreError::NotFound { what: "open account", id: id.to_owned() });
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// An account.
    pub async fn account(&self, id: &str) -> Result<Option<Account>, StoreError> {
        account(&mut self.db.snapshot().await?, id).await
    }

    /// What an account proves itself with.
    pub async fn credentials(&self, id: &str) -> Result<Option<Credentials>, StoreError> {
        let row: Option<(Option<String>, Option<String>)> =
            read!(self.db, |c| sqlx::query_as(sql::CREDENTIALS_GET).bind(id).fetch_optional(c).await?);
        Ok(row.map(|(password_hash, totp_secret)| Credentials { password_hash, totp_secret }))
    }

    /// At most `limit` accounts in the order of their ids, after an id.
    pub async fn accounts(&self, after: Option<&str>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let ids: Vec<String> = within!(tx, |c| sqlx::query_scalar(sql::ACCOUNT_PAGE)
            .bind(after.unwrap_or(""))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        let mut accounts = Vec::with_capacity(ids.len());
        for id in ids {
            accounts.extend(account(&mut tx, &id).await?);
        }
        Ok(accounts)
    }

    /// Takes the number of a time step as used; false if it, or a later one, was used already.
    pub async fn use_totp_step(&self, id: &str, step: u64) -> Result<bool, StoreError> {
        let rows = change!(self.db, |c| sqlx::query(sql::TOTP_STEP_USE)
            .bind(id)
            .bind(log::signed(step))
            .execute(c)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }

    /// Begins a session.
    pub async fn begin_session(&self, new: &NewSession) -> Result<(), StoreError> {
        change!(self.db, |c| sqlx::query(sql::SESSION_INSERT)
            .bind(new.token_sha256.to_string())
            .bind(&new.account_id)
            .bind(&new.form_token)
            .bind(i64::from(new.second_step))
            .bind(new.at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The session of a token, if it is used at `now` within `idle` of its last use and `life` of its beginning, and its
    /// account is active. It is then in use until `now`.
    pub async fn session(
        &self,
        token_sha256: &Sha256,
        now: Timestamp,
        idle: Duration,
        life: Duration,
    ) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> = read!(self.db, |c| sqlx::query_as(sql::SESSION_GET)
            .bind(token_sha256.to_string())
            .bind((now - idle).as_millisecond())
            .bind((now - life).as_millisecond())
            .fetch_optional(c)
            .await?);
        let Some(row) = row else { return Ok(None) };
        let at = At::new("sessions", &row.account_id);
        let seen_at = at.time(row.seen_at_ms)?;
        // A write a minute is enough to know that it is in use.
        if now.duration_since(seen_at).as_secs() >= 60 {
            change!(self.db, |c| sqlx::query(sql::SESSION_SEEN)
                .bind(token_sha256.to_string())
                .bind(now.as_millisecond())
                .execute(c)
                .await
                .map(drop))?;
        }
        let Some(account) = self.account(&row.account_id).await?.filter(|account| account.active) else {
            return Ok(None);
        };
        Ok(Some(Session {
            account,
            form_token: row.form_token,
            second_step: row.second_step == 1,
            created_at: at.time(row.created_at_ms)?,
            seen_at,
        }))
    }

    /// Ends a session; one that is not there has ended.
    pub async fn end_session(&self, token_sha256: &Sha256) -> Result<(), StoreError> {
        change!(self.db, |c| sqlx::query(sql::SESSION_END).bind(token_sha256.to_string()).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Removes sessions that began before `began` or were last used before `seen`.
    pub async fn end_old_sessions(&self, began: Timestamp, seen: Timestamp) -> Result<u64, StoreError> {
        Ok(change!(self.db, |c| sqlx::query(sql::SESSIONS_END_OLD)
            .bind(began.as_millisecond())
            .bind(seen.as_millisecond())
            .execute(c)
            .await?
            .rows_affected()))
    }

    /// Makes a token of a program.
    pub async fn add_token(&self, token: &ApiToken, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::TOKEN_INSERT)
            .bind(token.token_sha256.to_string())
            .bind(&token.account_id)
            .bind(&token.name)
            .bind(token.scope.code())
            .bind(token.created_at.as_millisecond())
            .bind(token.expires_at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// The token of a hash, with its account, if it has not expired at `now` and the account is active.
    pub async fn token(
        &self,
        token_sha256: &Sha256,
        now: Timestamp,
    ) -> Result<Option<(ApiToken, Account)>, StoreError> {
        let row: Option<TokenRow> = read!(self.db, |c| sqlx::query_as(sql::TOKEN_GET)
            .bind(token_sha256.to_string())
            .bind(now.as_millisecond())
            .fetch_optional(c)
            .await?);
        let Some(token) = row.map(TokenRow::token).transpose()? else { return Ok(None) };
        let account = self.account(&token.account_id).await?.filter(|account| account.active);
        Ok(account.map(|account| (token, account)))
    }

    /// All tokens of an account.
    pub async fn tokens(&self, account_id: &str) -> Result<Vec<ApiToken>, StoreError> {
        let rows: Vec<TokenRow> =
            read!(self.db, |c| sqlx::query_as(sql::TOKENS_OF).bind(account_id).fetch_all(c).await?);
        rows.into_iter().map(TokenRow::token).collect()
    }

    /// Ends a token of an account.
    pub async fn end_token(
        &self,
        account_id: &str,
        token_sha256: &Sha256,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        let rows = within!(tx, |c| sqlx::query(sql::TOKEN_END)
            .bind(account_id)
            .bind(token_sha256.to_string())
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(StoreError::NotFound { what: "token of account", id: account_id.to_owned() });
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// Counts one more attempt under `key` and returns how many there were in the window of length `window` that `now`
    /// is in.
    pub async fn count_attempt(&self, key: &str, now: Timestamp, window: Duration) -> Result<u64, StoreError> {
        let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
        let start = now.as_millisecond().div_euclid(length) * length;
        let count: i64 =
            change!(self.db, |c| sqlx::query_scalar(sql::ATTEMPT_COUNT).bind(key).bind(start).fetch_one(c).await?);
        At::new("attempts", key).count(count)
    }

    /// Forgets attempts under `key`.
    pub async fn forget_attempts(&self, key: &str) -> Result<(), StoreError> {
        change!(self.db, |c| sqlx::query(sql::ATTEMPTS_FORGET).bind(key).execute(c).await.map(drop))?;
        Ok(())
    }
}
