//! Links that open an e-mail in a program of whoever follows them.
//! [RFC 6068](https://www.rfc-editor.org/rfc/rfc6068), section 2.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in an address as it is. Everything that could end it, or begin another field, is encoded.
const ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');
/// What stands in the value of a field as it is.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// A link to an e-mail to an address.
#[must_use]
pub fn link(address: &str) -> String {
    format!("mailto:{}", utf8_percent_encode(address, ADDRESS))
}

/// A link to an e-mail to an address, about something.
#[must_use]
pub fn link_about(address: &str, subject: &str) -> String {
    let link = link(address);
    if subject.is_empty() { link } else { format!("{link}?subject={}", utf8_percent_encode(subject, VALUE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_or_subject_holds_stays_in_it() {
        assert_eq!(link("jane.doe+desk@doe-ltd.test"), "mailto:jane.doe+desk@doe-ltd.test");
        assert_eq!(link("ann?bcc=eve@evil.test"), "mailto:ann%3Fbcc%3Deve@evil.test");
        assert_eq!(link("50%@doe.test"), "mailto:50%25@doe.test");
        assert_eq!(link_about("a@b.test", ""), "mailto:a@b.test");
        assert_eq!(
            link_about("müller@b.test", "Grüße & mehr?\nBcc: x@y.test"),
            "mailto:m%C3%BCller@b.test?subject=Gr%C3%BC%C3%9Fe%20%26%20mehr%3F%0ABcc%3A%20x%40y.test"
        );
    }
}
