//! What OCR hands over: misread characters, two readings that differ, and anything at all.

use super::super::*;
use super::{Text, doubtful, lines, page, sure};
use claim::Confidence;
use proptest::prelude::*;

fn ocr(first: &[Text], second: &[Text], declared: DocumentKind) -> Found {
    let page = Page { second: lines(second), ..page(1, first) };
    read_pages(&[page], Method::Ocr, Some(declared))
}

fn receipt(first: &[Text], second: &[Text]) -> ReceiptReading {
    ocr(first, second, DocumentKind::Receipt).receipt.unwrap()
}

const TITLE: Text = (240.0, 40.0, 20.0, "領収書");
const NET: Text = (60.0, 200.0, 9.0, "税抜金額 ¥130,000");
const TAX: Text = (60.0, 215.0, 9.0, "消費税額等 ¥13,000");

#[test]
fn an_amount_of_ocr_is_sure_only_with_arithmetic_or_the_second_reading() {
    let total: Text = (200.0, 120.0, 22.0, "¥143,000-");
    let sure_of = |first: &[Text], second: &[Text]| {
        let field = receipt(first, second).total_yen.unwrap();
        assert_eq!(field.value.get(), 143_000);
        (sure(field.confidence), doubtful(field.confidence))
    };
    assert_eq!(sure_of(&[TITLE, total], &[]), (false, true));
    assert_eq!(sure_of(&[TITLE, total], &[total]), (true, false));
    assert_eq!(sure_of(&[TITLE, total, NET, TAX], &[]), (true, false));
    let other: Text = (200.0, 120.0, 22.0, "¥148,000-");
    assert_eq!(sure_of(&[TITLE, total], &[other]), (false, true));
    // The same model reading the same number twice is no proof.
    let again: Text = (60.0, 160.0, 10.0, "合計 ¥143,000");
    assert_eq!(sure_of(&[TITLE, total, again], &[]), (false, true));
}

/// The tax was read where the total stands, which lost a digit; the total stands once more as what was given.
#[test]
fn what_both_readings_see_goes_before_what_one_sees_at_the_better_place() {
    let first: [Text; 3] = [TITLE, (60.0, 200.0, 14.0, "現計 ¥5,200"), (60.0, 230.0, 14.0, "合計 ¥57,200")];
    let second: [Text; 1] = [(60.0, 200.0, 14.0, "現計 ¥57,200")];
    let total = receipt(&first, &second).total_yen.unwrap();
    assert_eq!(total.value.get(), 57_200, "{total:?}");
}

/// The total of a till slip is set so large that its box touches the line below, which is what was given. The first reading lost
/// its first digits.
#[test]
fn large_print_does_not_lend_its_label_to_the_line_below() {
    let first: [Text; 7] = [
        TITLE,
        (60.0, 150.0, 9.0, "外税対象計"),
        (200.0, 150.0, 9.0, "¥11,790"),
        (60.0, 165.0, 9.0, "外税(10%) ¥1,179"),
        (60.0, 190.0, 18.0, "現計 交2,969"),
        (60.0, 202.0, 9.0, "現金 ¥13,000"),
        (60.0, 215.0, 9.0, "釣銭 ¥31"),
    ];
    let second: [Text; 4] = [
        (200.0, 150.0, 9.0, "¥11,790"),
        (101.0, 165.0, 9.0, "¥1,179"),
        (101.0, 190.0, 18.0, "¥12,969"),
        (87.0, 202.0, 9.0, "¥13,000"),
    ];
    let total = receipt(&first, &second).total_yen.unwrap();
    assert_eq!(total.value.get(), 12_969, "{total:?}");
}

#[test]
fn a_number_beside_which_digits_go_on_is_never_a_sure_total() {
    // Both readings part the number at the same gap, and both are wrong.
    let parted: [Text; 4] =
        [TITLE, (60.0, 120.0, 14.0, "合計"), (120.0, 120.0, 14.0, "¥4"), (150.0, 120.0, 14.0, "5900")];
    let total = receipt(&parted, &parted).total_yen.unwrap();
    assert!(doubtful(total.confidence), "{total:?}");
    assert!(total.reasons.iter().any(|reason| reason.contains("途中で切れ")), "{total:?}");
}

#[test]
fn what_was_given_is_no_total_because_the_change_completes_it() {
    // The total lost its label to what was given, and stands where a tax is named.
    let rows: [Text; 4] = [
        TITLE,
        (60.0, 200.0, 9.0, "外税(10%) ¥308,412"),
        (60.0, 215.0, 9.0, "現計 ¥309,000"),
        (60.0, 230.0, 9.0, "つり ¥588"),
    ];
    let total = receipt(&rows, &rows).total_yen.unwrap();
    assert!(total.confidence < Confidence::from_per_mille(800), "{total:?}");
}

#[test]
fn a_registration_number_of_ocr_is_sure_only_when_both_readings_give_it() {
    let of = |number: Text, second: &[Text]| receipt(&[TITLE, number], second).registration_number.unwrap().confidence;
    let number: Text = (60.0, 300.0, 9.0, "登録番号 T1123456712111");
    assert!(!sure(of(number, &[])));
    assert!(sure(of(number, &[number])));
    assert!(!sure(of(number, &[(60.0, 300.0, 9.0, "登録番号 T1123456712112")])));
    // Printed twice and read by one model twice, it is as sure as once.
    let again: Text = (60.0, 400.0, 9.0, "登録番号 T1123456712111");
    let found = receipt(&[TITLE, number, again], &[]).registration_number.unwrap();
    assert!(!sure(found.confidence), "{found:?}");
    // 0 and 9 are the same to the check digit, and to both models where a 0 has a dot: never sure with one of them, and
    // surer than when the readings differ.
    let zeros: Text = (60.0, 300.0, 9.0, "登録番号 T7000012050002");
    assert!(!sure(of(zeros, &[zeros])));
    assert!(of(zeros, &[zeros]) > of(zeros, &[(60.0, 300.0, 9.0, "登録番号 T7000012059002")]));
}

#[test]
fn taxes_of_two_rates_that_name_no_rate_belong_to_the_bases_above_them() {
    let found = receipt(
        &[
            TITLE,
            (60.0, 200.0, 9.0, "(10%対象 ¥192,054)"),
            (60.0, 215.0, 9.0, "(内消費税額 ¥17,459)"),
            (60.0, 230.0, 9.0, "(8%対象 ¥1,564)"),
            (60.0, 245.0, 9.0, "(内消費税額 ¥115)"),
            (60.0, 260.0, 14.0, "合計 ¥193,618"),
        ],
        &[],
    );
    let tax: Vec<_> = found.tax.iter().map(|line| (line.rate, line.tax_yen.unwrap().get())).collect();
    assert_eq!(tax, [(10, 17_459), (8, 115)]);
}

#[test]
fn arithmetic_chooses_between_two_readings() {
    let wrong: Text = (200.0, 120.0, 22.0, "¥43,000-");
    let right: Text = (200.0, 120.0, 22.0, "¥143,000-");
    let total = receipt(&[TITLE, wrong, NET, TAX], &[right]).total_yen.unwrap();
    assert_eq!(total.value.get(), 143_000);
    assert!(sure(total.confidence), "{total:?}");
    // Without the second reading the wrong one stays, and stays doubtful.
    let total = receipt(&[TITLE, wrong, NET, TAX], &[]).total_yen.unwrap();
    assert!(doubtful(total.confidence), "{total:?}");
}

#[test]
fn misread_characters_around_the_fields_are_seen_through() {
    let found = ocr(
        &[
            (230.0, 50.0, 24.0, "領収書"),
            (60.0, 100.0, 14.0, "青空クリニック御中"),
            (420.0, 102.0, 10.0, "発行日:令和7年6月l5日"),
            (200.0, 160.0, 22.0, "半l43.OOO-"),
            (60.0, 220.0, 11.0, "但し レセプトコンピュ一タ改修費として"),
            (60.0, 315.0, 9.0, "税抜金額 半130,000"),
            (60.0, 330.0, 9.0, "消費税額等(10%) 半13,0O0"),
            (340.0, 300.0, 11.0, "株式会社みらい医療システム"),
            (340.0, 332.0, 9.0, "TEL 03-3591-7441"),
            (340.0, 346.0, 9.0, "登録番号 17000012050002"),
        ],
        &[],
        DocumentKind::Receipt,
    );
    assert_eq!(found.kind, DocumentKind::Receipt);
    let receipt = found.receipt.unwrap();
    let total = receipt.total_yen.unwrap();
    assert_eq!(total.value.get(), 143_000);
    assert!(sure(total.confidence), "{total:?}");
    assert_eq!(receipt.issued_on.unwrap().value.to_string(), "2025-06-15");
    assert_eq!(receipt.registration_number.unwrap().value, "T7000012050002");
    assert_eq!(receipt.payee.unwrap().value, "青空クリニック");
    assert_eq!(receipt.issuer.unwrap().value, "株式会社みらい医療システム");
}

#[test]
fn lines_of_ocr_are_sure_only_when_they_add_up_or_are_read_twice() {
    let header: [Text; 4] = [
        (230.0, 40.0, 20.0, "領収書内訳書"),
        (60.0, 140.0, 9.0, "品名"),
        (300.0, 140.0, 9.0, "数量"),
        (450.0, 140.0, 9.0, "金額"),
    ];
    let read = |body: &[Text], second: &[Text]| {
        let first: Vec<Text> = header.iter().chain(body).copied().collect();
        ocr(&first, second, DocumentKind::Itemization).itemization.unwrap()
    };
    let tablet: [Text; 3] = [(60.0, 156.0, 9.0, "タブレット"), (305.0, 156.0, 9.0, "1"), (440.0, 156.0, 9.0, "45,100")];
    let change: [Text; 3] =
        [(60.0, 172.0, 9.0, "レセコン改修"), (305.0, 172.0, 9.0, "1"), (435.0, 172.0, 9.0, "143,000")];
    let total: [Text; 2] = [(300.0, 190.0, 9.0, "合計"), (435.0, 190.0, 9.0, "188,100")];
    let wrong: [Text; 2] = [(300.0, 190.0, 9.0, "合計"), (435.0, 190.0, 9.0, "168,100")];

    let both = read(&[&tablet[..], &change, &total].concat(), &[]);
    assert!(both.lines.iter().all(|line| sure(line.confidence)) && both.lines.len() == 2);
    assert!(sure(both.total_yen.unwrap().confidence));
    let off = read(&[&tablet[..], &change, &wrong].concat(), &[]);
    assert!(off.lines.iter().all(|line| doubtful(line.confidence)));
    assert!(doubtful(off.total_yen.unwrap().confidence));
    // One line and a total are the same number printed twice.
    let single = read(&[&tablet[..], &[(300.0, 190.0, 9.0, "合計"), (440.0, 190.0, 9.0, "45,100")]].concat(), &[]);
    assert!(doubtful(single.lines[0].confidence));
    let twice = read(&tablet, &tablet);
    assert!(sure(twice.lines[0].confidence));
}

/// Texts such as documents hold, and others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "領収書",
            "領収書内訳書",
            "御見積書",
            "合計",
            "小計",
            "金額",
            "品名",
            "数量",
            "単価",
            "消費税",
            "10%対象",
            "お預り",
            "お釣り",
            "但し",
            "として",
            "様",
            "御中",
            "青空クリニック",
            "株式会社みらい",
            "登録番号",
            "発行日",
            "令和7年6月15日",
            "①補助対象金額",
            "②補助対象外金額",
            "タブレット",
            "レセコン改修",
            "値引",
            "総額",
            "TEL",
            "¥",
            "1",
        ])
        .prop_map(str::to_owned),
        (0u32..3_000_000).prop_map(|n| format!("¥{n}")),
        (0i64..3_000_000).prop_map(|n| format!("{}円", claim::Yen::new(n).unwrap())),
        r"[0-9OolI|,.、 ¥半▲T-]{1,16}",
        r"[\PC ]{0,12}",
    ]
}

fn words() -> impl Strategy<Value = Vec<(f32, f32, f32, String)>> {
    prop::collection::vec((0u16..40, 0u16..40, 6u16..30, text()), 0..40).prop_map(|words| {
        words
            .into_iter()
            .map(|(x, y, height, text)| (f32::from(x) * 14.0, f32::from(y) * 20.0, f32::from(height), text))
            .collect()
    })
}

fn borrowed(words: &[(f32, f32, f32, String)]) -> Vec<Text<'_>> {
    words.iter().map(|(x, y, height, text)| (*x, *y, *height, text.as_str())).collect()
}

proptest! {
    #[test]
    fn no_page_brings_the_reader_down(first in words(), second in words()) {
        for declared in [None, Some(DocumentKind::Receipt), Some(DocumentKind::Itemization)] {
            for method in [Method::Text, Method::Ocr] {
                let page = Page { second: lines(&borrowed(&second)), ..page(1, &borrowed(&first)) };
                let _ = read_pages(&[page], method, declared);
            }
        }
    }

    #[test]
    fn a_sure_total_of_ocr_says_what_agrees(first in words(), second in words()) {
        let page = Page { second: lines(&borrowed(&second)), ..page(1, &borrowed(&first)) };
        let found = read_pages(&[page], Method::Ocr, Some(DocumentKind::Receipt));
        if let Some(total) = found.receipt.and_then(|receipt| receipt.total_yen)
            && sure(total.confidence)
        {
            let agrees = |reason: &String| reason.contains("一致") || reason.contains("合う");
            prop_assert!(total.reasons.iter().any(agrees), "{:?}", total);
        }
    }

    #[test]
    fn no_sheet_brings_the_reader_down(rows in prop::collection::vec(prop::collection::vec(text(), 0..8), 0..12)) {
        let borrowed: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = borrowed.iter().map(Vec::as_slice).collect();
        let sheet = super::grid("表", &rows);
        for declared in [None, Some(DocumentKind::Receipt), Some(DocumentKind::Itemization)] {
            let found = read_grid(std::slice::from_ref(&sheet), declared);
            // Whatever is read as an amount is a sum of money; nothing negative becomes positive.
            for line in found.itemization.map(|reading| reading.lines).unwrap_or_default() {
                prop_assert!(!line.description.is_empty());
            }
        }
    }
}
