//! Lanes: the effects of one lane are delivered one after another, lanes beside each other.
//!
//! A lane is kept as text, its kind and whose it is: `room:i-7f3k2`, `console:alice`, `route`. Nothing else
//! takes that text apart.

use std::fmt;
use std::str::FromStr;

use ruma::{OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::ids::{AgentId, ErasureId, InteractionId};
use crate::clock::Millis;

/// A lane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Lane {
    /// The room of an interaction, or of the talks that share it.
    Room(InteractionId),
    /// An agent's console.
    Console(AgentId),
    /// The messages to the phone of an interaction's contact.
    Phone(InteractionId),
    /// Fetching one part of an MMS.
    Media {
        /// For whose room.
        interaction: InteractionId,
        /// Until when the room waits for it.
        wait_until: Millis,
        /// Which part of its message it is, from 1.
        number: u32,
    },
    /// Leaving a room that is not the desk's.
    Foreign(OwnedRoomId),
    /// Asking whether the user of this new agent exists.
    Meet(AgentId),
    /// Finding out whether this colleague is there.
    Peer(AgentId),
    /// Finding out whether someone is online.
    Online(OwnedUserId),
    /// Looking up parts of unknown fate. There is one lane for all: two parts with the same text must not
    /// both claim one message of the list.
    Reconcile,
    /// Offering what waits in queues. There is one lane for all: an agent in several queues gets what comes
    /// first among all of them.
    Route,
    /// Having files erased that are not kept any longer. There is one lane for all, so that the homeserver is
    /// asked for one after another.
    Retention,
    /// Erasing what tells of a person elsewhere.
    Erasure(ErasureId),
    /// Ending a phone's part in a call, by the provider's id of it.
    HangUp(String),
}

/// What kind of lane it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as the lanes themselves")]
pub enum LaneKind {
    Room,
    Console,
    Phone,
    Media,
    Foreign,
    Meet,
    Peer,
    Online,
    Reconcile,
    Route,
    Retention,
    Erasure,
    HangUp,
}

/// A text that names no lane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no lane: {why}")]
pub struct NoLane {
    text: String,
    why: &'static str,
}

impl LaneKind {
    const ALL: [Self; 13] = [
        Self::Room,
        Self::Console,
        Self::Phone,
        Self::Media,
        Self::Foreign,
        Self::Meet,
        Self::Peer,
        Self::Online,
        Self::Reconcile,
        Self::Route,
        Self::Retention,
        Self::Erasure,
        Self::HangUp,
    ];

    /// Its name, which is the prefix of such a lane's text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Console => "console",
            Self::Phone => "sms",
            Self::Media => "media",
            Self::Foreign => "foreign",
            Self::Meet => "meet",
            Self::Peer => "peer",
            Self::Online => "online",
            Self::Reconcile => "reconcile",
            Self::Route => "route",
            Self::Retention => "retention",
            Self::Erasure => "erasure",
            Self::HangUp => "hang_up",
        }
    }
}

impl Lane {
    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> LaneKind {
        match self {
            Self::Room(_) => LaneKind::Room,
            Self::Console(_) => LaneKind::Console,
            Self::Phone(_) => LaneKind::Phone,
            Self::Media { .. } => LaneKind::Media,
            Self::Foreign(_) => LaneKind::Foreign,
            Self::Meet(_) => LaneKind::Meet,
            Self::Peer(_) => LaneKind::Peer,
            Self::Online(_) => LaneKind::Online,
            Self::Reconcile => LaneKind::Reconcile,
            Self::Route => LaneKind::Route,
            Self::Retention => LaneKind::Retention,
            Self::Erasure(_) => LaneKind::Erasure,
            Self::HangUp(_) => LaneKind::HangUp,
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind().name();
        match self {
            Self::Room(id) | Self::Phone(id) => write!(f, "{kind}:{id}"),
            Self::Console(agent) | Self::Meet(agent) | Self::Peer(agent) => write!(f, "{kind}:{agent}"),
            Self::Media { interaction, wait_until, number } => {
                write!(f, "{kind}:{interaction}/{}/{number}", wait_until.0)
            }
            Self::Foreign(room) => write!(f, "{kind}:{room}"),
            Self::Online(user) => write!(f, "{kind}:{user}"),
            Self::Erasure(job) => write!(f, "{kind}:{job}"),
            Self::HangUp(sid) => write!(f, "{kind}:{sid}"),
            Self::Reconcile | Self::Route | Self::Retention => f.write_str(kind),
        }
    }
}

impl FromStr for Lane {
    type Err = NoLane;

    fn from_str(text: &str) -> Result<Self, NoLane> {
        let no = |why| NoLane { text: text.to_owned(), why };
        let (name, of) = match text.split_once(':') {
            Some((name, of)) => (name, Some(of)),
            None => (text, None),
        };
        let kind = LaneKind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| no("what stands before the colon is no kind of lane"))?;
        let only = match kind {
            LaneKind::Reconcile => Some(Self::Reconcile),
            LaneKind::Route => Some(Self::Route),
            LaneKind::Retention => Some(Self::Retention),
            _ => None,
        };
        if let Some(lane) = only {
            return if of.is_none() { Ok(lane) } else { Err(no("there is only one of its kind")) };
        }
        let of = of.ok_or_else(|| no("it does not say whose"))?;
        Ok(match kind {
            LaneKind::Room => Self::Room(InteractionId::new(of)),
            LaneKind::Phone => Self::Phone(InteractionId::new(of)),
            LaneKind::Console => Self::Console(AgentId::new(of)),
            LaneKind::Meet => Self::Meet(AgentId::new(of)),
            LaneKind::Peer => Self::Peer(AgentId::new(of)),
            LaneKind::Foreign => {
                Self::Foreign(OwnedRoomId::try_from(of).map_err(|_| no("it names no room"))?)
            }
            LaneKind::Online => Self::Online(OwnedUserId::try_from(of).map_err(|_| no("it names no user"))?),
            LaneKind::Media => {
                media(of).ok_or_else(|| no("it is not an interaction, a time and a number"))?
            }
            LaneKind::Erasure => Self::Erasure(ErasureId::new(of)),
            LaneKind::HangUp => Self::HangUp(of.to_owned()),
            LaneKind::Reconcile => Self::Reconcile,
            LaneKind::Route => Self::Route,
            LaneKind::Retention => Self::Retention,
        })
    }
}

fn media(of: &str) -> Option<Lane> {
    let (rest, number) = of.rsplit_once('/')?;
    let (interaction, wait_until) = rest.rsplit_once('/')?;
    Some(Lane::Media {
        interaction: InteractionId::new(interaction),
        wait_until: Millis(wait_until.parse().ok()?),
        number: number.parse().ok()?,
    })
}

impl From<Lane> for String {
    fn from(lane: Lane) -> Self {
        lane.to_string()
    }
}

impl TryFrom<String> for Lane {
    type Error = NoLane;

    fn try_from(text: String) -> Result<Self, NoLane> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_read_back_as_what_it_was() {
        let lanes = [
            ("room:i-7f3k2", LaneKind::Room),
            ("console:alice", LaneKind::Console),
            ("sms:i-7f3k2", LaneKind::Phone),
            ("media:i-7f3k2/1700000000000/2", LaneKind::Media),
            ("foreign:!r:desk.test", LaneKind::Foreign),
            ("meet:a:b", LaneKind::Meet),
            ("peer:alice", LaneKind::Peer),
            ("online:@alice:desk.test", LaneKind::Online),
            ("reconcile", LaneKind::Reconcile),
            ("route", LaneKind::Route),
            ("retention", LaneKind::Retention),
            ("erasure:e-7f3k2", LaneKind::Erasure),
            ("hang_up:CA0123", LaneKind::HangUp),
        ];
        assert_eq!(lanes.map(|(_, kind)| kind), LaneKind::ALL);
        for (text, kind) in lanes {
            let lane: Lane = text.parse().unwrap();
            assert_eq!((lane.kind(), lane.to_string().as_str()), (kind, text));
            let json = serde_json::to_string(&lane).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<Lane>(&json).unwrap(), lane);
        }
    }

    #[test]
    fn what_names_no_lane_says_why() {
        for (text, why) in [
            ("", "what stands before the colon is no kind of lane"),
            ("rooms:i-1", "what stands before the colon is no kind of lane"),
            ("room", "it does not say whose"),
            ("route:support", "there is only one of its kind"),
            ("foreign:here", "it names no room"),
            ("online:alice", "it names no user"),
            ("media:i-1/2", "it is not an interaction, a time and a number"),
            ("media:i-1/soon/2", "it is not an interaction, a time and a number"),
        ] {
            assert_eq!(
                text.parse::<Lane>().unwrap_err().to_string(),
                format!("`{text}` names no lane: {why}")
            );
        }
    }
}
