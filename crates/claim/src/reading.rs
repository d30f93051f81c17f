//! What the ingest stage reads from a document: each field with its place, the text it was read from and a confidence.

use crate::{Category, DocumentKind, Lang, PageHash, Place, Sha256, Values, Yen, fill};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeSet;

/// How sure the reader is that a field is right, from 0 to 1 in steps of a thousandth (so that equal is equal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Confidence(u16);

impl Confidence {
    /// Certain: read from text or a cell that can be nothing else.
    pub const CERTAIN: Confidence = Confidence(1000);

    /// From thousandths; more than 1000 counts as 1000.
    pub const fn from_per_mille(per_mille: u16) -> Confidence {
        Confidence(if per_mille > 1000 { 1000 } else { per_mille })
    }

    /// In thousandths.
    pub const fn per_mille(self) -> u16 {
        self.0
    }
}

impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Confidence {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        if !(0.0..=1.0).contains(&share) {
            return Err(de::Error::custom(format!("found {share}, expected a confidence from 0 to 1")));
        }
        Ok(Confidence((share * 1000.0).round() as u16))
    }
}

/// Where in a document something stood: page and box, or sheet and cell.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Spot {
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<u32>,
    /// Left, top, right, bottom in PDF points or pixels of the page, from its top left.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none", default)]
    pub bounds: Option<[i32; 4]>,
    /// The sheet's name, for a workbook.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sheet: Option<String>,
    /// The cell, such as `B7`; a CSV counts rows from 1 and columns from A.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cell: Option<String>,
}

/// A value that was read, with what it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Field<T> {
    /// What it means.
    pub value: T,
    /// How sure.
    pub confidence: Confidence,
    /// Where it stood.
    #[serde(flatten)]
    pub spot: Spot,
    /// The text as it stood there.
    pub text: String,
    /// Why this candidate was taken: labels, form, arithmetic that agrees.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<String>,
}

/// How a document was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Text of a born-digital PDF.
    Text,
    /// Optical character recognition.
    Ocr,
    /// Cells of a workbook or CSV.
    Sheet,
}

/// Tax of one rate on a receipt (適格請求書: per rate, domain.md 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaxLine {
    /// Percent: 10 or 8.
    pub rate: u8,
    /// What the tax is on.
    pub base_yen: Option<Yen>,
    /// The tax.
    pub tax_yen: Option<Yen>,
    /// Whether `base_yen` already includes the tax (税込 or 内税).
    pub base_includes_tax: bool,
}

/// A receipt (領収書).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReceiptReading {
    /// 領収金額, tax included.
    pub total_yen: Option<Field<Yen>>,
    /// 発行日; the day of purchase.
    pub issued_on: Option<Field<Date>>,
    /// 宛名, without 様 or 御中.
    pub payee: Option<Field<String>>,
    /// 発行者.
    pub issuer: Option<Field<String>>,
    /// 登録番号, `T` and 13 digits, as read (its check digit may fail).
    pub registration_number: Option<Field<String>>,
    /// 但し書き.
    pub proviso: Option<Field<String>>,
    /// Tax by rate.
    pub tax: Vec<TaxLine>,
}

/// A line of an itemization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ItemizationLine {
    /// 項目 and 内訳 as written.
    pub description: String,
    /// What it was for; `None` when it cannot be told from the words (一式 alone).
    pub category: Option<Category>,
    /// The words that told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category_reason: Option<String>,
    /// 数量.
    pub quantity: Option<Decimal>,
    /// 単価; may have a fraction of a yen.
    pub unit_price_yen: Option<Decimal>,
    /// 金額, tax included.
    pub amount_yen: Yen,
    /// What the facility says: in the column of eligible amounts (true), of ineligible ones (false), or no such column.
    pub eligible: Option<bool>,
    /// Where its amount stood.
    #[serde(flatten)]
    pub spot: Spot,
    /// How sure of the amount.
    pub confidence: Confidence,
}

/// An itemization (領収書内訳書).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ItemizationReading {
    /// Its lines, in order.
    pub lines: Vec<ItemizationLine>,
    /// 総額 or 合計 as written; `None` if it has none.
    pub total_yen: Option<Field<Yen>>,
    /// 医療機関名, if it names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payee: Option<Field<String>>,
    /// 医療機関等コード, if it names one, as digits: all ten, or those that the form asks for (9: prefecture and
    /// 医療機関コード; 7: 医療機関コード alone).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub facility_code: Option<Field<String>>,
}

/// Why a file, or a part of it, could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The file cannot be opened where it is said to be.
    NotFound,
    /// 0 bytes.
    Empty,
    /// A password is needed.
    Encrypted,
    /// More bytes, pixels or cells than are read (`found`, `expected`).
    TooLarge,
    /// More pages than are read.
    TooManyPages,
    /// Not what its first bytes promise, or cut off.
    Damaged,
    /// A kind of file that is not read here.
    Unsupported,
    /// Took longer than a document may.
    TimedOut,
    /// Needed more memory than a document may, or brought the reader down.
    ReaderFailed,
    /// Nothing to be read on it: blank or too blurred.
    NothingFound,
    /// A cell or line whose number is not whole, not positive or not a number.
    InvalidAmount,
    /// A formula whose result was not saved.
    FormulaWithoutValue,
    /// The text could not be decoded (neither UTF-8 nor CP932).
    Encoding,
    /// Pages after the first hold another document.
    SeveralDocuments,
    /// A form with no line filled in.
    NotFilledIn,
    /// A sheet without a table of costs.
    TableMissing,
    /// Amounts in hidden rows, columns or sheets, which are not counted.
    HiddenAmounts,
    /// What is written is not what its parts come to (`found`, `expected`).
    DoesNotAddUp,
    /// An amount in a table beside which nothing says what it was for.
    DescriptionMissing,
}

impl ProblemCode {
    /// All of them.
    pub const ALL: [ProblemCode; 19] = [
        ProblemCode::NotFound,
        ProblemCode::Empty,
        ProblemCode::Encrypted,
        ProblemCode::TooLarge,
        ProblemCode::TooManyPages,
        ProblemCode::Damaged,
        ProblemCode::Unsupported,
        ProblemCode::TimedOut,
        ProblemCode::ReaderFailed,
        ProblemCode::NothingFound,
        ProblemCode::InvalidAmount,
        ProblemCode::FormulaWithoutValue,
        ProblemCode::Encoding,
        ProblemCode::SeveralDocuments,
        ProblemCode::NotFilledIn,
        ProblemCode::TableMissing,
        ProblemCode::HiddenAmounts,
        ProblemCode::DoesNotAddUp,
        ProblemCode::DescriptionMissing,
    ];

    /// Whether nothing of where it stands (the document, or one page) could be read because of it; else the rest stands.
    pub const fn is_fatal(self) -> bool {
        !matches!(
            self,
            ProblemCode::InvalidAmount
                | ProblemCode::FormulaWithoutValue
                | ProblemCode::SeveralDocuments
                | ProblemCode::NothingFound
                | ProblemCode::HiddenAmounts
                | ProblemCode::DoesNotAddUp
                | ProblemCode::DescriptionMissing
        )
    }

    /// What is wrong and what to do, with places for values.
    const fn template(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (ProblemCode::NotFound, Lang::Ja) => {
                "ファイルを開けません（{found}）。ファイルの場所と名前をご確認ください。"
            }
            (ProblemCode::NotFound, Lang::En) => "The file cannot be opened ({found}). Check where it is and its name.",
            (ProblemCode::Empty, Lang::Ja) => "ファイルが空（0バイト）です。内容のあるファイルをお送りください。",
            (ProblemCode::Empty, Lang::En) => "The file is empty (0 bytes). Send one with contents.",
            (ProblemCode::Encrypted, Lang::Ja) => {
                "パスワードが設定されています。パスワードを外したファイルをお送りください。"
            }
            (ProblemCode::Encrypted, Lang::En) => "The file needs a password. Send it without one.",
            (ProblemCode::TooLarge, Lang::Ja) => {
                "大きすぎます（{found}、上限 {expected}）。分割するか、解像度を下げてお送りください。"
            }
            (ProblemCode::TooLarge, Lang::En) => {
                "Too large ({found}, at most {expected}). Split it or lower its resolution."
            }
            (ProblemCode::TooManyPages, Lang::Ja) => {
                "ページ数が多すぎます（{found}ページ、上限 {expected}ページ）。必要なページだけをお送りください。"
            }
            (ProblemCode::TooManyPages, Lang::En) => {
                "Too many pages ({found}, at most {expected}). Send only those needed."
            }
            (ProblemCode::Damaged, Lang::Ja) => {
                "ファイル（{found}）が壊れているか、途中で切れています。元の書類からもう一度作成してお送りください。"
            }
            (ProblemCode::Damaged, Lang::En) => {
                "The file ({found}) is damaged or cut off. Make it again from the original and send it."
            }
            (ProblemCode::Unsupported, Lang::Ja) => {
                "読み取れない形式です（{found}）。{expected} のいずれかでお送りください。"
            }
            (ProblemCode::Unsupported, Lang::En) => "This kind of file is not read ({found}). Send one of: {expected}.",
            (ProblemCode::TimedOut, Lang::Ja) => {
                "読み取りが {expected} 以内に終わりませんでした。ページを分けるか、別の形式でお送りください。"
            }
            (ProblemCode::TimedOut, Lang::En) => {
                "Reading took longer than {expected}. Split the pages or send another format."
            }
            (ProblemCode::ReaderFailed, Lang::Ja) => {
                "読み取りを続けられませんでした（{found}）。別の形式（PDFまたは画像）で作成し直してお送りください。"
            }
            (ProblemCode::ReaderFailed, Lang::En) => {
                "Reading could not go on ({found}). Make the file again in another format (PDF or picture)."
            }
            (ProblemCode::NothingFound, Lang::Ja) => {
                "文字を読み取れませんでした。明るい場所で、書類全体がはっきり写るように撮り直してください。"
            }
            (ProblemCode::NothingFound, Lang::En) => {
                "No text could be read. Take the picture again in good light with the whole page in it."
            }
            (ProblemCode::InvalidAmount, Lang::Ja) => "金額として扱えません（{found}）。{expected}で記入してください。",
            (ProblemCode::InvalidAmount, Lang::En) => "Not an amount ({found}). Enter {expected}.",
            (ProblemCode::FormulaWithoutValue, Lang::Ja) => {
                "数式の計算結果が保存されていません。表計算ソフトで開いて保存し直すか、値で記入してください。"
            }
            (ProblemCode::FormulaWithoutValue, Lang::En) => {
                "A formula without a saved result. Open and save it in a spreadsheet, or enter the value."
            }
            (ProblemCode::Encoding, Lang::Ja) => {
                "文字コードを判別できません。UTF-8 または Shift_JIS（Excel の CSV 形式）で保存してください。"
            }
            (ProblemCode::Encoding, Lang::En) => {
                "The encoding is not known. Save it as UTF-8 or Shift_JIS (Excel's CSV)."
            }
            (ProblemCode::SeveralDocuments, Lang::Ja) => {
                "一つのファイルに複数の書類が含まれています（{found}）。書類ごとに分けてお送りください。"
            }
            (ProblemCode::SeveralDocuments, Lang::En) => {
                "One file holds several documents ({found}). Send each as a file of its own."
            }
            (ProblemCode::NotFilledIn, Lang::Ja) => {
                "領収書内訳書が記入されていません（{found}の下に、記入された行がありません）。領収書に含まれる費用を1行に1件ずつ記入してお送りください。"
            }
            (ProblemCode::NotFilledIn, Lang::En) => {
                "The itemization is not filled in (no line under {found}). Enter each cost of the receipt on a line of its own."
            }
            (ProblemCode::TableMissing, Lang::Ja) => {
                "費用の一覧（「品名」と「金額」の見出しがある表）が見つかりません。領収書内訳書の様式に記入してお送りください。"
            }
            (ProblemCode::TableMissing, Lang::En) => {
                "No table of costs (with the heads 品名 and 金額) was found. Fill in the itemization template and send it."
            }
            (ProblemCode::HiddenAmounts, Lang::Ja) => {
                "非表示の部分に金額があります（{found}）。非表示の金額は集計していません。必要な金額は表示し、不要なものは削除してお送りください。"
            }
            (ProblemCode::HiddenAmounts, Lang::En) => {
                "There are amounts in a hidden part ({found}); they are not counted. Show what is needed and delete the rest."
            }
            (ProblemCode::DoesNotAddUp, Lang::Ja) => {
                "計算が合いません（記載 {found}、計算 {expected}）。金額を確かめ、訂正してください。"
            }
            (ProblemCode::DoesNotAddUp, Lang::En) => {
                "This does not add up (written {found}, worked out {expected}). Check the amounts and correct them."
            }
            (ProblemCode::DescriptionMissing, Lang::Ja) => {
                "品名・内容の記入がない金額があります（{found}）。何の費用かを記入してください。"
            }
            (ProblemCode::DescriptionMissing, Lang::En) => "An amount without a name ({found}). Say what it was for.",
        }
    }
}

/// A problem met while reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Which.
    pub code: ProblemCode,
    /// Where.
    pub place: Place,
    /// `found`, `expected` and the like.
    pub values: Values,
}

impl Problem {
    /// A problem without place or values.
    pub fn new(code: ProblemCode) -> Problem {
        Problem { code, place: Place::default(), values: Values::new() }
    }

    /// At `place`.
    pub fn at(mut self, place: Place) -> Problem {
        self.place = place;
        self
    }

    /// With a value: `found`, `expected`.
    pub fn with(mut self, key: &str, value: impl Into<crate::Value>) -> Problem {
        self.values.insert(key.to_owned(), value.into());
        self
    }

    /// What is wrong and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        fill(self.code.template(lang), &self.values, lang)
    }

    /// With its message, for output.
    pub fn view(&self, lang: Lang) -> ProblemView<'_> {
        ProblemView { code: self.code, place: &self.place, values: &self.values, message: self.message(lang) }
    }
}

/// A problem as it is printed.
#[derive(Debug, Serialize)]
pub struct ProblemView<'a> {
    code: ProblemCode,
    place: &'a Place,
    #[serde(skip_serializing_if = "Values::is_empty")]
    values: &'a Values,
    message: String,
}

/// What was read from one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reading {
    /// The file's name, as given.
    pub file: String,
    /// Its bytes.
    pub sha256: Sha256,
    /// From its first bytes, never from its name.
    pub media_type: String,
    /// How many pages or sheets.
    pub pages: u32,
    /// How; `None` when nothing could be read.
    pub method: Option<Method>,
    /// What the document is; `other` when it cannot be told.
    pub kind: DocumentKind,
    /// What its pages look like, in their order; empty for cells.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub page_hashes: Vec<PageHash>,
    /// Set when it was read as a receipt (also an estimate or invoice sent in its place).
    pub receipt: Option<ReceiptReading>,
    /// Set when it was read as an itemization.
    pub itemization: Option<ItemizationReading>,
    /// What went wrong; what is good beside it stands.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// A document of which nothing could be read, and why.
    pub fn unreadable(file: &str, sha256: Sha256, media_type: &str, problem: Problem) -> Reading {
        Reading {
            file: file.to_owned(),
            sha256,
            media_type: media_type.to_owned(),
            pages: 0,
            method: None,
            kind: DocumentKind::Other,
            page_hashes: Vec::new(),
            receipt: None,
            itemization: None,
            problems: vec![problem],
        }
    }

    /// Whether nothing of it can be used: it could not be opened, or every page of it was lost. Where only some were, the rest
    /// stands.
    pub fn is_unreadable(&self) -> bool {
        let lost = || self.problems.iter().filter(|problem| problem.code.is_fatal());
        let lost_pages: BTreeSet<u32> = lost().filter_map(|problem| problem.place.spot.page).collect();
        lost().any(|problem| problem.place.spot.page.is_none())
            || !lost_pages.is_empty() && lost_pages.len() >= self.pages as usize
    }

    /// Whether the document could be opened, and nothing on it was what was looked for.
    pub fn holds_nothing(&self) -> bool {
        self.problems.iter().any(|problem| problem.code == ProblemCode::NothingFound)
    }

    /// With messages for people of `lang`, for output.
    pub fn view(&self, lang: Lang) -> ReadingView<'_> {
        ReadingView {
            file: &self.file,
            sha256: Some(self.sha256),
            media_type: &self.media_type,
            pages: self.pages,
            method: self.method,
            kind: self.kind,
            receipt: self.receipt.as_ref(),
            itemization: self.itemization.as_ref(),
            problems: self.problems.iter().map(|problem| problem.view(lang)).collect(),
        }
    }
}

/// A reading as `kofu read` prints it.
#[derive(Debug, Serialize)]
pub struct ReadingView<'a> {
    file: &'a str,
    /// `None` of a file that was not opened: there are no bytes that could have one.
    sha256: Option<Sha256>,
    media_type: &'a str,
    pages: u32,
    method: Option<Method>,
    kind: DocumentKind,
    receipt: Option<&'a ReceiptReading>,
    itemization: Option<&'a ItemizationReading>,
    problems: Vec<ProblemView<'a>>,
}

impl<'a> ReadingView<'a> {
    /// A file that was not opened, and why.
    pub fn unopened(file: &'a str, problem: &'a Problem, lang: Lang) -> ReadingView<'a> {
        ReadingView {
            file,
            sha256: None,
            media_type: "application/octet-stream",
            pages: 0,
            method: None,
            kind: DocumentKind::Other,
            receipt: None,
            itemization: None,
            problems: vec![problem.view(lang)],
        }
    }
}
