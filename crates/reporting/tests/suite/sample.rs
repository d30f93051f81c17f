//! Batches and notices that look like real ones.

use claim::{
    AccountKind, BankAccount, Contact, Facility, FacilityKind, Finding, FindingCode, InstitutionCode, Notice,
    NoticeKind, Payer, Payment, PaymentBatch, Place, ProductUnits, Rate, Spot, Step, TraceStep, TransitionalMeasure,
    Value, Yen,
};
use jiff::civil::date;

pub(crate) fn yen(n: i64) -> Yen {
    Yen::new(n).unwrap()
}

pub(crate) fn code(text: &str) -> InstitutionCode {
    InstitutionCode::parse(text).unwrap()
}

pub(crate) fn account(holder: &str) -> BankAccount {
    BankAccount {
        bank_code: "0001".into(),
        bank_name: "ミズホ".into(),
        branch_code: "110".into(),
        branch_name: "トウキヨウチユウオウ".into(),
        kind: AccountKind::Ordinary,
        number: "1234567".into(),
        holder: holder.into(),
    }
}

pub(crate) fn payment(claim: &str, holder: &str, amount: i64) -> Payment {
    Payment {
        claim_id: claim.into(),
        facility_code: code("1310110049"),
        facility_name: "霞が関診療所".into(),
        amount_yen: yen(amount),
        account: account(holder),
    }
}

pub(crate) fn batch(payments: Vec<Payment>) -> PaymentBatch {
    PaymentBatch {
        id: "B-2026-01".into(),
        pay_on: date(2026, 1, 30),
        payer: Payer {
            consignor_code: "0012345678".into(),
            consignor_name: "社会保険診療報酬支払基金".into(),
            account: BankAccount {
                bank_code: "0009".into(),
                bank_name: "ミツイスミトモ".into(),
                branch_code: "096".into(),
                branch_name: "シンバシ".into(),
                kind: AccountKind::Current,
                number: "0765432".into(),
                holder: "シヤカイホケンシンリヨウホウシユウシハライキキン".into(),
            },
        },
        payments,
    }
}

fn contact() -> Contact {
    Contact {
        sender: "社会保険診療報酬支払基金理事長".into(),
        office: "情報化支援部医療情報化支援助成課".into(),
        address: "〒105-0004 東京都港区新橋2丁目1番3号".into(),
        phone: "0800-080-4583（通話無料）".into(),
        email: "contact@iryohokenjyoho-portalsite.jp".into(),
        hours: "月曜日から金曜日 8:00から18:00まで、土曜日 8:00から16:00まで（祝日を除く）".into(),
    }
}

pub(crate) fn facility() -> Facility {
    Facility {
        code: code("1310110049"),
        kind: FacilityKind::Clinic,
        name: "霞が関診療所".into(),
        founder: "医療法人社団霞会".into(),
        postal_code: "100-8916".into(),
        address: "東京都千代田区霞が関1丁目2番2号".into(),
        transitional_measure: None,
        earlier_grants: vec![],
        account: None,
    }
}

fn step(step: Step, inputs: &[(&str, Value)], value: impl Into<Value>, source: Option<&str>) -> TraceStep {
    TraceStep {
        step,
        inputs: inputs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        value: value.into(),
        source: source.map(str::to_owned),
    }
}

const ITEMS: &str = "準備作業の手引き「※ 事業額上限は、モバイル端末：4.1万円、レセプトコンピュータの改修：78.1万円（病院）／13万円（診療所・薬局）」";
const TABLE: &str = "準備作業の手引き 財政支援の表「診療所・薬局 3／4 12.8万円 17.1万円」";

fn clinic_trace() -> Vec<TraceStep> {
    let mobile = || ("category", Value::from("mobile_terminal"));
    let computer = || ("category", Value::from("receipt_computer"));
    vec![
        step(Step::CategorySum, &[mobile()], yen(45_100), None),
        step(
            Step::CategoryCeiling,
            &[mobile(), ("sum_yen", yen(45_100).into()), ("ceiling_yen", yen(41_000).into())],
            yen(41_000),
            Some(ITEMS),
        ),
        step(Step::CategorySum, &[computer()], yen(143_000), None),
        step(
            Step::CategoryCeiling,
            &[computer(), ("sum_yen", yen(143_000).into()), ("ceiling_yen", yen(130_000).into())],
            yen(130_000),
            Some(ITEMS),
        ),
        step(Step::EligibleCost, &[], yen(171_000), None),
        step(
            Step::CostCeiling,
            &[("sum_yen", yen(171_000).into()), ("ceiling_yen", yen(171_000).into())],
            yen(171_000),
            Some(TABLE),
        ),
        step(
            Step::Rate,
            &[("cost_yen", yen(171_000).into()), ("rate", Rate::new(3, 4).unwrap().into())],
            "128250",
            Some(TABLE),
        ),
        step(
            Step::Rounding,
            &[("exact_yen", "128250".into()), ("unit_yen", yen(1).into()), ("mode", "down".into())],
            yen(128_250),
            None,
        ),
        step(
            Step::GrantCeiling,
            &[("product_yen", yen(128_250).into()), ("ceiling_yen", yen(128_000).into())],
            yen(128_000),
            Some(TABLE),
        ),
    ]
}

pub(crate) fn approval() -> Notice {
    Notice {
        kind: NoticeKind::Approval,
        number: "交付第7-000123号".into(),
        issued_on: date(2025, 12, 24),
        facility: facility(),
        claim_id: "C-2025-000123".into(),
        programme_name: "居宅同意取得型の資格確認を行う医療機関・薬局に対する財政支援（地域診療情報連携推進費補助金）"
            .into(),
        submitted_on: date(2025, 12, 20),
        claimed_yen: Some(yen(141_075)),
        grant_yen: yen(128_000),
        grant_units: None,
        pay_on: Some(date(2026, 1, 30)),
        findings: vec![
            Finding::new(FindingCode::CategoryCeilingApplied)
                .with("category", "mobile_terminal")
                .with("found_yen", yen(45_100))
                .with("ceiling_yen", yen(41_000))
                .on(ITEMS),
            Finding::new(FindingCode::CategoryCeilingApplied)
                .with("category", "receipt_computer")
                .with("found_yen", yen(143_000))
                .with("ceiling_yen", yen(130_000))
                .on(ITEMS),
            Finding::new(FindingCode::GrantCeilingApplied)
                .with("found_yen", yen(128_250))
                .with("ceiling_yen", yen(128_000))
                .on(TABLE),
            Finding::new(FindingCode::ClaimedAmountDiffers)
                .with("claimed_yen", yen(141_075))
                .with("computed_yen", yen(128_000)),
        ],
        trace: clinic_trace(),
        source_documents: [("001".to_owned(), "見本の手引き".to_owned())].into(),
        ruleset: "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0".into(),
        log_index: 4211,
        proof_link: Some("https://kofu.example.jp/proof/4211".to_owned()),
        reason: None,
        contact: contact(),
        appeal: None,
    }
}

/// An approval of products: the first choice.
pub(crate) fn approval_in_kind() -> Notice {
    let choice = |rank: i64, maker: &str, name: &str| {
        let inputs = [
            ("rank", rank.into()),
            ("maker", maker.into()),
            ("name", name.into()),
            ("asked_units", 3i64.into()),
            ("ceiling_units", 3i64.into()),
        ];
        TraceStep { value: 3i64.into(), ..step(Step::ChoiceUnits, &inputs, Yen::ZERO, Some("001 病院は最高3台")) }
    };
    Notice {
        number: "交付第4-000012号".into(),
        programme_name: "顔認証付きカードリーダーの提供".into(),
        claimed_yen: None,
        grant_yen: Yen::ZERO,
        grant_units: Some(ProductUnits {
            product: "almex-sma-pa-mytouch".into(),
            maker: "アルメックス".into(),
            name: "Sma-pa マイタッチ (ホワイト)".into(),
            units: 3,
        }),
        pay_on: None,
        findings: Vec::new(),
        trace: vec![choice(1, "アルメックス", "Sma-pa マイタッチ (ホワイト)"), choice(2, "富士通", "Caora")],
        ..approval()
    }
}

pub(crate) fn rejection() -> Notice {
    let limited = "リーフレット「経過措置(2)・(4)・(6)が適用されている保険医療機関・薬局」";
    let mut facility = facility();
    facility.transitional_measure = Some(TransitionalMeasure { number: 3, ended_on: Some(date(2024, 12, 1)) });
    Notice {
        kind: NoticeKind::Rejection,
        number: "不交付第6-000045号".into(),
        issued_on: date(2025, 2, 3),
        facility,
        claim_id: "C-2025-000045".into(),
        programme_name: "資格確認限定型の導入に対する補助".into(),
        submitted_on: date(2025, 1, 28),
        claimed_yen: None,
        grant_yen: Yen::ZERO,
        grant_units: None,
        pay_on: None,
        findings: vec![
            Finding::new(FindingCode::TransitionalMeasureRequired)
                .with("purchased_on", date(2025, 1, 15))
                .with("found", "経過措置(3)、令和6年12月1日まで")
                .with("numbers", vec![2i64, 4, 6])
                .on(limited),
            Finding::new(FindingCode::PayeeDiffers).with("found", "霞クリニック").with("expected", "霞が関診療所"),
        ],
        trace: vec![
            step(Step::EligibleCost, &[], yen(39_800), None),
            step(Step::Rate, &[("cost_yen", yen(39_800).into()), ("rate", Rate::new(3, 4).unwrap().into())], "29850", Some("リーフレット「補助額は最大3.1万円です。（事業費に対し3/4の補助）」")),
        ],
        source_documents: [("001".to_owned(), "見本の手引き".to_owned())].into(),
        ruleset: "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0".into(),
        log_index: 310,
        proof_link: None,
        reason: Some("地方厚生（支）局に経過措置の届出の状況を照会し、購入日に適用されている経過措置がないことを確認しました。".into()),
        contact: contact(),
        appeal: Some("この決定に不服がある場合は、この決定があったことを知った日の翌日から起算して３か月以内に、上記の発信者に対して書面により申し出ることができます。\nなお、この決定があった日の翌日から起算して１年を経過したときは、申し出ることができなくなります。".into()),
    }
}

pub(crate) fn sent_back() -> Notice {
    let article = "医療機関等向け総合ポータルサイト「領収書(写)と領収書内訳書の金額の合計は、一致する必要」";
    let mut notice = approval();
    notice.kind = NoticeKind::Return;
    notice.number = "差戻第7-000078号".into();
    notice.claim_id = "C-2025-000078".into();
    notice.grant_yen = Yen::ZERO;
    notice.pay_on = None;
    notice.claimed_yen = None;
    notice.trace.truncate(5);
    notice.findings = vec![
        Finding::new(FindingCode::TotalsDiffer)
            .with("receipts_yen", yen(188_100))
            .with("itemization_yen", yen(180_000))
            .with("difference_yen", yen(8_100))
            .at(Place::spot(
                "領収書内訳書.xlsx",
                Spot { sheet: Some("内訳".into()), cell: Some("E21".into()), ..Spot::default() },
            ))
            .on(article),
        Finding::new(FindingCode::EstimateNotReceipt)
            .with("document", "見積書")
            .at(Place::spot(
                "IMG_20251218_101512345_HDR_portrait_領収書のつもり.pdf",
                Spot { page: Some(1), ..Spot::default() },
            ))
            .on("医療機関等向け総合ポータルサイト「見積書は不可」"),
        Finding::new(FindingCode::DescriptionTooVague)
            .with("description", "システム改修 一式")
            .with("amount_yen", yen(143_000))
            .at(Place::spot(
                "領収書内訳書.xlsx",
                Spot { sheet: Some("内訳".into()), cell: Some("B8".into()), ..Spot::default() },
            )),
        Finding::new(FindingCode::ExpenseNotEligible).with("category", "other").with("amount_yen", yen(16_500)),
    ];
    notice
}

/// Names, address and findings as long as they come, over several pages.
pub(crate) fn long_return() -> Notice {
    let mut notice = sent_back();
    notice.facility.name =
        "独立行政法人国立病院機構東京都西多摩地域連携総合リハビリテーションセンター附属青梅訪問診療クリニック".into();
    notice.facility.founder =
        "独立行政法人国立病院機構東京都西多摩地域連携総合リハビリテーションセンター 理事長 資格 確認太郎".into();
    notice.facility.address =
        "東京都西多摩郡奥多摩町大字氷川字南氷川一丁目二番三号 西多摩地域医療福祉複合施設やすらぎの丘東棟地下1階から地上3階まで".into();
    notice.findings = (1..=30u32)
        .map(|i| {
            let line =
                Spot {
                    sheet: Some("内訳（その1）".into()), cell: Some(format!("B{}", i + 7)), ..Spot::default()
                };
            let finding = Finding::new(FindingCode::DescriptionTooVague)
                .with("description", format!("システム改修 一式（その{i}）"))
                .with("amount_yen", yen(1_000 * i64::from(i)));
            let place = Place::spot("領収書内訳書.xlsx", line);
            let source = "医療機関等向け総合ポータルサイト「税込の金額で内訳を記載」";
            finding.at(place).on(source)
        })
        .collect();
    notice.reason = Some(
        "添付の様式により、1行に1品目ずつ記載してください。\nご不明な点は、下記の問合せ先にお問い合わせください。"
            .into(),
    );
    notice
}
