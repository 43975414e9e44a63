#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

// The modules are stacked in floors. Imports only point to a lower floor:
//
//   cli                  the command line program
//   server               starts and stops an emulator, accepts connections
//   api                  the operations, with a room for each group
//   gate                 the middleware: keys, validation, coalescing, errors
//   answer, state        makes the content of answers; keeps the state of an emulator
//   fault, journal       faults on request; the requests so far
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
    app::App,
    key::Key,
    openapi,
    refusal::{Refusal, Refusals},
};
pub use fault::Fault;
pub use journal::Entry;
pub use server::{Builder, Emulator, Scenario};
