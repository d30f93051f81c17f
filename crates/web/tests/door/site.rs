//! A site for tests: an empty store with a clock that stands still, and browsers that keep their cookies.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use claim::{Actor, Facility, FacilityKind, InstitutionCode, Role};
use decision_log::Event;
use jiff::Timestamp;
use office::{Office, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Account, Store};
use tempfile::TempDir;
use totp_rs::{Builder, Secret};
use tower::ServiceExt;
use web::{Exports, WebState};

/// A day on which home-consent takes claims.
pub(crate) const DURING: &str = "2026-01-31T12:00:00+09:00";
pub(crate) const CLINIC: &str = "1310110049";
pub(crate) const PHARMACY: &str = "3410712362";
pub(crate) const PASSWORD: &str = "yubin-posto-kumo-77";

/// As long as nothing else is said, a million yen needs two persons.
const TWO_FROM: i64 = 1_000_000;

pub(crate) fn office_at(store: Store, now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Office {
    office_with(store, now, TWO_FROM)
}

fn office_with(store: Store, now: Arc<dyn Fn() -> Timestamp + Send + Sync>, two_from: i64) -> Office {
    let settings = Settings {
        payer: claim::Payer {
            consignor_code: "0000000001".to_owned(),
            consignor_name: "コウフキキン".to_owned(),
            account: account_of("コウフキキン"),
        },
        bank_file: reporting::BankProfile::default(),
        result_file: reporting::ResultProfile::default(),
        releases: vec![office::ReleaseBand { from_yen: claim::Yen::new(two_from).unwrap(), releasers: 2 }],
        when_budget_short: office::WhenShort::Wait,
        fonts: reporting::DEFAULT_FONT_DIRS.iter().map(std::path::PathBuf::from).collect(),
        contact: claim::Contact {
            sender: "交付基金（見本）".to_owned(),
            office: "助成課".to_owned(),
            address: "東京都千代田区見本町1-2-3".to_owned(),
            phone: "03-0000-0000".to_owned(),
            email: "kofu@example.jp".to_owned(),
            hours: "平日".to_owned(),
        },
        mail: false,
        incoming: std::env::temp_dir(),
        site: Some("https://kofu.example.jp".to_owned()),
    };
    // No program: what is uploaded is kept and cannot be read here. Reading is tested with the real program in `tests`.
    let reader = ingest::Reader::new("/nowhere/kofu".into(), Vec::new(), ingest::Limits::default());
    Office::new(store, settings, now, Arc::new(reader))
}

fn account_of(holder: &str) -> claim::BankAccount {
    claim::BankAccount {
        bank_code: "0000".to_owned(),
        bank_name: "ミホンギンコウ".to_owned(),
        branch_code: "001".to_owned(),
        branch_name: "ホンテン".to_owned(),
        kind: claim::AccountKind::Ordinary,
        number: "0000001".to_owned(),
        holder: holder.to_owned(),
    }
}

pub(crate) fn state_of(store: Store, now: &str) -> WebState {
    let now: Timestamp = now.parse().unwrap();
    state_with(store, Arc::new(move || now))
}

fn state_with(store: Store, now: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> WebState {
    let (_, ruleset) = tokio::sync::watch::channel(Arc::new(rules::Ruleset::embedded().clone()));
    WebState {
        office: office_at(store, now),
        ruleset,
        openid: None,
        requests_a_minute: web::REQUESTS_A_MINUTE,
        // What an export holds is for the tests of the decision log and of the program; here it is sent.
        exports: Exports::new(
            Arc::new(|folder| {
                Box::pin(async move {
                    std::fs::create_dir_all(folder.join("tile/0"))?;
                    std::fs::write(folder.join("checkpoint"), "signed")?;
                    Ok(std::fs::write(folder.join("tile/0/000"), EXPORTED_TILE)?)
                })
            }),
            Some(VERIFIER.into()),
        ),
    }
}

/// What the export of these tests holds beside a checkpoint.
pub(crate) static EXPORTED_TILE: [u8; 200_000] = [7; 200_000];
/// Any file of known bytes.
pub(crate) const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// One server for all tests that want PostgreSQL; it ends with the process.
static SERVER: std::sync::LazyLock<store::testing::Postgres> =
    std::sync::LazyLock::new(|| store::testing::Postgres::start().unwrap());

/// A store with a clinic and a pharmacy, and the site over it.
pub(crate) struct Site {
    pub(crate) state: WebState,
    /// Gone with the site.
    _folder: TempDir,
    clock_ms: Arc<AtomicI64>,
}

impl Site {
    pub(crate) async fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_folder(folder.path()).await.unwrap();
        Site::over(store, folder, TWO_FROM).await
    }

    /// On PostgreSQL or SQLite, where two persons release from this sum on.
    pub(crate) async fn needing_two(postgres: bool, two_from: i64) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let mut config = store::StoreConfig::in_folder(folder.path()).unwrap();
        if postgres {
            config.database_url = SERVER.fresh_database_url().unwrap();
        }
        Site::over(Store::open(&config).await.unwrap(), folder, two_from).await
    }

    async fn over(store: Store, folder: TempDir, two_from: i64) -> Site {
        let start: Timestamp = DURING.parse().unwrap();
        let clock_ms = Arc::new(AtomicI64::new(start.as_millisecond()));
        let read = Arc::clone(&clock_ms);
        let now = move || Timestamp::from_millisecond(read.load(Ordering::SeqCst)).unwrap();
        let mut state = state_with(store.clone(), Arc::new(now.clone()));
        state.office = office_with(store, Arc::new(now), two_from);
        let site = Site { state, _folder: folder, clock_ms };
        let facilities =
            [(CLINIC, FacilityKind::Clinic, "青空クリニック"), (PHARMACY, FacilityKind::Pharmacy, "みどり薬局")].map(
                |(code, kind, name)| Facility {
                    code: InstitutionCode::parse(code).unwrap(),
                    kind,
                    name: name.to_owned(),
                    founder: String::new(),
                    postal_code: "100-0000".to_owned(),
                    address: "東京都千代田区見本町1-2-3".to_owned(),
                    transitional_measure: None,
                    earlier_grants: Vec::new(),
                    account: Some(account_of("アオゾラ")),
                },
            );
        let event = Event::FacilityRegisterChanged { count: 2, sha256: office::hash(b"register") };
        let entry = site.state.office.entry(&Actor::system(), event);
        site.state.office.store.upsert_facilities(&facilities, &[entry]).await.unwrap();
        for facility in &facilities {
            site.state.office.look_at_account(&facility.code, &Actor::staff("looker"), None).await.unwrap();
        }
        site
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { state: self.state.clone(), cookie: None, last: String::new() }
    }

    /// Makes an account with [`PASSWORD`]; a facility's for the institution of `facility`.
    pub(crate) async fn account(&self, id: &str, role: Role, facility: Option<&str>) {
        let account = Account {
            id: id.to_owned(),
            role,
            name: format!("{id} さん"),
            email: None,
            facilities: facility.map(|code| InstitutionCode::parse(code).unwrap()).into_iter().collect(),
            active: true,
            created_at: self.state.office.now(),
            version: 1,
        };
        self.state.office.add_account(&account, PASSWORD, &Actor::staff("setup")).await.unwrap();
    }

    /// A browser in which a fresh account of this role is signed in, wholly.
    pub(crate) async fn signed_in(&self, id: &str, role: Role, facility: Option<&str>) -> Browser {
        self.account(id, role, facility).await;
        self.sign_in(id, PASSWORD, role.needs_second_step()).await
    }

    /// A browser in which an account is signed in whose second step, if it has one, is not set up yet.
    pub(crate) async fn sign_in(&self, id: &str, password: &str, second_step: bool) -> Browser {
        let mut browser = self.browser();
        let answer = browser.post("/sign-in", &[("id", id), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        if second_step {
            let page = browser.get("/second-step").await;
            let secret = between(&page.body, "<code class=\"secret\">", "</code>").replace(' ', "");
            let number = self.number(&secret);
            let answer = browser.post("/second-step", &[("secret", &secret), ("number", &number)]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        }
        browser
    }

    /// What the app of a secret shows now.
    pub(crate) fn number(&self, secret: &str) -> String {
        let secret = Secret::try_from_base32(secret).unwrap();
        let totp = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
        totp.generate(u64::try_from(self.state.office.now().as_second()).unwrap()).to_string()
    }
}

/// The text between two others.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let from = text.find(before).unwrap_or_else(|| panic!("no {before:?} in {text}")) + before.len();
    let to = text[from..].find(after).unwrap() + from;
    &text[from..to]
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: String,
}

impl Answer {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

/// A browser: it keeps the session's cookie and says where its requests come from.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) state: WebState,
    pub(crate) cookie: Option<String>,
    /// The token of the last page's forms.
    pub(crate) last: String,
}

impl Browser {
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, format!("__Host-kofu={cookie}").parse().unwrap());
        }
        let response = web::router(self.state.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            if let Some(rest) = cookie.strip_prefix("__Host-kofu=") {
                assert!(cookie.contains("Secure") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
                let value = rest.split(';').next().unwrap();
                self.cookie = (!value.is_empty()).then(|| value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(at) = body.find("name=\"form_token\" value=\"") {
            self.last = between(&body[at..], "value=\"", "\"").to_owned();
        }
        Answer { status: parts.status, headers: parts.headers, bytes, body }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::builder().uri(path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token of the last page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("form_token", self.last.as_str())];
        pairs.extend(fields);
        let body = serde_urlencoded::to_string(&pairs).unwrap();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }
}
