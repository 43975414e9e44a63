//! Keeps the modules of a crate on floors: an import points down, never up or sideways, and never closes a circle.
//!
//! [`Sources`] reads which file imports which. [`Plan`] says which file belongs where, and finds the imports that do
//! not fit.

mod plan;
mod sources;
#[cfg(test)]
mod tests;

pub use plan::{Pair, Plan};
pub use sources::{Import, Sources};
