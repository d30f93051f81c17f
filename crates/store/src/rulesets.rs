//! Rulesets as opaque files under their hash, and the drafts that two people agree on.

use crate::database::{Tx, change, read, within};
use crate::row::At;
use crate::{Store, StoreError, log, sql};
use claim::{Actor, LogEntry};
use jiff::Timestamp;
use jiff::civil::Date;
use std::ops::Range;

/// So many people agree before a draft holds.
const AGREEMENTS_NEEDED: usize = 2;

/// A ruleset that somebody proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesetDraft {
    /// `sha256:` and the hash of its files.
    pub hash: String,
    /// The first day on which it decides, if two people have agreed by then.
    pub active_from: Date,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// When.
    pub proposed_at: Timestamp,
    /// Who agreed, and when, in order.
    pub agreements: Vec<(Actor, Timestamp)>,
}

impl RulesetDraft {
    /// Whether enough people have agreed; it decides from its day on.
    pub fn is_agreed(&self) -> bool {
        self.agreements.len() >= AGREEMENTS_NEEDED
    }
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    hash: String,
    active_from: String,
    proposed_by: String,
    proposed_at_ms: i64,
}

impl Store {
    /// Keeps the files of a ruleset under its hash. Again is fine: they are what their hash says.
    pub async fn keep_ruleset(&self, hash: &str, files: &[u8]) -> Result<(), StoreError> {
        change!(self.db, |c| sqlx::query(sql::RULESET_KEEP).bind(hash).bind(files).execute(c).await.map(drop))?;
        Ok(())
    }

    /// The files of a ruleset.
    pub async fn ruleset(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::RULESET_GET).bind(hash).fetch_optional(c).await?))
    }

    /// The hashes of all rulesets that are kept.
    pub async fn ruleset_hashes(&self) -> Result<Vec<String>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::RULESET_HASHES).fetch_all(c).await?))
    }

    /// Takes a draft with its files. A ruleset can be proposed once; another day is another set of files, since a change
    /// of a programme names its day.
    pub async fn propose_ruleset(
        &self,
        draft: &RulesetDraft,
        files: &[u8],
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::RULESET_KEEP).bind(&draft.hash).bind(files).execute(c).await.map(drop))?;
        within!(tx, |c| sqlx::query(sql::DRAFT_INSERT)
            .bind(&draft.hash)
            .bind(draft.active_from.to_string())
            .bind(draft.proposed_by.to_string())
            .bind(draft.proposed_at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// A person agrees to a draft, once.
    pub async fn agree_ruleset(
        &self,
        hash: &str,
        by: &Actor,
        at: Timestamp,
        entries: &[LogEntry],
    ) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = log::append(&mut tx, entries).await?;
        within!(tx, |c| sqlx::query(sql::AGREEMENT_INSERT)
            .bind(hash)
            .bind(by.to_string())
            .bind(at.as_millisecond())
            .execute(c)
            .await
            .map(drop))?;
        tx.commit().await?;
        Ok(logged)
    }

    /// All drafts, in the order of their days.
    pub async fn ruleset_drafts(&self) -> Result<Vec<RulesetDraft>, StoreError> {
        let mut tx = self.db.begin().await?;
        let drafts = drafts(&mut tx).await?;
        tx.commit().await?;
        Ok(drafts)
    }

    /// The hash of the draft that decides on `day`: of those that two people have agreed to, the one with the latest
    /// day. `None` while there is none: then what the program carries decides.
    pub async fn ruleset_in_force(&self, day: Date) -> Result<Option<String>, StoreError> {
        let day = day.to_string();
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::RULESET_IN_FORCE)
            .bind(&day)
            .bind(AGREEMENTS_NEEDED as i64)
            .fetch_optional(c)
            .await?))
    }
}

async fn drafts(tx: &mut Tx) -> Result<Vec<RulesetDraft>, StoreError> {
    let rows: Vec<DraftRow> = within!(*tx, |c| sqlx::query_as(sql::DRAFTS_GET).fetch_all(c).await?);
    let mut drafts = Vec::with_capacity(rows.len());
    for row in rows {
        let at = At::new("ruleset_drafts", &row.hash);
        let agreed: Vec<(String, i64)> =
            within!(*tx, |c| sqlx::query_as(sql::AGREEMENTS_GET).bind(&row.hash).fetch_all(c).await?);
        let agreements = agreed
            .into_iter()
            .map(|(by, at_ms)| Ok((Actor::from(by), at.time(at_ms)?)))
            .collect::<Result<_, StoreError>>()?;
        drafts.push(RulesetDraft {
            active_from: at.day(&row.active_from)?,
            proposed_by: Actor::from(row.proposed_by),
            proposed_at: at.time(row.proposed_at_ms)?,
            agreements,
            hash: row.hash,
        });
    }
    Ok(drafts)
}
