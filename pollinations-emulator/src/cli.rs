//! The command line program, for tests in any language.

use std::{fs, path::PathBuf};

use clap::Args;

use crate::{Emulator, Scenario};

/// The command line arguments.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Paid pollen to start with [default: 100]
    #[arg(long)]
    balance: Option<f64>,
    /// JSON file with balances, keys and faults to start with
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Do not log requests
    #[arg(long, short)]
    quiet: bool,
}

/// Runs an emulator until Ctrl-C or a termination signal. Prints its URL to standard output, and logs each request to
/// standard error.
///
/// # Errors
///
/// If the scenario cannot be read, or the port is in use.
pub async fn run(arguments: Arguments) -> Result<(), String> {
    let mut builder = Emulator::builder();
    if let Some(path) = &arguments.scenario {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let scenario: Scenario = serde_json::from_str(&text)
            .map_err(|error| format!("{} is not a valid scenario: {error}", path.display()))?;
        builder = builder.scenario(scenario);
    }
    if let Some(balance) = arguments.balance {
        builder = builder.balance(balance);
    }
    if !arguments.quiet {
        builder = builder.on_request(|entry| eprintln!("{entry}"));
    }
    let emulator = builder.port(arguments.port).start().await.map_err(|error| format!("cannot listen: {error}"))?;
    println!("{}", emulator.base_url());
    if !arguments.quiet {
        eprintln!("use any key, such as sk_test; press Ctrl-C to stop");
    }
    stopped().await;
    eprintln!("stopping");
    emulator.stop().await;
    Ok(())
}

/// Waits for Ctrl-C or a termination signal.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
