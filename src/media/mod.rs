//! Files from outside: what they are, and what of them may be shown.
//!
//! Nothing here believes what anyone says of a file alone: `kind` looks at the bytes. Pictures are shown as a
//! reduced copy and never in the original, which may hold where and with what they were taken; `preview` and
//! `animation` make the copy and `workshop` keeps that within a bound of memory and time, however many
//! pictures come at once. Pictures of a kind that is not decoded here are files, without their notes
//! (`heif`), and so are videos and sounds (`film`). What agents send is made ready by `outgoing`.

mod animation;
mod boxes;
mod film;
mod gif;
mod heif;
mod kind;
pub mod outgoing;
mod preview;
mod workshop;

use bytes::Bytes;

use self::kind::top;
pub use self::workshop::Workshop;

use crate::domain::media_part;
use crate::domain::notice::NotShown;
use crate::domain::text::vcard::{self, Cards};

/// What a file is shown as.
#[derive(Debug)]
pub struct Shown {
    /// What is posted: of a picture a copy, of a video or sound one without its notes, of everything else the
    /// file itself.
    pub bytes: Bytes,
    /// Its media type.
    pub mime: String,
    /// Width and height of a picture, in pixels.
    pub size: Option<(u32, u32)>,
    /// Whether `bytes` are a copy, and the file itself is something else.
    pub is_copy: bool,
    /// The contact cards in it.
    pub cards: Cards,
}

impl Shown {
    /// A copy of a picture.
    fn picture(bytes: Bytes, mime: &str, size: Option<(u32, u32)>) -> Self {
        Self { bytes, mime: mime.to_owned(), size, is_copy: true, cards: Cards::default() }
    }

    /// The message type of Matrix for it.
    #[must_use]
    pub fn msgtype(&self) -> &'static str {
        media_part::msgtype(&self.mime)
    }

    /// Whether it is a picture that clients do not show.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        top(&self.mime) == "image" && self.msgtype() != "m.image"
    }

    /// A file name for the part of this number of a message: `image-1.jpg`.
    #[must_use]
    pub fn name(&self, number: u32) -> String {
        name(&self.mime, number)
    }
}

/// A file name for a file of this type, which is the part of this number of a message.
fn name(mime: &str, number: u32) -> String {
    let kind = match top(mime) {
        kind @ ("image" | "video" | "audio") => kind,
        _ => "file",
    };
    format!("{kind}-{number}.{}", kind::extension(mime))
}

/// The media type of a file, which its sender says is `claimed`, and a name for it as the part of this number
/// of a message. No client runs a file of this type.
#[must_use]
pub fn as_sent(bytes: &[u8], claimed: &str, number: u32) -> (String, String) {
    let mime = match kind::of(bytes, claimed) {
        unknown if unknown == kind::UNKNOWN_IMAGE => kind::UNKNOWN.to_owned(),
        mime => mime,
    };
    let name = name(&mime, number);
    (mime, name)
}

/// Decides what a file is shown as, which its sender says is `claimed`.
///
/// # Errors
/// [`NotShown`], for whoever waits for it.
pub async fn show(workshop: &Workshop, bytes: Bytes, claimed: &str) -> Result<Shown, NotShown> {
    if bytes.is_empty() {
        return Err(NotShown::Empty);
    }
    let mime = kind::of(&bytes, claimed);
    if heif::is_one(&mime) {
        let copy = heif::without_notes(&bytes).ok_or(NotShown::Unreadable { mime: mime.clone() })?;
        return Ok(Shown::picture(copy.into(), &mime, None));
    }
    if top(&mime) == "image" {
        return workshop.preview(bytes, mime).await;
    }
    if film::is_one(&mime)
        && let Some(copy) = film::without_notes(&bytes).filter(|copy| *copy != bytes)
    {
        // What cannot be understood is shown as it is: what a customer sends has to arrive.
        return Ok(Shown { bytes: copy.into(), mime, size: None, is_copy: true, cards: Cards::default() });
    }
    let cards = if kind::is_card(&mime) { vcard::read(&bytes) } else { Cards::default() };
    Ok(Shown { bytes, mime, size: None, is_copy: false, cards })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(bytes: &'static [u8], claimed: &str) -> Result<Shown, NotShown> {
        show(&Workshop::default(), Bytes::from_static(bytes), claimed).await
    }

    #[tokio::test]
    async fn a_video_a_voice_memo_and_a_card_are_shown_as_what_they_are() {
        let table: [(&[u8], &str, &str, &str); 5] = [
            (b"\0\0\0\x18ftyp3gp4\0\0\0\0", "video/3gpp", "m.video", "video-1.3gp"),
            (b"#!AMR\n\x3c", "audio/amr", "m.audio", "audio-1.amr"),
            (b"BEGIN:VCARD\r\n", "text/x-vCard; charset=utf-8", "m.file", "file-1.vcf"),
            (b"BEGIN:VCALENDAR\r\n", "text/x-vCalendar", "m.file", "file-1.vcs"),
            (b"%PDF-1.7\n", "image/jpeg", "m.file", "file-1.pdf"),
        ];
        for (bytes, claimed, msgtype, name) in table {
            let shown = shown(bytes, claimed).await.unwrap();
            assert_eq!((shown.msgtype(), shown.name(1).as_str()), (msgtype, name), "{claimed}");
            assert_eq!(shown.bytes, bytes);
        }
    }

    #[tokio::test]
    async fn markup_that_claims_to_be_an_image_is_a_plain_file_or_nothing() {
        for hostile in ["<svg onload=alert(1)>", "<html><script>", "GIF89a", "\u{0}"] {
            match shown(hostile.as_bytes(), "image/svg+xml").await {
                Ok(shown) => assert_eq!(shown.mime, "application/octet-stream", "{hostile}"),
                Err(refused) => {
                    assert!(matches!(refused, NotShown::Unreadable { .. }), "{hostile}: {refused:?}");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_cannot_be_reduced_is_not_shown_in_the_original() {
        // It ends before it says where its notes are.
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        for (bytes, claimed) in [
            (&heic[..], "image/heic"),
            (heic, "application/octet-stream"),
            (b"II*\0\x08\0\0\0", "image/tiff"),
            (b"\x89PNG\r\n\x1a\nbroken", "image/png"),
            (b"\xff\xd8\xff\xe1broken", ""),
            (b"nothing known", "image/x-raw"),
            (b"<?xml version='1.0'?><svg/>", "image/svg+xml"),
        ] {
            let refused = shown(bytes, claimed).await.unwrap_err();
            assert!(matches!(refused, NotShown::Unreadable { .. }), "{claimed}: {refused:?}");
        }
        assert_eq!(shown(b"", "image/png").await.unwrap_err(), NotShown::Empty);
    }
}
