//! What each document of a dossier really is.

use claim::{DocumentKind, Dossier, DossierDocument, ItemizationReading, Reading, ReceiptReading};

/// A document, and what it is.
pub(crate) struct Paper<'d> {
    pub(crate) file: &'d str,
    pub(crate) declared: DocumentKind,
    pub(crate) reading: &'d Reading,
    pub(crate) what: What<'d>,
    /// It is used as what it was declared to be, but nothing on it says so.
    pub(crate) kind_in_doubt: bool,
}

/// What a document is.
#[derive(Clone, Copy)]
pub(crate) enum What<'d> {
    Receipt(&'d ReceiptReading),
    Itemization(&'d ItemizationReading),
    /// An estimate, invoice or delivery note.
    NoReceipt(DocumentKind),
    /// Nothing that can be used was read from it.
    Unreadable,
}

impl<'d> Paper<'d> {
    pub(crate) fn receipt(&self) -> Option<&'d ReceiptReading> {
        if let What::Receipt(receipt) = self.what { Some(receipt) } else { None }
    }

    pub(crate) fn itemization(&self) -> Option<&'d ItemizationReading> {
        if let What::Itemization(itemization) = self.what { Some(itemization) } else { None }
    }
}

/// The documents of a dossier in their order; the same bytes twice are one document.
pub(crate) fn of(dossier: &Dossier) -> Vec<Paper<'_>> {
    let mut papers: Vec<Paper<'_>> = Vec::new();
    for document in &dossier.documents {
        if !papers.iter().any(|paper| paper.reading.sha256 == document.reading.sha256) {
            papers.push(paper(document));
        }
    }
    papers
}

fn paper(document: &DossierDocument) -> Paper<'_> {
    let reading = &document.reading;
    let receipt = reading.receipt.as_ref().map(What::Receipt);
    let itemization = reading.itemization.as_ref().map(What::Itemization);
    let (what, kind_in_doubt) = if reading.is_unreadable() {
        (None, false)
    } else {
        match reading.kind {
            kind @ (DocumentKind::Estimate | DocumentKind::Invoice | DocumentKind::DeliveryNote) => {
                (Some(What::NoReceipt(kind)), false)
            }
            // The reading's word goes before the declaration. If it names a kind but could only be read as the other,
            // it is used, and the doubt is said.
            DocumentKind::Receipt => (receipt.or(itemization), receipt.is_none()),
            DocumentKind::Itemization => (itemization.or(receipt), itemization.is_none()),
            DocumentKind::Other if document.declared == DocumentKind::Itemization => (itemization.or(receipt), true),
            DocumentKind::Other => (receipt.or(itemization), true),
        }
    };
    Paper {
        file: &reading.file,
        declared: document.declared,
        reading,
        what: what.unwrap_or(What::Unreadable),
        kind_in_doubt,
    }
}
