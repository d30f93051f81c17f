//! What people see of documents, through the door: this program starts itself as the reader process, so it has a `main` of
//! its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of small pages")]

mod made;

use claim::{DocumentKind, Field, Method, Problem, ProblemCode, Reading, Spot};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, RgbImage};
use ingest::{Limits, Picture, PictureFormat, Reader, Table, TableCellKind, View};
use lopdf::{Object, dictionary};
use made::{Content, bytes_of, document, doubling_forms, grey_dictionary, locked, pdf};
use std::io::{Cursor, Write as _};
use std::process::ExitCode;
use tiff::encoder::{TiffEncoder, colortype};

const CHILD: &str = "reader-process";

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    match filters.first().map(String::as_str) {
        Some(CHILD) => return ingest::child_main(),
        // What one may do that has seen a document and serves another master from then on.
        Some("page_instead_of_picture") => {
            println!(r#"{{"entered":{{"recognition":null}}}}"#);
            println!(
                r#"{{"view":{{"picture":{{"page":1,"pages":1,"width":10.0,"height":10.0,"width_px":10,"height_px":10,"format":"png","lacks_font":false}}}}}}"#
            );
            println!("<script>alert(1)</script>");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut run = 0;
    macro_rules! tests {
        ($($name:ident)*) => { $(
            if filters.is_empty() || filters.iter().any(|filter| stringify!($name).contains(filter.as_str())) {
                // A failed assertion ends the program with a code that is not 0.
                runtime.block_on($name());
                println!("test {} ... ok", stringify!($name));
                run += 1;
            }
        )* };
    }
    tests! {
        a_box_lies_on_its_field_on_a_page_of_text
        a_box_lies_on_its_field_on_a_photo_that_is_to_be_turned
        a_box_lies_on_its_field_on_the_second_page_of_a_fax
        a_box_lies_on_its_field_on_a_scan_that_lies_on_its_side
        text_whose_font_is_nowhere_is_said_to_be_missing
        every_sample_is_shown_and_every_field_of_text_lies_on_ink
        nothing_of_a_picture_file_survives_but_its_pixels
        a_photo_is_sent_as_a_jpeg_and_stays_small
        colours_and_transparency_are_seen_as_they_are
        a_sheet_is_shown_cell_by_cell_as_spots_name_them
        merged_cells_cover_what_they_cover_and_hide_nothing
        a_sheet_beyond_any_screen_is_cut_and_says_so
        what_cannot_be_read_cannot_be_shown_for_the_same_reason
        a_page_that_is_too_large_does_not_hide_the_others
        a_page_that_is_not_there_is_said_to_be_none
        what_takes_too_long_or_too_much_memory_brings_down_its_process_only
        spoiled_documents_are_shown_or_named
        a_process_that_answers_with_something_else_is_not_believed
    }
    println!("\ntest result: ok. {run} passed");
    ExitCode::SUCCESS
}

fn reader_with(limits: Limits) -> Reader {
    Reader::new(std::env::current_exe().unwrap(), vec![CHILD.to_owned()], limits)
}

fn reader() -> Reader {
    reader_with(Limits::default())
}

async fn picture_of(reader: &Reader, bytes: &[u8], page: u32) -> Picture {
    match reader.view(bytes, page).await.unwrap() {
        View::Picture(picture) => {
            let pixels = decoded(&picture);
            assert_eq!((pixels.width(), pixels.height()), (picture.width_px, picture.height_px));
            assert_eq!(picture.page, page);
            picture
        }
        other => panic!("{other:?}"),
    }
}

async fn table_of(reader: &Reader, bytes: &[u8], page: u32) -> Table {
    match reader.view(bytes, page).await.unwrap() {
        View::Table(table) => table,
        other => panic!("{other:?}"),
    }
}

async fn problem_of(reader: &Reader, bytes: &[u8], page: u32) -> Problem {
    match reader.view(bytes, page).await.unwrap() {
        View::Unreadable(problem) => problem,
        other => panic!("{:?}", std::mem::discriminant(&other)),
    }
}

fn decoded(picture: &Picture) -> RgbImage {
    let format = match picture.format {
        PictureFormat::Png => image::ImageFormat::Png,
        PictureFormat::Jpeg => image::ImageFormat::Jpeg,
    };
    image::load_from_memory_with_format(&picture.bytes, format).unwrap().into_rgb8()
}

/// Left, top, right and bottom of what is red on a picture, in the unit of boxes.
fn red_of(picture: &Picture) -> [f32; 4] {
    let pixels = decoded(picture);
    let (across, down) = (picture.width / pixels.width() as f32, picture.height / pixels.height() as f32);
    let red = pixels.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] > 130 && pixel.0[1] < 90 && pixel.0[2] < 90);
    red.fold([f32::MAX, f32::MAX, 0.0, 0.0], |[left, top, right, bottom], (x, y, _)| {
        let (x, y) = (x as f32, y as f32);
        [left.min(x * across), top.min(y * down), right.max((x + 1.0) * across), bottom.max((y + 1.0) * down)]
    })
}

/// A receipt on which nothing is red but its registration number.
fn with_red_number() -> Content {
    Content::new()
        .text(230.0, 90.0, 28.0, "領　収　書")
        .text(60.0, 150.0, 16.0, "あおぞらクリニック 御中")
        .text(400.0, 120.0, 11.0, "令和7年6月15日")
        .text(60.0, 220.0, 14.0, "領収金額")
        .text(200.0, 220.0, 24.0, "￥143,000-")
        .text(60.0, 260.0, 12.0, "但し レセプトコンピュータ改修費として")
        .text(60.0, 300.0, 12.0, "10%対象 130,000円 消費税等 13,000円")
        .text(330.0, 400.0, 12.0, "株式会社みらいシステム")
        .text(330.0, 420.0, 12.0, "登録番号")
        .raw("0.9 0 0 rg")
        .text(400.0, 420.0, 12.0, "T7000012050002")
}

/// The receipt as a scanner in colours would have it.
async fn scan_in_colours() -> RgbImage {
    let limits = Limits { view_pixels: 3_800_000, ..Limits::default() };
    decoded(&picture_of(&reader_with(limits), &pdf(&[with_red_number()]), 1).await)
}

/// The box of the registration number lies on what is red, but for half of its height, or for two characters along it:
/// recognition takes it and the words before it for one, and where they part is guessed.
fn number_is_red(reading: &Reading, picture: &Picture) {
    let number = reading.receipt.as_ref().and_then(|receipt| receipt.registration_number.as_ref());
    let number = number.unwrap_or_else(|| panic!("{reading:?}"));
    assert_eq!((number.value.as_str(), number.spot.page), ("T7000012050002", Some(picture.page)), "{reading:?}");
    let found = number.spot.bounds.unwrap().map(|side| side as f32);
    let red = red_of(picture);
    let (across, down) = (red[2] - red[0], red[3] - red[1]);
    assert!(across.max(down) > 5.0 * across.min(down), "no line of text is red: {red:?}");
    for (side, (found, red)) in found.iter().zip(red).enumerate() {
        let along = (across > down) == (side % 2 == 0);
        // And one for boxes in whole units.
        let slack = 1.0 + across.min(down) * if along { 2.0 } else { 0.5 };
        assert!((found - red).abs() < slack, "side {side}: found {found}, red {red}, slack {slack}");
    }
}

async fn a_box_lies_on_its_field_on_a_page_of_text() {
    for rotate in [0, 90, 270] {
        let mut page = with_red_number();
        page.rotate = rotate;
        if rotate != 0 {
            // What is shown turned was written turned, so that it stands upright on the page that is now wider than high.
            let turn = if rotate == 90 { "0 1 -1 0 842 0 cm" } else { "0 -1 1 0 -247 842 cm" };
            page.operators = [turn.as_bytes(), b"\n", &page.operators].concat();
        }
        let bytes = pdf(&[Content::new(), page]);
        let reading = reader().read("a.pdf", &bytes, Some(DocumentKind::Receipt)).await.unwrap();
        let picture = picture_of(&reader(), &bytes, 2).await;
        assert_eq!((reading.method, picture.pages), (Some(Method::Text), 2), "{rotate}");
        let size = if rotate == 0 { (595.0, 842.0) } else { (842.0, 595.0) };
        assert_eq!((picture.width, picture.height), size);
        assert_eq!((picture.format, picture.lacks_font), (PictureFormat::Png, false));
        number_is_red(&reading, &picture);
    }
}

/// EXIF data with an orientation and a text that must not come out again.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0]);
    exif.extend(b"\x0e\x01\x02\0\x10\0\0\0\x26\0\0\0\0\0\0\0");
    exif.extend(b"GPS 35.68 139.7\0");
    exif
}

fn jpeg(pixels: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 92);
    encoder.set_exif_metadata(exif(orientation)).unwrap();
    encoder.encode_image(pixels).unwrap();
    bytes
}

async fn a_box_lies_on_its_field_on_a_photo_that_is_to_be_turned() {
    let upright = scan_in_colours().await;
    for (orientation, stored) in [
        (3, image::imageops::rotate180(&upright)),
        (6, image::imageops::rotate270(&upright)),
        (8, image::imageops::rotate90(&upright)),
    ] {
        let bytes = jpeg(&stored, orientation);
        let reading = reader().read("a.jpg", &bytes, Some(DocumentKind::Receipt)).await.unwrap();
        let picture = picture_of(&reader(), &bytes, 1).await;
        assert_eq!((picture.width, picture.height), (upright.width() as f32, upright.height() as f32));
        assert!(u64::from(picture.width_px) * u64::from(picture.height_px) <= Limits::default().view_pixels);
        assert!(picture.width_px < upright.width() && picture.height_px > picture.width_px);
        number_is_red(&reading, &picture);
    }
}

async fn a_box_lies_on_its_field_on_the_second_page_of_a_fax() {
    let second = scan_in_colours().await;
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    encoder.write_image::<colortype::Gray8>(40, 30, &[255; 40 * 30]).unwrap();
    encoder.write_image::<colortype::RGB8>(second.width(), second.height(), second.as_raw()).unwrap();
    let bytes = bytes.into_inner();
    let reading = reader().read("a.tif", &bytes, Some(DocumentKind::Receipt)).await.unwrap();
    let picture = picture_of(&reader(), &bytes, 2).await;
    assert_eq!((reading.pages, picture.pages), (2, 2));
    number_is_red(&reading, &picture);
    let first = picture_of(&reader(), &bytes, 1).await;
    assert_eq!((first.width, first.height, first.width_px, first.height_px), (40.0, 30.0, 40, 30));
}

/// Nothing in the file tells that the page lies on its side: recognition finds out, and its boxes come back to the page as
/// it lies there.
async fn a_box_lies_on_its_field_on_a_scan_that_lies_on_its_side() {
    let upright = scan_in_colours().await;
    let lying = [
        image::imageops::rotate90(&upright),
        image::imageops::rotate180(&upright),
        image::imageops::rotate270(&upright),
    ];
    for pixels in lying {
        let mut png = Cursor::new(Vec::new());
        pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let colours = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8,
            "Width" => i64::from(pixels.width()), "Height" => i64::from(pixels.height()),
        };
        // Not over the whole page, so that a box that forgets where the scan lies falls beside its field.
        let (width, height) = if pixels.width() > pixels.height() { (540.0, 382.0) } else { (540.0, 764.0) };
        let scan = Content::new().picture([width, 0.0, 0.0, height, 40.0, 60.0], colours, pixels.into_raw());
        for bytes in [png.into_inner(), pdf(&[scan])] {
            let reading = reader().read("a", &bytes, Some(DocumentKind::Receipt)).await.unwrap();
            assert_eq!(reading.method, Some(Method::Ocr));
            number_is_red(&reading, &picture_of(&reader(), &bytes, 1).await);
        }
    }
}

async fn text_whose_font_is_nowhere_is_said_to_be_missing() {
    let bytes = pdf(&[with_red_number()]);
    let nowhere = reader().with_fonts_in(&["/nowhere"]);
    let picture = picture_of(&nowhere, &bytes, 1).await;
    assert!(picture.lacks_font);
    // Letters and digits are drawn with what comes with the library; Japanese is not there.
    let whole = |picture: &Picture| ink(&decoded(picture), [0, 0, picture.width_px, picture.height_px]);
    let (without, with) = (whole(&picture), whole(&picture_of(&reader(), &bytes, 1).await));
    assert!(without * 2 < with, "there is no font, and yet text: {without} of {with}");
    // Western fonts come with the library.
    let western = pdf(&[Content::new().shown("F2", 100.0, 100.0, 20.0, "414243")]);
    let picture = picture_of(&nowhere, &western, 1).await;
    assert!(!picture.lacks_font && ink(&decoded(&picture), [0, 0, picture.width_px, picture.height_px]) > 100);
}

fn ink(pixels: &RgbImage, [left, top, right, bottom]: [u32; 4]) -> usize {
    let inside = |x, y| (left..right).contains(&x) && (top..bottom).contains(&y);
    pixels.enumerate_pixels().filter(|(x, y, pixel)| inside(*x, *y) && pixel.0.iter().any(|part| *part < 150)).count()
}

fn words<T>(field: Option<&Field<T>>) -> Option<(Spot, String)> {
    field.map(|field| (field.spot.clone(), field.text.clone()))
}

/// All that was read with a place, with the text that stood there.
fn spots(reading: &Reading) -> Vec<(Spot, String)> {
    let mut spots = Vec::new();
    if let Some(receipt) = &reading.receipt {
        spots.extend(words(receipt.total_yen.as_ref()));
        spots.extend(words(receipt.issued_on.as_ref()));
        for field in [&receipt.payee, &receipt.issuer, &receipt.registration_number, &receipt.proviso] {
            spots.extend(words(field.as_ref()));
        }
    }
    if let Some(itemization) = &reading.itemization {
        spots.extend(words(itemization.total_yen.as_ref()));
        spots.extend(itemization.lines.iter().map(|line| (line.spot.clone(), line.amount_yen.to_string())));
    }
    spots
}

async fn every_sample_is_shown_and_every_field_of_text_lies_on_ink() {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let mut files: Vec<_> = std::fs::read_dir(samples)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|extension| extension != "toml"))
        .collect();
    files.sort();
    let (mut boxes, mut cells, mut damaged) = (0, 0, 0);
    let reader = reader();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        // Recognition takes its time, and boxes on pictures are looked at above.
        let is_picture =
            ["png", "jpg", "tif"].iter().any(|ending| file.extension().is_some_and(|found| found == *ending));
        let limits = Limits { pixels_in_all: 0, ..Limits::default() };
        let reading = (!is_picture).then(|| ingest::read(&bytes, "a", None, &limits));
        let spots = reading.as_ref().map(spots).unwrap_or_default();
        let (first, pages) = match reader.view(&bytes, 1).await.unwrap() {
            View::Picture(picture) => ((decoded(&picture), picture.width), picture.pages),
            View::Table(table) => {
                for (spot, text) in &spots {
                    assert_eq!(table.sheets[0].name, spot.sheet, "{file:?}");
                    let name = spot.cell.as_ref().unwrap();
                    let all = table.rows.iter().flat_map(|row| &row.cells);
                    let found = all.filter(|found| found.name == *name).collect::<Vec<_>>();
                    assert_eq!(found.len(), 1, "{file:?} {name}");
                    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
                    assert_eq!(digits(&found[0].text), digits(text), "{file:?} {name}: {}", found[0].text);
                    cells += 1;
                }
                continue;
            }
            other => {
                assert!(
                    matches!(&other, View::Unreadable(problem) if problem.code == ProblemCode::Damaged),
                    "{file:?}"
                );
                damaged += 1;
                continue;
            }
        };
        assert!(reading.is_none_or(|reading| reading.is_unreadable() || reading.pages == pages), "{file:?}");
        for (spot, text) in spots.iter().filter(|(spot, _)| spot.page == Some(1)) {
            let (pixels, width) = &first;
            let scale = pixels.width() as f32 / width;
            let found = spot.bounds.unwrap().map(|side| (side as f32 * scale) as u32);
            let area = (found[2] - found[0]) * (found[3] - found[1]);
            let share = ink(pixels, found) as f32 / area as f32;
            assert!((0.04..0.6).contains(&share), "{file:?}: {text} at {:?}: {share} is ink", spot.bounds);
            boxes += 1;
        }
    }
    assert!(boxes > 100 && cells > 60 && damaged == 1, "{boxes} boxes, {cells} cells, {damaged} damaged");
}

/// The names of the chunks of a PNG, or the markers of a JPEG up to its data.
fn parts(picture: &Picture) -> Vec<String> {
    let bytes = &picture.bytes;
    let mut parts = Vec::new();
    if picture.format == PictureFormat::Png {
        let mut at = 8;
        while let Some(head) = bytes.get(at..at + 8) {
            parts.push(String::from_utf8_lossy(&head[4..]).into_owned());
            at += 12 + u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        }
        assert_eq!(at, bytes.len());
    } else {
        let mut at = 2;
        while parts.last().is_none_or(|last| last != "da") {
            parts.push(format!("{:02x}", bytes[at + 1]));
            at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        }
        assert!(bytes.ends_with(b"\xff\xd9"));
    }
    parts
}

fn noise(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let hash = (x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663)).wrapping_mul(2_654_435_761);
        image::Rgb([hash.to_be_bytes()[0], hash.to_be_bytes()[1], (x % 256) as u8])
    })
}

/// A PNG with words of its own, and a zip with a page of script behind its end.
fn polyglot(pixels: &RgbImage) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    let words = b"Comment\0<script>alert(1)</script>".as_slice();
    let chunk = [b"tEXt".as_slice(), words].concat();
    let mut bytes = png[..33].to_vec();
    bytes.extend(u32::try_from(words.len()).unwrap().to_be_bytes());
    bytes.extend(&chunk);
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    bytes.extend(crc.sum().to_be_bytes());
    bytes.extend(&png[33..]);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"<script>alert(2)</script>%PDF-1.7").unwrap();
    bytes.extend(zip.finish().unwrap().into_inner());
    bytes
}

async fn nothing_of_a_picture_file_survives_but_its_pixels() {
    let small = scan_in_colours().await;
    let photo = jpeg(&noise(900, 700), 6);
    let bytes = polyglot(&small);
    for (what, bytes, format) in [
        ("a small photo", jpeg(&small, 1), PictureFormat::Png),
        ("a photo", photo, PictureFormat::Jpeg),
        ("two files in one", bytes, PictureFormat::Png),
    ] {
        let picture = picture_of(&reader(), &bytes, 1).await;
        assert_eq!(picture.format, format, "{what}");
        let parts = parts(&picture);
        let allowed: &[&str] = match format {
            PictureFormat::Png => &["IHDR", "IDAT", "IEND"],
            PictureFormat::Jpeg => &["e0", "db", "c0", "c4", "da"],
        };
        assert!(parts.iter().all(|part| allowed.contains(&part.as_str())), "{what}: {parts:?}");
        for said in ["Exif", "GPS", "script", "xl/", "%PDF"] {
            let there = |bytes: &[u8]| bytes.windows(said.len()).any(|window| window == said.as_bytes());
            assert!(!there(&picture.bytes), "{what}: {said}");
        }
    }
}

async fn a_photo_is_sent_as_a_jpeg_and_stays_small() {
    let noise = image::imageops::resize(&noise(750, 1000), 3000, 4000, image::imageops::FilterType::Nearest);
    let picture = picture_of(&reader(), &jpeg(&noise, 1), 1).await;
    assert_eq!((picture.format, picture.format.media_type()), (PictureFormat::Jpeg, "image/jpeg"));
    assert_eq!((picture.width, picture.height), (3000.0, 4000.0));
    let pixels = picture.width_px * picture.height_px;
    assert!((2_000_000..=2_100_000).contains(&pixels), "{pixels}");
    // A receipt from a till may be very long; none of its sides counts alone.
    let long = RgbImage::from_pixel(600, 9000, image::Rgb([250, 250, 250]));
    let mut png = Cursor::new(Vec::new());
    long.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let picture = picture_of(&reader(), png.get_ref(), 1).await;
    assert!(picture.width_px > 350 && picture.height_px > 5000, "{} × {}", picture.width_px, picture.height_px);
}

async fn colours_and_transparency_are_seen_as_they_are() {
    let clear = image::RgbaImage::from_fn(20, 10, |x, _| image::Rgba([200, 30, 30, if x < 10 { 255 } else { 0 }]));
    let grey = image::GrayImage::from_fn(20, 10, |x, _| image::Luma([if x < 10 { 40 } else { 255 }]));
    let deep = image::ImageBuffer::from_fn(20, 10, |x, _| image::Rgb([if x < 10 { 0xc8ffu16 } else { 0xffff }; 3]));
    for (picture, left) in [
        (DynamicImage::ImageRgba8(clear), [200, 30, 30]),
        (DynamicImage::ImageLuma8(grey), [40; 3]),
        (DynamicImage::ImageRgb16(deep), [0xc8; 3]),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let seen = decoded(&picture_of(&reader(), bytes.get_ref(), 1).await);
        let at = |x: u32| seen.get_pixel(x, 5).0;
        assert!(at(3).iter().zip(left).all(|(found, expected)| found.abs_diff(expected) < 3), "{:?}", at(3));
        assert_eq!(at(15), [255; 3]);
    }
    // Printers' colours: cyan over nothing, and black.
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let pixels: Vec<u8> = [[255, 0, 0, 0], [0, 0, 0, 255], [0, 0, 0, 0], [0, 255, 255, 0]].concat();
    encoder.write_image::<colortype::CMYK8>(4, 1, &pixels).unwrap();
    let seen = decoded(&picture_of(&reader(), bytes.get_ref(), 1).await);
    assert_eq!(seen.into_raw().chunks(3).collect::<Vec<_>>(), [[0, 255, 255], [0; 3], [255; 3], [255, 0, 0]]);
}

/// A workbook of a hidden sheet, and one with a hidden row, a hidden column and a merged title.
fn workbook() -> Vec<u8> {
    use rust_xlsxwriter::{Format, Formula};
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let draft = workbook.add_worksheet().set_name("控え").unwrap();
    draft.write(0, 0, "旧").unwrap();
    draft.set_hidden(true);
    let sheet = workbook.add_worksheet().set_name("内訳書").unwrap();
    sheet.set_active(true).set_first_tab(true);
    let day = Format::new().set_num_format("yyyy/mm/dd");
    sheet.merge_range(0, 0, 1, 2, "領収書内訳書", &Format::new()).unwrap();
    sheet.write(2, 0, "品名").unwrap().write(2, 2, "金額").unwrap();
    sheet.write(3, 0, "モバイル端末").unwrap().write(3, 2, 45_100).unwrap();
    sheet.write(4, 0, "控えの行").unwrap().write(4, 1, "隠す列").unwrap();
    sheet.write_formula(6, 2, Formula::new("VLOOKUP(B2,B:C,2,0)")).unwrap();
    sheet.write_with_format(7, 3, 45_823, &day).unwrap();
    sheet.set_row_hidden(4).unwrap();
    sheet.set_column_hidden(1).unwrap();
    workbook.save_to_buffer().unwrap()
}

async fn a_sheet_is_shown_cell_by_cell_as_spots_name_them() {
    let bytes = workbook();
    let table = table_of(&reader(), &bytes, 1).await;
    let sheets: Vec<_> = table.sheets.iter().map(|sheet| (sheet.name.as_deref().unwrap(), sheet.hidden)).collect();
    assert_eq!(sheets, [("内訳書", false), ("控え", true)]);
    let columns: Vec<_> = table.columns.iter().map(|column| (column.name.as_str(), column.hidden)).collect();
    assert_eq!(columns, [("A", false), ("B", true), ("C", false), ("D", false)]);
    let numbers: Vec<_> = table.rows.iter().map(|row| (row.number, row.hidden)).collect();
    assert_eq!(numbers, (1..=8).map(|number| (number, number == 5)).collect::<Vec<_>>());
    assert_eq!(table.more_rows, 0);
    let title = &table.rows[0].cells;
    assert_eq!((title.len(), title[0].text.as_str(), title[0].columns, title[0].rows), (1, "領収書内訳書", 3, 2));
    assert!(table.rows[1].cells.is_empty(), "{:?}", table.rows[1]);
    let cell = |name: &str| table.rows.iter().flat_map(|row| &row.cells).find(|cell| cell.name == name).unwrap();
    for (name, text, kind) in [
        ("A4", "モバイル端末", TableCellKind::Text),
        ("B4", "", TableCellKind::Empty),
        ("C4", "45100", TableCellKind::Number),
        ("B5", "隠す列", TableCellKind::Text),
        ("C7", "", TableCellKind::FormulaWithoutValue),
        ("D8", "2025-06-15", TableCellKind::Day),
    ] {
        assert_eq!((cell(name).text.as_str(), cell(name).kind, cell(name).cut), (text, kind, false), "{name}");
    }
    assert_eq!(table_of(&reader(), &bytes, 2).await.rows[0].cells[0].text, "旧");

    // An empty line counts, a name does not.
    let csv = table_of(&reader(), &encoding_rs::SHIFT_JIS.encode("品名,金額\r\n\r\n端末,\"45,100\"\r\n").0, 1).await;
    assert_eq!((csv.sheets.len(), csv.sheets[0].name.as_deref()), (1, None));
    let last = csv.rows.last().unwrap();
    assert_eq!((last.number, last.cells[1].name.as_str(), last.cells[1].text.as_str()), (3, "B3", "45,100"));
}

async fn merged_cells_cover_what_they_cover_and_hide_nothing() {
    let bytes = workbook();
    let with = |merged: &str| edited(&bytes, "xl/worksheets/sheet2.xml", r#"<mergeCell ref="A1:C2"/>"#, merged);
    // Reading counts what stands under a merged cell, so it is seen.
    let table = table_of(&reader(), &with(r#"<mergeCell ref="A3:C4"/>"#), 1).await;
    let all = || table.rows.iter().flat_map(|row| &row.cells);
    assert!(all().any(|cell| cell.name == "C4" && cell.text == "45100"));
    assert!(all().all(|cell| (cell.rows, cell.columns) == (1, 1)));
    // The first of two that overlap counts, and one that reaches beyond the sheet ends with it.
    let overlapping = with(r#"<mergeCell ref="A1:C2"/><mergeCell ref="B2:F2"/><mergeCell ref="E8:F9000"/>"#);
    let table = table_of(&reader(), &overlapping, 1).await;
    let spans: Vec<_> = table
        .rows
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| (cell.rows, cell.columns) != (1, 1))
        .map(|cell| (cell.name.as_str(), cell.rows, cell.columns))
        .collect();
    assert_eq!(spans, [("A1", 2, 3), ("E8", 1, 2)]);
    assert_eq!(table.columns.len(), 6);
    // Every place of the table is taken once.
    for row in &table.rows {
        let from_above = table.rows.iter().take(row.number as usize - 1).flat_map(|above| {
            above.cells.iter().filter(|cell| above.number + cell.rows > row.number).map(|cell| cell.columns)
        });
        let width = row.cells.iter().map(|cell| cell.columns).sum::<u32>() + from_above.sum::<u32>();
        assert!(width <= 6, "{row:?}");
    }
}

/// The workbook with another text in one of its parts.
fn edited(bytes: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut copy = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut entry = parts.by_index(index).unwrap();
        let mut xml = String::new();
        std::io::Read::read_to_string(&mut entry, &mut xml).unwrap();
        if entry.name().unwrap() == part {
            assert!(xml.contains(from), "{xml}");
            xml = xml.replace(from, to);
        }
        copy.start_file(entry.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        copy.write_all(xml.as_bytes()).unwrap();
    }
    copy.finish().unwrap().into_inner()
}

async fn a_sheet_beyond_any_screen_is_cut_and_says_so() {
    let csv: String = (0..5_000).map(|row| format!("{row},{}\n", "い".repeat(600))).collect();
    let table = table_of(&reader(), csv.as_bytes(), 1).await;
    assert_eq!((table.rows.len(), table.more_rows), (2_000, 3_000));
    let first = &table.rows[0].cells[1];
    assert_eq!((first.text.chars().count(), first.cut), (500, true));
    // The text of all cells has its limit, too, and what follows is there without it.
    let last = &table.rows[1_999].cells;
    assert_eq!((last[0].text.as_str(), last[0].cut, last[0].name.as_str()), ("", true, "A2000"));
    // Many cells: fewer rows.
    let wide: String = (0..1_000).map(|_| format!("{}1\n", ",".repeat(199))).collect();
    let table = table_of(&reader(), wide.as_bytes(), 1).await;
    assert_eq!((table.rows.len(), table.more_rows, table.columns.len()), (100, 900, 200));
    // The most that is shown still fits into an answer.
    let worst = format!("{}\n", vec!["\u{1f}".repeat(20); 200].join(",")).repeat(100);
    assert!(matches!(reader().view(worst.as_bytes(), 1).await.unwrap(), View::Unreadable(_)));
    let worst = format!("{}\n", vec!["\"\"\"\"\"\"".repeat(7); 200].join(",")).repeat(100);
    assert_eq!(table_of(&reader(), worst.as_bytes(), 1).await.rows.len(), 100);
}

/// The head of a PNG that says that it has so many pixels.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [b"IHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    for chunk in [head, b"IDAT\x78\x9c\x63\0\0\0\x01\0\x01".to_vec(), b"IEND".to_vec()] {
        bytes.extend(u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&chunk);
        bytes.extend(chunk);
        bytes.extend(crc.sum().to_be_bytes());
    }
    bytes
}

/// A zip whose one part inflates to so many mebibytes, packed in a zip again.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let zipped = |name: &str, contents: &[u8], times: usize| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        (0..times).for_each(|_| zip.write_all(contents).unwrap());
        zip.finish().unwrap().into_inner()
    };
    zipped("xl/workbook.xml", &vec![b' '; 1024 * 1024], mebibytes)
}

/// Content that is packed so many times over.
fn packed(times: usize) -> Vec<u8> {
    let mut content = vec![b' '; 80 * 1024 * 1024];
    for _ in 0..times {
        let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), content);
        stream.compress().unwrap();
        content = stream.content;
    }
    let mut document = document(&[Content::new()]);
    let filters = vec![Object::from("FlateDecode"); times];
    let stream = document.add_object(lopdf::Stream::new(dictionary! { "Filter" => filters }, content));
    let page = document.page_iter().next().unwrap();
    document.get_dictionary_mut(page).unwrap().set("Contents", stream);
    bytes_of(document)
}

/// A page of the given size in points.
fn page_of(side: i64) -> Vec<u8> {
    let mut document = document(&[Content::new().raw("0 0 1000000 1000000 re f")]);
    let page = document.page_iter().next().unwrap();
    let sides: Vec<Object> = vec![0.into(), 0.into(), side.into(), 5.into()];
    document.get_dictionary_mut(page).unwrap().set("MediaBox", sides);
    bytes_of(document)
}

async fn what_cannot_be_read_cannot_be_shown_for_the_same_reason() {
    let good = pdf(&[with_red_number()]);
    let photo = jpeg(&noise(400, 300), 1);
    let mut far = rust_xlsxwriter::Workbook::new();
    far.add_worksheet().write(1_048_575, 16_383, "far").unwrap();
    let mut heic = vec![0, 0, 0, 24];
    heic.extend(b"ftypheic\0\0\0\0mif1heic");
    let empty_tiff = b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    let huge_picture = Content::new().picture(
        [made::WIDTH, 0.0, 0.0, made::HEIGHT, 0.0, 0.0],
        grey_dictionary(100_000, 100_000),
        vec![0],
    );
    let cases: Vec<(&str, Vec<u8>, ProblemCode)> = vec![
        ("0 bytes", vec![], ProblemCode::Empty),
        ("over the limit", vec![b'a'; 20 * 1024 * 1024 + 1], ProblemCode::TooLarge),
        ("a PDF under a password", locked(&[with_red_number()], "secret"), ProblemCode::Encrypted),
        ("a PDF cut off", good[..20].to_vec(), ProblemCode::Damaged),
        ("a photo cut off", photo[..photo.len() / 2].to_vec(), ProblemCode::Damaged),
        ("a TIFF without pages", empty_tiff, ProblemCode::Damaged),
        ("31 pages", pdf(&vec![Content::new(); 31]), ProblemCode::TooManyPages),
        ("forms that draw one another", doubling_forms(30), ProblemCode::TooLarge),
        ("content that is packed twice", packed(2), ProblemCode::TooLarge),
        ("a workbook that inflates to 80 MiB", bomb(80), ProblemCode::TooLarge),
        ("a cell in the last corner", far.save_to_buffer().unwrap(), ProblemCode::TooLarge),
        ("a PNG of 10^10 pixels", png_of(100_000, 100_000), ProblemCode::TooLarge),
        ("a scan of 10^10 pixels", pdf(&[huge_picture]), ProblemCode::TooLarge),
        ("a page of 200 km", page_of(600_000_000), ProblemCode::TooLarge),
        ("a picture of a phone", heic, ProblemCode::Unsupported),
        ("a page of the web", b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), ProblemCode::Unsupported),
        ("half a character", b"\x95i\x96\xbc,\x8b\n".to_vec(), ProblemCode::Encoding),
    ];
    for (what, bytes, code) in cases {
        let shown = problem_of(&reader(), &bytes, 1).await;
        assert_eq!(shown.code, code, "{what}: {shown:?}");
        assert!(!shown.message(claim::Lang::Ja).contains('—'), "{what}: {shown:?}");
        let read = ingest::read(&bytes, "", None, &Limits::default()).problems.swap_remove(0);
        assert_eq!((read.code, read.values), (shown.code, shown.values), "{what}");
    }
}

async fn a_page_that_is_too_large_does_not_hide_the_others() {
    let huge = Content::new().picture([9.0, 0.0, 0.0, 9.0, 0.0, 0.0], grey_dictionary(30_000, 30_000), vec![0]);
    let bytes = pdf(&[huge, with_red_number()]);
    let problem = problem_of(&reader(), &bytes, 1).await;
    assert_eq!((problem.code, problem.place.spot.page), (ProblemCode::TooLarge, Some(1)));
    picture_of(&reader(), &bytes, 2).await;
}

async fn a_page_that_is_not_there_is_said_to_be_none() {
    let tiff = {
        let mut bytes = Cursor::new(Vec::new());
        TiffEncoder::new(&mut bytes).unwrap().write_image::<colortype::Gray8>(4, 3, &[9; 12]).unwrap();
        bytes.into_inner()
    };
    let two = pdf(&[Content::new(), Content::new()]);
    let photo = jpeg(&noise(40, 30), 1);
    for (bytes, pages) in [(two, 2), (tiff, 1), (photo, 1), (workbook(), 2), (b"a,1\n".to_vec(), 1)] {
        for page in [0, pages + 1, u32::MAX] {
            assert_eq!(reader().view(&bytes, page).await.unwrap(), View::NoSuchPage { pages });
        }
    }
}

async fn what_takes_too_long_or_too_much_memory_brings_down_its_process_only() {
    let bytes = doubling_forms(30);
    let uncounted = Limits { drawing_steps: u32::MAX, ..Limits::default() };
    for limits in [Limits { parse_ms: 500, ..uncounted.clone() }, Limits { cpu_seconds: 1, ..uncounted }] {
        assert_eq!(problem_of(&reader_with(limits), &bytes, 1).await.code, ProblemCode::TimedOut);
    }
    let limits = Limits { memory_bytes: 1024 * 1024, ..Limits::default() };
    let photo = jpeg(&noise(2000, 1500), 1);
    assert_eq!(problem_of(&reader_with(limits), &photo, 1).await.code, ProblemCode::ReaderFailed);
    let limits = Limits { answer_bytes: 10_000, ..Limits::default() };
    assert_eq!(problem_of(&reader_with(limits), &photo, 1).await.code, ProblemCode::ReaderFailed);
}

/// Bytes changed in the middle of good documents reach deep into the parsers: none brings the process down.
async fn spoiled_documents_are_shown_or_named() {
    let small = image::imageops::thumbnail(&scan_in_colours().await, 300, 424);
    let mut tiff = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut tiff).unwrap();
    encoder.write_image::<colortype::RGB8>(small.width(), small.height(), small.as_raw()).unwrap();
    let good = [pdf(&[with_red_number()]), jpeg(&small, 6), polyglot(&small), workbook(), tiff.into_inner()];
    let mut state = 7u32;
    let mut next = |most: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % most
    };
    let reader = reader();
    let (mut shown, mut named) = (0, 0);
    for round in 0..60 {
        let mut bytes = good[round % good.len()].clone();
        for _ in 0..1 + next(12) {
            let at = next(bytes.len());
            bytes[at] = u8::try_from(next(256)).unwrap();
        }
        match reader.view(&bytes, 1).await.unwrap() {
            View::Unreadable(problem) => {
                assert_ne!(problem.code, ProblemCode::ReaderFailed, "round {round}: {problem:?}");
                named += 1;
            }
            _ => shown += 1,
        }
    }
    assert!(shown > 5 && named > 5, "{shown} shown, {named} named");
}

async fn a_process_that_answers_with_something_else_is_not_believed() {
    let program = std::env::current_exe().unwrap();
    let spoiled = Reader::new(program, vec!["page_instead_of_picture".to_owned()], Limits::default());
    let problem = problem_of(&spoiled, b"a,1\n", 1).await;
    assert_eq!(problem.code, ProblemCode::ReaderFailed);
    assert!(problem.message(claim::Lang::En).contains("answer not understood"), "{problem:?}");
}
