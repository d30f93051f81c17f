//! A page of a PDF as people see it: drawn in colours, with this machine's fonts for those that the file only names.

use super::drawn::look;
use super::{on_page, open, picture, too_many_glyphs};
use crate::limits::Limits;
use claim::Problem;
use hayro::hayro_interpret::font::{FallbackFontQuery, FontData, FontQuery};
use hayro::hayro_interpret::{InterpreterCache, InterpreterSettings};
use image::RgbImage;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Japanese fonts for text whose font is not in the file, as older office programs in Japan leave it.
#[derive(Clone, Default)]
pub(crate) struct Fonts {
    gothic: Option<FontData>,
    mincho: Option<FontData>,
}

impl Fonts {
    /// Loads what is there; a page that wants one that is not says so.
    pub(crate) fn load(gothic: Option<&Path>, mincho: Option<&Path>) -> Fonts {
        let load = |path: Option<&Path>| Some(Arc::new(std::fs::read(path?).ok()?) as FontData);
        Fonts { gothic: load(gothic), mincho: load(mincho) }
    }

    /// The one that looks most like what is asked for.
    fn like(&self, query: &FallbackFontQuery) -> Option<FontData> {
        let names = [&query.post_script_name, &query.font_name, &query.font_family];
        let is_mincho = query.is_serif
            || names
                .into_iter()
                .flatten()
                .any(|name| ["Mincho", "mincho", "明朝", "Ming", "Ryumin"].iter().any(|part| name.contains(part)));
        let (first, second) = if is_mincho { (&self.mincho, &self.gothic) } else { (&self.gothic, &self.mincho) };
        first.as_ref().or(second.as_ref()).cloned()
    }
}

/// What is seen of a page.
pub(crate) struct Sight {
    pub(crate) picture: RgbImage,
    /// In points, as boxes are given.
    pub(crate) width: f32,
    /// In points.
    pub(crate) height: f32,
    /// Some of its text is missing, because neither the file nor this machine has its font.
    pub(crate) lacks_font: bool,
}

/// Draws one page, from 1; `None` if there is no such page. Gives how many pages there are, too.
pub(crate) fn see(bytes: &[u8], number: u32, limits: &Limits, fonts: &Fonts) -> Result<(u32, Option<Sight>), Problem> {
    let pdf = open(bytes, limits)?;
    // The limit of pages keeps it far below.
    let pages = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    let Some(page) = number.checked_sub(1).and_then(|index| pdf.pages().get(index as usize)) else {
        return Ok((pages, None));
    };
    let lacks_font = Arc::new(AtomicBool::new(false));
    let (fonts, lacking) = (fonts.clone(), Arc::clone(&lacks_font));
    let settings = InterpreterSettings {
        font_resolver: Arc::new(move |query| match query {
            FontQuery::Standard(standard) => Some(standard.get_font_data()),
            // Western fonts are all much alike, and those come with the library.
            FontQuery::Fallback(query) if query.character_collection.is_none() => {
                Some(query.pick_standard_font().get_font_data())
            }
            FontQuery::Fallback(query) => {
                let found = fonts.like(query);
                lacking.fetch_or(found.is_none(), Ordering::Relaxed);
                found.map(|font| (font, 0))
            }
        }),
        ..InterpreterSettings::default()
    };
    let drawn = look(page, &InterpreterCache::new(), &settings, limits);
    if drawn.too_many_glyphs {
        return Err(on_page(number, too_many_glyphs(limits)));
    }
    picture::weigh(&drawn, limits, &mut limits.pixels_in_all.clone()).map_err(|problem| on_page(number, problem))?;
    let (pixmap, _) =
        picture::pixmap(page, &settings, limits.view_pixels).map_err(|problem| on_page(number, problem))?;
    // White lies under everything, so nothing is transparent.
    let pixels = pixmap.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let picture = RgbImage::from_raw(pixmap.width().into(), pixmap.height().into(), pixels).unwrap_or_default();
    let lacks_font = lacks_font.load(Ordering::Relaxed);
    Ok((pages, Some(Sight { picture, width: drawn.width, height: drawn.height, lacks_font })))
}
