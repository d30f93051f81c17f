//! The payloads: exact bytes, read back, and nothing that a payload must not hold.

use claim::{
    Actor, Assessment, Category, Decision, DecisionKind, Document, DocumentKind, DuplicateVerdict, Expense,
    FacilityKind, FactFacility, Facts, Finding, FindingCode, InstitutionCode, Method, NoticeKind, Outcome, ProblemCode,
    Sha256, Step, TraceStep, TransitionalMeasure, Value, Yen,
};
use decision_log::{
    AssessedClaim, BatchPayment, Entry, EntryError, Event, PreparedBatch, ReadDocument, SubmittedClaim,
};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn yen(n: i64) -> Yen {
    Yen::new(n).unwrap()
}

fn facility() -> InstitutionCode {
    InstitutionCode::parse("1310110049").unwrap()
}

fn assessment() -> Assessment {
    let mut finding = Finding::new(FindingCode::CategoryCeilingApplied);
    finding.source = Some("001 事業額上限は、モバイル端末：4.1万円".to_owned());
    finding.values.insert("found_yen".to_owned(), Value::from(yen(45_100)));
    Assessment {
        claim_id: "C-1".into(),
        programme: "home-consent".into(),
        outcome: Outcome::Approve,
        grant_yen: yen(128_000),
        computed_yen: yen(128_000),
        grant_units: None,
        computed_units: Vec::new(),
        findings: vec![finding],
        trace: vec![TraceStep {
            step: Step::Rate,
            inputs: [("rate".to_owned(), Value::from("3/4"))].into(),
            value: Value::from("128250.75"),
            source: None,
        }],
        ruleset: format!("sha256:{}", Sha256([7; 32])),
    }
}

/// One event of every kind, with every field filled.
fn events() -> Vec<Event> {
    let document = Document {
        position: 0,
        declared: DocumentKind::Receipt,
        file: "山田太郎.pdf".to_owned(),
        sha256: Sha256([1; 32]),
        size_bytes: 4096,
    };
    let facts = Facts {
        claim_id: "C-1".into(),
        programme: "home-consent".into(),
        submitted_at: at("2025-12-20T10:15:00+09:00"),
        purchased_on: Some(date(2025, 6, 15)),
        facility: FactFacility {
            code: facility(),
            kind: FacilityKind::Clinic,
            transitional_measure: Some(TransitionalMeasure { number: 2, ended_on: None }),
        },
        expenses: vec![Expense { category: Category::MobileTerminal, amount_yen: yen(45_100) }],
        documents: vec![DocumentKind::Receipt, DocumentKind::Itemization],
        earlier_grants: vec!["limited-type".into()],
        claimed_yen: Some(yen(128_000)),
        choices: Vec::new(),
        filed_choices: Vec::new(),
        filed_before: Vec::new(),
    };
    vec![
        Event::FacilityRegisterChanged { count: 3, sha256: Sha256([9; 32]) },
        Event::ClaimSubmitted(SubmittedClaim {
            claim_id: "C-1".into(),
            revision: 1,
            programme: "home-consent".into(),
            facility: facility(),
            submitted_at: at("2025-12-20T10:15:00+09:00"),
            claimed_yen: Some(yen(128_000)),
            choices: Vec::new(),
            documents: vec![(&document).into()],
        }),
        Event::ClaimRead {
            claim_id: "C-1".into(),
            revision: 1,
            readings: vec![ReadDocument {
                position: 0,
                document: Sha256([1; 32]),
                reading: Sha256([2; 32]),
                method: Some(Method::Text),
                kind: DocumentKind::Receipt,
                problems: vec![ProblemCode::InvalidAmount],
            }],
        },
        Event::ClaimAssessed(Box::new(AssessedClaim {
            claim_id: "C-1".into(),
            revision: 1,
            facts: Some(facts),
            observed: vec![Finding::new(FindingCode::ReadingUncertain)],
            assessment: assessment(),
            assessment_sha256: Sha256([3; 32]),
        })),
        Event::ClaimInReview { claim_id: "C-1".into(), revision: 1, reasons: vec![FindingCode::PayeeDiffers] },
        Event::ClaimDecided {
            decision: Decision {
                claim_id: "C-1".into(),
                revision: 1,
                kind: DecisionKind::Approve,
                grant_yen: yen(128_000),
                grant_units: None,
                assessment: Sha256([3; 32]),
                decided_by: Actor::policy("approve-without-person"),
                decided_at: at("2025-12-21T00:00:00Z"),
                reason: None,
            },
        },
        Event::NoticeIssued {
            claim_id: "C-1".into(),
            revision: 1,
            kind: NoticeKind::Approval,
            number: "C-1第1号".to_owned(),
            sha256: Sha256([4; 32]),
        },
        Event::DuplicateJudged {
            claim_id: "C-1".into(),
            other_claim: "C-2".into(),
            verdict: DuplicateVerdict::Different,
            reason: "別の日の購入です。".to_owned(),
        },
        Event::BatchPrepared(PreparedBatch {
            id: "B-1".to_owned(),
            pay_on: date(2026, 1, 30),
            payments: vec![BatchPayment { claim_id: "C-1".into(), facility: facility(), amount_yen: yen(128_000) }],
            total_yen: yen(128_000),
            prepared_by: Actor::staff("officer-1"),
        }),
        Event::BatchReleased { id: "B-1".to_owned(), sha256: Sha256([5; 32]), released_by: Actor::staff("officer-2") },
        Event::BatchCancelled { id: "B-2".to_owned(), cancelled_by: Actor::staff("officer-1") },
    ]
}

fn entry(event: Event) -> Entry {
    Entry { at: at("2026-01-05T09:00:00.123+09:00"), by: Actor::system(), event }
}

fn has_float(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => number.is_f64(),
        serde_json::Value::Array(all) => all.iter().any(has_float),
        serde_json::Value::Object(all) => all.values().any(has_float),
        _ => false,
    }
}

#[test]
fn an_entry_has_one_form_in_bytes() {
    let event = Event::BatchReleased { id: "B-1".to_owned(), sha256: Sha256([5; 32]), released_by: Actor::staff("b") };
    let expected = format!(
        "{{\"v\":1,\"at\":\"2026-01-05T00:00:00.123Z\",\"by\":\"system:kofu\",\"event\":{{\"type\":\"batch-released\",\
         \"id\":\"B-1\",\"sha256\":\"{}\",\"released_by\":\"staff:b\"}}}}",
        "05".repeat(32)
    );
    assert_eq!(String::from_utf8(entry(event).to_bytes()).unwrap(), expected);
}

#[test]
fn every_kind_of_event_is_read_back_equal_and_says_its_code() {
    for event in events() {
        let entry = entry(event);
        let bytes = entry.to_bytes();
        assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["event"]["type"], entry.event.code());
        assert_eq!(
            entry.event.claim_id().is_some(),
            entry.event.code().starts_with("claim")
                || ["notice-issued", "duplicate-judged"].contains(&entry.event.code())
        );
    }
    assert_eq!(events().len(), 11, "a new kind of event belongs into this test");
}

#[test]
fn no_payload_has_a_float_a_space_between_tokens_a_line_break_or_a_name_of_a_file() {
    for event in events() {
        let bytes = entry(event).to_bytes();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(!has_float(&value), "{value}");
        assert!(!bytes.contains(&b'\n'));
        assert!(!String::from_utf8(bytes).unwrap().contains("山田"), "names of files stay out of the log");
    }
}

#[test]
fn bytes_that_another_hand_wrote_are_refused_and_the_place_is_named() {
    let good = String::from_utf8(entry(events().remove(0)).to_bytes()).unwrap();
    let error = |text: &str| Entry::from_bytes(text.as_bytes()).unwrap_err();
    assert!(matches!(error(&good.replace("\"v\":1", "\"v\":2")), EntryError::Version { found: 2 }));
    assert!(matches!(error(&good.replace("{\"v\":1,", "{\"v\":1, ")), EntryError::NotCanonical { at: 7 }));
    assert!(matches!(
        error(&good.replace("\"count\":3,", "\"extra\":0,\"count\":3,")),
        EntryError::NotCanonical { .. }
    ));
    assert!(matches!(error(&good.replace("system:kofu", "\\u0073ystem:kofu")), EntryError::NotCanonical { .. }));
    assert!(matches!(error(&format!("{good} ")), EntryError::NotCanonical { .. }));
    assert!(matches!(error(&good.replace("\"count\":3", "\"count\":3.0")), EntryError::Form(_)));
    assert!(matches!(error(&good.replace("facility-register-changed", "unheard-of")), EntryError::Form(_)));
    assert!(matches!(error(&good[..good.len() - 1]), EntryError::Form(_)));
    let missing = std::error::Error::source(&error("{}")).map(ToString::to_string);
    assert!(missing.unwrap().contains("missing field `v` at line 1 column 2"));
}

proptest! {
    #[test]
    fn any_text_and_time_survives(seconds in 0i64..4_000_000_000, nanos in 0i32..1_000_000_000, id in "\\PC{0,20}", who in ".{0,20}") {
        let event = Event::ClaimInReview { claim_id: id.into(), revision: 7, reasons: Vec::new() };
        let entry = Entry { at: Timestamp::new(seconds, nanos).unwrap(), by: Actor::staff(&who), event };
        let bytes = entry.to_bytes();
        prop_assert!(!bytes.contains(&b'\n'));
        prop_assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Entry::from_bytes(&bytes).is_err());
    }
}
