//! Formulas whose results were not saved: the few that itemizations are made of (products, sums, rounding), worked out in
//! exact decimals.
//!
//! Libraries that write workbooks save no results, and a number that was pasted as text (「45,100円」) makes a product an
//! error. Both are worked out here from the cells of the same sheet; whatever else stands in a formula is left without a
//! value, which is said where it matters.

use crate::page::{Cell, Grid, cell_place};
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::{BTreeMap, HashMap};
use unicode_normalization::UnicodeNormalization;

/// Longer formulas belong to no itemization.
pub(super) const MOST_CHARACTERS: usize = 1_000;
/// How deep brackets, and cells that refer to cells, may go.
const DEEPEST: u32 = 60;
/// How many cells are looked at for all formulas of a sheet together.
const MOST_STEPS: u32 = 1_000_000;
/// As many digits as a spreadsheet shows.
const DIGITS: u32 = 15;

/// Formulas without a result, by the row and column (from 0) of their cells.
pub(super) type Open = BTreeMap<(usize, usize), String>;

/// Puts the results of `open` into their cells; a formula that cannot be worked out leaves its cell as it is.
pub(super) fn work_out(grid: &mut Grid, open: &Open) {
    let mut sheet = Sheet { grid, open, known: HashMap::new(), steps: 0 };
    let results: Vec<((usize, usize), Cell)> = open
        .keys()
        .filter_map(|place| {
            let cell = match sheet.value(*place, 0)? {
                Value::Nothing => Cell::Number("0".to_owned()),
                Value::Number(number) => Cell::Number(number.round_sf(DIGITS)?.normalize().to_string()),
                Value::Text(text) if text.trim().is_empty() => Cell::Empty,
                Value::Text(text) => Cell::Text(text),
                Value::Truth(truth) => Cell::Text(if truth { "TRUE" } else { "FALSE" }.to_owned()),
            };
            Some((*place, cell))
        })
        .collect();
    for ((row, column), cell) in results {
        if let Some(there) = grid.rows.get_mut(row).and_then(|cells| cells.get_mut(column)) {
            *there = cell;
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// A blank cell.
    Nothing,
    Number(Decimal),
    Text(String),
    Truth(bool),
}

impl Value {
    fn number(&self) -> Option<Decimal> {
        match self {
            Value::Nothing => Some(Decimal::ZERO),
            Value::Number(number) => Some(*number),
            Value::Text(text) => number_in(text),
            Value::Truth(_) => None,
        }
    }

    fn truth(&self) -> Option<bool> {
        match self {
            Value::Truth(truth) => Some(*truth),
            Value::Number(number) => Some(!number.is_zero()),
            Value::Nothing => Some(false),
            Value::Text(_) => None,
        }
    }
}

/// A number that was entered as text: 「４５，１００円」, 「2台」, 「一式」.
fn number_in(text: &str) -> Option<Decimal> {
    let folded: String = text.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '¥' | '\\')).collect();
    if matches!(folded.as_str(), "一式" | "式") {
        return Some(Decimal::ONE);
    }
    let bare = folded.strip_suffix('-').unwrap_or(&folded);
    let bare = bare.strip_suffix(|c| "円台式個本枚組件回".contains(c)).unwrap_or(bare);
    bare.starts_with(|c: char| c.is_ascii_digit()).then(|| bare.parse().ok()).flatten()
}

struct Sheet<'a> {
    grid: &'a Grid,
    open: &'a Open,
    /// What was worked out; nothing for what cannot be, and for what is being worked out, so that a circle ends.
    known: HashMap<(usize, usize), Option<Value>>,
    steps: u32,
}

impl Sheet<'_> {
    fn value(&mut self, place: (usize, usize), depth: u32) -> Option<Value> {
        self.steps += 1;
        if self.steps > MOST_STEPS || depth > DEEPEST {
            return None;
        }
        if let Some(formula) = self.open.get(&place) {
            if let Some(known) = self.known.get(&place) {
                return known.clone();
            }
            self.known.insert(place, None);
            let value = Parser::whole(formula).and_then(|node| self.of(&node, depth + 1));
            self.known.insert(place, value.clone());
            return value;
        }
        match self.grid.rows.get(place.0).and_then(|cells| cells.get(place.1)).unwrap_or(&Cell::Empty) {
            Cell::Empty => Some(Value::Nothing),
            Cell::Number(number) => number.parse().ok().map(Value::Number),
            Cell::Text(text) => Some(Value::Text(text.clone())),
            Cell::Day(_) | Cell::FormulaWithoutValue => None,
        }
    }

    fn of(&mut self, node: &Node, depth: u32) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        Some(match node {
            Node::Number(number) => Value::Number(*number),
            Node::Text(text) => Value::Text(text.clone()),
            Node::Cell(row, column) => self.value((*row, *column), depth + 1)?,
            // Only a function takes an area.
            Node::Area(_) => return None,
            Node::Minus(inner) => Value::Number(-self.of(inner, depth + 1)?.number()?),
            Node::Percent(inner) => {
                Value::Number(self.of(inner, depth + 1)?.number()?.checked_div(Decimal::ONE_HUNDRED)?)
            }
            Node::Pair(sign, left, right) => {
                let (left, right) = (self.of(left, depth + 1)?, self.of(right, depth + 1)?);
                pair(sign, &left, &right)?
            }
            Node::Call(name, arguments) => self.call(name, arguments, depth + 1)?,
        })
    }

    fn call(&mut self, name: &str, arguments: &[Node], depth: u32) -> Option<Value> {
        let digits = |sheet: &mut Self, strategy| {
            let [number, rest @ ..] = arguments else { return None };
            let number = sheet.of(number, depth)?.number()?;
            let places = match rest {
                [] => Decimal::ZERO,
                [places] => sheet.of(places, depth)?.number()?,
                _ => return None,
            };
            round(number, i32::try_from(places.trunc().mantissa()).ok()?, strategy)
        };
        match (name, arguments) {
            ("IF", [condition, yes, rest @ ..]) if rest.len() <= 1 => {
                if self.of(condition, depth)?.truth()? {
                    self.of(yes, depth)
                } else {
                    rest.first().map_or(Some(Value::Truth(false)), |no| self.of(no, depth))
                }
            }
            ("AND" | "OR", [_, ..]) => {
                let mut truths = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    truths.push(self.of(argument, depth)?.truth()?);
                }
                let all = truths.iter().all(|truth| *truth);
                Some(Value::Truth(if name == "AND" { all } else { truths.contains(&true) }))
            }
            ("ROUND", _) => digits(self, RoundingStrategy::MidpointAwayFromZero).map(Value::Number),
            ("ROUNDDOWN" | "TRUNC", _) => digits(self, RoundingStrategy::ToZero).map(Value::Number),
            ("ROUNDUP", _) => digits(self, RoundingStrategy::AwayFromZero).map(Value::Number),
            ("INT", [_]) => digits(self, RoundingStrategy::ToNegativeInfinity).map(Value::Number),
            ("SUMIF", [Node::Area(asked), wanted, Node::Area(added)]) => {
                let Value::Text(wanted) = self.of(wanted, depth)? else { return None };
                self.sum_if(*asked, &wanted, *added, depth).map(Value::Number)
            }
            ("SUM" | "PRODUCT" | "MAX" | "MIN", [_, ..]) => {
                let numbers = self.numbers(arguments, depth)?;
                let all = match name {
                    "SUM" => numbers.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add)?,
                    "PRODUCT" if numbers.is_empty() => Decimal::ZERO,
                    "PRODUCT" => numbers.into_iter().try_fold(Decimal::ONE, Decimal::checked_mul)?,
                    "MAX" => numbers.into_iter().max().unwrap_or_default(),
                    _ => numbers.into_iter().min().unwrap_or_default(),
                };
                Some(Value::Number(all))
            }
            _ => None,
        }
    }

    /// The sum of the cells of `added` beside which a cell of `asked` is the text `wanted` (with `<>` before it: is not).
    fn sum_if(&mut self, asked: [usize; 4], wanted: &str, added: [usize; 4], depth: u32) -> Option<Decimal> {
        let (wanted, is) = wanted.strip_prefix("<>").map_or((wanted, true), |wanted| (wanted, false));
        // Comparisons and patterns are not understood here.
        if wanted.is_empty() || wanted.contains(['<', '>', '=', '*', '?', '~']) || asked[1] != asked[3] {
            return None;
        }
        let mut sum = Decimal::ZERO;
        for row in asked[0]..=asked[2].min(self.grid.rows.len().saturating_sub(1)) {
            let text = self.value((row, asked[1]), depth)?;
            if (text == Value::Text(wanted.to_owned())) == is
                && let Value::Number(number) = self.value((row - asked[0] + added[0], added[1]), depth)?
            {
                sum = sum.checked_add(number)?;
            }
        }
        Some(sum)
    }

    /// The numbers of arguments; of an area those in its cells, as a spreadsheet takes them: texts do not count.
    fn numbers(&mut self, arguments: &[Node], depth: u32) -> Option<Vec<Decimal>> {
        let mut numbers = Vec::new();
        for argument in arguments {
            let Node::Area([top, left, bottom, right]) = argument else {
                let value = self.of(argument, depth)?;
                match (argument, &value) {
                    (Node::Cell(..), Value::Nothing | Value::Text(_)) => {}
                    _ => numbers.push(value.number()?),
                }
                continue;
            };
            for row in *top..=(*bottom).min(self.grid.rows.len().saturating_sub(1)) {
                let last = self.grid.rows.get(row).map_or(0, Vec::len).saturating_sub(1);
                for column in *left..=(*right).min(last) {
                    if let Value::Number(number) = self.value((row, column), depth)? {
                        numbers.push(number);
                    }
                }
            }
        }
        Some(numbers)
    }
}

fn round(number: Decimal, places: i32, strategy: RoundingStrategy) -> Option<Decimal> {
    match u32::try_from(places) {
        Ok(places) => Some(number.round_dp_with_strategy(places.min(28), strategy)),
        Err(_) => {
            let unit = 10i128.checked_pow(places.unsigned_abs())?;
            let unit = Decimal::try_from_i128_with_scale(unit, 0).ok()?;
            number.checked_div(unit)?.round_dp_with_strategy(0, strategy).checked_mul(unit)
        }
    }
}

fn pair(sign: &str, left: &Value, right: &Value) -> Option<Value> {
    use std::cmp::Ordering;
    let number =
        |with: fn(Decimal, Decimal) -> Option<Decimal>| with(left.number()?, right.number()?).map(Value::Number);
    let compared = || match (left, right) {
        // A blank cell is as good as an empty text.
        (Value::Text(text), Value::Nothing) | (Value::Nothing, Value::Text(text)) => {
            Some(if text.is_empty() { Ordering::Equal } else { Ordering::Greater })
        }
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        // A text is greater than any number.
        (Value::Text(_), _) => Some(Ordering::Greater),
        (_, Value::Text(_)) => Some(Ordering::Less),
        _ => Some(left.number()?.cmp(&right.number()?)),
    };
    let truth = |holds: fn(Ordering) -> bool| compared().map(|order| Value::Truth(holds(order)));
    match sign {
        "+" => number(Decimal::checked_add),
        "-" => number(Decimal::checked_sub),
        "*" => number(Decimal::checked_mul),
        "/" => number(Decimal::checked_div),
        "=" => truth(Ordering::is_eq),
        "<>" => truth(Ordering::is_ne),
        "<" => truth(Ordering::is_lt),
        "<=" => truth(Ordering::is_le),
        ">" => truth(Ordering::is_gt),
        ">=" => truth(Ordering::is_ge),
        _ => None,
    }
}

#[derive(Debug)]
enum Node {
    Number(Decimal),
    Text(String),
    /// Row and column, from 0.
    Cell(usize, usize),
    /// Top, left, bottom, right.
    Area([usize; 4]),
    Minus(Box<Node>),
    Percent(Box<Node>),
    Pair(&'static str, Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
}

/// Reads a formula; nothing for what is not understood whole.
struct Parser<'a> {
    rest: &'a str,
    depth: u32,
}

impl Parser<'_> {
    fn whole(formula: &str) -> Option<Node> {
        let mut parser = Parser { rest: formula.trim_start_matches('='), depth: 0 };
        let node = parser.comparison()?;
        parser.rest.trim_start().is_empty().then_some(node)
    }

    /// Takes the first of the signs that stands next.
    fn sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest.trim_start();
        let sign = signs.iter().find(|sign| rest.starts_with(**sign))?;
        self.rest = &rest[sign.len()..];
        Some(sign)
    }

    fn comparison(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut node = self.sum()?;
        while let Some(sign) = self.sign(&["<>", "<=", ">=", "=", "<", ">"]) {
            node = Node::Pair(sign, Box::new(node), Box::new(self.sum()?));
        }
        self.depth -= 1;
        Some(node)
    }

    fn sum(&mut self) -> Option<Node> {
        let mut node = self.product()?;
        while let Some(sign) = self.sign(&["+", "-"]) {
            node = Node::Pair(sign, Box::new(node), Box::new(self.product()?));
        }
        Some(node)
    }

    fn product(&mut self) -> Option<Node> {
        let mut node = self.factor()?;
        while let Some(sign) = self.sign(&["*", "/"]) {
            node = Node::Pair(sign, Box::new(node), Box::new(self.factor()?));
        }
        Some(node)
    }

    fn factor(&mut self) -> Option<Node> {
        let mut minus = false;
        while let Some(sign) = self.sign(&["-", "+"]) {
            minus ^= sign == "-";
        }
        let mut node = self.operand()?;
        while self.sign(&["%"]).is_some() {
            node = Node::Percent(Box::new(node));
        }
        Some(if minus { Node::Minus(Box::new(node)) } else { node })
    }

    fn operand(&mut self) -> Option<Node> {
        if self.sign(&["("]).is_some() {
            let node = self.comparison()?;
            return self.sign(&[")"]).map(|_| node);
        }
        if self.sign(&["\""]).is_some() {
            // Two quotes within a text are one; such texts say nothing here.
            let (text, rest) = self.rest.split_once('"').filter(|(_, rest)| !rest.starts_with('"'))?;
            self.rest = rest;
            return Some(Node::Text(text.to_owned()));
        }
        let rest = self.rest.trim_start();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '$' | '_'))).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        self.rest = after;
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return word.parse().ok().map(Node::Number);
        }
        if self.sign(&["("]).is_some() {
            return Some(Node::Call(word.to_ascii_uppercase(), self.arguments()?));
        }
        let (row, column) = cell_place(word)?;
        if self.sign(&[":"]).is_none() {
            // Another sheet (「内訳!A1」) is not looked at.
            return (!self.rest.starts_with('!')).then_some(Node::Cell(row, column));
        }
        let rest = self.rest;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '$')).unwrap_or(rest.len());
        let (last_row, last_column) = cell_place(&rest[..end])?;
        self.rest = &rest[end..];
        Some(Node::Area([row.min(last_row), column.min(last_column), row.max(last_row), column.max(last_column)]))
    }

    fn arguments(&mut self) -> Option<Vec<Node>> {
        let mut arguments = Vec::new();
        if self.sign(&[")"]).is_some() {
            return Some(arguments);
        }
        loop {
            arguments.push(self.comparison()?);
            match self.sign(&[",", ")"])? {
                "," => {}
                _ => return Some(arguments),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(formula: &str) -> Cell {
        let number = |n: &str| Cell::Number(n.to_owned());
        let text = |t: &str| Cell::Text(t.to_owned());
        let mut grid = Grid {
            rows: vec![
                vec![number("2"), number("45100"), Cell::FormulaWithoutValue],
                vec![text("２台"), text("４５，１００円"), Cell::Empty],
                vec![text("一式"), number("0.1"), text("別途")],
            ],
            ..Grid::default()
        };
        work_out(&mut grid, &Open::from([((0, 2), formula.to_owned())]));
        grid.rows[0][2].clone()
    }

    #[test]
    fn what_itemizations_are_made_of_is_worked_out_exactly() {
        for (formula, expected) in [
            ("A1*B1", "90200"),
            ("=$A$1*B1", "90200"),
            ("A2*B2", "90200"),
            ("A3*B1", "45100"),
            ("SUM(A1:B1)", "45102"),
            ("SUM(A1,B1,A1)", "45104"),
            // Texts in an area do not count, as in a spreadsheet.
            ("SUM(A1:B3)", "45102.1"),
            ("PRODUCT(A1:B1)", "90200"),
            ("ROUNDDOWN(B1*1.1,0)", "49610"),
            ("ROUND(B1*3/4,0)", "33825"),
            ("ROUNDUP(45101/2,-3)", "23000"),
            ("INT(-1.5)", "-2"),
            ("B1*10%", "4510"),
            ("-(A1+3)*2", "-10"),
            ("B3+0.2", "0.3"),
            ("1/3*3", "1"),
            ("IF(A1=\"\",\"\",A1*B1)", "90200"),
            ("IF(OR(C2=\"\",B1=\"\"),0,1)", "0"),
            ("IF(AND(A1>=2,B1<>0),7,8)", "7"),
            ("C2", "0"),
            ("MAX(A1:B1)-MIN(A1,5)", "45098"),
            ("SUMIF(A1:A3,\"一式\",B1:B3)", "0.1"),
            ("SUMIF(A1:A3,\"<>一式\",B1:B3)", "45100"),
        ] {
            assert_eq!(result(formula), Cell::Number(expected.to_owned()), "{formula}");
        }
        assert_eq!(result("IF(C2=\"\",\"\",1)"), Cell::Empty);
    }

    #[test]
    fn what_is_not_understood_stays_without_a_value() {
        let deep = format!("{}1{}", "(".repeat(400), ")".repeat(400));
        for formula in [
            "",
            "VLOOKUP(A1,A:B,2,0)",
            "C1+1",
            "A1*C3",
            "1/0",
            "A1:B1",
            "内訳!A1*2",
            "Sheet1!A1",
            "A1&B1",
            "\"a\"\"b\"",
            "SUM(",
            "A1 B1",
            "IF(1)",
            "ROUND()",
            "XFE1048577",
            "9999999999999999999999999999*99999999",
            "ROUND(1,99999999999)",
            "A1^2",
            &deep,
        ] {
            let formula = formula.to_owned();
            assert_eq!(result(&formula), Cell::FormulaWithoutValue, "{formula:.40}");
        }
    }

    #[test]
    fn chains_are_followed_and_circles_and_endless_work_end() {
        let rows = 5_000usize;
        let column = |formula: fn(usize) -> String| -> (Grid, Open) {
            let grid = Grid { rows: vec![vec![Cell::FormulaWithoutValue]; rows], ..Grid::default() };
            (grid, (0..rows).map(|row| ((row, 0), formula(row))).collect())
        };
        let (mut grid, open) = column(|row| if row == 0 { "1".to_owned() } else { format!("A{row}+1") });
        work_out(&mut grid, &open);
        assert_eq!(grid.rows[rows - 1][0], Cell::Number(rows.to_string()));
        let (mut grid, open) = column(|row| format!("A{}+A{}", 5_000 - row, row + 1));
        work_out(&mut grid, &open);
        assert_eq!(grid.rows[7][0], Cell::FormulaWithoutValue);
        // Each looks at all that went before: too many steps, and then no value.
        let (mut grid, open) = column(|row| if row == 0 { "1".to_owned() } else { format!("SUM(A1:A{row})*0") });
        work_out(&mut grid, &open);
        assert_eq!(grid.rows[10][0], Cell::Number("0".to_owned()));
        assert_eq!(grid.rows[rows - 1][0], Cell::FormulaWithoutValue);
    }
}
