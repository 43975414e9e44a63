//! Generates a client from a document: its types, its operations, and other details of the operations.

use std::{
    error::Error,
    panic::{self, AssertUnwindSafe},
};

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator};
use quote::{format_ident, quote};
use serde_json::Value;

use super::{
    document::{METHODS, text},
    emit::Emitter,
    link,
    lower::{self, Operation, Stubs},
    model::{Definition, Type},
    prepare::with_prepare,
    read::Types,
    rewrite::{rename, with_lenient_responses, with_methods},
    settings::Roots,
};

/// The files of a client.
#[allow(dead_code, reason = "the tests, which generate from the same code, want some of it, and the client the rest")]
pub(crate) struct Client {
    /// The types.
    pub(crate) model: String,
    /// The code that progenitor generates.
    pub(crate) client: String,
    /// Test helpers with `httpmock`, if requested.
    pub(crate) mock: Option<String>,
    /// The details of each operation.
    pub(crate) operations: String,
    /// The parts that could not be generated, and why.
    pub(crate) warnings: Vec<String>,
    /// The Rust names of all types, and whether responses contain them.
    pub(crate) types: Vec<(String, bool)>,
}

/// Generates the client. `settings` are progenitor's, without the types. `has` tells which Cargo features are on: without
/// its feature, an operation is left out, with the types that no other operation needs.
pub(crate) fn generate(
    document: &Value,
    roots: &Roots,
    settings: &GenerationSettings,
    mock: Option<&str>,
    has: &dyn Fn(&str) -> bool,
) -> Result<Client, Box<dyn Error>> {
    let mut warnings = Vec::new();
    let mut types = Types::read(document);
    let operations = lower::read(document, &mut types, &mut warnings);
    let components = types.components();
    let mut definitions = types.definitions;

    let sent: Vec<Type> = operations.iter().flat_map(Operation::sent).cloned().collect();
    let received: Vec<Type> = operations.iter().flat_map(Operation::received).cloned().collect();
    link::box_recursion(&mut definitions);
    link::mark_strict(&mut definitions, &sent, &received);
    let read = link::reachable(&definitions, &received);
    // A form is sent as bytes, so a struct would be misleading.
    let used = link::reachable(&definitions, &[sent, received].concat());
    for form in operations.iter().flat_map(|operation| &operation.forms).filter_map(|form| components.get(form)) {
        let others = definitions.values().filter(|definition| definition.name != *form);
        let is_held = others.flat_map(Definition::types).any(|ty| ty.holds(form));
        if !used.contains(form) && !is_held {
            definitions.remove(form);
        }
    }

    // Features only add: names and other properties of types are found before anything is left out.
    let (operations, without): (Vec<Operation>, Vec<Operation>) =
        operations.into_iter().partition(|operation| operation.feature.as_deref().is_none_or(has));
    let types_of = |operations: &[Operation]| -> Vec<Type> {
        operations.iter().flat_map(|operation| operation.sent().chain(operation.received())).cloned().collect()
    };
    let used = link::reachable(&definitions, &types_of(&operations));
    let unused = link::reachable(&definitions, &types_of(&without));
    let wanted = definitions.keys().filter(|name| used.contains(*name) || !unused.contains(*name));
    let kept = link::reachable(&definitions, &wanted.cloned().map(Type::Named).collect::<Vec<_>>());
    definitions.retain(|name, _| kept.contains(name));

    let emitter = Emitter { definitions: &definitions, roots };
    let title = info(document);
    let whole: Vec<&Operation> = operations.iter().collect();
    let mut work = Work { title: &title, emitter: &emitter, settings, mock };
    let (client, mock, kept) = match work.run(&whole, &mut warnings) {
        Ok((client, mock)) => (client, mock, whole),
        Err(_) => {
            // Find the operations that progenitor cannot express.
            let mut kept = Vec::new();
            for operation in whole {
                match work.run(&[operation], &mut Vec::new()) {
                    Ok(_) => kept.push(operation),
                    Err(why) => warnings.push(format!(
                        "{} {} (`{}`) is left out: {why}",
                        operation.method.to_ascii_uppercase(),
                        operation.path,
                        operation.id
                    )),
                }
            }
            let (client, mock) = work.run(&kept, &mut warnings)?;
            (client, mock, kept)
        }
    };
    warnings.sort();
    warnings.dedup();
    let names = definitions.keys().map(|name| (name.clone(), read.contains(name))).collect();
    Ok(Client { model: emitter.module(), client, mock, operations: table(document, &kept)?, warnings, types: names })
}

/// The description of the API. progenitor requires a title and a version.
fn info(document: &Value) -> Value {
    let info = document.get("info").unwrap_or(&Value::Null);
    let mut title = serde_json::Map::new();
    for (key, default) in [("title", "this API"), ("version", ""), ("description", "")] {
        let found = text(info, key);
        if !found.is_empty() || key != "description" {
            let value = if found.is_empty() { default.to_owned() } else { found };
            title.insert(key.to_owned(), value.into());
        }
    }
    Value::Object(title)
}

/// Generates some operations with progenitor.
struct Work<'a> {
    title: &'a Value,
    emitter: &'a Emitter<'a>,
    settings: &'a GenerationSettings,
    mock: Option<&'a str>,
}

impl Work<'_> {
    /// The client, and its test helpers.
    fn run(
        &mut self,
        operations: &[&Operation],
        warnings: &mut Vec<String>,
    ) -> Result<(String, Option<String>), String> {
        let mut stubs = Stubs::default();
        let lowered = lower::document(self.title, operations, self.emitter, &mut stubs, warnings);
        let mut settings = self.settings.clone();
        for (name, rust) in stubs.types() {
            settings.with_replacement(name, rust, std::iter::empty());
        }
        let spec: openapiv3::OpenAPI = serde_json::from_value(lowered).map_err(|error| error.to_string())?;
        let finish = |tokens: TokenStream| {
            let runtime = &self.emitter.roots.runtime;
            let tokens = with_lenient_responses(with_methods(rename(tokens, &stubs, runtime)), runtime);
            let mut file = syn::parse2(tokens).map_err(|error| error.to_string())?;
            with_prepare(&mut file, runtime).map_err(|error| error.to_string())?;
            // progenitor's examples do not import the crate, so they do not compile. Show them as text.
            Ok::<_, String>(prettyplease::unparse(&file).replace("```ignore", "```text"))
        };
        let client = finish(guarded(|| Generator::new(&settings).generate_tokens(&spec))?)?;
        // A generator remembers types, so this creates a new one.
        let mock = match self.mock {
            Some(name) => Some(finish(guarded(|| Generator::new(&settings).httpmock(&spec, name))?)?),
            None => None,
        };
        Ok((client, mock))
    }
}

/// Runs progenitor, which panics on some things that it cannot express.
fn guarded<E: std::fmt::Display>(work: impl FnOnce() -> Result<TokenStream, E>) -> Result<TokenStream, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    match result {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            Err(said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("progenitor panicked").to_owned())
        }
    }
}

/// The text of `operations.rs`.
fn table(document: &Value, operations: &[&Operation]) -> Result<String, Box<dyn Error>> {
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let server = server.trim_end_matches('/');
    let mut operations = operations.to_vec();
    operations.sort_by(|one, other| one.id.cmp(&other.id));
    debug_assert!(operations.iter().all(|operation| METHODS.contains(&operation.method)));
    let rows = operations.iter().map(|operation| {
        let (id, path) = (&operation.id, &operation.path);
        let (is_public, is_coalesced) = (operation.is_public, operation.is_coalesced);
        let method = format_ident!("{}", operation.method.to_ascii_uppercase());
        let server = operation.server.as_deref().unwrap_or(server);
        quote! {
            Operation {
                id: #id, method: ::reqwest::Method::#method, path: #path, server: #server, is_public: #is_public,
                is_coalesced: #is_coalesced
            }
        }
    });
    let table = quote! {
        pub(crate) const SERVER: &str = #server;
        pub(crate) const OPERATIONS: &[Operation] = &[#(#rows),*];
    };
    Ok(prettyplease::unparse(&syn::parse2(table)?))
}
