//! The command `kofu`.
fn main() {}
