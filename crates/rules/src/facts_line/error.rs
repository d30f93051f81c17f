//! What is wrong with a line of facts, in words for people.

use crate::words::Words;
use claim::Lang;
use serde::Serialize;
use std::fmt;

/// One thing that is wrong with a line of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsProblem {
    /// `invalid-json`, `unknown-key`, `duplicate-key`, `missing-key`, `invalid-value`, `unknown-name`,
    /// `unknown-programme`, `invalid-institution-code` or `sum-too-large`.
    pub code: &'static str,
    /// The key, such as `expenses[1].amount_yen`; empty where it is the line as a whole.
    pub place: String,
    pub(super) message: Words,
}

impl FactsProblem {
    /// What was found, what was expected and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> &str {
        self.message.of(lang)
    }
}

/// Why a line is not valid facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsError {
    /// The claim, where the line is at least JSON with an id.
    pub claim_id: Option<String>,
    // In a box: results of good facts stay small.
    pub(super) first: Box<FactsProblem>,
    pub(super) others: Vec<FactsProblem>,
}

impl FactsError {
    /// Everything that is wrong, in the order of the contract's keys; never empty.
    pub fn problems(&self) -> impl Iterator<Item = &FactsProblem> {
        std::iter::once(&*self.first).chain(&self.others)
    }

    /// The code of the first problem.
    pub fn code(&self) -> &'static str {
        self.first.code
    }

    /// The place of the first problem.
    pub fn place(&self) -> &str {
        &self.first.place
    }

    /// The message of the first problem.
    pub fn message(&self, lang: Lang) -> &str {
        self.first.message(lang)
    }

    /// As `kofu assess` prints it: `{"claim_id":…,"error":{"code":…,"place":…,"message":…}}`; further problems of the
    /// same line follow under `others` of `error`.
    pub fn view(&self, lang: Lang) -> FactsErrorView<'_> {
        let problem = |one: &FactsProblem| FactsProblemView {
            code: one.code,
            place: one.place.clone(),
            message: one.message(lang).to_owned(),
        };
        FactsErrorView {
            claim_id: self.claim_id.as_deref(),
            error: ErrorView { first: problem(&self.first), others: self.others.iter().map(problem).collect() },
        }
    }
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", problem.code, problem.message.en)?;
        }
        Ok(())
    }
}

impl std::error::Error for FactsError {}

/// A [`FactsError`] as it is printed.
#[derive(Debug, Serialize)]
pub struct FactsErrorView<'a> {
    claim_id: Option<&'a str>,
    error: ErrorView,
}

#[derive(Debug, Serialize)]
struct ErrorView {
    #[serde(flatten)]
    first: FactsProblemView,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<FactsProblemView>,
}

/// A [`FactsProblem`] as it is printed.
#[derive(Debug, Serialize)]
pub struct FactsProblemView {
    code: &'static str,
    place: String,
    message: String,
}

/// What belongs under a key.
pub(super) fn meaning(key: &str) -> Words {
    match key {
        "claim_id" => Words::new("申請の番号（空でない文字列）", "the claim's id, a text that is not empty"),
        "programme" => Words::new("補助事業の番号", "the programme's id"),
        "submitted_at" => Words::new(
            "時差を付けた申請日時（例: \"2026-01-31T23:59:59+09:00\"）",
            "a time with an offset such as \"2026-01-31T23:59:59+09:00\"",
        ),
        "ended_on" => Words::new(
            "適用の最終日（例: \"2025-06-15\"。続いているときは null）",
            "the last day in force such as \"2025-06-15\", or null while it goes on",
        ),
        "purchased_on" => Words::new("年月日（例: \"2025-06-15\"）", "a day such as \"2025-06-15\""),
        "facility" => Words::new(
            "医療機関等（code、kind、transitional_measure）",
            "the facility's code, kind and transitional_measure",
        ),
        "code" => Words::new("10桁の医療機関等コード", "an institution code of 10 digits"),
        "kind" => Words::new(
            "施設の区分（hospital, clinic, pharmacy, large_chain_pharmacy のいずれか）",
            "the kind of facility (hospital, clinic, pharmacy or large_chain_pharmacy)",
        ),
        "transitional_measure" => Words::new("経過措置（ないときは null）", "the transitional measure, or null"),
        "number" => Words::new("経過措置の番号（1から6まで）", "the number of a transitional measure, 1 to 6"),
        "expenses" => Words::new("経費の一覧 […]", "a list […] of expenses"),
        "category" => Words::new(
            "経費の区分（mobile_terminal, receipt_computer, card_reader, other のいずれか）",
            "the expense's category (mobile_terminal, receipt_computer, card_reader or other)",
        ),
        "amount_yen" => Words::new(
            "0から999,999,999,999,999までの整数（円、税込）",
            "whole yen from 0 to 999,999,999,999,999, tax included",
        ),
        "documents" => Words::new("書類の一覧 […]", "a list […] of documents"),
        "earlier_grants" => {
            Words::new("交付済みの補助事業の一覧 […]（ないときは []）", "a list […] of programmes, [] if none")
        }
        "choices" | "filed_choices" => {
            Words::new("希望する製品の一覧 […]（rank、product、units）", "a list […] of choices (rank, product, units)")
        }
        "rank" => Words::new("希望順位（1 または 2）", "the choice's rank, 1 or 2"),
        "product" => Words::new("製品の id（空でない文字列）", "the product's id, a text that is not empty"),
        "units" => Words::new("台数（1から9999までの整数）", "the number of units, 1 to 9999"),
        "filed_before" => Words::new("先に提出された申請の番号の一覧 […]", "a list […] of ids of claims filed before"),
        _ => Words::new("値", "a value"),
    }
}
