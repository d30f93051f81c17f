//! A claim on one screen: the documents left, what was read of them, findings, sum, likenesses and history right, and
//! what there is to decide.

use super::compare::{Difference, differences};
use super::queue::{programme_name, reasons};
use super::{Asked, texts};
use crate::WebState;
use crate::document::{Correctable, Shown, correctable, size};
use crate::fault::Fault;
use crate::messages::{self, MailShown};
use crate::page::{Frame, html};
use crate::session::Person;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use claim::{Category, ClaimState, DecisionKind, Lang, PossibleDuplicate, Reading, Role, Severity, day_in_japan};
use decision_log::Entry;
use office::Assessed;
use store::{ClaimRecord, ClaimSummary, KeptAdjustment, LogQuery, Look};

/// The most entries of the log that are shown as a claim's history.
const HISTORY_MOST: u32 = 200;

#[derive(Template)]
#[template(path = "review.html")]
pub(super) struct ReviewPage {
    pub(super) frame: Frame,
    /// What was just refused, and what had been typed.
    error: Option<String>,
    typed: Typed,
    id: String,
    version: u64,
    state: &'static str,
    state_code: &'static str,
    /// May decide it: a reviewer, and it waits.
    decides: bool,
    /// May leave notes and verdicts.
    reviewer: bool,
    auditor: bool,
    /// The view of the queue that one came from, as a query, and the way on in it.
    view: String,
    back: String,
    next: String,
    reasons: Vec<String>,
    looks: Vec<LookShown>,
    hand: Option<String>,
    facts: Vec<(&'static str, String)>,
    documents: Vec<DocumentShown>,
    outcome: Option<OutcomeShown>,
    findings: Vec<FindingShown>,
    forbids: bool,
    steps: Vec<(String, Option<String>)>,
    choices: Vec<(u8, String)>,
    duplicates: Vec<DuplicateShown>,
    revisions: Vec<RevisionShown>,
    decisions: Vec<DecisionShown>,
    notes: Vec<(String, String, String)>,
    history: Vec<HistoryRow>,
    mails: Vec<MailShown>,
    texts: Vec<String>,
    categories: Vec<(&'static str, &'static str)>,
}

/// What somebody had typed into the form of the decision that was refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) decision: String,
    pub(super) reason: String,
    pub(super) overridden: Vec<String>,
}

impl Typed {
    fn overrides(&self, code: &str) -> bool {
        self.overridden.iter().any(|one| one == code)
    }
}

struct LookShown {
    name: String,
    at: String,
}

struct DocumentShown {
    position: u32,
    file: String,
    declared: &'static str,
    size: String,
    base: String,
    shown: Option<Shown>,
    fields: Vec<Correctable>,
    corrections: Vec<CorrectionShown>,
}

struct CorrectionShown {
    name: String,
    old: String,
    new: String,
    by: String,
    at: String,
    reason: String,
}

struct OutcomeShown {
    name: &'static str,
    code: &'static str,
    sum: String,
}

struct FindingShown {
    code: &'static str,
    severity: &'static str,
    severity_name: &'static str,
    forbids: bool,
    message: String,
    action: Option<String>,
    place: String,
    source: Option<String>,
}

/// A likeness with another claim, both sides.
struct DuplicateShown {
    other: String,
    why: &'static str,
    verdict: Option<&'static str>,
    sides: [SideShown; 2],
}

struct SideShown {
    id: String,
    facility: String,
    state: &'static str,
    file: String,
    view: Option<String>,
    picture: Option<String>,
    facts: Vec<(&'static str, String)>,
}

struct RevisionShown {
    number: u32,
    submitted: String,
    documents: Vec<(String, String)>,
    changes: Vec<Difference>,
}

struct DecisionShown {
    revision: u32,
    kind: &'static str,
    by: String,
    at: String,
    grant: String,
    reason: Option<String>,
    notice: Option<(String, String)>,
}

struct HistoryRow {
    position: u64,
    at: String,
    by: String,
    what: &'static str,
}

/// What was granted, or asked for.
pub(super) fn sum(claim: &ClaimSummary, frame: &Frame) -> String {
    match (&claim.granted_yen, &claim.granted_units, &claim.claimed_yen) {
        (Some(yen), _, _) => format!("{}（{}）", frame.yen(yen), frame.t("交付決定額", "granted")),
        (None, Some(units), _) => format!("{} {}{}", units.label(), units.units, frame.t("台", "")),
        (None, None, Some(yen)) => format!("{}（{}）", frame.yen(yen), frame.t("申請額", "asked for")),
        (None, None, None) => "-".to_owned(),
    }
}

/// The page of a claim for staff and auditors, who may see all claims.
pub(crate) async fn claim_page(
    state: &WebState,
    frame: Frame,
    person: &Person,
    record: ClaimRecord,
) -> Result<Response, Fault> {
    shown(state, frame, person, record, StatusCode::OK, None, Typed::default(), None).await
}

/// The page, perhaps with what was refused. `view` is that of the queue where the address does not have it.
#[expect(clippy::too_many_arguments, reason = "what a refused form brings along")]
pub(super) async fn shown(
    state: &WebState,
    frame: Frame,
    person: &Person,
    record: ClaimRecord,
    status: StatusCode,
    error: Option<String>,
    typed: Typed,
    view: Option<&str>,
) -> Result<Response, Fault> {
    let office = &state.office;
    let claim = &record.claim;
    let (id, lang, today) = (claim.id.to_string(), frame.lang(), office.today());
    let reviewer = person.role() == Role::Reviewer;
    let waits = claim.state == ClaimState::InReview;
    let looks: Vec<Look> = match reviewer && waits {
        true => office.look(&claim.id, &person.account().id).await?,
        false => Vec::new(),
    };
    let ruleset = office.rulebook.on(today).await?;
    let facility = office.store.facility(&claim.facility_code).await?;
    let assessed = office.assessed(&claim.id, claim.revision).await?;
    let (readings, corrections) = office.corrected(&claim.id, claim.revision).await?;
    let asked = Asked::parse(view.unwrap_or(frame.query()));
    let place = office.store.review_place(&claim.id).await?;
    let after = place.as_ref().map(ToString::to_string).unwrap_or_default();
    let waiting = match (&assessed, waits) {
        (Some(assessed), true) => {
            let kind = facility.as_ref().map(|facility| facility.kind);
            let deadline =
                ruleset.programme(&claim.programme).map(|one| one.deadline(day_in_japan(claim.submitted_at)));
            let code = &claim.facility_code;
            let waiting = claim::Waiting::of(code, kind, claim.submitted_at, deadline, &assessed.assessment);
            reasons(&waiting, lang)
        }
        _ => Vec::new(),
    };

    let mut facts = vec![
        (frame.t("医療機関等", "Facility"), facility.as_ref().map_or_else(|| "-".to_owned(), |one| one.name.clone())),
        (frame.t("医療機関等コード", "Institution code"), claim.facility_code.to_string()),
        (
            frame.t("施設区分、所在地", "Kind, prefecture"),
            format!(
                "{} {}",
                facility.as_ref().map_or("-", |one| one.kind.name(lang)),
                claim.facility_code.prefecture_name(lang)
            ),
        ),
        (frame.t("補助事業", "Programme"), programme_name(&ruleset, &claim.programme, today, lang)),
        (frame.t("最初の申請", "First sent"), frame.moment(&claim.submitted_at)),
        (frame.t("申請の回", "Revision"), claim.revision.to_string()),
        (frame.t("申請額、交付額", "Sum"), sum(claim, &frame)),
    ];
    if let Some(facility) = &facility
        && !facility.founder.is_empty()
    {
        facts.insert(1, (frame.t("開設者", "Founder"), facility.founder.clone()));
    }
    if claim.awaits_budget {
        let words = frame.t(
            "予算を待っています。予算ができたときに、申請の順に交付決定となります。",
            "it waits for money, and is approved in the order of submission when there is some",
        );
        facts.push((frame.t("予算", "Budget"), words.to_owned()));
    }

    let documents = record.documents.iter().zip(0usize..).map(|(document, at)| {
        let reading = readings.get(at);
        DocumentShown {
            position: document.position,
            file: document.file.clone(),
            declared: document.declared.name(lang),
            size: size(document.size_bytes),
            base: format!("/claims/{id}/documents/{}/{}", claim.revision, document.position),
            shown: reading.map(|reading| Shown::new(reading, document.declared, &frame)),
            fields: reading.map(|reading| correctable(reading, lang)).unwrap_or_default(),
            corrections: corrections
                .iter()
                .filter(|kept| kept.adjustment.position == document.position)
                .map(|kept| correction(kept, &frame))
                .collect(),
        }
    });
    let documents: Vec<DocumentShown> = documents.collect();
    let findings: Vec<FindingShown> = assessed.iter().flat_map(|assessed| findings(assessed, &frame)).collect();
    let trace = assessed.iter().flat_map(|assessed| &assessed.assessment.trace);
    let mut duplicates = Vec::new();
    for one in office.store.duplicates(&claim.id).await? {
        duplicates.push(duplicate(state, &frame, &record, &readings, &one).await?);
    }
    let revisions = revisions(state, &frame, &record, &readings).await?;
    let query = LogQuery { claim: Some(claim.id.clone()), ..LogQuery::default() };
    let mut history = Vec::new();
    for (position, payload) in office.store.find_in_log(&query, None, HISTORY_MOST).await? {
        if let Ok(entry) = Entry::from_bytes(&payload) {
            history.push(HistoryRow {
                position,
                at: frame.moment(&entry.at),
                by: entry.by.to_string(),
                what: entry.event.name(lang),
            });
        }
    }
    history.reverse();
    let notes = office.store.notes(&claim.id).await?.into_iter();
    let page = ReviewPage {
        error,
        typed,
        version: claim.version,
        state: claim.state.name(lang),
        state_code: claim.state.code(),
        decides: reviewer && waits,
        reviewer,
        auditor: person.role() == Role::Auditor,
        back: asked.path("/queue", &[]),
        next: asked.path("/queue/next", &[("after", after.as_str())]),
        view: asked.query(),
        reasons: waiting,
        looks: looks.into_iter().map(|one| LookShown { name: one.name, at: frame.moment(&one.at) }).collect(),
        hand: office.store.hand_of(&claim.id).await?,
        facts,
        outcome: assessed.as_ref().map(|assessed| outcome(assessed, &frame)),
        forbids: findings.iter().any(|finding| finding.forbids),
        findings,
        steps: trace.map(|step| (step.sentence(lang), step.source.clone())).collect(),
        choices: assessed.iter().flat_map(|assessed| choices(assessed, &frame)).collect(),
        duplicates,
        revisions,
        decisions: decisions(&record, &frame),
        notes: notes.map(|note| (frame.moment(&note.at), note.by.to_string(), note.note)).collect(),
        history,
        mails: messages::of_claim(state, &claim.id, &frame).await?,
        texts: assessed.as_ref().map(|assessed| texts::standard(&assessed.assessment.findings)).unwrap_or_default(),
        categories: Category::ALL.map(|category| (category.code(), category.name(lang))).to_vec(),
        documents,
        id,
        frame,
    };
    Ok(html(status, &page.frame, &page))
}

fn correction(kept: &KeptAdjustment, frame: &Frame) -> CorrectionShown {
    CorrectionShown {
        name: kept.adjustment.field.name(frame.lang()),
        old: kept.old.clone().unwrap_or_else(|| frame.t("なし", "nothing").to_owned()),
        new: kept.adjustment.value.clone(),
        by: kept.adjustment.by.to_string(),
        at: frame.moment(&kept.at),
        reason: kept.reason.clone(),
    }
}

fn findings(assessed: &Assessed, frame: &Frame) -> Vec<FindingShown> {
    let lang = frame.lang();
    let one = |finding: &claim::Finding| {
        let (severity, ja, en) = match finding.severity() {
            Severity::Info => ("info", "参考", "for information"),
            Severity::Review => ("review", "要確認", "to be checked"),
            Severity::Return => ("return", "差戻し", "return"),
            Severity::Reject => ("reject", "不交付", "rejection"),
        };
        FindingShown {
            code: finding.code.code(),
            severity,
            severity_name: frame.t(ja, en),
            forbids: finding.severity() == Severity::Reject,
            message: finding.message(lang),
            action: finding.action(lang),
            place: finding.place.as_ref().map(|place| place.in_documents(lang)).unwrap_or_default(),
            source: finding.source.clone(),
        }
    };
    assessed.assessment.findings.iter().map(one).collect()
}

fn outcome(assessed: &Assessed, frame: &Frame) -> OutcomeShown {
    let assessment = &assessed.assessment;
    let units: Vec<String> = assessment
        .computed_units
        .iter()
        .map(|units| format!("{} {}{}", units.label(), units.units, frame.t("台", "")))
        .collect();
    OutcomeShown {
        name: assessment.outcome.name(frame.lang()),
        code: assessment.outcome.code(),
        sum: if units.is_empty() { frame.yen(&assessment.computed_yen) } else { units.join(", ") },
    }
}

/// What could be granted in kind, by the rank of the choice.
fn choices(assessed: &Assessed, frame: &Frame) -> Vec<(u8, String)> {
    let asked = assessed.facts.iter().flat_map(|facts| &facts.choices);
    asked
        .filter_map(|choice| {
            let units = assessed.assessment.computed_units.iter().find(|units| units.product == choice.product)?;
            let name = match frame.lang() {
                Lang::Ja => format!("第{}希望 {} {}台", choice.rank, units.label(), units.units),
                Lang::En => format!("choice {}: {} {}", choice.rank, units.units, units.label()),
            };
            Some((choice.rank, name))
        })
        .collect()
}

fn read_facts(reading: Option<&Reading>, frame: &Frame) -> Vec<(&'static str, String)> {
    let receipt = reading.and_then(|reading| reading.receipt.as_ref());
    let none = || "-".to_owned();
    vec![
        (
            if frame.lang() == Lang::Ja { "金額" } else { "Total" },
            receipt.and_then(|one| one.total_yen.as_ref()).map_or_else(none, |field| frame.yen(&field.value)),
        ),
        (
            if frame.lang() == Lang::Ja { "日付" } else { "Day" },
            receipt.and_then(|one| one.issued_on.as_ref()).map_or_else(none, |field| frame.day(&field.value)),
        ),
        (
            if frame.lang() == Lang::Ja { "発行者" } else { "Issuer" },
            receipt.and_then(|one| one.issuer.as_ref()).map_or_else(none, |field| field.value.clone()),
        ),
        (
            if frame.lang() == Lang::Ja { "宛名" } else { "Payee" },
            receipt.and_then(|one| one.payee.as_ref()).map_or_else(none, |field| field.value.clone()),
        ),
    ]
}

fn side(
    record: &ClaimRecord,
    readings: &[Reading],
    file: &str,
    page: Option<u32>,
    facility: String,
    frame: &Frame,
) -> SideShown {
    let at = record.documents.iter().position(|document| document.file == file);
    let document = at.and_then(|at| record.documents.get(at));
    let reading = at.and_then(|at| readings.get(at));
    let page = page.unwrap_or(1);
    let base = document.map(|document| {
        format!("/claims/{}/documents/{}/{}", record.claim.id, record.claim.revision, document.position)
    });
    // Cells have no picture.
    let drawn = reading.is_some_and(|reading| reading.method != Some(claim::Method::Sheet));
    SideShown {
        id: record.claim.id.to_string(),
        facility,
        state: record.claim.state.name(frame.lang()),
        file: file.to_owned(),
        picture: base.as_ref().filter(|_| drawn).map(|base| format!("{base}/pages/{page}")),
        view: base.map(|base| format!("{base}/view?page={page}")),
        facts: read_facts(reading, frame),
    }
}

async fn duplicate(
    state: &WebState,
    frame: &Frame,
    record: &ClaimRecord,
    readings: &[Reading],
    one: &PossibleDuplicate,
) -> Result<DuplicateShown, Fault> {
    let other = state.office.claim(&one.other_claim).await?;
    let (others, _) = state.office.corrected(&other.claim.id, other.claim.revision).await?;
    let name = async |code: &claim::InstitutionCode| -> Result<String, Fault> {
        let known = state.office.store.facility(code).await?;
        Ok(known.map_or_else(|| code.to_string(), |facility| format!("{}（{code}）", facility.name)))
    };
    let mine = side(record, readings, &one.file, one.page, name(&record.claim.facility_code).await?, frame);
    let theirs = side(&other, &others, &one.other_file, one.other_page, name(&other.claim.facility_code).await?, frame);
    Ok(DuplicateShown {
        other: one.other_claim.to_string(),
        why: one.why.name(frame.lang()),
        verdict: one.verdict.map(|verdict| verdict.name(frame.lang())),
        sides: [mine, theirs],
    })
}

async fn revisions(
    state: &WebState,
    frame: &Frame,
    record: &ClaimRecord,
    readings: &[Reading],
) -> Result<Vec<RevisionShown>, Fault> {
    let mut shown = Vec::new();
    let mut before: Option<(&store::RevisionRecord, Vec<Reading>)> = None;
    for sent in &record.revisions {
        let read = match sent.revision == record.claim.revision {
            true => readings.to_vec(),
            false => state.office.corrected(&record.claim.id, sent.revision).await?.0,
        };
        let changes = match &before {
            Some((earlier, read_before)) => differences((earlier, read_before), (sent, &read), frame),
            None => Vec::new(),
        };
        let view = |document: &claim::Document| {
            let base = format!("/claims/{}/documents/{}/{}", record.claim.id, sent.revision, document.position);
            (document.file.clone(), format!("{base}/view"))
        };
        shown.push(RevisionShown {
            number: sent.revision,
            submitted: frame.moment(&sent.submitted_at),
            documents: sent.documents.iter().map(view).collect(),
            changes,
        });
        before = Some((sent, read));
    }
    shown.reverse();
    Ok(shown)
}

fn decisions(record: &ClaimRecord, frame: &Frame) -> Vec<DecisionShown> {
    let one = |stored: &store::DecisionRecord| {
        let decision = &stored.decision;
        let notice = record.notices.iter().find(|notice| notice.revision == decision.revision);
        DecisionShown {
            revision: decision.revision,
            kind: decision.kind.name(frame.lang()),
            by: decision.decided_by.to_string(),
            at: frame.moment(&decision.decided_at),
            grant: match (&decision.grant_units, decision.kind) {
                (Some(units), _) => format!("{} {}", units.label(), units.units),
                (None, DecisionKind::Approve) => frame.yen(&decision.grant_yen),
                (None, _) => "-".to_owned(),
            },
            reason: decision.reason.clone(),
            notice: notice.map(|notice| {
                (format!("/claims/{}/notices/{}", record.claim.id, notice.revision), notice.number.clone())
            }),
        }
    };
    record.decisions.iter().map(one).collect()
}
