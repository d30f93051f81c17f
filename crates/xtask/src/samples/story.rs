//! What a story is made of: a claim, its documents as they are drawn, and what is expected of it.

use anyhow::{Context, bail};
use papers::{Medium, Seal};
use serde_json::{Value, json};

/// One claim with what it shows and what must come of it.
pub(super) struct Story {
    /// The folder.
    pub(super) name: &'static str,
    /// What it shows, in one sentence each.
    pub(super) ja: &'static str,
    pub(super) en: &'static str,
    pub(super) programme: &'static str,
    /// 医療機関等コード; the register has it unless the story is about one that it has not.
    pub(super) facility: &'static str,
    pub(super) submitted_at: &'static str,
    pub(super) claimed_yen: Option<i64>,
    pub(super) documents: Vec<Document>,
    pub(super) expected: Expected,
}

/// What must come of a claim. Worked out by hand from the sources, never by the program that it checks.
pub(super) struct Expected {
    pub(super) outcome: &'static str,
    pub(super) grant_yen: i64,
    /// The code of every finding, as often as it is found: two categories above their ceilings are two findings.
    pub(super) findings: &'static [&'static str],
    /// Problems of reading by file.
    pub(super) problems: &'static [(&'static str, &'static [&'static str])],
}

impl Expected {
    pub(super) const fn approve(grant_yen: i64, findings: &'static [&'static str]) -> Expected {
        Expected { outcome: "approve", grant_yen, findings, problems: &[] }
    }

    /// Anything else than an approval pays nothing.
    pub(super) const fn unpaid(outcome: &'static str, findings: &'static [&'static str]) -> Expected {
        Expected { outcome, grant_yen: 0, findings, problems: &[] }
    }
}

/// A file of a claim.
pub(super) struct Document {
    /// What the facility says it is: `receipt` or `itemization`.
    pub(super) declared: &'static str,
    pub(super) file: &'static str,
    pub(super) content: Content,
}

/// What is drawn.
pub(super) enum Content {
    Receipt(Receipt),
    Itemization(Itemization),
}

/// The layouts of receipts, each a template of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Formal,
    Vendor,
    Register,
    Daiji,
    Qualified,
    Online,
    Boxes,
    Estimate,
}

impl Layout {
    pub(super) const fn template(self) -> &'static str {
        match self {
            Layout::Formal => "receipt-formal",
            Layout::Vendor => "receipt-vendor",
            Layout::Register => "receipt-register",
            Layout::Daiji => "receipt-daiji",
            Layout::Qualified => "receipt-qualified",
            Layout::Online => "receipt-online",
            Layout::Boxes => "receipt-boxes",
            Layout::Estimate => "estimate",
        }
    }
}

/// A receipt, or what is sent in its place.
#[derive(Clone)]
pub(super) struct Receipt {
    pub(super) layout: Layout,
    pub(super) medium: Medium,
    pub(super) payee: &'static str,
    pub(super) honorific: &'static str,
    /// The day as the receipt writes it.
    pub(super) issued: &'static str,
    pub(super) number: &'static str,
    pub(super) proviso: &'static str,
    /// The amount in 大字, for the layout that has it.
    pub(super) daiji: &'static str,
    pub(super) paid_by: &'static str,
    pub(super) issuer: &'static Vendor,
    /// A registration number in place of the issuer's, for the story about a wrong one.
    pub(super) registration: Option<&'static str>,
    pub(super) items: Vec<Item>,
}

/// The forms that itemizations come in.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A workbook with one plain table.
    Sheet,
    /// A vendor's workbook with net amounts, tax and gross amounts in columns under a header of two rows.
    TaxColumns,
    /// 別紙様式2 as a workbook.
    Form2,
    /// CSV in UTF-8 with a byte order mark, as a program writes it.
    Csv,
    /// CSV in CP932 with separators in its numbers, as Excel in Japan saves it.
    CsvCp932,
    /// 別紙様式2 on paper.
    PaperForm2(Medium),
    /// A plain table on paper.
    PaperTable(Medium),
}

/// An itemization.
#[derive(Clone)]
pub(super) struct Itemization {
    pub(super) form: Form,
    pub(super) payee: &'static str,
    /// 医療機関等コード.
    pub(super) code: &'static str,
    pub(super) issued: &'static str,
    pub(super) issuer: &'static Vendor,
    pub(super) items: Vec<Item>,
    /// A total in place of the lines' sum, for the story about a wrong one.
    pub(super) stated_total: Option<i64>,
}

/// A line of a receipt or an itemization.
#[derive(Clone, Copy)]
pub(super) struct Item {
    /// 項目.
    pub(super) subject: &'static str,
    /// 内訳; on a receipt this is the whole name.
    pub(super) detail: &'static str,
    pub(super) quantity: i64,
    pub(super) unit: &'static str,
    /// Unit price in yen, tax included.
    pub(super) each: i64,
    /// Tax in percent.
    pub(super) rate: i64,
    /// Whether the facility enters it as eligible.
    pub(super) eligible: bool,
}

impl Item {
    /// One of something at the ordinary rate, entered as eligible.
    pub(super) const fn one(subject: &'static str, detail: &'static str, unit: &'static str, each: i64) -> Item {
        Item { subject, detail, quantity: 1, unit, each, rate: 10, eligible: true }
    }

    pub(super) const fn times(self, quantity: i64) -> Item {
        Item { quantity, ..self }
    }

    pub(super) const fn at_rate(self, rate: i64) -> Item {
        Item { rate, ..self }
    }

    pub(super) const fn ineligible(self) -> Item {
        Item { eligible: false, ..self }
    }

    pub(super) const fn amount(&self) -> i64 {
        self.each * self.quantity
    }

    /// The part of the amount before tax; exact only where the price was made up from a net one.
    pub(super) const fn net(&self) -> i64 {
        self.amount() * 100 / (100 + self.rate)
    }

    fn data(&self) -> Value {
        json!({
            "name": self.detail, "subject": self.subject, "detail": self.detail,
            "quantity": self.quantity, "unit": self.unit, "rate": self.rate, "eligible": self.eligible,
            "each": self.each, "amount": self.amount(),
            "each_net": self.each * 100 / (100 + self.rate), "net": self.net(),
        })
    }
}

/// The sum of all lines, tax included.
pub(super) fn total(items: &[Item]) -> i64 {
    items.iter().map(Item::amount).sum()
}

/// A vendor; all are invented.
pub(super) struct Vendor {
    pub(super) name: &'static str,
    pub(super) branch: &'static str,
    pub(super) postal: &'static str,
    pub(super) address: &'static str,
    pub(super) phone: &'static str,
    pub(super) fax: &'static str,
    pub(super) registration: &'static str,
    /// The characters of its seal.
    pub(super) seal: &'static str,
    /// `square` or `round`.
    pub(super) seal_shape: &'static str,
    /// Whose small seal stands in the box for the clerk.
    pub(super) clerk: &'static str,
}

impl Vendor {
    /// What it seals its papers with.
    pub(super) const fn seal(&self) -> Seal<'_> {
        Seal { owner: self.name, characters: self.seal, shape: self.seal_shape }
    }

    fn data(&self, registration: Option<&str>) -> Value {
        json!({
            "name": self.name, "branch": self.branch, "postal": self.postal, "address": self.address,
            "phone": self.phone, "fax": self.fax, "registration": registration.unwrap_or(self.registration),
            "clerk": self.clerk,
        })
    }
}

impl Receipt {
    /// What the template is filled with.
    pub(super) fn data(&self) -> anyhow::Result<Value> {
        let mut rates: Vec<i64> = self.items.iter().map(|item| item.rate).collect();
        rates.sort_unstable_by(|a, b| b.cmp(a));
        rates.dedup();
        let tax: Vec<Value> = rates
            .into_iter()
            .map(|rate| {
                let gross: i64 = self.items.iter().filter(|item| item.rate == rate).map(Item::amount).sum();
                // Rounded down once for each rate, as most issuers do.
                let tax = gross * rate / (100 + rate);
                json!({ "rate": rate, "base": gross - tax, "tax": tax })
            })
            .collect();
        if self.layout == Layout::Vendor || self.layout == Layout::Estimate {
            let nets: i64 = self.items.iter().map(Item::net).sum();
            let bases: i64 = tax.iter().filter_map(|line| line["base"].as_i64()).sum();
            if nets != bases {
                bail!("the net amounts of receipt {} come to {nets}, its tax lines to {bases}", self.number);
            }
        }
        Ok(json!({
            "payee": self.payee, "honorific": self.honorific, "issued": self.issued, "number": self.number,
            "proviso": self.proviso, "daiji": self.daiji, "paid_by": self.paid_by, "total": total(&self.items),
            "issuer": self.issuer.data(self.registration), "tax": tax,
            "items": self.items.iter().map(Item::data).collect::<Vec<_>>(),
        }))
    }
}

impl Itemization {
    /// The total that it states.
    pub(super) fn total(&self) -> i64 {
        self.stated_total.unwrap_or_else(|| total(&self.items))
    }

    /// What the template is filled with.
    pub(super) fn data(&self) -> Value {
        json!({
            "payee": self.payee, "code": self.code, "issued": self.issued, "issuer": self.issuer.data(None),
            "total": self.total(), "items": self.items.iter().map(Item::data).collect::<Vec<_>>(),
        })
    }
}

impl Story {
    /// `claim.toml`.
    pub(super) fn claim_toml(&self) -> String {
        let claimed = self.claimed_yen.map(|yen| format!("claimed_yen  = {yen}\n")).unwrap_or_default();
        let documents: String = self
            .documents
            .iter()
            .map(|document| {
                format!("\n[[documents]]\nkind = \"{}\"\nfile = \"{}\"\n", document.declared, document.file)
            })
            .collect();
        format!(
            "programme    = \"{}\"\nfacility     = \"{}\"\nsubmitted_at = \"{}\"\n{claimed}{documents}",
            self.programme, self.facility, self.submitted_at
        )
    }

    /// `expect.toml`.
    pub(super) fn expect_toml(&self) -> String {
        let list = |codes: &[&str]| codes.iter().map(|code| format!("\"{code}\"")).collect::<Vec<_>>().join(", ");
        let problems: String = self
            .expected
            .problems
            .iter()
            .map(|(file, codes)| format!("\n[problems]\n\"{file}\" = [{}]\n", list(codes)))
            .collect();
        format!(
            "outcome   = \"{}\"\ngrant_yen = {}\nfindings  = [{}]\n\n[story]\nja = \"{}\"\nen = \"{}\"\n{problems}",
            self.expected.outcome,
            self.expected.grant_yen,
            list(self.expected.findings),
            self.ja,
            self.en,
        )
    }

    /// Refuses a story that would not be what it says: codes and numbers that do not hold, files named twice.
    pub(super) fn hold_together(&self) -> anyhow::Result<()> {
        let place = self.name;
        claim::InstitutionCode::parse(self.facility).with_context(|| place)?;
        for code in self.expected.findings {
            let known = claim::FindingCode::ALL.iter().any(|known| known.code() == *code);
            anyhow::ensure!(known, "{place}: {code} is no code of a finding");
        }
        anyhow::ensure!(self.expected.findings.is_sorted(), "{place}: findings are listed in alphabetical order");
        for (position, document) in self.documents.iter().enumerate() {
            let again = self.documents.iter().skip(position + 1).any(|other| other.file == document.file);
            anyhow::ensure!(!again, "{place}: {} is named twice", document.file);
            if let Content::Receipt(receipt) = &document.content {
                let number = receipt.registration.unwrap_or(receipt.issuer.registration);
                let holds = claim::RegistrationNumber::parse(number).with_context(|| place)?.check_digit_holds();
                let wrong_is_meant = self.expected.findings.contains(&"registration-number-invalid");
                anyhow::ensure!(
                    holds != wrong_is_meant,
                    "{place}: the check digit of {number} is not as the story says"
                );
            }
        }
        Ok(())
    }
}
