//! What people see of a page of a document beside what was read from it: made by the reader process, and kept for a while,
//! because a page is asked for as a picture and once more for its size.

use crate::{Office, OfficeError, Told};
use claim::Sha256;
use ingest::View;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How many documents are read or drawn at once for people who wait: each takes a process with memory of its own.
const AT_ONCE: usize = 3;
/// How many uploads are in memory at once, each with at most its limit; those that are still coming are on the disk.
const STORING_AT_ONCE: usize = 4;
/// The most bytes of pages that are kept.
const KEPT_BYTES_MOST: usize = 96 * 1024 * 1024;

/// Pages that were seen lately, the last one first.
#[derive(Debug)]
pub(crate) struct Desk {
    seats: Semaphore,
    pub(crate) storing: Semaphore,
    seen: Mutex<VecDeque<Seen>>,
}

#[derive(Debug)]
struct Seen {
    sha256: Sha256,
    page: u32,
    bytes: usize,
    view: Arc<View>,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk { seats: Semaphore::new(AT_ONCE), storing: Semaphore::new(STORING_AT_ONCE), seen: Mutex::default() }
    }

    fn known(&self, sha256: &Sha256, page: u32) -> Option<Arc<View>> {
        // A list of whole values: a panic elsewhere leaves it as it was.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let at = seen.iter().position(|one| one.sha256 == *sha256 && one.page == page)?;
        let one = seen.remove(at)?;
        let view = Arc::clone(&one.view);
        seen.push_front(one);
        Some(view)
    }

    fn keep(&self, sha256: Sha256, page: u32, view: &Arc<View>) {
        let bytes = match &**view {
            View::Picture(picture) => picture.bytes.len(),
            View::Table(table) => {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                cells.map(|cell| cell.text.len() + size_of_val(cell)).sum()
            }
            View::NoSuchPage { .. } => 0,
            // It may be the machine that was too slow.
            View::Unreadable(_) => return,
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|one| one.sha256 != sha256 || one.page != page);
        seen.push_front(Seen { sha256, page, bytes, view: Arc::clone(view) });
        let mut sum = 0;
        let fits = seen.iter().position(|one| {
            sum += one.bytes;
            sum > KEPT_BYTES_MOST
        });
        if let Some(fits) = fits {
            seen.truncate(fits);
        }
    }

    /// Waits until there is room for one more process.
    pub(crate) async fn seat(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // It is never closed.
        self.seats.acquire().await.ok()
    }
}

impl Office {
    /// A page of a stored document (from 1), or a sheet of it, in the units and names of what was read from it.
    pub async fn page(&self, sha256: &Sha256, page: u32) -> Result<Arc<View>, OfficeError> {
        if let Some(view) = self.desk.known(sha256, page) {
            return Ok(view);
        }
        let _seat = self.desk.seat().await;
        // Somebody else may have asked for it while this one waited.
        if let Some(view) = self.desk.known(sha256, page) {
            return Ok(view);
        }
        let bytes = self.store.document(sha256).await?;
        let view = self.reader.view(&bytes, page).await.map_err(|error| {
            Told::new(
                "ただいま書類を表示できません。しばらくしてから、もう一度お試しください。",
                "the document cannot be shown now; try again in a while",
            )
            .coded("reader")
            .because(error)
        })?;
        let view = Arc::new(view);
        self.desk.keep(*sha256, page, &view);
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_seen_last_are_kept_and_no_more_than_there_is_room_for() {
        let desk = Desk::new();
        let view = |bytes: usize| {
            Arc::new(View::Picture(ingest::Picture {
                page: 1,
                pages: 1,
                width: 1.0,
                height: 1.0,
                width_px: 1,
                height_px: 1,
                format: ingest::PictureFormat::Png,
                lacks_font: false,
                bytes: vec![0; bytes],
            }))
        };
        let (a, b, c) = (Sha256([1; 32]), Sha256([2; 32]), Sha256([3; 32]));
        let half = KEPT_BYTES_MOST / 2;
        desk.keep(a, 1, &view(half));
        desk.keep(b, 1, &view(half));
        assert!(desk.known(&a, 1).is_some() && desk.known(&a, 2).is_none());
        desk.keep(c, 1, &view(1));
        assert!(desk.known(&b, 1).is_none(), "the one that was looked at longest ago goes");
        assert!(desk.known(&a, 1).is_some() && desk.known(&c, 1).is_some());
        desk.keep(b, 1, &Arc::new(View::Unreadable(claim::Problem::new(claim::ProblemCode::TimedOut))));
        assert!(desk.known(&b, 1).is_none(), "what the machine was too slow for may go well the next time");
    }
}
