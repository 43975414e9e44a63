//! Generates the client from `openapi.json`: `model.rs` has the types, `client.rs` is written by progenitor, and
//! `operations.rs` has other details of each operation.

#![forbid(unsafe_code)]

mod generator;

use std::{env, error::Error, fs, path::Path};

use generator::{generate::generate, settings::Roots};
use progenitor::{GenerationSettings, HooksMode, InterfaceStyle};
use quote::quote;

/// The document to generate the client from.
const DOCUMENT: &str = "openapi.json";

/// The declarations of the features.
const MANIFEST: &str = include_str!("../Cargo.toml");

/// Environment variable for another document, to check whether its client compiles.
const OVERRIDE: &str = "POLLINATIONS_API_DOCUMENT";

/// The timeout in seconds of a client from the generated `Client::new`. A video takes minutes.
const TIMEOUT_SECONDS: u64 = 600;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={OVERRIDE}");
    let path = env::var(OVERRIDE).unwrap_or_else(|_| DOCUMENT.to_owned());
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rerun-if-changed=build");

    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::SharedTransport))
        .with_timeout(TIMEOUT_SECONDS);
    let roots = Roots { types: "crate::types".to_owned(), runtime: "crate".to_owned() };
    let document = serde_json::from_str(&fs::read_to_string(path)?)?;
    let mock = env::var_os("CARGO_FEATURE_HTTPMOCK").map(|_| "crate");
    // An operation whose feature this crate does not declare is always part of the client.
    let has = |feature: &str| {
        let variable = feature.to_uppercase().replace('-', "_");
        !MANIFEST.contains(&format!("\n{feature} = [")) || env::var_os(format!("CARGO_FEATURE_{variable}")).is_some()
    };
    let client = generate(&document, &roots, &settings, mock, &has)?;
    for warning in &client.warnings {
        println!("cargo::warning={warning}");
    }

    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    fs::write(out.join("client.rs"), client.client)?;
    fs::write(out.join("model.rs"), client.model)?;
    fs::write(out.join("operations.rs"), client.operations)?;
    if let Some(mock) = client.mock {
        fs::write(out.join("mock.rs"), mock)?;
    }
    Ok(())
}
