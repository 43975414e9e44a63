//! What the tests of the workspace share.

#![forbid(unsafe_code)]

pub mod contract;
mod document;
pub mod fuzz;
mod recorder;
mod script;
mod upstream;

pub use document::Document;
pub use recorder::{Recorded, Recorder};
pub use script::{Script, Step, Then};
pub use upstream::upstream;

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
