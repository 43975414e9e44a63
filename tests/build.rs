//! Generates a small client from each document in `documents`, and a table of the types of `pollinations-api`.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use generator::{generate::generate, settings::Roots};
use progenitor::{GenerationSettings, HooksMode, InterfaceStyle};
use quote::quote;

#[path = "../pollinations-api/build/generator/mod.rs"]
mod generator;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=documents");
    println!("cargo::rerun-if-changed=openapi.json");
    println!("cargo::rerun-if-changed=../pollinations-api/build/generator");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    clients(&out)?;
    types(&out)
}

/// Generates a module for each document.
fn clients(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir("documents")?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Recorder));
    let mut all = String::new();
    for path in &paths {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = format!("d_{}", stem.replace('-', "_"));
        let document = xtask::fetch::parse(&fs::read(path)?).map_err(|error| format!("{stem}: {error}"))?;
        let is_lowered = document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0"));
        let document = if is_lowered {
            document
        } else {
            xtask::normalize::normalize(document).map_err(|error| format!("{stem}: {error}"))?.document
        };
        let roots = Roots { types: format!("crate::clients::{name}::types"), runtime: "::pollinations_api".to_owned() };
        let client =
            generate(&document, &roots, &settings, None, &|_| true).map_err(|error| format!("{stem}: {error}"))?;
        fs::write(out.join(format!("{name}.model.rs")), client.model)?;
        fs::write(out.join(format!("{name}.client.rs")), client.client)?;
        writeln!(
            all,
            "#[allow(dead_code, unused_imports, missing_docs, unreachable_pub, clippy::all)]
             pub mod {name} {{
                 pub const WARNINGS: &[&str] = &{:?};
                 pub mod types {{ include!(concat!(env!(\"OUT_DIR\"), \"/{name}.model.rs\")); }}
                 mod client {{ include!(concat!(env!(\"OUT_DIR\"), \"/{name}.client.rs\")); }}
                 pub use client::*;
                 impl progenitor_client::ClientHooks<crate::Recorder> for Client {{
                     async fn exec(
                         &self,
                         request: reqwest::Request,
                         _: &progenitor_client::OperationInfo,
                     ) -> reqwest::Result<reqwest::Response> {{
                         Ok(self.inner.answer(request))
                     }}
                 }}
             }}",
            client.warnings
        )?;
    }
    fs::write(out.join("clients.rs"), all)?;
    Ok(())
}

/// Generates a table with each type of the API and its round-trip function.
fn types(out: &Path) -> Result<(), Box<dyn Error>> {
    let document = serde_json::from_str(&fs::read_to_string("openapi.json")?)?;
    let roots = Roots { types: "crate::types".to_owned(), runtime: "crate".to_owned() };
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let client = generate(&document, &roots, &settings, None, &|_| true)?;
    let mut table = "pub(crate) const TYPES: &[(&str, bool, RoundTrip, Compare)] = &[\n".to_owned();
    for (name, is_response) in client.types {
        writeln!(table, "    ({name:?}, {is_response}, round_trip::<types::{name}>, compare::<types::{name}>),")?;
    }
    table += "];\n";
    fs::write(out.join("types.rs"), table)?;
    Ok(())
}
