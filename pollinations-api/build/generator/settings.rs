//! Where the generated code goes.

/// The paths that the generated code is written with.
pub(crate) struct Roots {
    /// The module that the types are in.
    pub(crate) types: String,
    /// The crate that has `json`: ours.
    pub(crate) runtime: String,
}
