//! The payloads: exact bytes, read back, and nothing that a payload must not hold.

use claim::{
    Actor, Assessment, Category, Decision, DecisionKind, Document, DocumentKind, DuplicateVerdict, Expense,
    FacilityKind, FactFacility, Facts, Finding, FindingCode, InstitutionCode, LogEntry, Method, NoticeKind, Outcome,
    Place, ProblemCode, Role, Sha256, Spot, Step, TraceStep, TransitionalMeasure, Value, Yen,
};
use decision_log::{
    AdjustedField, AssessedClaim, BatchPayment, Entry, EntryError, Event, PreparedBatch, ReadDocument, ReceivedResults,
    SubmittedClaim, commitment, committed,
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

fn decided() -> Decision {
    Decision {
        claim_id: "C-1".into(),
        revision: 1,
        kind: DecisionKind::Approve,
        grant_yen: yen(128_000),
        grant_units: None,
        assessment: Sha256([3; 32]),
        decided_by: Actor::policy("approve-without-person"),
        decided_at: at("2025-12-21T00:00:00Z"),
        reason: Some("山田太郎氏に電話で確認".to_owned()),
    }
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
        findings: vec![payee_differs(), finding],
        trace: vec![TraceStep {
            step: Step::Rate,
            inputs: [("rate".to_owned(), Value::from("3/4"))].into(),
            value: Value::from("128250.75"),
            source: None,
        }],
        ruleset: format!("sha256:{}", Sha256([7; 32])),
    }
}

/// A finding with a person's name in every place that can have one, and with values that tell of nobody.
fn payee_differs() -> Finding {
    let place = Place::spot("山田太郎.xlsx", Spot { sheet: Some("山田".to_owned()), page: Some(1), ..Spot::default() });
    Finding::new(FindingCode::PayeeDiffers)
        .at(place)
        .with("found_ja", "山田太郎")
        .with("found_en", "山田太郎")
        .with("expected_ja", vec!["山田医院", "山田太郎"])
        .with("document", "receipt")
        .with("other_claim", "C-9")
        .with("amount_yen", yen(45_100))
        .with("a_key_of_the_future", "山田花子")
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
            observed: vec![payee_differs()],
            assessment: assessment(),
            assessment_sha256: Sha256([3; 32]),
        })),
        Event::ClaimInReview { claim_id: "C-1".into(), revision: 1, reasons: vec![FindingCode::PayeeDiffers] },
        Event::ClaimDecided { decision: decided() },
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
        Event::RulesetProposed { ruleset: "sha256:00".to_owned(), active_from: date(2026, 4, 1) },
        Event::RulesetAgreed { ruleset: "sha256:00".to_owned() },
        Event::FacilityInvited { facility: facility(), expires_at: at("2026-01-20T00:00:00Z") },
        Event::AccountAdded { account: "a-1".to_owned(), role: Role::Auditor, facilities: vec![facility()] },
        Event::AccountChanged {
            account: "a-1".to_owned(),
            role: Role::Auditor,
            facilities: vec![facility()],
            active: false,
        },
        Event::CredentialsChanged { account: "a-1".to_owned() },
        Event::ClaimWithdrawn { claim_id: "K-1".into(), revision: 1 },
        Event::AccountContactChanged { account: "a-1".to_owned() },
        Event::IdentityLinked { account: "a-1".to_owned(), issuer: "https://id.example.jp".to_owned() },
        Event::IdentityUnlinked { account: "a-1".to_owned(), issuer: "https://id.example.jp".to_owned() },
        Event::TokenAdded {
            account: "a-1".to_owned(),
            writes: true,
            expires_at: at("2026-02-01T00:00:00Z"),
            sha256: Sha256([6; 32]),
        },
        Event::TokenEnded { account: "a-1".to_owned(), sha256: Sha256([6; 32]) },
        Event::DocumentReceived {
            draft: "D-1".to_owned(),
            facility: facility(),
            sha256: Sha256([1; 32]),
            size_bytes: 4096,
        },
        Event::ClaimViewed { claim_id: "C-1".into() },
        Event::FieldAdjusted(Box::new(AdjustedField {
            claim_id: "C-1".into(),
            revision: 1,
            position: 0,
            field: "receipt.payee".to_owned(),
            old: Some("山田太郎".to_owned()),
            new: "青空クリニック".to_owned(),
            reason: "原本では山田太郎様ではない。".to_owned(),
        })),
        Event::ReassessmentAsked { claim_id: "C-1".into(), revision: 1 },
        Event::ClaimNoted { claim_id: "C-1".into(), note: "山田太郎氏に電話した。".to_owned() },
        Event::ClaimHandedOver { claim_id: "C-1".into(), account: "sato".to_owned() },
        Event::BudgetSet {
            programme: "home-consent".into(),
            budget_yen: yen(1_000_000),
            previous_yen: None,
            reason: "当初予算".to_owned(),
        },
        Event::ClaimAwaitsBudget { decision: decided(), available_yen: yen(1), ahead: 2 },
        Event::GrantWithdrawn {
            claim_id: "C-1".into(),
            granted_yen: Some(yen(128_000)),
            reason: "山田太郎氏からの申出".to_owned(),
        },
        Event::BatchReleaseAgreed {
            id: "B-1".to_owned(),
            sha256: Sha256([5; 32]),
            agreed_by: Actor::staff("officer-2"),
            agreed: 1,
            releasers: 2,
        },
        Event::FacilityAccountChanged { facility: facility(), account: "{\"number\":\"1234567\"}".to_owned() },
        Event::FacilityAccountLooked {
            facility: facility(),
            number: 2,
            account: "{\"number\":\"1234567\"}".to_owned(),
            payable_again: vec!["C-1".into()],
        },
        Event::BankListImported { as_of: date(2026, 1, 1), branches: 30_000, sha256: Sha256([7; 32]) },
        Event::ResultsReceived(ReceivedResults {
            batch: "B-1".to_owned(),
            sha256: Sha256([4; 32]),
            paid: vec!["C-1".into()],
            paid_yen: yen(128_000),
            bounced: vec!["C-2".into()],
            amiss: 1,
        }),
        Event::ResultCorrected { batch: "B-1".to_owned(), claim_id: "C-1".into(), reason: "組戻し".to_owned() },
        Event::PersonalDataErased { claim_id: "C-1".into(), commitments: vec![Sha256([8; 32])] },
    ]
}

/// What is stored of an event, with salts that are told apart.
fn stored(event: Event) -> LogEntry {
    let mut salt = [0; 32];
    entry(event).commit(|| {
        salt[0] += 1;
        salt
    })
}

fn payload(event: Event) -> Vec<u8> {
    stored(event).payload
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
    assert_eq!(String::from_utf8(payload(event)).unwrap(), expected);
}

#[test]
fn every_kind_of_event_is_read_back_equal_and_says_its_code() {
    for event in events() {
        let (entry, stored) = (entry(event.clone()), stored(event));
        let mut read = Entry::from_bytes(&stored.payload).unwrap();
        let known = |hash: &Sha256| {
            stored.personal.iter().find(|value| value.commitment == *hash).map(|value| value.text.as_str())
        };
        assert_eq!(read.open(known), 0, "nothing was erased");
        assert_eq!(read, entry);
        let value: serde_json::Value = serde_json::from_slice(&stored.payload).unwrap();
        assert_eq!(value["event"]["type"], entry.event.code());
        assert_eq!(
            entry.event.claim_id().is_some(),
            entry.event.code().starts_with("claim")
                || [
                    "notice-issued",
                    "duplicate-judged",
                    "personal-data-erased",
                    "field-adjusted",
                    "reassessment-asked",
                    "grant-withdrawn",
                    "result-corrected"
                ]
                .contains(&entry.event.code())
        );
    }
    let codes: std::collections::BTreeSet<_> = events().iter().map(Event::code).collect();
    let kinds: std::collections::BTreeSet<_> = Event::KINDS.iter().map(|kind| kind.0).collect();
    assert_eq!(codes, kinds, "every kind is in the list, and has a name");
    assert_eq!(codes.len(), 39, "a new kind of event belongs into this test");
}

#[test]
fn no_payload_has_a_float_a_space_between_tokens_a_line_break_or_personal_data() {
    for event in events() {
        let bytes = payload(event);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(!has_float(&value), "{value}");
        assert!(!bytes.contains(&b'\n'));
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("山田") && !text.contains("別の日"), "{text}");
    }
}

#[test]
fn personal_data_is_committed_to_and_all_else_can_be_read() {
    let assessed = events().into_iter().find(|event| event.code() == "claim-assessed").unwrap();
    let stored = stored(assessed);
    let value: serde_json::Value = serde_json::from_slice(&stored.payload).unwrap();
    let finding = &value["event"]["observed"][0];
    for (open, expected) in [("document", "receipt"), ("other_claim", "C-9")] {
        assert_eq!(finding["values"][open], expected);
    }
    assert_eq!((&finding["values"]["amount_yen"], &finding["place"]["page"]), (&45_100.into(), &1.into()));
    // A commitment is the hash of the salt and the text, and the same text in an entry has the same one.
    let found = finding["values"]["found_ja"].as_str().unwrap();
    let kept = stored.personal.iter().find(|value| value.text == "山田太郎").unwrap();
    assert_eq!(committed(found), Some(kept.commitment));
    assert_eq!(commitment(&kept.salt, "山田太郎"), kept.commitment);
    assert_ne!(commitment(&[0; 32], "山田太郎"), kept.commitment, "another salt is another commitment");
    assert_eq!(finding["values"]["found_en"], found);
    assert_eq!(value["event"]["assessment"]["findings"][0], *finding);
    let texts: Vec<_> = stored.personal.iter().map(|value| value.text.as_str()).collect();
    assert_eq!(texts, ["山田", "山田医院", "山田太郎", "山田太郎.xlsx", "山田花子"]);
    let entry = Entry::from_bytes(&stored.payload).unwrap();
    assert_eq!(entry.commitments().len(), texts.len());
}

#[test]
fn what_was_erased_stays_a_commitment_and_is_counted() {
    let judged = events().into_iter().find(|event| event.code() == "duplicate-judged").unwrap();
    let mut read = Entry::from_bytes(&payload(judged)).unwrap();
    let before = read.clone();
    assert_eq!(read.open(|_| None), 1);
    assert_eq!(read, before);
}

#[test]
fn an_entry_with_personal_data_itself_is_refused() {
    let judged = events().into_iter().find(|event| event.code() == "duplicate-judged").unwrap();
    let text = String::from_utf8(payload(judged)).unwrap();
    let from = text.find("committed:").unwrap();
    for other in ["山田太郎", &text[from..from + 73], &text[from..from + 74].to_uppercase()] {
        let forged = text.replace(&text[from..from + 74], other);
        assert!(matches!(Entry::from_bytes(forged.as_bytes()), Err(EntryError::Uncommitted)), "{forged}");
    }
    // Whoever writes a reason that looks like a commitment has it committed to like any other.
    let event = Event::DuplicateJudged {
        claim_id: "C-1".into(),
        other_claim: "C-2".into(),
        verdict: DuplicateVerdict::Same,
        reason: format!("committed:{}", Sha256([1; 32])),
    };
    assert_eq!(stored(event).personal.len(), 1);
}

#[test]
fn bytes_that_another_hand_wrote_are_refused_and_the_place_is_named() {
    let good = String::from_utf8(payload(events().remove(0))).unwrap();
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
        let bytes = entry.clone().commit(|| [0; 32]).payload;
        prop_assert!(!bytes.contains(&b'\n'));
        prop_assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Entry::from_bytes(&bytes).is_err());
    }
}
