//! Receipts of many layouts.

use super::super::*;
use super::{Text, doubtful, grid, page, sure};
use claim::{Field, TaxLine, Yen};

/// What a receipt must be read as.
#[derive(Default)]
struct Expected {
    total: Option<i64>,
    day: Option<&'static str>,
    payee: Option<&'static str>,
    issuer: Option<&'static str>,
    number: Option<&'static str>,
    proviso: Option<&'static str>,
    /// Rate, base, tax, whether the base includes it.
    tax: &'static [(u8, Option<i64>, Option<i64>, bool)],
}

fn read(texts: &[Text]) -> Found {
    read_pages(&[page(1, texts)], Method::Text, Some(DocumentKind::Receipt))
}

fn check(name: &str, found: &Found, expected: &Expected) {
    assert_eq!(found.kind, DocumentKind::Receipt, "{name}: kind");
    let receipt = found.receipt.as_ref().unwrap();
    let text = |field: &Option<Field<String>>| field.as_ref().map(|field| field.value.clone());
    assert_eq!(
        receipt.total_yen.as_ref().map(|field| field.value.get()),
        expected.total,
        "{name}: total {:?}",
        receipt.total_yen
    );
    assert_eq!(
        receipt.issued_on.as_ref().map(|field| field.value.to_string()).as_deref(),
        expected.day,
        "{name}: day {:?}",
        receipt.issued_on
    );
    assert_eq!(text(&receipt.payee).as_deref(), expected.payee, "{name}: payee");
    assert_eq!(text(&receipt.issuer).as_deref(), expected.issuer, "{name}: issuer");
    assert_eq!(text(&receipt.registration_number).as_deref(), expected.number, "{name}: number");
    assert_eq!(text(&receipt.proviso).as_deref(), expected.proviso, "{name}: proviso");
    let tax: Vec<_> = receipt
        .tax
        .iter()
        .map(|TaxLine { rate, base_yen, tax_yen, base_includes_tax }| {
            (*rate, base_yen.map(Yen::get), tax_yen.map(Yen::get), *base_includes_tax)
        })
        .collect();
    assert_eq!(tax, expected.tax, "{name}: tax");
    assert!(found.problems.is_empty(), "{name}: {:?}", found.problems);
    if let Some(total) = &receipt.total_yen {
        assert!(sure(total.confidence), "{name}: {total:?}");
    }
}

const FORMAL: &[Text] = &[
    (230.0, 50.0, 24.0, "領　収　書"),
    (430.0, 52.0, 9.0, "No. 000123"),
    (60.0, 100.0, 14.0, "医療法人社団 青空会 青空クリニック　御中"),
    (420.0, 102.0, 10.0, "発行日：令和7年6月15日"),
    (200.0, 160.0, 22.0, "￥143,000-"),
    (60.0, 220.0, 11.0, "但し　レセプトコンピュータ改修費として"),
    (60.0, 240.0, 11.0, "上記正に領収いたしました"),
    (60.0, 300.0, 9.0, "内訳"),
    (60.0, 315.0, 9.0, "税抜金額"),
    (140.0, 315.0, 9.0, "￥130,000"),
    (60.0, 330.0, 9.0, "消費税額等(10%)"),
    (140.0, 330.0, 9.0, "￥13,000"),
    (340.0, 300.0, 11.0, "株式会社みらい医療システム"),
    (340.0, 318.0, 9.0, "〒105-0004 東京都港区新橋2-1-3"),
    (340.0, 332.0, 9.0, "TEL 03-3591-7441"),
    (340.0, 346.0, 9.0, "登録番号 T7000012050002"),
    (520.0, 300.0, 20.0, "印"),
];

#[test]
fn a_formal_receipt_is_read_whole() {
    let found = read(FORMAL);
    check(
        "formal",
        &found,
        &Expected {
            total: Some(143_000),
            day: Some("2025-06-15"),
            payee: Some("医療法人社団 青空会 青空クリニック"),
            issuer: Some("株式会社みらい医療システム"),
            number: Some("T7000012050002"),
            proviso: Some("レセプトコンピュータ改修費"),
            tax: &[(10, Some(130_000), Some(13_000), false)],
        },
    );
    let total = found.receipt.unwrap().total_yen.unwrap();
    assert_eq!(total.text, "￥143,000-");
    assert_eq!(total.spot.page, Some(1));
    assert_eq!(total.spot.bounds.unwrap()[1], 160);
}

#[test]
fn a_till_receipt_is_read_with_what_was_handed_over() {
    let found = read(&[
        (40.0, 20.0, 14.0, "ヤマトカメラ新宿店"),
        (40.0, 40.0, 9.0, "東京都新宿区西新宿1-1-1"),
        (40.0, 52.0, 9.0, "電話 03-1234-5678"),
        (40.0, 64.0, 9.0, "登録番号:T9196934167858"),
        (80.0, 84.0, 12.0, "領 収 証"),
        (40.0, 102.0, 9.0, "2025年06月15日(日) 10:22 レジ0003"),
        (40.0, 120.0, 9.0, "タブレット 10インチ"),
        (150.0, 132.0, 9.0, "¥45,100"),
        (40.0, 150.0, 9.0, "小計/1点"),
        (150.0, 150.0, 9.0, "¥45,100"),
        (40.0, 166.0, 14.0, "合計"),
        (140.0, 166.0, 14.0, "¥45,100"),
        (40.0, 186.0, 9.0, "(10%対象"),
        (100.0, 186.0, 9.0, "¥45,100"),
        (150.0, 186.0, 9.0, "内消費税 ¥4,100)"),
        (40.0, 200.0, 9.0, "お預り"),
        (150.0, 200.0, 9.0, "¥50,000"),
        (40.0, 214.0, 9.0, "お釣り"),
        (150.0, 214.0, 9.0, "¥4,900"),
        (40.0, 240.0, 9.0, "青空クリニック 様"),
    ]);
    check(
        "till",
        &found,
        &Expected {
            total: Some(45_100),
            day: Some("2025-06-15"),
            payee: Some("青空クリニック"),
            issuer: Some("ヤマトカメラ新宿店"),
            number: Some("T9196934167858"),
            proviso: None,
            tax: &[(10, Some(45_100), Some(4_100), true)],
        },
    );
}

#[test]
fn a_receipt_with_a_table_and_two_rates_is_read() {
    let found = read(&[
        (250.0, 40.0, 20.0, "領収書"),
        (60.0, 80.0, 12.0, "みなと薬局 様"),
        (400.0, 80.0, 10.0, "領収日 2025/07/01"),
        (60.0, 110.0, 12.0, "領収金額"),
        (160.0, 108.0, 16.0, "¥47,260（税込）"),
        (60.0, 150.0, 9.0, "品名"),
        (280.0, 150.0, 9.0, "数量"),
        (340.0, 150.0, 9.0, "単価"),
        (430.0, 150.0, 9.0, "金額"),
        (60.0, 166.0, 9.0, "タブレット端末"),
        (290.0, 166.0, 9.0, "1"),
        (330.0, 166.0, 9.0, "45,100"),
        (420.0, 166.0, 9.0, "45,100"),
        (60.0, 180.0, 9.0, "ミネラルウォーター ※"),
        (290.0, 180.0, 9.0, "2"),
        (335.0, 180.0, 9.0, "1,080"),
        (425.0, 180.0, 9.0, "2,160"),
        (330.0, 200.0, 9.0, "合計"),
        (420.0, 200.0, 9.0, "47,260"),
        (60.0, 230.0, 9.0, "税率"),
        (140.0, 230.0, 9.0, "対象額(税込)"),
        (240.0, 230.0, 9.0, "消費税額"),
        (60.0, 244.0, 9.0, "10%"),
        (150.0, 244.0, 9.0, "45,100"),
        (245.0, 244.0, 9.0, "4,100"),
        (60.0, 258.0, 9.0, "8% ※"),
        (150.0, 258.0, 9.0, "2,160"),
        (250.0, 258.0, 9.0, "160"),
        (340.0, 290.0, 10.0, "㈱ヤマト商会"),
        (340.0, 304.0, 9.0, "TEL 045-000-1111"),
        (340.0, 318.0, 9.0, "登録番号 Ｔ９１９６９３４１６７８５８"),
    ]);
    check(
        "two rates",
        &found,
        &Expected {
            total: Some(47_260),
            day: Some("2025-07-01"),
            payee: Some("みなと薬局"),
            issuer: Some("(株)ヤマト商会"),
            number: Some("T9196934167858"),
            proviso: None,
            tax: &[(10, Some(45_100), Some(4_100), true), (8, Some(2_160), Some(160), true)],
        },
    );
}

#[test]
fn kanji_numerals_and_a_western_name_of_the_day_are_read() {
    let found = read(&[
        (240.0, 40.0, 22.0, "領　収　証"),
        (60.0, 90.0, 14.0, "みどり歯科医院　殿"),
        (120.0, 140.0, 18.0, "金　壱拾四万参千円也"),
        (60.0, 190.0, 10.0, "但し、レセコン改修代金として"),
        (60.0, 210.0, 10.0, "令和七年十二月二十日"),
        (320.0, 240.0, 10.0, "東京都千代田区霞が関一丁目"),
        (320.0, 255.0, 12.0, "有限会社 霞ソフト　㊞"),
    ]);
    check(
        "kanji",
        &found,
        &Expected {
            total: Some(143_000),
            day: Some("2025-12-20"),
            payee: Some("みどり歯科医院"),
            issuer: Some("有限会社 霞ソフト"),
            number: None,
            proviso: Some("レセコン改修代金"),
            tax: &[],
        },
    );
}

#[test]
fn labels_above_their_values_and_full_width_digits_are_read() {
    let found = read(&[
        (240.0, 40.0, 20.0, "領収書"),
        (60.0, 80.0, 9.0, "宛名"),
        (60.0, 93.0, 12.0, "つばさ病院　御中"),
        (60.0, 130.0, 9.0, "税抜金額"),
        (200.0, 130.0, 9.0, "消費税(10%)"),
        (340.0, 130.0, 9.0, "合計金額"),
        (60.0, 144.0, 10.0, "７１０，０００"),
        (200.0, 144.0, 10.0, "７１，０００"),
        (340.0, 144.0, 10.0, "７８１，０００"),
        (60.0, 180.0, 9.0, "発行日"),
        (60.0, 194.0, 10.0, "Ｒ８．１．１５"),
        (200.0, 180.0, 9.0, "納品日"),
        (200.0, 194.0, 10.0, "Ｒ８．１．１０"),
        (340.0, 220.0, 10.0, "合同会社ひかりシステムズ"),
        (340.0, 234.0, 9.0, "登録番号"),
        (340.0, 246.0, 9.0, "Ｔ７-0000-1205-0002"),
    ]);
    check(
        "labels above",
        &found,
        &Expected {
            total: Some(781_000),
            day: Some("2026-01-15"),
            payee: Some("つばさ病院"),
            issuer: Some("合同会社ひかりシステムズ"),
            number: Some("T7000012050002"),
            proviso: None,
            tax: &[(10, Some(710_000), Some(71_000), false)],
        },
    );
}

#[test]
fn words_that_look_like_titles_totals_or_days_do_not_win() {
    let found = read(&[
        (60.0, 30.0, 10.0, "請求書番号: S-2025-0042"),
        (230.0, 60.0, 20.0, "領収書（控）"),
        (60.0, 100.0, 11.0, "さくら調剤薬局"),
        (200.0, 100.0, 11.0, "様"),
        (420.0, 90.0, 9.0, "見積日 2025年5月1日"),
        (420.0, 104.0, 9.0, "発行日 2025年6月15日"),
        (420.0, 118.0, 9.0, "次回点検期限 2026年5月31日"),
        (60.0, 150.0, 10.0, "前回残高 ￥990,000"),
        (60.0, 170.0, 12.0, "領収金額 ￥88,000（内消費税 ￥8,000）"),
        (60.0, 200.0, 9.0, "※50,000円以上の領収書には収入印紙が必要です。"),
        (60.0, 215.0, 9.0, "収入印紙 200円"),
        (340.0, 240.0, 10.0, "株式会社東都リース"),
        (340.0, 254.0, 9.0, "資本金 30,000,000円"),
        (340.0, 268.0, 9.0, "お振込先 みずほ銀行 新橋支店 普通 1234567"),
    ]);
    check(
        "decoys",
        &found,
        &Expected {
            total: Some(88_000),
            day: Some("2025-06-15"),
            payee: Some("さくら調剤薬局"),
            issuer: Some("株式会社東都リース"),
            number: None,
            proviso: None,
            tax: &[(10, None, Some(8_000), false)],
        },
    );
}

#[test]
fn digits_in_boxes_are_one_amount() {
    let mut texts: Vec<Text> =
        vec![(240.0, 40.0, 20.0, "領収書"), (60.0, 80.0, 12.0, "あおば内科クリニック 様"), (60.0, 120.0, 12.0, "金額")];
    for (i, digit) in ["¥", "1", "4", "3", "0", "0", "0"].iter().enumerate() {
        texts.push((140.0 + 24.0 * [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0][i], 120.0, 12.0, digit));
    }
    texts.extend([
        (60.0, 160.0, 10.0, "但、モバイル端末代として"),
        (400.0, 80.5, 10.0, "2025年8月1日"),
        (340.0, 200.0, 10.0, "(有)フジ無線"),
        (340.0, 214.0, 9.0, "電話 03-0000-0000"),
    ]);
    check(
        "boxes",
        &read(&texts),
        &Expected {
            total: Some(143_000),
            day: Some("2025-08-01"),
            payee: Some("あおば内科クリニック"),
            issuer: Some("(有)フジ無線"),
            number: None,
            proviso: Some("モバイル端末代"),
            tax: &[],
        },
    );
}

#[test]
fn every_form_of_the_day_is_read() {
    for (text, day) in [
        ("令和7年6月15日", "2025-06-15"),
        ("R7.6.15", "2025-06-15"),
        ("令和 7 年 6 月 15 日", "2025-06-15"),
        ("平成31年4月30日", "2019-04-30"),
        ("令和元年5月1日", "2019-05-01"),
        ("2025-06-15", "2025-06-15"),
        ("２０２５年６月１５日", "2025-06-15"),
        ("㋿7年6月15日", "2025-06-15"),
    ] {
        let found =
            read(&[(240.0, 40.0, 20.0, "領収書"), (400.0, 80.0, 10.0, text), (60.0, 120.0, 14.0, "合計 ¥1,000")]);
        let field = found.receipt.unwrap().issued_on.unwrap();
        assert_eq!((field.value.to_string().as_str(), field.text.as_str()), (day, text));
    }
}

#[test]
fn a_day_split_over_boxes_is_one_day() {
    let found = read(&[
        (240.0, 40.0, 20.0, "領収書"),
        (300.0, 80.0, 10.0, "発行日　西暦"),
        (380.0, 80.0, 10.0, "2025"),
        (420.0, 80.0, 10.0, "年"),
        (440.0, 80.0, 10.0, "6"),
        (460.0, 80.0, 10.0, "月"),
        (480.0, 80.0, 10.0, "15"),
        (500.0, 80.0, 10.0, "日"),
    ]);
    let receipt = found.receipt.unwrap();
    assert_eq!(receipt.issued_on.unwrap().value.to_string(), "2025-06-15");
    assert_eq!(receipt.total_yen, None);
}

#[test]
fn a_receipt_without_a_total_has_none() {
    let found = read(&[
        (240.0, 40.0, 20.0, "領収書"),
        (60.0, 80.0, 12.0, "青空クリニック 様"),
        (60.0, 120.0, 10.0, "但し 機器代として"),
        (60.0, 140.0, 10.0, "小計"),
        (140.0, 140.0, 10.0, "¥1,000"),
        (340.0, 200.0, 10.0, "株式会社みらい"),
        (340.0, 214.0, 9.0, "TEL 03-3591-7441"),
    ]);
    assert_eq!(found.kind, DocumentKind::Receipt);
    assert_eq!(found.receipt.unwrap().total_yen, None);
}

#[test]
fn totals_that_contradict_one_another_are_doubtful() {
    let found = read(&[
        (240.0, 40.0, 20.0, "領収書"),
        (60.0, 120.0, 12.0, "領収金額"),
        (160.0, 120.0, 12.0, "¥143,000"),
        (60.0, 150.0, 12.0, "合計"),
        (160.0, 150.0, 12.0, "¥148,000"),
    ]);
    let total = found.receipt.unwrap().total_yen.unwrap();
    assert!(doubtful(total.confidence), "{total:?}");
    let found = read(&[
        (240.0, 40.0, 20.0, "領収書"),
        (60.0, 120.0, 12.0, "小計"),
        (160.0, 120.0, 12.0, "¥130,000"),
        (60.0, 150.0, 12.0, "消費税"),
        (160.0, 150.0, 12.0, "¥13,000"),
        (60.0, 180.0, 12.0, "合計"),
        (160.0, 180.0, 12.0, "¥148,000"),
    ]);
    let total = found.receipt.unwrap().total_yen.unwrap();
    assert!(doubtful(total.confidence), "{total:?}");
}

#[test]
fn the_content_says_what_a_document_is_whatever_it_was_sent_as() {
    for (title, sentence, kind) in [
        ("御　見　積　書", "下記の通りお見積り申し上げます", DocumentKind::Estimate),
        ("請求書", "下記の通りご請求申し上げます", DocumentKind::Invoice),
        ("納品書", "下記の通り納品いたしました", DocumentKind::DeliveryNote),
        ("領収書", "上記正に領収いたしました", DocumentKind::Receipt),
    ] {
        let texts = [
            (240.0, 40.0, 20.0, title),
            (60.0, 80.0, 12.0, "青空クリニック 御中"),
            (400.0, 80.0, 10.0, "2025年6月1日"),
            (60.0, 110.0, 10.0, sentence),
            (60.0, 140.0, 14.0, "合計金額 ¥143,000-"),
            (340.0, 200.0, 10.0, "株式会社みらい"),
        ];
        for declared in [Some(DocumentKind::Receipt), None] {
            let found = read_pages(&[page(1, &texts)], Method::Text, declared);
            assert_eq!(found.kind, kind, "{title} {declared:?}");
            let receipt = found.receipt.unwrap();
            assert_eq!(receipt.total_yen.unwrap().value.get(), 143_000, "{title}");
            assert!(found.itemization.is_none());
        }
    }
}

#[test]
fn two_documents_in_one_file_are_said_and_the_declared_one_is_read() {
    let receipt =
        [(240.0, 40.0, 20.0, "領収書"), (60.0, 80.0, 12.0, "青空クリニック 様"), (60.0, 120.0, 14.0, "合計 ¥143,000-")];
    let other = [
        (240.0, 40.0, 20.0, "御見積書"),
        (60.0, 80.0, 12.0, "青空クリニック 様"),
        (60.0, 120.0, 14.0, "合計 ¥99,000-"),
    ];
    let found = read_pages(&[page(1, &other), page(2, &receipt)], Method::Text, Some(DocumentKind::Receipt));
    assert_eq!(found.kind, DocumentKind::Receipt);
    assert_eq!(found.receipt.unwrap().total_yen.unwrap().value.get(), 143_000);
    let [problem] = found.problems.as_slice() else { panic!("{:?}", found.problems) };
    assert_eq!((problem.code, problem.place.spot.page), (ProblemCode::SeveralDocuments, Some(2)));
    assert!(problem.message(Lang::Ja).contains("領収書 2ページ"), "{}", problem.message(Lang::Ja));

    let found = read_pages(&[page(1, &receipt), page(2, &receipt)], Method::Text, Some(DocumentKind::Receipt));
    assert_eq!(found.problems.len(), 1);
}

#[test]
fn a_receipt_may_be_a_sheet() {
    let sheet = grid(
        "領収書",
        &[
            &["", "", "領収書"],
            &[],
            &["青空クリニック", "様", "", "発行日", "2025-06-15"],
            &["金額", "", "143000"],
            &["但し", "レセプトコンピュータ改修費として"],
            &["", "", "", "株式会社みらい"],
            &["", "", "", "登録番号", "T7000012050002"],
        ],
    );
    let found = read_grid(&[sheet], Some(DocumentKind::Receipt));
    assert_eq!(found.kind, DocumentKind::Receipt);
    let receipt = found.receipt.unwrap();
    let total = receipt.total_yen.unwrap();
    assert_eq!(
        (total.value.get(), total.spot.cell.as_deref(), total.spot.sheet.as_deref()),
        (143_000, Some("C4"), Some("領収書"))
    );
    assert_eq!(receipt.payee.unwrap().value, "青空クリニック");
    assert_eq!(receipt.issued_on.unwrap().value.to_string(), "2025-06-15");
    assert_eq!(receipt.proviso.unwrap().value, "レセプトコンピュータ改修費");
    assert_eq!(receipt.issuer.unwrap().value, "株式会社みらい");
    assert_eq!(receipt.registration_number.unwrap().value, "T7000012050002");
}

#[test]
fn a_number_whose_check_digit_fails_is_kept_as_printed() {
    let found = read(&[(240.0, 40.0, 20.0, "領収書"), (340.0, 200.0, 10.0, "登録番号 T1234567890123")]);
    let number = found.receipt.unwrap().registration_number.unwrap();
    assert_eq!(number.value, "T1234567890123");
    assert!(number.reasons.iter().any(|reason| reason.contains("不一致")), "{number:?}");
}

#[test]
fn a_page_without_text_is_said() {
    let found = read_pages(&[page(1, &[])], Method::Ocr, Some(DocumentKind::Receipt));
    assert_eq!(found.problems.len(), 1);
    assert_eq!(found.problems[0].code, ProblemCode::NothingFound);
    assert!(found.receipt.is_none());
}

/// The total of a page with these texts under a title, as (yen, sure, doubtful); `None` when there is none.
fn total_of(texts: &[Text]) -> Option<(i64, bool, bool)> {
    let texts: Vec<Text> = [(240.0, 40.0, 20.0, "領収書")].iter().chain(texts).copied().collect();
    let total = read(&texts).receipt.unwrap().total_yen?;
    Some((total.value.get(), sure(total.confidence), doubtful(total.confidence)))
}

/// The sum before a discount agrees with the lines as well as the sum after it would: what was paid is the smaller.
#[test]
fn a_discount_leaves_the_smaller_of_two_totals() {
    let lines: [Text; 4] = [
        (60.0, 120.0, 10.0, "タブレット"),
        (300.0, 120.0, 10.0, "¥45,100"),
        (60.0, 140.0, 10.0, "レセコン改修"),
        (300.0, 140.0, 10.0, "¥143,000"),
    ];
    for discount in ["値引 ▲¥8,100", "値引 -8,100", "値引 ¥8,100", "会員様特典 ▲8,100"] {
        let rest: [Text; 3] = [
            (60.0, 160.0, 10.0, "合計 ¥188,100"),
            (60.0, 180.0, 10.0, discount),
            (60.0, 200.0, 14.0, "領収金額 ¥180,000-"),
        ];
        assert_eq!(total_of(&[&lines[..], &rest].concat()), Some((180_000, true, false)), "{discount}");
    }
    // What is left is written without a word: the larger one is not believed.
    let rest: [Text; 3] =
        [(60.0, 160.0, 10.0, "合計 ¥188,100"), (60.0, 180.0, 10.0, "値引 ▲¥8,100"), (60.0, 200.0, 10.0, "¥180,000")];
    assert!(total_of(&[&lines[..], &rest].concat()).unwrap().2);
}

/// Arithmetic agrees with one of two totals and says nothing of the other (finding: it silenced every rival).
#[test]
fn two_totals_are_doubtful_although_arithmetic_agrees_with_one() {
    let (net, tax): (Text, Text) = ((60.0, 120.0, 10.0, "小計 ¥171,000"), (60.0, 140.0, 10.0, "消費税 ¥17,100"));
    let total: Text = (60.0, 160.0, 10.0, "合計 ¥188,100");
    assert_eq!(total_of(&[net, tax, total]), Some((188_100, true, false)));
    assert!(total_of(&[net, tax, total, (60.0, 180.0, 10.0, "領収金額 ¥180,000")]).unwrap().2);
    // The sum before tax may be called a total too.
    let net: Text = (60.0, 120.0, 10.0, "合計 ¥171,000");
    let total: Text = (60.0, 160.0, 10.0, "総合計 ¥188,100");
    assert_eq!(total_of(&[net, tax, total]), Some((188_100, true, false)));
}

/// The price of one thing holds its tax as the total does; on a till slip it has no label.
#[test]
fn the_price_of_one_thing_is_not_lifted_over_a_total_by_its_tax() {
    let things: [Text; 6] = [
        (60.0, 100.0, 9.0, "タブレット"),
        (200.0, 100.0, 9.0, "¥45,100"),
        (60.0, 115.0, 9.0, "水"),
        (200.0, 115.0, 9.0, "¥2,160"),
        (60.0, 145.0, 9.0, "内税10% ¥4,100"),
        (60.0, 160.0, 9.0, "内税8% ¥160"),
    ];
    for (label, expected) in [("現計", Some(47_260)), ("合計", Some(47_260)), ("", None)] {
        let total: [Text; 2] = [(60.0, 130.0, 9.0, label), (200.0, 130.0, 9.0, "¥47,260")];
        let total = &total[usize::from(label.is_empty())..];
        let found = total_of(&[&things[..], total].concat()).unwrap();
        match expected {
            Some(yen) => assert_eq!(found, (yen, true, false), "{label}"),
            None => assert!(found.2, "{found:?}"),
        }
    }
}

#[test]
fn an_amount_without_its_tax_is_no_total() {
    for text in [
        "¥130,000（消費税別）",
        "130,000円（消費税抜き）",
        "¥130,000＋税",
        "¥130,000 + 消費税",
        "金130,000円（消費税別途）",
        "¥130,000（別途消費税）",
        "¥130,000-（税別）",
    ] {
        assert_eq!(total_of(&[(200.0, 120.0, 20.0, text)]), None, "{text}");
    }
    assert_eq!(total_of(&[(200.0, 120.0, 10.0, "¥130,000"), (250.0, 120.0, 10.0, "(税別)")]), None);
    assert_eq!(total_of(&[(200.0, 120.0, 10.0, "合計 ¥143,000（消費税込）")]).unwrap().0, 143_000);
}

#[test]
fn amounts_in_thousands_are_said_and_never_read_as_yen() {
    for (note, amount) in [("（単位：千円）", "金額 143"), ("単位 千円", "合計 143"), ("領収書", "金額（千円） 143")]
    {
        let found = read(&[(240.0, 40.0, 20.0, "領収書"), (60.0, 90.0, 9.0, note), (60.0, 120.0, 12.0, amount)]);
        assert_eq!(found.receipt.unwrap().total_yen, None, "{note}");
        assert_eq!(found.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [ProblemCode::InvalidAmount], "{note}");
    }
}

/// Quantities and unit prices are no lines: 1 + 45,100 + 45,100 was held against the total.
#[test]
fn only_amounts_of_lines_add_up_to_the_total() {
    let cells = |top: f32, cells: [&'static str; 4]| -> Vec<Text<'static>> {
        [60.0, 280.0, 340.0, 430.0].into_iter().zip(cells).map(|(left, cell)| (left, top, 9.0, cell)).collect()
    };
    let table = [
        cells(150.0, ["品名", "数量", "単価", "金額"]),
        cells(166.0, ["タブレット", "1", "45,100", "45,100"]),
        cells(180.0, ["レセコン改修", "1", "143,000", "143,000"]),
    ]
    .concat();
    let texts = [&[(240.0, 40.0, 20.0, "領収書"), (60.0, 110.0, 12.0, "合計 ¥188,100")][..], &table].concat();
    let total = read(&texts).receipt.unwrap().total_yen.unwrap();
    assert!(total.reasons.iter().any(|reason| reason.contains("明細の和に一致")), "{total:?}");
}

#[test]
fn a_base_with_its_tax_is_the_total_where_nothing_else_is() {
    assert_eq!(total_of(&[(60.0, 120.0, 10.0, "10%対象(税込) ¥45,100")]), Some((45_100, true, false)));
    assert_eq!(total_of(&[(60.0, 120.0, 10.0, "10%対象(税抜) ¥41,000")]), None);
    let two: [Text; 2] = [(60.0, 120.0, 10.0, "10%対象(税込) ¥45,100"), (60.0, 140.0, 10.0, "8%対象(税込) ¥2,160")];
    assert_eq!(total_of(&two), None);
}

/// Amounts beyond the limit on them must not push the total out.
#[test]
fn a_total_below_very_many_amounts_is_found() {
    let mut lines: Vec<String> = (0..700).map(|n| format!("定価 {}円", 1000 + n)).collect();
    lines.push("領収金額 ¥143,000-".to_owned());
    let texts: Vec<Text> =
        (0u16..).zip(&lines).map(|(n, line)| (60.0, 60.0 + f32::from(n), 0.8, line.as_str())).collect();
    assert_eq!(total_of(&texts).unwrap().0, 143_000);
}

/// Two receipts copied onto one page: the second begins far down, its title not set wide.
#[test]
fn a_second_receipt_below_the_first_is_said() {
    let half = |top: f32, total: &'static str| -> Vec<Text<'static>> {
        let rows = [
            "No. 1",
            "青空クリニック 様",
            "令和7年6月15日",
            total,
            "但し レセコン改修費として",
            "上記正に領収いたしました",
            "内訳",
            "税抜金額",
            "消費税額",
            "株式会社みらい",
            "〒105-0004 東京都港区新橋2-1-3",
            "TEL 03-3591-7441",
            "登録番号 T7000012050002",
        ];
        let rows = rows.into_iter().zip(1u16..).map(|(text, n)| (60.0, top + 20.0 + 14.0 * f32::from(n), 9.0, text));
        [(240.0, top, 20.0, "領収書")].into_iter().chain(rows).collect()
    };
    let found = read(&[half(40.0, "合計 ¥45,100"), half(440.0, "合計 ¥143,000")].concat());
    assert_eq!(found.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [ProblemCode::SeveralDocuments]);
    assert!(read(&half(40.0, "合計 ¥45,100")).problems.is_empty());
}

#[test]
fn a_table_by_rates_gives_the_whole_and_not_its_largest_row() {
    let found = read_pages(
        &[page(
            1,
            &[
                (60.0, 60.0, 18.0, "領収書"),
                (60.0, 120.0, 10.0, "合計金額(税込)"),
                (60.0, 140.0, 20.0, "¥419,672"),
                (200.0, 300.0, 10.0, "税率"),
                (260.0, 300.0, 10.0, "税抜金額"),
                (350.0, 300.0, 10.0, "消費税額"),
                (440.0, 300.0, 10.0, "税込金額"),
                (200.0, 320.0, 10.0, "10%"),
                (260.0, 320.0, 10.0, "379,306"),
                (350.0, 320.0, 10.0, "37,930"),
                (440.0, 320.0, 10.0, "417,236"),
                (200.0, 340.0, 10.0, "8%"),
                (260.0, 340.0, 10.0, "2,256"),
                (350.0, 340.0, 10.0, "180"),
                (440.0, 340.0, 10.0, "2,436"),
                // Goods, priced without their tax.
                (60.0, 200.0, 10.0, "品目"),
                (440.0, 200.0, 10.0, "金額(税抜)"),
                (60.0, 220.0, 10.0, "モバイル端末"),
                (440.0, 220.0, 10.0, "379,306"),
                (60.0, 240.0, 10.0, "菓子詰合せ"),
                (440.0, 240.0, 10.0, "2,256"),
            ],
        )],
        Method::Text,
        Some(DocumentKind::Receipt),
    );
    let total = found.receipt.unwrap().total_yen.unwrap();
    assert_eq!(total.value.get(), 419_672, "{total:?}");
    assert!(sure(total.confidence), "{total:?}");
}

#[test]
fn a_name_that_goes_on_in_the_next_line_is_whole() {
    let payee = |rows: &[Text]| {
        let rows = [&[(60.0, 60.0, 18.0, "領収書")][..], rows].concat();
        read_pages(&[page(1, &rows)], Method::Text, Some(DocumentKind::Receipt)).receipt.unwrap().payee.unwrap().value
    };
    let first: Text = (60.0, 100.0, 10.0, "医療法人ゆずりは会");
    let second: Text = (155.0, 100.0, 10.0, "ゆずりはファミリークリ");
    assert_eq!(
        payee(&[first, second, (60.0, 112.0, 10.0, "ニック 様")]),
        "医療法人ゆずりは会 ゆずりはファミリークリニック"
    );
    let clinic: Text = (155.0, 100.0, 10.0, "くすのき薬局");
    assert_eq!(payee(&[first, clinic, (60.0, 112.0, 10.0, "様")]), "医療法人ゆずりは会 くすのき薬局");
    // A legal body on a line of its own stays apart.
    assert_eq!(payee(&[first, (60.0, 112.0, 10.0, "くすのき薬局 様")]), "医療法人ゆずりは会 くすのき薬局");
}

#[test]
fn a_day_before_the_name_is_no_part_of_it() {
    let found = read_pages(
        &[page(1, &[(60.0, 60.0, 18.0, "領収書"), (60.0, 100.0, 10.0, "令和4年12月7日 くすのき医院 様")])],
        Method::Text,
        Some(DocumentKind::Receipt),
    );
    assert_eq!(found.receipt.unwrap().payee.unwrap().value, "くすのき医院");
}

#[test]
fn a_company_whose_name_goes_on_in_the_next_line_is_read_whole_or_doubted() {
    let issuer = |first: &str, next: &str| {
        let found = read(&[
            (240.0, 40.0, 20.0, "領収書"),
            (60.0, 90.0, 12.0, "合計 ¥45,100"),
            (300.0, 200.0, 10.0, first),
            (300.0, 213.0, 10.0, next),
            (300.0, 226.0, 10.0, "TEL 03-0000-0000"),
        ]);
        let field = found.receipt.unwrap().issuer.unwrap();
        (field.value, sure(field.confidence))
    };
    let whole = |name: &str| (name.to_owned(), true);
    assert_eq!(issuer("青空エンジニアリング株式", "会社"), whole("青空エンジニアリング株式会社"));
    assert_eq!(issuer("株式会社青空ソリューショ", "ンズ"), whole("株式会社青空ソリューションズ"));
    // Whether it goes on cannot be told, so it is not sure.
    assert_eq!(issuer("株式会社青空医療", "機器"), ("株式会社青空医療".to_owned(), false));
    // What stands under a name more often than not.
    for below in ["東京都架空区見本町", "営業部", "〒100-0000", "登録番号 T7000012050002"] {
        assert_eq!(issuer("株式会社青空医療", below), whole("株式会社青空医療"), "{below}");
    }
}

/// A slip 58 mm wide, whose lines are centred.
#[test]
fn a_company_whose_name_is_broken_at_the_edge_of_a_slip_is_read_whole() {
    let slip = |first: &'static str, next: &'static str| {
        let middle = |y: f32, text: &'static str| (82.0 - 5.0 * text.chars().count() as f32, y, 10.0, text);
        let found = read(&[
            middle(20.0, "領収書"),
            middle(40.0, first),
            middle(52.0, next),
            middle(70.0, "電話 03-0000"),
            (9.0, 90.0, 12.0, "現計 ¥45,100"),
        ]);
        let field = found.receipt.unwrap().issuer.unwrap();
        (field.value, sure(field.confidence))
    };
    assert_eq!(slip("株式会社青空ソリューショ", "ンズ"), ("株式会社青空ソリューションズ".to_owned(), true));
    assert_eq!(slip("青空エンジニアリング株式", "会社"), ("青空エンジニアリング株式会社".to_owned(), true));
    // A line that does not fill the slip is whole.
    assert_eq!(slip("株式会社アオ", "本店"), ("株式会社アオ".to_owned(), true));
}

#[test]
fn a_payee_whose_name_began_on_the_line_above_is_read_whole() {
    let payee = |above: &'static str, name: &'static str| {
        let rows = [(60.0, 40.0, 10.0, above), (60.0, 52.0, 10.0, name), (60.0, 90.0, 14.0, "領収金額 ¥45,100")];
        read(&[&[(200.0, 10.0, 14.0, "領収書")], &rows[..]].concat()).receipt.unwrap().payee.unwrap().value
    };
    assert_eq!(
        payee("医療法人社団青空会青空ファミリークリ", "ニック 御中"),
        "医療法人社団青空会青空ファミリークリニック"
    );
    // A line of its own goes before no name.
    assert_eq!(payee("お買上げありがとうございます", "ミホン薬局 御中"), "ミホン薬局");
}
