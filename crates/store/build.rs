//! Tells cargo that the embedded migrations lie outside this crate's folder.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
