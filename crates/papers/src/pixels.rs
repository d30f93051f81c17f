//! What scanners, faxes and telephones do to a page. Only additions, multiplications and square roots, and seeded noise:
//! the same page gives the same pixels everywhere.

use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What a scanner or fax does.
#[derive(Clone, Copy)]
pub struct Scan {
    /// Dots per inch.
    pub dpi: u32,
    /// How far the page leans: the tangent of the angle, in thousandths (17 is about one degree).
    pub lean: i32,
    /// Standard deviation of the noise, in levels of 255.
    pub noise: f32,
    /// How often it is blurred over three pixels.
    pub blur: u32,
    /// JPEG quality, where it is kept as JPEG.
    pub quality: u8,
}

/// What a telephone does.
#[derive(Clone, Copy)]
pub struct Photo {
    /// Width and height of the photo.
    pub size: (u32, u32),
    /// Where the page's corners come to lie: top left, top right, bottom right, bottom left.
    pub corners: [(f32, f32); 4],
    /// The line from which a shadow falls towards the bottom right: through this point, falling by `slope`.
    pub shadow_from: (f32, f32),
    /// How steeply the shadow's edge falls.
    pub shadow_slope: f32,
    /// How much light is left in the shadow, 0 to 1.
    pub shadow_light: f32,
    /// Standard deviation of the noise, in levels of 255.
    pub noise: f32,
    /// How often it is blurred over three pixels, as by a hand that shakes.
    pub blur: u32,
    /// JPEG quality.
    pub quality: u8,
    /// The desk under the paper, red, green and blue.
    pub desk: [f32; 3],
}

impl Photo {
    /// The photo of a page of `page` pixels, in the page's shape and of about `pixels` pixels, where the places of `self`
    /// are shares of it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a picture")]
    pub(crate) fn of_shape(&self, page: (u32, u32), pixels: f32) -> Photo {
        let (width, height) = (page.0 as f32, page.1 as f32);
        let factor = (pixels / (width * height)).sqrt();
        let (width, height) = ((width * factor).round(), (height * factor).round());
        let place = |(x, y): (f32, f32)| (x * width, y * height);
        Photo {
            size: (width as u32, height as u32),
            corners: self.corners.map(place),
            shadow_from: place(self.shadow_from),
            ..*self
        }
    }
}

/// Nearly normal noise (a sum of four uniform draws) of standard deviation `deviation`.
fn noise(random: &mut StdRng, deviation: f32) -> f32 {
    let sum: f32 = (0..4).map(|_| random.random::<f32>()).sum();
    (sum - 2.0) * deviation * 3f32.sqrt()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 first")]
fn level(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// The pixel at a place between pixels; `outside` beyond the edges.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie inside the picture")]
fn between(page: &RgbImage, x: f32, y: f32) -> Option<[f32; 3]> {
    let (left, top) = (x.floor(), y.floor());
    if left < 0.0 || top < 0.0 || left + 1.0 >= page.width() as f32 || top + 1.0 >= page.height() as f32 {
        return None;
    }
    let (fx, fy) = (x - left, y - top);
    let (column, row) = (left as u32, top as u32);
    let mut out = [0.0; 3];
    for (dx, dy, weight) in
        [(0, 0, (1.0 - fx) * (1.0 - fy)), (1, 0, fx * (1.0 - fy)), (0, 1, (1.0 - fx) * fy), (1, 1, fx * fy)]
    {
        for (sum, part) in out.iter_mut().zip(page.get_pixel(column + dx, row + dy).0) {
            *sum += weight * f32::from(part);
        }
    }
    Some(out)
}

/// Blurs over three pixels in both directions, weights 1, 2, 1.
fn soften(page: &RgbImage) -> RgbImage {
    let pass = |page: &RgbImage, dx: u32, dy: u32| {
        let (w, h) = page.dimensions();
        RgbImage::from_fn(w, h, |x, y| {
            let before = page.get_pixel(x.saturating_sub(dx), y.saturating_sub(dy)).0;
            let here = page.get_pixel(x, y).0;
            let after = page.get_pixel((x + dx).min(w - 1), (y + dy).min(h - 1)).0;
            Rgb(std::array::from_fn(|i| {
                level((f32::from(before[i]) + 2.0 * f32::from(here[i]) + f32::from(after[i])) / 4.0)
            }))
        })
    };
    pass(&pass(page, 1, 0), 0, 1)
}

/// The page turned by the lean about its middle, white where nothing was.
fn turned(page: &RgbImage, lean: i32) -> RgbImage {
    let slope = lean as f32 / 1000.0;
    let length = (1.0 + slope * slope).sqrt();
    let (cos, sin) = (1.0 / length, slope / length);
    let (cx, cy) = (page.width() as f32 / 2.0, page.height() as f32 / 2.0);
    RgbImage::from_fn(page.width(), page.height(), |x, y| {
        let (dx, dy) = (x as f32 - cx, y as f32 - cy);
        let found = between(page, cx + cos * dx + sin * dy, cy - sin * dx + cos * dy);
        Rgb(found.unwrap_or([255.0; 3]).map(level))
    })
}

/// The page in grey, as a scanner gives it.
pub(crate) fn scanned(page: &RgbImage, scan: &Scan, seed: u64) -> GrayImage {
    let mut random = StdRng::seed_from_u64(seed);
    let mut page = turned(page, scan.lean);
    for _ in 0..scan.blur {
        page = soften(&page);
    }
    let width = page.width() as f32;
    GrayImage::from_fn(page.width(), page.height(), |x, y| {
        let [r, g, b] = page.get_pixel(x, y).0.map(f32::from);
        let grey = 0.299 * r + 0.587 * g + 0.114 * b;
        // The lid does not close quite: a little darker towards the left edge.
        let lid = 1.0 - 0.12 * (1.0 - (x as f32 / (0.06 * width)).min(1.0));
        Luma([level((8.0 + grey * 0.955) * lid + noise(&mut random, scan.noise))])
    })
}

/// The page in black and white, as a fax gives it: 0 or 255.
pub(crate) fn faxed(page: &RgbImage, scan: &Scan, seed: u64) -> GrayImage {
    let mut grey = scanned(page, scan, seed);
    for pixel in grey.pixels_mut() {
        pixel.0[0] = if pixel.0[0] < 172 { 0 } else { 255 };
    }
    grey
}

/// The linear map of the plane that takes the photo's corners to the page's (`x' = (a x + b y + c) / (g x + h y + 1)`).
struct Perspective([f64; 8]);

impl Perspective {
    fn new(from: [(f32, f32); 4], to: [(f32, f32); 4]) -> Perspective {
        // Two equations for each corner, solved by elimination with the largest pivot.
        let mut rows = [[0f64; 9]; 8];
        for (i, ((x, y), (u, v))) in from.into_iter().zip(to).enumerate() {
            let (x, y, u, v) = (f64::from(x), f64::from(y), f64::from(u), f64::from(v));
            rows[2 * i] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            rows[2 * i + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
        }
        for column in 0..8 {
            let pivot =
                (column..8).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs())).unwrap_or(column);
            rows.swap(column, pivot);
            let head = rows[column];
            for (index, row) in rows.iter_mut().enumerate() {
                if index != column {
                    let factor = row[column] / head[column];
                    for (cell, part) in row.iter_mut().zip(head) {
                        *cell -= factor * part;
                    }
                }
            }
        }
        Perspective(std::array::from_fn(|i| rows[i][8] / rows[i][i]))
    }

    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more")]
    fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f, g, h] = self.0;
        let (x, y) = (f64::from(x), f64::from(y));
        let w = g * x + h * y + 1.0;
        (((a * x + b * y + c) / w) as f32, ((d * x + e * y + f) / w) as f32)
    }
}

/// A coarse grid of random heights, for what changes slowly: wood, and the unevenness of ink.
struct Clouds {
    heights: Vec<f32>,
    columns: usize,
    cell: (f32, f32),
}

impl Clouds {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    fn new(random: &mut StdRng, size: (u32, u32), cell: (f32, f32)) -> Clouds {
        let columns = (size.0 as f32 / cell.0) as usize + 2;
        let rows = (size.1 as f32 / cell.1) as usize + 2;
        Clouds { heights: (0..columns * rows).map(|_| random.random::<f32>()).collect(), columns, cell }
    }

    /// 0 to 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    fn at(&self, x: u32, y: u32) -> f32 {
        let (x, y) = (x as f32 / self.cell.0, y as f32 / self.cell.1);
        let (fx, fy) = (x - x.floor(), y - y.floor());
        let at = y as usize * self.columns + x as usize;
        let (top, bottom) = (&self.heights[at..at + 2], &self.heights[at + self.columns..at + self.columns + 2]);
        (top[0] * (1.0 - fx) + top[1] * fx) * (1.0 - fy) + (bottom[0] * (1.0 - fx) + bottom[1] * fx) * fy
    }
}

/// The page on a desk, seen from the side, in warm light with a shadow across it.
pub(crate) fn photographed(page: &RgbImage, photo: &Photo, seed: u64) -> RgbImage {
    let mut random = StdRng::seed_from_u64(seed);
    let (width, height) = photo.size;
    let grain = Clouds::new(&mut random, photo.size, (220.0, 9.0));
    let (right, bottom) = (page.width() as f32 - 2.0, page.height() as f32 - 2.0);
    let corners = [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)];
    let perspective = Perspective::new(photo.corners, corners);
    let blend = (width as f32) * 0.09;
    let mut picture = RgbImage::from_fn(width, height, |x, y| {
        let (px, py) = (x as f32, y as f32);
        let (u, v) = perspective.apply(px, py);
        let colour = between(page, u, v).unwrap_or_else(|| {
            let wood = 0.72 + 0.28 * grain.at(x, y);
            photo.desk.map(|part| part * wood)
        });
        // How far inside the shadow, with a soft edge.
        let inside = py - (photo.shadow_from.1 + photo.shadow_slope * (px - photo.shadow_from.0));
        let depth = (inside / blend + 0.5).clamp(0.0, 1.0);
        let soft = depth * depth * (3.0 - 2.0 * depth);
        // The lamp stands at the upper left.
        let lamp = 1.0 - 0.16 * (px / width as f32 + py / height as f32) / 2.0;
        let light = lamp * (1.0 - soft * (1.0 - photo.shadow_light));
        let warm = [0.985, 0.955, 0.885];
        Rgb(std::array::from_fn(|i| level(colour[i] * light * warm[i])))
    });
    for _ in 0..photo.blur {
        picture = soften(&picture);
    }
    for pixel in picture.pixels_mut() {
        let grain = noise(&mut random, photo.noise);
        pixel.0 = pixel.0.map(|part| level(f32::from(part) + grain));
    }
    picture
}

/// A seal as ink leaves it: pale where the pressure was low, with specks that stayed dry.
pub(crate) fn inked(mut seal: RgbaImage, seed: u64) -> RgbaImage {
    let mut random = StdRng::seed_from_u64(seed);
    let pressure = Clouds::new(&mut random, seal.dimensions(), (38.0, 46.0));
    for (x, y, pixel) in seal.enumerate_pixels_mut() {
        let Rgba([r, g, b, a]) = *pixel;
        let dry = random.random::<f32>() < 0.035;
        let strength = if dry { 0.25 } else { 0.55 + 0.35 * pressure.at(x, y) };
        *pixel = Rgba([r, g, b, level(f32::from(a) * strength)]);
    }
    seal
}
