//! Evens out the light: shadows, yellowed paper and thermal print become dark ink on white paper. Of all steps of
//! cleaning this one helps recognition most.

use image::GrayImage;

/// Cells along the longer side of the grid on which the paper's brightness is estimated. Fine enough for the edge of a
/// hand's shadow, coarse enough that a cell of text still holds paper.
const CELLS: u32 = 200;
/// The share of a cell's pixels that are darker than its paper: text covers less than the rest.
const PAPER_PERCENTILE: u64 = 80;
/// How often the brightest neighbour wins, so that a big character, a stamp or a dark table head (with white letters,
/// up to 9 mm high on A4) does not count as dark paper.
const DILATIONS: usize = 3;
/// What is darker than this share of the page's bright paper over a larger area is print, not paper in shadow.
const DARKEST_PAPER: f32 = 0.2;

/// Divides a page by the brightness of its paper and stretches what is left from black to white.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "brightness is clamped to 0..=255 before it becomes a byte"
)]
pub(super) fn even(image: &GrayImage) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if width == 0 || height == 0 {
        return image.clone();
    }
    let cell = (image.width().max(image.height()).div_ceil(CELLS) as usize).max(4);
    let paper = Paper::of(image, cell);

    let columns: Vec<(usize, usize, f32)> = (0..width).map(|x| neighbours(x, cell, paper.columns)).collect();
    let mut out = vec![0u8; width * height];
    let mut across = vec![0f32; paper.columns];
    let mut histogram = [0u64; 256];
    for (y, (source, target)) in image.as_raw().chunks_exact(width).zip(out.chunks_exact_mut(width)).enumerate() {
        let (above, below, share) = neighbours(y, cell, paper.rows);
        for (column, value) in across.iter_mut().enumerate() {
            let (a, b) = (paper.at(column, above), paper.at(column, below));
            *value = a + (b - a) * share;
        }
        for ((source, target), &(left, right, share)) in source.iter().zip(target).zip(&columns) {
            let white = across[left] + (across[right] - across[left]) * share;
            *target = (f32::from(*source) * 255.0 / white).min(255.0) as u8;
            histogram[usize::from(*target)] += 1;
        }
    }

    // Ink to black, paper to white; a page without ink must not have its grain blown up into it.
    let black = f32::from(percentile(&histogram, 1).min(110));
    let white = f32::from(percentile(&histogram, 50).max(200));
    let stretched: Vec<u8> =
        (0..=255u8).map(|v| ((f32::from(v) - black) * 255.0 / (white - black)).clamp(0.0, 255.0) as u8).collect();
    for pixel in &mut out {
        *pixel = stretched[usize::from(*pixel)];
    }
    // The buffer was made for exactly this size.
    GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_default()
}

/// The brightness of the paper, cell by cell.
struct Paper {
    columns: usize,
    rows: usize,
    cells: Vec<f32>,
}

impl Paper {
    fn of(image: &GrayImage, cell: usize) -> Paper {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (columns, rows) = (width.div_ceil(cell), height.div_ceil(cell));
        let mut cells = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let mut histogram = [0u64; 256];
                for y in row * cell..((row + 1) * cell).min(height) {
                    let line = &image.as_raw()[y * width..(y + 1) * width];
                    for &pixel in &line[column * cell..((column + 1) * cell).min(width)] {
                        histogram[usize::from(pixel)] += 1;
                    }
                }
                cells.push(f32::from(percentile(&histogram, PAPER_PERCENTILE)));
            }
        }
        let mut paper = Paper { columns, rows, cells };
        for _ in 0..DILATIONS {
            paper.each_with_neighbours(1, |around| around.iter().copied().fold(0.0, f32::max));
        }
        for _ in 0..2 {
            paper.each_with_neighbours(2, |around| around.iter().sum::<f32>() / around.len() as f32);
        }
        let mut sorted = paper.cells.clone();
        sorted.sort_by(f32::total_cmp);
        let bright = sorted[sorted.len() * 9 / 10];
        let floor = (bright * DARKEST_PAPER).max(16.0);
        for value in &mut paper.cells {
            *value = value.max(floor);
        }
        paper
    }

    fn at(&self, column: usize, row: usize) -> f32 {
        self.cells[row * self.columns + column]
    }

    /// Replaces each cell by what `f` makes of the cells within `radius` of it.
    fn each_with_neighbours(&mut self, radius: usize, f: impl Fn(&[f32]) -> f32) {
        let mut out = Vec::with_capacity(self.cells.len());
        let mut around = Vec::new();
        for row in 0..self.rows {
            for column in 0..self.columns {
                around.clear();
                for y in row.saturating_sub(radius)..(row + radius + 1).min(self.rows) {
                    let from = column.saturating_sub(radius);
                    let to = (column + radius + 1).min(self.columns);
                    around.extend_from_slice(&self.cells[y * self.columns + from..y * self.columns + to]);
                }
                out.push(f(&around));
            }
        }
        self.cells = out;
    }
}

/// The two cells whose middles lie around a pixel, and how far it is from the first to the second.
fn neighbours(at: usize, cell: usize, count: usize) -> (usize, usize, f32) {
    let half = cell as f32 / 2.0;
    let place = ((at as f32 + 0.5 - half) / cell as f32).clamp(0.0, (count - 1) as f32);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the cells there are")]
    let first = place as usize;
    (first, (first + 1).min(count - 1), place - first as f32)
}

/// The value below which `percent` of what was counted lies.
pub(super) fn percentile(histogram: &[u64; 256], percent: u64) -> u8 {
    let total: u64 = histogram.iter().sum();
    let mut seen = 0;
    for (value, count) in (0u8..=255).zip(histogram) {
        seen += count;
        if seen * 100 > total * percent {
            return value;
        }
    }
    255
}
