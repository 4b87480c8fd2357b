//! What queues, routes and agents say about who is asked, and when.

use std::collections::HashMap;

use super::check;
use super::read::Fields;
use crate::domain::address::Address;
use crate::domain::hours::{self, DAYS, Hours};
use crate::domain::ids::QueueName;
use crate::domain::queue::AutoAnswer;
use crate::domain::route::{Route, Rule, When};
use crate::domain::settings;
use crate::domain::sound;

/// The priority of something, in points of a minute each.
pub(super) fn priority(fields: &Fields<'_>) -> i64 {
    fields.count("priority", 0, sound::PRIORITY).into()
}

/// How offers are accepted for someone; nothing if they do it themselves.
pub(super) fn auto_answer(fields: &Fields<'_>) -> Option<AutoAnswer> {
    let given = fields.get("auto_answer").is_some();
    let read = |auto: &Fields<'_>| {
        let after_secs = auto.number("after_secs", 0, sound::AUTO_ANSWER_SECS);
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
            .value("time_zone", zone.to_owned(), |text| settings::time_zone(text).map(|_| text.to_owned())),
    });
    given.then_some(hours)
}

/// One of `desk.routes`; `queues` are the names of `desk.queues`.
pub(super) fn route(
    fields: &Fields<'_>,
    queues: &[String],
    zone: &str,
    seen: &mut HashMap<String, String>,
) -> Option<Route> {
    let name = fields.required("name", check::name);
    if let Some(name) = &name {
        fields.unique(seen, "name", name);
    }
    let rules = fields.sections("rules", |rule| self::rule(rule, queues, zone));
    let otherwise = fields.required("otherwise", |text| queue(text, queues));
    Some(Route { name: name?, rules, otherwise: otherwise? })
}

fn rule(fields: &Fields<'_>, queues: &[String], zone: &str) -> Option<Rule> {
    let when = fields.section("when", |when| When {
        number: when.optional("number", Address::parse),
        keywords: when.list("keywords", check::text).unwrap_or_default(),
        hours: hours(when, zone),
        contact: when.pairs("contact"),
    });
    if when == When::default() {
        fields
            .mistake("when", "says nothing, so that the rule fits everything; that is what otherwise is for");
    }
    let queue = fields.required("queue", |text| queue(text, queues));
    let priority = priority(fields);
    let skills = fields.list("skills", check::name).unwrap_or_default();
    Some(Rule { when, queue: queue?, priority, skills })
}

fn queue(text: &str, queues: &[String]) -> Result<QueueName, String> {
    check::one_of(text, queues, "a queue of desk.queues").map(QueueName::new)
}
