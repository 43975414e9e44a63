//! Creates the committed `openapi.json` from an upstream document.

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

/// The URLs of the live document, newest first.
pub const LIVE: &[&str] = &[
    "https://gen.pollinations.ai/docs/open-api/generate-schema",
    "https://enter.pollinations.ai/api/docs/open-api/generate-schema",
];

/// The extension in `openapi.json` with the upstream document that it was made from.
const SOURCE: &str = "x-source";

/// The source of an upstream document.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, or standard input for `-`.
    File(PathBuf),
    /// A URL.
    Url(String),
    /// The live service: the first URL in [`LIVE`] that responds.
    Live,
}

/// An upstream document and its origin.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The document.
    pub document: Value,
    /// Its URL and date, if it was downloaded, and the SHA-256 of its bytes.
    pub origin: Value,
}

/// The document that the client is generated from, and warnings about it.
#[derive(Debug)]
pub struct Built {
    /// The OpenAPI 3.0.3 document.
    pub document: Value,
    /// Parts of the upstream document that OpenAPI 3.0 cannot express, and facts that were left out.
    pub warnings: Vec<Warning>,
    /// Documentation without a target. It has no effect, and can be removed from the overlay.
    pub stale: Vec<String>,
    /// Items without a description of ours, which got a neutral description from their names.
    pub undescribed: Undescribed,
}

/// Creates the OpenAPI 3.0.3 document that the client is generated from: converted and shaped, with the overlays
/// applied and our own descriptions in place of upstream's.
///
/// # Errors
///
/// An error if the input is not an OpenAPI 3 document, or if a fact has no target and [`Unmatched::Refuse`] is set.
pub fn build(upstream: Value, unmatched: Unmatched) -> Result<Built> {
    build_with(upstream, unmatched, Prose::Drop)
}

/// The same, except that [`Prose::Keep`] keeps upstream's descriptions.
///
/// # Errors
///
/// Same as [`build`].
pub fn build_with(upstream: Value, unmatched: Unmatched, prose: Prose) -> Result<Built> {
    let kept = match prose {
        Prose::Drop => None,
        Prose::Keep => Some(normalize::shaped(upstream.clone(), Prose::Keep)?.document),
    };
    // Types must not depend on whose descriptions they have, because a different description can split one type into
    // two, or hide a use of a type from the facts. So upstream's descriptions are restored once the types are final.
    let Normalized { mut document, mut warnings } = normalize::shaped(upstream, Prose::Drop)?;
    if let Some(mut kept) = kept {
        words::take_all(&mut document, &mut kept);
    }
    let failures = apply(overlays::FACTS, &mut document)?;
    unmatched.settle(failures, &mut warnings)?;
    // The facts add schemas, which are named here. The descriptions refer to these names.
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
    // Normalized again, because of descriptions next to a reference.
    again(&mut document)?;
    Ok(Built { document, warnings, stale, undescribed })
}

/// Applies overlays. Returns the actions that had no effect.
fn apply(overlays: &[&str], document: &mut Value) -> Result<Vec<String>> {
    let mut failures = Vec::new();
    for overlay in overlays {
        failures.extend(Overlay::parse(overlay)?.apply_all(document));
    }
    Ok(failures)
}

/// Records the origin in a new document. If nothing else has changed since the old document, the old origin is kept,
/// so that a new date alone changes nothing.
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
        // Inserted in alphabetical order among the extensions, where `normalize` would put it.
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
/// An error if the file cannot be read, is larger than [`fetch::MAX_BYTES`], or is neither JSON nor YAML.
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

/// Loads the upstream document.
///
/// # Errors
///
/// An error if it cannot be loaded. The message has the source, the cause and a way around it.
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

/// Writes a file atomically: it has either its old or its new content, never a part of it.
///
/// # Errors
///
/// An error if the folder is not writable.
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
            // A temporary file is private, but a committed document is not.
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
