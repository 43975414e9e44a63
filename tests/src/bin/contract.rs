//! The contract suite as a program: `cargo xtask contract`.

#![forbid(unsafe_code)]

use std::{env, io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use pollinations_ext::ApiKey;
use pollinations_tests::contract::{self, Document};
use xtask::terminal;

/// The indentation of the continuation lines of a finding.
const CONTINUED: usize = 10;

/// The API document at the time of the build.
const DOCUMENT: &str = include_str!("../../openapi.json");

/// Check that a server matches openapi.json, by calling every operation.
///
/// Set POLLINATIONS_API_KEY to a secret key and POLLINATIONS_PUBLISHABLE_KEY to a publishable one. Without them, checks
/// that need a key are skipped. The exit code is 0 if the server matches, 1 if it does not, and 2 if the suite could not
/// run.
#[derive(Parser)]
#[command(
    name = "cargo xtask contract",
    bin_name = "cargo xtask contract",
    max_term_width = 80,
    styles = terminal::STYLES,
    after_help = "Examples:\n  cargo xtask contract --base-url https://gen.pollinations.ai\n  \
                  cargo xtask contract --base-url http://127.0.0.1:4000 --spend all \\\n      \
                  --allow-changes --format junit"
)]
#[allow(rustdoc::bare_urls, reason = "the help shows plain URLs")]
struct Arguments {
    /// URL of the server, such as https://gen.pollinations.ai
    #[arg(long)]
    base_url: String,
    /// URL of its media service [default: the base URL; for the live service, https://media.pollinations.ai]
    #[arg(long)]
    media_url: Option<String>,
    /// The cost that you allow
    #[arg(long, value_enum, default_value_t = Spend::None)]
    spend: Spend,
    /// Let the suite change the account: it creates keys, agents, models and connections, and deletes them at the end
    #[arg(long)]
    allow_changes: bool,
    /// The format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The checks to run, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    aspects: Vec<Aspect>,
    /// IDs of the operations to check, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    operations: Vec<String>,
    /// Write all requests and responses to this folder, without keys and names
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

/// The cost of a run.
#[derive(Clone, Copy, ValueEnum)]
enum Spend {
    /// Free operations: lists, the account, invalid requests
    None,
    /// Also short texts and uploads
    Cheap,
    /// Also images, video and audio
    All,
}

/// A kind of check.
#[derive(Clone, Copy, ValueEnum)]
enum Aspect {
    /// Responses match the document
    Answer,
    /// Streams match the document
    Stream,
    /// Responses have the requested content
    Content,
    /// Keys are accepted in the header and in the query
    Keys,
    /// Invalid requests return the right error
    Refusal,
}

/// The format of a report.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table
    Text,
    /// JSON, for scripts
    Json,
    /// JUnit XML, for CI systems
    Junit,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // If standard error is closed, the exit code still reports the error.
            let _ = terminal::message("error", &error);
            ExitCode::from(2)
        }
    }
}

/// Runs the suite. Returns whether the server matches the document.
async fn run(arguments: &Arguments) -> Result<bool, String> {
    let document = Document::parse(DOCUMENT)?;
    let settings = contract::Settings {
        base_url: arguments.base_url.clone(),
        media_url: arguments.media_url.clone().or_else(|| media_url(&arguments.base_url)),
        spend: match arguments.spend {
            Spend::None => contract::Spend::None,
            Spend::Cheap => contract::Spend::Cheap,
            Spend::All => contract::Spend::All,
        },
        allow_changes: arguments.allow_changes,
        aspects: aspects(&arguments.aspects),
        operations: arguments.operations.clone(),
        key: key("POLLINATIONS_API_KEY")?,
        publishable_key: key("POLLINATIONS_PUBLISHABLE_KEY")?,
    };
    let format = match arguments.format {
        Format::Text => contract::Format::Text,
        Format::Json => contract::Format::Json,
        Format::Junit => contract::Format::Junit,
    };
    // The spinner is drawn on standard error, and only on a terminal.
    let progress = indicatif::ProgressBar::new_spinner();
    progress.enable_steady_tick(std::time::Duration::from_millis(100));
    let (report, exchanges) = contract::run(&document, &settings, |row| {
        progress.set_message(format!("{} checks done", progress.position()));
        progress.inc(1);
        // Print each row of the table as soon as it is known.
        if format == contract::Format::Text {
            progress.suspend(|| {
                for line in row.to_string().lines() {
                    // If standard output is closed, the suite still runs, because it has an exit code.
                    let _ = terminal::line(line, CONTINUED);
                }
            });
        }
    })
    .await?;
    progress.finish_and_clear();
    if report.rows().is_empty() {
        return Err(format!("openapi.json has no operation named {}", arguments.operations.join(" or ")));
    }
    match format {
        contract::Format::Text => {
            let _ = terminal::line("", 0);
            for line in report.summary().lines() {
                let _ = terminal::line(line, CONTINUED);
            }
            if let Some(next) = next(&report, &settings) {
                let _ = terminal::message("next", &next);
            }
        }
        other => {
            let written = std::io::stdout().write_all(report.render(other)?.as_bytes());
            written.map_err(|error| format!("cannot write the report: {error}"))?;
        }
    }
    if let Some(folder) = &arguments.record {
        contract::store(folder, &exchanges)?;
        eprintln!("{} requests and responses written to {}", exchanges.len(), folder.display());
    }
    Ok(report.holds())
}

/// What to do about the result, for the person who ran the suite.
fn next(report: &contract::Report, settings: &contract::Settings) -> Option<String> {
    let (passed, failed, skipped) = report.counts();
    if passed == 0 && failed > 0 && settings.operations.is_empty() {
        return Some(format!("no check passed; check that the server at {} is running", settings.base_url));
    }
    if failed > 0 {
        let broken: std::collections::BTreeSet<&str> = report.broken().into_iter().collect();
        let broken = broken.into_iter().collect::<Vec<_>>().join(",");
        return Some(format!(
            "fix the server or openapi.json, then repeat the failed checks with --operations {broken}"
        ));
    }
    if report.drift().next().is_some() {
        return Some("the server has something new; run `cargo xtask sync` to update openapi.json".to_owned());
    }
    let advice = if skipped == 0 {
        return None;
    } else if settings.key.is_none() {
        "set POLLINATIONS_API_KEY to run the checks that need a key"
    } else if settings.spend != contract::Spend::All || !settings.allow_changes {
        "pass --spend all and --allow-changes to run the skipped checks"
    } else if settings.publishable_key.is_none() {
        "set POLLINATIONS_PUBLISHABLE_KEY to run the check that needs one"
    } else {
        return None;
    };
    Some(advice.to_owned())
}

/// The URL of the live service's media, which are on a different host.
fn media_url(base_url: &str) -> Option<String> {
    (base_url.trim_end_matches('/') == "https://gen.pollinations.ai")
        .then(|| "https://media.pollinations.ai".to_owned())
}

fn aspects(chosen: &[Aspect]) -> Vec<contract::Aspect> {
    let all = [Aspect::Answer, Aspect::Stream, Aspect::Content, Aspect::Keys, Aspect::Refusal];
    let chosen = if chosen.is_empty() { &all[..] } else { chosen };
    chosen
        .iter()
        .map(|aspect| match aspect {
            Aspect::Answer => contract::Aspect::Answer,
            Aspect::Stream => contract::Aspect::Stream,
            Aspect::Content => contract::Aspect::Content,
            Aspect::Keys => contract::Aspect::Keys,
            Aspect::Refusal => contract::Aspect::Refusal,
        })
        .collect()
}

/// Reads a key from the environment. If it is malformed, the error does not show it.
fn key(variable: &str) -> Result<Option<ApiKey>, String> {
    match env::var(variable).ok().filter(|key| !key.trim().is_empty()) {
        Some(key) => Ok(Some(ApiKey::new(key).map_err(|error| format!("{variable}: {error}"))?)),
        None => Ok(None),
    }
}
