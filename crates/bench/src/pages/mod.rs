//! How long the server takes for each page of the queue, for a claim's page and for lists, with very many claims stored and
//! with few, on SQLite and on PostgreSQL: requests through the real router, by people who are signed in and by programs.

pub(crate) mod api;
mod seeds;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use claim::Role;
use comfy_table::Table;
use seeds::Site;
use std::time::{Duration, Instant};
use store::testing::Postgres;
use store::{QueueFilter, Store, StoreConfig};
use tower::ServiceExt;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many claims are stored.
    #[arg(long, default_value_t = 1_000_000)]
    claims: u32,
    /// How many are stored for the comparison.
    #[arg(long, default_value_t = 1_000)]
    few: u32,
    /// Measured requests for each page.
    #[arg(long, default_value_t = 200)]
    requests: usize,
    /// Only this database.
    #[arg(long, value_parser = ["sqlite", "postgresql"])]
    only: Option<String>,
}

/// What each page has to keep at [`Options::claims`].
const MEDIAN_MOST: Duration = Duration::from_millis(50);
const P99_MOST: Duration = Duration::from_millis(150);
/// Requests before any is measured.
const WARM_UP: usize = 10;

/// A page to be measured.
struct Page {
    name: &'static str,
    /// Whose: a cookie or a token.
    by: String,
    /// Asked for one after another, over and over.
    paths: Vec<String>,
    /// It is one that has to keep the times.
    bound: bool,
}

/// Median and 99th percentile.
type Times = (Duration, Duration);

/// Whether every page that has to keep the times did.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut all_kept = true;
    for database in ["sqlite", "postgresql"] {
        if options.only.as_deref().is_some_and(|only| only != database) {
            continue;
        }
        let few = runtime.block_on(measured(database, options.few, options.requests))?;
        let many = runtime.block_on(measured(database, options.claims, options.requests))?;
        all_kept &= told(database, options, &few, &many)?;
    }
    Ok(all_kept)
}

fn told(
    database: &str,
    options: &Options,
    few: &[(&'static str, bool, Times)],
    many: &[(&'static str, bool, Times)],
) -> Result<bool> {
    ensure!(few.len() == many.len(), "the same pages are measured with few and with many claims");
    let mut table = Table::new();
    let (less, more) = (options.few, options.claims);
    table.set_header([
        format!("{database}: page"),
        format!("{less}: median"),
        format!("{less}: p99"),
        format!("{more}: median"),
        format!("{more}: p99"),
        "ratio of medians".to_owned(),
        String::new(),
    ]);
    let mut all_kept = true;
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    for ((name, _, (few_median, few_p99)), (_, bound, (median, p99))) in few.iter().zip(many) {
        let keeps = *median < MEDIAN_MOST && *p99 < P99_MOST;
        all_kept &= keeps || !bound;
        table.add_row([
            (*name).to_owned(),
            ms(*few_median),
            ms(*few_p99),
            ms(*median),
            ms(*p99),
            format!("{:.1}", median.as_secs_f64() / few_median.as_secs_f64()),
            if keeps { String::new() } else { "SLOW".to_owned() },
        ]);
    }
    println!("{table}");
    Ok(all_kept)
}

async fn measured(database: &str, claims: u32, requests: usize) -> Result<Vec<(&'static str, bool, Times)>> {
    let folder = tempfile::tempdir()?;
    let objects = url_of(folder.path())?;
    let server;
    let config = match database {
        "sqlite" => StoreConfig::in_folder(folder.path())?,
        _ => {
            server = Postgres::start()?;
            StoreConfig::new(&server.fresh_database_url()?, &objects)
        }
    };
    let began = Instant::now();
    let store = Store::open(&config).await?;
    let mut site = Site::new(store).await?;
    let seeds = site.fill().await?;
    let copies = (claims / seeds).saturating_sub(1);
    let progress = indicatif::ProgressBar::new(u64::from(copies));
    site.state.office.store.multiply(copies, |done| progress.set_position(u64::from(done))).await?;
    progress.finish_and_clear();
    eprintln!("{database}: {} claims stored in {:.0} s", (copies + 1) * seeds, began.elapsed().as_secs_f64());
    let pages = pages(&site, copies).await?;
    let router = web::router(site.state.clone());
    let mut times = Vec::new();
    for page in pages {
        times.push((page.name, page.bound, timed(&router, &page, requests).await?));
    }
    site.state.office.store.close().await;
    Ok(times)
}

fn url_of(folder: &std::path::Path) -> Result<String> {
    Ok(format!("file://{}/objects", folder.to_str().context("the temporary folder is not UTF-8")?))
}

/// The pages, with the same names however many claims there are.
async fn pages(site: &Site, copies: u32) -> Result<Vec<Page>> {
    let store = &site.state.office.store;
    let reviewer = site.signed_in("bench-reviewer", Role::Reviewer, None).await?;
    let facility = site.signed_in("bench-facility", Role::Facility, Some(&site.facility)).await?;
    let officer = site.signed_in("bench-officer", Role::PaymentOfficer, None).await?;
    let auditor = site.signed_in("bench-auditor", Role::Auditor, None).await?;
    let program = site.token("bench-program", Role::Reviewer, None).await?;
    // Deep in the queue: past nine tenths of its days.
    let counts = store.review_counts(&QueueFilter::default()).await?;
    let deep = site.late_place(&counts).await?;
    let copy = |id: &str, at: u32| if at == 0 { id.to_owned() } else { format!("{id}~{at}") };
    // Claims spread over all copies.
    let spread = |ids: &[String], path: &dyn Fn(&str) -> String| -> Vec<String> {
        let of = |(at, id): (usize, &String)| {
            let at = u32::try_from(at * 7919).unwrap_or(0) % (copies + 1);
            path(&copy(id, at))
        };
        ids.iter().cycle().take(200).enumerate().map(of).collect()
    };
    let page =
        |name, by: &str, path: &str, bound| Page { name, by: by.to_owned(), paths: vec![path.to_owned()], bound };
    let several = |name, by: &str, paths, bound| Page { name, by: by.to_owned(), paths, bound };
    let finding = "payee-differs";
    Ok(vec![
        page("queue, first page", &reviewer, "/queue", true),
        page("queue, deep", &reviewer, &format!("/queue?after={deep}"), true),
        page("queue, programme", &reviewer, "/queue?programme=home-consent", true),
        page("queue, kind", &reviewer, "/queue?kind=hospital", true),
        page("queue, kind, deep", &reviewer, &format!("/queue?kind=clinic&after={deep}"), true),
        page("queue, prefecture", &reviewer, "/queue?prefecture=13", true),
        page("queue, frequent finding", &reviewer, &format!("/queue?finding={finding}"), true),
        page("queue, frequent finding, deep", &reviewer, &format!("/queue?finding={finding}&after={deep}"), true),
        page("queue, rare finding", &reviewer, "/queue?finding=possible-duplicate", true),
        page("queue, kind and finding", &reviewer, &format!("/queue?kind=pharmacy&finding={finding}"), true),
        page(
            "queue, kind, prefecture, finding",
            &reviewer,
            &format!("/queue?kind=pharmacy&prefecture=47&finding={finding}"),
            true,
        ),
        page(
            "queue, a finding and kind that do not meet",
            &reviewer,
            "/queue?kind=hospital&finding=possible-duplicate",
            true,
        ),
        page("queue, handed to me", &reviewer, "/queue?hand=me", true),
        page("queue, approved", &reviewer, "/queue?state=approved", true),
        page("queue, sent, with programme", &reviewer, "/queue?state=sent&programme=home-consent", true),
        page("queue, a state without claims", &reviewer, "/queue?state=bounced", true),
        page(
            "queue, a state and a programme without claims",
            &reviewer,
            "/queue?state=sent&programme=limited-type",
            true,
        ),
        page("queue, by institution", &reviewer, &format!("/queue?q={}", site.facility), true),
        page("queue, on to the next", &reviewer, "/queue/next", true),
        several("a claim in review, reviewer", &reviewer, spread(&site.waiting, &|id| format!("/claims/{id}")), true),
        several("a claim that was sent, reviewer", &reviewer, spread(&site.sent, &|id| format!("/claims/{id}")), true),
        several("a claim in review, auditor", &auditor, spread(&site.waiting, &|id| format!("/claims/{id}")), true),
        page("a facility's claims", &facility, "/claims", true),
        page("overview", &reviewer, "/overview", false),
        page("payment batches", &officer, "/batches", false),
        page("a payment batch", &officer, &format!("/batches/{}", site.batch), false),
        page("decision log", &auditor, "/log", false),
        page("decision log, by event", &auditor, "/log?event=claim-decided", false),
        page("start", &reviewer, "/", false),
        page("API: review", &program, "/api/v1/review?limit=50", true),
        page("API: review, counts", &program, "/api/v1/review/counts", true),
        several("API: a claim", &program, spread(&site.waiting, &|id| format!("/api/v1/claims/{id}")), true),
        page("API: claims in a state", &program, "/api/v1/claims?state=approved", true),
        page("API: overview", &program, "/api/v1/overview", false),
    ])
}

async fn timed(router: &Router, page: &Page, requests: usize) -> Result<Times> {
    let mut times = Vec::with_capacity(requests);
    for (at, path) in page.paths.iter().cycle().take(WARM_UP + requests).enumerate() {
        let name = if page.by.starts_with("Bearer ") { header::AUTHORIZATION } else { header::COOKIE };
        let request = Request::builder().uri(path).header(name, &page.by).body(Body::empty())?;
        let began = Instant::now();
        let response = router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        axum::body::to_bytes(body, usize::MAX).await?;
        let took = began.elapsed();
        let fine = parts.status == StatusCode::OK || parts.status == StatusCode::SEE_OTHER;
        ensure!(fine, "{}: {path} gave {}", page.name, parts.status);
        let signed_out = parts.headers.get(header::LOCATION).is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
        ensure!(!signed_out, "{}: {path} asks to sign in", page.name);
        if at >= WARM_UP {
            times.push(took);
        }
    }
    times.sort_unstable();
    let at = |per_mille: usize| times[(times.len() * per_mille / 1000).min(times.len() - 1)];
    ensure!(!times.is_empty(), "at least one request has to be measured");
    Ok((at(500), at(990)))
}
