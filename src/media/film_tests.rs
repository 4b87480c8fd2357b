use proptest::prelude::*;

use super::*;

fn boxed(kind: &[u8], inside: &[u8]) -> Vec<u8> {
    [&u32::try_from(inside.len() + 8).unwrap().to_be_bytes(), kind, inside].concat()
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

const PICTURES: &[u8] = b"PICTURES";
const PATH: &[u8] = b"at +51.5-000.12, then at +51.6-000.13";
const PLACE: &[u8] = b"+51.5074-000.1278/";

/// A track of two samples of these sizes, which lie in one piece at `at`.
fn track(handler: &[u8], at: usize, sizes: [usize; 2], notes: &[u8]) -> Vec<u8> {
    let sizes = boxed(b"stsz", &[&[0; 8][..], &number(2), &number(sizes[0]), &number(sizes[1])].concat());
    let runs = boxed(b"stsc", &[&[0; 4][..], &number(1), &number(1), &number(2), &number(1)].concat());
    let places = boxed(b"stco", &[&[0; 4][..], &number(1), &number(at)].concat());
    let table = boxed(b"stbl", &[boxed(b"stsd", &[0; 8]), sizes, runs, places].concat());
    let handler = boxed(b"hdlr", &[&[0; 8][..], handler, &[0; 13]].concat());
    let media = [boxed(b"mdhd", &[0; 24]), handler, boxed(b"minf", &table)].concat();
    boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), boxed(b"mdia", &media), notes.to_vec()].concat())
}

/// A video as a phone records it: pictures, and beside them a track of the places it was at, if it has one.
fn film(notes: &[u8], notes_of_track: &[u8], with_path: bool) -> Vec<u8> {
    let movie = |at: usize| {
        let path =
            if with_path { track(b"meta", at + PICTURES.len(), [20, PATH.len() - 20], b"") } else { vec![] };
        let pictures = track(b"vide", at, [3, PICTURES.len() - 3], notes_of_track);
        let inside = [boxed(b"mvhd", &[0; 100]), pictures, path, notes.to_vec()].concat();
        [boxed(b"ftyp", b"qt  \0\0\0\0qt  "), boxed(b"moov", &inside)].concat()
    };
    let media = [PICTURES, if with_path { PATH } else { b"" }].concat();
    [movie(movie(0).len() + 8), boxed(b"mdat", &media)].concat()
}

fn has(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|found| found == words)
}

/// Where a video names the place it was recorded at, as phones write it.
fn notes() -> Vec<(&'static str, Vec<u8>)> {
    let text = [&[0, 18, 0x15, 0xc7][..], PLACE].concat();
    let android = boxed(b"udta", &boxed(b"\xa9xyz", &text));
    // TS 26.244, 8.13: name, role, longitude, latitude, altitude, body, notes.
    let loci = [&[0, 0, 0, 0, 0x15, 0xc7][..], b"Baker Street\0", &[0, 0xff, 0xff, 0xdf], b"earth\0\0"];
    let of_3gp = boxed(b"udta", &boxed(b"loci", &loci.concat()));
    let key = b"com.apple.quicktime.location.ISO6709";
    let key = [&number(key.len() + 8)[..], b"mdta", key].concat();
    let keys = boxed(b"keys", &[&[0; 4][..], &number(1), &key].concat());
    let value = boxed(&number(1), &boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0][..], PLACE].concat()));
    let handler = boxed(b"hdlr", &[&[0; 8][..], b"mdta", &[0; 13]].concat());
    let iphone = boxed(b"meta", &[handler, keys, boxed(b"ilst", &value)].concat());
    let makers = boxed(b"uuid", &[&[0xbe; 16][..], b"<x:xmpmeta> Baker Street", PLACE].concat());
    vec![("©xyz", android), ("loci", of_3gp), ("meta", iphone), ("uuid", makers)]
}

#[test]
fn where_it_was_recorded_goes_and_what_is_seen_and_heard_stays_where_it_is() {
    for (name, notes) in notes() {
        for file in [film(&notes, b"", false), film(b"", &notes, false), film(&notes, &notes, true)] {
            let copy = without_notes(&file).unwrap_or_else(|| panic!("{name}: it is not understood"));
            assert_eq!(copy.len(), file.len());
            for place in [PLACE, b"Baker Street", b"ISO6709", b"+51.", b"udta", b"meta", b"uuid"] {
                assert!(!has(&copy, place), "{name}: {}", String::from_utf8_lossy(place));
            }
            let media = |file: &[u8]| file.windows(8).position(|found| found == PICTURES);
            assert_eq!(media(&copy), media(&file), "{name}");
            // What is left is what a file is that never had any of it.
            let Some(again) = without_notes(&copy) else { panic!("{name}: the copy is not understood") };
            assert_eq!(again, copy, "{name}");
        }
        let outside = [film(b"", b"", false), notes].concat();
        assert!(!has(&without_notes(&outside).unwrap(), PLACE), "{name}");
    }
    let bare = film(b"", b"", false);
    assert_eq!(without_notes(&bare).unwrap(), bare, "nothing else is touched");
}

#[test]
fn a_file_that_is_not_whole_or_not_understood_is_not_copied() {
    let whole = film(&notes()[0].1, b"", true);
    for end in 0..whole.len() {
        assert_eq!(without_notes(&whole[..end]), None, "{end} of {}", whole.len());
    }
    let ftyp = boxed(b"ftyp", b"isom\0\0\0\0");
    let mvhd = boxed(b"mvhd", &[0; 100]);
    for odd in [
        boxed(b"mdat", PICTURES),
        boxed(b"moov", &boxed(b"cmov", b"compressed")),
        boxed(b"moov", &[mvhd.clone(), boxed(b"trak", b"")].concat()),
        // Samples that lie beyond the file, in its head, or in the same place over and over.
        boxed(b"moov", &[mvhd.clone(), track(b"meta", 1_000_000, [3, 3], b"")].concat()),
        boxed(b"moov", &[mvhd.clone(), track(b"meta", 0, [3, 3], b"")].concat()),
    ] {
        assert_eq!(without_notes(&[&ftyp[..], &odd].concat()), None);
    }
    let busy = |count: usize| {
        let places = [&[0; 4][..], &number(count), &number(8).repeat(count)].concat();
        let sizes = [&[0; 4][..], &number(1_000), &number(count)].concat();
        let runs = [&[0; 4][..], &number(1), &number(1), &number(1), &number(1)].concat();
        let table = [boxed(b"stsz", &sizes), boxed(b"stsc", &runs), boxed(b"stco", &places)].concat();
        let handler = boxed(b"hdlr", &[&[0; 8][..], b"meta", &[0; 13]].concat());
        let media = [handler, boxed(b"minf", &boxed(b"stbl", &table))].concat();
        let movie = [mvhd.clone(), boxed(b"trak", &boxed(b"mdia", &media))].concat();
        [boxed(b"mdat", &[7; 1_000]), boxed(b"moov", &movie)].concat()
    };
    assert!(without_notes(&busy(1)).is_some());
    assert_eq!(without_notes(&busy(100_000)), None);
    // A track of places beside fragments.
    let fragments = [film(b"", b"", true), boxed(b"moof", &boxed(b"mfhd", &[0; 8]))].concat();
    assert_eq!(without_notes(&fragments), None);
    let fragments = [film(b"", b"", false), boxed(b"moof", &boxed(b"meta", PLACE))].concat();
    assert!(!has(&without_notes(&fragments).unwrap(), PLACE));
}

#[test]
fn only_sounds_and_videos_in_this_container_are_taken_for_such() {
    for mime in ["video/mp4", "video/quicktime", "video/3gpp", "audio/mp4", "audio/x-m4a", "video/x-m4v"] {
        assert!(is_one(mime), "{mime}");
    }
    for mime in ["video/webm", "audio/ogg", "image/heic", "application/mp4", "mp4", ""] {
        assert!(!is_one(mime), "{mime}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_changed_in_a_video_its_copy_is_as_long_and_names_no_place_or_there_is_none(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        which in 0_usize..4, with_path in any::<bool>(),
    ) {
        let mut file = film(&notes()[which].1, &notes()[which].1, with_path);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Some(copy) = without_notes(&file) {
            prop_assert_eq!(copy.len(), file.len());
            prop_assert!(!has(&copy, b"location.ISO6709") && !has(&copy, b"\xa9xyz"));
        }
    }

    #[test]
    fn whatever_is_read_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        without_notes(&[boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"moov", &bytes), bytes].concat());
    }
}

#[tokio::test]
async fn a_customers_video_is_shown_without_its_notes_and_one_not_understood_as_it_is() {
    let shown = async |file: Vec<u8>| {
        let workshop = crate::media::Workshop::default();
        crate::media::show(&workshop, file.into(), "video/quicktime").await.unwrap()
    };
    let noted = shown(film(&notes()[0].1, b"", false)).await;
    assert!(noted.is_copy && !has(&noted.bytes, PLACE), "the file itself is only for those who may save it");
    let bare = shown(film(b"", b"", false)).await;
    assert!(!bare.is_copy, "it is kept once");
    let broken = film(b"", b"", false)[..60].to_vec();
    let broken_shown = shown(broken.clone()).await;
    assert_eq!((&broken_shown.bytes[..], broken_shown.is_copy), (&broken[..], false));
}
