//! Notices (通知書) as PDF: the words of the claim's room, set by Typst in process.
//!
//! A notice's text goes to Typst as data (`/data.json`), never as markup, so a `#` or `$` in a name prints as itself.
//! A character that no font has is found before anything is set; PDF/A, which forbids missing glyphs, stands guard
//! behind that.

mod content;
mod fonts;
mod world;

pub use content::{MissingGlyph, NoticeProblem, UnfinishedNotice};
pub use fonts::{DEFAULT_FONT_DIRS, FontError};
pub use world::TemplateFileError;

use claim::Notice;
use content::Content;
use fonts::Fonts;
use std::path::Path;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Bytes, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use world::{Shop, World};

/// Why a notice cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// Something must be mended in what the notice says.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedNotice),
    /// The typesetter refused: a fault of the template, not of the claim.
    #[error("the notice of claim {claim} cannot be typeset; report this with the text: {said}")]
    Typesetting {
        /// The claim.
        claim: String,
        /// What the typesetter said.
        said: String,
    },
}

/// Why there is no typesetter.
#[derive(Debug, thiserror::Error)]
pub enum TypesetterError {
    /// A font is missing.
    #[error(transparent)]
    Font(#[from] FontError),
    /// A fund's own template.
    #[error(transparent)]
    Template(#[from] TemplateFileError),
}

/// Sets notices. Made once, as it holds the fonts (about 15 MB, 40 with the one for rare kanji), and used from any
/// number of threads; a notice takes some milliseconds of computing.
pub struct Typesetter {
    shop: Shop,
    standards: PdfStandards,
}

/// What a template sets: a fund's own gets the same.
pub struct NoticeData {
    /// `/data.json`.
    pub json: Vec<u8>,
    /// `/proof.svg`: the QR code that leads to the proof, where there is one.
    pub proof: Option<String>,
}

/// How many notices the typesetter's memory of earlier work reaches back. Without a limit it grows by 1 MB a notice.
const REMEMBERED: usize = 5;

impl Typesetter {
    /// With the fonts found in `font_dirs` and the folders in them ([`DEFAULT_FONT_DIRS`] on Debian and Ubuntu).
    ///
    /// # Errors
    /// A folder that cannot be read though it is there, or a font that is not there, with the package that has it.
    pub fn new<P: AsRef<Path>>(font_dirs: &[P]) -> Result<Typesetter, TypesetterError> {
        Typesetter::with_templates(font_dirs, None)
    }

    /// [`Typesetter::new`], with a fund's own templates: files named as those of `crates/reporting/templates`, in the folder
    /// `own`. What is not there is ours.
    ///
    /// # Errors
    /// Also a template that is there and cannot be read.
    pub fn with_templates<P: AsRef<Path>>(font_dirs: &[P], own: Option<&Path>) -> Result<Typesetter, TypesetterError> {
        let dirs: Vec<&Path> = font_dirs.iter().map(AsRef::as_ref).collect();
        let fonts = Fonts::load(&dirs)?;
        let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
            // Both are PDF 1.7, and a test makes notices with them.
            .expect("PDF/A-2a and PDF/UA-1 agree with each other");
        Ok(Typesetter { shop: Shop::new(fonts, own)?, standards })
    }

    /// Whether characters beyond the first two fonts (𠮷 and other rare kanji) can be printed.
    pub fn has_fallback_font(&self) -> bool {
        self.shop.fonts.has_fallback()
    }

    /// The first character of a note of several lines that no notice can show: one that no font has, or a control
    /// character.
    pub fn unprintable(&self, note: &str) -> Option<char> {
        note.chars().find(|c| *c != '\n' && (c.is_control() || !content::can_print(*c, &self.shop.fonts)))
    }

    /// What the template of a notice is given.
    ///
    /// # Errors
    /// [`NoticeError`].
    pub fn data(&self, notice: &Notice) -> Result<NoticeData, NoticeError> {
        let content = Content::of(notice);
        content.check(notice, &self.shop.fonts)?;
        let refused = |said: String| NoticeError::Typesetting { claim: notice.claim_id.clone(), said };
        let json = serde_json::to_vec(&content).map_err(|error| refused(error.to_string()))?;
        let proof = notice.proof_link.as_deref().map(code).transpose().map_err(|error| refused(error.to_string()))?;
        Ok(NoticeData { json, proof })
    }

    /// `notice` as PDF (PDF/A-2a and PDF/UA-1, fonts embedded). The same notice with the same fonts is the same bytes.
    ///
    /// # Errors
    /// All that has to be mended before it can be sent, at once: characters that no font has, a rejection or return
    /// without a reason.
    pub fn notice(&self, notice: &Notice) -> Result<Vec<u8>, NoticeError> {
        let NoticeData { json, proof } = self.data(notice)?;
        let proof = proof.map(Bytes::from_string);
        let world = World { shop: &self.shop, template: notice.kind, data: Bytes::new(json), proof };
        let document = typst::compile::<PagedDocument>(&world).output;
        let options = PdfOptions {
            ident: Smart::Custom(format!("{}/{}/{}", notice.number, notice.claim_id, notice.log_index)),
            creator: Smart::Custom(Some("kofu".to_owned())),
            timestamp: None,
            page_ranges: None,
            standards: self.standards.clone(),
            tagged: true,
            pretty: false,
        };
        let pdf = document.and_then(|document| typst_pdf::pdf(&document, &options));
        typst::comemo::evict(REMEMBERED);
        pdf.map_err(|errors| NoticeError::Typesetting { claim: notice.claim_id.clone(), said: said(&errors) })
    }
}

/// A QR code as a picture, in black on nothing: paper is white.
fn code(link: &str) -> Result<String, qrcode::types::QrError> {
    let code = qrcode::QrCode::with_error_correction_level(link.as_bytes(), qrcode::EcLevel::M)?;
    Ok(code.render::<qrcode::render::svg::Color<'_>>().quiet_zone(true).build())
}

fn said(errors: &[SourceDiagnostic]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
}
