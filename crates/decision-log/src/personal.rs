//! Personal data in entries. Whatever text may name or describe a person stands in a payload as a salted commitment,
//! `committed:` and SHA-256(salt, text); salt and text are kept beside the log. Once they are erased nobody can tell what
//! stood there, and every proof still holds.
//!
//! What counts as personal is decided here, by what a text comes from and not by what it looks like: names and words
//! from documents (values of findings, names of files and sheets), reasons that people wrote, and bank accounts. Codes, days, sums,
//! categories, the programmes' own words, ids of claims, facilities and accounts do not. A value under a key that
//! [`OPEN_KEYS`] does not have is personal, so that a new finding cannot open what nobody thought of.

use crate::{Entry, Event};
use claim::{Finding, LogEntry, PersonalValue, Sha256, Value};
use sha2::Digest;
use std::collections::BTreeMap;

/// What stands before the hash.
const COMMITTED: &str = "committed:";

/// Keys of findings whose texts come from the rules, the register's codes or the calendar, never from a document or a
/// person.
const OPEN_KEYS: [&str; 32] = [
    "categories_en",
    "categories_ja",
    "category",
    "deadline_on",
    "document",
    "document_en",
    "document_ja",
    "field",
    "field_en",
    "field_ja",
    "first_deadline_on",
    "granted",
    "granted_en",
    "granted_ja",
    "kind",
    "maker",
    "name",
    "numbers",
    "opens_on",
    "other_claim",
    "other_facility",
    "products",
    "products_en",
    "products_ja",
    "purchased_on",
    "reason_en",
    "reason_ja",
    "submitted_at",
    "submitted_on",
    "why",
    "why_en",
    "why_ja",
];

/// The commitment to a text.
pub fn commitment(salt: &[u8; 32], text: &str) -> Sha256 {
    // The salt has one length, so that no other salt and text are the same bytes.
    Sha256(sha2::Sha256::new_with_prefix(salt).chain_update(text).finalize().into())
}

/// The commitment that a text in a payload is, if it is one.
pub fn committed(text: &str) -> Option<Sha256> {
    let digits = text.strip_prefix(COMMITTED)?;
    // One form: upper-case digits would be other bytes with the same meaning.
    digits.parse().ok().filter(|hash: &Sha256| hash.to_string() == digits)
}

impl Entry {
    /// The entry as it is stored: its payload with commitments in the place of personal data, and these beside it.
    ///
    /// `salt` gives 32 random bytes at each call. Within an entry the same text has the same commitment, so that an
    /// assessment can be compared with its findings even when their texts are gone.
    pub fn commit(mut self, mut salt: impl FnMut() -> [u8; 32]) -> LogEntry {
        let mut known: BTreeMap<String, PersonalValue> = BTreeMap::new();
        self.event.personal(&mut |text| {
            let value = known.entry(text.clone()).or_insert_with(|| {
                let salt = salt();
                PersonalValue { commitment: commitment(&salt, text), salt, text: text.clone() }
            });
            *text = format!("{COMMITTED}{}", value.commitment);
        });
        let about = self.event.about(self.at, self.by.clone());
        LogEntry { payload: self.to_bytes(), personal: known.into_values().collect(), about }
    }

    /// The commitments in an entry that was read, in its order, each once.
    pub fn commitments(&self) -> Vec<Sha256> {
        let mut found = Vec::new();
        self.event.clone().personal(&mut |text| {
            if let Some(hash) = committed(text)
                && !found.contains(&hash)
            {
                found.push(hash);
            }
        });
        found
    }

    /// Puts the texts back that `known` has; the commitments of the others stay, and their number is returned.
    pub fn open<'a>(&mut self, known: impl Fn(&Sha256) -> Option<&'a str>) -> u64 {
        let mut erased = 0;
        self.event.personal(&mut |text| {
            let Some(hash) = committed(text) else { return };
            match known(&hash) {
                Some(value) => value.clone_into(text),
                None => erased += 1,
            }
        });
        erased
    }

    /// Whether all personal data in it is committed to.
    pub(crate) fn is_committed(&self) -> bool {
        let mut all = true;
        self.event.clone().personal(&mut |text| all &= committed(text).is_some());
        all
    }
}

impl Event {
    /// Calls `each` with every text of the event that may name or describe a person.
    fn personal(&mut self, each: &mut impl FnMut(&mut String)) {
        match self {
            Event::ClaimAssessed(assessed) => {
                for finding in assessed.observed.iter_mut().chain(&mut assessed.assessment.findings) {
                    of_finding(finding, each);
                }
            }
            Event::ClaimDecided { decision } | Event::ClaimAwaitsBudget { decision, .. } => {
                decision.reason.iter_mut().for_each(each);
            }
            Event::DuplicateJudged { reason, .. }
            | Event::BudgetSet { reason, .. }
            | Event::GrantWithdrawn { reason, .. }
            | Event::ResultCorrected { reason, .. } => each(reason),
            Event::FacilityAccountChanged { account, .. } | Event::FacilityAccountLooked { account, .. } => {
                each(account);
            }
            Event::FieldAdjusted(field) => {
                field.old.iter_mut().for_each(&mut *each);
                each(&mut field.new);
                each(&mut field.reason);
            }
            Event::ClaimNoted { note, .. } => each(note),
            // Ids, codes, sums, days and hashes; the numbers of notices and batches are made of ids.
            Event::FacilityRegisterChanged { .. }
            | Event::ClaimSubmitted(_)
            | Event::ClaimRead { .. }
            | Event::ClaimInReview { .. }
            | Event::NoticeIssued { .. }
            | Event::BatchPrepared(_)
            | Event::BatchReleased { .. }
            | Event::BatchReleaseAgreed { .. }
            | Event::BatchCancelled { .. }
            | Event::ClaimWithdrawn { .. }
            | Event::BankListImported { .. }
            | Event::ResultsReceived(_)
            | Event::RulesetProposed { .. }
            | Event::RulesetAgreed { .. }
            | Event::FacilityInvited { .. }
            | Event::AccountAdded { .. }
            | Event::AccountChanged { .. }
            | Event::CredentialsChanged { .. }
            | Event::AccountContactChanged { .. }
            | Event::IdentityLinked { .. }
            | Event::IdentityUnlinked { .. }
            | Event::TokenAdded { .. }
            | Event::TokenEnded { .. }
            | Event::DocumentReceived { .. }
            | Event::ClaimViewed { .. }
            | Event::ReassessmentAsked { .. }
            | Event::ClaimHandedOver { .. }
            | Event::PersonalDataErased { .. } => {}
        }
    }
}

fn of_finding(finding: &mut Finding, each: &mut impl FnMut(&mut String)) {
    if let Some(place) = &mut finding.place {
        place.file.iter_mut().chain(&mut place.spot.sheet).for_each(&mut *each);
    }
    for (key, value) in &mut finding.values {
        if !OPEN_KEYS.contains(&key.as_str()) {
            of_value(value, each);
        }
    }
}

fn of_value(value: &mut Value, each: &mut impl FnMut(&mut String)) {
    match value {
        Value::Number(_) => {}
        Value::Text(text) => each(text),
        Value::List(all) => all.iter_mut().for_each(|value| of_value(value, each)),
    }
}
