//! Setting the templates with Typst: a paper as PDF, or as a picture of its pages.

use anyhow::{Context, anyhow};
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::{LazyHash, Scalar};
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;

/// The templates that all others may import: faces and seals.
const SHARED: [(&str, &str); 2] =
    [("papers.typ", include_str!("../templates/papers.typ")), ("seal.typ", include_str!("../templates/seal.typ"))];

/// What the shared templates are set in: IPAex as Debian's packages install them.
const FONTS: [&str; 2] =
    ["/usr/share/fonts/opentype/ipaexfont-mincho/ipaexm.ttf", "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"];

/// Fonts and templates, loaded once.
pub struct Typesetter {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sources: HashMap<FileId, Source>,
    data: FileId,
    seal: FileId,
}

/// One paper to be set: a template, what it is filled with, and the seal that lies on it.
struct Setting<'a> {
    typesetter: &'a Typesetter,
    template: FileId,
    data: Bytes,
    seal: Bytes,
}

fn file(path: &str) -> anyhow::Result<FileId> {
    let path = VirtualPath::new(path).map_err(|error| anyhow!("{path}: {error:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl Typesetter {
    /// With `templates` (path and text; they may import `papers.typ`) and, beside IPAex, the font files `fonts`.
    pub fn new(templates: &[(&str, &str)], more_fonts: &[&str]) -> anyhow::Result<Typesetter> {
        let mut fonts = Vec::new();
        for path in FONTS.iter().chain(more_fonts) {
            let bytes = std::fs::read(Path::new(path))
                .with_context(|| format!("{path} cannot be read; `cargo xtask` installs the package that holds it"))?;
            fonts.extend(Font::iter(Bytes::new(bytes)));
        }
        let mut sources = HashMap::new();
        for (path, text) in SHARED.iter().chain(templates) {
            let id = file(path)?;
            sources.insert(id, Source::new(id, (*text).to_owned()));
        }
        Ok(Typesetter {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            sources,
            data: file("data.json")?,
            seal: file("seal.png")?,
        })
    }

    fn set(&self, template: &str, data: &Value, seal: &[u8]) -> anyhow::Result<PagedDocument> {
        let paper = Setting {
            typesetter: self,
            template: file(&format!("{template}.typ"))?,
            data: Bytes::new(data.to_string().into_bytes()),
            seal: Bytes::new(seal.to_vec()),
        };
        let set = typst::compile::<PagedDocument>(&paper);
        let told =
            |list: &[SourceDiagnostic]| list.iter().map(|one| one.message.to_string()).collect::<Vec<_>>().join("; ");
        // A warning here is a missing font or glyph: no paper with holes is drawn.
        if !set.warnings.is_empty() {
            return Err(anyhow!("{template}: {}", told(&set.warnings)));
        }
        set.output.map_err(|errors| anyhow!("{template}: {}", told(&errors)))
    }

    /// As PDF. `name` is what its id is made from, so that the same paper has the same bytes.
    pub(crate) fn pdf(&self, template: &str, data: &Value, seal: &[u8], name: &str) -> anyhow::Result<Vec<u8>> {
        let document = self.set(template, data, seal)?;
        let options = typst_pdf::PdfOptions {
            ident: Smart::Custom(name.to_owned()),
            creator: Smart::Custom(Some("kofu samples".to_owned())),
            timestamp: None,
            tagged: false,
            ..typst_pdf::PdfOptions::default()
        };
        typst_pdf::pdf(&document, &options).map_err(|errors| anyhow!("{template}: {errors:?}"))
    }

    /// As pictures of its pages, with the width of the page in PDF points.
    pub(crate) fn pages(&self, template: &str, data: &Value, seal: &[u8], dpi: u32) -> anyhow::Result<Vec<RgbImage>> {
        let document = self.set(template, data, seal)?;
        let pages = document.pages().iter().map(|page| {
            let picture = rendered(page, dpi);
            RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
                let Rgba([r, g, b, _]) = *picture.get_pixel(x, y);
                Rgb([r, g, b])
            })
        });
        Ok(pages.collect())
    }

    /// A seal as a picture without background.
    pub(crate) fn seal(&self, characters: &str, shape: &str) -> anyhow::Result<RgbaImage> {
        let data = serde_json::json!({ "seal": characters, "seal_shape": shape });
        let document = self.set("seal", &data, &[])?;
        let page = document.pages().first().context("the seal has no page")?;
        Ok(rendered(page, 300))
    }
}

fn rendered(page: &typst_layout::Page, dpi: u32) -> RgbaImage {
    let options = typst_render::RenderOptions { pixel_per_pt: Scalar::new(f64::from(dpi) / 72.0), render_bleed: false };
    let pixmap = typst_render::render(page, &options);
    let width = pixmap.width();
    let pixels = pixmap.pixels();
    RgbaImage::from_fn(width, pixmap.height(), |x, y| {
        let colour = pixels[(y * width + x) as usize].demultiply();
        Rgba([colour.red(), colour.green(), colour.blue(), colour.alpha()])
    })
}

impl World for Setting<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.typesetter.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.typesetter.book
    }

    fn main(&self) -> FileId {
        self.template
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.typesetter.sources.get(&id).cloned().ok_or_else(|| not_found(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.typesetter.data {
            Ok(self.data.clone())
        } else if id == self.typesetter.seal {
            Ok(self.seal.clone())
        } else {
            Err(not_found(id))
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.typesetter.fonts.get(index).cloned()
    }

    /// No paper may depend on the day on which it was drawn.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn not_found(id: FileId) -> FileError {
    FileError::NotFound(id.vpath().get_without_slash().into())
}
