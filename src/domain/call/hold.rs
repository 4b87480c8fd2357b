//! The contact's phone on hold: what the agent asked for last, and what the provider has done of it.

use ruma::OwnedEventId;
use serde::{Deserialize, Serialize};

use super::{Next, NotDialled, PhoneCall, TOO_LATE};
use crate::clock::Millis;
use crate::domain::effect::Place;

/// Why nobody is put on hold or taken off it whose call is over.
const OVER: &str = "the call is over";

/// That the contact is to be on hold, or not any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Whether they are to be on hold.
    pub on: bool,
    /// Whether they are, as far as the provider has said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// Whether the provider has yet to do what was asked for last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// When the agent asked for it.
    pub since: Millis,
    /// Where they did, and read whether it was done.
    pub said_in: Place,
    /// The command by which they did.
    pub event: OwnedEventId,
}

impl Hold {
    fn is_late(&self, now: Millis) -> bool {
        now.since(self.since) > TOO_LATE
    }
}

/// What the provider made of the request to put somebody on hold, or to take them off it. It may be made
/// again: somebody who is on hold is put on hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum HoldAnswer {
    /// It is so now.
    Done,
    /// It may be later: the provider does not answer, or does not find them.
    NotYet,
    /// It is not, and will not be.
    Refused {
        /// Why, in words for the agent.
        why: String,
    },
    /// It was not asked, since that is not wanted any more, or it is too late.
    NotAsked,
}

impl PhoneCall {
    /// Whether the contact is on hold, as far as is known.
    #[must_use]
    pub fn is_on_hold(&self) -> bool {
        self.talks() && self.hold.as_ref().is_some_and(|hold| hold.held)
    }

    /// Where it stands, in a word or two for its agent.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.is_on_hold() {
            "on hold"
        } else if self.talks() {
            "talking"
        } else if self.hung_up || self.contact.is_over() || self.agent.is_over() || self.ended.is_some() {
            "ending"
        } else {
            "ringing"
        }
    }

    /// Whether the two are in conversation, and it is not to end.
    fn talks(&self) -> bool {
        self.contact.answers() && !self.agent.is_over() && !self.hung_up && self.ended.is_none()
    }

    /// The agent wants the contact on hold, or off it, and says so in a place.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn ask_hold(
        &mut self,
        on: bool,
        (said_in, event): (Place, OwnedEventId),
        now: Millis,
    ) -> Result<Vec<Next>, NotDialled> {
        if self.contact.is_over() || self.agent.is_over() || self.hung_up || self.ended.is_some() {
            return Err(NotDialled::NoCall);
        }
        if !self.contact.answers() {
            return Err(NotDialled::NotAnswered);
        }
        let (wanted, held) = self.hold.as_ref().map_or((false, false), |hold| (hold.on, hold.held));
        match (wanted, on) {
            (true, true) => return Err(NotDialled::OnHoldAlready),
            (false, false) => return Err(NotDialled::NotOnHold),
            (true, false) | (false, true) => {}
        }
        self.hold = Some(Hold { on, held, waits: true, since: now, said_in, event });
        Ok(vec![Next::Hold { on }])
    }

    /// Whether the provider is to be asked for it now: nothing else was wanted since, the call goes on, and
    /// it is not so late that nobody expects it any more.
    #[must_use]
    pub fn is_to_be_held(&self, on: bool, now: Millis) -> bool {
        let is_wanted = |hold: &Hold| hold.waits && hold.on == on && !hold.is_late(now);
        self.talks() && self.hold.as_ref().is_some_and(is_wanted)
    }

    /// The provider answered the request, or did not. Returns whether it is to be asked again.
    pub fn held(&mut self, on: bool, said: &HoldAnswer, now: Millis) -> (bool, Vec<Next>) {
        let talks = self.talks();
        let Some(hold) = &mut self.hold else { return (false, vec![]) };
        if *said == HoldAnswer::Done {
            hold.held = on;
        }
        if !hold.waits || hold.on != on {
            // Something else is wanted since then, and has its own turn.
            return (false, vec![]);
        }
        let why = match said {
            _ if !talks => Some(OVER.to_owned()),
            HoldAnswer::Done => {
                hold.waits = false;
                return (false, vec![Next::Held { on }]);
            }
            HoldAnswer::NotYet | HoldAnswer::NotAsked if hold.is_late(now) => None,
            HoldAnswer::NotYet => return (true, vec![]),
            // It was wanted, then not, then again: that has its own turn too.
            HoldAnswer::NotAsked => return (false, vec![]),
            HoldAnswer::Refused { why } => Some(why.clone()),
        };
        (hold.waits, hold.on) = (false, hold.held);
        (false, vec![Next::NotHeld { on, why }])
    }
}

#[cfg(test)]
mod tests;
