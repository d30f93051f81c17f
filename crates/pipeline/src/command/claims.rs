//! `kofu claims`: claim bundles into the store, and claims as they stand.

use super::Done;
use super::facilities::PAGE;
use crate::app::App;
use crate::bundle::{Bundle, BundleError};
use crate::cli::{ClaimsCommand, DecisionArg};
use crate::output;
use crate::stage::Assessed;
use crate::told::Told;
use anyhow::{Context, Result, bail};
use claim::{
    Actor, Assessment, Choice, ClaimId, ClaimState, Decision, DecisionKind, Document, Finding, Lang, Outcome,
    ProductUnits, ProgrammeId, Severity, Yen, day_in_japan,
};
use decision_log::{Event, SubmittedClaim, SubmittedDocument};
use reporting::{MissingGlyph, NoticeProblem, Typesetter};
use rules::Ruleset;
use serde::Serialize;
use std::path::Path;
use store::{ClaimFilter, ClaimRecord, ClaimSummary, NewClaim, Resubmission, Submitted};

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
        ClaimsCommand::Decide { id, decision, by, reason, choice, overridden } => {
            let kind = match decision {
                DecisionArg::Approve => DecisionKind::Approve,
                DecisionArg::Return => DecisionKind::Return,
                DecisionArg::Reject => DecisionKind::Reject,
            };
            let will = Will { kind, by: &by, reason: reason.as_deref(), choice, overridden: &overridden };
            let decision = decide(app, &id, will).await?;
            output::say(&summary(&decision, app.lang));
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
    let bundle = match Bundle::read(path, &programmes, app.clock.now(), app.lang) {
        Ok(bundle) => bundle,
        Err(errors) => return Ok(refused(&errors)),
    };
    let revises = bundle.revises.as_deref().map(ClaimId::from);
    let revision = match &revises {
        None => 1,
        Some(id) => match revised(app, &bundle, id).await? {
            Ok(revision) => revision,
            Err(error) => return Ok(refused(&[error])),
        },
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
        choices: bundle.choices.clone(),
        bundle_sha256: bundle.identity(),
        documents,
    };
    let event = Event::ClaimSubmitted(SubmittedClaim {
        claim_id: revises.clone().unwrap_or_else(|| claim.id.clone()),
        revision,
        programme: claim.programme.clone(),
        facility: claim.facility_code.clone(),
        submitted_at: claim.submitted_at,
        claimed_yen: claim.claimed_yen,
        choices: claim.choices.clone(),
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
                choices: claim.choices.clone(),
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

fn refused(errors: &[BundleError]) -> Imported {
    for error in errors {
        eprintln!("{} [{}] {}", error.place, error.code, error.message);
    }
    Imported::Refused
}

/// Which revision of the claim `id` a bundle is that says so; an error where it cannot be one.
async fn revised(app: &App, bundle: &Bundle, id: &ClaimId) -> Result<Result<u32, BundleError>> {
    let error = |code, ja: String, en: String| Ok(Err(bundle.error(code, "revises", app.lang, ja, en)));
    let Some(record) = app.store.claim(id).await? else {
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
    let identity = bundle.identity();
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
    Ok(Ok(claim.revision + 1))
}

/// A claim that has to be there.
pub(crate) async fn claim(app: &App, id: &ClaimId) -> Result<store::ClaimRecord> {
    let record = app.store.claim(id).await?.ok_or_else(|| {
        Told::new(
            format!("申請「{id}」はありません。kofu claims list で受付番号を確かめてください。"),
            format!("found no claim {id} in the store; kofu claims list names them"),
        )
    })?;
    Ok(record)
}

/// What a person wants to decide, as they said it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Will<'a> {
    pub(crate) kind: DecisionKind,
    pub(crate) by: &'a Actor,
    pub(crate) reason: Option<&'a str>,
    /// Which choice of a claim for products is granted, where it is not the first.
    pub(crate) choice: Option<u8>,
    /// Codes of the findings that forbid a grant, where it is granted all the same.
    pub(crate) overridden: &'a [String],
}

/// A person's decision on a claim that waits for one, bound to the assessment that the store has.
pub(crate) async fn decide(app: &App, id: &ClaimId, will: Will<'_>) -> Result<Decision> {
    let all = claim(app, id).await?;
    let record = &all.claim;
    waits_for_a_person(app, &all)?;
    let stored = app
        .store
        .assessment(id, record.revision)
        .await?
        .with_context(|| format!("claim {id} is in review and has no assessment; run `kofu check`"))?;
    let assessed: Assessed = serde_json::from_slice(&stored.bytes)?;
    let assessment = &assessed.assessment;
    let grant_units = units_granted(&assessed, will)?;
    let grant_yen = if will.kind == DecisionKind::Approve { assessment.computed_yen } else { Yen::ZERO };
    if will.kind == DecisionKind::Approve && grant_yen == Yen::ZERO && grant_units.is_none() {
        bail!(Told::new(
            format!(
                "申請 {id} の審査結果には交付するものがないため、交付決定とすることができません。差戻し又は不交付としてください。"
            ),
            format!("claim {id} has nothing to approve: its assessment comes to 0 yen; return or reject it"),
        ));
    }
    let reason = reason(app, assessment, will)?;
    let decision = Decision {
        claim_id: id.clone(),
        revision: record.revision,
        kind: will.kind,
        grant_yen,
        grant_units,
        assessment: stored.sha256,
        decided_by: will.by.clone(),
        decided_at: app.clock.now(),
        reason,
    };
    let entry = app.entry(will.by, Event::ClaimDecided { decision: decision.clone() });
    app.store.decide(&decision, record.version, &[entry]).await?;
    Ok(decision)
}

/// What an approval grants in kind: the first choice, or the one that is asked for.
fn units_granted(assessed: &Assessed, will: Will<'_>) -> Result<Option<ProductUnits>, Told> {
    let assessment = &assessed.assessment;
    let Some(rank) = will.choice else {
        return Ok(assessment.computed_units.first().filter(|_| will.kind == DecisionKind::Approve).cloned());
    };
    let id = &assessment.claim_id;
    if will.kind != DecisionKind::Approve {
        return Err(Told::new(
            "--choice は、交付決定とするときにだけ指定できます。".to_owned(),
            "--choice is only for an approval".to_owned(),
        ));
    }
    // The step of that rank is there only for a choice that can be granted.
    let choices = assessed.facts.iter().flat_map(|facts| &facts.choices);
    let chosen = choices
        .filter(|choice| choice.rank == rank)
        .find_map(|choice| assessment.computed_units.iter().find(|units| units.product == choice.product));
    match chosen {
        Some(units) => Ok(Some(units.clone())),
        None => Err(Told::new(
            format!(
                "申請 {id} に、交付できる第{rank}希望はありません。kofu claims show {id} で希望を確かめてください。"
            ),
            format!("claim {id} has no choice {rank} that can be granted; kofu claims show {id} shows its choices"),
        )),
    }
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

/// That nobody has decided the claim yet, and that it is time to.
fn waits_for_a_person(app: &App, record: &ClaimRecord) -> Result<(), Told> {
    let (id, state) = (&record.claim.id, record.claim.state);
    if state == ClaimState::InReview {
        return Ok(());
    }
    let decided =
        record.decisions.iter().map(|stored| &stored.decision).find(|one| one.revision == record.claim.revision);
    let Some(decision) = decided else {
        return Err(Told::new(
            format!(
                "申請 {id} は「{}」の状態で、担当者の決定を待っていません。kofu work --drain で処理を進めてください。",
                state.name(app.lang)
            ),
            format!(
                "claim {id} is {} and does not wait for a decision; kofu work --drain goes on with it",
                state.code()
            ),
        ));
    };
    let (next_ja, next_en) = match state {
        ClaimState::Approved => (
            "kofu batch prepare で支払バッチに入れることができます。".to_owned(),
            "kofu batch prepare puts it into a payment batch".to_owned(),
        ),
        ClaimState::Returned => (
            format!("医療機関等は、claim.toml に revises = \"{id}\" と書いて、もう一度申請できます。"),
            format!("the facility can send it again with revises = \"{id}\" in claim.toml"),
        ),
        _ => ("決定を変更することはできません。".to_owned(), "the decision stands".to_owned()),
    };
    Err(Told::new(
        format!("申請は既に決定されています（{}）。{next_ja}", summary(decision, Lang::Ja)),
        format!("the claim has been decided already ({}); {next_en}", summary(decision, Lang::En)),
    ))
}

/// The reason that goes with a decision. It is needed wherever the decision is not the one that the assessment proposes,
/// and a grant against a finding that forbids it has to name that finding; the reason then says so.
fn reason(app: &App, assessment: &Assessment, will: Will<'_>) -> Result<Option<String>> {
    let id = &assessment.claim_id;
    let given = will.reason.map(str::trim).filter(|reason| !reason.is_empty());
    if let Some(given) = given {
        printable(app, given)?;
    }
    let forbidding: Vec<&Finding> = match will.kind {
        DecisionKind::Approve => {
            assessment.findings.iter().filter(|finding| finding.severity() == Severity::Reject).collect()
        }
        DecisionKind::Return | DecisionKind::Reject => Vec::new(),
    };
    if let Some(code) = will.overridden.iter().find(|code| !forbidding.iter().any(|one| one.code.code() == *code)) {
        bail!(Told::new(
            format!("--override に指定された「{code}」は、申請 {id} の交付決定を妨げる所見ではありません。"),
            format!("found --override {code:?}, expected a finding that forbids a grant of claim {id}"),
        ));
    }
    let left: Vec<&&Finding> =
        forbidding.iter().filter(|one| !will.overridden.iter().any(|code| code == one.code.code())).collect();
    if !left.is_empty() {
        let told = |lang| {
            let each = left.iter().map(|one| format!("[{}] {}", one.code.code(), one.message(lang)));
            each.collect::<Vec<_>>().join(" ")
        };
        let codes = codes(&forbidding).join(",");
        bail!(Told::new(
            format!(
                "申請 {id} には、交付決定とすることができない所見があります: {} 承知のうえで交付決定とするときは、--override {codes} と --reason を指定してください。",
                told(Lang::Ja)
            ),
            format!(
                "claim {id} has findings that forbid a grant: {} To grant it all the same, give --override {codes} and \
                 --reason",
                told(Lang::En)
            ),
        ));
    }
    let proposed = match assessment.outcome {
        Outcome::Approve => Some(DecisionKind::Approve),
        Outcome::Return => Some(DecisionKind::Return),
        Outcome::Reject => Some(DecisionKind::Reject),
        Outcome::Review => None,
    };
    let another = will.choice.is_some_and(|rank| rank != *Choice::RANKS.start());
    if given.is_none() && (proposed != Some(will.kind) || another) {
        bail!(Told::new(
            format!(
                "申請 {id} の審査結果は「{}」です。審査結果のとおりでない決定には、--reason で理由を示してください。",
                assessment.outcome.name(Lang::Ja)
            ),
            format!(
                "the assessment of claim {id} says {}; a decision that is not just that needs --reason",
                assessment.outcome.code()
            ),
        ));
    }
    Ok(given.map(|given| match forbidding.is_empty() {
        true => given.to_owned(),
        // The notice is Japanese, and so is what it says of the decision.
        false => format!("{given}\n（不交付に当たる所見 {} を承知のうえで決定）", codes(&forbidding).join("、")),
    }))
}

/// The codes of findings, each once.
fn codes(findings: &[&Finding]) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = findings.iter().map(|finding| finding.code.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// That the notice can show a reason: a decision whose notice cannot be made would be a decision nobody is told of.
fn printable(app: &App, reason: &str) -> Result<()> {
    let missing = match Typesetter::new(&app.config.fonts.folders) {
        Ok(typesetter) => typesetter.unprintable(reason),
        Err(error) => {
            // Notices may be set on another machine, which has them.
            tracing::warn!(%error, "whether the notice can show the reason was not checked");
            reason.chars().find(|c| c.is_control() && *c != '\n')
        }
    };
    match missing {
        None => Ok(()),
        Some(character) => {
            let problem = NoticeProblem::Glyph(MissingGlyph { field: "--reason".to_owned(), character });
            bail!(Told::new(problem.message(Lang::Ja), problem.message(Lang::En)))
        }
    }
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
        Some(assessed) => app.rulebook.named(&assessed.assessment.ruleset).await?,
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
