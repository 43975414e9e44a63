//! The spec pipeline of this workspace: from the upstream OpenAPI 3.1 document to the `openapi.json` that the client is
//! generated from.

#![forbid(unsafe_code)]

pub mod drift;
pub mod fetch;
pub mod normalize;
pub mod operations;
pub mod overlay;
mod overlays;
pub mod sync;
pub mod terminal;
pub mod words;
pub mod yaml;
