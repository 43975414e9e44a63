//! The source images of edits.

use axum::body::Bytes;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{base::failure::Failure, state::State};

/// A source image: its content, or a URL outside this emulator, which is not fetched.
#[derive(Clone, Debug, Hash, PartialEq)]
pub(super) enum Source {
    Content(Bytes),
    Elsewhere(String),
}

impl Source {
    /// The image at a URL: one of this emulator, a `data:` URI (RFC 2397), or any other.
    pub(super) fn at(state: &State, url: &str) -> Result<Self, Failure> {
        if let Some(rest) = url.strip_prefix("data:") {
            let base64 = rest.split_once(";base64,").map(|(_, content)| content);
            let bytes = base64.and_then(|content| STANDARD.decode(content).ok());
            let bytes = bytes.ok_or_else(|| Failure::image("invalid_image_url", "The data URI holds no base64."))?;
            return Self::content(bytes.into());
        }
        if let Some(path) = url.strip_prefix(&state.base_url) {
            let id = path.trim_start_matches('/');
            let file = state.files.get(id).map(|stored| stored.file.bytes);
            let bytes = file.or_else(|| state.generations.by_id(id).map(|finished| finished.body.clone()));
            let lost = || Failure::image("failed_to_download_image", format!("There is no image at {url}."));
            return Self::content(bytes.ok_or_else(lost)?);
        }
        match url.starts_with("https://") || url.starts_with("http://") {
            true => Ok(Self::Elsewhere(url.to_owned())),
            false => Err(Failure::image("invalid_image_url", "An image is an http(s) address or a data URI.")),
        }
    }

    /// An image with this content. Fails for file types that the service does not accept.
    pub(super) fn content(bytes: Bytes) -> Result<Self, Failure> {
        let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        let starts: [&[u8]; 3] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8"];
        if is_webp || starts.iter().any(|start| bytes.starts_with(start)) {
            return Ok(Self::Content(bytes));
        }
        Err(Failure::image("unsupported_image_media_type", "The image is neither PNG nor JPEG, GIF or WebP."))
    }

    /// The content, if it is known.
    pub(super) fn into_bytes(self) -> Option<Bytes> {
        match self {
            Self::Content(bytes) => Some(bytes),
            Self::Elsewhere(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_are_accepted() {
        let png = Bytes::from_static(b"\x89PNG\r\n\x1a\nx");
        assert_eq!(Source::content(png.clone()).unwrap().into_bytes(), Some(png));
        for bytes in [&b"RIFF____WEBP"[..], b"\xff\xd8\xff\xe0", b"GIF89a"] {
            assert!(Source::content(Bytes::copy_from_slice(bytes)).is_ok());
        }
        for bytes in [&b""[..], b"%PDF-1.7", b"RIFF____WAVE", b"hello"] {
            assert!(Source::content(Bytes::copy_from_slice(bytes)).is_err());
        }
    }
}
