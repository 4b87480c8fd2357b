//! `desk.queues[].overflow`: the steps of a queue's overflow, each a small section.

use crate::domain::ids::QueueName;
use crate::domain::overflow::{self, Known, NOBODY_READY, OverflowAction, OverflowStep, OverflowWhen, SECS};
use crate::domain::settings::checks;
use crate::yaml::{Fields, Glimpse};

/// What a step may do.
const ACTIONS: [&str; 3] = ["to", "drop_skills", "text"];

/// What steps may name, as the section of the desk says it. Nothing of it is read here, and so nothing of it
/// is wrong.
pub(super) fn known<'r>(desk: &Fields<'r>) -> Known<'r> {
    let items = |list: &str| desk.glimpse(list).map(Glimpse::items).unwrap_or_default();
    let mut known = Known::default();
    for queue in items("queues") {
        known.skills.extend(queue.values(&["skills"]));
        let leads = queue.values(&["overflow", "to"]);
        known.queues.extend(queue.values(&["name"]).into_iter().map(|name| (name, leads.clone())));
    }
    known.skills.extend(items("routes").into_iter().flat_map(|route| route.values(&["rules", "skills"])));
    known.skills.extend(items("agents").into_iter().flat_map(|agent| agent.values(&["skills"])));
    known
}

/// Reads the steps of a queue; nothing if none are given. Those that are wrong are noted and left out.
pub(super) fn steps(queue: &Fields<'_>, key: &str, known: Option<&Known<'_>>) -> Option<Vec<OverflowStep>> {
    let of = queue.glimpse("name").map(|name| name.values(&[])).unwrap_or_default();
    let of = of.first().copied().unwrap_or_default();
    let no_step = |_: &str| Err("is not a step; write one like {after_secs: 120, to: billing}".to_owned());
    let steps = queue.items(key, no_step, |fields| step(fields, of, known))?;
    if let Err(problem) = overflow::check(&steps) {
        queue.mistake(key, format!("is wrong: {problem}"));
    }
    Some(steps)
}

fn step(fields: &Fields<'_>, of: &str, known: Option<&Known<'_>>) -> Option<OverflowStep> {
    let when = when(fields);
    let leads = |text: &str| known.map_or(Ok(()), |known| known.leads(of, text));
    let asks = |text: &str| known.map_or(Ok(()), |known| known.asks(text));
    let to = fields.optional("to", |text| leads(text).map(|()| QueueName::new(text)));
    let skills = fields.list("drop_skills", |text| asks(text).map(|()| text.to_owned()));
    let text = fields.optional("text", |text| checks::waiting(text).map(|()| text.to_owned()));
    let given: Vec<&str> = ACTIONS.into_iter().filter(|key| fields.get(key).is_some()).collect();
    match given.as_slice() {
        [_] => {}
        [] => fields.mistake_here("says nothing to do; a step has one of to, drop_skills and text"),
        [first, second, ..] => {
            fields.mistake(second, format!("stands beside {first}; make it a step of its own"));
            return None;
        }
    }
    let action = to.map(OverflowAction::To);
    let action = action.or_else(|| skills.map(OverflowAction::DropSkills));
    let action = action.or_else(|| text.map(OverflowAction::Text));
    Some(OverflowStep { when: when?, action: action? })
}

fn when(fields: &Fields<'_>) -> Option<OverflowWhen> {
    match (fields.get("after_secs").is_some(), fields.get("when").is_some()) {
        (true, false) => {
            fields.given_number("after_secs", &SECS).map(|secs| OverflowWhen::After { ms: secs * 1_000 })
        }
        (false, true) => fields.optional("when", |text| {
            let is_it = text == NOBODY_READY;
            is_it.then_some(OverflowWhen::NobodyReady).ok_or_else(|| {
                format!("is not {NOBODY_READY}, which is all it can be; a time is given with after_secs")
            })
        }),
        (true, true) => {
            fields.mistake("when", "stands beside after_secs; a step has one of them");
            None
        }
        (false, false) => {
            fields.mistake_here("does not say when; a step has one of after_secs and when: nobody_ready");
            None
        }
    }
}
