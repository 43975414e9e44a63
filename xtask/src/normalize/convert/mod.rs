//! From any OpenAPI 3.1 document to OpenAPI 3.0.3, losing nothing that 3.0.3 can say.

mod discriminators;
mod loops;
pub(super) mod null_values;
mod nullables;
pub(super) mod operations;
pub(super) mod order;
mod references;
mod schema;
mod security;
pub(super) mod structure;
pub(super) mod types;
mod version;

use super::{Pass, Run};
pub(super) use version::check;

/// Every pass, in the order in which they run.
///
/// The structure of the document is mended first and references are resolved, so that the later passes can rely on both.
/// Then keywords of 3.1 are rewritten. Names come last, when every schema has the shape it will keep.
pub const PASSES: &[Pass] = &[
    Pass { name: "version", run: Run::Document(version::run) },
    Pass { name: "structure", run: Run::Document(structure::run) },
    Pass { name: "components", run: Run::Document(references::components::run) },
    Pass { name: "paths", run: Run::Document(references::paths::run) },
    Pass { name: "security", run: Run::Document(security::run) },
    Pass { name: "references", run: Run::Document(references::run) },
    Pass { name: "discriminators", run: Run::Document(discriminators::run) },
    Pass { name: "annotations", run: Run::Schema(schema::annotations::run) },
    Pass { name: "constants", run: Run::Schema(schema::constants::run) },
    Pass { name: "siblings", run: Run::Schema(schema::siblings::run) },
    Pass { name: "tuples", run: Run::Schema(schema::tuples::run) },
    Pass { name: "content", run: Run::Schema(schema::content::run) },
    Pass { name: "bounds", run: Run::Schema(schema::bounds::run) },
    Pass { name: "examples", run: Run::Schema(schema::examples::run) },
    Pass { name: "unsupported", run: Run::Schema(schema::unsupported::run) },
    Pass { name: "nullable", run: Run::Schema(schema::nullable::run) },
    Pass { name: "unions", run: Run::Schema(schema::unions::run) },
    Pass { name: "default_values", run: Run::Schema(schema::default_values::run) },
    Pass { name: "nullables", run: Run::Document(nullables::run) },
    Pass { name: "loops", run: Run::Document(loops::run) },
];

/// What follows both lists: ids, types with names, and the order of keys. These are the names that the document suggests.
pub const NAMES: &[Pass] = &[
    Pass { name: "operations", run: Run::Document(operations::run) },
    Pass { name: "types", run: Run::Document(types::run) },
    Pass { name: "null_values", run: Run::Schema(null_values::run) },
    Pass { name: "order", run: Run::Document(order::run) },
];
