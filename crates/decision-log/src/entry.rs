//! Entries: what the log records, and the exact bytes of each.
//!
//! An entry names claims, facilities (by institution code), accounts of staff (by id) and amounts. It has no field for
//! addresses or bank accounts; texts that may name a person stand in the payload as commitments (`personal.rs`).

use claim::{
    Actor, Assessment, Choice, ClaimId, Decision, DocumentKind, DuplicateVerdict, Facts, Finding, FindingCode,
    InstitutionCode, Lang, LogAbout, Method, NoticeKind, ProblemCode, ProgrammeId, Role, Sha256, Yen,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The version of the form of [`Entry::to_bytes`].
const VERSION: u64 = 1;

/// One entry: who did what, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What.
    pub event: Event,
}

/// What was done. In JSON the key `type` says which.
///
/// A claim's changes of state are inside these: submitted, read, assessed, in review, decided, batched (prepared), sent
/// (released). A new kind of event is a new variant; keys of those that exist never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The facility register was replaced.
    FacilityRegisterChanged {
        /// How many facilities it has now.
        count: u64,
        /// The file that it was read from.
        sha256: Sha256,
    },
    /// A claim, or a new revision of a returned one, was accepted.
    ClaimSubmitted(SubmittedClaim),
    /// Its documents were read.
    ClaimRead {
        /// Which claim.
        claim_id: ClaimId,
        /// Its revision, from 1.
        revision: u32,
        /// What came of each document, in the order of their positions.
        readings: Vec<ReadDocument>,
    },
    /// The rules assessed it.
    ClaimAssessed(Box<AssessedClaim>),
    /// It waits for a person.
    ClaimInReview {
        /// Which claim.
        claim_id: ClaimId,
        /// Its revision, from 1.
        revision: u32,
        /// The findings that a person has to look at.
        reasons: Vec<FindingCode>,
    },
    /// It was decided.
    ClaimDecided {
        /// The decision, bound to the hash of the assessment.
        decision: Decision,
    },
    /// A notice was made.
    NoticeIssued {
        /// Of which claim.
        claim_id: ClaimId,
        /// Its revision, from 1.
        revision: u32,
        /// Which kind.
        kind: NoticeKind,
        /// 文書番号.
        number: String,
        /// The PDF.
        sha256: Sha256,
    },
    /// A payment batch was prepared.
    BatchPrepared(PreparedBatch),
    /// It was released by another person, and is frozen by its hash.
    BatchReleased {
        /// Which batch.
        id: String,
        /// The batch's stored bytes.
        sha256: Sha256,
        /// By whom.
        released_by: Actor,
    },
    /// It was given up before its release: its claims wait for another batch.
    BatchCancelled {
        /// Which batch.
        id: String,
        /// By whom.
        cancelled_by: Actor,
    },
    /// A person said whether two claims have the same receipt.
    DuplicateJudged {
        /// One claim.
        claim_id: ClaimId,
        /// The other.
        other_claim: ClaimId,
        /// What was said.
        verdict: DuplicateVerdict,
        /// Why.
        reason: String,
    },
    /// Rules were proposed: they decide from a day on, once two people have agreed.
    RulesetProposed {
        /// `sha256:` and the hash of the rules' files.
        ruleset: String,
        /// The first day on which they decide.
        active_from: Date,
    },
    /// A person agreed to proposed rules.
    RulesetAgreed {
        /// Which.
        ruleset: String,
    },
    /// A facility was invited to make its own account.
    FacilityInvited {
        /// Which.
        facility: InstitutionCode,
        /// Until when the invitation holds.
        expires_at: Timestamp,
    },
    /// An account was made.
    AccountAdded {
        /// Its id.
        account: String,
        /// What it is for.
        role: Role,
        /// The institutions that it acts for.
        facilities: Vec<InstitutionCode>,
    },
    /// An account was changed, closed or opened again.
    AccountChanged {
        /// Its id.
        account: String,
        /// What it is for now.
        role: Role,
        /// The institutions that it acts for now.
        facilities: Vec<InstitutionCode>,
        /// Whether it may sign in.
        active: bool,
    },
    /// An account's password or second step was set anew.
    CredentialsChanged {
        /// Its id.
        account: String,
    },
    /// An account of staff may sign in by a provider of OpenID Connect; who it is there stands in no entry.
    IdentityLinked {
        /// Which account.
        account: String,
        /// The provider.
        issuer: String,
    },
    /// It may no longer.
    IdentityUnlinked {
        /// Which account.
        account: String,
        /// The provider.
        issuer: String,
    },
    /// Where an account gets its mail was changed; the address stands in no entry.
    AccountContactChanged {
        /// Which account.
        account: String,
    },
    /// A token for programs was made.
    TokenAdded {
        /// Of which account.
        account: String,
        /// Whether it may change things.
        writes: bool,
        /// From when on it is refused.
        expires_at: Timestamp,
        /// The hash of the token.
        sha256: Sha256,
    },
    /// A token for programs was ended before its time.
    TokenEnded {
        /// Of which account.
        account: String,
        /// The hash of the token.
        sha256: Sha256,
    },
    /// A document was received for a claim that is not sent yet.
    DocumentReceived {
        /// For which draft.
        draft: String,
        /// For which institution.
        facility: InstitutionCode,
        /// Its bytes.
        sha256: Sha256,
        /// How many bytes.
        size_bytes: u64,
    },
    /// An auditor looked at a claim with the personal data in it.
    ClaimViewed {
        /// Which.
        claim_id: ClaimId,
    },
    /// A person corrected what was read from a document; it is assessed again on that.
    FieldAdjusted(Box<AdjustedField>),
    /// Its facility took it back.
    ClaimWithdrawn {
        /// Which claim.
        claim_id: ClaimId,
        /// Its revision, from 1.
        revision: u32,
    },
    /// A person asked for a claim to be assessed again on the facts as they are now.
    ReassessmentAsked {
        /// Which claim.
        claim_id: ClaimId,
        /// Its revision, from 1.
        revision: u32,
    },
    /// A person wrote a note beside a claim.
    ClaimNoted {
        /// Which claim.
        claim_id: ClaimId,
        /// What was written.
        note: String,
    },
    /// A claim was handed to a member of staff.
    ClaimHandedOver {
        /// Which claim.
        claim_id: ClaimId,
        /// To whose account.
        account: String,
    },
    /// The budget of a programme was set.
    BudgetSet {
        /// Which programme.
        programme: ProgrammeId,
        /// The whole budget from now on.
        budget_yen: Yen,
        /// What it was; `None` the first time.
        previous_yen: Option<Yen>,
        /// Why.
        reason: String,
    },
    /// A claim was approved in all but money: the decision is entered when the programme's budget has room.
    ClaimAwaitsBudget {
        /// The decision that waits.
        decision: Decision,
        /// What was left of the budget.
        available_yen: Yen,
        /// How many claims that came earlier waited.
        ahead: u64,
    },
    /// A grant was given up before it was paid; its money is available again.
    GrantWithdrawn {
        /// Of which claim.
        claim_id: ClaimId,
        /// What had been granted, where it was money.
        granted_yen: Option<Yen>,
        /// Why.
        reason: String,
    },
    /// One person agreed to the release of a batch that needs several.
    BatchReleaseAgreed {
        /// Which batch.
        id: String,
        /// The content that this person looked at.
        sha256: Sha256,
        /// By whom.
        agreed_by: Actor,
        /// How many have agreed with this one.
        agreed: u32,
        /// How many have to.
        releasers: u32,
    },
    /// A facility was given another bank account.
    FacilityAccountChanged {
        /// Which facility.
        facility: InstitutionCode,
        /// The account.
        account: String,
    },
    /// A second person looked at a facility's bank account: it may be paid to.
    FacilityAccountLooked {
        /// Which facility.
        facility: InstitutionCode,
        /// Which of its accounts, from 1.
        number: u64,
        /// The account.
        account: String,
        /// The claims that can be paid again.
        payable_again: Vec<ClaimId>,
    },
    /// The list of banks and branches was replaced.
    BankListImported {
        /// The day of which it says what is.
        as_of: Date,
        /// How many branches it has.
        branches: u64,
        /// The file.
        sha256: Sha256,
    },
    /// The bank said what became of a batch.
    ResultsReceived(ReceivedResults),
    /// What had been recorded as paid was not.
    ResultCorrected {
        /// In which batch.
        batch: String,
        /// Which claim.
        claim_id: ClaimId,
        /// Why.
        reason: String,
    },
    /// Texts that entries commit to were erased; the entries and their proofs stay.
    PersonalDataErased {
        /// Of which claim.
        claim_id: ClaimId,
        /// What was erased, by its commitments.
        commitments: Vec<Sha256>,
    },
}

impl Event {
    /// The kinds of events: the value of the key `type`, and what happened in Japanese.
    pub const KINDS: [(&str, &str); 39] = [
        ("facility-register-changed", "名簿の取込み"),
        ("claim-submitted", "申請の受付"),
        ("claim-read", "書類の読取り"),
        ("claim-assessed", "申請の審査"),
        ("claim-in-review", "職員による確認の開始"),
        ("claim-decided", "申請の決定"),
        ("notice-issued", "通知書の作成"),
        ("batch-prepared", "支払バッチの準備"),
        ("batch-released", "支払バッチの承認"),
        ("batch-cancelled", "支払バッチの取消し"),
        ("duplicate-judged", "領収書の重複の判断"),
        ("ruleset-proposed", "規則の案の登録"),
        ("ruleset-agreed", "規則の案への同意"),
        ("facility-invited", "医療機関等の招待"),
        ("account-added", "利用者の追加"),
        ("account-changed", "利用者の変更"),
        ("credentials-changed", "認証情報の変更"),
        ("identity-linked", "外部の認証の設定"),
        ("identity-unlinked", "外部の認証の解除"),
        ("account-contact-changed", "連絡先の変更"),
        ("token-added", "APIトークンの作成"),
        ("token-ended", "APIトークンの無効化"),
        ("document-received", "書類の受領"),
        ("claim-viewed", "監査担当者の閲覧"),
        ("field-adjusted", "読取り結果の訂正"),
        ("claim-withdrawn", "申請の取下げ"),
        ("reassessment-asked", "再審査の指示"),
        ("claim-noted", "メモの記入"),
        ("claim-handed-over", "担当の引継ぎ"),
        ("budget-set", "予算の設定"),
        ("claim-awaits-budget", "予算待ちの開始"),
        ("grant-withdrawn", "交付決定の取消し"),
        ("batch-release-agreed", "支払バッチの承認（必要な人数に達する前）"),
        ("facility-account-changed", "振込先口座の登録"),
        ("facility-account-looked", "振込先口座の確認"),
        ("bank-list-imported", "銀行・支店の一覧の取込み"),
        ("results-received", "振込結果の取込み"),
        ("result-corrected", "振込結果の訂正"),
        ("personal-data-erased", "個人情報の消去"),
    ];

    /// The value of the key `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Event::FacilityRegisterChanged { .. } => "facility-register-changed",
            Event::ClaimSubmitted(_) => "claim-submitted",
            Event::ClaimRead { .. } => "claim-read",
            Event::ClaimAssessed(_) => "claim-assessed",
            Event::ClaimInReview { .. } => "claim-in-review",
            Event::ClaimDecided { .. } => "claim-decided",
            Event::NoticeIssued { .. } => "notice-issued",
            Event::BatchPrepared(_) => "batch-prepared",
            Event::BatchReleased { .. } => "batch-released",
            Event::BatchCancelled { .. } => "batch-cancelled",
            Event::DuplicateJudged { .. } => "duplicate-judged",
            Event::RulesetProposed { .. } => "ruleset-proposed",
            Event::RulesetAgreed { .. } => "ruleset-agreed",
            Event::FacilityInvited { .. } => "facility-invited",
            Event::AccountAdded { .. } => "account-added",
            Event::AccountChanged { .. } => "account-changed",
            Event::CredentialsChanged { .. } => "credentials-changed",
            Event::IdentityLinked { .. } => "identity-linked",
            Event::IdentityUnlinked { .. } => "identity-unlinked",
            Event::AccountContactChanged { .. } => "account-contact-changed",
            Event::TokenAdded { .. } => "token-added",
            Event::TokenEnded { .. } => "token-ended",
            Event::DocumentReceived { .. } => "document-received",
            Event::ClaimViewed { .. } => "claim-viewed",
            Event::FieldAdjusted(_) => "field-adjusted",
            Event::ClaimWithdrawn { .. } => "claim-withdrawn",
            Event::ReassessmentAsked { .. } => "reassessment-asked",
            Event::ClaimNoted { .. } => "claim-noted",
            Event::ClaimHandedOver { .. } => "claim-handed-over",
            Event::BudgetSet { .. } => "budget-set",
            Event::ClaimAwaitsBudget { .. } => "claim-awaits-budget",
            Event::GrantWithdrawn { .. } => "grant-withdrawn",
            Event::BatchReleaseAgreed { .. } => "batch-release-agreed",
            Event::FacilityAccountChanged { .. } => "facility-account-changed",
            Event::FacilityAccountLooked { .. } => "facility-account-looked",
            Event::BankListImported { .. } => "bank-list-imported",
            Event::ResultsReceived(_) => "results-received",
            Event::ResultCorrected { .. } => "result-corrected",
            Event::PersonalDataErased { .. } => "personal-data-erased",
        }
    }

    /// What happened, as people of `lang` read it.
    pub fn name(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Ja => Event::KINDS.iter().find(|kind| kind.0 == self.code()).map_or(self.code(), |kind| kind.1),
            Lang::En => self.code(),
        }
    }

    /// The sum that is decided or to be paid, if it is about one.
    pub const fn amount(&self) -> Option<Yen> {
        match self {
            Event::ClaimDecided { decision } => Some(decision.grant_yen),
            Event::BatchPrepared(batch) => Some(batch.total_yen),
            Event::BudgetSet { budget_yen, .. } => Some(*budget_yen),
            Event::ClaimAwaitsBudget { decision, .. } => Some(decision.grant_yen),
            Event::GrantWithdrawn { granted_yen, .. } => *granted_yen,
            Event::ResultsReceived(results) => Some(results.paid_yen),
            _ => None,
        }
    }

    /// The facilities that it is about by itself, whether or not a claim stands between.
    pub fn facilities(&self) -> &[InstitutionCode] {
        match self {
            Event::ClaimSubmitted(claim) => std::slice::from_ref(&claim.facility),
            Event::FacilityInvited { facility, .. }
            | Event::DocumentReceived { facility, .. }
            | Event::FacilityAccountChanged { facility, .. }
            | Event::FacilityAccountLooked { facility, .. } => std::slice::from_ref(facility),
            Event::AccountAdded { facilities, .. } | Event::AccountChanged { facilities, .. } => facilities,
            _ => &[],
        }
    }

    /// By what the entry is found again, whoever wrote it when.
    pub(crate) fn about(&self, at: Timestamp, by: Actor) -> LogAbout {
        let mut claims: Vec<ClaimId> = self.claim_id().cloned().into_iter().collect();
        let mut facilities = self.facilities().to_vec();
        let mut of_batch = None;
        match self {
            Event::DuplicateJudged { other_claim, .. } => claims.push(other_claim.clone()),
            Event::BatchPrepared(batch) => {
                claims.extend(batch.payments.iter().map(|payment| payment.claim_id.clone()));
                facilities.extend(batch.payments.iter().map(|payment| payment.facility.clone()));
            }
            Event::BatchReleased { id, .. }
            | Event::BatchReleaseAgreed { id, .. }
            | Event::BatchCancelled { id, .. } => of_batch = Some(id.clone()),
            Event::FacilityAccountLooked { payable_again, .. } => claims.extend(payable_again.iter().cloned()),
            Event::ResultsReceived(results) => {
                claims.extend(results.paid.iter().cloned());
                claims.extend(results.bounced.iter().cloned());
            }
            _ => {}
        }
        LogAbout { at, by, event: self.code(), claims, facilities, batch: of_batch }
    }

    /// The claim that it is about, if it is about one.
    pub const fn claim_id(&self) -> Option<&ClaimId> {
        match self {
            Event::ClaimSubmitted(claim) => Some(&claim.claim_id),
            Event::ClaimAssessed(claim) => Some(&claim.claim_id),
            Event::ClaimDecided { decision } | Event::ClaimAwaitsBudget { decision, .. } => Some(&decision.claim_id),
            Event::FieldAdjusted(field) => Some(&field.claim_id),
            Event::ClaimRead { claim_id, .. }
            | Event::ClaimInReview { claim_id, .. }
            | Event::NoticeIssued { claim_id, .. }
            | Event::DuplicateJudged { claim_id, .. }
            | Event::ClaimViewed { claim_id }
            | Event::ClaimWithdrawn { claim_id, .. }
            | Event::ReassessmentAsked { claim_id, .. }
            | Event::ClaimNoted { claim_id, .. }
            | Event::ClaimHandedOver { claim_id, .. }
            | Event::GrantWithdrawn { claim_id, .. }
            | Event::ResultCorrected { claim_id, .. }
            | Event::PersonalDataErased { claim_id, .. } => Some(claim_id),
            Event::FacilityRegisterChanged { .. }
            | Event::FacilityInvited { .. }
            | Event::AccountAdded { .. }
            | Event::AccountChanged { .. }
            | Event::CredentialsChanged { .. }
            | Event::AccountContactChanged { .. }
            | Event::IdentityLinked { .. }
            | Event::IdentityUnlinked { .. }
            | Event::TokenAdded { .. }
            | Event::TokenEnded { .. }
            | Event::DocumentReceived { .. }
            | Event::BatchPrepared(_)
            | Event::BatchReleased { .. }
            | Event::BatchReleaseAgreed { .. }
            | Event::BatchCancelled { .. }
            | Event::BudgetSet { .. }
            | Event::FacilityAccountChanged { .. }
            | Event::FacilityAccountLooked { .. }
            | Event::BankListImported { .. }
            | Event::ResultsReceived(_)
            | Event::RulesetProposed { .. }
            | Event::RulesetAgreed { .. } => None,
        }
    }
}

/// A claim as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedClaim {
    /// Its id.
    pub claim_id: ClaimId,
    /// Its revision, from 1.
    pub revision: u32,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// By which facility.
    pub facility: InstitutionCode,
    /// When this revision was submitted.
    pub submitted_at: Timestamp,
    /// What it asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Its documents, in order.
    pub documents: Vec<SubmittedDocument>,
}

/// A document as it was accepted. Its name is left out: a facility may have put a person's name into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedDocument {
    /// Its place among the documents, from 0.
    pub position: u32,
    /// What the facility says it is.
    pub declared: DocumentKind,
    /// Its bytes.
    pub sha256: Sha256,
    /// How many bytes.
    pub size_bytes: u64,
}

impl From<&claim::Document> for SubmittedDocument {
    fn from(document: &claim::Document) -> SubmittedDocument {
        SubmittedDocument {
            position: document.position,
            declared: document.declared,
            sha256: document.sha256,
            size_bytes: document.size_bytes,
        }
    }
}

/// What came of reading one document. The reading itself is stored beside the log, under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadDocument {
    /// Its place among the documents, from 0.
    pub position: u32,
    /// Its bytes.
    pub document: Sha256,
    /// The stored bytes of its reading.
    pub reading: Sha256,
    /// How it was read; `None` when nothing could be.
    pub method: Option<Method>,
    /// What it turned out to be.
    pub kind: DocumentKind,
    /// What went wrong.
    pub problems: Vec<ProblemCode>,
}

/// An assessment with all that it can be replayed from. The ruleset's hash is in the assessment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessedClaim {
    /// Which claim.
    pub claim_id: ClaimId,
    /// Its revision, from 1.
    pub revision: u32,
    /// What the rules were applied to; `None` where the readings gave no facts.
    pub facts: Option<Facts>,
    /// What was found about the documents before the rules were applied.
    pub observed: Vec<Finding>,
    /// What the rules said.
    pub assessment: Assessment,
    /// The stored bytes of the assessment; a decision is bound to it.
    pub assessment_sha256: Sha256,
}

/// A field of a document as a person corrected it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedField {
    /// Of which claim.
    pub claim_id: ClaimId,
    /// Of which of its revisions, from 1.
    pub revision: u32,
    /// Of which of its documents, from 0.
    pub position: u32,
    /// Which field, such as `receipt.total_yen`.
    pub field: String,
    /// What it was; `None` where nothing had been read.
    pub old: Option<String>,
    /// What it is now, as it was typed.
    pub new: String,
    /// Why.
    pub reason: String,
}

/// A payment batch as it was prepared: whom it pays how much, and no account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedBatch {
    /// Its id.
    pub id: String,
    /// 振込指定日.
    pub pay_on: Date,
    /// For which claim how much, in the batch's order.
    pub payments: Vec<BatchPayment>,
    /// Their sum.
    pub total_yen: Yen,
    /// By whom.
    pub prepared_by: Actor,
}

/// One payment of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPayment {
    /// For which claim.
    pub claim_id: ClaimId,
    /// To which facility.
    pub facility: InstitutionCode,
    /// How much.
    pub amount_yen: Yen,
}

/// What a bank said of a batch. Its records are stored beside the log, its file in object storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedResults {
    /// Of which batch.
    pub batch: String,
    /// The file.
    pub sha256: Sha256,
    /// The claims that were paid.
    pub paid: Vec<ClaimId>,
    /// What was paid in all.
    pub paid_yen: Yen,
    /// The claims whose payment was sent back.
    pub bounced: Vec<ClaimId>,
    /// How many records or payments do not add up and wait for a person.
    pub amiss: u64,
}

/// Why bytes are not an entry that this version wrote.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Not JSON, or not with the keys and values of an entry.
    #[error("not an entry of the decision log; expected JSON with the keys v, at, by and event")]
    Form(#[source] serde_json::Error),
    /// A text that may name a person stands there itself.
    #[error("personal data stands in the entry itself, expected commitments; it was not written by kofu")]
    Uncommitted,
    /// Written by another version.
    #[error(
        "found an entry of version {found}, expected {VERSION}; use the version of kofu that wrote it, or a newer one"
    )]
    Version {
        /// Its version.
        found: u64,
    },
    /// The same values, but not the bytes that an entry with these values has.
    #[error(
        "not the exact form of an entry: it differs from byte {at} on (spaces, order of keys, unknown keys or escapes)"
    )]
    NotCanonical {
        /// The first byte that differs, from 0.
        at: usize,
    },
}

/// The form of an entry in bytes: the keys in this order.
#[derive(Serialize, Deserialize)]
struct Wire<At, By, What> {
    v: u64,
    at: At,
    by: By,
    event: What,
}

impl Entry {
    /// The payload of an entry whose personal data is committed to: JSON in UTF-8 on one line, the keys in the order of
    /// the types, no spaces, no floats. Equal entries have equal bytes; these are what the log stores and hashes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire { v: VERSION, at: &self.at, by: &self.by, event: &self.event };
        // Serialising fails only for maps without text keys and for types that refuse; an entry has neither.
        serde_json::to_vec(&wire).expect("an entry always has a JSON form")
    }

    /// Reads a payload back; refuses any bytes but those of [`Entry::commit`]. Personal data stays committed to until it
    /// is put back by [`Entry::open`].
    pub fn from_bytes(payload: &[u8]) -> Result<Entry, EntryError> {
        #[derive(Deserialize)]
        struct Version {
            v: u64,
        }
        // The version first: what another version wrote may have other keys.
        let Version { v } = serde_json::from_slice(payload).map_err(EntryError::Form)?;
        if v != VERSION {
            return Err(EntryError::Version { found: v });
        }
        let wire: Wire<Timestamp, Actor, Event> = serde_json::from_slice(payload).map_err(EntryError::Form)?;
        let entry = Entry { at: wire.at, by: wire.by, event: wire.event };
        let canonical = entry.to_bytes();
        if canonical != payload {
            let same = canonical.iter().zip(payload).take_while(|(ours, theirs)| ours == theirs).count();
            return Err(EntryError::NotCanonical { at: same });
        }
        if !entry.is_committed() {
            return Err(EntryError::Uncommitted);
        }
        Ok(entry)
    }
}
