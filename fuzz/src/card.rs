//! Contact cards: everything is bounded and safe to show, and a card made of what was read says the same.

use std::fmt::Write as _;

use switchroom::domain::text::sanitize::one_line;
use switchroom::domain::text::vcard::{Card, EntryKind, MOST_CARDS, MOST_ENTRIES, read};

pub(crate) fn run(file: &[u8]) {
    let mut cards = read(file);
    assert!(cards.cards.len() <= MOST_CARDS && (cards.more == 0 || cards.cards.len() == MOST_CARDS));
    cards.more = 0;
    for card in &mut cards.cards {
        assert!(!card.name.is_empty() || !card.organization.is_empty() || !card.entries.is_empty());
        assert!(card.entries.len() <= MOST_ENTRIES && (card.more == 0 || card.entries.len() == MOST_ENTRIES));
        for shown in
            [&card.name, &card.organization].into_iter().chain(card.entries.iter().map(|of| &of.value))
        {
            assert_eq!(one_line(shown), *shown);
            assert!(shown.chars().count() <= 100, "{shown}");
        }
        assert!(card.entries.iter().all(|entry| !entry.value.is_empty()));
        card.more = 0;
    }
    assert_eq!(read(written(&cards.cards).as_bytes()), cards);
}

/// A file of these cards, as RFC 6350 says.
fn written(cards: &[Card]) -> String {
    let mut file = String::new();
    for card in cards {
        file.push_str("BEGIN:VCARD\r\nVERSION:4.0\r\n");
        for (name, value) in [("FN", &card.name), ("ORG", &card.organization)] {
            if !value.is_empty() {
                write!(file, "{name}:{}\r\n", escaped(value)).expect("a string takes it");
            }
        }
        for entry in &card.entries {
            let name = match entry.kind {
                EntryKind::Number => "TEL",
                EntryKind::Email => "EMAIL",
            };
            let label = if entry.label == "mobile" { "cell" } else { &entry.label };
            write!(file, "{name};TYPE={label}:{}\r\n", escaped(&entry.value)).expect("a string takes it");
        }
        file.push_str("END:VCARD\r\n");
    }
    file
}

fn escaped(value: &str) -> String {
    let escape = |c: char| if "\\,;:".contains(c) { vec!['\\', c] } else { vec![c] };
    value.chars().flat_map(escape).collect()
}
