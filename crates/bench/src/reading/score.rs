//! What was read beside what was printed: right, wrong or missing, field by field, with the confidence that was given.

use super::documents::{Condition, Document};
use super::numerals;
use claim::{Confidence, ReceiptReading};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// The fields that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Total,
    Day,
    Payee,
    Issuer,
    Registration,
    Proviso,
    Tax,
}

impl What {
    pub(crate) const ALL: [What; 7] =
        [What::Total, What::Day, What::Payee, What::Issuer, What::Registration, What::Proviso, What::Tax];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            What::Total => "total",
            What::Day => "date",
            What::Payee => "payee",
            What::Issuer => "issuer",
            What::Registration => "T number",
            What::Proviso => "proviso",
            What::Tax => "tax",
        }
    }
}

/// One field of one document.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) what: What,
    pub(crate) right: bool,
    /// Of what was given; `None` when nothing was, and for the tax, which has none of its own.
    pub(crate) per_mille: Option<u16>,
    pub(crate) expected: String,
    pub(crate) found: String,
    /// Why it was taken.
    pub(crate) reasons: String,
}

/// All fields of a document, compared exactly; text after NFKC and without spaces, which are not printed characters.
pub(crate) fn answers(document: &Document, receipt: ReceiptReading) -> Vec<Answer> {
    let truth = &document.truth;
    let mut out = Vec::new();
    let mut add = |what, expected: Option<String>, found: Option<(String, Confidence, Vec<String>)>| {
        out.push(Answer {
            what,
            right: expected == found.as_ref().map(|(text, ..)| text.clone()),
            per_mille: found.as_ref().map(|(_, confidence, _)| confidence.per_mille()),
            expected: expected.unwrap_or_default(),
            reasons: found.as_ref().map(|(.., reasons)| reasons.join("・")).unwrap_or_default(),
            found: found.map(|(text, ..)| text).unwrap_or_default(),
        });
    };
    add(
        What::Total,
        Some(truth.total.to_string()),
        receipt.total_yen.map(|field| (field.value.get().to_string(), field.confidence, field.reasons)),
    );
    add(
        What::Day,
        Some(truth.issued_on.to_string()),
        receipt.issued_on.map(|field| (field.value.to_string(), field.confidence, field.reasons)),
    );
    let text = |field: Option<claim::Field<String>>| field.map(|f| (folded(&f.value), f.confidence, f.reasons));
    add(What::Payee, Some(folded(&truth.payee)), text(receipt.payee));
    add(What::Issuer, Some(folded(&truth.issuer)), text(receipt.issuer));
    add(What::Registration, Some(truth.registration.clone()), text(receipt.registration_number));
    add(What::Proviso, truth.proviso.as_deref().map(folded), text(receipt.proviso));
    let shown =
        |lines: &[(u8, i64)]| lines.iter().map(|(rate, tax)| format!("{rate}%:{tax}")).collect::<Vec<_>>().join(" ");
    let mut found: Vec<(u8, i64)> =
        receipt.tax.iter().filter_map(|line| Some((line.rate, line.tax_yen?.get()))).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let (expected, found) = (shown(&truth.tax), shown(&found));
    out.push(Answer {
        what: What::Tax,
        right: expected == found,
        per_mille: None,
        expected,
        found,
        reasons: String::new(),
    });
    out
}

/// Whether a text holds the total anywhere, as digits with or without separators or in formal numerals: more than any
/// way of finding it there can give.
pub(crate) fn holds_total(document: &Document, text: &str) -> bool {
    let bare: String = folded(text).chars().filter(|c| !matches!(c, ',' | '.' | '、')).collect();
    let total = document.truth.total.to_string();
    let alone = |at: usize| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        !digit(bare[..at].chars().next_back()) && !digit(bare[at + total.len()..].chars().next())
    };
    let formal = u32::try_from(document.truth.total).map(numerals::formal).unwrap_or_default();
    bare.match_indices(&total).any(|(at, _)| alone(at)) || (!formal.is_empty() && bare.contains(&formal))
}

fn folded(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) of: usize,
    pub(crate) right: usize,
}

impl Share {
    pub(crate) fn add(&mut self, right: bool) {
        self.of += 1;
        self.right += usize::from(right);
    }

    /// 0 to 1; all of none is 1.
    pub(crate) fn share(self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }
}

/// From this confidence on (in thousandths) a field is taken without a second look.
pub(crate) const SURE: u16 = 950;
/// The lower ends of the bins of the calibration table, in thousandths.
pub(crate) const BINS: [u16; 8] = [0, 500, 600, 700, 800, 900, 950, 980];

/// Everything that was answered, counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) by_condition: BTreeMap<(What, Condition), Share>,
    pub(crate) by_format: BTreeMap<(What, String), Share>,
    pub(crate) by_layout: BTreeMap<(What, String), Share>,
    /// Fields given with a confidence of at least [`SURE`]: how many, how many right.
    pub(crate) sure: BTreeMap<What, Share>,
    pub(crate) bins: BTreeMap<(Option<What>, usize), Share>,
    /// Documents in whose bare recognised text the total stands somewhere.
    pub(crate) bare: BTreeMap<Condition, Share>,
    /// What our finding makes of the bare recognised text.
    pub(crate) bare_fields: BTreeMap<(What, Condition), Share>,
    pub(crate) documents: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, document: &Document, answers: &[Answer]) {
        self.documents += 1;
        for answer in answers {
            let Answer { what, right, .. } = *answer;
            self.by_condition.entry((what, document.condition)).or_default().add(right);
            self.by_format.entry((what, document.format.clone())).or_default().add(right);
            self.by_layout.entry((what, document.layout.clone())).or_default().add(right);
            let Some(per_mille) = answer.per_mille else { continue };
            let bin = BINS.iter().rposition(|least| *least <= per_mille).unwrap_or(0);
            self.bins.entry((None, bin)).or_default().add(right);
            self.bins.entry((Some(what), bin)).or_default().add(right);
            if per_mille >= SURE {
                self.sure.entry(what).or_default().add(right);
            }
        }
    }

    /// Counts what our finding made of another program's text.
    pub(crate) fn add_bare(&mut self, document: &Document, answers: &[Answer]) {
        for answer in answers {
            self.bare_fields.entry((answer.what, document.condition)).or_default().add(answer.right);
        }
    }

    /// All fields that were given as sure.
    pub(crate) fn all_sure(&self) -> Share {
        self.sure
            .values()
            .fold(Share::default(), |sum, share| Share { of: sum.of + share.of, right: sum.right + share.right })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_compared_without_spaces_and_widths_and_nothing_else_is_forgiven() {
        assert_eq!(folded("株式会社　アオバ"), folded("株式会社ｱｵﾊﾞ"));
        assert_ne!(folded("セキュリティー"), folded("セキュリティ一"));
    }

    #[test]
    fn a_share_of_nothing_is_whole() {
        let mut share = Share::default();
        assert!((share.share() - 1.0).abs() < 1e-9);
        share.add(true);
        share.add(false);
        assert!((share.share() - 0.5).abs() < 1e-9);
    }
}
