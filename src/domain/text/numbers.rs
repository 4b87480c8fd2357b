//! Telephone numbers as people read and type them. Machines keep E.164: `+14155550100`.

use std::borrow::Cow;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use crate::domain::address::{Address, parse};

/// How many digits a number in E.164 has, at least and at most.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A number as people read it: `+1 415 555 0100`, in the groups of its country. Anything that is not a number
/// in E.164, like a short code or a name, stays as it is, and so does a number of no country.
#[must_use]
pub fn shown(number: &str) -> Cow<'_, str> {
    grouped(number).map_or(Cow::Borrowed(number), Cow::Owned)
}

/// A text of the desk's own in which every number in E.164 is written as people read it. A number within a
/// longer word, like a link, stays as it is.
#[must_use]
pub fn readable(text: &str) -> Cow<'_, str> {
    if !text.contains('+') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        let before = written.chars().chain(rest[..at].chars()).next_back();
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| end + 1);
        let (number, behind) = rest.split_at(end);
        let stands_alone = before.is_none_or(begins_word) && behind.chars().next().is_none_or(ends_word);
        match grouped(number).filter(|_| stands_alone) {
            Some(grouped) => written.push_str(&grouped),
            None => written.push_str(number),
        }
        rest = behind;
    }
    written.push_str(rest);
    Cow::Owned(written)
}

/// The number that a line begins with, in any spelling, and the rest; nothing if it begins with none. A
/// number without a country code is of `country` (ISO 3166, `US`).
#[must_use]
pub fn typed<'a>(line: &'a str, country: &str) -> Option<(Address, &'a str)> {
    let line = line.trim_start();
    let region = parse::region(country);
    let spelt = line.find(|c: char| !is_spelling(c)).unwrap_or(line.len());
    // A word that only begins like a number is not one.
    let ends = line.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at).chain([line.len()]);
    let mut ends: Vec<usize> = ends.filter(|end| *end <= spelt).collect();
    ends.reverse();
    let read = |end: usize| Some((parse::read(&line[..end], region).ok()?, end));
    let mut numbers: Vec<_> = ends.into_iter().filter_map(read).collect();
    let best = numbers.iter().position(|(read, _)| read.is_valid).unwrap_or(0);
    let (read, end) = (!numbers.is_empty()).then(|| numbers.swap_remove(best))?;
    Some((Address::sms(read.number), line[end..].trim_start()))
}

/// A number in E.164 with blanks between its groups, as E.123 writes it.
fn grouped(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+')?;
    if !DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let parsed = PHONE_NUMBER_UTIL.parse(number, None).ok()?;
    let international = parsed.format_as(PhoneNumberFormat::International);
    let groups: Vec<&str> =
        international.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    // The digits that a country leaves out or adds when it writes a number would change the number.
    (groups.concat() == digits).then(|| format!("+{}", groups.join(" ")))
}

/// The digits of a number in E.164 in every way it is dialled: with its country code, as its country writes
/// it, and with what is dialled before a country code. Nothing, if it is no number.
#[must_use]
pub fn dialled(number: &str) -> Vec<String> {
    let Some(whole) = number
        .strip_prefix('+')
        .filter(|digits| DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return vec![];
    };
    let mut all = vec![whole.to_owned(), format!("00{whole}"), format!("011{whole}")];
    if let Ok(parsed) = PHONE_NUMBER_UTIL.parse(number, None) {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let national = digits(&parsed.format_as(PhoneNumberFormat::National));
        // Without what a country dials before its own numbers.
        let bare = national.trim_start_matches('0').to_owned();
        all.extend([national, bare].into_iter().filter(|digits| digits.len() >= *DIGITS.start()));
    }
    all.sort();
    all.dedup();
    all
}

fn begins_word(before: char) -> bool {
    !before.is_alphanumeric() && !matches!(before, ':' | '/' | '=' | '@' | '_' | '-' | '.' | '+' | '%' | '#')
}

fn ends_word(behind: char) -> bool {
    !behind.is_alphanumeric() && !matches!(behind, '@' | '/' | '_' | '-' | '=' | '+' | '%')
}

fn is_spelling(c: char) -> bool {
    c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/' | '‑' | '–')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rlibphonenumber::PhoneNumber;

    use super::*;

    #[test]
    fn a_number_is_shown_in_the_groups_of_its_country() {
        for (number, expected) in [
            ("+14155550123", "+1 415 555 0123"),
            ("+15005550006", "+1 500 555 0006"),
            ("+442079460018", "+44 20 7946 0018"),
            ("+493012345678", "+49 30 12345678"),
            ("+33123456789", "+33 1 23 45 67 89"),
        ] {
            assert_eq!(shown(number), expected);
        }
    }

    #[test]
    fn a_number_is_dialled_with_and_without_its_country_code() {
        let dialled = dialled("+442079460018");
        for digits in ["442079460018", "00442079460018", "02079460018", "2079460018"] {
            assert!(dialled.contains(&digits.to_owned()), "{digits}: {dialled:?}");
        }
        for none in ["74454", "INFO", "", "+", "+1415x"] {
            assert_eq!(super::dialled(none), Vec::<String>::new());
        }
    }

    #[test]
    fn short_codes_names_and_what_is_no_number_stay_as_they_are() {
        for verbatim in
            ["74454", "ACME", "", "+", "+0123456789", "+999999999999", "jane@example.org", "+1415x"]
        {
            assert_eq!(shown(verbatim), verbatim);
        }
    }

    #[test]
    fn numbers_within_a_sentence_are_readable_and_links_stay_links() {
        for (text, expected) in [
            ("missed offer: +14155550123", "missed offer: +1 415 555 0123"),
            ("“+14155550123” (+14155550124), now.", "“+1 415 555 0123” (+1 415 555 0124), now."),
            ("tel:+14155550123", "tel:+14155550123"),
            ("https://x.test/+14155550123", "https://x.test/+14155550123"),
            ("https://x.test/?n=+14155550123&m", "https://x.test/?n=+14155550123&m"),
            ("a+14155550123@x.test", "a+14155550123@x.test"),
            ("+14155550123abc ++14155550123", "+14155550123abc ++14155550123"),
            ("1 + 1 = 2, +", "1 + 1 = 2, +"),
        ] {
            assert_eq!(readable(text), expected);
        }
    }

    #[test]
    fn a_number_is_understood_in_any_spelling() {
        for line in [
            "+14155550123 support",
            "+1 415 555 0123 support",
            "+1\u{a0}415\u{a0}555\u{a0}0123 support",
            "+1 415-555-0123 support",
            "(415) 555-0123 support",
            "415.555.0123 support",
            "1 415 555 0123   support",
        ] {
            let (number, behind) = typed(line, "US").unwrap();
            assert_eq!((number.value(), behind), ("+14155550123", "support"), "{line}");
        }
        let german = typed("030 12345678", "DE").unwrap();
        assert_eq!((german.0.value(), german.1), ("+493012345678", ""));
        assert_eq!(typed("+1 415 555 0123 2nd-line", "US").unwrap().1, "2nd-line");
        for nothing in ["support", "", "+", "7", "74454x", "i-7f3k2"] {
            assert!(typed(nothing, "US").is_none(), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_understood_as_the_same_number(digits in "[1-9][0-9]{6,14}") {
            let number = format!("+{digits}");
            let shown = shown(&number);
            prop_assert_eq!(shown.replace(' ', ""), number.clone());
            // If nobody can have the digits as a number, a part of them may be one; and a zero after the
            // country code is not part of it.
            let is_a_number = |read: PhoneNumber| {
                PHONE_NUMBER_UTIL.is_valid_number(&read) && read.format_as(PhoneNumberFormat::E164) == number
            };
            if PHONE_NUMBER_UTIL.parse(&number, None).is_ok_and(is_a_number) {
                prop_assert_eq!(typed(&shown, "US"), Some((Address::sms(number.as_str()), "")));
            }
        }

        #[test]
        fn any_text_is_readable(text in "\\PC*(\\+[0-9]{5,16}\\PC*)*") {
            let strip = |text: &str| text.replace(' ', "");
            prop_assert_eq!(strip(&readable(&text)), strip(&text));
        }
    }
}
