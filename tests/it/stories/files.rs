//! The files that contacts and agents send in the stories, and how agents send theirs.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{Frame, ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use ruma::{OwnedEventId, RoomId};
use serde_json::{Value, json};
use switchroom::sms::simulator::{Attachment, Sent};

use super::send;
use crate::harness::{World, eventually};

pub(super) fn attachment(content_type: &str, bytes: impl Into<Bytes>) -> Attachment {
    Attachment { content_type: content_type.to_owned(), bytes: bytes.into() }
}

/// A photo with a left and a right half, taken with the camera on its side, which says so, by what and where.
pub(super) fn photo(width: u32, height: u32, halves: [[u8; 3]; 2]) -> Vec<u8> {
    let half = |x: u32| Rgb(halves[usize::from(x >= width / 2)]);
    let photo = RgbImage::from_fn(width, height, |x, _| half(x));
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"Camera of Jane at 51.5, -0.12");
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new(&mut jpeg);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.encode_image(&photo).unwrap();
    jpeg
}

/// As [`photo`], large: no two shades are the same photo.
pub(super) fn photo_of(shade: u8) -> Vec<u8> {
    photo(1800, 900, [[250, shade, 0], [0, shade, 250]])
}

/// A file is the photo of a shade, upright, and says nothing of its camera.
pub(super) fn is_photo(file: &Attachment, shade: u8) {
    assert!(!has(&file.bytes, "Camera"));
    let copy = image::load_from_memory(&file.bytes).unwrap().into_rgb8();
    assert_eq!(copy.dimensions(), (800, 1600));
    let top = copy.get_pixel(400, 50);
    assert!(top[0] > 200 && top[1].abs_diff(shade) < 12, "{top:?} is not red and {shade}");
}

/// A picture that moves: red, then blue.
pub(super) fn moving() -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut gif, 30);
    for colour in [[250, 0, 0, 255], [0, 0, 250, 255]] {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(40, 30, Rgba(colour)))).unwrap();
    }
    drop(encoder);
    gif
}

/// A PNG that says it has so many pixels, and has one.
pub(super) fn png_that_says(width: u32, height: u32) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 4])).write_to(&mut png, ImageFormat::Png).unwrap();
    let mut png = png.into_inner();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    };
    let crc = !png[12..29].iter().fold(u32::MAX, step);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

/// A box of ISO 14496-12.
fn boxed(kind: &[u8], inside: &[u8]) -> Vec<u8> {
    [&u32::try_from(inside.len() + 8).unwrap().to_be_bytes(), kind, inside].concat()
}

/// A picture as an iPhone takes it, with notes of where that was. ISO 14496-12, ISO 23008-12.
pub(super) fn heic() -> Vec<u8> {
    let entry =
        |item: u8, kind: &[u8; 4]| boxed(b"infe", &[&[2, 0, 0, 0, 0, item, 0, 0], &kind[..], b"\0"].concat());
    let items = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 2][..], &entry(1, b"hvc1"), &entry(2, b"Exif")].concat());
    let notes = b"\0\0\0\x06Exif\0\0Camera of Jane";
    let place = |item: u8, way: u8, at: u32, length: u32| {
        [&[0, item, 0, way, 0, 0, 0, 1][..], &at.to_be_bytes(), &length.to_be_bytes()].concat()
    };
    let places = [place(1, 0, 8, 4), place(2, 1, 0, u32::try_from(notes.len()).unwrap())].concat();
    let places = boxed(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 2][..], &places].concat());
    let meta = boxed(b"meta", &[&[0; 4][..], &items, &places, &boxed(b"idat", notes)].concat());
    [boxed(b"ftyp", b"heic\0\0\0\0"), meta].concat()
}

/// A recording of this brand, which says where it was made.
pub(super) fn film(brand: &[u8]) -> Vec<u8> {
    let handler = boxed(b"hdlr", &[&[0; 8][..], b"vide", &[0; 13]].concat());
    let track = boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), boxed(b"mdia", &handler)].concat());
    let place = boxed(b"udta", &boxed(b"\xa9xyz", b"\0\x12\x15\xc7+51.5074-000.1278/"));
    let movie = boxed(b"moov", &[boxed(b"mvhd", &[0; 100]), track, place].concat());
    [boxed(b"ftyp", &[brand, &[0; 4]].concat()), movie, boxed(b"mdat", b"PICTURES")].concat()
}

/// A voice message of so many bytes.
pub(super) fn voice(bytes: usize) -> Vec<u8> {
    [&b"OggS\0"[..], &vec![7; bytes]].concat()
}

/// A sound as Windows records it.
pub(super) fn wav() -> Vec<u8> {
    [&b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x08\0\0\0"[..], &[7; 8]]
        .concat()
}

pub(super) fn has(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|found| found == word.as_bytes())
}

/// Where the homeserver keeps a file that Alice uploads.
pub(super) async fn upload(world: &World, mime: &str, bytes: Vec<u8>) -> String {
    use ruma::api::client::media::create_content::v3::Request;
    let mut upload = Request::new(bytes);
    upload.content_type = Some(mime.to_owned());
    world.agent("alice").client().send(upload).await.unwrap().content_uri.to_string()
}

/// The message of a file.
pub(super) fn shown(msgtype: &str, uri: &str, caption: &str, mime: &str) -> Value {
    let body = if caption.is_empty() { "a file" } else { caption };
    json!({"msgtype": msgtype, "body": body, "filename": "a file", "url": uri, "info": {"mimetype": mime}})
}

/// Alice posts a photo.
pub(super) async fn post_photo(world: &World, room: &RoomId, shade: u8, caption: &str) -> OwnedEventId {
    let uri = upload(world, "image/jpeg", photo_of(shade)).await;
    send(world.agent("alice"), room, shown("m.image", &uri, caption, "image/jpeg")).await
}

/// Alice posts photos in a row, each with its caption.
pub(super) async fn post_photos(world: &World, room: &RoomId, photos: &[(u8, &str)]) -> Vec<OwnedEventId> {
    let mut uris = Vec::new();
    for (shade, _) in photos {
        uris.push(upload(world, "image/jpeg", photo_of(*shade)).await);
    }
    let mut events = Vec::new();
    for ((_, caption), uri) in photos.iter().zip(uris) {
        events.push(send(world.agent("alice"), room, shown("m.image", &uri, caption, "image/jpeg")).await);
    }
    events
}

/// Waits until a phone was sent so many messages and each has got there or failed.
pub(super) async fn sent(world: &World, phone: &str, count: usize) -> Vec<Sent> {
    eventually(&format!("{count} messages to get to {phone}"), || async {
        let sent = world.provider.sent_to(phone);
        (sent.len() >= count && sent.iter().all(|sent| sent.status.is_final())).then_some(sent)
    })
    .await
}

/// The types of the files of a message.
pub(super) fn types(sent: &Sent) -> Vec<&str> {
    sent.media.iter().map(|file| file.content_type.as_str()).collect()
}
