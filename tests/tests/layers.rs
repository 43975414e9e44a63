//! The modules of a crate stand on floors: an import points down, and never in a circle.
//!
//! `docs/architecture.md` explains the floors.

use std::path::{Path, PathBuf};

use pollinations_tests::layers::{Pair, Plan, Sources};

/// `pollinations-ext`, from the top down.
const EXT: Plan = Plan {
    floors: &[
        // What people import.
        &["lib"],
        &["client"],
        &["groups"],
        // The groups of the API, which do not know each other.
        &[
            "groups/account",
            "groups/audio",
            "groups/byop",
            "groups/chat",
            "groups/decision",
            "groups/embeddings",
            "groups/image",
            "groups/messages",
            "groups/models",
            "groups/realtime",
            "groups/responses",
            "groups/text",
            "groups/three_d",
            "groups/video",
        ],
        // What several groups share: replies as they are written, Rust functions for models to call, and files that have
        // an address.
        &["function", "media", "reply"],
        // One request out, one response in.
        &["exchange"],
        &["retry"],
        &["key"],
        // Values that know nothing of the rest. The error knows no other file but why it can be a refusal.
        &["base"],
        &["base/error"],
        &["base/reason"],
    ],
    pairs: &[Pair {
        files: ["client/mod.rs", "client/builder.rs"],
        reason: "a client starts its builder, and the builder makes the client",
    }],
};

/// `pollinations-emulator`, from the top down.
const EMULATOR: Plan = Plan {
    floors: &[
        &["lib"],
        &["cli"],
        // Starting and stopping, connections.
        &["server"],
        // All operations behind the gate.
        &["api"],
        // The groups of the API, which do not know each other. A new operation goes here.
        &[
            "api/account",
            "api/audio",
            "api/control",
            "api/document",
            "api/embeddings",
            "api/image",
            "api/media",
            "api/models",
            "api/realtime",
            "api/sign_in",
            "api/text",
            "api/three_d",
        ],
        // What every request passes before and after its operation.
        &["gate"],
        // What makes the content of answers, and what is remembered, which do not know each other.
        &["answer", "state"],
        // Misbehaviour on request, and the requests so far.
        &["fault", "journal"],
        // Values that know nothing of the rest.
        &["base"],
    ],
    pairs: &[Pair {
        files: ["server/mod.rs", "server/builder.rs"],
        reason: "an emulator starts its builder, and the builder makes the emulator",
    }],
};

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src")
}

/// Fails with every import of a crate that does not fit its plan.
#[track_caller]
fn holds(plan: &Plan, name: &str) {
    let sources = Sources::read(source(name));
    let problems = plan.problems(&sources);
    assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
    // A reader of imports that finds none would be content with everything.
    let (files, imports) = (sources.files().count(), sources.imports().len());
    assert!(imports > files, "only {imports} imports were found in {files} files of {name}");
}

#[test]
fn imports_of_pollinations_ext_point_down() {
    holds(&EXT, "pollinations-ext");
}

#[test]
fn imports_of_pollinations_emulator_point_down() {
    holds(&EMULATOR, "pollinations-emulator");
}
