//! 3D objects.

mod request;

pub use request::ThreeDRequest;
