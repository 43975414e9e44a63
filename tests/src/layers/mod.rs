//! Checks the layers of a crate: an import may only point down, never up or sideways, and never forms a cycle.
//!
//! [`Sources`] finds out which file imports which. [`Plan`] says where each file belongs, and finds the imports that
//! violate it.

mod plan;
mod sources;
#[cfg(test)]
mod tests;

pub use plan::{Pair, Plan};
pub use sources::{Import, Sources};
