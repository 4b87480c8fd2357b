//! The boxes that a file of ISO 14496-12 consists of: pictures (HEIC, AVIF), videos and sounds (MP4,
//! QuickTime, 3GP). Whatever a file says of itself, no more of it is read than there is.

/// How many boxes that stand beside each other are looked at.
const MOST: usize = 10_000;

/// A part of a file.
pub(super) type Range = std::ops::Range<usize>;

/// A box.
pub(super) struct Found {
    /// Its kind.
    pub(super) kind: [u8; 4],
    /// Where its kind stands.
    pub(super) named: Range,
    /// Where its content is.
    pub(super) inside: Range,
}

/// The boxes that stand in a part of a file. One that is damaged is nothing, and ends them; zeros too few to
/// be a box are nothing that was damaged.
pub(super) struct Boxes<'f> {
    file: &'f [u8],
    rest: Range,
    left: usize,
}

impl<'f> Boxes<'f> {
    pub(super) fn of(file: &'f [u8], rest: Range) -> Self {
        Self { file, rest, left: MOST }
    }

    fn read(&mut self) -> Option<Found> {
        self.left = self.left.checked_sub(1)?;
        let mut head = Reader::of(self.file, self.rest.clone());
        let (size, named) = (head.number(4)?, head.at..head.at + 4);
        let kind = head.bytes(4)?.try_into().ok()?;
        let size = match size {
            0 => self.rest.len(),
            1 => head.number(8)?,
            size => size,
        };
        let end = self.rest.start.checked_add(size).filter(|end| *end <= self.rest.end && *end >= head.at)?;
        self.rest.start = end;
        Some(Found { kind, named, inside: head.at..end })
    }
}

impl Iterator for Boxes<'_> {
    type Item = Option<Found>;

    fn next(&mut self) -> Option<Self::Item> {
        let is_over = self.rest.len() < 8 && self.file.get(self.rest.clone())?.iter().all(|byte| *byte == 0);
        if is_over {
            return None;
        }
        let found = self.read();
        if found.is_none() {
            self.rest = 0..0;
        }
        Some(found)
    }
}

/// Reads numbers out of a part of a file.
pub(super) struct Reader<'f> {
    file: &'f [u8],
    /// Where the next number stands.
    pub(super) at: usize,
    end: usize,
}

impl<'f> Reader<'f> {
    pub(super) fn of(file: &'f [u8], part: Range) -> Self {
        Self { file, at: part.start, end: part.end }
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'f [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.end)?;
        let bytes = self.file.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// A number of so many bytes, of eight at most.
    pub(super) fn number(&mut self, bytes: usize) -> Option<usize> {
        if bytes > 8 {
            return None;
        }
        let number = self.bytes(bytes)?.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        usize::try_from(number).ok()
    }
}
