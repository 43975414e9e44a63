//! Default and maximum sizes, and the default model.

/// The default width and height, in pixels.
pub(super) const DEFAULT_SIZE: u32 = 1024;

/// The maximum width and height, in pixels. Larger ones are reduced. The limits of the service depend on the model.
pub(super) const MAX_SIZE: u32 = 2048;

/// The default model of the service.
pub(super) const DEFAULT_MODEL: &str = "black-forest-labs/flux.1-schnell";
