//! How carriers count a text, and splitting one that is too long.
//!
//! A text of GSM-7 characters only is counted in septets, 160 in one segment and 153 in each of several; one
//! with any other character in UTF-16 units, 70 and 67. An extension character (two septets) or a surrogate
//! pair is never divided between segments, so a text may need one more than its length suggests. Source: 3GPP
//! TS 23.038, section 6.2.1, and TS 23.040, section 9.2.3.24.

use unicode_segmentation::UnicodeSegmentation;

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
    const fn capacity(self) -> (usize, usize) {
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
fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

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
            Self::Segments { most } => most * Encoding::Ucs2.capacity().1,
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
    let mut parts = Vec::new();
    if text.trim().is_empty() {
        return parts;
    }
    if fitting(text, limit) == text.len() {
        return vec![text.to_owned()];
    }
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (part, after) = rest.split_at(break_at(rest, limit));
        parts.push(part.trim_end().to_owned());
        rest = after.trim_start();
    }
    parts
}

/// Where the first part of `text` ends, which begins with no blank.
fn break_at(text: &str, limit: SplitLimit) -> usize {
    let room = fitting(text, limit);
    if room == text.len() || text[room..].starts_with(char::is_whitespace) {
        return room;
    }
    if let Some(blank) = text[..room].rfind(char::is_whitespace) {
        return blank;
    }
    // A bound of clusters, not of bytes: the first cluster alone may be longer than `room`.
    let clusters = text.grapheme_indices(true).map(|(at, _)| at);
    clusters.take_while(|at| *at <= room).last().filter(|at| *at > 0).unwrap_or(room)
}

/// How many bytes of `text` fit, in whole characters; at least one character.
fn fitting(text: &str, limit: SplitLimit) -> usize {
    let mut gsm = Some(0);
    let mut units = 0;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_counted_as_carriers_count_them() {
        use Encoding::{Gsm7, Ucs2};
        let a = |n| "a".repeat(n);
        let zhe = |n| "ж".repeat(n);
        let table = [
            (String::new(), Gsm7, 0, 0),
            (a(160), Gsm7, 1, 160),
            (a(161), Gsm7, 2, 161),
            (a(306), Gsm7, 2, 306),
            (a(307), Gsm7, 3, 307),
            ("€".repeat(80), Gsm7, 1, 160),
            ("€".repeat(81), Gsm7, 2, 162),
            ("^{}\\[~]|€\u{c}".to_owned(), Gsm7, 1, 20),
            // The euro sign moves to the second segment whole, and pushes the last letter into a third.
            (a(152) + "€" + a(151).as_str(), Gsm7, 2, 305),
            (a(152) + "€" + a(152).as_str(), Gsm7, 3, 306),
            (zhe(70), Ucs2, 1, 70),
            (zhe(71), Ucs2, 2, 71),
            (zhe(134), Ucs2, 2, 134),
            (zhe(135), Ucs2, 3, 135),
            ("😀".repeat(35), Ucs2, 1, 70),
            ("😀".repeat(36), Ucs2, 2, 72),
            (zhe(66) + "😀" + zhe(65).as_str(), Ucs2, 2, 133),
            (zhe(66) + "😀" + zhe(66).as_str(), Ucs2, 3, 134),
            ("Ç".to_owned(), Gsm7, 1, 1),
            ("ç".to_owned(), Ucs2, 1, 1),
            ("`".to_owned(), Ucs2, 1, 1),
            ("\t".to_owned(), Ucs2, 1, 1),
            ("\u{a0}".to_owned(), Ucs2, 1, 1),
            ("a\r\nb".to_owned(), Gsm7, 1, 4),
            ("ΔΦΓΛΩΠΨΣΘΞ".to_owned(), Gsm7, 1, 10),
            ("ÆæßÉ¤¡ÄÖÑÜ§¿äöñüà".to_owned(), Gsm7, 1, 17),
        ];
        for (text, encoding, segments, units) in table {
            assert_eq!(count(&text), Count { encoding, segments, units }, "{text:?}");
        }
    }

    #[test]
    fn the_basic_table_has_its_127_characters_and_no_escape() {
        let printable = (0..=0xffff).filter_map(char::from_u32).filter(|c| septets(*c) == Some(1));
        assert_eq!(printable.count(), 127);
    }

    #[test]
    fn a_long_text_is_split_at_word_ends() {
        let split = |text: &str, units| split(text, SplitLimit::Request { units });
        assert_eq!(split("fits as it is ", 20), ["fits as it is "]);
        assert_eq!(split("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(split("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(split("one   two\n\nthree", 5), ["one", "two", "three"]);
        assert_eq!(split("  lead and trail  ", 10), ["lead and", "trail"]);
        assert_eq!(split("to Donaudampfschiff", 8), ["to", "Donaudam", "pfschiff"]);
        assert_eq!(split("   \n ", 2), Vec::<String>::new());
        assert_eq!(split("", 2), Vec::<String>::new());
    }

    #[test]
    fn a_cluster_is_divided_only_when_it_alone_is_too_long() {
        let split = |text: &str, units| split(text, SplitLimit::Request { units });
        assert_eq!(split("aaa👩‍👩‍👧", 9), ["aaa", "👩‍👩‍👧"]);
        assert_eq!(split("❤️❤️❤️", 3), ["❤️", "❤️", "❤️"]);
        assert_eq!(split("e\u{301}e\u{301}e\u{301}", 3), ["e\u{301}", "e\u{301}", "e\u{301}"]);
        assert_eq!(split("🇩🇪🇫🇷", 6), ["🇩🇪", "🇫🇷"]);
        assert_eq!(split("👩‍👩‍👧", 6).concat(), "👩‍👩‍👧");
        assert_eq!(split("😀😀", 0), ["😀", "😀"]);
    }

    #[test]
    fn each_part_of_separate_messages_is_one_segment_in_its_own_encoding() {
        let plain = "word ".repeat(40);
        let parts = split(&(plain.clone() + "жжж " + plain.as_str()), SplitLimit::Segment);
        assert_eq!(count(&parts[0]), Count { encoding: Encoding::Gsm7, segments: 1, units: 159 });
        assert!(parts.iter().all(|part| count(part).segments == 1));
        assert_eq!(parts.iter().filter(|part| count(part).encoding == Encoding::Ucs2).count(), 1);
    }

    fn words() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-z€ç]{1,40}",
            "[ \n\t\u{a0}]{1,5}",
            Just("😀".to_owned()),
            Just("👩‍👩‍👧".to_owned()),
            "\\PC{0,10}",
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    fn limits() -> impl Strategy<Value = SplitLimit> {
        prop_oneof![
            Just(SplitLimit::Segment),
            (2..200_usize).prop_map(|units| SplitLimit::Request { units }),
            (2..4_usize).prop_map(|most| SplitLimit::Segments { most }),
        ]
    }

    proptest! {
        #[test]
        fn every_part_is_within_the_limit_and_has_something_to_read(text in words(), limit in limits()) {
            for part in split(&text, limit) {
                prop_assert!(!part.trim().is_empty());
                match limit {
                    SplitLimit::Segment => prop_assert_eq!(count(&part).segments, 1),
                    SplitLimit::Segments { most } => prop_assert!(count(&part).segments <= most),
                    SplitLimit::Request { units } => prop_assert!(part.encode_utf16().count() <= units),
                }
            }
        }

        #[test]
        fn nothing_is_lost_but_the_blanks_at_the_breaks(text in words(), limit in limits()) {
            let mut rest = text.as_str();
            for part in split(&text, limit) {
                let at = rest.find(&part).expect("the part is there, in order");
                prop_assert!(rest[..at].trim().is_empty());
                rest = &rest[at + part.len()..];
            }
            prop_assert!(rest.trim().is_empty());
        }

        #[test]
        fn segments_hold_what_is_counted(text in ".{0,400}") {
            let Count { encoding, segments, units } = count(&text);
            let (single, several) = encoding.capacity();
            prop_assert!(units <= single.max(segments * several));
            prop_assert!(segments == 1 || units == 0 || units > single);
        }
    }
}
