//! All programmes together, and the hash by which a decision names them.

use crate::programme::Programme;
use crate::programme_file::{self, Folder, ProgrammeMistake};
use crate::words::Words;
use claim::{Lang, ProgrammeId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// A programme's three files, as they are built in.
macro_rules! embedded {
    ($($id:literal),* $(,)?) => {
        &[$(
            ProgrammeFile {
                path: concat!($id, "/programme.toml"),
                text: include_str!(concat!("../programmes/", $id, "/programme.toml")),
            },
            ProgrammeFile {
                path: concat!($id, "/changes.toml"),
                text: include_str!(concat!("../programmes/", $id, "/changes.toml")),
            },
            ProgrammeFile {
                path: concat!($id, "/cases.toml"),
                text: include_str!(concat!("../programmes/", $id, "/cases.toml")),
            },
        )*]
    };
}

/// The programmes that this build carries.
const EMBEDDED: &[ProgrammeFile<'static>] = embedded![
    "card-reader-2022",
    "card-reader-provision",
    "home-consent",
    "home-visit",
    "limited-type",
    "online-consultation"
];

static RULESET: LazyLock<Ruleset> = LazyLock::new(|| {
    // The files are part of the program, and a test parses them.
    Ruleset::parse(EMBEDDED).expect("the embedded programme files are valid")
});

/// One file of a programme's folder: `<id>/programme.toml`, `<id>/changes.toml` or `<id>/cases.toml`.
#[derive(Clone, Copy, Debug)]
pub struct ProgrammeFile<'a> {
    /// Its path; the last two parts tell the folder and which of the three files it is.
    pub path: &'a str,
    /// TOML.
    pub text: &'a str,
}

/// The programmes on which claims are assessed.
#[derive(Clone)]
pub struct Ruleset {
    programmes: BTreeMap<ProgrammeId, Programme>,
    bytes: Vec<u8>,
    hash: String,
}

/// Why programme files are no ruleset: every mistake in every file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RulesetError {
    /// What is wrong, in the order of files and lines; never empty.
    pub mistakes: Vec<ProgrammeMistake>,
}

impl RulesetError {
    /// Every mistake on a line of its own, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        self.mistakes.iter().map(|mistake| mistake.message(lang)).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for RulesetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl fmt::Debug for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ruleset {{ {}: {} }}", self.hash, self.known_ids())
    }
}

impl Ruleset {
    /// The programmes that this build carries.
    pub fn embedded() -> &'static Ruleset {
        &RULESET
    }

    /// The files of the programmes that this build carries, in the order of their paths.
    pub fn embedded_files() -> &'static [ProgrammeFile<'static>] {
        EMBEDDED
    }

    /// Reads the files of programme folders, in any order. Refuses unknown keys, values without a source, days that no
    /// value or two values cover, periods that no change explains, ids that are unknown or taken, and programmes whose
    /// own worked cases come out differently; the error has all mistakes of all files.
    pub fn parse(files: &[ProgrammeFile<'_>]) -> Result<Ruleset, RulesetError> {
        let mut mistakes = Vec::new();
        let mut programmes = BTreeMap::new();
        let mut texts: BTreeMap<String, &str> = BTreeMap::new();
        let mut folders: Vec<Folder<'_>> = Vec::new();
        for file in files {
            mistakes.extend(Folder::sort_in(&mut folders, *file));
        }
        let mut read = Vec::new();
        for folder in &folders {
            match programme_file::read(folder) {
                Err(more) => mistakes.extend(more),
                Ok((programme, _)) if programmes.contains_key(&programme.id) => {
                    mistakes.push(folder.mistake(
                        "id",
                        Words::new(
                            format!("別のフォルダーと同じ {:?}", programme.id.as_str()),
                            format!("{:?}, which another folder has too", programme.id.as_str()),
                        ),
                        ("ほかと異なる id", "an id of its own"),
                    ));
                }
                Ok((programme, cases)) => {
                    for (name, text) in folder.files() {
                        texts.insert(format!("{}/{name}", programme.id.as_str()), text);
                    }
                    read.push((folder, programme.id.clone(), cases));
                    programmes.insert(programme.id.clone(), programme);
                }
            }
        }
        // A programme that could not be read is not missing: only when all were read can a name be called unknown.
        if mistakes.is_empty() {
            for (folder, id, _) in &read {
                let Some(programme) = programmes.get(id) else { continue };
                for unknown in programme
                    .excluding_programmes
                    .all()
                    .flat_map(|dated| &dated.value)
                    .filter(|excluding| !programmes.contains_key(*excluding))
                {
                    mistakes.push(folder.mistake(
                        "excluding_programmes",
                        Words::same(format!("{:?}", unknown.as_str())),
                        Words::new(
                            format!("{} のいずれか", ids(programmes.keys())),
                            format!("one of {}", ids(programmes.keys())),
                        ),
                    ));
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(RulesetError { mistakes });
        }
        // Sorted by path and with every text whole, so that no two sets of files give the same bytes.
        // A map of texts by texts, written to memory: nothing in it can be refused.
        let bytes = serde_json::to_vec(&texts).expect("texts always have a JSON form");
        let hash = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
        let ruleset = Ruleset { programmes, bytes, hash };
        for (folder, _, cases) in &read {
            mistakes.extend(cases.iter().filter_map(|case| case.differs(&ruleset, folder)));
        }
        if mistakes.is_empty() { Ok(ruleset) } else { Err(RulesetError { mistakes }) }
    }

    /// Reads what [`Ruleset::to_bytes`] gave.
    ///
    /// # Errors
    /// Bytes of another form, or of rules that this version no longer reads.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ruleset, RulesetError> {
        let texts: BTreeMap<String, String> = serde_json::from_slice(bytes).map_err(|error| RulesetError {
            mistakes: vec![ProgrammeMistake {
                file: "ruleset".to_owned(),
                line: Some(error.line()),
                key: "the whole".to_owned(),
                found: Words::same(error.to_string()),
                expected: Words::new("パスと内容の JSON オブジェクト", "a JSON object of paths and texts"),
            }],
        })?;
        let files: Vec<ProgrammeFile<'_>> = texts.iter().map(|(path, text)| ProgrammeFile { path, text }).collect();
        Ruleset::parse(&files)
    }

    /// All files that were read, as one JSON object of `<id>/<file>` and text: what is kept beside the decisions, so
    /// that each can be worked out again. [`Ruleset::hash`] is the SHA-256 of exactly these bytes.
    pub fn to_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `sha256:` and the hash of [`Ruleset::to_bytes`]. The same rules have the same hash, whatever their order.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// All programmes, in the order of their ids.
    pub fn programmes(&self) -> impl Iterator<Item = &Programme> {
        self.programmes.values()
    }

    /// The programme of an id.
    pub fn programme(&self, id: &ProgrammeId) -> Option<&Programme> {
        self.programmes.get(id)
    }

    /// The ids of all programmes, for messages.
    pub(crate) fn known_ids(&self) -> String {
        ids(self.programmes.keys())
    }
}

fn ids<'a>(ids: impl Iterator<Item = &'a ProgrammeId>) -> String {
    ids.map(ProgrammeId::as_str).collect::<Vec<_>>().join(", ")
}
