//! Claims that wait for a person, made without reading a file: what a reader would have found is given, and the real
//! rules assess it.

use crate::site::Site;
use claim::{
    Actor, Category, ClaimId, Confidence, Document, DocumentKind, Field, InstitutionCode, ItemizationLine,
    ItemizationReading, Method, Reading, ReceiptReading, Spot, Yen,
};
use decision_log::{AssessedClaim, Event};
use office::{Accepted, Assessed, Office, Submission, hash, json};
use store::JobKind;

/// A claim as it comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) facility: &'a str,
    pub(crate) receipt: &'a str,
    pub(crate) payee: &'a str,
    pub(crate) yen: i64,
    pub(crate) at: &'a str,
}

pub(crate) const SENT: Sent<'static> = Sent {
    facility: crate::site::CLINIC,
    receipt: "receipt",
    payee: "別の医院",
    yen: 100_000,
    at: "2026-01-20T10:00:00+09:00",
};

fn field<T>(value: T, text: &str) -> Option<Field<T>> {
    let spot = Spot { page: Some(1), bounds: Some([72, 310, 188, 332]), ..Spot::default() };
    Some(Field { value, confidence: Confidence::CERTAIN, spot, text: text.to_owned(), reasons: vec![] })
}

fn read(document: &Document, sent: &Sent<'_>) -> Reading {
    let receipt = document.declared == DocumentKind::Receipt;
    let total = Yen::new(sent.yen).unwrap();
    let line = ItemizationLine {
        description: "レセプトコンピュータの改修".to_owned(),
        category: Some(Category::ReceiptComputer),
        category_reason: None,
        quantity: None,
        unit_price_yen: None,
        amount_yen: total,
        eligible: None,
        spot: Spot { sheet: Some("内訳".to_owned()), cell: Some("C4".to_owned()), ..Spot::default() },
        confidence: Confidence::CERTAIN,
    };
    Reading {
        file: document.file.clone(),
        sha256: document.sha256,
        media_type: "application/pdf".to_owned(),
        pages: 1,
        method: Some(if receipt { Method::Text } else { Method::Sheet }),
        kind: document.declared,
        page_hashes: vec![],
        receipt: receipt.then(|| ReceiptReading {
            total_yen: field(total, "領収金額"),
            issued_on: field("2025-12-10".parse().unwrap(), "令和7年12月10日"),
            payee: field(sent.payee.to_owned(), sent.payee),
            issuer: field(format!("株式会社{}", sent.receipt), "発行者"),
            ..ReceiptReading::default()
        }),
        itemization: (!receipt).then(|| ItemizationReading { lines: vec![line], ..ItemizationReading::default() }),
        problems: vec![],
    }
}

impl Site {
    /// A claim that waits for a person; with the payee of [`SENT`] because that is somebody else.
    pub(crate) async fn waits(&self, sent: Sent<'_>) -> ClaimId {
        let office = &self.state.office;
        let mut documents = Vec::new();
        for (position, (declared, file, bytes)) in (0..).zip([
            (DocumentKind::Receipt, "領収書.pdf", sent.receipt.as_bytes().to_vec()),
            (
                DocumentKind::Itemization,
                "内訳.xlsx",
                format!("lines of {} {}", sent.receipt, sent.facility).into_bytes(),
            ),
        ]) {
            let size_bytes = bytes.len() as u64;
            let sha256 = office.store.put_document(bytes).await.unwrap();
            documents.push(Document { position, declared, file: file.to_owned(), sha256, size_bytes });
        }
        let submission = Submission {
            programme: "home-consent".into(),
            facility: InstitutionCode::parse(sent.facility).unwrap(),
            submitted_at: sent.at.parse().unwrap(),
            claimed_yen: None,
            choices: Vec::new(),
            revises: None,
            documents: documents.clone(),
            stated: Vec::new(),
        };
        let accepted = office.submit(&submission, &Actor::facility(sent.facility)).await.unwrap();
        let Accepted::New(id) = accepted else { panic!("{accepted:?}") };
        let readings: Vec<Reading> = documents.iter().map(|document| read(document, &sent)).collect();
        let job = self.job(JobKind::Read).await;
        let event = Event::ClaimRead { claim_id: id.clone(), revision: 1, readings: Vec::new() };
        office.store.finish_read(&job, &readings, &[], &[office.entry(&Actor::system(), event)]).await.unwrap();
        self.assess().await;
        id
    }

    async fn job(&self, kind: JobKind) -> store::Job {
        let lease = std::time::Duration::from_secs(60);
        self.state.office.store.take("desk", &[kind], lease, 1).await.unwrap().pop().expect("a job")
    }

    /// Does what a worker does with a claim that is to be assessed; nothing passes without a person.
    pub(crate) async fn assess(&self) {
        let office = &self.state.office;
        let job = self.job(JobKind::Assess).await;
        let dossier = office.store.dossier(&job.claim_id).await.unwrap();
        let ruleset = office.rulebook.on(office.today()).await.unwrap();
        let rules::Assessed { facts, observed, assessment } = ruleset.assess_dossier(&dossier).unwrap();
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
        office.store.finish_assess(&job, &bytes, sha256, &waiting, store::Settled::ForAPerson, &[entry]).await.unwrap();
    }
}
