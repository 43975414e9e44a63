//! Every public item of `pollinations-ext` has an example, and the links and lists of pages in the book are correct.
//! The doc tests run the examples and compile the programs on the pages.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The `.rs` files below a folder.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The public items of a source file, and whether their documentation has a code block. Former names are left out,
/// because they only forward to an item that has an example.
fn items(source: &str) -> Vec<(String, bool)> {
    let mut documentation = String::new();
    let mut is_former = false;
    let mut items = Vec::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with("///") || line.starts_with("#[doc") {
            documentation += line;
            is_former |= line.starts_with("/// The former name of [`");
        } else if !line.starts_with("#[") {
            let kinds = ["pub fn ", "pub async fn ", "pub struct ", "pub enum ", "pub trait "];
            if kinds.iter().any(|kind| line.starts_with(kind)) && !is_former {
                items.push((line.to_owned(), documentation.contains("```")));
            }
            documentation.clear();
            is_former = false;
        }
    }
    items
}

#[test]
fn every_public_item_has_an_example() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../pollinations-ext/src"), &mut found);
    let all: Vec<(String, bool)> = found
        .iter()
        .flat_map(|(path, source)| {
            items(source).into_iter().map(move |(item, example)| (format!("{path}: {item}"), example))
        })
        .collect();
    assert!(all.len() > 250, "only {} items were found", all.len());
    let missing: Vec<&String> =
        all.iter().filter(|(item, example)| !example && !item.contains("MaybeSend")).map(|(item, _)| item).collect();
    assert!(missing.is_empty(), "no example: {missing:#?}");
}

#[test]
fn the_check_finds_an_item_without_an_example() {
    let source = "/// Words.\npub fn without() {}\n/// ```\n/// ```\n#[must_use]\npub async fn with() {}\n\
                  /// The former name of [`with`].\n#[deprecated]\npub fn old() {}\npub struct Bare;\n";
    let found: Vec<bool> = items(source).into_iter().map(|(_, example)| example).collect();
    assert_eq!(found, [false, true, false]);
}

/// The targets of a page's links.
fn links(page: &str) -> Vec<String> {
    let ends = page.match_indices("](").map(|(at, _)| &page[at + 2..]);
    ends.filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned()).collect()
}

/// The pages of `docs`, by file name.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The anchors that GitHub and mdBook give to the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn links_between_pages_have_existing_targets() {
    let mut all: Vec<_> = ["README.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root().join(name)).into();
    all.extend(pages());
    let mut looked_at = 0;
    for page in all {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text).iter().filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = page.parent().unwrap().join(path);
            assert!(target.exists(), "{}: {link}", page.display());
            if !heading.is_empty() {
                let anchors = anchors(&fs::read_to_string(&target).unwrap());
                assert!(anchors.iter().any(|anchor| anchor == heading), "{}: {link}", page.display());
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 20, "only {looked_at} links were found");
}

/// The book contains only the files in `docs`, so a page links to other files of the repository by their URL on GitHub.
#[test]
fn no_page_of_the_book_has_a_relative_link_to_a_file_outside_docs() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let out: Vec<String> = links(&text).into_iter().filter(|link| link.starts_with("../")).collect();
        assert!(out.is_empty(), "{}: {out:?}", page.display());
    }
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut named = links(&summary);
    named.sort();
    let mut there: Vec<String> =
        pages().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    there.retain(|name| name != "SUMMARY.md");
    assert_eq!(named, there);
}

#[test]
fn the_programs_of_every_page_are_compiled() {
    let compiled = fs::read_to_string(root().join("tests/src/lib.rs")).unwrap();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.file_name().unwrap().to_str().unwrap();
        let programs = text.contains("```rust");
        assert!(!programs || compiled.contains(&format!("docs/{name}")), "{name} is not in tests/src/lib.rs");
    }
}

/// rustdoc and mdBook hide lines that begin with `# `. GitHub shows them.
#[test]
fn programs_on_pages_have_no_hidden_lines() {
    for page in pages().into_iter().chain([root().join("README.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        let programs = text.split("```rust").skip(1).filter_map(|rest| rest.split("```").next());
        let hidden: Vec<&str> = programs.flat_map(str::lines).filter(|line| line.starts_with("# ")).collect();
        assert!(hidden.is_empty(), "{}: {hidden:?}", page.display());
    }
}

/// The files and folders that a page names in backticks.
fn paths(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|text| text.ends_with(".rs") || text.ends_with('/') && !text.starts_with('/')).collect()
}

#[test]
fn the_architecture_page_names_only_files_that_exist() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let mut missing = Vec::new();
    let mut named = 0;
    for (heading, sources) in [
        ("## Inside pollinations-ext", "pollinations-ext/src"),
        ("## Inside pollinations-emulator", "pollinations-emulator/src"),
    ] {
        let (_, section) = page.split_once(heading).expect("the section");
        let section = section.split("\n## ").next().unwrap_or_default();
        for path in paths(section) {
            named += 1;
            // Rooms in `groups` and `api` are named without that folder.
            let places = [sources.into(), format!("{sources}/groups"), format!("{sources}/api"), ".".to_owned()];
            if !places.iter().any(|place| root().join(place).join(path).exists()) {
                missing.push(path);
            }
        }
    }
    assert!(named > 100, "only {named} paths were found");
    assert!(missing.is_empty(), "these paths do not exist: {missing:#?}");
}
