//! The rules through their door: sums, findings, facts from outside, programme files, dossiers, properties.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod cases;
mod dossiers;
mod facts_lines;
mod findings;
mod products;
mod programme_files;
mod properties;
mod sums;
