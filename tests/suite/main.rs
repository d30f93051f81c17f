//! All whole-system tests.
