//! Payment files, payment lists and notices: values in, bytes out.
//!
//! Everything written here depends on its arguments alone, never on a clock or a random number: the same batch and the
//! same notice give the same bytes however often they are asked for, so a file can be made again and compared.

mod list;
mod notices;
mod simulation;
mod zengin;

pub use list::{PaymentListError, payment_list};
pub use notices::{
    DEFAULT_FONT_DIRS, FontError, MissingGlyph, NoticeError, NoticeProblem, Typesetter, UnfinishedNotice,
};
pub use simulation::{SimulatedClaim, SimulatedGroup, SimulationList, SimulationListError, difference_chart};
pub use zengin::{
    BankProfile, LineEnd, NewCode, PaymentFault, PaymentField, PaymentFileError, PaymentProblem, TransferKind, Wo,
    account_faults, payment_file,
};
