//! How amounts are written, and what is none.

use crate::*;
use ProblemCode::{FormulaWithoutValue, InvalidAmount};

fn table(first: impl Into<Cell>, second: impl Into<Cell>, total: impl Into<Cell>) -> Vec<u8> {
    one(vec![
        row!["領収書内訳書"],
        row!["品名", "金額"],
        vec!["タブレット端末".into(), first.into()],
        vec!["レセコン改修".into(), second.into()],
        vec!["合計".into(), total.into()],
    ])
}

#[test]
fn amounts_are_read_however_they_are_written() {
    hold(vec![
        case("numbers", table(45_100, 143_000, 188_100), two("B", 3)),
        case("text with separators and 円", table("45,100円", "143,000 円", "188,100円（税込）"), two("B", 3)),
        case("full-width text", table("４５，１００", "１４３，０００円", "￥１８８，１００"), two("B", 3)),
        case("with signs of yen and a closing dash", table("¥45,100-", "\\143,000-", "￥188,100－"), two("B", 3)),
        case("as words of a receipt", table("金45,100円也", "金143,000円也", "金188,100円也"), two("B", 3)),
        case(
            "with the noise of floating numbers",
            table(41_000.0 * 1.1, 130_000.0 * 1.1, 188_100.000_000_000_03),
            two("B", 3),
        ),
        case(
            "as formulas with their results",
            table(f("41000*1.1", "45100.000000000007"), f("143000", "143000"), f("SUM(B3:B4)", "188100")),
            two("B", 3),
        ),
        case(
            "as formulas of a library that saved no result",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "単価", "金額"],
                row!["タブレット端末", 1, 45_100, u("B3*C3")],
                row!["レセコン改修", 1, 143_000, u("=$B$4*$C$4")],
                row!["合計", "", "", u("SUM(D3:D4)")],
            ]),
            two("D", 3),
        ),
    ]);
}

#[test]
fn what_is_no_amount_is_said_with_its_cell_and_loses_nothing_beside_it() {
    let broken = |amount: Cell, code| {
        let bytes = one(vec![
            row!["領収書内訳書"],
            row!["品名", "金額"],
            row!["タブレット端末", 45_100],
            vec!["レセコン改修".into(), amount],
            row!["合計", 188_100],
        ]);
        (bytes, with(good(&[("タブレット端末", 45_100, M, "B3")], Some(188_100)), &[(code, "内訳!B4")]))
    };
    let cases = [
        ("a negative number", Cell::from(-143_000), InvalidAmount),
        ("a fraction of a yen", Cell::from(143_000.5), InvalidAmount),
        ("words", "別途お見積り".into(), InvalidAmount),
        ("a broken reference", "#REF!".into(), InvalidAmount),
        ("wrong groups of digits", "14,30,00".into(), InvalidAmount),
        ("two amounts in one cell", "100,000 43,000".into(), InvalidAmount),
        ("a formula that cannot be worked out", u("VLOOKUP(A4,Z:Z,2,0)"), FormulaWithoutValue),
        ("a formula that goes round in a circle", u("B4+1"), FormulaWithoutValue),
    ];
    hold(
        cases
            .into_iter()
            .map(|(what, cell, code)| {
                let (bytes, expect) = broken(cell, code);
                case(what, bytes, expect)
            })
            .collect(),
    );
}

#[test]
fn a_blank_cell_is_no_mistake_and_a_line_begun_is_not_lost() {
    hold(vec![
        case(
            "numbered rows that nobody filled in, their formulas saved as 0",
            one((1..=15).fold(
                vec![
                    row!["領収書内訳書"],
                    row!["No.", "品名", "数量", "単価", "金額"],
                    row![1, "タブレット端末", 1, 45_100, f("C3*D3", "45100")],
                    row![2, "レセコン改修", 1, 143_000, f("C4*D4", "143000")],
                ],
                |mut rows, no| {
                    rows.push(row![no + 2, "", "", "", f("C5*D5", "0")]);
                    rows
                },
            )),
            Expect { total: None, ..two("E", 3) },
        ),
        case(
            "a heading and a remark between the lines",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "単価", "金額"],
                row!["■ 機器"],
                row!["タブレット端末", 1, 45_100, 45_100],
                row!["※ 上記は税込です"],
                row!["■ 作業"],
                row!["レセコン改修", 1, 143_000, 143_000],
                row!["合計", "", "", 188_100],
            ]),
            good(&[("タブレット端末", 45_100, M, "D4"), ("レセコン改修", 143_000, R, "D7")], Some(188_100)),
        ),
        case(
            "a line whose amount was forgotten",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "単価", "金額"],
                row!["タブレット端末", 1, 45_100, 45_100],
                row!["レセコン改修", 1, 143_000, ""],
                row!["合計", "", "", 188_100],
            ]),
            with(good(&[("タブレット端末", 45_100, M, "D3")], Some(188_100)), &[(InvalidAmount, "内訳!D4")]),
        ),
        case(
            "a line whose unit price was forgotten, its formula saved as 0",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "数量", "単価", "金額"],
                row!["タブレット端末", 1, 45_100, f("B3*C3", "45100")],
                row!["レセコン改修", 1, "", f("B4*C4", "0")],
                row!["合計", "", "", f("SUM(D3:D4)", "45100")],
            ]),
            with(good(&[("タブレット端末", 45_100, M, "D3")], Some(45_100)), &[(InvalidAmount, "内訳!D4")]),
        ),
        case(
            "an amount without a name",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["", 143_000],
                row!["合計", 188_100],
            ]),
            with(
                good(&[("タブレット端末", 45_100, M, "B3")], Some(188_100)),
                &[(ProblemCode::DescriptionMissing, "内訳!B4")],
            ),
        ),
        case(
            "a sum without a word",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["レセコン改修", 143_000],
                row!["", 188_100],
            ]),
            two("B", 3),
        ),
        case(
            "what costs nothing",
            one(vec![
                row!["領収書内訳書"],
                row!["品名", "金額"],
                row!["タブレット端末", 45_100],
                row!["初期設定", "無償"],
                row!["送料", "サービス"],
                row!["レセコン改修", 143_000],
                row!["操作説明", "-"],
                row!["合計", 188_100],
            ]),
            good(&[("タブレット端末", 45_100, M, "B3"), ("レセコン改修", 143_000, R, "B6")], Some(188_100)),
        ),
        case(
            "an example above the lines",
            one(vec![
                row!["領収書内訳書"],
                row!["No.", "品名", "金額"],
                row!["例", "タブレット端末 1台", 50_000],
                row![1, "タブレット端末", 45_100],
                row![2, "レセコン改修", 143_000],
                row!["", "（記入例）年間保守料", 9_999],
                row!["合計", "", 188_100],
            ]),
            good(&[("タブレット端末", 45_100, M, "C4"), ("レセコン改修", 143_000, R, "C5")], Some(188_100)),
        ),
    ]);
}
