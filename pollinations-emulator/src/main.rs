//! The emulator as a program.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use pollinations_emulator::cli;

/// A local stand-in for the pollinations.ai API.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  pollinations-emulator --port 4000\n  \
                  pollinations-emulator --port 4000 --balance 0.5 --scenario busy.json"
)]
struct Program {
    #[command(flatten)]
    arguments: cli::Arguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Program::parse().arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
