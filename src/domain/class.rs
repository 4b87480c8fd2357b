//! Classes of effects. Effects of one class share a number of deliveries at a time, and each class has its
//! own. So what people wait for never waits for slow work, and a burst delays only its own class.

/// A class of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What goes to phones.
    Send,
    /// Whatever is said and done in existing rooms and consoles, and routing.
    Talk,
    /// Making a room that someone waits for.
    AwaitedRoom,
    /// Making a room for a conversation that has no owner yet.
    Room,
    /// Bytes of strangers, fetched and read.
    Media,
    /// Work that nobody waits for: looking things up, leaving rooms.
    Slow,
}

impl Class {
    /// How many effects of it are delivered at once. A homeserver makes some eight rooms in a second, however
    /// many are requested, and the more there are, the slower it answers everything else; so few are made at
    /// a time.
    #[must_use]
    pub fn at_once(self) -> usize {
        match self {
            Self::Talk => 32,
            Self::Send => 16,
            Self::AwaitedRoom => 2,
            Self::Room => 3,
            Self::Media | Self::Slow => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::effect::{
        Effect, GhostText, OpenConsole, OpenRoom, PublishState, ReconcilePart, SendReply,
    };
    use crate::domain::ids::{AgentId, InteractionId};

    #[test]
    fn what_a_burst_of_new_numbers_asks_for_is_not_in_the_way_of_a_conversation() {
        let id = InteractionId::new("i-1");
        let room = Effect::OpenRoom(OpenRoom { interaction: id.clone() });
        assert_eq!(room.class(false), Class::Room);
        assert_eq!(room.class(true), Class::AwaitedRoom);
        let console = Effect::OpenConsole(OpenConsole { agent: AgentId::new("alice"), alias: String::new() });
        assert_eq!(console.class(false), Class::AwaitedRoom);
        let reply = Effect::SendReply(SendReply { interaction: id.clone(), reply: String::new() });
        assert_eq!(reply.class(false), Class::Send);
        let text = Effect::GhostText(GhostText {
            interaction: id.clone(),
            body: String::new(),
            mention: None,
            written_at: None,
        });
        assert_eq!(text.class(false), Class::Talk);
        assert_eq!(Effect::PublishState(PublishState { interaction: id }).class(false), Class::Talk);
        let look_up = Effect::ReconcilePart(ReconcilePart { part: String::new(), tries: 0 });
        assert_eq!(look_up.class(false), Class::Slow);
    }
}
