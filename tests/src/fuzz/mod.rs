//! The fuzz targets: what each does with arbitrary bytes, and which properties must hold.
//!
//! Each target is a function of bytes that panics when something does not hold. `cargo fuzz` runs them with bytes of its
//! own making (see `fuzz/`), and `tests/fuzz.rs` with the seeds and a fixed number of changes to them.

mod client;
mod sse;
mod xtask;

use std::{fs, path::PathBuf};

/// A function of bytes, and the name of its folder of seeds.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the fuzz target and of the folder of its seeds.
    pub name: &'static str,
    /// What is done with the bytes. Panics when something does not hold.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "sse", run: sse::run },
    Target { name: "byop_return", run: client::byop_return },
    Target { name: "error_body", run: client::error_body },
    Target { name: "models", run: client::models },
    Target { name: "chat_reply", run: client::chat_reply },
    Target { name: "normalize", run: xtask::normalize },
    Target { name: "drift", run: xtask::drift },
];

/// Does with the bytes what the target of this name does.
///
/// # Panics
///
/// When something does not hold, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(bytes);
}

/// The seeds of a target, by name.
///
/// # Panics
///
/// When there are none.
pub fn seeds(target: Target) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds")).join(target.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{} has no seeds", folder.display());
    seeds
}
