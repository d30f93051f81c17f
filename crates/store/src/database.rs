//! The two databases: an enum over native pools and transactions, and the three macros that send one statement to either.

use crate::dialect::PerDialect;
use crate::{Missing, StoreError, sql};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Whether migrations were ever run; asked before the tables of the registry can be known to be there.
const POSTGRES_HAS_STORE: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

/// How long a writer waits for another process's transaction before it gives up (transient).
const BUSY: Duration = Duration::from_secs(60);

/// Either database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// One writer, since SQLite has one anyway, and readers that cannot write.
    Sqlite { read: SqlitePool, write: SqlitePool },
    /// One pool for all.
    Postgres(PgPool),
}

/// A transaction of either.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// `read!(db, |c| expression)`: outside a transaction, on a connection that may be read-only.
macro_rules! read {
    ($db:expr, |$c:ident| $e:expr) => {
        match &$db {
            crate::database::Db::Sqlite { read: $c, .. } => $e,
            crate::database::Db::Postgres($c) => $e,
        }
    };
}

/// `change!(db, |c| expression)`: one statement that writes and is a transaction of its own.
macro_rules! change {
    ($db:expr, |$c:ident| $e:expr) => {
        match &$db {
            crate::database::Db::Sqlite { write: $c, .. } => $e,
            crate::database::Db::Postgres($c) => $e,
        }
    };
}

/// `within!(tx, |c| expression)`: inside a transaction.
macro_rules! within {
    ($tx:expr, |$c:ident| $e:expr) => {
        match &mut $tx {
            crate::database::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $e
            }
            crate::database::Tx::Postgres(tx) => {
                let $c = &mut **tx;
                $e
            }
        }
    };
}

pub(crate) use {change, read, within};

impl Db {
    pub(crate) async fn open(url: &str, connections: u32, missing: Missing) -> Result<Db, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            open_sqlite(Path::new(path), connections, missing).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url, connections, missing).await
        } else {
            Err(StoreError::Setting {
                setting: "database address",
                // Only its scheme: the rest may hold a password.
                found: format!("{}:…", url.split(':').next().unwrap_or_default()),
                expected: "sqlite:PATH or postgres://USER@HOST/DATABASE",
            })
        }
    }

    /// A transaction that writes. On SQLite it takes the write lock at once: a lock taken later can fail for good.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// A transaction that only reads and sees one moment.
    pub(crate) async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Db::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Db::Sqlite { read, write } => {
                // Who writes closes last: only the last connection writes the log back.
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        let _: i64 = change!(self, |c| sqlx::query_scalar(sql::PING).fetch_one(c).await?);
        let _: i64 = read!(self, |c| sqlx::query_scalar(sql::PING).fetch_one(c).await?);
        Ok(())
    }

    /// The text of a statement that the two databases do not share.
    pub(crate) fn pick(&self, statement: PerDialect) -> &'static str {
        match self {
            Db::Sqlite { .. } => statement.sqlite,
            Db::Postgres(_) => statement.postgres,
        }
    }
}

impl Tx {
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub(crate) fn pick(&self, statement: PerDialect) -> &'static str {
        match self {
            Tx::Sqlite(_) => statement.sqlite,
            Tx::Postgres(_) => statement.postgres,
        }
    }
}

fn cannot_open<E: Into<crate::error::Cause>>(what: String) -> impl FnOnce(E) -> StoreError {
    move |source| StoreError::Open { what, source: source.into() }
}

async fn open_sqlite(path: &Path, connections: u32, missing: Missing) -> Result<Db, StoreError> {
    if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
        return Err(StoreError::Setting {
            setting: "database address",
            found: format!("sqlite:{}", path.display()),
            expected: "sqlite: and the path of a file",
        });
    }
    let what = format!("the SQLite database {}", path.display());
    if missing == Missing::Refused && !path.is_file() {
        return Err(StoreError::Missing { what: format!("SQLite database {}", path.display()) });
    }
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(BUSY);

    // sqlx does not lock SQLite while it migrates, and the switch to WAL does not wait for others: one process at a time.
    let lock = lock_beside(path.to_owned()).await.map_err(cannot_open(what.clone()))?;
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(BUSY)
        .connect_with(
            options
                .clone()
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // NORMAL may lose the last transactions when the power fails: what is accepted must not be lost.
                .synchronous(SqliteSynchronous::Full)
                // So that INSERT OR REPLACE fires delete triggers too.
                .pragma("recursive_triggers", "ON")
                // What is erased is overwritten in the file and not only given up.
                .pragma("secure_delete", "ON"),
        )
        .await
        .map_err(cannot_open(what.clone()))?;
    SQLITE_MIGRATIONS.run(&write).await.map_err(cannot_open(what.clone()))?;
    drop(lock);

    let read = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY)
        .connect_with(options.read_only(true))
        .await
        .map_err(cannot_open(what))?;
    Ok(Db::Sqlite { read, write })
}

/// Makes the database's folder and locks a file beside it until the file is dropped.
async fn lock_beside(path: PathBuf) -> Result<std::fs::File, std::io::Error> {
    let locking = move || {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut name = path.into_os_string();
        name.push(".lock");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(name)?;
        file.lock()?;
        Ok(file)
    };
    tokio::task::spawn_blocking(locking).await.map_err(std::io::Error::other)?
}

async fn open_postgres(url: &str, connections: u32, missing: Missing) -> Result<Db, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(cannot_open("the PostgreSQL database".to_owned()))?
        .application_name("kofu")
        // A server may be set to answer before a commit is on disk; what is accepted must not be lost.
        .options([("synchronous_commit", "on")])
        // A plan for any filter cannot know which of them are given, and reads a million rows to sort fifty.
        .options([("plan_cache_mode", "force_custom_plan")]);
    let what = format!(
        "the PostgreSQL database {} on {}",
        options.get_database().unwrap_or("of the user's name"),
        options.get_socket().map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string()),
    );
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .connect_with(options)
        .await
        .map_err(cannot_open(what.clone()))?;
    if missing == Missing::Refused {
        let migrated: bool =
            sqlx::query_scalar(POSTGRES_HAS_STORE).fetch_one(&pool).await.map_err(cannot_open(what.clone()))?;
        if !migrated {
            return Err(StoreError::Missing { what: format!("tables of kofu in {what}") });
        }
    }
    POSTGRES_MIGRATIONS.run(&pool).await.map_err(cannot_open(what))?;
    Ok(Db::Postgres(pool))
}
