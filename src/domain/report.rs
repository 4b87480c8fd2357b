//! The report: counts and times of a period, computed exactly from the changes each interaction went through.
//!
//! - A conversation **began** when its first text came, and is **taken** when an agent first owns it; its
//!   **wait** is the time between.
//! - It is **done** when its owner closes it; its **handle time** is the time since it began, or was done
//!   before, in which an agent owned it and it was active, held or in wrap-up. Snoozed and expired time does
//!   not count.
//! - Of a queue each is counted in the period in which it happened, with the whole wait and handle time it
//!   had by then.
//! - What an agent began by a text is not counted; an answer begins a conversation like any other.
//! - An agent **took** a conversation when they became its owner, from whomever. Their handle time is what of
//!   it lies inside the period.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};

use super::ids::{AgentId, InteractionId, QueueName};
use crate::clock::Millis;

/// The state that is kept of a conversation that an agent began by a text. It is known by it who did.
pub const BEGUN: &str = "outbound";

/// What an interaction was from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The interaction that changed.
    pub interaction: InteractionId,
    /// The moment from which it was so.
    pub at: Millis,
    /// The queue it was in.
    pub queue: QueueName,
    /// The agent who owned it, if anyone did.
    pub owner: Option<AgentId>,
    /// Its state, as the state event names it.
    pub state: String,
}

/// A queue in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLine {
    /// Its name.
    pub queue: String,
    /// How many conversations began.
    pub began: u32,
    /// How many were first taken.
    pub taken: u32,
    /// How many were done.
    pub done: u32,
    /// The average wait of those taken, in seconds.
    pub wait_secs: u64,
    /// The longest wait, in seconds.
    pub longest_secs: u64,
    /// The average handle time of those done, in seconds.
    pub handle_secs: u64,
}

/// An agent in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentLine {
    /// Their id, or their name once someone has looked it up.
    pub agent: String,
    /// How many conversations they took.
    pub taken: u32,
    /// How many they closed.
    pub done: u32,
    /// How many they worked on.
    pub had: u32,
    /// Their handle time in the period, in seconds.
    pub worked_secs: u64,
    /// That, on average for each conversation they worked on, in seconds.
    pub handle_secs: u64,
}

/// A tag in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagLine {
    /// The tag.
    pub tag: String,
    /// How many conversations have it that began in the period.
    pub began: u32,
}

/// How long an agent was ready in a period, and not ready for which reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLine {
    /// Their name, or their id if they are no longer an agent.
    pub agent: String,
    /// What they were, and for how long.
    pub times: Vec<StateTime>,
}

/// How long an agent was something in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTime {
    /// `ready`, `not_ready` or `signed_off`.
    pub state: String,
    /// The label of the desk's reason; nothing where they gave none of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// In all, in seconds.
    pub secs: u64,
}

#[derive(Default)]
struct QueueSums {
    line: QueueLine,
    waits: Duration,
    handled: Duration,
}

#[derive(Default)]
struct AgentSums {
    line: AgentLine,
    worked: Duration,
    had: BTreeSet<InteractionId>,
}

#[derive(Default)]
struct Sums {
    queues: BTreeMap<QueueName, QueueSums>,
    agents: BTreeMap<AgentId, AgentSums>,
}

/// Counts what happened from `from` until, not including, `to`. `changes` holds all changes of the
/// interactions that were alive in that time, grouped by interaction and in order. `now` ends those that
/// still go on.
#[must_use]
pub fn tally(changes: &[Change], from: Millis, to: Millis, now: Millis) -> (Vec<QueueLine>, Vec<AgentLine>) {
    let mut sums = Sums::default();
    for of_one in changes.chunk_by(|one, next| one.interaction == next.interaction) {
        sums.add(of_one, from, to, now);
    }
    let queues = sums.queues.into_iter().map(|(queue, sums)| QueueLine {
        queue: queue.as_str().to_owned(),
        wait_secs: mean(sums.waits, sums.line.taken),
        handle_secs: mean(sums.handled, sums.line.done),
        ..sums.line
    });
    let agents = sums.agents.into_iter().map(|(agent, sums)| {
        let had = u32::try_from(sums.had.len()).unwrap_or(u32::MAX);
        AgentLine {
            agent: agent.as_str().to_owned(),
            had,
            worked_secs: sums.worked.as_secs(),
            handle_secs: mean(sums.worked, had),
            ..sums.line
        }
    });
    (queues.collect(), agents.collect())
}

fn mean(sum: Duration, count: u32) -> u64 {
    sum.checked_div(count).unwrap_or_default().as_secs()
}

impl Sums {
    fn add(&mut self, of_one: &[Change], from: Millis, to: Millis, now: Millis) {
        let inside = |at: Millis| from <= at && at < to;
        let Some(first) = of_one.first() else { return };
        // Nobody waited for what an agent began.
        if first.state == BEGUN {
            return;
        }
        if inside(first.at) {
            self.queues.entry(first.queue.clone()).or_default().line.began += 1;
        }
        let (mut was_taken, mut handled) = (false, Duration::ZERO);
        for (index, change) in of_one.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &of_one[before]);
            if let Some(owner) = &change.owner {
                if before.and_then(|before| before.owner.as_ref()) != Some(owner) && inside(change.at) {
                    self.agents.entry(owner.clone()).or_default().line.taken += 1;
                }
                if !was_taken && inside(change.at) {
                    self.queue_took(change, change.at.since(first.at));
                }
                was_taken = true;
            }
            if change.state == "done" && before.is_none_or(|before| before.state != "done") {
                if inside(change.at) {
                    let queue = self.queues.entry(change.queue.clone()).or_default();
                    queue.line.done += 1;
                    queue.handled += handled;
                    if let Some(owner) = before.and_then(|before| before.owner.as_ref()) {
                        self.agents.entry(owner.clone()).or_default().line.done += 1;
                    }
                }
                handled = Duration::ZERO;
            }
            let until = of_one.get(index + 1).map_or(now, |next| next.at);
            handled += self.worked(change, until, (from, to));
        }
    }

    fn queue_took(&mut self, change: &Change, wait: Duration) {
        let queue = self.queues.entry(change.queue.clone()).or_default();
        queue.line.taken += 1;
        queue.waits += wait;
        queue.line.longest_secs = queue.line.longest_secs.max(wait.as_secs());
    }

    /// The handle time of one change: the whole of it, and the part inside the period, which is its owner's.
    fn worked(&mut self, change: &Change, until: Millis, (from, to): (Millis, Millis)) -> Duration {
        let Some(owner) = &change.owner else { return Duration::ZERO };
        if !matches!(change.state.as_str(), "active" | "held" | "wrap_up") {
            return Duration::ZERO;
        }
        let inside = until.min(to).since(change.at.max(from));
        if inside > Duration::ZERO {
            let agent = self.agents.entry(owner.clone()).or_default();
            agent.worked += inside;
            agent.had.insert(change.interaction.clone());
        }
        until.since(change.at)
    }
}

/// Reads a period, as its first moment and the first one after it: `today`, `yesterday`, `week` (since
/// Monday), a date, or two dates with `..` between, both included.
#[must_use]
pub fn period(typed: &str, now: Millis, zone: &TimeZone) -> Option<(Millis, Millis)> {
    let today = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone()).date();
    let date = |text: &str| text.trim().parse::<Date>().ok();
    let (first, last) = match typed.trim().to_lowercase().as_str() {
        "" | "today" => (today, today),
        "yesterday" => {
            let yesterday = today.yesterday().ok()?;
            (yesterday, yesterday)
        }
        "week" => {
            let since_monday = i64::from(today.weekday().to_monday_zero_offset());
            (today.checked_sub(since_monday.days()).ok()?, today)
        }
        dates => match dates.split_once("..") {
            Some((first, last)) => (date(first)?, date(last)?),
            None => (date(dates)?, date(dates)?),
        },
    };
    let begin = |day: Date| Some(Millis(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()));
    (first <= last).then_some((begin(first)?, begin(last.tomorrow().ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn change(minute: i64, owner: Option<&str>, state: &str) -> Change {
        Change {
            interaction: InteractionId::new("i-7f3k2"),
            at: Millis(minute * MINUTE),
            queue: QueueName::new("support"),
            owner: owner.map(AgentId::new),
            state: state.to_owned(),
        }
    }

    /// Waits 5 minutes; alice has it for 10, holds it for 5 of them, snoozes 20, transfers; bob has it for 2.
    fn life() -> Vec<Change> {
        vec![
            change(0, None, "queued"),
            change(1, None, "offered"),
            change(5, Some("alice"), "active"),
            change(10, Some("alice"), "held"),
            change(15, Some("alice"), "snoozed"),
            change(35, Some("bob"), "active"),
            change(37, None, "done"),
        ]
    }

    fn at(minute: i64) -> Millis {
        Millis(minute * MINUTE)
    }

    #[test]
    fn times_are_exact_and_snoozed_time_is_nobodys() {
        let (queues, agents) = tally(&life(), at(0), at(100), at(100));
        let support = QueueLine {
            queue: "support".to_owned(),
            began: 1,
            taken: 1,
            done: 1,
            wait_secs: 300,
            longest_secs: 300,
            handle_secs: 12 * 60,
        };
        assert_eq!(queues, [support]);
        let alice = AgentLine {
            agent: "alice".to_owned(),
            taken: 1,
            done: 0,
            had: 1,
            worked_secs: 600,
            handle_secs: 600,
        };
        let bob = AgentLine {
            agent: "bob".to_owned(),
            done: 1,
            worked_secs: 120,
            handle_secs: 120,
            ..alice.clone()
        };
        assert_eq!(agents, [alice, bob]);
    }

    #[test]
    fn each_thing_counts_in_the_period_in_which_it_happened() {
        let (queues, agents) = tally(&life(), at(8), at(36), at(36));
        assert_eq!((queues.len(), agents.len()), (0, 2), "it began and was taken before, and done after");
        assert_eq!((agents[0].taken, agents[0].worked_secs), (0, 7 * 60));
        assert_eq!((agents[1].taken, agents[1].done, agents[1].worked_secs), (1, 0, 60));
        let (queues, _) = tally(&life(), at(36), at(100), at(100));
        assert_eq!((queues[0].began, queues[0].done, queues[0].handle_secs), (0, 1, 12 * 60));
    }

    #[test]
    fn what_goes_on_counts_until_now_and_a_second_life_for_itself() {
        let mut open = life();
        open.extend([
            change(40, Some("bob"), "active"),
            change(43, None, "done"),
            change(50, Some("bob"), "active"),
        ]);
        let (queues, agents) = tally(&open, at(0), at(100), at(51));
        assert_eq!((queues[0].done, queues[0].taken, queues[0].handle_secs), (2, 1, (12 + 3) * 60 / 2));
        assert_eq!((agents[1].taken, agents[1].worked_secs), (3, (2 + 3 + 1) * 60));
    }

    #[test]
    fn what_an_agent_began_is_nobodys_wait_and_nobodys_work() {
        let begun = Change { state: BEGUN.to_owned(), ..change(5, Some("alice"), "") };
        assert_eq!(tally(&[begun], at(0), at(100), at(100)), (vec![], vec![]));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(tally(&[], at(0), at(1), at(1)), (vec![], vec![]));
    }

    #[test]
    fn a_period_begins_and_ends_at_midnight_of_the_desk() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // Tuesday, 14 November 2023, 23:13 in Berlin.
        let now = Millis(1_700_000_000_000);
        let period = |typed| period(typed, now, &berlin).map(|(from, to)| (from.0, to.0));
        let day = 86_400_000;
        let today = 1_699_916_400_000;
        assert_eq!(period("today"), Some((today, today + day)));
        assert_eq!(period(""), period("Today"));
        assert_eq!(period("yesterday"), Some((today - day, today)));
        assert_eq!(period("week"), Some((today - day, today + day)));
        assert_eq!(period("2023-11-01..2023-11-14"), Some((today - 13 * day, today + day)));
        assert_eq!(period("2023-11-14"), period("today"));
        for nonsense in ["2023-11-14..2023-11-01", "soon", "2023-13-01", ".."] {
            assert_eq!(period(nonsense), None, "{nonsense}");
        }
    }
}
