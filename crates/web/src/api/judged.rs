//! What the rules said and what was decided, as programs get it. A facility gets what its pages show: not who decided, and
//! nothing of claims that are not its own.

use crate::fault::Fault;
use claim::{
    Assessment, Decision, DecisionKind, Finding, FindingCode, Lang, NoticeKind, Outcome, Place, ProductUnits, Severity,
    Sha256, Step, TraceStep, Value, Values, Yen,
};
use jiff::Timestamp;
use jiff::civil::Date;
use office::OfficeError;
use serde::Serialize;
use store::NoticeRecord;
use utoipa::ToSchema;

/// What the rules say of a claim or draft.
#[derive(Serialize, ToSchema)]
#[schema(as = Assessment)]
pub(crate) struct Judged {
    /// What they propose.
    pub(crate) outcome: Outcome,
    /// What the steps come to, whatever the outcome.
    computed_yen: Yen,
    /// What is paid if it is decided as proposed.
    grant_yen: Yen,
    /// What could be granted in kind, in the order of the choices.
    computed_units: Vec<ProductUnits>,
    /// Gravest first.
    findings: Vec<FindingShown>,
    /// The sum, step by step.
    trace: Vec<StepShown>,
    /// The hash of the rules.
    ruleset: String,
}

/// Something that is wrong or worth saying.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
struct FindingShown {
    code: FindingCode,
    severity: Severity,
    /// What was found and expected.
    message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    /// The document and phrase that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// `found`, `expected` and the like; the key says the unit.
    #[serde(skip_serializing_if = "Values::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Values,
}

/// One step of the sum.
#[derive(Serialize, ToSchema)]
#[schema(as = TraceStep)]
struct StepShown {
    step: Step,
    sentence: String,
    #[serde(skip_serializing_if = "Values::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    inputs: Values,
    #[schema(value_type = serde_json::Value)]
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

impl Judged {
    /// With words of a language; `own` where a facility looks at its own.
    pub(crate) fn new(assessment: &Assessment, lang: Lang, own: bool) -> Judged {
        Judged {
            outcome: assessment.outcome,
            computed_yen: assessment.computed_yen,
            grant_yen: assessment.grant_yen,
            computed_units: assessment.computed_units.clone(),
            findings: assessment.findings.iter().map(|finding| shown(finding, lang, own)).collect(),
            trace: assessment.trace.iter().map(|step| step_shown(step, lang)).collect(),
            ruleset: assessment.ruleset.clone(),
        }
    }
}

fn shown(finding: &Finding, lang: Lang, own: bool) -> FindingShown {
    let of_others = matches!(finding.code, FindingCode::PossibleDuplicate | FindingCode::DuplicateConfirmed);
    let (message, values) = match (own && of_others, lang) {
        // It names the claim of somebody else.
        (true, Lang::Ja) => ("同じ領収書が別の申請にも添付されている可能性があります。".to_owned(), Values::new()),
        (true, Lang::En) => ("The same receipt may stand in another claim.".to_owned(), Values::new()),
        (false, _) => (finding.message(lang), finding.values.clone()),
    };
    FindingShown {
        code: finding.code,
        severity: finding.severity(),
        message,
        action: finding.action(lang),
        place: finding.place.clone(),
        source: finding.source.clone(),
        values,
    }
}

fn step_shown(step: &TraceStep, lang: Lang) -> StepShown {
    StepShown {
        step: step.step,
        sentence: step.sentence(lang),
        inputs: step.inputs.clone(),
        value: step.value.clone(),
        source: step.source.clone(),
    }
}

/// A decision.
#[derive(Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct Decided {
    revision: u32,
    kind: DecisionKind,
    /// Above 0 for an approval of money.
    grant_yen: Yen,
    /// What an approval grants in kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_units: Option<ProductUnits>,
    /// Of the assessment that was decided on.
    assessment: Sha256,
    /// `staff:…` or `policy:…`; not for facilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    decided_at: Timestamp,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Decided {
    pub(crate) fn new(decision: Decision, own: bool) -> Decided {
        Decided {
            revision: decision.revision,
            kind: decision.kind,
            grant_yen: decision.grant_yen,
            grant_units: decision.grant_units,
            assessment: decision.assessment,
            decided_by: (!own).then(|| decision.decided_by.to_string()),
            decided_at: decision.decided_at,
            reason: decision.reason,
        }
    }
}

/// A notice (通知書).
#[derive(Serialize, ToSchema)]
pub(crate) struct Notice {
    kind: NoticeKind,
    /// 文書番号.
    number: String,
    issued_on: Date,
    /// Of the PDF.
    pdf_sha256: Sha256,
}

impl Notice {
    pub(crate) fn new(notice: &NoticeRecord) -> Notice {
        Notice { kind: notice.kind, number: notice.number.clone(), issued_on: notice.issued_on, pdf_sha256: notice.pdf }
    }
}

/// The sum of what was granted, which has to be a sum of money.
pub(crate) fn sum(all: impl IntoIterator<Item = Yen>) -> Result<Yen, Fault> {
    Yen::checked_sum(all).ok_or_else(|| OfficeError::Inconsistent("what is granted is too much".to_owned()).into())
}
