//! What this project wants of its own document, beyond what OpenAPI asks for: one error type, keys as security schemes, no
//! defaults and no words of upstream's, and the names of our tables.

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

/// The name of the pass that drops upstream's words.
pub(super) const PROSE: &str = "prose";

/// Every pass, in the order in which they run, after those that convert.
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

/// What follows both lists, with the names of our tables.
pub const NAMES: &[Pass] = &[
    Pass { name: "our_operations", run: Run::Document(our_operations::run) },
    Pass { name: "our_types", run: Run::Document(types::run_with_tables) },
    Pass { name: "null_values", run: Run::Schema(null_values::run) },
    Pass { name: "order", run: Run::Document(order::run) },
];
