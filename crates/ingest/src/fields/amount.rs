//! Written amounts of yen: `￥143,000-`, `143,000円`, `金壱拾四万参千円也`, `14万3千円`, and what OCR makes of them.
//!
//! Text is folded (NFKC) before it comes here. An amount is found only where a reader would see one: not in dates,
//! telephone numbers, counts (`2台`) or rates (`10%`). What looks like an amount and is none (negative, fractional,
//! badly grouped) is reported as such, never repaired into something else.

use claim::Yen;
use rust_decimal::Decimal;
use std::ops::Range;

/// An amount and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) yen: Yen,
    /// In the text that was searched; sign of yen and 円 included.
    pub(super) range: Range<usize>,
    /// `¥` before it or `円` after it.
    pub(super) marked: bool,
    /// As on the main line of a receipt: `金…也`, `¥…-`, `★¥…`.
    pub(super) formal: bool,
    /// With separators of thousands.
    pub(super) grouped: bool,
    /// Letters were taken for digits, or spaces for separators.
    pub(super) repaired: bool,
}

/// Why something that looks like an amount is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `▲1,000`, `-1,000`.
    Negative,
    /// `100.5`.
    Fraction,
    /// `1,43,000`.
    Grouping,
    /// More than [`Yen::MAX`].
    TooLarge,
}

/// Something that looks like an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Amount(Amount),
    Refused(Range<usize>, Refusal),
}

impl Written {
    fn range(&self) -> &Range<usize> {
        match self {
            Written::Amount(amount) => &amount.range,
            Written::Refused(range, _) => range,
        }
    }
}

/// What a text that should be an amount and nothing else is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// Nothing, or a dash.
    Blank,
    Amount(Amount),
    Refused(Refusal),
    /// Text.
    Words,
}

/// All that look like amounts, from left to right. `noisy`: the text comes from OCR.
pub(super) fn find(text: &str, noisy: bool) -> Vec<Written> {
    let scan = Scan { chars: text.char_indices().collect(), end: text.len(), noisy };
    let mut found = Vec::new();
    let mut at = 0;
    while at < scan.chars.len() {
        match scan.start(at) {
            Step::Found(written, next) => {
                found.push(written);
                at = next.max(at + 1);
            }
            Step::Skip(next) => at = next.max(at + 1),
            Step::No => at += 1,
        }
    }
    found
}

/// The amounts of a text, without those refused.
pub(super) fn amounts(text: &str, noisy: bool) -> Vec<Amount> {
    find(text, noisy)
        .into_iter()
        .filter_map(|written| match written {
            Written::Amount(amount) => Some(amount),
            Written::Refused(..) => None,
        })
        .collect()
}

/// What `text`, which should be an amount and nothing else, is.
pub(super) fn whole(text: &str, noisy: bool) -> Whole {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if bare.chars().all(|c| matches!(c, '-' | 'ー' | '―' | '—' | '─' | '_' | '*' | '/' | '.')) {
        return Whole::Blank;
    }
    // Bookkeepers put negative amounts in brackets.
    if let Some(inner) = bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return match whole(inner, noisy) {
            Whole::Amount(_) => Whole::Refused(Refusal::Negative),
            other => other,
        };
    }
    let found = find(text, noisy);
    let [written] = found.as_slice() else { return Whole::Words };
    let range = written.range();
    let rest = format!("{}{}", &text[..range.start], &text[range.end..]);
    let decoration = |c: char| c.is_whitespace() || "()*※★-ー.,|税込計".contains(c);
    match written {
        Written::Refused(_, refusal) => Whole::Refused(*refusal),
        Written::Amount(_) if !rest.chars().all(decoration) => Whole::Words,
        Written::Amount(amount) => Whole::Amount(amount.clone()),
    }
}

/// A quantity or unit price: a decimal number in any of the written forms, its unit dropped. `一式` is 1.
pub(super) fn decimal(text: &str, noisy: bool) -> Option<Decimal> {
    let mut bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if noisy {
        bare = bare.replace(['l', 'I', '|'], "1").replace(['O', 'o'], "0");
    }
    let bare = bare.trim_start_matches(['¥', '\\', '@', '×', 'x']).replace(',', "");
    if matches!(bare.as_str(), "一式" | "1式" | "式" | "一" | "ー式" | "-式") {
        return Some(Decimal::ONE);
    }
    let used = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
    let unit = &bare[used..];
    let unit_fits = unit.chars().count() <= 3 && !unit.chars().any(|c| c.is_ascii_digit() || c == '%');
    if used == 0 || !unit_fits {
        return match whole(text, noisy) {
            Whole::Amount(amount) => Some(Decimal::from(amount.yen.get())),
            _ => None,
        };
    }
    bare[..used].trim_end_matches('.').parse().ok()
}

enum Step {
    Found(Written, usize),
    /// A number that is no amount: go on behind it.
    Skip(usize),
    No,
}

struct Scan {
    chars: Vec<(usize, char)>,
    end: usize,
    noisy: bool,
}

/// A number as read.
struct Number {
    value: Option<i64>,
    next: usize,
    grouped: bool,
    repaired: bool,
    /// In Arabic digits, at least in part.
    arabic: bool,
    /// `Fraction` or `Grouping` when it is not a whole number.
    refused: Option<Refusal>,
}

impl Scan {
    fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).map(|(_, c)| *c)
    }

    fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.at(at))
    }

    fn byte(&self, at: usize) -> usize {
        self.chars.get(at).map_or(self.end, |(byte, _)| *byte)
    }

    fn spaces(&self, mut at: usize) -> usize {
        while self.at(at) == Some(' ') {
            at += 1;
        }
        at
    }

    fn is_yen_sign(&self, at: usize) -> bool {
        match self.at(at) {
            Some('¥' | '\\') => true,
            // What OCR makes of the sign, only right before a digit.
            Some('半' | '羊' | 'Y') if self.noisy => {
                let real = |at: usize| self.at(at).is_some_and(|c| c.is_ascii_digit());
                (real(at + 1) || (self.digit(at + 1).is_some() && real(at + 2)))
                    && !self.before(at).is_some_and(|c| c.is_alphanumeric())
            }
            _ => false,
        }
    }

    /// Tries to read an amount from `at`.
    fn start(&self, at: usize) -> Step {
        let mut next = at;
        let mut negative = false;
        let mut formal = false;
        let mut marked = false;
        match self.at(at) {
            Some('▲' | '△' | '▼') => {
                negative = true;
                next = self.spaces(at + 1);
            }
            Some('-') if !self.before(at).is_some_and(|c| c.is_alphanumeric() || c == ')') => {
                negative = true;
                next = at + 1;
            }
            Some('金') if !self.before(at).is_some_and(is_letter) => {
                formal = true;
                next = self.spaces(at + 1);
            }
            _ => {}
        }
        if self.is_yen_sign(next) {
            marked = true;
            next += 1;
            while self.is_yen_sign(next) || self.at(next) == Some(' ') {
                next += 1;
            }
            if matches!(self.at(next), Some('-' | '▲' | '△')) {
                negative = true;
                next += 1;
            }
        }
        let begin = next;
        let Some(number) = self.number(begin, marked) else { return Step::No };
        if !marked && !formal && !negative && self.glued_before(begin) {
            return Step::Skip(number.next);
        }
        let mut next = number.next;
        let unit = if matches!(self.at(self.spaces(next)), Some('円' | '圓')) { self.spaces(next) } else { next };
        if matches!(self.at(unit), Some('円' | '圓')) {
            marked = true;
            next = unit + 1;
            if matches!(self.at(self.spaces(next)), Some('也')) {
                next = self.spaces(next) + 1;
                formal = true;
            }
        } else if self.at(self.spaces(next)) == Some('也') {
            next = self.spaces(next) + 1;
            formal = true;
        } else if !marked && !formal && self.glued_after(next) {
            return Step::Skip(next);
        }
        if marked
            && matches!(self.at(next), Some('-' | 'ー' | '―' | '—' | '─' | '.'))
            && !self.at(next + 1).is_some_and(|c| c.is_ascii_digit())
        {
            formal |= self.at(next) != Some('.');
            next += 1;
        }
        // A kanji numeral alone is a word (一式): it needs a sign of money.
        if !number.arabic && !marked && !formal {
            return Step::Skip(next);
        }
        formal |= marked && matches!(self.before(at), Some('★' | '*' | '※'));
        let range = self.byte(at)..self.byte(next);
        let refused = |refusal| Step::Found(Written::Refused(range.clone(), refusal), next);
        if let Some(refusal) = number.refused {
            return refused(refusal);
        }
        if negative {
            return refused(Refusal::Negative);
        }
        let Some(yen) = number.value.and_then(|value| Yen::new(value).ok()) else { return refused(Refusal::TooLarge) };
        let (grouped, repaired) = (number.grouped, number.repaired);
        Step::Found(Written::Amount(Amount { yen, range, marked, formal, grouped, repaired }), next)
    }

    /// Whether a number that begins at `at` continues something before it that is no amount.
    fn glued_before(&self, at: usize) -> bool {
        let digit_before = |at: usize| self.before(at).is_some_and(|c| c.is_ascii_digit());
        match self.before(at) {
            Some('-' | '/' | '#' | '〒' | '第' | '@' | '_' | '~' | '〜') => true,
            Some(':' | '.' | ',') => digit_before(at - 1),
            Some('年' | '月') => true,
            Some(c) => c.is_ascii_alphanumeric(),
            None => false,
        }
    }

    /// Whether a number that ends at `at` goes on as something that is no amount.
    fn glued_after(&self, at: usize) -> bool {
        let Some(c) = self.at(at) else { return false };
        let then_digit = self.at(at + 1).is_some_and(|c| c.is_ascii_digit());
        match c {
            '-' | '/' | ':' | '.' | ',' | '~' | '〜' => then_digit,
            '%' | '℃' => true,
            ' ' => self.at(self.spaces(at)).is_some_and(|c| {
                matches!(c, '%' | '年' | '月' | '日' | '時' | '分' | '台' | '個' | '式' | '枚' | '階')
            }),
            c if c.is_ascii_alphabetic() => !(self.noisy && matches!(c, 'P' | 'R')),
            c => "年月日時分秒個台式本枚回件名人号番丁階室ヶケか箇カ度期条項倍点歳才巻種区条ポ行目割世型インGMKTB"
                .contains(c),
        }
    }

    /// The digit at `at`, and whether it had to be guessed.
    fn digit(&self, at: usize) -> Option<(char, bool)> {
        match self.at(at)? {
            c if c.is_ascii_digit() => Some((c, false)),
            'O' | 'o' | 'Q' if self.noisy => Some(('0', true)),
            'l' | 'I' | '|' if self.noisy => Some(('1', true)),
            _ => None,
        }
    }

    /// Exactly three digits at `at` and no fourth.
    fn three_digits(&self, at: usize) -> Option<(String, bool)> {
        let digits: Vec<(char, bool)> = (at..at + 3).map(|at| self.digit(at)).collect::<Option<_>>()?;
        // A guessed fourth counts only beside real ones: `143,000|` ends at a ruled line.
        let fourth = self.digit(at + 3).is_some_and(|(_, guessed)| !guessed);
        let real = digits.iter().any(|(_, guessed)| !guessed) || digits.iter().all(|(c, _)| *c == '0');
        (!fourth && real)
            .then(|| (digits.iter().map(|(c, _)| *c).collect(), digits.iter().any(|(_, guessed)| *guessed)))
    }

    /// Digits with separators of thousands from `at`.
    fn arabic(&self, at: usize, marked: bool) -> Option<(String, Number)> {
        let mut next = at;
        let mut digits = String::new();
        let (mut repaired, mut real) = (false, 0);
        while let Some((digit, guessed)) = self.digit(next) {
            digits.push(digit);
            repaired |= guessed;
            real += usize::from(!guessed);
            next += 1;
        }
        if digits.is_empty() || (real == 0 && !self.followed_by_group(next)) {
            return None;
        }
        // `|` or `l` before a number without a sign of yen is as likely a ruled line.
        if !marked && self.at(at).is_some_and(|c| !c.is_ascii_digit()) && self.before(at).is_some_and(is_letter) {
            return None;
        }
        if digits.len() == 1 {
            let mut end = next;
            let mut boxed = digits.clone();
            while self.at(end) == Some(' ')
                && let Some((digit, _)) = self.digit(end + 1)
                && self.digit(end + 2).is_none()
            {
                boxed.push(digit);
                end += 2;
            }
            if boxed.len() >= if marked { 3 } else { 4 } {
                let number =
                    Number { value: None, next: end, grouped: false, repaired: true, arabic: true, refused: None };
                return Some((boxed, number));
            }
        }
        let mut grouped = false;
        let mut refused = None;
        let mut style: Option<bool> = None;
        loop {
            let mut from = next;
            let mut only_spaces = true;
            while from - next < 3
                && let Some(c) = self.at(from)
            {
                let separator = match c {
                    ',' => true,
                    '、' | ' ' | '\'' => true,
                    '.' => self.noisy,
                    _ => false,
                };
                if !separator {
                    break;
                }
                only_spaces &= c == ' ';
                from += 1;
            }
            if from == next {
                break;
            }
            // A space alone separates thousands only in noisy text after a sign of yen, and in the whole number alike.
            let allowed = style.is_none_or(|spaces| spaces == only_spaces) && (!only_spaces || (self.noisy && marked));
            match self.three_digits(from).filter(|_| allowed) {
                Some((group, guessed)) => {
                    repaired |= guessed || only_spaces;
                    digits.push_str(&group);
                    style = Some(only_spaces);
                    grouped = true;
                    next = from + 3;
                }
                None => {
                    if matches!(self.at(next), Some(',')) && self.at(next + 1).is_some_and(|c| c.is_ascii_digit()) {
                        refused = Some(Refusal::Grouping);
                        while self.at(next).is_some_and(|c| c.is_ascii_digit() || c == ',') {
                            next += 1;
                        }
                    }
                    break;
                }
            }
        }
        if grouped {
            let groups_after = digits.len() - 1;
            // The first group has one to three digits.
            let first =
                self.chars[at..next].iter().take_while(|(_, c)| !matches!(c, ',' | '.' | '、' | ' ' | '\'')).count();
            if first > 3 || groups_after == 0 {
                refused = Some(Refusal::Grouping);
            }
        }
        Some((digits, Number { value: None, next, grouped, repaired, arabic: true, refused }))
    }

    fn followed_by_group(&self, at: usize) -> bool {
        matches!(self.at(at), Some(',' | '.')) && self.three_digits(at + 1).is_some()
    }

    /// A number in Arabic digits, kanji, or both (`14万3千`).
    fn number(&self, at: usize, marked: bool) -> Option<Number> {
        let mut out =
            Number { value: Some(0), next: at, grouped: false, repaired: false, arabic: false, refused: None };
        let (mut total, mut section) = (0i64, 0i64);
        let mut current: Option<i64> = None;
        let mut positional = false;
        let mut next = at;
        let mut last_unit = i64::MAX;
        let mut last_big = i64::MAX;
        let mut any = false;
        while let Some(c) = self.at(next) {
            if current.is_none()
                && let Some((digits, arabic)) = self.arabic(next, marked)
            {
                out.grouped |= arabic.grouped;
                out.repaired |= arabic.repaired;
                out.refused = out.refused.or(arabic.refused);
                out.arabic = true;
                next = arabic.next;
                any = true;
                positional = false;
                current = digits.parse().ok();
                if current.is_none() {
                    out.value = None;
                    current = Some(0);
                }
                if let Some((scaled, after)) = self.scaled_fraction(&digits, next) {
                    match scaled {
                        Scaled::Whole(part, unit) => {
                            section = section.checked_add(part).unwrap_or(0);
                            current = None;
                            total = total.saturating_add(section);
                            section = 0;
                            last_big = unit;
                        }
                        Scaled::Refused(refusal) => out.refused = out.refused.or(Some(refusal)),
                    }
                    next = after;
                }
            } else if let Some(digit) = kanji_digit(c) {
                if current.is_some() && !positional {
                    break;
                }
                // Positional writing: 一四三、〇〇〇.
                current = match current {
                    None => Some(digit),
                    Some(n) => n.checked_mul(10).and_then(|n| n.checked_add(digit)),
                };
                if current.is_none() {
                    out.value = None;
                    current = Some(0);
                }
                positional = true;
                any = true;
                next += 1;
            } else if let Some(unit) = small_unit(c) {
                if unit >= last_unit {
                    break;
                }
                let count = current.take().unwrap_or(1);
                section = count.checked_mul(unit).and_then(|n| section.checked_add(n)).unwrap_or(i64::MAX);
                last_unit = unit;
                positional = false;
                any = true;
                next += 1;
            } else if let Some(unit) = big_unit(c) {
                let count = section.saturating_add(current.take().unwrap_or(0));
                if count == 0 || unit >= last_big {
                    break;
                }
                match count.checked_mul(unit).and_then(|n| total.checked_add(n)) {
                    Some(sum) => total = sum,
                    None => out.value = None,
                }
                (section, last_unit, last_big, positional) = (0, i64::MAX, unit, false);
                next += 1;
            } else {
                let groups = matches!(c, '、' | ',')
                    && positional
                    && (1..=3).all(|ahead| self.at(next + ahead).is_some_and(|c| kanji_digit(c).is_some()));
                let spaced = c == ' '
                    && (positional || last_unit < i64::MAX || last_big < i64::MAX)
                    && self.is_numeral(next + 1);
                if !groups && !spaced {
                    break;
                }
                next += 1;
            }
        }
        if !any {
            return None;
        }
        out.next = next;
        out.value =
            out.value.and_then(|_| total.checked_add(section)).and_then(|sum| sum.checked_add(current.unwrap_or(0)));
        Some(out)
    }

    fn is_numeral(&self, at: usize) -> bool {
        self.at(at).is_some_and(|c| kanji_digit(c).is_some() || small_unit(c).is_some() || big_unit(c).is_some())
    }

    /// What follows a point: `.3万` after `14` is 143,000; `.00` is nothing; anything else is a fraction of a yen.
    fn scaled_fraction(&self, digits: &str, at: usize) -> Option<(Scaled, usize)> {
        if self.at(at) != Some('.') {
            return None;
        }
        let fraction: String =
            self.chars[at + 1..].iter().map(|(_, c)| *c).take_while(char::is_ascii_digit).take(12).collect();
        if fraction.is_empty() {
            return None;
        }
        let after = at + 1 + fraction.len();
        // 2026.1.31 and 192.168.0.1 are no amounts; what follows makes them glued.
        if self.at(after) == Some('.') && self.at(after + 1).is_some_and(|c| c.is_ascii_digit()) {
            return None;
        }
        if let Some(unit) = self.at(after).and_then(big_unit) {
            let scale = 10i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            let mantissa: i64 = format!("{digits}{fraction}").parse().ok()?;
            let product = mantissa.checked_mul(unit)?;
            let scaled = match product % scale {
                0 => Scaled::Whole(product / scale, unit),
                _ => Scaled::Refused(Refusal::Fraction),
            };
            return Some((scaled, after + 1));
        }
        // `.00` says that there is no fraction; `.000` may as well be a separator of thousands.
        if fraction.chars().all(|c| c == '0') && fraction.len() != 3 {
            let whole = digits.parse().ok().map_or(Scaled::Refused(Refusal::TooLarge), |n| Scaled::Whole(n, 1));
            return Some((whole, after));
        }
        Some((Scaled::Refused(Refusal::Fraction), after))
    }
}

/// What digits with a point and the unit behind it come to.
enum Scaled {
    /// Whole yen, and the unit (1 without one).
    Whole(i64, i64),
    Refused(Refusal),
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
}

fn kanji_digit(c: char) -> Option<i64> {
    Some(match c {
        '〇' | '零' => 0,
        '一' | '壱' | '壹' | '弌' => 1,
        '二' | '弐' | '貳' | '貮' => 2,
        '三' | '参' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陸' => 6,
        '七' | '漆' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn small_unit(c: char) -> Option<i64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' | '陌' => 100,
        '千' | '阡' | '仟' => 1000,
        _ => return None,
    })
}

fn big_unit(c: char) -> Option<i64> {
    Some(match c {
        '万' | '萬' => 10_000,
        '億' => 100_000_000,
        '兆' => 1_000_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn fold(text: &str) -> String {
        text.nfkc().collect()
    }

    fn values(text: &str, noisy: bool) -> Vec<i64> {
        amounts(&fold(text), noisy).iter().map(|amount| amount.yen.get()).collect()
    }

    #[test]
    fn every_way_of_writing_143_000_yen_is_read() {
        for text in [
            "￥143,000-",
            "¥143,000",
            "\\143,000",
            "143,000円",
            "143000円",
            "143000",
            "143,000",
            "金壱拾四万参千円也",
            "金 壱拾四萬参阡円也",
            "金拾四万参千円",
            "金一四三、〇〇〇円也",
            "一四三,〇〇〇円",
            "金　￥143,000 －",
            "14万3千円",
            "14万3,000円",
            "14.3万円",
            "１４３，０００円",
            "￥１４３，０００－",
            "¥ 143,000",
            "¥143, 000",
            "¥143,000.-",
            "¥143,000.00",
            "★¥143,000★",
            "合計:143,000円",
            "1 4 3 0 0 0",
            "¥ 1 4 3 0 0 0",
            "十四万三千円",
        ] {
            assert_eq!(values(text, false), [143_000], "{text}");
            assert_eq!(values(text, true), [143_000], "{text} (noisy)");
        }
        for (text, yen) in [
            ("0円", 0),
            ("¥5", 5),
            ("千円", 1000),
            ("壱億円", 100_000_000),
            ("1億2,345万6,789円", 123_456_789),
            ("4.1万円", 41_000),
            ("12.8万円", 128_000),
            ("¥999,999,999,999,999", 999_999_999_999_999),
            ("金弐拾五萬円", 250_000),
            ("金百拾万円也", 1_100_000),
        ] {
            assert_eq!(values(text, false), [yen], "{text}");
        }
    }

    #[test]
    fn what_ocr_makes_of_an_amount_is_read_only_in_noisy_text() {
        for text in [
            "半143,000-",
            "¥l43,OOO-",
            "¥143.000-",
            "¥143、000",
            "¥143 ,000",
            "¥I43,00O",
            "143,o00円",
            "¥143 000",
            "Y143,000-",
        ] {
            assert_eq!(values(text, true), [143_000], "{text}");
        }
        assert_eq!(values("¥143.000-", false), Vec::<i64>::new());
        assert_eq!(values("O,O00", false), Vec::<i64>::new());
        assert_eq!(values("¥143,000|", true), [143_000]);
    }

    #[test]
    fn what_is_no_amount_is_passed_over() {
        for text in [
            "令和7年6月15日",
            "2025/06/15",
            "2025-06-15",
            "10:22",
            "TEL 03-3591-7441",
            "登録番号 T7000012050002",
            "〒105-0004",
            "第12号",
            "2台",
            "1式",
            "一式",
            "10%",
            "10.5%",
            "128GB",
            "10.2インチ",
            "No.A-0012",
            "v1.2.3",
            "三台",
            "No#123",
            "千代田区",
            "2丁目",
        ] {
            assert_eq!(find(&fold(text), false), [], "{text}");
        }
    }

    #[test]
    fn what_is_negative_fractional_or_badly_grouped_is_refused_by_name() {
        for (text, refusal) in [
            ("▲1,000", Refusal::Negative),
            ("△ 1,000円", Refusal::Negative),
            ("-1,000", Refusal::Negative),
            ("¥-1,000", Refusal::Negative),
            ("-¥1,000", Refusal::Negative),
            ("−1000円", Refusal::Negative),
            ("(1,000)", Refusal::Negative),
            ("100.5", Refusal::Fraction),
            ("¥100.25", Refusal::Fraction),
            ("1,43,000", Refusal::Grouping),
            ("1430,000円", Refusal::Grouping),
            ("143,00円", Refusal::Grouping),
            ("9,999,999,999,999,999円", Refusal::TooLarge),
            ("99999999999999999999999円", Refusal::TooLarge),
        ] {
            let folded = fold(text).replace('−', "-");
            assert_eq!(whole(&folded, false), Whole::Refused(refusal), "{text}");
            assert_eq!(values(&folded, false), if text.starts_with('(') { vec![1000] } else { vec![] }, "{text}");
        }
    }

    #[test]
    fn a_cell_is_an_amount_a_dash_or_words() {
        for (text, yen) in [("45,100円", 45_100), ("45,100(税込)", 45_100), ("45100", 45_100), (" ¥45,100- ", 45_100)]
        {
            assert!(matches!(whole(text, false), Whole::Amount(amount) if amount.yen.get() == yen), "{text}");
        }
        for text in ["", "-", "―", " ー "] {
            assert_eq!(whole(text, false), Whole::Blank, "{text}");
        }
        for text in ["別途見積", "約45,000円", "45,100ドル", "2台", "45,100円 143,000円", "一式"] {
            assert_eq!(whole(text, false), Whole::Words, "{text}");
        }
    }

    #[test]
    fn quantities_and_unit_prices_are_exact() {
        for (text, value) in [
            ("1", "1"),
            ("2台", "2"),
            ("1 式", "1"),
            ("一式", "1"),
            ("1.5", "1.5"),
            ("¥22,550", "22550"),
            ("@1,234.56", "1234.56"),
            ("45,100円", "45100"),
            ("12 箇月", "12"),
        ] {
            assert_eq!(decimal(text, false), Some(value.parse().unwrap()), "{text}");
        }
        for text in ["", "別途", "-", "10%", "A4"] {
            assert_eq!(decimal(text, false), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_sum_reads_back_from_each_form(yen in 0i64..1_000_000_000_000) {
            let written = Yen::new(yen).unwrap().to_string();
            for text in [format!("¥{written}-"), format!("{written}円"), format!("金{yen}円也"), format!("\\{yen}")] {
                for noisy in [false, true] {
                    prop_assert_eq!(values(&text, noisy), vec![yen], "{} {}", text, noisy);
                }
            }
        }

        #[test]
        fn no_text_brings_it_down(text in r"[0-9OolI|,.、 ¥\\半▲金円也万千拾壱〇式-]{0,24}", other in r"\PC{0,24}") {
            for text in [text, other] {
                for noisy in [false, true] {
                    for written in find(&text, noisy) {
                        prop_assert!(text.get(written.range().clone()).is_some());
                    }
                    let _ = (whole(&text, noisy), decimal(&text, noisy));
                }
            }
        }
    }
}
