//! Claims as they come in: from a bundle, from a page, or again after a return.

use crate::{Office, OfficeError, Told, hash, json};
use claim::{
    Actor, Choice, ClaimId, Document, DocumentKind, InstitutionCode, Lang, ProgrammeId, Sha256, StatedField, Yen,
};
use decision_log::{Event, SubmittedClaim, SubmittedDocument};
use jiff::Timestamp;
use serde::Serialize;
use store::{NewClaim, Resubmission, Submitted};

/// What a facility sends as one claim, or as a new revision of one. The documents are stored already.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// By whom.
    pub facility: InstitutionCode,
    /// When.
    pub submitted_at: Timestamp,
    /// What it asks for, if it says.
    pub claimed_yen: Option<Yen>,
    /// The products that it asks for, where the programme grants in kind.
    pub choices: Vec<Choice>,
    /// The claim that this is a new revision of, after a return.
    pub revises: Option<ClaimId>,
    /// Its files, in order.
    pub documents: Vec<Document>,
    /// What the facility states of them, by the places of that order.
    pub stated: Vec<StatedField>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored and queued to be read.
    New(ClaimId),
    /// The same was sent before and is this claim.
    AlreadyThere(ClaimId),
}

/// What was sent, whatever way it came. The same sent twice is one claim.
#[derive(Serialize)]
struct Identity<'a> {
    programme: &'a ProgrammeId,
    facility: &'a InstitutionCode,
    submitted_at: Timestamp,
    claimed_yen: Option<Yen>,
    // Left out where there are none: the ids of claims for money stay what they were.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    choices: &'a [Choice],
    revises: Option<&'a str>,
    documents: Vec<(DocumentKind, &'a str, Sha256)>,
    // As above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stated: Vec<(u32, String, &'a str)>,
}

impl Submission {
    /// The hash of what the facility sent.
    pub fn identity(&self) -> Sha256 {
        hash(&json(&Identity {
            programme: &self.programme,
            facility: &self.facility,
            submitted_at: self.submitted_at,
            claimed_yen: self.claimed_yen,
            choices: &self.choices,
            revises: self.revises.as_ref().map(ClaimId::as_str),
            documents: self.documents.iter().map(|d| (d.declared, d.file.as_str(), d.sha256)).collect(),
            stated: self.stated.iter().map(|one| (one.position, one.field.to_string(), one.value.as_str())).collect(),
        }))
    }

    /// The id of the claim that this becomes: 48 bits of its identity, in twelve digits that can be read out over the
    /// telephone.
    pub fn claim_id(&self) -> ClaimId {
        let identity = self.identity().to_string().to_uppercase();
        ClaimId::from(format!("K-{}-{}-{}", &identity[..4], &identity[4..8], &identity[8..12]))
    }
}

impl Office {
    /// Takes a claim back for its facility, as it was looked at. What was sent is kept.
    pub async fn withdraw(&self, id: &ClaimId, seen: u64, by: &Actor) -> Result<(), OfficeError> {
        let claim = self.claim(id).await?.claim;
        if !claim.state.may_be_taken_back() {
            return Err(Told::new(
                format!("申請 {id} は「{}」の状態で、取り下げることができません。", claim.state.name(Lang::Ja)),
                format!("claim {id} is {} and can no longer be withdrawn", claim.state.code()),
            )
            .coded("not-withdrawable")
            .into());
        }
        let event = Event::ClaimWithdrawn { claim_id: id.clone(), revision: claim.revision };
        self.store.withdraw(id, seen, &[self.entry(by, event)]).await?;
        Ok(())
    }

    /// Takes a submission as `by`: claim, documents, log entry and first job are one transaction.
    pub async fn submit(&self, submission: &Submission, by: &Actor) -> Result<Accepted, OfficeError> {
        let identity = submission.identity();
        let id = match &submission.revises {
            Some(id) => id.clone(),
            None => submission.claim_id(),
        };
        let revision = match &submission.revises {
            Some(id) => self.claim(id).await?.claim.revision + 1,
            None => 1,
        };
        let event = Event::ClaimSubmitted(SubmittedClaim {
            claim_id: id.clone(),
            revision,
            programme: submission.programme.clone(),
            facility: submission.facility.clone(),
            submitted_at: submission.submitted_at,
            claimed_yen: submission.claimed_yen,
            choices: submission.choices.clone(),
            documents: submission.documents.iter().map(SubmittedDocument::from).collect(),
        });
        let entry = self.entry(by, event);
        let submitted = match &submission.revises {
            None => {
                let claim = NewClaim {
                    id: id.clone(),
                    programme: submission.programme.clone(),
                    facility_code: submission.facility.clone(),
                    submitted_at: submission.submitted_at,
                    claimed_yen: submission.claimed_yen,
                    choices: submission.choices.clone(),
                    bundle_sha256: identity,
                    documents: submission.documents.clone(),
                    stated: submission.stated.clone(),
                };
                self.store.submit(&claim, &[entry]).await?
            }
            Some(_) => {
                let again = Resubmission {
                    claim_id: id.clone(),
                    submitted_at: submission.submitted_at,
                    claimed_yen: submission.claimed_yen,
                    choices: submission.choices.clone(),
                    bundle_sha256: identity,
                    documents: submission.documents.clone(),
                    stated: submission.stated.clone(),
                };
                self.store.resubmit(&again, &[entry]).await?
            }
        };
        Ok(match submitted {
            Submitted::Accepted => Accepted::New(id),
            Submitted::AlreadyThere(id) => Accepted::AlreadyThere(id),
        })
    }
}
