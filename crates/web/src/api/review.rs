//! Review: the claims that wait for a person in their order, and what reviewers do with one.

use super::call::{All, Call, Done, Json, Made, NoBody, Nothing, Page, Shown, page_size, place, still};
use super::claims::Id;
use super::judged::Decided;
use crate::fault::{Asked, Fault};
use crate::review::reasons;
use crate::session::claim_for;
use claim::{
    ClaimId, DecisionKind, DuplicateVerdict, FacilityKind, FindingCode, InstitutionCode, Likeness, ProgrammeId,
    ReadField, Yen,
};
use jiff::Timestamp;
use jiff::civil::Date;
use office::{Correction, Will};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::{QueueFilter, QueuePlace, QueueRow};
use utoipa::{IntoParams, ToSchema};

/// Among how many claims the next one is looked for that nobody else has before them.
const NEXT_AMONG: u32 = 20;

/// A claim that waits.
#[derive(Serialize, ToSchema)]
pub(crate) struct Waits {
    claim_id: ClaimId,
    programme: ProgrammeId,
    facility: InstitutionCode,
    facility_name: Option<String>,
    kind: Option<FacilityKind>,
    /// 1 to 47 (JIS X 0401).
    prefecture: u8,
    /// The day by which a person should have looked at it.
    due_on: Date,
    /// The programme's last day, where that set the day.
    deadline: Option<Date>,
    /// Its receipt may stand in another claim.
    duplicate: bool,
    /// How many findings a person has to look at.
    doubts: u32,
    /// What it comes to.
    amount_yen: Yen,
    submitted_at: Timestamp,
    findings: Vec<FindingCode>,
    /// The account that it was handed to.
    hand: Option<String>,
    /// Why it stands where it stands, in words.
    reasons: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct View {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 if it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Only under this programme.
    programme: Option<String>,
    /// Only of facilities of this kind.
    #[param(value_type = Option<FacilityKind>)]
    kind: Option<String>,
    /// Only of this prefecture, 1 to 47.
    #[param(minimum = 1, maximum = 47)]
    prefecture: Option<u8>,
    /// Only with this finding.
    #[param(value_type = Option<FindingCode>)]
    finding: Option<String>,
    /// `me`: only those handed to the account of the token.
    hand: Option<String>,
}

impl View {
    fn filter(&self, me: &str) -> Result<QueueFilter, Fault> {
        let wrong = |name: &str, found: &str, ja: &str, en: &str| {
            Asked::query(name, format!("「{found}」は{ja}ではありません。"), format!("found {found:?}, expected {en}"))
        };
        let kind = match self.kind.as_deref() {
            Some(code) => Some(
                FacilityKind::from_code(code).ok_or_else(|| wrong("kind", code, "施設区分", "a kind of facility"))?,
            ),
            None => None,
        };
        let finding = match self.finding.as_deref() {
            Some(code) => Some(
                *FindingCode::ALL
                    .iter()
                    .find(|one| one.code() == code)
                    .ok_or_else(|| wrong("finding", code, "所見のコード", "a code of a finding"))?,
            ),
            None => None,
        };
        if let Some(number) = self.prefecture.filter(|number| !(1..=47).contains(number)) {
            return Err(wrong("prefecture", &number.to_string(), "都道府県番号（1から47まで）", "1 to 47"));
        }
        let hand = match self.hand.as_deref() {
            None => None,
            Some("me") => Some(me.to_owned()),
            Some(other) => return Err(wrong("hand", other, "me", "me")),
        };
        Ok(QueueFilter {
            programme: self.programme.as_deref().map(ProgrammeId::from),
            kind,
            prefecture: self.prefecture,
            finding,
            hand,
        })
    }

    fn after(&self) -> Result<Option<QueuePlace>, Fault> {
        place(self.after.as_deref(), |text| text.parse().ok())
    }
}

pub(super) async fn list(call: Call<Nothing, View>) -> Result<Shown<Page<Waits>>, Fault> {
    let (store, view) = (&call.state.office.store, &call.query);
    let limit = page_size(view.limit)?;
    let filter = view.filter(&call.person.account().id)?;
    let after = view.after()?;
    let counts = store.review_counts(&filter).await?;
    let found = store.review_page(&filter, &counts, after.as_ref(), limit + 1).await?;
    let waits = |row: QueueRow| {
        let reasons = reasons(&row.waiting, call.lang);
        let one = row.waiting;
        Waits {
            claim_id: one.claim_id,
            programme: one.programme,
            prefecture: one.facility.prefecture(),
            facility: one.facility,
            facility_name: row.facility_name,
            kind: one.kind,
            due_on: one.due_on,
            deadline: one.deadline,
            duplicate: one.duplicate,
            doubts: one.doubts,
            amount_yen: one.amount_yen,
            submitted_at: one.submitted_at,
            findings: one.findings,
            hand: row.hand,
            reasons,
        }
    };
    Ok(Shown::new(Page::of(found, limit, |row| row.place.to_string(), waits)))
}

/// How many claims wait. Each count is of those that would be shown if that one thing were asked for beside the rest.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewCounts)]
pub(crate) struct Counts {
    /// How many the view shows, whoever they were handed to.
    shown: u64,
    /// By programme.
    programmes: BTreeMap<String, u64>,
    /// By kind of facility; `unknown` where the register does not say.
    kinds: BTreeMap<String, u64>,
    /// By number of the prefecture.
    prefectures: BTreeMap<String, u64>,
    /// By finding.
    findings: BTreeMap<String, u64>,
}

pub(super) async fn counts(call: Call<Nothing, View>) -> Result<Shown<Counts>, Fault> {
    let filter = call.query.filter(&call.person.account().id)?;
    let counts = call.state.office.store.review_counts(&filter).await?;
    let kind = |kind: Option<FacilityKind>| kind.map_or("unknown", FacilityKind::code).to_owned();
    Ok(Shown::new(Counts {
        shown: counts.shown,
        programmes: counts.programmes.into_iter().map(|(id, count)| (id.to_string(), count)).collect(),
        kinds: counts.kinds.into_iter().map(|(one, count)| (kind(one), count)).collect(),
        prefectures: counts.prefectures.into_iter().map(|(number, count)| (number.to_string(), count)).collect(),
        findings: counts.findings.into_iter().map(|(code, count)| (code.code().to_owned(), count)).collect(),
    }))
}

/// The next claim of a view.
#[derive(Serialize, ToSchema)]
#[schema(as = NextInReview)]
pub(crate) struct Next {
    /// Null where none waits.
    claim_id: Option<ClaimId>,
    /// Its place, for `after`.
    after: Option<String>,
}

/// After the last of a view comes its first.
pub(super) async fn next(call: Call<Nothing, View>) -> Result<Shown<Next>, Fault> {
    let (office, me) = (&call.state.office, &call.person.account().id);
    let filter = call.query.filter(me)?;
    let after = call.query.after()?;
    let counts = office.store.review_counts(&filter).await?;
    let mut found = office.store.review_page(&filter, &counts, after.as_ref(), NEXT_AMONG).await?;
    if found.is_empty() && after.is_some() {
        found = office.store.review_page(&filter, &counts, None, NEXT_AMONG).await?;
    }
    let mut free = None;
    for row in &found {
        if office.looked_at_by_others(&row.waiting.claim_id, me).await?.is_empty() {
            free = Some(row);
            break;
        }
    }
    let chosen = free.or_else(|| found.first());
    Ok(Shown::new(Next {
        claim_id: chosen.map(|row| row.waiting.claim_id.clone()),
        after: chosen.map(|row| super::call::cursor(&row.place.to_string())),
    }))
}

/// What a reviewer decides.
#[derive(Deserialize, ToSchema)]
#[schema(as = DecisionWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    decision: DecisionKind,
    /// Needed wherever the decision is not the one that the assessment proposes.
    reason: Option<String>,
    /// Which choice of a claim for products is granted, where it is not the first.
    choice: Option<u8>,
    /// Codes of the findings that forbid a grant, where it is granted all the same.
    #[serde(default, rename = "override")]
    overridden: Vec<String>,
}

pub(super) async fn decide(call: Call<Id, Nothing, Json<Wish>>) -> Result<Made<Decided>, Fault> {
    let Json(wish) = call.body;
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    still(record.claim.version, call.seen)?;
    let will = Will {
        kind: wish.decision,
        by: &call.person.actor(),
        reason: wish.reason.as_deref(),
        choice: wish.choice,
        overridden: &wish.overridden,
        seen: Some(call.seen),
    };
    let decision = call.state.office.decide(&record.claim.id, will).await?;
    Ok(Made::at(Shown::new(Decided::new(decision, false)), format!("/api/v1/claims/{}", record.claim.id)))
}

/// A likeness with another claim.
#[derive(Serialize, ToSchema)]
pub(crate) struct Duplicate {
    /// The file of this claim.
    file: String,
    /// Its page, where it is a page that looks alike.
    page: Option<u32>,
    other_claim: ClaimId,
    other_facility: InstitutionCode,
    other_file: String,
    other_page: Option<u32>,
    /// By what.
    why: Likeness,
    /// What a person has said of the two.
    verdict: Option<DuplicateVerdict>,
}

pub(super) async fn duplicates(call: Call<Id>) -> Result<Shown<All<Duplicate>>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let found = call.state.office.store.duplicates(&record.claim.id).await?;
    let shown = found.into_iter().map(|one| Duplicate {
        file: one.file,
        page: one.page,
        other_claim: one.other_claim,
        other_facility: one.other_facility,
        other_file: one.other_file,
        other_page: one.other_page,
        why: one.why,
        verdict: one.verdict,
    });
    Ok(Shown::all(shown))
}

/// What is said of two claims.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verdict {
    other: ClaimId,
    verdict: DuplicateVerdict,
    reason: String,
}

pub(super) async fn judge_duplicate(call: Call<Id, Nothing, Json<Verdict>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let by = call.person.actor();
    let office = &call.state.office;
    office.judge_duplicate(&record.claim.id, &body.other, body.verdict, &by, &body.reason).await?;
    Ok(Done)
}

/// A correction of what was read.
#[derive(Serialize, ToSchema)]
#[schema(as = KeptCorrection)]
pub(crate) struct Corrected {
    /// Of which document, from 0.
    position: u32,
    /// Such as `receipt.total_yen`.
    field: String,
    /// What it was; null where nothing had been read.
    old: Option<String>,
    new: String,
    reason: String,
    by: String,
    at: Timestamp,
}

pub(super) async fn corrections(call: Call<Id>) -> Result<Shown<All<Corrected>>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let kept = call.state.office.store.adjustments(&record.claim.id, record.claim.revision).await?;
    let shown = kept.into_iter().map(|one| Corrected {
        position: one.adjustment.position,
        field: one.adjustment.field.to_string(),
        old: one.old,
        new: one.adjustment.value,
        reason: one.reason,
        by: one.adjustment.by.to_string(),
        at: one.at,
    });
    Ok(Shown::at(All(shown.collect()), record.claim.version))
}

/// What was read wrongly, and what it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = Correction)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    /// Which document of the current revision, from 0.
    position: u32,
    /// Such as `receipt.total_yen` or `itemization.lines.0.category`.
    field: String,
    value: String,
    reason: String,
}

/// The field of a code in a body.
pub(super) fn field_of(code: &str) -> Result<ReadField, Fault> {
    code.parse().map_err(|_| {
        Asked::body(
            "field",
            format!("「{code}」という項目はありません。"),
            format!("found {code:?}, expected a field such as receipt.total_yen"),
        )
    })
}

pub(super) async fn correct(call: Call<Id, Nothing, Json<Field>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let field = field_of(&body.field)?;
    still(record.claim.version, call.seen)?;
    let wanted =
        Correction { position: body.position, field, value: &body.value, reason: &body.reason, seen: call.seen };
    call.state.office.correct(&record.claim.id, wanted, &call.person.actor()).await?;
    Ok(Done)
}

pub(super) async fn reassess(call: Call<Id, Nothing, NoBody>) -> Result<Done, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    still(record.claim.version, call.seen)?;
    call.state.office.reassess(&record.claim.id, call.seen, &call.person.actor()).await?;
    Ok(Done)
}

/// A note beside a claim.
#[derive(Serialize, ToSchema)]
#[schema(as = Note)]
pub(crate) struct NoteShown {
    by: String,
    at: Timestamp,
    note: String,
}

pub(super) async fn notes(call: Call<Id>) -> Result<Shown<All<NoteShown>>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let notes = call.state.office.store.notes(&record.claim.id).await?;
    let shown = notes.into_iter().map(|one| NoteShown { by: one.by.to_string(), at: one.at, note: one.note });
    Ok(Shown::all(shown))
}

/// A new note.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewNote)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// At most 2000 characters.
    note: String,
}

pub(super) async fn note(call: Call<Id, Nothing, Json<Note>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    call.state.office.note(&record.claim.id, &body.note, &call.person.actor()).await?;
    Ok(Done)
}

/// To whom a claim is handed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hand {
    /// An account of a reviewer; one's own to take it over.
    account: String,
}

pub(super) async fn hand_over(call: Call<Id, Nothing, Json<Hand>>) -> Result<Done, Fault> {
    let Json(body) = call.body;
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    call.state.office.hand_over(&record.claim.id, &body.account, &call.person.actor()).await?;
    Ok(Done)
}

/// Who else has a claim before them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Looking {
    /// The claim's version now.
    version: u64,
    others: Vec<Looker>,
}

#[derive(Serialize, ToSchema)]
struct Looker {
    account: String,
    name: String,
    at: Timestamp,
}

pub(super) async fn look(call: Call<Id, Nothing, NoBody>) -> Result<Shown<Looking>, Fault> {
    let record = claim_for(&call.state, &call.person, &call.at.id).await?;
    let looks = call.state.office.look(&record.claim.id, &call.person.account().id).await?;
    let others = looks.into_iter().map(|look| Looker { account: look.account, name: look.name, at: look.at });
    Ok(Shown::new(Looking { version: record.claim.version, others: others.collect() }))
}
