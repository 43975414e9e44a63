//! The names of types, fields and variants. One rule applies to all of them.

use std::collections::BTreeSet;

use heck::{ToPascalCase, ToSnakeCase};

/// Words that cannot be names in any edition of Rust so far.
const KEYWORDS: [&str; 54] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield", "_",
];

/// The name of a type or a variant.
pub(crate) fn pascal(name: &str) -> String {
    valid(plain(name).to_pascal_case(), "Value")
}

/// The name of a field, a parameter or a method.
pub(crate) fn snake(name: &str) -> String {
    valid(plain(name).to_snake_case(), "value_")
}

/// The text with a separator in place of characters that cannot be part of a name.
fn plain(name: &str) -> String {
    let mut plain: String = match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => name.replace('\'', ""),
    };
    plain = plain.chars().map(|character| if character.is_alphanumeric() { character } else { '-' }).collect();
    plain
}

fn valid(mut name: String, prefix: &str) -> String {
    let is_name = |text: &str| syn::parse_str::<syn::Ident>(text).is_ok();
    if name.is_empty() {
        name = prefix.trim_end_matches('_').to_owned();
    }
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    if !is_name(&name) {
        name.insert_str(0, prefix);
    }
    if !is_name(&name) {
        // Letters that Rust does not allow in names.
        name.retain(|character| character.is_ascii_alphanumeric() || character == '_');
    }
    if is_name(&name) { name } else { prefix.trim_end_matches('_').to_owned() }
}

/// Names that are already used.
pub(crate) struct Taken(BTreeSet<String>);

impl Taken {
    pub(crate) fn new(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The name, followed by a word and a number if it is already used. Unlike an underscore, these survive another
    /// conversion of case.
    pub(crate) fn take_with(&mut self, name: &str, word: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 1;
        while !self.0.insert(free.clone()) {
            let name = name.trim_end_matches('_');
            free = if number == 1 { format!("{name}_{word}") } else { format!("{name}_{word}_{number}") };
            number += 1;
        }
        free
    }

    /// The name, followed by underscores if it is already used.
    pub(crate) fn take(&mut self, mut name: String) -> String {
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        name
    }
}
