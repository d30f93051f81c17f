//! Stories of claims that are returned, rejected, or left to a person. Nothing is paid.

use super::super::story::{Expected, Form, Item, Layout, Receipt, Story};
use super::super::vendors::{HINATA, KAWASEMI, MINAMIJUJI, MIZUNARA, SORAMAME, YUKIWARISO};
use super::{HOME_CONSENT, LIMITED_TYPE, card_reader, mobile, receipt, receipt_computer};
use ::papers::Medium;

pub(super) fn stories() -> Vec<Story> {
    vec![
        one_second_late(),
        limited_type_no_measure(),
        limited_type_measure_ended(),
        already_granted(),
        nothing_eligible(),
        totals_differ(),
        itemization_sum_differs(),
        itemization_missing(),
        estimate_instead_of_receipt(),
        lump_sum_only(),
        damaged_file(),
        same_receipt(
            "same-receipt-a",
            "1112119014",
            "2025-11-17T10:00:00+09:00",
            "同じ開設者の2つの診療所が、同じ領収書で申請している（本院）。",
            "Two clinics of one founder claim with the same receipt (the first of them).",
        ),
        same_receipt(
            "same-receipt-b",
            "1112119022",
            "2025-11-17T10:20:00+09:00",
            "同じ開設者の2つの診療所が、同じ領収書で申請している（東分院）。",
            "Two clinics of one founder claim with the same receipt (the second of them).",
        ),
        payee_differs(),
        registration_number_invalid(),
        receipt_after_submission(),
        facility_unknown(),
    ]
}

fn one_second_late() -> Story {
    let paper = receipt(
        Layout::Formal,
        &YUKIWARISO,
        "ななかまど小児科",
        ("2026年1月20日", "Y-0120"),
        "タブレット代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ9", 36_300), receipt_computer("レセコン改修（居宅同意取得型）", 110_000)],
    );
    Story {
        name: "one-second-late",
        ja: "申請期限の令和8年1月31日を1秒過ぎてから申請している。",
        en: "Submitted one second after the deadline of 31 January 2026.",
        programme: HOME_CONSENT,
        facility: "0111219069",
        submitted_at: "2026-02-01T00:00:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "0111219069").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("reject", &["deadline-passed"]),
    }
}

fn limited_type_no_measure() -> Story {
    let paper = receipt(
        Layout::Formal,
        &HINATA,
        "こまくさ皮フ科",
        ("2024年12月10日", "1210-2"),
        "カードリーダー及びスマートフォン代として",
        &[card_reader("汎用カードリーダー CR-12", 4_400), mobile("スマートフォン ハヤテ S4", 30_800)],
    );
    Story {
        name: "limited-type-no-measure",
        ja: "資格確認限定型の申請だが、経過措置の適用がない。",
        en: "A limited-type claim by a clinic without a transitional measure.",
        programme: LIMITED_TYPE,
        facility: "2310719055",
        submitted_at: "2025-01-10T09:40:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Csv, "2310719055").file("領収書内訳書.csv"),
        ],
        expected: Expected::unpaid("reject", &["transitional-measure-required"]),
    }
}

fn limited_type_measure_ended() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &MINAMIJUJI,
        "医療法人すずかけ会",
        ("2024年11月1日", "24-1101-1"),
        "資格確認限定型 機器代として",
        &[card_reader("汎用カードリーダー CR-14", 5_280), mobile("タブレット端末 シオカゼパッド8", 26_400)],
    );
    Story {
        name: "limited-type-measure-ended",
        ja: "経過措置(4)が終了した日（令和6年10月31日）の翌日に購入している。",
        en: "Bought the day after measure (4) ended on 31 October 2024.",
        programme: LIMITED_TYPE,
        facility: "2811319025",
        submitted_at: "2025-01-22T14:00:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "2811319025").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("reject", &["transitional-measure-required"]),
    }
}

fn already_granted() -> Story {
    let paper = receipt(
        Layout::Qualified,
        &MIZUNARA,
        "りんどう内科医院",
        ("2025年10月20日", "MZ-25-1020-05"),
        "タブレット代及びレセコン改修費として",
        &[
            mobile("タブレット端末 ミナモタブ10（2台目）", 35_200),
            receipt_computer("レセプトコンピュータ改修（追加分）", 63_800),
        ],
    );
    Story {
        name: "already-granted",
        ja: "名簿によれば、同じ補助が既に交付されている。",
        en: "By the register, the same programme has already paid this facility.",
        programme: HOME_CONSENT,
        facility: "0310819032",
        submitted_at: "2025-11-28T10:30:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "0310819032").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("reject", &["already-granted"]),
    }
}

fn nothing_eligible() -> Story {
    let paper = receipt(
        Layout::Formal,
        &KAWASEMI,
        "若草山医院",
        ("2025年12月9日", "09-120"),
        "プリンター及び用紙代として",
        &[
            Item::one("プリンター", "レーザープリンター LP-300", "台", 45_980),
            Item::one("消耗品", "コピー用紙 A4（5,000枚）", "箱", 4_400),
        ],
    );
    Story {
        name: "nothing-eligible",
        ja: "プリンターと用紙だけで、補助の対象となる経費がない。",
        en: "Only a printer and paper: nothing that counts.",
        programme: HOME_CONSENT,
        facility: "2910419072",
        submitted_at: "2025-12-26T11:00:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "2910419072").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("reject", &["expense-not-eligible", "no-eligible-expense"]),
    }
}

/// The itemization was written without tax: 144,000 against 158,400.
fn totals_differ() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &HINATA,
        "もみじ谷眼科",
        ("2025年10月24日", "HN-1024"),
        "居宅同意取得型対応費用として",
        &[mobile("タブレット端末 ミナモタブ9", 37_400), receipt_computer("レセコン改修（居宅同意取得型）", 121_000)],
    );
    let mut itemization = paper.itemized(Form::Sheet, "3410319077");
    for item in &mut itemization.items {
        item.each = item.net();
    }
    Story {
        name: "totals-differ",
        ja: "領収書内訳書が税抜の金額で書かれ、領収書の金額と合わない。",
        en: "The itemization was written without tax and does not agree with the receipt.",
        programme: HOME_CONSENT,
        facility: "3410319077",
        submitted_at: "2025-11-19T15:10:00+09:00",
        claimed_yen: None,
        documents: vec![paper.file("領収書.pdf"), itemization.file("領収書内訳書.xlsx")],
        expected: Expected::unpaid("return", &["totals-differ"]),
    }
}

/// Receipt and stated total say 140,800, the lines come to 137,500: the cable was forgotten.
fn itemization_sum_differs() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &SORAMAME,
        "筑波嶺クリニック",
        ("2025年11月26日", "S-2511-2604"),
        "居宅同意取得型対応費用として",
        &[
            mobile("タブレット端末 ミナモタブ9", 36_300),
            receipt_computer("レセコン改修（居宅同意取得型）", 101_200),
            Item::one("消耗品", "LANケーブル（10m）", "本", 3_300).ineligible(),
        ],
    );
    let mut itemization = paper.itemized(Form::Sheet, "0811519065");
    itemization.stated_total = Some(itemization.total());
    itemization.items.pop();
    Story {
        name: "itemization-sum-differs",
        ja: "領収書内訳書の行が1つ抜けており、合計が各行の合計と合わない。",
        en: "A line was left out of the itemization, so that its total is not the sum of its lines.",
        programme: HOME_CONSENT,
        facility: "0811519065",
        submitted_at: "2025-12-18T09:55:00+09:00",
        claimed_yen: None,
        documents: vec![paper.file("領収書.pdf"), itemization.file("領収書内訳書.xlsx")],
        expected: Expected::unpaid("return", &["itemization-sum-differs"]),
    }
}

fn itemization_missing() -> Story {
    let paper = receipt(
        Layout::Formal,
        &MIZUNARA,
        "越の里医院",
        ("2025年9月18日", "MZ-25-0918-01"),
        "タブレット代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ10", 38_500), receipt_computer("レセコン改修（居宅同意取得型）", 113_300)],
    );
    Story {
        name: "itemization-missing",
        ja: "領収書だけが添付され、領収書内訳書がない。",
        en: "Only the receipt is attached.",
        programme: HOME_CONSENT,
        facility: "1510619081",
        submitted_at: "2025-10-06T13:20:00+09:00",
        claimed_yen: None,
        documents: vec![paper.file("領収書.pdf")],
        expected: Expected::unpaid("return", &["itemization-missing"]),
    }
}

fn estimate_instead_of_receipt() -> Story {
    let paper = receipt(
        Layout::Estimate,
        &SORAMAME,
        "みやこ野耳鼻咽喉科",
        ("2025年8月5日", "Q-2508-0517"),
        "オンライン資格確認 居宅同意取得型対応",
        &[mobile("タブレット端末 ミナモタブ8 Plus", 32_340), receipt_computer("レセプトコンピュータ改修", 119_900)],
    );
    Story {
        name: "estimate-instead-of-receipt",
        ja: "領収書の代わりに見積書が添付されている。",
        en: "An estimate is attached in place of the receipt.",
        programme: HOME_CONSENT,
        facility: "2610419042",
        submitted_at: "2025-09-10T10:25:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "2610419042").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("return", &["estimate-not-receipt"]),
    }
}

fn lump_sum_only() -> Story {
    let paper = receipt(
        Layout::Formal,
        &HINATA,
        "茶畑クリニック",
        ("2025年12月2日", "1202-5"),
        "オンライン資格確認関係費用一式として",
        &[Item::one("一式", "費用一式", "式", 165_000)],
    );
    Story {
        name: "lump-sum-only",
        ja: "領収書内訳書に「一式」としか書かれておらず、何の経費か判断できない。",
        en: "The itemization says only 一式 (lump sum), so what was paid for cannot be told.",
        programme: HOME_CONSENT,
        facility: "2211019092",
        submitted_at: "2025-12-17T16:00:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "2211019092").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("return", &["description-too-vague"]),
    }
}

/// The receipt's file ends in the middle; the itemization beside it is whole and is read.
fn damaged_file() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &YUKIWARISO,
        "しらかば高原クリニック",
        ("2025年9月16日", "YW-7-09160"),
        "居宅同意取得型対応費用として",
        &[mobile("タブレット端末 ミナモタブ10", 38_940), receipt_computer("レセコン改修（居宅同意取得型）", 97_900)],
    );
    let itemization = paper.itemized(Form::Sheet, "2010619043");
    Story {
        name: "damaged-file",
        ja: "領収書のファイルが途中で切れている。領収書内訳書は読み取れる。",
        en: "The receipt's file is cut off; the itemization is still read.",
        programme: HOME_CONSENT,
        facility: "2010619043",
        submitted_at: "2025-10-09T12:00:00+09:00",
        claimed_yen: None,
        documents: vec![paper.on_medium(Medium::CutPdf(330)).file("領収書.pdf"), itemization.file("領収書内訳書.xlsx")],
        expected: Expected {
            problems: &[("領収書.pdf", &["damaged"])],
            ..Expected::unpaid("return", &["document-unreadable"])
        },
    }
}

/// One paper, made out to the founder of both clinics, so that its bytes are the same in both claims.
fn same_receipt(
    name: &'static str,
    code: &'static str,
    submitted_at: &'static str,
    ja: &'static str,
    en: &'static str,
) -> Story {
    let paper = receipt(
        Layout::Formal,
        &SORAMAME,
        "医療法人社団双葉会",
        ("2025年10月10日", "002541"),
        "タブレット端末代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ10", 38_500), receipt_computer("レセコン改修（居宅同意取得型）", 104_500)],
    );
    Story {
        name,
        ja,
        en,
        programme: HOME_CONSENT,
        facility: code,
        submitted_at,
        claimed_yen: None,
        documents: vec![paper.clone().file("領収書.pdf"), paper.itemized(Form::Sheet, code).file("領収書内訳書.xlsx")],
        expected: Expected::unpaid("review", &["possible-duplicate"]),
    }
}

fn payee_differs() -> Story {
    let paper = receipt(
        Layout::Qualified,
        &MIZUNARA,
        "株式会社見本メディカルサポート",
        ("2025年11月12日", "MZ-25-1112-09"),
        "タブレット代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ8", 29_700), receipt_computer("レセプトコンピュータ改修", 105_600)],
    );
    let mut itemization = paper.itemized(Form::Sheet, "0910219013");
    itemization.payee = "日光台こころのクリニック";
    Story {
        name: "payee-differs",
        ja: "領収書の宛名が、名簿の名称とも開設者とも異なる会社である。",
        en: "The receipt is made out to a company that is neither the facility nor its founder.",
        programme: HOME_CONSENT,
        facility: "0910219013",
        submitted_at: "2025-12-03T10:45:00+09:00",
        claimed_yen: None,
        documents: vec![paper.file("領収書.pdf"), itemization.file("領収書内訳書.xlsx")],
        expected: Expected::unpaid("review", &["payee-differs"]),
    }
}

/// T8999902077810 would need the check digit 3.
fn registration_number_invalid() -> Story {
    let paper = Receipt {
        registration: Some("T8999902077810"),
        ..receipt(
            Layout::Vendor,
            &MIZUNARA,
            "みかん山診療所",
            ("2025年9月26日", "MZ-25-0926-03"),
            "居宅同意取得型対応費用として",
            &[mobile("スマートフォン ハヤテ S3", 28_600), receipt_computer("レセコン改修（居宅同意取得型）", 92_400)],
        )
    };
    Story {
        name: "registration-number-invalid",
        ja: "領収書の登録番号が、検査用数字と合わない。",
        en: "The registration number on the receipt fails its check digit.",
        programme: HOME_CONSENT,
        facility: "3010619025",
        submitted_at: "2025-10-16T11:35:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "3010619025").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("review", &["registration-number-invalid"]),
    }
}

fn receipt_after_submission() -> Story {
    let paper = receipt(
        Layout::Formal,
        &YUKIWARISO,
        "ねぶた通り内科",
        ("令和7年12月18日", "Y-1218"),
        "タブレット代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ10", 37_950), receipt_computer("レセコン改修（居宅同意取得型）", 111_100)],
    );
    Story {
        name: "receipt-after-submission",
        ja: "領収書の日付が、申請日より後になっている。",
        en: "The receipt is dated after the submission.",
        programme: HOME_CONSENT,
        facility: "0210319042",
        submitted_at: "2025-12-10T09:15:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Csv, "0210319042").file("領収書内訳書.csv"),
        ],
        expected: Expected::unpaid("review", &["receipt-after-submission"]),
    }
}

fn facility_unknown() -> Story {
    let paper = receipt(
        Layout::Formal,
        &MIZUNARA,
        "うず潮クリニック",
        ("2025年11月6日", "MZ-25-1106-04"),
        "タブレット代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ9", 36_850), receipt_computer("レセコン改修（居宅同意取得型）", 88_550)],
    );
    Story {
        name: "facility-unknown",
        ja: "医療機関等コードは正しい形だが、名簿にない。",
        en: "The institution code holds, but the register does not have it.",
        programme: HOME_CONSENT,
        facility: "3610119053",
        submitted_at: "2025-11-21T17:05:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "3610119053").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::unpaid("review", &["facility-unknown"]),
    }
}
