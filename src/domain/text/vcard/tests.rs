use proptest::prelude::*;

use super::*;

fn only(file: &str) -> Card {
    let found = read(file.as_bytes());
    assert_eq!((found.cards.len(), found.more), (1, 0), "{found:?}");
    found.cards.into_iter().next().unwrap()
}

fn entry(kind: EntryKind, value: &str, label: &str) -> Entry {
    Entry { kind, value: value.to_owned(), label: label.to_owned() }
}

#[test]
fn a_card_of_each_version_tells_who_it_is_and_how_they_are_reached() {
    use EntryKind::{Email, Number};
    let of_2_1 = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;Dr.;\r\n\
        ORG:Shop;Returns\r\nTEL;CELL;PREF:+1 415 555 0177\r\nTEL;WORK;FAX:(415) 555-0178\r\n\
        EMAIL;INTERNET:j@doe.test\r\nPHOTO;ENCODING=BASE64;JPEG:\r\n /9j/4AAQSkZJRg==\r\n\r\nEND:VCARD\r\n";
    assert_eq!(
        only(of_2_1),
        Card {
            name: "Dr. Jürgen Müller".to_owned(),
            organization: "Shop Returns".to_owned(),
            entries: vec![
                entry(Number, "+1 415 555 0177", "mobile"),
                entry(Number, "(415) 555-0178", "fax"),
                entry(Email, "j@doe.test", ""),
            ],
            more: 0,
        }
    );
    let of_3_0 = "BEGIN:VCARD\nVERSION:3.0\nN:Doe;Jane;;;\nFN:Jane Doe\\, Esq.\nORG:Doe\\; Sons\n\
        item1.TEL;type=HOME,VOICE:+14155550177\nitem1.X-ABLabel:_$!<HomeFAX>!$_\nEMAIL;TYPE=\"work\":jane@d\n  oe.test\nEND:VCARD\n";
    assert_eq!(
        only(of_3_0),
        Card {
            name: "Jane Doe, Esq.".to_owned(),
            organization: "Doe; Sons".to_owned(),
            entries: vec![entry(Number, "+14155550177", "home"), entry(Email, "jane@d oe.test", "work")],
            more: 0,
        }
    );
    let of_4_0 = "\u{feff}BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Jane\r\nTEL;VALUE=uri;TYPE=\"voice,cell\":tel:+1-415-555-0177;ext=3\r\n\
        EMAIL:mailto:jane%40doe.test?subject=x\r\nEND:VCARD";
    assert_eq!(
        only(of_4_0).entries,
        [entry(Number, "+1-415-555-0177", "mobile"), entry(Email, "jane@doe.test", "")]
    );
}

#[test]
fn a_folded_line_is_one_line_in_every_version() {
    let folded = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jane Eli\r\n zabeth\r\n\tDoe\r\nEND:VCARD\r\n";
    assert_eq!(only(folded).name, "Jane ElizabethDoe");
    let at_blanks = "BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Jane\r\n Elizabeth\r\nEND:VCARD\r\n";
    assert_eq!(only(at_blanks).name, "Jane Elizabeth");
    let soft =
        "BEGIN:VCARD\r\nVERSION:2.1\r\nFN;ENCODING=QUOTED-PRINTABLE:Ja=\r\nne =C3=\r\n=A9\r\nEND:VCARD\r\n";
    assert_eq!(only(soft).name, "Jane é");
    let inside_a_letter = [b"BEGIN:VCARD\nFN:J\xc3".as_slice(), b"\n \xbcrgen\nEND:VCARD"].concat();
    assert_eq!(read(&inside_a_letter).cards[0].name, "Jürgen");
    let latin = b"BEGIN:VCARD\nFN;CHARSET=ISO-8859-1:J\xfcrgen\nEND:VCARD";
    assert_eq!(read(latin).cards[0].name, "Jürgen");
}

#[test]
fn several_cards_are_read_and_the_rest_is_counted() {
    let card = |n: usize| format!("BEGIN:VCARD\nFN:Jane {n}\nEND:VCARD\n");
    let many: String = (1..=MOST_CARDS + 3).map(card).collect();
    let found = read(many.as_bytes());
    assert_eq!((found.cards.len(), found.more), (MOST_CARDS, 3));
    assert_eq!(found.cards[9].name, "Jane 10");
    // Neither is lost where the end of one is missing, nor is an assistant within a card taken for another.
    let found = read(b"BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\n");
    let names: Vec<&str> = found.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["A", "B"]);
    let nested = "BEGIN:VCARD\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Aide\nTEL:1\nEND:VCARD\nTEL:2\nEND:VCARD\n";
    assert_eq!(only(nested).entries, [entry(EntryKind::Number, "2", "")]);
}

#[test]
fn what_a_card_shows_can_disguise_nothing_and_has_an_end() {
    let hostile = format!(
        "BEGIN:VCARD\nFN:Ja\u{202e}ne\\n<b>{}\nTEL:\u{200b}\nTEL:\nEMAIL:a\u{7}@b.test\nEND:VCARD\n",
        "x".repeat(5_000)
    );
    let card = only(&hostile);
    assert!(
        card.name.starts_with("Jane <b>xxx") && card.name.chars().count() == VALUE_CHARS,
        "{}",
        card.name
    );
    assert_eq!(card.entries, [entry(EntryKind::Email, "a@b.test", "")]);
    let numbers = (0..MOST_ENTRIES + 5).map(|n| format!("TEL:+1415555{n:04}\n"));
    let numbers = numbers.collect::<Vec<_>>().concat();
    let card = only(&format!("BEGIN:VCARD\n{numbers}{numbers}END:VCARD\n"));
    assert_eq!((card.entries.len(), card.entries[9].value.as_str()), (MOST_ENTRIES, "+14155550009"));
    for nothing in ["", "BEGIN:VCARD", "BEGIN:VCARD\nEND:VCARD", "END:VCARD\nFN:x", "BEGIN:VCALENDAR\nFN:x"] {
        assert_eq!(read(nothing.as_bytes()), Cards::default(), "{nothing}");
    }
}

#[test]
fn a_large_file_takes_no_longer_than_its_length() {
    let photo = format!("PHOTO;ENCODING=b:{}\n", "\n QUJD".repeat(200_000));
    let file = format!("BEGIN:VCARD\nFN:Jane\n{photo}TEL:+14155550177\nEND:VCARD\n");
    assert_eq!(only(&file).entries.len(), 1);
    for piece in
        ["BEGIN:VCARD\n", "AGENT:\nBEGIN:VCARD\n", ";", "=\n", " \n", "TEL;QUOTED-PRINTABLE:=\n", ":\""]
    {
        let found = read(piece.repeat(READ_BYTES / piece.len() + 1).as_bytes());
        assert!(found.cards.len() <= MOST_CARDS, "{piece:?}");
    }
}

/// Pieces of cards in any order, so that most of what is tried is nearly a card.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "BEGIN:VCARD",
        "END:VCARD",
        "VERSION:2.1",
        "VERSION:4.0",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        "=",
        "=C3",
        ";",
        ":",
        "\\",
        "\"",
        "N",
        "FN",
        "ORG",
        "TEL",
        "EMAIL",
        "AGENT",
        "tel:",
        "mailto:",
        "%",
        "%4",
        ",",
        ".",
        "CHARSET=UTF-8",
        "ENCODING=QUOTED-PRINTABLE",
        "TYPE=cell",
        "\u{feff}",
        "é",
        "\u{202e}",
        "👩‍👩‍👧",
    ]);
    let piece = prop_oneof![
        4 => known.prop_map(|known| known.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_file_holds_what_is_read_of_it_is_bounded_and_safe_to_show(file in pieces()) {
        let found = read(&file);
        prop_assert!(found.cards.len() <= MOST_CARDS);
        for card in &found.cards {
            prop_assert!(card.entries.len() <= MOST_ENTRIES);
            let values = card.entries.iter().map(|entry| &entry.value);
            for text in values.chain([&card.name, &card.organization]) {
                prop_assert!(text.chars().count() <= VALUE_CHARS);
                prop_assert_eq!(text, &sanitize::one_line(text));
            }
        }
    }

    #[test]
    fn every_number_of_a_card_is_found_wherever_its_lines_are_folded(
        digits in "[0-9]{4,15}", name in "[a-zA-Z]{1,20}", at in 1usize..40,
    ) {
        let file = format!("FN:{name}\r\nTEL;TYPE=cell:+{digits}\r\n");
        let folded = file
            .split_inclusive("\r\n")
            .map(|line| {
                let at = at.min(line.len() - 2);
                format!("{}\r\n {}", &line[..at], &line[at..])
            })
            .collect::<Vec<_>>()
            .concat();
        let found = read(format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{folded}END:VCARD\r\n").as_bytes());
        prop_assert_eq!(&found.cards[0].name, &name);
        prop_assert_eq!(&found.cards[0].entries[0].value, &format!("+{digits}"));
    }
}
