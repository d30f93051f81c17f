//! From columns to the types of `claim` and back. What does not fit is a damaged row, named by table and key.

use crate::StoreError;
use claim::{BankAccount, ClaimState, InstitutionCode, Sha256, Yen};
use jiff::{Timestamp, civil::Date};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Display;

/// A row, for messages.
pub(crate) struct At {
    table: &'static str,
    row: String,
}

impl At {
    pub(crate) fn new(table: &'static str, row: impl Display) -> At {
        At { table, row: row.to_string() }
    }

    pub(crate) fn wrong(&self, what: String) -> StoreError {
        StoreError::Integrity { table: self.table, row: self.row.clone(), what }
    }

    pub(crate) fn count(&self, number: i64) -> Result<u64, StoreError> {
        u64::try_from(number).map_err(|_| self.wrong(format!("found {number}, expected 0 or more")))
    }

    pub(crate) fn small(&self, number: i64) -> Result<u32, StoreError> {
        u32::try_from(number).map_err(|_| self.wrong(format!("found {number}, expected 0 to {}", u32::MAX)))
    }

    pub(crate) fn yen(&self, number: i64) -> Result<Yen, StoreError> {
        Yen::new(number).map_err(|error| self.wrong(error.to_string()))
    }

    pub(crate) fn hash(&self, text: &str) -> Result<Sha256, StoreError> {
        text.parse().map_err(|error| self.wrong(error))
    }

    pub(crate) fn time(&self, milliseconds: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(milliseconds).map_err(|error| self.wrong(error.to_string()))
    }

    pub(crate) fn day(&self, text: &str) -> Result<Date, StoreError> {
        text.parse().map_err(|error: jiff::Error| self.wrong(error.to_string()))
    }

    pub(crate) fn facility_code(&self, text: &str) -> Result<InstitutionCode, StoreError> {
        InstitutionCode::parse(text).map_err(|error| self.wrong(error.to_string()))
    }

    pub(crate) fn state(&self, code: &str) -> Result<ClaimState, StoreError> {
        ClaimState::from_code(code).ok_or_else(|| self.wrong(format!("found {code:?}, expected a state of a claim")))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.wrong(error.to_string()))
    }

    pub(crate) fn account(&self, text: Option<&str>) -> Result<Option<BankAccount>, StoreError> {
        text.map(|text| self.json(text)).transpose()
    }

    /// The value of a code, for enums that only serde knows the codes of.
    pub(crate) fn code<T: DeserializeOwned>(&self, code: &str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(code.to_owned()))
            .map_err(|error| self.wrong(error.to_string()))
    }
}

/// An enum of codes as they are stored.
macro_rules! codes {
    ($(#[$of:meta])* $enum:ident $what:literal { $($(#[$doc:meta])* $name:ident $code:literal)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$doc])* $name,)* }

        impl $enum {
            /// All of them.
            pub const ALL: &'static [$enum] = &[$($enum::$name,)*];

            /// As stored.
            pub const fn code(self) -> &'static str {
                match self { $($enum::$name => $code,)* }
            }

            fn from_code(at: &$crate::row::At, code: &str) -> Result<$enum, $crate::StoreError> {
                $enum::ALL.iter().copied().find(|each| each.code() == code)
                    .ok_or_else(|| at.wrong(format!("found {code:?}, expected {}", $what)))
            }
        }
    };
}

pub(crate) use codes;

/// JSON for a column. The types of `claim` have text keys and no values that JSON cannot hold.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unfit(error.to_string()))
}

/// The code of an enum without fields, as serde writes it.
pub(crate) fn code<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => Ok(code),
        Ok(other) => Err(unfit(other.to_string())),
        Err(error) => Err(unfit(error.to_string())),
    }
}

fn unfit(found: String) -> StoreError {
    StoreError::Argument { what: "a value to be stored", found, expected: "what JSON can hold".to_owned() }
}
