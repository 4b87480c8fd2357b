//! One of the two legs of a call: a phone that is called.

use serde::{Deserialize, Serialize};

/// Whose phone it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The agent's, called first.
    Agent,
    /// The contact's.
    Contact,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Agent, Self::Contact];

    /// The word for it, in the ids that the provider is given.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Contact => "contact",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Agent => Self::Contact,
            Self::Contact => Self::Agent,
        }
    }
}

/// How far the provider says that a leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Progress {
    Placed,
    Ringing,
    Answered,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl Progress {
    /// How far along it is; all that is over is equally far.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Placed => 0,
            Self::Ringing => 1,
            Self::Answered => 2,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => 3,
        }
    }

    /// Whether nothing else can follow.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.rank() == 3
    }
}

/// Where a leg stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LegState {
    /// It is not called, or not called any more.
    #[default]
    Idle,
    /// It is to be called.
    Waiting {
        /// Since when.
        since: crate::clock::Millis,
    },
    /// The provider is being asked to call.
    Sending {
        /// Since when it is to be called.
        #[serde(default)]
        since: crate::clock::Millis,
    },
    /// The provider was asked, and nobody knows whether it calls.
    Unknown,
    /// The provider calls, or has called.
    Told {
        /// How far that has come.
        progress: Progress,
    },
    /// The provider did not take it.
    Refused,
    /// Nobody knows what became of it, and it is not looked for any more.
    Unconfirmed,
}

/// A phone that is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Where it stands.
    #[serde(flatten)]
    pub state: LegState,
    /// The provider's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// For how many seconds it lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secs: Option<u64>,
    /// Why the provider did not take it, in words for the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether the provider was asked to end it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
}

impl Leg {
    /// The provider says how far it is. What it said before, later along the way, holds.
    pub(super) fn told(&mut self, sid: &str, progress: Progress, secs: Option<u64>) {
        if !sid.is_empty() && self.sid.is_none() {
            self.sid = Some(sid.to_owned());
        }
        let is_news = match self.state {
            LegState::Told { progress: known } => progress.rank() > known.rank(),
            LegState::Idle
            | LegState::Waiting { .. }
            | LegState::Sending { .. }
            | LegState::Unknown
            | LegState::Refused
            | LegState::Unconfirmed => true,
        };
        if is_news {
            self.state = LegState::Told { progress };
            self.secs = secs.filter(|_| progress.is_over());
        }
    }

    /// Whether it is in the call.
    pub(super) fn answers(&self) -> bool {
        self.state == LegState::Told { progress: Progress::Answered }
    }

    /// Whether the phone rings or is in the call.
    pub(super) fn is_on_the_line(&self) -> bool {
        matches!(self.state, LegState::Told { progress } if !progress.is_over())
    }

    /// Whether it may still change at the provider.
    pub(super) fn is_under_way(&self) -> bool {
        self.is_on_the_line() || matches!(self.state, LegState::Sending { .. } | LegState::Unknown)
    }

    /// Whether the phone is not called any more.
    pub(super) fn is_over(&self) -> bool {
        match self.state {
            LegState::Told { progress } => progress.is_over(),
            LegState::Refused | LegState::Unconfirmed => true,
            LegState::Idle | LegState::Waiting { .. } | LegState::Sending { .. } | LegState::Unknown => false,
        }
    }
}
