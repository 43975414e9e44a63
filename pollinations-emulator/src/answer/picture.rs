//! Pictures of any size.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Cursor,
};

use image::{ImageFormat, Rgb, RgbImage};

/// A gradient whose colours come from the prompt and the seed: the same request gives the same picture.
pub(crate) fn picture(prompt: &str, seed: i64, width: u32, height: u32, format: ImageFormat) -> Option<Vec<u8>> {
    let mut hasher = DefaultHasher::new();
    (prompt, seed).hash(&mut hasher);
    let [red, green, blue, ..] = hasher.finish().to_be_bytes();
    let mut image = RgbImage::new(width, height);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let shade = |offset: u8, at: u32, of: u32| offset.wrapping_add(u8::try_from(at * 128 / of).unwrap_or(u8::MAX));
        *pixel = Rgb([shade(red, x, width), shade(green, y, height), blue]);
    }
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).ok()?;
    Some(bytes)
}

/// A small picture, at once.
pub(crate) fn png(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    picture(prompt, seed, width, height, ImageFormat::Png)
}

/// A small photograph, at once.
pub(crate) fn jpeg(prompt: &str, seed: i64, width: u32, height: u32) -> Option<Vec<u8>> {
    picture(prompt, seed, width, height, ImageFormat::Jpeg)
}
