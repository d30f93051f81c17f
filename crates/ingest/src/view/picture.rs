//! Pixels to a picture for a browser: small enough, and with nothing in it but pixels.

use crate::document::damaged;
use claim::Problem;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageError};
use serde::{Deserialize, Serialize};

/// A page as a picture. It was made from pixels: of the document's bytes, its metadata and its scripts nothing is in it.
/// The same bytes and page give the same picture, so it can be kept under the document's hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// From 1.
    pub page: u32,
    /// How many pages the document has.
    pub pages: u32,
    /// The width of the page in the unit of [`claim::Spot`]'s boxes: points of a PDF, or pixels as the file has them (and
    /// not those of this picture). A box lies on the picture as it lies on a page of this size, so that an overlay whose
    /// coordinates run to `width` and `height` takes boxes as they are.
    pub width: f32,
    /// The height, in the same unit.
    pub height: f32,
    /// Pixels of the picture.
    pub width_px: u32,
    /// Pixels of the picture.
    pub height_px: u32,
    /// What the bytes are.
    pub format: PictureFormat,
    /// Some text of a PDF is missing in the picture, because neither the file nor this machine has its font.
    pub lacks_font: bool,
    /// The picture itself. Between processes it follows what describes it.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// How a picture is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// Text and lines, exactly.
    Png,
    /// Photos, where it is much smaller.
    Jpeg,
}

impl PictureFormat {
    /// For the head of an answer.
    pub const fn media_type(self) -> &'static str {
        match self {
            PictureFormat::Png => "image/png",
            PictureFormat::Jpeg => "image/jpeg",
        }
    }
}

/// A PNG of fewer bytes is sent as it is.
const SMALL: usize = 400_000;
/// A JPEG is taken when it is so many times smaller.
const MUCH_SMALLER: usize = 2;
/// Print stays crisp.
const JPEG_QUALITY: u8 = 85;

/// A picture with at most so many pixels, each the mean of those it stands for.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "smaller than the sides it comes from")]
pub(super) fn shrunk(picture: DynamicImage, most_pixels: u64) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let share = (most_pixels as f64 / (f64::from(width) * f64::from(height))).sqrt();
    if share >= 1.0 {
        return picture;
    }
    let side = |side: u32| ((f64::from(side) * share) as u32).max(1);
    picture.thumbnail_exact(side(width), side(height))
}

/// Packs a picture; gives what it is and how large.
pub(super) fn encoded(picture: DynamicImage) -> Result<(Vec<u8>, PictureFormat, [u32; 2]), Problem> {
    let picture = if is_grey(&picture) { DynamicImage::ImageLuma8(picture.into_luma8()) } else { picture };
    let size = [picture.width(), picture.height()];
    let colours = match picture {
        DynamicImage::ImageLuma8(_) => ExtendedColorType::L8,
        _ => ExtendedColorType::Rgb8,
    };
    let pack = |encoder: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), ImageError>| {
        let mut bytes = Vec::new();
        // Only a size of zero or beyond a format's most can go wrong.
        encoder(&mut bytes).map(|()| bytes).map_err(|error| damaged("page", error))
    };
    let png = pack(&mut |bytes| {
        let encoder = PngEncoder::new_with_quality(bytes, CompressionType::Fast, FilterType::Adaptive);
        encoder.write_image(picture.as_bytes(), size[0], size[1], colours)
    })?;
    // The longest side that a JPEG can have.
    if png.len() <= SMALL || size.iter().any(|side| *side > u32::from(u16::MAX)) {
        return Ok((png, PictureFormat::Png, size));
    }
    let jpeg = pack(&mut |bytes| {
        JpegEncoder::new_with_quality(bytes, JPEG_QUALITY).write_image(picture.as_bytes(), size[0], size[1], colours)
    })?;
    let packed =
        if jpeg.len() * MUCH_SMALLER <= png.len() { (jpeg, PictureFormat::Jpeg) } else { (png, PictureFormat::Png) };
    Ok((packed.0, packed.1, size))
}

/// Whether a picture has no colour: most pages have none, and grey takes a third.
fn is_grey(picture: &DynamicImage) -> bool {
    picture
        .as_rgb8()
        .is_some_and(|rgb| rgb.as_raw().chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]))
}

impl Picture {
    /// Whether the bytes begin as what they are said to be. They come from a process that has seen a stranger's bytes, so
    /// that nothing else is handed to a browser as a picture.
    pub(crate) fn is_what_it_says(&self) -> bool {
        match self.format {
            PictureFormat::Png => {
                let size = [self.width_px.to_be_bytes(), self.height_px.to_be_bytes()].concat();
                self.bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").is_some_and(|rest| rest.starts_with(&size))
            }
            PictureFormat::Jpeg => {
                self.bytes.starts_with(b"\xff\xd8\xff\xe0") && self.bytes.get(6..11) == Some(b"JFIF\0")
            }
        }
    }
}
