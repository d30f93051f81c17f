//! The amounts on a document, each with what the words beside and above it say that it is.

use super::amount::{self, Amount, Refusal, Written};
use super::layout::{Content, Layout, Piece, Row, squash, touch};
use super::total::tax_on;
use super::{row_kind, table};
use claim::Yen;

/// What an amount is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What was paid in all; how plainly the word says so, from 1 to 3.
    Total(u8),
    /// 小計.
    Subtotal,
    /// Without tax.
    Net,
    /// Tax.
    Tax,
    /// What the tax of a rate is on; whether it includes that tax, where the words say so.
    Base(Option<bool>),
    /// What the customer handed over.
    Tendered,
    /// What was handed back.
    Change,
    /// 値引.
    Discount,
    /// A line of a table.
    Line,
    /// Money of something else: a stamp duty, a capital, a limit.
    Elsewhere,
    /// No word says.
    Unknown,
}

/// An amount on a document.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    pub(super) amount: Amount,
    pub(super) role: Role,
    /// The rate in percent that the words name.
    pub(super) rate: Option<u8>,
    /// The word that gave the role.
    pub(super) label: &'static str,
    /// The amount alone, cut out of the word it stood in.
    pub(super) piece: Piece,
    pub(super) sheet: usize,
    /// Which row, from 0.
    pub(super) row: usize,
    /// How tall it is in heights of the typical piece.
    pub(super) scale: f32,
    /// More digits stand so near that they may belong to it.
    pub(super) cut: bool,
}

impl Figure {
    pub(super) fn yen(&self) -> Yen {
        self.amount.yen
    }

    /// Whether `other`, found in the other reading of the page, stands at the same place.
    pub(super) fn is_at(&self, other: &Figure) -> bool {
        self.sheet == other.sheet && touch(self.piece.bounds, other.piece.bounds, 0.3 * self.piece.height())
    }

    /// How far the middle of `other` is from this one's.
    fn away_from(&self, other: &Figure) -> f32 {
        let middle = |[left, top, right, bottom]: [f32; 4]| ((left + right) / 2.0, (top + bottom) / 2.0);
        let ((x, y), (other_x, other_y)) = (middle(self.piece.bounds), middle(other.piece.bounds));
        (x - other_x).hypot(y - other_y)
    }
}

/// The amounts of both readings of a document.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) first: Vec<Figure>,
    /// Of the second reading.
    pub(super) second: Vec<Figure>,
}

impl Figures {
    pub(super) fn of(layout: &Layout) -> Figures {
        let second = Layout { rows: layout.second.clone(), second: Vec::new(), ..*layout };
        let mut figures = Figures { first: figures(layout), second: figures(&second) };
        // The second reading may hold only the lines with digits: what stands at one place means the same in both.
        for figure in &mut figures.second {
            if figure.role == Role::Unknown
                // Large print touches the lines above and below it: the nearest is the same.
                && let Some(same) = figures
                    .first
                    .iter()
                    .filter(|same| same.is_at(figure))
                    .min_by(|one, other| one.away_from(figure).total_cmp(&other.away_from(figure)))
            {
                (figure.role, figure.rate, figure.label) = (same.role, same.rate, same.label);
            }
        }
        figures.name_by_arithmetic();
        figures
    }

    /// Where no word says what amounts are (OCR lost it): one that is exactly the tax of another, and one that is both
    /// together, are a tax, its base and the total. The largest such total counts.
    fn name_by_arithmetic(&mut self) {
        const LEAST: i64 = 1_000;
        let unnamed = |figure: &Figure| matches!(figure.role, Role::Unknown | Role::Line);
        let all: Vec<usize> = (0..self.first.len()).filter(|at| self.first[*at].yen() > Yen::ZERO).take(60).collect();
        let mut found: Option<[usize; 3]> = None;
        for &tax in all.iter().filter(|at| unnamed(&self.first[**at])) {
            for &net in all.iter().filter(|at| unnamed(&self.first[**at])) {
                let (tax_yen, net_yen) = (self.first[tax].yen(), self.first[net].yen());
                if net_yen.get() < LEAST || !tax_on(net_yen, 10, tax_yen) {
                    continue;
                }
                let Some(whole) = net_yen.checked_add(tax_yen) else { continue };
                let total = all.iter().copied().find(|at| {
                    let figure = &self.first[*at];
                    figure.yen() == whole && (unnamed(figure) || matches!(figure.role, Role::Total(_)))
                });
                if let Some(total) = total
                    && found.is_none_or(|[.., best]| self.first[best].yen() < whole)
                {
                    found = Some([tax, net, total]);
                }
            }
        }
        let Some([tax, net, total]) = found else { return };
        (self.first[tax].role, self.first[tax].rate) = (Role::Tax, Some(10));
        self.first[net].role = Role::Net;
        if unnamed(&self.first[total]) {
            self.first[total].role = Role::Total(2);
        }
    }

    pub(super) fn both(&self) -> impl Iterator<Item = &Figure> {
        self.first.iter().chain(&self.second)
    }

    /// What the second reading says stands at the place of `figure`; `None` when it has nothing there.
    pub(super) fn second_at(&self, figure: &Figure) -> Option<bool> {
        let mut there = self.second.iter().filter(|second| second.is_at(figure)).peekable();
        there.peek()?;
        Some(there.any(|second| second.yen() == figure.yen()))
    }
}

fn figures(layout: &Layout) -> Vec<Figure> {
    let headers = table::header_rows(layout);
    let mut found = Vec::new();
    for (at, row) in layout.rows.iter().enumerate() {
        // What stands to the left of the next amount, and the last rate named on the row.
        let mut label = String::new();
        let mut row_rate = None;
        for (column, piece) in row.pieces.iter().enumerate() {
            let mut used = 0;
            for amount in amounts_of(piece, layout.noisy()) {
                if layout.noisy() && is_half_a_rate(&amount, piece, row.pieces.get(column + 1)) {
                    continue;
                }
                let before = &piece.text[used..amount.range.start];
                used = amount.range.end;
                label.push_str(&squash(before));
                row_rate = rate_in(&label).or(row_rate);
                let next = what_follows(piece, used, row.pieces.get(column + 1));
                let mut figure = Figure {
                    piece: piece.part(amount.range.clone()),
                    amount,
                    role: Role::Unknown,
                    rate: row_rate,
                    label: "",
                    sheet: row.sheet,
                    row: at,
                    scale: piece.height() / layout.typical_height,
                    cut: false,
                };
                figure.cut = layout.noisy() && goes_on(&figure, &row.pieces, column, used);
                name(&mut figure, layout, &headers, &label, &next);
                found.push(figure);
                label.clear();
            }
            label.push_str(&squash(&piece.text[used..]));
            row_rate = rate_in(&label).or(row_rate);
        }
        mark_discounts(row, at, &mut found);
        for piece in &row.pieces {
            found.extend(taken_off(piece, layout.noisy()).map(|(amount, piece)| Figure {
                scale: piece.height() / layout.typical_height,
                piece,
                amount,
                role: Role::Discount,
                rate: None,
                label: "",
                sheet: row.sheet,
                row: at,
                cut: false,
            }));
        }
    }
    found
}

/// Whether a number is the beginning of a rate that was torn apart: 「消費税(1」「0%)」.
fn is_half_a_rate(amount: &Amount, piece: &Piece, next: Option<&Piece>) -> bool {
    amount.yen.get() == 1
        && !amount.marked
        && piece.text[amount.range.end..].trim().is_empty()
        && next.is_some_and(|next| next.text.trim_start().starts_with("0%"))
}

/// Whether digits stand right beside an amount as if it went on (「4,」「590」, 「3」「64340」), or a unit whose count was lost.
fn goes_on(figure: &Figure, pieces: &[Piece], column: usize, used: usize) -> bool {
    let piece = &pieces[column];
    let near = |a: &Piece, b: &Piece| b.bounds[0] - a.bounds[2] < 2.2 * figure.piece.height();
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || matches!(c, ',' | '.'));
    let rest = piece.text[used..].trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '、'));
    let after = || pieces.get(column + 1).is_some_and(|next| near(piece, next) && digit(next.text.chars().next()));
    let before = || {
        let last = column.checked_sub(1).and_then(|at| pieces.get(at));
        last.is_some_and(|last| near(last, piece) && digit(last.text.chars().next_back()))
    };
    // A unit of a kanji numeral whose count was lost: 「金万六拾五円也」.
    let unit_before = piece.text[..figure.amount.range.start].trim_end().ends_with(['万', '千', '百', '拾', '億']);
    digit(rest.chars().next())
        || (rest.is_empty() && after())
        || (figure.amount.range.start == 0 && before())
        || unit_before
}

/// What stands right behind an amount, in the next piece where its own ends there: 「¥130,000」「(税別)」.
fn what_follows(piece: &Piece, used: usize, next: Option<&Piece>) -> String {
    let rest = piece.text[used..].trim_start();
    let close = |next: &&Piece| next.bounds[0] - piece.bounds[2] < piece.height() && piece.spot.cell.is_none();
    match next.filter(close) {
        Some(next) if rest.is_empty() => next.text.clone(),
        _ => rest.to_owned(),
    }
}

/// The amounts of a piece that are written as taken off (`▲8,100`, `-8,100`), without their sign. A dash that OCR sees
/// before a number is as likely a ruled line.
fn taken_off(piece: &Piece, noisy: bool) -> impl Iterator<Item = (Amount, Piece)> {
    let written = match piece.content {
        Content::Formula => Vec::new(),
        Content::Number | Content::Text => amount::find(&piece.text, false),
    };
    written.into_iter().filter_map(move |written| {
        let Written::Refused(range, Refusal::Negative) = written else { return None };
        let signed = &piece.text[range.clone()];
        let minus = |c: char| matches!(c, '▲' | '△' | '▼') || (c == '-' && !noisy);
        let amount = amount::amounts(&signed.replacen(minus, "", 1), noisy).pop()?;
        signed.contains(minus).then(|| (amount, piece.part(range)))
    })
}

/// The amounts of a piece; a cell with a number is one in whatever form the number was saved.
pub(super) fn amounts_of(piece: &Piece, noisy: bool) -> Vec<Amount> {
    match piece.content {
        Content::Formula => Vec::new(),
        Content::Number => match cell_number(&piece.text) {
            Some(Ok(yen)) => vec![Amount {
                yen,
                range: 0..piece.text.len(),
                marked: false,
                formal: false,
                grouped: false,
                repaired: false,
            }],
            _ => Vec::new(),
        },
        Content::Text => amount::amounts(&piece.text, noisy),
    }
}

/// The yen of a cell's number, or why it is none; `None` when it is no number at all.
pub(super) fn cell_number(text: &str) -> Option<Result<Yen, amount::Refusal>> {
    use rust_decimal::Decimal;
    use rust_decimal::prelude::ToPrimitive;
    let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).ok()?;
    Some(if number.is_sign_negative() && !number.is_zero() {
        Err(amount::Refusal::Negative)
    } else if !number.fract().is_zero() {
        Err(amount::Refusal::Fraction)
    } else {
        number.to_i64().and_then(|yen| Yen::new(yen).ok()).ok_or(amount::Refusal::TooLarge)
    })
}

/// A discount written as a positive number is no less a discount.
fn mark_discounts(row: &Row, at: usize, found: &mut [Figure]) {
    let text = row.squashed();
    if row_kind::DISCOUNT.iter().any(|word| text.contains(word)) {
        for figure in found.iter_mut().rev().take_while(|figure| figure.row == at) {
            if matches!(figure.role, Role::Unknown | Role::Line) {
                figure.role = Role::Discount;
            }
        }
    }
}

fn name(figure: &mut Figure, layout: &Layout, headers: &[usize], label: &str, next: &str) {
    if ["以上", "未満", "以下", "まで", "限度", "を上限", "超"].iter().any(|limit| next.starts_with(limit))
    {
        figure.role = Role::Elsewhere;
        return;
    }
    let mut told = role_of(label);
    if told.is_none() || label.is_empty() {
        let above = layout.above(figure.row, figure.piece.bounds);
        if let Some((at, piece)) = above {
            let text = piece.squashed();
            let in_table = headers.contains(&at);
            figure.rate = figure.rate.or(rate_in(&text));
            match role_of(&text) {
                // Quantities, unit prices and running numbers are no amounts of lines.
                _ if in_table && table::column(&text).is_some_and(|column| !column.holds_amount()) => {
                    told = Some(role_of(&text).filter(|(role, _)| *role == Role::Tax).unwrap_or((Role::Elsewhere, "")));
                }
                // 「値引 ▲8,100」 says what its own amount is, not what stands under it.
                Some((Role::Discount, _)) if text.chars().any(|c| c.is_ascii_digit()) => {}
                Some((Role::Total(_) | Role::Unknown, _)) if in_table => told = Some((Role::Line, "")),
                Some(role) => told = Some(role),
                None if in_table => told = Some((Role::Line, "")),
                None => {}
            }
        }
    }
    if let Some((role, word)) = told {
        (figure.role, figure.label) = (role, word);
    }
    let next = squash(next);
    let next = next.trim_start_matches(['(', '[', '<', '【', '（']);
    let without_tax = WITHOUT_TAX.iter().any(|word| next.starts_with(word));
    if without_tax && matches!(figure.role, Role::Total(_) | Role::Unknown | Role::Line) {
        figure.role = Role::Net;
        figure.label = "税抜";
    }
    if figure.role == Role::Unknown && ["税込", "内税込"].iter().any(|word| next.starts_with(word)) {
        figure.role = Role::Total(1);
        figure.label = "税込";
    }
    // 「10%対象」 names a base; 「税率10%」 alone does not say which of the two it is.
    if figure.role == Role::Unknown && figure.rate.is_some() && rate_in(label).is_some() {
        figure.role = Role::Base(None);
    }
}

/// What stands behind an amount that does not include its tax.
const WITHOUT_TAX: [&str; 14] = [
    "税抜",
    "税別",
    "税は別",
    "税を除",
    "外税",
    "本体",
    "消費税抜",
    "消費税別",
    "消費税等別",
    "消費税は別",
    "消費税を除",
    "別途消費税",
    "+税",
    "+消費税",
];

/// The rate of tax (10 or 8) that a text without spaces names last.
pub(super) fn rate_in(text: &str) -> Option<u8> {
    let rate = |at: usize| {
        let digits: String = text[..at].chars().rev().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        match digits.as_str() {
            "01" | "0.01" => Some(10),
            "8" | "0.8" => Some(8),
            _ => None,
        }
    };
    text.match_indices(['%', '％'])
        .filter_map(|(at, _)| rate(at))
        .next_back()
        .or_else(|| text.contains("軽減").then_some(8))
}

/// Words beside amounts and what they say. Of the words in a label that nearest to the amount counts, and of those
/// that end there the longest.
const LABELS: &[(&str, Role)] = &[
    ("領収金額", Role::Total(3)),
    ("領収額", Role::Total(3)),
    ("領収合計", Role::Total(3)),
    ("領収致しました金額", Role::Total(3)),
    ("受領金額", Role::Total(3)),
    ("合計金額", Role::Total(3)),
    ("合計額", Role::Total(3)),
    ("税込合計", Role::Total(3)),
    ("税込金額", Role::Total(3)),
    ("税込総額", Role::Total(3)),
    ("総合計", Role::Total(3)),
    ("総計", Role::Total(3)),
    ("現計", Role::Total(3)),
    ("総額", Role::Total(3)),
    ("総額(①+②)", Role::Total(3)),
    ("合計", Role::Total(3)),
    ("合計(税込)", Role::Total(3)),
    ("合計(税込み)", Role::Total(3)),
    ("請求金額", Role::Total(3)),
    ("請求額", Role::Total(3)),
    ("請求合計", Role::Total(3)),
    ("見積金額", Role::Total(3)),
    ("見積合計", Role::Total(3)),
    ("見積額", Role::Total(3)),
    ("納品金額", Role::Total(3)),
    ("支払金額", Role::Total(3)),
    ("支払額", Role::Total(3)),
    ("支払合計", Role::Total(3)),
    ("利用金額", Role::Total(3)),
    ("買上金額", Role::Total(3)),
    ("買上げ金額", Role::Total(3)),
    ("買上合計", Role::Total(3)),
    ("買上計", Role::Total(3)),
    ("買上げ計", Role::Total(3)),
    ("入金額", Role::Total(3)),
    ("ご入金額", Role::Total(3)),
    ("金額", Role::Total(2)),
    ("TOTAL", Role::Total(2)),
    ("Total", Role::Total(2)),
    ("税込", Role::Total(1)),
    ("計", Role::Total(1)),
    ("小計", Role::Subtotal),
    ("商品計", Role::Subtotal),
    ("①小計", Role::Subtotal),
    ("②小計", Role::Subtotal),
    ("税抜金額", Role::Net),
    ("税抜合計", Role::Net),
    ("税抜小計", Role::Net),
    ("税抜価格", Role::Net),
    ("税抜", Role::Net),
    ("税抜き", Role::Net),
    ("税別", Role::Net),
    ("本体価格", Role::Net),
    ("本体金額", Role::Net),
    ("合計(税抜)", Role::Net),
    ("消費税", Role::Tax),
    ("消費税額", Role::Tax),
    ("消費税等", Role::Tax),
    ("消費税額等", Role::Tax),
    ("消費税等額", Role::Tax),
    ("消費税合計", Role::Tax),
    ("消費税額合計", Role::Tax),
    ("消費税等合計", Role::Tax),
    ("税額合計", Role::Tax),
    ("消費税計", Role::Tax),
    ("内税", Role::Tax),
    ("内税額", Role::Tax),
    ("外税", Role::Tax),
    ("外税額", Role::Tax),
    ("税額", Role::Tax),
    ("税額等", Role::Tax),
    ("うち税", Role::Tax),
    ("税", Role::Tax),
    ("対象", Role::Base(None)),
    ("対象額", Role::Base(None)),
    ("対象計", Role::Base(None)),
    ("対象金額", Role::Base(None)),
    ("対象合計", Role::Base(None)),
    ("税抜対象額", Role::Base(Some(false))),
    ("税込対象額", Role::Base(Some(true))),
    ("お預り", Role::Tendered),
    ("お預かり", Role::Tendered),
    ("預り金", Role::Tendered),
    ("預り", Role::Tendered),
    ("預かり", Role::Tendered),
    ("預り金額", Role::Tendered),
    ("お預り金額", Role::Tendered),
    ("お預かり金額", Role::Tendered),
    ("現金", Role::Tendered),
    ("クレジット", Role::Tendered),
    ("クレジットカード", Role::Tendered),
    ("電子マネー", Role::Tendered),
    ("小切手", Role::Tendered),
    ("手形", Role::Tendered),
    ("振込", Role::Tendered),
    ("お釣り", Role::Change),
    ("お釣", Role::Change),
    ("おつり", Role::Change),
    ("釣銭", Role::Change),
    ("お釣り金額", Role::Change),
    ("値引", Role::Discount),
    ("値引き", Role::Discount),
    ("値引額", Role::Discount),
    ("割引", Role::Discount),
    ("値引合計", Role::Discount),
    ("値引き合計", Role::Discount),
    ("割引合計", Role::Discount),
    ("ポイント利用", Role::Discount),
    ("クーポン", Role::Discount),
    ("単価", Role::Elsewhere),
    ("税込単価", Role::Elsewhere),
    ("①補助対象金額", Role::Line),
    ("②補助対象外金額", Role::Line),
    ("補助対象金額", Role::Line),
    ("補助対象外金額", Role::Line),
    ("収入印紙", Role::Elsewhere),
    ("印紙", Role::Elsewhere),
    ("印紙税", Role::Elsewhere),
    ("資本金", Role::Elsewhere),
    ("残高", Role::Elsewhere),
    ("番号", Role::Elsewhere),
    ("コード", Role::Elsewhere),
    ("No", Role::Elsewhere),
    ("No.", Role::Elsewhere),
    ("TEL", Role::Elsewhere),
    ("電話", Role::Elsewhere),
    ("FAX", Role::Elsewhere),
    ("前回", Role::Elsewhere),
    ("繰越", Role::Elsewhere),
    ("付与ポイント", Role::Elsewhere),
    ("ポイント", Role::Elsewhere),
    ("定価", Role::Elsewhere),
];

/// What a label (text without spaces) says of the amount after it, and the word that says so.
pub(super) fn role_of(label: &str) -> Option<(Role, &'static str)> {
    // 「(税込)」 after a word says more of it, and alone little.
    let bare = label.trim_end_matches(|c: char| !c.is_alphanumeric());
    for (ending, included) in [("税込", true), ("税込み", true), ("税抜", false), ("税抜き", false), ("税別", false)]
    {
        let Some(rest) = bare.strip_suffix(ending) else { continue };
        let Some((role, word)) = plain_role(rest) else { continue };
        return Some(match role {
            Role::Base(None) => (Role::Base(Some(included)), word),
            Role::Total(_) | Role::Subtotal if !included => (Role::Net, word),
            role => (role, word),
        });
    }
    plain_role(label)
}

/// Whether a text is made of words of labels only (「ご請求金額」, 「前回残高」), so that it describes nothing that was
/// bought: 「携帯電話」 and 「振込手数料」 hold such words and are no labels.
pub(super) fn is_label(text: &str) -> bool {
    let mut rest: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let mut words: Vec<String> =
        LABELS.iter().map(|(word, _)| word.chars().filter(|c| c.is_alphabetic()).collect()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let named = words.iter().any(|word| rest.contains(word.as_str()));
    for word in words {
        rest = rest.replace(&word, "");
    }
    named && rest.chars().all(|c| "おご御の等は様額".contains(c))
}

fn plain_role(label: &str) -> Option<(Role, &'static str)> {
    let (end, length, word, role) = LABELS
        .iter()
        .filter_map(|(word, role)| {
            let at = label.rfind(word)?;
            // `計` and `税` end words of their own (時計, 印税): they count alone or in a label of a few characters.
            let short = word.chars().count() == 1;
            (!short || label.chars().filter(|c| c.is_alphabetic()).count() <= 3).then_some((
                at + word.len(),
                word.len(),
                *word,
                *role,
            ))
        })
        .max_by_key(|(end, length, ..)| (*end, *length))?;
    let words_after = label[end..].chars().filter(|c| c.is_alphabetic()).count();
    let before = &label[..end - length];
    let without = ["税抜", "税別", "外税"].iter().any(|word| before.contains(word));
    let with = ["税込", "内税"].iter().any(|word| before.contains(word));
    Some(match role {
        Role::Total(_) | Role::Subtotal if without && !with => (Role::Net, word),
        Role::Base(None) if without => (Role::Base(Some(false)), word),
        Role::Base(None) if with => (Role::Base(Some(true)), word),
        // 「10%対象計」「8%合計」 are parts of the whole.
        // 「前回ご請求額」 was due another time.
        Role::Total(_) if ["前回", "次回", "繰越"].iter().any(|other| before.contains(other)) => {
            (Role::Elsewhere, word)
        }
        Role::Total(_) if rate_in(before).is_some() => (Role::Base(with.then_some(true)), word),
        // Far from the amount a word belongs to something else.
        Role::Total(strength) if words_after > 6 => (Role::Total(strength.min(1)), word),
        role => (role, word),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_nearest_to_an_amount_says_what_it_is() {
        for (label, role) in [
            ("合計", Role::Total(3)),
            ("領収金額(税込)", Role::Total(3)),
            ("合計(税抜)", Role::Net),
            ("税抜合計", Role::Net),
            ("税込合計", Role::Total(3)),
            ("小計", Role::Subtotal),
            ("消費税(10%)", Role::Tax),
            ("(内消費税等", Role::Tax),
            ("合計金額のうち消費税", Role::Tax),
            ("10%対象", Role::Base(None)),
            ("10%対象額(税抜)", Role::Base(Some(false))),
            ("税込10%対象", Role::Base(Some(true))),
            ("10%合計", Role::Base(None)),
            ("お預り", Role::Tendered),
            ("お釣り", Role::Change),
            ("ご請求金額", Role::Total(3)),
            ("収入印紙", Role::Elsewhere),
            ("領収書番号", Role::Elsewhere),
            ("現計", Role::Total(3)),
            ("前回ご請求額", Role::Elsewhere),
            ("値引合計", Role::Discount),
            ("消費税額合計", Role::Tax),
        ] {
            assert_eq!(role_of(label).map(|(role, _)| role), Some(role), "{label}");
        }
        for label in ["", "タブレット", "時計の修理"] {
            assert_eq!(role_of(label), None, "{label}");
        }
    }

    #[test]
    fn a_label_is_nothing_but_words_of_labels() {
        for label in ["お預り", "ご請求金額", "前回残高", "収入印紙", "合計(税込)"] {
            assert!(is_label(label), "{label}");
        }
        for thing in
            ["携帯電話", "バーコードリーダー", "アクセスポイント", "タブレット(税込)", "振込手数料", "Notebook", "時計"]
        {
            assert!(!is_label(thing), "{thing}");
        }
    }

    #[test]
    fn rates_are_those_of_the_tax_law() {
        for (text, rate) in [
            ("10%", Some(10)),
            ("(8%対象", Some(8)),
            ("軽減税率", Some(8)),
            ("50%", None),
            ("10%8%", Some(8)),
            ("", None),
        ] {
            assert_eq!(rate_in(text), rate, "{text}");
        }
    }

    #[test]
    fn numbers_of_cells_are_yen_or_say_why_not() {
        for (text, yen) in [("45100", 45_100), ("45100.0", 45_100), ("1e5", 100_000), ("-0", 0)] {
            assert_eq!(cell_number(text).unwrap().unwrap().get(), yen, "{text}");
        }
        assert_eq!(cell_number("-1"), Some(Err(amount::Refusal::Negative)));
        assert_eq!(cell_number("1.5"), Some(Err(amount::Refusal::Fraction)));
        assert_eq!(cell_number("1e17"), Some(Err(amount::Refusal::TooLarge)));
        assert_eq!(cell_number("abc"), None);
    }
}
