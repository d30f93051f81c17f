//! `kofu claims`: claim bundles into the store, and claims as they stand.

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::bundle::Bundle;
use crate::cli::{ClaimsCommand, DecisionArg};
use crate::output;
use crate::stage::Assessed;
use anyhow::{Context, Result, bail};
use claim::{Actor, ClaimId, ClaimState, Decision, DecisionKind, Document, Lang, ProgrammeId, Severity, Yen};
use decision_log::{Event, SubmittedClaim, SubmittedDocument};
use serde::Serialize;
use std::path::Path;
use store::{ClaimFilter, ClaimSummary, NewClaim, Resubmission, Submitted};

pub(crate) async fn run(app: &App, command: ClaimsCommand) -> Result<Done> {
    match command {
        ClaimsCommand::Import { paths } => {
            let bar = super::read::progress(paths.len() as u64);
            let mut good = true;
            for path in &paths {
                let line = match import(app, path).await? {
                    Imported::Accepted(id) => format!("{id}  {}  {}", app.text("受付", "accepted"), path.display()),
                    Imported::AlreadyThere(id) => {
                        format!("{id}  {}  {}", app.text("受付済み", "already there"), path.display())
                    }
                    Imported::Refused => {
                        good = false;
                        format!("-  {}  {}", app.text("受け付けられません", "not accepted"), path.display())
                    }
                };
                bar.inc(1);
                bar.suspend(|| output::say(&line));
            }
            bar.finish_and_clear();
            Ok(Done::all_if(good))
        }
        ClaimsCommand::List { state, json } => list(app, state.as_deref(), json.json).await,
        ClaimsCommand::Show { id, json } => show(app, &ClaimId::from(id), json.json).await,
        ClaimsCommand::Decide { id, decision, by, reason } => {
            let kind = match decision {
                DecisionArg::Approve => DecisionKind::Approve,
                DecisionArg::Return => DecisionKind::Return,
                DecisionArg::Reject => DecisionKind::Reject,
            };
            decide(app, &ClaimId::from(id), kind, &Actor::staff(&by), reason).await?;
            Ok(Done::All)
        }
    }
}

/// What became of a bundle.
#[derive(Debug)]
pub(crate) enum Imported {
    Accepted(ClaimId),
    AlreadyThere(ClaimId),
    /// What was wrong has been said on standard error.
    Refused,
}

/// Takes one bundle: documents first (stored, synced, read back), then the claim that names them.
pub(crate) async fn import(app: &App, path: &Path) -> Result<Imported> {
    let ruleset = app.rulebook.on(app.today()).await?;
    let programmes: Vec<ProgrammeId> = ruleset.programmes().map(|p| p.id().clone()).collect();
    let bundle = match Bundle::read(path, &programmes, app.lang) {
        Ok(bundle) => bundle,
        Err(errors) => {
            for error in errors {
                eprintln!("{} [{}] {}", error.place, error.code, error.message);
            }
            return Ok(Imported::Refused);
        }
    };
    let mut documents = Vec::with_capacity(bundle.documents.len());
    for (position, document) in bundle.documents.iter().enumerate() {
        let sha256 = app.store.put_document(document.bytes.clone()).await?;
        documents.push(Document {
            position: u32::try_from(position)?,
            declared: document.declared,
            file: document.file.clone(),
            sha256,
            size_bytes: document.bytes.len() as u64,
        });
    }
    let claim = NewClaim {
        id: bundle.claim_id(),
        programme: bundle.programme.clone(),
        facility_code: bundle.facility.clone(),
        submitted_at: bundle.submitted_at,
        claimed_yen: bundle.claimed_yen,
        bundle_sha256: bundle.identity(),
        documents,
    };
    let revises = bundle.revises.clone().map(ClaimId::from);
    let revision = match &revises {
        None => 1,
        Some(id) => match app.store.claim(id).await? {
            Some(record) => record.claim.revision + 1,
            None => {
                eprintln!(
                    "{} [unknown-claim] {id}: {}",
                    path.display(),
                    app.text("受付番号が見つかりません。", "no such claim")
                );
                return Ok(Imported::Refused);
            }
        },
    };
    let event = Event::ClaimSubmitted(SubmittedClaim {
        claim_id: revises.clone().unwrap_or_else(|| claim.id.clone()),
        revision,
        programme: claim.programme.clone(),
        facility: claim.facility_code.clone(),
        submitted_at: claim.submitted_at,
        claimed_yen: claim.claimed_yen,
        documents: claim.documents.iter().map(SubmittedDocument::from).collect(),
    });
    let entry = app.entry(&Actor::facility(bundle.facility.as_str()), event);
    let submitted = match &revises {
        None => app.store.submit(&claim, &[entry]).await?,
        Some(id) => {
            let again = Resubmission {
                claim_id: id.clone(),
                submitted_at: claim.submitted_at,
                claimed_yen: claim.claimed_yen,
                bundle_sha256: claim.bundle_sha256,
                documents: claim.documents.clone(),
            };
            app.store.resubmit(&again, &[entry]).await?
        }
    };
    Ok(match submitted {
        Submitted::Accepted => Imported::Accepted(revises.unwrap_or(claim.id)),
        Submitted::AlreadyThere(id) => Imported::AlreadyThere(id),
    })
}

/// A claim that has to be there.
async fn claim(app: &App, id: &ClaimId) -> Result<store::ClaimRecord> {
    app.store.claim(id).await?.with_context(|| format!("found no claim {id} in the store; check the id"))
}

/// A person's decision on a claim that waits for one, bound to the assessment that the store has.
pub(crate) async fn decide(
    app: &App,
    id: &ClaimId,
    kind: DecisionKind,
    by: &Actor,
    reason: Option<String>,
) -> Result<()> {
    let record = claim(app, id).await?.claim;
    let stored = app
        .store
        .assessment(id, record.revision)
        .await?
        .with_context(|| format!("claim {id} has not been assessed yet; run `kofu work --drain` first"))?;
    let assessed: Assessed = serde_json::from_slice(&stored.bytes)?;
    let grant_yen = if kind == DecisionKind::Approve { assessed.assessment.computed_yen } else { Yen::ZERO };
    if kind == DecisionKind::Approve && grant_yen == Yen::ZERO {
        bail!("claim {id} has no sum to approve: its assessment comes to 0 yen; return or reject it");
    }
    // The notice has to say why; what is found may say it, else the person who decides does.
    let said = assessed.assessment.findings.iter().any(|finding| match kind {
        DecisionKind::Approve => true,
        DecisionKind::Return => finding.severity() >= Severity::Return,
        DecisionKind::Reject => finding.severity() == Severity::Reject,
    });
    if kind != DecisionKind::Approve && !said && reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        bail!("nothing that was found in claim {id} says why it is a {}; give --reason", kind.code());
    }
    let decision = Decision {
        claim_id: id.clone(),
        revision: record.revision,
        kind,
        grant_yen,
        assessment: stored.sha256,
        decided_by: by.clone(),
        decided_at: app.clock.now(),
        reason,
    };
    let entry = app.entry(by, Event::ClaimDecided { decision: decision.clone() });
    app.store.decide(&decision, record.version, &[entry]).await?;
    Ok(())
}

/// One row of a listing.
#[derive(Serialize)]
struct Listed<'a> {
    claim_id: &'a ClaimId,
    state: ClaimState,
    revision: u32,
    programme: &'a ProgrammeId,
    facility: &'a str,
    submitted_at: jiff::Timestamp,
    claimed_yen: Option<Yen>,
    granted_yen: Option<Yen>,
}

impl<'a> From<&'a ClaimSummary> for Listed<'a> {
    fn from(record: &'a ClaimSummary) -> Listed<'a> {
        Listed {
            claim_id: &record.id,
            state: record.state,
            revision: record.revision,
            programme: &record.programme,
            facility: record.facility_code.as_str(),
            submitted_at: record.submitted_at,
            claimed_yen: record.claimed_yen,
            granted_yen: record.granted_yen,
        }
    }
}

async fn list(app: &App, state: Option<&str>, json: bool) -> Result<Done> {
    let state = match state {
        None => None,
        Some(code) => Some(ClaimState::from_code(code).with_context(|| {
            let codes: Vec<&str> = ClaimState::ALL.iter().map(|state| state.code()).collect();
            format!("found state {code:?}, expected one of: {}", codes.join(", "))
        })?),
    };
    let filter = ClaimFilter { state, ..ClaimFilter::default() };
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = app.store.claims(&filter, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for record in &page {
            if json {
                output::json_line(&Listed::from(record))?;
            } else {
                rows.push(vec![
                    record.id.to_string(),
                    record.state.name(app.lang).to_owned(),
                    record.programme.to_string(),
                    record.facility_code.to_string(),
                    record.granted_yen.map(|yen| yen.to_string()).unwrap_or_default(),
                ]);
            }
        }
    }
    if !json {
        let header = match app.lang {
            Lang::Ja => ["受付番号", "状態", "補助事業", "医療機関等コード", "円"],
            Lang::En => ["claim", "state", "programme", "facility", "yen"],
        };
        output::table(&header, &[4], rows);
    }
    Ok(Done::All)
}

async fn show(app: &App, id: &ClaimId, json_lines: bool) -> Result<Done> {
    let all = claim(app, id).await?;
    let record = &all.claim;
    let readings = app.store.readings(id, record.revision).await?;
    let assessed: Option<Assessed> = match app.store.assessment(id, record.revision).await? {
        Some(stored) => Some(serde_json::from_slice(&stored.bytes)?),
        None => None,
    };
    let decision =
        all.decisions.iter().map(|record| &record.decision).find(|decision| decision.revision == record.revision);
    if json_lines {
        let mut value = serde_json::to_value(Listed::from(record))?;
        value["documents"] = serde_json::to_value(&all.documents)?;
        value["readings"] =
            readings.iter().map(|r| serde_json::to_value(r.view(app.lang))).collect::<Result<_, _>>()?;
        value["assessment"] = serde_json::to_value(assessed.as_ref().map(|a| a.assessment.view(app.lang)))?;
        value["decision"] = serde_json::to_value(decision)?;
        output::json_line(&value)?;
        return Ok(Done::All);
    }
    output::say(&format!(
        "{}  {}  {}  {}  {}",
        record.id,
        record.state.name(app.lang),
        record.programme,
        record.facility_code,
        record.submitted_at
    ));
    for document in &all.documents {
        output::say(&format!("  {}  {}  {}", document.declared.name(app.lang), document.file, document.sha256));
    }
    for problem in readings.iter().flat_map(|reading| &reading.problems) {
        output::say(&format!("  ! {}  {}", problem.place.show(app.lang), problem.message(app.lang)));
    }
    if let Some(assessed) = &assessed {
        let assessment = &assessed.assessment;
        output::say(&format!("{}  {}円", assessment.outcome.name(app.lang), assessment.grant_yen));
        for finding in &assessment.findings {
            let place = finding.place.as_ref().map(|place| place.show(app.lang)).unwrap_or_default();
            output::say(&format!("  [{}] {}  {place}", finding.code.code(), finding.message(app.lang)));
        }
        for step in &assessment.trace {
            output::say(&format!("    {}  ({})", step.sentence(app.lang), step.source.as_deref().unwrap_or("+")));
        }
        output::say(&format!("  ruleset {}", assessment.ruleset));
    }
    if let Some(decision) = decision {
        output::say(&format!(
            "{}  {}円  {}  {}",
            decision.kind.name(app.lang),
            decision.grant_yen,
            decision.decided_by,
            decision.decided_at
        ));
    }
    Ok(Done::All)
}
