//! The only SQL and the only object storage: SQLite or PostgreSQL behind one Store.
//!
//! A [`Store`] is concrete: no trait, no generics at its door. Which database and which object storage it speaks to is
//! said once, by the two addresses of a [`StoreConfig`]. Every operation that changes what is known of a claim is one
//! transaction together with the entries of the decision log that tell of it; whoever appends locks the log's head
//! first, so all changes stand in one order. Rules about money and proof are held by the database itself ([`Rule`]).

mod accounts;
mod bank_accounts;
mod batches;
mod claims;
mod database;
mod dialect;
mod dossier;
mod drafts;
mod duplicates;
mod error;
mod facilities;
mod keys;
mod ledger;
mod log;
mod log_index;
#[cfg(any(test, feature = "testing"))]
mod many;
mod messages;
mod objects;
mod openid;
mod overview;
mod products;
mod queue;
mod results;
mod review;
mod row;
mod rulesets;
mod sql;
mod stages;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

pub use accounts::{Account, ApiToken, Credentials, NewSession, Session, TokenScope};
pub use bank_accounts::{BankBranch, BankList, BranchFound, FacilityAccount};
pub use batches::{ApprovedClaim, BatchRecord, BatchState, BatchSummary, NewBatch, Payable, Release};
pub use claims::{
    ClaimFilter, ClaimRecord, ClaimSummary, DecisionRecord, NewClaim, Resubmission, RevisionRecord, StoredAssessment,
    Submitted,
};
pub use drafts::{Draft, DraftDocument, NewDraft};
pub use duplicates::NewVerdict;
pub use error::{Rule, StoreError};
pub use keys::{KeyedRequest, KnownKey};
pub use ledger::{Balance, BudgetWait, LedgerEntry, LedgerKind, NewBudget};
pub use log::{KeptPersonal, LogTile};
pub use log_index::LogQuery;
pub use messages::{MessageFilter, MessageRecord, MessageState, Outgoing};
pub use openid::{Identity, OpenIdAttempt};
pub use overview::{ClaimCount, TimeToDecision};
pub use products::UnitsGranted;
pub use queue::{Job, JobKind, JobRecord, JobState, QueueCount, Reaped};
pub use results::{NewResults, PaymentState, ResultFile, ResultRow, ResultVerdict};
pub use review::{KeptAdjustment, Look, Note, QueueCounts, QueueFilter, QueuePlace, QueueRow};
pub use rulesets::RulesetDraft;
pub use stages::{NewNotice, NoticeRecord, Settled};

/// Where a store keeps its data.
#[derive(Clone)]
pub struct StoreConfig {
    /// `sqlite:PATH` (the path as it is, not percent-encoded) or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub database_url: String,
    /// `file:///FOLDER` or `s3://BUCKET/PREFIX`; S3's credentials, region and endpoint come from the `AWS_…` variables.
    pub object_url: String,
    /// How many connections are held at most: PostgreSQL in all, SQLite for reading (writing has one).
    pub connections: u32,
    /// How often a job is tried before it is parked for a person.
    pub max_attempts: u32,
}

impl StoreConfig {
    /// With 8 connections and 5 attempts a job.
    pub fn new(database_url: &str, object_url: &str) -> StoreConfig {
        StoreConfig {
            database_url: database_url.to_owned(),
            object_url: object_url.to_owned(),
            connections: 8,
            max_attempts: 5,
        }
    }

    /// The default: `kofu.sqlite` and `objects` in one folder. An error if the path is not UTF-8.
    pub fn in_folder(folder: &Path) -> Result<StoreConfig, StoreError> {
        let wrong =
            |expected| StoreError::Setting { setting: "data folder", found: folder.display().to_string(), expected };
        let folder = std::path::absolute(folder).map_err(|_| wrong("a path"))?;
        let objects = url::Url::from_directory_path(folder.join("objects")).map_err(|()| wrong("a path"))?;
        let database = folder.join("kofu.sqlite");
        let database = database.to_str().ok_or_else(|| wrong("a path in UTF-8"))?;
        Ok(StoreConfig::new(&format!("sqlite:{database}"), objects.as_str()))
    }
}

/// Without the addresses, which may hold passwords.
impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConfig")
            .field("connections", &self.connections)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}

/// The store: claims, register, queue, payments and decision log in a database, documents in object storage.
///
/// Cheap to clone; clones share their connections. Times are kept to the millisecond.
#[derive(Clone, Debug)]
pub struct Store {
    db: database::Db,
    objects: objects::Objects,
    max_attempts: u32,
}

/// How long closing waits for connections that are in use.
const PARTING: std::time::Duration = std::time::Duration::from_secs(5);

/// What is done about a database or folder that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Made,
    Refused,
}

impl Store {
    /// Opens the store, makes what is missing (folders, tables) and brings an older database up to date. Any number of
    /// processes may do so at once.
    pub async fn open(config: &StoreConfig) -> Result<Store, StoreError> {
        Store::open_as(config, Missing::Made).await
    }

    /// Opens a store that is there already, as [`Store::open`] does; [`StoreError::Missing`] where there is none, and
    /// then nothing has been made.
    pub async fn open_existing(config: &StoreConfig) -> Result<Store, StoreError> {
        Store::open_as(config, Missing::Refused).await
    }

    async fn open_as(config: &StoreConfig, missing: Missing) -> Result<Store, StoreError> {
        if config.max_attempts == 0 || config.connections == 0 {
            return Err(StoreError::Setting {
                setting: "connections or attempts",
                found: "0".to_owned(),
                expected: "1 or more",
            });
        }
        let db = database::Db::open(&config.database_url, config.connections, missing).await?;
        let objects = objects::Objects::open(&config.object_url, missing)?;
        Ok(Store { db, objects, max_attempts: config.max_attempts })
    }

    /// Opens the default store of a folder: `kofu.sqlite` and `objects` in it.
    pub async fn in_folder(folder: &Path) -> Result<Store, StoreError> {
        Store::open(&StoreConfig::in_folder(folder)?).await
    }

    /// Closes all connections of this store and its clones; nothing can be asked of it afterwards. SQLite then writes what is
    /// in its write-ahead log back, so that one file is the whole database.
    pub async fn close(&self) {
        // A connection that is still in use by something that broke off is not waited for.
        if tokio::time::timeout(PARTING, self.db.close()).await.is_err() {
            tracing::warn!(seconds = PARTING.as_secs(), "the database was still in use and was not closed in order");
        }
    }

    /// Whether database and object storage answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.ping().await?;
        self.objects.ping().await
    }
}
