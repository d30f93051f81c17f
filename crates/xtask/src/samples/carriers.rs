//! The files that papers come as: PDF, scanned PDF, PNG, JPEG, TIFF.

use super::pixels;
use super::story::{Medium, Vendor};
use super::typesetting::Typesetter;
use anyhow::Context;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, GrayImage, ImageEncoder, ImageFormat};
use lopdf::{Object, Stream, dictionary};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Cursor;

/// Draws papers and gives their bytes.
pub(super) struct Drawer {
    typesetter: Typesetter,
    /// Each vendor's seal as PNG, by the vendor's name: a seal is the same on all its papers.
    seals: RefCell<BTreeMap<&'static str, Vec<u8>>>,
}

impl Drawer {
    pub(super) fn new() -> anyhow::Result<Drawer> {
        Ok(Drawer { typesetter: Typesetter::new()?, seals: RefCell::default() })
    }

    /// The bytes of the paper `template` filled with `data`, sealed by `vendor`, as `medium`. `name` is unique to the
    /// paper; its noise and its PDF id come from it.
    pub(super) fn draw(
        &self,
        template: &str,
        data: &Value,
        vendor: &Vendor,
        medium: Medium,
        name: &str,
    ) -> anyhow::Result<Vec<u8>> {
        let seal = self.seal(vendor)?;
        let seed = seed(name);
        let pages = |dpi: u32| self.typesetter.pages(template, data, &seal, dpi);
        let first = |dpi: u32| pages(dpi)?.into_iter().next().context("a paper without pages");
        match medium {
            Medium::Pdf => self.typesetter.pdf(template, data, &seal, name),
            Medium::CutPdf(per_mille) => {
                let mut bytes = self.typesetter.pdf(template, data, &seal, name)?;
                bytes.truncate(bytes.len() * per_mille / 1000);
                Ok(bytes)
            }
            Medium::ScannedPdf(scan) => {
                let scans: Vec<GrayImage> = (0..)
                    .zip(pages(scan.dpi)?)
                    .map(|(number, page)| pixels::scanned(&page, &scan, seed + number))
                    .collect();
                scanned_pdf(&scans, scan.dpi, scan.quality)
            }
            Medium::Png(scan) => {
                let page = pixels::scanned(&first(scan.dpi)?, &scan, seed);
                let mut bytes = Cursor::new(Vec::new());
                page.write_to(&mut bytes, ImageFormat::Png)?;
                Ok(bytes.into_inner())
            }
            Medium::Fax(scan) => {
                let faxes: Vec<GrayImage> = (0..)
                    .zip(pages(scan.dpi)?)
                    .map(|(number, page)| pixels::faxed(&page, &scan, seed + number))
                    .collect();
                fax(&faxes, scan.dpi)
            }
            Medium::Photo(photo) => {
                let picture = pixels::photographed(&first(220)?, &photo, seed);
                let mut bytes = Vec::new();
                JpegEncoder::new_with_quality(&mut bytes, photo.quality).write_image(
                    &picture,
                    picture.width(),
                    picture.height(),
                    ExtendedColorType::Rgb8,
                )?;
                Ok(bytes)
            }
        }
    }

    fn seal(&self, vendor: &Vendor) -> anyhow::Result<Vec<u8>> {
        if let Some(bytes) = self.seals.borrow().get(vendor.name) {
            return Ok(bytes.clone());
        }
        let seal = self.typesetter.seal(vendor.seal, vendor.seal_shape)?;
        let mut bytes = Cursor::new(Vec::new());
        pixels::inked(seal, seed(vendor.name)).write_to(&mut bytes, ImageFormat::Png)?;
        let bytes = bytes.into_inner();
        self.seals.borrow_mut().insert(vendor.name, bytes.clone());
        Ok(bytes)
    }
}

/// A number that belongs to a name (FNV-1a), so that each paper has noise of its own and always the same.
fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One picture a page, as office scanners write PDFs.
fn scanned_pdf(pages: &[GrayImage], dpi: u32, quality: u8) -> anyhow::Result<Vec<u8>> {
    let mut pdf = lopdf::Document::with_version("1.5");
    let tree = pdf.new_object_id();
    let mut kids: Vec<Object> = Vec::new();
    for page in pages {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality).write_image(
            page,
            page.width(),
            page.height(),
            ExtendedColorType::L8,
        )?;
        let picture = pdf.add_object(Stream::new(
            dictionary! {
                "Type" => "XObject",
                "Subtype" => "Image",
                "Width" => i64::from(page.width()),
                "Height" => i64::from(page.height()),
                "ColorSpace" => "DeviceGray",
                "BitsPerComponent" => 8,
                "Filter" => "DCTDecode",
            },
            jpeg,
        ));
        let points = |pixels: u32| i64::from(pixels) * 72 / i64::from(dpi);
        let (width, height) = (points(page.width()), points(page.height()));
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
fn fax(pages: &[GrayImage], dpi: u32) -> anyhow::Result<Vec<u8>> {
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
