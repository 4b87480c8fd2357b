//! Pictures that move: a reduced copy that moves too, as GIF, which every client shows.

use std::io::{self, Cursor, Write};

use bytes::Bytes;
use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::{LoopCount, Orientation};
use image::{AnimationDecoder, DynamicImage, Frame, Frames, ImageDecoder, ImageFormat, ImageResult, Limits};

use super::Shown;

/// The longer side of a copy that moves, in pixels.
const SIDE: u32 = 480;
/// How many pixels a frame may have.
const FRAME_PIXELS: u64 = 4_000_000;
/// How many frames there may be.
const FRAMES: usize = 300;
/// How many pixels all frames may have together.
const ALL_PIXELS: u64 = 120_000_000;
/// How large the copy may become, in bytes.
const COPY_BYTES: usize = 6 * 1024 * 1024;
/// How exactly colours are chosen, from 1, the slowest, to 30.
const SPEED: i32 = 20;
/// What it takes at most besides the file, in bytes: a few frames, and the copy.
pub(super) const MEMORY: u64 = 6 * 4 * FRAME_PIXELS + 2 * COPY_BYTES as u64;

/// A copy that moves; nothing of a picture that does not, or only for longer or larger than is copied: of
/// that, its first frame is shown.
pub(super) fn reduced(bytes: &Bytes) -> Option<Shown> {
    let Moving { frames, repeat, orientation } = open(bytes).ok()??;
    let mut copy = Bounded(Vec::new());
    let mut encoder = GifEncoder::new_with_speed(&mut copy, SPEED);
    encoder.set_repeat(repeat).ok()?;
    let (mut count, mut pixels, mut size) = (0, 0, None);
    for frame in frames {
        let frame = frame.ok()?;
        count += 1;
        pixels += u64::from(frame.buffer().width()) * u64::from(frame.buffer().height());
        if count > FRAMES || pixels > ALL_PIXELS {
            return None;
        }
        let frame = smaller(frame, orientation);
        size = Some((frame.buffer().width(), frame.buffer().height()));
        encoder.encode_frame(frame).ok()?;
    }
    drop(encoder);
    (count > 1).then(|| Shown::picture(copy.0.into(), ImageFormat::Gif.to_mime_type(), size))
}

/// The copy, as far as it is written. It cannot become too large.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > COPY_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A picture that moves, being read frame by frame.
struct Moving<'a> {
    frames: Frames<'a>,
    repeat: Repeat,
    orientation: Orientation,
}

/// Opens a picture that may move.
fn open(bytes: &Bytes) -> ImageResult<Option<Moving<'_>>> {
    let file = Cursor::new(&bytes[..]);
    Ok(match image::guess_format(bytes)? {
        ImageFormat::Gif => moving(GifDecoder::new(file)?),
        ImageFormat::Png => {
            let mut decoder = PngDecoder::new(file)?;
            let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
            if decoder.is_apng()? && fits(&decoder) {
                decoder.set_limits(limits())?;
                Some(frames(decoder.apng()?, orientation))
            } else {
                None
            }
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(file)?;
            if decoder.has_animation() { moving(decoder) } else { None }
        }
        _ => None,
    })
}

fn moving<'a>(mut decoder: impl ImageDecoder + AnimationDecoder<'a>) -> Option<Moving<'a>> {
    if !fits(&decoder) {
        return None;
    }
    decoder.set_limits(limits()).ok()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Some(frames(decoder, orientation))
}

fn frames<'a>(decoder: impl AnimationDecoder<'a>, orientation: Orientation) -> Moving<'a> {
    let repeat = match decoder.loop_count() {
        LoopCount::Infinite => Repeat::Infinite,
        LoopCount::Finite(times) => Repeat::Finite(u16::try_from(times.get()).unwrap_or(u16::MAX)),
    };
    Moving { frames: decoder.into_frames(), repeat, orientation }
}

fn fits(decoder: &impl ImageDecoder) -> bool {
    let (width, height) = decoder.dimensions();
    u64::from(width) * u64::from(height) <= FRAME_PIXELS
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MEMORY);
    limits
}

/// A frame as it is copied: reduced, and upright.
fn smaller(frame: Frame, orientation: Orientation) -> Frame {
    let delay = frame.delay();
    let whole = DynamicImage::ImageRgba8(frame.into_buffer());
    let is_small = whole.width().max(whole.height()) <= SIDE;
    let mut copy = if is_small { whole } else { whole.thumbnail(SIDE, SIDE) };
    copy.apply_orientation(orientation);
    Frame::from_parts(copy.into_rgba8(), 0, 0, delay)
}

#[cfg(test)]
mod tests;
