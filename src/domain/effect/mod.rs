//! What must happen outside after an input: the outbox keeps these until they are done.
//!
//! A file for each family of effects: what belongs to each of them, how it is carried out, and what is to be
//! remembered of it. What delivers a family has the same name in `outbox::deliver`, and what its outcome
//! means for the desk in `desk::outcomes`.
//!
//! | family | what it is about |
//! | --- | --- |
//! | `rooms` | rooms and consoles: made, looked at, left, cleared |
//! | `contact`, `media` | what the contact sent, said by their ghost; parts of an MMS; files that are erased |
//! | `notices` | what the bot says, amends, takes away and marks |
//! | `members` | who is invited, joins, and is taken out |
//! | `state` | what a room shows of its conversation |
//! | `calls` | telephone calls to contacts |
//! | `replies` | what goes to phones, and what became of it |
//! | `lookups` | what the homeserver is asked |
//! | `route` | who is offered what waits |
//! | `erasure` | what tells of a person, erased at the homeserver and the provider |

mod calls;
mod contact;
mod erasure;
mod lookups;
mod media;
mod members;
mod notices;
mod place;
mod replies;
mod role;
mod rooms;
mod route;
mod rules;
mod state;

use serde::{Deserialize, Serialize};

pub use self::calls::{Dial, HangUp, HoldCall, LookAtCall};
pub use self::contact::{GhostMedia, GhostReact, GhostText, Said};
pub use self::erasure::{Erase, Erased, Then};
pub use self::lookups::{
    FoundFile, LookForFile, LookUpPresence, LookWhetherOnline, Looked, MeetAgent, Met, ReadText, TextRead,
};
pub use self::media::{DeleteMedia, FetchMedia, MediaGone, MediaHad, MediaLost};
pub use self::members::{Invite, Join, Remove};
pub use self::notices::{Amend, Noticed, Notify, React, TakeAway, TakenAway};
pub use self::place::Place;
pub use self::replies::{ReconcilePart, SendReply};
pub use self::role::{Role, Taps};
pub use self::rooms::{
    ClearRoom, CloseConsole, LeaveForeign, LeaveRoom, LookAtRoom, OfferConsole, OpenConsole, OpenRoom,
    OpenSpace, RoomMade,
};
pub use self::route::Route;
use self::rules::Rules;
pub use self::state::{PublishContact, PublishRights, PublishState, PublishTopic};
use super::class::Class;
use super::lane::Lane;
use super::picture::Picture;

/// Makes [`Effect`] of the effects there are: a variant for each, which holds what belongs to it and goes by
/// its rules. One without rules does not compile.
macro_rules! effects {
    ($($effect:ident),+ $(,)?) => {
        /// Something to be done outside the desk.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "do", rename_all = "snake_case")]
        pub enum Effect {
            $(#[doc = concat!("See [`", stringify!($effect), "`].")] $effect($effect),)+
        }

        $(impl From<$effect> for Effect {
            fn from(effect: $effect) -> Self {
                Self::$effect(effect)
            }
        })+

        impl Effect {
            fn rules(&self) -> Rules {
                match self {
                    $(Self::$effect(effect) => effect.rules(),)+
                }
            }
        }
    };
}

effects! {
    OpenRoom, OpenConsole, OpenSpace, OfferConsole, CloseConsole, LeaveRoom, LeaveForeign, LookAtRoom, ClearRoom,
    GhostText, GhostMedia, GhostReact,
    FetchMedia, DeleteMedia,
    Notify, Amend, TakeAway, React,
    Invite, Join, Remove,
    PublishState, PublishContact, PublishTopic, PublishRights,
    SendReply, ReconcilePart,
    Dial, HoldCall, HangUp, LookAtCall,
    MeetAgent, LookUpPresence, LookWhetherOnline, LookForFile, ReadText,
    Route,
    Erase,
}

impl Effect {
    /// What the room is for that it needs as it is: none where it needs none, or only leaves it.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.rules().place
    }

    /// The lane it runs in.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.rules().lane
    }

    /// Which class it is of. Whoever has made it sure that someone waits for the room that it makes says so
    /// with `is_awaited`.
    #[must_use]
    pub fn class(&self, is_awaited: bool) -> Class {
        match self.rules().class {
            Class::Room if is_awaited => Class::AwaitedRoom,
            class => class,
        }
    }

    /// The key of an effect that need not stand in the outbox twice: it does what is right when it runs,
    /// however often it was asked for.
    #[must_use]
    pub fn merge_key(&self) -> Option<String> {
        self.rules().merge_key
    }

    /// Whether it makes the room that the rest of its lane goes to.
    #[must_use]
    pub fn opens_room(&self) -> bool {
        matches!(self, Self::OpenRoom(_) | Self::OpenConsole(_))
    }

    /// Whether it reads bytes of strangers, which may be made to end the program.
    #[must_use]
    pub fn reads_strangers(&self) -> bool {
        matches!(self, Self::FetchMedia(_))
    }

    /// Whether it shows something that the contact sent.
    #[must_use]
    pub fn shows_contact(&self) -> bool {
        matches!(self, Self::GhostText(_) | Self::GhostMedia(_))
    }

    /// Whether it keeps its place among what the contact sent: that itself, and what the bot points out about
    /// it.
    #[must_use]
    pub fn goes_with_words(&self) -> bool {
        self.shows_contact() || matches!(self, Self::Notify(notify) if notify.is_about_a_text())
    }

    /// The picture it shows, if that is not there yet.
    #[must_use]
    pub fn awaited(&self) -> Option<&Picture> {
        match self {
            Self::GhostMedia(GhostMedia { picture, content: None, .. }) => Some(picture),
            _ => None,
        }
    }
}
