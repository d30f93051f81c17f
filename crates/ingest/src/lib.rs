//! Reads receipts and itemizations: bytes in, reading out.
//!
//! ```text
//! Reader (parent) ──bytes──▶ child_main (sandbox) ──▶ read ──▶ sniff ─┬▶ pdf ──▶ pages ─┐
//!                                                                     ├▶ ocr ──▶ pages ─┼▶ fields ──▶ claim::Reading
//!                                                                     └▶ sheet ─▶ grids ┘
//! ```
//!
//! A document comes from anybody, and the parsers and the recognition that look at it are large. So [`Reader`] starts a
//! process for each document and lets it die: [`child_main`] gives up memory beyond a limit, time, the network, other
//! processes and nearly all files before it sees the first byte, then calls [`read`]. Whatever happens there, the parent
//! gets a [`claim::Reading`]: with fields, their places and confidences, or with problems that say what to do.
//!
//! [`Reader::view`] is the second door: what people see beside what was read, a page as a picture made anew from its pixels
//! or a sheet as cells, made in such a process too.
//!
//! What a file is, is told from its bytes, never from its name: PDF (text where it can be trusted, recognition where
//! not), PNG, JPEG, TIFF, WebP, BMP, XLSX, XLS, and CSV in UTF-8, UTF-16 with its mark, or CP932. What it may cost is in
//! [`Limits`], each with its reason.
//!
//! No database, no network, no clock. The only files read are Tesseract's language data.

#![allow(clippy::result_large_err, reason = "a problem ends the reading of a page or a document, so it is made once")]

mod child;
mod document;
mod fields;
#[cfg(fuzzing)]
pub mod fuzzing;
mod limits;
mod look;
#[cfg(test)]
#[path = "../tests/made/mod.rs"]
mod made;
mod ocr;
mod page;
mod pdf;
mod reader;
mod sandbox;
mod sheet;
mod sniff;
mod view;
mod zygote;

pub use child::child_main;
pub use document::read;
#[cfg(feature = "peers")]
pub use document::receipt_of_table;
pub use limits::{Limits, SandboxPolicy};
pub use reader::{Reader, ReaderError};
pub use sandbox::{Enforcement, Refused, Sandbox, SandboxStatus};
pub use view::{Column, Picture, PictureFormat, Row, Sheet, Table, TableCell, TableCellKind, View};
