//! Tests of the decision log through its door.

#![allow(clippy::cast_possible_truncation, reason = "small numbers of a test's own")]

// cfg(test) tells clippy that the functions beside the tests are tests too, where unwrap is allowed.
#[cfg(test)]
mod checkpoints;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod tree;
