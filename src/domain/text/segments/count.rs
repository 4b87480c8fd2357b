//! How carriers count a text, and what makes it long.

/// The characters of the GSM-7 basic table, beside ASCII letters and digits.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";

/// The characters of its extension table: an escape, then a character.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a character, for Western European and Greek capital letters.
    Gsm7,
    /// Sixteen bits a UTF-16 unit, for everything else.
    Ucs2,
}

impl Encoding {
    /// Units in a text that is one segment, and in each segment of a longer one (a header takes the
    /// difference).
    pub(super) const fn capacity(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// A text as a carrier counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The encoding it travels in.
    pub encoding: Encoding,
    /// How many segments are billed; none for an empty text.
    pub segments: usize,
    /// Its length: septets in GSM-7, UTF-16 units in UCS-2.
    pub units: usize,
}

/// Counts `text` as carriers do.
#[must_use]
pub fn count(text: &str) -> Count {
    if text.chars().all(|c| septets(c).is_some()) {
        measure(Encoding::Gsm7, text.chars().filter_map(septets))
    } else {
        measure(Encoding::Ucs2, text.chars().map(char::len_utf16))
    }
}

/// Packs characters of these widths into segments.
fn measure(encoding: Encoding, widths: impl Iterator<Item = usize> + Clone) -> Count {
    let units = widths.clone().sum();
    let (single, several) = encoding.capacity();
    let segments = if units <= single {
        usize::from(units > 0)
    } else {
        let fill = |(segments, used), width| {
            if used + width > several { (segments + 1, width) } else { (segments, used + width) }
        };
        widths.fold((1, 0), fill).0
    };
    Count { encoding, segments, units }
}

/// The septets a character takes in GSM-7, or nothing if it is not in it.
pub(super) fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}
