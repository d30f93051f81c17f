//! Forms with files, as browsers send them.

use crate::site::{Answer, Browser};
use axum::body::Body;
use axum::http::{Method, Request, header};

/// What stands in a form.
pub(crate) enum Part<'a> {
    Text(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}

/// Sends a form with files; as our script does where `script`.
pub(crate) async fn send(browser: &mut Browser, path: &str, parts: &[Part<'_>], script: bool) -> Answer {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(b"--frontier\r\nContent-Disposition: form-data; name=\"");
        let bytes = match part {
            Part::Text(name, text) => {
                body.extend_from_slice(format!("{name}\"\r\n\r\n").as_bytes());
                text.as_bytes()
            }
            Part::File(name, bytes) => {
                let head = format!("file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
                body.extend_from_slice(head.as_bytes());
                bytes
            }
        };
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--frontier--\r\n");
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier");
    if script {
        request = request.header(header::ACCEPT, "application/json");
    }
    browser.send(request.body(Body::from(body)).unwrap()).await
}

/// Sends a form without files as our script does.
pub(crate) async fn save(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut pairs = vec![("form_token", browser.last.clone())];
    pairs.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(serde_urlencoded::to_string(&pairs).unwrap()))
        .unwrap();
    browser.send(request).await
}

/// The JSON of an answer.
pub(crate) fn json(answer: &Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.bytes).unwrap_or_else(|_| panic!("{} {}", answer.status, answer.body))
}
