//! Claim bundles: a folder, or a .zip of one, with `claim.toml` and the files that it names.
//!
//! A bundle comes from outside, so all that is wrong with it is told at once, each with its place; and a bad bundle
//! never keeps a good one from being taken.

use crate::file::{self, Fault, Links};
use crate::output::visible;
use crate::told::expected_code;
use claim::{DocumentKind, InstitutionCode, Lang, ProgrammeId, Sha256, Yen, day_in_japan};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path};

/// The most bytes that one bundle may hold in all; a scanned document has a few megabytes.
const BUNDLE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// The most bytes of its description: a few lines.
const DESCRIPTION_BYTES_MAX: u64 = 1024 * 1024;
/// The most files of a bundle.
const FILES_MAX: usize = 50;
/// The name of the file that describes the bundle.
const DESCRIPTION: &str = "claim.toml";

/// The years in which a claim can have been submitted: beyond them somebody mistyped.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;
/// How far a facility's clock may be ahead of ours.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A bundle that can become a claim.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Where its description is.
    place: String,
    pub(crate) programme: ProgrammeId,
    pub(crate) facility: InstitutionCode,
    pub(crate) submitted_at: Timestamp,
    pub(crate) claimed_yen: Option<Yen>,
    /// The claim that this is a new revision of, after a return.
    pub(crate) revises: Option<String>,
    pub(crate) documents: Vec<BundleDocument>,
}

/// One document of it.
#[derive(Debug)]
pub(crate) struct BundleDocument {
    pub(crate) declared: DocumentKind,
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) sha256: Sha256,
}

/// One thing that is wrong with a bundle.
#[derive(Debug, Serialize)]
pub(crate) struct BundleError {
    /// `bundle-missing`, `not-a-bundle`, `several-bundles`, `invalid-toml`, `missing-key`, `unknown-key`,
    /// `invalid-value`, `unknown-programme`, `file-missing`, `file-outside`, `not-a-file`, `too-large`, `unknown-claim`,
    /// `other-claim`, `not-returned`.
    pub(crate) code: &'static str,
    /// File and key.
    pub(crate) place: String,
    /// What was found, what was expected, what to do.
    pub(crate) message: String,
}

impl BundleError {
    fn new(code: &'static str, place: impl Into<String>, lang: Lang, ja: String, en: String) -> BundleError {
        let message = if lang == Lang::Ja { ja } else { en };
        // Names come from outside: what a terminal would obey is shown instead.
        BundleError { code, place: visible(&place.into()).into_owned(), message: visible(&message).into_owned() }
    }
}

/// The identity of a bundle: what a facility sent, whatever folder it came in. The same bundle twice is one claim.
#[derive(Serialize)]
struct Identity<'a> {
    programme: &'a ProgrammeId,
    facility: &'a InstitutionCode,
    submitted_at: Timestamp,
    claimed_yen: Option<Yen>,
    revises: Option<&'a str>,
    documents: Vec<(DocumentKind, &'a str, Sha256)>,
}

impl Bundle {
    /// Reads the bundle at `path`.
    pub(crate) fn read(
        path: &Path,
        programmes: &[ProgrammeId],
        now: Timestamp,
        lang: Lang,
    ) -> Result<Bundle, Vec<BundleError>> {
        let files = Files::open(path, lang).map_err(|error| vec![error])?;
        files.bundle(programmes, now, lang)
    }

    /// What is wrong with one of its keys in the light of what is stored.
    pub(crate) fn error(&self, code: &'static str, key: &str, lang: Lang, ja: String, en: String) -> BundleError {
        BundleError::new(code, format!("{} {key}", self.place), lang, ja, en)
    }

    /// The hash of what the facility sent.
    pub(crate) fn identity(&self) -> Sha256 {
        let identity = Identity {
            programme: &self.programme,
            facility: &self.facility,
            submitted_at: self.submitted_at,
            claimed_yen: self.claimed_yen,
            revises: self.revises.as_deref(),
            documents: self.documents.iter().map(|d| (d.declared, d.file.as_str(), d.sha256)).collect(),
        };
        // Strings, numbers and hashes always have a JSON form.
        hash(&serde_json::to_vec(&identity).expect("an identity has a JSON form"))
    }

    /// The id of the claim that this bundle becomes: 48 bits of its identity, in twelve digits that can be read out
    /// over the telephone.
    pub(crate) fn claim_id(&self) -> claim::ClaimId {
        let identity = self.identity().to_string().to_uppercase();
        claim::ClaimId::from(format!("K-{}-{}-{}", &identity[..4], &identity[4..8], &identity[8..12]))
    }
}

/// The SHA-256 of `bytes`.
pub(crate) fn hash(bytes: &[u8]) -> Sha256 {
    use sha2::Digest;
    Sha256(sha2::Sha256::digest(bytes).into())
}

/// The files of a bundle: in a folder, or already read from a zip.
enum Files<'a> {
    Folder(&'a Path),
    Zip { path: &'a Path, files: BTreeMap<String, Vec<u8>> },
}

impl<'a> Files<'a> {
    fn open(path: &'a Path, lang: Lang) -> Result<Files<'a>, BundleError> {
        let place = path.display().to_string();
        if path.is_dir() {
            return Ok(Files::Folder(path));
        }
        let not_a_bundle = |reason: String| {
            BundleError::new(
                "not-a-bundle",
                place.clone(),
                lang,
                format!(
                    "申請のまとまりとして読めません（{reason}）。claim.toml のあるフォルダーか、その .zip を指定してください。"
                ),
                format!("is not a bundle ({reason}); give a folder with claim.toml, or a .zip of one"),
            )
        };
        let file = file::open_plain(path, Links::Followed).map_err(|fault| match fault {
            Fault::NotOpened(error) => BundleError::new(
                "bundle-missing",
                place.clone(),
                lang,
                format!("開けません（{error}）。claim.toml のあるフォルダーか、その .zip を指定してください。"),
                format!("cannot be opened ({error}); give a folder with claim.toml, or a .zip of one"),
            ),
            other => not_a_bundle(other.message(lang)),
        })?;
        let mut archive = zip::ZipArchive::new(file).map_err(|error| not_a_bundle(error.to_string()))?;
        if archive.len() > 4 * FILES_MAX {
            return Err(not_a_bundle(format!("{} entries", archive.len())));
        }
        let mut files = BTreeMap::new();
        let mut left = BUNDLE_BYTES_MAX;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|error| not_a_bundle(error.to_string()))?;
            // A name that leads out of the archive is not a file of this bundle.
            let Some(name) = entry.enclosed_name() else { continue };
            if entry.is_dir() {
                continue;
            }
            let name = name.to_string_lossy().into_owned();
            if entry.is_symlink() {
                let place = format!("{place}:{name}");
                return Err(not_a_file(place, lang, &Fault::NotAFile("シンボリックリンク", "a symbolic link")));
            }
            let mut bytes = Vec::new();
            // The sizes written in an archive are claims; what comes out is counted.
            entry.by_ref().take(left + 1).read_to_end(&mut bytes).map_err(|error| not_a_bundle(error.to_string()))?;
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(&place, lang))?;
            if let Some(name) = files.insert(name.clone(), bytes).map(|_| name) {
                return Err(not_a_bundle(match lang {
                    Lang::Ja => format!("「{name}」が二つあります"),
                    Lang::En => format!("{name} is in it twice"),
                }));
            }
        }
        // A zip of a folder has the folder's name before each file.
        let is_description = |name: &&String| Path::new(name).file_name().is_some_and(|file| file == DESCRIPTION);
        let descriptions: Vec<String> = files.keys().filter(is_description).cloned().collect();
        if let [_, _, ..] = descriptions[..] {
            let names = descriptions.join(", ");
            return Err(BundleError::new(
                "several-bundles",
                place,
                lang,
                format!("claim.toml が複数あります（{names}）。申請ごとに分けた .zip としてください。"),
                format!("has more than one claim.toml ({names}); make a .zip of each claim"),
            ));
        }
        if let Some(prefix) = descriptions.first().and_then(|name| name.strip_suffix(DESCRIPTION)) {
            files = files
                .into_iter()
                .filter_map(|(name, bytes)| name.strip_prefix(prefix).map(|name| (name.to_owned(), bytes)))
                .collect();
        }
        Ok(Files::Zip { path, files })
    }

    fn place(&self, file: &str) -> String {
        match self {
            Files::Folder(path) => path.join(file).display().to_string(),
            Files::Zip { path, .. } => format!("{}:{file}", path.display()),
        }
    }

    /// A file of at most `limit` bytes.
    fn get(&self, name: &str, limit: u64, lang: Lang) -> Result<Vec<u8>, BundleError> {
        let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) && !name.is_empty();
        if !plain {
            return Err(BundleError::new(
                "file-outside",
                self.place(DESCRIPTION),
                lang,
                format!(
                    "ファイル名「{name}」は使えません。claim.toml と同じフォルダーの中のファイルを指定してください。"
                ),
                format!("the file name {name:?} leads outside; name a file inside the bundle"),
            ));
        }
        let missing = |reason: String| {
            BundleError::new(
                "file-missing",
                self.place(name),
                lang,
                format!(
                    "claim.toml に書かれたファイルがありません（{reason}）。ファイル名を確かめるか、ファイルを追加してください。"
                ),
                format!("the file that claim.toml names is not there ({reason}); check the name or add the file"),
            )
        };
        match self {
            Files::Folder(path) => file::read_within(path, Path::new(name), limit).map_err(|fault| match fault {
                Fault::NotOpened(error) => missing(error.to_string()),
                Fault::TooLarge => too_large(&self.place(name), lang),
                fault @ Fault::NotAFile(..) => not_a_file(self.place(name), lang, &fault),
            }),
            Files::Zip { files, .. } => match files.get(name) {
                Some(bytes) if bytes.len() as u64 > limit => Err(too_large(&self.place(name), lang)),
                Some(bytes) => Ok(bytes.clone()),
                None => Err(missing(match lang {
                    Lang::Ja => ".zip の中にありません".to_owned(),
                    Lang::En => "no such file in the .zip".to_owned(),
                })),
            },
        }
    }

    fn bundle(&self, programmes: &[ProgrammeId], now: Timestamp, lang: Lang) -> Result<Bundle, Vec<BundleError>> {
        let place = self.place(DESCRIPTION);
        let bytes = self.get(DESCRIPTION, DESCRIPTION_BYTES_MAX, lang).map_err(|error| {
            if error.code != "file-missing" {
                return vec![error];
            }
            vec![BundleError::new(
                "not-a-bundle",
                place.clone(),
                lang,
                "claim.toml がありません。申請の内容を書いた claim.toml を置いてください。".to_owned(),
                "there is no claim.toml; put one there that describes the claim".to_owned(),
            )]
        })?;
        let mut errors = Vec::new();
        let table = match std::str::from_utf8(&bytes).map_err(|e| e.to_string()).and_then(|text| {
            text.trim_start_matches('\u{feff}')
                .parse::<toml::Table>()
                .map_err(|e| e.to_string().trim().replace('\n', " "))
        }) {
            Ok(table) => table,
            Err(reason) => {
                return Err(vec![BundleError::new(
                    "invalid-toml",
                    place,
                    lang,
                    format!("TOML として読めません。{reason}"),
                    format!("is not valid TOML: {reason}"),
                )]);
            }
        };
        let mut read = Description { place: &place, now, lang, errors: &mut errors };
        read.unknown_keys(
            &table,
            "",
            &["programme", "facility", "submitted_at", "claimed_yen", "revises", "documents"],
        );
        let programme = read.text(&table, "", "programme").and_then(|id| {
            let id = ProgrammeId::from(id);
            if programmes.contains(&id) {
                return Some(id);
            }
            let known = programmes.iter().map(ProgrammeId::as_str).collect::<Vec<_>>().join(", ");
            read.wrong("unknown-programme", "programme", id.as_str(), [&known, &known]);
            None
        });
        let facility = read.text(&table, "", "facility").and_then(|code| match InstitutionCode::parse(&code) {
            Ok(code) => Some(code),
            Err(error) => {
                let [ja, en] = expected_code(&error);
                read.wrong("invalid-value", "facility", &code, [&ja, &en]);
                None
            }
        });
        let submitted_at = match table.get("submitted_at") {
            Some(toml::Value::Datetime(at)) => read.instant(&at.to_string()),
            _ => read.text(&table, "", "submitted_at").and_then(|at| read.instant(&at)),
        };
        let claimed_yen = match table.get("claimed_yen") {
            None => None,
            Some(toml::Value::Integer(yen)) if Yen::new(*yen).is_ok() => Yen::new(*yen).ok(),
            Some(other) => {
                read.wrong(
                    "invalid-value",
                    "claimed_yen",
                    &other.to_string(),
                    ["0以上の整数（円）", "whole yen, 0 or more"],
                );
                None
            }
        };
        let revises = table.contains_key("revises").then(|| read.text(&table, "", "revises")).flatten();
        let named = read.documents(&table);
        let mut documents = Vec::new();
        let mut left = BUNDLE_BYTES_MAX;
        for (declared, file) in named {
            match self.get(&file, left, lang) {
                Ok(bytes) => {
                    left -= bytes.len() as u64;
                    documents.push(BundleDocument { declared, file, sha256: hash(&bytes), bytes });
                }
                Err(error) => errors.push(error),
            }
        }
        match (programme, facility, submitted_at) {
            (Some(programme), Some(facility), Some(submitted_at)) if errors.is_empty() => {
                Ok(Bundle { place, programme, facility, submitted_at, claimed_yen, revises, documents })
            }
            _ => Err(errors),
        }
    }
}

fn not_a_file(place: String, lang: Lang, fault: &Fault) -> BundleError {
    let found = fault.message(lang);
    BundleError::new(
        "not-a-file",
        place,
        lang,
        format!("{found}。通常のファイルを置いてください。"),
        format!("is {found}; put a plain file there"),
    )
}

fn too_large(place: &str, lang: Lang) -> BundleError {
    let megabytes = BUNDLE_BYTES_MAX / 1024 / 1024;
    BundleError::new(
        "too-large",
        place,
        lang,
        format!("大きすぎます（上限 {megabytes}MB）。書類の解像度を下げるか、必要な書類だけにしてください。"),
        format!("is too large (at most {megabytes} MB); lower the resolution or leave out what is not needed"),
    )
}

/// The reading of `claim.toml`, key by key, so that every wrong key is told.
struct Description<'a> {
    place: &'a str,
    now: Timestamp,
    lang: Lang,
    errors: &'a mut Vec<BundleError>,
}

impl Description<'_> {
    /// `expected` is a phrase in Japanese and in English.
    fn wrong(&mut self, code: &'static str, key: &str, found: &str, [ja, en]: [&str; 2]) {
        self.errors.push(BundleError::new(
            code,
            format!("{} {key}", self.place),
            self.lang,
            format!("「{found}」は使えません。正しい値: {ja}。訂正してください。"),
            format!("found {found:?}, expected {en}; correct it"),
        ));
    }

    fn unknown_keys(&mut self, table: &toml::Table, under: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            let known = known.join(", ");
            self.errors.push(BundleError::new(
                "unknown-key",
                format!("{} {under}{key}", self.place),
                self.lang,
                format!("「{key}」というキーはありません。使えるキー: {known}。つづりを確かめるか、削除してください。"),
                format!("there is no key {key:?}, expected one of: {known}; check its spelling or remove it"),
            ));
        }
    }

    fn text(&mut self, table: &toml::Table, under: &str, key: &str) -> Option<String> {
        match table.get(key) {
            Some(toml::Value::String(text)) => Some(text.clone()),
            Some(other) => {
                self.wrong(
                    "invalid-value",
                    &format!("{under}{key}"),
                    &other.to_string(),
                    ["\"…\" で囲んだ文字列", "a text in quotes"],
                );
                None
            }
            None => {
                self.errors.push(BundleError::new(
                    "missing-key",
                    format!("{} {under}{key}", self.place),
                    self.lang,
                    format!("「{key}」がありません。追加してください。"),
                    format!("{key} is missing; add it"),
                ));
                None
            }
        }
    }

    fn instant(&mut self, text: &str) -> Option<Timestamp> {
        // The store keeps whole milliseconds.
        let at = text.parse::<Timestamp>().ok().and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok());
        let expected = match at {
            None => [
                "時差の付いた日時（例 2025-12-20T10:15:00+09:00）",
                "a time with its offset, such as 2025-12-20T10:15:00+09:00",
            ],
            Some(at) if !YEARS.contains(&day_in_japan(at).year()) => {
                ["2000年から2099年までの日時", "a time in the years 2000 to 2099"]
            }
            Some(at) if at.duration_since(self.now) > AHEAD_MAX => [
                "申請した日時（まだ来ていない日時は使えません）",
                "the time of the submission, which is not still to come",
            ],
            Some(at) => return Some(at),
        };
        self.wrong("invalid-value", "submitted_at", text, expected);
        None
    }

    fn documents(&mut self, table: &toml::Table) -> Vec<(DocumentKind, String)> {
        let entries = match table.get("documents") {
            None => return Vec::new(),
            Some(toml::Value::Array(entries)) => entries,
            Some(other) => {
                self.wrong("invalid-value", "documents", other.type_str(), ["[[documents]]"; 2]);
                return Vec::new();
            }
        };
        if entries.len() > FILES_MAX {
            let (ja, en) = (format!("{FILES_MAX} 件まで"), format!("at most {FILES_MAX}"));
            self.wrong("too-large", "documents", &entries.len().to_string(), [&ja, &en]);
        }
        let mut documents = Vec::new();
        for (i, entry) in entries.iter().enumerate().take(FILES_MAX) {
            let under = format!("documents[{i}].");
            let Some(entry) = entry.as_table() else {
                self.wrong("invalid-value", &under, entry.type_str(), ["kind, file"; 2]);
                continue;
            };
            self.unknown_keys(entry, &under, &["kind", "file"]);
            let kind = self.text(entry, &under, "kind").and_then(|kind| match kind.as_str() {
                "receipt" => Some(DocumentKind::Receipt),
                "itemization" => Some(DocumentKind::Itemization),
                other => {
                    self.wrong("invalid-value", &format!("{under}kind"), other, ["receipt, itemization"; 2]);
                    None
                }
            });
            let file = self.text(entry, &under, "file");
            if let (Some(kind), Some(file)) = (kind, file) {
                documents.push((kind, file));
            }
        }
        documents
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(read(&a).claim_id(), read(&b).claim_id());
        assert_ne!(read(&a).claim_id(), read(&other).claim_id());
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
        assert_eq!(from_zip.claim_id(), from_folder.claim_id());
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
}
