//! Business days in Japan, from the Cabinet Office's list of national holidays (`data/holidays.csv`).
//!
//! The equinoxes are fixed only in the year before, and an act may move holidays (as for the games of 2021), so days
//! beyond the list are refused instead of guessed.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// `YYYY-MM-DD,name` a line; 内閣府「国民の祝日について」, see `data/README.md`.
const HOLIDAYS: &str = include_str!("../data/holidays.csv");

static NATIONAL_HOLIDAYS: LazyLock<BTreeSet<Date>> = LazyLock::new(|| {
    HOLIDAYS
        .lines()
        // The file is part of the program and a test reads every line of it.
        .map(|line| line.split(',').next().and_then(|day| day.parse().ok()).expect("holidays.csv: a day at each line"))
        .collect()
});

/// The first and last day that the list covers.
const FIRST: Date = date(1955, 1, 1);
const LAST: Date = date(2027, 12, 31);

/// Whose closing days count beside weekends and national holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// Public offices: also closed from 29 December to 3 January (行政機関の休日に関する法律).
    Office,
    /// Banks: also closed from 31 December to 3 January (銀行法施行令).
    Bank,
}

/// A day that the list of holidays does not cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "found {day}, expected a day from {FIRST} to {LAST}: the list of national holidays ends there; a newer list of the Cabinet Office is needed"
)]
pub struct BusinessDayError {
    /// The day.
    pub day: Date,
}

impl Calendar {
    /// Whether `day` is a business day.
    pub fn is_open(self, day: Date) -> Result<bool, BusinessDayError> {
        if !(FIRST..=LAST).contains(&day) {
            return Err(BusinessDayError { day });
        }
        let first_closed_in_december = match self {
            Calendar::Office => 29,
            Calendar::Bank => 31,
        };
        let year_end =
            (day.month() == 12 && day.day() >= first_closed_in_december) || (day.month() == 1 && day.day() <= 3);
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(!weekend && !year_end && !NATIONAL_HOLIDAYS.contains(&day))
    }

    /// `day` itself if open, else the next open day.
    pub fn on_or_after(self, day: Date) -> Result<Date, BusinessDayError> {
        self.walk(day, 1)
    }

    /// `day` itself if open, else the last open day before it.
    pub fn on_or_before(self, day: Date) -> Result<Date, BusinessDayError> {
        self.walk(day, -1)
    }

    fn walk(self, mut day: Date, step: i64) -> Result<Date, BusinessDayError> {
        while !self.is_open(day)? {
            day = day.saturating_add(step.days());
        }
        Ok(day)
    }

    /// The last business day of the month of `day`.
    pub fn last_of_month(self, day: Date) -> Result<Date, BusinessDayError> {
        self.on_or_before(day.last_of_month())
    }

    /// The last business day of the month after that of `day`: when what was approved in a month is paid.
    pub fn last_of_next_month(self, day: Date) -> Result<Date, BusinessDayError> {
        self.last_of_month(day.first_of_month().saturating_add(1.month()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert_eq!(NATIONAL_HOLIDAYS.len(), HOLIDAYS.lines().count());
        for year in FIRST.year()..=LAST.year() {
            let count = NATIONAL_HOLIDAYS.iter().filter(|day| day.year() == year).count();
            assert!((9..=25).contains(&count), "{year}: {count}");
        }
    }

    #[test]
    fn the_games_of_2021_moved_three_holidays() {
        // A calendar without the act of 2020 has 2021-10-11 closed and breaks a row of the table in domain.md 1.3.1.
        for (day, open) in [
            (date(2021, 10, 11), true),
            (date(2021, 7, 19), true),
            (date(2021, 7, 22), false),
            (date(2021, 7, 23), false),
            (date(2021, 8, 9), false),
            (date(2021, 8, 11), true),
        ] {
            assert_eq!(Calendar::Office.is_open(day), Ok(open), "{day}");
        }
    }

    #[test]
    fn offices_and_banks_close_on_different_days_at_the_end_of_the_year() {
        for (day, office, bank) in [
            (date(2025, 12, 28), false, false),
            (date(2025, 12, 29), false, true),
            (date(2025, 12, 30), false, true),
            (date(2025, 12, 31), false, false),
            (date(2026, 1, 2), false, false),
            (date(2026, 1, 5), true, true),
        ] {
            assert_eq!(Calendar::Office.is_open(day), Ok(office), "{day}");
            assert_eq!(Calendar::Bank.is_open(day), Ok(bank), "{day}");
        }
    }

    #[test]
    fn payment_falls_on_the_last_business_day_of_the_next_month() {
        for (approved, paid) in [
            (date(2025, 12, 20), date(2026, 1, 30)),
            (date(2026, 1, 31), date(2026, 2, 27)),
            (date(2025, 11, 1), date(2025, 12, 30)),
            (date(2026, 4, 30), date(2026, 5, 29)),
        ] {
            assert_eq!(Calendar::Bank.last_of_next_month(approved), Ok(paid), "{approved}");
        }
    }

    #[test]
    fn beyond_the_list_nothing_is_guessed() {
        assert!(Calendar::Office.is_open(date(2028, 1, 4)).is_err());
        assert!(Calendar::Bank.last_of_next_month(date(2027, 12, 1)).is_err());
        assert!(Calendar::Office.is_open(date(1954, 12, 31)).is_err());
    }
}
