//! Sign-in of staff by OpenID Connect, at a real provider: linked by an administrator or by oneself, with the provider's
//! second step or ours, and what does not get in.

use crate::server::{Browser, Driver, PATIENCE, Running, lines};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use totp_rs::{Builder, Secret};

/// A provider, and the name under which it knows us.
struct Provider {
    _process: Running,
    issuer: String,
}

impl Provider {
    fn start(back: &str) -> Provider {
        let folder = std::env::var("KOFU_OPENID_PROVIDER").unwrap_or_else(|_| {
            let cache = std::env::var("XDG_CACHE_HOME")
                .unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap()));
            format!("{cache}/kofu/tools/oidc-provider@8.8.1")
        });
        let mut process = std::process::Command::new("node")
            .arg(tests::root().join("tests/data/openid_provider.mjs"))
            .arg(folder)
            .arg(back)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts; `cargo xtask setup` installs it");
        let out = lines(process.stdout.take().unwrap());
        let process = Running(process);
        let issuer =
            out.recv_timeout(PATIENCE).expect("the provider says its address; `cargo xtask setup` installs it");
        std::thread::spawn(move || out.iter().for_each(drop));
        Provider { _process: process, issuer }
    }
}

/// Pages of an installation with a provider.
struct Site {
    _process: Running,
    _provider: Provider,
    folder: tempfile::TempDir,
    url: String,
    /// That of the reviewer sato.
    password: String,
}

fn kofu(folder: &Path, args: &[&str]) -> tests::Printed {
    let data = folder.join("data");
    let config = folder.join("kofu.toml");
    let mut all = args.to_vec();
    all.extend(["--data", data.to_str().unwrap(), "--lang", "en"]);
    if config.exists() {
        all.extend(["--config", config.to_str().unwrap()]);
    }
    tests::run(&all)
}

impl Site {
    fn start() -> Site {
        // The pages' address has to be known before they are served: a port that another took meanwhile is not ours.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(site) = Site::start_at(port) {
                return site;
            }
        }
        panic!("no free port");
    }

    fn start_at(port: u16) -> Option<Site> {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let provider = Provider::start(&format!("{url}/sign-in/openid/back"));
        let added = kofu(folder.path(), &["accounts", "add", "sato", "--role", "reviewer"]).expect_code(0).out;
        let password = added.split_whitespace().nth(1).unwrap().to_owned();
        kofu(folder.path(), &["accounts", "add", "tanaka", "--role", "approver"]).expect_code(0);
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "himitsu\n").unwrap();
        std::fs::write(
            folder.path().join("kofu.toml"),
            format!(
                "[site]\nurl = \"{url}\"\n[openid]\nissuer = \"{}\"\nclient_id = \"kofu\"\nclient_secret_file = \"{}\"\n\
                 name = \"基金共通認証\"\nsecond_step = [\"mfa\"]\n",
                provider.issuer,
                secret.display()
            ),
        )
        .unwrap();
        let linked = kofu(folder.path(), &["accounts", "link", "tanaka", "--subject", "mfa-tanaka"]).expect_code(0).out;
        assert!(linked.contains(&provider.issuer), "{linked}");
        let mut process = tests::kofu()
            .args(["serve", "--no-work", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(folder.path().join("data"))
            .arg("--config")
            .arg(folder.path().join("kofu.toml"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let err = lines(process.stderr.take().unwrap());
        let process = Running(process);
        loop {
            let line = err.recv_timeout(PATIENCE).ok()?;
            if line.contains("http://") {
                break;
            }
            if line.contains("cannot listen") || line.contains("待ち受けられません") {
                return None;
            }
        }
        std::thread::spawn(move || err.iter().for_each(drop));
        Some(Site { _process: process, _provider: provider, folder, url, password })
    }
}

/// Begins at our page and gives a name at the provider's.
async fn by_provider(site: &Site, browser: &Browser, name: &str) {
    // Cookies know no ports: the provider forgets whoever was there as well.
    browser.client.goto(&format!("{}/", site.url)).await.unwrap();
    browser.client.delete_all_cookies().await.unwrap();
    browser.client.goto(&format!("{}/sign-in", site.url)).await.unwrap();
    browser.click("a[href^='/sign-in/openid']").await;
    at_provider(browser, name).await;
}

async fn at_provider(browser: &Browser, name: &str) {
    browser.type_into("input[name=login]", name).await;
    browser.type_into("input[name=password]", "whatever").await;
    browser.click("button[type=submit]").await;
    // It asks whether we may know.
    browser.sees("Authorize").await;
    browser.click("button[type=submit]").await;
}

fn number(secret: &str) -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(seconds).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_at_their_own_provider() {
    let site = tokio::task::spawn_blocking(Site::start).await.unwrap();
    let driver = Driver::start();
    let browser = driver.browser(1280).await;

    // Linked by an administrator, and the provider asked for the second step: in at once, where the role begins.
    by_provider(&site, &browser, "mfa-tanaka").await;
    browser.find(".sign-out").await;
    assert_eq!(browser.path().await, "/batches");
    browser.sees("tanaka").await;

    // Who is not linked does not get in, and is not told who is.
    by_provider(&site, &browser, "stranger").await;
    browser.sees("この認証に対応する利用者がありません").await;
    assert_eq!(browser.barriers().await, [""; 0]);
    browser.picture("openid-unknown").await;

    // Nobody comes back who did not go from here: not twice, not with another's answer.
    browser.client.goto(&format!("{}/sign-in/openid/back?code=x&state=y", site.url)).await.unwrap();
    browser.sees("もう一度サインインしてください").await;

    // A reviewer with a password and a second step links the provider.
    browser.client.goto(&format!("{}/sign-in", site.url)).await.unwrap();
    browser.client.delete_all_cookies().await.unwrap();
    browser.type_into("#id", "sato").await;
    browser.type_into("#password", &site.password).await;
    browser.click("main button[type=submit]").await;
    let secret = browser.find("code.secret").await.text().await.unwrap().replace(' ', "");
    browser.type_into("#number", &number(&secret)).await;
    browser.click("main button[type=submit]").await;
    browser.find("nav.ways").await;
    browser.client.goto(&format!("{}/account", site.url)).await.unwrap();
    browser.picture("openid-account").await;
    browser.click("a[href='/account/openid']").await;
    at_provider(&browser, "sato-at-work").await;
    browser.sees("外部の認証を設定しました").await;
    assert_eq!(browser.barriers().await, [""; 0]);

    // Without a second step at the provider, ours is asked for; its number holds once, so the next one is waited for.
    by_provider(&site, &browser, "sato-at-work").await;
    browser.find("#number").await;
    assert_eq!(browser.path().await, "/second-step");
    browser.client.goto(&format!("{}/queue", site.url)).await.unwrap();
    assert_eq!(browser.path().await, "/second-step", "half signed in is not signed in");
    let used = number(&secret);
    while number(&secret) == used {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    browser.type_into("#number", &number(&secret)).await;
    browser.click("main button[type=submit]").await;
    browser.find("nav.ways").await;

    // What was linked can be taken away, by oneself and by an administrator; the log has each.
    browser.client.goto(&format!("{}/account", site.url)).await.unwrap();
    browser.click("form[action='/account/openid/unlink'] button").await;
    browser.sees("設定を解除しました").await;
    by_provider(&site, &browser, "sato-at-work").await;
    browser.sees("この認証に対応する利用者がありません").await;
    kofu(site.folder.path(), &["accounts", "unlink", "tanaka"]).expect_code(0);
    by_provider(&site, &browser, "mfa-tanaka").await;
    browser.sees("この認証に対応する利用者がありません").await;
    let again = kofu(site.folder.path(), &["accounts", "unlink", "tanaka"]).expect_code(1).err;
    assert!(again.contains("has no identity"), "{again}");
    browser.close().await;

    let export: PathBuf = site.folder.path().join("export");
    kofu(site.folder.path(), &["log", "export", "--out", export.to_str().unwrap()]).expect_code(0);
    let log = std::fs::read_to_string(export.join("decision-log.jsonl")).unwrap();
    for (event, times) in [("identity-linked", 2), ("identity-unlinked", 2)] {
        assert_eq!(log.matches(event).count(), times, "{event}");
    }
    assert!(
        !log.contains("sato-at-work") && !log.contains("mfa-tanaka"),
        "who somebody is elsewhere stands in no entry"
    );
}
