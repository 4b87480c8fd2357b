//! What is long is shown to its end, or says how much more there is.

use super::*;
use crate::domain::case;
use crate::domain::notice::{CaseCard, PastItem, PastLine, pages};

/// Words none of which is another, that make a text of a length in bytes.
fn words(letter: &str, bytes: usize) -> Vec<String> {
    let mut left = bytes;
    let fits = |word: &String| {
        left = left.saturating_sub(word.len() + 1);
        left > 0
    };
    (1000..9999).map(|number| format!("{letter}{number}")).take_while(fits).collect()
}

#[test]
fn every_line_of_a_transcript_can_be_read_to_its_end_on_some_page() {
    let templates = templates();
    let texts = [("ж", 4_000), ("漢字", 12_000), ("\"", 4_000), ("<", 16_000), ("\\", 4_000), ("a", 40)];
    let said = |(letter, bytes): (&'static str, usize)| (0..60).map(move |_| words(letter, bytes));
    let all: Vec<Vec<String>> = texts.into_iter().flat_map(said).collect();
    let line = |words: &Vec<String>| PastLine {
        at: Millis(1_700_000_000_000),
        kind: "note".to_owned(),
        by: "漢".repeat(120),
        text: words.join(" "),
        change: None,
    };
    let all_pages = pages(&all.iter().map(line).collect::<Vec<_>>());
    let mut read = String::new();
    for (number, lines) in all_pages.iter().enumerate() {
        let says = Says::Transcript {
            contact: "漢".repeat(120),
            lines: lines.clone(),
            page: number + 1,
            more: number + 1 < all_pages.len(),
        };
        let content = templates.content(&says.plainly(), &console(), None, None);
        assert!(content.to_string().len() <= CONTENT_LIMIT_BYTES);
        assert!(content["formatted_body"].is_string(), "page {number} was cut");
        read.push_str(content["body"].as_str().unwrap());
        read.push('\n');
    }
    let read: Vec<&str> = read.split_whitespace().collect();
    let words = all.iter().flatten();
    let mut rest = read.iter();
    for word in words {
        assert!(rest.any(|read| *read == word.as_str()), "{word} is missing");
    }
}

#[test]
fn what_people_wrote_is_read_back_whole() {
    let templates = templates();
    let (note, value) = ("é".repeat(4_000), "é".repeat(2_000));
    let card = CaseCard {
        contact: String::new(),
        state: "active".to_owned(),
        owner: None,
        case: vec![("terms".to_owned(), value.clone())],
        page: 1,
        pages: 1,
        tags: vec![],
        points: 0,
        room: None,
        whole: false,
        changed: None,
    };
    for (says, whole) in [
        (Says::Note { by: String::new(), text: note.clone() }, &note),
        (Says::TalkText { by: String::new(), text: note.clone() }, &note),
        (Says::Case(card), &value),
    ] {
        let content = templates.content(&says.plainly(), &console(), None, None);
        assert!(content["body"].as_str().unwrap().contains(whole.as_str()), "{content}");
    }
}

#[test]
fn all_case_data_can_be_read_on_some_page_by_people_and_programs() {
    let templates = templates();
    let case: Vec<(String, String)> =
        (1000..1200).map(|n| (format!("key {n}"), words(&format!("w{n}x"), 1_500).join(" "))).collect();
    let all = case::pages(&case);
    let mut seen = 0;
    for (page, pairs) in (1..).zip(&all) {
        let card = CaseCard {
            contact: "Jane".to_owned(),
            state: "active".to_owned(),
            owner: None,
            case: pairs.to_vec(),
            page,
            pages: all.len(),
            tags: vec![],
            points: 0,
            room: None,
            whole: false,
            changed: None,
        };
        let content = templates.content(&Says::Case(card).plainly(), &console(), None, None);
        let body = content["body"].as_str().unwrap();
        assert!(content["formatted_body"].is_string(), "page {page} was cut");
        for (at, (key, value)) in pairs.iter().enumerate() {
            assert!(body.contains(&format!("{key}: {value}")), "{key} is missing: {body}");
            assert_eq!(content["org.switchroom.notice"]["case"][at], serde_json::json!([key, value]));
            seen += 1;
        }
        assert_eq!(body.contains(&format!("go on with !case {}", page + 1)), page < all.len(), "{body}");
    }
    assert_eq!(seen, case.len());
}

#[test]
fn a_page_of_a_history_is_shown_whole_and_says_how_to_read_on() {
    let items: Vec<PastItem> = catalogue::card_samples::past().into_iter().cycle().take(10).collect();
    let says = Says::History {
        contact: Some("Jane".to_owned()),
        typed: String::new(),
        items,
        more: true,
        unreadable: 0,
        indexing: false,
    };
    let said = templates().notice(&says.plainly()).unwrap();
    assert!(said.plain.contains("\n10. ") && said.plain.ends_with("11. Earlier ones"), "{}", said.plain);
    assert!(said.html.contains("<li>Earlier ones</li>"), "{}", said.html);
}
