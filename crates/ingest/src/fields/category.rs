//! What an expense was for, told from the words of its line.
//!
//! The order of the rules is the meaning: what accompanies a thing (a case, a maintenance fee, a line) is not the thing,
//! so those words are looked at first, and only then the things that the programmes pay for. Where the words leave it
//! open, there is no category: a person asks.

use super::layout::squash;
use super::row_kind::DISCOUNT;
use claim::{Category, Lang};
use unicode_normalization::UnicodeNormalization;

/// The category that the words of a line tell, and the words that told; no category when they do not, with the reason
/// where there is one to give.
pub(super) fn categorise(description: &str) -> (Option<Category>, Option<String>) {
    let text = fold(description);
    let find = |words: &[&'static str]| words.iter().find(|word| text.contains(&fold(word))).copied();
    let said = |words: &[&str]| Some(words.iter().map(|word| format!("「{word}」")).collect::<String>());

    if find(&DISCOUNT).or_else(|| find(&["端数調整"])).is_some() {
        return (None, None);
    }
    if let Some(word) = find(FACE_READER)
        && find(READER).is_some()
    {
        return (Some(Category::Other), said(&[word, "カードリーダー"]));
    }
    let change = find(CHANGE);
    let system = find(RECEIPT_COMPUTER);
    if let Some(word) = first_unattached(&text, RUNNING) {
        return match (change, system) {
            // Both in one line: which part is which cannot be told.
            (Some(change), _) if !description.contains("年間") => {
                (None, Some(format!("「{change}」と「{word}」が一行に書かれています")))
            }
            _ => (Some(Category::Other), said(&[word])),
        };
    }
    if let Some(word) = find(OTHER_READER) {
        return (Some(Category::Other), said(&[word]));
    }
    if let Some(word) = first_unattached(&text, ACCESSORY) {
        return (Some(Category::Other), said(&[word]));
    }

    let reader = find(READER);
    let terminal = find(TERMINAL);
    if let Some(system) = system {
        if let Some(change) = change {
            return (Some(Category::ReceiptComputer), said(&[system, change]));
        }
        if terminal.is_none() && reader.is_none() {
            return match find(PURCHASE) {
                Some(word) => (None, Some(format!("「{system}」の改修か「{word}」か判断できません"))),
                None => (Some(Category::ReceiptComputer), said(&[system])),
            };
        }
    }
    if let (Some(terminal), Some(reader)) = (terminal, reader) {
        // 「タブレット用カードリーダー」 is one thing, 「タブレット、カードリーダー」 are two.
        let for_it = ["用", "接続", "対応"].iter().any(|link| text.contains(&format!("{}{link}", fold(terminal))));
        return if for_it {
            (Some(Category::CardReader), said(&[reader]))
        } else {
            (None, Some(format!("「{terminal}」と「{reader}」が一行に書かれています")))
        };
    }
    if let Some(word) = reader {
        return (Some(Category::CardReader), said(&[word]));
    }
    if let Some(word) = find(CONSENT)
        && terminal.is_none()
        && (change.is_some() || find(&["対応", "機能", "連携", "システム"]).is_some())
    {
        return (Some(Category::ReceiptComputer), said(&[word]));
    }
    if let Some(word) = terminal {
        return (Some(Category::MobileTerminal), said(&[word]));
    }
    if let Some(change) = change
        && let Some(word) = find(SYSTEM)
    {
        return (Some(Category::ReceiptComputer), said(&[word, change]));
    }
    match find(OTHER) {
        Some(word) => (Some(Category::Other), said(&[word])),
        None => (None, None),
    }
}

/// What is stated in a column 「区分」, if it is one of the programmes' categories: the category, or that it is not eligible.
pub(super) fn stated(text: &str) -> Option<(Category, Option<bool>)> {
    let name = fold(text.trim_start_matches(|c: char| !c.is_alphabetic()));
    let is = |names: &[&str]| names.iter().any(|one| fold(one) == name);
    if is(&["補助対象外", "対象外"]) {
        return Some((Category::Other, Some(false)));
    }
    let own = Category::ALL.into_iter().find(|category| is(&[category.name(Lang::Ja)]));
    let usual = || {
        [
            (Category::MobileTerminal, &["モバイル端末", "モバイル端末の購入", "モバイル端末の導入"][..]),
            (Category::ReceiptComputer, &["レセプトコンピュータ改修", "レセコン改修", "レセコンの改修"]),
            (Category::CardReader, &["カードリーダー", "汎用カードリーダーの購入"]),
        ]
        .into_iter()
        .find(|(_, names)| is(names))
        .map(|(category, _)| category)
    };
    own.or_else(usual).map(|category| (category, None))
}

/// The category of a line that states one: what is stated counts unless the words say another, or nothing at all.
pub(super) fn agreed(stated: Category, text: &str, description: &str) -> (Option<Category>, Option<String>) {
    let column = format!("区分「{}」", text.trim());
    match categorise(description) {
        // Whoever chose it cannot have it paid, so nothing is to be held against it.
        _ if stated == Category::Other => (Some(stated), Some(column)),
        (Some(told), reason) if told == stated => {
            (Some(stated), Some(reason.map_or_else(|| column.clone(), |reason| format!("{column}、{reason}"))))
        }
        (Some(_), reason) => (None, Some(format!("{column}と品名の{}が合いません", reason.unwrap_or_default()))),
        (None, Some(reason)) => (None, Some(reason)),
        (None, None) if says_nothing(description) => (None, Some("品名が「一式」だけです".to_owned())),
        (None, None) => (Some(stated), Some(column)),
    }
}

/// Whether a description is a lump sum and nothing more.
fn says_nothing(description: &str) -> bool {
    let mut rest: String = fold(description).chars().filter(|c| c.is_alphabetic()).collect();
    for word in ["一式", "式", "機器", "作業", "代金", "費用", "代", "費", "品"] {
        rest = rest.replace(word, "");
    }
    rest.is_empty()
}

const FACE_READER: &[&str] = &["顔認証"];

/// Fees that run on, and services beside the thing.
const RUNNING: &[&str] = &[
    "保守",
    "メンテナンス",
    "年間",
    "月額",
    "利用料",
    "使用料",
    "通信費",
    "通信料",
    "回線",
    "プロバイダ",
    "更新料",
    "リース",
    "レンタル",
    "延長保証",
    "保証",
    "サポート",
    "サブスクリプション",
    "ライセンス",
];

/// Things beside a terminal or computer.
const ACCESSORY: &[&str] = &[
    "ケース",
    "カバー",
    "フィルム",
    "スタンド",
    "キーボード",
    "マウス",
    "充電器",
    "充電ケーブル",
    "ケーブル",
    "アダプタ",
    "バッテリ",
    "イヤホン",
    "タッチペン",
    "スタイラス",
    "ペンシル",
    "ホルダ",
    "SDカード",
    "SIMカード",
    "USBメモリ",
    "ストラップ",
    "プリンタ",
    "複合機",
    "ルータ",
    "ルーター",
    "スイッチングハブ",
    "サーバ",
    "ディスプレイ",
    "モニタ",
    "スキャナ",
    "アクセスポイント",
    "無停電電源",
];

const OTHER_READER: &[&str] = &["バーコードリーダ", "QRコードリーダ", "クレジットカード", "磁気カード", "決済端末"];

/// Words of the thing that the receipt computer is.
const RECEIPT_COMPUTER: &[&str] = &[
    "レセプトコンピュータ",
    "レセプトコンピューター",
    "レセコン",
    "レセプト",
    "医事会計システム",
    "医事システム",
    "医事コンピュータ",
    "医事コン",
    "電子カルテ",
    "調剤システム",
    "薬歴システム",
    "日レセ",
    "ORCA",
];

const CHANGE: &[&str] =
    &["改修", "改造", "カスタマイズ", "プログラム変更", "バージョンアップ", "アップデート", "組込", "組み込み"];

const PURCHASE: &[&str] = &["本体", "購入", "新規導入", "リプレース", "買替", "買い替え", "入替"];

const CONSENT: &[&str] =
    &["居宅同意取得", "オンライン資格確認", "資格確認限定", "オン資", "マイナ在宅", "マイナ資格確認"];

const SYSTEM: &[&str] = &["システム", "プログラム", "ソフトウェア", "ソフト"];

const READER: &[&str] = &[
    "汎用カードリーダ",
    "ICカードリーダ",
    "カードリーダ",
    "カードリーダライタ",
    "NFCリーダ",
    "非接触リーダ",
    "ICリーダ",
    "マイナンバーカード読取",
    "マイナンバーカード読み取り",
    "cardreader",
];

const TERMINAL: &[&str] = &[
    "タブレット",
    "スマートフォン",
    "スマートホン",
    "スマホ",
    "iPad",
    "アイパッド",
    "iPhone",
    "アイフォン",
    "Androidスマ",
    "Android端末",
    "Android",
    "アンドロイド",
    "モバイル端末",
    "モバイル機器",
    "携帯端末",
    "携帯電話",
    "携帯型端末",
    "Galaxy",
    "Xperia",
    "Pixel",
    "AQUOSsense",
    "arrowsTab",
    "FireHD",
    "dtab",
    "LAVIETab",
];

const OTHER: &[&str] = &[
    "送料",
    "配送",
    "運賃",
    "運送",
    "手数料",
    "代引",
    "出張",
    "交通費",
    "駐車",
    "撤去",
    "廃棄",
    "処分",
    "リサイクル",
    "消耗品",
    "用紙",
    "トナー",
    "インク",
    "研修",
    "講習",
    "工事",
    "配線",
    "LAN",
    "パソコン",
    "ノートPC",
    "デスクトップPC",
    "通信",
    "Wi-Fi",
    "プリント",
    "印紙",
    "セキュリティソフト",
    "ウイルス対策",
];

/// The first of the words that the thing itself is, not what comes with it: 「タブレット（ケース付）」 is a terminal.
fn first_unattached(text: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| {
        let folded = fold(word);
        text.match_indices(&folded).any(|(at, _)| {
            let after: String = text[at + folded.len()..].chars().take(8).collect();
            !["付", "つき", "込", "同梱", "内蔵", "対応モデル", "不要", "なし", "モデル"]
                .iter()
                .any(|with| after.contains(with))
        })
    })
}

/// Folds what Japanese words for the same thing differ in: width, case, long vowels and what OCR makes of them, spaces.
fn fold(text: &str) -> String {
    let folded: String = squash(&text.nfkc().collect::<String>()).to_lowercase();
    let chars: Vec<char> = folded.chars().collect();
    let katakana = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| ('ァ'..='ヺ').contains(c));
    chars
        .iter()
        .enumerate()
        .filter(|(at, c)| match c {
            'ー' | '-' | '‐' | '−' | '―' | '─' | '・' => false,
            // OCR takes the long vowel for the numeral one.
            '一' => !(katakana(at.checked_sub(1)) && (katakana(Some(at + 1)) || *at + 1 == chars.len())),
            _ => true,
        })
        .map(|(_, c)| *c)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: Option<Category> = Some(Category::MobileTerminal);
    const R: Option<Category> = Some(Category::ReceiptComputer);
    const C: Option<Category> = Some(Category::CardReader);
    const O: Option<Category> = Some(Category::Other);

    #[test]
    fn the_words_of_a_line_tell_its_category() {
        for (description, category) in [
            ("タブレット", M),
            ("タブレット端末 10インチ", M),
            ("ﾀﾌﾞﾚｯﾄ端末", M),
            ("タブレツト端末代 iPad", M),
            ("iPad (第10世代) Wi-Fiモデル 64GB", M),
            ("ｉＰａｄ", M),
            ("iPhone SE", M),
            ("Android端末", M),
            ("スマートフォン 1台", M),
            ("スマホ購入費", M),
            ("モバイル端末", M),
            ("モバイル端末等の導入 タブレット", M),
            ("携帯端末", M),
            ("携帯電話機", M),
            ("タブレット（ケース付）", M),
            ("タブレット端末 保護フィルム・ケース込み", M),
            ("モバイル端末 設定費", M),
            ("タブレット 1年保証付", M),
            ("モバイル端末（居宅同意取得型・マイナ在宅受付Web用）", M),
            ("レセプトコンピュータ改修", R),
            ("レセプトコンピューターの改修 一式", R),
            ("レセプトコンピュータ改修 一式", R),
            ("レセコン改修費", R),
            ("レセコン", R),
            ("ﾚｾｺﾝ改修", R),
            ("レセプトコンピュ一タ改修", R),
            ("レセコン改修（モバイル端末連携）", R),
            ("レセプトコンピュータ改修（居宅同意取得型対応）", R),
            ("居宅同意取得型対応プログラム", R),
            ("居宅同意取得型 システム改修", R),
            ("システム改修費", R),
            ("システム改修 一式", R),
            ("オンライン資格確認システム改修", R),
            ("オンライン資格確認 居宅同意取得型 対応改修作業", R),
            ("電子カルテ連携改修（レセコン）", R),
            ("電子カルテ改修", R),
            ("医事会計システム改修", R),
            ("日医標準レセプトソフト 改修", R),
            ("レセコン設定作業", R),
            ("汎用カードリーダー", C),
            ("汎用カードリーダ", C),
            ("汎用カ一ドリ一ダ一", C),
            ("ICカードリーダライタ", C),
            ("ＩＣカードリーダー", C),
            ("カードリーダー（NFC対応）", C),
            ("パソコン接続用 汎用カードリーダー", C),
            ("タブレット用カードリーダー", C),
            ("汎用カードリーダー USBケーブル付き", C),
            ("非接触リーダー", C),
            ("顔認証付きカードリーダー", O),
            ("顔認証付カードリーダ", O),
            ("バーコードリーダー", O),
            ("レセコン保守料", O),
            ("レセプトコンピュータ年間保守料", O),
            ("年間保守料", O),
            ("保守サポート費用", O),
            ("通信費", O),
            ("タブレット通信費（12か月）", O),
            ("光回線 初期費用", O),
            ("タブレットケース", O),
            ("iPad用 保護フィルム", O),
            ("スマートフォン用ケース", O),
            ("カードリーダー用ケーブル", O),
            ("プリンター", O),
            ("モバイルルーター", O),
            ("モバイルバッテリー", O),
            ("送料", O),
            ("代引手数料", O),
            ("ノートパソコン", O),
            ("LAN配線工事", O),
            ("端末延長保証", O),
            ("一式", None),
            ("1式", None),
            ("システム一式", None),
            ("機器代", None),
            ("作業費", None),
            ("設定費", None),
            ("品代", None),
            ("", None),
            ("端末代", None),
            ("オンライン資格確認 一式", None),
            ("値引", None),
            ("出精値引き", None),
            ("タブレット及びカードリーダー", None),
            ("レセコン改修及び保守", None),
            ("レセコン本体 購入", None),
        ] {
            assert_eq!(categorise(description).0, category, "{description}: {:?}", categorise(description));
        }
    }

    #[test]
    fn the_words_that_told_are_given() {
        assert_eq!(categorise("レセコン改修費").1.as_deref(), Some("「レセコン」「改修」"));
        assert_eq!(categorise("年間保守料").1.as_deref(), Some("「保守」"));
        assert_eq!(categorise("一式").1, None);
        assert!(categorise("レセコン改修及び保守").1.unwrap().contains("一行"));
        assert!(categorise("レセコン本体 購入").1.unwrap().contains("判断できません"));
    }
}
