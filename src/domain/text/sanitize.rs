//! What a contact wrote, made safe to show: nothing invisible, nothing that turns the direction of the text.
//!
//! Some invisible characters carry meaning and stay where they do, and only there: the joiner and the
//! selector inside an emoji, joiners between letters of scripts that are written with them, variants of Han
//! characters, the tags of the three flags made of tags. Sources: Unicode's `Default_Ignorable_Code_Point`,
//! UTS #51 (emoji sequences), RFC 5892 appendix A (joiners).

use icu_properties::props::{
    BinaryProperty, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier,
    EnumeratedProperty, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, NoncharacterCodePoint,
    Script,
};
use icu_properties::script::ScriptWithExtensions;
use unicode_segmentation::UnicodeSegmentation;

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
/// A joiner of Mongolian words, invisible like the others.
const MONGOLIAN_VOWEL_SEPARATOR: char = '\u{180e}';

/// The longest name shown, in characters: well below Matrix's 256 for a display name.
const NAME_CHARS: usize = 100;

/// Flags of England, Scotland and Wales: a black flag, then these letters as tags, then the end tag.
const TAG_FLAGS: [&str; 3] = [
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// Scripts whose words need a joiner between letters.
const JOINED: [Script; 17] = [
    Script::Arabic,
    Script::Syriac,
    Script::Nko,
    Script::Mongolian,
    Script::Devanagari,
    Script::Bengali,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Khmer,
    Script::Myanmar,
    Script::Tibetan,
];

/// Whether a character is of an emoji: a picture, half a flag, or what joins and changes these.
#[must_use]
pub fn is_of_emoji(c: char) -> bool {
    ExtendedPictographic::for_char(c)
        || EmojiModifier::for_char(c)
        || matches!(c, ZWJ | '\u{fe0f}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{e0020}'..='\u{e007f}')
}

/// The text of a contact as it may be shown in a room.
///
/// Line ends become `\n` and tabs stay; control characters, bidi controls and invisible characters go, except
/// where they carry meaning (see the module). Everything that can be seen arrives. Idempotent.
#[must_use]
pub fn from_contact(text: &str) -> String {
    let mut clean = Cleaner::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(flag) = TAG_FLAGS.into_iter().find(|flag| rest.starts_with(flag)) {
            clean.push_flag(flag);
            rest = &rest[flag.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '\r' if rest.starts_with('\n') => {}
            c if is_line_end(c) => clean.push_visible('\n'),
            c if is_invisible(c) => clean.push_invisible(c, rest),
            c => clean.push_visible(c),
        }
    }
    clean.text
}

/// One line of it, for topics and lists: runs of blanks become one space, none at the ends.
#[must_use]
pub fn one_line(text: &str) -> String {
    from_contact(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A contact's name: one line of at most 100 characters. Empty if nothing of it can be seen.
#[must_use]
pub fn name(text: &str) -> String {
    short_line(text, NAME_CHARS)
}

/// One line of at most `max_chars` characters, the last of them `…` if something was cut off.
#[must_use]
pub fn short_line(text: &str, max_chars: usize) -> String {
    // Where something was cut off, what joined letters to it joins nothing any more.
    from_contact(&cut(&one_line(text), max_chars))
}

/// At most `max_chars` characters of `text`, the last of them `…` if something was cut off. Nothing is cut
/// inside a grapheme cluster.
#[must_use]
pub fn cut(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let Some(mut room) = max_chars.checked_sub(1) else { return String::new() };
    let mut end = 0;
    for cluster in text.graphemes(true) {
        let Some(left) = room.checked_sub(cluster.chars().count()) else { break };
        room = left;
        end += cluster.len();
    }
    format!("{}…", text[..end].trim_end())
}

/// `text` in pieces of at most `max_bytes`, which together are the whole of it. A piece ends behind a blank
/// where it can, else between grapheme clusters, else between characters.
#[must_use]
pub fn pieces(text: &str, max_bytes: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > max_bytes.max(4) {
        let most = &rest[..rest.floor_char_boundary(max_bytes.max(4))];
        let blank =
            most.rfind(char::is_whitespace).and_then(|at| Some(at + most[at..].chars().next()?.len_utf8()));
        // The last cluster may go on behind the end.
        let cluster = || most.grapheme_indices(true).next_back().map(|(at, _)| at).filter(|at| *at > 0);
        let (piece, after) = rest.split_at(blank.or_else(cluster).unwrap_or(most.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// Whether a character begins a new line.
pub(super) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character shows nothing or only steers how others are shown.
pub(super) fn is_invisible(c: char) -> bool {
    let control = c.is_control() && c != '\n' && c != '\t';
    let annotation = ('\u{fff9}'..='\u{fffb}').contains(&c);
    control || annotation || DefaultIgnorableCodePoint::for_char(c) || NoncharacterCodePoint::for_char(c)
}

/// What follows the last visible character already.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Tail {
    /// Nothing: a selector or a joiner may come.
    #[default]
    Bare,
    /// A variation selector: a joiner may come.
    Selected,
    /// A joiner: only something visible may come.
    Joined,
}

/// The clean text so far.
#[derive(Default)]
struct Cleaner {
    text: String,
    /// The last visible character.
    base: Option<char>,
    tail: Tail,
}

impl Cleaner {
    fn push_visible(&mut self, c: char) {
        self.text.push(c);
        self.base = Some(c);
        self.tail = Tail::Bare;
    }

    fn push_flag(&mut self, flag: &str) {
        self.text.push_str(flag);
        self.base = flag.chars().next();
        self.tail = Tail::Selected;
    }

    /// Keeps an invisible character where it carries meaning; `rest` is what follows it.
    fn push_invisible(&mut self, c: char, rest: &str) {
        let Some(base) = self.base else { return };
        let tail = match c {
            ZWJ | ZWNJ | MONGOLIAN_VOWEL_SEPARATOR => Tail::Joined,
            _ => Tail::Selected,
        };
        let next = rest.chars().find(|c| is_line_end(*c) || !is_invisible(*c));
        let means = match tail {
            Tail::Joined => joins(base, c, next),
            _ => selects(base, c),
        };
        if self.tail < tail && means {
            self.text.push(c);
            self.tail = tail;
        }
    }
}

/// Whether a variation selector means something after `base`.
fn selects(base: char, selector: char) -> bool {
    match selector {
        '\u{fe0e}' | '\u{fe0f}' => Emoji::for_char(base),
        '\u{fe00}'..='\u{fe0d}' => matches!(Script::for_char(base), Script::Han | Script::Myanmar),
        '\u{e0100}'..='\u{e01ef}' => Script::for_char(base) == Script::Han,
        '\u{180b}'..='\u{180d}' | '\u{180f}' => Script::for_char(base) == Script::Mongolian,
        _ => false,
    }
}

/// Whether a joiner means something between `base` and `next`.
fn joins(base: char, joiner: char, next: Option<char>) -> bool {
    // After a virama it also chooses the shape of a word's last letter, as in the Malayalam chillus.
    let virama = CanonicalCombiningClass::for_char(base) == CanonicalCombiningClass::Virama;
    if virama && joiner != MONGOLIAN_VOWEL_SEPARATOR {
        return true;
    }
    let Some(next) = next else { return false };
    let pictures = ExtendedPictographic::for_char(base) || EmojiModifier::for_char(base);
    if joiner == ZWJ && pictures && ExtendedPictographic::for_char(next) {
        return true;
    }
    // By their extensions, since Arabic vowel signs belong to several scripts.
    let scripts = ScriptWithExtensions::new();
    let letters = is_letter(base) && is_letter(next);
    letters
        && JOINED
            .into_iter()
            .any(|script| scripts.has_script(base, script) && scripts.has_script(next, script))
}

/// Whether a character is part of a word: a letter or a mark on one.
fn is_letter(c: char) -> bool {
    let word = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark);
    word.contains(GeneralCategory::for_char(c))
}

/// `text` without invisible characters and blanks at its start, which nobody sees either.
pub(super) fn trim_unseen_start(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// `text` without invisible characters and blanks at its ends.
pub(super) fn trim_unseen(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_be_seen_arrives_whole() {
        let whole = [
            "plain\ttext\nof two lines",
            "Ünïcödé ß € “quotes” – dash…",
            "سلام، می\u{200c}خواهم کتاب\u{200c}ها را ببینم",
            "نامه\u{200c}ای ۱۲۳ \u{600}۱۲",
            "שָׁלוֹם עולם",
            "क्\u{200d}ष क्\u{200c}ष",
            "অ\u{9cd}\u{200d}যা র\u{200d}্যাব",
            "അവന്\u{200d} പറഞ്ഞു",
            "ශ්\u{200d}රී ලංකා",
            "ᠮᠣᠩᠭᠣᠯ\u{180e}ᠠ ᠭ\u{180b}",
            "葛\u{e0100}城市",
            "日本語 한국어 ไทย",
            "👩\u{200d}👩\u{200d}👧 👩🏽\u{200d}🚀 🏳\u{fe0f}\u{200d}🌈 ❤\u{fe0f} ☠\u{fe0e} 1\u{fe0f}\u{20e3} 🇩🇪",
            "❤\u{fe0f}\u{200d}🔥 🏴\u{200d}☠\u{fe0f}",
            TAG_FLAGS[0],
            TAG_FLAGS[1],
            TAG_FLAGS[2],
            "e\u{301} ñ \u{f8ff} \u{fffc}",
        ];
        for text in whole {
            assert_eq!(from_contact(text), text);
        }
    }

    #[test]
    fn what_cannot_be_seen_goes() {
        let table = [
            ("a\0b\u{7}c\u{1b}[31m", "abc[31m"),
            ("one\r\ntwo\rthree\u{2028}four\u{85}five\u{c}six", "one\ntwo\nthree\nfour\nfive\nsix"),
            ("pay\u{202e}gpj.exe\u{202c}", "paygpj.exe"),
            ("\u{2066}a\u{2069}\u{200e}b\u{200f}\u{61c}c", "abc"),
            ("b\u{200b}a\u{200d}n\u{200c}k\u{feff}\u{2060}\u{ad}\u{34f}", "bank"),
            ("ban\u{fe0f}k \u{fe00}a\u{e0101}", "bank a"),
            ("x\u{e0041}\u{e0042}y\u{e007f}", "xy"),
            ("🏴\u{e0067}\u{e0062}\u{e007f}", "🏴"),
            ("😀\u{200d}", "😀"),
            ("😀\u{fe0f}\u{fe0f}\u{fe0f}\u{e0100}", "😀\u{fe0f}"),
            ("😀\u{200d}\u{200d}\u{200d}😀", "😀\u{200d}😀"),
            ("ی\u{200c}\u{200c}\u{200d}ه", "ی\u{200c}ه"),
            ("ی\u{200c}b ی\u{200c} ی\u{200c}", "یb ی ی"),
            ("\u{200d}😀\u{200c}😀", "😀😀"),
            ("\u{3164}\u{115f}\u{ffa0}", ""),
            ("a\u{fff9}b\u{fffa}c\u{fffb}\u{fffe}\u{1ffff}", "abc"),
        ];
        for (text, shown) in table {
            assert_eq!(from_contact(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_one_short_line() {
        let joined = name(&format!("{}ب\u{200c}ب\u{200c}ب", "a".repeat(97)));
        assert!(joined.ends_with("aب…"), "{joined:?}");
        assert_eq!(name(" Ann\n\u{202e}Example\t "), "Ann Example");
        assert_eq!(name("\u{200b}\u{2066}\n"), "");
        assert_eq!(name(&"x".repeat(300)).chars().count(), 100);
        assert_eq!(one_line("two\r\n\r\nlines"), "two lines");
    }

    #[test]
    fn a_cut_says_so_and_divides_no_cluster() {
        assert_eq!(cut("fits", 4), "fits");
        assert_eq!(cut("too long", 5), "too…");
        assert_eq!(cut("ab👩\u{200d}👩\u{200d}👧", 5), "ab…");
        assert_eq!(cut("ab", 1), "…");
        assert_eq!(cut("ab", 0), "");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn a_text_in_pieces_is_still_the_whole_text() {
        assert_eq!(pieces("", 4), [""]);
        assert_eq!(pieces("fits", 4), ["fits"]);
        assert_eq!(pieces("one two three", 8), ["one two ", "three"]);
        assert_eq!(pieces("abcdefgh", 5), ["abcd", "efgh"]);
        assert_eq!(pieces("ab👍🏽", 6), ["ab", "👍", "🏽"]);
    }

    const FORBIDDEN: &str = "\u{200b}\u{200e}\u{200f}\u{61c}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                             \u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}\u{fffe}\u{ad}\u{3164}";

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{fe00}-\u{fe0f}]",
            "[\u{0}-\u{20}\u{7f}-\u{a0}\u{180b}-\u{180f}\u{e0020}-\u{e007f}\u{e0100}]",
            "[اکۀंक्্മ്ᠮ😀🏽❤🏴☠葛a1\u{600}\u{64b}]",
            proptest::sample::select(TAG_FLAGS.to_vec()).prop_map(str::to_owned),
        ];
        proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in hostile()) {
            let once = from_contact(&text);
            prop_assert_eq!(from_contact(&once), once);
        }

        #[test]
        fn nothing_forbidden_is_left_and_nothing_visible_is_lost(text in hostile()) {
            let clean = from_contact(&text);
            for c in clean.chars() {
                prop_assert!(c == '\n' || c == '\t' || !c.is_control());
                prop_assert!(!FORBIDDEN.contains(c), "{c:?}");
            }
            let seen = |text: &str| text.chars().filter(|c| !is_invisible(*c) && !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(seen(&clean), seen(&text));
        }

        #[test]
        fn pieces_are_bounded_and_lose_nothing(text in hostile(), most in 4..30_usize) {
            let pieces = pieces(&text, most);
            prop_assert!(pieces.iter().all(|piece| piece.len() <= most));
            prop_assert_eq!(pieces.concat(), text);
        }

        #[test]
        fn a_cut_is_never_longer_than_asked(text in hostile(), most in 0..30_usize) {
            prop_assert!(cut(&text, most).chars().count() <= most);
            prop_assert!(!one_line(&text).contains(['\n', '\t']));
        }
    }
}
