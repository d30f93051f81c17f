//! Who received the receipt (宛名), who issued it, the issuer's registration number, and what it was for (但し書き).

use super::layout::{Layout, Piece, Row, squash};
use claim::{Confidence, Field, Method, RegistrationNumber, find_day};
use std::collections::BTreeSet;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// How sure a text field is when it is printed text or cells, and when it was recognised, in thousandths. The first are
/// what the form of the label promises; the second were measured on the tuned set of `cargo xtask bench reading` (see the
/// README of this room), where the second reading, which holds only numbers, says nothing of words.
#[derive(Clone, Copy)]
struct Sure {
    printed: u16,
    recognised: u16,
}

const PAYEE: Sure = Sure { printed: 980, recognised: 870 };
/// Recognition gave one kana twice in a row, or two that differ only in their marks (つばぱさ, ひびひばり): nearly always one
/// that is not there.
const STUTTERED: u16 = 300;
/// A name of a medical institution without a word that says it is the payee's.
const PAYEE_GUESSED: Sure = Sure { printed: 850, recognised: 350 };
/// The same where the name was followed by one character more.
const PAYEE_CUT: Sure = Sure { printed: 850, recognised: 790 };
/// A seal lies over many of them.
const ISSUER: Sure = Sure { printed: 980, recognised: 650 };
const ISSUER_GUESSED: Sure = Sure { printed: 850, recognised: 400 };
/// It may go on in the line below it.
const ISSUER_CUT: Sure = Sure { printed: 900, recognised: 600 };
const PROVISO: Sure = Sure { printed: 980, recognised: 900 };

fn field(layout: &Layout, value: String, piece: &Piece, sure: Sure, mut reasons: Vec<String>) -> Field<String> {
    let (value, per_mille) = match layout.method {
        Method::Text | Method::Sheet => (value, sure.printed),
        Method::Ocr => {
            let value = with_single_bars(&value);
            let stutters = stutters(&value);
            if stutters {
                reasons.push("同じかなが続いて読まれた".to_owned());
            }
            (value, if stutters { sure.recognised.min(STUTTERED) } else { sure.recognised })
        }
    };
    Field {
        value,
        confidence: Confidence::from_per_mille(per_mille),
        spot: piece.spot.clone(),
        text: piece.raw().to_owned(),
        reasons,
    }
}

/// A long ー is read as two; no word has two of them.
fn with_single_bars(text: &str) -> String {
    let mut last = None;
    text.chars().filter(|&c| last.replace(c) != Some('ー') || c != 'ー').collect()
}

/// Whether a kana comes twice, without regard to its marks and its size: one after another, or with one between them that
/// is not the bar of a long vowel.
fn stutters(text: &str) -> bool {
    // The marks are characters of their own when taken apart; the small kana stand right before the large ones.
    let bare = |c: char| {
        let c = c.nfd().next().unwrap_or(c);
        match c {
            'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ'
            | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
            _ => c,
        }
    };
    let kana: Vec<Option<char>> =
        text.chars().map(|c| matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ').then(|| bare(c))).collect();
    kana.windows(2).any(|pair| pair[0].is_some() && pair[0] == pair[1])
        || kana.windows(3).any(|three| three[0].is_some() && three[1].is_some() && three[0] == three[2])
}

// ---------------------------------------------------------------------------------------------------------------- payee

/// What follows a name, the plainest first; with what OCR makes of it.
const SUFFIXES: [&str; 6] = ["御中", "様", "殿", "御申", "卸中", "御 中"];
/// What stands before the 様 of words that name nobody, whatever goes before: お客様, 皆様, 機器仕様.
const NOT_NAMES: [&str; 5] = ["お客", "御客", "皆", "仕", "模"];
/// The same, as a word of its own only: 同様, 一様; names end in these characters (鈴木健一 様).
const NOT_NAMES_ALONE: [&str; 5] = ["同", "多", "両", "一", "異"];
const MEDICAL: [&str; 11] =
    ["医院", "クリニック", "病院", "診療所", "歯科", "薬局", "医療法人", "内科", "皮フ科", "眼科", "整形外科"];
/// What names of institutions end in.
const INSTITUTIONS: [&str; 8] = ["医院", "クリニック", "病院", "診療所", "歯科", "薬局", "科", "センター"];
const PAYEE_LABELS: [&str; 9] =
    ["医療機関名称", "医療機関等名称", "医療機関名", "医療機関等名", "宛名", "宛先", "お客様名", "お名前", "施設名"];
/// Legal forms that stand on a line of their own above the name of the clinic.
const BODIES: [&str; 8] = [
    "医療法人",
    "社会医療法人",
    "社会福祉法人",
    "一般社団法人",
    "公益財団法人",
    "一般財団法人",
    "社会福祉協議会",
    "学校法人",
];

/// The name on the line with 様, 御中 or 殿, or beside a label such as 医療機関名.
pub(super) fn payee(layout: &Layout) -> Option<Field<String>> {
    let mut found: Vec<(i32, Field<String>)> = Vec::new();
    for (at, row) in layout.rows.iter().enumerate() {
        let joined = row.joined();
        if let Some((range, suffix)) = suffixed(&joined.text)
            && let Some((value, piece)) = name_before(layout, at, range, row)
        {
            let medical = MEDICAL.iter().any(|word| value.contains(word));
            let score = 40 + i32::from(medical) * 20 + i32::from(row.depth() < 0.5) * 10
                - i32::try_from(at.min(30)).unwrap_or(30) / 3
                - i32::from(value.contains("担当")) * 30;
            let (value, piece) = with_beginning(layout, at, value, piece);
            let value = with_body(layout, at, value);
            found.push((score, field(layout, value, &piece, PAYEE, vec![format!("「{suffix}」の前")])));
        } else if let Some((label, value, piece)) = labelled(layout, at, &PAYEE_LABELS) {
            found.push((38, field(layout, value, &piece, PAYEE, vec![format!("見出し「{label}」")])));
        }
    }
    if let Some((_, best)) = found.into_iter().max_by_key(|(score, _)| *score) {
        return Some(best);
    }
    // Where OCR lost the 様: a name of a medical institution in the upper part.
    layout
        .rows
        .iter()
        .filter(|row| row.depth() < 0.4 && row.sheet == 0)
        .flat_map(|row| &row.pieces)
        .filter(|piece| MEDICAL.iter().any(|word| piece.text.contains(word)) && company(&piece.text).is_none())
        .filter(|piece| piece.text.chars().count() <= 40 && !piece.text.contains(['、', '。', ':']))
        .map(|piece| {
            let name = clean(&piece.text);
            // What is left of 様 is one more character.
            let (name, sure) = match without_honorific(&name).filter(|_| layout.noisy()) {
                Some(name) => (name.to_owned(), PAYEE_CUT),
                None => (name, PAYEE_GUESSED),
            };
            field(layout, name, piece, sure, vec!["医療機関の名称".to_owned()])
        })
        .next()
}

/// The name of an institution before one more character, which OCR made of 様: 青空薬局欄.
fn without_honorific(name: &str) -> Option<&str> {
    let (before, last) = name.char_indices().next_back().map(|(at, c)| (name[..at].trim_end(), c))?;
    let ends = INSTITUTIONS.iter().any(|word| before.ends_with(word));
    (ends && last.is_alphabetic() && !INSTITUTIONS.iter().any(|word| name.ends_with(word))).then_some(before)
}

/// Where a name ends in a row, and with which suffix; the suffix ends the text or is followed by a gap.
fn suffixed(text: &str) -> Option<(Range<usize>, &'static str)> {
    SUFFIXES.iter().find_map(|suffix| {
        text.match_indices(suffix).find_map(|(at, _)| {
            let before = text[..at].trim_end();
            let after = &text[at + suffix.len()..];
            let ends = after.is_empty() || after.starts_with([' ', ')', '(', ':', '。', '、', '_', '.']);
            (ends && !is_no_name(before)).then_some((0..at, *suffix))
        })
    })
}

/// Whether 様 after `before` ends a word that names nobody.
fn is_no_name(before: &str) -> bool {
    // 「当院と同様」 is a sentence: the word follows a particle.
    let particle = |c: char| "とはがをにもで、。".contains(c);
    let last = before.rsplit(char::is_whitespace).next().unwrap_or(before);
    NOT_NAMES.iter().any(|word| before.ends_with(word))
        || NOT_NAMES_ALONE
            .iter()
            .any(|word| last.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with(particle)))
}

fn name_before(layout: &Layout, at: usize, range: Range<usize>, row: &Row) -> Option<(String, Piece)> {
    let joined = row.joined();
    // Words before the name on the same row, such as a number or date, stand apart.
    let own = joined.part(&row.pieces, range.clone());
    if let Some(piece) = own.filter(|piece| !clean(&piece.text).is_empty()) {
        let nearest = nearest_run(row, &piece);
        let value = clean(&nearest.text);
        if !value.is_empty() {
            return Some((value, nearest));
        }
    }
    // The suffix stands alone: the name is on the line above.
    let suffix = joined.part(&row.pieces, range.end..joined.text.len())?;
    let above = layout.rows[..at].iter().rev().take(2).find(|above| above.sheet == row.sheet)?;
    let fits =
        |piece: &Piece| find_day(&piece.text).is_none() && !piece.text.contains('書') && !piece.text.starts_with('但');
    // A suffix at the beginning of a line goes on from the end of the one above.
    let wrapped = suffix.bounds[0] - above.bounds[0] < 2.0 * suffix.height() && fits(above.pieces.last()?);
    let limit = if wrapped { above.bounds[2] + 1.0 } else { suffix.bounds[2] };
    let last = above.pieces.iter().rfind(|piece| piece.bounds[0] < limit && fits(piece))?;
    let piece = if wrapped { nearest_run(above, last) } else { last.clone() };
    let value = clean(&piece.text);
    (!value.is_empty()).then_some((value, piece))
}

/// The last pieces of `name` that stand close together; a wide gap separates another field.
fn nearest_run(row: &Row, name: &Piece) -> Piece {
    let mut run: Vec<&Piece> = Vec::new();
    let mut last = name.bounds[2];
    for piece in row.pieces.iter().rev().filter(|piece| piece.bounds[0] < name.bounds[2] - 0.1) {
        let wide = piece.height().max(1.0) * if piece.spot.cell.is_some() { 8.0 } else { 4.0 };
        if !run.is_empty() && last - piece.bounds[2] > wide {
            break;
        }
        last = piece.bounds[0];
        run.push(piece);
    }
    let cut = |piece: &Piece| {
        // The last one carries the suffix and what follows it.
        match suffixed(&piece.text) {
            Some((range, _)) => piece.part(range),
            None => piece.clone(),
        }
    };
    run.iter()
        .rev()
        .map(|piece| cut(piece))
        .filter(|piece| !piece.text.is_empty())
        .reduce(|a, b| a.and(&b, " "))
        .unwrap_or_else(|| name.clone())
}

/// A name without label, brackets and spaces around it.
fn clean(text: &str) -> String {
    let mut text = text.trim();
    for label in PAYEE_LABELS.iter().chain(&["宛", "To", "TO"]) {
        if let Some(rest) = text.strip_prefix(label) {
            text = rest;
        }
    }
    // A day may stand before the name on its line.
    if let Some((range, _)) = find_day(text)
        && text[..range.start].chars().all(|c| !c.is_alphanumeric())
    {
        text = &text[range.end..];
    }
    let edge = |c: char| c.is_whitespace() || ":：;.,、。_|「」『』【】*※-".contains(c);
    let text = text.trim_matches(edge).trim_end_matches(['(', '（']).trim_matches(edge);
    tidy(text)
}

/// Without the spaces that OCR and wide setting leave between single characters.
fn tidy(text: &str) -> String {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let spaced = parts.len() >= 3 && parts.iter().filter(|part| part.chars().count() == 1).count() * 2 > parts.len();
    parts.join(if spaced { "" } else { " " })
}

/// With its beginning on the line above, where it begins in the middle of a word: ファミリークリ + ニック 御中.
fn with_beginning(layout: &Layout, at: usize, value: String, piece: Piece) -> (String, Piece) {
    let katakana = |c: char| matches!(c, 'ァ'..='ヺ' | 'ー');
    let row = &layout.rows[at];
    let height = piece.height().max(0.1);
    let above = at.checked_sub(1).and_then(|at| layout.rows.get(at)).filter(|above| above.sheet == row.sheet);
    let beginning = above.and_then(|above| above.pieces.last()).filter(|above| {
        value.starts_with(katakana)
            && above.text.ends_with(katakana)
            && (above.bounds[0] - piece.bounds[0]).abs() < 0.5 * height
            && piece.bounds[1] - above.bounds[3] < 0.9 * height
            && (0.8..1.25).contains(&(above.height() / height))
    });
    match beginning {
        Some(above) => (clean(&above.text) + &value, above.and(&piece, "")),
        None => (value, piece),
    }
}

/// With the legal body on the line above, as bureaus list them: 医療法人社団青空会 青空クリニック.
fn with_body(layout: &Layout, at: usize, value: String) -> String {
    let row = &layout.rows[at];
    let above = at.checked_sub(1).and_then(|at| layout.rows.get(at)).filter(|above| above.sheet == row.sheet);
    let near = above.filter(|above| row.bounds[1] - above.bounds[3] < 1.5 * layout.typical_height);
    let body = near.filter(|above| {
        above.pieces.first().is_some_and(|piece| {
            (piece.bounds[0] - row.bounds[0]).abs() < 6.0 * layout.typical_height
                && BODIES.iter().any(|body| piece.text.starts_with(body))
                && suffixed(&piece.text).is_none()
                && piece.text.chars().count() <= 30
        })
    });
    let Some(first) = body.and_then(|above| above.pieces.first()).filter(|body| !value.contains(body.text.as_str()))
    else {
        return value;
    };
    // Where the line goes on behind the body, the name itself was broken off there.
    let begun = body.and_then(|above| above.pieces.get(1)).filter(|next| {
        next.bounds[0] - first.bounds[2] < 2.0 * layout.typical_height && suffixed(&next.text).is_none()
    });
    match begun {
        Some(begun) => format!("{} {}{value}", tidy(&first.text), tidy(&begun.text)),
        None => format!("{} {value}", tidy(&first.text)),
    }
}

/// The value beside or under one of `labels`.
fn labelled(layout: &Layout, at: usize, labels: &[&'static str]) -> Option<(&'static str, String, Piece)> {
    let row = &layout.rows[at];
    row.pieces.iter().enumerate().find_map(|(i, piece)| {
        let squashed = piece.squashed();
        let label = labels.iter().find(|label| squashed.starts_with(*label))?;
        let rest = clean(&piece.text);
        if squash(&rest).len() < squashed.len() && !rest.is_empty() {
            return Some((*label, rest, piece.clone()));
        }
        let next = row.pieces.get(i + 1)?;
        let value = clean(&next.text);
        (!value.is_empty() && value.chars().count() <= 60).then(|| (*label, value, next.clone()))
    })
}

// --------------------------------------------------------------------------------------------------------------- issuer

const COMPANY_FORMS: [&str; 16] = [
    "株式会社",
    "(株)",
    "有限会社",
    "(有)",
    "合同会社",
    "合資会社",
    "合名会社",
    "協同組合",
    "(同)",
    "株式會社",
    "商会",
    "電機",
    "一般社団法人",
    "Co.,Ltd",
    "Inc.",
    "商店",
];
const ISSUER_LABELS: [&str; 8] = ["発行者", "発行元", "販売者", "販売店", "請求者", "領収者", "会社名", "社名"];
const ANCHORS: [&str; 9] = ["TEL", "Tel", "電話", "〒", "登録番号", "住所", "FAX", "印", "担当"];
/// Lines that name a company that issued nothing.
const NOT_ISSUERS: [&str; 13] = [
    "銀行",
    "信用金庫",
    "口座",
    "として",
    "但し",
    "但",
    "製造",
    "メーカー",
    "御中",
    "様",
    "支店名",
    "カード会社",
    "対応",
];

/// The company that issued the document.
pub(super) fn issuer(layout: &Layout, payee: Option<&Field<String>>) -> Option<Field<String>> {
    let mut found: Vec<(i32, Field<String>)> = Vec::new();
    for (at, row) in layout.rows.iter().enumerate() {
        if let Some((label, value, piece)) = labelled(layout, at, &ISSUER_LABELS) {
            let value = company_name(&value);
            if !value.is_empty() {
                found.push((70, field(layout, value, &piece, ISSUER, vec![format!("見出し「{label}」")])));
            }
        }
        for (i, piece) in row.pieces.iter().enumerate() {
            let below = next_line(layout, at, i);
            let whole = below.filter(|below| goes_on(piece, below)).map(|below| piece.and(below, ""));
            let cut = whole.is_none() && below.is_some();
            let piece = whole.as_ref().unwrap_or(piece);
            let Some(form) = company(&piece.text) else { continue };
            let text = &piece.text;
            let is_payee = payee.is_some_and(|payee| {
                payee.spot == piece.spot || (!payee.value.is_empty() && text.contains(payee.value.as_str()))
            });
            if is_payee || NOT_ISSUERS.iter().any(|word| text.contains(word)) || text.chars().count() > 50 {
                continue;
            }
            let run = if whole.is_some() { piece.clone() } else { company_run(&row.pieces, i) };
            let near = |reach: usize| {
                layout
                    .rows
                    .iter()
                    .skip(at.saturating_sub(reach))
                    .take(2 * reach + 1)
                    .filter(|other| other.sheet == row.sheet)
                    .any(|other| ANCHORS.iter().any(|anchor| other.pieces.iter().any(|p| p.text.contains(anchor))))
            };
            let strong = COMPANY_FORMS[..9].contains(&form);
            let mut score = if strong { 40 } else { 15 };
            score += if near(1) {
                20
            } else if near(4) {
                14
            } else {
                0
            };
            score -= i32::from(layout.rows[..at].iter().all(|above| above.sheet != row.sheet)) * 5;
            let value = company_name(&run.text);
            if !value.is_empty() {
                let sure = match (strong, cut) {
                    (true, false) => ISSUER,
                    (true, true) => ISSUER_CUT,
                    (false, _) => ISSUER_GUESSED,
                };
                found.push((score, field(layout, value, &run, sure, vec![format!("「{form}」")])));
            }
        }
    }
    // Of equals the first on the page.
    found.reverse();
    if let Some((_, best)) = found.into_iter().max_by_key(|(score, _)| *score) {
        return Some(best);
    }
    // A till prints the name of the shop over its address and telephone number.
    let anchor = layout.rows.iter().position(|row| {
        row.pieces.iter().any(|piece| ["TEL", "Tel", "電話", "〒"].iter().any(|word| piece.text.contains(word)))
    })?;
    let shop = layout.rows[..anchor].iter().rev().take(4).filter(|row| row.pieces.len() <= 2).find(|row| {
        let text = row.squashed();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        letters >= 3
            && !text.chars().any(|c| c.is_ascii_digit())
            && !["領収", "様", "御中", "但", "見積", "請求", "納品", "明細", "県", "区", "市"]
                .iter()
                .any(|word| text.contains(word))
    })?;
    let piece = shop.pieces.first()?;
    Some(field(layout, company_name(&piece.text), piece, ISSUER_GUESSED, vec!["住所・電話の上".to_owned()]))
}

fn company(text: &str) -> Option<&'static str> {
    COMPANY_FORMS.into_iter().find(|form| text.contains(form))
}

/// The line under the last piece of a row, where it looks like more of the same words: alone, short, as tall, right below
/// where that began, and none of what stands under a name.
fn next_line(layout: &Layout, at: usize, piece: usize) -> Option<&Piece> {
    const LONGEST: usize = 8;
    let (row, next) = (&layout.rows[at], layout.rows.get(at + 1)?);
    let [only] = next.pieces.as_slice() else { return None };
    let last = row.pieces.get(piece)?;
    let height = last.height().max(0.1);
    let off = |a: f32, b: f32| (a - b).abs() < 0.5 * height;
    // Of a slip whose lines are centred only one that fills the slip is broken.
    let widest = layout.rows.iter().filter(|other| other.sheet == row.sheet);
    let widest = widest.map(|other| other.bounds[2] - other.bounds[0]).fold(0.0, f32::max);
    let fills = last.bounds[2] - last.bounds[0] > 0.8 * widest;
    let centred = fills && off(last.bounds[0] + last.bounds[2], only.bounds[0] + only.bounds[2]);
    let below = only.bounds[1] - last.bounds[3] < 0.9 * height && (off(only.bounds[0], last.bounds[0]) || centred);
    let as_tall = (0.8..1.25).contains(&(only.height() / height));
    let word = |c: char| c.is_alphabetic() || c == 'ー';
    // Addresses, persons and the words before numbers.
    const OTHERS: [&str; 12] = ["都", "道", "府", "県", "市", "区", "町", "村", "部", "課", "様", "代表"];
    let other = OTHERS.iter().chain(&ANCHORS).any(|word| only.text.contains(word)) || company(&only.text).is_some();
    let short = only.text.chars().count() <= LONGEST && only.text.chars().all(word);
    let of_page = next.sheet == row.sheet && only.spot.cell.is_none() && piece + 1 == row.pieces.len();
    (of_page && below && as_tall && short && !other).then_some(only)
}

/// Whether a line begins in the middle of a word of the one above: 株式 + 会社, ソリューショ + ンズ.
fn goes_on(piece: &Piece, below: &Piece) -> bool {
    let katakana = |c: char| matches!(c, 'ァ'..='ヺ' | 'ー');
    let broken = piece.text.ends_with("株式") || piece.text.ends_with("有限") || piece.text.ends_with("合同");
    (broken && below.text == "会社")
        || (piece.text.ends_with(katakana) && below.text.chars().all(katakana) && company(&piece.text).is_some())
}

/// A company's name that was split at a narrow gap: 「株式会社」「青空電機」.
fn company_run(pieces: &[Piece], at: usize) -> Piece {
    let close =
        |a: &Piece, b: &Piece| b.bounds[0] - a.bounds[2] < 1.6 * a.height().max(b.height()) && a.spot.cell.is_none();
    let name = |piece: &Piece| {
        !piece.text.chars().any(|c| c.is_ascii_digit()) && !ANCHORS.iter().any(|word| piece.text.contains(word))
    };
    let mut run = pieces[at].clone();
    if let Some(previous) = at.checked_sub(1).and_then(|i| pieces.get(i)).filter(|p| close(p, &run) && name(p))
        && company(&previous.text).is_none()
        && (run.text.starts_with("株式会社") || run.text.starts_with("(株)"))
        && run.text.chars().count() <= 4
    {
        run = previous.and(&run, "");
    }
    for next in pieces.iter().skip(at + 1) {
        if !close(&run, next) || !name(next) || company(&next.text).is_some() {
            break;
        }
        run = run.and(next, " ");
    }
    run
}

/// A company's name without label, seal, telephone number or registration number.
fn company_name(text: &str) -> String {
    let mut end = text.len();
    for word in ["TEL", "Tel", "電話", "〒", "登録番号", "FAX", "㊞", "(印)", "代表取締役", "担当"] {
        end = text.find(word).map_or(end, |at| at.min(end));
    }
    let mut text = text[..end].trim();
    for label in ISSUER_LABELS {
        if let Some(rest) = text.strip_prefix(label) {
            text = rest.trim_start_matches([':', ' ', '/']);
        }
    }
    let text = text.trim_end_matches('印');
    tidy(text.trim_matches(|c: char| c.is_whitespace() || ":;,、。_|*※".contains(c)))
}

// -------------------------------------------------------------------------------------------------- registration number

const NUMBER_LABELS: [&str; 6] = ["登録番号", "登録No", "インボイス", "事業者番号", "事業者登録", "適格請求書"];

/// The registration number. OCR reads its `T` as 1 or drops it: then the label and the check digit decide.
pub(super) fn registration_number(layout: &Layout) -> Option<Field<String>> {
    let mut found: Vec<(u16, Field<String>)> = Vec::new();
    let mut seen_in: BTreeSet<(bool, String)> = BTreeSet::new();
    for (rows, second) in [(&layout.rows, false), (&layout.second, true)] {
        for (at, row) in rows.iter().enumerate() {
            let joined = row.joined();
            let text = &joined.text;
            let label = NUMBER_LABELS.iter().filter_map(|label| Some(text.find(label)? + label.len())).min();
            let labelled_above = || {
                at.checked_sub(1).and_then(|at| rows.get(at)).is_some_and(|above| {
                    let text = above.squashed();
                    NUMBER_LABELS.iter().any(|label| text.ends_with(label) || text.ends_with(&format!("{label}:")))
                })
            };
            for (range, number, with_t) in numbers(text, layout.noisy()) {
                let near_label = label.is_some_and(|label| label <= range.start) || labelled_above();
                if !with_t && !near_label {
                    continue;
                }
                let Some(piece) = joined.part(&row.pieces, range) else { continue };
                let holds = RegistrationNumber::parse(&number).is_ok_and(|number| number.check_digit_holds());
                let per_mille: u16 = match (layout.noisy(), with_t, holds) {
                    (false, true, true) => 990,
                    (false, true, false) => 960,
                    (false, false, true) => 930,
                    (true, false, true) => 880,
                    (_, false, false) => continue,
                    // 0 read as 9 changes nothing in the check digit, so only the other reading makes it sure.
                    (true, true, true) => 900,
                    (true, true, false) => 550,
                };
                let per_mille = if near_label { per_mille } else { per_mille - 10 };
                let mut reasons = Vec::new();
                if near_label {
                    reasons.push("見出し「登録番号」".to_owned());
                }
                reasons.push(if holds { "検査用数字が一致" } else { "検査用数字が不一致" }.to_owned());
                let field = Field {
                    value: number,
                    confidence: Confidence::from_per_mille(per_mille),
                    spot: piece.spot.clone(),
                    text: piece.raw().to_owned(),
                    reasons,
                };
                seen_in.insert((second, field.value.clone()));
                found.push((per_mille - if second { 5 } else { 0 }, field));
            }
        }
    }
    // Of equals the first on the page.
    found.reverse();
    let (_, mut best) = found.iter().max_by_key(|(score, _)| *score).cloned()?;
    if layout.noisy() {
        let holds = |field: &Field<String>| field.confidence > Confidence::from_per_mille(850);
        if holds(&best) && [true, false].iter().all(|second| seen_in.contains(&(*second, best.value.clone()))) {
            // Modulo 9 a 0 is a 9, and both models take a 0 with a dot for one.
            let certain = !best.value.contains(['0', '9']);
            best.confidence = Confidence::from_per_mille(if certain { 960 } else { 940 });
            best.reasons.push("二つの読み取りが一致".to_owned());
        }
    }
    // Two issuers' numbers: the one taken may be the other's.
    if found.iter().any(|(score, other)| other.value != best.value && *score > 900) {
        best.confidence = best.confidence.min(Confidence::from_per_mille(750));
        best.reasons.push("ほかにも登録番号あり".to_owned());
    }
    Some(best)
}

/// Runs of 13 digits with or without `T` before them, hyphens and spaces between them allowed.
fn numbers(text: &str, noisy: bool) -> Vec<(Range<usize>, String, bool)> {
    let digit = |c: char| match c {
        c if c.is_ascii_digit() => Some(c),
        'O' | 'o' | 'Q' | 'D' if noisy => Some('0'),
        'l' | 'I' | '|' if noisy => Some('1'),
        'S' if noisy => Some('5'),
        'B' if noisy => Some('8'),
        _ => None,
    };
    let mut found = Vec::new();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut at = 0;
    while at < chars.len() {
        let begins = chars[at].1.is_ascii_digit()
            || (matches!(chars[at].1, 'T' | 't') && (at == 0 || !chars[at - 1].1.is_ascii_alphanumeric()));
        if !begins {
            at += 1;
            continue;
        }
        let with_t = !chars[at].1.is_ascii_digit();
        let mut next = at + usize::from(with_t);
        let mut digits = String::new();
        let mut end = next;
        while let Some((_, c)) = chars.get(next) {
            if let Some(digit) = digit(*c) {
                digits.push(digit);
                end = next + 1;
            } else if !matches!(c, ' ' | '-' | 'ー' | '.' | ':') || next - end >= 2 {
                break;
            }
            next += 1;
        }
        let range = chars[at].0..chars.get(end).map_or(text.len(), |(byte, _)| *byte);
        let holds = |digits: &str| {
            RegistrationNumber::parse(&format!("T{digits}")).is_ok_and(|number| number.check_digit_holds())
        };
        match (digits.len(), with_t) {
            (13, true) => found.push((range, format!("T{digits}"), true)),
            (13, false) if holds(&digits) => found.push((range, format!("T{digits}"), false)),
            // The T was read as the digit 1 (or 7).
            (14, false) if digits.starts_with(['1', '7']) && holds(&digits[1..]) => {
                found.push((range, format!("T{}", &digits[1..]), false));
            }
            _ => {}
        }
        at = end.max(at + 1);
    }
    found
}

// -------------------------------------------------------------------------------------------------------------- proviso

/// What the money was for: 但し … として, without both.
pub(super) fn proviso(layout: &Layout) -> Option<Field<String>> {
    for (at, row) in layout.rows.iter().enumerate() {
        let joined = row.joined();
        let Some(start) = proviso_start(&joined.text) else { continue };
        let rest = &joined.text[start..];
        let end = rest.find("として").or_else(|| rest.find("上記")).map_or(joined.text.len(), |at| start + at);
        let whole = rest.contains("として");
        let mut piece = joined.part(&row.pieces, start..end);
        // It goes on in the next line, or stands there alone.
        if !whole && let Some(next) = layout.rows.get(at + 1).filter(|next| next.sheet == row.sheet) {
            let below = next.joined();
            if let Some(end) = below.text.find("として")
                && let Some(more) = below.part(&next.pieces, 0..end)
            {
                piece = Some(match piece {
                    Some(piece) => piece.and(&more, ""),
                    None => more,
                });
            }
        }
        let Some(piece) = piece else { continue };
        let value = tidy(piece.text.trim_matches(|c: char| c.is_whitespace() || "、,:;.。_「」()".contains(c)));
        if !value.is_empty() {
            return Some(field(layout, value, &piece, PROVISO, vec!["「但し」".to_owned()]));
        }
    }
    None
}

/// Where the text after 但し begins.
fn proviso_start(text: &str) -> Option<usize> {
    let at = text.find('但')?;
    // Not in the middle of a sentence.
    if text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    let mut rest = &text[at + '但'.len_utf8()..];
    for word in [" ", "し", " ", "書き", "書", "き"] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.trim_start_matches([' ', '、', ',', ':', '.', ';', '_', ')', '】']);
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_number_is_found_in_every_form_and_never_guessed() {
        let found = |text: &str, noisy| numbers(text, noisy).into_iter().map(|(_, n, t)| (n, t)).collect::<Vec<_>>();
        let number = |with_t| vec![("T7000012050002".to_owned(), with_t)];
        for text in ["登録番号 T7000012050002", "T7-0000-1205-0002", "T 7000 0120 50002", "登録番号:T7000012050002"]
        {
            assert_eq!(found(text, false), number(true), "{text}");
        }
        assert_eq!(found("登録番号 17000012050002", true), number(false));
        assert_eq!(found("登録番号 7000012050002", true), number(false));
        assert_eq!(found("登録番号 T7OOOO12O50002", true), number(true));
        for text in ["登録番号 17000012050003", "登録番号 7000012050003", "T700001205000", "TEL 03-3591-7441"] {
            assert_eq!(found(text, true), [], "{text}");
        }
    }

    #[test]
    fn a_kana_that_comes_twice_is_doubted_and_a_double_bar_is_one() {
        for doubted in
            ["医療法人ひびひばりが丘会", "つばぱさ医院", "サンライズメデイィ", "ゆめゆずりは医院", "株式会社アオバパ"]
        {
            assert!(stutters(doubted), "{doubted}");
        }
        for plain in ["さくら坂眼科", "カードリーダー購入費", "ファミリークリニック", "株式会社サンライズ", "青空薬局"]
        {
            assert!(!stutters(plain), "{plain}");
        }
        assert_eq!(with_single_bars("カードリーーダーー購入費"), "カードリーダー購入費");
        assert_eq!(with_single_bars("リーダー"), "リーダー");
    }

    #[test]
    fn one_character_behind_an_institution_is_what_is_left_of_its_honorific() {
        for (text, name) in [
            ("青空薬局欄", Some("青空薬局")),
            ("すみれ皮フ科栓", Some("すみれ皮フ科")),
            ("青空クリニック", None),
            ("青空病院分院", None),
            ("青空小児科医院", None),
        ] {
            assert_eq!(without_honorific(text), name, "{text}");
        }
    }

    #[test]
    fn a_suffix_ends_a_name_and_no_other_word() {
        for (text, name) in [
            ("青空クリニック 様", Some("青空クリニック ")),
            ("青空クリニック御中", Some("青空クリニック")),
            ("医療法人 青空会 殿 発行日", Some("医療法人 青空会 ")),
            ("別紙様式2", None),
            ("お客様", None),
            ("お客様控え", None),
            ("仕様", None),
            ("機器仕様", None),
            ("一様", None),
            ("当院と同様", None),
            // Given names end in these characters.
            ("鈴木健一 様", Some("鈴木健一 ")),
            ("鈴木健一様", Some("鈴木健一")),
            ("本多 様", Some("本多 ")),
        ] {
            assert_eq!(suffixed(text).map(|(range, _)| &text[range]), name, "{text}");
        }
    }

    #[test]
    fn a_proviso_begins_after_its_word() {
        for (text, rest) in [
            ("但し、パソコン代として", "パソコン代として"),
            ("但 レセコン改修費として", "レセコン改修費として"),
            ("但し書き: タブレット代", "タブレット代"),
            ("(但し 機器代として)", "機器代として)"),
        ] {
            assert_eq!(proviso_start(text).map(|at| &text[at..]), Some(rest), "{text}");
        }
    }
}
