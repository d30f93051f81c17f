//! All whole-system tests in one binary.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod architecture;
mod assess;
mod bundles;
mod calendar;
mod decisions;
mod demo;
mod documentation;
mod drafts;
mod duplicates;
mod institution_codes;
mod itemizations;
mod kills;
mod log;
mod mail;
mod money;
mod office;
mod oracle;
mod products;
mod reading;
mod registers;
mod stores;
