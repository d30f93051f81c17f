//! What is kept beside the entries of the log: the tiles of its tree, and the personal data that entries commit to.

use super::*;
use crate::{LogTile, Rule, StoreError};

on_both!(a_tree_is_moved_on_by_one_at_a_time personal_data_is_kept_with_its_entry_and_can_only_be_erased what_proves_is_never_changed_in_sql);

fn tile(level: u8, number: u64, hashes: usize, byte: u8) -> LogTile {
    LogTile { level, number, hashes: vec![byte; 32 * hashes] }
}

async fn a_tree_is_moved_on_by_one_at_a_time(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!((store.log_tree_size().await.unwrap(), store.log_tile(0, 0).await.unwrap()), (0, None));
    assert!(store.grow_log_tree(0..2, &[tile(0, 0, 2, 1)]).await.unwrap());
    // Who comes second from the same place does nothing, whatever it brings.
    assert!(!store.grow_log_tree(0..3, &[tile(0, 0, 3, 9)]).await.unwrap());
    assert!(!store.grow_log_tree(1..3, &[tile(0, 0, 3, 9)]).await.unwrap());
    assert_eq!(store.log_tree_size().await.unwrap(), 2);
    assert_eq!(store.log_tile(0, 0).await.unwrap(), Some(tile(0, 0, 2, 1).hashes));
    assert!(store.grow_log_tree(2..257, &[tile(0, 0, 256, 1), tile(0, 1, 1, 1), tile(1, 0, 1, 1)]).await.unwrap());
    assert_eq!(store.log_tile(1, 0).await.unwrap().unwrap().len(), 32);

    // Of many at once one gets through.
    let tries = (0u8..8).map(|node| {
        let store = store.clone();
        tokio::spawn(async move { store.grow_log_tree(257..300, &[tile(2, 0, 1, node)]).await.unwrap() })
    });
    let mut done = 0;
    for each in tries.collect::<Vec<_>>() {
        done += u32::from(each.await.unwrap());
    }
    assert_eq!((done, store.log_tree_size().await.unwrap()), (1, 300));

    // Hashes that are not those that are there end the step, and nothing of it stays.
    let error = store.grow_log_tree(300..301, &[tile(3, 0, 1, 1), tile(0, 1, 2, 7)]).await.unwrap_err();
    assert_eq!(error.rule(), Some(Rule::AppendOnly));
    assert_eq!((store.log_tree_size().await.unwrap(), store.log_tile(3, 0).await.unwrap()), (300, None));
}

fn personal(byte: u8, text: &str) -> PersonalValue {
    PersonalValue { commitment: Sha256([byte; 32]), salt: [byte; 32], text: text.to_owned() }
}

fn with_personal(payload: &[u8], personal: Vec<PersonalValue>) -> LogEntry {
    LogEntry { payload: payload.to_vec(), personal, ..entry("").remove(0) }
}

async fn personal_data_is_kept_with_its_entry_and_can_only_be_erased(fixture: Fixture) {
    let store = &fixture.store;
    let entries = [
        with_personal(b"one", vec![personal(1, "山田太郎"), personal(2, "")]),
        with_personal(b"two", vec![personal(3, "別人")]),
    ];
    let logged = store.upsert_facilities(&[], &entries).await.unwrap();
    assert_eq!(logged, 0..2);
    let kept = |position: u64, byte: u8, text: Option<&str>| crate::KeptPersonal {
        position,
        commitment: Sha256([byte; 32]),
        content: text.map(|text| ([byte; 32], text.to_owned())),
    };
    let all = [kept(0, 1, Some("山田太郎")), kept(0, 2, Some("")), kept(1, 3, Some("別人"))];
    assert_eq!(store.log_personal(0..2).await.unwrap(), all);
    assert_eq!(store.log_personal(1..2).await.unwrap(), all[2..]);

    // What is not there cannot be erased, and then nothing is.
    let missing = [Sha256([1; 32]), Sha256([8; 32])];
    assert!(matches!(
        store.erase_personal(&missing, &entry("erased")).await.unwrap_err(),
        StoreError::Integrity { table: "log_personal", .. }
    ));
    assert!(store.erase_personal(&missing[..1], &[]).await.is_err(), "nothing is erased that is not logged");
    assert_eq!((store.log_size().await.unwrap(), store.log_personal(0..2).await.unwrap()), (2, all.to_vec()));

    assert_eq!(store.erase_personal(&missing[..1], &entry("erased")).await.unwrap(), 2..3);
    assert_eq!(store.log_personal(0..1).await.unwrap(), [kept(0, 1, None), all[1].clone()]);
    assert_eq!(store.log_entries(0, 1).await.unwrap(), [(0, b"one".to_vec())], "the entry stays");
    // An entry whose personal data cannot be kept is not written: here the same commitment again.
    let again = [with_personal(b"three", vec![personal(3, "もう一度")])];
    assert!(store.upsert_facilities(&[], &again).await.is_err());
    assert_eq!(store.log_size().await.unwrap(), 3);
}

async fn what_proves_is_never_changed_in_sql(fixture: Fixture) {
    let store = &fixture.store;
    let one = with_personal(b"one", vec![personal(1, "山田太郎")]);
    store.upsert_facilities(&[], &[one]).await.unwrap();
    store.grow_log_tree(0..1, &[tile(0, 0, 1, 1)]).await.unwrap();
    let on_sqlite = matches!(store.db, Db::Sqlite { .. });
    let bytes = |byte: &str, count: usize| {
        let digits = byte.repeat(count);
        if on_sqlite { format!("x'{digits}'") } else { format!("'\\x{digits}'") }
    };
    let mut attacks = vec![
        (format!("UPDATE log_tiles SET hashes = {}", bytes("02", 32)), Rule::AppendOnly),
        ("UPDATE log_tiles SET number = 1".to_owned(), Rule::AppendOnly),
        ("UPDATE log_tiles SET level = 1".to_owned(), Rule::AppendOnly),
        ("DELETE FROM log_tiles".to_owned(), Rule::AppendOnly),
        ("UPDATE log_tree SET size = 0".to_owned(), Rule::AppendOnly),
        ("DELETE FROM log_tree".to_owned(), Rule::AppendOnly),
        ("DELETE FROM log_personal".to_owned(), Rule::AppendOnly),
        ("UPDATE log_personal SET content = '別人'".to_owned(), Rule::PersonalOnlyErased),
        (format!("UPDATE log_personal SET salt = {}", bytes("02", 32)), Rule::PersonalOnlyErased),
        (
            format!("UPDATE log_personal SET salt = NULL, content = NULL, commitment = '{}'", "0".repeat(64)),
            Rule::PersonalOnlyErased,
        ),
    ];
    if on_sqlite {
        let hashes = bytes("02", 32);
        attacks.extend([
            (format!("INSERT OR REPLACE INTO log_tiles VALUES (0, 0, {hashes})"), Rule::AppendOnly),
            ("INSERT OR REPLACE INTO log_tree VALUES (1, 0)".to_owned(), Rule::AppendOnly),
            (
                format!("INSERT OR REPLACE INTO log_personal VALUES ('{}', 0, NULL, NULL)", "01".repeat(32)),
                Rule::PersonalOnlyErased,
            ),
        ]);
    } else {
        attacks.push(("TRUNCATE log_tiles, log_tree, log_personal".to_owned(), Rule::AppendOnly));
    }
    for (attack, rule) in attacks {
        let error = StoreError::from(fixture.sql(&attack).await.expect_err(&attack));
        assert_eq!(error.rule(), Some(rule), "{attack}\n{error:?}");
    }
    // Half a text is no text.
    assert!(fixture.sql("UPDATE log_personal SET content = NULL").await.is_err());
    assert_eq!(store.log_personal(0..1).await.unwrap()[0].content.as_ref().unwrap().1, "山田太郎");
    assert_eq!(store.log_tile(0, 0).await.unwrap(), Some(tile(0, 0, 1, 1).hashes));
}
