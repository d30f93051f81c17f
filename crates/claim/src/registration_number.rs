//! 登録番号 of the qualified invoice system: `T` and 13 digits (domain.md 4).

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A registration number in its canonical form. Whether its check digit holds is a separate question: numbers of
/// persons who are no corporation need not follow that rule, so a failing digit is a matter for review.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistrationNumber([u8; 13]);

/// Why a text is not a registration number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected T and 13 digits, the first not 0")]
pub struct RegistrationNumberError {
    /// What stood there.
    pub found: String,
}

impl RegistrationNumber {
    /// Reads `T1234567890123` in any width, with hyphens or spaces between digits.
    pub fn parse(text: &str) -> Result<RegistrationNumber, RegistrationNumberError> {
        let wrong = || RegistrationNumberError { found: text.to_owned() };
        let plain: String =
            text.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '‑' | '–' | '−' | 'ー')).collect();
        let digits = plain.strip_prefix(['T', 't']).ok_or_else(wrong)?;
        let digits: Vec<u8> = digits
            .chars()
            .map(|c| c.to_digit(10).and_then(|d| u8::try_from(d).ok()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let digits: [u8; 13] = digits.try_into().map_err(|_| wrong())?;
        if digits[0] == 0 {
            return Err(wrong());
        }
        Ok(RegistrationNumber(digits))
    }

    /// Whether the first digit is the check digit of the other twelve by the rule of 法人番号:
    /// 9 − (Σ digit × weight mod 9), weights 1 and 2 in turn from the right.
    pub fn check_digit_holds(&self) -> bool {
        let sum: u32 = self.0[1..]
            .iter()
            .rev()
            .enumerate()
            .map(|(i, digit)| u32::from(*digit) * if i % 2 == 0 { 1 } else { 2 })
            .sum();
        u32::from(self.0[0]) == 9 - sum % 9
    }
}

impl fmt::Display for RegistrationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("T")?;
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_hold_and_others_do_not() {
        // 国税庁 7000012050002 and 社会保険診療報酬支払基金-like public corporations follow the rule.
        assert!(RegistrationNumber::parse("T7000012050002").unwrap().check_digit_holds());
        assert!(RegistrationNumber::parse("Ｔ７-0000-1205-0002").unwrap().check_digit_holds());
        // A weighted sum that is a multiple of 9 gives 9, never 0 (domain.md 4).
        assert!(RegistrationNumber::parse("T9196934167858").unwrap().check_digit_holds());
        assert!(!RegistrationNumber::parse("T1234567890123").unwrap().check_digit_holds());
    }

    #[test]
    fn what_is_no_number_is_named() {
        for text in ["7000012050002", "T700001205000", "T70000120500022", "T0000012050002", "T70000120500O2", ""] {
            assert_eq!(RegistrationNumber::parse(text).unwrap_err().found, text);
        }
    }

    #[test]
    fn every_change_of_one_digit_by_less_than_nine_is_noticed_unless_it_keeps_the_sum() {
        let number = "T7000012050002";
        let mut missed = 0;
        for at in 2..number.len() {
            for digit in '0'..='9' {
                let mut changed = number.to_owned();
                changed.replace_range(at..=at, &digit.to_string());
                if changed != number && RegistrationNumber::parse(&changed).unwrap().check_digit_holds() {
                    missed += 1;
                }
            }
        }
        // Modulo 9, 0 and 9 are the same: only those swaps pass.
        let zeros_or_nines = number[2..].chars().filter(|c| matches!(c, '0' | '9')).count();
        assert_eq!(missed, zeros_or_nines);
    }
}
