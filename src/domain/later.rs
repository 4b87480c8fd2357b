//! Texts that go to a contact later (`!later`): what is kept of one until its time comes, and what becomes of
//! it then.

use ruma::{OwnedEventId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::agent::AgentRef;
use super::ids::InteractionId;
use super::interaction::{Interaction, Phase, Work};
use super::notice::Stopped;
use super::response::Used;
use super::sent_file::SentFile;
use super::timer::{Due, Timer};
use super::when::Moment;
use crate::clock::Millis;

/// How many texts may wait for their time in one conversation.
pub const MOST: usize = 20;

/// A text that goes to a contact later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// The command it was typed in: it is known by that, and its marks go there.
    pub event: OwnedEventId,
    /// The conversation it was typed in.
    pub interaction: InteractionId,
    /// The Matrix account of whoever typed it.
    pub by: OwnedUserId,
    /// What the contact is to get.
    pub text: String,
    /// The standard response that it is, filled in when it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Used>,
    /// The files of that response.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SentFile>,
    /// When it goes.
    pub when: Moment,
    /// When it was typed.
    pub since: Millis,
    /// How many texts of the contact the conversation had then.
    pub heard: i64,
    /// Why it waits for somebody's word, once its time has come, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Stopped>,
}

/// What is known of a contact when the time of a text has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Seen {
    /// Whether they have written since it was typed.
    pub wrote: bool,
    /// Whether they want no texts.
    pub opted_out: bool,
    /// Whether they are blocked.
    pub blocked: bool,
    /// Whether they cannot be answered on their channel until they write again.
    pub window_closed: bool,
    /// Whether another agent than who had the conversation has a newer one with them.
    pub with_another: bool,
    /// Whether its time was over long ago.
    pub late: bool,
}

/// What becomes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes, as a message of this agent.
    Goes(AgentRef),
    /// This agent is asked whether it is to go.
    Asks(AgentRef, Stopped),
    /// It waits until somebody has the conversation, who is asked then.
    Waits,
    /// It is not sent.
    Drops(Stopped),
}

impl Later {
    /// The timer by which it goes.
    #[must_use]
    pub fn timer(&self) -> Timer {
        let (event, at) = (self.event.clone(), self.when.at);
        Timer { due_at: at, what: Due::Later { event, at } }
    }

    /// What it says as people may read it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.response.as_ref().and_then(|used| used.shown.as_ref()).unwrap_or(&self.text)
    }
}

/// What becomes of a text of a conversation now. In one that is done it goes on its own, in the name of who
/// had it last.
#[must_use]
pub fn fate(of: &Interaction, seen: Seen) -> Fate {
    let stopped = [
        (of.erased.is_some(), Stopped::Erased),
        (seen.blocked, Stopped::Blocked),
        (seen.opted_out, Stopped::OptedOut),
        (seen.window_closed, Stopped::WindowClosed),
        (of.work() == Some(Work::Expired), Stopped::Expired),
        (of.is_done() && seen.with_another, Stopped::WithAnother),
    ];
    if let Some((_, why)) = stopped.into_iter().find(|(is_so, _)| *is_so) {
        return Fate::Drops(why);
    }
    let who = match &of.phase {
        Phase::Queued { .. } | Phase::Offered { .. } => return Fate::Waits,
        Phase::Owned { owner: who, .. } | Phase::Done { by: who, .. } => who.clone(),
    };
    if seen.wrote {
        Fate::Asks(who, Stopped::ContactWrote)
    } else if seen.late {
        Fate::Asks(who, Stopped::Late)
    } else {
        Fate::Goes(who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{NOW, agent_ref, interaction, queued, working};

    fn owned(work: Work) -> Interaction {
        interaction(working(work))
    }

    fn done() -> Interaction {
        interaction(Phase::Done { by: agent_ref("alice"), at: NOW })
    }

    #[test]
    fn it_goes_while_somebody_has_or_had_the_conversation_and_the_contact_is_silent() {
        let alice = Fate::Goes(agent_ref("alice"));
        let all = [Work::Active, Work::Held, Work::Snoozed { until: NOW }, Work::WrapUp].map(owned);
        for of in all.iter().chain([&done()]) {
            assert_eq!(fate(of, Seen::default()), alice, "{}", of.state());
        }
        assert_eq!(fate(&owned(Work::Expired), Seen::default()), Fate::Drops(Stopped::Expired));
        assert_eq!(fate(&interaction(queued()), Seen::default()), Fate::Waits);
        // A newer conversation concerns only one that is done.
        let with_another = Seen { with_another: true, ..Seen::default() };
        assert_eq!(fate(&owned(Work::Active), with_another), alice);
        assert_eq!(fate(&done(), with_another), Fate::Drops(Stopped::WithAnother));
    }

    #[test]
    fn who_has_it_is_asked_where_the_words_may_no_longer_fit() {
        let asks = |why| Fate::Asks(agent_ref("alice"), why);
        let wrote = Seen { wrote: true, late: true, ..Seen::default() };
        let late = Seen { late: true, ..Seen::default() };
        for of in [owned(Work::Active), done()] {
            assert_eq!(fate(&of, wrote), asks(Stopped::ContactWrote));
            assert_eq!(fate(&of, late), asks(Stopped::Late));
        }
    }

    #[test]
    fn nobody_is_asked_about_what_may_not_be_sent_at_all() {
        let wrote = Seen { wrote: true, ..Seen::default() };
        let of = owned(Work::Active);
        let out = Seen { opted_out: true, ..wrote };
        assert_eq!(fate(&of, out), Fate::Drops(Stopped::OptedOut));
        assert_eq!(fate(&of, Seen { blocked: true, ..out }), Fate::Drops(Stopped::Blocked));
        let closed = Seen { window_closed: true, ..wrote };
        assert_eq!(fate(&of, closed), Fate::Drops(Stopped::WindowClosed));
        let queued = interaction(queued());
        assert_eq!(fate(&queued, out), Fate::Drops(Stopped::OptedOut));
    }
}
