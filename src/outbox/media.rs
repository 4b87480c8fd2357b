//! The parts of an MMS: fetched from the provider, handed to the homeserver, shown as what they are. Images are shown
//! as a reduced preview.

use std::io::Cursor;

use bytes::Bytes;
use image::{ImageFormat, ImageReader, Limits};
use serde_json::{Value, json};
use url::Url;

use super::{Delivery, Ports};
use crate::clock::Millis;
use crate::domain::input::{Evidence, MediaPart};
use crate::domain::picture::{MAY_COME, Picture};
use crate::matrix::client::Sender;
use crate::store::outbox::Head;

/// The longer side of a preview, in pixels.
const PREVIEW_SIDE: u32 = 1024;
/// The largest image that is decoded, in pixels of one side and bytes of memory.
const MAX_SIDE: u32 = 12_000;
const MAX_DECODED_BYTES: u64 = 256 * 1024 * 1024;

/// What a part is shown as.
struct Shown {
    bytes: Vec<u8>,
    mime: String,
    size: Option<(u32, u32)>,
}

/// Fetches a part and hands it to the homeserver to keep. The bot does that: the ghost may not exist yet.
pub(super) async fn fetch(ports: &Ports, head: &Head, picture: &Picture) -> Result<Evidence, Delivery> {
    let picture = Box::new(picture.clone());
    Ok(match content(ports, &picture.part, picture.number, head.created_at).await? {
        Ok(content) => Evidence::MediaHad { picture, content },
        Err(why) => Evidence::MediaLost { picture, why },
    })
}

/// The message content of a part, uploaded; or why it can never be had.
async fn content(
    ports: &Ports,
    part: &MediaPart,
    number: u32,
    created_at: Millis,
) -> Result<Result<Value, String>, Delivery> {
    let Ok(url) = Url::parse(&part.url) else { return Ok(Err("its address is not one".to_owned())) };
    let fetched = match ports.sms.fetch_media(&url).await {
        Ok(fetched) => fetched,
        Err(error) if error.is_retryable() && ports.clock.now().since(created_at) < MAY_COME => {
            return Err(Delivery::Retry { after: None, counts: false, why: error.to_string() });
        }
        Err(error) => return Ok(Err(error.to_string())),
    };
    let claimed =
        if fetched.content_type.is_empty() { part.content_type.clone() } else { fetched.content_type };
    let bytes = fetched.bytes;
    let shown = tokio::task::spawn_blocking(move || show(&bytes, &claimed)).await;
    let Ok(shown) = shown else { return Ok(Err("it could not be read".to_owned())) };
    let kind = shown.mime.split('/').next().unwrap_or_default();
    let msgtype = match kind {
        "image" => "m.image",
        "video" => "m.video",
        "audio" => "m.audio",
        _ => "m.file",
    };
    let name =
        format!("{}-{number}.{}", if msgtype == "m.file" { "file" } else { kind }, extension(&shown.mime));
    let mut info = json!({ "mimetype": shown.mime, "size": shown.bytes.len() });
    if let Some((width, height)) = shown.size {
        info["w"] = json!(width);
        info["h"] = json!(height);
    }
    let uri = ports.matrix.upload(&Sender::Bot, shown.bytes, &shown.mime, &name).await?;
    Ok(Ok(json!({ "msgtype": msgtype, "body": name, "filename": name, "url": uri, "info": info })))
}

/// Decides what a part is shown as. What the bytes are counts, not what anyone says of them; markup and programs are
/// plain files.
fn show(bytes: &Bytes, claimed: &str) -> Shown {
    let sniffed = infer::get(bytes).map(|kind| kind.mime_type());
    let safe = |mime: &&str| {
        let top = mime.split('/').next().unwrap_or_default();
        matches!(top, "image" | "video" | "audio") && *mime != "image/svg+xml"
    };
    let mime = sniffed.filter(safe).map(str::to_owned);
    if mime.as_deref().is_some_and(|mime| mime.starts_with("image/"))
        && let Some(preview) = preview(bytes)
    {
        return preview;
    }
    let harmless = ["text/plain", "text/vcard", "text/x-vcard", "text/calendar", "application/pdf"];
    let fallback = if sniffed.is_none() && harmless.contains(&claimed) || sniffed == Some("application/pdf") {
        claimed.to_owned()
    } else {
        "application/octet-stream".to_owned()
    };
    Shown { bytes: bytes.to_vec(), mime: mime.unwrap_or(fallback), size: None }
}

/// A reduced copy of an image; nothing if it cannot be decoded within bounds.
fn preview(bytes: &[u8]) -> Option<Shown> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let image = reader.decode().ok()?;
    let reduced = if image.width().max(image.height()) > PREVIEW_SIDE {
        image.thumbnail(PREVIEW_SIDE, PREVIEW_SIDE)
    } else {
        image
    };
    let (format, mime, reduced) = if reduced.color().has_alpha() {
        (ImageFormat::Png, "image/png", reduced)
    } else {
        (ImageFormat::Jpeg, "image/jpeg", image::DynamicImage::ImageRgb8(reduced.to_rgb8()))
    };
    let mut encoded = Cursor::new(Vec::new());
    reduced.write_to(&mut encoded, format).ok()?;
    let size = Some((reduced.width(), reduced.height()));
    Some(Shown { bytes: encoded.into_inner(), mime: mime.to_owned(), size })
}

fn extension(mime: &str) -> &str {
    match mime {
        "image/jpeg" => "jpg",
        "text/plain" => "txt",
        "text/vcard" | "text/x-vcard" => "vcf",
        "text/calendar" => "ics",
        "audio/mpeg" => "mp3",
        "application/octet-stream" => "bin",
        _ => mime.rsplit(['/', '+']).next().unwrap_or("bin").trim_start_matches("x-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_image_is_shown_reduced() {
        let image = image::DynamicImage::new_rgb8(3000, 1500);
        let mut png = Cursor::new(Vec::new());
        image.write_to(&mut png, ImageFormat::Png).unwrap();
        let shown = show(&Bytes::from(png.into_inner()), "image/png");
        assert_eq!((shown.mime.as_str(), shown.size), ("image/jpeg", Some((1024, 512))));
    }

    #[test]
    fn markup_that_claims_to_be_an_image_is_a_plain_file() {
        for hostile in ["<svg onload=alert(1)>", "<html><script>", "GIF89a", "\u{0}"] {
            let shown = show(&Bytes::from(hostile), "image/svg+xml");
            assert!(!shown.mime.contains("svg") && !shown.mime.contains("html"), "{hostile}: {}", shown.mime);
        }
    }
}
