//! What people see of a document beside what was read from it: a page as a picture made anew from its pixels, or a sheet
//! as cells, in the same units and names as the spots of a [`claim::Reading`].
//!
//! The bytes are untrusted, so this is made in the reader process ([`crate::Reader::view`]), without models and at once.

mod picture;
mod table;

pub use picture::{Picture, PictureFormat};
pub use table::{Column, Row, Sheet, Table, TableCell, TableCellKind};

use crate::document::damaged;
use crate::limits::Limits;
use crate::ocr::decode;
use crate::pdf;
use crate::sheet;
use crate::sniff::{Kind, Sniffed, sniff};
use claim::{Place, Problem, Spot};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What people see of one page of a document, or of one sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// A page of a PDF, of a TIFF or the like.
    Picture(Picture),
    /// A sheet of a workbook, or a CSV.
    Table(Table),
    /// The document can be shown, but has no page of this number.
    NoSuchPage {
        /// How many it has.
        pages: u32,
    },
    /// The document or this page of it cannot be shown, for the same reasons for which it could not be read. The place
    /// names no file.
    Unreadable(Problem),
}

/// What people see of page `number`, from 1; sheets count in the order in which they are read, visible ones first. A panic
/// of a parser is `damaged`.
pub(crate) fn view(bytes: &[u8], number: u32, limits: &Limits, fonts: &pdf::Fonts) -> View {
    let mut format = "application/octet-stream";
    // Nothing is shared with the outside but the name of the media type, which is written in one step.
    let seen = catch_unwind(AssertUnwindSafe(|| {
        let Sniffed { media_type, kind } = sniff(bytes, limits);
        format = media_type;
        match kind? {
            Kind::Pdf => of_pdf(bytes, number, limits, fonts),
            Kind::Picture => of_picture(bytes, media_type, number, limits),
            Kind::Xlsx => Ok(table::of_grids(sheet::read_xlsx(bytes, limits)?, number, limits)),
            Kind::Xls => Ok(table::of_grids(sheet::read_xls(bytes, limits)?, number, limits)),
            Kind::Csv(text) => Ok(table::of_grids(sheet::read_csv(&text, limits)?, number, limits)),
        }
    }));
    match seen {
        Ok(Ok(view)) => view,
        Ok(Err(problem)) => View::Unreadable(problem),
        Err(_) => View::Unreadable(damaged(format, "the reader gave up")),
    }
}

fn of_pdf(bytes: &[u8], number: u32, limits: &Limits, fonts: &pdf::Fonts) -> Result<View, Problem> {
    let (pages, sight) = pdf::see(bytes, number, limits, fonts)?;
    let Some(sight) = sight else { return Ok(View::NoSuchPage { pages }) };
    let pdf::Sight { picture, width, height, lacks_font } = sight;
    let (bytes, format, [width_px, height_px]) =
        picture::encoded(picture.into()).map_err(|found| on_page(number, found))?;
    Ok(View::Picture(Picture { page: number, pages, width, height, width_px, height_px, format, lacks_font, bytes }))
}

fn of_picture(bytes: &[u8], media_type: &str, number: u32, limits: &Limits) -> Result<View, Problem> {
    let mut seen = None;
    let wanted = |page| page == number;
    let pages = decode::each_picture(bytes, media_type, limits, wanted, |_, decoded| {
        let decoded = decoded?;
        let (width, height) = decoded.size();
        let (picture, orientation) = decoded.colours()?;
        let mut picture = picture::shrunk(picture, limits.view_pixels);
        picture.apply_orientation(orientation);
        seen = Some((picture, width as f32, height as f32));
        Ok(())
    })?;
    let Some((picture, width, height)) = seen else { return Ok(View::NoSuchPage { pages }) };
    let (bytes, format, [width_px, height_px]) = picture::encoded(picture).map_err(|found| on_page(number, found))?;
    let lacks_font = false;
    Ok(View::Picture(Picture { page: number, pages, width, height, width_px, height_px, format, lacks_font, bytes }))
}

fn on_page(number: u32, problem: Problem) -> Problem {
    problem.at(Place { spot: Spot { page: Some(number), ..Spot::default() }, ..Place::default() })
}
