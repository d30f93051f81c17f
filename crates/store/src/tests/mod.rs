//! Tests of the store through its door, each on SQLite and on a real PostgreSQL; and a few that look behind it.

#![allow(clippy::cast_possible_truncation, reason = "small numbers of a test's own")]

mod accounts;
mod attacks;
mod bank_accounts;
mod drafts;
mod duplicates;
mod ledger;
mod messages;
mod objects;
mod opening;
mod products;
mod proofs;
mod queue;
mod releases;
mod results;
mod review;
mod schema;
mod story;

use crate::database::{Db, read};
use crate::testing::Postgres;
use crate::{ClaimRecord, Job, JobKind, NewBatch, NewClaim, Settled, Store, StoreConfig, Submitted};
use claim::*;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

/// One server for all tests; it ends with the process.
static SERVER: LazyLock<Postgres> = LazyLock::new(|| Postgres::start().unwrap());

/// A store of its own, and the folder of its objects.
struct Fixture {
    store: Store,
    config: StoreConfig,
    folder: TempDir,
}

async fn on_sqlite() -> Fixture {
    let folder = TempDir::new().unwrap();
    let config = StoreConfig::in_folder(folder.path()).unwrap();
    Fixture { store: Store::open(&config).await.unwrap(), config, folder }
}

async fn on_postgres() -> Fixture {
    let folder = TempDir::new().unwrap();
    let objects = StoreConfig::in_folder(folder.path()).unwrap().object_url;
    let config = StoreConfig::new(&SERVER.fresh_database_url().unwrap(), &objects);
    Fixture { store: Store::open(&config).await.unwrap(), config, folder }
}

/// `on_both!(name)`: the tests `name::sqlite` and `name::postgres`, of an `async fn name(Fixture)`.
macro_rules! on_both {
    ($($name:ident)*) => { $(mod $name {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn sqlite() {
            super::$name(crate::tests::on_sqlite().await).await;
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn postgres() {
            super::$name(crate::tests::on_postgres().await).await;
        }
    })* };
}
use on_both;

const LEASE: Duration = Duration::from_secs(600);
const CLINIC: &str = "1310110049";
const PHARMACY: &str = "3410712362";

impl Fixture {
    /// Runs SQL past the store.
    async fn sql(&self, text: &str) -> Result<u64, sqlx::Error> {
        Ok(match &self.store.db {
            Db::Sqlite { write, .. } => {
                sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(write).await?.rows_affected()
            }
            Db::Postgres(pool) => sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(pool).await?.rows_affected(),
        })
    }

    async fn number(&self, text: &str) -> i64 {
        let text = AssertSqlSafe(text.to_owned());
        read!(self.store.db, |c| sqlx::query_scalar(text).fetch_one(c).await.unwrap())
    }

    /// How many rows there are in all, and of which state and version the claims are: what a failed call must not change.
    async fn everything(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for table in schema::tables(&self.store).await {
            counts.push(self.number(&format!("SELECT COUNT(*) FROM {table}")).await);
        }
        counts.push(self.number("SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM claims").await);
        counts.push(self.number("SELECT size FROM log_head").await);
        counts
    }

    async fn document(&self, position: u32, declared: DocumentKind, bytes: &[u8]) -> Document {
        let sha256 = self.store.put_document(bytes.to_vec()).await.unwrap();
        let file = format!("書類{position}.pdf");
        Document { position, declared, file, sha256, size_bytes: bytes.len() as u64 }
    }

    /// Submits a claim with one receipt of these bytes.
    async fn submitted(&self, id: &str, facility: &str, receipt: &[u8]) -> NewClaim {
        let new = NewClaim {
            id: id.into(),
            programme: "home-consent".into(),
            facility_code: code(facility),
            submitted_at: at("2025-12-20T01:15:00Z"),
            claimed_yen: Some(yen(128_000)),
            choices: Vec::new(),
            bundle_sha256: crate::objects::hash(id.as_bytes()),
            documents: vec![self.document(0, DocumentKind::Receipt, receipt).await],
            stated: Vec::new(),
        };
        assert_eq!(self.store.submit(&new, &entry("submitted")).await.unwrap(), Submitted::Accepted);
        new
    }

    async fn job(&self, kind: JobKind) -> Job {
        self.store.take("tester", &[kind], LEASE, 1).await.unwrap().pop().unwrap()
    }

    /// A claim whose documents have been read: the receipt is of this issuer.
    async fn read(&self, id: &str, facility: &str, receipt: &[u8], issuer: &str) {
        let new = self.submitted(id, facility, receipt).await;
        let readings = [receipt_reading(&new.documents[0], issuer)];
        self.store.finish_read(&self.job(JobKind::Read).await, &readings, &[], &entry("read")).await.unwrap();
    }

    /// A claim that a person has to look at.
    async fn in_review(&self, id: &str, facility: &str) -> ClaimRecord {
        self.read(id, facility, id.as_bytes(), id).await;
        let (bytes, sha256) = assessment(id);
        let job = self.job(JobKind::Assess).await;
        self.store
            .finish_assess(&job, &bytes, sha256, &waiting(id, facility), Settled::ForAPerson, &entry("assessed"))
            .await
            .unwrap();
        self.record(id).await
    }

    /// A claim that `reviewer` has approved.
    async fn approved(&self, id: &str, facility: &str) -> ClaimRecord {
        let record = self.in_review(id, facility).await;
        let decision = decision(&record, DecisionKind::Approve, 31_000);
        self.store.decide(&decision, record.claim.version, &entry("approved")).await.unwrap();
        self.record(id).await
    }

    /// Puts facilities into the register, each with an account that a second person has looked at.
    async fn looked_at(&self, facilities: &[&str]) {
        for one in facilities {
            self.store.upsert_facilities(&[facility(one)], &entry("register")).await.unwrap();
            let held = self.store.facility_account(&code(one)).await.unwrap().unwrap();
            if held.looked.is_none() {
                let (looker, when) = (Actor::staff("looker"), at("2026-01-12T00:00:00Z"));
                let again = self.store.look_at_account(&code(one), held.number, &looker, when, &entry("looked")).await;
                again.unwrap();
            }
        }
    }

    /// Prepares a batch of these claims for so many releasers.
    async fn prepared(&self, id: &str, claims: &[&str], releasers: u32, most_yen: Option<Yen>) {
        let mut payments = Vec::new();
        for claim in claims {
            payments.push(payment(&self.record(claim).await));
        }
        let new = NewBatch {
            id: id.to_owned(),
            pay_on: "2026-02-27".parse().unwrap(),
            prepared_by: Actor::staff("preparer"),
            prepared_at: at("2026-02-01T00:00:00Z"),
            releasers,
            most_yen,
            payments,
        };
        self.store.prepare_batch(&new, &entry("prepared")).await.unwrap();
    }

    /// Releases a prepared batch that needs one person.
    async fn released(&self, id: &str) {
        let (by, when) = (Actor::staff("releaser"), at("2026-02-02T00:00:00Z"));
        let content = crate::objects::hash(b"the payment file");
        self.store.release_batch(id, &by, when, content, &entry("released")).await.unwrap();
    }

    async fn record(&self, id: &str) -> ClaimRecord {
        self.store.claim(&id.into()).await.unwrap().unwrap()
    }
}

fn entry(text: &str) -> Vec<LogEntry> {
    vec![logged(text, &[])]
}

/// An entry about some claims.
fn logged(text: &str, claims: &[&str]) -> LogEntry {
    let about = LogAbout {
        at: at("2026-01-10T00:00:00Z"),
        by: Actor::system(),
        event: "tried",
        claims: claims.iter().map(|id| ClaimId::from(*id)).collect(),
        facilities: Vec::new(),
        batch: None,
    };
    LogEntry { payload: text.as_bytes().to_vec(), personal: Vec::new(), about }
}

/// What the place of a claim without findings rests on.
fn waiting(id: &str, facility: &str) -> Waiting {
    Waiting {
        claim_id: id.into(),
        programme: "home-consent".into(),
        facility: code(facility),
        kind: Some(FacilityKind::Clinic),
        due_on: "2026-01-03".parse().unwrap(),
        deadline: None,
        duplicate: false,
        doubts: 0,
        amount_yen: yen(31_000),
        submitted_at: at("2025-12-20T01:15:00Z"),
        findings: Vec::new(),
    }
}

fn yen(yen: i64) -> Yen {
    Yen::new(yen).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn code(text: &str) -> InstitutionCode {
    InstitutionCode::parse(text).unwrap()
}

fn assessment(id: &str) -> (Vec<u8>, Sha256) {
    let bytes = format!(r#"{{"claim_id":"{id}"}}"#).into_bytes();
    let sha256 = crate::objects::hash(&bytes);
    (bytes, sha256)
}

fn decision(record: &ClaimRecord, kind: DecisionKind, grant: i64) -> Decision {
    Decision {
        claim_id: record.claim.id.clone(),
        revision: record.claim.revision,
        kind,
        grant_yen: yen(grant),
        grant_units: None,
        assessment: assessment(record.claim.id.as_str()).1,
        decided_by: Actor::staff("reviewer"),
        decided_at: at("2026-01-15T03:00:00Z"),
        reason: Some("原本を確認しました".to_owned()),
    }
}

fn account() -> BankAccount {
    BankAccount {
        bank_code: "0001".to_owned(),
        bank_name: "ミズホ".to_owned(),
        branch_code: "001".to_owned(),
        branch_name: "トウキョウ".to_owned(),
        kind: AccountKind::Ordinary,
        number: "1234567".to_owned(),
        holder: "イ)サクラカイ".to_owned(),
    }
}

fn payment(record: &ClaimRecord) -> Payment {
    Payment {
        claim_id: record.claim.id.clone(),
        facility_code: record.claim.facility_code.clone(),
        facility_name: "さくら診療所".to_owned(),
        amount_yen: record.claim.granted_yen.unwrap(),
        account: account(),
    }
}

fn facility(code_text: &str) -> Facility {
    Facility {
        code: code(code_text),
        kind: FacilityKind::Clinic,
        name: "さくら診療所".to_owned(),
        founder: "医療法人さくら会".to_owned(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        transitional_measure: Some(TransitionalMeasure { number: 2, ended_on: Some("2025-09-30".parse().unwrap()) }),
        earlier_grants: vec!["online-consultation".into()],
        account: Some(account()),
    }
}

fn field<T>(value: T, text: &str) -> Option<Field<T>> {
    let spot = Spot { page: Some(1), bounds: Some([72, 310, 188, 332]), ..Spot::default() };
    Some(Field { value, confidence: Confidence::CERTAIN, spot, text: text.to_owned(), reasons: vec![] })
}

/// A receipt of 143,000 yen of 2025-06-15.
fn receipt_reading(document: &Document, issuer: &str) -> Reading {
    Reading {
        file: document.file.clone(),
        sha256: document.sha256,
        media_type: "application/pdf".to_owned(),
        pages: 1,
        method: Some(Method::Text),
        kind: DocumentKind::Receipt,
        page_hashes: vec![],
        receipt: Some(ReceiptReading {
            total_yen: field(yen(143_000), "￥143,000-"),
            issued_on: field("2025-06-15".parse().unwrap(), "令和7年6月15日"),
            issuer: field(issuer.to_owned(), issuer),
            ..ReceiptReading::default()
        }),
        itemization: None,
        problems: vec![],
    }
}
