//! People who write in a room of ours: they have come in, or have no business there.

use crate::commit::{Applied, Tx};
use crate::domain::effect::Place;
use crate::domain::input::{MessageKind, RoomAct, RoomEvent};
use crate::domain::notice::Says;
use crate::domain::text::prefix::{self, Typed};
use crate::store::Result;

/// Whether only a member of the room can do this. Then its sender has come in, even if the desk hears of
/// their joining later: the homeserver may have lost that event, and the desk has to ask for it.
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

/// Someone who has no business in a room of ours writes there: a command is refused, anything else is
/// ignored.
pub(super) async fn stranger(tx: &mut Tx<'_>, event: &RoomEvent, place: &Place) -> Result<Applied> {
    if let RoomAct::Message { kind: MessageKind::Text, body, .. } = &event.what
        && let Typed::Command(_) = prefix::classify(body, &tx.settings.prefix)
    {
        tx.say(
            place,
            Says::NotAllowed { command: None, needs: None }.plainly(),
            Some(event.event_id.clone()),
        )
        .await?;
    }
    Ok(Applied::Foreign)
}
