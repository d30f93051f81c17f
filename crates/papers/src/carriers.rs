//! The files that papers come as: PDF, scanned PDF, PNG, JPEG, TIFF.

use crate::pixels::{self, Photo, Scan};
use crate::typesetting::Typesetter;
use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, GrayImage, ImageEncoder, ImageFormat, RgbImage};
use lopdf::{Object, Stream, dictionary};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Cursor;

/// Photos are taken of a page drawn at this many dots per inch; what the telephone leaves of them is in [`Photo`].
const PHOTO_DPI: u32 = 220;
/// The same for photos that follow the page's shape, some of them of small slips.
const SNAPSHOT_DPI: u32 = 300;
/// Such a photo has at most this many pixels for one of the page as drawn: no telephone sees more than is printed.
const SNAPSHOT_MOST: f32 = 2.0;

/// What a paper comes as.
#[derive(Clone, Copy)]
pub enum Medium {
    /// Born digital.
    Pdf,
    /// Born digital, and cut off after so many thousandths of its bytes.
    CutPdf(usize),
    /// A scan in a PDF of one picture a page.
    ScannedPdf(Scan),
    /// A scan as PNG.
    Png(Scan),
    /// A scan as JPEG.
    Jpeg(Scan),
    /// A scan as TIFF, all its pages.
    Tiff(Scan),
    /// A fax as TIFF, black and white.
    Fax(Scan),
    /// A photo by a telephone, as JPEG.
    Photo(Photo),
    /// The same with the page's own shape and at most so many megapixels: what [`Photo`] says of places are shares of it,
    /// and its size is not asked.
    Snapshot(Photo, f32),
}

/// The seal that lies on a paper.
#[derive(Clone, Copy)]
pub struct Seal<'a> {
    /// Whose it is: its ink comes from this name, and it is drawn once for each.
    pub owner: &'a str,
    /// Its characters.
    pub characters: &'a str,
    /// `square` or `round`.
    pub shape: &'a str,
}

/// A paper to be drawn.
pub struct Paper<'a> {
    /// The template's path without `.typ`.
    pub template: &'a str,
    /// What it is filled with.
    pub data: &'a Value,
    /// What it is sealed with.
    pub seal: Seal<'a>,
    /// Unique to the paper: its noise and its PDF id come from it.
    pub name: &'a str,
}

/// A file that was drawn.
pub struct Carried {
    /// The file.
    pub bytes: Vec<u8>,
    /// The pictures in it as files of their own, for programs that read no PDF: none of a born-digital PDF.
    pub pictures: Vec<Vec<u8>>,
}

/// Draws papers and gives their bytes.
pub struct Drawer {
    typesetter: Typesetter,
    /// Each owner's seal as PNG: a seal is the same on all papers of its owner.
    seals: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Drawer {
    /// One that draws with the templates and fonts of `typesetter`.
    pub fn new(typesetter: Typesetter) -> Drawer {
        Drawer { typesetter, seals: RefCell::default() }
    }

    /// The file that `paper` comes as.
    pub fn draw(&self, paper: &Paper<'_>, medium: Medium) -> anyhow::Result<Carried> {
        let &Paper { template, data, name, .. } = paper;
        let seal = self.seal(&paper.seal)?;
        let seed = seed(name);
        let pages = |dpi: u32| self.typesetter.pages(template, data, &seal, dpi);
        let first = |dpi: u32| pages(dpi)?.into_iter().next().context("a paper without pages");
        let scans = |scan: &Scan| -> anyhow::Result<Vec<GrayImage>> {
            let scanned = |(number, page)| pixels::scanned(&page, scan, seed + number);
            Ok((0..).zip(pages(scan.dpi)?).map(scanned).collect())
        };
        let born = |bytes| Carried { bytes, pictures: Vec::new() };
        let alone = |bytes: Vec<u8>| Carried { pictures: vec![bytes.clone()], bytes };
        Ok(match medium {
            Medium::Pdf => born(self.typesetter.pdf(template, data, &seal, name)?),
            Medium::CutPdf(per_mille) => {
                let mut bytes = self.typesetter.pdf(template, data, &seal, name)?;
                bytes.truncate(bytes.len() * per_mille / 1000);
                born(bytes)
            }
            Medium::ScannedPdf(scan) => {
                let pictures: Vec<Vec<u8>> =
                    scans(&scan)?.iter().map(|page| grey_jpeg(page, scan.quality)).collect::<anyhow::Result<_>>()?;
                Carried { bytes: scanned_pdf(&pictures, scan.dpi)?, pictures }
            }
            Medium::Png(scan) => {
                let page = pixels::scanned(&first(scan.dpi)?, &scan, seed);
                let mut bytes = Cursor::new(Vec::new());
                page.write_to(&mut bytes, ImageFormat::Png)?;
                alone(bytes.into_inner())
            }
            Medium::Jpeg(scan) => alone(grey_jpeg(&pixels::scanned(&first(scan.dpi)?, &scan, seed), scan.quality)?),
            Medium::Tiff(scan) => alone(tiff_of(&scans(&scan)?, scan.dpi)?),
            Medium::Fax(scan) => {
                let faxed = |(number, page)| pixels::faxed(&page, &scan, seed + number);
                let faxes: Vec<GrayImage> = (0..).zip(pages(scan.dpi)?).map(faxed).collect();
                alone(tiff_of(&faxes, scan.dpi)?)
            }
            Medium::Photo(photo) => alone(photo_of(&first(PHOTO_DPI)?, &photo, seed)?),
            Medium::Snapshot(photo, megapixels) => {
                let page = first(SNAPSHOT_DPI)?;
                let drawn = page.width() as f32 * page.height() as f32;
                let photo = photo.of_shape(page.dimensions(), (megapixels * 1e6).min(drawn * SNAPSHOT_MOST));
                alone(photo_of(&page, &photo, seed)?)
            }
        })
    }

    fn seal(&self, seal: &Seal<'_>) -> anyhow::Result<Vec<u8>> {
        if let Some(bytes) = self.seals.borrow().get(seal.owner) {
            return Ok(bytes.clone());
        }
        let drawn = self.typesetter.seal(seal.characters, seal.shape)?;
        let mut bytes = Cursor::new(Vec::new());
        pixels::inked(drawn, seed(seal.owner)).write_to(&mut bytes, ImageFormat::Png)?;
        let bytes = bytes.into_inner();
        self.seals.borrow_mut().insert(seal.owner.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// A number that belongs to a name (FNV-1a), so that each paper has noise of its own and always the same.
fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A photo of a page as JPEG in colour.
fn photo_of(page: &RgbImage, photo: &Photo, seed: u64) -> anyhow::Result<Vec<u8>> {
    let picture = pixels::photographed(page, photo, seed);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, photo.quality).write_image(
        &picture,
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

/// A page as JPEG in grey.
fn grey_jpeg(page: &GrayImage, quality: u8) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
        page,
        page.width(),
        page.height(),
        ExtendedColorType::L8,
    )?;
    Ok(bytes)
}

/// One JPEG in grey a page, as office scanners write PDFs.
pub fn scanned_pdf(pages: &[Vec<u8>], dpi: u32) -> anyhow::Result<Vec<u8>> {
    let mut pdf = lopdf::Document::with_version("1.5");
    let tree = pdf.new_object_id();
    let mut kids: Vec<Object> = Vec::new();
    for jpeg in pages {
        let (wide, high) = image::ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg).into_dimensions()?;
        let picture = pdf.add_object(Stream::new(
            dictionary! {
                "Type" => "XObject",
                "Subtype" => "Image",
                "Width" => i64::from(wide),
                "Height" => i64::from(high),
                "ColorSpace" => "DeviceGray",
                "BitsPerComponent" => 8,
                "Filter" => "DCTDecode",
            },
            jpeg.clone(),
        ));
        let points = |pixels: u32| i64::from(pixels) * 72 / i64::from(dpi);
        let (width, height) = (points(wide), points(high));
        let drawing = format!("q {width} 0 0 {height} 0 0 cm /Im0 Do Q");
        let contents = pdf.add_object(Stream::new(dictionary! {}, drawing.into_bytes()));
        let kid = pdf.add_object(dictionary! {
            "Type" => "Page",
            "Parent" => tree,
            "MediaBox" => vec![0.into(), 0.into(), width.into(), height.into()],
            "Resources" => dictionary! { "XObject" => dictionary! { "Im0" => picture } },
            "Contents" => contents,
        });
        kids.push(kid.into());
    }
    let count = i64::try_from(kids.len())?;
    pdf.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
    let catalog = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    pdf.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).context("the scanned PDF cannot be written")?;
    Ok(bytes)
}

/// A TIFF of several pages, compressed with LZW.
pub fn tiff_of(pages: &[GrayImage], dpi: u32) -> anyhow::Result<Vec<u8>> {
    use tiff::encoder::{Compression, Rational, TiffEncoder, colortype::Gray8};
    use tiff::tags::ResolutionUnit;
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)?.with_compression(Compression::Lzw);
    for page in pages {
        let mut image = encoder.new_image::<Gray8>(page.width(), page.height())?;
        image.resolution(ResolutionUnit::Inch, Rational { n: dpi, d: 1 });
        image.write_data(page.as_raw())?;
    }
    Ok(bytes.into_inner())
}
