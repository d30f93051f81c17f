//! What is wrong with an itemization, each with its cell, what was found and what is expected.

use super::super::invalid_amount;
use super::super::layout::{Layout, Piece, Row, cell_under};
use super::super::table::{Cells, Column, Header};
use super::MOST_LINES;
use super::words::Description;
use claim::{ItemizationLine, Place, Problem, ProblemCode, Spot, Yen};
use rust_decimal::Decimal;

/// The amount of a line that has a quantity or a unit price and no amount, or a unit price or quantity left out so that
/// its formula gives 0.
pub(super) fn forgotten(header: &Header, cells: &Cells, row: &Row, description: &Description) -> Option<Problem> {
    let filled = |column| cells.get(header, column).is_some_and(|piece| piece.text.chars().any(|c| c.is_ascii_digit()));
    let [quantity, unit_price] = [filled(Column::Quantity), filled(Column::UnitPrice)];
    if !(quantity || unit_price) {
        return None;
    }
    let amount = [Column::Amount, Column::Eligible, Column::Net]
        .into_iter()
        .find_map(|column| header.heads.iter().find(|head| head.column == column))?;
    let (empty_ja, empty_en) = match (quantity, unit_price, header.has(Column::UnitPrice)) {
        (true, false, true) => ("単価", "unit price"),
        (false, true, _) => ("数量", "quantity"),
        _ => ("金額", "amount"),
    };
    let first = row.pieces.first()?;
    let cell = Some(cell_under(amount.bounds, row.bounds[1]));
    let spot = Spot { cell, ..first.spot.clone() };
    let words = description.text();
    Some(
        Problem::new(ProblemCode::InvalidAmount)
            .at(Place { spot, ..Place::default() })
            .with("found_ja", format!("{words}: {empty_ja}が空欄"))
            .with("found_en", format!("{words}: no {empty_en}"))
            .with("expected_ja", "円単位の整数（費用がかからないものは0）")
            .with("expected_en", "whole yen, 0 for what costs nothing"),
    )
}

/// That the table under a header has no line.
pub(super) fn not_filled_in(layout: &Layout, header: &Header) -> Problem {
    let named = [Column::Item, Column::Detail, Column::Category, Column::Quantity];
    let head = named.into_iter().find_map(|column| header.heads.iter().find(|head| head.column == column));
    let row = &layout.rows[header.rows.0];
    let mut spot = row.pieces.first().map(|piece| piece.spot.clone()).unwrap_or_default();
    spot.cell = head.map(|head| cell_under(head.bounds, row.bounds[1])).or(spot.cell);
    let word = head.map(|head| head.word.as_str()).unwrap_or_default();
    Problem::new(ProblemCode::NotFilledIn)
        .at(Place { spot, ..Place::default() })
        .with("found_ja", format!("「{word}」"))
        .with("found_en", format!("“{word}”"))
}

/// A discount in a row of its own: from which line it is taken is not told.
pub(super) fn discount(piece: &Piece, words: &str) -> Problem {
    invalid_amount(piece, words)
        .with("expected_ja", "値引きの行を設けず、値引き後の各行の金額")
        .with("expected_en", "the amounts of the lines after the discount, without a line for it")
}

pub(super) fn yen_in_words(yen: Yen) -> [String; 2] {
    [format!("{yen}円"), format!("{yen} yen")]
}

pub(super) fn no_product(line: &ItemizationLine, [quantity, unit_price]: [Decimal; 2]) -> Problem {
    // Grouped as yen are, where it is whole.
    let shown = |number: Decimal| {
        let whole = (number.is_integer()).then(|| i64::try_from(number.trunc()).ok().and_then(|n| Yen::new(n).ok()));
        whole.flatten().map_or_else(|| number.normalize().to_string(), |yen| yen.to_string())
    };
    let product = quantity.checked_mul(unit_price).map_or_else(String::new, shown);
    let [quantity, unit_price] = [shown(quantity), shown(unit_price)];
    let expected =
        [format!("{quantity} × {unit_price}円 = {product}円"), format!("{quantity} × {unit_price} = {product} yen")];
    does_not_add_up(&line.spot, yen_in_words(line.amount_yen), expected)
}

/// That `found` is written, in Japanese and English, where its parts come to `expected`.
pub(super) fn does_not_add_up(spot: &Spot, found: [String; 2], expected: [String; 2]) -> Problem {
    let ([found_ja, found_en], [expected_ja, expected_en]) = (found, expected);
    Problem::new(ProblemCode::DoesNotAddUp)
        .at(Place { spot: spot.clone(), ..Place::default() })
        .with("found_ja", found_ja)
        .with("found_en", found_en)
        .with("expected_ja", expected_ja)
        .with("expected_en", expected_en)
}

pub(super) fn without_value(piece: &Piece) -> Problem {
    Problem::new(ProblemCode::FormulaWithoutValue).at(Place { spot: piece.spot.clone(), ..Place::default() })
}

/// Lines after the last one that is read would be missing from the sum without a word.
pub(super) fn too_many_lines() -> Problem {
    Problem::new(ProblemCode::TooLarge)
        .with("found", format!("> {MOST_LINES} 行"))
        .with("expected", format!("{MOST_LINES} 行"))
}
