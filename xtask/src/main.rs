//! `cargo xtask`: keeps the client up to date with the service.

#![forbid(unsafe_code)]

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::{self, ExitCode},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use serde_json::Value;
use xtask::{
    drift,
    fetch::Fetcher,
    normalize::{self, Prose, Warning},
    overlay::{Overlay, Unmatched},
    sync::{self, Source, Upstream},
    terminal,
};

/// Updates the client when the pollinations.ai API changes.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true, max_term_width = 80, styles = terminal::STYLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Update openapi.json from the service's OpenAPI document, and report what changed.
    #[command(after_help = "Examples:\n  cargo xtask sync\n  cargo xtask sync --file openapi-3.1.json --check")]
    Sync {
        /// Fetch the document from this URL instead of the live service.
        #[arg(long, conflicts_with = "file")]
        url: Option<String>,
        /// Read the document from this file ('-' is standard input).
        #[arg(long)]
        file: Option<PathBuf>,
        /// Write nothing, and exit with 1 if openapi.json is out of date.
        #[arg(long)]
        check: bool,
        /// The file to update, or to compare with [default: openapi.json in the workspace root].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Only warn if the target of an overlay fact no longer exists, instead of failing.
        #[arg(long)]
        skip_unmatched: bool,
        /// Keep the service's descriptions and examples instead of replacing them with ours.
        #[arg(long)]
        keep_prose: bool,
        /// Fail if the document uses something that OpenAPI 3.0 cannot express.
        #[arg(long)]
        deny_warnings: bool,
        /// The format of the report.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Convert any OpenAPI 3.1 document, JSON or YAML, to OpenAPI 3.0.3.
    #[command(after_help = "Example:\n  cargo xtask normalize openapi-3.1.json -o openapi-3.0.json")]
    Normalize {
        /// The document to read ('-' is standard input).
        input: PathBuf,
        /// The file to write ('-' is standard output) [default: -].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// An OpenAPI Overlay 1.0 document to apply to the result.
        #[arg(long, value_name = "FILE")]
        overlay: Option<PathBuf>,
        /// Fail if the document uses something that OpenAPI 3.0 cannot express.
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Compare two OpenAPI documents, and report what changed for users of the client.
    ///
    /// The exit code is 1 if anything changed.
    #[command(after_help = "Example:\n  cargo xtask drift openapi.json new.json --format markdown")]
    Drift {
        /// The old document.
        old: PathBuf,
        /// The new document ('-' is standard input).
        new: PathBuf,
        /// The format of the report.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Check that a server matches openapi.json, by calling every operation.
    ///
    /// Exits with 1 if it does not match. `cargo xtask contract --help` has the options.
    #[command(disable_help_flag = true)]
    Contract {
        /// Arguments for the contract suite.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Print shell completions for the alias `xtask`.
    #[command(after_help = "Example:\n  alias xtask='cargo xtask'\n  source <(cargo xtask completions bash)")]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Run the emulator on 127.0.0.1 until Ctrl-C.
    #[command(after_help = "Example:\n  cargo xtask emulate --port 4000")]
    Emulate {
        #[command(flatten)]
        arguments: pollinations_emulator::cli::Arguments,
    },
}

/// The format of a report.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One line per change.
    Text,
    /// JSON, for scripts.
    Json,
    /// Markdown, for a pull request.
    Markdown,
}

/// The options of `sync`.
struct Sync {
    source: Source,
    check: bool,
    output: PathBuf,
    unmatched: Unmatched,
    prose: Prose,
    deny_warnings: bool,
    format: Format,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Sync { url, file, check, output, skip_unmatched, keep_prose, deny_warnings, format } => {
            let source = match (url, file) {
                (Some(url), _) => Source::Url(url),
                (None, Some(path)) => Source::File(path),
                (None, None) => Source::Live,
            };
            let unmatched = if skip_unmatched { Unmatched::Warn } else { Unmatched::Refuse };
            let prose = if keep_prose { Prose::Keep } else { Prose::Drop };
            let output = output.unwrap_or_else(committed);
            run_sync(&Sync { source, check, output, unmatched, prose, deny_warnings, format })
        }
        Command::Normalize { input, output, overlay, deny_warnings } => {
            run_normalize(&input, output.as_deref(), overlay.as_deref(), deny_warnings)
        }
        Command::Drift { old, new, format } => run_drift(&old, &new, format),
        Command::Contract { arguments } => run_contract(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "xtask", &mut script);
            write_out(&script).map(|()| ExitCode::SUCCESS)
        }
        Command::Emulate { arguments } => run_emulator(arguments),
    };
    outcome.unwrap_or_else(|error| {
        // If standard error is closed, the exit code still reports the error.
        let _ = terminal::message("error", &format!("{error:#}"));
        ExitCode::from(2)
    })
}

/// The committed document, at the root of the workspace that xtask was built in.
fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json")
}

/// Adds the methods of `pollinations-ext` to a report, from its table of coverage. Without the table, the report has
/// no methods but is otherwise complete.
fn with_methods(report: drift::Report) -> drift::Report {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    match std::fs::read_to_string(table) {
        Ok(coverage) => report.with_methods(&drift::Methods::parse(&coverage)),
        Err(_) => report,
    }
}

fn run_sync(sync: &Sync) -> Result<ExitCode> {
    // Only shown on a terminal, on standard error.
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(100));
    progress.set_message("reading the upstream document");
    let Upstream { document, origin } = sync::load(&sync.source, &Fetcher::default())?;
    progress.set_message("normalizing");
    let mut built = sync::build_with(document, sync.unmatched, sync.prose)?;
    progress.finish_and_clear();
    report_warnings(&built.warnings, sync.deny_warnings)?;
    report_words(&built)?;
    if io::stderr().is_terminal() && !(built.warnings.is_empty() && built.stale.is_empty()) {
        eprintln!();
    }
    let path = sync.output.as_path();
    // Messages are not mixed into a report that a program reads.
    let say = |text: String| match sync.format {
        Format::Text => println!("{text}"),
        Format::Json | Format::Markdown => eprintln!("{text}"),
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).display();
    let old_bytes = std::fs::read(path).ok();
    let old = old_bytes.as_deref().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    sync::record_source(&mut built.document, old.as_ref(), origin);
    let bytes = normalize::to_bytes(&built.document);
    if old_bytes.as_deref() == Some(bytes.as_slice()) {
        say(format!("{name} is up to date"));
        return Ok(ExitCode::SUCCESS);
    }
    match (&old_bytes, &old) {
        (None, _) => say(format!("{name} does not exist yet")),
        // A file that is not a document is overwritten like any other.
        (Some(_), old) => match old.as_ref().map(|old| drift::compare(old, &built.document).map(with_methods)) {
            Some(Ok(report)) if report.bump.is_some() => {
                print_report(&report, sync.format)?;
                if io::stdout().is_terminal() {
                    say(String::new());
                }
            }
            Some(Ok(_)) => say(format!("{name} differs, but no change affects the client")),
            _ => say(format!("{name} is not an OpenAPI document")),
        },
    }
    if sync.check {
        say(format!("{name} is out of date; run `cargo xtask sync` to rewrite it"));
        return Ok(ExitCode::from(1));
    }
    sync::write(path, &bytes)?;
    say(format!("{name} written"));
    terminal::message("next", if built.undescribed.is_empty() { NEXT } else { NEXT_WITH_WORDS })?;
    Ok(ExitCode::SUCCESS)
}

/// The next steps, once the document is written.
const NEXT: &str =
    "run `cargo test --workspace --all-features`, review the snapshots, and commit them with the document";

/// The same when something has no description.
const NEXT_WITH_WORDS: &str = "describe the new items in xtask/overlay and run sync again; then run \
                               `cargo test --workspace --all-features`, review the snapshots, and commit them with the \
                               document";

/// The number of unused descriptions that a terminal shows. If the document is old, there are hundreds, and they
/// would scroll the warnings away.
const SHOWN: usize = 20;

/// Reports documentation without a target, and items without documentation. Both are only warnings.
fn report_words(built: &sync::Built) -> Result<()> {
    if !built.stale.is_empty() {
        let count = built.stale.len();
        let are = if count == 1 { "description in xtask/overlay is" } else { "descriptions in xtask/overlay are" };
        let mut text = format!("{count} {are} for items that no longer exist:");
        let shown = if io::stderr().is_terminal() && count > SHOWN { SHOWN } else { count };
        for action in &built.stale[..shown] {
            text = text + "\n  " + action.trim_end_matches(": the target matches nothing");
        }
        if shown < count {
            text += &format!("\n  and {} more; redirect standard error to a file to see all", count - shown);
        }
        terminal::message("note", &text)?;
    }
    if !built.undescribed.is_empty() {
        terminal::message("note", &built.undescribed.to_string())?;
    }
    Ok(())
}

fn report_warnings(warnings: &[Warning], deny: bool) -> Result<()> {
    if deny && let Some(first) = warnings.first() {
        bail!("{} warning(s), with --deny-warnings set; the first is {first}", warnings.len());
    }
    for warning in warnings {
        // A pointer is often longer than a line of a terminal. There it comes last, so that the reason stays readable.
        let text = match (io::stderr().is_terminal(), warning.pointer.as_str()) {
            (true, "") => warning.reason.clone(),
            (true, pointer) => format!("{}\n  #{pointer}", warning.reason),
            (false, _) => warning.to_string(),
        };
        terminal::message("warning", &text)?;
    }
    Ok(())
}

fn run_drift(old: &Path, new: &Path, format: Format) -> Result<ExitCode> {
    let report = with_methods(drift::compare(&sync::read(old)?, &sync::read(new)?)?);
    print_report(&report, format)?;
    Ok(if report.bump.is_some() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn write_out(bytes: &[u8]) -> Result<()> {
    io::stdout().lock().write_all(bytes).context("cannot write to standard output")
}

/// The column where a change continues on the next line: below its text.
const CONTINUED: usize = 12;

/// Prints a report. On a terminal, lines are wrapped, and without `NO_COLOR` the classes of changes have colors.
fn print_report(report: &drift::Report, format: Format) -> Result<()> {
    match format {
        Format::Text => {
            let text = report.to_text();
            let (summary, changes) = text.split_once("\n\n").unwrap_or((&text, ""));
            for line in summary.lines() {
                terminal::line(line, CONTINUED)?;
            }
            if !changes.is_empty() {
                terminal::line("", 0)?;
            }
            for line in changes.lines() {
                let is_heading = !line.is_empty() && !line.starts_with(' ');
                let has_class =
                    ["breaking", "additive", "docs", "methods"].iter().any(|it| line.trim().starts_with(it));
                match line {
                    _ if is_heading => terminal::heading(line)?,
                    _ if has_class => terminal::line(line, CONTINUED)?,
                    _ => terminal::line(line, 4)?,
                }
            }
        }
        Format::Json => print!("{}", report.to_json()?),
        Format::Markdown => print!("{}", report.to_markdown()),
    }
    Ok(())
}

fn run_normalize(input: &Path, output: Option<&Path>, overlay: Option<&Path>, deny_warnings: bool) -> Result<ExitCode> {
    let mut normalized = normalize::normalize(sync::read(input)?)?;
    if let Some(path) = overlay {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Overlay::parse(&text)?.apply(&mut normalized.document)?;
    }
    report_warnings(&normalized.warnings, deny_warnings)?;
    let bytes = normalize::to_bytes(&normalized.document);
    match output {
        Some(path) if path != Path::new("-") => sync::write(path, &bytes)?,
        _ => write_out(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The contract suite needs the client. But this program has to run even if a new document breaks the client. So the
/// suite is a separate program.
fn run_contract(arguments: &[OsString]) -> Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = process::Command::new(cargo)
        .args(["run", "--quiet", "--package", "pollinations-tests", "--bin", "contract", "--"])
        .args(arguments)
        .status()
        .context("cannot run cargo")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2);
    // cargo's own failures have a different exit code.
    Ok(ExitCode::from(if code <= 2 { code } else { 2 }))
}

fn run_emulator(arguments: pollinations_emulator::cli::Arguments) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(pollinations_emulator::cli::run(arguments)).map_err(anyhow::Error::msg)?;
    Ok(ExitCode::SUCCESS)
}
