//! What people read about an itemization, in both languages: place, found, expected, what to do.

use crate::*;
use claim::Lang;

/// Every problem of a file as a reviewer and a facility read it.
fn told(bytes: &[u8]) -> String {
    let reading = read(bytes);
    let of = |lang| {
        let problems = reading.problems.iter();
        problems.map(move |problem| format!("{}: {}", problem.place.show(lang), problem.message(lang)))
    };
    of(Lang::Ja).zip(of(Lang::En)).map(|(ja, en)| format!("{ja}\n  {en}\n")).collect()
}

#[test]
fn every_problem_says_where_what_and_what_to_do() {
    let all = one_with(
        vec![
            row!["領収書内訳書"],
            row!["品名", "数量", "単価", "金額"],
            row!["タブレット端末", 2, 45_100, 45_100],
            row!["充電器", 1, 3_300, -3_300],
            row!["スタンド", 1, 2_200, 2_200.5],
            row!["設置作業", 1, "", "別途お見積り"],
            row!["保護フィルム", 1, 1_100, ""],
            row!["ケース", 1, "", f("B8*C8", "0")],
            row!["送料", 1, 550, u("VLOOKUP(A9,Z:Z,2,0)")],
            row!["", "", "", 7_700],
            row!["お得意様値引き", "", "", -5_000],
            row!["レセコン改修", 1, 143_000, 143_000],
            row!["年間保守料", 1, 5_500, 5_500],
        ],
        |sheet| {
            sheet.set_row_hidden(12).unwrap();
        },
    );
    let form = one(vec![
        row!["領収書内訳書"],
        row!["項目", "内訳", "①補助対象金額", "②補助対象外金額"],
        row!["モバイル端末", "タブレット端末", 45_100, ""],
        row!["小計", "", 45_000, ""],
    ]);
    let hidden = book_with(
        &[
            ("内訳", vec![row!["領収書内訳書"], row!["品名", "金額"], row!["タブレット端末", 45_100]]),
            (
                "旧",
                vec![row!["領収書内訳書"], row!["品名", "金額"]]
                    .into_iter()
                    .chain((1..=7).map(|no| row![format!("タブレット {no}").as_str(), 40_000 + no]))
                    .collect(),
            ),
        ],
        |book| {
            book.worksheet_from_index(1).unwrap().set_hidden(true);
        },
    );
    let thousands = one(vec![row!["領収書内訳書"], row!["品名", "金額（千円）"], row!["タブレット端末", 45]]);
    let empty = one(vec![row!["領収書内訳書"], row!["No.", "品名", "金額"], row![1], row![2]]);
    let months = |name| (name, vec![row!["領収書内訳書"], row!["品名", "金額"], row!["タブレット端末", 45_100]]);
    let several = book(&[months("6月"), months("7月")]);
    let whole: Vec<String> = [
        ("lines", all),
        ("形式2", form),
        ("hidden sheet", hidden),
        ("thousands", thousands),
        ("empty", empty),
        ("several", several),
    ]
    .iter()
    .map(|(name, bytes)| format!("== {name}\n{}", told(bytes)))
    .collect();
    let whole = whole.join("\n");
    assert!(!whole.contains("(—)"), "a hole in a message\n{whole}");
    insta::assert_snapshot!(whole);
}
