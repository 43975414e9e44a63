#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod admit;
mod answer;
mod audio;
mod auth;
mod chat;
mod chunks;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
mod control;
mod document;
mod enter;
mod failure;
mod fault;
mod image;
mod journal;
mod media;
mod models;
pub mod openapi;
mod sample;
mod scenario;
mod server;
mod socket;
mod sound;
mod state;
mod text;
mod video;

pub use auth::Key;
pub use fault::Fault;
pub use journal::Entry;
pub use scenario::Scenario;
pub use server::{Builder, Emulator};
