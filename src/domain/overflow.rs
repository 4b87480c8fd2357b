//! Overflow: what a queue does for those whom nobody takes.
//!
//! Each step has a moment and something that is done then, once. People write steps in the config as small
//! sections, and by word in one line: `120 to billing; nobody_ready to billing; 300 drop_skills french;
//! 1800 text We are sorry.` A step in which agents of another queue are asked too moves nothing: the
//! conversation stays where it is, by the time it was first queued.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::ids::QueueName;
use super::settings::checks;

/// After how long a step may come, in seconds: up to a week.
pub const SECS: RangeInclusive<u64> = 1..=604_800;
/// How many steps there may be.
pub const MOST: usize = 10;
/// The word of a step that comes when nobody is ready.
pub const NOBODY_READY: &str = "nobody_ready";
/// How steps are written by word.
const LIKE: &str = "write a step like 120 to billing, nobody_ready to billing, 300 drop_skills french or \
                    1800 text We are sorry to keep you waiting";

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct OverflowStep {
    /// When it comes.
    pub when: OverflowWhen,
    /// What is done then.
    pub action: OverflowAction,
}

/// When a step comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverflowWhen {
    /// When a contact has waited for an agent for so long, in milliseconds.
    After {
        /// That long.
        ms: u64,
    },
    /// As soon as nobody is ready of those who may be asked.
    NobodyReady,
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverflowAction {
    /// The members of this queue are asked too.
    To(QueueName),
    /// Agents without these skills are asked too.
    DropSkills(Vec<String>),
    /// The contact gets this text: a template, as for a queue's `waiting_text`.
    Text(String),
}

/// A step as it is stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<QueueName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drop_skills: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl TryFrom<Stored> for OverflowStep {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let Stored { after_ms, when, to, drop_skills, text } = stored;
        let when = match (after_ms, when.as_deref()) {
            (Some(ms), None) => OverflowWhen::After { ms },
            (None, Some(NOBODY_READY)) => OverflowWhen::NobodyReady,
            (None, Some(other)) => return Err(format!("when is {NOBODY_READY}, and not “{other}”")),
            (Some(_), Some(_)) | (None, None) => return Err("a step has one of after and when".to_owned()),
        };
        let action = match (to, drop_skills, text) {
            (Some(queue), None, None) => OverflowAction::To(queue),
            (None, Some(skills), None) => OverflowAction::DropSkills(skills),
            (None, None, Some(text)) => OverflowAction::Text(text),
            _ => return Err("a step has one of to, drop_skills and text".to_owned()),
        };
        Ok(Self { when, action })
    }
}

impl From<OverflowStep> for Stored {
    fn from(step: OverflowStep) -> Self {
        let mut stored = Self::default();
        match step.when {
            OverflowWhen::After { ms } => stored.after_ms = Some(ms),
            OverflowWhen::NobodyReady => stored.when = Some(NOBODY_READY.to_owned()),
        }
        match step.action {
            OverflowAction::To(queue) => stored.to = Some(queue),
            OverflowAction::DropSkills(skills) => stored.drop_skills = Some(skills),
            OverflowAction::Text(text) => stored.text = Some(text),
        }
        stored
    }
}

/// As [`OverflowStep::parse`] reads it.
impl fmt::Display for OverflowStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            OverflowWhen::After { ms } => write!(f, "{}", ms / 1_000)?,
            OverflowWhen::NobodyReady => f.write_str(NOBODY_READY)?,
        }
        match &self.action {
            OverflowAction::To(queue) => write!(f, " to {queue}"),
            OverflowAction::DropSkills(skills) => write!(f, " drop_skills {}", skills.join(", ")),
            OverflowAction::Text(text) => write!(f, " text {text}"),
        }
    }
}

impl OverflowStep {
    /// Reads a step as people type it: `120 to billing`.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written, as the end of a sentence.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let (when, rest) = word(typed);
        let (verb, rest) = word(rest);
        let when = when.to_lowercase();
        let when = if when == NOBODY_READY {
            OverflowWhen::NobodyReady
        } else {
            match when.parse::<i64>() {
                Ok(secs) => OverflowWhen::After { ms: ms(secs)? },
                Err(_) => {
                    return Err(format!(
                        "“{when}” is neither a whole number of seconds nor {NOBODY_READY}; {LIKE}"
                    ));
                }
            }
        };
        let action = match verb.to_lowercase().as_str() {
            "to" => OverflowAction::To(QueueName::new(rest.to_lowercase())),
            "drop_skills" => {
                let separates = |c: char| c == ',' || c.is_whitespace();
                let skills = rest.split(separates).filter(|skill| !skill.is_empty());
                OverflowAction::DropSkills(skills.map(str::to_lowercase).collect())
            }
            "text" => OverflowAction::Text(rest.to_owned()),
            _ => return Err(format!("“{verb}” is not one of to, drop_skills and text; {LIKE}")),
        };
        Ok(Self { when, action })
    }

    /// Checks what it does. It does not check whether the queue exists.
    fn check(&self) -> Result<(), String> {
        match &self.action {
            OverflowAction::To(queue) if queue.as_str().is_empty() => Err(format!("say which queue; {LIKE}")),
            OverflowAction::To(queue) => quoted("to", queue.as_str(), checks::name),
            OverflowAction::DropSkills(skills) if skills.is_empty() => {
                Err(format!("say which skills; {LIKE}"))
            }
            OverflowAction::DropSkills(skills) => {
                skills.iter().try_for_each(|skill| quoted("drop_skills", skill, checks::name))
            }
            OverflowAction::Text(text) => checks::waiting(text).map_err(|problem| format!("text {problem}")),
        }
    }
}

/// The first word, and what stands behind it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

fn quoted(name: &str, text: &str, check: fn(&str) -> Result<(), String>) -> Result<(), String> {
    check(text).map_err(|problem| format!("{name} “{text}” {problem}"))
}

/// So many seconds in milliseconds.
fn ms(secs: i64) -> Result<u64, String> {
    let fits = u64::try_from(secs).ok().filter(|secs| SECS.contains(secs));
    fits.map(|secs| secs * 1_000).ok_or_else(|| out_of(secs))
}

fn out_of(secs: i64) -> String {
    format!("{secs} is not a whole number of seconds from {} to {}", SECS.start(), SECS.end())
}

/// Checks the steps of a queue, but not whether what they name exists.
///
/// # Errors
/// The first step that is wrong, by its number, and how to mend it.
pub fn check(steps: &[OverflowStep]) -> Result<(), String> {
    if steps.len() > MOST {
        return Err(format!("there are {} steps, and there may be {MOST}", steps.len()));
    }
    let mut before = 0;
    for (number, step) in (1..).zip(steps) {
        let of = |problem: String| format!("step {number}: {problem}");
        if let OverflowWhen::After { ms: after } = step.when {
            let secs = i64::try_from(after / 1_000).unwrap_or(i64::MAX);
            if ms(secs).map_err(of)? != after {
                return Err(of(out_of(secs)));
            }
            if after < before {
                let (secs, before) = (after / 1_000, before / 1_000);
                return Err(of(format!(
                    "it comes after {secs} seconds, and one before it after {before}; put them in the order of their times"
                )));
            }
            before = after;
        }
        step.check().map_err(of)?;
    }
    Ok(())
}

/// The queues whose members some steps ask, each once, in their order.
#[must_use]
pub fn targets(steps: &[OverflowStep]) -> Vec<&QueueName> {
    let mut targets = Vec::new();
    for step in steps {
        if let OverflowAction::To(queue) = &step.action
            && !targets.contains(&queue)
        {
            targets.push(queue);
        }
    }
    targets
}

/// The skills that some steps drop.
#[must_use]
pub fn dropped(steps: &[OverflowStep]) -> BTreeSet<&str> {
    let skills = steps.iter().filter_map(|step| match &step.action {
        OverflowAction::DropSkills(skills) => Some(skills),
        OverflowAction::To(_) | OverflowAction::Text(_) => None,
    });
    skills.flatten().map(String::as_str).collect()
}

/// What a desk has that steps may name.
#[derive(Clone, Debug, Default)]
pub struct Known<'k> {
    /// The queues, each with those its own steps lead to.
    pub queues: Vec<(&'k str, Vec<&'k str>)>,
    /// The skills that queues and routes ask for, and that agents have.
    pub skills: BTreeSet<&'k str>,
}

impl Known<'_> {
    /// Checks whether a queue's steps name what there is, and lead nowhere back to it.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence.
    pub fn check(&self, of: &str, steps: &[OverflowStep]) -> Result<(), String> {
        for queue in targets(steps) {
            self.leads(of, queue.as_str()).map_err(|problem| format!("to “{queue}” {problem}"))?;
        }
        for skill in dropped(steps) {
            self.asks(skill).map_err(|problem| format!("drop_skills “{skill}” {problem}"))?;
        }
        Ok(())
    }

    /// Checks whether a queue may overflow to another.
    ///
    /// # Errors
    /// Why not, as the rest of a sentence that begins with the other.
    pub fn leads(&self, of: &str, to: &str) -> Result<(), String> {
        if of == to {
            return Err("is the queue itself, whose members are asked already".to_owned());
        }
        if !self.queues.iter().any(|(name, _)| *name == to) {
            let all: Vec<&str> =
                self.queues.iter().map(|(name, _)| *name).filter(|name| *name != of).collect();
            let all = if all.is_empty() { "no other".to_owned() } else { all.join(", ") };
            return Err(format!("is not a queue; there is {all}"));
        }
        match self.way_back(of, to) {
            Some(way) => {
                Err(format!("leads back here: {of} → {}; take one of these steps out", way.join(" → ")))
            }
            None => Ok(()),
        }
    }

    /// Checks whether there is such a skill.
    ///
    /// # Errors
    /// That there is not, as the rest of a sentence that begins with it.
    pub fn asks(&self, skill: &str) -> Result<(), String> {
        if self.skills.contains(skill) {
            return Ok(());
        }
        let all: Vec<&str> = self.skills.iter().copied().collect();
        let all = if all.is_empty() { "none yet".to_owned() } else { all.join(", ") };
        Err(format!("is not a skill that a queue or a route asks for, or that an agent has; there is {all}"))
    }

    /// The way from a queue to another, from step to step, if there is one.
    fn way_back<'s>(&'s self, to: &'s str, from: &'s str) -> Option<Vec<&'s str>> {
        let mut ways = vec![vec![from]];
        let mut seen = BTreeSet::from([from]);
        while let Some(way) = ways.pop() {
            let last = *way.last()?;
            if last == to {
                return Some(way);
            }
            let next = self.queues.iter().filter(|(name, _)| *name == last).flat_map(|(_, leads)| leads);
            for next in next {
                if seen.insert(next) {
                    ways.push(way.iter().copied().chain([*next]).collect());
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(typed: &[&str]) -> Vec<OverflowStep> {
        typed.iter().map(|step| OverflowStep::parse(step).unwrap()).collect()
    }

    #[test]
    fn steps_are_read_as_they_are_written_and_stored_as_they_are_said() {
        for typed in [
            "120 to billing",
            "nobody_ready to billing",
            "300 drop_skills french, german",
            "1800 text We are sorry; {{ position }} are before you.",
        ] {
            let step = OverflowStep::parse(typed).unwrap();
            assert_eq!(step.to_string(), typed);
            let stored = serde_json::to_string(&step).unwrap();
            assert_eq!(serde_json::from_str::<OverflowStep>(&stored).unwrap(), step, "{stored}");
            assert_eq!(check(&[step]), Ok(()));
        }
        let odd = OverflowStep::parse("  Nobody_Ready  TO   Billing ").unwrap();
        assert_eq!(odd.to_string(), "nobody_ready to billing");
        let stored = serde_json::to_value(steps(&["120 to billing", "nobody_ready drop_skills french"]));
        let expected = serde_json::json!([
            {"after_ms": 120_000, "to": "billing"},
            {"when": "nobody_ready", "drop_skills": ["french"]},
        ]);
        assert_eq!(stored.unwrap(), expected);
    }

    #[test]
    fn a_step_that_makes_no_sense_says_why() {
        for (typed, why) in [
            ("", "neither a whole number of seconds nor nobody_ready"),
            ("soon to billing", "“soon” is neither"),
            ("-120 to billing", "-120 is not a whole number of seconds from 1 to 604800"),
            ("0 to billing", "0 is not a whole number"),
            ("604801 to billing", "604801 is not"),
            ("99999999999999999999 to billing", "is neither"),
            ("١٢٠ to billing", "is neither"),
            ("1.5 to billing", "is neither"),
            ("120 billing", "“billing” is not one of to, drop_skills and text"),
            ("120", "“” is not one of"),
        ] {
            let problem = OverflowStep::parse(typed).unwrap_err();
            assert!(problem.contains(why), "{typed}: {problem}");
        }
        for (typed, why) in [
            (&["120 to"][..], "step 1: say which queue"),
            (&["120 to the billing people"], "must be 1 to 64 of the characters"),
            (&["120 to bill\u{202e}ing"], "must be 1 to 64 of the characters"),
            (&["120 drop_skills"], "step 1: say which skills"),
            (&["60 to billing", "120 drop_skills Fran\u{e7}ais!"], "step 2: drop_skills “français!” must be"),
            (&["120 text"], "text is empty"),
            (&["120 text Hello {{ agent.name }}"], "names {{ agent.name }}"),
            (&["120 text {% for %}"], "has {%"),
            (
                &["300 to billing", "nobody_ready to sales", "120 to sales"],
                "step 3: it comes after 120 seconds",
            ),
            (&["1 to a"; 11], "there are 11 steps, and there may be 10"),
        ] {
            let problem = check(&steps(typed)).unwrap_err();
            assert!(problem.contains(why), "{typed:?}: {problem}");
        }
        for (stored, why) in [
            (r#"{"to": "billing"}"#, "one of after and when"),
            (r#"{"after_ms": 1000, "when": "nobody_ready", "to": "billing"}"#, "one of after and when"),
            (r#"{"when": "full", "to": "billing"}"#, "when is nobody_ready, and not “full”"),
            (r#"{"after_ms": 1000}"#, "one of to, drop_skills and text"),
            (r#"{"after_ms": 1000, "to": "a", "text": "b"}"#, "one of to, drop_skills and text"),
            (r#"{"after_ms": -1, "to": "a"}"#, "invalid value"),
            (r#"{"after_ms": 1000, "to": "a", "then": "b"}"#, "unknown field"),
        ] {
            let problem = serde_json::from_str::<OverflowStep>(stored).unwrap_err().to_string();
            assert!(problem.contains(why), "{stored}: {problem}");
        }
        let uneven = serde_json::from_str::<OverflowStep>(r#"{"after_ms": 1500, "to": "a"}"#).unwrap();
        assert!(check(&[uneven]).is_err(), "people give whole seconds");
    }

    #[test]
    fn steps_name_what_there_is_and_never_lead_back() {
        let known = Known {
            queues: vec![
                ("support", vec!["billing"]),
                ("billing", vec!["night"]),
                ("night", vec![]),
                ("sales", vec!["sales-fr", "night"]),
                ("sales-fr", vec![]),
            ],
            skills: ["french", "german"].into(),
        };
        let problem = |of: &str, typed: &str| known.check(of, &steps(&[typed])).err();
        assert_eq!(problem("sales", "60 to billing"), None);
        assert_eq!(problem("support", "60 drop_skills french, german"), None);
        for (of, typed, why) in [
            ("night", "60 to night", "to “night” is the queue itself, whose members are asked already"),
            (
                "night",
                "60 to support",
                "to “support” leads back here: night → support → billing → night; take one of these steps out",
            ),
            ("billing", "60 to support", "leads back here: billing → support → billing;"),
            ("night", "60 to nigth", "is not a queue; there is support, billing, sales, sales-fr"),
            ("night", "60 drop_skills frensh", "“frensh” is not a skill that a queue or a route asks for"),
        ] {
            let said = problem(of, typed).unwrap();
            assert!(said.contains(why), "{of}, {typed}: {said}");
        }
        let nothing = Known::default();
        assert!(
            nothing.check("a", &steps(&["1 drop_skills french"])).unwrap_err().ends_with("there is none yet")
        );
        assert!(nothing.check("a", &steps(&["1 to b"])).unwrap_err().ends_with("there is no other"));
    }
}
