//! The OpenAPI 3.1 document, made from the table of routes and from the types of its operations. What every operation has
//! in common (its token, keys, conditions, problems) is said here once.

use super::call::{Answer, PAGE_MOST, Row, Taken, schema_of};
use super::keys;
use super::limits::REQUESTS_A_MINUTE;
use crate::access::{Gate, Owner, Who};
use crate::fault::ProblemJson;
use axum::http::{Method, StatusCode};
use claim::Role;
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    PathsBuilder, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};
use utoipa::{IntoParams, ToSchema};

/// The parts of the API, in their order: the code, and what it is in both languages.
pub(super) const PARTS: [(&str, &str, &str); 11] = [
    ("programmes", "補助事業", "Programmes"),
    ("drafts", "下書き", "Drafts"),
    ("claims", "申請", "Claims"),
    ("review", "審査", "Review"),
    ("batches", "支払バッチ", "Payment batches"),
    ("money", "予算、口座、振込結果", "Budgets, bank accounts, results"),
    ("overview", "全体の状況", "Overview"),
    ("log", "決定記録", "Decision log"),
    ("accounts", "利用者", "Accounts"),
    ("messages", "メール", "Messages"),
    ("account", "自分の設定", "Own account"),
];

/// What the document says of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doc {
    /// Of which part.
    pub(super) part: &'static str,
    /// Its name, for programs that are made from the document.
    pub(super) id: &'static str,
    pub(super) ja: &'static str,
    pub(super) en: &'static str,
    /// It changes a thing as it was looked at, and needs If-Match.
    pub(super) changes: bool,
    /// It may be sent any number of times and needs no key.
    pub(super) repeatable: bool,
    /// There may be nothing yet, although its path names no thing.
    pub(super) may_lack: bool,
}

impl Doc {
    pub(super) const fn new(part: &'static str, id: &'static str, ja: &'static str, en: &'static str) -> Doc {
        Doc { part, id, ja, en, changes: false, repeatable: false, may_lack: false }
    }

    pub(super) const fn changes(self) -> Doc {
        Doc { changes: true, ..self }
    }

    pub(super) const fn repeatable(self) -> Doc {
        Doc { repeatable: true, ..self }
    }

    pub(super) const fn may_lack(self) -> Doc {
        Doc { may_lack: true, ..self }
    }
}

/// The schemas that operations refer to, by name.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;
/// Describes an operation of some types.
pub(super) type Describe = fn(&Doc, &Gate, &mut Schemas) -> Operation;

/// The description of an operation that takes `A`, `Q` and `B` and gives `O`.
pub(super) fn describe<A, Q, B, O>(doc: &Doc, gate: &Gate, schemas: &mut Schemas) -> Operation
where
    A: IntoParams,
    Q: IntoParams,
    B: Taken,
    O: Answer,
{
    let body = B::body(schemas);
    let has_query = !Q::into_params(|| None).is_empty();
    let mut operation = common(doc, gate, body.is_some(), has_query);
    for mut parameter in A::into_params(|| Some(ParameterIn::Path)) {
        parameter.required = Required::True;
        operation = operation.parameter(parameter);
    }
    for parameter in Q::into_params(|| Some(ParameterIn::Query)) {
        operation = operation.parameter(parameter);
    }
    operation = operation.request_body(body.map(|body| body.build()));
    let shown = O::content(schemas);
    let mut answer = ResponseBuilder::new().description(doc.en);
    for (kind, content) in shown {
        answer = answer.content(kind, content);
    }
    if O::STATUS == StatusCode::OK || doc.changes {
        answer = answer.header(
            "ETag",
            text_header("What the answer is known by: for If-None-Match, and for If-Match of a change."),
        );
    }
    if O::STATUS == StatusCode::CREATED {
        answer = answer.header("Location", text_header("Where the thing that was made is, if it has an address."));
    }
    operation.response(O::STATUS.as_u16().to_string(), answer.build()).build()
}

fn text_header(about: &str) -> utoipa::openapi::header::Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .description(Some(about))
        .build()
}

fn problem(about: &str) -> Response {
    let content: Content = ContentBuilder::new()
        .schema(Some(RefOr::<Schema>::Ref(utoipa::openapi::Ref::from_schema_name(ProblemJson::name()))))
        .build();
    ResponseBuilder::new().description(about).content("application/problem+json", content).build()
}

fn header_parameter(name: &str, required: bool, about: &str, most: usize) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(most)).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required { Required::True } else { Required::False })
        .description(Some(about))
        .schema(Some(text))
        .build()
}

/// What of an operation follows from its row.
fn common(doc: &Doc, gate: &Gate, has_body: bool, has_query: bool) -> OperationBuilder {
    let reads = gate.method == Method::GET;
    let keyed = gate.method == Method::POST && !doc.repeatable;
    let roles: Vec<&str> = match gate.who {
        Who::Roles(roles) => roles.iter().map(|role| role.code()).collect(),
        Who::Anyone | Who::Beginning => Role::ALL.iter().map(|role| role.code()).collect(),
    };
    let scope = if reads { "read" } else { "write" };
    let mut about = format!("For tokens of {}.", roles.join(", "));
    if gate.owner == Owner::Claim || gate.owner == Owner::Draft {
        about.push_str(" An institution reaches its own only; what is not its own is not there.");
    }
    let mut operation = OperationBuilder::new()
        .operation_id(Some(doc.id))
        .tag(doc.part)
        .summary(Some(doc.en))
        .description(Some(about))
        .security(SecurityRequirement::new("token", [scope]))
        .extensions(Some(
            ExtensionsBuilder::new().add("x-kofu-roles", json!(roles)).add("x-kofu-summary-ja", doc.ja).build(),
        ))
        .response("401", problem("No token, or one that does not hold."))
        .response("403", problem("Neither the account's role nor the token's scope lets it."))
        .response("429", problem("Too many requests of this token; Retry-After says when to go on."))
        .response("500", problem("Something is wrong on the server's side."))
        .response("503", problem("The store is busy; try again."));
    if has_body || keyed || has_query || !reads {
        operation = operation.response("400", problem("The request is not as described here; `place` says where."));
    }
    if gate.path.contains('{') || has_query || has_body || doc.may_lack {
        operation = operation.response("404", problem("There is no such thing, or it is not for this account."));
    }
    if has_body {
        operation = operation
            .response("413", problem("The body is too large."))
            .response("415", problem("The body is of another type."));
    }
    if !reads || has_query || gate.path.contains('{') {
        operation = operation.response("422", problem("It is understood and cannot be done; `detail` says why."));
    }
    if !reads {
        operation = operation.response("409", problem("Something else was faster, or the key is in use."));
    }
    if doc.changes {
        operation = operation
            .parameter(header_parameter("If-Match", true, "The ETag of what was looked at.", 100))
            .response("412", problem("It was changed after it was looked at."))
            .response("428", problem("If-Match is missing."));
    }
    if keyed {
        let about = format!(
            "A value of the program's own for this request, kept for {} hours: the same request with the same key is done once.",
            keys::KEPT_HOURS
        );
        operation = operation.parameter(header_parameter("Idempotency-Key", true, &about, keys::KEY_MOST));
    }
    if reads {
        operation = operation
            .parameter(header_parameter("If-None-Match", false, "ETags of answers that the program has.", 1000))
            .response("304", ResponseBuilder::new().description("It is what the program has already.").build());
    }
    operation
}

fn method(of: &Method) -> HttpMethod {
    match *of {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        // The table has no others.
        _ => HttpMethod::Get,
    }
}

/// The document of these rows.
pub(super) fn document(rows: &[Row]) -> OpenApi {
    let mut schemas = Schemas::new();
    let mut paths = PathsBuilder::new().build();
    let _ = schema_of::<ProblemJson>(&mut schemas);
    for row in rows {
        let operation = (row.describe)(&row.doc, &row.gate, &mut schemas);
        paths.add_path_operation(row.gate.path, vec![method(&row.gate.method)], operation);
    }
    let mut components = ComponentsBuilder::new().security_scheme(
        "token",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("A token that an account makes for its programs, with the scope `read` or `write`."))
                .build(),
        ),
    );
    let mut known = BTreeSet::new();
    for (name, schema) in schemas {
        if known.insert(name.clone()) {
            components = components.schema(name, schema);
        }
    }
    let about = format!(
        "Everything that the pages do, for programs. A token acts for its account: what that may not see or do, the token \
         may not either. Lists come in pages of at most {PAGE_MOST}; `next` of one is `after` of the next. Texts come in \
         the language of Accept-Language (Japanese unless English is asked for); codes never change with it. A token has \
         {REQUESTS_A_MINUTE} requests a minute unless the server is set otherwise."
    );
    let info = InfoBuilder::new().title("kofu").version(env!("CARGO_PKG_VERSION")).description(Some(about)).build();
    let tags = PARTS.map(|(code, ja, en)| {
        let names = ExtensionsBuilder::new().add("x-kofu-name-ja", ja).add("x-kofu-name-en", en).build();
        TagBuilder::new().name(code).description(Some(en)).extensions(Some(names)).build()
    });
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).tags(Some(tags)).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A program would take one for the other: give one of them a name of its own (`schema(as = …)`).
    #[test]
    fn no_two_schemas_have_one_name() {
        let mut schemas = Schemas::new();
        for row in crate::api::rows() {
            (row.describe)(&row.doc, &row.gate, &mut schemas);
        }
        let mut known: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
        for (name, schema) in schemas {
            let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
            assert!(*first == schema, "two schemas are called {name}");
            assert!(name != "Vec", "a list has no name: answer with All");
        }
        assert!(known.len() > 50, "{}", known.len());
    }
}
