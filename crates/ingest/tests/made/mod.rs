//! Documents made for the tests: PDFs written object by object, and scans of them.
#![allow(dead_code, reason = "each test program uses its part")]
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of small pages")]

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::font::FontQuery;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use lopdf::encryption::{EncryptionState, EncryptionVersion, Permissions};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::sync::Arc;

/// The page that all of them have, in points.
pub(crate) const WIDTH: f32 = 595.0;
pub(crate) const HEIGHT: f32 = 842.0;

/// The content of a page: what PDF operators draw. `F1` is a Japanese font in CP932 (`90ms-RKSJ-H`), `F2` a Western one,
/// `F3` a Japanese one whose characters the file does not tell, `F4` one for vertical writing, `F5` one of drawings.
#[derive(Clone, Default)]
pub(crate) struct Content {
    pub(crate) operators: Vec<u8>,
    pub(crate) pictures: Vec<(Dictionary, Vec<u8>)>,
    pub(crate) rotate: i64,
}

impl Content {
    pub(crate) fn new() -> Content {
        Content::default()
    }

    /// Text in CP932 whose baseline begins `left` from the left and `down` from the top.
    pub(crate) fn text(self, left: f32, down: f32, size: f32, text: &str) -> Content {
        self.shown("F1", left, down, size, &hex_of(&encoding_rs::SHIFT_JIS.encode(text).0))
    }

    pub(crate) fn shown(self, font: &str, left: f32, down: f32, size: f32, hex: &str) -> Content {
        let y = HEIGHT - down;
        self.raw(&format!("BT /{font} {size} Tf 1 0 0 1 {left} {y} Tm <{hex}> Tj ET"))
    }

    pub(crate) fn raw(mut self, operators: &str) -> Content {
        self.operators.extend_from_slice(operators.as_bytes());
        self.operators.push(b'\n');
        self
    }

    /// A picture over an area of the page; `matrix` maps the unit square to points from the bottom left.
    pub(crate) fn picture(mut self, matrix: [f32; 6], dictionary: Dictionary, bytes: Vec<u8>) -> Content {
        let [a, b, c, d, e, f] = matrix;
        let name = self.pictures.len();
        self.pictures.push((dictionary, bytes));
        self.raw(&format!("q {a} {b} {c} {d} {e} {f} cm /P{name} Do Q"))
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn japanese_font(document: &mut Document, encoding: &str, ordering: &str) -> ObjectId {
    let descriptor = document.add_object(dictionary! {
        "Type" => "FontDescriptor", "FontName" => "IPAexGothic", "Flags" => 4,
        "FontBBox" => vec![0.into(), (-200).into(), 1000.into(), 900.into()],
        "ItalicAngle" => 0, "Ascent" => 880, "Descent" => -120, "CapHeight" => 700, "StemV" => 80,
    });
    // The half-width characters of Adobe-Japan1.
    let widths: Vec<Object> = vec![1.into(), 632.into(), 500.into()];
    let descendant = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "IPAexGothic", "DW" => 1000, "W" => widths,
        "FontDescriptor" => descriptor,
        "CIDSystemInfo" => dictionary! {
            "Registry" => Object::string_literal("Adobe"), "Ordering" => Object::string_literal(ordering),
            "Supplement" => 2,
        },
    });
    document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "IPAexGothic", "Encoding" => encoding,
        "DescendantFonts" => vec![descendant.into()],
    })
}

/// A font whose glyphs are drawings: `A` is 領 and `B` is 収, each as wide as it is high.
fn drawn_font(document: &mut Document) -> ObjectId {
    let square = document.add_object(Stream::new(Dictionary::new(), b"1000 0 d0 0 0 800 800 re f".to_vec()));
    let table = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap
        1 begincodespacerange <00> <FF> endcodespacerange
        2 beginbfchar <41> <9818> <42> <53CE> endbfchar
        endcmap end end";
    let table = document.add_object(Stream::new(Dictionary::new(), table.to_vec()));
    document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type3", "FirstChar" => 65, "LastChar" => 66,
        "FontBBox" => vec![0.into(), 0.into(), 1000.into(), 1000.into()],
        "FontMatrix" => vec![Object::Real(0.001), 0.into(), 0.into(), Object::Real(0.001), 0.into(), 0.into()],
        "Widths" => vec![1000.into(), 1000.into()],
        "CharProcs" => dictionary! { "g1" => square, "g2" => square },
        "Encoding" => dictionary! {
            "Type" => "Encoding", "Differences" => vec![65.into(), Object::from("g1"), Object::from("g2")],
        },
        "Resources" => Dictionary::new(),
        "ToUnicode" => table,
    })
}

/// A document of these pages.
pub(crate) fn document(pages: &[Content]) -> Document {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let japanese = japanese_font(&mut document, "90ms-RKSJ-H", "Japan1");
    let upright = japanese_font(&mut document, "90ms-RKSJ-V", "Japan1");
    let untold = japanese_font(&mut document, "Identity-H", "Identity");
    let western = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let drawn = drawn_font(&mut document);
    let mut kids: Vec<Object> = Vec::new();
    for page in pages {
        let mut pictures = Dictionary::new();
        for (index, (dictionary, bytes)) in page.pictures.iter().enumerate() {
            let picture = document.add_object(Stream::new(dictionary.clone(), bytes.clone()));
            pictures.set(format!("P{index}"), picture);
        }
        let content = document.add_object(Stream::new(Dictionary::new(), page.operators.clone()));
        let fonts = dictionary! { "F1" => japanese, "F2" => western, "F3" => untold, "F4" => upright, "F5" => drawn };
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => content, "Rotate" => page.rotate,
            "MediaBox" => vec![0.into(), 0.into(), WIDTH.into(), HEIGHT.into()],
            "Resources" => dictionary! { "Font" => fonts, "XObject" => pictures },
        });
        kids.push(page.into());
    }
    let count = i64::try_from(kids.len()).unwrap();
    document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let id = Object::string_literal(vec![7; 16]);
    document.trailer.set("ID", vec![id.clone(), id]);
    document
}

pub(crate) fn bytes_of(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

pub(crate) fn pdf(pages: &[Content]) -> Vec<u8> {
    bytes_of(document(pages))
}

/// The same under a password; everybody may open it when `user` is empty.
pub(crate) fn locked(pages: &[Content], user: &str) -> Vec<u8> {
    let mut document = document(pages);
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password: user,
        key_length: 128,
        permissions: Permissions::all(),
    };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    bytes_of(document)
}

/// Forms that each draw the one below twice: 2 to the power of `depth` drawings from a few kilobytes.
pub(crate) fn doubling_forms(depth: usize) -> Vec<u8> {
    let mut document = document(&[Content::new().raw("/X0 Do")]);
    let mut below = document.add_object(Stream::new(
        dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()] },
        b"0 0 1 1 re f".to_vec(),
    ));
    for _ in 0..depth {
        below = document.add_object(Stream::new(
            dictionary! {
                "Type" => "XObject", "Subtype" => "Form",
                "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()],
                "Resources" => dictionary! { "XObject" => dictionary! { "X0" => below } },
            },
            b"/X0 Do /X0 Do".to_vec(),
        ));
    }
    let page = document.page_iter().next().unwrap();
    let resources = dictionary! { "XObject" => dictionary! { "X0" => below } };
    document.get_dictionary_mut(page).unwrap().set("Resources", resources);
    bytes_of(document)
}

/// A receipt of one page.
pub(crate) fn receipt() -> Content {
    Content::new()
        .text(230.0, 90.0, 28.0, "領　収　書")
        .text(60.0, 150.0, 16.0, "あおぞらクリニック 御中")
        .text(400.0, 120.0, 11.0, "令和7年6月15日")
        .text(60.0, 220.0, 14.0, "領収金額")
        .text(200.0, 220.0, 24.0, "￥143,000-")
        .text(60.0, 260.0, 12.0, "但し レセプトコンピュータ改修費として")
        .text(60.0, 300.0, 12.0, "10%対象 130,000円 消費税等 13,000円")
        .text(330.0, 400.0, 12.0, "株式会社みらいシステム")
        .text(330.0, 420.0, 12.0, "登録番号 T7000012050002")
}

/// Rows of grey pixels from the top left.
pub(crate) struct Grey {
    pub(crate) pixels: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What the first page of a PDF shows at so many pixels per point, with a real Japanese font for those not embedded.
pub(crate) fn scan(pdf: Vec<u8>, scale: f32) -> Grey {
    const FONT: &str = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf";
    let font: Arc<Vec<u8>> = Arc::new(std::fs::read(FONT).expect("fonts-ipaexfont-gothic is installed by xtask"));
    let settings = InterpreterSettings {
        font_resolver: Arc::new(move |query| match query {
            FontQuery::Standard(standard) => Some(standard.get_font_data()),
            FontQuery::Fallback(_) => Some((font.clone(), 0)),
        }),
        ..InterpreterSettings::default()
    };
    let pdf = Pdf::new(pdf).unwrap();
    let pixels = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixmap = render(&pdf.pages()[0], &RenderCache::new(), &settings, &RenderSettings::default(), &pixels);
    Grey {
        pixels: pixmap.data_as_u8_slice().chunks_exact(4).map(|pixel| pixel[1]).collect(),
        width: u32::from(pixmap.width()),
        height: u32::from(pixmap.height()),
    }
}

pub(crate) fn grey_dictionary(width: u32, height: u32) -> Dictionary {
    dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
        "Width" => i64::from(width), "Height" => i64::from(height),
    }
}

/// As a scanner would have it: nothing on the page but a picture of it.
pub(crate) fn scanned(pdf: Vec<u8>) -> Content {
    let Grey { pixels, width, height } = scan(pdf, 200.0 / 72.0);
    Content::new().picture([WIDTH, 0.0, 0.0, HEIGHT, 0.0, 0.0], grey_dictionary(width, height), pixels)
}
