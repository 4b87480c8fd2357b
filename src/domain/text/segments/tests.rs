//! Counting and splitting, against tables and in general.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::count::septets;
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

    #[test]
    fn no_part_begins_or_ends_inside_what_people_see_as_one_character(text in words(), limit in limits()) {
        let bounds: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
        let longest = text.graphemes(true).map(|cluster| cluster.chars().count()).max().unwrap_or(0);
        // One that is longer than a part has to be divided.
        prop_assume!(longest < 30);
        let limit = match limit {
            SplitLimit::Request { units } => SplitLimit::Request { units: units + 60 },
            SplitLimit::Segment | SplitLimit::Segments { .. } => limit,
        };
        let mut from = 0;
        for part in split(&text, limit) {
            let begin = from + text[from..].find(&part).expect("the part is there, in order");
            from = begin + part.len();
            prop_assert!(bounds.contains(&begin) && bounds.contains(&from), "{part:?} of {text:?}");
        }
    }

    #[test]
    fn numbered_messages_are_one_segment_each_and_lose_nothing(text in words()) {
        let cut = Cut { limit: SplitLimit::Segment, smart: false, numbered: true };
        let parts = cut.parts(&text);
        let total = parts.len();
        let mut rest = text.as_str();
        for (part, number) in parts.iter().zip(1..) {
            prop_assert_eq!(count(part).segments, 1);
            let bare = if total > 1 {
                part.strip_prefix(&format!("{number}/{total} ")).expect("it begins with its number")
            } else {
                part
            };
            let at = rest.find(bare).expect("the part is there, in order");
            prop_assert!(rest[..at].trim().is_empty());
            rest = &rest[at + bare.len()..];
        }
        prop_assert!(rest.trim().is_empty());
    }

    #[test]
    fn a_smart_text_is_gsm_7_or_as_it_was(text in "[a-z “”’–…\u{a0}\u{301}éж😀]{0,40}") {
        let made = smart(&text);
        prop_assert!(made == text || count(&made).encoding == Encoding::Gsm7);
        prop_assert_eq!(smart(&made), made.as_ref(), "once is enough");
        let is_plain = !text.contains(['ж', '😀', '\u{301}']) && !text.trim().is_empty();
        prop_assert!(!is_plain || count(&made).encoding == Encoding::Gsm7);
    }

    #[test]
    fn what_makes_a_text_ucs_2_is_named(text in words()) {
        let odd = odd(&text);
        prop_assert_eq!(odd.is_empty(), count(&text).encoding == Encoding::Gsm7);
        for odd in odd {
            let stands = text.graphemes(true).nth(odd.position as usize - 1).expect("it stands there");
            prop_assert!(stands.starts_with(&odd.text));
        }
    }
}

#[test]
fn typographic_characters_become_plain_only_where_all_of_the_text_does() {
    for (text, made) in [
        ("“It’s 5–6 pm…” he said", "\"It's 5-6 pm...\" he said"),
        ("10\u{a0}000\u{202f}€", "10 000 €"),
        ("cafe\u{301}", "café"),
        ("It’s 😀", "It’s 😀"),
        ("«Привет»", "«Привет»"),
        ("garçon’s", "garçon’s"),
        ("plain", "plain"),
        ("\u{200b}", "\u{200b}"),
    ] {
        assert_eq!(smart(text), made, "{text}");
    }
}

#[test]
fn an_odd_character_is_told_by_where_it_stands_first_and_how_often() {
    let found: Vec<(String, String, String, u32, u32)> = odd("It’s 👩‍👩‍👧, isn’t it? é")
        .into_iter()
        .map(|odd| (odd.text, odd.name, odd.unicode, odd.position, odd.times))
        .collect();
    let family = "U+1F469 U+200D U+1F469 U+200D U+1F467";
    let expected = [("’", "curly apostrophe", "U+2019", 3, 2), ("👩‍👩‍👧", "", family, 6, 1)];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(text, name, code, at, times)| (text.to_owned(), name.to_owned(), code.to_owned(), at, times))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn separate_messages_are_numbered_where_that_is_wanted_and_there_are_several() {
    let cut = |numbered| Cut { limit: SplitLimit::Segment, smart: true, numbered };
    let long = "It’s a word ".repeat(60);
    assert_eq!(cut(true).parts("It’s short"), ["It's short"]);
    let parts = cut(true).parts(&long);
    assert_eq!(parts.len(), 5);
    assert!(parts[0].starts_with("1/5 It's a word ") && parts[4].starts_with("5/5 "), "{parts:?}");
    assert!(cut(false).parts(&long).iter().all(|part| !part.contains('/')));
    let many = cut(true).parts(&"word ".repeat(320));
    assert!(many.len() >= 10 && many[0].starts_with(&format!("1/{} ", many.len())));
    let whole = Cut { limit: SplitLimit::Request { units: 200 }, smart: false, numbered: true };
    assert!(whole.parts(&long).iter().all(|part| !part.contains('/')));
}
