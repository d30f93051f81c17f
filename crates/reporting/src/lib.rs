//! Payment files, payment lists and notices: values in, bytes out.
//!
//! Everything written here depends on its arguments alone, never on a clock or a random number: the same batch and the
//! same notice give the same bytes however often they are asked for, so a file can be made again and compared.

mod list;
mod log_list;
mod message;
mod notices;
mod products;
mod simulation;
mod template;
mod zengin;

pub use list::{PaymentListError, payment_list};
pub use log_list::{LogCsv, LogListError, LogRow, LogWorkbook};
pub use message::{MessageText, message_text, trial_text};
pub use notices::{
    DEFAULT_FONT_DIRS, FontError, MissingGlyph, NoticeData, NoticeError, NoticeProblem, TemplateFileError, Typesetter,
    TypesetterError, UnfinishedNotice,
};
pub use products::{GrantedProduct, ProductCount, ProductListError, product_counts, product_list};
pub use simulation::{SimulatedClaim, SimulatedGroup, SimulationList, SimulationListError, Worth, difference_chart};
pub use template::{ItemizationTemplate, TEMPLATE_VERSION, TemplateError, itemization_template};
pub use zengin::{
    BankProfile, BankResults, FileForm, LineEnd, NewCode, PaymentFault, PaymentField, PaymentFileError, PaymentProblem,
    PaymentResult, ResultColumns, ResultForm, ResultProfile, ResultRecord, TransferAccount, TransferFault,
    TransferFile, TransferHeader, TransferKind, TransferRecord, Wo, account_faults, bank_file, payment_file,
    read_payment_file, read_results, same_office_name,
};
