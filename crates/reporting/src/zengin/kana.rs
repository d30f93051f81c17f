//! Folding names into the single bytes of JIS X 0201 that bank files allow.

use super::legal_form;
use super::profile::Wo;
use unicode_normalization::UnicodeNormalization;

/// Which characters a field takes (付録1 使用文字一覧 of the banks' association; domain.md 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// Names of banks and branches: kana, A to Z, 0 to 9 and the hyphen. Spaces are left out: such names have none.
    Office,
    /// Names of account holders and payers: also space, brackets and full stop, and abbreviated legal forms.
    Party,
}

/// One kana with its voicing mark, or one other character: what may not be cut in two.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    base: u8,
    mark: Option<u8>,
}

/// A name in the bytes of a bank file.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded(Vec<Cluster>);

impl Folded {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As many whole characters from the left as `width` bytes hold, filled up with spaces. A kana is never parted from
    /// its mark: `ｶﾞ` cut to `ｶ` would be another name, and nothing in the file would show it.
    pub(super) fn field(&self, width: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(width);
        for cluster in &self.0 {
            if bytes.len() + 1 + usize::from(cluster.mark.is_some()) > width {
                break;
            }
            bytes.push(cluster.base);
            bytes.extend(cluster.mark);
        }
        bytes.resize(width, b' ');
        bytes
    }
}

/// Folds `text`, in any width and either kana, into the bytes of `charset`: NFKC, hiragana to katakana, small kana to
/// large, the long-vowel mark and all dashes to the hyphen, lower case to upper, voicing marks as bytes of their own.
///
/// # Errors
/// Each different character that has no byte there, in the order of the text. Nothing is left out or guessed; a kanji
/// may be read in several ways, so it is refused too.
pub(super) fn fold(text: &str, charset: Charset, wo: Wo) -> Result<Folded, Vec<char>> {
    // A voicing mark typed as a character of its own must join its kana; NFKC alone would give it a space to stand on.
    let joined = text.chars().map(|c| match c {
        '゛' => '\u{3099}',
        '゜' => '\u{309A}',
        other => other,
    });
    let plain: String = joined.nfkc().map(|c| plain_kana(c, wo)).collect();
    let named = match charset {
        Charset::Office => plain.chars().filter(|c| *c != ' ').collect(),
        Charset::Party => legal_form::abbreviate(plain.trim()),
    };

    let mut clusters = Vec::with_capacity(named.len());
    let mut wrong: Vec<char> = Vec::new();
    for c in named.chars() {
        match cluster(c, charset) {
            Some(cluster) => clusters.push(cluster),
            None if wrong.contains(&c) => {}
            None => wrong.push(c),
        }
    }
    if wrong.is_empty() { Ok(Folded(clusters)) } else { Err(wrong) }
}

/// Full-width katakana without small forms, upper-case letters, one kind of hyphen.
fn plain_kana(c: char, wo: Wo) -> char {
    let katakana = match c {
        // The two kana blocks stand 0x60 apart, in the same order.
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    };
    match katakana {
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
        'ヲ' if wo == Wo::Fold => 'オ',
        // The long-vowel mark and the dashes that keyboards put in its place.
        'ー' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        other => other.to_ascii_uppercase(),
    }
}

/// 0xB1 to 0xDD of JIS X 0201, in order.
const KANA: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
const FIRST_KANA: u8 = 0xB1;
const WO: u8 = 0xA6;
const VOICED: u8 = 0xDE;
const HALF_VOICED: u8 = 0xDF;

fn cluster(c: char, charset: Charset) -> Option<Cluster> {
    let party = charset == Charset::Party;
    if c.is_ascii() {
        let allowed =
            c.is_ascii_digit() || c.is_ascii_uppercase() || c == '-' || (party && matches!(c, ' ' | '(' | ')' | '.'));
        return u8::try_from(c).ok().filter(|_| allowed).map(|base| Cluster { base, mark: None });
    }
    let mut parts = std::iter::once(c).nfd();
    let kana = parts.next()?;
    let mark = match (parts.next(), kana) {
        (None, _) => None,
        // Only these rows have a voiced form; ヷ would decompose too, but no bank file has it.
        (Some('\u{3099}'), 'ウ' | 'カ'..='ト' | 'ハ'..='ホ') => Some(VOICED),
        (Some('\u{309A}'), 'ハ'..='ホ') => Some(HALF_VOICED),
        (Some(_), _) => return None,
    };
    if kana == 'ヲ' {
        return Some(Cluster { base: WO, mark: None });
    }
    let position = KANA.chars().position(|one| one == kana)?;
    let base = u8::try_from(position).ok().and_then(|offset| FIRST_KANA.checked_add(offset))?;
    Some(Cluster { base, mark })
}
