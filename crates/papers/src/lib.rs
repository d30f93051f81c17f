//! Draws invented papers and gives the files that they come as.
//!
//! ```text
//! template + data ─ Typst ─┬──────────────────────────────▶ PDF, born digital
//!                          └ pixels ─ scan, fax, photo ─┬─▶ PNG, JPEG, TIFF
//!                                                       └─▶ PDF of pictures
//! ```
//!
//! The samples and the bench of reading draw with it; the product does not know it. Everything comes from templates, data
//! and seeds: the same paper has the same bytes everywhere.

mod carriers;
mod pixels;
mod typesetting;

pub use carriers::{Carried, Drawer, Medium, Paper, Seal, scanned_pdf, tiff_of};
pub use pixels::{Photo, Scan};
pub use typesetting::Typesetter;
