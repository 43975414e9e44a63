//! What the crates of this workspace run while they are built, and what they may not do.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files of the workspace that are ours to write, without what is built.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") || name == "Cargo.toml" {
            found.push(path);
        }
    }
}

#[test]
fn the_generator_is_the_only_build_script() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    sources(&root, &mut found);
    // That of the tests generates small clients with the same code; it is not published.
    let ours = root.join("tests").join("build.rs");
    let unasked = found.iter().filter(|path| path.ends_with("build.rs") && **path != ours);
    assert_eq!(unasked.count(), 0, "build.rs runs unasked");
    let mut scripts = Vec::new();
    for manifest in found.iter().filter(|path| path.ends_with("Cargo.toml")) {
        let text = fs::read_to_string(manifest).unwrap();
        scripts.extend(text.lines().filter(|line| line.starts_with("build =")).map(str::to_owned));
    }
    assert_eq!(scripts, ["build = \"build/main.rs\""], "that of pollinations-api");
}

#[test]
fn every_member_forbids_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let members = workspace.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let members: Vec<&str> = members.split(',').map(|member| member.trim().trim_matches('"')).collect();
    assert!(members.len() >= 5, "{members:?}");
    for member in members.iter().filter(|member| !member.is_empty()) {
        let manifest = fs::read_to_string(root.join(member).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member}");
    }
}
