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
    let file = begins(&["/static", "/template", "/log/verifier", "/api/"])
        || ends(&["/bank-file", "/list", "/note"])
        || kind.contains("/notices/");
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
        states(&wide, &server, person, &mut wrong).await;
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

/// What people meet when something is not there, not theirs, not right, or empty.
async fn states(browser: &crate::server::Browser, server: &Server, person: &str, wrong: &mut Vec<String>) {
    let paths: &[&str] = match person {
        "demo-facility" => &["/queue", "/claims/K-NONE", "/drafts/d-none", "/claims?state=rejected"],
        "demo-reviewer" => &["/accounts", "/queue?finding=payee-differs&programme=none", "/claims/K-NONE"],
        "demo-officer" => &["/batches/none", "/log"],
        "demo-approver" => &["/batches/none"],
        "demo-auditor" => &["/log?claim=K-NONE", "/log/999999999", "/log?from=nonsense"],
        _ => &["/messages?which=all", "/accounts?after=zzzz"],
    };
    for path in paths {
        browser.client.goto(&format!("{}{path}", server.url)).await.unwrap();
        look(browser, &format!("state {person} {path}"), wrong).await;
    }
    // Something that is refused, on the page where it was asked for.
    browser.client.goto(&format!("{}/account", server.url)).await.unwrap();
    browser.type_into("#old", "not the password").await;
    browser.type_into("#new", "not the password either").await;
    browser.click("form[action='/account/password'] button").await;
    browser.sees("現在のパスワードが正しくありません").await;
    look(browser, &format!("state {person} refused"), wrong).await;
    // The language of that page can be changed: it leads to a page that is there.
    browser.click("a[hreflang=en]").await;
    browser.sees("Change the password").await;
    browser.click("a[hreflang=ja]").await;
    browser.sees("パスワードの変更").await;
}

async fn look(browser: &crate::server::Browser, name: &str, wrong: &mut Vec<String>) {
    for barrier in browser.barriers().await {
        wrong.push(format!("{name}: {barrier}"));
    }
    if !browser.fits().await {
        wrong.push(format!("{name} is wider than the window"));
    }
    // At 200 % a window of 1280 pixels is one of 640.
    browser.client.set_window_size(640, 1400).await.unwrap();
    if !browser.fits().await {
        wrong.push(format!("{name} is wider than the window at 200 %"));
    }
    browser.client.set_window_size(1280, 1400).await.unwrap();
    browser.picture(&name.replace(['/', ' '], "-")).await;
}
