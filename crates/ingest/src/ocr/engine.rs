//! Tesseract: two models that read, one that reads numerals in kanji beside them, and one that tells which way up a page is.
//!
//! The binding has no way to stop a recognition that runs on; the process it runs in is killed instead. Its parent sets
//! `OMP_THREAD_LIMIT=1`, without which a page takes several times as long.

use super::lines::EngineLine;
use super::plane::Turn;
use crate::page::Word;
use image::GrayImage;
use std::cell::OnceCell;
use std::path::PathBuf;
use tesseract_rs::{TessPageSegMode, TesseractAPI, TesseractError};

/// The model that reads the page. It reads Japanese and Latin script, and amounts better than `jpn`.
const FIRST: Model = Model { language: "Japanese", packages: "tesseract-ocr-script-jpan" };
/// The model that reads the page again, so that amounts can be compared. The same model would make the same mistakes.
const SECOND: Model = Model { language: "jpn+eng", packages: "tesseract-ocr-jpn tesseract-ocr-eng" };
/// The model that reads numerals in kanji again, beside the first: alone, because with `eng` it gives nothing where only
/// kanji may be given.
const NUMERALS: Model = Model { language: "jpn", packages: "tesseract-ocr-jpn" };
/// Orientation and script detection.
const ORIENTATION: Model = Model { language: "osd", packages: "tesseract-ocr-osd" };
/// Where distributions keep the models; `TESSDATA_PREFIX` goes before them.
const FOLDERS: [&str; 4] = [
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
];
/// No picture handed over has a longer side: the binding multiplies sizes as 32-bit numbers.
const LONGEST_SIDE: u32 = 30_000;

struct Model {
    /// As Tesseract names it; several are joined with `+`.
    language: &'static str,
    /// The Debian packages that hold it.
    packages: &'static str,
}

/// Why recognition could not be done. Not the document's fault.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    #[error(
        "found no Tesseract model {language:?} in {looked}, expected {file}; install it: apt-get install {packages}"
    )]
    NoModel { language: &'static str, file: String, looked: String, packages: &'static str },
    #[error("Tesseract failed at {step}: {source}; run `tesseract --version` and `tesseract --list-langs`")]
    Tesseract { step: &'static str, source: TesseractError },
    #[error("the models were not loaded before the process was shut in")]
    NotLoaded,
    #[error("found a picture of {width}×{height} px, expected sides of 1 to {LONGEST_SIDE}")]
    Size { width: u32, height: u32 },
}

/// What this machine lacks for recognition, told from its files; `None` when every model is there.
pub(super) fn missing() -> Option<EngineError> {
    [FIRST, SECOND, ORIENTATION].iter().find_map(|model| model.folder().err())
}

/// How a page is set, as far as the engine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// In any way that has one column: keeps the rows of a table together as lines, and leaves out what it takes for
    /// pictures and noise, which may be a line of large print.
    AsItIs,
    /// Lines one under another and nothing else: all of them are read.
    InLines,
}

/// The loaded models. Loading takes a quarter of a second, so one is kept as long as a document is read.
pub(super) struct Engine {
    first: TesseractAPI,
    second: TesseractAPI,
    /// Loaded when an amount or a day is written in kanji.
    numerals: OnceCell<TesseractAPI>,
    /// Loaded when a page does not read well upright.
    orientation: OnceCell<TesseractAPI>,
}

impl Engine {
    pub(super) fn load() -> Result<Engine, EngineError> {
        let first = FIRST.load()?;
        let second = SECOND.load()?;
        Ok(Engine { first, second, numerals: OnceCell::new(), orientation: OnceCell::new() })
    }

    /// Loads what is otherwise loaded when it is first wanted.
    pub(super) fn load_all(&self) -> Result<(), EngineError> {
        self.numerals()?;
        self.orientation().map(drop)
    }

    fn numerals(&self) -> Result<&TesseractAPI, EngineError> {
        loaded(&self.numerals, &NUMERALS, TessPageSegMode::PSM_SINGLE_LINE)
    }

    fn orientation(&self) -> Result<&TesseractAPI, EngineError> {
        loaded(&self.orientation, &ORIENTATION, TessPageSegMode::PSM_OSD_ONLY)
    }

    /// Reads a page.
    pub(super) fn read(&self, image: &GrayImage, dpi: u32, set: Set) -> Result<Vec<EngineLine>, EngineError> {
        read_with(&self.first, image, dpi, set)
    }

    /// Reads a page with the other model.
    pub(super) fn read_again(&self, image: &GrayImage, dpi: u32, set: Set) -> Result<Vec<EngineLine>, EngineError> {
        read_with(&self.second, image, dpi, set)
    }

    /// Reads a line in two models that may give no other characters.
    pub(super) fn read_only(
        &self,
        characters: &str,
        line: &GrayImage,
        dpi: u32,
    ) -> Result<(String, String), EngineError> {
        let read = |api: &TesseractAPI| {
            let allow = |characters| {
                api.set_variable("tessedit_char_whitelist", characters)
                    .map_err(|source| EngineError::Tesseract { step: "naming what may be given", source })
            };
            set_mode(api, TessPageSegMode::PSM_SINGLE_LINE)?;
            allow(characters)?;
            let lines = recognised(api, line, dpi);
            // The next page is read with all characters, whatever came of this line.
            allow("")?;
            Ok(lines?.iter().flat_map(|line| &line.fragments).map(|word| word.text.as_str()).collect::<String>())
        };
        Ok((read(&self.first)?, read(self.numerals()?)?))
    }

    /// Which way to turn a page so that its text stands upright; none when nothing can be told.
    pub(super) fn turns(&self, image: &GrayImage, dpi: u32) -> Result<Option<Turn>, EngineError> {
        let api = self.orientation()?;
        hand_over(api, image, dpi)?;
        // An error means too few characters to tell.
        Ok(api.detect_os().ok().map(|(degrees, ..)| match degrees {
            90 => Turn::Counter,
            180 => Turn::Half,
            270 => Turn::Clockwise,
            _ => Turn::None,
        }))
    }
}

/// A model that is loaded when it is first wanted.
fn loaded<'a>(
    cell: &'a OnceCell<TesseractAPI>,
    model: &Model,
    mode: TessPageSegMode,
) -> Result<&'a TesseractAPI, EngineError> {
    match cell.get() {
        Some(api) => Ok(api),
        None => {
            let api = model.load()?;
            set_mode(&api, mode)?;
            Ok(cell.get_or_init(|| api))
        }
    }
}

impl Model {
    fn load(&self) -> Result<TesseractAPI, EngineError> {
        let folder = self.folder()?;
        let api = TesseractAPI::new();
        api.init(&folder, self.language)
            .map_err(|source| EngineError::Tesseract { step: "loading a model", source })?;
        Ok(api)
    }

    /// The first folder that holds all files of the model. Asked for before the engine is, which says only that it failed.
    fn folder(&self) -> Result<PathBuf, EngineError> {
        let prefix = std::env::var("TESSDATA_PREFIX").ok().filter(|folder| !folder.contains('\0'));
        let folders: Vec<PathBuf> = prefix.map(PathBuf::from).into_iter().chain(FOLDERS.map(PathBuf::from)).collect();
        let files: Vec<String> = self.language.split('+').map(|name| format!("{name}.traineddata")).collect();
        folders.iter().find(|folder| files.iter().all(|file| folder.join(file).is_file())).cloned().ok_or_else(|| {
            EngineError::NoModel {
                language: self.language,
                file: files.join(", "),
                looked: folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", "),
                packages: self.packages,
            }
        })
    }
}

fn set_mode(api: &TesseractAPI, mode: TessPageSegMode) -> Result<(), EngineError> {
    api.set_page_seg_mode(mode).map_err(|source| EngineError::Tesseract { step: "setting the page mode", source })
}

fn hand_over(api: &TesseractAPI, image: &GrayImage, dpi: u32) -> Result<(), EngineError> {
    let (width, height) = image.dimensions();
    let (Ok(wide), Ok(high), Ok(ppi)) = (i32::try_from(width), i32::try_from(height), i32::try_from(dpi)) else {
        return Err(EngineError::Size { width, height });
    };
    // The product of the sides must fit, too; the largest page that is read is far below it.
    if width == 0 || height == 0 || width.max(height) > LONGEST_SIDE || wide.checked_mul(high).is_none() {
        return Err(EngineError::Size { width, height });
    }
    let step = |step| move |source| EngineError::Tesseract { step, source };
    api.set_image(image.as_raw(), wide, high, 1, wide).map_err(step("taking the picture"))?;
    api.set_source_resolution(ppi).map_err(step("setting the resolution"))
}

fn read_with(api: &TesseractAPI, image: &GrayImage, dpi: u32, set: Set) -> Result<Vec<EngineLine>, EngineError> {
    let mode = match set {
        Set::AsItIs => TessPageSegMode::PSM_SINGLE_COLUMN,
        Set::InLines => TessPageSegMode::PSM_SINGLE_BLOCK,
    };
    set_mode(api, mode)?;
    recognised(api, image, dpi)
}

fn recognised(api: &TesseractAPI, image: &GrayImage, dpi: u32) -> Result<Vec<EngineLine>, EngineError> {
    hand_over(api, image, dpi)?;
    let step = |step| move |source| EngineError::Tesseract { step, source };
    api.recognize().map_err(step("recognition"))?;
    api.get_tsv_text(0).map(|tsv| parse(&tsv)).map_err(step("giving its text"))
}

/// Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. Level 4 is a
/// line, level 5 a fragment of the line above it.
pub(super) fn parse(tsv: &str) -> Vec<EngineLine> {
    let mut lines: Vec<EngineLine> = Vec::new();
    for row in tsv.lines() {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let &[level, _, _, _, _, _, left, top, width, height, confidence, text] = columns.as_slice() else { continue };
        let number = |text: &str| text.parse::<f32>().ok();
        let (Some(left), Some(top), Some(width), Some(height)) =
            (number(left), number(top), number(width), number(height))
        else {
            continue;
        };
        let bounds = [left, top, left + width, top + height];
        match (level, lines.last_mut()) {
            ("4", _) => lines.push(EngineLine::default()),
            ("5", Some(line)) if !text.trim().is_empty() => line.fragments.push(Word {
                text: text.trim().to_owned(),
                bounds,
                confidence: (number(confidence).unwrap_or(0.0) / 100.0).clamp(0.0, 1.0),
            }),
            _ => {}
        }
    }
    lines.retain(|line| !line.fragments.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_names_the_package_that_holds_it() {
        let missing = Model { language: "Japanese+xx_none", packages: "tesseract-ocr-xx" };
        let error = missing.load().err().unwrap().to_string();
        for part in ["xx_none.traineddata", "/usr/share/tesseract-ocr/5/tessdata", "apt-get install tesseract-ocr-xx"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_picture_without_pixels_or_too_long_is_refused_and_not_handed_over() {
        let engine = Engine::load().unwrap();
        for (width, height) in [(0, 0), (0, 10), (LONGEST_SIDE + 1, 1)] {
            let error = engine.read(&GrayImage::new(width, height), 300, Set::AsItIs).unwrap_err();
            assert!(matches!(error, EngineError::Size { .. }), "{error}");
        }
    }

    #[test]
    fn the_table_is_read_line_by_line() {
        let tsv = "1\t1\t0\t0\t0\t0\t0\t0\t100\t50\t-1\t\n4\t1\t1\t1\t1\t0\t10\t10\t80\t20\t-1\t\n\
                   5\t1\t1\t1\t1\t1\t10\t10\t30\t20\t91.5\t領収\n5\t1\t1\t1\t1\t2\t42\t10\t20\t20\t88\t書\n\
                   5\t1\t1\t1\t1\t3\t70\t10\t2\t20\t0\t \nbroken\n";
        let lines = parse(tsv);
        assert_eq!(lines.len(), 1);
        let texts: Vec<&str> = lines[0].fragments.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["領収", "書"]);
        assert!((lines[0].fragments[0].confidence - 0.915).abs() < 1e-6);
    }
}
