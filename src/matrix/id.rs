//! Identifiers in what others send.

/// The longest identifier the protocol knows.
const LONGEST_ID_BYTES: usize = 255;

/// An identifier that is one: anybody can write anything where one is expected.
pub(super) fn id<T: for<'a> TryFrom<&'a str>>(text: &str) -> Option<T> {
    let is_sane = text.len() <= LONGEST_ID_BYTES && !text.chars().any(char::is_control);
    is_sane.then(|| T::try_from(text).ok()).flatten()
}
