//! PDFs written object by object, read through the door of this module.

use super::read;
use crate::Limits;
use crate::made::{Content, Grey, HEIGHT, WIDTH, grey_dictionary, pdf, receipt, scan, scanned};
use crate::ocr::Recognition;
use crate::page::{Line, Page};
use claim::Method;
use lopdf::dictionary;

fn one(content: Content) -> (Page, Method) {
    let mut read = read(&pdf(&[content]), &Limits::default(), &mut Recognition::Here).unwrap();
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    (read.pages.remove(0), read.method)
}

/// Lines of a page that must be text; words apart by `|`.
fn lines(content: Content) -> Vec<String> {
    let (page, method) = one(content);
    assert_eq!(method, Method::Text);
    shown(&page.lines)
}

fn shown(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn a_phrase_is_one_word_with_its_box_in_points_from_the_top_left() {
    let (page, _) = one(receipt());
    assert_eq!(
        shown(&page.lines),
        [
            "領収書",
            "令和7年6月15日",
            "あおぞらクリニック|御中",
            "領収金額|￥143,000-",
            "但し|レセプトコンピュータ改修費として",
            "10%対象|130,000円|消費税等|13,000円",
            "株式会社みらいシステム",
            "登録番号|T7000012050002",
        ]
    );
    assert_eq!((page.number, page.width, page.height), (1, WIDTH, HEIGHT));
    let amount = &page.lines[3].words[1];
    let [left, top, right, bottom] = amount.bounds;
    assert!((left - 200.0).abs() < 1.0 && (198.0..200.0).contains(&top) && (220.0..224.0).contains(&bottom));
    // One full-width sign and eight half-width ones of 24 points.
    assert!((right - left - 120.0).abs() < 1.0, "{:?}", amount.bounds);
    assert!(amount.confidence > 0.99);
}

#[test]
fn columns_of_a_table_stay_apart_however_narrow_the_gutter() {
    let row = |content: Content, down, cells: [&str; 4]| {
        [60.0, 200.0, 230.0, 290.0]
            .into_iter()
            .zip(cells)
            .fold(content, |content, (left, cell)| content.text(left, down, 10.0, cell))
    };
    let content = row(Content::new(), 100.0, ["品名", "数量", "単価", "金額"]);
    let content = row(content, 116.0, ["モバイル端末", "12", "45,100", "541,200"]);
    // The description ends five points before the next column begins.
    let content = row(content, 132.0, ["レセプトコンピュータ改修費", "1", "97,900", "97,900"]);
    assert_eq!(
        lines(content),
        ["品名|数量|単価|金額", "モバイル端末|12|45,100|541,200", "レセプトコンピュータ改修費|1|97,900|97,900"]
    );
}

#[test]
fn writing_spread_out_is_one_word() {
    let boxes = "128000".chars().enumerate().fold(Content::new(), |content, (place, digit)| {
        content.text(200.0 + 18.0 * place as f32, 100.0, 12.0, &digit.to_string())
    });
    let content = boxes
        .text(60.0, 140.0, 12.0, "合　　計")
        .text(60.0, 180.0, 20.0, "御　見　積　書")
        .text(60.0, 200.0, 12.0, "お　支　払　期　限：令和7年7月31日")
        // Two numbers of one digit are two columns, and so are a kanji and a number.
        .text(60.0, 220.0, 12.0, "3  2")
        .text(60.0, 260.0, 12.0, "計 7");
    assert_eq!(lines(content), ["128000", "合計", "御見積書", "お支払期限：令和7年7月31日", "3|2", "計|7"]);
}

#[test]
fn bold_faked_by_striking_twice_is_read_once() {
    let content = Content::new()
        .text(60.0, 100.0, 12.0, "合計 11,000円")
        .text(60.4, 100.0, 12.0, "合計 11,000円")
        // Filled and then stroked.
        .raw("2 Tr")
        .text(60.0, 140.0, 12.0, "領収書");
    assert_eq!(lines(content), ["合計|11,000円", "領収書"]);
}

#[test]
fn what_stands_askew_is_left_out_of_the_lines() {
    let content = Content::new()
        .text(60.0, 100.0, 12.0, "領収金額 11,000円")
        .raw("BT /F2 60 Tf 0.7 0.7 -0.7 0.7 40 700 Tm (COPY) Tj ET")
        .raw("BT /F2 12 Tf 0 1 -1 0 100 730 Tm (SIDE) Tj ET");
    assert_eq!(lines(content), ["領収金額|11,000円"]);
}

#[test]
fn a_stamp_over_a_name_does_not_mix_with_it() {
    let content = Content::new().text(300.0, 100.0, 12.0, "株式会社みらいシステム").text(388.0, 103.0, 14.0, "未来印");
    let lines = lines(content);
    assert!(lines.contains(&"株式会社みらいシステム".to_owned()), "{lines:?}");
    assert!(lines.contains(&"未来印".to_owned()), "{lines:?}");
}

#[test]
fn a_large_amount_and_its_small_label_are_one_line_and_two_small_lines_beside_a_title_are_not() {
    let content = Content::new()
        .text(60.0, 100.0, 10.0, "合計")
        .text(120.0, 103.0, 20.0, "128,000円")
        .text(60.0, 200.0, 30.0, "領収書")
        .text(300.0, 186.0, 9.0, "番号 123")
        .text(300.0, 202.0, 9.0, "令和7年6月15日");
    assert_eq!(lines(content), ["合計|128,000円", "番号|123", "領収書|令和7年6月15日"]);
}

#[test]
fn the_text_that_a_writer_gives_beside_its_glyphs_counts() {
    // The glyphs say "⽇⻘" (radicals), the text beside them "日青"; then one text for several glyphs.
    let content = Content::new()
        .raw("/Span << /ActualText <FEFF65E5> >> BDC")
        .text(60.0, 100.0, 12.0, "曰")
        .raw("EMC")
        .text(72.0, 100.0, 12.0, "付")
        .raw("/Span << /ActualText <FEFF682A5F0F4F1A793E> >> BDC")
        .text(60.0, 140.0, 12.0, "（株）")
        .raw("EMC")
        .text(96.0, 140.0, 12.0, "みらい");
    assert_eq!(lines(content), ["日付", "株式会社みらい"]);
}

#[test]
fn fonts_that_are_drawings_are_read_by_their_table() {
    // What browsers make of OpenType fonts: one byte a glyph, a table from bytes to characters.
    let content = Content::new().shown("F5", 60.0, 100.0, 12.0, "414241").text(96.0, 100.0, 12.0, "証");
    let (page, _) = one(content);
    assert_eq!(shown(&page.lines), ["領収領証"]);
    let [left, _, right, _] = page.lines[0].words[0].bounds;
    assert!((left - 60.0).abs() < 0.5 && (right - 108.0).abs() < 0.5);
}

#[test]
fn vertical_writing_is_read_down_its_column() {
    let hex: String = encoding_rs::SHIFT_JIS.encode("領収書在中").0.iter().map(|byte| format!("{byte:02x}")).collect();
    let content = Content::new().shown("F4", 300.0, 100.0, 12.0, &hex).text(60.0, 100.0, 12.0, "但し書き");
    let lines = lines(content);
    assert!(lines.contains(&"領収書在中".to_owned()), "{lines:?}");
    assert!(lines.contains(&"但し書き".to_owned()), "{lines:?}");
}

#[test]
fn text_that_nobody_sees_or_that_says_nothing_is_not_believed() {
    let distrusted = [
        ("invisible", Content::new().raw("3 Tr").text(60.0, 100.0, 12.0, "領収金額 11,000円")),
        ("glyphs without characters", {
            Content::new().text(60.0, 100.0, 12.0, "領収金額").shown("F3", 120.0, 100.0, 12.0, "00310032")
        }),
        ("Japanese through a Western table", {
            Content::new().shown("F2", 60.0, 100.0, 12.0, "f0").text(66.0, 100.0, 12.0, "和7年6月15日 領収金額")
        }),
    ];
    for (what, content) in distrusted {
        let (page, method) = one(content);
        assert_eq!(method, Method::Ocr, "{what}");
        assert!(shown(&page.lines).iter().all(|line| !line.contains("金額")), "{what}: {page:?}");
    }
}

#[test]
fn an_empty_page_between_others_keeps_its_number_and_needs_no_recognition() {
    let read = read(&pdf(&[receipt(), Content::new(), receipt()]), &Limits::default(), &mut Recognition::Here).unwrap();
    assert_eq!(read.method, Method::Text);
    let shape: Vec<(u32, usize)> = read.pages.iter().map(|page| (page.number, page.lines.len())).collect();
    assert_eq!(shape, [(1, 8), (2, 0), (3, 8)]);
}

/// The registration number is on the scan where it was on the page that was scanned, in points.
fn assert_reads_the_scan(content: Content, what: &str) {
    let (page, method) = one(content);
    assert_eq!(method, Method::Ocr, "{what}");
    let line = page
        .lines
        .iter()
        .find(|line| line.text().replace(' ', "").contains("7000012050002"))
        .unwrap_or_else(|| panic!("{what}: {:?}", shown(&page.lines)));
    let [left, top, right, bottom] = line.bounds();
    let near = |found: f32, expected: f32| (found - expected).abs() < 8.0;
    assert!(near(left, 330.0) && near(right, 468.0) && near(top, 410.0) && near(bottom, 421.0), "{what}: {line:?}");
    assert_eq!((page.width, page.height), (WIDTH, HEIGHT), "{what}");
}

#[test]
fn a_scan_is_read_in_its_own_pixels_and_its_boxes_are_points_of_the_page() {
    assert_reads_the_scan(scanned(pdf(&[receipt()])), "upright");

    // A scanner that took the page in sideways, and tells the viewer to turn it.
    let Grey { pixels, width, height } = scan(pdf(&[receipt()]), 200.0 / 72.0);
    let mut sideways = vec![255; pixels.len()];
    let (across, down) = (width as usize, height as usize);
    for (index, pixel) in pixels.iter().enumerate() {
        let (x, y) = (index % across, index / across);
        sideways[(across - 1 - x) * down + y] = *pixel;
    }
    let turned = Content { rotate: 0, ..Content::new() }.picture(
        // A quarter turn clockwise: the picture's right goes down the page.
        [0.0, -HEIGHT, WIDTH, 0.0, 0.0, HEIGHT],
        grey_dictionary(height, width),
        sideways,
    );
    assert_reads_the_scan(turned, "turned");
}

#[test]
fn a_bilevel_stencil_is_a_scan_too() {
    let Grey { pixels, width, height } = scan(pdf(&[receipt()]), 200.0 / 72.0);
    let row_bytes = width.div_ceil(8) as usize;
    let mut packed = vec![0u8; row_bytes * height as usize];
    for (index, pixel) in pixels.iter().enumerate() {
        let (x, y) = (index % width as usize, index / width as usize);
        // In a stencil a 0 is painted.
        if *pixel >= 128 {
            packed[y * row_bytes + x / 8] |= 0x80 >> (x % 8);
        }
    }
    let dictionary = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "ImageMask" => true, "BitsPerComponent" => 1,
        "Width" => i64::from(width), "Height" => i64::from(height),
    };
    let content = Content::new().picture([WIDTH, 0.0, 0.0, HEIGHT, 0.0, 0.0], dictionary, packed);
    assert_reads_the_scan(content, "stencil");
}

#[test]
fn a_scan_in_strips_or_with_a_stamp_of_text_is_drawn_and_read() {
    let Grey { pixels, width, height } = scan(pdf(&[receipt()]), 200.0 / 72.0);
    let half = (height / 2) as usize * width as usize;
    let lower = height - height / 2;
    let cut = HEIGHT * lower as f32 / height as f32;
    let strips = Content::new()
        .picture([WIDTH, 0.0, 0.0, HEIGHT - cut, 0.0, cut], grey_dictionary(width, height / 2), pixels[..half].to_vec())
        .picture([WIDTH, 0.0, 0.0, cut, 0.0, 0.0], grey_dictionary(width, lower), pixels[half..].to_vec());
    assert_reads_the_scan(strips, "strips");
    assert_reads_the_scan(scanned(pdf(&[receipt()])).shown("F2", 20.0, 830.0, 8.0, "5363616e6e6564"), "stamped");
}

#[test]
fn the_hidden_layer_of_a_scan_is_read_as_nothing() {
    let content = Content::new()
        .picture([WIDTH, 0.0, 0.0, HEIGHT, 0.0, 0.0], grey_dictionary(10, 10), vec![255; 100])
        .raw("3 Tr")
        .text(60.0, 100.0, 12.0, "領収金額 11,000円");
    let (page, method) = one(content);
    assert_eq!((method, page.lines.len(), page.second.len()), (Method::Ocr, 0, 0));
}

/// White on white, nearly transparent, painted over: the file says an amount that no reader of the page sees.
#[test]
fn numbers_that_nobody_sees_are_not_believed_and_the_page_is_recognised() {
    let unseen = "合計 999,000円";
    for (how, content) in [
        ("white", receipt().raw("1 g").text(60.0, 500.0, 12.0, unseen)),
        ("nearly white", receipt().raw("0.96 0.97 0.95 rg").text(60.0, 500.0, 12.0, unseen)),
        ("painted over", receipt().text(60.0, 500.0, 12.0, unseen).raw("1 g 50 330 200 30 re f")),
        ("black on black", receipt().raw("0 g 50 330 200 30 re f").text(60.0, 500.0, 12.0, unseen)),
    ] {
        let (page, method) = one(content);
        assert_eq!(method, Method::Ocr, "{how}");
        let all = shown(&page.lines).into_iter().chain(shown(&page.second)).collect::<String>();
        assert!(!all.contains("999"), "{how}: {all}");
        assert!(all.contains("7000012050002"), "{how}: {all}");
    }
}

#[test]
fn what_is_seen_in_any_colour_or_cut_off_needs_no_recognition() {
    // White on a dark bar, red on white, on a light ground that was painted before.
    let content = Content::new()
        .raw("0.1 0.2 0.5 rg 50 730 300 30 re f 1 g")
        .text(60.0, 100.0, 12.0, "合計 143,000円")
        .raw("1 0 0 rg")
        .text(60.0, 140.0, 12.0, "領収書")
        .raw("0.9 g 50 650 300 30 re f 0 g")
        .text(60.0, 180.0, 12.0, "消費税 13,000円")
        // Outside of what is shown.
        .raw("q 0 0 300 300 re W n")
        .text(60.0, 220.0, 12.0, "合計 999,000円")
        .raw("Q")
        .text(60.0, 260.0, 12.0, "小計 130,000円");
    assert_eq!(lines(content), ["合計|143,000円", "領収書", "消費税|13,000円", "小計|130,000円"]);
}
