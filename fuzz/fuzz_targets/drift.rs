//! See `pollinations_tests::fuzz`.
#![no_main]

// libFuzzer's own hook would stop at panics of a dependency that the comparison catches. With this hook, only panics
// that are not caught end the run.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| pollinations_tests::fuzz::run("drift", bytes)
);
