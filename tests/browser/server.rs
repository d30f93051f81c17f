//! `kofu demo --serve` as a stranger starts it, and a browser that looks at it.

use fantoccini::wd::{Capabilities, PrintConfiguration};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a page may take to show what it should, on a machine under load.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demo, served.
pub(crate) struct Server {
    _process: Running,
    _data: TempDir,
    pub(crate) url: String,
    passwords: BTreeMap<String, String>,
    numbers: Arc<Mutex<BTreeMap<String, String>>>,
}

/// The lines of a stream as they come.
pub(crate) fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Server {
    /// With the samples as they are.
    pub(crate) fn start() -> Server {
        Server::start_with(&tests::root().join("samples"))
    }

    /// With the samples of a folder.
    pub(crate) fn start_with(samples: &Path) -> Server {
        let data = tempfile::tempdir().unwrap();
        let mut process = tests::kofu()
            .args(["demo", "--serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .arg("--samples")
            .arg(samples)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (lines(process.stdout.take().unwrap()), lines(process.stderr.take().unwrap()));
        let process = Running(process);
        let mut passwords = BTreeMap::new();
        let url = loop {
            let line = err.recv_timeout(Duration::from_secs(240)).expect("the demo is served");
            if let Some((_, url)) = line.split_once("http://") {
                break format!("http://{}", url.trim_end_matches('/'));
            }
        };
        while let Ok(line) = out.recv_timeout(Duration::from_millis(500)) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [id, _, password] = words.as_slice()
                && id.starts_with("demo-")
            {
                passwords.insert((*id).to_owned(), (*password).to_owned());
            }
        }
        assert_eq!(passwords.len(), 6, "{passwords:?}");
        let numbers = Arc::new(Mutex::new(BTreeMap::new()));
        let shown = Arc::clone(&numbers);
        std::thread::spawn(move || {
            for line in err {
                let Some((_, list)) = line.split_once("確認番号: ") else { continue };
                let pairs = list.split(" / ").filter_map(|pair| pair.split_once(' '));
                *shown.lock().unwrap() = pairs.map(|(id, number)| (id.to_owned(), number.to_owned())).collect();
            }
        });
        Server { _process: process, _data: data, url, passwords, numbers }
    }

    pub(crate) fn password(&self, id: &str) -> &str {
        &self.passwords[id]
    }

    /// What the terminal shows as the second step's number.
    pub(crate) fn number(&self, id: &str) -> String {
        let began = Instant::now();
        loop {
            if let Some(number) = self.numbers.lock().unwrap().get(id) {
                return number.clone();
            }
            assert!(began.elapsed() < PATIENCE, "no number of {id} is shown");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Chromium's driver; it ends its browsers when it ends.
pub(crate) struct Driver {
    _process: Running,
    port: u16,
}

impl Driver {
    pub(crate) fn start() -> Driver {
        let mut process = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `cargo xtask setup` installs it");
        let out = lines(process.stdout.take().unwrap());
        let process = Running(process);
        let port = loop {
            let line = out.recv_timeout(PATIENCE).expect("chromedriver says its port");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        // What it says further is let go, so that it never waits to be heard.
        std::thread::spawn(move || out.iter().for_each(drop));
        Driver { _process: process, port }
    }

    /// A browser of its own, without cookies, of a width in CSS pixels.
    pub(crate) async fn browser(&self, width: u32) -> Browser {
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--lang=ja".to_owned(),
            format!("--window-size={width},1400"),
        ];
        let mut capabilities = Capabilities::new();
        let mut options = json!({ "args": arguments, "prefs": { "intl.accept_languages": "ja,ja-JP" } });
        if width < 500 {
            // A window cannot be that narrow; a telephone's screen can.
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": width, "height": 800, "pixelRatio": 2.0, "touch": true } });
        }
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .unwrap();
        Browser { client }
    }
}

/// One browser.
pub(crate) struct Browser {
    pub(crate) client: Client,
}

impl Browser {
    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// The first element of a CSS selector, once it is there.
    pub(crate) async fn find(&self, css: &str) -> fantoccini::elements::Element {
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("no {css}: {error}"))
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    pub(crate) async fn text(&self) -> String {
        let began = Instant::now();
        loop {
            match self.find("body").await.text().await {
                Ok(text) => return text,
                // The page was left between the two questions.
                Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
            }
        }
    }

    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Waits until the page has a text.
    pub(crate) async fn sees(&self, text: &str) {
        let began = Instant::now();
        loop {
            if self.text().await.contains(text) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "no {text:?} on {}: {}", self.path().await, self.text().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the page has a text so many times.
    pub(crate) async fn sees_times(&self, text: &str, times: usize) {
        let began = Instant::now();
        while self.text().await.matches(text).count() < times {
            assert!(began.elapsed() < PATIENCE, "not {times} times {text:?}: {}", self.text().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Looks at the page anew until it has a text.
    pub(crate) async fn until(&self, text: &str) {
        let began = Instant::now();
        while !self.text().await.contains(text) {
            assert!(began.elapsed() < PATIENCE, "no {text:?} on {}: {}", self.path().await, self.text().await);
            tokio::time::sleep(Duration::from_millis(300)).await;
            self.client.refresh().await.unwrap();
        }
    }

    /// Waits until the page's heading is another.
    pub(crate) async fn until_not(&self, heading: &str) {
        let began = Instant::now();
        loop {
            // While the next page loads there may be none.
            let now = self.client.find(Locator::Css("h1")).await;
            if let Ok(now) = now
                && now.text().await.is_ok_and(|text| text != heading)
            {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{heading} stays: {}", self.text().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Presses keys, wherever they go.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Waits until the keys go to the element of an id.
    pub(crate) async fn focused(&self, id: &str) {
        let began = Instant::now();
        let script = "return document.activeElement.id;";
        while self.client.execute(script, Vec::new()).await.unwrap() != id {
            assert!(began.elapsed() < PATIENCE, "the keys do not go to {id}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What keeps people from using this page, by axe-core: rules of WCAG 2.2 A and AA that are broken seriously, each
    /// with the places.
    pub(crate) async fn barriers(&self) -> Vec<String> {
        let path = std::env::var("KOFU_AXE").unwrap_or_else(|_| {
            let cache = std::env::var("XDG_CACHE_HOME")
                .unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap()));
            format!("{cache}/kofu/tools/axe-playwright-python-0.1.8/axe_playwright_python/axe.min.js")
        });
        let axe = std::fs::read_to_string(&path).expect("axe-core is there; `cargo xtask setup` gets it");
        self.client.execute(&axe, Vec::new()).await.unwrap();
        let tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: { type: 'tag', values: arguments[0] } })
                .then(found => done(found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
                    .map(v => v.id + ': ' + v.help + ': ' + v.nodes.map(n => n.html).slice(0, 5).join(' | '))),
                    error => done(['axe: ' + error]));";
        let found = self.client.execute_async(run, vec![json!(tags)]).await.unwrap();
        let Value::Array(found) = found else { panic!("{found}") };
        found.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Whether the page can be read without moving it sideways.
    pub(crate) async fn fits(&self) -> bool {
        let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
        self.client.execute(wider, Vec::new()).await.unwrap().as_i64().unwrap() <= 0
    }

    /// Keeps a picture of the page where `KOFU_PICTURES` says, for people to look at.
    pub(crate) async fn picture(&self, name: &str) {
        if let Ok(folder) = std::env::var("KOFU_PICTURES") {
            let picture = self.client.screenshot().await.unwrap();
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(format!("{folder}/{name}.png"), picture).unwrap();
            // And as it would be printed.
            let printed = self.client.print(PrintConfiguration::default()).await.unwrap();
            std::fs::write(format!("{folder}/{name}.pdf"), printed).unwrap();
        }
    }

    /// Signs somebody of the demo in, with the second step where theirs needs one.
    pub(crate) async fn sign_in(&self, server: &Server, id: &str) {
        self.client.goto(&format!("{}/sign-in", server.url)).await.unwrap();
        self.type_into("#id", id).await;
        self.type_into("#password", server.password(id)).await;
        self.click("main button[type=submit]").await;
        if id != "demo-facility" {
            self.type_into("#number", &server.number(id)).await;
            self.click("main button[type=submit]").await;
        }
        self.find(".sign-out").await;
        self.find("nav.ways").await;
    }
}
