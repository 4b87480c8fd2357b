//! What a file is, by its bytes; and by what is said of it as far as the bytes agree.

/// What a file is that nothing else is known of. No client opens it by itself.
pub(super) const UNKNOWN: &str = "application/octet-stream";
/// What a picture is that only its sender says is one.
pub(super) const UNKNOWN_IMAGE: &str = "image/unknown";

/// Text that no client runs, with the extension it goes by. It has no bytes to be known by, so its sender is
/// believed.
const HARMLESS_TEXT: [(&str, &str); 7] = [
    ("text/plain", "txt"),
    ("text/vcard", "vcf"),
    ("text/x-vcard", "vcf"),
    ("text/directory", "vcf"),
    ("text/calendar", "ics"),
    ("text/x-vcalendar", "vcs"),
    ("text/csv", "csv"),
];

/// Extensions that are not the second half of the type.
const EXTENSIONS: [(&str, &str); 30] = [
    (UNKNOWN, "bin"),
    (UNKNOWN_IMAGE, "bin"),
    ("image/jpeg", "jpg"),
    ("image/vnd.adobe.photoshop", "psd"),
    ("image/vnd.djvu", "djvu"),
    ("image/vnd.microsoft.icon", "ico"),
    ("image/vnd.ms-photo", "jxr"),
    ("video/3gpp", "3gp"),
    ("video/3gpp2", "3g2"),
    ("video/quicktime", "mov"),
    ("video/x-m4v", "m4v"),
    ("video/x-matroska", "mkv"),
    ("video/x-msvideo", "avi"),
    ("video/x-ms-wmv", "wmv"),
    ("video/x-ms-asf", "asf"),
    ("video/mpeg", "mpg"),
    ("video/x-flv", "flv"),
    ("audio/mpeg", "mp3"),
    ("audio/mp4", "m4a"),
    ("audio/m4a", "m4a"),
    ("audio/x-m4a", "m4a"),
    ("audio/3gpp", "3gp"),
    ("audio/3gpp2", "3g2"),
    ("audio/amr-wb", "awb"),
    ("audio/midi", "mid"),
    ("audio/qcelp", "qcp"),
    ("audio/x-ms-wma", "wma"),
    ("audio/x-matroska", "mka"),
    ("audio/vnd.wave", "wav"),
    ("audio/wave", "wav"),
];

/// Types that are one under several names, the usual one first.
const NAMES: [&[&str]; 4] = [
    &["audio/ogg", "audio/opus"],
    &["audio/mp4", "audio/m4a", "audio/x-m4a"],
    &["audio/x-wav", "audio/wav", "audio/wave", "audio/vnd.wave", "audio/vnd.wav"],
    &["video/mp4", "video/x-m4v"],
];

/// A container that holds files of several types: which of them it is, its sender knows better than its first
/// bytes.
struct Family {
    is: fn(&[u8]) -> bool,
    /// The types that go in it.
    types: &'static [&'static str],
    /// The type that its first bytes speak for.
    own: fn(&[u8]) -> &'static str,
}

const FAMILIES: [Family; 6] = [
    // ISO 14496-12, 3GPP TS 26.244.
    Family {
        is: |bytes| bytes.get(4..8) == Some(b"ftyp"),
        types: &[
            "video/mp4",
            "video/3gpp",
            "video/3gpp2",
            "video/quicktime",
            "video/x-m4v",
            "audio/mp4",
            "audio/m4a",
            "audio/x-m4a",
            "audio/3gpp",
            "audio/3gpp2",
        ],
        own: |bytes| match bytes.get(8..12) {
            Some([b'3', b'g', b'2', _]) => "video/3gpp2",
            Some([b'3', b'g', _, _]) => "video/3gpp",
            Some(b"qt  ") => "video/quicktime",
            Some(b"M4A " | b"M4B ") => "audio/mp4",
            Some(b"avif" | b"avis") => "image/avif",
            Some([b'h', b'e', b'i' | b'v', _] | b"mif1" | b"msf1") => "image/heic",
            _ => "video/mp4",
        },
    },
    // RFC 3533.
    Family {
        is: |bytes| bytes.starts_with(b"OggS"),
        types: &["audio/ogg", "audio/opus", "video/ogg"],
        own: |_| "audio/ogg",
    },
    // RFC 8794; the name of what is inside stands near its beginning.
    Family {
        is: |bytes| bytes.starts_with(b"\x1a\x45\xdf\xa3"),
        types: &["video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska"],
        own: |bytes| {
            let is_webm = bytes[..bytes.len().min(64)].windows(4).any(|name| name == b"webm");
            if is_webm { "video/webm" } else { "video/x-matroska" }
        },
    },
    // RFC 4867.
    Family {
        is: |bytes| bytes.starts_with(b"#!AMR"),
        types: &["audio/amr", "audio/amr-wb"],
        own: |bytes| if bytes.starts_with(b"#!AMR-WB") { "audio/amr-wb" } else { "audio/amr" },
    },
    Family {
        is: |bytes| bytes.starts_with(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        types: &["video/x-ms-wmv", "audio/x-ms-wma", "video/x-ms-asf"],
        own: |_| "video/x-ms-wmv",
    },
    // RFC 3625, what other pictures and sounds of RIFF are is told by their own bytes.
    Family {
        is: |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"QLCM"),
        types: &["audio/qcelp"],
        own: |_| "audio/qcelp",
    },
];

impl Family {
    fn of(&self, bytes: &[u8], claimed: &str) -> &'static str {
        let own = (self.own)(bytes);
        // What is known to be a picture is nothing else.
        let known = self.types.iter().find(|known| **known == claimed && top(own) != "image");
        known.copied().unwrap_or(own)
    }
}

/// The media type of a file. `image/…` means a picture, also one that nothing here decodes; a type that is
/// neither picture, sound, video nor harmless text is [`UNKNOWN`], so that no client runs it.
pub(super) fn of(bytes: &[u8], claimed: &str) -> String {
    let claimed = claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(family) = FAMILIES.iter().find(|family| (family.is)(bytes)) {
        return family.of(bytes, &claimed).to_owned();
    }
    let sniffed = infer::get(bytes).map(|kind| kind.mime_type());
    let is_text = sniffed.is_none_or(|sniffed| top(sniffed) == "text");
    let mime = match sniffed {
        Some(mime) if matches!(top(mime), "image" | "video" | "audio") => mime,
        Some("application/pdf") => "application/pdf",
        _ if is_text && top(&claimed) == "image" => UNKNOWN_IMAGE,
        None => HARMLESS_TEXT.iter().find(|(known, _)| *known == claimed).map_or(UNKNOWN, |(known, _)| known),
        Some(_) => UNKNOWN,
    };
    mime.to_owned()
}

/// All names of a type: its own first, then the usual ones.
pub(super) fn names(mime: &str) -> Vec<&str> {
    let others = NAMES.iter().find(|names| names.contains(&mime)).copied().unwrap_or_default();
    std::iter::once(mime).chain(others.iter().copied().filter(|other| *other != mime)).collect()
}

/// Whether it is a picture, a sound, a video, or something else: what stands before the slash.
pub(super) fn top(mime: &str) -> &str {
    mime.split('/').next().unwrap_or_default()
}

/// Whether it is a contact card.
pub(super) fn is_card(mime: &str) -> bool {
    matches!(mime, "text/vcard" | "text/x-vcard" | "text/directory")
}

/// The extension of a file of this type.
pub(super) fn extension(mime: &str) -> &str {
    let known = HARMLESS_TEXT.iter().chain(&EXTENSIONS).find(|(known, _)| *known == mime);
    match known {
        Some((_, extension)) => extension,
        None => mime.rsplit(['/', '+']).next().unwrap_or("bin").trim_start_matches("x-"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_type_that_agrees_with_the_container_is_believed() {
        let iso = |brand: &str| format!("\0\0\0\u{18}ftyp{brand}\0\0\0\0").into_bytes();
        let table: [(Vec<u8>, &str, &str); 18] = [
            (iso("3gp4"), "video/3gpp", "video/3gpp"),
            (iso("3gp4"), "audio/3gpp", "audio/3gpp"),
            (iso("3gp5"), "", "video/3gpp"),
            (iso("3g2a"), "application/octet-stream", "video/3gpp2"),
            (iso("isom"), "audio/mp4", "audio/mp4"),
            (iso("isom"), "image/jpeg", "video/mp4"),
            (iso("new1"), "video/quicktime", "video/quicktime"),
            (iso("new1"), "text/html", "video/mp4"),
            (iso("M4A "), "", "audio/mp4"),
            (iso("heic"), "video/mp4", "image/heic"),
            (iso("avif"), "", "image/avif"),
            (b"OggS\0".to_vec(), "video/ogg", "video/ogg"),
            (b"OggS\0".to_vec(), "", "audio/ogg"),
            (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm".to_vec(), "audio/webm", "audio/webm"),
            (b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska".to_vec(), "", "video/x-matroska"),
            (b"#!AMR-WB\n".to_vec(), "", "audio/amr-wb"),
            (b"RIFF\0\0\0\0QLCMfmt ".to_vec(), "", "audio/qcelp"),
            (b"RIFF\0\0\0\0WAVEfmt ".to_vec(), "video/mp4", "audio/x-wav"),
        ];
        for (bytes, claimed, expected) in table {
            assert_eq!(of(&bytes, claimed), expected, "{} as {claimed}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn nobody_is_believed_against_the_bytes() {
        for (bytes, claimed) in [
            (&b"<!DOCTYPE html><script>"[..], "text/plain"),
            (b"#!/bin/sh\nrm", "text/plain"),
            (b"MZ\x90\0\x03\0\0\0", "audio/amr"),
            (b"PK\x03\x04", "text/vcard"),
            (b"whatever", "video/mp4"),
            (b"whatever", "text/html"),
            (b"whatever", "../../etc"),
        ] {
            assert_eq!(of(bytes, claimed), UNKNOWN, "{claimed}");
        }
    }

    /// Beginnings of files of many types, and of none.
    fn file() -> impl Strategy<Value = Vec<u8>> {
        let known = prop::sample::select(vec![
            &b"\xff\xd8\xff\xe0"[..],
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
            b"\0\0\0\x18ftypheic",
            b"\0\0\0\x18ftyp3gp4",
            b"OggS\0",
            b"\x1a\x45\xdf\xa3",
            b"#!AMR\n",
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"<!DOCTYPE html>",
            b"<svg",
            b"#!/bin/sh",
            b"MZ",
            b"ID3",
            b"BEGIN:VCARD\r\n",
            b"",
        ]);
        (known, prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(known, rest)| [known, &rest].concat())
    }

    /// What somebody says a file is.
    fn claim() -> impl Strategy<Value = String> {
        let types: Vec<&str> = HARMLESS_TEXT
            .iter()
            .chain(&EXTENSIONS)
            .map(|(mime, _)| *mime)
            .chain(["text/html", "image/svg+xml", "application/javascript", "image/heic", "", "a/b/c"])
            .collect();
        prop_oneof![
            prop::sample::select(types).prop_map(str::to_owned),
            any::<String>(),
            "[a-zA-Z/;= +.-]{0,40}"
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn whatever_a_file_is_called_its_type_runs_nowhere_and_its_name_leads_nowhere(file in file(), claim in claim()) {
            let mime = of(&file, &claim);
            let harmless = HARMLESS_TEXT.iter().any(|(known, _)| *known == mime);
            let is_known = harmless || mime == UNKNOWN || mime == "application/pdf";
            prop_assert!(is_known || matches!(top(&mime), "image" | "video" | "audio"), "{}", mime);
            prop_assert_ne!(&mime, "image/svg+xml");
            let extension = extension(&mime);
            prop_assert!((2..=12).contains(&extension.len()), "{}", extension);
            prop_assert!(extension.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.'), "{}", extension);
            // Nobody makes a picture into something else.
            let sniffed = infer::get(&file).map(|kind| top(kind.mime_type()));
            if sniffed == Some("image") {
                prop_assert_eq!(top(&mime), "image");
            }
        }
    }

    #[test]
    fn every_type_has_the_extension_people_know() {
        let table = [
            ("image/png", "png"),
            ("image/jpeg", "jpg"),
            ("video/3gpp", "3gp"),
            ("video/quicktime", "mov"),
            ("audio/mp4", "m4a"),
            ("audio/amr", "amr"),
            ("audio/x-wav", "wav"),
            ("audio/x-flac", "flac"),
            ("text/x-vcalendar", "vcs"),
            ("text/directory", "vcf"),
            ("application/pdf", "pdf"),
            (UNKNOWN, "bin"),
        ];
        for (mime, expected) in table {
            assert_eq!(extension(mime), expected, "{mime}");
        }
    }
}
