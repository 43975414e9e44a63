//! Writes the open enumerations and the unions.

use std::error::Error;

use heck::ToPascalCase;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;

use crate::lower::{Enum, Members, Operation, Union};

/// The text of `operations.rs`.
pub(crate) fn operations(server: &str, operations: &[Operation]) -> TokenStream {
    let operations = operations.iter().map(|Operation { id, method, path, server, is_public, is_coalesced }| {
        let method = format_ident!("{method}");
        quote! {
            Operation {
                id: #id,
                method: ::reqwest::Method::#method,
                path: #path,
                server: #server,
                is_public: #is_public,
                is_coalesced: #is_coalesced,
            }
        }
    });
    quote! {
        pub(crate) const SERVER: &str = #server;
        pub(crate) const OPERATIONS: &[Operation] = &[#(#operations),*];
    }
}

/// Where a generated type lives, as the rest of the generated code sees it.
pub(crate) fn path(name: &str) -> String {
    format!("crate::types::{name}")
}

/// The text of `model.rs`.
pub(crate) fn generate(enums: &[Enum], unions: &[Union]) -> Result<String, Box<dyn Error>> {
    let unions = unions.iter().map(union).collect::<Result<TokenStream, _>>()?;
    let enums: String = enums.iter().map(open_enum).collect();
    Ok(enums + &prettyplease::unparse(&syn::parse2(unions)?))
}

/// Written as text, since formatters leave the inside of a macro as it is.
fn open_enum(item: &Enum) -> String {
    let doc = match &item.description {
        Some(description) => description.clone(),
        None => format!("One of `{}`, or something newer.", item.values.join("`, `")),
    };
    let variants = variant_names(item.values.iter().map(String::as_str));
    let mut text = format!("open_enum! {{\n    #[doc = {doc:?}]\n    pub enum {} {{\n", identifier(&item.name));
    for (variant, value) in variants.iter().zip(&item.values) {
        text += &format!("        {variant} = {value:?},\n");
    }
    text += "    }\n";
    for (variant, value) in variants.iter().zip(&item.values) {
        if item.default.as_ref() == Some(value) {
            text += &format!("    default {variant};\n");
        }
    }
    text + "}\n\n"
}

fn union(union: &Union) -> Result<TokenStream, Box<dyn Error>> {
    let name = identifier(&union.name);
    let mut variants = Vec::new();
    let mut conversions = Vec::new();
    let held = |payload: &TokenStream| {
        if union.recursive { quote!(::std::boxed::Box<#payload>) } else { payload.clone() }
    };
    let mut convert = |variant: &Ident, payload: &TokenStream| {
        let value = if union.recursive { quote!(::std::boxed::Box::new(value)) } else { quote!(value) };
        conversions.push((
            payload.to_string(),
            quote! {
                impl ::std::convert::From<#payload> for #name {
                    fn from(value: #payload) -> Self {
                        Self::#variant(#value)
                    }
                }
            },
        ));
    };
    let representation = match &union.members {
        Members::Tagged { property, variants: tagged } => {
            let names = variant_names(tagged.iter().map(|(value, _)| value.as_str()));
            for ((value, payload), variant) in tagged.iter().zip(&names) {
                let doc = format!("`{property}` is `{value}`.");
                let payload = payload.as_deref().map(named).transpose()?;
                if let Some(payload) = &payload {
                    convert(variant, payload);
                }
                let payload = payload.map(|payload| held(&payload)).map(|payload| quote!((#payload)));
                variants.push(quote! { #[doc = #doc] #[serde(rename = #value)] #variant #payload });
            }
            let doc = format!("Any other `{property}`: the whole object as it came, and as it goes back.");
            variants.push(quote! {
                #[doc = #doc]
                #[serde(untagged)]
                Other(::serde_json::Map<::std::string::String, ::serde_json::Value>)
            });
            quote!(#[serde(tag = #property)])
        }
        Members::Untagged(members) => {
            let names = variant_names(members.iter().map(|(name, _)| name.as_str()));
            for ((_, schema), variant) in members.iter().zip(&names) {
                let payload = rust_type(schema)?;
                let doc = describe(schema);
                convert(variant, &payload);
                let payload = held(&payload);
                variants.push(quote! { #[doc = #doc] #variant(#payload) });
            }
            quote!(#[serde(untagged)])
        }
    };
    // Two members of one type would make `From` ambiguous.
    let unique: Vec<&TokenStream> = conversions
        .iter()
        .filter(|(payload, _)| conversions.iter().filter(|(other, _)| other == payload).count() == 1)
        .map(|(_, conversion)| conversion)
        .collect();
    let doc = union.description.clone().unwrap_or_else(|| "One of several types.".to_owned());
    Ok(quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #representation
        #[non_exhaustive]
        pub enum #name { #(#variants,)* }

        #(#unique)*
    })
}

/// What a member of an untagged union is, for its documentation.
fn describe(schema: &Value) -> String {
    let reference = |schema: &Value| {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
        target.map(|name| format!("[`{name}`]({})", path(name)))
    };
    if let Some(link) = reference(schema) {
        return format!("A {link}.");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => match schema.get("items").and_then(reference) {
            Some(link) => format!("A list, each member a {link}."),
            None => "A list.".to_owned(),
        },
        Some(kind) => format!("A JSON {kind}."),
        None => "Any JSON value.".to_owned(),
    }
}

/// The Rust type of a member of an untagged union.
fn rust_type(schema: &Value) -> Result<TokenStream, Box<dyn Error>> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next()) {
        return named(name);
    }
    Ok(match schema.get("type").and_then(Value::as_str) {
        Some("string") => quote!(::std::string::String),
        Some("boolean") => quote!(bool),
        Some("integer") => quote!(i64),
        Some("number") => quote!(f64),
        Some("array") => {
            let items = schema.get("items").map_or_else(|| Ok(quote!(::serde_json::Value)), rust_type)?;
            quote!(::std::vec::Vec<#items>)
        }
        _ => quote!(::serde_json::Value),
    })
}

fn named(name: &str) -> Result<TokenStream, Box<dyn Error>> {
    Ok(syn::parse_str::<syn::Path>(&path(name))?.into_token_stream())
}

fn variant_names<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Ident> {
    // `Other` is the open case, and `Self` the one keyword in Pascal case.
    let mut taken: Vec<String> = vec!["Other".to_owned(), "Self".to_owned()];
    values
        .map(|value| {
            let mut name = value.to_pascal_case();
            name.retain(|character| character.is_alphanumeric() || character == '_');
            if !name.starts_with(|first: char| first.is_alphabetic()) {
                name.insert_str(0, "Value");
            }
            while taken.contains(&name) {
                name.push('_');
            }
            taken.push(name.clone());
            identifier(&name)
        })
        .collect()
}

fn identifier(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
