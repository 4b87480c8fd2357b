//! Addresses as people write them, in whatever spelling: in commands and in tables. A number without a
//! country code is of the country it is read in (ISO 3166, `US`).

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use super::{Address, Channel, e164};

/// How many digits a short code has.
const SHORT_CODE: std::ops::RangeInclusive<usize> = 3..=6;

/// Why a text is no address that can be written to, as the rest of a sentence that begins with the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// Nothing in it can be read as a number.
    #[error("is no phone number; write it with its country code, like +14155550100")]
    NoNumber,
    /// It looks like a number, and nobody can have it.
    #[error(
        "is a number that nobody can have; check its digits, and begin one of another country with + and its code"
    )]
    Nobodys,
    /// It leads to an extension behind a number.
    #[error(
        "has an extension, which no message reaches; leave it out where the number itself takes messages"
    )]
    Extension,
    /// It is so short that it may be a number cut off as well as a short code.
    #[error(
        "is no phone number, unless it is a short code; write a number with its country code, like +14155550100, and sms: before a short code"
    )]
    ShortCode,
    /// It begins with the name of no channel.
    #[error("begins with the name of no channel; write sms: or whatsapp: before the number, or nothing")]
    Channel,
}

/// A number as the library reads it.
pub(in crate::domain) struct Read {
    /// In E.164.
    pub(in crate::domain) number: String,
    /// Whether it is in use, as far as is known; if not, it is one that there may be.
    pub(in crate::domain) is_valid: bool,
    has_extension: bool,
}

/// Reads an address: a number in any spelling, with the name of its channel before it or without, or a short
/// code, named as one of SMS. Every door judges by this what a customer's number can be.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str, country: &str) -> Result<Address, NoAddress> {
    let Some((word, value)) = text.split_once(':') else { return Ok(Address::sms(number(text, country)?)) };
    let word = word.trim().to_lowercase();
    if word == "tel" {
        return Ok(Address::sms(number(text, country)?));
    }
    let channel = Channel::ALL.into_iter().find(|channel| channel.word() == word);
    match channel.ok_or(NoAddress::Channel)? {
        Channel::Sms if is_short_code(value.trim()) => Ok(Address::sms(value.trim())),
        channel => {
            let address = Address::new(channel, number(value, country)?);
            if address.can_be_answered() { Ok(address) } else { Err(NoAddress::NoNumber) }
        }
    }
}

/// Reads an address where it is known on which channel it is, unless it names one itself.
///
/// # Errors
/// What is wrong with it.
pub fn address_on(channel: Channel, text: &str, country: &str) -> Result<Address, NoAddress> {
    if text.contains(':') || channel == Channel::Sms {
        return address(text, country);
    }
    address(&format!("{}:{text}", channel.word()), country)
}

/// Reads a number in any spelling as E.164.
///
/// # Errors
/// What is wrong with it.
pub fn number(text: &str, country: &str) -> Result<String, NoAddress> {
    let text = text.trim();
    match read(text, region(country)) {
        Ok(read) if read.has_extension => Err(NoAddress::Extension),
        Ok(read) => Ok(read.number),
        Err(_) if is_short_code(text) => Err(NoAddress::ShortCode),
        Err(why) => Err(why),
    }
}

/// The country in which numbers are read that name none.
pub(in crate::domain) fn region(country: &str) -> Option<Region> {
    country.to_ascii_uppercase().parse().ok()
}

/// Reads a number that is in use, or one written with its country code that may be: what is known of the
/// world's numbers is older than some of them.
pub(in crate::domain) fn read(text: &str, region: Option<Region>) -> Result<Read, NoAddress> {
    let parsed = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| NoAddress::NoNumber)?;
    let is_valid = PHONE_NUMBER_UTIL.is_valid_number(&parsed);
    let is_international = text.contains(['+', '＋']);
    let may_be =
        PHONE_NUMBER_UTIL.is_possible_number_with_reason(&parsed) == Ok(NumberLengthType::IsPossible);
    let number = parsed.format_as(PhoneNumberFormat::E164).into_owned();
    // The extension is no part of it in this form.
    // A zero too many before the number is not taken off with the one that stands there in its country.
    let reads_the_same = || {
        let again = PHONE_NUMBER_UTIL.parse(&number, None);
        again.is_ok_and(|again| again.format_as(PhoneNumberFormat::E164) == number)
    };
    if (is_valid || is_international && may_be && reads_the_same()) && e164(&number).is_ok() {
        return Ok(Read { number, is_valid, has_extension: !parsed.extension().is_empty() });
    }
    Err(NoAddress::Nobodys)
}

/// The country of a number in E.164, by the two letters of ISO 3166; nothing for what is no such number. One
/// that is in no country's plan yet is of the first country with its code.
#[must_use]
pub fn country_of(number: &str) -> Option<String> {
    e164(number).ok()?;
    let parsed = PHONE_NUMBER_UTIL.parse(number, None).ok()?;
    let first = || PHONE_NUMBER_UTIL.get_region_for_country_code(parsed.country_code);
    PHONE_NUMBER_UTIL.get_region_for_number(&parsed).or_else(first).map(|region| region.to_string())
}

fn is_short_code(text: &str) -> bool {
    SHORT_CODE.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, country: &str) -> String {
        match address(text, country) {
            Ok(address) => address.to_string(),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn an_address_is_read_in_any_spelling() {
        for (text, country, expected) in [
            ("+14155550123", "US", "sms:+14155550123"),
            (" (415) 555-0123 ", "us", "sms:+14155550123"),
            ("tel:+1-415-555-0123", "US", "sms:+14155550123"),
            ("SMS: 415 555 0123", "US", "sms:+14155550123"),
            ("WhatsApp:+1 415 555 0123", "DE", "whatsapp:+14155550123"),
            ("030 12345678", "DE", "sms:+493012345678"),
            ("+49 (0)30 12345678", "US", "sms:+493012345678"),
            ("1-800-FLOWERS", "US", "sms:+18003569377"),
            ("（４１５）５５５-０１２３", "US", "sms:+14155550123"),
            ("٠١٠٠١٢٣٤٥٦٧", "EG", "sms:+201001234567"),
            ("sms:74454", "US", "sms:74454"),
            ("sms:74454", "AT", "sms:74454"),
        ] {
            assert_eq!(read(text, country), expected, "{text} in {country}");
        }
    }

    #[test]
    fn what_is_no_address_says_how_to_write_one() {
        for (text, expected) in [
            ("", "is no phone number; write it with its country code"),
            ("soon", "is no phone number"),
            ("123", "write a number with its country code, like +14155550100, and sms: before a short code"),
            ("911", "sms: before a short code"),
            ("74454", "sms: before a short code"),
            ("+1415556", "nobody can have"),
            ("jane@example.org", "is no phone number"),
            ("=1+1", "is no phone number"),
            ("555 0123 45", "nobody can have; check its digits"),
            ("+1 415", "nobody can have; check its digits"),
            ("+44 00 7946 09514", "nobody can have; check its digits"),
            ("+999 12345678", "is no phone number"),
            ("415-555-0123 ext. 7", "has an extension, which no message reaches"),
            ("telegram:+14155550123", "begins with the name of no channel; write sms: or whatsapp:"),
            ("whatsapp:74454", "is no phone number"),
            (&"9".repeat(100_000), "is no phone number"),
        ] {
            let said = read(text, "US");
            assert!(said.contains(expected), "{text:.40}: {said}");
        }
    }
}
