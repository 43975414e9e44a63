//! From an upstream document to the committed `openapi.json`.

use std::{
    fs, io,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    fetch::{self, Fetcher},
    normalize::{self, Normalized, Prose, Warning},
    overlay::{Overlay, Unmatched},
    overlays,
    words::{self, Undescribed},
};

/// Where the live document is, the newest first.
pub const LIVE: &[&str] = &[
    "https://gen.pollinations.ai/docs/open-api/generate-schema",
    "https://enter.pollinations.ai/api/docs/open-api/generate-schema",
];

/// The extension that says which upstream document `openapi.json` was made from.
const SOURCE: &str = "x-source";

/// Where an upstream document comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, or standard input for `-`.
    File(PathBuf),
    /// An address.
    Url(String),
    /// The live service, at the first of [`LIVE`] that answers.
    Live,
}

/// An upstream document, and what there is to say of where it came from.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The document.
    pub document: Value,
    /// Its address and date, if it was fetched, and the SHA-256 of its bytes.
    pub origin: Value,
}

/// The document that the project is generated from, and what there is to say of how it came about.
#[derive(Debug)]
pub struct Built {
    /// The OpenAPI 3.0.3 document.
    pub document: Value,
    /// What OpenAPI 3.0 cannot say of the upstream document, and the facts that were left out.
    pub warnings: Vec<Warning>,
    /// Documentation whose subject is gone. It does no harm, and can be removed from the overlay.
    pub stale: Vec<String>,
    /// What has no description yet, and got a neutral one made from its name.
    pub undescribed: Undescribed,
}

/// Makes the OpenAPI 3.0.3 document that the project is generated from: converted, shaped, with the overlays on top and
/// our own words in place of upstream's.
///
/// # Errors
///
/// When the input is not an OpenAPI 3 document, or, under [`Unmatched::Refuse`], a fact no longer has a target.
pub fn build(upstream: Value, unmatched: Unmatched) -> Result<Built> {
    build_with(upstream, unmatched, Prose::Drop)
}

/// Does the same, and under [`Prose::Keep`] leaves upstream's words where it has some.
///
/// # Errors
///
/// As for [`build`].
pub fn build_with(upstream: Value, unmatched: Unmatched, prose: Prose) -> Result<Built> {
    let kept = match prose {
        Prose::Drop => None,
        Prose::Keep => Some(normalize::shaped(upstream.clone(), Prose::Keep)?.document),
    };
    // Types must not depend on whose words they have: a description sets two of them apart, and makes a use of a third
    // look different to the facts. So upstream's words come back once the types are there.
    let Normalized { mut document, mut warnings } = normalize::shaped(upstream, Prose::Drop)?;
    if let Some(mut kept) = kept {
        words::take_all(&mut document, &mut kept);
    }
    let failures = apply(overlays::FACTS, &mut document)?;
    unmatched.settle(failures, &mut warnings)?;
    // The facts bring schemas of their own, which get their names here; the words are about those names.
    let mut again = |document: &mut Value| -> Result<()> {
        let shaped = normalize::shaped(std::mem::take(document), prose)?;
        *document = shaped.document;
        warnings.extend(shaped.warnings);
        Ok(())
    };
    again(&mut document)?;
    let stale = match prose {
        Prose::Drop => apply(overlays::WORDS, &mut document)?,
        Prose::Keep => {
            let mut ours = document.clone();
            let stale = apply(overlays::WORDS, &mut ours)?;
            words::take_missing(&mut document, &mut ours);
            stale
        }
    };
    let undescribed = words::fill(&mut document);
    // Once more, for words beside a reference.
    again(&mut document)?;
    Ok(Built { document, warnings, stale, undescribed })
}

/// Applies overlays; returns the actions that had no effect.
fn apply(overlays: &[&str], document: &mut Value) -> Result<Vec<String>> {
    let mut failures = Vec::new();
    for overlay in overlays {
        failures.extend(Overlay::parse(overlay)?.apply_all(document));
    }
    Ok(failures)
}

/// Writes into a new document where it came from, unless nothing but that has changed since the old one: then it keeps
/// what the old one says, so that the clock alone changes nothing.
pub fn record_source(document: &mut Value, old: Option<&Value>, origin: Value) {
    let without = |document: &Value| {
        let mut object: Map<String, Value> = document.as_object().cloned().unwrap_or_default();
        object.shift_remove(SOURCE);
        object
    };
    let kept = old.filter(|old| without(old) == without(document)).and_then(|old| old.get(SOURCE)).cloned();
    if let Some(object) = document.as_object_mut() {
        object.shift_remove(SOURCE);
        object.insert(SOURCE.to_owned(), kept.unwrap_or(origin));
        // Among the other extensions in alphabetical order, where `normalize` would put it.
        let mut extensions: Vec<String> = object.keys().filter(|key| key.starts_with("x-")).cloned().collect();
        extensions.sort_unstable();
        for key in extensions {
            if let Some(value) = object.shift_remove(&key) {
                object.insert(key, value);
            }
        }
    }
}

/// Reads a document from a file, or from standard input for `-`.
///
/// # Errors
///
/// When the file cannot be read, is larger than [`fetch::MAX_BYTES`], or is neither JSON nor YAML.
pub fn read(path: &Path) -> Result<Value> {
    fetch::parse(&read_bytes(path)?).with_context(|| format!("{} is not usable", path.display()))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let mut bytes = Vec::new();
    let limit = fetch::MAX_BYTES as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        let file = fs::File::open(path).with_context(|| format!("cannot open {name}"))?;
        file.take(limit).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
    }
    Ok(bytes)
}

/// Gets the upstream document.
///
/// # Errors
///
/// When it cannot be had: the message names the source, the cause and the way out.
pub fn load(source: &Source, fetcher: &Fetcher) -> Result<Upstream> {
    let urls: Vec<&str> = match source {
        Source::File(path) => {
            let bytes = read_bytes(path)?;
            let document = fetch::parse(&bytes).with_context(|| format!("{} is not usable", path.display()))?;
            return Ok(Upstream { document, origin: json!({ "sha256": fetch::sha256(&bytes) }) });
        }
        Source::Url(url) => vec![url],
        Source::Live => LIVE.to_vec(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut failures = Vec::new();
    for url in urls {
        let fetched = runtime.block_on(fetcher.fetch(url)).and_then(|bytes| Ok((fetch::parse(&bytes)?, bytes)));
        match fetched {
            Ok((document, bytes)) => {
                let date = Timestamp::now().strftime("%Y-%m-%d").to_string();
                let origin = json!({ "url": url, "date": date, "sha256": fetch::sha256(&bytes) });
                return Ok(Upstream { document, origin });
            }
            Err(error) => failures.push(format!("{url}: {error:#}")),
        }
    }
    bail!("cannot fetch the upstream document ({}); download it yourself and pass --file PATH", failures.join("; "))
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
