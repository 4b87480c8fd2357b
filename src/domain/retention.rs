//! How long what is kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest time that can be set, in days.
pub const MOST_DAYS: u64 = 3_650;
const DAY_SECS: u64 = 86_400;

/// What is erased once it is old enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Old {
    /// The content of conversations with contacts.
    Conversations,
    /// Their pictures and files.
    Media,
    /// IMs and consults.
    Talks,
    /// Lines of the audit log.
    Audit,
}

impl Old {
    /// All there is.
    pub const ALL: [Self; 4] = [Self::Conversations, Self::Media, Self::Talks, Self::Audit];

    /// The setting of the desk that says when it is old enough, by the name under which it is kept.
    #[must_use]
    pub fn setting(self) -> &'static str {
        match self {
            Self::Conversations => "retention_sms_days",
            Self::Media => "retention_media_days",
            Self::Talks => "retention_im_days",
            Self::Audit => "retention_audit_days",
        }
    }

    /// What a setting of the desk, or of a queue, has erased.
    #[must_use]
    pub fn of_setting(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|old| old.setting() == name)
    }
}

/// How much of a kind is old enough to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Older {
    /// What.
    pub erases: Old,
    /// How much of it.
    pub count: i64,
    /// Whether there is more than that: no further was counted.
    pub at_least: bool,
    /// Than how many days.
    #[serde(default)]
    pub days: u64,
}

/// For how many days what is kept; 0 for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeps {
    /// The content of conversations with contacts, after they are done.
    pub sms_days: u64,
    /// Their pictures and files.
    pub media_days: u64,
    /// Lines of the audit log.
    pub audit_days: u64,
    /// IMs and consults, after they are done.
    pub im_days: u64,
}

/// How long that many days are; nothing for ever.
#[must_use]
pub fn how_long(days: u64) -> Option<Duration> {
    (days > 0).then(|| Duration::from_secs(days.saturating_mul(DAY_SECS)))
}

impl Keeps {
    /// For how many days something is kept; 0 for ever.
    #[must_use]
    pub fn days(&self, what: Old) -> u64 {
        match what {
            Old::Conversations => self.sms_days,
            Old::Media => self.media_days,
            Old::Talks => self.im_days,
            Old::Audit => self.audit_days,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_erases_one_thing() {
        let keeps = Keeps { sms_days: 1, media_days: 2, audit_days: 3, im_days: 4 };
        let days = Old::ALL.map(|what| (what.setting(), keeps.days(what)));
        assert_eq!(
            days,
            [
                ("retention_sms_days", 1),
                ("retention_media_days", 2),
                ("retention_im_days", 4),
                ("retention_audit_days", 3),
            ]
        );
        for what in Old::ALL {
            assert_eq!(Old::of_setting(what.setting()), Some(what));
        }
        assert_eq!(Old::of_setting("recent_days"), None);
    }

    #[test]
    fn no_days_are_for_ever_and_the_longest_time_fits() {
        assert_eq!(how_long(0), None);
        assert_eq!(how_long(2), Some(Duration::from_hours(48)));
        assert!(how_long(MOST_DAYS) < how_long(u64::MAX));
    }
}
