//! Pages drawn, spoiled as scanners and cameras spoil them, and read by the real engine through the door of this module.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pictures made here are small")]

mod drawn;
mod files;

use super::plane::{Homography, Turn};
use super::{Recognition, read_image, read_raster};
use crate::Limits;
use crate::page::{Line, Page, Raster};
use claim::ProblemCode;
use drawn::{DIGIT_BOXES, Drawn, ITEMIZATION, RECEIPT, TILL_SLIP, grainy, noise, photographed, shaded, tilted};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use std::io::Cursor;

fn encoded(image: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    // WebP is written in colour only.
    let picture = DynamicImage::ImageLuma8(image.clone());
    let picture = if format == ImageFormat::WebP { picture.to_rgb8().into() } else { picture };
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read_png(image: &GrayImage) -> Page {
    let pages = read_image(&encoded(image, ImageFormat::Png), "image/png", &Limits::default(), &mut Recognition::Here)
        .unwrap()
        .0;
    assert_eq!(pages.len(), 1);
    pages.into_iter().next().unwrap()
}

/// All text without spaces, one line of the page a line.
fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text().replace(' ', "")).collect::<Vec<_>>().join("\n")
}

/// Only the digits of each line, because a comma may be read as a full stop.
fn digits(lines: &[Line]) -> String {
    lines
        .iter()
        .map(|line| line.text().chars().filter(|c| c.is_ascii_digit()).collect::<String>())
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a receipt is worthless without must be there: total, day, registration number.
fn assert_reads_the_receipt(page: &Page, what: &str) {
    let (all, numbers) = (text(&page.lines), digits(&page.lines));
    for part in ["143000", "45100", "97900", "7000012050002"] {
        assert!(numbers.contains(part), "{what}: {part} is not in\n{all}");
    }
    assert!(all.contains("令和7年6月15日"), "{what}: the day is not in\n{all}");
    let again = digits(&page.second);
    assert!(again.contains("143000"), "{what}: the second reading has no total\n{}", text(&page.second));
}

/// The words on the place where `part` was drawn, seen through `map`, cover it and are no more than a line high.
fn assert_lands(page: &Page, drawn: &Drawn, part: &str, map: &Homography, what: &str) {
    let [left, top, right, bottom] = map.apply_to_box(drawn.place_of(part));
    let middle = (top + bottom) / 2.0;
    let covered: f32 = page
        .lines
        .iter()
        .flat_map(|line| &line.words)
        .map(|word| word.bounds)
        .filter(|word| word[1] < middle && middle < word[3] && word[3] - word[1] < 2.5 * (bottom - top))
        .map(|word| (word[2].min(right) - word[0].max(left)).max(0.0))
        .sum();
    let share = covered / (right - left);
    assert!(share > 0.6, "{what}: {share} of {part:?} at {left} {top} {right} {bottom} is covered:\n{:#?}", page.lines);
}

#[test]
fn a_clean_scan_is_read_and_its_boxes_lie_on_the_text() {
    let drawn = Drawn::page(RECEIPT, 200);
    let page = read_png(&drawn.image);
    assert_reads_the_receipt(&page, "clean");
    assert_eq!((page.number, page.width as u32, page.height as u32), (1, drawn.image.width(), drawn.image.height()));
    for part in ["143,000-", "令和7年6月15日", "45,100", "T7000012050002", "領収書"] {
        assert_lands(&page, &drawn, part, &Homography::IDENTITY, "clean");
    }
}

#[test]
fn a_scan_askew_in_shadow_and_grain_is_read_and_its_boxes_lie_on_the_text() {
    let drawn = Drawn::page(RECEIPT, 200);
    for degrees in [2.0, -3.5] {
        let what = format!("{degrees}°");
        let (askew, map) = tilted(&drawn.image, degrees);
        let page = read_png(&grainy(&shaded(&askew, 0.35), 18, 7));
        assert_reads_the_receipt(&page, &what);
        for part in ["143,000-", "45,100", "T7000012050002"] {
            assert_lands(&page, &drawn, part, &map, &what);
        }
    }
}

#[test]
fn a_page_on_its_side_or_upside_down_is_turned_upright() {
    let drawn = Drawn::page(RECEIPT, 200);
    for turn in [Turn::Clockwise, Turn::Half, Turn::Counter] {
        let what = format!("{turn:?}");
        let page = read_png(&turn.of(&drawn.image));
        assert_reads_the_receipt(&page, &what);
        // Its boxes are those of the upright page.
        assert_eq!((page.width as u32, page.height as u32), (drawn.image.width(), drawn.image.height()), "{what}");
        assert_lands(&page, &drawn, "143,000-", &Homography::IDENTITY, &what);
        assert_lands(&page, &drawn, "T7000012050002", &Homography::IDENTITY, &what);
    }
}

#[test]
fn a_photo_of_a_sheet_on_a_table_is_read_and_its_boxes_lie_on_the_photo() {
    let drawn = Drawn::page(RECEIPT, 300);
    for (corners, table) in [
        ([(420.0, 260.0), (2610.0, 330.0), (2760.0, 3620.0), (260.0, 3560.0)], 70),
        ([(350.0, 420.0), (2500.0, 240.0), (2780.0, 3700.0), (460.0, 3800.0)], 150),
    ] {
        let what = format!("table {table}");
        let (photo, map) = photographed(&drawn.image, (3000, 4000), corners, table);
        let photo = grainy(&shaded(&photo, 0.6), 12, 11);
        let bytes = encoded(&photo, ImageFormat::Jpeg);
        let page = read_image(&bytes, "image/jpeg", &Limits::default(), &mut Recognition::Here).unwrap().0.remove(0);
        assert_reads_the_receipt(&page, &what);
        for part in ["143,000-", "45,100", "T7000012050002"] {
            assert_lands(&page, &drawn, part, &map, &what);
        }
    }
}

#[test]
fn other_layouts_are_read_number_by_number() {
    // White words on a dark table head, a till's slip between dashed lines, an amount with a box for each digit.
    for (what, markup, dpi, numbers, words) in [
        (
            "itemization",
            ITEMIZATION,
            200,
            &["38500", "66000", "24750", "49500", "8250", "16500", "178750", "170500"][..],
            &["領収書内訳書", "単価", "金額"][..],
        ),
        ("till slip", TILL_SLIP, 150, &["39800", "3280", "43080", "3916", "9012301004236"], &["合計", "消費税"]),
        ("digit boxes", DIGIT_BOXES, 200, &["188100", "171000", "17100"], &["さくら薬局"]),
    ] {
        let page = read_png(&grainy(&Drawn::page(markup, dpi).image, 8, 3));
        let (all, found) = (text(&page.lines), digits(&page.lines));
        for number in numbers {
            assert!(found.contains(number), "{what}: {number} is not in\n{all}");
        }
        for word in words {
            assert!(all.contains(word), "{what}: {word} is not in\n{all}");
        }
    }
}

#[test]
fn lines_go_downward_and_words_to_the_right() {
    let page = read_png(&Drawn::page(RECEIPT, 150).image);
    assert!(page.lines.len() > 8, "{}", text(&page.lines));
    for line in &page.lines {
        assert!(line.words.windows(2).all(|pair| pair[0].bounds[0] <= pair[1].bounds[0]), "{line:?}");
        assert!(line.words.iter().all(|word| (0.0..=1.0).contains(&word.confidence)), "{line:?}");
    }
    assert!(page.lines.windows(2).all(|pair| pair[0].bounds()[1] <= pair[1].bounds()[1]), "{:#?}", page.lines);
}

#[test]
fn a_page_of_a_scanned_pdf_gives_boxes_in_points() {
    let drawn = Drawn::page(RECEIPT, 200);
    let (width, height) = drawn.image.dimensions();
    let points_per_pixel = 72.0 / 200.0;
    let raster = Raster { grey: drawn.image.as_raw().clone(), width, height, points_per_pixel };
    let page = read_raster(raster, 3, &Limits::default()).unwrap();
    assert_eq!((page.number, page.width.round() as u32, page.height.round() as u32), (3, 595, 842));
    let scale = f64::from(points_per_pixel);
    assert_lands(&page, &drawn, "T7000012050002", &Homography::scale(scale, scale), "points");
}

#[test]
fn a_raster_that_is_not_what_it_says_is_a_problem_of_its_page() {
    let limits = Limits::default();
    for (grey, width, height, code) in [
        (vec![255; 99], 10, 10, ProblemCode::Damaged),
        (Vec::new(), 0, 10, ProblemCode::Damaged),
        (Vec::new(), u32::MAX, u32::MAX, ProblemCode::TooLarge),
    ] {
        let raster = Raster { grey, width, height, points_per_pixel: 1.0 };
        let problem = read_raster(raster, 7, &limits).unwrap_err();
        assert_eq!((problem.code, problem.place.spot.page), (code, Some(7)), "{problem:?}");
    }
}

#[test]
fn pictures_without_text_give_pages_without_text() {
    for (what, image) in [
        ("1x1", GrayImage::from_pixel(1, 1, Luma([0]))),
        ("a line", GrayImage::from_pixel(1, 3000, Luma([128]))),
        ("wide", GrayImage::from_pixel(20_000, 40, Luma([255]))),
        ("white", GrayImage::from_pixel(1654, 2339, Luma([255]))),
        ("grey", GrayImage::from_pixel(1654, 2339, Luma([90]))),
        ("black", GrayImage::from_pixel(1654, 2339, Luma([0]))),
        ("grain", grainy(&GrayImage::from_pixel(1240, 1754, Luma([255])), 20, 5)),
    ] {
        let page = read_png(&image);
        assert_eq!((page.width as u32, page.height as u32), image.dimensions(), "{what}");
        let characters = text(&page.lines).chars().filter(|c| c.is_alphanumeric()).count();
        assert!(characters < 5, "{what}: {}", text(&page.lines));
    }
    // Noise may be taken for letters, but not surely, and it must end.
    let page = read_png(&noise(1000, 1400, 42));
    let sure = page.lines.iter().flat_map(|line| &line.words).filter(|word| word.confidence > 0.8).count();
    assert!(sure < 5, "{}", text(&page.lines));
}
