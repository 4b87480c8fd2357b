//! Splitting a text that is too long for one message.

use unicode_segmentation::UnicodeSegmentation as _;

use super::count::{Encoding, septets};
use super::smart::smart;

/// How long one part of a split text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitLimit {
    /// So many UTF-16 units, as a provider limits one request. At least 2, the width of any character.
    Request {
        /// The provider's limit, in UTF-16 units.
        units: usize,
    },
    /// One segment in the encoding which that part needs: 160 septets or 70 UTF-16 units.
    Segment,
    /// At most so many segments in the encoding which that part needs, as a provider limits one request. At
    /// least 2.
    Segments {
        /// The provider's limit.
        most: usize,
    },
}

impl SplitLimit {
    /// How many UTF-16 units fit in any case, whatever the characters are.
    #[must_use]
    pub fn units_at_least(self) -> usize {
        match self {
            Self::Request { units } => units,
            Self::Segment => Encoding::Ucs2.capacity().0,
            Self::Segments { most } => most * (Encoding::Ucs2.capacity().1 - 1),
        }
    }
}

/// Splits `text` at word ends into parts that fit `limit`, in order.
///
/// A text that fits is returned as it is. Of a longer one only the blanks at the breaks and around the whole
/// are lost. A word longer than a part is divided between grapheme clusters, and a cluster longer than a part
/// (a letter under hundreds of marks) between characters. A blank text has no parts: there is nothing to
/// send.
#[must_use]
pub fn split(text: &str, limit: SplitLimit) -> Vec<String> {
    split_beside(text, limit, 0)
}

/// How texts are sent: where they are split, and what is changed in them for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How long one part may be.
    pub limit: SplitLimit,
    /// Whether typographic characters are replaced where that makes the whole text GSM-7, see [`smart`].
    pub smart: bool,
    /// Whether each of several messages begins with its number, as in `1/3`. Only messages that are one
    /// segment each are numbered: other parts are longer than anybody takes for one message of several.
    pub numbered: bool,
}

impl Cut {
    /// The messages that a text is sent as, in order.
    #[must_use]
    pub fn parts(&self, text: &str) -> Vec<String> {
        let text = if self.smart { smart(text) } else { text.into() };
        let parts = split(&text, self.limit);
        if self.numbered && self.limit == SplitLimit::Segment && parts.len() > 1 {
            return numbered(&text, self.limit).unwrap_or(parts);
        }
        parts
    }
}

/// Splits a text into parts that begin with their numbers; nothing if it takes more than anybody counts.
fn numbered(text: &str, limit: SplitLimit) -> Option<Vec<String>> {
    const MOST_DIGITS: usize = 4;
    // How much room the numbers take depends on how many parts there are, which depends on that room.
    (1..=MOST_DIGITS).find_map(|digits| {
        let parts = split_beside(text, limit, 2 * digits + "/ ".len());
        let total = parts.len();
        let fits = total.to_string().len() <= digits;
        let number = |(at, part): (usize, String)| format!("{}/{total} {part}", at + 1);
        fits.then(|| parts.into_iter().enumerate().map(number).collect())
    })
}

/// [`split`], with this much room kept free in each part; the encoding does not matter for what goes there.
fn split_beside(text: &str, limit: SplitLimit, kept_free: usize) -> Vec<String> {
    let mut parts = Vec::new();
    if text.trim().is_empty() {
        return parts;
    }
    if fitting(text, limit, kept_free) == text.len() {
        return vec![text.to_owned()];
    }
    let mut rest = without_blanks_behind(without_blanks_before(text));
    while !rest.is_empty() {
        let (part, after) = rest.split_at(break_at(rest, limit, kept_free));
        // A blank whose accent did not fit beside it is nothing to read.
        let part = without_blanks_behind(part);
        if !part.trim().is_empty() {
            parts.push(part.to_owned());
        }
        rest = without_blanks_before(after);
    }
    parts
}

/// Where the first part of `text` ends, which begins with no blank: at the last word end that fits, else
/// between the last two clusters that fit, else where no more of a cluster fits.
fn break_at(text: &str, limit: SplitLimit, kept_free: usize) -> usize {
    let room = fitting(text, limit, kept_free);
    if room == text.len() {
        return room;
    }
    let (mut blank, mut bound) = (None, None);
    for (at, cluster) in text.grapheme_indices(true).take_while(|(at, _)| *at <= room).skip(1) {
        bound = Some(at);
        if is_blank(cluster) {
            blank = Some(at);
        }
    }
    blank.or(bound).unwrap_or(room)
}

/// Whether a cluster is nothing but a blank. A blank under an accent is something to read.
fn is_blank(cluster: &str) -> bool {
    cluster.chars().all(char::is_whitespace)
}

fn without_blanks_before(text: &str) -> &str {
    let first = text.grapheme_indices(true).find(|(_, cluster)| !is_blank(cluster));
    first.map_or("", |(at, _)| &text[at..])
}

fn without_blanks_behind(text: &str) -> &str {
    let last = text.grapheme_indices(true).rev().find(|(_, cluster)| !is_blank(cluster));
    last.map_or("", |(at, cluster)| &text[..at + cluster.len()])
}

/// How many bytes of `text` fit, in whole characters; at least one character.
fn fitting(text: &str, limit: SplitLimit, kept_free: usize) -> usize {
    let mut gsm = Some(kept_free);
    let mut units = kept_free;
    for (at, c) in text.char_indices() {
        gsm = gsm.zip(septets(c)).map(|(sum, width)| sum + width);
        units += c.len_utf16();
        let fits = match (limit, gsm) {
            (SplitLimit::Request { units: most }, _) => units <= most,
            (SplitLimit::Segment, Some(septets)) => septets <= Encoding::Gsm7.capacity().0,
            (SplitLimit::Segment, None) => units <= Encoding::Ucs2.capacity().0,
            // A character of two units that is not divided may leave the last one of each segment empty.
            (SplitLimit::Segments { most }, Some(septets)) => {
                septets <= most * (Encoding::Gsm7.capacity().1 - 1)
            }
            (SplitLimit::Segments { most }, None) => units <= most * (Encoding::Ucs2.capacity().1 - 1),
        };
        if !fits && at > 0 {
            return at;
        }
    }
    text.len()
}
