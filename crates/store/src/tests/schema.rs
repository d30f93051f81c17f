//! Both sides are the same store: every statement prepares on both, and both migrations give the same tables.

use super::*;
use crate::{dialect, sql};
use sqlx::{Column, Executor, Row, SqlSafeStr, Statement};
use std::collections::BTreeSet;

/// The names of a statement's columns, or why it does not prepare.
async fn columns(store: &Store, text: &'static str) -> Result<Vec<String>, sqlx::Error> {
    fn names<C: Column>(columns: &[C]) -> Vec<String> {
        columns.iter().map(|column| column.name().to_owned()).collect()
    }
    Ok(match &store.db {
        Db::Sqlite { write, .. } => names((&mut *write.acquire().await?).prepare(text.into_sql_str()).await?.columns()),
        Db::Postgres(pool) => names((&mut *pool.acquire().await?).prepare(text.into_sql_str()).await?.columns()),
    })
}

#[tokio::test]
async fn every_statement_prepares_on_both_and_gives_the_same_columns() {
    let (sqlite, postgres) = (on_sqlite().await, on_postgres().await);
    let shared = sql::ALL.iter().map(|(name, text)| (*name, *text, *text));
    let apart = dialect::ALL.iter().map(|(name, texts)| (*name, texts.sqlite, texts.postgres));
    let mut named = 0;
    for (name, on_sqlite, on_postgres) in shared.chain(apart) {
        let one = columns(&sqlite.store, on_sqlite).await.unwrap_or_else(|error| panic!("{name} on SQLite: {error}"));
        let other =
            columns(&postgres.store, on_postgres).await.unwrap_or_else(|error| panic!("{name} on PostgreSQL: {error}"));
        assert_eq!(one.len(), other.len(), "{name}");
        // Expressions without AS are named as each database likes; they are read by position.
        for (one, other) in one.iter().zip(&other).filter(|(one, _)| !one.contains('(')) {
            assert_eq!(one, other, "{name}");
            named += 1;
        }
    }
    assert!(named > 80, "compared only {named} columns");
}

const SQLITE_TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
    AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
const POSTGRES_TABLES: &str = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'
    AND table_name NOT LIKE '\\_sqlx%'";

/// The tables of a store, in order.
pub(super) async fn tables(store: &Store) -> Vec<String> {
    let mut names: Vec<String> = match &store.db {
        Db::Sqlite { read, .. } => sqlx::query_scalar(SQLITE_TABLES).fetch_all(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(POSTGRES_TABLES).fetch_all(pool).await.unwrap(),
    };
    names.sort();
    names
}

#[tokio::test]
async fn both_migrations_give_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (on_sqlite().await, on_postgres().await);
    let (Db::Sqlite { read, .. }, Db::Postgres(pool)) = (&sqlite.store.db, &postgres.store.db) else { panic!() };
    assert_eq!(tables(&sqlite.store).await, tables(&postgres.store).await);
    assert!(tables(&sqlite.store).await.len() > 13);

    let mut one = BTreeSet::new();
    for row in sqlx::query(
        "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
    )
    .fetch_all(read)
    .await
    .unwrap()
    {
        let column: (String, String, String, bool) = (row.get(0), row.get(1), row.get(2), row.get(3));
        one.insert(column);
    }
    let mut other = BTreeSet::new();
    for row in sqlx::query(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(pool)
    .await
    .unwrap()
    {
        let kind = match row.get::<String, _>(2).as_str() {
            "bigint" | "boolean" => "INTEGER",
            "bytea" => "BLOB",
            "text" => "TEXT",
            unexpected => panic!("{unexpected} in {}.{}", row.get::<String, _>(0), row.get::<String, _>(1)),
        };
        let required = row.get::<String, _>(3) == "NO";
        other.insert((row.get::<String, _>(0), row.get::<String, _>(1), kind.to_owned(), required));
    }
    assert_eq!(one, other);

    let one: BTreeSet<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite%'")
            .fetch_all(read)
            .await
            .unwrap()
            .into_iter()
            .collect();
    let other: BTreeSet<String> = sqlx::query_scalar(
        "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_pkey'",
    )
    .fetch_all(pool)
    .await
    .unwrap()
    .into_iter()
    .collect();
    assert_eq!(one, other);
}

/// A rule whose name no migration knows could never be told.
#[test]
fn every_rule_is_in_the_migrations_of_both_sides() {
    for side in ["sqlite", "postgres"] {
        let folder = format!("{}/../../migrations/{side}", env!("CARGO_MANIFEST_DIR"));
        let all: String = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect();
        for rule in crate::Rule::ALL {
            assert!(all.contains(rule.name()), "{} on {side}", rule.name());
        }
    }
}

/// What stands in the lists of the migrations is what the types know.
#[tokio::test]
async fn the_lists_of_codes_are_those_of_the_types() {
    for fixture in [on_sqlite().await, on_postgres().await] {
        for state in ClaimState::ALL {
            let grant =
                if matches!(state.code(), "approved" | "batched" | "sent" | "paid" | "bounced") { "1" } else { "NULL" };
            let code = state.code();
            fixture
                .sql(&format!("INSERT INTO claims VALUES ('{code}', 'p', 'f', '{code}', 1, 1, 0, {grant}, NULL)"))
                .await
                .unwrap();
        }
        assert!(fixture.sql("INSERT INTO claims VALUES ('x', 'p', 'f', 'lost', 1, 1, 0, NULL, NULL)").await.is_err());
        for kind in FacilityKind::ALL {
            let code = kind.code();
            fixture
                .sql(&format!(
                    "INSERT INTO facilities VALUES ('{code}', '{code}', '', '', '', '', NULL, NULL, '[]', NULL)"
                ))
                .await
                .unwrap();
        }
    }
}
