//! Divides each operation of progenitor into two functions: one writes the request, and the other sends it. So a program
//! can send a request in its own way.

use proc_macro2::{Ident, TokenTree};
use quote::quote;
use syn::{
    Block, File, GenericArgument, ImplItem, ImplItemFn, Item, Pat, PathArguments, ReturnType, Stmt, Type, parse_quote,
};

/// Adds `prepare` beside each `send`.
pub(super) fn with_prepare(file: &mut File, runtime: &str) -> syn::Result<()> {
    let support: syn::Path = syn::parse_str(&format!("{runtime}::json::support"))?;
    let builders = file.items.iter_mut().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "builder" => module.content.as_mut(),
        _ => None,
    });
    for item in builders.flat_map(|(_, items)| items) {
        let Item::Impl(item) = item else { continue };
        let mut added = Vec::new();
        for function in &mut item.items {
            if let ImplItem::Fn(send) = function
                && send.sig.ident == "send"
                && let Some(prepare) = divided(send, &support)
            {
                added.push(ImplItem::Fn(prepare));
            }
        }
        item.items.extend(added);
    }
    Ok(())
}

/// Moves the first half of `send` to `prepare`.
fn divided(send: &mut ImplItemFn, support: &syn::Path) -> Option<ImplItemFn> {
    let ReturnType::Type(_, returned) = &send.sig.output else { return None };
    let response = argument(argument(returned)?)?.clone();
    let middle = send.block.stmts.iter().position(is_info)?;
    let [info, pre, ..] = send.block.stmts.get(middle..)? else { return None };
    let info = info.clone();
    // progenitor chooses other names if parameters have these.
    let (client, request) = names(pre)?;
    let sending = send.block.stmts.split_off(middle);
    let writing = std::mem::take(&mut send.block.stmts);
    let begin: Block = parse_quote!({
        let #client = self.#client;
        let mut #request = #support::to_send(self.prepare())?;
    });
    send.block.stmts = begin.stmts.into_iter().chain(sending).collect();
    Some(parse_quote! {
        /// Writes the request without sending it.
        ///
        /// # Errors
        ///
        /// An error if a required parameter is not set, or if a value is invalid.
        pub fn prepare(self) -> Result<#support::PreparedRequest<#response>, #support::PrepareError> {
            #(#writing)*
            #info
            Ok(#support::prepared(&#client.baseurl, #request, info.operation_id))
        }
    })
}

/// The names of the client and of the request in `client.pre(&mut request, &info).await?`.
fn names(statement: &Stmt) -> Option<(Ident, Ident)> {
    let mut tokens = quote!(#statement).into_iter();
    let TokenTree::Ident(client) = tokens.next()? else { return None };
    let arguments = tokens.find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    })?;
    let request = arguments.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) if name != "mut" => Some(name),
        _ => None,
    })?;
    Some((client, request))
}

/// The first argument of a generic type.
fn argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether this is `let info = …`, where progenitor begins to send.
fn is_info(statement: &Stmt) -> bool {
    let Stmt::Local(local) = statement else { return false };
    matches!(&local.pat, Pat::Ident(name) if name.ident == "info")
        && quote!(#local).to_string().contains("OperationInfo")
}
