//! What people and the machinery do with claims: each act is checked, logged and stored as one, whoever asks for it, by
//! command or by page.
//!
//! [`Office`] is the one door. Acts take who acts ([`claim::Actor`]) and give back what was done, or an [`OfficeError`]
//! that says in both languages what to do about it. Who may ask for what is decided before an act is asked for: on a
//! machine by who may run `kofu` there, on pages by the table of the room `web`.

mod accounts;
mod assessed;
mod bank_accounts;
mod batch;
mod budget;
mod decide;
mod draft;
mod duplicates;
mod messages;
mod openid;
mod replay;
mod results;
mod review;
mod rulebook;
mod submit;
mod template;
mod told;
mod view;

pub use accounts::{
    PASSWORD_LEAST, SESSION_IDLE, SESSION_LIFE, SecondStep, SecondStepSetup, SignedIn, actor, fresh_password,
};
pub use assessed::{Assessed, hash, json};
pub use bank_accounts::{AccountRemark, account_sha256};
pub use batch::{BatchFiles, Prepared, ReleaseBand, Released};
pub use budget::{Budget, REASON_MOST, WhenShort};
pub use decide::Will;
pub use draft::{DOCUMENT_BYTES_MOST, DOCUMENTS_MOST, Received, too_large};
pub use ingest::{Picture, Table, TableCellKind, View};
pub use messages::{MAIL_ATTEMPTS_MOST, mail_again_after};
pub use replay::{Personal, Replayed, put_back};
pub use results::Reconciled;
pub use review::{Correction, LOOKING, NOTE_MOST, ONE_LOOK};
pub use rulebook::{Rulebook, RulebookError};
pub use submit::{Accepted, Submission};
pub use template::Template;
pub use told::Told;

use claim::{Actor, ClaimId, Contact, Lang, LogEntry, Payer, day_in_japan, wareki};
use decision_log::{Entry, Event};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use store::{ClaimRecord, Store, StoreError};

/// What the acts need to know of the installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who pays, from which account.
    pub payer: Payer,
    /// How this bank wants its file.
    pub bank_file: reporting::BankProfile,
    /// How this bank tells what became of payments.
    pub result_file: reporting::ResultProfile,
    /// How many persons release a batch, by its sum; none means one person, whatever the sum.
    pub releases: Vec<ReleaseBand>,
    /// What becomes of an approval for which the budget has no room.
    pub when_budget_short: WhenShort,
    /// Folders of the notices' fonts: a reason that no notice can show is refused.
    pub fonts: Vec<PathBuf>,
    /// Whom to ask, for messages.
    pub contact: Contact,
    /// Whether a mail server is configured.
    pub mail: bool,
    /// A folder on a disk for uploads that are still coming.
    pub incoming: PathBuf,
    /// Where the pages are, without a slash at the end; `None` if nobody said.
    pub site: Option<String>,
}

/// The office: the store, the rules, the clock and the log's entries.
#[derive(Clone)]
pub struct Office {
    /// Where everything is kept.
    pub store: Store,
    /// Which rules decide when.
    pub rulebook: Rulebook,
    settings: Settings,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Reads documents, each in a process of its own.
    pub reader: Arc<ingest::Reader>,
    desk: Arc<view::Desk>,
}

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Office {
    /// Over a store; `now` is the clock, `reader` starts the process that reads a document.
    pub fn new(
        store: Store,
        settings: Settings,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
        reader: Arc<ingest::Reader>,
    ) -> Office {
        Office {
            rulebook: Rulebook::new(store.clone()),
            store,
            settings,
            now,
            reader,
            desk: Arc::new(view::Desk::new()),
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Today, in Japan.
    pub fn today(&self) -> Date {
        day_in_japan(self.now())
    }

    /// The page that proves an entry of the log to whoever asks; `None` if nobody said where the pages are.
    pub fn proof_link(&self, position: u64) -> Option<String> {
        self.settings.site.as_ref().map(|site| format!("{site}/proof/{position}"))
    }

    /// Whether messages are sent, or only kept.
    pub fn sends_mail(&self) -> bool {
        self.settings.mail
    }

    /// An entry of the decision log, as it is stored: personal data is committed to with fresh salts.
    pub fn entry(&self, by: &Actor, event: Event) -> LogEntry {
        Entry { at: self.now(), by: by.clone(), event }.commit(assessed::salt)
    }

    /// A claim that has to be there.
    pub async fn claim(&self, id: &ClaimId) -> Result<ClaimRecord, OfficeError> {
        self.store.claim(id).await?.ok_or_else(|| {
            Told::new(
                format!("申請「{id}」はありません。受付番号を確かめてください。"),
                format!("there is no claim {id}; check its id"),
            )
            .coded("unknown-claim")
            .into()
        })
    }
}

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// It may not or cannot be done, and whoever asked can do something about it.
    #[error(transparent)]
    Told(#[from] Told),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules are not to be had.
    #[error(transparent)]
    Rules(#[from] RulebookError),
    /// No day of payment can be worked out.
    #[error(transparent)]
    Day(#[from] claim::BusinessDayError),
    /// A list could not be written.
    #[error(transparent)]
    List(#[from] reporting::PaymentListError),
    /// A template could not be written.
    #[error(transparent)]
    Template(#[from] reporting::TemplateError),
    /// What is stored does not go together; `kofu check` names it.
    #[error("{0}; run `kofu check`")]
    Inconsistent(String),
}

impl OfficeError {
    /// What went wrong and what to do, without causes, as far as possible in `lang`.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (OfficeError::Told(told), _) => told.text(lang).to_owned(),
            (OfficeError::Store(error), _) => error.text(lang),
            (OfficeError::Day(error), Lang::Ja) => format!(
                "{} の休日が分からないため、振込指定日を決められません。新しい祝日の一覧が必要です。",
                wareki(error.day)
            ),
            (OfficeError::Inconsistent(what), Lang::Ja) => {
                format!("保存された内容に矛盾があります（{what}）。kofu check を実行してください。")
            }
            _ => self.to_string(),
        }
    }

    /// What programs tell it by.
    pub fn code(&self) -> &'static str {
        match self {
            OfficeError::Told(told) => told.code(),
            OfficeError::Store(error) if error.is_transient() => "try-again",
            OfficeError::Store(
                StoreError::Conflict { .. }
                | StoreError::AccountConflict { .. }
                | StoreError::DraftConflict { .. }
                | StoreError::AssessmentDiffers { .. },
            ) => "changed-meanwhile",
            OfficeError::Store(
                StoreError::Step { .. } | StoreError::Refused { .. } | StoreError::BatchState { .. },
            ) => "not-allowed-now",
            OfficeError::Store(StoreError::NotFound { .. }) => "not-found",
            OfficeError::Store(StoreError::BudgetShort { .. }) => "budget-short",
            _ => "internal",
        }
    }
}
