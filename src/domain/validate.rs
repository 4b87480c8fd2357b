//! Checks of the parts of a desk, whether they come from the config, an admin's command or an import.
//!
//! A mistake is a field and the end of a sentence about it.

use serde_json::json;

use super::address::Address;
use super::agent::Agent;
use super::interaction::Disposition;
use super::queue::PRIORITY;
use super::response::Response;
use super::route::{Route, Rule, When};
use super::settings::{Kind, Table as _, checks};
use super::talk::Predefined;

/// Checks a route, except whether its queues exist.
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
    Kind::Hours.check("hours", &json!(rule.when.hours))?;
    PRIORITY.check("priority", &rule.priority.into())?;
    names("skills", &rule.skills)
}

/// Checks an agent, except whether their queues exist.
///
/// # Errors
/// The first field that is wrong.
pub fn agent(agent: &Agent) -> Result<(), String> {
    quoted("id", agent.who.id.as_str())?;
    agent.check()
}

/// One of our numbers.
///
/// # Errors
/// What is wrong with it.
pub fn number(number: &Address) -> Result<(), String> {
    let shown = number.shown();
    Address::parse(&shown).map(drop).map_err(|problem| format!("“{shown}” {problem}"))
}

/// Checks a disposition.
///
/// # Errors
/// The first field that is wrong.
pub fn disposition(disposition: &Disposition) -> Result<(), String> {
    quoted("code", &disposition.code)?;
    some("label", &disposition.label)
}

/// A standard response as an admin makes it field by field, except whether its queues exist. Returns a blank
/// that nothing uses yet.
///
/// # Errors
/// The first field that is wrong.
pub fn response_so_far(response: &Response) -> Result<Option<&str>, String> {
    response.checked_so_far().map_err(|(field, problem)| format!("{field} {problem}"))
}

/// Checks a predefined message.
///
/// # Errors
/// The first field that is wrong.
pub fn predefined(predefined: &Predefined) -> Result<(), String> {
    quoted("key", &predefined.key)?;
    some("text", &predefined.text)?;
    if predefined.text.contains("{{") {
        return Err("text has {{ in it, and nothing is filled in here; write what is to be read".to_owned());
    }
    Ok(())
}

fn quoted(field: &str, text: &str) -> Result<(), String> {
    checks::name(text).map_err(|problem| format!("{field} “{text}” {problem}"))
}

fn names<'n>(field: &str, names: impl IntoIterator<Item = &'n String>) -> Result<(), String> {
    names.into_iter().try_for_each(|name| quoted(field, name))
}

fn some(field: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err(format!("{field} is empty")) } else { Ok(()) }
}
