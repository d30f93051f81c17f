//! The decision log as the database keeps it: opaque payloads in order, the tiles of their tree, checkpoints, and the
//! personal data that payloads only commit to. What a tree, a signature or a commitment is, is another room's.

use crate::database::{Tx, read, within};
use crate::row::At;
use crate::{Store, StoreError, log_index, sql};
use claim::{ClaimId, InstitutionCode, LogEntry, ProgrammeId, Sha256};
use std::ops::Range;

/// A tile of the log's tree: up to 256 hashes of 32 bytes, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTile {
    /// 0 for the hashes of entries.
    pub level: u8,
    /// Its place within the level.
    pub number: u64,
    /// The hashes.
    pub hashes: Vec<u8>,
}

/// What is kept of a text that an entry commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPersonal {
    /// The entry.
    pub position: u64,
    /// What stands in it.
    pub commitment: Sha256,
    /// Salt and text; `None` once they were erased.
    pub content: Option<([u8; 32], String)>,
}

/// The number of a row's key or column that cannot be negative in the database.
fn unsigned(table: &'static str, number: i64) -> Result<u64, StoreError> {
    At::new(table, number).count(number)
}

/// For binding; a log of 2^63 entries is not to be had.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Appends entries and returns their positions. It locks the log's head until the transaction ends, so it comes before
/// everything that must see what others did.
pub(crate) async fn append(tx: &mut Tx, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
    if entries.is_empty() {
        return Err(StoreError::Argument {
            what: "entries of the decision log",
            found: "none".to_owned(),
            expected: "at least one: what is not logged is not done".to_owned(),
        });
    }
    let count = signed(entries.len() as u64);
    let size: i64 = within!(*tx, |c| sqlx::query_scalar(sql::LOG_GROW).bind(count).fetch_one(c).await?);
    let first = size - count;
    for (position, entry) in (first..size).zip(entries) {
        within!(*tx, |c| sqlx::query(sql::LOG_APPEND)
            .bind(position)
            .bind(entry.payload.as_slice())
            .execute(c)
            .await
            .map(drop))?;
        for personal in &entry.personal {
            within!(*tx, |c| sqlx::query(sql::LOG_PERSONAL_ADD)
                .bind(personal.commitment.to_string())
                .bind(position)
                .bind(personal.salt.as_slice())
                .bind(personal.text.as_str())
                .execute(c)
                .await
                .map(drop))?;
        }
        log_index::add(tx, position, &entry.about).await?;
    }
    Ok(unsigned("log_head", first)?..unsigned("log_head", size)?)
}

impl Store {
    /// Appends entries that tell of something that changes nothing else, and gives their positions.
    pub async fn record(&self, entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = append(&mut tx, entries).await?;
        tx.commit().await?;
        Ok(logged)
    }

    /// How many entries the log has.
    pub async fn log_size(&self) -> Result<u64, StoreError> {
        let size: i64 = read!(self.db, |c| sqlx::query_scalar(sql::LOG_SIZE).fetch_one(c).await?);
        unsigned("log_head", size)
    }

    /// At most `limit` entries from position `from` on, each with its position.
    pub async fn log_entries(&self, from: u64, limit: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = read!(self.db, |c| sqlx::query_as(sql::LOG_READ)
            .bind(signed(from))
            .bind(i64::from(limit))
            .fetch_all(c)
            .await?);
        let mut entries = Vec::with_capacity(rows.len());
        for (expected, (position, payload)) in (from..).zip(rows) {
            let position = unsigned("log_entries", position)?;
            if position != expected {
                return Err(At::new("log_entries", expected).wrong(format!("found {position} in its place")));
            }
            entries.push((position, payload));
        }
        Ok(entries)
    }

    /// Keeps a signed checkpoint of the log's first `size` entries. The same one again is fine; another of the same
    /// size is refused, since a checkpoint is evidence.
    pub async fn save_checkpoint(&self, size: u64, text: &str) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        // Also puts checkpoints in order with appends.
        let logged: i64 = within!(tx, |c| sqlx::query_scalar(sql::LOG_GROW).bind(0_i64).fetch_one(c).await?);
        if signed(size) > logged {
            return Err(StoreError::Argument {
                what: "size of a checkpoint",
                found: size.to_string(),
                expected: format!("at most {logged}, the size of the log"),
            });
        }
        let kept: Option<String> =
            within!(tx, |c| sqlx::query_scalar(sql::CHECKPOINT_AT).bind(signed(size)).fetch_optional(c).await?);
        match kept {
            Some(kept) if kept == text => return Ok(()),
            Some(_) => return Err(StoreError::Taken { what: "checkpoint", id: size.to_string() }),
            None => {}
        }
        within!(tx, |c| sqlx::query(sql::CHECKPOINT_ADD).bind(signed(size)).bind(text).execute(c).await.map(drop))?;
        tx.commit().await
    }

    /// The checkpoint of the greatest size, if there is one.
    pub async fn latest_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        let row: Option<(i64, String)> =
            read!(self.db, |c| sqlx::query_as(sql::CHECKPOINT_LATEST).fetch_optional(c).await?);
        row.map(|(size, note)| Ok((unsigned("log_checkpoints", size)?, note))).transpose()
    }

    /// Every checkpoint, from the smallest size on.
    pub async fn checkpoints(&self) -> Result<Vec<(u64, String)>, StoreError> {
        let rows: Vec<(i64, String)> = read!(self.db, |c| sqlx::query_as(sql::CHECKPOINTS_GET).fetch_all(c).await?);
        rows.into_iter().map(|(size, note)| Ok((unsigned("log_checkpoints", size)?, note))).collect()
    }

    /// How many entries are in the log's tree: the tiles hold the hashes of just these.
    pub async fn log_tree_size(&self) -> Result<u64, StoreError> {
        let size: i64 = read!(self.db, |c| sqlx::query_scalar(sql::LOG_TREE_SIZE).fetch_one(c).await?);
        unsigned("log_tree", size)
    }

    /// The hashes of a tile.
    pub async fn log_tile(&self, level: u8, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(read!(self.db, |c| sqlx::query_scalar(sql::LOG_TILE_GET)
            .bind(i64::from(level))
            .bind(signed(number))
            .fetch_optional(c)
            .await?))
    }

    /// Puts the entries `grown` into the tree: `tiles` are those that change. False, and nothing is done, where the tree
    /// no longer ends where `grown` begins, because another node has been there.
    pub async fn grow_log_tree(&self, grown: Range<u64>, tiles: &[LogTile]) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let moved = within!(tx, |c| sqlx::query(sql::LOG_TREE_GROW)
            .bind(signed(grown.start))
            .bind(signed(grown.end))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if moved != 1 {
            return Ok(false);
        }
        for tile in tiles {
            within!(tx, |c| sqlx::query(sql::LOG_TILE_PUT)
                .bind(i64::from(tile.level))
                .bind(signed(tile.number))
                .bind(tile.hashes.as_slice())
                .execute(c)
                .await
                .map(drop))?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What is kept of the texts that the entries `positions` commit to, in the order of the entries.
    pub async fn log_personal(&self, positions: Range<u64>) -> Result<Vec<KeptPersonal>, StoreError> {
        type Row = (i64, String, Option<Vec<u8>>, Option<String>);
        let rows: Vec<Row> = read!(self.db, |c| sqlx::query_as(sql::LOG_PERSONAL_GET)
            .bind(signed(positions.start))
            .bind(signed(positions.end))
            .fetch_all(c)
            .await?);
        let kept = |(position, commitment, salt, text): Row| {
            let at = At::new("log_personal", &commitment);
            let content = match (salt, text) {
                (Some(salt), Some(text)) => {
                    let salt = salt.try_into().map_err(|_| at.wrong("found a salt that is not of 32 bytes".into()))?;
                    Some((salt, text))
                }
                _ => None,
            };
            Ok(KeptPersonal { position: at.count(position)?, commitment: at.hash(&commitment)?, content })
        };
        rows.into_iter().map(kept).collect()
    }

    /// Erases texts that entries commit to; `entries` tell of it. The entries that named them stay as they are.
    pub async fn erase_personal(&self, commitments: &[Sha256], entries: &[LogEntry]) -> Result<Range<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let logged = append(&mut tx, entries).await?;
        for commitment in commitments {
            let erased = within!(tx, |c| sqlx::query(sql::LOG_PERSONAL_ERASE)
                .bind(commitment.to_string())
                .execute(c)
                .await
                .map(|done| done.rows_affected()))?;
            if erased != 1 {
                return Err(At::new("log_personal", commitment).wrong("found nothing to erase".to_owned()));
            }
        }
        tx.commit().await?;
        Ok(logged)
    }

    /// Under which programme and by which facility a claim is; `None` where there is no such claim.
    pub async fn subject(&self, claim: &ClaimId) -> Result<Option<(ProgrammeId, InstitutionCode)>, StoreError> {
        let row: Option<(String, String)> =
            read!(self.db, |c| sqlx::query_as(sql::LOG_SUBJECT).bind(claim.as_str()).fetch_optional(c).await?);
        row.map(|(programme, facility)| Ok((programme.into(), At::new("claims", claim).facility_code(&facility)?)))
            .transpose()
    }

    /// The claims that a batch pays or was to pay.
    pub async fn claims_of_batch(&self, batch: &str) -> Result<Vec<ClaimId>, StoreError> {
        let rows: Vec<String> =
            read!(self.db, |c| sqlx::query_scalar(sql::LOG_BATCH_CLAIMS).bind(batch).fetch_all(c).await?);
        Ok(rows.into_iter().map(ClaimId::from).collect())
    }
}
