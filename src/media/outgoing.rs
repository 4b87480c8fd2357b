//! Makes of an agent's file what goes to a phone: pictures upright, small enough, and without anything but
//! their pixels; videos and sounds without what was noted in them; everything else as it is, if it may go.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, Limits};

use super::preview::Takes;
use super::{Workshop, film, gif, kind, preview};
use crate::domain::carried::MediaRules;
use crate::domain::input::Made;
use crate::domain::notice::{HeldBack, NotShown};

/// The longer side of a picture that goes to a phone, in pixels, and the shortest that it is made where it
/// does not fit otherwise.
const SIDE: u32 = 1600;
const SHORTEST: u32 = 240;
/// The qualities of JPEG that are tried, from the best.
const QUALITIES: [u8; 3] = [85, 70, 55];
/// What scaling, turning, laying on white and encoding take beside decoding: a few copies of the picture.
const AFTERWARDS: u64 = 6 * 4 * (SIDE as u64) * (SIDE as u64);
/// The largest file that a contact gets a link to, and that is fetched from the homeserver at all.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// What a file is made for.
#[derive(Clone, Copy, Debug)]
pub struct For {
    /// What the provider carries; nothing where the contact gets a link in any case.
    pub rules: Option<&'static MediaRules>,
    /// Whether the contact gets a link to what is not carried.
    pub links: bool,
    /// How large a picture may be that can be made smaller, in bytes.
    pub share: u64,
}

/// Makes a file ready of which its sender says that it is `claimed`.
pub async fn make(workshop: &Workshop, bytes: Bytes, claimed: &str, wanted: For) -> Made {
    if bytes.is_empty() {
        return Made::Nothing { why: HeldBack::MediaEmpty };
    }
    let mime = kind::of(&bytes, claimed);
    let made = match mime.as_str() {
        "image/gif" if is_moving(&bytes) => moving(&bytes, wanted),
        picture if picture.starts_with("image/") => still(workshop, bytes, mime, wanted).await,
        film if film::is_one(film) => recorded(bytes, film, wanted),
        _ => as_it_is(bytes, &mime, wanted),
    };
    made.unwrap_or_else(|why| Made::Nothing { why })
}

/// What a file becomes; or why it cannot go.
type Outcome = Result<Made, HeldBack>;

fn file(bytes: Bytes, mime: &str, as_link: bool) -> Made {
    Made::File { mime: mime.to_owned(), extension: kind::extension(mime).to_owned(), as_link, bytes }
}

/// A sound, a video, a document.
fn as_it_is(bytes: Bytes, mime: &str, wanted: For) -> Outcome {
    let names = kind::names(mime);
    let carried = wanted
        .rules
        .map(|rules| names.iter().find_map(|name| rules.largest(name).map(|largest| (*name, largest))));
    let why_not = match carried {
        Some(Some((name, largest))) if bytes.len() as u64 <= largest => return Ok(file(bytes, name, false)),
        Some(Some(_)) => HeldBack::MediaTooLarge,
        Some(None) => match kind::top(mime) {
            "audio" => HeldBack::SoundNotCarried,
            "video" => HeldBack::VideoNotCarried,
            _ => HeldBack::MediaNotCarried,
        },
        None => HeldBack::NoMms,
    };
    if wanted.links { Ok(file(bytes, mime, true)) } else { Err(why_not) }
}

/// A video or sound of which it can be told what in it was only noted: it goes without that.
fn recorded(bytes: Bytes, mime: &str, wanted: For) -> Outcome {
    // Whether it goes at all is said first: the copy is as large.
    let mut made = as_it_is(bytes, mime, wanted)?;
    if let Made::File { bytes, .. } = &mut made {
        *bytes = film::without_notes(bytes).ok_or(HeldBack::VideoUnreadable)?.into();
    }
    Ok(made)
}

/// A moving picture goes as it is, but for what is noted in it.
fn moving(bytes: &Bytes, wanted: For) -> Outcome {
    let bytes = Bytes::from(gif::without_notes(bytes).ok_or(HeldBack::MediaUnreadable)?);
    match as_it_is(bytes, "image/gif", wanted) {
        Err(HeldBack::MediaTooLarge) => Err(HeldBack::AnimationTooLarge),
        outcome => outcome,
    }
}

/// Whether a GIF has a second picture. Of each that is looked at there is one in memory.
fn is_moving(bytes: &Bytes) -> bool {
    gif::frames(bytes) > 1
}

/// A picture, made anew.
async fn still(workshop: &Workshop, bytes: Bytes, mime: String, wanted: For) -> Outcome {
    let carried = |mime: &str| wanted.rules.is_none_or(|rules| rules.largest(mime).is_some());
    let as_link = !carried("image/jpeg") || wanted.rules.is_none();
    if as_link && !wanted.links {
        return Err(if wanted.rules.is_none() { HeldBack::NoMms } else { HeldBack::MediaNotCarried });
    }
    let largest = wanted.rules.and_then(|rules| rules.largest("image/jpeg")).unwrap_or(LARGEST as u64);
    let (most, takes_png) = (largest.min(wanted.share), carried("image/png"));
    let work = move |bytes: &Bytes, mime: &str| shrunk(bytes, mime, most, takes_png);
    let made = workshop.make((bytes, mime), memory, work).await;
    let (bytes, mime) = made.map_err(|why| match why {
        // It is one after all, but no size of it fits.
        NotShown::Empty => HeldBack::MediaTooLarge,
        NotShown::TooLarge { .. }
        | NotShown::Unreadable { .. }
        | NotShown::TookTooLong
        | NotShown::NoAddress
        | NotShown::NotFetched { .. } => HeldBack::MediaUnreadable,
    })?;
    Ok(file(bytes, mime, as_link))
}

/// The memory that [`shrunk`] takes at most of this picture, in bytes, by its header alone: that of decoding
/// it, or of the picture and what comes afterwards.
///
/// # Errors
/// As [`preview::memory`].
fn memory(bytes: &Bytes, mime: &str) -> Result<Takes, NotShown> {
    let (decoding, size) = preview::memory(bytes, mime)?;
    let (_, decoder) = preview::open(bytes, mime)?;
    let afterwards = decoder.total_bytes().saturating_add(bytes.len() as u64 + AFTERWARDS);
    Ok((decoding.max(afterwards), size))
}

/// Decodes a picture and makes one of at most so many bytes of it. Takes as much memory as [`memory`] says,
/// so that whoever calls looks at that first.
///
/// # Errors
/// Where it cannot be decoded; [`NotShown::Empty`] where no size of it is small enough.
fn shrunk(bytes: &Bytes, mime: &str, most: u64, takes_png: bool) -> Result<(Bytes, &'static str), NotShown> {
    let unreadable = || NotShown::Unreadable { mime: mime.to_owned() };
    let (_, mut decoder) = preview::open(bytes, mime)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(decoder.total_bytes());
    decoder.set_limits(limits).map_err(|_| unreadable())?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| unreadable())?;
    if image.width().max(image.height()) > SIDE {
        image = image.thumbnail(SIDE, SIDE);
    }
    image.apply_orientation(orientation);
    if image.color().has_alpha() {
        let image = image.into_rgba8();
        if takes_png && image.pixels().any(|pixel| pixel[3] < 255) {
            let mut png = Cursor::new(Vec::new());
            image.write_to(&mut png, ImageFormat::Png).map_err(|_| unreadable())?;
            if png.get_ref().len() as u64 <= most {
                return Ok((png.into_inner().into(), "image/png"));
            }
        }
        return jpeg(DynamicImage::ImageRgb8(on_white(&image)), most, unreadable);
    }
    jpeg(DynamicImage::ImageRgb8(image.into_rgb8()), most, unreadable)
}

/// The best JPEG of at most so many bytes: first of lower quality, then of fewer pixels.
fn jpeg(
    mut image: DynamicImage,
    most: u64,
    unreadable: impl Fn() -> NotShown,
) -> Result<(Bytes, &'static str), NotShown> {
    loop {
        for quality in QUALITIES {
            let mut jpeg = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
            image.write_with_encoder(encoder).map_err(|_| unreadable())?;
            if jpeg.len() as u64 <= most {
                return Ok((jpeg.into(), "image/jpeg"));
            }
        }
        let longer = image.width().max(image.height());
        if longer <= SHORTEST {
            return Err(NotShown::Empty);
        }
        let side = (longer * 3 / 4).max(SHORTEST);
        image = image.thumbnail(side, side);
    }
}

/// A picture with its transparent parts laid on white, which a JPEG has instead.
fn on_white(image: &image::RgbaImage) -> image::RgbImage {
    let mix = |colour: u8, alpha: u32| {
        let mixed = (u32::from(colour) * alpha + 255 * (255 - alpha)) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    image::RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0;
        let alpha = u32::from(alpha);
        image::Rgb([mix(red, alpha), mix(green, alpha), mix(blue, alpha)])
    })
}

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
