//! JSON as it stands in a line: keys in their order and twice where they stand twice, so that nothing is overlooked.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A JSON value.
#[derive(Clone, Debug)]
pub(crate) enum Json<'t> {
    Null,
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction, an exponent, or beyond what a whole number here holds.
    Number(String),
    /// Borrowed from the line where it has no escapes.
    Text(Cow<'t, str>),
    List(Vec<Json<'t>>),
    Object(Vec<(Cow<'t, str>, Json<'t>)>),
}

impl Json<'_> {
    /// The value as it is named in a message: in JSON, and short.
    pub(crate) fn shown(&self) -> String {
        const LONGEST: usize = 40;
        match self {
            Json::Null => "null".to_owned(),
            Json::Bool(truth) => truth.to_string(),
            Json::Whole(number) => number.to_string(),
            Json::Number(number) => number.clone(),
            Json::Text(text) => {
                let mut short: String = text.chars().take(LONGEST).collect();
                if short.len() < text.len() {
                    short.push('…');
                }
                // As JSON, so that quotes and line ends in it stay visible and on the line.
                serde_json::Value::String(short).to_string()
            }
            Json::List(list) if list.is_empty() => "[]".to_owned(),
            Json::List(_) => "[…]".to_owned(),
            Json::Object(_) => "{…}".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json<'de>, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json<'de>, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, truth: bool) -> Result<Json<'de>, E> {
                Ok(Json::Bool(truth))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
                Ok(Json::Whole(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
                Ok(i64::try_from(number).map_or_else(|_| Json::Number(number.to_string()), Json::Whole))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
                // Only to name it: a number of this form is never taken.
                Ok(Json::Number(format!("{number:?}")))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
                Ok(Json::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
                Ok(Json::Text(Cow::Borrowed(text)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(one) = seq.next_element()? {
                    list.push(one);
                }
                Ok(Json::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
                let mut object = Vec::new();
                // Keys are texts, read like any other so that they are borrowed too.
                while let Some((Json::Text(key), value)) = map.next_entry()? {
                    object.push((key, value));
                }
                Ok(Json::Object(object))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
