//! What people see of any document.

#![no_main]
libfuzzer_sys::fuzz_target!(
    init: ingest_fuzz::only_our_panics_are_crashes(),
    |data: &[u8]| ingest_fuzz::calmly(|| ingest::fuzzing::view(data))
);
