//! Whether a receipt is made out to the facility: names are folded before they are compared, since a receipt writes the
//! same name in many ways, and OCR in a few more.

use claim::{Facility, Field, Method};
use unicode_normalization::UnicodeNormalization;

/// Titles after a name.
const TITLES: [&str; 14] = [
    "様",
    "御中",
    "殿",
    "先生",
    "さま",
    "院長",
    "病院長",
    "理事長",
    "管理者",
    "開設者",
    "代表者",
    "代表取締役",
    "薬局長",
    "所長",
];

/// Forms of corporations; receipts leave them out, shorten or misplace them. After NFKC, longest first where one holds
/// another.
const CORPORATIONS: [&str; 37] = [
    "特定医療法人社団",
    "特定医療法人財団",
    "社会医療法人社団",
    "社会医療法人財団",
    "地方独立行政法人",
    "公益社団法人",
    "公益財団法人",
    "一般社団法人",
    "一般財団法人",
    "独立行政法人",
    "国立大学法人",
    "公立大学法人",
    "社会福祉法人",
    "社会医療法人",
    "特定医療法人",
    "医療法人社団",
    "医療法人財団",
    "医療法人",
    "学校法人",
    "宗教法人",
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "(医社)",
    "(医財)",
    "(社福)",
    "(医)",
    "(株)",
    "(有)",
    "(同)",
    "(資)",
    "(名)",
    "(社)",
    "(財)",
    "(学)",
];

/// Words that every second facility has; what is left tells one facility from another.
const GENERIC: [&str; 16] = [
    "クリニツク",
    "診療所",
    "医院",
    "病院",
    "薬局",
    "歯科",
    "内科",
    "外科",
    "小児科",
    "皮膚科",
    "眼科",
    "耳鼻咽喉科",
    "整形",
    "総合",
    "調剤",
    "センター",
];

/// Kanji that are written in two ways in names.
const VARIANTS: [(char, char); 20] = [
    ('髙', '高'),
    ('﨑', '崎'),
    ('嵜', '崎'),
    ('濵', '浜'),
    ('濱', '浜'),
    ('邊', '辺'),
    ('邉', '辺'),
    ('齋', '斉'),
    ('齊', '斉'),
    ('斎', '斉'),
    ('澤', '沢'),
    ('廣', '広'),
    ('國', '国'),
    ('櫻', '桜'),
    ('眞', '真'),
    ('惠', '恵'),
    ('德', '徳'),
    ('瀨', '瀬'),
    ('嶋', '島'),
    ('藪', '薮'),
];

/// Whether the payee of a receipt is the facility or its founder. A missing or empty payee, and 上様, are nobody.
///
/// Names are equal when they are equal folded: name, founder, or both in either order. What came from OCR may differ by
/// a fifth of its characters, and by less than half of those that tell facilities apart: 山田歯科医院 is not 山本歯科医院.
pub(crate) fn is_theirs(payee: Option<&Field<String>>, facility: &Facility, method: Option<Method>) -> bool {
    let Some(payee) = payee else { return false };
    let found = folded(&payee.value);
    if found.is_empty() || found == "上" {
        return false;
    }
    names_of(facility).iter().any(|name| {
        *name == found
            || (method == Some(Method::Ocr) && similar(&found, name) && keeps_what_is_distinctive(&found, name))
    })
}

/// The folded names under which a facility may be addressed.
fn names_of(facility: &Facility) -> Vec<String> {
    let (name, founder) = (folded(&facility.name), folded(&facility.founder));
    let mut own = vec![name.clone()];
    // The register often has the corporation before the name: 医療法人社団青空会　青空クリニック.
    if let Some((corporation, rest)) = facility.name.trim().split_once(char::is_whitespace)
        && CORPORATIONS.iter().any(|form| nfkc(corporation).contains(form))
    {
        own.push(folded(rest));
    }
    own.extend(name.strip_prefix(founder.as_str()).map(str::to_owned));
    let mut names = vec![founder.clone()];
    for name in own.into_iter().filter(|name| !name.is_empty()) {
        names.extend([format!("{name}{founder}"), format!("{founder}{name}"), name]);
    }
    names.retain(|name| !name.is_empty());
    names
}

fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// A name without width, spaces, marks, titles and the form of the corporation; hiragana as katakana, small kana as
/// large ones, and one form of each kanji.
fn folded(name: &str) -> String {
    let mut plain: String = nfkc(name).chars().filter(|c| !c.is_whitespace()).collect();
    while let Some(shorter) = TITLES.iter().find_map(|title| plain.strip_suffix(title)) {
        plain.truncate(shorter.len());
    }
    for form in CORPORATIONS {
        plain = plain.replace(form, "");
    }
    // A title between the facility's name and a person's: 青空クリニック 院長 佐藤花子.
    for title in ["院長", "理事長", "代表取締役", "開設者", "管理者", "代表者"] {
        plain = plain.replace(title, "");
    }
    plain
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| match c {
            'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
            _ => c,
        })
        .map(|c| match c {
            'ァ' => 'ア',
            'ィ' => 'イ',
            'ゥ' => 'ウ',
            'ェ' => 'エ',
            'ォ' => 'オ',
            'ッ' => 'ツ',
            'ャ' => 'ヤ',
            'ュ' => 'ユ',
            'ョ' => 'ヨ',
            'ヮ' => 'ワ',
            'ヵ' => 'カ',
            'ヶ' => 'ケ',
            _ => VARIANTS.iter().find(|(variant, _)| *variant == c).map_or(c, |(_, usual)| *usual),
        })
        .flat_map(char::to_uppercase)
        .collect()
}

/// What is left of a folded name without the words that many facilities share.
fn distinctive(folded: &str) -> String {
    let mut rest = folded.to_owned();
    for word in GENERIC {
        rest = rest.replace(word, "");
    }
    rest
}

/// Whether what tells `name` apart stands whole in `found`, or differs by less than half: of two characters, both must
/// have been read.
fn keeps_what_is_distinctive(found: &str, name: &str) -> bool {
    let own = distinctive(name);
    if found.contains(&own) {
        return true;
    }
    let (distance, longest) = distance(&distinctive(found), &own);
    distance * 2 < longest
}

/// Whether at most one character in five differs.
fn similar(one: &str, other: &str) -> bool {
    let (distance, longest) = distance(one, other);
    distance * 5 <= longest
}

/// The least number of characters to insert, delete or replace, and the longer length, which bounds it.
fn distance(one: &str, other: &str) -> (usize, usize) {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, d) in other.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let replaced = diagonal + usize::from(c != d);
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            diagonal = above;
            left = replaced.min(above + 1).min(left + 1);
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    (row.last().copied().unwrap_or(0), one.len().max(other.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_levenshtein() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("青空", "青空", 0),
            ("青空クリニツク", "青空クリニック", 1),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(one, other).0, expected, "{one} {other}");
            assert_eq!(distance(other, one).0, expected, "{other} {one}");
        }
    }
}
