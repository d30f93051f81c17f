//! An assessment: what the rules say a claim is worth, and why.

use crate::text::fill_from;
use crate::{ClaimId, Finding, FindingView, Lang, ProductUnits, ProgrammeId, Severity, Value, Values, Yen};
use serde::{Deserialize, Serialize};

/// What the rules propose: the worst severity found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Grant it.
    Approve,
    /// A person has to look.
    Review,
    /// Send it back to the facility.
    Return,
    /// Refuse it.
    Reject,
}

impl Outcome {
    /// The outcome of findings: the worst severity, approve if none is above info.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Outcome {
        match findings.into_iter().map(Finding::severity).max() {
            None | Some(Severity::Info) => Outcome::Approve,
            Some(Severity::Review) => Outcome::Review,
            Some(Severity::Return) => Outcome::Return,
            Some(Severity::Reject) => Outcome::Reject,
        }
    }

    /// The outcome of a code of the contract.
    pub fn from_code(code: &str) -> Option<Outcome> {
        [Outcome::Approve, Outcome::Review, Outcome::Return, Outcome::Reject].into_iter().find(|one| one.code() == code)
    }

    /// The code of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            Outcome::Approve => "approve",
            Outcome::Review => "review",
            Outcome::Return => "return",
            Outcome::Reject => "reject",
        }
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Outcome::Approve, Lang::Ja) => "交付",
            (Outcome::Review, Lang::Ja) => "要確認",
            (Outcome::Return, Lang::Ja) => "差戻し",
            (Outcome::Reject, Lang::Ja) => "不交付",
            (_, Lang::En) => self.code(),
        }
    }
}

/// The kinds of step by which a sum is worked out, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The sum of one eligible category (`category`, `lines`).
    CategorySum,
    /// That sum under the category's ceiling (`category`, `sum_yen`, `ceiling_yen`).
    CategoryCeiling,
    /// The sum of all eligible costs.
    EligibleCost,
    /// That sum under the cost ceiling (`sum_yen`, `ceiling_yen`).
    CostCeiling,
    /// Cost times rate, not yet rounded (`cost_yen`, `rate`).
    Rate,
    /// The product rounded (`exact_yen`, `unit_yen`, `mode`).
    Rounding,
    /// The product under the grant ceiling (`product_yen`, `ceiling_yen`).
    GrantCeiling,
    /// A choice of a product with its units (`rank`, `maker`, `name`, `asked_units`, `ceiling_units`).
    ChoiceUnits,
}

impl Step {
    const fn template(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Step::CategorySum, Lang::Ja) => "{category}の費用の合計 = {value_yen}",
            (Step::CategorySum, Lang::En) => "costs of {category} = {value_yen}",
            (Step::CategoryCeiling, Lang::Ja) => "{category}: {sum_yen} と上限 {ceiling_yen} の少ない方 = {value_yen}",
            (Step::CategoryCeiling, Lang::En) => {
                "{category}: the lesser of {sum_yen} and its ceiling {ceiling_yen} = {value_yen}"
            }
            (Step::EligibleCost, Lang::Ja) => "対象経費の合計 = {value_yen}",
            (Step::EligibleCost, Lang::En) => "eligible costs = {value_yen}",
            (Step::CostCeiling, Lang::Ja) => "対象経費 {sum_yen} と事業額上限 {ceiling_yen} の少ない方 = {value_yen}",
            (Step::CostCeiling, Lang::En) => "the lesser of {sum_yen} and the cost ceiling {ceiling_yen} = {value_yen}",
            (Step::Rate, Lang::Ja) => "対象経費 {cost_yen} × 補助率 {rate} = {value_yen}",
            (Step::Rate, Lang::En) => "{cost_yen} × rate {rate} = {value_yen}",
            (Step::Rounding, Lang::Ja) => "{unit_yen}未満の端数を処理（{mode}） = {value_yen}",
            (Step::Rounding, Lang::En) => "rounded {mode} to {unit_yen} = {value_yen}",
            (Step::GrantCeiling, Lang::Ja) => "{product_yen} と補助限度額 {ceiling_yen} の少ない方 = {value_yen}",
            (Step::GrantCeiling, Lang::En) => {
                "the lesser of {product_yen} and the grant ceiling {ceiling_yen} = {value_yen}"
            }
            (Step::ChoiceUnits, Lang::Ja) => {
                "第{rank}希望 {maker} {name}: 申込み {asked_units}（申込みできる台数 {ceiling_units}まで） = {value_units}"
            }
            (Step::ChoiceUnits, Lang::En) => {
                "choice {rank}, {maker} {name}: {asked_units} asked for, at most {ceiling_units} = {value_units}"
            }
        }
    }
}

/// One step of the sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStep {
    /// Which kind.
    pub step: Step,
    /// What went in, by key (see [`Value`]).
    #[serde(skip_serializing_if = "Values::is_empty", default)]
    pub inputs: Values,
    /// What came out: whole yen, for [`Step::Rate`] the exact product as text, for [`Step::ChoiceUnits`] a number of
    /// units.
    pub value: Value,
    /// The document and phrase that the step rests on; `None` where it is plain addition.
    pub source: Option<String>,
}

impl TraceStep {
    /// As people of `lang` read it.
    pub fn sentence(&self, lang: Lang) -> String {
        fill_from(self.step.template(lang), lang, |key| match key {
            "value_yen" | "value_units" => Some(&self.value),
            key => self.inputs.get(key),
        })
    }

    /// With its sentence, for output.
    pub fn view(&self, lang: Lang) -> TraceStepView<'_> {
        TraceStepView {
            step: self.step,
            inputs: &self.inputs,
            value: &self.value,
            source: self.source.as_deref(),
            sentence: self.sentence(lang),
        }
    }
}

/// A trace step as it is printed.
#[derive(Debug, Serialize)]
pub struct TraceStepView<'a> {
    step: Step,
    #[serde(skip_serializing_if = "Values::is_empty")]
    inputs: &'a Values,
    value: &'a Value,
    source: Option<&'a str>,
    sentence: String,
}

/// What the rules say of one claim. This form (without words) is what the decision log keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Of which claim.
    pub claim_id: ClaimId,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// The proposal.
    pub outcome: Outcome,
    /// What is paid: the computed sum when the outcome is approve, else 0. Also 0 where the grant is in kind.
    pub grant_yen: Yen,
    /// What the steps of the trace come to, whatever the outcome.
    pub computed_yen: Yen,
    /// What is granted in kind: the first of [`Assessment::computed_units`] when the outcome is approve.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grant_units: Option<ProductUnits>,
    /// What could be granted in kind, in the order of the choices: a later one where the maker has none of the first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub computed_units: Vec<ProductUnits>,
    /// All findings, gravest first.
    pub findings: Vec<Finding>,
    /// The sum, step by step.
    pub trace: Vec<TraceStep>,
    /// `sha256:` and the hash of all programme data that was loaded.
    pub ruleset: String,
}

impl Assessment {
    /// With words for people of `lang`, for output.
    pub fn view(&self, lang: Lang) -> AssessmentView<'_> {
        AssessmentView {
            claim_id: &self.claim_id,
            programme: &self.programme,
            outcome: self.outcome,
            grant_yen: self.grant_yen,
            computed_yen: self.computed_yen,
            grant_units: self.grant_units.as_ref(),
            computed_units: &self.computed_units,
            findings: self.findings.iter().map(|finding| finding.view(lang)).collect(),
            trace: self.trace.iter().map(|step| step.view(lang)).collect(),
            ruleset: &self.ruleset,
        }
    }
}

/// An assessment as `kofu assess` prints it.
#[derive(Debug, Serialize)]
pub struct AssessmentView<'a> {
    claim_id: &'a ClaimId,
    programme: &'a ProgrammeId,
    outcome: Outcome,
    grant_yen: Yen,
    computed_yen: Yen,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_units: Option<&'a ProductUnits>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    computed_units: &'a [ProductUnits],
    findings: Vec<FindingView<'a>>,
    trace: Vec<TraceStepView<'a>>,
    ruleset: &'a str,
}
