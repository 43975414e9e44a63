//! Videos.

mod request;

pub use request::VideoRequest;
