//! The command line program.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{
    Parser,
    builder::styling::{Style, Styles},
};
use pollinations_emulator::cli;

/// By default, clap shows a wrong argument in yellow, which is hard to read on white.
const STYLES: Styles = Styles::styled().invalid(Style::new().bold());

/// Run a local server that answers like the pollinations.ai API.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 80,
    styles = STYLES,
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
