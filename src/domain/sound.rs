//! What the parts of a desk must be like, whoever makes them: the config, an admin by word, or a file that is imported.
//!
//! What is wrong is told as a field and the end of a sentence about it.

use std::ops::RangeInclusive;

use super::address::Address;
use super::agent::{Agent, WorkChannel};
use super::hours::Hours;
use super::interaction::Disposition;
use super::queue::{AutoAnswer, QueueSettings};
use super::route::{Route, Rule, When};
use super::talk::Predefined;
use super::text::fill::{self, Response, Unfilled};

/// How long an offer may stand, in seconds.
pub const OFFER_SECS: RangeInclusive<u64> = 1..=3_600;
/// How long a session may live in which nothing is said, in seconds: up to 90 days.
pub const EXPIRY_SECS: RangeInclusive<u64> = 1..=90 * 86_400;
/// How long a message may wait in which it can be taken back, in seconds.
pub const UNDO_SECS: RangeInclusive<u64> = 0..=60;
/// After how long offers may be accepted for someone, in seconds.
pub const AUTO_ANSWER_SECS: RangeInclusive<u64> = 0..=3_600;
/// The priority something may have; the most goes before what has waited for a week.
pub const PRIORITY: RangeInclusive<u32> = 0..=10_000;
/// How many interactions an agent may have at once.
pub const SMS_CAPACITY: RangeInclusive<u32> = 0..=1_000;

/// A short name that people type: of an agent, a queue, a disposition. Not a number alone, which stands for a row of a list.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with the text.
pub fn name(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err("must be 1 to 64 of the characters a-z 0-9 . _ -".to_owned());
    }
    if text.chars().all(|c| c.is_ascii_digit()) {
        return Err("must not be a number alone, which people type for a row of a list".to_owned());
    }
    Ok(())
}

/// What a queue is set to.
///
/// # Errors
/// The first field that is wrong.
pub fn queue(queue: &QueueSettings) -> Result<(), String> {
    type Check = fn(&str) -> Result<(), Unfilled>;
    millis("offer_ms", queue.offer_ms, &OFFER_SECS)?;
    millis("undo_ms", queue.undo_ms, &UNDO_SECS)?;
    millis("expiry_ms", queue.expiry_ms, &EXPIRY_SECS)?;
    priority(queue.priority)?;
    names("skills", &queue.skills)?;
    auto_answer(queue.auto_answer)?;
    hours(queue.hours.as_ref())?;
    let texts: [(_, _, Check); 4] = [
        ("signature", &queue.signature, fill::check),
        ("voice_text", &queue.voice_text, fill::check),
        ("waiting_text", &queue.waiting_text, fill::check_unsigned),
        ("closed_text", &queue.closed_text, fill::check_unsigned),
    ];
    for (field, text, check) in texts {
        text.as_deref().map_or(Ok(()), check).map_err(|problem| format!("{field} {problem}"))?;
    }
    Ok(())
}

/// A route, but for whether its queues are there.
///
/// # Errors
/// The first field that is wrong.
pub fn route(route: &Route) -> Result<(), String> {
    quoted("name", &route.name)?;
    for (number, rule) in (1..).zip(&route.rules) {
        self::rule(rule).map_err(|problem| format!("rule {number}: {problem}"))?;
    }
    Ok(())
}

fn rule(rule: &Rule) -> Result<(), String> {
    if rule.when == When::default() {
        return Err("it says nothing it is for".to_owned());
    }
    if let Some(ours) = &rule.when.number {
        number(ours)?;
    }
    for keyword in &rule.when.keywords {
        some("keywords", keyword)?;
    }
    hours(rule.when.hours.as_ref())?;
    priority(rule.priority)?;
    names("skills", &rule.skills)
}

/// An agent, but for whether their queues are there.
///
/// # Errors
/// The first field that is wrong.
pub fn agent(agent: &Agent) -> Result<(), String> {
    quoted("id", agent.who.id.as_str())?;
    some("name", &agent.who.name)?;
    if !SMS_CAPACITY.contains(&agent.capacity_for(WorkChannel::Sms)) {
        return Err(within("sms_capacity", *SMS_CAPACITY.start(), *SMS_CAPACITY.end()));
    }
    names("skills", &agent.skills)?;
    auto_answer(agent.auto_answer)
}

/// One of our numbers.
///
/// # Errors
/// What is wrong with it.
pub fn number(number: &Address) -> Result<(), String> {
    let shown = number.shown();
    Address::parse(&shown).map(drop).map_err(|problem| format!("“{shown}” {problem}"))
}

/// What interactions may be closed with.
///
/// # Errors
/// The first field that is wrong.
pub fn disposition(disposition: &Disposition) -> Result<(), String> {
    quoted("code", &disposition.code)?;
    some("label", &disposition.label)
}

/// A standard response.
///
/// # Errors
/// The first field that is wrong.
pub fn response(response: &Response) -> Result<(), String> {
    quoted("shortcut", &response.shortcut)?;
    some("text", &response.text)?;
    fill::check(&response.text).map_err(|problem| format!("text {problem}"))
}

/// What an IM or consult may begin with.
///
/// # Errors
/// The first field that is wrong.
pub fn predefined(predefined: &Predefined) -> Result<(), String> {
    quoted("key", &predefined.key)?;
    some("text", &predefined.text)
}

fn quoted(field: &str, text: &str) -> Result<(), String> {
    name(text).map_err(|problem| format!("{field} “{text}” {problem}"))
}

fn names<'n>(field: &str, names: impl IntoIterator<Item = &'n String>) -> Result<(), String> {
    names.into_iter().try_for_each(|name| quoted(field, name))
}

fn some(field: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err(format!("{field} is empty")) } else { Ok(()) }
}

fn within(field: &str, least: impl std::fmt::Display, most: impl std::fmt::Display) -> String {
    format!("{field} is between {least} and {most}")
}

fn millis(field: &str, ms: u64, secs: &RangeInclusive<u64>) -> Result<(), String> {
    let (least, most) = (secs.start() * 1_000, secs.end() * 1_000);
    if (least..=most).contains(&ms) { Ok(()) } else { Err(within(field, least, most)) }
}

fn priority(points: i64) -> Result<(), String> {
    let is_one = u32::try_from(points).is_ok_and(|points| PRIORITY.contains(&points));
    if is_one { Ok(()) } else { Err(within("priority", *PRIORITY.start(), *PRIORITY.end())) }
}

fn auto_answer(auto: Option<AutoAnswer>) -> Result<(), String> {
    auto.map_or(Ok(()), |auto| millis("auto_answer.after_ms", auto.after_ms, &AUTO_ANSWER_SECS))
}

/// Hours make sense if they can be written down and read again.
fn hours(hours: Option<&Hours>) -> Result<(), String> {
    let Some(hours) = hours else { return Ok(()) };
    match Hours::parse(&hours.to_string(), "UTC") {
        Ok(read) if read == *hours => Ok(()),
        Ok(_) => Err("hours are in no order in which they can be read".to_owned()),
        Err(problem) => Err(format!("hours: {problem}")),
    }
}
