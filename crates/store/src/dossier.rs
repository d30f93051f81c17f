//! What the store knows of a claim when it is to be assessed, gathered at one moment.

use crate::database::{Tx, within};
use crate::row::At;
use crate::{Store, StoreError, claims, facilities, sql};
use claim::{ClaimId, Dossier, DossierDocument, InstitutionCode, PossibleDuplicate, ProgrammeId, ReceiptReading, Yen};
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

/// What makes a receipt the same receipt although its bytes differ.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReceiptFacts {
    /// The registration number and the folded name of the issuer, as far as they were read.
    pub(crate) issuers: Vec<String>,
    pub(crate) issued_on: Date,
    pub(crate) total: Yen,
}

/// The facts of a receipt; `None` if day, amount or issuer could not be read.
pub(crate) fn receipt_facts(receipt: &ReceiptReading) -> Option<ReceiptFacts> {
    let number = receipt.registration_number.as_ref().map(|field| fold(&field.value));
    let name = receipt.issuer.as_ref().map(|field| fold(&field.value));
    let mut issuers: Vec<String> = number.into_iter().chain(name).filter(|issuer| !issuer.is_empty()).collect();
    issuers.dedup();
    if issuers.is_empty() {
        return None;
    }
    Some(ReceiptFacts {
        issuers,
        issued_on: receipt.issued_on.as_ref()?.value,
        total: receipt.total_yen.as_ref()?.value,
    })
}

/// A name for comparison: widths and compatibility forms (㈱) made one, spaces and case dropped, 株式会社 and 有限会社 as
/// people abbreviate them.
fn fold(name: &str) -> String {
    let plain: String = name
        .nfkc()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control())
        .flat_map(char::to_lowercase)
        .collect();
    plain.replace("株式会社", "(株)").replace("有限会社", "(有)")
}

type DuplicateRow = (i64, String, String, String);

async fn duplicates(
    tx: &mut Tx,
    statement: &'static str,
    why: &str,
    id: &ClaimId,
    revision: u32,
) -> Result<Vec<(i64, PossibleDuplicate)>, StoreError> {
    let rows: Vec<DuplicateRow> =
        within!(*tx, |c| sqlx::query_as(statement).bind(id.as_str()).bind(i64::from(revision)).fetch_all(c).await?);
    rows.into_iter()
        .map(|(position, file, other_claim, other_facility)| {
            let other_facility: InstitutionCode = At::new("claims", &other_claim).facility_code(&other_facility)?;
            let other_claim = ClaimId::from(other_claim);
            Ok((position, PossibleDuplicate { file, other_claim, other_facility, why: why.to_owned() }))
        })
        .collect()
}

impl Store {
    /// Everything that the assessment of a claim's current revision rests on, of one moment. The revision must have been
    /// read.
    ///
    /// Earlier grants are the register's and this store's own (other claims of the facility that are approved or
    /// further on). Duplicates are receipts with the same bytes, known from submission on, or the same issuer (or
    /// registration number), day and amount, known once read; claims that are rejected, returned or withdrawn do not
    /// count.
    pub async fn dossier(&self, id: &ClaimId) -> Result<Dossier, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        let documents = claims::documents(&mut tx, id, claim.revision).await?;
        let readings = claims::readings(&mut tx, id, claim.revision).await?;
        if documents.len() != readings.len() {
            return Err(StoreError::Argument {
                what: "readings of the claim's documents",
                found: format!("{} of {} for {id}", readings.len(), documents.len()),
                expected: "one a document: the claim has to be read first".to_owned(),
            });
        }
        let facility = facilities::get(&mut tx, &claim.facility_code).await?;

        let mut earlier_grants = facility.as_ref().map(|row| row.earlier_grants.clone()).unwrap_or_default();
        let own: Vec<String> = within!(tx, |c| sqlx::query_scalar(sql::GRANTS_TO_FACILITY)
            .bind(claim.facility_code.as_str())
            .bind(id.as_str())
            .fetch_all(c)
            .await?);
        for programme in own.into_iter().map(ProgrammeId::from) {
            if !earlier_grants.contains(&programme) {
                earlier_grants.push(programme);
            }
        }

        let mut found = duplicates(&mut tx, sql::DUPLICATES_BY_BYTES, "same-bytes", id, claim.revision).await?;
        for (position, by_facts) in
            duplicates(&mut tx, sql::DUPLICATES_BY_FACTS, "same-facts", id, claim.revision).await?
        {
            // The same bytes have the same facts; that is said once.
            if !found.iter().any(|(at, known)| *at == position && known.other_claim == by_facts.other_claim) {
                found.push((position, by_facts));
            }
        }
        found.sort_by(|(at, one), (other, two)| (at, &one.other_claim).cmp(&(other, &two.other_claim)));

        Ok(Dossier {
            claim_id: claim.id,
            programme: claim.programme,
            submitted_at: claim.submitted_at,
            claimed_yen: claim.claimed_yen,
            facility_code: claim.facility_code,
            facility,
            earlier_grants,
            documents: documents
                .into_iter()
                .zip(readings)
                .map(|(document, reading)| DossierDocument { declared: document.declared, reading })
                .collect(),
            duplicates: found.into_iter().map(|(_, duplicate)| duplicate).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn an_issuer_is_the_same_however_its_name_is_written() {
        for written in ["株式会社 医療システム", "㈱医療システム", "(株)医療 システム", "（株）医療ｼｽﾃﾑ"]
        {
            assert_eq!(fold(written), "(株)医療システム");
        }
        assert_eq!(fold("Ｔ１２３"), fold("t123"));
        assert_ne!(fold("医療システム株式会社"), fold("株式会社医療システム"));
    }
}
