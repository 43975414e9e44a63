//! See `pollinations_tests::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pollinations_tests::fuzz::run("models", bytes));
