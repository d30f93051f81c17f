//! What the store knows of a claim when it is to be assessed, gathered at one moment.

use crate::{Store, StoreError, claims, duplicates, facilities};
use claim::{ClaimId, Dossier, DossierDocument};

impl Store {
    /// Everything that the assessment of a claim's current revision rests on, of one moment. The revision must have been
    /// read.
    ///
    /// Earlier grants are the register's and this store's own (other claims of the facility that are approved or
    /// further on). Duplicates are those of [`Store::duplicates`]. Readings are as people corrected them.
    pub async fn dossier(&self, id: &ClaimId) -> Result<Dossier, StoreError> {
        let mut tx = self.db.snapshot().await?;
        let claim = claims::summary(&mut tx, id).await?.ok_or_else(|| StoreError::no_claim(id.as_str()))?;
        let documents = claims::documents(&mut tx, id, claim.revision).await?;
        let readings = claims::corrected_readings(&mut tx, id, claim.revision).await?;
        if documents.len() != readings.len() {
            return Err(StoreError::Argument {
                what: "readings of the claim's documents",
                found: format!("{} of {} for {id}", readings.len(), documents.len()),
                expected: "one a document: the claim has to be read first".to_owned(),
            });
        }
        let facility = facilities::get(&mut tx, &claim.facility_code).await?;

        let history = claims::history_of_facility(
            &mut tx,
            id,
            &claim.programme,
            &claim.facility_code,
            facility.as_ref(),
            claim.submitted_at,
        )
        .await?;
        let filed_choices = match claim.revision {
            1 => Vec::new(),
            _ => claims::filed_choices(&mut tx, id).await?,
        };

        let duplicates = duplicates::of(&mut tx, id, claim.revision, &readings).await?;

        Ok(Dossier {
            claim_id: claim.id,
            programme: claim.programme,
            submitted_at: claim.submitted_at,
            claimed_yen: claim.claimed_yen,
            choices: claim.choices,
            filed_choices,
            filed_before: history.filed_before,
            facility_code: claim.facility_code,
            facility,
            earlier_grants: history.earlier_grants,
            documents: documents
                .into_iter()
                .zip(readings)
                .map(|(document, reading)| DossierDocument { declared: document.declared, reading })
                .collect(),
            duplicates,
        })
    }
}
