//! The public items of `pollinations-ext` with their signatures, in a snapshot: what breaks callers is seen in review.

use std::{
    fs,
    path::{Path, PathBuf},
};

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, TraitItem, Visibility};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pollinations-ext/src");

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Code on one line, as people write it.
fn short(code: impl ToTokens) -> String {
    let mut text = code.to_token_stream().to_string();
    for (long, brief) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("> ", ">"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        (" :", ":"),
        ("->", " -> "),
        ("  ", " "),
        ("- >", "->"),
        (" ;", ";"),
        // What a method does with what it owns is nobody else's business.
        ("(mut self", "(self"),
    ] {
        text = text.replace(long, brief);
    }
    text
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Under which conditions there is an item, where there are some.
fn conditions(attributes: &[syn::Attribute]) -> String {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.map(|condition| format!("{} ", short(condition))).collect()
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && short(attribute).contains("test"))
}

fn describe(item: &Item, lines: &mut Vec<String>) {
    match item {
        Item::Struct(item) if is_public(&item.vis) => {
            let fields = match &item.fields {
                Fields::Named(fields) => fields.named.iter().filter(|field| is_public(&field.vis)).collect(),
                _ => Vec::new(),
            };
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.ident.as_ref().unwrap(), short(&field.ty))).collect();
            lines.push(format!(
                "{}struct {}{} {{ {} }}",
                conditions(&item.attrs),
                item.ident,
                short(&item.generics),
                fields.join(", ")
            ));
        }
        Item::Enum(item) if is_public(&item.vis) => {
            let variants: Vec<String> = item
                .variants
                .iter()
                .map(|variant| {
                    let typed = |field: &syn::Field| match &field.ident {
                        Some(name) => format!("{name}: {}", short(&field.ty)),
                        None => short(&field.ty),
                    };
                    let fields: Vec<String> = variant.fields.iter().map(typed).collect();
                    if fields.is_empty() {
                        variant.ident.to_string()
                    } else {
                        format!("{}({})", variant.ident, fields.join(", "))
                    }
                })
                .collect();
            lines.push(format!("{}enum {} {{ {} }}", conditions(&item.attrs), item.ident, variants.join(", ")));
        }
        Item::Trait(item) if is_public(&item.vis) => {
            lines.push(format!("{}trait {}", conditions(&item.attrs), item.ident));
            for method in &item.items {
                if let TraitItem::Fn(method) = method {
                    lines.push(format!("    {}", short(&method.sig)));
                }
            }
        }
        Item::Fn(item) if is_public(&item.vis) => lines.push(short(&item.sig)),
        Item::Type(item) if is_public(&item.vis) => lines.push(short(item).replace("pub ", "")),
        Item::Const(item) if is_public(&item.vis) => lines.push(format!("const {}: {}", item.ident, short(&item.ty))),
        Item::Use(item) if is_public(&item.vis) => {
            lines.push(format!("{}use {}", conditions(&item.attrs), short(&item.tree)))
        }
        Item::Mod(item) if is_public(&item.vis) => lines.push(format!("mod {}", item.ident)),
        Item::Impl(block) => implemented(block, lines),
        _ => {}
    }
}

fn implemented(block: &syn::ItemImpl, lines: &mut Vec<String>) {
    if is_test(&block.attrs) {
        return;
    }
    let on = format!("impl{} {}", short(&block.generics), short(&block.self_ty));
    if let Some((name, _)) = &block.trait_ {
        lines.push(format!("impl{} {} for {}", short(&block.generics), short(name), short(&block.self_ty)));
        return;
    }
    let mut methods = Vec::new();
    for item in &block.items {
        match item {
            ImplItem::Fn(method) if is_public(&method.vis) => {
                methods.push(format!("    {}{}", conditions(&method.attrs), short(&method.sig)));
            }
            ImplItem::Const(item) if is_public(&item.vis) => {
                methods.push(format!("    const {}: {}", item.ident, short(&item.ty)));
            }
            // A macro that writes setters: the lines of its table are their signatures.
            ImplItem::Macro(item) => {
                let name = short(&item.mac.path);
                let table = item.mac.tokens.clone().into_iter().filter(|token| {
                    !matches!(token, proc_macro2::TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Bracket)
                });
                let table = short(table.collect::<proc_macro2::TokenStream>()).replace("# ", "");
                methods.push(format!("    {name}! {table}"));
            }
            _ => {}
        }
    }
    if !methods.is_empty() {
        lines.push(on);
        lines.extend(methods);
    }
}

#[test]
fn the_public_items_of_pollinations_ext() {
    let mut found = Vec::new();
    files(Path::new(SOURCES), &mut found);
    found.sort();
    let mut text = String::new();
    for path in found {
        let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut lines = Vec::new();
        for item in &file.items {
            describe(item, &mut lines);
        }
        // Implementations alone are those of private types, or of the traits that every type has.
        if lines.iter().any(|line| !line.starts_with("impl")) || lines.iter().any(|line| line.starts_with("    ")) {
            text += &format!("# {}\n{}\n\n", path.strip_prefix(SOURCES).unwrap().display(), lines.join("\n"));
        }
    }
    assert!(text.contains("struct ChatRequest") && text.contains("fn from_env"), "{text}");
    insta::assert_snapshot!(text);
}
