//! Picture files of every kind, whole, turned, cut off and lying about themselves.

use super::drawn::Drawn;
use super::{digits, encoded, text};
use crate::Limits;
use crate::ocr::{Recognition, decode, read_image};
use claim::{Problem, ProblemCode};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageEncoder as _, ImageFormat, Luma, LumaA, Rgba};
use std::io::Cursor;
use tiff::encoder::{Compression, TiffEncoder, colortype};

/// Small enough to be read in a moment.
const SLIP: &str = r#"
#set page(width: 90mm, height: 40mm, margin: 6mm)
#set text(font: "IPAexGothic", size: 12pt, lang: "ja")
領収金額 ￥45,100- \ 令和7年6月15日 \ 株式会社みらいシステム
"#;

const FORMATS: [(ImageFormat, &str); 4] = [
    (ImageFormat::Png, "image/png"),
    (ImageFormat::Jpeg, "image/jpeg"),
    (ImageFormat::WebP, "image/webp"),
    (ImageFormat::Bmp, "image/bmp"),
];

/// A picture that shows which way up it is: dark in the upper left quarter only.
fn marked(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| Luma([if x < width / 2 && y < height / 2 { 20 } else { 230 }]))
}

fn decoded(bytes: &[u8], media_type: &str, limits: &Limits) -> Result<Vec<(u32, GrayImage)>, Problem> {
    let mut pictures = Vec::new();
    decode::each_picture(
        bytes,
        media_type,
        limits,
        |_| true,
        |page, picture| {
            pictures.push((page, picture?.grey()?));
            Ok(())
        },
    )?;
    Ok(pictures)
}

fn close(a: &GrayImage, b: &GrayImage) -> bool {
    a.dimensions() == b.dimensions() && a.as_raw().iter().zip(b.as_raw()).all(|(a, b)| a.abs_diff(*b) < 12)
}

/// A little-endian TIFF of one uncompressed page with the given tags besides the necessary ones.
fn tiff_of(width: u32, height: u32, bits: u16, photometric: u16, data: &[u8], more: &[(u16, u32)]) -> Vec<u8> {
    let mut tags: Vec<(u16, u32)> = vec![
        (256, width),
        (257, height),
        (258, bits.into()),
        (259, 1),
        (262, photometric.into()),
        (273, 8),
        (277, 1),
        (278, height),
        (279, data.len() as u32),
    ];
    tags.extend(more);
    tags.sort_unstable();
    let mut bytes = b"II*\0".to_vec();
    bytes.extend((8 + data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(4u16.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(0u32.to_le_bytes());
    bytes
}

fn tiff_pages(pages: &[GrayImage], compression: Compression) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap().with_compression(compression);
    for page in pages {
        encoder.write_image::<colortype::Gray8>(page.width(), page.height(), page.as_raw()).unwrap();
    }
    bytes.into_inner()
}

#[test]
fn every_format_is_read_to_its_text() {
    let slip = Drawn::page(SLIP, 200).image;
    for (format, media_type) in FORMATS {
        let page = read_image(&encoded(&slip, format), media_type, &Limits::default(), &mut Recognition::Here)
            .unwrap()
            .0
            .remove(0);
        assert!(digits(&page.lines).contains("45100"), "{media_type}: {}", text(&page.lines));
    }
}

#[test]
fn all_pages_of_a_tiff_are_read_in_order() {
    let slip = Drawn::page(SLIP, 200).image;
    let other = Drawn::page(&SLIP.replace("45,100", "97,900"), 200).image;
    for compression in [Compression::Uncompressed, Compression::Lzw, Compression::Packbits] {
        let bytes = tiff_pages(&[slip.clone(), other.clone()], compression);
        let pages = read_image(&bytes, "image/tiff", &Limits::default(), &mut Recognition::Here).unwrap().0;
        assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2]);
        assert!(digits(&pages[0].lines).contains("45100"), "{}", text(&pages[0].lines));
        assert!(digits(&pages[1].lines).contains("97900"), "{}", text(&pages[1].lines));
    }
}

#[test]
fn a_black_and_white_tiff_is_unpacked_whichever_of_the_two_is_zero() {
    // 10 pixels a row, so that each row ends within a byte: #.#.#.#.## and its opposite.
    let rows = [0b1010_1010, 0b1100_0000, 0b0101_0101, 0b0000_0000];
    for (photometric, ink) in [(0, 0u8), (1, 255)] {
        let bytes = tiff_of(10, 2, 1, photometric, &rows, &[]);
        let picture = decoded(&bytes, "image/tiff", &Limits::default()).unwrap().remove(0).1;
        let row = |y: u32| (0..10).map(|x| picture.get_pixel(x, y).0[0]).collect::<Vec<_>>();
        let paper = 255 - ink;
        assert_eq!(row(0), [ink, paper, ink, paper, ink, paper, ink, paper, ink, ink]);
        assert_eq!(row(1), [paper, ink, paper, ink, paper, ink, paper, ink, paper, paper]);
    }
}

#[test]
fn the_turn_that_exif_or_tiff_asks_for_is_done() {
    let upright = marked(64, 48);
    for (orientation, stored) in [
        (1, upright.clone()),
        (3, image::imageops::rotate180(&upright)),
        (6, image::imageops::rotate270(&upright)),
        (8, image::imageops::rotate90(&upright)),
    ] {
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&stored).unwrap();
        let found = decoded(&bytes, "image/jpeg", &Limits::default()).unwrap().remove(0).1;
        assert_eq!(found.dimensions(), (64, 48), "JPEG {orientation}");
        assert!(found.get_pixel(5, 5).0[0] < 60 && found.get_pixel(60, 40).0[0] > 200, "JPEG {orientation}");

        let more = [(274, u32::from(orientation))];
        let bytes = tiff_of(stored.width(), stored.height(), 8, 1, stored.as_raw(), &more);
        let found = decoded(&bytes, "image/tiff", &Limits::default()).unwrap().remove(0).1;
        assert!(close(&found, &upright), "TIFF {orientation}");
    }
}

#[test]
fn what_is_transparent_is_paper() {
    let clear = image::ImageBuffer::from_fn(20, 10, |x, _| LumaA([0, if x < 10 { 255 } else { 0 }]));
    let colour = image::ImageBuffer::from_fn(20, 10, |x, _| Rgba([0, 0, 0, if x < 10 { 255 } else { 0 }]));
    for picture in [DynamicImage::ImageLumaA8(clear), DynamicImage::ImageRgba8(colour)] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        let found = decoded(&bytes.into_inner(), "image/png", &Limits::default()).unwrap().remove(0).1;
        assert_eq!((found.get_pixel(2, 2).0[0], found.get_pixel(15, 2).0[0]), (0, 255));
    }
}

#[test]
fn a_file_that_is_cut_off_is_damaged_and_never_half_a_page() {
    let picture = super::noise(200, 150, 9);
    let mut files: Vec<(&str, Vec<u8>)> =
        FORMATS.iter().map(|(format, media_type)| (*media_type, encoded(&picture, *format))).collect();
    files.push(("image/tiff", tiff_pages(std::slice::from_ref(&picture), Compression::Lzw)));
    for (media_type, bytes) in files {
        assert!(
            close(&decoded(&bytes, media_type, &Limits::default()).unwrap()[0].1, &picture)
                || media_type == "image/jpeg"
        );
        for percent in [0, 1, 10, 50, 90, 99] {
            let cut = &bytes[..bytes.len() * percent / 100];
            let problem = decoded(cut, media_type, &Limits::default()).unwrap_err();
            assert_eq!(problem.code, ProblemCode::Damaged, "{media_type} at {percent}%: {problem:?}");
        }
    }
}

#[test]
fn a_jpeg_with_a_thumbnail_or_something_after_its_end_is_whole() {
    let picture = marked(64, 48);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    // A thumbnail is a JPEG of its own inside, with an end of its own.
    encoder.set_exif_metadata(encoded(&marked(8, 8), ImageFormat::Jpeg)).unwrap();
    encoder.encode_image(&picture).unwrap();
    let cut = &bytes[..bytes.len() - 20];
    assert_eq!(decoded(cut, "image/jpeg", &Limits::default()).unwrap_err().code, ProblemCode::Damaged);
    bytes.extend_from_slice(b"\xFF\xFF trailer of a camera");
    assert!(close(&decoded(&bytes, "image/jpeg", &Limits::default()).unwrap()[0].1, &picture));
}

#[test]
fn too_many_pixels_are_refused_from_the_header() {
    let limits = Limits { pixels_per_page: 10_000, ..Limits::default() };
    for (format, media_type) in FORMATS {
        let problem = decoded(&encoded(&marked(200, 100), format), media_type, &limits).unwrap_err();
        assert_eq!(problem.code, ProblemCode::TooLarge, "{media_type}");
        assert!(decoded(&encoded(&marked(100, 100), format), media_type, &limits).is_ok(), "{media_type}");
    }
    // Headers that claim a thousand million pixels and more, with next to nothing behind them.
    let mut bmp = encoded(&marked(4, 4), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&40_000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&40_000i32.to_le_bytes());
    let tiff = tiff_of(1_000_000, 1_000_000, 1, 1, &[0; 16], &[]);
    for (media_type, bytes) in [("image/bmp", bmp), ("image/tiff", tiff)] {
        let problem = decoded(&bytes, media_type, &Limits::default()).unwrap_err();
        assert_eq!(problem.code, ProblemCode::TooLarge, "{media_type}: {problem:?}");
        assert!(problem.message(claim::Lang::Ja).contains("px"), "{}", problem.message(claim::Lang::Ja));
    }
}

#[test]
fn too_many_pages_and_too_much_in_all_are_refused_before_the_first_is_read() {
    let bytes = tiff_pages(&[marked(40, 30), marked(40, 30), marked(40, 30)], Compression::Uncompressed);
    let code = |limits: Limits| decoded(&bytes, "image/tiff", &limits).unwrap_err().code;
    assert_eq!(code(Limits { pages: 2, ..Limits::default() }), ProblemCode::TooManyPages);
    assert_eq!(code(Limits { pixels_in_all: 3_599, ..Limits::default() }), ProblemCode::TooLarge);
    assert_eq!(decoded(&bytes, "image/tiff", &Limits::default()).unwrap().len(), 3);
}

#[test]
fn a_damaged_page_is_named_and_a_small_picture_beside_a_page_is_none() {
    let mut pages = tiff_pages(&[marked(40, 30), marked(40, 30)], Compression::Uncompressed);
    let whole = pages.len();
    pages.truncate(whole - 100);
    let problem = decoded(&pages, "image/tiff", &Limits::default()).unwrap_err();
    assert_eq!((problem.code, problem.place.spot.page), (ProblemCode::Damaged, Some(2)), "{problem:?}");

    let thumbnail = tiff_of(8, 8, 8, 1, &[0; 64], &[(254, 1)]);
    assert!(decoded(&thumbnail, "image/tiff", &Limits::default()).unwrap().is_empty());
}

#[test]
fn what_is_no_picture_is_unsupported_or_damaged() {
    let code = |bytes: &[u8], media_type: &str| decoded(bytes, media_type, &Limits::default()).unwrap_err().code;
    assert_eq!(code(b"GIF89a", "image/gif"), ProblemCode::Unsupported);
    for media_type in ["image/png", "image/jpeg", "image/webp", "image/bmp", "image/tiff"] {
        for bytes in [&b""[..], b"\xFF\xD8", b"II*\0\xFF\xFF\xFF\xFF", &[0xFF; 64], b"no picture at all, only text"] {
            assert_eq!(code(bytes, media_type), ProblemCode::Damaged, "{media_type} {bytes:?}");
        }
    }
}
