//! Images and videos.

mod request;

pub use request::ImageRequest;
