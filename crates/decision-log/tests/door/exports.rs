//! Exports: what is written verifies, and every change to it is found and placed.

use claim::{Lang, Sha256};
use decision_log::{
    CHECKPOINT_FILE, Checkpoint, Difference, Differences, ExportError, ExportWriter, FolderExport, KEY_FILE, LOG_FILE,
    SigningKey, Tree, Verified, VerifyError, VerifyingKey, verify, verify_folder,
};
use proptest::prelude::*;

fn key() -> SigningKey {
    SigningKey::from_seed("fund.example/decision-log", [42; 32]).unwrap()
}

fn payload(n: usize) -> Vec<u8> {
    format!("{{\"v\":1,\"n\":{n},\"who\":\"職員\\\"{n}\\\"\"}}").into_bytes()
}

fn payloads(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(payload).collect()
}

fn export(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = ExportWriter::new(Vec::new());
    payloads.iter().for_each(|payload| {
        writer.push(payload).unwrap();
    });
    writer.finish().unwrap()
}

fn checkpoint(payloads: &[Vec<u8>]) -> Checkpoint {
    let text = key().checkpoint(payloads.len() as u64, Tree::from_payloads(payloads).root());
    Checkpoint::open(&text, &key().verifying_key()).unwrap()
}

fn differences(result: Result<Verified, VerifyError>) -> Differences {
    match result {
        Err(VerifyError::Differs(differences)) => differences,
        other => panic!("expected differences, found {other:?}"),
    }
}

/// The lines of an export, each with its end.
fn lines(export: &[u8]) -> Vec<Vec<u8>> {
    export.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The line that a difference names.
fn line_of(difference: &Difference) -> Option<u64> {
    match difference {
        Difference::Form { line, .. }
        | Difference::Index { line, .. }
        | Difference::Payload { line, .. }
        | Difference::BeyondCheckpoint { line, .. } => Some(*line),
        _ => None,
    }
}

#[test]
fn an_export_verifies_from_any_earlier_checkpoint() {
    for size in 0..20 {
        let payloads = payloads(size);
        let (export, signed) = (export(&payloads), checkpoint(&payloads));
        let root = Tree::from_payloads(&payloads).root();
        let verified = verify(&export[..], &signed, None).unwrap();
        assert_eq!(verified, Verified { size: size as u64, root, earlier_size: None });
        for earlier in 0..=size {
            let verified = verify(&export[..], &signed, Some(&checkpoint(&payloads[..earlier]))).unwrap();
            assert_eq!(verified.earlier_size, Some(earlier as u64));
        }
    }
}

#[test]
fn a_line_shows_index_leaf_and_the_exact_payload() {
    let payloads = payloads(2);
    let text = String::from_utf8(export(&payloads)).unwrap();
    let leaf = decision_log::leaf_hash(&payloads[1]);
    let expected = format!("{{\"index\":1,\"leaf\":\"{leaf}\",\"payload\":{}}}", String::from_utf8_lossy(&payloads[1]));
    assert_eq!(text.lines().nth(1).unwrap(), expected);
    let value: serde_json::Value = serde_json::from_str(&expected).unwrap();
    assert_eq!(value["payload"]["who"], "職員\"1\"");
}

#[test]
fn every_changed_byte_is_found_and_its_entry_named() {
    let payloads = payloads(4);
    let (mut export, signed) = (export(&payloads), checkpoint(&payloads));
    let mut line = 1;
    for at in 0..export.len() {
        let before = export[at];
        for value in 0..=255u8 {
            if value != before {
                export[at] = value;
                let found = differences(verify(&export[..], &signed, None));
                assert_eq!(line_of(&found.named[0]), Some(line), "byte {at} value {value}: {found}");
            }
        }
        export[at] = before;
        line += u64::from(before == b'\n');
    }
    assert!(verify(&export[..], &signed, None).is_ok(), "the export is as it was");
}

#[test]
fn what_happened_to_the_entries_is_said() {
    let payloads = payloads(6);
    let (whole, signed) = (export(&payloads), checkpoint(&payloads));
    let all = lines(&whole);
    let check = |lines: Vec<Vec<u8>>| differences(verify(&lines.concat()[..], &signed, None)).named;

    let mut swapped = all.clone();
    swapped.swap(2, 3);
    let named = check(swapped);
    assert_eq!(named[0], Difference::Index { line: 3, found: 3, expected: 2 });
    assert_eq!(named[1], Difference::Index { line: 4, found: 2, expected: 3 });
    assert_eq!(named.len(), 2);

    let mut repeated = all.clone();
    repeated.insert(2, all[1].clone());
    assert_eq!(check(repeated)[0], Difference::Index { line: 3, found: 1, expected: 2 });

    let mut left_out = all.clone();
    left_out.remove(2);
    assert_eq!(check(left_out), [Difference::Index { line: 3, found: 3, expected: 2 }]);

    assert_eq!(check(all[..4].to_vec()), [Difference::TailMissing { found: 4, expected: 6 }]);
    assert_eq!(check(Vec::new()), [Difference::TailMissing { found: 0, expected: 6 }]);

    let mut more = all.clone();
    more.push(lines(&export(&self::payloads(7))).pop().unwrap());
    assert_eq!(check(more), [Difference::BeyondCheckpoint { line: 7, expected: 6 }]);

    let mut garbage = all.clone();
    garbage.push(b"\n".to_vec());
    assert_eq!(check(garbage)[0], Difference::BeyondCheckpoint { line: 7, expected: 6 });

    let mut cut = all.clone();
    cut.last_mut().unwrap().pop();
    assert!(matches!(check(cut)[0], Difference::Form { line: 6, index: 5, .. }));
}

#[test]
fn two_changes_are_both_named() {
    let payloads = payloads(6);
    let signed = checkpoint(&payloads);
    let text = String::from_utf8(export(&payloads)).unwrap();
    let text = text.replace("\"n\":1,", "\"n\":9,").replace("\"n\":4,", "\"n\":9,");
    let found = differences(verify(text.as_bytes(), &signed, None));
    let indexes: Vec<_> =
        found.named.iter().map(|one| matches!(one, Difference::Payload { index: 1 | 4, .. })).collect();
    assert_eq!(indexes, [true, true]);
}

#[test]
fn an_entry_replaced_with_its_leaf_is_found_and_an_earlier_checkpoint_narrows_it() {
    let honest = payloads(6);
    let mut forged = honest.clone();
    forged[4] = payload(99);
    let forged = export(&forged);
    let signed = checkpoint(&honest);
    let named = differences(verify(&forged[..], &signed, None)).named;
    assert!(matches!(named[..], [Difference::Root { unchanged_before: 0, .. }]));
    let named = differences(verify(&forged[..], &signed, Some(&checkpoint(&honest[..3])))).named;
    assert!(matches!(named[..], [Difference::Root { unchanged_before: 3, .. }]));
}

#[test]
fn a_history_signed_anew_is_found_with_an_earlier_checkpoint_only() {
    let honest = payloads(6);
    let mut forged = honest.clone();
    forged[1] = payload(99);
    let (text, signed) = (export(&forged), checkpoint(&forged));
    assert!(verify(&text[..], &signed, None).is_ok(), "the key's owner can sign anything");
    let kept = checkpoint(&honest[..4]);
    let named = differences(verify(&text[..], &signed, Some(&kept))).named;
    assert!(matches!(named[..], [Difference::EarlierRoot { size: 4, .. }]));
    // Entries taken away and signed again.
    let named = differences(verify(&export(&honest[..3])[..], &checkpoint(&honest[..3]), Some(&kept))).named;
    assert_eq!(named, [Difference::EarlierLarger { found: 3, earlier: 4 }]);
}

#[test]
fn a_flood_of_differences_is_counted_and_not_kept() {
    let payloads = payloads(300);
    let signed = checkpoint(&payloads);
    let text = String::from_utf8(export(&payloads)).unwrap().replace("\"v\":1", "\"v\":2");
    let found = differences(verify(text.as_bytes(), &signed, None));
    assert_eq!((found.named.len(), found.more), (100, 200));
    assert!(found.to_string().ends_with("and 200 more"));
}

#[test]
fn differences_are_told_in_both_languages() {
    let index = Difference::Index { line: 3, found: 3, expected: 2 };
    assert_eq!(
        index.message(Lang::Ja),
        "3行目: 記録番号が 3 です（あるべき番号: 2）。記録の入替え、欠落又は重複があります。"
    );
    assert_eq!(
        index.message(Lang::En),
        "line 3: found entry 3, expected entry 2: entries were exchanged, left out or repeated"
    );
    assert_eq!(index.to_string(), index.message(Lang::En));
}

#[test]
fn a_payload_that_cannot_stand_on_a_line_is_not_exported() {
    for bad in [&b"{\"a\":\n1}"[..], b"not json", b"{}{}", b"\"\xff\"", b""] {
        let mut writer = ExportWriter::new(Vec::new());
        writer.push(b"{}").unwrap();
        assert!(matches!(writer.push(bad), Err(ExportError::Payload { index: 1 })), "{bad:?}");
        assert_eq!(writer.size(), 1);
    }
}

/// A folder with an export of `n` entries.
fn folder(n: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut export = FolderExport::create(folder.path()).unwrap();
    payloads(n).iter().for_each(|payload| {
        export.push(payload).unwrap();
    });
    export.finish(&key()).unwrap();
    folder
}

#[test]
fn a_folder_verifies_with_its_own_key_and_with_one_from_elsewhere() {
    let folder = folder(5);
    let expected = Verified { size: 5, root: Tree::from_payloads(payloads(5)).root(), earlier_size: None };
    assert_eq!(verify_folder(folder.path(), None, None).unwrap(), expected);
    let own = key().verifying_key();
    let earlier = key().checkpoint(2, Tree::from_payloads(payloads(2)).root());
    let verified = verify_folder(folder.path(), Some(&own), Some(&earlier)).unwrap();
    assert_eq!(verified.earlier_size, Some(2));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [CHECKPOINT_FILE, LOG_FILE, KEY_FILE]);
}

#[test]
fn a_folder_signed_by_somebody_else_is_refused() {
    let folder = folder(5);
    let other: VerifyingKey = SigningKey::from_seed("fund.example/decision-log", [1; 32]).unwrap().verifying_key();
    assert!(matches!(verify_folder(folder.path(), Some(&other), None), Err(VerifyError::OtherKey { .. })));
    let foreign =
        SigningKey::from_seed("fund.example/decision-log", [1; 32]).unwrap().checkpoint(0, Tree::new().root());
    let error = verify_folder(folder.path(), None, Some(&foreign)).unwrap_err();
    assert!(matches!(&error, VerifyError::Checkpoint { path, .. } if path.ends_with("the earlier checkpoint")));
    std::fs::write(folder.path().join(KEY_FILE), format!("{other}\n")).unwrap();
    assert!(matches!(verify_folder(folder.path(), None, None), Err(VerifyError::Checkpoint { .. })));
}

#[test]
fn files_that_are_missing_or_damaged_are_named() {
    for name in [LOG_FILE, CHECKPOINT_FILE, KEY_FILE] {
        let folder = folder(3);
        let path = folder.path().join(name);
        std::fs::write(&path, b"\xff\xfe").unwrap();
        let error = verify_folder(folder.path(), None, None).unwrap_err();
        assert!(error.to_string().contains(name) || matches!(error, VerifyError::Differs(_)), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = verify_folder(folder.path(), None, None).unwrap_err();
        assert!(matches!(error, VerifyError::Read { path: named, .. } if named == path));
    }
}

#[test]
fn an_export_that_broke_off_leaves_the_one_before_it() {
    let folder = folder(3);
    let mut broken = FolderExport::create(folder.path()).unwrap();
    broken.push(&payload(0)).unwrap();
    drop(broken);
    assert_eq!(verify_folder(folder.path(), None, None).unwrap().size, 3);
}

proptest! {
    #[test]
    fn no_bytes_pass_for_an_export_or_make_verification_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let signed = checkpoint_of_three();
        prop_assert!(verify(&bytes[..], signed, None).is_err());
    }

    #[test]
    fn payloads_of_any_text_are_carried_exactly(texts in proptest::collection::vec(".{0,30}", 0..20)) {
        let payloads: Vec<Vec<u8>> = texts.iter().map(|text| serde_json::to_vec(text).unwrap()).collect();
        let mut writer = ExportWriter::new(Vec::new());
        for payload in &payloads {
            writer.push(payload).unwrap();
        }
        let root: Sha256 = writer.root();
        prop_assert_eq!(root, Tree::from_payloads(&payloads).root());
        let export = writer.finish().unwrap();
        let values: Vec<String> = export.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["payload"].as_str().unwrap().to_owned())
            .collect();
        prop_assert_eq!(values, texts);
    }
}

/// Signed once: a signature costs milliseconds without optimisation.
fn checkpoint_of_three() -> &'static Checkpoint {
    static SIGNED: std::sync::OnceLock<Checkpoint> = std::sync::OnceLock::new();
    SIGNED.get_or_init(|| checkpoint(&payloads(3)))
}
