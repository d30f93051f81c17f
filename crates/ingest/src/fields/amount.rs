//! Written amounts of yen: `￥143,000-`, `143,000円`, `金壱拾四万参千円也`, `14万3千円`, and what OCR makes of them.
//!
//! Text is folded (NFKC) before it comes here. An amount is found only where a reader would see one: not in dates,
//! telephone numbers, counts (`2台`) or rates (`10%`). What looks like an amount and is none (negative, fractional,
//! badly grouped) is reported as such, never repaired into something else.

use super::numeral::Scan;
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
    let scan = Scan::new(text, noisy);
    let mut found = Vec::new();
    let mut at = 0;
    while at < scan.len() {
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
impl Scan {
    fn is_yen_sign(&self, at: usize) -> bool {
        match self.at(at) {
            Some('¥' | '\\') => true,
            // What OCR makes of the sign, only right before a digit.
            Some('半' | '羊' | 'Y') if self.noisy => {
                let real = |at: usize| self.at(at).is_some_and(|c| c.is_ascii_digit());
                (real(at + 1) || (self.digit(at + 1).is_some() && real(at + 2)))
                    && !self.before(at).is_some_and(|c| c.is_alphanumeric())
            }
            // Before digits in groups only: it is a number's sign as well.
            Some('#') if self.noisy => {
                let digits = (at + 1..at + 4).take_while(|at| self.at(*at).is_some_and(|c| c.is_ascii_digit())).count();
                let behind = at + 1 + digits;
                let group = (behind + 1..behind + 4).all(|at| self.digit(at).is_some());
                digits > 0
                    && self.at(behind) == Some(',')
                    && group
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
            Some('金') if !self.before(at).is_some_and(char::is_alphabetic) => {
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
            "#143,000※",
        ] {
            assert_eq!(values(text, true), [143_000], "{text}");
        }
        assert_eq!(values("¥143.000-", false), Vec::<i64>::new());
        assert_eq!(values("#143,000", false), Vec::<i64>::new());
        assert_eq!(values("No.#143 #1430 #143,00", true), Vec::<i64>::new());
        assert_eq!(values("O,O00", false), Vec::<i64>::new());
        assert_eq!(values("¥143,000|", true), [143_000]);
    }

    #[test]
    fn what_ocr_makes_of_formal_numerals_is_put_right_among_numerals_only() {
        for (text, yen) in [
            ("金五捨弐万壱百七円也", 520_107),
            ("金弐拾武万参干円也", 223_000),
            ("金壱方円也", 10_000),
            ("金参千七百六拾式円也", 3_762),
        ] {
            assert_eq!(values(text, true), [yen], "{text}");
            assert_ne!(values(text, false), [yen], "{text}");
        }
        assert_eq!(values("取捨選択 1,000円", true), [1_000]);
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

    /// A list of amounts in clean text is no amount of millions.
    #[test]
    fn what_stands_between_two_amounts_does_not_group_thousands() {
        for (text, found) in [
            ("45,100、143,000円", vec![45_100, 143_000]),
            ("45,100, 143,000円", vec![45_100, 143_000]),
            ("1, 143,000円", vec![1, 143_000]),
            ("45'100円", vec![45_100]),
            // One number or two: nobody can tell.
            ("¥45, 100", vec![]),
            ("45、100円", vec![]),
        ] {
            assert_eq!(values(text, false), found, "{text}");
        }
    }

    /// More than a number can hold is refused, never another number.
    #[test]
    fn what_no_number_holds_is_too_large() {
        for text in
            ["9223372036854775807億円", "99999999999999兆9兆円", "9000000000000000.5億円", "金9223372036854775807兆円"]
        {
            assert!(values(text, false).is_empty(), "{text}: {:?}", values(text, false));
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
