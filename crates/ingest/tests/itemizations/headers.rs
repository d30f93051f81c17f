//! Where the header stands and what it says.

use crate::*;

#[test]
fn the_header_is_found_wherever_it_stands_and_however_it_is_worded() {
    let table = || -> Rows {
        vec![
            row!["品名", "数量", "単価", "金額"],
            row!["タブレット端末", 1, 45_100, 45_100],
            row!["レセコン改修", 1, 143_000, 143_000],
            row!["合計", "", "", 188_100],
        ]
    };
    let below = |lines: &[&str]| -> Rows { lines.iter().map(|line| row![*line]).chain(table()).collect() };
    hold(vec![
        case("in the first row, without a title", one(table()), two("D", 2)),
        case("under a title and an address", one(below(&["領収書内訳書", "", "青空クリニック 御中", ""])), two("D", 6)),
        case(
            "in the middle of the sheet",
            one_with(vec![row!["領収書内訳書"]], |sheet| put(sheet, 19, 7, &table())),
            two("K", 21),
        ),
        case(
            "far to the right, with remarks to its left",
            one_with(
                vec![row!["領収書内訳書"], row![""], row!["※税込で記入"], row!["担当 山田"]],
                |sheet| put(sheet, 2, 3, &table()),
            ),
            two("G", 4),
        ),
        case(
            "of two rows, merged: tax apart",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["品名", "数量", "", "", "", "税込金額"],
                    row!["", "", "単価", "金額", "", ""],
                    row!["タブレット端末", 1, 41_000, 41_000, 4_100, 45_100],
                    row!["レセコン改修", 1, 130_000, 130_000, 13_000, 143_000],
                    row!["合計", "", "", 171_000, 17_100, 188_100],
                ],
                |sheet| {
                    merge(sheet, [1, 0, 2, 0], "品名");
                    merge(sheet, [1, 1, 2, 1], "数量");
                    merge(sheet, [1, 2, 1, 3], "税抜");
                    merge(sheet, [1, 4, 2, 4], "消費税");
                    merge(sheet, [1, 5, 2, 5], "税込金額");
                },
            ),
            two("F", 4),
        ),
        case(
            "of three rows",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["", "", "費用"],
                    row!["項目", "内訳", "①補助対象", "②補助対象外"],
                    row!["", "", "金額（税込）", "金額（税込）"],
                    row!["タブレット端末", "", 45_100, ""],
                    row!["レセコン改修", "", 143_000, ""],
                    row!["小計", "", 188_100, 0],
                    row!["総額（①＋②）", "", 188_100],
                ],
                |sheet| merge(sheet, [1, 2, 1, 3], "費用"),
            ),
            two("C", 5),
        ),
        case(
            "with line breaks and wide spaces",
            one(vec![
                row!["領　収　書　内　訳　書"],
                row!["品　　名", "数　量", "単　価\n（円）", "金　額\n（税込・円）"],
                row!["タブレット端末", 1, 45_100, 45_100],
                row!["レセコン改修", 1, 143_000, 143_000],
                row!["合　　計", "", "", 188_100],
            ]),
            two("D", 3),
        ),
        case(
            "with the amount before the name",
            one(vec![
                row!["領収書内訳書"],
                row!["No.", "金額（税込）", "内容", "備考"],
                row![1, 45_100, "タブレット端末", "2台目"],
                row![2, 143_000, "レセコン改修", ""],
                row!["", 188_100, "合計", ""],
            ]),
            two("B", 3),
        ),
        case(
            "without a word over the names",
            one(vec![
                row!["領収書内訳書"],
                row!["", "数量", "単価", "金額"],
                row!["タブレット端末", 1, 45_100, 45_100],
                row!["レセコン改修", 1, 143_000, 143_000],
                row!["合計", "", "", 188_100],
            ]),
            two("D", 3),
        ),
        case(
            "with all the columns of a vendor's form",
            one(vec![
                row!["内訳明細書"],
                row!["No.", "商品コード", "品名", "型番", "数量", "単位", "税率", "単価(税込)", "金額(税込)", "備考"],
                row![1, "T-001", "タブレット端末", "SM-X210", 1, "台", "10%", 45_100, 45_100, "1年保証"],
                row![2, "S-777", "レセコン改修", "RC-2", 1, "式", "10%", 143_000, 143_000, ""],
                row!["", "", "", "", "", "", "", "合計", 188_100],
            ]),
            good(
                &[("タブレット端末 SM-X210", 45_100, M, "I3"), ("レセコン改修 RC-2", 143_000, R, "I4")],
                Some(188_100),
            ),
        ),
        case(
            "again on the second printed page",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row![""],
                row!["品名", "金額"],
                row!["レセコン改修", 143_000],
                row!["合計", 188_100],
            ]),
            good(&[("タブレット端末", 45_100, M, "B3"), ("レセコン改修", 143_000, R, "B6")], Some(188_100)),
        ),
        case(
            "of two tables side by side",
            one(vec![
                row!["領収書内訳書"],
                row!["補助対象", "", "", "補助対象外"],
                row!["品名", "金額", "", "品名", "金額"],
                row!["タブレット端末", 45_100, "", "年間保守料", 5_500],
                row!["レセコン改修", 143_000, "", "保護フィルム", 1_100],
                row!["小計", 188_100, "", "小計", 6_600],
                row!["合計", 194_700],
            ]),
            good(
                &[
                    ("タブレット端末", 45_100, M, "B4"),
                    ("レセコン改修", 143_000, R, "B5"),
                    ("年間保守料", 5_500, O, "E4"),
                    ("保護フィルム", 1_100, O, "E5"),
                ],
                Some(194_700),
            ),
        ),
        case(
            "with a column of the kind of cost",
            one(vec![
                row!["領収書内訳書"],
                row!["区分", "品名", "金額"],
                row!["モバイル端末", "タブレット端末", 45_100],
                row!["作業", "レセコン改修", 143_000],
                row!["合計", "", 188_100],
            ]),
            good(&[("タブレット端末", 45_100, M, "C3"), ("作業 レセコン改修", 143_000, R, "C4")], Some(188_100)),
        ),
    ]);
}
