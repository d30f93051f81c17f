//! The decision log for auditors: found by claim, facility, event, person and time; each entry as it is stored with the
//! proof that the signed tree has it; the checkpoint, and how to prove all of it without trusting this server.

use crate::WebState;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::{Person, in_query};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claim::{Actor, Assessment, ClaimId, InstitutionCode, Role, Sha256};
use decision_log::{Entry, Event, Tree, leaf_hash};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};
use office::{OfficeError, Replayed};
use serde::Deserialize;
use store::LogQuery;

/// Entries on one page.
const PAGE: u32 = 50;

/// What is looked for, as the form has it; fields left open are empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    claim: String,
    facility: String,
    event: String,
    by: String,
    from: String,
    until: String,
    before: String,
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// The first instant of a day in Japan.
pub(crate) fn begins(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::fixed(Offset::constant(9))).ok().map(|at| at.timestamp())
}

impl Wanted {
    /// As the store takes it; or which field is none of its kind, in words.
    fn query(&self, frame: &Frame) -> Result<LogQuery, String> {
        let day = |text: &str| {
            given(text).map(claim::parse_day).transpose().map_err(|_| {
                frame
                    .t("日付は、2026-01-31 又は 令和8年1月31日 の形で入力してください。", "enter days as 2026-01-31")
                    .to_owned()
            })
        };
        let facility = given(&self.facility).map(InstitutionCode::parse).transpose().map_err(|_| {
            frame
                .t("医療機関等コードは、10桁の数字で入力してください。", "an institution code has 10 digits")
                .to_owned()
        })?;
        Ok(LogQuery {
            claim: given(&self.claim).map(|id| ClaimId::from(id.to_uppercase())),
            facility,
            event: given(&self.event).map(str::to_owned),
            by: given(&self.by).map(|by| Actor::from(by.to_owned())),
            from: day(&self.from)?.and_then(begins),
            until: day(&self.until)?.and_then(|last| last.checked_add(1.day()).ok()).and_then(begins),
        })
    }

    fn path(&self, before: u64) -> String {
        let pairs = [
            ("claim", &self.claim),
            ("facility", &self.facility),
            ("event", &self.event),
            ("by", &self.by),
            ("from", &self.from),
            ("until", &self.until),
        ];
        let given = pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}&", in_query(given(value)?))));
        format!("/log?{}before={before}", given.collect::<String>())
    }
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    wanted: Wanted,
    events: Vec<(&'static str, &'static str, bool)>,
    size: u64,
    signed: Option<u64>,
    rows: Vec<LogRow>,
    next: Option<String>,
    error: Option<String>,
}

struct LogRow {
    position: u64,
    at: String,
    by: String,
    what: String,
    claim: Option<String>,
    amount: Option<String>,
}

/// GET /log
pub(crate) async fn search(
    State(state): State<WebState>,
    frame: Frame,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let store = &state.office.store;
    let lang = frame.lang();
    let (mut rows, mut next, mut error) = (Vec::new(), None, None);
    match wanted.query(&frame) {
        Ok(query) => {
            let before = given(&wanted.before).and_then(|text| text.parse().ok());
            let mut found = store.find_in_log(&query, before, PAGE + 1).await?;
            let more = found.len() > PAGE as usize;
            found.truncate(PAGE as usize);
            next = found.last().filter(|_| more).map(|(position, _)| wanted.path(*position));
            rows = found.iter().map(|(position, payload)| log_row(*position, payload, &frame)).collect();
        }
        Err(text) => error = Some(text),
    }
    let events = Event::KINDS.iter().map(|(code, ja)| {
        let name = if lang == claim::Lang::Ja { *ja } else { *code };
        (*code, name, wanted.event == *code)
    });
    let page = LogPage {
        events: events.collect(),
        size: store.log_size().await?,
        signed: store.latest_checkpoint().await?.map(|(size, _)| size),
        rows,
        next,
        wanted,
        error,
        frame,
    };
    let status = if page.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(html(status, &page.frame, &page))
}

fn log_row(position: u64, payload: &[u8], frame: &Frame) -> LogRow {
    match Entry::from_bytes(payload) {
        Ok(entry) => LogRow {
            position,
            at: frame.moment(&entry.at),
            by: entry.by.to_string(),
            what: entry.event.name(frame.lang()).to_owned(),
            claim: entry.event.claim_id().map(ToString::to_string),
            amount: entry.event.amount().map(|yen| frame.yen(&yen)),
        },
        // A newer program may have written it; its bytes are proved all the same.
        Err(_) => LogRow {
            position,
            at: String::new(),
            by: String::new(),
            what: frame.t("この版では読めない記録", "an entry that this version cannot read").to_owned(),
            claim: None,
            amount: None,
        },
    }
}

#[derive(Template)]
#[template(path = "log_entry.html")]
struct EntryPage {
    frame: Frame,
    row: LogRow,
    payload: String,
    leaf: Sha256,
    /// It tells of an assessment, which can be worked out again.
    assessed: bool,
    proof: Option<ProofShown>,
    previous: Option<u64>,
    next: Option<u64>,
}

#[derive(Template)]
#[template(path = "replay.html")]
struct ReplayPage {
    frame: Frame,
    position: u64,
    claim: String,
    ruleset: String,
    /// What it came to: the same, something else, or why nothing can be said.
    result: &'static str,
    sides: Vec<SideShown>,
}

/// An assessment on one side of the comparison.
struct SideShown {
    title: &'static str,
    outcome: &'static str,
    sum: String,
    findings: Vec<&'static str>,
    /// Each with whether the other side has it too.
    steps: Vec<(String, bool)>,
}

impl SideShown {
    fn new(title: &'static str, one: &Assessment, other: &Assessment, frame: &Frame) -> SideShown {
        SideShown {
            title,
            outcome: one.outcome.name(frame.lang()),
            sum: frame.yen(&one.computed_yen),
            findings: one.findings.iter().map(|finding| finding.code.code()).collect(),
            steps: one.trace.iter().map(|step| (step.sentence(frame.lang()), other.trace.contains(step))).collect(),
        }
    }
}

/// GET /log/{position}/replay: an assessment worked out again now, beside what was logged.
pub(crate) async fn replay(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Path(position): Path<u64>,
) -> Result<Response, Fault> {
    let not_there = || Fault::status(StatusCode::NOT_FOUND);
    let found = state.office.store.log_entries(position, 1).await?.into_iter().next();
    let (_, payload) = found.filter(|found| found.0 == position).ok_or_else(not_there)?;
    let (assessed, replayed) = state.office.replay_entry(position, &payload).await?.ok_or_else(not_there)?;
    // It shows what was read of a facility's documents.
    state.office.viewed(&assessed.claim_id, &person.actor()).await?;
    let logged = &assessed.assessment;
    let then = frame.t("記録されている審査", "As it was logged");
    let now = frame.t("計算し直した審査", "Worked out again");
    let (result, sides) = match &replayed {
        Replayed::Same => {
            ("same", vec![SideShown::new(then, logged, logged, &frame), SideShown::new(now, logged, logged, &frame)])
        }
        Replayed::Different(again) => {
            ("different", vec![SideShown::new(then, logged, again, &frame), SideShown::new(now, again, logged, &frame)])
        }
        Replayed::NoRules => ("no-rules", vec![SideShown::new(then, logged, logged, &frame)]),
        Replayed::NoFacts => ("no-facts", vec![SideShown::new(then, logged, logged, &frame)]),
    };
    let page = ReplayPage {
        position,
        claim: assessed.claim_id.to_string(),
        ruleset: logged.ruleset.clone(),
        result,
        sides,
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

/// The way from an entry to the root that was signed.
pub(crate) struct ProofShown {
    pub(crate) size: u64,
    pub(crate) root: Sha256,
    /// Whether the root is the one of the checkpoint, and the way leads there.
    pub(crate) holds: bool,
    pub(crate) hashes: Vec<Sha256>,
    pub(crate) checkpoint: String,
}

/// The root that stands in a checkpoint, on its third line.
fn root_of(note: &str) -> Option<Sha256> {
    let bytes = STANDARD.decode(note.lines().nth(2)?).ok()?;
    bytes.try_into().ok().map(Sha256)
}

/// GET /log/{position}
pub(crate) async fn entry(
    State(state): State<WebState>,
    frame: Frame,
    Path(position): Path<u64>,
) -> Result<Response, Fault> {
    let store = &state.office.store;
    let size = store.log_size().await?;
    let found = store.log_entries(position, 1).await?.into_iter().next();
    let (_, payload) = found.filter(|_| position < size).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let proof = latest_proof(&state, position, &payload).await?;
    let page = EntryPage {
        row: log_row(position, &payload, &frame),
        payload: String::from_utf8_lossy(&payload).into_owned(),
        leaf: leaf_hash(&payload),
        assessed: Entry::from_bytes(&payload).is_ok_and(|entry| matches!(entry.event, Event::ClaimAssessed(_))),
        proof,
        previous: position.checked_sub(1),
        next: Some(position + 1).filter(|next| *next < size),
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

/// The way from an entry that a checkpoint covers to its root.
async fn proved(
    state: &WebState,
    position: u64,
    payload: &[u8],
    signed: u64,
    note: String,
) -> Result<ProofShown, Fault> {
    let wrong = |error: decision_log::ProofError| {
        OfficeError::Inconsistent(format!("the tree of the decision log at entry {position}: {error}"))
    };
    let mut tree = Tree::new(signed);
    let mut lacking = tree.lacking_for_inclusion(position).map_err(wrong)?;
    lacking.extend(tree.lacking_for_root(signed).map_err(wrong)?);
    for tile in lacking {
        let hashes = state.office.store.log_tile(tile.level, tile.number).await?;
        tree.hold(tile, hashes.unwrap_or_default()).map_err(wrong)?;
    }
    let root = tree.root().map_err(wrong)?;
    let proof = tree.inclusion_proof(position).map_err(wrong)?;
    let holds = root_of(&note) == Some(root) && proof.verify(payload, root).is_ok();
    Ok(ProofShown { size: signed, root, holds, hashes: proof.hashes, checkpoint: note })
}

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    frame: Frame,
    position: u64,
    leaf: Sha256,
    proof: Option<ProofShown>,
    auditor: bool,
}

/// GET /proof/{position}: that an entry is in the signed tree, for whoever holds a notice. What the entry says is not shown.
pub(crate) async fn proof(
    State(state): State<WebState>,
    frame: Frame,
    Path(position): Path<u64>,
) -> Result<Response, Fault> {
    let found = state.office.store.log_entries(position, 1).await?.into_iter().next();
    let (_, payload) = found.filter(|found| found.0 == position).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let page = ProofPage {
        leaf: leaf_hash(&payload),
        proof: latest_proof(&state, position, &payload).await?,
        auditor: frame.person().is_some_and(|person| person.session.second_step && person.role() == Role::Auditor),
        position,
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

/// The proof of an entry by the latest checkpoint; `None` while that does not cover it.
pub(crate) async fn latest_proof(state: &WebState, position: u64, payload: &[u8]) -> Result<Option<ProofShown>, Fault> {
    match state.office.store.latest_checkpoint().await?.filter(|(signed, _)| position < *signed) {
        Some((signed, note)) => Ok(Some(proved(state, position, payload, signed, note).await?)),
        None => Ok(None),
    }
}

#[derive(Template)]
#[template(path = "checkpoint.html")]
struct CheckpointPage {
    frame: Frame,
    size: u64,
    latest: Option<(u64, String)>,
    all: Vec<u64>,
    /// Whether the program that verifies is at hand.
    verifier: bool,
}

/// GET /log/checkpoint
pub(crate) async fn checkpoint(State(state): State<WebState>, frame: Frame) -> Result<Response, Fault> {
    let store = &state.office.store;
    let mut all: Vec<u64> = store.checkpoints().await?.into_iter().map(|(size, _)| size).collect();
    all.reverse();
    all.truncate(PAGE as usize);
    let verifier = state.exports.has_verifier();
    let (size, latest) = (store.log_size().await?, store.latest_checkpoint().await?);
    let page = CheckpointPage { size, latest, all, verifier, frame };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

/// GET /log/checkpoint/note: the signed note itself, to be kept elsewhere.
pub(crate) async fn checkpoint_note(State(state): State<WebState>) -> Result<Response, Fault> {
    let latest = state.office.store.latest_checkpoint().await?;
    let (size, note) = latest.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let mut response = crate::document::attachment(&format!("checkpoint-{size}.txt"), "text/plain", note.into_bytes());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(response.into_response())
}
