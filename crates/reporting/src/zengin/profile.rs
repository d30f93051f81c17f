//! How one bank wants its file: the points on which banks' specifications differ.

use serde::{Deserialize, Serialize};

/// How one bank wants its file; part of the configuration.
///
/// The default is what the most banks take: CR LF after every record, the last one too, and no end-of-file byte.
/// (群馬銀行 takes 120 bytes or 122 with CRLF; 宮崎銀行 none or CRLF and refuses LF alone; 京都中央信用金庫 draws a line
/// end after every record, the end record included; others remove whatever line ends they find.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BankProfile {
    /// What the file is. What follows is about the 全銀 file; the other forms have its fields.
    pub form: FileForm,
    /// What stands after a record.
    pub line_end: LineEnd,
    /// Whether it also stands after the end record.
    pub line_end_after_last: bool,
    /// Whether the file ends with the byte 0x1A.
    pub eof: bool,
    /// 新規コード of every payment.
    pub new_code: NewCode,
    /// 振込指定区分 of every payment.
    pub transfer: TransferKind,
    /// What becomes of ヲ in names.
    pub wo: Wo,
}

impl Default for BankProfile {
    fn default() -> Self {
        BankProfile {
            form: FileForm::Zengin,
            line_end: LineEnd::CrLf,
            line_end_after_last: true,
            eof: false,
            new_code: NewCode::Other,
            transfer: TransferKind::Wire,
            wo: Wo::Fold,
        }
    }
}

/// In what form a bank takes its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileForm {
    /// The 全銀 file: records of 120 bytes.
    Zengin,
    /// The same fields with commas between.
    Csv,
    /// ISO 20022 pain.001.001.03, as ZEDI takes it.
    Xml,
}

impl FileForm {
    /// What the names of such files end with.
    pub const fn extension(self) -> &'static str {
        match self {
            FileForm::Zengin => "txt",
            FileForm::Csv => "csv",
            FileForm::Xml => "xml",
        }
    }
}

/// What stands after a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    /// Nothing: records of 120 bytes.
    None,
    /// CR LF: lines of 122 bytes.
    CrLf,
    /// LF alone.
    Lf,
}

impl LineEnd {
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            LineEnd::None => b"",
            LineEnd::CrLf => b"\r\n",
            LineEnd::Lf => b"\n",
        }
    }
}

/// 新規コード.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NewCode {
    /// 0: neither of the others.
    Other,
    /// 1: the first transfer to the account.
    First,
    /// 2: the account has changed.
    Changed,
}

impl NewCode {
    pub(super) const fn byte(self) -> u8 {
        match self {
            NewCode::Other => b'0',
            NewCode::First => b'1',
            NewCode::Changed => b'2',
        }
    }
}

/// 振込指定区分.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferKind {
    /// 7: テレ振込.
    Wire,
    /// 8: 文書振込.
    Document,
    /// 0: for banks that do not use the field.
    Unused,
}

impl TransferKind {
    pub(super) const fn byte(self) -> u8 {
        match self {
            TransferKind::Wire => b'7',
            TransferKind::Document => b'8',
            TransferKind::Unused => b'0',
        }
    }
}

/// What becomes of ヲ in names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wo {
    /// オ is written: the list of characters leaves ヲ out, and most banks keep to it.
    Fold,
    /// ヲ is written, for a bank that follows the revised list.
    Keep,
}
