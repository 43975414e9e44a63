//! Finds out which file of a crate imports which.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, UseTree, Visibility};

/// A use of an item that another file of the same crate defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The importing file, relative to the source folder.
    pub from: String,
    /// The file that defines the item. For an item imported through a re-export, the file that really defines it.
    pub to: String,
    /// The path as it is written, such as `crate::error::Error`.
    pub path: String,
}

impl fmt::Display for Import {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} imports {} (`{}`)", self.from, self.to, self.path)
    }
}

/// The source files of a crate and their imports of one another. Code under `#[cfg(test)]` is left out.
#[derive(Debug, Default)]
pub struct Sources {
    files: BTreeSet<String>,
    imports: Vec<Import>,
}

impl Sources {
    /// Reads the crate whose `lib.rs` is in this folder.
    ///
    /// # Panics
    ///
    /// If the folder cannot be read, a module has no file, or a file is not Rust.
    pub fn read(folder: impl AsRef<Path>) -> Self {
        let mut files = BTreeMap::new();
        collect(folder.as_ref(), "", &mut files);
        Self::parse(&files)
    }

    /// The same, for files given as pairs of a name, relative to the source folder, and a text.
    ///
    /// # Panics
    ///
    /// Same as [`read`](Self::read).
    pub fn from_texts(files: &[(&str, &str)]) -> Self {
        Self::parse(&files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    fn parse(texts: &BTreeMap<String, String>) -> Self {
        let mut tree = Tree::default();
        tree.load(texts, "lib.rs", Vec::new());
        let files = tree.modules.values().map(|module| module.file.clone()).collect();
        let mut found = BTreeSet::new();
        for path in tree.modules.keys() {
            tree.imports_of(path, &mut found);
        }
        Self { files, imports: found.into_iter().collect() }
    }

    /// The files that are part of the crate.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// The imports among these files.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            files.insert(format!("{prefix}{name}"), text);
        }
    }
}

/// A path of modules from the root of the crate.
type ModulePath = Vec<String>;

struct Module {
    file: String,
    items: Vec<Item>,
    /// The items it defines, except modules.
    defined: BTreeSet<String>,
    /// The items it imports or re-exports: the local name, and the path.
    aliases: Vec<(String, Vec<String>)>,
    /// The modules it imports with `*`.
    globs: Vec<Vec<String>>,
}

/// The modules of a crate.
#[derive(Default)]
struct Tree {
    modules: BTreeMap<ModulePath, Module>,
}

impl Tree {
    fn load(&mut self, texts: &BTreeMap<String, String>, file: &str, path: ModulePath) {
        let text = texts.get(file).unwrap_or_else(|| panic!("there is no {file}"));
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
        let mut folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        if !matches!(name, "lib.rs" | "mod.rs") {
            folder += &format!("{}/", name.trim_end_matches(".rs"));
        }
        self.add(texts, file, &folder, path, parsed.items);
    }

    /// Adds a module and its submodules. `folder` is the folder of the submodules' files.
    fn add(&mut self, texts: &BTreeMap<String, String>, file: &str, folder: &str, path: ModulePath, items: Vec<Item>) {
        let mut module = Module {
            file: file.to_owned(),
            items: Vec::new(),
            defined: BTreeSet::new(),
            aliases: Vec::new(),
            globs: Vec::new(),
        };
        for item in items {
            if attributes(&item).is_some_and(|attributes| attributes.iter().any(is_test)) {
                continue;
            }
            if let Item::Mod(inner) = item {
                let name = inner.ident.to_string();
                let mut path = path.clone();
                path.push(name.clone());
                match inner.content {
                    Some((_, items)) => self.add(texts, file, &format!("{folder}{name}/"), path, items),
                    None => {
                        let flat = format!("{folder}{name}.rs");
                        let file = if texts.contains_key(&flat) { flat } else { format!("{folder}{name}/mod.rs") };
                        self.load(texts, &file, path);
                    }
                }
                continue;
            }
            if let Item::Use(item) = &item {
                for leaf in leaves(&item.tree) {
                    match leaf.name {
                        Some(name) => module.aliases.push((name, leaf.path)),
                        None => module.globs.push(leaf.path),
                    }
                }
            } else if let Some(name) = name(&item) {
                module.defined.insert(name);
            }
            module.items.push(item);
        }
        self.modules.insert(path, module);
    }

    /// The files that define `path`, as used in `module`. Empty for items of other crates.
    fn resolve(&self, module: &[String], path: &[String]) -> BTreeSet<&str> {
        let mut targets = BTreeSet::new();
        for target in self.lookup(module, path, &mut BTreeSet::new()) {
            if let Some(module) = self.modules.get(target) {
                targets.insert(module.file.as_str());
            }
        }
        targets
    }

    /// The modules that `path` refers to: the module itself, or the one that defines the item.
    fn lookup<'a>(
        &'a self,
        module: &[String],
        path: &[String],
        visited: &mut BTreeSet<(ModulePath, Vec<String>)>,
    ) -> Vec<&'a ModulePath> {
        if !visited.insert((module.to_vec(), path.to_vec())) {
            return Vec::new();
        }
        let Some((here, _)) = self.modules.get_key_value(module) else { return Vec::new() };
        let Some((first, rest)) = path.split_first() else { return vec![here] };
        match first.as_str() {
            "crate" => return self.inside(&[], rest, visited),
            "self" => return self.inside(module, rest, visited),
            "super" => {
                let parent = module.split_last().map_or(&[][..], |(_, parent)| parent);
                return match rest.first().map(String::as_str) {
                    Some("super") => self.lookup(parent, rest, visited),
                    _ => self.inside(parent, rest, visited),
                };
            }
            _ => {}
        }
        self.named(module, first, rest, visited)
    }

    /// Resolves `path` from a module of this crate. An item that cannot be found, such as one written by a macro,
    /// counts as defined by the module.
    fn inside<'a>(
        &'a self,
        module: &[String],
        path: &[String],
        visited: &mut BTreeSet<(ModulePath, Vec<String>)>,
    ) -> Vec<&'a ModulePath> {
        let Some((here, _)) = self.modules.get_key_value(module) else { return Vec::new() };
        let Some((first, rest)) = path.split_first() else { return vec![here] };
        if first == "self" {
            return self.inside(module, rest, visited);
        }
        // A re-export of an item of another crate is not an import of a file.
        if self.is_foreign(module, first) {
            return Vec::new();
        }
        let found = self.named(module, first, rest, visited);
        if found.is_empty() { vec![here] } else { found }
    }

    /// Whether a name in a module refers to another crate.
    fn is_foreign(&self, module: &[String], name: &str) -> bool {
        let Some(inner) = self.modules.get(module) else { return false };
        let mut child = module.to_vec();
        child.push(name.to_owned());
        if inner.defined.contains(name) || self.modules.contains_key(&child) {
            return false;
        }
        let mut aliases = inner.aliases.iter().filter(|(alias, _)| alias == name).peekable();
        aliases.peek().is_some() && aliases.all(|(_, path)| self.lookup(module, path, &mut BTreeSet::new()).is_empty())
    }

    fn named<'a>(
        &'a self,
        module: &[String],
        name: &str,
        rest: &[String],
        visited: &mut BTreeSet<(ModulePath, Vec<String>)>,
    ) -> Vec<&'a ModulePath> {
        let Some((here, inner)) = self.modules.get_key_value(module) else { return Vec::new() };
        let mut found = Vec::new();
        let mut child = module.to_vec();
        child.push(name.to_owned());
        if self.modules.contains_key(&child) {
            found.extend(self.inside(&child, rest, visited));
            // A longer path goes through the module. A shorter one may also be a value of the same name.
            if !rest.is_empty() {
                return found;
            }
        }
        if inner.defined.contains(name) {
            found.push(here);
            return found;
        }
        for (alias, path) in inner.aliases.iter().filter(|(alias, _)| alias == name) {
            // In `use memchr::memchr`, the first name is the crate and not the import itself.
            let import = [&["use".to_owned(), alias.clone()], path.as_slice()].concat();
            if !visited.insert((module.to_vec(), import)) {
                continue;
            }
            let path: Vec<String> = path.iter().chain(rest).cloned().collect();
            found.extend(self.lookup(module, &path, visited));
        }
        if found.is_empty() {
            for glob in &inner.globs {
                for target in self.lookup(module, glob, &mut BTreeSet::new()) {
                    if target.as_slice() != module
                        && visited.insert((target.clone(), vec!["*".to_owned(), name.to_owned()]))
                    {
                        found.extend(self.named(target, name, rest, visited));
                    }
                }
            }
        }
        found
    }

    fn imports_of(&self, path: &[String], found: &mut BTreeSet<Import>) {
        let Some(module) = self.modules.get(path) else { return };
        let mut code = Vec::new();
        for item in module.items.iter().filter(|item| !matches!(item, Item::Use(_))) {
            written(item.to_token_stream(), &mut code);
        }
        let idents = self.idents(module);
        let mut add = |written: &[String]| {
            for to in self.resolve(path, written).into_iter().filter(|to| *to != module.file) {
                found.insert(Import { from: module.file.clone(), to: to.to_owned(), path: written.join("::") });
            }
        };
        for item in &module.items {
            let Item::Use(item) = item else { continue };
            for leaf in leaves(&item.tree) {
                // A module that only re-exports its own submodules does not count as their user.
                let only_re_exported = !matches!(item.vis, Visibility::Inherited)
                    && leaf.name.as_ref().is_none_or(|name| !idents.contains(name))
                    && self
                        .lookup(path, &leaf.path, &mut BTreeSet::new())
                        .iter()
                        .all(|target| target.starts_with(path));
                // The crate root re-exports the whole crate, and is above all of it.
                if !only_re_exported || path.is_empty() {
                    add(&leaf.path);
                }
            }
        }
        for written in &code {
            add(written);
        }
    }

    /// The identifiers in a module's code, except in `use` items.
    fn idents(&self, module: &Module) -> BTreeSet<String> {
        fn walk(tokens: TokenStream, words: &mut BTreeSet<String>) {
            for token in tokens {
                match token {
                    TokenTree::Ident(ident) => drop(words.insert(ident.to_string())),
                    TokenTree::Group(group) => walk(group.stream(), words),
                    _ => {}
                }
            }
        }
        let mut words = BTreeSet::new();
        for item in module.items.iter().filter(|item| !matches!(item, Item::Use(_))) {
            walk(without_tests(item.to_token_stream()), &mut words);
        }
        words
    }
}

/// A single name in a `use`.
struct Leaf {
    /// The local name. `None` for `*`.
    name: Option<String>,
    path: Vec<String>,
}

fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn walk(tree: &UseTree, before: &[String], found: &mut Vec<Leaf>) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(path.ident.to_string()), found),
            UseTree::Name(name) if name.ident == "self" => {
                found.push(Leaf { name: before.last().cloned(), path: before.to_vec() });
            }
            UseTree::Name(name) => {
                found.push(Leaf { name: Some(name.ident.to_string()), path: with(name.ident.to_string()) });
            }
            UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { before.to_vec() } else { with(rename.ident.to_string()) };
                found.push(Leaf { name: Some(rename.rename.to_string()), path });
            }
            UseTree::Glob(_) => found.push(Leaf { name: None, path: before.to_vec() }),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, before, found)),
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}

/// All paths of two segments or more in a piece of code, and the paths of the `use` lines inside functions and macros.
fn written(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = without_tests(tokens).into_iter().collect();
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.to_string() == text);
    let colons = |at: usize| is(at, ":") && is(at + 1, ":");
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Group(group) => written(group.stream(), found),
            // The visibility of an item is not an import.
            TokenTree::Ident(ident) if ident == "pub" => {
                let next = tokens.get(at + 1);
                if matches!(next, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis) {
                    at += 1;
                }
            }
            TokenTree::Ident(ident) if ident == "use" => {
                let end = (at..tokens.len()).find(|end| is(*end, ";")).unwrap_or(tokens.len());
                let line = tokens.get(at..).unwrap_or_default().iter().take(end + 1 - at);
                // In a macro, `$crate` is this crate.
                let line = line.filter(|token| token.to_string() != "$").cloned().collect::<TokenStream>();
                // This fails to parse for `impl Trait + use<'a>`.
                if let Ok(line) = syn::parse2::<syn::ItemUse>(line) {
                    found.extend(leaves(&line.tree).into_iter().map(|leaf| leaf.path));
                    at = end;
                }
            }
            TokenTree::Ident(ident) if colons(at + 1) => {
                let mut path = vec![ident.to_string()];
                while let (true, Some(TokenTree::Ident(ident))) = (colons(at + 1), tokens.get(at + 3)) {
                    path.push(ident.to_string());
                    at += 3;
                }
                found.push(path);
            }
            _ => {}
        }
        at += 1;
    }
}

/// The same code without parts under `#[cfg(test)]`, at any depth.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(group)))
                if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket && is_test_text(group.stream()) =>
            {
                tokens.next();
                skip(&mut tokens);
            }
            (TokenTree::Group(group), _) => {
                kept.push(TokenTree::Group(proc_macro2::Group::new(group.delimiter(), without_tests(group.stream()))));
            }
            _ => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// Skips one item, statement, field or match arm.
fn skip(tokens: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) {
    const ITEMS: [&str; 9] = ["fn", "impl", "mod", "struct", "enum", "trait", "type", "const", "let"];
    let mut is_item = false;
    for token in tokens.by_ref() {
        match &token {
            TokenTree::Ident(ident) => is_item |= ITEMS.iter().any(|item| ident == item),
            TokenTree::Punct(punct) if punct.as_char() == ';' => return,
            TokenTree::Punct(punct) if punct.as_char() == ',' && !is_item => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            _ => {}
        }
    }
}

fn is_test(attribute: &syn::Attribute) -> bool {
    is_test_text(attribute.meta.to_token_stream())
}

/// Whether `cfg(…)` is only for tests. `cfg(not(test))` and `cfg(any(test, …))` also apply to other builds.
fn is_test_text(attribute: TokenStream) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    text == "cfg(test)"
        || (text.starts_with("cfg(all(")
            && text.split(['(', ')', ',']).any(|word| word == "test")
            && !text.contains("not(test)"))
}

/// The name of an item in its module.
fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> Option<&[syn::Attribute]> {
    Some(match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return None,
    })
}
