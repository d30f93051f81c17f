//! The stages, wired to the store: each turns a job into one transaction of effect, state and log entry.

use crate::app::App;
use crate::worker::chain;
use claim::{
    Actor, Assessment, Calendar, ClaimId, Decision, DecisionKind, Notice, NoticeKind, Outcome, Reading, day_in_japan,
};
use decision_log::{AssessedClaim, Event, ReadDocument};
use office::{Assessed, Office, RulebookError, WhenShort, hash, json};
use reporting::Typesetter;
use std::sync::{Arc, OnceLock};
use store::{Job, JobKind, NewNotice, Settled, Store, StoreError};

/// Why a job was not finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The store; tried again.
    #[error("the store refused")]
    Store(#[from] StoreError),
    /// The rules that decide.
    #[error("the rules are not to be had")]
    Rules(#[from] RulebookError),
    /// The reader process could not be started; tried again.
    #[error("the reader process could not be started")]
    Reader(#[from] ingest::ReaderError),
    /// A task of this process died; tried again.
    #[error("a stage broke off")]
    Task(#[from] tokio::task::JoinError),
    /// Trying again would not help: the job is parked with this reason.
    #[error("a person has to look: {0}")]
    NeedsPerson(String),
}

impl Failure {
    /// Whether the same job may succeed later without anyone doing anything.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Failure::Store(error) | Failure::Rules(RulebookError::Store(error)) => error.is_transient(),
            Failure::Reader(_) | Failure::Task(_) => true,
            Failure::Rules(_) | Failure::NeedsPerson(_) => false,
        }
    }
}

/// The stages with what they share.
pub(crate) struct Stages {
    app: App,
    typesetter: OnceLock<Arc<Typesetter>>,
}

impl Stages {
    pub(crate) fn new(app: App) -> Stages {
        Stages { app, typesetter: OnceLock::new() }
    }

    /// Says once what the kernel lacks of the reader's sandbox, and what recognition lacks.
    pub(crate) async fn report_sandbox(&self) {
        match self.app.office.reader.sandbox_status().await {
            Ok(status) => {
                if !status.is_complete() {
                    tracing::warn!(?status, "the reader's sandbox is not whole on this machine");
                }
                if let Some(lacks) = status.recognition {
                    tracing::warn!(lacks, "pictures of documents cannot be recognised on this machine");
                }
            }
            // Every document would meet the same; the jobs say so too.
            Err(error) => tracing::error!(error = %chain(&error), "no document can be read on this machine"),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app.office.store
    }

    pub(crate) async fn run(&self, job: &Job) -> Result<(), Failure> {
        match job.kind {
            JobKind::Read => self.read(job).await,
            JobKind::Assess => self.assess(job).await,
            JobKind::Notice => self.notice(job).await,
        }
    }

    /// Reads every document of the claim's revision, each in a process of its own.
    async fn read(&self, job: &Job) -> Result<(), Failure> {
        let record = self.claim(&job.claim_id).await?;
        let mut readings: Vec<Reading> = Vec::new();
        for document in &record.documents {
            let bytes = self.app.office.store.document(&document.sha256).await?;
            readings.push(self.app.office.reader.read(&document.file, &bytes, Some(document.declared)).await?);
        }
        let read = record.documents.iter().zip(&readings).map(|(document, reading)| ReadDocument {
            position: document.position,
            document: document.sha256,
            reading: hash(&json(reading)),
            method: reading.method,
            kind: reading.kind,
            problems: reading.problems.iter().map(|problem| problem.code).collect(),
        });
        let event =
            Event::ClaimRead { claim_id: job.claim_id.clone(), revision: job.revision, readings: read.collect() };
        let mut entries = vec![self.app.office.entry(&Actor::system(), event)];
        let stated = self.app.office.store.stated_fields(&job.claim_id, job.revision).await?;
        let adjustments = self.app.office.stated(&record.claim, &mut readings.clone(), &stated);
        entries.extend(adjustments.iter().map(|one| self.app.office.adjusted(&job.claim_id, job.revision, one)));
        self.app.office.store.finish_read(job, &readings, &adjustments, &entries).await?;
        Ok(())
    }

    /// Assesses the claim, and decides what the policy lets pass without a person.
    async fn assess(&self, job: &Job) -> Result<(), Failure> {
        let dossier = self.app.office.store.dossier(&job.claim_id).await?;
        let ruleset = self.app.office.rulebook.on(self.app.office.today()).await?;
        let rules::Assessed { facts, observed, assessment } =
            ruleset.assess_dossier(&dossier).map_err(|error| Failure::NeedsPerson(chain(&error)))?;
        let assessed = Assessed::new(facts, observed, assessment);
        let bytes = json(&assessed);
        let sha256 = hash(&bytes);
        let now = self.app.office.now();
        let mut entries = vec![self.app.office.entry(
            &Actor::system(),
            Event::ClaimAssessed(Box::new(AssessedClaim {
                claim_id: job.claim_id.clone(),
                revision: job.revision,
                facts: assessed.facts.clone(),
                observed: assessed.observed.clone(),
                assessment: assessed.assessment.clone(),
                assessment_sha256: sha256,
            })),
        )];
        // What a person corrected, a person decides: the policy is for claims that nobody had to touch.
        let corrected = !self.app.office.store.adjustments(&job.claim_id, job.revision).await?.is_empty();
        let policy = self.without_person(&assessed.assessment).filter(|_| !corrected);
        let decision = policy.map(|(kind, policy)| Decision {
            claim_id: job.claim_id.clone(),
            revision: job.revision,
            kind,
            grant_yen: assessed.assessment.grant_yen,
            grant_units: assessed.assessment.grant_units.clone().filter(|_| kind == DecisionKind::Approve),
            assessment: sha256,
            decided_by: Actor::policy(policy),
            decided_at: now,
            reason: None,
        });
        entries.push(match &decision {
            Some(decision) => {
                self.app.office.entry(&decision.decided_by, Event::ClaimDecided { decision: decision.clone() })
            }
            None => self.app.office.entry(
                &Actor::system(),
                Event::ClaimInReview {
                    claim_id: job.claim_id.clone(),
                    revision: job.revision,
                    reasons: assessed.assessment.findings.iter().map(|finding| finding.code).collect(),
                },
            ),
        });
        let waiting = Office::waiting(&dossier, &ruleset, &assessed);
        let settled = decision.as_ref().map_or(Settled::ForAPerson, Settled::Decided);
        let store = &self.app.office.store;
        let short = match store.finish_assess(job, &bytes, sha256, &waiting, settled, &entries).await {
            Err(StoreError::BudgetShort { available, ahead, .. }) => (available, ahead),
            other => return other.map(drop).map_err(Failure::from),
        };
        // The entry of the decision was not written; another one is.
        entries.pop();
        let Some(decision) = decision.filter(|_| self.app.config.budget.when_short == WhenShort::Wait) else {
            let reasons = assessed.assessment.findings.iter().map(|finding| finding.code).collect();
            let event = Event::ClaimInReview { claim_id: job.claim_id.clone(), revision: job.revision, reasons };
            entries.push(self.app.office.entry(&Actor::system(), event));
            store.finish_assess(job, &bytes, sha256, &waiting, Settled::ForAPerson, &entries).await?;
            return Ok(());
        };
        let (available_yen, ahead) = short;
        let event = Event::ClaimAwaitsBudget { decision: decision.clone(), available_yen, ahead };
        entries.push(self.app.office.entry(&decision.decided_by, event));
        store.finish_assess(job, &bytes, sha256, &waiting, Settled::AwaitsBudget(&decision), &entries).await?;
        Ok(())
    }

    /// What the configuration lets pass: the decision and the policy's name. A review always waits.
    fn without_person(&self, assessment: &Assessment) -> Option<(DecisionKind, &'static str)> {
        let policy = self.app.config.policy;
        match assessment.outcome {
            Outcome::Approve if policy.approve_without_person => {
                Some((DecisionKind::Approve, "approve-without-person"))
            }
            Outcome::Return if policy.return_without_person => Some((DecisionKind::Return, "return-without-person")),
            Outcome::Reject if policy.reject_without_person => Some((DecisionKind::Reject, "reject-without-person")),
            _ => None,
        }
    }

    /// Writes the notice of the claim's decision.
    async fn notice(&self, job: &Job) -> Result<(), Failure> {
        let notice = self.compose(&job.claim_id, job.revision).await?;
        let typesetter = self.typesetter()?;
        let kind = notice.kind;
        let number = notice.number.clone();
        let issued_on = notice.issued_on;
        let pdf = tokio::task::spawn_blocking(move || typesetter.notice(&notice))
            .await?
            .map_err(|error| Failure::NeedsPerson(chain(&error)))?;
        let sha256 = self.app.office.store.put_document(pdf).await?;
        let new = NewNotice { kind, number: number.clone(), issued_on, pdf: sha256 };
        let event =
            Event::NoticeIssued { claim_id: job.claim_id.clone(), revision: job.revision, kind, number, sha256 };
        let entry = self.app.office.entry(&Actor::system(), event);
        self.app.office.store.finish_notice(job, &new, self.app.office.now(), &[entry]).await?;
        Ok(())
    }

    fn typesetter(&self) -> Result<Arc<Typesetter>, Failure> {
        if let Some(typesetter) = self.typesetter.get() {
            return Ok(Arc::clone(typesetter));
        }
        let made =
            Typesetter::with_templates(&self.app.config.fonts.folders, self.app.config.notices.templates.as_deref())
                .map_err(|error| Failure::NeedsPerson(chain(&error)))?;
        Ok(Arc::clone(self.typesetter.get_or_init(|| Arc::new(made))))
    }

    async fn claim(&self, id: &ClaimId) -> Result<store::ClaimRecord, Failure> {
        self.app
            .office
            .store
            .claim(id)
            .await?
            .ok_or_else(|| Failure::NeedsPerson(format!("claim {id} is not in the store")))
    }

    /// All that the notice of a decision says.
    async fn compose(&self, id: &ClaimId, revision: u32) -> Result<Notice, Failure> {
        let record = self.claim(id).await?;
        let claim = &record.claim;
        let decision = record
            .decisions
            .iter()
            .find(|record| record.decision.revision == revision)
            .cloned()
            .ok_or_else(|| Failure::NeedsPerson(format!("claim {id} revision {revision} has no decision")))?;
        let facility = self.app.office.store.facility(&claim.facility_code).await?.ok_or_else(|| {
            Failure::NeedsPerson(format!(
                "facility {} is not in the register: no address for a notice",
                claim.facility_code
            ))
        })?;
        let stored = self
            .app
            .office
            .store
            .assessment(id, revision)
            .await?
            .ok_or_else(|| Failure::NeedsPerson(format!("claim {id} revision {revision} has no assessment")))?;
        let assessed: Assessed = serde_json::from_slice(&stored.bytes)
            .map_err(|error| Failure::NeedsPerson(format!("the stored assessment of {id} cannot be read: {error}")))?;
        // The rules that the assessment rests on, not those of today.
        let named = &assessed.assessment.ruleset;
        let ruleset =
            self.app.office.rulebook.named(named).await?.ok_or_else(|| RulebookError::NotKept(named.clone()))?;
        let programme = ruleset
            .programme(&claim.programme)
            .ok_or_else(|| Failure::NeedsPerson(format!("programme {} is not known", claim.programme)))?;
        let issued_on = day_in_japan(decision.decision.decided_at);
        let kind = match decision.decision.kind {
            DecisionKind::Approve => NoticeKind::Approval,
            DecisionKind::Return => NoticeKind::Return,
            DecisionKind::Reject => NoticeKind::Rejection,
        };
        let pay_on = match kind {
            // Beyond the list of holidays no day is promised; the notice goes out without one.
            NoticeKind::Approval if decision.decision.grant_units.is_none() => Calendar::Bank
                .last_of_next_month(issued_on)
                .inspect_err(|error| tracing::warn!(%error, "no day of payment on a notice"))
                .ok(),
            NoticeKind::Approval | NoticeKind::Rejection | NoticeKind::Return => None,
        };
        Ok(Notice {
            kind,
            number: format!("{id}第{revision}号"),
            issued_on,
            facility,
            claim_id: id.to_string(),
            programme_name: programme.name(day_in_japan(claim.submitted_at), claim::Lang::Ja).to_owned(),
            submitted_on: day_in_japan(claim.submitted_at),
            claimed_yen: claim.claimed_yen,
            grant_yen: decision.decision.grant_yen,
            grant_units: decision.decision.grant_units,
            pay_on,
            findings: assessed.assessment.findings,
            trace: assessed.assessment.trace,
            source_documents: programme.source_documents().clone(),
            ruleset: assessed.assessment.ruleset,
            log_index: decision.log_position,
            proof_link: self.app.office.proof_link(decision.log_position),
            reason: decision.decision.reason,
            contact: self.app.config.fund.contact(),
            appeal: self.app.config.fund.appeal.clone().filter(|_| kind == NoticeKind::Rejection),
        })
    }
}
