//! The start page: what kofu is, the programmes in force today with their sources, and how many claims there are.

use crate::WebState;
use crate::page::{Frame, html};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use claim::{Category, ClaimState, FacilityKind, Lang};
use jiff::civil::Date;
use rules::{ListedValue, Programme};
use std::sync::Arc;
use std::time::Duration;
use store::Store;

/// How long a reader waits for the counts.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    frame: Frame,
    programmes: Vec<ProgrammeCard>,
    /// `None` when the store did not answer.
    counts: Option<Counts>,
    ruleset: String,
}

struct Counts {
    total: u64,
    states: Vec<(&'static str, u64)>,
}

/// A programme as the page shows it.
struct ProgrammeCard {
    id: String,
    name: String,
    /// Whether it takes claims today.
    phase: Phase,
    opens: Option<String>,
    deadline: String,
    documents: String,
    measures: String,
    kinds: Vec<KindRow>,
    sources: Vec<SourceRow>,
}

#[derive(Clone, Copy)]
enum Phase {
    NotYet,
    Open,
    Over,
}

impl Phase {
    fn of(programme: &Programme, today: Date) -> Phase {
        if programme.opens_on(today).is_some_and(|first| today < first) {
            Phase::NotYet
        } else if today <= programme.deadline(today) {
            Phase::Open
        } else {
            Phase::Over
        }
    }

    fn code(self) -> &'static str {
        match self {
            Phase::NotYet => "not-yet",
            Phase::Open => "open",
            Phase::Over => "over",
        }
    }

    fn name(self, frame: &Frame) -> &'static str {
        match self {
            Phase::NotYet => frame.t("受付開始前", "Not yet open"),
            Phase::Open => frame.t("受付中", "Open"),
            Phase::Over => frame.t("受付終了", "Closed"),
        }
    }
}

/// What a programme gives to one kind of facility.
struct KindRow {
    kind: FacilityKind,
    name: &'static str,
    /// Eligible categories, each with its ceiling if it has one.
    categories: Vec<(Category, &'static str, Option<String>)>,
    cost_ceiling: String,
    rate: String,
    grant_ceiling: String,
}

/// A value with its source.
struct SourceRow {
    item: String,
    value: String,
    source: String,
}

impl ProgrammeCard {
    fn new(programme: &Programme, today: Date, lang: Lang) -> ProgrammeCard {
        let mut card = ProgrammeCard {
            id: programme.id().to_string(),
            name: programme.name(today, lang).to_owned(),
            phase: Phase::of(programme, today),
            opens: None,
            deadline: String::new(),
            documents: String::new(),
            measures: String::new(),
            kinds: Vec::new(),
            sources: Vec::new(),
        };
        for value in programme.listing(Some(today), lang) {
            card.sources.push(SourceRow {
                item: item(&value, lang),
                value: value.text.clone(),
                source: value.source.clone(),
            });
            card.take(value, lang);
        }
        card
    }

    /// Puts a listed value where the page shows it. What has no place of its own is shown among the sources.
    fn take(&mut self, value: ListedValue, lang: Lang) {
        match (value.item, value.kind) {
            ("opens_on", _) => self.opens = value.value.is_some().then_some(value.text),
            ("deadline", _) => self.deadline = value.text,
            ("required_documents", _) => self.documents = value.text,
            ("transitional_measures", _) => self.measures = value.text,
            (name, Some(kind)) => {
                let row = match self.kinds.iter().position(|row| row.kind == kind) {
                    Some(at) => &mut self.kinds[at],
                    None => {
                        self.kinds.push(KindRow {
                            kind,
                            name: kind.name(lang),
                            categories: Vec::new(),
                            cost_ceiling: String::new(),
                            rate: String::new(),
                            grant_ceiling: String::new(),
                        });
                        // Just pushed.
                        let last = self.kinds.len() - 1;
                        &mut self.kinds[last]
                    }
                };
                match (name, value.category) {
                    ("eligible_category", Some(category)) => {
                        row.categories.push((category, category.name(lang), None));
                    }
                    ("category_ceiling", Some(category)) => {
                        if let Some(entry) = row.categories.iter_mut().find(|entry| entry.0 == category) {
                            entry.2 = value.value.is_some().then_some(value.text);
                        }
                    }
                    ("cost_ceiling", _) => row.cost_ceiling = value.text,
                    ("rate", _) => row.rate = value.text,
                    ("grant_ceiling", _) => row.grant_ceiling = value.text,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// `補助率（診療所）`, `区分の上限（病院、モバイル端末等）`.
fn item(value: &ListedValue, lang: Lang) -> String {
    let mut of: Vec<&str> = Vec::new();
    of.extend(value.kind.map(|kind| kind.name(lang)));
    of.extend(value.category.map(|category| category.name(lang)));
    match (of.is_empty(), lang) {
        (true, _) => value.label.to_owned(),
        (false, Lang::Ja) => format!("{}（{}）", value.label, of.join("、")),
        (false, Lang::En) => format!("{} ({})", value.label, of.join(", ")),
    }
}

/// Claims by state. The programmes can be shown without the store, so one that does not answer is no error of the page.
async fn count(store: &Store, lang: Lang) -> Option<Counts> {
    match tokio::time::timeout(PATIENCE, store.count_by_state()).await {
        Ok(Ok(by_state)) => {
            let count = |state: &ClaimState| by_state.get(state).copied().unwrap_or_default();
            let states = ClaimState::ALL.iter().map(|state| (state.name(lang), count(state))).collect();
            Some(Counts { total: by_state.values().sum(), states })
        }
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the claims could not be counted");
            None
        }
        Err(_) => {
            tracing::error!(seconds = PATIENCE.as_secs(), "the claims were not counted in time");
            None
        }
    }
}

pub(crate) async fn start(State(state): State<WebState>, frame: Frame) -> Response {
    let lang = frame.lang();
    let today = state.office.today();
    let counts = count(&state.office.store, lang).await;
    let ruleset = Arc::clone(&state.ruleset.borrow());
    let page = Start {
        frame,
        programmes: ruleset.programmes().map(|programme| ProgrammeCard::new(programme, today, lang)).collect(),
        counts,
        ruleset: ruleset.hash().to_owned(),
    };
    html(StatusCode::OK, &page.frame, &page)
}
