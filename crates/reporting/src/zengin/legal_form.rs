//! Abbreviated legal forms (法人略語) and trade words (事業略語), as bank files write them.
//!
//! From the banks' common table (keiyobank.co.jp typing.html; a regional government's copy of the table, expydoc
//! 7181036; domain.md 3.2). A legal form stands with a bracket towards the name: `ｶ)` before it, `(ｶ` after it, `(ｶ)`
//! between two parts. Trade words stand without brackets.

struct LegalForm {
    /// As registers write it (after NFKC), and its reading in large katakana.
    spelled: &'static [&'static str],
    short: &'static str,
}

const LEGAL_FORMS: &[LegalForm] = &[
    LegalForm {
        spelled: &["株式会社", "(株)", "カブシキガイシヤ", "カブシキカイシヤ"], short: "カ"
    },
    LegalForm {
        spelled: &["有限会社", "(有)", "ユウゲンガイシヤ", "ユウゲンカイシヤ"], short: "ユ"
    },
    LegalForm {
        spelled: &["合名会社", "(名)", "ゴウメイガイシヤ", "ゴウメイカイシヤ"], short: "メ"
    },
    LegalForm { spelled: &["合資会社", "(資)", "ゴウシガイシヤ", "ゴウシカイシヤ"], short: "シ" },
    LegalForm {
        spelled: &["合同会社", "(同)", "ゴウドウガイシヤ", "ゴウドウカイシヤ"], short: "ド"
    },
    LegalForm {
        spelled: &[
            "医療法人社団",
            "医療法人 社団",
            "医療法人財団",
            "医療法人 財団",
            "医療法人",
            "社会医療法人社団",
            "社会医療法人財団",
            "社会医療法人",
            "特定医療法人社団",
            "特定医療法人財団",
            "特定医療法人",
            "特別医療法人",
            "(医)",
            "(医社)",
            "(医財)",
            "(社医)",
            "イリヨウホウジンシヤダン",
            "イリヨウホウジン シヤダン",
            "イリヨウホウジンザイダン",
            "イリヨウホウジン ザイダン",
            "イリヨウホウジン",
            "シヤカイイリヨウホウジンシヤダン",
            "シヤカイイリヨウホウジンザイダン",
            "シヤカイイリヨウホウジン",
            "トクテイイリヨウホウジンシヤダン",
            "トクテイイリヨウホウジンザイダン",
            "トクテイイリヨウホウジン",
            "トクベツイリヨウホウジン",
        ],
        short: "イ",
    },
    LegalForm {
        spelled: &[
            "財団法人",
            "一般財団法人",
            "公益財団法人",
            "(財)",
            "(一財)",
            "(公財)",
            "ザイダンホウジン",
            "イツパンザイダンホウジン",
            "コウエキザイダンホウジン",
        ],
        short: "ザイ",
    },
    LegalForm {
        spelled: &[
            "社団法人",
            "一般社団法人",
            "公益社団法人",
            "(社)",
            "(一社)",
            "(公社)",
            "シヤダンホウジン",
            "イツパンシヤダンホウジン",
            "コウエキシヤダンホウジン",
        ],
        short: "シヤ",
    },
    LegalForm { spelled: &["宗教法人", "(宗)", "シユウキヨウホウジン"], short: "シユウ" },
    LegalForm { spelled: &["学校法人", "(学)", "ガツコウホウジン"], short: "ガク" },
    LegalForm { spelled: &["社会福祉法人", "(福)", "シヤカイフクシホウジン"], short: "フク" },
    LegalForm { spelled: &["更生保護法人", "コウセイホゴホウジン"], short: "ホゴ" },
    LegalForm { spelled: &["相互会社", "(相)", "ソウゴガイシヤ", "ソウゴカイシヤ"], short: "ソ" },
    LegalForm {
        spelled: &["特定非営利活動法人", "(特非)", "NPO法人", "トクテイヒエイリカツドウホウジン"],
        short: "トクヒ",
    },
    LegalForm { spelled: &["独立行政法人", "(独)", "ドクリツギヨウセイホウジン"], short: "ドク" },
    LegalForm {
        spelled: &["地方独立行政法人", "(地独)", "チホウドクリツギヨウセイホウジン"], short: "チドク"
    },
    LegalForm {
        spelled: &["国立大学法人", "公立大学法人", "コクリツダイガクホウジン", "コウリツダイガクホウジン"],
        short: "ダイ",
    },
    LegalForm { spelled: &["農事組合法人", "ノウジクミアイホウジン"], short: "ノウ" },
    LegalForm { spelled: &["弁護士法人", "ベンゴシホウジン"], short: "ベン" },
    LegalForm { spelled: &["司法書士法人", "シホウシヨシホウジン"], short: "シホウ" },
    LegalForm { spelled: &["行政書士法人", "ギヨウセイシヨシホウジン"], short: "ギヨ" },
    LegalForm { spelled: &["税理士法人", "ゼイリシホウジン"], short: "ゼイ" },
    LegalForm { spelled: &["管理組合法人", "カンリクミアイホウジン"], short: "カンリ" },
    LegalForm {
        spelled: &["社会保険労務士法人", "シヤカイホケンロウムシホウジン"], short: "ロウム"
    },
];

/// Only those that payers and payees of these grants have in their names, and only in kanji: in kana they are too short
/// to be told from other words.
const TRADE_WORDS: &[(&str, &str)] = &[
    ("社会保険診療報酬支払基金", "シヤホ"),
    ("国民健康保険団体連合会", "コクホレン"),
    ("国民健康保険組合", "コクホ"),
    ("健康保険組合", "ケンポ"),
    ("社会福祉協議会", "シヤキヨウ"),
    ("生活協同組合", "セイキヨウ"),
    ("共済組合", "キヨウサイ"),
];

enum Found {
    LegalForm(&'static str),
    TradeWord(&'static str),
}

/// The longest form or word that `text` begins with, and its length in bytes.
fn longest_at_start(text: &str) -> Option<(usize, Found)> {
    let forms = LEGAL_FORMS.iter().flat_map(|form| form.spelled.iter().map(|spelled| (*spelled, form.short)));
    let form = forms.filter(|(spelled, _)| text.starts_with(spelled)).max_by_key(|(spelled, _)| spelled.len());
    let word = TRADE_WORDS.iter().find(|(spelled, _)| text.starts_with(spelled));
    match (form, word) {
        (Some((spelled, short)), _) => Some((spelled.len(), Found::LegalForm(short))),
        (None, Some((spelled, short))) => Some((spelled.len(), Found::TradeWord(short))),
        (None, None) => None,
    }
}

/// `text` (full-width, large katakana) with its legal forms and trade words abbreviated, and no space between a form
/// and the name.
pub(super) fn abbreviate(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match longest_at_start(rest) {
            Some((length, Found::LegalForm(short))) => {
                rest = rest[length..].trim_start_matches(' ');
                out.truncate(out.trim_end_matches(' ').len());
                match (out.is_empty(), rest.is_empty()) {
                    (true, _) => out.extend([short, ")"]),
                    (false, true) => out.extend(["(", short]),
                    (false, false) => out.extend(["(", short, ")"]),
                }
            }
            Some((length, Found::TradeWord(short))) => {
                out.push_str(short);
                rest = &rest[length..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}
