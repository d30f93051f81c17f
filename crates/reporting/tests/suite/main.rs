//! The features of the room, checked through its door.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails to unwrap has failed")]

mod notices;
mod payment_file;
mod payment_list;
mod product_list;
mod sample;
mod template;
mod transfer_file;
