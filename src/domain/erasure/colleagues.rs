//! What of an event colleagues wrote: without the words of customers that it quotes, since of what customers
//! wrote nothing goes by a name alone.

use serde_json::{Map, Value};

use super::words::DEEPEST;
use crate::domain::text::outgoing::strip_reply_fallback;

/// The key of what the bot says in a message, for programs.
pub(super) const NOTICE: &str = "org.switchroom.notice";
/// What the bot says of a customer's text by its words alone.
const OF_TEXTS: [&str; 3] = ["actions", "flood", "link_warning"];
/// The begin and the end of what a client quotes in HTML when it replies.
const QUOTE: (&str, &str) = ("<mx-reply>", "</mx-reply>");

/// The content of an event without what customers wrote. What the bot says is judged by its values: the rest
/// is the same in words.
#[must_use]
pub(super) fn by_colleagues(content: &Value) -> Value {
    let Some(fields) = content.as_object() else { return content.clone() };
    if let Some(notice) = fields.get(NOTICE) {
        let is_of_text = notice["code"].as_str().is_some_and(|code| OF_TEXTS.contains(&code));
        return if is_of_text { Value::Null } else { without_texts(notice, 0) };
    }
    let mut fields = fields.clone();
    for (name, value) in &mut fields {
        match (name.as_str(), value) {
            ("body", Value::String(body)) => *body = strip_reply_fallback(body).to_owned(),
            ("formatted_body", Value::String(html)) => *html = without_quote(html),
            _ => {}
        }
    }
    Value::Object(fields)
}

/// A notice without the texts of customers in it.
fn without_texts(value: &Value, depth: usize) -> Value {
    match value {
        Value::Array(items) if depth < DEEPEST => {
            items.iter().map(|item| without_texts(item, depth + 1)).collect()
        }
        Value::Object(fields) if depth < DEEPEST => {
            let kept = fields.iter().filter(|(name, _)| *name != "text" || !holds_text(fields));
            kept.map(|(name, value)| (name.clone(), without_texts(value, depth + 1))).collect()
        }
        other => other.clone(),
    }
}

/// Whether the `text` of this is a customer's: a line of theirs in a transcript, what a conversation began
/// with, in a list or an offer, or what they said about being texted.
fn holds_text(fields: &Map<String, Value>) -> bool {
    fields.get("kind").is_some_and(|kind| kind == "contact")
        || ["began_at", "our_number", "wish"].iter().any(|name| fields.contains_key(*name))
}

fn without_quote(html: &str) -> String {
    let (begin, end) = QUOTE;
    match (html.find(begin), html.find(end)) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &html[..from], &html[to + end.len()..]),
        _ => html.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_reply_quotes_is_not_its_writers() {
        let content = json!({
            "msgtype": "m.text", "body": "> <@sms_1:desk.test> wrong number\n\nWhich one?",
            "formatted_body": "<mx-reply><blockquote>wrong number</blockquote></mx-reply>Which <b>one</b>?",
        });
        let of_agent = by_colleagues(&content);
        assert_eq!(of_agent["body"], "Which one?");
        assert_eq!(of_agent["formatted_body"], "Which <b>one</b>?");
        let broken = json!({"formatted_body": "</mx-reply>wrong<mx-reply>"});
        assert_eq!(by_colleagues(&broken), broken);
        assert_eq!(by_colleagues(&json!("text")), json!("text"));
    }

    #[test]
    fn of_what_the_bot_says_the_texts_of_customers_do_not_count_and_what_colleagues_wrote_does() {
        let said =
            |notice: Value| by_colleagues(&json!({"body": "wrong number", NOTICE: notice})).to_string();
        for notice in [
            json!({"code": "transcript", "lines": [{"kind": "contact", "text": "wrong number"}]}),
            json!({"code": "history", "items": [{"began_at": 1, "text": "wrong number"}]}),
            json!({"code": "offer", "our_number": "+15005550006", "text": "wrong number"}),
            json!({"code": "consent", "current": [{"wish": "out", "text": "wrong number"}]}),
            json!({"code": "flood", "text": "wrong number"}),
        ] {
            assert!(!said(notice.clone()).contains("wrong number"), "{notice}");
        }
        for notice in [
            json!({"code": "transcript", "lines": [{"kind": "owner", "text": "wrong number"}]}),
            json!({"code": "case", "case": [["problem", "wrong number"]]}),
            json!({"code": "note", "by": "Bob", "text": "wrong number"}),
        ] {
            assert!(said(notice.clone()).contains("wrong number"), "{notice}");
        }
    }
}
