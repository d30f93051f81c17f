//! 医療機関等コード: prefecture 2, fee table 1, district 2, institution 4, check digit 1 (domain.md 2).

use crate::Lang;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A 10-digit institution code whose form is right, and whose check digit is not known to be wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionCode(String);

/// What is known of a check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// It holds by the rule of its prefecture.
    Valid,
    /// It does not hold by the rule that probably applies, where the sources do not say which rule does.
    Doubtful,
}

/// Why a text is not an institution code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstitutionCodeError {
    /// Not ten digits.
    #[error("found {found:?}, expected 10 digits: prefecture 2, fee table 1, district 2, institution 4, check digit 1")]
    Form {
        /// What stood there.
        found: String,
    },
    /// The first two digits are no prefecture.
    #[error(
        "found prefecture {found} in {code}, expected 01 to 47, or 51 to 97 where a prefecture has used up its range"
    )]
    Prefecture {
        /// The code.
        code: String,
        /// Its first two digits.
        found: String,
    },
    /// The third digit is no fee table.
    #[error("found fee table {found} in {code}, expected 1 (medical), 3 (dental), 4 (pharmacy), 5, 6, 2 or 0")]
    FeeTable {
        /// The code.
        code: String,
        /// Its third digit.
        found: char,
    },
    /// The last digit is not the check digit, where the rule is certain.
    #[error("found check digit {found} in {code}, expected {expected}; compare the code with the bureau's list")]
    CheckDigit {
        /// The code.
        code: String,
        /// Its last digit.
        found: u8,
        /// What the rule gives.
        expected: u8,
    },
}

/// The digit that makes the Luhn sum of `digits` and itself a multiple of ten: weights 2, 1, 2, 1 from the right,
/// two-digit products count as the sum of their digits.
fn luhn(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| {
            let product = u32::from(*digit) * if i % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    // The remainder is below ten.
    ((10 - sum % 10) % 10) as u8
}

impl InstitutionCode {
    /// Reads a code in any width, with hyphens, commas or spaces between its parts.
    ///
    /// A check digit that fails is an error where the rule is certain: outside 埼玉, 千葉, 東京 and 神奈川 (11 to 14) for
    /// the medical, dental and pharmacy tables over all nine digits, and in those four for the medical table over the
    /// last six digits before it. Elsewhere it is [`CheckDigit::Doubtful`]. (97,024 codes of 46 prefectures follow this
    /// without exception: domain.md 2.2.)
    pub fn parse(text: &str) -> Result<InstitutionCode, InstitutionCodeError> {
        let plain: String = text
            .nfkc()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | ',' | '‐' | '‑' | '–' | '−' | 'ー'))
            .collect();
        let form = || InstitutionCodeError::Form { found: text.to_owned() };
        if plain.len() != 10 || !plain.bytes().all(|b| b.is_ascii_digit()) {
            return Err(form());
        }
        let code = InstitutionCode(plain);
        let digits = code.digits();
        let prefecture = code.prefecture();
        if !(1..=47).contains(&prefecture) {
            return Err(InstitutionCodeError::Prefecture { code: code.0.clone(), found: code.0[..2].to_owned() });
        }
        if !matches!(digits[2], 0..=6) {
            return Err(InstitutionCodeError::FeeTable { code: code.0.clone(), found: char::from(b'0' + digits[2]) });
        }
        if code.rule_is_certain() && code.check_digit() == CheckDigit::Doubtful {
            return Err(InstitutionCodeError::CheckDigit {
                found: digits[9],
                expected: code.expected_check_digit(),
                code: code.0,
            });
        }
        Ok(code)
    }

    fn digits(&self) -> [u8; 10] {
        let mut digits = [0; 10];
        for (digit, byte) in digits.iter_mut().zip(self.0.bytes()) {
            *digit = byte - b'0';
        }
        digits
    }

    /// The prefecture, 1 to 47 (51 to 97 are the same ones again).
    pub fn prefecture(&self) -> u8 {
        let digits = self.digits();
        let number = digits[0] * 10 + digits[1];
        if number > 50 { number - 50 } else { number }
    }

    /// The name of the prefecture, as people of `lang` read it.
    pub fn prefecture_name(&self, lang: Lang) -> &'static str {
        // A code is only made with one of the numbers 1 to 47 (see [`InstitutionCode::parse`]).
        InstitutionCode::name_of_prefecture(self.prefecture(), lang).unwrap_or_default()
    }

    /// The name of the prefecture of a number from 1 to 47.
    pub fn name_of_prefecture(number: u8, lang: Lang) -> Option<&'static str> {
        let (ja, en) = *PREFECTURES.get(usize::from(number).checked_sub(1)?)?;
        Some(match lang {
            Lang::Ja => ja,
            Lang::En => en,
        })
    }

    /// The fee table (点数表): 1 medical, 3 dental, 4 pharmacy.
    pub fn fee_table(&self) -> u8 {
        self.digits()[2]
    }

    /// The last seven digits, which the bureaus and receipts print alone.
    pub fn last_seven(&self) -> &str {
        &self.0[3..]
    }

    fn legacy_prefecture(&self) -> bool {
        (11..=14).contains(&self.prefecture())
    }

    fn rule_is_certain(&self) -> bool {
        match self.fee_table() {
            1 => true,
            3 | 4 => !self.legacy_prefecture(),
            _ => false,
        }
    }

    fn expected_check_digit(&self) -> u8 {
        let digits = self.digits();
        if self.legacy_prefecture() { luhn(&digits[3..9]) } else { luhn(&digits[..9]) }
    }

    /// Whether the last digit holds. Where it is not certain which rule applies, either will do.
    pub fn check_digit(&self) -> CheckDigit {
        let digits = self.digits();
        let holds = if self.rule_is_certain() {
            digits[9] == self.expected_check_digit()
        } else {
            digits[9] == luhn(&digits[..9]) || digits[9] == luhn(&digits[3..9])
        };
        if holds { CheckDigit::Valid } else { CheckDigit::Doubtful }
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for InstitutionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for InstitutionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        InstitutionCode::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The prefectures in the order of their numbers (JIS X 0401), 1 to 47.
const PREFECTURES: [(&str, &str); 47] = [
    ("北海道", "Hokkaido"),
    ("青森県", "Aomori"),
    ("岩手県", "Iwate"),
    ("宮城県", "Miyagi"),
    ("秋田県", "Akita"),
    ("山形県", "Yamagata"),
    ("福島県", "Fukushima"),
    ("茨城県", "Ibaraki"),
    ("栃木県", "Tochigi"),
    ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"),
    ("千葉県", "Chiba"),
    ("東京都", "Tokyo"),
    ("神奈川県", "Kanagawa"),
    ("新潟県", "Niigata"),
    ("富山県", "Toyama"),
    ("石川県", "Ishikawa"),
    ("福井県", "Fukui"),
    ("山梨県", "Yamanashi"),
    ("長野県", "Nagano"),
    ("岐阜県", "Gifu"),
    ("静岡県", "Shizuoka"),
    ("愛知県", "Aichi"),
    ("三重県", "Mie"),
    ("滋賀県", "Shiga"),
    ("京都府", "Kyoto"),
    ("大阪府", "Osaka"),
    ("兵庫県", "Hyogo"),
    ("奈良県", "Nara"),
    ("和歌山県", "Wakayama"),
    ("鳥取県", "Tottori"),
    ("島根県", "Shimane"),
    ("岡山県", "Okayama"),
    ("広島県", "Hiroshima"),
    ("山口県", "Yamaguchi"),
    ("徳島県", "Tokushima"),
    ("香川県", "Kagawa"),
    ("愛媛県", "Ehime"),
    ("高知県", "Kochi"),
    ("福岡県", "Fukuoka"),
    ("佐賀県", "Saga"),
    ("長崎県", "Nagasaki"),
    ("熊本県", "Kumamoto"),
    ("大分県", "Oita"),
    ("宮崎県", "Miyazaki"),
    ("鹿児島県", "Kagoshima"),
    ("沖縄県", "Okinawa"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_both_rules_hold() {
        // 3410712362: worked example of the notification; 0110113719 and 1310110049: public examples (domain.md 2.2).
        for code in ["3410712362", "0110113719", "1310110049", "1840140055", "2739400105"] {
            assert_eq!(InstitutionCode::parse(code).unwrap().check_digit(), CheckDigit::Valid, "{code}");
        }
        assert_eq!(InstitutionCode::parse("３４－１０７１２－３６２").unwrap().as_str(), "3410712362");
        assert_eq!(InstitutionCode::parse("3410712362").unwrap().last_seven(), "0712362");
    }

    #[test]
    fn a_code_names_its_prefecture_also_in_the_second_range() {
        for (code, ja, en) in [
            ("0110113719", "北海道", "Hokkaido"),
            ("1310110049", "東京都", "Tokyo"),
            ("3410712362", "広島県", "Hiroshima"),
        ] {
            let code = InstitutionCode::parse(code).unwrap();
            assert_eq!((code.prefecture_name(Lang::Ja), code.prefecture_name(Lang::En)), (ja, en));
        }
        assert_eq!(PREFECTURES[46], ("沖縄県", "Okinawa"));
        let second = InstitutionCode("6310110049".to_owned());
        assert_eq!((second.prefecture(), second.prefecture_name(Lang::Ja)), (13, "東京都"));
    }

    #[test]
    fn each_error_names_what_was_found_and_expected() {
        let error = |text: &str| InstitutionCode::parse(text).unwrap_err().to_string();
        assert!(error("341071236").contains("expected 10 digits"));
        assert!(error("34107123６x").contains("expected 10 digits"));
        assert!(error("4810712362").contains("found prefecture 48"));
        assert!(error("0010712362").contains("found prefecture 00"));
        assert!(error("3470712362").contains("found fee table 7"));
        assert!(error("3410712363").contains("found check digit 3 in 3410712363, expected 2"));
        assert!(error("1310110048").contains("found check digit 8 in 1310110048, expected 9"));
    }

    #[test]
    fn a_pharmacy_in_tokyo_may_follow_either_rule_and_is_only_doubtful_if_neither() {
        let nine = [1, 3, 4, 0, 1, 2, 3, 4, 5];
        let (ten, seven) = (luhn(&nine), luhn(&nine[3..]));
        assert_ne!(ten, seven);
        for last in 0..10 {
            let code = InstitutionCode::parse(&format!("134012345{last}")).unwrap();
            let expected = if last == ten || last == seven { CheckDigit::Valid } else { CheckDigit::Doubtful };
            assert_eq!(code.check_digit(), expected, "{code}");
        }
    }

    #[test]
    fn a_prefecture_that_used_up_its_range_keeps_its_rule() {
        // 51 to 97 are the prefectures again (domain.md 2.1): 61 is 埼玉, by the seven-digit rule.
        let code = format!("611012345{}", luhn(&[0, 1, 2, 3, 4, 5]));
        assert_eq!(InstitutionCode::parse(&code).unwrap().prefecture(), 11);
    }
}
