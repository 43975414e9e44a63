//! Converts any OpenAPI 3.1 document to OpenAPI 3.0.3, and keeps everything that 3.0.3 can express.

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
/// The first passes repair the structure of the document and resolve references, so that later passes can rely on both.
/// Then keywords of 3.1 are rewritten. Names come last, when the schemas do not change any more.
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

/// The passes that follow both lists: ids, named types, and the order of keys. The names are those that the document
/// suggests.
pub const NAMES: &[Pass] = &[
    Pass { name: "operations", run: Run::Document(operations::run) },
    Pass { name: "types", run: Run::Document(types::run) },
    Pass { name: "null_values", run: Run::Schema(null_values::run) },
    Pass { name: "order", run: Run::Document(order::run) },
];
