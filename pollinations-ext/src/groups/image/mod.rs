//! Images.

mod create;
mod edit;
mod images;
mod request;
mod settings;
mod source;

pub use create::ImagesRequest;
pub use edit::EditRequest;
pub use images::{Image, Images};
pub use request::ImageRequest;
pub use source::ImageSource;
