//! Decisions of people: what may be decided of a claim that waits for a person, and which reason that needs.

use crate::{Assessed, Office, OfficeError, Told};
use claim::{
    Actor, Assessment, Choice, ClaimId, ClaimState, Decision, DecisionKind, Finding, Lang, Outcome, ProductUnits,
    Severity, Yen,
};
use reporting::{MissingGlyph, NoticeProblem, Typesetter};
use store::ClaimRecord;

/// What a person wants to decide, as they said it.
#[derive(Clone, Copy, Debug)]
pub struct Will<'a> {
    /// What is decided.
    pub kind: DecisionKind,
    /// By whom.
    pub by: &'a Actor,
    /// Why; needed wherever the decision is not just what the assessment proposes.
    pub reason: Option<&'a str>,
    /// Which choice of a claim for products is granted, where it is not the first.
    pub choice: Option<u8>,
    /// Codes of the findings that forbid a grant, where it is granted all the same.
    pub overridden: &'a [String],
    /// The version of the claim that was looked at, where it was looked at before: if it has changed since, nothing is
    /// decided.
    pub seen: Option<u64>,
}

impl Office {
    /// A person's decision on a claim that waits for one, bound to the assessment that the store has. An approval for which
    /// the budget has no room waits for it ([`store::Store::budget_wait`]), where the configuration does not refuse it.
    pub async fn decide(&self, id: &ClaimId, will: Will<'_>) -> Result<Decision, OfficeError> {
        let all = self.claim(id).await?;
        let record = &all.claim;
        waits_for_a_person(&all)?;
        let stored = self.store.assessment(id, record.revision).await?;
        let stored = stored
            .ok_or_else(|| OfficeError::Inconsistent(format!("claim {id} is in review and has no assessment")))?;
        let assessed: Assessed = serde_json::from_slice(&stored.bytes)
            .map_err(|error| OfficeError::Inconsistent(format!("the assessment of claim {id}: {error}")))?;
        let assessment = &assessed.assessment;
        let grant_units = units_granted(&assessed, will)?;
        let grant_yen = if will.kind == DecisionKind::Approve { assessment.computed_yen } else { Yen::ZERO };
        if will.kind == DecisionKind::Approve && grant_yen == Yen::ZERO && grant_units.is_none() {
            return Err(Told::new(
                format!(
                    "申請 {id} の審査結果には交付するものがないため、交付決定とすることができません。差戻し又は不交付としてください。"
                ),
                format!("claim {id} has nothing to approve: its assessment comes to 0 yen; return or reject it"),
            )
            .coded("nothing-to-grant")
            .into());
        }
        let reason = self.reason(assessment, will)?;
        let decision = Decision {
            claim_id: id.clone(),
            revision: record.revision,
            kind: will.kind,
            grant_yen,
            grant_units,
            assessment: stored.sha256,
            decided_by: will.by.clone(),
            decided_at: self.now(),
            reason,
        };
        self.enter(&decision, will.seen.unwrap_or(record.version)).await?;
        Ok(decision)
    }

    /// The reason that goes with a decision. It is needed wherever the decision is not the one that the assessment
    /// proposes, and a grant against a finding that forbids it has to name that finding; the reason then says so.
    fn reason(&self, assessment: &Assessment, will: Will<'_>) -> Result<Option<String>, Told> {
        let id = &assessment.claim_id;
        let given = will.reason.map(str::trim).filter(|reason| !reason.is_empty());
        if let Some(given) = given {
            self.printable(given)?;
        }
        let forbidding: Vec<&Finding> = match will.kind {
            DecisionKind::Approve => {
                assessment.findings.iter().filter(|finding| finding.severity() == Severity::Reject).collect()
            }
            DecisionKind::Return | DecisionKind::Reject => Vec::new(),
        };
        if let Some(code) = will.overridden.iter().find(|code| !forbidding.iter().any(|one| one.code.code() == *code)) {
            return Err(Told::new(
                format!("「{code}」は、申請 {id} の交付決定を妨げる所見ではありません。"),
                format!("{code:?} is no finding that forbids a grant of claim {id}"),
            )
            .coded("override-unknown"));
        }
        let left: Vec<&&Finding> =
            forbidding.iter().filter(|one| !will.overridden.iter().any(|code| code == one.code.code())).collect();
        if !left.is_empty() {
            let told = |lang| {
                let each = left.iter().map(|one| format!("[{}] {}", one.code.code(), one.message(lang)));
                each.collect::<Vec<_>>().join(" ")
            };
            return Err(Told::new(
                format!("申請 {id} には、交付決定とすることができない所見があります: {}", told(Lang::Ja)),
                format!("claim {id} has findings that forbid a grant: {}", told(Lang::En)),
            )
            .coded("override-needed")
            .naming(codes(&forbidding)));
        }
        let proposed = proposal(assessment.outcome);
        let another = will.choice.is_some_and(|rank| rank != *Choice::RANKS.start());
        if given.is_none() && (proposed != Some(will.kind) || another) {
            return Err(Told::new(
                format!(
                    "申請 {id} の審査結果は「{}」です。審査結果のとおりでない決定には、理由が必要です。",
                    assessment.outcome.name(Lang::Ja)
                ),
                format!(
                    "the assessment of claim {id} says {}; a decision that is not just that needs a reason",
                    assessment.outcome.code()
                ),
            )
            .coded("reason-missing"));
        }
        Ok(given.map(|given| match forbidding.is_empty() {
            true => given.to_owned(),
            // The notice is Japanese, and so is what it says of the decision.
            false => format!("{given}\n（不交付に当たる所見 {} を承知のうえで決定）", codes(&forbidding).join("、")),
        }))
    }

    /// That the notice can show a reason: a decision whose notice cannot be made would be a decision nobody is told of.
    fn printable(&self, reason: &str) -> Result<(), Told> {
        let missing = match Typesetter::new(&self.settings.fonts) {
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
                let problem = NoticeProblem::Glyph(MissingGlyph { field: "reason".to_owned(), character });
                Err(Told::new(problem.message(Lang::Ja), problem.message(Lang::En)).coded("reason-unprintable"))
            }
        }
    }
}

/// The decision that an assessment proposes, if it proposes one.
fn proposal(outcome: Outcome) -> Option<DecisionKind> {
    match outcome {
        Outcome::Approve => Some(DecisionKind::Approve),
        Outcome::Return => Some(DecisionKind::Return),
        Outcome::Reject => Some(DecisionKind::Reject),
        Outcome::Review => None,
    }
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
            "希望の順位は、交付決定とするときにだけ指定できます。",
            "a choice is only for an approval",
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
            format!("申請 {id} に、交付できる第{rank}希望はありません。"),
            format!("claim {id} has no choice {rank} that can be granted"),
        )
        .coded("choice-unknown")),
    }
}

/// That nobody has decided the claim yet, and that it is time to.
fn waits_for_a_person(record: &ClaimRecord) -> Result<(), Told> {
    let (id, state) = (&record.claim.id, record.claim.state);
    if state == ClaimState::InReview {
        return Ok(());
    }
    let decided =
        record.decisions.iter().map(|stored| &stored.decision).find(|one| one.revision == record.claim.revision);
    let Some(decision) = decided else {
        return Err(Told::new(
            format!("申請 {id} は「{}」の状態で、担当者の決定を待っていません。", state.name(Lang::Ja)),
            format!("claim {id} is {} and does not wait for a decision", state.code()),
        )
        .coded("not-waiting"));
    };
    let (next_ja, next_en) = match state {
        ClaimState::Approved => {
            ("次は支払バッチに入ります。".to_owned(), "next it goes into a payment batch".to_owned())
        }
        ClaimState::Returned => (
            "医療機関等は、訂正してもう一度申請できます。".to_owned(),
            "the facility can correct it and send it again".to_owned(),
        ),
        _ => ("決定を変更することはできません。".to_owned(), "the decision stands".to_owned()),
    };
    Err(Told::new(
        format!("申請は既に決定されています（{}）。{next_ja}", in_words(decision, Lang::Ja)),
        format!("the claim has been decided already ({}); {next_en}", in_words(decision, Lang::En)),
    )
    .coded("decided")
    .naming(vec![state.code()]))
}

fn in_words(decision: &Decision, lang: Lang) -> String {
    format!("{} {} {}", decision.kind.name(lang), decision.decided_by, decision.decided_at)
}

/// The codes of findings, each once.
fn codes(findings: &[&Finding]) -> Vec<&'static str> {
    let mut codes: Vec<&'static str> = findings.iter().map(|finding| finding.code.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
