//! `kofu claims`: claim bundles into the store, and claims as they stand.

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::bundle::{Bundle, BundleError};
use crate::cli::{ClaimsCommand, DecisionArg};
use crate::output;
use anyhow::Result;
use claim::{
    Actor, Choice, ClaimId, ClaimState, Decision, DecisionKind, Lang, ProductUnits, ProgrammeId, Yen, day_in_japan,
};
use office::{Accepted, Assessed, OfficeError, Submission, Told, Will};
use rules::Ruleset;
use serde::Serialize;
use std::path::Path;
use store::{ClaimFilter, ClaimSummary};

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
        ClaimsCommand::Show { id, json } => show(app, &id, json.json).await,
        ClaimsCommand::Withdraw { id, by } => {
            let seen = app.office.claim(&id).await?.claim.version;
            app.office.withdraw(&id, seen, &by).await?;
            output::say(&format!("{id}  {}", app.text("申請を取り下げました。", "withdrawn.")));
            Ok(Done::All)
        }
        ClaimsCommand::Decide { id, decision, by, reason, choice, overridden } => {
            let kind = match decision {
                DecisionArg::Approve => DecisionKind::Approve,
                DecisionArg::Return => DecisionKind::Return,
                DecisionArg::Reject => DecisionKind::Reject,
            };
            let will = Will { kind, by: &by, reason: reason.as_deref(), choice, overridden: &overridden, seen: None };
            let decision = app.office.decide(&id, will).await.map_err(with_options)?;
            output::say(&summary(&decision, app.lang));
            if app.office.store.budget_wait(&id).await?.is_some() {
                output::say(app.text(
                    "予算の残額に収まらないため、予算を待っています。予算ができたときに、申請の順に交付決定となります。",
                    "the budget has no room for it: it waits, and is approved in the order of submission when there is money",
                ));
            }
            Ok(Done::All)
        }
        ClaimsCommand::WithdrawGrant { id, reason, by } => {
            let taken = app.office.withdraw_grant(&id, &reason, &by, None).await?;
            output::say(&format!("{id}  {}", app.text("交付決定を取り消しました。", "the grant was withdrawn.")));
            super::budget::say_taken(app, &taken);
            Ok(Done::All)
        }
    }
}

/// Which option helps, where one does.
fn with_options(error: OfficeError) -> OfficeError {
    match error {
        OfficeError::Told(told) => OfficeError::Told(match told.code() {
            "override-needed" => {
                let codes = told.names().join(",");
                told.with(
                    &format!(" 承知のうえで交付決定とするときは、--override {codes} と --reason を指定してください。"),
                    &format!(" To grant it all the same, give --override {codes} and --reason"),
                )
            }
            "reason-missing" => told.with("（--reason）", " (--reason)"),
            "not-waiting" => told.with(
                " 受付番号と状態は kofu claims list で確かめ、処理は kofu work --drain で進めることができます。",
                "; kofu claims list shows it, and kofu work --drain goes on with what is queued",
            ),
            "choice-unknown" => {
                told.with(" kofu claims show で希望を確かめてください。", "; kofu claims show shows its choices")
            }
            "decided" if told.names() == ["approved"] => {
                told.with("（kofu batch prepare で支払バッチを準備します。）", " (kofu batch prepare)")
            }
            "decided" if told.names() == ["returned"] => told.with(
                "（claim.toml に revises = \"受付番号\" と書きます。）",
                " (with revises = \"ID\" in claim.toml)",
            ),
            _ => told,
        }),
        other => other,
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
    let ruleset = app.office.rulebook.on(app.office.today()).await?;
    let programmes: Vec<ProgrammeId> = ruleset.programmes().map(|p| p.id().clone()).collect();
    let bundle = match Bundle::read(path, &programmes, app.office.now(), app.lang) {
        Ok(bundle) => bundle,
        Err(errors) => return Ok(refused(&errors)),
    };
    let submission = bundle.submission();
    if let Some(id) = &submission.revises
        && let Err(error) = revisable(app, &bundle, &submission, id).await?
    {
        return Ok(refused(&[error]));
    }
    for document in &bundle.documents {
        app.office.store.put_document(document.bytes.clone()).await?;
    }
    let by = Actor::facility(bundle.facility.as_str());
    Ok(match app.office.submit(&submission, &by).await? {
        Accepted::New(id) => Imported::Accepted(id),
        Accepted::AlreadyThere(id) => Imported::AlreadyThere(id),
    })
}

fn refused(errors: &[BundleError]) -> Imported {
    for error in errors {
        eprintln!("{} [{}] {}", error.place, error.code, error.message);
    }
    Imported::Refused
}

/// Whether a bundle that says so can be a new revision of the claim `id`.
async fn revisable(
    app: &App,
    bundle: &Bundle,
    submission: &Submission,
    id: &ClaimId,
) -> Result<Result<(), BundleError>> {
    let error = |code, ja: String, en: String| Ok(Err(bundle.error(code, "revises", app.lang, ja, en)));
    let Some(record) = app.office.store.claim(id).await? else {
        return error(
            "unknown-claim",
            format!("受付番号「{id}」の申請はありません。差戻し通知書の受付番号を記入してください。"),
            format!("there is no claim {id:?}; give the id that stands on the notice of return", id = id.as_str()),
        );
    };
    let claim = &record.claim;
    if claim.facility_code != bundle.facility || claim.programme != bundle.programme {
        return error(
            "other-claim",
            format!(
                "申請 {id} は、医療機関等 {}、補助事業 {} のものです。この申請は、医療機関等 {}、補助事業 {} となっています。受付番号を確かめてください。",
                claim.facility_code, claim.programme, bundle.facility, bundle.programme
            ),
            format!(
                "claim {id} is of facility {} and programme {}, this bundle of facility {} and programme {}; check the id",
                claim.facility_code, claim.programme, bundle.facility, bundle.programme
            ),
        );
    }
    // The same bundle again is told from the stored one and is no error.
    let identity = submission.identity();
    let known = record.revisions.iter().any(|revision| revision.bundle_sha256 == identity);
    if claim.state != ClaimState::Returned && !known {
        return error(
            "not-returned",
            format!(
                "申請 {id} は「{}」の状態です。差し戻された申請だけを、もう一度申請できます。",
                claim.state.name(app.lang)
            ),
            format!("claim {id} is {}; only a claim that was returned can be sent again", claim.state.code()),
        );
    }
    Ok(Ok(()))
}

/// A decision in one line.
fn summary(decision: &Decision, lang: Lang) -> String {
    format!(
        "{}  {}  {}  {}  {}",
        decision.claim_id,
        decision.kind.name(lang),
        output::grant(decision.grant_yen, decision.grant_units.as_ref(), lang),
        decision.decided_by,
        output::moment(decision.decided_at, lang)
    )
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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    choices: &'a [Choice],
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_units: Option<&'a ProductUnits>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    awaits_budget: bool,
}

/// Its state, and whether it waits for money.
fn state_name(record: &ClaimSummary, lang: Lang) -> String {
    let name = record.state.name(lang);
    match (record.awaits_budget, lang) {
        (false, _) => name.to_owned(),
        (true, Lang::Ja) => format!("{name}（予算待ち）"),
        (true, Lang::En) => format!("{name} (awaits budget)"),
    }
}

impl<'a> From<&'a ClaimSummary> for Listed<'a> {
    fn from(record: &'a ClaimSummary) -> Listed<'a> {
        Listed {
            claim_id: &record.id,
            state: record.state,
            revision: record.revision,
            programme: &record.programme,
            awaits_budget: record.awaits_budget,
            facility: record.facility_code.as_str(),
            submitted_at: record.submitted_at,
            claimed_yen: record.claimed_yen,
            granted_yen: record.granted_yen,
            choices: &record.choices,
            granted_units: record.granted_units.as_ref(),
        }
    }
}

/// The state of a code that a person gave.
fn known_state(code: &str) -> Result<ClaimState, Told> {
    ClaimState::from_code(code).ok_or_else(|| {
        let known: Vec<&str> = ClaimState::ALL.iter().map(|state| state.code()).collect();
        let known = known.join(", ");
        Told::new(
            format!("「{code}」という状態はありません。次のいずれかを指定してください: {known}"),
            format!("found state {code:?}, expected one of: {known}"),
        )
    })
}

async fn list(app: &App, state: Option<&str>, json: bool) -> Result<Done> {
    let state = state.map(known_state).transpose()?;
    let filter = ClaimFilter { state, ..ClaimFilter::default() };
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = app.office.store.claims(&filter, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        for record in &page {
            if json {
                output::json_line(&Listed::from(record))?;
            } else {
                rows.push(vec![
                    record.id.to_string(),
                    state_name(record, app.lang),
                    record.programme.to_string(),
                    record.facility_code.to_string(),
                    output::moment(record.submitted_at, app.lang),
                    match (&record.granted_yen, &record.granted_units) {
                        (Some(yen), _) => yen.to_string(),
                        (None, Some(units)) => output::grant(Yen::ZERO, Some(units), app.lang),
                        (None, None) => String::new(),
                    },
                ]);
            }
        }
    }
    if !json {
        let header = match app.lang {
            Lang::Ja => ["受付番号", "状態", "補助事業", "医療機関等コード", "申請日時", "交付（円、製品）"],
            Lang::En => ["claim", "state", "programme", "facility", "submitted at", "grant (yen, product)"],
        };
        output::table(&header, &[5], rows);
    }
    Ok(Done::All)
}

async fn show(app: &App, id: &ClaimId, json_lines: bool) -> Result<Done> {
    let all = app.office.claim(id).await?;
    let record = &all.claim;
    let readings = app.office.store.readings(id, record.revision).await?;
    let assessed: Option<Assessed> = match app.office.store.assessment(id, record.revision).await? {
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
        state_name(record, app.lang),
        programme(app, record, assessed.as_ref()).await?,
        record.facility_code,
        output::moment(record.submitted_at, app.lang)
    ));
    for document in &all.documents {
        output::say(&format!("  {}  {}  {}", document.declared.name(app.lang), document.file, document.sha256));
    }
    for problem in readings.iter().flat_map(|reading| &reading.problems) {
        output::say(&format!("  ! {}  {}", problem.place.show(app.lang), problem.message(app.lang)));
    }
    if let Some(assessed) = &assessed {
        let assessment = &assessed.assessment;
        let grant = output::grant(assessment.grant_yen, assessment.grant_units.as_ref(), app.lang);
        output::say(&format!("{}  {grant}", assessment.outcome.name(app.lang)));
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
        output::say(&summary(decision, app.lang));
        for line in decision.reason.iter().flat_map(|reason| reason.lines()) {
            output::say(&format!("  {} {line}", app.text("理由:", "reason:")));
        }
    }
    Ok(Done::All)
}

/// A claim's programme by its id and its name, by the rules that assessed it or else those that the program carries.
async fn programme(app: &App, record: &ClaimSummary, assessed: Option<&Assessed>) -> Result<String> {
    let named = match assessed {
        Some(assessed) => app.office.rulebook.named(&assessed.assessment.ruleset).await?,
        None => None,
    };
    let ruleset = named.as_deref().unwrap_or_else(|| Ruleset::embedded());
    let name =
        ruleset.programme(&record.programme).map(|known| known.name(day_in_japan(record.submitted_at), app.lang));
    Ok(match (name, app.lang) {
        (Some(name), Lang::Ja) => format!("{}（{name}）", record.programme),
        (Some(name), Lang::En) => format!("{} ({name})", record.programme),
        (None, _) => record.programme.to_string(),
    })
}
