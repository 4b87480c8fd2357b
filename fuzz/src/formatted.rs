//! What an agent's client sent: what was typed, a zero byte, and its HTML. No formatting changes a letter or
//! a digit.

use switchroom::domain::text::outgoing::{map_link, plain, strip_reply_fallback};
use switchroom::domain::text::prefix::{Typed, classify};

use super::parted;

/// Marks that a client may turn into formatting.
const MARKS: &str = "\\*_~`#>+-=|[]()<!";

pub(crate) fn run(data: &[u8]) {
    let (typed, html) = parted(data, 0);
    let (typed, html) = (String::from_utf8_lossy(typed), String::from_utf8_lossy(html));
    let names = [("@bob:x.example".to_owned(), "Bob".to_owned())];
    let without = plain(&typed, None, &names);
    let with = plain(&typed, Some(&html), &names);
    assert_eq!(significant(&with), significant(&without));
    assert!(with.len() <= without.len() + 2 * html.len() * 64, "{} of {}", with.len(), html.len());
    assert!(typed.ends_with(strip_reply_fallback(&typed)));
    if typed.trim_start().starts_with('!') {
        assert!(
            !matches!(classify(&typed, "!"), Typed::Text | Typed::LoneShortcut(_)),
            "a command is no text"
        );
    }
    if let Some(link) = map_link(&typed) {
        let place = link.strip_prefix("https://www.google.com/maps?q=").expect("a link to a map");
        assert!(place.chars().all(|c| c.is_ascii_digit() || "-,.".contains(c)), "{place}");
    }
}

fn significant(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !MARKS.contains(*c)).collect()
}
