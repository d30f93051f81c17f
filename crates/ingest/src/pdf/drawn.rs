//! What a page draws: glyphs with characters and places in the order of drawing, and the pictures behind them.

use crate::limits::Limits;
use hayro::hayro_interpret::font::{Glyph as FontGlyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, Paint, SoftMask, interpret_page,
};
use hayro::hayro_syntax::object::{Dict, String as PdfString};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Point, Rect, Shape};
use std::collections::HashMap;

/// A glyph, in points from the top left of the page.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// What it says; empty when the file does not tell.
    pub(super) text: String,
    /// Where it begins on the baseline (for vertical writing: the top of its column).
    pub(super) x: f32,
    /// The baseline (for vertical writing: the top of the glyph).
    pub(super) y: f32,
    /// How far it goes (down, for vertical writing).
    pub(super) advance: f32,
    /// The height of an em.
    pub(super) size: f32,
    pub(super) vertical: bool,
    /// Not to be seen: drawn invisibly (the text layer of a scan), outside of what is shown, in the colour of the ground,
    /// or painted over.
    pub(super) hidden: bool,
}

impl Glyph {
    fn has_digit(&self) -> bool {
        self.text.chars().any(char::is_numeric)
    }

    /// The middle of where it is drawn.
    fn middle(&self) -> Point {
        let (across, down) =
            if self.vertical { (self.size / 2.0, self.advance / 2.0) } else { (self.advance / 2.0, -self.size * 0.4) };
        Point::new(f64::from(self.x + across), f64::from(self.y + down))
    }

    pub(super) fn is_space(&self) -> bool {
        !self.text.is_empty() && self.text.chars().all(char::is_whitespace)
    }

    /// Whether the file does not say which character it is, or says one that means nothing.
    pub(super) fn is_unknown(&self) -> bool {
        self.text.is_empty()
            || self.text.chars().any(|c| {
                matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '\u{fff0}'..='\u{fffb}' | '\u{f0000}'..)
                    || (c.is_control() && !c.is_whitespace())
            })
    }
}

/// A picture on a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    /// Its place among all pictures of the page, those off the page too, in the order of drawing.
    pub(super) index: usize,
    /// From its pixels to points from the top left of the page.
    pub(super) transform: Affine,
    pub(super) width: u32,
    pub(super) height: u32,
    /// How much of the page it covers, from 0 to 1.
    pub(super) share: f64,
}

/// What a page draws.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// In points.
    pub(super) width: f32,
    /// In points.
    pub(super) height: f32,
    /// Upright glyphs, each once.
    pub(super) glyphs: Vec<Glyph>,
    /// How many glyphs do not stand upright; they are left out of `glyphs`.
    pub(super) turned: usize,
    pub(super) pictures: Vec<Picture>,
    /// Filled and stroked paths: rules, boxes, outlines of letters.
    pub(super) paths: usize,
    pub(super) too_many_glyphs: bool,
    /// Digits are drawn in the colour of what lies under them, or painted over.
    pub(super) unseen_digits: bool,
}

impl Drawn {
    /// Whether anything is to be seen on the page.
    pub(super) fn has_marks(&self) -> bool {
        self.turned > 0 || self.paths > 0 || !self.pictures.is_empty() || self.glyphs.iter().any(|g| !g.is_space())
    }
}

/// Goes through the drawing of a page without drawing it.
pub(super) fn look<'a>(
    page: &Page<'a>,
    cache: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
    limits: &Limits,
) -> Drawn {
    let (width, height) = page.render_dimensions();
    let mut eye = Eye {
        drawn: Drawn { width, height, ..Drawn::default() },
        seen: HashMap::new(),
        marked: Vec::new(),
        most_glyphs: limits.glyphs_per_page as usize,
        indirect: 0,
        images: 0,
        ground: Vec::new(),
        clips: Vec::new(),
        groups: Vec::new(),
    };
    interpret(page, cache, settings, &mut eye);
    eye.drawn
}

/// Interprets a page with its top left as the origin and points as the unit.
pub(super) fn interpret<'a>(
    page: &Page<'a>,
    cache: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
    device: &mut impl Device<'a>,
) {
    let (width, height) = page.render_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let transform = page.initial_transform(true).to_kurbo();
    let mut context = Context::new(transform, bounds, cache, page.xref(), settings.clone());
    interpret_page(page, &mut context, device);
}

/// A device that notes instead of drawing.
struct Eye {
    drawn: Drawn,
    /// Glyphs by text and rough place, to drop those struck twice.
    seen: HashMap<Rough, Vec<(f32, f32)>>,
    /// Open marked content: for those that carry their own text, that text and the first glyph that it stands for.
    marked: Vec<Option<(String, usize)>>,
    most_glyphs: usize,
    /// Above zero within marked content whose text replaces that of its glyphs.
    indirect: usize,
    /// Pictures met so far.
    images: usize,
    /// What was painted so far, in order: its colour, none where it has several.
    ground: Vec<(Rect, Option<Colour>)>,
    /// What is shown, each within the one before.
    clips: Vec<Rect>,
    /// Open transparency groups: whether nothing of them is seen.
    groups: Vec<bool>,
}

/// A glyph's text, whether it is hidden, and its rough place.
type Rough = (String, bool, i32, i32);

/// Red, green and blue from 0 to 1.
type Colour = [f32; 3];

/// Below this share of opacity nothing is seen, and above one minus it nothing of what lies under.
const FAINT: f32 = 0.1;
/// Colours that differ by less than this in every part are one to the eye of whoever checks a receipt.
const SAME_COLOUR: f32 = 0.1;
const PAPER: Colour = [1.0; 3];
/// More areas than any receipt paints; what is painted beyond them is looked through.
const MOST_GROUND: usize = 4_000;

/// The colour of a paint and how opaque it is; `None` for a pattern.
fn colour_of(paint: &Paint<'_>) -> Option<(Colour, f32)> {
    match paint {
        Paint::Color(colour) => {
            let [r, g, b, opacity] = colour.to_rgba().components();
            Some(([r, g, b], opacity))
        }
        Paint::Pattern(_) => None,
    }
}

impl<'a> Device<'a> for Eye {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.drawn.paths += 1;
        if matches!(mode, DrawMode::Fill(_) | DrawMode::FillAndStroke(..)) {
            // What of its box it fills is not looked at.
            self.lay(props.transform.transform_rect_bbox(path.bounding_box()), None);
        }
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, mode: &DrawMode) {
        self.drawn.paths += 1;
        let fills = matches!(mode, DrawMode::Fill(_) | DrawMode::FillAndStroke(..)) && props.soft_mask.is_none();
        if fills && !self.is_unseen_group() {
            let rect = self.shown(props.transform.transform_rect_bbox(*rect));
            match colour_of(&props.paint) {
                Some((colour, opacity)) if opacity > 1.0 - FAINT => {
                    self.lay(rect, Some(colour));
                    self.cover(rect);
                }
                Some((_, opacity)) if opacity < FAINT => {}
                _ => self.lay(rect, None),
            }
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let shown = self.shown(clip.path.bounding_box());
        self.clips.push(shown);
    }

    fn push_transparency_group(&mut self, opacity: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        let unseen = self.is_unseen_group() || opacity < FAINT;
        self.groups.push(unseen);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let invisible = matches!(mode, DrawMode::Invisible) || self.is_unseen_group();
        let paint = colour_of(&props.paint);
        let vertical = run.writing_mode() == WritingMode::Vertical;
        for glyph in run.glyphs() {
            if self.drawn.glyphs.len() >= self.most_glyphs {
                self.drawn.too_many_glyphs = true;
                return;
            }
            // A glyph that is a drawing brings its own colours.
            let paint = paint.filter(|_| matches!(&**glyph, FontGlyph::Outline(_)));
            let (text, advance) = match &**glyph {
                FontGlyph::Outline(outline) => (outline.as_unicode(), outline.advance_width()),
                FontGlyph::Type3(drawing) => (drawing.as_unicode(), drawing.advance_width()),
            };
            let text = match text {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(text)) => text,
                None => String::new(),
            };
            self.note(props.transform * glyph.transform(), text, advance, vertical, invisible, paint);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let index = self.images;
        self.images += 1;
        let (width, height) = (image.width(), image.height());
        let page = Rect::new(0.0, 0.0, f64::from(self.drawn.width), f64::from(self.drawn.height));
        let covered = props.transform.transform_rect_bbox(Rect::new(0.0, 0.0, f64::from(width), f64::from(height)));
        let shown = covered.intersect(page);
        if shown.is_zero_area() {
            return;
        }
        self.lay(shown, None);
        self.drawn.pictures.push(Picture {
            index,
            transform: props.transform,
            width,
            height,
            share: shown.area() / page.area().max(1.0),
        });
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let text = properties
            .filter(|_| self.indirect == 0)
            .and_then(|properties| properties.get::<PdfString<'_>>(b"ActualText"))
            .map(|text| (text_string(text.as_bytes()), self.drawn.glyphs.len()));
        if text.is_some() {
            self.indirect += 1;
        }
        self.marked.push(text);
    }

    fn end_marked_content(&mut self) {
        if let Some(Some((text, first))) = self.marked.pop() {
            self.indirect -= 1;
            self.replace_text(&text, first);
        }
    }
}

impl Eye {
    fn is_unseen_group(&self) -> bool {
        self.groups.last().copied().unwrap_or(false)
    }

    /// The part of an area that is shown.
    fn shown(&self, area: Rect) -> Rect {
        self.clips.last().map_or(area, |clip| clip.intersect(area))
    }

    fn lay(&mut self, area: Rect, colour: Option<Colour>) {
        if self.ground.len() < MOST_GROUND {
            self.ground.push((area, colour));
        }
    }

    /// Whether a glyph of this colour cannot be told from what lies under it. Over a picture or a drawing, white cannot be
    /// relied on.
    fn is_like_ground(&self, at: Point, colour: Colour) -> bool {
        let under = self.ground.iter().rev().find(|(area, _)| area.contains(at));
        let ground = under.map_or(Some(PAPER), |(_, colour)| *colour).unwrap_or(PAPER);
        colour.iter().zip(ground).all(|(a, b)| (a - b).abs() < SAME_COLOUR)
    }

    /// What was drawn under an opaque area is not seen.
    fn cover(&mut self, area: Rect) {
        for glyph in self.drawn.glyphs.iter_mut().filter(|glyph| !glyph.hidden && area.contains(glyph.middle())) {
            glyph.hidden = true;
            self.drawn.unseen_digits |= glyph.has_digit();
        }
    }

    /// Notes a glyph, unless it lies off the page, stands askew, or was struck there before.
    #[expect(clippy::cast_possible_truncation, reason = "points on a page; a coordinate beyond f32 is off the page")]
    fn note(
        &mut self,
        transform: Affine,
        text: String,
        advance: Option<f32>,
        vertical: bool,
        invisible: bool,
        paint: Option<(Colour, f32)>,
    ) {
        // Glyphs are drawn in thousandths of an em.
        let origin = transform * Point::ORIGIN;
        let along = transform * Point::new(1000.0, 0.0) - origin;
        let up = transform * Point::new(0.0, 1000.0) - origin;
        let size = up.hypot() as f32;
        let (x, y) = (origin.x as f32, origin.y as f32);
        let on_page = (-1.0..self.drawn.width + 1.0).contains(&x) && (-1.0..self.drawn.height + 1.0).contains(&y);
        if !on_page || !size.is_finite() || size < 0.5 {
            return;
        }
        // More than about six degrees: a stamp or a watermark, whose letters would fall between the lines.
        if along.x <= 0.0 || along.y.abs() > along.x * 0.1 || up.y >= 0.0 {
            self.drawn.turned += 1;
            return;
        }
        let em = if vertical { size } else { along.hypot() as f32 };
        let wide = text.chars().next().is_none_or(|c| c >= '\u{1100}');
        let advance = advance.map_or(if wide { em } else { em / 2.0 }, |advance| advance / 1000.0 * em);
        // A vertical glyph is placed by the middle of its top edge; its own origin stays at the left of its baseline.
        let y = if vertical { y - size * 0.88 } else { y };
        let advance = if vertical { size } else { advance };
        let mut glyph = Glyph { text, x, y, advance, size, vertical, hidden: invisible };
        if !invisible && !glyph.is_space() {
            let middle = glyph.middle();
            let clipped = self.clips.last().is_some_and(|clip| !clip.inflate(1.0, 1.0).contains(middle));
            let faint = paint.is_some_and(|(_, opacity)| opacity < FAINT);
            let blends = paint.is_some_and(|(colour, _)| self.is_like_ground(middle, colour));
            self.drawn.unseen_digits |= (faint || blends) && !clipped && glyph.has_digit();
            glyph.hidden = clipped || faint || blends;
        }
        if !self.was_struck(&glyph) {
            self.drawn.glyphs.push(glyph);
        }
    }

    /// Whether the same character stands there already: bold faked by striking twice, shadows, fill and stroke.
    #[expect(clippy::cast_possible_truncation, reason = "cells of a grid over a page; saturating is right")]
    fn was_struck(&mut self, glyph: &Glyph) -> bool {
        if glyph.text.is_empty() || glyph.is_space() {
            return false;
        }
        let near = glyph.size * 0.15;
        let (column, row) = ((glyph.x / glyph.size).floor() as i32, (glyph.y / glyph.size).floor() as i32);
        let mut key = (glyph.text.clone(), glyph.hidden, column, row);
        for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
            key.2 = column.saturating_add(dx);
            key.3 = row.saturating_add(dy);
            if let Some(places) = self.seen.get(&key)
                && places.iter().any(|(x, y)| (x - glyph.x).abs() < near && (y - glyph.y).abs() < near)
            {
                return true;
            }
        }
        (key.2, key.3) = (column, row);
        self.seen.entry(key).or_default().push((glyph.x, glyph.y));
        false
    }

    /// Lets the glyphs from `first` on say `text`. Some writers map a kanji's glyph to a radical that looks the same and
    /// give the true character beside it.
    fn replace_text(&mut self, text: &str, first: usize) {
        let Some(glyphs) = self.drawn.glyphs.get_mut(first..) else { return };
        let Some((head, rest)) = glyphs.split_first_mut() else { return };
        let characters = text.chars().count();
        if characters == rest.len() + 1 {
            for (glyph, c) in std::iter::once(head).chain(rest).zip(text.chars()) {
                glyph.text = c.to_string();
            }
            return;
        }
        // Text of another length can only stand for glyphs that stand together.
        let together = rest.iter().all(|glyph| (glyph.y - head.y).abs() < head.size * 0.5 && glyph.x >= head.x);
        if together {
            let end = rest.iter().map(|glyph| glyph.x + glyph.advance).fold(head.x + head.advance, f32::max);
            head.advance = end - head.x;
            head.text = text.to_owned();
            self.drawn.glyphs.truncate(first + usize::from(!text.is_empty()));
        }
    }
}

/// A text string of a PDF: UTF-16 or UTF-8 by its mark, else Latin.
fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        rest => rest.iter().copied().map(char::from).collect(),
    }
}
