//! What admins set, as fields with texts: any settings that are stored as a document can be shown and changed by its
//! fields, so that a new one needs nothing here. Times are stored in milliseconds and typed in seconds. What is a document
//! itself is written as JSON, but for opening hours and auto-answers, which people write in one line.

use std::ops::RangeInclusive;

use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::line;
use crate::domain::hours::Hours;
use crate::domain::queue::AutoAnswer;
use crate::domain::validate;

/// The longest time that can be set, in seconds.
const LONGEST_SECS: u64 = *validate::EXPIRY_SECS.end();

/// What the number of a field may be; times in seconds.
fn range(name: &str) -> Option<RangeInclusive<u64>> {
    let count = |range: RangeInclusive<u32>| u64::from(*range.start())..=u64::from(*range.end());
    Some(match name {
        "offer_secs" => validate::OFFER_SECS,
        "expiry_secs" => validate::EXPIRY_SECS,
        "undo_secs" => validate::UNDO_SECS,
        "priority" => count(validate::PRIORITY),
        "sms_capacity" => count(validate::SMS_CAPACITY),
        _ => return None,
    })
}

/// What says of an auto-answer that it cannot be refused.
const MUST: &str = "must";
/// Fields that hold pairs, also while they hold none.
const PAIRS: [&str; 2] = ["case", "contact"];

/// What a document says, or what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(document: Value) -> Result<T, String> {
    serde_json::from_value(document).map_err(|error| {
        let error = error.to_string();
        let words: Vec<&str> = error.split('`').skip(1).step_by(2).collect();
        match words.split_first() {
            _ if error.starts_with("invalid type: null") => "that cannot be left empty".to_owned(),
            Some((typed, known)) if error.starts_with("unknown variant") => line::unknown(typed, known),
            _ => error,
        }
    })
}

/// The fields of a document and their values as people read them, but for those that are nobody's to set.
pub(super) fn shown(document: &Value, hidden: &[&str]) -> Vec<(String, String)> {
    let fields = document.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| !hidden.contains(&name.as_str()))
        .map(|(name, value)| match (name.strip_suffix("_ms"), value.as_u64()) {
            (Some(name), Some(ms)) => (format!("{name}_secs"), secs(ms)),
            _ => (name.clone(), in_words(value)),
        })
        .collect()
}

fn secs(ms: u64) -> String {
    let (whole, rest) = (ms / 1_000, ms % 1_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}") }
}

/// A value as people read it.
pub(super) fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(in_pair).collect::<Vec<_>>().join(", "),
        Value::Object(_) => document_in_words(value),
    }
}

/// What is a document itself, in one line where people write it so.
fn document_in_words(value: &Value) -> String {
    if let Ok(hours) = Hours::deserialize(value) {
        return hours.to_string();
    }
    match AutoAnswer::deserialize(value) {
        Ok(AutoAnswer { after_ms, may_reject: true }) => secs(after_ms),
        Ok(AutoAnswer { after_ms, may_reject: false }) => format!("{} {MUST}", secs(after_ms)),
        Err(_) => value.to_string(),
    }
}

/// Reads hours or an auto-answer, by the field's name; nothing where it is another.
fn document_of(name: &str, text: &str, zone: &str) -> Option<Result<Value, String>> {
    match name {
        "hours" => Some(Hours::parse(text, zone).map(|hours| json!(hours))),
        "auto_answer" => Some(auto_answer(text).map(|auto| json!(auto))),
        _ => None,
    }
}

fn auto_answer(text: &str) -> Result<AutoAnswer, String> {
    let (secs, rest) = text.split_once(' ').unwrap_or((text, ""));
    let may_reject = rest.is_empty();
    let secs = secs.parse::<u64>().ok().filter(|secs| validate::AUTO_ANSWER_SECS.contains(secs));
    match secs.filter(|_| may_reject || rest.trim().eq_ignore_ascii_case(MUST)) {
        Some(secs) => Ok(AutoAnswer { after_ms: secs * 1_000, may_reject }),
        None => Err(format!("write after how many seconds, like 5, or 5 {MUST} if it cannot be refused")),
    }
}

/// What stands between the items of a list.
fn separates(c: char) -> bool {
    c == ',' || c == ' '
}

/// An item of a list: a text, or a pair of key and value, so that it is read back as it is.
fn in_pair(item: &Value) -> String {
    let word = |value: &Value| line::as_word(&in_words(value), |c| separates(c) || c == '=');
    match item.as_array().map(Vec::as_slice) {
        Some([key, value]) => format!("{}={}", word(key), word(value)),
        _ => word(item),
    }
}

/// Reads a list: pairs, or items.
fn list(name: &str, text: &str) -> Result<Value, String> {
    if is_none(line::value(text)) {
        return Ok(Value::Array(vec![]));
    }
    if PAIRS.contains(&name) {
        let pairs = line::pairs(text).ok_or("write it like key=value, other=value")?;
        return Ok(pairs.into_iter().map(|(key, value)| json!([key, value])).collect());
    }
    Ok(line::items(text, separates).into_iter().map(|item| Value::from(item.to_lowercase())).collect())
}

/// Sets a field, by the name under which it is shown. `zone` is the time zone of hours that name none.
///
/// # Errors
/// What is wrong, as the end of an answer.
pub(super) fn set(
    document: &mut Value,
    hidden: &[&str],
    (field, text): (&str, &str),
    zone: &str,
) -> Result<(), String> {
    let field = field.to_lowercase();
    let names: Vec<String> = shown(document, hidden).into_iter().map(|(name, _)| name).collect();
    if !names.contains(&field) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(super::line::unknown(&field, &names));
    }
    let stored = field.strip_suffix("_secs").map(|name| format!("{name}_ms"));
    let key = stored.filter(|key| document.get(key).is_some()).unwrap_or_else(|| field.clone());
    let Some(place) = document.get_mut(&key) else { return Err(format!("{field} cannot be set")) };
    let value = line::value(text);
    // Of several things in one document each has a name of its own before the field's.
    let name = field.rsplit('.').next().unwrap_or(&field);
    *place = match document_of(name, value, zone).filter(|_| !is_none(value)) {
        Some(document) => document?,
        None => parsed(place, (&field, name), key.ends_with("_ms"), text)?,
    };
    Ok(())
}

fn is_none(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("none")
}

fn parsed(now: &Value, (field, name): (&str, &str), is_time: bool, whole: &str) -> Result<Value, String> {
    let text = line::value(whole);
    let is_none = is_none(text);
    Ok(match now {
        Value::Number(_) => {
            let number: u64 = text.parse().map_err(|_| format!("{field} is a whole number, like 60"))?;
            let widest = if is_time { LONGEST_SECS } else { u64::MAX };
            let range = range(name).unwrap_or(0..=widest);
            if !range.contains(&number) {
                return Err(format!("{field} is between {} and {}", range.start(), range.end()));
            }
            if is_time { number * 1_000 } else { number }.into()
        }
        Value::Bool(_) => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" => true.into(),
            "no" | "off" | "false" => false.into(),
            _ => return Err(format!("{field} is yes or no")),
        },
        // The items of a list may be in quotes, each by itself.
        Value::Array(_) => list(name, whole)?,
        // What is empty now may be an object when it is not.
        Value::Null if serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object()) => {
            serde_json::from_str(text).unwrap_or_default()
        }
        Value::Null | Value::String(_) if is_none => Value::Null,
        Value::Null | Value::String(_) => text.into(),
        Value::Object(_) => {
            serde_json::from_str(text).map_err(|error| format!("{field} is written as JSON: {error}"))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::queue::QueueSettings;

    fn queue() -> Value {
        serde_json::to_value(QueueSettings::default()).unwrap()
    }

    fn value(document: &Value, field: &str) -> String {
        shown(document, &[]).into_iter().find(|(name, _)| name == field).unwrap().1
    }

    #[test]
    fn whatever_is_shown_can_be_set_as_it_is_shown() {
        let before = queue();
        for (field, text) in shown(&before, &[]) {
            let mut after = before.clone();
            set(&mut after, &[], (&field, &text), "UTC").unwrap();
            assert_eq!(after, before, "{field}");
        }
    }

    #[test]
    fn each_kind_of_value_is_read_as_people_type_it() {
        for (field, text, reads) in [
            ("offer_secs", "30", "30"),
            ("Offer_Secs", " 30 ", "30"),
            ("undo_secs", "0", "0"),
            ("disposition", "mandatory", "mandatory"),
            ("signature", "-- {{ agent.name }}", "-- {{ agent.name }}"),
            ("signature", "none", "none"),
            ("case", "brand=Acme, tier = gold", "brand=Acme, tier=gold"),
            ("case", "\"order no\"=“47, 11”, tier=gold", "\"order no\"=\"47, 11\", tier=gold"),
            ("skills", "French, \"Sign language\"", "french, \"sign language\""),
            ("signature", "“-- us”", "-- us"),
            ("offer_secs", "\"30\"", "30"),
            ("case", "none", "none"),
            ("hours", "mon-fri 9:00-17:00", "mon-fri 09:00-17:00; Europe/Berlin"),
            ("hours", "none", "none"),
            ("auto_answer", "5", "5"),
            ("auto_answer", "0 Must", "0 must"),
            ("priority", "10000", "10000"),
        ] {
            let mut document = queue();
            set(&mut document, &[], (field, text), "Europe/Berlin").unwrap();
            assert_eq!(value(&document, &field.to_lowercase()), reads, "{field} {text}");
            serde_json::from_value::<QueueSettings>(document).unwrap();
        }
        let mut document = json!({"roles": ["agent"], "open": false});
        set(&mut document, &[], ("roles", "Agent supervisor"), "UTC").unwrap();
        set(&mut document, &[], ("open", "on"), "UTC").unwrap();
        assert_eq!(document, json!({"roles": ["agent", "supervisor"], "open": true}));
    }

    #[test]
    fn what_cannot_be_set_says_why_and_changes_nothing() {
        for (field, text, why) in [
            ("offer_sec", "30", "did you mean offer_secs?"),
            ("offer_secs", "0", "between 1 and 3600"),
            ("undo_secs", "61", "between 0 and 60"),
            ("offer_secs", "soon", "whole number"),
            ("offer_secs", "-1", "whole number"),
            ("offer_secs", "99999999999999999999", "whole number"),
            ("case", "brand", "key=value"),
            ("hours", "always", "write hours like"),
            ("auto_answer", "5 maybe", "5 must"),
            ("priority", "10001", "between 0 and 10000"),
        ] {
            let mut document = queue();
            let error = set(&mut document, &[], (field, text), "Europe/Berlin").unwrap_err();
            assert!(error.contains(why), "{error}");
            assert_eq!(document, queue());
        }
        assert!(
            set(&mut json!({"id": "x"}), &["id"], ("id", "y"), "UTC").is_err(),
            "hidden fields are nobody's to set"
        );
    }
}
