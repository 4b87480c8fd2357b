//! How a text is to be split (a byte), and the text: each part fits, and together they are the text, with
//! nothing lost but blanks.

use switchroom::domain::text::segments::{Cut, Encoding, SplitLimit, count, odd, smart};

use super::without_blanks;

pub(crate) fn run(data: &[u8]) {
    let Some((how, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let is_gsm = |text: &str| count(text).encoding == Encoding::Gsm7;
    assert_eq!(odd(&text).is_empty(), is_gsm(&text));
    let plain = smart(&text);
    assert!(plain == text || is_gsm(&plain) && !is_gsm(&text));
    assert_eq!(smart(&plain), plain);
    let size = usize::from(how >> 4);
    let limit = match how & 3 {
        0 => SplitLimit::Segment,
        1 => SplitLimit::Segments { most: size.max(2) },
        _ => SplitLimit::Request { units: (10 * size).max(2) },
    };
    let cut = Cut { limit, smart: how & 4 != 0, numbered: false };
    let parts = cut.parts(&text);
    assert_eq!(parts.is_empty(), text.trim().is_empty());
    for part in &parts {
        fits(part, limit);
    }
    let whole = if cut.smart { &plain } else { &text };
    assert_eq!(without_blanks(&parts.concat()), without_blanks(whole));

    let numbered = Cut { numbered: true, ..cut }.parts(&text);
    let total = numbered.len();
    if limit != SplitLimit::Segment || total < 2 {
        assert_eq!(numbered, parts);
        return;
    }
    let mut bare = String::new();
    for (at, part) in numbered.iter().enumerate() {
        fits(part, limit);
        // More than anybody counts are not numbered.
        let Some(part) = part.strip_prefix(&format!("{}/{total} ", at + 1)) else {
            assert_eq!(numbered, parts);
            return;
        };
        bare.push_str(part);
    }
    assert_eq!(without_blanks(&bare), without_blanks(whole));
}

fn fits(part: &str, limit: SplitLimit) {
    let (segments, units) = (count(part).segments, part.encode_utf16().count());
    let fits = match limit {
        SplitLimit::Segment => segments == 1,
        SplitLimit::Segments { most } => segments <= most,
        SplitLimit::Request { units: most } => units <= most,
    };
    assert!(fits && !part.trim().is_empty(), "{part:?} takes {segments} segments, {units} units");
}
