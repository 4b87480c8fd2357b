//! Settings as fields with texts. Everything that has a table of settings is shown and changed by that table,
//! so a new setting needs nothing here. Times are kept in milliseconds and typed in seconds; opening hours
//! and auto-answers are written in one line.

use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::line;
use crate::domain::hours::Hours;
use crate::domain::overflow::OverflowStep;
use crate::domain::queue::AutoAnswer;
use crate::domain::response::{FILE_FIELDS, ResponseFile};
use crate::domain::settings::choice::Word;
use crate::domain::settings::kind::{AUTO_ANSWER_SECS, out_of};
use crate::domain::settings::{Field, Kind};

/// What stands between commands, and between steps.
const BETWEEN_COMMANDS: char = ';';
/// What is said of a change that changes nothing.
const AS_IT_WAS: &str = "as it was";
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
                (Kind::Times { .. }, _) => all_secs(value),
                (Kind::Commands, _) => in_a_row(value),
                (Kind::Files, _) => all_files(value),
                (Kind::Overflow, _) => all_steps(value),
                _ => in_words(value),
            };
            (place.word, shown)
        })
        .collect()
}

/// What stands before a change of a document and after it, of the settings that it changes, each in a line.
pub(super) fn changed(before: &Value, after: &Value, table: &'static [Field]) -> (String, String) {
    let (before, after) = (shown(before, table), shown(after, table));
    let only = |these: &[(String, String)], others: &[(String, String)]| {
        let changed = these.iter().filter(|setting| !others.contains(setting));
        let said = changed.map(|(word, value)| format!("{word} {value}")).collect::<Vec<_>>().join(", ");
        if said.is_empty() { "none".to_owned() } else { said }
    };
    if before == after {
        return (AS_IT_WAS.to_owned(), AS_IT_WAS.to_owned());
    }
    (only(&before, &after), only(&after, &before))
}

fn secs(ms: u64) -> String {
    let (whole, rest) = (ms / 1_000, ms % 1_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}") }
}

fn all_secs(times: &Value) -> String {
    let times: Vec<String> =
        times.as_array().into_iter().flatten().filter_map(Value::as_u64).map(secs).collect();
    if times.is_empty() { "none".to_owned() } else { times.join(", ") }
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

/// Steps of overflow in one line, as they are typed: `120 to billing; 300 drop_skills french`.
fn all_steps(steps: &Value) -> String {
    let steps = steps.as_array().into_iter().flatten();
    let steps = steps.filter_map(|step| OverflowStep::deserialize(step).ok());
    let typed: Vec<String> = steps.map(|step| line::as_item(&step.to_string(), BETWEEN_COMMANDS)).collect();
    if typed.is_empty() { "none".to_owned() } else { typed.join("; ") }
}

/// Reads steps of overflow as they are typed.
fn steps(typed: &str) -> Result<Vec<OverflowStep>, String> {
    let steps = (1..).zip(line::items(typed, |c| c == BETWEEN_COMMANDS));
    let read = |(number, step): (usize, &str)| {
        OverflowStep::parse(step).map_err(|problem| format!("step {number}: {problem}"))
    };
    steps.map(read).collect()
}

/// Files in one line, as they are typed: `mxc://example.org/AbCdEf name "price list.pdf" size 48213`.
fn all_files(files: &Value) -> String {
    let files = files.as_array().into_iter().flatten();
    let files: Vec<String> =
        files.filter_map(|of| Some(file(&ResponseFile::deserialize(of).ok()?))).collect();
    if files.is_empty() { "none".to_owned() } else { files.join(", ") }
}

/// A file as it is typed.
pub(crate) fn file(file: &ResponseFile) -> String {
    let said = file.said().map(|(field, text)| format!(" {field} {}", line::as_word(&text, separates)));
    std::iter::once(file.url.to_string()).chain(said).collect()
}

/// Reads files as they are typed.
fn files(text: &str) -> Result<Vec<ResponseFile>, String> {
    let mut files: Vec<ResponseFile> = Vec::new();
    let mut words = line::items(text, |c| c == ',' || c.is_whitespace()).into_iter();
    while let Some(word) = words.next() {
        let field = FILE_FIELDS.into_iter().find(|field| word.eq_ignore_ascii_case(field));
        match (field, files.pop()) {
            (Some(field), Some(file)) => {
                let text = words.next().unwrap_or_default();
                files.push(file.with(field, text).map_err(|problem| format!("{field} “{text}” {problem}"))?);
            }
            (_, before) => {
                files.extend(before);
                files.push(ResponseFile::at(word).map_err(|problem| format!("“{word}” {problem}"))?);
            }
        }
    }
    Ok(files)
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

pub(super) fn is_none(text: &str) -> bool {
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
        Kind::Times { secs, .. } => {
            // Brackets as in the config do no harm.
            let typed = items(typed.trim().trim_start_matches('[').trim_end_matches(']'));
            let time = |item: &String| {
                let given = item.parse::<u64>().ok().filter(|given| secs.contains(given));
                given.map(|given| given * 1_000).ok_or_else(|| out_of(word, secs, "seconds"))
            };
            json!(typed.iter().map(time).collect::<Result<Vec<u64>, _>>()?)
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
        Kind::Pairs | Kind::Commands | Kind::Files | Kind::Overflow if is_none(text) => json!([]),
        Kind::Overflow => json!(steps(typed).map_err(|problem| format!("{word} {problem}"))?),
        Kind::Files => json!(files(typed).map_err(|problem| format!("{word} {problem}"))?),
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

    #[test]
    fn a_change_shows_what_it_changes_and_nothing_else() {
        let before = queue();
        let mut after = before.clone();
        set(&mut after, QUEUE, ("undo_secs", "5"), "UTC").unwrap();
        let was = value(&before, "undo_secs");
        assert_eq!(changed(&before, &after, QUEUE), (format!("undo_secs {was}"), "undo_secs 5".to_owned()));
        assert_eq!(changed(&before, &before, QUEUE), ("as it was".to_owned(), "as it was".to_owned()));
        let (with, without) = (json!({"open": true}), json!({}));
        assert_eq!(changed(&without, &with, FIELDS), ("none".to_owned(), "open yes".to_owned()));
    }

    #[test]
    fn words_of_the_desk_stand_without_the_quotes_they_are_typed_in() {
        let words: &[Field] = const { &[field("words", Kind::Words)] };
        let mut document = json!({"words": []});
        set(&mut document, words, ("words", "\"Foo Bar\", Qwertz, „Ein Wort“"), "UTC").unwrap();
        assert_eq!(document, json!({"words": ["foo bar", "qwertz", "ein wort"]}));
    }

    const fn field(name: &'static str, kind: Kind) -> Field {
        Field { name, stored: name, kind, text: "" }
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
            ("reply_secs", "300, 600 900", "300, 600, 900"),
            ("reply_secs", "[300,600]", "300, 600"),
            ("reply_secs", "none", "none"),
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
    fn steps_of_overflow_stand_in_one_line_and_are_read_as_they_stand() {
        for (text, shown_as) in [
            ("120 to billing; nobody_ready to sales; 300 drop_skills french, german", None),
            ("60 text Please wait, {{ contact.name }}", None),
            (
                "“60 text Wait; it takes {{ eta }}”; 90 to billing",
                Some("\"60 text Wait; it takes {{ eta }}\"; 90 to billing"),
            ),
            ("120 TO Billing;", Some("120 to billing")),
            ("none", None),
            ("", Some("none")),
        ] {
            let mut document = queue();
            set(&mut document, QUEUE, ("overflow", text), "UTC").unwrap();
            let typed = shown(&document, QUEUE).into_iter().find(|(name, _)| name == "overflow").unwrap().1;
            assert_eq!(typed, shown_as.unwrap_or(text));
            let before = document.clone();
            set(&mut document, QUEUE, ("overflow", &typed), "UTC").unwrap();
            assert_eq!(document, before, "{typed}");
        }
    }

    #[test]
    fn files_stand_in_one_line_with_what_is_said_of_them_and_keep_their_case() {
        let table = const { &[field("media", Kind::Files)] };
        for (text, shown_as) in [
            ("mxc://desk.test/AbC", None),
            ("mxc://a/b name \"our, list.pdf\" type application/pdf size 7, mxc://a/c name b.png", None),
            ("mxc://a/b mxc://a/c Name “b c.png”", Some("mxc://a/b, mxc://a/c name \"b c.png\"")),
            ("mxc://a/b name name name size", Some("mxc://a/b name size")),
            ("none", None),
            ("", Some("none")),
        ] {
            let mut document = json!({"media": []});
            set(&mut document, table, ("media", text), "UTC").unwrap();
            let typed = shown(&document, table).remove(0).1;
            assert_eq!(typed, shown_as.unwrap_or(text));
            let before = document.clone();
            set(&mut document, table, ("media", &typed), "UTC").unwrap();
            assert_eq!(document, before, "{typed}");
        }
        for (text, why) in [
            ("a.png", "media “a.png” is no file at the homeserver"),
            ("name a.png", "media “name” is no file"),
            ("mxc://a/b name", "media name “” must be one line"),
            ("mxc://a/b size ten", "media size “ten” is no number of bytes"),
            ("mxc://a/b a.png", "media “a.png” is no file"),
        ] {
            let error = set(&mut json!({"media": []}), table, ("media", text), "UTC").unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
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
            ("reply_secs", "300, soon", "whole number"),
            ("reply_secs", "0", "from 1 to 604800"),
            (
                "overflow",
                "billing",
                "overflow step 1: “billing” is neither a whole number of seconds nor nobody_ready",
            ),
            (
                "overflow",
                "60 to billing; -1 to sales",
                "overflow step 2: -1 is not a whole number of seconds",
            ),
            ("overflow", "60 billing", "one of to, drop_skills and text"),
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
