//! The modules of a crate are organized in floors. An import points to a lower floor, and imports have no cycles.
//!
//! `docs/architecture.md` explains the floors.

use std::path::{Path, PathBuf};

use pollinations_tests::layers::{Pair, Plan, Sources};

/// The plan of `pollinations-ext`, top floor first.
const EXT: Plan = Plan {
    floors: &[
        // The public names of the crate.
        &["lib"],
        &["client"],
        &["groups"],
        // The groups of the API, which must not import each other.
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
        // Code that several groups share: streamed replies, Rust functions that models call, and uploaded files.
        &["function", "media", "reply"],
        // Sending one request and receiving one response.
        &["exchange"],
        &["retry"],
        &["key"],
        // Values that import nothing else of the crate. The error may import only the reasons for a 402 or 403.
        &["base"],
        &["base/error"],
        &["base/reason"],
    ],
    pairs: &[Pair {
        files: ["client/mod.rs", "client/builder.rs"],
        reason: "a client starts its builder, and the builder makes the client",
    }],
};

/// The plan of `pollinations-emulator`, top floor first.
const EMULATOR: Plan = Plan {
    floors: &[
        &["lib"],
        &["cli"],
        // Starting, stopping, connections.
        &["server"],
        // The router of all operations.
        &["api"],
        // The groups of the API, which must not import each other. Add new operations here.
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
        // The checks before and after each operation.
        &["gate"],
        // The content of responses, and the state of the emulator, which must not import each other.
        &["answer", "state"],
        // Injected faults, and the journal of requests.
        &["fault", "journal"],
        // Values that import nothing else of the crate.
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

/// Fails and lists all imports of a crate that break its plan.
#[track_caller]
fn assert_plan_holds(plan: &Plan, name: &str) {
    let sources = Sources::read(source(name));
    let problems = plan.problems(&sources);
    assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
    // Without this check, the test would pass if the parser found no imports.
    let (files, imports) = (sources.files().count(), sources.imports().len());
    assert!(imports > files, "only {imports} imports were found in {files} files of {name}");
}

#[test]
fn imports_of_pollinations_ext_point_down() {
    assert_plan_holds(&EXT, "pollinations-ext");
}

#[test]
fn imports_of_pollinations_emulator_point_down() {
    assert_plan_holds(&EMULATOR, "pollinations-emulator");
}
