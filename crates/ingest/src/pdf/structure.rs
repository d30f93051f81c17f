//! The structure of a PDF before it is drawn: passwords, pages, and what its streams inflate to.

use crate::limits::Limits;
use claim::{Problem, ProblemCode};
use lopdf::{DecompressError, Document, LoadOptions, Object};

/// Why a PDF is not read, or not by this reader.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nobody should read on.
    Final(Problem),
    /// Its structure is broken; a reader that mends may still find its pages.
    Damaged(String),
}

/// Looks at the structure with limits on everything that inflates. The reader that draws has no such limits: eleven
/// kilobytes of doubly compressed content would bring it down.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let most = usize::try_from(limits.inflated_bytes).unwrap_or(usize::MAX);
    let document = Document::load_mem_with_options(bytes, LoadOptions::with_max_decompressed_size(most))
        .map_err(|error| refusal(&error, limits))?;
    if document.is_encrypted() {
        // One with an empty user password was opened by loading it.
        return Err(Refusal::Final(Problem::new(ProblemCode::Encrypted)));
    }
    if document.objects.len() > limits.pdf_objects as usize {
        return Err(Refusal::Final(
            Problem::new(ProblemCode::TooLarge)
                .with("found", format!("{} objects", document.objects.len()))
                .with("expected", format!("{} objects", limits.pdf_objects)),
        ));
    }
    let pages = document.page_iter().take(limits.pages as usize + 1).count();
    if pages > limits.pages as usize {
        // Counted to the end only to say it.
        return Err(Refusal::Final(too_many_pages(document.page_iter().take(100_000).count(), limits)));
    }
    weigh(&document, limits)
}

/// What all streams of content (pages, forms, fonts, everything but pictures) inflate to. Pictures are weighed by their
/// width and height where they are drawn.
fn weigh(document: &Document, limits: &Limits) -> Result<(), Refusal> {
    let mut left = usize::try_from(limits.inflated_bytes).unwrap_or(usize::MAX);
    for object in document.objects.values() {
        let Object::Stream(stream) = object else { continue };
        let is_picture = stream.dict.get(b"Subtype").is_ok_and(|subtype| matches!(subtype.as_name(), Ok(b"Image")));
        if is_picture {
            continue;
        }
        match stream.get_plain_content_with_limit(left) {
            Ok(content) => left = left.saturating_sub(content.len()),
            Err(lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => {
                return Err(Refusal::Final(inflates(limits)));
            }
            // One broken stream is a font or a page that will not show; the others stand.
            Err(_) => {}
        }
        if left == 0 {
            return Err(Refusal::Final(inflates(limits)));
        }
    }
    Ok(())
}

fn refusal(error: &lopdf::Error, limits: &Limits) -> Refusal {
    match error {
        lopdf::Error::InvalidPassword => Refusal::Final(Problem::new(ProblemCode::Encrypted)),
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => Refusal::Final(inflates(limits)),
        error => Refusal::Damaged(error.to_string()),
    }
}

pub(super) fn too_many_pages(found: usize, limits: &Limits) -> Problem {
    Problem::new(ProblemCode::TooManyPages)
        .with("found", i64::try_from(found).unwrap_or(i64::MAX))
        .with("expected", limits.pages)
}

fn inflates(limits: &Limits) -> Problem {
    let mib = limits.inflated_bytes / (1024 * 1024);
    Problem::new(ProblemCode::TooLarge).with("found", format!("> {mib} MiB")).with("expected", format!("{mib} MiB"))
}
