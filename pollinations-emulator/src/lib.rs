#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod account;
mod answer;
mod audio;
mod auth;
mod chat;
mod chunks;
mod clock;
mod enter;
mod failure;
mod image;
mod media;
mod models;
mod sample;
mod server;
mod state;
mod text;

pub use server::{Builder, Emulator};
