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
mod tests;
