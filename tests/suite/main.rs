//! All whole-system tests in one binary.

mod architecture;
mod assess;
mod bundles;
mod calendar;
mod demo;
mod documentation;
mod institution_codes;
mod kills;
mod reading;
