//! The lines and the total of an itemization (領収書内訳書), from a page or a sheet.

use super::amount::{self, Amount, Refusal, Whole};
use super::category::categorise;
use super::figures::{self, Figures, Role};
use super::layout::{Content, Layout, Piece, Row, touch};
use super::table::{self, Cells, Column, Header, RowKind};
use super::{invalid_amount, parties};
use claim::{Confidence, Field, ItemizationLine, ItemizationReading, Method, Place, Problem, ProblemCode, Yen};
use rust_decimal::Decimal;

/// More lines than any itemization has.
const MOST_LINES: usize = 2000;

/// How tall a row of a sheet is laid out.
const BLANK_ROW: f32 = 20.0;

/// A line before its confidence is known.
struct Draft {
    line: ItemizationLine,
    bounds: [f32; 4],
    sheet: usize,
    /// In a column, or a sheet, that says the tax is not in it.
    net: bool,
    /// Quantity × unit price is the amount, and the two were not one number printed twice.
    multiplied: bool,
    /// Quantity × unit price is another amount.
    contradicted: bool,
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
        let end = headers.get(i + 1).map_or(layout.rows.len(), |next| next.rows.0);
        out.table(layout, header, end);
    }
    if out.drafts.is_empty() && headers.is_empty() {
        out.without_header(layout);
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
        let mut after_sum = false;
        for at in header.rows.1 + 1..end.min(layout.rows.len()) {
            let row = &layout.rows[at];
            // A page that goes on without a new header has the same columns; a new sheet has not.
            if row.sheet != sheet && (layout.method == Method::Sheet || self.drafts.len() == begun) {
                break;
            }
            let cells = Cells::of(header, row);
            let words = row_words(row, layout.noisy());
            let kind = table::row_kind(&words);
            match kind {
                RowKind::Total | RowKind::Subtotal | RowKind::Tax => {
                    self.rows.push(at);
                    (after_sum, last_bottom) = (true, row.bounds[3]);
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
                    self.problems.extend(piece.map(|piece| invalid_amount(piece, &words)));
                    continue;
                }
                RowKind::Line => {}
            }
            // Below the sums and a blank row other things stand.
            if after_sum && layout.method == Method::Sheet && row.bounds[1] - last_bottom > BLANK_ROW {
                break;
            }
            let mut description = describe(&cells, header);
            let amounts = self.amounts(layout, header, &cells, !description.is_empty() && !after_sum, row);
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
                // Amounts under a table without words are sums whose word was lost.
                continue;
            }
            self.lines(layout, header, &cells, &description.text(), amounts, row);
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
            .any(|row| !matches!(table::row_kind(&row_words(row, layout.noisy())), RowKind::Line | RowKind::Discount))
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

    fn lines(
        &mut self,
        layout: &Layout,
        header: &Header,
        cells: &Cells,
        description: &str,
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
        let has = |column| header.heads.iter().any(|head| head.column == column);
        let divided = has(Column::Eligible) && has(Column::Ineligible);
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
            let (category, category_reason) = categorise(description);
            let line = ItemizationLine {
                description: description.to_owned(),
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
                bounds: piece.bounds,
                sheet: row.sheet,
                net,
                multiplied: product.is_some_and(equal) && quantity.is_some_and(|q| q > Decimal::ONE),
                contradicted: !divided && product.is_some_and(|product| !equal(product) && !taxed(product)),
                repaired: amount.repaired,
                loose: false,
            });
        }
    }

    /// Without a header: rows of words that end in an amount, down to a total.
    fn without_header(&mut self, layout: &Layout) {
        for (at, row) in layout.rows.iter().enumerate() {
            let words = row_words(row, layout.noisy());
            let kind = table::row_kind(&words);
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
                RowKind::Discount => self.problems.push(invalid_amount(&piece, &words)),
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
                        bounds: piece.bounds,
                        sheet: row.sheet,
                        net: false,
                        multiplied: false,
                        contradicted: false,
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

    /// Chooses the total, adds tax where lines are without it, and says how sure each line is.
    fn finish(mut self, layout: &Layout) -> (ItemizationReading, Vec<Problem>) {
        let figures = Figures::of(layout);
        let sum = |drafts: &[Draft]| Yen::checked_sum(drafts.iter().map(|draft| draft.line.amount_yen));
        // Totals above or below the table, such as 「総額（①＋②）」.
        let mut totals = std::mem::take(&mut self.totals);
        for figure in figures.first.iter().filter(|figure| !self.rows.contains(&figure.row)) {
            if let Role::Total(strength) = figure.role
                && strength >= 2
            {
                let word = if figure.label.contains("総額") { "総額" } else { "合計" };
                totals.push((figure.yen(), figure.piece.clone(), word));
            }
        }
        let lines_sum = sum(&self.drafts);
        // 「合計」 over 「消費税」 is what the lines come to without their tax; the total with it counts.
        let with_tax =
            |yen: Yen| self.taxes_in_all().any(|tax| lines_sum.and_then(|sum| sum.checked_add(tax)) == Some(yen));
        let chosen = totals
            .iter()
            .find(|(yen, ..)| with_tax(*yen))
            .or_else(|| totals.iter().find(|(yen, ..)| Some(*yen) == lines_sum))
            .or_else(|| totals.iter().find(|(.., word)| *word == "総額"))
            .or_else(|| totals.iter().max_by_key(|(yen, ..)| *yen))
            .cloned();

        let total = chosen.as_ref().map(|(yen, ..)| *yen);
        // The lines make up a total to which a tax was added that gives no other: whether they include it is open.
        let open = total.is_some()
            && total == lines_sum
            && self.taxes.iter().any(|tax| !tax.within)
            && totals.iter().any(|(yen, ..)| Some(*yen) > total);
        let taxed = self.add_tax(total);
        let lines_sum = sum(&self.drafts);
        let adds_up = total.is_some() && lines_sum == total;
        let parts = |eligible| {
            Yen::checked_sum(
                self.drafts
                    .iter()
                    .filter(|draft| draft.line.eligible == Some(eligible))
                    .map(|draft| draft.line.amount_yen),
            )
        };
        let parts_add_up = !self.subtotals.is_empty()
            && [true, false]
                .into_iter()
                .filter_map(parts)
                .any(|part| part > Yen::ZERO && self.subtotals.contains(&part))
            || (lines_sum.is_some_and(|sum| self.subtotals.contains(&sum)) && self.drafts.len() > 1);
        let several = self.drafts.len() > 1;
        let second_agrees = |bounds: [f32; 4], sheet: usize, yen: Yen| {
            let mut there =
                figures.second.iter().filter(|f| f.sheet == sheet && touch(f.piece.bounds, bounds, 1.0)).peekable();
            there.peek()?;
            Some(there.any(|figure| figure.yen() == yen))
        };

        let total_field = chosen.map(|(value, piece, word)| {
            let sheet = layout
                .rows
                .iter()
                .find(|row| {
                    row.pieces.iter().any(|p| touch(p.bounds, piece.bounds, 0.0) && p.spot.page == piece.spot.page)
                })
                .map_or(0, |row| row.sheet);
            let mut reasons = vec![format!("見出し「{word}」")];
            let second = second_agrees(piece.bounds, sheet, value);
            if adds_up {
                reasons.push("明細の和に一致".to_owned());
            } else if !self.drafts.is_empty() {
                reasons.push("明細の和と異なる".to_owned());
            }
            if second == Some(true) {
                reasons.push("二つの読み取りが一致".to_owned());
            }
            let per_mille = match layout.method {
                Method::Ocr => match (adds_up && several, second) {
                    (true, Some(true)) => 980,
                    (true, _) => 965,
                    (false, Some(true)) => 955,
                    (false, Some(false)) => 500,
                    (false, None) => 700,
                },
                _ if open => 740,
                _ if adds_up || self.drafts.is_empty() => 990,
                // What stands there is what stands there; that it is the sum of all lines is not so.
                _ => 950,
            };
            Field {
                value,
                confidence: Confidence::from_per_mille(per_mille),
                spot: piece.spot.clone(),
                text: piece.raw().to_owned(),
                reasons,
            }
        });
        let mut lines = Vec::with_capacity(self.drafts.len());
        for draft in self.drafts {
            let second = second_agrees(draft.bounds, draft.sheet, draft.line.amount_yen);
            let arithmetic = draft.multiplied || (several && (adds_up || parts_add_up));
            let mut per_mille: u16 = match layout.method {
                Method::Ocr => match (arithmetic, second) {
                    (true, Some(true)) => 980,
                    (true, _) => 960,
                    (false, Some(true)) => 950,
                    (false, Some(false)) => 500,
                    (false, None) if draft.repaired || draft.loose => 600,
                    (false, None) => 700,
                },
                _ if draft.loose => {
                    if adds_up {
                        960
                    } else {
                        700
                    }
                }
                _ if adds_up || parts_add_up => 990,
                // What stands there is what stands there; that a line is missing is for the rules to say.
                _ => 960,
            };
            if draft.contradicted && !(adds_up && layout.method != Method::Ocr) {
                per_mille = per_mille.min(740);
            }
            if draft.net || open || taxed == Some(false) {
                per_mille = per_mille.min(600);
            }
            let confidence = Confidence::from_per_mille(per_mille);
            lines.push(ItemizationLine { confidence, ..draft.line });
        }
        let reading = ItemizationReading { lines, total_yen: total_field, payee: parties::payee(layout) };
        (reading, self.problems)
    }

    /// What the tax comes to: all rows of it together, or the largest where that is the sum of the others.
    fn taxes_in_all(&self) -> impl Iterator<Item = Yen> {
        let all = Yen::checked_sum(self.taxes.iter().map(|tax| tax.yen));
        all.into_iter().chain(self.taxes.iter().map(|tax| tax.yen).max()).filter(|tax| *tax > Yen::ZERO)
    }

    /// Where the lines are without tax and a row of tax makes up the total, each line gets its tax: amounts of a reading
    /// include it. Whether that came out exactly; `None` when there was nothing to add.
    fn add_tax(&mut self, total: Option<Yen>) -> Option<bool> {
        let sum = Yen::checked_sum(self.drafts.iter().map(|draft| draft.line.amount_yen))?;
        if self.drafts.is_empty() || !self.taxes_in_all().any(|tax| sum.checked_add(tax) == total) {
            return None;
        }
        let exact = |percent: i64| {
            let with_tax: Option<Vec<Yen>> = self
                .drafts
                .iter()
                .map(|draft| Yen::new(draft.line.amount_yen.get().checked_mul(percent)? / 100).ok())
                .collect();
            with_tax.filter(|with_tax| Yen::checked_sum(with_tax.iter().copied()) == total)
        };
        // The rate that the rows of tax name; with two of them it is open which line has which.
        let named: Vec<u8> = self.taxes.iter().filter_map(|tax| tax.rate).collect();
        let rates = if named.is_empty() { vec![10, 8] } else { named };
        let one_rate = rates.iter().all(|rate| *rate == rates[0]) || self.taxes.iter().all(|tax| tax.rate.is_none());
        let with_tax = rates.into_iter().filter(|_| one_rate).find_map(|rate| exact(100 + i64::from(rate)));
        let Some(with_tax) = with_tax else { return Some(false) };
        for (draft, yen) in self.drafts.iter_mut().zip(with_tax) {
            draft.line.amount_yen = yen;
            draft.net = false;
        }
        Some(true)
    }
}

/// The words of a line.
struct Description {
    item: Option<Piece>,
    pieces: Vec<Piece>,
}

impl Description {
    fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

fn describe(cells: &Cells, header: &Header) -> Description {
    let worded =
        |column| cells.get(header, column).filter(|piece| piece.text.chars().any(char::is_alphabetic)).cloned();
    let item = worded(Column::Item);
    let pieces = [item.clone(), worded(Column::Detail)].into_iter().flatten().collect();
    Description { item, pieces }
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

/// The words of a row without its amounts.
fn row_words(row: &Row, noisy: bool) -> String {
    let mut words = String::new();
    for piece in row.pieces.iter().filter(|piece| piece.content == Content::Text) {
        let mut used = 0;
        for written in amount::amounts(&piece.text, noisy) {
            words.push_str(&piece.text[used..written.range.start]);
            used = written.range.end;
        }
        words.push_str(&piece.text[used..]);
        words.push(' ');
    }
    words.trim().to_owned()
}

fn without_value(piece: &Piece) -> Problem {
    Problem::new(ProblemCode::FormulaWithoutValue).at(Place { spot: piece.spot.clone(), ..Place::default() })
}

/// Lines after the last one that is read would be missing from the sum without a word.
fn too_many_lines() -> Problem {
    Problem::new(ProblemCode::TooLarge)
        .with("found", format!("> {MOST_LINES} 行"))
        .with("expected", format!("{MOST_LINES} 行"))
}
