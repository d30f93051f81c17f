//! Workbooks of several sheets: which one is the itemization, and when several are one.

use crate::*;
use ProblemCode::SeveralDocuments;

fn table(lines: &[(&str, i32)], total: i32) -> Rows {
    let mut rows = vec![row!["領収書内訳書"], row!["品名", "金額"]];
    rows.extend(lines.iter().map(|(name, yen)| row![*name, *yen]));
    rows.push(row!["合計", total]);
    rows
}

fn itemization() -> Rows {
    table(&[("タブレット端末", 45_100), ("レセコン改修", 143_000)], 188_100)
}

#[test]
fn the_itemization_is_found_among_the_sheets() {
    let device = || table(&[("タブレット端末", 45_100)], 45_100);
    let work = || table(&[("レセコン改修", 143_000)], 143_000);
    let both = |first: &str, second: &str| {
        let expect = two("B", 3);
        let mut lines = expect.lines;
        lines[1].3 = "B3".to_owned();
        let _ = (first, second);
        Expect { lines, ..expect }
    };
    hold(vec![
        case(
            "a cover letter and empty sheets around it",
            book(&[
                ("送付状", vec![row!["送付状"], row!["領収書内訳書をお送りします。"], row!["令和7年6月15日"]]),
                ("内訳", itemization()),
                ("Sheet2", vec![]),
                ("Sheet3", vec![]),
            ]),
            two("B", 3),
        ),
        case(
            "the receipt beside it",
            book(&[
                (
                    "領収書",
                    vec![
                        row!["領収書"],
                        row!["青空クリニック 御中"],
                        row!["金額", "¥188,100"],
                        row!["上記正に領収いたしました"],
                    ],
                ),
                ("内訳書", itemization()),
            ]),
            two("B", 3),
        ),
        case(
            "an example before it",
            book(&[("記入例", table(&[("スマートフォン", 1_000)], 1_000)), ("内訳", itemization())]),
            two("B", 3),
        ),
        case("a copy after it", book(&[("内訳", itemization()), ("控え", itemization())]), two("B", 3)),
        case("a copy before it", book(&[("提出控", itemization()), ("内訳", itemization())]), two("B", 3)),
        case(
            "lists for drop-downs beside it",
            book_with(
                &[
                    ("内訳", itemization()),
                    ("リスト", vec![row!["区分", "単価"], row!["タブレット", 45_100], row!["レセコン改修", 143_000]]),
                ],
                |book| {
                    book.worksheet_from_name("リスト").unwrap().set_very_hidden(true);
                },
            ),
            with(two("B", 3), &[]),
        ),
        case(
            "two that a summary adds up",
            book(&[
                (
                    "総括表",
                    vec![
                        row!["領収書内訳書 総括表"],
                        row!["項目", "金額"],
                        row!["機器", 45_100],
                        row!["改修", 143_000],
                        row!["合計", 188_100],
                    ],
                ),
                ("機器", device()),
                ("改修", work()),
            ]),
            both("機器", "改修"),
        ),
        case(
            "two of which the second has the total of both",
            book(&[
                (
                    "1",
                    vec![
                        row!["領収書内訳書"],
                        row!["品名", "金額"],
                        row!["タブレット端末", 45_100],
                        row!["小計", 45_100],
                    ],
                ),
                (
                    "2",
                    vec![
                        row!["領収書内訳書"],
                        row!["品名", "金額"],
                        row!["レセコン改修", 143_000],
                        row!["小計", 143_000],
                        row!["総合計", 188_100],
                    ],
                ),
            ]),
            both("1", "2"),
        ),
        case(
            "two that nothing adds up",
            book(&[("6月", device()), ("7月", work())]),
            with(good(&[("タブレット端末", 45_100, M, "B3")], Some(45_100)), &[(SeveralDocuments, "7月")]),
        ),
    ]);
}
