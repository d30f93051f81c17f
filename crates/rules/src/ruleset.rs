//! All programmes together, and the hash by which a decision names them.

use crate::programme::Programme;
use crate::programme_file::{self, ProgrammeMistake};
use claim::ProgrammeId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// The programmes that this build carries.
const EMBEDDED: [ProgrammeFile<'static>; 2] = [
    ProgrammeFile {
        path: "programmes/home-consent/programme.toml",
        text: include_str!("../programmes/home-consent/programme.toml"),
    },
    ProgrammeFile {
        path: "programmes/limited-type/programme.toml",
        text: include_str!("../programmes/limited-type/programme.toml"),
    },
];

static RULESET: LazyLock<Ruleset> = LazyLock::new(|| {
    // The files are part of the program, and a test parses them.
    Ruleset::parse(&EMBEDDED).expect("the embedded programme files are valid")
});

/// A programme file: where it stands (only named in errors) and its text.
#[derive(Clone, Copy, Debug)]
pub struct ProgrammeFile<'a> {
    /// Named in errors.
    pub path: &'a str,
    /// TOML.
    pub text: &'a str,
}

/// The programmes on which claims are assessed.
#[derive(Clone, Debug)]
pub struct Ruleset {
    programmes: BTreeMap<ProgrammeId, Programme>,
    hash: String,
}

/// Why programme files are no ruleset: every mistake in every file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RulesetError {
    /// What is wrong, in the order of files and lines; never empty.
    pub mistakes: Vec<ProgrammeMistake>,
}

impl fmt::Display for RulesetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.mistakes.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl Ruleset {
    /// The programmes that this build carries.
    pub fn embedded() -> &'static Ruleset {
        &RULESET
    }

    /// Reads programme files, in any order. Refuses unknown keys, values without a source, days that no value or two
    /// values cover, and ids that are unknown or taken; the error has all mistakes of all files.
    pub fn parse(files: &[ProgrammeFile<'_>]) -> Result<Ruleset, RulesetError> {
        let mut mistakes = Vec::new();
        let mut programmes = BTreeMap::new();
        let mut texts = BTreeMap::new();
        for file in files {
            match programme_file::read(file.path, file.text) {
                Err(more) => mistakes.extend(more),
                Ok(programme) if programmes.contains_key(&programme.id) => mistakes.push(ProgrammeMistake {
                    file: file.path.to_owned(),
                    line: None,
                    key: "id".to_owned(),
                    found: format!("{:?}, which another file has too", programme.id.as_str()),
                    expected: "an id of its own".to_owned(),
                }),
                Ok(programme) => {
                    texts.insert(programme.id.clone(), *file);
                    programmes.insert(programme.id.clone(), programme);
                }
            }
        }
        // A programme that could not be read is not missing: only when all were read can a name be called unknown.
        if mistakes.is_empty() {
            for (id, programme) in &programmes {
                for unknown in programme
                    .excluding_programmes
                    .all()
                    .flat_map(|dated| &dated.value)
                    .filter(|excluding| !programmes.contains_key(*excluding))
                {
                    mistakes.push(ProgrammeMistake {
                        file: texts.get(id).map(|file| file.path.to_owned()).unwrap_or_default(),
                        line: None,
                        key: "excluding_programmes".to_owned(),
                        found: format!("{:?}", unknown.as_str()),
                        expected: format!("one of {}", ids(programmes.keys())),
                    });
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(RulesetError { mistakes });
        }
        // Sorted by id and each part with its length before it, so that no two sets of files give the same bytes.
        let mut hasher = Sha256::new();
        for (id, file) in &texts {
            for part in [id.as_str(), file.text] {
                hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        Ok(Ruleset { programmes, hash: format!("sha256:{}", hex::encode(hasher.finalize())) })
    }

    /// `sha256:` and the hash of all programme files. The same rules have the same hash, whatever their order.
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
