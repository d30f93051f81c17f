//! The fonts of notices: found in folders, loaded once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontInfo, FontStyle, FontWeight};
use typst::utils::LazyHash;

/// Where Debian's and Ubuntu's packages put the fonts: `fonts-ipaexfont-mincho`, `fonts-ipaexfont-gothic`, and
/// `fonts-noto-cjk` for rare kanji.
pub const DEFAULT_FONT_DIRS: [&str; 3] = [
    "/usr/share/fonts/opentype/ipaexfont-mincho",
    "/usr/share/fonts/opentype/ipaexfont-gothic",
    "/usr/share/fonts/opentype/noto",
];

/// A family that notices are set in.
struct Family {
    name: &'static str,
    package: &'static str,
    needed: bool,
}

/// In the order in which text looks for a glyph. The names are those of `templates/frame.typ`.
const FAMILIES: [Family; 3] = [
    Family { name: "IPAexMincho", package: "fonts-ipaexfont-mincho", needed: true },
    Family { name: "IPAexGothic", package: "fonts-ipaexfont-gothic", needed: true },
    Family { name: "Noto Serif CJK JP", package: "fonts-noto-cjk", needed: false },
];
/// What the text of a claim is set in, and what takes over for characters that it lacks.
const TEXT: &str = "IPAexMincho";
const FALLBACK: &str = "Noto Serif CJK JP";

/// Why fonts cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// A folder or file is there, but cannot be read.
    #[error("{path}: the fonts of notices cannot be read; check its permissions")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A font is in none of the folders.
    #[error("the font {family} is in none of {}; install the package {package}, or name its folder in the configuration", list(.searched))]
    Missing {
        /// The font's family.
        family: &'static str,
        /// The package of Debian and Ubuntu that has it.
        package: &'static str,
        /// Where it was looked for.
        searched: Vec<PathBuf>,
    },
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    if shown.is_empty() { "no folder at all".to_owned() } else { shown.join(", ") }
}

/// The loaded fonts, one face a family.
pub(super) struct Fonts {
    pub(super) book: LazyHash<FontBook>,
    pub(super) faces: Vec<Font>,
}

impl Fonts {
    /// The families above from `dirs`. Files are taken in the order of their paths, so that two machines with the same
    /// files choose the same face.
    pub(super) fn load(dirs: &[&Path]) -> Result<Fonts, FontError> {
        let mut files = Vec::new();
        for dir in dirs {
            font_files(dir, &mut files)?;
        }
        files.sort();
        let mut found: BTreeMap<&str, Font> = BTreeMap::new();
        for path in files {
            let bytes = std::fs::read(&path).map_err(|source| FontError::Unreadable { path: path.clone(), source })?;
            for (index, info) in (0u32..).zip(FontInfo::iter(&bytes).collect::<Vec<_>>()) {
                let wanted = FAMILIES.iter().find(|family| family.name == info.family);
                let regular = info.variant.weight == FontWeight::REGULAR && info.variant.style == FontStyle::Normal;
                if let Some(family) = wanted.filter(|family| regular && !found.contains_key(family.name)) {
                    found.extend(Font::new(Bytes::new(bytes.clone()), index).map(|font| (family.name, font)));
                }
            }
        }
        let missing = FAMILIES.iter().find(|family| family.needed && !found.contains_key(family.name));
        if let Some(Family { name, package, .. }) = missing {
            let searched = dirs.iter().map(|dir| dir.to_path_buf()).collect();
            return Err(FontError::Missing { family: name, package, searched });
        }
        let faces: Vec<Font> = found.into_values().collect();
        Ok(Fonts { book: LazyHash::new(FontBook::from_fonts(&faces)), faces })
    }

    pub(super) fn has_fallback(&self) -> bool {
        self.faces.iter().any(|font| font.info().family == FALLBACK)
    }

    /// Whether text can show `c`.
    pub(super) fn can_show(&self, c: char) -> bool {
        self.faces
            .iter()
            .filter(|font| [TEXT, FALLBACK].contains(&font.info().family.as_str()))
            .any(|font| font.info().coverage.contains(u32::from(c)))
    }
}

/// The font files in `dir` and the folders in it. A folder that is not there has none.
fn font_files(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), FontError> {
    let unreadable = |source| FontError::Unreadable { path: dir.to_path_buf(), source };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Of the entry itself, not of what a link leads to: links between folders could go round for ever.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            font_files(&path, files)?;
        } else if path.extension().and_then(|extension| extension.to_str()).is_some_and(is_font) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_font(extension: &str) -> bool {
    ["ttf", "otf", "ttc", "otc"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
