//! From the engine's fragments of one to three characters to words and lines as people see them.

use super::plane::Homography;
use super::reset::Reset;
use crate::page::{Line, Word};

/// A gap of more than this share of the line's height ends a word: narrow kana such as ト stand that far from the next,
/// a full-width space is wider.
const WORD_GAP: f32 = 0.85;
/// Digits stand closer, and two numbers of neighbouring columns must not become one.
const DIGIT_GAP: f32 = 0.5;
/// Digits that take more than this share of their line's height each are set in full width.
const FULL_WIDTH: f32 = 0.85;
/// A number that ends in a comma goes on behind it, however wide the comma is set: ４５９，６０２.
const COMMA_GAP: f32 = 1.7;
/// Latin words stand closer together than Japanese phrases; the engine's own space between them is believed from here.
const LATIN_GAP: f32 = 0.12;
/// Two lines stand side by side when they share this much of the lower one's height …
const SIDE_BY_SIDE: f32 = 0.6;
/// … and neither is this many times as high as the other.
const SAME_HEIGHT: f32 = 1.8;

/// One line as the engine found it, in pixels of the cleaned picture.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineLine {
    /// From left to right.
    pub(super) fragments: Vec<Word>,
}

impl EngineLine {
    /// The line's fragments joined to words.
    fn words(&self) -> Vec<Word> {
        let height = self.character_height();
        let mut words: Vec<Word> = Vec::new();
        let mut characters = 0.0;
        let mut parted = false;
        for fragment in self.fragments.iter().flat_map(pieces) {
            let fragment = &fragment;
            if is_rule(&fragment.text) {
                // What is left of a rule between two columns: the numbers on its sides are two.
                parted = words.last().is_some_and(|word| word.text.ends_with(|c: char| c.is_ascii_digit()));
                if parted {
                    continue;
                }
            }
            let apart_by_a_rule = std::mem::take(&mut parted);
            let count = fragment.text.chars().count() as f32;
            let first = fragment.text.chars().next();
            let joins = words.last_mut().filter(|_| !apart_by_a_rule).filter(|word| {
                let gap = match (word.text.chars().last(), first) {
                    (Some(last), Some(first)) if last.is_ascii_digit() && first.is_ascii_digit() => {
                        let full_width = word.bounds[2] - word.bounds[0] > characters * height * FULL_WIDTH;
                        if full_width && characters > 1.0 { WORD_GAP } else { DIGIT_GAP }
                    }
                    (Some(','), Some(first)) if first.is_ascii_digit() && ends_in_group(&word.text) => COMMA_GAP,
                    _ => WORD_GAP,
                };
                fragment.bounds[0] - word.bounds[2] <= height * gap
            });
            let Some(word) = joins else {
                words.push(fragment.clone());
                characters = count;
                continue;
            };
            let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
            let apart = fragment.bounds[0] - word.bounds[2] > height * LATIN_GAP;
            if apart && latin(word.text.chars().last()) && latin(first) {
                word.text.push(' ');
            }
            word.text.push_str(&fragment.text);
            word.bounds = around(word.bounds, fragment.bounds);
            // Each character counts the same.
            word.confidence = (word.confidence * characters + fragment.confidence * count) / (characters + count);
            characters += count;
        }
        words
    }

    /// The height of the line's characters: the upper quartile of its fragments', because ー, 一 and commas are flat.
    fn character_height(&self) -> f32 {
        let mut heights: Vec<f32> = self.fragments.iter().map(|word| word.bounds[3] - word.bounds[1]).collect();
        heights.sort_by(f32::total_cmp);
        heights.get(heights.len() * 3 / 4).copied().unwrap_or_default()
    }
}

/// Whether a fragment is what the engine makes of the end of a ruled line.
fn is_rule(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '_' | '|' | '｜' | '│'))
}

/// A fragment in pieces: a rule between two digits is one of its own. Each has its share of the box.
fn pieces(fragment: &Word) -> Vec<Word> {
    let rule = |c: char| is_rule(c.encode_utf8(&mut [0; 4]));
    let characters: Vec<char> = fragment.text.chars().collect();
    if characters.len() < 2 || !characters.iter().any(|c| rule(*c)) {
        return vec![fragment.clone()];
    }
    let [left, top, right, bottom] = fragment.bounds;
    let each = (right - left) / characters.len() as f32;
    let piece = |(i, part): (usize, &[char])| Word {
        text: part.iter().collect(),
        bounds: [left + each * i as f32, top, left + each * (i + part.len()) as f32, bottom],
        confidence: fragment.confidence,
    };
    let mut at = 0;
    characters
        .chunk_by(|a, b| rule(*a) == rule(*b))
        .map(|part| {
            let from = at;
            at += part.len();
            piece((from, part))
        })
        .collect()
}

/// Whether a comma ends a group of at most three digits.
fn ends_in_group(text: &str) -> bool {
    let digits = text.trim_end_matches(',').chars().rev().take_while(char::is_ascii_digit).count();
    (1..=3).contains(&digits)
}

/// Where the words are that hold a number worth reading twice: an amount, a day, a registration number. Kanji numerals
/// are not counted, because the other model reads them worse.
pub(super) fn numbers(found: &[EngineLine]) -> Vec<[f32; 4]> {
    let digits = |word: &Word| word.text.chars().filter(|c| c.is_numeric()).count();
    let money = |word: &Word| word.text.contains(['¥', '\\', '円', '年', '月']);
    found
        .iter()
        .flat_map(EngineLine::words)
        .filter(|word| digits(word) >= 3 || (digits(word) > 0 && money(word)))
        .map(|word| word.bounds)
        .collect()
}

/// Lines of words from top to bottom, their boxes as `reset` puts them back and `to_page` maps them. What the engine split into blocks beside one
/// another comes together again where it stands on one line.
pub(super) fn lines_of(found: &[EngineLine], reset: &Reset, to_page: &Homography) -> Vec<Line> {
    let placed = |word: Word| Word { bounds: reset.place(word.bounds), ..word };
    let mut lines: Vec<Line> = found
        .iter()
        .map(|line| Line { words: line.words().into_iter().map(placed).collect() })
        .filter(|line| !line.words.is_empty())
        .collect();
    lines.sort_by(|a, b| middle(&a.bounds()).total_cmp(&middle(&b.bounds())));
    let mut rows: Vec<Line> = Vec::new();
    for line in lines {
        match rows.iter_mut().rev().take(3).find(|row| side_by_side(row, &line)) {
            Some(row) => row.words.extend(line.words),
            None => rows.push(line),
        }
    }
    rows.sort_by(|a, b| a.bounds()[1].total_cmp(&b.bounds()[1]));
    for row in &mut rows {
        row.words.sort_by(|a, b| a.bounds[0].total_cmp(&b.bounds[0]));
        for word in &mut row.words {
            word.bounds = to_page.apply_to_box(word.bounds);
        }
    }
    rows
}

fn side_by_side(one: &Line, other: &Line) -> bool {
    let (a, b) = (one.bounds(), other.bounds());
    let (a_height, b_height) = (a[3] - a[1], b[3] - b[1]);
    let shared = a[3].min(b[3]) - a[1].max(b[1]);
    let (low, high) = (a_height.min(b_height), a_height.max(b_height));
    let apart = one.words.iter().all(|word| {
        other.words.iter().all(|next| word.bounds[2] <= next.bounds[0] || next.bounds[2] <= word.bounds[0])
    });
    shared >= low * SIDE_BY_SIDE && high <= low * SAME_HEIGHT && apart
}

fn middle(bounds: &[f32; 4]) -> f32 {
    (bounds[1] + bounds[3]) / 2.0
}

fn around(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(top: f32, fragments: &[(&str, f32, f32)]) -> EngineLine {
        let fragments: Vec<Word> = fragments
            .iter()
            .map(|&(text, left, right)| Word {
                text: text.to_owned(),
                bounds: [left, top, right, top + 30.0],
                confidence: 0.9,
            })
            .collect();
        EngineLine { fragments }
    }

    fn texts(found: &[EngineLine]) -> Vec<String> {
        lines_of(found, &Reset::of(&image::GrayImage::new(1, 1)), &Homography::IDENTITY)
            .iter()
            .map(Line::text)
            .collect()
    }

    #[test]
    fn fragments_join_and_only_wide_gaps_part() {
        for (fragments, text) in [
            (&[("領", 0.0, 30.0), ("収書", 32.0, 92.0)][..], "領収書"),
            (&[("合計", 0.0, 60.0), ("143", 200.0, 245.0), (",", 246.0, 250.0), ("000", 254.0, 299.0)], "合計 143,000"),
            (&[("Kofu", 0.0, 60.0), ("Medical", 70.0, 170.0)], "Kofu Medical"),
            (&[("T", 0.0, 12.0), ("7000012050002", 18.0, 210.0)], "T7000012050002"),
            (&[("株式会社", 0.0, 120.0), ("青空", 150.0, 210.0)], "株式会社 青空"),
            (&[("タブレッ", 0.0, 110.0), ("ト", 130.0, 142.0), ("端末", 150.0, 210.0)], "タブレット端末"),
            (&[("1", 0.0, 10.0), ("38,500", 30.0, 110.0)], "1 38,500"),
            (&[("459,", 0.0, 90.0), ("602", 126.0, 200.0)], "459,602"),
            (&[("459,", 0.0, 90.0), ("602", 150.0, 220.0)], "459, 602"),
        ] {
            assert_eq!(texts(&[line(0.0, fragments)]), [text]);
        }
    }

    #[test]
    fn blocks_beside_one_another_become_one_line_and_lines_go_downward() {
        let found = [
            line(100.0, &[("小計", 0.0, 60.0)]),
            line(0.0, &[("領収書", 0.0, 90.0)]),
            line(104.0, &[("1,000円", 300.0, 400.0)]),
            line(140.0, &[("合計", 0.0, 60.0)]),
        ];
        assert_eq!(texts(&found), ["領収書", "小計 1,000円", "合計"]);
    }

    #[test]
    fn a_word_is_as_sure_as_its_characters_are_on_average() {
        let mut found = line(0.0, &[("合計金", 0.0, 90.0), ("額", 91.0, 121.0)]);
        found.fragments[1].confidence = 0.1;
        let words = found.words();
        assert_eq!(words.len(), 1);
        assert!((words[0].confidence - 0.7).abs() < 1e-5, "{}", words[0].confidence);
    }
}
