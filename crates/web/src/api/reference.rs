//! The reference of the API: the OpenAPI document for programs, and a page made from it for people.

use super::openapi::{PARTS, document};
use crate::page::{Frame, html};
use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claim::{Lang, Sha256};
use serde_json::Value;
use std::sync::LazyLock;

/// The document, made once: its table does not change while the program runs.
static DOCUMENT: LazyLock<(Vec<u8>, Value, Sha256)> = LazyLock::new(|| {
    let value = serde_json::to_value(document(&super::rows())).unwrap_or_default();
    let bytes = office::json(&value);
    let sha256 = office::hash(&bytes);
    (bytes, value, sha256)
});

/// GET /api/v1/openapi.json
pub(crate) async fn openapi_json(headers: HeaderMap) -> Response {
    let (bytes, _, sha256) = &*DOCUMENT;
    let etag = format!("\"{sha256}\"");
    let had = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let head = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "public, no-cache")];
    if had == Some(&etag) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, [(header::CONTENT_TYPE, "application/json")], bytes.as_slice()).into_response()
}

#[derive(Template)]
#[template(path = "api.html")]
struct ReferencePage {
    frame: Frame,
    parts: Vec<Part>,
    schemas: Vec<SchemaShown>,
    kept_hours: i64,
    requests_a_minute: u32,
}

/// A part of the API with its operations.
struct Part {
    code: &'static str,
    name: &'static str,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    roles: String,
    scope: String,
    parameters: Vec<Parameter>,
    /// The schema of the body, and its name.
    body: Option<Type>,
    /// The status when all went well, and what comes.
    status: String,
    answer: Option<Type>,
    /// The statuses of problems.
    problems: String,
}

struct Parameter {
    name: String,
    place: String,
    required: bool,
    kind: String,
    about: String,
}

/// A type in words, with the schema that it refers to.
struct Type {
    text: String,
    schema: Option<String>,
}

struct SchemaShown {
    name: String,
    about: String,
    /// What it is, where it has no fields.
    kind: String,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    kind: Type,
    required: bool,
    about: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A schema in a few words, and the name of the one that it leads to.
fn kind(schema: &Value) -> Type {
    let named = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(reference) = schema["$ref"].as_str() {
        let name = named(reference);
        return Type { text: name.clone(), schema: Some(name) };
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(all) = schema[several].as_array() {
            let kinds: Vec<Type> = all.iter().map(kind).collect();
            let schema = kinds.iter().find_map(|one| one.schema.clone());
            return Type { text: kinds.into_iter().map(|one| one.text).collect::<Vec<_>>().join(" | "), schema };
        }
    }
    let mut words: Vec<String> = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().map(text).collect(),
        _ => Vec::new(),
    };
    if words.iter().any(|word| word == "array") {
        let of = kind(&schema["items"]);
        return Type { text: format!("[{}]", of.text), schema: of.schema };
    }
    if let Some(format) = schema["format"].as_str() {
        words.push(format!("({format})"));
    }
    if let Some(all) = schema["enum"].as_array() {
        let codes: Vec<String> = all.iter().map(|code| format!("{code}")).collect();
        words = vec![codes.join(" | ")];
    }
    if words.is_empty() {
        words.push("any".to_owned());
    }
    Type { text: words.join(" "), schema: None }
}

/// The fields of a schema, those of the schemas that it is put together from included.
fn fields(schema: &Value) -> Vec<Field> {
    let mut all = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        match part["$ref"].as_str() {
            Some(_) => {
                all.push(Field { name: "…".to_owned(), kind: kind(part), required: true, about: String::new() })
            }
            None => all.extend(fields(part)),
        }
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        all.push(Field {
            kind: kind(field),
            required: required.contains(&name.as_str()),
            about: text(&field["description"]),
            name: name.clone(),
        });
    }
    all
}

fn operation(path: &str, method: &str, of: &Value, lang: Lang) -> Operation {
    let roles: Vec<String> = of["x-kofu-roles"].as_array().into_iter().flatten().map(text).collect();
    let responses = of["responses"].as_object();
    let good = responses.into_iter().flatten().find(|(status, _)| status.starts_with('2'));
    let problems: Vec<&str> = responses
        .into_iter()
        .flatten()
        .map(|(status, _)| status.as_str())
        .filter(|status| status.starts_with(['4', '5']))
        .collect();
    let content = |of: &Value| {
        let (media, content) = of["content"].as_object()?.iter().next()?;
        Some(match media.as_str() {
            "application/json" => kind(&content["schema"]),
            other => Type { text: other.to_owned(), schema: None },
        })
    };
    let parameters = of["parameters"].as_array().into_iter().flatten().map(|one| Parameter {
        name: text(&one["name"]),
        place: text(&one["in"]),
        required: one["required"] == true,
        kind: kind(&one["schema"]).text,
        about: text(&one["description"]),
    });
    let summary = if lang == Lang::Ja { &of["x-kofu-summary-ja"] } else { &of["summary"] };
    Operation {
        id: text(&of["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(summary),
        roles: roles.join(", "),
        scope: text(&of["security"][0]["token"][0]),
        parameters: parameters.collect(),
        body: content(&of["requestBody"]),
        status: good.map_or_else(String::new, |(status, _)| status.clone()),
        answer: good.and_then(|(_, response)| content(response)),
        problems: problems.join(", "),
    }
}

/// GET /api
pub(crate) async fn reference(frame: Frame) -> Response {
    let (_, document, _) = &*DOCUMENT;
    let lang = frame.lang();
    let mut parts: Vec<Part> =
        PARTS.iter().map(|(code, ja, en)| Part { code, name: frame.t(ja, en), operations: Vec::new() }).collect();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, of) in item.as_object().into_iter().flatten() {
            let part = text(&of["tags"][0]);
            if let Some(part) = parts.iter_mut().find(|one| one.code == part) {
                part.operations.push(operation(path, method, of, lang));
            }
        }
    }
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten().map(|(name, schema)| {
        let fields = fields(schema);
        SchemaShown {
            name: name.clone(),
            about: text(&schema["description"]),
            kind: if fields.is_empty() { kind(schema).text } else { String::new() },
            fields,
        }
    });
    let page = ReferencePage {
        parts,
        schemas: schemas.collect(),
        kept_hours: super::keys::KEPT_HOURS,
        requests_a_minute: super::REQUESTS_A_MINUTE,
        frame,
    };
    html(StatusCode::OK, &page.frame, &page)
}
