//! Builds the workspace from a document other than `openapi.json`.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The build folder of such builds. All tests share it, so that dependencies are compiled once. The usual folder is
/// not changed, so the next build of the workspace does not have to start over.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into).join("second")
}

/// A cargo command in the root of the workspace that uses the document at `path`.
pub fn cargo(path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target()).env("POLLINATIONS_API_DOCUMENT", path);
    command
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
