//! Words for people: two languages, and templates whose values are formatted by the unit in their key.

use crate::{Category, FacilityKind, Yen, day_in_japan, wareki};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// One value that a finding, a trace step or a problem carries. Its key says what it is: `…_yen` whole yen, `…_on` a
/// day (ISO), `…_at` an instant (RFC 3339), `category` and `kind` a code of this crate; all else is shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let unknown = || match self {
            Value::Number(n) => n.to_string(),
            Value::Text(text) => text.clone(),
            Value::List(list) => {
                let shown: Vec<String> = list.iter().map(|one| one.show(key, lang)).collect();
                shown.join(match lang {
                    Lang::Ja => "、",
                    Lang::En => ", ",
                })
            }
        };
        match self {
            Value::Number(n) if key.ends_with("_yen") => match (Yen::new(*n), lang) {
                (Ok(yen), Lang::Ja) => format!("{yen}円"),
                (Ok(yen), Lang::En) => format!("{yen} yen"),
                (Err(_), _) => unknown(),
            },
            // An unrounded product: "128250.75" gets its separators and unit like a whole one.
            Value::Text(text) if key.ends_with("_yen") => {
                let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(w, r)| (w, Some(r)));
                let Some(yen) = whole.parse().ok().and_then(|n| Yen::new(n).ok()) else { return unknown() };
                let fraction = rest.map(|r| format!(".{r}")).unwrap_or_default();
                match lang {
                    Lang::Ja => format!("{yen}{fraction}円"),
                    Lang::En => format!("{yen}{fraction} yen"),
                }
            }
            Value::Text(text) if key.ends_with("_on") => match (text.parse::<jiff::civil::Date>(), lang) {
                (Ok(day), Lang::Ja) => wareki(day),
                _ => unknown(),
            },
            Value::Text(text) if key.ends_with("_at") => match text.parse::<jiff::Timestamp>() {
                Ok(at) => {
                    let there = at.to_zoned(crate::day::japan());
                    match lang {
                        Lang::Ja => {
                            format!(
                                "{}{}時{:02}分{:02}秒",
                                wareki(day_in_japan(at)),
                                there.hour(),
                                there.minute(),
                                there.second()
                            )
                        }
                        Lang::En => there.strftime("%Y-%m-%d %H:%M:%S (Japan)").to_string(),
                    }
                }
                Err(_) => unknown(),
            },
            Value::Text(text) if key == "category" => {
                Category::from_code(text).map_or_else(unknown, |category| category.name(lang).to_owned())
            }
            Value::Text(text) if key == "kind" => {
                FacilityKind::from_code(text).map_or_else(unknown, |kind| kind.name(lang).to_owned())
            }
            _ => unknown(),
        }
    }
}

/// `template` with each `{key}` replaced by its value as people of `lang` read it. A text that no code stands for may
/// be given once a language, as `{key}_ja` and `{key}_en`; those go before `key` itself. A key without a value is shown
/// as `(—)`: a sentence with a hole says less, but says it.
pub fn fill(template: &str, values: &Values, lang: Lang) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((key, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            break;
        };
        let in_lang = match lang {
            Lang::Ja => format!("{key}_ja"),
            Lang::En => format!("{key}_en"),
        };
        match values.get(&in_lang).or_else(|| values.get(key)) {
            Some(value) => out.push_str(&value.show(key, lang)),
            None => out.push_str("(—)"),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
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
        ]
        .into();
        assert_eq!(
            fill("{category} {found_yen} {exact_yen} {deadline_on} {submitted_at} {numbers} {none}", &values, Lang::Ja),
            "モバイル端末等 45,100円 33,825.75円 令和8年1月31日 令和8年2月1日0時00分00秒 2、4、6 (—)"
        );
        assert_eq!(fill("{found_yen} {deadline_on}", &values, Lang::En), "45,100 yen 2026-01-31");
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
