//! Masks numbers and addresses of contacts, so that only the end can be read.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::{links, numbers};
use crate::domain::address::Address;

/// The text that replaces the masked characters.
const MASK: &str = "•••";
/// How many characters at the end stay.
const LEFT: usize = 4;
/// A number of up to this many digits is a short code, which is no person's.
const SHORT: usize = 6;

/// So many digits, however they are grouped, are a telephone number.
const NUMBER_DIGITS: RangeInclusive<usize> = 7..=15;

/// What is known where numbers are masked.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// The desk's own numbers, which stay.
    pub ours: &'a [Address],
    /// The country of numbers without a country code (ISO 3166, `US`).
    pub country: &'a str,
}

impl Desk<'_> {
    fn owns(&self, number: &str) -> bool {
        self.ours.iter().any(|ours| ours.value() == number)
    }
}

/// A number of a contact with all but its last four digits masked, and an e-mail address with all but how its
/// parts begin, and its end: `•••0100`, `j•••@e•••.org`. A short code of
/// up to six digits and a sender that is a name stay as they are: they are no person's.
#[must_use]
pub fn masked(number: &str) -> Cow<'_, str> {
    if is_address(number) {
        return Cow::Owned(address_hidden(number));
    }
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits <= SHORT {
        return Cow::Borrowed(number);
    }
    let start = number.char_indices().nth_back(LEFT - 1).map_or(0, |(at, _)| at);
    Cow::Owned(format!("{MASK}{}", &number[start..]))
}

/// A text with every number and e-mail address masked, in the spelling of machines and of people, except the
/// desk's own: what is nothing but a number, those in E.164, and those that [`links::phone_numbers`] finds.
#[must_use]
pub fn hidden<'a>(text: &'a str, desk: Desk<'_>) -> Cow<'a, str> {
    if desk.ours.iter().any(|number| number.shown() == text) {
        return Cow::Borrowed(text);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) || is_address(text) {
        return masked(text);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if is_spelt_number(text, &digits) && !is_date(text) {
        let is_ours = desk.owns(&format!("+{digits}"))
            || links::phone_numbers(text, desk.country).iter().any(|(_, number)| desk.owns(number));
        return if is_ours { Cow::Borrowed(text) } else { masked(&digits).into_owned().into() };
    }
    let may_hold_number = text.chars().filter(|c| c.is_numeric()).count() >= *NUMBER_DIGITS.start();
    if !may_hold_number && !text.contains('@') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(addresses_hidden(&found_hidden(&numbers_hidden(text, desk), desk)))
}

/// Whether a text is nothing but a telephone number, however it is spelt.
fn is_spelt_number(text: &str, digits: &str) -> bool {
    let is_spelling = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-()./‑–".contains(c);
    NUMBER_DIGITS.contains(&digits.len()) && text.chars().all(is_spelling)
}

/// Whether it is written like a date: `2026-01-31`, `31.1.2026`, `1/31/2026`.
fn is_date(text: &str) -> bool {
    ["-", ".", "/"].iter().any(|between| {
        let parts: Vec<&str> = text.trim().split(between).collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()))
            && matches!(lengths[..], [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 4])
    })
}

/// Masks the numbers that are found as in what contacts write.
fn found_hidden(text: &str, desk: Desk<'_>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut end = 0;
    for (at, number) in links::phone_numbers(text, desk.country) {
        written.push_str(&text[end..at.start]);
        written.push_str(&if desk.owns(&number) { text[at.clone()].into() } else { masked(&number) });
        end = at.end;
    }
    written.push_str(&text[end..]);
    written
}

fn numbers_hidden(text: &str, desk: Desk<'_>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        written.push_str(&rest[..at]);
        rest = &rest[at..];
        let (number, behind) = rest.split_at(number_length(rest));
        let bare = number.replace(' ', "");
        if desk.owns(&bare) {
            written.push_str(number);
        } else {
            written.push_str(&masked(&bare));
        }
        rest = behind;
    }
    written.push_str(rest);
    written
}

/// How many bytes of a text that begins with a plus are a number, with blanks in it or without.
fn number_length(text: &str) -> usize {
    let end = |more: fn(char) -> bool| text[1..].find(|c| !more(c)).map_or(text.len(), |end| end + 1);
    let plain = end(|c| c.is_ascii_digit());
    if plain > 1 + SHORT {
        return plain;
    }
    let spaced = &text[..end(|c| c.is_ascii_digit() || c == ' ')];
    let ends = spaced.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at).chain([spaced.len()]);
    let is_shown = |end: &usize| numbers::shown(&spaced[..*end].replace(' ', "")) == spaced[..*end];
    ends.filter(|end| *end > plain).rfind(is_shown).unwrap_or(plain)
}

fn addresses_hidden(text: &str) -> String {
    let hide = |word: &str| {
        let address = word.trim_matches(|c: char| !c.is_alphanumeric());
        if is_address(address) { word.replace(address, &masked(address)) } else { word.to_owned() }
    };
    text.split_inclusive(char::is_whitespace).map(hide).collect()
}

/// An e-mail address of which only the first letters, and what its host ends with, can be read.
fn address_hidden(address: &str) -> String {
    let begin = |part: &str| {
        let mut rest = part.chars();
        // Of a part of one letter nothing would be hidden.
        let first = rest.next().filter(|_| !rest.as_str().is_empty());
        let is_hidden = part == MASK || first.is_some() && rest.as_str() == MASK;
        if is_hidden {
            part.to_owned()
        } else {
            format!("{}{MASK}", first.map(String::from).unwrap_or_default())
        }
    };
    let (local, host) = address.split_once('@').unwrap_or((address, ""));
    let (host, end) = host.rsplit_once('.').unwrap_or((host, ""));
    format!("{}@{}.{end}", begin(local), begin(host))
}

/// Whether it is an e-mail address; a Matrix user id is none.
fn is_address(text: &str) -> bool {
    let is_plain = !text.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '/'));
    is_plain
        && text.split_once('@').is_some_and(|(name, host)| {
            // One that is masked stays as it is.
            !name.is_empty()
                && !name.contains(MASK)
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A desk without numbers, in no country.
    const NOBODYS: Desk<'_> = Desk { ours: &[], country: "" };

    #[test]
    fn of_numbers_and_addresses_the_end_is_left_and_short_codes_and_names_stay() {
        for (number, expected) in [
            ("+14155550100", "•••0100"),
            ("14155550100", "•••0100"),
            ("4155550100", "•••0100"),
            ("whatsapp:+14155550100", "•••0100"),
            ("jane@example.org", "j•••@e•••.org"),
            ("é@a.bc", "•••@•••.bc"),
            ("alice.b@mail.example.co.uk", "a•••@m•••.uk"),
            ("72345", "72345"),
            ("247365", "247365"),
            ("2473651", "•••3651"),
            ("ACME Bank", "ACME Bank"),
            ("Jane Doe", "Jane Doe"),
            ("", ""),
        ] {
            assert_eq!(masked(number), expected);
        }
    }

    #[test]
    fn within_a_text_every_number_is_masked_but_ours() {
        let desk = Desk { ours: &[Address::sms("+15005550006")], country: "US" };
        for (text, expected) in [
            ("missed offer: +14155550100", "missed offer: •••0100"),
            ("contact named Jane, was +1 415 555 0100", "contact named Jane, was •••0100"),
            ("“+14155550100” (+1 415 555 0101), now 2", "“•••0100” (•••0101), now 2"),
            ("+1 415 555 0100 2 waiting", "•••0100 2 waiting"),
            ("+14155550100 → +15005550006", "•••0100 → +15005550006"),
            ("+1 415 555 0100 to +1 500 555 0006", "•••0100 to +1 500 555 0006"),
            ("+15005550006", "+15005550006"),
            ("whatsapp:+14155550100", "whatsapp:•••0100"),
            ("whatsapp:+15005550006", "whatsapp:+15005550006"),
            ("14155550100", "•••0100"),
            ("ring 4155560707 now", "ring •••0707 now"),
            (
                "backup call 415.556.0702 after 5, or (415) 556-0703",
                "backup call •••0702 after 5, or •••0703",
            ),
            ("case set ref 4155560806", "case set ref •••0806"),
            ("(415) 555-0100", "•••0100"),
            ("(500) 555-0006 or 415 556 0707", "(500) 555-0006 or •••0707"),
            ("born 1980-01-31, order 4711", "born 1980-01-31, order 4711"),
            ("1980-01-31", "1980-01-31"),
            ("tel:+14155550100", "tel:•••0100"),
            ("offer of jane@example.org: missed", "offer of j•••@e•••.org: missed"),
            ("@bob:desk.test and @sms_k3v9a7q2xz:desk.test", "@bob:desk.test and @sms_k3v9a7q2xz:desk.test"),
            ("1 + 1 = 2, +", "1 + 1 = 2, +"),
            ("i-7f3k2 · active", "i-7f3k2 · active"),
            ("72345", "72345"),
            ("Jane Doe", "Jane Doe"),
        ] {
            assert_eq!(hidden(text, desk), expected);
        }
    }

    proptest! {
        #[test]
        fn no_number_can_be_read_however_it_is_written(
            before in "[a-z (“:]{0,9}",
            digits in "[1-9][0-9]{6,14}",
            behind in "[,.)” ]?",
        ) {
            let number = format!("+{digits}");
            for written in [number.clone(), numbers::shown(&number).into_owned()] {
                let text = hidden(&format!("{before}{written}{behind}"), NOBODYS).into_owned();
                let left: String = text.chars().filter(char::is_ascii_digit).collect();
                prop_assert_eq!(&left, &digits[digits.len() - LEFT..], "{}", text);
            }
        }

        #[test]
        fn any_text_can_be_hidden_twice(text in "\\PC*(\\+[0-9 ]{0,16}\\PC*)*") {
            let once = hidden(&text, NOBODYS).into_owned();
            prop_assert_eq!(hidden(&once, NOBODYS), once.as_str());
        }
    }
}
