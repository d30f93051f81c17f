//! Payments: bank accounts, and the batch in which grants are sent.

use crate::{ClaimId, InstitutionCode, Yen};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The kind of a bank account (預金種目).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    /// 普通.
    Ordinary,
    /// 当座.
    Current,
    /// 貯蓄.
    Savings,
    /// その他.
    Other,
}

/// A bank account. Names are in kana as the bank keeps them, in any width; the payment file folds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    /// 銀行番号, 4 digits.
    pub bank_code: String,
    /// 銀行名, kana.
    pub bank_name: String,
    /// 支店番号, 3 digits.
    pub branch_code: String,
    /// 支店名, kana.
    pub branch_name: String,
    /// 預金種目.
    pub kind: AccountKind,
    /// 口座番号, up to 7 digits.
    pub number: String,
    /// 口座名義, kana.
    pub holder: String,
}

/// Who pays (委託者) and from which account (仕向).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// 委託者コード, 10 digits.
    pub consignor_code: String,
    /// 委託者名, kana.
    pub consignor_name: String,
    /// The account that is debited.
    pub account: BankAccount,
}

/// One payment of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// For which claim.
    pub claim_id: ClaimId,
    /// To whom.
    pub facility_code: InstitutionCode,
    /// Its name, as people read it.
    pub facility_name: String,
    /// How much.
    pub amount_yen: Yen,
    /// Where to.
    pub account: BankAccount,
}

/// A payment batch (支払バッチ): complete and unchanging once prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentBatch {
    /// Its id.
    pub id: String,
    /// 振込指定日.
    pub pay_on: Date,
    /// Who pays.
    pub payer: Payer,
    /// To whom how much, in the order of the claims' ids.
    pub payments: Vec<Payment>,
}

impl PaymentBatch {
    /// The sum of its payments; `None` above [`Yen::MAX`].
    pub fn total_yen(&self) -> Option<Yen> {
        Yen::checked_sum(self.payments.iter().map(|payment| payment.amount_yen))
    }
}
