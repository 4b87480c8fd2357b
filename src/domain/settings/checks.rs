//! Checks of settings that are texts. Each check returns what is wrong as the rest of a sentence that begins
//! with the text: `“Mars/Base”` + `is not a time zone of the IANA database; …`.

use jiff::tz::TimeZone;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use url::Url;

use crate::domain::text::placeholders;

/// The longest name of an agent, in characters.
const NAME_CHARS: usize = 100;
/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A short name that people type: of an agent, a queue, a disposition. Not a number alone, which stands for a
/// row of a list.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn name(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err("must be 1 to 64 of the characters a-z 0-9 . _ -".to_owned());
    }
    if text.chars().all(|c| c.is_ascii_digit()) {
        return Err("must not be a number alone, which people type for a row of a list".to_owned());
    }
    Ok(())
}

/// The name of a messaging service.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn service(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 64 || !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(
            "must be 1 to 64 letters, digits and signs without blanks, like a service's id".to_owned()
        );
    }
    Ok(())
}

/// Any text but an empty one.
///
/// # Errors
/// That it is empty.
pub fn filled(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

/// What somebody is called: in one line, and no longer than a name is shown.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn called(text: &str) -> Result<(), String> {
    filled(text)?;
    if text.chars().count() > NAME_CHARS {
        return Err(format!("is longer than {NAME_CHARS} characters; shorten it"));
    }
    Ok(())
}

/// An agent's text for a contact, for [`placeholders::signed`].
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn signed(text: &str) -> Result<(), String> {
    placeholders::check(text).map_err(|problem| problem.to_string())?;
    filled(text)
}

/// A text for a contact that no agent sends, for [`placeholders::unsigned`].
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn unsigned(text: &str) -> Result<(), String> {
    placeholders::check_unsigned(text).map_err(|problem| problem.to_string())?;
    filled(text)
}

/// A text for a contact who waits, for [`placeholders::waiting`].
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn waiting(text: &str) -> Result<(), String> {
    placeholders::check_waiting(text).map_err(|problem| problem.to_string())?;
    filled(text)
}

/// Reads the name of a time zone of the IANA database, which is built in where the system has none.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn time_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text)
        .map_err(|_| "is not a time zone of the IANA database; write it like Europe/Berlin".to_owned())
}

/// Reads a time of day as minutes since midnight; `24:00` is the end of the day.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn minute_of_day(text: &str) -> Result<u16, String> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        let digits =
            |part: &str, len| (1..=len).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(hour, 2) || minute.len() != 2 || !digits(minute, 2) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= DAY_MINUTES).then_some(minutes)
    };
    read().ok_or_else(|| "is not a time of day; write it like 21:00".to_owned())
}

/// A country by its two letters of ISO 3166, of which telephone numbers are known.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn country(text: &str) -> Result<(), String> {
    let upper_case = text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase());
    Region::from_code(text)
        .ok()
        .filter(|region| upper_case && PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some())
        .map(drop)
        .ok_or_else(|| "is not a country; write its two letters of ISO 3166, like US or DE".to_owned())
}

/// A language tag like `en` or `pt-BR` (BCP 47, the parts that name language, script and region).
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn locale(text: &str) -> Result<(), String> {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let valid = (2..=3).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_lowercase())
        && parts.all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()));
    if valid { Ok(()) } else { Err("is not a language; write it like en or pt-BR".to_owned()) }
}

/// The same, in upper or lower case, with `-` or `_` between its parts.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn language(text: &str) -> Result<(), String> {
    let tag = text.replace('_', "-");
    let end = tag.find('-').unwrap_or(tag.len());
    locale(&(tag[..end].to_ascii_lowercase() + &tag[end..]))
}

/// The template of a link to a call: filled in, it is an address in which the call's own name stands.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn call_link(source: &str) -> Result<(), String> {
    const NAME: &str = "0123456789abcdef0123456789abcdef";
    let link = placeholders::call_link(source, NAME).map_err(|problem| problem.to_string())?;
    let url = Url::parse(&link)
        .map_err(|e| format!("makes no link ({e}); write it like https://call.example.org/{{{{ room }}}}"))?;
    if !matches!(url.scheme(), "http" | "https") || link.contains(char::is_whitespace) {
        return Err("must make a link that begins with https:// or http:// and holds no blanks".to_owned());
    }
    if link.contains(NAME) {
        Ok(())
    } else {
        Err("must hold {{ room }}, by which nobody can guess the link".to_owned())
    }
}
