//! Whether a desk of a file makes sense: as much as the config and the commands ask for.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use anyhow::bail;
use ruma::UserId;

use crate::domain::agent::Agent;
use crate::domain::ids::QueueName;
use crate::domain::input::Setup;
use crate::domain::queue::Target;
use crate::domain::settings::{Table as _, checks};
use crate::domain::text::keywords::{self, Keywords};
use crate::domain::validate;

/// Looks through all entries of a desk that is to come to the desk that is here; `owns` tells whether a user
/// is the bridge's own; `words` are the keywords of numbers that have none of their own.
///
/// # Errors
/// The first entry that makes no sense, by its section and place in it.
pub(super) fn check(
    desk: &Setup,
    here: &Setup,
    words: &Keywords,
    owns: &dyn Fn(&UserId) -> bool,
) -> anyhow::Result<()> {
    let queues: HashSet<&QueueName> = desk.queues.iter().chain(&here.queues).map(|(name, _)| name).collect();
    let routes: HashSet<&str> =
        desk.routes.iter().chain(&here.routes).map(|route| route.name.as_str()).collect();
    let is_queue = |queue: &QueueName| {
        if queues.contains(queue) { Ok(()) } else { Err(format!("there is no queue “{queue}”")) }
    };
    each(
        "queues",
        &desk.queues,
        |(name, _)| name.as_str(),
        |(name, settings)| {
            checks::name(name.as_str()).map_err(|problem| format!("name “{name}” {problem}"))?;
            settings.check()
        },
    )?;
    each(
        "routes",
        &desk.routes,
        |route| route.name.as_str(),
        |route| {
            validate::route(route)?;
            route.queues().into_iter().try_for_each(is_queue)
        },
    )?;
    each(
        "numbers",
        &desk.numbers,
        |(number, _)| number.shown(),
        |(number, settings)| {
            validate::number(number)?;
            settings.check()?;
            if let Some(problem) = keywords::problems(&settings.keywords(), words).into_iter().next() {
                return Err(problem);
            }
            match &settings.target {
                Target::Queue(queue) => is_queue(queue),
                Target::Route(route) if routes.contains(route.as_str()) => Ok(()),
                Target::Route(route) => Err(format!("there is no route “{route}”")),
            }
        },
    )?;
    each(
        "agents",
        &desk.agents,
        |agent| agent.who.id.as_str(),
        |agent| {
            validate::agent(agent)?;
            agent.queues.iter().try_for_each(is_queue)?;
            if owns(&agent.who.user) { Err("user is the bridge's own".to_owned()) } else { Ok(()) }
        },
    )?;
    each("agents", &desk.agents, |agent: &Agent| agent.who.user.as_str(), |_| Ok(()))?;
    each("dispositions", &desk.dispositions, |disposition| disposition.code.as_str(), validate::disposition)?;
    each(
        "responses",
        &desk.responses,
        |response| response.shortcut.as_str(),
        |response| {
            validate::response(response)?;
            response.queues.iter().try_for_each(is_queue)
        },
    )?;
    each("predefined", &desk.predefined, |predefined| predefined.key.as_str(), validate::predefined)?;
    each("settings", &desk.settings, |setting| setting.name.as_str(), |_| Ok(()))
}

/// Looks at each entry of a section; what names it, it names once.
fn each<'e, T, N: Display + Eq + Hash>(
    section: &str,
    entries: &'e [T],
    named: impl Fn(&'e T) -> N,
    check: impl Fn(&'e T) -> Result<(), String>,
) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    for (number, entry) in (1..).zip(entries) {
        if let Err(problem) = check(entry) {
            bail!("{section}, entry {number}: {problem}");
        }
        if !seen.insert(named(entry)) {
            bail!("{section}, entry {number}: “{}” is there already", named(entry));
        }
    }
    Ok(())
}
