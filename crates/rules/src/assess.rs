//! The one function that assesses: facts and what was observed in, findings, outcome and grant out.

use crate::examine::{Examined, examine};
use crate::listing::document_code;
use crate::programme::{Grant, MoneyTerms, Programme};
use crate::ruleset::Ruleset;
use crate::sum::{Sum, supported, work_out};
use crate::units::{choose, not_offered};
use claim::{
    Assessment, CheckDigit, DocumentKind, Dossier, Facts, Finding, FindingCode, InstitutionCode, Lang, Outcome, Place,
    ProgrammeId, Value, Yen, day_in_japan,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// Why facts cannot be assessed at all. Facts that came through [`Ruleset::parse_facts`] of the same ruleset always can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssessError {
    /// The ruleset has no such programme.
    #[error("claim {claim_id}: programme: found {found:?}, expected one of {known}")]
    UnknownProgramme {
        /// Which claim.
        claim_id: String,
        /// What it names.
        found: String,
        /// The ids that there are.
        known: String,
    },
    /// The expenses come to more than [`Yen::MAX`].
    #[error("claim {claim_id}: expenses: found a sum above {max} yen, expected at most that", max = Yen::MAX)]
    SumTooLarge {
        /// Which claim.
        claim_id: String,
    },
}

/// A dossier that has been examined and assessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// What the sum rests on; `None` when the facility is not in the register or the amounts cannot be summed. Then the
    /// assessment has no trace, and its findings say why.
    pub facts: Option<Facts>,
    /// What the documents gave rise to; with `facts` this is all that a replay needs.
    pub observed: Vec<Finding>,
    /// What the rules say.
    pub assessment: Assessment,
}

impl Ruleset {
    /// Assesses `facts`. `observed` are the findings that documents and register gave rise to (see [`examine`]); they
    /// stand among the others. The same facts, observations and ruleset give the same assessment, byte for byte.
    pub fn assess(&self, facts: &Facts, observed: &[Finding]) -> Result<Assessment, AssessError> {
        let programme = self.programme_of(facts.claim_id.as_str(), &facts.programme)?;
        let day = day_in_japan(facts.submitted_at);
        let mut findings = self.of_the_claim(
            programme,
            facts.submitted_at,
            &facts.earlier_grants,
            &facts.documents,
            &facts.facility.code,
            observed,
        );
        findings.extend(of_the_purchase(programme, day, facts, observed));
        let too_large = || AssessError::SumTooLarge { claim_id: facts.claim_id.as_str().to_owned() };
        let undecided = programme.undecided(facts.facility.kind, day);
        // What is stated is summed as one, too: a total beyond the limit is no total, eligible or not.
        Yen::checked_sum(facts.expenses.iter().map(|expense| expense.amount_yen)).ok_or_else(too_large)?;
        let mut computed_units = Vec::new();
        let sum =
            match (undecided, &programme.grant) {
                // A sum on values that no source states would look like one that can be relied on.
                (Some(undecided), _) => {
                    findings.push(
                        Finding::new(FindingCode::Undecidable)
                            .at(Place::key("facility.kind"))
                            .on(&undecided.reason.source)
                            .with("reason_ja", undecided.reason.value.as_str())
                            .with("reason_en", undecided.reason_en.as_str()),
                    );
                    Sum::nothing()
                }
                (None, Grant::Money(money)) => {
                    let sum = work_out(money, facts.facility.kind, day, &facts.expenses).ok_or_else(too_large)?;
                    if sum.eligible == Yen::ZERO && !observed.iter().any(leaves_amounts_open) {
                        findings.push(no_eligible_expense(money, facts, day));
                    }
                    findings.extend(
                        facts.choices.iter().enumerate().map(|(i, choice)| {
                            not_offered(choice, &[]).at(Place::key(&format!("choices[{i}].product")))
                        }),
                    );
                    sum
                }
                (None, Grant::Products(products)) => {
                    let chosen = choose(products, facts, day);
                    findings.extend(chosen.findings);
                    computed_units = chosen.units;
                    Sum { trace: chosen.trace, ..Sum::nothing() }
                }
            };
        findings.extend(sum.findings);
        if let Some(claimed) = facts.claimed_yen.filter(|claimed| undecided.is_none() && *claimed != sum.computed) {
            findings.push(
                Finding::new(FindingCode::ClaimedAmountDiffers)
                    .at(Place::key("claimed_yen"))
                    .with("claimed_yen", claimed)
                    .with("computed_yen", sum.computed),
            );
        }
        let findings = merged(findings, observed);
        let outcome = Outcome::of(&findings);
        Ok(Assessment {
            claim_id: facts.claim_id.clone(),
            programme: facts.programme.clone(),
            outcome,
            grant_yen: if outcome == Outcome::Approve { sum.computed } else { Yen::ZERO },
            computed_yen: sum.computed,
            grant_units: computed_units.first().filter(|_| outcome == Outcome::Approve).cloned(),
            computed_units,
            findings,
            trace: sum.trace,
            ruleset: self.hash().to_owned(),
        })
    }

    /// Examines a dossier and assesses what it shows. Where no facts can be had (see [`Assessed::facts`]), the outcome
    /// is at least review and the grant 0: nothing about the facility is guessed.
    pub fn assess_dossier(&self, dossier: &Dossier) -> Result<Assessed, AssessError> {
        let programme = self.programme_of(dossier.claim_id.as_str(), &dossier.programme)?;
        let Examined { facts, findings: observed } = examine(programme, dossier);
        if let Some(facts) = facts {
            let assessment = self.assess(&facts, &observed)?;
            return Ok(Assessed { facts: Some(facts), observed, assessment });
        }
        let documents: Vec<DocumentKind> = crate::examine::documents(dossier);
        let findings = self.of_the_claim(
            programme,
            dossier.submitted_at,
            &dossier.earlier_grants,
            &documents,
            &dossier.facility_code,
            &observed,
        );
        let findings = merged(findings, &observed);
        let assessment = Assessment {
            claim_id: dossier.claim_id.clone(),
            programme: dossier.programme.clone(),
            // Facts are only missing with a finding of severity review or more; the floor holds the invariant.
            outcome: Outcome::of(&findings).max(Outcome::Review),
            grant_yen: Yen::ZERO,
            computed_yen: Yen::ZERO,
            grant_units: None,
            computed_units: Vec::new(),
            findings,
            trace: Vec::new(),
            ruleset: self.hash().to_owned(),
        };
        Ok(Assessed { facts: None, observed, assessment })
    }

    fn programme_of(&self, claim_id: &str, id: &ProgrammeId) -> Result<&Programme, AssessError> {
        self.programme(id).ok_or_else(|| AssessError::UnknownProgramme {
            claim_id: claim_id.to_owned(),
            found: id.as_str().to_owned(),
            known: self.known_ids(),
        })
    }

    /// What can be said without knowing the kind of facility and its expenses.
    fn of_the_claim(
        &self,
        programme: &Programme,
        submitted_at: Timestamp,
        earlier_grants: &[ProgrammeId],
        documents: &[DocumentKind],
        code: &InstitutionCode,
        observed: &[Finding],
    ) -> Vec<Finding> {
        let day = day_in_japan(submitted_at);
        let mut findings = Vec::new();
        let deadline = programme.deadline.on(day);
        if day > deadline.value {
            findings.push(
                Finding::new(FindingCode::DeadlinePassed)
                    .at(Place::key("submitted_at"))
                    .on(&deadline.source)
                    .with("submitted_at", submitted_at)
                    .with("deadline_on", deadline.value),
            );
        }
        if let Grant::Products(products) = &programme.grant {
            let first = products.first_deadline.on(day);
            if let Some(on) = first.value.filter(|first| day > *first && day <= deadline.value) {
                findings.push(
                    Finding::new(FindingCode::FirstDeadlinePassed)
                        .at(Place::key("submitted_at"))
                        .on(&first.source)
                        .with("submitted_at", submitted_at)
                        .with("first_deadline_on", on)
                        .with("deadline_on", deadline.value),
                );
            }
        }
        let opens = programme.opens_on.on(day);
        if let Some(first) = opens.value.filter(|first| day < *first) {
            findings.push(
                Finding::new(FindingCode::NotYetOpen)
                    .at(Place::key("submitted_at"))
                    .on(&opens.source)
                    .with("submitted_at", submitted_at)
                    .with("opens_on", first),
            );
        }
        let excluding = programme.excluding_programmes.on(day);
        let mut granted: Vec<&ProgrammeId> = earlier_grants.iter().filter(|id| excluding.value.contains(id)).collect();
        granted.sort();
        granted.dedup();
        if !granted.is_empty() {
            let names = |lang| -> Vec<&str> {
                granted.iter().map(|id| self.programme(id).map_or(id.as_str(), |other| other.name(day, lang))).collect()
            };
            findings.push(
                Finding::new(FindingCode::AlreadyGranted)
                    .at(Place::key("earlier_grants"))
                    .on(&excluding.source)
                    .with("granted", granted.iter().map(|id| id.as_str()).collect::<Vec<_>>())
                    .with("granted_ja", names(Lang::Ja))
                    .with("granted_en", names(Lang::En)),
            );
        }
        findings.extend(of_the_documents(programme, day, documents, observed));
        if code.check_digit() == CheckDigit::Doubtful {
            findings.push(
                Finding::new(FindingCode::InstitutionCodeDoubtful)
                    .at(Place::key("facility.code"))
                    .with("found", code.as_str()),
            );
        }
        findings
    }
}

/// That nothing of what was bought is supported.
fn no_eligible_expense(money: &MoneyTerms, facts: &Facts, day: Date) -> Finding {
    let (names_ja, source) = supported(money, facts.facility.kind, day, Lang::Ja);
    let (names_en, _) = supported(money, facts.facility.kind, day, Lang::En);
    let or_none = |names: Vec<&str>, none: &str| if names.is_empty() { Value::from(none) } else { Value::from(names) };
    let mut finding = Finding::new(FindingCode::NoEligibleExpense)
        .at(Place::key("expenses"))
        .with("categories_ja", or_none(names_ja, "なし"))
        .with("categories_en", or_none(names_en, "none"));
    finding.source = source;
    finding
}

/// Whether a document stands where a receipt should, without being one.
const fn in_place_of_a_receipt(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::Estimate | DocumentKind::Invoice | DocumentKind::DeliveryNote)
}

fn of_the_documents(
    programme: &Programme,
    day: Date,
    documents: &[DocumentKind],
    observed: &[Finding],
) -> Vec<Finding> {
    let required = programme.required_documents.on(day);
    let mut findings = Vec::new();
    let missing = |kind| required.value.contains(&kind) && !documents.contains(&kind);
    // An estimate sent as the receipt is one mistake, and one finding says what to do about it.
    if missing(DocumentKind::Receipt) && !documents.iter().copied().any(in_place_of_a_receipt) {
        findings.push(Finding::new(FindingCode::ReceiptMissing).at(Place::key("documents")).on(&required.source));
    }
    if missing(DocumentKind::Itemization) {
        findings.push(Finding::new(FindingCode::ItemizationMissing).at(Place::key("documents")).on(&required.source));
    }
    // The examination says it with the file's name; facts alone say it here, once a kind.
    if required.value.contains(&DocumentKind::Receipt)
        && !observed.iter().any(|finding| finding.code == FindingCode::EstimateNotReceipt)
    {
        let mut kinds: Vec<DocumentKind> =
            documents.iter().copied().filter(|kind| in_place_of_a_receipt(*kind)).collect();
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            findings.push(estimate_not_receipt(kind, Place::key("documents")));
        }
    }
    findings
}

/// That a document is an estimate, invoice or delivery note.
pub(crate) fn estimate_not_receipt(kind: DocumentKind, place: Place) -> Finding {
    Finding::new(FindingCode::EstimateNotReceipt)
        .at(place)
        .with("document", document_code(kind))
        .with("document_ja", kind.name(Lang::Ja))
        .with("document_en", kind.name(Lang::En))
}

/// What hangs on the day of purchase: the transitional measure, and that it is not after the submission.
fn of_the_purchase(programme: &Programme, day: Date, facts: &Facts, observed: &[Finding]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let measures = programme.transitional_measures.on(day);
    if programme.grants_in_kind() && measures.value.is_empty() {
        // Nothing is bought, and nothing hangs on a day of purchase.
        return findings;
    }
    let measure = facts.facility.transitional_measure;
    let Some(purchased_on) = facts.purchased_on else {
        // Undecidable: no reject, and a person is told. Where there is no receipt to read a day from, or none that can
        // be read, that is said already, and the day matters further only if a measure hangs on it.
        let field = Some(&Value::from(PURCHASED_ON));
        let said = observed
            .iter()
            .any(|finding| finding.code == FindingCode::ReadingUncertain && finding.values.get("field") == field);
        let unread = observed
            .iter()
            .any(|finding| finding.code == FindingCode::DocumentUnreadable && is_of(finding, DocumentKind::Receipt));
        let matters = (facts.documents.contains(&DocumentKind::Receipt) && !unread) || !measures.value.is_empty();
        if !said && matters {
            let mut finding = Finding::new(FindingCode::ReadingUncertain)
                .at(Place::key("purchased_on"))
                .with("field", PURCHASED_ON)
                .with("field_ja", "購入日")
                .with("field_en", "day of purchase")
                .with("found_ja", "なし")
                .with("found_en", "nothing");
            finding.source = (!measures.value.is_empty()).then(|| measures.source.clone());
            findings.push(finding);
        }
        return findings;
    };
    if !measures.value.is_empty()
        && !measure.is_some_and(|one| measures.value.contains(&one.number) && one.in_force_on(purchased_on))
    {
        let found = |lang| match (measure, lang) {
            (None, Lang::Ja) => "なし".to_owned(),
            (None, Lang::En) => "none".to_owned(),
            (Some(one), _) => {
                let number = format!("({})", one.number);
                match (one.ended_on, lang) {
                    (None, Lang::Ja) => format!("経過措置{number}"),
                    (None, Lang::En) => number,
                    (Some(last), Lang::Ja) => format!("経過措置{number}、{}まで", claim::wareki(last)),
                    (Some(last), Lang::En) => format!("{number} until {last}"),
                }
            }
        };
        let numbers: Vec<i64> = measures.value.iter().map(|number| i64::from(*number)).collect();
        findings.push(
            Finding::new(FindingCode::TransitionalMeasureRequired)
                .at(Place::key("facility.transitional_measure"))
                .on(&measures.source)
                .with("purchased_on", purchased_on)
                .with("numbers", numbers)
                .with("found_ja", found(Lang::Ja))
                .with("found_en", found(Lang::En)),
        );
    }
    if purchased_on > day {
        findings.push(
            Finding::new(FindingCode::ReceiptAfterSubmission)
                .at(Place::key("purchased_on"))
                .with("purchased_on", purchased_on)
                .with("submitted_on", day),
        );
    }
    findings
}

/// The `field` of a finding that says that the day of purchase is not sure.
pub(crate) const PURCHASED_ON: &str = "purchased_on";
/// The `field` of a finding that says that amounts of an itemization are not sure.
pub(crate) const AMOUNTS: &str = "amounts";

/// Whether an observation says that not all amounts are known: then nothing eligible *yet* is no ground to reject.
fn leaves_amounts_open(finding: &Finding) -> bool {
    match finding.code {
        FindingCode::ItemizationMissing
        | FindingCode::DescriptionTooVague
        | FindingCode::ItemizationSumDiffers
        | FindingCode::TotalsDiffer => true,
        FindingCode::DocumentUnreadable => !is_of(finding, DocumentKind::Receipt),
        FindingCode::ReadingUncertain => finding.values.get("field") == Some(&Value::from(AMOUNTS)),
        _ => false,
    }
}

/// Whether a finding is about a document that was declared as `kind`.
fn is_of(finding: &Finding, kind: DocumentKind) -> bool {
    finding.values.get("document") == Some(&Value::from(document_code(kind)))
}

/// Own and observed findings together, gravest first, then in the order of the codes, then as they came.
fn merged(own: Vec<Finding>, observed: &[Finding]) -> Vec<Finding> {
    let mut findings = own;
    for finding in observed {
        // Said already, and with its source.
        let repeated = finding.place.is_none() && findings.iter().any(|one| one.code == finding.code);
        if !repeated {
            findings.push(finding.clone());
        }
    }
    findings.sort_by(|a, b| b.severity().cmp(&a.severity()).then(a.code.cmp(&b.code)));
    findings
}
