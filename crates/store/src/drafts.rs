//! Drafts (下書き): claims that a facility has not sent yet. Each change is kept at once; the documents are stored and
//! logged when they come, not when the claim is sent.

use crate::database::{Tx, read, within};
use crate::row::{At, code, json};
use crate::{Store, StoreError, claims, facilities, log, sql};
use claim::{
    Actor, Adjustment, Choice, ClaimId, Document, DocumentKind, Dossier, DossierDocument, InstitutionCode, LogEntry,
    ProgrammeId, ReadField, Reading, StatedField, Yen,
};
use jiff::Timestamp;
use std::ops::Range;

/// A draft that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDraft {
    /// Chosen by the caller; unique.
    pub id: String,
    /// For which institution.
    pub facility_code: InstitutionCode,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// The returned claim that it answers.
    pub revises: Option<ClaimId>,
    /// What it asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for.
    pub choices: Vec<Choice>,
    /// By which account.
    pub created_by: String,
    /// When.
    pub at: Timestamp,
}

/// A draft as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// For which institution.
    pub facility_code: InstitutionCode,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// The returned claim that it answers.
    pub revises: Option<ClaimId>,
    /// What it asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for.
    pub choices: Vec<Choice>,
    /// By which account.
    pub created_by: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Grows with every change.
    pub version: u64,
    /// When it was sent; then it does not change.
    pub sent_at: Option<Timestamp>,
    /// The claim that it became; `None` also where the sending was broken off, and it has to be sent again.
    pub claim_id: Option<ClaimId>,
    /// Its files, in order.
    pub documents: Vec<DraftDocument>,
    /// What the facility states of them, by their positions in the draft.
    pub stated: Vec<StatedField>,
}

/// A file of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftDocument {
    /// The file; its position is its place in the draft, and there may be gaps.
    pub document: Document,
    /// Where the log tells that it was received.
    pub log_position: u64,
    /// What was read; `None` until it was.
    pub reading: Option<Reading>,
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    id: String,
    facility_code: String,
    programme: String,
    revises: Option<String>,
    claimed_yen: Option<i64>,
    choices: Option<String>,
    created_by: String,
    created_at_ms: i64,
    changed_at_ms: i64,
    version: i64,
    sent_at_ms: Option<i64>,
    claim_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    position: i64,
    declared: String,
    file: String,
    sha256: String,
    size_bytes: i64,
    log_position: i64,
    reading: Option<String>,
}

impl DocumentRow {
    fn document(self, draft: &str) -> Result<DraftDocument, StoreError> {
        let at = At::new("draft_documents", format_args!("{draft} position {}", self.position));
        Ok(DraftDocument {
            log_position: at.count(self.log_position)?,
            reading: self.reading.map(|text| at.json(&text)).transpose()?,
            document: Document {
                position: at.small(self.position)?,
                declared: at.code(&self.declared)?,
                sha256: at.hash(&self.sha256)?,
                size_bytes: at.count(self.size_bytes)?,
                file: self.file,
            },
        })
    }
}

async fn get(tx: &mut Tx, id: &str) -> Result<Option<Draft>, StoreError> {
    let row: Option<DraftRow> = within!(*tx, |c| sqlx::query_as(sql::DRAFT_GET).bind(id).fetch_optional(c).await?);
    let Some(row) = row else { return Ok(None) };
    let documents: Vec<DocumentRow> =
        within!(*tx, |c| sqlx::query_as(sql::DRAFT_DOCUMENTS).bind(id).fetch_all(c).await?);
    let at = At::new("drafts", &row.id);
    let stated: Vec<(i64, String, String)> =
        within!(*tx, |c| sqlx::query_as(sql::DRAFT_STATED_FIELDS).bind(id).fetch_all(c).await?);
    Ok(Some(Draft {
        stated: stated.into_iter().map(|row| stated_field(&at, row)).collect::<Result<_, _>>()?,
        facility_code: at.facility_code(&row.facility_code)?,
        claimed_yen: row.claimed_yen.map(|yen| at.yen(yen)).transpose()?,
        choices: claims::choices(&at, row.choices.as_deref())?,
        created_at: at.time(row.created_at_ms)?,
        changed_at: at.time(row.changed_at_ms)?,
        version: at.count(row.version)?,
        sent_at: row.sent_at_ms.map(|ms| at.time(ms)).transpose()?,
        documents: documents.into_iter().map(|row| row.document(id)).collect::<Result<_, _>>()?,
        programme: row.programme.into(),
        revises: row.revises.map(ClaimId::from),
        claim_id: row.claim_id.map(ClaimId::from),
        created_by: row.created_by,
        id: row.id,
    }))
}

/// A stated field from its row.
pub(crate) fn stated_field(at: &At, row: (i64, String, String)) -> Result<StatedField, StoreError> {
    let (position, field, value) = row;
    Ok(StatedField { position: at.small(position)?, field: field.parse().map_err(|error| at.wrong(error))?, value })
}

fn conflict(id: &str) -> StoreError {
    StoreError::DraftConflict { draft: id.to_owned() }
}

/// The choices as they are stored: nothing where there are none.
fn stored(choices: &[Choice]) -> Result<Option<String>, StoreError> {
    if choices.is_empty() { Ok(None) } else { json(&choices).map(Some) }
}

impl Store {
    /// Begins a draft.
    pub async fn open_draft(&self, new: &NewDraft) -> Result<(), StoreError> {
        let choices = stored(&new.choices)?;
        let mut tx = self.db.begin().await?;
        within!(tx, |c| sqlx::query(sql::DRAFT_OPEN)
            .bind(&new.id)
            .bind(new.facility_code.as_str())
            .bind(new.programme.as_str())
            .bind(new.revises.as_ref().map(ClaimId::as_str))
            .bind(new.claimed_yen.map(Yen::get))
            .bind(&choices)
            .bind(&new.created_by)
            .bind(new.at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await
    }

    /// A draft.
    pub async fn draft(&self, id: &str) -> Result<Option<Draft>, StoreError> {
        get(&mut self.db.snapshot().await?, id).await
    }

    /// At most `limit` drafts of an account's institutions that have not become claims, the last changed first.
    pub async fn drafts_of_account(&self, account: &str, limit: u32) -> Result<Vec<Draft>, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let ids: Vec<String> = within!(tx, |c| sqlx::query_scalar(sql::DRAFTS_OF_ACCOUNT)
            .bind(account)
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        let mut drafts = Vec::with_capacity(ids.len());
        for id in ids {
            drafts.extend(get(&mut tx, &id).await?);
        }
        Ok(drafts)
    }

    /// The draft that answers a returned claim, if one was begun and not sent.
    pub async fn draft_of_revision(&self, claim: &ClaimId) -> Result<Option<String>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::DRAFT_OF_REVISION)
            .bind(claim.as_str())
            .fetch_optional(c)
            .await?))
    }

    /// Changes what a draft asks for, as it was looked at. [`StoreError::DraftConflict`] if it has changed or was sent.
    pub async fn change_draft(
        &self,
        id: &str,
        seen: u64,
        claimed_yen: Option<Yen>,
        choices: &[Choice],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let choices = stored(choices)?;
        let mut tx = self.db.begin().await?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_CHANGE)
            .bind(id)
            .bind(log::signed(seen))
            .bind(claimed_yen.map(Yen::get))
            .bind(&choices)
            .bind(at.as_millisecond())
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(conflict(id));
        }
        tx.commit().await
    }

    /// Adds a file, whose bytes are in object storage already ([`Store::put_document`]), to a draft, with what was read
    /// of it if it was. Returns its position and those of `entries` in the log. The position in `document` is not used.
    pub async fn add_draft_document(
        &self,
        id: &str,
        document: &Document,
        reading: Option<&Reading>,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<(u32, Range<u64>), StoreError> {
        self.objects.size(&document.sha256).await?;
        let declared = code(&document.declared)?;
        let reading = reading.map(json).transpose()?;
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        touch(&mut tx, id, at).await?;
        let position: i64 = within!(tx, |c| sqlx::query_scalar(sql::DRAFT_DOCUMENT_INSERT)
            .bind(id)
            .bind(&declared)
            .bind(&document.file)
            .bind(document.sha256.to_string())
            .bind(log::signed(document.size_bytes))
            .bind(log::signed(logged.start))
            .bind(&reading)
            .fetch_one(c)
            .await?);
        tx.commit().await?;
        Ok((At::new("draft_documents", id).small(position)?, logged))
    }

    /// Says what a file of a draft is.
    pub async fn declare_draft_document(
        &self,
        id: &str,
        position: u32,
        declared: DocumentKind,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let declared = code(&declared)?;
        let mut tx = self.db.begin().await?;
        touch(&mut tx, id, at).await?;
        // Another kind of document has other fields.
        forget_stated(&mut tx, id, position).await?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_DOCUMENT_DECLARE)
            .bind(id)
            .bind(i64::from(position))
            .bind(&declared)
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(no_document(id, position));
        }
        tx.commit().await
    }

    /// Keeps what was read of a file of a draft; where nobody has said what the file is
    /// ([`DocumentKind::Other`]), it is `told` from then on. A file that was taken away meanwhile is no error.
    pub async fn read_draft_document(
        &self,
        id: &str,
        position: u32,
        reading: &Reading,
        told: DocumentKind,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (text, told) = (json(reading)?, code(&told)?);
        let mut tx = self.db.begin().await?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_DOCUMENT_READ)
            .bind(id)
            .bind(i64::from(position))
            .bind(&text)
            .bind(reading.sha256.to_string())
            .bind(&told)
            .execute(c)
            .await?
            .rows_affected());
        if rows == 0 {
            return Ok(());
        }
        // What would be sent may be another thing now. A draft that was sent meanwhile stays as it was.
        touch(&mut tx, id, at).await?;
        tx.commit().await
    }

    /// Keeps what a facility states of a field of a draft's document.
    pub async fn state_draft_field(&self, id: &str, stated: &StatedField, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        touch(&mut tx, id, at).await?;
        within!(tx, |c| sqlx::query(sql::DRAFT_FIELD_STATE)
            .bind(id)
            .bind(i64::from(stated.position))
            .bind(stated.field.to_string())
            .bind(&stated.value)
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await
    }

    /// Takes back what a facility stated of a field; what was read holds again.
    pub async fn unstate_draft_field(
        &self,
        id: &str,
        position: u32,
        field: ReadField,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        touch(&mut tx, id, at).await?;
        within!(tx, |c| sqlx::query(sql::DRAFT_FIELD_UNSTATE)
            .bind(id)
            .bind(i64::from(position))
            .bind(field.to_string())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await
    }

    /// Takes a file out of a draft. The log still tells that it was received, and its bytes stay.
    pub async fn remove_draft_document(&self, id: &str, position: u32, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        touch(&mut tx, id, at).await?;
        forget_stated(&mut tx, id, position).await?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_DOCUMENT_REMOVE)
            .bind(id)
            .bind(i64::from(position))
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            return Err(no_document(id, position));
        }
        tx.commit().await
    }

    /// Closes a draft to all changes because it is sent now. One that was sent before keeps its time, so that sending
    /// it again is the same claim. Returns when it was sent.
    pub async fn send_draft(&self, id: &str, seen: u64, at: Timestamp) -> Result<Timestamp, StoreError> {
        let mut tx = self.db.begin().await?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_SEND)
            .bind(id)
            .bind(log::signed(seen))
            .bind(at.as_millisecond())
            .execute(c)
            .await?
            .rows_affected());
        let draft = get(&mut tx, id).await?;
        let draft = draft.ok_or_else(|| StoreError::NotFound { what: "draft", id: id.to_owned() })?;
        let Some(sent_at) = draft.sent_at else { return Err(conflict(id)) };
        if rows == 1 {
            tx.commit().await?;
        }
        Ok(sent_at)
    }

    /// Remembers which claim a draft became that was sent.
    pub async fn draft_became(&self, id: &str, claim: &ClaimId) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_BECAME)
            .bind(id)
            .bind(claim.as_str())
            .execute(c)
            .await?
            .rows_affected());
        if rows == 1 { tx.commit().await } else { Err(conflict(id)) }
    }

    /// Gives a draft up, as it was looked at.
    pub async fn delete_draft(&self, id: &str, seen: u64) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        within!(tx, |c| sqlx::query(sql::DRAFT_STATED_DELETE).bind(id).execute(c).await.map(drop))?;
        within!(tx, |c| sqlx::query(sql::DRAFT_DOCUMENTS_DELETE).bind(id).execute(c).await.map(drop))?;
        let rows = within!(tx, |c| sqlx::query(sql::DRAFT_DELETE)
            .bind(id)
            .bind(log::signed(seen))
            .execute(c)
            .await?
            .rows_affected());
        if rows != 1 {
            // What was deleted above comes back with the transaction.
            return Err(conflict(id));
        }
        tx.commit().await
    }

    /// What the assessment of a draft would rest on if it were sent at `at`: what is known of its facility, and its
    /// files that were read. Duplicates are looked for only once it is sent.
    pub async fn draft_dossier(&self, id: &str, at: Timestamp) -> Result<Dossier, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let draft = get(&mut tx, id).await?.ok_or_else(|| StoreError::NotFound { what: "draft", id: id.to_owned() })?;
        let facility = facilities::get(&mut tx, &draft.facility_code).await?;
        let claim_id = draft.revises.clone().unwrap_or_else(|| ClaimId::from(draft.id.as_str()));
        let submitted_at = match &draft.revises {
            Some(revised) => {
                claims::summary(&mut tx, revised)
                    .await?
                    .ok_or_else(|| StoreError::no_claim(revised.as_str()))?
                    .submitted_at
            }
            None => at,
        };
        let history = claims::history_of_facility(
            &mut tx,
            &claim_id,
            &draft.programme,
            &draft.facility_code,
            facility.as_ref(),
            submitted_at,
        )
        .await?;
        let filed_choices = match &draft.revises {
            Some(revised) => claims::filed_choices(&mut tx, revised).await?,
            None => Vec::new(),
        };
        let by = Actor::facility(draft.facility_code.as_str());
        let mut documents = Vec::new();
        for one in draft.documents {
            let Some(mut reading) = one.reading else { continue };
            let position = one.document.position;
            for stated in draft.stated.iter().filter(|stated| stated.position == position) {
                let StatedField { position, field, value } = stated.clone();
                // What was stated of another reading may not fit this one; then what was read holds.
                let _ = Adjustment { position, field, value, by: by.clone() }.apply(&mut reading);
            }
            documents.push(DossierDocument { declared: one.document.declared, reading });
        }
        Ok(Dossier {
            claim_id,
            programme: draft.programme,
            submitted_at,
            claimed_yen: draft.claimed_yen,
            choices: draft.choices,
            filed_choices,
            filed_before: history.filed_before,
            facility_code: draft.facility_code,
            facility,
            earlier_grants: history.earlier_grants,
            documents,
            duplicates: Vec::new(),
        })
    }
}

async fn forget_stated(tx: &mut Tx, id: &str, position: u32) -> Result<(), StoreError> {
    within!(*tx, |c| sqlx::query(sql::DRAFT_STATED_FORGET)
        .bind(id)
        .bind(i64::from(position))
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

fn no_document(id: &str, position: u32) -> StoreError {
    StoreError::NotFound { what: "document of the draft", id: format!("{id} position {position}") }
}

async fn touch(tx: &mut Tx, id: &str, at: Timestamp) -> Result<(), StoreError> {
    let rows = within!(*tx, |c| sqlx::query(sql::DRAFT_TOUCH)
        .bind(id)
        .bind(at.as_millisecond())
        .execute(c)
        .await?
        .rows_affected());
    if rows == 1 { Ok(()) } else { Err(conflict(id)) }
}
