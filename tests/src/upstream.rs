//! The real upstream documents, which are not part of this repository.

use std::{fs, path::Path};

use serde_json::Value;

/// The folder with the documents, next to a checkout.
const FOLDER: &str = "../../shared/upstream";

/// Reads the OpenAPI 3.1 document of October 2026, which `openapi.json` is made from. If it is missing, the test is
/// skipped with a message; in CI, it fails.
///
/// # Panics
///
/// If the document is missing and `CI` is `true`, or if it is not JSON.
pub fn upstream() -> Option<Value> {
    read("openapi-2026-10.json")
}

/// Reads the document of February 2026, which the project started with.
///
/// # Panics
///
/// Same as [`upstream`].
pub fn february() -> Option<Value> {
    read("openapi-2026-02-25.json")
}

fn read(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("the upstream document is JSON")),
        Err(error) => {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "CI needs the upstream document: {error}");
            println!("SKIPPED: the upstream document is not beside this checkout ({FOLDER}/{name})");
            None
        }
    }
}
