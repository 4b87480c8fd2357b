//! `desk.routes`: rules that pick a queue.

use std::collections::HashMap;

use super::check;
use super::table::{self, Known};
use crate::domain::address::Address;
use crate::domain::ids::QueueName;
use crate::domain::queue::PRIORITY;
use crate::domain::route::{Route, Rule, When};
use crate::yaml::Fields;

/// One of `desk.routes`.
pub(super) fn route(
    fields: &Fields<'_>,
    known: Known<'_>,
    (seen, without_rules): (&mut HashMap<String, String>, &mut Vec<String>),
) -> Option<Route> {
    let name = fields.required("name", check::name);
    if let Some(name) = &name {
        fields.unique(seen, "name", name);
    }
    if fields.get("rules").is_none() {
        without_rules.extend(name.clone());
    }
    let rules = fields.sections("rules", |rule| self::rule(rule, known));
    let otherwise = fields.required("otherwise", |text| queue(text, known.queues));
    Some(Route { name: name?, rules, otherwise: otherwise? })
}

fn rule(fields: &Fields<'_>, known: Known<'_>) -> Option<Rule> {
    let when = fields.section("when", |when| When {
        number: when.optional("number", Address::parse),
        keywords: when.list("keywords", check::text).unwrap_or_default(),
        hours: table::hours(when, known.zone),
        contact: when.pairs("contact"),
    });
    if when == When::default() {
        fields
            .mistake("when", "says nothing, so that the rule fits everything; that is what otherwise is for");
    }
    let queue = fields.required("queue", |text| queue(text, known.queues));
    let priority = table::value(fields, "priority", &PRIORITY, known).and_then(|points| points.as_i64());
    let skills = fields.list("skills", check::name).unwrap_or_default();
    Some(Rule { when, queue: queue?, priority: priority.unwrap_or_default(), skills })
}

fn queue(text: &str, queues: &[String]) -> Result<QueueName, String> {
    check::one_of(text, queues, "a queue of desk.queues").map(QueueName::new)
}
