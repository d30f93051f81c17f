//! Numbers as they are written on Japanese paper: Arabic digits with separators, kanji numerals (一四三、〇〇〇, 十四万三千,
//! 大字), both together (14万3千), and what OCR makes of digits. What a number means is not asked here.

use super::amount::Refusal;

/// Folded text by characters, to be looked at from any place.
pub(super) struct Scan {
    chars: Vec<(usize, char)>,
    end: usize,
    /// Whether digits may be misread.
    pub(super) noisy: bool,
}

/// A number as read.
pub(super) struct Number {
    pub(super) value: Option<i64>,
    pub(super) next: usize,
    pub(super) grouped: bool,
    pub(super) repaired: bool,
    /// In Arabic digits, at least in part.
    pub(super) arabic: bool,
    /// `Fraction` or `Grouping` when it is not a whole number.
    pub(super) refused: Option<Refusal>,
}
impl Scan {
    pub(super) fn new(text: &str, noisy: bool) -> Scan {
        let mut chars: Vec<(usize, char)> = text.char_indices().collect();
        if noisy {
            // What OCR makes of formal numerals, put right only among numerals.
            let known = |c: Option<&(usize, char)>| {
                c.is_some_and(|(_, c)| {
                    matches!(c, '金' | '円') || kanji_digit(*c).or(small_unit(*c)).or(big_unit(*c)).is_some()
                })
            };
            for at in 0..chars.len() {
                let likely = match chars[at].1 {
                    '捨' => '拾',
                    '武' | '弍' | '戴' => '弐',
                    // 一式 is a word.
                    '式' if at.checked_sub(1).is_some_and(|before| chars[before].1 != '一') => '弐',
                    '壺' | '壷' | '壼' | '売' => '壱',
                    '叁' | '惨' => '参',
                    '干' => '千',
                    '方' => '万',
                    _ => continue,
                };
                if at.checked_sub(1).is_some_and(|before| known(chars.get(before))) && known(chars.get(at + 1)) {
                    chars[at].1 = likely;
                }
            }
        }
        Scan { chars, end: text.len(), noisy }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn at(&self, at: usize) -> Option<char> {
        self.chars.get(at).map(|(_, c)| *c)
    }

    pub(super) fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.at(at))
    }

    pub(super) fn byte(&self, at: usize) -> usize {
        self.chars.get(at).map_or(self.end, |(byte, _)| *byte)
    }

    pub(super) fn spaces(&self, mut at: usize) -> usize {
        while self.at(at) == Some(' ') {
            at += 1;
        }
        at
    }

    /// The digit at `at`, and whether it had to be guessed.
    pub(super) fn digit(&self, at: usize) -> Option<(char, bool)> {
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
        if !marked
            && self.at(at).is_some_and(|c| !c.is_ascii_digit())
            && self.before(at).is_some_and(char::is_alphabetic)
        {
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
                let separator = matches!(c, ',' | '、' | ' ' | '\'') || (self.noisy && c == '.');
                if !separator {
                    break;
                }
                only_spaces &= c == ' ';
                from += 1;
            }
            if from == next {
                break;
            }
            // Clean text has one comma between thousands; anything else stands between two numbers (`45,100、143,000`),
            // unless what follows can begin none (`143, 000`).
            let single = from - next == 1 && matches!(self.at(next), Some(',' | '\''));
            if !self.noisy && !single && self.at(from) != Some('0') {
                // Whether `45, 100` is one number or two cannot be told; in `1, 143,000` it can.
                let goes_on = matches!(self.at(from + 3), Some(',' | '\''));
                if !grouped && !only_spaces && digits.len() <= 3 && !goes_on && self.three_digits(from).is_some() {
                    refused = Some(Refusal::Grouping);
                    next = from + 3;
                }
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
            // The first group has one to three digits.
            let first =
                self.chars[at..next].iter().take_while(|(_, c)| !matches!(c, ',' | '.' | '、' | ' ' | '\'')).count();
            if first > 3 {
                refused = Some(Refusal::Grouping);
            }
        }
        Some((digits, Number { value: None, next, grouped, repaired, arabic: true, refused }))
    }

    fn followed_by_group(&self, at: usize) -> bool {
        matches!(self.at(at), Some(',' | '.')) && self.three_digits(at + 1).is_some()
    }

    /// A number in Arabic digits, kanji, or both (`14万3千`).
    pub(super) fn number(&self, at: usize, marked: bool) -> Option<Number> {
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
                            match section.checked_add(part).and_then(|n| total.checked_add(n)) {
                                Some(sum) => total = sum,
                                None => out.value = None,
                            }
                            (current, section) = (None, 0);
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
                match count.checked_mul(unit).and_then(|n| section.checked_add(n)) {
                    Some(sum) => section = sum,
                    None => out.value = None,
                }
                last_unit = unit;
                positional = false;
                any = true;
                next += 1;
            } else if let Some(unit) = big_unit(c) {
                let count = section.checked_add(current.unwrap_or(0));
                if count == Some(0) || unit >= last_big {
                    break;
                }
                current = None;
                match count.and_then(|n| n.checked_mul(unit)).and_then(|n| total.checked_add(n)) {
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
