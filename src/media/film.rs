//! Videos and sounds in the container that phones record in (MP4, QuickTime, 3GP): a copy without what was
//! noted in it, such as where and with what it was recorded.
//!
//! Nothing is decoded, and nothing moves: what was noted is overwritten with zeros and becomes free space of
//! the same size, so that the places which the file names of its pictures and sounds stay right.
//!
//! Sources: ISO 14496-12; for where notes stand, the QuickTime File Format (`udta`, `meta`) and 3GPP TS
//! 26.244 (`loci`).

use super::boxes::{Boxes, Found, Range, Reader};

/// What a part of a file consists of, beside what somebody noted.
type Parts = &'static [&'static [u8; 4]];

const FILE: Parts = &[b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"pdin"];
const MOVIE: Parts = &[b"mvhd", b"trak", b"mvex", b"iods"];
const TRACK: Parts = &[b"tkhd", b"tref", b"edts", b"mdia", b"tapt", b"load", b"clip", b"matt", b"trgr"];
const MEDIA: Parts = &[b"mdhd", b"hdlr", b"elng", b"minf"];
const DETAILS: Parts = &[b"vmhd", b"smhd", b"nmhd", b"gmhd", b"hdlr", b"dinf", b"stbl"];
const FRAGMENT: Parts = &[b"mfhd", b"traf"];
const FRAGMENT_TRACK: Parts =
    &[b"tfhd", b"tfdt", b"trun", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio", b"senc"];

/// The tracks that are seen or heard, and the clock that some cameras keep beside them. Any other is a note,
/// of places and movements for instance.
const TRACKS: &[&[u8; 4]] = &[b"vide", b"soun", b"tmcd"];

/// How places are called in what is noted.
const PLACES: [&[u8]; 2] = [b"location.ISO6709", b"\xa9xyz"];

/// Whether a file of this type is in that container.
pub(super) fn is_one(mime: &str) -> bool {
    let (top, kind) = mime.split_once('/').unwrap_or_default();
    let known = ["mp4", "quicktime", "3gpp", "3gpp2", "m4a", "x-m4a", "x-m4v"];
    matches!(top, "video" | "audio") && known.contains(&kind)
}

/// A copy without notes, of the same length; nothing where the file is not whole, or cannot be understood.
pub(super) fn without_notes(file: &[u8]) -> Option<Vec<u8>> {
    let mut copy = Copy { file, bytes: file.to_vec(), media: Vec::new() };
    let (mut movies, mut fragments) = (Vec::new(), Vec::new());
    for found in copy.parts(0..file.len(), FILE)? {
        match &found.kind {
            b"moov" => movies.push(found.inside),
            b"moof" => fragments.push(found.inside),
            b"mdat" => copy.media.push(found.inside),
            _ => {}
        }
    }
    let mut has_other_tracks = false;
    let is_empty = movies.is_empty();
    for movie in movies {
        has_other_tracks |= copy.movie(movie)?;
    }
    // Where the samples of a fragment are is not looked for.
    if is_empty || has_other_tracks && !fragments.is_empty() {
        return None;
    }
    for fragment in fragments {
        for found in copy.parts(fragment, FRAGMENT)? {
            if found.kind == *b"traf" {
                copy.parts(found.inside, FRAGMENT_TRACK)?;
            }
        }
    }
    (!copy.names_places()?).then_some(copy.bytes)
}

/// The copy that is being made.
struct Copy<'f> {
    file: &'f [u8],
    bytes: Vec<u8>,
    /// Where the pictures and sounds themselves stand.
    media: Vec<Range>,
}

impl Copy<'_> {
    /// The boxes of a part that belong there. Any other becomes free space.
    fn parts(&mut self, part: Range, known: Parts) -> Option<Vec<Found>> {
        let mut kept = Vec::new();
        for found in Boxes::of(self.file, part) {
            let found = found?;
            if known.contains(&&found.kind) {
                kept.push(found);
            } else {
                self.clear(&found);
            }
        }
        Some(kept)
    }

    fn clear(&mut self, found: &Found) {
        self.bytes[found.named.clone()].copy_from_slice(b"free");
        self.bytes[found.inside.clone()].fill(0);
    }

    /// Clears a movie of notes; returns whether there were other tracks than those that are kept.
    fn movie(&mut self, inside: Range) -> Option<bool> {
        let (mut has_header, mut has_others) = (false, false);
        for found in self.parts(inside, MOVIE)? {
            match &found.kind {
                b"mvhd" => has_header = true,
                b"trak" => has_others |= self.track(&found)?,
                _ => {}
            }
        }
        // Some compress all of it, notes and all.
        has_header.then_some(has_others)
    }

    /// Clears a track of notes, or all of it; returns whether it was all of it.
    fn track(&mut self, track: &Found) -> Option<bool> {
        let (mut handler, mut table) = (None, None);
        for media in self.parts(track.inside.clone(), TRACK)? {
            if media.kind != *b"mdia" {
                continue;
            }
            for found in self.parts(media.inside, MEDIA)? {
                match &found.kind {
                    // Before it stand a version, flags, and what was once the kind of the component.
                    b"hdlr" => {
                        let mut reader = Reader::of(self.file, found.inside);
                        reader.number(8)?;
                        handler = Some(reader.bytes(4)?);
                    }
                    b"minf" => {
                        let details = self.parts(found.inside, DETAILS)?;
                        let found = details.into_iter().find(|found| found.kind == *b"stbl");
                        table = found.map(|found| found.inside);
                    }
                    _ => {}
                }
            }
        }
        let handler = handler?;
        if TRACKS.iter().any(|kept| handler == *kept) {
            return Some(false);
        }
        let samples = samples(self.file, table?)?;
        let all = samples.iter().try_fold(0_usize, |all, sample| all.checked_add(sample.len()))?;
        let is_media = |sample: &Range| {
            self.media.iter().any(|media| media.start <= sample.start && sample.end <= media.end)
        };
        // One that names the same place over and over is made to keep us busy.
        if all > self.file.len() || !samples.iter().all(is_media) {
            return None;
        }
        for sample in samples {
            self.bytes[sample].fill(0);
        }
        self.clear(track);
        Some(true)
    }

    /// Whether what is left, beside the pictures and sounds themselves, still names a place.
    fn names_places(&self) -> Option<bool> {
        let (mut from, mut rest) = (0, Vec::new());
        for media in &self.media {
            rest.push(self.bytes.get(from..media.start)?);
            from = media.end;
        }
        rest.push(self.bytes.get(from..)?);
        let names =
            |part: &&[u8]| PLACES.iter().any(|name| part.windows(name.len()).any(|found| found == *name));
        Some(rest.iter().any(names))
    }
}

/// Where the samples of a track stand in a file: the pieces that follow each other without a gap, as its
/// table says.
fn samples(file: &[u8], table: Range) -> Option<Vec<Range>> {
    let (mut sizes, mut runs, mut places) = (None, None, None);
    for found in Boxes::of(file, table) {
        let Found { kind, inside, .. } = found?;
        let mut reader = Reader::of(file, inside);
        match &kind {
            b"stsz" => sizes = Some(Sizes::read(reader)?),
            b"stsc" => runs = Some(list(&mut reader, run)?),
            b"stco" => places = Some(list(&mut reader, |reader| reader.number(4))?),
            b"co64" => places = Some(list(&mut reader, |reader| reader.number(8))?),
            _ => {}
        }
    }
    let (mut sizes, runs, mut pieces) = (sizes?, runs?, Vec::new());
    let mut runs = runs.into_iter().peekable();
    let mut each = 0;
    for (number, start) in (1..).zip(places?) {
        if let Some((_, samples)) = runs.next_if(|(first, _)| *first == number) {
            each = samples;
        }
        pieces.push(start..start.checked_add(sizes.next(each)?)?);
    }
    sizes.is_over().then_some(pieces)
}

/// From which piece on each holds so many samples, which stands before how they are described.
fn run(reader: &mut Reader<'_>) -> Option<(usize, usize)> {
    let run = (reader.number(4)?, reader.number(4)?);
    reader.number(4)?;
    Some(run)
}

/// A list behind a version, flags and the count of its entries.
fn list<T>(reader: &mut Reader<'_>, entry: impl Fn(&mut Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
    reader.number(4)?;
    let count = reader.number(4)?;
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(entry(reader)?);
    }
    Some(all)
}

/// The sizes of samples, one after another.
enum Sizes<'f> {
    /// All have the same, and there are so many more.
    Same { size: usize, left: usize },
    /// Each has its own, and there are so many more.
    Each { reader: Reader<'f>, left: usize },
}

impl<'f> Sizes<'f> {
    fn read(mut reader: Reader<'f>) -> Option<Self> {
        reader.number(4)?;
        let (size, left) = (reader.number(4)?, reader.number(4)?);
        Some(if size > 0 { Self::Same { size, left } } else { Self::Each { reader, left } })
    }

    /// The size of the next so many samples together.
    fn next(&mut self, count: usize) -> Option<usize> {
        match self {
            Self::Same { size, left } => {
                *left = left.checked_sub(count)?;
                size.checked_mul(count)
            }
            Self::Each { reader, left } => {
                *left = left.checked_sub(count)?;
                (0..count).try_fold(0_usize, |all, _| all.checked_add(reader.number(4)?))
            }
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Same { left: 0, .. } | Self::Each { left: 0, .. })
    }
}

#[cfg(test)]
#[path = "film_tests.rs"]
mod tests;
