//! The structure of a PDF before it is drawn: passwords, pages, and what its streams inflate to.

use super::cost;
use crate::limits::Limits;
use claim::{Problem, ProblemCode};
use flate2::read::ZlibDecoder;
use lopdf::{DecompressError, Document, LoadOptions, Object, Stream};
use std::io::{self, Read};

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
    if has_many_filters(bytes) {
        return Err(Refusal::Final(too_large("filters", MOST_FILTERS.to_string())));
    }
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
    weigh(&document, limits)?;
    let steps = cost::of_pages(&document, limits.pages as usize, limits);
    if steps > u64::from(limits.drawing_steps) {
        let most = format!("{} drawing steps", limits.drawing_steps);
        return Err(Refusal::Final(too_large(&format!("> {most}"), most)));
    }
    Ok(())
}

/// Whether what all streams hold stays within its budgets. Streams of content (pages, forms, fonts) have one together;
/// a picture has what its width and height account for.
fn weigh(document: &Document, limits: &Limits) -> Result<(), Refusal> {
    let mut left = limits.inflated_bytes;
    for object in document.objects.values() {
        let Object::Stream(stream) = object else { continue };
        let packed = Packed::new(document, stream)
            .ok_or_else(|| Refusal::Final(too_large("filters", MOST_FILTERS.to_string())))?;
        if !is_picture(document, stream) {
            let weight = packed.weight(left).ok_or_else(|| Refusal::Final(inflates(limits)))?;
            left = left.saturating_sub(weight);
            continue;
        }
        let Some(pixels) = pixels(document, stream) else { continue };
        // One with too many pixels is a problem of its page, where it is not decoded.
        if pixels > limits.pixels_per_page {
            continue;
        }
        if packed.weight(pixels.saturating_mul(BYTES_PER_PIXEL).saturating_add(SLACK)).is_none() {
            return Err(Refusal::Final(too_large("a picture", format!("{pixels} px"))));
        }
        if packed.pixels_within().is_some_and(|within| within > limits.pixels_per_page) {
            return Err(Refusal::Final(too_large("a picture", format!("{} px", limits.pixels_per_page))));
        }
    }
    Ok(())
}

/// Bytes of one pixel: four colours and a bit more of 16 bits each.
const BYTES_PER_PIXEL: u64 = 10;
/// What writers append to the data of a picture.
const SLACK: u64 = 1024 * 1024;
/// More filters than anybody puts on one stream.
const MOST_FILTERS: usize = 8;

/// Whether a stream names more filters than anybody uses. Those of packed objects are unpacked when a document is loaded,
/// so this looks at the bytes before; each filter may take as long as the budget of bytes lasts.
fn has_many_filters(bytes: &[u8]) -> bool {
    const KEY: &[u8] = b"/Filter";
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'/') {
        rest = &rest[at..];
        let list = rest.strip_prefix(KEY).map(<[u8]>::trim_ascii_start).and_then(|list| list.strip_prefix(b"["));
        rest = &rest[1..];
        let Some(list) = list else { continue };
        let names = list.iter().take_while(|byte| **byte != b']').filter(|byte| **byte == b'/');
        if names.take(MOST_FILTERS + 1).count() > MOST_FILTERS {
            return true;
        }
    }
    false
}

fn is_picture(document: &Document, stream: &Stream) -> bool {
    let subtype = stream.dict.get(b"Subtype").and_then(|subtype| document.dereference(subtype));
    subtype.is_ok_and(|(_, subtype)| matches!(subtype.as_name(), Ok(b"Image")))
}

/// How many pixels a picture says it has.
fn pixels(document: &Document, stream: &Stream) -> Option<u64> {
    let side = |key: &[u8]| {
        let (_, side) = document.dereference(stream.dict.get(key).ok()?).ok()?;
        side.as_i64().ok().and_then(|side| u64::try_from(side).ok())
    };
    side(b"Width")?.checked_mul(side(b"Height")?)
}

/// What is packed in a stream, and how.
struct Packed<'a> {
    document: &'a Document,
    stream: &'a Stream,
    filters: Vec<&'a [u8]>,
}

impl<'a> Packed<'a> {
    /// `None` if there are more filters than anybody uses.
    fn new(document: &'a Document, stream: &'a Stream) -> Option<Self> {
        let resolved = |object: &'a Object| document.dereference(object).ok().map(|(_, object)| object);
        let filters = match stream.dict.get(b"Filter").ok().and_then(resolved) {
            Some(Object::Name(name)) => vec![name.as_slice()],
            Some(Object::Array(names)) if names.len() > MOST_FILTERS => return None,
            Some(Object::Array(names)) => names.iter().filter_map(|name| resolved(name)?.as_name().ok()).collect(),
            _ => Vec::new(),
        };
        Some(Packed { document, stream, filters })
    }

    /// What inflates first, as a stream: a bomb takes the time of its budget and no memory.
    fn inflated(&self) -> (Box<dyn Read + '_>, &[&'a [u8]]) {
        let flate = self.filters.iter().take_while(|filter| matches!(**filter, b"FlateDecode" | b"Fl")).count();
        let whole: Box<dyn Read + '_> = Box::new(self.stream.content.as_slice());
        let inflated = (0..flate).fold(whole, |packed, _| Box::new(ZlibDecoder::new(packed)) as Box<dyn Read + '_>);
        (inflated, &self.filters[flate..])
    }

    /// How many bytes come out; `None` if more than `most`. One broken stream is a font or a page that will not show, and
    /// what came out before it broke counts.
    fn weight(&self, most: u64) -> Option<u64> {
        let (inflated, rest) = self.inflated();
        let mut counter = Counter(0);
        let _ = io::copy(&mut inflated.take(most.saturating_add(1)), &mut counter);
        if counter.0 > most {
            return None;
        }
        // What else can be larger than what it is made of; formats of pictures are weighed by their pixels.
        if !rest.iter().any(|filter| matches!(*filter, b"LZWDecode" | b"LZW" | b"RunLengthDecode" | b"RL")) {
            return Some(counter.0);
        }
        match self.stream.get_plain_content_with_limit(usize::try_from(most).unwrap_or(usize::MAX)) {
            Ok(content) => Some(content.len() as u64),
            Err(lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => None,
            Err(_) => Some(counter.0),
        }
    }

    /// How many pixels the picture has by its own header, where its format has one: decoders believe that.
    fn pixels_within(&self) -> Option<u64> {
        // Before its size stand tables and a colour profile, if anything.
        const HEAD: u64 = 1024 * 1024;
        let (inflated, rest) = self.inflated();
        let format = rest.last()?;
        let mut head = Vec::new();
        let _ = inflated.take(HEAD).read_to_end(&mut head);
        match *format {
            b"DCTDecode" | b"DCT" => jpeg_pixels(&head),
            b"JPXDecode" => jpeg_2000_pixels(&head),
            b"CCITTFaxDecode" | b"CCF" => self.fax_pixels(),
            _ => None,
        }
    }

    fn fax_pixels(&self) -> Option<u64> {
        let resolved = |object| self.document.dereference(object).ok().map(|(_, object)| object);
        let parameters = self.stream.dict.get(b"DecodeParms").or_else(|_| self.stream.dict.get(b"DP")).ok();
        let parameters = match parameters.and_then(resolved)? {
            Object::Dictionary(parameters) => parameters,
            Object::Array(all) => all.last().and_then(resolved)?.as_dict().ok()?,
            _ => return None,
        };
        let side = |key: &[u8]| {
            let side = resolved(parameters.get(key).ok()?)?.as_i64().ok()?;
            u64::try_from(side).ok()
        };
        let rows = side(b"Rows").unwrap_or(0).max(pixels(self.document, self.stream)?.isqrt());
        side(b"Columns")?.checked_mul(rows).or(Some(u64::MAX))
    }
}

/// Counts what is written to it.
struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The largest frame that the markers of a JPEG tell of.
fn jpeg_pixels(bytes: &[u8]) -> Option<u64> {
    let mut at = 2;
    loop {
        let [0xff, marker, rest @ ..] = bytes.get(at..)? else {
            at += 1;
            continue;
        };
        match (marker, rest) {
            (0xff, _) => at += 1,
            (0x00 | 0x01 | 0xd0..=0xd9, _) => at += 2,
            // Frames but for DHT, JPG and DAC, which have numbers among theirs.
            (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, [_, _, _, h1, h2, w1, w2, ..]) => {
                return Some(u64::from(u16::from_be_bytes([*h1, *h2])) * u64::from(u16::from_be_bytes([*w1, *w2])));
            }
            (_, [high, low, ..]) => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return None,
        }
    }
}

/// What the header of a JPEG 2000 says, which follows its first marker.
fn jpeg_2000_pixels(bytes: &[u8]) -> Option<u64> {
    let start = bytes.windows(4).position(|window| window == [0xff, 0x4f, 0xff, 0x51])?;
    let number = |at: usize| {
        let four = bytes.get(start + at..start + at + 4)?;
        Some(u64::from(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
    };
    // Each side of the grid, without where the picture begins on it.
    let side = |end: usize, begin: usize| Some(number(end)?.saturating_sub(number(begin)?));
    side(8, 16)?.checked_mul(side(12, 20)?).or(Some(u64::MAX))
}

fn too_large(what: &str, expected: String) -> Problem {
    Problem::new(ProblemCode::TooLarge).with("found", what.to_owned()).with("expected", expected)
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
