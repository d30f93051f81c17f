//! What a page looks like, in 256 bits: where on it ink is dense and where it is thin.
//!
//! Two scans of one page and a photo of it have nearly the same bits (drawn pages: 0 to 27 of 256 differ, rarely more);
//! pages of different make differ in more than sixty. Everything is measured between the first and the last of the ink, so that
//! margins, a desk around the paper and the resolution do not matter.

use crate::page::Page;
use claim::PageHash;
use image::GrayImage;

/// The page is first counted into so many cells a side.
const FINE: usize = 256;
/// The share of ink beyond which a first or last row counts: specks at the edge of a scan do not move the frame.
const EDGE: f64 = 0.01;
/// A cell is denser than its neighbour when it has so much more ink, in shares of the mean: noise decides nothing.
const DENSER: f64 = 0.3;
/// Bits a side; a row of cells is one longer than its row of comparisons.
const BITS: usize = 16;

/// How much ink there is in each fine cell.
struct Ink(Vec<f64>);

/// The look of a picture that has been flattened and straightened: dark is ink.
pub(crate) fn of_picture(picture: &GrayImage) -> Option<PageHash> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut ink = Ink(vec![0.0; FINE * FINE]);
    for (x, y, pixel) in picture.enumerate_pixels() {
        if pixel.0[0] < 128 {
            ink.0[(y as usize * FINE / height) * FINE + x as usize * FINE / width] += 1.0;
        }
    }
    ink.hash()
}

/// The look of a page of text: each word is a bar of ink.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the cells that there are")]
pub(crate) fn of_text(page: &Page) -> Option<PageHash> {
    if page.width <= 0.0 || page.height <= 0.0 {
        return None;
    }
    let cell = |at: f32, size: f32| ((at / size * FINE as f32) as usize).min(FINE - 1);
    let mut ink = Ink(vec![0.0; FINE * FINE]);
    for word in page.lines.iter().flat_map(|line| &line.words) {
        let [left, top, right, bottom] = word.bounds;
        let (first, last) = (cell(left, page.width), cell(right, page.width));
        for row in cell(top, page.height)..=cell(bottom, page.height) {
            ink.0[row * FINE + first..=row * FINE + last.max(first)].iter_mut().for_each(|one| *one += 1.0);
        }
    }
    ink.hash()
}

impl Ink {
    fn hash(&self) -> Option<PageHash> {
        let rows: Vec<f64> = self.0.chunks_exact(FINE).map(|row| row.iter().sum()).collect();
        let columns: Vec<f64> = (0..FINE).map(|x| self.0.iter().skip(x).step_by(FINE).sum()).collect();
        let ((top, bottom), (left, right)) = (frame(&rows)?, frame(&columns)?);
        // Cells of the frame: one more in a row than there are bits.
        let density: Vec<Vec<f64>> = (0..BITS)
            .map(|row| {
                let (from, to) = part(top, bottom, row, BITS);
                (0..=BITS)
                    .map(|column| {
                        let (first, last) = part(left, right, column, BITS + 1);
                        let sum: f64 =
                            (from..to).map(|y| self.0[y * FINE + first..y * FINE + last].iter().sum::<f64>()).sum();
                        sum / ((to - from) * (last - first)) as f64
                    })
                    .collect()
            })
            .collect();
        let mean = density.iter().flatten().sum::<f64>() / (BITS * (BITS + 1)) as f64;
        let mut bits = [0u8; 32];
        for (row, cells) in density.iter().enumerate() {
            for (column, pair) in cells.windows(2).enumerate() {
                if pair[0] > pair[1] + DENSER * mean {
                    bits[row * 2 + column / 8] |= 0x80 >> (column % 8);
                }
            }
        }
        Some(PageHash(bits)).filter(|hash| !hash.is_blank())
    }
}

/// From where to where the ink reaches, but for the outermost specks; `None` without ink.
fn frame(lines: &[f64]) -> Option<(usize, usize)> {
    let all: f64 = lines.iter().sum();
    if all <= 0.0 {
        return None;
    }
    let edge = all * EDGE;
    let reach = |lines: &mut dyn Iterator<Item = &f64>| {
        let mut seen = 0.0;
        lines
            .take_while(|line| {
                seen += **line;
                seen < edge
            })
            .count()
    };
    let (first, after) = (reach(&mut lines.iter()), lines.len() - reach(&mut lines.iter().rev()));
    // Less than a bit's width of ink is no page.
    (after > first + BITS).then_some((first, after))
}

/// The `number`th of `parts` equal parts of a stretch, and half a part more on each side: a line of text at the border of
/// two parts belongs to both, whatever a scanner makes of a millimetre. Never empty, and never beyond the page.
fn part(from: usize, to: usize, number: usize, parts: usize) -> (usize, usize) {
    let half = |halves: usize| from + (to - from) * halves / (2 * parts);
    let before = (to - from) / (2 * parts);
    let (first, last) = (half(2 * number).saturating_sub(before), half(2 * number + 2) + before);
    (first, last.min(FINE).max(first + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// A page of bars like lines of words; another seed is another page.
    fn page(seed: u32, width: u32, height: u32, (dx, dy): (u32, u32), lean: u32) -> GrayImage {
        let mut picture = GrayImage::from_pixel(width, height, Luma([255]));
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let mut next = |most: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % most
        };
        let unit = width / 100;
        for line in 0..40 {
            let (start, length) = (next(60), 5 + next(35));
            if next(4) == 0 {
                continue;
            }
            for x in (start * unit)..((start + length) * unit) {
                let y = height * (line + 1) / 44 + x * lean / 1000;
                for thick in 0..height / 110 {
                    let (x, y) = (x + dx, y + dy + thick);
                    if x < width && y < height && (x / unit.max(1)) % 3 != 2 {
                        picture.put_pixel(x, y, Luma([20]));
                    }
                }
            }
        }
        picture
    }

    #[test]
    fn the_same_page_looks_alike_whatever_its_size_place_and_lean() {
        let mut far = 0;
        for seed in 1..30 {
            let plain = of_picture(&page(seed, 1000, 1400, (0, 0), 0)).unwrap();
            for (what, other) in [
                ("larger", page(seed, 1700, 2380, (0, 0), 0)),
                ("moved", page(seed, 1000, 1400, (23, 31), 0)),
                ("leaning", page(seed, 1000, 1400, (0, 0), 6)),
            ] {
                let distance = plain.distance(&of_picture(&other).unwrap());
                assert!(distance <= 45, "seed {seed} {what}: {distance}");
                far += u32::from(distance > 32);
            }
            let another = of_picture(&page(seed + 100, 1000, 1400, (0, 0), 0)).unwrap();
            assert!(plain.distance(&another) > 55, "seed {seed}: {}", plain.distance(&another));
        }
        assert!(far <= 2, "{far} of 87 are farther than the store looks");
    }

    #[test]
    fn a_page_without_ink_has_no_look() {
        assert_eq!(of_picture(&GrayImage::from_pixel(300, 400, Luma([255]))), None);
        assert_eq!(of_picture(&GrayImage::from_pixel(1, 1, Luma([0]))), None);
        assert_eq!(of_text(&Page::default()), None);
        assert_eq!(of_text(&Page { width: 595.0, height: 842.0, ..Page::default() }), None);
    }
}
