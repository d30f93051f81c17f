//! Takes the ruled lines of tables and boxes out of a page, which the engine otherwise reads as ー, 一, | and 1 or takes
//! for pictures. Strokes of characters that cross a line stay.

use image::GrayImage;

/// Sauvola's weight of the local contrast.
const SAUVOLA_K: f32 = 0.15;
/// A run this long is a ruled line and no stroke of a character, in inches.
const LINE_INCHES: f64 = 0.45;
/// A standing run this long is one too when both its ends meet a lying line: the sides of a box for one digit.
const SHORT_LINE_INCHES: f64 = 0.14;
/// No ruled line is thicker, in inches.
const THICK_INCHES: f64 = 0.03;
/// A dashed or dotted line is at least this long, its breaks at most, in inches.
const DASHED_INCHES: (f64, f64) = (1.0, 0.08);
/// Breaks in a line that are closed, in pixels.
const GAP: usize = 2;
/// So many lines over half of the page, and so many upright ones, are a table.
const TABLE_ROWS: usize = 4;
const TABLE_COLUMNS: usize = 3;

/// Paints the ruled lines of a page white, and says whether they were those of a table.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths in pixels are small and positive")]
pub(super) fn remove(image: &mut GrayImage, dpi: u32) -> bool {
    let pixels = |inches: f64| (inches * f64::from(dpi)).round().max(2.0) as usize;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (long, short, thick) = (pixels(LINE_INCHES), pixels(SHORT_LINE_INCHES), pixels(THICK_INCHES));
    if width < short || height < short {
        return false;
    }
    let ink = Ink::of(image, pixels(0.12));
    let upright = ink.transposed();
    // How thick the ink is across each direction at each pixel.
    let thick_across_lying = upright.run_lengths().transposed();
    let thick_across_standing = ink.run_lengths();

    let solid = Run { long, thick, gap: GAP, thin_percent: 66 };
    // Between dashes there is paper, so nothing may be thick, or a row through letters would count.
    let dashed = Run { long: pixels(DASHED_INCHES.0), thick, gap: pixels(DASHED_INCHES.1), thin_percent: 97 };
    let lying = ink
        .long_runs(&solid, &thick_across_lying, |_, _, _| true)
        .or_both(&ink.long_runs(&dashed, &thick_across_lying, |_, _, _| true), &ink);
    let meets_lying = |x: usize, y: usize| {
        // They touch, but for soft edges: the strokes of a character stand off the lines around it.
        let reach = (dpi as usize / 150).max(1) + 2;
        (y.saturating_sub(reach)..(y + reach + 1).min(height))
            .any(|y| (x.saturating_sub(2)..(x + 3).min(width)).any(|x| lying.at(x, y)))
    };
    let across_upright = thick_across_standing.transposed();
    let standing = upright
        .long_runs(&Run { long: short, ..solid }, &across_upright, |x, from, to| {
            to - from >= long || (meets_lying(x, from) && meets_lying(x, to - 1))
        })
        .or_both(&upright.long_runs(&dashed, &across_upright, |_, _, _| true), &upright)
        .transposed();

    let is_table = lying.bands(width / 2) >= TABLE_ROWS && standing.transposed().bands(height / 12) >= TABLE_COLUMNS;

    // A line's soft edges lie around its ink; where ink goes on across the line, a character stands on it and stays.
    let margin = (dpi as usize / 150).max(1);
    let through = thick + 2 * margin;
    let raw: &mut [u8] = image;
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let crossing = lying.cells[at] && standing.cells[at];
            if lying.cells[at] && (crossing || usize::from(thick_across_lying.cells[at]) <= through) {
                for y in y.saturating_sub(margin)..(y + margin + 1).min(height) {
                    raw[y * width + x] = 255;
                }
            }
            if standing.cells[at] && (crossing || usize::from(thick_across_standing.cells[at]) <= through) {
                for x in x.saturating_sub(margin)..(x + margin + 1).min(width) {
                    raw[y * width + x] = 255;
                }
            }
        }
    }
    is_table
}

/// One value a pixel.
pub(super) struct Cells<T> {
    width: usize,
    height: usize,
    cells: Vec<T>,
}

/// What counts as a line, in pixels.
#[derive(Clone, Copy)]
struct Run {
    long: usize,
    thick: usize,
    /// Breaks up to this are closed.
    gap: usize,
    /// How much of its ink must be no thicker than `thick`; the rest are crossings.
    thin_percent: usize,
}

/// Which pixels are ink.
pub(super) type Ink = Cells<bool>;

impl<T: Copy + Default> Cells<T> {
    fn transposed(&self) -> Cells<T> {
        let mut cells = vec![T::default(); self.cells.len()];
        // In tiles, because a whole column at a time misses the cache at every pixel.
        const TILE: usize = 32;
        for top in (0..self.height).step_by(TILE) {
            for left in (0..self.width).step_by(TILE) {
                for y in top..(top + TILE).min(self.height) {
                    for x in left..(left + TILE).min(self.width) {
                        cells[x * self.height + y] = self.cells[y * self.width + x];
                    }
                }
            }
        }
        Cells { width: self.height, height: self.width, cells }
    }
}

impl Cells<bool> {
    /// How many lines there are of at least so many cells, each with those beside it.
    fn bands(&self, least: usize) -> usize {
        let mut before = false;
        let mut bands = 0;
        for row in self.cells.chunks_exact(self.width) {
            let line = row.iter().filter(|cell| **cell).count() >= least;
            bands += usize::from(line && !before);
            before = line;
        }
        bands
    }

    /// Sauvola's local threshold with a window of `2·radius + 1` pixels: finds pale hairlines beside bold print.
    #[expect(clippy::cast_possible_wrap, reason = "sums over a window of a picture of at most some megapixels")]
    pub(super) fn of(image: &GrayImage, radius: usize) -> Ink {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let raw = image.as_raw();
        let mut cells = vec![false; width * height];
        // Sums over the window's rows, column by column; a row enters below while one leaves above.
        let mut columns = vec![(0i64, 0i64); width];
        let add = |columns: &mut [(i64, i64)], y: usize, sign: i64| {
            for (sums, &pixel) in columns.iter_mut().zip(&raw[y * width..(y + 1) * width]) {
                let value = i64::from(pixel);
                sums.0 += sign * value;
                sums.1 += sign * value * value;
            }
        };
        for y in 0..radius.min(height) {
            add(&mut columns, y, 1);
        }
        for y in 0..height {
            if y + radius < height {
                add(&mut columns, y + radius, 1);
            }
            if y > radius {
                add(&mut columns, y - radius - 1, -1);
            }
            let rows = (y + radius).min(height - 1) + 1 - y.saturating_sub(radius);
            let (mut sum, mut squares) = (0i64, 0i64);
            for column in &columns[..radius.min(width)] {
                sum += column.0;
                squares += column.1;
            }
            for x in 0..width {
                if x + radius < width {
                    sum += columns[x + radius].0;
                    squares += columns[x + radius].1;
                }
                if x > radius {
                    sum -= columns[x - radius - 1].0;
                    squares -= columns[x - radius - 1].1;
                }
                let count = (rows * ((x + radius).min(width - 1) + 1 - x.saturating_sub(radius))) as i64 as f32;
                let mean = sum as f32 / count;
                let deviation = (squares as f32 / count - mean * mean).max(0.0).sqrt();
                let threshold = mean * (1.0 + SAUVOLA_K * (deviation / 128.0 - 1.0));
                cells[y * width + x] = f32::from(raw[y * width + x]) < threshold;
            }
        }
        Cells { width, height, cells }
    }

    pub(super) fn at(&self, x: usize, y: usize) -> bool {
        self.cells[y * self.width + x]
    }

    /// These, and those that are in both of the others.
    fn or_both(mut self, one: &Ink, other: &Ink) -> Ink {
        for ((cell, one), other) in self.cells.iter_mut().zip(&one.cells).zip(&other.cells) {
            *cell |= *one && *other;
        }
        self
    }

    /// At each pixel of ink, how long the run of ink along its row is.
    fn run_lengths(&self) -> Cells<u16> {
        let mut cells = vec![0u16; self.cells.len()];
        for (ink, lengths) in self.cells.chunks_exact(self.width).zip(cells.chunks_exact_mut(self.width)) {
            let mut x = 0;
            while x < ink.len() {
                let length = ink[x..].iter().take_while(|ink| **ink).count();
                lengths[x..x + length].fill(u16::try_from(length).unwrap_or(u16::MAX));
                x += length.max(1);
            }
        }
        Cells { width: self.width, height: self.height, cells }
    }

    /// The runs along the rows, small breaks closed, that are accepted by `accept(row, from, to)`.
    fn long_runs(&self, run: &Run, thickness: &Cells<u16>, accept: impl Fn(usize, usize, usize) -> bool) -> Ink {
        let mut cells = vec![false; self.cells.len()];
        for y in 0..self.height {
            let ink = &self.cells[y * self.width..(y + 1) * self.width];
            let mut x = 0;
            while x < ink.len() {
                if !ink[x] {
                    x += 1;
                    continue;
                }
                let (from, mut to, mut at) = (x, x + 1, x + 1);
                while at < ink.len() && at - to <= run.gap {
                    if ink[at] {
                        to = at + 1;
                    }
                    at += 1;
                }
                x = to + 1;
                if to - from < run.long {
                    continue;
                }
                let thickness = &thickness.cells[y * self.width + from..y * self.width + to];
                // Breaks are 0 thick.
                let inked = thickness.iter().filter(|value| **value > 0).count();
                let thin = thickness.iter().filter(|value| (1..=run.thick).contains(&usize::from(**value))).count();
                if thin * 100 >= inked * run.thin_percent && accept(y, from, to) {
                    cells[y * self.width + from..y * self.width + to].fill(true);
                }
            }
        }
        Cells { width: self.width, height: self.height, cells }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(draw: impl Fn(u32, u32) -> bool) -> GrayImage {
        GrayImage::from_fn(600, 400, |x, y| image::Luma([if draw(x, y) { 0 } else { 255 }]))
    }

    fn ink(image: &GrayImage, left: u32, top: u32, right: u32, bottom: u32) -> usize {
        (top..bottom)
            .flat_map(|y| (left..right).map(move |x| (x, y)))
            .filter(|&(x, y)| image.get_pixel(x, y).0[0] < 128)
            .count()
    }

    #[test]
    fn the_lines_of_a_table_go_and_strokes_stay() {
        let table = |x: u32, y: u32| {
            let lying = (y == 100 || y == 101 || y == 200) && (50..550).contains(&x);
            let standing = (x == 50 || x == 300 || x == 549) && (100..=200).contains(&y);
            lying || standing
        };
        let stroke = |x: u32, y: u32| (120..124).contains(&x) && (140..170).contains(&y);
        let mut image = page(|x, y| table(x, y) || stroke(x, y));
        remove(&mut image, 200);
        assert_eq!(ink(&image, 0, 0, 600, 400), 4 * 30, "only the stroke is left");
        assert_eq!(ink(&image, 120, 140, 124, 170), 4 * 30);
    }

    #[test]
    fn a_character_that_crosses_a_line_keeps_its_stroke() {
        let mut image =
            page(|x, y| ((y == 100) && (50..550).contains(&x)) || ((200..205).contains(&x) && (85..115).contains(&y)));
        remove(&mut image, 200);
        assert!(ink(&image, 200, 85, 205, 115) >= 5 * 29, "the stroke is whole");
        assert_eq!(ink(&image, 50, 90, 190, 110), 0, "the line is gone");
    }

    #[test]
    fn the_sides_of_a_box_for_one_digit_go() {
        let mut image = page(|x, y| {
            let lying = (y == 100 || y == 140) && (100..340).contains(&x);
            let standing = (100..=340).contains(&x) && (x - 100) % 40 == 0 && (100..=140).contains(&y);
            lying || standing
        });
        remove(&mut image, 200);
        assert_eq!(ink(&image, 0, 0, 600, 400), 0);
    }

    #[test]
    fn dashes_and_leading_dots_go_but_not_the_text_beside_them() {
        let mut image = page(|x, y| {
            let dashed = (y == 100 || y == 101) && (20..580).contains(&x) && x % 10 < 6;
            let letters = (60..300).contains(&x) && (190..212).contains(&y) && x % 12 < 4;
            let dots = (210..212).contains(&y) && (310..560).contains(&x) && x % 9 < 2;
            dashed || letters || dots
        });
        remove(&mut image, 200);
        assert_eq!(ink(&image, 0, 80, 600, 120), 0, "dashes");
        assert_eq!(ink(&image, 305, 180, 600, 230), 0, "dots");
        assert_eq!(ink(&image, 60, 190, 300, 212), 20 * 4 * 22, "letters");
    }

    #[test]
    fn print_that_is_no_line_is_not_touched() {
        // A dark table head, a dash of a heading, rows of short strokes.
        let draw = |x: u32, y: u32| {
            ((20..60).contains(&y) && (50..550).contains(&x))
                || ((150..156).contains(&y) && (100..140).contains(&x))
                || ((250..274).contains(&y) && x % 10 < 6)
        };
        let before = page(draw);
        let mut after = before.clone();
        remove(&mut after, 200);
        assert_eq!(before, after);
    }

    #[test]
    fn a_tiny_or_empty_picture_is_no_trouble() {
        for (width, height) in [(0, 0), (1, 1), (3, 900), (900, 3)] {
            remove(&mut GrayImage::new(width, height), 300);
        }
    }
}
