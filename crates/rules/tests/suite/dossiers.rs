//! Dossiers: documents against one another and the register, and what each mismatch gives.

use crate::cases::{every_sentence_is_whole, yen};
use claim::{
    Category, ClaimId, Confidence, DocumentKind, Dossier, DossierDocument, DuplicateVerdict, Expense, Facility,
    FacilityKind, Field, Finding, FindingCode, InstitutionCode, ItemizationLine, ItemizationReading, Lang, Likeness,
    Method, Outcome, Place, PossibleDuplicate, Problem, ProblemCode, ProgrammeId, Reading, ReceiptReading, Sha256,
    Spot, TransitionalMeasure, Values,
};
use jiff::civil::{Date, date};
use rules::{Assessed, Ruleset, examine};

fn field<T>(value: T, text: &str) -> Field<T> {
    let spot = Spot { page: Some(1), bounds: Some([10, 20, 30, 40]), ..Spot::default() };
    Field { value, confidence: Confidence::from_per_mille(990), spot, text: text.to_owned(), reasons: Vec::new() }
}

fn receipt(total: i64, day: Date) -> ReceiptReading {
    ReceiptReading {
        total_yen: Some(field(yen(total), "￥")),
        issued_on: Some(field(day, "")),
        payee: Some(field("青空クリニック".to_owned(), "青空クリニック 様")),
        issuer: Some(field("株式会社みどり商会".to_owned(), "")),
        registration_number: Some(field("T7000012050002".to_owned(), "")),
        proviso: None,
        tax: Vec::new(),
    }
}

fn line(description: &str, category: Option<Category>, amount: i64) -> ItemizationLine {
    ItemizationLine {
        description: description.to_owned(),
        category,
        category_reason: None,
        quantity: None,
        unit_price_yen: None,
        amount_yen: yen(amount),
        eligible: None,
        spot: Spot { sheet: Some("内訳".to_owned()), cell: Some("D5".to_owned()), ..Spot::default() },
        confidence: Confidence::CERTAIN,
    }
}

fn itemization(lines: Vec<ItemizationLine>) -> ItemizationReading {
    let total = lines.iter().map(|line| line.amount_yen.get()).sum();
    ItemizationReading { lines, total_yen: Some(field(yen(total), "")), ..ItemizationReading::default() }
}

/// A document whose bytes are told apart by its name.
fn document(file: &str, declared: DocumentKind) -> DossierDocument {
    let mut hash = [0u8; 32];
    for (byte, of_name) in hash.iter_mut().zip(file.bytes().rev()) {
        *byte = of_name;
    }
    DossierDocument {
        declared,
        reading: Reading {
            page_hashes: Vec::new(),
            file: file.to_owned(),
            sha256: Sha256(hash),
            media_type: "application/pdf".to_owned(),
            pages: 1,
            method: Some(Method::Text),
            kind: declared,
            receipt: None,
            itemization: None,
            problems: Vec::new(),
        },
    }
}

fn as_receipt(file: &str, reading: ReceiptReading) -> DossierDocument {
    let mut document = document(file, DocumentKind::Receipt);
    document.reading.receipt = Some(reading);
    document
}

fn as_itemization(file: &str, reading: ItemizationReading) -> DossierDocument {
    let mut document = document(file, DocumentKind::Itemization);
    document.reading.itemization = Some(reading);
    document
}

fn facility() -> Facility {
    Facility {
        code: InstitutionCode::parse("1310110049").unwrap(),
        kind: FacilityKind::Clinic,
        name: "医療法人社団青空会　青空クリニック".to_owned(),
        founder: "医療法人社団青空会".to_owned(),
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        transitional_measure: None,
        earlier_grants: Vec::new(),
        account: None,
    }
}

/// A clinic's dossier with nothing wrong: tablets for 41,000 and changes for 100,000, worth 105,750.
fn dossier() -> Dossier {
    Dossier {
        claim_id: ClaimId::from("C-1"),
        programme: ProgrammeId::from("home-consent"),
        submitted_at: "2025-12-20T10:15:00+09:00".parse().unwrap(),
        claimed_yen: None,
        choices: Vec::new(),
        filed_choices: Vec::new(),
        filed_before: Vec::new(),
        facility_code: InstitutionCode::parse("1310110049").unwrap(),
        facility: Some(facility()),
        earlier_grants: Vec::new(),
        documents: vec![
            as_receipt("領収書.pdf", receipt(141_000, date(2025, 6, 15))),
            as_itemization(
                "内訳.xlsx",
                itemization(vec![
                    line("タブレット端末 1台", Some(Category::MobileTerminal), 41_000),
                    line("レセプトコンピュータ改修", Some(Category::ReceiptComputer), 100_000),
                ]),
            ),
        ],
        duplicates: Vec::new(),
    }
}

fn receipt_of(dossier: &mut Dossier) -> &mut ReceiptReading {
    dossier.documents[0].reading.receipt.as_mut().unwrap()
}

fn itemization_of(dossier: &mut Dossier) -> &mut ItemizationReading {
    dossier.documents[1].reading.itemization.as_mut().unwrap()
}

fn assess(dossier: &Dossier) -> Assessed {
    let assessed = Ruleset::embedded().assess_dossier(dossier).unwrap();
    every_sentence_is_whole(&assessed.assessment);
    // With facts, facts and observations are all that a replay needs.
    if let Some(facts) = &assessed.facts {
        let replay = Ruleset::embedded().assess(facts, &assessed.observed).unwrap();
        assert_eq!(replay, assessed.assessment);
    }
    assessed
}

/// Outcome and codes after one change of the good dossier.
fn after(change: impl FnOnce(&mut Dossier)) -> (Outcome, Vec<&'static str>) {
    let (outcome, findings) = findings_after(change);
    (outcome, findings.iter().map(|finding| finding.code.code()).collect())
}

fn findings_after(change: impl FnOnce(&mut Dossier)) -> (Outcome, Vec<Finding>) {
    let mut changed = dossier();
    change(&mut changed);
    let assessed = assess(&changed);
    (assessed.assessment.outcome, assessed.assessment.findings)
}

fn only(change: impl FnOnce(&mut Dossier)) -> Finding {
    let (_, findings) = findings_after(change);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.into_iter().next().unwrap()
}

#[test]
fn a_dossier_with_nothing_wrong_is_approved() {
    let assessed = assess(&dossier());
    assert_eq!(assessed.observed, []);
    assert_eq!(assessed.assessment.findings, []);
    assert_eq!(assessed.assessment.grant_yen, yen(105_750));
    let facts = assessed.facts.unwrap();
    assert_eq!(facts.purchased_on, Some(date(2025, 6, 15)));
    assert_eq!(facts.documents, [DocumentKind::Receipt, DocumentKind::Itemization]);
    assert_eq!(facts.facility.kind, FacilityKind::Clinic);
    assert_eq!(facts.expenses.len(), 2);
}

#[test]
fn what_the_facility_itself_calls_ineligible_counts_as_other() {
    let mut changed = dossier();
    let lines = &mut itemization_of(&mut changed).lines;
    lines[0].eligible = Some(true);
    lines[1].eligible = Some(false);
    // 一式 among the ineligible amounts harms nobody: no category is needed.
    lines.push(ItemizationLine { eligible: Some(false), ..line("保守 一式", None, 12_000) });
    itemization_of(&mut changed).total_yen = Some(field(yen(153_000), ""));
    receipt_of(&mut changed).total_yen = Some(field(yen(153_000), ""));
    let assessed = assess(&changed);
    let facts = assessed.facts.unwrap();
    assert_eq!(
        facts.expenses,
        [
            Expense { category: Category::MobileTerminal, amount_yen: yen(41_000) },
            Expense { category: Category::Other, amount_yen: yen(100_000) },
            Expense { category: Category::Other, amount_yen: yen(12_000) },
        ]
    );
    assert_eq!(assessed.assessment.outcome, Outcome::Approve);
    assert_eq!(assessed.assessment.grant_yen, yen(30_750));
}

#[test]
fn two_receipts_add_up_and_the_later_day_is_the_day_of_purchase() {
    let two = |second: i64| {
        let mut changed = dossier();
        receipt_of(&mut changed).total_yen = Some(field(yen(41_000), ""));
        changed.documents.insert(1, as_receipt("領収書2.pdf", receipt(second, date(2025, 7, 1))));
        assess(&changed)
    };
    let good = two(100_000);
    assert_eq!(good.assessment.outcome, Outcome::Approve);
    assert_eq!(good.facts.unwrap().purchased_on, Some(date(2025, 7, 1)));
    assert_eq!(two(99_999).assessment.outcome, Outcome::Return);
}

#[test]
fn the_same_bytes_twice_are_one_document() {
    let (outcome, codes) = after(|dossier| dossier.documents.push(dossier.documents[0].clone()));
    assert_eq!((outcome, codes), (Outcome::Approve, vec![]));
}

#[test]
fn totals_that_differ_by_a_yen_are_returned_with_both_sums() {
    let finding = only(|dossier| receipt_of(dossier).total_yen = Some(field(yen(141_001), "")));
    assert_eq!(finding.code, FindingCode::TotalsDiffer);
    assert_eq!(
        finding.message(Lang::Ja),
        "領収書の金額の合計（141,001円）と領収書内訳書の合計（141,000円）が一致しません（差額 1円）。"
    );
    assert_eq!(finding.place, Some(Place::file("内訳.xlsx")));
    // Without a written total, the lines are summed.
    let finding = only(|dossier| {
        receipt_of(dossier).total_yen = Some(field(yen(140_000), ""));
        itemization_of(dossier).total_yen = None;
    });
    assert_eq!(finding.values["difference_yen"], claim::Value::from(1_000i64));
    assert_eq!(after(|dossier| itemization_of(dossier).total_yen = None), (Outcome::Approve, vec![]));
}

#[test]
fn an_itemization_must_add_up_by_itself() {
    let finding = only(|dossier| itemization_of(dossier).lines[0].amount_yen = yen(40_000));
    assert_eq!(finding.code, FindingCode::ItemizationSumDiffers);
    assert_eq!(
        finding.message(Lang::En),
        "The itemization's total (141,000 yen) is not the sum of its lines (140,000 yen)."
    );
}

#[test]
fn where_an_amount_is_not_sure_a_difference_goes_to_a_person_and_not_back() {
    let doubtful = Confidence::from_per_mille(799);
    let (outcome, codes) = after(|dossier| {
        receipt_of(dossier).total_yen = Some(Field { confidence: doubtful, ..field(yen(147_000), "￥147,000") });
    });
    assert_eq!((outcome, codes), (Outcome::Review, vec!["reading-uncertain", "reading-uncertain"]));
    let (outcome, findings) = findings_after(|dossier| {
        let line = &mut itemization_of(dossier).lines[0];
        line.amount_yen = yen(37_000);
        line.confidence = doubtful;
    });
    assert_eq!(outcome, Outcome::Review);
    assert_eq!(
        findings.iter().map(|finding| finding.message(Lang::Ja)).collect::<Vec<_>>(),
        [
            "書類の「内訳「タブレット端末 1台」の金額」を確実に読み取ることができませんでした（読み取った値: 37,000円）。",
            "書類の「内訳書の合計と各行の合計」を確実に読み取ることができませんでした（読み取った値: 141,000円と137,000円）。",
        ]
    );
}

#[test]
fn needed_fields_must_be_there_and_sure() {
    let surely = |per_mille| {
        after(|dossier| {
            let total = receipt_of(dossier).total_yen.as_mut().unwrap();
            total.confidence = Confidence::from_per_mille(per_mille);
        })
    };
    assert_eq!(surely(800), (Outcome::Approve, vec![]));
    assert_eq!(surely(799), (Outcome::Review, vec!["reading-uncertain"]));

    let finding = only(|dossier| receipt_of(dossier).total_yen = None);
    assert_eq!(
        finding.message(Lang::Ja),
        "書類の「領収金額」を確実に読み取ることができませんでした（読み取った値: なし）。"
    );
    let finding = only(|dossier| receipt_of(dossier).issued_on = None);
    assert_eq!(finding.values["field"], claim::Value::from("purchased_on"));
    let finding = only(|dossier| {
        receipt_of(dossier).issued_on.as_mut().unwrap().confidence = Confidence::from_per_mille(500);
    });
    assert_eq!(finding.message(Lang::En), "The field date of the receipt could not be read surely (read: 2025-06-15).");
    assert_eq!(finding.place.unwrap().spot.page, Some(1));
    let finding = only(|dossier| {
        itemization_of(dossier).total_yen.as_mut().unwrap().confidence = Confidence::from_per_mille(500);
    });
    assert_eq!(finding.values["field"], claim::Value::from("itemization_yen"));
    // No lines: nothing eligible is known, and nothing is refused for it.
    let (outcome, codes) = after(|dossier| {
        itemization_of(dossier).lines.clear();
        itemization_of(dossier).total_yen = None;
    });
    assert_eq!((outcome, codes), (Outcome::Review, vec!["reading-uncertain"]));
}

#[test]
fn an_estimate_in_place_of_a_receipt_is_returned_and_named_once() {
    for (kind, name) in
        [(DocumentKind::Estimate, "見積書"), (DocumentKind::Invoice, "請求書"), (DocumentKind::DeliveryNote, "納品書")]
    {
        let finding = only(|dossier| dossier.documents[0].reading.kind = kind);
        assert_eq!(finding.message(Lang::Ja), format!("領収書として添付された書類は{name}です。"));
        assert_eq!(finding.place, Some(Place::file("領収書.pdf")));
    }
    // Beside a real receipt it is still no receipt, and the sums are not compared with it.
    let (outcome, codes) = after(|dossier| {
        let mut estimate = as_receipt("見積.pdf", receipt(50_000, date(2025, 5, 1)));
        estimate.reading.kind = DocumentKind::Estimate;
        dossier.documents.push(estimate);
    });
    assert_eq!((outcome, codes), (Outcome::Return, vec!["estimate-not-receipt"]));
}

#[test]
fn a_lump_sum_is_returned_and_never_refused() {
    let finding = only(|dossier| {
        itemization_of(dossier).lines = vec![line("一式", None, 141_000)];
    });
    assert_eq!(finding.code, FindingCode::DescriptionTooVague);
    assert_eq!(finding.message(Lang::Ja), "内訳「一式」（141,000円）からは、何の経費か判断できません。");
    assert_eq!(finding.place.unwrap().show(Lang::Ja), "内訳.xlsx シート「内訳」 D5");
    // A line of nothing needs no category.
    assert_eq!(
        after(|dossier| itemization_of(dossier).lines.push(line("端数調整", None, 0))),
        (Outcome::Approve, vec![])
    );
}

#[test]
fn a_document_that_cannot_be_read_is_returned_and_is_not_called_missing() {
    let problem =
        |file: &str| Problem { code: ProblemCode::Encrypted, place: Place::file(file), values: Values::new() };
    for (position, file) in [(0, "領収書.pdf"), (1, "内訳.xlsx")] {
        let finding = only(|dossier| {
            let reading = &mut dossier.documents[position].reading;
            *reading = Reading::unreadable(file, reading.sha256, "application/pdf", problem(file));
        });
        assert_eq!(finding.code, FindingCode::DocumentUnreadable, "{file}");
        assert_eq!(
            finding.message(Lang::Ja),
            "添付された書類を読み取れませんでした。パスワードが設定されています。パスワードを外したファイルをお送りください。"
        );
        assert!(finding.message(Lang::En).ends_with("The file needs a password. Send it without one."));
        assert_eq!(finding.place.as_ref().unwrap().file.as_deref(), Some(file));
    }
    // Blank: not fatal for a reader, but nothing can be used.
    let finding = only(|dossier| {
        let reading = &mut dossier.documents[0].reading;
        reading.receipt = None;
        reading.kind = DocumentKind::Other;
        reading.problems = vec![Problem { code: ProblemCode::NothingFound, ..problem("領収書.pdf") }];
    });
    assert_eq!(finding.code, FindingCode::DocumentUnreadable);
    let finding = only(|dossier| {
        dossier.documents[0].reading.receipt = None;
        dossier.documents[0].reading.kind = DocumentKind::Other;
    });
    assert!(finding.message(Lang::Ja).contains("判断できる内容がありません"));
}

#[test]
fn a_part_that_could_not_be_read_is_said_beside_what_could() {
    let (outcome, findings) = findings_after(|dossier| {
        let place = Place::spot("内訳.xlsx", Spot { cell: Some("D7".to_owned()), ..Spot::default() });
        let values: Values = [("found".to_owned(), "1O,000".into()), ("expected".to_owned(), "整数".into())].into();
        dossier.documents[1].reading.problems = vec![Problem { code: ProblemCode::InvalidAmount, place, values }];
        receipt_of(dossier).total_yen = Some(field(yen(151_000), ""));
        itemization_of(dossier).total_yen = Some(field(yen(151_000), ""));
    });
    // The total agrees with the receipt; the lines are short of what could not be read, and that is no mistake of theirs.
    assert_eq!(outcome, Outcome::Review);
    assert_eq!(
        findings.iter().map(|finding| finding.message(Lang::Ja)).collect::<Vec<_>>(),
        [
            "書類の「金額」を確実に読み取ることができませんでした（読み取った値: 1O,000）。",
            "書類の「内訳書の合計と各行の合計」を確実に読み取ることができませんでした（読み取った値: 151,000円と141,000円）。",
        ]
    );
}

#[test]
fn each_part_that_could_not_be_read_is_named() {
    for (code, field) in [
        (ProblemCode::InvalidAmount, "金額"),
        (ProblemCode::FormulaWithoutValue, "金額"),
        (ProblemCode::DoesNotAddUp, "金額"),
        (ProblemCode::HiddenAmounts, "非表示の金額"),
        (ProblemCode::DescriptionMissing, "品名・内容"),
        (ProblemCode::SeveralDocuments, "2つ目以降の書類"),
        (ProblemCode::NothingFound, "書類の一部"),
    ] {
        let (_, findings) = findings_after(|dossier| {
            dossier.documents[1].reading.problems = vec![Problem::new(code).with("found", "x").with("expected", "y")];
        });
        let said = |finding: &Finding| finding.message(Lang::Ja).starts_with(&format!("書類の「{field}」を"));
        assert!(findings.iter().any(said), "{code:?}: {findings:?}");
    }
}

#[test]
fn documents_that_are_missing_are_asked_for_and_nothing_is_refused_for_it() {
    assert_eq!(after(|dossier| drop(dossier.documents.remove(1))), (Outcome::Return, vec!["itemization-missing"]));
    assert_eq!(after(|dossier| drop(dossier.documents.remove(0))), (Outcome::Return, vec!["receipt-missing"]));
    let (outcome, findings) = findings_after(|dossier| dossier.documents.clear());
    assert_eq!(outcome, Outcome::Return);
    assert_eq!(crate::cases::codes(&findings), ["receipt-missing", "itemization-missing"]);
    assert!(findings.iter().all(|finding| finding.source.is_some()));
}

#[test]
fn documents_declared_the_wrong_way_round_are_used_as_what_they_are() {
    let swapped = after(|dossier| {
        dossier.documents[0].declared = DocumentKind::Itemization;
        dossier.documents[1].declared = DocumentKind::Receipt;
    });
    assert_eq!(swapped, (Outcome::Approve, vec![]));
    // Two receipts, one declared as the itemization: the itemization is missing.
    let (outcome, codes) = after(|dossier| {
        let mut second = as_receipt("領収書2.pdf", receipt(1_000, date(2025, 6, 16)));
        second.declared = DocumentKind::Itemization;
        dossier.documents[1] = second;
    });
    assert_eq!((outcome, codes), (Outcome::Return, vec!["itemization-missing"]));
    // A document that does not say what it is counts as what it was declared, and a person looks.
    let finding = only(|dossier| dossier.documents[0].reading.kind = DocumentKind::Other);
    assert_eq!(finding.values["field"], claim::Value::from("kind"));
}

#[test]
fn a_receipt_is_made_out_to_the_facility_or_its_founder() {
    let payee = |payee: &str, method: Method| {
        after(|dossier| {
            dossier.documents[0].reading.method = Some(method);
            receipt_of(dossier).payee = Some(field(payee.to_owned(), payee));
        })
        .1
    };
    for same in [
        "青空クリニック",
        "青空クリニック 御中",
        "青空 クリニック　様",
        "青空ｸﾘﾆｯｸ",
        "青空クリニツク",
        "医療法人社団青空会",
        "（医社）青空会 青空クリニック",
        "医療法人社団 青空会　青空クリニック 院長 殿",
        "青空クリニック（青空会）",
    ] {
        assert_eq!(payee(same, Method::Text), [""; 0], "{same}");
    }
    for other in
        ["緑クリニック", "上様", "上 様", "", "  ", "様", "東青空クリニック", "青空薬局", "クリニック", "医療法人社団"]
    {
        assert_eq!(payee(other, Method::Text), ["payee-differs"], "{other}");
    }
    // OCR may miss a character, not a name.
    assert_eq!(payee("青空クリニッワ", Method::Text), ["payee-differs"]);
    assert_eq!(payee("青空クリニッワ", Method::Ocr), [""; 0]);
    assert_eq!(payee("赤空クリニック", Method::Ocr), ["payee-differs"]);
    assert_eq!(payee("緑クリニック", Method::Ocr), ["payee-differs"]);
    assert_eq!(payee("上様", Method::Ocr), ["payee-differs"]);
    // What tells the facility apart is there, and too much of the rest is another name.
    assert_eq!(payee("青空クリ東西南", Method::Ocr), ["payee-differs"]);
    assert_eq!(payee("青空商事本店営業第二課", Method::Ocr), ["payee-differs"]);
    let finding = only(|dossier| receipt_of(dossier).payee = None);
    assert_eq!(
        finding.message(Lang::Ja),
        "領収書の宛名「（記載なし）」が、登録されている名称（医療法人社団青空会　青空クリニック、開設者 医療法人社団青空会）と異なります。"
    );
}

#[test]
fn names_that_differ_only_in_how_they_are_written_are_the_same() {
    let same = |name: &str, founder: &str, payee: &str, method: Method| {
        after(|dossier| {
            dossier.facility.as_mut().unwrap().name = name.to_owned();
            dossier.facility.as_mut().unwrap().founder = founder.to_owned();
            dossier.documents[0].reading.method = Some(method);
            receipt_of(dossier).payee = Some(field(payee.to_owned(), payee));
        })
        .1
        .is_empty()
    };
    for (name, founder, payee, expected) in [
        ("みどり薬局", "株式会社みどり商会", "㈱みどり商会 御中", true),
        ("みどり薬局", "株式会社みどり商会", "みどり商会(株)", true),
        ("みどり薬局", "株式会社みどり商会", "ミドリ薬局", true),
        ("みどり薬局", "株式会社みどり商会", "みどり商会 みどり薬局 様", true),
        ("髙橋医院", "髙橋 一郎", "高橋医院 院長 高橋一郎 様", true),
        ("髙橋医院", "", "高橋医院", true),
        ("髙橋医院", "", "上様", false),
        ("上", "", "上様", false),
        ("ファィゥェォッャュョヮヵヶ会", "", "ふアイウエオツヤユヨワカケ会", true),
        ("山田歯科医院", "山田太郎", "山本歯科医院", false),
    ] {
        for method in [Method::Text, Method::Ocr] {
            assert_eq!(same(name, founder, payee, method), expected, "{name} {founder} {payee} {method:?}");
        }
    }
    assert!(same("さくらんぼ小児科", "", "さくらんば小児科", Method::Ocr));
    assert!(!same("さくらんぼ小児科", "", "さくらんば小児科", Method::Sheet));
}

/// OCR may miss one character in five of a name, and no more.
#[test]
fn a_name_read_by_ocr_may_differ_in_one_character_of_five() {
    for (name, payee, expected) in [
        ("青空の医院", "青空の匠院", true),
        ("青空医院", "青空匠院", false),
        ("あおぞら中央クリニック", "あおぞら中央クリニヮワ", true),
        ("あおぞら中央内科", "あおぞら中央ウ料", false),
        // Half of what tells it apart is another name, however much of the rest agrees.
        ("あおぞら中央内科小児科クリニック", "いおそら東央内科小児科クリニック", false),
    ] {
        let findings = after(|dossier| {
            let facility = dossier.facility.as_mut().unwrap();
            (facility.name, facility.founder) = (name.to_owned(), String::new());
            dossier.documents[0].reading.method = Some(Method::Ocr);
            receipt_of(dossier).payee = Some(field(payee.to_owned(), payee));
        })
        .1;
        assert_eq!(findings.is_empty(), expected, "{name} {payee}: {findings:?}");
    }
}

#[test]
fn a_registration_number_that_fails_is_looked_at_and_one_that_is_missing_is_not() {
    for (number, bad) in [
        (Some("T7000012050002"), false),
        (Some("Ｔ７０００－０１２０５０００２"), false),
        (None, false),
        (Some("T7000012050003"), true),
        (Some("7000012050002"), true),
        (Some("T700001205000"), true),
    ] {
        let (outcome, codes) = after(|dossier| {
            receipt_of(dossier).registration_number = number.map(|number| field(number.to_owned(), number));
        });
        assert_eq!(codes == ["registration-number-invalid"], bad, "{number:?}");
        assert_eq!(outcome, if bad { Outcome::Review } else { Outcome::Approve });
    }
}

#[test]
fn a_receipt_that_another_claim_has_is_looked_at() {
    let duplicate = |why, verdict| PossibleDuplicate {
        file: "領収書.pdf".to_owned(),
        page: Some(1),
        other_claim: ClaimId::from("C-7"),
        other_facility: InstitutionCode::parse("3410712362").unwrap(),
        other_file: "scan.tiff".to_owned(),
        other_page: Some(2),
        why,
        verdict,
    };
    for (why, words) in [
        (Likeness::SameBytes, "同じファイル"),
        (Likeness::SameFacts, "発行者・日付・金額が同じ"),
        (Likeness::SamePage, "見た目がほぼ同じページ"),
    ] {
        let finding = only(|dossier| dossier.duplicates.push(duplicate(why, None)));
        assert_eq!(
            finding.message(Lang::Ja),
            format!("同じ領収書が別の申請（C-7）にも添付されている可能性があります（{words}、scan.tiff 2ページ）。")
        );
        assert_eq!(finding.place.as_ref().unwrap().show(Lang::Ja), "領収書.pdf 1ページ");
        assert_eq!(finding.severity(), claim::Severity::Review);
    }
    // What a person has said is not asked again.
    let said = only(|dossier| dossier.duplicates.push(duplicate(Likeness::SamePage, Some(DuplicateVerdict::Same))));
    assert_eq!((said.code.code(), said.severity()), ("duplicate-confirmed", claim::Severity::Review));
    let (outcome, codes) =
        after(|dossier| dossier.duplicates.push(duplicate(Likeness::SameFacts, Some(DuplicateVerdict::Different))));
    assert_eq!((outcome, codes), (Outcome::Approve, Vec::new()));
}

#[test]
fn an_unknown_facility_is_looked_at_and_its_kind_is_not_guessed() {
    let mut unknown = dossier();
    unknown.facility = None;
    let assessed = assess(&unknown);
    assert_eq!(assessed.facts, None);
    assert_eq!(crate::cases::codes(&assessed.assessment.findings), ["facility-unknown"]);
    assert_eq!(assessed.assessment.outcome, Outcome::Review);
    assert_eq!((assessed.assessment.grant_yen, assessed.assessment.computed_yen), (yen(0), yen(0)));
    assert!(assessed.assessment.trace.is_empty());
    // What does not hang on the kind is still said.
    unknown.submitted_at = "2026-02-01T00:00:00+09:00".parse().unwrap();
    unknown.earlier_grants = vec![ProgrammeId::from("home-consent")];
    unknown.documents.remove(0);
    let assessed = assess(&unknown);
    assert_eq!(
        crate::cases::codes(&assessed.assessment.findings),
        ["deadline-passed", "already-granted", "receipt-missing", "facility-unknown"]
    );
}

#[test]
fn a_day_that_was_not_read_keeps_a_measure_from_being_refused() {
    let limited = |measure: Option<TransitionalMeasure>, day: Option<Date>| {
        after(|dossier| {
            dossier.programme = ProgrammeId::from("limited-type");
            dossier.submitted_at = "2025-01-20T10:15:00+09:00".parse().unwrap();
            dossier.facility.as_mut().unwrap().transitional_measure = measure;
            receipt_of(dossier).issued_on = day.map(|day| field(day, ""));
            itemization_of(dossier).lines[1].category = Some(Category::CardReader);
        })
    };
    let measure = |number| Some(TransitionalMeasure { number, ended_on: None });
    assert_eq!(limited(measure(2), Some(date(2024, 12, 10))).0, Outcome::Approve);
    assert_eq!(limited(measure(3), Some(date(2024, 12, 10))).0, Outcome::Reject);
    assert_eq!(limited(None, None), (Outcome::Review, vec!["reading-uncertain", "grant-ceiling-applied"]));
}

#[test]
fn one_receipt_without_a_day_leaves_the_latest_day_unknown() {
    let mut changed = dossier();
    receipt_of(&mut changed).total_yen = Some(field(yen(41_000), ""));
    let mut second = receipt(100_000, date(2025, 7, 1));
    second.issued_on = None;
    changed.documents.push(as_receipt("領収書2.pdf", second));
    let assessed = assess(&changed);
    assert_eq!(assessed.facts.unwrap().purchased_on, None);
    assert_eq!(crate::cases::codes(&assessed.assessment.findings), ["reading-uncertain"]);
}

#[test]
fn amounts_that_no_sum_holds_go_to_a_person() {
    let mut changed = dossier();
    itemization_of(&mut changed).lines[0].amount_yen = claim::Yen::MAX;
    let assessed = assess(&changed);
    assert_eq!(assessed.facts, None);
    assert_eq!(assessed.assessment.outcome, Outcome::Review);
    let programme = Ruleset::embedded().programme(&changed.programme).unwrap();
    assert_eq!(examine(programme, &changed).findings, assessed.observed);
    assert_eq!(crate::cases::codes(&assessed.observed), ["reading-uncertain"]);
}

/// A receipt that cannot be read has a day that is not known; another document has none to know.
#[test]
fn an_unreadable_receipt_leaves_the_day_unknown_and_another_document_does_not() {
    let damaged = |file: &str, declared| {
        let mut document = document(file, declared);
        document.reading.method = None;
        document.reading.problems = vec![Problem::new(ProblemCode::Damaged).with("found", "PDF")];
        document
    };
    for (declared, day) in [(DocumentKind::Receipt, None), (DocumentKind::Itemization, Some(date(2025, 6, 15)))] {
        let mut changed = dossier();
        changed.documents.push(damaged("further.pdf", declared));
        assert_eq!(assess(&changed).facts.unwrap().purchased_on, day, "{declared:?}");
    }
}

/// As sure as it has to be is sure.
#[test]
fn what_is_just_sure_enough_is_sure() {
    let just = rules::SURE;
    let below = Confidence::from_per_mille(just.per_mille() - 1);
    for (confidence, findings) in [(just, 0), (below, 1)] {
        let mut of_line = dossier();
        itemization_of(&mut of_line).lines[0].confidence = confidence;
        let mut of_total = dossier();
        itemization_of(&mut of_total).total_yen.as_mut().unwrap().confidence = confidence;
        let mut of_receipt = dossier();
        receipt_of(&mut of_receipt).total_yen.as_mut().unwrap().confidence = confidence;
        for changed in [of_line, of_total, of_receipt] {
            let uncertain = assess(&changed).observed;
            assert_eq!(uncertain.len(), findings, "{confidence:?}: {uncertain:?}");
        }
    }
}

/// The founder is named beside the facility only where the register has another one.
#[test]
fn who_the_receipt_should_name_is_told_without_repeating_it() {
    for (founder, expected) in [
        ("医療法人社団青空会", "医療法人社団青空会　青空クリニック、開設者 医療法人社団青空会"),
        ("", "（医療法人社団青空会　青空クリニック）"),
        ("医療法人社団青空会　青空クリニック", "（医療法人社団青空会　青空クリニック）"),
    ] {
        let finding = only(|dossier| {
            dossier.facility.as_mut().unwrap().founder = founder.to_owned();
            receipt_of(dossier).payee = Some(field("株式会社みほん".to_owned(), "株式会社みほん 様"));
        });
        assert!(finding.message(Lang::Ja).contains(expected), "{founder}: {}", finding.message(Lang::Ja));
    }
    // A payee of spaces is none.
    let blank = only(|dossier| receipt_of(dossier).payee = Some(field(" 　".to_owned(), "")));
    assert!(blank.message(Lang::Ja).contains("（記載なし）"), "{}", blank.message(Lang::Ja));
}

#[test]
fn a_second_document_in_a_file_is_named_as_such() {
    let (_, findings) = findings_after(|dossier| {
        dossier.documents[0].reading.problems =
            vec![Problem::new(ProblemCode::SeveralDocuments).with("found", "領収書 1ページ、領収書 2ページ")];
    });
    assert!(findings[0].message(Lang::Ja).contains("2つ目以降の書類"), "{}", findings[0].message(Lang::Ja));
}

/// A document that names itself neither is taken for what it was declared, when it could be read as both.
#[test]
fn a_document_without_a_title_is_what_it_was_declared() {
    let mut changed = dossier();
    let (receipt, itemization) = (receipt_of(&mut changed).clone(), itemization_of(&mut changed).clone());
    for document in &mut changed.documents {
        document.reading.kind = DocumentKind::Other;
        document.reading.receipt = Some(receipt.clone());
        document.reading.itemization = Some(itemization.clone());
    }
    let assessed = assess(&changed);
    assert_eq!(assessed.facts.unwrap().documents, [DocumentKind::Receipt, DocumentKind::Itemization]);
    assert_eq!(crate::cases::codes(&assessed.observed), ["reading-uncertain", "reading-uncertain"], "its kind, each");
}

/// With another receipt on the pages after it, a total is not the whole; a cell that was no amount changes nothing of it.
#[test]
fn a_total_beside_a_second_document_is_not_sure() {
    for (code, outcome) in
        [(ProblemCode::SeveralDocuments, Outcome::Review), (ProblemCode::InvalidAmount, Outcome::Return)]
    {
        let (found, _) = findings_after(|dossier| {
            dossier.documents[0].reading.problems = vec![Problem::new(code).with("found", "1").with("expected", "2")];
            receipt_of(dossier).total_yen = Some(field(yen(150_000), ""));
        });
        assert_eq!(found, outcome, "{code:?}");
    }
}

#[test]
fn the_code_on_an_itemization_is_held_against_the_claims_in_every_form_it_is_asked_for() {
    let said = |code: &str, named: &str| {
        let mut dossier = dossier();
        dossier.facility_code = InstitutionCode::parse(code).unwrap();
        itemization_of(&mut dossier).facility_code = Some(field(named.to_owned(), named));
        let programme = Ruleset::embedded().programme(&dossier.programme).unwrap();
        let findings = examine(programme, &dossier).findings;
        findings.iter().any(|finding| finding.code == FindingCode::ItemizationFacilityDiffers)
    };
    for same in ["1310110049", "0110049", "130110049"] {
        assert!(!said("1310110049", same), "{same}");
    }
    // A cell that holds a number has lost the zero in front.
    assert!(!said("0410119010", "410119010"));
    for other in ["0410119010", "0119010", "130119010", "1410110049", "131011004"] {
        assert!(said("1310110049", other), "{other}");
    }
}
