//! What the config says of what is defined here: it wins at each start, so whoever changes it is told, and so
//! is the audit log at the start.

use serde_json::Value;

use super::super::fields;
use super::kinds::{Kind, document};
use super::rules;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::{Agent, Role};
use crate::domain::input::Setup;
use crate::domain::route::Route;
use crate::domain::settings::{Field, Table as _};

/// What the config says of one thing, and whether it names a field of it, as it is stored.
type Said<'s> = (Value, Box<dyn Fn(&str) -> bool + 's>);

/// What became of the fields of something: `undo_secs 1 → 5`; nothing where they are the same.
pub(crate) fn differences(before: &Value, after: &Value, table: &'static [Field]) -> Option<String> {
    let (before, after) = (fields::shown(before, table), fields::shown(after, table));
    let of = |all: &[(String, String)], sought: &str| {
        all.iter()
            .find(|(word, _)| word == sought)
            .map_or_else(|| "none".to_owned(), |(_, value)| value.clone())
    };
    let mut words: Vec<&String> = after.iter().map(|(word, _)| word).collect();
    words.extend(before.iter().map(|(word, _)| word).filter(|word| !after.iter().any(|(of, _)| of == *word)));
    let changed = words.into_iter().filter_map(|word| {
        let (was, is) = (of(&before, word), of(&after, word));
        (was != is).then(|| format!("{word} {was} → {is}"))
    });
    let all = changed.collect::<Vec<_>>().join(", ");
    (!all.is_empty()).then_some(all)
}

/// The same of routes, field by field of each rule.
pub(crate) fn differences_of_routes(before: &Route, after: &Route) -> Option<String> {
    differences(&rules::unfolded(before), &rules::unfolded(after), rules::FIELDS)
}

/// Whether the config undoes a change at the next start: it names what was changed, and says something else.
pub(super) fn wins(
    tx: &Tx<'_>,
    kind: Kind,
    name: &str,
    (before, after): (Option<&Value>, Option<&Value>),
) -> bool {
    said(&tx.settings.config, kind, name).is_some_and(|said| undoes(&said, before, after))
}

/// The same of an agent.
pub(in crate::commands) fn wins_over_agent(tx: &Tx<'_>, (before, after): (&Agent, &Agent)) -> bool {
    let config = &tx.settings.config;
    let Some(named) = config.agents.iter().find(|named| named.who.id == after.who.id) else { return false };
    // Whoever is among the admins is one, whatever else they are made.
    if named.is(Role::Admin) && !after.is(Role::Admin) {
        return true;
    }
    let is_named = all_but(&config.unsaid.agents, &named.who.id);
    undoes(&(named.document(), is_named), Some(&before.document()), Some(&after.document()))
}

/// Whether a field is named: all are, but for those that are unsaid of this one.
fn all_but<'s, K: PartialEq>(unsaid: &'s [(K, Vec<String>)], of: &K) -> Box<dyn Fn(&str) -> bool + 's> {
    let unsaid = unsaid.iter().find(|(known, _)| known == of).map_or(&[][..], |(_, unsaid)| unsaid);
    Box::new(move |field| unsaid.iter().all(|name| name != field))
}

fn undoes((named, is_named): &Said<'_>, before: Option<&Value>, after: Option<&Value>) -> bool {
    let Some(after) = after else { return true };
    let keys = [Some(named), Some(after), before].into_iter().flatten().filter_map(Value::as_object);
    let mut keys = keys.flat_map(|fields| fields.keys()).filter(|key| is_named(key));
    keys.any(|key| {
        let was_changed = before.is_none_or(|before| before.get(key) != after.get(key));
        was_changed && named.get(key) != after.get(key)
    })
}

fn said<'s>(config: &'s Setup, kind: Kind, name: &str) -> Option<Said<'s>> {
    match kind {
        Kind::Queue => {
            let (queue, settings) = config.queues.iter().find(|(queue, _)| queue.as_str() == name)?;
            Some((document(settings), all_but(&config.unsaid.queues, queue)))
        }
        Kind::Number => {
            let ours = Address::read(name);
            let (number, settings) = config.numbers.iter().find(|(number, _)| *number == ours)?;
            Some((document(settings), all_but(&config.unsaid.numbers, number)))
        }
        Kind::Route => {
            let route = config.routes.iter().find(|route| route.name == name)?;
            let names_rules = !config.unsaid.routes.contains(&route.name);
            Some((rules::unfolded(route), Box::new(move |field| names_rules || field == "otherwise")))
        }
        Kind::Disposition => {
            let disposition = config.dispositions.iter().find(|of| of.code == name)?;
            let names_label = !config.unsaid.dispositions.contains(&disposition.code);
            Some((document(disposition), Box::new(move |_| names_label)))
        }
        Kind::Reason => {
            let reason = config.reasons.iter().find(|of| of.code == name)?;
            Some((document(reason), all_but(&config.unsaid.reasons, &reason.code)))
        }
        Kind::Response => {
            let response = config.responses.iter().find(|of| of.shortcut == name)?;
            Some((document(response), Box::new(|_| true)))
        }
        Kind::Predefined => {
            let predefined = config.predefined.iter().find(|of| of.key == name)?;
            Some((document(predefined), Box::new(|_| true)))
        }
    }
}
