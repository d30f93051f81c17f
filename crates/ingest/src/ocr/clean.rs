//! From the picture that came in to one that the engine reads well: not too large, the sheet of paper seen from
//! straight above, even light; then, for a given turn, level lines and no ruled lines.

use super::plane::{Homography, Turn, reduced, warp};
use super::{bands, light, paper, ruled, skew};
use image::GrayImage;

/// A picture and where its points stood on the one that came in.
pub(super) struct Cleaned {
    pub(super) image: GrayImage,
    pub(super) to_original: Homography,
    /// Whether ruled lines of a table were taken out of it.
    pub(super) is_table: bool,
}

/// The page flat, in even light, with at most `budget` pixels.
pub(super) fn flatten(original: &GrayImage, budget: u64) -> Cleaned {
    let corners = paper::find(original);
    let (small, to_original) = shrink(original, budget, corners);
    Cleaned { image: light::even(&small), to_original, is_table: false }
}

/// The page turned, with level lines, without dark bands and ruled lines, ready to be read.
pub(super) fn straighten(flat: &Cleaned, turn: Turn) -> Cleaned {
    let (width, height) = (f64::from(flat.image.width()), f64::from(flat.image.height()));
    let (turned_width, turned_height) = turn.size(width, height);
    let (mut image, to_turned) = skew::straighten(turn.of(&flat.image));
    let dpi = resolution(&image);
    bands::invert(&mut image, dpi);
    let is_table = ruled::remove(&mut image, dpi);
    let to_flat = turn.back().map(turned_width, turned_height);
    Cleaned { image, to_original: to_turned.then(&to_flat).then(&flat.to_original), is_table }
}

/// The page with nothing on it but what lies within `places`, each with a little of what is around it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and places lie on the page"
)]
pub(super) fn only(image: &GrayImage, places: &[[f32; 4]]) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut out = vec![255u8; width * height];
    for [left, top, right, bottom] in places {
        // A minus or a yen sign at the edge may not have been seen the first time.
        let (beside, above) = ((bottom - top) * 0.8, (bottom - top) * 0.2);
        let columns = (left - beside).max(0.0) as usize..((right + beside) as usize).min(width);
        for y in (top - above).max(0.0) as usize..((bottom + above) as usize).min(height) {
            let row = y * width;
            if columns.start < columns.end {
                out[row + columns.start..row + columns.end]
                    .copy_from_slice(&image.as_raw()[row + columns.start..row + columns.end]);
            }
        }
    }
    // The buffer was made for exactly this size.
    GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_default()
}

/// The resolution a page was probably taken with. What a file says of itself cannot be trusted (a JPEG of a scan often
/// claims 72 or 96 dpi), so the longer side is taken for that of A4.
pub(super) fn resolution(image: &GrayImage) -> u32 {
    const A4_TENTHS_OF_INCHES: u32 = 117;
    (image.width().max(image.height()) * 10 / A4_TENTHS_OF_INCHES).clamp(150, 400)
}

/// Brings a picture down to the budget and, where the paper's corners are known, cuts the paper out of it and sees it
/// from straight above.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of a picture, at least 1")]
fn shrink(original: &GrayImage, budget: u64, corners: Option<[(f64, f64); 4]>) -> (GrayImage, Homography) {
    let (width, height) = (f64::from(original.width()), f64::from(original.height()));
    // The part that is kept: the paper's sides at their longer ends, or the whole picture.
    let (page_width, page_height) = corners.map_or((width, height), |[a, b, c, d]| {
        let length = |p: (f64, f64), q: (f64, f64)| (p.0 - q.0).hypot(p.1 - q.1);
        (length(a, b).max(length(d, c)), length(a, d).max(length(b, c)))
    });
    let factor = (page_width * page_height / budget as f64).sqrt().max(1.0);
    // Whole factors by averaging blocks, which loses nothing of thin strokes; the rest by blending.
    let block = factor.floor() as u32;
    let smaller = (block > 1).then(|| reduced(original, block));
    let source = smaller.as_ref().unwrap_or(original);
    // A picture that is narrower than a block stays as it is.
    let block = if source.dimensions() == original.dimensions() { 1.0 } else { f64::from(block) };
    let to_source = Homography::scale(1.0 / block, 1.0 / block);
    let (out_width, out_height) = ((page_width / factor).round().max(1.0), (page_height / factor).round().max(1.0));
    let unit = Homography::scale(1.0 / out_width, 1.0 / out_height);
    let to_original = match corners {
        Some(corners) => unit.then(&Homography::from_unit_square(corners)),
        None => unit.then(&Homography::scale(width, height)),
    };
    let same_size = (source.width(), source.height()) == (out_width as u32, out_height as u32);
    let image = if corners.is_none() && same_size {
        smaller.unwrap_or_else(|| original.clone())
    } else {
        warp(source, out_width as u32, out_height as u32, &to_original.then(&to_source))
    };
    (image, to_original)
}
