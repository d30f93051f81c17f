//! What can go wrong in the store, and how the name of a violated constraint becomes a typed rule.

use crate::BatchState;
use claim::{ClaimState, Lang, ProgrammeId, Sha256, TransitionError, Yen};

/// The cause of an error, of whichever library.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $constraint:literal $($also:literal)? => $text:literal $ja:literal)*) => {
        /// A rule that the database itself holds. Its name is that of a constraint, index or trigger of the migrations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule { $($(#[$doc])* $name,)* }

        impl Rule {
            /// All of them.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// The name in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$name => $constraint,)* }
            }

            /// What it says, and what to do, as people of `lang` read it.
            pub const fn text(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Rule::$name, Lang::En) => $text, (Rule::$name, Lang::Ja) => $ja,)*
                }
            }

            /// SQLite names the columns of a unique index instead of the index.
            const fn also(self) -> Option<&'static str> {
                match self { $(Rule::$name => rules!(@also $($also)?),)* }
            }
        }
    };
    (@also) => { None };
    (@also $also:literal) => { Some($also) };
}

rules! {
    /// Two people: who prepared a batch does not release it.
    ReleasedByPreparer "batch_released_by_another" =>
        "who prepared a payment batch cannot release it; another person has to"
        "支払バッチを準備した職員は、その承認をすることができません。別の職員が承認してください。"
    /// Two people: who decided a claim does not release its payment.
    ReleasedByDecider "batch_not_released_by_decider" =>
        "who decided a claim cannot release its payment; another person has to"
        "申請を決定した職員は、その支払の承認をすることができません。別の職員が承認してください。"
    /// Only a member of staff releases.
    ReleasedByStaff "batch_released_by_staff" =>
        "only a member of staff (staff:…) can release a payment batch"
        "支払バッチを承認できるのは、職員（staff:…）だけです。"
    /// Release is complete: who, when, and the hash of what.
    ReleaseComplete "batch_release_complete" =>
        "a released batch names who released it, when, and the hash of its content; another has none of these"
        "承認された支払バッチには、承認した職員、日時及び内容のハッシュ値が必要です。"
    /// A batch begins as prepared.
    BatchStartsPrepared "batch_starts_prepared" =>
        "a payment batch is new and starts as prepared; give it another id"
        "支払バッチは、新しい番号で、準備済みの状態から始める必要があります。別の番号を付けてください。"
    /// A released or cancelled batch does not change.
    BatchFrozen "batch_frozen" =>
        "only a prepared batch can be released or cancelled, and nothing else of it changes"
        "承認又は取消しができるのは、準備済みの支払バッチだけです。その他の内容は変更できません。"
    /// No money twice.
    OneLiveBatch "payment_in_one_live_batch" "UNIQUE constraint failed: payments.claim_id" =>
        "the claim is in a live payment batch already"
        "この申請は、既に支払バッチに入っています。"
    /// A payment is above 0.
    PaymentAmount "payment_amount" =>
        "a payment is above 0 yen"
        "支払額は、1円以上とする必要があります。"
    /// A payment is the whole grant, to the claim's facility.
    PaymentIsTheGrant "payment_is_the_grant" =>
        "a payment is the whole grant to the facility of the claim"
        "支払額は、申請した医療機関等への交付額の全額とする必要があります。"
    /// Payments enter only a prepared batch.
    PaymentIntoPreparedBatch "payment_into_prepared_batch" =>
        "payments are added once, and only while the batch is prepared"
        "支払は、準備済みの支払バッチに一度だけ追加できます。"
    /// A payment does not change.
    PaymentFrozen "payment_frozen" =>
        "a payment only ever stops being live"
        "支払の内容は変更できません。"
    /// A grant does not change under its payment.
    GrantStays "claim_grant_stays" =>
        "the grant of a claim in a payment batch is fixed; cancel the batch first"
        "支払バッチに入っている申請の交付額は変更できません。先に支払バッチを取り消してください。"
    /// A grant is there exactly for approved claims.
    GrantWhenApproved "claim_grant_when_approved" =>
        "a claim has a grant exactly when it is approved or further on"
        "交付額があるのは、交付決定を受けた申請だけです。"
    /// A grant in kind is never paid.
    InKindIsNotPaid "claim_in_kind_is_not_paid" =>
        "a claim that was granted products is not paid"
        "製品の交付を受ける申請は、支払の対象になりません。"
    /// An approval grants something, other decisions nothing.
    DecisionGrant "decision_grant" =>
        "an approval grants more than 0 yen or units of a product, a return or rejection nothing"
        "交付決定では、1円以上の額又は製品の台数のいずれかを定め、差戻しと不交付では何も定めないでください。"
    /// As many persons agree as the amount asks for.
    ReleasersEnough "batch_releasers_enough" =>
        "not as many persons have agreed to this content as its amount asks for"
        "この金額の支払バッチに必要な人数の承認が、まだそろっていません。"
    /// Each person agrees once.
    ReleasedOnce "batch_released_once" "UNIQUE constraint failed: index 'batch_released_once'" =>
        "this person has agreed to the release already; another person has to"
        "この職員は、既にこの支払バッチを承認しています。別の職員が承認してください。"
    /// At least one person releases.
    ReleasersOne "batch_releasers" =>
        "at least one person has to release a payment batch"
        "支払バッチの承認には、1人以上の職員が必要です。"
    /// It pays no more than its releasers may release.
    WithinBand "batch_within_band" =>
        "the batch pays more than so many persons may release; give it up and prepare it again"
        "支払バッチの合計が、承認の人数に応じた上限を超えています。取り消してから、もう一度準備してください。"
    /// Money goes to the account that the facility has now.
    PaymentToCurrentAccount "payment_to_current_account" =>
        "a facility's bank account was changed after the batch was prepared; give the batch up and prepare it again"
        "支払バッチを準備した後に、振込先口座が変わった医療機関等があります。支払バッチを取り消してから、もう一度準備してください。"
    /// A second person looks at an account before its first payment.
    PaymentToLookedAccount "payment_to_looked_account" =>
        "a second person has to look at a new or changed bank account before it is paid to"
        "新しい振込先口座又は変更された振込先口座は、支払の前に、別の職員が確認する必要があります。"
    /// Another person looks at an account than who brought it.
    AccountLookedByAnother "account_looked_by_another" =>
        "who brought a bank account cannot confirm it; another person has to"
        "振込先口座を登録した者は、その口座を確認することができません。別の職員が確認してください。"
    /// Only a member of staff confirms accounts.
    AccountLookedByStaff "account_looked_by_staff" =>
        "only a member of staff (staff:…) can confirm a bank account"
        "振込先口座を確認できるのは、職員（staff:…）だけです。"
    /// A look says who and when, and is at an account.
    AccountLookComplete "account_look_complete" =>
        "a bank account that was confirmed names who did so and when"
        "振込先口座の確認には、確認した職員と日時が必要です。"
    /// An account comes last, and unlooked.
    AccountComesUnlooked "account_comes_unlooked" =>
        "a bank account comes after the last one, and nobody has confirmed it yet"
        "振込先口座は、最後の口座の次に、未確認のものとして登録する必要があります。"
    /// Accounts do not change.
    AccountFrozen "account_frozen" =>
        "a bank account is never changed; another one is added after it"
        "登録された振込先口座は変更できません。新しい口座として登録してください。"
    /// The ledger's entries follow from one another.
    LedgerContinues "ledger_continues" =>
        "an entry of the ledger follows from the one before it"
        "予算の帳簿の記入は、直前の記入に続くものでなければなりません。"
    /// An entry moves money between the accounts of its kind.
    LedgerMove "ledger_move" =>
        "an entry of the ledger moves money between the accounts that its kind names"
        "予算の帳簿の記入は、種類ごとに定められた勘定の間の移動でなければなりません。"
    /// An entry moves something.
    LedgerAmount "ledger_amount" =>
        "an entry of the ledger moves at least 1 yen"
        "予算の帳簿の記入は、1円以上でなければなりません。"
    /// An entry is about a claim, or about the budget itself.
    LedgerClaim "ledger_claim" =>
        "an entry of the ledger is either about the budget or about a claim"
        "予算の帳簿の記入は、予算又は申請のいずれかについてのものでなければなりません。"
    /// A claim's money moves whole, and as its state says.
    LedgerFollowsClaim "ledger_follows_claim" =>
        "the ledger moves the whole grant of a claim, as the claim's state says"
        "予算の帳簿では、申請の状態に従い、交付額の全額を動かす必要があります。"
    /// A budget, a release and a correction have a reason.
    LedgerReason "ledger_reason" =>
        "this entry of the ledger needs a reason"
        "予算の帳簿のこの記入には、理由が必要です。"
    /// The accounts add up.
    LedgerSum "ledger_sum" =>
        "available, reserved and paid together are the budget"
        "残額、確保額及び支払済額の合計は、予算額と一致しなければなりません。"
    /// No account holds less than nothing.
    LedgerNotNegative "ledger_not_negative" =>
        "no account of the ledger holds less than 0 yen"
        "予算の帳簿の勘定は、0円を下回ることができません。"
    /// A budget is never overdrawn.
    LedgerBudgetKept "ledger_budget_kept" =>
        "the budget has no room for this"
        "予算の残額が足りません。"
    /// Nothing is paid that is not reserved.
    PaymentIsReserved "payment_is_reserved" =>
        "the budget holds no reservation for this claim"
        "この申請の交付額は、予算の帳簿で確保されていません。"
    /// Nothing counts as paid that the ledger has not posted.
    PaidIsPosted "claim_paid_is_posted" =>
        "a claim is paid when the ledger has posted it"
        "予算の帳簿に支払済みとして計上されていない申請は、支払済みとすることができません。"
    /// Nothing counts as paid but by a bank's word.
    PaidByResult "claim_paid_by_result" =>
        "a claim is paid when a result of the bank says so"
        "銀行の振込結果で確かめられていない申請は、支払済みとすることができません。"
    /// A grant is given up with its money.
    WithdrawnIsReleased "claim_withdrawn_is_released" =>
        "a grant is withdrawn when its money is released"
        "予算の確保を解除していない交付決定は、取り消すことができません。"
    /// Decisions come before payments.
    DecisionBeforePayment "decision_before_payment" =>
        "a claim in a payment batch is decided already"
        "支払バッチに入っている申請は、既に決定されています。"
    /// Log, documents, decisions, notices, payments stay.
    AppendOnly "append_only" =>
        "the decision log, documents, decisions, notices, payments, the ledger, results of banks and rulesets are never changed or removed"
        "決定記録、書類、決定、通知書、支払、予算の帳簿、振込結果及び規則は、変更も削除もできません。"
    /// Personal data beside the log is erased and never changed.
    PersonalOnlyErased "log_personal_only_erased" =>
        "personal data that the decision log commits to can be erased and never changed"
        "決定記録に結び付けられた個人情報は、消去だけができ、変更はできません。"
    /// Only a member of staff proposes rules.
    DraftProposedByStaff "draft_proposed_by_staff" =>
        "only a member of staff (staff:…) can propose rules"
        "規則の案を登録できるのは、職員（staff:…）だけです。"
    /// The same rules are proposed once.
    DraftProposedOnce "draft_proposed_once" =>
        "these rules have been proposed already; a change that begins on another day is another set of files"
        "この規則は既に登録されています。適用を始める日が異なるときは、その日を書いた別の案を登録してください。"
    /// Only a member of staff agrees to rules.
    DraftAgreedByStaff "draft_agreed_by_staff" =>
        "only a member of staff (staff:…) can agree to proposed rules"
        "規則の案に同意できるのは、職員（staff:…）だけです。"
    /// Two people agree, each once.
    DraftAgreedOnce "draft_agreed_once" =>
        "this person has agreed to these rules already; another person has to"
        "この職員は、既にこの規則の案に同意しています。別の職員の同意が必要です。"
    /// Only a member of staff judges duplicates.
    DuplicateJudgedByStaff "duplicate_judged_by_staff" =>
        "only a member of staff (staff:…) can say whether two claims have the same receipt"
        "二つの申請の領収書が同じかどうかを判断できるのは、職員（staff:…）だけです。"
    /// A bundle is one claim.
    BundleOnce "bundle_sent_once" "UNIQUE constraint failed: claim_revisions.bundle_sha256" =>
        "the same bundle has been sent already"
        "同じ申請が既に提出されています。"
    /// A notice's number is its own.
    NoticeNumberOnce "notice_number_once" "UNIQUE constraint failed: notices.number" =>
        "the number of the notice is taken; give it another"
        "この文書番号は既に使われています。別の番号を付けてください。"
}

impl Rule {
    fn of(error: &dyn sqlx::error::DatabaseError) -> Option<Rule> {
        if let Some(constraint) = error.constraint() {
            return Rule::ALL.iter().copied().find(|rule| rule.name() == constraint);
        }
        // SQLite: "CHECK constraint failed: NAME", "NAME: text" of a trigger, or the columns of a unique index.
        let message = error.message();
        Rule::ALL.iter().copied().find(|rule| {
            message.strip_prefix("CHECK constraint failed: ") == Some(rule.name())
                || message.strip_prefix(rule.name()).is_some_and(|rest| rest.starts_with(':'))
                || rule.also() == Some(message)
        })
    }
}

/// Why an operation of the store was not done. Nothing of it has been written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A setting that cannot be used.
    #[error("the {setting} is {found:?}, expected {expected}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it is, without secrets.
        found: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// Database or object storage could not be opened.
    #[error("{what} cannot be opened; check its address, its permissions, and that it is not newer than this program")]
    Open {
        /// Which.
        what: String,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A store that has to be there already is not there.
    #[error(
        "there is no store: found no {what}; check the address or the data folder, or import a register or a claim first"
    )]
    Missing {
        /// What was looked for, with its address but without secrets.
        what: String,
    },
    /// A statement failed.
    #[error("the database did not do what was asked")]
    Database {
        /// Whether trying again may help: busy, out of connections, a lost connection, a deadlock.
        transient: bool,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A rule that the database holds.
    #[error("refused: {}", rule.text(Lang::En))]
    Refused {
        /// Which.
        rule: Rule,
        /// The database's own words: for whoever debugs, not a source, since the rule has said it already.
        said: Cause,
    },
    /// Object storage failed.
    #[error("object storage failed at {key}")]
    Object {
        /// The object.
        key: String,
        /// Why.
        #[source]
        source: Cause,
    },
    /// An object is not there.
    #[error("object {0} is not in object storage; restore it from a backup or upload it again")]
    ObjectMissing(Sha256),
    /// An object's bytes are not those of its name.
    #[error("object {key} is damaged: its bytes have the hash {found}, expected {expected}; restore it from a backup")]
    ObjectDamaged {
        /// The object.
        key: String,
        /// By its name.
        expected: Sha256,
        /// By its bytes.
        found: Sha256,
    },
    /// A stored row that cannot be.
    #[error("row {row} of table {table} is damaged: {what}")]
    Integrity {
        /// The table.
        table: &'static str,
        /// Its key.
        row: String,
        /// What was found, and what was expected.
        what: String,
    },
    /// The job was given to another worker, or taken off the queue, in the meantime.
    #[error("job {job} is no longer leased to this worker; its work is dropped, another worker does it again")]
    LeaseLost {
        /// The job.
        job: i64,
    },
    /// The claim was changed by someone else since it was looked at.
    #[error("claim {claim} was changed by someone else: found version {found}, expected {expected}; look at it again")]
    Conflict {
        /// The claim.
        claim: String,
        /// What it is now.
        found: u64,
        /// What the caller had seen.
        expected: u64,
    },
    /// An account was changed by someone else since it was looked at.
    #[error(
        "account {account} was changed by someone else: found version {found}, expected {expected}; look at it again"
    )]
    AccountConflict {
        /// The account.
        account: String,
        /// What it is now.
        found: u64,
        /// What the caller had seen.
        expected: u64,
    },
    /// A draft was changed or sent since it was looked at.
    #[error("draft {draft} was changed or sent meanwhile; look at it again")]
    DraftConflict {
        /// The draft.
        draft: String,
    },
    /// A step that the life of a claim does not have.
    #[error("claim {claim} was left as it is")]
    Step {
        /// The claim.
        claim: String,
        /// From where to where.
        #[source]
        source: TransitionError,
    },
    /// A decision on something else than what is stored.
    #[error("the decision on {claim} rests on the assessment {found}, but {expected} is stored; look at it again")]
    AssessmentDiffers {
        /// The claim.
        claim: String,
        /// What the decision names.
        found: Sha256,
        /// What is stored.
        expected: Sha256,
    },
    /// The facility was granted something after this claim's facts were gathered.
    #[error("the facility of {claim} was granted {other} after {claim} was assessed; have it assessed again")]
    FactsChanged {
        /// The claim.
        claim: String,
        /// The claim that was granted meanwhile.
        other: String,
    },
    /// The budget has no room for a grant, or claims that came earlier wait for it.
    #[error(
        "the budget of {programme} has {available} yen left and {ahead} earlier claims waiting; {claim} needs {needed} yen"
    )]
    BudgetShort {
        /// The claim.
        claim: String,
        /// Under which programme.
        programme: ProgrammeId,
        /// Its grant.
        needed: Yen,
        /// What is left.
        available: Yen,
        /// How many claims that were submitted earlier wait for money.
        ahead: u64,
    },
    /// A grant was to wait for money, and there is money for it by now.
    #[error("the budget has room for {claim} by now; decide it again")]
    BudgetFits {
        /// The claim.
        claim: String,
    },
    /// Something that is not there.
    #[error("{what} {id} is not in the store")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// An id that is taken.
    #[error("{what} {id} is in the store already, with other content")]
    Taken {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// A batch in a state that does not allow what was asked.
    #[error("payment batch {batch} is {found}, expected {expected}")]
    BatchState {
        /// The batch.
        batch: String,
        /// Its state.
        found: &'static str,
        /// What is needed.
        expected: &'static str,
    },
    /// An argument that contradicts itself or the store.
    #[error("{what}: found {found}, expected {expected}")]
    Argument {
        /// Which.
        what: &'static str,
        /// What it was.
        found: String,
        /// What it has to be.
        expected: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anyone doing anything: a worker tries again. Else it parks.
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Database { transient, .. } => *transient,
            // A job of stale facts is read again from the start and then sees them.
            StoreError::Object { .. } | StoreError::FactsChanged { .. } | StoreError::BudgetFits { .. } => true,
            _ => false,
        }
    }

    /// As people of `lang` read it. What only those meet who run the installation is English in both.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, _) => self.to_string(),
            (Lang::Ja, StoreError::Missing { what }) => format!(
                "データの保存先がありません（{what}）。データフォルダー（--data）やアドレスを確かめるか、名簿か申請を先に取り込んでください。"
            ),
            (Lang::Ja, StoreError::Open { what, .. }) => format!(
                "{what} を開けません。アドレスと権限を確かめてください。このプログラムより新しい版で使われたものは開けません。"
            ),
            (Lang::Ja, StoreError::Refused { rule, .. }) => rule.text(lang).to_owned(),
            (Lang::Ja, StoreError::Conflict { claim, .. }) => {
                format!("申請 {claim} は、その間に変更されました。もう一度内容を確かめてください。")
            }
            (Lang::Ja, StoreError::AccountConflict { account, .. }) => {
                format!("利用者 {account} は、その間に変更されました。もう一度内容を確かめてください。")
            }
            (Lang::Ja, StoreError::DraftConflict { .. }) => {
                "この下書きは、その間に変更されたか、既に申請されています。もう一度内容を確かめてください。".to_owned()
            }
            (Lang::Ja, StoreError::Step { claim, source }) => format!(
                "申請 {claim} は「{}」の状態にあり、「{}」に進めることはできません。",
                source.from.name(lang),
                source.to.name(lang)
            ),
            (Lang::Ja, StoreError::AssessmentDiffers { claim, .. }) => {
                format!("申請 {claim} の審査結果は、その間に変わりました。もう一度内容を確かめてください。")
            }
            (Lang::Ja, StoreError::FactsChanged { claim, other }) => format!(
                "申請 {claim} の審査の後に、同じ医療機関等の申請 {other} が交付決定を受けました。もう一度審査してください。"
            ),
            (Lang::Ja, StoreError::BudgetShort { claim, programme, needed, available, ahead }) => format!(
                "補助事業 {programme} の予算の残額は {available}円で、先に申請されて予算を待っているものが {ahead} 件あります。申請 {claim} の交付額 {needed}円は確保できません。"
            ),
            (Lang::Ja, StoreError::BudgetFits { claim }) => {
                format!("申請 {claim} の交付額を確保できる予算ができました。もう一度決定してください。")
            }
            (Lang::Ja, StoreError::NotFound { what, id }) => {
                let what = match *what {
                    "claim" => "申請",
                    "payment batch" => "支払バッチ",
                    "account" => "利用者",
                    "draft" => "下書き",
                    other => other,
                };
                format!("{what} {id} は保存されていません。番号を確かめてください。")
            }
            (Lang::Ja, StoreError::BatchState { batch, found, expected }) => {
                let name = |code: &str| BatchState::ALL.into_iter().find(|state| state.code() == code);
                let name = |code| name(code).map_or(code, |state| state.name(lang));
                format!(
                    "支払バッチ {batch} は「{}」の状態です。「{}」の支払バッチだけを扱えます。",
                    name(found),
                    name(expected)
                )
            }
            (Lang::Ja, StoreError::ObjectMissing(sha256)) => {
                format!("書類 {sha256} が保管先にありません。バックアップから戻すか、もう一度取り込んでください。")
            }
            (Lang::Ja, StoreError::ObjectDamaged { key, .. }) => {
                format!("保管されている書類 {key} が壊れています。バックアップから戻してください。")
            }
            (Lang::Ja, _) => self.to_string(),
        }
    }

    /// The rule that refused it, if one did.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            StoreError::Refused { rule, .. } => Some(*rule),
            _ => None,
        }
    }

    pub(crate) fn step(claim: &str, source: TransitionError) -> StoreError {
        StoreError::Step { claim: claim.to_owned(), source }
    }

    pub(crate) fn no_claim(id: &str) -> StoreError {
        StoreError::NotFound { what: "claim", id: id.to_owned() }
    }

    /// The state from which a refused step was asked, if that is what it is.
    pub fn refused_step(&self) -> Option<(ClaimState, ClaimState)> {
        match self {
            StoreError::Step { source, .. } => Some((source.from, source.to)),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let transient = match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(database) => {
                if let Some(rule) = Rule::of(database.as_ref()) {
                    return StoreError::Refused { rule, said: Box::new(error) };
                }
                // SQLite: busy, locked (the low byte of the extended code); PostgreSQL: serialisation, deadlock,
                // too many connections, shutting down or starting.
                database.code().is_some_and(|code| match code.as_ref() {
                    "40001" | "40P01" | "53300" | "57P01" | "57P02" | "57P03" => true,
                    code => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6)) && code.len() < 5,
                })
            }
            _ => false,
        };
        StoreError::Database { transient, source: Box::new(error) }
    }
}
