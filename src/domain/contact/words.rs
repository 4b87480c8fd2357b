//! What contacts are found by: the words the search holds of one, and those that are looked for.
//!
//! A number is one word, `NUMBER` with its digits backwards, so that the last digits of a number, however
//! it is spelt, are the beginning of its word.

use super::Contact;
use crate::domain::address::Address;
use crate::domain::text::links::{self, Action};
use crate::domain::text::{numbers, words};

/// What the word of a number begins with.
const NUMBER: &str = "zzr";
/// What the word of a whole e-mail address begins with, behind which its letters and digits stand.
const EMAIL: &str = "zzm";
/// How many words of one contact can be found.
const MOST: usize = 500;
/// How many words of a search count.
const SOUGHT: usize = 10;
/// The longest word, in characters.
const WORD_CHARS: usize = 64;
/// So many digits, however they are grouped, are one number.
const NUMBER_DIGITS: usize = 7;
/// How many digits are looked for as the end of a number, at least.
const END_DIGITS: usize = 3;
/// How many digits at the end of a number may be known where numbers are masked.
const SHOWN_DIGITS: usize = 4;
/// A word of so many letters is looked for as it is, not as a beginning; but for Chinese, Japanese and
/// Korean.
const WHOLE_CHARS: usize = 1;

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Letters and digits alone, in lower case.
    pub word: String,
    /// Whether what is found may go on behind it.
    pub is_beginning: bool,
}

/// The words a contact is found by: of their name, e-mail addresses and attributes, and their numbers.
/// `country` (ISO 3166, `US`) is where numbers in attributes without a country code belong.
#[must_use]
pub fn of(contact: &Contact, addresses: &[Address], country: &str) -> Vec<String> {
    let mut found = Vec::new();
    for address in addresses {
        match digits_of(address.value()) {
            Some(digits) => found.push(backwards(&digits)),
            None => add(&mut found, address.value()),
        }
    }
    add(&mut found, &contact.name);
    for email in &contact.emails {
        add(&mut found, email);
        found.push(of_email(email).word);
    }
    for (key, value) in &contact.attributes {
        add(&mut found, key);
        // What is nothing but a number is found as one, and not by its groups.
        if !is_spelt_number(value) || value.bytes().all(|byte| byte.is_ascii_digit()) {
            add(&mut found, value);
        }
        if value.bytes().filter(u8::is_ascii_digit).count() >= NUMBER_DIGITS {
            for action in links::actions(value, country) {
                if let Action::Call(number) = action {
                    found.extend(digits_of(&number).map(|digits| backwards(&digits)));
                }
            }
        }
    }
    let mut known = std::collections::HashSet::new();
    found.retain(|word| known.insert(word.clone()));
    found.truncate(MOST);
    found
}

/// The word of a whole e-mail address, in whatever case. Another one may have the same.
#[must_use]
pub fn of_email(email: &str) -> Sought {
    Sought { word: format!("{EMAIL}{}", words::words(email).collect::<String>()), is_beginning: false }
}

/// Whether a word stands for a number or an e-mail address. Nobody can type it: what they only claim would
/// be found.
fn is_reserved(word: &str) -> bool {
    word.starts_with(NUMBER) || word.starts_with(EMAIL)
}

/// Adds the words of a text, those with accents, special letters and apostrophes also without them, and the
/// parts of those that are written without blanks. A word that looks like that of a number
/// is none: nobody can be found by what they only claim.
fn add(found: &mut Vec<String>, text: &str) {
    let words = words::words(text).chain(words::joined(text));
    for word in words.take(MOST).filter(|word| !is_reserved(word)) {
        let word: String = word.chars().take(WORD_CHARS).collect();
        found.extend(words::plain(&word).filter(|plain| !is_reserved(plain)));
        found.extend(words::ends(&word).map(str::to_owned));
        found.push(word);
    }
}

/// What is looked for: a contact has to have one of each of these. Nothing, if nothing is.
///
/// A number may be typed in any spelling, with the country code or as in `country`; its last digits do.
/// Where someone may not see numbers, `whole`, they find by the whole of one, or by what is shown of it:
/// else they could spell out a number digit by digit.
#[must_use]
pub fn sought(typed: &str, country: &str, whole: bool) -> Vec<Vec<Sought>> {
    if is_spelt_number(typed) {
        let number = whole_number(typed, country).map(|number| backwards(&number));
        let mut ways: Vec<Sought> =
            number.map(|word| Sought { word, is_beginning: false }).into_iter().collect();
        ways.extend(end_of_number(typed, whole));
        // It may be a number of something else.
        let digits = Some(typed.trim()).filter(|typed| typed.bytes().all(|byte| byte.is_ascii_digit()));
        let word = digits.map(|digits| digits.chars().take(WORD_CHARS).collect());
        ways.extend(word.map(|word| Sought { word, is_beginning: !whole }));
        return vec![ways];
    }
    let sought = words::words(typed).take(SOUGHT).map(|word| {
        let word: String = word.chars().take(WORD_CHARS).collect();
        let mut ways = Vec::new();
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            ways.extend(end_of_number(&word, whole));
        }
        // Such a word is found by its number alone.
        if !is_reserved(&word) {
            let is_long = word.chars().count() > WHOLE_CHARS || word.chars().all(words::is_cjk);
            let is_beginning = is_long && !(whole && is_number);
            let plain = words::plain(&word).filter(|plain| !is_reserved(plain));
            ways.extend(plain.map(|word| Sought { word, is_beginning }));
            ways.push(Sought { word, is_beginning });
        }
        ways
    });
    sought.collect()
}

/// The digits that a number begins with, of which the beginning is typed and nothing else: with the country
/// code, behind a plus. Nothing where someone may not see numbers, `whole`.
#[must_use]
pub fn beginning(typed: &str, whole: bool) -> Option<String> {
    let behind = bare(typed).strip_prefix('+').filter(|_| !whole)?;
    let is_spelling = |c: char| c.is_ascii_digit() || c.is_whitespace() || "-()./‑–".contains(c);
    let digits: String = behind.chars().filter(char::is_ascii_digit).collect();
    let fits = behind.chars().all(is_spelling) && (END_DIGITS..=WORD_CHARS).contains(&digits.len());
    fits.then_some(digits)
}

/// Whether a telephone number is typed and nothing else, with as many digits as one has at least that is not
/// told by its end.
fn is_spelt_number(typed: &str) -> bool {
    let bare = bare(typed);
    let spelling = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-()./‑–".contains(c);
    bare.chars().all(spelling) && bare.bytes().filter(u8::is_ascii_digit).count() >= NUMBER_DIGITS
}

/// A number without the name of its channel, which stands before it where it is shown.
fn bare(typed: &str) -> &str {
    let typed = typed.trim();
    typed
        .split_once(':')
        .filter(|(channel, _)| matches!(*channel, "sms" | "whatsapp"))
        .map_or(typed, |(_, bare)| bare)
}

/// The digits of the number that is typed, with the country code, if it is one.
fn whole_number(typed: &str, country: &str) -> Option<String> {
    match numbers::typed(bare(typed), country) {
        Some((number, "")) => digits_of(number.value()),
        Some(_) | None => None,
    }
}

/// Digits as the end of a number: without the zeros before them, which are dialled and not part of it.
fn end_of_number(typed: &str, whole: bool) -> Option<Sought> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let digits = if digits.len() > SHOWN_DIGITS { digits.trim_start_matches('0') } else { &digits };
    (digits.len() >= END_DIGITS && digits.len() <= WORD_CHARS)
        .then(|| Sought { word: backwards(digits), is_beginning: !whole || digits.len() <= SHOWN_DIGITS })
}

/// The digits of a number or short code; nothing if it is neither.
fn digits_of(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_number =
        (1..=WORD_CHARS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

fn backwards(digits: &str) -> String {
    format!("{NUMBER}{}", digits.chars().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Millis;
    use crate::domain::ids::ContactId;

    fn jane() -> Contact {
        let mut jane = Contact::new(ContactId::new("c-1"), "Jané Doe-Smith", Millis(0));
        jane.add_email("jane.doe@example.com").unwrap();
        jane.set_attribute("order", "4711 A").unwrap();
        jane.set_attribute("work", "(415) 555-0199").unwrap();
        jane
    }

    fn finds(typed: &str, whole: bool) -> bool {
        let words = of(&jane(), &[Address::sms("+14155550100"), Address::sms("74454")], "US");
        let sought = sought(typed, "US", whole);
        let fits = |way: &Sought| {
            words
                .iter()
                .any(|word| if way.is_beginning { word.starts_with(&way.word) } else { *word == way.word })
        };
        !sought.is_empty() && sought.iter().all(|ways| ways.iter().any(fits))
    }

    #[test]
    fn a_contact_is_found_by_name_email_attribute_and_number_in_any_spelling() {
        for typed in [
            "jane",
            "JANÉ",
            "ja smi",
            "doe-smith",
            "jane.doe@example.com",
            "example",
            "4711",
            "order 47",
            "+14155550100",
            "+1 (415) 555-0100",
            "(415) 555-0100",
            "415.555.0100",
            "415-555-0100",
            "001 415 555 0100",
            "14155550100",
            "555-0100",
            "555 0100",
            "5550100",
            "0100",
            "100",
            "74454",
            "sms:+14155550100",
            "whatsapp:+14155550100",
            "415 555 0199",
            "jane 0100",
        ] {
            assert!(finds(typed, false), "{typed}");
        }
        for typed in ["", "  ", "…", "john", "jane john", "anee", "0101", "zzr0010", "+1 415 555 0101"] {
            assert!(!finds(typed, false), "{typed}");
        }
    }

    #[test]
    fn names_are_found_as_other_keyboards_write_them_and_by_their_parts() {
        for (name, found, not) in [
            ("李小龍", &["李", "小龍", "李小龍", "龍"][..], "小李"),
            ("Müßiggang", &["MÜSSIGGANG", "mussiggang", "müßiggang", "Mußiggang"], "mussigang"),
            ("Łukasz Żółć", &["lukasz", "zolc", "żół"], "ukasz"),
            ("Søren Æsir", &["soren", "SØREN", "aesir"], "oren"),
            ("Pat O’Brien", &["obrien", "o'brien", "brien"], "patobrien"),
        ] {
            let contact = Contact::new(ContactId::new("c-1"), name, Millis(0));
            let words = of(&contact, &[], "US");
            let fits = |way: &Sought| {
                let begins = |word: &String| word.starts_with(&way.word);
                words.iter().any(|word| if way.is_beginning { begins(word) } else { *word == way.word })
            };
            let finds = |typed: &str| sought(typed, "US", false).iter().all(|ways| ways.iter().any(fits));
            for typed in found {
                assert!(finds(typed), "{typed}: {words:?}");
            }
            assert!(!finds(not), "{not}: {words:?}");
        }
    }

    #[test]
    fn numbers_of_other_countries_are_found_as_they_are_dialled_there() {
        let words = of(&jane(), &[Address::sms("+493012345678")], "DE");
        for typed in ["+49 30 12345678", "030 12345678", "(030) 123 456 78", "0049 30 12345678"] {
            let ways = sought(typed, "DE", true).concat();
            assert!(ways.iter().any(|way| words.contains(&way.word)), "{typed}: {ways:?}");
        }
    }

    #[test]
    fn who_may_not_see_numbers_cannot_spell_one_out() {
        for typed in ["+14155550100", "(415) 555-0100", "0100", "100", "jane"] {
            assert!(finds(typed, true), "{typed}");
        }
        for typed in
            ["50100", "555-0100", "55550100", "5550100", "155550100", "zzr0010", "żzr0010", "zzr00105"]
        {
            assert!(!finds(typed, true), "{typed}");
        }
    }

    #[test]
    fn a_number_is_found_by_its_beginning_with_the_country_code() {
        for typed in ["+1415556", "+1 415 556", "+1 (415) 556", "sms:+1415556"] {
            assert_eq!(beginning(typed, false).as_deref(), Some("1415556"), "{typed}");
            assert_eq!(beginning(typed, true), None, "digit by digit it could be spelt out");
        }
        for typed in ["415 556", "+14", "+1 415 jane", "", "+"] {
            assert_eq!(beginning(typed, false), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_only_letters_and_digits_are_looked_for(typed in any::<String>(), whole in any::<bool>()) {
            let mut contact = Contact::new(ContactId::new("c-1"), &typed, Millis(0));
            let _ = contact.set_attribute("it", &typed);
            let found = of(&contact, &[Address::sms(typed.clone())], "US");
            prop_assert!(found.len() <= MOST);
            for word in found.iter().chain(sought(&typed, "US", whole).iter().flatten().map(|sought| &sought.word)) {
                prop_assert!(!word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || !c.is_ascii()), "{word:?}");
            }
        }
    }
}
