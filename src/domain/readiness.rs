//! What agents are ready for.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::work_channel::WorkChannel;
use crate::clock::Millis;

/// Whether an agent is ready for one kind of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Readiness {
    /// They take work on that channel.
    Ready {
        /// When they turned ready.
        since: Millis,
    },
    /// They are not, for the reason given.
    NotReady {
        /// The reason, given by them or by the desk; empty if nobody has given one yet.
        reason: String,
    },
    /// They have signed off.
    SignedOff,
}

impl Readiness {
    /// Whether they are ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Why they are not ready, empty if nobody said why; nothing if they are.
    #[must_use]
    pub fn obstacle(&self) -> Option<&str> {
        match self {
            Self::Ready { .. } => None,
            Self::NotReady { reason } => Some(reason),
            Self::SignedOff => Some("signed off"),
        }
    }
}

/// Everyone starts not ready.
impl Default for Readiness {
    fn default() -> Self {
        Self::NotReady { reason: String::new() }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.obstacle() {
            None => f.write_str("ready"),
            Some("") => f.write_str("not ready"),
            Some(reason) => write!(f, "not ready ({reason})"),
        }
    }
}

/// An agent's readiness, for each kind of work. Only an agent who is ready for texts is offered any.
/// Readiness for IMs tells others what to expect, and keeps nobody from writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<WorkChannel, Readiness>")]
pub struct Channels(BTreeMap<WorkChannel, Readiness>);

/// What is not said is not ready.
impl From<BTreeMap<WorkChannel, Readiness>> for Channels {
    fn from(mut known: BTreeMap<WorkChannel, Readiness>) -> Self {
        for channel in WorkChannel::ALL {
            known.entry(channel).or_default();
        }
        Self(known)
    }
}

impl Default for Channels {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl Channels {
    /// How it is with one.
    #[must_use]
    pub fn of(&self, channel: WorkChannel) -> &Readiness {
        &self.0[&channel]
    }

    /// Makes it so with one.
    pub fn set(&mut self, channel: WorkChannel, readiness: Readiness) {
        self.0.insert(channel, readiness);
    }

    /// The same, but for one.
    #[must_use]
    pub fn with(mut self, channel: WorkChannel, readiness: Readiness) -> Self {
        self.set(channel, readiness);
        self
    }

    /// Turns ready for one kind. An agent who is ready already keeps the time since when.
    pub fn turn_ready(&mut self, channel: WorkChannel, now: Millis) {
        if !self.of(channel).is_ready() {
            self.set(channel, Readiness::Ready { since: now });
        }
    }

    /// Not ready on any, for the same reason.
    #[must_use]
    pub fn not_ready(reason: &str) -> Self {
        let not_ready = |channel| (channel, Readiness::NotReady { reason: reason.to_owned() });
        Self(WorkChannel::ALL.into_iter().map(not_ready).collect())
    }

    /// Signed off on all.
    #[must_use]
    pub fn signed_off() -> Self {
        Self(WorkChannel::ALL.into_iter().map(|channel| (channel, Readiness::SignedOff)).collect())
    }

    /// Whether they have signed off, and not turned ready since.
    #[must_use]
    pub fn are_signed_off(&self) -> bool {
        WorkChannel::ALL.into_iter().all(|channel| *self.of(channel) == Readiness::SignedOff)
    }
}

/// One word where all kinds agree, else one for each.
impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = WorkChannel::ALL.map(|channel| (channel.word(), self.of(channel).to_string()));
        let (_, first) = &all[0];
        if all.iter().all(|(_, readiness)| readiness == first) {
            return f.write_str(first);
        }
        f.write_str(&all.map(|(channel, readiness)| format!("{channel} {readiness}")).join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_700_000_000_000);

    #[test]
    fn channels_are_one_word_where_they_agree_and_one_each_where_not() {
        let mut channels = Channels::default();
        assert_eq!(channels.to_string(), "not ready");
        channels = Channels::not_ready("lunch");
        assert_eq!(channels.to_string(), "not ready (lunch)");
        channels.turn_ready(WorkChannel::Sms, NOW);
        assert_eq!(channels.to_string(), "sms ready, im not ready (lunch)");
        channels.turn_ready(WorkChannel::Im, Millis(NOW.0 + 1));
        assert_eq!(channels.to_string(), "ready", "since when is nobody's difference");
        channels.set(WorkChannel::Sms, Readiness::NotReady { reason: "no answer".to_owned() });
        assert_eq!(channels.to_string(), "sms not ready (no answer), im ready");
    }

    #[test]
    fn whoever_is_ready_for_anything_is_signed_in() {
        let mut channels = Channels::signed_off();
        assert!(channels.are_signed_off());
        assert_eq!(channels.to_string(), "not ready (signed off)");
        channels.turn_ready(WorkChannel::Im, NOW);
        assert!(!channels.are_signed_off());
        assert!(!Channels::not_ready("signed off").are_signed_off(), "a reason is only words");
    }

    #[test]
    fn who_is_ready_already_stays_so_since_then() {
        let mut channels = Channels::default();
        for later in 0..2 {
            channels.turn_ready(WorkChannel::Sms, Millis(NOW.0 + later));
            assert_eq!(channels, Channels::default().with(WorkChannel::Sms, Readiness::Ready { since: NOW }));
        }
    }

    #[test]
    fn an_agent_who_was_kept_without_a_channel_is_not_ready_on_it() {
        let kept: Channels =
            serde_json::from_str(r#"{"sms": {"is": "ready", "since": 1700000000000}}"#).unwrap();
        assert_eq!(kept, Channels::default().with(WorkChannel::Sms, Readiness::Ready { since: NOW }));
    }
}
