//! Documents that the service might publish.

use serde_json::Value;
use xtask::{drift, normalize};

/// A document. It is rejected, or the result has the right version and does not change when it is normalized again.
pub(super) fn normalize(input: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(input) else { return };
    let Ok(normalized) = normalize::normalize(document) else { return };
    let document = normalized.document;
    assert_eq!(document["openapi"], "3.0.3");
    let again = normalize::normalize(document.clone()).expect("the output must be readable");
    assert_eq!(
        normalize::to_bytes(&again.document),
        normalize::to_bytes(&document),
        "a second run changed the document"
    );
}

/// Two documents, separated by an empty line. A document does not differ from itself, and each difference is reported
/// in both directions.
pub(super) fn drift(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (old, new) = text.split_once("\n\n").unwrap_or((&text, &text));
    let (Ok(old), Ok(new)) = (serde_json::from_str::<Value>(old), serde_json::from_str(new)) else { return };
    for document in [&old, &new] {
        if let Ok(report) = drift::compare(document, document) {
            assert!(report.changes.is_empty() && report.bump.is_none(), "{:?}", report.changes);
        }
    }
    let (Ok(there), Ok(back)) = (drift::compare(&old, &new), drift::compare(&new, &old)) else { return };
    assert_eq!(there.changes.is_empty(), back.changes.is_empty(), "{there:?} {back:?}");
    for report in [there, back] {
        assert_eq!(report.changes.is_empty(), report.bump.is_none());
        assert!(report.changes.is_sorted_by(|left, right| left.class >= right.class));
        assert!(report.changes.iter().all(|change| !change.message.is_empty() && change.location.starts_with('#')));
        let json = report.to_json().expect("a report that can be written");
        assert!(!json.is_empty() && !report.to_text().is_empty() && !report.to_markdown().is_empty());
    }
}
