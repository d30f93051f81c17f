//! The business-day code against the one table of dates that the ministry has published (domain facts: 令和3年 reception
//! numbers, S4): all fourteen rows.

use claim::{Calendar, parse_day, wareki_short};
use jiff::ToSpan;

/// 指定日, 発送日 of the reply, 提出期限 at the implementing body.
const ROWS: [(&str, &str, &str); 14] = [
    ("R3.3.1", "R3.2.10", "R3.2.15"),
    ("R3.4.1", "R3.3.10", "R3.3.15"),
    ("R3.5.1", "R3.4.12", "R3.4.16"),
    ("R3.6.1", "R3.5.10", "R3.5.17"),
    ("R3.7.1", "R3.6.10", "R3.6.15"),
    ("R3.8.1", "R3.7.12", "R3.7.16"),
    ("R3.9.1", "R3.8.10", "R3.8.16"),
    ("R3.10.1", "R3.9.10", "R3.9.15"),
    ("R3.11.1", "R3.10.11", "R3.10.18"),
    ("R3.12.1", "R3.11.10", "R3.11.15"),
    ("R4.1.1", "R3.12.10", "R3.12.15"),
    ("R4.2.1", "R4.1.11", "R4.1.17"),
    ("R4.3.1", "R4.2.10", "R4.2.15"),
    ("R4.4.1", "R4.3.10", "R4.3.15"),
];

#[test]
fn all_fourteen_rows_of_the_published_table_come_out() {
    let office = Calendar::Office;
    for (designated, sent, due) in ROWS {
        let month_before = parse_day(designated).unwrap().checked_sub(1.month()).unwrap();
        let tenth = month_before.with().day(10).build().unwrap();
        // Sent on the 10th, or the next open day; due on the 15th, or from the 16th on when the 10th was closed.
        let first_due = if office.is_open(tenth).unwrap() { 15 } else { 16 };
        let due_from = month_before.with().day(first_due).build().unwrap();
        assert_eq!(wareki_short(office.on_or_after(tenth).unwrap()), sent, "{designated}");
        assert_eq!(wareki_short(office.on_or_after(due_from).unwrap()), due, "{designated}");
    }
}
