//! The paths that the generated code uses.

/// The paths in the generated code.
pub(crate) struct Roots {
    /// The module with the types.
    pub(crate) types: String,
    /// The crate with the module `json`: ours.
    pub(crate) runtime: String,
}
