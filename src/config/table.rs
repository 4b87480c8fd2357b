//! Reads the settings that are declared in tables: whatever is declared there is read here, by its kind.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::check;
use super::overflow as steps;
use crate::domain::auto_answer::AutoAnswer;
use crate::domain::hours::{self, DAYS, Hours};
use crate::domain::overflow;
use crate::domain::response::{FILE_FIELDS, ResponseFile};
use crate::domain::settings::choice::Word;
use crate::domain::settings::kind::AUTO_ANSWER_SECS;
use crate::domain::settings::{Field, Kind, Table, checks};
use crate::yaml::{Fields, one_of};

/// What values refer to.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    /// The time zone of hours that name none.
    pub(super) zone: &'k str,
    /// The names of `desk.queues`.
    pub(super) queues: &'k [String],
    /// What the overflow of queues may name.
    pub(super) overflow: Option<&'k overflow::Known<'k>>,
}

/// A setting and its name in the section that is read.
type Named = (&'static str, &'static Field);

/// Those settings of a table whose names in the config begin with `prefix`, as far as the section says what
/// they are: by the names and in the form in which they are kept.
pub(super) fn given(
    fields: &Fields<'_>,
    table: &'static [Field],
    prefix: &str,
    known: Known<'_>,
) -> Map<String, Value> {
    let named = table.iter().filter_map(|field| Some((field.name.strip_prefix(prefix)?, field)));
    let mut given = Map::new();
    read(fields, &named.collect::<Vec<_>>(), known, &mut given);
    given
}

/// Of each thing that is set, the settings of which nothing is said, by the names under which they are kept.
pub(super) type Unsaid<K> = Vec<(K, Vec<String>)>;

/// The settings of a table of which nothing is given, by the names under which they are kept.
pub(super) fn unsaid(table: &'static [Field], given: &Map<String, Value>) -> Vec<String> {
    let stored = table.iter().map(|field| field.stored);
    stored.filter(|name| !given.contains_key(*name)).map(str::to_owned).collect()
}

/// What comes of `begun` with the settings that are given.
pub(super) fn made<T: Table>(fields: &Fields<'_>, begun: &T, given: Map<String, Value>) -> Option<T> {
    begun.with_given(given).map_err(|problem| fields.mistake_here(problem)).ok()
}

fn read(fields: &Fields<'_>, named: &[Named], known: Known<'_>, given: &mut Map<String, Value>) {
    let mut sections: BTreeMap<&str, Vec<Named>> = BTreeMap::new();
    for (name, field) in named {
        match name.split_once('.') {
            Some((section, rest)) => sections.entry(section).or_default().push((rest, field)),
            None => {
                if let Some(value) = value(fields, name, &field.kind, known) {
                    given.insert(field.stored.to_owned(), value);
                }
            }
        }
    }
    for (section, inside) in sections {
        fields.section(section, |fields| read(fields, &inside, known, given));
    }
}

/// The value of a key, in the form in which it is kept; nothing if it is not given, or wrong, which is noted.
pub(super) fn value(fields: &Fields<'_>, key: &str, kind: &Kind, known: Known<'_>) -> Option<Value> {
    let text =
        |check: fn(&str) -> Result<(), String>| move |text: &str| check(text).map(|()| Value::from(text));
    let queue = |text: &str| check::one_of(text, known.queues, "a queue of desk.queues").map(Value::from);
    match kind {
        Kind::Number { range, .. } | Kind::NumberOrNone { range, .. } => {
            fields.given_number(key, range).map(Value::from)
        }
        Kind::Time { secs } => fields.given_number(key, secs).map(|secs| (secs * 1_000).into()),
        Kind::Times { secs, .. } => {
            let time = |text: &str| match text.parse::<u64>() {
                Ok(given) if secs.contains(&given) => Ok(Value::from(given * 1_000)),
                Ok(_) | Err(_) => {
                    Err(format!("is not a whole number of seconds from {} to {}", secs.start(), secs.end()))
                }
            };
            fields.list(key, time).map(Value::from)
        }
        Kind::YesNo => fields.given_flag(key).map(Value::from),
        Kind::Choice(words) => fields.optional(key, |text| word(text, words)).map(Value::from),
        Kind::Choices(words) => {
            let given = fields.list(key, |text| word(text, words))?;
            // Each once, in the order in which they are declared.
            let once = words.iter().map(|word| word.word).filter(|word| given.contains(word));
            Some(once.collect())
        }
        Kind::Text { check, .. } | Kind::Template(check) => fields.optional(key, text(*check)),
        Kind::Names => fields.list(key, text(checks::name)).map(Value::from),
        Kind::Words | Kind::Commands => fields.list(key, text(checks::filled)).map(Value::from),
        Kind::Languages => fields.list(key, text(checks::language)).map(Value::from),
        Kind::Pairs => fields.get(key).map(|_| json!(fields.pairs(key))),
        Kind::Hours => hours(fields, known.zone).map(|hours| json!(hours)),
        Kind::AutoAnswer => auto_answer(fields).map(|auto| json!(auto)),
        Kind::Queue => fields.optional(key, queue),
        Kind::Route => fields.optional(key, text(checks::name)),
        Kind::Files => fields.items(key, ResponseFile::at, file).map(|files| json!(files)),
        Kind::Queues => fields.list(key, queue).map(Value::from),
        Kind::Overflow => steps::steps(fields, key, known.overflow).map(|steps| json!(steps)),
    }
}

fn word(text: &str, words: &'static [Word]) -> Result<&'static str, String> {
    one_of(text, words.iter().map(|word| word.word))
}

/// A file with what is said of it.
fn file(fields: &Fields<'_>) -> Option<ResponseFile> {
    let url = fields.required("url", ResponseFile::at);
    let [_, rest @ ..] = FILE_FIELDS;
    // Each is read, so that all that is wrong is noted.
    let said = rest.map(|field| {
        let with = |text: &str| url.clone().map(|file| file.with(field, text)).transpose();
        fields.get(field).map(|entry| (field, entry.parse(|text| with(text).map(|_| text.to_owned()))))
    });
    said.into_iter().flatten().try_fold(url?, |file, (field, text)| file.with(field, &text?).ok())
}

/// How offers are accepted for someone; nothing if they do it themselves.
fn auto_answer(fields: &Fields<'_>) -> Option<AutoAnswer> {
    let given = fields.get("auto_answer").is_some();
    let read = |auto: &Fields<'_>| {
        let after_secs = auto.number("after_secs", 0, AUTO_ANSWER_SECS);
        AutoAnswer { after_ms: after_secs * 1_000, may_reject: auto.flag("may_reject", true) }
    };
    let auto_answer = fields.section("auto_answer", read);
    given.then_some(auto_answer)
}

/// When something is open; nothing if that is not said. `zone` is the time zone where none is named.
pub(super) fn hours(fields: &Fields<'_>, zone: &str) -> Option<Hours> {
    let given = fields.get("hours").is_some();
    let hours = fields.section("hours", |hours| Hours {
        week: DAYS.map(|day| hours.value(day, vec![], hours::parse_day)),
        holidays: hours.list("holidays", hours::parse_holiday).unwrap_or_default().into_iter().collect(),
        time_zone: hours
            .value("time_zone", zone.to_owned(), |text| checks::time_zone(text).map(|_| text.to_owned())),
    });
    given.then_some(hours)
}
