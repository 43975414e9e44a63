//! Generates the client from `openapi.json`: `client.rs` is progenitor's, `model.rs` holds the open enumerations and
//! the unions, which progenitor would make closed, and `operations.rs` what else the document says of each operation.

#![forbid(unsafe_code)]

mod lower;
mod model;

use std::{env, error::Error, fs, path::Path};

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl, TypePatch};
use quote::quote;

/// What the client is generated from.
const DOCUMENT: &str = "openapi.json";

/// Generates from another document instead: to see whether a client of it compiles.
const OVERRIDE: &str = "POLLINATIONS_API_DOCUMENT";

/// The time-out of a client made by the generated `Client::new`, in seconds. A video takes minutes.
const TIMEOUT_SECONDS: u64 = 600;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={OVERRIDE}");
    let path = env::var(OVERRIDE).unwrap_or_else(|_| DOCUMENT.to_owned());
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rerun-if-changed=build");

    let document = serde_json::from_str(&fs::read_to_string(path)?)?;
    let lowered = lower::lower(document);
    let spec: openapiv3::OpenAPI = serde_json::from_value(lowered.document)?;

    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::SharedTransport))
        .with_timeout(TIMEOUT_SECONDS)
        // Sorted, so that the same value is always written as the same bytes.
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for name in &lowered.request_bodies {
        settings.with_patch(name, TypePatch::default().with_derive("Default"));
    }
    for item in &lowered.enums {
        let impls = [TypeImpl::Display, TypeImpl::FromStr, TypeImpl::FromStringIrrefutable];
        let default = item.default.as_ref().map(|_| TypeImpl::Default);
        settings.with_replacement(&item.name, model::path(&item.name), impls.into_iter().chain(default));
    }
    for union in &lowered.unions {
        settings.with_replacement(&union.name, model::path(&union.name), std::iter::empty());
    }

    let client = Generator::new(&settings).generate_tokens(&spec)?;
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    // progenitor's examples do not know the crate they are in: something to read, not doc tests to skip.
    let client = prettyplease::unparse(&syn::parse2(client)?).replace("```ignore", "```text");
    fs::write(out.join("client.rs"), client)?;
    if env::var_os("CARGO_FEATURE_HTTPMOCK").is_some() {
        // A generator keeps the types that it has seen, so this takes one of its own.
        let mock = Generator::new(&settings).httpmock(&spec, "crate")?;
        let mock = prettyplease::unparse(&syn::parse2(mock)?).replace("```ignore", "```text");
        fs::write(out.join("mock.rs"), mock)?;
    }
    let operations = model::operations(&lowered.server, &lowered.operations);
    fs::write(out.join("operations.rs"), prettyplease::unparse(&syn::parse2(operations)?))?;
    fs::write(out.join("model.rs"), model::generate(&lowered.enums, &lowered.unions)?)?;
    Ok(())
}
