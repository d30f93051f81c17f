//! Drafts of facilities: documents as they come, what was read of them within seconds, what the deciding rules would say
//! if the claim were sent now, and the sending.

use crate::told::told;
use crate::{Accepted, Assessed, Office, OfficeError, Submission, Told, actor, hash};
use claim::{
    Actor, Adjustment, Choice, ClaimId, ClaimState, Document, DocumentKind, InstitutionCode, Lang, ProgrammeId,
    ReadField, Reading, Sha256, StatedField, Yen,
};
use decision_log::Event;
use std::collections::BTreeSet;
use store::{Account, Draft, DraftDocument, NewDraft, StoreError};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// The most documents of a claim.
pub const DOCUMENTS_MOST: usize = 50;
/// The most bytes of one uploaded document.
pub const DOCUMENT_BYTES_MOST: u64 = 20 * 1024 * 1024;
/// The most uploads of one account in a quarter of an hour.
const UPLOADS_MOST: u64 = 300;

/// The receipt for a document that was uploaded: what proves that it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its place in the draft.
    pub position: u32,
    /// Of its bytes.
    pub sha256: Sha256,
    /// How many bytes.
    pub size_bytes: u64,
    /// Where the log tells of it.
    pub log_position: u64,
}

impl Office {
    /// A draft that has to be there.
    pub async fn draft(&self, id: &str) -> Result<Draft, OfficeError> {
        self.store.draft(id).await?.ok_or_else(|| {
            told("unknown-draft", "この下書きはありません。".to_owned(), "there is no such draft".to_owned())
        })
    }

    /// Begins a draft of a new claim.
    pub async fn open_draft(
        &self,
        account: &Account,
        facility: &InstitutionCode,
        programme: &ProgrammeId,
    ) -> Result<String, OfficeError> {
        let today = self.today();
        let ruleset = self.rulebook.on(today).await?;
        let known = ruleset.programme(programme).ok_or_else(|| {
            told(
                "unknown-programme",
                format!("補助事業「{programme}」はありません。"),
                format!("there is no programme {programme}"),
            )
        })?;
        if known.opens_on(today).is_some_and(|first| today < first) || known.deadline(today) < today {
            return Err(told(
                "programme-closed",
                "この補助事業は、現在申請を受け付けていません。".to_owned(),
                "this programme takes no claims now".to_owned(),
            ));
        }
        self.open(account, facility, programme, None, None, Vec::new()).await
    }

    /// Begins the answer to a returned claim, or goes on with one that was begun. What was sent before is in it.
    pub async fn open_answer(&self, account: &Account, id: &ClaimId) -> Result<String, OfficeError> {
        if let Some(draft) = self.store.draft_of_revision(id).await? {
            return Ok(draft);
        }
        let record = self.claim(id).await?;
        let claim = &record.claim;
        if claim.state != ClaimState::Returned {
            return Err(told(
                "not-returned",
                format!(
                    "申請 {id} は「{}」の状態です。差し戻された申請だけを、もう一度申請できます。",
                    claim.state.name(Lang::Ja)
                ),
                format!("claim {id} is {}; only a claim that was returned can be sent again", claim.state.code()),
            ));
        }
        let draft = self
            .open(account, &claim.facility_code, &claim.programme, Some(id), claim.claimed_yen, claim.choices.clone())
            .await?;
        let readings = self.store.readings(id, claim.revision).await?;
        let stated = self.store.stated_fields(id, claim.revision).await?;
        for (document, reading) in record.documents.iter().zip(&readings) {
            let (position, _) = self.keep(account, &draft, &claim.facility_code, document, Some(reading)).await?;
            for one in stated.iter().filter(|one| one.position == document.position) {
                let one = StatedField { position, ..one.clone() };
                self.store.state_draft_field(&draft, &one, self.now()).await?;
            }
        }
        Ok(draft)
    }

    async fn open(
        &self,
        account: &Account,
        facility: &InstitutionCode,
        programme: &ProgrammeId,
        revises: Option<&ClaimId>,
        claimed_yen: Option<Yen>,
        choices: Vec<Choice>,
    ) -> Result<String, OfficeError> {
        let mut bytes = [0u8; 10];
        getrandom::fill(&mut bytes)
            .map_err(|error| OfficeError::Inconsistent(format!("no random bytes are to be had: {error}")))?;
        let id = format!("d-{}", hex::encode(bytes));
        let new = NewDraft {
            id: id.clone(),
            facility_code: facility.clone(),
            programme: programme.clone(),
            revises: revises.cloned(),
            claimed_yen,
            choices,
            created_by: account.id.clone(),
            at: self.now(),
        };
        self.store.open_draft(&new).await?;
        Ok(id)
    }

    /// Takes a document into a draft: stored, synced, read back and logged. It is not read yet
    /// ([`Office::read_draft_document`]). `declared` is [`DocumentKind::Other`] where the reading is to tell what it is.
    pub async fn receive(
        &self,
        account: &Account,
        draft: &Draft,
        file: &str,
        declared: DocumentKind,
        bytes: Vec<u8>,
    ) -> Result<Received, OfficeError> {
        self.not_too_often(&format!("upload account {}", account.id), UPLOADS_MOST).await?;
        if draft.documents.len() >= DOCUMENTS_MOST {
            return Err(told(
                "too-many-documents",
                format!("書類は{DOCUMENTS_MOST}件までです。"),
                format!("a claim has at most {DOCUMENTS_MOST} documents"),
            ));
        }
        let size_bytes = bytes.len() as u64;
        if size_bytes > DOCUMENT_BYTES_MOST {
            return Err(too_large());
        }
        if size_bytes == 0 {
            return Err(told(
                "empty-file",
                "ファイルが空です。元のファイルを確かめて、もう一度お送りください。".to_owned(),
                "the file is empty; check the original and send it again".to_owned(),
            ));
        }
        let sha256 = hash(&bytes);
        if let Some(there) = draft.documents.iter().find(|one| one.document.sha256 == sha256) {
            return Err(told(
                "same-file",
                format!("同じ内容のファイル（{}）は、追加済みです。", there.document.file),
                format!("a file with the same contents ({}) is there already", there.document.file),
            ));
        }
        let sha256 = self.store.put_document(bytes).await?;
        let document = Document { position: 0, declared, file: clean_name(file), sha256, size_bytes };
        let (position, log_position) = self.keep(account, &draft.id, &draft.facility_code, &document, None).await?;
        Ok(Received { position, sha256, size_bytes, log_position })
    }

    /// A file on the disk for an upload that is coming. It has no name and goes when it is let go, also when we die.
    pub async fn incoming(&self) -> Result<tokio::fs::File, OfficeError> {
        let folder = self.settings.incoming.clone();
        let made = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder)?;
            tempfile::tempfile_in(&folder)
        });
        match made.await {
            Ok(Ok(file)) => Ok(tokio::fs::File::from_std(file)),
            Ok(Err(error)) => Err(no_room(error)),
            Err(error) => Err(no_room(error)),
        }
    }

    /// [`Office::receive`] of what came into a file of [`Office::incoming`].
    pub async fn receive_file(
        &self,
        account: &Account,
        draft: &Draft,
        name: &str,
        declared: DocumentKind,
        mut file: tokio::fs::File,
    ) -> Result<Received, OfficeError> {
        // It is never closed.
        let _turn = self.desk.storing.acquire().await.ok();
        let mut bytes = Vec::new();
        file.rewind().await.map_err(no_room)?;
        // One byte more than may be tells that there are too many.
        file.take(DOCUMENT_BYTES_MOST + 1).read_to_end(&mut bytes).await.map_err(no_room)?;
        self.receive(account, draft, name, declared, bytes).await
    }

    async fn keep(
        &self,
        account: &Account,
        draft: &str,
        facility: &InstitutionCode,
        document: &Document,
        reading: Option<&Reading>,
    ) -> Result<(u32, u64), OfficeError> {
        let event = Event::DocumentReceived {
            draft: draft.to_owned(),
            facility: facility.clone(),
            sha256: document.sha256,
            size_bytes: document.size_bytes,
        };
        let entry = self.entry(&actor(account, Some(facility)), event);
        let (position, logged) = self.store.add_draft_document(draft, document, reading, self.now(), &[entry]).await?;
        Ok((position, logged.start))
    }

    /// Reads a document of a draft, as what it is declared to be now. Where nobody has said what it is, what was read
    /// says it.
    pub async fn read_draft_document(&self, draft: &Draft, position: u32) -> Result<(), OfficeError> {
        let document = &document_of(draft, position)?.document;
        let bytes = self.store.document(&document.sha256).await?;
        let as_kind = Some(document.declared).filter(|kind| *kind != DocumentKind::Other);
        let _seat = self.desk.seat().await;
        let reading = self.reader.read(&document.file, &bytes, as_kind).await.map_err(|error| {
            Told::new(
                "書類を読み取ることができませんでした。書類は保存されています。しばらくしてから、もう一度お試しください。",
                "the document could not be read; it is kept: try again in a while",
            )
            .coded("reader")
            .because(error)
        })?;
        let told = told_kind(&reading);
        Ok(self.store.read_draft_document(&draft.id, position, &reading, told, self.now()).await?)
    }

    /// Says what a document of a draft is, and reads it as that.
    pub async fn declare_draft_document(
        &self,
        draft: &Draft,
        position: u32,
        declared: DocumentKind,
    ) -> Result<(), OfficeError> {
        if document_of(draft, position)?.document.declared == declared {
            return Ok(());
        }
        self.store.declare_draft_document(&draft.id, position, declared, self.now()).await?;
        self.read_draft_document(&self.draft(&draft.id).await?, position).await
    }

    /// States what a field of a draft's document says, where it was not read rightly; without a value, what was read holds
    /// again. A person will look at what is stated.
    pub async fn state_field(
        &self,
        draft: &Draft,
        position: u32,
        field: ReadField,
        value: &str,
    ) -> Result<(), OfficeError> {
        let document = document_of(draft, position)?;
        let value = value.trim();
        let read = document.reading.as_ref().and_then(|reading| field.value(reading));
        if value.is_empty() || read.as_deref() == Some(value) {
            return Ok(self.store.unstate_draft_field(&draft.id, position, field, self.now()).await?);
        }
        let mut tried = document.reading.clone().ok_or_else(|| {
            told(
                "not-read",
                "この書類は、まだ読み取っていません。先に読み取ってください。".to_owned(),
                "this document has not been read yet; have it read first".to_owned(),
            )
        })?;
        let by = Actor::facility(draft.facility_code.as_str());
        let stated = StatedField { position, field, value: value.to_owned() };
        Adjustment { position, field, value: value.to_owned(), by }
            .apply(&mut tried)
            .map_err(|error| Told::new(error.message(Lang::Ja), error.message(Lang::En)).coded("value"))?;
        Ok(self.store.state_draft_field(&draft.id, &stated, self.now()).await?)
    }

    /// Takes a document out of a draft.
    pub async fn remove_draft_document(&self, draft: &Draft, position: u32) -> Result<(), OfficeError> {
        Ok(self.store.remove_draft_document(&draft.id, position, self.now()).await?)
    }

    /// Changes what a draft asks for, as it was looked at.
    pub async fn change_draft(
        &self,
        draft: &Draft,
        seen: u64,
        claimed_yen: Option<Yen>,
        choices: &[Choice],
    ) -> Result<(), OfficeError> {
        let ranks: BTreeSet<u8> = choices.iter().map(|choice| choice.rank).collect();
        let well = choices
            .iter()
            .all(|choice| Choice::RANKS.contains(&choice.rank) && (1..=Choice::MOST_UNITS).contains(&choice.units));
        if ranks.len() != choices.len() || !well {
            return Err(told(
                "choice",
                format!("希望する製品の台数は、1台から{}台までで入力してください。", Choice::MOST_UNITS),
                format!("a choice has 1 to {} units", Choice::MOST_UNITS),
            ));
        }
        Ok(self.store.change_draft(&draft.id, seen, claimed_yen, choices, self.now()).await?)
    }

    /// Gives a draft up, as it was looked at. The log still tells which documents were received.
    pub async fn discard_draft(&self, draft: &Draft, seen: u64) -> Result<(), OfficeError> {
        Ok(self.store.delete_draft(&draft.id, seen).await?)
    }

    /// What the rules that decide would say if the draft were sent now.
    pub async fn preview(&self, draft: &Draft) -> Result<Assessed, OfficeError> {
        let now = self.now();
        let dossier = self.store.draft_dossier(&draft.id, now).await?;
        let ruleset = self.rulebook.on(self.today()).await?;
        let rules::Assessed { facts, observed, assessment } = ruleset
            .assess_dossier(&dossier)
            .map_err(|error| OfficeError::Inconsistent(format!("draft {}: {error}", draft.id)))?;
        Ok(Assessed::new(facts, observed, assessment))
    }

    /// Sends a draft, as it was looked at. Sent again, it is the same claim.
    pub async fn send_draft(&self, account: &Account, draft: &Draft, seen: u64) -> Result<ClaimId, OfficeError> {
        if draft.documents.is_empty() && draft.choices.is_empty() {
            return Err(told(
                "nothing-to-send",
                "書類がまだありません。領収書などを追加してください。".to_owned(),
                "there is no document yet; add the receipts".to_owned(),
            ));
        }
        if let Some(one) = draft.documents.iter().find(|one| one.document.declared == DocumentKind::Other) {
            return Err(told(
                "document-kind-missing",
                format!(
                    "「{}」の書類の種類が選ばれていません。領収書又は領収書内訳書のどちらかを選んでください。",
                    one.document.file
                ),
                format!("say whether {:?} is a receipt or an itemization", one.document.file),
            ));
        }
        let submitted_at = self.store.send_draft(&draft.id, seen, self.now()).await?;
        // As it stands now that nobody can change it.
        let draft = self.draft(&draft.id).await?;
        // A place in the draft may be empty; those of a claim are numbered through.
        let stated = draft.stated.iter().filter_map(|one| {
            let place = draft.documents.iter().position(|document| document.document.position == one.position)?;
            Some(StatedField { position: u32::try_from(place).ok()?, ..one.clone() })
        });
        let documents =
            draft.documents.iter().zip(0..).map(|(one, position)| Document { position, ..one.document.clone() });
        let submission = Submission {
            programme: draft.programme.clone(),
            facility: draft.facility_code.clone(),
            submitted_at,
            claimed_yen: draft.claimed_yen,
            choices: draft.choices.clone(),
            revises: draft.revises.clone(),
            documents: documents.collect(),
            stated: stated.collect(),
        };
        let by = actor(account, Some(&draft.facility_code));
        let (Accepted::New(id) | Accepted::AlreadyThere(id)) = self.submit(&submission, &by).await?;
        self.store.draft_became(&draft.id, &id).await?;
        Ok(id)
    }
}

fn document_of(draft: &Draft, position: u32) -> Result<&DraftDocument, OfficeError> {
    draft
        .documents
        .iter()
        .find(|one| one.document.position == position)
        .ok_or_else(|| OfficeError::Store(StoreError::NotFound { what: "document of the draft", id: draft.id.clone() }))
}

/// What a document is by what was read of it: what is no itemization was meant as a receipt, and whatever is wrong with
/// it as one is found.
fn told_kind(reading: &Reading) -> DocumentKind {
    match reading.kind {
        _ if reading.is_unreadable() || reading.holds_nothing() => DocumentKind::Other,
        DocumentKind::Itemization => DocumentKind::Itemization,
        _ => DocumentKind::Receipt,
    }
}

/// The disk does not take an upload.
fn no_room(error: impl std::error::Error + Send + Sync + 'static) -> OfficeError {
    Told::new(
        "ファイルを受け取ることができませんでした。しばらくしてから、もう一度お送りください。",
        "the file could not be taken; send it again in a while",
    )
    .coded("try-again")
    .because(error)
    .into()
}

/// A file has more than [`DOCUMENT_BYTES_MOST`].
pub fn too_large() -> OfficeError {
    told(
        "too-large",
        "ファイルが大きすぎます。1件20MB以内としてください。".to_owned(),
        "the file is too large; at most 20 MB each".to_owned(),
    )
}

/// The name of an uploaded file as it is kept: without folders, without what a terminal or a page would obey, and short.
fn clean_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = name.chars().filter(|c| !c.is_control() && !is_bidi(*c)).take(200).collect();
    let clean = clean.trim();
    if clean.is_empty() { "document".to_owned() } else { clean.to_owned() }
}

/// Characters that turn the direction of writing: with them `fdp.exe` looks like `exe.pdf`.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
