//! Accounts: how they are made and changed, how somebody signs in, and what a program may do with a token.
//!
//! A session begins with a password. Where the role needs a second step, the session may do nothing but take it until it
//! is taken. What is refused is refused in the same words and after the same work whether the account exists or not.

use crate::told::told;
use crate::{Office, OfficeError, hash};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use claim::{Actor, InstitutionCode, Role, Sha256};
use decision_log::Event;
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;
use std::time::Duration;
use store::{Account, ApiToken, Credentials, NewSession, Session, StoreError, TokenScope};
use totp_rs::{Builder, Secret, Totp};

/// A session ends when it is not used for so long.
pub const SESSION_IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends so long after it began.
pub const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// The least characters of a password.
pub const PASSWORD_LEAST: usize = 12;
/// The most: hashing takes longer with each.
const PASSWORD_MOST: usize = 200;
/// The window in which attempts to sign in are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// The most attempts in a window for one account, whoever makes them.
const ATTEMPTS_ACCOUNT: u64 = 10;
/// The most attempts in a window from one address.
pub(crate) const ATTEMPTS_ADDRESS: u64 = 60;
/// How long an invitation holds.
const INVITATION_DAYS: i64 = 60;
/// The longest life of a token.
const TOKEN_DAYS_MOST: u32 = 366;
/// What the second step's app shows.
const ISSUER: &str = "kofu";

/// A hash of no password, so that a sign-in for an account that is not there takes as long as one for an account that is.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    Argon2::default().hash_password(b"the password of nobody").map(|hash| hash.to_string()).unwrap_or_default()
});

/// What came of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// What the browser keeps; it is not kept here.
    pub token: String,
    /// Whether the second step is still to be taken.
    pub second_step: SecondStep,
}

/// What a session still has to do before it may do anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondStep {
    /// Nothing.
    Done,
    /// Give the number that the app shows.
    Needed,
    /// Set the app up first.
    SetUp,
}

/// A second step that is being set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondStepSetup {
    /// In base 32, for typing.
    pub secret: String,
    /// `otpauth://…`, for the camera.
    pub url: String,
}

/// Random bytes as text that a URL and a cookie can carry.
pub(crate) fn random_token() -> Result<String, OfficeError> {
    let mut bytes = [0u8; 32];
    fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

fn fill(bytes: &mut [u8]) -> Result<(), OfficeError> {
    getrandom::fill(bytes).map_err(|error| OfficeError::Inconsistent(format!("no random bytes are to be had: {error}")))
}

/// A password of five groups of letters and digits, without those that are easily confused: about 98 bits.
pub fn fresh_password() -> Result<String, OfficeError> {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 20];
    fill(&mut bytes)?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// The one answer to a sign-in that fails, for whatever reason.
fn not_signed_in() -> OfficeError {
    told(
        "sign-in-failed",
        "利用者IDかパスワードが正しくないか、この利用者は使用できません。確かめて、もう一度入力してください。",
        "the account or the password is wrong, or the account cannot be used; check both and try again",
    )
}

fn too_often() -> OfficeError {
    told(
        "too-often",
        "短い間に何度も試みられたため、しばらく受け付けません。15分ほど待ってから、もう一度お試しください。",
        "too many attempts in a short time; wait about 15 minutes and try again",
    )
}

/// Whether an id can be that of an account: it stands in the log and is typed.
fn check_id(id: &str) -> Result<(), OfficeError> {
    let form = (3..=40).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
        && id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if form {
        return Ok(());
    }
    Err(told(
        "account-id",
        "利用者IDは、半角の英小文字、数字、「-」「_」「.」を使い、英小文字か数字で始まる3文字以上40文字以内としてください。",
        "an account's id has 3 to 40 small letters, digits, hyphens, underscores and dots, and begins with a letter or a digit",
    ))
}

/// That an account acts for institutions exactly if it is a facility's.
fn check_facilities(account: &Account) -> Result<(), OfficeError> {
    if (account.role == Role::Facility) == account.facilities.is_empty() {
        return Err(told(
            "account-facilities",
            "医療機関等の利用者には医療機関等コードが1つ以上必要で、それ以外の利用者には指定できません。",
            "a facility's account acts for at least one institution, and no other account does",
        ));
    }
    Ok(())
}

/// Whether a password is long and hard enough to guess; `known` are words that its owner is known by.
fn check_password(password: &str, known: &[&str]) -> Result<(), OfficeError> {
    let length = password.chars().count();
    if !(PASSWORD_LEAST..=PASSWORD_MOST).contains(&length) {
        return Err(told(
            "password-length",
            "パスワードは、12文字以上200文字以内としてください。",
            "a password has 12 to 200 characters",
        ));
    }
    if zxcvbn::zxcvbn(password, known).score() < zxcvbn::Score::Three {
        return Err(told(
            "password-common",
            "このパスワードは推測されやすいため、使用できません。関連のない言葉をいくつか並べるなど、別のものにしてください。",
            "this password is easily guessed; take another, such as several words that have nothing to do with each other",
        ));
    }
    Ok(())
}

/// Hashing takes tens of milliseconds and megabytes: not on the thread that answers others.
async fn hashed(password: String) -> Result<String, OfficeError> {
    let hashing = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    match hashing.await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(OfficeError::Inconsistent(format!("a password could not be hashed: {error}"))),
        Err(error) => Err(OfficeError::Inconsistent(format!("hashing a password broke off: {error}"))),
    }
}

async fn verified(password: String, stored: String) -> bool {
    let verifying = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&stored)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    verifying.await.unwrap_or(false)
}

fn totp(secret: &str, account: &str) -> Result<Totp, OfficeError> {
    let broken = |error: &dyn std::fmt::Display| {
        OfficeError::Inconsistent(format!("the second step of account {account} cannot be used: {error}"))
    };
    let secret = Secret::try_from_base32(secret).map_err(|error| broken(&error))?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(account)
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(|error| broken(&error))
}

/// Who acts, as the log names it: a facility's account acts for its institution.
pub fn actor(account: &Account, facility: Option<&InstitutionCode>) -> Actor {
    match (account.role, facility) {
        (Role::Facility, Some(code)) => Actor::facility(code.as_str()),
        (Role::Facility, None) => Actor::facility(account.facilities.first().map_or("", InstitutionCode::as_str)),
        (Role::Auditor, _) => Actor::auditor(&account.id),
        _ => Actor::staff(&account.id),
    }
}

impl Office {
    /// Makes an account with a password that its owner is told. Institutions that are not in the register are refused.
    pub async fn add_account(&self, new: &Account, password: &str, by: &Actor) -> Result<(), OfficeError> {
        let credentials = self.new_credentials(new, password).await?;
        let event = Event::AccountAdded { account: new.id.clone(), role: new.role, facilities: new.facilities.clone() };
        let added = self.store.add_account(new, &credentials, &[self.entry(by, event)]).await;
        added.map(drop).map_err(id_taken)
    }

    async fn new_credentials(&self, new: &Account, password: &str) -> Result<Credentials, OfficeError> {
        check_id(&new.id)?;
        if new.name.trim().is_empty() || new.name.chars().count() > 100 || new.name.chars().any(char::is_control) {
            return Err(told(
                "account-name",
                "名称は、1文字以上100文字以内としてください。",
                "a name has 1 to 100 characters",
            ));
        }
        check_facilities(new)?;
        new.email.as_deref().map(crate::messages::check_email).transpose()?;
        for code in &new.facilities {
            self.registered(code).await?;
        }
        check_password(password, &[&new.id, &new.name, ISSUER])?;
        Ok(Credentials { password_hash: Some(hashed(password.to_owned()).await?), totp_secret: None })
    }

    /// That an institution is in the register.
    async fn registered(&self, code: &InstitutionCode) -> Result<(), OfficeError> {
        if self.store.facility(code).await?.is_some() {
            return Ok(());
        }
        Err(told(
            "unknown-facility",
            format!("医療機関等コード {code} は、名簿にありません。"),
            format!("there is no facility {code} in the register"),
        ))
    }

    /// Invites an institution to make its own account. Returns the code for the letter; it is not kept.
    pub async fn invite(&self, facility: &InstitutionCode, by: &Actor) -> Result<(String, Timestamp), OfficeError> {
        self.registered(facility).await?;
        let code = fresh_password()?;
        let expires_at = self.now() + SignedDuration::from_hours(24 * INVITATION_DAYS);
        let event = Event::FacilityInvited { facility: facility.clone(), expires_at };
        self.store.invite(&hash(code.as_bytes()), facility, expires_at, &[self.entry(by, event)]).await?;
        Ok((code, expires_at))
    }

    /// Makes the account of a facility by its invitation. `address` is where the request comes from.
    pub async fn sign_up(
        &self,
        new: &Account,
        password: &str,
        invitation: &str,
        address: &str,
    ) -> Result<(), OfficeError> {
        self.not_too_often(&format!("sign-up address {address}"), ATTEMPTS_ACCOUNT).await?;
        let no_invitation = || {
            told(
                "invitation-unknown",
                "医療機関等コードと招待コードの組合せが正しくないか、招待の期限が過ぎています。案内の文書を確かめてください。",
                "the institution code and the invitation do not belong together, or the invitation is over; check the letter",
            )
        };
        let [facility] = new.facilities.as_slice() else { return Err(no_invitation()) };
        // That an institution is not in the register is not told: it has no invitation either.
        if self.store.facility(facility).await?.is_none() {
            return Err(no_invitation());
        }
        let credentials = self.new_credentials(new, password).await?;
        let event = Event::AccountAdded { account: new.id.clone(), role: new.role, facilities: new.facilities.clone() };
        let entry = self.entry(&actor(new, None), event);
        let code = hash(invitation.trim().to_ascii_lowercase().as_bytes());
        match self.store.add_invited_account(&code, new, &credentials, &[entry]).await {
            Err(StoreError::NotFound { what: "invitation for", .. }) => Err(no_invitation()),
            other => other.map(drop).map_err(id_taken),
        }
    }

    /// Changes an account, as it was looked at. Nobody changes their own: who may make accounts could else give
    /// themselves any role.
    pub async fn change_account(&self, changed: &Account, by: &Actor) -> Result<(), OfficeError> {
        if *by == Actor::staff(&changed.id) {
            return Err(told(
                "own-account",
                "自分の利用者情報の役割や状態を変えることはできません。別の管理者が行ってください。",
                "nobody changes the role or state of their own account; another administrator has to",
            ));
        }
        // What its institutions were when it was made is not asked again: one that has left the register can be closed.
        check_facilities(changed)?;
        let event = Event::AccountChanged {
            account: changed.id.clone(),
            role: changed.role,
            facilities: changed.facilities.clone(),
            active: changed.active,
        };
        self.store.change_account(changed, &[self.entry(by, event)]).await?;
        Ok(())
    }

    /// Gives an account a fresh password, and has the second step set up anew.
    pub async fn reset_credentials(&self, id: &str, by: &Actor) -> Result<String, OfficeError> {
        if self.store.account(id).await?.is_none() {
            return Err(StoreError::NotFound { what: "account", id: id.to_owned() }.into());
        }
        let password = fresh_password()?;
        let credentials = Credentials { password_hash: Some(hashed(password.clone()).await?), totp_secret: None };
        let event = Event::CredentialsChanged { account: id.to_owned() };
        self.store.set_credentials(id, &credentials, &[self.entry(by, event)]).await?;
        Ok(password)
    }

    /// Gives an account a fresh password and, where its role takes a second step, a fresh secret for it, and returns both:
    /// for demos and for machines that sign in, which have no telephone.
    pub async fn issue_credentials(&self, id: &str, by: &Actor) -> Result<(String, Option<String>), OfficeError> {
        let account = self.store.account(id).await?;
        let account = account.ok_or_else(|| StoreError::NotFound { what: "account", id: id.to_owned() })?;
        let password = fresh_password()?;
        let secret = match account.role.needs_second_step() {
            true => Some(self.second_step_setup(&account)?.secret),
            false => None,
        };
        let credentials =
            Credentials { password_hash: Some(hashed(password.clone()).await?), totp_secret: secret.clone() };
        let event = Event::CredentialsChanged { account: id.to_owned() };
        self.store.set_credentials(id, &credentials, &[self.entry(by, event)]).await?;
        Ok((password, secret))
    }

    /// The number that the app of a secret shows now.
    pub fn number_now(&self, secret: &str) -> Result<String, OfficeError> {
        let seconds = u64::try_from(self.now().as_second()).unwrap_or_default();
        Ok(totp(secret, "demo")?.generate(seconds).to_string())
    }

    /// Whoever is signed in changes their password, giving the old one. All sessions of the account end.
    pub async fn change_password(&self, account: &Account, old: &str, new: &str) -> Result<(), OfficeError> {
        self.not_too_often(&format!("sign-in account {}", account.id), ATTEMPTS_ACCOUNT).await?;
        let known = self.store.credentials(&account.id).await?.unwrap_or_default();
        let stored = known.password_hash.clone().unwrap_or_default();
        if !verified(old.to_owned(), stored).await {
            return Err(told(
                "password-wrong",
                "現在のパスワードが正しくありません。",
                "the present password is wrong",
            ));
        }
        check_password(new, &[&account.id, &account.name, ISSUER])?;
        let credentials = Credentials { password_hash: Some(hashed(new.to_owned()).await?), ..known };
        let event = Event::CredentialsChanged { account: account.id.clone() };
        self.store.set_credentials(&account.id, &credentials, &[self.entry(&actor(account, None), event)]).await?;
        Ok(())
    }

    /// Signs in with a password. `address` is where the request comes from.
    pub async fn sign_in(&self, id: &str, password: &str, address: &str) -> Result<SignedIn, OfficeError> {
        let id = id.trim().to_ascii_lowercase();
        self.not_too_often(&format!("sign-in address {address}"), ATTEMPTS_ADDRESS).await?;
        // Counted by what was typed, also where there is no such account.
        let key = format!("sign-in account {}", hash(id.as_bytes()));
        self.not_too_often(&key, ATTEMPTS_ACCOUNT).await?;
        let account = self.store.account(&id).await?;
        let credentials = self.store.credentials(&id).await?.unwrap_or_default();
        let stored = credentials.password_hash.clone().unwrap_or_else(|| NOBODY.clone());
        // A longer text than any password would only cost time.
        let right = password.len() <= PASSWORD_MOST * 4 && verified(password.to_owned(), stored).await;
        let Some(account) = account.filter(|account| right && account.active) else { return Err(not_signed_in()) };
        if credentials.password_hash.is_none() {
            return Err(not_signed_in());
        }
        let second_step = match (account.role.needs_second_step(), &credentials.totp_secret) {
            (_, Some(_)) => SecondStep::Needed,
            (true, None) => SecondStep::SetUp,
            (false, None) => SecondStep::Done,
        };
        if second_step == SecondStep::Done {
            self.store.forget_attempts(&key).await?;
        }
        let token = self.begin(&account.id, second_step == SecondStep::Done).await?;
        Ok(SignedIn { token, second_step })
    }

    pub(crate) async fn begin(&self, account_id: &str, second_step: bool) -> Result<String, OfficeError> {
        let now = self.now();
        self.store.end_old_sessions(now - SESSION_LIFE, now - SESSION_IDLE).await?;
        let token = random_token()?;
        let new = NewSession {
            token_sha256: hash(token.as_bytes()),
            account_id: account_id.to_owned(),
            form_token: random_token()?,
            second_step,
            at: now,
        };
        self.store.begin_session(&new).await?;
        Ok(token)
    }

    /// Whose session a token is, if it holds.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, OfficeError> {
        Ok(self.store.session(&hash(token.as_bytes()), self.now(), SESSION_IDLE, SESSION_LIFE).await?)
    }

    /// What a session still has to do.
    pub async fn second_step(&self, session: &Session) -> Result<SecondStep, OfficeError> {
        if session.second_step {
            return Ok(SecondStep::Done);
        }
        let credentials = self.store.credentials(&session.account.id).await?.unwrap_or_default();
        Ok(if credentials.totp_secret.is_some() { SecondStep::Needed } else { SecondStep::SetUp })
    }

    /// Takes the second step of a session with the number that the app shows. Returns the token of the session that
    /// takes its place: what was known before the step is worth nothing after it.
    pub async fn take_second_step(&self, token: &str, session: &Session, number: &str) -> Result<String, OfficeError> {
        let account = &session.account;
        let key = format!("second-step account {}", account.id);
        self.not_too_often(&key, ATTEMPTS_ACCOUNT).await?;
        let credentials = self.store.credentials(&account.id).await?.unwrap_or_default();
        let secret = credentials.totp_secret.ok_or_else(wrong_number)?;
        self.use_number(&account.id, &secret, number).await?;
        self.store.forget_attempts(&key).await?;
        self.store.forget_attempts(&format!("sign-in account {}", hash(account.id.as_bytes()))).await?;
        self.store.end_session(&hash(token.as_bytes())).await?;
        self.begin(&account.id, true).await
    }

    /// A fresh secret for an account's second step. It holds once a number of it was given ([`Office::set_second_step`]).
    pub fn second_step_setup(&self, account: &Account) -> Result<SecondStepSetup, OfficeError> {
        let mut bytes = [0u8; 20];
        fill(&mut bytes)?;
        let secret = Secret::new_stack(bytes).to_base32();
        self.second_step_of(account, &secret)
    }

    /// What is shown of a secret that is being set up.
    pub fn second_step_of(&self, account: &Account, secret: &str) -> Result<SecondStepSetup, OfficeError> {
        let url = totp(secret, &account.id)?
            .to_url()
            .map_err(|error| OfficeError::Inconsistent(format!("no address of the second step: {error}")))?;
        Ok(SecondStepSetup { secret: secret.to_owned(), url })
    }

    /// Sets up the second step of an account that has none, with a number of the secret as proof. Returns the token of
    /// the session that takes the place of this one.
    pub async fn set_second_step(&self, session: &Session, secret: &str, number: &str) -> Result<String, OfficeError> {
        let account = &session.account;
        let known = self.store.credentials(&account.id).await?.unwrap_or_default();
        if known.totp_secret.is_some() {
            return Err(told(
                "second-step-set",
                "2段階認証は、既に設定されています。",
                "the second step has been set up already",
            ));
        }
        self.not_too_often(&format!("second-step account {}", account.id), ATTEMPTS_ACCOUNT).await?;
        if secret.len() != 32 {
            return Err(wrong_number());
        }
        self.use_number(&account.id, secret, number).await?;
        let credentials = Credentials { totp_secret: Some(secret.to_owned()), ..known };
        let event = Event::CredentialsChanged { account: account.id.clone() };
        self.store.set_credentials(&account.id, &credentials, &[self.entry(&actor(account, None), event)]).await?;
        self.begin(&account.id, true).await
    }

    async fn use_number(&self, account: &str, secret: &str, number: &str) -> Result<(), OfficeError> {
        let digits: String = number.chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(self.now().as_second()).unwrap_or_default();
        let step = totp(secret, account)?.check(&digits, seconds).ok_or_else(wrong_number)?;
        if !self.store.use_totp_step(account, step).await? {
            return Err(wrong_number());
        }
        Ok(())
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), OfficeError> {
        Ok(self.store.end_session(&hash(token.as_bytes())).await?)
    }

    /// Makes a token for a program of an account. Returns the token; it is not kept.
    pub async fn add_token(
        &self,
        account: &Account,
        name: &str,
        scope: TokenScope,
        days: u32,
    ) -> Result<String, OfficeError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || days == 0 || days > TOKEN_DAYS_MOST {
            return Err(told(
                "token-form",
                "用途を100文字以内で、有効期間を1日以上366日以内で指定してください。",
                "a token has a name of 1 to 100 characters and holds for 1 to 366 days",
            ));
        }
        let token = format!("kofu_{}", random_token()?);
        let now = self.now();
        let kept = ApiToken {
            token_sha256: hash(token.as_bytes()),
            account_id: account.id.clone(),
            name: name.to_owned(),
            scope,
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24 * i64::from(days)),
        };
        let event = Event::TokenAdded {
            account: account.id.clone(),
            writes: scope == TokenScope::Write,
            expires_at: kept.expires_at,
            sha256: kept.token_sha256,
        };
        self.store.add_token(&kept, &[self.entry(&actor(account, None), event)]).await?;
        Ok(token)
    }

    /// Whose token this is and what it may do, if it holds.
    pub async fn token(&self, token: &str) -> Result<Option<(ApiToken, Account)>, OfficeError> {
        Ok(self.store.token(&hash(token.as_bytes()), self.now()).await?)
    }

    /// Ends a token of an account.
    pub async fn end_token(&self, account: &Account, sha256: &Sha256) -> Result<(), OfficeError> {
        let event = Event::TokenEnded { account: account.id.clone(), sha256: *sha256 };
        self.store.end_token(&account.id, sha256, &[self.entry(&actor(account, None), event)]).await?;
        Ok(())
    }

    /// Counts an attempt, and refuses it if there were more than `most` in the window.
    pub(crate) async fn not_too_often(&self, key: &str, most: u64) -> Result<(), OfficeError> {
        if self.store.count_attempt(key, self.now(), WINDOW).await? > most { Err(too_often()) } else { Ok(()) }
    }
}

fn wrong_number() -> OfficeError {
    told(
        "second-step-wrong",
        "確認番号が正しくないか、既に使われています。アプリに新しい番号が表示されてから、もう一度入力してください。",
        "the number is wrong or has been used; wait for the next one and try again",
    )
}

fn id_taken(error: StoreError) -> OfficeError {
    match error {
        StoreError::Taken { what: "account", .. } => told(
            "account-taken",
            "この利用者IDは使用できません。別のものにしてください。",
            "this account id cannot be used; take another",
        ),
        other => other.into(),
    }
}
