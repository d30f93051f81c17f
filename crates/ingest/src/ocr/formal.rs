//! Amounts in formal numerals (金壱拾四万参千円也) and days in kanji (令和七年六月十五日) read once more, in two models that may
//! give nothing but their characters.
//!
//! Read freely, the engine takes 壱 and 弐 for whatever kanji looks like them. Told to give numerals only, it gives the right
//! one or leaves it out. So what one model leaves out is taken from the other, and what comes of both counts as surely
//! read when it has as many characters as the free reading and contradicts none of its numerals.

use super::engine::{Engine, EngineError};
use super::lines::EngineLine;
use crate::page::Word;
use claim::find_day;
use image::GrayImage;
use std::ops::Range;

/// What is written in kanji and read once more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Amount,
    Day,
}

/// The longest amount there is: 九千九百九拾九億九千九百九拾九万九千九百九拾九.
const LONGEST: usize = 24;
/// So many numerals must have been read for a line to be looked at.
const FEWEST: usize = 2;

impl Written {
    /// All that it is written with.
    const fn characters(self) -> &'static str {
        match self {
            Written::Amount => "金円圓也〇零一壱壹二弐貳三参參四肆五伍六陸七漆柒八捌九玖十拾百佰千阡仟万萬億",
            Written::Day => "令和平成年月日元〇一二三四五六七八九十",
        }
    }

    fn holds(self, c: char) -> bool {
        self.characters().contains(c)
    }

    /// What is compared: of an amount the numerals alone, because 金 and 円也 may stand in other fragments.
    fn core(self, text: &str) -> Vec<char> {
        text.chars().map(as_numeral).filter(|c| self == Written::Day || !is_frame(*c)).collect()
    }

    /// What came of both models, in words; none when it is no day.
    fn text(self, whole: &[char]) -> Option<String> {
        let text: String = whole.iter().collect();
        match self {
            Written::Amount => (!whole.is_empty()).then(|| format!("金{text}円也")),
            Written::Day => find_day(&text).is_some_and(|(range, _)| range == (0..text.len())).then_some(text),
        }
    }
}

fn is_numeral(c: char) -> bool {
    !is_frame(c) && Written::Amount.holds(c)
}

/// What stands around the numerals of an amount.
fn is_frame(c: char) -> bool {
    matches!(c, '金' | '円' | '圓' | '也')
}

fn is_unit(c: char) -> bool {
    "十拾百佰千阡仟万萬".contains(c)
}

/// Reads amounts and days in kanji among `lines` again and puts them right; gives those that are surely read.
pub(super) fn correct(
    engine: &Engine,
    image: &GrayImage,
    dpi: u32,
    lines: &mut [EngineLine],
) -> Result<Vec<EngineLine>, EngineError> {
    let mut sure = Vec::new();
    for line in lines {
        let found = amount(&line.fragments).map(|range| (Written::Amount, range));
        let Some((written, range)) = found.or_else(|| Some((Written::Day, day(&line.fragments)?))) else { continue };
        let part = &line.fragments[range.clone()];
        let bounds = part.iter().map(|word| word.bounds).reduce(around).unwrap_or_default();
        let Some(picture) = cut_out(image, bounds) else { continue };
        let free = written.core(&text_of(part));
        let (one, other) = engine.read_only(written.characters(), &picture, dpi)?;
        let (one, other) = (written.core(&one), written.core(&other));
        let Some(whole) = joined(&one, &other) else { continue };
        let fits = free.len() == whole.len()
            && free.iter().zip(&whole).all(|(free, whole)| !written.holds(*free) || free == whole);
        let Some(text) = written.text(&whole).filter(|_| fits || one == other) else { continue };
        let confidence = part.iter().map(|word| word.confidence).fold(0.0, f32::max);
        let word = Word { text, bounds, confidence };
        if fits {
            sure.push(EngineLine { fragments: vec![word.clone()] });
        }
        line.fragments.splice(range, [word]);
    }
    Ok(sure)
}

fn text_of(fragments: &[Word]) -> String {
    fragments.iter().map(|word| word.text.as_str()).collect()
}

/// What is often read for numerals wherever they stand.
fn as_numeral(c: char) -> char {
    match c {
        '捨' => '拾',
        '干' => '千',
        '方' => '万',
        _ => c,
    }
}

/// Which fragments of a line are an amount in numerals: from 金, or the first numeral, to 円也 or the last.
fn amount(fragments: &[Word]) -> Option<Range<usize>> {
    let holds = |at: usize, wanted: fn(char) -> bool| fragments[at].text.chars().map(as_numeral).any(wanted);
    let all = 0..fragments.len();
    let money = |at: &usize| {
        let goes_on = fragments.get(at + 1).is_some_and(|next| next.text.starts_with('額'));
        fragments[*at].text.ends_with('金') && !goes_on
    };
    let opened = all.clone().find(money);
    let from = opened.or_else(|| all.clone().find(|at| holds(*at, is_numeral)))?;
    let closed = (from..fragments.len()).find(|at| holds(*at, |c| matches!(c, '円' | '圓')));
    // 也 stands behind 円, or in its fragment.
    let to = match closed {
        Some(at) => at + 1 + usize::from(fragments.get(at + 1).is_some_and(|next| next.text == "也")),
        None => all.rev().find(|at| holds(*at, is_numeral))? + 1,
    };
    let text: Vec<char> = text_of(fragments.get(from..to)?).chars().map(as_numeral).collect();
    let count = text.iter().filter(|c| is_numeral(**c)).count();
    let said = opened.is_some() || closed.is_some();
    (said
        && count >= FEWEST
        && count * 2 >= text.iter().filter(|c| !is_frame(**c)).count()
        && text.iter().any(|c| is_unit(*c))
        && text.len() <= LONGEST + 4
        && !text.iter().any(char::is_ascii_digit))
    .then_some(from..to)
}

/// Which fragments of a line are a day in kanji: from the era, or what stands before 年, to 日.
fn day(fragments: &[Word]) -> Option<Range<usize>> {
    /// 令和二十九年十二月三十一日, with a character too many.
    const LONGEST_DAY: usize = 14;
    let at = |from: usize, wanted: char| (from..fragments.len()).find(|at| fragments[*at].text.contains(wanted));
    let year = at(0, '年')?;
    let to = at(at(year, '月')?, '日')? + 1;
    let era = (0..=year).find(|at| fragments[*at].text.contains(['令', '和', '平', '成']));
    // A day of the common era is written in digits.
    let part = &fragments[era?..to];
    let text = text_of(part);
    let others = text.chars().filter(|c| !Written::Day.holds(*c)).count();
    (text.chars().count() <= LONGEST_DAY && others <= 2 && !text.chars().any(|c| c.is_ascii_digit()))
        .then(|| era.map(|from| from..to))
        .flatten()
}

fn around(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The line alone on white.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and the box is cut to the page"
)]
fn cut_out(image: &GrayImage, [left, top, right, bottom]: [f32; 4]) -> Option<GrayImage> {
    const MARGIN: u32 = 20;
    let high = bottom - top;
    let (left, right) = ((left - 0.3 * high).max(0.0) as u32, ((right + 0.3 * high) as u32).min(image.width()));
    let (top, bottom) = ((top - 0.15 * high).max(0.0) as u32, ((bottom + 0.15 * high) as u32).min(image.height()));
    let (wide, high) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
    if wide == 0 || high == 0 {
        return None;
    }
    let part = image::imageops::crop_imm(image, left, top, wide, high).to_image();
    let mut out = GrayImage::from_pixel(wide + 2 * MARGIN, high + 2 * MARGIN, image::Luma([255]));
    image::imageops::replace(&mut out, &part, MARGIN.into(), MARGIN.into());
    Some(out)
}

/// Both readings in one, where each may lack what the other has; none where they say different things at one place.
fn joined(one: &[char], other: &[char]) -> Option<Vec<char>> {
    if one.len().max(other.len()) > LONGEST {
        return None;
    }
    // How much of what is left is common to both, from each place on.
    let width = other.len() + 1;
    let mut common = vec![0usize; (one.len() + 1) * width];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            common[i * width + j] = if one[i] == other[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    loop {
        let (from_one, from_other) = (i, j);
        while i < one.len() && j < other.len() && one[i] != other[j] {
            if common[(i + 1) * width + j] >= common[i * width + j + 1] { i += 1 } else { j += 1 }
        }
        if i == one.len() || j == other.len() {
            (i, j) = (one.len(), other.len());
        }
        if i > from_one && j > from_other {
            return None;
        }
        out.extend_from_slice(&one[from_one..i]);
        out.extend_from_slice(&other[from_other..j]);
        if i == one.len() && j == other.len() {
            return Some(out);
        }
        out.push(one[i]);
        (i, j) = (i + 1, j + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    fn words(text: &str) -> Vec<Word> {
        let word = |c: char| Word { text: c.to_string(), bounds: [0.0; 4], confidence: 0.9 };
        text.chars().map(word).collect()
    }

    #[test]
    fn what_one_model_leaves_out_comes_from_the_other() {
        for (one, other, both) in [
            ("壱拾弐万四千五百九拾", "拾万四千五百九拾壱", Some("壱拾弐万四千五百九拾壱")),
            ("壱拾弐万", "壱拾弐万", Some("壱拾弐万")),
            ("", "参千", Some("参千")),
            ("壱千", "参千", None),
            ("壱千参百", "壱千弐百", None),
        ] {
            assert_eq!(joined(&chars(one), &chars(other)), both.map(chars), "{one} {other}");
        }
    }

    #[test]
    fn an_amount_is_told_from_other_words_with_numerals() {
        for (text, part) in [
            ("金索拾弐万四千五百九拾吉円也", Some("金索拾弐万四千五百九拾吉円也")),
            ("金写拾五万七千六百九捨六", Some("金写拾五万七千六百九捨六")),
            ("領収金額金壱万円也として", Some("金壱万円也")),
            ("令和六年七月十四日", None),
            ("金額45,100円", None),
            ("三丁目二十番", None),
            ("金属棚三点", None),
        ] {
            let found = amount(&words(text)).map(|range| chars(text)[range].iter().collect::<String>());
            assert_eq!(found.as_deref(), part, "{text}");
        }
    }

    #[test]
    fn a_day_in_kanji_is_told_from_one_in_digits_and_from_other_words() {
        for (text, part) in [
            ("発行日令和七年六月十五日", Some("令和七年六月十五日")),
            ("令和太年七月十四日(火)", Some("令和太年七月十四日")),
            ("令和七年十月二ニ二三日", Some("令和七年十月二ニ二三日")),
            ("令和7年6月15日", None),
            ("年月日", None),
            ("平成の年に生まれた人は月に一度の日", None),
        ] {
            let found = day(&words(text)).map(|range| chars(text)[range].iter().collect::<String>());
            assert_eq!(found.as_deref(), part, "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_not_taken() {
        assert_eq!(Written::Day.text(&chars("令和七年六月十五日")).as_deref(), Some("令和七年六月十五日"));
        for text in ["令和七年十月三十二日", "七年六月十五日", "令和七年六月日", ""] {
            assert_eq!(Written::Day.text(&chars(text)), None, "{text}");
        }
    }
}
