#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// The modules are on floors, and an import only ever points down:
//
//   cli                  the program
//   server               starting and stopping, connections
//   api                  one room for each group of operations
//   gate                 what every request passes before and after its operation
//   answer, state        what makes the content of answers; what an emulator remembers
//   fault, journal       misbehaviour on request; the requests so far
//   base                 values: keys, failures, the document, the time

mod answer;
mod api;
mod base;
#[cfg(feature = "cli")]
pub mod cli;
mod fault;
mod gate;
mod journal;
mod server;
mod state;

pub use base::{
    key::Key,
    openapi,
    refusal::{Refusal, Refusals},
};
pub use fault::Fault;
pub use journal::Entry;
pub use server::{Builder, Emulator, Scenario};
