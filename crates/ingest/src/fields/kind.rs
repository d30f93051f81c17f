//! What a document is, from its title and from the sentences that only one kind of document has.

use super::layout::{Layout, Row, squash};
use claim::DocumentKind;

/// Words of titles, without spaces. A title that contains an earlier one is of that kind.
const TITLES: &[(&str, DocumentKind)] = &[
    ("領収書内訳", DocumentKind::Itemization),
    ("領収証内訳", DocumentKind::Itemization),
    ("領収内訳", DocumentKind::Itemization),
    // Recognition takes the first character of large print apart; what follows it stands in no other title.
    ("収書内訳", DocumentKind::Itemization),
    ("領収書明細", DocumentKind::Itemization),
    ("内訳明細書", DocumentKind::Itemization),
    ("内訳明細", DocumentKind::Itemization),
    ("費用内訳", DocumentKind::Itemization),
    ("見積内訳", DocumentKind::Estimate),
    ("請求内訳", DocumentKind::Invoice),
    ("請求明細", DocumentKind::Invoice),
    ("領収", DocumentKind::Receipt),
    ("見積", DocumentKind::Estimate),
    ("内訳書", DocumentKind::Itemization),
    ("内訳表", DocumentKind::Itemization),
    ("明細書", DocumentKind::Itemization),
    ("収書", DocumentKind::Receipt),
    ("収証", DocumentKind::Receipt),
    ("レシート", DocumentKind::Receipt),
    ("RECEIPT", DocumentKind::Receipt),
    ("請求書", DocumentKind::Invoice),
    ("INVOICE", DocumentKind::Invoice),
    ("納品書", DocumentKind::DeliveryNote),
    ("納品伝票", DocumentKind::DeliveryNote),
    ("注文書", DocumentKind::Other),
    ("発注書", DocumentKind::Other),
    ("契約書", DocumentKind::Other),
    ("申込書", DocumentKind::Other),
    ("保証書", DocumentKind::Other),
];

/// What a title is made of besides the word: the rest of a title is short.
const AROUND: &[&str] = &[
    "御",
    "ご",
    "お",
    "書",
    "証",
    "控え",
    "控",
    "(控)",
    "(写)",
    "写",
    "兼",
    "再発行",
    "(再発行)",
    "正",
    "副",
    "原本",
    "(お客様控)",
    "様",
    "客",
    "RECEIPT",
    "表",
    "計算",
    "電子",
    "別紙様式2",
    "別紙様式",
    "様式",
];

/// Sentences and words that speak for a kind, and how much.
const SENTENCES: &[(&str, DocumentKind, i32)] = &[
    ("正に領収", DocumentKind::Receipt, 25),
    ("領収いたしました", DocumentKind::Receipt, 25),
    ("領収致しました", DocumentKind::Receipt, 25),
    ("受領いたしました", DocumentKind::Receipt, 15),
    ("受領致しました", DocumentKind::Receipt, 15),
    ("お釣", DocumentKind::Receipt, 12),
    ("お預り", DocumentKind::Receipt, 10),
    ("お買上", DocumentKind::Receipt, 10),
    ("お見積り申し上げ", DocumentKind::Estimate, 25),
    ("御見積申し上げ", DocumentKind::Estimate, 25),
    ("お見積もり申し上げ", DocumentKind::Estimate, 25),
    ("見積有効期限", DocumentKind::Estimate, 20),
    ("見積金額", DocumentKind::Estimate, 12),
    ("御請求申し上げ", DocumentKind::Invoice, 25),
    ("ご請求申し上げ", DocumentKind::Invoice, 25),
    ("請求いたします", DocumentKind::Invoice, 20),
    ("お支払期限", DocumentKind::Invoice, 12),
    ("支払期限", DocumentKind::Invoice, 10),
    ("振込先", DocumentKind::Invoice, 8),
    ("納品いたしました", DocumentKind::DeliveryNote, 25),
    ("納品致しました", DocumentKind::DeliveryNote, 25),
    ("補助対象金額", DocumentKind::Itemization, 20),
    ("補助対象外金額", DocumentKind::Itemization, 20),
    ("別紙様式2", DocumentKind::Itemization, 15),
];

/// From this score on a title begins a document.
pub(super) const ACCEPTED: i32 = 44;
/// From this score on a second title of the same words on one page begins a second document.
pub(super) const REPEATED: i32 = 50;

/// A title that was found.
#[derive(Clone, Debug)]
pub(super) struct Title {
    pub(super) kind: DocumentKind,
    /// As it stands, without spaces.
    pub(super) text: String,
    pub(super) score: i32,
    pub(super) sheet: usize,
    /// Left, top, right, bottom.
    pub(super) bounds: [f32; 4],
    pub(super) spot: claim::Spot,
}

/// All that look like titles, in order.
pub(super) fn titles(layout: &Layout) -> Vec<Title> {
    let mut found: Vec<Title> = Vec::new();
    let mut first_of_sheet = (usize::MAX, 0);
    for (at, row) in layout.rows.iter().enumerate() {
        if first_of_sheet.0 != row.sheet {
            first_of_sheet = (row.sheet, at);
        }
        let on_sheet = at - first_of_sheet.1;
        let whole = row.joined();
        let candidates = row
            .pieces
            .iter()
            .cloned()
            .chain((row.pieces.len() > 1).then(|| whole.part(&row.pieces, 0..whole.text.len())).flatten());
        for piece in candidates {
            let text = squash(&piece.text);
            let Some((kind, plain)) = title(&text) else { continue };
            let scale = piece.height() / layout.typical_height;
            let spaced = piece.text.split(' ').filter(|part| part.chars().count() == 1).count() >= 3;
            let mut score = if plain { 30 } else { 16 };
            score += if scale >= 1.5 {
                20
            } else if scale >= 1.2 {
                10
            } else {
                0
            };
            score += if spaced { 8 } else { 0 };
            // A receipt below another on one page begins far down with the same title in the same size.
            let again = |first: &Title| {
                first.sheet == row.sheet
                    && first.score >= ACCEPTED
                    && first.text == text
                    && piece.height() >= 0.9 * (first.bounds[3] - first.bounds[1])
            };
            let repeated = plain && scale >= 1.2 && found.iter().any(again);
            score += match on_sheet {
                0..=2 => 14,
                3..=7 => 8,
                8..=12 => 3,
                _ if repeated => 0,
                _ => -8,
            };
            if repeated {
                score = score.max(REPEATED);
            }
            found.push(Title { kind, text, score, sheet: row.sheet, bounds: piece.bounds, spot: piece.spot.clone() });
        }
    }
    found
}

/// The kind a text names if it is a title, and whether it is nothing but a title.
fn title(text: &str) -> Option<(DocumentKind, bool)> {
    let length = text.chars().count();
    if !(2..=24).contains(&length) {
        return None;
    }
    // A label, not a title: 請求書番号, 領収日, 見積有効期限, 領収金額.
    const LABELS: [&str; 16] = [
        "番号",
        "No",
        "№",
        "日",
        "金額",
        "合計",
        "期限",
        "ください",
        "ます",
        "ました",
        "者",
        "として",
        "額",
        "先",
        "添付",
        "発行",
    ];
    let (word, kind) = TITLES.iter().find(|(word, _)| text.contains(word))?;
    let mut rest = text.replacen(word, "", 1);
    for part in AROUND {
        rest = rest.replace(part, "");
    }
    rest.retain(|c| c.is_alphanumeric());
    if rest.is_empty() {
        return Some((*kind, *word != "見積" || length <= 6));
    }
    // What is left of a 領 that recognition took apart is a character or two.
    if word.starts_with('収') && rest.chars().count() <= 2 {
        return Some((*kind, true));
    }
    // 「領収書 No.123」: a number beside the title is none of its words.
    let before_number = text.find("No").or_else(|| text.find('№')).map(|at| &text[..at]);
    if let Some(before) = before_number.filter(|before| !before.is_empty() && before.len() < text.len())
        && let Some((kind, true)) = title(before)
    {
        return Some((kind, true));
    }
    // 「領収書番号」 ends with a word of labels; 「オンライン資格確認 領収書内訳書」 is a longer title.
    let label = LABELS.iter().any(|label| rest.contains(label) || text.ends_with(label));
    let ends = ["書", "証", "表", "控", ")", "レシート"].iter().any(|end| text.ends_with(end));
    (!label && ends && !text.contains(['。', '、'])).then_some((*kind, false))
}

/// What the document is; `declared` breaks ties. `None` when nothing tells.
pub(super) fn kind(layout: &Layout, declared: Option<DocumentKind>) -> Option<DocumentKind> {
    use DocumentKind as K;
    let mut scores: Vec<(K, i32)> =
        [K::Receipt, K::Itemization, K::Estimate, K::Invoice, K::DeliveryNote, K::Other].map(|kind| (kind, 0)).to_vec();
    let mut add = |kind: K, points: i32| {
        if let Some((_, score)) = scores.iter_mut().find(|(k, _)| *k == kind) {
            *score += points;
        }
    };
    let titles = titles(layout);
    for kind in [K::Receipt, K::Itemization, K::Estimate, K::Invoice, K::DeliveryNote, K::Other] {
        if let Some(best) = titles.iter().filter(|title| title.kind == kind).map(|title| title.score).max() {
            add(kind, best);
        }
    }
    let texts: Vec<String> = layout.rows.iter().map(Row::squashed).collect();
    for (sentence, kind, points) in SENTENCES {
        if texts.iter().any(|text| text.contains(sentence)) {
            add(*kind, *points);
        }
    }
    if let Some(declared) = declared {
        add(declared, 3);
    }
    let (kind, score) = scores.into_iter().rev().max_by_key(|(_, score)| *score)?;
    (score >= 20).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DocumentKind as K;

    #[test]
    fn titles_are_told_from_labels_and_sentences() {
        for (text, kind) in [
            ("領収書", Some(K::Receipt)),
            ("領収証", Some(K::Receipt)),
            ("領収書(控)", Some(K::Receipt)),
            ("領収書No.0123", Some(K::Receipt)),
            ("請求書兼領収書", Some(K::Receipt)),
            ("領収書内訳書", Some(K::Itemization)),
            ("内訳書", Some(K::Itemization)),
            ("内訳明細書", Some(K::Itemization)),
            ("別紙様式2領収書内訳書", Some(K::Itemization)),
            ("オンライン資格確認関係領収書内訳書", Some(K::Itemization)),
            ("見積書", Some(K::Estimate)),
            ("御見積書", Some(K::Estimate)),
            ("御見積", Some(K::Estimate)),
            ("請求書", Some(K::Invoice)),
            ("御請求書", Some(K::Invoice)),
            ("ご請求書", Some(K::Invoice)),
            ("納品書", Some(K::DeliveryNote)),
            ("納品書(控)", Some(K::DeliveryNote)),
            ("請求書番号", None),
            ("請求書番号:A-12", None),
            ("領収日", None),
            ("領収金額", None),
            ("見積有効期限", None),
            ("下記の通り領収いたしました", None),
            ("見積書を添付してください", None),
            ("タブレット", None),
            ("", None),
        ] {
            assert_eq!(title(text).map(|(kind, _)| kind), kind, "{text}");
        }
    }
}
