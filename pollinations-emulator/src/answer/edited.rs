//! Edited images.

use std::io::Cursor;

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, Rgb, Rgba, RgbaImage, imageops::FilterType};

use super::picture::{Look, gradient, is_inside};

/// The memory limit for decoding an image, in bytes. A small file can be a huge image.
const MAX_DECODED: u64 = 256 * 1024 * 1024;

/// An edit.
#[derive(Debug)]
pub(crate) struct Edit {
    /// What determines the colors.
    pub(crate) subject: String,
    pub(crate) seed: i64,
    /// Width and height; by default, those of the source.
    pub(crate) size: Option<(u32, u32)>,
    /// The side of the image in pixels if neither is known, and the maximum.
    pub(crate) fallback: u32,
    pub(crate) limit: u32,
    pub(crate) source: Option<Bytes>,
    /// Where it is opaque, the source is kept.
    pub(crate) mask: Option<Bytes>,
    pub(crate) look: Look,
}

/// The source mixed with the colors of a new image, as a PNG. A source that is missing or cannot be decoded is black.
pub(crate) fn png(edit: &Edit) -> Option<Vec<u8>> {
    let source = edit.source.as_ref().and_then(decode);
    let own = || source.as_ref().map(|source| (source.width().min(edit.limit), source.height().min(edit.limit)));
    let (width, height) = edit.size.or_else(own).unwrap_or((edit.fallback, edit.fallback));
    let fitted = |image: DynamicImage| image.resize_exact(width, height, FilterType::Triangle).to_rgba8();
    let source = source.map_or_else(|| RgbaImage::from_pixel(width, height, Rgba([0, 0, 0, u8::MAX])), fitted);
    let mask = edit.mask.as_ref().and_then(decode).map(fitted);
    let colours = gradient(&edit.subject, edit.seed, width, height);

    let mut image = source;
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let is_kept = mask.as_ref().is_some_and(|mask| mask.get_pixel(x, y)[3] == u8::MAX);
        if !is_kept {
            let Rgb([red, green, blue]) = *colours.get_pixel(x, y);
            let Rgba([old_red, old_green, old_blue, _]) = *pixel;
            *pixel = Rgba([old_red.midpoint(red), old_green.midpoint(green), old_blue.midpoint(blue), u8::MAX]);
        }
        if edit.look == Look::Transparent && !is_inside(x, y, width, height) {
            pixel[3] = 0;
        }
    }
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).ok()?;
    Some(bytes)
}

fn decode(bytes: &Bytes) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    reader.decode().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(image: &RgbaImage) -> Bytes {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes.into()
    }

    fn edit() -> Edit {
        Edit {
            subject: "at night".to_owned(),
            seed: 0,
            size: None,
            fallback: 16,
            limit: 64,
            source: None,
            mask: None,
            look: Look::Photo,
        }
    }

    fn made(edit: &Edit) -> RgbaImage {
        image::load_from_memory(&png(edit).unwrap()).unwrap().to_rgba8()
    }

    #[test]
    fn only_the_transparent_part_of_the_mask_is_changed() {
        let white = RgbaImage::from_pixel(8, 4, Rgba([255; 4]));
        // The left half is transparent.
        let mask = RgbaImage::from_fn(8, 4, |x, _| Rgba([0, 0, 0, if x < 4 { 0 } else { 255 }]));
        let image = made(&Edit { source: Some(encoded(&white)), mask: Some(encoded(&mask)), ..edit() });
        assert_eq!(image.dimensions(), (8, 4));
        for (x, y, pixel) in image.enumerate_pixels() {
            assert_eq!(*pixel == Rgba([255; 4]), x >= 4, "{x} {y} {pixel:?}");
        }
    }

    #[test]
    fn sizes_come_from_the_request_or_the_source() {
        let source = Some(encoded(&RgbaImage::new(100, 8)));
        assert_eq!(made(&edit()).dimensions(), (16, 16));
        assert_eq!(made(&Edit { source: source.clone(), ..edit() }).dimensions(), (64, 8));
        assert_eq!(made(&Edit { source, size: Some((5, 6)), ..edit() }).dimensions(), (5, 6));
        let broken = Some(Bytes::from_static(b"\x89PNG\r\n\x1a\nbroken"));
        assert_eq!(made(&Edit { source: broken, ..edit() }).dimensions(), (16, 16));
    }
}
