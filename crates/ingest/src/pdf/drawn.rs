//! What a page draws: glyphs with characters and places in the order of drawing, and the pictures behind them.

use crate::limits::Limits;
use hayro::hayro_interpret::font::{Glyph as FontGlyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::object::{Dict, String as PdfString};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Point, Rect};
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
    /// Drawn invisibly: the text layer of a scan.
    pub(super) hidden: bool,
}

impl Glyph {
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
    seen: HashMap<(String, i32, i32), Vec<(f32, f32)>>,
    /// Open marked content: for those that carry their own text, that text and the first glyph that it stands for.
    marked: Vec<Option<(String, usize)>>,
    most_glyphs: usize,
    /// Above zero within marked content whose text replaces that of its glyphs.
    indirect: usize,
    /// Pictures met so far.
    images: usize,
}

impl<'a> Device<'a> for Eye {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.drawn.paths += 1;
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let hidden = matches!(mode, DrawMode::Invisible);
        let vertical = run.writing_mode() == WritingMode::Vertical;
        for glyph in run.glyphs() {
            if self.drawn.glyphs.len() >= self.most_glyphs {
                self.drawn.too_many_glyphs = true;
                return;
            }
            let (text, advance) = match &**glyph {
                FontGlyph::Outline(outline) => (outline.as_unicode(), outline.advance_width()),
                FontGlyph::Type3(drawing) => (drawing.as_unicode(), drawing.advance_width()),
            };
            let text = match text {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(text)) => text,
                None => String::new(),
            };
            self.note(props.transform * glyph.transform(), text, advance, vertical, hidden);
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
        self.drawn.pictures.push(Picture {
            index,
            transform: props.transform,
            width,
            height,
            share: shown.area() / page.area().max(1.0),
        });
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}

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
    /// Notes a glyph, unless it lies off the page, stands askew, or was struck there before.
    #[expect(clippy::cast_possible_truncation, reason = "points on a page; a coordinate beyond f32 is off the page")]
    fn note(&mut self, transform: Affine, text: String, advance: Option<f32>, vertical: bool, hidden: bool) {
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
        let glyph = Glyph { text, x, y, advance, size, vertical, hidden };
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
        let mut key = (glyph.text.clone(), column, row);
        for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
            key.1 = column.saturating_add(dx);
            key.2 = row.saturating_add(dy);
            if let Some(places) = self.seen.get(&key)
                && places.iter().any(|(x, y)| (x - glyph.x).abs() < near && (y - glyph.y).abs() < near)
            {
                return true;
            }
        }
        (key.1, key.2) = (column, row);
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
