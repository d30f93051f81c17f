//! Itemizations of many layouts.

use super::super::*;
use super::{Text, doubtful, grid, page, sure};
use crate::page::Grid;
use claim::Category;

const M: Option<Category> = Some(Category::MobileTerminal);
const R: Option<Category> = Some(Category::ReceiptComputer);
const O: Option<Category> = Some(Category::Other);

type Line = (&'static str, i64, Option<Category>, Option<bool>, Option<&'static str>);

fn check(name: &str, found: &Found, lines: &[Line], total: Option<i64>) {
    assert_eq!(found.kind, DocumentKind::Itemization, "{name}: kind");
    let itemization = found.itemization.as_ref().unwrap();
    let got: Vec<_> = itemization
        .lines
        .iter()
        .map(|line| {
            (line.description.as_str(), line.amount_yen.get(), line.category, line.eligible, line.spot.cell.as_deref())
        })
        .collect();
    assert_eq!(got, lines, "{name}");
    assert_eq!(
        itemization.total_yen.as_ref().map(|field| field.value.get()),
        total,
        "{name}: total {:?}",
        itemization.total_yen
    );
    assert!(found.problems.is_empty(), "{name}: {:?}", found.problems);
    for line in &itemization.lines {
        assert!(sure(line.confidence), "{name}: {line:?}");
    }
    assert!(itemization.total_yen.as_ref().is_none_or(|total| sure(total.confidence)), "{name}");
}

fn sheet(sheets: &[Grid]) -> Found {
    read_grid(sheets, Some(DocumentKind::Itemization))
}

fn form() -> Grid {
    grid(
        "別紙様式2",
        &[
            &["（別紙様式2）"],
            &["", "", "領収書内訳書"],
            &["", "", "", "", "発行日", "西暦", "2025", "年", "6", "月", "15", "日"],
            &["都道府県コード", "1", "3"],
            &["医療機関コード", "1", "1", "0", "1", "1", "0", "4"],
            &["医療機関名", "青空クリニック", "", "様"],
            &["総額（①＋②）", "", "193600"],
            &[],
            &["項目", "内訳", "①補助対象金額", "②補助対象外金額"],
            &["モバイル端末", "タブレット 1台", "45100", ""],
            &["レセプトコンピュータの改修", "居宅同意取得型対応", "143000", ""],
            &["保守", "年間保守料", "", "5500"],
            &["", "", "", ""],
            &["", "", "", ""],
            &["小計", "", "188100", "5500"],
            &[],
            &["発行者", "株式会社みらい", "電話 03-3591-7441"],
        ],
    )
}

#[test]
fn the_official_form_is_read() {
    let found = sheet(&[form()]);
    check(
        "別紙様式2",
        &found,
        &[
            ("モバイル端末 タブレット 1台", 45_100, M, Some(true), Some("C10")),
            ("レセプトコンピュータの改修 居宅同意取得型対応", 143_000, R, Some(true), Some("C11")),
            ("保守 年間保守料", 5_500, O, Some(false), Some("D12")),
        ],
        Some(193_600),
    );
    let itemization = found.itemization.unwrap();
    assert_eq!(itemization.total_yen.unwrap().spot.cell.as_deref(), Some("C7"));
    assert_eq!(itemization.payee.unwrap().value, "青空クリニック");
    assert_eq!(itemization.lines[0].category_reason.as_deref(), Some("「タブレット」"));
}

#[test]
fn a_simple_sheet_is_read_wherever_its_header_stands() {
    let found = sheet(&[grid(
        "Sheet1",
        &[
            &[],
            &["", "内訳書"],
            &[],
            &["", "品名", "数量", "単価", "金額（税込）", "備考"],
            &["", "iPad 64GB", "2", "45100", "90200", "黒"],
            &["", "レセコン改修費", "1", "143,000円", "143,000円", ""],
            &["", "合計", "", "", "233200"],
            &["", "※税込の金額です", "", "", "9999"],
        ],
    )]);
    check(
        "simple",
        &found,
        &[("iPad 64GB", 90_200, M, None, Some("E5")), ("レセコン改修費", 143_000, R, None, Some("E6"))],
        Some(233_200),
    );
    let lines = found.itemization.unwrap().lines;
    assert_eq!((lines[0].quantity, lines[0].unit_price_yen), (Some(2.into()), Some(45_100.into())));
    assert_eq!(lines[1].unit_price_yen, Some(143_000.into()));
}

#[test]
fn a_header_of_two_rows_is_put_together() {
    let found = sheet(&[grid(
        "内訳",
        &[
            &["領収書内訳書"],
            &["No", "項目", "内訳", "金額", ""],
            &["", "", "", "①補助対象", "②補助対象外"],
            &["1", "モバイル端末", "スマートフォン", "41000", ""],
            &["2", "付属品", "スマートフォン用ケース", "", "2200"],
            &["合計", "", "", "41000", "2200"],
            &["総額", "", "", "43200", ""],
        ],
    )]);
    check(
        "two rows",
        &found,
        &[
            ("モバイル端末 スマートフォン", 41_000, M, Some(true), Some("D4")),
            ("付属品 スマートフォン用ケース", 2_200, O, Some(false), Some("E5")),
        ],
        Some(43_200),
    );
}

#[test]
fn the_sheet_that_holds_the_itemization_is_found_among_several() {
    let cover = grid("表紙", &[&["送付状"], &["領収書を送付いたします"]]);
    let found = sheet(&[cover, form()]);
    assert_eq!(found.itemization.unwrap().lines.len(), 3);
}

#[test]
fn a_hidden_sheet_is_said_and_never_counted() {
    let hidden = |grid: Grid| Grid { hidden: true, ..grid };
    let draft = grid("下書き", &[&["領収書内訳書"], &["品名", "金額"], &["タブレット", "99999"], &["合計", "99999"]]);
    let found = sheet(&[hidden(draft.clone()), form()]);
    assert_eq!(problems(&found), [ProblemCode::HiddenAmounts]);
    assert_eq!(found.itemization.unwrap().lines.len(), 3);
    let found = sheet(&[grid("空", &[&["メモ"]]), hidden(draft)]);
    assert_eq!(
        (found.itemization.as_ref().unwrap().lines.len(), problems(&found)),
        (0, vec![ProblemCode::HiddenAmounts])
    );
}

#[test]
fn a_csv_is_read_and_names_cells_without_a_sheet() {
    let csv = grid(
        "",
        &[
            &["項目", "内訳", "数量", "単価", "金額", "対象", "備考"],
            &["モバイル端末", "Android端末", "1", "41,000", "41,000", "", ""],
            &["レセコン改修", "居宅同意取得型対応 一式", "1式", "130,000", "130,000", "", ""],
        ],
    );
    let found = sheet(&[csv]);
    check(
        "csv",
        &found,
        &[
            ("モバイル端末 Android端末", 41_000, M, None, Some("E2")),
            ("レセコン改修 居宅同意取得型対応 一式", 130_000, R, None, Some("E3")),
        ],
        None,
    );
    assert_eq!(found.itemization.unwrap().lines[0].spot.sheet, None);
}

#[test]
fn items_over_several_rows_and_all_three_columns_of_amounts_are_read() {
    let found = sheet(&[grid(
        "内訳",
        &[
            &["領収書内訳書"],
            &["項目", "内訳", "金額", "①補助対象金額", "②補助対象外金額"],
            &["モバイル端末", "タブレット", "45100", "45100", "0"],
            &["", "タブレットケース", "3300", "0", "3300"],
            &["レセコン改修", "改修作業", "150000", "143000", "7000"],
            &["合計", "", "198400", "188100", "10300"],
        ],
    )]);
    check(
        "three columns",
        &found,
        &[
            ("モバイル端末 タブレット", 45_100, M, Some(true), Some("C3")),
            ("モバイル端末 タブレットケース", 3_300, O, Some(false), Some("C4")),
            ("レセコン改修 改修作業", 143_000, R, Some(true), Some("D5")),
            ("レセコン改修 改修作業", 7_000, R, Some(false), Some("E5")),
        ],
        Some(198_400),
    );
}

#[test]
fn lines_without_tax_get_it_when_the_tax_makes_up_the_total() {
    let found = sheet(&[grid(
        "内訳",
        &[
            &["内訳明細書"],
            &["品名", "数量", "単価", "金額"],
            &["タブレット", "1", "41000", "41000"],
            &["レセコン改修", "1", "130000", "130000"],
            &["小計", "", "", "171000"],
            &["消費税(10%)", "", "", "17100"],
            &["合計", "", "", "188100"],
        ],
    )]);
    check(
        "without tax",
        &found,
        &[("タブレット", 45_100, M, None, Some("D3")), ("レセコン改修", 143_000, R, None, Some("D4"))],
        Some(188_100),
    );
}

#[test]
fn what_is_no_amount_is_said_with_its_cell_and_the_other_lines_are_read() {
    let found = sheet(&[grid(
        "内訳",
        &[
            &["領収書内訳書"],
            &["項目", "内訳", "金額"],
            &["モバイル端末", "タブレット", "45100"],
            &["設定費", "初期設定", "-1000"],
            &["改修", "レセコン改修", "143000.5"],
            &["部材", "ケーブル", "別途見積"],
            &["作業", "出張作業", "="],
            &["値引", "出精値引き", "3000"],
            &["ケース", "タブレットケース", "▲500"],
            &["カバー", "保護フィルム", "1,1000"],
            &["送料", "配送料", "1100円"],
            &["合計", "", "46200"],
        ],
    )]);
    let lines: Vec<_> = found.itemization.as_ref().unwrap().lines.iter().map(|line| line.amount_yen.get()).collect();
    assert_eq!(lines, [45_100, 1_100]);
    let problems: Vec<_> =
        found.problems.iter().map(|problem| (problem.code, problem.place.spot.cell.as_deref().unwrap())).collect();
    use ProblemCode::{FormulaWithoutValue as F, InvalidAmount as I};
    assert_eq!(problems, [(I, "C4"), (I, "C5"), (I, "C6"), (F, "C7"), (I, "C8"), (I, "C9"), (I, "C10")]);
    assert_eq!(found.problems[0].place.spot.sheet.as_deref(), Some("内訳"));
    assert!(found.problems[2].message(Lang::Ja).contains("別途見積"), "{}", found.problems[2].message(Lang::Ja));
}

/// A cell says what it says; that the sum is another is a finding of the rules, and no doubt about the reading.
#[test]
fn cells_that_do_not_make_up_the_total_are_read_surely_and_the_total_says_so() {
    let found = sheet(&[grid(
        "内訳",
        &[
            &["領収書内訳書"],
            &["品名", "金額"],
            &["タブレット", "45100"],
            &["レセコン改修", "143000"],
            &["合計", "200000"],
        ],
    )]);
    let itemization = found.itemization.unwrap();
    let total = itemization.total_yen.unwrap();
    assert_eq!(total.value.get(), 200_000);
    assert!(total.reasons.iter().any(|reason| reason.contains("明細の和と異なる")), "{:?}", total.reasons);
    assert!(itemization.lines.iter().all(|line| sure(line.confidence)));
}

/// 「税抜」 merged over 「単価」 and 「金額」 (sample hospital): the amount with tax counts, not the one before it.
#[test]
fn a_merged_head_divides_the_columns_under_it() {
    let mut form = grid(
        "Sheet1",
        &[
            &["領収書内訳書"],
            &["No.", "品名・作業内容", "数量", "単位", "税抜", "", "消費税", "税込金額"],
            &["", "", "", "", "単価", "金額"],
            &["1", "モバイル端末 スマートフォン", "2", "台", "35000", "70000", "7000", "77000"],
            &["2", "レセプトコンピュータ改修", "1", "式", "860000", "860000", "86000", "946000"],
            &["合　計", "", "", "", "", "930000", "93000", "1023000"],
        ],
    );
    form.merged = [((1, 4), 2), ((5, 0), 5)].into();
    let found = sheet(&[form]);
    let itemization = found.itemization.unwrap();
    let amounts: Vec<i64> = itemization.lines.iter().map(|line| line.amount_yen.get()).collect();
    assert_eq!(amounts, [77_000, 946_000]);
    assert_eq!(itemization.lines[0].unit_price_yen, Some(35_000.into()));
    assert_eq!(itemization.total_yen.unwrap().value.get(), 1_023_000);
}

/// 「1 式」 at the end of a description (sample faxed-tiff) is no amount of the column beside it.
#[test]
fn a_count_in_words_is_no_amount() {
    let page = page(
        1,
        &[
            (230.0, 40.0, 20.0, "領収書内訳書"),
            (60.0, 140.0, 9.0, "項目"),
            (200.0, 140.0, 9.0, "内訳"),
            (404.0, 140.0, 9.0, "①補助対象"),
            (479.0, 140.0, 9.0, "②補助対象外"),
            (60.0, 160.0, 9.0, "レセプトコンピュータ"),
            (187.0, 160.0, 9.0, "レセコン改修（居宅同意取得型対応） 1 式"),
            (424.0, 160.0, 9.0, "115,500"),
        ],
    );
    let found = read_pages(&[page], Method::Text, Some(DocumentKind::Itemization));
    let lines = found.itemization.unwrap().lines;
    assert_eq!((lines[0].amount_yen.get(), lines[0].eligible), (115_500, Some(true)));
}

#[test]
fn a_line_that_says_nothing_has_no_category() {
    let found =
        sheet(&[grid("内訳", &[&["領収書内訳書"], &["品名", "金額"], &["一式", "143000"], &["合計", "143000"]])]);
    check("一式", &found, &[("一式", 143_000, None, None, Some("B3"))], Some(143_000));
}

const TABLE: &[Text] = &[
    (230.0, 40.0, 20.0, "領収書内訳書"),
    (60.0, 80.0, 12.0, "青空クリニック 様"),
    (60.0, 110.0, 10.0, "総額"),
    (120.0, 110.0, 10.0, "193,600円"),
    (60.0, 140.0, 9.0, "項目"),
    (280.0, 140.0, 9.0, "数量"),
    (350.0, 140.0, 9.0, "単価"),
    (450.0, 140.0, 9.0, "金額"),
    (60.0, 156.0, 9.0, "タブレット端末 10インチ 64GB"),
    (290.0, 156.0, 9.0, "1台"),
    (340.0, 156.0, 9.0, "45,100"),
    (440.0, 156.0, 9.0, "45,100"),
    (60.0, 172.0, 9.0, "レセプトコンピュータ改修"),
    (290.0, 172.0, 9.0, "1式"),
    (335.0, 172.0, 9.0, "143,000"),
    (435.0, 172.0, 9.0, "143,000"),
    (60.0, 183.0, 9.0, "（居宅同意取得型対応）"),
    (60.0, 198.0, 9.0, "年間保守料"),
    (290.0, 198.0, 9.0, "1"),
    (345.0, 198.0, 9.0, "5,500"),
    (445.0, 198.0, 9.0, "5,500"),
    (350.0, 216.0, 9.0, "合計"),
    (435.0, 216.0, 9.0, "193,600"),
    (60.0, 240.0, 9.0, "※金額は税込です。 TEL 03-3591-7441"),
];

#[test]
fn a_table_on_a_page_is_read_by_its_columns() {
    let found = read_pages(&[page(1, TABLE)], Method::Text, Some(DocumentKind::Itemization));
    check(
        "page",
        &found,
        &[
            ("タブレット端末 10インチ 64GB", 45_100, M, None, None),
            ("レセプトコンピュータ改修 (居宅同意取得型対応)", 143_000, R, None, None),
            ("年間保守料", 5_500, O, None, None),
        ],
        Some(193_600),
    );
    let itemization = found.itemization.unwrap();
    assert_eq!(itemization.lines[1].spot.page, Some(1));
    assert_eq!(itemization.lines[1].spot.bounds.unwrap()[1], 172);
    assert_eq!(itemization.lines[1].quantity, Some(1.into()));
    assert_eq!(itemization.payee.unwrap().value, "青空クリニック");
}

#[test]
fn the_official_form_on_a_page_is_read() {
    let found = read_pages(
        &[page(
            1,
            &[
                (40.0, 20.0, 9.0, "別紙様式２"),
                (230.0, 40.0, 16.0, "領収書内訳書"),
                (60.0, 80.0, 10.0, "医療機関名　青空クリニック　様"),
                (60.0, 110.0, 10.0, "総額（①＋②）"),
                (200.0, 110.0, 10.0, "188,100円"),
                (60.0, 140.0, 9.0, "項目"),
                (180.0, 140.0, 9.0, "内訳"),
                (330.0, 140.0, 9.0, "①補助対象金額"),
                (440.0, 140.0, 9.0, "②補助対象外金額"),
                (60.0, 156.0, 9.0, "モバイル端末等"),
                (160.0, 156.0, 9.0, "タブレット"),
                (365.0, 156.0, 9.0, "45,100"),
                (60.0, 172.0, 9.0, "保守"),
                (160.0, 172.0, 9.0, "年間保守料"),
                (475.0, 172.0, 9.0, "143,000"),
                (60.0, 190.0, 9.0, "小計"),
                (365.0, 190.0, 9.0, "45,100"),
                (475.0, 190.0, 9.0, "143,000"),
            ],
        )],
        Method::Text,
        Some(DocumentKind::Itemization),
    );
    check(
        "別紙様式2, page",
        &found,
        &[
            ("モバイル端末等 タブレット", 45_100, M, Some(true), None),
            ("保守 年間保守料", 143_000, O, Some(false), None),
        ],
        Some(188_100),
    );
}

#[test]
fn a_table_goes_on_over_pages() {
    let first = [
        (230.0, 40.0, 20.0, "領収書内訳書"),
        (60.0, 140.0, 9.0, "品名"),
        (450.0, 140.0, 9.0, "金額"),
        (60.0, 156.0, 9.0, "タブレット"),
        (440.0, 156.0, 9.0, "45,100"),
    ];
    let next = [
        (60.0, 40.0, 9.0, "レセコン改修"),
        (440.0, 40.0, 9.0, "143,000"),
        (60.0, 60.0, 9.0, "合計"),
        (440.0, 60.0, 9.0, "188,100"),
    ];
    let found = read_pages(&[page(1, &first), page(2, &next)], Method::Text, Some(DocumentKind::Itemization));
    check(
        "pages",
        &found,
        &[("タブレット", 45_100, M, None, None), ("レセコン改修", 143_000, R, None, None)],
        Some(188_100),
    );
    assert_eq!(found.itemization.unwrap().lines[1].spot.page, Some(2));
}

#[test]
fn numbers_at_the_right_of_wide_columns_keep_their_order() {
    let found = read_pages(
        &[page(
            1,
            &[
                (230.0, 40.0, 20.0, "内訳書"),
                (60.0, 140.0, 9.0, "品名"),
                (200.0, 140.0, 9.0, "数量"),
                (260.0, 140.0, 9.0, "単価"),
                (360.0, 140.0, 9.0, "金額"),
                (60.0, 156.0, 9.0, "スマートフォン"),
                (245.0, 156.0, 9.0, "2"),
                (320.0, 156.0, 9.0, "20,500"),
                (430.0, 156.0, 9.0, "41,000"),
                (300.0, 176.0, 9.0, "合計"),
                (430.0, 176.0, 9.0, "41,000"),
            ],
        )],
        Method::Text,
        Some(DocumentKind::Itemization),
    );
    check("right", &found, &[("スマートフォン", 41_000, M, None, None)], Some(41_000));
    let line = &found.itemization.unwrap().lines[0];
    assert_eq!((line.quantity, line.unit_price_yen), (Some(2.into()), Some(20_500.into())));
}

#[test]
fn rows_without_a_header_are_read_and_believed_only_when_they_add_up() {
    let rows = |total: &'static str| {
        read_pages(
            &[page(
                1,
                &[
                    (230.0, 40.0, 20.0, "領収書内訳書"),
                    (60.0, 156.0, 9.0, "タブレット"),
                    (440.0, 156.0, 9.0, "45,100円"),
                    (60.0, 172.0, 9.0, "レセコン改修"),
                    (440.0, 172.0, 9.0, "143,000円"),
                    (60.0, 190.0, 9.0, "合計"),
                    (440.0, 190.0, 9.0, total),
                ],
            )],
            Method::Text,
            Some(DocumentKind::Itemization),
        )
        .itemization
        .unwrap()
    };
    let good = rows("188,100円");
    assert_eq!(good.lines.iter().map(|line| line.amount_yen.get()).collect::<Vec<_>>(), [45_100, 143_000]);
    assert!(good.lines.iter().all(|line| sure(line.confidence)));
    assert!(rows("188,000円").lines.iter().all(|line| doubtful(line.confidence)));
}

fn problems(found: &Found) -> Vec<ProblemCode> {
    found.problems.iter().map(|problem| problem.code).collect()
}

/// 「合計」 over 「消費税」 is the sum without tax, and equals the lines; the total with tax counts.
#[test]
fn lines_without_tax_get_it_although_a_total_without_tax_stands_there() {
    let form = |total: &'static str| {
        sheet(&[grid(
            "内訳",
            &[
                &["内訳明細書"],
                &["品名", "金額"],
                &["タブレット", "41000"],
                &["レセコン改修", "130000"],
                &["合計", "171000"],
                &["消費税(10%)", "17100"],
                &["総合計", total],
            ],
        )])
    };
    check(
        "two totals",
        &form("188100"),
        &[("タブレット", 45_100, M, None, Some("B3")), ("レセコン改修", 143_000, R, None, Some("B4"))],
        Some(188_100),
    );
    // Tax was added to something, and what it makes is not told: the lines may be without it.
    let open = form("190000").itemization.unwrap();
    assert!(open.lines.iter().all(|line| doubtful(line.confidence)), "{open:?}");
    assert!(doubtful(open.total_yen.unwrap().confidence));
}

#[test]
fn the_rate_that_the_row_of_tax_names_is_the_one_that_is_added() {
    let form = |tax: &'static str, amount: &'static str, total: &'static str| {
        let form = grid(
            "内訳",
            &[&["内訳明細書"], &["品名", "金額"], &["タブレット", "1000"], &[tax, amount], &["合計", total]],
        );
        sheet(&[form]).itemization.unwrap().lines.remove(0)
    };
    assert_eq!(form("消費税(8%)", "80", "1080").amount_yen.get(), 1_080);
    assert_eq!(form("消費税", "80", "1080").amount_yen.get(), 1_080);
    let wrong = form("消費税(10%)", "80", "1080");
    assert!(doubtful(wrong.confidence), "{wrong:?}");
}

/// Two sheets with a table each were added up.
#[test]
fn one_sheet_is_read_and_an_example_beside_it_is_not() {
    let named = |name: &str| Grid { sheet: name.to_owned(), ..form() };
    for example in ["記入例", "見本", "サンプル", "【記載例】"] {
        let found = sheet(&[named(example), named("領収書内訳書")]);
        assert_eq!(found.itemization.as_ref().unwrap().lines.len(), 3, "{example}");
        assert_eq!(problems(&found), [], "{example}");
        assert_eq!(found.itemization.unwrap().lines[0].spot.sheet.as_deref(), Some("領収書内訳書"));
    }
    // Alone it is the document, whatever it is called.
    assert_eq!(sheet(&[named("サンプル")]).itemization.unwrap().lines.len(), 3);
    let found = sheet(&[named("6月"), named("7月")]);
    assert_eq!(found.itemization.as_ref().unwrap().lines.len(), 3);
    assert_eq!(problems(&found), [ProblemCode::SeveralDocuments]);
    assert_eq!(found.problems[0].place.spot.sheet.as_deref(), Some("7月"));
}

#[test]
fn amounts_in_thousands_are_said_and_are_no_lines() {
    let noted = grid(
        "内訳",
        &[&["領収書内訳書"], &["", "（単位：千円）"], &["品名", "金額"], &["レセコン改修", "143"], &["合計", "143"]],
    );
    let headed =
        grid("内訳", &[&["領収書内訳書"], &["品名", "金額（千円）"], &["レセコン改修", "143"], &["合計", "143"]]);
    for (form, cell) in [(noted, "B2"), (headed, "B2")] {
        let found = sheet(&[form]);
        let itemization = found.itemization.as_ref().unwrap();
        assert!(itemization.lines.is_empty() && itemization.total_yen.is_none(), "{itemization:?}");
        assert_eq!(problems(&found), [ProblemCode::InvalidAmount]);
        assert_eq!(found.problems[0].place.spot.cell.as_deref(), Some(cell));
        assert!(found.problems[0].message(Lang::Ja).contains("千円"), "{:?}", found.problems);
    }
}

/// Words of labels within the names of things: without a header such lines were dropped without a word.
#[test]
fn things_whose_names_hold_words_of_labels_are_lines() {
    let things = [
        "携帯電話",
        "バーコードリーダー",
        "アクセスポイント",
        "タブレット（税込）",
        "振込手数料",
        "お支払手数料",
        "総額表示対応改修",
        "税額計算ソフト",
        "Notebook PC",
    ];
    let rows: Vec<[&str; 2]> = things.iter().map(|thing| [*thing, "1,100円"]).chain([["合計", "9,900円"]]).collect();
    let title: [&str; 1] = ["領収書内訳書"];
    for header in [&[][..], &["品名", "金額"]] {
        let mut all: Vec<&[&str]> = vec![&title];
        all.extend((!header.is_empty()).then_some(header));
        all.extend(rows.iter().map(|row| &row[..]));
        let itemization = sheet(&[grid("内訳", &all)]).itemization.unwrap();
        assert_eq!(itemization.lines.len(), things.len(), "{header:?}: {itemization:?}");
        assert_eq!(itemization.total_yen.unwrap().value.get(), 9_900);
        assert!(itemization.lines.iter().all(|line| sure(line.confidence)));
    }
}

/// 「対象」 may head marks or the things themselves, and amounts only where numbers stand.
#[test]
fn the_cells_say_whether_a_column_of_eligibility_holds_amounts_marks_or_things() {
    let marked = grid(
        "内訳",
        &[
            &["領収書内訳書"],
            &["品名", "対象", "金額"],
            &["タブレット", "○", "45100"],
            &["年間保守料", "対象外", "5500"],
            &["合計", "", "50600"],
        ],
    );
    check(
        "marks",
        &sheet(&[marked]),
        &[("タブレット", 45_100, M, Some(true), Some("C3")), ("年間保守料", 5_500, O, Some(false), Some("C4"))],
        Some(50_600),
    );
    let things = grid(
        "内訳",
        &[
            &["領収書内訳書"],
            &["対象経費", "金額"],
            &["iPad 64GB", "45100"],
            &["レセコン改修", "143000"],
            &["合計", "188100"],
        ],
    );
    check(
        "things",
        &sheet(&[things]),
        &[("iPad 64GB", 45_100, M, None, Some("B3")), ("レセコン改修", 143_000, R, None, Some("B4"))],
        Some(188_100),
    );
}

#[test]
fn more_lines_than_are_read_are_said() {
    let rows: Vec<[&str; 2]> = vec![["タブレット", "100"]; 2_100];
    let mut all: Vec<&[&str]> = vec![&["領収書内訳書"], &["品名", "金額"]];
    all.extend(rows.iter().map(|row| &row[..]));
    assert_eq!(problems(&sheet(&[grid("内訳", &all)])), [ProblemCode::TooLarge]);
}
