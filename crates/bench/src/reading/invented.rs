//! Invented receipts: what they say, and what has to be read from them. Nothing here is anybody's.
//!
//! Vendors, payees, goods and faces of the sets are disjoint, and so are the layouts of the set on which the reading is tuned
//! and of the one that is only reported. The set on which confidence is calibrated has the layouts of the first and the words
//! and faces of neither: how sure a reading is of names has to hold for names that it was not tuned on.

use super::numerals;
use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which of the sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Set {
    /// The set that the reading is tuned on
    Tuned,
    /// The set that the confidence of names is calibrated on
    Calibrated,
    /// The set that nothing is tuned on
    Reported,
}

/// A form of receipt: a template, and what it shows.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// The template's name.
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    /// Whether its prices include the tax.
    inclusive: bool,
    /// Whether some of its goods are taxed at 8 percent.
    two_rates: bool,
    /// At most so many items.
    items: usize,
    /// Something is taken off before the total.
    discounts: bool,
    /// What it was for is printed as a proviso.
    shows_proviso: bool,
    /// The tax by rate is printed.
    shows_tax: bool,
    /// The day is in kanji.
    kanji_day: bool,
    /// The legal body stands on a line of its own over the payee.
    body: bool,
}

macro_rules! layout {
    ($set:literal, $name:literal $(, $flag:ident = $value:expr)*) => {
        Layout { $($flag: $value,)* ..Layout {
            name: $name, source: include_str!(concat!("../../templates/", $set, "/", $name, ".typ")),
            inclusive: false, two_rates: false, items: 4, discounts: false, shows_proviso: true, shows_tax: true, kanji_day: false, body: false,
        } }
    };
}

const TUNED: [Layout; 12] = [
    layout!("tuned", "frame", body = true),
    layout!("tuned", "till", inclusive = true, two_rates = true, items = 6),
    layout!("tuned", "sheet", items = 8, body = true),
    layout!("tuned", "pad"),
    layout!("tuned", "old", shows_tax = false, kanji_day = true),
    layout!("tuned", "wordprocessor"),
    layout!("tuned", "squares"),
    layout!("tuned", "shop", inclusive = true, discounts = true, items = 5),
    layout!("tuned", "columns", items = 6, body = true),
    layout!("tuned", "invoice", items = 6, body = true, shows_proviso = false),
    layout!("tuned", "card"),
    layout!("tuned", "statement"),
];
const REPORTED: [Layout; 12] = [
    layout!("reported", "certificate"),
    layout!("reported", "narrow", two_rates = true, items = 6),
    layout!("reported", "rates", two_rates = true, items = 7, body = true),
    layout!("reported", "counterfoil"),
    layout!("reported", "kanji", shows_tax = false, kanji_day = true),
    layout!("reported", "typewriter"),
    layout!("reported", "places"),
    layout!("reported", "service", items = 5),
    layout!("reported", "copy", inclusive = true, items = 5),
    layout!("reported", "discount", inclusive = true, discounts = true, items = 6),
    layout!("reported", "transfer", body = true),
    layout!("reported", "booklet", inclusive = true, two_rates = true, items = 6),
];

/// The words that the receipts of a set are made of.
struct Words {
    payees: &'static [&'static str],
    practices: &'static [&'static str],
    stems: &'static [&'static str],
    trades: &'static [&'static str],
    towns: &'static [&'static str],
    goods: &'static [&'static str],
    /// Goods at the reduced rate.
    groceries: &'static [&'static str],
    provisos: &'static [&'static str],
    payments: &'static [&'static str],
    /// Faces with serifs, then without.
    faces: [&'static [&'static str]; 2],
    fonts: &'static [&'static str],
}

const TUNED_WORDS: Words = Words {
    payees: &["みどり", "さくら坂", "東町", "若葉", "ひばりが丘", "中央通り", "青空", "しらかば", "すみれ", "高砂"],
    practices: &["内科クリニック", "歯科医院", "皮フ科", "眼科", "薬局", "診療所", "病院", "こどもクリニック"],
    stems: &["アオバ", "ヒノキ", "ミナト", "富士見", "ツバメ", "カエデ", "日進", "サンライズ", "大和", "コスモ"],
    trades: &["システム", "電機", "情報サービス", "メディカル", "通信", "事務機"],
    towns: &[
        "東京都架空区見本町",
        "大阪府架空市中見本",
        "福岡県架空市見本台",
        "長野県架空町見本",
        "愛知県架空市北見本",
    ],
    goods: &[
        "資格確認端末",
        "顔認証付きカードリーダー",
        "ネットワーク設定作業",
        "レセコン改修費",
        "ルーター",
        "LANケーブル工事",
        "オンライン資格確認導入支援",
        "ノートパソコン 15.6インチ",
        "セキュリティソフト 1年",
        "電子証明書発行手数料",
    ],
    groceries: &["お茶 500ml", "弁当", "ミネラルウォーター"],
    provisos: &[
        "資格確認端末代",
        "カードリーダー購入費",
        "レセコン改修費",
        "オンライン資格確認導入作業費",
        "ネットワーク工事代",
        "パソコン周辺機器代",
    ],
    payments: &["現金", "クレジットカード", "銀行振込"],
    faces: [&["IPAexMincho", "TakaoMincho"], &["IPAexGothic", "VL Gothic", "MigMix 1P"]],
    fonts: &[
        "/usr/share/fonts/truetype/takao-mincho/TakaoMincho.ttf",
        "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
        "/usr/share/fonts/truetype/migmix/migmix-1p-regular.ttf",
    ],
};
const CALIBRATED_WORDS: Words = Words {
    payees: &["もみじ", "清水", "つくし野", "南町", "双葉", "すずらん", "本郷", "わかくさ", "緑が丘", "いずみ"],
    practices: &["胃腸科", "産婦人科医院", "歯科クリニック", "循環器科", "堂薬局", "総合病院", "在宅クリニック"],
    stems: &[
        "トーヨー",
        "サクシード",
        "明光",
        "ワカバ",
        "ジャパン",
        "城南",
        "フロンティア",
        "新星",
        "セントラル",
        "丸福",
    ],
    trades: &["テクノロジー", "産業", "オフィスサービス", "ネットワーク", "機材", "ヘルスケア"],
    towns: &[
        "静岡県架空市見本元町",
        "兵庫県仮空市東見本",
        "新潟県架空市見本川",
        "岡山県仮空町北見本",
        "群馬県架空市見本原",
    ],
    goods: &[
        "資格確認用タブレット",
        "マイナ保険証リーダー",
        "光回線工事",
        "レセプトシステム改修",
        "UTM機器",
        "ハードディスク増設",
        "端末初期設定費",
        "デスクトップパソコン",
        "ウイルス対策ソフト",
        "操作説明・立会費",
    ],
    groceries: &["緑茶 2L", "サンドイッチ", "和菓子詰合せ"],
    provisos: &[
        "資格確認用タブレット代",
        "カード読取機器代",
        "レセプトシステム改修費",
        "光回線工事費",
        "端末設定費用",
        "ハードディスク増設費",
    ],
    payments: &["現金払", "JCBカード", "口座振込"],
    faces: [&["Sawarabi Mincho", "Dejima"], &["Sawarabi Gothic", "UmePlus Gothic", "MotoyaLMaru"]],
    fonts: &[
        "/usr/share/fonts/truetype/sawarabi-mincho/sawarabi-mincho-medium.ttf",
        "/usr/share/fonts/truetype/dejima-mincho/dejima-mincho-r227.ttf",
        "/usr/share/fonts/truetype/sawarabi-gothic/sawarabi-gothic-medium.ttf",
        "/usr/share/fonts/truetype/umeplus/umeplus-gothic.ttf",
        "/usr/share/fonts/truetype/motoya-l-maruberi/MTLmr3m.ttf",
    ],
};
const REPORTED_WORDS: Words = Words {
    payees: &["やまぶき", "港南", "くすのき", "西の森", "あさひ台", "花水木", "北斗", "つばさ", "白鳥", "ゆずりは"],
    practices: &["医院", "整形外科", "耳鼻咽喉科", "調剤薬局", "記念病院", "小児科医院", "ファミリークリニック"],
    stems: &["ムサシノ", "クレセント", "北陽", "ハヤブサ", "オリーブ", "三和", "テクノス", "白馬", "ナギサ", "協和"],
    trades: &["ソリューションズ", "商事", "エンジニアリング", "データ", "電子", "医療機器"],
    towns: &[
        "北海道仮空市南見本",
        "京都府仮空市見本通",
        "広島県仮空市見本本町",
        "千葉県仮空市西見本",
        "宮城県仮空町見本",
    ],
    goods: &[
        "モバイル端末 10.1型",
        "汎用カードリーダー",
        "回線敷設費",
        "電子カルテ連携設定",
        "スイッチングハブ",
        "訪問診療用タブレット",
        "パッケージソフト導入費",
        "無線アクセスポイント",
        "保守サポート(初年度)",
        "出張設定料",
    ],
    groceries: &["麦茶 2L", "おにぎり", "菓子詰合せ"],
    provisos: &[
        "モバイル端末購入代",
        "汎用カードリーダー",
        "回線敷設工事費",
        "電子カルテ連携費用",
        "タブレット端末",
        "システム導入費",
    ],
    payments: &["お振込", "VISAカード", "現金払い"],
    faces: [&["BIZ UDMincho", "Noto Serif CJK JP"], &["BIZ UDGothic", "Noto Sans CJK JP", "MotoyaLCedar"]],
    fonts: &[
        "/usr/share/fonts/truetype/bizud-mincho/BIZUDMincho-Regular.ttf",
        "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf",
        "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Bold.ttf",
        "/usr/share/fonts/truetype/motoya-l-cedar/MTLc3m.ttf",
        "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    ],
};

impl Set {
    pub(crate) fn layouts(self) -> &'static [Layout] {
        match self {
            Set::Tuned | Set::Calibrated => &TUNED,
            Set::Reported => &REPORTED,
        }
    }

    const fn words(self) -> &'static Words {
        match self {
            Set::Tuned => &TUNED_WORDS,
            Set::Calibrated => &CALIBRATED_WORDS,
            Set::Reported => &REPORTED_WORDS,
        }
    }

    /// The font files that its papers are drawn with.
    pub(crate) const fn fonts(self) -> &'static [&'static str] {
        self.words().fonts
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Set::Tuned => "tuned",
            Set::Calibrated => "calibrated",
            Set::Reported => "reported",
        }
    }
}

/// What has to be read from a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Truth {
    pub(crate) total: i64,
    pub(crate) issued_on: Date,
    pub(crate) payee: String,
    pub(crate) issuer: String,
    pub(crate) registration: String,
    pub(crate) proviso: Option<String>,
    /// Rate and tax, highest rate first; empty where the receipt does not print it.
    pub(crate) tax: Vec<(u8, i64)>,
}

/// An invented receipt.
pub(crate) struct Receipt {
    pub(crate) truth: Truth,
    /// What its template is filled with.
    pub(crate) data: Value,
    /// The issuer, whose seal it has.
    pub(crate) issuer: String,
    pub(crate) seal: String,
    pub(crate) square_seal: bool,
}

/// The receipt of a layout that belongs to a seed.
pub(crate) fn receipt(set: Set, layout: &Layout, seed: u64) -> Result<Receipt> {
    let words = set.words();
    let mut random = StdRng::seed_from_u64(seed);
    let random = &mut random;
    let issued_on = date(2023, 4, 1).checked_add(i64::from(random.random_range(0..1_030)).days())?;
    let variation = random.random_range(0..1_000usize);
    let issued = if layout.kanji_day { String::new() } else { numerals::day(issued_on, variation) };
    let other_day = |days: i64| -> Result<String> { Ok(numerals::day(issued_on.checked_add(days.days())?, variation)) };

    // Goods, priced before tax or with it as the layout has it.
    let count = random.random_range(1..=layout.items);
    let mut items = Vec::new();
    for number in 0..count {
        let reduced = layout.two_rates && number > 0 && random.random_range(0..2) == 0;
        let name = pick(random, if reduced { words.groceries } else { words.goods });
        let quantity = random.random_range(1..=3);
        let each: i64 = if reduced {
            random.random_range(98..900)
        } else {
            match random.random_range(0..4) {
                0 => random.random_range(30..900) * 10,
                1 => random.random_range(10..120) * 1_000,
                2 => random.random_range(1_000..99_999),
                _ => random.random_range(10..90) * 500,
            }
        };
        items.push((name, quantity, each, if reduced { 8 } else { 10 }));
    }
    let amount = |rate: i64| items.iter().filter(|item| item.3 == rate).map(|item| item.1 * item.2).sum::<i64>();
    let gross: i64 = items.iter().map(|item| item.1 * item.2).sum();
    let discount =
        if layout.discounts && random.random_range(0..2) == 0 && gross > 3_000 { gross / 100 * 5 } else { 0 };
    let mut tax = Vec::new();
    for rate in [10, 8] {
        let sum = amount(rate) - if rate == 10 { discount } else { 0 };
        if sum > 0 {
            let (base, of) = if layout.inclusive {
                let of = sum * rate / (100 + rate);
                (sum - of, of)
            } else {
                (sum, sum * rate / 100)
            };
            tax.push((rate, base, of));
        }
    }
    let net: i64 = tax.iter().map(|(_, base, _)| base).sum();
    let taxes: i64 = tax.iter().map(|(.., of)| of).sum();
    let total = net + taxes;
    let tendered = if random.random_range(0..3) == 0 { total } else { (total / 1_000 + 1) * 1_000 };

    let place = pick(random, words.payees);
    let practice = pick(random, words.practices);
    let payee_name = format!("{place}{practice}");
    let society = ["社団", "財団", ""][random.random_range(0..3)];
    let mut body = String::new();
    let mut payee = payee_name.clone();
    match random.random_range(0..4) {
        0 => {
            let name = format!("医療法人{society}{}会", pick(random, words.payees));
            if layout.body {
                body = name;
            } else {
                payee = format!("{name} {payee_name}");
            }
        }
        1 => payee = format!("医療法人{place}会 {payee_name}"),
        _ => {}
    }
    let stem = pick(random, words.stems);
    let trade = pick(random, words.trades);
    let issuer = match random.random_range(0..5) {
        0 | 1 => format!("株式会社{stem}{trade}"),
        2 => format!("{stem}{trade}株式会社"),
        3 => format!("有限会社{stem}{trade}"),
        _ => format!("合同会社{stem}{trade}"),
    };
    let registration = registration(random);
    let town = pick(random, words.towns);
    let address = format!(
        "{town}{}丁目{}番{}号",
        random.random_range(1..6),
        random.random_range(1..30),
        random.random_range(1..20)
    );
    let phone = format!("0{}-0000-{:04}", random.random_range(3..99), random.random_range(0..9_999));
    let proviso = pick(random, words.provisos);
    let hyphened =
        format!("{}-{}-{}-{}", &registration[..2], &registration[2..6], &registration[6..10], &registration[10..]);
    let data = json!({
        "m": pick(random, words.faces[0]), "g": pick(random, words.faces[1]), "v": variation,
        "payee": if body.is_empty() { &payee } else { &payee_name }, "body": body,
        "honorific": if random.random_range(0..3) == 0 { "御中" } else { "様" },
        "issued": issued, "issued_kanji": numerals::kanji_day(issued_on),
        "ordered": other_day(-5)?, "due": other_day(30)?,
        "number": format!("{}", random.random_range(1_000..99_999)),
        "proviso": proviso, "daiji": numerals::formal(u32::try_from(total)?),
        "paid_by": pick(random, words.payments),
        "total": total, "net": net, "taxes": taxes, "gross": gross, "discount": discount,
        "other": random.random_range(100..4_000) * 25,
        "tendered": tendered, "change": tendered - total,
        "tax": tax.iter().map(|(rate, base, of)| json!({"rate": rate, "base": base, "tax": of, "gross": base + of})).collect::<Vec<_>>(),
        "items": items.iter().map(|(name, quantity, each, rate)| json!({
            "name": name, "quantity": quantity, "each": each, "amount": quantity * each, "rate": rate,
        })).collect::<Vec<_>>(),
        "issuer": {
            "name": issuer, "address": address, "postal": format!("{:03}-0000", random.random_range(100..990)),
            "phone": phone, "fax": format!("0{}-0000-{:04}", random.random_range(3..99), random.random_range(0..9_999)),
            "registration": registration, "registration_hyphened": hyphened,
        },
    });
    let truth = Truth {
        total,
        issued_on,
        payee: if body.is_empty() { payee } else { format!("{body} {payee_name}") },
        issuer: issuer.clone(),
        registration,
        proviso: layout.shows_proviso.then(|| proviso.to_owned()),
        tax: if layout.shows_tax {
            tax.iter().map(|(rate, _, of)| Ok((u8::try_from(*rate)?, *of))).collect::<Result<_>>().context("a rate")?
        } else {
            Vec::new()
        },
    };
    let seal = format!("{issuer}之印");
    Ok(Receipt { truth, data, issuer, seal, square_seal: random.random_range(0..2) == 0 })
}

fn pick<'a>(random: &mut StdRng, from: &[&'a str]) -> &'a str {
    from[random.random_range(0..from.len())]
}

/// A registration number whose check digit holds. It begins with 9999, which is no registry office.
fn registration(random: &mut StdRng) -> String {
    let base = 9999 * 100_000_000u64 + random.random_range(0..100_000_000u64);
    let digits = format!("{base:012}");
    let sum: u64 = digits
        .bytes()
        .rev()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| u64::from(digit - b'0') * weight)
        .sum();
    format!("T{}{digits}", 9 - sum % 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_share_no_word_or_face_and_the_reported_one_no_layout() {
        for (one, other) in
            [(Set::Tuned, Set::Reported), (Set::Tuned, Set::Calibrated), (Set::Calibrated, Set::Reported)]
        {
            let (one, other) = (one.words(), other.words());
            for (ours, theirs) in [
                (one.payees, other.payees),
                (one.practices, other.practices),
                (one.stems, other.stems),
                (one.trades, other.trades),
                (one.goods, other.goods),
                (one.provisos, other.provisos),
                (one.faces[0], other.faces[0]),
                (one.faces[1], other.faces[1]),
                (one.fonts, other.fonts),
            ] {
                assert!(ours.iter().all(|word| !theirs.contains(word)), "{ours:?} {theirs:?}");
            }
        }
        assert!(TUNED.iter().all(|ours| REPORTED.iter().all(|theirs| ours.name != theirs.name)));
    }

    #[test]
    fn what_a_receipt_says_adds_up_and_its_number_holds() {
        for set in [Set::Tuned, Set::Calibrated, Set::Reported] {
            for layout in set.layouts() {
                for seed in 0..50 {
                    let receipt = receipt(set, layout, seed).unwrap();
                    let number = claim::RegistrationNumber::parse(&receipt.truth.registration).unwrap();
                    assert!(number.check_digit_holds());
                    let part = |key: &str| receipt.data[key].as_i64().unwrap();
                    assert_eq!(part("net") + part("taxes"), receipt.truth.total);
                    assert_eq!(part("tendered") - part("change"), receipt.truth.total);
                    if layout.inclusive {
                        assert_eq!(part("gross") - part("discount"), receipt.truth.total);
                    }
                }
            }
        }
    }
}
