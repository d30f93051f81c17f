//! The pages as people use them: a real Chromium, driven by WebDriver, against `kofu demo --serve`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod life;
mod openid;
mod pages;
mod server;
