//! Claim bundles: a folder, or a .zip of one, with `claim.toml` and the files that it names.
//!
//! A bundle comes from outside, so all that is wrong with it is told at once, each with its place; and a bad bundle
//! never keeps a good one from being taken.

use claim::{DocumentKind, InstitutionCode, Lang, ProgrammeId, Sha256, Yen};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path};

/// The most bytes that one bundle may hold in all; a scanned document has a few megabytes.
const BUNDLE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// The most files of a bundle.
const FILES_MAX: usize = 50;
/// The name of the file that describes the bundle.
const DESCRIPTION: &str = "claim.toml";

/// A bundle that can become a claim.
#[derive(Debug)]
pub(crate) struct Bundle {
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
    /// `bundle-missing`, `not-a-bundle`, `invalid-toml`, `missing-key`, `unknown-key`, `invalid-value`,
    /// `unknown-programme`, `file-missing`, `file-outside`, `too-large`.
    pub(crate) code: &'static str,
    /// File and key.
    pub(crate) place: String,
    /// What was found, what was expected, what to do.
    pub(crate) message: String,
}

impl BundleError {
    fn new(code: &'static str, place: impl Into<String>, lang: Lang, ja: String, en: String) -> BundleError {
        BundleError { code, place: place.into(), message: if lang == Lang::Ja { ja } else { en } }
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
    pub(crate) fn read(path: &Path, programmes: &[ProgrammeId], lang: Lang) -> Result<Bundle, Vec<BundleError>> {
        let files = Files::open(path, lang).map_err(|error| vec![error])?;
        files.bundle(programmes, lang)
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
        let file = std::fs::File::open(path).map_err(|error| {
            BundleError::new(
                "bundle-missing",
                place.clone(),
                lang,
                format!("開けません（{error}）。claim.toml のあるフォルダーか、その .zip を指定してください。"),
                format!("cannot be opened ({error}); give a folder with claim.toml, or a .zip of one"),
            )
        })?;
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
            let mut bytes = Vec::new();
            // The sizes written in an archive are claims; what comes out is counted.
            entry.by_ref().take(left + 1).read_to_end(&mut bytes).map_err(|error| not_a_bundle(error.to_string()))?;
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(&place, lang))?;
            files.insert(name.to_string_lossy().into_owned(), bytes);
        }
        // A zip of a folder has the folder's name before each file.
        if !files.contains_key(DESCRIPTION) {
            let prefix = files.keys().find_map(|name| {
                name.strip_suffix(DESCRIPTION).filter(|prefix| prefix.ends_with('/')).map(str::to_owned)
            });
            if let Some(prefix) = prefix {
                files = files
                    .into_iter()
                    .filter_map(|(name, bytes)| name.strip_prefix(&prefix).map(|name| (name.to_owned(), bytes)))
                    .collect();
            }
        }
        Ok(Files::Zip { path, files })
    }

    fn place(&self, file: &str) -> String {
        match self {
            Files::Folder(path) => path.join(file).display().to_string(),
            Files::Zip { path, .. } => format!("{}:{file}", path.display()),
        }
    }

    fn get(&self, name: &str, lang: Lang) -> Result<Vec<u8>, BundleError> {
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
            Files::Folder(path) => {
                let path = path.join(name);
                let size = std::fs::metadata(&path).map_err(|error| missing(error.to_string()))?.len();
                if size > BUNDLE_BYTES_MAX {
                    return Err(too_large(&self.place(name), lang));
                }
                std::fs::read(&path).map_err(|error| missing(error.to_string()))
            }
            Files::Zip { files, .. } => files.get(name).cloned().ok_or_else(|| missing("no such entry".to_owned())),
        }
    }

    fn bundle(&self, programmes: &[ProgrammeId], lang: Lang) -> Result<Bundle, Vec<BundleError>> {
        let place = self.place(DESCRIPTION);
        let bytes = self.get(DESCRIPTION, lang).map_err(|_| {
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
        let mut read = Description { place: &place, lang, errors: &mut errors };
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
            read.wrong("unknown-programme", "programme", id.as_str(), &known);
            None
        });
        let facility = read.text(&table, "", "facility").and_then(|code| match InstitutionCode::parse(&code) {
            Ok(code) => Some(code),
            Err(error) => {
                read.wrong("invalid-value", "facility", &code, &error.to_string());
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
                    "0 以上の整数（円） / whole yen, 0 or more",
                );
                None
            }
        };
        let revises = table.contains_key("revises").then(|| read.text(&table, "", "revises")).flatten();
        let named = read.documents(&table);
        let mut documents = Vec::new();
        let mut total = 0u64;
        for (declared, file) in named {
            match self.get(&file, lang) {
                Ok(bytes) => {
                    total += bytes.len() as u64;
                    documents.push(BundleDocument { declared, file, sha256: hash(&bytes), bytes });
                }
                Err(error) => errors.push(error),
            }
        }
        if total > BUNDLE_BYTES_MAX {
            errors.push(too_large(&place, lang));
        }
        match (programme, facility, submitted_at) {
            (Some(programme), Some(facility), Some(submitted_at)) if errors.is_empty() => {
                Ok(Bundle { programme, facility, submitted_at, claimed_yen, revises, documents })
            }
            _ => Err(errors),
        }
    }
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
    lang: Lang,
    errors: &'a mut Vec<BundleError>,
}

impl Description<'_> {
    fn wrong(&mut self, code: &'static str, key: &str, found: &str, expected: &str) {
        self.errors.push(BundleError::new(
            code,
            format!("{} {key}", self.place),
            self.lang,
            format!("「{found}」は正しくありません。期待する値: {expected}。訂正してください。"),
            format!("found {found}, expected {expected}; correct it"),
        ));
    }

    fn unknown_keys(&mut self, table: &toml::Table, under: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            self.wrong("unknown-key", &format!("{under}{key}"), key, &known.join(", "));
        }
    }

    fn text(&mut self, table: &toml::Table, under: &str, key: &str) -> Option<String> {
        match table.get(key) {
            Some(toml::Value::String(text)) => Some(text.clone()),
            Some(other) => {
                self.wrong("invalid-value", &format!("{under}{key}"), &other.to_string(), "文字列 / a text");
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
        match text.parse::<Timestamp>() {
            // The store keeps whole milliseconds.
            Ok(at) => Timestamp::from_millisecond(at.as_millisecond()).ok(),
            Err(_) => {
                self.wrong(
                    "invalid-value",
                    "submitted_at",
                    text,
                    "時差の付いた日時 / a time with its offset, 2025-12-20T10:15:00+09:00",
                );
                None
            }
        }
    }

    fn documents(&mut self, table: &toml::Table) -> Vec<(DocumentKind, String)> {
        let entries = match table.get("documents") {
            None => return Vec::new(),
            Some(toml::Value::Array(entries)) => entries,
            Some(other) => {
                self.wrong("invalid-value", "documents", other.type_str(), "[[documents]]");
                return Vec::new();
            }
        };
        if entries.len() > FILES_MAX {
            self.wrong("too-large", "documents", &entries.len().to_string(), &format!("≤ {FILES_MAX}"));
        }
        let mut documents = Vec::new();
        for (i, entry) in entries.iter().enumerate().take(FILES_MAX) {
            let under = format!("documents[{i}].");
            let Some(entry) = entry.as_table() else {
                self.wrong("invalid-value", &under, entry.type_str(), "kind, file");
                continue;
            };
            self.unknown_keys(entry, &under, &["kind", "file"]);
            let kind = self.text(entry, &under, "kind").and_then(|kind| match kind.as_str() {
                "receipt" => Some(DocumentKind::Receipt),
                "itemization" => Some(DocumentKind::Itemization),
                other => {
                    self.wrong("invalid-value", &format!("{under}kind"), other, "receipt, itemization");
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
        let read = |folder: &tempfile::TempDir| Bundle::read(folder.path(), &programmes(), Lang::Ja).unwrap();
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
        let errors = Bundle::read(bad.path(), &programmes(), Lang::En).unwrap_err();
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
        let errors = Bundle::read(empty.path(), &programmes(), Lang::Ja).unwrap_err();
        assert_eq!(errors[0].code, "not-a-bundle");
        let no_zip = empty.path().join("bundle.zip");
        std::fs::write(&no_zip, b"not a zip").unwrap();
        assert_eq!(Bundle::read(&no_zip, &programmes(), Lang::Ja).unwrap_err()[0].code, "not-a-bundle");
        let nowhere = empty.path().join("nowhere");
        assert_eq!(Bundle::read(&nowhere, &programmes(), Lang::Ja).unwrap_err()[0].code, "bundle-missing");
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
        let from_zip = Bundle::read(&at, &programmes(), Lang::Ja).unwrap();
        let from_folder = Bundle::read(plain.path(), &programmes(), Lang::Ja).unwrap();
        assert_eq!(from_zip.claim_id(), from_folder.claim_id());
    }
}
