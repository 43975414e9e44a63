//! Rewrites progenitor's code: names, and requests that it does not support.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::lower::{Special, Stubs};

/// Gives parameters their names in the document, and rewrites the parameters that progenitor does not support.
pub(super) fn rename(tokens: TokenStream, stubs: &Stubs, runtime: &str) -> TokenStream {
    let mut written: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let special = literal(group.stream()).and_then(|name| Some((stubs.special(&name)?, name)));
                let inner = rename(group.stream(), stubs, runtime);
                let mut fails = false;
                let inner = match special {
                    Some((Special::Cookie, name)) => {
                        let wire = stubs.wire(&name).unwrap_or_default();
                        let (arguments, can_fail) = cookie(&mut written, inner, wire, runtime);
                        fails = can_fail;
                        arguments
                    }
                    Some((Special::Deep, _)) if written.last().is_some_and(|called| called.to_string() == "new") => {
                        deep(inner, runtime)
                    }
                    Some((Special::Deep, _)) => inner,
                    None => inner,
                };
                let mut renamed = Group::new(group.delimiter(), inner);
                renamed.set_span(group.span());
                written.push(TokenTree::Group(renamed));
                written.extend(fails.then(|| path("?")).into_iter().flatten());
            }
            TokenTree::Literal(text) => {
                let name = syn::parse_str::<syn::LitStr>(&text.to_string()).ok();
                written.push(match name.as_ref().and_then(|name| stubs.wire(&name.value())) {
                    Some(wire) => TokenTree::Literal(Literal::string(wire)),
                    None => TokenTree::Literal(text),
                });
            }
            other => written.push(other),
        }
    }
    written.into_iter().collect()
}

/// The first argument of a call, if it is a string literal.
fn literal(arguments: TokenStream) -> Option<String> {
    let first = arguments.into_iter().next()?;
    Some(syn::parse_str::<syn::LitStr>(&first.to_string()).ok()?.value())
}

/// The arguments after the first.
fn rest(arguments: TokenStream) -> Vec<TokenTree> {
    arguments.into_iter().skip(2).collect()
}

/// Makes `header_map.append("name", value.to_string().try_into()?)` add a cookie, and a mock look for one. Returns the
/// arguments of the call, and whether the call can fail.
fn cookie(before: &mut Vec<TokenTree>, arguments: TokenStream, wire: &str, runtime: &str) -> (TokenStream, bool) {
    let mut rest = rest(arguments);
    let called = before.pop().map(|name| name.to_string()).unwrap_or_default();
    match called.as_str() {
        "append" => {
            // `header_map` and the dot before, and `.try_into()?` at the end.
            before.truncate(before.len().saturating_sub(2));
            before.extend(path(&format!("{runtime}::json::support::add_cookie")));
            rest.truncate(rest.len().saturating_sub(4));
            let value = TokenStream::from_iter(rest);
            (quote!(&mut header_map, #wire, &#value), true)
        }
        "header_missing" => {
            before.extend(path("header_excludes"));
            let start = format!("{wire}=");
            (quote!("cookie", #start), false)
        }
        _ => {
            before.extend(path("header_includes"));
            let value = TokenStream::from_iter(rest);
            (quote!("cookie", ::std::format!("{}={}", #wire, #value)), false)
        }
    }
}

/// Rewrites `QueryParam::new("name", &value)` so that the members of the value are sent under the name.
fn deep(arguments: TokenStream, runtime: &str) -> TokenStream {
    let name = literal(arguments.clone()).unwrap_or_default();
    let value: TokenStream = rest(arguments).into_iter().collect();
    let wrap: TokenStream = path(&format!("{runtime}::json::support::Deep::new")).into_iter().collect();
    quote!(#name, &#wrap(#name, #value))
}

fn path(text: &str) -> Vec<TokenTree> {
    text.parse::<TokenStream>().into_iter().flatten().collect()
}

/// Rewrites requests with `OPTIONS` and `TRACE`. reqwest has no functions for these methods, but progenitor generates
/// calls to them.
pub(super) fn with_methods(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: Option<usize>, text: &str| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Ident(name)) => name == text,
        Some(TokenTree::Punct(mark)) => text.chars().eq([mark.as_char()]),
        _ => false,
    };
    let mut written = TokenStream::new();
    for (at, token) in tokens.iter().enumerate() {
        let called = is(at.checked_sub(1), ".") && is(at.checked_sub(2), "client") && is(at.checked_sub(3), ".");
        match token {
            TokenTree::Ident(name) if called && (name == "options" || name == "trace") => {
                written.extend(quote!(request));
            }
            TokenTree::Group(group) => {
                let method = ["options", "trace"].into_iter().find(|name| is(at.checked_sub(1), name));
                let called =
                    is(at.checked_sub(2), ".") && is(at.checked_sub(3), "client") && is(at.checked_sub(4), ".");
                let inner = with_methods(group.stream());
                let inner = match method.filter(|_| called) {
                    Some(method) => {
                        let method = format_ident!("{}", method.to_ascii_uppercase());
                        quote!(::reqwest::Method::#method, #inner)
                    }
                    None => inner,
                };
                let mut rewritten = Group::new(group.delimiter(), inner);
                rewritten.set_span(group.span());
                written.extend([TokenTree::Group(rewritten)]);
            }
            other => written.extend([other.clone()]),
        }
    }
    written
}

/// Rewrites how responses are read: leniently, and with one arm for all statuses that are read alike. Each arm of
/// progenitor waits for the body by itself, which doubles the size of the compiled operations.
pub(super) fn with_lenient_responses(tokens: TokenStream, runtime: &str) -> TokenStream {
    let mut written: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let inner = with_lenient_responses(group.stream(), runtime);
                let is_status = matches!(written.as_slice(), [.., TokenTree::Ident(called), TokenTree::Group(arguments)]
                    if called == "as_u16" && arguments.stream().is_empty());
                let inner = if is_status { merged(inner) } else { inner };
                let mut rewritten = Group::new(group.delimiter(), inner);
                rewritten.set_span(group.span());
                written.push(TokenTree::Group(rewritten));
            }
            TokenTree::Ident(name) if name == "from_response" => {
                // `ResponseValue` and the two colons before.
                written.truncate(written.len().saturating_sub(3));
                written.extend(path(&format!("{runtime}::json::support::receive")));
            }
            other => written.push(other),
        }
    }
    written.into_iter().collect()
}

/// Merges neighboring arms of a `match` that do the same.
fn merged(arms: TokenStream) -> TokenStream {
    struct Arms(Vec<syn::Arm>);

    impl syn::parse::Parse for Arms {
        fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
            let mut arms = Vec::new();
            while !input.is_empty() {
                arms.push(input.parse()?);
            }
            Ok(Self(arms))
        }
    }

    let Ok(Arms(arms)) = syn::parse2(arms.clone()) else { return arms };
    let mut written: Vec<(TokenStream, TokenStream)> = Vec::new();
    for syn::Arm { pat, body, .. } in arms {
        let body = quote!(#body);
        let is_status = matches!(pat, syn::Pat::Lit(_) | syn::Pat::Range(_));
        match written.last_mut() {
            Some((before, same)) if is_status && same.to_string() == body.to_string() => before.extend(quote!(| #pat)),
            _ => written.push((quote!(#pat), body)),
        }
    }
    written.into_iter().map(|(pattern, body)| quote!(#pattern => #body,)).collect()
}
