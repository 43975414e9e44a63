//! Removes mutual TLS, for which 3.0 has no security scheme.
//!
//! Before: `{"security": [{"tls": []}, {"token": []}], "components": {"securitySchemes": {"tls": {"type": "mutualTLS"}, …}}}`
//! After: `{"security": [{"token": []}], "components": {"securitySchemes": {…}}}`, with a warning.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::normalize::{
    Warnings,
    walk::{self, Kind, push},
};

const SCHEMES: &str = "/components/securitySchemes";

pub(super) fn run(document: &mut Value, warnings: &mut Warnings) {
    let Some(schemes) = document.pointer_mut(SCHEMES).and_then(Value::as_object_mut) else { return };
    let mut removed = BTreeSet::new();
    schemes.retain(|name, scheme| {
        let mutual = scheme.get("type").and_then(Value::as_str) == Some("mutualTLS");
        if mutual {
            let mut pointer = SCHEMES.to_owned();
            push(&mut pointer, name);
            warnings
                .add(&pointer, "OpenAPI 3.0 has no `mutualTLS`; where it is required, the document does not say so");
            removed.insert(name.clone());
        }
        !mutual
    });
    if removed.is_empty() {
        return;
    }
    walk::visit(document, &mut |place, value| {
        let list = matches!(place.kind, Kind::Document | Kind::Operation).then(|| value.get_mut("security")).flatten();
        let Some(list) = list.and_then(Value::as_array_mut) else { return };
        list.retain_mut(|requirement| {
            let Some(schemes) = requirement.as_object_mut() else { return true };
            let count = schemes.len();
            schemes.retain(|name, _| !removed.contains(name));
            // If a requirement only needs a certificate, removing the certificate must not leave a requirement that
            // needs nothing.
            count == schemes.len() || !schemes.is_empty()
        });
    });
}
