//! What a bank says became of a batch: records of a 全銀 file with a result in each, or a CSV, as its profile says.

use super::read::{TransferFault, read, shown};
use claim::{AccountKind, Lang, Yen};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// How one bank tells what became of payments; part of the configuration. No standard has result codes for 総合振込
/// (domain.md 3.1), so they are what the bank's own specification says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResultProfile {
    /// What the file is.
    pub form: ResultForm,
    /// 全銀: the byte of a data record in which the result stands, from 1 as specifications count, in the filler.
    pub result_byte: usize,
    /// The results that mean that the payment went through.
    pub paid: Vec<String>,
    /// The results that mean that it was sent back, each with its reason as people read it.
    pub reasons: BTreeMap<String, String>,
    /// CSV: the columns by their headings.
    pub columns: ResultColumns,
}

/// What a file of results is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultForm {
    /// Records of 120 bytes, as in the order.
    Zengin,
    /// Rows with a heading, in UTF-8 or CP932.
    Csv,
}

/// The headings of a CSV of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResultColumns {
    /// 銀行番号.
    pub bank_code: String,
    /// 支店番号.
    pub branch_code: String,
    /// 預金種目, as a digit or a word.
    pub account_kind: String,
    /// 口座番号.
    pub account_number: String,
    /// 振込金額.
    pub amount: String,
    /// The result.
    pub result: String,
}

impl Default for ResultColumns {
    fn default() -> Self {
        let column = |text: &str| text.to_owned();
        ResultColumns {
            bank_code: column("銀行番号"),
            branch_code: column("支店番号"),
            account_kind: column("預金種目"),
            account_number: column("口座番号"),
            amount: column("振込金額"),
            result: column("結果"),
        }
    }
}

impl Default for ResultProfile {
    fn default() -> Self {
        let reasons = [("1", "該当口座なし"), ("2", "口座名義相違"), ("8", "振込依頼の取消し"), ("9", "その他")];
        ResultProfile {
            form: ResultForm::Zengin,
            result_byte: 114,
            paid: vec!["0".to_owned()],
            reasons: reasons.map(|(code, reason)| (code.to_owned(), reason.to_owned())).into(),
            columns: ResultColumns::default(),
        }
    }
}

/// What a bank says of a file's payments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankResults {
    /// The day of payment that the file names, month and day, and the consignor's code, where it has a header.
    pub header: Option<((u8, u8), String)>,
    /// Its records, in order.
    pub records: Vec<ResultRecord>,
    /// What is wrong with the file beside its records: its sums, its order, its headings.
    pub faults: Vec<String>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRecord {
    /// Where it stands, as people find it.
    pub place: String,
    /// What stands there, as people read it; of the account's number the end only.
    pub said: String,
    /// What it says, or why it cannot be read.
    pub content: Result<PaymentResult, String>,
}

/// What a bank says of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentResult {
    /// 銀行番号, 4 digits.
    pub bank_code: String,
    /// 支店番号, 3 digits.
    pub branch_code: String,
    /// 預金種目.
    pub kind: AccountKind,
    /// 口座番号, 7 digits.
    pub number: String,
    /// How much.
    pub amount: Yen,
    /// `None`: it went through. Else why it was sent back.
    pub bounced: Option<String>,
}

/// Reads a bank's file of results as `profile` says. Nothing of it is left out: what cannot be read is a record that says
/// so.
pub fn read_results(bytes: &[u8], profile: &ResultProfile, lang: Lang) -> BankResults {
    match profile.form {
        ResultForm::Zengin => of_zengin(bytes, profile, lang),
        ResultForm::Csv => of_csv(bytes, profile, lang),
    }
}

impl ResultProfile {
    /// What a code means: `None` for paid, else the reason. Unknown codes are not guessed.
    fn meaning(&self, code: &str, lang: Lang) -> Result<Option<String>, String> {
        if self.paid.iter().any(|paid| paid == code) {
            return Ok(None);
        }
        match self.reasons.get(code) {
            Some(reason) => Ok(Some(reason.clone())),
            None => Err(match lang {
                Lang::Ja => format!("結果「{code}」は、設定（result_file）にありません"),
                Lang::En => format!("the result {code:?} is not in the configuration (result_file)"),
            }),
        }
    }
}

/// The end of an account's number: enough to find it, too little to use it.
fn end(number: &str) -> String {
    let from = number.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    format!("…{}", &number[from..])
}

fn of_zengin(bytes: &[u8], profile: &ResultProfile, lang: Lang) -> BankResults {
    // A byte outside the record can hold nothing; the filler begins at the 114th.
    let at = profile.result_byte.clamp(114, 120) - 1;
    let file = read(bytes, Some(at));
    // What is wrong with names is the bank's affair; what money is matched by is ours.
    let matters =
        |fault: &&TransferFault| ["銀行番号", "支店番号", "預金種目", "口座番号", "振込金額"].contains(&fault.field.0);
    let mut records = Vec::new();
    for payment in &file.payments {
        let account = &payment.account;
        let place = match lang {
            Lang::Ja => format!("{}番目のレコード（{}バイト目から）", payment.record, payment.byte + 1),
            Lang::En => format!("record {} (from byte {})", payment.record, payment.byte + 1),
        };
        let code = payment.result.map_or_else(String::new, |code| shown(&[u8::try_from(u32::from(code)).unwrap_or(0)]));
        let amount = payment.amount.map_or_else(String::new, |yen| yen.to_string());
        let said = format!("{} {} {} {amount} [{code}]", account.bank_code, account.branch_code, end(&account.number));
        let wrong = file.faults.iter().filter(|fault| fault.record == payment.record).find(matters);
        let content = match (wrong, account.kind, payment.amount) {
            (None, Some(kind), Some(amount)) => profile.meaning(&code, lang).map(|bounced| PaymentResult {
                bank_code: account.bank_code.clone(),
                branch_code: account.branch_code.clone(),
                kind,
                number: account.number.clone(),
                amount,
                bounced,
            }),
            (Some(fault), _, _) => Err(fault.message(lang)),
            (None, _, _) => Err(match lang {
                Lang::Ja => "読み取れません".to_owned(),
                Lang::En => "it cannot be read".to_owned(),
            }),
        };
        records.push(ResultRecord { place, said, content });
    }
    let of_file = |fault: &&TransferFault| {
        ["合計件数", "合計金額", "データ区分", "レコード", "種別コード"].contains(&fault.field.0)
    };
    BankResults {
        header: file.header.map(|header| (header.pay_on, header.consignor_code)),
        records,
        faults: file.faults.iter().filter(of_file).map(|fault| fault.message(lang)).collect(),
    }
}

fn of_csv(bytes: &[u8], profile: &ResultProfile, lang: Lang) -> BankResults {
    let mut results = BankResults::default();
    let text = match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::SHIFT_JIS.decode(bytes).0.into_owned(),
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let columns = &profile.columns;
    let wanted = [
        &columns.bank_code,
        &columns.branch_code,
        &columns.account_kind,
        &columns.account_number,
        &columns.amount,
        &columns.result,
    ];
    let headings: Vec<String> = match reader.headers() {
        Ok(headings) => headings.iter().map(|one| one.trim().nfkc().collect()).collect(),
        Err(error) => {
            results.faults.push(error.to_string());
            return results;
        }
    };
    let mut places = Vec::new();
    for column in wanted {
        let plain: String = column.trim().nfkc().collect();
        match headings.iter().position(|heading| *heading == plain) {
            Some(place) => places.push(place),
            None => results.faults.push(match lang {
                Lang::Ja => {
                    format!("見出し「{column}」の列がありません。設定（result_file.columns）を確かめてください")
                }
                Lang::En => format!("there is no column {column:?}; check result_file.columns in the configuration"),
            }),
        }
    }
    if !results.faults.is_empty() {
        return results;
    }
    for (i, row) in reader.records().enumerate() {
        let line = i + 2;
        let place = match lang {
            Lang::Ja => format!("{line}行目"),
            Lang::En => format!("line {line}"),
        };
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                results.records.push(ResultRecord { place, said: String::new(), content: Err(error.to_string()) });
                continue;
            }
        };
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |at: usize| -> String { row.get(places[at]).unwrap_or_default().trim().nfkc().collect() };
        let [bank, branch, kind, number, amount, result] = [cell(0), cell(1), cell(2), cell(3), cell(4), cell(5)];
        let said = format!("{bank} {branch} {} {amount} [{result}]", end(&number));
        let content = row_result(profile, [&bank, &branch, &kind, &number, &amount, &result], lang);
        results.records.push(ResultRecord { place, said, content });
    }
    results
}

fn row_result(profile: &ResultProfile, cells: [&str; 6], lang: Lang) -> Result<PaymentResult, String> {
    let [bank, branch, kind, number, amount, result] = cells;
    let wrong = |ja: &str, en: &str, found: &str| match lang {
        Lang::Ja => format!("「{found}」は{ja}ではありません"),
        Lang::En => format!("{found:?} is no {en}"),
    };
    // Spreadsheets drop zeros at the front.
    let padded = |text: &str, width: usize, ja: &str, en: &str| {
        let digits = !text.is_empty() && text.len() <= width && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { Ok(format!("{text:0>width$}")) } else { Err(wrong(ja, en, text)) }
    };
    let amount_digits: String = amount.chars().filter(|c| !matches!(c, ',' | '円' | '¥' | '\\')).collect();
    Ok(PaymentResult {
        bank_code: padded(bank, 4, "銀行番号", "bank code")?,
        branch_code: padded(branch, 3, "支店番号", "branch code")?,
        kind: match kind {
            "1" | "普通" => AccountKind::Ordinary,
            "2" | "当座" => AccountKind::Current,
            "4" | "貯蓄" => AccountKind::Savings,
            "9" | "その他" => AccountKind::Other,
            other => return Err(wrong("預金種目", "kind of account", other)),
        },
        number: padded(number, 7, "口座番号", "account number")
            .map_err(|_| wrong("口座番号", "account number", &end(number)))?,
        amount: amount_digits
            .parse()
            .ok()
            .and_then(|yen: i64| Yen::new(yen).ok())
            .ok_or_else(|| wrong("金額", "amount", amount))?,
        bounced: profile.meaning(result, lang)?,
    })
}
