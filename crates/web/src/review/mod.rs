//! What reviewers see and do: the queue of the claims that wait for a person, one claim on one screen, and the acts on it.
//! Other staff and auditors see the same and cannot act.

mod acts;
mod claim_page;
mod compare;
mod queue;
mod texts;

pub(crate) use acts::{adjust, decide, hand_over, judge_duplicate, look, note, reassess};
pub(crate) use claim_page::claim_page;
pub(crate) use queue::{finding_name, next, prefecture_name, programme_name, queue, reasons};

use crate::session::in_query;
use claim::{FacilityKind, FindingCode, ProgrammeId};
use serde::Deserialize;
use store::{QueueFilter, QueuePlace};

/// What a view of the queue asks for: its address is what people keep as their own view. Fields of a form that are left
/// open come as empty texts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    programme: String,
    kind: String,
    prefecture: String,
    finding: String,
    state: String,
    hand: String,
    q: String,
    after: String,
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// A finding by its code.
fn finding_of(code: &str) -> Option<FindingCode> {
    FindingCode::ALL.iter().copied().find(|finding| finding.code() == code)
}

impl Asked {
    /// From a query; one that nobody's browser makes asks for everything.
    fn parse(query: &str) -> Asked {
        serde_urlencoded::from_str(query).unwrap_or_default()
    }

    /// Of the claims that wait. What is no value of a filter filters nothing.
    fn filter(&self, me: &str) -> QueueFilter {
        QueueFilter {
            programme: given(&self.programme).map(ProgrammeId::from),
            kind: given(&self.kind).and_then(FacilityKind::from_code),
            prefecture: given(&self.prefecture).and_then(|number| number.parse().ok()),
            finding: given(&self.finding).and_then(finding_of),
            hand: (self.hand == "me").then(|| me.to_owned()),
        }
    }

    fn after(&self) -> Option<QueuePlace> {
        given(&self.after).and_then(|place| place.parse().ok())
    }

    /// As a query without the place.
    fn query(&self) -> String {
        let parts = [
            ("programme", &self.programme),
            ("kind", &self.kind),
            ("prefecture", &self.prefecture),
            ("finding", &self.finding),
            ("state", &self.state),
            ("hand", &self.hand),
            ("q", &self.q),
        ];
        let given = parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", in_query(given(value)?))));
        given.collect::<Vec<_>>().join("&")
    }

    /// A path with this view, and further pairs.
    fn path(&self, path: &str, further: &[(&str, &str)]) -> String {
        let mut query = self.query();
        for (name, value) in further {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&format!("{name}={}", in_query(value)));
        }
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}
