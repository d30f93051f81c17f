//! A programme's folder: which of the files that were given belong together.

use super::ProgrammeMistake;
use crate::ruleset::ProgrammeFile;
use crate::words::Words;

/// The files of one folder.
#[derive(Debug, Default)]
pub(crate) struct Folder<'a> {
    path: &'a str,
    pub(super) programme: Option<ProgrammeFile<'a>>,
    pub(super) changes: Option<ProgrammeFile<'a>>,
    pub(super) cases: Option<ProgrammeFile<'a>>,
}

impl<'a> Folder<'a> {
    /// Puts `file` into its folder among `folders`; what is wrong with its name, if anything is.
    pub(crate) fn sort_in(folders: &mut Vec<Folder<'a>>, file: ProgrammeFile<'a>) -> Option<ProgrammeMistake> {
        let (path, name) = file.path.rsplit_once('/').unwrap_or(("", file.path));
        let at = match folders.iter().position(|folder| folder.path == path) {
            Some(at) => at,
            None => {
                folders.push(Folder { path, ..Folder::default() });
                folders.len() - 1
            }
        };
        let folder = &mut folders[at];
        let place = match name {
            "programme.toml" => &mut folder.programme,
            "changes.toml" => &mut folder.changes,
            "cases.toml" => &mut folder.cases,
            _ => {
                return Some(folder.mistake(
                    name,
                    ("知らないファイル", "an unknown file"),
                    (
                        "programme.toml, changes.toml, cases.toml のいずれか",
                        "programme.toml, changes.toml or cases.toml",
                    ),
                ));
            }
        };
        place
            .replace(file)
            .map(|_| folder.mistake(name, ("同じ名前の2つ目", "a second one"), ("各ファイル1つ", "each file once")))
    }

    /// The folder's own name, which is the id of its programme.
    pub(super) fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Its files by their names.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        [("programme.toml", self.programme), ("changes.toml", self.changes), ("cases.toml", self.cases)]
            .into_iter()
            .filter_map(|(name, file)| Some((name, file?.text)))
    }

    /// A mistake of the folder as a whole.
    pub(crate) fn mistake(&self, key: &str, found: impl Into<Words>, expected: impl Into<Words>) -> ProgrammeMistake {
        ProgrammeMistake {
            file: self.path.to_owned(),
            line: None,
            key: key.to_owned(),
            found: found.into(),
            expected: expected.into(),
        }
    }
}
