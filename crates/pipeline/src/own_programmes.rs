//! A fund's own programmes, in a folder beside those that the program carries.

use anyhow::{Context, Result};
use claim::Lang;
use office::Told;
use rules::{ProgrammeFile, Ruleset};
use std::collections::BTreeMap;
use std::path::Path;

/// The programmes that the program carries, with those of `folder` beside them: a folder a programme. One of the same
/// name takes the place of the carried one.
pub(crate) fn with_own(folder: &Path) -> Result<Ruleset> {
    let mut files: BTreeMap<String, String> =
        Ruleset::embedded_files().iter().map(|file| (file.path.to_owned(), file.text.to_owned())).collect();
    let mut found = false;
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Told::new(
            format!("{shown} の補助事業を読めません。フォルダーを指定してください"),
            format!("the programmes in {shown} cannot be read; name a folder"),
        )
        .because(error)
    })?;
    for entry in entries {
        let path = entry?.path();
        // A folder without a programme holds something else, such as source documents.
        if !path.join("programme.toml").is_file() {
            continue;
        }
        found = true;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.retain(|file, _| !file.starts_with(&format!("{name}/")));
        for file in std::fs::read_dir(&path).with_context(|| format!("{} cannot be read", path.display()))? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&file)
                    .with_context(|| format!("{} cannot be read as UTF-8", file.display()))?;
                let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.insert(format!("{name}/{file}"), text);
            }
        }
    }
    if !found {
        return Err(Told::new(
            format!("{shown} に補助事業がありません。programme.toml のあるフォルダーを置いてください（crates/rules/programmes に例があります）。"),
            format!("found no programme in {shown}, expected folders with a programme.toml (crates/rules/programmes has examples)"),
        )
        .into());
    }
    let files: Vec<ProgrammeFile<'_>> = files.iter().map(|(path, text)| ProgrammeFile { path, text }).collect();
    Ok(Ruleset::parse(&files).map_err(|error| {
        Told::new(
            format!("{shown} の補助事業は使用できません。次の点を訂正してください。\n{}", error.message(Lang::Ja)),
            format!("the programmes in {shown} cannot be used; correct what follows\n{}", error.message(Lang::En)),
        )
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A folder with a draft of home-consent whose ceiling for clinics is 120,000 yen.
    fn draft(folder: &Path) -> PathBuf {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/programmes/home-consent");
        let to = folder.join("draft/home-consent");
        std::fs::create_dir_all(&to).unwrap();
        for file in ["programme.toml", "changes.toml", "cases.toml"] {
            let text = std::fs::read_to_string(from.join(file)).unwrap();
            std::fs::write(to.join(file), text.replace("= 128_000", "= 120_000")).unwrap();
        }
        folder.join("draft")
    }

    #[test]
    fn a_folder_of_ones_own_stands_beside_the_carried_programmes_or_is_refused_with_all_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let empty = with_own(folder.path()).unwrap_err();
        assert!(empty.to_string().contains("found no programme"), "{empty}");
        let draft = draft(folder.path());
        let ruleset = with_own(&draft).unwrap();
        assert_ne!(ruleset.hash(), Ruleset::embedded().hash());
        assert_eq!(ruleset.programmes().count(), Ruleset::embedded().programmes().count());

        std::fs::write(draft.join("home-consent/notes.toml"), "").unwrap();
        let stray = format!("{:#}", with_own(&draft).unwrap_err());
        assert!(stray.contains("notes.toml: found an unknown file"), "{stray}");
        std::fs::remove_file(draft.join("home-consent/notes.toml")).unwrap();
        std::fs::remove_file(draft.join("home-consent/changes.toml")).unwrap();
        let missing = format!("{:#}", with_own(&draft).unwrap_err());
        assert!(missing.contains("home-consent: changes.toml: found nothing"), "{missing}");
    }
}
