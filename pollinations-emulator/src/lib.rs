#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod audio;
mod auth;
mod chat;
mod clock;
mod failure;
mod image;
mod media;
mod models;
mod server;
mod state;
mod text;

pub use server::{Builder, Emulator};
