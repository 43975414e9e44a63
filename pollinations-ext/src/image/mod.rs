//! Images.

mod request;

pub use request::ImageRequest;
