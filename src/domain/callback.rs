//! Callbacks: a contact is to be called at a time. Until then it is a note of when and by whom; when it is
//! due, it becomes an interaction of its own, which is queued and offered like any other.

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

use super::agent::AgentRef;
use super::hours::Hours;
use super::ids::{InteractionId, QueueName};
use super::interaction::Interaction;
use super::notice::NotCalled;
use super::timer::{Due, Timer};
use super::when::Moment;
use crate::clock::Millis;

/// How many callbacks may be to come of one conversation.
pub const MOST: usize = 20;

/// A callback that is to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The command it was asked for in: it is known by that.
    pub event: OwnedEventId,
    /// The conversation with whoever is to be called.
    pub interaction: InteractionId,
    /// Who asked for it.
    pub by: AgentRef,
    /// Whether they are asked first to call; else it is anybody of the queue.
    pub personal: bool,
    /// The queue it goes into.
    pub queue: QueueName,
    /// When it was wanted.
    pub when: Moment,
    /// When it is due now; later than it was wanted if its queue was closed then.
    pub due_at: Millis,
    /// The line of that conversation's transcript with what is noted about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What becomes of a callback that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It begins now.
    Begins,
    /// Its queue is closed: it waits until then.
    Waits(Millis),
    /// It does not take place.
    Drops(NotCalled),
}

impl Callback {
    /// The timer by which it falls due.
    #[must_use]
    pub fn timer(&self) -> Timer {
        let (event, at) = (self.event.clone(), self.due_at);
        Timer { due_at: at, what: Due::Callback { event, at } }
    }
}

/// What becomes now of a callback of a conversation. `hours` are those of its queue, if there is such a queue
/// and it has any.
#[must_use]
pub fn fate(of: &Interaction, blocked: bool, hours: Result<Option<&Hours>, NotCalled>, now: Millis) -> Fate {
    if of.erased.is_some() || of.emptied_at.is_some() {
        return Fate::Drops(NotCalled::Erased);
    }
    if blocked {
        return Fate::Drops(NotCalled::Blocked);
    }
    match hours {
        Err(why) => Fate::Drops(why),
        Ok(Some(hours)) if !hours.is_open(now) => {
            hours.opens(now).map_or(Fate::Drops(NotCalled::NeverOpen), Fate::Waits)
        }
        Ok(_) => Fate::Begins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ErasureId;
    use crate::domain::samples::{active, interaction};

    fn at(text: &str) -> Millis {
        Millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn it_begins_while_its_queue_is_open_and_waits_for_that_otherwise() {
        let hours = Hours::parse("mon-fri 09:00-17:00; not 2026-12-25", "Europe/Berlin").unwrap();
        let never = Hours::parse("not 2026-12-25", "UTC").unwrap();
        let of = interaction(active());
        // Friday, and it is winter in Berlin.
        let (open, closed) = (at("2026-12-18T15:59:00Z"), at("2026-12-18T16:00:00Z"));
        assert_eq!(fate(&of, false, Ok(None), closed), Fate::Begins);
        assert_eq!(fate(&of, false, Ok(Some(&hours)), open), Fate::Begins);
        let monday = Fate::Waits(at("2026-12-21T08:00:00Z"));
        assert_eq!(fate(&of, false, Ok(Some(&hours)), closed), monday);
        assert_eq!(fate(&of, false, Ok(Some(&never)), closed), Fate::Drops(NotCalled::NeverOpen));
    }

    #[test]
    fn nobody_is_called_who_is_blocked_or_erased_and_nothing_goes_into_a_queue_that_is_gone() {
        let of = interaction(active());
        let now = at("2026-12-18T12:00:00Z");
        assert_eq!(fate(&of, true, Ok(None), now), Fate::Drops(NotCalled::Blocked));
        let no_queue = Err(NotCalled::NoQueue);
        assert_eq!(fate(&of, false, no_queue, now), Fate::Drops(NotCalled::NoQueue));
        let erased = of.erased(&ErasureId::new("e-7f3k2"), now);
        assert_eq!(fate(&erased, true, no_queue, now), Fate::Drops(NotCalled::Erased));
    }
}
