//! Requests that schemathesis makes up from the OpenAPI document, by a program of every role, against a running server: no
//! answer may be an error of the server's or another than the document says.

use super::seeds::Site;
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::Request;
use claim::Role;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use store::Store;
use tower::ServiceExt;

/// What is tried.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The program schemathesis.
    #[arg(long, value_name = "FILE")]
    schemathesis: PathBuf,
    /// How many requests are made up for each operation; the same ones each time.
    #[arg(long, default_value_t = 60)]
    examples: u32,
    /// Only this role.
    #[arg(long)]
    role: Option<String>,
}

/// What an answer has to be, as schemathesis calls it.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method";

/// Whether all answers were as the document says.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(tried(options))
}

async fn tried(options: &Options) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    let mut site = Site::new(Store::in_folder(folder.path()).await?).await?;
    site.fill().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(web::serve(listener, site.state.clone(), async {
        // Stopped or forgotten: either ends it.
        let _ = stopped.await;
    }));
    let mut all_well = true;
    for role in Role::ALL {
        if options.role.as_deref().is_some_and(|only| only != role.code()) {
            continue;
        }
        let id = format!("api-{}", role.code());
        let facility = (role == Role::Facility).then_some(site.facility.as_str());
        let token = site.token(&id, role, facility).await?;
        let document = document_for(&site, role, &token).await?;
        let file = folder.path().join(format!("{}.json", role.code()));
        std::fs::write(&file, serde_json::to_vec(&document)?)?;
        println!("{}:", role.code());
        let mut command = Command::new(&options.schemathesis);
        command
            .arg("run")
            .arg(&file)
            .args(["--url", &url, "--header", &format!("Authorization: {token}"), "--checks", CHECKS])
            .args(["--max-examples", &options.examples.to_string()])
            .args(["--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--no-color"])
            .args(["--suppress-health-check", "all"])
            .current_dir(folder.path());
        let status = tokio::task::spawn_blocking(move || command.status()).await?;
        all_well &= status.context("schemathesis cannot be started")?.success();
    }
    // The server is gone only when it has ended already.
    let _ = stop.send(());
    serving.await??;
    Ok(all_well)
}

/// The document with the operations of a role. Ids, places and versions are narrowed to those that there are and one that
/// is not, so that requests made up at random meet real claims, drafts and batches.
async fn document_for(site: &Site, role: Role, token: &str) -> Result<Value> {
    let request = Request::builder().uri("/api/v1/openapi.json").body(Body::empty())?;
    let response = web::router(site.state.clone()).oneshot(request).await?;
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    let mut document: Value = serde_json::from_slice(&bytes)?;
    let drafts = if role == Role::Facility { site.drafts(token).await? } else { Vec::new() };
    let paths = document["paths"].as_object_mut().context("the document has paths")?;
    for (path, item) in paths.iter_mut() {
        let item = item.as_object_mut().context("a path has operations")?;
        item.retain(|_, operation| {
            operation["x-kofu-roles"].as_array().is_some_and(|roles| roles.iter().any(|one| one == role.code()))
        });
        let ids: Vec<String> = match path.split('/').nth(3) {
            Some("claims") => site.waiting.iter().chain(&site.sent).take(40).cloned().collect(),
            Some("drafts") => drafts.clone(),
            Some("batches") => vec![site.batch.clone()],
            Some("programmes") => vec!["home-consent".to_owned(), "limited-type".to_owned()],
            Some("accounts") => vec!["bench-reviewer".to_owned(), "api-facility".to_owned()],
            _ => Vec::new(),
        };
        for operation in item.values_mut() {
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                let narrowed = match parameter["name"].as_str().unwrap_or_default() {
                    "id" => json!({ "enum": ids.iter().map(String::as_str).chain(["unknown-id"]).collect::<Vec<_>>() }),
                    "position" if path.contains("/documents/") => json!({ "enum": [0, 1, 2] }),
                    "revision" => json!({ "enum": [1, 2] }),
                    "page" => json!({ "enum": [1, 2, 9] }),
                    "level" | "number" => json!({ "enum": [0, 1] }),
                    "position" => json!({ "enum": [0, 1, 2, 100, 100_000_000_u64] }),
                    "If-Match" => {
                        json!({ "enum": (1..=6).map(|version| format!("\"{version}-x\"")).collect::<Vec<_>>() })
                    }
                    _ => continue,
                };
                parameter["schema"] = narrowed;
            }
        }
    }
    paths.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    ensure!(!paths.is_empty(), "{} may do nothing", role.code());
    Ok(document)
}

impl Site {
    /// Drafts of the institution that is measured: one that is empty, and some with a document.
    async fn drafts(&self, token: &str) -> Result<Vec<String>> {
        let office = &self.state.office;
        let bearer = token.strip_prefix("Bearer ").unwrap_or_default();
        let (_, account) = office.token(bearer).await?.context("the token holds")?;
        let facility = account.facilities.first().context("the account has an institution")?;
        let mut drafts = Vec::new();
        for number in 0..4 {
            let id = office.open_draft(&account, facility, &"home-consent".into()).await?;
            if number > 0 {
                let draft = office.draft(&id).await?;
                let bytes = format!("a receipt of {number}").into_bytes();
                office.receive(&account, &draft, "領収書.txt", claim::DocumentKind::Receipt, bytes).await?;
            }
            drafts.push(id);
        }
        Ok(drafts)
    }
}
