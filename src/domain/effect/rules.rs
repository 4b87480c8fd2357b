//! How each effect is carried out, each named once: in which lane and among which class, what room it needs,
//! and whether it need stand in the outbox twice.

use super::{Effect, Place};
use crate::domain::class::Class;
use crate::domain::ids::InteractionId;
use crate::domain::lane::Lane;

/// How an effect is carried out.
struct Rules {
    /// What the room is for that it needs as it is.
    place: Option<Place>,
    lane: Lane,
    class: Class,
    merge_key: Option<String>,
}

/// The rules of an effect of which it is still to be said whether it merges.
struct Undecided {
    place: Option<Place>,
    lane: Lane,
    class: Class,
}

/// It is said or done in a room as that is, in the order it was asked for.
fn at(place: &Place) -> Undecided {
    Undecided { place: Some(place.clone()), lane: place.lane(), class: Class::Talk }
}

/// As [`at`], in the room of an interaction.
fn in_room_of(interaction: &InteractionId) -> Undecided {
    at(&Place::Session(interaction.clone()))
}

/// It needs no room, or only leaves one, and nobody waits for it.
fn beside(lane: Lane) -> Undecided {
    Undecided { place: None, lane, class: Class::Slow }
}

impl Undecided {
    fn of(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// It is done as often as it is asked for.
    fn each_time(self) -> Rules {
        let Self { place, lane, class } = self;
        Rules { place, lane, class, merge_key: None }
    }

    /// It does what is right when it runs, so that it stands in the outbox once however often it is asked
    /// for.
    fn once(self, key: String) -> Rules {
        Rules { merge_key: Some(key), ..self.each_time() }
    }
}

impl Effect {
    fn rules(&self) -> Rules {
        match self {
            // Rooms.
            Self::OpenRoom { interaction } => in_room_of(interaction).of(Class::Room).each_time(),
            Self::OpenConsole { agent, .. } => {
                at(&Place::Console(agent.clone())).of(Class::AwaitedRoom).each_time()
            }
            Self::OfferConsole { agent } => at(&Place::Console(agent.clone())).each_time(),
            Self::CloseConsole { agent, .. } => {
                beside(Lane::Console(agent.clone())).of(Class::Talk).each_time()
            }
            Self::LeaveRoom { interaction } => beside(Lane::Room(interaction.clone())).each_time(),
            Self::LeaveForeign { room, .. } | Self::ClearRoom { room, .. } => {
                beside(Lane::Foreign(room.clone())).each_time()
            }
            Self::LookAtRoom { place, room } => at(place).once(format!("look:{room}")),

            // What the contact sent, and who is in its room.
            Self::GhostText { interaction, .. }
            | Self::Invite { interaction, .. }
            | Self::Join { interaction, .. }
            | Self::Remove { interaction, .. } => in_room_of(interaction).each_time(),
            Self::GhostMedia { picture, .. } => in_room_of(&picture.interaction).each_time(),
            Self::FetchMedia { picture } => beside(picture.lane()).of(Class::Media).each_time(),

            // What the bot says.
            Self::Notify { to, .. } | Self::Amend { to, .. } | Self::React { to, .. } => at(to).each_time(),

            // What a room shows of its conversation.
            Self::PublishState { interaction } => {
                in_room_of(interaction).once(format!("state:{interaction}"))
            }
            Self::PublishTopic { interaction } => {
                in_room_of(interaction).once(format!("topic:{interaction}"))
            }
            Self::PublishRights { interaction } => {
                in_room_of(interaction).once(format!("rights:{interaction}"))
            }
            Self::PublishContact { interaction } => {
                in_room_of(interaction).once(format!("contact:{interaction}"))
            }

            // What goes to phones.
            Self::SendReply { interaction, .. } => {
                beside(Lane::Phone(interaction.clone())).of(Class::Send).each_time()
            }
            Self::ReconcilePart { .. } => beside(Lane::Reconcile).each_time(),

            // What is looked up or decided.
            Self::MeetAgent { agent, .. } => beside(Lane::Meet(agent.who.id.clone())).each_time(),
            Self::LookUpPresence { wanted } => beside(Lane::Peer(wanted.invitee.id.clone())).each_time(),
            Self::LookWhetherOnline { user } => beside(Lane::Online(user.clone())).each_time(),
            Self::Route { queue } => beside(Lane::Route).of(Class::Talk).once(format!("route:{queue}")),
        }
    }

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
}
