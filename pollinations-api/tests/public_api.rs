//! Snapshots of the public items of the generated code with their signatures, and rules for names and documentation.

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, Visibility};

const CLIENT: &str = include_str!(concat!(env!("OUT_DIR"), "/client.rs"));
const MODEL: &str = include_str!(concat!(env!("OUT_DIR"), "/model.rs"));

fn items(code: &str) -> Vec<Item> {
    syn::parse_file(code).unwrap().items
}

/// The items of a module within the generated client.
fn module(path: &[&str]) -> Vec<Item> {
    path.iter().fold(items(CLIENT), |items, name| {
        let module = items.into_iter().find_map(|item| match item {
            Item::Mod(module) if module.ident == name => module.content,
            _ => None,
        });
        module.unwrap_or_else(|| panic!("there is no module {name}")).1
    })
}

/// The code on one line, without the full paths of common types.
fn short(code: impl ToTokens) -> String {
    let mut text = code.to_token_stream().to_string();
    for (long, brief) in [
        (":: std :: string :: String", "String"),
        (":: std :: option :: Option", "Option"),
        (":: std :: vec :: Vec", "Vec"),
        (":: std :: result :: Result", "Result"),
        (":: std :: collections :: BTreeMap", "BTreeMap"),
        (":: serde_json ::", "serde_json::"),
        (":: std :: convert :: TryInto", "TryInto"),
        ("std :: convert :: TryInto", "TryInto"),
        (":: std :: fmt :: Display", "Display"),
        ("crate :: types ::", ""),
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        (" :", ":"),
    ] {
        text = text.replace(long, brief);
    }
    text.replace(":: ", "::").replace("< ", "<").replace("  ", " ").replace(",)", ")").replace(",>", ">")
}

fn describe(items: &[Item]) -> String {
    let mut lines = Vec::new();
    for item in items {
        match item {
            Item::Struct(item) if matches!(item.vis, Visibility::Public(_)) => {
                let fields: Vec<String> = item
                    .fields
                    .iter()
                    .filter(|field| matches!(field.vis, Visibility::Public(_)))
                    .map(|field| {
                        let name = field.ident.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
                        format!("\n    {name}{}", short(&field.ty))
                    })
                    .collect();
                lines.push(format!("struct {}{}{}", item.ident, short(&item.generics), fields.concat()));
            }
            Item::Enum(item) => {
                let variants: Vec<String> = item
                    .variants
                    .iter()
                    .map(|variant| format!("\n    {}{}", variant.ident, short(&variant.fields)))
                    .collect();
                lines.push(format!("enum {}{}", item.ident, variants.concat()));
            }
            Item::Macro(item) if item.mac.path.segments.last().unwrap().ident == "__open_enum" => {
                lines.push(describe_open_enum(&item.mac.tokens.to_string()));
            }
            Item::Macro(item) if item.mac.path.segments.last().unwrap().ident == "__object" => {
                lines.extend(describe_new(&item.mac.tokens.to_string()));
            }
            Item::Impl(item) => {
                let functions: Vec<String> = item
                    .items
                    .iter()
                    .filter_map(|member| match member {
                        ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
                            Some(format!("\n    {}", short(&function.sig)))
                        }
                        _ => None,
                    })
                    .collect();
                match &item.trait_ {
                    None if !functions.is_empty() => {
                        lines.push(format!("impl {}{}", short(&item.self_ty), functions.concat()));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    lines.join("\n") + "\n"
}

/// The arguments of an object's `new`, read from its macro.
fn describe_new(tokens: &str) -> Option<String> {
    let (name, _) = tokens.split_once(' ').unwrap();
    let (_, arguments) = tokens.rsplit_once(" new {").unwrap();
    let arguments: Vec<String> = arguments
        .split(';')
        .filter_map(|argument| {
            let (field, ty) = argument.split_once(" :")?;
            Some(format!("{}: {}", field.split_whitespace().next()?, short(syn::parse_str::<syn::Type>(ty).unwrap())))
        })
        .collect();
    (!arguments.is_empty()).then(|| format!("fn {name}::new({})", arguments.join(", ")))
}

/// The name and the variants of an open enumeration, read from its macro.
fn describe_open_enum(tokens: &str) -> String {
    let (_, rest) = tokens.split_once("pub enum ").unwrap();
    let (name, body) = rest.split_once('{').unwrap();
    let (variants, default) = body.split_once('}').unwrap();
    let variants: Vec<&str> = variants.split(',').map(str::trim).filter(|variant| !variant.is_empty()).collect();
    let default = default.trim().trim_end_matches(';').trim();
    format!("open enum {}\n    {}\n    {default}", name.trim(), variants.join(", ")).trim_end().to_owned()
}

#[test]
fn operations() {
    insta::assert_snapshot!(describe(&items(CLIENT)));
}

#[test]
fn operation_builders() {
    insta::assert_snapshot!(describe(&module(&["builder"])));
}

/// The items of the model that are objects, or the items that are not.
fn model(objects: bool) -> Vec<Item> {
    let is_object = |item: &Item| match item {
        Item::Struct(_) => true,
        Item::Macro(item) => item.mac.path.segments.last().unwrap().ident == "__object",
        _ => false,
    };
    items(MODEL).into_iter().filter(|item| is_object(item) == objects).collect()
}

#[test]
fn types() {
    insta::assert_snapshot!(describe(&model(true)));
}

#[test]
fn type_builders() {
    let builders = items(MODEL).into_iter().find_map(|item| match item {
        Item::Mod(module) => module.content,
        _ => None,
    });
    insta::assert_snapshot!(describe(&builders.unwrap().1));
}

#[test]
fn enumerations_and_unions() {
    insta::assert_snapshot!(describe(&model(false)));
}

#[test]
fn objects_are_non_exhaustive() {
    for item in items(MODEL) {
        let Item::Struct(item) = item else { continue };
        let is_hidden = item.fields.iter().any(|field| !matches!(field.vis, Visibility::Public(_)));
        assert!(is_hidden && item.attrs.iter().any(|it| it.path().is_ident("non_exhaustive")), "{}", item.ident);
    }
}

#[test]
fn type_names_are_short_and_not_generated() {
    let mut names = Vec::new();
    for item in items(MODEL) {
        match item {
            Item::Struct(item) => {
                assert!(matches!(item.fields, Fields::Named(_)), "{} wraps a single value", item.ident);
                names.push(item.ident.to_string());
            }
            Item::Enum(item) => {
                let open = item.variants.iter().any(|variant| variant.ident == "Other");
                assert!(open && item.variants.len() > 1, "{}: an enum must have an `Other` variant", item.ident);
                names.push(item.ident.to_string());
            }
            Item::Macro(item) if item.mac.path.segments.last().unwrap().ident == "__open_enum" => {
                let text = describe_open_enum(&item.mac.tokens.to_string());
                assert!(text.matches('=').count() > 1, "an enumeration with a single value: {text}");
                names.push(text.split_whitespace().nth(2).unwrap().to_owned());
            }
            _ => {}
        }
    }
    assert!(names.len() > 80, "{}", names.len());
    for name in names {
        assert!(name.len() <= 32, "{name} is too long");
        let numbered = name.split("Variant").skip(1).any(|rest| rest.starts_with(|next: char| next.is_ascii_digit()));
        assert!(!numbered && !name.ends_with("Item") && !name.starts_with("Object"), "{name}");
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name}");
    }
}

/// Whether the documentation of an item says more than its name.
fn documented(attributes: &[syn::Attribute], name: &str) -> bool {
    let docs: String = attributes.iter().filter(|it| it.path().is_ident("doc")).map(short).collect();
    !docs.is_empty() && !docs.contains(&format!("\"`{name}`\"")) && !docs.contains(&format!("`{name}`]"))
}

#[test]
fn operations_types_and_fields_are_documented() {
    let mut missing = Vec::new();
    for item in &items(MODEL) {
        match item {
            Item::Struct(item) => {
                let name = item.ident.to_string();
                if !documented(&item.attrs, &name) {
                    missing.push(name.clone());
                }
                for field in item.fields.iter().filter(|field| matches!(field.vis, Visibility::Public(_))) {
                    if !documented(&field.attrs, "") {
                        missing.push(format!("{name}.{}", field.ident.as_ref().unwrap()));
                    }
                }
            }
            Item::Enum(item) => {
                let bare = item.variants.iter().any(|variant| !documented(&variant.attrs, ""));
                if bare || !documented(&item.attrs, &item.ident.to_string()) {
                    missing.push(item.ident.to_string());
                }
            }
            _ => {}
        }
    }
    for item in items(CLIENT) {
        let Item::Impl(item) = item else { continue };
        for member in item.items {
            if let ImplItem::Fn(function) = member
                && matches!(function.vis, Visibility::Public(_))
                && !documented(&function.attrs, "")
            {
                missing.push(function.sig.ident.to_string());
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
