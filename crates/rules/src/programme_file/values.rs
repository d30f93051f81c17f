//! Single values of a programme file: each is taken in one form, or refused with what was expected.

use super::{ID, Reader, Value};
use crate::words::Words;
use claim::{Category, Choice, DocumentKind, ProductId, ProgrammeId, Rate, RoundingMode, Yen};
use jiff::civil::Date;
use toml::de::DeValue;

/// The word for what the sources do not set.
const NONE: &str = "none";

impl Reader<'_> {
    pub(super) fn words(&mut self, value: &Value<'_>, key: &str, expected: impl Into<Words>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.to_string()),
            _ => self.wrong_value(value, key, expected),
        }
    }

    pub(super) fn words_or_none(
        &mut self,
        value: &Value<'_>,
        key: &str,
        expected: impl Into<Words>,
    ) -> Option<Option<String>> {
        if is_none(value) { Some(None) } else { self.words(value, key, expected).map(Some) }
    }

    /// A number of units of a product.
    pub(super) fn units(&mut self, value: &Value<'_>, key: &str) -> Option<u32> {
        let units = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match units.filter(|units| (1..=Choice::MOST_UNITS).contains(units)) {
            Some(units) => Some(units),
            None => {
                let most = Choice::MOST_UNITS;
                let expected = Words::new(
                    format!("1から{most}までの整数（引用符なし）"),
                    format!("a whole number from 1 to {most}, without quotes"),
                );
                self.wrong_value(value, key, expected)
            }
        }
    }

    /// The id of a product; maker and name stand beside it.
    pub(super) fn product_id(&mut self, value: &Value<'_>, key: &str) -> Option<ProductId> {
        match value.get_ref() {
            DeValue::String(text) if is_id(text) => Some(ProductId::from(text.as_ref())),
            _ => self.wrong_value(value, key, ID),
        }
    }

    pub(super) fn day(&mut self, value: &Value<'_>, key: &str) -> Option<Date> {
        let day = match value.get_ref() {
            DeValue::Datetime(toml::value::Datetime { date: Some(date), time: None, offset: None }) => {
                match (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day)) {
                    (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
                    _ => None,
                }
            }
            _ => None,
        };
        match day {
            Some(day) => Some(day),
            None => self.wrong_value(
                value,
                key,
                ("2026-01-31 の形の日（引用符なし）", "a day such as 2026-01-31, without quotes"),
            ),
        }
    }

    pub(super) fn day_or_none(&mut self, value: &Value<'_>, key: &str) -> Option<Option<Date>> {
        if is_none(value) { Some(None) } else { self.day(value, key).map(Some) }
    }

    pub(super) fn yen(&mut self, value: &Value<'_>, key: &str) -> Option<Yen> {
        let yen = match value.get_ref() {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().and_then(|number| Yen::new(number).ok())
            }
            _ => None,
        };
        match yen {
            Some(yen) => Some(yen),
            None => {
                let expected = (
                    "171_000 のような円単位の整数、または上限がないときの \"none\"",
                    "whole yen such as 171_000, or \"none\" for a ceiling that is not set",
                );
                self.wrong_value(value, key, expected)
            }
        }
    }

    pub(super) fn yen_or_none(&mut self, value: &Value<'_>, key: &str) -> Option<Option<Yen>> {
        if is_none(value) { Some(None) } else { self.yen(value, key).map(Some) }
    }

    pub(super) fn positive_yen(&mut self, value: &Value<'_>, key: &str) -> Option<Yen> {
        match self.yen(value, key)? {
            Yen::ZERO => self.wrong_value(value, key, ("1円以上", "1 yen or more")),
            yen => Some(yen),
        }
    }

    pub(super) fn rate(&mut self, value: &Value<'_>, key: &str) -> Option<Rate> {
        match value.get_ref() {
            DeValue::String(text) if text.parse::<Rate>().is_ok() => text.parse().ok(),
            _ => {
                let expected = (
                    "0/1 から 1/1 までの分数（\"3/4\" のように引用符で囲む）",
                    "a fraction from 0/1 to 1/1 in quotes, such as \"3/4\"",
                );
                self.wrong_value(value, key, expected)
            }
        }
    }

    pub(super) fn mode(&mut self, value: &Value<'_>, key: &str) -> Option<RoundingMode> {
        match value.get_ref() {
            DeValue::String(text) if text == "down" => Some(RoundingMode::Down),
            DeValue::String(text) if text == "up" => Some(RoundingMode::Up),
            DeValue::String(text) if text == "half-up" => Some(RoundingMode::HalfUp),
            _ => {
                let expected = (
                    "\"down\"（切捨て）, \"up\"（切上げ）, \"half-up\"（四捨五入）のいずれか",
                    "one of \"down\", \"up\", \"half-up\"",
                );
                self.wrong_value(value, key, expected)
            }
        }
    }

    pub(super) fn category(&mut self, value: &Value<'_>, key: &str) -> Option<Category> {
        match value.get_ref() {
            DeValue::String(text) => Category::from_code(text).filter(|category| *category != Category::Other),
            _ => None,
        }
        .or_else(|| {
            let expected = (
                "mobile_terminal, receipt_computer, card_reader のいずれか（引用符で囲む）",
                "one of mobile_terminal, receipt_computer, card_reader, in quotes",
            );
            self.wrong_value(value, key, expected)
        })
    }

    pub(super) fn list<T>(
        &mut self,
        value: &Value<'_>,
        key: &str,
        expected: (&str, &str),
        one: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let DeValue::Array(array) = value.get_ref() else { return self.wrong_value(value, key, expected) };
        let mut list = Vec::new();
        for (i, element) in array.iter().enumerate() {
            match one(element.get_ref()) {
                Some(element) => list.push(element),
                None => self.wrong_value(element, &format!("{key}[{i}]"), expected)?,
            }
        }
        Some(list)
    }

    pub(super) fn documents(&mut self, value: &Value<'_>, key: &str) -> Option<Vec<DocumentKind>> {
        self.list(
            value,
            key,
            ("\"receipt\", \"itemization\" の一覧", "a list of \"receipt\" and \"itemization\""),
            |one| match one {
                DeValue::String(text) if text == "receipt" => Some(DocumentKind::Receipt),
                DeValue::String(text) if text == "itemization" => Some(DocumentKind::Itemization),
                _ => None,
            },
        )
    }

    pub(super) fn ids(&mut self, value: &Value<'_>, key: &str) -> Option<Vec<ProgrammeId>> {
        self.list(
            value,
            key,
            (
                "補助事業の id の一覧（[\"home-consent\"] など）",
                "a list of ids of programmes such as [\"home-consent\"]",
            ),
            |one| match one {
                DeValue::String(text) if is_id(text) => Some(ProgrammeId::from(text.as_ref())),
                _ => None,
            },
        )
    }

    pub(super) fn measures(&mut self, value: &Value<'_>, key: &str) -> Option<Vec<u8>> {
        self.list(
            value,
            key,
            ("経過措置の番号（1から6）の一覧", "a list of numbers of transitional measures, 1 to 6"),
            |one| match one {
                DeValue::Integer(number) => {
                    u8::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| (1..=6).contains(number))
                }
                _ => None,
            },
        )
    }
}

fn is_none(value: &Value<'_>) -> bool {
    value.get_ref().as_str() == Some(NONE)
}

pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
