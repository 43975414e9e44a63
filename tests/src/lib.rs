//! Shared code of the workspace's tests.

#![forbid(unsafe_code)]

pub mod contract;
mod document;
pub mod fuzz;
pub mod layers;
mod log;
mod recorder;
mod script;
pub mod second_build;
mod upstream;

pub use document::Document;
pub use log::Log;
pub use recorder::{Recorded, Recorder};
pub use script::{Script, Step, Then};
pub use upstream::{february, upstream};

/// Checks that the programs on the pages compile.
#[cfg(doctest)]
mod pages {
    macro_rules! pages {
        ($($name:ident: $path:literal;)*) => { $(
            #[doc = include_str!($path)]
            struct $name;
        )* };
    }

    pages! {
        Readme: "../../README.md";
        GettingStarted: "../../docs/getting-started.md";
        Streaming: "../../docs/streaming.md";
        ImagesAndVideo: "../../docs/images-and-video.md";
        Audio: "../../docs/audio.md";
        Embeddings: "../../docs/embeddings.md";
        ResponsesAndMessages: "../../docs/responses-and-messages.md";
        Retries: "../../docs/retries.md";
        ToolsAndStructuredOutput: "../../docs/tools-and-structured-output.md";
        SignIn: "../../docs/sign-in.md";
        Errors: "../../docs/errors.md";
        Migration: "../../docs/migration.md";
        Models: "../../docs/models-and-prices.md";
        Media: "../../docs/media.md";
        AccountAndKeys: "../../docs/account-and-keys.md";
        Emulator: "../../docs/emulator.md";
        ContractTesting: "../../docs/contract-testing.md";
        SpecPipeline: "../../docs/spec-pipeline.md";
        Reliability: "../../docs/reliability.md";
        Performance: "../../docs/performance.md";
        Architecture: "../../docs/architecture.md";
        Release: "../../docs/release.md";
        Realtime: "../../docs/realtime.md";
        OtherLanguages: "../../docs/other-languages.md";
    }
}
