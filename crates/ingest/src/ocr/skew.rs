//! Straightens a page that lies a few degrees askew, as one laid on a scanner or photographed by hand.

use super::plane::{Homography, reduced, warp};
use image::GrayImage;

/// How far askew is looked for.
const MOST_DEGREES: i32 = 6;
/// Less than this is left alone: the engine reads it as well, and every resampling blurs.
const LEAST_DEGREES: f64 = 0.15;
/// The longer side of the small picture on which the angle is measured.
const SIDE: u32 = 800;
/// Darker is ink, on a page with even light.
const INK: u8 = 190;

/// The page with its lines level, and where its points stood before.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the size of a picture turned a little")]
pub(super) fn straighten(image: GrayImage) -> (GrayImage, Homography) {
    let degrees = angle(&image);
    if degrees.abs() < LEAST_DEGREES {
        return (image, Homography::IDENTITY);
    }
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let (sin, cos) = degrees.to_radians().sin_cos();
    // Large enough that no corner is cut off.
    let wide = (width * cos + height * sin.abs()).ceil();
    let high = (height * cos + width * sin.abs()).ceil();
    let to_source = Homography::shift(-wide / 2.0, -high / 2.0)
        .then(&Homography::rotation(degrees))
        .then(&Homography::shift(width / 2.0, height / 2.0));
    (warp(&image, wide as u32, high as u32, &to_source), to_source)
}

/// By how many degrees the lines of a page run downward to the right: the angle under which lines and the space between
/// them part most sharply.
fn angle(image: &GrayImage) -> f64 {
    let small = shrunk(image);
    let ink: Vec<(f64, f64)> = small
        .enumerate_pixels()
        .filter(|(_, _, pixel)| pixel.0[0] < INK)
        .map(|(x, y, _)| (f64::from(x), f64::from(y)))
        .collect();
    // Next to nothing written, or a picture more than a page: no angle can be told.
    if ink.len() < 200 || ink.len() * 5 > (small.width() * small.height()) as usize * 2 {
        return 0.0;
    }
    let best_of = |angles: &mut dyn Iterator<Item = f64>| {
        angles.map(|degrees| (sharpness(&ink, degrees), degrees)).max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let steps = |from: i32, to: i32, step: f64, around: f64| (from..=to).map(move |n| around + f64::from(n) * step);
    let most = 2 * MOST_DEGREES;
    let Some((_, coarse)) = best_of(&mut steps(-most, most, 0.5, 0.0)) else { return 0.0 };
    let Some((best, degrees)) = best_of(&mut steps(-5, 5, 0.1, coarse)) else { return 0.0 };
    if best > sharpness(&ink, 0.0) * 1.02 { degrees } else { 0.0 }
}

/// How sharply the ink falls into lines at an angle: the summed squares of the steps from row to row.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shifted to be positive")]
fn sharpness(ink: &[(f64, f64)], degrees: f64) -> f64 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    // A small picture's points stay within twice its side whatever the angle.
    let shift = f64::from(SIDE);
    let mut rows = vec![0i64; 3 * SIDE as usize];
    for &(x, y) in ink {
        let row = (y * cos - x * sin + shift) as usize;
        if let Some(count) = rows.get_mut(row) {
            *count += 1;
        }
    }
    rows.windows(2).map(|pair| ((pair[1] - pair[0]) * (pair[1] - pair[0])) as f64).sum()
}

/// How sharply a page falls into lines as it stands, and how sharply it would if it were turned on its side.
pub(super) fn lying_and_standing(image: &GrayImage) -> (f64, f64) {
    let small = shrunk(image);
    let ink: Vec<(f64, f64)> = small
        .enumerate_pixels()
        .filter(|(_, _, pixel)| pixel.0[0] < INK)
        .map(|(x, y, _)| (f64::from(x), f64::from(y)))
        .collect();
    let turned: Vec<(f64, f64)> = ink.iter().map(|&(x, y)| (y, x)).collect();
    (sharpness(&ink, 0.0), sharpness(&turned, 0.0))
}

fn shrunk(image: &GrayImage) -> GrayImage {
    reduced(image, image.width().max(image.height()).div_ceil(SIDE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars like lines of text, running `degrees` downward to the right.
    fn lines(degrees: f64) -> GrayImage {
        let slope = degrees.to_radians().tan();
        GrayImage::from_fn(1200, 900, |x, y| {
            let along = f64::from(y) - f64::from(x) * slope;
            let written = along.rem_euclid(40.0) < 14.0 && (100..1100).contains(&x) && (x / 17) % 4 != 0;
            image::Luma([if written { 0 } else { 255 }])
        })
    }

    #[test]
    fn the_angle_is_found_within_a_tenth_of_a_degree_or_two() {
        for degrees in [-5.5, -2.0, -0.4, 0.0, 0.7, 2.3, 5.0] {
            let found = angle(&lines(degrees));
            assert!((found - degrees).abs() <= 0.2, "{degrees}: {found}");
        }
    }

    #[test]
    fn a_straight_page_is_left_as_it_is() {
        let image = lines(0.0);
        let (same, map) = straighten(image.clone());
        assert_eq!(same, image);
        assert_eq!(map, Homography::IDENTITY);
    }

    #[test]
    fn a_page_without_text_has_no_angle() {
        assert!(angle(&GrayImage::from_pixel(900, 1200, image::Luma([255]))).abs() < 1e-9);
        assert!(angle(&GrayImage::from_pixel(900, 1200, image::Luma([0]))).abs() < 1e-9);
        assert!(angle(&GrayImage::from_pixel(1, 1, image::Luma([0]))).abs() < 1e-9);
    }
}
