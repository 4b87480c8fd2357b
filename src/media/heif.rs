//! Pictures in HEIF (HEIC, AVIF): nothing here decodes them, so that they are shown as files, without the
//! notes that tell where and with what they were taken. How such a picture lies is no note, and stays.
//! ISO 14496-12 (boxes), ISO 23008-12 (items).

use super::boxes::{Boxes, Found, Range, Reader};

/// How many extents of items are looked at.
const MOST: usize = 10_000;

/// Whether a file of this type is such a picture.
pub(super) fn is_one(mime: &str) -> bool {
    matches!(mime, "image/heic" | "image/avif")
}

/// A copy of the picture with all its notes blanked; nothing where it cannot be understood, or holds more
/// than pictures.
pub(super) fn without_notes(file: &[u8]) -> Option<Vec<u8>> {
    let mut copy = file.to_vec();
    let (mut meta, mut media) = (None, Vec::new());
    for found in Boxes::of(file, 0..file.len()) {
        let Found { kind, inside, .. } = found?;
        match &kind {
            b"meta" if meta.is_none() => meta = Some(inside),
            b"ftyp" => {}
            b"mdat" => media.push(inside),
            // Free space, and boxes of makers, where some keep notes.
            b"free" | b"skip" | b"uuid" => copy[inside].fill(0),
            _ => return None,
        }
    }
    // A version and flags stand before what is in it.
    let meta = meta?;
    let (mut notes, mut places, mut data) = (Vec::new(), None, None);
    for found in Boxes::of(file, meta.start.checked_add(4)?..meta.end) {
        let Found { kind, inside, .. } = found?;
        match &kind {
            b"iinf" => notes = items(file, inside)?,
            b"iloc" => places = Some(inside),
            b"idat" => data = Some(inside),
            b"uuid" => copy[inside].fill(0),
            _ => {}
        }
    }
    let data = data.unwrap_or(0..0);
    for Extent { item, is_in_data, range } in extents(file, places?)? {
        if !notes.contains(&item) {
            continue;
        }
        let (from, to) = if is_in_data {
            (data.start.checked_add(range.start)?, data.start.checked_add(range.end)?)
        } else {
            (range.start, range.end)
        };
        // Nothing but the notes may be blanked, and all of them must be.
        copy.get_mut(from..to)?.fill(0);
    }
    // Notes in a place that was not understood.
    media.push(data);
    let words = [&b"Exif\0\0"[..], b"<x:xmpmeta"];
    let tells = |word: &&[u8]| {
        media.iter().any(|at| copy[at.clone()].windows(word.len()).any(|found| found == *word))
    };
    let tells = words.iter().any(tells);
    (!tells).then_some(copy)
}

/// The items that are notes, by their numbers.
fn items(file: &[u8], inside: Range) -> Option<Vec<usize>> {
    let mut head = Reader::of(file, inside.clone());
    let version = head.number(4)? >> 24;
    head.number(if version == 0 { 2 } else { 4 })?;
    let mut notes = Vec::new();
    for found in Boxes::of(file, head.at..inside.end) {
        let Found { kind, inside, .. } = found?;
        if kind != *b"infe" {
            continue;
        }
        let mut entry = Reader::of(file, inside);
        let version = entry.number(4)? >> 24;
        let item = match version {
            2 => entry.number(2)?,
            3 => entry.number(4)?,
            _ => return None,
        };
        entry.number(2)?;
        if matches!(entry.bytes(4)?, b"Exif" | b"mime" | b"uri ") {
            notes.push(item);
        }
    }
    Some(notes)
}

/// A piece of an item.
struct Extent {
    item: usize,
    /// Whether it stands in the data of the items, else in the file.
    is_in_data: bool,
    range: Range,
}

/// Where the items are.
fn extents(file: &[u8], inside: Range) -> Option<Vec<Extent>> {
    let mut of = Reader::of(file, inside);
    let version = of.number(4)? >> 24;
    let sizes = of.number(2)?;
    let (offset, length, base) = (sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15);
    let index = if version == 0 { 0 } else { sizes & 15 };
    let wide = if version < 2 { 2 } else { 4 };
    let mut found = Vec::new();
    for _ in 0..of.number(wide)? {
        let item = of.number(wide)?;
        let way = if version == 0 { 0 } else { of.number(2)? & 15 };
        of.number(2)?;
        let base = of.number(base)?;
        for _ in 0..of.number(2)? {
            of.number(index)?;
            let start = base.checked_add(of.number(offset)?)?;
            let end = start.checked_add(of.number(length)?)?;
            if way > 1 || found.len() == MOST {
                return None;
            }
            found.push(Extent { item, is_in_data: way == 1, range: start..end });
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn boxed(kind: &[u8], inside: &[u8]) -> Vec<u8> {
        let size = u32::try_from(inside.len() + 8).unwrap();
        [&size.to_be_bytes(), kind, inside].concat()
    }

    /// A picture of one item of pixels and one of notes, which stand where `way` says.
    fn picture(notes: &[u8], way: u8) -> Vec<u8> {
        let entry = |item: u8, kind: &[u8; 4]| {
            boxed(b"infe", &[&[2, 0, 0, 0, 0, item, 0, 0], &kind[..], b"\0"].concat())
        };
        let items =
            boxed(b"iinf", &[&[0, 0, 0, 0, 0, 2][..], &entry(1, b"hvc1"), &entry(2, b"Exif")].concat());
        let place = |item: u8, way: u8, at: usize, length: usize| {
            let (at, length) = (u32::try_from(at).unwrap(), u32::try_from(length).unwrap());
            [&[0, item, 0, way, 0, 0, 0, 1][..], &at.to_be_bytes(), &length.to_be_bytes()].concat()
        };
        let pixels = b"PIXELS";
        let file = |at: usize| {
            let in_file = if way == 0 { at + pixels.len() } else { 0 };
            let places = [place(1, 0, at, pixels.len()), place(2, way, in_file, notes.len())].concat();
            let places = boxed(b"iloc", &[&[1, 0, 0, 0, 0x44, 0, 0, 2][..], &places].concat());
            let data = boxed(b"idat", if way == 0 { b"" } else { notes });
            let meta = boxed(b"meta", &[&[0; 4][..], &items, &places, &data].concat());
            [boxed(b"ftyp", b"heic\0\0\0\0"), meta].concat()
        };
        let at = file(0).len() + 8;
        let media = [&pixels[..], if way == 0 { notes } else { b"" }].concat();
        [file(at), boxed(b"mdat", &media)].concat()
    }

    const NOTES: &[u8] = b"\0\0\0\x06Exif\0\0MM\0*Camera of Jane at 51.5, -0.12";

    #[test]
    fn the_notes_go_and_the_picture_stays() {
        for way in [0, 1] {
            let file = picture(NOTES, way);
            let copy = without_notes(&file).unwrap();
            assert_eq!(copy.len(), file.len());
            assert!(copy.windows(6).any(|word| word == b"PIXELS"));
            assert!(!copy.windows(6).any(|word| word == b"Camera"), "{way}");
            let blanked = file.iter().zip(&copy).filter(|(was, is)| was != is).count();
            assert_eq!(blanked, NOTES.iter().filter(|byte| **byte != 0).count(), "nothing else");
        }
        let with_boxes =
            [picture(NOTES, 0), boxed(b"uuid", b"0123456789abcdefCamera"), boxed(b"free", b"Camera")]
                .concat();
        assert!(!without_notes(&with_boxes).unwrap().windows(6).any(|word| word == b"Camera"));
    }

    #[test]
    fn what_is_not_understood_is_not_copied() {
        let whole = picture(NOTES, 0);
        for end in 0..whole.len() {
            assert!(
                without_notes(&whole[..end])
                    .is_none_or(|copy| !copy.windows(6).any(|word| word == b"Camera"))
            );
        }
        // Notes outside of the file, a film beside the picture, notes in no item, items in other items.
        let mut far = whole.clone();
        let start = u32::try_from(far.len() - NOTES.len()).unwrap().to_be_bytes();
        let place = far.windows(4).position(|bytes| bytes == start).unwrap();
        far[place] = 0x7f;
        assert_eq!(without_notes(&far), None);
        assert_eq!(without_notes(&[whole.clone(), boxed(b"moov", b"")].concat()), None);
        assert_eq!(without_notes(&[whole, boxed(b"mdat", b"Exif\0\0MM")].concat()), None);
        assert_eq!(without_notes(&picture(NOTES, 2)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_changed_in_a_picture_its_copy_is_as_long_or_there_is_none(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12), way in 0_u8..2,
        ) {
            let mut file = picture(NOTES, way);
            for (at, byte) in changes {
                let at = at.index(file.len());
                file[at] = byte;
            }
            if let Some(copy) = without_notes(&file) {
                prop_assert_eq!(copy.len(), file.len());
            }
        }
    }
}
