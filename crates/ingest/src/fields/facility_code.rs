//! The institution code that a sheet names, in one cell or in boxes of one digit.

use super::layout::{Content, Layout, Piece};
use claim::{Confidence, Field, Method};

const LABELS: [&str; 4] = ["医療機関等コード", "医療機関コード", "薬局コード", "医療機関番号"];
const PREFECTURE: [&str; 2] = ["都道府県コード", "都道府県番号"];
const FEE_TABLE: [&str; 2] = ["点数表コード", "点数表番号"];

/// The code: all ten digits, or as many as the form asks for: the institution's seven, with the prefecture's two and the
/// fee table's one before them where they have boxes of their own. Of pages nothing is told: there the digits of a code
/// are as likely those of something else.
pub(super) fn read(layout: &Layout) -> Option<Field<String>> {
    if layout.method != Method::Sheet {
        return None;
    }
    let (digits, piece, label) = labelled(layout, &LABELS)?;
    let own = |labels, length| labelled(layout, labels).map(|(digits, ..)| digits).filter(|d| d.len() == length);
    let digits = match (digits.len(), own(&PREFECTURE, 2), own(&FEE_TABLE, 1)) {
        // A number has no leading zero, and a code may.
        (7 | 10, None, _) | (9 | 10, ..) => digits,
        (7, Some(prefecture), fee_table) => format!("{prefecture}{}{digits}", fee_table.unwrap_or_default()),
        _ => return None,
    };
    Some(Field {
        value: digits,
        confidence: Confidence::from_per_mille(990),
        spot: piece.spot.clone(),
        text: piece.raw().to_owned(),
        reasons: vec![format!("見出し「{label}」")],
    })
}

/// The digits behind a label, in its own cell or in those to its right.
fn labelled(layout: &Layout, labels: &'static [&'static str]) -> Option<(String, Piece, &'static str)> {
    layout.rows.iter().find_map(|row| {
        row.pieces.iter().enumerate().find_map(|(at, piece)| {
            let text = piece.squashed();
            let label = labels.iter().find(|label| text.contains(**label))?;
            let behind = text.rsplit(label).next().unwrap_or_default();
            if let Some(digits) = digits(behind.trim_start_matches([':', '(', '=']).trim_end_matches(')')) {
                return Some((digits, piece.clone(), *label));
            }
            let boxes: Vec<&Piece> = row.pieces[at + 1..]
                .iter()
                .take_while(|next| next.content != Content::Formula && digits(&next.squashed()).is_some())
                .collect();
            let code: String = boxes.iter().filter_map(|next| digits(&next.squashed())).collect();
            Some((code, (*boxes.first()?).clone(), *label))
        })
    })
}

/// The digits of a text that has nothing else but hyphens.
fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    (!digits.is_empty() && digits.len() <= 10 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}
