//! Claim bundles: a folder, or a .zip of one, with `claim.toml` (see [`description`]) and the files that it names.
//!
//! A bundle comes from outside, so all that is wrong with it is told at once, each with its place; and a bad bundle
//! never keeps a good one from being taken.

mod description;
#[cfg(test)]
mod tests;

use crate::file::{self, Fault, Links};
use crate::output::visible;
use claim::{Choice, ClaimId, Document, DocumentKind, InstitutionCode, Lang, ProgrammeId, Sha256, Yen};
use jiff::Timestamp;
use office::{Submission, hash};
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

/// A bundle that can become a claim.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Where its description is.
    place: String,
    pub(crate) programme: ProgrammeId,
    pub(crate) facility: InstitutionCode,
    pub(crate) submitted_at: Timestamp,
    pub(crate) claimed_yen: Option<Yen>,
    /// The products that it asks for, where the programme grants in kind.
    pub(crate) choices: Vec<Choice>,
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

    /// What the facility sends, as the office takes it.
    pub(crate) fn submission(&self) -> Submission {
        let documents = self.documents.iter().zip(0..).map(|(document, position)| Document {
            position,
            declared: document.declared,
            file: document.file.clone(),
            sha256: document.sha256,
            size_bytes: document.bytes.len() as u64,
        });
        Submission {
            programme: self.programme.clone(),
            facility: self.facility.clone(),
            submitted_at: self.submitted_at,
            claimed_yen: self.claimed_yen,
            choices: self.choices.clone(),
            revises: self.revises.as_deref().map(ClaimId::from),
            documents: documents.collect(),
            // A bundle is made beside the documents: what is wrong with them is mended there.
            stated: Vec::new(),
        }
    }
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
        let (described, mut errors) = description::read(&bytes, &place, programmes, now, lang);
        let mut documents = Vec::new();
        let mut left = BUNDLE_BYTES_MAX;
        for (declared, file) in described.documents {
            match self.get(&file, left, lang) {
                Ok(bytes) => {
                    left -= bytes.len() as u64;
                    documents.push(BundleDocument { declared, file, sha256: hash(&bytes), bytes });
                }
                Err(error) => errors.push(error),
            }
        }
        match (described.programme, described.facility, described.submitted_at) {
            (Some(programme), Some(facility), Some(submitted_at)) if errors.is_empty() => Ok(Bundle {
                place,
                programme,
                facility,
                submitted_at,
                claimed_yen: described.claimed_yen,
                choices: described.choices,
                revises: described.revises,
                documents,
            }),
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
