//! The build scripts of this workspace, and its ban on unsafe code.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The source files and manifests of the workspace, without build output.
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
fn only_pollinations_api_and_the_tests_have_a_build_script() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    sources(&root, &mut found);
    // The build script of the tests generates small clients with the same code. It is not published.
    let ours = root.join("tests").join("build.rs");
    let others = found.iter().filter(|path| path.ends_with("build.rs") && **path != ours);
    assert_eq!(others.count(), 0, "cargo runs every build.rs, even if the manifest does not name it");
    let mut scripts = Vec::new();
    for manifest in found.iter().filter(|path| path.ends_with("Cargo.toml")) {
        let text = fs::read_to_string(manifest).unwrap();
        scripts.extend(text.lines().filter(|line| line.starts_with("build =")).map(str::to_owned));
    }
    assert_eq!(scripts, ["build = \"build/main.rs\""], "only pollinations-api names a build script");
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
