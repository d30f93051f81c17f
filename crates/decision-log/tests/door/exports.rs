//! Exports: what is written verifies, and every change to it is found and placed.

use claim::{Lang, PersonalValue};
use decision_log::{
    CHECKPOINT_FILE, CONSISTENCY_FILE, Checkpoint, Difference, Differences, ExportError, FolderExport, KEY_FILE,
    LOG_FILE, MANIFEST_FILE, PERSONAL_FILE, SELECTED_FILE, Selection, SigningKey, Tree, Verified, VerifyError,
    commitment, leaf_hash, verify, verify_folder,
};
use proptest::prelude::*;
use std::path::Path;
use tempfile::TempDir;

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
    let line = |(index, payload): (usize, &Vec<u8>)| {
        let head = format!("{{\"index\":{index},\"leaf\":\"{}\",\"payload\":", leaf_hash(payload));
        [head.as_bytes(), payload, b"}\n"].concat()
    };
    payloads.iter().enumerate().flat_map(line).collect()
}

fn signed_text(payloads: &[Vec<u8>]) -> String {
    key().checkpoint(payloads.len() as u64, Tree::from_payloads(payloads).root().unwrap())
}

fn opened(text: &str) -> Checkpoint {
    Checkpoint::open(text, &key().verifying_key()).unwrap()
}

fn checkpoint(payloads: &[Vec<u8>]) -> Checkpoint {
    opened(&signed_text(payloads))
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
        | Difference::Proof { line, .. }
        | Difference::BeyondCheckpoint { line, .. } => Some(*line),
        _ => None,
    }
}

#[test]
fn an_export_verifies_from_any_earlier_checkpoint() {
    for size in 0..20 {
        let payloads = payloads(size);
        let (export, signed) = (export(&payloads), checkpoint(&payloads));
        let root = Tree::from_payloads(&payloads).root().unwrap();
        let verified = verify(&export[..], &signed, None).unwrap();
        assert_eq!(verified, Verified { size: size as u64, root, selection: None, earlier_size: None });
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
    assert!(matches!(check(cut)[0], Difference::Form { line: 6, entry: 5, .. }));
}

#[test]
fn two_changes_are_both_named() {
    let payloads = payloads(6);
    let signed = checkpoint(&payloads);
    let text = String::from_utf8(export(&payloads)).unwrap();
    let text = text.replace("\"n\":1,", "\"n\":9,").replace("\"n\":4,", "\"n\":9,");
    let found = differences(verify(text.as_bytes(), &signed, None));
    let indexes: Vec<_> =
        found.named.iter().map(|one| matches!(one, Difference::Payload { entry: 1 | 4, .. })).collect();
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
        let folder = tempfile::tempdir().unwrap();
        let mut export = FolderExport::whole(folder.path()).unwrap();
        assert_eq!(export.push(b"{}").unwrap(), 0);
        assert!(matches!(export.push(bad), Err(ExportError::Payload { index: 1 })), "{bad:?}");
    }
}

/// Exports these into the folder, with tiles and manifest.
fn export_into(folder: &Path, payloads: &[Vec<u8>]) {
    let mut export = FolderExport::whole(folder).unwrap();
    payloads.iter().for_each(|payload| {
        export.push(payload).unwrap();
    });
    export.finish(&signed_text(payloads), &checkpoint(payloads), &key()).unwrap();
}

/// A folder with an export of `n` entries.
fn folder(n: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    export_into(folder.path(), &payloads(n));
    folder
}

/// A folder with every third of `n` entries, their personal data, and the proof from the first ten.
fn selection(n: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let all = payloads(n);
    let tree = Tree::from_payloads(&all);
    let selection = Selection { programme: Some("home-consent".to_owned()), ..Selection::default() };
    let mut export = FolderExport::selected(folder.path(), selection).unwrap();
    for index in (0..n).step_by(3) {
        export.push_selected(&all[index], &tree.inclusion_proof(index as u64).unwrap()).unwrap();
        let text = format!("山田{index}");
        let value = PersonalValue { commitment: commitment(&[9; 32], &text), salt: [9; 32], text };
        export.push_personal(index as u64, &value).unwrap();
    }
    export.prove_earlier(&tree.consistency_proof(10).unwrap()).unwrap();
    export.finish(&signed_text(&all), &checkpoint(&all), &key()).unwrap();
    folder
}

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        if file.file_type().unwrap().is_dir() {
            found.extend(files(&file.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_verifies_with_its_own_key_and_with_one_from_elsewhere() {
    let folder = folder(600);
    let root = Tree::from_payloads(payloads(600)).root().unwrap();
    let expected = Verified { size: 600, root, selection: None, earlier_size: None };
    assert_eq!(verify_folder(folder.path(), None, None).unwrap(), expected);
    let own = key().verifying_key();
    let verified = verify_folder(folder.path(), Some(&own), Some(&signed_text(&payloads(2)))).unwrap();
    assert_eq!(verified.earlier_size, Some(2));
    assert_eq!(
        files(folder.path()),
        [
            "checkpoint",
            "decision-log.jsonl",
            "key.pub",
            "manifest",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/88",
            "tile/1/000.p/2"
        ]
    );
}

/// The tiles of an export are what any reader of tlog-tiles takes for a tree of the checkpoint.
#[test]
fn an_independent_reader_of_tiles_finds_the_signed_tree() {
    struct OnDisk<'a>(&'a Path);
    impl tlog_tiles::TileReader for OnDisk<'_> {
        fn height(&self) -> u8 {
            8
        }
        fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
            // The library's paths have the height in them, those of C2SP have not.
            let path = |tile: &tlog_tiles::Tile| self.0.join(tile.path().replacen("tile/8/", "tile/", 1));
            Ok(tiles.iter().map(|tile| std::fs::read(path(tile)).unwrap()).collect())
        }
        fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
    }
    let folder = folder(600);
    let tree = Tree::from_payloads(payloads(600));
    let (reader, root) = (OnDisk(folder.path()), tlog_tiles::Hash(tree.root().unwrap().0));
    let hashes = tlog_tiles::TileHashReader::new(600, root, &reader);
    for (index, payload) in payloads(600).iter().enumerate().step_by(37) {
        let proof = tlog_tiles::prove_record(600, index as u64, &hashes).unwrap();
        tlog_tiles::check_record(&proof, 600, root, index as u64, tlog_tiles::record_hash(payload)).unwrap();
    }
}

#[test]
fn a_selection_proves_each_entry_and_goes_on_from_an_earlier_checkpoint() {
    let folder = selection(40);
    let verified = verify_folder(folder.path(), Some(&key().verifying_key()), None).unwrap();
    assert_eq!((verified.size, verified.selection.unwrap().entries), (40, 14));
    assert_eq!(
        files(folder.path()),
        [CHECKPOINT_FILE, CONSISTENCY_FILE, KEY_FILE, MANIFEST_FILE, PERSONAL_FILE, SELECTED_FILE]
    );
    let earlier = |n: usize| verify_folder(folder.path(), None, Some(&signed_text(&payloads(n))));
    assert_eq!(earlier(10).unwrap().earlier_size, Some(10));
    assert_eq!(earlier(40).unwrap().earlier_size, Some(40));
    // A selection cannot prove what no proof was exported for, and says so instead of passing.
    assert!(matches!(earlier(11), Err(VerifyError::NoConsistency { size: 11 })));
    assert_eq!(differences(earlier(41)).named, [Difference::EarlierLarger { found: 40, earlier: 41 }]);
    let mut other = payloads(10);
    other[3] = payload(99);
    let forked = verify_folder(folder.path(), None, Some(&signed_text(&other)));
    assert!(matches!(differences(forked).named[..], [Difference::EarlierRoot { size: 10, .. }]));
}

#[test]
fn what_happened_to_a_selection_is_said() {
    let check = |change: &dyn Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>| {
        let folder = selection(40);
        let path = folder.path().join(SELECTED_FILE);
        let all = lines(&std::fs::read(&path).unwrap());
        std::fs::write(&path, change(all).concat()).unwrap();
        let named = differences(verify_folder(folder.path(), None, None)).named;
        // The manifest says that the file was changed, the lines say where.
        assert!(matches!(&named[0], Difference::File { file, .. } if file == SELECTED_FILE), "{named:?}");
        named[1].clone()
    };
    let replaced = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        check(&move |mut all: Vec<Vec<u8>>| {
            all[1] = String::from_utf8(all[1].clone()).unwrap().replace(&from, &to).into_bytes();
            all
        })
    };
    assert!(matches!(replaced("\"n\":3,", "\"n\":4,"), Difference::Payload { line: 2, entry: 3, .. }));
    assert!(matches!(replaced("{\"index\":3,", "{\"index\":4,"), Difference::Proof { line: 2, entry: 4 }));
    let forged = payload(77);
    let line = check(&move |mut all: Vec<Vec<u8>>| {
        // An entry that is not in the log, with its own leaf and another's proof.
        let text = String::from_utf8(all[1].clone()).unwrap();
        let text = text.replace(&leaf_hash(&payload(3)).to_string(), &leaf_hash(&forged).to_string());
        all[1] =
            text.replace(std::str::from_utf8(&payload(3)).unwrap(), std::str::from_utf8(&forged).unwrap()).into_bytes();
        all
    });
    assert_eq!(line, Difference::Proof { line: 2, entry: 3 });
    let swapped = check(&|mut all: Vec<Vec<u8>>| {
        all.swap(2, 3);
        all
    });
    assert_eq!(swapped, Difference::Index { line: 4, found: 6, expected: 10 });
    let cut = check(&|all: Vec<Vec<u8>>| all[..5].to_vec());
    assert_eq!(cut, Difference::TailMissing { found: 5, expected: 14 });
}

#[test]
fn an_entry_replaced_with_its_leaf_is_named_by_the_tree() {
    let folder = folder(300);
    let mut forged = payloads(300);
    forged[270] = payload(999);
    std::fs::write(folder.path().join(LOG_FILE), export(&forged)).unwrap();
    let named = differences(verify_folder(folder.path(), None, None)).named;
    assert!(matches!(named[..], [Difference::Replaced { line: 271, entry: 270, .. }]), "{named:?}");
    // With its tiles too: the root shows it, and an earlier checkpoint narrows it.
    let other = tempfile::tempdir().unwrap();
    export_into(other.path(), &forged);
    for tile in files(other.path()).iter().filter(|file| file.starts_with("tile/")) {
        std::fs::copy(other.path().join(tile), folder.path().join(tile)).unwrap();
    }
    let named = differences(verify_folder(folder.path(), None, Some(&signed_text(&payloads(200))))).named;
    assert!(matches!(named[..], [Difference::Root { unchanged_before: 200, .. }]), "{named:?}");
}

#[test]
fn a_folder_written_and_signed_anew_is_found_with_an_earlier_checkpoint_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut forged = payloads(300);
    forged[10] = payload(999);
    export_into(folder.path(), &forged);
    assert!(
        verify_folder(folder.path(), Some(&key().verifying_key()), None).is_ok(),
        "the key's owner can sign anything"
    );
    let named = differences(verify_folder(folder.path(), None, Some(&signed_text(&payloads(200))))).named;
    assert!(matches!(named[..], [Difference::EarlierRoot { size: 200, .. }]));
}

#[test]
fn a_folder_signed_by_somebody_else_is_refused() {
    let folder = folder(5);
    let other = SigningKey::from_seed("fund.example/decision-log", [1; 32]).unwrap();
    let foreign_key = other.verifying_key();
    let named = differences(verify_folder(folder.path(), Some(&foreign_key), None)).named;
    assert!(matches!(named[0], Difference::OtherKey { .. }));
    let foreign = other.checkpoint(0, Tree::new(0).root().unwrap());
    assert!(matches!(verify_folder(folder.path(), None, Some(&foreign)), Err(VerifyError::Earlier(_))));
    std::fs::write(folder.path().join(KEY_FILE), format!("{foreign_key}\n")).unwrap();
    let named = differences(verify_folder(folder.path(), None, None)).named;
    let of =
        |file: &str| named.iter().any(|one| matches!(one, Difference::Signed { file: found, .. } if found == file));
    assert!(of(MANIFEST_FILE) && of(CHECKPOINT_FILE), "{named:?}");
}

#[test]
fn files_that_are_missing_added_or_of_another_export_are_named() {
    let whole = folder(300);
    for name in files(whole.path()) {
        let folder = folder(300);
        std::fs::remove_file(folder.path().join(&name)).unwrap();
        let named = differences(verify_folder(folder.path(), None, None)).named;
        assert!(matches!(&named[0], Difference::Missing { file } if *file == name), "{name}: {named:?}");
    }
    for name in [SELECTED_FILE, PERSONAL_FILE, "decision-log.csv", "decision-log.xlsx"] {
        std::fs::write(whole.path().join(name), "").unwrap();
        let named = differences(verify_folder(whole.path(), None, None)).named;
        assert_eq!(named, [Difference::Unlisted { file: name.to_owned() }]);
        std::fs::remove_file(whole.path().join(name)).unwrap();
    }
    let longer = folder(301);
    std::fs::copy(longer.path().join(MANIFEST_FILE), whole.path().join(MANIFEST_FILE)).unwrap();
    let named = differences(verify_folder(whole.path(), None, None)).named;
    assert!(named.contains(&Difference::Manifest { found: 301, expected: 300 }), "{named:?}");
    let nowhere = verify_folder(&whole.path().join("nowhere"), None, None).unwrap_err();
    assert!(matches!(nowhere, VerifyError::Read { .. }));
}

#[test]
fn an_export_that_broke_off_leaves_the_one_before_it_and_a_new_one_replaces_it() {
    let folder = folder(300);
    let mut broken = FolderExport::whole(folder.path()).unwrap();
    broken.push(&payload(0)).unwrap();
    drop(broken);
    assert!(!folder.path().join("export.partial").exists(), "what may hold personal data goes away");
    assert_eq!(verify_folder(folder.path(), None, None).unwrap().size, 300);
    std::fs::write(folder.path().join("監査メモ.txt"), "mine").unwrap();
    export_into(folder.path(), &payloads(3));
    assert_eq!(verify_folder(folder.path(), None, None).unwrap().size, 3);
    let left = files(folder.path());
    assert_eq!(left, [CHECKPOINT_FILE, LOG_FILE, KEY_FILE, MANIFEST_FILE, "tile/0/000.p/3", "監査メモ.txt"]);
}

#[test]
fn entries_that_are_not_those_of_the_checkpoint_are_not_exported() {
    let folder = tempfile::tempdir().unwrap();
    let mut export = FolderExport::whole(folder.path()).unwrap();
    export.push(&payload(7)).unwrap();
    let refused = export.finish(&signed_text(&payloads(1)), &checkpoint(&payloads(1)), &key());
    assert!(matches!(refused, Err(ExportError::Root { size: 1, .. })));
    assert!(!folder.path().join(LOG_FILE).exists());
}

/// Many blocks of lines, looked at by several threads, come back in order; differences far apart are both named.
#[test]
fn a_log_of_many_blocks_is_verified_in_order() {
    let text = "長".repeat(400);
    let long = |n: usize| format!("{{\"v\":1,\"n\":{n},\"text\":\"{text}\"}}").into_bytes();
    let all: Vec<Vec<u8>> = (0..5000).map(long).collect();
    let signed = checkpoint(&all);
    let mut log = export(&all);
    assert!(log.len() > 5 << 20);
    assert_eq!(verify(&log[..], &signed, None).unwrap().size, 5000);
    let line = log.len() / 5000;
    for at in [line * 100 + 500, line * 4900 + 500] {
        log[at] = b'x';
    }
    let named = differences(verify(&log[..], &signed, None)).named;
    let places: Vec<_> = named.iter().filter_map(line_of).collect();
    assert_eq!(places.len(), 2, "{named:?}");
    assert!(places[0].abs_diff(100) < 20 && places[1].abs_diff(4900) < 20, "{places:?}");
}

/// The file that a difference names; `None` where it is about the whole.
fn file_of(difference: &Difference, entries: &str) -> Option<String> {
    match difference {
        Difference::Form { .. }
        | Difference::Index { .. }
        | Difference::Payload { .. }
        | Difference::Proof { .. }
        | Difference::BeyondCheckpoint { .. } => Some(entries.to_owned()),
        Difference::Personal { .. } => Some(PERSONAL_FILE.to_owned()),
        Difference::Tile { file, .. }
        | Difference::File { file, .. }
        | Difference::Signed { file, .. }
        | Difference::Key { file, .. } => Some(file.clone()),
        _ => None,
    }
}

/// One byte anywhere in an export is changed: it is found, and the file is named, and in the entries' file the line. The
/// bench `cargo xtask bench audit` does the same 100,000 times.
#[test]
fn one_changed_byte_anywhere_in_an_export_is_found_and_placed() {
    let mut state = 20_260_121u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for (folder, entries) in [(folder(300), LOG_FILE), (selection(40), SELECTED_FILE)] {
        let names = files(folder.path());
        for trial in 0..names.len() * 30 {
            let name = &names[trial % names.len()];
            let path = folder.path().join(name);
            let honest = std::fs::read(&path).unwrap();
            let (at, value) = (random(honest.len()), 1 + random(255) as u8);
            let mut changed = honest.clone();
            changed[at] = changed[at].wrapping_add(value);
            std::fs::write(&path, &changed).unwrap();
            let named = differences(verify_folder(folder.path(), None, None)).named;
            assert!(
                named.iter().any(|one| file_of(one, entries).as_ref() == Some(name)),
                "{name}, byte {at} plus {value}: {named:?}"
            );
            if name == entries {
                let line = 1 + honest[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
                assert!(named.iter().any(|one| line_of(one) == Some(line)), "{name}, byte {at}: {named:?}");
            }
            std::fs::write(&path, &honest).unwrap();
        }
        assert!(verify_folder(folder.path(), None, None).is_ok(), "the export is as it was");
    }
}

proptest! {
    // Each case writes a folder and syncs it.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_bytes_pass_for_an_export_or_make_verification_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let signed = checkpoint_of_three();
        prop_assert!(verify(&bytes[..], signed, None).is_err());
    }

    #[test]
    fn payloads_of_any_text_are_carried_exactly(texts in proptest::collection::vec(".{0,30}", 0..20)) {
        let payloads: Vec<Vec<u8>> = texts.iter().map(|text| serde_json::to_vec(text).unwrap()).collect();
        let folder = tempfile::tempdir().unwrap();
        export_into(folder.path(), &payloads);
        let written = std::fs::read(folder.path().join(LOG_FILE)).unwrap();
        prop_assert_eq!(&written, &export(&payloads));
        prop_assert_eq!(verify_folder(folder.path(), None, None).unwrap().size, payloads.len() as u64);
        let values: Vec<String> = written.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
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
