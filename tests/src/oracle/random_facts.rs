//! Random lines of facts that `kofu assess` takes, thickest where decisions turn: around deadlines to the second,
//! around ceilings to the yen, around the last days of transitional measures.

use super::{applications, check_digit, counts_seven, decide};
use jiff::civil::{Date, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

const KINDS: [&str; 4] = ["hospital", "clinic", "pharmacy", "large_chain_pharmacy"];
const CATEGORIES: [&str; 4] = ["mobile_terminal", "receipt_computer", "card_reader", "other"];
const DOCUMENTS: [&str; 6] = ["receipt", "itemization", "estimate", "invoice", "delivery_note", "other"];
const PROGRAMMES: [&str; 5] = ["home-consent", "limited-type", "home-visit", "online-consultation", "card-reader-2022"];
const OFFSETS_MINUTES: [i32; 8] = [540, 0, -300, 780, 330, -660, 840, -210];

/// Sums at which something changes: category ceilings, cost ceilings, and the costs whose share is a grant ceiling.
const TURNING_YEN: [i64; 11] =
    [41_000, 130_000, 781_000, 171_000, 822_000, 170_667, 129_667, 170_000, 129_000, 41_334, 20_667];
/// The most that facts may come to.
const YEN_MAX: i64 = 999_999_999_999_999;

/// An endless, seeded supply of lines of facts.
pub struct RandomFacts {
    random: StdRng,
    unread_days: bool,
    applications: bool,
    seed: u64,
    number: u64,
}

impl RandomFacts {
    /// The same seed gives the same lines. `kofu assess` takes each of them.
    pub fn seeded(seed: u64) -> RandomFacts {
        RandomFacts { random: StdRng::seed_from_u64(seed), unread_days: false, applications: false, seed, number: 0 }
    }

    /// Among them are claims whose day of purchase could not be read: documents give rise to such facts, while
    /// `kofu assess` asks for the day.
    pub fn with_unread_days(self) -> RandomFacts {
        RandomFacts { unread_days: true, ..self }
    }

    /// One in eight is an application for products.
    pub fn with_applications(self) -> RandomFacts {
        RandomFacts { applications: true, ..self }
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.random.random_ratio(1, n)
    }

    fn pick<T: Copy>(&mut self, of: &[T], otherwise: T) -> T {
        of.choose(&mut self.random).copied().unwrap_or(otherwise)
    }

    /// One line, without its end.
    pub fn line(&mut self) -> String {
        if self.applications && self.one_in(8) {
            return self.application();
        }
        let limited = self.random.random_bool(0.4);
        let (programme, deadline) =
            if limited { ("limited-type", date(2025, 2, 1)) } else { ("home-consent", date(2026, 1, 31)) };
        let kind = self.pick(&KINDS, "clinic");
        let (submitted_at, submitted_on) = self.submission(deadline);
        let purchased_on = self.purchase(submitted_on);
        let purchased = match purchased_on {
            Some(day) => format!("\"{day}\""),
            None => "null".to_owned(),
        };
        let code = self.institution_code(kind);
        let measure = self.measure(limited, purchased_on.unwrap_or(submitted_on));
        let (expenses, documents, earlier_grants) = (self.expenses(), self.documents(), self.earlier_grants());
        let claim_id = format!("R-{}-{}", self.seed, self.number);
        self.number += 1;
        let mut line = format!(
            "{{\"claim_id\":\"{claim_id}\",\"programme\":\"{programme}\",\"submitted_at\":\"{submitted_at}\",\
             \"purchased_on\":{purchased},\"facility\":{{\"code\":\"{code}\",\"kind\":\"{kind}\",\
             \"transitional_measure\":{measure}}},\"expenses\":[{expenses}],\"documents\":[{documents}],\
             \"earlier_grants\":[{earlier_grants}]"
        );
        if self.one_in(3) {
            let asked = self.asked(&line);
            line.push_str(&format!(",\"claimed_yen\":{asked}"));
        }
        line.push('}');
        line
    }

    /// An application for products: around both deadlines, with choices that hold and choices that do not.
    fn application(&mut self) -> String {
        let kind = self.pick(&KINDS, "clinic");
        let last_day = if self.one_in(2) { date(2022, 9, 30) } else { date(2022, 10, 7) };
        let (submitted_at, _) = self.submission(last_day);
        let code = self.institution_code(kind);
        let choices = self.choices();
        let documents = if self.one_in(6) { self.documents() } else { String::new() };
        let expenses = if self.one_in(6) { self.expenses() } else { String::new() };
        let granted = if self.one_in(5) {
            vec![self.pick(&PROGRAMMES, "home-consent"), applications::PROGRAMME]
        } else {
            Vec::new()
        };
        let granted = quoted(&granted[..granted.len().min(1 + usize::from(self.one_in(2)))]);
        let claim_id = format!("R-{}-{}", self.seed, self.number);
        self.number += 1;
        let mut line = format!(
            "{{\"claim_id\":\"{claim_id}\",\"programme\":\"{}\",\"submitted_at\":\"{submitted_at}\",\
             \"purchased_on\":null,\"facility\":{{\"code\":\"{code}\",\"kind\":\"{kind}\",\
             \"transitional_measure\":null}},\"expenses\":[{expenses}],\"documents\":[{documents}],\
             \"earlier_grants\":[{granted}],\"choices\":[{choices}]",
            applications::PROGRAMME
        );
        if self.one_in(6) {
            let asked = self.pick(&[0, 1, 99_000], 0);
            line.push_str(&format!(",\"claimed_yen\":{asked}"));
        }
        if self.one_in(3) {
            // Sent again: mostly what it was, sometimes not.
            let filed = if self.one_in(2) { choices } else { self.choices() };
            line.push_str(&format!(",\"filed_choices\":[{filed}]"));
        }
        if self.one_in(8) {
            line.push_str(",\"filed_before\":[\"R-0\"]");
        }
        line.push('}');
        line
    }

    fn choices(&mut self) -> String {
        let how_many = self.pick(&[0, 1, 1, 2, 2, 2, 2, 3], 1);
        let mut ranks = vec![1, 2, 2];
        if self.one_in(5) {
            ranks.shuffle(&mut self.random);
        }
        let mut choices: Vec<String> = Vec::new();
        for rank in ranks.into_iter().take(how_many) {
            let product = if self.one_in(12) { "another-reader" } else { self.pick(&applications::PRODUCTS, "") };
            let units = if self.one_in(3) { self.random.random_range(1..=5) } else { 1 };
            choices.push(format!("{{\"rank\":{rank},\"product\":\"{product}\",\"units\":{units}}}"));
        }
        if self.one_in(4) {
            choices.reverse();
        }
        choices.join(",")
    }

    /// When it was sent, as somebody somewhere writes it, and the day in Japan.
    fn submission(&mut self, deadline: Date) -> (String, Date) {
        let near = [-1, 0, 0, 0, 1];
        let days = if self.one_in(2) { self.pick(&near, 0) } else { self.random.random_range(-500..=20) };
        let second = match self.random.random_range(0..4) {
            0 => 0,
            1 => 86_399,
            _ => self.random.random_range(0..86_400),
        };
        let nanosecond = if self.one_in(20) { 999_999_999 } else { 0 };
        let day = deadline.saturating_add(SignedDuration::from_hours(24 * days));
        let midnight = Offset::constant(9).to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let at = midnight.saturating_add(SignedDuration::new(second, nanosecond)).unwrap_or(midnight);
        if self.one_in(4) {
            return (at.to_string(), day);
        }
        let minutes = self.pick(&OFFSETS_MINUTES, 0);
        let offset = Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC);
        (at.display_with_offset(offset).to_string(), day)
    }

    fn purchase(&mut self, submitted_on: Date) -> Option<Date> {
        if self.unread_days && self.one_in(40) {
            return None;
        }
        let days = match self.random.random_range(0..8) {
            0 => 0,
            1 => -1,
            2 => self.random.random_range(1..3),
            _ => self.random.random_range(-600..0),
        };
        Some(submitted_on.saturating_add(SignedDuration::from_hours(24 * days)))
    }

    fn measure(&mut self, limited: bool, purchased_on: Date) -> String {
        if !self.random.random_bool(if limited { 0.9 } else { 0.3 }) {
            return "null".to_owned();
        }
        let number = if self.one_in(2) { self.pick(&[2, 4, 6], 2) } else { self.random.random_range(1..=6) };
        let ended_on = match self.random.random_range(0..6) {
            0 => -1,
            1 => 0,
            2 => 1,
            3 => self.random.random_range(-400..400),
            _ => return format!("{{\"number\":{number},\"ended_on\":null}}"),
        };
        let ended_on = purchased_on.saturating_add(SignedDuration::from_hours(24 * ended_on));
        format!("{{\"number\":{number},\"ended_on\":\"{ended_on}\"}}")
    }

    /// A code that is taken: a check digit that holds, or one that cannot be called wrong.
    fn institution_code(&mut self, kind: &str) -> String {
        let prefecture: u8 =
            if self.one_in(3) { self.random.random_range(11..=14) } else { self.random.random_range(1..=47) };
        let prefecture = if self.one_in(10) { prefecture + 50 } else { prefecture };
        let fee_table: u8 = if self.one_in(20) {
            self.random.random_range(0..=6)
        } else if kind.ends_with("pharmacy") {
            4
        } else {
            self.pick(&[1, 1, 1, 3], 1)
        };
        let mut digits = vec![prefecture / 10, prefecture % 10, fee_table];
        digits.extend((0..6).map(|_| self.random.random_range(0..10u8)));
        let (ten, seven) = (check_digit(&digits), check_digit(&digits[3..]));
        let last = match (counts_seven(&digits), fee_table) {
            (true, 1) => seven,
            (false, 1 | 3 | 4) => ten,
            _ if self.one_in(4) => self.random.random_range(0..10),
            _ => self.pick(&[ten, seven], ten),
        };
        digits.push(last);
        digits.into_iter().map(|digit| char::from(b'0' + digit)).collect()
    }

    /// Up to eight expenses, in any order.
    fn expenses(&mut self) -> String {
        let mut expenses: Vec<(&str, i64)> = Vec::new();
        let mut left = YEN_MAX;
        for category in CATEGORIES {
            if !self.random.random_bool(if category == "other" { 0.2 } else { 0.55 }) {
                continue;
            }
            let sum = self.amount().min(left);
            left -= sum;
            // A ceiling is for the sum of a category, however many lines it has.
            if self.one_in(3) {
                let part = self.random.random_range(0..=sum);
                expenses.extend([(category, part), (category, sum - part)]);
            } else {
                expenses.push((category, sum));
            }
        }
        expenses.shuffle(&mut self.random);
        let written: Vec<String> = expenses
            .into_iter()
            .map(|(category, yen)| format!("{{\"category\":\"{category}\",\"amount_yen\":{yen}}}"))
            .collect();
        written.join(",")
    }

    fn amount(&mut self) -> i64 {
        match self.random.random_range(0..20) {
            0 => 0,
            1 => self.random.random_range(1..10),
            2 => self.random.random_range(1_000_000..YEN_MAX / 10),
            3 => YEN_MAX,
            4..9 => self.random.random_range(0..1_000_000),
            9..13 => self.random.random_range(0..100_000),
            _ => self.pick(&TURNING_YEN, 41_000) + self.random.random_range(-2..=2),
        }
    }

    fn documents(&mut self) -> String {
        let mut documents = vec!["receipt", "itemization"];
        if self.one_in(5) {
            documents.retain(|_| self.random.random_bool(0.5));
        }
        if self.one_in(5) {
            let more = self.random.random_range(1..4);
            documents.extend((0..more).map(|_| self.random.random_range(0..DOCUMENTS.len())).map(|i| DOCUMENTS[i]));
        }
        documents.shuffle(&mut self.random);
        quoted(&documents)
    }

    fn earlier_grants(&mut self) -> String {
        let how_many = if self.one_in(5) { self.random.random_range(1..4) } else { 0 };
        let granted: Vec<&str> = (0..how_many).map(|_| self.pick(&PROGRAMMES, "home-consent")).collect();
        quoted(&granted)
    }

    /// What the facility asks for: nothing, what it will get, a yen beside it, or anything.
    fn asked(&mut self, line: &str) -> String {
        let computed = decide(&format!("{line}}}")).map_or(0, |answer| answer.computed_yen);
        match self.random.random_range(0..5) {
            0 => "null".to_owned(),
            1 => (computed + 1).to_string(),
            2 => (computed - 1).max(0).to_string(),
            3 => self.random.random_range(0..YEN_MAX).to_string(),
            _ => computed.to_string(),
        }
    }
}

impl Iterator for RandomFacts {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        Some(self.line())
    }
}

fn quoted(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(",")
}
