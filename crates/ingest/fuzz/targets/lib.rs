//! What all targets share: which panics are defects, and mutations that reach what is packed.

use libfuzzer_sys::fuzzer_mutate;
use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Lets panics of other people's parsers unwind, as the reader process does, which makes a typed problem of them. A panic
/// in our own code, or in the standard library where it does not say who called, stays what the fuzzer's own hook makes of
/// it: a crash. To be called once, after that hook was set.
pub fn only_our_panics_are_crashes() {
    let fuzzers = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Dependencies lie in a folder of the registry, under cargo's home.
        let theirs = panic.location().is_some_and(|place| place.file().contains("/registry/src/"));
        if theirs {
            if let Some(place) = panic.location().filter(|_| std::env::var_os("SHOW_PANICS").is_some()) {
                eprintln!("panic of a library at {place}");
            }
        } else {
            fuzzers(panic);
        }
    }));
}

/// Calls `read` as the reader process does: a panic that gets here was let pass above.
pub fn calmly(read: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(read));
}

/// Mutates one part of a zip and packs it again, not deflated and with a right checksum, without which no mutation would
/// get past the archive. What is no zip, and now and then one that is, is mutated as it stands.
pub fn mutate_zip(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    if seed % 16 == 0 {
        return fuzzer_mutate(data, size, most);
    }
    match packed_anew(&data[..size], most, seed) {
        Some(bytes) if bytes.len() <= most && bytes.len() <= data.len() => {
            data[..bytes.len()].copy_from_slice(&bytes);
            bytes.len()
        }
        _ => fuzzer_mutate(data, size, most),
    }
}

fn packed_anew(bytes: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut parts = Vec::new();
    for index in 0..archive.len().min(32) {
        let part = archive.by_index(index).ok()?;
        let name = part.name().ok()?.into_owned();
        let mut content = Vec::new();
        // A bomb is mutated as it stands.
        part.take(most as u64 + 1).read_to_end(&mut content).ok().filter(|read| *read <= most)?;
        parts.push((name, content));
    }
    let count = parts.len();
    let (_, content) = parts.get_mut((seed as usize / 16).checked_rem(count)?)?;
    let length = content.len();
    content.resize(length + 64, 0);
    let length = fuzzer_mutate(content, length, length + 64);
    content.truncate(length);
    let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        packed.start_file(name, stored).ok()?;
        packed.write_all(&content).ok()?;
    }
    Some(packed.finish().ok()?.into_inner())
}

/// Mutates a PDF; now and then its streams are unpacked first, so that later mutations reach what they say.
pub fn mutate_pdf(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    if seed % 256 == 0
        && let Ok(bytes) = catch_unwind(AssertUnwindSafe(|| unpacked(&data[..size])))
        && let Some(bytes) = bytes.filter(|bytes| bytes.len() <= most && bytes.len() <= data.len())
    {
        data[..bytes.len()].copy_from_slice(&bytes);
        return fuzzer_mutate(data, bytes.len(), most);
    }
    fuzzer_mutate(data, size, most)
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = lopdf::LoadOptions::with_max_decompressed_size(1 << 20);
    let mut document = lopdf::Document::load_mem_with_options(bytes, limits).ok()?;
    if document.is_encrypted() {
        return None;
    }
    document.decompress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).ok()?;
    Some(bytes)
}
