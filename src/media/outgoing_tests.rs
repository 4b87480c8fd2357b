use image::codecs::gif::GifEncoder;
use image::{ImageEncoder as _, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::domain::address::Channel;

const RULES: MediaRules = MediaRules {
    channel: Channel::Sms,
    files: 10,
    bytes: 400_000,
    types: &[
        ("image/jpeg", 400_000),
        ("image/png", 400_000),
        ("image/gif", 3_000),
        ("audio/", 1_000),
        ("application/pdf", 1_000),
    ],
    with_text: &[""],
    countries: None,
};
static NO_PICTURES: MediaRules = MediaRules { types: &[("audio/", 1_000)], ..RULES };
static ALL: MediaRules = RULES;

const MMS: For = For { rules: Some(&ALL), links: false, share: 400_000 };
const LINK: For = For { rules: None, links: true, share: u64::MAX };

async fn made(bytes: impl Into<Bytes>, claimed: &str, wanted: For) -> Made {
    make(&Workshop::default(), bytes.into(), claimed, wanted).await
}

/// A file that can go: its type, extension, whether as a link, its content.
fn ready(made: Made) -> (String, String, bool, Bytes) {
    match made {
        Made::File { mime, extension, as_link, bytes } => (mime, extension, as_link, bytes),
        Made::Nothing { why } => panic!("{why:?}"),
    }
}

fn held_back(made: &Made) -> HeldBack {
    match made {
        Made::Nothing { why } => *why,
        Made::File { .. } => panic!("it goes: {made:?}"),
    }
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture that does not compress: left half reddish, right half bluish noise.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut seed = 1_u32;
    RgbImage::from_fn(width, height, |x, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, _, _] = seed.to_be_bytes();
        if x < width / 2 { Rgb([0xc8 | a, b / 4, 0]) } else { Rgb([0, b / 4, 0xc8 | a]) }
    })
}

#[tokio::test]
async fn a_photo_on_its_side_goes_upright_fits_and_says_nothing_of_where_it_was_taken() {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"Camera at 51.5, -0.12");
    let mut photo = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut photo, 95);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.encode_image(&noise(3000, 2000)).unwrap();
    assert!(photo.len() as u64 > RULES.bytes);
    for share in [400_000, 60_000] {
        let (mime, extension, as_link, bytes) =
            ready(made(photo.clone(), "image/jpeg", For { share, ..MMS }).await);
        assert_eq!((mime.as_str(), extension.as_str(), as_link), ("image/jpeg", "jpg", false));
        assert!(bytes.len() as u64 <= share, "{} of {share}", bytes.len());
        let copy = image::load_from_memory(&bytes).unwrap().into_rgb8();
        assert!(copy.height() > copy.width(), "upright");
        let (x, bottom) = (copy.width() / 2, copy.height() - 5);
        assert!(
            copy.get_pixel(x, 5)[0] > 120 && copy.get_pixel(x, bottom)[2] > 120,
            "red left turned to the top"
        );
        for told in [&b"Exif"[..], b"Camera"] {
            assert!(!bytes.windows(told.len()).any(|words| words == told));
        }
    }
    assert_eq!(held_back(&made(photo, "", For { share: 500, ..MMS }).await), HeldBack::MediaTooLarge);
}

#[tokio::test]
async fn what_is_transparent_stays_so_where_it_fits_and_lies_on_white_where_not() {
    let hole =
        RgbaImage::from_fn(
            300,
            300,
            |x, _| if x < 150 { Rgba([0, 0, 0, 0]) } else { Rgba([0, 0, 250, 255]) },
        );
    let png = encoded(&DynamicImage::ImageRgba8(hole), ImageFormat::Png);
    let (mime, extension, _, bytes) = ready(made(png, "", MMS).await);
    assert_eq!((mime.as_str(), extension.as_str()), ("image/png", "png"));
    assert_eq!(image::load_from_memory(&bytes).unwrap().into_rgba8().get_pixel(10, 10)[3], 0);

    let mut large = DynamicImage::ImageRgb8(noise(1200, 1200)).into_rgba8();
    for x in 0..100 {
        for y in 0..100 {
            large.put_pixel(x, y, Rgba([0, 0, 0, 0]));
        }
    }
    let (mime, _, _, bytes) =
        ready(made(encoded(&DynamicImage::ImageRgba8(large), ImageFormat::Png), "", MMS).await);
    assert_eq!(mime, "image/jpeg");
    let copy = image::load_from_memory(&bytes).unwrap().into_rgb8();
    assert!(copy.get_pixel(10, 10).0.iter().all(|shade| *shade > 200), "white, not black");

    // A channel of transparency in which nothing is transparent is none.
    let opaque = encoded(&DynamicImage::new_rgba8(2, 2), ImageFormat::Png);
    assert!(["image/png", "image/jpeg"].contains(&ready(made(opaque, "", MMS).await).0.as_str()));
    let solid = DynamicImage::ImageRgb8(noise(50, 50)).into_rgba8();
    let solid = encoded(&DynamicImage::ImageRgba8(solid), ImageFormat::WebP);
    assert_eq!(ready(made(solid, "", MMS).await).0, "image/jpeg");
}

fn gif(frames: u8, side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for shade in 0..frames {
        let picture = noise(side, side);
        let mut picture = DynamicImage::ImageRgb8(picture).into_rgba8();
        picture.put_pixel(0, 0, Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(image::Frame::new(picture)).unwrap();
    }
    drop(encoder);
    bytes
}

#[tokio::test]
async fn a_moving_picture_moves_on_where_it_fits_and_is_held_back_where_not() {
    let small = gif(3, 12);
    let (mime, extension, _, bytes) = ready(made(small.clone(), "", MMS).await);
    assert_eq!((mime.as_str(), extension.as_str(), &bytes[..]), ("image/gif", "gif", &small[..]));
    let large = gif(3, 60);
    assert_eq!(held_back(&made(large.clone(), "", MMS).await), HeldBack::AnimationTooLarge);
    let (_, _, as_link, bytes) = ready(made(large.clone(), "", For { links: true, ..MMS }).await);
    assert!(as_link && bytes[..] == large[..], "a link holds more");
    assert_eq!(ready(made(gif(1, 60), "", MMS).await).0, "image/jpeg", "one that does not move is a picture");
    assert_eq!(
        held_back(&made(large[..large.len() - 20].to_vec(), "", MMS).await),
        HeldBack::MediaUnreadable
    );
}

#[tokio::test]
async fn sounds_and_documents_go_as_they_are_or_say_what_is_wrong() {
    let voice = [&b"OggS\0"[..], &[7; 500]].concat();
    let (mime, extension, as_link, bytes) = ready(made(voice.clone(), "audio/ogg", MMS).await);
    assert_eq!(
        (mime.as_str(), extension.as_str(), as_link, &bytes[..]),
        ("audio/ogg", "ogg", false, &voice[..])
    );
    let long = [&b"OggS\0"[..], &[7; 1500]].concat();
    let video = film(b"isom");
    let page = b"<!DOCTYPE html><script>".to_vec();
    let table = [
        (long.clone(), MMS, HeldBack::MediaTooLarge),
        (video.clone(), MMS, HeldBack::VideoNotCarried),
        (page.clone(), MMS, HeldBack::MediaNotCarried),
        (vec![], MMS, HeldBack::MediaEmpty),
        (b"\x89PNG\r\n\x1a\nbroken".to_vec(), MMS, HeldBack::MediaUnreadable),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), MMS, HeldBack::MediaUnreadable),
        (
            encoded(&DynamicImage::new_rgb8(2, 2), ImageFormat::Png),
            For { rules: Some(&NO_PICTURES), ..MMS },
            HeldBack::MediaNotCarried,
        ),
        (voice.clone(), For { rules: None, ..MMS }, HeldBack::NoMms),
    ];
    for (bytes, wanted, why) in table {
        assert_eq!(held_back(&made(bytes, "", wanted).await), why);
    }
    for (bytes, mime) in [(long, "audio/ogg"), (video, "video/mp4"), (page, "application/octet-stream")] {
        let (found, _, as_link, _) = ready(made(bytes, "text/html", For { links: true, ..MMS }).await);
        assert_eq!((found.as_str(), as_link), (mime, true));
    }
    let (mime, _, as_link, _) =
        ready(made(encoded(&DynamicImage::new_rgb8(2, 2), ImageFormat::Png), "", LINK).await);
    assert_eq!(
        (mime.as_str(), as_link),
        ("image/jpeg", true),
        "a picture behind a link has no notes in it either"
    );
}

/// A recording of this brand, which says where it was made.
fn film(brand: &[u8]) -> Vec<u8> {
    let boxed = |kind: &[u8; 4], inside: &[u8]| {
        [&u32::try_from(inside.len() + 8).unwrap().to_be_bytes(), &kind[..], inside].concat()
    };
    let handler = boxed(b"hdlr", &[&[0; 8][..], b"soun", &[0; 13]].concat());
    let track = boxed(b"trak", &boxed(b"mdia", &handler));
    let place = boxed(b"udta", &boxed(b"\xa9xyz", b"\0\x12\x15\xc7+51.5074-000.1278/"));
    let movie = boxed(b"moov", &[boxed(b"mvhd", &[0; 100]), track, place].concat());
    [boxed(b"ftyp", &[brand, &[0; 4]].concat()), movie, boxed(b"mdat", b"SOUNDS")].concat()
}

#[tokio::test]
async fn each_kind_of_file_goes_by_twilio_or_says_what_to_do_instead_and_as_a_link_where_that_is_wanted() {
    let twilio = For { rules: crate::sms::twilio::KIND.media.first(), links: false, share: u64::MAX };
    let or_link = For { links: true, ..twilio };
    let voice = || [&b"OggS\0"[..], &[7; 50]].concat();
    let wav = [&b"RIFF\x24\0\0\0WAVEfmt "[..], &[0; 30]].concat();
    let avi = [&b"RIFF\x24\0\0\0AVI LIST"[..], &[0; 30]].concat();
    let exe = || b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".to_vec();
    let png = encoded(&DynamicImage::new_rgb8(2, 2), ImageFormat::Png);
    let webp = encoded(&DynamicImage::ImageRgb8(noise(20, 20)), ImageFormat::WebP);
    let bomb = crate::media::workshop::tests::png_of(60_000, 60_000).to_vec();
    // What it goes as; or why it does not, and what it goes as behind a link.
    let goes = |mime: &'static str| (Ok(mime), Ok(mime));
    let stays = |why: HeldBack, link: &'static str| (Err(why), Ok(link));
    let never = |why: HeldBack| (Err(why), Err(why));
    let table = [
        ("a voice message of Element", voice(), "audio/ogg", goes("audio/ogg")),
        ("one that names its codec", voice(), "audio/ogg; codecs=opus", goes("audio/ogg")),
        ("one that is called by its codec", voice(), "audio/opus", goes("audio/ogg")),
        ("a voice memo of an iPhone", film(b"M4A "), "audio/x-m4a", goes("audio/mp4")),
        ("WAV", wav, "audio/wav", stays(HeldBack::SoundNotCarried, "audio/x-wav")),
        ("3GP", film(b"3gp4"), "video/3gpp", goes("video/3gpp")),
        ("3GP of a sound", film(b"3gp4"), "audio/3gpp", goes("audio/3gpp")),
        ("MP4", film(b"isom"), "", goes("video/mp4")),
        ("MP4 of Apple", film(b"M4V "), "video/x-m4v", goes("video/mp4")),
        ("QuickTime", film(b"qt  "), "video/quicktime", goes("video/quicktime")),
        ("a video that breaks off", film(b"isom")[..90].to_vec(), "", never(HeldBack::VideoUnreadable)),
        ("AVI", avi, "video/x-msvideo", stays(HeldBack::VideoNotCarried, "video/x-msvideo")),
        ("WebP", webp, "image/webp", goes("image/jpeg")),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), "", never(HeldBack::MediaUnreadable)),
        ("PDF", b"%PDF-1.7\n%%EOF".to_vec(), "application/pdf", goes("application/pdf")),
        ("a program", exe(), "", stays(HeldBack::MediaNotCarried, "application/octet-stream")),
        (
            "a program called a picture",
            exe(),
            "image/png",
            stays(HeldBack::MediaNotCarried, "application/octet-stream"),
        ),
        (
            "a page called a picture",
            b"<html><script>".to_vec(),
            "image/png",
            never(HeldBack::MediaUnreadable),
        ),
        ("a picture called a document", png, "application/pdf", goes("image/jpeg")),
        ("an empty file", vec![], "image/png", never(HeldBack::MediaEmpty)),
        ("a bomb", bomb, "image/png", never(HeldBack::MediaUnreadable)),
    ];
    for (name, bytes, claimed, (as_mms, as_link)) in table {
        for (wanted, expected) in [(twilio, as_mms), (or_link, as_link)] {
            let made = made(bytes.clone(), claimed, wanted).await;
            match expected {
                Err(why) => assert_eq!(held_back(&made), why, "{name}"),
                Ok(mime) => {
                    let (found, _, is_link, bytes) = ready(made);
                    assert_eq!((found.as_str(), is_link), (mime, as_mms.is_err()), "{name}");
                    assert!(!bytes.windows(4).any(|found| found == b"51.5"), "{name} says where it was made");
                }
            }
        }
    }
}
