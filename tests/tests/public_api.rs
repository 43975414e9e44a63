//! A snapshot of the public items of `pollinations-ext` with their signatures, so that breaking changes show up in
//! review. Items are listed by the path that callers use, not by the file that defines them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, TraitItem, UseTree, Visibility};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pollinations-ext/src");

/// The items of each module of the crate, by the path of the module.
type Modules = BTreeMap<Vec<String>, Vec<Item>>;

fn load(folder: &Path, path: Vec<String>, items: Vec<Item>, modules: &mut Modules) {
    for item in items.iter().filter_map(|item| if let Item::Mod(item) = item { Some(item) } else { None }) {
        if is_test(&item.attrs) || item.content.is_some() {
            continue;
        }
        let name = item.ident.to_string();
        let (flat, inner) = (folder.join(format!("{name}.rs")), folder.join(&name));
        let file = if flat.exists() { flat } else { inner.join("mod.rs") };
        let parsed = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap();
        load(&inner, path.iter().cloned().chain([name]).collect(), parsed.items, modules);
    }
    modules.insert(path, items);
}

/// The imports of a `use`: each local name, and the path that it stands for.
fn leaves(tree: &UseTree, before: &[String]) -> Vec<(String, Vec<String>)> {
    let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident)),
        UseTree::Name(name) if name.ident == "self" => vec![(before.last().unwrap().clone(), before.to_vec())],
        UseTree::Name(name) => vec![(name.ident.to_string(), with(&name.ident))],
        UseTree::Rename(rename) => vec![(rename.rename.to_string(), with(&rename.ident))],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
        UseTree::Glob(_) => panic!("a `*` hides what is public"),
    }
}

/// The module or item that a path leads to, as a path from the crate root. `None` for items of other crates.
fn resolve(modules: &Modules, module: &[String], path: &[String]) -> Option<Vec<String>> {
    let mut here = module.to_vec();
    let mut rest = path.iter();
    for (at, name) in rest.by_ref().enumerate() {
        match name.as_str() {
            "crate" => here = Vec::new(),
            "self" => {}
            "super" => drop(here.pop()),
            name => {
                let child: Vec<String> = here.iter().cloned().chain([name.to_owned()]).collect();
                if modules.contains_key(&child) {
                    here = child;
                } else if modules[&here].iter().any(|item| defines(item, name)) {
                    return Some(child);
                } else {
                    let aliases = modules[&here]
                        .iter()
                        .filter_map(|item| if let Item::Use(item) = item { Some(item) } else { None });
                    let mut aliases = aliases.flat_map(|item| leaves(&item.tree, &[]));
                    let (_, alias) =
                        aliases.find(|(alias, target)| alias == name && (at > 0 || target[..] != *path))?;
                    let onward: Vec<String> = alias.into_iter().chain(path[at + 1..].iter().cloned()).collect();
                    return resolve(modules, &here, &onward);
                }
            }
        }
    }
    Some(here)
}

fn defines(item: &Item, name: &str) -> bool {
    match item {
        Item::Struct(item) => item.ident == name,
        Item::Enum(item) => item.ident == name,
        Item::Trait(item) => item.ident == name,
        Item::Type(item) => item.ident == name,
        Item::Const(item) => item.ident == name,
        Item::Fn(item) => item.sig.ident == name,
        _ => false,
    }
}

/// The code on one line, with the usual spacing.
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
        // `mut self` makes no difference to callers.
        ("(mut self", "(self"),
    ] {
        text = text.replace(long, brief);
    }
    text
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The `cfg` conditions of an item.
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
        _ => {}
    }
}

/// The first line of an `impl` block, and the signatures of its public methods.
fn implemented(block: &syn::ItemImpl) -> (String, Vec<String>) {
    let on = format!("impl{} {}", short(&block.generics), short(&block.self_ty));
    if let Some((name, _)) = &block.trait_ {
        return (format!("impl{} {} for {}", short(&block.generics), short(name), short(&block.self_ty)), Vec::new());
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
            // The macro generates setters. Its input lists their signatures.
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
    (on, methods)
}

/// Collects a description of every public item in a module, by the path that callers use.
fn walk(modules: &Modules, module: &[String], public: &str, found: &mut BTreeMap<String, Vec<String>>) {
    for item in &modules[module] {
        let named = |name: &dyn ToString| {
            if public.is_empty() { name.to_string() } else { format!("{public}::{}", name.to_string()) }
        };
        match item {
            Item::Mod(item) if is_public(&item.vis) && !is_test(&item.attrs) => {
                let inner: Vec<String> = module.iter().cloned().chain([item.ident.to_string()]).collect();
                walk(modules, &inner, &named(&item.ident), found);
            }
            Item::Use(item) if is_public(&item.vis) => {
                for (name, path) in leaves(&item.tree, &[]) {
                    let Some(target) = resolve(modules, module, &path) else {
                        found.insert(named(&name), vec![format!("use {}", path.join("::"))]);
                        continue;
                    };
                    if modules.contains_key(&target) {
                        walk(modules, &target, &named(&name), found);
                        continue;
                    }
                    let (original, home) = target.split_last().unwrap();
                    let mut lines = conditions(&item.attrs).trim_end().lines().map(str::to_owned).collect::<Vec<_>>();
                    let item = modules[home].iter().find(|item| defines(item, original)).unwrap();
                    describe(item, &mut lines);
                    lines.extend(blocks(modules, &target));
                    found.insert(named(&name), lines);
                }
            }
            item => {
                let mut lines = Vec::new();
                describe(item, &mut lines);
                if let Some(name) = name(item).filter(|_| !lines.is_empty()) {
                    let target: Vec<String> = module.iter().cloned().chain([name.clone()]).collect();
                    lines.extend(blocks(modules, &target));
                    found.insert(named(&name), lines);
                }
            }
        }
    }
}

fn name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Const(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        _ => return None,
    })
}

/// The methods and traits of a type, from the whole crate.
fn blocks(modules: &Modules, of: &[String]) -> Vec<String> {
    let mut heads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, items) in modules {
        let blocks = items.iter().filter_map(|item| if let Item::Impl(block) = item { Some(block) } else { None });
        for block in blocks.filter(|block| !is_test(&block.attrs)) {
            let syn::Type::Path(path) = &*block.self_ty else { continue };
            let path: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            if resolve(modules, module, &path).as_deref() == Some(of) {
                if block.trait_.as_ref().is_some_and(|(name, _)| is_internal(modules, module, name)) {
                    continue;
                }
                let (head, methods) = implemented(block);
                if block.trait_.is_some() || !methods.is_empty() {
                    heads.entry(head).or_default().extend(methods);
                }
            }
        }
    }
    heads.into_iter().flat_map(|(head, methods)| std::iter::once(head).chain(methods)).collect()
}

/// Whether a trait is a private trait of this crate.
fn is_internal(modules: &Modules, module: &[String], name: &syn::Path) -> bool {
    let path: Vec<String> = name.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let Some(target) = resolve(modules, module, &path) else { return false };
    let Some((name, home)) = target.split_last() else { return false };
    let defined = modules[home].iter().find(|item| defines(item, name));
    matches!(defined, Some(Item::Trait(item)) if !is_public(&item.vis))
}

#[test]
fn the_public_items_of_pollinations_ext() {
    let mut modules = Modules::new();
    let root = syn::parse_file(&fs::read_to_string(Path::new(SOURCES).join("lib.rs")).unwrap()).unwrap();
    load(Path::new(SOURCES), Vec::new(), root.items, &mut modules);
    let mut found = BTreeMap::new();
    walk(&modules, &[], "", &mut found);
    let text: String = found.iter().map(|(path, lines)| format!("# {path}\n{}\n\n", lines.join("\n"))).collect();
    assert!(text.contains("struct ChatRequest") && text.contains("fn from_env"), "{text}");
    insta::assert_snapshot!(text);
}
