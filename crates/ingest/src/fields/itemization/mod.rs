//! The lines and the total of an itemization (領収書内訳書), from a page or a sheet.

mod problems;
mod sums;
mod words;

use super::amount::{self, Amount, Refusal, Whole};
use super::category::categorise;
use super::figures;
use super::invalid_amount;
use super::layout::{Content, Layout, Piece, Row};
use super::row_kind::{RowKind, row_kind};
use super::table::{self, Cells, Column, Header};
use claim::{Confidence, ItemizationLine, ItemizationReading, Method, Place, Problem, ProblemCode, Yen};
use problems::{discount, forgotten, not_filled_in, too_many_lines, without_value};
use rust_decimal::Decimal;
use words::{Description, category_of, describe, is_example, row_words};

/// More lines than any itemization has.
const MOST_LINES: usize = 2000;

/// Less than any line of an itemization comes to.
const LEAST_AMOUNT: i64 = 50;

/// How tall a row of a sheet is laid out.
const BLANK_ROW: f32 = 20.0;

/// A line before its confidence is known.
struct Draft {
    line: ItemizationLine,
    /// What the column 「区分」 says, as it stands there.
    stated: Option<String>,
    bounds: [f32; 4],
    sheet: usize,
    /// In a column, or a sheet, that says the tax is not in it.
    net: bool,
    /// Quantity × unit price is the amount, and the two were not one number printed twice.
    multiplied: bool,
    /// Quantity and unit price, where their product is another amount.
    contradicted: Option<[Decimal; 2]>,
    repaired: bool,
    /// Read without a header over it.
    loose: bool,
}

/// A row of tax.
struct Tax {
    rate: Option<u8>,
    yen: Yen,
    /// Said to be within the amounts: 内消費税.
    within: bool,
}

impl Tax {
    fn new(row: &Row, yen: Yen) -> Tax {
        let words = row.squashed();
        Tax { rate: figures::rate_in(&words), yen, within: ["内", "うち", "含"].iter().any(|w| words.contains(w)) }
    }
}

/// Lines, totals and what went wrong.
#[derive(Default)]
struct Draught {
    drafts: Vec<Draft>,
    totals: Vec<(Yen, Piece, &'static str)>,
    subtotals: Vec<Yen>,
    /// Sums under a column of a form, with what its lines come to.
    column_sums: Vec<(Yen, Piece, Yen)>,
    /// Where the lines after the last subtotal begin.
    section: usize,
    /// Sums of the lines before them, in rows without words.
    wordless_sums: Vec<(Yen, Piece)>,
    taxes: Vec<Tax>,
    problems: Vec<Problem>,
    /// Rows over which the tables lie, so that their amounts are not read a second time.
    rows: Vec<usize>,
}

/// The itemization of a document, and the cells or lines whose amounts could not be read.
pub(super) fn read(layout: &Layout) -> (ItemizationReading, Vec<Problem>) {
    let mut out = Draught::default();
    let headers = table::headers(layout);
    for (i, header) in headers.iter().enumerate() {
        // A table beside this one begins in the same row.
        let next = headers[i + 1..].iter().find(|next| next.rows.0 > header.rows.1);
        out.table(layout, header, next.map_or(layout.rows.len(), |next| next.rows.0));
    }
    if out.drafts.is_empty() && headers.is_empty() {
        out.without_header(layout);
    }
    if layout.method == Method::Sheet && out.drafts.is_empty() && out.problems.is_empty() {
        out.problems.push(match headers.first() {
            Some(header) => not_filled_in(layout, header),
            None => Problem::new(ProblemCode::TableMissing),
        });
    }
    out.finish(layout)
}

impl Draught {
    /// The lines under a header, down to the total or to `end`.
    fn table(&mut self, layout: &Layout, header: &Header, end: usize) {
        let sheet = layout.rows[header.rows.0].sheet;
        let mut item_above: Option<Piece> = None;
        let mut pending: Vec<(Piece, f32)> = Vec::new();
        let mut last_bottom = layout.rows[header.rows.1].bounds[3];
        let begun = self.drafts.len();
        // The sum that stands last above a row, unless further lines and their sum follow.
        let mut sum_above = None;
        // How far down the amount of the last line reaches, where it is merged over several rows.
        let mut covered = f32::MIN;
        self.section = begun;
        for at in header.rows.1 + 1..end.min(layout.rows.len()) {
            let Some(row) = header.own(&layout.rows[at]) else { continue };
            let row = row.as_ref();
            // A page that goes on without a new header has the same columns; a new sheet has not.
            if row.sheet != sheet && (layout.method == Method::Sheet || self.drafts.len() == begun) {
                break;
            }
            if is_example(row) {
                self.rows.push(at);
                continue;
            }
            let cells = Cells::of(header, row);
            let words = row_words(row, layout.noisy());
            let kind = row_kind(&words);
            match kind {
                RowKind::Total | RowKind::Subtotal | RowKind::Tax => {
                    self.rows.push(at);
                    (sum_above, last_bottom) = (Some(kind), row.bounds[3]);
                    self.sum_row(layout, header, &cells, row, kind, &words);
                    if kind == RowKind::Total && self.drafts.len() > begun && !self.subtotals_follow(layout, at, end) {
                        return;
                    }
                    continue;
                }
                RowKind::Discount => {
                    self.rows.push(at);
                    let piece = [Column::Amount, Column::Net, Column::Eligible, Column::Ineligible]
                        .into_iter()
                        .find_map(|column| cells.get(header, column))
                        .or(row.pieces.last());
                    self.problems.extend(piece.map(|piece| discount(piece, &words)));
                    continue;
                }
                RowKind::Line => {}
            }
            if sum_above == Some(RowKind::Subtotal) && layout.method == Method::Sheet && sums_follow(layout, at, end) {
                (sum_above, last_bottom) = (None, row.bounds[1]);
            }
            let after_sum = sum_above.is_some();
            // Below the sums and a blank row other things stand.
            if after_sum && layout.method == Method::Sheet && row.bounds[1] - last_bottom > BLANK_ROW {
                break;
            }
            let mut description = describe(&cells, header);
            if row.bounds[1] < covered && !cells.holds_amount(header) {
                self.rows.push(at);
                last_bottom = row.bounds[3];
                if let Some(last) = self.drafts.last_mut() {
                    last.also(&description);
                }
                continue;
            }
            let begun_here = self.problems.len();
            let amounts = self.amounts(layout, header, &cells, !description.is_empty() && !after_sum, row);
            // A dash or a word in the amount's place is an answer; a formula that gives 0 is none.
            let one_of_two = || {
                let there = [Column::Quantity, Column::UnitPrice].map(|column| cells.get(header, column).is_some());
                header.has(Column::UnitPrice) && there[0] != there[1]
            };
            let unanswered = if amounts.is_empty() {
                !cells.holds_amount(header)
            } else {
                amounts.iter().all(|(.., amount)| amount.yen == Yen::ZERO) && one_of_two()
            };
            if layout.method == Method::Sheet
                && unanswered
                && !description.is_empty()
                && !after_sum
                && self.problems.len() == begun_here
                && let Some(problem) = forgotten(header, &cells, row, &description)
            {
                self.problems.push(problem);
                self.rows.push(at);
                last_bottom = row.bounds[3];
                continue;
            }
            if amounts.is_empty() {
                let gap = row.bounds[1] - last_bottom;
                // Far below the last line other things stand, unless the form leaves rows empty.
                if layout.method == Method::Sheet {
                    if self.drafts.len() > begun && gap > 3.0 * BLANK_ROW && description.is_empty() {
                        break;
                    }
                } else if let Some(words) = description.pieces.first().filter(|_| gap < 2.5 * layout.typical_height) {
                    pending.push((words.clone(), row.bounds[1]));
                }
                continue;
            }
            self.rows.push(at);
            if layout.method == Method::Sheet {
                // 項目 over several rows stands in the first of them only.
                match (&description.item, &item_above) {
                    (Some(item), _) => item_above = Some(item.clone()),
                    (None, Some(above)) if !description.is_empty() => description.pieces.insert(0, above.clone()),
                    _ => {}
                }
            } else {
                // A description of several lines: those above the amount belong to it when they are nearer to it than
                // to the line before.
                let previous = last_bottom;
                for (piece, _) in pending.drain(..).rev().collect::<Vec<_>>() {
                    let to_previous = piece.bounds[1] - previous;
                    let to_this = row.bounds[1] - piece.bounds[3];
                    if self.drafts.len() == begun || to_this <= to_previous || description.is_empty() {
                        description.pieces.insert(0, piece);
                    } else if let Some(last) = self.drafts.last_mut() {
                        last.line.description = format!("{} {}", last.line.description, piece.text);
                    }
                }
            }
            last_bottom = row.bounds[3];
            if description.is_empty() {
                self.wordless(layout, header, begun, &amounts, after_sum);
                continue;
            }
            covered = amounts.iter().map(|(_, piece, _)| piece.covers).max().map_or(f32::MIN, |rows| {
                if rows > 1 { row.bounds[1] + BLANK_ROW * rows as f32 - 1.0 } else { f32::MIN }
            });
            self.lines(layout, header, &cells, &description, amounts, row);
            if self.drafts.len() > MOST_LINES {
                self.problems.push(too_many_lines());
                break;
            }
        }
        if let Some(last) = self.drafts.get_mut(begun..).and_then(<[Draft]>::last_mut) {
            for (piece, _) in pending {
                if piece.bounds[1] - last.bounds[3] < 1.2 * layout.typical_height && last.sheet == sheet {
                    last.line.description = format!("{} {}", last.line.description, piece.text);
                }
            }
        }
    }

    /// Whether more sums come right after a row that might be the last: 「合計」 above 「消費税」「総合計」.
    fn subtotals_follow(&self, layout: &Layout, at: usize, end: usize) -> bool {
        layout.rows[at + 1..end.min(at + 4).min(layout.rows.len()).max(at + 1)]
            .iter()
            .any(|row| !matches!(row_kind(&row_words(row, layout.noisy())), RowKind::Line | RowKind::Discount))
    }

    /// A row of a sum: remembered, never a line.
    fn sum_row(&mut self, layout: &Layout, header: &Header, cells: &Cells, row: &Row, kind: RowKind, words: &str) {
        let in_columns: Vec<(Column, Piece, Amount)> =
            [Column::Amount, Column::Net, Column::Tax, Column::Eligible, Column::Ineligible]
                .into_iter()
                .filter_map(|column| {
                    let piece = cells.get(header, column)?;
                    let amount = figures::amounts_of(piece, layout.noisy()).pop()?;
                    Some((column, piece.part(amount.range.clone()), amount))
                })
                .filter(|(.., amount)| amount.yen > Yen::ZERO)
                .collect();
        // ① and ② have their sums below them: 別紙様式2. A total of both may stand under either.
        let of_columns = kind == RowKind::Subtotal || (kind == RowKind::Total && in_columns.len() > 1);
        if of_columns && header.has(Column::Eligible) && header.has(Column::Ineligible) {
            let sums = in_columns.iter().filter_map(|(column, piece, amount)| {
                let eligible = match column {
                    Column::Eligible => true,
                    Column::Ineligible => false,
                    _ => return None,
                };
                let own = |drafts: &[Draft]| {
                    let own = drafts.iter().filter(|draft| draft.line.eligible == Some(eligible));
                    Yen::checked_sum(own.map(|draft| draft.line.amount_yen))
                };
                let (all, section) = (own(&self.drafts)?, own(&self.drafts[self.section..])?);
                (amount.yen != all && amount.yen != section).then(|| (amount.yen, piece.clone(), all))
            });
            let sums: Vec<_> = sums.collect();
            self.column_sums.extend(sums);
        }
        if kind == RowKind::Subtotal {
            self.section = self.drafts.len();
        }
        // A cell of a sum whose formula has no value is said, too.
        self.problems.extend(row.pieces.iter().filter(|p| p.content == Content::Formula).map(without_value));
        match kind {
            RowKind::Tax => {
                let amount = in_columns.first().map(|(.., amount)| amount.yen).or_else(|| last_amount(row, layout));
                self.taxes.extend(amount.map(|yen| Tax::new(row, yen)));
            }
            RowKind::Total => {
                let total = match in_columns.as_slice() {
                    [] => row.pieces.iter().rev().find_map(|piece| {
                        let amount = figures::amounts_of(piece, layout.noisy()).pop()?;
                        Some((amount.yen, piece.part(amount.range)))
                    }),
                    [(_, piece, amount)] => Some((amount.yen, piece.clone())),
                    // A sum of each column of its own: the whole is not written here.
                    several if several.iter().all(|(c, ..)| matches!(c, Column::Eligible | Column::Ineligible)) => {
                        self.subtotals.extend(several.iter().map(|(.., amount)| amount.yen));
                        None
                    }
                    several => several
                        .iter()
                        .find(|(column, ..)| *column == Column::Amount)
                        .or(several.first())
                        .map(|(_, piece, amount)| (amount.yen, piece.clone())),
                };
                let word = if words.contains("総額") { "総額" } else { "合計" };
                self.totals.extend(total.map(|(yen, piece)| (yen, piece, word)));
            }
            _ => self.subtotals.extend(in_columns.iter().map(|(.., amount)| amount.yen)),
        }
    }

    /// The amounts of a line, one or (eligible and ineligible) two; what is none is a problem.
    fn amounts(
        &mut self,
        layout: &Layout,
        header: &Header,
        cells: &Cells,
        described: bool,
        row: &Row,
    ) -> Vec<(Column, Piece, Amount)> {
        let mut found: Vec<(Column, Piece, Amount)> = Vec::new();
        for column in [Column::Amount, Column::Eligible, Column::Ineligible, Column::Net] {
            let Some(piece) = cells.get(header, column) else { continue };
            match cell_amount(piece, layout.noisy()) {
                CellAmount::Amount(amount) => found.push((column, piece.clone(), amount)),
                CellAmount::Formula if described => self.problems.push(without_value(piece)),
                CellAmount::Refused if described || piece.content == Content::Number => {
                    self.problems.push(invalid_amount(piece, &row_words(row, layout.noisy())));
                }
                CellAmount::Words if described && self.is_said_instead(layout, piece) => {
                    self.problems.push(invalid_amount(piece, &row_words(row, layout.noisy())));
                }
                _ => {}
            }
        }
        let positive = [Column::Amount, Column::Eligible, Column::Ineligible]
            .map(|wanted| found.iter().any(|(column, _, amount)| *column == wanted && amount.yen > Yen::ZERO));
        let [whole, eligible, ineligible] = positive;
        // One amount in two forms: with tax is the one that counts; the columns ① and ② divide 金額.
        if whole {
            found.retain(|(column, ..)| *column != Column::Net);
        }
        if eligible || ineligible {
            let both = eligible && ineligible;
            found.retain(|(column, _, amount)| match column {
                Column::Amount => !both,
                Column::Eligible | Column::Ineligible => amount.yen > Yen::ZERO && (both || !whole),
                _ => true,
            });
        }
        if found.len() > 1 && found.iter().any(|(.., amount)| amount.yen > Yen::ZERO) {
            found.retain(|(.., amount)| amount.yen > Yen::ZERO);
        }
        found
    }

    /// Whether words where an amount should stand are meant in its place: a sheet says so by the cell, a page may just
    /// have a remark there.
    fn is_said_instead(&self, layout: &Layout, piece: &Piece) -> bool {
        let text = piece.squashed();
        let free = ["無償", "無料", "サービス", "込", "含む", "同上"].iter().any(|word| text.contains(word));
        let open = ["別途", "未定", "約", "応相談", "要見積"].iter().any(|word| text.contains(word));
        !free && (layout.method == Method::Sheet || open || text.chars().filter(char::is_ascii_digit).count() >= 3)
    }

    /// Amounts in a row without words: a sum whose word is not there, or a line that does not say what it is.
    fn wordless(
        &mut self,
        layout: &Layout,
        header: &Header,
        begun: usize,
        amounts: &[(Column, Piece, Amount)],
        after_sum: bool,
    ) {
        // On a page the word may be what was not read.
        if layout.method != Method::Sheet || after_sum {
            return;
        }
        let divided = header.has(Column::Eligible) && header.has(Column::Ineligible);
        let mut is_sum = false;
        for (column, piece, amount) in amounts.iter().filter(|(.., amount)| amount.yen > Yen::ZERO) {
            let own = |drafts: &[Draft]| {
                let own = drafts.iter().filter(|draft| match column {
                    Column::Eligible => draft.line.eligible == Some(true),
                    Column::Ineligible => draft.line.eligible == Some(false),
                    _ => true,
                });
                Yen::checked_sum(own.map(|draft| draft.line.amount_yen))
            };
            if self.drafts.len() == begun && amount.yen.get() < LEAST_AMOUNT {
                // Numbers of columns under their heads.
            } else if divided && own(&self.drafts) == Some(amount.yen) {
                is_sum = true;
                self.subtotals.push(amount.yen);
            } else if own(&self.drafts) == Some(amount.yen) && own(&self.drafts[self.section..]) != Some(amount.yen) {
                is_sum = true;
                self.totals.push((amount.yen, piece.clone(), "合計"));
            } else if own(&self.drafts[self.section..]) == Some(amount.yen) {
                is_sum = true;
                self.subtotals.push(amount.yen);
                self.wordless_sums.push((amount.yen, piece.clone()));
            } else {
                let found = format!("{}円", amount.yen);
                self.problems.push(
                    Problem::new(ProblemCode::DescriptionMissing)
                        .at(Place { spot: piece.spot.clone(), ..Place::default() })
                        .with("found_ja", found)
                        .with("found_en", format!("{} yen", amount.yen)),
                );
            }
        }
        if is_sum {
            self.section = self.drafts.len();
        }
    }

    fn lines(
        &mut self,
        layout: &Layout,
        header: &Header,
        cells: &Cells,
        description: &Description,
        amounts: Vec<(Column, Piece, Amount)>,
        row: &Row,
    ) {
        let number = |column| cells.get(header, column).and_then(|piece| amount::decimal(&piece.text, layout.noisy()));
        let quantity = number(Column::Quantity);
        let unit_price = number(Column::UnitPrice);
        let tax = cells.get(header, Column::Tax).and_then(|piece| match cell_amount(piece, layout.noisy()) {
            CellAmount::Amount(amount) => Some(amount.yen),
            _ => None,
        });
        let divided = header.has(Column::Eligible) && header.has(Column::Ineligible);
        let whole = amounts.iter().any(|(column, ..)| *column == Column::Amount);
        for (column, piece, amount) in amounts {
            let mut yen = amount.yen;
            let mut net = column == Column::Net;
            if net && let Some(with_tax) = tax.and_then(|tax| yen.checked_add(tax)) {
                (yen, net) = (with_tax, false);
            }
            let eligible = match column {
                Column::Eligible => Some(true),
                Column::Ineligible => Some(false),
                // 金額 beside ① and ②: the one that is filled says which.
                _ if divided && whole => {
                    let filled = |column| {
                        cells.get(header, column).is_some_and(|piece| {
                            matches!(cell_amount(piece, layout.noisy()), CellAmount::Amount(a) if a.yen > Yen::ZERO)
                        })
                    };
                    match (filled(Column::Eligible), filled(Column::Ineligible)) {
                        (true, false) => Some(true),
                        (false, true) => Some(false),
                        _ => None,
                    }
                }
                _ => cells.get(header, Column::Mark).and_then(|piece| table::mark(&piece.text)),
            };
            let product = quantity.zip(unit_price).and_then(|(q, p)| q.checked_mul(p));
            let equal = |product: Decimal| product == Decimal::from(amount.yen.get());
            // A unit price without tax beside an amount with it is no contradiction.
            let taxed = |product: Decimal| {
                [110i64, 108].into_iter().any(|percent| {
                    let with_tax = product * Decimal::from(percent) / Decimal::from(100);
                    (with_tax - Decimal::from(amount.yen.get())).abs() < Decimal::ONE
                })
            };
            let text = description.text();
            let (category, said, category_reason) = category_of(description.stated.as_deref(), &text);
            let eligible = eligible.or(said);
            let line = ItemizationLine {
                description: text,
                category,
                category_reason,
                quantity,
                unit_price_yen: unit_price,
                amount_yen: yen,
                eligible,
                spot: piece.spot.clone(),
                confidence: Confidence::default(),
            };
            self.drafts.push(Draft {
                line,
                stated: description.stated.clone(),
                bounds: piece.bounds,
                sheet: row.sheet,
                net,
                multiplied: product.is_some_and(equal) && quantity.is_some_and(|q| q > Decimal::ONE),
                contradicted: quantity
                    .zip(unit_price)
                    .filter(|_| !divided && product.is_some_and(|product| !equal(product) && !taxed(product)))
                    .map(|(quantity, unit_price)| [quantity, unit_price]),
                repaired: amount.repaired,
                loose: false,
            });
        }
    }

    /// Without a header: rows of words that end in an amount, down to a total.
    fn without_header(&mut self, layout: &Layout) {
        for (at, row) in layout.rows.iter().enumerate().filter(|(_, row)| !is_example(row)) {
            let words = row_words(row, layout.noisy());
            let kind = row_kind(&words);
            let Some((piece, amount)) = row.pieces.iter().enumerate().rev().find_map(|(i, piece)| {
                let amount = figures::amounts_of(piece, layout.noisy()).pop()?;
                let money = amount.marked || amount.grouped || (piece.content == Content::Number && i > 0);
                money.then(|| (piece.part(amount.range.clone()), amount))
            }) else {
                continue;
            };
            self.rows.push(at);
            match kind {
                RowKind::Total => {
                    let begun = !self.drafts.is_empty();
                    self.totals.push((amount.yen, piece, "合計"));
                    if begun && !self.subtotals_follow(layout, at, layout.rows.len()) {
                        return;
                    }
                }
                RowKind::Subtotal => self.subtotals.push(amount.yen),
                RowKind::Tax => self.taxes.push(Tax::new(row, amount.yen)),
                RowKind::Discount => self.problems.push(discount(&piece, &words)),
                RowKind::Line => {
                    let description = words.trim().to_owned();
                    let named = figures::is_label(&description);
                    if description.chars().filter(|c| c.is_alphabetic()).count() < 2 || named {
                        continue;
                    }
                    let (category, category_reason) = categorise(&description);
                    self.drafts.push(Draft {
                        line: ItemizationLine {
                            description,
                            category,
                            category_reason,
                            quantity: None,
                            unit_price_yen: None,
                            amount_yen: amount.yen,
                            eligible: None,
                            spot: piece.spot.clone(),
                            confidence: Confidence::default(),
                        },
                        stated: None,
                        bounds: piece.bounds,
                        sheet: row.sheet,
                        net: false,
                        multiplied: false,
                        contradicted: None,
                        repaired: amount.repaired,
                        loose: true,
                    });
                    if self.drafts.len() > MOST_LINES {
                        self.problems.push(too_many_lines());
                        return;
                    }
                }
            }
        }
    }
}

/// Whether further sums stand below a row of a sheet.
fn sums_follow(layout: &Layout, at: usize, end: usize) -> bool {
    let sheet = layout.rows[at].sheet;
    layout.rows[at + 1..end.min(layout.rows.len()).max(at + 1)].iter().take_while(|row| row.sheet == sheet).any(|row| {
        matches!(row_kind(&row_words(row, layout.noisy())), RowKind::Subtotal | RowKind::Total)
            && last_amount(row, layout).is_some()
    })
}

enum CellAmount {
    Amount(Amount),
    Refused,
    Formula,
    Words,
    Blank,
}

fn cell_amount(piece: &Piece, noisy: bool) -> CellAmount {
    match piece.content {
        Content::Formula => CellAmount::Formula,
        Content::Number => match figures::amounts_of(piece, noisy).pop() {
            Some(amount) => CellAmount::Amount(amount),
            None => CellAmount::Refused,
        },
        Content::Text => match amount::whole(&piece.text, noisy) {
            Whole::Amount(amount) => CellAmount::Amount(amount),
            Whole::Blank => CellAmount::Blank,
            Whole::Words => CellAmount::Words,
            // In noisy text a dash before a number is as likely a ruled line: no amount either way.
            Whole::Refused(Refusal::Negative | Refusal::Fraction | Refusal::Grouping | Refusal::TooLarge) => {
                CellAmount::Refused
            }
        },
    }
}

fn last_amount(row: &Row, layout: &Layout) -> Option<Yen> {
    row.pieces.iter().rev().find_map(|piece| figures::amounts_of(piece, layout.noisy()).pop()).map(|amount| amount.yen)
}
