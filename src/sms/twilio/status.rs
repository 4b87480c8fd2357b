//! How far a message has come, in Twilio's words and in the desk's.

use serde::{Deserialize, Serialize};

use crate::domain::call::Progress;
use crate::domain::reply::PartState;

/// How far a message has come, as Twilio spells it on the wire, and the simulator in what it stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Status {
    Accepted,
    Scheduled,
    Queued,
    Receiving,
    Sending,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    Canceled,
    Received,
    Read,
}

impl Status {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Accepted, "accepted"),
        (Self::Scheduled, "scheduled"),
        (Self::Queued, "queued"),
        (Self::Receiving, "receiving"),
        (Self::Sending, "sending"),
        (Self::Sent, "sent"),
        (Self::Delivered, "delivered"),
        (Self::Undelivered, "undelivered"),
        (Self::Failed, "failed"),
        (Self::Canceled, "canceled"),
        (Self::Received, "received"),
        (Self::Read, "read"),
    ];

    /// Reads the wire's spelling; `None` for a status not known yet, which is best ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(status, _)| *status)
    }

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    /// How far along it is. Reports come unordered: one of a lower or equal rank than the known one is old
    /// news.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Accepted | Self::Scheduled => 0,
            Self::Queued | Self::Receiving => 1,
            Self::Sending => 2,
            Self::Sent => 3,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled | Self::Received => 4,
            Self::Read => 5,
        }
    }

    /// Whether a report of `self` replaces a known `earlier`. The first of two final ones stays.
    #[must_use]
    pub fn supersedes(self, earlier: Self) -> bool {
        self.rank() > earlier.rank()
    }

    /// Whether no other outcome can follow (a delivered message may still be reported as read).
    #[must_use]
    pub fn is_final(self) -> bool {
        self.rank() >= 4
    }

    /// Whether it never reached the phone.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed | Self::Canceled)
    }
}

/// What a provider's status says of a part of ours; nothing where it speaks of a contact's message.
#[must_use]
pub fn part_state(status: Status, error_code: Option<u32>) -> Option<PartState> {
    match status {
        Status::Accepted | Status::Scheduled | Status::Queued | Status::Sending => Some(PartState::Accepted),
        Status::Sent => Some(PartState::Sent),
        Status::Delivered | Status::Read => Some(PartState::Delivered),
        Status::Undelivered | Status::Failed | Status::Canceled => {
            Some(PartState::Failed { code: error_code })
        }
        Status::Receiving | Status::Received => None,
    }
}

/// Reads how far a call has come; `None` for a word not known yet, which is best ignored.
/// <https://www.twilio.com/docs/voice/api/call-resource#call-status-values>
pub(super) fn progress(status: &str) -> Option<Progress> {
    Some(match status {
        "queued" | "initiated" => Progress::Placed,
        "ringing" => Progress::Ringing,
        "in-progress" | "answered" => Progress::Answered,
        "completed" => Progress::Completed,
        "busy" => Progress::Busy,
        "no-answer" => Progress::NoAnswer,
        "failed" => Progress::Failed,
        "canceled" => Progress::Canceled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_a_call_is_read_and_a_new_one_is_told_apart() {
        for (status, expected) in [
            ("queued", Progress::Placed),
            ("initiated", Progress::Placed),
            ("ringing", Progress::Ringing),
            ("in-progress", Progress::Answered),
            ("completed", Progress::Completed),
            ("busy", Progress::Busy),
            ("no-answer", Progress::NoAnswer),
            ("failed", Progress::Failed),
            ("canceled", Progress::Canceled),
        ] {
            assert_eq!(progress(status), Some(expected));
        }
        for status in ["", "COMPLETED", "teleported", "no answer"] {
            assert_eq!(progress(status), None, "{status}");
        }
    }

    #[test]
    fn every_status_reads_back_from_its_own_spelling() {
        for (status, name) in Status::ALL {
            assert_eq!(Status::parse(name), Some(status));
            assert_eq!(status.as_str(), name);
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        assert_eq!(Status::parse("DELIVERED"), None);
        assert_eq!(Status::parse(""), None);
    }

    #[test]
    fn a_late_report_never_takes_a_message_back() {
        assert!(Status::Sent.supersedes(Status::Queued));
        assert!(Status::Delivered.supersedes(Status::Sent));
        assert!(Status::Read.supersedes(Status::Delivered));
        assert!(!Status::Sent.supersedes(Status::Delivered));
        assert!(!Status::Delivered.supersedes(Status::Failed));
        assert!(!Status::Failed.supersedes(Status::Delivered));
        assert!(!Status::Delivered.supersedes(Status::Delivered));
        assert!(!Status::Sent.is_final() && Status::Undelivered.is_final());
    }

    #[test]
    fn every_status_of_ours_has_a_state() {
        let failed = PartState::Failed { code: Some(30003) };
        assert_eq!(part_state(Status::Undelivered, Some(30003)), Some(failed));
        assert_eq!(part_state(Status::Canceled, None), Some(PartState::Failed { code: None }));
        assert_eq!(part_state(Status::Queued, None), Some(PartState::Accepted));
        assert_eq!(part_state(Status::Read, None), Some(PartState::Delivered));
        assert_eq!(part_state(Status::Received, None), None);
    }
}
