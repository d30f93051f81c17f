//! The queue: which claims wait for a person, in their order (said in claim/src/waiting.rs), each with why it stands
//! where it stands; and claims in other states, or by their id or institution.

use super::{Asked, given};
use crate::WebState;
use crate::fault::Fault;
use crate::page::{Frame, html};
use crate::session::Person;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use claim::{
    BEFORE_DEADLINE_DAYS, ClaimId, ClaimState, FacilityKind, FindingCode, InstitutionCode, LOOK_WITHIN_DAYS, Lang,
    ProgrammeId, Role, Waiting,
};
use jiff::civil::Date;
use rules::Ruleset;
use store::{ClaimFilter, ClaimSummary, QueueCounts};

/// Claims on one page.
const PAGE: u32 = 50;
/// Among how many claims the next one is looked for that nobody else has before them.
const NEXT_AMONG: u32 = 20;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    asked: Asked,
    /// Whether these are the claims that wait; else those of another state, or found by a text.
    waiting: bool,
    views: Vec<View>,
    programmes: Vec<Choice>,
    kinds: Vec<Choice>,
    prefectures: Vec<Choice>,
    findings: Vec<Choice>,
    states: Vec<Choice>,
    shown: u64,
    rows: Vec<Row>,
    others: Vec<OtherRow>,
    /// The address of the next page, if there is one.
    next: Option<String>,
    first: Option<String>,
    look_within: i64,
    before_deadline: i64,
}

/// A view that is often wanted.
struct View {
    name: &'static str,
    path: String,
    here: bool,
}

/// A value of a filter, with how many claims it would show.
struct Choice {
    value: String,
    name: String,
    count: Option<u64>,
    chosen: bool,
}

/// A claim that waits.
struct Row {
    id: ClaimId,
    path: String,
    facility: String,
    kind: &'static str,
    prefecture: &'static str,
    programme: String,
    due: String,
    overdue: bool,
    reasons: Vec<String>,
    amount: String,
    submitted: String,
    hand: Option<String>,
    findings: Vec<String>,
}

/// A claim in any state.
struct OtherRow {
    id: ClaimId,
    path: String,
    facility: String,
    programme: String,
    state: &'static str,
    submitted: String,
    sum: String,
}

/// Why a claim stands where it stands, in words: first what set its day, then what puts it before others of that day.
pub(crate) fn reasons(waiting: &Waiting, lang: Lang) -> Vec<String> {
    let mut reasons = Vec::new();
    reasons.push(match (&waiting.deadline, lang) {
        (Some(deadline), Lang::Ja) => format!("申請期限（{}）が近い", claim::wareki(*deadline)),
        (Some(deadline), Lang::En) => format!("deadline {deadline} is near"),
        (None, Lang::Ja) => format!("{}に申請", claim::wareki(claim::day_in_japan(waiting.submitted_at))),
        (None, Lang::En) => format!("sent on {}", claim::day_in_japan(waiting.submitted_at)),
    });
    if waiting.duplicate {
        reasons.push(if lang == Lang::Ja { "重複の疑い" } else { "possible duplicate" }.to_owned());
    }
    match (waiting.doubts, lang) {
        (0, _) => {}
        (doubts, Lang::Ja) => reasons.push(format!("要確認の所見 {doubts}件")),
        (1, Lang::En) => reasons.push("1 finding to check".to_owned()),
        (doubts, Lang::En) => reasons.push(format!("{doubts} findings to check")),
    }
    reasons
}

/// What a finding is about, in a few words, for lists and filters.
pub(crate) fn finding_name(code: FindingCode, lang: Lang) -> &'static str {
    if lang == Lang::En {
        return code.code();
    }
    match code {
        FindingCode::DeadlinePassed => "申請期限の経過",
        FindingCode::NotYetOpen => "受付開始前の申請",
        FindingCode::TransitionalMeasureRequired => "経過措置の確認",
        FindingCode::AlreadyGranted => "交付済み",
        FindingCode::AlreadyFiled => "申請書の提出済み",
        FindingCode::NoEligibleExpense => "対象経費なし",
        FindingCode::ReceiptMissing => "領収書なし",
        FindingCode::ItemizationMissing => "内訳書なし",
        FindingCode::TotalsDiffer => "領収書と内訳書の差",
        FindingCode::ItemizationSumDiffers => "内訳書の合計の誤り",
        FindingCode::EstimateNotReceipt => "領収書以外の書類",
        FindingCode::DescriptionTooVague => "内訳の記載が不明確",
        FindingCode::ChoiceMissing => "希望製品なし",
        FindingCode::ChoiceUnclear => "希望順位が不明",
        FindingCode::ProductNotOffered => "対象外の製品",
        FindingCode::UnitsAboveCeiling => "台数の超過",
        FindingCode::ChoiceChanged => "希望製品の変更",
        FindingCode::DocumentUnreadable => "読み取れない書類",
        FindingCode::PayeeDiffers => "宛名の相違",
        FindingCode::ItemizationFacilityDiffers => "内訳書の医療機関等の相違",
        FindingCode::RegistrationNumberInvalid => "登録番号の不一致",
        FindingCode::PossibleDuplicate => "重複の疑い",
        FindingCode::DuplicateConfirmed => "重複の確認済み",
        FindingCode::ReceiptAfterSubmission => "申請日後の領収書",
        FindingCode::ReadingUncertain => "読取りが不確実",
        FindingCode::InstitutionCodeDoubtful => "コードの検証番号",
        FindingCode::Undecidable => "規則で判断できない",
        FindingCode::FacilityUnknown => "名簿にない医療機関等",
        FindingCode::ExpenseNotEligible => "対象外の経費",
        FindingCode::CategoryCeilingApplied => "区分の上限を適用",
        FindingCode::CostCeilingApplied => "事業額上限を適用",
        FindingCode::GrantCeilingApplied => "補助限度額を適用",
        FindingCode::FirstDeadlinePassed => "最初の締切の経過",
        FindingCode::ClaimedAmountDiffers => "申請額との相違",
    }
}

/// The name of a prefecture of a number from 1 to 47.
pub(crate) fn prefecture_name(number: u8, lang: Lang) -> String {
    InstitutionCode::name_of_prefecture(number, lang).map_or_else(|| number.to_string(), str::to_owned)
}

pub(crate) fn programme_name(ruleset: &Ruleset, id: &ProgrammeId, today: Date, lang: Lang) -> String {
    ruleset.programme(id).map_or_else(|| id.to_string(), |programme| programme.name(today, lang).to_owned())
}

fn choices(counts: &QueueCounts, asked: &Asked, ruleset: &Ruleset, today: Date, frame: &Frame) -> [Vec<Choice>; 4] {
    let lang = frame.lang();
    let choice = |value: String, name: String, count: u64, chosen: &str| {
        let chosen = given(chosen) == Some(value.as_str());
        Choice { value, name, count: Some(count), chosen }
    };
    let programmes = ruleset.programmes().map(|programme| {
        let id = programme.id();
        let count = counts.programmes.get(id).copied().unwrap_or(0);
        choice(id.to_string(), programme.name(today, lang).to_owned(), count, &asked.programme)
    });
    let kinds = FacilityKind::ALL.into_iter().map(|kind| {
        let count = counts.kinds.get(&Some(kind)).copied().unwrap_or(0);
        choice(kind.code().to_owned(), kind.name(lang).to_owned(), count, &asked.kind)
    });
    let prefectures = (1..=47u8).map(|number| {
        let count = counts.prefectures.get(&number).copied().unwrap_or(0);
        choice(number.to_string(), prefecture_name(number, lang), count, &asked.prefecture)
    });
    let findings = FindingCode::ALL.iter().filter_map(|code| {
        let count = counts.findings.get(code).copied().unwrap_or(0);
        let chosen = given(&asked.finding) == Some(code.code());
        let name = finding_name(*code, lang).to_owned();
        (count > 0 || chosen).then(|| choice(code.code().to_owned(), name, count, &asked.finding))
    });
    [programmes.collect(), kinds.collect(), prefectures.collect(), findings.collect()]
}

fn views(asked: &Asked, frame: &Frame, reviewer: bool) -> Vec<View> {
    let here = asked.query();
    let mut views = vec![
        (frame.t("すべて", "All"), Asked::default()),
        (
            frame.t("重複の疑い", "Possible duplicates"),
            Asked { finding: "possible-duplicate".to_owned(), ..Asked::default() },
        ),
        (
            frame.t("読取りが不確実", "Readings to check"),
            Asked { finding: "reading-uncertain".to_owned(), ..Asked::default() },
        ),
        (
            frame.t("宛名の相違", "Payees that differ"),
            Asked { finding: "payee-differs".to_owned(), ..Asked::default() },
        ),
    ];
    if reviewer {
        views.insert(1, (frame.t("自分の担当", "Handed to me"), Asked { hand: "me".to_owned(), ..Asked::default() }));
    }
    let view = |(name, asked): (&'static str, Asked)| View {
        name,
        here: asked.query() == here,
        path: asked.path("/queue", &[]),
    };
    views.into_iter().map(view).collect()
}

/// GET /queue
pub(crate) async fn queue(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let lang = frame.lang();
    let today = state.office.today();
    let ruleset = state.office.rulebook.on(today).await?;
    let filter = asked.filter(&person.account().id);
    let counts = state.office.store.review_counts(&filter).await?;
    let in_state = given(&asked.state).and_then(ClaimState::from_code).filter(|state| *state != ClaimState::InReview);
    let text = given(&asked.q).map(str::to_owned);
    let waiting = in_state.is_none() && text.is_none();
    let (mut rows, mut others) = (Vec::new(), Vec::new());
    let next;
    if waiting {
        let after = asked.after();
        let mut found = state.office.store.review_page(&filter, &counts, after.as_ref(), PAGE + 1).await?;
        let more = found.len() > PAGE as usize;
        found.truncate(PAGE as usize);
        next = found.last().filter(|_| more).map(|last| asked.path("/queue", &[("after", &last.place.to_string())]));
        for one in found {
            let waiting = &one.waiting;
            rows.push(Row {
                path: asked.path(&format!("/claims/{}", waiting.claim_id), &[]),
                facility: one.facility_name.unwrap_or_else(|| waiting.facility.to_string()),
                kind: waiting.kind.map_or(unknown_kind(lang), |kind| kind.name(lang)),
                prefecture: waiting.facility.prefecture_name(lang),
                programme: programme_name(&ruleset, &waiting.programme, today, lang),
                due: frame.day(&waiting.due_on),
                overdue: waiting.due_on < today,
                reasons: reasons(waiting, lang),
                amount: frame.yen(&waiting.amount_yen),
                submitted: frame.day(&claim::day_in_japan(waiting.submitted_at)),
                findings: waiting.findings.iter().map(|code| finding_name(*code, lang).to_owned()).collect(),
                hand: one.hand,
                id: waiting.claim_id.clone(),
            });
        }
    } else {
        let (found, more) = find(&state, &asked, in_state, text.as_deref()).await?;
        next = found.last().filter(|_| more).map(|last| asked.path("/queue", &[("after", last.id.as_str())]));
        for claim in found {
            others.push(other(claim, &asked, &ruleset, today, &frame));
        }
    }
    let [programmes, kinds, prefectures, findings] = choices(&counts, &asked, &ruleset, today, &frame);
    let states = ClaimState::ALL
        .iter()
        .filter(|state| **state != ClaimState::Draft)
        .map(|one| {
            let chosen = given(&asked.state).map_or(*one == ClaimState::InReview, |code| code == one.code());
            Choice { value: one.code().to_owned(), name: one.name(lang).to_owned(), count: None, chosen }
        })
        .collect();
    let page = QueuePage {
        views: views(&asked, &frame, person.role() == Role::Reviewer),
        first: given(&asked.after).map(|_| asked.path("/queue", &[])),
        shown: counts.shown,
        programmes,
        kinds,
        prefectures,
        findings,
        states,
        rows,
        others,
        next,
        waiting,
        asked,
        look_within: LOOK_WITHIN_DAYS,
        before_deadline: BEFORE_DEADLINE_DAYS,
        frame,
    };
    Ok(html(StatusCode::OK, &page.frame, &page))
}

fn unknown_kind(lang: Lang) -> &'static str {
    if lang == Lang::Ja { "名簿になし" } else { "not in the register" }
}

/// Claims of another state in the order of their ids, or those with an id or of an institution; and whether there are
/// more.
async fn find(
    state: &WebState,
    asked: &Asked,
    in_state: Option<ClaimState>,
    text: Option<&str>,
) -> Result<(Vec<ClaimSummary>, bool), Fault> {
    let store = &state.office.store;
    let facility = text.and_then(|text| InstitutionCode::parse(text).ok());
    if let (Some(text), None) = (text, &facility) {
        let found = store.claim(&ClaimId::from(text.to_uppercase())).await?;
        let found = found.filter(|record| in_state.is_none_or(|wanted| record.claim.state == wanted));
        return Ok((found.into_iter().map(|record| record.claim).collect(), false));
    }
    let filter = ClaimFilter { state: in_state, programme: given(&asked.programme).map(ProgrammeId::from), facility };
    let after = given(&asked.after).map(ClaimId::from);
    let mut found = store.claims(&filter, after.as_ref(), PAGE + 1).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    Ok((found, more))
}

fn other(claim: ClaimSummary, asked: &Asked, ruleset: &Ruleset, today: Date, frame: &Frame) -> OtherRow {
    OtherRow {
        path: asked.path(&format!("/claims/{}", claim.id), &[]),
        facility: format!("{} {}", claim.facility_name.as_deref().unwrap_or_default(), claim.facility_code),
        programme: programme_name(ruleset, &claim.programme, today, frame.lang()),
        state: claim.state.name(frame.lang()),
        submitted: frame.day(&claim::day_in_japan(claim.submitted_at)),
        sum: super::claim_page::sum(&claim, frame),
        id: claim.id,
    }
}

/// GET /queue/next: on to the next claim of a view after a place, one that nobody else has before them if there is one;
/// from the end on to the beginning.
pub(crate) async fn next(
    State(state): State<WebState>,
    frame: Frame,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let store = &state.office.store;
    let filter = asked.filter(&person.account().id);
    let counts = store.review_counts(&filter).await?;
    let after = asked.after();
    let mut found = store.review_page(&filter, &counts, after.as_ref(), NEXT_AMONG).await?;
    if found.is_empty() && after.is_some() {
        found = store.review_page(&filter, &counts, None, NEXT_AMONG).await?;
    }
    let here = after.map(|place| place.claim_id);
    found.retain(|row| Some(&row.waiting.claim_id) != here.as_ref());
    let done = frame.done_code();
    let further: Vec<(&str, &str)> = done.iter().map(|code| ("done", *code)).collect();
    let mut free = None;
    for row in &found {
        let id = &row.waiting.claim_id;
        if state.office.looked_at_by_others(id, &person.account().id).await?.is_empty() {
            free = Some(id);
            break;
        }
    }
    let to = match free.or_else(|| found.first().map(|row| &row.waiting.claim_id)) {
        Some(id) => asked.path(&format!("/claims/{id}"), &further),
        None => asked.path("/queue", &further),
    };
    Ok(Redirect::to(&to).into_response())
}
