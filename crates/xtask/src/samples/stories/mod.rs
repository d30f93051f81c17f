//! The stories, and the short words in which they are told.

mod granted;
mod papers;
mod stopped;

use super::story::{Content, Document, Form, Item, Itemization, Layout, Receipt, Story, Vendor};
use ::papers::{Medium, Scan};

/// All stories: what is granted, what papers come as, what is stopped.
pub(super) fn all() -> Vec<Story> {
    granted::stories().into_iter().chain(papers::stories()).chain(stopped::stories()).collect()
}

const HOME_CONSENT: &str = "home-consent";
const LIMITED_TYPE: &str = "limited-type";

/// The scan of an office copier: a little askew, a little noise.
const COPIER: Scan = Scan { dpi: 200, lean: 12, noise: 5.0, blur: 1, quality: 62 };

const fn mobile(detail: &'static str, each: i64) -> Item {
    Item::one("モバイル端末等", detail, "台", each)
}

const fn receipt_computer(detail: &'static str, each: i64) -> Item {
    Item::one("レセプトコンピュータの改修", detail, "式", each)
}

const fn card_reader(detail: &'static str, each: i64) -> Item {
    Item::one("汎用カードリーダー", detail, "台", each)
}

/// A receipt to a corporation, born digital, paid by bank transfer.
fn receipt(
    layout: Layout,
    issuer: &'static Vendor,
    payee: &'static str,
    (issued, number): (&'static str, &'static str),
    proviso: &'static str,
    items: &[Item],
) -> Receipt {
    Receipt {
        layout,
        medium: Medium::Pdf,
        payee,
        honorific: "御中",
        issued,
        number,
        proviso,
        daiji: "",
        paid_by: "銀行振込",
        issuer,
        registration: None,
        items: items.to_vec(),
    }
}

impl Receipt {
    fn on_medium(self, medium: Medium) -> Receipt {
        Receipt { medium, ..self }
    }

    /// To a person.
    fn for_person(self) -> Receipt {
        Receipt { honorific: "様", ..self }
    }

    fn paid_by(self, paid_by: &'static str) -> Receipt {
        Receipt { paid_by, ..self }
    }

    fn file(self, file: &'static str) -> Document {
        Document { declared: "receipt", file, content: Content::Receipt(self) }
    }

    /// The itemization that its issuer makes for the facility `code`.
    fn itemized(&self, form: Form, code: &'static str) -> Itemization {
        Itemization {
            form,
            payee: self.payee,
            code,
            issued: self.issued,
            issuer: self.issuer,
            items: self.items.clone(),
            stated_total: None,
        }
    }
}

impl Itemization {
    fn file(self, file: &'static str) -> Document {
        Document { declared: "itemization", file, content: Content::Itemization(self) }
    }
}
