//! A person's word on two claims that seem to have the same receipt; it is remembered.

use crate::{Office, OfficeError, Told};
use claim::{Actor, ClaimId, DuplicateVerdict};
use decision_log::Event;
use store::NewVerdict;

impl Office {
    /// `by` says whether two claims have the same receipt, and why.
    pub async fn judge_duplicate(
        &self,
        id: &ClaimId,
        other: &ClaimId,
        verdict: DuplicateVerdict,
        by: &Actor,
        reason: &str,
    ) -> Result<(), OfficeError> {
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(Told::new("判断の理由を示してください。", "a verdict needs a reason")
                .coded("reason-missing")
                .into());
        }
        // Both are there, and one of them seems to have the other's receipt.
        self.claim(id).await?;
        self.claim(other).await?;
        let known = self.store.duplicates(id).await?.into_iter().any(|one| one.other_claim == *other)
            || self.store.duplicates(other).await?.into_iter().any(|one| one.other_claim == *id);
        if !known {
            return Err(Told::new(
                format!("申請 {id} と申請 {other} には、同じ領収書と思われるものがありません。"),
                format!("claims {id} and {other} have no receipts that seem to be one"),
            )
            .coded("no-duplicate")
            .into());
        }
        let new = NewVerdict {
            claim_id: id.clone(),
            other_claim: other.clone(),
            verdict,
            judged_by: by.clone(),
            judged_at: self.now(),
            reason: reason.clone(),
        };
        let event = Event::DuplicateJudged { claim_id: id.clone(), other_claim: other.clone(), verdict, reason };
        self.store.judge_duplicate(&new, &[self.entry(by, event)]).await?;
        Ok(())
    }
}
