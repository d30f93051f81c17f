//! Object storage: what counts as stored, and what is found when a disk lies.

use super::*;
use crate::StoreError;
use std::path::PathBuf;

/// Where the bytes lie.
fn path(fixture: &Fixture, sha256: &Sha256) -> PathBuf {
    let hex = sha256.to_string();
    fixture.folder.path().join("objects/sha256").join(&hex[..2]).join(&hex[2..])
}

fn files(fixture: &Fixture) -> usize {
    let mut folders = vec![fixture.folder.path().join("objects")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { files += 1 }
        }
    }
    files
}

#[tokio::test]
async fn a_document_is_one_object_under_its_hash() {
    let fixture = on_sqlite().await;
    let sha256 = fixture.store.put_document(b"abc".to_vec()).await.unwrap();
    assert_eq!(sha256.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(std::fs::read(path(&fixture, &sha256)).unwrap(), b"abc");
    assert_eq!(fixture.store.put_document(b"abc".to_vec()).await.unwrap(), sha256);
    assert_eq!(files(&fixture), 1);
    let empty = fixture.store.put_document(Vec::new()).await.unwrap();
    assert_eq!(fixture.store.document(&empty).await.unwrap(), b"");
}

#[tokio::test]
async fn a_damaged_object_is_named_and_the_right_bytes_make_it_good() {
    let fixture = on_sqlite().await;
    let bytes = b"a receipt of 143,000 yen".to_vec();
    let sha256 = fixture.store.put_document(bytes.clone()).await.unwrap();
    let mut damaged = bytes.clone();
    for at in 0..bytes.len() {
        damaged[at] ^= 1;
        std::fs::write(path(&fixture, &sha256), &damaged).unwrap();
        damaged[at] ^= 1;
        match fixture.store.document(&sha256).await.unwrap_err() {
            StoreError::ObjectDamaged { key, expected, .. } => {
                assert_eq!(expected, sha256);
                assert!(key.starts_with("sha256/") && key.replace('/', "").ends_with(&sha256.to_string()), "{key}");
            }
            other => panic!("{other:?}"),
        }
    }
    std::fs::write(path(&fixture, &sha256), b"").unwrap();
    assert!(matches!(fixture.store.document(&sha256).await.unwrap_err(), StoreError::ObjectDamaged { .. }));
    assert_eq!(fixture.store.put_document(bytes.clone()).await.unwrap(), sha256);
    assert_eq!(fixture.store.document(&sha256).await.unwrap(), bytes);

    std::fs::remove_file(path(&fixture, &sha256)).unwrap();
    let error = fixture.store.document(&sha256).await.unwrap_err();
    assert!(matches!(error, StoreError::ObjectMissing(missing) if missing == sha256), "{error}");
}

#[tokio::test]
async fn what_could_not_be_written_does_not_count() {
    let fixture = on_sqlite().await;
    fixture.store.ping().await.unwrap();
    // A file stands where a folder has to be.
    std::fs::write(fixture.folder.path().join("objects/sha256"), b"").unwrap();
    let error = fixture.store.put_document(b"abc".to_vec()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Object { key, .. } if key.starts_with("sha256/ba/")), "{error:?}");
    assert!(error.is_transient());
    std::fs::remove_dir_all(fixture.folder.path().join("objects")).ok();
    std::fs::remove_file(fixture.folder.path().join("objects/sha256")).ok();
    assert!(fixture.store.ping().await.is_err(), "the folder is gone");
}

/// Two uploads of the same bytes at the same moment are one object, and both count.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_upload_twice_at_once_is_one_object() {
    let fixture = on_sqlite().await;
    let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let uploads: Vec<_> = (0..8)
        .map(|_| {
            let (store, bytes) = (fixture.store.clone(), bytes.clone());
            tokio::spawn(async move { store.put_document(bytes).await })
        })
        .collect();
    for upload in uploads {
        let sha256 = upload.await.unwrap().unwrap();
        assert_eq!(fixture.store.document(&sha256).await.unwrap(), bytes);
    }
    assert_eq!(files(&fixture), 1);
}
