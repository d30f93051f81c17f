//! Turns white letters on dark bands (the heads of many tables) into black ones on white, because the engine takes a dark
//! band for a picture and drops its words, and the words of a table's head say what its columns are.

use image::GrayImage;

/// A cell of the grid on which bands are looked for, in inches: a little less than the height of small letters.
const CELL_INCHES: f64 = 0.05;
/// What is smaller is a character, a stamp's rim or a bar code's bar.
const LEAST_INCHES: (f64, f64) = (0.5, 0.1);
/// The share of dark pixels that makes a cell dark, with white letters on it.
const DARK_SHARE: f64 = 0.55;
/// The share of dark cells within the box of a band.
const FILLED_SHARE: f64 = 0.85;
/// Darker counts as dark, on a page with even light.
const DARK: u8 = 128;

/// Inverts the dark bands of a page with even light.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths in pixels are small and positive")]
pub(super) fn invert(image: &mut GrayImage, dpi: u32) {
    let cell = ((f64::from(dpi) * CELL_INCHES) as usize).max(4);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (columns, rows) = (width / cell, height / cell);
    let mut dark = vec![false; columns * rows];
    for row in 0..rows {
        for column in 0..columns {
            let count = (row * cell..(row + 1) * cell)
                .flat_map(|y| &image.as_raw()[y * width + column * cell..y * width + (column + 1) * cell])
                .filter(|pixel| **pixel < DARK)
                .count();
            dark[row * columns + column] = count as f64 >= (cell * cell) as f64 * DARK_SHARE;
        }
    }
    let least = (LEAST_INCHES.0 * f64::from(dpi), LEAST_INCHES.1 * f64::from(dpi));
    for Band { left, top, right, bottom } in bands(&mut dark, columns) {
        // The band's edges run through the outermost cells or just beside them: an edge is where most pixels along it are
        // dark.
        let raw = image.as_raw();
        let is_dark = |xs: std::ops::Range<usize>, ys: std::ops::Range<usize>| {
            let all = xs.len() * ys.len();
            let count: usize = ys.map(|y| xs.clone().filter(|x| raw[y * width + x] < DARK).count()).sum();
            count * 2 > all
        };
        let (xs, ys) = (left * cell..(right + 1) * cell, top * cell..(bottom + 1) * cell);
        let row = |y: usize| is_dark(xs.clone(), y..y + 1);
        let column = |x: usize| is_dark(x..x + 1, ys.clone());
        let first =
            |from: usize, to: usize, dark: &dyn Fn(usize) -> bool| (from..to).find(|at| dark(*at)).unwrap_or(to);
        let last = |from: usize, to: usize, dark: &dyn Fn(usize) -> bool| {
            (from..to).rev().find(|at| dark(*at)).map_or(from, |at| at + 1)
        };
        let (x0, x1) = (
            first(xs.start.saturating_sub(cell), xs.start + cell, &column),
            last(xs.end - cell, (xs.end + cell).min(width), &column),
        );
        let (y0, y1) = (
            first(ys.start.saturating_sub(cell), ys.start + cell, &row),
            last(ys.end - cell, (ys.end + cell).min(height), &row),
        );
        if x0 >= x1 || y0 >= y1 {
            continue;
        }
        if ((x1 - x0) as f64) < least.0 || ((y1 - y0) as f64) < least.1 {
            continue;
        }
        let raw: &mut [u8] = image;
        for row in raw.chunks_exact_mut(width).take(y1).skip(y0) {
            for pixel in &mut row[x0..x1] {
                *pixel = 255 - *pixel;
            }
        }
    }
}

/// The first and last column and row of cells.
struct Band {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// The connected groups of dark cells that fill their box. Clears the cells.
fn bands(dark: &mut [bool], columns: usize) -> Vec<Band> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..dark.len() {
        if !std::mem::take(&mut dark[start]) {
            continue;
        }
        open.push(start);
        let mut band = Band { left: columns, top: usize::MAX, right: 0, bottom: 0 };
        let mut cells = 0;
        while let Some(at) = open.pop() {
            cells += 1;
            let (x, y) = (at % columns, at / columns);
            band = Band {
                left: band.left.min(x),
                top: band.top.min(y),
                right: band.right.max(x),
                bottom: band.bottom.max(y),
            };
            let neighbours = [
                (x > 0).then(|| at - 1),
                (x + 1 < columns).then_some(at + 1),
                at.checked_sub(columns),
                Some(at + columns).filter(|next| *next < dark.len()),
            ];
            for next in neighbours.into_iter().flatten() {
                if std::mem::take(&mut dark[next]) {
                    open.push(next);
                }
            }
        }
        let all = (band.right - band.left + 1) * (band.bottom - band.top + 1);
        if f64::from(cells) >= all as f64 * FILLED_SHARE {
            found.push(band);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_on_a_dark_band_become_dark_and_the_rest_stays() {
        let band = |x: u32, y: u32| (50..550).contains(&x) && (103..148).contains(&y);
        let letter = |x: u32, y: u32| (60..500).contains(&x) && (115..137).contains(&y) && (x / 3).is_multiple_of(4);
        let print = |x: u32, y: u32| (60..500).contains(&x) && (215..237).contains(&y) && (x / 3).is_multiple_of(4);
        let page = |dark: &dyn Fn(u32, u32) -> bool| {
            GrayImage::from_fn(600, 400, |x, y| image::Luma([if dark(x, y) { 0 } else { 255 }]))
        };
        let mut image = page(&|x, y| (band(x, y) && !letter(x, y)) || print(x, y));
        invert(&mut image, 200);
        let wanted = page(&|x, y| letter(x, y) || print(x, y));
        let off = image.as_raw().iter().zip(wanted.as_raw()).filter(|(a, b)| a != b).count();
        assert_eq!(off, 0);
    }

    #[test]
    fn heavy_print_is_no_band() {
        // Bold characters, a bar code, a stamp: dark, but small or with holes.
        let draw = |x: u32, y: u32| {
            let bold = (50..80).contains(&x) && (50..80).contains(&y);
            let bars = (100..400).contains(&x) && (100..180).contains(&y) && (x / 5).is_multiple_of(2);
            let stamp = {
                let off = (f64::from(x) - 480.0).hypot(f64::from(y) - 300.0);
                (60.0..80.0).contains(&off)
            };
            bold || bars || stamp
        };
        let before = GrayImage::from_fn(600, 400, |x, y| image::Luma([if draw(x, y) { 0 } else { 255 }]));
        let mut after = before.clone();
        invert(&mut after, 200);
        assert_eq!(before, after);
        for (width, height) in [(0, 0), (1, 1), (2, 900)] {
            invert(&mut GrayImage::new(width, height), 200);
        }
    }
}
