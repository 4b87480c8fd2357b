//! An owner's message on its way to a phone: one message, sent in one or more parts.
//!
//! A part is submitted to the provider at most once. It is marked `sending` before the request is made; if
//! the answer is not heard of, its fate is [`PartState::Unknown`] until evidence settles it, and nothing
//! submits it again.

mod enclosure;
mod fate;
mod look_up;
mod part;
mod program;
mod spelt;

use std::borrow::Cow;
use std::time::Duration;

use ruma::{EventId, OwnedEventId, OwnedUserId, UserId};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, Notify, Place, React, Role, SendReply};
use super::ids::InteractionId;
use super::notice::{HeldBack, Says};
use super::response::Used;
use super::spelling::check::Spellcheck;
use super::timer::Timer;
use crate::clock::Millis;

pub use enclosure::{Enclosure, Ready, Room, add_link};
pub use fate::Answer;
pub use look_up::RECONCILE_AFTER;
use look_up::look_up;
pub use part::{Mark, Part, PartState, in_words, parse_part_id, part_id, text_of};
pub use program::{Delivery, OfProgram};

/// An owner's message to the contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The desk's id of it: 32 hexadecimal digits, random.
    pub id: String,
    /// The interaction it belongs to.
    pub interaction: InteractionId,
    /// The event it was typed in; delivery marks go there. Where a program brought it, what stands for it in
    /// the transcript, and is no event of any room.
    pub event: OwnedEventId,
    /// What became of it, where a program brought it: marks would have nobody to read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_program: Option<OfProgram>,
    /// The room of that event, where it is another than that of the interaction: an agent began it by a
    /// command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_in: Option<Place>,
    /// The Matrix account of whoever typed it.
    pub by: OwnedUserId,
    /// The text, as it will be sent.
    pub text: String,
    /// The pictures and files it brings, in order. Its text is then what was written beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<Enclosure>,
    /// What goes before the text, in the same message; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opening: String,
    /// The signature under the text; empty for none.
    #[serde(default)]
    pub signature: String,
    /// The event it replies to, while nobody knows who wrote that: it may be internal, and then so is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<OwnedEventId>,
    /// Until when it may go to a contact who wants no messages: it confirms that. After that it is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirms_until: Option<Millis>,
    /// What it waits for, if it does not go by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The standard response that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Used>,
    /// Whether its spelling is still to be looked at, or what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spelling: Option<Spellcheck>,
    /// Whether it was promised for its time (`!later`): it goes whoever has the conversation at its turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_promised: bool,
    /// Where it is on its way.
    pub state: ReplyState,
}

/// What a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Held {
    /// It was written long ago: its writer has to say whether it is still to be sent.
    Word,
    /// It has words in it that are not known: its writer has to say whether it is sent as it is.
    Spelling,
    /// The contact has opted out: it waits until they opt in again.
    Contact {
        /// When it was its turn.
        since: Millis,
    },
}

/// Where a message is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ReplyState {
    /// It can still be taken back.
    Waiting,
    /// It was taken back, or given up.
    Dropped,
    /// What it brought goes with the message before it, of this id.
    Joined {
        /// The message's id.
        into: String,
    },
    /// Its parts are on their way, in order.
    Parts {
        /// The parts, in the order they are sent.
        parts: Vec<Part>,
        /// The marks that were already set: each is set once.
        told: Vec<Mark>,
    },
}

/// What a transcript says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandsAs<'a> {
    /// It says this to the contact, each event its own.
    Said(Vec<(&'a EventId, Cow<'a, str>)>),
    /// It was meant for the contact and was not sent.
    NotSent,
    /// Some of it did not get there.
    Failed,
}

/// What to do when a message has its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Submit this part now; it is marked as being sent.
    Submit {
        /// Which part, from 0.
        part: usize,
        /// Its text.
        text: String,
    },
    /// It waits for the contact to opt in again, with the parts not yet submitted.
    Held,
    /// Nothing is left to submit: the next message may have its turn.
    Over,
}

/// The outcome of an event: effects and timers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What must happen outside.
    pub effects: Vec<Effect>,
    /// What is to be looked at again.
    pub timers: Vec<Timer>,
}

/// The agent whose answer the contact has, from the newest messages, newest first. Nobody, while one of them
/// is under way or the last one sent has failed.
#[must_use]
pub fn answered_by(newest_first: &[Reply]) -> Option<&UserId> {
    if newest_first.iter().any(Reply::is_under_way) {
        return None;
    }
    let goes = |reply: &&Reply| !matches!(reply.state, ReplyState::Dropped | ReplyState::Joined { .. });
    let last = newest_first.iter().find(goes)?;
    (!last.has_failed()).then_some(&last.by)
}

impl Reply {
    /// A message just typed.
    #[must_use]
    pub fn new(
        id: String,
        interaction: InteractionId,
        event: OwnedEventId,
        by: OwnedUserId,
        text: String,
    ) -> Self {
        Self {
            id,
            interaction,
            event,
            of_program: None,
            said_in: None,
            by,
            text,
            enclosures: vec![],
            opening: String::new(),
            signature: String::new(),
            in_reply_to: None,
            confirms_until: None,
            held: None,
            response: None,
            spelling: None,
            is_promised: false,
            state: ReplyState::Waiting,
        }
    }

    /// The room it was typed in: its writer reads there what becomes of it.
    #[must_use]
    pub fn place(&self) -> Place {
        self.said_in.clone().unwrap_or_else(|| Place::Session(self.interaction.clone()))
    }

    /// A new message of `by` that sends these parts of this one again. Its marks go where those of this one
    /// went, and its files are made ready anew.
    #[must_use]
    pub fn again(&self, id: String, by: OwnedUserId, parts: &[Part]) -> Self {
        let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        let mut parts: Vec<Part> = parts
            .iter()
            .map(|part| Part { files: part.files.clone(), ..Part::unsent(part.text.clone()) })
            .collect();
        let mut again = Self {
            id,
            by,
            text: texts.join("\n"),
            confirms_until: None,
            spelling: None,
            is_promised: false,
            ..self.clone()
        };
        again.response = self.response.as_ref().map(Used::again);
        again.with_files_of(&mut parts);
        again.state = ReplyState::Parts { parts, told: vec![] };
        again
    }

    /// Takes it back. False if some of it is already on its way.
    pub fn take_back(&mut self) -> bool {
        if self.held.take().is_some() || self.is_waiting() {
            self.drop_unsent();
        }
        self.state == ReplyState::Dropped
    }

    fn drop_unsent(&mut self) {
        match &mut self.state {
            ReplyState::Waiting => self.state = ReplyState::Dropped,
            ReplyState::Parts { parts, .. } => {
                parts.retain(|part| part.state != PartState::Unsent);
                if parts.is_empty() {
                    self.state = ReplyState::Dropped;
                }
            }
            ReplyState::Dropped | ReplyState::Joined { .. } => {}
        }
    }

    /// Its turn comes, and its contact is blocked: what was not submitted yet is dropped. Nothing if nothing
    /// is left.
    pub fn stops(&mut self, at: Millis) -> Option<Outcome> {
        if self.held.is_some() || !self.has_more() {
            return None;
        }
        let timers = self.give_up_answers(at);
        self.drop_unsent();
        Some(Outcome { effects: vec![], timers })
    }

    /// Changes its text. False if it is already on its way. Of a standard response nothing is left then:
    /// these are its writer's own words, no file goes with them, and nothing follows.
    pub fn rewrite(&mut self, text: String) -> bool {
        if self.is_waiting() {
            if self.response.take().is_some() {
                self.enclosures.clear();
            }
            self.text = text;
        }
        matches!(self.state, ReplyState::Waiting | ReplyState::Dropped)
    }

    /// Makes it wait for its writer's word; returns the question to them.
    pub fn ask(&mut self) -> Effect {
        self.held = Some(Held::Word);
        let role = Role::Held { interaction: self.interaction.clone(), event: self.event.clone() };
        self.hold_back(HeldBack::Late, Some(role))
    }

    /// Its turn comes long after it was due, because nothing could be sent: the rest of it waits for its
    /// writer's word. An automatic reply is dropped instead. Nothing if nothing is left.
    pub fn comes_too_late(&mut self, is_the_desks: bool, at: Millis) -> Option<Outcome> {
        if self.held.is_some() || !self.has_more() {
            return None;
        }
        let timers = self.give_up_answers(at);
        let question = self.ask();
        if is_the_desks {
            self.take_back();
            return Some(Outcome { effects: vec![], timers });
        }
        Some(Outcome { effects: vec![question], timers })
    }

    /// Its writer says that it is to be sent: returns the effect that sends it, if it waited for that.
    pub fn confirm(&mut self) -> Option<Effect> {
        if !matches!(self.held, Some(Held::Word | Held::Spelling)) {
            return None;
        }
        if self.held.take() == Some(Held::Spelling) {
            self.spelling = None;
        }
        Some(self.sending())
    }

    /// The effect that sends it.
    fn sending(&self) -> Effect {
        Effect::SendReply(SendReply { interaction: self.interaction.clone(), reply: self.id.clone() })
    }

    /// The provider has taken all of it: if it is a standard response that was not counted yet, returns its
    /// shortcut to be counted, and says whether commands follow now.
    pub fn taken(&mut self) -> (Option<String>, bool) {
        let Some(used) = &mut self.response else { return (None, false) };
        let counts = !std::mem::replace(&mut used.is_counted, true);
        used.due.append(&mut used.then);
        (counts.then(|| used.shortcut.clone()), !used.due.is_empty())
    }

    /// The commands that follow now; they are run once.
    pub fn take_due(&mut self) -> Vec<String> {
        self.response.as_mut().map(|used| std::mem::take(&mut used.due)).unwrap_or_default()
    }

    /// The notice to its writer that it waits for the contact.
    #[must_use]
    pub fn held_for_contact(&self) -> Effect {
        self.hold_back(HeldBack::OptedOut, None)
    }

    /// The contact has opted in again: it goes, or its writer is asked if it has waited for longer than
    /// `late`. The same words may mean something else much later.
    pub fn released(&mut self, late: Duration, at: Millis) -> Option<Effect> {
        let Some(Held::Contact { since }) = self.held else { return None };
        self.held = None;
        (at.since(since) > late).then(|| self.ask())
    }

    /// The provider's ids of its parts, as far as they are known.
    pub fn sids(&self) -> impl Iterator<Item = &str> {
        let parts = match &self.state {
            ReplyState::Parts { parts, .. } => parts.as_slice(),
            ReplyState::Waiting | ReplyState::Dropped | ReplyState::Joined { .. } => &[],
        };
        parts.iter().filter_map(|part| part.sid.as_deref())
    }

    /// Its text with what goes before it, and the signature under it.
    #[must_use]
    pub fn whole(&self) -> String {
        let mut whole = [self.text.as_str(), self.signature.as_str()].join("\n");
        whole.truncate(whole.trim_end().len());
        if self.opening.is_empty() { whole } else { format!("{}\n{whole}", self.opening) }
    }

    /// What of it is not on its way, in words.
    #[must_use]
    pub fn unsent(&self) -> String {
        match &self.state {
            ReplyState::Waiting => self.in_words().into_owned(),
            ReplyState::Dropped | ReplyState::Joined { .. } => String::new(),
            ReplyState::Parts { parts, .. } => {
                let unsent = parts.iter().filter(|part| part.state == PartState::Unsent);
                unsent.map(Part::in_words).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// Whether none of it is on its way, so that it can be taken back or edited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == ReplyState::Waiting
    }

    /// Whether it is still to be sent for the first time: none of it was submitted, and it waits for nobody's
    /// word.
    #[must_use]
    pub fn is_yet_to_go(&self) -> bool {
        let is_unsent = |part: &Part| part.state == PartState::Unsent;
        self.held.is_none()
            && match &self.state {
                ReplyState::Waiting => true,
                ReplyState::Dropped | ReplyState::Joined { .. } => false,
                ReplyState::Parts { parts, .. } => parts.iter().all(is_unsent),
            }
    }

    /// Nothing of it goes any more.
    pub fn give_up(&mut self) {
        (self.held, self.state) = (None, ReplyState::Dropped);
    }

    /// Whether some of it is still to be submitted, or nobody knows yet whether it was.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        let open = |part: &Part| {
            matches!(
                part.state,
                PartState::Unsent | PartState::Sending | PartState::Unknown | PartState::Unconfirmed
            )
        };
        match &self.state {
            ReplyState::Waiting => true,
            ReplyState::Dropped | ReplyState::Joined { .. } => false,
            ReplyState::Parts { parts, .. } => parts.iter().any(open),
        }
    }

    /// Whether some of it did not get there.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let failed = |part: &Part| matches!(part.state, PartState::Failed { .. });
        matches!(&self.state, ReplyState::Parts { parts, .. } if parts.iter().any(failed))
    }

    /// The same with other words in place of its own, which told of somebody who was erased. It is not sent
    /// again: what failed counts as given up.
    #[must_use]
    pub fn forgotten(self, words: &str) -> Self {
        let mut state = self.state.clone();
        if self.has_failed() {
            state = ReplyState::Dropped;
        } else if let ReplyState::Parts { parts, .. } = &mut state {
            for part in parts {
                words.clone_into(&mut part.text);
            }
        }
        // What was filled into a standard response stands in these too; nothing of it is still to be done.
        let response = self.response.map(|used| Used { shown: None, then: vec![], due: vec![], ..used });
        let mut enclosures = self.enclosures;
        for own in &mut enclosures {
            own.caption.clear();
        }
        let (opening, signature) = (String::new(), String::new());
        Self { text: words.to_owned(), opening, signature, response, enclosures, state, ..self }
    }

    /// Its fate for the transcript; nothing while the line as typed still holds.
    #[must_use]
    pub fn stands_as(&self) -> Option<StandsAs<'_>> {
        match &self.state {
            ReplyState::Waiting => Some(StandsAs::Said(self.lines())),
            ReplyState::Dropped => Some(StandsAs::NotSent),
            ReplyState::Parts { .. } if self.has_failed() => Some(StandsAs::Failed),
            ReplyState::Parts { .. } | ReplyState::Joined { .. } => None,
        }
    }

    /// Its turn has come. `split` cuts the text into parts; `opted_out` says whether the contact has opted
    /// out.
    pub fn turn(
        &mut self,
        split: impl Fn(&str) -> Vec<String>,
        opted_out: bool,
        at: Millis,
    ) -> (Turn, Outcome) {
        let outcome = Outcome { effects: vec![], timers: self.give_up_answers(at) };
        if self.held.is_some() || !self.has_more() {
            return (Turn::Over, outcome);
        }
        // A confirmation goes within its time or not at all, and then to who has opted out too.
        if self.is_waiting() && self.confirms_until.is_some_and(|until| at > until) {
            self.give_up();
            return (Turn::Over, outcome);
        }
        if opted_out && self.confirms_until.is_none() {
            self.held = Some(Held::Contact { since: at });
            return (Turn::Held, outcome);
        }
        if self.is_waiting() {
            // Files were divided among parts before.
            let parts = split(&self.whole()).into_iter().map(Part::unsent).collect();
            self.state = ReplyState::Parts { parts, told: vec![] };
        }
        let ReplyState::Parts { parts, .. } = &mut self.state else { return (Turn::Over, outcome) };
        let next = parts.iter_mut().enumerate().find(|(_, part)| part.state == PartState::Unsent);
        let Some((index, part)) = next else { return (Turn::Over, outcome) };
        part.state = PartState::Sending;
        part.sent_at = Some(at);
        (Turn::Submit { part: index, text: part.text.clone() }, outcome)
    }

    /// The program ended between a request and its response, which nobody will hear now.
    fn give_up_answers(&mut self, at: Millis) -> Vec<Timer> {
        let ReplyState::Parts { parts, .. } = &mut self.state else { return vec![] };
        let sending = parts.iter_mut().enumerate().filter(|(_, part)| part.state == PartState::Sending);
        let unheard = sending.map(|(index, part)| {
            part.state = PartState::Unknown;
            look_up(&self.id, index, 0, at)
        });
        unheard.collect()
    }

    /// Whether there is a part to submit. After a failed part there is none.
    fn has_more(&self) -> bool {
        match &self.state {
            ReplyState::Waiting => true,
            ReplyState::Dropped | ReplyState::Joined { .. } => false,
            ReplyState::Parts { parts, .. } => {
                let failed = parts.iter().any(|part| matches!(part.state, PartState::Failed { .. }));
                !failed && parts.iter().any(|part| part.state == PartState::Unsent)
            }
        }
    }

    /// One part of it, if it has that many.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<&Part> {
        match &self.state {
            ReplyState::Parts { parts, .. } => parts.get(index),
            ReplyState::Waiting | ReplyState::Dropped | ReplyState::Joined { .. } => None,
        }
    }

    /// Sets a mark at all the events that brought it; none where a program did.
    fn react(&self, mark: Mark) -> impl Iterator<Item = Effect> {
        let events = if self.of_program.is_none() { self.events() } else { vec![] };
        events.into_iter().map(move |event| {
            let to = self.place();
            Effect::React(React { to, event: event.to_owned(), key: mark.emoji().to_owned() })
        })
    }

    fn hold_back(&self, why: HeldBack, role: Option<Role>) -> Effect {
        self.say(Says::held_back(why, &self.by), role)
    }

    fn say(&self, says: Says, role: Option<Role>) -> Effect {
        Effect::Notify(Notify {
            to: self.place(),
            notice: says.about(&self.interaction),
            reply_to: self.events().first().map(|event| (*event).to_owned()),
            role,
        })
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
