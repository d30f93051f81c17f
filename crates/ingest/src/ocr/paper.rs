//! Finds the sheet of paper on a photograph: a quadrilateral that is brighter than the table around it. Found only when all four sides
//! are sure, because a wrong guess cuts text off, and an unstraightened photo is still mostly readable.

use super::plane::{Point, reduced};
use image::GrayImage;

/// The longer side of the small picture that is searched.
const SIDE: u32 = 400;
/// The paper fills at least this share of the photo (a smaller one has too few pixels to be read) and at most the other.
const AREA: (f64, f64) = (0.15, 0.97);
/// The share of a side's points that must lie on its straight line, and how near in pixels of the small picture.
const ON_THE_LINE: (f64, f64) = (0.8, 1.6);
/// How much brighter the paper is than the table along each side, at least.
const CONTRAST: f64 = 14.0;

/// The four corners of the paper from the top left clockwise, in pixels of `image`.
pub(super) fn find(image: &GrayImage) -> Option<[Point; 4]> {
    if image.width().min(image.height()) < 64 {
        return None;
    }
    let block = image.width().max(image.height()).div_ceil(SIDE);
    let small = image::imageops::blur(&reduced(image, block), 1.0);
    // The sheet is the largest quadrilateral that any way of telling paper from table gives and that passes every check.
    bright_regions(&small)
        .chain(smooth_regions(&small))
        .flat_map(|mask| outlines(&mask, small.width() as usize))
        .filter_map(|outline| quadrilateral(&small, &outline))
        .max_by(|a, b| area(a).total_cmp(&area(b)))
        .map(|corners| corners.map(|corner| (corner.0 * f64::from(block), corner.1 * f64::from(block))))
}

/// Paper is brighter than the table. One threshold may miss a grey table or a shadow across the paper, so there are
/// several.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates at the ends of a byte")]
fn bright_regions(small: &GrayImage) -> impl Iterator<Item = Vec<bool>> {
    let first = otsu(small, 0);
    let second = otsu(small, first);
    [-0.5, 0.0, 0.35, 0.7, 1.0].into_iter().map(move |share| {
        let threshold = (f64::from(first) + (f64::from(second) - f64::from(first)) * share) as u8;
        small.as_raw().iter().map(|pixel| *pixel > threshold).collect()
    })
}

/// Where a shadow makes the paper at one end as dark as the table at the other, the edge between them still is sharp, and
/// the margins of the sheet lie within it as one smooth region.
fn smooth_regions(small: &GrayImage) -> impl Iterator<Item = Vec<bool>> {
    let (width, height) = (small.width() as usize, small.height() as usize);
    let raw = small.as_raw();
    let mut steps = vec![0u8; raw.len()];
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            steps[at] = raw[at - 1].abs_diff(raw[at + 1]).max(raw[at - width].abs_diff(raw[at + width]));
        }
    }
    [6, 10, 16].into_iter().map(move |most| steps.iter().map(|step| *step < most).collect())
}

/// Otsu's threshold between the dark and the bright of those pixels that are brighter than `above`.
#[expect(clippy::cast_possible_truncation, reason = "an index into 256 classes")]
fn otsu(image: &GrayImage, above: u8) -> u8 {
    let mut histogram = [0f64; 256];
    for &pixel in image.as_raw().iter().filter(|&&pixel| pixel >= above) {
        histogram[usize::from(pixel)] += 1.0;
    }
    let total: f64 = histogram.iter().sum();
    let sum: f64 = histogram.iter().enumerate().map(|(value, count)| value as f64 * count).sum();
    let (mut dark, mut dark_sum, mut best, mut threshold) = (0.0, 0.0, 0.0, above);
    for (value, count) in histogram.iter().enumerate() {
        dark += count;
        dark_sum += value as f64 * count;
        let bright = total - dark;
        if dark > 0.0 && bright > 0.0 {
            let apart = dark_sum / dark - (sum - dark_sum) / bright;
            let variance = dark * bright * apart * apart;
            if variance > best {
                (best, threshold) = (variance, value as u8);
            }
        }
    }
    threshold
}

/// The sides of a sheet, in the order of its corners: from the top left to the top right and on.
#[derive(Clone, Copy)]
enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

/// For each row the first and last column of a region, for each column its first and last row.
struct Outline {
    width: usize,
    height: usize,
    rows: Vec<Option<(usize, usize)>>,
    columns: Vec<Option<(usize, usize)>>,
    /// Pixels of the region on the edge of the picture.
    on_edge: usize,
}

/// The four sides of a region, if it is surely a sheet of paper.
fn quadrilateral(image: &GrayImage, outline: &Outline) -> Option<[Point; 4]> {
    let (width, height) = (outline.width, outline.height);
    // A sheet that runs out of the picture (a scan above all) has sides that cannot be seen.
    if outline.on_edge * 50 > 2 * (width + height) {
        return None;
    }
    let rough = outline.corners()?;
    let all = (width * height) as f64;
    if !(AREA.0..=AREA.1).contains(&(area(&rough) / all)) {
        return None;
    }
    let lines = [
        outline.side(Side::Top, rough[0], rough[1])?,
        outline.side(Side::Right, rough[1], rough[2])?,
        outline.side(Side::Bottom, rough[3], rough[2])?,
        outline.side(Side::Left, rough[0], rough[3])?,
    ];
    let corners =
        [meet(lines[3], lines[0])?, meet(lines[1], lines[0])?, meet(lines[1], lines[2])?, meet(lines[3], lines[2])?];
    let inside = |(x, y): Point| x > -2.0 && y > -2.0 && x < width as f64 + 2.0 && y < height as f64 + 2.0;
    let filled = outline.area() / area(&corners);
    let sure = corners.into_iter().all(inside)
        && (0.94..=1.06).contains(&filled)
        && angles(&corners).into_iter().all(|degrees| (60.0..=120.0).contains(&degrees))
        && darker_outside(image, &corners);
    sure.then_some(corners)
}

/// The outlines of the connected regions of a mask that reach over enough of the picture.
fn outlines(mask: &[bool], width: usize) -> Vec<Outline> {
    let height = mask.len() / width;
    let mut seen = vec![false; mask.len()];
    let (mut found, mut open, mut region) = (Vec::new(), Vec::new(), Vec::new());
    for start in 0..mask.len() {
        if seen[start] || !mask[start] {
            continue;
        }
        seen[start] = true;
        open.push(start);
        region.clear();
        while let Some(at) = open.pop() {
            region.push(at);
            let (x, y) = (at % width, at / width);
            let neighbours = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then_some(at + 1),
                (y > 0).then(|| at - width),
                (y + 1 < height).then_some(at + width),
            ];
            for next in neighbours.into_iter().flatten() {
                if !seen[next] && mask[next] {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
        // The margins of a sheet alone are more than this.
        if region.len() * 50 < mask.len() {
            continue;
        }
        let mut outline = Outline { width, height, rows: vec![None; height], columns: vec![None; width], on_edge: 0 };
        for &at in &region {
            let (x, y) = (at % width, at / width);
            outline.on_edge += usize::from(x == 0 || y == 0 || x + 1 == width || y + 1 == height);
            let row = outline.rows[y].get_or_insert((x, x));
            *row = (row.0.min(x), row.1.max(x));
            let column = outline.columns[x].get_or_insert((y, y));
            *column = (column.0.min(y), column.1.max(y));
        }
        found.push(outline);
    }
    found
}

impl Outline {
    /// The points farthest out in the four diagonal directions.
    fn corners(&self) -> Option<[Point; 4]> {
        let points = || {
            self.rows
                .iter()
                .enumerate()
                .filter_map(|(y, span)| span.map(|(from, to)| (y, from, to)))
                .flat_map(|(y, from, to)| [(from as f64, y as f64 + 0.5), (to as f64 + 1.0, y as f64 + 0.5)])
        };
        let farthest = |x: f64, y: f64| points().max_by(|a, b| (a.0 * x + a.1 * y).total_cmp(&(b.0 * x + b.1 * y)));
        Some([farthest(-1.0, -1.0)?, farthest(1.0, -1.0)?, farthest(1.0, 1.0)?, farthest(-1.0, 1.0)?])
    }

    /// All pixels between the outermost of each row: the region with its text filled in.
    fn area(&self) -> f64 {
        self.rows.iter().flatten().map(|(from, to)| (to - from + 1) as f64).sum()
    }

    /// The straight line through the points of one side between two corners, without the rounded ends; `None` when too
    /// few of them lie on it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "corners lie within the picture")]
    fn side(&self, side: Side, from: Point, to: Point) -> Option<Line> {
        let standing = matches!(side, Side::Left | Side::Right);
        // Along the side, and across it.
        let (start, end) = if standing { (from.1, to.1) } else { (from.0, to.0) };
        let spans = if standing { &self.rows } else { &self.columns };
        let margin = (end - start) * 0.08;
        let points: Vec<Point> = ((start + margin).max(0.0) as usize..(end - margin).max(0.0) as usize)
            .filter_map(|along| {
                let (first, last) = (*spans.get(along)?)?;
                let across = match side {
                    Side::Top | Side::Left => first as f64,
                    Side::Bottom | Side::Right => last as f64 + 1.0,
                };
                Some((along as f64 + 0.5, across))
            })
            .collect();
        if points.len() < 12 {
            return None;
        }
        // Fit, drop what lies off, fit again: a thumb or a fold must not pull the line.
        let mut near = points.clone();
        let mut line = fit(&near)?;
        for _ in 0..4 {
            let mut off: Vec<f64> = points.iter().map(|point| (line.0 * point.0 + line.1 - point.1).abs()).collect();
            off.sort_by(f64::total_cmp);
            let allowed = (off[off.len() / 2] * 2.0).max(ON_THE_LINE.1);
            near = points.iter().copied().filter(|p| (line.0 * p.0 + line.1 - p.1).abs() <= allowed).collect();
            line = fit(&near)?;
        }
        let on = points.iter().filter(|point| (line.0 * point.0 + line.1 - point.1).abs() <= ON_THE_LINE.1).count();
        (on as f64 >= points.len() as f64 * ON_THE_LINE.0).then_some(if standing {
            Line { a: 1.0, b: -line.0, c: line.1 }
        } else {
            Line { a: -line.0, b: 1.0, c: line.1 }
        })
    }
}

/// `a·x + b·y = c`.
#[derive(Clone, Copy)]
struct Line {
    a: f64,
    b: f64,
    c: f64,
}

/// Least squares: `across = slope·along + start`.
fn fit(points: &[Point]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (sx, sy) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (mx, my) = (sx / n, sy / n);
    let (mut xx, mut xy) = (0.0, 0.0);
    for point in points {
        xx += (point.0 - mx) * (point.0 - mx);
        xy += (point.0 - mx) * (point.1 - my);
    }
    (xx > 0.0).then(|| (xy / xx, my - xy / xx * mx))
}

fn meet(one: Line, other: Line) -> Option<Point> {
    let determinant = one.a * other.b - other.a * one.b;
    (determinant.abs() > 1e-9)
        .then(|| ((one.c * other.b - other.c * one.b) / determinant, (one.a * other.c - other.a * one.c) / determinant))
}

/// The area of a quadrilateral (the shoelace formula).
fn area(corners: &[Point; 4]) -> f64 {
    let next = |i: usize| corners[(i + 1) % 4];
    (0..4).map(|i| corners[i].0 * next(i).1 - next(i).0 * corners[i].1).sum::<f64>().abs() / 2.0
}

/// The angle at each corner in degrees.
fn angles(corners: &[Point; 4]) -> [f64; 4] {
    std::array::from_fn(|i| {
        let (here, before, after) = (corners[i], corners[(i + 3) % 4], corners[(i + 1) % 4]);
        let (a, b) = ((before.0 - here.0, before.1 - here.1), (after.0 - here.0, after.1 - here.1));
        let lengths = a.0.hypot(a.1) * b.0.hypot(b.1);
        ((a.0 * b.0 + a.1 * b.1) / lengths).clamp(-1.0, 1.0).acos().to_degrees()
    })
}

/// Whether along every side the strip just outside is darker than the one just inside.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie within the picture")]
fn darker_outside(image: &GrayImage, corners: &[Point; 4]) -> bool {
    let middle = corners.iter().fold((0.0, 0.0), |sum, corner| (sum.0 + corner.0 / 4.0, sum.1 + corner.1 / 4.0));
    let mean = |from: Point, to: Point, outward: f64| {
        let (mut sum, mut count) = (0.0, 0.0);
        for step in 1..40 {
            let along = f64::from(step) / 40.0;
            let point = (from.0 + (to.0 - from.0) * along, from.1 + (to.1 - from.1) * along);
            let out = (point.0 - middle.0, point.1 - middle.1);
            let length = out.0.hypot(out.1).max(1.0);
            let (x, y) = (point.0 + out.0 / length * outward, point.1 + out.1 / length * outward);
            if x >= 0.0 && y >= 0.0 && x < f64::from(image.width()) && y < f64::from(image.height()) {
                sum += f64::from(image.get_pixel(x as u32, y as u32).0[0]);
                count += 1.0;
            }
        }
        // A side along the very edge of the picture has no outside, and nothing can be said against it.
        (count > 10.0).then(|| sum / count)
    };
    (0..4).all(|i| {
        let (from, to) = (corners[i], corners[(i + 1) % 4]);
        match (mean(from, to, 4.0), mean(from, to, -4.0)) {
            (Some(outside), Some(inside)) => inside - outside >= CONTRAST,
            (None, _) => true,
            (Some(_), None) => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ocr::plane::Homography;

    /// A white sheet with grey lines of text, laid on a table of the given brightness.
    fn photo(corners: [Point; 4], table: u8) -> GrayImage {
        let to_sheet = Homography::from_unit_square(corners).inverse();
        GrayImage::from_fn(1000, 1200, |x, y| {
            let (u, v) = to_sheet.apply((f64::from(x) + 0.5, f64::from(y) + 0.5));
            let (row, column) = ((v * 20.0).rem_euclid(1.0), (u * 50.0).rem_euclid(1.0));
            image::Luma([match (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                true if row > 0.6 && (0.1..0.9).contains(&u) && (0.1..0.9).contains(&v) && column > 0.3 => 60,
                true => 235,
                false => table + ((x * 7 + y * 13) % 9) as u8,
            }])
        })
    }

    #[test]
    fn a_sheet_on_a_darker_table_is_found_by_its_corners() {
        for (corners, table) in [
            ([(120.0, 90.0), (880.0, 130.0), (900.0, 1090.0), (90.0, 1110.0)], 70),
            ([(200.0, 100.0), (800.0, 60.0), (940.0, 1120.0), (80.0, 1150.0)], 120),
            ([(150.0, 60.0), (910.0, 160.0), (800.0, 1140.0), (60.0, 1030.0)], 170),
        ] {
            let found = find(&photo(corners, table)).unwrap_or_else(|| panic!("not found: {corners:?}"));
            for (found, corner) in found.into_iter().zip(corners) {
                let off = (found.0 - corner.0).hypot(found.1 - corner.1);
                assert!(off < 8.0, "{found:?} for {corner:?}");
            }
        }
    }

    #[test]
    fn a_scan_has_no_table_and_nothing_is_cut_off() {
        let scan = photo([(0.0, 0.0), (999.0, 0.0), (999.0, 1199.0), (0.0, 1199.0)], 70);
        assert_eq!(find(&scan), None);
    }

    #[test]
    fn what_is_no_sheet_is_not_taken_for_one() {
        let blank = GrayImage::from_pixel(900, 1200, image::Luma([255]));
        let round = GrayImage::from_fn(900, 900, |x, y| {
            let off = (f64::from(x) - 450.0).hypot(f64::from(y) - 450.0);
            image::Luma([if off < 380.0 { 240 } else { 60 }])
        });
        let small = photo([(400.0, 500.0), (600.0, 500.0), (600.0, 760.0), (400.0, 760.0)], 70);
        for image in [blank, round, small, GrayImage::new(1, 1), GrayImage::new(5000, 3)] {
            assert_eq!(find(&image), None);
        }
    }
}
