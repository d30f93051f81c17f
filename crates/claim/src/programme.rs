//! Ids of claims and programmes, and the categories of expenses.

use crate::Lang;
use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

pub(crate) use text_id;

text_id!(
    /// The id of a claim (申請), unique in a store.
    ClaimId
);
text_id!(
    /// The id of a programme (補助事業), such as `home-consent`.
    ProgrammeId
);

/// What an expense was for. The codes are those of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// モバイル端末等: smartphones and tablets.
    MobileTerminal,
    /// レセプトコンピュータの改修.
    ReceiptComputer,
    /// 汎用カードリーダー connected to a computer or tablet.
    CardReader,
    /// Anything else; never eligible.
    Other,
}

impl Category {
    /// All of them.
    pub const ALL: [Category; 4] =
        [Category::MobileTerminal, Category::ReceiptComputer, Category::CardReader, Category::Other];

    /// The code of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            Category::MobileTerminal => "mobile_terminal",
            Category::ReceiptComputer => "receipt_computer",
            Category::CardReader => "card_reader",
            Category::Other => "other",
        }
    }

    /// The category of a code.
    pub fn from_code(code: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|category| category.code() == code)
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Category::MobileTerminal, Lang::Ja) => "モバイル端末等",
            (Category::MobileTerminal, Lang::En) => "mobile terminals",
            (Category::ReceiptComputer, Lang::Ja) => "レセプトコンピュータの改修",
            (Category::ReceiptComputer, Lang::En) => "receipt computer changes",
            (Category::CardReader, Lang::Ja) => "汎用カードリーダー",
            (Category::CardReader, Lang::En) => "card readers",
            (Category::Other, Lang::Ja) => "その他",
            (Category::Other, Lang::En) => "other",
        }
    }
}
