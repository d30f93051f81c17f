//! The vocabulary of kofu: what things are, and which step may follow which.
//!
//! Pure: no IO, no clock, no randomness. Every other room knows this one; it knows nobody. The serde forms of these
//! types are the wire forms of the command line and the payloads of the decision log, so a renamed key is a change of
//! the contract.

mod adjustment;
mod assessment;
mod business_day;
mod day;
mod decision;
mod document;
mod dossier;
mod duplicate;
mod facility;
mod facts;
mod finding;
mod institution_code;
mod lifecycle;
mod log_entry;
mod message;
mod notice;
mod payment;
mod product;
mod programme;
mod reading;
mod registration_number;
mod role;
#[cfg(feature = "schema")]
mod schema;
mod text;
mod waiting;
mod yen;

pub use adjustment::{Adjustment, AdjustmentError, ReadField, StatedField};
pub use assessment::{Assessment, AssessmentView, Outcome, Step, TraceStep, TraceStepView};
pub use business_day::{BusinessDayError, Calendar};
pub use day::{
    DayError, day_in_japan, find_day, last_day_of_month, parse_day, parse_day_prefix, parse_zengin_day, wareki,
    wareki_short,
};
pub use decision::{Actor, Decision, DecisionKind};
pub use document::{Document, DocumentKind, Sha256};
pub use dossier::{Dossier, DossierDocument};
pub use duplicate::{DuplicateVerdict, Likeness, PageHash, PossibleDuplicate};
pub use facility::{Facility, FacilityKind, TransitionalMeasure};
pub use facts::{Expense, FactFacility, Facts};
pub use finding::{Finding, FindingCode, FindingView, Place, Severity};
pub use institution_code::{CheckDigit, InstitutionCode, InstitutionCodeError};
pub use lifecycle::{ClaimState, TransitionError};
pub use log_entry::{LogAbout, LogEntry, PersonalValue};
pub use message::{Message, MessageKind};
pub use notice::{Contact, Notice, NoticeKind};
pub use payment::{AccountKind, BankAccount, Payer, Payment, PaymentBatch};
pub use product::{Choice, ProductId, ProductUnits};
pub use programme::{Category, ClaimId, ProgrammeId};
pub use reading::{
    Confidence, Field, ItemizationLine, ItemizationReading, Method, Problem, ProblemCode, ProblemView, Reading,
    ReadingView, ReceiptReading, Spot, TaxLine,
};
pub use registration_number::{RegistrationNumber, RegistrationNumberError};
pub use role::Role;
pub use text::{Lang, Value, Values, fill};
pub use waiting::{BEFORE_DEADLINE_DAYS, LOOK_WITHIN_DAYS, Waiting};
pub use yen::{Rate, RateError, Rounding, RoundingMode, Yen, YenError};
