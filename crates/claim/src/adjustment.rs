//! Adjustments: a person corrects what was read from a document. What was read stays as it was; the dossier has the value
//! that the person saw, certain, with the reason.

use crate::{
    Actor, Category, Confidence, DocumentKind, Field, InstitutionCode, ItemizationReading, Lang, Reading,
    ReceiptReading, RegistrationNumber, Spot, Yen, parse_day,
};
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// A field of a reading that a person can adjust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadField {
    /// 領収金額.
    ReceiptTotal,
    /// 発行日.
    ReceiptDay,
    /// 宛名.
    ReceiptPayee,
    /// 発行者.
    ReceiptIssuer,
    /// 登録番号.
    ReceiptRegistration,
    /// The itemization's 合計.
    ItemizationTotal,
    /// The itemization's 医療機関等コード.
    ItemizationFacility,
    /// The amount of a line, from 0.
    LineAmount(u32),
    /// The category of a line, from 0.
    LineCategory(u32),
}

/// Those that a document has once, each with its code and names.
const SINGLE: [(ReadField, &str, &str, &str); 7] = [
    (ReadField::ReceiptTotal, "receipt.total_yen", "領収金額", "total of the receipt"),
    (ReadField::ReceiptDay, "receipt.issued_on", "領収書の日付", "date of the receipt"),
    (ReadField::ReceiptPayee, "receipt.payee", "宛名", "payee"),
    (ReadField::ReceiptIssuer, "receipt.issuer", "発行者", "issuer"),
    (ReadField::ReceiptRegistration, "receipt.registration_number", "登録番号", "registration number"),
    (ReadField::ItemizationTotal, "itemization.total_yen", "内訳書の合計", "total of the itemization"),
    (ReadField::ItemizationFacility, "itemization.facility_code", "内訳書の医療機関等コード", "institution code"),
];

impl fmt::Display for ReadField {
    /// The code, as stored.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadField::LineAmount(line) => write!(f, "itemization.lines.{line}.amount_yen"),
            ReadField::LineCategory(line) => write!(f, "itemization.lines.{line}.category"),
            // The list has every other one.
            single => f.write_str(SINGLE.iter().find(|one| one.0 == *single).map_or("", |one| one.1)),
        }
    }
}

impl FromStr for ReadField {
    type Err = String;

    fn from_str(code: &str) -> Result<ReadField, String> {
        if let Some(one) = SINGLE.iter().find(|one| one.1 == code) {
            return Ok(one.0);
        }
        let line = code.strip_prefix("itemization.lines.").and_then(|rest| rest.split_once('.'));
        line.and_then(|(line, what)| match (line.parse(), what) {
            (Ok(line), "amount_yen") => Some(ReadField::LineAmount(line)),
            (Ok(line), "category") => Some(ReadField::LineCategory(line)),
            _ => None,
        })
        // One way to write each.
        .filter(|field| field.to_string() == code)
        .ok_or_else(|| format!("found field {code:?}, expected one of a receipt or an itemization"))
    }
}

impl ReadField {
    /// As people read it.
    pub fn name(self, lang: Lang) -> String {
        match (self, lang) {
            (ReadField::LineAmount(line), Lang::Ja) => format!("内訳 {}行目の金額", line + 1),
            (ReadField::LineAmount(line), Lang::En) => format!("amount of line {}", line + 1),
            (ReadField::LineCategory(line), Lang::Ja) => format!("内訳 {}行目の区分", line + 1),
            (ReadField::LineCategory(line), Lang::En) => format!("category of line {}", line + 1),
            (single, lang) => {
                let (_, _, ja, en) = SINGLE.iter().find(|one| one.0 == single).copied().unwrap_or(SINGLE[0]);
                if lang == Lang::Ja { ja } else { en }.to_owned()
            }
        }
    }

    /// What a reading has there, as it would be typed; `None` where nothing was read.
    pub fn value(self, reading: &Reading) -> Option<String> {
        let receipt = reading.receipt.as_ref();
        let itemization = reading.itemization.as_ref();
        let line = |line: u32| itemization?.lines.get(usize::try_from(line).ok()?);
        match self {
            ReadField::ReceiptTotal => receipt?.total_yen.as_ref().map(|field| field.value.get().to_string()),
            ReadField::ReceiptDay => receipt?.issued_on.as_ref().map(|field| field.value.to_string()),
            ReadField::ReceiptPayee => receipt?.payee.as_ref().map(|field| field.value.clone()),
            ReadField::ReceiptIssuer => receipt?.issuer.as_ref().map(|field| field.value.clone()),
            ReadField::ReceiptRegistration => receipt?.registration_number.as_ref().map(|field| field.value.clone()),
            ReadField::ItemizationTotal => itemization?.total_yen.as_ref().map(|field| field.value.get().to_string()),
            ReadField::ItemizationFacility => itemization?.facility_code.as_ref().map(|field| field.value.clone()),
            ReadField::LineAmount(at) => line(at).map(|line| line.amount_yen.get().to_string()),
            ReadField::LineCategory(at) => line(at)?.category.map(|category| category.code().to_owned()),
        }
    }
}

/// What a facility states that a document says, where it was not read rightly. It becomes an [`Adjustment`] of the facility's
/// once the documents of the claim have been read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatedField {
    /// Which document, by its position.
    pub position: u32,
    /// Which field.
    pub field: ReadField,
    /// What it says, as it was typed.
    pub value: String,
}

/// What a person corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Which document of the revision, from 0.
    pub position: u32,
    /// Which field.
    pub field: ReadField,
    /// What it is, as it was typed.
    pub value: String,
    /// By whom.
    pub by: Actor,
}

/// Why a field cannot be set to a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdjustmentError {
    /// The document has no such field.
    #[error("the document has no such field; reload the page")]
    NoField,
    /// Not a value of the field.
    #[error("found {found:?}, expected {}", expected.1)]
    Value {
        /// What was typed.
        found: String,
        /// What it has to be, in both languages.
        expected: (&'static str, &'static str),
    },
}

impl AdjustmentError {
    /// What is wrong and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (AdjustmentError::NoField, Lang::Ja) => {
                "この書類に、その項目はありません。画面を開き直してください。".to_owned()
            }
            (AdjustmentError::Value { found, expected }, Lang::Ja) => {
                format!("「{found}」は使用できません。{}を入力してください。", expected.0)
            }
            (error, Lang::En) => error.to_string(),
        }
    }
}

const AN_AMOUNT: (&str, &str) = ("1円単位の金額（数字）", "a whole number of yen");
const A_DAY: (&str, &str) = ("日付（例 令和8年1月31日、2026-01-31）", "a day, such as 2026-01-31");
const A_CODE: (&str, &str) = ("10桁の医療機関等コード", "an institution code of 10 digits");
const A_NUMBER: (&str, &str) = ("Tと13桁の数字", "T and 13 digits");
const A_TEXT: (&str, &str) = ("1文字以上200文字以内の文字", "1 to 200 characters");
const A_CATEGORY: (&str, &str) = ("区分", "a category");

impl Adjustment {
    /// Puts the value into the reading of its document.
    pub fn apply(&self, reading: &mut Reading) -> Result<(), AdjustmentError> {
        let wrong = |expected| AdjustmentError::Value { found: self.value.clone(), expected };
        match self.field {
            ReadField::ReceiptTotal => {
                let yen = self.yen()?;
                self.put(&mut receipt(reading)?.total_yen, yen);
            }
            ReadField::ReceiptDay => {
                let day: Date = parse_day(&self.value).map_err(|_| wrong(A_DAY))?;
                self.put(&mut receipt(reading)?.issued_on, day);
            }
            ReadField::ReceiptPayee => {
                let payee = self.text()?;
                self.put(&mut receipt(reading)?.payee, payee);
            }
            ReadField::ReceiptIssuer => {
                let issuer = self.text()?;
                self.put(&mut receipt(reading)?.issuer, issuer);
            }
            ReadField::ReceiptRegistration => {
                let number = RegistrationNumber::parse(&self.value).map_err(|_| wrong(A_NUMBER))?;
                self.put(&mut receipt(reading)?.registration_number, number.to_string());
            }
            ReadField::ItemizationTotal => {
                let yen = self.yen()?;
                self.put(&mut itemization(reading)?.total_yen, yen);
            }
            ReadField::ItemizationFacility => {
                let code = InstitutionCode::parse(&self.value).map_err(|_| wrong(A_CODE))?;
                self.put(&mut itemization(reading)?.facility_code, code.to_string());
            }
            ReadField::LineAmount(at) => {
                let yen = self.yen()?;
                let line = line(reading, at)?;
                line.amount_yen = yen;
                line.confidence = self.confidence();
            }
            ReadField::LineCategory(at) => {
                let category = Category::from_code(self.value.trim()).ok_or_else(|| wrong(A_CATEGORY))?;
                let line = line(reading, at)?;
                line.category = Some(category);
                line.category_reason = Some(self.reason());
                line.confidence = line.confidence.min(self.confidence());
            }
        }
        Ok(())
    }

    /// A value that a facility states is worth a look and no more: below what the rules take for read, so that a person
    /// looks at it wherever it matters.
    fn confidence(&self) -> Confidence {
        if self.by.is_facility() { Confidence::from_per_mille(500) } else { Confidence::CERTAIN }
    }

    fn reason(&self) -> String {
        format!("adjusted by {}", self.by)
    }

    fn put<T>(&self, place: &mut Option<Field<T>>, value: T) {
        let spot = place.as_ref().map_or_else(Spot::default, |field| field.spot.clone());
        let reasons = vec![self.reason()];
        *place = Some(Field { value, confidence: self.confidence(), spot, text: self.value.clone(), reasons });
    }

    fn yen(&self) -> Result<Yen, AdjustmentError> {
        let plain: String =
            self.value.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '円' | '¥' | '\\')).collect();
        let digits = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| plain.parse().ok().and_then(|yen| Yen::new(yen).ok()))
            .flatten()
            .ok_or_else(|| AdjustmentError::Value { found: self.value.clone(), expected: AN_AMOUNT })
    }

    fn text(&self) -> Result<String, AdjustmentError> {
        let text = self.value.trim();
        let fits = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
            .ok_or_else(|| AdjustmentError::Value { found: self.value.clone(), expected: A_TEXT })
    }
}

/// The receipt of a reading. A document that is a receipt, or of which too little was read to tell, can be given one.
fn receipt(reading: &mut Reading) -> Result<&mut ReceiptReading, AdjustmentError> {
    if reading.receipt.is_none() && reading.kind != DocumentKind::Receipt {
        return Err(AdjustmentError::NoField);
    }
    Ok(reading.receipt.get_or_insert_default())
}

fn itemization(reading: &mut Reading) -> Result<&mut ItemizationReading, AdjustmentError> {
    reading.itemization.as_mut().ok_or(AdjustmentError::NoField)
}

fn line(reading: &mut Reading, at: u32) -> Result<&mut crate::ItemizationLine, AdjustmentError> {
    let at = usize::try_from(at).map_err(|_| AdjustmentError::NoField)?;
    itemization(reading)?.lines.get_mut(at).ok_or(AdjustmentError::NoField)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ItemizationLine, Problem, ProblemCode, Sha256};

    fn reading() -> Reading {
        let mut reading = Reading::unreadable("a.pdf", Sha256([0; 32]), "x", Problem::new(ProblemCode::NothingFound));
        reading.kind = DocumentKind::Receipt;
        reading.itemization = Some(ItemizationReading {
            lines: vec![ItemizationLine {
                description: "端末".to_owned(),
                category: None,
                category_reason: None,
                quantity: None,
                unit_price_yen: None,
                amount_yen: Yen::ZERO,
                eligible: None,
                spot: Spot::default(),
                confidence: Confidence::default(),
            }],
            ..ItemizationReading::default()
        });
        reading
    }

    fn set(reading: &mut Reading, field: ReadField, value: &str) -> Result<(), AdjustmentError> {
        Adjustment { position: 0, field, value: value.to_owned(), by: Actor::staff("sato") }.apply(reading)
    }

    #[test]
    fn every_field_is_set_certain_and_read_back_as_it_would_be_typed() {
        let mut reading = reading();
        for (field, typed, value) in [
            (ReadField::ReceiptTotal, "１２８，０００円", "128000"),
            (ReadField::ReceiptDay, "令和8年1月31日", "2026-01-31"),
            (ReadField::ReceiptPayee, " 青空クリニック ", "青空クリニック"),
            (ReadField::ReceiptIssuer, "株式会社見本", "株式会社見本"),
            (ReadField::ReceiptRegistration, "T7-0001-2345-6789", "T7000123456789"),
            (ReadField::ItemizationTotal, "¥1,000", "1000"),
            (ReadField::ItemizationFacility, "1310110049", "1310110049"),
            (ReadField::LineAmount(0), "500", "500"),
            (ReadField::LineCategory(0), "card_reader", "card_reader"),
        ] {
            assert_eq!(field.to_string().parse(), Ok(field));
            set(&mut reading, field, typed).unwrap_or_else(|error| panic!("{field} {error}"));
            assert_eq!(field.value(&reading).as_deref(), Some(value), "{field}");
        }
        let total = reading.receipt.unwrap().total_yen.unwrap();
        assert_eq!((total.confidence, total.reasons), (Confidence::CERTAIN, vec!["adjusted by staff:sato".to_owned()]));
    }

    #[test]
    fn what_a_facility_states_is_not_taken_for_read() {
        let mut reading = reading();
        for (field, value) in [(ReadField::ReceiptTotal, "128000"), (ReadField::LineCategory(0), "card_reader")] {
            let by = Actor::facility("1310110049");
            Adjustment { position: 0, field, value: value.to_owned(), by }.apply(&mut reading).unwrap();
        }
        let total = reading.receipt.unwrap().total_yen.unwrap();
        assert_eq!(total.confidence, Confidence::from_per_mille(500));
        assert!(reading.itemization.unwrap().lines[0].confidence <= Confidence::from_per_mille(500));
    }

    #[test]
    fn what_is_no_value_of_the_field_is_refused_and_changes_nothing() {
        let before = reading();
        let mut reading = before.clone();
        for (field, typed) in [
            (ReadField::ReceiptTotal, "-5"),
            (ReadField::ReceiptTotal, ""),
            (ReadField::ReceiptTotal, "99999999999999999999"),
            (ReadField::ReceiptDay, "2026-02-30"),
            (ReadField::ReceiptPayee, " "),
            (ReadField::ReceiptRegistration, "T123"),
            (ReadField::ItemizationFacility, "123"),
            (ReadField::LineCategory(0), "smartphone"),
        ] {
            let error = set(&mut reading, field, typed).unwrap_err();
            assert!(error.message(Lang::Ja).contains("入力してください"), "{field}");
        }
        assert_eq!(set(&mut reading, ReadField::LineAmount(1), "5"), Err(AdjustmentError::NoField));
        assert_eq!(reading, before);
        for code in ["itemization.lines.01.amount_yen", "itemization.lines.0.spot", "receipt", ""] {
            assert!(code.parse::<ReadField>().is_err(), "{code}");
        }
    }
}
