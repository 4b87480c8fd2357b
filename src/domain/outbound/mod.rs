//! Texts that we begin: what is in the way of one, and what whoever writes it is asked first.
//!
//! Facts in, a verdict out. What is in the way cannot be overruled by whoever writes; a warning can, once
//! they have read it. Both are looked at again when they have.

pub mod quiet;

use std::time::Duration;

use jiff::tz::TimeZone;
use ruma::OwnedRoomId;
use serde::{Deserialize, Serialize};

use self::quiet::QuietHours;
use super::address::{Address, e164};
use super::consent::Wish;
use super::ids::InteractionId;
use crate::clock::Millis;

/// A number that has not been heard of for so long may be somebody else's by now.
pub const LONG_UNSEEN: Duration = Duration::from_hours(90 * 24);
/// How many seconds a day has.
const DAY_SECS: u64 = 86_400;

/// What is known when somebody wants to text a contact first.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts<'a> {
    /// Where the text is to go.
    pub theirs: &'a Address,
    /// The present moment.
    pub now: Millis,
    /// When it was written.
    pub written_at: Millis,
    /// What was written so long ago is not sent without asking.
    pub late: Duration,
    /// When nobody is to be texted first.
    pub quiet: QuietHours,
    /// The time zones in which they may be.
    pub zones: &'a [TimeZone],
    /// What they said last about being texted.
    pub wish: Option<Wish>,
    /// Whether they must have said that they want it.
    pub needs_consent: bool,
    /// Whether they are blocked.
    pub is_blocked: bool,
    /// Whether it is a number of our own.
    pub is_ours: bool,
    /// Whether the desk has a number that can write to theirs.
    pub has_ours: bool,
    /// When they last wrote from there.
    pub last_seen: Option<Millis>,
    /// The conversation with them that goes on.
    pub open: Option<Open>,
}

/// A conversation that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Its id.
    pub id: InteractionId,
    /// The name of its owner; nothing while it waits for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether that is whoever wants to text them.
    #[serde(default)]
    pub yours: bool,
    /// Its room, where that is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<OwnedRoomId>,
}

/// What whoever writes is asked about before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Warning {
    /// It is late at night there, or may be.
    QuietHours {
        /// The time of day there: `23:10`.
        time: String,
        /// The time zone, by its name in the IANA database.
        zone: String,
        /// Whether they may be in another one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        may_be: bool,
        /// When it is over wherever they may be; nothing if it never is everywhere at once.
        until: Option<Millis>,
    },
    /// A conversation with them goes on.
    SessionOpen(Open),
    /// They were last heard of long ago.
    LongUnseen {
        /// How many days ago.
        days: u64,
    },
    /// It was written long ago.
    Late {
        /// How many seconds ago.
        secs: u64,
    },
}

impl Warning {
    /// The words by which it is said that a warning was read, each with the warning it is for.
    pub const WORDS: [&'static str; 4] = ["quiet_hours", "session_open", "long_unseen", "late"];

    /// Its word, one of [`Self::WORDS`].
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::QuietHours { .. } => Self::WORDS[0],
            Self::SessionOpen(_) => Self::WORDS[1],
            Self::LongUnseen { .. } => Self::WORDS[2],
            Self::Late { .. } => Self::WORDS[3],
        }
    }
}

/// Why a contact is not texted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTexted {
    /// It is a number of our own.
    OurNumber,
    /// It is a short code: these write first.
    ShortCode,
    /// It is no number, but a name or an e-mail address.
    Sender,
    /// They are blocked.
    Blocked,
    /// They want no texts.
    OptedOut,
    /// They have not said that they want texts, and the desk needs that.
    NoConsent,
    /// Their channel lets nobody write to them now.
    WindowClosed,
    /// Nothing that can be texted is known of them.
    NoNumber,
    /// The desk has no number on their channel.
    NoNumberOfOurs,
    /// Our number leads to a queue or route that does not exist.
    NoQueue,
    /// There is no text in it that can be seen.
    Empty,
    /// It is too long.
    TooLong,
}

impl Facts<'_> {
    /// Why they are not texted, whoever says that it is meant.
    #[must_use]
    pub fn obstacle(&self) -> Option<NotTexted> {
        if self.is_ours {
            return Some(NotTexted::OurNumber);
        }
        if !self.theirs.can_be_answered() {
            return Some(NotTexted::Sender);
        }
        if e164(self.theirs.value()).is_err() {
            return Some(NotTexted::ShortCode);
        }
        if !self.has_ours {
            return Some(NotTexted::NoNumberOfOurs);
        }
        if self.is_blocked {
            return Some(NotTexted::Blocked);
        }
        match self.wish {
            Some(Wish::Out) => return Some(NotTexted::OptedOut),
            None if self.needs_consent => return Some(NotTexted::NoConsent),
            Some(Wish::In) | None => {}
        }
        let window = self.theirs.rules().answer_window?;
        let is_closed = self.last_seen.is_none_or(|seen| seen + window < self.now);
        is_closed.then_some(NotTexted::WindowClosed)
    }

    /// What whoever writes has to be asked about.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        warnings.extend(self.open.clone().map(Warning::SessionOpen));
        if let Some(quiet) = self.quiet.now(self.zones, self.now) {
            warnings.push(Warning::QuietHours {
                time: quiet.time,
                zone: quiet.zone,
                may_be: self.zones.len() > 1,
                until: quiet.until,
            });
        }
        if let Some(ago) = self.last_seen.map(|seen| self.now.since(seen)).filter(|ago| *ago >= LONG_UNSEEN) {
            warnings.push(Warning::LongUnseen { days: ago.as_secs() / DAY_SECS });
        }
        let ago = self.now.since(self.written_at);
        if ago > self.late {
            warnings.push(Warning::Late { secs: ago.as_secs() });
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const NOON: Millis = Millis(1_783_339_200_000); // 2026-07-06 12:00 UTC

    fn facts(theirs: &Address) -> Facts<'_> {
        Facts {
            theirs,
            now: NOON,
            written_at: NOON,
            late: Duration::from_mins(10),
            quiet: QuietHours { from: 21 * 60, to: 8 * 60 },
            zones: &[],
            wish: None,
            needs_consent: false,
            is_blocked: false,
            is_ours: false,
            has_ours: true,
            last_seen: None,
            open: None,
        }
    }

    #[test]
    fn who_may_not_be_texted_is_not_whoever_says_so() {
        let jane = Address::sms("+14155550100");
        let free = facts(&jane);
        assert_eq!(free.obstacle(), None);
        for (facts, why) in [
            (Facts { is_ours: true, is_blocked: true, ..free.clone() }, NotTexted::OurNumber),
            (Facts { is_blocked: true, wish: Some(Wish::Out), ..free.clone() }, NotTexted::Blocked),
            (Facts { wish: Some(Wish::Out), ..free.clone() }, NotTexted::OptedOut),
            (Facts { wish: Some(Wish::Out), needs_consent: true, ..free.clone() }, NotTexted::OptedOut),
            (Facts { needs_consent: true, ..free.clone() }, NotTexted::NoConsent),
        ] {
            assert_eq!(facts.obstacle(), Some(why));
        }
        // What is missing is named, whatever else would be in the way.
        let without = Facts { has_ours: false, is_blocked: true, ..free.clone() };
        assert_eq!(without.obstacle(), Some(NotTexted::NoNumberOfOurs));
        let whatsapp = Address::read("whatsapp:+14155550100");
        assert_eq!(Facts { has_ours: false, ..facts(&whatsapp) }.obstacle(), Some(NotTexted::NoNumberOfOurs));
        let wanted = Facts { needs_consent: true, wish: Some(Wish::In), ..free };
        assert_eq!(wanted.obstacle(), None);
        for (other, why) in [
            ("74454", Some(NotTexted::ShortCode)),
            ("911", Some(NotTexted::ShortCode)),
            ("ACME", Some(NotTexted::Sender)),
            ("jane@doe.test", Some(NotTexted::Sender)),
            ("whatsapp:+14155550100", Some(NotTexted::WindowClosed)),
        ] {
            assert_eq!(facts(&Address::read(other)).obstacle(), why, "{other}");
        }
    }

    #[test]
    fn a_channel_with_a_window_lets_us_write_while_it_is_open() {
        let jane = Address::read("whatsapp:+14155550100");
        let seen = |ago| Facts { last_seen: Some(NOON - ago), ..facts(&jane) };
        assert_eq!(seen(DAY).obstacle(), None);
        assert_eq!(seen(DAY + Duration::from_millis(1)).obstacle(), Some(NotTexted::WindowClosed));
    }

    #[test]
    fn whoever_writes_is_asked_about_all_there_is_at_once() {
        let jane = Address::sms("+14155550100");
        let open = Open { id: InteractionId::new("i-7f3k2"), owner: None, yours: false, room: None };
        let tokyo = [TimeZone::get("Asia/Tokyo").unwrap()];
        let all = Facts {
            zones: &tokyo,
            last_seen: Some(NOON - 90 * DAY),
            written_at: NOON - Duration::from_mins(11),
            open: Some(open),
            ..facts(&jane)
        };
        let warnings = all.warnings();
        let mut words: Vec<&str> = warnings.iter().map(Warning::word).collect();
        words.sort_unstable();
        let mut known = Warning::WORDS;
        known.sort_unstable();
        assert_eq!(words, known);
        assert!(warnings.contains(&Warning::LongUnseen { days: 90 }), "{warnings:?}");
        let until = Some(NOON + Duration::from_hours(11));
        let (time, zone) = ("21:00".to_owned(), "Asia/Tokyo".to_owned());
        assert!(warnings.contains(&Warning::QuietHours { time, zone, may_be: false, until }), "{warnings:?}");

        let none = Facts {
            last_seen: Some(NOON - 90 * DAY + Duration::from_millis(1)),
            written_at: NOON - Duration::from_mins(10),
            ..facts(&jane)
        };
        assert!(none.warnings().is_empty(), "{:?}", none.warnings());
    }
}
