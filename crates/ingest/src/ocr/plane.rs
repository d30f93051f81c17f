//! Maps between two pictures of the same page: scaling, turning, straightening, and seeing it from straight above.

use image::GrayImage;

/// A point in pixels; the top left corner of the picture is (0, 0), the middle of its first pixel (0.5, 0.5).
pub(super) type Point = (f64, f64);

/// A projective map of the plane. Every step of cleaning is one, so a box found on the cleaned picture can be shown on
/// the picture that came in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Homography([[f64; 3]; 3]);

impl Homography {
    pub(super) const IDENTITY: Homography = Homography([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// Multiplies x and y.
    pub(super) const fn scale(x: f64, y: f64) -> Homography {
        Homography([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, 1.0]])
    }

    /// Moves.
    pub(super) const fn shift(x: f64, y: f64) -> Homography {
        Homography([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])
    }

    /// Turns clockwise as seen on the screen (y grows downward) about the origin.
    pub(super) fn rotation(degrees: f64) -> Homography {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Homography([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    }

    /// The unit square to a convex quadrilateral, its corners given from the top left clockwise
    /// (P. S. Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3).
    pub(super) fn from_unit_square([p0, p1, p2, p3]: [Point; 4]) -> Homography {
        let (dx1, dy1) = (p1.0 - p2.0, p1.1 - p2.1);
        let (dx2, dy2) = (p3.0 - p2.0, p3.1 - p2.1);
        let (sx, sy) = (p0.0 - p1.0 + p2.0 - p3.0, p0.1 - p1.1 + p2.1 - p3.1);
        // Not zero: two sides that meet in a corner of a convex quadrilateral are not parallel.
        let determinant = dx1 * dy2 - dx2 * dy1;
        let g = (sx * dy2 - dx2 * sy) / determinant;
        let h = (dx1 * sy - sx * dy1) / determinant;
        Homography([
            [p1.0 - p0.0 + g * p1.0, p3.0 - p0.0 + h * p3.0, p0.0],
            [p1.1 - p0.1 + g * p1.1, p3.1 - p0.1 + h * p3.1, p0.1],
            [g, h, 1.0],
        ])
    }

    /// First `self`, then `next`.
    pub(super) fn then(&self, next: &Homography) -> Homography {
        let mut product = [[0.0; 3]; 3];
        for (row, out) in next.0.iter().zip(&mut product) {
            for (column, cell) in out.iter_mut().enumerate() {
                *cell = row.iter().zip(&self.0).map(|(a, line)| a * line[column]).sum();
            }
        }
        Homography(product)
    }

    /// Where a point goes.
    pub(super) fn apply(&self, (x, y): Point) -> Point {
        let [a, b, c] = self.0;
        let w = c[0] * x + c[1] * y + c[2];
        ((a[0] * x + a[1] * y + a[2]) / w, (b[0] * x + b[1] * y + b[2]) / w)
    }

    /// The map back (by the adjugate; a projective map is known up to a factor).
    #[cfg(test)]
    pub(super) fn inverse(&self) -> Homography {
        let m = &self.0;
        let minor = |r: [usize; 2], c: [usize; 2]| m[r[0]][c[0]] * m[r[1]][c[1]] - m[r[0]][c[1]] * m[r[1]][c[0]];
        Homography([
            [minor([1, 2], [1, 2]), -minor([0, 2], [1, 2]), minor([0, 1], [1, 2])],
            [-minor([1, 2], [0, 2]), minor([0, 2], [0, 2]), -minor([0, 1], [0, 2])],
            [minor([1, 2], [0, 1]), -minor([0, 2], [0, 1]), minor([0, 1], [0, 1])],
        ])
    }

    /// The upright box around where a box (left, top, right, bottom) goes.
    #[expect(clippy::cast_possible_truncation, reason = "positions on a page fit f32")]
    pub(super) fn apply_to_box(&self, bounds: [f32; 4]) -> [f32; 4] {
        let [left, top, right, bottom] = bounds.map(f64::from);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)].map(|corner| self.apply(corner));
        let (xs, ys) = (corners.map(|corner| corner.0), corners.map(|corner| corner.1));
        let least = |values: [f64; 4]| values.into_iter().fold(f64::INFINITY, f64::min) as f32;
        let most = |values: [f64; 4]| values.into_iter().fold(f64::NEG_INFINITY, f64::max) as f32;
        [least(xs), least(ys), most(xs), most(ys)]
    }
}

/// How far a page lies turned: what has to be done to make its text stand upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It stands upright.
    None,
    /// Once clockwise.
    Clockwise,
    /// Upside down.
    Half,
    /// Once counter-clockwise.
    Counter,
}

impl Turn {
    /// Turns a picture.
    pub(super) fn of(self, image: &GrayImage) -> GrayImage {
        match self {
            Turn::None => image.clone(),
            Turn::Clockwise => image::imageops::rotate90(image),
            Turn::Half => image::imageops::rotate180(image),
            Turn::Counter => image::imageops::rotate270(image),
        }
    }

    /// Where a point of a picture of `width` and `height` goes when it is turned.
    pub(super) fn map(self, width: f64, height: f64) -> Homography {
        match self {
            Turn::None => Homography::IDENTITY,
            Turn::Clockwise => Homography([[0.0, -1.0, height], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
            Turn::Half => Homography([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]]),
            Turn::Counter => Homography([[0.0, 1.0, 0.0], [-1.0, 0.0, width], [0.0, 0.0, 1.0]]),
        }
    }

    /// How many quarters clockwise.
    pub(super) const fn quarters(self) -> u8 {
        match self {
            Turn::None => 0,
            Turn::Clockwise => 1,
            Turn::Half => 2,
            Turn::Counter => 3,
        }
    }

    /// What undoes it.
    pub(super) const fn back(self) -> Turn {
        match self {
            Turn::Clockwise => Turn::Counter,
            Turn::Counter => Turn::Clockwise,
            same => same,
        }
    }

    /// Width and height after it.
    pub(super) fn size(self, width: f64, height: f64) -> (f64, f64) {
        match self {
            Turn::None | Turn::Half => (width, height),
            Turn::Clockwise | Turn::Counter => (height, width),
        }
    }
}

/// A picture made smaller by averaging blocks of `block` times `block` pixels; what is left over at the right and below
/// is dropped, so that a point's place is exactly `block` times that on the smaller picture.
pub(super) fn reduced(image: &GrayImage, block: u32) -> GrayImage {
    if block <= 1 || block > image.width() || block > image.height() {
        return image.clone();
    }
    let (width, height) = (image.width() / block, image.height() / block);
    let (side, pixels) = (block as usize, block * block);
    let mut out = Vec::with_capacity(width as usize * height as usize);
    let mut sums = vec![0u32; width as usize];
    for rows in image.as_raw().chunks_exact(image.width() as usize * side) {
        sums.fill(0);
        for row in rows.chunks_exact(image.width() as usize) {
            for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(side)) {
                *sum += pixels.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
            }
        }
        // A mean of bytes is a byte.
        out.extend(sums.iter().map(|sum| u8::try_from(sum / pixels).unwrap_or(u8::MAX)));
    }
    // As many rows and columns as whole blocks.
    GrayImage::from_raw(width, height, out).unwrap_or_default()
}

/// A new picture of `width` times `height` whose pixels stand in `image` where `to_source` says, blended from the four
/// nearest; what lies outside is white.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions are checked against the picture before they become indices, weights lie in 0..=256"
)]
pub(super) fn warp(image: &GrayImage, width: u32, height: u32, to_source: &Homography) -> GrayImage {
    let (source_width, source_height) = (image.width() as usize, image.height() as usize);
    let source = image.as_raw();
    let mut out = vec![255u8; width as usize * height as usize];
    if source_width < 2 || source_height < 2 {
        return GrayImage::from_raw(width, height, out).unwrap_or_default();
    }
    let [a, b, c] = to_source.0;
    // A map without perspective needs no division.
    let affine = c[0].abs() < 1e-12 && c[1].abs() < 1e-12;
    for (row, y) in out.chunks_exact_mut(width as usize).zip(0u32..) {
        let y = f64::from(y) + 0.5;
        let (mut u, mut v, mut w) = (a[1] * y + a[2], b[1] * y + b[2], c[1] * y + c[2]);
        u += a[0] * 0.5;
        v += b[0] * 0.5;
        w += c[0] * 0.5;
        for pixel in row {
            let (sx, sy) = if affine { (u / c[2] - 0.5, v / c[2] - 0.5) } else { (u / w - 0.5, v / w - 0.5) };
            u += a[0];
            v += b[0];
            w += c[0];
            // Half a pixel beyond the edge still belongs to the pixel at the edge.
            if sx < -0.5 || sy < -0.5 || sx > source_width as f64 - 0.5 || sy > source_height as f64 - 0.5 {
                continue;
            }
            let sx = sx.clamp(0.0, (source_width - 1) as f64 - 1e-3);
            let sy = sy.clamp(0.0, (source_height - 1) as f64 - 1e-3);
            let (x0, y0) = (sx as usize, sy as usize);
            let (fx, fy) = (((sx - x0 as f64) * 256.0) as u32, ((sy - y0 as f64) * 256.0) as u32);
            let at = y0 * source_width + x0;
            let top = u32::from(source[at]) * (256 - fx) + u32::from(source[at + 1]) * fx;
            let at = at + source_width;
            let bottom = u32::from(source[at]) * (256 - fx) + u32::from(source[at + 1]) * fx;
            *pixel = ((top * (256 - fy) + bottom * fy) >> 16) as u8;
        }
    }
    // The buffer was made for exactly this size.
    GrayImage::from_raw(width, height, out).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "greys of made-up pictures")]
mod tests {
    use super::*;

    fn close(a: Point, b: Point) -> bool {
        (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
    }

    #[test]
    fn the_corners_of_the_square_go_to_the_corners_of_the_quadrilateral() {
        let corners = [(12.0, 7.0), (410.0, 31.0), (390.0, 520.0), (25.0, 560.0)];
        let map = Homography::from_unit_square(corners);
        for (unit, corner) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().zip(corners) {
            assert!(close(map.apply(unit), corner), "{unit:?}");
            assert!(close(map.inverse().apply(corner), unit), "{unit:?}");
        }
    }

    #[test]
    fn a_turn_moves_pixels_and_points_alike() {
        let mut image = GrayImage::new(5, 3);
        image.put_pixel(4, 1, image::Luma([200]));
        for turn in [Turn::None, Turn::Clockwise, Turn::Half, Turn::Counter] {
            let turned = turn.of(&image);
            let (x, y) = turn.map(5.0, 3.0).apply((4.5, 1.5));
            assert!(
                turned.enumerate_pixels().any(
                    |(px, py, value)| value.0 == [200] && close((f64::from(px) + 0.5, f64::from(py) + 0.5), (x, y))
                )
            );
            let (width, height) = turn.size(5.0, 3.0);
            let round = turn.map(5.0, 3.0).then(&turn.back().map(width, height));
            assert!(close(round.apply((4.5, 1.5)), (4.5, 1.5)), "{turn:?}");
        }
    }

    #[test]
    fn blocks_are_averaged_and_the_rest_dropped() {
        let image = GrayImage::from_fn(7, 5, |x, y| image::Luma([(x * 10 + y) as u8]));
        let small = reduced(&image, 2);
        assert_eq!(small.dimensions(), (3, 2));
        assert_eq!(small.get_pixel(1, 1).0, [27]);
        assert_eq!(reduced(&image, 1), image);
        assert_eq!(reduced(&image, 9), image, "too small to be reduced");
    }

    #[test]
    fn warping_by_nothing_changes_nothing() {
        let image = GrayImage::from_fn(31, 17, |x, y| image::Luma([(x * 7 + y * 3) as u8]));
        assert_eq!(warp(&image, 31, 17, &Homography::IDENTITY).get_pixel(10, 5), image.get_pixel(10, 5));
        let moved = warp(&image, 31, 17, &Homography::shift(3.0, 2.0));
        assert_eq!(moved.get_pixel(10, 5), image.get_pixel(13, 7));
        assert_eq!(moved.get_pixel(30, 16).0, [255], "what was outside is white");
    }
}
