//! Every page in a real browser: nothing on it keeps people from using it, and it fits a telephone.

use crate::server::{Driver, Server};
use std::collections::BTreeSet;

/// Where each of the demo's people begins, besides what the navigation leads to.
const PEOPLE: [&str; 6] =
    ["demo-facility", "demo-reviewer", "demo-officer", "demo-approver", "demo-auditor", "demo-admin"];

/// Pages of this server that a page leads to.
async fn links(browser: &crate::server::Browser, url: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll('a[href]')].map(a => a.href.split('#')[0]);";
    let found = browser.client.execute(script, Vec::new()).await.unwrap();
    let found: Vec<String> = serde_json::from_value(found).unwrap();
    found.into_iter().filter_map(|link| link.strip_prefix(url).map(str::to_owned)).collect()
}

/// What is one kind of page: its path without ids, so that a thousand claims are looked at once.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| if part.chars().any(|c| c.is_ascii_digit()) { "_" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// What is downloaded is no page.
fn is_page(path: &str) -> bool {
    let kind = kind(path);
    let begins = |starts: &[&str]| starts.iter().any(|start| kind.starts_with(start));
    let ends = |ends: &[&str]| ends.iter().any(|end| kind.ends_with(end));
    let original = kind.contains("/documents/") && !ends(&["/view"]);
    let file =
        begins(&["/static", "/template"]) || ends(&["/bank-file", "/list", "/note"]) || kind.contains("/notices/");
    !file && !original && !path.contains("lang=")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_keeps_anybody_out_and_every_page_fits_a_telephone() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let driver = Driver::start();
    let wide = driver.browser(1280).await;
    let mut wrong = Vec::new();
    let mut seen_kinds = BTreeSet::new();
    for path in ["/", "/sign-in", "/sign-up", "/nowhere"] {
        wide.client.goto(&format!("{}{path}", server.url)).await.unwrap();
        look(&wide, path, &mut wrong).await;
    }
    for person in PEOPLE {
        wide.client.delete_all_cookies().await.unwrap();
        wide.sign_in(&server, person).await;
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut waiting = vec!["/home".to_owned()];
        while let Some(path) = waiting.pop() {
            if !is_page(&path) || !seen.insert(kind(&path)) {
                continue;
            }
            wide.client.goto(&format!("{}{path}", server.url)).await.unwrap();
            waiting.extend(links(&wide, &server.url).await);
            let kind = format!("{person} {}", kind(&path));
            look(&wide, &kind, &mut wrong).await;
            seen_kinds.insert(kind);
        }
    }
    assert!(seen_kinds.len() > 12, "{seen_kinds:?}");
    wide.close().await;

    let narrow = driver.browser(360).await;
    narrow.sign_in(&server, "demo-facility").await;
    for path in ["/", "/claims", "/account"] {
        narrow.client.goto(&format!("{}{path}", server.url)).await.unwrap();
        if !narrow.fits().await {
            wrong.push(format!("{path} is wider than a telephone"));
        }
        narrow.picture(&format!("narrow{}", path.replace('/', "-"))).await;
    }
    narrow.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn look(browser: &crate::server::Browser, name: &str, wrong: &mut Vec<String>) {
    for barrier in browser.barriers().await {
        wrong.push(format!("{name}: {barrier}"));
    }
    if !browser.fits().await {
        wrong.push(format!("{name} is wider than the window"));
    }
    browser.picture(&name.replace(['/', ' '], "-")).await;
}
