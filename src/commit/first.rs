//! What an input reads first that shares its commit with nothing but plain deliveries: it comes with the
//! beginning of that commit.

use crate::clock::Millis;
use crate::domain::input::Input;
use crate::domain::reply;
use crate::store::{Batch, blocks, replies, rooms};

/// What is read. Nothing was applied before it in its commit that it reads of, so that it reads the same
/// there and then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// What is known of the sender of a text.
    Sender,
    /// Where an event of a room happens, and who did it.
    Scene,
    /// The message of an id, with all that decides its fate.
    Sending(String),
    /// The message of an id.
    Reply(String),
}

impl First {
    /// Has a batch read what an input reads first, if that is one of these.
    pub(super) fn read_with(batch: &mut Batch, input: &Input, now: Millis) -> Option<Self> {
        if let Input::Text(text) = input {
            blocks::batch_sender(batch, (&text.to, &text.from), now);
            return Some(Self::Sender);
        }
        if let Input::Room(event) = input {
            rooms::batch_scene(batch, &event.room_id, &event.sender);
            return Some(Self::Scene);
        }
        if let Input::ReplyDue { claim, reply, .. } | Input::Answered { claim, reply, .. } = input {
            replies::batch_sending(batch, claim, reply, now);
            return Some(Self::Sending(reply.clone()));
        }
        if let Input::Reported(report) = input
            && let Some((id, _)) = reply::parse_part_id(&report.part)
        {
            replies::batch_one(batch, id);
            return Some(Self::Reply(id.to_owned()));
        }
        None
    }
}
