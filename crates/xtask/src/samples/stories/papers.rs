//! Stories of what papers come as: scans, photos, faxes, slips, old-fashioned handwriting of amounts and days. All are
//! granted; what they show is the reading.

use super::super::story::{Expected, Form, Item, Layout, Receipt, Story};
use super::super::vendors::{KAWASEMI, MINAMIJUJI, MIZUNARA, SORAMAME, TOBIUO, YUKIWARISO};
use super::{COPIER, HOME_CONSENT, mobile, receipt, receipt_computer};
use ::papers::{Medium, Photo, Scan};

pub(super) fn stories() -> Vec<Story> {
    vec![
        scanned_pdf(),
        scanned_itemization(),
        phone_photo(),
        faxed_tiff(),
        two_tax_rates(),
        cp932_csv(),
        wareki_daiji(),
        digit_boxes(),
    ]
}

/// (39,600 + 99,990) × 3/4 = 139,590 × 3/4 = 104,692.5, rounded down.
fn scanned_pdf() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &SORAMAME,
        "かもめ台内科",
        ("2025年10月8日", "S-2510-0812"),
        "居宅同意取得型対応費用として",
        &[mobile("タブレット端末 ミナモタブ10", 39_600), receipt_computer("レセプトコンピュータ改修", 99_990)],
    );
    Story {
        name: "scanned-pdf",
        ja: "領収書は複合機で読み取ったPDFで、少し傾き、文字の情報を持たない。",
        en: "The receipt is a copier's PDF: a picture, a little askew, without text.",
        programme: HOME_CONSENT,
        facility: "1411719012",
        submitted_at: "2025-11-11T11:11:11+09:00",
        claimed_yen: Some(104_692),
        documents: vec![
            paper.clone().on_medium(Medium::ScannedPdf(COPIER)).file("20251111101502.pdf"),
            paper.itemized(Form::Sheet, "1411719012").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(104_692, &[]),
    }
}

/// (2 × 17,930 + 86,900) × 3/4 = 122,760 × 3/4 = 92,070.
fn scanned_itemization() -> Story {
    let paper = receipt(
        Layout::Qualified,
        &YUKIWARISO,
        "ゆのまち整形外科",
        ("2025年9月25日", "YW-7-09251"),
        "スマートフォン代及びレセコン改修費として",
        &[mobile("スマートフォン ハヤテ S2", 17_930).times(2), receipt_computer("レセコン改修作業", 86_900)],
    );
    Story {
        name: "scanned-itemization",
        ja: "領収書内訳書が紙で作られ、読み取った画像のPDFになっている。",
        en: "The itemization was made on paper and scanned.",
        programme: HOME_CONSENT,
        facility: "3810919088",
        submitted_at: "2025-10-22T15:45:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::PaperTable(Medium::ScannedPdf(COPIER)), "3810919088").file("内訳書スキャン.pdf"),
        ],
        expected: Expected::approve(92_070, &[]),
    }
}

/// (34,650 + 93,500) × 3/4 = 128,150 × 3/4 = 96,112.5, rounded down.
fn phone_photo() -> Story {
    let paper = receipt(
        Layout::Formal,
        &MINAMIJUJI,
        "がじゅまる診療所",
        ("2025年11月4日", "25-1104-8"),
        "タブレット代及びレセコン改修費として",
        &[
            mobile("タブレット端末 シオカゼパッド10", 34_650),
            receipt_computer("レセコン改修（居宅同意取得型）", 93_500),
        ],
    );
    let photo = Photo {
        size: (2000, 1400),
        corners: [(172.0, 196.0), (1846.0, 128.0), (1902.0, 1168.0), (118.0, 1236.0)],
        shadow_from: (1000.0, 760.0),
        shadow_slope: -0.55,
        shadow_light: 0.62,
        noise: 3.0,
        blur: 1,
        quality: 70,
        desk: [146.0, 108.0, 74.0],
    };
    Story {
        name: "phone-photo",
        ja: "領収書を机の上に置いて携帯電話で撮影しており、傾き、ゆがみ、影がある。",
        en: "The receipt was photographed on a desk by a telephone: tilt, perspective, a shadow.",
        programme: HOME_CONSENT,
        facility: "4710219033",
        submitted_at: "2025-12-15T20:05:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().on_medium(Medium::Photo(photo)).file("IMG_2041.jpg"),
            paper.itemized(Form::Sheet, "4710219033").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(96_112, &[]),
    }
}

/// (37,400 + 115,500) × 3/4 = 152,900 × 3/4 = 114,675.
fn faxed_tiff() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &MINAMIJUJI,
        "桜島なぎさ医院",
        ("2025年10月17日", "25-1017-4"),
        "タブレット端末・レセコン改修の代金として",
        &[
            mobile("タブレット端末 シオカゼパッド10 Plus", 37_400),
            receipt_computer("レセコン改修（居宅同意取得型対応）", 115_500),
        ],
    );
    let itemization = paper.itemized(Form::PaperForm2(Medium::Pdf), "4611219082");
    Story {
        name: "faxed-tiff",
        ja: "領収書はファクスで届いた白黒のTIFFで、領収書内訳書は別紙様式2のPDFである。",
        en: "The receipt is a fax in black and white (TIFF), the itemization a PDF of 別紙様式2.",
        programme: HOME_CONSENT,
        facility: "4611219082",
        submitted_at: "2025-11-05T10:50:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper
                .on_medium(Medium::Fax(Scan { dpi: 200, lean: -6, noise: 9.0, blur: 1, quality: 0 }))
                .file("FAX20251105.tif"),
            itemization.file("別紙様式2.pdf"),
        ],
        expected: Expected::approve(114_675, &[]),
    }
}

/// The tea (8 %) does not count: 36,080 × 3/4 = 27,060.
fn two_tax_rates() -> Story {
    let paper = receipt(
        Layout::Register,
        &TOBIUO,
        "ふく福薬局",
        ("2025年12月03日", "0417"),
        "お品代として",
        &[
            mobile("タブレット ミナモタブ9", 36_080),
            Item::one("会議費", "緑茶 500ml×24本", "箱", 1_296).at_rate(8).ineligible(),
        ],
    )
    .paid_by("お預り（現金）");
    Story {
        name: "two-tax-rates",
        ja: "家電量販店のレシートに10%と8%の品目が並んでいる。飲料は対象外である。",
        en: "A shop's slip with goods at 10 % and at 8 %; the drinks do not count.",
        programme: HOME_CONSENT,
        facility: "3540749037",
        submitted_at: "2025-12-24T09:09:09+09:00",
        claimed_yen: Some(27_060),
        documents: vec![
            paper
                .clone()
                .on_medium(Medium::Png(Scan { dpi: 200, lean: -9, noise: 2.0, blur: 1, quality: 0 }))
                .file("レシート.png"),
            paper.itemized(Form::Form2, "3540749037").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(27_060, &["expense-not-eligible"]),
    }
}

/// (2 × 20,350 + 104,500) × 3/4 = 145,200 × 3/4 = 108,900.
fn cp932_csv() -> Story {
    let paper = receipt(
        Layout::Formal,
        &YUKIWARISO,
        "菜の花ファミリークリニック",
        ("２０２５年１１月１４日", "Y-1114"),
        "①タブレット②レセコン改修の代金として",
        &[
            mobile("①タブレット端末 ミナモタブ7（㈱雪割草メディカルソフト推奨品）", 20_350).times(2),
            receipt_computer("②レセコン改修（居宅同意取得型～外来）", 104_500),
        ],
    );
    Story {
        name: "cp932-csv",
        ja: "領収書内訳書がExcelで保存したShift_JISのCSVで、①や㈱などの文字と桁区切りのある金額を含む。",
        en: "The itemization is a CSV in CP932 as Excel saves it, with ① and ㈱ and separators in the amounts.",
        programme: HOME_CONSENT,
        facility: "1210519041",
        submitted_at: "2025-12-08T13:31:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::CsvCp932, "1210519041").file("領収書内訳書.csv"),
        ],
        expected: Expected::approve(108_900, &[]),
    }
}

/// 126,500 × 3/4 = 94,875.
fn wareki_daiji() -> Story {
    let paper = Receipt {
        daiji: "壱拾弐萬六千五百円",
        ..receipt(
            Layout::Daiji,
            &KAWASEMI,
            "兼六堂 正",
            ("令和七年十月三日", "五二七"),
            "レセプトコンピュータ改修費",
            &[receipt_computer("レセプトコンピュータ改修（居宅同意取得型対応）", 126_500)],
        )
    }
    .for_person();
    let mut itemization = paper.itemized(Form::Csv, "1710419068");
    itemization.issued = "Ｒ７．１０．３";
    Story {
        name: "wareki-daiji",
        ja: "領収書の金額は大字、日付は漢数字の和暦で書かれ、内訳書の日付は「Ｒ７．１０．３」である。",
        en: "The amount is in 大字 and the day in kanji numerals; the itemization writes the day as Ｒ７．１０．３.",
        programme: HOME_CONSENT,
        facility: "1710419068",
        submitted_at: "2025-10-27T08:08:00+09:00",
        claimed_yen: Some(94_875),
        documents: vec![paper.file("領収証.pdf"), itemization.file("領収書内訳書.csv")],
        expected: Expected::approve(94_875, &[]),
    }
}

/// (33,880 + 127,600) × 3/4 = 161,480 × 3/4 = 121,110.
fn digit_boxes() -> Story {
    let paper = receipt(
        Layout::Boxes,
        &MIZUNARA,
        "真珠の海クリニック",
        ("令和 7年 9月 9日", "250909-3"),
        "タブレット代・レセコン改修費として",
        &[
            mobile("タブレット端末 ミナモタブ9（Wi-Fi）", 33_880),
            receipt_computer("レセコン改修（居宅同意取得型・診療所）", 127_600),
        ],
    );
    Story {
        name: "digit-boxes",
        ja: "金額が1文字ずつ枠に記入された領収書と、表のPDFの領収書内訳書である。",
        en: "The amount stands digit by digit in boxes; the itemization is a table in a PDF.",
        programme: HOME_CONSENT,
        facility: "2410519090",
        submitted_at: "2025-09-29T16:16:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::PaperTable(Medium::Pdf), "2410519090").file("領収書内訳書.pdf"),
        ],
        expected: Expected::approve(121_110, &[]),
    }
}
