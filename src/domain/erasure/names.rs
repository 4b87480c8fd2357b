//! What names a conversation or a room of somebody: ids that stand in texts and documents. There may be very
//! many of them, so that each id found is looked up among theirs, instead of each of theirs being looked for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::words::{DEEPEST, is_of_word, plain, without_markup};

/// What names more conversations and rooms than this is not looked up: it counts as telling, so that nobody
/// hides anything there.
const MOST: usize = 1_000;
/// A room's id without a server is at least this long.
const BARE_ROOM: usize = 40;

/// By which a conversation or a room is known to be theirs, however its id is written.
#[must_use]
pub fn named(id: &str) -> String {
    format!("named:{}", id.to_lowercase())
}

/// By which a message is known to be one to them, by the desk's id of it or the provider's.
#[must_use]
pub fn of_text(id: &str) -> String {
    format!("text:{id}")
}

/// By which those conversations and rooms would be [known](named) that a document names; nothing if it names
/// too many.
#[must_use]
pub fn names(content: &Value) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    collect(content, 0, &mut found);
    (found.len() <= MOST).then_some(found)
}

fn collect(content: &Value, depth: usize, found: &mut BTreeSet<String>) {
    if depth > DEEPEST || found.len() > MOST {
        return;
    }
    match content {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => collect_text(text, found),
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth + 1, found)),
        Value::Object(fields) => {
            for (name, item) in fields {
                collect_text(name, found);
                collect(item, depth + 1, found);
            }
        }
    }
}

fn collect_text(text: &str, found: &mut BTreeSet<String>) {
    let as_it_stands = plain(text);
    let as_shown = text.contains(['<', '&']).then(|| plain(&without_markup(text)));
    for text in [Some(as_it_stands), as_shown].into_iter().flatten() {
        let ids = conversations(&text).chain(rooms(&text));
        found.extend(ids.map(named).take(MOST + 1));
    }
}

/// The ids of conversations in a text, such as `i-7f3k2`.
fn conversations(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("i-").filter_map(|(at, begin)| {
        let rest = &text[at + begin.len()..];
        let len = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        (len > 0 && !text[..at].ends_with(is_of_word)).then(|| &text[at..at + begin.len() + len])
    })
}

/// The ids of rooms in a text, such as `!abc:example.org`; of one that a dot or the like follows, with and
/// without that.
fn rooms(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._~=:+-[]".contains(c);
    text.match_indices('!').flat_map(move |(at, _)| {
        let rest = &text[at + 1..];
        let end = at + 1 + rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let id = &text[at..end];
        let is_room = id.contains(':') || id.len() > BARE_ROOM;
        let bare = id.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        [Some(id), Some(bare).filter(|bare| *bare != id)].into_iter().flatten().filter(move |_| is_room)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(content: &Value) -> Vec<String> {
        let names = names(content).unwrap().into_iter();
        names.map(|name| name.strip_prefix("named:").unwrap().to_owned()).collect()
    }

    #[test]
    fn conversations_and_rooms_are_found_wherever_they_stand() {
        for (text, ids) in [
            ("see i-7f3k2, or I-9zzzz.", vec!["i-7f3k2", "i-9zzzz"]),
            ("room:i-7f3k2/5 and !history i-2", vec!["i-2", "i-7f3k2"]),
            ("semi-final, xi-7 and i-", vec![]),
            ("<b>i-7</b>f3 and i&#45;8", vec!["i-7", "i-7f3", "i-8"]),
            ("i\u{200b}-7f3k2", vec!["i-7f3k2"]),
            ("https://matrix.to/#/!AbC:desk.test?via=desk.test", vec!["!abc:desk.test"]),
            ("in !abc:desk.test:8448.", vec!["!abc:desk.test:8448", "!abc:desk.test:8448."]),
            ("well! no: !1", vec![]),
        ] {
            let content = json!({"body": [{"deep": text}]});
            assert_eq!(found(&content), ids, "{text}");
        }
        let bare = format!("!{}", "a".repeat(43));
        assert_eq!(found(&json!({ bare.clone(): 1 })), [bare]);
    }

    #[test]
    fn what_names_too_many_is_not_looked_up_and_hostile_texts_are_read_in_time() {
        let many = (0..=MOST).map(|number| format!("i-{number}")).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&json!({ "body": many })), None);
        for hostile in ["!".repeat(65_000), "i-".repeat(32_000), "<".repeat(65_000), "!a:".repeat(900)] {
            assert!(names(&json!({ "body": hostile })).is_some(), "{}", &hostile[..3]);
        }
        let mut deep = json!("i-7f3k2");
        for _ in 0..2 * DEEPEST {
            deep = json!([deep]);
        }
        assert_eq!(found(&deep), Vec::<String>::new());
    }

    #[test]
    fn an_id_is_known_however_it_is_written() {
        assert_eq!(named("!AbC:Desk.test"), named("!abc:desk.test"));
        assert_ne!(of_text("SMab"), of_text("SMaB"));
    }
}
