//! The real upstream document, which is not part of this repository.

use std::{fs, path::Path};

use serde_json::Value;

/// Where it lies beside a checkout.
const PATH: &str = "../../shared/upstream/openapi-2026-02-25.json";

/// Reads the real OpenAPI 3.1 document. Without it the test that asks is skipped, and says so; in CI it fails.
///
/// # Panics
///
/// When the document is missing and `CI` is `true`, and when it is not JSON.
pub fn upstream() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PATH);
    match fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("the upstream document is JSON")),
        Err(error) => {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "CI needs the upstream document: {error}");
            println!("SKIPPED: the upstream document is not beside this checkout ({PATH})");
            None
        }
    }
}
