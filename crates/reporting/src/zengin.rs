//! The 総合振込 file of the banks' association (全銀協規定形式): header, one data record a payment, trailer and end,
//! 120 bytes each in JIS X 0201 (domain.md 3.1).

mod kana;
mod legal_form;
mod problem;
mod profile;
mod read;
mod result;
mod xml;

pub use problem::{PaymentFault, PaymentField, PaymentFileError, PaymentProblem};
pub use profile::{BankProfile, FileForm, LineEnd, NewCode, TransferKind, Wo};
pub use read::{TransferAccount, TransferFault, TransferFile, TransferHeader, TransferRecord, read_payment_file};
pub use result::{BankResults, PaymentResult, ResultColumns, ResultForm, ResultProfile, ResultRecord, read_results};

pub(crate) use problem::kind_name;

use claim::{AccountKind, BankAccount, ClaimId, PaymentBatch, Yen};
use jiff::Timestamp;
use kana::{Charset, Folded};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

const RECORD: usize = 120;
/// 合計件数 has six digits.
const MOST_PAYMENTS: usize = 999_999;
/// 振込金額 has ten digits, 合計金額 twelve.
const MOST_A_PAYMENT: i64 = 9_999_999_999;
const MOST_IN_ALL: i64 = 999_999_999_999;

/// The payment file of `batch` as `profile`'s bank wants it, payments in the order of the batch. 顧客コード1 of each is
/// the institution code.
///
/// Names are folded into single bytes, legal forms abbreviated (`医療法人社団` to `ｲ)`), and cut to the field from the
/// left between characters: that is how banks keep names longer than 30 characters. The payment list has them whole.
///
/// # Errors
/// All that cannot be written, at once: characters without a byte, numbers of the wrong length, sums beyond their
/// fields, a claim that stands in the batch twice, an empty batch.
pub fn payment_file(batch: &PaymentBatch, profile: &BankProfile) -> Result<Vec<u8>, PaymentFileError> {
    Ok(join(&payment_records(batch, profile)?, profile))
}

/// The order for the bank in the form that `profile` names: the 全銀 file, its fields with commas between, or the message
/// pain.001.001.03. `created` stands in the message only; the same instant gives the same bytes.
///
/// # Errors
/// Those of [`payment_file`], whatever the form: what the 全銀 file cannot hold no bank pays.
pub fn bank_file(batch: &PaymentBatch, profile: &BankProfile, created: Timestamp) -> Result<Vec<u8>, PaymentFileError> {
    let records = payment_records(batch, profile)?;
    Ok(match profile.form {
        FileForm::Zengin => join(&records, profile),
        FileForm::Csv => xml::comma_separated(&records),
        FileForm::Xml => {
            let file = read_payment_file(&join(&records, profile));
            // Writing to memory does not fail.
            xml::message(batch, &file, created).expect("a vector takes every byte")
        }
    })
}

/// Whether two names of a bank or branch are one, however they are written; `None` where one of them cannot stand in a
/// bank file.
pub fn same_office_name(one: &str, other: &str) -> Option<bool> {
    let fold = |text: &str| kana::fold(text, Charset::Office, Wo::Fold).ok().map(|name| name.field(15));
    Some(fold(one)? == fold(other)?)
}

fn payment_records(batch: &PaymentBatch, profile: &BankProfile) -> Result<Vec<Vec<u8>>, PaymentFileError> {
    let mut desk = Desk { profile, problems: Vec::new() };
    let count = batch.payments.len();
    if count == 0 {
        desk.problem(None, PaymentField::Count, PaymentFault::Nothing);
    }
    if count > MOST_PAYMENTS {
        // Such a batch is divided first, and its parts are looked at then.
        desk.problem(None, PaymentField::Count, PaymentFault::TooMany { found: count, most: MOST_PAYMENTS });
        return Err(desk.refusal(batch));
    }
    let mut records: Vec<Vec<u8>> = Vec::with_capacity(batch.payments.len().saturating_add(3));

    records.push(desk.header(batch));
    let mut claims = BTreeSet::new();
    for payment in &batch.payments {
        let claim = Some(&payment.claim_id);
        if !claims.insert(&payment.claim_id) {
            desk.problem(claim, PaymentField::Claim, PaymentFault::Twice);
        }
        if payment.amount_yen == Yen::ZERO {
            desk.problem(claim, PaymentField::Amount, PaymentFault::Nothing);
        }
        let amount = desk.sum(claim, PaymentField::Amount, Some(payment.amount_yen), MOST_A_PAYMENT);
        let account = desk.account(claim, &payment.account);
        let holder = desk.name(claim, PaymentField::Holder, &payment.account.holder, Charset::Party);
        records.push(
            Record::new(b"2")
                .digits(&account.bank_code, 4)
                .text(&account.bank_name, 15)
                .digits(&account.branch_code, 3)
                .text(&account.branch_name, 15)
                .digits("", 4) // 手形交換所番号: unused
                .digits(kind_digit(payment.account.kind), 1)
                .digits(&account.number, 7)
                .text(&holder, 30)
                .digits(&amount, 10)
                .bytes(&[profile.new_code.byte()])
                .digits(payment.facility_code.as_str(), 10) // 顧客コード1
                .digits("", 10) // 顧客コード2: unused
                .bytes(&[profile.transfer.byte()])
                .spaces(1) // 識別表示: the customer codes are codes, not EDI
                .spaces(7)
                .done(),
        );
    }

    let total = desk.sum(None, PaymentField::Total, batch.total_yen(), MOST_IN_ALL);
    records.push(Record::new(b"8").digits(&count.to_string(), 6).digits(&total, 12).spaces(101).done());
    records.push(Record::new(b"9").spaces(119).done());

    if !desk.problems.is_empty() {
        return Err(desk.refusal(batch));
    }
    Ok(records)
}

/// What of `account` no payment file could hold: asked when an account is registered, so that it is not learnt of on the
/// day of the payment. Nothing for an account that is right.
pub fn account_faults(account: &BankAccount) -> Vec<(PaymentField, PaymentFault)> {
    // How ヲ is written makes no name writable or unwritable.
    let profile = BankProfile::default();
    let mut desk = Desk { profile: &profile, problems: Vec::new() };
    desk.account(None, account);
    desk.name(None, PaymentField::Holder, &account.holder, Charset::Party);
    desk.problems.into_iter().map(|problem| (problem.field, problem.fault)).collect()
}

fn join(records: &[Vec<u8>], profile: &BankProfile) -> Vec<u8> {
    let line_end = profile.line_end.bytes();
    let mut file = Vec::with_capacity(records.len().saturating_mul(RECORD + line_end.len()).saturating_add(1));
    for (i, record) in records.iter().enumerate() {
        file.extend_from_slice(record);
        if profile.line_end_after_last || i + 1 < records.len() {
            file.extend_from_slice(line_end);
        }
    }
    if profile.eof {
        file.push(0x1A);
    }
    file
}

const fn kind_digit(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Ordinary => "1",
        AccountKind::Current => "2",
        AccountKind::Savings => "4",
        AccountKind::Other => "9",
    }
}

/// An account with its numbers checked and its names folded.
struct ReadyAccount {
    bank_code: String,
    bank_name: Folded,
    branch_code: String,
    branch_name: Folded,
    number: String,
}

/// Checks and folds fields, and collects what is wrong with them. A wrong field gives an empty one: with a problem
/// noted, the records are never handed out.
struct Desk<'a> {
    profile: &'a BankProfile,
    problems: Vec<PaymentProblem>,
}

impl Desk<'_> {
    fn problem(&mut self, claim: Option<&ClaimId>, field: PaymentField, fault: PaymentFault) {
        self.problems.push(PaymentProblem { claim: claim.cloned(), field, fault });
    }

    fn refusal(self, batch: &PaymentBatch) -> PaymentFileError {
        PaymentFileError { batch: batch.id.clone(), problems: self.problems }
    }

    fn header(&mut self, batch: &PaymentBatch) -> Vec<u8> {
        let payer = &batch.payer;
        let code = self.digits(None, PaymentField::ConsignorCode, &payer.consignor_code, 10, false);
        let name = self.name(None, PaymentField::ConsignorName, &payer.consignor_name, Charset::Party);
        let account = self.account(None, &payer.account);
        // The header's 預金種目 knows 1, 2 and 9 only.
        if payer.account.kind == AccountKind::Savings {
            self.problem(None, PaymentField::AccountKind, PaymentFault::Kind { found: payer.account.kind });
        }
        Record::new(b"1")
            .digits("21", 2) // 総合振込
            .digits("0", 1) // JIS
            .digits(&code, 10)
            .text(&name, 40)
            .digits(&format!("{:02}{:02}", batch.pay_on.month(), batch.pay_on.day()), 4)
            .digits(&account.bank_code, 4)
            .text(&account.bank_name, 15)
            .digits(&account.branch_code, 3)
            .text(&account.branch_name, 15)
            .digits(kind_digit(payer.account.kind), 1)
            .digits(&account.number, 7)
            .spaces(17)
            .done()
    }

    fn account(&mut self, claim: Option<&ClaimId>, account: &BankAccount) -> ReadyAccount {
        ReadyAccount {
            bank_code: self.digits(claim, PaymentField::BankCode, &account.bank_code, 4, false),
            bank_name: self.office(claim, PaymentField::BankName, &account.bank_name),
            branch_code: self.digits(claim, PaymentField::BranchCode, &account.branch_code, 3, false),
            branch_name: self.office(claim, PaymentField::BranchName, &account.branch_name),
            number: self.digits(claim, PaymentField::AccountNumber, &account.number, 7, true),
        }
    }

    /// A bank's or branch's name; the codes say which it is, so it may be missing.
    fn office(&mut self, claim: Option<&ClaimId>, field: PaymentField, text: &str) -> Folded {
        if text.trim().is_empty() { Folded::default() } else { self.name(claim, field, text, Charset::Office) }
    }

    fn name(&mut self, claim: Option<&ClaimId>, field: PaymentField, text: &str, charset: Charset) -> Folded {
        match kana::fold(text, charset, self.profile.wo) {
            Ok(name) if name.is_empty() => {
                self.problem(claim, field, PaymentFault::Empty);
                name
            }
            Ok(name) => name,
            Err(found) => {
                self.problem(claim, field, PaymentFault::Characters { found, text: text.to_owned() });
                Folded::default()
            }
        }
    }

    /// Digits in any width; exactly `digits` of them, or with `fewer` at least one.
    fn digits(
        &mut self,
        claim: Option<&ClaimId>,
        field: PaymentField,
        text: &str,
        digits: usize,
        fewer: bool,
    ) -> String {
        let plain: String = text.nfkc().collect();
        let plain = plain.trim();
        let right_length = if fewer { (1..=digits).contains(&plain.len()) } else { plain.len() == digits };
        if right_length && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return plain.to_owned();
        }
        self.problem(claim, field, PaymentFault::Digits { found: text.to_owned(), digits, fewer });
        String::new()
    }

    /// The digits of a sum of at most `most` yen.
    fn sum(&mut self, claim: Option<&ClaimId>, field: PaymentField, yen: Option<Yen>, most: i64) -> String {
        match yen {
            Some(yen) if yen.get() <= most => yen.get().to_string(),
            found => {
                let most = Yen::new(most).unwrap_or(Yen::MAX);
                self.problem(claim, field, PaymentFault::TooMuch { found, most });
                String::new()
            }
        }
    }
}

/// One record, put together from the left.
struct Record(Vec<u8>);

impl Record {
    fn new(kind: &[u8; 1]) -> Record {
        let mut bytes = Vec::with_capacity(RECORD);
        bytes.extend_from_slice(kind);
        Record(bytes)
    }

    /// An N field: right-aligned, filled up with zeros.
    fn digits(mut self, digits: &str, width: usize) -> Record {
        self.0.extend(std::iter::repeat_n(b'0', width.saturating_sub(digits.len())));
        self.0.extend_from_slice(digits.as_bytes());
        self
    }

    /// A C field: left-aligned, filled up with spaces.
    fn text(mut self, text: &Folded, width: usize) -> Record {
        self.0.extend(text.field(width));
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Record {
        self.0.extend_from_slice(bytes);
        self
    }

    fn spaces(mut self, width: usize) -> Record {
        self.0.extend(std::iter::repeat_n(b' ', width));
        self
    }

    fn done(self) -> Vec<u8> {
        debug_assert_eq!(self.0.len(), RECORD, "the widths of a record's fields add up to 120");
        self.0
    }
}
