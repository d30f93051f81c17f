//! The decision log as the database keeps it: opaque payloads in order. Trees and signatures are another room's.

use crate::database::{Tx, read, within};
use crate::row::At;
use crate::{Store, StoreError, sql};
use std::ops::Range;

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
pub(crate) async fn append(tx: &mut Tx, entries: &[Vec<u8>]) -> Result<Range<u64>, StoreError> {
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
    for (position, payload) in (first..size).zip(entries) {
        within!(*tx, |c| sqlx::query(sql::LOG_APPEND)
            .bind(position)
            .bind(payload.as_slice())
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(unsigned("log_head", first)?..unsigned("log_head", size)?)
}

impl Store {
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
}
