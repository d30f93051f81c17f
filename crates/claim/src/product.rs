//! Products: what an in-kind grant (現物給付) gives instead of yen, and how a facility asks for it.

use crate::Value;
use crate::programme::text_id;
use serde::{Deserialize, Serialize};

text_id!(
    /// The id of a product that a programme offers, such as `fujitsu-caora`.
    ProductId
);

/// One choice (希望) of an application for products: a line of the form's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// 希望順位: 1 for 第一希望, 2 for 第二希望.
    pub rank: u8,
    /// Which product.
    pub product: ProductId,
    /// 台数, 1 or more.
    pub units: u32,
}

impl Choice {
    /// The ranks that the form has (002, 様式2: 第一, 第二).
    pub const RANKS: std::ops::RangeInclusive<u8> = 1..=2;
    /// More units than any form has room for; a slip of the pen, not a wish.
    pub const MOST_UNITS: u32 = 9_999;
}

/// So many units of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProductUnits {
    /// Which product.
    pub product: ProductId,
    /// メーカー名.
    pub maker: String,
    /// 製品名（型番）.
    pub name: String,
    /// 台数.
    pub units: u32,
}

impl ProductUnits {
    /// Maker and name, as people read it.
    pub fn label(&self) -> String {
        format!("{} {}", self.maker, self.name)
    }
}

impl From<&ProductId> for Value {
    fn from(product: &ProductId) -> Value {
        Value::from(product.as_str())
    }
}
