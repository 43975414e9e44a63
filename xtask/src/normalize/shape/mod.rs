//! Adapts the document to this project: one error type, keys as security schemes, no defaults, no upstream
//! descriptions, and the names in our tables.

mod absorb;
mod defaults;
mod empty_paths;
mod errors;
mod integers;
mod keys;
mod our_operations;
pub(crate) mod prose;
mod subsets;

use super::{
    Pass, Run,
    convert::{null_values, order, types},
};

/// The name of the pass that removes upstream's descriptions.
pub(super) const PROSE: &str = "prose";

/// The passes, in the order in which they run. They run after those of `convert`.
pub const PASSES: &[Pass] = &[
    Pass { name: "empty_paths", run: Run::Document(empty_paths::run) },
    Pass { name: "keys", run: Run::Document(keys::run) },
    Pass { name: PROSE, run: Run::Document(prose::run) },
    Pass { name: "integers", run: Run::Schema(integers::run) },
    Pass { name: "defaults", run: Run::Schema(defaults::run) },
    Pass { name: "absorb", run: Run::Schema(absorb::run) },
    Pass { name: "subsets", run: Run::Document(subsets::run) },
    Pass { name: "errors", run: Run::Document(errors::run) },
];

/// The passes that follow both lists, with the names in our tables.
pub const NAMES: &[Pass] = &[
    Pass { name: "our_operations", run: Run::Document(our_operations::run) },
    Pass { name: "our_types", run: Run::Document(types::run_with_tables) },
    Pass { name: "null_values", run: Run::Schema(null_values::run) },
    Pass { name: "order", run: Run::Document(order::run) },
];
