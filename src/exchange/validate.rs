//! Whether a desk of a file makes sense: as much as the config and the commands ask for.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use anyhow::bail;
use ruma::UserId;

use crate::domain::agent::Agent;
use crate::domain::ids::QueueName;
use crate::domain::input::Setup;
use crate::domain::interaction::Disposition;
use crate::domain::not_ready::Reason;
use crate::domain::overflow::{Known, targets};
use crate::domain::queue::{QueueSettings, Target};
use crate::domain::settings::{Setting, Table as _, checks};
use crate::domain::talk::Predefined;
use crate::domain::text::keywords::{self, Keywords};
use crate::domain::validate;

/// How many faults are named.
const NAMED: usize = 10;

/// Looks through all entries of a desk that is to come to the desk that is here; `owns` tells whether a user
/// is the bridge's own; `words` are the keywords of numbers that have none of their own.
///
/// # Errors
/// The entries that make no sense, each by its section and place in it: as many as ten, a line each.
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
    let known = overflow_may_name(desk, here);
    let mut faults = Vec::new();
    faults.extend(each(
        "queues",
        &desk.queues,
        |(name, _)| name.as_str(),
        |(name, settings)| {
            checks::name(name.as_str()).map_err(|problem| format!("name “{name}” {problem}"))?;
            settings.check()?;
            let problem = known.check(name.as_str(), &settings.overflow);
            problem.map_err(|problem| format!("overflow {problem}"))
        },
    ));
    faults.extend(each(
        "routes",
        &desk.routes,
        |route| route.name.as_str(),
        |route| {
            validate::route(route)?;
            route.queues().into_iter().try_for_each(is_queue)
        },
    ));
    faults.extend(each(
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
    ));
    faults.extend(each(
        "agents",
        &desk.agents,
        |agent| agent.who.id.as_str(),
        |agent| {
            validate::agent(agent)?;
            agent.queues.iter().try_for_each(is_queue)?;
            if owns(&agent.who.user) { Err("user is the bridge's own".to_owned()) } else { Ok(()) }
        },
    ));
    faults.extend(each("agents", &desk.agents, |agent: &Agent| agent.who.user.as_str(), |_| Ok(())));
    let code = |of: &Disposition| of.code.clone();
    faults.extend(each("dispositions", &desk.dispositions, code, validate::disposition));
    let code = |of: &Reason| of.code.clone();
    faults.extend(each("reasons", &desk.reasons, code, Reason::checked));
    faults.extend(each(
        "responses",
        &desk.responses,
        |response| response.shortcut.as_str(),
        |response| {
            // A desk as it was exported may have a blank that nothing uses yet.
            validate::response_so_far(response)?;
            response.queues.iter().try_for_each(is_queue)
        },
    ));
    let key = |of: &Predefined| of.key.clone();
    faults.extend(each("predefined", &desk.predefined, key, validate::predefined));
    faults.extend(each("settings", &desk.settings, |setting: &Setting| setting.name.clone(), |_| Ok(())));
    told(&faults)
}

/// What the overflow of queues may name, once a desk has come to the one that is here.
fn overflow_may_name<'d>(desk: &'d Setup, here: &'d Setup) -> Known<'d> {
    let is_new = |name: &QueueName| !desk.queues.iter().any(|(other, _)| other == name);
    let stays = here.queues.iter().filter(|(name, _)| is_new(name));
    let queues: Vec<_> = desk.queues.iter().chain(stays).collect();
    let of_queues = queues.iter().flat_map(|(_, queue)| &queue.skills);
    let routes = desk.routes.iter().chain(&here.routes);
    let of_routes = routes.flat_map(|route| &route.rules).flat_map(|rule| &rule.skills);
    let of_agents = desk.agents.iter().chain(&here.agents).flat_map(|agent| &agent.skills);
    let leads = |of: &'d QueueSettings| targets(&of.overflow).into_iter().map(QueueName::as_str).collect();
    Known {
        skills: of_queues.chain(of_routes).chain(of_agents).map(String::as_str).collect(),
        queues: queues.into_iter().map(|(name, queue)| (name.as_str(), leads(queue))).collect(),
    }
}

/// All faults as one error: one alone as it is, several a line each.
fn told(faults: &[String]) -> anyhow::Result<()> {
    match faults {
        [] => Ok(()),
        [one] => bail!("{one}"),
        several => {
            let named = several[..several.len().min(NAMED)].join("\n");
            let more = match several.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("\nand {more} more"),
            };
            bail!("there are {} faults, and nothing was taken in:\n{named}{more}", several.len())
        }
    }
}

/// Looks at each entry of a section; what names it, it names once. Returns what is wrong.
fn each<'e, T, N: Display + Eq + Hash>(
    section: &str,
    entries: &'e [T],
    named: impl Fn(&'e T) -> N,
    check: impl Fn(&'e T) -> Result<(), String>,
) -> Vec<String> {
    let (mut seen, mut faults) = (HashSet::new(), Vec::new());
    for (number, entry) in (1..).zip(entries) {
        let problem = check(entry).err();
        let is_new = seen.insert(named(entry));
        let again = (!is_new).then(|| format!("“{}” is there already", named(entry)));
        faults.extend(problem.or(again).map(|problem| format!("{section}, entry {number}: {problem}")));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::overflow::OverflowStep;
    use crate::domain::response::Response;

    #[test]
    fn overflow_names_what_is_in_the_file_or_here_and_leads_nowhere_back() {
        let queue = |name: &str, steps: &[&str]| {
            let overflow = steps.iter().map(|step| OverflowStep::parse(step).unwrap()).collect();
            (QueueName::new(name), QueueSettings { overflow, ..QueueSettings::default() })
        };
        let skilled = |(name, queue): (QueueName, QueueSettings)| {
            (name, QueueSettings { skills: vec!["french".to_owned()], ..queue })
        };
        let here = Setup {
            queues: vec![skilled(queue("billing", &["60 to support"])), queue("night", &[])],
            ..Setup::default()
        };
        let check = |queues: Vec<(QueueName, QueueSettings)>| {
            let desk = Setup { queues, ..Setup::default() };
            super::check(&desk, &here, &Keywords::default(), &|_| false).map_err(|error| error.to_string())
        };
        assert_eq!(check(vec![queue("support", &["60 to night", "90 drop_skills french"])]), Ok(()));
        // What comes takes the place of what is here.
        assert_eq!(check(vec![queue("support", &["60 to billing"]), queue("billing", &[])]).err(), None);
        for (steps, why) in [
            (
                &["60 to billing"],
                "queues, entry 1: overflow to “billing” leads back here: support → billing → support",
            ),
            (&["60 to sales"], "overflow to “sales” is not a queue; there is billing, night"),
            (&["60 drop_skills latin"], "overflow drop_skills “latin” is not a skill"),
            (&["60 text {{ agent.name }}"], "overflow step 1: text names {{ agent.name }}"),
        ] {
            let problem = check(vec![queue("support", steps)]).unwrap_err();
            assert!(problem.contains(why), "{problem}");
        }
    }

    #[test]
    fn a_response_that_is_half_made_comes_in_as_it_was_exported() {
        let mut half = Response::new("visit".to_owned(), "See you soon".to_owned());
        half.ask = vec!["day".to_owned()];
        let problem = |response: Response| {
            let desk = Setup { responses: vec![response], ..Setup::default() };
            check(&desk, &Setup::default(), &Keywords::default(), &|_| false)
                .map_err(|error| error.to_string())
        };
        assert_eq!(problem(half.clone()), Ok(()));
        half.text = "See you on {{ dya }}".to_owned();
        assert!(problem(half).unwrap_err().contains("names {{ dya }}"));
    }

    #[test]
    fn every_fault_of_a_file_is_named_up_to_ten() {
        let predefined = |key: &str| Predefined { key: key.to_owned(), text: String::new() };
        let desk = |count: usize| Setup {
            predefined: (0..count).map(|number| predefined(&format!("key{number}"))).collect(),
            ..Setup::default()
        };
        let problem = |count: usize| {
            let words = Keywords::default();
            check(&desk(count), &Setup::default(), &words, &|_| false).unwrap_err().to_string()
        };
        assert_eq!(problem(1), "predefined, entry 1: text is empty");
        assert!(
            problem(2).ends_with("\npredefined, entry 1: text is empty\npredefined, entry 2: text is empty")
        );
        assert_eq!(problem(12).lines().count(), 12, "a heading, ten faults, and how many more");
        assert!(problem(12).ends_with("\nand 2 more"));
    }
}
