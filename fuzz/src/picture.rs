//! A picture, or what passes for one: what is shown of it and what goes to a phone is a copy, within its
//! bounds, in which nothing tells where it was taken.

use std::sync::OnceLock;

use switchroom::domain::input::Made;
use switchroom::media::outgoing::{For, make};
use switchroom::media::{Workshop, show};
use tokio::runtime::{Builder, Runtime};

/// The side of the largest copy, in pixels.
const SIDE: u32 = 1024;
const SHARE: u64 = 100 * 1024;

pub(crate) fn run(file: &[u8]) {
    static RUNTIME: OnceLock<(Runtime, Workshop)> = OnceLock::new();
    let start = || Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (runtime, workshop) = RUNTIME.get_or_init(|| (start(), Workshop::default()));
    runtime.block_on(async {
        let bytes = || file.to_vec().into();
        if let Ok(shown) = show(workshop, bytes(), "image/jpeg").await {
            assert!(shown.is_copy || !shown.mime.starts_with("image/"), "{}", shown.mime);
            assert!(shown.size.is_none_or(|(width, height)| width.max(height) <= SIDE), "{:?}", shown.size);
            if shown.is_copy {
                tells_nothing(&shown.bytes, &shown.mime);
            }
        }
        let wanted = For { rules: None, links: true, share: SHARE };
        if let Made::File { mime, bytes, as_link, .. } = make(workshop, bytes(), "image/jpeg", wanted).await {
            assert!(as_link);
            tells_nothing(&bytes, &mime);
        }
    });
}

fn tells_nothing(picture: &[u8], mime: &str) {
    let holds = |word: &[u8]| picture.windows(word.len()).any(|found| found == word);
    if mime.starts_with("image/") {
        assert!(!holds(b"<x:xmpmeta"), "{mime}");
    }
    // In HEIF it is the name of a kind of item, too.
    if matches!(mime, "image/jpeg" | "image/png" | "image/gif") {
        assert!(!holds(b"Exif\0\0") && !holds(b"eXIf"), "{mime}");
    }
}
