//! What is hidden is seen, said and not added.

use crate::*;
use ProblemCode::HiddenAmounts;

#[test]
fn hidden_amounts_are_said_and_not_added() {
    let table = || -> Rows {
        vec![
            row!["領収書内訳書"],
            row!["品名", "数量", "金額"],
            row!["タブレット端末", 1, 45_100],
            row!["レセコン改修", 1, 143_000],
            row!["年間保守料", 1, 5_500],
            row!["合計", "", 188_100],
        ]
    };
    let draft =
        || -> Rows { vec![row!["領収書内訳書"], row!["品名", "金額"], row!["タブレット", 99_999]] };
    hold(vec![
        case(
            "a hidden row",
            one_with(table(), |sheet| {
                sheet.set_row_hidden(4).unwrap();
            }),
            with(two("C", 3), &[(HiddenAmounts, "内訳!C5")]),
        ),
        case(
            "a row of no height",
            one_with(table(), |sheet| {
                sheet.set_row_height(4, 0).unwrap();
            }),
            with(two("C", 3), &[(HiddenAmounts, "内訳!C5")]),
        ),
        case(
            "hidden rows that say nothing of amounts",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["作成者メモ"],
                    row!["品名", "数量", "金額"],
                    row!["タブレット端末", 1, 45_100],
                    row!["レセコン改修", 1, 143_000],
                    row!["", "", f("B6*1", "0")],
                    row!["合計", "", 188_100],
                ],
                |sheet| {
                    sheet.set_row_hidden(1).unwrap();
                    sheet.set_row_hidden(5).unwrap();
                },
            ),
            two("C", 4),
        ),
        case(
            "a hidden column of amounts beside the one that is shown",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["品名", "原価", "税抜金額", "金額（税込）"],
                    row!["タブレット端末", 30_000, 41_000, 45_100],
                    row!["レセコン改修", 90_000, 130_000, 143_000],
                    row!["合計", 120_000, 171_000, 188_100],
                ],
                |sheet| {
                    sheet.set_column_hidden(1).unwrap();
                    sheet.set_column_hidden(2).unwrap();
                },
            ),
            two("D", 3),
        ),
        case(
            "a hidden column that would be other lines",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["項目", "①補助対象金額", "②補助対象外金額"],
                    row!["タブレット端末", 45_100, ""],
                    row!["レセコン改修", 143_000, ""],
                    row!["年間保守料", "", 5_500],
                    row!["合計", 188_100, 5_500],
                ],
                |sheet| {
                    sheet.set_column_hidden(2).unwrap();
                },
            ),
            with(two("B", 3), &[(HiddenAmounts, "内訳!C5")]),
        ),
        case(
            "all of it hidden",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["品名", "金額"],
                    row!["タブレット端末", 45_100],
                    row!["レセコン改修", 143_000],
                    row!["合計", 188_100],
                ],
                |sheet| {
                    for row in 2..4 {
                        sheet.set_row_hidden(row).unwrap();
                    }
                },
            ),
            with(good(&[], Some(188_100)), &[(HiddenAmounts, "内訳!B3")]),
        ),
        case(
            "a hidden sheet beside the one that is shown",
            book_with(&[("内訳", table()), ("下書き", draft())], |book| {
                book.worksheet_from_index(1).unwrap().set_hidden(true);
            }),
            with(
                good(
                    &[
                        ("タブレット端末", 45_100, M, "C3"),
                        ("レセコン改修", 143_000, R, "C4"),
                        ("年間保守料", 5_500, O, "C5"),
                    ],
                    Some(188_100),
                ),
                &[(HiddenAmounts, "下書き!B3")],
            ),
        ),
        case(
            "a hidden sheet alone",
            book_with(&[("送付状", vec![row!["送付状"]]), ("下書き", draft())], |book| {
                book.worksheet_from_index(1).unwrap().set_hidden(true);
            }),
            with(good(&[], None), &[(HiddenAmounts, "下書き!B3")]),
        ),
    ]);
}
