//! What one document may cost: bytes, pages, pixels, cells, memory and time, and how strict the sandbox is.

use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;
use std::time::Duration;

/// What one document may cost. The numbers are far above any receipt or itemization (a few pages, a few megabytes) and
/// far below what hurts a worker. They travel to the reader process with the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a file. 20 MiB holds a 30 page scan at 300 dpi in grey.
    pub file_bytes: u64,
    /// Pages of a PDF or TIFF, and sheets of a workbook.
    pub pages: u32,
    /// Pixels of one page or picture, before and after decoding. 60 million holds A4 at 600 dpi (35 million) and the
    /// photos of today's phones (50 million); a byte of grey each, a few copies of it stay within `memory_bytes`.
    pub pixels_per_page: u64,
    /// Pixels of all pages of a document together, as far as they are recognised.
    pub pixels_in_all: u64,
    /// Pixels of a page that is drawn (not embedded as one picture) for recognition: A4 at 300 dpi is 8.7 million.
    pub drawn_pixels: u64,
    /// Pixels of a picture that people look at. A4 at 144 dpi, two pixels a point, is 2.0 million.
    pub view_pixels: u64,
    /// Rows and cells of a sheet that people look at; what is beyond is counted.
    pub view_rows: u32,
    /// See `view_rows`. Empty cells before the last one of a row count.
    pub view_cells: u32,
    /// Characters of a sheet that people look at.
    pub view_characters: u32,
    /// Glyphs of one page of text. A full page of small print has about 5,000.
    pub glyphs_per_page: u32,
    /// Steps in which all pages of a PDF are drawn: operators and characters, those of a form as often as it is drawn. A
    /// full page has about 10,000. They are counted before anything is drawn; renderers take a second for a million.
    pub drawing_steps: u32,
    /// Cells of a workbook or CSV, empty ones within the rows included.
    pub cells: u32,
    /// Rows of one sheet.
    pub rows: u32,
    /// Columns of one sheet.
    pub columns: u32,
    /// Characters of one cell. Excel itself allows 32,767.
    pub cell_characters: u32,
    /// What all parts of a workbook may inflate to, and all streams of a PDF but its pictures, each of which has what its
    /// width and height account for.
    pub inflated_bytes: u64,
    /// How many objects a PDF may have. Counted when they are loaded; until then `memory_bytes` bounds them.
    pub pdf_objects: u32,
    /// How many processes recognise at once, of all documents together; as many as there are processors unless it is set.
    /// Each takes the time of one and 100 to 320 MB.
    pub recognising: Option<NonZeroU16>,
    /// Wall time for one document that is recognised, in milliseconds; the parent ends its processes at it. Where several
    /// recognise pages of it at once, their times are added up. A machine under load gives a process half a core.
    pub wall_ms: u64,
    /// CPU time of a process that recognises, in seconds (`RLIMIT_CPU`). A scanned page takes about 2 s in two models, so
    /// 30 of them fit.
    pub cpu_seconds: u64,
    /// Wall time for one document up to recognition, in milliseconds: opening, drawing, finding fields in text. It takes
    /// milliseconds; what takes longer than this is meant to.
    pub parse_ms: u64,
    /// Address space of the reader process in bytes (`RLIMIT_AS`). Recognition needs 100 to 320 MB.
    pub memory_bytes: u64,
    /// Bytes of the answer that the parent takes from the reader process.
    pub answer_bytes: u64,
    /// Whether reading goes on when the kernel lacks a part of the sandbox.
    pub sandbox: SandboxPolicy,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Limits {
            file_bytes: 20 * MIB,
            pages: 30,
            pixels_per_page: 60_000_000,
            pixels_in_all: 300_000_000,
            drawn_pixels: 9_000_000,
            view_pixels: 2_100_000,
            view_rows: 2_000,
            view_cells: 20_000,
            view_characters: 400_000,
            glyphs_per_page: 50_000,
            drawing_steps: 1_000_000,
            cells: 500_000,
            rows: 20_000,
            columns: 256,
            cell_characters: 32_767,
            inflated_bytes: 64 * MIB,
            pdf_objects: 100_000,
            recognising: None,
            wall_ms: 120_000,
            cpu_seconds: 90,
            parse_ms: 30_000,
            memory_bytes: 1024 * MIB,
            answer_bytes: 8 * MIB,
            sandbox: SandboxPolicy::Warn,
        }
    }
}

impl Limits {
    /// The wall time for one document.
    pub fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms)
    }

    /// The same limits with no more time than this.
    pub(crate) fn within(self, most: Duration) -> Limits {
        let most_ms = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Limits {
            wall_ms: self.wall_ms.min(most_ms),
            cpu_seconds: self.cpu_seconds.min(most_ms.div_ceil(1000).max(1)),
            ..self
        }
    }

    /// The same limits for a process that does not recognise.
    pub(crate) fn of_parsing(&self) -> Limits {
        Limits {
            wall_ms: self.wall_ms.min(self.parse_ms),
            cpu_seconds: self.cpu_seconds.min(self.parse_ms.div_ceil(1000)),
            ..self.clone()
        }
    }
}

/// What to do where the kernel lacks a part of the sandbox (Landlock is often not switched on in containers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SandboxPolicy {
    /// Go on without Landlock, or with the part of it that the kernel has: a process of its own, its limits and the filter
    /// of system calls remain. Without that filter nothing is read under any policy. Whoever starts the reader says so
    /// once, from [`crate::SandboxStatus`].
    #[default]
    Warn,
    /// Read nothing unless the kernel has all of it.
    Refuse,
}
