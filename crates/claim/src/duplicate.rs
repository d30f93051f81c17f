//! Duplicates: the same receipt in two claims, how that shows, and what a person said of it.

use crate::{ClaimId, InstitutionCode, Lang};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// What a page looks like, in 256 bits: pages that look alike differ in few of them, whatever their bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageHash(pub [u8; 32]);

impl PageHash {
    /// How many bits differ.
    pub fn distance(&self, other: &PageHash) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Whether nothing stands on the page that could tell it from another.
    pub fn is_blank(&self) -> bool {
        self.0.iter().map(|byte| byte.count_ones()).sum::<u32>() < 16
    }
}

impl fmt::Display for PageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for PageHash {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        // As many digits as a SHA-256 has, and written alike.
        text.parse::<crate::Sha256>().map(|hash| PageHash(hash.0))
    }
}

impl Serialize for PageHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PageHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// By what two receipts seem to be one, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// The same file.
    SameBytes,
    /// The same issuer (or registration number), day and amount.
    SameFacts,
    /// Pages that look alike, and no fact that was read surely speaks against it.
    SamePage,
}

impl Likeness {
    /// The code of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            Likeness::SameBytes => "same-bytes",
            Likeness::SameFacts => "same-facts",
            Likeness::SamePage => "same-page",
        }
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Likeness::SameBytes, Lang::Ja) => "同じファイル",
            (Likeness::SameBytes, Lang::En) => "the same file",
            (Likeness::SameFacts, Lang::Ja) => "発行者・日付・金額が同じ",
            (Likeness::SameFacts, Lang::En) => "same issuer, day and amount",
            (Likeness::SamePage, Lang::Ja) => "見た目がほぼ同じページ",
            (Likeness::SamePage, Lang::En) => "pages that look alike",
        }
    }
}

/// What a person said of two claims that seem to have the same receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DuplicateVerdict {
    /// It is one receipt.
    Same,
    /// They are two.
    Different,
}

impl DuplicateVerdict {
    /// The code, as stored.
    pub const fn code(self) -> &'static str {
        match self {
            DuplicateVerdict::Same => "same",
            DuplicateVerdict::Different => "different",
        }
    }

    /// The verdict of a code.
    pub fn from_code(code: &str) -> Option<DuplicateVerdict> {
        [DuplicateVerdict::Same, DuplicateVerdict::Different].into_iter().find(|verdict| verdict.code() == code)
    }

    /// As people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (DuplicateVerdict::Same, Lang::Ja) => "同じ領収書",
            (DuplicateVerdict::Different, Lang::Ja) => "別の領収書",
            (DuplicateVerdict::Same, Lang::En) => "the same receipt",
            (DuplicateVerdict::Different, Lang::En) => "different receipts",
        }
    }
}

/// A receipt that seems to stand in another claim too, with both places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleDuplicate {
    /// The file of this claim.
    pub file: String,
    /// Its page, from 1, where it is a page that looks alike.
    pub page: Option<u32>,
    /// The other claim.
    pub other_claim: ClaimId,
    /// Its facility.
    pub other_facility: InstitutionCode,
    /// Its file.
    pub other_file: String,
    /// The page of that.
    pub other_page: Option<u32>,
    /// By what.
    pub why: Likeness,
    /// What a person has said of the two claims, if anybody has.
    pub verdict: Option<DuplicateVerdict>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_as_far_apart_as_their_bits() {
        let mut bytes = [0b1010_1010; 32];
        let page = PageHash(bytes);
        bytes[3] ^= 0b0101;
        assert_eq!((page.distance(&page), page.distance(&PageHash(bytes))), (0, 2));
        assert_eq!(page.to_string().parse::<PageHash>().unwrap(), page);
        assert!(!page.is_blank() && PageHash([0; 32]).is_blank());
        assert!("zz".parse::<PageHash>().is_err());
    }
}
