//! What a facility sees and does: its drafts and claims, a new application, the draft with its documents, the sending,
//! and the claim from then on.

mod account;
mod apply;
mod claim_page;
mod draft;
mod send;
mod upload;

pub(crate) use account::correct;
pub(crate) use apply::{apply, begin, template, template_for};
pub(crate) use claim_page::{answer, claim_page, withdraw};
pub(crate) use draft::{change, declare, discard, original, picture, read, remove, show, state_field, view};
pub(crate) use send::{confirm, send};
pub(crate) use upload::{FORM_BYTES_MOST, upload};

use crate::WebState;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::{Person, in_query};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use claim::{
    Assessment, ClaimId, ClaimState, Finding, FindingCode, InstitutionCode, Lang, ProgrammeId, Severity, day_in_japan,
};
use jiff::Timestamp;
use jiff::civil::Date;
use rules::{Programme, Ruleset};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{ClaimSummary, Draft};

/// Claims on one page.
const PAGE: u32 = 30;
/// The most drafts that are shown.
const DRAFTS_MOST: u32 = 100;

#[derive(Template)]
#[template(path = "facility_claims.html")]
struct ClaimsPage {
    frame: Frame,
    drafts: Vec<DraftRow>,
    claims: Vec<ClaimRow>,
    /// The query of the next page, if there is one.
    next: Option<String>,
    first_page: bool,
    /// Of an account with several institutions each row says whose it is.
    several: bool,
}

struct DraftRow {
    id: String,
    programme: String,
    facility: String,
    documents: usize,
    changed: String,
    deadline: Option<String>,
    next: &'static str,
}

struct ClaimRow {
    id: ClaimId,
    programme: String,
    facility: String,
    state: ClaimState,
    submitted: String,
    sum: String,
    next: &'static str,
}

/// The names of institutions, as the register has them.
async fn names(
    state: &WebState,
    codes: impl Iterator<Item = &InstitutionCode>,
) -> Result<BTreeMap<InstitutionCode, String>, Fault> {
    let mut names = BTreeMap::new();
    for code in codes {
        if !names.contains_key(code) {
            let known = state.office.store.facility(code).await?;
            names.insert(code.clone(), known.map_or_else(|| code.to_string(), |facility| facility.name));
        }
    }
    Ok(names)
}

/// The name of a programme today, or its id where the rules know it no longer.
fn programme_name(ruleset: &Ruleset, id: &ProgrammeId, today: Date, lang: Lang) -> String {
    ruleset.programme(id).map_or_else(|| id.to_string(), |programme| programme.name(today, lang).to_owned())
}

/// How long a programme still takes claims: whole days, and hours on the last.
pub(crate) fn time_left(programme: &Programme, now: Timestamp, frame: &Frame) -> String {
    let today = day_in_japan(now);
    let deadline = programme.deadline(today);
    let two = |ja: String, en: String| if frame.lang() == Lang::Ja { ja } else { en };
    if deadline < today {
        return two("受付は終了しました".to_owned(), "closed".to_owned());
    }
    let days = today.until(deadline).map_or(0, |span| span.get_days());
    if days > 0 {
        return two(format!("あと{days}日"), format!("{days} {} left", if days == 1 { "day" } else { "days" }));
    }
    // Japan has had no summer time since 1951: the day there ends 15 hours after noon UTC of the day before.
    let minutes_of_day = (now.as_second() + 9 * 3600).rem_euclid(86_400) / 60;
    let left = 24 * 60 - minutes_of_day;
    if left >= 60 {
        let hours = left / 60;
        two(format!("本日まで（あと約{hours}時間）"), format!("today is the last day (about {hours} h left)"))
    } else {
        two(format!("本日まで（あと{left}分）"), format!("today is the last day ({left} min left)"))
    }
}

/// What a facility does next about a claim.
fn next_step(state: ClaimState, frame: &Frame) -> &'static str {
    let (ja, en) = match state {
        ClaimState::Draft => ("続きを入力してください", "go on with it"),
        ClaimState::Submitted | ClaimState::Read | ClaimState::Assessed => {
            ("審査をお待ちください", "wait for the assessment")
        }
        ClaimState::InReview => ("担当者の確認をお待ちください", "wait: a person checks it"),
        ClaimState::Approved | ClaimState::Batched => {
            ("通知書をご確認ください。支払をお待ちください", "see the notice, and wait for the payment")
        }
        ClaimState::Returned => ("差戻しの理由を確かめ、もう一度申請してください", "see why, and send it again"),
        ClaimState::Rejected => ("通知書をご確認ください", "see the notice"),
        ClaimState::Sent => ("振込をお待ちください", "wait for the transfer"),
        ClaimState::Paid => ("手続は終了しました", "nothing more to do"),
        ClaimState::Bounced => {
            ("振込ができませんでした。振込先口座を訂正してください", "the transfer failed: correct the bank account")
        }
        ClaimState::Withdrawn => ("取り下げられています", "it was withdrawn"),
    };
    match frame.lang() {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// What was granted, or asked for.
fn sum(claim: &ClaimSummary, frame: &Frame) -> String {
    match (&claim.granted_yen, &claim.granted_units, &claim.claimed_yen) {
        (Some(yen), _, _) => format!("{}（{}）", frame.yen(yen), frame.t("交付決定額", "granted")),
        (None, Some(units), _) => format!("{} {}{}", units.label(), units.units, frame.t("台", "")),
        (None, None, Some(yen)) => format!("{}（{}）", frame.yen(yen), frame.t("申請額", "asked for")),
        (None, None, None) => "-".to_owned(),
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct After {
    /// Milliseconds of a submission, and the id of that claim.
    at: Option<i64>,
    id: Option<String>,
}

/// What a facility has sent and what it has begun.
pub(crate) async fn claims(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(after): Query<After>,
) -> Result<Response, Fault> {
    let account = person.account();
    let today = state.office.today();
    let ruleset = state.office.rulebook.on(today).await?;
    let place = after.at.zip(after.id.map(ClaimId::from));
    let place = place.and_then(|(at, id)| Some((Timestamp::from_millisecond(at).ok()?, id)));
    let first_page = place.is_none();
    let place = place.as_ref().map(|(at, id)| (*at, id));
    let mut claims = state.office.store.claims_of_account(&account.id, place, PAGE + 1).await?;
    let more = claims.len() > PAGE as usize;
    claims.truncate(PAGE as usize);
    let drafts = match first_page {
        true => state.office.store.drafts_of_account(&account.id, DRAFTS_MOST).await?,
        false => Vec::new(),
    };
    let codes = claims.iter().map(|claim| &claim.facility_code).chain(drafts.iter().map(|draft| &draft.facility_code));
    let names = names(&state, codes).await?;
    let name = |code: &InstitutionCode| names.get(code).cloned().unwrap_or_default();
    let programme = |id: &ProgrammeId| programme_name(&ruleset, id, today, frame.lang());
    let next = claims
        .last()
        .filter(|_| more)
        .map(|claim| format!("at={}&id={}", claim.submitted_at.as_millisecond(), in_query(claim.id.as_str())));
    let draft_row = |draft: Draft| DraftRow {
        programme: programme(&draft.programme),
        facility: name(&draft.facility_code),
        documents: draft.documents.len(),
        changed: frame.moment(&draft.changed_at),
        deadline: match &draft.revises {
            // An answer counts by the day of the first submission.
            Some(_) => None,
            None => ruleset.programme(&draft.programme).map(|one| time_left(one, state.office.now(), &frame)),
        },
        next: match (draft.sent_at.is_some(), draft.documents.is_empty() && draft.choices.is_empty()) {
            (true, _) => {
                frame.t("送信が完了していません。もう一度申請してください", "the sending broke off: send it again")
            }
            (false, true) => frame.t("書類を追加してください", "add the documents"),
            (false, false) => frame.t("内容を確かめて申請してください", "check it and send it"),
        },
        id: draft.id,
    };
    let claim_row = |claim: ClaimSummary| ClaimRow {
        programme: programme(&claim.programme),
        facility: name(&claim.facility_code),
        state: claim.state,
        submitted: frame.day(&day_in_japan(claim.submitted_at)),
        sum: sum(&claim, &frame),
        next: next_step(claim.state, &frame),
        id: claim.id,
    };
    let page = ClaimsPage {
        drafts: drafts.into_iter().map(draft_row).collect(),
        claims: claims.into_iter().map(claim_row).collect(),
        next,
        first_page,
        several: account.facilities.len() > 1,
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

/// What the rules say, for a facility: findings with what to do, and the sum step by step.
struct Judged {
    findings: Vec<FindingRow>,
    steps: Vec<(String, Option<String>)>,
}

/// A finding as a facility reads it.
struct FindingRow {
    severity: &'static str,
    severity_name: &'static str,
    message: String,
    action: Option<String>,
    place: String,
    /// The file that it is about.
    file: Option<String>,
    source: Option<String>,
}

impl Judged {
    fn new(assessment: &Assessment, frame: &Frame) -> Judged {
        let lang = frame.lang();
        let place =
            |finding: &Finding| finding.place.as_ref().map(|place| place.in_documents(lang)).unwrap_or_default();
        let message = |finding: &Finding| match finding.code {
            // It names the claim of somebody else.
            FindingCode::PossibleDuplicate | FindingCode::DuplicateConfirmed => {
                let (ja, en) = (
                    "同じ領収書が別の申請にも添付されている可能性があります。",
                    "The same receipt may stand in another claim.",
                );
                frame.t(ja, en).to_owned()
            }
            _ => finding.message(lang),
        };
        let findings = assessment.findings.iter().map(|finding| FindingRow {
            severity: match finding.severity() {
                Severity::Info => "info",
                Severity::Review => "review",
                Severity::Return => "return",
                Severity::Reject => "reject",
            },
            severity_name: match finding.severity() {
                Severity::Info => frame.t("お知らせ", "for information"),
                Severity::Review => frame.t("担当者の確認が必要", "a person checks it"),
                Severity::Return => frame.t("訂正が必要", "to be corrected"),
                Severity::Reject => frame.t("交付できません", "cannot be granted"),
            },
            message: message(finding),
            action: finding.action(lang),
            place: place(finding),
            file: finding.place.as_ref().and_then(|place| place.file.clone()),
            source: finding.source.clone(),
        });
        Judged {
            findings: findings.collect(),
            steps: assessment.trace.iter().map(|step| (step.sentence(lang), step.source.clone())).collect(),
        }
    }
}
