//! The language of a page: `?lang=`, else the one asked for before (a cookie), else the first of the browser's languages that there is, else Japanese.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use claim::Lang;
use std::convert::Infallible;

/// The language that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Language(pub(crate) Lang);

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Language, Infallible> {
        let asked = parts.uri.query().and_then(from_query);
        let cookie = || {
            let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
            cookies
                .flat_map(|value| value.split(';'))
                .find_map(|pair| pair.trim().strip_prefix("kofu-lang=").and_then(named))
        };
        let header = || parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(from_header);
        Ok(Language(asked.or_else(cookie).or_else(header).unwrap_or(Lang::Ja)))
    }
}

fn named(tag: &str) -> Option<Lang> {
    // `en-GB` is English too.
    match tag.split('-').next().unwrap_or(tag).to_ascii_lowercase().as_str() {
        "ja" => Some(Lang::Ja),
        "en" => Some(Lang::En),
        _ => None,
    }
}

/// The language that the query asks for.
pub(crate) fn from_query(query: &str) -> Option<Lang> {
    query.split('&').filter_map(|pair| pair.strip_prefix("lang=")).find_map(named)
}

/// `Accept-Language`: tags with weights from 0 to 1 in at most three decimals (RFC 9110 §12.5.4); 0 means not at all.
fn from_header(header: &str) -> Option<Lang> {
    let mut best: Option<(u16, Lang)> = None;
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some(lang) = parts.next().and_then(named) else { continue };
        let Some(weight) = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1000), per_mille) else {
            continue;
        };
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// `0.85` in thousandths; `None` if it is no weight.
fn per_mille(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = match whole {
        "0" => format!("{decimals:0<3}").parse().ok()?,
        "1" => 1000,
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_names_one_of_the_languages_there_are() {
        for (query, expected) in [
            ("lang=en", Some(Lang::En)),
            ("lang=ja", Some(Lang::Ja)),
            ("a=b&lang=en-GB", Some(Lang::En)),
            ("lang=fr", None),
            ("lang=", None),
            ("slang=en", None),
            ("", None),
        ] {
            assert_eq!(from_query(query), expected, "{query}");
        }
    }

    #[test]
    fn the_weightiest_language_that_there_is_wins() {
        for (header, expected) in [
            ("en", Some(Lang::En)),
            ("en-US,en;q=0.9,ja;q=0.8", Some(Lang::En)),
            ("ja,en-US;q=0.9", Some(Lang::Ja)),
            ("fr;q=1.0, en;q=0.4, ja;q=0.55", Some(Lang::Ja)),
            ("en;q=0.8, ja;q=0.8", Some(Lang::En)),
            ("en;q=0, fr", None),
            ("en;q=2, ja;q=x", None),
            ("*", None),
            ("", None),
            (";;,,q=", None),
        ] {
            assert_eq!(from_header(header), expected, "{header}");
        }
    }
}
