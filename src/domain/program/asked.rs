//! What a program asks for: the body of `POST /api/v1/messages`, read with care.
//!
//! All that is wrong with a body is said at once, each with its place in it as a JSON pointer (RFC 6901).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::contact::{KEY_CHARS, VALUE_CHARS};
use crate::domain::text::sanitize;

/// How long an `Idempotency-Key` may be, in characters.
pub const KEY_LENGTH: std::ops::RangeInclusive<usize> = 1..=255;
/// The longest text, in characters: more than any channel takes at once.
const TEXT_CHARS: usize = 10_000;
/// The longest name of anything, in characters.
const NAME_CHARS: usize = 100;
/// The longest value of a variable, in characters, as of a blank that an agent is asked for.
const VARIABLE_CHARS: usize = 500;
/// How many variables and how many pairs of case data there may be.
const MOST_VARIABLES: usize = 20;
const MOST_CASE: usize = 50;
/// How many fields that there are not are named.
const MOST_FAULTS: usize = 10;
/// The fields there are.
const FIELDS: [&str; 8] = ["to", "from", "text", "response", "variables", "queue", "agent", "case"];

/// A text that a program asks for. What it names may not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// To whom: an address in any spelling.
    pub to: String,
    /// From which number of ours; any that fits, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Or which standard response, by its shortcut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The values of its blanks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<(String, String)>,
    /// The queue that has the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Or the agent who is asked first about an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Its case data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub case: Vec<(String, String)>,
}

/// What is wrong at one place of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The place, as a JSON pointer; empty for all of it.
    pub pointer: String,
    /// What is wrong there, and how to mend it.
    pub detail: String,
}

/// All that is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no JSON.
    NotJson,
    /// It is JSON, and not what is asked for here.
    Faults(Vec<Fault>),
}

impl Asked {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Wrong`].
    pub fn read(body: &[u8]) -> Result<Self, Wrong> {
        let Value::Object(fields) = serde_json::from_slice(body).map_err(|_| Wrong::NotJson)? else {
            let detail = "the body is not a JSON object, like {\"to\": …, \"text\": …}".to_owned();
            return Err(Wrong::Faults(vec![Fault { pointer: String::new(), detail }]));
        };
        let mut reader = Reader { fields, faults: vec![] };
        reader.unknown();
        let asked = Self {
            to: reader.line("to").unwrap_or_default(),
            from: reader.line("from"),
            text: reader.text("text"),
            response: reader.line("response").map(|name| name.trim_start_matches('#').to_owned()),
            variables: reader.pairs("variables", (MOST_VARIABLES, VARIABLE_CHARS)),
            queue: reader.line("queue"),
            agent: reader.line("agent"),
            case: reader.pairs("case", (MOST_CASE, VALUE_CHARS)),
        };
        reader.together();
        if reader.faults.is_empty() { Ok(asked) } else { Err(Wrong::Faults(reader.faults)) }
    }

    /// Itself in one form, in whatever order and with whatever blanks it was written.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Reads the fields of a body, and gathers what is wrong.
struct Reader {
    fields: Map<String, Value>,
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, at: &[&str], detail: impl Into<String>) {
        self.faults.push(Fault { pointer: pointer(at), detail: detail.into() });
    }

    fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Fields that there are not.
    fn unknown(&mut self) {
        let unknown = self.fields.keys().filter(|field| !FIELDS.contains(&field.as_str()));
        let unknown: Vec<String> =
            unknown.take(MOST_FAULTS).map(|name| sanitize::cut(name, NAME_CHARS)).collect();
        for name in unknown {
            self.fault(&[&name], format!("there is no such field; there are {}", FIELDS.join(", ")));
        }
    }

    /// What must stand there, and what may not stand beside each other.
    fn together(&mut self) {
        if !self.has("to") {
            self.fault(&["to"], "it is missing: the number to text, like \"+14155550100\"");
        }
        match (self.has("text"), self.has("response")) {
            (true, true) => self.fault(&["response"], "there is a text beside it: send one of them"),
            (false, false) => {
                self.fault(&["text"], "it is missing: send a text, or the shortcut of a response");
            }
            (true, false) | (false, true) => {}
        }
        if self.has("variables") && !self.has("response") {
            self.fault(&["variables"], "they are for a response, and there is none");
        }
        if self.has("queue") && self.has("agent") {
            self.fault(&["agent"], "there is a queue beside it: send one of them, or neither");
        }
    }

    fn string(&mut self, field: &str, most: usize) -> Option<String> {
        let text = match self.fields.get(field)? {
            Value::String(text) => text.clone(),
            Value::Null => {
                self.fault(&[field], "it is null: leave it out, or send a string");
                return None;
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.fault(&[field], "it is not a string");
                return None;
            }
        };
        match amiss(&text, most) {
            Some(why) => {
                self.fault(&[field], why);
                None
            }
            None => Some(text),
        }
    }

    /// A string of one line.
    fn line(&mut self, field: &str) -> Option<String> {
        let text = sanitize::one_line(&self.string(field, NAME_CHARS)?);
        if text.is_empty() {
            self.fault(&[field], "it is empty");
            return None;
        }
        Some(text)
    }

    /// A string that may have several lines.
    fn text(&mut self, field: &str) -> Option<String> {
        let text = self.string(field, TEXT_CHARS)?;
        if sanitize::one_line(&text).is_empty() {
            self.fault(&[field], "there is nothing in it that can be seen");
            return None;
        }
        Some(text.trim().to_owned())
    }

    /// An object of short values. Numbers and words of JSON are taken as they are written.
    fn pairs(&mut self, field: &str, (most, longest): (usize, usize)) -> Vec<(String, String)> {
        let object = match self.fields.get(field) {
            None => return vec![],
            Some(Value::Object(object)) => object.clone(),
            Some(_) => {
                self.fault(&[field], "it is not an object, like {\"order\": \"4711\"}");
                return vec![];
            }
        };
        if object.len() > most {
            self.fault(&[field], format!("there are more than {most} in it"));
            return vec![];
        }
        let mut pairs: Vec<(String, String)> = Vec::with_capacity(object.len());
        for (key, value) in &object {
            let name = sanitize::one_line(key);
            let shown = sanitize::cut(key, NAME_CHARS);
            let value = match value {
                Value::String(value) => value.clone(),
                Value::Number(value) => value.to_string(),
                Value::Bool(value) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    self.fault(&[field, &shown], "it is not a string, a number, true or false");
                    continue;
                }
            };
            let wrong = if name.is_empty() {
                Some("its name is empty".to_owned())
            } else if let Some(why) = amiss(key, KEY_CHARS) {
                Some(format!("its name cannot stand: {why}"))
            } else if pairs.iter().any(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
                Some("another one has the same name".to_owned())
            } else {
                amiss(&value, longest)
            };
            let value = sanitize::one_line(&value);
            match wrong {
                Some(why) => self.fault(&[field, &shown], why),
                None if value.is_empty() => self.fault(&[field, &shown], "it is empty"),
                None => pairs.push((name, value)),
            }
        }
        pairs
    }
}

/// What is amiss with a string, whatever it means.
fn amiss(text: &str, most: usize) -> Option<String> {
    if text.chars().count() > most {
        return Some(format!("it has more than {most} characters"));
    }
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.contains(is_odd)
        .then(|| "it has control characters in it, other than line breaks and tabs".to_owned())
}

/// A place in a document (RFC 6901).
fn pointer(at: &[&str]) -> String {
    let mut pointer = String::new();
    for name in at {
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Asked, Wrong> {
        Asked::read(body.to_string().as_bytes())
    }

    fn places(body: &Value) -> Vec<String> {
        match read(body) {
            Err(Wrong::Faults(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn what_is_asked_for_is_read_in_one_form() {
        let asked = read(&json!({
            "to": " +1 415 555 0100 ", "from": "+15005550006", "response": "#ready", "agent": "alice",
            "variables": {"order": 4711}, "case": {"Order": "47\n11", "vip": true},
        }));
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = Asked {
            to: "+1 415 555 0100".to_owned(),
            from: Some("+15005550006".to_owned()),
            response: Some("ready".to_owned()),
            agent: Some("alice".to_owned()),
            variables: vec![pair("order", "4711")],
            case: vec![pair("Order", "47 11"), pair("vip", "true")],
            ..Asked::default()
        };
        assert_eq!(asked, Ok(expected.clone()));
        let again = Asked::read(expected.canonical().replace("[[", "[ [").as_bytes());
        assert!(again.is_err(), "the canonical form is for comparing only");
        let one = Asked::read(br#"{"to":"+1","text":"hi"}"#).unwrap().canonical();
        assert_eq!(one, Asked::read(br#" { "text" : "hi" , "to":"+1"}"#).unwrap().canonical());
        assert_ne!(one, Asked::read(br#"{"to":"+1","text":"hi!"}"#).unwrap().canonical());
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_with_its_place() {
        for (body, at) in [
            (json!({}), vec!["/to", "/text"]),
            (json!([1]), vec![""]),
            (json!({"to": 1, "text": null}), vec!["/to", "/text"]),
            (json!({"to": "", "text": "\u{200b} "}), vec!["/to", "/text"]),
            (json!({"to": "+1", "text": "a", "response": "b"}), vec!["/response"]),
            (json!({"to": "+1", "text": "a", "variables": {"a": "b"}}), vec!["/variables"]),
            (json!({"to": "+1", "text": "a", "queue": "q", "agent": "a"}), vec!["/agent"]),
            (json!({"to": "+1", "text": "a", "a/b~": 1}), vec!["/a~1b~0"]),
            (json!({"to": "+1\u{0}", "text": "a\u{7}b"}), vec!["/to", "/text"]),
            (json!({"to": "+1", "text": "a".repeat(10_001)}), vec!["/text"]),
            (json!({"to": "+1", "text": "a", "case": []}), vec!["/case"]),
            (
                json!({"to": "+1", "text": "a", "case": {"": "a", "b": [], "c": "", "d": null}}),
                vec!["/case/", "/case/b", "/case/c", "/case/d"],
            ),
            (json!({"to": "+1", "text": "a", "case": {"Order": "1", "order": "2"}}), vec!["/case/order"]),
        ] {
            assert_eq!(places(&body), at, "{body}");
        }
        let many: Map<String, Value> = (0..51).map(|at| (format!("k{at}"), json!("v"))).collect();
        assert_eq!(places(&json!({"to": "+1", "text": "a", "case": many})), ["/case"]);
        for body in [&b""[..], b"{", b"\xff", br#"{"to":"\ud800"}"#] {
            assert_eq!(Asked::read(body), Err(Wrong::NotJson));
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Asked::read(&body);
        }

        #[test]
        fn whatever_stands_in_the_fields_is_answered(to in ".{0,120}", key in ".{0,80}", value in ".{0,40}") {
            if let Ok(asked) = read(&json!({"to": to, "text": value, "case": {key: value}})) {
                prop_assert!(!asked.to.is_empty() && !asked.canonical().contains("\\u0000"));
            }
        }
    }
}
