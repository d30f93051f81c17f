//! The picture of a page for recognition: the scan that it holds, in its own pixels, or else the page drawn within a
//! budget of pixels.

use super::drawn::{Drawn, Picture, interpret};
use crate::limits::Limits;
use crate::page::{Page as TextPage, Raster, turned_box};
use claim::{Problem, ProblemCode};
use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, InterpreterCache,
    InterpreterSettings, Paint, SoftMask,
};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath};
use hayro::vello_cpu::Pixmap;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

/// Where the boxes that recognition gives (in points per pixel of the raster) belong on the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    x: f32,
    y: f32,
    /// A scan need not have square pixels: what is left to multiply by, once the raster's own factor was applied.
    x_scale: f32,
    y_scale: f32,
}

impl Placed {
    /// Moves the boxes of a page that was recognised to where they belong on the page of this width and height, turned
    /// upright as it was for recognition.
    pub(super) fn shift(&self, page: &mut TextPage, width: f32, height: f32) {
        let raster =
            TextPage { width: page.width, height: page.height, quarters: page.quarters, ..TextPage::default() };
        for word in page.lines.iter_mut().chain(&mut page.second).flat_map(|line| &mut line.words) {
            let [left, top, right, bottom] = raster.as_it_came(word.bounds);
            let placed = [
                left * self.x_scale + self.x,
                top * self.y_scale + self.y,
                right * self.x_scale + self.x,
                bottom * self.y_scale + self.y,
            ];
            word.bounds = turned_box(placed, page.quarters, width, height);
        }
        let sideways = page.quarters % 2 == 1;
        (page.width, page.height) = if sideways { (height, width) } else { (width, height) };
    }
}

/// The picture of a page whose pictures were weighed, and where it lies.
pub(super) fn of_page<'a>(
    page: &'a Page<'a>,
    drawn: &Drawn,
    cache: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
    limits: &Limits,
) -> Result<(Raster, Placed), Problem> {
    if let Some(scan) = only_scan(drawn)
        && let Some(found) = scan_of(page, &scan, cache, settings)
    {
        return Ok(found);
    }
    draw(page, settings, limits)
}

/// Whether the pictures of a page are within their limits. One that is not is neither decoded nor drawn, because drawing
/// decodes it too.
pub(super) fn weigh(drawn: &Drawn, limits: &Limits, pixels_left: &mut u64) -> Result<(), Problem> {
    drawn.pictures.iter().try_for_each(|picture| {
        spend(u64::from(picture.width) * u64::from(picture.height), limits.pixels_per_page, pixels_left)
    })
}

fn spend(pixels: u64, most: u64, left: &mut u64) -> Result<(), Problem> {
    let most = most.min(*left);
    *left = left.saturating_sub(pixels);
    if pixels <= most {
        return Ok(());
    }
    let mega = |pixels: u64| format!("{}.{} Mpx", pixels / 1_000_000, pixels % 1_000_000 / 100_000);
    Err(Problem::new(ProblemCode::TooLarge).with("found", mega(pixels)).with("expected", mega(most)))
}

/// The one picture that is the page: it covers nearly all of it, stands straight, and nothing is written over it.
fn only_scan(drawn: &Drawn) -> Option<Picture> {
    let [scan] = drawn.pictures.as_slice() else { return None };
    let written = drawn.glyphs.iter().any(|glyph| !glyph.hidden && !glyph.is_space());
    // A path or two are the white ground that some writers lay under the scan.
    (scan.share >= 0.8 && !written && drawn.turned == 0 && drawn.paths <= 2).then_some(*scan)
}

/// The scan in its own pixels, turned as it stands on the page; `None` if it is askew or cannot be decoded.
#[expect(clippy::cast_possible_truncation, reason = "points on a page")]
fn scan_of<'a>(
    page: &Page<'a>,
    scan: &Picture,
    cache: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
) -> Option<(Raster, Placed)> {
    let turn = Turn::of(scan.transform)?;
    let mut hand = Hand { wanted: scan.index, seen: 0, grey: None };
    interpret(page, cache, settings, &mut hand);
    let grey = turn.apply(hand.grey?);
    let on_page = scan.transform.transform_rect_bbox(hayro::kurbo::Rect::new(
        0.0,
        0.0,
        f64::from(scan.width),
        f64::from(scan.height),
    ));
    let x_points = on_page.width() / f64::from(grey.width.max(1));
    let y_points = on_page.height() / f64::from(grey.height.max(1));
    let points_per_pixel = f64::midpoint(x_points, y_points);
    let placed = Placed {
        x: on_page.x0 as f32,
        y: on_page.y0 as f32,
        x_scale: (x_points / points_per_pixel) as f32,
        y_scale: (y_points / points_per_pixel) as f32,
    };
    let raster =
        Raster { grey: grey.pixels, width: grey.width, height: grey.height, points_per_pixel: points_per_pixel as f32 };
    Some((raster, placed))
}

/// Draws a page for recognition.
fn draw<'a>(page: &'a Page<'a>, settings: &InterpreterSettings, limits: &Limits) -> Result<(Raster, Placed), Problem> {
    let (pixmap, scale) = pixmap(page, settings, limits.drawn_pixels)?;
    let grey = pixmap.data_as_u8_slice().chunks_exact(4).map(|p| luma(p[0], p[1], p[2])).collect();
    let raster = Raster {
        grey,
        width: u32::from(pixmap.width()),
        height: u32::from(pixmap.height()),
        points_per_pixel: 1.0 / scale,
    };
    Ok((raster, Placed { x: 0.0, y: 0.0, x_scale: 1.0, y_scale: 1.0 }))
}

/// Draws a page on white with at most so many pixels; gives the pixels of a point, too. The scale comes from the budget of
/// pixels and never from the page's size alone: writers set that to anything.
pub(super) fn pixmap<'a>(
    page: &'a Page<'a>,
    settings: &InterpreterSettings,
    most_pixels: u64,
) -> Result<(Pixmap, f32), Problem> {
    const DOTS_PER_INCH: f32 = 300.0;
    let (width, height) = page.render_dimensions();
    let budget = most_pixels as f32;
    let scale = (DOTS_PER_INCH / 72.0).min((budget / (width * height)).sqrt());
    let (across, down) = (width * scale, height * scale);
    // Longer than the renderer counts, or thinner than a pixel: no page that anybody printed.
    if !(1.0..=60_000.0).contains(&across) || !(1.0..=60_000.0).contains(&down) {
        return Err(Problem::new(ProblemCode::TooLarge)
            .with("found", format!("{width:.0} × {height:.0} pt"))
            .with("expected", "14400 × 14400 pt"));
    }
    // A cache of its own: the one for looking does not keep outlines.
    let cache = RenderCache::new();
    let pixmap = render(
        page,
        &cache,
        settings,
        &RenderSettings::default(),
        &PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE },
    );
    Ok((pixmap, scale))
}

/// A picture in grey.
struct Grey {
    pixels: Vec<u8>,
    width: u32,
    height: u32,
}

/// A device that takes one picture in its own pixels.
struct Hand {
    wanted: usize,
    seen: usize,
    grey: Option<Grey>,
}

impl<'a> Device<'a> for Hand {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_image(&mut self, image: Image<'a, '_>, _: ImageDrawProps<'a>) {
        let index = self.seen;
        self.seen += 1;
        if index != self.wanted {
            return;
        }
        match image {
            Image::Raster(picture) => picture.with_rgba(
                |colours, alpha| {
                    let mut grey = match colours {
                        ImageData::Luma(luma) => Grey { pixels: luma.data, width: luma.width, height: luma.height },
                        ImageData::Rgb(rgb) => Grey {
                            pixels: rgb.data.chunks_exact(3).map(|p| luma(p[0], p[1], p[2])).collect(),
                            width: rgb.width,
                            height: rgb.height,
                        },
                    };
                    if let Some(alpha) = alpha
                        && (alpha.width, alpha.height) == (grey.width, grey.height)
                    {
                        for (pixel, alpha) in grey.pixels.iter_mut().zip(alpha.data) {
                            *pixel = over_white(*pixel, alpha);
                        }
                    }
                    self.grey = Some(grey);
                },
                None,
            ),
            Image::Stencil(stencil) => stencil.with_stencil(
                |mask, paint| {
                    // A pattern for a paint is no scan; the page is drawn instead.
                    let Paint::Color(colour) = paint else { return };
                    let [r, g, b, a] = colour.to_rgba().to_rgba8();
                    let ink = over_white(luma(r, g, b), a);
                    let pixels = mask.data.iter().map(|&share| over_white(ink, share)).collect();
                    self.grey = Some(Grey { pixels, width: mask.width, height: mask.height });
                },
                None,
            ),
        }
    }
}

/// What a colour shows in grey (Rec. 601).
fn luma(r: u8, g: u8, b: u8) -> u8 {
    let sum = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
    u8::try_from(sum / 1000).unwrap_or(u8::MAX)
}

/// A grey of some opacity on white paper.
fn over_white(grey: u8, alpha: u8) -> u8 {
    let shown = (u32::from(grey) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
    u8::try_from(shown).unwrap_or(u8::MAX)
}

/// How the pixels of a straight picture lie on its page: which pixel direction goes right, and which down.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turn {
    /// Columns of the picture run down the page.
    swapped: bool,
    mirror_x: bool,
    mirror_y: bool,
}

impl Turn {
    fn of(transform: Affine) -> Option<Turn> {
        let [a, b, c, d, ..] = transform.as_coeffs();
        let small = |part: f64, of: f64| part.abs() <= of.abs() * 0.001;
        if small(b, a) && small(c, d) && a != 0.0 && d != 0.0 {
            Some(Turn { swapped: false, mirror_x: a < 0.0, mirror_y: d < 0.0 })
        } else if small(a, b) && small(d, c) && b != 0.0 && c != 0.0 {
            Some(Turn { swapped: true, mirror_x: c < 0.0, mirror_y: b < 0.0 })
        } else {
            None
        }
    }

    fn apply(self, grey: Grey) -> Grey {
        if self == (Turn { swapped: false, mirror_x: false, mirror_y: false }) {
            return grey;
        }
        let (from_width, from_height) = (grey.width as usize, grey.height as usize);
        let (width, height) = if self.swapped { (from_height, from_width) } else { (from_width, from_height) };
        let mut pixels = Vec::with_capacity(grey.pixels.len());
        for y in 0..height {
            let y = if self.mirror_y { height - 1 - y } else { y };
            for x in 0..width {
                let x = if self.mirror_x { width - 1 - x } else { x };
                let (column, row) = if self.swapped { (y, x) } else { (x, y) };
                // The decoder promises width × height bytes; a missing one shows as paper.
                pixels.push(grey.pixels.get(row * from_width + column).copied().unwrap_or(255));
            }
        }
        let (width, height) = if self.swapped { (grey.height, grey.width) } else { (grey.width, grey.height) };
        Grey { pixels, width, height }
    }
}
