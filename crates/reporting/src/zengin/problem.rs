//! Why a payment file cannot be written: all reasons at once, each with its claim, field, what was found and what to do.

use claim::{AccountKind, ClaimId, Lang, Yen};
use std::fmt;

/// Why a payment file cannot be written. Nothing is written while one problem stands: a file without one payment would
/// be another batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment file of batch {batch} cannot be written:{}", lines(.problems, Lang::En))]
pub struct PaymentFileError {
    /// The batch.
    pub batch: String,
    /// Every problem, in the order of the payments; at least one.
    pub problems: Vec<PaymentProblem>,
}

impl PaymentFileError {
    /// As people of `lang` read it, one problem a line.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::Ja => {
                format!("支払バッチ {} の振込ファイルを作成できません。{}", self.batch, lines(&self.problems, lang))
            }
            Lang::En => self.to_string(),
        }
    }
}

fn lines(problems: &[PaymentProblem], lang: Lang) -> String {
    problems.iter().map(|problem| format!("\n- {}", problem.message(lang))).collect()
}

/// One thing that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentProblem {
    /// The claim that is paid; `None` for the payer and for the batch as a whole.
    pub claim: Option<ClaimId>,
    /// Which field.
    pub field: PaymentField,
    /// What is wrong with it.
    pub fault: PaymentFault,
}

/// A field of the payment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentField {
    /// 委託者コード.
    ConsignorCode,
    /// 委託者名.
    ConsignorName,
    /// 銀行番号.
    BankCode,
    /// 銀行名.
    BankName,
    /// 支店番号.
    BranchCode,
    /// 支店名.
    BranchName,
    /// 預金種目.
    AccountKind,
    /// 口座番号.
    AccountNumber,
    /// 口座名義.
    Holder,
    /// 振込金額.
    Amount,
    /// 受付番号: the claim itself.
    Claim,
    /// 合計件数.
    Count,
    /// 合計金額.
    Total,
}

impl PaymentField {
    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (PaymentField::ConsignorCode, Lang::Ja) => "委託者コード",
            (PaymentField::ConsignorCode, Lang::En) => "consignor code",
            (PaymentField::ConsignorName, Lang::Ja) => "委託者名",
            (PaymentField::ConsignorName, Lang::En) => "consignor name",
            (PaymentField::BankCode, Lang::Ja) => "銀行番号",
            (PaymentField::BankCode, Lang::En) => "bank code",
            (PaymentField::BankName, Lang::Ja) => "銀行名",
            (PaymentField::BankName, Lang::En) => "bank name",
            (PaymentField::BranchCode, Lang::Ja) => "支店番号",
            (PaymentField::BranchCode, Lang::En) => "branch code",
            (PaymentField::BranchName, Lang::Ja) => "支店名",
            (PaymentField::BranchName, Lang::En) => "branch name",
            (PaymentField::AccountKind, Lang::Ja) => "預金種目",
            (PaymentField::AccountKind, Lang::En) => "account kind",
            (PaymentField::AccountNumber, Lang::Ja) => "口座番号",
            (PaymentField::AccountNumber, Lang::En) => "account number",
            (PaymentField::Holder, Lang::Ja) => "口座名義",
            (PaymentField::Holder, Lang::En) => "account holder",
            (PaymentField::Amount, Lang::Ja) => "振込金額",
            (PaymentField::Amount, Lang::En) => "amount",
            (PaymentField::Claim, Lang::Ja) => "受付番号",
            (PaymentField::Claim, Lang::En) => "claim",
            (PaymentField::Count, Lang::Ja) => "合計件数",
            (PaymentField::Count, Lang::En) => "number of payments",
            (PaymentField::Total, Lang::Ja) => "合計金額",
            (PaymentField::Total, Lang::En) => "total",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentFault {
    /// Characters that have no byte in this field of a bank file.
    Characters {
        /// Each of them once, after folding, in the order of the text.
        found: Vec<char>,
        /// The whole text.
        text: String,
    },
    /// A name that is empty, or holds only spaces.
    Empty,
    /// Not a number of so many digits.
    Digits {
        /// What stood there.
        found: String,
        /// How many digits the field has.
        digits: usize,
        /// Whether fewer are right too (and are filled up with zeros).
        fewer: bool,
    },
    /// A kind of account that this field does not take.
    Kind {
        /// What stood there.
        found: AccountKind,
    },
    /// Nothing to pay.
    Nothing,
    /// More than the field holds.
    TooMuch {
        /// What stood there; `None` above [`Yen::MAX`].
        found: Option<Yen>,
        /// The most that it holds.
        most: Yen,
    },
    /// More payments than one file counts.
    TooMany {
        /// How many there are.
        found: usize,
        /// The most that one file counts.
        most: usize,
    },
    /// The same claim stands in the batch before.
    Twice,
}

impl PaymentProblem {
    /// As people of `lang` read it: where, what was found and expected, and what to do.
    pub fn message(&self, lang: Lang) -> String {
        let field = self.field.name(lang);
        let whole_batch = matches!(self.field, PaymentField::Count | PaymentField::Total);
        let place = match (&self.claim, lang) {
            (Some(claim), Lang::Ja) if self.field == PaymentField::Claim => format!("申請 {claim}"),
            (Some(claim), Lang::En) if self.field == PaymentField::Claim => format!("claim {claim}"),
            (Some(claim), Lang::Ja) => format!("申請 {claim} の{field}"),
            (Some(claim), Lang::En) => format!("{field} of claim {claim}"),
            (None, Lang::Ja) if whole_batch => format!("支払バッチの{field}"),
            (None, Lang::En) if whole_batch => format!("{field} of the batch"),
            (None, Lang::Ja) => format!("振込依頼人の{field}"),
            (None, Lang::En) => format!("{field} of the payer"),
        };
        format!("{place}: {}", self.fault.message(self.field, lang))
    }
}

impl fmt::Display for PaymentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl PaymentFault {
    /// As people of `lang` read it: what was found in `field`, what was expected, and what to do.
    pub fn message(&self, field: PaymentField, lang: Lang) -> String {
        match lang {
            Lang::Ja => self.ja(field),
            Lang::En => self.en(),
        }
    }

    fn ja(&self, field: PaymentField) -> String {
        match self {
            PaymentFault::Characters { found, text } => {
                let shown: String = found.iter().map(|c| format!("「{}」", named(*c))).collect();
                let advice = match field {
                    PaymentField::BankName | PaymentField::BranchName => {
                        "カナ・英大文字・数字・ハイフンで登録し直してください"
                    }
                    _ if found == &['・'] => "通帳の表記に合わせて、空白またはピリオドに直してください",
                    _ => "通帳のカナ表記のとおりに登録し直してください",
                };
                format!("「{text}」の{shown}は、振込ファイルで使用できない文字です。{advice}。")
            }
            PaymentFault::Empty => "登録がありません。通帳のカナ表記のとおりに登録してください。".to_owned(),
            PaymentFault::Digits { found, digits, fewer } => {
                let most = if *fewer { "以内" } else { "" };
                format!("「{found}」は{digits}桁{most}の数字ではありません。登録を確かめて、直してください。")
            }
            PaymentFault::Kind { found } => format!(
                "{}は振込依頼人の口座として指定できません。普通、当座またはその他の口座を登録してください。",
                kind_name(*found)
            ),
            PaymentFault::Nothing => {
                "支払うものがありません。金額と、支払バッチに含まれる申請を確かめてください。".to_owned()
            }
            PaymentFault::TooMuch { found, most } => {
                let found = found.map_or_else(|| "扱える上限を超える額".to_owned(), |yen| format!("{yen}円"));
                format!("{found}は、上限の{most}円を超えています。金額を確かめ、支払バッチを分けてください。")
            }
            PaymentFault::TooMany { found, most } => {
                format!("{found}件は、一つのファイルの上限の{most}件を超えています。支払バッチを分けてください。")
            }
            PaymentFault::Twice => "同じ申請が支払バッチに2回以上含まれています。一つだけを残してください。".to_owned(),
        }
    }

    fn en(&self) -> String {
        match self {
            PaymentFault::Characters { found, text } => format!(
                "found {} in {text:?}, expected characters of a bank file; register it in kana as the bank writes it",
                found.iter().map(|c| named(*c)).collect::<Vec<_>>().join(", ")
            ),
            PaymentFault::Empty => "found nothing, expected a name; register it as the bank writes it".to_owned(),
            PaymentFault::Digits { found, digits, fewer } => format!(
                "found {found:?}, expected {}{digits} digits; check the register",
                if *fewer { "up to " } else { "" }
            ),
            PaymentFault::Kind { found } => {
                format!("found {found:?}, expected Ordinary, Current or Other; register another account of the payer")
            }
            PaymentFault::Nothing => "found nothing to pay, expected at least 1 yen; check the batch".to_owned(),
            PaymentFault::TooMuch { found, most } => {
                let found = found.map_or_else(|| format!("more than {}", Yen::MAX), |yen| yen.to_string());
                format!("found {found} yen, expected at most {most}; check the amounts or divide the batch")
            }
            PaymentFault::TooMany { found, most } => {
                format!("found {found} payments, expected at most {most}; divide the batch")
            }
            PaymentFault::Twice => "found a second payment of the same claim, expected one; remove it".to_owned(),
        }
    }
}

/// A character and its code point: a mark without its kana, or a control character, cannot be seen by itself.
fn named(c: char) -> String {
    format!("{} U+{:04X}", c.escape_debug(), u32::from(c))
}

/// As people read it.
pub(crate) const fn kind_name(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Ordinary => "普通",
        AccountKind::Current => "当座",
        AccountKind::Savings => "貯蓄",
        AccountKind::Other => "その他",
    }
}
