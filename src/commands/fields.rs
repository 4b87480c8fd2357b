//! Settings as fields with texts. Everything that has a table of settings is shown and changed by that table,
//! so a new setting needs nothing here. Times are kept in milliseconds and typed in seconds; opening hours
//! and auto-answers are written in one line.

use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::line;
use crate::domain::hours::Hours;
use crate::domain::queue::AutoAnswer;
use crate::domain::settings::choice::Word;
use crate::domain::settings::kind::{AUTO_ANSWER_SECS, out_of};
use crate::domain::settings::{Field, Kind};

/// What stands between commands.
const BETWEEN_COMMANDS: char = ';';
/// The word that makes an auto-answer one that cannot be refused.
const MUST: &str = "must";

/// A setting in a document: its key there, the name that people read, and its declaration.
struct Place<'d> {
    key: &'d str,
    word: String,
    field: &'static Field,
}

/// The settings of a document, except those in no table. Where a document holds several things, a setting's
/// name begins with the thing's name and a dot.
fn places<'d>(document: &'d Value, table: &'static [Field]) -> impl Iterator<Item = Place<'d>> {
    let keys = document.as_object().into_iter().flat_map(|fields| fields.keys());
    keys.filter_map(move |key| {
        let (of, stored) = key.rsplit_once('.').map_or(("", key.as_str()), |(of, stored)| (of, stored));
        let field = table.iter().find(|field| field.stored == stored)?;
        let word = if of.is_empty() { field.word().to_owned() } else { format!("{of}.{}", field.word()) };
        Some(Place { key, word, field })
    })
}

/// Reads a document, or says what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(document: Value) -> Result<T, String> {
    serde_json::from_value(document).map_err(|error| error.to_string())
}

/// The settings of a document and their values as people read them.
pub(super) fn shown(document: &Value, table: &'static [Field]) -> Vec<(String, String)> {
    places(document, table)
        .map(|place| {
            let value = &document[place.key];
            let shown = match (&place.field.kind, value.as_u64()) {
                (Kind::Time { .. }, Some(ms)) => secs(ms),
                (Kind::Commands, _) => in_a_row(value),
                _ => in_words(value),
            };
            (place.word, shown)
        })
        .collect()
}

/// The settings of a document that have no effect yet, in a few words each.
pub(super) fn without_effect(document: &Value, table: &'static [Field]) -> Vec<(String, String)> {
    places(document, table)
        .filter_map(|place| Some((place.word, idle(place.field, &document[place.key])?)))
        .collect()
}

/// Says that a setting, or some of its words, has no effect yet; nothing otherwise.
pub(super) fn idle(field: &Field, value: &Value) -> Option<String> {
    let words = field.without_effect(value);
    match &words[..] {
        [] => None,
        _ if !field.has_effect => Some("has no effect yet".to_owned()),
        words => Some(format!("no effect yet: {}", words.join(", "))),
    }
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

/// A value that is a document itself, in one line where people write it so.
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

fn auto_answer(text: &str) -> Result<AutoAnswer, String> {
    let (secs, rest) = text.split_once(' ').unwrap_or((text, ""));
    let may_reject = rest.is_empty();
    let secs = secs.parse::<u64>().ok().filter(|secs| AUTO_ANSWER_SECS.contains(secs));
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

/// Commands in one line, as they are typed.
fn in_a_row(commands: &Value) -> String {
    let commands = commands.as_array().into_iter().flatten().filter_map(Value::as_str);
    let typed: Vec<String> = commands.map(|line| line::as_item(line, BETWEEN_COMMANDS)).collect();
    if typed.is_empty() { "none".to_owned() } else { typed.join("; ") }
}

/// The items of a list as they are typed, each of which may be in quotes by itself.
fn items(text: &str) -> Vec<String> {
    if is_none(line::value(text)) {
        return vec![];
    }
    line::items(text, separates).into_iter().map(str::to_lowercase).collect()
}

/// Sets a field, by the name under which it is shown. `zone` is the time zone of hours that name none. Texts
/// are checked by whoever keeps the whole document.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn set(
    document: &mut Value,
    table: &'static [Field],
    (field, text): (&str, &str),
    zone: &str,
) -> Result<(), String> {
    let typed = field.to_lowercase();
    let place = places(document, table).find(|place| place.word == typed);
    let Some(Place { key, word, field }) = place else {
        let words: Vec<String> = places(document, table).map(|place| place.word).collect();
        return Err(line::unknown(&typed, &words.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    let value = parsed(&field.kind, &word, text, zone)?;
    let key = key.to_owned();
    document[key] = value;
    Ok(())
}

fn is_none(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("none")
}

/// What was typed for a setting, in the form in which it is kept.
fn parsed(kind: &Kind, word: &str, typed: &str, zone: &str) -> Result<Value, String> {
    let text = line::value(typed);
    Ok(match kind {
        Kind::NumberOrNone { .. } if is_none(text) => Value::Null,
        Kind::Number { range, unit } | Kind::NumberOrNone { range, unit } => {
            let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
            number.ok_or_else(|| out_of(word, range, unit))?.into()
        }
        Kind::Time { secs } => {
            let number = text.parse().ok().filter(|number| secs.contains(number));
            (number.ok_or_else(|| out_of(word, secs, "seconds"))? * 1_000).into()
        }
        Kind::YesNo => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" => true.into(),
            "no" | "off" | "false" => false.into(),
            _ => return Err(format!("{word} is yes or no")),
        },
        Kind::Choice(words) => one_of(words, text)?.into(),
        Kind::Choices(words) => {
            let typed = items(typed);
            json!(typed.iter().map(|item| one_of(words, item)).collect::<Result<Vec<_>, _>>()?)
        }
        Kind::Text { is_optional: true, .. } | Kind::Template(_) | Kind::Hours | Kind::AutoAnswer
            if is_none(text) =>
        {
            Value::Null
        }
        Kind::Text { .. } | Kind::Queue | Kind::Route if is_none(text) => {
            return Err(format!("{word} cannot be left empty"));
        }
        Kind::Text { .. } | Kind::Queue | Kind::Route | Kind::Template(_) => text.into(),
        Kind::Names | Kind::Words | Kind::Languages | Kind::Queues => items(typed).into(),
        Kind::Pairs | Kind::Commands if is_none(text) => json!([]),
        Kind::Commands => json!(line::items(typed, |c| c == BETWEEN_COMMANDS)),
        Kind::Pairs => json!(line::pairs(typed).ok_or("write it like key=value, other=value")?),
        Kind::Hours => json!(Hours::parse(text, zone)?),
        Kind::AutoAnswer => json!(auto_answer(text)?),
    })
}

fn one_of(words: &[Word], typed: &str) -> Result<&'static str, String> {
    let words: Vec<&str> = words.iter().map(|word| word.word).collect();
    line::choose(typed, &words).ok_or_else(|| line::unknown(typed, &words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::{Agent, Role};
    use crate::domain::queue::QueueSettings;
    use crate::domain::settings::Table as _;
    use crate::domain::settings::choice::Choice as _;

    const QUEUE: &[Field] = QueueSettings::FIELDS;

    fn queue() -> Value {
        serde_json::to_value(QueueSettings::default()).unwrap()
    }

    fn value(document: &Value, field: &str) -> String {
        shown(document, QUEUE).into_iter().find(|(name, _)| name == field).unwrap().1
    }

    #[test]
    fn whatever_is_shown_can_be_set_as_it_is_shown() {
        let before = queue();
        for (field, text) in shown(&before, QUEUE) {
            let mut after = before.clone();
            set(&mut after, QUEUE, (&field, &text), "UTC").unwrap();
            assert_eq!(after, before, "{field}");
        }
    }

    const fn field(name: &'static str, kind: Kind) -> Field {
        Field { name, stored: name, kind, text: "", has_effect: true }
    }

    /// Kinds that no queue has.
    const FIELDS: &[Field] = &[field("roles", Kind::Choices(Role::WORDS)), field("open", Kind::YesNo)];

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
            ("retention_sms_days", "0", "0"),
            ("retention_media_days", "None", "none"),
        ] {
            let mut document = queue();
            set(&mut document, QUEUE, (field, text), "Europe/Berlin").unwrap();
            assert_eq!(value(&document, &field.to_lowercase()), reads, "{field} {text}");
            serde_json::from_value::<QueueSettings>(document).unwrap();
        }
        let mut document = json!({"roles": ["agent"], "open": false});
        set(&mut document, FIELDS, ("roles", "Agent supervisor"), "UTC").unwrap();
        set(&mut document, FIELDS, ("open", "on"), "UTC").unwrap();
        assert_eq!(document, json!({"roles": ["agent", "supervisor"], "open": true}));
    }

    #[test]
    fn commands_stand_in_one_line_and_keep_their_case() {
        for (text, commands, shown_as) in [
            ("case set topic Refund; done", json!(["case set topic Refund", "done"]), None),
            (
                "“note a; b”;done solved;",
                json!(["note a; b", "done solved"]),
                Some("\"note a; b\"; done solved"),
            ),
            ("case set \"order no\" {{ order }}", json!(["case set \"order no\" {{ order }}"]), None),
            ("none", json!([]), None),
        ] {
            let mut document = json!({"then": []});
            let table = const { &[field("then", Kind::Commands)] };
            set(&mut document, table, ("then", text), "UTC").unwrap();
            assert_eq!(document["then"], commands);
            let typed = shown(&document, table).remove(0).1;
            assert_eq!(typed, shown_as.unwrap_or(text));
            set(&mut document, table, ("then", &typed), "UTC").unwrap();
            assert_eq!(document["then"], commands, "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_set_says_why_and_changes_nothing() {
        for (field, text, why) in [
            ("offer_sec", "30", "did you mean offer_secs?"),
            ("offer_secs", "0", "from 1 to 3600"),
            ("undo_secs", "61", "from 0 to 60"),
            ("offer_secs", "soon", "whole number"),
            ("offer_secs", "-1", "whole number"),
            ("offer_secs", "99999999999999999999", "whole number"),
            ("case", "brand", "key=value"),
            ("hours", "always", "write hours like"),
            ("auto_answer", "5 maybe", "5 must"),
            ("priority", "10001", "from 0 to 10000"),
            ("retention_sms_days", "3651", "from 0 to 3650"),
            ("retention_sms_days", "-1", "whole number"),
            ("retention_media_days", "a week", "whole number"),
            ("retention_audit_days", "7", "is not known here"),
        ] {
            let mut document = queue();
            let error = set(&mut document, QUEUE, (field, text), "Europe/Berlin").unwrap_err();
            assert!(error.contains(why), "{error}");
            assert_eq!(document, queue());
        }
        assert!(
            set(&mut json!({"id": "x"}), Agent::FIELDS, ("id", "y"), "UTC").is_err(),
            "hidden fields are nobody's to set"
        );
    }
}
