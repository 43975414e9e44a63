//! Documents to normalize.

use serde_json::Value;

/// How many times over the document is taken.
pub const SIZES: [usize; 3] = [1, 10, 30];

/// The real OpenAPI 3.1 document if it lies beside the checkout, and otherwise what was made of it.
fn original() -> String {
    let upstream = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/upstream/openapi-2026-02-25.json");
    let made = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.json");
    std::fs::read_to_string(upstream).or_else(|_| std::fs::read_to_string(made)).expect("a document")
}

/// The document with all its paths so many times, under names of their own, and how many bytes that is.
///
/// # Panics
///
/// When there is no document.
pub fn enlarged(times: usize) -> (Value, usize) {
    let mut document: Value = serde_json::from_str(&original()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").clone();
    for copy in 1..times {
        for (path, item) in &paths {
            let mut item = item.clone();
            for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
                if let Some(id) = operation.get_mut("operationId") {
                    *id = format!("{}{copy}", id.as_str().unwrap_or_default()).into();
                }
            }
            document["paths"][format!("/copy{copy}{path}")] = item;
        }
    }
    let bytes = document.to_string().len();
    (document, bytes)
}
