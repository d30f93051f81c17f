//! The decision log: found by claim, facility, event, person and time, each entry with its proof, the signed checkpoint, and
//! all that a program needs to work the tree out by itself: the entries byte for byte, and its tiles.

use super::call::{Attached, Call, Nothing, Page, Shown, page_size, place};
use super::judged::Judged;
use crate::audit::{ProofShown, begins, latest_proof};
use crate::fault::{Asked, Fault};
use axum::http::StatusCode;
use claim::{Actor, ClaimId, InstitutionCode, Sha256, Yen};
use decision_log::{Entry, Event, leaf_hash};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use office::Replayed;
use serde::{Deserialize, Serialize};
use store::LogQuery;
use utoipa::{IntoParams, ToSchema};

/// The most entries of one export.
const ENTRIES_MOST: u32 = 1000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Only about this claim.
    claim: Option<String>,
    /// Only about this institution.
    facility: Option<String>,
    /// Only of this event, such as `claim-decided`.
    event: Option<String>,
    /// Only by this actor, such as `staff:sato`.
    by: Option<String>,
    /// From this day in Japan on.
    from: Option<String>,
    /// Until this day in Japan, the day included.
    until: Option<String>,
}

fn day(name: &str, text: Option<&str>) -> Result<Option<Date>, Fault> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Asked::query(
            name,
            "日付は 2026-01-31 の形で指定してください。",
            format!("found {text:?}, expected a day such as 2026-01-31"),
        )
    })
}

/// An entry in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    position: u64,
    /// Null of an entry that this version cannot read; so are the others.
    at: Option<Timestamp>,
    by: Option<String>,
    event: Option<&'static str>,
    /// As people read it.
    text: Option<String>,
    claim_id: Option<ClaimId>,
    amount_yen: Option<Yen>,
}

fn found(position: u64, payload: &[u8], lang: claim::Lang) -> Found {
    let Ok(entry) = Entry::from_bytes(payload) else {
        return Found { position, at: None, by: None, event: None, text: None, claim_id: None, amount_yen: None };
    };
    Found {
        position,
        at: Some(entry.at),
        by: Some(entry.by.to_string()),
        event: Some(entry.event.code()),
        text: Some(entry.event.name(lang).to_owned()),
        claim_id: entry.event.claim_id().cloned(),
        amount_yen: entry.event.amount(),
    }
}

pub(super) async fn search(call: Call<Nothing, Wanted>) -> Result<Shown<Page<Found>>, Fault> {
    let wanted = call.query;
    let limit = page_size(wanted.limit)?;
    let facility = wanted.facility.as_deref().map(InstitutionCode::parse).transpose().map_err(|error| {
        Asked::query("facility", "医療機関等コードは、10桁の数字で指定してください。", error.to_string())
    })?;
    if let Some(event) = wanted.event.as_deref().filter(|event| Event::KINDS.iter().all(|kind| kind.0 != *event)) {
        return Err(Asked::query(
            "event",
            format!("「{event}」という記録の種類はありません。"),
            format!("found {event:?}, expected an event of the decision log"),
        ));
    }
    let until = day("until", wanted.until.as_deref())?;
    let query = LogQuery {
        claim: wanted.claim.map(|id| ClaimId::from(id.to_uppercase())),
        facility,
        event: wanted.event,
        by: wanted.by.map(Actor::from),
        from: day("from", wanted.from.as_deref())?.and_then(begins),
        until: until.and_then(|last| last.checked_add(1.day()).ok()).and_then(begins),
    };
    let before = place(wanted.after.as_deref(), |text| text.parse().ok())?;
    let rows = call.state.office.store.find_in_log(&query, before, limit + 1).await?;
    let item = |(position, payload): (u64, Vec<u8>)| found(position, &payload, call.lang);
    Ok(Shown::new(Page::of(rows, limit, |row| row.0.to_string(), item)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct At {
    /// From 0.
    position: u64,
}

/// An entry, and the way from it to what was signed.
#[derive(Serialize, ToSchema)]
#[schema(as = LogEntry)]
pub(crate) struct Whole {
    #[serde(flatten)]
    found: Found,
    /// The entry as it is hashed: a line of JSON.
    payload: String,
    /// SHA-256 of the byte 0 and the payload (RFC 6962).
    leaf: Sha256,
    /// Null while no checkpoint covers it.
    proof: Option<Proof>,
}

/// The proof that a signed tree has an entry (RFC 6962).
#[derive(Serialize, ToSchema)]
struct Proof {
    /// Of the tree that was signed.
    size: u64,
    root: Sha256,
    /// From the leaf to the root.
    hashes: Vec<Sha256>,
    /// Whether the server finds that it leads to the root of the checkpoint; look for yourself.
    holds: bool,
    /// The signed note.
    checkpoint: String,
}

impl Proof {
    fn new(way: ProofShown) -> Proof {
        Proof { size: way.size, root: way.root, hashes: way.hashes, holds: way.holds, checkpoint: way.checkpoint }
    }
}

pub(super) async fn entry(call: Call<At>) -> Result<Shown<Whole>, Fault> {
    let (store, position) = (&call.state.office.store, call.at.position);
    let size = store.log_size().await?;
    let read = store.log_entries(position, 1).await?.into_iter().next();
    let (_, payload) = read.filter(|_| position < size).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let proof = latest_proof(&call.state, position, &payload).await?.map(Proof::new);
    Ok(Shown::new(Whole {
        found: found(position, &payload, call.lang),
        leaf: leaf_hash(&payload),
        payload: String::from_utf8_lossy(&payload).into_owned(),
        proof,
    }))
}

/// What was signed last.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checkpoint {
    /// How many entries the log has.
    log_size: u64,
    /// How many of them the latest checkpoint covers; null while there is none.
    size: Option<u64>,
    /// The signed note.
    note: Option<String>,
}

pub(super) async fn checkpoint(call: Call<Nothing>) -> Result<Shown<Checkpoint>, Fault> {
    let store = &call.state.office.store;
    let log_size = store.log_size().await?;
    let (size, note) = store.latest_checkpoint().await?.unzip();
    Ok(Shown::new(Checkpoint { log_size, size, note }))
}

pub(super) async fn note(call: Call<Nothing>) -> Result<Attached, Fault> {
    let latest = call.state.office.store.latest_checkpoint().await?;
    let (size, note) = latest.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let media_type = "text/plain; charset=utf-8".to_owned();
    Ok(Attached { file: format!("checkpoint-{size}.txt"), media_type, bytes: note.into_bytes() })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// The first position, from 0.
    from: Option<u64>,
    /// How many, 1 to 1000; 1000 if it is not said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// A line is an entry, in order; fewer lines than were asked for end the log.
pub(super) async fn entries(call: Call<Nothing, From>) -> Result<Attached, Fault> {
    let limit = call.query.limit.unwrap_or(ENTRIES_MOST);
    if !(1..=ENTRIES_MOST).contains(&limit) {
        return Err(Asked::query(
            "limit",
            format!("{limit} は使用できません。1から{ENTRIES_MOST}までとしてください。"),
            format!("found {limit}, expected 1 to {ENTRIES_MOST}"),
        ));
    }
    let from = call.query.from.unwrap_or(0);
    let mut bytes = Vec::new();
    for (_, payload) in call.state.office.store.log_entries(from, limit).await? {
        bytes.extend(payload);
        bytes.push(b'\n');
    }
    Ok(Attached { file: format!("entries-{from}.jsonl"), media_type: "application/jsonl".to_owned(), bytes })
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Tile {
    /// 0 for the hashes of entries.
    #[param(maximum = 63)]
    level: u8,
    /// Its place within the level.
    number: u64,
}

/// Up to 256 hashes of 32 bytes, one after another (C2SP tlog-tiles).
pub(super) async fn tile(call: Call<Tile>) -> Result<Attached, Fault> {
    let (level, number) = (call.at.level, call.at.number);
    let hashes = call.state.office.store.log_tile(level, number).await?;
    let bytes = hashes.ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    Ok(Attached { file: format!("tile-{level}-{number}"), media_type: "application/octet-stream".to_owned(), bytes })
}

/// That an entry is in the signed tree, for whoever holds a notice.
#[derive(Serialize, ToSchema)]
pub(crate) struct Proved {
    position: u64,
    leaf: Sha256,
    /// Null while no checkpoint covers it.
    proof: Option<Proof>,
}

pub(super) async fn proof(call: Call<At>) -> Result<Shown<Proved>, Fault> {
    let position = call.at.position;
    let found = call.state.office.store.log_entries(position, 1).await?.into_iter().next();
    let (_, payload) = found.filter(|found| found.0 == position).ok_or_else(|| Fault::status(StatusCode::NOT_FOUND))?;
    let proof = latest_proof(&call.state, position, &payload).await?.map(Proof::new);
    Ok(Shown::new(Proved { position, leaf: leaf_hash(&payload), proof }))
}

/// An assessment worked out again.
#[derive(Serialize, ToSchema)]
#[schema(as = Replay)]
pub(crate) struct Again {
    claim_id: ClaimId,
    /// `same`, `different`, `no-rules` (the rules are not kept) or `no-facts` (there were none).
    result: &'static str,
    logged: Judged,
    /// What comes out now, where that is something else.
    again: Option<Judged>,
}

pub(super) async fn replay(call: Call<At>) -> Result<Shown<Again>, Fault> {
    let not_there = || Fault::status(StatusCode::NOT_FOUND);
    let (office, position) = (&call.state.office, call.at.position);
    let found = office.store.log_entries(position, 1).await?.into_iter().next();
    let (_, payload) = found.filter(|found| found.0 == position).ok_or_else(not_there)?;
    let (assessed, replayed) = office.replay_entry(position, &payload).await?.ok_or_else(not_there)?;
    // It tells what was read of a facility's documents.
    office.viewed(&assessed.claim_id, &call.person.actor()).await?;
    let (result, again) = match &replayed {
        Replayed::Same => ("same", None),
        Replayed::Different(again) => ("different", Some(Judged::new(again, call.lang, false))),
        Replayed::NoRules => ("no-rules", None),
        Replayed::NoFacts => ("no-facts", None),
    };
    let logged = Judged::new(&assessed.assessment, call.lang, false);
    Ok(Shown::new(Again { claim_id: assessed.claim_id, result, logged, again }))
}
