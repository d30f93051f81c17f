//! Sign-in of staff by OpenID Connect: which account an identity is, and whether a second step is still asked for. The
//! conversation with the provider is the pages' (`web`).

use crate::accounts::{ATTEMPTS_ADDRESS, random_token};
use crate::{Office, OfficeError, SecondStep, SignedIn, Told, hash};
use claim::{Actor, Role};
use decision_log::Event;
use jiff::SignedDuration;
use store::{Account, Identity, OpenIdAttempt, StoreError};

/// How long a sign-in may take at the provider.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

impl Office {
    /// Keeps a sign-in that is sent to the provider; returns the key that only the browser has. `account` is the account
    /// that is to be linked, `address` where the request comes from.
    pub async fn begin_openid(
        &self,
        [state, nonce, verifier]: [String; 3],
        next: &str,
        account: Option<&Account>,
        address: &str,
    ) -> Result<String, OfficeError> {
        self.not_too_often(&format!("openid address {address}"), ATTEMPTS_ADDRESS).await?;
        let key = random_token()?;
        let attempt = OpenIdAttempt {
            state,
            nonce,
            verifier,
            next: next.to_owned(),
            account_id: account.map(|account| account.id.clone()),
            expires_at: self.now() + LIFE,
        };
        self.store.begin_openid(&hash(key.as_bytes()), &attempt, self.now()).await?;
        Ok(key)
    }

    /// A sign-in that came back from the provider, once.
    pub async fn take_openid(&self, key: &str) -> Result<OpenIdAttempt, OfficeError> {
        let attempt = self.store.take_openid(&hash(key.as_bytes()), self.now()).await?;
        attempt.ok_or_else(|| {
            Told::new(
                "認証の手続きが途中で切れたか、時間がかかり過ぎました。もう一度サインインしてください。",
                "the sign-in was broken off or took too long; begin again",
            )
            .coded("openid-expired")
            .into()
        })
    }

    /// Signs in who a provider says that it is. With `second_step` the provider has asked for one already.
    pub async fn sign_in_by_openid(&self, identity: &Identity, second_step: bool) -> Result<SignedIn, OfficeError> {
        let account = match self.store.account_of_identity(identity).await? {
            Some(id) => self.store.account(&id).await?,
            None => None,
        };
        let Some(account) = account.filter(|account| account.active && account.role != Role::Facility) else {
            return Err(unknown());
        };
        let credentials = self.store.credentials(&account.id).await?.unwrap_or_default();
        let second_step = match (second_step, &credentials.totp_secret) {
            (true, _) => SecondStep::Done,
            (false, Some(_)) => SecondStep::Needed,
            // Whoever holds the provider's account sets it up, as with the first password.
            (false, None) => SecondStep::SetUp,
        };
        let token = self.begin(&account.id, second_step == SecondStep::Done).await?;
        Ok(SignedIn { token, second_step })
    }

    /// Links an identity at a provider to an account of staff.
    pub async fn link_identity(&self, account: &str, identity: &Identity, by: &Actor) -> Result<(), OfficeError> {
        let known = self.store.account(account).await?;
        let known = known.ok_or_else(|| StoreError::NotFound { what: "account", id: account.to_owned() })?;
        if known.role == Role::Facility || !known.active {
            return Err(Told::new(
                "外部の認証によるサインインは、使用できる職員の利用者にだけ設定できます。",
                "only open accounts of staff can be linked to an identity at a provider",
            )
            .coded("openid-staff-only")
            .into());
        }
        if identity.subject.is_empty() || identity.subject.len() > 255 {
            return Err(Told::new(
                "認証基盤での識別子（sub）は、1文字以上255文字以内です。",
                "a provider's subject has 1 to 255 characters",
            )
            .coded("openid-subject")
            .into());
        }
        let event = Event::IdentityLinked { account: account.to_owned(), issuer: identity.issuer.clone() };
        match self.store.link_identity(identity, account, self.now(), &[self.entry(by, event)]).await {
            Err(StoreError::Taken { .. }) => Err(Told::new(
                "この認証は別の利用者に設定されているか、この利用者には既に別の認証が設定されています。",
                "this identity is another account's, or this account has another identity",
            )
            .coded("openid-taken")
            .into()),
            other => Ok(other.map(drop)?),
        }
    }

    /// Takes an account's identity at a provider away; it signs in with its password again.
    pub async fn unlink_identity(&self, account: &str, issuer: &str, by: &Actor) -> Result<(), OfficeError> {
        let event = Event::IdentityUnlinked { account: account.to_owned(), issuer: issuer.to_owned() };
        match self.store.unlink_identity(issuer, account, &[self.entry(by, event)]).await {
            Err(StoreError::NotFound { .. }) => Err(Told::new(
                format!("利用者「{account}」に、外部の認証は設定されていません。"),
                format!("account {account} has no identity at the provider"),
            )
            .coded("openid-not-linked")
            .into()),
            other => Ok(other.map(drop)?),
        }
    }
}

/// The provider knows them; we do not. Which accounts there are is not told.
fn unknown() -> OfficeError {
    Told::new(
        "この認証に対応する利用者がありません。管理者に、利用者の登録と認証の設定を確かめてください。",
        "no account belongs to this identity; ask an administrator whether yours has been linked",
    )
    .coded("openid-unknown")
    .into()
}
