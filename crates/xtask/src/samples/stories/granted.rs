//! Stories of claims that are granted: both programmes at, above and below their ceilings.
//!
//! The sums are worked out beside each story from the sources: home-consent 1/2 or 3/4 of the costs, each category up to
//! its ceiling, at most 411,000, 85,000 or 128,000 yen; limited-type 3/4, at most 31,000 yen.

use super::super::story::{Expected, Form, Item, Layout, Story};
use super::super::vendors::{HINATA, KAWASEMI, MINAMIJUJI, MIZUNARA, OUMUGAI, SORAMAME, YUKIWARISO};
use super::{HOME_CONSENT, LIMITED_TYPE, card_reader, mobile, receipt, receipt_computer};

pub(super) fn stories() -> Vec<Story> {
    vec![
        clinic_over_ceilings(),
        hospital(),
        large_chain_pharmacy(),
        pharmacy_below_ceilings(),
        limited_type_at_ceiling(),
        limited_type_below_ceiling(),
        limited_type_last_day_of_measure(),
        limited_type_ineligible_cost(),
        in_time_only_in_japan(),
        two_receipts(),
        maintenance_fee(),
        form_2_at_ceilings(),
        long_names(),
    ]
}

/// 45,100 counts as 41,000, 143,000 as 130,000; 171,000 × 3/4 = 128,250, at most 128,000.
fn clinic_over_ceilings() -> Story {
    let paper = receipt(
        Layout::Formal,
        &SORAMAME,
        "水面坂内科クリニック",
        ("2025年9月12日", "002518"),
        "タブレット端末代及びレセプトコンピュータ改修費として",
        &[
            mobile("タブレット端末 ミナモタブ10（Wi-Fi・64GB）", 45_100),
            receipt_computer("レセプトコンピュータ改修（居宅同意取得型対応）", 143_000),
        ],
    );
    Story {
        name: "clinic-over-ceilings",
        ja: "診療所がモバイル端末とレセコン改修の両方で事業額上限を超え、補助限度額の128,000円となる。",
        en: "A clinic above both category ceilings gets the grant ceiling of 128,000 yen.",
        programme: HOME_CONSENT,
        facility: "1310110049",
        submitted_at: "2025-12-20T10:15:00+09:00",
        claimed_yen: Some(128_000),
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "1310110049").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(
            128_000,
            &["category-ceiling-applied", "category-ceiling-applied", "grant-ceiling-applied"],
        ),
    }
}

/// 77,000 counts as 41,000, 946,000 as 781,000; 822,000 × 1/2 = 411,000, which is the ceiling itself.
fn hospital() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &MIZUNARA,
        "青葉丘総合病院",
        ("2025年10月31日", "MZ-25-1031-07"),
        "居宅同意取得型対応に係る機器及び改修費用として",
        &[
            mobile("モバイル端末（スマートフォン）ハヤテ S5", 38_500).times(2),
            receipt_computer("レセプトコンピュータ改修作業（病院版・居宅同意取得型）", 946_000),
        ],
    );
    Story {
        name: "hospital",
        ja: "病院が事業額上限いっぱいで、補助限度額と同じ411,000円となる。",
        en: "A hospital above both category ceilings gets exactly its grant ceiling of 411,000 yen.",
        programme: HOME_CONSENT,
        facility: "0410119010",
        submitted_at: "2025-11-25T16:40:12+09:00",
        claimed_yen: Some(411_000),
        documents: vec![
            paper.clone().file("領収書_青葉丘総合病院.pdf"),
            paper.itemized(Form::TaxColumns, "0410119010").file("内訳書_青葉丘総合病院.xlsx"),
        ],
        expected: Expected::approve(411_000, &["category-ceiling-applied", "category-ceiling-applied"]),
    }
}

/// 52,800 counts as 41,000, 165,000 as 130,000; 171,000 × 1/2 = 85,500, at most 85,000.
fn large_chain_pharmacy() -> Story {
    let paper = receipt(
        Layout::Qualified,
        &SORAMAME,
        "株式会社ほしぞらファーマシー",
        ("2025年8月29日", "R-2508-0291"),
        "タブレット端末及びレセコン改修の代金として",
        &[
            mobile("タブレット端末 ミナモタブ11 Pro", 52_800),
            receipt_computer("レセコン改修（薬局・居宅同意取得型対応プログラム）", 165_000),
        ],
    );
    Story {
        name: "large-chain-pharmacy",
        ja: "大型チェーン薬局は補助率1/2で、補助限度額の85,000円となる。領収書の宛名は開設者の会社名である。",
        en: "A large chain pharmacy at rate 1/2 gets its ceiling of 85,000 yen; the receipt names the founding company.",
        programme: HOME_CONSENT,
        facility: "2740949017",
        submitted_at: "2025-10-03T09:05:30+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("receipt_2508-0291.pdf"),
            paper.itemized(Form::Sheet, "2740949017").file("内訳.xlsx"),
        ],
        expected: Expected::approve(
            85_000,
            &["category-ceiling-applied", "category-ceiling-applied", "grant-ceiling-applied"],
        ),
    }
}

/// (32,780 + 88,000) × 3/4 = 90,585.
fn pharmacy_below_ceilings() -> Story {
    let paper = receipt(
        Layout::Formal,
        &KAWASEMI,
        "つるが浜薬局",
        ("2025/11/07", "07-311"),
        "モバイル端末代及びレセコン改修費として",
        &[mobile("タブレット端末 ミナモタブ8", 32_780), receipt_computer("調剤レセコン改修（居宅同意取得型）", 88_000)],
    );
    Story {
        name: "pharmacy-below-ceilings",
        ja: "薬局の費用がすべての上限を下回り、3/4の90,585円となる。申請額の90,000円とは異なる。",
        en: "A pharmacy below all ceilings gets 3/4, 90,585 yen, though it asked for 90,000.",
        programme: HOME_CONSENT,
        facility: "1840249021",
        submitted_at: "2025-12-01T11:22:33+09:00",
        claimed_yen: Some(90_000),
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Csv, "1840249021").file("領収書内訳書.csv"),
        ],
        expected: Expected::approve(90_585, &["claimed-amount-differs"]),
    }
}

/// (8,800 + 38,280) × 3/4 = 35,310, at most 31,000.
fn limited_type_at_ceiling() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &MINAMIJUJI,
        "さざなみ島診療所",
        ("2024年12月5日", "24-1205-3"),
        "資格確認限定型 機器代として",
        &[
            card_reader("汎用カードリーダー マイナンバーカード対応 CR-20", 8_800),
            mobile("タブレット端末 シオカゼパッド10", 38_280),
        ],
    );
    Story {
        name: "limited-type-at-ceiling",
        ja: "経過措置(2)の離島の診療所が、資格確認限定型の補助限度額の31,000円となる。",
        en: "An island clinic under measure (2) gets the limited-type ceiling of 31,000 yen.",
        programme: LIMITED_TYPE,
        facility: "4211119039",
        submitted_at: "2025-01-15T13:00:00+09:00",
        claimed_yen: Some(31_000),
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "4211119039").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(31_000, &["grant-ceiling-applied"]),
    }
}

/// (2 × 3,960 + 27,500) × 3/4 = 35,420 × 3/4 = 26,565.
fn limited_type_below_ceiling() -> Story {
    let paper = receipt(
        Layout::Online,
        &OUMUGAI,
        "株式会社みどり調剤薬局",
        ("2024年11月28日", "503-2411-889027"),
        "カードリーダー・タブレット代として",
        &[
            card_reader("USB接続 汎用カードリーダー（ICカードリーダー）", 3_960).times(2),
            mobile("8型タブレット シオカゼパッド8（32GB）", 27_500),
        ],
    )
    .paid_by("クレジットカード");
    Story {
        name: "limited-type-below-ceiling",
        ja: "経過措置(6)の薬局が通販で購入した機器について、3/4の26,565円となる。",
        en: "A pharmacy under measure (6) gets 3/4 of what it bought online, 26,565 yen.",
        programme: LIMITED_TYPE,
        facility: "3940549045",
        submitted_at: "2025-01-20T08:30:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("オウムガイ通販_領収書.pdf"),
            paper.itemized(Form::Csv, "3940549045").file("内訳書.csv"),
        ],
        expected: Expected::approve(26_565, &[]),
    }
}

/// The measure was in force up to and including the day of purchase; (5,500 + 22,000) × 3/4 = 20,625.
fn limited_type_last_day_of_measure() -> Story {
    let paper = receipt(
        Layout::Formal,
        &HINATA,
        "立山ほたるいか診療所",
        ("令和6年11月20日", "1120-01"),
        "カードリーダー及びタブレット代として",
        &[card_reader("汎用カードリーダー CR-10", 5_500), mobile("タブレット端末 シオカゼパッド7", 22_000)],
    );
    Story {
        name: "limited-type-last-day-of-measure",
        ja: "経過措置(4)の最終日（令和6年11月20日）に購入したので、対象となる。",
        en: "Bought on the last day of measure (4), 20 November 2024, so it counts.",
        programme: LIMITED_TYPE,
        facility: "1610319020",
        submitted_at: "2025-01-31T18:00:00+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "1610319020").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(20_625, &[]),
    }
}

/// The change of the receipt computer does not count here: (2 × 4,180 + 28,600) × 3/4 = 36,960 × 3/4 = 27,720.
fn limited_type_ineligible_cost() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &YUKIWARISO,
        "日向灘おおぞら診療所",
        ("2024年12月18日", "YW-4-12180"),
        "資格確認限定型 導入費用として",
        &[
            card_reader("汎用カードリーダー CR-15", 4_180).times(2),
            mobile("スマートフォン ハヤテ S3", 28_600),
            receipt_computer("レセプトコンピュータ改修（資格情報取込み）", 55_000).ineligible(),
        ],
    );
    Story {
        name: "limited-type-ineligible-cost",
        ja: "資格確認限定型ではレセコン改修は対象外なので、機器の分だけの27,720円となる。",
        en: "Under limited-type a change of the receipt computer does not count; the devices give 27,720 yen.",
        programme: LIMITED_TYPE,
        facility: "4510419031",
        submitted_at: "2025-01-28T10:10:10+09:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Form2, "4510419031").file("別紙様式2.xlsx"),
        ],
        expected: Expected::approve(27_720, &["expense-not-eligible"]),
    }
}

/// In the written offset it is already 1 February; in Japan it is 23:59:59 on 31 January. (40,700 + 121,000) × 3/4.
fn in_time_only_in_japan() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &YUKIWARISO,
        "白椿歯科医院",
        ("2026年1月16日", "YW-8-01162"),
        "居宅同意取得型対応費用として",
        &[mobile("タブレット端末 ミナモタブ10 LTE", 40_700), receipt_computer("歯科レセプトコンピュータ改修", 121_000)],
    );
    Story {
        name: "in-time-only-in-japan",
        ja: "世界時より13時間進んだ地域の時刻では2月1日だが、日本では1月31日23時59分59秒なので期限内となる。",
        en: "Already 1 February where the time was written (+13:00), still 23:59:59 on 31 January in Japan: in time.",
        programme: HOME_CONSENT,
        facility: "4030839015",
        submitted_at: "2026-02-01T03:59:59+13:00",
        claimed_yen: None,
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Sheet, "4030839015").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(121_275, &[]),
    }
}

/// 33,000 from one vendor and 126,500 from another, in one itemization: 159,500 × 3/4 = 119,625.
fn two_receipts() -> Story {
    let tablet = mobile("タブレット端末 ミナモタブ8（Wi-Fi・32GB）", 33_000);
    let change = receipt_computer("レセコン改修（居宅同意取得型）", 126_500);
    let shop = receipt(
        Layout::Online,
        &OUMUGAI,
        "桃源堂クリニック",
        ("2025年9月3日", "503-2509-104417"),
        "タブレット代として",
        &[tablet],
    )
    .paid_by("クレジットカード");
    let vendor = receipt(
        Layout::Qualified,
        &HINATA,
        "桃源堂クリニック",
        ("2025年9月30日", "HN-0930"),
        "レセコン改修費として",
        &[change],
    );
    let mut itemization = vendor.itemized(Form::Sheet, "3310919059");
    itemization.items = vec![tablet, change];
    Story {
        name: "two-receipts",
        ja: "端末と改修で別々の領収書2枚を、1枚の領収書内訳書にまとめている。",
        en: "Two receipts, for the device and for the change, in one itemization.",
        programme: HOME_CONSENT,
        facility: "3310919059",
        submitted_at: "2025-10-14T14:14:14+09:00",
        claimed_yen: Some(119_625),
        documents: vec![
            shop.file("領収書1_タブレット.pdf"),
            vendor.file("領収書2_改修.pdf"),
            itemization.file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(119_625, &[]),
    }
}

/// The yearly fee does not count: (39,380 + 107,800) × 3/4 = 147,180 × 3/4 = 110,385.
fn maintenance_fee() -> Story {
    let paper = receipt(
        Layout::Vendor,
        &MIZUNARA,
        "火の国ハートクリニック",
        ("2025年11月20日", "MZ-25-1120-02"),
        "居宅同意取得型対応費用及び保守料として",
        &[
            mobile("タブレット端末 ミナモタブ10（Wi-Fi・128GB）", 39_380),
            receipt_computer("レセプトコンピュータ改修（居宅同意取得型）", 107_800),
            Item::one("保守料", "システム保守料（年額・令和7年度分）", "年", 26_400).ineligible(),
        ],
    );
    Story {
        name: "maintenance-fee",
        ja: "内訳に対象外の保守料が含まれるが、それを除いて交付される。",
        en: "A maintenance fee among the lines does not count; the rest is granted.",
        programme: HOME_CONSENT,
        facility: "4311419073",
        submitted_at: "2026-01-08T17:20:00+09:00",
        claimed_yen: Some(110_385),
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::TaxColumns, "4311419073").file("領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(110_385, &["expense-not-eligible"]),
    }
}

/// Exactly at both category ceilings, so that neither cuts; 171,000 × 3/4 = 128,250, at most 128,000. The cable does not
/// count.
fn form_2_at_ceilings() -> Story {
    let paper = receipt(
        Layout::Formal,
        &HINATA,
        "湯の花内科・胃腸科",
        ("令和7年12月5日", "1205-1"),
        "タブレット、レセコン改修及びLANケーブル代として",
        &[
            mobile("タブレット端末 ミナモタブ10", 41_000),
            receipt_computer("レセコン改修（居宅同意取得型）", 130_000),
            Item::one("消耗品", "LANケーブル（5m）", "本", 1_650).times(2).ineligible(),
        ],
    );
    Story {
        name: "form-2-at-ceilings",
        ja: "別紙様式2の内訳書で、費用がちょうど事業額上限と同じである。対象外のケーブルも記載されている。",
        en: "別紙様式2 with costs exactly at the category ceilings, and a cable that does not count.",
        programme: HOME_CONSENT,
        facility: "1010319059",
        submitted_at: "2026-01-19T09:00:00+09:00",
        claimed_yen: Some(128_000),
        documents: vec![
            paper.clone().file("領収書.pdf"),
            paper.itemized(Form::Form2, "1010319059").file("別紙様式2_領収書内訳書.xlsx"),
        ],
        expected: Expected::approve(128_000, &["expense-not-eligible", "grant-ceiling-applied"]),
    }
}

/// (40,150 + 118,800) × 3/4 = 158,950 × 3/4 = 119,212.5, rounded down.
fn long_names() -> Story {
    let paper = receipt(
        Layout::Qualified,
        &SORAMAME,
        "医療法人社団　暁星会",
        ("2025年12月12日", "R-2512-0129"),
        "タブレット端末代・レセコン改修費として",
        &[
            mobile("タブレット端末 ミナモタブ10（LTE・64GB）", 40_150),
            receipt_computer("レセプトコンピュータ改修（居宅同意取得型・訪問診療）", 118_800),
        ],
    );
    let mut itemization = paper.itemized(Form::TaxColumns, "1311919091");
    itemization.payee = "医療法人社団　暁星会　あかつき訪問診療・在宅ケアクリニック武蔵野台";
    Story {
        name: "long-names",
        ja: "医療機関の名称と口座名義が、通知書の1行や振込データの30文字に収まらないほど長い。1円未満は切り捨てる。",
        en: "Names too long for a line of a notice and for the 30 characters of a bank file; the half yen is dropped.",
        programme: HOME_CONSENT,
        facility: "1311919091",
        submitted_at: "2026-01-05T12:34:56+09:00",
        claimed_yen: None,
        documents: vec![paper.file("領収書.pdf"), itemization.file("領収書内訳書.xlsx")],
        expected: Expected::approve(119_212, &[]),
    }
}
