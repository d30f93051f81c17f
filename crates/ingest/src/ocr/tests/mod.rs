//! Pages drawn, spoiled as scanners and cameras spoil them, and read by the real engine through the door of this module.

mod drawn;

use super::plane::{Homography, Turn};
use super::{read_image, read_raster};
use crate::Limits;
use crate::page::{Line, Page, Raster};
use claim::{Problem, ProblemCode};
use drawn::{Drawn, RECEIPT, grainy, noise, photographed, shaded, tilted};
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
    let pages = read_image(&encoded(image, ImageFormat::Png), "image/png", &Limits::default()).unwrap();
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
        let page = read_image(&bytes, "image/jpeg", &Limits::default()).unwrap().remove(0);
        assert_reads_the_receipt(&page, &what);
        for part in ["143,000-", "45,100", "T7000012050002"] {
            assert_lands(&page, &drawn, part, &map, &what);
        }
    }
}

#[test]
#[ignore]
fn zz_measure() {
    let only = std::env::var("ONLY").unwrap_or_default();
    use std::time::Instant;
    let receipts: [(&str, &[&str]); 4] = [
        (RECEIPT, &["143000", "45100", "97900", "7000012050002"]),
        (r#"
#set page(width: 182mm, height: 128mm, margin: 12mm)
#set text(font: "IPAexMincho", size: 10pt, lang: "ja")
#align(center, text(size: 20pt, tracking: 8pt)[領　収　証])
#text(size: 13pt)[さくら薬局 様] #h(1fr) 2025年12月3日
#v(3mm)
#align(center, table(columns: 8 * (8mm,), stroke: 0.8pt, align: center, inset: 6pt, ..("￥", "1", "8", "8", "1", "0", "0", "－").map(c => text(size: 18pt, c))))
但し　資格確認端末および設定作業代として \ 上記正に領収いたしました
#v(2mm)
#table(columns: (24mm, 34mm), stroke: .5pt, [税抜金額], align(right)[171,000], [消費税額(10%)], align(right)[17,100])
#v(1fr)
#align(right)[有限会社メディカルサポート \ 大阪府大阪市北区梅田1-2-3 \ 登録番号：T1234567890123 \ 電話 06-6123-4567]
"#, &["171000", "17100", "1234567890123", "066123"]),
        (r#"
#set page(width: 210mm, height: 297mm, margin: 18mm)
#set text(font: "IPAexMincho", size: 8pt, lang: "ja")
#align(center, text(size: 16pt)[領収書内訳書])
医療機関名：北山歯科医院
#table(columns: (8mm, 1fr, 14mm, 24mm, 24mm, 24mm), stroke: 0.4pt, align: (center, left, right, right, right, right),
 ..("No","項目・内訳","数量","単価","金額（税込）","うち対象").map(t => table.cell(fill: rgb("203864"), text(fill: white, t))),
 [1],[顔認証付きカードリーダー設置費],[1],[38,500],[38,500],[38,500],
 [2],[レセプトコンピュータ改修（資格確認）],[1],[66,000],[66,000],[66,000],
 [3],[モバイル端末（タブレット 10.2型）],[2],[24,750],[49,500],[49,500],
 [4],[保守費用（年額）],[1],[8,250],[8,250],[0],
 [5],[ネットワーク設定作業],[3],[5,500],[16,500],[16,500],
 [],[合計],[],[],[178,750],[170,500])
"#, &["38500", "66000", "24750", "49500", "8250", "16500", "178750", "170500"]),
        (r##"
#set page(width: 80mm, height: 170mm, margin: 6mm)
#set text(font: "IPAexGothic", size: 9pt, lang: "ja", fill: rgb("555555"))
#align(center)[株式会社ビックデンキ \ 新宿西口店 \ TEL 03-3346-1111]
2025/10/04(土) 15:42 \
登録番号 T9012301004236
#line(length: 100%, stroke: (dash: "dashed"))
タブレット端末 #h(1fr) ¥39,800 \
ケース #h(1fr) ¥3,280 \
#line(length: 100%, stroke: (dash: "dashed"))
#text(size: 14pt)[合計 #h(1fr) ¥43,080] \
(10%対象 #h(1fr) ¥43,080) \
(内消費税 #h(1fr) ¥3,916) \
お預り #h(1fr) ¥50,000 \ お釣り #h(1fr) ¥6,920
"##, &["39800", "3280", "43080", "3916", "9012301004236"]),
    ];
    let budget: u64 = std::env::var("BUDGET").ok().and_then(|b| b.parse().ok()).unwrap_or(5_000_000);
    super::with_engine(|engine| {
        let (mut firsts, mut seconds, mut wholes, mut all) = (0, 0, 0, 0);
        for (r, (markup, parts)) in receipts.iter().enumerate() {
            for v in 0..8 {
                if !only.is_empty() && !only.contains(&v.to_string()) { continue; }
                let dpi = [150, 200, 300, 200, 150, 200, 100, 300][v];
                let drawn = Drawn::page(markup, dpi);
                let img = match v {
                    3 => grainy(&tilted(&drawn.image, 2.0).0, 30, 3),
                    4 => image::imageops::blur(&drawn.image, 1.2),
                    5 => grainy(&shaded(&drawn.image, 0.25), 10, 5),
                    6 => grainy(&drawn.image, 10, 6),
                    7 => {
                        let (w, h) = (f64::from(drawn.image.width()), f64::from(drawn.image.height()));
                        let f = (2400.0 / w).min(3300.0 / h);
                        let (w, h) = (w * f, h * f);
                        let c = [(300.0, 200.0), (w + 250.0, 300.0), (w + 380.0, h + 360.0), (180.0, h + 300.0)];
                        let p = photographed(&drawn.image, ((w + 550.0) as u32, (h + 650.0) as u32), c, 110).0;
                        grainy(&shaded(&image::imageops::blur(&p, 0.8), 0.5), 14, 9)
                    }
                    _ => drawn.image.clone(),
                };
                let mut t = vec![Instant::now()];
                let corners = super::paper::find(&img);
                t.push(Instant::now());
                let flat = super::clean::flatten(&img, budget);
                t.push(Instant::now());
                let c = super::clean::straighten(&flat, Turn::None);
                t.push(Instant::now());
                let dpi2 = super::clean::resolution(&c.image);
                let lines = engine.read(&c.image, dpi2)?;
                t.push(Instant::now());
                let again = engine.read_again(&c.image, dpi2)?;
                t.push(Instant::now());
                let ms: Vec<u128> = t.windows(2).map(|p| (p[1] - p[0]).as_millis()).collect();
                let l1 = super::lines::lines_of(&lines, &Homography::IDENTITY);
                let l2 = super::lines::lines_of(&again, &Homography::IDENTITY);
                let has = |l: &[Line]| -> Vec<&str> { let d = digits(l).replace('\n', " "); parts.iter().copied().filter(|p| !d.contains(p)).collect() };
                let (m1, m2) = (has(&l1), has(&l2)); let m3: Vec<&str> = m1.iter().copied().filter(|m| m2.contains(m)).collect();
                all += parts.len(); firsts += parts.len() - m1.len(); seconds += parts.len() - m2.len(); wholes += parts.len() - m3.len();
                let n: f32 = lines.iter().flat_map(|l| &l.fragments).map(|f| f.text.chars().count() as f32).sum();
                let s: f32 = lines.iter().flat_map(|l| &l.fragments).map(|f| f.confidence * f.text.chars().count() as f32).sum();
                println!("r{r} v{v} {}x{} quad={} ms find/flat/straight/ocr/again/whole {ms:?} n={n} conf={:.2} missing {m1:?} {m2:?} {m3:?}", img.width(), img.height(), corners.is_some(), s / n);
                if std::env::var("SHOW").ok().is_some_and(|s| s.contains(&format!("{r}{v}"))) { println!("{}\n--\n{}", text(&l1), text(&l2)); c.image.save(format!("/tmp/ocrb/clean{r}{v}.png")).unwrap(); img.save(format!("/tmp/ocrb/in{r}{v}.png")).unwrap(); }
            }
        }
        println!("first {firsts} second {seconds} either {wholes} of {all}");
        for turn in [Turn::Clockwise, Turn::Half, Turn::Counter] {
            for (markup, _) in &receipts {
                let img = turn.of(&Drawn::page(markup, 200).image);
                let flat = super::clean::flatten(&img, budget);
                let t0 = Instant::now();
                let a = super::Attempt::new(engine, &flat, Turn::None)?;
                let t1 = Instant::now();
                println!("{turn:?} weight {:?} score {} {:?} -> {:?} {:?}", a.weight(), a.score(), t1 - t0, super::other_turns(engine, &flat.image)?, t1.elapsed());
            }
        }
        let big = noise(1600, 2200, 1);
        let t0 = Instant::now();
        let flat = super::clean::flatten(&big, budget);
        let a = super::Attempt::new(engine, &flat, Turn::None)?;
        println!("noise {:?} {:?}", t0.elapsed(), a.weight());
        Ok(())
    }).unwrap();
}

#[test]
#[ignore]
fn zz_samples() {
    for path in std::env::var("FILES").unwrap().split(',') {
        let bytes = std::fs::read(path).unwrap();
        let kind = if path.ends_with("jpg") { "image/jpeg" } else if path.ends_with("png") { "image/png" } else { "image/tiff" };
        let t = std::time::Instant::now();
        match read_image(&bytes, kind, &Limits::default()) {
            Ok(pages) => for page in pages {
                println!("r1 {path} p{} {}x{} {:?}\n{}\n-- second\n{}", page.number, page.width, page.height, t.elapsed(),
                    page.lines.iter().map(Line::text).collect::<Vec<_>>().join("\n"), page.second.iter().map(Line::text).collect::<Vec<_>>().join("\n"));
            },
            Err(problem) => println!("{path} {problem:?}"),
        }
    }
}
