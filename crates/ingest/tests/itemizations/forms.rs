//! 別紙様式2 and other forms with boxes, filled in and empty.

use crate::*;
use ProblemCode::NotFilledIn;

/// The form: boxes for day and code, the whole above fifteen rows, sums below. `rows` are 項目, 内訳, ①, ②.
fn form(rows: &[(&str, &str, i32, i32)], saved: bool) -> Rows {
    let sums: [i32; 2] = [rows.iter().map(|row| row.2).sum(), rows.iter().map(|row| row.3).sum()];
    let leak = |yen: i32| -> &'static str { Box::leak(yen.to_string().into_boxed_str()) };
    let formula = |formula: &'static str, yen| if saved { f(formula, leak(yen)) } else { u(formula) };
    let mut sheet: Rows = vec![
        row!["（別紙様式２）"],
        row!["", "領収書内訳書"],
        row!["", "", "", "発行日", "西暦", 2025, "年", 6, "月", 15, "日"],
        row!["", "都道府県コード", "", "1", "3"],
        row!["", "医療機関コード", "", "1", "0", "1", "1", "0", "0", "4"],
        row!["", "医療機関名", "青空クリニック", "", "様"],
        row!["", "発行者", "株式会社みらい情報"],
        row!["", "住所", "東京都千代田区霞が関1-2-2"],
        row!["", "電話", "03-1234-5678"],
        row![""],
        vec!["".into(), "総額（①＋②）".into(), formula("D29+E29", sums[0] + sums[1])],
        row![""],
        row!["No", "項目", "内訳", "①補助対象金額\n（税込）", "②補助対象外金額\n（税込）"],
    ];
    for no in 0..15i32 {
        let filled = usize::try_from(no).ok().and_then(|no| rows.get(no));
        let (item, detail, eligible, other) = filled.copied().unwrap_or_default();
        let yen = |yen: i32| if yen == 0 { Cell::Blank } else { yen.into() };
        sheet.push(vec![(no + 1).into(), item.into(), detail.into(), yen(eligible), yen(other)]);
    }
    sheet.push(vec![
        "小　計".into(),
        "".into(),
        "".into(),
        formula("SUM(D14:D28)", sums[0]),
        formula("SUM(E14:E28)", sums[1]),
    ]);
    sheet.push(row!["※ 総額は領収書の金額と一致させてください。"]);
    sheet
}

const FILLED: &[(&str, &str, i32, i32)] = &[
    ("モバイル端末", "タブレット 1台", 45_100, 0),
    ("レセプトコンピュータの改修", "居宅同意取得型対応", 143_000, 0),
    ("保守", "年間保守料", 0, 5_500),
];

fn filled() -> Expect {
    good(
        &[
            ("モバイル端末 タブレット 1台", 45_100, M, "D14"),
            ("レセプトコンピュータの改修 居宅同意取得型対応", 143_000, R, "D15"),
            ("保守 年間保守料", 5_500, O, "E16"),
        ],
        Some(193_600),
    )
}

#[test]
fn the_official_form_is_read_filled_in_by_whatever_program() {
    let full: Vec<(&str, &str, i32, i32)> = (0..15).map(|_| ("モバイル端末", "スマートフォン", 20_000, 0)).collect();
    let places: Vec<String> = (14..29).map(|row| format!("D{row}")).collect();
    let lines: Vec<_> = places.iter().map(|at| ("モバイル端末 スマートフォン", 20_000, M, at.as_str())).collect();
    hold(vec![
        case("as a spreadsheet saves it", one(form(FILLED, true)), filled()),
        case("as a library saves it, without any result", one(form(FILLED, false)), filled()),
        case("with all its fifteen rows", one(form(&full, true)), good(&lines, Some(300_000))),
        case(
            "with ineligible costs only",
            one(form(&[("保守", "年間保守料", 0, 5_500)], true)),
            good(&[("保守 年間保守料", 5_500, O, "E14")], Some(5_500)),
        ),
        case(
            "with an eligible and an ineligible part in one row",
            one(form(&[("改修", "レセコン改修", 143_000, 7_000)], true)),
            good(&[("改修 レセコン改修", 143_000, R, "D14"), ("改修 レセコン改修", 7_000, R, "E14")], Some(150_000)),
        ),
    ]);
}

#[test]
fn an_empty_form_says_that_nothing_was_filled_in_and_nothing_else() {
    let plain = || -> Rows {
        let mut rows = vec![row!["領収書内訳書"], row!["No.", "品名", "数量", "単価", "金額"]];
        rows.extend((1..=10).map(|no| row![no, "", "", "", f("C3*D3", "0")]));
        rows.push(row!["合計", "", "", "", f("SUM(E3:E12)", "0")]);
        rows
    };
    let unsaved = || -> Rows {
        let mut rows = vec![row!["領収書内訳書"], row!["No.", "品名", "数量", "単価", "金額"]];
        rows.extend((1..=10).map(|no| row![no, "", "", "", u("C3*D3")]));
        rows.push(row!["合計", "", "", "", u("SUM(E3:E12)")]);
        rows
    };
    hold(vec![
        case("別紙様式2", one(form(&[], true)), with(good(&[], None), &[(NotFilledIn, "内訳!B13")])),
        case("別紙様式2 of a library", one(form(&[], false)), with(good(&[], None), &[(NotFilledIn, "内訳!B13")])),
        case("numbered rows", one(plain()), with(good(&[], None), &[(NotFilledIn, "内訳!B2")])),
        case("numbered rows of a library", one(unsaved()), with(good(&[], None), &[(NotFilledIn, "内訳!B2")])),
        case(
            "with an example sheet beside it",
            book(&[("内訳", plain()), ("記入例", vec![row!["品名", "金額"], row!["タブレット", 45_100]])]),
            with(good(&[], None), &[(NotFilledIn, "内訳!B2")]),
        ),
        case(
            "a sheet without a table",
            one(vec![row!["領収書内訳書"], row!["別紙のとおり"]]),
            with(good(&[], None), &[(ProblemCode::TableMissing, "")]),
        ),
        case(
            "a header and nothing more",
            one(vec![row!["品名", "金額"]]),
            with(good(&[], None), &[(NotFilledIn, "内訳!A1")]),
        ),
    ]);
}

#[test]
fn the_code_of_the_facility_is_read_from_boxes_and_from_one_cell() {
    let code = |rows: Rows| {
        let reading = read(&one(rows));
        reading.itemization.unwrap().facility_code.map(|field| (field.value, field.spot.cell.unwrap()))
    };
    let table = |label: Vec<Cell>| -> Rows {
        vec![row!["領収書内訳書"], label, row!["品名", "金額"], row!["タブレット", 45_100]]
    };
    assert_eq!(code(form(FILLED, true)), Some(("131011004".to_owned(), "D5".to_owned())));
    for (label, expected) in [
        (row!["医療機関等コード", "1310110049"], Some("1310110049")),
        (row!["医療機関等コード", 1_310_110_049], Some("1310110049")),
        (row!["保険医療機関コード：１３１０１１００４９"], Some("1310110049")),
        (row!["医療機関コード", "", "1011004"], Some("1011004")),
        (row!["薬局コード", "13-4-0110049"], Some("1340110049")),
        (row!["医療機関等コード", ""], None),
        (row!["取引先コード", "1310110049"], None),
        (row!["医療機関等コード", "不明"], None),
    ] {
        assert_eq!(code(table(label.clone())).map(|(value, _)| value).as_deref(), expected, "{label:?}");
    }
}

#[test]
fn a_category_that_is_stated_counts_unless_the_words_say_another() {
    let category = |stated: &str, name: &str| {
        let reading = read(&one(vec![
            row!["領収書内訳書"],
            row!["区分", "品名・内容", "金額"],
            row![stated, name, 45_100],
            row!["合計", "", 45_100],
        ]));
        let line = reading.itemization.unwrap().lines.remove(0);
        (line.category, line.eligible, line.category_reason.unwrap_or_default())
    };
    assert_eq!(category("モバイル端末", "iPad 64GB"), (M, None, "区分「モバイル端末」、「iPad」".to_owned()));
    assert_eq!(category("モバイル端末", "SM-X210NZAAXJP"), (M, None, "区分「モバイル端末」".to_owned()));
    assert_eq!(category("補助対象外", "iPad 64GB"), (O, Some(false), "区分「補助対象外」".to_owned()));
    // Words that say another thing are not overruled by a choice from a list.
    let (found, _, reason) = category("モバイル端末", "年間保守料");
    assert_eq!(found, None);
    assert!(reason.contains("モバイル端末") && reason.contains("保守"), "{reason}");
    // A choice from a list does not say what was bought.
    assert_eq!(category("モバイル端末", "一式").0, None);
}
