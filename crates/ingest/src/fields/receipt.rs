//! The fields of a receipt, or of an estimate or invoice that was sent in its place.

use super::figures::Figures;
use super::layout::Layout;
use super::{day, parties, total};
use claim::ReceiptReading;

/// The receipt on the pages or sheets of `layout`; a field that is not there is `None`.
pub(super) fn read(layout: &Layout) -> ReceiptReading {
    let figures = Figures::of(layout);
    let total_yen = total::total(&figures, layout.method);
    let payee = parties::payee(layout);
    ReceiptReading {
        issued_on: day::issued_on(layout),
        issuer: parties::issuer(layout, payee.as_ref()),
        registration_number: parties::registration_number(layout),
        proviso: parties::proviso(layout),
        tax: total::tax_lines(&figures, total_yen.as_ref().map(|field| field.value)),
        total_yen,
        payee,
    }
}
