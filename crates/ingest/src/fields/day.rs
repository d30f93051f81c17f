//! The day a receipt was issued, among all the days on it.

use super::layout::{Layout, squash};
use claim::{Confidence, Field, Method, find_day};
use jiff::civil::Date;
use std::ops::Range;

/// Words before a day that say it is the one, the plainest first.
const ISSUED: [&str; 16] = [
    "発行日",
    "発行年月日",
    "領収日",
    "領収年月日",
    "発行",
    "購入日",
    "支払日",
    "入金日",
    "取引日",
    "取引年月日",
    "利用日",
    "売上日",
    "請求日",
    "見積日",
    "日付",
    "年月日",
];

/// Words before a day of something else.
const OTHERWISE: [&str; 27] = [
    "期限",
    "納品",
    "納入",
    "納期",
    "期間",
    "有効",
    "注文",
    "受注",
    "出荷",
    "作業",
    "完了",
    "検収",
    "導入",
    "開始",
    "終了",
    "次回",
    "保守",
    "保証",
    "設立",
    "生年月日",
    "締",
    "予定",
    "適用",
    "改訂",
    "印刷",
    "契約",
    "導入日",
];

struct Candidate {
    day: Date,
    score: i32,
    labelled: Option<&'static str>,
    spot: claim::Spot,
    text: String,
    sheet: usize,
    bounds: [f32; 4],
}

/// The day of issue.
pub(super) fn issued_on(layout: &Layout) -> Option<Field<Date>> {
    let first = candidates(layout);
    let second_layout = Layout { rows: layout.second.clone(), second: Vec::new(), ..*layout };
    let second = candidates(&second_layout);
    let mut best = first.iter().max_by_key(|candidate| candidate.score);
    // A day that only the second reading could read is better than none.
    let from_second = best.is_none_or(|best| best.score < 0);
    if from_second {
        best = second.iter().max_by_key(|candidate| candidate.score).filter(|best| best.score >= 0).or(best);
    }
    let best = best?;
    let at_place = |other: &&Candidate| {
        other.sheet == best.sheet && super::layout::touch(other.bounds, best.bounds, 0.3 * layout.typical_height)
    };
    let second_there: Vec<&Candidate> = if from_second { Vec::new() } else { second.iter().filter(at_place).collect() };
    let agrees = second_there.iter().any(|other| other.day == best.day);
    let contradicts = !second_there.is_empty() && !agrees;
    let rival = first.iter().find(|other| {
        other.day != best.day
            && if best.labelled.is_some() {
                other.labelled.is_some()
            } else {
                other.score >= 0 && best.score - other.score < 8
            }
    });

    let mut reasons = Vec::new();
    if let Some(label) = best.labelled {
        reasons.push(format!("見出し「{label}」"));
    }
    if agrees {
        reasons.push("二つの読み取りが一致".to_owned());
    }
    let mut per_mille: u16 = match layout.method {
        Method::Ocr => match (best.labelled.is_some(), agrees, contradicts) {
            (true, true, _) => 970,
            (false, true, _) => 950,
            (_, _, true) => 600,
            (true, ..) => 930,
            (false, ..) => 880,
        },
        Method::Text | Method::Sheet => {
            if best.labelled.is_some() {
                990
            } else {
                960
            }
        }
    };
    if from_second && !first.is_empty() {
        per_mille = per_mille.min(700);
    }
    if best.score < 0 {
        reasons.push("発行日ではない日付の可能性".to_owned());
        per_mille = per_mille.min(500);
    }
    if let Some(rival) = rival {
        reasons.push(format!("ほかの日付 {}", rival.day));
        per_mille = per_mille.min(750);
    }
    Some(Field {
        value: best.day,
        confidence: Confidence::from_per_mille(per_mille),
        spot: best.spot.clone(),
        text: best.text.clone(),
        reasons,
    })
}

fn candidates(layout: &Layout) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (at, row) in layout.rows.iter().enumerate() {
        let joined = row.joined();
        let text = if layout.noisy() { repair(&joined.text) } else { joined.text.clone() };
        let mut used = 0;
        for (range, day) in days(&text) {
            let before = squash(&text[used..range.start]);
            let after = text[range.end..].trim_start();
            used = range.end;
            let Some(piece) = joined.part(&row.pieces, range) else { continue };
            // No receipt of these programmes is older, and a telephone number is no day of the year 311.
            if !(1990..=2100).contains(&day.year()) {
                continue;
            }
            let label: String = before.chars().rev().take(14).collect::<Vec<_>>().into_iter().rev().collect();
            let mut named = name(&label);
            if named == Named::Nothing
                && let Some((_, above)) = layout.above(at, piece.bounds)
            {
                named = name(&above.squashed());
            }
            let period = label.ends_with(['~', '〜', '～']) || after.starts_with(['~', '〜', '～']);
            let late = ["期限", "まで", "締", "付"].iter().any(|word| after.starts_with(word));
            let (mut score, labelled) = match named {
                Named::Issued(label, rank) => (60 - rank, Some(label)),
                Named::Otherwise => (-30, None),
                Named::Nothing => (20, None),
            };
            if period || late {
                score = -30;
            }
            if score >= 0 && labelled.is_none() && row.depth() < 0.4 {
                score += 6;
            }
            // The first page counts first.
            score -= i32::try_from(row.sheet.min(9)).unwrap_or(9);
            found.push(Candidate {
                day,
                score,
                labelled,
                spot: piece.spot.clone(),
                text: piece.raw().to_owned(),
                sheet: row.sheet,
                bounds: piece.bounds,
            });
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Issued(&'static str, i32),
    Otherwise,
    Nothing,
}

fn name(label: &str) -> Named {
    let otherwise = OTHERWISE.iter().filter_map(|word| label.rfind(word)).max();
    let number = label.ends_with("No") || label.ends_with("No.") || label.ends_with("番号") || label.ends_with("番号:");
    let issued = (0..)
        .zip(ISSUED)
        .filter_map(|(rank, word)| Some((label.rfind(word)?, rank, word)))
        .min_by_key(|(_, rank, _)| *rank);
    match (issued, otherwise) {
        _ if number => Named::Otherwise,
        (Some((at, rank, word)), other) if other.is_none_or(|other| other < at) => Named::Issued(word, rank),
        (_, Some(_)) => Named::Otherwise,
        _ => Named::Nothing,
    }
}

/// All days of a text.
fn days(text: &str) -> Vec<(Range<usize>, Date)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((range, day)) = find_day(&text[at..]) {
        found.push((at + range.start..at + range.end, day));
        at += range.end.max(1);
        if found.len() > 20 {
            break;
        }
    }
    found
}

/// What OCR makes of the digits of a day, put right where a digit must stand; the length in bytes does not change.
fn repair(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let near = |at: Option<usize>| {
        at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_ascii_digit() || matches!(c, '年' | '月' | '日'))
    };
    chars
        .iter()
        .enumerate()
        .map(|(at, c)| {
            let digit = match c {
                'O' | 'o' | 'Q' => '0',
                'l' | 'I' | '|' => '1',
                _ => return *c,
            };
            if near(at.checked_sub(1)) && near(Some(at + 1)) { digit } else { *c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_between_the_digits_of_a_day_are_digits() {
        for (text, repaired) in
            [("令和7年6月l5日", "令和7年6月15日"), ("2O25年6月15日", "2025年6月15日"), ("Officeの10月", "Officeの10月")]
        {
            assert_eq!(repair(text), repaired);
        }
    }

    #[test]
    fn the_word_before_a_day_says_which_day_it_is() {
        assert!(matches!(name("発行日:"), Named::Issued("発行日", 0)));
        assert!(matches!(name("納品日"), Named::Otherwise));
        assert!(matches!(name("有効期限発行日"), Named::Issued(..)));
        assert!(matches!(name("発行日有効期限"), Named::Otherwise));
        assert!(matches!(name("株式会社青空"), Named::Nothing));
    }
}
