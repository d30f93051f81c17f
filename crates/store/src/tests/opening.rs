//! Opening: many at once, again, and with settings that cannot be used.

use super::*;
use crate::StoreError;
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "KOFU_STORE_TEST_FOLDER";

/// What each of the processes below does; without the variable there is nothing to do.
#[tokio::test]
async fn open_the_folder_of_the_environment() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let store = Store::in_folder(Path::new(&folder)).await.unwrap();
        store.upsert_facilities(&[facility(CLINIC)], &entry("opened")).await.unwrap();
    }
}

#[tokio::test]
async fn six_processes_open_a_fresh_sqlite_store_at_once() {
    for round in 0..4 {
        let parent = TempDir::new().unwrap();
        // A folder that has to be made, with a name that would not survive in a URL.
        let folder = parent.path().join("交付 100%?/データ");
        let children: Vec<_> = (0..6)
            .map(|_| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "tests::opening::open_the_folder_of_the_environment", "--nocapture"])
                    .env(FOLDER, &folder)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "round {round}: {said}");
        }
        let store = Store::in_folder(&folder).await.unwrap();
        assert_eq!(store.log_size().await.unwrap(), 6, "each wrote its entry");
        assert!(folder.join("kofu.sqlite").is_file() && folder.join("objects").is_dir());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn six_stores_open_a_fresh_postgres_database_at_once() {
    let folder = TempDir::new().unwrap();
    let objects = StoreConfig::in_folder(folder.path()).unwrap().object_url;
    let config = StoreConfig::new(&SERVER.fresh_database_url().unwrap(), &objects);
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let config = config.clone();
            tokio::spawn(async move { Store::open(&config).await.unwrap().log_size().await.unwrap() })
        })
        .collect();
    for each in opening {
        assert_eq!(each.await.unwrap(), 0);
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_say_what_is_expected() {
    let folder = TempDir::new().unwrap();
    let good = StoreConfig::in_folder(folder.path()).unwrap();
    for (database, object, expected) in [
        ("mysql://u:secret@h/d", good.object_url.as_str(), "sqlite:PATH or postgres://USER@HOST/DATABASE"),
        ("sqlite::memory:", &good.object_url, "sqlite: and the path of a file"),
        (&good.database_url, "/objects", "file:///FOLDER or s3://BUCKET/PREFIX"),
        (&good.database_url, "ftp://host/objects", "file:///FOLDER or s3://BUCKET/PREFIX"),
    ] {
        let error = Store::open(&StoreConfig::new(database, object)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let debug = format!("{:?}", StoreConfig::new("postgres://u:secret@h/d", ""));
    assert!(!debug.contains("secret"), "{debug}");

    // A file that is no database. In a folder of its own: where a database has been opened, one that is still being
    // closed may leave a journal from which SQLite mends the file.
    let other = TempDir::new().unwrap();
    std::fs::write(other.path().join("kofu.sqlite"), "not a database, but long enough to be looked at".repeat(20))
        .unwrap();
    let error = Store::open(&StoreConfig::in_folder(other.path()).unwrap()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Open { what, .. } if what.contains("kofu.sqlite")), "{error:?}");
}

/// A store that a newer program has changed is not touched.
#[tokio::test]
async fn a_newer_database_is_refused() {
    for fixture in [on_sqlite().await, on_postgres().await] {
        let (blob, yes) = match fixture.store.db {
            Db::Sqlite { .. } => ("x'00'", "1"),
            Db::Postgres(_) => ("'x'", "true"),
        };
        fixture
            .sql(&format!(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'from the future', {yes}, {blob}, 0)"
            ))
            .await
            .unwrap();
        let error = Store::open(&fixture.config).await.unwrap_err();
        assert!(error.to_string().contains("not newer than this program"), "{error}");
    }
}

/// A mistyped address does not say that all is well: nothing is there, and nothing is made.
#[tokio::test]
async fn a_store_that_has_to_be_there_is_not_made() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("mistyped");
    let on_sqlite = StoreConfig::in_folder(&nowhere).unwrap();
    // Of this one only the documents' folder is there.
    let on_postgres = StoreConfig::new(
        &SERVER.fresh_database_url().unwrap(),
        url::Url::from_directory_path(folder.path()).unwrap().as_str(),
    );
    for config in [&on_sqlite, &on_postgres] {
        for _ in 0..2 {
            let error = Store::open_existing(config).await.unwrap_err();
            assert!(matches!(error, StoreError::Missing { .. }), "{error:?}");
        }
    }
    assert!(!nowhere.exists(), "a look at a store made its folder");
    for config in [on_sqlite, on_postgres] {
        Store::open(&config).await.unwrap();
        assert_eq!(Store::open_existing(&config).await.unwrap().log_size().await.unwrap(), 0);
    }
}
