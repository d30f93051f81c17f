//! Reading and checking a 総合振込 file: everything that is wrong, each with its record, the byte of the file where it
//! stands, what was found and what is expected. Written apart from the writer, so that the two check one another.

use claim::{AccountKind, Lang, Yen};
use std::fmt;

const RECORD: usize = 120;

/// A 総合振込 file as it stands. Fields that are wrong are left empty or as they are, and told in `faults`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferFile {
    /// The header; `None` where the file does not begin with one.
    pub header: Option<TransferHeader>,
    /// The payments, in order.
    pub payments: Vec<TransferRecord>,
    /// Everything that is wrong, in the order of the file.
    pub faults: Vec<TransferFault>,
}

/// The header record. Names are in half-width kana, as they stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferHeader {
    /// 委託者コード.
    pub consignor_code: String,
    /// 委託者名.
    pub consignor_name: String,
    /// 振込指定日: month and day.
    pub pay_on: (u8, u8),
    /// The account that is debited.
    pub account: TransferAccount,
}

/// An account as it stands in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferAccount {
    /// 銀行番号.
    pub bank_code: String,
    /// 銀行名.
    pub bank_name: String,
    /// 支店番号.
    pub branch_code: String,
    /// 支店名.
    pub branch_name: String,
    /// 預金種目.
    pub kind: Option<AccountKind>,
    /// 口座番号, 7 digits.
    pub number: String,
}

/// A data record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferRecord {
    /// Which record of the file, from 1.
    pub record: usize,
    /// Where it begins, in bytes from 0.
    pub byte: usize,
    /// Where the money goes.
    pub account: TransferAccount,
    /// 受取人名.
    pub holder: String,
    /// 振込金額.
    pub amount: Option<Yen>,
    /// 新規コード.
    pub new_code: char,
    /// 顧客コード1.
    pub customer_code_1: String,
    /// 顧客コード2.
    pub customer_code_2: String,
    /// 振込指定区分.
    pub transfer: char,
    /// The result, where the bank writes one into the record and it was asked for.
    pub result: Option<char>,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFault {
    /// Which record, from 1.
    pub record: usize,
    /// Where, in bytes of the file from 0.
    pub byte: usize,
    /// Which field: in Japanese and in English.
    pub field: (&'static str, &'static str),
    /// What stands there, as people read it.
    pub found: String,
    /// What is expected: in Japanese and in English.
    pub expected: (String, String),
}

impl TransferFault {
    /// As people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        let (record, byte, found) = (self.record, self.byte + 1, &self.found);
        match lang {
            Lang::Ja => format!(
                "{record}番目のレコード（ファイルの{byte}バイト目）の{}: 「{found}」があります。正しい値: {}。",
                self.field.0, self.expected.0
            ),
            Lang::En => format!(
                "record {record} (byte {byte} of the file), {}: found {found:?}, expected {}",
                self.field.1, self.expected.1
            ),
        }
    }
}

impl fmt::Display for TransferFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

/// Bytes of JIS X 0201 as people read them: half-width kana; what is none of them as its number.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        match byte {
            b' '..=b'~' => text.push(char::from(*byte)),
            // The kana bytes stand 0xFEC0 below half-width katakana.
            0xA1..=0xDF => text.extend(char::from_u32(u32::from(*byte) + 0xFEC0)),
            other => text.push_str(&format!("<{other:02X}>")),
        }
    }
    text
}

/// Which bytes a text field takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// Names of banks and branches.
    Office,
    /// Names of account holders and payers.
    Party,
}

impl Letters {
    fn takes(self, byte: u8) -> bool {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' | b'-' | 0xA6 | 0xB1..=0xDF => true,
            b' ' | b'(' | b')' | b'.' => self == Letters::Party,
            _ => false,
        }
    }
}

/// Whether a voicing mark may stand after a kana.
fn takes_mark(base: Option<u8>, mark: u8) -> bool {
    match base {
        // ハ to ホ take either; ウ and カ to ト the voiced one.
        Some(0xCA..=0xCE) => true,
        Some(0xB3 | 0xB6..=0xC4) => mark == 0xDE,
        _ => false,
    }
}

/// One record, and what is wrong with its fields.
struct Fields<'a> {
    bytes: &'a [u8],
    record: usize,
    start: usize,
    faults: &'a mut Vec<TransferFault>,
}

type Name = (&'static str, &'static str);

impl Fields<'_> {
    fn fault(&mut self, at: usize, field: Name, found: &[u8], ja: impl Into<String>, en: impl Into<String>) {
        self.faults.push(TransferFault {
            record: self.record,
            byte: self.start + at,
            field,
            found: shown(found),
            expected: (ja.into(), en.into()),
        });
    }

    fn digits(&mut self, at: usize, width: usize, field: Name) -> String {
        let bytes = &self.bytes[at..at + width];
        if let Some(wrong) = bytes.iter().position(|byte| !byte.is_ascii_digit()) {
            let found = bytes.to_vec();
            self.fault(at + wrong, field, &found, format!("{width}桁の数字"), format!("{width} digits"));
        }
        shown(bytes)
    }

    fn number(&mut self, at: usize, width: usize, field: Name) -> Option<i64> {
        self.digits(at, width, field).parse().ok()
    }

    /// Left-aligned, filled up with spaces; no mark without its kana.
    fn text(&mut self, at: usize, width: usize, field: Name, letters: Letters) -> String {
        let bytes = self.bytes[at..at + width].to_vec();
        let long = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        let mut before = None;
        for (i, byte) in bytes[..long].iter().enumerate() {
            if i == 0 && *byte == b' ' {
                self.fault(at, field, &bytes, "左詰めの文字", "text from the left");
            } else if !letters.takes(*byte) {
                self.fault(at + i, field, &[*byte], "振込ファイルで使用できる文字", "a character of bank files");
            } else if matches!(byte, 0xDE | 0xDF) && !takes_mark(before, *byte) {
                let (ja, en) = ("濁点・半濁点の前に、それを付けられるカナ", "a kana that takes the mark before it");
                self.fault(at + i, field, &[*byte], ja, en);
            }
            before = Some(*byte);
        }
        shown(&bytes[..long])
    }

    fn one_of(&mut self, at: usize, field: Name, allowed: &[u8]) -> char {
        let byte = self.bytes[at];
        if !allowed.contains(&byte) {
            let allowed = allowed.iter().map(|one| shown(&[*one])).collect::<Vec<_>>();
            self.fault(at, field, &[byte], allowed.join("、"), format!("one of {}", allowed.join(", ")));
        }
        char::from(byte)
    }

    fn spaces(&mut self, from: usize, to: usize) {
        let bytes = self.bytes[from..to].to_vec();
        if let Some(wrong) = bytes.iter().position(|byte| *byte != b' ') {
            self.fault(from + wrong, ("ダミー", "filler"), &bytes, "空白", "spaces");
        }
    }

    fn account(&mut self, at: [usize; 6], kinds: &[u8]) -> TransferAccount {
        let [bank, bank_name, branch, branch_name, kind, number] = at;
        TransferAccount {
            bank_code: self.digits(bank, 4, ("銀行番号", "bank code")),
            bank_name: self.text(bank_name, 15, ("銀行名", "bank name"), Letters::Office),
            branch_code: self.digits(branch, 3, ("支店番号", "branch code")),
            branch_name: self.text(branch_name, 15, ("支店名", "branch name"), Letters::Office),
            kind: match self.one_of(kind, ("預金種目", "account kind"), kinds) {
                '1' => Some(AccountKind::Ordinary),
                '2' => Some(AccountKind::Current),
                '4' => Some(AccountKind::Savings),
                '9' => Some(AccountKind::Other),
                _ => None,
            },
            number: self.digits(number, 7, ("口座番号", "account number")),
        }
    }

    fn header(mut self) -> TransferHeader {
        let kind = self.bytes[1..3].to_vec();
        if kind != *b"21" {
            self.fault(1, ("種別コード", "kind of file"), &kind, "21（総合振込）", "21 (総合振込)");
        }
        self.one_of(3, ("コード区分", "coding"), b"0");
        let day = self.digits(54, 4, ("振込指定日", "day of payment"));
        let part = |from: usize| day.get(from..from + 2).and_then(|text| text.parse::<u8>().ok()).unwrap_or(0);
        let pay_on = (part(0), part(2));
        let (month, last) = (i8::try_from(pay_on.0).unwrap_or(0), i8::try_from(pay_on.1).unwrap_or(0));
        // Of a leap year, since the header has none.
        if jiff::civil::Date::new(2024, month, last).is_err() && day.bytes().all(|byte| byte.is_ascii_digit()) {
            let found = self.bytes[54..58].to_vec();
            self.fault(
                54,
                ("振込指定日", "day of payment"),
                &found,
                "暦にある月日（MMDD）",
                "a day of the calendar (MMDD)",
            );
        }
        let header = TransferHeader {
            consignor_code: self.digits(4, 10, ("委託者コード", "consignor code")),
            consignor_name: self.text(14, 40, ("委託者名", "consignor name"), Letters::Party),
            pay_on,
            account: self.account([58, 62, 77, 80, 95, 96], b"129"),
        };
        self.spaces(103, RECORD);
        header
    }

    fn payment(mut self, result_at: Option<usize>) -> TransferRecord {
        let account = self.account([1, 5, 20, 23, 42, 43], b"1249");
        // 手形交換所番号: unused, and filled with zeros or spaces.
        if self.bytes[38..42] != [b' '; 4] {
            self.digits(38, 4, ("手形交換所番号", "clearing house number"));
        }
        let holder = self.text(50, 30, ("受取人名", "holder"), Letters::Party);
        if holder.is_empty() {
            self.fault(50, ("受取人名", "holder"), b"", "受取人の名義", "a name");
        }
        let amount = self.number(80, 10, ("振込金額", "amount"));
        if amount == Some(0) {
            let found = self.bytes[80..90].to_vec();
            self.fault(80, ("振込金額", "amount"), &found, "1円以上の金額", "at least 1 yen");
        }
        let new_code = self.one_of(90, ("新規コード", "new code"), b"012");
        // With 識別表示 Y the two customer codes are 20 bytes of EDI information.
        let edi = self.bytes[112] == b'Y';
        let code = |bytes: &[u8]| shown(bytes).trim_end().to_owned();
        let codes = (code(&self.bytes[91..101]), code(&self.bytes[101..111]));
        if !edi {
            for at in [91, 101] {
                let bytes = self.bytes[at..at + 10].to_vec();
                if bytes != [b' '; 10] {
                    self.digits(at, 10, ("顧客コード", "customer code"));
                }
            }
        }
        let transfer = self.one_of(111, ("振込指定区分", "kind of transfer"), b"780 ");
        self.one_of(112, ("識別表示", "identification"), b" Y");
        let result = result_at.map(|at| char::from(self.bytes[at]));
        let at = result_at.unwrap_or(RECORD);
        self.spaces(113, at.clamp(113, RECORD));
        self.spaces((at + 1).clamp(113, RECORD), RECORD);
        TransferRecord {
            record: self.record,
            byte: self.start,
            account,
            holder,
            amount: amount.and_then(|yen| Yen::new(yen).ok()),
            new_code,
            customer_code_1: codes.0,
            customer_code_2: codes.1,
            transfer,
            result,
        }
    }
}

/// The records of a file: each with its number and where it begins. Records stand one after another or with CR LF or LF
/// between, and a byte 0x1A may end the file.
fn records(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let end = if bytes.last() == Some(&0x1A) { bytes.len() - 1 } else { bytes.len() };
    let mut records = Vec::new();
    let mut at = 0;
    while at < end {
        let full = (at + RECORD).min(end);
        // A record that is cut short ends where its line does.
        let cut = bytes[at..full].iter().position(|byte| matches!(byte, b'\r' | b'\n')).map_or(full, |line| at + line);
        records.push((at, &bytes[at..cut]));
        at = cut;
        if bytes.get(at) == Some(&b'\r') {
            at += 1;
        }
        if at < end && bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
    }
    records
}

/// Reads a 総合振込 file, whole or not: what can be read is, and everything that is wrong is told with its place.
pub fn read_payment_file(bytes: &[u8]) -> TransferFile {
    read(bytes, None)
}

/// As [`read_payment_file`], with the byte of data records, from 0, in which the bank writes its result.
pub(super) fn read(bytes: &[u8], result_at: Option<usize>) -> TransferFile {
    let mut file = TransferFile::default();
    let mut faults = Vec::new();
    let fault = |record: usize, byte: usize, field: Name, found: &[u8], ja: String, en: String| TransferFault {
        record,
        byte,
        field,
        found: shown(found),
        expected: (ja, en),
    };
    let whole: Name = ("レコード", "record");
    let (mut trailer, mut ended) = (false, false);
    let mut total: i64 = 0;
    let mut last = (0, 0);
    for (i, (start, record)) in records(bytes).into_iter().enumerate() {
        let number = i + 1;
        last = (number, start);
        if record.len() != RECORD {
            let (ja, en) = (
                format!("{RECORD}バイト（実際は{}バイト）", record.len()),
                format!("{RECORD} bytes, not {}", record.len()),
            );
            faults.push(fault(number, start, whole, record, ja, en));
            continue;
        }
        let out_of_place = match record[0] {
            b'1' => number != 1,
            b'2' => file.header.is_none() || trailer,
            b'8' => file.header.is_none() || trailer,
            b'9' => !trailer || ended,
            _ => true,
        };
        if out_of_place {
            let (ja, en) = (
                "ヘッダー（1）、データ（2）、トレーラー（8）、エンド（9）の順のレコード",
                "header (1), data (2), trailer (8) and end (9) in this order",
            );
            faults.push(fault(number, start, ("データ区分", "kind of record"), &record[..1], ja.into(), en.into()));
        }
        let mut fields = Fields { bytes: record, record: number, start, faults: &mut faults };
        match record[0] {
            b'1' if file.header.is_none() => file.header = Some(fields.header()),
            b'2' => {
                let payment = fields.payment(result_at);
                total = total.saturating_add(payment.amount.map_or(0, Yen::get));
                file.payments.push(payment);
            }
            b'8' => {
                trailer = true;
                let (count, sum) =
                    (fields.number(1, 6, ("合計件数", "count")), fields.number(7, 12, ("合計金額", "total")));
                let held = file.payments.len();
                if count.is_some_and(|count| usize::try_from(count) != Ok(held)) {
                    fields.fault(
                        1,
                        ("合計件数", "count"),
                        &record[1..7],
                        format!("{held}件"),
                        format!("{held}, the number of payments"),
                    );
                }
                if sum.is_some_and(|sum| sum != total) {
                    fields.fault(
                        7,
                        ("合計金額", "total"),
                        &record[7..19],
                        format!("{total}円"),
                        format!("{total}, the sum of the payments"),
                    );
                }
                fields.spaces(19, RECORD);
            }
            b'9' => {
                ended = true;
                fields.spaces(1, RECORD);
            }
            _ => {}
        }
    }
    let missing = |there: bool, ja: &str, en: &str| {
        (!there).then(|| fault(last.0 + 1, bytes.len(), whole, b"", ja.to_owned(), en.to_owned()))
    };
    faults.extend(missing(file.header.is_some(), "ヘッダーレコード", "a header record"));
    faults.extend(missing(!file.payments.is_empty(), "1件以上のデータレコード", "at least one data record"));
    faults.extend(missing(trailer, "トレーラーレコード", "a trailer record"));
    faults.extend(missing(ended, "エンドレコード", "an end record"));
    file.faults = faults;
    file
}
