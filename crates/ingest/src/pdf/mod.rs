//! PDF: bytes in, pages of positioned text out. Text where the file holds trustworthy text, recognition where it holds
//! pictures of text or text that cannot be trusted.

mod cost;
mod drawn;
mod layout;
mod picture;
mod sight;
mod structure;
#[cfg(test)]
mod tests;

pub(crate) use sight::{Fonts, Sight, see};

use crate::document::damaged;
use crate::limits::Limits;
use crate::look;
use crate::ocr::{self, Recognition};
use crate::page::Page;
use claim::{Method, Place, Problem, ProblemCode, Spot};
use drawn::{Drawn, Glyph, look};
use hayro::hayro_interpret::{InterpreterCache, InterpreterSettings};
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

/// The pages of a PDF.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) pages: Vec<Page>,
    /// `Ocr` as soon as one page was recognised: the document is then only as sure as that.
    pub(crate) method: Method,
    /// Pages that could not be read; the others stand.
    pub(crate) problems: Vec<Problem>,
}

/// Opens a PDF whose structure and costs are within their limits.
fn open(bytes: &[u8], limits: &Limits) -> Result<Pdf, Problem> {
    let structure = structure::check(bytes, limits);
    if let Err(structure::Refusal::Final(problem)) = structure {
        return Err(problem);
    }
    // What only the strict reader stumbles over may still be read by the one that draws.
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match (error, &structure) {
        (LoadPdfError::Decryption(DecryptionError::PasswordProtected), _) => Problem::new(ProblemCode::Encrypted),
        (LoadPdfError::Decryption(_), _) => {
            Problem::new(ProblemCode::Unsupported).with("found", "PDF: encryption").with("expected", vec!["PDF"])
        }
        (LoadPdfError::Invalid, Err(structure::Refusal::Damaged(what))) => damaged("PDF", what),
        (LoadPdfError::Invalid, _) => damaged("PDF", "no pages could be found"),
    })?;
    let count = pdf.pages().len();
    if count == 0 {
        return Err(damaged("PDF", "0 pages"));
    }
    if count > limits.pages as usize {
        return Err(structure::too_many_pages(count, limits));
    }
    Ok(pdf)
}

/// Reads a PDF.
pub(crate) fn read(bytes: &[u8], limits: &Limits, recognition: &mut Recognition) -> Result<Read, Problem> {
    let pdf = open(bytes, limits)?;
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let mut read = Read { pages: Vec::new(), method: Method::Text, problems: Vec::new() };
    let mut pixels_left = limits.pixels_in_all;
    for (number, page) in (1u32..).zip(pdf.pages().iter()) {
        let drawn = look(page, &cache, &settings, limits);
        if drawn.too_many_glyphs {
            return Err(on_page(number, too_many_glyphs(limits)));
        }
        let (width, height) = (drawn.width, drawn.height);
        if is_trustworthy(&drawn) {
            let lines = layout::lines(visible(&drawn));
            let mut page = Page { number, width, height, lines, ..Page::default() };
            page.look = look::of_text(&page);
            read.pages.push(page);
            continue;
        }
        if !drawn.has_marks() {
            read.pages.push(Page { number, width, height, ..Page::default() });
            continue;
        }
        read.method = Method::Ocr;
        let recognise = || {
            let (raster, placed) = picture::of_page(page, &drawn, &cache, &settings, limits)?;
            let mut page = ocr::read_raster(raster, number, limits)?;
            placed.shift(&mut page, width, height);
            Ok(page)
        };
        // What is too large is known without recognition.
        let outcome = match picture::weigh(&drawn, limits, &mut pixels_left) {
            Ok(()) => recognition.of_page(number, recognise),
            Err(problem) => Some(Err(problem)),
        };
        match outcome {
            Some(Ok(page)) => read.pages.push(Page { number, ..page }),
            other => {
                read.problems.extend(other.and_then(Result::err).map(|problem| on_page(number, problem)));
                read.pages.push(Page { number, width, height, ..Page::default() });
            }
        }
    }
    Ok(read)
}

/// Whether the text of a page says what the page shows. Text that nobody sees (the layer that a scanner's own recognition
/// put behind its picture, white on white) is believed in nothing, not even as a second reading: anybody can write it.
fn is_trustworthy(drawn: &Drawn) -> bool {
    // Somebody painted over a number or in the colour of the paper: recognition sees what people see.
    if drawn.unseen_digits {
        return false;
    }
    let glyphs = || drawn.glyphs.iter().filter(|glyph| !glyph.hidden && !glyph.is_space());
    let count = glyphs().count();
    if count == 0 {
        return false;
    }
    // A scan with a line of text stamped on it: the text is true, but it is not what the page says.
    if count < 100 && drawn.pictures.iter().any(|picture| picture.share >= 0.5) {
        return false;
    }
    // A sideways page: recognition finds which way is up.
    if drawn.turned > count {
        return false;
    }
    // Glyphs without a character. A bullet here and there does no harm; two side by side may be an amount.
    let unknown = glyphs().filter(|glyph| glyph.is_unknown()).count();
    let together = drawn.glyphs.windows(2).any(|pair| pair.iter().all(|glyph| glyph.is_unknown() && !glyph.hidden));
    if together || unknown * 100 >= count {
        return false;
    }
    // Japanese read through a Western table: "ð和7年".
    let western = |c: char| matches!(c, '\u{c0}'..='\u{24f}' if c != '×' && c != '÷');
    let japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
    let any = |is: fn(char) -> bool| glyphs().filter(|glyph| glyph.text.chars().any(is)).count();
    let (western_count, japanese_count) = (any(western), any(japanese));
    let mixed = drawn.glyphs.windows(2).any(|pair| {
        let [first, second] = pair else { return false };
        (first.text.chars().any(western) && second.text.chars().any(japanese))
            || (first.text.chars().any(japanese) && second.text.chars().any(western))
    });
    !(mixed || (japanese_count == 0 && western_count * 20 >= count))
}

fn too_many_glyphs(limits: &Limits) -> Problem {
    Problem::new(ProblemCode::TooLarge)
        .with("found", format!("> {} glyphs", limits.glyphs_per_page))
        .with("expected", format!("{} glyphs", limits.glyphs_per_page))
}

fn visible(drawn: &Drawn) -> Vec<Glyph> {
    drawn.glyphs.iter().filter(|glyph| !glyph.hidden).cloned().collect()
}

fn on_page(number: u32, problem: Problem) -> Problem {
    let spot = Spot { page: Some(number), ..problem.place.spot.clone() };
    problem.at(Place { spot, ..Place::default() })
}
