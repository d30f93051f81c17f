//! Documents: what a facility says a file is, and the hash by which a file is known.

use crate::Lang;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// What a document is. A facility declares only the first two; reading a file may show that it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 領収書.
    Receipt,
    /// 領収書内訳書.
    Itemization,
    /// 見積書.
    Estimate,
    /// 請求書.
    Invoice,
    /// 納品書.
    DeliveryNote,
    /// None of these, or not to be told.
    Other,
}

impl DocumentKind {
    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (DocumentKind::Receipt, Lang::Ja) => "領収書",
            (DocumentKind::Receipt, Lang::En) => "receipt",
            (DocumentKind::Itemization, Lang::Ja) => "領収書内訳書",
            (DocumentKind::Itemization, Lang::En) => "itemization",
            (DocumentKind::Estimate, Lang::Ja) => "見積書",
            (DocumentKind::Estimate, Lang::En) => "estimate",
            (DocumentKind::Invoice, Lang::Ja) => "請求書",
            (DocumentKind::Invoice, Lang::En) => "invoice",
            (DocumentKind::DeliveryNote, Lang::Ja) => "納品書",
            (DocumentKind::DeliveryNote, Lang::En) => "delivery note",
            (DocumentKind::Other, Lang::Ja) => "その他の書類",
            (DocumentKind::Other, Lang::En) => "another document",
        }
    }
}

/// The SHA-256 of some bytes; 64 lower-case hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Sha256 {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("found {text:?}, expected 64 hexadecimal digits");
        // from_str_radix alone would take "+f" for a byte.
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0u8; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Sha256(bytes))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A file that was uploaded with a claim. Its bytes are in object storage under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Document {
    /// Its place among the documents of its claim's revision, from 0.
    pub position: u32,
    /// What the facility says it is.
    pub declared: DocumentKind,
    /// The name it was uploaded under; only shown, never trusted.
    pub file: String,
    /// Its bytes.
    pub sha256: Sha256,
    /// How many bytes.
    pub size_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_hexadecimal_digits_and_nothing_else() {
        let text = "0f".repeat(32);
        assert_eq!(text.parse::<Sha256>().map(|hash| hash.to_string()), Ok(text.clone()));
        for wrong in ["+f".repeat(32), "0g".repeat(32), "あ".repeat(21) + "0", text[1..].to_owned(), text + "0"] {
            assert!(wrong.parse::<Sha256>().is_err(), "{wrong}");
        }
    }
}
