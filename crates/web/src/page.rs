//! What every page shares: the frame with its language, the person and where they can go.

use crate::access::Who;
use crate::language::Language;
use crate::session::Person;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, VARY};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use claim::{Lang, Yen, day_in_japan, wareki};
use jiff::Timestamp;
use jiff::civil::Date;
use std::convert::Infallible;

/// What the frame (`templates/frame.html`) needs to know, and the words of a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    lang: Lang,
    person: Option<Person>,
    /// The path that was asked for, for switching the language and for marking where one is.
    path: String,
    /// The query without the language, with its `&`.
    query: String,
    /// What was just done, told at the top of the page.
    pub(crate) done: Option<String>,
    /// The code of that, for a redirect that goes on to another page.
    done_code: Option<String>,
}

/// An entry of the navigation.
pub(crate) struct Way {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) here: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Frame, Infallible> {
        let Language(lang) = Language::from_request_parts(parts, state).await?;
        let query: Vec<&str> = parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("done="))
            .collect();
        let done_code = parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .find_map(|pair| pair.strip_prefix("done="))
            .filter(|code| done_text(code, lang).is_some())
            .map(str::to_owned);
        let done = done_code.as_deref().and_then(|code| done_text(code, lang)).map(str::to_owned);
        Ok(Frame {
            lang,
            person: parts.extensions.get::<Person>().cloned(),
            // What answers a form is no page that could be asked for again.
            path: match parts.method {
                Method::GET | Method::HEAD => parts.uri.path().to_owned(),
                _ => page_of(parts.uri.path()),
            },
            query: query.join("&"),
            done,
            done_code,
        })
    }
}

/// The page from which a form was sent: `/drafts/d-1` of `/drafts/d-1/documents`, which itself is no page.
fn page_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').take(3).collect();
    match parts.as_slice() {
        ["", "drafts" | "claims" | "batches", id] if !id.is_empty() => parts.join("/"),
        ["", "account" | "accounts" | "messages" | "queue" | "batches" | "sign-in" | "sign-up" | "second-step", ..] => {
            parts[..2].join("/")
        }
        ["", "invitations", ..] => "/accounts".to_owned(),
        ["", "drafts", ..] => "/apply".to_owned(),
        _ => "/home".to_owned(),
    }
}

/// What a redirect may have the next page say: codes and not texts, so that no link puts words on our pages.
fn done_text(code: &str, lang: Lang) -> Option<&'static str> {
    let (ja, en) = match code {
        "saved" => ("保存しました。", "Saved."),
        "uploaded" => ("書類を受け付けました。", "The document was accepted."),
        "removed" => ("取り除きました。", "Removed."),
        "sent" => ("申請を受け付けました。", "The claim was accepted."),
        "decided" => ("決定を記録しました。", "The decision was recorded."),
        "assessing" => ("もう一度審査します。しばらくお待ちください。", "It is being assessed again."),
        "noted" => ("メモを記録しました。", "The note was kept."),
        "handed" => ("担当を引き継ぎました。", "The claim was handed over."),
        "corrected" => (
            "訂正を記録しました。もう一度審査します。しばらくしてから画面を開き直してください。",
            "The correction was kept. The claim is being assessed again: open the page once more in a moment.",
        ),
        "judged" => ("判断を記録しました。", "The verdict was recorded."),
        "prepared" => ("支払バッチを準備しました。", "The payment batch was prepared."),
        "nothing-to-pay" => ("支払を待つ申請はありません。", "No approved claim waits for payment."),
        "released" => ("支払バッチを承認しました。", "The payment batch was released."),
        "cancelled" => ("支払バッチを取り消しました。", "The payment batch was given up."),
        "agreed" => (
            "承認を記録しました。この金額では、ほかの職員の承認も必要です。",
            "Your agreement was recorded. This sum asks for further persons.",
        ),
        "awaits-budget" => (
            "決定を記録しました。予算の残額に収まらないため、予算を待っています。",
            "The decision was recorded. The budget has no room for it, so it waits for money.",
        ),
        "budget-set" => ("予算額を設定しました。", "The budget was set."),
        "account-confirmed" => ("振込先口座を確認しました。", "The bank account was confirmed."),
        "account-sent" => (
            "口座の訂正を受け付けました。確認が終わるまでお待ちください。",
            "The corrected account was accepted; wait until it has been checked.",
        ),
        "results" => {
            ("振込結果を取り込みました。すべて支払と一致しました。", "The results were taken; all of them fit.")
        }
        "results-amiss" => (
            "振込結果を取り込みました。支払と一致しないものがあります。下の一覧を確かめてください。",
            "The results were taken. Some do not fit: see the list below.",
        ),
        "results-known" => {
            ("このファイルは取込み済みです。何も変更していません。", "This file was taken before; nothing was changed.")
        }
        "result-corrected" => ("振込結果を訂正しました。", "The result was corrected."),
        "account-added" => ("利用者を追加しました。", "The account was added."),
        "signed-out" => ("サインアウトしました。", "You are signed out."),
        "password" => {
            ("パスワードを変更しました。もう一度サインインしてください。", "The password was changed. Sign in again.")
        }
        "signed-up" => ("利用者登録が済みました。サインインしてください。", "Your account was made. Sign in."),
        "withdrawn" => ("申請を取り下げました。", "The claim was withdrawn."),
        "linked" => ("外部の認証を設定しました。", "The provider was linked."),
        "unlinked" => ("外部の認証の設定を解除しました。", "The link was taken away."),
        "mail-again" => ("もう一度送信します。", "It is sent again."),
        "token-ended" => ("APIトークンを無効にしました。", "The token was ended."),
        _ => return None,
    };
    Some(if lang == Lang::Ja { ja } else { en })
}

impl Frame {
    /// The text in the page's language.
    pub(crate) fn t<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// As HTML names it.
    pub(crate) fn code(&self) -> &'static str {
        match self.lang {
            Lang::Ja => "ja",
            Lang::En => "en",
        }
    }

    /// The program's version, which the addresses of style sheet and script carry.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The same page in another language.
    pub(crate) fn in_language(&self, code: &str) -> String {
        if self.query.is_empty() {
            format!("{}?lang={code}", self.path)
        } else {
            format!("{}?{}&lang={code}", self.path, self.query)
        }
    }

    /// The page of what the request was about, to go on with after signing in: `/drafts/d-1` of `/drafts/d-1/documents`,
    /// which itself is no page.
    pub(crate) fn thing(&self) -> String {
        crate::session::in_query(&page_of(&self.path))
    }

    pub(crate) fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    /// The query without the language.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// The code of what was just done.
    pub(crate) fn done_code(&self) -> Option<&str> {
        self.done_code.as_deref()
    }

    /// What a form has to carry to be taken.
    pub(crate) fn form_token(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.session.form_token)
    }

    /// Where this person can go. Empty before the second step.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let Some(person) = &self.person else { return Vec::new() };
        if !person.session.second_step {
            return Vec::new();
        }
        crate::navigation()
            .into_iter()
            .filter(|(who, _, _, _)| match who {
                Who::Roles(_) => who.lets(person.role()),
                Who::Anyone | Who::Beginning => true,
            })
            .map(|(_, path, ja, en)| Way { path, name: self.t(ja, en), here: self.path == path })
            .collect()
    }

    /// 令和8年1月31日, or 2026-01-31.
    pub(crate) fn day(&self, day: &Date) -> String {
        match self.lang {
            Lang::Ja => wareki(*day),
            Lang::En => day.to_string(),
        }
    }

    /// Day and time in Japan.
    pub(crate) fn moment(&self, at: &Timestamp) -> String {
        let local = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
        match self.lang {
            Lang::Ja => format!("{} {}", wareki(day_in_japan(*at)), local.strftime("%H時%M分")),
            Lang::En => local.strftime("%Y-%m-%d %H:%M JST").to_string(),
        }
    }

    /// `128,000円`, or `128,000 yen`.
    pub(crate) fn yen(&self, yen: &Yen) -> String {
        match self.lang {
            Lang::Ja => format!("{yen}円"),
            Lang::En => format!("{yen} yen"),
        }
    }
}

/// The answer that a page is.
pub(crate) fn html(status: StatusCode, frame: &Frame, page: &impl Template) -> Response {
    match page.render() {
        Ok(body) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_LANGUAGE, frame.code()),
                (VARY, "Accept-Language, Cookie"),
            ];
            (status, headers, body).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "ページを表示できません。 / The page cannot be shown.").into_response()
        }
    }
}
