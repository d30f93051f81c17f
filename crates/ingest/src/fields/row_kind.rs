//! What a row of a table is, told from its words: a line, a sum, a tax or a discount.

use super::layout::squash;

/// What the words of a row say that the row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Line,
    Subtotal,
    Total,
    Tax,
    Discount,
}

/// What a row is, told from its words (all but its numbers, without spaces).
pub(super) fn row_kind(words: &str) -> RowKind {
    let squashed = squash(words);
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic() || *c == '+').collect::<String>();
    let whole = letters(&squashed);
    if DISCOUNT.iter().any(|word| whole.contains(word)) {
        return RowKind::Discount;
    }
    // Brackets say more of a sum and nothing else; a row in brackets is read for what is in them.
    let bare = letters(&without_brackets(&squashed));
    let text = if bare.is_empty() { &whole } else { &bare };
    // The longest word first: 「税込合計」 is no 「税込」.
    let sum = SUMS.iter().filter(|(word, _)| text.starts_with(word)).max_by_key(|(word, _)| word.len());
    match sum {
        Some((word, kind)) if qualifies(&text[word.len()..]) => *kind,
        _ if matches!(text.as_str(), "計" | "税込計") => RowKind::Total,
        // A sum that says of what: 「モバイル端末合計」 of a part, 「領収書合計」 of all.
        _ => match SUM_ENDS.iter().find_map(|end| text.strip_suffix(end)) {
            Some(of) if of.chars().count() > MOST_BEFORE_A_SUM => RowKind::Line,
            Some(of) if WHOLES.contains(&of) => RowKind::Total,
            Some(_) => RowKind::Subtotal,
            None => RowKind::Line,
        },
    }
}

/// What ends the words of a row of a sum.
const SUM_ENDS: [&str; 5] = ["小計", "合計", "合計額", "合計金額", "総計"];
/// What a sum of all lines may be said to be of.
const WHOLES: [&str; 9] = ["領収書", "領収", "費用", "経費", "事業費", "全体", "支払", "請求", "総"];
/// Longer words name a thing that happens to end like a sum.
const MOST_BEFORE_A_SUM: usize = 12;

/// Words of a discount, wherever they stand in a row.
pub(super) const DISCOUNT: [&str; 5] = ["値引", "割引", "クーポン", "ポイント利用", "ポイント充当"];

/// Words at the head of a row of a sum.
const SUMS: &[(&str, RowKind)] = &[
    ("小計", RowKind::Subtotal),
    ("商品計", RowKind::Subtotal),
    ("中計", RowKind::Subtotal),
    ("税抜", RowKind::Subtotal),
    ("税別", RowKind::Subtotal),
    ("対象", RowKind::Subtotal),
    ("消費税", RowKind::Tax),
    ("内消費税", RowKind::Tax),
    ("うち消費税", RowKind::Tax),
    ("内税", RowKind::Tax),
    ("外税", RowKind::Tax),
    ("税額", RowKind::Tax),
    ("うち税", RowKind::Tax),
    ("合計", RowKind::Total),
    ("総合計", RowKind::Total),
    ("総額", RowKind::Total),
    ("総計", RowKind::Total),
    ("税込", RowKind::Total),
    ("税込合計", RowKind::Total),
    ("税込総額", RowKind::Total),
    ("請求金額", RowKind::Total),
    ("御請求", RowKind::Total),
    ("ご請求", RowKind::Total),
    ("お支払", RowKind::Total),
    ("領収金額", RowKind::Total),
    ("領収額", RowKind::Total),
    ("TOTAL", RowKind::Total),
    ("Total", RowKind::Total),
];

/// Whether what follows the word of a sum only says more of it: 「合計金額」, 「消費税額等」 and not 「お支払手数料」,
/// 「総額表示対応改修」. A single stray character is what OCR makes of a ruled line or a sign of yen.
fn qualifies(rest: &str) -> bool {
    let mut rest = rest.to_owned();
    for word in [
        "金額",
        "総額",
        "総合計",
        "合計",
        "小計",
        "税込み",
        "税込",
        "税抜き",
        "税抜",
        "税別",
        "消費税",
        "地方",
        "及び",
        "および",
        "対象外",
        "対象",
        "補助",
        "相当",
        "うち",
        "内",
        "額",
        "計",
        "等",
        "税",
        "円",
        "込",
        "の",
        "分",
        "点",
        "台",
        "件",
        "個",
        "式",
        "+",
    ] {
        rest = rest.replace(word, "");
    }
    let mut left = rest.chars();
    match (left.next(), left.next()) {
        (None, _) => true,
        (Some(c), None) => c.is_ascii_alphabetic() || matches!(c, '半' | '羊' | 'ー' | '一'),
        _ => false,
    }
}

/// `text` without what stands in brackets.
fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| {
            let inside = depth > 0;
            match c {
                '(' | '[' | '【' => depth += 1,
                ')' | ']' | '】' => depth = depth.saturating_sub(1),
                _ => return !inside,
            }
            false
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_row_say_whether_it_is_a_line() {
        for (text, kind) in [
            ("合計", RowKind::Total),
            ("合 計", RowKind::Total),
            ("総額(①+②)", RowKind::Total),
            ("小計", RowKind::Subtotal),
            ("①小計", RowKind::Subtotal),
            ("消費税(10%)", RowKind::Tax),
            ("出精値引き", RowKind::Discount),
            ("計", RowKind::Total),
            ("領収書合計", RowKind::Total),
            ("モバイル端末合計", RowKind::Subtotal),
            ("機器小計", RowKind::Subtotal),
            ("診療報酬明細の合計と小計を印字するための改修の合計", RowKind::Line),
            ("10%対象計", RowKind::Subtotal),
            ("レセプトコンピュータ改修", RowKind::Line),
            ("合計額算定プログラムの改修に係る作業費用", RowKind::Line),
            ("時計", RowKind::Line),
            ("お支払手数料", RowKind::Line),
            ("総額表示対応改修", RowKind::Line),
            ("税額計算ソフト", RowKind::Line),
            ("対象患者管理ソフト", RowKind::Line),
            ("(税込)合計", RowKind::Total),
            ("合計金額(税込)", RowKind::Total),
            ("お支払金額", RowKind::Total),
            ("合計 l", RowKind::Total),
            ("(内消費税等", RowKind::Tax),
            ("消費税及び地方消費税", RowKind::Tax),
            ("税抜金額", RowKind::Subtotal),
            ("税込", RowKind::Total),
        ] {
            assert_eq!(row_kind(text), kind, "{text}");
        }
    }
}
