//! Programmes as dated data, and the one function that assesses a claim on them.
//!
//! Pure: no IO, no clock, no randomness. The data stands in `programmes/<id>/`: `programme.toml` with a source beside
//! every value, `changes.toml` with the days on which values change, `cases.toml` with claims worked out by hand. A new
//! programme is a new folder and no new code. What goes in and comes out are types of `claim`.
//!
//! The way of a claim: a dossier (what the store knows) is examined ([`examine`]), which gives facts and what is to be
//! said of the documents; the facts are assessed ([`Ruleset::assess`]). [`Ruleset::assess_dossier`] does both. Facts
//! from outside come in through [`Ruleset::parse_facts`].

mod assess;
mod examine;
mod facts_line;
mod json;
mod listing;
mod programme;
mod programme_file;
mod remarks;
mod ruleset;
mod sum;
mod units;
mod words;

pub use assess::{AssessError, Assessed};
pub use examine::{Examined, SURE, examine};
pub use facts_line::{FactsError, FactsErrorView, FactsProblem, FactsProblemView};
pub use listing::ListedValue;
pub use programme::{Change, Programme};
pub use programme_file::ProgrammeMistake;
pub use remarks::Remark;
pub use ruleset::{ProgrammeFile, Ruleset, RulesetError};
