//! Institution codes that exist must never be refused, and a slip of the pen must be noticed.

use claim::{CheckDigit, InstitutionCode};

/// Codes of existing medical institutions of 46 prefectures, from the bureaus' published lists (`data/README.md`).
const CODES: &str = include_str!("../data/institution_codes.csv");

#[test]
fn every_published_code_is_valid_and_every_other_last_digit_is_not() {
    let mut count = 0;
    for code in CODES.lines().skip(1) {
        let parsed = InstitutionCode::parse(code).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parsed.check_digit(), CheckDigit::Valid, "{code}");
        for digit in '0'..='9' {
            let other = format!("{}{digit}", &code[..9]);
            if other != code {
                assert!(InstitutionCode::parse(&other).is_err(), "{other}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 690);
}

#[test]
fn two_neighbouring_digits_that_change_places_are_noticed() {
    // Except 0 and 9, which the rule cannot tell apart, and digits outside what the prefecture's rule covers.
    for code in CODES.lines().skip(1) {
        let legacy = ("11".."15").contains(&&code[..2]);
        for at in (if legacy { 3 } else { 5 })..8 {
            let (a, b) = (&code[at..=at], &code[at + 1..at + 2]);
            if a == b || matches!((a, b), ("0", "9") | ("9", "0")) {
                continue;
            }
            let swapped = format!("{}{b}{a}{}", &code[..at], &code[at + 2..]);
            assert!(InstitutionCode::parse(&swapped).is_err(), "{code} -> {swapped}");
        }
    }
}
