//! Who is in a room of ours, and who only says something there.

use crate::commit::{Applied, Tx};
use crate::domain::effect::Place;
use crate::domain::input::{MessageKind, RoomAct, RoomEvent};
use crate::domain::notice::Says;
use crate::domain::text::prefix::{self, Typed};
use crate::store::Result;

/// Whether something is only done by who is in the room: they have come in, though their coming may be heard
/// of later, as the homeserver may have lost that and have to be asked for it.
pub(super) fn is_from_inside(what: &RoomAct) -> bool {
    match what {
        RoomAct::Message { .. }
        | RoomAct::Edit { .. }
        | RoomAct::Redaction { .. }
        | RoomAct::Reaction { .. }
        | RoomAct::Unsupported { .. } => true,
        RoomAct::Member { .. } | RoomAct::Marker { .. } | RoomAct::Upgraded => false,
    }
}

/// Someone who has no business in a room of ours says something there: a command is answered, and nothing
/// comes of it.
pub(super) async fn stranger(tx: &mut Tx<'_>, event: &RoomEvent, place: &Place) -> Result<Applied> {
    if let RoomAct::Message { kind: MessageKind::Text, body, .. } = &event.what
        && let Typed::Command(_) = prefix::classify(body, &tx.settings.prefix)
    {
        tx.say(place, Says::NotAllowed.plainly(), Some(event.event_id.clone())).await?;
    }
    Ok(Applied::Foreign)
}
