//! A second opinion on claims under 居宅同意取得型 and 資格確認限定型, and on applications for 顔認証付きカードリーダー,
//! written from the sources alone.
//!
//! It knows nothing of `rules` and `claim`: no type, no data file, no date or code reader. What the two guides print
//! stands here as text and as fractions (domain.md 1.1, 1.2), with the decisions of crates/README.md ("Where the
//! sources are silent") beside it; days are counted and check digits worked out here again. When both sides say the
//! same of millions of claims, a mistake would have to be made twice.

mod applications;
pub mod comparison;
pub mod random_facts;

use anyhow::{Context, Result, ensure};
use num_rational::Ratio;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An exact sum of money.
type Money = Ratio<i128>;

/// What is said of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `approve`, `review`, `return` or `reject`.
    pub outcome: String,
    /// What is paid.
    pub grant_yen: i128,
    /// What the sum comes to, paid or not.
    pub computed_yen: i128,
    /// What is granted in kind: the product and how many.
    pub grant_units: Option<(String, i64)>,
    /// The codes of all findings, sorted, each as often as it is said.
    pub findings: Vec<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer { outcome, grant_yen, computed_yen, grant_units, findings } = self;
        write!(f, "{outcome}, {grant_yen} yen of {computed_yen}, {grant_units:?}: {}", findings.join(", "))
    }
}

/// 万円, to one decimal as the guides print it: `man(12, 8)` is 12.8万円.
fn man(whole: i128, tenth: i128) -> Money {
    Ratio::new(whole * 10 + tenth, 10) * 10_000
}

/// What a guide promises one kind of facility.
struct Promise {
    /// The categories it pays for, each with its 事業額上限 if it has one.
    pays_for: Vec<(&'static str, Option<Money>)>,
    /// 事業額上限 of all together.
    cost_ceiling: Option<Money>,
    /// 補助率.
    rate: Money,
    /// 補助限度額.
    most: Money,
    /// 申請期限.
    deadline: Day,
    /// The 経過措置 of which one has to apply; empty where none is asked for.
    measures: &'static [i64],
}

/// 居宅同意取得型 [001:385-407].
fn home_consent(kind: &str) -> Result<Promise> {
    // A large chain's レセコン ceiling is not printed; 17.1 - 4.1 makes it 13 (crates/README.md).
    let (rate, most, cost_ceiling, receipt_computer) = match kind {
        "hospital" => (Ratio::new(1, 2), man(41, 1), man(82, 2), man(78, 1)),
        "large_chain_pharmacy" => (Ratio::new(1, 2), man(8, 5), man(17, 1), man(13, 0)),
        "clinic" | "pharmacy" => (Ratio::new(3, 4), man(12, 8), man(17, 1), man(13, 0)),
        other => anyhow::bail!("the guide has no kind of facility {other:?}"),
    };
    Ok(Promise {
        pays_for: vec![("mobile_terminal", Some(man(4, 1))), ("receipt_computer", Some(receipt_computer))],
        cost_ceiling: Some(cost_ceiling),
        rate,
        most,
        deadline: Day::of(2026, 1, 31),
        measures: &[],
    })
}

/// 資格確認限定型 [003:103,126-132]: the same for everybody, and without a 事業額上限.
fn limited_type() -> Promise {
    Promise {
        pays_for: vec![("mobile_terminal", None), ("card_reader", None)],
        cost_ceiling: None,
        rate: Ratio::new(3, 4),
        most: man(3, 1),
        deadline: Day::of(2025, 2, 1),
        measures: &[2, 4, 6],
    }
}

/// What the sources say of one line of valid facts.
///
/// # Errors
/// A line that is not of the form of the contract: the oracle judges claims, not the reading of them.
pub fn decide(line: &str) -> Result<Answer> {
    let facts: Value = serde_json::from_str(line)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("a text was expected");
    let texts = |key: &str| -> Result<Vec<String>> {
        facts[key].as_array().with_context(|| format!("{key}: no list"))?.iter().map(text).collect()
    };
    let programme = text(&facts["programme"])?;
    if programme == applications::PROGRAMME {
        return applications::decide(&facts);
    }
    let facility = &facts["facility"];
    let promise = match programme.as_str() {
        "home-consent" => home_consent(&text(&facility["kind"])?)?,
        "limited-type" => limited_type(),
        other => anyhow::bail!("the oracle has read nothing about {other:?}"),
    };
    let submitted = Day::in_japan(&text(&facts["submitted_at"])?)?;
    let purchased = facts["purchased_on"].as_str().map(Day::read).transpose()?;
    let documents = texts("documents")?;
    let mut said: Vec<&'static str> = Vec::new();
    let mut say = |code: &'static str, when: bool| said.extend(when.then_some(code));

    // The whole last day counts, Saturday or not.
    say("deadline-passed", submitted > promise.deadline);
    say("already-granted", texts("earlier_grants")?.contains(&programme));
    say("institution-code-doubtful", !check_digit_holds(&text(&facility["code"])?)?);

    // The measure has to be in force on the day of purchase. A day that nobody could read is for a person to find.
    let measure = &facility["transitional_measure"];
    let measure_matters = !promise.measures.is_empty();
    if let Some(purchased) = purchased {
        let named = measure["number"].as_i64().is_some_and(|number| promise.measures.contains(&number));
        let ended = measure["ended_on"].as_str().map(Day::read).transpose()?;
        let lapsed = ended.is_some_and(|last| last < purchased);
        say("transitional-measure-required", measure_matters && (!named || lapsed));
        say("receipt-after-submission", purchased > submitted);
    } else {
        say("reading-uncertain", measure_matters || documents.iter().any(|document| document == "receipt"));
    }

    // One wrong paper for the receipt is one mistake: then the receipt is not said to be missing as well.
    let there: BTreeSet<&str> = documents.iter().map(String::as_str).collect();
    let no_receipts = ["estimate", "invoice", "delivery_note"];
    for paper in no_receipts {
        say("estimate-not-receipt", there.contains(paper));
    }
    say("receipt-missing", !there.contains("receipt") && !no_receipts.iter().any(|paper| there.contains(paper)));
    say("itemization-missing", !there.contains("itemization"));

    let mut paid: BTreeMap<String, Money> = BTreeMap::new();
    for expense in facts["expenses"].as_array().context("expenses: no list")? {
        let amount = expense["amount_yen"].as_i64().context("amount_yen: no whole yen")?;
        *paid.entry(text(&expense["category"])?).or_default() += Money::from(i128::from(amount));
    }
    let mut cost = Money::default();
    let mut anything = false;
    for (category, ceiling) in &promise.pays_for {
        let Some(sum) = paid.remove(*category) else { continue };
        anything |= sum > Money::default();
        say("category-ceiling-applied", ceiling.is_some_and(|ceiling| sum > ceiling));
        cost += ceiling.map_or(sum, |ceiling| sum.min(ceiling));
    }
    say("no-eligible-expense", !anything);
    // What is left is paid for by nobody.
    for sum in paid.into_values() {
        say("expense-not-eligible", sum > Money::default());
    }
    if let Some(ceiling) = promise.cost_ceiling {
        say("cost-ceiling-applied", cost > ceiling);
        cost = cost.min(ceiling);
    }
    // 切捨て to whole yen first, then 補助限度額.
    let share = (cost * promise.rate).floor();
    say("grant-ceiling-applied", share > promise.most);
    let computed_yen = share.min(promise.most).to_integer();
    say("claimed-amount-differs", facts["claimed_yen"].as_i64().is_some_and(|asked| i128::from(asked) != computed_yen));

    said.sort_unstable();
    let outcome = outcome(&said);
    let grant_yen = if outcome == "approve" { computed_yen } else { 0 };
    let findings = said.into_iter().map(str::to_owned).collect();
    Ok(Answer { outcome: outcome.to_owned(), grant_yen, computed_yen, grant_units: None, findings })
}

/// The worst of what is said, by the contract's table.
fn outcome(said: &[&str]) -> &'static str {
    let any = |codes: &[&str]| said.iter().any(|code| codes.contains(code));
    if any(&["deadline-passed", "transitional-measure-required", "already-granted", "no-eligible-expense"]) {
        "reject"
    } else if any(&["receipt-missing", "itemization-missing", "estimate-not-receipt"]) {
        "return"
    } else if any(&["receipt-after-submission", "reading-uncertain", "institution-code-doubtful"]) {
        "review"
    } else {
        "approve"
    }
}

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Day(i64);

impl Day {
    /// Gregorian: a year of 365 days, a leap day every 4th year but not every 100th unless every 400th.
    fn of(year: i64, month: i64, day: i64) -> Day {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let earlier_years: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum();
        let february = 28 + i64::from(leap(year));
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let earlier_months: i64 = (1..month).zip(months).map(|(_, days)| days).sum();
        Day(earlier_years + earlier_months + day - 1)
    }

    /// `2025-06-15`.
    fn read(text: &str) -> Result<Day> {
        let [year, month, day] = numbers(text, "-")?;
        Ok(Day::of(year, month, day))
    }

    /// The day in Japan (nine hours ahead) of an instant such as `2026-01-31T14:59:59Z`.
    fn in_japan(text: &str) -> Result<Day> {
        let (day, time) = text.split_once('T').with_context(|| format!("no time in {text:?}"))?;
        let (clock, ahead) = match time.find(['Z', '+', '-']) {
            Some(at) => time.split_at(at),
            None => anyhow::bail!("no offset in {text:?}"),
        };
        // A fraction of a second never reaches the next one.
        let whole = clock.split('.').next().unwrap_or(clock);
        let [hours, minutes, seconds] = numbers(whole, ":")?;
        let sign = if ahead.starts_with('-') { -1 } else { 1 };
        let [ahead_hours, ahead_minutes] = if ahead == "Z" { [0, 0] } else { numbers(&ahead[1..], ":")? };
        let here = hours * 3600 + minutes * 60 + seconds;
        let in_greenwich = Day::read(day)?.0 * 86_400 + here - sign * (ahead_hours * 3600 + ahead_minutes * 60);
        Ok(Day((in_greenwich + 9 * 3600).div_euclid(86_400)))
    }
}

fn numbers<const N: usize>(text: &str, between: &str) -> Result<[i64; N]> {
    let parts: Vec<i64> = text
        .split(between)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("no number: {text:?}"))?;
    parts.try_into().ok().with_context(|| format!("{text:?} does not have {N} parts"))
}

/// The digit that makes a code's last one: ×2 from the right end in turns, digits of the products added, what is left
/// to the next ten (domain.md 2.2).
fn check_digit(digits: &[u8]) -> u8 {
    let mut sum = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let times = if place % 2 == 0 { 2 } else { 1 };
        let product = digit * times;
        sum += if product > 9 { product - 9 } else { product };
    }
    (10 - sum % 10) % 10
}

/// Whether the code's last digit is that of the nine before it, or of the six before it where 埼玉, 千葉, 東京 and
/// 神奈川 may have counted so. Codes that certainly follow neither are no facts and never come here.
fn check_digit_holds(code: &str) -> Result<bool> {
    ensure!(code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code:?} is no institution code");
    let digits: Vec<u8> = code.bytes().map(|byte| byte - b'0').collect();
    let (ten, seven) = (check_digit(&digits[..9]) == digits[9], check_digit(&digits[3..9]) == digits[9]);
    Ok(match (counts_seven(&digits), digits[2]) {
        (true, 1) => seven,
        (false, 1 | 3 | 4) => ten,
        // Which of the two was used is not known for these.
        _ => ten || seven,
    })
}

/// Whether a code is of the four prefectures that count over the last seven digits.
fn counts_seven(digits: &[u8]) -> bool {
    matches!((digits[0] * 10 + digits[1]) % 50, 11..=14)
}
