//! What people read: numbers in groups, and what somebody wrote in a block of its own.

use super::*;

/// What stands in a formatted body besides its tags.
fn words(html: &str) -> String {
    html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
}

/// The first number in E.164 of eleven digits or more.
fn raw_number(text: &str) -> Option<&str> {
    text.match_indices('+')
        .map(|(at, _)| &text[at..])
        .find(|rest| rest[1..].bytes().take_while(u8::is_ascii_digit).count() >= 11)
}

/// What was serialized from samples, with the contact's name replaced, as it is while nobody knows them.
fn unname(value: &mut Value, number: &str) {
    match value {
        Value::String(text) if text == "Jane Doe" => number.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| unname(item, number)),
        Value::Object(fields) => fields.values_mut().for_each(|field| unname(field, number)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn no_number_is_written_as_programs_write_it_wherever_people_read() {
    let templates = templates();
    for notice in catalogue::samples() {
        let mut value = serde_json::to_value(notice).unwrap();
        unname(&mut value, "+14155550100");
        let notice: Notice = serde_json::from_value(value).unwrap();
        let Rendered { plain, html } = templates.notice(&notice).unwrap();
        for text in [plain, words(&html)] {
            assert_eq!(raw_number(&text), None, "{text}");
        }
        let data = &templates.content(&notice, None, None)["org.switchroom.notice"];
        assert!(!data.to_string().contains("+1 415"), "{data}");
    }
    for interaction in catalogue::sample_interactions() {
        for text in [templates.room_name(&interaction), templates.topic(&interaction)] {
            assert_eq!(raw_number(&text), None, "{text}");
        }
    }
}

#[test]
fn a_link_calls_the_number_that_is_shown() {
    let item =
        ActionItem { kind: "call".into(), value: "+14155550123".into(), link: "tel:+14155550123".into() };
    let said = templates().notice(&Says::Actions { items: vec![item] }.plainly()).unwrap();
    assert!(said.html.contains("<a href=\"tel:+14155550123\">+1 415 555 0123</a>"), "{}", said.html);
    assert!(said.plain.contains("1. +1 415 555 0123 · !call 1"), "{}", said.plain);
}

const LINK: &str = "https://desk.test/a?b";

/// What was serialized from samples, with each text in it that somebody wrote replaced by one that ends in a
/// link.
fn quote(value: &mut Value) {
    const WRITTEN: [&str; 5] = ["note", "reason", "text", "after", "before"];
    const LISTS: [&str; 2] = ["texts", "unsent"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(quote),
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(text) if WRITTEN.contains(&key.as_str()) => *text = format!("see {LINK}"),
                    Value::Array(items) if LISTS.contains(&key.as_str()) => {
                        items.fill(json!(format!("see {LINK}")));
                    }
                    other => quote(other),
                }
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_link_at_the_end_of_what_someone_wrote_ends_where_it_ends() {
    let templates = templates();
    let mut seen = std::collections::BTreeSet::new();
    for notice in catalogue::samples() {
        let code = catalogue::names(&notice.says).code;
        let mut value = serde_json::to_value(notice).unwrap();
        // What an agent says of themselves in a word stands within a sentence of ours.
        // A word that is looked up is no link.
        if !["status", "spelling", "spelling_set"].contains(&code) {
            quote(&mut value);
        }
        if code == "internal_error" {
            value["what"] = json!(format!("see {LINK}"));
        }
        let said = templates.notice(&serde_json::from_value(value).unwrap()).unwrap();
        for text in [said.plain, said.html] {
            for (at, _) in text.match_indices(LINK) {
                seen.insert(code);
                let behind = text[at + LINK.len()..].chars().next();
                assert!(matches!(behind, None | Some('\n' | '<')), "{code}: {text}");
            }
        }
    }
    assert!(seen.len() >= 18, "{seen:?}");
}
