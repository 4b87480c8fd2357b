//! The kinds of setting: what values each takes, and how it is kept.

use std::ops::RangeInclusive;

use serde::Deserialize as _;
use serde_json::Value;

use super::checks;
use super::choice::Word;
use crate::domain::auto_answer::AutoAnswer;
use crate::domain::hours::Hours;
use crate::domain::overflow::{self, OverflowStep};
use crate::domain::response::ResponseFile;
use crate::domain::spelling::language::MOST_LANGUAGES;

/// Checks a text; the error is the rest of a sentence that begins with the text.
pub type Check = fn(&str) -> Result<(), String>;

/// After how long offers may be accepted for someone, in seconds.
pub const AUTO_ANSWER_SECS: RangeInclusive<u64> = 0..=3_600;

/// Of what kind a setting is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A whole number.
    Number {
        /// What it may be.
        range: RangeInclusive<u64>,
        /// What it counts, like `days`.
        unit: &'static str,
    },
    /// The same, or none.
    NumberOrNone {
        /// What it may be.
        range: RangeInclusive<u64>,
        /// What it counts, like `days`.
        unit: &'static str,
    },
    /// A length of time. People give it in whole seconds, and it is kept in milliseconds.
    Time {
        /// What it may be, in seconds.
        secs: RangeInclusive<u64>,
    },
    /// Up to so many lengths of time, each longer than the one before. People give them in whole seconds, and
    /// they are kept in milliseconds.
    Times {
        /// What each may be, in seconds.
        secs: RangeInclusive<u64>,
        /// How many there may be.
        most: usize,
    },
    /// Yes or no.
    YesNo,
    /// One of these words.
    Choice(&'static [Word]),
    /// Any of these words.
    Choices(&'static [Word]),
    /// A short text.
    Text {
        /// What it must be like.
        check: Check,
        /// Whether there may be none.
        is_optional: bool,
    },
    /// A text for a contact in which names are filled in, or none.
    Template(Check),
    /// A list of short names of the desk's own choice.
    Names,
    /// A list of any words.
    Words,
    /// A list of languages, by their tags.
    Languages,
    /// Keys and their values, in order.
    Pairs,
    /// Opening hours, or none.
    Hours,
    /// Whether and how offers are accepted for someone.
    AutoAnswer,
    /// The name of a queue that there is.
    Queue,
    /// The name of a route that there is.
    Route,
    /// A list of queues that there are.
    Queues,
    /// A list of commands, without the prefix.
    Commands,
    /// A list of files at the homeserver.
    Files,
    /// The steps of a queue's overflow, in order.
    Overflow,
}

impl Kind {
    /// Its words, if it consists of words.
    #[must_use]
    pub fn words(&self) -> &'static [Word] {
        match self {
            Self::Choice(words) | Self::Choices(words) => words,
            Self::Number { .. }
            | Self::NumberOrNone { .. }
            | Self::Time { .. }
            | Self::Times { .. }
            | Self::YesNo
            | Self::Text { .. }
            | Self::Template(_)
            | Self::Names
            | Self::Words
            | Self::Languages
            | Self::Pairs
            | Self::Hours
            | Self::AutoAnswer
            | Self::Queue
            | Self::Route
            | Self::Queues
            | Self::Commands
            | Self::Files
            | Self::Overflow => &[],
        }
    }

    /// Checks whether the setting called `name` may have this value, in its stored form. It does not check
    /// whether queues and routes exist.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn check(&self, name: &str, value: &Value) -> Result<(), String> {
        match self {
            Self::NumberOrNone { .. } if value.is_null() => Ok(()),
            Self::Number { range, unit } | Self::NumberOrNone { range, unit } => {
                within(name, value, range, unit)
            }
            Self::Time { secs } => {
                let range = secs.start() * 1_000..=secs.end() * 1_000;
                within(name, value, &range, "milliseconds")
            }
            Self::Times { secs, most } => times(name, value, secs, *most),
            Self::YesNo if value.is_boolean() => Ok(()),
            Self::YesNo => Err(format!("{name} is yes or no")),
            Self::Choice(words) => one_of(name, value, words),
            Self::Choices(words) => items(name, value)?.iter().try_for_each(|item| one_of(name, item, words)),
            Self::Text { is_optional: true, .. } | Self::Template(_) | Self::Hours | Self::AutoAnswer
                if value.is_null() =>
            {
                Ok(())
            }
            Self::Text { check, .. } => quoted(name, value, *check),
            Self::Template(check) => {
                check(value.as_str().unwrap_or_default()).map_err(|problem| format!("{name} {problem}"))
            }
            Self::Names => items(name, value)?.iter().try_for_each(|item| quoted(name, item, checks::name)),
            Self::Words | Self::Commands => {
                items(name, value)?.iter().try_for_each(|item| quoted(name, item, checks::filled))
            }
            Self::Languages if items(name, value)?.len() > MOST_LANGUAGES => {
                Err(format!("{name} may be at most {MOST_LANGUAGES}"))
            }
            Self::Languages => {
                items(name, value)?.iter().try_for_each(|item| quoted(name, item, checks::language))
            }
            Self::Pairs => items(name, value)?.iter().try_for_each(|item| pair(name, item)),
            Self::Hours => hours(name, value),
            Self::AutoAnswer => auto_answer(name, value),
            Self::Queue | Self::Route => quoted(name, value, checks::filled),
            Self::Overflow => steps(name, value),
            Self::Files => items(name, value)?.iter().try_for_each(|item| file(name, item)),
            Self::Queues => {
                items(name, value)?.iter().try_for_each(|item| quoted(name, item, checks::filled))
            }
        }
    }
}

/// The error for something that is no number, or one that is too small or too large.
#[must_use]
pub fn out_of(name: &str, range: &RangeInclusive<u64>, unit: &str) -> String {
    format!("{name} must be a whole number of {unit} from {} to {}", range.start(), range.end())
}

/// The error for a word that is not allowed.
fn one_of(name: &str, value: &Value, words: &[Word]) -> Result<(), String> {
    let typed = value.as_str().unwrap_or_default();
    if words.iter().any(|word| word.word == typed) {
        return Ok(());
    }
    let all: Vec<&str> = words.iter().map(|word| word.word).collect();
    Err(format!("{name} “{typed}” is not one of {}", all.join(", ")))
}

fn within(name: &str, value: &Value, range: &RangeInclusive<u64>, unit: &str) -> Result<(), String> {
    let fits = value.as_u64().is_some_and(|number| range.contains(&number));
    if fits { Ok(()) } else { Err(out_of(name, range, unit)) }
}

fn times(name: &str, value: &Value, secs: &RangeInclusive<u64>, most: usize) -> Result<(), String> {
    let times = items(name, value)?;
    let one = Kind::Time { secs: secs.clone() };
    times.iter().try_for_each(|time| one.check(name, time))?;
    if times.len() > most {
        return Err(format!("{name} has {} times, and may have {most}", times.len()));
    }
    if times.windows(2).any(|two| two[0].as_u64() >= two[1].as_u64()) {
        return Err(format!("{name} must be in order: each time longer than the one before"));
    }
    Ok(())
}

fn items<'v>(name: &str, value: &'v Value) -> Result<&'v [Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{name} is a list"))
}

fn quoted(name: &str, value: &Value, check: Check) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    check(text).map_err(|problem| format!("{name} “{text}” {problem}"))
}

fn pair(name: &str, item: &Value) -> Result<(), String> {
    match item.as_array().map(Vec::as_slice) {
        Some([Value::String(_), Value::String(_)]) => Ok(()),
        _ => Err(format!("{name} is keys, each with its value")),
    }
}

fn steps(name: &str, value: &Value) -> Result<(), String> {
    let step = |(number, item): (usize, &Value)| {
        OverflowStep::deserialize(item).map_err(|error| format!("{name} step {number}: {error}"))
    };
    let steps = (1..).zip(items(name, value)?).map(step).collect::<Result<Vec<_>, _>>()?;
    overflow::check(&steps).map_err(|problem| format!("{name} {problem}"))
}

fn file(name: &str, item: &Value) -> Result<(), String> {
    ResponseFile::try_from(item.clone()).map(drop).map_err(|problem| format!("{name} {problem}"))
}

/// Hours are valid if they can be written down and read again.
fn hours(name: &str, value: &Value) -> Result<(), String> {
    let hours = Hours::deserialize(value).map_err(|error| format!("{name}: {error}"))?;
    match Hours::parse(&hours.to_string(), "UTC") {
        Ok(read) if read == hours => Ok(()),
        Ok(_) => Err(format!("{name} are in no order in which they can be read")),
        Err(problem) => Err(format!("{name}: {problem}")),
    }
}

fn auto_answer(name: &str, value: &Value) -> Result<(), String> {
    let auto = AutoAnswer::deserialize(value).map_err(|error| format!("{name}: {error}"))?;
    let after = Kind::Time { secs: AUTO_ANSWER_SECS };
    after.check(&format!("{name}.after_ms"), &auto.after_ms.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_few_within_their_range_and_in_order() {
        let kind = Kind::Times { secs: 1..=10, most: 3 };
        for fine in [json!([]), json!([1_000]), json!([1_000, 2_000, 10_000])] {
            assert_eq!(kind.check("reply_secs", &fine), Ok(()));
        }
        for (wrong, why) in [
            (json!([0]), "from 1000 to 10000"),
            (json!([11_000]), "from 1000 to 10000"),
            (json!(["soon"]), "whole number"),
            (json!([2_000, 1_000]), "each time longer than the one before"),
            (json!([1_000, 1_000]), "each time longer than the one before"),
            (json!([1_000, 2_000, 3_000, 4_000]), "has 4 times, and may have 3"),
            (json!(300), "is a list"),
        ] {
            let problem = kind.check("reply_secs", &wrong).unwrap_err();
            assert!(problem.starts_with("reply_secs") && problem.contains(why), "{problem}");
        }
    }
}
