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
        let data = &templates.content(&notice, &console(), None, None)["org.switchroom.notice"];
        assert!(!data.to_string().contains("+1 415"), "{data}");
    }
    for interaction in catalogue::sample_interactions() {
        for text in [templates.room_name(&interaction), templates.topic(&interaction)] {
            assert_eq!(raw_number(&text), None, "{text}");
        }
    }
}

#[test]
fn what_is_numbered_says_in_a_room_how_a_number_answers_and_nothing_offers_a_command_that_is_not_there() {
    let (templates, room) = (templates(), Place::Session(InteractionId::new("i-7f3k2")));
    let groups = crate::commands::GROUPS;
    for notice in catalogue::samples() {
        let said = |to| templates.content(&notice, to, None, None);
        let (content, here) = (said(&room), said(&console()));
        let (body, html) = (content["body"].as_str().unwrap(), content["formatted_body"].as_str().unwrap());
        let is_answered = match &notice.says {
            Says::List { rows, .. } => !rows.is_empty(),
            Says::Messages { items } => !items.is_empty(),
            Says::Contact(card) => !card.items.is_empty(),
            Says::Blocks { items, .. } => !items.is_empty(),
            Says::Spelling(card) => card.waits,
            Says::DispositionRequired { items } => !items.is_empty(),
            _ => continue,
        };
        assert_eq!(body.contains("!1"), is_answered, "{body}");
        assert_eq!(html.contains("<code>!1</code>"), is_answered, "{html}");
        assert_eq!(body.contains("reaction"), is_answered, "{body}");
        if matches!(notice.says, Says::List { .. }) {
            assert!(!here["body"].as_str().unwrap().contains("!1"), "{here}");
        }
        if matches!(&notice.says, Says::Spelling(card) if !card.waits) {
            assert!(!body.contains("1. "), "{body}");
        }
    }
    let offered = |says: &Says| matches!(says, Says::Card { .. } | Says::Actions { .. });
    for notice in catalogue::samples().into_iter().filter(|notice| offered(&notice.says)) {
        let said = templates.notice(&notice).unwrap().plain;
        for (at, _) in said.match_indices('!') {
            let name = said[at + 1..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let is_there = groups.iter().any(|group| group.commands().any(|of| of.name == name));
            assert!(is_there, "{said}");
        }
    }
}

#[test]
fn a_response_is_shown_with_its_paragraphs_as_it_goes() {
    let says = Says::Response {
        shortcut: "hours".into(),
        text: "We are open.\n\nMon to Fri <9> to 17\n".into(),
        sent: true,
        missing: vec![],
        ask: vec![],
        follows: vec![],
        files: vec![],
        empty: vec![],
        no_files: None,
    };
    let said = templates().notice(&says.plainly()).unwrap();
    assert!(said.plain.ends_with("as:\nWe are open.\n\nMon to Fri <9> to 17"), "{}", said.plain);
    let quoted = "<blockquote>We are open.<br><br>Mon to Fri &lt;9&gt; to 17</blockquote>";
    assert!(said.html.contains(quoted), "{}", said.html);
}

#[test]
fn what_would_fail_again_is_not_to_be_sent_again_as_it_is() {
    let failed = |error| {
        let meaning = "it failed".to_owned();
        let says = Says::MessageFailed { error, meaning, unsent: vec![], of: None };
        templates().notice(&says.plainly()).unwrap().plain
    };
    for error in [None, Some(30003)] {
        assert!(failed(error).contains("!resend tries again."), "{error:?}");
    }
    for error in [21623, 30019, 40303] {
        assert!(!failed(Some(error)).contains("!resend"), "{error}");
    }
    assert!(failed(Some(21610)).contains("!resend tries again once they have."));
}

#[test]
fn a_link_calls_the_number_that_is_shown() {
    let item =
        ActionItem { kind: "call".into(), value: "+14155550123".into(), link: "tel:+14155550123".into() };
    let said = templates().notice(&Says::Actions { items: vec![item] }.plainly()).unwrap();
    assert!(said.html.contains("<a href=\"tel:+14155550123\">+1 415 555 0123</a>"), "{}", said.html);
    assert_eq!(said.plain, "In this text:\n1. +1 415 555 0123 · !call 1");
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
