//! What a file's sender says it is, a line end, and the file: no browser runs what it is taken for, its name
//! leads nowhere, and it is taken for the same again.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use switchroom::media::{Workshop, as_sent, show};

use super::parted;

/// The only types that are neither picture, sound nor video.
const HARMLESS: [&str; 9] = [
    "application/octet-stream",
    "application/pdf",
    "text/plain",
    "text/vcard",
    "text/x-vcard",
    "text/directory",
    "text/calendar",
    "text/x-vcalendar",
    "text/csv",
];

pub(crate) fn run(data: &[u8]) {
    let (claimed, file) = parted(data, b'\n');
    let claimed = String::from_utf8_lossy(claimed);
    let (mime, name) = as_sent(file, &claimed, 7);
    let top = mime.split('/').next().unwrap_or_default();
    let is_shown = matches!(top, "image" | "audio" | "video");
    assert!(is_shown || HARMLESS.contains(&&*mime), "{mime}");
    assert!(!mime.contains("svg") && !mime.contains("xml"), "{mime}");
    let kind = if is_shown { top } else { "file" };
    let extension = name.strip_prefix(kind).and_then(|name| name.strip_prefix("-7.")).expect("a plain name");
    assert!((2..=12).contains(&extension.len()), "{name}");
    assert!(extension.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)), "{name}");
    assert!(!extension.contains(".."), "{name}");
    assert_eq!(as_sent(file, &mime, 7), (mime.clone(), name.clone()));
    if top == "image"
        || file.is_empty()
        || claimed.trim_start().get(..5).is_some_and(|top| top.eq_ignore_ascii_case("image"))
    {
        return;
    }
    // Nothing but a picture has to wait for a place in the workshop.
    let workshop = Workshop::default();
    let shown = pin!(show(&workshop, file.to_vec().into(), &claimed));
    let Poll::Ready(Ok(shown)) = shown.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("{mime} is not shown");
    };
    assert_eq!((&shown.mime, shown.name(7)), (&mime, name));
    assert_eq!((&shown.bytes[..], shown.is_copy), (file, false));
}
