//! Sizes, and the model, of images.

/// Pixels a side without a size.
pub(super) const DEFAULT_SIZE: u32 = 1024;

/// Pixels a side at the most, however many are asked for; the real service has a limit of its own.
pub(super) const MAX_SIZE: u32 = 2048;

/// What the service takes if no model is named.
pub(super) const DEFAULT_MODEL: &str = "black-forest-labs/flux.1-schnell";
