//! See `pollinations_tests::fuzz`.
#![no_main]

// The comparison catches the panics of a crate below it, at which libFuzzer would stop. What is not caught still is
// one of ours.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| pollinations_tests::fuzz::run("drift", bytes)
);
