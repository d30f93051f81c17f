//! A dossier becomes facts: documents are held against one another and against the register, and what does not fit is
//! said with its place.
//!
//! Nothing is guessed. What a document is follows from its reading, not from the name under which it was uploaded: a
//! receipt and an itemization that were declared the wrong way round are simply used as what they are. A sum is only
//! compared when every amount in it is sure; where one is not, a finding says which, and a person decides.

mod amounts;
mod papers;
mod payee;

use crate::assess::{AMOUNTS, PURCHASED_ON, estimate_not_receipt};
use crate::listing::document_code;
use crate::programme::Programme;
use crate::words::Words;
use claim::{
    Category, Confidence, DocumentKind, Dossier, DuplicateVerdict, Expense, Facility, FactFacility, Facts, Field,
    Finding, FindingCode, Lang, Place, PossibleDuplicate, Problem, ProblemCode, RegistrationNumber, Spot, Value, Yen,
};
use jiff::civil::Date;
use papers::{Paper, What};

/// A field that the decision needs counts as read when its confidence is at least this. Below it a person looks: the
/// readers' confidences are calibrated, so this bounds the share of wrong fields that pass unseen.
pub const SURE: Confidence = Confidence::from_per_mille(800);

/// What a dossier shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What an assessment rests on. `None` when the register does not have the facility (its kind sets rate and
    /// ceilings, and is never guessed), or when the amounts read come to more than [`Yen::MAX`]; a finding says which.
    pub facts: Option<Facts>,
    /// What documents and register gave rise to, in the order of the documents.
    pub findings: Vec<Finding>,
}

/// Examines a dossier: facts for the rules, and findings about documents and register.
///
/// Amounts of lines without a category are in no expense (a finding returns the claim); lines that the facility itself
/// put under ineligible amounts count as [`Category::Other`].
///
/// Where the programme grants in kind, the choices are the claim; documents beside them are kept, and nothing rests on
/// them.
pub fn examine(programme: &Programme, dossier: &Dossier) -> Examined {
    let papers = papers::of(dossier);
    let mut findings = Vec::new();
    if dossier.facility.is_none() {
        findings.push(
            Finding::new(FindingCode::FacilityUnknown)
                .at(Place::key("facility"))
                .with("found", dossier.facility_code.as_str()),
        );
    }
    if programme.grants_in_kind() {
        let facts = dossier.facility.as_ref().map(|facility| Facts {
            choices: dossier.choices.clone(),
            filed_choices: dossier.filed_choices.clone(),
            filed_before: dossier.filed_before.clone(),
            ..facts_of(dossier, facility, documents_of(&papers))
        });
        return Examined { facts, findings };
    }
    for paper in &papers {
        of_the_reading(paper, &mut findings);
        match &paper.what {
            What::Receipt(receipt) => of_the_receipt(dossier, paper, receipt, &mut findings),
            What::Itemization(itemization) => of_the_itemization(dossier, paper, itemization, &mut findings),
            What::NoReceipt(kind) => findings.push(estimate_not_receipt(*kind, Place::file(paper.file))),
            What::Unreadable => findings.push(unreadable(paper)),
        }
    }
    let there = documents_of(&papers);
    if !there.contains(&DocumentKind::Itemization) {
        // Without a place: the rules say it with their source. Here it says that no amounts are known.
        findings.push(Finding::new(FindingCode::ItemizationMissing));
    }
    amounts::compare(&papers, &mut findings);
    for duplicate in &dossier.duplicates {
        findings.extend(duplicated(duplicate));
    }
    let expenses = expenses(&papers);
    let summable = Yen::checked_sum(expenses.iter().map(|expense| expense.amount_yen)).is_some();
    if !summable {
        findings.push(uncertain(
            None,
            &Needed::Amounts { ja: "各行の金額の合計".to_owned(), en: "sum of the lines".to_owned() },
            Some((format!("{}円超", Yen::MAX), format!("more than {} yen", Yen::MAX))),
        ));
    }
    let facts = dossier.facility.as_ref().filter(|_| summable).map(|facility| Facts {
        expenses,
        purchased_on: purchased_on(&papers),
        choices: dossier.choices.clone(),
        ..facts_of(dossier, facility, there)
    });
    Examined { facts, findings }
}

/// That a receipt seems to stand in another claim, with both places; nothing where a person has said that it does not.
fn duplicated(duplicate: &PossibleDuplicate) -> Option<Finding> {
    let code = match duplicate.verdict {
        Some(DuplicateVerdict::Different) => return None,
        Some(DuplicateVerdict::Same) => FindingCode::DuplicateConfirmed,
        None => FindingCode::PossibleDuplicate,
    };
    let place = |file: &str, page| Place::spot(file, Spot { page, ..Spot::default() });
    let other = place(&duplicate.other_file, duplicate.other_page);
    Some(
        Finding::new(code)
            .at(place(&duplicate.file, duplicate.page))
            .with("other_claim", duplicate.other_claim.as_str())
            .with("other_facility", duplicate.other_facility.as_str())
            .with("other_place_ja", other.show(Lang::Ja))
            .with("other_place_en", other.show(Lang::En))
            .with("why", duplicate.why.code())
            .with("why_ja", duplicate.why.name(Lang::Ja))
            .with("why_en", duplicate.why.name(Lang::En)),
    )
}

/// What stands in every claim, whatever its programme grants.
fn facts_of(dossier: &Dossier, facility: &Facility, documents: Vec<DocumentKind>) -> Facts {
    Facts {
        claim_id: dossier.claim_id.clone(),
        programme: dossier.programme.clone(),
        submitted_at: dossier.submitted_at,
        purchased_on: None,
        facility: FactFacility {
            code: dossier.facility_code.clone(),
            kind: facility.kind,
            transitional_measure: facility.transitional_measure,
        },
        expenses: Vec::new(),
        documents,
        earlier_grants: dossier.earlier_grants.clone(),
        claimed_yen: dossier.claimed_yen,
        choices: Vec::new(),
        filed_choices: Vec::new(),
        filed_before: Vec::new(),
    }
}

/// What documents a dossier has, by what they really are.
pub(crate) fn documents(dossier: &Dossier) -> Vec<DocumentKind> {
    documents_of(&papers::of(dossier))
}

fn documents_of(papers: &[Paper<'_>]) -> Vec<DocumentKind> {
    papers
        .iter()
        .map(|paper| match paper.what {
            What::Receipt(_) => DocumentKind::Receipt,
            What::Itemization(_) => DocumentKind::Itemization,
            What::NoReceipt(kind) => kind,
            // It is there; that it cannot be read is a finding of its own.
            What::Unreadable => paper.declared,
        })
        .collect()
}

fn expenses(papers: &[Paper<'_>]) -> Vec<Expense> {
    papers
        .iter()
        .filter_map(Paper::itemization)
        .flat_map(|itemization| &itemization.lines)
        .filter_map(|line| {
            let category = if line.eligible == Some(false) { Some(Category::Other) } else { line.category };
            Some(Expense { category: category?, amount_yen: line.amount_yen })
        })
        .collect()
}

/// The latest day of all receipts; unknown as soon as one of them has none.
fn purchased_on(papers: &[Paper<'_>]) -> Option<Date> {
    let days: Vec<Option<Date>> = papers
        .iter()
        .filter_map(|paper| match paper.what {
            What::Receipt(receipt) => Some(receipt.issued_on.as_ref().map(|field| field.value)),
            What::Unreadable if paper.declared == DocumentKind::Receipt => Some(None),
            _ => None,
        })
        .collect();
    let known: Option<Vec<Date>> = days.into_iter().collect();
    known?.into_iter().max()
}

/// What reading a document left open: its kind, and parts that could not be read.
fn of_the_reading(paper: &Paper<'_>, findings: &mut Vec<Finding>) {
    if matches!(paper.what, What::Unreadable) {
        return;
    }
    if paper.kind_in_doubt {
        let needed =
            Needed::Other { code: "kind", ja: "書類の種類".to_owned(), en: "kind of document".to_owned() };
        let found = paper.reading.kind;
        findings.push(uncertain(
            Some(Place::file(paper.file)),
            &needed,
            Some((found.name(Lang::Ja).to_owned(), found.name(Lang::En).to_owned())),
        ));
    }
    for problem in &paper.reading.problems {
        findings.push(partly_unread(paper, problem));
    }
}

/// A part of a document that could not be read, beside what could.
fn partly_unread(paper: &Paper<'_>, problem: &Problem) -> Finding {
    let (ja, en) = match problem.code {
        ProblemCode::InvalidAmount | ProblemCode::FormulaWithoutValue | ProblemCode::DoesNotAddUp => {
            ("金額", "an amount")
        }
        ProblemCode::HiddenAmounts => ("非表示の金額", "hidden amounts"),
        ProblemCode::DescriptionMissing => ("品名・内容", "what an amount was for"),
        ProblemCode::SeveralDocuments => ("2つ目以降の書類", "the documents after the first"),
        _ => ("書類の一部", "a part of the document"),
    };
    let needed = Needed::Amounts { ja: ja.to_owned(), en: en.to_owned() };
    let said = |key| problem.values.get(key).or_else(|| problem.values.get("found"));
    let found = said("found_ja").zip(said("found_en"));
    let found = found.map(|(ja, en)| (ja.show("found", Lang::Ja), en.show("found", Lang::En)));
    let mut place = problem.place.clone();
    place.file.get_or_insert_with(|| paper.file.to_owned());
    uncertain(Some(place), &needed, found)
        .with("problem_ja", problem.message(Lang::Ja))
        .with("problem_en", problem.message(Lang::En))
}

fn unreadable(paper: &Paper<'_>) -> Finding {
    let problem = paper
        .reading
        .problems
        .iter()
        .find(|problem| problem.code.is_fatal())
        .or_else(|| paper.reading.problems.first());
    let (ja, en) = problem.map_or_else(
        || {
            (
                "領収書か領収書内訳書かを判断できる内容がありません。".to_owned(),
                "Nothing on it says whether it is a receipt or an itemization.".to_owned(),
            )
        },
        |problem| (problem.message(Lang::Ja), problem.message(Lang::En)),
    );
    let mut place = problem.map(|problem| problem.place.clone()).unwrap_or_default();
    place.file = Some(paper.file.to_owned());
    Finding::new(FindingCode::DocumentUnreadable)
        .at(place)
        .with("document", document_code(paper.declared))
        .with("problem_ja", ja)
        .with("problem_en", en)
}

fn of_the_receipt(dossier: &Dossier, paper: &Paper<'_>, receipt: &claim::ReceiptReading, findings: &mut Vec<Finding>) {
    let total =
        Needed::Other { code: "total_yen", ja: "領収金額".to_owned(), en: "total of the receipt".to_owned() };
    findings
        .extend(if_unsure(paper, receipt.total_yen.as_ref(), &total, |yen| (format!("{yen}円"), format!("{yen} yen"))));
    let day = Needed::PurchasedOn;
    findings.extend(if_unsure(paper, receipt.issued_on.as_ref(), &day, |day| (claim::wareki(*day), day.to_string())));

    if let Some(facility) = &dossier.facility
        && !payee::is_theirs(receipt.payee.as_ref(), facility, paper.reading.method)
    {
        let found = receipt.payee.as_ref().map(|field| field.value.trim()).filter(|payee| !payee.is_empty());
        let place = receipt
            .payee
            .as_ref()
            .map_or_else(|| Place::file(paper.file), |field| Place::spot(paper.file, field.spot.clone()));
        let expected = if facility.founder.trim().is_empty() || facility.founder == facility.name {
            Words::same(facility.name.as_str())
        } else {
            Words {
                ja: format!("{}、開設者 {}", facility.name, facility.founder),
                en: format!("{}, founder {}", facility.name, facility.founder),
            }
        };
        findings.push(
            Finding::new(FindingCode::PayeeDiffers)
                .at(place)
                .with("found_ja", found.unwrap_or("（記載なし）"))
                .with("found_en", found.unwrap_or("(none)"))
                .with("expected_ja", expected.ja)
                .with("expected_en", expected.en),
        );
    }
    if let Some(field) = &receipt.registration_number
        && !RegistrationNumber::parse(&field.value).is_ok_and(|number| number.check_digit_holds())
    {
        findings.push(
            Finding::new(FindingCode::RegistrationNumberInvalid)
                .at(Place::spot(paper.file, field.spot.clone()))
                .with("found", field.value.as_str()),
        );
    }
}

fn of_the_itemization(
    dossier: &Dossier,
    paper: &Paper<'_>,
    itemization: &claim::ItemizationReading,
    findings: &mut Vec<Finding>,
) {
    if let Some(field) = &itemization.facility_code
        && !names_facility(&field.value, dossier.facility_code.as_str())
    {
        findings.push(
            Finding::new(FindingCode::ItemizationFacilityDiffers)
                .at(Place::spot(paper.file, field.spot.clone()))
                .with("found", field.value.as_str())
                .with("expected", dossier.facility_code.as_str()),
        );
    }
    if itemization.lines.is_empty() {
        let needed = Needed::Amounts { ja: "内訳の各行".to_owned(), en: "lines of the itemization".to_owned() };
        findings.push(uncertain(Some(Place::file(paper.file)), &needed, None));
    }
    for line in &itemization.lines {
        let place = || Place::spot(paper.file, line.spot.clone());
        if line.category.is_none() && line.eligible != Some(false) && line.amount_yen > Yen::ZERO {
            findings.push(
                Finding::new(FindingCode::DescriptionTooVague)
                    .at(place())
                    .with("description", line.description.as_str())
                    .with("amount_yen", line.amount_yen),
            );
        }
        if line.confidence < SURE {
            let needed = Needed::Amounts {
                ja: format!("内訳「{}」の金額", line.description),
                en: format!("amount of “{}”", line.description),
            };
            let found = (format!("{}円", line.amount_yen), format!("{} yen", line.amount_yen));
            findings.push(with_confidence(uncertain(Some(place()), &needed, Some(found)), line.confidence));
        }
    }
    if let Some(total) = &itemization.total_yen {
        let needed = Needed::Other {
            code: "itemization_yen",
            ja: "内訳書の合計".to_owned(),
            en: "total of the itemization".to_owned(),
        };
        findings.extend(if_unsure(paper, Some(total), &needed, |yen| (format!("{yen}円"), format!("{yen} yen"))));
    }
}

/// Whether the digits on an itemization are those of a code of ten: all of it, prefecture (2) and institution (7), the
/// institution alone, or all of it as a number without its leading zero.
fn names_facility(found: &str, code: &str) -> bool {
    let institution = code.get(3..).unwrap_or_default();
    let with_prefecture = format!("{}{institution}", code.get(..2).unwrap_or_default());
    [code, institution, with_prefecture.as_str()].contains(&found) || code.strip_prefix('0') == Some(found)
}

/// Something that the decision needs to be read surely.
enum Needed {
    /// The day of a receipt.
    PurchasedOn,
    /// Amounts of lines: while they are open, nothing can be rejected for want of eligible expenses.
    Amounts { ja: String, en: String },
    /// Anything else, with a code for it.
    Other { code: &'static str, ja: String, en: String },
}

/// That something was not read surely. `found` is what was read, in both languages.
fn uncertain(place: Option<Place>, needed: &Needed, found: Option<(String, String)>) -> Finding {
    let (code, ja, en) = match needed {
        Needed::PurchasedOn => (PURCHASED_ON, "領収書の日付", "date of the receipt"),
        Needed::Amounts { ja, en } => (AMOUNTS, ja.as_str(), en.as_str()),
        Needed::Other { code, ja, en } => (*code, ja.as_str(), en.as_str()),
    };
    let (found_ja, found_en) = found.unwrap_or_else(|| ("なし".to_owned(), "nothing".to_owned()));
    let mut finding = Finding::new(FindingCode::ReadingUncertain)
        .with("field", code)
        .with("field_ja", ja)
        .with("field_en", en)
        .with("found_ja", found_ja)
        .with("found_en", found_en);
    finding.place = place;
    finding
}

/// A finding if `field` is missing or less sure than [`SURE`].
fn if_unsure<T>(
    paper: &Paper<'_>,
    field: Option<&Field<T>>,
    needed: &Needed,
    show: impl Fn(&T) -> (String, String),
) -> Option<Finding> {
    match field {
        None => Some(uncertain(Some(Place::file(paper.file)), needed, None)),
        Some(field) if field.confidence < SURE => {
            let place = Place::spot(paper.file, field.spot.clone());
            Some(with_confidence(uncertain(Some(place), needed, Some(show(&field.value))), field.confidence))
        }
        Some(_) => None,
    }
}

fn with_confidence(finding: Finding, found: Confidence) -> Finding {
    finding
        .with("confidence_per_mille", Value::Number(i64::from(found.per_mille())))
        .with("sure_per_mille", Value::Number(i64::from(SURE.per_mille())))
}
