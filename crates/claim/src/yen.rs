//! Whole yen, exact rates and the one place where a product is rounded.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A sum of money in whole Japanese yen, from 0 to [`Yen::MAX`].
///
/// The upper bound keeps every sum inside what JSON readers hold exactly (2^53), so a number in a file is the number
/// that was meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Yen(i64);

/// Why a number is not a sum of money here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YenError {
    /// Below zero.
    #[error("found {0} yen, expected 0 or more")]
    Negative(i64),
    /// Above [`Yen::MAX`].
    #[error("found {0} yen, expected at most {max}", max = Yen::MAX.get())]
    TooLarge(i64),
}

impl Yen {
    /// Nothing.
    pub const ZERO: Yen = Yen(0);
    /// The largest sum: 999,999,999,999,999 yen.
    pub const MAX: Yen = Yen(999_999_999_999_999);

    /// A sum of `yen`; refuses what is negative or above [`Yen::MAX`].
    pub const fn new(yen: i64) -> Result<Yen, YenError> {
        if yen < 0 {
            Err(YenError::Negative(yen))
        } else if yen > Self::MAX.0 {
            Err(YenError::TooLarge(yen))
        } else {
            Ok(Yen(yen))
        }
    }

    /// The number of yen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` above [`Yen::MAX`].
    pub fn checked_add(self, other: Yen) -> Option<Yen> {
        self.0.checked_add(other.0).and_then(|sum| Yen::new(sum).ok())
    }

    /// The difference, or `None` below zero.
    pub fn checked_sub(self, other: Yen) -> Option<Yen> {
        self.0.checked_sub(other.0).and_then(|rest| Yen::new(rest).ok())
    }

    /// The sum of all, or `None` above [`Yen::MAX`].
    pub fn checked_sum(all: impl IntoIterator<Item = Yen>) -> Option<Yen> {
        all.into_iter().try_fold(Yen::ZERO, Yen::checked_add)
    }

    /// This sum times `rate`, rounded as `rounding` says; `None` above [`Yen::MAX`].
    pub fn times(self, rate: Rate, rounding: Rounding) -> Option<Yen> {
        // 10^15 * 10^9 fits i128 by far, so the product below is exact.
        let exact_numerator = i128::from(self.0) * i128::from(rate.numerator);
        let unit = i128::from(rounding.unit_yen.get()) * i128::from(rate.denominator);
        let whole = exact_numerator / unit;
        let rest = exact_numerator % unit;
        let units = match rounding.mode {
            RoundingMode::Down => whole,
            RoundingMode::Up => whole + i128::from(rest > 0),
            RoundingMode::HalfUp => whole + i128::from(rest * 2 >= unit),
        };
        let yen = units.checked_mul(i128::from(rounding.unit_yen.get()))?;
        i64::try_from(yen).ok().and_then(|yen| Yen::new(yen).ok())
    }

    /// This sum times `rate` without rounding, as a decimal text (`128250`, `33825.75`); a fraction without a finite
    /// decimal form is given as `a/b`.
    pub fn times_exactly(self, rate: Rate) -> String {
        let numerator = i128::from(self.0) * i128::from(rate.numerator);
        let denominator = i128::from(rate.denominator);
        let (whole, mut rest) = (numerator / denominator, numerator % denominator);
        if rest == 0 {
            return whole.to_string();
        }
        let mut digits = String::new();
        for _ in 0..12 {
            rest *= 10;
            digits.push(char::from(b'0' + u8::try_from(rest / denominator).unwrap_or(0)));
            rest %= denominator;
            if rest == 0 {
                return format!("{whole}.{digits}");
            }
        }
        format!("{numerator}/{denominator}")
    }
}

/// With thousands separators and no unit: `128,000`.
impl fmt::Display for Yen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // From the right, into a place of its own: sums are written more often than anything else.
        let mut text = [0u8; 24];
        let mut start = text.len();
        let (mut rest, mut digits) = (self.0.unsigned_abs(), 0);
        while rest > 0 || digits == 0 {
            if digits > 0 && digits % 3 == 0 {
                start -= 1;
                text[start] = b',';
            }
            start -= 1;
            // The remainder is below 10.
            text[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            (rest, digits) = (rest / 10, digits + 1);
        }
        // Fifteen digits and four commas at most, all of them ASCII.
        f.pad(std::str::from_utf8(&text[start..]).unwrap_or_default())
    }
}

impl fmt::Debug for Yen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} yen")
    }
}

impl Serialize for Yen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Yen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl de::Visitor<'_> for Whole {
            type Value = Yen;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of yen from 0 to 999,999,999,999,999")
            }
            fn visit_i64<E: de::Error>(self, yen: i64) -> Result<Yen, E> {
                Yen::new(yen).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, yen: u64) -> Result<Yen, E> {
                i64::try_from(yen)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(yen), &self))
                    .and_then(|yen| self.visit_i64(yen))
            }
        }
        // deserialize_any: a fractional number must be refused by name, not truncated.
        deserializer.deserialize_any(Whole)
    }
}

/// An exact rate such as 3/4.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    numerator: u32,
    denominator: u32,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected a rate from 0/1 to 1/1 written as a fraction such as 3/4")]
pub struct RateError {
    /// What stood there.
    pub found: String,
}

impl Rate {
    /// `numerator / denominator`, from 0 to 1.
    pub fn new(numerator: u32, denominator: u32) -> Result<Rate, RateError> {
        if denominator == 0 || numerator > denominator {
            return Err(RateError { found: format!("{numerator}/{denominator}") });
        }
        Ok(Rate { numerator, denominator })
    }

    /// The number above the line.
    pub fn numerator(self) -> u32 {
        self.numerator
    }

    /// The number below the line; never 0.
    pub fn denominator(self) -> u32 {
        self.denominator
    }
}

impl FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Rate, RateError> {
        let wrong = || RateError { found: text.to_owned() };
        let (above, below) = text.split_once('/').ok_or_else(wrong)?;
        let number = |part: &str| part.trim().parse::<u32>().map_err(|_| wrong());
        Rate::new(number(above)?, number(below)?).map_err(|_| wrong())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How a product of yen and a rate becomes whole yen. Data of a programme, never a habit of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// To multiples of how many yen; at least 1.
    pub unit_yen: Yen,
}

/// The direction of rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundingMode {
    /// Towards zero (切捨て).
    Down,
    /// Away from zero (切上げ).
    Up,
    /// To the nearer multiple, halves up (四捨五入).
    HalfUp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn yen(n: i64) -> Yen {
        Yen::new(n).unwrap()
    }

    const DOWN: Rounding = Rounding { mode: RoundingMode::Down, unit_yen: Yen(1) };

    #[test]
    fn the_ceilings_of_the_sources_come_out_of_rate_and_cost() {
        // domain.md 1.1: 82.2 x 1/2 = 41.1, 17.1 x 1/2 = 8.55, 17.1 x 3/4 = 12.825 (10,000 yen).
        let half = Rate::new(1, 2).unwrap();
        let three_quarters = Rate::new(3, 4).unwrap();
        assert_eq!(yen(822_000).times(half, DOWN), Some(yen(411_000)));
        assert_eq!(yen(171_000).times(half, DOWN), Some(yen(85_500)));
        assert_eq!(yen(171_000).times(three_quarters, DOWN), Some(yen(128_250)));
        let thousand = Rounding { mode: RoundingMode::Down, unit_yen: yen(1000) };
        assert_eq!(yen(171_000).times(three_quarters, thousand), Some(yen(128_000)));
        assert_eq!(yen(99_999).times_exactly(three_quarters), "74999.25");
        assert_eq!(yen(100).times_exactly(Rate::new(1, 3).unwrap()), "100/3");
    }

    #[test]
    fn each_rounding_mode_does_what_its_name_says() {
        let third = Rate::new(1, 3).unwrap();
        let round = |n, mode, unit| yen(n).times(third, Rounding { mode, unit_yen: yen(unit) }).unwrap().get();
        assert_eq!(round(100, RoundingMode::Down, 1), 33);
        assert_eq!(round(100, RoundingMode::Up, 1), 34);
        assert_eq!(round(99, RoundingMode::Up, 1), 33);
        assert_eq!(round(101, RoundingMode::HalfUp, 1), 34);
        assert_eq!(round(4499, RoundingMode::HalfUp, 1000), 1000);
        assert_eq!(round(4500, RoundingMode::HalfUp, 1000), 2000);
    }

    #[test]
    fn json_takes_whole_non_negative_numbers_only() {
        for (text, ok) in [
            ("0", true),
            ("999999999999999", true),
            ("1000000000000000", false),
            ("-1", false),
            ("1.5", false),
            ("100.0", false),
            ("1e3", false),
            ("\"100\"", false),
            ("null", false),
        ] {
            assert_eq!(serde_json::from_str::<Yen>(text).is_ok(), ok, "{text}");
        }
    }

    #[test]
    fn sums_and_differences_end_where_yen_end() {
        let most = Yen::MAX;
        for (a, b, sum, difference) in [
            (yen(5), yen(3), Some(yen(8)), Some(yen(2))),
            (yen(3), yen(5), Some(yen(8)), None),
            (yen(7), Yen::ZERO, Some(yen(7)), Some(yen(7))),
            (most, Yen::ZERO, Some(most), Some(most)),
            (most, yen(1), None, Some(yen(most.get() - 1))),
        ] {
            assert_eq!((a.checked_add(b), a.checked_sub(b)), (sum, difference), "{a} and {b}");
        }
        assert_eq!(Yen::checked_sum([yen(1), yen(20), yen(300)]), Some(yen(321)));
        assert_eq!(Yen::checked_sum([]), Some(Yen::ZERO));
        assert_eq!(Yen::checked_sum([most, yen(1), Yen::ZERO]), None);
    }

    #[test]
    fn people_and_messages_see_the_unit_and_the_fraction() {
        assert_eq!(format!("{:?}", yen(1_000)), "1,000 yen");
        let rate = Rate::new(3, 4).unwrap();
        assert_eq!((rate.to_string(), format!("{rate:?}")), ("3/4".to_owned(), "3/4".to_owned()));
        let error = serde_json::from_str::<Yen>("\"100\"").unwrap_err().to_string();
        assert!(error.contains("expected a whole number of yen from 0 to 999,999,999,999,999"), "{error}");
    }

    #[test]
    fn separators_stand_every_three_digits() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (128_000, "128,000"), (1_234_567, "1,234,567")] {
            assert_eq!(yen(n).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn a_product_never_exceeds_the_sum_and_is_off_by_less_than_one_unit(
            n in 0i64..1_000_000_000, num in 0u32..=100, extra in 0u32..100, unit in 1i64..2000,
        ) {
            let rate = Rate::new(num, num + extra + 1).unwrap();
            let down = yen(n).times(rate, Rounding { mode: RoundingMode::Down, unit_yen: yen(unit) }).unwrap();
            prop_assert!(down <= yen(n));
            let exact = i128::from(n) * i128::from(rate.numerator());
            let back = i128::from(down.get()) * i128::from(rate.denominator());
            prop_assert!(exact - back >= 0 && exact - back < i128::from(unit) * i128::from(rate.denominator()));
        }
    }
}
