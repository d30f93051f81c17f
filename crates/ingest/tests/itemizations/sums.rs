//! Subtotals, tax, totals and discounts: never lines, and held against the lines.

use crate::*;
use ProblemCode::{DoesNotAddUp, InvalidAmount};

#[test]
fn sums_and_tax_are_no_lines() {
    hold(vec![
        case(
            "subtotals of sections",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["保護フィルム", 1_100],
                row!["小計（機器）", 46_200],
                row!["レセコン改修", 143_000],
                row!["小計（作業）", 143_000],
                row!["合計", 189_200],
            ]),
            good(
                &[
                    ("タブレット端末", 45_100, M, "B3"),
                    ("保護フィルム", 1_100, O, "B4"),
                    ("レセコン改修", 143_000, R, "B6"),
                ],
                Some(189_200),
            ),
        ),
        case(
            "sections whose subtotals have no word",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["保護フィルム", 1_100],
                row!["", 46_200],
                row!["レセコン改修", 143_000],
                row!["総合計", 189_200],
            ]),
            good(
                &[
                    ("タブレット端末", 45_100, M, "B3"),
                    ("保護フィルム", 1_100, O, "B4"),
                    ("レセコン改修", 143_000, R, "B6"),
                ],
                Some(189_200),
            ),
        ),
        case(
            "lines without tax, then the tax",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "単価", "金額"],
                row!["タブレット端末", 1, 41_000, 41_000],
                row!["レセコン改修", 1, 130_000, 130_000],
                row!["", "", "小計", 171_000],
                row!["", "", "消費税（10%）", 17_100],
                row!["", "", "合計", 188_100],
            ]),
            two("D", 3),
        ),
        case(
            "the tax within the amounts",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["レセコン改修", 143_000],
                row!["合計", 188_100],
                row!["（うち消費税等 10%）", 17_100],
            ]),
            two("B", 3),
        ),
        case(
            "sums by rate",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "税率", "金額（税込）"],
                row!["タブレット端末", "10%", 45_100],
                row!["レセコン改修", "10%", 143_000],
                row!["お茶（贈答用）", "8%", 1_080],
                row!["10%対象計", "", 188_100],
                row!["8%対象計", "", 1_080],
                row!["合計", "", 189_180],
            ]),
            good(
                &[
                    ("タブレット端末", 45_100, M, "C3"),
                    ("レセコン改修", 143_000, R, "C4"),
                    ("お茶(贈答用)", 1_080, None, "C5"),
                ],
                Some(189_180),
            ),
        ),
        case(
            "the total above the table",
            one(vec![
                row!["領収書内訳書"],
                row!["ご請求金額", "", "¥188,100"],
                row![""],
                row!["品名", "数量", "金額"],
                row!["タブレット端末", 1, 45_100],
                row!["レセコン改修", 1, 143_000],
            ]),
            two("C", 5),
        ),
        case(
            "the total with its word in one cell",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["レセコン改修", 143_000],
                row!["合計金額 188,100円（税込）"],
            ]),
            two("B", 3),
        ),
        case(
            "other figures below the total",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "金額"],
                row!["タブレット端末", 1, 45_100],
                row!["レセコン改修", 1, 143_000],
                row!["合計", "", 188_100],
                row![""],
                row!["振込先", "", "みずほ銀行 普通 1234567"],
                row!["前回までの入金", "", 50_000],
            ]),
            two("C", 3),
        ),
        case(
            "a total over merged cells",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["No.", "品名", "数量", "金額"],
                    row![1, "タブレット端末", 1, 45_100],
                    row![2, "レセコン改修", 1, 143_000],
                    row!["", "", "", 188_100],
                ],
                |sheet| merge(sheet, [4, 0, 4, 2], "合　計"),
            ),
            two("D", 3),
        ),
        case(
            "an item over several merged rows",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["項目", "内訳", "金額"],
                    row!["", "タブレット端末", 45_100],
                    row!["", "保護フィルム", 1_100],
                    row!["レセコン改修", "", 143_000],
                    row!["合計", "", 189_200],
                ],
                |sheet| merge(sheet, [2, 0, 3, 0], "機器"),
            ),
            good(
                &[
                    ("機器 タブレット端末", 45_100, M, "C3"),
                    ("機器 保護フィルム", 1_100, O, "C4"),
                    ("レセコン改修", 143_000, R, "C5"),
                ],
                Some(189_200),
            ),
        ),
        case(
            "one amount merged over two lines",
            one_with(
                vec![
                    row!["領収書内訳書"],
                    row!["品名", "金額"],
                    row!["タブレット端末", ""],
                    row!["設定作業（タブレット端末）", ""],
                    row!["レセコン改修", 143_000],
                    row!["合計", 188_100],
                ],
                |sheet| merge(sheet, [2, 1, 3, 1], 45_100),
            ),
            good(
                &[("タブレット端末 設定作業(タブレット端末)", 45_100, M, "B3"), ("レセコン改修", 143_000, R, "B5")],
                Some(188_100),
            ),
        ),
    ]);
}

#[test]
fn what_does_not_add_up_is_said_with_both_figures() {
    hold(vec![
        case(
            "quantity and unit price that make another amount",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "単価", "金額"],
                row!["タブレット端末", 2, 45_100, 45_100],
                row!["レセコン改修", 1, 143_000, 143_000],
            ]),
            with(
                good(&[("タブレット端末", 45_100, M, "D3"), ("レセコン改修", 143_000, R, "D4")], None),
                &[(DoesNotAddUp, "内訳!D3")],
            ),
        ),
        case(
            "a subtotal of the form that is not the sum of its column",
            one(vec![
                row!["領収書内訳書"],
                row!["項目", "内訳", "①補助対象金額", "②補助対象外金額"],
                row!["モバイル端末", "タブレット端末", 45_100, ""],
                row!["保守", "年間保守料", "", 5_500],
                row!["小計", "", 45_000, 5_500],
                row!["総額", "", 50_600],
            ]),
            with(
                good(
                    &[("モバイル端末 タブレット端末", 45_100, M, "C3"), ("保守 年間保守料", 5_500, O, "D4")],
                    Some(50_600),
                ),
                &[(DoesNotAddUp, "内訳!C5")],
            ),
        ),
        case(
            "a discount in a line of its own",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["レセコン改修", 143_000],
                row!["出精値引き", -8_100],
                row!["合計", 180_000],
            ]),
            with(
                good(&[("タブレット端末", 45_100, M, "B3"), ("レセコン改修", 143_000, R, "B4")], Some(180_000)),
                &[(InvalidAmount, "内訳!B5")],
            ),
        ),
        case(
            "amounts in thousands",
            one(vec![
                row!["領収書内訳書", "", "（単位：千円）"],
                row!["品名", "数量", "金額"],
                row!["タブレット端末", 1, 45],
                row!["合計", "", 45],
            ]),
            with(good(&[], None), &[(InvalidAmount, "内訳!C1")]),
        ),
    ]);
}
