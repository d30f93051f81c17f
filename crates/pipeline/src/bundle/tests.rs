//! Bundles as they come: good ones, and everything that can be wrong with one.

use super::*;

fn programmes() -> Vec<ProgrammeId> {
    vec!["home-consent".into(), "limited-type".into()]
}

fn folder(description: &str, files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(DESCRIPTION), description).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn read(path: &Path, lang: Lang) -> Result<Bundle, Vec<BundleError>> {
    Bundle::read(path, &programmes(), "2026-02-10T01:00:00Z".parse().unwrap(), lang)
}

const GOOD: &str = r#"
    programme = "home-consent"
    facility = "1310110049"
    submitted_at = "2025-12-20T10:15:00+09:00"
    claimed_yen = 128000
    [[documents]]
    kind = "receipt"
    file = "領収書.pdf"
"#;

#[test]
fn a_good_bundle_is_read_and_its_identity_does_not_depend_on_where_it_lies() {
    let a = folder(GOOD, &[("領収書.pdf", b"x")]);
    let b = folder(GOOD, &[("領収書.pdf", b"x")]);
    let other = folder(GOOD, &[("領収書.pdf", b"y")]);
    let read = |folder: &tempfile::TempDir| read(folder.path(), Lang::Ja).unwrap();
    assert_eq!(read(&a).submission().claim_id(), read(&b).submission().claim_id());
    assert_ne!(read(&a).submission().claim_id(), read(&other).submission().claim_id());
    assert_eq!(read(&a).claimed_yen, Yen::new(128_000).ok());
}

#[test]
fn everything_wrong_with_a_bundle_is_told_at_once_with_its_place() {
    let bad = folder(
        r#"
        programme = "house-consent"
        facility = "1310110048"
        submitted_at = "2025-12-20T10:15:00"
        claimed_yen = -1
        colour = "red"
        [[documents]]
        kind = "estimate"
        file = "a.pdf"
        [[documents]]
        kind = "receipt"
        file = "../../etc/passwd"
        [[documents]]
        kind = "receipt"
        file = "missing.pdf"
        [[documents]]
        kind = "receipt"
        "#,
        &[],
    );
    let errors = read(bad.path(), Lang::En).unwrap_err();
    let codes: Vec<&str> = errors.iter().map(|error| error.code).collect();
    assert_eq!(
        codes,
        [
            "unknown-key",
            "unknown-programme",
            "invalid-value",
            "invalid-value",
            "invalid-value",
            "invalid-value",
            "missing-key",
            "file-outside",
            "file-missing",
        ]
    );
    assert!(errors.iter().all(|error| error.place.contains("claim.toml") || error.place.contains("missing.pdf")));
}

#[test]
fn a_folder_without_a_description_and_a_file_that_is_no_zip_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let errors = read(empty.path(), Lang::Ja).unwrap_err();
    assert_eq!(errors[0].code, "not-a-bundle");
    let no_zip = empty.path().join("bundle.zip");
    std::fs::write(&no_zip, b"not a zip").unwrap();
    assert_eq!(read(&no_zip, Lang::Ja).unwrap_err()[0].code, "not-a-bundle");
    let nowhere = empty.path().join("nowhere");
    assert_eq!(read(&nowhere, Lang::Ja).unwrap_err()[0].code, "bundle-missing");
}

#[test]
fn a_zip_of_a_folder_is_the_same_bundle_as_the_folder() {
    use std::io::Write;
    let plain = folder(GOOD, &[("領収書.pdf", b"x")]);
    let at = plain.path().join("bundle.zip");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&at).unwrap());
    for (name, bytes) in [("my-claim/claim.toml", GOOD.as_bytes()), ("my-claim/領収書.pdf", b"x")] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    let from_zip = read(&at, Lang::Ja).unwrap();
    let from_folder = read(plain.path(), Lang::Ja).unwrap();
    assert_eq!(from_zip.submission().claim_id(), from_folder.submission().claim_id());
}

#[test]
fn a_link_a_pipe_or_a_folder_in_the_place_of_a_document_is_refused_and_nothing_waits_for_it() {
    let secret = tempfile::tempdir().unwrap();
    std::fs::write(secret.path().join("領収書.pdf"), b"somebody else's").unwrap();
    let name = |bundle: &tempfile::TempDir| bundle.path().join("領収書.pdf");
    let link = folder(GOOD, &[]);
    std::os::unix::fs::symlink(secret.path().join("領収書.pdf"), name(&link)).unwrap();
    let on_the_way = folder(&GOOD.replace("領収書.pdf", "sub/領収書.pdf"), &[]);
    std::os::unix::fs::symlink(secret.path(), on_the_way.path().join("sub")).unwrap();
    let pipe = folder(GOOD, &[]);
    assert!(std::process::Command::new("mkfifo").arg(name(&pipe)).status().unwrap().success());
    let inner = folder(GOOD, &[]);
    std::fs::create_dir(name(&inner)).unwrap();
    let description = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(link.path().join(DESCRIPTION), description.path().join(DESCRIPTION)).unwrap();
    for bundle in [&link, &on_the_way, &pipe, &inner, &description] {
        let errors = read(bundle.path(), Lang::En).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["not-a-file"], "{errors:?}");
        assert!(errors[0].message.starts_with("is not a file but a "), "{errors:?}");
    }
    assert_eq!(read(&name(&pipe), Lang::Ja).unwrap_err()[0].code, "not-a-bundle");
}

#[test]
fn a_zip_of_two_claims_is_refused_and_both_are_named() {
    use std::io::Write;
    let plain = folder(GOOD, &[]);
    let zip = |entries: &[(&str, bool)]| {
        let at = plain.path().join("bundle.zip");
        let mut writer = zip::ZipWriter::new(std::fs::File::create(&at).unwrap());
        for (name, link) in entries {
            let options = zip::write::SimpleFileOptions::default();
            if *link {
                writer.add_symlink(*name, "/etc/passwd", options).unwrap();
            } else {
                writer.start_file(*name, options).unwrap();
                writer.write_all(GOOD.as_bytes()).unwrap();
            }
        }
        writer.finish().unwrap();
        read(&at, Lang::Ja).unwrap_err().remove(0)
    };
    let two = zip(&[("a/claim.toml", false), ("b/claim.toml", false), ("a/領収書.pdf", false)]);
    assert_eq!(two.code, "several-bundles");
    assert!(two.message.contains("a/claim.toml, b/claim.toml"), "{two:?}");
    assert_eq!(zip(&[("claim.toml", false), ("領収書.pdf", true)]).code, "not-a-file");
}

#[test]
fn a_submission_in_the_future_or_in_another_century_is_an_error() {
    for (at, good) in [
        ("1999-12-31T23:59:59+09:00", false),
        ("2000-01-01T00:00:00+09:00", true),
        ("2026-02-11T09:59:00+09:00", true),
        ("2026-02-11T10:01:00+09:00", false),
        ("2100-01-01T00:00:00+09:00", false),
    ] {
        let bundle = folder(&GOOD.replace("2025-12-20T10:15:00+09:00", at), &[("領収書.pdf", b"x")]);
        let errors = read(bundle.path(), Lang::En).err().unwrap_or_default();
        assert_eq!(errors.is_empty(), good, "{at}: {errors:?}");
        assert!(errors.iter().all(|error| error.place.ends_with("claim.toml submitted_at")), "{errors:?}");
    }
}

#[test]
fn what_is_wrong_is_told_in_one_language_and_control_characters_are_not_obeyed() {
    let bad = folder(
        "programme = \"moon\"\nfacility = 1\nsubmitted_at = \"x\"\nclaimed_yen = 1.5\n\"a\\u001bb\" = 1\n\
         [[documents]]\nkind = \"receipt\"\nfile = \"\\u001b[2J.pdf\"\n",
        &[],
    );
    let shown = |lang| {
        let errors = read(bad.path(), lang).unwrap_err();
        errors.iter().map(|error| format!("{} {}\n", error.place, error.message)).collect::<String>()
    };
    let (ja, en) = (shown(Lang::Ja), shown(Lang::En));
    assert!(!ja.contains('\u{1b}') && ja.contains("\\u{1b}[2J.pdf"), "{ja}");
    for phrase in ["whole yen", "a text", "a time with", "expected"] {
        assert!(!ja.contains(phrase), "{phrase}: {ja}");
    }
    let japanese = en.chars().find(|c| ('\u{3040}'..='\u{9fff}').contains(c));
    assert_eq!(japanese, None, "{en}");
}
