//! Images to edit, and masks.

use crate::base::file::File;

/// An image to edit, or a mask: a URL or a file.
///
/// Text is the URL of an image, or a `data:` URI with an image (RFC 2397). Text is never a path: for a path, use
/// [`File::path`].
///
/// # Examples
///
/// ```
/// use pollinations_ext::{File, ImageSource};
///
/// let by_address = ImageSource::from("https://example.com/cat.png");
/// let from_disk = ImageSource::from(File::path("cat.png"));
/// let from_memory = ImageSource::from(File::bytes(vec![0xff, 0xd8, 0xff]));
/// # let _ = (by_address, from_disk, from_memory);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ImageSource {
    /// The URL of an image, or a `data:` URI.
    Url(String),
    /// A file, which is sent with the request.
    File(File),
}

impl ImageSource {
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The URL, if the image is given as a URL.
    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Url(url) => Some(url),
            Self::File(_) => None,
        }
    }
}

impl From<&str> for ImageSource {
    fn from(url: &str) -> Self {
        Self::Url(url.to_owned())
    }
}

impl From<String> for ImageSource {
    fn from(url: String) -> Self {
        Self::Url(url)
    }
}

impl From<File> for ImageSource {
    fn from(file: File) -> Self {
        Self::File(file)
    }
}
