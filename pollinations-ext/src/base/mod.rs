//! Values and small tools that every other room builds on, and that know none of them.

pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod json;
pub(crate) mod link;
pub(crate) mod maybe_send;
pub(crate) mod progress;
pub(crate) mod reason;
pub mod sse;
pub(crate) mod time;
