//! What a phrase says: amounts of yen, fractions, numbers, days and names, in the forms in which documents write them.

use super::document::{folded, parts};
use jiff::civil::Date;
use std::fmt;

/// A value that a phrase has to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Yen(u64),
    Fraction(u64, u64),
    Number(u64),
    /// A number that a text of ours has in figures: the 41.1 of 41.1万円, or 411,000.
    Figure(u128),
    Day(Date),
    /// A name or another text. A name with another in brackets is two names, as documents rarely print them so.
    Text(String),
}

impl Wanted {
    /// The numbers that a text has in figures.
    pub(super) fn figures_of(text: &str) -> Vec<Wanted> {
        said(&parts(text), figures).into_iter().map(Wanted::Figure).collect()
    }

    /// Whether one of the parts of a phrase (after NFKC, with white space) says it.
    pub(super) fn is_said_by(&self, parts: &[String]) -> bool {
        match self {
            Wanted::Yen(yen) => said(parts, amounts).contains(&(u128::from(*yen) * ONE)),
            Wanted::Fraction(over, under) => {
                said(parts, fractions).iter().any(|(o, u)| o * u128::from(*under) == u * u128::from(*over) && *u > 0)
            }
            Wanted::Number(number) => said(parts, numbers).contains(&(u128::from(*number) * ONE)),
            Wanted::Figure(figure) => said(parts, figures).contains(figure) || said(parts, amounts).contains(figure),
            Wanted::Day(day) => parts.iter().any(|part| says_day(&folded(part), *day)),
            Wanted::Text(text) => {
                let names = folded(text);
                names
                    .split(['(', ')'])
                    .filter(|name| !name.is_empty())
                    .all(|name| parts.iter().any(|part| folded(part).contains(name)))
            }
        }
    }

    /// What the parts say in its stead; nothing for days and texts, which are not searched for.
    pub(super) fn said_instead(&self, parts: &[String]) -> Vec<String> {
        let whole = |value: u128| value / ONE;
        match self {
            Wanted::Yen(_) => {
                said(parts, amounts).into_iter().map(|yen| format!("{} yen", grouped(whole(yen)))).collect()
            }
            Wanted::Fraction(..) => {
                said(parts, fractions).into_iter().map(|(o, u)| format!("{}/{}", whole(o), whole(u))).collect()
            }
            Wanted::Number(_) => said(parts, numbers).into_iter().map(|number| whole(number).to_string()).collect(),
            Wanted::Figure(_) => said(parts, figures).into_iter().chain(said(parts, amounts)).map(decimal).collect(),
            Wanted::Day(_) | Wanted::Text(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Yen(yen) => write!(f, "{} yen", grouped(u128::from(*yen))),
            Wanted::Fraction(over, under) => write!(f, "{over}/{under} or {under}分の{over}"),
            Wanted::Number(number) => write!(f, "{number}"),
            Wanted::Figure(figure) => f.write_str(&decimal(*figure)),
            Wanted::Day(day) => f.write_str(&written_days(*day).join(" or ")),
            Wanted::Text(text) => write!(f, "{text:?}"),
        }
    }
}

fn said<T>(parts: &[String], what: impl Fn(&[Token]) -> Vec<T>) -> Vec<T> {
    parts.iter().flat_map(|part| what(&tokens(part))).collect()
}

/// 411000 as 411,000.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// 411000 × 1/10,000 as 41.1.
fn decimal(figure: u128) -> String {
    let decimals = format!("{:0DECIMALS$}", figure % ONE);
    let whole = grouped(figure / ONE);
    match decimals.trim_end_matches('0') {
        "" => whole,
        decimals => format!("{whole}.{decimals}"),
    }
}

// ---- numbers

/// Numbers are whole multiples of 1/10,000, so that 4.1万 is exact. With at most 12 digits and 億 nothing overflows.
const ONE: u128 = 10_000;
const LONGEST: usize = 12;
const DECIMALS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// In figures: 4.1, 411,000.
    Number(u128),
    /// One kanji: 一 to 九.
    Kanji(u128),
    /// 十, 百, 千.
    Small(u128),
    /// 万, 億.
    Large(u128),
    Other(char),
}

/// White space parts numbers and is nothing else.
fn tokens(part: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = part;
    while let Some(c) = rest.chars().next() {
        let length = number_length(rest);
        if length > 0 {
            // What is too long or too fine is no amount but a telephone number or the like.
            tokens.push(number(&rest[..length]).map_or(Token::Other('0'), Token::Number));
            rest = &rest[length..];
            continue;
        }
        let kanji = "一二三四五六七八九".chars().zip(1..).find(|(kanji, _)| *kanji == c);
        match (c, kanji) {
            (_, Some((_, value))) => tokens.push(Token::Kanji(value * ONE)),
            ('十', _) => tokens.push(Token::Small(10)),
            ('百', _) => tokens.push(Token::Small(100)),
            ('千', _) => tokens.push(Token::Small(1_000)),
            ('万', _) => tokens.push(Token::Large(10_000)),
            ('億', _) => tokens.push(Token::Large(100_000_000)),
            (c, _) if c.is_whitespace() => {}
            (c, _) => tokens.push(Token::Other(c)),
        }
        rest = &rest[c.len_utf8()..];
    }
    tokens
}

/// How many bytes of the number in figures that a text begins with: digits, groups of three after commas, decimals.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if end == 0 {
        return 0;
    }
    while bytes.get(end) == Some(&b',') && digits(end + 1) == 3 {
        end += 4;
    }
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    end
}

fn number(text: &str) -> Option<u128> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.replace(',', "");
    if whole.len() > LONGEST || decimals.len() > DECIMALS {
        return None;
    }
    format!("{whole}{decimals:0<DECIMALS$}").parse().ok()
}

/// The number of figures and kanji that the tokens begin with, and how many they are: 41万1千, 4.1万, 三千, 千.
fn numeral(tokens: &[Token]) -> Option<(u128, usize)> {
    let (mut total, mut below_large, mut last) = (0, 0, None);
    let mut used = 0;
    for token in tokens {
        match *token {
            Token::Number(value) | Token::Kanji(value) if last.is_none() => last = Some(value),
            Token::Small(unit) => below_large += last.take().unwrap_or(ONE) * unit,
            Token::Large(unit) => {
                below_large += last.take().unwrap_or(0);
                total += if below_large == 0 { ONE } else { below_large } * unit;
                below_large = 0;
            }
            _ => break,
        }
        used += 1;
    }
    (used > 0).then(|| (total + below_large + last.unwrap_or(0), used))
}

/// Where numerals may begin: not in the middle of one, and not in 数千円.
fn numerals(tokens: &[Token]) -> impl Iterator<Item = (usize, u128, usize)> {
    (0..tokens.len()).filter_map(|at| {
        let inside = match (at.checked_sub(1).and_then(|before| tokens.get(before)), tokens.get(at)) {
            (Some(Token::Small(_) | Token::Large(_) | Token::Other('数' | '何')), _) => true,
            // Two numbers in figures side by side have white space between them.
            (Some(Token::Number(_) | Token::Kanji(_)), Some(Token::Number(_))) => false,
            (Some(Token::Number(_) | Token::Kanji(_)), _) => true,
            _ => false,
        };
        if inside { None } else { numeral(&tokens[at..]).map(|(value, used)| (at, value, at + used)) }
    })
}

/// Every amount of yen: 41.1万円, 411,000円, 41万1千円, 千円, ¥411,000.
fn amounts(tokens: &[Token]) -> Vec<u128> {
    numerals(tokens)
        .filter(|(at, _, end)| {
            tokens.get(*end) == Some(&Token::Other('円'))
                || at.checked_sub(1).is_some_and(|before| tokens[before] == Token::Other('¥'))
        })
        .map(|(_, value, _)| value)
        .collect()
}

/// Every fraction: 1/2, 2分の1, ½ (which NFKC makes 1⁄2).
fn fractions(tokens: &[Token]) -> Vec<(u128, u128)> {
    let slash = |at: usize| matches!(tokens.get(at), Some(Token::Other('/' | '⁄')));
    let whole = |value: u128| value.is_multiple_of(ONE);
    let mut fractions = Vec::new();
    for (at, first, end) in numerals(tokens) {
        let (second_at, is_slash) = match tokens.get(end..) {
            Some([Token::Other('分'), Token::Other('の'), ..]) => (end + 2, false),
            _ if slash(end) => (end + 1, true),
            _ => continue,
        };
        let Some((second, used)) = numeral(&tokens[second_at..]) else { continue };
        // 2026/1/31 is a day.
        if is_slash && (slash(second_at + used) || at.checked_sub(1).is_some_and(slash)) {
            continue;
        }
        if whole(first) && whole(second) {
            fractions.push(if is_slash { (first, second) } else { (second, first) });
        }
    }
    fractions
}

/// Every number in figures. Kanji are left out: 一 is in 一部 and 統一.
fn figures(tokens: &[Token]) -> Vec<u128> {
    tokens.iter().filter_map(|token| if let Token::Number(value) = token { Some(*value) } else { None }).collect()
}

/// Every whole number in figures.
fn numbers(tokens: &[Token]) -> Vec<u128> {
    figures(tokens).into_iter().filter(|value| value.is_multiple_of(ONE)).collect()
}

// ---- days

/// The forms in which documents write a day, folded.
fn written_days(day: Date) -> Vec<String> {
    let (year, month, date) = (day.year(), day.month(), day.day());
    let mut forms = vec![format!("{year}年{month}月{date}日")];
    // 2019 is both 平成31年 and 令和元年.
    let eras = [("令和", "R", year - 2018, year >= 2019), ("平成", "H", year - 1988, (1989..=2019).contains(&year))];
    for (era, letter, of_era, _) in eras.into_iter().filter(|(_, _, _, is_in)| *is_in) {
        let of_era_text = if of_era == 1 { "元".to_owned() } else { of_era.to_string() };
        forms.push(format!("{era}{of_era_text}年{month}月{date}日"));
        forms.push(format!("{era}{of_era_text}年({year}年){month}月{date}日"));
        forms.push(format!("{year}年({era}{of_era_text}年){month}月{date}日"));
        forms.push(format!("{letter}{of_era}.{month}.{date}"));
    }
    forms.extend([day.to_string(), format!("{year}/{month}/{date}"), format!("{year}.{month}.{date}")]);
    forms
}

/// Whether a folded text says the day, and not as a piece of something longer.
fn says_day(text: &str, day: Date) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric();
    written_days(day).iter().any(|form| {
        text.match_indices(form.as_str()).any(|(at, _)| {
            let before_is_free = !(form.starts_with(word) && text[..at].ends_with(word));
            let after_is_free = !(form.ends_with(word) && text[at + form.len()..].starts_with(word));
            before_is_free && after_is_free
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_amount_is_said_in_any_written_form_and_only_whole() {
        for (phrase, yen) in [
            ("補助限度額 41.1万円", 411_000),
            ("411,000円", 411_000),
            ("４１１，０００円", 411_000),
            ("411000 円", 411_000),
            ("41万1千円", 411_000),
            ("41万1,000円", 411_000),
            ("411千円", 411_000),
            ("￥411,000-", 411_000),
            ("四十一万一千円", 411_000),
            ("病院 1 / 2 41.1 万円", 411_000),
            ("41.10万円", 411_000),
            ("千円未満の端数", 1_000),
            ("2千万円", 20_000_000),
            ("1.2億円", 120_000_000),
            ("1億2,000万円", 120_000_000),
            ("78.1万円（病院）／13万円", 130_000),
            ("1円未満", 1),
        ] {
            assert!(Wanted::Yen(yen).is_said_by(&parts(phrase)), "{phrase} {yen}");
        }
        for (phrase, yen) in [
            ("41.1万円", 11_000),
            ("41.1万円", 1_000),
            ("41万1千円", 1_000),
            ("41.15万円", 411_000),
            ("411,000回", 411_000),
            ("41万円", 411_000),
            ("42.9（中略）万円", 429_000),
            ("数千円", 1_000),
            ("1,411,000円", 411_000),
            ("0120411000円", 411_000),
            ("0.00001円", 0),
        ] {
            assert!(!Wanted::Yen(yen).is_said_by(&parts(phrase)), "{phrase} {yen}");
        }
    }

    #[test]
    fn a_fraction_is_said_with_a_stroke_or_with_分の() {
        for (phrase, over, under) in [
            ("病院 1 / 2 41.1万円", 1, 2),
            ("３／４の補助", 3, 4),
            ("4分の3以内", 3, 4),
            ("二分の一", 1, 2),
            ("½", 1, 2),
            ("10分の10", 1, 1),
        ] {
            assert!(Wanted::Fraction(over, under).is_said_by(&parts(phrase)), "{phrase}");
        }
        for (phrase, over, under) in
            [("11/2", 1, 2), ("1/20", 1, 2), ("2026/1/2", 1, 2), ("1/2/2026", 1, 2), ("2分の1", 2, 1), ("1/0", 1, 2)]
        {
            assert!(!Wanted::Fraction(over, under).is_said_by(&parts(phrase)), "{phrase}");
        }
    }

    #[test]
    fn a_number_is_said_in_figures() {
        let said = |phrase: &str, number| Wanted::Number(number).is_said_by(&parts(phrase));
        assert!(said("経過措置(2)・(4)・(6)が", 4) && said("②、④", 2) && said("2,4,6", 6) && said("２　４", 2));
        assert!(!said("経過措置(24)", 2) && !said("4.1万円", 4) && !said("一部", 1) && !said("2,400", 400));
    }

    #[test]
    fn the_figures_of_a_text_are_said_as_they_are_or_as_yen() {
        let phrase = parts("病院 カードリーダー1台 210.1万円");
        let unsaid = |text: &str| {
            let unsaid: Vec<Wanted> = Wanted::figures_of(text).into_iter().filter(|w| !w.is_said_by(&phrase)).collect();
            unsaid.iter().map(Wanted::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(unsaid("病院は、１台なら210.1万円まで（2,101,000円）"), "");
        assert_eq!(unsaid("2 readers: 2,002,000 yen, 210.1 or 0.5"), "2 2,002,000 0.5");
    }

    #[test]
    fn a_day_is_said_in_western_form_or_in_its_era() {
        for (phrase, day) in [
            ("令和 8 年 1 月 31 日まで", date(2026, 1, 31)),
            ("令和６年（2024年）12月2日の", date(2024, 12, 2)),
            ("2024年(令和6年)12月2日", date(2024, 12, 2)),
            ("2026年1月31日", date(2026, 1, 31)),
            ("2026-01-31", date(2026, 1, 31)),
            ("2026/1/31", date(2026, 1, 31)),
            ("2026.1.31", date(2026, 1, 31)),
            ("Ｒ８．１．３１", date(2026, 1, 31)),
            ("令和元年5月1日", date(2019, 5, 1)),
            ("平成31年4月30日", date(2019, 4, 30)),
            ("平成元年4月1日", date(1989, 4, 1)),
        ] {
            assert!(Wanted::Day(day).is_said_by(&parts(phrase)), "{phrase}");
        }
        for (phrase, day) in [
            ("令和8年1月31日", date(2026, 1, 3)),
            ("令和8年11月3日", date(2026, 1, 3)),
            ("令和18年1月31日", date(2026, 1, 31)),
            ("2026/1/31", date(2026, 1, 3)),
            ("令和8年（中略）1月31日", date(2026, 1, 31)),
            ("1月31日", date(2026, 1, 31)),
        ] {
            assert!(!Wanted::Day(day).is_said_by(&parts(phrase)), "{phrase}");
        }
    }

    #[test]
    fn a_name_and_the_one_in_its_brackets_are_said_each() {
        let said = |phrase: &str, text: &str| Wanted::Text(text.to_owned()).is_said_by(&parts(phrase));
        let name = "居宅同意取得型（地域診療情報連携推進費補助金）";
        assert!(said("居宅同意取得型の資格確認に対する財政支援 (地域診療情報 連携推進費補助金)", name));
        assert!(said("居宅同意取得型の（中略）地域診療情報連携推進費補助金", name));
        assert!(!said("居宅同意取得型の資格確認に対する財政支援", name));
        assert!(said("キヤノン　Ｈｉ－ＣＡＲＡ", "Hi-CARA") && !said("hi-cara", "Hi-CARA"));
    }

    #[test]
    fn what_is_wanted_and_what_is_said_instead_are_shown() {
        let day = "2025年2月1日 or 令和7年2月1日 or 令和7年(2025年)2月1日 or 2025年(令和7年)2月1日 or R7.2.1 or 2025-02-01 \
                   or 2025/2/1 or 2025.2.1";
        for (wanted, shown, phrase, instead) in [
            (Wanted::Yen(1_411_000), "1,411,000 yen", "78.1万円／13万円", "781,000 yen, 130,000 yen"),
            (Wanted::Yen(1), "1 yen", "13万", ""),
            (Wanted::Fraction(3, 4), "3/4 or 4分の3", "補助率 1/2", "1/2"),
            (Wanted::Number(5), "5", "(2)・(4)", "2, 4"),
            (Wanted::Figure(422_500), "42.25", "1台 210.1万円", "1, 210.1, 2,101,000"),
            (Wanted::Day(date(2025, 2, 1)), day, "令和7年2月2日", ""),
            (Wanted::Text("Caora".to_owned()), "\"Caora\"", "Hi-CARA", ""),
        ] {
            assert_eq!(wanted.to_string(), shown);
            assert_eq!(wanted.said_instead(&parts(phrase)).join(", "), instead, "{shown}");
        }
    }
}
