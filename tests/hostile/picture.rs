//! Hostile pictures: headers that promise more than anybody has, and small good ones to spoil.

use super::packed::{crc32, zlib_zeros};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use std::io::Cursor;

/// Bars on white, in any format that is read.
pub(crate) fn good(format: ImageFormat) -> Vec<u8> {
    let bars = GrayImage::from_fn(160, 120, |_, y| Luma([if y / 10 % 4 == 1 { 0 } else { 255 }]));
    let mut bytes = Cursor::new(Vec::new());
    let bars = DynamicImage::ImageLuma8(bars);
    // The lossless WebP of the encoder has colours only.
    let bars = if format == ImageFormat::WebP { DynamicImage::ImageRgb8(bars.into_rgb8()) } else { bars };
    bars.write_to(&mut bytes, format).expect("memory takes all");
    bytes.into_inner()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [kind, data].concat();
    let length = u32::try_from(data.len()).expect("a short chunk");
    [&length.to_be_bytes(), &named[..], &crc32(&named).to_be_bytes()].concat()
}

fn png_of(width: u32, height: u32, before: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &header));
    file.extend(before.concat());
    file.extend(chunk(b"IDAT", data));
    file.extend(chunk(b"IEND", b""));
    file
}

/// A PNG of 10^10 pixels, all of them there: 1.25 GB of them in little more than a megabyte.
pub(crate) fn png_claiming(side: u32) -> Vec<u8> {
    png_of(side, side, &[], &zlib_zeros(u64::from(side) * u64::from(side / 8 + 1)))
}

/// A small PNG beside whose pixels lies a colour profile, and a comment, of 2 GiB each.
pub(crate) fn png_with_bombs_beside() -> Vec<u8> {
    let bomb = zlib_zeros(2048 * 1024 * 1024);
    let beside = [
        chunk(b"iCCP", &[&b"x\0\0"[..], &bomb].concat()),
        chunk(b"zTXt", &[&b"Comment\0\0"[..], &bomb].concat()),
        chunk(b"iTXt", &[&b"Comment\0\x01\0\0\0"[..], &bomb].concat()),
    ];
    png_of(8, 8, &beside, &zlib_zeros(16))
}

/// A small PNG whose one row inflates to 2 GiB.
pub(crate) fn png_with_more_rows_than_told() -> Vec<u8> {
    png_of(8, 8, &[], &zlib_zeros(2048 * 1024 * 1024))
}

/// A picture as large as one may be, of one colour: what decoding costs at most.
pub(crate) fn png_as_large_as_allowed() -> Vec<u8> {
    png_of(60_000, 1_000, &[], &zlib_zeros(1_000 * 7_501))
}

/// A JPEG that says it is so large, then ends.
pub(crate) fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xdb\0\x43\0".to_vec();
    file.extend([1; 64]);
    file.extend(b"\xff\xc0\0\x0b\x08");
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend(b"\x01\x01\x11\0\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    file.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x55\x55\xff\xd9");
    file
}

/// A progressive JPEG of nearly 60 million pixels with two thousand scans, each of which goes through all of them.
pub(crate) fn jpeg_of_many_scans() -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xdb\0\x43\0".to_vec();
    file.extend([1; 64]);
    file.extend(b"\xff\xc2\0\x0b\x08");
    file.extend([7_700u16.to_be_bytes(), 7_700u16.to_be_bytes()].concat());
    file.extend(b"\x01\x01\x11\0");
    // One code of one bit, for "nothing more in 32,767 blocks", and one for "no difference".
    file.extend(b"\xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe0");
    file.extend(b"\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    file.extend(b"\xff\xda\0\x08\x01\x01\0\0\0\0");
    file.extend(vec![0; 115_000]);
    for _ in 0..2_000 {
        file.extend(b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0");
        file.extend([0; 120]);
    }
    file.extend(b"\xff\xd9");
    file
}

/// A WebP of the largest canvas there is.
pub(crate) fn webp_claiming() -> Vec<u8> {
    let extended = [&[0x10, 0, 0, 0][..], &[0xff; 6]].concat();
    riff(&[(b"VP8X", &extended), (b"VP8L", &[0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0])])
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend(*kind);
        body.extend(u32::try_from(data.len()).expect("a short chunk").to_le_bytes());
        body.extend(*data);
    }
    let length = u32::try_from(body.len()).expect("a short file");
    [b"RIFF", &length.to_le_bytes()[..], &body].concat()
}

/// A BMP of 10^10 pixels.
pub(crate) fn bmp_claiming() -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend([100_000i32.to_le_bytes(), 100_000i32.to_le_bytes()].concat());
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    file.extend([0; 200]);
    file
}

/// A BMP whose height turns over when its sign does.
pub(crate) fn bmp_upside_down() -> Vec<u8> {
    let mut file = bmp_claiming();
    file[22..26].copy_from_slice(&i32::MIN.to_le_bytes());
    file
}

/// Tags of one TIFF page; the next page stands at `next`.
fn tiff_page(tags: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut page = u16::try_from(tags.len()).expect("few tags").to_le_bytes().to_vec();
    for (tag, kind, count, value) in tags {
        page.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        page.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    page.extend(next.to_le_bytes());
    page
}

fn tiff_of(side: u32, compression: u32, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("a short file");
    let tags = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, side),
        (279, 4, 1, length),
    ];
    [b"II*\0", &(8 + length).to_le_bytes()[..], data, &tiff_page(&tags, 0)].concat()
}

/// A TIFF of 10^10 pixels.
pub(crate) fn tiff_claiming() -> Vec<u8> {
    tiff_of(100_000, 1, &[0; 64])
}

/// A small TIFF whose one strip inflates to 2 GiB.
pub(crate) fn tiff_bomb() -> Vec<u8> {
    tiff_of(16, 8, &zlib_zeros(2048 * 1024 * 1024))
}

/// A TIFF whose pages go round in a circle.
pub(crate) fn cyclic_tiff() -> Vec<u8> {
    let tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 256)];
    [b"II*\0\x08\0\0\0", &tiff_page(&tags, 8)[..], &[0; 256]].concat()
}

/// A TIFF of 100,000 pages.
pub(crate) fn tiff_of_100_000_pages() -> Vec<u8> {
    let tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 256)];
    let length = u32::try_from(tiff_page(&tags, 0).len()).expect("a short page");
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    for page in 1..=100_000u32 {
        file.extend(tiff_page(&tags, if page == 100_000 { 0 } else { 8 + page * length }));
    }
    file
}

/// A TIFF with four billion strips in its table.
pub(crate) fn tiff_of_many_strips() -> Vec<u8> {
    let many = u32::MAX;
    let tags = [
        (256, 4, 1, 16),
        (257, 4, 1, 16),
        (258, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, many, 8),
        (278, 4, 1, 1),
        (279, 4, many, 8),
    ];
    [b"II*\0\x08\0\0\0", &tiff_page(&tags, 0)[..], &[0; 256]].concat()
}

/// Noise of the size of a page: the most that recognition has to look at.
pub(crate) fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let noise = GrayImage::from_fn(1_654, 2_339, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Luma([state.to_be_bytes()[0]])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(noise).write_to(&mut bytes, ImageFormat::Png).expect("memory takes all");
    bytes.into_inner()
}
