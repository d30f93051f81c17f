//! The claims that are multiplied: a few hundred, each sent, read, assessed by the real rules and decided by the real acts,
//! of every prefecture and kind of institution. What a reader would have found is given.

use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::http::{Method, Request, header};
use claim::{
    Actor, BankAccount, Category, CheckDigit, ClaimId, Confidence, DecisionKind, Document, DocumentKind, Facility,
    FacilityKind, Field, InstitutionCode, ItemizationLine, ItemizationReading, Method as ReadBy, Reading,
    ReceiptReading, Role, Spot, Yen,
};
use decision_log::{AssessedClaim, Event};
use jiff::{Timestamp, ToSpan};
use office::{Accepted, Assessed, Office, Settings, Submission, Will, hash, json};
use std::sync::Arc;
use std::time::Duration;
use store::{Account, JobKind, QueueCounts, QueueFilter, Settled, Store, TokenScope};
use tower::ServiceExt;
use web::{Exports, WebState};

/// Of each prefecture so many institutions.
const EACH: u32 = 10;
/// The clock stands here: a day on which home-consent takes claims.
const NOW: &str = "2026-01-31T12:00:00+09:00";

/// A store with the claims that are multiplied, and what pages are asked for.
pub(super) struct Site {
    pub(super) state: WebState,
    /// An institution with claims.
    pub(super) facility: String,
    pub(super) waiting: Vec<String>,
    pub(super) sent: Vec<String>,
    pub(super) batch: String,
}

fn account(holder: &str) -> BankAccount {
    BankAccount {
        bank_code: "0000".to_owned(),
        bank_name: "ミホンギンコウ".to_owned(),
        branch_code: "001".to_owned(),
        branch_name: "ホンテン".to_owned(),
        kind: claim::AccountKind::Ordinary,
        number: "0000001".to_owned(),
        holder: holder.to_owned(),
    }
}

/// The code of an institution whose last seven digits are below 10,000, with the right check digit.
fn code(prefecture: u32, kind: FacilityKind, number: u32) -> Result<InstitutionCode> {
    let table = if matches!(kind, FacilityKind::Pharmacy | FacilityKind::LargeChainPharmacy) { 4 } else { 1 };
    for check in 0..10 {
        // Where the rule is certain, a wrong digit is no code at all.
        let found = InstitutionCode::parse(&format!("{prefecture:02}{table}{:07}", number * 10 + check));
        if let Some(found) = found.ok().filter(|code| code.check_digit() == CheckDigit::Valid) {
            return Ok(found);
        }
    }
    bail!("no check digit fits prefecture {prefecture}, number {number}")
}

fn field<T>(value: T, text: &str) -> Option<Field<T>> {
    let spot = Spot { page: Some(1), bounds: Some([72, 310, 188, 332]), ..Spot::default() };
    Some(Field { value, confidence: Confidence::CERTAIN, spot, text: text.to_owned(), reasons: Vec::new() })
}

/// What stands in a claim's papers.
struct Papers<'a> {
    payee: &'a str,
    issuer: String,
    yen: i64,
    /// Lines of the itemization.
    lines: i64,
}

fn read(document: &Document, papers: &Papers<'_>) -> Result<Reading> {
    let receipt = document.declared == DocumentKind::Receipt;
    let line = |number: i64| -> Result<ItemizationLine> {
        let part = papers.yen / papers.lines + if number == 0 { papers.yen % papers.lines } else { 0 };
        Ok(ItemizationLine {
            description: "レセプトコンピュータの改修".to_owned(),
            category: Some(Category::ReceiptComputer),
            category_reason: None,
            quantity: None,
            unit_price_yen: None,
            amount_yen: Yen::new(part)?,
            eligible: None,
            spot: Spot { sheet: Some("内訳".to_owned()), cell: Some(format!("C{}", 4 + number)), ..Spot::default() },
            confidence: Confidence::CERTAIN,
        })
    };
    let lines = (0..papers.lines).map(line).collect::<Result<Vec<_>>>()?;
    Ok(Reading {
        file: document.file.clone(),
        sha256: document.sha256,
        media_type: "application/pdf".to_owned(),
        pages: 1,
        method: Some(if receipt { ReadBy::Text } else { ReadBy::Sheet }),
        kind: document.declared,
        page_hashes: Vec::new(),
        receipt: match receipt {
            true => Some(ReceiptReading {
                total_yen: field(Yen::new(papers.yen)?, "領収金額"),
                issued_on: field("2025-12-10".parse()?, "令和7年12月10日"),
                payee: field(papers.payee.to_owned(), papers.payee),
                issuer: field(papers.issuer.clone(), &papers.issuer),
                ..ReceiptReading::default()
            }),
            false => None,
        },
        itemization: (!receipt).then(|| ItemizationReading { lines, ..ItemizationReading::default() }),
        problems: Vec::new(),
    })
}

impl Site {
    /// An empty site over a store.
    pub(super) async fn new(store: Store) -> Result<Site> {
        let settings = Settings {
            payer: claim::Payer {
                consignor_code: "0000000001".to_owned(),
                consignor_name: "コウフキキン".to_owned(),
                account: account("コウフキキン"),
            },
            bank_file: reporting::BankProfile::default(),
            result_file: reporting::ResultProfile::default(),
            releases: Vec::new(),
            when_budget_short: office::WhenShort::Wait,
            // Nothing is set in type here.
            fonts: Vec::new(),
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
            site: None,
        };
        let now: Timestamp = NOW.parse()?;
        let program = std::env::current_exe().context("this program has a place")?;
        let reader = ingest::Reader::new(program, vec![crate::READER_PROCESS.to_owned()], ingest::Limits::default());
        let office = Office::new(store, settings, Arc::new(move || now), Arc::new(reader));
        let (_, ruleset) = tokio::sync::watch::channel(Arc::new(rules::Ruleset::embedded().clone()));
        let state = WebState {
            office,
            ruleset,
            openid: None,
            requests_a_minute: 60_000,
            // Nobody asks for one.
            exports: Exports::new(Arc::new(|_| Box::pin(async { Ok(()) })), None),
        };
        let (waiting, sent) = (Vec::new(), Vec::new());
        Ok(Site { state, facility: String::new(), waiting, sent, batch: String::new() })
    }

    /// Fills the site; gives how many claims there are.
    pub(super) async fn fill(&mut self) -> Result<u32> {
        let office = self.state.office.clone();
        let mut facilities = Vec::new();
        for prefecture in 1..=47 {
            for number in 0..EACH {
                let kind = match number {
                    0 => FacilityKind::Hospital,
                    1..=6 => FacilityKind::Clinic,
                    _ => FacilityKind::Pharmacy,
                };
                let number = prefecture * EACH + number;
                facilities.push(Facility {
                    code: code(prefecture, kind, number)?,
                    kind,
                    name: format!("見本医療機関{number}"),
                    founder: String::new(),
                    postal_code: "100-0000".to_owned(),
                    address: "見本県見本市見本町1-2-3".to_owned(),
                    transitional_measure: None,
                    earlier_grants: Vec::new(),
                    account: Some(account("ミホン")),
                });
            }
        }
        let register = Event::FacilityRegisterChanged { count: facilities.len() as u64, sha256: hash(b"register") };
        office.store.upsert_facilities(&facilities, &[office.entry(&Actor::system(), register)]).await?;
        let mut count = 0;
        for (facility, number) in facilities.iter().zip(0u32..) {
            let id = self.sent_in(facility, number).await?;
            count += 1;
            // Of ten: four wait, three are paid, one waits for payment, one was returned, one rejected.
            let (kind, reason) = match number % 10 {
                0 | 3 | 6 | 9 => {
                    self.waiting.push(id.to_string());
                    continue;
                }
                8 => (DecisionKind::Return, Some("領収書の宛名を確かめてください。")),
                5 => (DecisionKind::Reject, Some("対象となる経費ではありません。")),
                2 if number % 20 == 2 => continue,
                _ => (DecisionKind::Approve, Some("確認しました。")),
            };
            let by = Actor::staff("seed-reviewer");
            let will = Will { kind, by: &by, reason, choice: None, overridden: &[], seen: None };
            office.decide(&id, will).await.with_context(|| format!("claim {number}"))?;
            if kind == DecisionKind::Approve {
                self.sent.push(id.to_string());
            }
        }
        for facility in &facilities {
            office.look_at_account(&facility.code, &Actor::staff("seed-clerk"), None).await?;
        }
        let prepared = office.prepare_batch(&Actor::staff("seed-officer"), None).await?;
        let batch = prepared.batch.context("approved claims can be paid")?;
        office.release_batch(&batch.id, &Actor::staff("seed-approver"), None).await?;
        self.batch = batch.id;
        self.facility = facilities.first().context("there are institutions")?.code.to_string();
        // Those of every twentieth institution that were left are approved after the batch: they wait for payment.
        self.approve_left(&facilities).await?;
        self.hand_some().await?;
        Ok(count)
    }

    async fn approve_left(&self, facilities: &[Facility]) -> Result<()> {
        let office = &self.state.office;
        for (facility, _) in facilities.iter().zip(0u32..).filter(|(_, number)| number % 20 == 2) {
            let filter = store::ClaimFilter { facility: Some(facility.code.clone()), ..store::ClaimFilter::default() };
            for claim in office.store.claims(&filter, None, 10).await? {
                let by = Actor::staff("seed-reviewer");
                let reason = Some("確認しました。");
                let kind = DecisionKind::Approve;
                let will = Will { kind, by: &by, reason, choice: None, overridden: &[], seen: None };
                office.decide(&claim.id, will).await?;
            }
        }
        Ok(())
    }

    /// Some claims are in the hands of the reviewer who is measured.
    async fn hand_some(&self) -> Result<()> {
        self.account("bench-reviewer", Role::Reviewer, None).await?;
        for id in self.waiting.iter().take(60) {
            let by = Actor::staff("seed-reviewer");
            self.state.office.hand_over(&ClaimId::from(id.as_str()), "bench-reviewer", &by).await?;
        }
        Ok(())
    }

    /// A claim that waits for a person: sent, read and assessed.
    async fn sent_in(&self, facility: &Facility, number: u32) -> Result<ClaimId> {
        let office = &self.state.office;
        // Every seventh has the receipt of another, every third another payee; amounts and lengths differ.
        let issuer = if number % 47 == 21 {
            "株式会社同じ領収書".to_owned()
        } else {
            format!("株式会社見本{number}")
        };
        let papers = Papers {
            payee: if number % 3 == 0 || number % 7 == 1 { "別の医院" } else { &facility.name },
            yen: if number % 47 == 21 { 100_000 } else { 60_000 + i64::from(number) * 731 },
            issuer,
            lines: 1 + i64::from(number % 6),
        };
        let mut documents = Vec::new();
        for (position, declared, file) in
            [(0, DocumentKind::Receipt, "領収書.pdf"), (1, DocumentKind::Itemization, "内訳.xlsx")]
        {
            let bytes = format!("{file} of {number}").into_bytes();
            let size_bytes = bytes.len() as u64;
            let sha256 = office.store.put_document(bytes).await?;
            documents.push(Document { position, declared, file: file.to_owned(), sha256, size_bytes });
        }
        let first: Timestamp = "2025-11-01T10:00:00+09:00".parse()?;
        let submission = Submission {
            programme: "home-consent".into(),
            facility: facility.code.clone(),
            submitted_at: first.checked_add((i64::from(number % 88) * 24).hours())?,
            claimed_yen: None,
            choices: Vec::new(),
            revises: None,
            documents: documents.clone(),
            stated: Vec::new(),
        };
        let accepted = office.submit(&submission, &Actor::facility(facility.code.as_str())).await?;
        let (Accepted::New(id) | Accepted::AlreadyThere(id)) = accepted;
        let readings = documents.iter().map(|document| read(document, &papers)).collect::<Result<Vec<_>>>()?;
        let job = self.job(JobKind::Read).await?;
        let event = Event::ClaimRead { claim_id: id.clone(), revision: 1, readings: Vec::new() };
        office.store.finish_read(&job, &readings, &[], &[office.entry(&Actor::system(), event)]).await?;
        let job = self.job(JobKind::Assess).await?;
        let dossier = office.store.dossier(&job.claim_id).await?;
        let ruleset = office.rulebook.on(office.today()).await?;
        let rules::Assessed { facts, observed, assessment } = ruleset.assess_dossier(&dossier)?;
        let assessed = Assessed::new(facts, observed, assessment);
        let bytes = json(&assessed);
        let sha256 = hash(&bytes);
        let event = Event::ClaimAssessed(Box::new(AssessedClaim {
            claim_id: job.claim_id.clone(),
            revision: job.revision,
            facts: assessed.facts.clone(),
            observed: assessed.observed.clone(),
            assessment: assessed.assessment.clone(),
            assessment_sha256: sha256,
        }));
        let waiting = Office::waiting(&dossier, &ruleset, &assessed);
        let entry = office.entry(&Actor::system(), event);
        office.store.finish_assess(&job, &bytes, sha256, &waiting, Settled::ForAPerson, &[entry]).await?;
        Ok(id)
    }

    async fn job(&self, kind: JobKind) -> Result<store::Job> {
        let lease = Duration::from_secs(60);
        self.state.office.store.take("bench", &[kind], lease, 1).await?.pop().context("a job waits")
    }

    async fn account(&self, id: &str, role: Role, facility: Option<&str>) -> Result<()> {
        let new = Account {
            id: id.to_owned(),
            role,
            name: id.to_owned(),
            email: None,
            facilities: facility.map(InstitutionCode::parse).transpose()?.into_iter().collect(),
            active: true,
            created_at: self.state.office.now(),
            version: 1,
        };
        let known = self.state.office.store.account(id).await?.is_some();
        if !known {
            self.state.office.add_account(&new, &office::fresh_password()?, &Actor::staff("seed")).await?;
        }
        Ok(())
    }

    /// The cookie of somebody who is signed in wholly.
    pub(super) async fn signed_in(&self, id: &str, role: Role, facility: Option<&str>) -> Result<String> {
        self.account(id, role, facility).await?;
        let (password, secret) = self.state.office.issue_credentials(id, &Actor::staff("seed")).await?;
        let first = self.post("/sign-in", &[("id", id), ("password", &password)], None).await?;
        let Some(secret) = secret else { return Ok(first) };
        let number = self.state.office.number_now(&secret)?;
        let token = first.split_once('=').map(|(_, token)| token).context("a cookie has a value")?;
        let session = self.state.office.session(token).await?.context("a session begins")?;
        let fields = [("form_token", session.form_token.as_str()), ("number", &number)];
        self.post("/second-step", &fields, Some(&first)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)], cookie: Option<&str>) -> Result<String> {
        let coded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let response = web::router(self.state.clone()).oneshot(request.body(Body::from(pairs.join("&")))?).await?;
        let set = response.headers().get(header::SET_COOKIE).context("no cookie was set")?.to_str()?;
        Ok(set.split(';').next().unwrap_or_default().to_owned())
    }

    /// The header of a program with a token.
    pub(super) async fn token(&self, id: &str, role: Role, facility: Option<&str>) -> Result<String> {
        self.account(id, role, facility).await?;
        let account = self.state.office.store.account(id).await?.context("the account was made")?;
        Ok(format!("Bearer {}", self.state.office.add_token(&account, "bench", TokenScope::Write, 30).await?))
    }

    /// A place past nine tenths of the days of the queue.
    pub(super) async fn late_place(&self, counts: &QueueCounts) -> Result<String> {
        let mut days = Vec::new();
        for id in &self.waiting {
            days.extend(self.state.office.store.review_place(&ClaimId::from(id.as_str())).await?);
        }
        days.sort();
        let late = days.get(days.len() * 9 / 10).context("claims wait")?;
        let after = self.state.office.store.review_page(&QueueFilter::default(), counts, Some(late), 51).await?;
        if after.len() < 51 {
            // With few claims there is no whole page so late.
            let late = days.get(days.len() / 2).context("claims wait")?;
            return Ok(late.to_string().replace('~', "%7E"));
        }
        Ok(late.to_string().replace('~', "%7E"))
    }
}
