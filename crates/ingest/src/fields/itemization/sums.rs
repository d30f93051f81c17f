//! Which total counts, whether the lines make it up, the tax that they may lack, and how sure each line is for it.

use super::super::figures::{Figures, Role};
use super::super::layout::{Layout, touch};
use super::super::{facility_code, parties};
use super::problems::{does_not_add_up, no_product, yen_in_words};
use super::{Draft, Draught};
use claim::{Confidence, Field, ItemizationLine, ItemizationReading, Method, Problem, Yen};

impl Draught {
    /// Chooses the total, adds tax where lines are without it, and says how sure each line is.
    pub(super) fn finish(mut self, layout: &Layout) -> (ItemizationReading, Vec<Problem>) {
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
        // The last row without words that is the sum of all lines is their total, where none is written.
        if totals.is_empty() {
            let last = self.wordless_sums.pop().filter(|(yen, _)| Some(*yen) == lines_sum);
            totals.extend(last.map(|(yen, piece)| (yen, piece, "合計")));
        }
        // The sum of a form that nobody filled in.
        totals.retain(|(yen, ..)| *yen > Yen::ZERO || !self.drafts.is_empty());
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
            if let Some(factors) = draft.contradicted.filter(|_| !(adds_up && layout.method != Method::Ocr)) {
                per_mille = per_mille.min(740);
                if layout.method == Method::Sheet {
                    self.problems.push(no_product(&draft.line, factors));
                }
            }
            if draft.net || open || taxed == Some(false) {
                per_mille = per_mille.min(600);
            }
            let confidence = Confidence::from_per_mille(per_mille);
            lines.push(ItemizationLine { confidence, ..draft.line });
        }
        let reading = ItemizationReading {
            lines,
            total_yen: total_field,
            payee: parties::payee(layout),
            facility_code: facility_code::read(layout),
        };
        // Where a line could not be read, a sum over it says nothing.
        if self.problems.is_empty() {
            self.problems.extend(self.column_sums.iter().map(|(found, piece, expected)| {
                does_not_add_up(&piece.spot, yen_in_words(*found), yen_in_words(*expected))
            }));
        }
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
