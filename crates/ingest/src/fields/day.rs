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
    /// Some of it cannot have been as it was read.
    guessed: bool,
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
    if best.guessed {
        reasons.push("読み取った文字を補正".to_owned());
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
        let (text, guessed) = if layout.noisy() { repair(&joined.text) } else { (joined.text.clone(), false) };
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
                guessed,
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

/// What OCR makes of the characters of a day, put right where only one thing can stand; the length in bytes does not
/// change. Also whether more than the form of a digit had to be guessed.
fn repair(text: &str) -> (String, bool) {
    let mut chars: Vec<char> = text.chars().collect();
    let mut guessed = false;
    let part = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_digit() || matches!(c, '年' | '月' | '日'));
    for at in 0..chars.len() {
        let digit = match chars[at] {
            'O' | 'o' | 'Q' => '0',
            'l' | 'I' | '|' => '1',
            _ => continue,
        };
        if part(at.checked_sub(1).and_then(|before| chars.get(before))) && part(chars.get(at + 1)) {
            chars[at] = digit;
        }
    }
    let kanji = |c: &char| "元一二三四五六七八九十〇".contains(*c);
    for at in 0..chars.len() {
        let (before, next) = (at.checked_sub(1).map(|before| chars[before]), chars.get(at + 1));
        match chars[at] {
            // Of the eras that end so only one goes on; 昭和 was long ago, and is read as what it says.
            '和' if next.is_some_and(|c| c.is_ascii_digit() || kanji(c) || *c == ' ')
                && before.is_some_and(|c| c.len_utf8() == '令'.len_utf8() && !matches!(c, '令' | '昭'))
                && chars[at..].iter().take(6).any(|c| *c == '年') =>
            {
                chars[at - 1] = '令';
                guessed = true;
            }
            '太' | '穴' | '大'
                if before.is_some_and(|c| matches!(c, '年' | '月' | '十')) && matches!(next, Some('月' | '日')) =>
            {
                chars[at] = '六';
                guessed = true;
            }
            _ => {}
        }
    }
    guessed |= lost_zeros(&mut chars);
    (chars.into_iter().collect(), guessed)
}

/// A zero with a stroke or a dot is read as 9, 6 or 8: the first of two digits of a month, a day or a year of this era is
/// one where nothing else can be.
fn lost_zeros(chars: &mut [char]) -> bool {
    let mut found = false;
    for at in 1..chars.len().saturating_sub(1) {
        let (Some(tens), Some(ones)) = (chars[at].to_digit(10), chars[at + 1].to_digit(10)) else { continue };
        let mut before = chars[..at].iter().rev().filter(|c| **c != ' ');
        let after = chars[at + 2..].iter().find(|c| **c != ' ');
        let most = match (before.next(), after) {
            (Some('和'), Some('年')) if before.next() == Some(&'令') => 49,
            (Some('年'), Some('月')) => 12,
            (Some('月'), Some('日')) => 31,
            _ => continue,
        };
        if tens * 10 + ones > most && matches!(tens, 6 | 8 | 9) {
            chars[at] = '0';
            found = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_between_the_digits_of_a_day_are_digits() {
        for (text, repaired) in
            [("令和7年6月l5日", "令和7年6月15日"), ("2O25年6月15日", "2025年6月15日"), ("Officeの10月", "Officeの10月")]
        {
            assert_eq!(repair(text), (repaired.to_owned(), false));
        }
    }

    #[test]
    fn what_no_day_can_have_is_put_right_and_said() {
        for (text, repaired) in [
            ("信和7年8月25日", "令和7年8月25日"),
            ("令和六年七月太日", "令和六年七月六日"),
            ("令和96年93月62日", "令和06年03月02日"),
            ("令和96 年93 月62日", "令和06 年03 月02日"),
            ("2024年93月12日", "2024年03月12日"),
        ] {
            assert_eq!(repair(text), (repaired.to_owned(), true));
        }
        for text in ["昭和63年12月1日", "平成31年4月30日", "令和7年10月31日", "調和の取れた 大日本", "2024年13月40日"]
        {
            assert_eq!(repair(text), (text.to_owned(), false));
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
