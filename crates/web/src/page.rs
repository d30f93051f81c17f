//! What every page shares: the frame, the language, and the pages that say that something is not there or went wrong.

use crate::language::Language;
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use claim::Lang;

/// What the frame (`templates/frame.html`) needs to know.
pub(crate) struct Frame {
    lang: Lang,
}

impl Frame {
    pub(crate) fn new(lang: Lang) -> Frame {
        Frame { lang }
    }

    /// The text in the page's language.
    pub(crate) fn t<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    /// As HTML names it.
    pub(crate) fn code(&self) -> &'static str {
        match self.lang {
            Lang::Ja => "ja",
            Lang::En => "en",
        }
    }

    /// The program's version, which the style sheet's address carries.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// The answer that a page is.
pub(crate) fn html(status: StatusCode, lang: Lang, page: &impl Template) -> Response {
    match page.render() {
        Ok(body) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_LANGUAGE, Frame::new(lang).code()),
                (VARY, "Accept-Language"),
            ];
            (status, headers, body).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "ページを表示できません。 / The page cannot be shown.").into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound {
    frame: Frame,
}

pub(crate) async fn not_found(Language(lang): Language) -> Response {
    html(StatusCode::NOT_FOUND, lang, &NotFound { frame: Frame::new(lang) })
}
