//! The reduced copy of a picture: upright, and without anything but its pixels.

use std::io::Cursor;

use bytes::Bytes;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::Shown;
use crate::domain::notice::NotShown;

/// What decoding a picture takes by its header: bytes of memory, and its width and height in pixels.
pub(super) type Takes = (u64, (u32, u32));

/// The longer side of a preview, in pixels.
const SIDE: u32 = 1024;
/// What a decoder may take for everything that stands in a file besides pixels: colour profiles, notes.
const BESIDE_PIXELS: u64 = 16 * 1024 * 1024;
/// What reducing, turning and encoding take: a few copies of the preview.
const AFTERWARDS: u64 = 5 * 4 * (SIDE as u64) * (SIDE as u64);

/// The memory that decoding this picture takes at most, in bytes, by its header alone.
///
/// # Errors
/// Where it is no picture that can be decoded.
pub(super) fn memory(bytes: &Bytes, mime: &str) -> Result<Takes, NotShown> {
    let (format, decoder) = open(bytes, mime)?;
    // PNG is decoded row by row into the picture. The others keep as much as the picture twice more: a
    // progressive JPEG its coefficients, GIF and WebP a frame and what it is made of.
    let copies = if format == ImageFormat::Png { 1 } else { 3 };
    let pixels = decoder.total_bytes().saturating_mul(copies);
    let memory = pixels.saturating_add(bytes.len() as u64 + BESIDE_PIXELS + AFTERWARDS);
    let dimensions = decoder.dimensions();
    if format == ImageFormat::WebP && has_larger_frame(bytes, dimensions) {
        return Err(NotShown::Unreadable { mime: mime.to_owned() });
    }
    Ok((memory, dimensions))
}

/// Whether a WebP holds a frame larger than the picture its header tells of: the decoder makes room for the
/// whole frame before it compares the two. RFC 9649, RFC 6386.
fn has_larger_frame(bytes: &[u8], (width, height): (u32, u32)) -> bool {
    let side = |frame: &[u8], at: usize| u32::from(u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3fff);
    // The name of the chunk, its length, three bytes of the frame's tag, the start code, width and height.
    let is_frame = |frame: &&[u8]| frame.starts_with(b"VP8 ") && frame[11..14] == [0x9d, 0x01, 0x2a];
    bytes.windows(18).filter(is_frame).any(|frame| side(frame, 14) > width || side(frame, 16) > height)
}

/// Makes the copy. Takes as much memory as [`memory`] says, so that whoever calls looks at that first.
///
/// # Errors
/// Where it cannot be decoded.
pub(super) fn reduced(bytes: &Bytes, mime: &str) -> Result<Shown, NotShown> {
    let unreadable = || NotShown::Unreadable { mime: mime.to_owned() };
    let (_, mut decoder) = open(bytes, mime)?;
    // How it lies matters more than notes that cannot be read.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(decoder.total_bytes());
    decoder.set_limits(limits).map_err(|_| unreadable())?;
    let image = DynamicImage::from_decoder(decoder).map_err(|_| unreadable())?;
    let is_small = image.width().max(image.height()) <= SIDE;
    let mut image = if is_small { image } else { image.thumbnail(SIDE, SIDE) };
    image.apply_orientation(orientation);
    let (format, image) = if image.color().has_alpha() {
        (ImageFormat::Png, DynamicImage::ImageRgba8(image.into_rgba8()))
    } else {
        (ImageFormat::Jpeg, DynamicImage::ImageRgb8(image.into_rgb8()))
    };
    let mut encoded = Cursor::new(Vec::new());
    image.write_to(&mut encoded, format).map_err(|_| unreadable())?;
    let size = Some((image.width(), image.height()));
    Ok(Shown::picture(encoded.into_inner().into(), format.to_mime_type(), size))
}

/// Reads a picture's header.
pub(super) fn open<'a>(
    bytes: &'a Bytes,
    mime: &str,
) -> Result<(ImageFormat, impl ImageDecoder + 'a), NotShown> {
    let unreadable = || NotShown::Unreadable { mime: mime.to_owned() };
    let mut reader =
        ImageReader::new(Cursor::new(&bytes[..])).with_guessed_format().map_err(|_| unreadable())?;
    let format = reader.format().ok_or_else(unreadable)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(BESIDE_PIXELS);
    reader.limits(limits);
    Ok((format, reader.into_decoder().map_err(|_| unreadable())?))
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageEncoder, Rgb, RgbImage};

    use super::*;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Bytes {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner().into()
    }

    /// EXIF of one entry, the orientation, and of a maker's name behind it.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"Camera of Jane at 51.5, -0.12");
        exif
    }

    /// Left half red, right half blue, taken with the camera on its side.
    fn photo(width: u32, height: u32, orientation: u8) -> Bytes {
        let colour = |x| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) };
        let image = RgbImage::from_fn(width, height, |x, _| colour(x));
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.encode_image(&image).unwrap();
        bytes.into()
    }

    #[test]
    fn a_photo_taken_on_its_side_stands_upright_and_tells_nothing_of_its_camera() {
        for (width, height, size) in [(1600, 800, (512, 1024)), (80, 40, (40, 80))] {
            let photo = photo(width, height, 6);
            assert!(photo.windows(14).any(|words| words == b"Camera of Jane"));
            let shown = reduced(&photo, "image/jpeg").unwrap();
            assert_eq!((shown.mime.as_str(), shown.size), ("image/jpeg", Some(size)));
            let copy = image::load_from_memory(&shown.bytes).unwrap().into_rgb8();
            let (top, bottom) = (copy.get_pixel(10, 10), copy.get_pixel(10, size.1 - 10));
            assert!(top[0] > 200 && bottom[2] > 200, "red left turned to the top: {top:?} {bottom:?}");
            for told in [&b"Exif"[..], b"Camera"] {
                assert!(!shown.bytes.windows(told.len()).any(|bytes| bytes == told));
            }
        }
    }

    #[test]
    fn a_large_image_is_shown_reduced_and_a_small_one_made_anew() {
        let shown = reduced(&encoded(&DynamicImage::new_rgb8(3000, 1500), ImageFormat::Png), "").unwrap();
        assert_eq!((shown.mime.as_str(), shown.size), ("image/jpeg", Some((1024, 512))));
        let mut noted = encoded(&DynamicImage::new_rgba8(3, 2), ImageFormat::Png).to_vec();
        noted.extend(b"a note behind the picture");
        let shown = reduced(&noted.into(), "").unwrap();
        assert_eq!((shown.mime.as_str(), shown.size), ("image/png", Some((3, 2))));
        assert!(!shown.bytes.windows(4).any(|bytes| bytes == b"note"));
    }

    #[test]
    fn every_kind_that_is_decoded_is_counted_by_its_header() {
        for (format, copies) in
            [(ImageFormat::Png, 1), (ImageFormat::Jpeg, 3), (ImageFormat::Gif, 3), (ImageFormat::WebP, 3)]
        {
            let image = DynamicImage::new_rgb8(700, 500);
            let (memory, size) = memory(&encoded(&image, format), "").unwrap();
            assert_eq!(size, (700, 500), "{format:?}");
            assert!(memory >= copies * 700 * 500 * 3 + BESIDE_PIXELS, "{format:?}: {memory}");
        }
    }

    #[test]
    fn a_frame_larger_than_its_picture_is_not_decoded() {
        // A screen of one pixel, and a frame on it of 60,000 × 60,000.
        let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0".to_vec();
        gif.extend([0x60, 0xea, 0x60, 0xea, 0, 2, 2, 0x4c, 0x01, 0, 0x3b]);
        assert!(matches!(reduced(&gif.into(), "image/gif"), Err(NotShown::Unreadable { .. })));
        // A canvas of one pixel, and a frame of 16,383 × 16,383 in it.
        let mut webp = b"RIFF\x28\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        webp.extend(b"VP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f");
        assert!(matches!(memory(&webp.into(), "image/webp"), Err(NotShown::Unreadable { .. })));
    }
}
