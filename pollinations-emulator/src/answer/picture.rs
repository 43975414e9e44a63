//! Images of any size.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Cursor,
};

use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// The look of an image, which also decides the file type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A JPEG that fills its frame.
    Photo,
    /// A PNG with an ellipse on a transparent background.
    Transparent,
}

impl Look {
    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Photo => ImageFormat::Jpeg.to_mime_type(),
            Self::Transparent => ImageFormat::Png.to_mime_type(),
        }
    }
}

/// A gradient. The prompt and the seed determine its colors, so equal requests give equal images.
pub(crate) fn picture(prompt: &str, seed: i64, width: u32, height: u32, look: Look) -> Option<Vec<u8>> {
    match look {
        Look::Photo => jpeg(prompt, seed, width, height),
        Look::Transparent => {
            let photo = gradient(prompt, seed, width, height);
            let image = RgbaImage::from_fn(width, height, |x, y| {
                let Rgb([red, green, blue]) = *photo.get_pixel(x, y);
                Rgba([red, green, blue, if is_inside(x, y, width, height) { u8::MAX } else { 0 }])
            });
            let mut bytes = Vec::new();
            image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).ok()?;
            Some(bytes)
        }
    }
}

/// Whether a pixel is inside the ellipse that touches all four sides.
pub(super) fn is_inside(x: u32, y: u32, width: u32, height: u32) -> bool {
    // From -1 to 1, at the center of the pixel.
    let place = |at: u32, of: u32| (f64::from(at) * 2.0 + 1.0) / f64::from(of) - 1.0;
    place(x, width).powi(2) + place(y, height).powi(2) <= 1.0
}

/// The pixels of an image.
pub(super) fn gradient(prompt: &str, seed: i64, width: u32, height: u32) -> RgbImage {
    let mut hasher = DefaultHasher::new();
    (prompt, seed).hash(&mut hasher);
    let [red, green, blue, ..] = hasher.finish().to_be_bytes();
    let shade = |offset: u8, at: u32, of: u32| offset.wrapping_add(u8::try_from(at * 128 / of).unwrap_or(u8::MAX));
    RgbImage::from_fn(width, height, |x, y| Rgb([shade(red, x, width), shade(green, y, height), blue]))
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).ok()?;
    Some(bytes)
}

/// A PNG image. Encoding takes a while if it is large.
pub(crate) fn png(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    encoded(&gradient(prompt, seed, width, height), ImageFormat::Png)
}

/// A JPEG image. Encoding takes a while if it is large.
pub(crate) fn jpeg(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    encoded(&gradient(prompt, seed, width, height), ImageFormat::Jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_a_transparent_image_are_transparent() {
        let png = picture("a cat", 1, 20, 10, Look::Transparent).unwrap();
        let image = image::load_from_memory(&png).unwrap().to_rgba8();
        assert_eq!(image.dimensions(), (20, 10));
        assert_eq!((image.get_pixel(0, 0)[3], image.get_pixel(19, 9)[3], image.get_pixel(10, 5)[3]), (0, 0, 255));
    }
}
