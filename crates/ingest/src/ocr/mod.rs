//! Recognition of pictures: bytes or rasters in, pages of positioned text out.
//!
//! ```text
//! bytes ─ decode ─▶ grey ─ clean ─▶ flat, evenly lit ─ reset ─▶ lines one under another ─ engine ─▶ fragments ─ lines ─▶ Page
//! ```
//! Boxes are those of the picture as it came in (after the turn that EXIF data ask for). Only where its text does not
//! stand upright, they are those of the picture turned upright by quarters, which is what a reader of it would do first;
//! [`Page::as_it_came`] leads back, once fields are found.

mod bands;
mod clean;
pub(crate) mod decode;
mod engine;
mod formal;
mod light;
mod lines;
mod paper;
mod plane;
mod reset;
mod ruled;
mod skew;
#[cfg(test)]
mod tests;

use crate::Limits;
use crate::document::damaged;
use crate::look;
use crate::page::{Page, Raster};
use claim::{Place, Problem, ProblemCode, Spot, Value};
use clean::Cleaned;
use engine::{Engine, EngineError};
use image::GrayImage;
use lines::EngineLine;
use plane::{Homography, Turn};
use reset::Reset;
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};

/// A page on which the engine is less sure than this on average, or finds fewer characters, may lie on its side or upside
/// down. Upright pages of poor quality stay above it, turned ones below.
const SURE: f32 = 0.6;
const FEW_CHARACTERS: f32 = 12.0;
/// How many pixels of a page are read: A4 at 225 dpi. More costs time and reads no better.
const PIXELS_READ: u64 = 5_000_000;
/// A page of which less than one pixel in this many is ink is blank.
const BLANK: usize = 20_000;

/// What came of a page: its text, or why it has none.
pub(crate) type Outcome = Result<Page, Problem>;

/// How pages that must be recognised are dealt with in this process: the pages of one document may be shared out among
/// several, each of which opens the document anew.
pub(crate) enum Recognition {
    /// At once.
    Here,
    /// Not in this process: it is noted which pages want it.
    Noted(BTreeSet<u32>),
    /// Only these pages, and nothing else of the document is wanted.
    Share {
        /// Those that are left.
        pages: BTreeSet<u32>,
        done: BTreeMap<u32, Outcome>,
    },
    /// It was done by other processes.
    Done(BTreeMap<u32, Outcome>),
}

impl Recognition {
    /// What came of a page that `recognise` would recognise here; none where others do it.
    pub(crate) fn of_page(&mut self, number: u32, recognise: impl FnOnce() -> Outcome) -> Option<Outcome> {
        match self {
            Recognition::Here => Some(recognise()),
            Recognition::Noted(pages) => {
                pages.insert(number);
                None
            }
            Recognition::Share { pages, done } => {
                if pages.contains(&number) {
                    // It is left until it is done: then it is known what is lost where that fails.
                    done.insert(number, recognise());
                    pages.remove(&number);
                }
                None
            }
            // A page that was noted by one process and not by another shows that one of them is not what it was.
            Recognition::Done(pages) => {
                let lost = || problem(ProblemCode::ReaderFailed, [("found", "page not recognised".to_owned())]);
                Some(pages.remove(&number).unwrap_or_else(|| Err(lost())))
            }
        }
    }

    /// Whether the pixels of a page have to be had.
    fn wants_pixels(&self, number: u32) -> bool {
        match self {
            Recognition::Here => true,
            Recognition::Share { pages, .. } => pages.contains(&number),
            Recognition::Noted(_) | Recognition::Done(_) => false,
        }
    }
}

/// Reads a picture file: PNG, JPEG, WebP, BMP, or TIFF with all its pages. Boxes are in pixels.
///
/// `media_type` is what the first bytes say. Problems are `too-large`, `too-many-pages`, `damaged`, `unsupported`, and
/// `reader-failed` when a model of the engine is missing; their place names the page, not the file. Pages with a problem
/// are empty and the others stand; `Err` means that none does. A blank page is no problem here: it has no lines.
pub(crate) fn read_image(
    bytes: &[u8],
    media_type: &str,
    limits: &Limits,
    recognition: &mut Recognition,
) -> Result<(Vec<Page>, Vec<Problem>), Problem> {
    let mut outcomes: BTreeMap<u32, Option<Outcome>> = BTreeMap::new();
    let wanted: BTreeSet<u32> = (1..=limits.pages).filter(|page| recognition.wants_pixels(*page)).collect();
    let count = decode::each_picture(
        bytes,
        media_type,
        limits,
        |number| wanted.contains(&number),
        |number, picture| {
            let read =
                || read_page(&picture.and_then(decode::Decoded::grey).map_err(|p| on_page(number, p))?, number, 1.0);
            outcomes.insert(number, recognition.of_page(number, read));
            Ok(())
        },
    )?;
    let (mut pages, mut problems) = (Vec::new(), Vec::new());
    for number in 1..=count {
        let elsewhere = || on_page(number, problem(ProblemCode::ReaderFailed, [("found", "no pixels".to_owned())]));
        let outcome = match outcomes.remove(&number) {
            Some(outcome) => outcome,
            None => recognition.of_page(number, || Err(elsewhere())),
        };
        match outcome {
            Some(Ok(page)) => pages.push(Page { number, ..page }),
            other => {
                problems.extend(other.and_then(Result::err).map(|problem| on_page(number, problem)));
                pages.push(Page { number, ..Page::default() });
            }
        }
    }
    if problems.len() == pages.len() && !problems.is_empty() {
        return Err(problems.swap_remove(0));
    }
    Ok((pages, problems))
}

/// Reads the picture of one page of a scanned PDF. Boxes are in PDF points.
pub(crate) fn read_raster(raster: Raster, page: u32, limits: &Limits) -> Result<Page, Problem> {
    let Raster { grey, width, height, points_per_pixel } = raster;
    let pixels = u64::from(width) * u64::from(height);
    let found = format!("{width}×{height} px");
    if pixels > limits.pixels_per_page {
        let expected = format!("{} px", limits.pixels_per_page);
        return Err(on_page(page, problem(ProblemCode::TooLarge, [("found", found), ("expected", expected)])));
    }
    match GrayImage::from_raw(width, height, grey) {
        Some(picture) if pixels > 0 => read_page(&picture, page, points_per_pixel),
        _ => Err(on_page(page, damaged("PDF", found))),
    }
}

/// The page that the `tesseract` command gives as its table (`tsv`), put together as ours are.
#[cfg(feature = "peers")]
pub(crate) fn page_of_table(table: &str) -> Page {
    let size = table.lines().find_map(|row| {
        let columns: Vec<&str> = row.split('\t').collect();
        (columns.first() == Some(&"1")).then(|| Some((columns.get(8)?.parse().ok()?, columns.get(9)?.parse().ok()?)))?
    });
    let (width, height) = size.unwrap_or_default();
    let lines = lines::lines_of(&engine::parse(table), &Reset::as_it_is(&GrayImage::new(1, 1)), &Homography::IDENTITY);
    Page { number: 1, width, height, lines, ..Page::default() }
}

/// What this machine lacks for recognition: then a page that was not recognised says nothing of its document.
pub(crate) fn missing() -> Option<String> {
    engine::missing().map(|error| error.to_string())
}

/// Loads every model now, as a process does that cannot open a file later; says what went wrong.
pub(crate) fn load() -> Result<(), String> {
    with_engine(Engine::load_all).map_err(|error| error.to_string())
}

/// Says that from here on no model can be loaded on this thread.
pub(crate) fn load_no_more() {
    SHUT.set(true);
}

thread_local! {
    /// The models stay loaded for all pages of a document. The reader process has one thread that reads.
    static ENGINE: OnceCell<Engine> = const { OnceCell::new() };
    static SHUT: Cell<bool> = const { Cell::new(false) };
}

fn with_engine<T>(work: impl FnOnce(&Engine) -> Result<T, EngineError>) -> Result<T, EngineError> {
    ENGINE.with(|cell| match cell.get() {
        Some(engine) => work(engine),
        None if SHUT.get() => Err(EngineError::NotLoaded),
        None => {
            let engine = Engine::load()?;
            work(cell.get_or_init(|| engine))
        }
    })
}

fn read_page(picture: &GrayImage, number: u32, unit_per_pixel: f32) -> Result<Page, Problem> {
    if cfg!(fuzzing) {
        // The fuzzer ends where Tesseract would begin.
        clean::straighten(&clean::flatten(picture, PIXELS_READ), Turn::None);
        return Ok(Page { number, ..Page::default() });
    }
    with_engine(|engine| recognise(engine, picture, number, unit_per_pixel))
        .map_err(|error| on_page(number, problem(ProblemCode::ReaderFailed, [("found", error.to_string())])))
}

fn on_page(number: u32, mut problem: Problem) -> Problem {
    problem.place.spot = Spot { page: Some(number), ..Spot::default() };
    problem
}

/// A reading of a page in one of its four turns.
struct Attempt {
    turn: Turn,
    cleaned: Cleaned,
    reset: Reset,
    lines: Vec<EngineLine>,
}

impl Attempt {
    fn new(engine: &Engine, flat: &Cleaned, turn: Turn) -> Result<Attempt, EngineError> {
        let cleaned = clean::straighten(flat, turn);
        // A table has its lines already, and its columns are told apart by where they stand.
        let reset = if cleaned.is_table { Reset::as_it_is(&cleaned.image) } else { Reset::of(&cleaned.image) };
        let lines = engine.read(&reset.image, clean::resolution(&cleaned.image), reset.set())?;
        Ok(Attempt { turn, cleaned, reset, lines })
    }

    /// How many characters, and how sure the engine is of one on average.
    fn weight(&self) -> (f32, f32) {
        let fragments = self.lines.iter().flat_map(|line| &line.fragments);
        let (count, sum) = fragments.fold((0.0f32, 0.0f32), |(count, sum), fragment| {
            let characters = fragment.text.chars().count() as f32;
            (count + characters, sum + characters * fragment.confidence)
        });
        (count, if count > 0.0 { sum / count } else { 0.0 })
    }

    fn is_doubtful(&self) -> bool {
        let (count, mean) = self.weight();
        count < FEW_CHARACTERS || mean < SURE
    }

    /// Better than another reading of the same page: surely read characters count, guessed ones do not.
    fn score(&self) -> f32 {
        let (count, mean) = self.weight();
        count.min(400.0) * (mean - 0.3).max(0.0)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "sizes of a page fit f32")]
fn recognise(engine: &Engine, picture: &GrayImage, number: u32, unit_per_pixel: f32) -> Result<Page, EngineError> {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let flat = clean::flatten(picture, PIXELS_READ);
    if is_blank(&flat.image) {
        let unit = unit_per_pixel;
        return Ok(Page { number, width: width as f32 * unit, height: height as f32 * unit, ..Page::default() });
    }
    let mut best = Attempt::new(engine, &flat, Turn::None)?;
    if best.is_doubtful() {
        for turn in other_turns(engine, &flat.image)? {
            let other = Attempt::new(engine, &flat, turn)?;
            if other.score() > best.score() {
                best = other;
            }
        }
    }
    let Attempt { turn, cleaned, reset, mut lines } = best;
    let dpi = clean::resolution(&cleaned.image);
    let formal = formal::correct(engine, &reset.image, dpi, &mut lines)?;
    // Only numbers are compared, so only they are read again.
    let numbers = lines::numbers(&lines);
    let mut again = match numbers.is_empty() {
        true => Vec::new(),
        false => engine.read_again(&clean::only(&reset.image, &numbers), dpi, reset.set())?,
    };
    again.extend(formal);

    let unit = f64::from(unit_per_pixel);
    let to_page = cleaned.to_original.then(&turn.map(width, height)).then(&Homography::scale(unit, unit));
    let (width, height) = turn.size(width, height);
    Ok(Page {
        number,
        width: (width * unit) as f32,
        height: (height * unit) as f32,
        lines: lines::lines_of(&lines, &reset, &to_page),
        second: lines::lines_of(&again, &reset, &to_page),
        look: look::of_picture(&cleaned.image),
        quarters: turn.quarters(),
    })
}

/// The turns worth trying on a page that does not read well as it is: the one that the engine tells from the shapes of
/// the characters, or, where there are too few, the two that the direction of the lines leaves.
fn other_turns(engine: &Engine, flat: &GrayImage) -> Result<Vec<Turn>, EngineError> {
    let told = engine.turns(flat, clean::resolution(flat))?;
    Ok(match told {
        Some(Turn::None) => Vec::new(),
        Some(turn) => vec![turn],
        None => {
            let (lying, standing) = skew::lying_and_standing(flat);
            if standing > lying { vec![Turn::Clockwise, Turn::Counter] } else { vec![Turn::Half] }
        }
    })
}

fn is_blank(flat: &GrayImage) -> bool {
    let ink = flat.as_raw().iter().filter(|pixel| **pixel < 128).count();
    ink * BLANK <= flat.as_raw().len()
}

/// A problem whose place is not known here.
fn problem<const N: usize>(code: ProblemCode, values: [(&str, String); N]) -> Problem {
    Problem {
        code,
        place: Place::default(),
        values: values.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect(),
    }
}
