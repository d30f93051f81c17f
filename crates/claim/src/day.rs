//! Days in Japan: from instants, from every written form, and in 和暦.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::{Offset, TimeZone};

/// Japan's time, the same all year and since 1951.
const JAPAN: Offset = Offset::constant(9);

pub(crate) fn japan() -> TimeZone {
    TimeZone::fixed(JAPAN)
}

/// The day in Japan on which `at` falls, whatever offset it was written with.
pub fn day_in_japan(at: Timestamp) -> Date {
    JAPAN.to_datetime(at).date()
}

/// The last day of the month of `day`.
pub fn last_day_of_month(day: Date) -> Date {
    day.last_of_month()
}

struct Era {
    kanji: &'static str,
    letter: char,
    first: Date,
    /// The last day, or `None` while it goes on.
    last: Option<Date>,
}

/// The eras by their first days (domain.md 7).
const ERAS: [Era; 5] = [
    Era { kanji: "令和", letter: 'R', first: date(2019, 5, 1), last: None },
    Era { kanji: "平成", letter: 'H', first: date(1989, 1, 8), last: Some(date(2019, 4, 30)) },
    Era { kanji: "昭和", letter: 'S', first: date(1926, 12, 25), last: Some(date(1989, 1, 7)) },
    Era { kanji: "大正", letter: 'T', first: date(1912, 7, 30), last: Some(date(1926, 12, 24)) },
    Era { kanji: "明治", letter: 'M', first: date(1868, 1, 25), last: Some(date(1912, 7, 29)) },
];

/// Why a text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// None of the written forms.
    #[error("found {found:?}, expected a day such as 令和8年1月31日, R8.1.31, 2026年1月31日 or 2026-01-31")]
    Form {
        /// What stood there.
        found: String,
    },
    /// The form is right, but there is no such day.
    #[error("found {found:?}, which is no day of the calendar; check year, month and day")]
    NoSuchDay {
        /// What stood there.
        found: String,
    },
    /// The day lies outside the era that it is written with.
    #[error("found {found:?}, but {era} lasts from {first} to {last}; check the era and its year")]
    OutsideEra {
        /// What stood there.
        found: String,
        /// The era.
        era: &'static str,
        /// Its first day.
        first: Date,
        /// Its last day, or `now`.
        last: String,
    },
}

/// 和暦 as notices write it: `令和8年1月31日`, `令和元年5月1日`. Days before 明治 are given in western form.
pub fn wareki(day: Date) -> String {
    match ERAS.iter().find(|era| day >= era.first) {
        Some(era) => {
            let year = day.year() - era.first.year() + 1;
            let year = if year == 1 { "元".to_owned() } else { year.to_string() };
            format!("{}{year}年{}月{}日", era.kanji, day.month(), day.day())
        }
        None => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
    }
}

/// 和暦 for narrow columns: `R8.1.31`.
pub fn wareki_short(day: Date) -> String {
    match ERAS.iter().find(|era| day >= era.first) {
        Some(era) => format!("{}{}.{}.{}", era.letter, day.year() - era.first.year() + 1, day.month(), day.day()),
        None => day.to_string(),
    }
}

/// The day that a whole text says, in any written form (domain.md 7): 和暦 with kanji or letter eras, 元年, inner spaces,
/// dots, slashes or hyphens, western years, and eight digits. Text is folded (NFKC) first; kanji numerals count.
pub fn parse_day(text: &str) -> Result<Date, DayError> {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = text.nfkc().collect();
    let trimmed = folded.trim();
    match parse_day_prefix(trimmed) {
        Some((day, used)) if trimmed[used..].trim().is_empty() => day,
        _ => Err(DayError::Form { found: text.to_owned() }),
    }
}

/// The first day in a folded (NFKC) text, with the bytes it stands in. A text of the right form that is no day of the
/// calendar, or outside its era, is passed over: a person's eye would not take it for a date either.
pub fn find_day(text: &str) -> Option<(std::ops::Range<usize>, Date)> {
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        // Never in the middle of a longer number, such as a telephone number.
        let inside_number =
            before.is_some_and(|b| b.is_ascii_digit() || matches!(b, '-' | '/' | '.')) && c.is_ascii_digit();
        if !inside_number && let Some((Ok(day), used)) = parse_day_prefix(&text[at..]) {
            let end = at + used;
            let number_goes_on = text[..end].ends_with(|c: char| c.is_ascii_digit())
                && text[end..].starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '/'));
            if !number_goes_on {
                return Some((at..end, day));
            }
        }
        before = Some(c);
    }
    None
}

/// The day with which a folded (NFKC) text begins and how many bytes it takes; `None` when the text does not begin with
/// the form of a day, an error inside when it does but there is no such day.
pub fn parse_day_prefix(text: &str) -> Option<(Result<Date, DayError>, usize)> {
    let mut scan = Scan { text, at: 0, last_digits: 0 };
    let era = scan.era();
    scan.spaces();
    let year = match era {
        Some(_) if scan.take('元') => 1,
        _ => scan.number()?,
    };
    let year_digits = scan.last_digits;
    scan.spaces();
    let (month, day);
    if scan.take('年') {
        scan.spaces();
        month = scan.number()?;
        scan.spaces();
        scan.take('月').then_some(())?;
        scan.spaces();
        day = scan.number()?;
        scan.spaces();
        scan.take('日').then_some(())?;
    } else if era.is_none() && year_digits == 8 {
        month = year / 100 % 100;
        day = year % 100;
        let used = scan.at;
        return Some((calendar_day(&text[..used], year / 10_000, month, day), used));
    } else {
        let separator = scan.one_of(&['.', '/', '-', '．', '・', ','])?;
        scan.spaces();
        month = scan.number()?;
        scan.spaces();
        scan.take(separator).then_some(())?;
        scan.spaces();
        day = scan.number()?;
        if era.is_none() && year_digits != 4 {
            return None;
        }
    }
    if era.is_none() && year_digits != 4 {
        return None;
    }
    let written = &text[..scan.at];
    let result = match era {
        None => calendar_day(written, year, month, day),
        Some(era) => {
            let western = i64::from(era.first.year()) - 1 + year;
            calendar_day(written, western, month, day).and_then(|day| {
                if year >= 1 && day >= era.first && era.last.is_none_or(|last| day <= last) {
                    Ok(day)
                } else {
                    Err(DayError::OutsideEra {
                        found: written.to_owned(),
                        era: era.kanji,
                        first: era.first,
                        last: era.last.map_or_else(|| "now".to_owned(), |last| last.to_string()),
                    })
                }
            })
        }
    };
    Some((result, scan.at))
}

fn calendar_day(written: &str, year: i64, month: i64, day: i64) -> Result<Date, DayError> {
    let no_such_day = || DayError::NoSuchDay { found: written.to_owned() };
    let part = |n: i64| i8::try_from(n).map_err(|_| no_such_day());
    let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year)).ok_or_else(no_such_day)?;
    Date::new(year, part(month)?, part(day)?).map_err(|_| no_such_day())
}

/// The day of the six digits of a 全銀 file: 和暦 year, month and day without an era. The latest era in which there is
/// such a day not after `not_after` is meant (`310430` is 2019-04-30, `010501` is 2019-05-01, `640107` is 1989-01-07).
pub fn parse_zengin_day(text: &str, not_after: Date) -> Result<Date, DayError> {
    let form = || DayError::Form { found: text.to_owned() };
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(form());
    }
    let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().map_err(|_| form());
    let (year, month, day) = (part(0..2)?, part(2..4)?, part(4..6)?);
    ERAS.iter()
        .filter_map(|era| {
            let western = i64::from(era.first.year()) - 1 + year;
            let day = calendar_day(text, western, month, day).ok()?;
            (year >= 1 && day >= era.first && era.last.is_none_or(|last| day <= last) && day <= not_after)
                .then_some(day)
        })
        .next()
        .ok_or_else(|| DayError::NoSuchDay { found: text.to_owned() })
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// How many digits the last number was written with.
    last_digits: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, c: char) -> bool {
        let there = self.rest().starts_with(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    fn one_of(&mut self, chars: &[char]) -> Option<char> {
        chars.iter().copied().find(|c| self.take(*c))
    }

    fn era(&mut self) -> Option<&'static Era> {
        let rest = self.rest();
        let bracketed = rest.starts_with('(');
        let inner = if bracketed { &rest[1..] } else { rest };
        for era in &ERAS {
            let short = &era.kanji[..3];
            let used = if inner.starts_with(era.kanji) {
                era.kanji.len()
            } else if inner.starts_with(short) {
                short.len()
            } else if inner.starts_with([era.letter, era.letter.to_ascii_lowercase()]) {
                1
            } else {
                continue;
            };
            let after = inner[used..].trim_start_matches([' ', '.']);
            if bracketed && !after.starts_with(')') {
                return None;
            }
            // `S` or `T` begins many words: an era is followed by a year.
            let after = if bracketed { after[1..].trim_start() } else { after };
            if !after.starts_with(|c: char| c.is_ascii_digit() || c == '元' || kanji_digit(c).is_some() || c == '十')
            {
                return None;
            }
            self.at = self.text.len() - after.len();
            return Some(era);
        }
        None
    }

    /// A number in ASCII digits (up to eight) or kanji (`二十七`, `二〇二六`).
    fn number(&mut self) -> Option<i64> {
        let rest = self.rest();
        let ascii = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if ascii > 0 {
            self.at += ascii;
            self.last_digits = ascii;
            return (ascii <= 8).then(|| rest[..ascii].parse().ok()).flatten();
        }
        let (mut total, mut current, mut used, mut digits) = (0i64, None::<i64>, 0, 0);
        for c in rest.chars() {
            if let Some(digit) = kanji_digit(c) {
                // Positional writing: 二〇二六.
                current = Some(current.map_or(digit, |n| n * 10 + digit));
                digits += 1;
            } else if c == '十' {
                total += current.take().unwrap_or(1) * 10;
                digits += 1;
            } else {
                break;
            }
            used += c.len_utf8();
            if digits > 8 {
                return None;
            }
        }
        if used == 0 {
            return None;
        }
        self.at += used;
        self.last_digits = digits;
        Some(total + current.unwrap_or(0))
    }
}

fn kanji_digit(c: char) -> Option<i64> {
    "〇一二三四五六七八九".chars().position(|k| k == c).and_then(|n| i64::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_written_form_of_the_sources_is_read() {
        for (text, day) in [
            ("令和元年5月22日", "2019-05-22"),
            ("令和 5 年 12 月 26 日", "2023-12-26"),
            ("令和8年1月31日", "2026-01-31"),
            ("H16.12.1", "2004-12-01"),
            ("平16.12.1", "2004-12-01"),
            ("平成16.12.1", "2004-12-01"),
            ("昭47. 3. 1", "1972-03-01"),
            ("平元. 9. 1", "1989-09-01"),
            ("令5. 10. 23", "2023-10-23"),
            ("R02.06.23", "2020-06-23"),
            ("令02.06.23", "2020-06-23"),
            ("令和６年４月１日", "2024-04-01"),
            ("Ｒ８．１．３１", "2026-01-31"),
            ("R8.1.31", "2026-01-31"),
            ("r8/1/31", "2026-01-31"),
            ("R 8. 1.31", "2026-01-31"),
            ("㋿8年1月31日", "2026-01-31"),
            ("(令和)8年1月31日", "2026-01-31"),
            ("令和七年十二月二十日", "2025-12-20"),
            ("二〇二五年十二月二十日", "2025-12-20"),
            ("2026年1月31日", "2026-01-31"),
            ("2026 年 01 月 31 日", "2026-01-31"),
            ("2026-01-31", "2026-01-31"),
            ("2026/1/31", "2026-01-31"),
            ("2026.1.31", "2026-01-31"),
            ("20260131", "2026-01-31"),
            (" 2026年2月28日 ", "2026-02-28"),
            ("M45.7.29", "1912-07-29"),
            ("大正15年12月24日", "1926-12-24"),
            ("昭和元年12月25日", "1926-12-25"),
        ] {
            assert_eq!(parse_day(text).map(|d| d.to_string()), Ok(day.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused_with_the_reason() {
        for text in
            ["", "令和", "8.1.31", "令和8年1月", "2026年", "26/1/31", "T1234567890123", "2026-01", "きのう", "R8.1/31"]
        {
            assert!(matches!(parse_day(text), Err(DayError::Form { .. })), "{text}: {:?}", parse_day(text));
        }
        for text in ["令和8年2月29日", "2026-13-01", "2026年4月31日", "20260230", "R8.0.1", "9999999-1-1"] {
            assert!(parse_day(text).is_err(), "{text}");
        }
        for text in ["平成31年5月1日", "令和元年4月30日", "昭和64年1月8日", "令和0年5月1日"] {
            let error = parse_day(text).unwrap_err();
            assert!(matches!(error, DayError::OutsideEra { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn the_edges_of_the_eras_are_written_right() {
        for (day, long, short) in [
            ("2026-01-31", "令和8年1月31日", "R8.1.31"),
            ("2019-05-01", "令和元年5月1日", "R1.5.1"),
            ("2019-04-30", "平成31年4月30日", "H31.4.30"),
            ("1989-01-08", "平成元年1月8日", "H1.1.8"),
            ("1989-01-07", "昭和64年1月7日", "S64.1.7"),
        ] {
            let parsed: Date = day.parse().unwrap();
            assert_eq!(wareki(parsed), long);
            assert_eq!(wareki_short(parsed), short);
        }
    }

    #[test]
    fn bank_file_days_without_an_era_are_told_by_the_calendar() {
        let now = date(2026, 11, 20);
        for (text, day) in [
            ("310430", "2019-04-30"),
            ("010501", "2019-05-01"),
            ("640107", "1989-01-07"),
            ("010108", "1989-01-08"),
            ("070101", "2025-01-01"),
            ("200101", "2008-01-01"),
        ] {
            assert_eq!(parse_zengin_day(text, now).map(|d| d.to_string()), Ok(day.to_owned()), "{text}");
        }
        assert!(parse_zengin_day("000101", now).is_err());
        assert!(parse_zengin_day("0701", now).is_err());
    }

    #[test]
    fn a_day_is_found_inside_a_line_but_not_inside_a_number() {
        let found = |text: &str| find_day(text).map(|(range, day)| (text[range].to_owned(), day.to_string()));
        assert_eq!(found("発行日: 令和7年6月15日 No.12"), Some(("令和7年6月15日".into(), "2025-06-15".into())));
        assert_eq!(found("2025/06/15 10:22"), Some(("2025/06/15".into(), "2025-06-15".into())));
        assert_eq!(found("TEL 03-3591-7441"), None);
        assert_eq!(found("登録番号 T7000012050002"), None);
        assert_eq!(found("No. 202506150001"), None);
    }

    #[test]
    fn a_day_is_a_day_in_japan_whatever_the_offset() {
        for (at, day) in [
            ("2026-01-31T14:59:59Z", "2026-01-31"),
            ("2026-01-31T15:00:00Z", "2026-02-01"),
            ("2026-01-31T23:59:59+09:00", "2026-01-31"),
            ("2026-01-31T09:59:59-05:00", "2026-01-31"),
            ("2026-01-31T10:00:00-05:00", "2026-02-01"),
        ] {
            assert_eq!(day_in_japan(at.parse().unwrap()).to_string(), day, "{at}");
        }
    }

    proptest! {
        #[test]
        fn every_day_reads_back_from_what_is_written(offset in 0i32..57_000) {
            let day = date(1868, 1, 25).checked_add(jiff::Span::new().days(offset)).unwrap();
            prop_assert_eq!(parse_day(&wareki(day)), Ok(day));
            prop_assert_eq!(parse_day(&wareki_short(day)), Ok(day));
            prop_assert_eq!(parse_day(&day.to_string()), Ok(day));
        }

        #[test]
        fn no_text_brings_the_reader_down(text in r"\PC{0,40}") {
            let _ = parse_day(&text);
            let _ = find_day(&text);
        }
    }
}
