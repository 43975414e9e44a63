//! What the tests of the workspace share.

#![forbid(unsafe_code)]

mod script;
mod upstream;

pub use script::{Script, Step};
pub use upstream::upstream;

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
