//! What the cases of the other files are made of: good facts to change one thing in, and short ways to ask.

use claim::{
    Assessment, Category, ClaimId, DocumentKind, Expense, FacilityKind, FactFacility, Facts, Finding, InstitutionCode,
    Lang, ProgrammeId, TransitionalMeasure, Yen,
};
use rules::{ProgrammeFile, Ruleset, RulesetError};

pub(crate) const HOME_CONSENT: &str = include_str!("../../programmes/home-consent/programme.toml");
pub(crate) const LIMITED_TYPE: &str = include_str!("../../programmes/limited-type/programme.toml");

pub(crate) fn yen(number: i64) -> Yen {
    Yen::new(number).unwrap()
}

pub(crate) fn expense(category: Category, amount: i64) -> Expense {
    Expense { category, amount_yen: yen(amount) }
}

/// Facts of home-consent with nothing wrong: in time, all documents, no earlier grant.
pub(crate) fn home_consent(kind: FacilityKind, expenses: &[Expense]) -> Facts {
    Facts {
        claim_id: ClaimId::from("C-1"),
        programme: ProgrammeId::from("home-consent"),
        submitted_at: "2025-12-20T10:15:00+09:00".parse().unwrap(),
        purchased_on: Some("2025-06-15".parse().unwrap()),
        facility: FactFacility {
            code: InstitutionCode::parse("1310110049").unwrap(),
            kind,
            transitional_measure: None,
        },
        expenses: expenses.to_vec(),
        documents: vec![DocumentKind::Receipt, DocumentKind::Itemization],
        earlier_grants: Vec::new(),
        claimed_yen: None,
        choices: Vec::new(),
        filed_choices: Vec::new(),
        filed_before: Vec::new(),
    }
}

/// Facts of limited-type with nothing wrong: measure (2) goes on.
pub(crate) fn limited_type(kind: FacilityKind, expenses: &[Expense]) -> Facts {
    let mut facts = home_consent(kind, expenses);
    facts.programme = ProgrammeId::from("limited-type");
    facts.submitted_at = "2025-01-20T10:15:00+09:00".parse().unwrap();
    facts.purchased_on = Some("2024-12-15".parse().unwrap());
    facts.facility.transitional_measure = Some(TransitionalMeasure { number: 2, ended_on: None });
    facts
}

/// A clinic's facts that come to 97,500 yen.
pub(crate) fn clinic() -> Facts {
    home_consent(FacilityKind::Clinic, &[expense(Category::ReceiptComputer, 130_000)])
}

pub(crate) fn assess(facts: &Facts) -> Assessment {
    observed(facts, &[])
}

pub(crate) fn observed(facts: &Facts, findings: &[Finding]) -> Assessment {
    let assessment = Ruleset::embedded().assess(facts, findings).unwrap();
    every_sentence_is_whole(&assessment);
    assessment
}

pub(crate) fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.code()).collect()
}

/// For a snapshot: the hash changes with every edit of the data, which says nothing about the rest.
pub(crate) fn without_hash(mut assessment: Assessment) -> Assessment {
    assert_eq!(assessment.ruleset, Ruleset::embedded().hash());
    assessment.ruleset = "sha256:…".to_owned();
    assessment
}

/// No sentence that people read has a hole or a leftover of its template.
pub(crate) fn every_sentence_is_whole(assessment: &Assessment) {
    for lang in [Lang::Ja, Lang::En] {
        let mut sentences: Vec<String> = assessment.trace.iter().map(|step| step.sentence(lang)).collect();
        for finding in &assessment.findings {
            sentences.push(finding.message(lang));
            sentences.extend(finding.action(lang));
        }
        for sentence in sentences {
            assert!(!sentence.contains("(—)") && !sentence.contains('{') && !sentence.contains("（）"), "{sentence}");
        }
    }
}

/// The embedded files with texts of one of them replaced; each text must be there.
pub(crate) fn changed(file: &str, changes: &[(&str, &str)]) -> String {
    let mut text = file.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "no {from:?} in the file");
        text = text.replace(from, to);
    }
    text
}

/// What stands in `changes.toml` of a programme that has never changed.
pub(crate) const NO_CHANGE: &str =
    "[[change]]\nwhat_ja = \"制定\"\nwhat_en = \"As first set\"\nsource = \"決定: 試験\"\nchecked_on = 2026-11-21\n";

/// A worked case that hangs on no sum: after any deadline a claim is rejected.
pub(crate) fn late_case(id: &str) -> String {
    format!(
        "[[case]]\nwhat = \"期限後\"\nfacts = '{{\"claim_id\":\"C-1\",\"programme\":\"{id}\",\
         \"submitted_at\":\"2090-01-01T00:00:00+09:00\",\"purchased_on\":\"2024-12-01\",\
         \"facility\":{{\"code\":\"1310110049\",\"kind\":\"pharmacy\",\"transitional_measure\":{{\"number\":2,\"ended_on\":null}}}},\
         \"expenses\":[{{\"category\":\"mobile_terminal\",\"amount_yen\":100}}],\
         \"documents\":[\"receipt\",\"itemization\"],\"earlier_grants\":[]}}'\n\
         outcome = \"reject\"\ngrant_yen = 0\nfindings = [\"deadline-passed\"]\n"
    )
}

/// The files of programmes by id, text and changes, each with a case that hangs on no sum.
pub(crate) fn try_ruleset(programmes: &[(&str, &str, &str)]) -> Result<Ruleset, RulesetError> {
    let texts: Vec<(String, String)> = programmes
        .iter()
        .flat_map(|(id, text, changes)| {
            [
                (format!("{id}/programme.toml"), (*text).to_owned()),
                (format!("{id}/changes.toml"), (*changes).to_owned()),
                // The folder's own name is the id.
                (format!("{id}/cases.toml"), late_case(id.rsplit('/').next().unwrap())),
            ]
        })
        .collect();
    let files: Vec<ProgrammeFile<'_>> = texts.iter().map(|(path, text)| ProgrammeFile { path, text }).collect();
    Ruleset::parse(&files)
}

pub(crate) fn ruleset(home_consent: &str, limited_type: &str) -> Ruleset {
    try_ruleset(&[("home-consent", home_consent, NO_CHANGE), ("limited-type", limited_type, NO_CHANGE)]).unwrap()
}
