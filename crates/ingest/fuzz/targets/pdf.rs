//! PDF.

#![no_main]
libfuzzer_sys::fuzz_target!(
    init: ingest_fuzz::only_our_panics_are_crashes(),
    |data: &[u8]| ingest_fuzz::calmly(|| ingest::fuzzing::pdf(data))
);
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    ingest_fuzz::mutate_pdf(data, size, most, seed)
});
