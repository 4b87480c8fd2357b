//! A telephone call to one phone, as the simulator remembers it.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::Millis;

/// Where a call stands, by Twilio's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CallStatus {
    Queued,
    Initiated,
    Ringing,
    InProgress,
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl CallStatus {
    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress => false,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => true,
        }
    }

    /// Whether a phone shows it.
    pub(super) fn is_on_the_line(self) -> bool {
        matches!(self, Self::Ringing | Self::InProgress)
    }
}

/// A call to one phone.
#[derive(Clone, Debug)]
pub struct PhoneLine {
    /// Its id.
    pub sid: String,
    /// The phone.
    pub phone: String,
    /// The number of the desk that calls.
    pub ours: String,
    /// Where it stands.
    pub status: CallStatus,
    /// The conference that it comes into.
    pub conference: String,
    /// Whether it is on hold there.
    pub on_hold: bool,
    pub(super) callback: Option<String>,
    pub(super) rings: Duration,
    pub(super) created: Millis,
    pub(super) answered: Option<Millis>,
    pub(super) ended: Option<Millis>,
    /// What waits to be reported last first.
    pub(super) backwards: Vec<CallStatus>,
}

impl PhoneLine {
    /// For how many seconds somebody was in it.
    pub(super) fn secs(&self) -> u64 {
        let Some((from, to)) = self.answered.zip(self.ended) else { return 0 };
        to.since(from).as_secs()
    }

    /// Whether it is in a conference now.
    pub(super) fn is_in(&self, conference: &str) -> bool {
        self.status == CallStatus::InProgress && self.conference == conference
    }

    /// As the page shows it.
    pub(super) fn view(&self) -> Value {
        json!({
            "sid": self.sid, "phone": self.phone, "ours": self.ours, "status": self.status,
            "since": self.answered.map(|at| at.0), "over": self.status.is_over(),
            "on_hold": self.on_hold,
        })
    }
}
