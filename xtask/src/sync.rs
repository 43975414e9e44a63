//! From an upstream document to the committed `openapi.json`.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    normalize::{self, Normalized, walk},
    overlay::Overlay,
};

/// Where the live document is, the newest first.
pub const LIVE: &[&str] = &[
    "https://gen.pollinations.ai/docs/open-api/generate-schema",
    "https://enter.pollinations.ai/api/docs/open-api/generate-schema",
];

/// The largest document that is read, in bytes.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

const TIMEOUT: Duration = Duration::from_secs(30);

/// What `openapi.json` says beyond the upstream document: first what upstream leaves out, then our own words.
const OVERLAYS: [&str; 2] = [include_str!("../overlay/facts.yaml"), include_str!("../overlay/documentation.yaml")];

/// Where an upstream document comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// An address.
    Url(String),
    /// The live service, at the first of [`LIVE`] that answers.
    Live,
}

/// Makes the OpenAPI 3.0.3 document that the project is generated from: normalized, with the overlay on top.
///
/// # Errors
///
/// When the input is not an OpenAPI 3 document, or an overlay action no longer has a target.
pub fn build(upstream: Value) -> Result<Normalized> {
    let mut normalized = normalize::normalize(upstream)?;
    for overlay in OVERLAYS {
        Overlay::parse(overlay)?.apply(&mut normalized.document)?;
    }
    // Once more: documentation beside a reference, and schemas that the overlay wrote inline.
    let again = normalize::normalize(normalized.document)?;
    normalized.document = again.document;
    normalized.warnings.extend(again.warnings);
    Ok(normalized)
}

/// Reads a document from a file, or from standard input for `-`.
///
/// # Errors
///
/// When the file cannot be read, is larger than [`MAX_BYTES`], or is not JSON.
pub fn read(path: &Path) -> Result<Value> {
    let name = path.display();
    let mut bytes = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        let file = fs::File::open(path).with_context(|| format!("cannot open {name}"))?;
        file.take(limit).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
    }
    parse(&bytes).with_context(|| format!("{name} is not usable"))
}

fn parse(bytes: &[u8]) -> Result<Value> {
    if bytes.len() > MAX_BYTES {
        bail!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024);
    }
    serde_json::from_slice(bytes).context("it is not JSON")
}

/// Gets the upstream document.
///
/// # Errors
///
/// When it cannot be had: the message names the source, the cause and the way out.
pub fn load(source: &Source) -> Result<Value> {
    let urls: Vec<&str> = match source {
        Source::File(path) => return read(path),
        Source::Url(url) => vec![url],
        Source::Live => LIVE.to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut failures = Vec::new();
    for url in urls {
        match runtime.block_on(fetch(url)) {
            Ok(document) => return Ok(document),
            Err(error) => failures.push(format!("{url}: {error:#}")),
        }
    }
    bail!("cannot fetch the upstream document ({}); download it yourself and pass --file PATH", failures.join("; "))
}

async fn fetch(url: &str) -> Result<Value> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    let mut response = client.get(url).send().await.map_err(reqwest::Error::without_url)?;
    let status = response.status();
    if !status.is_success() {
        bail!("the server answered {status}");
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BYTES {
            break;
        }
    }
    parse(&bytes)
}

/// Writes a file so that it is either the old one or the new one, never half of it.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        #[cfg(unix)]
        {
            // A temporary file is private; a document that is committed is not.
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Where two documents differ: the JSON pointers of the values that were added, removed or changed, in order.
pub fn differences(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(old, new, &mut String::new(), &mut found);
    found
}

fn compare(old: &Value, new: &Value, pointer: &mut String, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                let depth = walk::push(pointer, key);
                match new.get(key) {
                    Some(other) => compare(value, other, pointer, found),
                    None => found.push(format!("- #{pointer}")),
                }
                pointer.truncate(depth);
            }
            for key in new.keys().filter(|key| !old.contains_key(*key)) {
                let depth = walk::push(pointer, key);
                found.push(format!("+ #{pointer}"));
                pointer.truncate(depth);
            }
        }
        _ if old != new => found.push(format!("~ #{pointer}")),
        _ => {}
    }
}
