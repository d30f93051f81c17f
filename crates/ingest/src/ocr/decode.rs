//! Picture files to pixels, grey for recognition or coloured for people: PNG, JPEG, WebP, BMP, and TIFF with all its
//! pages, turned as their EXIF data say.
//!
//! The size is read from the header and refused before anything is decoded.

use super::{on_page, problem};
use crate::Limits;
use crate::document::damaged;
use crate::sniff::READ_HERE;
use claim::{Problem, ProblemCode};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage};
use std::io::Cursor;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

/// Bytes a pixel may take while it is decoded: RGBA with 16 bits each.
const BYTES_PER_PIXEL: u64 = 8;

/// A picture as its file holds it, not yet turned.
pub(crate) struct Decoded {
    pixels: Pixels,
    orientation: Orientation,
}

enum Pixels {
    Image(DynamicImage),
    /// Of a TIFF: so many bytes for each pixel.
    Samples {
        width: u32,
        height: u32,
        samples: Vec<u8>,
        colour: ColorType,
        per_pixel: usize,
    },
}

impl Decoded {
    /// Width and height once it is turned, as the boxes of a reading count.
    pub(crate) fn size(&self) -> (u32, u32) {
        let (width, height) = match &self.pixels {
            Pixels::Image(picture) => (picture.width(), picture.height()),
            Pixels::Samples { width, height, .. } => (*width, *height),
        };
        let sideways = matches!(
            self.orientation,
            Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
        );
        if sideways { (height, width) } else { (width, height) }
    }

    /// Grey on white, turned.
    pub(crate) fn grey(self) -> Result<GrayImage, Problem> {
        let grey = match self.pixels {
            Pixels::Image(picture) => to_grey(picture),
            Pixels::Samples { width, height, samples, colour, per_pixel } => grey_image(
                width,
                height,
                samples.chunks_exact(per_pixel).map(|pixel| grey_of(colour, pixel)).collect(),
            )?,
        };
        let mut picture = DynamicImage::ImageLuma8(grey);
        picture.apply_orientation(self.orientation);
        Ok(picture.into_luma8())
    }

    /// As people see it, in grey or in colours on white, and how it is still to be turned: whoever makes it smaller turns
    /// less.
    pub(crate) fn colours(self) -> Result<(DynamicImage, Orientation), Problem> {
        let picture = match self.pixels {
            Pixels::Image(picture) if picture.color().has_alpha() => DynamicImage::ImageRgb8(rgb_on_white(picture)),
            Pixels::Image(picture @ (DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_))) => picture,
            Pixels::Image(picture) if picture.color().has_color() => picture.into_rgb8().into(),
            Pixels::Image(picture) => picture.into_luma8().into(),
            Pixels::Samples { width, height, samples, colour: ColorType::RGB(_), per_pixel: 3 } => {
                rgb_image(width, height, samples)?.into()
            }
            Pixels::Samples { width, height, samples, colour, per_pixel }
                if per_pixel >= 3
                    && matches!(
                        colour,
                        ColorType::RGBA(_) | ColorType::CMYK(_) | ColorType::CMYKA(_) | ColorType::YCbCr(_)
                    ) =>
            {
                rgb_image(
                    width,
                    height,
                    samples.chunks_exact(per_pixel).flat_map(|pixel| rgb_of(colour, pixel)).collect(),
                )?
                .into()
            }
            Pixels::Samples { width, height, samples, colour, per_pixel } => grey_image(
                width,
                height,
                samples.chunks_exact(per_pixel).map(|pixel| grey_of(colour, pixel)).collect(),
            )?
            .into(),
        };
        Ok((picture, self.orientation))
    }
}

/// Hands each picture of a file that is `wanted` to `each`, one at a time so that only one is held, with its page number
/// from 1; of several pages, one that cannot be decoded as its problem. Gives how many pages the file has.
pub(crate) fn each_picture(
    bytes: &[u8],
    media_type: &str,
    limits: &Limits,
    wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(u32, Result<Decoded, Problem>) -> Result<(), Problem>,
) -> Result<u32, Problem> {
    let (format, name) = match media_type {
        "image/tiff" => return each_tiff_page(bytes, limits, wanted, each),
        "image/png" => (ImageFormat::Png, "PNG"),
        "image/jpeg" => (ImageFormat::Jpeg, "JPEG"),
        "image/webp" => (ImageFormat::WebP, "WebP"),
        "image/bmp" => (ImageFormat::Bmp, "BMP"),
        other => return Err(unsupported(other)),
    };
    // The decoder fills what is missing with grey and reports nothing.
    if format == ImageFormat::Jpeg && !jpeg_is_whole(bytes) {
        return Err(damaged(name, "the data end before the picture does (no EOI marker)"));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.pixels_per_page.saturating_mul(BYTES_PER_PIXEL));
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(|error| image_problem(name, error))?;
    let (width, height) = decoder.dimensions();
    check_size(name, width, height, limits)?;
    if !wanted(1) {
        return Ok(1);
    }
    // Wrong EXIF data are no reason to refuse a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| image_problem(name, error))?;
    each(1, Ok(Decoded { pixels: Pixels::Image(picture), orientation }))?;
    Ok(1)
}

/// Refuses a picture with more pixels than a page may have, or none.
fn check_size(format: &str, width: u32, height: u32, limits: &Limits) -> Result<(), Problem> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(damaged(format, format!("{width}×{height} px")));
    }
    if pixels > limits.pixels_per_page {
        return Err(problem(
            ProblemCode::TooLarge,
            [
                ("found", format!("{width}×{height} = {pixels} px")),
                ("expected", format!("{} px", limits.pixels_per_page)),
            ],
        ));
    }
    Ok(())
}

/// Grey on white: what is transparent shows the paper behind it.
fn to_grey(picture: DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let with_alpha = picture.into_luma_alpha8();
    GrayImage::from_fn(with_alpha.width(), with_alpha.height(), |x, y| {
        let [grey, alpha] = with_alpha.get_pixel(x, y).0;
        image::Luma([on_white(grey, alpha)])
    })
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    // A weighted mean of two bytes is a byte.
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

/// Colours on white.
fn rgb_on_white(picture: DynamicImage) -> RgbImage {
    let with_alpha = picture.into_rgba8();
    RgbImage::from_fn(with_alpha.width(), with_alpha.height(), |x, y| {
        let [red, green, blue, alpha] = with_alpha.get_pixel(x, y).0;
        image::Rgb([red, green, blue].map(|part| on_white(part, alpha)))
    })
}

/// Whether the markers of a JPEG lead to its end. What cameras append after the end does not matter.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while at + 1 < bytes.len() {
        if bytes[at] != 0xFF {
            at += 1;
            continue;
        }
        match bytes[at + 1] {
            0xD9 => return true,
            // Fill bytes, a stuffed 0xFF inside the picture's data, restarts: no segment of their own.
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD8 => at += 2,
            // A segment with its length, among them the thumbnail of EXIF with markers of its own.
            _ => {
                let Some(length) = bytes.get(at + 2..at + 4) else { return false };
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
        }
    }
    false
}

fn each_tiff_page(
    bytes: &[u8],
    limits: &Limits,
    wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(u32, Result<Decoded, Problem>) -> Result<(), Problem>,
) -> Result<u32, Problem> {
    let open = || {
        let mut allowed = tiff::decoder::Limits::default();
        let most = usize::try_from(limits.pixels_per_page.saturating_mul(BYTES_PER_PIXEL)).unwrap_or(usize::MAX);
        (allowed.decoding_buffer_size, allowed.intermediate_buffer_size) = (most, most);
        Decoder::new(Cursor::new(bytes)).map(|decoder| decoder.with_limits(allowed))
    };
    let mut decoder = open().map_err(tiff_problem)?;
    // All headers first, so that a file with too much is refused before its first page is decoded.
    let (mut pages, mut pixels) = (0u32, 0u64);
    loop {
        if !is_thumbnail(&mut decoder) {
            pages += 1;
            let (width, height) = decoder.dimensions().map_err(|error| on_page(pages, tiff_problem(error)))?;
            check_size("TIFF", width, height, limits).map_err(|problem| on_page(pages, problem))?;
            pixels = pixels.saturating_add(u64::from(width) * u64::from(height));
        }
        if pages > limits.pages {
            return Err(problem(
                ProblemCode::TooManyPages,
                [("found", format!("{pages}+")), ("expected", limits.pages.to_string())],
            ));
        }
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().map_err(|error| on_page(pages + 1, tiff_problem(error)))?;
    }
    if pixels > limits.pixels_in_all {
        return Err(problem(
            ProblemCode::TooLarge,
            [("found", format!("{pixels} px")), ("expected", format!("{} px", limits.pixels_in_all))],
        ));
    }
    let mut decoder = open().map_err(tiff_problem)?;
    let mut page = 0;
    loop {
        if !is_thumbnail(&mut decoder) {
            page += 1;
            if wanted(page) {
                each(page, tiff_page(&mut decoder).map_err(|problem| on_page(page, problem)))?;
            }
        }
        if !decoder.more_images() {
            return Ok(pages);
        }
        decoder.next_image().map_err(|error| on_page(page + 1, tiff_problem(error)))?;
    }
}

/// Some scanners store a small picture beside each page (bit 0 of NewSubfileType).
fn is_thumbnail(decoder: &mut Decoder<Cursor<&[u8]>>) -> bool {
    decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().is_some_and(|kind| kind & 1 == 1)
}

fn tiff_page(decoder: &mut Decoder<Cursor<&[u8]>>) -> Result<Decoded, Problem> {
    let (width, height) = decoder.dimensions().map_err(tiff_problem)?;
    let colour = decoder.colortype().map_err(tiff_problem)?;
    let orientation = decoder
        .find_tag_unsigned::<u8>(Tag::Orientation)
        .ok()
        .flatten()
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms);
    let samples = match decoder.read_image().map_err(tiff_problem)? {
        DecodingResult::U8(samples) => samples,
        // The upper byte is what can be seen.
        DecodingResult::U16(samples) => samples.into_iter().map(|sample| sample.to_be_bytes()[0]).collect(),
        _ => return Err(unsupported(&format!("TIFF, {colour:?}"))),
    };
    let (columns, rows) = (width as usize, height as usize);
    let with = |samples, colour, per_pixel| Decoded {
        pixels: Pixels::Samples { width, height, samples, colour, per_pixel },
        orientation,
    };
    let per_pixel = match colour {
        ColorType::Gray(bits @ (1 | 2 | 4)) => {
            return Ok(with(unpacked(&samples, columns, rows, bits), ColorType::Gray(8), 1));
        }
        // Planes that are stored one after another: the first one stands for the page.
        _ if samples.len() == columns * rows => return Ok(with(samples, ColorType::Gray(8), 1)),
        ColorType::Gray(_) => 1,
        ColorType::GrayA(_) => 2,
        ColorType::RGB(_) | ColorType::YCbCr(_) | ColorType::Lab(_) => 3,
        ColorType::RGBA(_) | ColorType::CMYK(_) => 4,
        ColorType::CMYKA(_) => 5,
        ColorType::Multiband { num_samples, .. } => usize::from(num_samples.max(1)),
        ColorType::Palette(_) => return Err(unsupported("TIFF, palette")),
        _ => return Err(unsupported(&format!("TIFF, {colour:?}"))),
    };
    if samples.len() / per_pixel < columns * rows {
        return Err(damaged("TIFF", "fewer pixels than its header says"));
    }
    Ok(with(samples, colour, per_pixel))
}

/// What a pixel of a TIFF shows in grey.
fn grey_of(colour: ColorType, pixel: &[u8]) -> u8 {
    match (colour, pixel) {
        (ColorType::RGB(_), &[r, g, b]) => luminance(r, g, b),
        (ColorType::RGBA(_), &[r, g, b, alpha]) => on_white(luminance(r, g, b), alpha),
        (ColorType::GrayA(_), &[grey, alpha]) => on_white(grey, alpha),
        (ColorType::CMYK(_) | ColorType::CMYKA(_), &[c, m, y, k, ..]) => {
            on_white(0, 255 - on_white(luminance(255 - c, 255 - m, 255 - y), 255).min(255 - k))
        }
        // Grey itself, the luminance of YCbCr and Lab, or the first of unknown bands. A chunk is never empty.
        (_, pixel) => pixel[0],
    }
}

/// What a pixel of a TIFF shows in colours.
fn rgb_of(colour: ColorType, pixel: &[u8]) -> [u8; 3] {
    match (colour, pixel) {
        (ColorType::RGBA(_), &[r, g, b, alpha]) => [r, g, b].map(|part| on_white(part, alpha)),
        (ColorType::CMYK(_) | ColorType::CMYKA(_), &[c, m, y, k, ..]) => {
            [c, m, y].map(|ink| on_white(0, ink).min(255 - k))
        }
        (ColorType::YCbCr(_), &[y, cb, cr]) => {
            // Full range, as JPEG has it (ITU-T T.871), in thousandths.
            let (y, cb, cr) = (1000 * i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
            [y + 1402 * cr, y - 344 * cb - 714 * cr, y + 1772 * cb]
                .map(|part| u8::try_from((part / 1000).clamp(0, 255)).unwrap_or(u8::MAX))
        }
        (_, pixel) => [grey_of(colour, pixel); 3],
    }
}

/// Bits to bytes: each row begins at a byte of its own.
fn unpacked(samples: &[u8], columns: usize, rows: usize, bits: u8) -> Vec<u8> {
    let bits = usize::from(bits);
    let most = (1u16 << bits) - 1;
    let bytes_per_row = (columns * bits).div_ceil(8);
    let mut grey = Vec::with_capacity(columns * rows);
    for row in samples.chunks_exact(bytes_per_row).take(rows) {
        grey.extend((0..columns).map(|x| {
            let bit = x * bits;
            let value = u16::from(row[bit / 8] >> (8 - bits - bit % 8)) & most;
            // At most 255, because the value is at most `most`.
            u8::try_from(value * 255 / most).unwrap_or(u8::MAX)
        }));
    }
    grey
}

fn grey_image(width: u32, height: u32, grey: Vec<u8>) -> Result<GrayImage, Problem> {
    GrayImage::from_raw(width, height, grey).ok_or_else(|| damaged("TIFF", "fewer pixels than its header says"))
}

fn rgb_image(width: u32, height: u32, rgb: Vec<u8>) -> Result<RgbImage, Problem> {
    RgbImage::from_raw(width, height, rgb).ok_or_else(|| damaged("TIFF", "fewer pixels than its header says"))
}

/// ITU-R BT.709, as `image` weighs them.
fn luminance(r: u8, g: u8, b: u8) -> u8 {
    let sum = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
    u8::try_from(sum / 10_000).unwrap_or(u8::MAX)
}

fn unsupported(found: &str) -> Problem {
    problem(ProblemCode::Unsupported, [("found", found.to_owned()), ("expected", READ_HERE.join(", "))])
}

fn image_problem(format: &str, error: ImageError) -> Problem {
    match error {
        ImageError::Unsupported(error) => unsupported(&error.to_string()),
        ImageError::Limits(error) => {
            problem(ProblemCode::TooLarge, [("found", error.to_string()), ("expected", "A4, 600 dpi".to_owned())])
        }
        error => damaged(format, error),
    }
}

fn tiff_problem(error: TiffError) -> Problem {
    match error {
        TiffError::UnsupportedError(error) => unsupported(&format!("TIFF: {error}")),
        TiffError::LimitsExceeded => problem(
            ProblemCode::TooLarge,
            [("found", "TIFF: limits exceeded".to_owned()), ("expected", "A4, 600 dpi".to_owned())],
        ),
        error => damaged("TIFF", error),
    }
}
