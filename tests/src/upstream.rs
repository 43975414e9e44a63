//! The real upstream documents, which are not part of this repository.

use std::{fs, path::Path};

use serde_json::Value;

/// Where the documents lie beside a checkout.
const FOLDER: &str = "../../shared/upstream";

/// Reads the OpenAPI 3.1 document that `openapi.json` is made from, as it was in October 2026. Without it, the test that
/// asks is skipped and says so; in CI it fails.
///
/// # Panics
///
/// When the document is missing and `CI` is `true`, and when it is not JSON.
pub fn upstream() -> Option<Value> {
    read("openapi-2026-10.json")
}

/// Reads the document as it was in February 2026, which the project began with.
///
/// # Panics
///
/// As [`upstream`].
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
