//! Receipts drawn for the tests, and what scanners and cameras do to them.

use crate::ocr::plane::{Homography, Point, warp};
use image::{GrayImage, Luma};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::layout::{Frame, FrameItem};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};
use typst_layout::PagedDocument;

/// A receipt as it may look: 宛名, a boxed total, 但し書き, a table, tax, issuer, registration number.
pub(crate) const RECEIPT: &str = r#"
#set page(width: 210mm, height: 297mm, margin: 20mm)
#set text(font: "IPAexGothic", size: 10.5pt, lang: "ja")
#align(center, text(size: 24pt, tracking: 12pt)[領収書])
#align(right)[No. 2025-0615 \ 発行日 令和7年6月15日]
#v(4mm)
#text(size: 14pt)[医療法人社団青空会 あおぞらクリニック 御中]
#v(4mm)
#align(center, rect(inset: 8pt, stroke: 1pt, text(size: 22pt)[￥143,000-]))
#align(center)[但し オンライン資格確認の機器及び改修の費用として 上記正に領収いたしました。]
#v(4mm)
#table(columns: (1fr, 16mm, 30mm, 30mm), stroke: 0.6pt, align: (left, right, right, right),
  [品名], [数量], [単価], [金額],
  [モバイル端末 一式設定含む], [1], [45,100], [45,100],
  [レセプトコンピュータ改修費], [1], [97,900], [97,900],
  [合計（税込）], [], [], [143,000])
#v(4mm)
10%対象 130,000円 消費税 13,000円
#v(8mm)
#align(right)[株式会社みらいシステム \ 東京都千代田区霞が関一丁目2番3号 \ 登録番号 T7000012050002 \ TEL 03-1234-5678]
"#;

/// An itemization in small print with a dark table head.
pub(crate) const ITEMIZATION: &str = r#"
#set page(width: 210mm, height: 297mm, margin: 18mm)
#set text(font: "IPAexMincho", size: 8pt, lang: "ja")
#align(center, text(size: 16pt)[領収書内訳書])
医療機関名：北山歯科医院
#let head = ("No", "項目・内訳", "数量", "単価", "金額（税込）", "うち対象")
#table(columns: (8mm, 1fr, 14mm, 24mm, 24mm, 24mm), stroke: 0.4pt,
  align: (center, left, right, right, right, right),
  ..head.map(t => table.cell(fill: rgb("203864"), text(fill: white, t))),
  [1], [顔認証付きカードリーダー設置費], [1], [38,500], [38,500], [38,500],
  [2], [レセプトコンピュータ改修（資格確認）], [1], [66,000], [66,000], [66,000],
  [3], [モバイル端末（タブレット 10.2型）], [2], [24,750], [49,500], [49,500],
  [4], [保守費用（年額）], [1], [8,250], [8,250], [0],
  [5], [ネットワーク設定作業], [3], [5,500], [16,500], [16,500],
  [], [合計], [], [], [178,750], [170,500])
"#;

/// A shop's slip in pale thermal print, with dashed lines and amounts at the right edge.
pub(crate) const TILL_SLIP: &str = r##"
#set page(width: 80mm, height: 170mm, margin: 6mm)
#set text(font: "IPAexGothic", size: 9pt, lang: "ja", fill: rgb("555555"))
#align(center)[株式会社ビックデンキ \ 新宿西口店 \ TEL 03-3346-1111]
2025/10/04(土) 15:42 \
登録番号 T9012301004236
#line(length: 100%, stroke: (dash: "dashed"))
タブレット端末 #h(1fr) ¥39,800 \
ケース #h(1fr) ¥3,280
#line(length: 100%, stroke: (dash: "dashed"))
#text(size: 14pt)[合計 #h(1fr) ¥43,080] \
(10%対象 #h(1fr) ¥43,080) \
(内消費税 #h(1fr) ¥3,916) \
お預り #h(1fr) ¥50,000 \
お釣り #h(1fr) ¥6,920
"##;

/// A bought form with a box for each digit of the amount.
pub(crate) const DIGIT_BOXES: &str = r#"
#set page(width: 182mm, height: 128mm, margin: 12mm)
#set text(font: "IPAexMincho", size: 10pt, lang: "ja")
#align(center, text(size: 20pt, tracking: 8pt)[領収証])
#text(size: 13pt)[さくら薬局 様] #h(1fr) 2025年12月3日
#v(3mm)
#let boxes = ("￥", "1", "8", "8", "1", "0", "0", "－").map(c => text(size: 18pt, c))
#align(center, table(columns: 8 * (8mm,), stroke: 0.8pt, align: center, inset: 6pt, ..boxes))
但し　資格確認端末および設定作業代として \ 上記正に領収いたしました
#v(2mm)
#table(columns: (24mm, 34mm), stroke: .5pt,
  [税抜金額], align(right)[171,000], [消費税額(10%)], align(right)[17,100])
#v(1fr)
#align(right)[有限会社メディカルサポート \ 登録番号：T1234567890123]
"#;

/// A drawn page and where each piece of its text stands, in pixels.
pub(crate) struct Drawn {
    pub(crate) image: GrayImage,
    pub(crate) texts: Vec<(String, [f32; 4])>,
}

impl Drawn {
    /// Draws Typst markup at a resolution.
    pub(crate) fn page(markup: &str, dpi: u32) -> Drawn {
        let sheet = Sheet::new(markup);
        let document = typst::compile::<PagedDocument>(&sheet).output.expect("the markup is right");
        let page = &document.pages()[0];
        let scale = f64::from(dpi) / 72.0;
        let options = typst_render::RenderOptions { pixel_per_pt: scale.into(), render_bleed: false };
        let pixels = typst_render::render(page, &options);
        let image = GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
            let pixel = pixels.pixel(x, y).expect("inside the page");
            Luma([pixel.green()])
        });
        let mut texts = Vec::new();
        collect(&page.frame, (0.0, 0.0), scale as f32, &mut texts);
        Drawn { image, texts }
    }

    /// The box of the first piece of text that holds `part`.
    pub(crate) fn place_of(&self, part: &str) -> [f32; 4] {
        self.texts.iter().find(|(text, _)| text.contains(part)).expect("it was drawn").1
    }
}

fn collect(frame: &Frame, origin: (f32, f32), scale: f32, texts: &mut Vec<(String, [f32; 4])>) {
    for (point, item) in frame.items() {
        let (x, y) = (origin.0 + point.x.to_pt() as f32, origin.1 + point.y.to_pt() as f32);
        match item {
            FrameItem::Group(group) => collect(&group.frame, (x, y), scale, texts),
            // A text's point is the start of its base line.
            FrameItem::Text(text) => {
                let (size, width) = (text.size.to_pt() as f32, text.width().to_pt() as f32);
                let bounds = [x, y - 0.88 * size, x + width, y + 0.12 * size].map(|side| side * scale);
                texts.push((text.text.to_string(), bounds));
            }
            _ => {}
        }
    }
}

struct Sheet {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    source: Source,
}

impl Sheet {
    fn new(markup: &str) -> Sheet {
        let fonts: Vec<Font> = ["ipaexfont-gothic/ipaexg.ttf", "ipaexfont-mincho/ipaexm.ttf"]
            .iter()
            .flat_map(|file| {
                let path = format!("/usr/share/fonts/opentype/{file}");
                let bytes = std::fs::read(&path)
                    .unwrap_or_else(|error| panic!("{path}: {error}; apt-get install fonts-ipaexfont"));
                Font::iter(Bytes::new(bytes)).collect::<Vec<_>>()
            })
            .collect();
        Sheet {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            source: Source::detached(markup),
        }
    }
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }
    fn main(&self) -> FileId {
        self.source.id()
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }
    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }
    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Laid askew on the scanner: turned clockwise about the middle, the size kept. Gives the map of points, too.
pub(crate) fn tilted(image: &GrayImage, degrees: f64) -> (GrayImage, Homography) {
    let (x, y) = (f64::from(image.width()) / 2.0, f64::from(image.height()) / 2.0);
    let about =
        |degrees: f64| Homography::shift(-x, -y).then(&Homography::rotation(degrees)).then(&Homography::shift(x, y));
    (warp(image, image.width(), image.height(), &about(-degrees)), about(degrees))
}

/// A shadow that deepens toward the lower right, to `darkest` of the light.
pub(crate) fn shaded(image: &GrayImage, darkest: f32) -> GrayImage {
    let (width, height) = (image.width() as f32, image.height() as f32);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let depth = ((x as f32 / width + y as f32 / height) - 0.6).clamp(0.0, 1.0);
        let light = 1.0 - (1.0 - darkest) * depth;
        Luma([(f32::from(image.get_pixel(x, y).0[0]) * light) as u8])
    })
}

/// The grain of a sensor: each pixel off by at most `most`, always the same for the same seed.
pub(crate) fn grainy(image: &GrayImage, most: i16, seed: u64) -> GrayImage {
    let mut random = StdRng::seed_from_u64(seed);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let off = random.random_range(-most..=most);
        Luma([(i16::from(image.get_pixel(x, y).0[0]) * 15 / 16 + off).clamp(0, 255) as u8])
    })
}

/// Pixels without any meaning.
pub(crate) fn noise(width: u32, height: u32, seed: u64) -> GrayImage {
    let mut bytes = vec![0u8; (width * height) as usize];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    GrayImage::from_raw(width, height, bytes).expect("as many bytes as pixels")
}

/// Photographed on a table: the page's corners at `corners` of a picture of the given size. Gives the map of points, too.
pub(crate) fn photographed(
    image: &GrayImage,
    (width, height): (u32, u32),
    corners: [Point; 4],
    table: u8,
) -> (GrayImage, Homography) {
    let (w, h) = (f64::from(image.width()), f64::from(image.height()));
    let to_photo = Homography::scale(1.0 / w, 1.0 / h).then(&Homography::from_unit_square(corners));
    let to_page = to_photo.inverse();
    let mut photo = warp(image, width, height, &to_page);
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        let (u, v) = to_page.apply((f64::from(x) + 0.5, f64::from(y) + 0.5));
        if u < 0.0 || v < 0.0 || u > w || v > h {
            *pixel = Luma([table]);
        }
    }
    (photo, to_photo)
}
