//! `kofu check`: everything stored, recomputed and compared. What differs is named.

mod money;

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::output;
use crate::told::in_language;
use anyhow::Result;
use claim::{ClaimState, Decision, DecisionKind, Lang, Outcome, ProductUnits, Yen};
use decision_log::{Entry, Event};
use office::Assessed;
use office::hash;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{ClaimFilter, ClaimRecord, JobKind, JobState};

/// One thing that is not as it should be.
#[derive(Debug, Serialize)]
struct Difference {
    code: &'static str,
    place: String,
    found: String,
    expected: String,
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn push(&mut self, code: &'static str, place: impl ToString, found: impl ToString, expected: impl ToString) {
        self.0.push(Difference {
            code,
            place: place.to_string(),
            found: found.to_string(),
            expected: expected.to_string(),
        });
    }
}

pub(crate) async fn run(app: &App, json: bool) -> Result<Done> {
    let mut differences = Differences::default();
    let logged = log(app, &mut differences).await?;
    let claims = claims(app, &logged, &mut differences).await?;
    money::check(app, &logged, &mut differences).await?;
    for (place, kept, there) in app.office.store.wrong_counts().await? {
        differences.push("count", place, kept, there);
    }
    let notices = notices(app, &mut differences).await?;
    for difference in &differences.0 {
        if json {
            output::json_line(difference)?;
        } else {
            let Difference { code, place, found, expected } = difference;
            output::say(&match app.lang {
                Lang::Ja => format!("[{code}] {place}: {found}（期待する値: {expected}）"),
                Lang::En => format!("[{code}] {place}: found {found}, expected {expected}"),
            });
        }
    }
    if !json {
        output::say(&match app.lang {
            Lang::Ja => format!(
                "申請 {claims} 件、通知書 {notices} 件、決定記録 {} 件を確かめました。違い {} 件。",
                logged.size,
                differences.0.len()
            ),
            Lang::En => format!(
                "checked {claims} claims, {notices} notices, {} log entries; {} differences.",
                logged.size,
                differences.0.len()
            ),
        });
    }
    if let Some(unsigned) = &logged.unsigned {
        // No difference, and nothing for scripts: the entries may be right, but nobody can tell.
        eprintln!("{unsigned}");
    }
    Ok(Done::all_if(differences.0.is_empty()))
}

/// What the log says happened, by claim and revision.
#[derive(Default)]
struct Logged {
    size: u64,
    /// How often each (claim, revision, kind of event) stands in the log.
    events: BTreeMap<(String, u32, &'static str), u32>,
    assessments: BTreeMap<(String, u32), claim::Sha256>,
    decisions: BTreeMap<(String, u32), Decision>,
    /// What it says of money.
    money: money::LoggedMoney,
    /// What no signature covers, in words.
    unsigned: Option<String>,
}

async fn log(app: &App, differences: &mut Differences) -> Result<Logged> {
    let mut logged = Logged::default();
    let size = super::log::each_entry(app, |position, payload| {
        let entry = match Entry::from_bytes(payload) {
            Ok(entry) => entry,
            Err(error) => {
                differences.push("log-entry", format!("entry {position}"), error, "a readable entry");
                return Ok(());
            }
        };
        logged.money.hear(&entry);
        if let Event::ClaimDecided { decision } = &entry.event {
            let key = (decision.claim_id.to_string(), decision.revision);
            logged.decisions.insert(key, decision.clone());
        }
        let key = match &entry.event {
            Event::ClaimSubmitted(claim) => Some((&claim.claim_id, claim.revision, "submitted")),
            Event::ClaimRead { claim_id, revision, .. } => Some((claim_id, *revision, "read")),
            Event::ClaimAssessed(assessed) => {
                logged
                    .assessments
                    .insert((assessed.claim_id.to_string(), assessed.revision), assessed.assessment_sha256);
                Some((&assessed.claim_id, assessed.revision, "assessed"))
            }
            Event::ClaimDecided { decision } => Some((&decision.claim_id, decision.revision, "decided")),
            Event::NoticeIssued { claim_id, revision, .. } => Some((claim_id, *revision, "notice")),
            _ => None,
        };
        if let Some((claim, revision, kind)) = key {
            *logged.events.entry((claim.to_string(), revision, kind)).or_default() += 1;
        }
        Ok(())
    })
    .await;
    match size {
        Ok(size) => logged.size = size,
        Err(error) => differences.push("log", "decision log", format!("{error:#}"), "consecutive entries"),
    }
    for ((claim, revision, kind), count) in &logged.events {
        // What is assessed again, since a person's word or another grant changed its facts, says so again.
        if *count != 1 && *kind != "assessed" {
            differences.push("log-twice", format!("{claim} revision {revision} {kind}"), count, 1);
        }
    }
    match super::log::verify_stored(app, None).await {
        Ok(stored) => logged.unsigned = stored.unsigned(app.lang),
        Err(error) => {
            let found = in_language(&error, app.lang);
            differences.push("log-checkpoint", "decision log", found, "the tree of the last checkpoint");
        }
    }
    Ok(logged)
}

async fn claims(app: &App, logged: &Logged, differences: &mut Differences) -> Result<u64> {
    let mut count = 0;
    let mut after = None;
    let mut seen = BTreeSet::new();
    loop {
        let page = app.office.store.claims(&ClaimFilter::default(), after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for listed in &page {
            count += 1;
            let Some(record) = app.office.store.claim(&listed.id).await? else { continue };
            for document in &record.documents {
                if seen.insert(document.sha256)
                    && let Err(error) = app.office.store.document(&document.sha256).await
                {
                    let place = format!("{} {}", listed.id, document.file);
                    differences.push("document", place, crate::worker::chain(&error), document.sha256);
                }
            }
            claim(app, &record, logged, differences).await?;
        }
    }
    Ok(count)
}

async fn claim(app: &App, record: &ClaimRecord, logged: &Logged, differences: &mut Differences) -> Result<()> {
    let (id, revision, state) = (record.claim.id.to_string(), record.claim.revision, record.claim.state);
    let decision =
        record.decisions.iter().map(|stored| &stored.decision).find(|decision| decision.revision == revision);
    // Which events the state of a claim promises.
    let past = |state: ClaimState| match state {
        ClaimState::Draft | ClaimState::Withdrawn => 0,
        ClaimState::Submitted => 1,
        ClaimState::Read => 2,
        ClaimState::Assessed | ClaimState::InReview => 3,
        _ => 4,
    };
    for (needed, kind) in [(1, "submitted"), (2, "read"), (3, "assessed"), (4, "decided")] {
        let count = logged.events.get(&(id.clone(), revision, kind)).copied().unwrap_or(0);
        let expected = u32::from(past(state) >= needed);
        let count = if kind == "assessed" { count.min(1) } else { count };
        if count != expected && state != ClaimState::Withdrawn {
            differences.push("log-state", format!("{id} revision {revision} {kind}"), count, expected);
        }
    }
    let expected_kind = match state {
        ClaimState::Returned => Some(DecisionKind::Return),
        ClaimState::Rejected => Some(DecisionKind::Reject),
        ClaimState::Approved | ClaimState::Batched | ClaimState::Sent | ClaimState::Paid | ClaimState::Bounced => {
            Some(DecisionKind::Approve)
        }
        ClaimState::Withdrawn if logged.money.withdrawn.contains(&record.claim.id) => Some(DecisionKind::Approve),
        // Also taken back after a return.
        ClaimState::Withdrawn => decision.map(|decision| decision.kind).filter(|kind| *kind == DecisionKind::Return),
        _ => None,
    };
    if decision.map(|decision| decision.kind) != expected_kind {
        let show = |kind: Option<DecisionKind>| kind.map_or("none", DecisionKind::code);
        let found = show(decision.map(|decision| decision.kind));
        differences.push("decision", &id, found, show(expected_kind));
    }
    for stored in &record.decisions {
        let decision = &stored.decision;
        let told = logged.decisions.get(&(id.clone(), decision.revision));
        let essence =
            |one: &Decision| format!("{} {} {} {}", one.kind.code(), one.grant_yen, one.decided_by, one.assessment);
        if told.map(essence).as_deref() != Some(essence(decision).as_str()) {
            let place = format!("{id} revision {}", decision.revision);
            differences.push(
                "decision-log",
                place,
                essence(decision),
                told.map_or_else(|| "nothing".to_owned(), essence),
            );
        }
    }
    untold(app, record, differences).await?;
    let Some(stored) = app.office.store.assessment(&record.claim.id, revision).await? else {
        if past(state) >= 3 {
            differences.push("assessment", &id, "none", "an assessment");
        }
        return Ok(());
    };
    if hash(&stored.bytes) != stored.sha256 || logged.assessments.get(&(id.clone(), revision)) != Some(&stored.sha256) {
        differences.push("assessment", &id, hash(&stored.bytes), "the hash in the decision log");
    }
    let assessed: Assessed = match serde_json::from_slice(&stored.bytes) {
        Ok(assessed) => assessed,
        Err(error) => {
            differences.push("assessment", &id, error, "a readable assessment");
            return Ok(());
        }
    };
    if let Some(decision) = decision {
        if decision.assessment != stored.sha256 {
            differences.push("decision", &id, decision.assessment, stored.sha256);
        }
        let expected = match decision.kind {
            DecisionKind::Approve => assessed.assessment.computed_yen,
            DecisionKind::Return | DecisionKind::Reject => Yen::ZERO,
        };
        if decision.grant_yen != expected {
            differences.push("grant", &id, decision.grant_yen, expected);
        }
        // In kind: one of those that the assessment found could be granted, or none where it found none.
        let possible = &assessed.assessment.computed_units;
        let good = match (&decision.grant_units, decision.kind) {
            (Some(units), DecisionKind::Approve) => possible.contains(units),
            (None, DecisionKind::Approve) => possible.is_empty(),
            (units, DecisionKind::Return | DecisionKind::Reject) => units.is_none(),
        };
        if !good {
            let show = |units: &[ProductUnits]| serde_json::to_string(units).unwrap_or_default();
            differences.push("grant", &id, show(decision.grant_units.as_slice()), show(possible));
        }
        let granted = (&record.claim.granted_yen, &record.claim.granted_units);
        let decided = (&Some(decision.grant_yen).filter(|yen| *yen > Yen::ZERO), &decision.grant_units);
        if granted != decided && state != ClaimState::Withdrawn {
            differences.push("grant", &id, format!("{granted:?}"), format!("{decided:?}"));
        }
    }
    let named = &assessed.assessment.ruleset;
    let Some(ruleset) = app.office.rulebook.named(named).await? else {
        differences.push("ruleset", &id, "nothing", format!("the files of {named}"));
        return Ok(());
    };
    if let Some(facts) = &assessed.facts {
        let again = ruleset.assess(facts, &assessed.observed)?;
        if again != assessed.assessment {
            let worth = |outcome: Outcome, yen: Yen| format!("{} {yen}", outcome.code());
            differences.push(
                "replay",
                &id,
                worth(assessed.assessment.outcome, assessed.assessment.computed_yen),
                worth(again.outcome, again.computed_yen),
            );
        }
    }
    Ok(())
}

/// Decisions that no notice tells of, unless one is on its way.
async fn untold(app: &App, record: &ClaimRecord, differences: &mut Differences) -> Result<()> {
    let told: BTreeSet<u32> = record.notices.iter().map(|notice| notice.revision).collect();
    let untold =
        record.decisions.iter().map(|stored| stored.decision.revision).filter(|revision| !told.contains(revision));
    for revision in untold {
        let jobs = app.office.store.jobs_of(&record.claim.id).await?;
        let job = jobs.into_iter().find(|job| job.kind == JobKind::Notice.code() && job.revision == revision);
        let found = match job {
            Some(job) if matches!(job.state, JobState::Ready | JobState::Leased) => continue,
            Some(job) => format!("{}: {}", job.state.code(), job.reason.unwrap_or_default()),
            None => "nothing".to_owned(),
        };
        differences.push("notice-missing", format!("{} revision {revision}", record.claim.id), found, "a notice");
    }
    Ok(())
}

async fn notices(app: &App, differences: &mut Differences) -> Result<u64> {
    let notices = super::notices::issued(app, None).await?;
    for notice in &notices {
        if let Err(error) = app.office.store.document(&notice.pdf).await {
            differences.push("notice", &notice.number, crate::worker::chain(&error), notice.pdf);
        }
    }
    Ok(notices.len() as u64)
}
