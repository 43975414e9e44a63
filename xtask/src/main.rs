//! `cargo xtask`: keeps the client in step with the service.

#![forbid(unsafe_code)]

use std::{
    io::{self, Write as _},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde_json::Value;
use xtask::{
    normalize::{self, Warning},
    overlay::Overlay,
    sync::{self, Source},
};

/// How many differences are printed before the rest is only counted.
const SHOWN: usize = 20;

/// Keeps the client in step with the pollinations.ai API.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes openapi.json from the upstream document: fetch, normalize, apply the overlay, write.
    #[command(after_help = "Examples:\n  cargo xtask sync\n  cargo xtask sync --file openapi-3.1.json --check")]
    Sync {
        /// Fetch the upstream document from this address instead of the live service.
        #[arg(long, conflicts_with = "file")]
        url: Option<String>,
        /// Read the upstream document from this file ('-' is standard input).
        #[arg(long)]
        file: Option<PathBuf>,
        /// Write nothing; exit with 1 if openapi.json would change.
        #[arg(long)]
        check: bool,
        /// The file to write or to compare with; openapi.json at the root of the workspace without it.
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Turns any OpenAPI 3.1 document into OpenAPI 3.0.3.
    #[command(after_help = "Example:\n  cargo xtask normalize openapi-3.1.json -o openapi-3.0.json")]
    Normalize {
        /// The document to read ('-' is standard input).
        input: PathBuf,
        /// The file to write; standard output without it, and for '-'.
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// An OpenAPI Overlay 1.0 document to apply to the result.
        #[arg(long)]
        overlay: Option<PathBuf>,
    },
    /// Runs the emulator on 127.0.0.1 until Ctrl-C.
    Emulate {
        /// The port to listen on; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Sync { url, file, check, output } => {
            let source = match (url, file) {
                (Some(url), _) => Source::Url(url),
                (None, Some(path)) => Source::File(path),
                (None, None) => Source::Live,
            };
            run_sync(&source, check, &output.unwrap_or_else(committed))
        }
        Command::Normalize { input, output, overlay } => run_normalize(&input, output.as_deref(), overlay.as_deref()),
        Command::Emulate { port } => run_emulator(port),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

/// The committed document, at the root of the workspace that xtask was built in.
fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json")
}

fn run_sync(source: &Source, check: bool, path: &Path) -> Result<ExitCode> {
    let built = sync::build(sync::load(source)?)?;
    print_warnings(&built.warnings);
    let name = path.file_name().unwrap_or(path.as_os_str()).display();
    let bytes = normalize::to_bytes(&built.document);
    let old = std::fs::read(path).ok();
    if old.as_deref() == Some(bytes.as_slice()) {
        println!("{name} is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    match old.as_deref().map(serde_json::from_slice::<Value>) {
        Some(Ok(old)) => print_differences(&sync::differences(&old, &built.document)),
        Some(Err(_)) => println!("{name} is not JSON"),
        None => println!("there is no {name} yet"),
    }
    if check {
        println!("{name} is out of date; run `cargo xtask sync` to rewrite it");
        return Ok(ExitCode::from(1));
    }
    sync::write(path, &bytes)?;
    println!("{name} written");
    Ok(ExitCode::SUCCESS)
}

fn print_differences(differences: &[String]) {
    if differences.is_empty() {
        println!("only the order or the white space differs");
    }
    for difference in differences.iter().take(SHOWN) {
        println!("{difference}");
    }
    if differences.len() > SHOWN {
        println!("… and {} more", differences.len() - SHOWN);
    }
}

fn print_warnings(warnings: &[Warning]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

fn run_normalize(input: &Path, output: Option<&Path>, overlay: Option<&Path>) -> Result<ExitCode> {
    let mut normalized = normalize::normalize(sync::read(input)?)?;
    if let Some(path) = overlay {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Overlay::parse(&text)?.apply(&mut normalized.document)?;
    }
    print_warnings(&normalized.warnings);
    let bytes = normalize::to_bytes(&normalized.document);
    match output {
        Some(path) if path != Path::new("-") => sync::write(path, &bytes)?,
        _ => io::stdout().lock().write_all(&bytes).context("cannot write to standard output")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn run_emulator(port: u16) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let emulator = pollinations_emulator::Emulator::builder()
            .port(port)
            .start()
            .await
            .with_context(|| format!("cannot listen on {}:{port}", Ipv4Addr::LOCALHOST))?;
        println!("emulator   {}", emulator.base_url());
        println!(
            "try        POLLINATIONS_BASE_URL={} POLLINATIONS_API_KEY=sk_test cargo run --example quickstart",
            emulator.base_url()
        );
        println!("Ctrl-C stops it");
        tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")?;
        emulator.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
