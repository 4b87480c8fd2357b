//! A telephone call to a contact: the agent's own phone first, then the contact's, both into one conference.
//!
//! What the provider reports comes in any order and any number, and may not come at all. So each of the two
//! legs only ever goes forward, and what follows is read from where both stand: [`PhoneCall`] is changed by
//! one thing that happened, and says what is to be done. See `docs/decisions/0073-calls.md`.

mod hold;
mod leg;

use std::time::Duration;

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

pub use self::hold::{Hold, HoldAnswer};
pub use self::leg::{Leg, LegState, Progress, Side};
use super::address::{Address, e164};
use super::effect::Place;
use super::ids::InteractionId;
use crate::clock::Millis;

/// A phone that could not be called for so long is not called any more: nobody expects it to ring.
pub const TOO_LATE: Duration = Duration::from_mins(1);
/// How often a leg of unknown fate is looked for at the provider.
const LOOKED_FOR: u32 = 4;
/// How often a call is looked at: for longer than any call lasts.
const LOOKED_AT: u32 = 200;
/// How long after the last look the next one comes, by how often it was looked at.
const LOOKS_SECS: [u64; 4] = [15, 30, 60, 120];

/// The kind of a call, as people read it and the database keeps it.
pub const CALL: &str = "call";

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// The two were in conversation.
    Talked,
    /// The contact's phone was busy, or they declined.
    Busy,
    /// The contact did not answer.
    NoAnswer,
    /// The contact's phone could not be reached.
    Failed,
    /// The provider did not take the call to the contact.
    Refused,
    /// Nobody knows what became of the call to the contact.
    Unconfirmed,
    /// The agent hung up, or asked for that, before the contact answered.
    HungUp,
    /// The agent's phone was busy, or they declined.
    AgentBusy,
    /// The agent did not answer.
    AgentNoAnswer,
    /// The agent's phone could not be reached.
    AgentFailed,
    /// The provider did not take the call to the agent.
    AgentRefused,
    /// Nobody knows what became of the call to the agent.
    AgentUnconfirmed,
}

/// That a call is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When the desk heard of it.
    pub at: Millis,
    /// How.
    pub result: CallResult,
    /// For how many seconds the contact was in the call.
    pub secs: u64,
}

/// A call to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneCall {
    /// Where the agent asked for it, and reads what becomes of it.
    pub said_in: Place,
    /// The command by which they did.
    pub event: OwnedEventId,
    /// The call to the agent's own phone.
    pub agent: Leg,
    /// The call to the contact, begun once the agent has answered.
    pub contact: Leg,
    /// When the contact answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Millis>,
    /// That it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Whether it is to end, as the agent asked, or because the contact is erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hung_up: bool,
    /// Whether the contact is on hold, once the agent has asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// What the provider says of one leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReport {
    /// The call.
    pub call: InteractionId,
    /// Which leg.
    pub side: Side,
    /// The provider's id of the leg; empty where it gave none.
    pub sid: String,
    /// How far it has come.
    pub progress: Progress,
    /// For how many seconds it lasted, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secs: Option<u64>,
}

/// What the provider made of the request for a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum CallAnswer {
    /// It calls.
    Accepted {
        /// Its id of the leg.
        sid: String,
    },
    /// It certainly did nothing, and may do so later.
    NotProcessed,
    /// It certainly did nothing, and will not.
    Refused {
        /// Why, in words for the agent.
        why: String,
    },
    /// It may call, or not.
    Unknown,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A phone is to be called.
    Dial(Side),
    /// A leg is to be ended, by the provider's id of it.
    HangUp(String),
    /// The contact has answered.
    Talking,
    /// The provider is to put the contact on hold, or to take them off it.
    Hold {
        /// Whether they are to be on hold.
        on: bool,
    },
    /// The contact is on hold, or off it.
    Held {
        /// Whether they are on hold.
        on: bool,
    },
    /// The contact could not be put on hold, or not be taken off it.
    NotHeld {
        /// Whether they were to be on hold.
        on: bool,
        /// Why, in words for the agent; nothing where the provider could not be asked in time.
        why: Option<String>,
    },
    /// It is over.
    Ended,
}

/// Why a contact is not called, or a call to them not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotDialled {
    /// The provider cannot call.
    ProviderCannot,
    /// The agent has no phone of their own in the desk.
    NoPhone,
    /// It is the agent's own phone.
    OwnPhone,
    /// It is a number of our own.
    OurNumber,
    /// It is a short code: these cannot be called.
    ShortCode,
    /// It is no number, but a name or an e-mail address.
    Sender,
    /// They are blocked.
    Blocked,
    /// No number is known of them.
    NoNumber,
    /// The desk has no number to call from.
    NoNumberOfOurs,
    /// Our number leads to a queue or route that does not exist.
    NoQueue,
    /// The agent is in a call already.
    OnThePhone,
    /// Somebody calls them at this moment.
    BeingCalled,
    /// The agent is in no call.
    NoCall,
    /// The contact has not answered yet.
    NotAnswered,
    /// The contact is on hold already.
    OnHoldAlready,
    /// The contact is not on hold.
    NotOnHold,
}

/// What is known when somebody wants to call a contact.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Whom they want to call.
    pub theirs: &'a Address,
    /// The agent's own phone.
    pub phone: Option<&'a str>,
    /// Whether the provider calls at all.
    pub can_call: bool,
    /// Whether it is a number of our own.
    pub is_ours: bool,
    /// Whether they are blocked.
    pub is_blocked: bool,
}

impl Facts<'_> {
    /// Why they are not called.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self) -> Result<(), NotDialled> {
        let number = self.theirs.value();
        if !self.can_call {
            return Err(NotDialled::ProviderCannot);
        }
        let Some(phone) = self.phone else { return Err(NotDialled::NoPhone) };
        if self.is_ours {
            return Err(NotDialled::OurNumber);
        }
        if phone == number {
            return Err(NotDialled::OwnPhone);
        }
        if !self.theirs.can_be_answered() {
            return Err(NotDialled::Sender);
        }
        if e164(number).is_err() {
            return Err(NotDialled::ShortCode);
        }
        if self.is_blocked { Err(NotDialled::Blocked) } else { Ok(()) }
    }
}

/// When a call is looked at again that was looked at so often; nothing when that was often enough.
#[must_use]
pub fn next_look(tries: u32) -> Option<Duration> {
    let at = usize::try_from(tries).unwrap_or(usize::MAX).min(LOOKS_SECS.len() - 1);
    (tries < LOOKED_AT).then(|| Duration::from_secs(LOOKS_SECS[at]))
}

impl PhoneCall {
    /// One that was just asked for: the agent's phone is to be called.
    #[must_use]
    pub fn begin(said_in: Place, event: OwnedEventId, now: Millis) -> Self {
        let agent = Leg { state: LegState::Waiting { since: now }, ..Leg::default() };
        let contact = Leg::default();
        Self { said_in, event, agent, contact, answered_at: None, ended: None, hung_up: false, hold: None }
    }

    /// One of its legs.
    #[must_use]
    pub fn leg(&self, side: Side) -> &Leg {
        match side {
            Side::Agent => &self.agent,
            Side::Contact => &self.contact,
        }
    }

    fn leg_mut(&mut self, side: Side) -> &mut Leg {
        match side {
            Side::Agent => &mut self.agent,
            Side::Contact => &mut self.contact,
        }
    }

    /// Whether it goes on, or a phone may still ring.
    #[must_use]
    pub fn is_to_be_looked_at(&self) -> bool {
        Side::BOTH.into_iter().any(|side| self.leg(side).is_under_way())
    }

    /// It is the turn of a leg. Returns whether it is submitted now; it counts as submitted from then on.
    /// One that was submitted before is not submitted again.
    pub fn turn(&mut self, side: Side, now: Millis) -> (bool, Vec<Next>) {
        let is_over = self.ended.is_some() || self.hung_up;
        let leg = self.leg_mut(side);
        let submits = match leg.state {
            LegState::Waiting { .. } if is_over => {
                leg.state = LegState::Idle;
                false
            }
            LegState::Waiting { since } if now.since(since) > TOO_LATE => {
                leg.state = LegState::Refused;
                false
            }
            LegState::Waiting { since } => {
                leg.state = LegState::Sending { since };
                true
            }
            // The program ended when it was being submitted.
            LegState::Sending { .. } => {
                leg.state = LegState::Unknown;
                false
            }
            LegState::Idle
            | LegState::Unknown
            | LegState::Told { .. }
            | LegState::Refused
            | LegState::Unconfirmed => false,
        };
        (submits, self.settle(now))
    }

    /// The contact is not to be called when it is their turn.
    pub fn refuse(&mut self, side: Side, why: &str, now: Millis) -> Vec<Next> {
        let leg = self.leg_mut(side);
        if matches!(leg.state, LegState::Waiting { .. }) {
            (leg.state, leg.why) = (LegState::Refused, Some(why.to_owned()));
        }
        self.settle(now)
    }

    /// The provider answered the request for a leg, or did not.
    pub fn answered(&mut self, side: Side, answer: &CallAnswer, now: Millis) -> Vec<Next> {
        let leg = self.leg_mut(side);
        let waits = matches!(leg.state, LegState::Sending { .. } | LegState::Unknown);
        let since = if let LegState::Sending { since } = leg.state { since } else { now };
        match answer {
            // A report may have been faster.
            CallAnswer::Accepted { sid } => leg.told(sid, Progress::Placed, None),
            // It is asked for again, for as long as somebody expects it to ring.
            CallAnswer::NotProcessed if waits => leg.state = LegState::Waiting { since },
            CallAnswer::Refused { why } if waits => {
                (leg.state, leg.why) = (LegState::Refused, Some(why.clone()));
            }
            CallAnswer::Unknown if waits => leg.state = LegState::Unknown,
            CallAnswer::NotProcessed | CallAnswer::Refused { .. } | CallAnswer::Unknown => {}
        }
        self.settle(now)
    }

    /// The provider reports how far a leg has come.
    pub fn reported(&mut self, report: &CallReport, now: Millis) -> Vec<Next> {
        self.leg_mut(report.side).told(&report.sid, report.progress, report.secs);
        self.settle(now)
    }

    /// The provider was asked where the legs stand, for the time after so many others. Of those that are gone
    /// it says that it does not know them: nothing more will be heard of them.
    pub fn looked_at(
        &mut self,
        (found, gone): (&[CallReport], &[Side]),
        tries: u32,
        now: Millis,
    ) -> Vec<Next> {
        for side in Side::BOTH {
            let leg = self.leg_mut(side);
            // What was to end it may have failed.
            leg.ends = false;
            match found.iter().find(|report| report.side == side) {
                Some(report) => leg.told(&report.sid, report.progress, report.secs),
                // One that was made just now may be known a moment later.
                None if gone.contains(&side) && leg.is_on_the_line() && tries > 0 => {
                    leg.state = LegState::Unconfirmed;
                }
                None if leg.state == LegState::Unknown && tries + 1 >= LOOKED_FOR => {
                    leg.state = LegState::Unconfirmed;
                }
                None if leg.is_under_way() && next_look(tries + 1).is_none() => {
                    leg.state = LegState::Unconfirmed;
                }
                None => {}
            }
        }
        self.settle(now)
    }

    /// It is to end, wherever it stands.
    pub fn hang_up(&mut self, now: Millis) -> Vec<Next> {
        self.hung_up = true;
        self.settle(now)
    }

    /// What is left of it when its content is erased: how it went, and nothing by which the provider or the
    /// homeserver knows it.
    #[must_use]
    pub fn emptied(&self, at: Millis) -> Self {
        let mut left = Self { hold: None, ..self.clone() };
        for side in Side::BOTH {
            let leg = left.leg_mut(side);
            (leg.sid, leg.why) = (None, None);
        }
        let result = left.result().unwrap_or(CallResult::HungUp);
        // From now on it is over: a phone that is reported to ring is hung up.
        left.ended.get_or_insert(Ended { at, result, secs: 0 });
        left
    }

    /// What follows from where both legs stand.
    fn settle(&mut self, now: Millis) -> Vec<Next> {
        let mut next = Vec::new();
        if self.ended.is_none()
            && !self.hung_up
            && self.contact.state == LegState::Idle
            && self.agent.answers()
        {
            self.contact.state = LegState::Waiting { since: now };
            next.push(Next::Dial(Side::Contact));
        }
        for side in Side::BOTH {
            let is_in_vain = self.hung_up || self.ended.is_some() || self.leg(side.other()).is_over();
            let leg = self.leg_mut(side);
            if is_in_vain && matches!(leg.state, LegState::Waiting { .. }) {
                leg.state = LegState::Idle;
            }
            if is_in_vain
                && leg.is_on_the_line()
                && !leg.ends
                && let Some(sid) = leg.sid.clone()
            {
                leg.ends = true;
                next.push(Next::HangUp(sid));
            }
        }
        if self.contact.answers() && self.answered_at.is_none() && self.ended.is_none() {
            self.answered_at = Some(now);
            next.push(Next::Talking);
        }
        if self.ended.is_none()
            && let Some(result) = self.result()
        {
            let counted = self.answered_at.map_or(0, |since| now.since(since).as_secs());
            let secs = if result == CallResult::Talked { self.contact.secs.unwrap_or(counted) } else { 0 };
            self.ended = Some(Ended { at: now, result, secs });
            next.push(Next::Ended);
            // A leg that goes on is in vain now.
            next.extend(self.settle(now));
        }
        next
    }

    /// How it ended; nothing while it goes on.
    fn result(&self) -> Option<CallResult> {
        let to_contact = match self.contact.state {
            LegState::Told { progress } => match progress {
                Progress::Placed | Progress::Ringing | Progress::Answered => return None,
                Progress::Completed => CallResult::Talked,
                Progress::Busy => CallResult::Busy,
                Progress::NoAnswer => CallResult::NoAnswer,
                Progress::Failed => CallResult::Failed,
                Progress::Canceled => CallResult::HungUp,
            },
            LegState::Refused => CallResult::Refused,
            LegState::Unconfirmed => CallResult::Unconfirmed,
            LegState::Waiting { .. } | LegState::Sending { .. } | LegState::Unknown => return None,
            LegState::Idle => return self.result_without_contact(),
        };
        let ended_by_agent = self.hung_up || self.agent.is_over();
        let is_in_vain = matches!(to_contact, CallResult::NoAnswer | CallResult::Busy);
        Some(if ended_by_agent && is_in_vain && self.contact.ends { CallResult::HungUp } else { to_contact })
    }

    /// How it ended before the contact was called.
    fn result_without_contact(&self) -> Option<CallResult> {
        let result = match self.agent.state {
            LegState::Told { progress } => match progress {
                Progress::Placed | Progress::Ringing | Progress::Answered => return None,
                Progress::Completed | Progress::Canceled => CallResult::HungUp,
                Progress::Busy => CallResult::AgentBusy,
                Progress::NoAnswer => CallResult::AgentNoAnswer,
                Progress::Failed => CallResult::AgentFailed,
            },
            LegState::Refused => CallResult::AgentRefused,
            LegState::Unconfirmed => CallResult::AgentUnconfirmed,
            LegState::Idle => CallResult::HungUp,
            LegState::Waiting { .. } | LegState::Sending { .. } | LegState::Unknown => return None,
        };
        Some(if self.hung_up { CallResult::HungUp } else { result })
    }

    /// Why the provider did not take it, in its words.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        let ended = self.ended.as_ref()?;
        match ended.result {
            CallResult::Refused => self.contact.why.as_deref(),
            CallResult::AgentRefused => self.agent.why.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
