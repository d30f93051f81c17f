//! Words for people: two languages, and templates whose values are formatted by the unit in their key.

use crate::{Category, FacilityKind, Yen, day_in_japan, wareki};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;

/// The language of text for people. Codes and keys are never translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Japanese, in the polite plain style of public offices.
    #[default]
    Ja,
    /// English.
    En,
}

/// One value that a finding, a trace step or a problem carries. Its key says what it is: `…_yen` whole yen, `…_units` a
/// number of units of a product, `…_on` a day (ISO), `…_at` an instant (RFC 3339), `category` and `kind` a code of this
/// crate; all else is shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Value {
    /// A whole number: yen, a count.
    Number(i64),
    /// A text, a code, a day in ISO form, a fraction.
    Text(String),
    /// Several of them: documents needed, numbers accepted.
    List(Vec<Value>),
}

/// Values by key, in the order of the keys so that the same values are the same bytes.
pub type Values = BTreeMap<String, Value>;

impl From<Yen> for Value {
    fn from(yen: Yen) -> Value {
        Value::Number(yen.get())
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number)
    }
}
impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Number(i64::from(number))
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}
impl From<jiff::civil::Date> for Value {
    fn from(day: jiff::civil::Date) -> Value {
        Value::Text(day.to_string())
    }
}
impl From<jiff::Timestamp> for Value {
    fn from(at: jiff::Timestamp) -> Value {
        Value::Text(at.to_string())
    }
}
impl From<crate::Rate> for Value {
    fn from(rate: crate::Rate) -> Value {
        Value::Text(rate.to_string())
    }
}
impl From<Category> for Value {
    fn from(category: Category) -> Value {
        Value::Text(category.code().to_owned())
    }
}
impl From<FacilityKind> for Value {
    fn from(kind: FacilityKind) -> Value {
        Value::Text(kind.code().to_owned())
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Value {
        Value::List(list.into_iter().map(Into::into).collect())
    }
}

impl Value {
    /// As people of `lang` read it, formatted by the unit in `key`.
    pub fn show(&self, key: &str, lang: Lang) -> String {
        let mut out = String::new();
        self.write(key, lang, &mut out);
        out
    }

    /// Writes what [`Value::show`] gives behind `out`: a claim's answer has some twenty of them.
    fn write(&self, key: &str, lang: Lang, out: &mut String) {
        use std::fmt::Write as _;
        // Writing into a String does not fail.
        match self {
            Value::Number(n) => {
                let _ = match (Yen::new(*n), lang) {
                    (Ok(yen), Lang::Ja) if key.ends_with("_yen") => write!(out, "{yen}円"),
                    (Ok(yen), Lang::En) if key.ends_with("_yen") => write!(out, "{yen} yen"),
                    (_, Lang::Ja) if key.ends_with("_units") => write!(out, "{n}台"),
                    (_, Lang::En) if key.ends_with("_units") && *n == 1 => write!(out, "1 unit"),
                    (_, Lang::En) if key.ends_with("_units") => write!(out, "{n} units"),
                    _ => write!(out, "{n}"),
                };
            }
            Value::Text(text) => match text_in(text, key, lang) {
                Some(shown) => out.push_str(&shown),
                None => out.push_str(text),
            },
            Value::List(list) => {
                for (i, one) in list.iter().enumerate() {
                    if i > 0 {
                        out.push_str(match lang {
                            Lang::Ja => "、",
                            Lang::En => ", ",
                        });
                    }
                    one.write(key, lang, out);
                }
            }
        }
    }
}

/// A text by the unit in `key`; `None` where it is shown as it is.
fn text_in(text: &str, key: &str, lang: Lang) -> Option<String> {
    match key {
        "category" => return Some(Category::from_code(text)?.name(lang).to_owned()),
        "kind" => return Some(FacilityKind::from_code(text)?.name(lang).to_owned()),
        "mode" if lang == Lang::Ja => {
            let word = match text {
                "down" => "切捨て",
                "up" => "切上げ",
                "half-up" => "四捨五入",
                _ => return None,
            };
            return Some(word.to_owned());
        }
        _ => {}
    }
    if key.ends_with("_yen") {
        // An unrounded product: "128250.75" gets its separators and unit like a whole one.
        let (whole, rest) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let yen = Yen::new(whole.parse().ok()?).ok()?;
        let fraction = rest.map(|rest| format!(".{rest}")).unwrap_or_default();
        return Some(match lang {
            Lang::Ja => format!("{yen}{fraction}円"),
            Lang::En => format!("{yen}{fraction} yen"),
        });
    }
    if key.ends_with("_on") && lang == Lang::Ja {
        return text.parse().ok().map(wareki);
    }
    if key.ends_with("_at") {
        let at: jiff::Timestamp = text.parse().ok()?;
        let there = at.to_zoned(crate::day::japan());
        return Some(match lang {
            Lang::Ja => {
                format!("{}{}時{:02}分{:02}秒", wareki(day_in_japan(at)), there.hour(), there.minute(), there.second())
            }
            Lang::En => there.strftime("%Y-%m-%d %H:%M:%S (Japan)").to_string(),
        });
    }
    None
}

/// `template` with each `{key}` replaced by its value as people of `lang` read it. A text that no code stands for may
/// be given once a language, as `{key}_ja` and `{key}_en`; those go before `key` itself. A key without a value is shown
/// as `(—)`: a sentence with a hole says less, but says it.
pub fn fill(template: &str, values: &Values, lang: Lang) -> String {
    fill_from(template, lang, |key| in_lang(values, key, lang).or_else(|| values.get(key)))
}

/// [`fill`] with the values from wherever `value` has them.
pub(crate) fn fill_from<'v>(template: &str, lang: Lang, value: impl Fn(&str) -> Option<&'v Value>) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((key, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            break;
        };
        match value(key) {
            Some(value) => value.write(key, lang, &mut out),
            None => out.push_str("(—)"),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The value of `{key}_ja` or `{key}_en`, which stand right behind `key` in the order of keys.
fn in_lang<'v>(values: &'v Values, key: &str, lang: Lang) -> Option<&'v Value> {
    let ending = match lang {
        Lang::Ja => "_ja",
        Lang::En => "_en",
    };
    values
        .range::<str, _>((Bound::Excluded(key), Bound::Unbounded))
        .take_while(|(name, _)| name.starts_with(key))
        .find(|(name, _)| name.strip_prefix(key) == Some(ending))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_by_the_unit_in_their_key() {
        let values: Values = [
            ("found_yen".to_owned(), Value::from(45_100i64)),
            ("exact_yen".to_owned(), Value::from("33825.75")),
            ("deadline_on".to_owned(), Value::from("2026-01-31")),
            ("category".to_owned(), Value::from("mobile_terminal")),
            ("submitted_at".to_owned(), Value::from("2026-01-31T15:00:00Z")),
            ("numbers".to_owned(), Value::from(vec![2i64, 4, 6])),
            ("asked_units".to_owned(), Value::from(3i64)),
        ]
        .into();
        assert_eq!(
            fill(
                "{category} {found_yen} {exact_yen} {deadline_on} {submitted_at} {numbers} {asked_units} {none}",
                &values,
                Lang::Ja
            ),
            "モバイル端末等 45,100円 33,825.75円 令和8年1月31日 令和8年2月1日0時00分00秒 2、4、6 3台 (—)"
        );
        assert_eq!(fill("{found_yen} {deadline_on} {asked_units}", &values, Lang::En), "45,100 yen 2026-01-31 3 units");
    }

    #[test]
    fn a_text_may_be_given_once_a_language() {
        let values: Values = [
            ("field".to_owned(), Value::from("total_yen")),
            ("field_ja".to_owned(), Value::from("領収金額")),
            ("field_en".to_owned(), Value::from("total")),
            ("other".to_owned(), Value::from("C-1")),
        ]
        .into();
        assert_eq!(fill("{field} {other}", &values, Lang::Ja), "領収金額 C-1");
        assert_eq!(fill("{field} {other}", &values, Lang::En), "total C-1");
    }
}
